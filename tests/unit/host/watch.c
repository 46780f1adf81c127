/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/host/world.h"

/* Somebody checks whether an address is free: what it is told, and when it is asked. */

#define C   "02:aa:00:00:00:0c"
#define D   "02:aa:00:00:00:0d"
#define IP  "1.1.1.2"
#define V6  "2001:db8:1::2"
#define PE2 "192.0.2.12"

static void reply_mode(struct world *w, enum host_probe_reply mode)
{
	struct host_subnet sn[] = { w_subnet("1.1.0.0/16", "1.1.255.254"),
		                    w_subnet("2001:db8:1::/64", "2001:db8:1::ffff") };

	for (size_t i = 0; i < ARRAY_LEN(sn); i++) {
		sn[i].probe_reply = mode;
		hosts_subnet_set(w->h, &sn[i], w->now);
	}
}

static void checks(struct world *w, uint16_t ac, const char *mac)
{
	w_hear(w, HOST_BY_ARP_PROBE, ac, mac, NULL, IP);
	w_hear(w, HOST_BY_NS_DAD, ac, mac, NULL, V6);
}

static size_t defended(const struct world *w)
{
	return hosts_counter(w->h, HOST_N_DEFENDED);
}

TEST(an_address_that_is_checked_is_announced_no_more)
{
	static const enum host_evidence_kind check[] = { HOST_BY_ARP_PROBE,
		                                         HOST_BY_NS_DAD };
	static const char *const ip[] = { "1.1.1.2", "2001:db8:1::2" };

	for (unsigned i = 0; i < ARRAY_LEN(check); i++) {
		struct world *w = w_new();
		size_t from, told = 0;

		w_hear(w, i ? HOST_BY_NA : HOST_BY_GARP, AC1, "02:aa:00:00:00:0c", ip[i],
		       NULL);
		w_run(w, 5000);
		w_remote(w, ip[i], "192.0.2.12", "65000:2", 1);
		w_run(w, 1500); /* asked, gone, and announced once */
		CHECK(w_happened(w, HOST_HAP_MOVED_AWAY));
		w_hear(w, check[i], AC1, "02:aa:00:00:00:0c", NULL, ip[i]);
		from = w->n;
		w_run(w, 10000);
		for (size_t k = from; k < w->n; k++)
			told += w->log[k].kind == W_FRAME &&
			        (w->log[k].frame.kind == HOST_TX_GARP ||
			         w->log[k].frame.kind == HOST_TX_NA);
		CHECK_INT(told, 0);
		w_free(w);
	}
}

TEST(who_checks_an_address_is_asked_five_times_in_ten_seconds_and_not_at_once)
{
	struct world *w = w_new();
	struct mac c = w_mac(C);
	struct ip gw = w_ip("1.1.255.254");
	struct mono t0 = w->now;
	size_t arps = 0;

	checks(w, AC1, C);
	w_run(w, 1099);
	CHECK_INT(w_count(w, W_FRAME, 0), 0); /* DAD takes a second */
	w_run(w, 60000);
	CHECK_INT(w_count(w, W_FRAME, 0), 10);
	for (size_t i = 0; i < w->n; i++) {
		const struct host_frame *f = &w->log[i].frame;

		CHECK(mac_eq(&f->dst, &c));
		CHECK(mono_ms_since(w->log[i].at, t0) < 10000);
		arps += f->kind == HOST_TX_ARP_REQUEST;
		if (f->kind == HOST_TX_ARP_REQUEST) /* 0 would end its check */
			CHECK(ip_eq(&f->sender, &gw));
	}
	CHECK_INT(arps, 5);
	CHECK_INT(w_count(w, W_UP, 0), 0);
	w_free(w);
}

static void answers(struct world *w, const struct host_frame *f)
{
	if (f->kind == HOST_TX_NS)
		w_hear(w, HOST_BY_NA, AC1, C, V6, V6);
}

TEST(a_machine_that_moved_and_checks_its_address_is_learned_when_the_check_is_over)
{
	struct world *w = w_new();

	w->answer = answers;
	w_remote(w, V6, PE2, "65000:2", 3);
	w_hear(w, HOST_BY_NS_DAD, AC1, C, NULL, V6);
	CHECK_INT(w_state(w, V6), HOST_ABSENT);
	w_run(w, 1100);
	CHECK_INT(w_state(w, V6), HOST_LOCAL);
	CHECK_INT(w_last(w, W_UP)->seq, 4);
	w->n = 0;
	w_run(w, 20000);
	CHECK_INT(w_count(w, W_FRAME, 0), 0); /* that was all there was to ask */
	w_free(w);
}

TEST(a_check_that_is_repeated_starts_the_watch_anew)
{
	struct world *w = w_new();

	for (unsigned i = 0; i < 3; i++) { /* RFC 5227 1.1: three, 1 to 2 s apart */
		w_hear(w, HOST_BY_ARP_PROBE, AC1, C, NULL, IP);
		w_run(w, 1000);
	}
	CHECK_INT(w_count(w, W_FRAME, 0), 0);
	w_run(w, 20000);
	CHECK_INT(w_count(w, W_FRAME, 0), 5);
	w_free(w);
}

TEST(our_addresses_and_reserved_ones_are_not_watched)
{
	struct world *w = w_new();

	w_hear(w, HOST_BY_ARP_PROBE, AC1, C, NULL, "1.1.255.254");
	w_hear(w, HOST_BY_ARP_PROBE, AC1, C, NULL, "1.1.255.255");
	w_hear(w, HOST_BY_ARP_PROBE, AC1, C, NULL, "9.9.9.9");
	w_hear(w, HOST_BY_NS_DAD, AC1, C, NULL, "fe80::2");
	w_run(w, 20000);
	CHECK_INT(w_count(w, W_FRAME, 0), 0);
	CHECK_INT(hosts_counter(w->h, HOST_N_HINTS), 4);
	w_free(w);
}

TEST(a_flood_of_checks_is_bounded_on_each_port)
{
	struct world *w = w_new();

	for (unsigned i = 1; i <= 100; i++) {
		char ip[16];

		snprintf(ip, sizeof(ip), "1.1.7.%u", i);
		w_hear(w, HOST_BY_ARP_PROBE, AC1, C, NULL, ip);
	}
	CHECK_INT(hosts_counter(w->h, HOST_N_FULL_WATCH), 100 - HOST_WATCH_LINK_MAX);
	w_hear(w, HOST_BY_ARP_PROBE, AC2, D, NULL, IP);
	CHECK_INT(hosts_counter(w->h, HOST_N_FULL_WATCH), 100 - HOST_WATCH_LINK_MAX);
	w_run(w, 20000);
	w_hear(w, HOST_BY_ARP_PROBE, AC1, C, NULL, IP);
	CHECK_INT(hosts_counter(w->h, HOST_N_FULL_WATCH), 100 - HOST_WATCH_LINK_MAX);
	w_free(w);
}

TEST(a_port_that_goes_takes_its_watches_along)
{
	struct world *w = w_new();

	checks(w, AC1, C);
	hosts_ac_del(w->h, AC1, w->now);
	w_run(w, 20000);
	CHECK_INT(w_count(w, W_FRAME, 0), 0);
	w_free(w);
}

/* RFC 5227 2.1.1: a guest told so gives up the address it has just brought along. */
TEST(by_default_nobody_is_told_that_an_address_is_taken)
{
	struct world *w = w_new();

	w_remote_host(w, IP, PE2, "65000:2", 0, D);
	w_remote_host(w, V6, PE2, "65000:2", 0, D);
	checks(w, AC1, C);
	CHECK_INT(w_count(w, W_FRAME, 0), 0);
	CHECK_INT(defended(w), 0);
	w_free(w);
}

TEST(mac_aware_tells_another_machine_but_never_the_one_that_moved)
{
	struct world *w = w_new();
	struct mac d = w_mac(D), vmac = w_mac("00:00:5e:00:01:0a");
	struct ip ip = w_ip(IP), v6 = w_ip(V6);
	const struct host_frame *f;

	reply_mode(w, HOST_REPLY_MAC_AWARE);
	w_remote_host(w, IP, PE2, "65000:2", 0, C);
	w_remote_host(w, V6, PE2, "65000:2", 0, C);
	checks(w, AC1, C);
	CHECK_INT(w_count(w, W_FRAME, 0), 0);
	checks(w, AC1, D);
	CHECK_INT(w_count(w, W_FRAME, 0), 2);
	CHECK_INT(defended(w), 2);
	f = &w->log[w->n - 2].frame;
	CHECK_INT(f->kind, HOST_TX_ARP_REPLY);
	CHECK(mac_eq(&f->dst, &d) && mac_eq(&f->sha, &vmac) && ip_eq(&f->sender, &ip));
	f = &w->log[w->n - 1].frame;
	CHECK_INT(f->kind, HOST_TX_NA);
	CHECK(mac_is_group(&f->dst) && mac_eq(&f->sha, &vmac) && ip_eq(&f->target, &v6));
	w_free(w);
}

TEST(mac_aware_says_nothing_where_the_mac_is_not_known)
{
	struct world *w = w_new();

	reply_mode(w, HOST_REPLY_MAC_AWARE);
	w_remote(w, IP, PE2, "65000:2", 0);
	checks(w, AC1, D);
	CHECK_INT(defended(w), 0);
	reply_mode(w, HOST_REPLY_ALWAYS);
	checks(w, AC1, D);
	CHECK_INT(defended(w), 1);
	w_free(w);
}

TEST(an_owner_on_the_same_port_or_behind_the_other_pe_speaks_for_itself)
{
	struct world *w = w_new();

	reply_mode(w, HOST_REPLY_ALWAYS);
	w_hear(w, HOST_BY_GARP, AC1, C, IP, IP);
	w_remote_host(w, V6, PE2, "65000:1", 0, C); /* this site's */
	checks(w, AC1, D);
	CHECK_INT(defended(w), 0);
	checks(w, AC2, D); /* which hears the owner neither … */
	CHECK_INT(defended(w), 1);
	w_free(w);
}

TEST(a_backup_tells_nobody)
{
	struct world *w = w_new();
	struct prefix p;

	CHECK(prefix_parse("1.1.0.0/16", &p));
	reply_mode(w, HOST_REPLY_ALWAYS);
	hosts_place_master(w->h, VRF, &p, AC1, false, w->now);
	w_remote_host(w, IP, PE2, "65000:2", 0, C);
	w_hear(w, HOST_BY_ARP_PROBE, AC1, D, NULL, IP);
	CHECK_INT(defended(w), 0);
	w_free(w);
}
