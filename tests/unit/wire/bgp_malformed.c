/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/must.h"
#include "wire/bgp_msg.h"
#include "wire/bgp_open.h"
#include "wire/bgp_refresh.h"
#include "wire/bgp_update.h"

#include "tests/t.h"

/*
 * Malformed messages by name and what becomes of them, for a peer of our own AS and for
 * one of another (RFC 7606).  Each UPDATE is withdrawn routes, attributes and NLRI in
 * hex; the section lengths are made here.
 */
#define ORIGIN "40010102 "
#define PATH   "4002060201 0000fde9 " /* 65001 */
#define PREF   "40050400000064 "
#define HOP    "400304c000020c "
#define ROUTE  "78186b010001c000020c006401010103 "
#define NH4    "0c0000000000000000c000020c "
#define REACH  "800e21000180" NH4 "00" ROUTE
#define REACH6(nexthop)                                                          \
	"800e39000280 180000000000000000" nexthop "00 d8186b01 0001c000020c0064" \
	"20010db8000000000000000000000003"
#define UNREACH "800f13000180" ROUTE
#define SET     ORIGIN PATH
#define GOOD    REACH SET

#define OK       BGP_OK
#define DISCARD  BGP_DISCARD_ATTR
#define WITHDRAW BGP_WITHDRAW
#define RESET    BGP_RESET

enum { LIMIT = BGP_UPDATE_OVER_LIMIT };

/* clang-format off */
static const struct row {
	const char *name;
	const char *withdrawn, *attrs, *nlri;
	enum bgp_fate ibgp, ebgp;
	uint8_t subcode; /* of the first error remembered; 0: there is none */
} row[] = {
	/* correct */
	{ "route", "", GOOD PREF, "", OK, DISCARD, 0 },
	{ "route without LOCAL_PREF", "", GOOD, "", OK, OK, 0 },
	{ "MP_REACH last", "", SET REACH, "", OK, OK, 0 },
	{ "attributes backwards", "", PATH ORIGIN REACH, "", OK, OK, 0 },
	{ "withdrawal", "", UNREACH, "", OK, OK, 0 },
	{ "withdrawal with label 0x800000", "", "800f13000180 78800000 0001c000020c0064 01010103", "", OK, OK, 0 },
	{ "withdrawal with label 0x000000", "", "800f13000180 78000000 0001c000020c0064 01010103", "", OK, OK, 0 },
	{ "reach and unreach", "", REACH UNREACH SET, "", OK, OK, 0 },
	{ "IPv4 route", "", HOP SET, "18c00002", OK, OK, 0 },
	{ "IPv4 default route", "", HOP SET, "00", OK, OK, 0 },
	{ "IPv4 withdrawal", "18c00002", "", "", OK, OK, 0 },
	{ "extended length where it is not needed", "", REACH "5001000102" PATH, "", OK, OK, 0 },
	{ "unknown extended community", "", GOOD "c0100800ff000000000000", "", OK, OK, 0 },
	{ "unknown optional transitive", "", GOOD "c06304deadbeef", "", OK, OK, 0 },
	{ "unknown optional non-transitive", "", GOOD "806304deadbeef", "", OK, OK, 0 },
	{ "unknown optional of no octets", "", GOOD "c06300", "", OK, OK, 0 },
	{ "private attribute 255", "", GOOD "c0ff03010203", "", OK, OK, 0 },
	{ "AIGP of one octet is not looked at", "", GOOD "801a0100", "", OK, OK, 0 },
	{ "ATTR_SET of one octet is passed on unread", "", GOOD "c0800101", "", OK, OK, 0 },
	{ "ONLY_TO_CUSTOMER of three octets is passed on unread", "", GOOD "c0230300fde8", "", OK, OK, 0 },
	{ "garbage in TUNNEL_ENCAP is passed on unread", "", GOOD "c01701ff", "", OK, OK, 0 },
	{ "garbage in PREFIX_SID is passed on unread", "", GOOD "c02801ff", "", OK, OK, 0 },
	{ "MED", "", GOOD "80040400000001", "", OK, OK, 0 },
	{ "reserved octet of MP_REACH set", "", "800e21000180" NH4 "ff" ROUTE SET, "", OK, OK, 0 },
	{ "next hop RD set", "", "800e21000180 0c0001c000020c0064c000020c 00" ROUTE SET, "", OK, OK, 0 },
	{ "unused flag bits", "", REACH "4f010102" PATH, "", OK, OK, 0 },

	/* sections: RFC 7606 3 b, 4 */
	{ "attribute value overruns the list", "", GOOD "c00808ffffff01", "", WITHDRAW, WITHDRAW, 1 },
	{ "one octet left in the list", "", GOOD "c0", "", WITHDRAW, WITHDRAW, 1 },
	{ "two octets left in the list", "", GOOD "c008", "", WITHDRAW, WITHDRAW, 1 },
	{ "extended length cut", "", GOOD "d00800", "", WITHDRAW, WITHDRAW, 1 },
	{ "overrun in front of MP_REACH", "", SET "c008ffffffff01", "", RESET, RESET, 1 },
	{ "overrun, no route at all", "", "c00808ffffff01", "", RESET, RESET, 1 },
	{ "overrun, IPv4 route", "", HOP SET "c00808ffffff01", "18c00002", WITHDRAW, WITHDRAW, 1 },

	/* flags: RFC 7606 3 c */
	{ "ORIGIN optional", "", REACH "c0010102" PATH, "", WITHDRAW, WITHDRAW, 4 },
	{ "ORIGIN non-transitive", "", REACH "00010102" PATH, "", WITHDRAW, WITHDRAW, 4 },
	{ "AS_PATH optional", "", REACH ORIGIN "c002060201 0000fde9", "", WITHDRAW, WITHDRAW, 4 },
	{ "NEXT_HOP optional", "", SET "c00304c000020c", "18c00002", WITHDRAW, WITHDRAW, 4 },
	{ "MED transitive", "", GOOD "c0040400000001", "", WITHDRAW, WITHDRAW, 4 },
	{ "LOCAL_PREF optional", "", GOOD "c0050400000064", "", WITHDRAW, DISCARD, 4 },
	{ "ATOMIC_AGGREGATE optional", "", GOOD "c00600", "", WITHDRAW, WITHDRAW, 4 },
	{ "AGGREGATOR well-known", "", GOOD "4007080000fde8c0000201", "", WITHDRAW, WITHDRAW, 4 },
	{ "COMMUNITIES non-transitive", "", GOOD "800804ffffff01", "", WITHDRAW, WITHDRAW, 4 },
	{ "ORIGINATOR_ID transitive", "", GOOD "c00904c000020c", "", WITHDRAW, DISCARD, 4 },
	{ "EXT_COMM well-known", "", GOOD "4010080002fde800000064", "", WITHDRAW, WITHDRAW, 4 },
	{ "MP_REACH transitive", "", "c00e21000180" NH4 "00" ROUTE SET, "", WITHDRAW, WITHDRAW, 4 },
	{ "MP_REACH well-known", "", "400e21000180" NH4 "00" ROUTE SET, "", WITHDRAW, WITHDRAW, 4 },
	{ "MP_UNREACH transitive", "", "c00f13000180" ROUTE, "", WITHDRAW, WITHDRAW, 4 },

	/* lengths and values: RFC 7606 7 */
	{ "ORIGIN of no octets", "", REACH "400100" PATH, "", WITHDRAW, WITHDRAW, 5 },
	{ "ORIGIN of two octets", "", REACH "4001020202" PATH, "", WITHDRAW, WITHDRAW, 5 },
	{ "ORIGIN 3", "", REACH "40010103" PATH, "", WITHDRAW, WITHDRAW, 6 },
	{ "AS_PATH segment type 0", "", REACH ORIGIN "4002060001 0000fde9", "", WITHDRAW, WITHDRAW, 11 },
	{ "AS_PATH segment type 5", "", REACH ORIGIN "4002060501 0000fde9", "", WITHDRAW, WITHDRAW, 11 },
	{ "AS_PATH segment overrun", "", REACH ORIGIN "4002060202 0000fde9", "", WITHDRAW, WITHDRAW, 11 },
	{ "AS_PATH segment underrun", "", REACH ORIGIN "4002070201 0000fde9 02", "", WITHDRAW, WITHDRAW, 11 },
	{ "AS_PATH segment of no AS", "", REACH ORIGIN "4002080201 0000fde9 0200", "", WITHDRAW, WITHDRAW, 11 },
	{ "AS_PATH of two-octet numbers", "", REACH ORIGIN "4002040201 fde9", "", WITHDRAW, WITHDRAW, 11 },
	{ "AS_PATH with AS 0", "", REACH ORIGIN "40020a0202 0000fde9 00000000", "", WITHDRAW, WITHDRAW, 11 },
	{ "AS_PATH with a confederation", "", REACH ORIGIN "40020c0201 0000fde9 0301 0000fdea", "", OK, WITHDRAW, 11 },
	{ "AS_PATH empty", "", REACH ORIGIN "400200", "", OK, WITHDRAW, 11 },
	{ "AS_PATH begins with another AS", "", REACH ORIGIN "4002060201 0000fdea", "", OK, WITHDRAW, 11 },
	{ "AS_PATH begins with a set", "", REACH ORIGIN "4002060101 0000fde9", "", OK, WITHDRAW, 11 },
	{ "NEXT_HOP of three octets", "", SET "400303c00002", "18c00002", WITHDRAW, WITHDRAW, 5 },
	{ "NEXT_HOP of sixteen octets", "", SET "400310 20010db8000000000000000000000001", "18c00002", WITHDRAW, WITHDRAW, 5 },
	{ "NEXT_HOP short beside MP_REACH", "", GOOD "400303c00002", "", WITHDRAW, WITHDRAW, 5 },
	{ "NEXT_HOP 0.0.0.0", "", SET "40030400000000", "18c00002", WITHDRAW, WITHDRAW, 8 },
	{ "NEXT_HOP 127.0.0.1", "", SET "4003047f000001", "18c00002", WITHDRAW, WITHDRAW, 8 },
	{ "NEXT_HOP multicast", "", SET "400304e0000001", "18c00002", WITHDRAW, WITHDRAW, 8 },
	{ "NEXT_HOP broadcast", "", SET "400304ffffffff", "18c00002", WITHDRAW, WITHDRAW, 8 },
	{ "NEXT_HOP bad but no IPv4 route", "", GOOD "40030400000000", "", OK, OK, 0 },
	{ "MED of three octets", "", GOOD "800403000001", "", WITHDRAW, WITHDRAW, 5 },
	{ "LOCAL_PREF of five octets", "", GOOD "4005050000000064", "", WITHDRAW, DISCARD, 5 },
	{ "ATOMIC_AGGREGATE of one octet", "", GOOD "40060100", "", DISCARD, DISCARD, 5 },
	{ "AGGREGATOR of six octets", "", GOOD "c00706fde8c0000201", "", DISCARD, DISCARD, 5 },
	{ "AGGREGATOR of seven octets", "", GOOD "c0070700fde8c0000201", "", DISCARD, DISCARD, 5 },
	{ "AGGREGATOR AS 0", "", GOOD "c0070800000000c0000201", "", DISCARD, DISCARD, 9 },
	{ "COMMUNITIES of no octets", "", GOOD "c00800", "", WITHDRAW, WITHDRAW, 5 },
	{ "COMMUNITIES of six octets", "", GOOD "c00806ffffff01ffff", "", WITHDRAW, WITHDRAW, 5 },
	{ "ORIGINATOR_ID of three octets", "", GOOD "800903c00002", "", WITHDRAW, DISCARD, 5 },
	{ "CLUSTER_LIST of no octets", "", GOOD "800a00", "", WITHDRAW, DISCARD, 5 },
	{ "CLUSTER_LIST of five octets", "", GOOD "800a05c000020100", "", WITHDRAW, DISCARD, 5 },
	{ "CLUSTER_LIST", "", GOOD "800a04c0000201", "", OK, DISCARD, 0 },
	{ "ORIGINATOR_ID", "", GOOD "800904c000020c", "", OK, DISCARD, 0 },
	{ "EXT_COMM of no octets", "", GOOD "c01000", "", WITHDRAW, WITHDRAW, 5 },
	{ "EXT_COMM of twelve octets", "", GOOD "c0100c0002fde8000000640003fde8", "", WITHDRAW, WITHDRAW, 5 },
	{ "IPv6 EXT_COMM of eight octets", "", GOOD "c019080002fde800000064", "", WITHDRAW, WITHDRAW, 5 },
	{ "LARGE_COMMUNITY of no octets", "", GOOD "c02000", "", WITHDRAW, WITHDRAW, 5 },
	{ "LARGE_COMMUNITY of eight octets", "", GOOD "c020080002fde800000064", "", WITHDRAW, WITHDRAW, 5 },
	{ "PMSI_TUNNEL of four octets", "", GOOD "c0160400060001", "", WITHDRAW, WITHDRAW, 5 },
	{ "AS4_PATH from a peer with AS4", "", GOOD "c011060201 0000fde9", "", DISCARD, DISCARD, 9 },
	{ "AS4_AGGREGATOR from a peer with AS4", "", GOOD "c012080000fde8c0000201", "", DISCARD, DISCARD, 9 },

	/* missing and repeated: RFC 7606 3 d, g */
	{ "ORIGIN missing", "", REACH PATH, "", WITHDRAW, WITHDRAW, 3 },
	{ "AS_PATH missing", "", REACH ORIGIN, "", WITHDRAW, WITHDRAW, 3 },
	{ "NEXT_HOP missing", "", SET, "18c00002", WITHDRAW, WITHDRAW, 3 },
	{ "IPv4 route and no attribute at all", "", "", "18c00002", WITHDRAW, WITHDRAW, 3 },
	{ "MP_REACH and nothing else", "", REACH, "", WITHDRAW, WITHDRAW, 3 },
	{ "only an unknown attribute", "", REACH "c06304deadbeef", "", WITHDRAW, WITHDRAW, 3 },
	{ "ORIGIN twice", "", GOOD ORIGIN, "", DISCARD, DISCARD, 1 },
	{ "ORIGIN twice, the second bad", "", GOOD "40010109", "", DISCARD, DISCARD, 1 },
	{ "ORIGIN twice, the first bad", "", REACH "40010109" PATH ORIGIN, "", WITHDRAW, WITHDRAW, 6 },
	{ "unknown attribute twice", "", GOOD "c06300 c06300", "", DISCARD, DISCARD, 1 },
	{ "MP_REACH twice", "", REACH REACH SET, "", RESET, RESET, 1 },
	{ "MP_UNREACH twice", "", UNREACH UNREACH, "", RESET, RESET, 1 },

	/* unknown well-known: RFC 4271 6.3 */
	{ "unknown well-known", "", GOOD "406304deadbeef", "", RESET, RESET, 2 },
	{ "unknown attribute without any flag", "", GOOD "006300", "", RESET, RESET, 2 },

	/* MP_REACH, MP_UNREACH: RFC 7606 7.11, 5.3; RFC 4760 */
	{ "MP_REACH of no octets", "", "800e00" SET, "", RESET, RESET, 9 },
	{ "MP_REACH ends after the SAFI", "", "800e03000180" SET, "", RESET, RESET, 9 },
	{ "MP_REACH ends in the next hop", "", "800e08000180 0c00000000" SET, "", RESET, RESET, 9 },
	{ "MP_REACH without reserved octet", "", "800e10000180" NH4 SET, "", RESET, RESET, 9 },
	{ "next hop of no octets", "", "800e15000180 00 00" ROUTE SET, "", RESET, RESET, 9 },
	{ "next hop of four octets in VPN-IPv4", "", "800e19000180 04c000020c 00" ROUTE SET, "", RESET, RESET, 9 },
	{ "next hop of sixteen octets in VPN-IPv4", "", "800e25000180 1000000000000000000000000000000000 00" ROUTE SET, "", RESET, RESET, 9 },
	{ "next hop of 24 octets in VPN-IPv4, not negotiated", "", "800e2d000180 18000000000000000020010db8000000000000000000000001 00" ROUTE SET, "", RESET, RESET, 9 },
	{ "next hop of twelve octets in VPN-IPv6", "", "800e11000280" NH4 "00" SET, "", RESET, RESET, 9 },
	{ "next hop 0.0.0.0 in VPN-IPv4", "", "800e21000180 0c000000000000000000000000 00" ROUTE SET, "", WITHDRAW, WITHDRAW, 8 },
	{ "next hop 127.0.0.1 in VPN-IPv4", "", "800e21000180 0c00000000000000007f000001 00" ROUTE SET, "", WITHDRAW, WITHDRAW, 8 },
	{ "next hop multicast in VPN-IPv4", "", "800e21000180 0c0000000000000000e0000001 00" ROUTE SET, "", WITHDRAW, WITHDRAW, 8 },
	{ "next hop ::1 in VPN-IPv6", "", REACH6("00000000000000000000000000000001") SET, "", WITHDRAW, WITHDRAW, 8 },
	{ "next hop :: in VPN-IPv6", "", REACH6("00000000000000000000000000000000") SET, "", WITHDRAW, WITHDRAW, 8 },
	{ "next hop multicast in VPN-IPv6", "", REACH6("ff020000000000000000000000000001") SET, "", WITHDRAW, WITHDRAW, 8 },
	{ "next hop ::ffff:127.0.0.1 in VPN-IPv6", "", REACH6("00000000000000000000ffff7f000001") SET, "", WITHDRAW, WITHDRAW, 8 },
	{ "next hop ::ffff:0.0.0.0 in VPN-IPv6", "", REACH6("00000000000000000000ffff00000000") SET, "", WITHDRAW, WITHDRAW, 8 },
	{ "next hop ::ffff:192.0.2.12 in VPN-IPv6", "", REACH6("00000000000000000000ffffc000020c") SET, "", OK, OK, 0 },
	{ "NLRI length 87", "", "800e21000180" NH4 "00 57186b010001c000020c006401010103" SET, "", RESET, RESET, 9 },
	{ "NLRI length 121", "", "800e21000180" NH4 "00 79186b010001c000020c006401010103" SET, "", RESET, RESET, 9 },
	{ "NLRI length 0", "", "800e12000180" NH4 "00 00" SET, "", RESET, RESET, 9 },
	{ "NLRI length 255", "", "800e21000180" NH4 "00 ff186b010001c000020c006401010103" SET, "", RESET, RESET, 9 },
	{ "NLRI overruns", "", "800e20000180" NH4 "00 78186b010001c000020c0064010101" SET, "", RESET, RESET, 9 },
	{ "second NLRI cut", "", "800e23000180" NH4 "00" ROUTE "7818" SET, "", RESET, RESET, 9 },
	{ "withdrawn NLRI length 121", "", "800f14000180 79800000 0001c000020c0064 0101010300", "", RESET, RESET, 9 },
	{ "withdrawn NLRI cut", "", "800f12000180 78800000 0001c000020c0064 010101", "", RESET, RESET, 9 },
	{ "MP_UNREACH of two octets", "", "800f020001", "", RESET, RESET, 9 },
	{ "membership of 31 bits", "", "800e0e000184 04c000020b 00 1f0000fde8" SET, "", RESET, RESET, 9 },
	{ "membership of 97 bits", "", "800e17000184 04c000020b 00 610000fde80002fde80000006400" SET, "", RESET, RESET, 9 },
	{ "IPv4 route of 33 bits", "", HOP SET, "21c000020c80", RESET, RESET, 10 },
	{ "IPv4 route cut", "", HOP SET, "18c000", RESET, RESET, 10 },
	{ "IPv4 withdrawal of 33 bits", "21c000020c80", "", "", RESET, RESET, 10 },
	{ "IPv4 withdrawal cut", "18c000", "", "", RESET, RESET, 10 },

	/* families that nobody agreed on */
	{ "MP_REACH of an unknown family", "", "800e07001946 0400" "00" SET, "", RESET, RESET, 9 },
	{ "route of an unknown family", "", "800e0a 001946 04c000020c 00 01" SET, "", DISCARD, DISCARD, 9 },
	{ "route of a family not negotiated", "", "800e0a 000201 04c000020c 00 ff" SET, "", DISCARD, DISCARD, 9 },
	{ "withdrawal of a family not negotiated", "", "800f04 000201 ff", "", DISCARD, DISCARD, 9 },
	{ "flow specification of no octets", "", "800e0a 000185 04c000020c 00 00" SET, "", DISCARD, DISCARD, 9 },
	{ "labelled unicast cut in its label", "", "800e0c 000104 04c000020c 00 18 0000" SET, "", DISCARD, DISCARD, 9 },
	{ "EVPN route of no octets", "", "800e0b 001946 04c000020c 00 0200" SET, "", DISCARD, DISCARD, 9 },
	{ "ORIGIN bad with a foreign route", "", "800e0a 000201 04c000020c 00 ff 40010109" PATH, "", WITHDRAW, WITHDRAW, 9 },

	/* errors and no route to withdraw for them: RFC 7606 5.2 */
	{ "ORIGIN bad, no route", "", "40010109" PATH, "", RESET, RESET, 6 },
	{ "ORIGIN bad, MP_REACH without routes", "", "800e11000180" NH4 "00 40010109" PATH, "", RESET, RESET, 6 },
	{ "ORIGIN bad beside MP_UNREACH", "", UNREACH "40010109" PATH, "", RESET, RESET, 6 },
	{ "AGGREGATOR bad, no route", "", SET "c00706fde8c0000201", "", DISCARD, DISCARD, 5 },
	{ "attributes only", "", SET, "", OK, OK, 0 },

	/* the strongest wins: RFC 7606 3 h */
	{ "AGGREGATOR and ORIGIN bad", "", REACH "c00706fde8c0000201 40010109" PATH, "", WITHDRAW, WITHDRAW, 5 },
	{ "ORIGIN bad, MP_REACH twice", "", "40010109" REACH PATH REACH, "", RESET, RESET, 6 },
};
/* clang-format on */

static const uint32_t families =
	1u << BGP_VPN4 | 1u << BGP_VPN6 | 1u << BGP_RTC | 1u << BGP_IP4;
static const struct bgp_ctx inside = { .ibgp = true, .as4 = true, .families = families };
static const struct bgp_ctx outside = { .as4 = true,
	                                .families = families,
	                                .peer_as = 65001 };

/* A body in memory of exactly its size, so that a sanitizer sees the first octet behind.
 */
static uint8_t *body_of(const struct row *r, size_t *ret_len)
{
	uint8_t part[3][2048], *body;
	size_t n0 = t_hex(r->withdrawn, part[0], sizeof(part[0]));
	size_t n1 = t_hex(r->attrs, part[1], sizeof(part[1]));
	size_t n2 = t_hex(r->nlri, part[2], sizeof(part[2]));
	struct wbuf w;

	*ret_len = 4 + n0 + n1 + n2;
	body = malloc(*ret_len);
	CHECK(body);
	w = wbuf_of(body, *ret_len);
	wbuf_u16(&w, (uint16_t)n0);
	wbuf_bytes(&w, part[0], n0);
	wbuf_u16(&w, (uint16_t)n1);
	wbuf_bytes(&w, part[1], n1);
	wbuf_bytes(&w, part[2], n2);
	CHECK(wbuf_ok(&w) && w.len == *ret_len);
	return body;
}

static void check_row(const struct row *r, const struct bgp_ctx *ctx, enum bgp_fate want)
{
	static struct bgp_update u;
	size_t len;
	uint8_t *body = body_of(r, &len);
	enum bgp_fate got = bgp_update_read(ctx, body, len, &u);

	if (got != want)
		t_fail(__FILE__, __LINE__, "%s (%s): %s, not %s", r->name,
		       ctx->ibgp ? "iBGP" : "eBGP", bgp_update_fate_name(got),
		       bgp_update_fate_name(want));
	if ((want != OK) != (u.n_errors != 0))
		t_fail(__FILE__, __LINE__, "%s: %zu errors", r->name, u.n_errors);
	if (ctx->ibgp && want != OK && u.error[0].subcode != r->subcode)
		t_fail(__FILE__, __LINE__, "%s: subcode %u, not %u", r->name,
		       u.error[0].subcode, r->subcode);
	if (want == RESET && (u.fault.code != BGP_ERR_UPDATE || !u.fault.subcode))
		t_fail(__FILE__, __LINE__, "%s: no fault to send", r->name);
	free(body);
}

TEST(malformed_updates_meet_their_fate_inside_the_as)
{
	for (size_t i = 0; i < ARRAY_LEN(row); i++)
		check_row(&row[i], &inside, row[i].ibgp);
}

TEST(malformed_updates_meet_their_fate_from_another_as)
{
	for (size_t i = 0; i < ARRAY_LEN(row); i++)
		check_row(&row[i], &outside, row[i].ebgp);
}

/* No cut of any of them, malformed or not, is read past its end. */
TEST(malformed_updates_can_be_cut_anywhere)
{
	static struct bgp_update u;

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		size_t len;
		uint8_t *body = body_of(&row[i], &len);

		for (size_t n = 0; n < len; n++) {
			uint8_t *cut = malloc(n ? n : 1);

			CHECK(cut);
			memcpy(cut, body, n);
			(void)!bgp_update_read(&inside, cut, n, &u);
			(void)!bgp_update_read(&outside, cut, n, &u);
			free(cut);
		}
		free(body);
	}
}

static enum bgp_fate read_hex(const struct bgp_ctx *ctx, const char *hex,
                              struct bgp_update *ret)
{
	static uint8_t body[4096];

	return bgp_update_read(ctx, body, t_hex(hex, body, sizeof(body)), ret);
}

TEST(section_lengths_beyond_the_message_reset)
{
	static const char *const bad[] = {
		"",     "00",       "0000",     "000000",     "00010000",
		"0001", "ffff0000", "00000001", "0000ffff40", "000118 0001",
	};
	static struct bgp_update u;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		CHECK_INT(read_hex(&inside, bad[i], &u), BGP_RESET);
		CHECK_INT(u.fault.subcode, BGP_UPDATE_BAD_LIST);
		CHECK_INT(u.fault.len, 0);
	}
}

TEST(end_of_rib_is_exactly_that_shape)
{
	static const struct {
		const char *body;
		bool is;
		enum bgp_family family;
	} shape[] = {
		{"00000000",                        true,  BGP_IP4 },
		{ "00000006 800f03000180",          true,  BGP_VPN4},
		{ "00000007 900f0003000180",        true,  BGP_VPN4},
		{ "00000006 800f03000184",          true,  BGP_RTC },
		{ "00000006 c00f03000180",          false, 0       }, /* bad flags */
		{ "00000006 800f03001946",          false, 0       }, /* no family of ours */
		{ "0000000a 800f03000180 40010102", false, 0       }, /* and an attribute */
		{ "00000009 800f03000180 c06300",   false, 0       },
		{ "00000007 800f03000180 40",       false, 0       },
		{ "0003 020101 0000",               false, 0       },
		{ "0002 0801 0006 800f03000180",    false, 0       }, /* and an IPv4 withdrawal */
	};
	static struct bgp_update u;

	for (size_t i = 0; i < ARRAY_LEN(shape); i++) {
		enum bgp_fate fate = read_hex(&inside, shape[i].body, &u);

		if (u.end_of_rib != shape[i].is)
			t_fail(__FILE__, __LINE__, "%s", shape[i].body);
		CHECK(!shape[i].is || fate == BGP_OK);
		CHECK(!shape[i].is || u.end_of_rib_family == shape[i].family);
	}
}

TEST(malformed_mp_attribute_can_disable_its_family_only)
{
	struct bgp_ctx ctx = inside;
	static struct bgp_update u;

	ctx.disable_afi = true;
	CHECK_INT(read_hex(&ctx, "00000015 800f12000180 78800000 0001c000020c0064 010101",
	                   &u),
	          BGP_DISABLE_AFI);
	CHECK_INT(u.disabled, 1 << BGP_VPN4);
	CHECK(!u.unreach.present);
}

TEST(fault_to_send_is_the_first_of_the_strongest)
{
	static struct bgp_update u;

	/* AGGREGATOR bad: discard; ORIGIN bad, COMMUNITIES empty: both withdraw; no route
	 */
	CHECK_INT(read_hex(&inside, "00000010 c00706fde8c0000201 40010109 c00800", &u),
	          BGP_RESET);
	CHECK_INT(u.n_errors, 3);
	CHECK_INT(u.fault.subcode, BGP_UPDATE_BAD_ORIGIN);
	CHECK_INT(u.fault.len, 4);
	CHECK_MEM(u.fault.data, ((uint8_t[]){ 0x40, 1, 1, 9 }), 4);
}

TEST(echoed_attribute_is_clipped)
{
	static struct bgp_update u;
	static uint8_t body[4 + 4 + 300] = { 0, 0, 1, 0x30, 0x50, 0x63, 1, 0x2c };

	/* an unknown well-known attribute of 300 octets */
	CHECK_INT(bgp_update_read(&inside, body, sizeof(body), &u), BGP_RESET);
	CHECK_INT(u.fault.subcode, BGP_UPDATE_UNKNOWN_WELL_KNOWN);
	CHECK_INT(u.fault.len, sizeof(u.fault.data));
	CHECK_MEM(u.fault.data, body + 4, sizeof(u.fault.data));
}

/* A correct route and one attribute of n octets more. */
static enum bgp_fate with_attr(uint8_t flags, uint8_t type, const uint8_t *value,
                               size_t n, struct bgp_update *ret)
{
	static uint8_t body[65535];
	struct wbuf w = wbuf_of(body, sizeof(body));
	uint8_t good[256];
	size_t len, n_good = t_hex(type == BGP_ATTR_AS_PATH ? REACH ORIGIN : GOOD, good,
	                           sizeof(good));

	wbuf_u16(&w, 0);
	len = wbuf_len16_open(&w);
	wbuf_bytes(&w, good, n_good);
	wbuf_u8(&w, flags | BGP_FLAG_EXT_LEN);
	wbuf_u8(&w, type);
	wbuf_u16(&w, (uint16_t)n);
	wbuf_bytes(&w, value, n);
	wbuf_len16_close(&w, len);
	CHECK(wbuf_ok(&w));
	return bgp_update_read(&inside, body, w.len, ret);
}

TEST(more_communities_than_the_limit_withdraw)
{
	static const struct {
		uint8_t flags, type;
		size_t unit, max;
	} kind[] = {
		{0xc0,  BGP_ATTR_COMMUNITIES,         4,  BGP_MAX_COMMUNITIES},
		{ 0xc0, BGP_ATTR_EXT_COMMUNITIES,     8,  BGP_MAX_COMMUNITIES},
		{ 0xc0, BGP_ATTR_LARGE_COMMUNITIES,   12, BGP_MAX_COMMUNITIES},
		{ 0xc0, BGP_ATTR_IP6_EXT_COMMUNITIES, 20, BGP_MAX_COMMUNITIES},
		{ 0x80, BGP_ATTR_CLUSTER_LIST,        4,  BGP_MAX_CLUSTERS   },
	};
	static uint8_t value[(BGP_MAX_COMMUNITIES + 1) * 20];
	static struct bgp_update u;

	for (size_t i = 0; i < ARRAY_LEN(kind); i++) {
		size_t n = kind[i].unit * kind[i].max;

		CHECK_INT(with_attr(kind[i].flags, kind[i].type, value, n, &u), BGP_OK);
		CHECK_INT(with_attr(kind[i].flags, kind[i].type, value, n + kind[i].unit,
		                    &u),
		          BGP_WITHDRAW);
		CHECK_INT(u.error[0].subcode, BGP_UPDATE_OVER_LIMIT);
	}
}

TEST(longer_as_path_than_the_limit_withdraws)
{
	static uint8_t value[(BGP_MAX_ASNS + 1) * 6];
	static struct bgp_update u;

	/* every AS a segment of its own */
	for (size_t i = 0; i <= BGP_MAX_ASNS; i++)
		memcpy(value + i * 6, ((uint8_t[]){ 2, 1, 0, 0, 0xfd, 0xe9 }), 6);
	CHECK_INT(with_attr(0x40, BGP_ATTR_AS_PATH, value, sizeof(value) - 6, &u),
	          BGP_OK);
	CHECK_INT(with_attr(0x40, BGP_ATTR_AS_PATH, value, sizeof(value), &u),
	          BGP_WITHDRAW);
	CHECK_INT(u.error[0].subcode, BGP_UPDATE_OVER_LIMIT);
}

TEST(more_unknown_attributes_than_the_limit_withdraw)
{
	static struct bgp_update u;
	char hex[1024] = "";

	for (unsigned n = 1; n <= BGP_MAX_CARRIED + 1; n++) {
		char *end = hex + strlen(hex);
		struct row r = { "carried", "", hex, "", OK, OK, 0 };
		size_t len;
		uint8_t *body;

		if (n == 1)
			end = stpcpy(hex, GOOD);
		snprintf(end, 16, "c0%02x00", 64 + n);
		body = body_of(&r, &len);
		CHECK_INT(bgp_update_read(&inside, body, len, &u),
		          n <= BGP_MAX_CARRIED ? BGP_OK : BGP_WITHDRAW);
		free(body);
	}
}

TEST(errors_are_remembered_up_to_a_number_and_counted_on)
{
	static struct bgp_update u;
	char text[BGP_UPDATE_ERR_STRLEN], hex[512] = GOOD;
	struct row r = { "many", "", hex, "", OK, OK, 0 };
	size_t len;
	uint8_t *body;

	for (int i = 0; i < 12; i++)
		strcat(hex, ORIGIN);
	body = body_of(&r, &len);
	CHECK_INT(bgp_update_read(&inside, body, len, &u), BGP_DISCARD_ATTR);
	CHECK_INT(u.n_errors, 12);
	CHECK_STR(bgp_update_err_fmt(&u.error[BGP_UPDATE_ERRORS - 1], text),
	          "ORIGIN: malformed attribute list, attribute discard");
	free(body);
}

/* OPEN bodies: RFC 4271 6.2, RFC 5492, RFC 9072 */
#define FIXED "04 fde8 005a c000020b "

static const struct {
	const char *name, *body;
	int subcode; /* -1: correct */
} open_row[] = {
	{"no parameters",			     FIXED "00",                              -1},
	{ "empty parameter",                          FIXED "02 0200",                         -1},
	{ "extended format",                          FIXED "ff ff 0009 02 0006 010400010080", -1},
	{ "extended format, length octet not 255",    FIXED "01 ff 0005 02 0002 0200",         -1},
	{ "hold time 0",			      "04 fde8 0000 c000020b 00",              -1},
	{ "hold time 3",			      "04 fde8 0003 c000020b 00",              -1},
	{ "unknown capability",                       FIXED "05 0203 490100",                  -1},
	{ "parameters one by one",                    FIXED "08 0202 0200 0202 4600",          -1},
	{ "software version of no octets",            FIXED "04 0202 4b00",                    -1},
	{ "software version beyond itself",           FIXED "05 0203 4b01ff",                  -1},
	{ "FQDN beyond itself",                       FIXED "06 0204 4902ff61",                -1},
	{ "long-lived restart of three octets",       FIXED "07 0205 4703000180",               0},
	{ "dynamic capability of no octets",          FIXED "04 0202 4300",                    -1},
	{ "empty",				    "",				      0 },
	{ "cut",				      "04 fde8 005a c000",                     0 },
	{ "no parameter length",                      "04 fde8 005a c000020b",                 0 },
	{ "version 3",				"03 fde8 005a c000020b 00",              1 },
	{ "version 5",				"05 fde8 005a c000020b 00",              1 },
	{ "AS 0",				     "04 0000 005a c000020b 00",              2 },
	{ "AS 0 in the capability",                   FIXED "08 0206 4104 00000000",           2 },
	{ "identifier 0.0.0.0",                       "04 fde8 005a 00000000 00",              3 },
	{ "authentication parameter",                 FIXED "03 010100",                       4 },
	{ "unknown parameter",                        FIXED "02 6300",                         4 },
	{ "hold time 1",			      "04 fde8 0001 c000020b 00",              6 },
	{ "hold time 2",			      "04 fde8 0002 c000020b 00",              6 },
	{ "parameters longer than the message",       FIXED "03 0200",                         0 },
	{ "parameters shorter than the message",      FIXED "02 020000",                       0 },
	{ "parameter longer than the parameters",     FIXED "02 0201",                         0 },
	{ "one octet of parameter",                   FIXED "01 02",                           0 },
	{ "one octet of capability",                  FIXED "03 020102",                       0 },
	{ "capability longer than its parameter",     FIXED "04 0202 0201",                    0 },
	{ "multiprotocol of three octets",            FIXED "07 0205 0103000100",              0 },
	{ "multiprotocol of five octets",             FIXED "09 0207 0105000100 8000",         0 },
	{ "AS4 of one octet",                         FIXED "05 0203 410100",                  0 },
	{ "AS4 of no octets",                         FIXED "04 0202 4100",                    0 },
	{ "refresh of one octet",                     FIXED "05 0203 020100",                  0 },
	{ "graceful restart of one octet",            FIXED "05 0203 400100",                  0 },
	{ "graceful restart of five octets",          FIXED "09 0207 40050000000180",          0 },
	{ "graceful restart of none, AS4 behind it",
         FIXED "0c 020a 4000 4104 0000fde8 0200",                                              0 },
	{ "ADD-PATH of three octets",                 FIXED "07 0205 4503000180",              0 },
	{ "extended next hop of four octets",         FIXED "08 0206 050400010080",            0 },
	{ "ORF count beyond the capability",          FIXED "0b 0209 0307 00010080 02 4103",   0 },
	{ "ORF entry cut",			    FIXED "07 0205 0303000100",              0 },
	{ "extended length cut",                      FIXED "ff ff 00",                        0 },
	{ "extended length beyond the message",       FIXED "ff ff 0009 02 0002 0200",         0 },
	{ "extended parameter cut",                   FIXED "ff ff 0002 02 00",                0 },
	{ "extended parameter beyond the parameters", FIXED "ff ff 0003 02 0001",              0 },
};

TEST(malformed_opens_are_refused_with_the_right_subcode)
{
	for (size_t i = 0; i < ARRAY_LEN(open_row); i++) {
		uint8_t buf[512], *body;
		size_t n = t_hex(open_row[i].body, buf, sizeof(buf));
		struct bgp_open o = { .as = 77 };
		struct bgp_fault f = { 0 };
		bool ok;

		body = malloc(n ? n : 1);
		CHECK(body);
		memcpy(body, buf, n);
		ok = bgp_open_read(body, n, &o, &f);
		if (ok != (open_row[i].subcode < 0) ||
		    (!ok && (f.code != BGP_ERR_OPEN || f.subcode != open_row[i].subcode)))
			t_fail(__FILE__, __LINE__, "%s: %s %u/%u", open_row[i].name,
			       ok ? "accepted" : "refused", f.code, f.subcode);
		CHECK(ok || o.as == 77);
		free(body);
	}
}

TEST(open_with_too_many_capabilities_is_refused)
{
	uint8_t body[10 + 255] = { 4, 0xfd, 0xe8, 0, 90, 192, 0, 2, 11 };
	struct bgp_fault f;
	struct bgp_open o;

	for (unsigned n = BGP_CAPS_MAX; n <= BGP_CAPS_MAX + 1; n++) {
		body[9] = (uint8_t)(2 + 2 * n);
		body[10] = 2;
		body[11] = (uint8_t)(2 * n);
		for (unsigned i = 0; i < n; i++)
			memcpy(body + 12 + 2 * i, ((uint8_t[]){ 200, 0 }), 2);
		CHECK_INT(bgp_open_read(body, 12 + 2 * n, &o, &f), n <= BGP_CAPS_MAX);
		CHECK(n > BGP_CAPS_MAX || o.caps.n_other == BGP_CAPS_MAX);
	}
}

TEST(version_answer_names_ours)
{
	uint8_t body[10] = { 3, 0xfd, 0xe8, 0, 90, 192, 0, 2, 11 };
	struct bgp_fault f;
	struct bgp_open o;

	CHECK(!bgp_open_read(body, sizeof(body), &o, &f));
	CHECK_INT(f.len, 2);
	CHECK_INT(f.data[1], 4);
}

TEST(refresh_marks_have_one_length)
{
	static const struct {
		const char *body;
		bool enhanced, ok;
	} r[] = {
		{"00010080",          true,  true },
		{ "00010180",         true,  true },
		{ "00010280",         true,  true },
		{ "0001008001410001", true,  true }, /* ORF */
		{ "0001018000",       true,  false},
		{ "0001028000",       true,  false},
		{ "0001018000",       false, true },
		{ "00010380ff",       true,  true }, /* ignored */
		{ "000100",           true,  false},
		{ "",                 true,  false},
	};

	for (size_t i = 0; i < ARRAY_LEN(r); i++) {
		uint8_t msg[64];
		struct bgp_refresh ret;
		struct bgp_fault f;
		size_t n;

		memset(msg, 0xff, BGP_HDR_LEN);
		n = BGP_HDR_LEN +
		    t_hex(r[i].body, msg + BGP_HDR_LEN, sizeof(msg) - BGP_HDR_LEN);
		if (bgp_refresh_read(msg, n, r[i].enhanced, &ret, &f) != r[i].ok)
			t_fail(__FILE__, __LINE__, "\"%s\"", r[i].body);
		if (r[i].ok)
			continue;
		CHECK_INT(f.code, BGP_ERR_ROUTE_REFRESH);
		CHECK_INT(f.subcode, BGP_REFRESH_BAD_LENGTH);
		CHECK_INT(f.len, n); /* the whole message, RFC 7313 5 */
	}
}
