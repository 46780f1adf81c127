/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/bpf.h>

#include "base/must.h"

#include "tests/bpf/rig.h"

/* ARP and ND on attachments: each rule of bpf/neigh.h, for both families. */

static struct pk arp(const char *tags, unsigned op, const char *sha, const char *spa,
                     const char *tpa)
{
	struct pk p = { 0 };

	put(&p, "ffffffffffff");
	put(&p, sha);
	put(&p, tags);
	put(&p, "0806");
	put_arp(&p, op, sha, spa, tpa);
	return p;
}

static struct pk ns(const char *sha, const char *src, const char *target)
{
	struct pk p = { 0 };

	put(&p, "3333ff000003");
	put(&p, sha);
	put(&p, "86dd");
	put_nd(&p, 135, src, "ff02::1:ff00:3", target, 0, sha);
	return p;
}

static struct pk na(const char *sha, const char *src, const char *dst, const char *target,
                    unsigned flags)
{
	struct pk p = { 0 };

	put(&p, PE_MAC);
	put(&p, sha);
	put(&p, "86dd");
	put_nd(&p, 136, src, dst, target, flags, sha);
	return p;
}

static void check_ip(const struct ip *got, const char *want)
{
	char text[IP_STRLEN];

	CHECK_STR(ip_fmt(got, text), want);
}

TEST(a_request_for_a_host_of_another_site_is_answered_with_the_proxy_mac)
{
	struct rig *r = rig();
	uint8_t v23[64];
	size_t n =
		t_hex("ffffffffffff02aa0000000a0806000108000604000102aa0000000a01010101"
	              "00000000000001010103",
	              v23, sizeof(v23));
	struct out o = run(r->acc, v23, n);

	CHECK_INT(o.reason, ABI_ANSWERED);
	CHECK_INT(o.verdict, XDP_REDIRECT);
	CHECK_INT(o.port, r->acc);
	CHECK_INT(o.len, 42);
	CHECK_HEX(o.b, "02aa0000000a00005e00010a0806000108000604000200005e00010a01010103"
	               "02aa0000000a01010101");
	CHECK_INT(events_heard(), 0); /* A said what was known of it */
}

TEST(a_solicitation_for_a_host_of_another_site_is_answered_without_override)
{
	struct rig *r = rig();
	struct pk p = ns(A_MAC, "2001:db8:1::1", "2001:db8:1::3");
	struct out o = run(r->acc, p.b, p.len);

	CHECK_INT(o.reason, ABI_ANSWERED);
	CHECK_INT(o.port, r->acc);
	CHECK_INT(o.len, 86);
	CHECK_HEX(o.b, "02aa0000000a00005e00020a86dd6000000000203aff"
	               "20010db800010000000000000000fffe"
	               "20010db8000100000000000000000001"
	               "8800");
	CHECK_HEX(o.b + 58, "40000000" /* S, neither R nor O */
	                    "20010db8000100000000000000000003020100005e00020a");
	CHECK_INT(sum_icmp(o.b + 14, 72), 0);
	CHECK_INT(events_heard(), 0);
}

TEST(a_solicitation_is_answered_as_the_vector_to_the_byte)
{
	struct rig *r = rig();
	struct dp_subnet sn = { .ac = 1,
		                .proxy_mac = { { 0, 0, 0x5e, 0, 2, 10 } },
		                .master = true };
	uint8_t ask[128];
	size_t n =
		t_hex("3333ff00000302aa0000000a86dd6000000000203aff20010db8000100000000"
	              "000000000001ff0200000000000000000001ff00000387001b70000000002001"
	              "0db8000100000000000000000003010102aa0000000a",
	              ask, sizeof(ask));
	struct out o;

	CHECK(prefix_parse("2001:db8:1::/64", &sn.prefix));
	CHECK(ip_parse("2001:db8:1::ffff", &sn.gateway));
	CHECK_INT(r->dp->ops->subnet_set(r->dp, &sn), 0);
	o = run(r->acc, ask, n);
	CHECK_INT(o.reason, ABI_ANSWERED);
	CHECK_INT(o.len, 86);
	CHECK_HEX(o.b, "02aa0000000a00005e00020a86dd6000000000203aff20010db8000100000000"
	               "00000000ffff20010db800010000000000000000000188004c67400000002001"
	               "0db8000100000000000000000003020100005e00020a");
}

TEST(tags_stay_on_an_answer)
{
	struct rig *r = rig();
	struct pk p = arp("81000064", 1, C_MAC, "1.1.1.2", "1.1.1.3");
	struct out o = run(r->acc, p.b, p.len);

	CHECK_INT(o.reason, ABI_ANSWERED);
	CHECK_HEX(o.b, C_MAC VMAC4 "810000640806");
	CHECK_INT(o.len, p.len);
	p = arp("88a800c88100001e", 1, E_MAC, "4.4.0.1", "4.4.0.254");
	o = run(r->acc, p.b, p.len);
	CHECK_INT(o.reason, ABI_ANSWERED);
	CHECK_HEX(o.b, E_MAC VMAC4 "88a800c88100001e0806");
}

TEST(each_row_of_the_table_has_its_verdict)
{
	static const struct {
		const char *sender, *target;
		uint32_t reason;
	} row[] = {
		{ "9.9.9.9", "1.1.1.3", ABI_NB_OUTSIDE },
		{ "1.1.255.254", "1.1.1.3", ABI_NB_CONFLICT },
		{ "1.1.0.0", "1.1.1.3", ABI_NB_OUTSIDE },
		{ "1.1.1.1", "1.1.255.254", ABI_ANSWERED }, /* our gateway */
		{ "1.1.1.1", "1.1.0.0", ABI_NB_SPECIAL },
		{ "1.1.1.1", "1.1.255.255", ABI_NB_SPECIAL },
		{ "1.1.1.1", "1.1.1.255", ABI_NB_UNKNOWN }, /* an ordinary host in a /16 */
		{ "1.1.1.1", "1.2.0.1", ABI_NB_TARGET_OUTSIDE },
		{ "1.1.1.1", "224.0.0.1", ABI_NB_TARGET_OUTSIDE },
		{ "1.1.1.1", "1.1.1.6", ABI_NB_FROZEN },
		{ "1.1.1.9", "1.1.1.1", ABI_NB_LOCAL },
		{ "1.1.1.1", "1.1.1.2", ABI_ANSWERED }, /* on another attachment */
		{ "1.1.1.1", "1.1.1.5", ABI_NB_SIBLING },
		{ "1.1.1.1", "1.1.1.3", ABI_ANSWERED },
		{ "1.1.1.1", "1.1.1.7", ABI_NB_NO_PATH },
		{ "1.1.1.1", "1.1.1.99", ABI_NB_UNKNOWN },
	}, row6[] = {
		{ "2001:db8:7::1", "2001:db8:1::3", ABI_NB_OUTSIDE },
		{ "2001:db8:1::fffe", "2001:db8:1::3", ABI_NB_CONFLICT },
		{ "2001:db8:1::1", "2001:db8:1::fffe", ABI_ANSWERED },
		{ "2001:db8:1::1", "2001:db8:1::", ABI_NB_SPECIAL },
		{ "2001:db8:1::1", "2001:db8:2::1", ABI_NB_TARGET_OUTSIDE },
		{ "2001:db8:1::1", "ff02::1", ABI_NB_BAD },
		{ "2001:db8:1::1", "fe80::1", ABI_NB_LINK_LOCAL },
		{ "fe80::1", "fe80::2", ABI_NB_LINK_LOCAL },
		{ "fe80::1", "2001:db8:1::3", ABI_ANSWERED },
		{ "2001:db8:1::1", "2001:db8:1::6", ABI_NB_FROZEN },
		{ "2001:db8:1::9", "2001:db8:1::1", ABI_NB_LOCAL },
		{ "2001:db8:1::1", "2001:db8:1::2", ABI_ANSWERED },
		{ "2001:db8:1::1", "2001:db8:1::5", ABI_NB_SIBLING },
		{ "2001:db8:1::1", "2001:db8:1::3", ABI_ANSWERED },
		{ "2001:db8:1::1", "2001:db8:1::7", ABI_NB_NO_PATH },
		{ "2001:db8:1::1", "2001:db8:1::99", ABI_NB_UNKNOWN },
	};
	struct rig *r = rig();

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct pk p = arp("", 1, A_MAC, row[i].sender, row[i].target);
		struct out o = run(r->acc, p.b, p.len);

		if (o.reason != row[i].reason)
			t_fail(__FILE__, __LINE__, "%s wants %s: reason %u, not %u",
			       row[i].sender, row[i].target, o.reason, row[i].reason);
		CHECK_INT(o.verdict, o.reason == ABI_ANSWERED ? XDP_REDIRECT : XDP_DROP);
	}
	for (size_t i = 0; i < ARRAY_LEN(row6); i++) {
		struct pk p = ns(A_MAC, row6[i].sender, row6[i].target);
		struct out o = run(r->acc, p.b, p.len);

		if (o.reason != row6[i].reason)
			t_fail(__FILE__, __LINE__, "%s wants %s: reason %u, not %u",
			       row6[i].sender, row6[i].target, o.reason, row6[i].reason);
	}
}

TEST(a_backup_is_silent_but_learns)
{
	struct rig *r = rig();
	struct pk p = arp("", 1, "02aa00000077", "1.1.1.77", "1.1.1.3");
	struct dp_subnet sn = { .ac = 1, .proxy_mac = { { 0, 0, 0x5e, 0, 1, 10 } } };
	struct dp_evidence ev;

	CHECK(prefix_parse("1.1.0.0/16", &sn.prefix));
	CHECK(ip_parse("1.1.255.254", &sn.gateway));
	CHECK_INT(r->dp->ops->subnet_set(r->dp, &sn), 0);
	CHECK_INT(run(r->acc, p.b, p.len).reason, ABI_NB_BACKUP);
	CHECK(heard(&ev));
	CHECK_INT(ev.kind, DP_EV_ARP_REQUEST);
	p = arp("", 1, A_MAC, "1.1.1.1", "1.1.255.254");
	CHECK_INT(run(r->acc, p.b, p.len).reason, ABI_NB_BACKUP);
}

TEST(what_a_known_host_says_marks_it_seen_and_is_no_event)
{
	struct rig *r = rig();
	struct pk ask = arp("", 1, A_MAC, "1.1.1.1", "1.1.1.3");
	struct pk say = arp("", 2, A_MAC, "1.1.1.1", "1.1.255.254");
	struct pk ask6 = ns(A_MAC, "2001:db8:1::1", "2001:db8:1::3");
	struct pk say6 =
		na(A_MAC, "2001:db8:1::1", "2001:db8:1::fffe", "2001:db8:1::1", 0x60);
	struct pk *said[] = { &ask, &say, &ask6, &say6 };
	const char *who[] = { "1.1.1.1", "1.1.1.1", "2001:db8:1::1", "2001:db8:1::1" };

	for (size_t i = 0; i < 4; i++) {
		bool seen;
		struct ip a;

		CHECK(ip_parse(who[i], &a));
		CHECK_INT(r->dp->ops->host_seen(r->dp, RIG_VRF, &a, &seen), 0);
		CHECK(!seen);
		run(r->acc, said[i]->b, said[i]->len);
		CHECK_INT(r->dp->ops->host_seen(r->dp, RIG_VRF, &a, &seen), 0);
		CHECK(seen);
		CHECK_INT(r->dp->ops->host_seen(r->dp, RIG_VRF, &a, &seen), 0);
		CHECK(!seen);
		CHECK_INT(events_heard(), 0);
	}
}

TEST(news_of_a_host_goes_to_the_daemon)
{
	static const struct {
		unsigned op;
		const char *mac, *spa, *tpa;
		enum dp_evidence_kind kind;
	} news[] = {
		{1,  "02aa00000077", "1.1.1.77",    "1.1.1.3",     DP_EV_ARP_REQUEST},
		{ 2, "02aa00000077", "1.1.1.77",    "1.1.255.254", DP_EV_ARP_REPLY  },
		{ 1, "02aa00000078", "1.1.1.1",     "1.1.1.3",
                 DP_EV_ARP_REQUEST						  }, /* other MAC */
		{ 1, A_MAC,          "1.1.1.2",     "1.1.1.3",     DP_EV_ARP_REQUEST}, /* other wire */
		{ 1, A_MAC,          "1.1.1.3",     "1.1.1.1",     DP_EV_ARP_REQUEST}, /* was remote */
		{ 1, A_MAC,          "1.1.1.1",     "1.1.1.1",     DP_EV_GARP       }, /* even if known */
		{ 2, A_MAC,          "1.1.1.1",     "1.1.1.1",     DP_EV_GARP       },
		{ 1, A_MAC,          "1.1.255.254", "1.1.255.254", DP_EV_CONFLICT   },
	};
	struct rig *r = rig();

	for (size_t i = 0; i < ARRAY_LEN(news); i++) {
		struct pk p = arp("", news[i].op, news[i].mac, news[i].spa, news[i].tpa);
		struct dp_evidence ev;
		uint8_t want[6];

		run(r->acc, p.b, p.len);
		CHECK(heard(&ev));
		CHECK_INT(ev.kind, news[i].kind);
		CHECK_INT(ev.ac, 1);
		CHECK_INT(ev.vrf, RIG_VRF);
		t_hex(news[i].mac, want, 6);
		CHECK_MEM(ev.mac.b, want, 6);
		check_ip(&ev.sender, news[i].spa);
		check_ip(&ev.target, news[i].tpa);
	}
}

TEST(advertisements_are_news_with_their_flags)
{
	struct rig *r = rig();
	struct pk p =
		na(A_MAC, "2001:db8:1::1", "2001:db8:1::fffe", "2001:db8:1::1", 0xe0);
	struct dp_evidence ev;

	CHECK_INT(run(r->acc, p.b, p.len).reason, ABI_NB_HEARD);
	CHECK(heard(&ev)); /* known, but it became a router */
	CHECK_INT(ev.kind, DP_EV_NA);
	CHECK(ev.router && ev.override);
	p = na(A_MAC, "2001:db8:1::1", "ff02::1", "2001:db8:1::1", 0x20);
	CHECK_INT(run(r->acc, p.b, p.len).reason, ABI_NB_HEARD);
	CHECK(heard(&ev));
	CHECK_INT(ev.kind, DP_EV_NA_UNSOLICITED);
	check_ip(&ev.sender, "2001:db8:1::1");
	p = na(A_MAC, "2001:db8:1::1", "ff02::1", "2001:db8:1::1",
	       0x60); /* S to a group */
	CHECK_INT(run(r->acc, p.b, p.len).reason, ABI_NB_BAD);
	p = na(A_MAC, "2001:db8:1::1", "ff02::1", "2001:db8:1::fffe", 0x20);
	CHECK_INT(run(r->acc, p.b, p.len).reason, ABI_NB_CONFLICT);
	CHECK(heard(&ev));
	CHECK_INT(ev.kind, DP_EV_CONFLICT);
}

TEST(probes_are_never_answered_nor_learnt_but_told)
{
	struct rig *r = rig();
	struct pk p = arp("", 1, C_MAC, "0.0.0.0", "1.1.1.3"), d = { 0 };
	struct dp_evidence ev;

	CHECK_INT(run(r->acc, p.b, p.len).reason, ABI_NB_PROBE);
	CHECK(heard(&ev));
	CHECK_INT(ev.kind, DP_EV_ARP_PROBE);
	CHECK_INT(ev.sender.afi, AFI_NONE);
	check_ip(&ev.target, "1.1.1.3");
	put(&d, "3333ff000003" C_MAC "86dd");
	put_nd(&d, 135, "::", "ff02::1:ff00:3", "2001:db8:1::3", 0, NULL);
	CHECK_INT(run(r->acc, d.b, d.len).reason, ABI_NB_PROBE);
	CHECK(heard(&ev));
	CHECK_INT(ev.kind, DP_EV_NS_DAD);
	CHECK_INT(ev.sender.afi, AFI_NONE);
	check_ip(&ev.target, "2001:db8:1::3");
}

TEST(rarp_tells_a_mac)
{
	struct rig *r = rig();
	uint8_t v29[64];
	size_t n =
		t_hex("ffffffffffff02aa0000000c8035000108000604000302aa0000000c00000000"
	              "02aa0000000c00000000",
	              v29, sizeof(v29));
	struct dp_evidence ev;

	CHECK_INT(run(r->acc, v29, n).reason, ABI_NB_HEARD);
	CHECK(heard(&ev));
	CHECK_INT(ev.kind, DP_EV_RARP);
	CHECK_INT(ev.sender.afi, AFI_NONE);
	CHECK_INT(ev.mac.b[5], 0x0c);
}

TEST(a_miss_is_told_once_for_each_who_asks_within_the_rate)
{
	struct rig *r = rig();
	struct pk p = arp("", 1, A_MAC, "1.1.1.1", "1.1.1.99");
	struct dp_evidence ev;
	unsigned n;

	CHECK_INT(run(r->acc, p.b, p.len).reason, ABI_NB_UNKNOWN);
	CHECK(heard(&ev));
	CHECK_INT(ev.kind, DP_EV_MISS);
	check_ip(&ev.sender, "1.1.1.1");
	check_ip(&ev.target, "1.1.1.99");
	for (int i = 0; i < 300; i++)
		run(r->acc, p.b, p.len);
	for (n = 0;;) {
		unsigned more = events_heard();

		n += more;
		if (!more)
			break;
	}
	CHECK(n >= 99 && n < 140);
	p = arp("81000064", 1, C_MAC, "1.1.1.2", "1.1.1.98");
	run(r->acc, p.b, p.len);
	CHECK(heard(&ev)); /* another attachment's questions have a rate of their own */
	CHECK_INT(ev.ac, 2);
}

TEST(our_own_frames_coming_back_teach_nothing)
{
	struct rig *r = rig();
	struct pk p = arp("", 1, VMAC4, "1.1.1.2", "1.1.1.2");

	CHECK_INT(run(r->acc, p.b, p.len).reason, ABI_NB_OURS);
	p = arp("", 1, PE_MAC, "1.1.255.254", "1.1.1.1");
	CHECK_INT(run(r->acc, p.b, p.len).reason, ABI_NB_OURS);
	CHECK_INT(events_heard(), 0);
}

TEST(malformed_arp_is_neither_answered_nor_learnt)
{
	static const struct {
		size_t at;
		uint8_t to;
	} flaw[] = {
		{15,  2 },
                { 16, 9 },
                { 18, 8 },
                { 19, 16},
		{ 21, 0 },
                { 21, 3 },
                { 21, 9 },
                { 22, 3 }, /* a group's MAC */
		{ 11, 99}, /* Ethernet source is not the sender */
	};
	struct rig *r = rig();

	for (size_t i = 0; i < ARRAY_LEN(flaw); i++) {
		struct pk p = arp("", 1, A_MAC, "1.1.1.1", "1.1.1.3");

		p.b[flaw[i].at] = flaw[i].to;
		CHECK_INT(run(r->acc, p.b, p.len).reason, ABI_NB_BAD);
	}
	for (size_t n = 14; n < 42; n++) {
		struct pk p = arp("", 1, A_MAC, "1.1.1.1", "1.1.1.3");

		CHECK_INT(run(r->acc, p.b, n).reason, ABI_SHORT);
	}
	CHECK_INT(events_heard(), 0);
}

TEST(malformed_nd_is_neither_answered_nor_learnt)
{
	static const struct {
		size_t at;
		uint8_t to;
	} flaw[] = {
		{21,  254}, /* hop limit */
		{ 55, 1  }, /* code */
		{ 57, 0  }, /* checksum */
		{ 79, 0  }, /* option length */
		{ 79, 2  }, /* option longer than the message */
		{ 85, 9  }, /* not the frame's source */
		{ 19, 31 }, /* length no multiple of 8 */
		{ 19, 16 }, /* too short for a target */
	};
	struct rig *r = rig();

	for (size_t i = 0; i < ARRAY_LEN(flaw); i++) {
		struct pk p = ns(A_MAC, "2001:db8:1::1", "2001:db8:1::3");

		p.b[flaw[i].at] = flaw[i].to;
		if (flaw[i].at != 57)
			fix_icmp6(&p, 14);
		CHECK_INT(run(r->acc, p.b, p.len).reason, ABI_NB_BAD);
	}
	CHECK_INT(events_heard(), 0);
}

TEST(a_solicitation_cut_anywhere_is_not_answered)
{
	struct rig *r = rig();
	struct pk p = ns(A_MAC, "2001:db8:1::1", "2001:db8:1::3");

	for (size_t n = 14; n < p.len; n++)
		CHECK_INT(run(r->acc, p.b, n).verdict, XDP_DROP);
}

TEST(options_we_do_not_know_are_skipped_and_padding_is_cut)
{
	struct rig *r = rig();
	struct pk p = { 0 };
	struct out o;

	put(&p, "3333ff000003" A_MAC "86dd");
	put_nd(&p, 135, "2001:db8:1::1", "ff02::1:ff00:3", "2001:db8:1::3", 0, NULL);
	put(&p, "0e01aabbccddeeff"
	        "0101" A_MAC "1202aabbccddeeff0011223344556677");
	p.b[19] = 24 + 8 + 8 + 16;
	fix_icmp6(&p, 14);
	put_bytes(&p, 5);
	o = run(r->acc, p.b, p.len);
	CHECK_INT(o.reason, ABI_ANSWERED);
	CHECK_INT(o.len, 86);
	CHECK_INT(sum_icmp(o.b + 14, 72), 0);
}

TEST(a_unicast_check_of_reachability_is_answered_even_without_an_option)
{
	struct rig *r = rig();
	struct pk p = { 0 };
	struct out o;

	put(&p, VMAC6 A_MAC "86dd");
	put_nd(&p, 135, "2001:db8:1::1", "2001:db8:1::3", "2001:db8:1::3", 0, NULL);
	o = run(r->acc, p.b, p.len);
	CHECK_INT(o.reason, ABI_ANSWERED);
	CHECK_INT(o.len, 86); /* longer than what asked */
	CHECK_HEX(o.b + 58, "40000000");
	CHECK_HEX(o.b + 78, "0201" VMAC6);
	CHECK_INT(sum_icmp(o.b + 14, 72), 0);
}

TEST(the_answer_says_whether_the_target_is_a_router)
{
	struct rig *r = rig();
	struct pk p = ns(A_MAC, "2001:db8:1::1", "2001:db8:1::8");
	struct out o = run(r->acc, p.b, p.len);

	CHECK_INT(o.reason, ABI_ANSWERED);
	CHECK_HEX(o.b + 58, "c0000000");
	p = ns(A_MAC, "2001:db8:1::1", "2001:db8:1::fffe");
	o = run(r->acc, p.b, p.len);
	CHECK_HEX(o.b + 58, "e0000000"); /* the gateway is one */
}

TEST(answers_are_a_thousand_a_second_for_each_attachment)
{
	struct rig *r = rig();
	struct pk p = arp("", 1, A_MAC, "1.1.1.1", "1.1.1.3");
	int said = 0, over = 0;

	for (int i = 0; i < 3000; i++) {
		uint32_t reason = run(r->acc, p.b, p.len).reason;

		said += reason == ABI_ANSWERED;
		over += reason == ABI_NB_RATE;
	}
	CHECK_INT(said + over, 3000);
	CHECK(said >= 1000 && over > 0);
	p = arp("81000064", 1, C_MAC, "1.1.1.2", "1.1.1.3");
	CHECK_INT(run(r->acc, p.b, p.len).reason, ABI_ANSWERED); /* another's own rate */
}

TEST(a_request_to_another_station_is_not_ours)
{
	struct rig *r = rig();
	struct pk p = arp("", 1, A_MAC, "1.1.1.1", "1.1.1.3");

	memset(p.b, 2, 6);
	CHECK_INT(run(r->acc, p.b, p.len).reason, ABI_NOT_FOR_US);
}
