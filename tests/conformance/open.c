/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/must.h"

#include "tests/conformance/conform.h"

/*
 * OPEN: RFC 4271 4.2, 6.2, capabilities (RFC 5492), extended optional parameters (RFC
 * 9072), AS numbers (RFC 6793, 7607), identifiers (RFC 6286), families (RFC 4760),
 * refresh (RFC 2918, 7313), graceful restart (RFC 4724), extended messages (RFC 8654),
 * next hops (RFC 8950), ADD-PATH (RFC 7911), filters (RFC 5291).
 */
#define FIXED "04 mmmm 005a c0000209 "
#define MP4   "010400010080 "
#define MP6   "010400020080 "
#define AS4   "4104 nnnnnnnn "

enum { UP = -1 };

/* A capability list goes into one parameter behind the fixed part; `body` is all of it.
 */
static const struct vector {
	const char *name, *caps;
	int ibgp, ebgp;   /* UP, or the subcode of the refusal */
	const char *said; /* what was agreed on; NULL: "vpn4 hold 90" */
	const char *body;
	const char *data;
} vector[] = {
  /* clang-format off */
	/* the fixed part */
	{ "OPEN with one family", MP4, UP, UP },
	{ "OPEN with both families", MP4 MP6, UP, UP, "vpn4 vpn6 hold 90" },
	{ "only VPN-IPv6", MP6, UP, UP, "vpn6 hold 90" },
	{ "hold time 0", NULL, UP, UP, "vpn4 hold 0", "04 mmmm 0000 c0000209 08 0206" MP4 },
	{ "hold time 3", NULL, UP, UP, "vpn4 hold 3", "04 mmmm 0003 c0000209 08 0206" MP4 },
	{ "hold time 1", NULL, 6, 6, "", "04 mmmm 0001 c0000209 08 0206" MP4 },
	{ "hold time 2", NULL, 6, 6, "", "04 mmmm 0002 c0000209 08 0206" MP4 },
	{ "hold time longer than ours", NULL, UP, UP, "vpn4 hold 90", "04 mmmm ffff c0000209 08 0206" MP4 },
	{ "version 0", NULL, 1, 1, "", "00 mmmm 005a c0000209 08 0206" MP4, "0004" },
	{ "version 3", NULL, 1, 1, "", "03 mmmm 005a c0000209 08 0206" MP4, "0004" },
	{ "version 5", NULL, 1, 1, "", "05 mmmm 005a c0000209 08 0206" MP4, "0004" },
	{ "version 255", NULL, 1, 1, "", "ff mmmm 005a c0000209 08 0206" MP4, "0004" },
	{ "version 3 and all else wrong too", NULL, 1, 1, "", "03 0000 0001 00000000 05 0201ff0000", "0004" },
	{ "AS 0", NULL, 2, 2, "", "04 0000 005a c0000209 08 0206" MP4 },
	{ "AS of another", NULL, 2, 2, "", "04 0001 005a c0000209 08 0206" MP4 },
	{ "AS_TRANS without the capability", NULL, 2, 2, "", "04 5ba0 005a c0000209 08 0206" MP4 },
	{ "AS_TRANS and the AS in the capability", NULL, UP, UP, "vpn4 as4 hold 90", "04 5ba0 005a c0000209 0e 020c" MP4 AS4 },
	{ "AS 0 and the AS in the capability", NULL, 2, 2, "", "04 0000 005a c0000209 0e 020c" MP4 AS4 },
	{ "another AS and the AS in the capability", NULL, UP, UP, "vpn4 as4 hold 90", "04 0001 005a c0000209 0e 020c" MP4 AS4 },
	{ "AS 0 in the capability", MP4 "410400000000", 2, 2, "" },
	{ "AS of another in the capability", MP4 "410400000001", 2, 2, "" },
	{ "AS_TRANS in the capability", MP4 "410400005ba0", 2, 2, "" },
	{ "identifier 0.0.0.0", NULL, 3, 3, "", "04 mmmm 005a 00000000 08 0206" MP4 },
	{ "identifier ours", NULL, 3, UP, "vpn4 hold 90", "04 mmmm 005a c0000201 08 0206" MP4 },
	{ "identifier multicast is a number like others", NULL, UP, UP, "vpn4 hold 90", "04 mmmm 005a e0000001 08 0206" MP4 },
	{ "identifier 255.255.255.255", NULL, UP, UP, "vpn4 hold 90", "04 mmmm 005a ffffffff 08 0206" MP4 },
	{ "identifier 127.0.0.1", NULL, UP, UP, "vpn4 hold 90", "04 mmmm 005a 7f000001 08 0206" MP4 },

	/* families */
	{ "no parameters: IPv4 unicast only", NULL, 7, 7, "", FIXED "00", "010400010080 010400020080" },
	{ "an empty capability parameter", "", 7, 7, "", NULL, "010400010080 010400020080" },
	{ "only IPv4 unicast", "010400010001", 7, 7, "", NULL, "010400010080 010400020080" },
	{ "only a family nobody knows", "0104ffff00ff", 7, 7, "", NULL, "010400010080 010400020080" },
	{ "AFI 0", MP4 "010400000080", UP, UP },
	{ "reserved octet of multiprotocol set", "01040001ff80", UP, UP },
	{ "one family twice", MP4 MP4, UP, UP },
	{ "families beside those we know", MP4 "010400190046 010400010085 010400020001", UP, UP },
	{ "multiprotocol of no octets", MP4 "0100", 0, 0, "" },
	{ "multiprotocol of three octets", MP4 "0103000100", 0, 0, "" },
	{ "multiprotocol of five octets", "01050001008000", 0, 0, "" },

	/* other capabilities */
	{ "four-octet AS", MP4 AS4, UP, UP, "vpn4 as4 hold 90" },
	{ "four-octet AS twice", MP4 AS4 AS4, UP, UP, "vpn4 as4 hold 90" },
	{ "four-octet AS of no octets", MP4 "4100", 0, 0, "" },
	{ "four-octet AS of one octet", MP4 "410100", 0, 0, "" },
	{ "four-octet AS of three octets", MP4 "4103000000", 0, 0, "" },
	{ "four-octet AS of five octets", MP4 "4105000000fde8", 0, 0, "" },
	{ "refresh", MP4 "0200", UP, UP, "vpn4 refresh hold 90" },
	{ "refresh of one octet", MP4 "020100", 0, 0, "" },
	{ "refresh before it was standard", MP4 "8000", UP, UP },
	{ "enhanced refresh", MP4 "0200 4600", UP, UP, "vpn4 refresh enhanced hold 90" },
	{ "enhanced refresh of one octet", MP4 "460100", 0, 0, "" },
	{ "extended message", MP4 "0600", UP, UP, "vpn4 extended hold 90" },
	{ "extended message of one octet", MP4 "060100", 0, 0, "" },
	{ "graceful restart of no family", MP4 "4002003c", UP, UP, "vpn4 gr hold 90" },
	{ "graceful restart of one family", MP4 "4006003c 00018080", UP, UP, "vpn4 gr hold 90" },
	{ "graceful restart of a family nobody knows", MP4 "4006003c ffff8080", UP, UP, "vpn4 gr hold 90" },
	{ "graceful restart twice", MP4 "4002003c 40020078", UP, UP, "vpn4 gr hold 90" },
	{ "graceful restart of no octets", MP4 "4000", 0, 0, "" },
	{ "graceful restart of one octet", MP4 "400100", 0, 0, "" },
	{ "graceful restart of three octets", MP4 "4003003c00", 0, 0, "" },
	{ "graceful restart of five octets", MP4 "4005003c000180", 0, 0, "" },
	{ "graceful restart of none and another behind it", MP4 "4000" AS4, 0, 0, "" },
	{ "ADD-PATH nobody offered", MP4 "4504 00018003", UP, UP },
	{ "ADD-PATH of a value nobody knows", MP4 "4504 00018007", UP, UP },
	{ "ADD-PATH of three octets", MP4 "4503000180", 0, 0, "" },
	{ "ADD-PATH of no family", MP4 "4500", UP, UP },
	{ "extended next hop", MP4 "0506 000100800002", UP, UP },
	{ "extended next hop of a family nobody knows", MP4 "0506 001900460002", UP, UP },
	{ "extended next hop of four octets", MP4 "050400010080", 0, 0, "" },
	{ "filters we did not offer", MP4 "0307 00010080 01 4103", UP, UP },
	{ "filters of a type nobody knows", MP4 "0307 00010080 01 8003", UP, UP },
	{ "filters of two types and two families", MP4 "0310 00010080 02 4103 4003 00020080 01 4102", UP, UP },
	{ "filter count beyond the capability", MP4 "0307 00010080 02 4103", 0, 0, "" },
	{ "filter entry cut", MP4 "0303000100", 0, 0, "" },
	{ "filter entry without its count", MP4 "030400010080", 0, 0, "" },
	{ "filters before they were standard", MP4 "8207 00010080 01 8003", UP, UP },
	{ "capability nobody knows", MP4 "f003010203", UP, UP },
	{ "capability nobody knows of no octets", MP4 "f000", UP, UP },
	{ "capability 0", MP4 "0000", UP, UP },
	{ "software version of no octets", MP4 "4b00", UP, UP },
	{ "software version beyond itself", MP4 "4b01ff", UP, UP },
	{ "FQDN beyond itself", MP4 "4902ff61", UP, UP },
	{ "long-lived restart of three octets", MP4 "4703000180", 0, 0, "" },
	{ "dynamic capability of no octets", MP4 "4300", UP, UP },
	{ "role", MP4 "090100", UP, UP },
	{ "multiple labels we did not offer", MP4 "080400018002", UP, UP },
	{ "one octet of capability", MP4 "01", 0, 0, "" },
	{ "capability longer than its parameter", MP4 "0204", 0, 0, "" },

	/* parameters */
	{ "capabilities in parameters of their own", NULL, UP, UP, "vpn4 refresh as4 hold 90", FIXED "14 0206" MP4 "0202 0200 0206" AS4 },
	{ "authentication parameter", NULL, 4, 4, "", FIXED "03 010100" },
	{ "parameter nobody knows", NULL, 4, 4, "", FIXED "02 6300" },
	{ "parameter nobody knows behind a good one", NULL, 4, 4, "", FIXED "0a 0206" MP4 "6300" },
	{ "parameters longer than the message", NULL, 0, 0, "", FIXED "09 0206" MP4 },
	{ "parameters shorter than the message", NULL, 0, 0, "", FIXED "07 0206" MP4 },
	{ "parameter longer than the parameters", NULL, 0, 0, "", FIXED "08 0207" MP4 },
	{ "parameter shorter than the parameters", NULL, 0, 0, "", FIXED "08 0205" MP4 },
	{ "one octet of parameter", NULL, 0, 0, "", FIXED "01 02" },
	{ "an octet behind the parameters", NULL, 0, 0, "", FIXED "00 00" },
	{ "extended parameters", NULL, UP, UP, "vpn4 hold 90", FIXED "ff ff 0009 02 0006" MP4 },
	{ "extended parameters, length octet not 255", NULL, UP, UP, "vpn4 hold 90", FIXED "01 ff 0009 02 0006" MP4 },
	{ "extended parameters, two of them", NULL, UP, UP, "vpn4 as4 hold 90", FIXED "ff ff 0012 02 0006" MP4 "02 0006" AS4 },
	{ "extended parameters of no octets", NULL, 7, 7, "", FIXED "ff ff 0000", "010400010080 010400020080" },
	{ "extended length cut to nothing", NULL, 0, 0, "", FIXED "ff ff" },
	{ "extended length cut", NULL, 0, 0, "", FIXED "ff ff 00" },
	{ "extended length beyond the message", NULL, 0, 0, "", FIXED "ff ff 000a 02 0006" MP4 },
	{ "extended length short of the message", NULL, 0, 0, "", FIXED "ff ff 0008 02 0006" MP4 },
	{ "extended parameter cut", NULL, 0, 0, "", FIXED "ff ff 0002 02 00" },
	{ "extended parameter beyond the parameters", NULL, 0, 0, "", FIXED "ff ff 0009 02 0007" MP4 },
	{ "extended parameter nobody knows", NULL, 4, 4, "", FIXED "ff ff 0003 63 0000" },
	{ "length octet 255 without the extended type", NULL, 0, 0, "", FIXED "ff 02 0006" MP4 },
	{ "length octet 0 and extended behind it", NULL, 0, 0, "", FIXED "00 ff 0009 02 0006" MP4 },
  /* clang-format on */
};

static void say_open(struct rig *r, const struct vector *v)
{
	uint8_t msg[1024], caps[256];
	struct wbuf w = wbuf_of(msg, sizeof(msg));
	size_t start = bgp_msg_open(&w, BGP_OPEN), n;

	w.len += rig_hex(r, v->body ? v->body : FIXED, msg + w.len, sizeof(msg) - w.len);
	if (!v->body) {
		n = rig_hex(r, v->caps, caps, sizeof(caps));
		wbuf_u8(&w, (uint8_t)(n + 2));
		wbuf_u8(&w, 2);
		wbuf_u8(&w, (uint8_t)n);
		wbuf_bytes(&w, caps, n);
	}
	bgp_msg_close(&w, start);
	CHECK(wbuf_ok(&w));
	script_send(r->p, msg, w.len);
	if (!r->p->got_fin)
		script_keepalive(r->p);
}

static void agreed(const struct rig *r, char *ret, size_t cap)
{
	const struct bgp_conn *c = r->peer->up;
	const struct bgp_caps *caps = &c->open.caps;

	snprintf(ret, cap, "%s%s%s%s%s%s%shold %u",
	         r->peer->af[AFI_IP4].on ? "vpn4 " : "",
	         r->peer->af[AFI_IP6].on ? "vpn6 " : "", caps->refresh ? "refresh " : "",
	         caps->enhanced_refresh ? "enhanced " : "", caps->as4 ? "as4 " : "",
	         caps->ext_msg ? "extended " : "", caps->gr.present ? "gr " : "",
	         c->hold_s);
}

static void check_refusal(struct rig *r, const struct vector *v, int subcode)
{
	struct rig_said said;
	uint8_t data[512];
	size_t n = rig_hex(r, v->data ? v->data : "", data, sizeof(data));

	rig_said(r, &said);
	if (!said.notified || !said.closed || said.code != BGP_ERR_OPEN ||
	    said.subcode != subcode)
		rig_wrong(r, "NOTIFICATION %u/%u, not 2/%d", said.code, said.subcode,
		          subcode);
	if (said.len != n || memcmp(said.data, data, n) != 0)
		rig_wrong(r, "NOTIFICATION with %zu octets of data", said.len);
	if (r->dut->ups != 1)
		rig_wrong(r, "the session came up");
}

static void run(const struct vector *v, bool ebgp, size_t chunk)
{
	int want = ebgp ? v->ebgp : v->ibgp;
	struct rig_told told;
	struct rig r;

	rig_init(&r, v->name, ebgp, 0, chunk);
	say_open(&r, v);
	if (want == UP) {
		const char *text = v->said && *v->said ? v->said : "vpn4 hold 90";
		struct rig_said said;
		char got[128] = "";

		rig_said(&r, &said);
		if (said.notified || said.closed)
			rig_wrong(&r, "refused by %u/%u", said.code, said.subcode);
		else
			agreed(&r, got, sizeof(got));
		if (strcmp(got, text) != 0)
			rig_wrong(&r, "agreed on \"%s\", not \"%s\"", got, text);
	} else {
		check_refusal(&r, v, want);
	}
	rig_told(&r, &told);
	if (told.what[0])
		rig_wrong(&r, "the listener is told \"%s\"", told.what);
	rig_fini(&r);
}

TEST(every_open_vector_is_agreed_on_or_refused_with_its_subcode)
{
	for (size_t i = 0; i < ARRAY_LEN(vector); i++) {
		for (int k = 0; k < 4; k++)
			run(&vector[i], k & 1, k & 2 ? 1 : 0);
	}
	rig_count(ARRAY_LEN(vector), "OPEN");
}
