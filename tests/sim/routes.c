/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/mem.h"
#include "bgp/bgp_int.h"
#include "wire/bgp_msg.h"
#include "wire/bgp_notification.h"
#include "wire/bgp_refresh.h"
#include "wire/bgp_update.h"
#include "wire/bgp_write.h"

#include "tests/sim/world.h"
#include "tests/t.h"

/* Routes between speakers: reflection, withdrawal, refresh, slow and broken neighbors. */

struct star { /* a reflector and three others */
	struct world w;
	struct node *rr, *pe[3];
};

static void star_init(struct star *t, bool third_is_client)
{
	static const char *const ip[] = { "192.0.2.11", "192.0.2.12", "192.0.2.13" };

	world_init(&t->w);
	t->rr = world_node(&t->w, "192.0.2.1", 65000, false);
	for (int i = 0; i < 3; i++) {
		t->pe[i] = world_node(&t->w, ip[i], 65000, true);
		world_peer(t->rr, ip[i], 65000, i < 2 || third_is_client);
		world_peer(t->pe[i], "192.0.2.1", 65000, false);
	}
}

TEST(routes_of_both_families_are_reflected_to_all_but_their_origin)
{
	struct star t;

	star_init(&t, true);
	for (int afi = AFI_IP4; afi <= AFI_IP6; afi++) {
		for (unsigned i = 0; i < 3; i++)
			world_announce(t.pe[i], i, afi);
	}
	world_settle(&t.w);
	for (int afi = AFI_IP4; afi <= AFI_IP6; afi++) {
		CHECK_INT(world_routes(t.rr, afi), 3);
		for (unsigned i = 0; i < 3; i++) {
			CHECK_INT(world_routes(t.pe[i], afi), 3);
			for (unsigned k = 0; k < 3; k++) {
				const struct rib_path *p =
					world_best(t.pe[i], t.pe[k], k, afi);

				CHECK(p);
				CHECK_INT(p->label, 16 + k);
				CHECK(ip_eq(&attrs_nexthop(p->attrs)->addr,
				            &t.pe[k]->ip));
				CHECK_INT(p->source->local, i == k);
			}
		}
	}
	world_fini(&t.w);
}

TEST(reflection_adds_originator_and_cluster_and_touches_nothing_else)
{
	const struct extcom rt = extcom_of_as(EXTCOM_RT, 65000, 100);
	const struct rib_path *p;
	struct bgp_attrs a;
	struct star t;

	star_init(&t, true);
	world_announce_pref(t.pe[0], 7, AFI_IP4, 123);
	world_settle(&t.w);
	p = world_best(t.pe[1], t.pe[0], 7, AFI_IP4);
	CHECK(p);
	attrs_view(p->attrs, &a);
	CHECK(bgp_attr_has(&a, BGP_ATTR_ORIGINATOR_ID));
	CHECK_INT(a.originator_id, 0xc000020b);
	CHECK_INT(a.cluster_list.n, 4);
	CHECK(bgp_attr_has_cluster(&a, 0xc0000201));
	CHECK_INT(a.local_pref, 123);
	CHECK_INT(a.origin, BGP_ORIGIN_INCOMPLETE);
	CHECK_INT(a.as_path.n, 0);
	CHECK(attrs_has_extcom(p->attrs, &rt));
	CHECK(ip_eq(&attrs_nexthop(p->attrs)->addr, &t.pe[0]->ip));
	world_fini(&t.w);
}

TEST(a_withdrawn_route_goes_everywhere_and_leaves_nothing_behind)
{
	struct rib_stats st;
	struct star t;

	star_init(&t, true);
	for (unsigned i = 0; i < 500; i++)
		world_announce(t.pe[0], i, AFI_IP4);
	world_settle(&t.w);
	CHECK_INT(world_routes(t.pe[2], AFI_IP4), 500);
	for (unsigned i = 0; i < 500; i++)
		world_withdraw(t.pe[0], i, AFI_IP4);
	world_settle(&t.w);
	for (int i = 0; i < 3; i++) {
		rib_stats(t.pe[i]->rib, &st);
		CHECK_INT(st.dests[AFI_IP4], 0);
		CHECK_INT(st.attr_sets, 0);
	}
	rib_stats(t.rr->rib, &st);
	CHECK_INT(st.dests[AFI_IP4], 0); /* nor a ghost waiting for its withdrawal */
	CHECK_INT(st.attr_sets, 0);
	world_fini(&t.w);
}

TEST(a_full_table_refuses_routes_and_says_so_and_the_session_stays)
{
	const struct bgp_peer *p;
	struct star t;

	star_init(&t, true);
	rib_limit(t.rr->rib, AFI_IP4, 3);
	for (uint32_t i = 0; i < 5; i++)
		world_announce(t.pe[0], i, AFI_IP4);
	world_announce(t.pe[0], 5, AFI_IP6);
	world_settle(&t.w);
	p = list_first(&t.rr->b->peers, struct bgp_peer, link);
	CHECK_INT(p->rejected[BGP_REJECT_FULL], 2);
	CHECK(strstr(p->last_error, "routes refused: the table holds"));
	CHECK_INT(world_routes(t.pe[2], AFI_IP4), 3);
	CHECK_INT(world_routes(t.pe[2], AFI_IP6), 1);

	/* What was refused comes with a refresh, once there is room. */
	rib_limit(t.rr->rib, AFI_IP4, RIB_DESTS_MAX);
	bgp_refresh_all(t.rr->b, t.w.now);
	world_settle(&t.w);
	CHECK_INT(world_routes(t.pe[2], AFI_IP4), 5);
	CHECK_INT(p->ups, 1);
	world_fini(&t.w);
}

TEST(a_lost_session_withdraws_its_routes_from_the_others)
{
	struct star t;

	star_init(&t, true);
	world_announce(t.pe[0], 1, AFI_IP4);
	world_announce(t.pe[1], 2, AFI_IP6);
	world_settle(&t.w);
	CHECK_INT(world_routes(t.pe[2], AFI_IP4), 1);
	world_node_free(t.pe[0]);
	world_settle(&t.w);
	CHECK_INT(world_routes(t.pe[2], AFI_IP4), 0);
	CHECK_INT(world_routes(t.rr, AFI_IP4), 0);
	CHECK_INT(world_routes(t.pe[2], AFI_IP6), 1);
	world_fini(&t.w);
}

/* The routes of a lost neighbor are not taken out in one go: what comes
 * from others meanwhile is told before the last of them is gone. */
static void table_goes_in_steps(bool removed)
{
	enum { ROUTES = 50000 };
	size_t turns = 0, most = 0, left = ROUTES;
	struct star t;

	star_init(&t, true);
	for (unsigned i = 0; i < ROUTES; i++)
		world_announce(t.pe[0], i, AFI_IP4);
	world_settle(&t.w);
	CHECK_INT(world_routes(t.pe[2], AFI_IP4), ROUTES);
	if (removed)
		CHECK_INT(bgp_peer_del(t.rr->b, &t.pe[0]->ip, t.w.now), 0);
	else
		CHECK_INT(bgp_peer_del(t.pe[0]->b, &t.rr->ip, t.w.now), 0);
	list_for(p, &t.w.pipes, struct pipe, link) {
		if (p->node == t.rr && p->conn && ip_eq(&p->to, &t.pe[0]->ip)) {
			bgp_closed(p->conn, "lost", t.w.now);
			break;
		}
	}
	for (; left; turns++) {
		size_t now;

		bgp_run(t.rr->b, t.w.now);
		now = world_routes(t.rr, AFI_IP4);
		most = left - now > most ? left - now : most;
		left = now;
		CHECK(turns < 100);
	}
	CHECK(turns > 3 && most < ROUTES / 2);
	world_settle(&t.w);
	CHECK_INT(world_routes(t.pe[2], AFI_IP4), 0);
	world_fini(&t.w);
}

TEST(a_lost_table_is_taken_out_in_steps)
{
	table_goes_in_steps(false);
}

TEST(the_table_of_a_removed_neighbor_too)
{
	table_goes_in_steps(true);
}

TEST(non_clients_get_from_clients_but_not_from_each_other)
{
	struct world w;
	struct node *rr, *x, *y, *c;

	world_init(&w);
	rr = world_node(&w, "192.0.2.1", 65000, false);
	x = world_node(&w, "192.0.2.11", 65000, false);
	y = world_node(&w, "192.0.2.12", 65000, false);
	c = world_node(&w, "192.0.2.13", 65000, false);
	world_peer(rr, "192.0.2.11", 65000, false);
	world_peer(rr, "192.0.2.12", 65000, false);
	world_peer(rr, "192.0.2.13", 65000, true);
	world_peer(x, "192.0.2.1", 65000, false);
	world_peer(y, "192.0.2.1", 65000, false);
	world_peer(c, "192.0.2.1", 65000, false);
	world_announce(x, 1, AFI_IP4);
	world_announce(c, 3, AFI_IP4);
	world_settle(&w);
	CHECK_INT(world_routes(rr, AFI_IP4), 2);
	CHECK(world_best(c, x, 1, AFI_IP4) != NULL); /* non-client to client */
	CHECK(world_best(x, c, 3, AFI_IP4) != NULL); /* client to non-client */
	CHECK(world_best(y, c, 3, AFI_IP4) != NULL);
	CHECK(world_best(y, x, 1, AFI_IP4) == NULL); /* non-client to non-client */
	world_fini(&w);
}

/* Three reflectors in a ring, each a client of the others: a loop if ever there was one.
 */
TEST(a_ring_of_reflectors_settles_and_forgets)
{
	static const char *const ip[] = { "192.0.2.1", "192.0.2.2", "192.0.2.3" };
	struct node *rr[3];
	struct rib_stats st;
	struct world w;

	world_init(&w);
	for (int i = 0; i < 3; i++)
		rr[i] = world_node(&w, ip[i], 65000, false);
	for (int i = 0; i < 3; i++) {
		for (int k = 0; k < 3; k++) {
			if (i != k)
				world_peer(rr[i], ip[k], 65000, true);
		}
	}
	world_settle(&w);
	world_announce(rr[0], 1, AFI_IP4);
	world_announce(rr[0], 1, AFI_IP6);
	world_settle(&w);
	for (int i = 0; i < 3; i++)
		CHECK_INT(world_routes(rr[i], AFI_IP4), 1);
	world_withdraw(rr[0], 1, AFI_IP4);
	world_settle(&w);
	for (int i = 0; i < 3; i++) {
		rib_stats(rr[i]->rib, &st);
		CHECK_INT(st.dests[AFI_IP4], 0);
		CHECK_INT(st.paths[AFI_IP6], i ? 2 : 1); /* not our own back */
	}
	world_fini(&w);
}

TEST(the_better_of_two_paths_is_reflected_and_the_other_takes_over)
{
	const struct rib_path *p;
	struct rib_key key;
	struct world w;
	struct node *rr, *x, *y, *c;
	struct rib_path path[4];

	world_init(&w);
	rr = world_node(&w, "192.0.2.1", 65000, false);
	x = world_node(&w, "192.0.2.11", 65000, false);
	y = world_node(&w, "192.0.2.12", 65000, false);
	c = world_node(&w, "192.0.2.13", 65000, false);
	world_peer(rr, "192.0.2.11", 65000, true);
	world_peer(rr, "192.0.2.12", 65000, true);
	world_peer(rr, "192.0.2.13", 65000, true);
	world_peer(x, "192.0.2.1", 65000, false);
	world_peer(y, "192.0.2.1", 65000, false);
	world_peer(c, "192.0.2.1", 65000, false);

	world_announce_pref(x, 1, AFI_IP4, 200);
	/* y announces x's very destination, less preferred */
	key = world_key(x, 1, AFI_IP4);
	{
		struct bgp_attrs a = { .local_pref = 50 };
		const struct attrs *attrs;

		bgp_attr_set(&a, BGP_ATTR_ORIGIN);
		bgp_attr_set(&a, BGP_ATTR_AS_PATH);
		bgp_attr_set(&a, BGP_ATTR_LOCAL_PREF);
		a.nexthop.addr = y->ip;
		attrs = attrs_intern(rib_attrs(y->rib), &a);
		rib_announce(y->rib, y->local, &key, 0, 999, attrs);
		attrs_unref(attrs);
	}
	world_settle(&w);
	CHECK_INT(rib_paths(rr->rib, &key, path, 4), 2);
	p = world_best(c, x, 1, AFI_IP4);
	CHECK(p && p->label == 17);
	world_withdraw(x, 1, AFI_IP4);
	world_settle(&w);
	p = world_best(c, x, 1, AFI_IP4);
	CHECK(p && p->label == 999);
	world_fini(&w);
}

TEST(a_route_that_comes_and_goes_in_one_turn_is_never_told)
{
	struct star t;
	struct node *x;
	struct pipe *p;

	star_init(&t, true);
	x = world_scripted(&t.w, "192.0.2.99");
	t.w.connect_refused = x->ip;
	world_peer(t.pe[0], "192.0.2.99", 65000, false);
	world_settle(&t.w);
	p = script_connect(x, t.pe[0]);
	script_up(&t.w, p, 65000);
	script_count(p, BGP_UPDATE);
	world_announce(t.pe[0], 1, AFI_IP4);
	world_withdraw(t.pe[0], 1, AFI_IP4);
	world_settle(&t.w);
	CHECK_INT(script_count(p, BGP_UPDATE), 0);
	world_fini(&t.w);
}

/* --- one scripted neighbor of a reflector with one other client ----------------------
 */

struct lone {
	struct world w;
	struct node *rr, *pe, *x;
	struct pipe *p;
};

static void lone_init(struct lone *t)
{
	world_init(&t->w);
	t->rr = world_node(&t->w, "192.0.2.1", 65000, false);
	t->pe = world_node(&t->w, "192.0.2.11", 65000, false);
	t->x = world_scripted(&t->w, "192.0.2.9");
	t->w.connect_refused = t->x->ip;
	world_peer(t->rr, "192.0.2.11", 65000, true);
	world_peer(t->pe, "192.0.2.1", 65000, false);
	world_peer(t->rr, "192.0.2.9", 65000, true);
	world_settle(&t->w);
	t->p = script_connect(t->x, t->rr);
}

static void lone_up(struct lone *t)
{
	script_up(&t->w, t->p, 65000);
	CHECK_INT(t->rr->ups, 2);
}

TEST(routes_sharing_attributes_share_messages)
{
	const uint8_t *msg;
	struct lone t;
	size_t len, routes = 0, updates = 0, eors = 0, longest = 0;
	int type;

	lone_init(&t);
	for (unsigned i = 0; i < 3000; i++)
		world_announce_pref(t.pe, i, AFI_IP4, 100 + i % 3);
	world_settle(&t.w);
	{ /* a neighbor without extended messages */
		struct bgp_open o = script_open(t.x, 65000);

		o.caps.ext_msg = false;
		script_send_open(t.p, &o);
		script_keepalive(t.p);
	}
	while ((type = script_next(t.p, &msg, &len))) {
		static struct bgp_update u;
		const struct bgp_ctx ctx = {
			.ibgp = true,
			.as4 = true,
			.families = bgp_family_bit(BGP_VPN4) | bgp_family_bit(BGP_VPN6),
		};

		if (type != BGP_UPDATE)
			continue;
		CHECK_INT(bgp_update_read(&ctx, msg + BGP_HDR_LEN, len - BGP_HDR_LEN, &u),
		          BGP_OK);
		eors += u.end_of_rib;
		updates += !u.end_of_rib;
		routes += u.reach.n_routes;
		longest = len > longest ? len : longest;
	}
	CHECK_INT(routes, 3000);
	CHECK_INT(eors, 2);
	CHECK(longest <= 4096 && longest > 4000);
	/* 16 octets a route: 250 fit, in batches of 1024 split three ways */
	CHECK(updates >= 3000 / 250 && updates <= 3000 / 250 + 9);
	world_fini(&t.w);
}

TEST(a_slow_receiver_costs_bounded_memory_and_delays_nobody)
{
	struct lone t;
	size_t most = 0, before;

	lone_init(&t);
	t.w.window = 4096;
	lone_up(&t);
	t.x->deaf = true;
	for (unsigned round = 0; round < 30; round++) {
		for (unsigned i = 0; i < 20000; i++)
			world_announce_pref(t.pe, i, AFI_IP4, 100 + round);
		world_settle(&t.w);
		/* the other one has it all */
		CHECK_INT(world_routes(t.rr, AFI_IP4), 20000);
	}
	list_for(p, &t.w.pipes, struct pipe, link)
		most = buf_left(&p->out) > most ? buf_left(&p->out) : most;
	CHECK(most <= 4096);

	/* Awake again, it gets the present: each route once, not thirty times. */
	t.x->deaf = false;
	before = t.w.delivered;
	world_settle(&t.w);
	CHECK(t.w.delivered - before < 2 * 20000 * 16 + 300000);
	world_fini(&t.w);
}

static void announce_big(struct node *n, unsigned host, size_t octets)
{
	static uint8_t attr[BGP_MSG_MAX_EXT] = { 0xd0, 99 }; /* unknown, transitive */
	const struct rib_key key = world_key(n, host, AFI_IP4);
	struct bgp_attrs a = { .origin = BGP_ORIGIN_INCOMPLETE, .local_pref = 100 };
	const struct attrs *attrs;

	attr[2] = (uint8_t)(octets >> 8);
	attr[3] = (uint8_t)octets;
	bgp_attr_set(&a, BGP_ATTR_ORIGIN);
	bgp_attr_set(&a, BGP_ATTR_AS_PATH);
	bgp_attr_set(&a, BGP_ATTR_LOCAL_PREF);
	a.carried[a.n_carried++] = (struct bgp_span){ attr, 4 + octets };
	a.nexthop.addr = n->ip;
	attrs = attrs_intern(rib_attrs(n->rib), &a);
	CHECK(attrs != NULL);
	rib_announce(n->rib, n->local, &key, 0, 16 + host, attrs);
	attrs_unref(attrs);
	world_settle(n->world);
}

/* What of the route came last: 1 an announcement, -1 a withdrawal, 0 neither. */
static int last_said(struct pipe *p)
{
	const uint8_t *msg;
	size_t len;
	int type, last = 0;

	while ((type = script_next(p, &msg, &len))) {
		if (type == BGP_UPDATE && len > BGP_HDR_LEN + 4 + 6) /* no End-of-RIB */
			last = msg[BGP_HDR_LEN + 5] == BGP_ATTR_MP_UNREACH ? -1 : 1;
	}
	return last;
}

/* RFC 4271 9.2, RFC 8654 4: with our additions the attributes fit no message. */
TEST(attributes_too_big_for_a_neighbor_take_back_what_it_holds)
{
	struct bgp_open o;
	struct lone t;

	lone_init(&t);
	announce_big(t.pe, 1, 100);
	o = script_open(t.x, 65000);
	o.caps.ext_msg = false;
	script_send_open(t.p, &o);
	script_keepalive(t.p);
	CHECK_INT(last_said(t.p), 1);
	announce_big(t.pe, 1, 4010); /* fills a message without CLUSTER_LIST */
	CHECK_INT(last_said(t.p), -1);
	announce_big(t.pe, 1, 3900);
	CHECK_INT(last_said(t.p), 1);
	announce_big(t.pe, 1, 60000);
	CHECK_INT(last_said(t.p), -1);
	CHECK(world_best(t.rr, t.pe, 1, AFI_IP4) != NULL);
	announce_big(t.pe, 1, 65460); /* now for the reflector itself */
	CHECK(!world_best(t.rr, t.pe, 1, AFI_IP4));
	CHECK_INT(last_said(t.p), 0); /* nothing was held, nothing is taken back */
	CHECK_INT(t.rr->downs + t.pe->downs, 0);
	world_fini(&t.w);
}

TEST(a_refresh_brings_everything_again_between_its_marks)
{
	const uint8_t *msg;
	struct lone t;
	size_t len, routes = 0;
	int type, mark = 0;

	lone_init(&t);
	for (unsigned i = 0; i < 100; i++)
		world_announce(t.pe, i, AFI_IP4);
	lone_up(&t);
	script_count(t.p, 0);
	script_hex(t.p, "0017 05 0001 00 80");
	while ((type = script_next(t.p, &msg, &len))) {
		if (type == BGP_ROUTE_REFRESH) {
			CHECK_MEM(msg + BGP_HDR_LEN, ((uint8_t[]){ 0, 1 }), 2);
			CHECK_INT(msg[BGP_HDR_LEN + 2], ++mark); /* BoRR, then EoRR */
		}
		routes += type == BGP_UPDATE && mark == 1;
	}
	CHECK_INT(mark, 2);
	CHECK_INT(routes, 1); /* a hundred fit one message */
	world_fini(&t.w);
}

/* A scripted neighbor's route 10.9.0.n/32 under its RD, with or without a mark in the
 * attributes; the body of the UPDATE behind MP_REACH is free to be wrong. */
#define REACH(n) \
	"800e21000180 0c 0000000000000000c0000209 00 78 00fff1 0001c00002090064 0a0900" n
#define WELL             "40010102 400200 40050400000064"
#define SEEN_BY(node, n) (scripted_route(node, n) != NULL)

static void script_update(struct pipe *p, const char *attrs)
{
	uint8_t body[BGP_MSG_MAX];
	struct wbuf w = wbuf_of(body, sizeof(body));
	uint8_t bytes[BGP_MSG_MAX];
	size_t n = t_hex(attrs, bytes, sizeof(bytes)), m = bgp_msg_open(&w, BGP_UPDATE);

	wbuf_u16(&w, 0);
	wbuf_u16(&w, (uint16_t)n);
	wbuf_bytes(&w, bytes, n);
	bgp_msg_close(&w, m);
	CHECK(wbuf_ok(&w));
	script_send(p, body, w.len);
}

static const struct rib_path *scripted_route(const struct node *n, uint8_t host)
{
	static struct rib_path path;
	const uint8_t a[4] = { 10, 9, 0, host };
	struct rib_key key = { .rd = { { 0, 1, 192, 0, 2, 9, 0, 100 } } };
	struct ip ip = ip_of(AFI_IP4, a);

	key.prefix = prefix_host(&ip);
	return rib_paths(n->rib, &key, &path, 1) ? &path : NULL;
}

TEST(malformed_attributes_withdraw_the_route_and_spare_the_session)
{
	static const struct {
		const char *what, *attrs;
	} row[] = {
		{"ORIGIN 9",                          REACH("01") "40010109 400200 40050400000064"},
		{ "ORIGIN of two octets",
                 REACH("01") "4001020000 400200 40050400000064"                                   },
		{ "no ORIGIN",                        REACH("01") "400200 40050400000064"         },
		{ "no AS_PATH",                       REACH("01") "40010102 40050400000064"       },
		{ "AS_PATH segment too long",
                 REACH("01") "40010102 4002040205fde8 40050400000064"                             },
		{ "LOCAL_PREF of three octets",
                 REACH("01") "40010102 400200 400503000064"                                       },
		{ "ORIGINATOR_ID of three octets",    REACH("01") WELL "800903c00002"             },
		{ "CLUSTER_LIST of six octets",       REACH("01") WELL "800a06c00002090001"       },
		{ "COMMUNITIES of five octets",       REACH("01") WELL "c008050001000200"         },
		{ "EXT_COMMUNITIES of twelve octets",
                 REACH("01") WELL "c0100c0002fde8000000640002fde8"                                },
		{ "wrong flags of ORIGIN",            REACH("01") "c0010102 400200 40050400000064"},
		{ "own ORIGINATOR_ID",                REACH("01") WELL "800904c0000201"           },
		{ "own cluster",                      REACH("01") WELL "800a08c0000207c0000201"   },
		{ "our own AS in AS_PATH",
                 REACH("01") "40010102 40020a0202 0000fde9 0000fde8 40050400000064"               },
		{ "label 3",                          "800e21000180 0c 0000000000000000c0000209 00 78 000031"
		             "0001c00002090064 0a090001" WELL         },
		{ "next hop 127.0.0.1",
                 "800e21000180 0c 00000000000000007f000001 00 78 00fff1"
		  "0001c00002090064 0a090001" WELL                                                },
		{ "next hop 224.0.0.1",
                 "800e21000180 0c 0000000000000000e0000001 00 78 00fff1"
		  "0001c00002090064 0a090001" WELL                                                },
		{ "next hop 0.0.0.0",
                 "800e21000180 0c 000000000000000000000000 00 78 00fff1"
		  "0001c00002090064 0a090001" WELL                                                },
		{ "our own address as next hop",
                 "800e21000180 0c 0000000000000000c0000201 00 78 00fff1"
		  "0001c00002090064 0a090001" WELL                                                },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct lone t;

		lone_init(&t);
		lone_up(&t);
		script_update(t.p, REACH("01") WELL);
		script_update(t.p, REACH("02") WELL);
		CHECK(SEEN_BY(t.rr, 1) && SEEN_BY(t.pe, 1));
		script_update(t.p, row[i].attrs);
		if (SEEN_BY(t.rr, 1) || SEEN_BY(t.pe, 1) || t.rr->downs)
			t_fail(__FILE__, __LINE__, "%s: seen %d %d, downs %zu",
			       row[i].what, SEEN_BY(t.rr, 1), SEEN_BY(t.pe, 1),
			       t.rr->downs);
		CHECK(SEEN_BY(t.rr, 2) && SEEN_BY(t.pe, 2)); /* nothing else is touched */
		world_fini(&t.w);
	}
}

TEST(what_only_spoils_an_attribute_keeps_the_route)
{
	static const char *const row[] = {
		REACH("01") WELL "c00703000000",   /* AGGREGATOR of three octets */
		REACH("01") WELL "40060100",       /* ATOMIC_AGGREGATE with a value */
		REACH("01") WELL "40010102",       /* ORIGIN again: the first counts */
		REACH("01") WELL "c0630401020304", /* unknown, optional transitive */
		REACH("01") WELL
		"c010087f99010203040506", /* unknown extended community */
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct lone t;

		lone_init(&t);
		lone_up(&t);
		script_update(t.p, row[i]);
		CHECK(SEEN_BY(t.rr, 1) && SEEN_BY(t.pe, 1));
		CHECK_INT(t.rr->downs, 0);
		world_fini(&t.w);
	}
}

TEST(what_makes_routes_unfindable_resets_the_session_or_ends_the_family)
{
	static const char *const row[] = {
		/* next hop of 16 octets for VPNv4 */
		"800e25000180 10 00000000000000000000000000000000 00 78 00fff1 0001c00002090064"
		"0a090001" WELL,
		REACH("01") REACH("02") WELL, /* MP_REACH twice */
		/* a prefix of 121 bits */
		"800e21000180 0c 0000000000000000c0000209 00 79 00fff1 0001c00002090064 0a090001" WELL,
		/* 87 bits */
		"800e21000180 0c 0000000000000000c0000209 00 57 00fff1 0001c00002090064 0a090001" WELL,
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct lone t;

		lone_init(&t);
		lone_up(&t);
		script_update(t.p, REACH("05") WELL);
		CHECK(SEEN_BY(t.pe, 5));
		script_update(t.p, row[i]);
		CHECK_INT(script_notification(t.p) >> 8, BGP_ERR_UPDATE);
		CHECK_INT(t.rr->downs, 1);
		CHECK(!SEEN_BY(t.pe, 5) && !SEEN_BY(t.pe, 1));
		world_fini(&t.w);
	}
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct bgp_peer_config cfg = world_peer_config("192.0.2.9", 65000, true);
		struct lone t;

		if (i == 1) /* a reset always (RFC 7606 3 g) */
			continue;
		lone_init(&t);
		bgp_peer_del(t.rr->b, &t.x->ip, t.w.now);
		cfg.disable_afi = true;
		world_peer_as(t.rr, &cfg);
		world_settle(&t.w);
		t.p = script_connect(t.x, t.rr);
		lone_up(&t);
		script_update(t.p, REACH("05") WELL);
		CHECK(SEEN_BY(t.pe, 5));
		script_update(t.p, row[i]);
		CHECK_INT(t.rr->downs, 0);
		CHECK(!SEEN_BY(t.pe, 5));
		script_update(t.p, REACH("05") WELL);
		CHECK(!SEEN_BY(t.pe, 5)); /* until the next session */
		world_fini(&t.w);
	}
}

/* The milder way out of a bad MP attribute is no way in for a route whose own attributes
 * are bad: of several faults the strongest is told, and all of them count. */
TEST(a_family_s_end_does_not_let_malformed_routes_of_the_other_in)
{
	static const char bad6[] = "800f04 000280 ff"; /* MP_UNREACH, cut */
	struct bgp_peer_config cfg = world_peer_config("192.0.2.9", 65000, true);
	char attrs[512];
	struct lone t;

	lone_init(&t);
	bgp_peer_del(t.rr->b, &t.x->ip, t.w.now);
	cfg.disable_afi = true;
	world_peer_as(t.rr, &cfg);
	world_settle(&t.w);
	t.p = script_connect(t.x, t.rr);
	lone_up(&t);
	script_update(t.p, REACH("01") WELL);
	script_update(t.p, REACH("02") WELL);
	CHECK(SEEN_BY(t.pe, 1) && SEEN_BY(t.pe, 2));
	snprintf(attrs, sizeof(attrs), "%s%s", REACH("01") "40010109 400200", bad6);
	script_update(t.p, attrs);
	CHECK_INT(t.rr->downs, 0);
	CHECK(!SEEN_BY(t.rr, 1) && !SEEN_BY(t.pe, 1));
	CHECK(SEEN_BY(t.pe, 2)); /* its family goes on */
	script_update(t.p, REACH("01") WELL);
	CHECK(SEEN_BY(t.pe, 1));
	world_fini(&t.w);
}

/* Whatever a neighbor sends, what the others get from us is well-formed. */
TEST(random_damage_to_updates_never_reaches_anybody_else)
{
	static const char *const good[] = {
		REACH("01") WELL "c01008 0002fde800000064",
		REACH("02") WELL "80040400000001 c00804fde80001 c0100800 02fde800000064",
		REACH("03") "40010102 40020a0202 0000fde9 0000fdea 40050400000064",
		REACH("04") WELL
		"800904c0000207 800a04c0000208 c0200c000000010000000200000003",
		"800f13000180 78 800000 0001c00002090064 0a090001",
	};
	uint32_t seed = 7, resets = 0;
	struct lone t;

	lone_init(&t);
	lone_up(&t);
	for (int round = 0; round < 6000; round++) {
		uint8_t msg[512], bytes[400];
		struct wbuf w = wbuf_of(msg, sizeof(msg));
		size_t n, m = bgp_msg_open(&w, BGP_UPDATE);

		n = t_hex(good[round % 5], bytes, sizeof(bytes));
		for (int k = round % 4; k >= 0; k--) {
			seed = seed * 1664525u + 1013904223u;
			bytes[(seed >> 16) % n] = (uint8_t)(seed >> 8);
		}
		wbuf_u16(&w, 0);
		wbuf_u16(&w, (uint16_t)n);
		wbuf_bytes(&w, bytes, n);
		bgp_msg_close(&w, m);
		script_send(t.p, msg, w.len);
		if (!t.p->got_fin)
			continue;
		resets++;
		world_run(&t.w, 130000);
		t.p = script_connect(t.x, t.rr);
		script_up(&t.w, t.p, 65000);
	}
	CHECK(resets > 100 && resets < 5000); /* it was damage, and not only that */
	CHECK_INT(t.pe->downs, 0);
	CHECK_INT(t.pe->malformed, 0);
	CHECK_INT(t.rr->ups, t.rr->downs + 2);
	CHECK_INT(world_routes(t.pe, AFI_IP4), world_routes(t.rr, AFI_IP4));
	world_fini(&t.w);
}

TEST(too_many_prefixes_end_the_session_until_somebody_says_start)
{
	struct bgp_peer_config cfg = world_peer_config("192.0.2.9", 65000, true);
	struct lone t;
	struct pipe *p;

	for (int minutes = 0; minutes <= 5; minutes += 5) {
		lone_init(&t);
		bgp_peer_del(t.rr->b, &t.x->ip, t.w.now);
		cfg.max_prefixes = 2;
		cfg.limit.restart_set = true;
		cfg.limit.restart_min = (uint16_t)minutes;
		world_peer_as(t.rr, &cfg);
		world_settle(&t.w);
		t.p = script_connect(t.x, t.rr);
		lone_up(&t);
		script_update(t.p, REACH("01") WELL);
		script_update(t.p, REACH("02") WELL);
		script_update(t.p, REACH("02") WELL);
		CHECK_INT(t.rr->downs, 0);
		script_update(t.p, REACH("03") WELL);
		CHECK_INT(script_notification(t.p),
		          BGP_ERR_CEASE << 8 | BGP_CEASE_MAX_PREFIXES);
		CHECK_INT(world_routes(t.pe, AFI_IP4), 0);
		world_run(&t.w, 299000);
		p = script_connect(t.x, t.rr);
		CHECK(p->got_fin);
		world_run(&t.w, 2000);
		p = script_connect(t.x, t.rr);
		CHECK_INT(!p->got_fin, minutes > 0);
		if (!minutes) {
			world_run(&t.w, 86400000);
			p = script_connect(t.x, t.rr);
			CHECK(p->got_fin);
			CHECK_INT(bgp_peer_unshut(t.rr->b, &t.x->ip, t.w.now), 0);
			p = script_connect(t.x, t.rr);
			CHECK(!p->got_fin);
		}
		world_fini(&t.w);
	}
}

/* The warning comes once each time the line is crossed, and says which family. */
TEST(many_prefixes_are_warned_of_once_a_crossing)
{
	struct bgp_peer_config cfg = world_peer_config("192.0.2.9", 65000, true);
	struct lone t;

	lone_init(&t);
	bgp_peer_del(t.rr->b, &t.x->ip, t.w.now);
	cfg.max_prefixes = 4;
	cfg.limit.warning_percent = 50;
	cfg.limit.warning_only = true;
	world_peer_as(t.rr, &cfg);
	world_settle(&t.w);
	t.p = script_connect(t.x, t.rr);
	lone_up(&t);
	script_update(t.p, REACH("01") WELL);
	script_update(t.p, REACH("02") WELL);
	CHECK_INT(t.rr->limits, 0);
	script_update(t.p, REACH("03") WELL);
	CHECK_INT(t.rr->limits, 1);
	CHECK(strstr(t.rr->last_limit, "near the limit of 4"));
	script_update(t.p, REACH("04") WELL);
	CHECK_INT(t.rr->limits, 1);
	script_update(t.p, REACH("05") WELL);
	CHECK_INT(t.rr->limits, 2);
	CHECK(strstr(t.rr->last_limit, "5 prefixes, over the limit of 4"));
	script_update(t.p, REACH("06") WELL);
	CHECK_INT(t.rr->limits, 2);
	CHECK_INT(t.rr->downs, 0); /* only warned */
	CHECK_INT(world_routes(t.pe, AFI_IP4), 6);
	world_fini(&t.w);
}

TEST(an_external_neighbor_gets_and_gives_no_routes_without_policy)
{
	struct lone t;

	lone_init(&t);
	bgp_peer_del(t.rr->b, &t.x->ip, t.w.now);
	world_peer(t.rr, "192.0.2.9", 65001, false);
	world_announce(t.pe, 1, AFI_IP4);
	world_settle(&t.w);
	t.p = script_connect(t.x, t.rr);
	script_up(&t.w, t.p, 65001);
	CHECK_INT(t.rr->ups, 2);
	CHECK_INT(script_count(t.p, BGP_UPDATE), 2); /* two End-of-RIB */
	script_update(t.p, REACH("01") "40010102 4002060201 0000fde9");
	CHECK(!SEEN_BY(t.rr, 1));
	CHECK_INT(t.rr->downs, 0);
	world_fini(&t.w);
}

static void announce_over_ip6(struct node *n, unsigned host)
{
	const struct rib_key key = world_key(n, host, AFI_IP4);
	struct bgp_attrs a = { .origin = BGP_ORIGIN_INCOMPLETE, .local_pref = 100 };
	const struct attrs *attrs;

	bgp_attr_set(&a, BGP_ATTR_ORIGIN);
	bgp_attr_set(&a, BGP_ATTR_AS_PATH);
	bgp_attr_set(&a, BGP_ATTR_LOCAL_PREF);
	CHECK(ip_parse("2001:db8::11", &a.nexthop.addr));
	attrs = attrs_intern(rib_attrs(n->rib), &a);
	rib_announce(n->rib, n->local, &key, 0, 16 + host, attrs);
	attrs_unref(attrs);
}

/* A core of IPv6: VPN-IPv4 routes have next hops of the other family (RFC 8950), which a
 * neighbor that has not offered to read them would take for a malformed attribute. */
TEST(ipv6_next_hops_of_ipv4_routes_go_to_those_who_can_read_them)
{
	struct bgp_open o;
	struct lone t;

	lone_init(&t);
	announce_over_ip6(t.pe, 1);
	world_announce(t.pe, 2, AFI_IP4);
	world_settle(&t.w);
	CHECK_INT(t.rr->downs + t.pe->downs, 0);
	CHECK(world_best(t.rr, t.pe, 1, AFI_IP4) != NULL);
	CHECK_INT(attrs_nexthop(world_best(t.rr, t.pe, 1, AFI_IP4)->attrs)->addr.afi,
	          AFI_IP6);

	o = script_open(t.x, 65000); /* offers no such thing */
	script_send_open(t.p, &o);
	script_keepalive(t.p);
	CHECK_INT(script_count(t.p, BGP_UPDATE), 1 + 2); /* one route, two End-of-RIB */
	world_cut(&t.w);
	world_run(&t.w, 5000);

	o.caps.ext_next_hop = bgp_family_bit(BGP_VPN4);
	t.p = script_connect(t.x, t.rr);
	script_send_open(t.p, &o);
	script_keepalive(t.p);
	CHECK_INT(script_count(t.p, BGP_UPDATE), 2 + 2);
	world_fini(&t.w);
}

TEST(no_advertise_is_kept_to_oneself)
{
	struct lone t;

	lone_init(&t);
	lone_up(&t);
	script_update(t.p, REACH("01") WELL "c00804ffffff02");
	CHECK(SEEN_BY(t.rr, 1) && !SEEN_BY(t.pe, 1));
	script_update(t.p, REACH("01") WELL);
	CHECK(SEEN_BY(t.pe, 1));
	script_update(t.p, REACH("01") WELL "c00804ffffff02");
	CHECK(SEEN_BY(t.rr, 1) && !SEEN_BY(t.pe, 1));
	world_fini(&t.w);
}

TEST(a_pe_keeps_only_what_it_imports_and_asks_again_when_that_grows)
{
	struct star t;

	star_init(&t, true);
	t.pe[1]->want_none = true;
	world_announce(t.pe[0], 1, AFI_IP4);
	world_announce(t.pe[0], 1, AFI_IP6);
	world_settle(&t.w);
	CHECK_INT(world_routes(t.pe[1], AFI_IP4), 0);
	CHECK_INT(world_routes(t.pe[2], AFI_IP4), 1);
	t.pe[1]->want_none = false;
	bgp_refresh_all(t.pe[1]->b, t.w.now);
	world_settle(&t.w);
	CHECK_INT(world_routes(t.pe[1], AFI_IP4), 1);
	CHECK_INT(world_routes(t.pe[1], AFI_IP6), 1);
	t.pe[1]->want_none = true;
	bgp_refresh_all(t.pe[1]->b, t.w.now);
	world_settle(&t.w);
	CHECK_INT(world_routes(t.pe[1], AFI_IP4), 0);
	world_fini(&t.w);
}
