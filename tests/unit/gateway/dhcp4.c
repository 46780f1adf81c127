/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/gateway/world.h"

#define C    "02:aa:00:00:00:0c"
#define D    "02:aa:00:00:00:0d"
#define PE   "10.255.0.11"
#define GW   "1.1.255.254"
#define ALL  "255.255.255.255"
#define NONE "0.0.0.0"

/* A message of host C or D; options in hex. */
struct msg {
	uint8_t op, hops;
	uint16_t flags;
	const char *ci, *yi, *gi;
	const char *mac;
	const char *options;
};

static size_t make(uint8_t ret[1500], const struct msg *m)
{
	struct mac mac = w_mac(m->mac ? m->mac : C);
	struct ip ci = w_ip(m->ci ? m->ci : NONE), yi = w_ip(m->yi ? m->yi : NONE),
		  gi = w_ip(m->gi ? m->gi : NONE);

	memset(ret, 0, 1500);
	memcpy(ret, (uint8_t[]){ m->op, 1, 6, m->hops, 1, 2, 3, 4 }, 8);
	ret[10] = (uint8_t)(m->flags >> 8);
	memcpy(ret + 12, ci.b, 4);
	memcpy(ret + 16, yi.b, 4);
	memcpy(ret + 24, gi.b, 4);
	memcpy(ret + 28, mac.b, 6);
	memcpy(ret + 236, "\x63\x82\x53\x63", 4);
	return 240 + t_hex(m->options, ret + 240, 1200);
}

static void hear(struct world *w, const char *src, const char *dst, struct msg m)
{
	uint8_t raw[1500];
	size_t n = make(raw, &m);

	w_hear_data(w, AC1, m.mac ? m.mac : C, src, dst, raw, n);
}

static void answer(struct world *w, const char *server, struct msg m)
{
	uint8_t raw[1500];
	size_t n;

	m.op = 2;
	if (!m.gi)
		m.gi = PE;
	n = make(raw, &m);
	w_answer_data(w, server, PE, raw, n);
}

/* circuit "eth0.100", link 1.1.0.0 */
#define INFO  "5210 0108657468302e313030 050401010000"
#define INFO2 "520c 010465746831 050401010000" /* eth1 */

static struct dhcp sent(const struct world *w, size_t i, struct udp *u)
{
	struct cur c = w_open(w, i, u);
	struct dhcp d = { 0 };

	CHECK_INT(dhcp_read(&c, &d), DHCP_OK);
	return d;
}

static bool is(const struct ip *ip, const char *s)
{
	struct ip want = w_ip(s);

	return ip_eq(ip, &want);
}

static bool mac_is(const struct mac *m, const char *s)
{
	struct mac want = w_mac(s);

	return mac_eq(m, &want);
}

TEST(a_request_goes_to_every_server_from_an_address_no_other_pe_has)
{
	static const char *const server[] = { "10.0.0.67", "10.0.0.68" };
	struct world *w = w_new();
	uint8_t want[600];
	struct mac src;
	size_t n = w_load("discover-relayed", want, sizeof(want), &src);

	w_hear(w, AC1, "discover");
	CHECK_INT(w->n, 2);
	CHECK_INT(w->sent[0].len, n);
	CHECK_MEM(w->sent[0].raw, want, n);
	for (unsigned i = 0; i < 2; i++) {
		struct dhcp_relay r;
		struct udp u;
		struct dhcp d = sent(w, i, &u);

		CHECK(w->sent[i].to_server && w->sent[i].vrf == VRF);
		/* All PEs have the gateway's address: an answer to it is lost. */
		CHECK(is(&u.src, PE) && is(&d.giaddr, PE));
		CHECK(is(&u.dst, server[i]));
		CHECK_INT(u.sport, 67);
		CHECK_INT(u.dport, 67);
		CHECK_INT(d.hops, 1);
		CHECK(dhcp_relay_read(d.relay, &r));
		CHECK(is(&r.link, "1.1.0.0") && is(&r.server, GW));
		CHECK_INT(r.circuit.len, 8);
		CHECK_MEM(r.circuit.p, "eth0.100", 8);
		CHECK_MEM(r.remote.p, "pe1", 3);
		CHECK_MEM(r.vss.p, "blue", 4);
	}
	CHECK_INT(w_n(w, GW_DHCP_N_TO_SERVER), 2);
	w_free(w);
}

TEST(an_answer_goes_to_its_attachment_without_what_the_relay_put_in)
{
	struct world *w = w_new();
	struct udp u;
	struct dhcp d;

	w_hear(w, AC1, "discover");
	w_answer(w, "ack-relayed");
	CHECK_INT(w->n, 3);
	d = sent(w, 2, &u);
	CHECK(!w->sent[2].to_server);
	CHECK_INT(w->sent[2].ac, AC1);
	CHECK(mac_is(&w->sent[2].dst, C) && mac_is(&w->sent[2].src, "00:00:5e:00:01:0a"));
	CHECK(is(&u.src, GW) && is(&u.dst, "1.1.1.2"));
	CHECK_INT(u.sport, 67);
	CHECK_INT(u.dport, 68);
	CHECK(!d.has_relay);
	CHECK(is(&d.yiaddr, "1.1.1.2"));

	CHECK_INT(w->n_leases, 1);
	CHECK(is(&w->lease[0].ip, "1.1.1.2") && mac_is(&w->lease[0].mac, C));
	CHECK_INT(w->lease[0].ac, AC1);
	CHECK_INT(w->lease[0].until.us, w->now.us + 3600 * INT64_C(1000000));
	CHECK(!w->lease[0].over);
	w_free(w);
}

TEST(an_answer_is_broadcast_if_asked_for_or_if_nobody_has_an_address)
{
	static const struct {
		struct msg m;
		const char *to, *mac;
	} row[] = {
		{{ .yi = "1.1.1.2", .options = "350102" INFO "ff" },                   "1.1.1.2", C                  },
		{ { .yi = "1.1.1.2", .flags = 0x8000, .options = "350102" INFO "ff" },
                 ALL,		                                                             "ff:ff:ff:ff:ff:ff"},
 /* INFORM: the client has one */
		{ { .ci = "1.1.1.2", .options = "350105" INFO "ff" },                  "1.1.1.2", C                  },
		{ { .options = "350105" INFO "ff" },                                   ALL,       "ff:ff:ff:ff:ff:ff"},
		{ { .ci = "1.1.1.2", .options = "350106" INFO "ff" },
                 ALL,		                                                             "ff:ff:ff:ff:ff:ff"},
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct world *w = w_new();
		struct udp u;

		answer(w, "10.0.0.67", row[i].m);
		CHECK_INT(w->n, 1);
		sent(w, 0, &u);
		CHECK(is(&u.dst, row[i].to) && mac_is(&w->sent[0].dst, row[i].mac));
		CHECK_INT(w->n_leases, 0); /* no ACK of a lease among them */
		w_free(w);
	}
}

TEST(what_a_host_must_not_send_is_dropped_and_counted)
{
	static const struct {
		struct msg m;
		enum gw_dhcp_counter want;
	} row[] = {
		{{ 2, .options = "350101ff" },                   GW_DHCP_N_UNEXPECTED   },
		{ { 1, .options = "350105ff" },                  GW_DHCP_N_UNEXPECTED   },
		{ { 1, .options = "350102ff" },                  GW_DHCP_N_UNEXPECTED   },
		{ { 1, .options = "350106ff" },                  GW_DHCP_N_UNEXPECTED   },
		{ { 1, .gi = PE, .options = "350101ff" },        GW_DHCP_N_FOREIGN_RELAY},
		{ { 1, .gi = "1.1.1.9", .options = "350101ff" },
                 GW_DHCP_N_FOREIGN_RELAY						},
		{ { 1, .options = "350101" INFO "ff" },          GW_DHCP_N_FOREIGN_INFO },
		{ { 1, 4, .options = "350101ff" },               GW_DHCP_N_HOPS         },
		{ { 1, .options = "3501" },                      GW_DHCP_N_BAD_MESSAGE  },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct world *w = w_new();

		hear(w, NONE, ALL, row[i].m);
		CHECK_INT(w->n, 0);
		CHECK_INT(w_n(w, row[i].want), 1);
		w_free(w);
	}
}

TEST(relay_information_hidden_in_a_field_is_found)
{
	struct world *w = w_new();

	w_hear(w, AC1, "hidden-82");
	CHECK_INT(w->n, 0);
	CHECK_INT(w_n(w, GW_DHCP_N_FOREIGN_INFO), 1);
	w_free(w);
}

TEST(a_host_cannot_speak_for_another)
{
	struct world *w = w_new();
	uint8_t raw[1500];
	size_t n = make(raw, &(struct msg){ 1, .ci = "1.1.1.2", .options = "350107ff" });

	w_answer(w, "ack-relayed");
	/* D sends a RELEASE that says it is C's. */
	w_hear_data(w, AC1, D, "1.1.1.2", GW, raw, n);
	CHECK_INT(w_n(w, GW_DHCP_N_WRONG_MAC), 1);
	/* D sends one as itself. */
	hear(w, "1.1.1.2", GW,
	     (struct msg){ 1, .ci = "1.1.1.2", .mac = D, .options = "350107ff" });
	CHECK_INT(w->n_leases, 1);
	CHECK_INT(w_n(w, GW_DHCP_N_ENDED), 0);
	w_free(w);
}

TEST(a_release_and_a_decline_end_the_lease)
{
	static const struct msg end[] = {
		{1,  .ci = "1.1.1.2", .options = "350107 3604 0101fffe ff" },
		{ 1, .options = "350104 3604 0101fffe 3204 01010102 ff"              },
	};

	for (size_t i = 0; i < ARRAY_LEN(end); i++) {
		struct world *w = w_new();

		w_answer(w, "ack-relayed");
		CHECK_INT(w->n_leases, 1);
		hear(w, NONE, ALL, end[i]);
		CHECK_INT(w->n_leases, 2);
		CHECK(w->lease[1].over && is(&w->lease[1].ip, "1.1.1.2"));
		CHECK(mac_is(&w->lease[1].mac, C));
		/* The server that gave it hears of it, and only that one. */
		CHECK_INT(w->n, 2);
		hear(w, NONE, ALL, end[i]);
		CHECK_INT(w->n_leases, 2); /* once */
		w_free(w);
	}
}

TEST(a_choice_goes_to_the_server_that_made_the_offer)
{
	struct world *w = w_new();
	struct udp u;
	const struct msg request = { 1,
		                     .options = "350103 3604 0101fffe 3204 01010102 ff" };

	/* Both offer, and both call themselves the gateway. */
	answer(w, "10.0.0.68",
	       (struct msg){ .yi = "1.1.1.2", .options = "350102" INFO "ff" });
	answer(w, "10.0.0.67",
	       (struct msg){ .yi = "1.1.1.3", .options = "350102" INFO "ff" });
	CHECK_INT(w->n, 2);
	hear(w, NONE, ALL, request);
	CHECK_INT(w->n, 3);
	sent(w, 2, &u);
	CHECK(is(&u.dst, "10.0.0.68"));

	/* Long after, or by a relay that was started anew: all of them. */
	w->now = mono_add_ms(w->now, 61000);
	hear(w, NONE, ALL, request);
	CHECK_INT(w->n, 5);
	w_free(w);
}

TEST(a_renewal_to_the_gateway_is_relayed_and_a_rebinding_goes_to_all)
{
	const struct msg renew = { 1, .ci = "1.1.1.2", .options = "350103ff" };
	struct world *w = w_new();
	struct udp u;
	struct dhcp d;

	w_answer(w, "ack-relayed"); /* of 10.0.0.67 */
	hear(w, "1.1.1.2", GW, renew);
	CHECK_INT(w->n, 2);
	d = sent(w, 1, &u);
	CHECK(is(&u.dst, "10.0.0.67") && is(&d.giaddr, PE) && is(&d.ciaddr, "1.1.1.2"));
	hear(w, "1.1.1.2", ALL, renew);
	CHECK_INT(w->n, 4);
	w_free(w);
}

TEST(a_renewal_at_the_site_a_host_moved_to_goes_to_all_servers)
{
	struct world *w = w_new(); /* the new site's PE, which saw no lease given */

	hear(w, "1.1.1.2", GW, (struct msg){ 1, .ci = "1.1.1.2", .options = "350103ff" });
	CHECK_INT(w->n, 2);
	answer(w, "10.0.0.68",
	       (struct msg){ .ci = "1.1.1.2",
	                     .yi = "1.1.1.2",
	                     .options = "350105 3304 00000e10" INFO "ff" });
	CHECK_INT(w->n_leases, 1);
	CHECK_INT(w->lease[0].ac, AC1);
	w_free(w);
}

TEST(a_backup_relays_nothing_but_delivers_what_it_asked_for)
{
	struct world *w = w_new();
	struct prefix p = w_prefix("1.1.0.0/16"), other = w_prefix("9.9.0.0/16");
	struct udp u;

	gw_dhcp_master(w->g, VRF, &other, AC1, false); /* has no relay: nothing */
	gw_dhcp_master(w->g, VRF, &p, AC1, false);
	w_hear(w, AC1, "discover");
	CHECK_INT(w->n, 0);
	CHECK_INT(w_n(w, GW_DHCP_N_BACKUP), 1);
	w_hear(w, AC2, "discover"); /* master there */
	CHECK_INT(w->n, 2);
	/* Asked for a moment ago as master; but the MAC is the other's now. */
	w_answer(w, "ack-relayed");
	CHECK_INT(w->n, 3);
	CHECK(mac_is_zero(&w->sent[2].src));
	sent(w, 2, &u);
	gw_dhcp_master(w->g, VRF, &p, AC1, true);
	w_hear(w, AC1, "discover");
	CHECK_INT(w->n, 5);
	w_free(w);
}

TEST(an_answer_that_is_not_to_be_believed_is_dropped_and_counted)
{
	static const struct {
		const char *server;
		struct msg m;
		enum gw_dhcp_counter want;
	} row[] = {
		{"10.0.0.99",
                 { .yi = "1.1.1.2", .options = "350105" INFO "ff" },
                 GW_DHCP_N_STRANGER   },
		{ "10.0.0.67",
                 { .yi = "1.1.1.2", .gi = GW, .options = "350105" INFO "ff" },
                 GW_DHCP_N_NOT_OURS   },
 /* nobody's port */
		{ "10.0.0.67",
                 { .yi = "1.1.1.2",
		    .options = "350105 520c 010465746839 050401010000 ff" },
                 GW_DHCP_N_NO_CIRCUIT },
 /* another subnet */
		{ "10.0.0.67",
                 { .yi = "1.1.1.2",
		    .options = "350105 5210 0108657468302e313030 050401020000 ff" },
                 GW_DHCP_N_NO_CIRCUIT },
		{ "10.0.0.67",
                 { .yi = "1.1.1.2", .options = "350105 5202 0105 ff" },
                 GW_DHCP_N_NO_CIRCUIT },
 /* two attachments, and none is said */
		{ "10.0.0.67",
                 { .yi = "1.1.1.2", .options = "350105 ff" },
                 GW_DHCP_N_NO_CIRCUIT },
		{ "10.0.0.67",
                 { .yi = "1.1.1.2",
		    .mac = "03:00:00:00:00:01",
		    .options = "350105" INFO "ff" },
                 GW_DHCP_N_WRONG_MAC  },
		{ "10.0.0.67",
                 { .yi = "1.1.1.2", .options = "350105" INFO INFO2 "ff" },
                 GW_DHCP_N_BAD_MESSAGE},
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct world *w = w_new();

		answer(w, row[i].server, row[i].m);
		CHECK_INT(w->n, 0);
		CHECK_INT(w->n_leases, 0);
		CHECK_INT(w_n(w, row[i].want), 1);
		w_free(w);
	}
}

TEST(a_request_to_our_loopback_is_no_answer)
{
	struct world *w = w_new();
	uint8_t raw[1500];
	size_t n = make(raw, &(struct msg){ 1, .gi = PE, .options = "350101" INFO "ff" });

	w_answer_data(w, "10.0.0.67", PE, raw, n);
	CHECK_INT(w->n, 0);
	CHECK_INT(w_n(w, GW_DHCP_N_UNEXPECTED), 1);
	w_free(w);
}

TEST(a_server_that_knows_no_option_82_is_understood_if_there_is_one_attachment)
{
	struct world *w = w_new();
	struct gw_dhcp_subnet sn = w_subnet4();

	sn.prefix = w_prefix("2.2.0.0/16");
	gw_dhcp_subnet_add(w->g, &sn);
	gw_dhcp_attach(w->g, VRF, &sn.prefix, AC2);
	answer(w, "10.0.0.67", (struct msg){ .yi = "2.2.0.5", .options = "350105ff" });
	CHECK_INT(w->n, 1);
	CHECK_INT(w->sent[0].ac, AC2);
	CHECK_INT(w->n_leases, 1);
	CHECK(mono_is_never(w->lease[0].until)); /* as BOOTP: no time is given */
	w_free(w);
}

TEST(an_address_outside_the_subnet_is_passed_on_but_not_believed)
{
	struct world *w = w_new();

	answer(w, "10.0.0.67",
	       (struct msg){ .yi = "7.7.7.7",
	                     .options = "350105 3304 00000e10" INFO "ff" });
	CHECK_INT(w->n, 1);
	CHECK_INT(w->n_leases, 0);
	CHECK_INT(w_n(w, GW_DHCP_N_OUTSIDE), 1);
	w_free(w);
}

TEST(an_offer_to_somebody_else_does_not_undo_a_lease)
{
	struct world *w = w_new();
	struct udp u;

	w_answer(w, "ack-relayed");
	answer(w, "10.0.0.68",
	       (struct msg){ .yi = "1.1.1.2", .mac = D, .options = "350102" INFO "ff" });
	hear(w, "1.1.1.2", GW, (struct msg){ 1, .ci = "1.1.1.2", .options = "350103ff" });
	CHECK_INT(w->n, 3);
	sent(w, 2, &u);
	CHECK(is(&u.dst, "10.0.0.67"));
	w_free(w);
}

TEST(one_attachment_has_its_rate_and_its_burst)
{
	struct world *w = w_new();
	unsigned passed = 0;

	for (unsigned i = 0; i < 250; i++) {
		w_hear(w, AC1, "discover");
		passed += w->n == 2;
		w->n = 0;
	}
	CHECK_INT(passed, 200);
	CHECK_INT(w_n(w, GW_DHCP_N_RATE), 50);
	w_hear(w, AC2, "discover"); /* others do not notice */
	CHECK_INT(w->n, 2);
	w->now = mono_add_ms(w->now, 1000);
	for (unsigned i = 0; i < 150; i++) {
		w->n = 0;
		w_hear(w, AC1, "discover");
	}
	CHECK_INT(w_n(w, GW_DHCP_N_RATE), 100);
	w_free(w);
}

TEST(a_message_that_grows_too_big_is_dropped)
{
	struct world *w = w_new();
	uint8_t raw[1500];
	size_t n = make(raw, &(struct msg){ 1, .options = "350101" });

	while (n + 102 < 1472) {
		raw[n] = 0x77;
		raw[n + 1] = 100;
		n += 102;
	}
	raw[n++] = 0xff;
	w_hear_data(w, AC1, C, NONE, ALL, raw, n);
	CHECK_INT(w->n, 0);
	CHECK_INT(w_n(w, GW_DHCP_N_TOO_BIG), 1);
	raw[n - 1 - 102] = 0xff;
	w_hear_data(w, AC1, C, NONE, ALL, raw, n - 102);
	CHECK_INT(w->n, 2);
	w_free(w);
}

TEST(of_two_subnets_on_a_port_the_one_a_host_names_is_asked_for)
{
	struct world *w = w_new();
	struct gw_dhcp_subnet sn = w_subnet4();
	struct dhcp_relay r;
	struct dhcp d;
	struct udp u;

	sn.prefix = w_prefix("2.2.0.0/16");
	sn.n_servers = 1;
	gw_dhcp_subnet_add(w->g, &sn);
	gw_dhcp_attach(w->g, VRF, &sn.prefix, AC1);
	hear(w, NONE, ALL, (struct msg){ 1, .options = "350103 3204 02020005 ff" });
	d = sent(w, 0, &u);
	CHECK(dhcp_relay_read(d.relay, &r) && is(&r.link, "2.2.0.0"));
	hear(w, NONE, ALL, (struct msg){ 1, .ci = "2.2.0.5", .options = "350103ff" });
	d = sent(w, 1, &u);
	CHECK(dhcp_relay_read(d.relay, &r) && is(&r.link, "2.2.0.0"));
	hear(w, NONE, ALL, (struct msg){ 1, .options = "350101ff" });
	d = sent(w, 2, &u);
	CHECK(dhcp_relay_read(d.relay, &r) && is(&r.link, "1.1.0.0"));
	w_free(w);
}

TEST(what_is_not_dhcp_or_of_no_relay_is_counted)
{
	struct world *w = w_new();
	struct mac m = w_mac(C);
	uint8_t raw[600];
	size_t n = w_load("discover", raw, sizeof(raw), &m);

	gw_dhcp_heard(w->g, 9, &m, raw, n, w->now);
	CHECK_INT(w_n(w, GW_DHCP_N_NO_RELAY), 1);
	gw_dhcp_heard(w->g, AC1, &m, raw, 30, w->now);
	gw_dhcp_answer(w->g, VRF, raw, 30, w->now);
	CHECK_INT(w_n(w, GW_DHCP_N_BAD_PACKET), 2);
	n = w_load("ack", raw, sizeof(raw), &m); /* to port 68 */
	gw_dhcp_heard(w->g, AC1, &m, raw, n, w->now);
	gw_dhcp_answer(w->g, VRF, raw, n, w->now);
	CHECK_INT(w_n(w, GW_DHCP_N_UNEXPECTED), 2);
	CHECK_INT(w->n, 0);
	w_free(w);
}

TEST(a_crowd_on_one_attachment_pushes_out_its_own_only)
{
	struct world *w = w_new();
	char ip[IP_STRLEN];

	answer(w, "10.0.0.67",
	       (struct msg){ .yi = "1.1.200.1",
	                     .options = "350105 3304 0000ffff" INFO2 "ff" });
	for (unsigned i = 0; i < GW_DHCP_CLIENTS_MAX + 10; i++) {
		snprintf(ip, sizeof(ip), "1.1.%u.%u", i >> 8, i & 255);
		answer(w, "10.0.0.67",
		       (struct msg){ .yi = i ? ip : "1.1.255.1",
		                     .options = "350105 3304 0000ffff" INFO "ff" });
		w->n = w->n_leases = 0;
	}
	CHECK_INT(w_n(w, GW_DHCP_N_FORGOTTEN), 10);
	/* C of the other attachment is known: the server that gave it is asked alone. */
	{
		uint8_t raw[1500];
		size_t n = make(raw, &(struct msg){ 1, .ci = "1.1.200.1",
		                                    .options = "350103ff" });

		w_hear_data(w, AC2, C, "1.1.200.1", GW, raw, n);
	}
	CHECK_INT(w->n, 1);
	w_free(w);
}
