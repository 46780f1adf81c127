/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/nd.h"

#include "tests/unit/host/world.h"

/* Two PEs at one site: what a backup may say, and how it learns what the master knows. */
#define C    "02:aa:00:00:00:0c"
#define IP   "1.1.1.2"
#define V6   "2001:db8:1::2"
#define OWN  "1.1.255.3"
#define OWN6 "2001:db8:1::fff3"
#define PORT "02:00:00:00:ff:01" /* of AC1 */
#define VMAC "00:00:5e:00:01:0a"
#define PE1  "192.0.2.11" /* the other PE of our site, 65000:1 */
#define PE2  "192.0.2.12"

static void addressed(struct world *w)
{
	struct host_subnet four = w_subnet("1.1.0.0/16", "1.1.255.254");
	struct host_subnet six = w_subnet("2001:db8:1::/64", "2001:db8:1::ffff");

	four.address = w_ip(OWN);
	six.address = w_ip(OWN6);
	hosts_subnet_set(w->h, &four, w->now);
	hosts_subnet_set(w->h, &six, w->now);
}

static void master(struct world *w, bool on)
{
	struct host_subnet four = w_subnet("1.1.0.0/16", "1.1.255.254");
	struct host_subnet six = w_subnet("2001:db8:1::/64", "2001:db8:1::ffff");

	hosts_place_master(w->h, VRF, &four.prefix, AC1, on, w->now);
	hosts_place_master(w->h, VRF, &six.prefix, AC1, on, w->now);
}

static struct world *backup_new(void)
{
	struct world *w = w_new();

	addressed(w);
	master(w, false);
	return w;
}

static size_t frames_of(const struct world *w, enum host_frame_kind k, size_t from)
{
	size_t n = 0;

	for (size_t i = from; i < w->n; i++)
		n += w->log[i].kind == W_FRAME && w->log[i].frame.kind == k;
	return n;
}

static const struct host_frame *frame_of(const struct world *w, enum host_frame_kind k)
{
	for (size_t i = w->n; i-- > 0;)
		if (w->log[i].kind == W_FRAME && w->log[i].frame.kind == k)
			return &w->log[i].frame;
	t_fail(__FILE__, __LINE__, "no such frame");
}

TEST(a_backup_probes_with_its_own_mac_and_address)
{
	struct world *w = backup_new();
	struct mac port = w_mac(PORT);
	struct ip own = w_ip(OWN);
	const struct host_frame *f;

	w_hear(w, HOST_BY_GARP, AC1, C, IP, IP);
	w_run(w, 90000); /* refresh */
	f = frame_of(w, HOST_TX_ARP_REQUEST);
	CHECK(mac_eq(&f->src, &port) && mac_eq(&f->sha, &port));
	CHECK(ip_eq(&f->sender, &own));

	master(w, true);
	w_run(w, 60000);
	f = frame_of(w, HOST_TX_ARP_REQUEST);
	port = w_mac(VMAC);
	own = w_ip("1.1.255.254");
	CHECK(mac_eq(&f->src, &port) && mac_eq(&f->sha, &port));
	CHECK(ip_eq(&f->sender, &own));
	w_free(w);
}

TEST(a_backup_solicits_from_the_link_local_address_of_its_port)
{
	struct world *w = backup_new();
	struct mac port = w_mac(PORT);
	struct ip own = nd_linklocal(&port);
	const struct host_frame *f;

	w_hear(w, HOST_BY_NA_UNSOLICITED, AC1, C, V6, V6);
	w_run(w, 90000);
	f = frame_of(w, HOST_TX_NS);
	CHECK(mac_eq(&f->src, &port) && mac_eq(&f->sha, &port));
	CHECK(ip_eq(&f->sender, &own));
	w_free(w);
}

/* 0.0.0.0 could take a booting host's address away, the gateway's with another MAC its
 * default route. */
TEST(a_backup_without_an_address_asks_nobody_by_arp_and_counts_it)
{
	struct world *w = w_new();

	master(w, false);
	w_hear(w, HOST_BY_GARP, AC1, C, IP, IP);
	w_run(w, 90000);
	CHECK_INT(w_count(w, W_FRAME, 0), 0);
	CHECK(hosts_counter(w->h, HOST_N_NAMELESS) > 0);
	CHECK_INT(hosts_counter(w->h, HOST_N_PROBES), 0);
	w_free(w);
}

TEST(a_backup_sends_no_repairs_and_goes_on_with_them_as_master)
{
	struct world *w = backup_new();

	w_hear(w, HOST_BY_GARP, AC1, C, IP, IP);
	w_run(w, 5000);
	w_remote(w, IP, PE2, "65000:2", 1);
	w_run(w, 1000); /* asked, silent, given up */
	CHECK_INT(w_state(w, IP), HOST_PAST);
	CHECK_INT(frames_of(w, HOST_TX_ARP_REQUEST, 0), 4);
	CHECK_INT(frames_of(w, HOST_TX_GARP, 0), 0);
	master(w, true);
	w_run(w, 5000);
	CHECK_INT(frames_of(w, HOST_TX_GARP, 0), 2); /* the first went unsent */
	CHECK_INT(hosts_counter(w->h, HOST_N_REPAIRS), 2);
	w_free(w);
}

TEST(a_backup_defends_its_own_address_but_not_the_gateways)
{
	struct world *w = backup_new();
	struct mac port = w_mac(PORT);
	struct ip own = w_ip(OWN);
	const struct host_frame *f;

	w_hear(w, HOST_BY_GARP, AC1, C, "1.1.255.254", "1.1.255.254");
	CHECK(w_happened(w, HOST_HAP_CONFLICT));
	CHECK_INT(w_count(w, W_FRAME, 0), 0);
	w_hear(w, HOST_BY_GARP, AC1, C, OWN, OWN);
	CHECK_INT(w_count(w, W_FRAME, 0), 1);
	f = frame_of(w, HOST_TX_GARP);
	CHECK(ip_eq(&f->sender, &own) && mac_eq(&f->sha, &port));
	CHECK(mac_eq(&f->src, &port));
	CHECK_INT(hosts_count(w->h), 0);

	master(w, true);
	w_run(w, 20000);
	w_hear(w, HOST_BY_GARP, AC1, C, "1.1.255.254", "1.1.255.254");
	CHECK_INT(frames_of(w, HOST_TX_GARP, 0), 2);
	w_free(w);
}

TEST(a_new_master_says_where_the_gateway_is_and_a_backup_does_not)
{
	struct world *w = backup_new();
	struct host_subnet four = w_subnet("1.1.0.0/16", "1.1.255.254");
	struct host_subnet six = w_subnet("2001:db8:1::/64", "2001:db8:1::ffff");
	struct mac vmac = w_mac(VMAC);

	hosts_place_announce(w->h, VRF, &four.prefix, AC1);
	CHECK_INT(w_count(w, W_FRAME, 0), 0);
	master(w, true);
	hosts_place_announce(w->h, VRF, &four.prefix, AC1);
	hosts_place_announce(w->h, VRF, &six.prefix, AC1);
	CHECK_INT(w_count(w, W_FRAME, 0), 2);
	CHECK(ip_eq(&frame_of(w, HOST_TX_GARP)->sender, &four.gateway));
	CHECK(mac_eq(&frame_of(w, HOST_TX_GARP)->src, &vmac));
	CHECK(ip_eq(&frame_of(w, HOST_TX_NA)->target, &six.gateway));
	CHECK(frame_of(w, HOST_TX_NA)->router);
	w_free(w);
}

TEST(the_sweep_of_a_backup_is_in_its_own_name_too)
{
	struct world *w = w_new();
	struct host_subnet four = w_subnet("1.1.255.0/24", "1.1.255.254");
	struct host_subnet six = w_subnet("2001:db8:2::/64", "2001:db8:2::ffff");
	struct mac port = w_mac(PORT);

	four.scan_rate = six.scan_rate = 1000;
	four.address = w_ip(OWN);
	six.address = w_ip("2001:db8:2::fff3");
	hosts_ac_link(w->h, AC1, false, w->now);
	hosts_subnet_set(w->h, &four, w->now);
	hosts_subnet_set(w->h, &six, w->now);
	hosts_subnet_attach(w->h, VRF, &four.prefix, AC1, w->now);
	hosts_subnet_attach(w->h, VRF, &six.prefix, AC1, w->now);
	hosts_place_master(w->h, VRF, &four.prefix, AC1, false, w->now);
	hosts_place_master(w->h, VRF, &six.prefix, AC1, false, w->now);
	hosts_ac_link(w->h, AC1, true, w->now);
	w_run(w, 10000);
	CHECK_INT(frames_of(w, HOST_TX_ARP_REQUEST, 0), 256 - 2 - 2); /* not for itself */
	CHECK_INT(frames_of(w, HOST_TX_ECHO6_ALL, 0), 1);
	CHECK(ip_eq(&frame_of(w, HOST_TX_ECHO6_ALL)->sender, &six.address));
	for (size_t i = 0; i < w->n; i++)
		CHECK(w->log[i].kind != W_FRAME || mac_eq(&w->log[i].frame.src, &port));
	w_free(w);
}

/* --- what the other PE of the site knows ------------------------------------------ */

static void answer(struct world *w, const struct host_frame *f)
{
	char ip[IP_STRLEN];
	bool arp = f->kind == HOST_TX_ARP_REQUEST;

	if (f->ac == AC1 && (arp || f->kind == HOST_TX_NS))
		w_hear(w, arp ? HOST_BY_ARP_REPLY : HOST_BY_NA, AC1, C,
		       ip_fmt(&f->target, ip), NULL);
}

TEST(a_host_of_the_sites_other_pe_is_asked_learned_with_its_sequence_and_advertised)
{
	static const char *const ip[] = { IP, V6 };

	for (size_t i = 0; i < ARRAY_LEN(ip); i++) {
		struct world *w = backup_new();

		w->answer = answer;
		w_remote(w, ip[i], PE1, "65000:1", 7);
		w_run(w, 1000);
		CHECK_INT(w_state(w, ip[i]), HOST_LOCAL);
		CHECK_INT(w_last(w, W_UP)->seq, 7);
		CHECK_INT(hosts_counter(w->h, HOST_N_MOVES), 0);
		CHECK(!w_happened(w, HOST_HAP_MOVED_HERE));
		CHECK_INT(frames_of(w, HOST_TX_GARP, 0), 0);
		CHECK_INT(hosts_counter(w->h, HOST_N_SIBLING), 1);
		w_free(w);
	}
}

TEST(a_host_of_the_other_pe_that_does_not_answer_is_asked_thrice_and_not_advertised)
{
	struct world *w = backup_new();

	w_remote(w, IP, PE1, "65000:1", 0);
	w_run(w, 10000);
	CHECK_INT(frames_of(w, HOST_TX_ARP_REQUEST, 0), 3 * 2);
	CHECK_INT(w_count(w, W_UP, 0), 0);
	CHECK_INT(w_state(w, IP), HOST_ABSENT);
	w_remote(w, IP, PE1, "65000:1", 1); /* said again: the answer is known */
	w_run(w, 10000);
	CHECK_INT(frames_of(w, HOST_TX_ARP_REQUEST, 0), 3 * 2);
	w_run(w, 3600 * 1150); /* and asked again with the next sweep */
	CHECK_INT(frames_of(w, HOST_TX_ARP_REQUEST, 0), 6 * 2);
	w_free(w);
}

TEST(the_mac_that_comes_with_the_route_is_asked_before_all_are)
{
	struct world *w = backup_new();
	struct mac mac = w_mac(C);
	size_t alone = 0;

	hosts_ac_link(w->h, AC2, false, w->now);
	w_remote(w, IP, PE1, "65000:1", 0);
	w->remote[0].r.mac = mac;
	w_run(w, 10000);
	for (size_t i = 0; i < w->n; i++)
		alone += w->log[i].kind == W_FRAME && mac_eq(&w->log[i].frame.dst, &mac);
	CHECK_INT(alone, 2);
	CHECK(mac_is_group(&w_last(w, W_FRAME)->frame.dst));
	CHECK_INT(w_count(w, W_FRAME, 0), 3);
	w_free(w);
}

TEST(who_becomes_master_asks_for_the_other_pes_hosts_at_once)
{
	struct world *w = backup_new();
	struct mac vmac = w_mac(VMAC);
	size_t from;

	w_remote(w, IP, PE1, "65000:1", 0);
	w_run(w, 10000);
	from = w->n;
	w->answer = answer;
	master(w, true);
	w_run(w, 100);
	CHECK_INT(frames_of(w, HOST_TX_ARP_REQUEST, from), 1); /* AC1 alone took over */
	CHECK(mac_eq(&frame_of(w, HOST_TX_ARP_REQUEST)->src, &vmac));
	CHECK_INT(w_state(w, IP), HOST_LOCAL);
	w_free(w);
}

TEST(nobody_is_asked_for_once_the_other_pe_gives_the_host_up_or_another_site_has_it)
{
	static const char *const soo[] = { NULL, "65000:2" };

	for (size_t i = 0; i < ARRAY_LEN(soo); i++) {
		struct world *w = backup_new();
		size_t from;

		w_remote(w, IP, PE1, "65000:1", 0);
		w_run(w, 500);
		from = w->n;
		w_remote(w, IP, PE2, soo[i], 1);
		w_run(w, 3600 * 1500);
		CHECK_INT(w_count(w, W_FRAME, from), 0);
		w_free(w);
	}
}

TEST(an_addresses_route_without_a_site_or_outside_the_subnets_is_nothing_to_ask_for)
{
	struct world *w = backup_new();

	w_remote(w, IP, PE1, NULL, 0);
	w_remote(w, "9.9.9.9", PE1, "65000:1", 0);
	w_remote(w, "1.1.255.254", PE1, "65000:1", 0);
	w_remote(w, OWN, PE1, "65000:1", 0);
	w_remote(w, "1.1.255.255", PE1, "65000:1", 0);
	w_run(w, 10000);
	CHECK_INT(w_count(w, W_FRAME, 0), 0);
	w_free(w);
}

/* A PE that starts beside another with 4096 hosts: 500 questions a second. */
TEST(a_siblings_many_hosts_are_asked_for_at_a_pace)
{
	enum { MANY = 1200 };
	struct world *w = backup_new();
	struct host_remote r = { .pe = w_ip(PE1) };
	size_t sent;

	CHECK(extcom_parse("65000:1", EXTCOM_SOO, &r.soo));
	hosts_ac_link(w->h, AC2, false, w->now);
	for (uint32_t i = 0; i < MANY; i++) {
		struct ip ip = ip_of_u32(0x01010101 + i);

		hosts_remote(w->h, VRF, &ip, &r, w->now);
	}
	sent = frames_of(w, HOST_TX_ARP_REQUEST, 0);
	CHECK_INT(sent, 0); /* not even one before its turn */
	w_run(w, 900);
	sent = frames_of(w, HOST_TX_ARP_REQUEST, 0);
	CHECK(sent >= 400 && sent <= 500 + HOST_SIBLING_BURST);
	w->n = 0;
	w->answer = answer;
	w_run(w, 5000);
	CHECK_INT(hosts_count(w->h), MANY); /* faster than strangers would be learned */
	CHECK_INT(hosts_counter(w->h, HOST_N_NEW_RATE), 0);
	w_free(w);
}

TEST(as_many_hosts_of_the_other_pe_are_asked_for_as_the_port_may_have)
{
	struct world *w = backup_new();
	struct host_remote r = { .pe = w_ip(PE1) };

	CHECK(extcom_parse("65000:1", EXTCOM_SOO, &r.soo));
	hosts_ac_link(w->h, AC1, false, w->now);
	hosts_ac_link(w->h, AC2, false, w->now);
	for (uint32_t i = 0; i < 5000; i++) {
		struct ip ip = ip_of_u32(0x01010101 + i);

		hosts_remote(w->h, VRF, &ip, &r, w->now);
	}
	CHECK(hosts_counter(w->h, HOST_N_FULL_SIBLING) >= 2 * (5000 - 4096));
	CHECK_INT(w_count(w, W_FRAME, 0), 0);
	w_free(w);
}

TEST(a_port_that_comes_back_asks_for_what_the_other_pe_has)
{
	struct world *w = backup_new();

	hosts_ac_link(w->h, AC1, false, w->now);
	hosts_ac_link(w->h, AC2, false, w->now);
	w_remote(w, IP, PE1, "65000:1", 0);
	w_run(w, 10000);
	CHECK_INT(w_count(w, W_FRAME, 0), 0);
	w->answer = answer;
	hosts_ac_link(w->h, AC1, true, w->now);
	w_run(w, 1000);
	CHECK_INT(w_state(w, IP), HOST_LOCAL);
	hosts_ac_link(w->h, AC1, false, w->now); /* and after the next time, too */
	CHECK_INT(w_state(w, IP), HOST_PAST);
	hosts_ac_link(w->h, AC1, true, w->now);
	w_run(w, 2000);
	CHECK_INT(w_state(w, IP), HOST_LOCAL);
	w_free(w);
}

TEST(each_pe_finds_out_by_itself_that_a_host_fell_silent)
{
	struct world *w = backup_new();
	size_t from;

	w_remote(w, IP, PE1, "65000:1", 0);
	w_hear(w, HOST_BY_GARP, AC1, C, IP, IP);
	w_run(w, 200000);
	CHECK_INT(w_count(w, W_DOWN, 0), 1);
	CHECK(w_happened(w, HOST_HAP_AGED) && !w_happened(w, HOST_HAP_MOVED_AWAY));
	from = w->n;
	w_run(w, 60000); /* the other PE has it still: no storm of questions */
	CHECK_INT(w_count(w, W_FRAME, from), 0);
	w_free(w);
}

/* Away to site 2 and back: both PEs of site 1 ask and withdraw, both come back with one
 * sequence, and only the master tells the old neighbours. */
TEST(a_host_that_leaves_a_site_of_two_pes_and_returns)
{
	struct world *w[2] = { w_new(), backup_new() };

	addressed(w[0]);
	for (size_t i = 0; i < 2; i++) {
		w_hear(w[i], HOST_BY_GARP, AC1, C, IP, IP);
		w_run(w[i], 5000);
		w_remote(w[i], IP, PE2, "65000:2", 1);
		CHECK_INT(w_state(w[i], IP), HOST_CONTESTED);
		w_run(w[i], 1000);
		CHECK_INT(w_count(w[i], W_DOWN, 0), 1);
		CHECK_INT(frames_of(w[i], HOST_TX_ARP_REQUEST, 0), 4);
	}
	for (size_t i = 0; i < 2; i++)
		w_run(w[i], 10000);
	CHECK_INT(frames_of(w[0], HOST_TX_GARP, 0), 3);
	CHECK_INT(frames_of(w[1], HOST_TX_GARP, 0), 0);
	w_hear(w[0], HOST_BY_GARP, AC1, C, IP, IP); /* the backup missed this one … */
	CHECK_INT(w_last(w[0], W_UP)->seq, 2);
	w[1]->answer = answer;
	w_remote(w[1], IP, PE1, "65000:1", 2); /* … and hears of it from the master */
	w_run(w[1], 1000);
	CHECK_INT(w_state(w[1], IP), HOST_LOCAL);
	CHECK_INT(w_last(w[1], W_UP)->seq, 2);
	CHECK_INT(hosts_counter(w[1]->h, HOST_N_MOVES), 0);
	w_free(w[0]);
	w_free(w[1]);
}
