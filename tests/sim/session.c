/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "wire/bgp_msg.h"
#include "wire/bgp_notification.h"

#include "tests/sim/world.h"
#include "tests/t.h"

/* Sessions: opening, colliding, ending, in the words of RFC 4271 6 and 8. */

struct pair {
	struct world w;
	struct node *a, *b;
};

static void pair_init(struct pair *t)
{
	world_init(&t->w);
	t->a = world_node(&t->w, "192.0.2.1", 65000, false);
	t->b = world_node(&t->w, "192.0.2.2", 65000, false);
}

static void pair_peer(struct pair *t)
{
	world_peer(t->a, "192.0.2.2", 65000, true);
	world_peer(t->b, "192.0.2.1", 65000, false);
}

static bool established(const struct node *n)
{
	return n->ups == n->downs + 1;
}

static bool both_up(void *arg)
{
	struct pair *t = arg;

	return established(t->a) && established(t->b);
}

TEST(two_speakers_that_open_at_once_keep_one_session)
{
	struct pair t;

	pair_init(&t);
	pair_peer(&t);
	world_settle(&t.w);
	CHECK_INT(t.a->ups, 1);
	CHECK_INT(t.b->ups, 1);
	world_run(&t.w, 600000); /* and it stays up */
	CHECK_INT(t.a->downs, 0);
	CHECK_INT(t.b->downs, 0);
	CHECK(t.a->converged && t.b->converged);
	world_fini(&t.w);
}

TEST(collision_is_resolved_alike_whatever_the_pieces)
{
	for (size_t chunk = 1; chunk < 60; chunk++) {
		struct pair t;
		size_t open = 0;

		pair_init(&t);
		t.w.chunk = chunk;
		pair_peer(&t);
		world_settle(&t.w);
		CHECK_INT(t.a->ups, 1);
		CHECK_INT(t.b->ups, 1);
		CHECK_INT(t.a->downs + t.b->downs, 0);
		list_for(p, &t.w.pipes, struct pipe, link)
			open += !p->closed;
		CHECK_INT(open, 2); /* the two ends of one */
		world_fini(&t.w);
	}
}

TEST(the_one_opened_by_the_higher_identifier_survives)
{
	struct pair t;

	pair_init(&t);
	pair_peer(&t);
	world_settle(&t.w);
	list_for(p, &t.w.pipes, struct pipe, link) {
		if (!p->closed)
			CHECK(p->node == t.a || p->node == t.b);
	}
	/* The opener is the end made first: list order is order of making. */
	list_for(p, &t.w.pipes, struct pipe, link) {
		if (!p->closed) {
			CHECK(p->node == t.b);
			break;
		}
	}
	world_fini(&t.w);
}

TEST(a_passive_speaker_waits_to_be_opened_to)
{
	struct bgp_peer_config cfg = world_peer_config("192.0.2.2", 65000, false);
	struct pair t;

	pair_init(&t);
	cfg.passive = true;
	world_peer_as(t.a, &cfg);
	world_run(&t.w, 300000);
	CHECK(list_empty(&t.w.pipes)); /* never tried */
	world_peer(t.b, "192.0.2.1", 65000, false);
	world_settle(&t.w);
	CHECK(both_up(&t));
	world_fini(&t.w);
}

TEST(a_speaker_that_starts_later_is_found_soon)
{
	struct pair t;

	pair_init(&t);
	t.w.connect_refused = t.b->ip;
	world_peer(t.a, "192.0.2.2", 65000, false);
	world_run(&t.w, 10000);
	CHECK_INT(t.a->ups, 0);
	t.w.connect_refused = (struct ip){ 0 };
	world_peer(t.b, "192.0.2.1", 65000, false);
	CHECK(world_until(&t.w, 20000, both_up, &t));
	world_fini(&t.w);
}

TEST(a_speaker_that_dies_is_found_again)
{
	struct pair t;

	pair_init(&t);
	pair_peer(&t);
	world_settle(&t.w);
	for (int i = 0; i < 20; i++) {
		world_cut(&t.w);
		CHECK(world_until(&t.w, 200000, both_up, &t));
	}
	CHECK_INT(t.a->ups, 21);
	world_fini(&t.w);
}

struct script {
	struct world w;
	struct node *a, *x;
	struct pipe *p;
};

static void script_init(struct script *s)
{
	world_init(&s->w);
	s->a = world_node(&s->w, "192.0.2.1", 65000, false);
	s->x = world_scripted(&s->w, "192.0.2.9");
	s->w.connect_refused = s->x->ip;
	world_peer(s->a, "192.0.2.9", 65000, true);
	s->p = script_connect(s->x, s->a);
}

/* How long connections are refused after this message, up to a second more; leaves a new
 * one. */
static int64_t refused_for(struct script *s, const char *hex, int64_t at_least)
{
	struct mono then = s->w.now;

	script_hex(s->p, hex);
	CHECK(s->p->got_fin);
	for (;;) {
		s->p = script_connect(s->x, s->a);
		if (!s->p->got_fin)
			break;
		world_run(&s->w, 50);
	}
	CHECK(mono_ms_since(s->w.now, then) > at_least);
	return mono_ms_since(s->w.now, then);
}

TEST(back_off_grows_with_each_failure_and_is_forgiven_later)
{
	struct script s;
	int64_t last = 0;

	script_init(&s);
	for (int i = 0; i < 6; i++)
		last = refused_for(&s, "0013 09", last);
	CHECK(last > 20000);
	script_up(&s.w, s.p, 65000); /* and a good session … */
	for (int i = 0; i < 13; i++) {
		world_run(&s.w, 10000);
		script_keepalive(s.p);
	}
	CHECK_INT(s.a->ups, 1);
	CHECK_INT(s.a->downs, 0);
	CHECK(refused_for(&s, "0013 09", 0) < 1100); /* … forgives */
	world_fini(&s.w);
}

/* A PE whose daemon dies again and again finds the door open each time. */
TEST(a_lost_line_costs_no_back_off)
{
	struct pair t;

	pair_init(&t);
	pair_peer(&t);
	world_settle(&t.w);
	for (int i = 0; i < 10; i++) {
		world_cut(&t.w);
		CHECK(world_until(&t.w, 1100, both_up, &t));
		world_run(&t.w, 1000);
	}
	CHECK_INT(t.a->ups, 11);
	world_fini(&t.w);
}

/* … but one that does nothing else is slowed down. */
TEST(a_line_that_breaks_all_the_time_does)
{
	struct pair t;
	struct mono then;

	pair_init(&t);
	pair_peer(&t);
	world_settle(&t.w);
	then = t.w.now;
	for (int i = 0; i < 30; i++) {
		world_cut(&t.w);
		CHECK(world_until(&t.w, 200000, both_up, &t));
	}
	CHECK(mono_ms_since(t.w.now, then) > 60000);
	world_fini(&t.w);
}

TEST(a_neighbor_that_closed_in_good_order_may_come_back_at_once)
{
	struct script s;

	script_init(&s);
	for (int i = 0; i < 20; i++) {
		script_up(&s.w, s.p, 65000);
		CHECK_INT(s.a->ups, i + 1);
		script_hex(s.p, "0015 03 06 04");
		CHECK_INT(s.a->downs, i + 1);
		s.p = script_connect(s.x, s.a);
		CHECK(!s.p->got_fin);
	}
	world_fini(&s.w);
}

TEST(a_dead_line_is_noticed_by_the_hold_timer)
{
	struct pair t;

	pair_init(&t);
	pair_peer(&t);
	world_settle(&t.w);
	t.a->deaf = t.b->deaf = true;
	world_run(&t.w, 60000);
	CHECK_INT(t.a->downs, 0);
	world_run(&t.w, 31000);
	CHECK_INT(t.a->downs, 1);
	CHECK_STR(t.a->last_down, "sent hold timer expired");
	world_fini(&t.w);
}

TEST(hold_time_zero_means_no_timers)
{
	struct bgp_peer_config cfg = world_peer_config("192.0.2.2", 65000, false);
	struct pair t;

	pair_init(&t);
	cfg.hold_time_s = 0;
	world_peer_as(t.a, &cfg);
	world_peer(t.b, "192.0.2.1", 65000, false);
	world_settle(&t.w);
	CHECK(both_up(&t));
	world_run(&t.w, 30000); /* behind End-of-RIB and convergence */
	t.a->deaf = t.b->deaf = true;
	world_run(&t.w, 3600 * 1000);
	CHECK_INT(t.a->downs + t.b->downs, 0);
	world_fini(&t.w);
}

TEST(strangers_and_wrong_as_numbers_are_refused)
{
	struct world w;
	struct node *a, *x;
	struct pipe *p;

	world_init(&w);
	a = world_node(&w, "192.0.2.1", 65000, false);
	x = world_scripted(&w, "192.0.2.9");
	p = script_connect(x, a);
	CHECK(p->got_fin); /* no such peer */
	CHECK_INT(buf_left(&p->got), 0);

	w.connect_refused = x->ip;
	world_peer(a, "192.0.2.9", 65000, false);
	p = script_connect(x, a);
	script_up(&w, p, 65001);
	CHECK_INT(script_notification(p), BGP_ERR_OPEN << 8 | BGP_OPEN_BAD_PEER_AS);
	CHECK(p->got_fin);
	CHECK_INT(a->ups, 0);
	world_fini(&w);
}

/* One scripted neighbor of one speaker. */
TEST(our_open_offers_what_we_do_and_nothing_else)
{
	/* Vector V1 of this project, less the families of later features, restarting (RFC
	 * 4724) and keeping routes over a NOTIFICATION (RFC 8538); hold time 90,
	 * identifier 192.0.2.1. */
	static const char want[] = "ffffffffffffffffffffffffffffffff"
				   "0041 01 04 fde8 005a c0000201 24"
				   "0222 010400010080 010400020080 0200"
				   "0506000100800002 0600 4002c000"
				   "41040000fde8 4600";
	uint8_t hex[128];
	struct script s;
	const uint8_t *msg;
	size_t len, n;

	script_init(&s);
	n = t_hex(want, hex, sizeof(hex));
	CHECK_INT(script_next(s.p, &msg, &len), BGP_OPEN);
	hex[17] = (uint8_t)n; /* what the text above adds up to */
	hex[28] = (uint8_t)(n - 29);
	hex[30] = (uint8_t)(n - 31);
	CHECK_INT(len, n);
	CHECK_MEM(msg, hex, n);
	world_fini(&s.w);
}

TEST(what_is_wrong_in_a_message_is_named_in_the_notification)
{
	static const struct {
		const char *what, *hex; /* behind the marker */
		int early, up; /* code and subcode, in OpenSent and Established */
	} row[] = {
		{"length below the header",         "0012 04",                          0x0102, 0x0102},
		{ "KEEPALIVE with a body",          "0014 04 00",                       0x0102, 0x0102},
		{ "type 9",                         "0013 09",                          0x0103, 0x0103},
		{ "OPEN too short",                 "0014 01 04",                       0x0102, 0x0102},
		{ "version 3",                      "001d 01 03 fde8 005a c0000209 00", 0x0201, 0x0503},
		{ "hold time 2",                    "001d 01 04 fde8 0002 c0000209 00", 0x0206, 0x0503},
		{ "identifier 0",                   "001d 01 04 fde8 005a 00000000 00", 0x0203, 0x0503},
		{ "our identifier",
                 "002d 01 04 fde8 005a c0000201 10"
		  "020e 010400010080 010400020080 4600",		                0x0203, 0x0503},
		{ "no family of ours",              "001d 01 04 fde8 005a c0000209 00", 0x0207,
                 0x0503									       },
		{ "UPDATE",                         "0017 02 0000 0000",                0x0501, 0     },
		{ "ROUTE-REFRESH",                  "0017 05 0001 00 80",               0x0501, 0     },
		{ "KEEPALIVE",                      "0013 04",                          0x0501, 0     },
		{ "ROUTE-REFRESH that is too long", "0018 05 0001 01 80 00",            0x0501,
                 0x0701									       },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		for (int up = 0; up < 2; up++) {
			int want = up ? row[i].up : row[i].early, got;
			struct script s;

			script_init(&s);
			if (up)
				script_up(&s.w, s.p, 65000);
			script_hex(s.p, row[i].hex);
			got = script_notification(s.p);
			if (got != want)
				t_fail(__FILE__, __LINE__, "%s, up %d: %04x, not %04x",
				       row[i].what, up, got, want);
			CHECK_INT(s.p->got_fin, want != 0);
			world_fini(&s.w);
		}
	}
}

TEST(a_lost_marker_is_a_header_error)
{
	static const uint8_t junk[19] = { "GET / HTTP/1.1\r\n\r\n" };
	struct script s;

	script_init(&s);
	script_send(s.p, junk, sizeof(junk));
	CHECK_INT(script_notification(s.p), BGP_ERR_HEADER << 8 | BGP_HEADER_NOT_SYNCED);
	world_fini(&s.w);
}

TEST(a_second_open_is_an_fsm_error)
{
	struct bgp_open o;
	struct script s;

	script_init(&s);
	o = script_open(s.x, 65000);
	script_send_open(s.p, &o);
	script_send_open(s.p, &o);
	CHECK_INT(script_notification(s.p), BGP_ERR_FSM << 8 | BGP_FSM_IN_OPEN_CONFIRM);
	world_fini(&s.w);
}

TEST(a_notification_with_text_ends_the_session_and_is_remembered)
{
	struct script s;

	script_init(&s);
	script_up(&s.w, s.p, 65000);
	CHECK_INT(s.a->ups, 1);
	script_hex(s.p,
	           "001a 03 06 02 04 6a6f6521"); /* administrative shutdown, "joe!" */
	CHECK_INT(s.a->downs, 1);
	CHECK(strstr(s.a->last_down, "administrative shutdown"));
	CHECK(strstr(s.a->last_down, "joe!"));
	CHECK(s.p->got_fin);
	CHECK_INT(script_notification(s.p), 0); /* never answered with another */
	world_fini(&s.w);
}

/* Last words may come in any state, with text, without, or with less than they say. */
TEST(a_notification_ends_every_state)
{
	static const char *const words[] = {
		"0015 03 06 02",       "0019 03 06 02 03 627965",
		"0017 03 06 02 ff 62", /* the text is shorter than its length */
		"0017 03 06 04 00 00", "0015 03 00 00",
		"0015 03 ff ff",
	};

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		for (int far = 0; far < 3; far++) {
			struct bgp_open o;
			struct script s;

			script_init(&s);
			o = script_open(s.x, 65000);
			if (far > 0)
				script_send_open(s.p, &o);
			if (far > 1)
				script_keepalive(s.p);
			script_hex(s.p, words[i]);
			CHECK(s.p->got_fin);
			CHECK_INT(script_notification(s.p), 0); /* none in answer */
			CHECK_INT(s.a->downs, far == 2);
			world_run(&s.w, 3000);
			s.p = script_connect(s.x, s.a);
			script_up(&s.w, s.p, 65000);
			CHECK_INT(s.a->ups, 1 + (far == 2));
			world_fini(&s.w);
		}
	}
}

TEST(a_silent_neighbor_in_open_sent_is_given_up)
{
	struct script s;

	script_init(&s);
	world_run(&s.w, 239000);
	CHECK(!s.p->got_fin);
	world_run(&s.w, 2000);
	CHECK_INT(script_notification(s.p), BGP_ERR_HOLD_TIMER << 8);
	world_fini(&s.w);
}

TEST(connections_are_refused_while_backing_off)
{
	struct script s;
	struct pipe *p;

	script_init(&s);
	script_hex(s.p, "0013 09");
	p = script_connect(s.x, s.a);
	CHECK(p->got_fin);
	CHECK_INT(buf_left(&p->got), 0);
	world_run(&s.w, 2000);
	p = script_connect(s.x, s.a);
	CHECK(!p->got_fin);
	script_up(&s.w, p, 65000);
	CHECK_INT(s.a->ups, 1);
	world_fini(&s.w);
}

/* The neighbor's connection lost the collision, ours then broke and cannot be made again:
 * the one it opens next must find somebody waiting. */
TEST(after_a_lost_collision_the_neighbor_may_still_open)
{
	struct bgp_open o;
	struct script s;
	struct pipe *ours;

	world_init(&s.w);
	s.a = world_node(&s.w, "192.0.2.1", 65000, false);
	s.x = world_scripted(&s.w, "192.0.2.9");
	world_peer(s.a, "192.0.2.9", 65000, true);
	world_settle(&s.w);
	ours = script_accept(s.x);
	CHECK(ours != NULL);
	s.p = script_connect(s.x, s.a);
	o = script_open(s.x, 65000);
	o.router_id = 1; /* lower: what the speaker opened itself stays */
	script_send_open(s.p, &o);
	CHECK_INT(script_notification(s.p), BGP_ERR_CEASE << 8 | BGP_CEASE_COLLISION);
	s.w.connect_refused = s.x->ip;
	world_cut(&s.w);
	world_run(&s.w, 200000);
	s.p = script_connect(s.x, s.a);
	CHECK(!s.p->got_fin);
	script_send_open(s.p, &o);
	script_keepalive(s.p);
	CHECK_INT(s.a->ups, 1);
	world_fini(&s.w);
}

TEST(a_second_connection_beside_a_session_is_refused)
{
	struct script s;
	struct pipe *p;

	script_init(&s);
	script_up(&s.w, s.p, 65000);
	p = script_connect(s.x, s.a);
	CHECK(p->got_fin);
	CHECK(!s.p->got_fin);
	CHECK_INT(s.a->downs, 0);
	world_fini(&s.w);
}

TEST(removing_a_neighbor_says_deconfigured_and_the_daemon_s_end_says_shutdown)
{
	struct script s;

	script_init(&s);
	script_up(&s.w, s.p, 65000);
	CHECK_INT(bgp_peer_del(s.a->b, &s.x->ip, s.w.now), 0);
	CHECK_INT(bgp_peer_del(s.a->b, &s.x->ip, s.w.now), -ENOENT);
	world_settle(&s.w);
	CHECK_INT(script_notification(s.p), BGP_ERR_CEASE << 8 | BGP_CEASE_DECONFIGURED);
	world_fini(&s.w);

	script_init(&s);
	script_up(&s.w, s.p, 65000);
	world_node_free(s.a);
	world_settle(&s.w);
	CHECK_INT(script_notification(s.p), BGP_ERR_CEASE << 8 | BGP_CEASE_SHUTDOWN);
	world_fini(&s.w);
}

/* RFC 9687: the greater of eight minutes and twice the hold time. */
TEST(a_neighbor_that_takes_no_bytes_is_closed_after_the_send_hold_time)
{
	struct script s;

	script_init(&s);
	script_up(&s.w, s.p, 65000);
	CHECK_INT(s.a->ups, 1);
	s.x->deaf = true;
	s.w.window = 10; /* half a KEEPALIVE */
	for (int i = 0; i < 47; i++) {
		world_run(&s.w, 10000);
		script_keepalive(s.p);
		CHECK_INT(s.a->downs, 0);
	}
	for (int i = 0; i < 7; i++) {
		world_run(&s.w, 10000);
		if (!s.p->other)
			break;
		script_keepalive(s.p);
	}
	CHECK_INT(s.a->downs, 1);
	CHECK(strstr(s.a->last_down, "send hold"));
	world_fini(&s.w);
}

TEST(bad_peer_configurations_are_refused)
{
	struct bgp_peer_config cfg = world_peer_config("192.0.2.2", 65000, false);
	struct world w;
	struct node *a;

	world_init(&w);
	a = world_node(&w, "192.0.2.1", 65000, false);
	CHECK_INT(bgp_peer_add(a->b, &cfg, w.now), 0);
	CHECK_INT(bgp_peer_add(a->b, &cfg, w.now), -EEXIST);
	cfg = world_peer_config("192.0.2.3", 0, false);
	CHECK_INT(bgp_peer_add(a->b, &cfg, w.now), -EINVAL);
	cfg = world_peer_config("192.0.2.3", 65000, false);
	cfg.hold_time_s = 2;
	CHECK_INT(bgp_peer_add(a->b, &cfg, w.now), -EINVAL);
	cfg = world_peer_config("224.0.0.1", 65000, false);
	CHECK_INT(bgp_peer_add(a->b, &cfg, w.now), -EINVAL);
	world_fini(&w);
}
