/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/dhcp.h"

#include "base/must.h"
#include "wire/udp.h"

#include "tests/unit/wire/arp_nd_vec.h"

/* The DHCP message of a vector, which stays in raw. */
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

static bool bytes_are(struct dhcp_bytes b, const char *text)
{
	return b.len == strlen(text) && !memcmp(b.p, text, b.len);
}

TEST(a_request_reads_as_meant)
{
	uint8_t raw[600];
	struct cur c = load("dhcp/discover", raw);
	struct dhcp d;

	CHECK_INT(dhcp_read(&c, &d), DHCP_OK);
	CHECK_INT(d.op, DHCP_OP_REQUEST);
	CHECK_INT(d.htype, DHCP_HTYPE_ETHERNET);
	CHECK_INT(d.hlen, 6);
	CHECK_INT(d.xid, 0x11223344);
	CHECK_INT(d.type, DHCP_DISCOVER);
	CHECK(is(&d.giaddr, "0.0.0.0") && is(&d.ciaddr, "0.0.0.0"));
	CHECK_INT(d.chaddr[5], 0x0c);
	CHECK(!d.has_relay && !d.server.afi && !d.asked.afi && !d.lease_s);
}

TEST(a_reply_to_a_relay_reads_as_meant)
{
	uint8_t raw[600];
	struct cur c = load("dhcp/ack-relayed", raw);
	struct dhcp_relay r;
	struct dhcp d;

	CHECK_INT(dhcp_read(&c, &d), DHCP_OK);
	CHECK_INT(d.op, DHCP_OP_REPLY);
	CHECK_INT(d.type, DHCP_ACK);
	CHECK(is(&d.yiaddr, "1.1.1.2") && is(&d.giaddr, "10.255.0.11"));
	CHECK(is(&d.server, "1.1.255.254"));
	CHECK_INT(d.lease_s, 3600);
	CHECK(d.has_relay && !d.relay_misplaced);
	CHECK(dhcp_relay_read(d.relay, &r));
	CHECK(bytes_are(r.circuit, "eth0.100") && bytes_are(r.remote, "pe1"));
	CHECK(is(&r.link, "1.1.0.0") && is(&r.server, "1.1.255.254"));
	CHECK(bytes_are(r.vss, "blue") && r.vss_control);
}

TEST(what_a_relay_adds_is_the_golden_message)
{
	static const char circuit[] = "eth0.100", remote[] = "pe1", vss[] = "blue";
	struct dhcp_relay r = {
		.circuit = {(const uint8_t *)circuit, 8},
		.remote = { (const uint8_t *)remote, 3},
		.link = vec_ip("1.1.0.0"),
		.server = vec_ip("1.1.255.254"),
		.vss = { (const uint8_t *)vss,    4},
		.vss_control = true,
	};
	uint8_t raw[600], want_raw[600], out[600];
	struct cur c = load("dhcp/discover", raw),
		   want = load("dhcp/discover-relayed", want_raw);
	struct wbuf w = wbuf_of(out, sizeof(out));
	struct dhcp d;

	CHECK_INT(dhcp_read(&c, &d), DHCP_OK);
	d.giaddr = vec_ip("10.255.0.11");
	d.hops++;
	dhcp_write(&w, &d, &r);
	CHECK(wbuf_ok(&w));
	CHECK_INT(w.len, cur_left(&want));
	CHECK_MEM(out, want.p, w.len);
}

TEST(what_a_relay_takes_out_is_gone_and_the_rest_is_as_it_was)
{
	uint8_t raw[600], want_raw[600], out[600];
	struct cur c = load("dhcp/ack-relayed", raw), want = load("dhcp/ack", want_raw);
	struct wbuf w = wbuf_of(out, sizeof(out));
	struct dhcp d;

	CHECK_INT(dhcp_read(&c, &d), DHCP_OK);
	d.giaddr = vec_ip("0.0.0.0");
	dhcp_write(&w, &d, NULL);
	/* The golden one keeps the relay's address, as it tells nobody anything. */
	memcpy(out + 24, want.p + 24, 4);
	CHECK_INT(w.len, cur_left(&want));
	CHECK_MEM(out, want.p, w.len);
}

TEST(options_go_on_in_file_and_sname)
{
	uint8_t raw[600];
	struct cur c = load("dhcp/overload", raw);
	struct dhcp d;

	CHECK_INT(dhcp_read(&c, &d), DHCP_OK);
	CHECK_INT(d.flags, DHCP_FLAG_BROADCAST);
	CHECK_INT(d.type, DHCP_REQUEST);     /* in file */
	CHECK(is(&d.server, "1.1.255.254")); /* in file */
	CHECK(is(&d.asked, "1.1.1.2"));      /* in sname */
	CHECK(!d.has_relay && !d.relay_misplaced);
}

TEST(relay_information_is_seen_wherever_it_hides)
{
	uint8_t raw[600], twice[600];
	struct cur c = load("dhcp/hidden-82", raw);
	struct dhcp d;

	CHECK_INT(dhcp_read(&c, &d), DHCP_OK);
	CHECK(d.has_relay && d.relay_misplaced);

	/* Twice: the server would join the two (RFC 3396). */
	c = load("dhcp/discover", raw);
	memcpy(twice, c.p, 240);
	memcpy(twice + 240, "\x35\x01\x01\x52\x02\x01\x00\x52\x02\x01\x00\xff", 12);
	c = cur_of(twice, 252);
	CHECK_INT(dhcp_read(&c, &d), DHCP_OK);
	CHECK(d.has_relay && d.relay_misplaced);
}

TEST(any_cut_of_a_message_is_refused_or_has_lost_options_only)
{
	uint8_t raw[600];
	struct cur whole = load("dhcp/ack-relayed", raw);

	for (size_t cut = 0; cut < cur_left(&whole); cut++) {
		struct cur c = cur_of(whole.p, cut);
		struct dhcp d = { .op = 77 };
		enum dhcp_fault f = dhcp_read(&c, &d);

		if (cut < 236)
			CHECK_INT(f, DHCP_SHORT);
		else if (cut < 240)
			CHECK_INT(f, DHCP_NO_COOKIE);
		else if (f != DHCP_OK)
			CHECK_INT(f, DHCP_BAD_OPTION);
		CHECK(f == DHCP_OK || d.op == 77);
	}
}

TEST(a_wrong_field_is_refused_by_its_name)
{
	static const struct {
		size_t at;
		uint8_t val;
		enum dhcp_fault want;
	} row[] = {
		{0,    0,   DHCP_BAD_OP    },
		{ 0,   3,   DHCP_BAD_OP    },
		{ 2,   17,  DHCP_BAD_HLEN  },
		{ 237, 0,   DHCP_NO_COOKIE },
		{ 241, 2,   DHCP_BAD_OPTION}, /* option 53 of two octets */
		{ 241, 0,   DHCP_BAD_OPTION},
		{ 244, 250, DHCP_BAD_OPTION}, /* past the end */
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		uint8_t raw[600], bad[600];
		struct cur c = load("dhcp/discover", raw);
		size_t n = cur_left(&c);
		struct dhcp d;

		memcpy(bad, c.p, n);
		bad[row[i].at] = row[i].val;
		c = cur_of(bad, n);
		CHECK_INT(dhcp_read(&c, &d), row[i].want);
		CHECK(strlen(dhcp_fault_text(row[i].want)) > 0);
	}
	CHECK_STR(dhcp_fault_text(DHCP_FAULT_END), "unknown fault");
}

TEST(a_bad_option_in_file_or_sname_is_one_of_the_message)
{
	static const size_t at[] = { 44, 108 }; /* sname, file */

	for (size_t i = 0; i < ARRAY_LEN(at); i++) {
		uint8_t raw[600], bad[600];
		struct cur c = load("dhcp/overload", raw);
		size_t n = cur_left(&c);
		struct dhcp d;

		memcpy(bad, c.p, n);
		memcpy(bad + at[i], "\x0c\xfe", 2);
		c = cur_of(bad, n);
		CHECK_INT(dhcp_read(&c, &d), DHCP_BAD_OPTION);
	}
}

TEST(relay_information_that_is_malformed_is_refused)
{
	static const struct {
		const char *hex;
		bool ok;
	} row[] = {
		{"",                true },
		{ "0103414243",     true },
		{ "0104414243",     false}, /* past the end */
		{ "01",             false},
		{ "0503010101",     false}, /* not an address */
		{ "0b050101010101", false},
		{ "9700",           false}, /* no type */
		{ "970201ff",       true }, /* a VPN-ID (RFC 2685), which is not a name */
		{ "980101",         false},
		{ "c80141",         true }, /* unknown */
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		uint8_t raw[64];
		size_t n = t_hex(row[i].hex, raw, sizeof(raw));
		struct dhcp_relay r = { .vss_control = true };

		CHECK_INT(dhcp_relay_read(cur_of(raw, n), &r), row[i].ok);
		CHECK_INT(r.vss_control, !row[i].ok);
		CHECK_INT(r.vss.len, !row[i].ok ? 0 : r.vss.len);
	}
}

TEST(relay_information_longer_than_an_option_is_not_written)
{
	static uint8_t text[200];
	struct dhcp_relay r = {
		.circuit = {text,  200},
                  .remote = { text, 52 }
	};
	uint8_t raw[600], out[1200];
	struct cur c = load("dhcp/discover", raw);
	struct wbuf w = wbuf_of(out, sizeof(out));
	struct dhcp d;

	CHECK_INT(dhcp_read(&c, &d), DHCP_OK);
	dhcp_write(&w, &d, &r);
	CHECK(!wbuf_ok(&w));
	r.remote.len = 51;
	w = wbuf_of(out, sizeof(out));
	dhcp_write(&w, &d, &r);
	CHECK(wbuf_ok(&w));
}

TEST(messages_have_their_rfc_names)
{
	CHECK_STR(dhcp_type_text(0), "BOOTP");
	CHECK_STR(dhcp_type_text(DHCP_DISCOVER), "DISCOVER");
	CHECK_STR(dhcp_type_text(DHCP_INFORM), "INFORM");
	CHECK_STR(dhcp_type_text(9), "other");
}
