/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sys/netlink_veth.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/ethtool.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <linux/veth.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sys/netlink_int.h"

static int make(struct netlink *nl, const char *near, const char *far)
{
	_Alignas(struct nlmsghdr) char req[NETLINK_REQUEST_LEN];
	struct nlmsghdr *nh = (void *)req;
	struct nlattr *info, *data, *peer;

	netlink_request(req, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL,
	                sizeof(struct ifinfomsg));
	mnl_attr_put_strz(nh, IFLA_IFNAME, near);
	info = mnl_attr_nest_start(nh, IFLA_LINKINFO);
	mnl_attr_put_strz(nh, IFLA_INFO_KIND, "veth");
	data = mnl_attr_nest_start(nh, IFLA_INFO_DATA);
	peer = mnl_attr_nest_start(nh, VETH_INFO_PEER);
	memset(mnl_nlmsg_put_extra_header(nh, sizeof(struct ifinfomsg)), 0,
	       sizeof(struct ifinfomsg));
	mnl_attr_put_strz(nh, IFLA_IFNAME, far);
	mnl_attr_nest_end(nh, peer);
	mnl_attr_nest_end(nh, data);
	mnl_attr_nest_end(nh, info);
	return netlink_do(nl, req);
}

/* No link-local address, and so no router solicitations nor group reports of the
 * kernel's own: who else is on this wire is us. */
static int quiet(struct netlink *nl, unsigned ifindex)
{
	_Alignas(struct nlmsghdr) char req[NETLINK_REQUEST_LEN];
	struct nlmsghdr *nh = (void *)req;
	struct nlattr *spec, *six;
	struct ifinfomsg *ifi =
		netlink_request(req, RTM_NEWLINK, 0, sizeof(struct ifinfomsg));

	ifi->ifi_index = (int)ifindex;
	spec = mnl_attr_nest_start(nh, IFLA_AF_SPEC);
	six = mnl_attr_nest_start(nh, AF_INET6);
	mnl_attr_put_u8(nh, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);
	mnl_attr_nest_end(nh, six);
	mnl_attr_nest_end(nh, spec);
	return netlink_do(nl, req);
}

static int set_up(struct netlink *nl, unsigned ifindex)
{
	_Alignas(struct nlmsghdr) char req[NETLINK_REQUEST_LEN];
	struct ifinfomsg *ifi =
		netlink_request(req, RTM_NEWLINK, 0, sizeof(struct ifinfomsg));

	ifi->ifi_index = (int)ifindex;
	ifi->ifi_flags = IFF_UP;
	ifi->ifi_change = IFF_UP;
	return netlink_do(nl, req);
}

static int feature(struct netlink *nl, const char *name, uint32_t cmd, uint32_t on,
                   const char *what)
{
	struct ethtool_value v = { .cmd = cmd, .data = on };
	struct ifreq ifr = { .ifr_data = (void *)&v };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), r = 0;

	memcpy(ifr.ifr_name, name, strlen(name)); /* the rest is zero */
	if (fd < 0 || ioctl(fd, SIOCETHTOOL, &ifr))
		r = netlink_fail(nl, -errno, "interface \"%s\": %s: %s", name, what,
		                 strerror(errno));
	if (fd >= 0)
		close(fd);
	return r;
}

static int take(struct netlink *nl, const char *near, const char *far,
                struct netlink_veth *ret)
{
	struct netlink_link a, b;
	int r = netlink_link_by_name(nl, near, &a);

	if (!r)
		r = netlink_link_by_name(nl, far, &b);
	if (r)
		return r;
	if (strcmp(a.kind, "veth") != 0 || a.peer_ifindex != b.ifindex)
		return netlink_fail(nl, -EEXIST,
		                    "there are interfaces \"%s\" and \"%s\", which are "
		                    "not the two ends of a veth pair",
		                    near, far);
	*ret = (struct netlink_veth){
		.near = a.ifindex, .far = b.ifindex, .near_mac = a.mac, .far_mac = b.mac
	};
	return 0;
}

int netlink_veth_open(struct netlink *nl, const char *near, const char *far,
                      struct netlink_veth *ret)
{
	int r = make(nl, near, far);

	if (!r || r == -EEXIST)
		r = take(nl, near, far, ret);
	if (!r)
		r = quiet(nl, ret->near);
	if (!r)
		r = quiet(nl, ret->far);
	if (!r)
		r = feature(nl, far, ETHTOOL_SGRO, 1, "switching GRO on");
	if (!r)
		r = feature(nl, far, ETHTOOL_STXCSUM, 0,
		            "switching checksum offload off");
	if (!r)
		r = set_up(nl, ret->near);
	if (!r)
		r = set_up(nl, ret->far);
	return r;
}

void netlink_veth_remove(struct netlink *nl, const char *near)
{
	_Alignas(struct nlmsghdr) char req[NETLINK_REQUEST_LEN];

	netlink_request(req, RTM_DELLINK, 0, sizeof(struct ifinfomsg));
	mnl_attr_put_strz((void *)req, IFLA_IFNAME, near);
	netlink_do(nl, req);
}
