/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dataplane/nexthop.h"

#include <errno.h>
#include <net/if.h>

#include "base/must.h"
#include "dataplane/dp_mem.h"
#include "sys/log.h"
#include "sys/loop.h"

#include "tests/unit/sys/netns.h"

enum { WAIT_MS = 5000, ETH1 = 2, ETH2 = 3, ETH9 = 9, MAX = 16 };

/* A kernel of tables: what is not in them is not there. */
struct fake {
	struct {
		struct prefix dst;
		struct netlink_route r;
		int err;
	} route[MAX];
	struct netlink_neigh neigh[MAX];
	struct netlink_link link[MAX]; /* by ifindex */
	size_t n_routes, n_neighs;
	unsigned route_gets, probes;
	struct ip probed;
	bool src_missing; /* the source is not an address of the machine */
};

static int fake_route_get(void *kernel, const struct ip *dst, const struct ip *src,
                          struct netlink_route *ret)
{
	struct fake *f = kernel;

	f->route_gets++;
	*ret = (struct netlink_route){ .why = "no route" };
	if (src && f->src_missing)
		return 0;
	for (size_t i = 0; i < f->n_routes; i++) {
		if (!prefix_has(&f->route[i].dst, dst))
			continue;
		*ret = f->route[i].r;
		return f->route[i].err;
	}
	return 0;
}

static int fake_neigh_get(void *kernel, unsigned ifindex, const struct ip *ip,
                          struct netlink_neigh *ret)
{
	struct fake *f = kernel;

	for (size_t i = 0; i < f->n_neighs; i++) {
		if (f->neigh[i].ifindex != ifindex || !ip_eq(&f->neigh[i].ip, ip))
			continue;
		*ret = f->neigh[i];
		return 0;
	}
	return -ENOENT;
}

static int fake_neigh_probe(void *kernel, unsigned ifindex, const struct ip *ip)
{
	struct fake *f = kernel;

	f->probes++;
	f->probed = *ip;
	return 0;
}

static int fake_link_get(void *kernel, unsigned ifindex, struct netlink_link *ret)
{
	struct fake *f = kernel;

	if (ifindex >= MAX || !f->link[ifindex].ifindex)
		return -ENODEV;
	*ret = f->link[ifindex];
	return 0;
}

static const struct nexthop_kernel_ops fake_ops = {
	.route_get = fake_route_get,
	.neigh_get = fake_neigh_get,
	.neigh_probe = fake_neigh_probe,
	.link_get = fake_link_get,
};

static const struct dp_events no_events;

struct world {
	struct loop *l;
	struct dataplane *dp;
	struct fake k;
	struct nexthops *ns;
	unsigned changes;
	bool last;
	uint32_t drop; /* unref this number when told of a change */
};

static struct ip ip(const char *s)
{
	struct ip x;

	CHECK(ip_parse(s, &x));
	return x;
}

static struct prefix prefix(const char *s)
{
	struct prefix x;

	CHECK(prefix_parse(s, &x));
	return x;
}

static void on_changed(void *arg, const struct ip *pe, enum dp_encap encap,
                       bool resolvable)
{
	struct world *w = arg;

	w->changes++;
	w->last = resolvable;
	if (w->drop)
		nexthop_unref(w->ns, w->drop);
	w->drop = 0;
}

static void add_link(struct fake *f, unsigned ifindex, const char *name)
{
	struct netlink_link *l = &f->link[ifindex];

	*l = (struct netlink_link){ .ifindex = ifindex,
		                    .mtu = 1600,
		                    .up = true,
		                    .carrier = true,
		                    .ethernet = true };
	snprintf(l->name, sizeof(l->name), "%s", name);
	l->mac.b[5] = (uint8_t)ifindex;
}

static struct netlink_route *add_route(struct fake *f, const char *dst, unsigned oif,
                                       const char *gw)
{
	struct netlink_route *r = &f->route[f->n_routes].r;

	f->route[f->n_routes++].dst = prefix(dst);
	*r = (struct netlink_route){ .reachable = true, .oifindex = oif };
	if (gw)
		r->gateway = ip(gw);
	return r;
}

static struct netlink_neigh *add_neigh(struct fake *f, unsigned ifindex, const char *addr,
                                       uint8_t mac)
{
	struct netlink_neigh *n = &f->neigh[f->n_neighs++];

	*n = (struct netlink_neigh){ .ifindex = ifindex, .ip = ip(addr), .valid = true };
	n->mac.b[5] = mac;
	return n;
}

/* PE 192.0.2.12 behind gateway 10.0.0.2 on eth1, 10.0.0.0/24 on the link. */
static void world_open_lingering(struct world *w, unsigned linger_ms)
{
	static const unsigned core[] = { ETH1, ETH2 };
	struct nexthops_config cfg = { 0 };

	*w = (struct world){ .l = loop_new(), .dp = dp_mem_new(&no_events) };
	log_to(-1);
	add_link(&w->k, ETH1, "eth1");
	add_link(&w->k, ETH2, "eth2");
	add_link(&w->k, ETH9, "eth9");
	add_route(&w->k, "10.0.0.0/24", ETH1, NULL);
	add_route(&w->k, "192.0.2.0/24", ETH1, "10.0.0.2");
	add_neigh(&w->k, ETH1, "10.0.0.2", 0xaa);
	cfg.loop = w->l;
	cfg.dp = w->dp;
	cfg.kernel_ops = &fake_ops;
	cfg.kernel = &w->k;
	cfg.source = ip("192.0.2.11");
	cfg.core = core;
	cfg.n_core = ARRAY_LEN(core);
	cfg.linger_ms = linger_ms;
	cfg.changed = on_changed;
	cfg.arg = w;
	w->ns = nexthops_new(&cfg);
}

static void world_open(struct world *w)
{
	world_open_lingering(w, 1);
}

static void world_close(struct world *w)
{
	nexthops_free(w->ns);
	w->dp->ops->free(w->dp, false);
	loop_free(w->l);
}

static void settle(struct world *w)
{
	for (int i = 0; i < 4; i++)
		loop_turn(w->l, 0);
}

/* Does it become one, soon? */
static bool is_stranger(struct world *w, const struct ip *pe)
{
	for (int i = 0; i < 1000 && dp_mem_peer(w->dp, pe); i++)
		loop_turn(w->l, 5);
	return !dp_mem_peer(w->dp, pe);
}

TEST(a_next_hop_is_written_ready_to_use)
{
	struct world w;
	struct ip pe = ip("192.0.2.12"), src = ip("192.0.2.11");
	const struct dp_nexthop *nh;
	uint32_t id = 0, again = 0;

	world_open(&w);
	CHECK_INT(nexthop_ref(w.ns, &pe, DP_ENCAP_UDP, &id), 0);
	CHECK(id >= 1 && id < DP_NEXTHOP_MAX);
	nh = dp_mem_nexthop(w.dp, id);
	CHECK(nh && nh->valid && nh->encap == DP_ENCAP_UDP && nh->ifindex == ETH1);
	CHECK(nh->mtu == 1600 && !nh->n_labels);
	CHECK(nh->dst.b[5] == 0xaa && nh->src.b[5] == ETH1);
	CHECK(ip_eq(&nh->outer_dst, &pe) && ip_eq(&nh->outer_src, &src));
	CHECK(dp_mem_peer(w.dp, &pe));
	CHECK(!nexthop_why(w.ns, &pe, DP_ENCAP_UDP));
	CHECK_INT(nexthop_ref(w.ns, &pe, DP_ENCAP_UDP, &again), 0);
	CHECK_INT(again, id);
	nexthop_unref(w.ns, id);
	CHECK(dp_mem_nexthop(w.dp, id)->valid);
	nexthop_unref(w.ns, id);
	CHECK(!dp_mem_nexthop(w.dp, id)->valid);
	CHECK(is_stranger(&w, &pe));
	world_close(&w);
}

TEST(a_pe_whose_routes_went_is_listened_to_for_a_while)
{
	struct world w;
	struct ip pe = ip("192.0.2.12"), other = ip("192.0.2.13");
	uint32_t id, keep;

	world_open_lingering(&w, 60000);
	CHECK_INT(nexthop_ref(w.ns, &pe, DP_ENCAP_UDP, &id), 0);
	nexthop_unref(w.ns, id);
	settle(&w);
	CHECK(!dp_mem_nexthop(w.dp, id)->valid);
	CHECK(dp_mem_peer(w.dp, &pe));
	world_close(&w); /* and nothing leaks */

	world_open_lingering(&w, 20);
	CHECK_INT(nexthop_ref(w.ns, &pe, DP_ENCAP_UDP, &id), 0);
	nexthop_unref(w.ns, id);
	CHECK_INT(nexthop_ref(w.ns, &pe, DP_ENCAP_UDP, &keep), 0); /* back in time */
	CHECK_INT(nexthop_ref(w.ns, &other, DP_ENCAP_UDP, &id), 0);
	nexthop_unref(w.ns, id);
	CHECK(is_stranger(&w, &other));
	CHECK(dp_mem_peer(w.dp, &pe));
	nexthop_unref(w.ns, keep);
	CHECK(is_stranger(&w, &pe));
	world_close(&w);
}

TEST(numbers_come_from_the_address_so_a_restart_finds_the_same)
{
	uint32_t first[40], id;

	for (int round = 0; round < 2; round++) {
		struct world w;

		world_open(&w);
		for (uint32_t i = 0; i < 40; i++) {
			/* in another order the second time */
			uint32_t n = round ? 39 - i : i;
			struct ip pe = ip_of_u32(0xc0000200 + n);

			CHECK_INT(nexthop_ref(w.ns, &pe, (enum dp_encap)(n % 2), &id), 0);
			if (!round)
				first[n] = id;
			CHECK_INT(id, first[n]);
		}
		world_close(&w);
	}
}

TEST(what_is_in_the_way_is_said)
{
	static const struct {
		const char *pe, *why;
		enum dp_encap encap;
	} t[] = {
		{"203.0.113.1",  "no route",					     DP_ENCAP_UDP },
		{ "203.0.113.2", "via eth9, which is not a core interface",
                 DP_ENCAP_UDP									 },
		{ "203.0.113.3", "it is an address of this machine",                     DP_ENCAP_UDP },
		{ "203.0.113.4", "via interface number 15, which is gone",               DP_ENCAP_UDP },
		{ "203.0.113.5", "blackhole route",                                      DP_ENCAP_GRE },
		{ "203.0.113.6",
                 "the kernel does not tell the route: Cannot allocate memory",           DP_ENCAP_UDP },
		{ "2001:db8::1", "is IPv6, but the core's source address is IPv4",
                 DP_ENCAP_UDP									 },
		{ "10.0.0.77",   "neighbour 10.0.0.77 on eth1 is being resolved",
                 DP_ENCAP_UDP									 },
		{ "10.0.0.78",   "neighbour 10.0.0.78 on eth1 does not answer",
                 DP_ENCAP_UDP									 },
		{ "203.0.113.7", "via eth2, which is down",                              DP_ENCAP_UDP },
		{ "203.0.113.8", "via eth5, which is not Ethernet",                      DP_ENCAP_UDP },
		{ "192.0.2.12",
                 "the route via 10.0.0.2 has no MPLS label, and the PE is not adjacent", DP_ENCAP_MPLS},
		{ "203.0.113.9",
                 "the route has 3 transport labels, at most 2 can be put on",            DP_ENCAP_MPLS},
	};
	static const unsigned core[] = { ETH1, ETH2, 5, 15 };
	struct world w;

	world_open(&w);
	nexthops_set_core(w.ns, core, ARRAY_LEN(core));
	add_route(&w.k, "203.0.113.2/32", ETH9, NULL);
	add_route(&w.k, "203.0.113.3/32", 1, NULL)->local = true;
	add_route(&w.k, "203.0.113.4/32", 15, NULL);
	*add_route(&w.k, "203.0.113.5/32", 0, NULL) =
		(struct netlink_route){ .why = "blackhole route" };
	add_route(&w.k, "203.0.113.6/32", ETH1, NULL);
	w.k.route[w.k.n_routes - 1].err = -ENOMEM;
	add_route(&w.k, "203.0.113.7/32", ETH2, NULL);
	add_route(&w.k, "203.0.113.8/32", 5, NULL);
	add_route(&w.k, "203.0.113.9/32", ETH1, "10.0.0.2")->n_labels = 3;
	w.k.link[ETH2].up = false;
	add_link(&w.k, 5, "eth5");
	w.k.link[5].ethernet = false;
	*add_neigh(&w.k, ETH1, "10.0.0.78", 0) = (struct netlink_neigh){
		.ifindex = ETH1, .ip = ip("10.0.0.78"), .failed = true
	};
	for (size_t i = 0; i < ARRAY_LEN(t); i++) {
		struct ip pe = ip(t[i].pe);
		uint32_t id;

		CHECK(!nexthop_resolvable(w.ns, &pe, t[i].encap));
		CHECK_STR(nexthop_why(w.ns, &pe, t[i].encap), t[i].why);
		/* A route may hold it all the same: its packets are counted as dropped.
		 */
		CHECK_INT(nexthop_ref(w.ns, &pe, t[i].encap, &id), 0);
		CHECK(!dp_mem_nexthop(w.dp, id)->valid);
		CHECK(dp_mem_peer(w.dp, &pe));
	}
	world_close(&w);
}

TEST(mpls_takes_the_labels_of_the_route_or_none_to_an_adjacent_pe)
{
	struct world w;
	struct ip far = ip("203.0.113.1"), near = ip("10.0.0.2"),
		  self_gw = ip("203.0.113.2");
	struct netlink_route *r;
	const struct dp_nexthop *nh;
	uint32_t id;

	world_open(&w);
	r = add_route(&w.k, "203.0.113.1/32", ETH1, "10.0.0.2");
	r->n_labels = 2;
	r->label[0] = 16;
	r->label[1] = 17;
	r->mtu = 1500;
	CHECK_INT(nexthop_ref(w.ns, &far, DP_ENCAP_MPLS, &id), 0);
	nh = dp_mem_nexthop(w.dp, id);
	CHECK(nh->valid && nh->n_labels == 2 && nh->label[0] == 16 && nh->label[1] == 17);
	CHECK_INT(nh->mtu, 1500);
	CHECK_INT(nexthop_ref(w.ns, &far, DP_ENCAP_UDP, &id), 0);
	CHECK(dp_mem_nexthop(w.dp, id)->valid && !dp_mem_nexthop(w.dp, id)->n_labels);
	CHECK_INT(nexthop_ref(w.ns, &near, DP_ENCAP_MPLS, &id), 0);
	CHECK(dp_mem_nexthop(w.dp, id)->valid && !dp_mem_nexthop(w.dp, id)->n_labels);
	/* "via" the PE itself is adjacent too */
	add_route(&w.k, "203.0.113.2/32", ETH1, "203.0.113.2");
	add_neigh(&w.k, ETH1, "203.0.113.2", 0xbb);
	CHECK(nexthop_resolvable(w.ns, &self_gw, DP_ENCAP_MPLS));
	world_close(&w);
}

TEST(a_neighbour_that_answers_or_moves_is_followed)
{
	struct world w;
	struct ip pe = ip("10.0.0.77");
	struct netlink_neigh n = { .ifindex = ETH1, .ip = pe, .valid = true };
	uint32_t id;

	world_open(&w);
	CHECK_INT(nexthop_ref(w.ns, &pe, DP_ENCAP_GRE, &id), 0);
	CHECK_INT(w.k.probes, 1);
	CHECK(ip_eq(&w.k.probed, &pe));
	n.mac.b[5] = 1;
	nexthops_events.neigh(w.ns, &n);
	settle(&w);
	CHECK(w.changes == 1 && w.last);
	CHECK_INT(dp_mem_nexthop(w.dp, id)->dst.b[5], 1);
	n.mac.b[5] = 2; /* another machine took the address: no change of resolvability */
	nexthops_events.neigh(w.ns, &n);
	settle(&w);
	CHECK_INT(w.changes, 1);
	CHECK_INT(dp_mem_nexthop(w.dp, id)->dst.b[5], 2);
	n.stale = true; /* still used, and confirmed */
	nexthops_events.neigh(w.ns, &n);
	settle(&w);
	CHECK_INT(w.k.probes, 2);
	CHECK(dp_mem_nexthop(w.dp, id)->valid);
	n = (struct netlink_neigh){ .ifindex = ETH1, .ip = pe, .failed = true };
	nexthops_events.neigh(w.ns, &n);
	settle(&w);
	CHECK(w.changes == 2 && !w.last);
	CHECK(!dp_mem_nexthop(w.dp, id)->valid);
	CHECK_INT(w.k.probes, 3);
	world_close(&w);
}

TEST(an_unanswered_neighbour_is_asked_again)
{
	struct world w;
	struct ip pe = ip("10.0.0.77");
	struct mono end = mono_add_ms(loop_clock(), WAIT_MS);

	world_open(&w);
	CHECK(!nexthop_resolvable(w.ns, &pe, DP_ENCAP_UDP));
	add_neigh(&w.k, ETH1, "10.0.0.77", 7); /* and the event for it is lost */
	while (!w.changes && !mono_reached(loop_clock(), end))
		loop_turn(w.l, 100);
	CHECK(w.last);
	world_close(&w);
}

TEST(a_link_that_fails_takes_its_next_hops_and_brings_them_back)
{
	struct world w;
	struct ip pe = ip("192.0.2.12");
	uint32_t id;

	world_open(&w);
	CHECK_INT(nexthop_ref(w.ns, &pe, DP_ENCAP_UDP, &id), 0);
	w.k.link[ETH1].carrier = false;
	nexthops_events.link(w.ns, &w.k.link[ETH1]);
	settle(&w);
	CHECK(w.changes == 1 && !w.last && !dp_mem_nexthop(w.dp, id)->valid);
	CHECK_STR(nexthop_why(w.ns, &pe, DP_ENCAP_UDP), "via eth1, which has no carrier");
	w.k.link[ETH1].carrier = true;
	w.k.link[ETH1].mtu = 9000;
	nexthops_events.link(w.ns, &w.k.link[ETH1]);
	settle(&w);
	CHECK(w.changes == 2 && w.last);
	CHECK_INT(dp_mem_nexthop(w.dp, id)->mtu, 9000);
	world_close(&w);
}

TEST(a_route_that_moves_is_followed_and_other_routes_cost_nothing)
{
	struct world w;
	struct ip pe = ip("192.0.2.12");
	struct prefix other = prefix("198.51.100.0/24"), mine = prefix("192.0.2.0/24");
	unsigned gets;
	uint32_t id;

	world_open(&w);
	CHECK_INT(nexthop_ref(w.ns, &pe, DP_ENCAP_UDP, &id), 0);
	gets = w.k.route_gets;
	nexthops_events.route(w.ns, &other);
	settle(&w);
	CHECK_INT(w.k.route_gets, gets);
	w.k.route[1].r.oifindex = ETH2;
	w.k.route[1].r.gateway = ip("10.0.1.2");
	add_neigh(&w.k, ETH2, "10.0.1.2", 0xcc);
	for (int i = 0; i < 10; i++)
		nexthops_events.route(w.ns, &mine);
	settle(&w);
	CHECK_INT(w.k.route_gets, gets + 1); /* ten events, one question */
	CHECK_INT(w.changes, 0);
	CHECK(dp_mem_nexthop(w.dp, id)->ifindex == ETH2);
	CHECK_INT(dp_mem_nexthop(w.dp, id)->dst.b[5], 0xcc);
	world_close(&w);
}

TEST(a_storm_of_route_events_costs_one_look_at_each_pe)
{
	enum { PES = 2000, EVENTS = 5000 };
	struct world w;
	struct prefix p = prefix("192.0.0.0/16");
	unsigned gets;
	unsigned long writes;
	uint32_t id;

	world_open(&w);
	w.k.route[1].dst = p;
	for (uint32_t i = 0; i < PES; i++) {
		struct ip pe = ip_of_u32(0xc0000300 + i);

		CHECK_INT(nexthop_ref(w.ns, &pe, DP_ENCAP_UDP, &id), 0);
	}
	CHECK_INT(w.k.route_gets, PES);
	gets = w.k.route_gets;
	writes = dp_mem_writes(w.dp);
	for (int i = 0; i < EVENTS; i++)
		nexthops_events.route(w.ns, &p);
	for (int i = 0; i < 10; i++)
		loop_turn(w.l, 0);
	CHECK_INT(w.k.route_gets - gets, PES);
	CHECK_INT(dp_mem_writes(w.dp), writes); /* nothing changed, nothing written */
	nexthops_events.resync(w.ns);
	for (int i = 0; i < 10; i++)
		loop_turn(w.l, 0);
	CHECK_INT(w.k.route_gets - gets, 2 * PES);
	world_close(&w);
}

TEST(who_is_told_of_a_change_may_drop_what_changed)
{
	struct world w;
	struct ip pe = ip("192.0.2.12");
	uint32_t id;

	world_open(&w);
	CHECK_INT(nexthop_ref(w.ns, &pe, DP_ENCAP_UDP, &id), 0);
	CHECK(nexthop_resolvable(w.ns, &pe, DP_ENCAP_GRE));
	nexthop_forget(w.ns, &pe, DP_ENCAP_GRE);
	w.drop = id;
	w.k.n_routes = 0;
	nexthops_events.route(w.ns, &(struct prefix){ 0 });
	settle(&w);
	CHECK(w.changes == 1 && !w.last);
	CHECK(is_stranger(&w, &pe));
	nexthops_events.route(w.ns, &(struct prefix){ 0 });
	settle(&w);
	CHECK_INT(w.changes, 1); /* no interest, no news */
	world_close(&w);
}

TEST(a_source_that_is_not_set_up_yet_does_not_stop_resolution)
{
	struct world w;
	struct ip pe = ip("192.0.2.12");

	world_open(&w);
	w.k.src_missing = true;
	CHECK(nexthop_resolvable(w.ns, &pe, DP_ENCAP_UDP));
	world_close(&w);
}

static int refuse(struct dataplane *dp, uint32_t id, const struct dp_nexthop *nh)
{
	snprintf(dp->error, sizeof(dp->error), "map full");
	return -E2BIG;
}

TEST(a_data_plane_that_refuses_is_reported_and_nothing_leaks)
{
	struct world w;
	struct ip pe = ip("192.0.2.12");
	const struct dataplane_ops *real;
	struct dataplane_ops ops;
	uint32_t id = 77;

	world_open(&w);
	real = w.dp->ops;
	ops = *real;
	ops.nexthop_set = refuse;
	w.dp->ops = &ops;
	CHECK_INT(nexthop_ref(w.ns, &pe, DP_ENCAP_UDP, &id), -E2BIG);
	CHECK_INT(id, 77);
	CHECK(is_stranger(&w, &pe));
	w.dp->ops = real;
	CHECK_INT(nexthop_ref(w.ns, &pe, DP_ENCAP_UDP, &id), 0);
	world_close(&w);
}

/* A view that counts rows and remembers the last string. */
struct rows {
	struct view v;
	unsigned cells, tables, ends;
	char state[200];
};

static void r_open(struct view *v, const char *key, bool array)
{
}
static void r_close(struct view *v)
{
}
static void r_str(struct view *v, const char *key, const char *val)
{
	struct rows *r = container_of(v, struct rows, v);

	r->cells++;
	snprintf(r->state, sizeof(r->state), "%s", val ? val : "");
}
static void r_num(struct view *v, const char *key, int64_t val)
{
	container_of(v, struct rows, v)->cells++;
}
static void r_flag(struct view *v, const char *key, bool val)
{
}
static void r_line(struct view *v, const char *text)
{
}
static void r_table(struct view *v, const char *key, const struct view_col *col, size_t n)
{
	container_of(v, struct rows, v)->tables++;
}
static void r_table_end(struct view *v)
{
	container_of(v, struct rows, v)->ends++;
}

TEST(show_tells_every_next_hop_once_over_many_calls)
{
	static const struct view_ops ops = { r_open, r_close, r_str,   r_num,
		                             r_flag, r_line,  r_table, r_table_end, r_num };
	enum { PES = 300, COLS = 10 };
	struct rows r = { .v.ops = &ops };
	struct cmd_req req = { .view = &r.v };
	enum cmd_status st;
	struct ip pe;
	struct world w;
	unsigned calls = 0;
	uint32_t id;

	world_open(&w);
	for (uint32_t i = 0; i < PES; i++) {
		pe = ip_of_u32(0xc0000200 + i);
		CHECK_INT(nexthop_ref(w.ns, &pe, DP_ENCAP_UDP, &id), 0);
	}
	do {
		st = nexthop_cmds[0].run(w.ns, &req);
		calls++;
		if (calls == 1) { /* gone between two calls, and not shown yet */
			nexthop_unref(w.ns, id);
		}
	} while (st == CMD_MORE);
	CHECK_INT(st, CMD_OK);
	CHECK_INT(calls, 3);
	CHECK(r.tables == 1 && r.ends == 1);
	CHECK_INT(r.cells, (PES - 1) * COLS);
	CHECK_STR(r.state, "no route"); /* 192.0.3.x */
	req = (struct cmd_req){ .view = &r.v, .argc = 1 };
	CHECK_INT(nexthop_cmds[0].run(w.ns, &req), CMD_USAGE);
	world_close(&w);
}

#define UNTIL(l, cond)                                                               \
	do {                                                                         \
		struct mono end_ = mono_add_ms(loop_clock(), WAIT_MS);               \
		while (!(cond)) {                                                    \
			if (mono_reached(loop_clock(), end_))                        \
				t_fail(__FILE__, __LINE__, "never came: %s", #cond); \
			loop_turn(l, 50);                                            \
		}                                                                    \
	} while (0)

TEST(against_a_real_kernel_routes_neighbours_and_links_are_followed)
{
	struct loop *l;
	struct dataplane *dp;
	struct world w = { 0 };
	struct nexthops_config cfg = { .changed = on_changed, .arg = &w };
	struct ip pe = ip("192.0.2.12");
	struct netns_peer peer;
	const struct dp_nexthop *nh;
	struct ip gw = ip("10.0.0.2");
	struct netlink_neigh neigh;
	struct netlink *nl;
	unsigned core;
	uint32_t id;

	netns_enter();
	cfg.loop = l = loop_new();
	cfg.dp = dp = dp_mem_new(&no_events);
	peer = netns_peer_new();
	sh("ip link add eth1 mtu 1600 type veth peer name b0 mtu 1600 netns %d",
	   (int)peer.pid);
	sh("ip addr add 10.0.0.1/24 dev eth1; ip addr add 192.0.2.11/32 dev lo; ip link set eth1 up");
	peer_sh(&peer,
	        "sh -c 'ip addr add 10.0.0.2/24 dev b0; ip addr add 10.0.0.3/24 dev b0; "
	        "ip link set b0 address 02:00:00:00:00:0b; ip link set b0 up'");
	log_to(-1);
	CHECK_INT(netlink_open(l, &nl, NULL), 0);
	core = if_nametoindex("eth1");
	cfg.kernel = nl;
	cfg.source = ip("192.0.2.11");
	cfg.core = &core;
	cfg.n_core = 1;
	w.ns = nexthops_new(&cfg);
	CHECK_INT(nexthop_ref(w.ns, &pe, DP_ENCAP_UDP, &id), 0);
	CHECK_STR(nexthop_why(w.ns, &pe, DP_ENCAP_UDP), "no route");

	sh("ip route add 192.0.2.12/32 via 10.0.0.2"); /* the route comes, then the answer
	                                                */
	UNTIL(l, dp_mem_nexthop(dp, id)->valid);
	nh = dp_mem_nexthop(dp, id);
	CHECK(nh->ifindex == core && nh->dst.b[5] == 0x0b && nh->mtu == 1600);

	/* The gateway changes its MAC and says so. */
	peer_sh(&peer, "ip link set b0 address 02:00:00:00:00:0c");
	sh("ip neigh replace 10.0.0.2 lladdr 02:00:00:00:00:0c dev eth1 nud reachable");
	UNTIL(l, dp_mem_nexthop(dp, id)->dst.b[5] == 0x0c);

	/* Somebody empties the neighbour table: asked again by ourselves, as nobody else
	 * here sends.  It may be answered before anybody was told. */
	sh("ip neigh del 10.0.0.2 dev eth1");
	UNTIL(l, !netlink_neigh_get(nl, core, &gw, &neigh) && neigh.valid);
	UNTIL(l, dp_mem_nexthop(dp, id)->valid);

	sh("ip route replace 192.0.2.12/32 via 10.0.0.3 mtu 1400");
	UNTIL(l, dp_mem_nexthop(dp, id)->mtu == 1400 && dp_mem_nexthop(dp, id)->valid);

	peer_sh(&peer, "ip link set b0 down");
	UNTIL(l, !dp_mem_nexthop(dp, id)->valid);
	peer_sh(&peer, "ip link set b0 up");
	UNTIL(l, dp_mem_nexthop(dp, id)->valid);

	/* Down by the administrator: its IPv4 routes go, and nobody announces that. */
	sh("ip link set eth1 down");
	UNTIL(l, !dp_mem_nexthop(dp, id)->valid);
	sh("ip link set eth1 up; ip route add 192.0.2.12/32 via 10.0.0.2");
	UNTIL(l, dp_mem_nexthop(dp, id)->valid);

	sh("ip route del 192.0.2.12/32");
	UNTIL(l, !dp_mem_nexthop(dp, id)->valid);
	CHECK_STR(nexthop_why(w.ns, &pe, DP_ENCAP_UDP), "no route");
	sh("ip link add eth9 type veth peer name b9; ip link set eth9 up; ip link set b9 up");
	sh("ip route add 192.0.2.12/32 dev eth9");
	UNTIL(l, strstr(nexthop_why(w.ns, &pe, DP_ENCAP_UDP), "not a core interface"));

	nexthops_free(w.ns);
	netlink_free(nl);
	dp->ops->free(dp, false);
	loop_free(l);
	netns_peer_free(&peer);
}
