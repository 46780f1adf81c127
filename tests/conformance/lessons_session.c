/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/bgp_aspath.h"
#include "wire/bgp_attr.h"
#include "wire/bgp_open.h"
#include "wire/bgp_orf.h"
#include "wire/bgp_update.h"

#include "tests/conformance/lessons.h"

/* --- OPEN ----------------------------------------------------------------------------
 */

/* CVE-2012-0255, Quagga; CVE-2022-36440, FRR */
TEST(four_octet_as_of_any_other_length_is_refused)
{
	lesson_open("0a 0208" MP4 "4100", NOTE(2, 0));
	lesson_open("0b 0209" MP4 "410100", NOTE(2, 0));
	lesson_open("0c 020a" MP4 "41020000", NOTE(2, 0));
	lesson_open("09 0207" MP4 "41", NOTE(2, 0));
	lesson_open("0f 020d" MP4 "4105 0000fde800", NOTE(2, 0));
}

/* CVE-2012-1820, Quagga */
TEST(count_of_filters_in_the_capability_is_bound_by_its_length)
{
	lesson_open("0f 020d" MP4 "0305 00010080 ff", NOTE(2, 0));
	lesson_open("11 020f" MP4 "0307 00010080 02 4103", NOTE(2, 0));
	lesson_open("0f 020d" MP4 "0305 00010080 00", STAYS);
}

/* CVE-2018-5381, Quagga; CVE-2024-31949, FRR */
TEST(lists_of_capabilities_advance_however_short_they_are)
{
	uint8_t body[300];
	struct rig r;
	size_t n;

	rig_init(&r, "capabilities of no octets", false, 0, 0);
	n = rig_hex(&r, "04 mmmm 005a c0000209 84 0282" MP4, body, sizeof(body));
	memset(body + n, 0, 124); /* 62 of them, of code 0 and no octets */
	lesson_say(&r, BGP_OPEN, body, n + 124);
	script_keepalive(r.p);
	CHECK_INT(r.dut->ups, 2);
	rig_fini(&r);
}

/* CVE-2022-40302, CVE-2022-40318, CVE-2022-43681, FRR */
TEST(extended_parameters_can_be_cut_anywhere)
{
	static const char *const whole = "ff ff 0012 02 0006" MP4 "02 0006 4104 nnnnnnnn";

	for (size_t cut = 0; cut < 21; cut++) {
		for (int fit = 0; fit < 2;
		     fit++) { /* lengths as they were, or made to fit */
			uint8_t body[64];
			struct rig_said said;
			struct rig r;
			size_t n;

			rig_init(&r, whole, cut % 2, 0, 0);
			n = rig_hex(&r, "04 mmmm 005a c0000209", body, sizeof(body));
			rig_hex(&r, whole, body + n, sizeof(body) - n);
			if (fit && cut > 4)
				body[n + 3] = (uint8_t)(cut - 4);
			lesson_say(&r, BGP_OPEN, body, n + cut);
			rig_said(&r, &said);
			/* at 13 the first parameter is whole */
			if (said.notified == (fit && cut == 13))
				t_fail(__FILE__, __LINE__, "cut at %zu", cut);
			CHECK(!said.notified || said.code <= BGP_ERR_OPEN);
			rig_fini(&r);
		}
	}
}

/* CVE-2023-31489, FRR */
TEST(long_lived_restart_of_an_odd_length_is_no_half_a_family)
{
	for (unsigned len = 0; len < 16; len++) {
		uint8_t body[64] = { 0 };
		struct rig r;
		size_t n;

		rig_init(&r, "LLGR", len % 2, 0, 0);
		n = rig_hex(&r, "04 mmmm 005a c0000209 00 0200" MP4 "4700", body,
		            sizeof(body));
		body[9] = (uint8_t)(n - 10 + len);
		body[11] = (uint8_t)(n - 12 + len);
		body[n - 1] = (uint8_t)len;
		lesson_say(&r, BGP_OPEN, body, n + len);
		if (!r.p->got_fin)
			script_keepalive(r.p);
		CHECK(len % 7 || r.dut->ups == 2); /* whole entries are welcome */
		rig_fini(&r);
	}
}

/* CVE-2023-41361, FRR; CVE-2025-43971, GoBGP */
TEST(software_version_of_any_length_is_remembered_by_its_length)
{
	lesson_open("0a 0208" MP4 "4b00", STAYS);
	lesson_open("0c 020a" MP4 "4b0200ff", STAYS);
	for (unsigned len = 200; len <= 245; len += 45) {
		uint8_t body[300];
		struct rig r;
		size_t n;

		rig_init(&r, "software version", false, 0, 0);
		n = rig_hex(&r, "04 mmmm 005a c0000209 00 0200" MP4 "4b00", body,
		            sizeof(body));
		body[9] = (uint8_t)(n - 10 + len);
		body[11] = (uint8_t)(n - 12 + len);
		body[n - 1] = (uint8_t)len;
		memset(body + n, 0xff, len);
		lesson_say(&r, BGP_OPEN, body, n + len);
		script_keepalive(r.p);
		CHECK_INT(r.dut->ups, 2);
		rig_fini(&r);
	}
}

/* CVE-2026-5122, GoBGP */
TEST(names_in_a_capability_are_bound_by_it)
{
	lesson_open("0b 0209" MP4 "4901ff", STAYS);
	lesson_open("0d 020b" MP4 "4903 ff6161", STAYS);
	lesson_open("0d 020b" MP4 "4903 0161ff", STAYS);
}

/* CVE-2026-49837, GoBGP */
TEST(a_capability_never_reads_the_one_behind_it)
{
	lesson_open("12 0210" MP4 "4000 4104 nnnnnnnn 0200", NOTE(2, 0));
	lesson_open("0c 020a" MP4 "4500 0200", STAYS);
	lesson_open("0e 020c" MP4 "0502 0001 0200", NOTE(2, 0));
}

/* --- other messages ------------------------------------------------------------------
 */

/* CVE-2018-5380, Quagga */
TEST(every_number_has_a_text_within_its_buffer)
{
	char text[BGP_NOTIFICATION_STRLEN];

	for (unsigned i = 0; i < 65536; i++)
		CHECK(strlen(bgp_notification_fmt((uint8_t)(i >> 8), (uint8_t)i, text)) <
		      sizeof(text) - 1);
	for (unsigned i = 0; i < 256; i++) {
		CHECK(*bgp_open_cap_name((uint8_t)i));
		CHECK(*bgp_attr_name((uint8_t)i));
		CHECK(*bgp_msg_type_name(i));
		CHECK(*bgp_rx_reject_name((enum bgp_reject)i));
		CHECK(*bgp_fsm_name((enum bgp_state)i));
		CHECK(*bgp_family_name((enum bgp_family)i));
		CHECK(*bgp_orf_err_name((enum bgp_orf_err)i));
		CHECK(*bgp_update_fate_name((enum bgp_fate)i));
	}
}

/* CVE-2022-37032, CVE-2024-31949, FRR */
TEST(dynamic_capability_messages_are_of_no_type_we_know)
{
	lesson_message(M "0013 06", "abc", NOTE(1, 3));
	lesson_message(M "0014 06 00", "abc", NOTE(1, 3));
	lesson_message(M "0016 06 000100", "abc", NOTE(1, 3));
}

/* CVE-2022-37035, FRR: one thread read while another closed */
TEST(what_stands_behind_the_end_of_a_session_is_not_read)
{
	struct rig_said said;
	uint8_t msg[256];
	struct rig r;
	size_t n;

	lesson_up(&r, "behind the end", false);
	n = t_hex(M "0015 03 0602" M "0017 02 ffffffff" M "0013 04" M "00", msg,
	          sizeof(msg));
	script_send(r.p, msg, n);
	rig_said(&r, &said);
	CHECK(said.closed && !said.notified);
	CHECK_INT(r.dut->downs, 1);
	CHECK_INT(r.peer->rx[BGP_UPDATE], 3); /* those before */
	rig_fini(&r);
}

/* CVE-2023-41360, FRR, and what 2026 found there: the message went on into a refresh,
 * entries were used after they were freed */
TEST(filters_cut_anywhere_are_ignored_and_ask_for_nothing)
{
	static const char whole[] =
		"00010080 01 41 001c 00 00000001 20 20 0002fde800000064"
		"0102c000020b0064 00 01010103";

	for (size_t cut = 5; cut < 36; cut++) {
		struct rig_said said;
		uint8_t body[64];
		struct rig r;

		lesson_up(&r, whole, cut % 2);
		t_hex(whole, body, sizeof(body));
		lesson_say(&r, BGP_ROUTE_REFRESH, body, cut);
		rig_said(&r, &said);
		CHECK(!said.closed);
		CHECK_STR(said.what, cut == 5 || cut == 36 ? "BE" : "");
		CHECK_INT(r.peer->orf_malformed, cut != 5 && cut != 36);
		rig_fini(&r);
	}
}

/* CVE-2023-46565, GoBGP */
TEST(a_bad_message_ends_every_state_cleanly)
{
	for (int at = 0; at < 3; at++) {
		for (unsigned type = 0; type < 8; type++) {
			uint8_t msg[32];
			struct rig r;

			rig_init(&r, "bad", type % 2, 0, 0);
			if (at == 1) {
				struct bgp_open o =
					script_open(r.talker, r.ebgp ? AS_THEM : AS_US);

				script_send_open(r.p, &o);
			} else if (at == 2) {
				rig_open(&r);
			}
			memset(msg, 0xff, 16);
			msg[16] = 0;
			msg[17] = 18;
			msg[18] = (uint8_t)type;
			script_send(r.p, msg, 19);
			CHECK(r.p->got_fin);
			CHECK_INT(script_notification(r.p), NOTE(1, 2));
			CHECK_INT(bgp_peer_state(r.peer), BGP_IDLE);
			world_run(&r.w, 5000); /* and it is welcome again */
			r.p = script_connect(r.talker, r.dut);
			rig_open(&r);
			rig_fini(&r);
		}
	}
}

/* CVE-2019-16159, BIRD; CVE-2025-59688, BIRD 3 */
TEST(a_notification_may_bring_any_text_in_any_state)
{
	for (int at = 0; at < 3; at++) {
		for (unsigned len = 0; len < 256; len += 17) {
			uint8_t body[300];
			struct rig_said said;
			struct rig r;

			rig_init(&r, "text", len % 2, 0, 0);
			if (at == 1) {
				struct bgp_open o =
					script_open(r.talker, r.ebgp ? AS_THEM : AS_US);

				script_send_open(r.p, &o);
			} else if (at == 2) {
				rig_open(&r);
			}
			memset(body, 0x1b, sizeof(body));
			body[0] = BGP_ERR_CEASE;
			body[1] = BGP_CEASE_SHUTDOWN;
			body[2] =
				(uint8_t)(len % 2 ? len : 255); /* right, or beyond it */
			lesson_say(&r, BGP_NOTIFICATION, body, 3 + len);
			rig_said(&r, &said);
			CHECK(said.closed && !said.notified);
			for (const char *s = r.peer->last_error; *s; s++)
				CHECK((unsigned char)*s >= 0x20);
			rig_fini(&r);
		}
	}
}

/* BIRD, 2026: hold time 0 was divided by */
TEST(hold_time_zero_divides_nothing)
{
	struct bgp_open o;
	struct rig r;

	rig_init(&r, "hold time 0", false, 0, 0);
	o = script_open(r.talker, AS_US);
	o.hold_time = 0;
	script_send_open(r.p, &o);
	script_keepalive(r.p);
	rig_routes(&r);
	script_send(r.heard, "", 0);
	for (int i = 0; i < 20; i++) { /* an hour; the listener has a hold time */
		world_run(&r.w, 60 * 1000);
		script_keepalive(r.heard);
	}
	CHECK(!r.p->got_fin);
	rig_fini(&r);
}
