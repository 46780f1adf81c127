/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/host/world.h"

#define A "02:aa:00:00:00:0a"

/* A host that answers ARP by unicast and broadcast, as long as `alive`. */
static bool alive;

static void answers(struct world *w, const struct host_frame *f)
{
	struct ip one = w_ip("1.1.1.1");

	if (alive && f->kind == HOST_TX_ARP_REQUEST && ip_eq(&f->target, &one))
		w_hear(w, HOST_BY_ARP_REPLY, AC1, A, "1.1.1.1", "1.1.255.254");
}

TEST(a_host_switched_off_ages_out_at_its_age_and_not_before)
{
	struct world *w = w_new();
	size_t probes;

	w_hear(w, HOST_BY_GARP, AC1, A, "1.1.1.1", "1.1.1.1");
	w_run(w, 179900);
	CHECK_INT(w_count(w, W_DOWN, 0), 0);
	w_run(w, 200);
	CHECK_INT(w_count(w, W_DOWN, 0), 1);
	CHECK(w_happened(w, HOST_HAP_AGED));
	probes = w_count(w, W_FRAME, 0);
	CHECK(probes >= 6 && probes <= 12); /* rounds of three, at 60 s ±25 % */
	CHECK_INT(probes % 3, 0);
	CHECK_INT(hosts_counter(w->h, HOST_N_AGED), 1);
	w_free(w);
}

TEST(a_round_is_two_unicasts_and_a_broadcast_a_second_apart)
{
	struct world *w = w_new();
	struct mac a = w_mac(A);
	const struct w_happening *p;

	w_hear(w, HOST_BY_GARP, AC1, A, "1.1.1.1", "1.1.1.1");
	w->n = 0;
	w_run(w, 80000);
	p = w->log;
	CHECK(w->n >= 3);
	CHECK(p[0].at.us >= 46000000 && p[0].at.us <= 76000000);
	CHECK(mac_eq(&p[0].frame.dst, &a) && mac_eq(&p[1].frame.dst, &a));
	CHECK(mac_is_group(&p[2].frame.dst));
	CHECK_INT(mono_ms_since(p[1].at, p[0].at), 1000);
	CHECK_INT(mono_ms_since(p[2].at, p[1].at), 1000);
	w_free(w);
}

TEST(answers_to_probes_keep_a_quiet_host_for_hours)
{
	struct world *w = w_new();

	alive = true;
	w->answer = answers;
	w_hear(w, HOST_BY_GARP, AC1, A, "1.1.1.1", "1.1.1.1");
	w_run(w, 6 * 3600 * 1000);
	CHECK_INT(w_count(w, W_DOWN, 0), 0);
	CHECK_INT(w_count(w, W_UP, 0), 1); /* and its route is left alone */
	CHECK(w_count(w, W_FRAME, 0) > 200);
	w_free(w);
}

TEST(a_host_the_data_plane_hears_is_never_probed)
{
	struct world *w = w_new();

	w_hear(w, HOST_BY_GARP, AC1, A, "1.1.1.1", "1.1.1.1");
	for (int i = 0; i < 100; i++) {
		w->seen = w_ip("1.1.1.1");
		w_run(w, 30000);
	}
	CHECK_INT(w_count(w, W_FRAME, 0), 0);
	CHECK_INT(w_count(w, W_DOWN, 0), 0);
	w_free(w);
}

TEST(an_answer_only_the_data_plane_saw_counts_too)
{
	struct world *w = w_new();

	w_hear(w, HOST_BY_GARP, AC1, A, "1.1.1.1", "1.1.1.1");
	while (w_state(w, "1.1.1.1") != HOST_REFRESH)
		w_run(w, 100);
	w->seen = w_ip("1.1.1.1");
	w_run(w, 1000);
	CHECK_INT(w_state(w, "1.1.1.1"), HOST_LOCAL);
	w_free(w);
}

TEST(refresh_times_are_spread_by_a_quarter)
{
	struct world *w = w_new();
	int64_t first = INT64_MAX, last = 0;

	for (int i = 1; i <= 200; i++) {
		char ip[IP_STRLEN];

		snprintf(ip, sizeof(ip), "1.1.2.%d", i);
		w_hear(w, HOST_BY_GARP, AC1, A, ip, ip);
	}
	w->n = 0;
	w_run(w, 78000);
	for (size_t i = 0; i < w->n; i++) {
		if (w->log[i].kind != W_FRAME)
			continue;
		first = w->log[i].at.us < first ? w->log[i].at.us : first;
		last = w->log[i].at.us > last ? w->log[i].at.us : last;
	}
	CHECK(first >= 46000000 && first < 50000000);
	CHECK(last > 72000000);
	w_free(w);
}

TEST(port_down_withdraws_at_once_and_port_up_asks_who_was_there)
{
	struct world *w = w_new();
	size_t mark;

	alive = true;
	w_hear(w, HOST_BY_GARP, AC1, A, "1.1.1.1", "1.1.1.1");
	w_hear(w, HOST_BY_GARP, AC2, A, "1.1.1.2", "1.1.1.2");
	w_run(w, 2000);
	hosts_ac_link(w->h, AC1, false, w->now);
	CHECK_INT(w_count(w, W_DOWN, 0), 1);
	CHECK(w_happened(w, HOST_HAP_PORT_DOWN));
	CHECK_INT(w_state(w, "1.1.1.2"),
	          HOST_LOCAL); /* the other port is another matter */
	w_run(w, 20000);
	mark = w->n;
	w->answer = answers;
	hosts_ac_link(w->h, AC1, true, w->now);
	w_run(w, 100);
	CHECK_INT(w_count(w, W_UP, mark), 1);
	CHECK_INT(w_state(w, "1.1.1.1"), HOST_LOCAL);
	w_free(w);
}

TEST(deleting_a_port_or_a_subnet_withdraws_the_hosts_behind_it)
{
	struct world *w = w_new();
	struct prefix p6;

	CHECK(prefix_parse("2001:db8:1::/64", &p6));
	w_hear(w, HOST_BY_GARP, AC1, A, "1.1.1.1", "1.1.1.1");
	w_hear(w, HOST_BY_NA, AC1, A, "2001:db8:1::1", NULL);
	w_hear(w, HOST_BY_NA, AC2, A, "2001:db8:1::2", NULL);
	hosts_subnet_del(w->h, VRF, &p6, w->now);
	CHECK_INT(w_count(w, W_DOWN, 0), 2);
	hosts_ac_del(w->h, AC1, w->now);
	CHECK_INT(w_count(w, W_DOWN, 0), 3);
	CHECK_INT(w->h->by_ip.count, 0);
	CHECK_INT(host_vrf_get(w->h, VRF)->n_hosts, 0);
	CHECK(w->h->timers.count == 0);
	w_free(w);
}

TEST(what_is_gone_is_remembered_for_an_hour)
{
	struct world *w = w_new();

	w_hear(w, HOST_BY_GARP, AC1, A, "1.1.1.1", "1.1.1.1");
	hosts_ac_link(w->h, AC1, false, w->now);
	w_run(w, HOST_KEEP_MS - 1000);
	CHECK_INT(w_state(w, "1.1.1.1"), HOST_PAST);
	w_run(w, 2000);
	CHECK_INT(w_state(w, "1.1.1.1"), HOST_ABSENT);
	w_free(w);
}

TEST(a_flapping_host_costs_one_route_a_second_and_withdraws_are_immediate)
{
	static const char *const mac[] = { A, "02:aa:00:00:00:0b" };
	struct mac last = w_mac(mac[1]);
	struct world *w = w_new();

	for (int i = 0; i < 50; i++) { /* ten changes a second, five seconds */
		w_hear(w, HOST_BY_GARP, AC1, mac[i % 2], "1.1.1.1", "1.1.1.1");
		w_run(w, 100);
	}
	CHECK_INT(w_count(w, W_UP, 0), 6); /* at 0, 1, … 5 s */
	CHECK(hosts_counter(w->h, HOST_N_DAMPED) >= 5);
	w_run(w, 300);
	CHECK(mac_eq(&w_last(w, W_UP)->mac, &last)); /* the last change is not lost */
	CHECK(w_count(w, W_FORWARD, 0) >= 40);       /* and packets followed each */
	w_hear(w, HOST_BY_GARP, AC1, mac[0], "1.1.1.1", "1.1.1.1");
	CHECK_INT(w_count(w, W_UP, 0), 6);
	hosts_ac_link(w->h, AC1, false, w->now);
	CHECK_INT(w_count(w, W_DOWN, 0), 1);
	CHECK_INT(w_last(w, W_DOWN)->at.us, w->now.us);
	w_run(w, 5000);
	CHECK_INT(w_count(w, W_UP, 0), 6); /* and the damped route never comes */
	CHECK_INT(w_count(w, W_DOWN, 0), 1);
	w_free(w);
}
