/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/host_trust_int.h"

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
	/* ten learned, one warning at eight, one refused */
	CHECK_INT(w_count(w, W_EVENT, 0), 12);
	CHECK_INT(w_last(w, W_EVENT)->what, HOST_HAP_REFUSED);
	CHECK_STR(w_last(w, W_EVENT)->why, host_counter_text(HOST_N_FULL_PORT));
	w_run(w, 1000);
	crowd(w, 20, 1, 0);
	CHECK_INT(w_count(w, W_EVENT, 0), 13);
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
	CHECK_INT(hosts_counter(w->h, HOST_N_MOVES_HELD), 100); /* asked in their turn */
	w_run(w, 1000); /* they told nobody, but say it again */
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
	w_run(w, 250);
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

/* --- what trust adds -----------------------------------------------------------------
 */

static void limit(struct world *w, struct host_trust t)
{
	struct host_subnet sn = w_subnet("1.1.0.0/16", "1.1.255.254");

	hosts_trust_set(w->h, VRF, &sn.prefix, &t);
}

TEST(a_full_subnet_refuses_on_every_port)
{
	struct world *w = w_new();
	char ip[IP_STRLEN];

	limit(w, (struct host_trust){ .max_hosts = 10 });
	crowd(w, 0, 9, 0);
	w_hear(w, HOST_BY_GARP, AC2, A, nth(20, ip), ip);
	w_hear(w, HOST_BY_GARP, AC2, A, nth(21, ip), ip);
	w_hear(w, HOST_BY_NA, AC2, A, "2001:db8:1::1", NULL); /* another subnet */
	CHECK_INT(hosts_count(w->h), 11);
	CHECK_INT(hosts_counter(w->h, HOST_N_FULL_SUBNET), 1);
	w_free(w);
}

TEST(one_mac_has_so_many_addresses_and_no_more)
{
	struct world *w = w_new();
	char ip[IP_STRLEN];

	limit(w, (struct host_trust){ .max_per_mac = 64 });
	crowd(w, 0, 70, 0);
	CHECK_INT(hosts_count(w->h), 64);
	CHECK_INT(hosts_counter(w->h, HOST_N_FULL_MAC), 6);
	w_hear(w, HOST_BY_GARP, AC1, "02:aa:00:00:00:0b", nth(70, ip), ip);
	CHECK_INT(hosts_count(w->h), 65);
	/* nor does it take those of others */
	w_hear(w, HOST_BY_GARP, AC1, A, nth(70, ip), ip);
	CHECK_INT(hosts_counter(w->h, HOST_N_FULL_MAC), 7);
	w_hear(w, HOST_BY_GARP, AC1, A, nth(3, ip), ip); /* its own */
	CHECK_INT(hosts_counter(w->h, HOST_N_FULL_MAC), 7);
	w_free(w);
}

TEST(a_mac_with_many_addresses_is_told_of_before_its_limit)
{
	struct world *w = w_new();

	limit(w, (struct host_trust){ .max_per_mac = 64 });
	crowd(w, 0, 51, 0);
	CHECK(!w_happened(w, HOST_HAP_NEAR_LIMIT));
	crowd(w, 51, 1, 0);
	CHECK(w_happened(w, HOST_HAP_NEAR_LIMIT));
	w->n = 0;
	crowd(w, 52, 12, 1000);
	CHECK(!w_happened(w, HOST_HAP_NEAR_LIMIT)); /* once */
	CHECK_INT(hosts_counter(w->h, HOST_N_FULL_MAC), 0);
	CHECK_INT(hosts_count(w->h), 64);
	w_free(w);
}

TEST(one_address_for_a_mac_is_a_limit_that_needs_no_warning)
{
	struct world *w = w_new();

	limit(w, (struct host_trust){ .max_per_mac = 1 });
	crowd(w, 0, 2, 1000);
	CHECK(!w_happened(w, HOST_HAP_NEAR_LIMIT));
	CHECK_INT(hosts_counter(w->h, HOST_N_FULL_MAC), 1);
	w_free(w);
}

TEST(the_257th_address_of_a_mac_makes_it_look_like_a_router)
{
	struct world *w = w_new();

	limit(w, (struct host_trust){ .max_new = 1000 });
	crowd(w, 0, 256, 0);
	CHECK(!w_happened(w, HOST_HAP_NEAR_LIMIT));
	crowd(w, 256, 10, 0);
	CHECK(w_happened(w, HOST_HAP_NEAR_LIMIT));
	CHECK_INT(hosts_count(w->h), 266);
	w_free(w);
}

TEST(a_subnet_has_its_own_pace_of_new_hosts)
{
	struct world *w = w_new();

	limit(w, (struct host_trust){ .max_new = 10 });
	crowd(w, 0, 100, 0);
	CHECK_INT(hosts_count(w->h), 20);
	w_run(w, 1000);
	crowd(w, 100, 100, 0);
	CHECK_INT(hosts_count(w->h), 30);
	w_free(w);
}

TEST(limits_warn_at_four_fifths_and_again_when_there_is_room)
{
	struct world *w = w_new();
	struct host_subnet sn = w_subnet("1.1.0.0/16", "1.1.255.254");
	char ip[IP_STRLEN];
	size_t from;

	sn.max_hosts = 100;
	hosts_subnet_set(w->h, &sn, w->now);
	crowd(w, 0, 79, 0);
	CHECK(!w_happened(w, HOST_HAP_NEAR_LIMIT));
	crowd(w, 79, 1, 0);
	CHECK(w_happened(w, HOST_HAP_NEAR_LIMIT));
	from = w->n;
	crowd(w, 80, 10, 0); /* not again for each */
	for (size_t i = from; i < w->n; i++)
		CHECK(w->log[i].kind != W_EVENT || w->log[i].what != HOST_HAP_NEAR_LIMIT);
	for (int i = 0; i < 30; i++) {
		struct ip who = w_ip(nth(i, ip));

		CHECK(!w_happened(w, HOST_HAP_LIMIT_FAR));
		hosts_detach(w->h, VRF, &who, w->now);
	}
	CHECK(!w_happened(w, HOST_HAP_LIMIT_FAR)); /* 60 */
	struct ip who = w_ip(nth(30, ip));

	hosts_detach(w->h, VRF, &who, w->now); /* 59 */
	CHECK(w_happened(w, HOST_HAP_LIMIT_FAR));
	w_free(w);
}

TEST(a_pace_warns_before_it_bites_but_once_a_minute)
{
	struct world *w = w_new();
	size_t n = 0;

	for (int k = 0; k < 3; k++) {
		crowd(w, k * 1000, 390, 0);
		w_run(w, 5000);
	}
	for (size_t i = 0; i < w->n; i++)
		n += w->log[i].kind == W_EVENT && strstr(w->log[i].why, "new hosts");
	CHECK_INT(n, 1);
	CHECK_INT(hosts_counter(w->h, HOST_N_NEW_RATE), 0);
	w_free(w);
}

/* --- moves ----------------------------------------------------------------------------
 */

/* Every address is another site's. */
static bool remote_all(void *arg, uint32_t vrf, const struct ip *ip,
                       struct host_remote *ret)
{
	*ret = (struct host_remote){ .pe = w_ip("192.0.2.12"), .seq = 1 };
	CHECK(extcom_parse("65000:2", EXTCOM_SOO, &ret->soo));
	return true;
}

static struct host_ops ops_remote_all(const struct world *w)
{
	struct host_ops ops = *w->h->ops;

	ops.remote = remote_all;
	return ops;
}

static char *mac_of(int i, char buf[static MAC_STRLEN])
{
	snprintf(buf, MAC_STRLEN, "02:bb:00:00:%02x:%02x", i / 256, i % 256);
	return buf;
}

static void arrive(struct world *w, uint16_t ac, int first, int n)
{
	char ip[IP_STRLEN], mac[MAC_STRLEN];

	for (int i = first; i < first + n; i++)
		w_hear(w, HOST_BY_GARP, ac, mac_of(i, mac), nth(i, ip), ip);
}

static void answer_all(struct world *w, const struct host_frame *f)
{
	char ip[IP_STRLEN], mac[MAC_STRLEN];

	if (f->kind == HOST_TX_ARP_REQUEST)
		w_hear(w, HOST_BY_ARP_REPLY, f->ac, mac_fmt(&f->dst, mac),
		       ip_fmt(&f->target, ip), "1.1.255.254");
}

TEST(a_thousand_hosts_that_are_evacuated_arrive_at_once)
{
	struct world *w = w_new();
	struct host_ops ops = ops_remote_all(w);

	w->h->ops = &ops;
	arrive(w, AC1, 0, 1000);
	CHECK_INT(hosts_count(w->h), 1000);
	CHECK_INT(hosts_counter(w->h, HOST_N_MOVES_HELD), 0);
	CHECK_INT(hosts_counter(w->h, HOST_N_DUPLICATES), 0);
	w_free(w);
}

TEST(moves_too_many_at_once_are_believed_in_their_turn)
{
	struct world *w = w_new();
	struct host_ops ops = ops_remote_all(w);

	w->h->ops = &ops;
	w->answer = answer_all;
	hosts_vrf_moves(w->h, VRF, 20); /* 80 at once on a port, then 10 a second */
	arrive(w, AC1, 0, 100);
	CHECK_INT(hosts_count(w->h), 80);
	CHECK_INT(hosts_counter(w->h, HOST_N_MOVES_HELD), 20);
	arrive(w, AC1, 0, 100); /* saying it again does not help */
	CHECK_INT(hosts_count(w->h), 80);
	w_run(w, 1050);
	CHECK_INT(hosts_count(w->h), 90);
	w_run(w, 1000);
	CHECK_INT(hosts_count(w->h), 100);
	CHECK_INT(hosts_counter(w->h, HOST_N_MOVE_RATE), 0);
	w_free(w);
}

TEST(who_waits_for_a_turn_is_bounded_and_leaves_half_to_the_other_ports)
{
	struct world *w = w_new();
	struct host_ops ops = ops_remote_all(w);

	w->h->ops = &ops;
	hosts_vrf_moves(w->h, VRF, 20);
	arrive(w, AC1, 0, 1000); /* a flood of claims */
	CHECK_INT(hosts_count(w->h), 80);
	CHECK_INT(hosts_counter(w->h, HOST_N_MOVE_RATE), 1000 - 80 - HOST_PROBING_MAX);
	arrive(w, AC2, 2000, 1); /* an honest one elsewhere */
	CHECK_INT(hosts_count(w->h), 81);
	w_free(w);
}

TEST(who_asks_for_everything_leaves_the_other_ports_their_gleans)
{
	struct world *w = w_new();
	char ip[IP_STRLEN];

	for (int i = 0; i < 100; i++) { /* a scan, on a port */
		struct host_evidence ev = { .kind = HOST_BY_MISS,
			                    .vrf = VRF,
			                    .ac = AC1,
			                    .target = w_ip(nth(i, ip)) };

		hosts_evidence(w->h, &ev, w->now);
	}
	CHECK_INT(hosts_counter(w->h, HOST_N_GLEANS), 2 * HOST_GLEAN_BURST);
	w_hear(w, HOST_BY_MISS, AC2, NULL, NULL, "1.1.200.1");
	CHECK_INT(hosts_counter(w->h, HOST_N_GLEANS), 2 * HOST_GLEAN_BURST + 2);
	w_hear(w, HOST_BY_MISS, 0, NULL, NULL, "1.1.200.2"); /* and to the core */
	CHECK_INT(hosts_counter(w->h, HOST_N_GLEANS), 2 * HOST_GLEAN_BURST + 4);
	w_free(w);
}

TEST(a_flood_of_one_port_does_not_keep_honest_hosts_of_another_out)
{
	struct world *w = w_new();

	limit(w, (struct host_trust){ .max_hosts = 65536, .max_per_mac = 64 });
	crowd(w, 0, 3000, 0);
	for (int i = 0; i < 100; i++)
		w_hear(w, HOST_BY_NS, AC1, A, "2001:db8:1::77", "2001:db8:1::3");
	arrive(w, AC2, 4000, 300);
	CHECK(hosts_count(w->h) >= 300 + 64);
	w_free(w);
}
