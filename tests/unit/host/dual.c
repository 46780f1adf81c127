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
