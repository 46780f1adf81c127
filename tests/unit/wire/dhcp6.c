/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/dhcp6.h"

#include "base/must.h"
#include "wire/udp.h"

#include "tests/unit/wire/arp_nd_vec.h"

static struct cur load(const char *name, uint8_t raw[static 600])
{
	size_t n = vec_load(name, raw, 600);
	struct cur c = cur_of(raw, n), d = { 0 };
	struct eth e;
	struct udp u;

	CHECK_INT(eth_read(&c, &e), ETH_OK);
	CHECK_INT(udp_read(&c, &u, &d), UDP_OK);
	return d;
}

static bool is(const struct ip *ip, const char *text)
{
	struct ip want = vec_ip(text);

	return ip_eq(ip, &want);
}

TEST(a_client_message_reads_as_meant)
{
	uint8_t raw[600];
	struct cur c = load("dhcp/solicit6", raw);
	struct dhcp6_walk walk;
	struct dhcp6_lease l;
	struct dhcp6 m;

	CHECK_INT(dhcp6_read(&c, &m), DHCP6_OK);
	CHECK_INT(m.type, DHCP6_SOLICIT);
	CHECK_INT(m.xid, 0x123456);
	CHECK(!m.has_message && !cur_left(&m.interface_id));
	walk = dhcp6_walk_of(&m);
	CHECK(!dhcp6_walk_next(&walk, &l)); /* it has an IA_NA and an IA_PD, both empty */
}

TEST(what_a_relay_sends_is_the_golden_message)
{
	uint8_t raw[600], want_raw[600], out[600];
	struct cur c = load("dhcp/solicit6", raw),
		   want = load("dhcp/relay-forw6", want_raw);
	struct wbuf w = wbuf_of(out, sizeof(out));
	struct dhcp6_relay r = { .link = vec_ip("2001:db8:1::ff"),
		                 .peer = vec_ip("fe80::aa:ff:fe00:c"),
		                 .interface_id = (const uint8_t *)"eth0.100",
		                 .interface_id_len = 8,
		                 .client = vec_mac("02:aa:00:00:00:0c"),
		                 .vss = "blue" };

	dhcp6_forward_write(&w, &r, c.p, cur_left(&c));
	CHECK(wbuf_ok(&w));
	CHECK_INT(w.len, cur_left(&want));
	CHECK_MEM(out, want.p, w.len);
}

TEST(a_reply_is_found_inside_the_relay_message_with_its_addresses)
{
	uint8_t raw[600], want_raw[600];
	struct cur c = load("dhcp/relay-repl6", raw),
		   want = load("dhcp/reply6", want_raw);
	struct dhcp6_walk walk;
	struct dhcp6_lease l;
	struct dhcp6 m;

	CHECK_INT(dhcp6_read(&c, &m), DHCP6_OK);
	CHECK_INT(m.type, DHCP6_RELAY_REPL);
	CHECK_INT(m.hops, 0);
	CHECK(is(&m.link, "2001:db8:1::ff") && is(&m.peer, "fe80::aa:ff:fe00:c"));
	CHECK_INT(cur_left(&m.interface_id), 8);
	CHECK_MEM(m.interface_id.p, "eth0.100", 8);
	CHECK(m.has_message);
	CHECK_INT(cur_left(&m.message), cur_left(&want));
	CHECK_MEM(m.message.p, want.p, cur_left(&want));
	c = m.message;
	CHECK_INT(dhcp6_read(&c, &m), DHCP6_OK);
	CHECK_INT(m.type, DHCP6_REPLY);
	walk = dhcp6_walk_of(&m);
	CHECK(dhcp6_walk_next(&walk, &l));
	CHECK(is(&l.prefix.ip, "2001:db8:1::2") && l.prefix.plen == 128);
	CHECK_INT(l.valid_s, 3600);
	CHECK(!l.delegated);
	CHECK(dhcp6_walk_next(&walk, &l));
	CHECK(is(&l.prefix.ip, "2001:db8:ff00::") && l.prefix.plen == 56);
	CHECK_INT(l.valid_s, 7200);
	CHECK(l.delegated);
	CHECK(!dhcp6_walk_next(&walk, &l));
	CHECK(!dhcp6_walk_next(&walk, &l));
}

TEST(any_cut_of_a_message_is_refused_and_leaves_ret_alone)
{
	static const char *const name[] = { "dhcp/solicit6", "dhcp/relay-repl6" };

	for (size_t i = 0; i < ARRAY_LEN(name); i++) {
		uint8_t raw[600];
		struct cur whole = load(name[i], raw);

		for (size_t cut = 0; cut < cur_left(&whole); cut++) {
			struct cur c = cur_of(whole.p, cut);
			struct dhcp6 m = { .type = 77 };
			enum dhcp6_fault f = dhcp6_read(&c, &m);

			if (cut < (i ? 34u : 4u))
				CHECK_INT(f, DHCP6_SHORT);
			CHECK(f != DHCP6_OK ? m.type == 77 : m.type != 77);
			CHECK(f == DHCP6_OK || f == DHCP6_SHORT || f == DHCP6_BAD_OPTION);
		}
	}
}

TEST(addresses_that_are_malformed_end_the_walk)
{
	static const struct {
		const char *hex;
		unsigned n;
	} row[] = {
  /* IA_NA shorter than its header */
		{"07000001 0003 0004 00000001",						       0},
 /* IA_TA with an address */
		{ "07000001 0004 0020 00000001"
		  "0005 0018 20010db8000100000000000000000002 00000001 00000002",    1},
 /* an address that is cut, then a good IA */
		{ "07000001 0004 000c 00000001 0005 0004 20010db8"
		  "0004 0020 00000001"
		  "0005 0018 20010db8000100000000000000000002 00000001 00000002",    0},
 /* an option inside the IA longer than the IA */
		{ "07000001 0004 0008 00000001 0005 0018",                                            0},
 /* a prefix of more than 128 bits */
		{ "07000001 0019 0029 00000001 00000000 00000000"
		  "001a 0019 00000001 00000002 81 20010db8000000000000000000000000", 0},
 /* the same with 48, and a status behind it */
		{ "07000001 0019 0029 00000001 00000000 00000000"
		  "001a 0019 00000001 00000002 30 20010db8000000000000000000000000"
		  "000d 0002 0000",		                                  1},
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		uint8_t raw[200];
		struct cur c = cur_of(raw, t_hex(row[i].hex, raw, sizeof(raw)));
		struct dhcp6_lease l;
		struct dhcp6_walk w;
		struct dhcp6 m;
		unsigned n = 0;

		CHECK_INT(dhcp6_read(&c, &m), DHCP6_OK);
		for (w = dhcp6_walk_of(&m); dhcp6_walk_next(&w, &l); n++)
			CHECK_INT(l.valid_s, 2);
		CHECK_INT(n, row[i].n);
	}
}

TEST(faults_and_messages_have_names)
{
	CHECK_STR(dhcp6_fault_text(DHCP6_SHORT), "cut short");
	CHECK_STR(dhcp6_fault_text(DHCP6_FAULT_END), "unknown fault");
	CHECK_STR(dhcp6_type_text(DHCP6_SOLICIT), "SOLICIT");
	CHECK_STR(dhcp6_type_text(DHCP6_RELAY_REPL), "RELAY-REPL");
	CHECK_STR(dhcp6_type_text(0), "other");
	CHECK_STR(dhcp6_type_text(200), "other");
}
