/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lan.h"

/* Two PEs of a site, as the LAN and their hosts see them. */

TEST(the_higher_priority_is_master_of_both_families)
{
	struct lan *l = lan_new();

	lan_boot(l, 0, 100);
	lan_boot(l, 1, 200);
	lan_run(l, 5000);
	CHECK_INT(lan_master(l, AFI_IP4), 1);
	CHECK_INT(lan_master(l, AFI_IP6), 1);
	CHECK(!l->r[1].spoke_before_duty);
	CHECK_INT(l->r[0].adverts, 0);
	lan_free(l);
}

TEST(with_one_priority_the_higher_address_is_master)
{
	struct lan *l = lan_new();

	l->cut = true; /* both become master, and meet */
	l->r[1].side = 1;
	lan_boot(l, 0, 100);
	lan_boot(l, 1, 100);
	lan_run(l, 5000);
	CHECK_INT(lan_master(l, AFI_IP4), -2);
	l->cut = false;
	lan_run(l, 1100);
	CHECK_INT(lan_master(l, AFI_IP4), 1);
	CHECK_INT(lan_master(l, AFI_IP6), 1);
	lan_free(l);
}

TEST(a_master_that_dies_is_replaced_in_three_intervals_and_the_skew)
{
	struct lan *l = lan_new();

	lan_boot(l, 0, 100);
	lan_boot(l, 1, 200);
	lan_run(l, 10000);
	l->none_us = 0;
	lan_kill(l, 1);
	lan_run(l, 5000);
	CHECK_INT(lan_master(l, AFI_IP4), 0);
	/* its last advertisement was at most an interval ago */
	CHECK(l->none_us <= 3000000 + 156 * 1000000 / 256 + 1000);
	CHECK(l->none_us >= 2000000);
	CHECK(strstr(l->r[0].why, " fell silent") != NULL);
	lan_free(l);
}

TEST(a_master_that_resigns_is_replaced_within_the_skew)
{
	struct lan *l = lan_new();

	lan_boot(l, 0, 100);
	lan_boot(l, 1, 200);
	lan_run(l, 10000);
	l->none_us = 0;
	ha_resign(l->r[1].ha, l->now);
	CHECK_INT(l->r[1].resigns, 2);
	CHECK_STR(l->r[1].why, "the daemon stops");
	CHECK_INT(lan_master(l, AFI_IP4), -1);
	lan_run(l, 700);
	CHECK_INT(lan_master(l, AFI_IP4), 0);
	CHECK_INT(lan_master(l, AFI_IP6), 0);
	CHECK(l->none_us <= 156 * 1000000 / 256 + 1000);
	lan_free(l);
}

TEST(a_backup_goes_by_the_interval_that_the_master_tells)
{
	struct lan *l = lan_new();
	struct ha_group_config slow = lan_group(1, 200, AFI_IP4);

	slow.interval_cs = 1000;
	lan_start(l, 1, &slow);
	ha_converged(l->r[1].ha, true, l->now);
	lan_run(l, 33000);
	CHECK_INT(lan_master(l, AFI_IP4), 1);
	lan_boot(l, 0, 100); /* an interval of 1 s */
	lan_run(l, 3500);
	lan_say(l, 0, "10.0.0.2", 200, 1000, VRRP_SUM_PSEUDO);
	lan_kill(l, 1);
	lan_run(l, 30000);
	CHECK_INT(lan_master(l, AFI_IP4), -1);
	lan_run(l, 10000 * 156 / 256 + 100);
	CHECK_INT(lan_master(l, AFI_IP4), 0);
	lan_free(l);
}

TEST(a_backup_that_stood_still_listens_before_it_speaks)
{
	struct lan *l = lan_new();

	lan_boot(l, 0, 100);
	lan_say(l, 0, "10.0.0.2", 200, 100, VRRP_SUM_PSEUDO);
	l->now = mono_add_ms(l->now, 60000); /* a machine that was suspended */
	ha_run(l->r[0].ha, l->now);
	CHECK_INT(lan_master(l, AFI_IP4), -1);
	lan_say(l, 0, "10.0.0.2", 200, 100,
	        VRRP_SUM_PSEUDO); /* it waited in the socket */
	lan_run(l, 3000);
	CHECK_INT(lan_master(l, AFI_IP4), -1);
	CHECK_INT(lan_master(l, AFI_IP6), 0); /* nobody had spoken there */
	lan_run(l, 700);
	CHECK_INT(lan_master(l, AFI_IP4), 0);
	lan_free(l);
}

TEST(who_does_not_preempt_leaves_the_master_alone)
{
	struct lan *l = lan_new();
	struct ha_group_config g = lan_group(1, 200, AFI_IP4);

	lan_boot(l, 0, 100);
	lan_run(l, 5000);
	g.preempt = false;
	lan_start(l, 1, &g);
	ha_converged(l->r[1].ha, true, l->now);
	lan_run(l, 20000);
	CHECK_INT(lan_master(l, AFI_IP4), 0);
	lan_kill(l, 0);
	lan_run(l, 5000);
	CHECK_INT(lan_master(l, AFI_IP4), 1);
	lan_free(l);
}

TEST(nobody_preempts_before_bgp_has_converged)
{
	struct lan *l = lan_new();
	struct ha_group_config g = lan_group(1, 200, AFI_IP4);

	g.preempt_delay_ms = 60000;
	lan_boot(l, 0, 100);
	lan_run(l, 5000);
	lan_start(l, 1, &g);
	lan_run(l, 30000);
	CHECK_INT(lan_master(l, AFI_IP4), 0);
	ha_converged(l->r[1].ha, true, l->now);
	lan_run(l, 4000);
	CHECK_INT(lan_master(l, AFI_IP4), 1);
	CHECK(l->two_us < 1000);
	lan_free(l);
}

TEST(the_preempt_delay_ends_the_wait_for_bgp)
{
	struct lan *l = lan_new();
	struct ha_group_config g = lan_group(1, 200, AFI_IP4);

	g.preempt_delay_ms = 60000;
	lan_boot(l, 0, 100);
	lan_run(l, 5000);
	lan_start(l, 1, &g);
	lan_run(l, 59000);
	CHECK_INT(lan_master(l, AFI_IP4), 0);
	lan_run(l, 5000);
	CHECK_INT(lan_master(l, AFI_IP4), 1);
	lan_free(l);
}

TEST(where_nobody_is_master_bgp_is_not_waited_for)
{
	struct lan *l = lan_new();
	struct ha_group_config g = lan_group(1, 200, AFI_IP4);

	g.preempt_delay_ms = 60000;
	lan_start(l, 1, &g);
	lan_run(l, 3000);
	CHECK_INT(lan_master(l, AFI_IP4), -1);
	lan_run(l, 300);
	CHECK_INT(lan_master(l, AFI_IP4), 1);
	CHECK_STR(l->r[1].why, "nobody else speaks");
	lan_free(l);
}

TEST(a_master_whose_core_is_out_of_reach_hands_over_and_takes_back)
{
	struct lan *l = lan_new();

	lan_boot(l, 0, 100);
	lan_boot(l, 1, 200);
	lan_run(l, 10000);
	ha_core(l->r[1].ha, "no BGP session is up", l->now);
	lan_run(l, 2900);
	CHECK_INT(lan_master(l, AFI_IP4), 1); /* a blink moves nobody */
	l->none_us = 0;
	lan_run(l, 800);
	CHECK_INT(lan_master(l, AFI_IP4), 0);
	CHECK_INT(lan_master(l, AFI_IP6), 0);
	CHECK(l->none_us <= 156 * 1000000 / 256 + 1000);
	CHECK_INT(l->r[1].events[HA_HAP_CORE_LOST], 1);
	lan_run(l, 60000);
	CHECK_INT(lan_master(l, AFI_IP4), 0);
	ha_core(l->r[1].ha, NULL, l->now);
	lan_run(l, 4000);
	CHECK_INT(lan_master(l, AFI_IP4), 1);
	CHECK_INT(l->r[1].events[HA_HAP_CORE_BACK], 1);
	lan_free(l);
}

TEST(a_core_that_blinks_moves_nobody)
{
	struct lan *l = lan_new();

	lan_boot(l, 0, 100);
	lan_boot(l, 1, 200);
	lan_run(l, 10000);
	for (int i = 0; i < 10; i++) {
		ha_core(l->r[1].ha, "no core interface is up", l->now);
		lan_run(l, 2000);
		ha_core(l->r[1].ha, NULL, l->now);
		lan_run(l, 100);
	}
	CHECK_INT(lan_master(l, AFI_IP4), 1);
	CHECK_INT(l->r[1].resigns, 0);
	lan_free(l);
}

TEST(without_core_a_site_keeps_a_master_if_nobody_has_one)
{
	struct lan *l = lan_new();

	lan_boot(l, 0, 100);
	lan_boot(l, 1, 200);
	lan_run(l, 10000);
	ha_core(l->r[0].ha, "no BGP session is up", l->now);
	ha_core(l->r[1].ha, "no BGP session is up", l->now);
	l->none_us = 0;
	lan_run(l, 20000);
	CHECK(lan_master(l, AFI_IP4) >= 0);
	CHECK(l->none_us < 5000000);
	CHECK_INT(l->r[lan_master(l, AFI_IP4)].last_priority, 1);
	ha_core(l->r[1].ha, NULL, l->now);
	lan_run(l, 5000);
	CHECK_INT(lan_master(l, AFI_IP4), 1);
	CHECK_INT(l->r[1].last_priority, 200);
	lan_free(l);
}

TEST(a_group_that_does_not_track_the_core_stays)
{
	struct lan *l = lan_new();
	struct ha_group_config g = lan_group(1, 200, AFI_IP4);

	g.track_core = false;
	lan_boot(l, 0, 100);
	lan_start(l, 1, &g);
	ha_converged(l->r[1].ha, true, l->now);
	lan_run(l, 10000);
	ha_core(l->r[1].ha, "no core interface is up", l->now);
	lan_run(l, 10000);
	CHECK_INT(lan_master(l, AFI_IP4), 1);
	lan_free(l);
}

TEST(a_port_that_goes_down_ends_mastership_at_once)
{
	struct lan *l = lan_new();

	lan_boot(l, 0, 100);
	lan_boot(l, 1, 200);
	lan_run(l, 10000);
	ha_link(l->r[1].ha, LAN_AC, false, l->now);
	CHECK_INT(lan_master(l, AFI_IP4), -1);
	CHECK_STR(l->r[1].why, "the link is down");
	lan_run(l, 5000);
	CHECK_INT(lan_master(l, AFI_IP4), 0);
	ha_link(l->r[1].ha, LAN_AC, true, l->now);
	lan_run(l, 5000);
	CHECK_INT(lan_master(l, AFI_IP4), 1);
	lan_free(l);
}

TEST(two_masters_are_told_and_the_addresses_announced_again_when_it_is_over)
{
	struct lan *l = lan_new();
	unsigned garps;

	lan_boot(l, 1, 200);
	lan_run(l, 10000);
	lan_boot(l, 0, 100);
	l->r[0].deaf = true; /* it hears nobody: a second master */
	lan_run(l, 10000);
	CHECK_INT(lan_master(l, AFI_IP4), -2);
	CHECK_INT(l->r[1].events[HA_HAP_TWO_MASTERS], 2); /* once a family */
	CHECK_INT(l->r[1].events[HA_HAP_ONE_MASTER], 0);
	garps = l->r[1].garps;
	l->r[0].deaf = false;
	lan_run(l, 1000);
	CHECK_INT(lan_master(l, AFI_IP4), 1);
	CHECK_INT(l->r[1].garps, garps);
	lan_run(l, 3100);
	CHECK_INT(l->r[1].events[HA_HAP_ONE_MASTER], 2);
	CHECK(l->r[1].garps > garps);
	lan_free(l);
}

TEST(a_loser_that_meets_the_master_again_is_no_alarm)
{
	struct lan *l = lan_new();

	l->cut = true;
	l->r[0].side = 1;
	lan_boot(l, 0, 100);
	lan_boot(l, 1, 200);
	lan_run(l, 10000);
	CHECK_INT(lan_master(l, AFI_IP4), -2);
	l->cut = false;
	lan_run(l, 20000);
	CHECK_INT(lan_master(l, AFI_IP4), 1);
	CHECK_INT(l->r[1].events[HA_HAP_TWO_MASTERS], 0);
	CHECK_INT(l->r[0].events[HA_HAP_TWO_MASTERS], 0);
	lan_free(l);
}

TEST(two_routers_of_one_address_do_not_flood_the_lan)
{
	struct lan *l = lan_new();
	struct ha_group_config a = lan_group(0, 100, AFI_IP4), b = a;

	l->cut = true;
	l->r[1].side = 1;
	lan_start(l, 0, &a);
	lan_start(l, 1, &b);
	lan_run(l, 10000);
	l->cut = false;
	l->r[0].adverts = 0;
	lan_run(l, 10000);
	CHECK(l->r[0].adverts <= 10 * 9);
	CHECK(l->r[0].events[HA_HAP_TWO_MASTERS] > 0);
	CHECK(strstr(l->r[0].why, "our own address") != NULL);
	lan_free(l);
}

TEST(announcements_are_repeated_as_long_as_it_is_master)
{
	struct lan *l = lan_new();

	lan_boot(l, 0, 100);
	lan_run(l, 4000);
	CHECK_INT(lan_master(l, AFI_IP4), 0);
	CHECK(l->r[0].garps >= 1 && l->r[0].nas == 2 * l->r[0].garps);
	lan_run(l, 6000);
	CHECK_INT(l->r[0].garps, 3);
	lan_run(l, 600000);
	CHECK_INT(l->r[0].garps, 13);
	CHECK_INT(l->r[0].nas, 26);
	lan_free(l);
}

TEST(another_program_is_master_and_backup_for_us)
{
	struct lan *l = lan_new();
	struct ha_group_config g = lan_group(0, 100, AFI_IP4);
	struct ha_key key = lan_key(AFI_IP4);

	g.external = true;
	lan_start(l, 0, &g);
	lan_run(l, 10000);
	CHECK_INT(lan_master(l, AFI_IP4), -1);
	CHECK(ha_tell(l->r[0].ha, &key, HA_TOLD_MASTER, l->now));
	CHECK_INT(lan_master(l, AFI_IP4), 0);
	ha_link(l->r[0].ha, LAN_AC, false, l->now);
	ha_core(l->r[0].ha, "no core interface is up", l->now);
	lan_say(l, 0, "10.0.0.9", 255, 100, VRRP_SUM_PSEUDO);
	lan_run(l, 10000);
	CHECK_INT(lan_master(l, AFI_IP4), 0); /* it knows better */
	CHECK(ha_tell(l->r[0].ha, &key, HA_TOLD_BACKUP, l->now));
	CHECK_INT(lan_master(l, AFI_IP4), -1);
	CHECK(ha_tell(l->r[0].ha, &key, HA_TOLD_MASTER, l->now));
	CHECK(ha_tell(l->r[0].ha, &key, HA_TOLD_AUTO, l->now));
	lan_run(l, 10000);
	CHECK_INT(lan_master(l, AFI_IP4), -1);
	CHECK_INT(l->r[0].adverts + l->r[0].garps + l->r[0].resigns, 0);
	lan_free(l);
}

TEST(an_operator_puts_a_pe_aside_and_lets_it_back)
{
	struct lan *l = lan_new();
	struct ha_key key = lan_key(AFI_IP4);

	lan_boot(l, 0, 100);
	lan_boot(l, 1, 200);
	lan_run(l, 10000);
	CHECK(!ha_tell(l->r[0].ha, &key, HA_TOLD_MASTER, l->now));
	CHECK(ha_tell(l->r[1].ha, &key, HA_TOLD_BACKUP, l->now));
	lan_run(l, 700);
	CHECK_INT(lan_master(l, AFI_IP4), 0);
	CHECK_INT(lan_master(l, AFI_IP6), 1); /* each family by itself */
	lan_run(l, 10000);
	CHECK_INT(lan_master(l, AFI_IP4), 0);
	CHECK(ha_tell(l->r[1].ha, &key, HA_TOLD_AUTO, l->now));
	lan_run(l, 4000);
	CHECK_INT(lan_master(l, AFI_IP4), 1);
	lan_free(l);
}

TEST(a_restarted_pe_that_still_forwards_falls_silent_when_it_hears_the_master)
{
	struct lan *l = lan_new();
	struct ha_group_config g = lan_group(1, 200, AFI_IP4);

	g.speaking = true;
	g.preempt_delay_ms = 60000;
	lan_boot(l, 0, 100);
	lan_run(l, 5000);
	lan_start(l, 1, &g);
	l->r[1].master[AFI_IP4] = true; /* as the run before left it */
	lan_run(l, 1010);
	CHECK_INT(lan_master(l, AFI_IP4), 0);
	CHECK_INT(l->r[1].ups, 0);
	CHECK_INT(l->r[1].adverts, 0);
	lan_free(l);
}

TEST(a_master_that_is_back_at_once_goes_on_without_an_election)
{
	struct lan *l = lan_new();
	struct ha_group_config g = lan_group(1, 200, AFI_IP4);

	g.resume = true;
	lan_boot(l, 0, 100);
	lan_boot(l, 1, 200);
	lan_run(l, 10000);
	CHECK_INT(lan_master(l, AFI_IP4), 1);
	lan_kill(l, 1);
	lan_run(l, 1500);
	lan_start(l, 1, &g);
	CHECK_INT(lan_master(l, AFI_IP4), 1);
	CHECK(strstr(l->r[1].why, "before this daemon started"));
	lan_run(l, 10000);
	CHECK_INT(lan_master(l, AFI_IP4), 1);
	CHECK_INT(l->r[0].events[HA_HAP_MASTER],
	          1); /* of IPv6, which did not come back */
	lan_free(l);
}

TEST(what_another_program_said_before_a_restart_holds)
{
	struct lan *l = lan_new();
	struct ha_group_config g = lan_group(0, 100, AFI_IP4);

	g.external = g.resume = true;
	lan_start(l, 0, &g);
	CHECK_INT(lan_master(l, AFI_IP4), 0);
	g.resume = false; /* a reload */
	ha_group_set(l->r[0].ha, &g, l->now);
	CHECK_INT(lan_master(l, AFI_IP4), 0);
	lan_free(l);
}

TEST(a_reload_leaves_groups_that_stay_alone)
{
	struct lan *l = lan_new();
	struct ha_group_config four = lan_group(0, 100, AFI_IP4);
	struct ha_group_config six = lan_group(0, 100, AFI_IP6);

	lan_boot(l, 0, 100);
	lan_run(l, 10000);
	four.priority = 150;
	ha_mark(l->r[0].ha);
	ha_group_set(l->r[0].ha, &four, l->now);
	ha_group_set(l->r[0].ha, &six, l->now);
	ha_sweep(l->r[0].ha, l->now);
	CHECK_INT(l->r[0].ups, 2);
	CHECK_INT(l->r[0].resigns, 0);
	ha_mark(l->r[0].ha);
	ha_group_set(l->r[0].ha, &four, l->now);
	ha_sweep(l->r[0].ha, l->now);
	CHECK_INT(lan_master(l, AFI_IP6), -1);
	CHECK_INT(l->r[0].resigns, 1);
	CHECK_INT(lan_master(l, AFI_IP4), 0);
	four.priority = 160;
	ha_group_set(l->r[0].ha, &four, l->now);
	lan_run(l, 1100);
	CHECK_INT(l->r[0].last_priority, 160);
	lan_free(l);
}

/* Frames are lost, PEs die and come back: there is always one master, but for the time
 * that VRRP needs, and never two for longer than it takes to hear each other. */
TEST(with_losses_and_deaths_there_is_one_master)
{
	for (unsigned seed = 1; seed <= 20; seed++) {
		struct lan *l = lan_new();
		const int64_t down = 3000000 + 156 * 1000000 / 256;

		l->random = seed;
		l->loss = 10; /* three in a row: one in a million */
		lan_boot(l, 0, 100);
		lan_boot(l, 1, 200);
		lan_boot(l, 2, 150);
		lan_run(l, 10000);
		l->none_us = l->two_us = 0;
		for (int i = 0; i < 60; i++) {
			unsigned n = (seed * 7 + (unsigned)i * 5) % 3;

			if (l->r[n].alive && l->r[(n + 1) % 3].alive)
				lan_kill(l, n);
			else if (!l->r[n].alive)
				lan_boot(l, n, (uint8_t)(100 + 50 * (n + n % 2)));
			lan_run(l, 20000);
			CHECK(lan_master(l, AFI_IP4) >= 0);
		}
		CHECK(l->none_us <= down + 1000000);
		CHECK(l->two_us <= 2100000);
		lan_free(l);
	}
}

/* ---- many ------------------------------------------------------------------------- */

struct many {
	unsigned masters, adverts, frames;
	struct mono now, worst_from[4096];
	int64_t worst_us; /* between two advertisements of a group */
	unsigned in_a_ms, most_in_a_ms;
};

static void many_send(void *arg, uint16_t ac, const void *frame, size_t len)
{
	struct many *m = arg;
	const uint8_t *b = frame;

	m->frames++;
	if (b[12] != 0x08 || b[13] != 0x00) { /* an announcement */
		m->in_a_ms++;
		return;
	}
	m->adverts++;
	if (m->worst_from[ac].us && m->now.us - m->worst_from[ac].us > m->worst_us)
		m->worst_us = m->now.us - m->worst_from[ac].us;
	m->worst_from[ac] = m->now;
}

static void many_master(void *arg, const struct ha_group_config *g, bool master)
{
	struct many *m = arg;

	m->masters += master;
}

static void many_event(void *arg, const struct ha_event *ev)
{
}

TEST(thousands_of_groups_take_over_together_and_none_is_late)
{
	enum { GROUPS = 4000 };
	static struct many m;
	static const struct ha_ops ops = { .send = many_send,
		                           .master = many_master,
		                           .event = many_event };
	struct ha_config hc = { .seed = 1, .ops = &ops, .arg = &m };
	struct ha *h;

	m.now.us = 1000000;
	h = ha_new(&hc, m.now);
	for (uint16_t i = 0; i < GROUPS; i++) {
		struct ha_group_config g = lan_group(0, 100, AFI_IP4);

		g.ac = i;
		g.vlan = 0;
		g.name = "x";
		g.vip[0] = lan_ip("10.0.0.254");
		ha_group_set(h, &g, m.now);
		ha_link(h, i, true, m.now);
	}
	for (int ms = 0; ms < 20000; ms++) {
		m.in_a_ms = 0;
		m.now.us += 1000;
		if (mono_reached(m.now, ha_deadline(h)))
			ha_run(h, m.now);
		/* what waited while nothing was due may come in one go */
		if (m.in_a_ms > m.most_in_a_ms)
			m.most_in_a_ms = m.in_a_ms;
	}
	CHECK_INT(m.masters, GROUPS);
	CHECK(m.worst_us <= 1001000);
	CHECK(m.adverts >= 15 * GROUPS);
	CHECK(m.most_in_a_ms <= 2 * 12);
	CHECK(m.frames - m.adverts >= 3 * GROUPS);
	ha_free(h);
}
