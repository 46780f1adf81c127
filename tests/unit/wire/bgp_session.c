/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/must.h"
#include "wire/bgp_msg.h"
#include "wire/bgp_open.h"
#include "wire/bgp_refresh.h"

#include "tests/t.h"

/* Framing, OPEN, NOTIFICATION, ROUTE-REFRESH: what a session is made of. */

static size_t message(uint8_t *ret, unsigned type, size_t len)
{
	memset(ret, 0, len < BGP_HDR_LEN ? BGP_HDR_LEN : len);
	memset(ret, 0xff, 16);
	ret[16] = (uint8_t)(len >> 8);
	ret[17] = (uint8_t)len;
	ret[18] = (uint8_t)type;
	return len;
}

TEST(frame_checks_length_by_type)
{
	static const struct {
		unsigned type;
		size_t len;
		bool ext;
		enum bgp_frame want;
		unsigned subcode;
	} row[] = {
		{BGP_KEEPALIVE,      19,    false, BGP_FRAME_MSG, 0},
		{ BGP_KEEPALIVE,     20,    true,  BGP_FRAME_BAD, 2},
		{ BGP_KEEPALIVE,     18,    false, BGP_FRAME_BAD, 2},
		{ BGP_KEEPALIVE,     0,     false, BGP_FRAME_BAD, 2},
		{ BGP_OPEN,          28,    false, BGP_FRAME_BAD, 2},
		{ BGP_OPEN,          29,    false, BGP_FRAME_MSG, 0},
		{ BGP_OPEN,          4096,  true,  BGP_FRAME_MSG, 0},
		{ BGP_OPEN,          4097,  true,  BGP_FRAME_BAD, 2},
		{ BGP_UPDATE,        22,    false, BGP_FRAME_BAD, 2},
		{ BGP_UPDATE,        23,    false, BGP_FRAME_MSG, 0},
		{ BGP_UPDATE,        4096,  false, BGP_FRAME_MSG, 0},
		{ BGP_UPDATE,        4097,  false, BGP_FRAME_BAD, 2},
		{ BGP_UPDATE,        4097,  true,  BGP_FRAME_MSG, 0},
		{ BGP_UPDATE,        65535, true,  BGP_FRAME_MSG, 0},
		{ BGP_NOTIFICATION,  20,    false, BGP_FRAME_BAD, 2},
		{ BGP_NOTIFICATION,  21,    false, BGP_FRAME_MSG, 0},
		{ BGP_ROUTE_REFRESH, 22,    false, BGP_FRAME_BAD, 2},
		{ BGP_ROUTE_REFRESH, 23,    false, BGP_FRAME_MSG, 0},
		{ 0,                 19,    false, BGP_FRAME_BAD, 3},
		{ 6,                 19,    false, BGP_FRAME_BAD, 3},
		{ 255,               19,    false, BGP_FRAME_BAD, 3},
	};
	static uint8_t msg[65535];

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct bgp_fault f = { 0 };
		struct bgp_hdr h = { 0 };

		message(msg, row[i].type, row[i].len);
		CHECK_INT(bgp_msg_frame(msg, sizeof(msg), row[i].ext, &h, &f),
		          row[i].want);
		CHECK_INT(f.subcode, row[i].subcode);
		if (row[i].want == BGP_FRAME_MSG) {
			CHECK_INT(h.len, row[i].len);
			CHECK_INT(h.type, row[i].type);
		} else if (row[i].subcode == 2) { /* the length field comes back */
			CHECK_INT(f.len, 2);
			CHECK_MEM(f.data, msg + 16, 2);
		} else {
			CHECK_INT(f.len, 1);
			CHECK_INT(f.data[0], row[i].type);
		}
	}
}

TEST(frame_says_more_until_the_last_octet)
{
	uint8_t msg[64];
	size_t len = message(msg, BGP_UPDATE, 40);
	struct bgp_fault f;
	struct bgp_hdr h;

	for (size_t n = 0; n < len; n++)
		CHECK_INT(bgp_msg_frame(msg, n, false, &h, &f), BGP_FRAME_MORE);
	CHECK_INT(bgp_msg_frame(msg, len, false, &h, &f), BGP_FRAME_MSG);
}

TEST(frame_sees_a_bad_marker_at_once)
{
	uint8_t msg[64];
	struct bgp_fault f;
	struct bgp_hdr h;

	for (size_t i = 0; i < 16; i++) {
		message(msg, BGP_KEEPALIVE, 19);
		msg[i] = 0xfe;
		CHECK_INT(bgp_msg_frame(msg, i, false, &h, &f), BGP_FRAME_MORE);
		CHECK_INT(bgp_msg_frame(msg, i + 1, false, &h, &f), BGP_FRAME_BAD);
		CHECK_INT(f.code, BGP_ERR_HEADER);
		CHECK_INT(f.subcode, BGP_HEADER_NOT_SYNCED);
	}
}

TEST(open_with_everything_survives_the_wire)
{
	const uint32_t all = (1u << BGP_FAM_END) - 1;
	struct bgp_open a = {
		.as = 4200000000,
		.hold_time = 90,
		.router_id = 0xc000020b,
		.caps = {
			.families = all,
			.mp = true,
			.refresh = true,
			.enhanced_refresh = true,
			.ext_msg = true,
			.as4 = true,
			.ext_next_hop = 1u << BGP_VPN4,
			.addpath_rx = all,
			.addpath_tx = 1u << BGP_VPN6,
			.orf_rx = { all, all },
			.orf_tx = { 0, all },
			.gr = {
				.present = true,
				.restarted = true,
				.notification = true,
				.time = 4095,
				.families = all,
				.forwarding = 1u << BGP_VPN4,
			},
		},
	};
	uint8_t msg[BGP_MSG_MAX];
	struct wbuf w = wbuf_of(msg, sizeof(msg));
	struct bgp_open b;
	struct bgp_fault f;
	struct bgp_hdr h;

	bgp_open_write(&w, &a);
	CHECK(wbuf_ok(&w));
	CHECK_INT(bgp_msg_frame(msg, w.len, false, &h, &f), BGP_FRAME_MSG);
	CHECK(bgp_open_read(msg + BGP_HDR_LEN, w.len - BGP_HDR_LEN, &b, &f));
	CHECK_INT(b.as2, BGP_AS_TRANS);
	CHECK_INT(b.as, a.as);
	CHECK_INT(b.router_id, a.router_id);
	CHECK_INT(b.caps.families, all);
	CHECK(b.caps.refresh && b.caps.enhanced_refresh && b.caps.ext_msg && b.caps.as4);
	CHECK_INT(b.caps.ext_next_hop, a.caps.ext_next_hop);
	CHECK_INT(b.caps.addpath_rx, all);
	CHECK_INT(b.caps.addpath_tx, a.caps.addpath_tx);
	CHECK_MEM(b.caps.orf_rx, a.caps.orf_rx, sizeof(a.caps.orf_rx));
	CHECK_MEM(b.caps.orf_tx, a.caps.orf_tx, sizeof(a.caps.orf_tx));
	CHECK(b.caps.gr.present && b.caps.gr.restarted && b.caps.gr.notification);
	CHECK_INT(b.caps.gr.time, 4095);
	CHECK_INT(b.caps.gr.families, all);
	CHECK_INT(b.caps.gr.forwarding, 1 << BGP_VPN4);
	CHECK_INT(b.caps.n_other, 0);
}

static bool open_of(const char *hex, struct bgp_open *ret)
{
	uint8_t body[512];
	struct bgp_fault f;

	return bgp_open_read(body, t_hex(hex, body, sizeof(body)), ret, &f);
}

#define FIXED "04 fde8 005a c000020b "

TEST(open_without_multiprotocol_means_ipv4)
{
	struct bgp_open o;

	CHECK(open_of(FIXED "00", &o));
	CHECK_INT(o.caps.families, 1 << BGP_IP4);
	CHECK(open_of(FIXED "08 0206 010400190046", &o)); /* EVPN, and nothing else */
	CHECK_INT(o.caps.families, 0);
	CHECK_INT(o.caps.n_other, 1);
	CHECK_INT(o.caps.other[0].afi, 25);
	CHECK_INT(o.caps.other[0].safi, 70);
}

TEST(open_takes_the_last_graceful_restart_and_drops_odd_add_path)
{
	struct bgp_open o;

	CHECK(open_of(FIXED "10 020e 4006 0078 00010080 4004 80050001"
	                    "",
	              &o) == false); /* four octets are no list of families */
	CHECK(open_of(FIXED "0e 020c 4006 0078 00018080 4002 8005", &o));
	CHECK_INT(o.caps.gr.time, 5);
	CHECK_INT(o.caps.gr.families, 0);
	CHECK(o.caps.gr.restarted);
	CHECK(open_of(FIXED "0c 020a 4508 00018004 00028003", &o));
	CHECK_INT(o.caps.addpath_rx, 1 << BGP_VPN6);
	CHECK_INT(o.caps.addpath_tx, 1 << BGP_VPN6);
}

TEST(extended_parameters_carry_what_255_octets_cannot)
{
	uint8_t body[13 + 5 * (3 + 2 + 100)] = { 4, 0xfd, 0xe8, 0,   90, 192,
		                                 0, 2,    11,   255, 255 };
	size_t n = 13;
	struct bgp_fault f;
	struct bgp_open o;

	for (int i = 0; i < 5; i++) { /* an unknown capability of 100 octets each */
		memcpy(body + n, ((uint8_t[]){ 2, 0, 102, 199, 100 }), 5);
		n += 105;
	}
	body[11] = (uint8_t)((n - 13) >> 8);
	body[12] = (uint8_t)(n - 13);
	CHECK(bgp_open_read(body, n, &o, &f));
	CHECK_INT(o.caps.n_other, 5);
	CHECK_INT(o.caps.other[4].len, 100);
	for (size_t cut = 0; cut < n; cut++)
		CHECK(!bgp_open_read(body, cut, &o, &f));
}

TEST(notification_has_words_for_every_pair)
{
	static const struct {
		uint8_t code, sub;
		const char *want;
	} row[] = {
		{1,    2,   "message header error: bad message length"                     },
		{ 2,   6,   "OPEN message error: unacceptable hold time"                   },
		{ 3,   11,  "UPDATE message error: malformed AS_PATH"                      },
		{ 3,   7,   "UPDATE message error: subcode 7"                              },
		{ 4,   0,   "hold timer expired"                                           },
		{ 5,   3,   "finite state machine error: unexpected message in Established"},
		{ 6,   10,  "cease: BFD down"					      },
		{ 6,   11,  "cease: subcode 11"                                            },
		{ 6,   0,   "cease"							},
		{ 8,   0,   "send hold timer expired"                                      },
		{ 9,   1,   "code 9, subcode 1"					    },
		{ 0,   0,   "code 0, subcode 0"					    },
		{ 255, 255, "code 255, subcode 255"                                        },
	};
	char s[BGP_NOTIFICATION_STRLEN];

	for (size_t i = 0; i < ARRAY_LEN(row); i++)
		CHECK_STR(bgp_notification_fmt(row[i].code, row[i].sub, s), row[i].want);
	for (unsigned i = 0; i < 65536; i++)
		CHECK(strlen(bgp_notification_fmt((uint8_t)(i >> 8), (uint8_t)i, s)) + 1 <
		      sizeof(s));
}

TEST(shutdown_text_is_made_harmless)
{
	static const struct {
		const char *data, *want;
	} row[] = {
		{"0568656c6c6f", "hello"               },
		{ "02c3bc",      "ü"                  },
		{ "04f09f9880",  "😀"                },
		{ "041b5b324a",  "\\x1b[2J"            },
		{ "020d0a",      "\\x0d\\x0a"          },
		{ "021f20",      "\\x1f "              },
		{ "017f",        "\\x7f"               },
		{ "0100",        "\\x00"               },
		{ "015c",        "\\x5c"               },
		{ "02c29b",      "\\xc2\\x9b"          }, /* C1 */
		{ "03e280ae",    "\\xe2\\x80\\xae"     }, /* right to left */
		{ "02c0af",      "\\xc0\\xaf"          }, /* overlong */
		{ "03eda080",    "\\xed\\xa0\\x80"     }, /* surrogate */
		{ "04f4908080",  "\\xf4\\x90\\x80\\x80"}, /* beyond Unicode */
		{ "02e282",      "\\xe2\\x82"          }, /* cut */
		{ "0180",        "\\x80"               },
	};
	char s[BGP_SHUTDOWN_STRLEN];

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		uint8_t data[64];
		struct bgp_notification n = { .code = 6, .subcode = 2, .data = data };

		n.len = t_hex(row[i].data, data, sizeof(data));
		CHECK(bgp_notification_shutdown_text(&n, s));
		CHECK_STR(s, row[i].want);
	}
}

TEST(shutdown_text_of_a_wrong_length_is_none)
{
	uint8_t data[300];
	char s[BGP_SHUTDOWN_STRLEN];
	struct bgp_notification n = { .code = 6, .subcode = 2, .data = data };

	memset(data, 0x01, sizeof(data));
	data[0] = 255;
	n.len = 256;
	CHECK(bgp_notification_shutdown_text(&n,
	                                     s)); /* every octet escaped: the longest */
	CHECK_INT(strlen(s), 255 * 4);
	for (n.len = 0; n.len < sizeof(data); n.len++)
		CHECK(bgp_notification_shutdown_text(&n, s) == (n.len == 256));
	data[0] = 0;
	n.len = 1;
	CHECK(!bgp_notification_shutdown_text(&n, s));
	data[0] = 1;
	n.len = 2;
	n.subcode = 1;
	CHECK(!bgp_notification_shutdown_text(&n, s));
}

TEST(shutdown_text_is_cut_between_characters)
{
	char text[300 * 2 + 1], s[BGP_SHUTDOWN_STRLEN];
	uint8_t msg[BGP_MSG_MAX];
	struct wbuf w = wbuf_of(msg, sizeof(msg));
	struct bgp_notification n;

	for (size_t i = 0; i < 300; i++)
		memcpy(text + 2 * i, "ü", 3);
	bgp_notification_write_shutdown(&w, BGP_CEASE_SHUTDOWN, text);
	CHECK(wbuf_ok(&w));
	CHECK(bgp_notification_read(msg + BGP_HDR_LEN, w.len - BGP_HDR_LEN, &n));
	CHECK(bgp_notification_shutdown_text(&n, s));
	CHECK_INT(strlen(s), 254);
	CHECK(!strchr(s, '\\'));

	w = wbuf_of(msg, sizeof(msg));
	bgp_notification_write_shutdown(&w, BGP_CEASE_RESET, NULL);
	CHECK_INT(w.len, 21);
}

TEST(notification_body_needs_two_octets)
{
	struct bgp_notification n;

	CHECK(!bgp_notification_read((const uint8_t *)"", 0, &n));
	CHECK(!bgp_notification_read((const uint8_t *)"\6", 1, &n));
	CHECK(bgp_notification_read((const uint8_t *)"\6\4", 2, &n));
	CHECK_INT(n.code, 6);
	CHECK_INT(n.subcode, 4);
	CHECK_INT(n.len, 0);
}

TEST(writers_do_not_overflow_a_small_buffer)
{
	static const struct bgp_open open = {
		.as = 1, .caps = {.families = 3, .as4 = true}
	};
	uint8_t buf[64];

	for (size_t cap = 0; cap < 37; cap++) {
		struct wbuf w = wbuf_of(buf, cap);

		memset(buf, 0x55, sizeof(buf));
		bgp_open_write(&w, &open);
		CHECK(!wbuf_ok(&w));
		CHECK_INT(buf[cap], 0x55);
	}
	for (size_t cap = 0; cap < BGP_HDR_LEN; cap++) {
		struct wbuf w = wbuf_of(buf, cap);

		bgp_msg_keepalive(&w);
		CHECK(!wbuf_ok(&w));
	}
}

TEST(names_are_bounded)
{
	CHECK_STR(bgp_msg_type_name(0), "unknown");
	CHECK_STR(bgp_msg_type_name(2), "UPDATE");
	CHECK_STR(bgp_msg_type_name(6), "unknown");
	CHECK_STR(bgp_open_cap_name(64), "graceful restart");
	CHECK_STR(bgp_open_cap_name(129), "unknown");
	CHECK_STR(bgp_open_cap_name(255), "unknown");
	CHECK_STR(bgp_family_name(BGP_FAM_END), "other");
	for (enum bgp_family f = 0; f < BGP_FAM_END; f++)
		CHECK_INT(bgp_family_of(bgp_family_afi(f), bgp_family_safi(f)), f);
	CHECK_INT(bgp_family_of(25, 70), BGP_FAM_END);
}
