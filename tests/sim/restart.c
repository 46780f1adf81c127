/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/bgp_msg.h"
#include "wire/bgp_notification.h"
#include "wire/bgp_update.h"

#include "tests/sim/world.h"
#include "tests/t.h"

/*
 * Graceful restart in both roles (RFC 4724, 8538) and the long-lived one (RFC 9494): a
 * scripted neighbor x of the reflector comes and goes, a real one sees what it is told.
 */
struct act {
	struct world w;
	struct node *rr, *x, *pe;
	struct pipe *p;
	struct bgp_open open; /* x's */
};

struct act_options {
	bool preserved, defer;
	uint32_t llgr_s;    /* of the reflector and the PE */
	bool pe_without;    /* the PE knows of no LLGR */
	uint32_t max;       /* prefixes */
	uint16_t hold_time; /* x's; 0: 90 */
};

#define ROUTE_OF(n, communities, alen)                                                  \
	alen " 900e 0021 0001 80 0c 0000000000000000c0000209 00 78 00fff1 "             \
	     "0001c00002090064 0a0900" n " 40010102 400200 40050400000064 " communities \
	     "c01008 0002fde800000064"
#define ROUTE(n)         "0055 02 0000 " ROUTE_OF(n, "", "003e")
#define ROUTE_NO_LLGR(n) "005c 02 0000 " ROUTE_OF(n, "c00804ffff0007", "0045")
#define END_OF_RIB4      "001d 02 0000 0006 800f03 0001 80"
#define END_OF_RIB6      "001d 02 0000 0006 800f03 0002 80"

static const uint32_t VPN4 = 1 << BGP_VPN4, VPN6 = 1 << BGP_VPN6;

static void greet(struct act *t)
{
	t->p = script_connect(t->x, t->rr);
	CHECK(!t->p->got_fin);
	script_send_open(t->p, &t->open);
	script_keepalive(t->p);
}

static void act_init(struct act *t, const struct act_options *o)
{
	struct bgp_peer_config cfg = world_peer_config("192.0.2.9", 65000, true);

	*t = (struct act){ 0 };
	world_init(&t->w);
	t->w.preserved = o->preserved;
	t->w.defer = o->defer;
	t->rr = world_node(&t->w, "192.0.2.1", 65000, false);
	t->w.defer = false;
	t->pe = world_node(&t->w, "192.0.2.11", 65000, false);
	t->x = world_scripted(&t->w, "192.0.2.9");
	t->w.connect_refused = t->x->ip;
	cfg.gr = (struct bgp_gr_config){ .llgr_stale_s = o->llgr_s };
	cfg.max_prefixes = o->max;
	world_peer_as(t->rr, &cfg);
	cfg = world_peer_config("192.0.2.11", 65000, true);
	cfg.gr.llgr_stale_s = o->llgr_s;
	world_peer_as(t->rr, &cfg);
	cfg = world_peer_config("192.0.2.1", 65000, false);
	cfg.gr.llgr_stale_s = o->pe_without ? 0 : o->llgr_s;
	world_peer_as(t->pe, &cfg);
	world_settle(&t->w);
	t->open = script_open(t->x, 65000);
	t->open.caps.gr.time = 60;
	t->open.caps.gr.families = t->open.caps.gr.forwarding = VPN4;
	if (o->hold_time)
		t->open.hold_time = o->hold_time;
}

static void act_begin(struct act *t)
{
	greet(t);
	script_hex(t->p, ROUTE("01"));
	script_hex(t->p, ROUTE("02"));
	script_hex(t->p, END_OF_RIB4);
	script_hex(t->p, END_OF_RIB6);
	CHECK_INT(t->rr->downs, 0);
	CHECK_INT(world_routes(t->pe, AFI_IP4), 2);
}

/* x's session breaks, the PE's does not. */
static void lose(struct act *t)
{
	t->p->closed = true;
	world_settle(&t->w);
	CHECK_INT(t->rr->downs, 1);
}

static size_t kept(const struct act *t)
{
	return world_routes(t->rr, AFI_IP4);
}

/* What x was told of its speaker by the last OPEN. */
static struct bgp_open told_open(struct act *t)
{
	struct bgp_open o = { 0 };
	struct bgp_fault f;
	const uint8_t *msg;
	size_t len;

	CHECK_INT(script_next(t->p, &msg, &len), BGP_OPEN);
	CHECK(bgp_open_read(msg + BGP_HDR_LEN, len - BGP_HDR_LEN, &o, &f));
	return o;
}

/* --- our own restart: what our OPEN says (RFC 4724 3, 4.1) ----------------------------
 */

TEST(our_open_says_that_we_restarted_and_what_was_preserved)
{
	for (int preserved = 0; preserved < 2; preserved++) {
		struct bgp_open o;
		struct act t;

		act_init(&t, &(struct act_options){ .preserved = preserved });
		greet(&t);
		o = told_open(&t);
		CHECK(o.caps.gr.present && o.caps.gr.restarted && o.caps.gr.notification);
		CHECK_INT(o.caps.gr.time, 120);
		CHECK_INT(o.caps.gr.families, VPN4 | VPN6);
		CHECK_INT(o.caps.gr.forwarding, preserved ? VPN4 | VPN6 : 0);
		CHECK(!o.caps.llgr.present);
		world_fini(&t.w);
	}
}

/* Once everybody has told us all we are a speaker like others; a session lost then lost
 * no forwarding state (RFC 8538 4). */
TEST(later_our_open_says_neither)
{
	struct bgp_open o;
	struct act t;

	act_init(&t, &(struct act_options){ 0 });
	act_begin(&t);
	CHECK(t.rr->converged);
	lose(&t);
	greet(&t);
	o = told_open(&t);
	CHECK(!o.caps.gr.restarted);
	CHECK_INT(o.caps.gr.forwarding, VPN4 | VPN6);
	world_fini(&t.w);
}

/* --- a neighbor restarts (RFC 4724 4.2, RFC 8538 4) -----------------------------------
 */

/* How a session ends, and whether routes outlive it without and with the N bit. */
TEST(a_session_s_end_says_whether_routes_outlive_it)
{
	static const struct {
		const char *how; /* a message of the neighbor; NULL: nothing more comes */
		bool lost, without, with;
	} row[] = {
		{"",                     true,  true,  true }, /* the line breaks */
		{ NULL,                  false, false, true }, /* the hold timer */
		{ "0015 03 06 02",       false, false, true }, /* says CEASE/2, not /9 */
		{ "0015 03 06 04",       false, false, true },
		{ "0015 03 03 01",       false, false, true },
		{ "0017 03 06 09 06 02", false, false, false}, /* Hard Reset */
		{ "0015 03 06 09",       false, false, false},
		{ "0013 09",             false, false, true }, /* its fault, our NOTIFICATION */
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		for (int n = 0; n < 2; n++) {
			struct act t;

			act_init(&t, &(struct act_options){ .hold_time = 9 });
			t.open.caps.gr.notification = n;
			act_begin(&t);
			if (row[i].lost)
				lose(&t);
			else if (row[i].how)
				script_hex(t.p, row[i].how);
			else
				world_run(&t.w, 10000);
			CHECK_INT(t.rr->downs, 1);
			if (kept(&t) !=
			    (row[i].lost || (n ? row[i].with : row[i].without) ? 2 : 0))
				t_fail(__FILE__, __LINE__, "row %zu, N %d: %zu routes", i,
				       n, kept(&t));
			world_fini(&t.w);
		}
	}
}

/* RFC 8538 5.1: what is meant to last is a Hard Reset, for those who know it. */
TEST(what_ends_a_session_for_good_is_a_hard_reset)
{
	for (int n = 0; n < 2; n++) {
		for (int how = 0; how < 4; how++) {
			static const int sub[] = { BGP_CEASE_SHUTDOWN,
				                   BGP_CEASE_DECONFIGURED,
				                   BGP_CEASE_MAX_PREFIXES,
				                   BGP_CEASE_RESET };
			struct bgp_notification said, inner;
			const uint8_t *msg;
			struct act t;
			size_t len;
			int type;

			act_init(&t, &(struct act_options){ .max = 2 });
			t.open.caps.gr.notification = n;
			act_begin(&t);
			switch (how) {
			case 0: bgp_peer_shutdown(t.rr->b, &t.x->ip, "", t.w.now); break;
			case 1: bgp_peer_del(t.rr->b, &t.x->ip, t.w.now); break;
			case 2: script_hex(t.p, ROUTE("03")); break;
			case 3:
				bgp_peer_reset(t.rr->b, &t.x->ip, true, NULL, t.w.now);
				break;
			}
			world_settle(&t.w);
			for (type = 1; type && type != BGP_NOTIFICATION;)
				type = script_next(t.p, &msg, &len);
			CHECK_INT(type, BGP_NOTIFICATION);
			if (!type)
				return;
			CHECK(bgp_notification_read(msg + BGP_HDR_LEN, len - BGP_HDR_LEN,
			                            &said));
			CHECK_INT(said.code, BGP_ERR_CEASE);
			CHECK_INT(said.subcode, n ? BGP_CEASE_HARD_RESET : sub[how]);
			if (n) {
				CHECK(bgp_notification_read_hard(&said, &inner));
				CHECK_INT(inner.subcode, sub[how]);
				CHECK_INT(inner.len, how == 2 ? 7 : 0);
			}
			CHECK_INT(kept(&t), 0); /* and ours of it go, too */
			world_fini(&t.w);
		}
	}
}

/* A reset that is not hard spares both sides' routes. */
TEST(a_graceful_reset_keeps_routes_if_both_can)
{
	struct act t;

	act_init(&t, &(struct act_options){ 0 });
	t.open.caps.gr.notification = true;
	act_begin(&t);
	CHECK_INT(bgp_peer_reset(t.rr->b, &t.x->ip, false, NULL, t.w.now), 0);
	world_settle(&t.w);
	CHECK_INT(script_notification(t.p), BGP_ERR_CEASE << 8 | BGP_CEASE_RESET);
	CHECK_INT(kept(&t), 2);
	greet(&t); /* and it may come back at once */
	CHECK_INT(t.rr->ups, 3);
	CHECK_INT(kept(&t), 2);
	world_fini(&t.w);
}

/* RFC 4724 4.2 deletes what is stale when the session is lost again; RFC 8538 4.1 does
 * not, but nothing stays stale for ever. */
TEST(consecutive_restarts_keep_routes_within_bounds)
{
	struct act t;
	int lives = 0;

	act_init(&t, &(struct act_options){ 0 });
	t.open.caps.gr.notification = true;
	act_begin(&t);
	for (; kept(&t) && lives < 100; lives++) {
		t.p->closed = true;
		world_run(&t.w, 15000);
		greet(&t);
		world_run(&t.w, 1000);
	}
	CHECK(lives > 10 && lives < 40); /* 60 s and BGP_STALE_S of 16 s each */
	world_fini(&t.w);
}

/* Every way of its new OPEN not to vouch for VPN-IPv4. */
TEST(a_new_open_must_vouch_for_each_family)
{
	for (int how = 0; how < 5; how++) {
		struct act t;

		act_init(&t, &(struct act_options){ 0 });
		act_begin(&t);
		lose(&t);
		CHECK_INT(kept(&t), 2);
		switch (how) {
		case 0: break;
		case 1: t.open.caps.gr.present = false; break;
		case 2: t.open.caps.gr.families = t.open.caps.gr.forwarding = VPN6; break;
		case 3: t.open.caps.gr.forwarding = 0; break;
		case 4: t.open.caps.families = VPN6; break;
		}
		greet(&t);
		CHECK_INT(kept(&t), how ? 0 : 2);
		world_fini(&t.w);
	}
}

/* --- a reflector restarts: selection is deferred (RFC 4724 4.1) -----------------------
 */

static void deferring(struct act *t)
{
	act_init(t, &(struct act_options){ .preserved = true, .defer = true });
	world_announce(t->pe, 1, AFI_IP4);
	world_settle(&t->w);
}

/* Has x been told a route, and that this was all? */
static bool heard(struct act *t, bool *ret_route)
{
	static struct bgp_update u;
	const uint8_t *msg;
	bool eor = false;
	size_t len;
	int type;

	*ret_route = false;
	while ((type = script_next(t->p, &msg, &len))) {
		const struct bgp_ctx ctx = { .ibgp = true,
			                     .as4 = true,
			                     .families = VPN4 | VPN6 };

		if (type != BGP_UPDATE)
			continue;
		CHECK_INT(bgp_update_read(&ctx, msg + BGP_HDR_LEN, len - BGP_HDR_LEN, &u),
		          BGP_OK);
		eor |= u.end_of_rib;
		*ret_route |= u.reach.present;
	}
	return eor;
}

TEST(a_restarted_reflector_tells_nothing_before_it_has_heard_all)
{
	struct act t;
	bool route;

	deferring(&t);
	greet(&t);
	world_run(&t.w, 5000);
	CHECK(!heard(&t, &route) && !route);
	script_hex(t.p, END_OF_RIB4);
	CHECK(!heard(&t, &route) && !route); /* the other family is missing */
	script_hex(t.p, END_OF_RIB6);
	CHECK(heard(&t, &route) && route);
	world_fini(&t.w);
}

TEST(who_restarts_itself_or_not_gracefully_is_not_waited_for)
{
	for (int how = 0; how < 2; how++) {
		struct act t;
		bool route;

		deferring(&t);
		if (how)
			t.open.caps.gr.restarted = true;
		else
			t.open.caps.gr.present = false;
		greet(&t);
		CHECK(heard(&t, &route) && route);
		world_fini(&t.w);
	}
}

TEST(a_reflector_does_not_wait_for_ever)
{
	struct act t;
	bool route;

	deferring(&t);
	greet(&t); /* and never ends */
	world_run(&t.w, 59000 - t.w.now.us / 1000);
	script_keepalive(t.p);
	CHECK(!heard(&t, &route) && !route);
	world_run(&t.w, 3000);
	CHECK(heard(&t, &route) && route);
	CHECK_INT(t.rr->downs, 0);
	world_fini(&t.w);
}

TEST(neighbors_that_are_not_there_are_waited_for_ten_seconds)
{
	struct act t;

	deferring(&t);
	CHECK_INT(world_routes(t.rr, AFI_IP4), 1);
	world_announce(t.pe, 2, AFI_IP4);
	world_run(&t.w, 11000); /* x never came */
	greet(&t);
	{
		bool route;

		CHECK(heard(&t, &route) && route);
	}
	world_fini(&t.w);
}

/* --- a PE restarts: its hosts are verified first --------------------------------------
 */

TEST(end_of_rib_can_be_held_back_and_routes_not)
{
	bool route;
	struct act t;

	act_init(&t, &(struct act_options){ .preserved = true });
	bgp_eor_hold(t.rr->b);
	world_announce(t.rr, 1, AFI_IP4);
	greet(&t);
	CHECK(!heard(&t, &route) && route);
	world_announce(t.rr, 2, AFI_IP4);
	script_hex(t.p,
	           "0017 05 0001 00 80"); /* a refresh has to wait too (RFC 7313 4) */
	CHECK(!heard(&t, &route) && route);
	CHECK_INT(script_count(t.p, BGP_ROUTE_REFRESH), 0);
	bgp_eor_release(t.rr->b, t.w.now);
	world_settle(&t.w);
	CHECK(heard(&t, &route) && route);
	world_fini(&t.w);
}

TEST(who_leaves_to_a_successor_says_nothing)
{
	struct act t;

	act_init(&t, &(struct act_options){ 0 });
	act_begin(&t);
	bgp_leave(t.rr->b);
	world_node_free(t.rr);
	world_settle(&t.w);
	CHECK_INT(script_notification(t.p), 0);
	CHECK(t.p->got_fin);
	world_fini(&t.w);
}

/* --- the operator (RFC 9003) ----------------------------------------------------------
 */

TEST(a_shutdown_lasts_until_start_and_its_text_reaches_the_other_operator)
{
	struct act t;

	act_init(&t, &(struct act_options){ 0 });
	CHECK_INT(bgp_peer_shutdown(t.rr->b, &t.pe->ip,
	                            "Wartung bis 14 h \xc3\xa4\x1b[2J", t.w.now),
	          0);
	world_settle(&t.w);
	CHECK_INT(t.pe->downs, 1);
	CHECK(strstr(t.pe->last_down, "administrative shutdown"));
	CHECK(strstr(t.pe->last_down,
	             "Wartung bis 14 h \xc3\xa4\\x1b[2J")); /* harmless */
	world_run(&t.w, 3600000);
	CHECK_INT(t.pe->ups, 1);
	CHECK_INT(bgp_peer_unshut(t.rr->b, &t.pe->ip, t.w.now), 0);
	world_run(&t.w, 130000);
	CHECK_INT(t.pe->ups, 2);
	world_fini(&t.w);
}

TEST(a_text_of_255_octets_arrives_whole_and_a_longer_one_is_refused)
{
	char text[257];
	struct act t;

	act_init(&t, &(struct act_options){ 0 });
	memset(text, 'x', sizeof(text));
	text[256] = '\0';
	CHECK(bgp_peer_shutdown(t.rr->b, &t.pe->ip, text, t.w.now) < 0);
	text[255] = '\0';
	CHECK_INT(bgp_peer_shutdown(t.rr->b, &t.pe->ip, text, t.w.now), 0);
	world_settle(&t.w);
	CHECK(strstr(t.pe->last_down, text));
	world_fini(&t.w);
}

/* --- long-lived graceful restart (RFC 9494) -------------------------------------------
 */

enum { LLGR_STALE = (int)0xffff0006 };

static void long_away(struct act *t, const struct act_options *o)
{
	act_init(t, o);
	t->open.caps.llgr.present = true;
	t->open.caps.llgr.families = t->open.caps.llgr.forwarding = VPN4;
	t->open.caps.llgr.time[BGP_VPN4] = 1000;
}

/* How many VPN-IPv4 routes n has with LLGR_STALE. */
static void count_stale(void *arg, const struct rib_key *key, const struct rib_path *best)
{
	*(size_t *)arg += attrs_rank(best->attrs)->llgr_stale;
}

static size_t long_stale(const struct node *n)
{
	size_t count = 0;
	uint64_t pos = 0;

	while (rib_walk(n->rib, AFI_IP4, &pos, 100, count_stale, &count))
		;
	return count;
}

TEST(our_open_offers_long_lived_restart_when_configured)
{
	struct act t;
	struct bgp_open o;

	long_away(&t, &(struct act_options){ .llgr_s = 86400 });
	greet(&t);
	o = told_open(&t);
	CHECK(o.caps.llgr.present);
	CHECK_INT(o.caps.llgr.families, VPN4 | VPN6);
	CHECK_INT(o.caps.llgr.time[BGP_VPN6], 86400);
	world_fini(&t.w);
}

TEST(behind_the_restart_time_routes_live_on_as_a_last_resort)
{
	struct act t;

	long_away(&t, &(struct act_options){ .llgr_s = 86400 });
	act_begin(&t);
	lose(&t);
	world_run(&t.w, 59000);
	CHECK_INT(long_stale(t.rr), 0); /* of the usual kind so far */
	world_run(&t.w, 2000);
	CHECK_INT(kept(&t), 2);
	CHECK_INT(long_stale(t.rr), 2);
	CHECK_INT(long_stale(t.pe), 2); /* and all who know it are told */
	world_run(&t.w, 990000);
	CHECK_INT(kept(&t), 2);
	world_run(&t.w, 10000); /* theirs: 1000 s, less than ours */
	CHECK_INT(kept(&t), 0);
	CHECK_INT(world_routes(t.pe, AFI_IP4), 0);
	world_fini(&t.w);
}

TEST(our_own_bound_counts_if_it_is_less)
{
	struct act t;

	long_away(&t, &(struct act_options){ .llgr_s = 100 });
	act_begin(&t);
	lose(&t);
	world_run(&t.w, 150000);
	CHECK_INT(kept(&t), 2);
	world_run(&t.w, 12000);
	CHECK_INT(kept(&t), 0);
	world_fini(&t.w);
}

TEST(without_the_capability_on_both_sides_the_restart_time_is_all)
{
	for (int who = 0; who < 2; who++) {
		struct act t;

		long_away(&t, &(struct act_options){ .llgr_s = who ? 86400 : 0 });

		t.open.caps.llgr.present = !who;
		act_begin(&t);
		lose(&t);
		world_run(&t.w, 61000);
		CHECK_INT(kept(&t), 0);
		world_fini(&t.w);
	}
}

TEST(long_lived_stale_routes_are_taken_back_from_those_who_do_not_know_them)
{
	struct act t;

	long_away(&t, &(struct act_options){ .llgr_s = 86400, .pe_without = true });

	act_begin(&t);
	lose(&t);
	world_run(&t.w, 61000);
	CHECK_INT(kept(&t), 2);
	CHECK_INT(world_routes(t.pe, AFI_IP4), 0);
	world_fini(&t.w);
}

TEST(a_route_with_no_llgr_ends_with_the_restart_time)
{
	struct act t;

	long_away(&t, &(struct act_options){ .llgr_s = 86400 });
	act_begin(&t);
	script_hex(t.p, ROUTE_NO_LLGR("03"));
	CHECK_INT(kept(&t), 3);
	lose(&t);
	world_run(&t.w, 61000);
	CHECK_INT(kept(&t), 2);
	CHECK_INT(long_stale(t.rr), 2);
	world_fini(&t.w);
}

TEST(a_restart_time_of_zero_begins_it_at_once)
{
	struct act t;

	long_away(&t, &(struct act_options){ .llgr_s = 86400 });
	t.open.caps.gr.time = 0;
	t.open.caps.gr.families = 0;
	act_begin(&t);
	lose(&t);
	CHECK_INT(long_stale(t.pe), 2);
	world_fini(&t.w);
}

TEST(who_comes_back_from_long_away_must_vouch_and_end)
{
	for (int vouches = 0; vouches < 2; vouches++) {
		struct act t;

		long_away(&t, &(struct act_options){ .llgr_s = 86400 });
		act_begin(&t);
		lose(&t);
		world_run(&t.w, 300000);
		CHECK_INT(long_stale(t.pe), 2);
		if (!vouches)
			t.open.caps.llgr.forwarding = 0;
		greet(&t);
		CHECK_INT(kept(&t), vouches ? 2 : 0);
		script_hex(t.p, ROUTE("02"));
		CHECK_INT(long_stale(t.pe), vouches); /* 01 still, 02 is good again */
		script_hex(t.p, END_OF_RIB4);
		CHECK_INT(kept(&t), 1);
		CHECK_INT(long_stale(t.pe), 0);
		world_fini(&t.w);
	}
}

/* Decided before LOCAL_PREF: any other path is better (RFC 9494 4.3). */
TEST(a_long_lived_stale_path_loses_to_every_other)
{
	const struct rib_source other = { .address = { .afi = AFI_IP4 } };
	struct act t;
	struct rib_source *s;
	struct rib_key key = { 0 };
	struct bgp_attrs a = { .local_pref = 1 };
	const struct attrs *attrs;
	struct rib_path path;

	long_away(&t, &(struct act_options){ .llgr_s = 86400 });
	act_begin(&t);
	{
		struct ip x = t.x->ip;

		key.rd = rd_of_ip(&x, 100);
		CHECK(prefix_parse("10.9.0.1/32", &key.prefix));
	}
	bgp_attr_set(&a, BGP_ATTR_ORIGIN);
	bgp_attr_set(&a, BGP_ATTR_AS_PATH);
	bgp_attr_set(&a, BGP_ATTR_LOCAL_PREF);
	a.nexthop.addr = t.pe->ip;
	attrs = attrs_intern(rib_attrs(t.rr->rib), &a);
	s = rib_source_add(t.rr->rib, &other);
	rib_announce(t.rr->rib, s, &key, 0, 77, attrs);
	attrs_unref(attrs);
	CHECK_INT(rib_paths(t.rr->rib, &key, &path, 1), 1);
	CHECK(path.label != 77); /* LOCAL_PREF 1 against 100 */
	lose(&t);
	world_run(&t.w, 61000);
	CHECK_INT(rib_paths(t.rr->rib, &key, &path, 1), 1);
	CHECK_INT(path.label, 77);
	world_fini(&t.w);
}
