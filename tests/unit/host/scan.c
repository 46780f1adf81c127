/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/host/world.h"

#define A "02:aa:00:00:00:0a"

static struct world *scanner(const char *prefix, const char *gateway, uint32_t rate)
{
	struct world *w = w_new();
	struct host_subnet sn = w_subnet(prefix, gateway);

	sn.scan_rate = rate;
	hosts_subnet_set(w->h, &sn, w->now);
	hosts_subnet_attach(w->h, VRF, &sn.prefix, AC1, w->now);
	return w;
}

TEST(a_sweep_asks_every_host_address_once_at_its_rate)
{
	struct world *w = scanner("10.0.0.0/22", "10.0.3.254", 200);
	uint8_t asked[1024] = { 0 };
	size_t n = 0;

	w_run(w, 1000);
	CHECK(w_count(w, W_FRAME, 0) >= 195 && w_count(w, W_FRAME, 0) <= 208);
	w_run(w, 5000);
	for (size_t i = 0; i < w->n; i++) {
		const struct host_frame *f = &w->log[i].frame;
		uint32_t at = ip_u32(&f->target) - 0x0a000000;

		CHECK_INT(f->kind, HOST_TX_ARP_REQUEST);
		CHECK(mac_is_group(&f->dst) && f->ac == AC1);
		CHECK(at < sizeof(asked) && !asked[at]++);
		n++;
	}
	CHECK_INT(n, 1024 - 3); /* network, broadcast, gateway */
	CHECK(!asked[0] && !asked[1023] && !asked[0x3fe]);
	CHECK(asked[0xff] && asked[0x100]); /* hosts, whatever a /24 would say */
	w_free(w);
}

TEST(a_sweep_goes_segment_by_segment)
{
	struct world *w = scanner("10.0.0.0/22", "10.0.3.254", 200);
	size_t changes = 0;

	w_run(w, 6000);
	for (size_t i = 1; i < w->n; i++)
		changes += w->log[i].ip.b[2] != w->log[i - 1].ip.b[2];
	CHECK_INT(changes, 3);
	w_free(w);
}

static void silent_one(struct world *w, const struct host_frame *f)
{
	struct ip silent = w_ip("10.0.0.77");

	if (ip_eq(&f->target, &silent))
		w_hear(w, HOST_BY_ARP_REPLY, AC1, A, "10.0.0.77", "10.0.0.254");
}

TEST(a_sweep_finds_a_host_that_never_speaks_and_leaves_known_ones_alone)
{
	struct world *w = scanner("10.0.0.0/24", "10.0.0.254", 200);

	w_hear(w, HOST_BY_GARP, AC1, A, "10.0.0.5", "10.0.0.5");
	w->answer = silent_one;
	w_run(w, 2000);
	CHECK_INT(w_state(w, "10.0.0.77"), HOST_LOCAL);
	CHECK_INT(hosts_counter(w->h, HOST_N_SCANS), 256 - 4);
	w_free(w);
}

TEST(sweeps_come_again_after_the_rescan_time_and_after_the_link)
{
	struct world *w = scanner("10.0.0.0/28", "10.0.0.14", 200);

	w_run(w, 10000);
	CHECK_INT(hosts_counter(w->h, HOST_N_SCANS), 13);
	w_run(w, 3000 * 1000);
	CHECK_INT(hosts_counter(w->h, HOST_N_SCANS), 13);
	w_run(w, 1200 * 1000);
	CHECK_INT(hosts_counter(w->h, HOST_N_SCANS), 26);
	hosts_ac_link(w->h, AC1, false, w->now);
	w_run(w, 9000 * 1000);
	CHECK_INT(hosts_counter(w->h, HOST_N_SCANS), 26); /* not into a dead port */
	hosts_ac_link(w->h, AC1, true, w->now);
	w_run(w, 1000);
	CHECK_INT(hosts_counter(w->h, HOST_N_SCANS), 39);
	w_free(w);
}

TEST(large_subnets_are_not_swept_and_rate_zero_is_off)
{
	struct world *w = scanner("10.0.0.0/15", "10.0.0.1", 200);

	w_run(w, 10000);
	CHECK_INT(w->n, 0);
	w_free(w);
	w = scanner("10.0.0.0/24", "10.0.0.1", 0);
	w_run(w, 10000);
	CHECK_INT(w->n, 0);
	w_free(w);
}

TEST(both_addresses_of_a_31_are_hosts)
{
	struct world *w = scanner("10.0.0.0/31", "10.0.0.1", 200);
	struct ip zero = w_ip("10.0.0.0");

	w_run(w, 1000);
	CHECK_INT(hosts_counter(w->h, HOST_N_SCANS), 1);
	CHECK(ip_eq(&w_last(w, W_FRAME)->ip, &zero));
	w_free(w);
}

TEST(an_ipv6_subnet_is_asked_by_one_echo_to_all_nodes)
{
	struct world *w = scanner("2001:db8:5::/64", "2001:db8:5::1", 200);
	struct ip gw = w_ip("2001:db8:5::1");
	uint8_t buf[HOST_FRAME_MAX];
	struct wbuf wb = wbuf_of(buf, sizeof(buf));

	w_run(w, 60000);
	CHECK_INT(w->n, 1);
	CHECK_INT(w->log[0].frame.kind, HOST_TX_ECHO6_ALL);
	CHECK(ip_eq(&w->log[0].frame.sender, &gw));
	host_frame_write(&wb, &w->log[0].frame, 0, 0);
	CHECK(wbuf_ok(&wb));
	CHECK_INT(wb.len, 14 + 48);
	w_free(w);
}

TEST(a_question_on_one_port_is_asked_on_the_others_only)
{
	struct world *w = w_new();

	w_hear(w, HOST_BY_ARP_REQUEST, AC1, A, "1.1.1.1", "1.1.1.9");
	CHECK_INT(w_count(w, W_FRAME, 0), 1);
	CHECK_INT(w_last(w, W_FRAME)->ac, AC2);
	w_free(w);
}

TEST(what_is_known_reserved_or_remote_is_not_gleaned)
{
	static const char *const target[] = { "1.1.1.1",     "1.1.255.254", "1.1.0.0",
		                              "1.1.255.255", "1.1.1.7",     "9.9.9.9" };
	struct world *w = w_new();

	w_hear(w, HOST_BY_GARP, AC1, A, "1.1.1.1", "1.1.1.1");
	w_remote(w, "1.1.1.7", "192.0.2.12", NULL, 0);
	for (size_t i = 0; i < ARRAY_LEN(target); i++)
		w_hear(w, HOST_BY_MISS, 0, NULL, NULL, target[i]);
	CHECK_INT(w_count(w, W_FRAME, 0), 0);
	w_free(w);
}

TEST(the_same_seed_plays_the_same_sweep)
{
	struct world *a = scanner("10.0.0.0/20", "10.0.0.1", 200);
	struct world *b = scanner("10.0.0.0/20", "10.0.0.1", 200);

	w_run(a, 3000);
	w_run(b, 3000);
	CHECK_INT(a->n, b->n);
	for (size_t i = 0; i < a->n; i++)
		CHECK(ip_eq(&a->log[i].ip, &b->log[i].ip));
	w_free(a);
	w_free(b);
}
