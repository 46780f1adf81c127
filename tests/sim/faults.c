/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <malloc.h>

#include "wire/bgp_msg.h"
#include "wire/bgp_notification.h"

#include "tests/sim/world.h"
#include "tests/t.h"

/* Streams in pieces, streams cut at every byte, restarts; afterwards the tables are equal
 * to those of a world where nothing happened. */

struct three {
	struct world w;
	struct node *rr, *a, *b;
};

static void three_init(struct three *t)
{
	world_init(&t->w);
	t->rr = world_node(&t->w, "192.0.2.1", 65000, false);
	t->a = world_node(&t->w, "192.0.2.11", 65000, false);
	t->b = world_node(&t->w, "192.0.2.12", 65000, false);
	for (unsigned i = 0; i < 6; i++) {
		world_announce_pref(t->a, i, i % 2 ? AFI_IP4 : AFI_IP6, 100 + i % 3);
		world_announce(t->b, 100 + i, AFI_IP4);
	}
	world_peer(t->rr, "192.0.2.11", 65000, true);
	world_peer(t->rr, "192.0.2.12", 65000, true);
	world_peer(t->a, "192.0.2.1", 65000, false);
	world_peer(t->b, "192.0.2.1", 65000, false);
}

static uint64_t digest_all(const struct three *t)
{
	return world_digest(t->rr) + 3 * world_digest(t->a) + 5 * world_digest(t->b);
}

static bool all_up(void *arg)
{
	const struct three *t = arg;

	return t->a->ups == t->a->downs + 1 && t->b->ups == t->b->downs + 1 &&
	       t->rr->ups == t->rr->downs + 2;
}

static uint64_t undisturbed(uint64_t *ret_octets)
{
	struct three t;
	uint64_t sum;

	three_init(&t);
	world_settle(&t.w);
	CHECK(all_up(&t));
	CHECK_INT(world_routes(t.b, AFI_IP4), 9);
	CHECK_INT(world_routes(t.b, AFI_IP6), 3);
	sum = digest_all(&t);
	*ret_octets = t.w.delivered;
	world_fini(&t.w);
	return sum;
}

TEST(any_split_of_the_stream_gives_the_same_tables)
{
	uint64_t octets, want = undisturbed(&octets);

	for (size_t chunk = 1; chunk < 200; chunk += chunk < 40 ? 1 : 13) {
		struct three t;

		three_init(&t);
		t.w.chunk = chunk;
		world_settle(&t.w);
		CHECK(digest_all(&t) == want);
		CHECK_INT(t.rr->downs + t.a->downs + t.b->downs, 0);
		world_fini(&t.w);
	}
}

TEST(any_window_of_the_transport_gives_the_same_tables)
{
	uint64_t octets, want = undisturbed(&octets);

	for (size_t window = 1; window < 200; window += 7) {
		struct three t;

		three_init(&t);
		t.w.window = window;
		world_settle(&t.w);
		CHECK(digest_all(&t) == want);
		world_fini(&t.w);
	}
}

TEST(cut_at_any_byte_everything_recovers_to_the_same_tables)
{
	uint64_t octets, want = undisturbed(&octets);

	CHECK(octets > 500);
	for (uint64_t cut = 0; cut < octets; cut++) {
		struct three t;

		three_init(&t);
		t.w.cut_after = (int64_t)cut;
		world_settle(&t.w);
		CHECK(t.w.cut_after == -1);
		CHECK(world_until(&t.w, 300000, all_up, &t));
		world_run(&t.w, 10000);
		if (digest_all(&t) != want)
			t_fail(__FILE__, __LINE__, "tables differ, cut at %llu",
			       (unsigned long long)cut);
		world_fini(&t.w);
	}
}

TEST(a_thousand_flaps_leave_nothing_behind)
{
	uint64_t octets, want = undisturbed(&octets);
	struct rib_stats st;
	size_t early = 0, late;
	struct three t;

	three_init(&t);
	world_settle(&t.w);
	for (int i = 0; i < 1000; i++) {
		world_cut(&t.w);
		CHECK(world_until(&t.w, 300000, all_up, &t));
		if (i == 100)
			early = mallinfo2().uordblks;
	}
	late = mallinfo2().uordblks;
	/* Nothing grows by flap: the least that malloc() gives, lost each time, would be
	 * 28 KiB.  A few buffers are there at one moment and not at another. */
	CHECK(late <= early + 16384);
	CHECK(digest_all(&t) == want);
	rib_stats(t.rr->rib, &st);
	CHECK_INT(st.paths[AFI_IP4], 9);
	CHECK_INT(st.dests[AFI_IP4], 9);
	CHECK_INT(st.attr_sets, 4);
	world_fini(&t.w);
}

/* --- graceful restart of a neighbor, we help (RFC 4724 4.2) ---------------------------
 */

struct restart {
	struct world w;
	struct node *rr, *x;
	struct pipe *p;
	struct bgp_open open;
};

#define ROUTE(n)                                                                        \
	"0055 02 0000 003e 900e 0021 0001 80 0c 0000000000000000c0000209 00 78 00fff1 " \
	"0001c00002090064 0a0900" n                                                     \
	" 40010102 400200 40050400000064 c01008 0002fde800000064"
#define END_OF_RIB4 "001d 02 0000 0006 800f03 0001 80"

static void restart_init(struct restart *t, bool keeps)
{
	world_init(&t->w);
	t->rr = world_node(&t->w, "192.0.2.1", 65000, false);
	t->x = world_scripted(&t->w, "192.0.2.9");
	t->w.connect_refused = t->x->ip;
	world_peer(t->rr, "192.0.2.9", 65000, true);
	t->open = script_open(t->x, 65000);
	if (keeps) {
		t->open.caps.gr.time = 60;
		t->open.caps.gr.families = bgp_family_bit(BGP_VPN4);
		t->open.caps.gr.forwarding = bgp_family_bit(BGP_VPN4);
	}
	t->p = script_connect(t->x, t->rr);
	script_send_open(t->p, &t->open);
	script_keepalive(t->p);
	script_hex(t->p, ROUTE("01"));
	script_hex(t->p, ROUTE("02"));
	script_hex(t->p, END_OF_RIB4);
	CHECK_INT(t->rr->downs, 0);
	CHECK_INT(world_routes(t->rr, AFI_IP4), 2);
}

static void restart_again(struct restart *t)
{
	world_run(&t->w, 2500);
	t->p = script_connect(t->x, t->rr);
	script_send_open(t->p, &t->open);
	script_keepalive(t->p);
	CHECK_INT(t->rr->ups, 2);
}

TEST(without_graceful_restart_a_lost_session_loses_its_routes)
{
	struct restart t;

	restart_init(&t, false);
	world_cut(&t.w);
	world_settle(&t.w);
	CHECK_INT(world_routes(t.rr, AFI_IP4), 0);
	world_fini(&t.w);
}

TEST(a_restarting_neighbor_keeps_its_routes_until_end_of_rib)
{
	struct restart t;

	restart_init(&t, true);
	world_cut(&t.w);
	world_settle(&t.w);
	CHECK_INT(world_routes(t.rr, AFI_IP4), 2);
	restart_again(&t);
	CHECK_INT(world_routes(t.rr, AFI_IP4), 2);
	script_hex(t.p, ROUTE("02"));
	CHECK_INT(world_routes(t.rr, AFI_IP4), 2);
	script_hex(t.p, END_OF_RIB4);
	CHECK_INT(world_routes(t.rr, AFI_IP4), 1); /* what it did not say again is gone */
	world_fini(&t.w);
}

TEST(a_restart_that_takes_too_long_loses_the_routes)
{
	struct restart t;

	restart_init(&t, true);
	world_cut(&t.w);
	world_run(&t.w, 59000);
	CHECK_INT(world_routes(t.rr, AFI_IP4), 2);
	world_run(&t.w, 2000);
	CHECK_INT(world_routes(t.rr, AFI_IP4), 0);
	world_fini(&t.w);
}

/* The restart time ends with the new session (RFC 4724 4.2); a big table may take longer
 * than that, and one that never ends is not waited for. */
TEST(a_restarted_neighbor_has_longer_than_its_restart_time_to_say_all_again)
{
	struct restart t;

	restart_init(&t, true);
	world_cut(&t.w);
	restart_again(&t);
	for (int i = 0; i < 5; i++) {
		world_run(&t.w, 30000);
		script_keepalive(t.p);
	}
	CHECK_INT(t.rr->downs, 1);
	CHECK_INT(world_routes(t.rr, AFI_IP4), 2);
	for (int i = 0; i < 10; i++) {
		world_run(&t.w, 30000);
		script_keepalive(t.p);
	}
	CHECK_INT(world_routes(t.rr, AFI_IP4), 0);
	CHECK_INT(t.rr->downs, 1);
	world_fini(&t.w);
}

TEST(a_restart_that_lost_its_forwarding_state_loses_the_routes)
{
	struct restart t;

	restart_init(&t, true);
	world_cut(&t.w);
	t.open.caps.gr.forwarding = 0;
	restart_again(&t);
	CHECK_INT(world_routes(t.rr, AFI_IP4), 0);
	world_fini(&t.w);
}

TEST(what_a_second_loss_finds_stale_still_is_gone)
{
	struct restart t;

	restart_init(&t, true);
	world_cut(&t.w);
	restart_again(&t);
	script_hex(t.p, ROUTE("02"));
	world_cut(&t.w);
	world_settle(&t.w);
	CHECK_INT(world_routes(t.rr, AFI_IP4), 1);
	world_fini(&t.w);
}

TEST(a_notification_is_no_restart)
{
	struct restart t;

	restart_init(&t, true);
	script_hex(t.p, "0015 03 06 02");
	CHECK_INT(t.rr->downs, 1);
	CHECK_INT(world_routes(t.rr, AFI_IP4), 0);
	world_fini(&t.w);
}

TEST(a_restarted_neighbor_that_connects_anew_replaces_its_dead_session)
{
	struct restart t;
	struct pipe *p;

	restart_init(&t, true);
	p = script_connect(t.x, t.rr); /* and the old stream says nothing */
	CHECK(!p->got_fin);
	CHECK(t.p->got_fin);
	script_send_open(p, &t.open);
	script_keepalive(p);
	CHECK_INT(t.rr->ups, 2);
	CHECK_INT(world_routes(t.rr, AFI_IP4), 2);
	script_hex(p, END_OF_RIB4);
	CHECK_INT(world_routes(t.rr, AFI_IP4), 0);
	world_fini(&t.w);
}

TEST(a_refresh_of_the_neighbor_sweeps_what_it_did_not_repeat)
{
	struct restart t;

	restart_init(&t, false);
	script_hex(t.p, "0017 05 0001 01 80"); /* BoRR */
	script_hex(t.p, ROUTE("01"));
	CHECK_INT(world_routes(t.rr, AFI_IP4), 2);
	script_hex(t.p, "0017 05 0001 02 80"); /* EoRR */
	CHECK_INT(world_routes(t.rr, AFI_IP4), 1);

	script_hex(t.p, "0017 05 0001 01 80"); /* one that never ends */
	for (int i = 0; i < 37; i++) {
		world_run(&t.w, 10000);
		script_keepalive(t.p);
	}
	CHECK_INT(t.rr->downs, 0);
	CHECK_INT(world_routes(t.rr, AFI_IP4), 0);
	world_fini(&t.w);
}

TEST(converged_when_all_have_sent_end_of_rib_or_time_is_up)
{
	struct restart t;

	restart_init(&t, false);
	CHECK(!t.rr->converged); /* the second family is missing */
	script_hex(t.p, "001d 02 0000 0006 800f03 0002 80");
	CHECK(t.rr->converged && bgp_all_converged(t.rr->b));
	world_fini(&t.w);

	restart_init(&t, false);
	world_run(&t.w, 59000);
	CHECK(!t.rr->converged);
	world_run(&t.w, 2000);
	CHECK(t.rr->converged);
	world_fini(&t.w);
}
