/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/bgp_msg.h"

#include "tests/sim/world.h"
#include "tests/t.h"

/*
 * Long-lived graceful restart (RFC 9494) of a table that is marked in several turns:
 * whatever happens between two of them, no route is lost and none is left over.
 *
 * A scripted neighbor x of the reflector has the routes; one PE knows what LLGR_STALE
 * means, the other does not.
 */
enum {
	MSGS = 100,
	PER_MSG = 300,
	ROUTES = MSGS * PER_MSG, /* four turns of the reflector's */
	RESTART_S = 60,
	LONG_S = 1000,
};

static const uint32_t VPN4 = 1 << BGP_VPN4;

struct away {
	struct world w;
	struct node *rr, *x, *knows, *plain;
	struct pipe *p;
	struct bgp_open open; /* x's */
};

static struct bgp_peer_config config_of(const char *ip, bool client, uint32_t llgr_s)
{
	struct bgp_peer_config cfg = world_peer_config(ip, 65000, client);

	cfg.gr.llgr_stale_s = llgr_s;
	return cfg;
}

static void knock(struct away *t)
{
	t->p = script_connect(t->x, t->rr);
	CHECK(!t->p->got_fin);
	script_send_open(t->p, &t->open);
}

static void greet(struct away *t)
{
	knock(t);
	script_keepalive(t->p);
}

/* One message with PER_MSG routes 10.msg.n.n, with NO_LLGR or not. */
static void say(struct away *t, unsigned m, bool no_llgr)
{
	static const char *const rest[] = {
		"40010100 400200 40050400000064 c01008 0002fde800000064",
		"40010100 400200 40050400000064 c00804ffff0007 c01008 0002fde800000064",
	};
	static const char route[] = "78 00fff1 0001c00002090064 0a";
	uint8_t msg[BGP_MSG_MAX_EXT];
	size_t n = 16, at;

	memset(msg, 0xff, n);
	n += t_hex("0000 02 0000 0000", msg + n, sizeof(msg) - n);
	at = n;
	n += t_hex("900e 0000 0001 80 0c 0000000000000000c0000209 00", msg + n,
	           sizeof(msg) - n);
	for (unsigned i = 0; i < PER_MSG; i++) {
		n += t_hex(route, msg + n, sizeof(msg) - n);
		msg[n++] = (uint8_t)m;
		msg[n++] = (uint8_t)(i >> 8);
		msg[n++] = (uint8_t)i;
	}
	msg[at + 2] = (uint8_t)((n - at - 4) >> 8);
	msg[at + 3] = (uint8_t)(n - at - 4);
	n += t_hex(rest[no_llgr], msg + n, sizeof(msg) - n);
	msg[at - 2] = (uint8_t)((n - at) >> 8);
	msg[at - 1] = (uint8_t)(n - at);
	msg[16] = (uint8_t)(n >> 8);
	msg[17] = (uint8_t)n;
	script_send(t->p, msg, n);
}

static void end_of_rib(struct away *t)
{
	script_hex(t->p, "001d 02 0000 0006 800f03 0001 80");
}

static void away_init(struct away *t)
{
	struct bgp_peer_config cfg;

	*t = (struct away){ 0 };
	world_init(&t->w);
	t->rr = world_node(&t->w, "192.0.2.1", 65000, false);
	t->knows = world_node(&t->w, "192.0.2.11", 65000, false);
	t->plain = world_node(&t->w, "192.0.2.12", 65000, false);
	t->x = world_scripted(&t->w, "192.0.2.9");
	t->w.connect_refused = t->x->ip;
	cfg = config_of("192.0.2.9", true, 86400);
	world_peer_as(t->rr, &cfg);
	cfg = config_of("192.0.2.11", true, 86400);
	world_peer_as(t->rr, &cfg);
	cfg = config_of("192.0.2.12", true, 0);
	world_peer_as(t->rr, &cfg);
	cfg = config_of("192.0.2.1", false, 86400);
	world_peer_as(t->knows, &cfg);
	cfg = config_of("192.0.2.1", false, 0);
	world_peer_as(t->plain, &cfg);
	world_settle(&t->w);
	t->open = script_open(t->x, 65000);
	t->open.caps.gr.time = RESTART_S;
	t->open.caps.gr.notification = true;
	t->open.caps.gr.families = t->open.caps.gr.forwarding = VPN4;
	t->open.caps.llgr.present = true;
	t->open.caps.llgr.families = t->open.caps.llgr.forwarding = VPN4;
	t->open.caps.llgr.time[BGP_VPN4] = LONG_S;
	greet(t);
}

static void count_stale(void *arg, const struct rib_key *key, const struct rib_path *best)
{
	*(size_t *)arg += attrs_rank(best->attrs)->llgr_stale;
}

static size_t stale(const struct node *n)
{
	size_t count = 0;
	uint64_t pos = 0;

	while (rib_walk(n->rib, AFI_IP4, &pos, 1000, count_stale, &count))
		;
	return count;
}

/* Who has how many routes, and how many of them as a last resort. */
static void check(struct away *t, int line, size_t all, size_t old)
{
	const struct {
		const char *who;
		const struct node *n;
		size_t all, old;
	} row[] = {
		{"the reflector",  t->rr,    all,       old},
		{ "who knows",     t->knows, all,       old},
		{ "who knows not", t->plain, all - old, 0  },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		size_t a = world_routes(row[i].n, AFI_IP4), o = stale(row[i].n);

		if (a != row[i].all || o != row[i].old)
			t_fail(__FILE__, line,
			       "%s: %zu routes, %zu stale; expected %zu, %zu", row[i].who,
			       a, o, row[i].all, row[i].old);
	}
}

#define CHECK_ROUTES(t, all, old) check(t, __LINE__, all, old)

static void lose(struct away *t)
{
	t->p->closed = true;
	world_settle(&t->w);
}

/* Its KEEPALIVE goes together with what it says next: between two turns. */
static void come_in(struct away *t)
{
	uint8_t msg[BGP_HDR_LEN];

	memset(msg, 0xff, 16);
	buf_put(&t->p->out, msg, 16 + t_hex("0013 04", msg + 16, 3));
}

/* The restart time is over and some paths are marked, others not yet.  One who knocks has
 * but its KEEPALIVE to send. */
static void half_marked(struct away *t, bool knocks)
{
	size_t n;

	lose(t);
	world_run(&t->w, RESTART_S * 1000 - 1);
	CHECK_ROUTES(t, ROUTES, 0);
	if (knocks)
		knock(t);
	t->w.now = mono_add_ms(t->w.now, 1);
	bgp_run(t->rr->b, t->w.now);
	n = stale(t->rr);
	if (!n || n == ROUTES)
		t_fail(__FILE__, __LINE__, "%zu are marked, that is not half", n);
}

static void say_all(struct away *t)
{
	for (unsigned m = 0; m < MSGS; m++)
		say(t, m, false);
	end_of_rib(t);
	CHECK_ROUTES(t, ROUTES, 0);
}

/* What ends it for good takes all out: the marked and those still to be marked. */
TEST(who_is_removed_shut_down_or_changed_while_being_marked_leaves_no_route)
{
	for (int how = 0; how < 4; how++) {
		struct bgp_peer_config cfg = config_of("192.0.2.9", true, 77);
		bool reset = false;
		struct away t;

		away_init(&t);
		say_all(&t);
		half_marked(&t, false);
		switch (how) {
		case 0: CHECK_INT(bgp_peer_del(t.rr->b, &t.x->ip, t.w.now), 0); break;
		case 1:
			CHECK_INT(bgp_peer_shutdown(t.rr->b, &t.x->ip, "", t.w.now), 0);
			break;
		case 2:
			CHECK_INT(bgp_peer_change(t.rr->b, &cfg, t.w.now, &reset), 0);
			CHECK(reset);
			break;
		case 3: /* the loop was held up for as long as they may live */
			t.w.now = mono_add_ms(t.w.now, LONG_S * 1000);
			break;
		}
		world_settle(&t.w);
		CHECK_INT(world_routes(t.rr, AFI_IP4), 0);
		world_run(&t.w, 200000); /* held up so long, it lost the PEs, too */
		CHECK_ROUTES(&t, 0, 0);
		if (how == 1)
			CHECK_INT(bgp_peer_unshut(t.rr->b, &t.x->ip, t.w.now), 0);
		if (how) { /* and it may begin anew, with the new time */
			greet(&t);
			say_all(&t);
			lose(&t);
			world_run(&t.w, (RESTART_S + 76) * 1000);
			CHECK_ROUTES(&t, ROUTES, ROUTES);
			world_run(&t.w, 2000);
			CHECK_INT(world_routes(t.rr, AFI_IP4), how == 2 ? 0 : ROUTES);
		}
		world_fini(&t.w);
	}
}

TEST(who_comes_back_while_being_marked_keeps_what_it_vouches_for_and_repeats)
{
	for (int vouches = 0; vouches < 2; vouches++) {
		struct away t;

		away_init(&t);
		say_all(&t);
		if (!vouches)
			t.open.caps.llgr.forwarding = 0;
		half_marked(&t, true);
		come_in(&t);
		say(&t, MSGS - 1, false);
		say(&t, 1, false);
		if (vouches)
			CHECK_ROUTES(&t, ROUTES, ROUTES - 2 * PER_MSG);
		else
			CHECK_ROUTES(&t, 2 * PER_MSG, 0);
		end_of_rib(&t);
		CHECK_ROUTES(&t, 2 * PER_MSG, 0);
		world_run(&t.w, 80000);
		CHECK_ROUTES(&t, 2 * PER_MSG, 0);
		world_fini(&t.w);
	}
}

/* Lost again before its End-of-RIB: what it had repeated gets a restart time, all of it
 * no more than the long-lived time that runs (RFC 9494 4.2). */
TEST(a_second_loss_does_not_begin_the_long_time_anew)
{
	struct away t;

	away_init(&t);
	say_all(&t);
	half_marked(&t, true);
	come_in(&t);
	say(&t, 1, false);
	CHECK_ROUTES(&t, ROUTES, ROUTES - PER_MSG);
	lose(&t);
	CHECK_ROUTES(&t, ROUTES, ROUTES - PER_MSG);
	world_run(&t.w, RESTART_S * 1000 + 1000);
	CHECK_ROUTES(&t, ROUTES, ROUTES);
	world_run(&t.w, (LONG_S - RESTART_S - 2) * 1000);
	CHECK_ROUTES(&t, ROUTES, ROUTES);
	world_run(&t.w, 2000);
	CHECK_ROUTES(&t, 0, 0);
	world_fini(&t.w);
}

/* Without the N bit only what was said in the last session is kept (RFC 4724 4.2), and it
 * has a time of its own. */
TEST(a_second_loss_takes_what_was_stale_from_who_follows_rfc_4724_alone)
{
	struct away t;

	away_init(&t);
	say_all(&t);
	t.open.caps.gr.notification = false;
	half_marked(&t, true);
	come_in(&t);
	say(&t, 1, false);
	world_run(&t.w, 5000);
	lose(&t);
	CHECK_ROUTES(&t, PER_MSG, 0);
	world_run(&t.w, (RESTART_S + LONG_S - 1) * 1000);
	CHECK_ROUTES(&t, PER_MSG, PER_MSG);
	world_run(&t.w, 2000);
	CHECK_ROUTES(&t, 0, 0);
	world_fini(&t.w);
}

TEST(routes_with_no_llgr_end_with_the_restart_time_in_whatever_turn_they_come)
{
	struct away t;

	away_init(&t);
	for (unsigned m = 0; m < MSGS; m++)
		say(&t, m, m % 2);
	end_of_rib(&t);
	half_marked(&t, false);
	world_settle(&t.w);
	CHECK_ROUTES(&t, ROUTES / 2, ROUTES / 2);
	world_run(&t.w, (LONG_S - 1) * 1000);
	CHECK_ROUTES(&t, ROUTES / 2, ROUTES / 2);
	world_run(&t.w, 2000);
	CHECK_ROUTES(&t, 0, 0);
	world_fini(&t.w);
}
