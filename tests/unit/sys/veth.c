/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "sys/loop.h"
#include "sys/netlink_veth.h"

#include "tests/unit/sys/netns.h"

static struct netlink *open_all(struct loop **l)
{
	struct netlink *nl;

	netns_enter();
	*l = loop_new();
	CHECK_INT(netlink_open(*l, &nl, NULL), 0);
	return nl;
}

TEST(a_pair_is_made_taken_over_and_removed)
{
	struct netlink_veth a, b;
	struct netlink_link link;
	struct loop *l;
	struct netlink *nl = open_all(&l);

	CHECK_INT(netlink_veth_open(nl, "t0", "t0~", &a), 0);
	CHECK(a.near && a.far && a.near != a.far && !mac_eq(&a.near_mac, &a.far_mac));
	CHECK_INT(netlink_link_by_name(nl, "t0", &link), 0);
	CHECK(link.up && link.peer_ifindex == a.far);
	sh("ethtool -k t0~ | grep -q '^generic-receive-offload: on'");
	sh("ethtool -k t0~ | grep -q '^tx-checksumming: off'");
	sh("test -z \"$(ip -6 addr show dev t0)$(ip -6 addr show dev t0~)\"");
	CHECK_INT(netlink_veth_open(nl, "t0", "t0~", &b), 0);
	CHECK_INT(b.near, a.near);
	CHECK_INT(b.far, a.far);
	CHECK(mac_eq(&a.far_mac, &b.far_mac));
	netlink_veth_remove(nl, "t0");
	CHECK_INT(netlink_link_by_name(nl, "t0", &link), -ENODEV);
	CHECK_INT(netlink_link_by_name(nl, "t0~", &link), -ENODEV);
	netlink_free(nl);
	loop_free(l);
}

TEST(what_is_no_pair_of_ours_is_left_alone_and_named)
{
	struct netlink_veth v;
	struct loop *l;
	struct netlink *nl = open_all(&l);

	sh("ip link add t0 type veth peer x; ip link add t0~ type veth peer y");
	CHECK_INT(netlink_veth_open(nl, "t0", "t0~", &v), -EEXIST);
	CHECK_STR(netlink_error(nl),
	          "there are interfaces \"t0\" and \"t0~\", which are not "
	          "the two ends of a veth pair");
	sh("ip link del t0~");
	CHECK_INT(netlink_veth_open(nl, "t0", "t0~", &v), -ENODEV);
	sh("ip link show t0 | grep -q DOWN"); /* untouched */
	netlink_free(nl);
	loop_free(l);
}
