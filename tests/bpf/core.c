/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/bpf.h>

#include "base/must.h"

#include "tests/bpf/rig.h"

/* From the core: off with tunnel and labels, and to a host. */

#define OUR_LABEL "003ef1ff" /* 1007, bottom, TTL 255 */

/* A frame from the peer PE with that tunnel around what is put next. */
static struct pk tunnel(const char *kind, size_t inner)
{
	struct pk p = { 0 };

	put(&p, CORE_MAC PEER_MAC);
	if (!strcmp(kind, "udp")) {
		put(&p, "0800");
		put_ip4(&p, "192.0.2.12", "192.0.2.11", 17, 64, (unsigned)(12 + inner));
		put(&p, "d23419eb");
		put_u16(&p, (unsigned)(12 + inner));
		put(&p, "0000" OUR_LABEL);
	} else if (!strcmp(kind, "gre")) {
		put(&p, "0800");
		put_ip4(&p, "192.0.2.12", "192.0.2.11", 47, 64, (unsigned)(8 + inner));
		put(&p, "00008847" OUR_LABEL);
	} else {
		put(&p, "8847");
		put(&p, kind); /* the stack itself */
	}
	return p;
}

static const char *const kinds[] = {
	"udp",
	"gre",
	OUR_LABEL,
	"000000ff" OUR_LABEL, /* IPv4 explicit null in front */
	"000020ff"
	"000000ff" OUR_LABEL, /* and the IPv6 one */
};

TEST(every_tunnel_delivers_to_every_kind_of_attachment)
{
	static const struct {
		const char *dst, *eth;
	} to[] = {
		{"1.1.1.1",  A_MAC PE_MAC "0800"                },
		{ "1.1.1.2", C_MAC PE_MAC "810000640800"        },
		{ "4.4.0.1", E_MAC PE_MAC "88a800c88100001e0800"},
	};
	struct rig *r = rig();

	for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
		for (size_t i = 0; i < ARRAY_LEN(to); i++) {
			struct pk p = tunnel(kinds[k], 48);
			size_t at = p.len, eth = strlen(to[i].eth) / 2;
			struct out o;

			put_echo4(&p, "1.1.1.3", to[i].dst, 63, 20);
			o = run(r->core, p.b, p.len);
			CHECK_INT(o.reason, ABI_TO_HOST);
			CHECK_INT(o.verdict, XDP_REDIRECT);
			CHECK_INT(o.port, r->acc);
			CHECK_INT(o.len, eth + 48);
			CHECK_HEX(o.b, to[i].eth);
			CHECK_INT(o.b[eth + 8], 62);
			CHECK_INT(sum_ip4(o.b + eth), 0);
			CHECK_MEM(o.b + eth + 12, p.b + at + 12, 36);
		}
	}
}

TEST(one_label_serves_both_families)
{
	struct rig *r = rig();

	for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
		struct pk p = tunnel(kinds[k], 68);
		size_t at = p.len;
		struct out o;

		put_echo6(&p, "2001:db8:1::3", "2001:db8:1::1", 63, 20);
		o = run(r->core, p.b, p.len);
		CHECK_INT(o.reason, ABI_TO_HOST);
		CHECK_HEX(o.b, A_MAC PE_MAC "86dd");
		CHECK_INT(o.b[14 + 7], 62);
		CHECK_MEM(o.b + 14 + 8, p.b + at + 8, 60);
	}
}

TEST(what_one_pe_sends_another_understands)
{
	static const enum dp_encap encap[] = { DP_ENCAP_UDP, DP_ENCAP_GRE,
		                               DP_ENCAP_MPLS };
	struct rig *r = rig();
	struct ip me;

	for (size_t i = 0; i < 3; i++) {
		struct pk p = { 0 };
		struct out o;

		CHECK(ip_parse("192.0.2.12", &me));
		put(&p, PE_MAC A_MAC "0800");
		put_echo4(&p, "1.1.1.1", "1.1.1.3", 64, 20);
		rig_encap(encap[i], 0, 1600);
		o = run(r->acc, p.b, p.len);
		CHECK_INT(o.reason, ABI_TO_CORE);
		/* Now be the other PE: its address, its label, and B behind attachment 2.
		 */
		CHECK_INT(r->dp->ops->local_set(r->dp, &me), 0);
		CHECK(ip_parse("192.0.2.11", &me));
		CHECK_INT(r->dp->ops->peer_set(r->dp, &me, true), 0);
		CHECK_INT(r->dp->ops->vrf_set(r->dp, RIG_VRF, RIG_VPN_LABEL), 0);
		memcpy(o.b, "\x02\xee\0\0\0\x02", 6);
		o.b[14 +
		    (i == 2   ? 4
		     : i == 1 ? 28
		              : 32) +
		    19] = 2; /* to C, who is local */
		o = run(r->core, o.b, o.len);
		CHECK_INT(o.reason, ABI_TO_HOST);
		CHECK_HEX(o.b, C_MAC PE_MAC "810000640800");
		CHECK_INT(o.b[18 + 8], 62);
		r = rig();
	}
}

TEST(strangers_and_odd_tunnels_are_dropped_by_reason)
{
	struct rig *r = rig();
	struct pk p = tunnel("udp", 48);

	put_echo4(&p, "1.1.1.3", "1.1.1.1", 63, 20);
	p.b[14 + 15] = 66; /* outer source */
	CHECK_INT(run(r->core, p.b, p.len).reason, ABI_TUNNEL_STRANGER);
	p = tunnel("udp", 48);
	put_echo4(&p, "1.1.1.3", "1.1.1.1", 63, 20);
	p.b[14 + 25]++; /* UDP length */
	CHECK_INT(run(r->core, p.b, p.len).reason, ABI_TUNNEL_BAD);
	p = tunnel("gre", 48);
	put_echo4(&p, "1.1.1.3", "1.1.1.1", 63, 20);
	for (int bit = 0x80; bit >= 0x10; bit >>= 1) {
		p.b[34] = (uint8_t)bit; /* checksum, routing, key, sequence */
		CHECK_INT(run(r->core, p.b, p.len).reason, ABI_TUNNEL_BAD);
	}
}

TEST(labels_that_are_not_ours_are_dropped_by_reason)
{
	static const struct {
		const char *stack;
		uint32_t reason;
	} bad[] = {
		{"003ee1ff",                          ABI_LABEL_UNKNOWN}, /* 1006 */
		{ "000001ff",                         ABI_LABEL_UNKNOWN}, /* null alone: of no VRF */
		{ "003ef1ff",                         ABI_TO_HOST      },
		{ "003ef101",                         ABI_LABEL_TTL    },
		{ "003ef100",                         ABI_LABEL_TTL    },
		{ "003ee0ff003ef1ff",                 ABI_LABEL_STACK  },
		{ "000000ff000000ff000000ff003ef1ff", ABI_LABEL_STACK  },
	};
	struct rig *r = rig();

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct pk p = tunnel(bad[i].stack, 0);

		put_echo4(&p, "1.1.1.3", "1.1.1.1", 63, 20);
		CHECK_INT(run(r->core, p.b, p.len).reason, bad[i].reason);
	}
}

TEST(what_is_not_for_our_tunnels_goes_to_the_kernel)
{
	struct rig *r = rig();
	struct pk p = { 0 };

	put(&p, CORE_MAC PEER_MAC "0800");
	put_ip4(&p, "192.0.2.12", "192.0.2.11", 6, 64, 20);
	put_bytes(&p, 20);
	CHECK_INT(run(r->core, p.b, p.len).verdict, XDP_PASS);
	p = tunnel("udp", 48);
	put_echo4(&p, "1.1.1.3", "1.1.1.1", 63, 20);
	p.b[33] = 77; /* outer destination */
	CHECK_INT(run(r->core, p.b, p.len).verdict, XDP_PASS);
	p = tunnel("udp", 48);
	put_echo4(&p, "1.1.1.3", "1.1.1.1", 63, 20);
	p.b[5] = 9; /* another station's MAC */
	CHECK_INT(run(r->core, p.b, p.len).verdict, XDP_PASS);
	p.len = 0;
	put(&p, "ffffffffffff" PEER_MAC "0806");
	put_arp(&p, 1, PEER_MAC, "10.0.0.2", "10.0.0.1");
	CHECK_INT(run(r->core, p.b, p.len).verdict, XDP_PASS);
}

TEST(a_host_that_moved_on_is_followed_but_a_prefix_is_not)
{
	struct rig *r = rig();
	struct pk p = tunnel("udp", 48);
	struct dp_evidence ev;
	struct out o;

	put_echo4(&p, "4.4.4.4", "1.1.1.3", 63, 20); /* B is at the other PE now */
	o = run(r->core, p.b, p.len);
	CHECK_INT(o.reason, ABI_TO_CORE);
	CHECK_INT(o.port, r->core);
	CHECK_HEX(o.b + 42, "007d3103"); /* so often it may be sent on, and once here */
	CHECK_INT(o.b[46 + 8], 62);
	p = tunnel("udp", 48);
	put_echo4(&p, "4.4.4.4", "9.8.7.6", 63, 20);
	CHECK_INT(run(r->core, p.b, p.len).reason, ABI_CORE_NO_HOST);
	while (heard(&ev))
		;
	p = tunnel("udp", 48);
	put_echo4(&p, "4.4.4.4", "1.1.9.9", 63, 20);
	CHECK_INT(run(r->core, p.b, p.len).reason, ABI_CORE_NO_HOST);
	CHECK(heard(&ev));
	CHECK_INT(ev.kind, DP_EV_MISS);
	CHECK_INT(ev.ac, 0);
}

/* Two PEs each of which believes that the host is behind the other: the packet that A
 * sends goes to one, to the other, back, and that was it, whatever its own TTL. */
TEST(a_packet_between_two_pes_that_each_lack_the_host_ends_after_two_turns)
{
	static const char *const way[] = { "1.1.1.3",
		                           "1.1.1.5" }; /* another site, sibling */
	struct rig *r = rig();

	for (size_t i = 0; i < ARRAY_LEN(way); i++) {
		struct pk p = tunnel("udp", 48);
		unsigned turns = 0;

		put_echo4(&p, "4.4.4.4", way[i], 255, 20);
		for (; turns < 100; turns++) {
			struct out o = run(r->core, p.b, p.len);

			if (o.reason == ABI_CORE_AGAIN)
				break;
			CHECK_INT(o.reason, ABI_TO_CORE);
			memcpy(p.b + 42 + 3, o.b + 42 + 3, 1); /* as the other gets it */
		}
		CHECK_INT(turns, 2);
	}
}

/* A router on the way may write the TTL of the packet into the label. */
TEST(a_label_that_has_few_hops_left_is_sent_on_with_fewer)
{
	static const struct {
		unsigned in, out; /* 0: not at all */
	} ttl[] = {
		{255, 3},
                { 64, 3},
                { 4,  3},
                { 3,  2},
                { 2,  0}
	};
	struct rig *r = rig();

	for (size_t i = 0; i < ARRAY_LEN(ttl); i++) {
		struct pk p = tunnel("udp", 48), here = tunnel("udp", 48);
		struct out o;

		p.b[45] = here.b[45] = (uint8_t)ttl[i].in;
		put_echo4(&p, "4.4.4.4", "1.1.1.3", 64, 20);
		put_echo4(&here, "4.4.4.4", "1.1.1.1", 64, 20);
		o = run(r->core, p.b, p.len);
		CHECK_INT(o.reason, ttl[i].out ? ABI_TO_CORE : ABI_CORE_AGAIN);
		if (ttl[i].out)
			CHECK_INT(o.b[45], ttl[i].out);
		CHECK_INT(run(r->core, here.b, here.len).reason, ABI_TO_HOST);
	}
}

TEST(the_last_hop_here_is_told_back_through_the_core)
{
	struct rig *r = rig();
	struct pk p = tunnel("udp", 48);
	struct out o;
	size_t at = p.len;

	put_echo4(&p, "1.1.1.3", "1.1.1.1", 1, 20);
	o = run(r->core, p.b, p.len);
	CHECK_INT(o.reason, ABI_SAID_EXCEEDED);
	CHECK_INT(o.port, r->core);
	CHECK_HEX(o.b, "0200000000020200000000010800");
	CHECK_HEX(o.b + 42, "007d3dff"); /* label of B's PE; internetwork control */
	CHECK_HEX(o.b + 46, "45c0004c"); /* 28 + the 48 it quotes */
	CHECK_HEX(o.b + 16, "006c");     /* outer IP and UDP: 32 more, 12 more */
	CHECK_HEX(o.b + 38, "0058");
	CHECK_INT(o.len, 14 + 0x6c);
	CHECK_INT(o.b[46 + 8], 64);
	CHECK(!memcmp(o.b + 46 + 16, p.b + at + 12, 4));
	CHECK_HEX(o.b + 66, "0b00");
	CHECK_INT(sum_ip4(o.b + 14), 0);
	CHECK_INT(sum_ip4(o.b + 46), 0);
	CHECK_INT(sum_icmp(o.b + 46, o.len - 46), 0);
	CHECK_MEM(o.b + 74, p.b + at, 48);
	p = tunnel("gre", 68);
	put_echo6(&p, "2001:db8:1::3", "2001:db8:1::1", 1, 20);
	o = run(r->core, p.b, p.len);
	CHECK_INT(o.reason, ABI_SAID_EXCEEDED);
	CHECK_HEX(o.b + 86, "0300");
	CHECK_HEX(o.b + 16, "0094"); /* 32 + 48 + 68 */
	CHECK_INT(o.len, 14 + 0x94);
	CHECK_INT(sum_icmp(o.b + 46, o.len - 46), 0);
}

TEST(what_is_too_big_for_an_attachment_is_told_back_through_a_core_no_larger)
{
	struct rig *r = rig();
	struct pk p = tunnel("udp", 1501); /* the port's MTU is 1500 */
	struct out o;

	rig_encap(DP_ENCAP_UDP, 0, 1500);
	put_echo4(&p, "1.1.1.3", "1.1.1.1", 63, 1501 - 28);
	o = run(r->core, p.b, p.len);
	CHECK_INT(o.reason, ABI_SAID_TOO_BIG);
	CHECK_INT(o.port, r->core);
	CHECK_HEX(o.b + 66, "0304");
	CHECK_INT(o.b[72] << 8 | o.b[73], 1500);
	CHECK_INT(sum_icmp(o.b + 46, o.len - 46), 0);
	CHECK_INT(o.b[16] << 8 | o.b[17], 32 + 28 + 192);
	CHECK_INT(o.len, 14 + 32 + 28 + 192);
}

TEST(a_tunnel_ends_where_its_header_says)
{
	struct rig *r = rig();
	struct pk p = tunnel("gre", 48);
	struct out o;

	put_echo4(&p, "1.1.1.3", "1.1.1.1", 63, 20);
	put_bytes(&p, 18); /* padding of the frame: is cut */
	o = run(r->core, p.b, p.len);
	CHECK_INT(o.reason, ABI_TO_HOST);
	CHECK_INT(o.len, 14 + 48);
	p = tunnel("gre", 40); /* the inner packet is longer than the outer one */
	put_echo4(&p, "1.1.1.3", "1.1.1.1", 63, 20);
	CHECK_INT(run(r->core, p.b, p.len).reason, ABI_SHORT);
	p = tunnel("gre", 49); /* the outer packet is longer than the frame */
	put_echo4(&p, "1.1.1.3", "1.1.1.1", 63, 20);
	CHECK_INT(run(r->core, p.b, p.len).reason, ABI_SHORT);
	p = tunnel("gre", 0);
	p.b[14 + 3] = 20; /* an outer packet of nothing but its header */
	put_echo4(&p, "1.1.1.3", "1.1.1.1", 63, 20);
	CHECK(run(r->core, p.b, p.len).verdict != XDP_REDIRECT);
}

TEST(a_ping_to_the_gateway_from_afar_is_answered_through_the_core)
{
	struct rig *r = rig();
	struct pk p = tunnel("udp", 48);
	struct out o;

	put_echo4(&p, "1.1.1.3", "1.1.255.254", 63, 20);
	o = run(r->core, p.b, p.len);
	CHECK_INT(o.reason, ABI_ECHOED);
	CHECK_INT(o.port, r->core);
	CHECK_HEX(o.b + 42, "007d31ff");
	CHECK_INT(sum_ip4(o.b + 46), 0);
	CHECK_INT(sum_icmp(o.b + 46, 48), 0);
}

TEST(neither_ip_version_inside_is_dropped)
{
	struct rig *r = rig();
	struct pk p = tunnel("udp", 48);

	put_echo4(&p, "1.1.1.3", "1.1.1.1", 63, 20);
	p.b[46] = 0x75;
	CHECK_INT(run(r->core, p.b, p.len).reason, ABI_INNER);
}

TEST(a_tunnel_cut_anywhere_delivers_nothing)
{
	struct rig *r = rig();

	for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
		struct pk p = tunnel(kinds[k], 48);

		put_echo4(&p, "1.1.1.3", "1.1.1.1", 63, 20);
		for (size_t n = 14; n < p.len; n++)
			CHECK(run(r->core, p.b, n).verdict != XDP_REDIRECT);
	}
}
