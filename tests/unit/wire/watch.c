/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/bmp.h"
#include "wire/mrt.h"

#include "tests/t.h"

/* MRT and BMP to the octet, as RFC 6396 and RFC 7854 draw them. */
static uint8_t out[512];

static struct ip ip(const char *s)
{
	struct ip x;

	CHECK(ip_parse(s, &x));
	return x;
}

static void check(const struct wbuf *w, const char *hex)
{
	uint8_t want[sizeof(out)];
	size_t n = t_hex(hex, want, sizeof(want));

	CHECK(wbuf_ok(w));
	CHECK_INT(w->len, n);
	CHECK_MEM(w->buf, want, n);
}

static const int64_t at = INT64_C(0x65000000) * 1000000 + 0x1234;

static const struct vpn_nlri route = {
	.path_id = 7,
	.label = 0x12345,
	.rd = {{ 0, 0, 0xfd, 0xe8, 0, 0, 0, 100 }},
	.prefix = { .ip = { .afi = AFI_IP4, .b = { 10, 1, 2, 0 } },                        .plen = 24 },
};

TEST(a_peer_index_table_has_addresses_of_both_families)
{
	struct wbuf w = wbuf_of(out, sizeof(out));
	size_t start = mrt_open(&w, MRT_TABLE_DUMP_V2, MRT_PEER_INDEX_TABLE, at);

	mrt_peer_table(&w, 0xc0000201, "vw", 2);
	mrt_peer(&w, &(struct mrt_peer){ ip("192.0.2.11"), 65000, 0x0a000001 });
	mrt_peer(&w, &(struct mrt_peer){ ip("2001:db8::1"), 4200000000, 0x0a000002 });
	mrt_close(&w, start);
	check(&w, "65000000 000d 0001 00000030  c0000201 0002 7677 0002"
	          "02 0a000001 c000020b 0000fde8"
	          "03 0a000002 20010db8000000000000000000000001 fa56ea00");
}

TEST(a_rib_record_has_the_label_in_the_nlri_and_only_the_next_hop_of_mp_reach)
{
	static const uint8_t attrs[] = { 0x40, 1, 1, 0 };
	struct bgp_nexthop nh = { .addr = ip("192.0.2.11") };
	struct wbuf w = wbuf_of(out, sizeof(out));
	size_t start = mrt_open(&w, MRT_TABLE_DUMP_V2, MRT_RIB_GENERIC, at);
	size_t count = mrt_rib(&w, 5, BGP_VPN4, &route, false);

	mrt_rib_entry(&w, 1, 0x64ffffff, &nh, attrs, sizeof(attrs));
	mrt_rib_count(&w, count, 1);
	mrt_close(&w, start);
	check(&w, "65000000 000d 0006 00000034  00000005 0001 80"
	          "70 123451 0000fde800000064 0a0102  0001"
	          "0001 64ffffff 0014  800e0d 0c 0000000000000000 c000020b 40010100");
}

TEST(with_add_path_the_identifier_is_in_front_of_the_nlri)
{
	struct bgp_nexthop nh = { .addr = ip("2001:db8::11") };
	struct wbuf w = wbuf_of(out, sizeof(out));
	size_t start = mrt_open(&w, MRT_TABLE_DUMP_V2, MRT_RIB_GENERIC_ADDPATH, at);
	size_t count = mrt_rib(&w, 6, BGP_VPN4, &route, true);

	mrt_rib_entry(&w, 2, 0, &nh, NULL, 0);
	mrt_rib_count(&w, count, 1);
	mrt_close(&w, start);
	check(&w, "65000000 000d 000c 00000040  00000006 0001 80"
	          "00000007 70 123451 0000fde800000064 0a0102  0001"
	          "0002 00000000 001c  800e19 18 0000000000000000"
	          "20010db8000000000000000000000011");
}

TEST(a_state_change_has_microseconds_and_four_octet_numbers)
{
	const struct mrt_session s = { .peer_as = 65001,
		                       .local_as = 65000,
		                       .peer = ip("192.0.2.11") };
	struct wbuf w = wbuf_of(out, sizeof(out));
	size_t start = mrt_open(&w, MRT_BGP4MP_ET, MRT_STATE_CHANGE_AS4, at);

	mrt_session(&w, &s);
	wbuf_u16(&w, 5);
	wbuf_u16(&w, 6);
	mrt_close(&w, start);
	check(&w, "65000000 0011 0005 0000001c  00001234 0000fde9 0000fde8 0000 0001"
	          "c000020b 00000000 0005 0006");
}

TEST(a_bmp_message_counts_itself_and_names_its_peer)
{
	const struct bmp_peer p = { .flags = BMP_PEER_AS2,
		                    .address = ip("192.0.2.11"),
		                    .as = 65000,
		                    .id = 0x0a000001,
		                    .wall_us = at };
	const struct ip local = ip("192.0.2.1");
	struct wbuf w = wbuf_of(out, sizeof(out));
	size_t start = bmp_open(&w, BMP_PEER_UP);

	bmp_peer(&w, &p);
	bmp_session(&w, &local, 179, 40000);
	bmp_close(&w, start);
	check(&w, "03 00000044 03  00 20 0000000000000000"
	          "000000000000000000000000 c000020b 0000fde8 0a000001 65000000 00001234"
	          "000000000000000000000000 c0000201 00b3 9c40");
}

TEST(a_peer_of_ipv6_has_its_flag)
{
	const struct bmp_peer p = { .address = ip("2001:db8::1"), .as = 1 };
	struct wbuf w = wbuf_of(out, sizeof(out));

	bmp_peer(&w, &p);
	check(&w,
	      "00 80 0000000000000000 20010db8000000000000000000000001 00000001 00000000"
	      "00000000 00000000");
}

TEST(statistics_and_informations_are_tlvs)
{
	struct wbuf w = wbuf_of(out, sizeof(out));

	bmp_tlv(&w, BMP_INIT_NAME, "rr", 2);
	bmp_stat32(&w, BMP_STAT_TREAT_AS_WITHDRAW, 9);
	bmp_stat64(&w, BMP_STAT_ADJ_IN, UINT64_C(0x100000002));
	bmp_stat_family(&w, BMP_STAT_ADJ_IN_AFI, 2, 128, 3);
	check(&w, "0002 0002 7272  000b 0004 00000009  0007 0008 0000000100000002"
	          "0009 000b 0002 80 0000000000000003");
}

TEST(an_ipv6_next_hop_brings_its_link_local_one_and_an_unknown_end_is_zeros)
{
	const struct bgp_nexthop nh = { ip("2001:db8::1"), ip("fe80::1") };
	const struct bgp_nexthop odd = { ip("192.0.2.11"), ip("fe80::1") };
	const struct mrt_session s = { .peer_as = 1,
		                       .local_as = 2,
		                       .peer = ip("192.0.2.11") };
	struct wbuf w = wbuf_of(out, sizeof(out));

	mrt_rib_entry(&w, 1, 2, &nh, NULL, 0);
	check(&w, "0001 00000002 0034 800e31"
	          "30 0000000000000000 20010db8000000000000000000000001"
	          "0000000000000000 fe800000000000000000000000000001");
	w = wbuf_of(out, sizeof(out));
	mrt_rib_entry(&w, 1, 2, &odd, NULL, 0);
	check(&w, "0001 00000002 0010 800e0d 0c 0000000000000000 c000020b");
	w = wbuf_of(out, sizeof(out));
	mrt_session(&w, &s);
	check(&w, "00000001 00000002 0000 0001 c000020b 00000000");
	w = wbuf_of(out, sizeof(out));
	bmp_session(&w, &(struct ip){ 0 }, 1, 2); /* not known: zeros too */
	check(&w, "00000000000000000000000000000000 0001 0002");
}

/* What does not fit any more is not closed, counted or cut: it is known to be full. */
TEST(records_that_end_the_buffer_anywhere_stay_inside_it)
{
	const struct bgp_nexthop nh = { .addr = ip("192.0.2.11") };
	const struct bmp_peer peer = { .address = ip("192.0.2.11") };
	static uint8_t attrs[65535], big[70000];
	struct wbuf w = wbuf_of(big, sizeof(big));

	for (size_t cap = 12; cap < 120; cap++) {
		size_t start, count;

		memset(out, '#', sizeof(out));
		w = wbuf_of(out, cap);
		start = mrt_open(&w, MRT_TABLE_DUMP_V2, MRT_RIB_GENERIC, at);
		count = mrt_rib(&w, 5, BGP_VPN4, &route, false);
		mrt_rib_entry(&w, 1, 2, &nh, attrs, 20);
		mrt_rib_count(&w, count, 1);
		mrt_close(&w, start);
		CHECK_INT(wbuf_ok(&w), cap >= 80);
		CHECK(out[cap] == '#' && w.len <= cap);

		w = wbuf_of(out, cap);
		start = bmp_open(&w, 0);
		bmp_peer(&w, &peer);
		bmp_close(&w, start);
		CHECK_INT(wbuf_ok(&w), cap >= 48);
		CHECK(out[cap] == '#' && w.len <= cap);
	}
	w = wbuf_of(big, sizeof(big)); /* more than the entry's length can say */
	mrt_rib_entry(&w, 1, 2, &nh, attrs, sizeof(attrs));
	CHECK(!wbuf_ok(&w));
}
