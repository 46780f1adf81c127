/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/host/world.h"

/* Two hosts with one address, at two sites (RFC 7432 15.1, RFC 9161 3.7). */

#define C   "02:aa:00:00:00:0c"
#define IP  "1.1.1.2"
#define PE2 "192.0.2.12"

static void answer_now(struct world *w, const struct host_frame *f)
{
	if (f->kind == HOST_TX_ARP_REQUEST)
		w_hear(w, HOST_BY_ARP_REPLY, AC1, C, IP, "1.1.255.254");
}

/* A host here that answers, and one at PE-2 whose PE claims it every `ms`. */
static struct world *claimed(unsigned times, int64_t ms)
{
	struct world *w = w_new();

	w_hear(w, HOST_BY_GARP, AC1, C, IP, IP);
	w->answer = answer_now;
	for (unsigned i = 0; i < times; i++) {
		w_run(w, ms);
		w_remote(w, IP, PE2, "65000:2", w_last(w, W_UP)->seq + 1);
	}
	w_run(w, 2000);
	return w;
}

/* The alarm names both of them. */
static bool told_who(const struct world *w, const char *text)
{
	for (size_t i = 0; i < w->n; i++) {
		if (w->log[i].kind == W_EVENT && w->log[i].what == HOST_HAP_DUPLICATE)
			return strstr(w->log[i].why, text);
	}
	return false;
}

TEST(five_moves_in_three_minutes_freeze_an_address)
{
	struct world *w = claimed(4, 30000);

	CHECK_INT(w_state(w, IP), HOST_LOCAL);
	CHECK_INT(w_count(w, W_FROZEN, 0), 0);
	w_remote(w, IP, PE2, "65000:2", w_last(w, W_UP)->seq + 1);
	CHECK_INT(w_state(w, IP), HOST_DUPLICATE);
	CHECK_INT(w_count(w, W_FROZEN, 0), 1);
	CHECK(w_happened(w, HOST_HAP_DUPLICATE));
	CHECK(told_who(w, "02:aa:00:00:00:0c is here, "));
	CHECK_INT(hosts_counter(w->h, HOST_N_DUPLICATES), 1);
	CHECK_INT(w_last(w, W_UP)->seq, 10); /* its last claim stands */
	CHECK_INT(w_count(w, W_DOWN, 0), 0);
	w_free(w);
}

TEST(five_moves_in_a_longer_time_do_not)
{
	struct world *w = claimed(20, 46000);

	CHECK_INT(w_state(w, IP), HOST_LOCAL);
	CHECK_INT(w_count(w, W_FROZEN, 0), 0);
	w_free(w);
}

TEST(a_host_that_really_moves_to_and_fro_is_counted_where_it_arrives)
{
	struct world *w = w_new();

	for (uint32_t i = 0; i < 4; i++) {
		w_remote(w, IP, PE2, "65000:2", 2 * i + 1);
		w_run(w, 10000);
		w_hear(w, HOST_BY_GARP, AC1, C, IP, IP);
		w_run(w, 10000);
		CHECK_INT(w_state(w, IP), HOST_LOCAL);
	}
	w_remote(w, IP, PE2, "65000:2", 9);
	w_run(w, 10000);
	w_hear(w, HOST_BY_GARP, AC1, C, IP, IP);
	CHECK_INT(w_state(w, IP), HOST_DUPLICATE);
	w_free(w);
}

TEST(while_frozen_nobody_is_believed_and_nobody_is_asked)
{
	struct world *w = claimed(5, 10000);
	size_t from = w->n;

	w_hear(w, HOST_BY_GARP, AC1, C, IP, IP);
	w_hear(w, HOST_BY_GARP, AC2, "02:aa:00:00:00:99", IP, IP);
	w_hear(w, HOST_BY_NS, AC2, "02:aa:00:00:00:99", IP, "1.1.1.1");
	w_hear(w, HOST_BY_RARP, AC2, C, NULL, NULL);
	w_run(w, 300000);
	CHECK_INT(w_state(w, IP), HOST_DUPLICATE);
	CHECK_INT(w_count(w, W_UP, from) + w_count(w, W_DOWN, from), 0);
	for (size_t i = from; i < w->n; i++) {
		struct ip ip = w_ip(IP);

		CHECK(w->log[i].kind != W_FRAME || !ip_eq(&w->log[i].frame.target, &ip));
	}
	w_free(w);
}

TEST(a_newer_route_of_the_other_site_takes_over_the_frozen_address)
{
	struct world *w = claimed(5, 10000);
	uint32_t ours = w_last(w, W_UP)->seq;

	w_remote(w, IP, PE2, "65000:2", ours); /* not newer: ours is what all use */
	CHECK_INT(w_count(w, W_DOWN, 0), 0);
	w_remote(w, IP, PE2, "65000:2", ours + 1);
	CHECK_INT(w_count(w, W_DOWN, 0), 1);
	CHECK_INT(w_state(w, IP), HOST_DUPLICATE);
	CHECK(!w_happened(w, HOST_HAP_MOVED_AWAY));
	w_remote(w, IP, PE2, "65000:2", ours + 3);
	CHECK_INT(w_count(w, W_DOWN, 0), 1);
	w_free(w);
}

TEST(the_freeze_ends_after_nine_minutes_with_a_higher_sequence)
{
	struct world *w = claimed(5, 10000);
	uint32_t ours = w_last(w, W_UP)->seq;
	size_t from = w->n;

	w_run(w, 537000);
	CHECK_INT(w_state(w, IP), HOST_DUPLICATE);
	w_run(w, 2000);
	CHECK_INT(w_count(w, W_THAWED, from), 1);
	CHECK(w_happened(w, HOST_HAP_THAWED));
	CHECK_INT(w_state(w, IP), HOST_LOCAL); /* asked, and it answered */
	CHECK(host_seq_newer(w_last(w, W_UP)->seq, ours));
	w_free(w);
}

TEST(the_freeze_ends_for_a_host_of_the_other_site_by_forgetting_ours)
{
	struct world *w = claimed(5, 10000);
	size_t from;

	w_remote(w, IP, PE2, "65000:2", w_last(w, W_UP)->seq + 1);
	from = w->n;
	w->answer = NULL;
	w_run(w, 541000);
	CHECK_INT(w_state(w, IP), HOST_PAST);
	CHECK_INT(w_count(w, W_THAWED, from), 1);
	CHECK_INT(w_count(w, W_UP, from), 0);
	w_hear(w, HOST_BY_GARP, AC1, C, IP, IP); /* if it speaks again, it is believed */
	CHECK_INT(w_state(w, IP), HOST_LOCAL);
	w_free(w);
}

TEST(the_freeze_ends_when_the_other_site_gives_the_address_up)
{
	struct world *w = claimed(5, 10000);

	w_remote_gone(w, IP);
	CHECK_INT(w_count(w, W_THAWED, 0), 1);
	w_run(w, 2000);
	CHECK_INT(w_state(w, IP), HOST_LOCAL);
	w_free(w);
}

TEST(a_route_of_our_sites_other_pe_does_not_end_the_freeze)
{
	struct world *w = claimed(5, 30000);
	uint32_t seq = w_last(w, W_UP)->seq;

	CHECK_INT(w_state(w, IP), HOST_DUPLICATE);
	w_remote(w, IP, "192.0.2.11", "65000:1", seq + 1); /* its host answered it, too */
	w_run(w, 60000);
	CHECK_INT(w_state(w, IP), HOST_DUPLICATE);
	CHECK_INT(w_count(w, W_FROZEN, 0), 1);
	CHECK_INT(w_last(w, W_UP)->seq, seq);
	w_free(w);
}

TEST(an_operator_ends_the_freeze_and_the_count_begins_anew)
{
	struct world *w = claimed(5, 10000);
	struct ip ip = w_ip(IP), other = w_ip("1.1.1.77");

	CHECK(!hosts_clear(w->h, VRF, &other, w->now));
	CHECK(hosts_clear(w->h, VRF, &ip, w->now));
	CHECK(!hosts_clear(w->h, VRF, &ip, w->now));
	CHECK_INT(w_count(w, W_THAWED, 0), 1);
	for (int i = 0; i < 3; i++) {
		w_run(w, 2000);
		w_remote(w, IP, PE2, "65000:2", w_last(w, W_UP)->seq + 1);
		CHECK(w_state(w, IP) != HOST_DUPLICATE);
	}
	w_free(w);
}

TEST(a_port_that_goes_down_ends_the_freeze_at_once)
{
	struct world *w = claimed(5, 10000);

	hosts_ac_link(w->h, AC1, false, w->now);
	CHECK_INT(w_count(w, W_DOWN, 0), 1);
	CHECK_INT(w_count(w, W_THAWED, 0), 1);
	CHECK_INT(w_state(w, IP), HOST_PAST);
	w_free(w);
}
