/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/conformance/lessons.h"

#include "base/rd.h"
#include "bgp/bgp_mrt.h"
#include "wire/bgp_aspath.h"
#include "wire/bgp_attr.h"
#include "wire/bgp_update.h"

void lesson_up(struct rig *r, const char *name, bool ebgp)
{
	rig_init(r, name, ebgp, 0, 0);
	rig_open(r);
	rig_routes(r);
}

void lesson_say(struct rig *r, enum bgp_type type, const void *body, size_t n)
{
	static uint8_t msg[BGP_MSG_MAX_EXT];
	struct wbuf w = wbuf_of(msg, sizeof(msg));
	size_t start = bgp_msg_open(&w, type);

	wbuf_bytes(&w, body, n);
	bgp_msg_close(&w, start);
	CHECK(wbuf_ok(&w));
	script_send(r->p, msg, w.len);
}

void lesson_attrs(struct rig *r, const void *attrs, size_t n)
{
	static uint8_t body[BGP_MSG_MAX_EXT];
	struct wbuf w = wbuf_of(body, sizeof(body));

	wbuf_u16(&w, 0);
	wbuf_u16(&w, (uint16_t)n);
	wbuf_bytes(&w, attrs, n);
	CHECK(wbuf_ok(&w));
	lesson_say(r, BGP_UPDATE, body, w.len);
}

void lesson_check(struct rig *r, const char *told, int note)
{
	struct rig_told heard;
	struct rig_said said;

	rig_said(r, &said);
	if ((said.notified ? NOTE(said.code, said.subcode) : STAYS) != note ||
	    said.closed != (note != STAYS))
		rig_wrong(r, "NOTIFICATION %u/%u", said.code, said.subcode);
	rig_told(r, &heard);
	if (strcmp(heard.what, told) != 0)
		rig_wrong(r, "told \"%s\", not \"%s\"", heard.what, told);
	if (strchr(told, 'a') && rig_label(r, 'A'))
		rig_wrong(r, "a malformed route is kept");
}

/* An UPDATE of these attributes, from a neighbor inside and from one outside. */
void lesson_update(const char *hex, const char *told, int note)
{
	for (int ebgp = 0; ebgp < 2; ebgp++) {
		uint8_t attrs[2048];
		struct rig r;

		lesson_up(&r, hex, ebgp);
		lesson_attrs(&r, attrs, rig_hex(&r, hex, attrs, sizeof(attrs)));
		lesson_check(&r, told, note);
		rig_fini(&r);
	}
	rig_check();
}

void lesson_message(const char *hex, const char *told, int note)
{
	for (int ebgp = 0; ebgp < 2; ebgp++) {
		uint8_t msg[2048];
		struct rig r;

		lesson_up(&r, hex, ebgp);
		script_send(r.p, msg, rig_hex(&r, hex, msg, sizeof(msg)));
		lesson_check(&r, told, note);
		rig_fini(&r);
	}
	rig_check();
}

/* An OPEN: what is behind its fixed part. */
void lesson_open(const char *hex, int note)
{
	for (int ebgp = 0; ebgp < 2; ebgp++) {
		uint8_t body[1024];
		struct rig r;
		size_t n;

		rig_init(&r, hex, ebgp, 0, 0);
		n = rig_hex(&r, "04 mmmm 005a c0000209", body, sizeof(body));
		n += rig_hex(&r, hex, body + n, sizeof(body) - n);
		lesson_say(&r, BGP_OPEN, body, n);
		if (note == STAYS)
			script_keepalive(r.p);
		lesson_check(&r, "", note);
		if (r.dut->ups != (note == STAYS ? 2 : 1))
			rig_wrong(&r, "up %zu times", r.dut->ups);
		rig_fini(&r);
	}
	rig_check();
}

/* --- attributes ----------------------------------------------------------------------
 */

/* CVE-2010-1674, Quagga */
TEST(a_half_built_extended_community_attribute_is_not_used)
{
	lesson_update(GOOD "c010070002fde8000000", "a", STAYS);
	lesson_update(GOOD "c01001ff", "a", STAYS);
}

/* CVE-2011-3327, Quagga */
TEST(communities_of_every_type_are_printed_within_their_buffer)
{
	for (unsigned type = 0; type < 65536; type += 1) {
		char buf[EXTCOM_STRLEN + 1];
		struct extcom c = {
			{(uint8_t)(type >> 8), (uint8_t)type, 255, 255, 255, 255, 255,
                         255}
		};

		buf[EXTCOM_STRLEN] = '#';
		CHECK(strlen(extcom_fmt(&c, buf)) < EXTCOM_STRLEN);
		CHECK(buf[EXTCOM_STRLEN] == '#');
	}
}

/* CVE-2013-6051, Quagga */
TEST(an_unknown_attribute_is_passed_on_with_the_length_it_has)
{
	uint8_t attrs[2048], want[1100];
	struct rig_told told;
	struct rig r;
	size_t n;

	lesson_up(&r, "unknown of 1024 octets", false);
	n = t_hex(GOOD "d0630400", attrs, sizeof(attrs));
	memset(attrs + n, 0xab, 1024);
	lesson_attrs(&r, attrs, n + 1024);
	rig_told(&r, &told);
	n = t_hex("f0630400", want, sizeof(want));
	memset(want + n, 0xab, 1024);
	CHECK(memmem(told.body, told.len, want, n + 1024));
	rig_fini(&r);
}

/* BIRD 2.0.8 re-encoded such an attribute wrongly, and an exchange point's sessions fell
 */
TEST(only_to_customer_of_1024_octets_leaves_as_it_came)
{
	uint8_t attrs[2048];
	struct rig_told told;
	struct rig r;
	size_t n;

	lesson_up(&r, "OTC of 1024 octets", true);
	n = t_hex(GOOD "d0230400", attrs, sizeof(attrs));
	memset(attrs + n, 0, 1024);
	lesson_attrs(&r, attrs, n + 1024);
	rig_told(&r, &told); /* fails by itself if that is malformed */
	CHECK_STR(told.what, "A");
	CHECK(memmem(told.body, told.len, "\xf0\x23\x04\x00", 4));
	rig_fini(&r);
	rig_check();
}

/* CVE-2017-15865, FRR; CVE-2018-5378, Quagga */
TEST(a_notification_echoes_no_more_than_was_received)
{
	static const char *const hex[] = {
		"406304deadbeef", "406300",
		"d06304deadbeef", "800eff000180",
		"900effff000180", "800fff000180",
		"40010109",       "4001ff02",
		"50010fff02",     "800e0300018040010102",
		"c008ff00000001", "4002ff0201",
	};

	for (size_t i = 0; i < ARRAY_LEN(hex); i++) {
		struct rig_said said;
		uint8_t attrs[64];
		struct rig r;
		size_t n = t_hex(hex[i], attrs, sizeof(attrs));

		lesson_up(&r, hex[i], i % 2);
		lesson_attrs(&r, attrs, n);
		rig_said(&r, &said);
		CHECK(said.len <= n);
		CHECK(!said.len || memmem(attrs, n, said.data, said.len));
		rig_fini(&r);
	}
}

/* CVE-2018-5379, Quagga; CVE-2026-7734, GoBGP */
TEST(attribute_sets_have_one_owner_however_they_are_replaced)
{
	struct rib_stats st;
	struct rig r;

	lesson_up(&r, "sets", false);
	for (int i = 0; i < 50; i++) {
		uint8_t attrs[256];
		char hex[256];

		snprintf(hex, sizeof(hex),
		         GOOD "800a08c00002070000%04x c06304deadbe%02x %s", i % 7, i % 3,
		         i % 5 ? "" : "c00800");
		lesson_attrs(&r, attrs, t_hex(hex, attrs, sizeof(attrs)));
		CHECK(!r.p->got_fin);
	}
	world_cut(&r.w);
	world_settle(&r.w);
	rib_stats(r.dut->rib, &st);
	CHECK_INT(st.attr_sets, 0);
	CHECK_INT(st.attr_bytes, 0);
	rig_fini(&r);
}

/* CVE-2019-5892, FRR */
TEST(attribute_255_from_the_wild_is_nobodys_private_thing)
{
	lesson_update(GOOD "c0ff03010203", "A", STAYS);
	lesson_update(GOOD "c0ff00", "A", STAYS);
	lesson_update(GOOD "80ff01ff", "A", STAYS);
}

/* CVE-2023-31490, CVE-2024-31948, FRR */
TEST(prefix_sid_is_not_looked_into)
{
	lesson_update(GOOD "c02800", "A", STAYS);
	lesson_update(GOOD "c0280105", "A", STAYS);
	lesson_update(GOOD "c02803 05ffff", "A", STAYS);
	lesson_update(GOOD "c02805 0500020001", "A", STAYS);
}

/* CVE-2023-38283, OpenBGPD: the attacker is far away, the session that falls is ours */
TEST(length_errors_that_can_be_soft_are_soft)
{
	static const struct {
		uint8_t flags, type;
	} attr[] = {
		{0x40,  1  },
                { 0x40, 2  },
                { 0x80, 4  },
                { 0xc0, 7  },
		{ 0xc0, 8  },
                { 0xc0, 16 },
                { 0xc0, 17 },
                { 0xc0, 18 },
		{ 0xc0, 22 },
                { 0xc0, 23 },
                { 0x80, 26 },
                { 0xc0, 25 },
		{ 0xc0, 32 },
                { 0xc0, 35 },
                { 0xc0, 40 },
                { 0xc0, 128},
	};

	for (size_t i = 0; i < ARRAY_LEN(attr); i++) {
		for (unsigned len = 0; len < 13; len++) {
			uint8_t attrs[256] = { 0 };
			struct rig_said said;
			struct rig r;
			size_t n;

			lesson_up(&r, "soft", len % 2);
			n = t_hex(REACH, attrs, sizeof(attrs));
			if (attr[i].type > 2)
				n += t_hex(SET, attrs + n, sizeof(attrs) - n);
			attrs[n] = attr[i].flags;
			attrs[n + 1] = attr[i].type;
			attrs[n + 2] = (uint8_t)len;
			lesson_attrs(&r, attrs, n + 3 + len);
			rig_said(&r, &said);
			if (said.notified)
				t_fail(__FILE__, __LINE__, "type %u, %u octets: %u/%u",
				       attr[i].type, len, said.code, said.subcode);
			rig_fini(&r);
		}
	}
}

/* CVE-2023-38802, CVE-2024-44070, FRR */
TEST(tunnel_encapsulation_is_not_looked_into)
{
	lesson_update(GOOD "c01700", "A", STAYS);
	lesson_update(GOOD "c0170100", "A", STAYS);
	lesson_update(GOOD "c01704 0008ffff", "A", STAYS);
	lesson_update(GOOD "c01708 00080004 01ff0000", "A", STAYS);
}

/* CVE-2023-41358, FRR; CVE-2026-42285, GoBGP */
TEST(routes_without_attributes_are_withdrawn)
{
	lesson_update(REACH, "a", STAYS);
	lesson_update(REACH "c06300", "a", STAYS);
	lesson_update(REACH "40010102", "a", STAYS);
}

/* CVE-2023-41359, FRR */
TEST(aigp_of_less_than_a_header_is_not_looked_into)
{
	lesson_update(GOOD "801a00", "A", STAYS);
	lesson_update(GOOD "801a0101", "A", STAYS);
	lesson_update(GOOD "801a020100", "A", STAYS);
}

/* CVE-2023-47234, FRR */
TEST(withdrawals_beside_bad_attributes_take_no_half_way)
{
	lesson_update("800f13000180" ROUTE "40010109", "abc", NOTE(3, 6));
	lesson_update("800f13000180" ROUTE "c00800", "abc", NOTE(3, 5));
	lesson_update("800f13000180" ROUTE "c00706fde8c0000201", "a", STAYS);
}

/* CVE-2026-30405, GoBGP */
TEST(next_hop_shorter_than_an_address_is_refused_when_it_is_read)
{
	for (unsigned len = 0; len < 9; len++) {
		char hex[128];

		snprintf(hex, sizeof(hex), GOOD "4003%02x%.*s", len, (int)(2 * len),
		         "c000020c00000000000000");
		lesson_update(hex, len == 4 ? "A" : "a", STAYS);
	}
}

/* CVE-2026-41643, GoBGP */
TEST(as4_path_may_stand_before_as_path)
{
	for (int k = 0; k < 2; k++) {
		const char *hex =
			k ? "c01106 0201 fffffff0 c01208 fffffff0c0000207"
			    "c00706 5ba0c0000207 400206 0202fde95ba0 40010102" REACH
			  : REACH "40010102 400206 0202fde95ba0 c00706 5ba0c0000207"
				  "c01106 0201 fffffff0 c01208 fffffff0c0000207";
		struct rig_told told;
		uint8_t attrs[256];
		struct rig r;

		rig_init(&r, hex, false, CTX_AS2, 0);
		rig_open(&r);
		rig_routes(&r);
		lesson_attrs(&r, attrs, t_hex(hex, attrs, sizeof(attrs)));
		rig_told(&r, &told);
		CHECK_STR(told.what, "A");
		CHECK(memmem(told.body, told.len, "\x02\x01\xff\xff\xff\xf0", 6));
		CHECK(!memmem(told.body, told.len, "\xc0\x11", 2));
		rig_fini(&r);
	}
	rig_check();
}

/* CVE-2026-41642, GoBGP */
TEST(nothing_of_an_update_is_used_behind_an_unknown_well_known_attribute)
{
	lesson_update("406301ff" GOOD, "abc", NOTE(3, 2));
	lesson_update(GOOD "406301ff", "abc", NOTE(3, 2));
}

/* CVE-2026-37461, GoBGP */
TEST(ipv6_extended_community_cut_short_is_refused)
{
	for (unsigned len = 0; len < 20; len++) {
		char hex[160];

		snprintf(hex, sizeof(hex), GOOD "c019%02x%.*s", len, (int)(2 * len),
		         "0000000000000000000000000000000000000000");
		lesson_update(hex, "a", STAYS);
	}
}

/* CVE-2026-37459, FRR: next hop dependent characteristics, whose TLVs count their header
 */
TEST(characteristics_of_next_hops_are_not_looked_into)
{
	lesson_update(GOOD "c02700", "A", STAYS);
	lesson_update(GOOD "c02704 00010001", "A", STAYS);
	lesson_update(GOOD "c02708 000101 04c000020c", "A", STAYS);
}

/* --- AS_PATH -------------------------------------------------------------------------
 */

/* CVE-2017-16227, Quagga: the path was longer than its length was computed */
TEST(a_path_of_many_segments_is_written_with_the_length_it_has)
{
	static uint8_t attrs[8192];
	struct wbuf w = wbuf_of(attrs, sizeof(attrs));
	struct rig_told told;
	struct rig r;
	size_t at;

	lesson_up(&r, "long path", true);
	w.len = t_hex(REACH "40010102", attrs, sizeof(attrs));
	wbuf_u16(&w, 0x5002);
	at = wbuf_len16_open(&w);
	for (int seg = 0; seg < 2; seg++) { /* 255 and 255 */
		wbuf_u16(&w, 0x02ff);
		for (int i = 0; i < 255; i++)
			wbuf_uint(&w, 65001, 4);
	}
	wbuf_len16_close(&w, at);
	lesson_attrs(&r, attrs, w.len);
	rig_told(&r, &told);
	CHECK_STR(told.what, "A");
	CHECK(memmem(told.body, told.len, attrs + at - 4, w.len - at + 4));
	rig_fini(&r);
	rig_check();
}

/* CVE-2026-49943, BIRD: more than 2048, in an extended message */
TEST(a_path_longer_than_anything_we_hold_is_withdrawn)
{
	static const size_t n_as[] = { 751, 1024, 2048, 2049, 4096, 16000 };
	static uint8_t attrs[65000];

	for (size_t k = 0; k < ARRAY_LEN(n_as); k++) {
		struct wbuf w = wbuf_of(attrs, sizeof(attrs));
		size_t at, left = n_as[k];
		struct rig r;

		lesson_up(&r, "longest path", k % 2);
		w.len = t_hex(REACH "40010102", attrs, sizeof(attrs));
		wbuf_u16(&w, 0x5002);
		at = wbuf_len16_open(&w);
		while (left) {
			size_t seg = left < 255 ? left : 255;

			wbuf_u16(&w, (uint16_t)(0x0200 | seg));
			for (size_t i = 0; i < seg; i++)
				wbuf_uint(&w, 65001, 4);
			left -= seg;
		}
		wbuf_len16_close(&w, at);
		lesson_attrs(&r, attrs, w.len);
		lesson_check(&r, "a", STAYS);
		rig_fini(&r);
	}
	rig_check();
}

/* CVE-2026-49838, GoBGP */
TEST(an_empty_path_is_legal_for_every_accessor)
{
	const struct bgp_span none = { 0 };
	char text[8] = "#";

	CHECK_INT(bgp_aspath_length(&none), 0);
	CHECK_INT(bgp_aspath_first(&none), 0);
	CHECK(!bgp_aspath_has(&none, 65000) && !bgp_aspath_needs_as4(&none));
	CHECK_STR(bgp_aspath_fmt(&none, text, sizeof(text)), "");
	for (int ebgp = 0; ebgp < 2; ebgp++) {
		uint8_t attrs[256];
		struct rig r;

		lesson_up(&r, "empty path", ebgp);
		lesson_attrs(&r, attrs,
		             t_hex(REACH "40010102 400200", attrs, sizeof(attrs)));
		lesson_check(&r, ebgp ? "a" : "A", STAYS);
		rig_fini(&r);
	}
	rig_check();
}

/* --- routes --------------------------------------------------------------------------
 */

/* CVE-2016-2342, Quagga */
TEST(prefix_lengths_of_vpn_routes_are_bound_by_field_and_by_bytes)
{
	for (unsigned bits = 0; bits < 256; bits++) {
		bool fits = bits > 112 && bits <= 120; /* fifteen octets */
		uint8_t attrs[256];
		struct rig_said said;
		struct rig_told told;
		struct rig r;
		size_t n;

		lesson_up(&r, "bits", bits % 2);
		n = t_hex(GOOD, attrs, sizeof(attrs));
		attrs[20] = (uint8_t)bits;
		lesson_attrs(&r, attrs, n);
		rig_said(&r, &said);
		rig_told(&r, &told);
		if (said.notified == fits)
			t_fail(__FILE__, __LINE__, "%u bits: %u/%u", bits, said.code,
			       said.subcode);
		CHECK_STR(told.what, !fits ? "abc" : bits == 120 ? "A" : "O");
		rig_fini(&r);
	}
}

/* CVE-2023-38406, CVE-2023-41909, FRR; CVE-2025-43972, GoBGP; CVE-2026-37457, FRR */
TEST(flow_specifications_are_not_looked_into)
{
	lesson_update("800e0a 000185 04c000020c 00 00" SET, "", STAYS);
	lesson_update("800e09 000185 04c000020c 00" SET, "", STAYS);
	lesson_update("800e0a 000185 04c000020c 00 f0" SET, "", STAYS);
	lesson_update("800e0c 000185 04c000020c 00 020320" SET, "", STAYS);
	lesson_update("800e0a 000185 04c000020c 00 00", "", STAYS);
	lesson_update("800f04 000185 00", "", STAYS);
}

/* CVE-2023-38407, FRR, and its label length subtraction of 2026 */
TEST(labelled_unicast_routes_are_not_looked_into)
{
	lesson_update("800e0a 000104 04c000020c 00 18" SET, "", STAYS);
	lesson_update("800e0c 000104 04c000020c 00 180000" SET, "", STAYS);
	lesson_update("800e0d 000104 04c000020c 00 17000001" SET, "", STAYS);
	lesson_update("800f06 000104 000000", "", STAYS);
}

/* CVE-2026-37460, CVE-2026-5107, FRR */
TEST(evpn_routes_are_not_looked_into)
{
	lesson_update("800e0b 001946 04c000020c 00 0200" SET, "", STAYS);
	lesson_update("800e0b 001946 04c000020c 00 02ff" SET, "", STAYS);
	lesson_update("800e0c 001946 04c000020c 00 030100" SET, "", STAYS);
	lesson_update("800e0c 001946 04c000020c 00 040100" SET, "", STAYS);
}

/* CVE-2023-46752, FRR */
TEST(routes_that_cannot_be_found_reset_the_session)
{
	lesson_update("800e00" SET, "abc", NOTE(3, 9));
	lesson_update("800e1f000180" NH4 "78186b01" RD "0101" SET, "abc", NOTE(3, 9));
	lesson_update("800e21000180 0d0000000000000000c000020c 00" ROUTE SET, "abc",
	              NOTE(3, 9));
}

/* CVE-2026-37458, FRR */
TEST(next_hops_nobody_can_have_are_refused_in_mp_reach_too)
{
	static const char *const hop[] = { "00000000", "00000001", "7f000001",
		                           "e0000001", "f0000001", "ffffffff" };

	for (size_t i = 0; i < ARRAY_LEN(hop); i++) {
		char hex[256];

		snprintf(hex, sizeof(hex),
		         "800e21000180 0c0000000000000000%s 00" ROUTE SET, hop[i]);
		lesson_update(hex, "a", STAYS);
	}
}

/* CVE-2023-46753, FRR */
TEST(an_update_of_nothing_but_an_unknown_attribute_is_no_end_of_rib)
{
	for (int routes = 0; routes < 2; routes++) {
		struct bgp_open o;
		uint8_t attrs[256];
		struct rig r;

		rig_init(&r, "unknown only, graceful restart", false, 0, 0);
		o = script_open(r.talker, AS_US);
		o.caps.gr.time = 60;
		o.caps.gr.families = o.caps.gr.forwarding = 1u << BGP_VPN4;
		script_send_open(r.p, &o);
		script_keepalive(r.p);
		rig_routes(&r);
		lesson_attrs(&r, attrs,
		             t_hex(routes ? REACH "c06304deadbeef" : "c06304deadbeef",
		                   attrs, sizeof(attrs)));
		lesson_check(&r, routes ? "a" : "", STAYS);
		CHECK_INT(r.dut->eors, 0);
		rig_fini(&r);
	}
	rig_check();
}

/* CVE-2023-47235, FRR */
TEST(only_the_exact_shape_is_an_end_of_rib)
{
	static const char *const body[] = {
		"0000 0005 800f020001",
		"0000 0007 800f03000180 40",
		"0000 0007 800f0400018000",
		"0000 0006 c00f03000180",
		"0000 000a 800f03000180 40010102",
		"0001 00 0006 800f03000180",
		"0000 0006 800f03000180 00",
	};

	for (size_t i = 0; i < ARRAY_LEN(body); i++) {
		uint8_t msg[64];
		struct rig r;

		lesson_up(&r, body[i], i % 2);
		lesson_say(&r, BGP_UPDATE, msg, t_hex(body[i], msg, sizeof(msg)));
		CHECK_INT(r.dut->eors, 0);
		rig_fini(&r);
	}
}

/* CVE-2026-7736, CVE-2026-37462, GoBGP */
TEST(section_lengths_are_subtracted_from_nothing_smaller)
{
	static const char *const body[] = {
		"ffff ffff", "0000 ffff", "ffff 0000", "fffc 0000", "0001 0000",
		"0000 0001", "8000 8000", "0004 0000", "0000 fffc", "fffe 0002",
	};

	for (size_t i = 0; i < ARRAY_LEN(body); i++) {
		uint8_t msg[64];
		struct rig r;

		lesson_up(&r, body[i], i % 2);
		lesson_say(&r, BGP_UPDATE, msg, t_hex(body[i], msg, sizeof(msg)));
		lesson_check(&r, "abc", NOTE(3, 1));
		rig_fini(&r);
	}
	rig_check();
}

static void record_seen(void *arg, const uint8_t *rec, size_t len)
{
	*(size_t *)arg += len;
}

static int64_t no_clock(void *arg)
{
	return 0;
}

/* CVE-2016-4049, Quagga: entries that fill a dump's buffer */
TEST(attributes_of_64_kilobytes_are_dumped_whole_or_counted_as_left_out)
{
	static const size_t sizes[] = { 0xf000, 0xff00, 0xff80 };
	static uint8_t attrs[BGP_MSG_MAX_EXT];
	size_t recorded = 0;
	const struct bgp_mrt_ops ops = { record_seen, no_clock, &recorded };
	struct bgp_mrt_dump *d;
	struct buf out = { 0 };
	struct bgp_mrt *m;
	struct rig r;
	size_t n;

	lesson_up(&r, "64 kB", false);
	m = bgp_mrt_new(r.dut->b, &ops);
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		n = t_hex(GOOD "d0630000", attrs, sizeof(attrs));
		attrs[n - 2] = (uint8_t)(sizes[i] >> 8);
		attrs[n - 1] = (uint8_t)sizes[i];
		attrs[35] = (uint8_t)i; /* the last octet of the address: more than one */
		memset(attrs + n, 1, sizes[i]);
		recorded = 0;
		lesson_attrs(&r, attrs, n + sizes[i]);
		CHECK(recorded > sizes[i]);
		CHECK(!r.p->got_fin);
	}
	d = bgp_mrt_dump_new(r.dut->b, 0);
	while (bgp_mrt_dump_step(d, 1, &out))
		;
	CHECK_INT(bgp_mrt_dump_routes(d) + bgp_mrt_dump_left_out(d), 6);
	CHECK(buf_left(&out) > 0xf000);
	bgp_mrt_dump_free(d);
	buf_fini(&out);
	bgp_mrt_free(m);
	rig_fini(&r);
}

/* The same, towards one that takes less. */
TEST(attributes_of_64_kilobytes_are_kept_and_shown_to_nobody_who_cannot_take_them)
{
	static uint8_t attrs[65000];
	struct bgp_open o;
	struct rig r;
	size_t n;

	lesson_up(&r, "64 kB", false);
	n = t_hex(GOOD "d063f000", attrs, sizeof(attrs));
	memset(attrs + n, 1, 0xf000);
	lesson_attrs(&r, attrs, n + 0xf000);
	CHECK(!r.p->got_fin);
	CHECK_INT(rig_label(&r, 'A'), 0x186b0);
	/* one that takes 4096 octets comes, and goes without it */
	world_cut(&r.w);
	world_run(&r.w, 3000);
	r.p = script_connect(r.talker, r.dut);
	rig_open(&r);
	lesson_attrs(&r, attrs, n + 0xf000);
	r.heard = script_connect(r.listener, r.dut);
	o = script_open(r.listener, AS_US);
	o.caps.ext_msg = false;
	script_send_open(r.heard, &o);
	script_keepalive(r.heard);
	CHECK_INT(script_count(r.heard, BGP_UPDATE), 2); /* End-of-RIB of each family */
	CHECK(!r.heard->got_fin);
	rig_fini(&r);
}

/* --- errors without a route ---------------------------------------------------------
 */

/* FRR #22563, RFC 7606 5.2 */
TEST(an_error_without_a_route_to_withdraw_resets)
{
	lesson_update("40010109 4002060201 0000fde9", "abc", NOTE(3, 6));
	lesson_update("c00800", "abc", NOTE(3, 5));
}

/* OpenBGPD, 2009 */
TEST(a_path_that_is_over_long_only_with_our_own_number_is_none_of_ours)
{
	static uint8_t attrs[4096];
	struct wbuf w = wbuf_of(attrs, sizeof(attrs));
	struct rig_told told;
	struct rig r;

	lesson_up(&r, "255 in a segment", true);
	w.len = t_hex(REACH "40010102 500203fe 02ff", attrs, sizeof(attrs));
	for (int i = 0; i < 255; i++)
		wbuf_uint(&w, 65001, 4);
	lesson_attrs(&r, attrs, w.len);
	rig_told(&r, &told);
	CHECK_STR(told.what, "A");
	rig_fini(&r);
	rig_check();
}
