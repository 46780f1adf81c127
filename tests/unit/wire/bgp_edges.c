/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/must.h"
#include "wire/bgp_aspath.h"
#include "wire/bgp_msg.h"
#include "wire/bgp_open.h"
#include "wire/bgp_orf.h"
#include "wire/bgp_update.h"
#include "wire/bgp_write.h"

#include "tests/t.h"

/*
 * The rare sides of the codecs: what only a speaker of our own could get wrong, buffers
 * that end at the worst place, numbers without a name.
 */
#define NH4   "0c0000000000000000c000020c00 "
#define ROUTE "78186b010001c000020c006401010103 "
#define REACH "800e21000180" NH4 ROUTE
#define SET   "40010102 4002060201 0000fde9 "

static size_t n_of_text(const char *s, struct wbuf *w)
{
	size_t n = t_hex(s, w->buf + w->len, w->cap - w->len);

	w->len += n;
	return n;
}

static enum bgp_fate read_attrs(const struct bgp_ctx *ctx, const char *hex,
                                struct bgp_update *ret)
{
	static uint8_t body[8192];
	struct wbuf w = wbuf_of(body, sizeof(body));
	size_t len;

	wbuf_u16(&w, 0);
	len = wbuf_len16_open(&w);
	n_of_text(hex, &w);
	wbuf_len16_close(&w, len);
	return bgp_update_read(ctx, body, w.len, ret);
}

/* --- AS_PATH -------------------------------------------------------------------------
 */

static struct bgp_span span_of(const char *hex, uint8_t *buf, size_t cap)
{
	size_t n = t_hex(hex, buf, cap);

	return (struct bgp_span){ buf, n };
}

TEST(merged_path_keeps_the_confederation_in_front_of_what_as4_path_covers)
{
	static uint8_t ret[BGP_AS_PATH_MAX];
	uint8_t p2[64], p4[64];
	struct bgp_span two = span_of("0301 fdeb 0202 fde9 5ba0", p2, sizeof(p2));
	struct bgp_span four = span_of("0202 0000fde9 fffffff0", p4, sizeof(p4));
	struct bgp_span merged = { .p = ret };
	char text[64];

	CHECK_INT(bgp_aspath_merge(two.p, two.n, four.p, four.n, ret, &merged.n),
	          BGP_ASPATH_OK);
	CHECK_STR(bgp_aspath_fmt(&merged, text, sizeof(text)),
	          "(65003) 65001 4294967280");
}

TEST(aspath_text_bears_any_buffer_and_any_segment)
{
	uint8_t p[64];
	struct bgp_span path =
		span_of("0202 0000fde9 0000fdea 0901 00000007", p, sizeof(p));
	char text[64];

	CHECK_STR(bgp_aspath_fmt(&path, text, sizeof(text)), "65001 65002 7");
	bgp_aspath_fmt(&path, text, 0);
	CHECK_STR(text, "65001 65002 7"); /* no room at all: untouched */
	for (size_t cap = 1; cap < 20; cap++) {
		memset(text, '#', sizeof(text));
		CHECK(strlen(bgp_aspath_fmt(&path, text, cap)) < cap);
		CHECK(text[cap] == '#');
	}
}

/* --- the image -----------------------------------------------------------------------
 */

TEST(image_of_anything_else_is_refused)
{
	static const char *const bad[] = {
		"40",                 /* no header */
		"400302c000",         /* overrun */
		"400304c000020c",     /* NEXT_HOP is no part of it */
		"800e03000180",       /* nor is MP_REACH */
		"800f03000180",       /* nor MP_UNREACH */
		"c011060201fffffff0", /* nor what is merged */
		"c01208fffffff0c0000201",
		"40010103",       /* no ORIGIN */
		"400100",         /* too short */
		"c0070600000000", /* cut */
		"4002040201fde9", /* no path of four octets */
	};
	struct bgp_attrs a;
	uint8_t image[1024];

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		if (bgp_attrs_of_canon(image, t_hex(bad[i], image, sizeof(image)), &a))
			t_fail(__FILE__, __LINE__, "%s", bad[i]);
	}
}

TEST(image_with_more_unread_attributes_than_we_hold_is_refused)
{
	uint8_t image[4 * (BGP_MAX_CARRIED + 1)];
	struct wbuf w = wbuf_of(image, sizeof(image));
	struct bgp_attrs a;

	for (unsigned n = 0; n <= BGP_MAX_CARRIED; n++) {
		CHECK(bgp_attrs_of_canon(image, w.len, &a));
		CHECK_INT(a.n_carried, n);
		wbuf_u8(&w, 0xe0);
		wbuf_u8(&w, (uint8_t)(100 + n));
		wbuf_u8(&w, 0);
	}
	CHECK(!bgp_attrs_of_canon(image, w.len, &a));
}

TEST(image_leaves_out_what_is_not_of_a_set)
{
	uint8_t image[64];
	struct wbuf w = wbuf_of(image, sizeof(image));
	struct bgp_attrs a = { .origin = BGP_ORIGIN_IGP };

	bgp_attr_set(&a, BGP_ATTR_ORIGIN);
	bgp_attr_set(&a, BGP_ATTR_MP_REACH);
	bgp_attr_set(&a, BGP_ATTR_NEXT_HOP);
	CHECK_INT(bgp_attrs_canon(&a, &w), 4);
}

TEST(image_of_an_attribute_longer_than_any_length_field_does_not_fit)
{
	static uint8_t value[70000], image[80000];
	struct wbuf w = wbuf_of(image, sizeof(image));
	struct bgp_attrs a = {
		.communities = {value, sizeof(value)}
	};

	bgp_attr_set(&a, BGP_ATTR_COMMUNITIES);
	CHECK_INT(bgp_attrs_canon(&a, &w), 0);
	CHECK(!wbuf_ok(&w));
}

/* --- reading -------------------------------------------------------------------------
 */

static const struct bgp_ctx inside = { .ibgp = true,
	                               .as4 = true,
	                               .families = UINT32_MAX };
static const struct bgp_ctx two_octets = { .ibgp = true, .families = UINT32_MAX };

TEST(seventeenth_attribute_whose_shape_we_know_is_over_the_limit_too)
{
	static struct bgp_update u;
	char hex[1024] = REACH SET;

	for (unsigned i = 0; i < BGP_MAX_CARRIED; i++)
		sprintf(hex + strlen(hex), "c0%02x00", 100 + i);
	CHECK_INT(read_attrs(&inside, hex, &u), BGP_OK);
	strcat(hex, "c01700"); /* TUNNEL_ENCAP */
	CHECK_INT(read_attrs(&inside, hex, &u), BGP_WITHDRAW);
	CHECK_INT(u.error[0].subcode, BGP_UPDATE_OVER_LIMIT);
	CHECK_INT(u.error[0].type, BGP_ATTR_TUNNEL_ENCAP);
}

TEST(as4_aggregator_of_as_0_is_dropped_and_alone_says_nothing)
{
	static struct bgp_update u;

	CHECK_INT(read_attrs(&two_octets,
	                     REACH "40010102 400204 0201fde9 c01208 00000000c0000201",
	                     &u),
	          BGP_DISCARD_ATTR);
	CHECK_INT(read_attrs(&two_octets,
	                     REACH "40010102 400204 0201fde9 c01208 fffffff0c0000201",
	                     &u),
	          BGP_OK);
	CHECK(!bgp_attr_has(&u.attrs, BGP_ATTR_AGGREGATOR));
	CHECK_INT(read_attrs(&two_octets,
	                     REACH "40010102 400204 0201fde9 c00706 fde9c0000201", &u),
	          BGP_OK);
	CHECK_INT(u.attrs.aggregator_as, 65001);
}

/* Each alone is within the limit; together they are not. */
TEST(two_octet_path_too_long_once_merged_is_over_the_limit)
{
	static uint8_t body[65535];
	static struct bgp_update u;
	struct wbuf w = wbuf_of(body, sizeof(body));
	size_t attrs, n = BGP_MAX_ASNS;
	uint8_t head[256];
	size_t n_head = t_hex(REACH "40010102", head, sizeof(head));

	wbuf_u16(&w, 0);
	attrs = wbuf_len16_open(&w);
	wbuf_bytes(&w, head, n_head);
	wbuf_u8(&w, 0x50);
	wbuf_u8(&w, BGP_ATTR_AS_PATH);
	wbuf_u16(&w, (uint16_t)(n * 4));
	for (size_t i = 0; i < n; i++) /* sets count one each, whatever they hold */
		wbuf_uint(&w, 0x02010001, 4);
	wbuf_u8(&w, 0xd0);
	wbuf_u8(&w, BGP_ATTR_AS4_PATH);
	wbuf_u16(&w, 2 + 4 * 255);
	wbuf_u8(&w, BGP_AS_SET);
	wbuf_u8(&w, 255);
	for (size_t i = 0; i < 255; i++)
		wbuf_uint(&w, 1, 4);
	wbuf_len16_close(&w, attrs);
	CHECK(wbuf_ok(&w));
	CHECK_INT(bgp_update_read(&two_octets, body, w.len, &u), BGP_WITHDRAW);
	CHECK_INT(u.error[0].subcode, BGP_UPDATE_OVER_LIMIT);
}

TEST(next_hops_of_multicast_families_take_either_kind)
{
	static const struct {
		const char *mp;
		enum bgp_fate fate;
	} row[] = {
		{"800e0b 0001 05 04 c000020c 00 0100",                          BGP_OK   },
		{ "800e17 0001 05 10 20010db8000000000000000000000001 00 0100", BGP_OK   },
		{ "800e0b 0002 05 04 c000020c 00 0100",                         BGP_OK   },
		{ "800e17 0002 05 10 20010db8000000000000000000000001 00 0100", BGP_OK   },
		{ "800e0b 0002 01 04 c000020c 00 00",                           BGP_RESET},
		{ "800e17 0001 84 10 20010db8000000000000000000000001 00 0000", BGP_OK   },
	};
	static struct bgp_update u;

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		char hex[256];

		snprintf(hex, sizeof(hex), "%s " SET, row[i].mp);
		CHECK_INT(read_attrs(&inside, hex, &u), row[i].fate);
	}
}

TEST(nlri_of_families_without_a_codec_are_opaque)
{
	const uint8_t bytes[] = { 0xff, 0xff };
	size_t n = 7;

	CHECK_INT(nlri_check(BGP_MVPN4, cur_of(bytes, 2), false, &n), NLRI_OK);
	CHECK_INT(n, 0);
	CHECK_INT(nlri_check(BGP_FAM_END, cur_of(bytes, 2), false, &n), NLRI_OK);
}

TEST(nlri_cut_anywhere_is_short_with_and_without_path_ids)
{
	static const struct {
		enum bgp_family family;
		const char *hex;
	} row[] = {
		{BGP_VPN4, "00000001" ROUTE                       },
		{ BGP_RTC, "00000001 60 0000fde8 0002fde800000064"},
		{ BGP_IP4, "00000001 18 c00002"                   },
		{ BGP_IP6, "00000001 40 20010db800000001"         },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		uint8_t bytes[64];
		size_t len = t_hex(row[i].hex, bytes, sizeof(bytes));

		for (size_t n = 1; n < len; n++) {
			struct cur c = cur_of(bytes, n);
			enum afi afi = bgp_family_afi(row[i].family);
			union {
				struct vpn_nlri vpn;
				struct rtc_nlri rtc;
				struct ip_nlri ip;
			} r;
			enum nlri_err e;

			if (row[i].family == BGP_VPN4)
				e = nlri_vpn_read(&c, afi, true, &r.vpn);
			else if (row[i].family == BGP_RTC)
				e = nlri_rtc_read(&c, true, &r.rtc);
			else
				e = nlri_ip_read(&c, afi, true, &r.ip);
			CHECK_INT(e, NLRI_SHORT);
		}
	}
}

/* --- OPEN ----------------------------------------------------------------------------
 */

static bool open_of(const char *caps, struct bgp_open *ret)
{
	uint8_t body[256], value[128];
	struct wbuf w = wbuf_of(body, sizeof(body));
	size_t n = t_hex(caps, value, sizeof(value));
	struct bgp_fault f;

	n_of_text("04 fde8 005a c0000209", &w);
	wbuf_u8(&w, (uint8_t)(n + 2));
	wbuf_u8(&w, 2);
	wbuf_u8(&w, (uint8_t)n);
	wbuf_bytes(&w, value, n);
	return bgp_open_read(body, w.len, ret, &f);
}

TEST(extended_next_hops_of_other_families_mean_nothing)
{
	static const struct {
		const char *hex;
		uint32_t families;
	} row[] = {
		{"0506 0001 0080 0002",  1u << BGP_VPN4},
		{ "0506 0002 0080 0002", 0             },
		{ "0506 0001 0180 0002", 0             },
		{ "0506 0001 0080 0001", 0             },
	};
	struct bgp_open o;

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		CHECK(open_of(row[i].hex, &o));
		CHECK_INT(o.caps.ext_next_hop, row[i].families);
	}
	CHECK(open_of("4508 00018001 00028000", &o)); /* ADD-PATH 0 is none */
	CHECK_INT(o.caps.addpath_rx, 1 << BGP_VPN4);
	CHECK_INT(o.caps.addpath_tx, 0);
}

TEST(open_of_a_speaker_with_few_capabilities)
{
	struct bgp_open a = { .as = 65000, .hold_time = 90, .router_id = 1 }, b;
	uint8_t msg[BGP_MSG_MAX];
	struct wbuf w = wbuf_of(msg, sizeof(msg));
	struct bgp_fault f;

	bgp_open_write(&w, &a); /* none at all: no parameter either */
	CHECK_INT(w.len, 29);
	CHECK(bgp_open_read(msg + BGP_HDR_LEN, w.len - BGP_HDR_LEN, &b, &f));
	CHECK(!b.caps.mp);

	a.caps.families = 1u << BGP_VPN4;
	a.caps.addpath_rx = 1u << BGP_VPN4;
	a.caps.orf_tx[BGP_ORF_CP] = 1u << BGP_VPN4;
	w = wbuf_of(msg, sizeof(msg));
	bgp_open_write(&w, &a);
	CHECK(bgp_open_read(msg + BGP_HDR_LEN, w.len - BGP_HDR_LEN, &b, &f));
	CHECK_INT(b.caps.addpath_rx, 1 << BGP_VPN4);
	CHECK_INT(b.caps.orf_tx[BGP_ORF_CP], 1 << BGP_VPN4);
	CHECK_INT(b.caps.orf_rx[BGP_ORF_CP], 0);
	for (size_t cap = 0; cap < w.len; cap++) {
		struct wbuf small = wbuf_of(msg, cap);

		bgp_open_write(&small, &a);
		CHECK(!wbuf_ok(&small));
	}
}

/* --- writing -------------------------------------------------------------------------
 */

TEST(message_longer_than_any_is_not_closed)
{
	static uint8_t big[70000];
	struct wbuf w = wbuf_of(big, sizeof(big));
	size_t start = bgp_msg_open(&w, BGP_UPDATE);

	wbuf_room(&w, 65535 - BGP_HDR_LEN);
	bgp_msg_close(&w, start);
	CHECK(wbuf_ok(&w));
	wbuf_u8(&w, 0);
	bgp_msg_close(&w, start);
	CHECK(!wbuf_ok(&w));
}

static size_t written(const char *image, const struct bgp_send *send, char *ret,
                      size_t cap)
{
	uint8_t in[512], out[1024];
	struct wbuf w = wbuf_of(out, sizeof(out));

	CHECK(bgp_write_attrs(&w, in, t_hex(image, in, sizeof(in)), send));
	CHECK(w.len * 2 < cap);
	ret[0] = '\0';
	for (size_t i = 0; i < w.len; i++)
		sprintf(ret + 2 * i, "%02x", out[i]);
	return w.len;
}

TEST(attributes_by_kind_of_neighbor)
{
	static const struct {
		const char *name, *image, *want;
		struct bgp_send send;
	} row[] = {
		{"communities that end at the border leave no empty attribute",
                 "40010100 400200 c01008 400cfde800000064",            "40010100"
		  "40020602010000fde8",                { .ebgp = true, .as4 = true, .local_as = 65000 }                 },
		{ "marks of reflection stay inside even where it is asked for",
                 "40010100 400200 800904c0000209 800a04c0000207",      "40010100"
		  "40020602010000fde8",          { .ebgp = true, .as4 = true, .reflect = true, .local_as = 65000 }},
		{ "a list of clusters is left alone where nobody reflects",
                 "40010100 400200 800a04c0000207",		     "40010100"
		  "400200"
		  "800a04c0000207",		             { .as4 = true }						  },
		{ "and towards two octets too",
                 "40010100 400200 800a04c0000207",		     "40010100"
		  "400200"
		  "800a04c0000207",		             { 0 }							    },
		{ "two octets inside the AS, all small",
                 "40010100 40020602010000fde9 c007080000fde9c0000207", "40010100"
		  "4002040201fde9"
		  "c00706fde9c0000207",     { 0 }							    },
		{ "two octets inside the AS, one that does not fit",
                 "40010100 4002060201fffffff0 c00708fffffff0c0000207", "40010100"
		  "40020402015ba0"
		  "c007065ba0c0000207"
		  "c011060201fffffff0"
		  "c01208fffffff0c0000207", { 0 }							    },
		{ "our own number does not fit",
                 "40010100 400200",		                    "40010100"
		  "40020402015ba0"
		  "c011060201fffffff0",		                        { .ebgp = true, .local_as = 4294967280u }                        },
		{ "reflected to one with two octets",
                 "40010100 400200 c00804fde80001",		     "40010100"
		  "400200"
		  "c00804fde80001"
		  "800904c000020b"
		  "800a04c0000201",		             { .reflect = true,
		    .originator_id = 0xc000020b,
		    .cluster_id = 0xc0000201 }						},
		{ "aggregator reflected with four octets",
                 "40010100 400200 c00708fffffff0c0000207",             "40010100"
		  "400200"
		  "c00708fffffff0c0000207"
		  "800904c000020b"
		  "800a04c0000201",		     { .as4 = true,
		    .reflect = true,
		    .originator_id = 0xc000020b,
		    .cluster_id = 0xc0000201 }                                        },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		char got[1024];

		written(row[i].image, &row[i].send, got, sizeof(got));
		if (strcmp(got, row[i].want) != 0)
			t_fail(__FILE__, __LINE__, "%s: %s", row[i].name, got);
	}
}

/* However small the buffer: all of it, or nothing and no more than that. */
TEST(update_that_ends_the_buffer_anywhere_is_all_or_nothing)
{
	static const uint8_t attrs[] = { 0x40, 1, 1, 0, 0x40, 2, 0 };
	const struct bgp_nexthop nh4 = { .addr = ip_of_u32(0xc000020c) };
	struct vpn_nlri r = { .label = 100016 };
	uint8_t buf[512];

	for (int k = 0; k < 4; k++) {
		enum bgp_family f = k & 1 ? BGP_VPN6 : BGP_VPN4;
		uint8_t a[16] = { 10 };
		struct ip ip = ip_of(k & 1 ? AFI_IP6 : AFI_IP4, a);
		bool whole = false;

		r.prefix = prefix_host(&ip);
		for (size_t cap = 0; cap < 160; cap++) {
			struct wbuf w = wbuf_of(buf, cap);
			struct bgp_write u;
			bool fits;

			memset(buf, '#', sizeof(buf));
			if (k & 2)
				bgp_write_unreach(&u, &w, 4096, f, false);
			else
				bgp_write_reach(&u, &w, 4096, f, false, &nh4, attrs,
				                sizeof(attrs));
			fits = bgp_write_vpn(&u, &r);
			CHECK_INT(bgp_write_end(&u), fits);
			CHECK(fits >= whole); /* with more room it still does */
			whole = fits;
			CHECK(buf[cap] == '#');
			CHECK(fits ? wbuf_ok(&w) : w.len == 0);
		}
		CHECK(whole);
	}
}

TEST(end_of_rib_that_does_not_fit_is_not_written)
{
	uint8_t buf[64];

	for (size_t cap = 0; cap <= 30; cap++) {
		struct wbuf w = wbuf_of(buf, cap);

		/* the long form comes first, and is cut short then */
		bgp_write_end_of_rib(&w, BGP_VPN4);
		CHECK_INT(wbuf_ok(&w), cap == 30);
		CHECK(cap < 30 || w.len == 29);
	}
}

TEST(multicast_routes_of_ipv6_have_plain_next_hops)
{
	const struct bgp_nexthop nh = { .addr = ip_of_u32(0xc000020c) };
	uint8_t buf[256];
	struct wbuf w = wbuf_of(buf, sizeof(buf));
	struct bgp_write u;

	bgp_write_reach(&u, &w, 4096, BGP_MVPN6, false, &nh, NULL, 0);
	CHECK_INT(buf[u.mp + 7], 4);
	CHECK(!bgp_write_end(&u)); /* without a route it is none */
}

/* --- words ---------------------------------------------------------------------------
 */

TEST(texts_of_notifications_stop_every_kind_of_mischief)
{
	static const struct {
		const char *hex, *want;
	} row[] = {
		{"03e08080",    "\\xe0\\x80\\x80"     }, /* overlong */
		{ "03e0a080",   "\xe0\xa0\x80"        }, /* the first that is not */
		{ "04f0808080", "\\xf0\\x80\\x80\\x80"}, /* overlong */
		{ "04f5808080", "\\xf5\\x80\\x80\\x80"}, /* no first octet */
		{ "02c328",     "\\xc3("              }, /* no second octet */
		{ "02c3c3",     "\\xc3\\xc3"          },
		{ "03e28228",   "\\xe2\\x82("         }, /* no third octet */
		{ "03e282ff",   "\\xe2\\x82\\xff"     },
		{ "02c280",     "\\xc2\\x80"          }, /* C1 */
		{ "02c29f",     "\\xc2\\x9f"          },
		{ "02c2a0",     "\xc2\xa0"            },
		{ "03e280a7",   "\xe2\x80\xa7"        },
		{ "03e280a8",   "\\xe2\\x80\\xa8"     }, /* line separator */
		{ "03e280af",   "\xe2\x80\xaf"        },
		{ "03e281a5",   "\xe2\x81\xa5"        },
		{ "03e281a6",   "\\xe2\\x81\\xa6"     }, /* isolate */
		{ "03e281a9",   "\\xe2\\x81\\xa9"     },
		{ "03e281aa",   "\xe2\x81\xaa"        },
		{ "03e28280",   "\xe2\x82\x80"        },
		{ "03e380a8",   "\xe3\x80\xa8"        },
		{ "03ed9fbf",   "\xed\x9f\xbf"        },
		{ "04f48fbfbf", "\xf4\x8f\xbf\xbf"    },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		char s[BGP_SHUTDOWN_STRLEN];
		uint8_t data[16];
		struct bgp_notification n = { .code = 6, .subcode = 4, .data = data };

		n.len = t_hex(row[i].hex, data, sizeof(data));
		CHECK(bgp_notification_shutdown_text(&n, s));
		CHECK_STR(s, row[i].want);
		n.subcode = BGP_CEASE_RESOURCES; /* no text there */
		CHECK(!bgp_notification_shutdown_text(&n, s) && !*s);
		n.code = BGP_ERR_HOLD_TIMER;
		CHECK(!bgp_notification_shutdown_text(&n, s) && !*s);
	}
}

TEST(shutdown_text_without_one_whole_character_is_left_out)
{
	uint8_t msg[512];
	struct wbuf w = wbuf_of(msg, sizeof(msg));
	char text[300];

	memset(text, 0x80, sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	bgp_notification_write_shutdown(&w, BGP_CEASE_SHUTDOWN, text);
	CHECK_INT(w.len, BGP_HDR_LEN + 2);
}

TEST(numbers_without_a_name_are_told_as_numbers)
{
	struct bgp_update_err e = { .fate = BGP_WITHDRAW };
	char text[BGP_UPDATE_ERR_STRLEN], words[BGP_NOTIFICATION_STRLEN];

	CHECK_STR(bgp_update_fate_name((enum bgp_fate)99), "unknown");
	CHECK_STR(bgp_update_err_fmt(&e, text),
	          "UPDATE message error, treat-as-withdraw");
	e = (struct bgp_update_err){ 99, BGP_DISCARD_ATTR, BGP_UPDATE_OVER_LIMIT };
	CHECK_STR(bgp_update_err_fmt(&e, text),
	          "attribute 99: more than we hold, attribute discard");
	CHECK_STR(bgp_notification_fmt(0, 0, words), "code 0, subcode 0");
	CHECK_STR(bgp_notification_fmt(4, 9, words), "hold timer expired: subcode 9");
	CHECK_STR(bgp_notification_fmt(3, 7, words), "UPDATE message error: subcode 7");
	CHECK_STR(bgp_msg_type_name(77), "unknown");
	CHECK_STR(bgp_open_cap_name(255), "unknown");
	CHECK_STR(bgp_open_cap_name(10), "unknown");
	CHECK_STR(bgp_family_name(BGP_FAM_END), "other");
}
