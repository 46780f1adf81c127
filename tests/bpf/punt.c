/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/bpf.h>

#include "base/must.h"

#include "tests/bpf/rig.h"

/* What goes to the daemon, what stays on the link, and frames to former neighbours. */

/* A packet with `payload` behind its header. */
static struct pk ip4(const char *eth, const char *src, const char *dst, unsigned proto,
                     unsigned ttl, const char *payload)
{
	struct pk p = { 0 };
	size_t at;

	put(&p, eth);
	put_ip4(&p, src, dst, proto, ttl, (unsigned)strlen(payload) / 2);
	at = p.len;
	put(&p, payload);
	CHECK(p.len > at);
	return p;
}

static struct pk ip6(const char *eth, const char *src, const char *dst, unsigned next,
                     unsigned hops, const char *payload)
{
	struct pk p = { 0 };

	put(&p, eth);
	put_ip6(&p, src, dst, next, hops, (unsigned)strlen(payload) / 2);
	put(&p, payload);
	return p;
}

#define VRRP               \
	"310a640100640000" \
	"01010101"
#define DHCP  "0044004300080000"
#define DHCP6 "0222022300080000"
#define RS    "8500000000000000"
#define RA                 \
	"8600000040000708" \
	"0000000000000000"
#define IN4    "01005e000012" A_MAC "0800"
#define ALL4   "ffffffffffff" A_MAC "0800"
#define IN6    "333300000012" A_MAC "86dd"
#define NOBODY "020000000000"

static void check(struct rig *r, const struct pk *p, uint32_t reason)
{
	struct out o = run(r->acc, p->b, p->len);

	CHECK_INT(o.reason, reason);
	if (reason < ABI_TO_VRRP || reason > ABI_TO_RA) {
		CHECK(o.verdict != XDP_PASS);
		return;
	}
	CHECK_INT(o.verdict, XDP_PASS);
	CHECK_INT(o.len, p->len);
	if (reason == ABI_TO_VRRP) /* another VRRP speaker may run here */
		CHECK_MEM(o.b, p->b, 6);
	else
		CHECK_HEX(o.b, NOBODY); /* the kernel takes it for somebody else's */
	CHECK_MEM(o.b + 6, p->b + 6, p->len - 6);
}

TEST(vrrp_goes_to_the_daemon_if_it_is_of_this_link)
{
	static const struct {
		const char *eth, *dst;
		unsigned ttl;
		uint32_t reason;
	} four[] = {
		{IN4,                       "224.0.0.18", 255, ABI_TO_VRRP},
		{ IN4,                      "224.0.0.18", 254, ABI_GROUP  }, /* was routed */
		{ IN4,                      "224.0.0.5",  255, ABI_GROUP  },
		{ PE_MAC A_MAC "0800",      "224.0.0.18", 255, ABI_TO_VRRP},
		{ PE_MAC A_MAC "0800",      "1.1.1.3",    255, ABI_TO_CORE}, /* a host's own affair */
		{ "02bb00000000" A_MAC "0800", "224.0.0.18", 255, ABI_NOT_FOR_US},
		{ "01005e000012" A_MAC "810000640800", "224.0.0.18", 255, ABI_TO_VRRP},
		{ "01005e000012" A_MAC "88a800c88100001e0800", "224.0.0.18", 255, ABI_TO_VRRP},
		{ "01005e000012" A_MAC "810003e70800", "224.0.0.18", 255, ABI_NO_AC},
	}, six[] = {
		{ IN6, "ff02::12", 255, ABI_TO_VRRP },
		{ IN6, "ff02::12", 254, ABI_GROUP },
		{ IN6, "ff05::12", 255, ABI_GROUP },
	};
	struct rig *r = rig();

	for (size_t i = 0; i < ARRAY_LEN(four); i++) {
		struct pk p =
			ip4(four[i].eth, "1.1.1.1", four[i].dst, 112, four[i].ttl, VRRP);

		check(r, &p, four[i].reason);
	}
	for (size_t i = 0; i < ARRAY_LEN(six); i++) {
		struct pk p =
			ip6(six[i].eth, "fe80::a", six[i].dst, 112, six[i].ttl, VRRP);

		check(r, &p, six[i].reason);
	}
	CHECK_INT(events_heard(), 0); /* nothing is learnt from any of these */
}

TEST(vrrp_from_another_site_never_leaves_the_core)
{
	struct rig *r = rig();
	struct pk p = { 0 };

	/* MPLS-in-UDP of a PE that lets it out: groups of a link are no traffic of the
	 * VPN. */
	put(&p, CORE_MAC PEER_MAC "0800");
	put_ip4(&p, "192.0.2.12", "192.0.2.11", 17, 64, 8 + 4 + 32);
	put(&p, "c00019eb002c0000"
	        "003ef1ff");
	put_ip4(&p, "1.1.255.12", "224.0.0.18", 112, 255, 12);
	put(&p, VRRP);
	CHECK_INT(run(r->core, p.b, p.len).reason, ABI_GROUP);
}

TEST(dhcp_goes_to_the_daemon_from_clients_and_to_addresses_of_ours)
{
	static const struct {
		const char *eth, *src, *dst;
		uint32_t reason;
	} four[] = {
		{ALL4,                                    "0.0.0.0", "255.255.255.255", ABI_TO_DHCP},
		{ ALL4,                                   "1.1.1.1", "255.255.255.255", ABI_TO_DHCP},
		{ PE_MAC A_MAC "0800",                    "0.0.0.0", "255.255.255.255", ABI_TO_DHCP},
		{ PE_MAC A_MAC "0800",                    "1.1.1.1", "1.1.255.254",     ABI_TO_DHCP},
		{ "ffffffffffff" A_MAC "810000640800",    "0.0.0.0", "255.255.255.255", ABI_TO_DHCP},
		{ ALL4,                                   "1.1.1.1", "1.1.1.3",         ABI_GROUP  },
		{ PE_MAC A_MAC "0800",                    "1.1.1.1", "1.1.1.3",         ABI_TO_CORE},
	}, six[] = {
		{ IN6, "fe80::a", "ff02::1:2", ABI_TO_DHCP6 },
		{ IN6, "fe80::a", "ff05::1:3", ABI_GROUP },
		{ PE_MAC A_MAC "86dd", "2001:db8:1::1", "2001:db8:1::fffe", ABI_TO_DHCP6 },
		{ PE_MAC A_MAC "86dd", "2001:db8:1::1", "2001:db8:1::3", ABI_TO_CORE },
	};
	struct rig *r = rig();

	for (size_t i = 0; i < ARRAY_LEN(four); i++) {
		struct pk p = ip4(four[i].eth, four[i].src, four[i].dst, 17, 64, DHCP);

		check(r, &p, four[i].reason);
	}
	for (size_t i = 0; i < ARRAY_LEN(six); i++) {
		struct pk p = ip6(six[i].eth, six[i].src, six[i].dst, 17, 64, DHCP6);

		check(r, &p, six[i].reason);
	}
}

TEST(dhcp_is_not_what_goes_to_other_ports_or_comes_in_pieces)
{
	struct rig *r = rig();
	struct pk port =
		ip4(ALL4, "0.0.0.0", "255.255.255.255", 17, 64, "0044004500080000");
	struct pk piece = ip4(ALL4, "0.0.0.0", "255.255.255.255", 17, 64, DHCP);
	struct pk tcp = ip4(ALL4, "0.0.0.0", "255.255.255.255", 6, 64, DHCP);
	struct pk gw = ip4(PE_MAC A_MAC "0800", "1.1.1.1", "1.1.255.254", 17, 64,
	                   "0044004500080000");

	piece.b[20] = 0x20; /* more fragments */
	check(r, &port, ABI_GROUP);
	check(r, &piece, ABI_GROUP);
	check(r, &tcp, ABI_GROUP);
	check(r, &gw, ABI_GATEWAY);
}

TEST(router_discovery_goes_to_the_daemon_if_nobody_routed_it)
{
	static const struct {
		const char *dst, *body;
		unsigned hops;
		uint32_t reason;
	} row[] = {
		{"ff02::2",  RS,                 255, ABI_TO_RS},
		{ "ff02::2", RS,                 254, ABI_GROUP},
		{ "ff02::2", "8501000000000000", 255, ABI_GROUP}, /* code */
		{ "ff02::1", RA,                 255, ABI_TO_RA},
		{ "ff02::1", RA,                 64,  ABI_GROUP},
		{ "ff02::1", "8900000000000000", 255, ABI_GROUP}, /* a redirect */
	};
	struct rig *r = rig();

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct pk p =
			ip6(IN6, "fe80::a", row[i].dst, 58, row[i].hops, row[i].body);

		check(r, &p, row[i].reason);
	}
}

TEST(what_is_for_the_daemon_and_cut_anywhere_is_not_passed)
{
	struct rig *r = rig();
	struct pk whole[] = {
		ip4(IN4, "1.1.1.1", "224.0.0.18", 112, 255, "310a640100640000"),
		ip4(ALL4, "0.0.0.0", "255.255.255.255", 17, 64, DHCP),
		ip4(PE_MAC A_MAC "0800", "1.1.1.1", "1.1.255.254", 17, 64, DHCP),
		ip6(IN6, "fe80::a", "ff02::12", 112, 255, "310a640100640000"),
		ip6(IN6, "fe80::a", "ff02::1:2", 17, 64, DHCP6),
		ip6(IN6, "fe80::a", "ff02::2", 58, 255, RS),
	};

	for (size_t i = 0; i < ARRAY_LEN(whole); i++) {
		for (size_t n = 14; n < whole[i].len; n++)
			CHECK_INT(run(r->acc, whole[i].b, n).verdict, XDP_DROP);
		CHECK_INT(run(r->acc, whole[i].b, whole[i].len).verdict, XDP_PASS);
	}
}

TEST(a_crowd_of_dhcp_clients_does_not_drown_vrrp)
{
	struct rig *r = rig();
	struct pk dhcp = ip4(ALL4, "0.0.0.0", "255.255.255.255", 17, 64, DHCP);
	struct pk rs = ip6(IN6, "fe80::a", "ff02::2", 58, 255, RS);
	struct pk vrrp = ip4(IN4, "1.1.1.1", "224.0.0.18", 112, 255, VRRP);
	struct pk other = ip4("ffffffffffff" C_MAC "810000640800", "0.0.0.0",
	                      "255.255.255.255", 17, 64, DHCP);
	unsigned passed = 0, over = 0;

	for (int i = 0; i < 2000; i++) {
		uint32_t reason = run(r->acc, dhcp.b, dhcp.len).reason;

		passed += reason == ABI_TO_DHCP;
		over += reason == ABI_PUNT_RATE;
	}
	CHECK_INT(passed + over, 2000);
	CHECK(passed >= ABI_RATE_CLIENTS && over > 0);
	while (run(r->acc, rs.b, rs.len).reason != ABI_PUNT_RATE)
		continue; /* it shares that limit */
	check(r, &vrrp, ABI_TO_VRRP);
	check(r, &other, ABI_TO_DHCP); /* another attachment's clients */
}

/* --- frames to where a host was ------------------------------------------------------
 */

static struct pk echo(const char *eth, const char *src, const char *dst)
{
	struct pk p = { 0 };
	size_t n = strlen(eth);

	put(&p, eth);
	if (!strcmp(eth + n - 4, "86dd"))
		put_echo6(&p, src, dst, 64, 8);
	else
		put_echo4(&p, src, dst, 64, 8);
	return p;
}

#define WAS "02bb00000003"

TEST(a_frame_to_where_a_host_was_is_told_with_its_sender)
{
	static const struct {
		const char *eth, *src, *dst;
		uint16_t ac;
	} row[] = {
		{WAS A_MAC "0800",          "1.1.1.1",       "1.1.1.3",       1},
		{ WAS C_MAC "810000640800", "1.1.1.2",       "1.1.1.3",       2},
		{ WAS A_MAC "0800",         "1.1.1.99",      "1.1.1.3",       1}, /* unknown itself */
		{ WAS A_MAC "0800",         "1.1.1.1",       "1.1.1.2",       1}, /* another wire */
		{ WAS A_MAC "86dd",         "2001:db8:1::1", "2001:db8:1::3", 1},
		{ WAS A_MAC "86dd",         "2001:db8:1::1", "2001:db8:1::2", 1},
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct rig *r = rig(); /* of each tick of the clock one is looked at */
		struct pk p = echo(row[i].eth, row[i].src, row[i].dst);
		struct out o = run(r->acc, p.b, p.len);
		struct dp_evidence ev;
		char text[IP_STRLEN];

		CHECK_INT(o.reason, ABI_ASTRAY);
		CHECK_INT(o.verdict, XDP_DROP);
		CHECK(heard(&ev));
		CHECK_INT(ev.kind, DP_EV_ASTRAY);
		CHECK_INT(ev.ac, row[i].ac);
		CHECK_INT(ev.vrf, RIG_VRF);
		CHECK_MEM(ev.mac.b, p.b + 6, 6);
		CHECK_STR(ip_fmt(&ev.sender, text), row[i].src);
		CHECK_STR(ip_fmt(&ev.target, text), row[i].dst);
	}
}

TEST(a_frame_between_others_is_none_of_our_business)
{
	static const struct {
		const char *eth, *src, *dst;
	} row[] = {
		{WAS A_MAC "0800",  "1.1.1.1",       "1.1.1.5"      }, /* at this site's other PE */
		{ WAS A_MAC "0800", "1.1.1.9",       "1.1.1.1"      }, /* on this wire */
		{ WAS A_MAC "0800", "1.1.1.1",       "1.1.1.6"      }, /* a duplicate */
		{ WAS A_MAC "0800", "1.1.1.1",       "1.1.1.7"      }, /* nobody can reach it */
		{ WAS A_MAC "0800", "1.1.1.1",       "1.1.1.99"     },
		{ WAS A_MAC "0800", "9.9.9.9",       "1.1.1.3"      }, /* came by a router */
		{ WAS A_MAC "0800", "1.1.255.254",   "1.1.1.3"      }, /* claims to be us */
		{ WAS A_MAC "0800", "1.1.1.1",       "4.4.0.1"      }, /* goes by a router */
		{ WAS VMAC4 "0800", "1.1.1.1",       "1.1.1.3"      },
		{ WAS A_MAC "86dd", "2001:db8:1::1", "2001:db8:1::5"},
		{ WAS A_MAC "86dd", "2001:db8:1::1", "2001:db8:1::7"},
		{ WAS A_MAC "86dd", "fe80::a",       "2001:db8:1::3"},
		{ WAS A_MAC "86dd", "fe80::a",       "fe80::b"      },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct rig *r = rig();
		struct pk p = echo(row[i].eth, row[i].src, row[i].dst);

		CHECK_INT(run(r->acc, p.b, p.len).reason, ABI_NOT_FOR_US);
		CHECK_INT(events_heard(), 0);
	}
}

TEST(a_backup_leaves_stale_caches_to_the_master)
{
	struct rig *r = rig();
	struct pk p = echo(WAS A_MAC "0800", "1.1.1.1", "1.1.1.3");
	struct dp_subnet sn = { .ac = 1, .proxy_mac = { { 0, 0, 0x5e, 0, 1, 10 } } };

	CHECK(prefix_parse("1.1.0.0/16", &sn.prefix));
	CHECK_INT(r->dp->ops->subnet_set(r->dp, &sn), 0);
	CHECK_INT(run(r->acc, p.b, p.len).reason, ABI_NOT_FOR_US);
	CHECK_INT(events_heard(), 0);
}

TEST(frames_to_former_places_are_told_within_a_rate_and_looked_at_now_and_then)
{
	struct rig *r = rig();
	struct pk p = echo(WAS A_MAC "0800", "1.1.1.1", "1.1.1.3");
	unsigned n = 0, more;

	run_often(r->acc, p.b, p.len, 100000);
	while ((more = events_heard()))
		n += more;
	CHECK(n >= 10 && n < 2 * ABI_RATE_ASTRAY + 20);
}
