/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/host/world.h"

#define A "02:aa:00:00:00:0a"

static char *nth(int i, char buf[static IP_STRLEN])
{
	snprintf(buf, IP_STRLEN, "1.1.%d.%d", i / 250, 1 + i % 250);
	return buf;
}

/* `n` new hosts announce themselves, `gap_ms` apart. */
static void crowd(struct world *w, int first, int n, int gap_ms)
{
	char ip[IP_STRLEN];

	for (int i = first; i < first + n; i++) {
		w_hear(w, HOST_BY_GARP, AC1, A, nth(i, ip), ip);
		if (gap_ms)
			w_run(w, gap_ms);
	}
}

TEST(a_full_port_refuses_counts_and_says_so_once_a_second)
{
	struct world *w = w_new();
	struct host_subnet sn = w_subnet("1.1.0.0/16", "1.1.255.254");

	sn.max_hosts = 10;
	hosts_subnet_set(w->h, &sn, w->now);
	crowd(w, 0, 15, 0);
	CHECK_INT(hosts_count(w->h), 10);
	CHECK_INT(hosts_counter(w->h, HOST_N_FULL_PORT), 5);
	CHECK_INT(w_count(w, W_EVENT, 0), 11); /* ten learned, one refused */
	CHECK_INT(w_last(w, W_EVENT)->what, HOST_HAP_REFUSED);
	CHECK_STR(w_last(w, W_EVENT)->why, host_counter_text(HOST_N_FULL_PORT));
	w_run(w, 1000);
	crowd(w, 20, 1, 0);
	CHECK_INT(w_count(w, W_EVENT, 0), 12);
	/* another port of the subnet has room of its own, but nobody moves into a full
	 * one */
	w_hear(w, HOST_BY_GARP, AC2, A, "1.1.9.1", "1.1.9.1");
	CHECK_INT(w_state(w, "1.1.9.1"), HOST_LOCAL);
	w_hear(w, HOST_BY_GARP, AC1, A, "1.1.9.1", "1.1.9.1");
	CHECK_INT(w_last(w, W_UP)->ac, AC2);
	w_free(w);
}

TEST(a_host_that_leaves_makes_room)
{
	struct world *w = w_new();
	struct host_subnet sn = w_subnet("1.1.0.0/16", "1.1.255.254");

	sn.max_hosts = 1;
	hosts_subnet_set(w->h, &sn, w->now);
	crowd(w, 0, 1, 0);
	w_run(w, 181000);
	CHECK_INT(hosts_count(w->h), 0);
	crowd(w, 1, 1, 0);
	CHECK_INT(hosts_count(w->h), 1);
	CHECK_INT(hosts_counter(w->h, HOST_N_FULL_PORT), 0);
	w_free(w);
}

TEST(a_full_vpn_refuses)
{
	struct world *w = w_new();

	hosts_vrf_limit(w->h, VRF, 7);
	crowd(w, 0, 9, 0);
	w_hear(w, HOST_BY_NA, AC2, A, "2001:db8:1::1", NULL);
	CHECK_INT(hosts_count(w->h), 7);
	CHECK_INT(hosts_counter(w->h, HOST_N_FULL_VPN), 3);
	w_free(w);
}

TEST(two_thousand_hosts_of_another_site_may_arrive_at_once)
{
	struct world *w = w_new();
	char ip[IP_STRLEN];

	for (int i = 0; i < 2100; i++)
		w_remote(w, nth(i, ip), "192.0.2.12", "65000:2", 0);
	crowd(w, 0, 2100, 0);
	CHECK_INT(hosts_count(w->h), 2000);
	CHECK_INT(hosts_counter(w->h, HOST_N_MOVES), 2000);
	CHECK_INT(hosts_counter(w->h, HOST_N_ARRIVE_RATE), 100);
	w_run(w, 1000); /* then five hundred a second */
	crowd(w, 2000, 100, 0);
	CHECK_INT(hosts_count(w->h), 2100);
	CHECK_INT(hosts_counter(w->h, HOST_N_DUPLICATES), 0);
	/* newcomers have their own pace, which arrivals did not use up */
	crowd(w, 3000, 400, 0);
	CHECK_INT(hosts_counter(w->h, HOST_N_NEW_RATE), 0);
	w_free(w);
}

TEST(new_hosts_come_two_hundred_a_second_after_a_burst)
{
	struct world *w = w_new();

	crowd(w, 0, 1000, 0);
	CHECK_INT(hosts_count(w->h), HOST_NEW_BURST);
	w_run(w, 1000);
	crowd(w, 1000, 1000, 0);
	CHECK_INT(hosts_count(w->h), HOST_NEW_BURST + HOST_NEW_PER_S);
	CHECK_INT(hosts_counter(w->h, HOST_N_NEW_RATE), 1400);
	/* whoever is known already is served all the same, and other ports are */
	w_hear(w, HOST_BY_GARP, AC1, "02:aa:00:00:00:0b", "1.1.0.1", "1.1.0.1");
	CHECK(w_happened(w, HOST_HAP_REBOUND));
	w_hear(w, HOST_BY_GARP, AC2, A, "1.1.200.1", "1.1.200.1");
	CHECK_INT(w_state(w, "1.1.200.1"), HOST_LOCAL);
	w_free(w);
}

TEST(unknown_sources_of_data_are_asked_ten_a_second)
{
	struct world *w = w_new();
	char ip[IP_STRLEN];

	for (int i = 0; i < 100; i++)
		w_hear(w, HOST_BY_SOURCE, AC1, A, nth(i, ip), NULL);
	CHECK_INT(w_count(w, W_FRAME, 0), HOST_WEAK_BURST);
	CHECK_INT(hosts_counter(w->h, HOST_N_WEAK_RATE), 90);
	w_free(w);
}

TEST(addresses_being_asked_are_bounded)
{
	struct world *w = w_new();
	char ip[IP_STRLEN];

	for (int i = 0; i < 700; i++) {
		snprintf(ip, sizeof(ip), "2001:db8:1::1:%x", i);
		w_hear(w, HOST_BY_NS, AC1, A, ip, "2001:db8:1::3");
		w->now = mono_add_ms(w->now, 5);
	}
	CHECK_INT(w->h->by_ip.count, HOST_PROBING_MAX);
	CHECK_INT(hosts_counter(w->h, HOST_N_FULL_WEAK), 700 - HOST_PROBING_MAX);
	w_free(w);
}

TEST(probes_are_paced_and_none_is_lost)
{
	struct world *w = w_new();
	char ip[IP_STRLEN];
	size_t mark;

	crowd(w, 0, 400, 0);
	w_run(w, 1000);
	crowd(w, 400, 200, 0);
	mark = w->n;
	hosts_ac_link(w->h, AC1, false, w->now); /* 600 at once */
	hosts_ac_link(w->h, AC1, true, w->now);  /* 512 of them are asked again */
	CHECK_INT(w_count(w, W_FRAME, mark), HOST_PROBES_BURST);
	w_run(w, 500);
	CHECK(w_count(w, W_FRAME, mark) <= HOST_PROBES_BURST + 501);
	CHECK(w_count(w, W_FRAME, mark) >= 500);
	CHECK(hosts_counter(w->h, HOST_N_PROBES_LATE) > 400);
	w_run(w, 5000);
	CHECK_INT(w_count(w, W_FRAME, mark), HOST_PROBES * HOST_PROBING_MAX);
	CHECK_INT(w_state(w, nth(0, ip)), HOST_PAST);
	w_free(w);
}

TEST(claims_against_known_hosts_use_no_more_than_the_pace)
{
	struct world *w = w_new();

	crowd(w, 0, 1, 0);
	for (int i = 0; i < 100; i++)
		w_hear(w, HOST_BY_NS, AC1, "02:aa:00:00:00:0b", "1.1.0.1", NULL);
	CHECK_INT(w_count(w, W_FRAME, 0), HOST_PROBES_BURST);
	CHECK_INT(hosts_counter(w->h, HOST_N_ASK_RATE), 100 - HOST_PROBES_BURST);
	w_free(w);
}

TEST(what_is_remembered_is_bounded_as_what_is_known)
{
	struct world *w = w_new();
	struct host_subnet sn = w_subnet("1.1.0.0/16", "1.1.255.254");

	sn.max_hosts = 10;
	hosts_subnet_set(w->h, &sn, w->now);
	for (int round = 0; round < 5; round++) {
		crowd(w, round * 10, 10, 0);
		w_run(w, 181000);
	}
	CHECK_INT(hosts_count(w->h), 0);
	CHECK_INT(w->h->by_ip.count, 10);
	w_free(w);
}

TEST(ten_gleans_a_second_and_none_twice_in_ten_seconds)
{
	struct world *w = w_new();
	char ip[IP_STRLEN];

	for (int i = 0; i < 30; i++) {
		w_hear(w, HOST_BY_MISS, 0, NULL, NULL, nth(i, ip));
		w_hear(w, HOST_BY_MISS, 0, NULL, NULL, nth(i, ip));
	}
	CHECK_INT(w_count(w, W_FRAME, 0),
	          2 * HOST_GLEAN_BURST); /* both ports are asked */
	CHECK(mac_is_group(&w_last(w, W_FRAME)->frame.dst));
	CHECK_INT(hosts_counter(w->h, HOST_N_GLEAN_KNOWN), HOST_GLEAN_BURST);
	CHECK_INT(hosts_counter(w->h, HOST_N_GLEAN_RATE), 40);
	w_run(w, 9999);
	w_hear(w, HOST_BY_MISS, 0, NULL, NULL, nth(0, ip));
	CHECK_INT(w_count(w, W_FRAME, 0), 2 * HOST_GLEAN_BURST);
	w_run(w, 1);
	w_hear(w, HOST_BY_MISS, 0, NULL, NULL, nth(0, ip));
	CHECK_INT(w_count(w, W_FRAME, 0), 2 * HOST_GLEAN_BURST + 2);
	CHECK_INT(w->h->by_ip.count, 0); /* and no state of it */
	w_free(w);
}
