/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/host/world.h"

/* What a host that has moved here remembers of its old neighbours, put right. */

#define C    "02:aa:00:00:00:0c"
#define IP   "1.1.1.2"
#define V6   "2001:db8:1::2"
#define PE2  "192.0.2.12"
#define PE3  "192.0.2.13"
#define VMAC "00:00:5e:00:01:0a"

/* Frames to C alone that tell it our MAC for that peer. */
static size_t told(const struct world *w, const char *peer)
{
	struct ip who = w_ip(peer);
	struct mac c = w_mac(C), vmac = w_mac(VMAC);
	size_t n = 0;

	for (size_t i = 0; i < w->n; i++) {
		const struct host_frame *f = &w->log[i].frame;

		if (w->log[i].kind != W_FRAME || !mac_eq(&f->dst, &c) ||
		    !ip_eq(&f->target, &who) ||
		    (f->kind != HOST_TX_GARP && f->kind != HOST_TX_NA))
			continue;
		CHECK(mac_eq(&f->sha, &vmac));
		CHECK(mac_eq(&f->src, &vmac));
		n++;
	}
	return n;
}

static size_t cared(const struct world *w)
{
	return hosts_counter(w->h, HOST_N_CARED);
}

static void many_remotes(struct world *w, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		char ip[16];

		snprintf(ip, sizeof(ip), "1.1.%u.%u", 20 + i / 200, 1 + i % 200);
		w_remote(w, ip, PE2, "65000:2", 0);
	}
}

TEST(a_host_that_came_is_told_our_mac_for_its_old_neighbours_and_no_others)
{
	struct world *w = w_new();

	w_remote(w, IP, PE2, "65000:2", 0);
	w_remote(w, "1.1.1.3", PE2, "65000:2", 0); /* of its old site */
	w_remote(w, "1.1.1.4", PE3, "65000:2", 0); /* … behind the other PE there */
	w_remote(w, "1.1.1.5", PE3, "65000:3", 0); /* of a third: had our MAC always */
	w_remote(w, "9.9.9.9", PE2, "65000:2", 0); /* not on its link */
	w_remote_host(w, "1.1.1.7", PE2, "65000:2", 0, C); /* its own, not here yet */
	w_remote(w, "2001:db8:1::3", PE2, "65000:2", 0);   /* the other family */
	w_hear(w, HOST_BY_GARP, AC2, "02:aa:00:00:00:06", "1.1.1.6", "1.1.1.6");
	w_remote(w, "1.1.1.6", PE2, "65000:2", 0); /* here, and contested */
	w_hear(w, HOST_BY_GARP, AC1, C, IP, IP);
	w_run(w, 5000);
	CHECK_INT(told(w, "1.1.1.3"), 1);
	CHECK_INT(told(w, "1.1.1.4"), 1);
	CHECK_INT(told(w, "1.1.255.254"), 1); /* the gateway */
	CHECK_INT(told(w, IP) + told(w, "1.1.1.5") + told(w, "9.9.9.9") +
	                  told(w, "1.1.1.7"),
	          0);
	CHECK_INT(cared(w), 3);
	CHECK(w_happened(w, HOST_HAP_CARED));
	w_free(w);
}

TEST(in_ipv6_it_is_told_by_an_advertisement_to_its_own_address)
{
	struct world *w = w_new();
	struct ip v6 = w_ip(V6);
	const struct host_frame *f;

	w_remote(w, V6, PE2, "65000:2", 0);
	w_remote(w, "2001:db8:1::3", PE2, "65000:2", 0);
	w->remote[1].r.router = true;
	w_hear(w, HOST_BY_NA_UNSOLICITED, AC1, C, V6, V6);
	w_run(w, 1000);
	CHECK_INT(told(w, "2001:db8:1::3"), 1);
	CHECK_INT(told(w, "2001:db8:1::ffff"), 1);
	f = &w_last(w, W_FRAME)->frame;
	CHECK(ip_eq(&f->to, &v6));
	CHECK(f->router); /* R=0 would delete a default router (RFC 4861 7.2.5) */
	w_free(w);
}

TEST(a_new_host_or_one_that_only_changed_ports_is_told_nothing)
{
	struct world *w = w_new();

	w_remote(w, "1.1.1.3", PE2, "65000:2", 0);
	w_hear(w, HOST_BY_GARP, AC1, C, IP, IP);
	w_hear(w, HOST_BY_GARP, AC2, C, IP, IP);
	w_run(w, 5000);
	CHECK_INT(cared(w), 0);
	w_free(w);
}

TEST(a_host_is_told_five_hundred_a_second_and_a_thousand_in_all)
{
	struct world *w = w_new();

	many_remotes(w, 2000);
	w_remote(w, IP, PE2, "65000:2", 0);
	w_hear(w, HOST_BY_GARP, AC1, C, IP, IP);
	w_run(w, 1000);
	CHECK(cared(w) >= 400 && cared(w) <= 900);
	w_run(w, 5000);
	CHECK(cared(w) >= 1024 && cared(w) <= 1024 + 8);
	w_free(w);
}

TEST(two_hosts_that_came_have_a_pace_each)
{
	struct world *w = w_new();

	many_remotes(w, 1000);
	for (unsigned i = 0; i < 2; i++) {
		const char *ip = i ? IP : "1.1.1.3";

		w_remote(w, ip, PE2, "65000:2", 0);
		w_hear(w, HOST_BY_GARP, AC1, i ? C : "02:aa:00:00:00:0d", ip, ip);
	}
	w_run(w, 1000);
	CHECK(cared(w) > 2 * 400);
	CHECK(cared(w) <= 2 * (51 * (HOST_CARE_PER_TICK + 8) + 1));
	w_free(w);
}

TEST(who_moves_on_is_told_no_more)
{
	struct world *w = w_new();
	size_t n;

	many_remotes(w, 500);
	w_remote(w, IP, PE2, "65000:2", 0);
	w_hear(w, HOST_BY_GARP, AC1, C, IP, IP);
	w_run(w, 100);
	w_remote(w, IP, PE3, "65000:3", 2);
	n = cared(w);
	CHECK(n > 10 && n < 200);
	w_run(w, 5000);
	CHECK_INT(cared(w), n);
	w_free(w);
}

TEST(a_backup_leaves_the_telling_to_the_master)
{
	struct world *w = w_new();
	struct prefix p;

	CHECK(prefix_parse("1.1.0.0/16", &p));
	hosts_place_master(w->h, VRF, &p, AC1, false, w->now);
	many_remotes(w, 5);
	w_remote(w, IP, PE2, "65000:2", 0);
	w_hear(w, HOST_BY_GARP, AC1, C, IP, IP);
	w_hear(w, HOST_BY_ASTRAY, AC1, C, IP, "1.1.20.1");
	w_run(w, 5000);
	CHECK_INT(cared(w), 0);
	w_free(w);
}

TEST(an_evacuated_rack_is_told_two_thousand_a_second_in_all)
{
	struct world *w = w_new();

	many_remotes(w, 200);
	for (unsigned i = 1; i <= 100; i++) {
		char ip[16], mac[24];

		snprintf(ip, sizeof(ip), "1.1.9.%u", i);
		snprintf(mac, sizeof(mac), "02:bb:00:00:00:%02x", i);
		w_remote(w, ip, PE2, "65000:2", 0);
		w_hear(w, HOST_BY_GARP, AC1, mac, ip, ip);
	}
	CHECK_INT(hosts_counter(w->h, HOST_N_FULL_CARE), 100 - HOST_CARE_JOBS);
	w_run(w, 1000);
	CHECK(cared(w) <= 100 + 51 * (HOST_CARE_ALL_PER_TICK + 18));
	w->n = 0;
	w_run(w, 40000);
	CHECK_INT(hosts_deadline(w->h).us > w->now.us, 1);
	CHECK(cared(w) >= 100 + HOST_CARE_JOBS * 190);
	w_free(w);
}

TEST(a_frame_to_a_lost_mac_is_answered_with_ours_and_the_peer_asked_for)
{
	struct world *w = w_new();
	struct ip peer = w_ip("1.1.1.3");

	w_remote_host(w, "1.1.1.3", PE2, "65000:2", 0, "02:aa:00:00:00:03");
	w_hear(w, HOST_BY_GARP, AC1, C, IP, IP);
	w_hear(w, HOST_BY_ASTRAY, AC1, C, IP, "1.1.1.3");
	CHECK_INT(told(w, "1.1.1.3"), 1);
	CHECK_INT(w_count(w, W_FRAME, 0), 2);
	CHECK(ip_eq(&w->log[w->n - 2].frame.target, &peer)); /* has it come, too? */
	CHECK_INT(w->log[w->n - 2].frame.kind, HOST_TX_ARP_REQUEST);
	for (unsigned i = 0; i < 50; i++)
		w_hear(w, HOST_BY_ASTRAY, AC1, C, IP, "1.1.1.3");
	CHECK_INT(told(w, "1.1.1.3"), 1);
	w_run(w, 5000);
	w_hear(w, HOST_BY_ASTRAY, AC1, C, IP, "1.1.1.3");
	CHECK_INT(told(w, "1.1.1.3"), 2);
	w_free(w);
}

TEST(a_frame_to_a_lost_mac_makes_no_host_but_its_sender_is_asked)
{
	struct world *w = w_new();

	w_remote(w, "1.1.1.3", PE2, "65000:2", 0);
	w_remote(w, IP, PE2, "65000:2", 0); /* it has moved here without a word */
	w_hear(w, HOST_BY_ASTRAY, AC1, C, IP, "1.1.1.3");
	CHECK_INT(w_state(w, IP), HOST_PROBING);
	CHECK_INT(w_count(w, W_UP, 0), 0);
	CHECK_INT(told(w, "1.1.1.3"), 1);
	w_free(w);
}

static void peer_answers(struct world *w, const struct host_frame *f)
{
	struct ip peer = w_ip("1.1.1.3");

	if (f->kind == HOST_TX_ARP_REQUEST && ip_eq(&f->target, &peer))
		w_hear(w, HOST_BY_ARP_REPLY, AC1, "02:aa:00:00:00:03", "1.1.1.3",
		       "1.1.255.254");
}

/* Both have moved and neither said so: the MAC is a good one. */
TEST(a_peer_that_came_along_without_a_word_is_not_put_behind_us)
{
	struct world *w = w_new();

	w->answer = peer_answers;
	w_remote(w, "1.1.1.3", PE2, "65000:2", 0);
	w_hear(w, HOST_BY_GARP, AC1, C, IP, IP);
	w_hear(w, HOST_BY_ASTRAY, AC1, C, IP, "1.1.1.3");
	CHECK_INT(w_state(w, "1.1.1.3"), HOST_LOCAL);
	CHECK_INT(told(w, "1.1.1.3"), 0);
	w_free(w);
}

TEST(a_frame_to_a_lost_mac_for_somebody_here_unknown_or_of_this_site_is_left_alone)
{
	struct world *w = w_new();

	w_hear(w, HOST_BY_GARP, AC1, C, IP, IP);
	w_hear(w, HOST_BY_GARP, AC1, "02:aa:00:00:00:03", "1.1.1.3", "1.1.1.3");
	w_remote(w, "1.1.1.4", PE2, "65000:1", 0); /* the site's other PE has it */
	w_run(w, 5000);
	w->n = 0;
	w_hear(w, HOST_BY_ASTRAY, AC1, C, IP, "1.1.1.3");
	w_hear(w, HOST_BY_ASTRAY, AC1, C, IP, "1.1.1.4");
	w_hear(w, HOST_BY_ASTRAY, AC1, C, IP, "1.1.1.5");
	CHECK_INT(cared(w), 0);
	w_free(w);
}

/* A neighbour at the old site need not wait for the decision, nor does C hear of it. */
TEST(while_a_host_that_seems_to_have_left_is_asked_its_neighbours_are_told_on_demand)
{
	struct world *w = w_new();

	w_hear(w, HOST_BY_GARP, AC1, C, IP, IP);
	w_hear(w, HOST_BY_GARP, AC1, "02:aa:00:00:00:03", "1.1.1.3", "1.1.1.3");
	w_run(w, 5000);
	w_remote(w, "1.1.1.3", PE2, "65000:2",
	         0); /* no newer: ours is used until we know */
	w_hear(w, HOST_BY_ASTRAY, AC1, C, IP, "1.1.1.3");
	CHECK_INT(told(w, "1.1.1.3"), 0);
	w_remote(w, "1.1.1.3", PE2, "65000:2", 1);
	w_hear(w, HOST_BY_ASTRAY, AC1, C, IP, "1.1.1.3");
	CHECK_INT(w_state(w, "1.1.1.3"), HOST_CONTESTED);
	CHECK_INT(told(w, "1.1.1.3"), 1);
	w_free(w);
}

TEST(frames_to_lost_macs_are_put_right_fifty_times_a_second_on_a_port)
{
	struct world *w = w_new();

	many_remotes(w, 200);
	w_hear(w, HOST_BY_GARP, AC1, C, IP, IP);
	for (unsigned i = 0; i < 200; i++) {
		char ip[16];

		snprintf(ip, sizeof(ip), "1.1.20.%u", 1 + i);
		w_hear(w, HOST_BY_ASTRAY, AC1, C, IP, ip);
	}
	CHECK_INT(cared(w), 50);
	CHECK_INT(hosts_counter(w->h, HOST_N_ASTRAY_RATE), 150);
	w_run(w, 1000);
	for (unsigned i = 40; i < 60; i++) {
		char ip[16];

		snprintf(ip, sizeof(ip), "1.1.20.%u", 1 + i);
		w->n = 0;
		w_hear(w, HOST_BY_ASTRAY, AC1, C, IP, ip);
		/* who was told is not told again so soon; who was not, is */
		CHECK_INT(told(w, ip), i < 50 ? 0 : 1);
	}
	w_free(w);
}
