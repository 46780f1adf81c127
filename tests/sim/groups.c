/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/mem.h"
#include "bgp/bgp_int.h"
#include "wire/bgp_refresh.h"
#include "wire/bgp_write.h"

#include "tests/sim/world.h"
#include "tests/t.h"

/*
 * Update groups against what each neighbor would be told if it were the only one. Members
 * announce, withdraw, fall silent, flap, ask for refreshes and change their minds at
 * random; whenever all is quiet, each one's view must be the naive Adj-RIB-Out: the best
 * path of every destination that RFC 4271 9.2 and RFC 4456 6 let through.  And on the way
 * no withdrawal of what is not held, and nothing said again that has not changed.
 */
enum { MEMBERS = 9, DESTS = 90, ROUNDS = 600 };

struct held {
	bool there, stale, touched; /* touched: it changed since the member was in step */
	uint32_t label, pref, originator;
};

struct member {
	struct node *node;
	struct pipe *pipe;
	struct bgp_peer *peer;
	bool client, refreshing[3];
	struct bgp_caps caps;
	struct held held[3][DESTS];
	size_t withdrawals;
};

static struct {
	struct world w;
	struct node *rr;
	struct member m[MEMBERS];
	struct rib *scratch; /* for attribute sets of the members */
	uint32_t seed;
} g;

static uint32_t draw(uint32_t n)
{
	g.seed = g.seed * 1664525u + 1013904223u;
	return (uint32_t)((uint64_t)(g.seed >> 4) * n >> 28);
}

static enum afi draw_afi(void)
{
	return draw(3) ? AFI_IP4 : AFI_IP6;
}

static struct rib_key key_of(enum afi afi, size_t d)
{
	const struct ip pe = ip_of_u32(0xc0000200);
	uint8_t a[16] = { 10, 0, 0, (uint8_t)d };
	struct rib_key key;
	struct ip ip = ip_of(afi, a);

	memset(&key, 0, sizeof(key));
	key.rd = rd_of_ip(&pe, (uint16_t)d);
	key.prefix = prefix_host(&ip);
	return key;
}

static bool family_on(const struct member *m, enum afi afi)
{
	return m->caps.families & bgp_family_bit(bgp_vpn_family(afi));
}

static void touch(enum afi afi, size_t d)
{
	for (size_t i = 0; i < MEMBERS; i++)
		g.m[i].held[afi][d].touched = true;
}

/* --- what members say ----------------------------------------------------------------
 */

static const struct attrs *attrs_of(struct rib *r, const struct ip *nexthop,
                                    uint32_t pref, uint32_t originator, bool no_advertise)
{
	static const uint8_t community[4] = { 0xff, 0xff, 0xff, 0x02 };
	struct bgp_attrs a = { .local_pref = pref, .originator_id = originator };

	bgp_attr_set(&a, BGP_ATTR_ORIGIN);
	bgp_attr_set(&a, BGP_ATTR_AS_PATH);
	bgp_attr_set(&a, BGP_ATTR_LOCAL_PREF);
	if (originator)
		bgp_attr_set(&a, BGP_ATTR_ORIGINATOR_ID);
	if (no_advertise) {
		bgp_attr_set(&a, BGP_ATTR_COMMUNITIES);
		a.communities = (struct bgp_span){ community, sizeof(community) };
	}
	a.nexthop.addr = *nexthop;
	return attrs_intern(rib_attrs(r), &a);
}

/* n destinations from d on, in one UPDATE. */
static void say_routes(struct member *m, enum afi afi, size_t d, size_t n, bool withdraw)
{
	const struct bgp_send kind = { .as4 = true, .local_pref = true };
	uint32_t originator = draw(8) ? 0 : ip_u32(&g.m[draw(MEMBERS)].node->ip);
	const struct attrs *set = attrs_of(g.scratch, &m->node->ip, 100 + draw(3),
	                                   originator, draw(12) == 0);
	struct bgp_span image = attrs_image(set);
	uint8_t msg[BGP_MSG_MAX], attrs[512];
	struct wbuf w = wbuf_of(msg, sizeof(msg)), wa = wbuf_of(attrs, sizeof(attrs));
	struct bgp_write u;

	CHECK(bgp_write_attrs(&wa, image.p, image.n, &kind));
	if (withdraw)
		bgp_write_unreach(&u, &w, sizeof(msg), bgp_vpn_family(afi), false);
	else
		bgp_write_reach(&u, &w, sizeof(msg), bgp_vpn_family(afi), false,
		                attrs_nexthop(set), attrs, wa.len);
	for (size_t i = d; i < d + n && i < DESTS; i++) {
		const struct rib_key key = key_of(afi, i);
		const struct vpn_nlri r = { .label = 16 + draw(40),
			                    .rd = key.rd,
			                    .prefix = key.prefix };

		CHECK(bgp_write_vpn(&u, &r));
		touch(afi, i);
	}
	CHECK(bgp_write_end(&u));
	script_send(m->pipe, msg, w.len);
	attrs_unref(set);
}

static void say_refresh(struct member *m, enum afi afi)
{
	uint8_t msg[64];
	struct wbuf w = wbuf_of(msg, sizeof(msg));

	bgp_refresh_write(&w, bgp_vpn_family(afi), BGP_REFRESH_REQUEST);
	script_send(m->pipe, msg, w.len);
	if (m->caps.enhanced_refresh)
		return;
	for (size_t d = 0; d < DESTS; d++) /* any of them may come again */
		m->held[afi][d].touched = true;
}

/* --- what members hear ---------------------------------------------------------------
 */

static void hear_routes(struct member *m, const struct bgp_mp *mp, bool withdraw,
                        const struct bgp_attrs *a)
{
	enum afi afi = (enum afi)bgp_family_afi(mp->family);
	struct cur c = mp->nlri;
	struct vpn_nlri r;

	while (cur_left(&c) && nlri_vpn_read(&c, afi, mp->addpath, &r) == NLRI_OK) {
		struct held *h = &m->held[afi][r.prefix.ip.b[3]];
		struct held is = { .there = true, .touched = h->touched };

		if (withdraw) {
			CHECK(h->there); /* never of what it does not hold */
			m->withdrawals++;
			*h = (struct held){ .touched = h->touched };
			continue;
		}
		is.label = r.label;
		is.pref = a->local_pref;
		is.originator = a->originator_id;
		CHECK(h->touched || m->refreshing[afi] || !h->there ||
		      h->label != is.label || h->pref != is.pref ||
		      h->originator != is.originator);
		*h = is;
	}
}

static void hear_refresh(struct member *m, const uint8_t *msg, size_t len)
{
	struct bgp_refresh r;
	struct bgp_fault f;

	CHECK(bgp_refresh_read(msg, len, m->caps.enhanced_refresh, &r, &f));
	m->refreshing[r.afi] = r.subtype == BGP_REFRESH_BEGIN;
	for (size_t d = 0; d < DESTS; d++) {
		struct held *h = &m->held[r.afi][d];

		if (r.subtype == BGP_REFRESH_BEGIN)
			h->stale = h->there;
		else
			CHECK(!h->stale); /* it all came again */
	}
}

static void hear(struct member *m)
{
	const struct bgp_ctx ctx = { .ibgp = true,
		                     .as4 = m->caps.as4,
		                     .families = m->caps.families };
	static struct bgp_update u;
	const uint8_t *msg;
	size_t len;
	int type;

	while ((type = script_next(m->pipe, &msg, &len))) {
		CHECK(type != BGP_NOTIFICATION);
		CHECK(len <= (m->caps.ext_msg ? BGP_MSG_MAX_EXT : BGP_MSG_MAX));
		if (type == BGP_ROUTE_REFRESH)
			hear_refresh(m, msg, len);
		if (type != BGP_UPDATE)
			continue;
		CHECK_INT(bgp_update_read(&ctx, msg + BGP_HDR_LEN, len - BGP_HDR_LEN, &u),
		          BGP_OK);
		if (u.unreach.present && !u.end_of_rib)
			hear_routes(m, &u.unreach, true, NULL);
		if (u.reach.present)
			hear_routes(m, &u.reach, false, &u.attrs);
	}
}

/* --- the model -----------------------------------------------------------------------
 */

static bool naive_gets(const struct member *m, const struct rib_path *p)
{
	const struct attrs_rank *rank = attrs_rank(p->attrs);

	if (ip_eq(&p->source->address, &m->node->ip) || rank->no_advertise)
		return false;
	if (rank->has_originator && rank->originator == m->peer->up->open.router_id)
		return false;
	return p->source->local || p->source->client || m->client;
}

static void check_member(struct member *m, enum afi afi)
{
	size_t told = 0;

	for (size_t d = 0; d < DESTS; d++) {
		const struct rib_key key = key_of(afi, d);
		struct rib_path best;
		const struct rib_path *p =
			rib_paths(g.rr->rib, &key, &best, 1) ? &best : NULL;
		bool want = family_on(m, afi) && p && naive_gets(m, p);
		struct held *h = &m->held[afi][d];

		CHECK_INT(h->there, want);
		CHECK_INT(bgp_group_holds(m->peer, &key), want);
		told += want;
		h->touched = false;
		if (!want)
			continue;
		CHECK_INT(h->label, p->label);
		CHECK_INT(h->pref, attrs_rank(p->attrs)->local_pref);
		if (!p->source->local)
			CHECK_INT(h->originator,
			          attrs_rank(p->attrs)->has_originator
			                  ? attrs_rank(p->attrs)->originator
			                  : p->source->router_id);
	}
	CHECK_INT(bgp_group_told_count(m->peer, afi), told);
}

/* Everything is delivered: all who listen hold what they should. */
static void check_all(void)
{
	bool slow = false;

	world_settle(&g.w);
	for (size_t i = 0; i < MEMBERS; i++) {
		struct member *m = &g.m[i];

		slow |= m->node->deaf;
		if (m->node->deaf)
			continue;
		hear(m);
		check_member(m, AFI_IP4);
		check_member(m, AFI_IP6);
	}
	list_for(gr, &g.rr->b->groups, struct bgp_group, link) {
		if (!slow) /* all are in step again */
			CHECK_INT(gr->n_cohorts, 1);
	}
}

/* --- coming and going ----------------------------------------------------------------
 */

static void come(struct member *m)
{
	struct bgp_open o = script_open(m->node, 65000);

	m->pipe = script_connect(m->node, g.rr);
	o.hold_time = 0;
	o.caps = m->caps;
	script_send_open(m->pipe, &o);
	script_keepalive(m->pipe);
	memset(m->held, 0, sizeof(m->held));
	for (size_t d = 0; d < DESTS; d++)
		m->held[AFI_IP4][d].touched = m->held[AFI_IP6][d].touched = true;
	memset(m->refreshing, 0, sizeof(m->refreshing));
}

static void flap(struct member *m)
{
	m->node->deaf = false;
	m->pipe->closed = true;
	for (size_t d = 0; d < DESTS; d++) {
		touch(AFI_IP4, d);
		touch(AFI_IP6, d);
	}
	world_settle(&g.w);
	m->peer->failures = 0;
	world_run(&g.w, 2000);
	come(m);
}

static void start(uint32_t seed)
{
	memset(&g, 0, sizeof(g));
	g.seed = seed;
	world_init(&g.w);
	g.w.window = 600;
	g.rr = world_node(&g.w, "192.0.2.1", 65000, false);
	g.rr->b->tx_limits = (struct bgp_tx_limits){ 1200, 300, 2400, 700 };
	g.scratch = rib_new();
	for (size_t i = 0; i < MEMBERS; i++) {
		struct member *m = &g.m[i];
		struct bgp_peer_config cfg;
		char ip[32];

		snprintf(ip, sizeof(ip), "192.0.2.%zu", 11 + i);
		m->node = world_scripted(&g.w, ip);
		m->client = i != 3 && i != 4;
		m->caps = script_open(m->node, 65000).caps;
		m->caps.gr.present = false;
		if (i == 6)
			m->caps.ext_msg = false;
		if (i == 7)
			m->caps.families = bgp_family_bit(BGP_VPN4);
		if (i == 8)
			m->caps.enhanced_refresh = false;
		cfg = world_peer_config(ip, 65000, m->client);
		cfg.passive = true;
		world_peer_as(g.rr, &cfg);
		list_for(p, &g.rr->b->peers, struct bgp_peer, link)
			m->peer = p;
		come(m);
	}
	world_settle(&g.w);
}

static void stop(void)
{
	struct rib_stats st;

	for (size_t i = 0; i < MEMBERS; i++) {
		g.m[i].node->deaf = false;
		g.m[i].pipe->closed = true;
	}
	world_settle(&g.w);
	rib_source_flush(g.rr->rib, g.rr->local);
	rib_stats(g.rr->rib, &st);
	CHECK_INT(st.dests[AFI_IP4] + st.dests[AFI_IP6], 0); /* no ghost is left */
	CHECK(list_empty(&g.rr->b->groups));
	world_fini(&g.w);
	rib_free(g.scratch);
}

static void say_local(enum afi afi, size_t d)
{
	const struct rib_key key = key_of(afi, d);
	const struct attrs *set = attrs_of(g.rr->rib, &g.rr->ip, 100 + draw(3), 0, false);

	touch(afi, d);
	if (draw(2))
		rib_announce(g.rr->rib, g.rr->local, &key, 0, 16 + draw(40), set);
	else
		rib_withdraw(g.rr->rib, g.rr->local, &key, 0);
	attrs_unref(set);
}

static void one_op(void)
{
	struct member *m = &g.m[draw(MEMBERS)];
	enum afi afi = family_on(m, AFI_IP6) ? draw_afi() : AFI_IP4;
	uint32_t what = draw(1000);
	size_t d = draw(DESTS);

	if (what < 400)
		say_routes(m, afi, d, 1 + draw(3), false);
	else if (what < 480)
		say_routes(m, afi, d, 1 + draw(DESTS), false);
	else if (what < 700)
		say_routes(m, afi, d, 1 + draw(3), true);
	else if (what < 730)
		say_routes(m, afi, d, 1 + draw(DESTS), true);
	else if (what < 800)
		say_local(afi, d);
	else if (what < 870)
		m->node->deaf = !m->node->deaf;
	else if (what < 900)
		say_refresh(m, afi);
	else if (what < 910) /* all at once: they share a walk */
		for (size_t i = 0; i < MEMBERS; i++)
			say_refresh(&g.m[i], AFI_IP4);
	else if (what < 940)
		bgp_tx_reconsider(m->peer, afi);
	else if (what <
	         950) /* it wants other routes now: those it does not know itself */
		m->peer->up->open.router_id = ip_u32(&g.m[draw(MEMBERS)].node->ip);
	else if (what < 958)
		flap(m);
	else
		world_settle(&g.w);
	if (what >= 940 && what < 950) {
		bgp_tx_reconsider(m->peer, AFI_IP4);
		bgp_tx_reconsider(m->peer, AFI_IP6);
	}
}

static void run(uint32_t seed)
{
	size_t most = 0, withdrawals = 0;

	start(seed);
	check_all();
	for (int round = 0; round < ROUNDS; round++) {
		for (uint32_t n = 1 + draw(12); n; n--)
			one_op();
		world_settle(&g.w);
		list_for(gr, &g.rr->b->groups, struct bgp_group, link)
			most = gr->n_cohorts > most ? gr->n_cohorts : most;
		if (draw(4) == 0) { /* all listen again */
			for (size_t i = 0; i < MEMBERS; i++)
				g.m[i].node->deaf = false;
		}
		check_all();
	}
	for (size_t i = 0; i < MEMBERS; i++)
		withdrawals += g.m[i].withdrawals;
	CHECK(most >= 3); /* the slow ones were left behind */
	CHECK(withdrawals > 1000);
	stop();
}

TEST(each_member_is_told_what_it_would_be_told_alone)
{
	for (uint32_t seed = 1; seed <= 6; seed++)
		run(seed);
}

/* --- in step -------------------------------------------------------------------------
 */

/* Twenty sets of fifty are twenty messages: no batch ends within a set. */
TEST(a_batch_ends_where_an_attribute_set_does)
{
	enum { SETS = 200, PER_SET = 50 };
	struct node *from, *to;
	uint64_t before;
	struct world w;

	world_init(&w);
	from = world_node(&w, "192.0.2.1", 65000, false);
	to = world_node(&w, "192.0.2.2", 65000, false);
	world_peer(from, "192.0.2.2", 65000, true);
	world_peer(to, "192.0.2.1", 65000, true);
	world_settle(&w);
	before = list_first(&from->b->peers, struct bgp_peer, link)->tx[BGP_UPDATE];
	for (unsigned i = 0; i < SETS * PER_SET; i++)
		world_announce_pref(from, i, AFI_IP4, i / PER_SET);
	world_settle(&w);
	CHECK_INT(world_routes(to, AFI_IP4), SETS * PER_SET);
	CHECK_INT(list_first(&from->b->peers, struct bgp_peer, link)->tx[BGP_UPDATE] -
	                  before,
	          SETS);
	world_fini(&w);
}

/* A neighbor that takes nothing for a while: what waits for it is bounded whatever
 * happens, others are told at once, and of all that happened it is told the outcome. */
TEST(a_deaf_member_delays_nobody_and_is_caught_up_from_the_table)
{
	enum { ROUTES = 20000, TIMES = 20 };
	static const char *const ip[] = { "192.0.2.11", "192.0.2.12", "192.0.2.13" };
	struct node *rr, *pe[3];
	struct bgp_peer *slow;
	struct world w;
	uint64_t told;

	world_init(&w);
	w.window = 1 << 16;
	rr = world_node(&w, "192.0.2.1", 65000, false);
	for (int i = 0; i < 3; i++) {
		pe[i] = world_node(&w, ip[i], 65000, false);
		world_peer(pe[i], "192.0.2.1", 65000, false);
		world_peer(rr, ip[i], 65000, true);
	}
	world_settle(&w);
	slow = container_of(rr->b->peers.prev, struct bgp_peer, link);
	pe[2]->deaf = true;
	for (unsigned t = 0; t < TIMES; t++) {
		for (unsigned i = 0; i < ROUTES; i++)
			world_announce_pref(pe[0], i, AFI_IP4, 100 + t);
		world_settle(&w);
		CHECK_INT(world_routes(pe[1], AFI_IP4), ROUTES);
		CHECK_INT(attrs_rank(world_best(pe[1], pe[0], 7, AFI_IP4)->attrs)
		                  ->local_pref,
		          100 + t);
		CHECK(slow->up->tx.left < BGP_TX_LAG + 2 * BGP_TX_TURN);
	}
	told = slow->routes_tx;
	pe[2]->deaf = false;
	world_settle(&w);
	CHECK_INT(world_routes(pe[2], AFI_IP4), ROUTES);
	CHECK_INT(attrs_rank(world_best(pe[2], pe[0], 7, AFI_IP4)->attrs)->local_pref,
	          100 + TIMES - 1);
	CHECK(slow->routes_tx - told <= ROUTES); /* once, not twenty times */
	list_for(gr, &rr->b->groups, struct bgp_group, link)
		CHECK_INT(gr->n_cohorts, 1);
	world_fini(&w);
}

/* Sessions that come up together read the table once, and their queues hold one copy. */
TEST(sessions_that_begin_together_share_a_walk)
{
	enum { RECEIVERS = 20, ROUTES = 5000 };
	struct node *rr, *slow = NULL;
	struct bgp_group *gr;
	struct world w;

	world_init(&w);
	rr = world_node(&w, "192.0.2.1", 65000, false);
	for (unsigned i = 0; i < ROUTES; i++)
		world_announce_pref(rr, i, AFI_IP4, i / 50);
	for (int i = 0; i < RECEIVERS; i++) {
		char ip[32];

		snprintf(ip, sizeof(ip), "192.0.2.%d", 11 + i);
		slow = world_node(&w, ip, 65000, false);
		world_peer(slow, "192.0.2.1", 65000, false);
		world_peer(rr, ip, 65000, true);
	}
	w.window = 2000;
	rr->b->tx_limits = (struct bgp_tx_limits){ 8000, 2000, 32000, 4000 };
	while (!list_first(&rr->b->peers, struct bgp_peer, link)->routes_tx)
		CHECK(world_step(&w));
	gr = list_first(&rr->b->groups, struct bgp_group, link);
	CHECK_INT(gr->n_cohorts, 1); /* while they read */
	slow->deaf = true;
	world_settle(&w);
	CHECK_INT(gr->n_cohorts, 2); /* one was left behind in the middle of it */
	slow->deaf = false;
	world_settle(&w);
	list_for(n, &w.nodes, struct node, link)
		CHECK_INT(world_routes(n, AFI_IP4), ROUTES);
	CHECK_INT(gr->n_cohorts, 1);
	CHECK_INT(list_first(&gr->cohorts, struct bgp_cohort, link)->n_members,
	          RECEIVERS);
	world_fini(&w);
}

/* Two in step ask for all again while they are being told all: each gets its refresh
 * when that is over, and they read the table for it together. */
TEST(two_that_ask_again_during_the_same_walk_are_served_when_it_is_over)
{
	enum { ROUTES = 3000 };
	static const char *const ip[] = { "192.0.2.11", "192.0.2.12" };
	struct bgp_peer *p[2];
	struct node *rr, *pe;
	struct world w;

	world_init(&w);
	rr = world_node(&w, "192.0.2.1", 65000, false);
	for (unsigned i = 0; i < ROUTES; i++)
		world_announce(rr, i, AFI_IP4);
	for (int i = 0; i < 2; i++) {
		pe = world_node(&w, ip[i], 65000, false);
		world_peer(pe, "192.0.2.1", 65000, false);
		world_peer(rr, ip[i], 65000, true);
		p[i] = container_of(rr->b->peers.prev, struct bgp_peer, link);
	}
	w.window = 2000;
	rr->b->tx_limits = (struct bgp_tx_limits){ 8000, 2000, 32000, 4000 };
	while (!p[0]->routes_tx || !p[1]->routes_tx)
		CHECK(world_step(&w));
	CHECK(p[0]->af[AFI_IP4].tx.cohort == p[1]->af[AFI_IP4].tx.cohort);
	for (int i = 0; i < 2; i++) {
		CHECK(bgp_group_pending(p[i], AFI_IP4));
		CHECK_INT(bgp_peer_refresh(rr->b, &p[i]->cfg.address, false, true, w.now),
		          0);
	}
	world_settle(&w);
	for (int i = 0; i < 2; i++) {
		CHECK_INT(p[i]->routes_tx, 2 * ROUTES);
		CHECK(!p[i]->af[AFI_IP4].eorr_due && !p[i]->af[AFI_IP4].refresh_again);
	}
	CHECK(p[0]->af[AFI_IP4].tx.cohort == p[1]->af[AFI_IP4].tx.cohort);
	world_fini(&w);
}

/* A congested neighbor gets both families in turns. */
static void check_families(size_t window, struct bgp_tx_limits limits, size_t apart)
{
	enum { ROUTES = 10000 };
	struct node *from, *to;
	struct bgp_peer *p;
	struct world w;

	world_init(&w);
	w.window = window;
	from = world_node(&w, "192.0.2.1", 65000, false);
	to = world_node(&w, "192.0.2.2", 65000, false);
	for (unsigned i = 0; i < ROUTES; i++) {
		world_announce_pref(from, i, AFI_IP4, i);
		world_announce_pref(from, i, AFI_IP6, i);
	}
	world_peer(from, "192.0.2.2", 65000, true);
	world_peer(to, "192.0.2.1", 65000, true);
	from->b->tx_limits = limits;
	p = list_first(&from->b->peers, struct bgp_peer, link);
	for (w.cut_after = 100000; w.cut_after < 1000000; w.cut_after += 100000) {
		size_t v4, v6;

		while (w.delivered < (uint64_t)w.cut_after - 1000 && world_step(&w))
			;
		v4 = bgp_group_told_count(p, AFI_IP4);
		v6 = bgp_group_told_count(p, AFI_IP6);
		if (v4 == ROUTES || v6 == ROUTES)
			break;
		CHECK(v4 < v6 + apart && v6 < v4 + apart);
	}
	w.cut_after = -1;
	world_settle(&w);
	CHECK_INT(world_routes(to, AFI_IP4), ROUTES);
	CHECK_INT(world_routes(to, AFI_IP6), ROUTES);
	world_fini(&w);
}

TEST(neither_family_starves_the_other)
{
	const struct bgp_tx_limits normal = { BGP_TX_HIGH, BGP_TX_LOW, BGP_TX_LAG,
		                              BGP_TX_TURN };

	check_families(1 << 14, normal, 5000);
	/* Each turn leaves room for one of them only. */
	check_families(1000, (struct bgp_tx_limits){ 1000, 100, 8000, 800 }, 50);
}
