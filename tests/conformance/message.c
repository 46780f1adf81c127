/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/must.h"

#include "tests/conformance/conform.h"

/*
 * Headers, messages in the wrong state, NOTIFICATION and ROUTE-REFRESH: RFC
 * 4271 4.1, 6.1, 6.6, RFC 6608, RFC 8654, RFC 2918, RFC 7313, RFC 5291, RFC 9003.
 */
#define M         "ffffffffffffffffffffffffffffffff "
#define KEEPALIVE M "0013 04 "
#define REFRESH   M "0017 05 "
#define EOR       M "001d 02 0000 0006 800f03 0001 80 "
#define CP        "0000000001 20 20 0002fde800000064 0102c000020b0064 00 01010103"

enum when { SENT, CONFIRM, UP };

enum { STAYS = 0, CLOSES = -1 }; /* else what is notified: code << 8 | subcode */
#define NOTE(code, sub) ((code) << 8 | (sub))

static const struct vector {
	const char *name;
	enum when when;
	const char *hex;
	int result;
	const char *data; /* of the NOTIFICATION */
	const char *said; /* what the talker gets back, if it stays; NULL: nothing */
	size_t pad;       /* so many zero octets behind */
	unsigned ctx;
} vector[] = {
  /* clang-format off */
	/* marker */
	{ "marker with a zero in front", UP, "00ffffffffffffffffffffffffffffff 0013 04", NOTE(1, 1) },
	{ "marker with a zero at its end", UP, "ffffffffffffffffffffffffffffff00 0013 04", NOTE(1, 1) },
	{ "marker of zeroes", UP, "00000000000000000000000000000000 0013 04", NOTE(1, 1) },
	{ "marker one bit off", UP, "fffffffffffffffeffffffffffffffff 0013 04", NOTE(1, 1) },
	{ "marker wrong in OpenSent", SENT, "00ffffffffffffffffffffffffffffff 0013 04", NOTE(1, 1) },
	{ "marker wrong in OpenConfirm", CONFIRM, "00ffffffffffffffffffffffffffffff 0013 04", NOTE(1, 1) },
	{ "marker wrong behind a good message", UP, KEEPALIVE "feffffffffffffffffffffffffffffff 0013 04", NOTE(1, 1) },
	{ "HTTP", UP, "474554202f20485454502f312e310d0a0d0a", NOTE(1, 1) },

	/* length */
	{ "length 0", UP, M "0000 04", NOTE(1, 2), "0000" },
	{ "length 18", UP, M "0012 04", NOTE(1, 2), "0012" },
	{ "length 18 in OpenSent", SENT, M "0012 01", NOTE(1, 2), "0012" },
	{ "KEEPALIVE of 20 octets", UP, M "0014 04 00", NOTE(1, 2), "0014" },
	{ "KEEPALIVE of 4096 octets", UP, M "1000 04", NOTE(1, 2), "1000", .pad = 4077 },
	{ "KEEPALIVE of 5000 octets, extended messages agreed", UP, M "1388 04", NOTE(1, 2), "1388", .pad = 4981 },
	{ "OPEN of 28 octets", SENT, M "001c 01 04 fde8 005a c0000209", NOTE(1, 2), "001c" },
	{ "OPEN of 4097 octets", SENT, M "1001 01", NOTE(1, 2), "1001", .pad = 4078 },
	{ "OPEN of 5000 octets, extended messages agreed", UP, M "1388 01", NOTE(1, 2), "1388", .pad = 4981 },
	{ "UPDATE of 22 octets", UP, M "0016 02 000000", NOTE(1, 2), "0016" },
	{ "UPDATE of 23 octets", UP, M "0017 02 00000000", STAYS },
	{ "NOTIFICATION of 20 octets", UP, M "0014 03 06", NOTE(1, 2), "0014" },
	{ "ROUTE-REFRESH of 22 octets", UP, M "0016 05 000100", NOTE(1, 2), "0016" },
	{ "UPDATE of 4096 octets", UP, M "1000 02 0000 0fe9 9063 0fe5", STAYS, .pad = 4069, .ctx = CTX_SMALL },
	{ "UPDATE of 4097 octets, no extended messages", UP, M "1001 02", NOTE(1, 2), "1001", .ctx = CTX_SMALL },
	{ "UPDATE of 4097 octets, extended messages", UP, M "1001 02 0000 0fea 9063 0fe6", STAYS, .pad = 4070 },
	{ "UPDATE of 65535 octets, extended messages", UP, M "ffff 02 0000 ffe8 9063 ffe4", STAYS, .pad = 65508 },
	{ "UPDATE of 65535 octets, no extended messages", UP, M "ffff 02", NOTE(1, 2), "ffff", .ctx = CTX_SMALL },
	{ "NOTIFICATION of 5000 octets, extended messages", UP, M "1388 03 0602", CLOSES, .pad = 4979 },
	{ "NOTIFICATION of 5000 octets, no extended messages", UP, M "1388 03 0602", NOTE(1, 2), "1388", .pad = 4979, .ctx = CTX_SMALL },
	{ "ROUTE-REFRESH of 5000 octets, no extended messages", UP, M "1388 05", NOTE(1, 2), "1388", .ctx = CTX_SMALL },

	/* type */
	{ "type 0", UP, M "0013 00", NOTE(1, 3), "00" },
	{ "type 6, dynamic capability", UP, M "0017 06 00000000", NOTE(1, 3), "06" },
	{ "type 6 of no body", UP, M "0013 06", NOTE(1, 3), "06" },
	{ "type 255", UP, M "0013 ff", NOTE(1, 3), "ff" },
	{ "type 128, refresh before it was standard", UP, M "0017 80 00010080", NOTE(1, 3), "80" },
	{ "type 0 in OpenSent", SENT, M "0013 00", NOTE(1, 3), "00" },
	{ "type and length both wrong: length first", UP, M "0012 00", NOTE(1, 2), "0012" },

	/* messages that have no place in a state: RFC 6608 */
	{ "KEEPALIVE in OpenSent", SENT, KEEPALIVE, NOTE(5, 1) },
	{ "UPDATE in OpenSent", SENT, EOR, NOTE(5, 1) },
	{ "ROUTE-REFRESH in OpenSent", SENT, REFRESH "00010080", NOTE(5, 1) },
	{ "malformed UPDATE in OpenSent", SENT, M "0017 02 ffffffff", NOTE(5, 1) },
	{ "NOTIFICATION in OpenSent", SENT, M "0015 03 0601", CLOSES },
	{ "NOTIFICATION of a version in OpenSent", SENT, M "0017 03 0201 0004", CLOSES },
	{ "UPDATE in OpenConfirm", CONFIRM, EOR, NOTE(5, 2) },
	{ "ROUTE-REFRESH in OpenConfirm", CONFIRM, REFRESH "00010080", NOTE(5, 2) },
	{ "OPEN in OpenConfirm", CONFIRM, M "0025 01 04 mmmm 005a c0000209 08 0206 010400010080", NOTE(5, 2) },
	{ "malformed OPEN in OpenConfirm", CONFIRM, M "001d 01 03 mmmm 005a c0000209 00", NOTE(5, 2) },
	{ "NOTIFICATION in OpenConfirm", CONFIRM, M "0015 03 0607", CLOSES },
	{ "KEEPALIVE in OpenConfirm", CONFIRM, KEEPALIVE, STAYS, .said = "U" },
	{ "OPEN in Established", UP, M "0025 01 04 mmmm 005a c0000209 08 0206 010400010080", NOTE(5, 3) },
	{ "malformed OPEN in Established", UP, M "001d 01 03 mmmm 005a c0000209 00", NOTE(5, 3) },
	{ "KEEPALIVE in Established", UP, KEEPALIVE, STAYS },
	{ "ten KEEPALIVEs", UP, KEEPALIVE KEEPALIVE KEEPALIVE KEEPALIVE KEEPALIVE KEEPALIVE KEEPALIVE KEEPALIVE KEEPALIVE KEEPALIVE, STAYS },

	/* NOTIFICATION: never answered by one (RFC 4271 6.4) */
	{ "CEASE", UP, M "0015 03 0600", CLOSES },
	{ "CEASE for its prefixes", UP, M "001c 03 0601 00018000000001", CLOSES },
	{ "CEASE with a text", UP, M "001a 03 0602 04 62796521", CLOSES },
	{ "CEASE with a text longer than itself", UP, M "001a 03 0602 ff 62796521", CLOSES },
	{ "CEASE with a text of no octets", UP, M "0016 03 0602 00", CLOSES },
	{ "CEASE with octets behind its text", UP, M "001b 03 0602 04 6279652100", CLOSES },
	{ "CEASE with control characters", UP, M "001a 03 0604 04 1b5b324a", CLOSES },
	{ "CEASE, hard reset around another", UP, M "0017 03 0609 0602", CLOSES },
	{ "CEASE of a subcode nobody knows", UP, M "0015 03 06ff", CLOSES },
	{ "NOTIFICATION of a code nobody knows", UP, M "0015 03 ffff", CLOSES },
	{ "NOTIFICATION of code 0", UP, M "0015 03 0000", CLOSES },
	{ "NOTIFICATION of an UPDATE with an attribute", UP, M "0019 03 0306 40010109", CLOSES },
	{ "hold timer expired at the other end", UP, M "0015 03 0400", CLOSES },
	{ "NOTIFICATION and a message behind it", UP, M "0015 03 0602" KEEPALIVE, CLOSES },
	{ "NOTIFICATION and garbage behind it", UP, M "0015 03 0602 00", CLOSES },

	/* ROUTE-REFRESH: the speaker has a route of its own for the talker */
	{ "refresh", UP, REFRESH "00010080", STAYS, .said = "BUE" },
	{ "refresh of VPN-IPv6", UP, REFRESH "00020080", STAYS, .said = "BE" },
	{ "refresh, enhanced not agreed", UP, REFRESH "00010080", STAYS, .said = "U", .ctx = CTX_NO_ENH },
	{ "refresh with the octet that was reserved set", UP, REFRESH "0001ff80", STAYS, .said = "U", .ctx = CTX_NO_ENH },
	{ "refresh of a subtype nobody knows", UP, REFRESH "0001ff80", STAYS },
	{ "refresh of a subtype nobody knows, longer", UP, M "0018 05 00010380 ff", STAYS },
	{ "refresh of a family not agreed", UP, REFRESH "00020080", STAYS, .ctx = CTX_ONLY4 },
	{ "refresh of IPv4 unicast", UP, REFRESH "00010001", STAYS },
	{ "refresh of AFI 0", UP, REFRESH "00000080", STAYS },
	{ "refresh of a family nobody knows", UP, REFRESH "ffff00ff", STAYS },
	{ "refresh twice at once", UP, REFRESH "00010080" REFRESH "00010080", STAYS, .said = "BUE*" },
	{ "begin of refresh", UP, REFRESH "00010180", STAYS },
	{ "end of refresh without a begin", UP, REFRESH "00010280", STAYS },
	{ "begin of refresh of five octets", UP, M "0018 05 00010180 00", NOTE(7, 1), "!" },
	{ "end of refresh of five octets", UP, M "0018 05 00010280 00", NOTE(7, 1), "!" },
	{ "begin of refresh of five octets in a foreign family", UP, M "0018 05 ffff01ff 00", NOTE(7, 1), "!" },
	{ "begin of refresh longer, enhanced not agreed", UP, M "0018 05 00010180 01", STAYS, .said = "U", .ctx = CTX_NO_ENH },

	/* filters that nobody agreed on */
	{ "covering prefix filter", UP, M "0037 05 00010080 01 41 001c" CP, STAYS, .said = "BUE" },
	{ "covering prefix filter, deferred", UP, M "0037 05 00010080 02 41 001c" CP, STAYS },
	{ "covering prefix filter of the family nobody agreed on", UP, M "0037 05 00020080 01 41 001c" CP, STAYS, .ctx = CTX_ONLY4 },
	{ "filter of a type nobody knows", UP, M "001d 05 00010080 01 80 0002 ffff", STAYS, .said = "BUE" },
	{ "filters neither now nor later", UP, M "0037 05 00010080 00 41 001c" CP, STAYS },
	{ "filter list cut", UP, M "0036 05 00010080 01 41 001c 0000000001 20 20 0002fde800000064 0102c000020b0064 00 010101", STAYS },
	{ "filter list without a length", UP, M "0019 05 00010080 01 41", STAYS },
	{ "filter entry of one octet", UP, M "001c 05 00010080 01 41 0001 00", STAYS },
	{ "filter entry that removes all", UP, M "001c 05 00010080 01 41 0001 80", STAYS, .said = "BUE" },
	{ "filter of an action nobody knows", UP, M "001c 05 00010080 01 41 0001 c0", STAYS, .said = "BUE" },
	{ "covering prefix of 33 bits", UP, M "0037 05 00010080 01 41 001c 0000000001 21 21 0002fde800000064 0102c000020b0064 00 01010103", STAYS },
	{ "covering prefix that denies", UP, M "0037 05 00010080 01 41 001c 2000000001 20 20 0002fde800000064 0102c000020b0064 00 01010103", STAYS },
	{ "only the octet that says when", UP, M "0018 05 00010080 01", STAYS, .said = "BUE" },
  /* clang-format on */
};

static void begin(struct rig *r, const struct vector *v)
{
	struct bgp_open o = script_open(r->talker, r->ebgp ? AS_THEM : AS_US);
	struct rig_told told;
	struct rig_said said;

	world_announce(r->dut, 7, AFI_IP4);
	world_settle(&r->w);
	if (v->when == CONFIRM) {
		script_send_open(r->p, &o);
	} else if (v->when == UP) {
		rig_open(r);
	}
	rig_said(r, &said);
	rig_told(r, &told); /* of the speaker's own route */
	if (v->when == UP)
		rig_routes(r);
}

/* What the vector says, and what of it an external neighbor gets: no routes. */
static void want_said(const struct rig *r, const struct vector *v, char *ret)
{
	for (const char *s = v->said ? v->said : ""; *s; s++) {
		if (*s == '*') { /* the second of two, whole */
			strcat(ret, r->ebgp ? "BE" : "BUE");
			return;
		}
		/* End-of-RIB is an UPDATE too, but no refresh sends one */
		if (*s != 'U' || !r->ebgp || v->when == CONFIRM)
			strncat(ret, s, 1);
	}
}

static void check_said(struct rig *r, const struct vector *v, const uint8_t *msg,
                       size_t len)
{
	char want[64] = "";
	struct rig_said said;
	uint8_t data[64];
	size_t n = 0;

	rig_said(r, &said);
	if (v->result == STAYS) {
		want_said(r, v, want);
		if (said.closed || said.notified)
			rig_wrong(r, "needless reset %u/%u", said.code, said.subcode);
		else if (strcmp(said.what, want) != 0)
			rig_wrong(r, "answered \"%s\", not \"%s\"", said.what, want);
		return;
	}
	if (!said.closed)
		rig_wrong(r, "it is not closed");
	if (said.notified != (v->result != CLOSES) ||
	    (said.notified && NOTE(said.code, said.subcode) != v->result))
		rig_wrong(r, "NOTIFICATION %u/%u", said.code, said.subcode);
	if (v->data && *v->data == '!') { /* the whole message (RFC 7313 5) */
		n = len;
		memcpy(data, msg, n);
	} else if (v->data) {
		n = t_hex(v->data, data, sizeof(data));
	}
	if (said.len != n || memcmp(said.data, data, n) != 0)
		rig_wrong(r, "NOTIFICATION with %zu octets of data", said.len);
}

static void run(const struct vector *v, bool ebgp, size_t chunk)
{
	static uint8_t msg[1 << 17];
	struct rig_told told;
	const char *want;
	struct rig r;
	size_t n;

	rig_init(&r, v->name, ebgp, v->ctx, chunk);
	begin(&r, v);
	n = rig_hex(&r, v->hex, msg, sizeof(msg));
	memset(msg + n, 0, v->pad);
	script_send(r.p, msg, n + v->pad);
	check_said(&r, v, msg, n);
	rig_told(&r, &told);
	want = v->when != UP || v->result == STAYS ? ""
	       : v->ctx & CTX_ONLY4                ? "ab"
	                                           : "abc";
	if (strcmp(told.what, want) != 0)
		rig_wrong(&r, "the listener is told \"%s\", not \"%s\"", told.what, want);
	rig_fini(&r);
}

TEST(every_message_vector_is_answered_as_its_state_wants)
{
	for (size_t i = 0; i < ARRAY_LEN(vector); i++) {
		for (int k = 0; k < 4; k++)
			run(&vector[i], k & 1, k & 2 ? 1 : 0);
	}
	rig_count(ARRAY_LEN(vector), "headers, states and other messages");
}
