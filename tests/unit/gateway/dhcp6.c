/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/gateway/world.h"

#define C   "02:aa:00:00:00:0c"
#define LL  "fe80::aa:ff:fe00:c"
#define PE  "2001:db8:ff::11"
#define SRV "2001:db8:5::547"
#define ALL "ff02::1:2"

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

static void hear(struct world *w, const char *src, const char *hex)
{
	uint8_t raw[1500];
	size_t n = t_hex(hex, raw, sizeof(raw));

	w_hear_data(w, AC1, C, src, ALL, raw, n);
}

/* A relay reply of `server` with this around its message. */
static void answer(struct world *w, const char *server, uint8_t type, const char *link,
                   const char *peer, const char *port, const char *hex)
{
	struct ip l = w_ip(link), p = w_ip(peer);
	uint8_t raw[1500], inner[1000];
	size_t n = t_hex(hex, inner, sizeof(inner));
	struct wbuf b = wbuf_of(raw, sizeof(raw));

	wbuf_u8(&b, type);
	wbuf_u8(&b, 0);
	wbuf_bytes(&b, l.b, 16);
	wbuf_bytes(&b, p.b, 16);
	wbuf_u16(&b, 18);
	wbuf_u16(&b, (uint16_t)strlen(port));
	wbuf_bytes(&b, port, strlen(port));
	wbuf_u16(&b, 9);
	wbuf_u16(&b, (uint16_t)n);
	wbuf_bytes(&b, inner, n);
	w_answer_data(w, server, PE, raw, b.len);
}

#define LINK    "2001:db8:1::ff"
#define GRANT   "07123456 0003 0028 00000001 00000000 00000000"
#define ADDR(v) "0005 0018 20010db8000100000000000000000002 00000001" v

TEST(a_message_goes_to_every_server_as_it_is_inside_ours)
{
	struct world *w = w_new();
	uint8_t want[600];
	struct mac src;
	size_t n = w_load("relay-forw6", want, sizeof(want), &src);

	w_hear(w, AC1, "solicit6");
	CHECK_INT(w->n, 2);
	CHECK_INT(w->sent[0].len, n);
	CHECK_MEM(w->sent[0].raw, want, n);
	CHECK(w->sent[0].to_server);
	{
		struct udp u;
		struct cur c = w_open(w, 1, &u);
		struct dhcp6 m;

		CHECK(is(&u.src, PE) && is(&u.dst, "2001:db8:6::547"));
		CHECK_INT(dhcp6_read(&c, &m), DHCP6_OK);
		CHECK(is(&m.link, LINK) && is(&m.peer, LL));
	}
	w_free(w);
}

TEST(an_answer_goes_to_the_host_as_it_is_and_its_addresses_are_told)
{
	struct world *w = w_new();
	uint8_t want[600];
	struct mac src;
	size_t n = w_load("reply6", want, sizeof(want), &src);

	w_hear(w, AC1, "solicit6"); /* with rapid commit: a REPLY comes at once */
	w_answer(w, "relay-repl6");
	CHECK_INT(w->n, 3);
	CHECK(!w->sent[2].to_server);
	CHECK_INT(w->sent[2].ac, AC1);
	CHECK(mac_is(&w->sent[2].dst, C) && mac_is(&w->sent[2].src, "00:00:5e:00:02:0a"));
	CHECK_INT(w->sent[2].len, n);
	CHECK_MEM(w->sent[2].raw, want, n);
	CHECK_INT(w->n_leases, 1); /* the delegated prefix is no host */
	CHECK(is(&w->lease[0].ip, "2001:db8:1::2") && mac_is(&w->lease[0].mac, C));
	CHECK_INT(w->lease[0].until.us, w->now.us + 3600 * INT64_C(1000000));
	CHECK_INT(w_n(w, GW_DHCP_N_DELEGATED), 1);
	w_free(w);
}

TEST(a_release_or_a_lifetime_of_0_ends_a_lease)
{
	struct world *w = w_new();

	w_hear(w, AC1, "solicit6");
	w_answer(w, "relay-repl6");
	w_hear(w, AC1, "release6");
	CHECK_INT(w->n_leases, 2);
	CHECK(w->lease[1].over && is(&w->lease[1].ip, "2001:db8:1::2"));
	w_hear(w, AC1, "release6");
	CHECK_INT(w->n_leases, 2);
	w_answer(w, "relay-repl6");
	answer(w, SRV, 13, LINK, LL, "eth0.100", GRANT ADDR("00000000"));
	CHECK_INT(w->n_leases, 4);
	CHECK(w->lease[3].over);
	answer(w, SRV, 13, LINK, LL, "eth0.100", GRANT ADDR("ffffffff"));
	CHECK_INT(w->n_leases, 5);
	CHECK(mono_is_never(w->lease[4].until));
	w_free(w);
}

TEST(what_a_host_must_not_send_is_dropped_and_counted)
{
	static const struct {
		const char *src, *hex;
		enum gw_dhcp_counter want;
	} row[] = {
		{LL,               "02123456",           GW_DHCP_N_UNEXPECTED }, /* ADVERTISE */
		{ LL,              "07123456",           GW_DHCP_N_UNEXPECTED },
		{ LL,              "0a123456",           GW_DHCP_N_UNEXPECTED },
		{ LL,              "00123456",           GW_DHCP_N_UNEXPECTED },
		{ LL,
                 "0d00 00000000000000000000000000000000"
		  "00000000000000000000000000000000",    GW_DHCP_N_UNEXPECTED },
		{ "2001:db8:1::2", "01123456",           GW_DHCP_N_UNEXPECTED },
		{ LL,
                 "0c08 00000000000000000000000000000000"
		  "00000000000000000000000000000000",    GW_DHCP_N_HOPS       },
		{ LL,              "0112",               GW_DHCP_N_BAD_MESSAGE},
		{ LL,              "01123456 0001 0008", GW_DHCP_N_BAD_MESSAGE},
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct world *w = w_new();

		hear(w, row[i].src, row[i].hex);
		CHECK_INT(w->n, 0);
		CHECK_INT(w_n(w, row[i].want), 1);
		w_free(w);
	}
}

TEST(a_message_of_a_type_nobody_knows_yet_is_relayed)
{
	struct world *w = w_new();

	hear(w, LL, "f0123456");
	CHECK_INT(w->n, 2);
	w_free(w);
}

TEST(a_relay_on_the_lan_is_relayed_with_its_hops_counted)
{
	struct world *w = w_new();
	struct dhcp6 m, inner;
	struct udp u;
	struct cur c;

	hear(w, LL,
	     "0c07 00000000000000000000000000000000 fe800000000000000000000000000001"
	     "0009 0004 01123456");
	CHECK_INT(w->n, 2);
	c = w_open(w, 0, &u);
	CHECK_INT(dhcp6_read(&c, &m), DHCP6_OK);
	CHECK_INT(m.hops, 8);
	c = m.message;
	CHECK_INT(dhcp6_read(&c, &inner), DHCP6_OK);
	CHECK_INT(inner.type, DHCP6_RELAY_FORW);
	/* Its answer is for a relay's port. */
	answer(w, SRV, 13, LINK, LL, "eth0.100",
	       "0d07 00000000000000000000000000000000 fe800000000000000000000000000001"
	       "0009 0004 07123456");
	CHECK_INT(w->n, 3);
	w_open(w, 2, &u);
	CHECK_INT(u.dport, 547);
	w_free(w);
}

TEST(a_backup_relays_nothing)
{
	struct world *w = w_new();
	struct prefix p = w_prefix("2001:db8:1::/64");

	gw_dhcp_master(w->g, VRF, &p, AC1, false);
	w_hear(w, AC1, "solicit6");
	CHECK_INT(w->n, 0);
	CHECK_INT(w_n(w, GW_DHCP_N_BACKUP), 1);
	w_answer(w, "relay-repl6"); /* what it asked for as a master */
	CHECK_INT(w->n, 1);
	CHECK(mac_is_zero(&w->sent[0].src));
	w_free(w);
}

TEST(an_answer_that_is_not_to_be_believed_is_dropped_and_counted)
{
	static const struct {
		const char *server;
		uint8_t type;
		const char *link, *peer, *port, *hex;
		enum gw_dhcp_counter want;
	} row[] = {
		{"2001:db8:5::9", 13, LINK,             LL,                          "eth0.100", "07123456",
                 GW_DHCP_N_STRANGER											       },
		{ SRV,            12, LINK,             LL,                          "eth0.100", "07123456", GW_DHCP_N_UNEXPECTED },
		{ SRV,            13, "2001:db8:2::ff", LL,                          "eth0.100", "07123456",
                 GW_DHCP_N_NO_CIRCUIT											     },
		{ SRV,            13, LINK,             LL,                          "eth9",     "07123456", GW_DHCP_N_NO_CIRCUIT },
		{ SRV,            13, LINK,             LL,                          "eth0.100", "07",       GW_DHCP_N_BAD_MESSAGE},
 /* a stable-privacy address, and we did not hear it */
		{ SRV,            13, LINK,             "fe80::1234:5678:9abc:def0", "eth0.100", "07123456",
                 GW_DHCP_N_NO_MAC												 },
		{ SRV,            13, LINK,             "2001:db8:1::2",             "eth0.100", "07123456",
                 GW_DHCP_N_NO_MAC												 },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct world *w = w_new();

		answer(w, row[i].server, row[i].type, row[i].link, row[i].peer,
		       row[i].port, row[i].hex);
		CHECK_INT(w->n, 0);
		CHECK_INT(w_n(w, row[i].want), 1);
		w_free(w);
	}
	{
		struct world *w = w_new();
		uint8_t raw[64];
		size_t n = t_hex("07123456", raw, sizeof(raw));

		w_answer_data(w, SRV, PE, raw, n);
		CHECK_INT(w_n(w, GW_DHCP_N_BAD_MESSAGE), 1);
		w_free(w);
	}
}

TEST(a_mac_is_told_by_the_address_if_it_was_forgotten)
{
	struct world *w = w_new(); /* started anew: it heard nothing */

	answer(w, SRV, 13, LINK, LL, "eth0.100", "07123456");
	CHECK_INT(w->n, 1);
	CHECK(mac_is(&w->sent[0].dst, C));
	w_free(w);
}

TEST(an_address_outside_the_subnet_is_passed_on_but_not_believed)
{
	struct world *w = w_new();

	answer(w, SRV, 13, LINK, LL, "eth0.100",
	       GRANT "0005 0018 20010db8000200000000000000000002 00000001 00000002");
	CHECK_INT(w->n, 1);
	CHECK_INT(w->n_leases, 0);
	CHECK_INT(w_n(w, GW_DHCP_N_OUTSIDE), 1);
	w_free(w);
}

TEST(rate_and_size_have_limits)
{
	struct world *w = w_new();
	static uint8_t big[1500];

	memcpy(big, "\x01\x12\x34\x56\x00\x06\x05\x78", 8); /* 1400 octets of option 6 */
	w_hear_data(w, AC1, C, LL, ALL, big, 1408);
	CHECK_INT(w_n(w, GW_DHCP_N_TOO_BIG), 1);
	for (unsigned i = 0; i < 250; i++) {
		w->n = 0;
		w_hear(w, AC1, "solicit6");
	}
	CHECK_INT(w_n(w, GW_DHCP_N_RATE), 51);
	w_free(w);
}
