/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/must.h"
#include "wire/bgp_aspath.h"
#include "wire/bgp_msg.h"
#include "wire/bgp_update.h"
#include "wire/bgp_write.h"

#include "tests/t.h"

/* NLRI, AS_PATH, attribute images, and UPDATEs packed of them. */

/* 65000:1 10.1.2.0/24 label 100 */
static const uint8_t vpn_route[] = {
	112,  0x00, 0x06, 0x41,                         /* 24+64+24 bits, label 100, S */
	0x00, 0x00, 0xfd, 0xe8, 0x00, 0x00, 0x00, 0x01, /* RD type 0 */
	10,   1,    2,
};

TEST(vpn_reads_what_the_rfc_draws)
{
	struct cur c = cur_of(vpn_route, sizeof(vpn_route));
	char rd[RD_STRLEN], p[PREFIX_STRLEN];
	struct vpn_nlri r;

	CHECK_INT(nlri_vpn_read(&c, AFI_IP4, false, &r), NLRI_OK);
	CHECK(cur_done(&c));
	CHECK_INT(r.label, 100);
	CHECK_STR(rd_fmt(&r.rd, rd), "65000:1");
	CHECK_STR(prefix_fmt(&r.prefix, p), "10.1.2.0/24");
}

TEST(vpn_any_cut_is_short_and_leaves_ret_alone)
{
	for (size_t n = 0; n < sizeof(vpn_route); n++) {
		struct cur c = cur_of(vpn_route, n);
		struct vpn_nlri r = { .path_id = 77 };

		CHECK_INT(nlri_vpn_read(&c, AFI_IP4, false, &r), NLRI_SHORT);
		CHECK_INT(r.path_id, 77);
	}
}

TEST(vpn_host_bits_are_dropped)
{
	uint8_t b[sizeof(vpn_route)];
	char p[PREFIX_STRLEN];
	struct vpn_nlri r;
	struct cur c = cur_of(b, sizeof(b));

	memcpy(b, vpn_route, sizeof(b));
	b[0] = 24 + 64 + 20;
	b[14] = 0xff; /* third octet: 4 bits of prefix, 4 of noise */
	CHECK_INT(nlri_vpn_read(&c, AFI_IP4, false, &r), NLRI_OK);
	CHECK_STR(prefix_fmt(&r.prefix, p), "10.1.240.0/20");
}

TEST(vpn_label_field_in_all_its_forms)
{
	static const struct {
		uint8_t b[3];
		uint32_t label;
		bool ok;
	} row[] = {
		{{ 0x80, 0, 0 },
                 0x80000,		        true }, /* a withdrawal's; there it is not looked at */
		{ { 0, 0, 0 },          0,       false},
		{ { 0, 0, 0x31 },       3,       false},
		{ { 0, 0, 0xf1 },       15,      false},
		{ { 0, 1, 0x01 },       16,      true },
		{ { 0, 1, 0x0f },       16,      true }, /* traffic class set */
		{ { 0xff, 0xff, 0xf0 }, 0xfffff, true }, /* bottom of stack clear */
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		uint8_t b[sizeof(vpn_route)];
		struct cur c = cur_of(b, sizeof(b));
		struct vpn_nlri r;

		memcpy(b, vpn_route, sizeof(b));
		memcpy(b + 1, row[i].b, 3);
		CHECK_INT(nlri_vpn_read(&c, AFI_IP4, false, &r), NLRI_OK);
		CHECK_INT(r.label, row[i].label);
		CHECK_INT(nlri_vpn_label_ok(&r), row[i].ok);
	}
}

/* The walk and the readers agree on every length octet, with and without path ids. */
TEST(nlri_lengths_are_those_of_the_family)
{
	static const struct {
		enum bgp_family f;
		unsigned min, max;
	} row[] = {
		{BGP_VPN4,  88, 120},
                { BGP_VPN6, 88, 216},
                { BGP_RTC,  32, 96 },
		{ BGP_IP4,  0,  32 },
                { BGP_IP6,  0,  128},
	};

	for (size_t i = 0; i < ARRAY_LEN(row) * 512; i++) {
		unsigned k = (unsigned)(i / 512), bits = i % 256;
		bool addpath = i % 512 / 256, rtc = row[k].f == BGP_RTC;
		uint8_t b[64] = { 0 };
		size_t n, len = (addpath ? 4 : 0) + 1 + (bits + 7) / 8;
		struct cur c, all = cur_of(b, len);
		enum afi afi = bgp_family_afi(row[k].f);
		struct vpn_nlri vpn;
		struct rtc_nlri mem;
		struct ip_nlri ip;
		enum nlri_err want, got;

		want = (bits >= row[k].min && bits <= row[k].max) || (rtc && !bits)
		               ? NLRI_OK
		               : NLRI_BADLEN;
		b[addpath ? 4 : 0] = (uint8_t)bits;
		CHECK_INT(nlri_check(row[k].f, all, addpath, &n), want);
		CHECK_INT(n, want == NLRI_OK);
		c = all;
		got = row[k].f == BGP_VPN4 || row[k].f == BGP_VPN6
		              ? nlri_vpn_read(&c, afi, addpath, &vpn)
		      : rtc ? nlri_rtc_read(&c, addpath, &mem)
		            : nlri_ip_read(&c, afi, addpath, &ip);
		CHECK_INT(got, want);
		CHECK(got != NLRI_OK || cur_done(&c));
	}
}

TEST(nlri_path_ids_come_and_go)
{
	uint8_t b[64];
	struct wbuf w = wbuf_of(b, sizeof(b));
	struct vpn_nlri r = { .path_id = 7, .label = 100 }, s;
	struct cur c;
	size_t n;

	CHECK(prefix_parse("2001:db8::/33", &r.prefix));
	nlri_vpn_write(&w, &r, true);
	c = cur_of(b, w.len);
	CHECK_INT(nlri_check(BGP_VPN6, c, true, &n), NLRI_OK);
	CHECK_INT(n, 1);
	CHECK_INT(nlri_vpn_read(&c, AFI_IP6, true, &s), NLRI_OK);
	CHECK_INT(s.path_id, 7);
	CHECK(prefix_eq(&r.prefix, &s.prefix));
}

TEST(membership_covers_targets_by_prefix)
{
	struct rtc_nlri all = { 0 }, exact = { .origin_as = 65000, .bits = 96 };
	struct rtc_nlri as = { .origin_as = 65000, .bits = 32 };
	struct rtc_nlri half = { .origin_as = 65000,
		                 .bits = 64,
		                 .rt = { { 0, 2, 0xfd, 0xe8 } } };
	struct extcom a, b, c;

	CHECK(extcom_parse("65000:100", EXTCOM_RT, &a));
	CHECK(extcom_parse("65000:101", EXTCOM_RT, &b));
	CHECK(extcom_parse("65001:100", EXTCOM_RT, &c));
	exact.rt = a;
	CHECK(nlri_rtc_covers(&all, &a) && nlri_rtc_covers(&as, &a));
	CHECK(nlri_rtc_covers(&exact, &a) && !nlri_rtc_covers(&exact, &b));
	CHECK(nlri_rtc_covers(&half, &b) && !nlri_rtc_covers(&half, &c));
}

static struct bgp_span span_hex(const char *hex, uint8_t *buf, size_t cap)
{
	return (struct bgp_span){ .p = buf, .n = t_hex(hex, buf, cap) };
}

TEST(aspath_in_words_and_numbers)
{
	static const struct {
		const char *hex, *text;
		size_t length;
		uint32_t first;
	} row[] = {
		{"",				      "",                 0, 0    },
		{ "0201 0000fde9",                        "65001",            1, 65001},
		{ "0202 0000fde9 fffffff0",               "65001 4294967280", 2, 65001},
		{ "0201 0000fde9 0102 00000001 00000002", "65001 {1 2}",      2, 65001},
		{ "0102 00000001 00000002",               "{1 2}",            1, 0    },
		{ "0302 00000001 00000002 0201 00000003", "(1 2) 3",          1, 3    },
		{ "0401 00000001",                        "[1]",              0, 0    },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		uint8_t buf[64];
		struct bgp_span path = span_hex(row[i].hex, buf, sizeof(buf));
		char text[64];

		CHECK_STR(bgp_aspath_fmt(&path, text, sizeof(text)), row[i].text);
		CHECK_INT(bgp_aspath_length(&path), row[i].length);
		CHECK_INT(bgp_aspath_first(&path), row[i].first);
		CHECK(!bgp_aspath_has(&path, 64999));
	}
}

TEST(aspath_text_ends_where_the_buffer_does)
{
	uint8_t buf[64];
	struct bgp_span path =
		span_hex("0203 0000fde9 0000fdea 0000fdeb", buf, sizeof(buf));
	char text[64], full[64];

	bgp_aspath_fmt(&path, full, sizeof(full));
	for (size_t cap = 1; cap < sizeof(text); cap++) {
		memset(text, 'x', sizeof(text));
		bgp_aspath_fmt(&path, text, cap);
		CHECK(strlen(text) < cap);
		CHECK(cap == sizeof(text) || text[cap] == 'x');
		CHECK(!strcmp(text, full) || cap < 6 || strstr(text, "…"));
	}
}

/* RFC 6793 4.2.3 */
TEST(aspath_of_two_octet_speakers_is_rebuilt)
{
	static const struct {
		const char *path2, *path4, *want;
	} row[] = {
		{"",				    "",			    ""                     },
		{ "0202 fde9 5ba0",                     "",                            "65001 23456"          },
		{ "0202 fde9 5ba0",                     "0201 fffffff0",               "65001 4294967280"     },
		{ "0202 5ba0 5ba0",                     "0202 fffffff0 fffffff1",      "4294967280 4294967281"},
 /* longer than AS_PATH: somebody cut that one, AS4_PATH counts for nothing
  */
		{ "0201 5ba0",                          "0202 fffffff0 fffffff1",      "23456"                },
		{ "0203 0001 0002 5ba0 0102 0003 0004",
                 "0201 fffffff0 0102 00000003 00000004",                               "1 2 4294967280 {3 4}" },
		{ "0101 0001 0201 5ba0",                "0201 fffffff0",               "{1} 4294967280"       },
 /* confederations do not belong into AS4_PATH */
		{ "0202 fde9 5ba0",                     "0301 00000009 0201 fffffff0", "65001 4294967280"     },
		{ "0301 0009 0202 fde9 5ba0",           "0201 fffffff0",               "(9) 65001 4294967280" },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		uint8_t b2[64], b4[64], ret[BGP_AS_PATH_MAX];
		struct bgp_span p2 = span_hex(row[i].path2, b2, sizeof(b2));
		struct bgp_span p4 = span_hex(row[i].path4, b4, sizeof(b4));
		struct bgp_span got = { .p = ret };
		char text[128];

		CHECK_INT(bgp_aspath_merge(p2.p, p2.n, p4.p, p4.n, ret, &got.n),
		          BGP_ASPATH_OK);
		CHECK_STR(bgp_aspath_fmt(&got, text, sizeof(text)), row[i].want);
	}
}

TEST(aspath_merged_beyond_the_limit_is_too_long)
{
	static uint8_t p2[BGP_MAX_ASNS * 4], p4[4 * (2 + 255 * 4)], ret[BGP_AS_PATH_MAX];
	size_t n;

	for (size_t i = 0; i < BGP_MAX_ASNS; i++)
		memcpy(p2 + i * 4, ((uint8_t[]){ 2, 1, 0, 1 }), 4);
	for (size_t i = 0; i < 2; i++) { /* a set counts one and holds 255 */
		uint8_t *s = p4 + i * (2 + 255 * 4);

		memset(s, 1, 2 + 255 * 4);
		s[1] = 255;
	}
	CHECK_INT(bgp_aspath_merge(p2, sizeof(p2), NULL, 0, ret, &n), BGP_ASPATH_OK);
	CHECK_INT(bgp_aspath_merge(p2, sizeof(p2), p4, 2 * (2 + 255 * 4), ret, &n),
	          BGP_ASPATH_LONG);
}

static const struct bgp_ctx inside = { .ibgp = true,
	                               .as4 = true,
	                               .families = UINT32_MAX };

#define REACH "800e210001800c0000000000000000c000020c0078186b010001c000020c006401010103"

static enum bgp_fate read_attrs(const struct bgp_ctx *ctx, const char *attrs,
                                struct bgp_update *ret)
{
	static uint8_t body[BGP_MSG_MAX];
	size_t n = t_hex(attrs, body + 4, sizeof(body) - 4);

	body[0] = body[1] = 0;
	body[2] = (uint8_t)(n >> 8);
	body[3] = (uint8_t)n;
	return bgp_update_read(ctx, body, n + 4, ret);
}

TEST(update_of_a_two_octet_peer_is_normalised)
{
	const struct bgp_ctx ctx = { .ibgp = true, .families = UINT32_MAX };
	static struct bgp_update u;
	char text[64];

	CHECK_INT(read_attrs(&ctx,
	                     "c01106 0201fffffff0 " REACH " 40010100 400206 0202fde95ba0"
	                     "c00706 5ba0c0000201 c01208 fffffff0c0000202",
	                     &u),
	          BGP_OK);
	CHECK_STR(bgp_aspath_fmt(&u.attrs.as_path, text, sizeof(text)),
	          "65001 4294967280");
	CHECK_INT(u.attrs.aggregator_as, 4294967280);
	CHECK_INT(u.attrs.aggregator_id, 0xc0000202);

	/* AGGREGATOR was made by a two-octet speaker after AS4_*: both are ignored */
	CHECK_INT(read_attrs(&ctx,
	                     REACH " 40010100 400206 0202fde95ba0 c01106 0201fffffff0"
	                           "c00706 fde9c0000201 c01208 fffffff0c0000202",
	                     &u),
	          BGP_OK);
	CHECK_STR(bgp_aspath_fmt(&u.attrs.as_path, text, sizeof(text)), "65001 23456");
	CHECK_INT(u.attrs.aggregator_as, 65001);

	/* a malformed AS4_PATH is dropped, and no more than that (RFC 6793 6) */
	CHECK_INT(read_attrs(&ctx,
	                     REACH " 40010100 400206 0202fde95ba0 c01106 0202fffffff0",
	                     &u),
	          BGP_DISCARD_ATTR);
	CHECK_STR(bgp_aspath_fmt(&u.attrs.as_path, text, sizeof(text)), "65001 23456");
}

/* They are merged into AS_PATH and AGGREGATOR (RFC 6793 4.2.3); a set that still said it
 * has them would differ from the view of its own image. */
TEST(as4_attributes_of_a_two_octet_peer_leave_no_trace_in_the_set)
{
	static const char *const attrs[] = {
		"c01106 0201fffffff0",
		"c00706 5ba0c0000201 c01208 fffffff0c0000202",
		"c00706 fde9c0000201 c01208 fffffff0c0000202", /* ignored */
		"c01106 0202fffffff0",                         /* malformed, dropped */
		"e01106 0201fffffff0 e01208 fffffff0c0000202", /* partial */
	};
	const struct bgp_ctx ctx = { .ibgp = true, .families = UINT32_MAX };
	static struct bgp_update u;

	for (size_t i = 0; i < ARRAY_LEN(attrs); i++) {
		uint8_t image[512];
		struct wbuf w = wbuf_of(image, sizeof(image));
		struct bgp_attrs view;
		char hex[512];

		snprintf(hex, sizeof(hex), REACH " 40010100 400206 0202fde95ba0 %s",
		         attrs[i]);
		CHECK(read_attrs(&ctx, hex, &u) <= BGP_DISCARD_ATTR);
		CHECK(!bgp_attr_has(&u.attrs, BGP_ATTR_AS4_PATH));
		CHECK(!bgp_attr_has(&u.attrs, BGP_ATTR_AS4_AGGREGATOR));
		CHECK_INT(u.attrs.n_carried, 0);
		CHECK(bgp_attrs_canon(&u.attrs, &w));
		CHECK(bgp_attrs_of_canon(image, w.len, &view));
		CHECK_INT(view.present, u.attrs.present);
		CHECK_INT(view.partial, u.attrs.partial);
	}
}

TEST(next_hops_of_every_family)
{
	struct bgp_ctx ctx = inside;
	static const struct {
		const char *mp, *want;
		uint32_t ext;
	} row[] = {
		{"800e110001800c0000000000000000c000020c00",                               "192.0.2.12",  0             },
		{ "800e1d00018018000000000000000020010db800000000000000000000000100",
                 "2001:db8::1",									   1u << BGP_VPN4},
		{ "800e1d00028018000000000000000020010db800000000000000000000000100",
                 "2001:db8::1",									   0             },
		{ "800e1d00028018000000000000000000000000000000000000ffffc000020c00",
                 "192.0.2.12",									    0             },
		{ "800e35000280300000000000000000 20010db8000000000000000000000001"
		  "0000000000000000 fe800000000000000000000000000002 00", "2001:db8::1", 0             },
		{ "800e0900018404c000020b00",					      "192.0.2.11",  0             },
		{ "800e150001841020010db800000000000000000000000100",                      "2001:db8::1", 0             },
		{ "800e0900010104c000020b00",					      "192.0.2.11",  0             },
		{ "800e150002011020010db800000000000000000000000100",                      "2001:db8::1", 0             },
		{ "800e25000201 20 20010db8000000000000000000000001"
		  "fe800000000000000000000000000002 00",		  "2001:db8::1", 0             },
	};
	static struct bgp_update u;

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		char ip[IP_STRLEN];

		ctx.ext_next_hop = row[i].ext;
		CHECK_INT(read_attrs(&ctx, row[i].mp, &u), BGP_OK);
		CHECK(u.reach.present);
		CHECK_STR(ip_fmt(&u.reach.nexthop.addr, ip), row[i].want);
		CHECK(ip_eq(&u.attrs.nexthop.addr, &u.reach.nexthop.addr));
	}
}

static size_t image_of(const char *attrs, uint8_t *ret, size_t cap)
{
	static struct bgp_update u;
	struct wbuf w = wbuf_of(ret, cap);

	CHECK_INT(read_attrs(&inside, attrs, &u), BGP_OK);
	return bgp_attrs_canon(&u.attrs, &w);
}

#define ORIGIN "40010102"
#define PATH   "4002060201000000fd"
#define PREF   "40050400000064"
#define RT     "c010080002fde800000064"

TEST(image_does_not_depend_on_order_flags_or_length_form)
{
	uint8_t a[512], b[512];
	size_t n = image_of(REACH ORIGIN PATH PREF RT "e06301aa e06401bb", a, sizeof(a));

	CHECK(n > 0);
	CHECK_INT(image_of("f0640001bb" RT
	                   "500500040000006450010001024f02060201000000fd" REACH
	                   "c06301aa",
	                   b, sizeof(b)),
	          n);
	CHECK_MEM(a, b, n);
}

TEST(image_is_in_ascending_order_and_views_the_same)
{
	uint8_t want[512], got[512], again[512];
	size_t n =
		t_hex(ORIGIN PATH
	              "80040400000007" PREF "400600 c007080000fde8c0000201"
	              "c00804ffffff01 800904c000020c 800a04c0000201" RT
	              "c01605000600 0010 c0200c0000fde80000000100000002 e06304deadbeef",
	              want, sizeof(want));
	struct wbuf w = wbuf_of(again, sizeof(again));
	struct bgp_attrs a;

	CHECK_INT(
		image_of(
			"e06304deadbeef c0200c0000fde80000000100000002 c01605000600 0010" RT
			"800a04c0000201 800904c000020c c00804ffffff01"
			"c007080000fde8c0000201 400600" PREF
			"80040400000007" PATH ORIGIN REACH,
			got, sizeof(got)),
		n);
	CHECK_MEM(got, want, n);
	CHECK(bgp_attrs_of_canon(got, n, &a));
	CHECK_INT(a.med, 7);
	CHECK_INT(bgp_attr_local_pref(&a), 100);
	CHECK(a.atomic_aggregate);
	CHECK(bgp_attr_has_cluster(&a, 0xc0000201) &&
	      !bgp_attr_has_cluster(&a, 0xc0000202));
	CHECK(bgp_attr_has_community(&a, 0xffffff01) && !bgp_attr_has_community(&a, 1));
	CHECK_INT(bgp_attr_n_extcoms(&a), 1);
	CHECK_INT(a.n_carried, 2);
	CHECK_INT(bgp_attrs_canon(&a, &w), n);
	CHECK_MEM(again, want, n);
	for (size_t cut = 1; cut < n; cut++)
		(void)bgp_attrs_of_canon(got, cut, &a);
	CHECK(bgp_attrs_of_canon(got, n, &a));
	for (size_t cap = 0; cap < n; cap++) {
		w = wbuf_of(again, cap);
		CHECK_INT(bgp_attrs_canon(&a, &w), 0);
	}
}

static void check_sent(const char *image, const struct bgp_send *send,
                       const char *want_hex)
{
	uint8_t want[512], got[512], img[512];
	size_t n = t_hex(want_hex, want, sizeof(want)),
	       ni = t_hex(image, img, sizeof(img));
	struct wbuf w = wbuf_of(got, sizeof(got));

	CHECK(bgp_write_attrs(&w, img, ni, send));
	if (w.len != n || memcmp(got, want, n) != 0) {
		for (size_t i = 0; i < w.len; i++)
			fprintf(stderr, "%02x", got[i]);
		t_fail(__FILE__, __LINE__, " was sent, not %s", want_hex);
	}
	for (size_t cap = 0; cap < n; cap++) {
		w = wbuf_of(got, cap);
		CHECK(!bgp_write_attrs(&w, img, ni, send));
	}
}

TEST(reflected_attributes_get_originator_and_cluster)
{
	const struct bgp_send rr = {
		.as4 = true,
		.reflect = true,
		.originator_id = 0xc000020c,
		.cluster_id = 0xc0000201,
	};

	check_sent(ORIGIN PATH PREF RT, &rr,
	           ORIGIN PATH PREF "800904c000020c 800a04c0000201" RT);
	check_sent(ORIGIN PATH PREF, &rr,
	           ORIGIN PATH PREF "800904c000020c 800a04c0000201");
	/* one that was reflected before keeps its originator */
	check_sent(ORIGIN PATH "8009040a000001 800a040a000002" RT, &rr,
	           ORIGIN PATH "8009040a000001 800a08c00002010a000002" RT);
	check_sent(ORIGIN PATH "800a040a000002", &rr,
	           ORIGIN PATH "800904c000020c 800a08c00002010a000002");
}

#define PREF100 "40050400000064"
#define PREF200 "400504000000c8"

/* RFC 4271 5.1.5: inside the AS it is always there, if only from outside or from those
 * who left it out. */
TEST(local_pref_is_added_inside_the_as_where_it_is_missing)
{
	static const struct {
		const char *image, *want;
	} row[] = {
		{"40010100400200",                           "40010100400200" PREF100},
		{ "40010100400200" PREF200,                  "40010100400200" PREF200},
		{ "40010100400200c00804fde80001",
                 "40010100400200" PREF100 "c00804fde80001"                           },
		{ "40010100400200" PREF200 "c00804fde80001",
                 "40010100400200" PREF200 "c00804fde80001"                           },
	};
	struct bgp_send send = { .as4 = true, .local_pref = true };

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		for (int k = 0; k < 2; k++) {
			uint8_t image[64], want[64], got[64];
			struct wbuf w = wbuf_of(got, sizeof(got));
			size_t n = t_hex(row[i].image, image, sizeof(image));
			size_t len = t_hex(row[i].want, want, sizeof(want));

			/* as it is, and by way of the loop over the attributes */
			send.as4 = !k;
			CHECK(bgp_write_attrs(&w, image, n, &send));
			CHECK_INT(w.len, len);
			CHECK_MEM(got, want, len);
		}
	}
}

/* RFC 4684 3.2: a membership on its way to a client. */
TEST(a_reflector_may_put_itself_in_the_originators_place)
{
	const struct bgp_send rr = {
		.as4 = true,
		.reflect = true,
		.own_originator = true,
		.originator_id = 0xc0000201,
		.cluster_id = 0xc0000201,
	};

	check_sent(ORIGIN PATH PREF, &rr,
	           ORIGIN PATH PREF "800904c0000201 800a04c0000201");
	check_sent(ORIGIN PATH "8009040a000001 800a040a000002" RT, &rr,
	           ORIGIN PATH "800904c0000201 800a08c00002010a000002" RT);
	check_sent(ORIGIN PATH "8009040a000001", &rr,
	           ORIGIN PATH "800904c0000201 800a04c0000201");
}

TEST(attributes_towards_another_as)
{
	const struct bgp_send out = { .as4 = true, .ebgp = true, .local_as = 65000 };

	check_sent(ORIGIN "400200 80040400000007" PREF "800904c000020c 800a04c0000201" RT,
	           &out, ORIGIN "4002060201 0000fde8" RT);
	check_sent(ORIGIN PATH, &out, ORIGIN "40020a0202 0000fde8 000000fd");
	check_sent(ORIGIN "4002060101 000000fd", &out,
	           ORIGIN "40020c0201 0000fde8 0101 000000fd");
	/* a non-transitive community stays inside (RFC 4360 6) */
	check_sent(ORIGIN PATH "c01010 ce018000c0000201 0002fde800000064", &out,
	           ORIGIN "40020a0202 0000fde8 000000fd c01008 0002fde800000064");
}

TEST(attributes_for_a_two_octet_peer)
{
	const struct bgp_send old = { 0 };
	const struct bgp_send old_out = { .ebgp = true, .local_as = 4200000000 };

	check_sent(ORIGIN PATH PREF, &old, ORIGIN "4002040201 00fd" PREF);
	check_sent(ORIGIN "40020a0202 fffffff0 0000fde9 c00708fffffff0c0000201" RT, &old,
	           ORIGIN "4002060202 5ba0 fde9 c007065ba0c0000201" RT
	                  "c0110a0202 fffffff0 0000fde9 c01208fffffff0c0000201");
	check_sent(ORIGIN PATH, &old_out,
	           ORIGIN "4002060202 5ba0 00fd c0110c0201 fa56ea00 0201 000000fd");
}

/* A full segment is not made 256 long. */
TEST(as_in_front_of_a_full_segment_opens_another)
{
	uint8_t path[2 + 255 * 4], out[2048];
	struct wbuf w = wbuf_of(out, sizeof(out));
	struct bgp_span s = { .p = path, .n = sizeof(path) };

	memset(path, 1, sizeof(path));
	path[0] = 2;
	path[1] = 255;
	bgp_aspath_write(&w, &s, 65000, 4);
	CHECK_INT(w.len, sizeof(path) + 6);
	CHECK_INT(out[1], 1);
	CHECK_INT(bgp_aspath_check(out, w.len, 4, false), BGP_ASPATH_OK);
	CHECK_INT(bgp_aspath_check(path, 0, 4, false), BGP_ASPATH_OK);
}

static void vpn4_route(uint32_t i, struct vpn_nlri *ret)
{
	struct ip ip = ip_of_u32(0x0a000000 + i);

	*ret = (struct vpn_nlri){ .label = 100016, .prefix = prefix_host(&ip) };
}

/* 1000 routes in as few messages as 4096 octets allow, every one full but the last. */
TEST(packer_fills_messages_to_the_limit)
{
	static uint8_t out[65536];
	static struct bgp_update u;
	uint8_t attrs[64];
	size_t n_attrs = t_hex(ORIGIN "400200" PREF RT, attrs, sizeof(attrs)), pos = 0,
	       msgs = 0;
	struct bgp_nexthop nh = { .addr = ip_of_u32(0xc000020c) };
	struct wbuf w = wbuf_of(out, sizeof(out));
	struct bgp_write p;
	uint32_t i = 0, got = 0;
	struct vpn_nlri r;
	struct bgp_fault f;
	struct bgp_hdr h;

	while (i < 1000) {
		bgp_write_reach(&p, &w, BGP_MSG_MAX, BGP_VPN4, false, &nh, attrs,
		                n_attrs);
		for (; i < 1000; i++) {
			vpn4_route(i, &r);
			if (!bgp_write_vpn(&p, &r))
				break;
		}
		CHECK(bgp_write_end(&p));
	}
	while (pos < w.len) {
		CHECK_INT(bgp_msg_frame(out + pos, w.len - pos, false, &h, &f),
		          BGP_FRAME_MSG);
		CHECK_INT(bgp_update_read(&inside, out + pos + BGP_HDR_LEN,
		                          h.len - BGP_HDR_LEN, &u),
		          BGP_OK);
		got += (uint32_t)u.reach.n_routes;
		pos += h.len;
		msgs++;
		CHECK(pos == w.len || h.len > BGP_MSG_MAX - 16);
	}
	CHECK_INT(got, 1000);
	CHECK_INT(msgs, 4);
}

TEST(packer_says_when_the_attributes_alone_are_too_big)
{
	static uint8_t out[65536], attrs[4096];
	struct bgp_nexthop nh = { .addr = ip_of_u32(0xc000020c) };
	struct bgp_write p;
	struct vpn_nlri r;
	bool fits = true;

	vpn4_route(1, &r);
	/* header 19, two lengths 4, MP_REACH up to the NLRI 4+3+14, a route 16 */
	for (size_t n = BGP_MSG_MAX - 62; n <= BGP_MSG_MAX - 58; n++) {
		struct wbuf w = wbuf_of(out, sizeof(out));

		bgp_write_reach(&p, &w, BGP_MSG_MAX, BGP_VPN4, false, &nh, attrs, n);
		fits = bgp_write_vpn(&p, &r);
		CHECK_INT(fits, n <= BGP_MSG_MAX - 60);
		CHECK_INT(bgp_write_end(&p), fits);
		CHECK(wbuf_ok(&w) && (fits ? w.len <= BGP_MSG_MAX : w.len == 0));
	}
}

/* The long form of a length is for what the short one cannot say (RFC 4271 4.3). */
TEST(packer_takes_the_short_length_up_to_255)
{
	static struct bgp_update u;

	for (unsigned n = 254; n <= 257; n++) {
		uint8_t out[512];
		struct wbuf w = wbuf_of(out, sizeof(out));
		unsigned rest = n - 3 - 17 * 12; /* octets of address in 17 routes */
		struct bgp_write p;

		bgp_write_unreach(&p, &w, BGP_MSG_MAX, BGP_VPN4, false);
		for (uint32_t i = 0; i < 17; i++) {
			unsigned bytes = rest < 4 ? rest : 4;
			struct vpn_nlri r;

			vpn4_route(i, &r);
			r.prefix = prefix_of(&r.prefix.ip, (uint8_t)(bytes * 8));
			CHECK(bgp_write_vpn(&p, &r));
			rest -= bytes;
		}
		CHECK_INT(rest, 0);
		CHECK(bgp_write_end(&p));
		CHECK_INT(w.len, BGP_HDR_LEN + 4 + (n > 255 ? 4 : 3) + n);
		CHECK_INT(out[23], n > 255 ? 0x90 : 0x80);
		CHECK_INT(bgp_update_read(&inside, out + BGP_HDR_LEN, w.len - BGP_HDR_LEN,
		                          &u),
		          BGP_OK);
	}
}

TEST(packer_leaves_a_full_buffer_as_it_was)
{
	uint8_t out[128] = { 0 };
	struct bgp_nexthop nh = { .addr = ip_of_u32(0xc000020c) };
	struct bgp_write p;
	struct vpn_nlri r;

	vpn4_route(1, &r);
	for (size_t cap = 1; cap < 60; cap++) {
		struct wbuf w = wbuf_of(out, cap);

		wbuf_u8(&w, 0x77);
		bgp_write_reach(&p, &w, BGP_MSG_MAX, BGP_VPN4, false, &nh, NULL, 0);
		CHECK(!bgp_write_vpn(&p, &r));
		CHECK(!bgp_write_end(&p));
		CHECK(wbuf_ok(&w));
		CHECK_INT(w.len, 1);
	}
}

TEST(packer_withdraws_and_ends_ribs)
{
	uint8_t out[256], want[64];
	struct wbuf w = wbuf_of(out, sizeof(out));
	struct bgp_write p;
	struct vpn_nlri r;
	size_t n = t_hex("0000 0016 800f13000180 78800000 0000000000000000 0a000001",
	                 want, sizeof(want));

	vpn4_route(1, &r);
	bgp_write_unreach(&p, &w, BGP_MSG_MAX, BGP_VPN4, false);
	CHECK(bgp_write_vpn(&p, &r));
	CHECK(bgp_write_end(&p));
	CHECK_INT(w.len, BGP_HDR_LEN + n);
	CHECK_MEM(out + BGP_HDR_LEN, want, n);

	bgp_write_unreach(&p, &w, BGP_MSG_MAX, BGP_VPN4, false);
	CHECK(!bgp_write_end(&p)); /* no route, no message: it would be an End-of-RIB */
	CHECK_INT(w.len, BGP_HDR_LEN + n);

	w = wbuf_of(out, sizeof(out));
	bgp_write_end_of_rib(&w, BGP_IP4);
	CHECK_INT(w.len, 23);
}
