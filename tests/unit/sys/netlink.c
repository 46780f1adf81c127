/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sys/netlink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/lwtunnel.h>
#include <linux/mpls_iptunnel.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "sys/log.h"
#include "sys/loop.h"
#include "sys/netlink_msg.h"

#include "tests/unit/sys/netns.h"

enum { WAIT_MS = 5000 };

struct world {
	struct loop *l;
	struct netlink *nl;
	struct netlink_listener who;
	struct netlink_link link; /* the last about "a0" */
	struct netlink_neigh neigh;
	struct prefix route;
	unsigned links, neighs, routes, resyncs;
};

static void on_link(void *arg, const struct netlink_link *link)
{
	struct world *w = arg;

	if (strcmp(link->name, "a0") != 0)
		return;
	w->link = *link;
	w->links++;
}

static void on_neigh(void *arg, const struct netlink_neigh *neigh)
{
	struct world *w = arg;

	w->neigh = *neigh;
	w->neighs++;
}

static void on_route(void *arg, const struct prefix *dst)
{
	struct world *w = arg;

	w->route = *dst;
	w->routes++;
}

static void on_resync(void *arg)
{
	struct world *w = arg;

	w->resyncs++;
}

static const struct netlink_events events = { on_link, on_neigh, on_route, on_resync };

static void world_open(struct world *w)
{
	*w = (struct world){ 0 };
	netns_enter();
	log_to(-1);
	w->l = loop_new();
	CHECK_INT(netlink_open(w->l, &w->nl, NULL), 0);
	netlink_listen(w->nl, &w->who, &events, w);
}

static void world_close(struct world *w)
{
	netlink_unlisten(&w->who);
	netlink_unlisten(&w->who);
	netlink_free(w->nl);
	loop_free(w->l);
}

/* Turn the loop until the condition holds. */
#define UNTIL(w, cond)                                                               \
	do {                                                                         \
		struct mono end_ = mono_add_ms(loop_clock(), WAIT_MS);               \
		while (!(cond)) {                                                    \
			if (mono_reached(loop_clock(), end_))                        \
				t_fail(__FILE__, __LINE__, "never came: %s", #cond); \
			loop_turn((w)->l, 50);                                       \
		}                                                                    \
	} while (0)

static struct ip ip(const char *s)
{
	struct ip x;

	CHECK(ip_parse(s, &x));
	return x;
}

TEST(links_are_told_when_they_differ_and_when_they_go)
{
	struct world w;
	struct netlink_link l;
	unsigned before;

	world_open(&w);
	CHECK_INT(netlink_link_by_name(w.nl, "a0", &l), -ENODEV);
	CHECK_STR(netlink_error(w.nl), "there is no interface \"a0\"");
	CHECK_INT(netlink_link_by_name(w.nl, "a-name-that-is-too-long", &l), -ENODEV);
	sh("ip link add a0 address 02:00:00:00:00:0a type veth peer name b0");
	UNTIL(&w, w.links && !strcmp(w.link.kind, "veth"));
	CHECK(!w.link.up && !w.link.carrier && w.link.ethernet && w.link.mtu == 1500);
	CHECK_INT(w.link.mac.b[5], 0x0a);
	CHECK_INT(netlink_link_by_name(w.nl, "b0", &l), 0);
	CHECK_INT(w.link.peer_ifindex, l.ifindex);
	sh("ip link set a0 up && ip link set b0 up");
	UNTIL(&w, w.link.up && w.link.carrier);
	sh("ip link set a0 mtu 1400");
	UNTIL(&w, w.link.mtu == 1400);
	CHECK_INT(netlink_link_get(w.nl, w.link.ifindex, &l), 0);
	CHECK_INT(l.mtu, 1400);
	before = w.links;
	sh("ip link set a0 alias nothing-we-care-for && ip link set b0 mtu 1300");
	CHECK_INT(netlink_link_by_name(w.nl, "b0", &l), 0);
	UNTIL(&w, !netlink_link_get(w.nl, l.ifindex, &l) && l.mtu == 1300);
	CHECK_INT(w.links, before); /* the kernel announced a0, nothing had changed */
	sh("ip link set b0 down");
	UNTIL(&w, w.link.up && !w.link.carrier);
	sh("ip link del a0");
	UNTIL(&w, w.link.deleted);
	CHECK(!w.link.up);
	CHECK_INT(netlink_link_get(w.nl, w.link.ifindex, &l), -ENODEV);
	world_close(&w);
}

TEST(a_port_hears_all_frames_when_told_and_outlives_who_told_it)
{
	struct world w;
	struct netlink_link l;

	world_open(&w);
	CHECK_INT(netlink_link_hear_all(w.nl, 4711, true), -ENODEV);
	sh("ip link add a0 type veth peer name b0");
	CHECK_INT(netlink_link_by_name(w.nl, "a0", &l), 0);
	CHECK_INT(netlink_link_hear_all(w.nl, l.ifindex, true), 0);
	world_close(&w);
	sh("ip link show a0 | grep -q 'ALLMULTI,PROMISC\\|PROMISC.*ALLMULTI'");
	w.l = loop_new();
	CHECK_INT(netlink_open(w.l, &w.nl, NULL), 0);
	CHECK_INT(netlink_link_hear_all(w.nl, l.ifindex, false), 0);
	sh("! ip link show a0 | grep -q PROMISC");
	netlink_free(w.nl);
	loop_free(w.l);
}

TEST(routes_are_answered_as_the_kernel_would_route)
{
	struct world w;
	struct netlink_route r;
	struct ip dst = ip("198.51.100.1"), src = ip("10.0.0.1"), six = ip("2001:db8::1");

	world_open(&w);
	CHECK_INT(netlink_route_get(w.nl, &dst, NULL, &r), 0);
	CHECK(!r.reachable);
	CHECK_STR(r.why, "no route");
	sh("ip link add a0 type veth peer name b0; ip link set a0 up; ip link set b0 up");
	sh("ip addr add 10.0.0.1/24 dev a0");
	sh("ip route add 198.51.100.0/24 via 10.0.0.2 mtu 1450");
	CHECK_INT(netlink_route_get(w.nl, &dst, &src, &r), 0);
	CHECK(r.reachable && !r.local && !r.n_labels);
	CHECK_INT(r.mtu, 1450);
	dst = ip("10.0.0.2");
	CHECK(ip_eq(&r.gateway, &dst));
	CHECK_INT(netlink_route_get(w.nl, &dst, NULL, &r), 0);
	CHECK(r.reachable && r.gateway.afi == AFI_NONE && ip_eq(&r.prefsrc, &src));
	CHECK_INT(netlink_route_get(w.nl, &src, NULL, &r), 0);
	CHECK(r.reachable && r.local);
	sh("ip route add blackhole 203.0.113.0/24; ip route add unreachable 203.0.113.1");
	dst = ip("203.0.113.2");
	CHECK_INT(netlink_route_get(w.nl, &dst, NULL, &r), 0);
	CHECK_STR(r.why, "blackhole route");
	dst = ip("203.0.113.1");
	CHECK_INT(netlink_route_get(w.nl, &dst, NULL, &r), 0);
	CHECK_STR(r.why, "unreachable route");
	CHECK_INT(netlink_route_get(w.nl, &six, NULL, &r), 0);
	CHECK(!r.reachable);
	sh("ip route add 198.18.0.0/15 via inet6 fe80::2 dev a0"); /* RFC 8950 */
	dst = ip("198.18.0.1");
	CHECK_INT(netlink_route_get(w.nl, &dst, NULL, &r), 0);
	CHECK(r.reachable && r.gateway.afi == AFI_IP6);
	CHECK_INT(netlink_route_get(w.nl, &dst, &six, &r), -EAFNOSUPPORT);
	world_close(&w);
}

TEST(route_changes_name_the_destination)
{
	struct world w;
	struct prefix want;

	world_open(&w);
	sh("ip link add a0 type veth peer name b0; ip link set a0 up; ip link set b0 up");
	sh("ip addr add 10.0.0.1/24 dev a0; ip route add 198.51.100.0/24 via 10.0.0.2");
	CHECK(prefix_parse("198.51.100.0/24", &want));
	UNTIL(&w, prefix_eq(&w.route, &want));
	sh("ip route add default via 10.0.0.2");
	CHECK(prefix_parse("0.0.0.0/0", &want));
	UNTIL(&w, prefix_eq(&w.route, &want));
	sh("ip rule add from 10.9.9.9 table 99");
	UNTIL(&w, w.route.ip.afi == AFI_NONE);
	world_close(&w);
}

TEST(neighbours_are_asked_probed_and_followed)
{
	struct ip gw = ip("10.0.0.2");
	struct netns_peer peer;
	struct netlink_neigh n;
	struct netlink_link l;
	struct world w;

	world_open(&w);
	peer = netns_peer_new();
	sh("ip link add a0 type veth peer name b0 netns %d", (int)peer.pid);
	sh("ip addr add 10.0.0.1/24 dev a0; ip link set a0 up");
	peer_sh(&peer, "sh -c 'ip addr add 10.0.0.2/24 dev b0; "
	               "ip link set b0 address 02:00:00:00:00:0b; ip link set b0 up'");
	CHECK_INT(netlink_link_by_name(w.nl, "a0", &l), 0);
	UNTIL(&w, w.link.carrier);
	CHECK_INT(netlink_neigh_get(w.nl, l.ifindex, &gw, &n), -ENOENT);
	CHECK_INT(netlink_neigh_probe(w.nl, l.ifindex, &gw), 0);
	UNTIL(&w, w.neigh.valid && ip_eq(&w.neigh.ip, &gw));
	CHECK_INT(w.neigh.mac.b[5], 0x0b);
	CHECK_INT(netlink_neigh_get(w.nl, l.ifindex, &gw, &n), 0);
	CHECK(n.valid && n.ifindex == l.ifindex && mac_eq(&n.mac, &w.neigh.mac));
	sh("ip neigh change 10.0.0.2 lladdr 02:00:00:00:00:0b dev a0 nud stale");
	UNTIL(&w, w.neigh.valid && w.neigh.stale);
	sh("ip neigh del 10.0.0.2 dev a0");
	UNTIL(&w, !w.neigh.valid);
	CHECK_INT(netlink_neigh_probe(w.nl, 9999, &gw), -ENODEV);
	netns_peer_free(&peer);
	world_close(&w);
}

TEST(lost_events_are_read_again)
{
	struct world w;
	struct netlink_link l;

	world_open(&w);
	CHECK_INT(netlink_set_rcvbuf(w.nl, 1), 0); /* the kernel makes it its minimum */
	sh("ip link add a0 type veth peer name b0");
	/* While nobody reads, more events than fit; a0 and its end are among the lost. */
	sh("ip link add c0 type veth peer name d0");
	sh("for i in 1 2 3 4 5 6 7 8 9 10 11 12; do ip link set c0 mtu 14$((10 + i)); done");
	sh("ip link set a0 mtu 1234");
	UNTIL(&w, w.resyncs);
	CHECK(netlink_stats(w.nl)->overruns > 0);
	CHECK_INT(w.link.mtu, 1234);
	CHECK_INT(netlink_set_rcvbuf(w.nl, 1), 0);
	sh("for i in 1 2 3 4 5 6 7 8 9 10 11 12; do ip link set c0 mtu 14$((10 + i)); done");
	sh("ip link del a0");
	UNTIL(&w, w.resyncs > 1 && w.link.deleted);
	CHECK_INT(netlink_link_get(w.nl, w.link.ifindex, &l), -ENODEV);
	world_close(&w);
}

/* This kernel may lack MPLS routing: the answer as one with it sends it. */
TEST(labels_of_an_mpls_route_are_read_and_foreign_encapsulations_refused)
{
	_Alignas(struct nlmsghdr) char buf[256];
	struct nlmsghdr *nh = mnl_nlmsg_put_header(buf);
	struct rtmsg *rtm = mnl_nlmsg_put_extra_header(nh, sizeof(*rtm));
	const uint8_t stack[] = { 0x00, 0x01, 0x00, 0x40, 0xff, 0xff, 0xf1, 0x40 };
	struct netlink_route r;
	struct nlattr *enc;

	rtm->rtm_family = AF_INET;
	rtm->rtm_type = RTN_UNICAST;
	mnl_attr_put_u32(nh, RTA_OIF, 7);
	mnl_attr_put_u16(nh, RTA_ENCAP_TYPE, LWTUNNEL_ENCAP_MPLS);
	enc = mnl_attr_nest_start(nh, RTA_ENCAP);
	mnl_attr_put(nh, MPLS_IPTUNNEL_DST, sizeof(stack), stack);
	mnl_attr_nest_end(nh, enc);
	CHECK(netlink_msg_route(nh, &r));
	CHECK(r.reachable && r.oifindex == 7);
	CHECK_INT(r.n_labels, 2);
	CHECK_INT(r.label[0], 16);
	CHECK_INT(r.label[1], 1048575);
	nh->nlmsg_len = NLMSG_LENGTH(sizeof(*rtm));
	mnl_attr_put_u16(nh, RTA_ENCAP_TYPE, LWTUNNEL_ENCAP_SEG6);
	CHECK(netlink_msg_route(nh, &r));
	CHECK(!r.reachable);
	CHECK_STR(r.why, "the route has an encapsulation other than MPLS");
}

TEST(any_cut_of_a_message_is_survived)
{
	_Alignas(struct nlmsghdr) char buf[512];
	struct nlmsghdr *nh = mnl_nlmsg_put_header(buf);
	struct ifinfomsg *ifi = mnl_nlmsg_put_extra_header(nh, sizeof(*ifi));
	struct netlink_neigh n;
	struct netlink_link l;
	struct netlink_route r;
	struct prefix p;
	uint32_t len;

	ifi->ifi_index = 3;
	mnl_attr_put_strz(nh, IFLA_IFNAME, "a-name-longer-than-the-kernel-gives");
	mnl_attr_put(nh, IFLA_ADDRESS, 2, "xx");
	mnl_attr_put(nh, IFLA_MTU, 2, "xx");
	CHECK(netlink_msg_link(nh, &l));
	CHECK_INT(strlen(l.name), NETLINK_NAME_LEN - 1);
	CHECK(mac_is_zero(&l.mac) && !l.mtu);
	len = nh->nlmsg_len;
	for (uint32_t cut = NLMSG_HDRLEN; cut < len; cut++) {
		struct nlmsghdr *copy = malloc(cut); /* for the sanitizer to see */

		memcpy(copy, buf, cut);
		copy->nlmsg_len = cut;
		if (cut < NLMSG_LENGTH(sizeof(*ifi)))
			CHECK(!netlink_msg_link(copy, &l));
		else
			netlink_msg_link(copy, &l);
		for (int fam = 0; fam < 12 && cut > NLMSG_HDRLEN; fam += AF_INET) {
			*(uint8_t *)mnl_nlmsg_get_payload(copy) = (uint8_t)fam;
			netlink_msg_neigh(copy, &n);
			netlink_msg_route(copy, &r);
			netlink_msg_route_dst(copy, &p);
		}
		copy->nlmsg_flags = NLM_F_ACK_TLVS;
		copy->nlmsg_type = NLMSG_ERROR;
		netlink_msg_extack(copy);
		copy->nlmsg_type = NLMSG_DONE;
		netlink_msg_extack(copy);
		free(copy);
	}
}
