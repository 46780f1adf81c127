/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/host/world.h"

#define C   "02:aa:00:00:00:0c"
#define IP  "1.1.1.2"
#define V6  "2001:db8:1::2"
#define PE2 "192.0.2.12"
#define PE3 "192.0.2.13"

static void here(struct world *w)
{
	w_hear(w, HOST_BY_GARP, AC1, C, IP, IP);
}

static uint32_t seq_out(const struct world *w)
{
	return w_last(w, W_UP)->seq;
}

/* The probes and repairs of a moved host, as times since `t0`; not what it is told of its
 * own neighbours, by unicast. */
static size_t frames(const struct world *w, enum host_frame_kind k, struct mono t0,
                     int64_t ret_ms[static 16])
{
	size_t n = 0;

	for (size_t i = 0; i < w->n; i++) {
		const struct host_frame *f = &w->log[i].frame;
		bool told = f->kind == HOST_TX_GARP && !mac_is_group(&f->dst);

		if (w->log[i].kind == W_FRAME && f->kind == k && !told && n < 16)
			ret_ms[n++] = mono_ms_since(w->log[i].at, t0);
	}
	return n;
}

TEST(a_host_that_left_is_probed_withdrawn_and_its_neighbours_told)
{
	struct world *w = w_new();
	struct mac vmac = w_mac("00:00:5e:00:01:0a");
	struct ip ip = w_ip(IP);
	int64_t ms[16];
	struct mono t0;
	const struct host_frame *f;

	here(w);
	w_run(w, 5000);
	t0 = w->now;
	w_remote(w, IP, PE2, "65000:2", 1);
	CHECK_INT(w_state(w, IP), HOST_CONTESTED);
	CHECK_INT(w_count(w, W_YIELD, 0), 1); /* newer: in-flight packets follow it */
	w_run(w, 899);
	CHECK_INT(w_count(w, W_DOWN, 0), 0);
	w_run(w, 1);
	CHECK_INT(w_count(w, W_DOWN, 0), 1);
	CHECK_INT(mono_ms_since(w_last(w, W_DOWN)->at, t0), 900);
	CHECK_INT(frames(w, HOST_TX_ARP_REQUEST, t0, ms), 4);
	CHECK(ms[0] == 0 && ms[1] == 300 && ms[2] == 600 && ms[3] == 600);

	w_run(w, 10000);
	CHECK_INT(frames(w, HOST_TX_GARP, t0, ms), 3);
	CHECK(ms[0] == 900 && ms[1] == 2100 && ms[2] == 3300);
	f = &w_last(w, W_FRAME)->frame;
	CHECK(ip_eq(&f->sender, &ip) && ip_eq(&f->target, &ip));
	CHECK(mac_eq(&f->sha, &vmac) && mac_is_group(&f->dst));
	CHECK(w_happened(w, HOST_HAP_CONTESTED) && w_happened(w, HOST_HAP_MOVED_AWAY));
	CHECK_INT(hosts_count(w->h), 0);
	w_free(w);
}

TEST(an_ipv6_host_that_left_is_repaired_by_unsolicited_na)
{
	struct world *w = w_new();
	int64_t ms[16];
	struct mono t0;

	w_hear(w, HOST_BY_NA_UNSOLICITED, AC1, C, V6, V6);
	t0 = w->now;
	w_remote(w, V6, PE2, "65000:2", 1);
	w_run(w, 10000);
	CHECK_INT(frames(w, HOST_TX_NS, t0, ms), 4);
	CHECK_INT(frames(w, HOST_TX_NA, t0, ms), 3);
	CHECK(ms[2] == 3300);
	w_free(w);
}

static void answer_now(struct world *w, const struct host_frame *f)
{
	if (f->kind == HOST_TX_ARP_REQUEST)
		w_hear(w, HOST_BY_ARP_REPLY, AC1, C, IP, "1.1.255.254");
}

TEST(a_host_that_is_still_here_answers_and_its_sequence_rises)
{
	struct world *w = w_new();

	here(w);
	w_run(w, 5000);
	w->answer = answer_now;
	w_remote(w, IP, PE2, "65000:2", 6);
	CHECK_INT(w_state(w, IP), HOST_LOCAL);
	CHECK_INT(seq_out(w), 7);
	CHECK_INT(w_count(w, W_DOWN, 0), 0);
	CHECK(w_happened(w, HOST_HAP_STAYED));
	w_run(w, 10000);
	for (size_t i = 0; i < w->n; i++) /* no repair: it would look like a conflict */
		CHECK(w->log[i].kind != W_FRAME || w->log[i].frame.kind != HOST_TX_GARP);
	w_free(w);
}

TEST(an_answer_only_the_data_plane_heard_counts_but_not_an_old_mark)
{
	struct world *w = w_new();

	here(w);
	w_run(w, 5000);
	w->seen = w_ip(IP); /* before it left */
	w_remote(w, IP, PE2, "65000:2", 1);
	w_run(w, 299);
	CHECK_INT(w->seen.afi, AFI_NONE);
	w_run(w, 5000);
	CHECK_INT(w_count(w, W_DOWN, 0), 1);

	here(w); /* back, and contested again */
	w_run(w, 5000);
	w_remote(w, IP, PE2, "65000:2", 9);
	w->seen = w_ip(IP);
	w_run(w, 300);
	CHECK_INT(w_state(w, IP), HOST_LOCAL);
	CHECK_INT(seq_out(w), 10);
	w_free(w);
}

TEST(a_packet_left_behind_is_no_answer)
{
	struct world *w = w_new();

	here(w);
	w_run(w, 5000);
	w_remote(w, IP, PE2, "65000:2", 1);
	w_hear(w, HOST_BY_SOURCE, AC1, C, IP, NULL);
	CHECK_INT(w_state(w, IP), HOST_CONTESTED);
	w_free(w);
}

/* Its own sequence had to wait for its second; told now, it would take back the packets.
 */
TEST(a_route_that_waits_for_its_pace_does_not_come_while_a_newer_one_is_asked_about)
{
	struct world *w = w_new();
	size_t mark;

	w_hear(w, HOST_BY_GARP, AC1, C, IP, IP);
	w_run(w, 100);
	w_hear(w, HOST_BY_GARP, AC1, "02:aa:00:00:00:0d", IP, IP); /* damped */
	w_run(w, 400);
	w_remote(w, IP, PE2, "65000:2", 1);
	CHECK_INT(w_count(w, W_YIELD, 0), 1);
	mark = w->n;
	w_run(w, 899);
	CHECK_INT(w_count(w, W_UP, mark) + w_count(w, W_FORWARD, mark), 0);
	w_run(w, 2);
	CHECK_INT(w_count(w, W_DOWN, mark), 1);
	w_free(w);
}

/* The same of a host that came back within a second and was not told of yet. */
TEST(a_host_that_waits_to_be_told_of_gives_way_to_a_newer_route)
{
	struct world *w = w_new();
	struct ip ip = w_ip(IP);
	size_t mark;

	w_hear(w, HOST_BY_GARP, AC1, C, IP, IP);
	w_run(w, 100);
	CHECK(hosts_detach(w->h, VRF, &ip, w->now));
	w_hear(w, HOST_BY_GARP, AC1, C, IP, IP);
	CHECK_INT(w_count(w, W_FORWARD, 0), 1);
	w_remote(w, IP, PE2, "65000:2", 1);
	CHECK_INT(w_count(w, W_YIELD, 0), 1);
	mark = w->n;
	w_run(w, 899);
	CHECK_INT(w_count(w, W_UP, mark) + w_count(w, W_FORWARD, mark), 0);
	w_free(w);
}

TEST(a_route_is_asked_about_once_by_address_pe_and_sequence)
{
	struct world *w = w_new();

	here(w);
	w_run(w, 5000);
	w->answer = answer_now;
	w_remote(w, IP, PE2, NULL, 0);
	CHECK_INT(seq_out(w), 1);
	w->n = 0;
	w_remote(w, IP, PE2, NULL, 0);
	CHECK_INT(w->n, 0);
	w_run(w, 2000);
	w->n = 0;
	w_remote(w, IP, PE2, NULL, 3); /* another sequence is another claim */
	CHECK_INT(seq_out(w), 4);
	w_run(w, 2000);
	w_remote(w, IP, PE3, NULL, 3); /* another PE too */
	CHECK_INT(seq_out(w), 5);
	w_run(w, 2000);
	w->n = 0;
	w_remote_gone(w, IP);
	w_remote(w, IP, PE3, NULL, 3); /* gone and back: the host may have moved since */
	CHECK(w_happened(w, HOST_HAP_CONTESTED));
	w_free(w);
}

TEST(two_pes_of_a_site_make_one_claim)
{
	struct world *w = w_new();

	here(w);
	w_run(w, 5000);
	w->answer = answer_now;
	w_remote(w, IP, PE2, "65000:2", 0);
	w->n = 0;
	w_remote(w, IP, PE3, "65000:2", 0);
	CHECK_INT(w->n, 0);
	w_free(w);
}

TEST(a_siblings_route_is_no_rival_and_the_site_agrees_on_the_higher_sequence)
{
	struct world *w = w_new();

	here(w);
	w_run(w, 5000);
	w->n = 0;
	w_remote(w, IP, PE2, "65000:1", 0);
	CHECK_INT(w->n, 0);
	w_remote(w, IP, PE2, "65000:1", 5);
	CHECK_INT(w_state(w, IP), HOST_LOCAL);
	CHECK_INT(seq_out(w), 5);
	CHECK_INT(w_count(w, W_FRAME, 0), 0);
	w_remote(w, IP, PE2, "65000:1", 4); /* it has not heard of ours yet */
	CHECK_INT(seq_out(w), 5);
	w_free(w);
}

TEST(learning_what_a_sibling_has_takes_its_sequence_and_is_no_move)
{
	struct world *w = w_new();

	w_remote(w, IP, PE2, "65000:1", 3);
	here(w);
	CHECK_INT(seq_out(w), 3);
	CHECK(w_happened(w, HOST_HAP_LEARNED) && !w_happened(w, HOST_HAP_MOVED_HERE));
	w_free(w);
}

TEST(a_host_that_comes_is_one_newer_than_where_it_was)
{
	struct world *w = w_new();
	int64_t ms[16];

	w_remote(w, IP, PE2, "65000:2", 4);
	here(w);
	CHECK_INT(seq_out(w), 5);
	CHECK(w_happened(w, HOST_HAP_MOVED_HERE));
	/* its own GARP told the neighbours */
	CHECK_INT(frames(w, HOST_TX_GARP, w->now, ms), 0);
	w_remote(w, IP, PE2, "65000:2", 4); /* still there: an older claim, known */
	CHECK_INT(w_state(w, IP), HOST_LOCAL);
	w_free(w);
}

TEST(an_arrival_that_only_answered_us_is_announced_with_its_own_mac)
{
	struct world *w = w_new();
	struct mac c = w_mac(C), vmac = w_mac("00:00:5e:00:01:0a");
	const struct host_frame *f;

	w_remote(w, IP, PE2, "65000:2", 0);
	w_hear(w, HOST_BY_SOURCE, AC1, C, IP, NULL);
	w_hear(w, HOST_BY_ARP_REPLY, AC1, C, IP, "1.1.255.254");
	f = &w_last(w, W_FRAME)->frame;
	CHECK_INT(f->kind, HOST_TX_GARP);
	CHECK(mac_eq(&f->sha, &c));
	CHECK(mac_eq(&f->src, &vmac)); /* or the switch would send its frames to us */
	w_free(w);
}

TEST(a_move_away_and_back_within_a_second_ends_here)
{
	struct world *w = w_new();
	int64_t ms[16];
	size_t n;

	here(w);
	w_run(w, 5000);
	w_remote(w, IP, PE2, "65000:2", 1);
	w_run(w, 400);
	here(w); /* while we are asking */
	CHECK_INT(w_state(w, IP), HOST_LOCAL);
	CHECK_INT(seq_out(w), 2);
	CHECK_INT(w_count(w, W_DOWN, 0), 0);

	w_remote(w, IP, PE2, "65000:2", 3);
	w_run(w, 1000); /* lost, the first repair is out */
	CHECK_INT(w_count(w, W_DOWN, 0), 1);
	here(w);
	n = frames(w, HOST_TX_GARP, w->now, ms);
	CHECK_INT(n, 1);
	w_run(w, 5000);
	CHECK_INT(seq_out(w), 4);
	CHECK_INT(frames(w, HOST_TX_GARP, w->now, ms),
	          n); /* it is back: no more of that */
	w_free(w);
}

TEST(a_peer_without_sequence_numbers_is_handled_by_the_probe)
{
	struct world *w = w_new();

	w_remote(w, IP, PE2, NULL, 0);
	here(w); /* ours is 1 */
	w_run(w, 5000);
	w_remote_gone(w, IP);
	w_run(w, 5000);
	w_remote(w, IP, PE2, NULL, 0); /* it moved back: older by number, true by probe */
	CHECK_INT(w_state(w, IP), HOST_CONTESTED);
	CHECK_INT(w_count(w, W_YIELD, 0), 0); /* not newer: ours is used until we know */
	w_run(w, 900);
	CHECK_INT(w_count(w, W_DOWN, 0), 1);
	w_free(w);
}

TEST(two_sites_that_heard_a_host_at_once_ask_it_and_where_it_answers_it_is)
{
	struct world *w = w_new();

	here(w); /* no other route yet: sequence 0, as at the other site */
	w_remote(w, IP, PE2, "65000:2", 0);
	CHECK_INT(w_state(w, IP), HOST_CONTESTED);
	CHECK_INT(w_count(w, W_YIELD, 0), 0);
	w_run(w, 900);
	CHECK_INT(w_count(w, W_DOWN, 0), 1); /* the silent side */
	w_free(w);

	w = w_new();
	here(w);
	w_run(w, 1000);
	w->answer = answer_now;
	w_remote(w, IP, PE2, "65000:2", 0);
	CHECK_INT(seq_out(w), 1);
	CHECK_INT(w_count(w, W_DOWN, 0), 0);
	w_free(w);
}

TEST(a_late_withdrawal_of_the_old_site_leaves_a_host_that_has_come_alone)
{
	struct world *w = w_new();

	w_remote(w, IP, PE2, "65000:2", 4);
	here(w);
	w_run(w, 3000);
	w->n = 0;
	w_remote_gone(w, IP);
	w_run(w, 3000);
	CHECK_INT(w_state(w, IP), HOST_LOCAL);
	CHECK_INT(w_count(w, W_DOWN, 0) + w_count(w, W_UP, 0), 0);
	w_free(w);
}

/* It has learned the host before BGP was up, without a sequence number. */
TEST(a_pe_that_restarted_during_a_move_corrects_its_sequence_by_what_others_say)
{
	struct world *w = w_new();

	here(w);
	CHECK_INT(seq_out(w), 0);
	w_run(w, 2000);
	w->answer = answer_now;
	w_remote(w, IP, PE2, "65000:2", 7); /* the old site has not withdrawn yet */
	CHECK_INT(seq_out(w), 8);
	CHECK_INT(w_state(w, IP), HOST_LOCAL);
	w_free(w);
}

TEST(sequence_numbers_wrap)
{
	struct world *w = w_new();

	CHECK(host_seq_newer(0, UINT32_MAX));
	CHECK(!host_seq_newer(UINT32_MAX, 0));
	CHECK(!host_seq_newer(5, 5));
	w_remote(w, IP, PE2, "65000:2", UINT32_MAX);
	here(w);
	CHECK_INT(seq_out(w), 0);
	w_run(w, 5000);
	w_remote(w, IP, PE3, "65000:3", 1);
	CHECK_INT(w_count(w, W_YIELD, 0), 1);
	w->answer = answer_now;
	w_run(w, 400);
	CHECK_INT(seq_out(w), 2);
	w_free(w);
}

TEST(a_rival_that_withdraws_while_we_ask_leaves_a_plain_check)
{
	struct world *w = w_new();

	here(w);
	w_run(w, 5000);
	w_remote(w, IP, PE2, "65000:2", 1);
	w_run(w, 400);
	w_remote_gone(w, IP);
	CHECK_INT(w_state(w, IP), HOST_REFRESH);
	CHECK_INT(seq_out(w), 0); /* forwarding is taken back */
	w_run(w, 2000);
	CHECK_INT(w_count(w, W_DOWN, 0), 0);
	w_free(w);
}

TEST(repairs_stop_when_the_other_site_withdraws)
{
	struct world *w = w_new();
	int64_t ms[16];

	here(w);
	w_run(w, 5000);
	w_remote(w, IP, PE2, "65000:2", 1);
	w_run(w, 1000);
	w_remote_gone(w, IP);
	w_run(w, 5000);
	CHECK_INT(frames(w, HOST_TX_GARP, w->now, ms), 1);
	w_free(w);
}

TEST(a_host_that_aged_here_and_shows_up_there_is_repaired_too)
{
	struct world *w = w_new();
	int64_t ms[16];

	here(w);
	w_run(w, 200000);
	CHECK_INT(w_state(w, IP), HOST_PAST);
	w_remote(w, IP, PE2, "65000:2", 0);
	w_run(w, 5000);
	CHECK_INT(frames(w, HOST_TX_GARP, w->now, ms), 3);
	CHECK_INT(w_count(w, W_UP, 0), 1);
	w_free(w);
}

static void answer_on_ac2(struct world *w, const struct host_frame *f)
{
	if (f->kind == HOST_TX_ARP_REQUEST && f->ac == AC2)
		w_hear(w, HOST_BY_ARP_REPLY, AC2, C, IP, "1.1.255.254");
}

TEST(a_host_that_came_without_a_word_is_found_when_its_old_site_gives_it_up)
{
	struct world *w = w_new();

	w->answer = answer_on_ac2;
	w_remote(w, IP, PE2, "65000:2", 0);
	w_run(w, 1000);
	CHECK_INT(w_count(w, W_FRAME, 0), 0);
	w_remote_gone(w, IP);
	CHECK_INT(hosts_counter(w->h, HOST_N_HINTED), 2); /* on both attachments */
	CHECK_INT(w_state(w, IP), HOST_LOCAL);
	CHECK_INT(w_last(w, W_UP)->ac, AC2);
	w_free(w);
}

TEST(a_lost_pe_makes_fifty_questions_a_second)
{
	struct world *w = w_new();

	for (unsigned i = 0; i < 400; i++) {
		char ip[16];

		snprintf(ip, sizeof(ip), "1.1.%u.%u", 2 + i / 200, 1 + i % 200);
		w_remote(w, ip, PE2, "65000:2", 0);
		w_remote_gone(w, ip);
	}
	CHECK_INT(hosts_counter(w->h, HOST_N_HINTED), 2 * 50);
	CHECK_INT(hosts_counter(w->h, HOST_N_HINT_RATE), 350);
	w_free(w);
}

TEST(who_is_here_or_elsewhere_is_not_asked_for)
{
	struct world *w = w_new();

	here(w);
	w_run(w, 5000);
	w_remote(w, IP, PE2, "65000:1", 0); /* the sibling had it too */
	w_remote_gone(w, IP);
	w_remote(w, "9.9.9.9", PE2, "65000:2", 0); /* in no subnet of ours */
	w_remote_gone(w, "9.9.9.9");
	CHECK_INT(hosts_counter(w->h, HOST_N_HINTED), 0);
	w_free(w);
}
