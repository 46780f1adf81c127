/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/bpf.h>

#include "base/must.h"

#include "tests/bpf/rig.h"

/* From an attachment: to hosts here and elsewhere, and the errors on the way. */

static struct pk from_a(const char *dst_mac, const char *tags)
{
	struct pk p = { 0 };

	put(&p, dst_mac);
	put(&p, A_MAC);
	put(&p, tags);
	return p;
}

static struct pk echo4(const char *dst, unsigned ttl, unsigned data)
{
	struct pk p = from_a(PE_MAC, "0800");

	put_echo4(&p, "1.1.1.1", dst, ttl, data);
	return p;
}

static struct pk echo6(const char *dst, unsigned hops, unsigned data)
{
	struct pk p = from_a(VMAC6, "86dd");

	put_echo6(&p, "2001:db8:1::1", dst, hops, data);
	return p;
}

/* The inner packet as it must come out: one hop less, nothing else. */
static void check_inner4(const uint8_t *got, const struct pk *sent, size_t at)
{
	size_t len = sent->len - at;

	CHECK_INT(got[8], sent->b[at + 8] - 1);
	CHECK_INT(sum_ip4(got), 0);
	CHECK_MEM(got, sent->b + at, 8);
	CHECK_MEM(got + 12, sent->b + at + 12, len - 12);
}

TEST(a_packet_to_another_site_goes_by_mpls_in_udp_as_rfc_7510_says)
{
	struct rig *r = rig();
	struct pk p = echo4("1.1.1.3", 64, 0);
	struct out o = run(r->acc, p.b, p.len);

	CHECK_INT(o.verdict, XDP_REDIRECT);
	CHECK_INT(o.reason, ABI_TO_CORE);
	CHECK_INT(o.port, r->core);
	CHECK_INT(o.len, 14 + 20 + 8 + 4 + 28);
	CHECK_HEX(o.b, "0200000000020200000000010800"
	               "4500003c000140004011b698c000020bc000020c");
	CHECK(o.b[34] >= 0xc0);            /* an ephemeral port, of the flow */
	CHECK_HEX(o.b + 36, "19eb00280000" /* port 6635, length, no checksum */
	                    "007d31ff");   /* label 2003, bottom, TTL 255 */
	check_inner4(o.b + 46, &p, 14);
}

TEST(a_packet_to_another_site_goes_by_mpls_in_gre_as_rfc_4023_says)
{
	struct rig *r = rig();
	struct pk p = echo4("1.1.1.3", 64, 0);
	struct out o;

	rig_encap(DP_ENCAP_GRE, 0, 1600);
	o = run(r->acc, p.b, p.len);
	CHECK_INT(o.reason, ABI_TO_CORE);
	CHECK_INT(o.len, 14 + 20 + 4 + 4 + 28);
	CHECK_HEX(o.b, "0200000000020200000000010800"
	               "4500003800014000402fb67ec000020bc000020c"
	               "00008847"
	               "007d31ff");
	check_inner4(o.b + 42, &p, 14);
}

TEST(a_packet_to_another_site_goes_with_up_to_two_transport_labels)
{
	static const char *const stack[] = { "007d31ff", "00bb90ff007d31ff",
		                             "00bb90ff00bba0ff007d31ff" };
	struct rig *r = rig();
	struct pk p = echo4("1.1.1.3", 64, 0);

	for (unsigned n = 0; n <= 2; n++) {
		struct out o;

		rig_encap(DP_ENCAP_MPLS, (uint8_t)n, 1600);
		o = run(r->acc, p.b, p.len);
		CHECK_INT(o.reason, ABI_TO_CORE);
		CHECK_INT(o.len, 14 + 4 * (n + 1) + 28);
		CHECK_HEX(o.b, "0200000000020200000000018847");
		CHECK_HEX(o.b + 14, stack[n]);
		check_inner4(o.b + 14 + 4 * (n + 1), &p, 14);
	}
}

TEST(the_class_of_the_packet_is_that_of_its_labels)
{
	struct rig *r = rig();
	struct pk p = echo4("1.1.1.3", 64, 0);
	struct out o;

	p.b[15] = 0xb8; /* EF: precedence 5; the header checksum is not looked at */
	o = run(r->acc, p.b, p.len);
	CHECK_HEX(o.b + 42, "007d3bff");
}

TEST(the_source_port_is_the_flows_and_spreads_over_flows)
{
	struct rig *r = rig();
	unsigned seen[16] = { 0 }, buckets = 0;

	for (unsigned i = 0; i < 256; i++) {
		struct pk p = from_a(PE_MAC, "0800");
		unsigned one, two;
		struct out o;

		put_ip4(&p, "1.1.1.1", "1.1.1.3", 17, 64, 8);
		put_u16(&p, 1024 + i);
		put(&p, "003500080000");
		o = run(r->acc, p.b, p.len);
		one = (unsigned)o.b[34] << 8 | o.b[35];
		o = run(r->acc, p.b, p.len);
		two = (unsigned)o.b[34] << 8 | o.b[35];
		CHECK_INT(one, two);
		buckets += !seen[one & 15];
		seen[one & 15]++;
	}
	CHECK(buckets >= 14);
}

TEST(ipv6_goes_over_the_ipv4_core)
{
	struct rig *r = rig();
	struct pk p = echo6("2001:db8:1::3", 64, 8);
	struct out o = run(r->acc, p.b, p.len);

	CHECK_INT(o.reason, ABI_TO_CORE);
	CHECK_HEX(o.b + 42, "007d31ff");
	CHECK_INT(o.b[46 + 7], 63);
	CHECK_MEM(o.b + 46 + 8, p.b + 14 + 8, 32 + 16);
	CHECK_INT(o.len, 46 + 56);
}

TEST(between_attachments_the_tags_are_exchanged)
{
	static const struct {
		const char *in, *dst, *out;
		uint32_t in_ac;
	} way[] = {
		{"0800",                  "1.1.1.1", A_MAC PE_MAC "0800",                 1},
		{ "0800",                 "1.1.1.2", C_MAC PE_MAC "810000640800",         1},
		{ "0800",                 "4.4.0.1", E_MAC PE_MAC "88a800c88100001e0800", 1},
		{ "810000640800",         "1.1.1.1", A_MAC PE_MAC "0800",                 2},
		{ "8100e0640800",         "1.1.1.2", C_MAC PE_MAC "810000640800",
                 2									 }, /* a priority */
		{ "810000640800",         "4.4.0.1", E_MAC PE_MAC "88a800c88100001e0800", 2},
		{ "88a800c88100001e0800", "1.1.1.1", A_MAC PE_MAC "0800",                 3},
		{ "810000c88100001e0800", "1.1.1.2", C_MAC PE_MAC "810000640800",         3},
		{ "88a800c88100001e0800", "4.4.0.1", E_MAC PE_MAC "88a800c88100001e0800",
                 3									 },
		{ "810000000800",         "1.1.1.2", C_MAC PE_MAC "810000640800",
                 1									 }, /* VLAN 0 */
	};
	struct rig *r = rig();

	for (size_t i = 0; i < ARRAY_LEN(way); i++) {
		struct pk p = from_a(PE_MAC, way[i].in);
		size_t at = p.len, out = strlen(way[i].out) / 2;
		struct out o;

		put_echo4(&p, "1.1.1.9", way[i].dst, 64, 20);
		o = run(r->acc, p.b, p.len);
		CHECK_INT(o.reason, ABI_TO_HOST);
		CHECK_INT(o.port, r->acc); /* the port it came from: a hairpin is fine */
		CHECK_INT(o.len, out + 48);
		CHECK_HEX(o.b, way[i].out);
		check_inner4(o.b + out, &p, at);
	}
}

TEST(frames_that_are_not_ours_to_forward_are_dropped_by_reason)
{
	static const struct {
		const char *hex;
		uint32_t reason;
	} bad[] = {
		{"02bb00000000" A_MAC "0800",           ABI_ASTRAY    },
		{ "02bb00000000" A_MAC "88cc",          ABI_NOT_FOR_US},
		{ "ffffffffffff" A_MAC "0800",          ABI_GROUP     },
		{ "01005e000001" A_MAC "0800",          ABI_GROUP     },
		{ PE_MAC A_MAC "8847007d31ff",          ABI_LABELLED  },
		{ PE_MAC A_MAC "8848007d31ff",          ABI_LABELLED  },
		{ PE_MAC A_MAC "88cc",                  ABI_ETHERTYPE },
		{ PE_MAC A_MAC "810000650800",          ABI_NO_AC     },
		{ PE_MAC A_MAC "810000c881000063"
		               "0800", ABI_NO_AC     },
		{ PE_MAC A_MAC "810000c88100001e8100",  ABI_ETHERTYPE },
	};
	struct rig *r = rig();

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct pk p = { 0 };
		struct out o;

		put(&p, bad[i].hex);
		put_echo4(&p, "1.1.1.1", "1.1.1.3", 64, 20);
		o = run(r->acc, p.b, p.len);
		CHECK_INT(o.reason, bad[i].reason);
		CHECK_INT(o.verdict, XDP_DROP);
	}
}

TEST(addresses_no_host_may_use_are_dropped)
{
	static const struct {
		const char *src, *dst;
		uint32_t reason;
	} bad[] = {
		{ "1.1.1.1", "127.0.0.1", ABI_MARTIAN },  { "127.0.0.1", "1.1.1.3", ABI_MARTIAN },
		{ "1.1.1.1", "224.0.0.1", ABI_GROUP },    { "224.0.0.1", "1.1.1.3", ABI_MARTIAN },
		{ "1.1.1.1", "240.0.0.1", ABI_MARTIAN },  { "0.0.0.0", "1.1.1.3", ABI_MARTIAN },
		{ "1.1.1.1", "0.0.0.0", ABI_MARTIAN },    { "1.1.1.1", "169.254.1.1", ABI_LINK_LOCAL },
		{ "1.1.1.1", "255.255.255.255", ABI_MARTIAN },
	}, bad6[] = {
		{ "2001:db8:1::1", "::1", ABI_MARTIAN },  { "::1", "2001:db8:1::3", ABI_MARTIAN },
		{ "2001:db8:1::1", "ff02::1", ABI_GROUP }, { "::", "2001:db8:1::3", ABI_MARTIAN },
		{ "2001:db8:1::1", "fe80::1", ABI_LINK_LOCAL },
		{ "fe80::1", "2001:db8:1::3", ABI_LINK_LOCAL },
	};
	struct rig *r = rig();

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct pk p = from_a(PE_MAC, "0800");

		put_echo4(&p, bad[i].src, bad[i].dst, 64, 20);
		CHECK_INT(run(r->acc, p.b, p.len).reason, bad[i].reason);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad6); i++) {
		struct pk p = from_a(PE_MAC, "86dd");

		put_echo6(&p, bad6[i].src, bad6[i].dst, 64, 20);
		CHECK_INT(run(r->acc, p.b, p.len).reason, bad6[i].reason);
	}
}

TEST(a_frame_cut_anywhere_is_too_short_and_never_sent)
{
	struct rig *r = rig();
	struct pk p4 = echo4("1.1.1.3", 64, 20), p6 = echo6("2001:db8:1::3", 64, 20);

	for (size_t n = 14; n < p4.len; n++)
		CHECK_INT(run(r->acc, p4.b, n).reason, ABI_SHORT);
	for (size_t n = 14; n < p6.len; n++)
		CHECK_INT(run(r->acc, p6.b, n).reason, ABI_SHORT);
}

TEST(padding_behind_the_packet_does_not_count)
{
	struct rig *r = rig();
	struct pk p = echo4("1.1.1.3", 64, 0);
	struct out o;

	put_bytes(&p, 18); /* to the 60 bytes of an Ethernet frame */
	o = run(r->acc, p.b, p.len);
	CHECK_INT(o.reason, ABI_TO_CORE);
	CHECK_HEX(o.b + 16, "003c"); /* outer length: without it */
	CHECK_INT(o.len, 14 + 32 + 28);
	p = echo4("1.1.1.2", 64, 0); /* to a host here, an error, a ping to the gateway */
	put_bytes(&p, 18);
	CHECK_INT(run(r->acc, p.b, p.len).len, 18 + 28);
	p = echo4("1.1.1.3", 1, 0);
	put_bytes(&p, 18);
	o = run(r->acc, p.b, p.len);
	CHECK_INT(o.reason, ABI_SAID_EXCEEDED);
	CHECK_INT(o.len, 14 + 28 + 28);
	CHECK_INT(sum_icmp(o.b + 14, 56), 0);
	p = echo4("1.1.255.254", 64, 1);
	put_bytes(&p, 17);
	o = run(r->acc, p.b, p.len);
	CHECK_INT(o.reason, ABI_ECHOED);
	CHECK_INT(o.len, 14 + 29);
	CHECK_INT(sum_icmp(o.b + 14, 29), 0);
	p = echo6("2001:db8:1::3", 64, 0);
	put_bytes(&p, 2000); /* a small packet in a frame larger than the core takes */
	CHECK_INT(run(r->acc, p.b, p.len).len, 14 + 32 + 48);
}

TEST(ip_options_and_extension_headers_go_along)
{
	struct rig *r = rig();
	struct pk p = from_a(PE_MAC, "0800");
	struct out o;
	unsigned sum;

	put_ip4(&p, "1.1.1.1", "1.1.1.3", 17, 64, 4 + 8);
	put(&p, "94040000"); /* router alert */
	put(&p, "1234003500080000");
	p.b[14] = 0x46;
	p.b[24] = p.b[25] = 0;
	sum = sum_ip4(p.b + 14);
	p.b[24] = (uint8_t)(sum >> 8);
	p.b[25] = (uint8_t)sum;
	o = run(r->acc, p.b, p.len);
	CHECK_INT(o.reason, ABI_TO_CORE);
	check_inner4(o.b + 46, &p, 14);
	p.b[22] = 1; /* and TTL 1: quoted with its options */
	o = run(r->acc, p.b, p.len);
	CHECK_INT(o.reason, ABI_SAID_EXCEEDED);
	CHECK_MEM(o.b + 14 + 28, p.b + 14, 32);
	CHECK_INT(sum_icmp(o.b + 14, o.len - 14), 0);
	p = from_a(PE_MAC, "86dd");
	put_ip6(&p, "2001:db8:1::1", "2001:db8:1::3", 0, 64, 16);
	put(&p, "3b00050200000000");
	put_bytes(&p, 8);
	o = run(r->acc, p.b, p.len);
	CHECK_INT(o.reason, ABI_TO_CORE);
	CHECK_MEM(o.b + 46 + 8, p.b + 14 + 8, 32 + 16);
}

TEST(malformed_ip_headers_are_dropped)
{
	struct rig *r = rig();
	struct pk p = echo4("1.1.1.3", 64, 20);

	p.b[14] = 0x55;
	CHECK_INT(run(r->acc, p.b, p.len).reason, ABI_BAD_IP);
	p.b[14] = 0x44;
	CHECK_INT(run(r->acc, p.b, p.len).reason, ABI_BAD_IP);
	p.b[14] = 0x45;
	p.b[17] = 19;
	CHECK_INT(run(r->acc, p.b, p.len).reason, ABI_BAD_IP);
	p = echo6("2001:db8:1::3", 64, 20);
	p.b[14] = 0x40;
	CHECK_INT(run(r->acc, p.b, p.len).reason, ABI_BAD_IP);
}

/* ---- ICMP ----------------------------------------------------------------------------
 */

TEST(the_last_hop_is_told_to_the_sender_from_the_gateway)
{
	struct rig *r = rig();
	struct pk p = echo4("1.1.1.3", 1, 56);
	struct out o = run(r->acc, p.b, p.len);

	CHECK_INT(o.verdict, XDP_REDIRECT);
	CHECK_INT(o.reason, ABI_SAID_EXCEEDED);
	CHECK_INT(o.port, r->acc);
	CHECK_HEX(o.b, A_MAC PE_MAC "0800"
	                            "45c00070");
	CHECK_HEX(o.b + 26, "0101fffe01010101"
	                    "0b00");
	CHECK_MEM(o.b + 14 + 28, p.b + 14, p.len - 14); /* quoted whole, TTL and all */
	CHECK_INT(o.len, 14 + 28 + 84);
	CHECK_INT(sum_ip4(o.b + 14), 0);
	CHECK_INT(sum_icmp(o.b + 14, o.len - 14), 0);
	p = echo6("2001:db8:1::3", 1, 51);
	o = run(r->acc, p.b, p.len);
	CHECK_INT(o.reason, ABI_SAID_EXCEEDED);
	CHECK_HEX(o.b, A_MAC VMAC6 "86dd"
	                           "60000000");
	CHECK_HEX(o.b + 22, "20010db800010000000000000000fffe"
	                    "20010db8000100000000000000000001"
	                    "0300");
	CHECK_MEM(o.b + 14 + 48, p.b + 14, p.len - 14);
	CHECK_INT(sum_icmp(o.b + 14, o.len - 14), 0);
}

TEST(errors_keep_the_tags_and_are_as_long_as_they_may)
{
	static const char *const tags[] = { "0800", "810000640800",
		                            "88a800c88100001e0800" };
	struct rig *r = rig();

	for (unsigned t = 0; t < 3; t++) {
		for (unsigned data = 0; data <= 260; data += 13) {
			struct pk p = from_a(PE_MAC, tags[t]);
			size_t at = p.len, quote;
			struct out o;

			put_echo4(&p, "1.1.1.1", "1.1.1.3", 1, data);
			quote = p.len - at < 192 ? p.len - at : 192;
			o = run(r->acc, p.b, p.len);
			CHECK_INT(o.reason, ABI_SAID_EXCEEDED);
			CHECK_INT(o.len, at + 28 + quote);
			CHECK_HEX(o.b + 12, tags[t]);
			CHECK_MEM(o.b + at + 28, p.b + at, quote);
			CHECK_INT(sum_icmp(o.b + at, o.len - at), 0);
			CHECK_INT(sum_ip4(o.b + at), 0);
		}
	}
}

TEST(no_route_no_pass_and_the_daemon_hears_who_is_wanted)
{
	struct rig *r = rig();
	struct pk p = echo4("1.1.2.2", 64, 20);
	struct dp_evidence ev;
	struct out o = run(r->acc, p.b, p.len);
	struct ip want;

	CHECK_INT(o.reason, ABI_SAID_UNREACHABLE);
	CHECK_HEX(o.b + 34, "0301");
	CHECK(heard(&ev));
	CHECK_INT(ev.kind, DP_EV_MISS);
	CHECK_INT(ev.vrf, RIG_VRF);
	CHECK_INT(ev.ac, 1);
	CHECK(ip_parse("1.1.2.2", &want));
	CHECK(ip_eq(&ev.target, &want));
	CHECK(ip_parse("1.1.1.1", &want));
	CHECK(ip_eq(&ev.sender, &want));
	p = echo6("2001:db8:1::99", 64, 20);
	o = run(r->acc, p.b, p.len);
	CHECK_INT(o.reason, ABI_SAID_UNREACHABLE);
	CHECK_HEX(o.b + 54, "0103");
	CHECK_INT(sum_icmp(o.b + 14, o.len - 14), 0);
}

TEST(unreachables_are_ten_a_second)
{
	struct rig *r = rig();
	struct pk p = echo4("1.1.2.2", 64, 20);
	int said = 0, silent = 0;

	for (int i = 0; i < 50; i++) {
		uint32_t reason = run(r->acc, p.b, p.len).reason;

		said += reason == ABI_SAID_UNREACHABLE;
		silent += reason == ABI_UNREACHABLE;
	}
	CHECK_INT(said + silent, 50);
	CHECK(said >= 10 && said <= 13);
}

TEST(too_big_says_what_fits)
{
	static const struct {
		enum dp_encap encap;
		uint8_t labels;
		unsigned fits;
	} way[] = {
		{DP_ENCAP_UDP,   0, 1468},
		{ DP_ENCAP_GRE,  0, 1472},
		{ DP_ENCAP_MPLS, 0, 1496},
		{ DP_ENCAP_MPLS, 2, 1488},
	};
	struct rig *r = rig();

	for (size_t i = 0; i < ARRAY_LEN(way); i++) {
		struct pk p = echo4("1.1.1.3", 64, way[i].fits - 28), q;
		struct out o;

		rig_encap(way[i].encap, way[i].labels, 1500);
		o = run(r->acc, p.b, p.len);
		CHECK_INT(o.reason, ABI_TO_CORE);
		CHECK(o.len <= 14 + 1500);
		p = echo4("1.1.1.3", 64, way[i].fits - 27);
		o = run(r->acc, p.b, p.len);
		CHECK_INT(o.reason, ABI_SAID_TOO_BIG);
		CHECK_HEX(o.b + 34, "0304");
		CHECK_INT(o.b[40] << 8 | o.b[41], way[i].fits);
		CHECK_INT(sum_icmp(o.b + 14, o.len - 14), 0);
		CHECK_INT(o.len, 14 + 28 + 192);
		q = echo6("2001:db8:1::3", 64, way[i].fits - 47);
		o = run(r->acc, q.b, q.len);
		CHECK_INT(o.reason, ABI_SAID_TOO_BIG);
		CHECK_HEX(o.b + 54, "0200");
		CHECK_INT(o.b[60] << 8 | o.b[61], way[i].fits);
		CHECK_INT(sum_icmp(o.b + 14, o.len - 14), 0);
	}
}

TEST(never_an_error_about_an_error_or_a_later_fragment)
{
	struct rig *r = rig();
	struct pk p = echo4("1.1.1.3", 1, 20);

	p.b[34] = 3; /* destination unreachable */
	CHECK_INT(run(r->acc, p.b, p.len).reason, ABI_EXCEEDED);
	p = echo4("1.1.1.3", 1, 20);
	p.b[21] = 1; /* fragment offset */
	CHECK_INT(run(r->acc, p.b, p.len).reason, ABI_EXCEEDED);
	p = echo6("2001:db8:1::3", 1, 20);
	p.b[54] = 1;
	CHECK_INT(run(r->acc, p.b, p.len).reason, ABI_EXCEEDED);
}

TEST(never_an_error_about_an_error_behind_extension_headers)
{
	static const struct {
		const char *headers; /* all 8 bytes long */
		unsigned first;
		bool said;
	} way[] = {
		{"3a00000000000000"
		  "0100000000000000", 0,  false}, /* hop-by-hop */
		{ "3a00000000000000"
		  "8000000000000000", 60, true },
		{ "3a00000000000000"
		  "0100000000000000", 43, false},
		{ "3a00000000000001"
		  "0100000000000000", 44, false}, /* 1st fragment */
		{ "3a00000000000001"
		  "8000000000000000", 44, true },
		{ "3a00000800000001"
		  "8000000000000000", 44, false}, /* a later one */
		{ "3c000000000000003a0000000000000003000000"
		  "00000000",         0,  false},
		{ "110000000000000004d2003500080000",  0,  true },
		{ "3c000000000000003c000000000000003c000000000000003a00000000000000"
		  "8000000000000000", 60, false}, /* too many */
		{ "3aff000000000000"
		  "8000000000000000", 0,  false}, /* too long */
	};
	struct rig *r = rig();

	for (size_t i = 0; i < ARRAY_LEN(way); i++) {
		struct pk p = from_a(PE_MAC, "86dd");
		struct out o;

		put_ip6(&p, "2001:db8:1::1", "2001:db8:1::3", way[i].first, 1,
		        (unsigned)strlen(way[i].headers) / 2);
		put(&p, way[i].headers);
		o = run(r->acc, p.b, p.len);
		CHECK_INT(o.reason, way[i].said ? ABI_SAID_EXCEEDED : ABI_EXCEEDED);
	}
}

TEST(never_an_error_to_nobody_in_particular)
{
	static const char *const from[] = { "1.1.0.0", "1.1.255.255" };
	struct rig *r = rig();

	for (size_t i = 0; i < ARRAY_LEN(from); i++) {
		struct pk p = from_a(PE_MAC, "0800");

		put_echo4(&p, from[i], "1.1.1.3", 1, 20);
		CHECK_INT(run(r->acc, p.b, p.len).reason, ABI_EXCEEDED);
	}
}

TEST(a_directed_broadcast_is_dropped_without_a_word)
{
	static const char *const to[] = { "1.1.255.255", "1.1.0.0", "4.4.0.255" };
	struct rig *r = rig();

	for (size_t i = 0; i < ARRAY_LEN(to); i++) {
		struct pk p = echo4(to[i], 64, 20);

		CHECK_INT(run(r->acc, p.b, p.len).reason, ABI_GROUP);
	}
	CHECK_INT(events_heard(), 0);
}

TEST(the_gateway_answers_pings_and_nothing_else)
{
	struct rig *r = rig();
	struct pk p = echo4("1.1.255.254", 1, 33);
	struct out o = run(r->acc, p.b, p.len);

	CHECK_INT(o.reason, ABI_ECHOED);
	CHECK_INT(o.port, r->acc);
	CHECK_INT(o.len, p.len);
	CHECK_HEX(o.b, A_MAC PE_MAC "0800");
	CHECK_HEX(o.b + 26, "0101fffe01010101"
	                    "0000");
	CHECK_INT(o.b[22], 64);
	CHECK_INT(sum_ip4(o.b + 14), 0);
	CHECK_INT(sum_icmp(o.b + 14, o.len - 14), 0);
	CHECK_MEM(o.b + 38, p.b + 38, p.len - 38);
	p = echo6("2001:db8:1::fffe", 64, 33);
	o = run(r->acc, p.b, p.len);
	CHECK_INT(o.reason, ABI_ECHOED);
	CHECK_HEX(o.b + 54, "8100");
	CHECK_INT(sum_icmp(o.b + 14, o.len - 14), 0);
	p = from_a(PE_MAC, "0800");
	put_ip4(&p, "1.1.1.1", "1.1.255.254", 6, 64, 20);
	put_bytes(&p, 20);
	CHECK_INT(run(r->acc, p.b, p.len).reason, ABI_GATEWAY);
}

TEST(a_prefix_of_another_pe_is_used_from_the_edge)
{
	struct rig *r = rig();
	struct pk p = echo4("9.8.7.6", 64, 20);

	CHECK_INT(run(r->acc, p.b, p.len).reason, ABI_TO_CORE);
	p = echo4("8.8.8.8", 64, 20);
	CHECK_INT(run(r->acc, p.b, p.len).reason, ABI_SAID_UNREACHABLE);
	p = echo4("1.1.1.7", 64, 20);
	CHECK_INT(run(r->acc, p.b, p.len).reason, ABI_NO_PATH);
}

TEST(a_port_we_do_not_know_is_left_to_the_kernel)
{
	struct pk p = echo4("1.1.1.3", 64, 20);

	rig();
	CHECK_INT(run(1, p.b, p.len).verdict, XDP_PASS);
}
