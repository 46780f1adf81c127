/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/host/world.h"

/* A MAC that shows itself: which addresses are asked for there, and who is believed. */

#define C   "02:aa:00:00:00:0c"
#define D   "02:aa:00:00:00:0d"
#define IP  "1.1.1.2"
#define IP2 "1.1.1.22"
#define V6  "2001:db8:1::2"
#define V6B "2001:db8:1::b2"
#define LL  "fe80::2"
#define PE2 "192.0.2.12"

static void rarp(struct world *w, uint16_t ac)
{
	w_hear(w, HOST_BY_RARP, ac, C, NULL, NULL);
}

/* How often that address was asked by unicast to C on that attachment. */
static size_t asked(const struct world *w, const char *ip, uint16_t ac)
{
	struct ip who = w_ip(ip);
	struct mac c = w_mac(C);
	size_t n = 0;

	for (size_t i = 0; i < w->n; i++) {
		const struct host_frame *f = &w->log[i].frame;

		n += w->log[i].kind == W_FRAME && ip_eq(&f->target, &who) &&
		     f->ac == ac && mac_eq(&f->dst, &c) &&
		     (f->kind == HOST_TX_ARP_REQUEST || f->kind == HOST_TX_NS);
	}
	return n;
}

static void answers(struct world *w, const struct host_frame *f)
{
	struct ip ip = w_ip(IP), v6 = w_ip(V6);
	struct mac c = w_mac(C);

	if (!mac_eq(&f->dst, &c))
		return;
	if (f->kind == HOST_TX_ARP_REQUEST && ip_eq(&f->target, &ip))
		w_hear(w, HOST_BY_ARP_REPLY, AC1, C, IP, "1.1.255.254");
	if (f->kind == HOST_TX_NS && ip_eq(&f->target, &v6))
		w_hear(w, HOST_BY_NA, AC1, C, V6, V6);
}

TEST(a_rarp_finds_addresses_this_pe_has_never_seen_by_the_mac_their_routes_tell)
{
	struct world *w = w_new();

	w_remote_host(w, IP, PE2, "65000:2", 4, C);
	w_remote_host(w, V6, PE2, "65000:2", 0, C);
	w_remote_host(w, "1.1.1.9", PE2, "65000:2", 0, D); /* another machine's */
	w->answer = answers;
	rarp(w, AC1);
	CHECK_INT(w_state(w, IP), HOST_LOCAL);
	CHECK_INT(w_state(w, V6), HOST_LOCAL);
	CHECK_INT(w_state(w, "1.1.1.9"), HOST_ABSENT);
	CHECK_INT(w_count(w, W_UP, 0), 2);
	CHECK(w_happened(w, HOST_HAP_MOVED_HERE));
	w_free(w);
}

/* The neighbours heard a MAC and no address: they keep our MAC for it until told. */
TEST(who_came_by_rarp_alone_is_announced_to_its_new_neighbours_with_its_own_mac)
{
	struct world *w = w_new();
	struct mac c = w_mac(C);
	size_t garps = 0, nas = 0;

	w_remote_host(w, IP, PE2, "65000:2", 4, C);
	w_remote_host(w, V6, PE2, "65000:2", 0, C);
	w->answer = answers;
	rarp(w, AC1);
	for (size_t i = 0; i < w->n; i++) {
		const struct host_frame *f = &w->log[i].frame;

		if (w->log[i].kind != W_FRAME || !mac_is_group(&f->dst))
			continue;
		CHECK(mac_eq(&f->sha, &c));
		garps += f->kind == HOST_TX_GARP;
		nas += f->kind == HOST_TX_NA;
	}
	CHECK_INT(garps, 1);
	CHECK_INT(nas, 1);
	w_free(w);
}

TEST(a_rarp_that_nobody_answers_for_is_asked_about_three_times_in_600_ms_and_forgotten)
{
	struct world *w = w_new();

	w_remote_host(w, IP, PE2, "65000:2", 4, C);
	rarp(w, AC1);
	rarp(w, AC1); /* QEMU sends five */
	CHECK_INT(w_state(w, IP), HOST_PROBING);
	w_run(w, 599);
	CHECK_INT(asked(w, IP, AC1), 3);
	w_run(w, 1);
	CHECK_INT(w_state(w, IP), HOST_ABSENT);
	CHECK_INT(w_count(w, W_UP, 0), 0);
	w_free(w);
}

TEST(hosts_of_this_site_or_bound_to_another_are_not_asked_for_on_a_rarp)
{
	struct world *w = w_new();

	w_remote_host(w, IP, PE2, "65000:1", 0, C); /* the site's other PE has it */
	w->n = 0;
	rarp(w, AC1);
	CHECK_INT(w_state(w, IP), HOST_ABSENT);
	w_remote_host(w, IP2, PE2, "65000:2", 0, C);
	w->remote[1].r.immutable = true;
	w->n = 0;
	rarp(w, AC1);
	CHECK_INT(w_count(w, W_FRAME, 0), 0);
	w_free(w);
}

/* RFC 4861 7.2.6 asks for an announcement of one address; a guest has several. */
TEST(the_first_address_that_shows_up_brings_all_others_of_its_mac)
{
	struct world *w = w_new();

	w_remote_host(w, IP, PE2, "65000:2", 0, C);
	w_remote_host(w, V6, PE2, "65000:2", 0, C);
	w_remote_host(w, V6B, PE2, "65000:2", 0, C);
	w->answer = answers;
	w_hear(w, HOST_BY_NA_UNSOLICITED, AC1, C, V6B, V6B);
	CHECK_INT(w_state(w, V6B), HOST_LOCAL);
	CHECK_INT(w_state(w, V6), HOST_LOCAL);
	CHECK_INT(w_state(w, IP), HOST_LOCAL);
	CHECK_INT(asked(w, IP, AC1), 1);
	CHECK_INT(asked(w, V6, AC1), 1);
	w_free(w);
}

TEST(a_link_local_address_is_no_host_but_shows_that_its_machine_is_here)
{
	struct world *w = w_new();
	struct ip ll = w_ip(LL);

	w_remote_host(w, IP, PE2, "65000:2", 0, C);
	w->answer = answers;
	w_hear(w, HOST_BY_NA_UNSOLICITED, AC1, C, LL, LL);
	CHECK_INT(w_state(w, IP), HOST_LOCAL);
	CHECK(!host_find(w->h, VRF, &ll));
	w_free(w);
}

TEST(an_address_that_moves_between_ports_takes_the_others_of_its_mac_along)
{
	struct world *w = w_new();

	w_hear(w, HOST_BY_GARP, AC1, C, IP, IP);
	w_hear(w, HOST_BY_NA_UNSOLICITED, AC1, C, V6, V6);
	w_run(w, 2000);
	w->n = 0;
	w_hear(w, HOST_BY_GARP, AC2, C, IP, IP);
	CHECK_INT(asked(w, V6, AC2), 1);
	w_hear(w, HOST_BY_NA, AC2, C, V6, V6);
	CHECK_INT(w_last(w, W_UP)->ac, AC2);
	w_free(w);
}

TEST(a_host_that_speaks_up_at_its_own_place_asks_for_nobody)
{
	struct world *w = w_new();

	w_hear(w, HOST_BY_GARP, AC1, C, IP, IP);
	w_hear(w, HOST_BY_GARP, AC1, C, IP2, IP2);
	w_hear(w, HOST_BY_GARP, AC1, C, IP, IP);
	CHECK_INT(w_count(w, W_FRAME, 0), 0);
	w_free(w);
}

TEST(of_one_mac_sixty_four_addresses_are_asked_for)
{
	struct world *w = w_new();

	for (unsigned i = 1; i <= 100; i++) {
		char ip[16];

		snprintf(ip, sizeof(ip), "1.1.7.%u", i);
		w_remote_host(w, ip, PE2, "65000:2", 0, C);
	}
	rarp(w, AC1);
	w_run(w, 5000);
	CHECK_INT(w_count(w, W_FRAME, 0), 3 * 64);
	w_free(w);
}

/* Honest newcomers on the port have a rate of their own. */
TEST(a_flood_of_macs_that_come_is_bounded_and_does_not_keep_newcomers_out)
{
	struct world *w = w_new();

	for (unsigned i = 0; i < 2500; i++) {
		char ip[16], mac[24];

		snprintf(ip, sizeof(ip), "1.1.%u.%u", 8 + i / 200, 1 + i % 200);
		snprintf(mac, sizeof(mac), "02:bb:00:01:%02x:%02x", i / 200, i % 200);
		w_remote_host(w, ip, PE2, "65000:2", 0, mac);
		w_hear(w, HOST_BY_RARP, AC1, mac, NULL, NULL);
	}
	CHECK_INT(hosts_counter(w->h, HOST_N_MOVE_RATE),
	          2500 - HOST_MOVES_PER_S / 2 * HOST_MOVES_BURST);
	w_hear(w, HOST_BY_GARP, AC1, C, IP, IP);
	CHECK_INT(w_state(w, IP), HOST_LOCAL);
	w_free(w);
}
