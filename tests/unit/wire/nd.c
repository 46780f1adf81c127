/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/nd.h"

#include "base/must.h"

#include "tests/unit/wire/arp_nd_vec.h"

#define A     "02:aa:00:00:00:0a"
#define VMAC6 "00:00:5e:00:02:0a"
#define GW    "2001:db8:1::ffff"

static const struct {
	const char *name;
	const char *dst_mac, *src_mac;
	struct nd nd; /* addresses and MAC as text below */
	const char *src, *dst, *target, *lla;
} golden[] = {
	{"nd/ns",
         "33:33:ff:00:00:03", A,
         { .type = ND_TYPE_NS },
         "2001:db8:1::1", "ff02::1:ff00:3",
         "2001:db8:1::3", A    },
	{ "nd/proxy-na",
         A,	           VMAC6,
         { .type = ND_TYPE_NA, .solicited = true },
         GW,	      "2001:db8:1::1",
         "2001:db8:1::3", VMAC6},
	{ "nd/pe-na",
         "33:33:00:00:00:01", VMAC6,
         { .type = ND_TYPE_NA, .override = true },
         GW,	      "ff02::1",
         "2001:db8:1::2", VMAC6},
	{ "nd/dad",
         "33:33:ff:00:00:01", A,
         { .type = ND_TYPE_NS },
         "::",	    "ff02::1:ff00:1",
         "2001:db8:1::1", NULL },
};

TEST(golden_nd_frames_read_as_meant_and_write_back_the_same)
{
	for (size_t i = 0; i < ARRAY_LEN(golden); i++) {
		uint8_t raw[128], out[128];
		size_t n = vec_load(golden[i].name, raw, sizeof(raw));
		struct cur c = cur_of(raw, n);
		struct wbuf w = wbuf_of(out, sizeof(out));
		struct ip src = vec_ip(golden[i].src), dst = vec_ip(golden[i].dst);
		struct ip target = vec_ip(golden[i].target);
		struct mac group = nd_group_mac(&dst),
			   dst_mac = vec_mac(golden[i].dst_mac);
		struct eth e;
		struct nd nd;

		CHECK_INT(eth_read(&c, &e), ETH_OK);
		CHECK_INT(e.type, ETH_TYPE_IP6);
		CHECK(mac_eq(&e.dst, &dst_mac));
		CHECK(!ip_is_multicast(&dst) || mac_eq(&group, &dst_mac));
		CHECK_INT(nd_read(&c, &nd), ND_OK);
		CHECK_INT(nd.type, golden[i].nd.type);
		CHECK(ip_eq(&nd.src, &src) && ip_eq(&nd.dst, &dst));
		CHECK(ip_eq(&nd.target, &target));
		CHECK_INT(nd.router, golden[i].nd.router);
		CHECK_INT(nd.solicited, golden[i].nd.solicited);
		CHECK_INT(nd.override, golden[i].nd.override);
		CHECK_INT(nd.has_lla, golden[i].lla != NULL);
		if (golden[i].lla) {
			struct mac lla = vec_mac(golden[i].lla);

			CHECK(mac_eq(&nd.lla, &lla));
		}
		eth_write(&w, &e);
		nd_write(&w, &nd);
		CHECK(wbuf_ok(&w));
		CHECK_INT(w.len, n);
		CHECK_MEM(out, raw, n);
	}
}

TEST(any_cut_of_an_nd_packet_is_short)
{
	uint8_t raw[128];
	size_t n = vec_load("nd/ns", raw, sizeof(raw));

	for (size_t cut = 14; cut < n; cut++) {
		struct cur c = cur_of(raw + 14, cut - 14);
		struct nd nd = { .router = true };

		CHECK_INT(nd_read(&c, &nd), ND_SHORT);
		CHECK(nd.router);
	}
}

enum { IP6 = 0, ICMP = 40 }; /* places in the packet */

static void fix_checksum(uint8_t *p, size_t n)
{
	struct ip src = ip_of(AFI_IP6, p + 8), dst = ip_of(AFI_IP6, p + 24);
	uint16_t sum;

	p[ICMP + 2] = p[ICMP + 3] = 0;
	sum = nd_checksum(&src, &dst, p + ICMP, n - ICMP);
	p[ICMP + 2] = (uint8_t)(sum >> 8);
	p[ICMP + 3] = (uint8_t)sum;
}

TEST(every_check_of_rfc_4861_refuses_by_its_name)
{
	static const struct {
		const char *name;
		size_t at;
		uint8_t val;
		bool fix; /* make the checksum right again */
		enum nd_fault want;
	} row[] = {
		{"nd/proxy-na", IP6 + 7,       254,  false, ND_HOP_LIMIT      },
		{ "nd/ns",      IP6 + 0,       0x45, false, ND_NOT_ND         },
		{ "nd/ns",      IP6 + 6,       44,   false, ND_NOT_ND         }, /* a fragment, RFC 6980 */
		{ "nd/ns",      ICMP + 0,      134,  true,  ND_NOT_ND         },
		{ "nd/ns",      ICMP + 1,      1,    true,  ND_CODE           },
		{ "nd/ns",      ICMP + 2,      0,    false, ND_CHECKSUM       },
		{ "nd/ns",      ICMP + 20,     9,    false, ND_CHECKSUM       },
		{ "nd/ns",      ICMP + 8,      0xff, true,  ND_TARGET         },
		{ "nd/ns",      ICMP + 25,     0,    true,  ND_OPTION         },
		{ "nd/ns",      ICMP + 25,     2,    true,  ND_OPTION         },
		{ "nd/ns",      ICMP + 26,     0x33, true,  ND_LLA            },
		{ "nd/dad",     IP6 + 24 + 11, 2,    true,  ND_DAD_NOT_GROUP  },
		{ "nd/pe-na",   ICMP + 4,      0x60, true,  ND_SOLICITED_GROUP},
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		uint8_t raw[128];
		size_t n = vec_load(row[i].name, raw, sizeof(raw)) - 14;
		struct cur c = cur_of(raw + 14, n);
		struct nd nd;
		enum nd_fault got;

		raw[14 + row[i].at] = row[i].val;
		if (row[i].fix)
			fix_checksum(raw + 14, n);
		got = nd_read(&c, &nd);
		if (got != row[i].want)
			t_fail(__FILE__, __LINE__, "row %zu: \"%s\", not \"%s\"", i,
			       nd_fault_text(got), nd_fault_text(row[i].want));
	}
}

TEST(address_detection_with_a_link_layer_address_is_refused)
{
	struct nd n = { .type = ND_TYPE_NS,
		        .src = vec_ip("::"),
		        .dst = vec_ip("ff02::1:ff00:1"),
		        .target = vec_ip("2001:db8:1::1"),
		        .has_lla = true,
		        .lla = vec_mac(A) };
	uint8_t raw[ND_LEN_MAX];
	struct wbuf w = wbuf_of(raw, sizeof(raw));
	struct cur c;

	nd_write(&w, &n);
	CHECK(wbuf_ok(&w));
	c = cur_of(raw, w.len);
	CHECK_INT(nd_read(&c, &n), ND_DAD_WITH_LLA);
}

TEST(unknown_options_and_padding_are_skipped)
{
	uint8_t raw[128];
	size_t n = vec_load("nd/ns", raw, sizeof(raw)) - 14;
	struct cur c;
	struct nd nd;

	/* a nonce (RFC 3971 5.3.2) in front of the link-layer address */
	memmove(raw + 14 + ICMP + 32, raw + 14 + ICMP + 24, 8);
	memcpy(raw + 14 + ICMP + 24, (uint8_t[]){ 14, 1, 1, 2, 3, 4, 5, 6 }, 8);
	raw[14 + 5] = 40;
	fix_checksum(raw + 14, n + 8);
	raw[14 + n + 8] = 0xaa; /* padding */
	c = cur_of(raw + 14, n + 9);
	CHECK_INT(nd_read(&c, &nd), ND_OK);
	CHECK(nd.has_lla);
	CHECK_INT(nd.lla.b[5], 0x0a);
}

TEST(a_full_buffer_is_noticed_and_nothing_is_written_past_it)
{
	struct nd n = { .type = ND_TYPE_NS,
		        .src = vec_ip("fe80::1"),
		        .dst = vec_ip("ff02::1"),
		        .target = vec_ip("2001:db8:1::1") };
	uint8_t raw[ND_LEN_MAX + 1];

	for (size_t cap = 0; cap < 64; cap++) {
		struct wbuf w = wbuf_of(raw, cap);

		raw[cap] = 0xee;
		nd_write(&w, &n);
		CHECK(!wbuf_ok(&w));
		CHECK_INT(raw[cap], 0xee);
	}
}

TEST(derived_addresses_are_those_of_the_rfcs)
{
	struct mac mac = vec_mac(VMAC6);
	struct ip ll = nd_linklocal(&mac), want = vec_ip("fe80::200:5eff:fe00:20a");
	struct ip host = vec_ip("2001:db8:1::1234:5678");
	struct ip group = nd_solicited_node(&host),
		  want_group = vec_ip("ff02::1:ff34:5678");

	CHECK(ip_eq(&ll, &want));
	CHECK(ip_eq(&group, &want_group));
}

TEST(echo_to_all_nodes_has_a_right_checksum)
{
	uint8_t raw[64];
	struct wbuf w = wbuf_of(raw, sizeof(raw));
	struct ip src = vec_ip(GW), dst = nd_all_nodes();

	nd_write_echo_all(&w, &src);
	CHECK(wbuf_ok(&w));
	CHECK_INT(w.len, 48);
	CHECK_INT(raw[ICMP], 128);
	CHECK_INT(raw[7], 255);
	CHECK_INT(nd_checksum(&src, &dst, raw + ICMP, 8), 0);
}

TEST(nd_advertisements_of_routers_carry_the_flag)
{
	uint8_t raw[128], out[128];
	size_t n = vec_load("nd/proxy-na", raw, sizeof(raw));
	struct cur c = cur_of(raw + 14, n - 14), again;
	struct wbuf w = wbuf_of(out, sizeof(out));
	struct nd nd, b;

	CHECK_INT(nd_read(&c, &nd), ND_OK);
	nd.router = true;
	nd.has_lla = false; /* nobody has to give one (RFC 4861 4.4) */
	nd_write(&w, &nd);
	again = cur_of(out, w.len);
	CHECK_INT(nd_read(&again, &b), ND_OK);
	CHECK(b.router && b.solicited && !b.override && !b.has_lla);
}

TEST(nd_options_of_every_wrong_kind_are_refused)
{
	static const struct {
		const char *hex; /* behind the target of an NS */
		enum nd_fault fault;
	} row[] = {
		{"",				     ND_OK    },
		{ "0101 02aa0000000a",                   ND_OK    },
		{ "0e01 000000000000 0101 02aa0000000a", ND_OK    }, /* nonce */
		{ "0101 02aa0000000a 0101 02aa0000000b", ND_OK    }, /* the first counts */
		{ "0201 02aa0000000a",                   ND_OK    }, /* not of an NS */
		{ "01",				  ND_OPTION},
		{ "0100",				ND_OPTION},
		{ "0101 02aa00000a",                     ND_OPTION},
		{ "0102 02aa0000000a",                   ND_OPTION},
		{ "0102 02aa0000000a 0000000000000000",  ND_LLA   },
		{ "0101 000000000000",                   ND_LLA   },
		{ "0101 010000000001",                   ND_LLA   },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		uint8_t raw[128], opt[64];
		size_t n = vec_load("nd/ns", raw, sizeof(raw)) - 14;
		size_t n_opt = t_hex(row[i].hex, opt, sizeof(opt));
		uint8_t *ip6 = raw + 14;
		struct ip src = ip_of(AFI_IP6, ip6 + 8), dst = ip_of(AFI_IP6, ip6 + 24);
		uint16_t sum;
		struct cur c;
		struct nd nd;

		n = 64 + n_opt; /* header, fixed part */
		memcpy(ip6 + 64, opt, n_opt);
		ip6[4] = 0;
		ip6[5] = (uint8_t)(n - 40);
		ip6[42] = ip6[43] = 0;
		sum = nd_checksum(&src, &dst, ip6 + 40, n - 40);
		ip6[42] = (uint8_t)(sum >> 8);
		ip6[43] = (uint8_t)sum;
		c = cur_of(ip6, n);
		if (nd_read(&c, &nd) != row[i].fault)
			t_fail(__FILE__, __LINE__, "\"%s\"", row[i].hex);
	}
}

TEST(nd_faults_have_names)
{
	for (unsigned f = ND_OK; f < ND_FAULT_END; f++)
		CHECK(*nd_fault_text(f));
	CHECK_STR(nd_fault_text(ND_FAULT_END), "unknown fault");
}
