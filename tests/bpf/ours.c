/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/bpf.h>
#include <time.h>

#include "base/must.h"

#include "tests/bpf/rig.h"

/*
 * Addresses of ours in ARP and ND: the gateway's, which all sites share, its link-local
 * address, and this PE's own; as VRRP master and as backup; and who else claims them.
 */
#define OWN4 "1.1.255.11"
#define OWN6 "2001:db8:1::ff11"
#define GW4  "1.1.255.254"
#define GW6  "2001:db8:1::fffe"
#define LL   "fe80::200:5eff:fe00:20a"

static struct dp_subnet subnet(bool six, bool master)
{
	struct dp_subnet sn = { .ac = 1,
		                .proxy_mac = { { 0, 0, 0x5e, 0, six ? 2 : 1, 10 } },
		                .master = master };

	CHECK(prefix_parse(six ? "2001:db8:1::/64" : "1.1.0.0/16", &sn.prefix));
	CHECK(ip_parse(six ? GW6 : GW4, &sn.gateway));
	CHECK(ip_parse(six ? OWN6 : OWN4, &sn.address));
	if (six)
		CHECK(ip_parse(LL, &sn.link_local));
	return sn;
}

static void be(struct rig *r, bool master)
{
	for (int six = 0; six < 2; six++) {
		struct dp_subnet sn = subnet(six, master);

		CHECK_INT(r->dp->ops->subnet_set(r->dp, &sn), 0);
	}
}

static struct pk arp_to(const char *dst, unsigned op, const char *sha, const char *spa,
                        const char *tpa)
{
	struct pk p = { 0 };

	put(&p, dst);
	put(&p, sha);
	put(&p, "0806");
	put_arp(&p, op, sha, spa, tpa);
	return p;
}

static struct pk arp(unsigned op, const char *sha, const char *spa, const char *tpa)
{
	return arp_to("ffffffffffff", op, sha, spa, tpa);
}

static struct pk nd(unsigned type, const char *sha, const char *src, const char *target,
                    unsigned flags)
{
	struct pk p = { 0 };
	bool dad = !strcmp(src, "::");

	put(&p, "3333ff000003");
	put(&p, sha);
	put(&p, "86dd");
	put_nd(&p, type, src, type == 136 ? "ff02::1" : "ff02::1:ff00:3", target, flags,
	       dad ? NULL : sha);
	return p;
}

/* The answer's MAC, in the frame and in what it says, and the flags of an NA. */
static void check_says(const struct out *o, bool six, const char *mac, const char *flags)
{
	CHECK_INT(o->reason, ABI_ANSWERED);
	CHECK_HEX(o->b + 6, mac);
	if (!six) {
		CHECK_HEX(o->b + 22, mac);
		return;
	}
	CHECK_HEX(o->b + 58, flags);
	CHECK_HEX(o->b + 80, mac);
	CHECK_INT(sum_icmp(o->b + 14, 72), 0);
}

TEST(this_pes_own_address_is_answered_with_the_ports_mac_master_or_not)
{
	struct rig *r = rig();

	for (int master = 0; master < 2; master++) {
		struct pk p4 = arp(1, A_MAC, "1.1.1.1", OWN4);
		struct pk p6 = nd(135, A_MAC, "2001:db8:1::1", OWN6, 0);
		struct pk ll = nd(135, A_MAC, "fe80::a", OWN6, 0);
		struct out o;

		be(r, master);
		o = run(r->acc, p4.b, p4.len);
		check_says(&o, false, PE_MAC, NULL);
		o = run(r->acc, p6.b, p6.len);
		check_says(&o, true, PE_MAC, "e0000000"); /* a router, solicited, sure */
		CHECK_HEX(o.b + 22, "20010db800010000000000000000ff11"); /* from it */
		o = run(r->acc, ll.b, ll.len);
		check_says(&o, true, PE_MAC, "e0000000");
	}
}

TEST(the_link_local_address_of_the_gateway_is_answered_like_the_gateway)
{
	static const char *const who[] = { "fe80::a", "2001:db8:1::1" };
	struct rig *r = rig();

	be(r, true);
	for (size_t i = 0; i < ARRAY_LEN(who); i++) {
		struct pk p = nd(135, A_MAC, who[i], LL, 0);
		struct out o = run(r->acc, p.b, p.len);

		check_says(&o, true, VMAC6, "e0000000");
		CHECK_HEX(o.b + 22, "fe8000000000000002005efffe00020a");
	}
	be(r, false);
	for (size_t i = 0; i < ARRAY_LEN(who); i++) {
		struct pk p = nd(135, A_MAC, who[i], LL, 0);

		CHECK_INT(run(r->acc, p.b, p.len).reason, ABI_NB_BACKUP);
	}
}

TEST(a_link_local_address_goes_with_its_last_subnet)
{
	struct rig *r = rig();
	struct dp_subnet a = subnet(true, true), b = subnet(true, true);
	struct pk p = nd(135, A_MAC, "fe80::a", LL, 0);

	CHECK(prefix_parse("2001:db8:2::/64", &b.prefix));
	CHECK(ip_parse("2001:db8:2::1", &b.gateway));
	CHECK(ip_parse("2001:db8:2::2", &b.address));
	CHECK_INT(r->dp->ops->subnet_set(r->dp, &a), 0);
	CHECK_INT(r->dp->ops->subnet_set(r->dp, &b), 0);
	CHECK_INT(run(r->acc, p.b, p.len).reason, ABI_ANSWERED);
	CHECK_INT(r->dp->ops->subnet_del(r->dp, 1, &b.prefix), 0);
	CHECK_INT(run(r->acc, p.b, p.len).reason, ABI_ANSWERED);
	CHECK(ip_parse("fe80::1", &a.link_local)); /* another from now on */
	CHECK_INT(r->dp->ops->subnet_set(r->dp, &a), 0);
	CHECK_INT(run(r->acc, p.b, p.len).reason, ABI_NB_LINK_LOCAL);
	p = nd(135, A_MAC, "fe80::a", "fe80::1", 0);
	CHECK_INT(run(r->acc, p.b, p.len).reason, ABI_ANSWERED);
	CHECK_INT(r->dp->ops->subnet_del(r->dp, 1, &a.prefix), 0);
	CHECK_INT(run(r->acc, p.b, p.len).reason, ABI_NB_LINK_LOCAL);
}

TEST(who_claims_an_address_of_ours_is_a_conflict_and_not_learnt)
{
	static const struct {
		const char *addr;
		bool alone; /* this PE's: a conflict for a backup too */
	} ours[] = {
		{GW4,   false},
                { OWN4, true },
                { GW6,  false},
		{ OWN6, true },
                { LL,   false},
	};
	struct rig *r = rig();

	for (int master = 1; master >= 0; master--) {
		be(r, master);
		for (size_t i = 0; i < ARRAY_LEN(ours); i++) {
			const char *a = ours[i].addr;
			bool six = strchr(a, ':'), bad = master || ours[i].alone;
			struct pk says =
				six ? nd(136, A_MAC, a, a, 0x20) : arp(1, A_MAC, a, a);
			struct pk asks = six ? nd(135, A_MAC, a, "2001:db8:1::9", 0)
			                     : arp(1, A_MAC, a, "1.1.1.9");
			struct dp_evidence ev;
			char text[IP_STRLEN];

			CHECK_INT(run(r->acc, says.b, says.len).reason,
			          bad ? ABI_NB_CONFLICT : ABI_NB_HEARD);
			CHECK_INT(heard(&ev), bad);
			if (bad) {
				CHECK_INT(ev.kind, DP_EV_CONFLICT);
				CHECK_STR(ip_fmt(&ev.sender, text), a);
			}
			if (six && !strcmp(a, LL))
				continue; /* who asks from it is heard by its target */
			CHECK_INT(run(r->acc, asks.b, asks.len).reason,
			          bad ? ABI_NB_CONFLICT : ABI_NB_BACKUP);
			heard(&ev);
		}
	}
}

TEST(who_probes_for_an_address_of_ours_is_told_that_it_is_taken)
{
	static const struct {
		const char *addr, *mac;
		bool alone;
	} ours[] = {
		{GW4,   VMAC4,  false},
                { OWN4, PE_MAC, true },
                { GW6,  VMAC6,  false},
		{ OWN6, PE_MAC, true },
                { LL,   VMAC6,  false},
	};
	struct rig *r = rig();

	for (int master = 1; master >= 0; master--) {
		be(r, master);
		for (size_t i = 0; i < ARRAY_LEN(ours); i++) {
			const char *a = ours[i].addr;
			bool six = strchr(a, ':');
			struct pk p = six ? nd(135, C_MAC, "::", a, 0)
			                  : arp(1, C_MAC, "0.0.0.0", a);
			struct out o = run(r->acc, p.b, p.len);

			CHECK_INT(events_heard(), 0);
			if (!master && !ours[i].alone) {
				CHECK_INT(o.reason, ABI_NB_BACKUP);
				continue;
			}
			check_says(&o, six, ours[i].mac, "a0000000"); /* not solicited */
			if (six) { /* RFC 4861 7.2.4: to all nodes */
				CHECK_HEX(o.b, "333300000001");
				CHECK_HEX(o.b + 38, "ff020000000000000000000000000001");
			} else {
				CHECK_HEX(o.b, C_MAC);
			}
		}
	}
}

TEST(what_the_vrrp_master_says_with_the_virtual_mac_teaches_a_backup_nothing)
{
	struct rig *r = rig();
	struct pk p4 = arp(1, VMAC4, GW4, GW4), p6 = nd(136, VMAC6, GW6, GW6, 0xa0);

	be(r, false);
	CHECK_INT(run(r->acc, p4.b, p4.len).reason, ABI_NB_OURS);
	CHECK_INT(run(r->acc, p6.b, p6.len).reason, ABI_NB_OURS);
	CHECK_INT(events_heard(), 0);
}

/* As the packet program reads the clock. */
static struct mono in_ms(int64_t ms)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (struct mono){ ts.tv_sec * 1000000 + ts.tv_nsec / 1000 + ms * 1000 };
}

TEST(a_master_whose_lease_is_over_answers_nobody_but_forwards)
{
	struct rig *r = rig();
	struct pk asks[] = { arp(1, A_MAC, "1.1.1.1", GW4),
		             arp(1, A_MAC, "1.1.1.1", "1.1.1.3"),
		             nd(135, A_MAC, "2001:db8:1::1", GW6, 0),
		             nd(135, A_MAC, "2001:db8:1::1", "2001:db8:1::3", 0) };
	struct pk own = arp(1, A_MAC, "1.1.1.1", OWN4), data = { 0 };
	struct dp_subnet sn[2] = { subnet(false, true), subnet(true, true) };

	for (int i = 0; i < 2; i++) {
		CHECK(!r->dp->ops->was_master(r->dp, &sn[i], in_ms(0)));
		sn[i].leased = true;
		CHECK_INT(r->dp->ops->subnet_set(r->dp, &sn[i]), 0);
	}
	for (int64_t ms = 60000; ms >= -60000; ms -= 120000) {
		CHECK_INT(r->dp->ops->lease(r->dp, in_ms(ms)), 0);
		for (size_t i = 0; i < ARRAY_LEN(asks); i++)
			CHECK_INT(run(r->acc, asks[i].b, asks[i].len).reason,
			          ms > 0 ? ABI_ANSWERED : ABI_NB_BACKUP);
	}
	CHECK_INT(run(r->acc, own.b, own.len).reason, ABI_ANSWERED);
	put(&data, VMAC4 A_MAC "0800");
	put_echo4(&data, "1.1.1.1", "1.1.1.3", 64, 20);
	CHECK_INT(run(r->acc, data.b, data.len).verdict, XDP_REDIRECT);
}

TEST(a_backup_leaves_frames_to_the_proxy_mac_to_the_master)
{
	static const struct {
		const char *dst;
		bool six;
		uint32_t backup;
	} frame[] = {
		{VMAC4,   false, ABI_BACKUP },
		{ VMAC6,  true,  ABI_BACKUP },
		{ PE_MAC, false, ABI_TO_CORE}, /* who has this PE for a router */
		{ PE_MAC, true,  ABI_TO_CORE},
	};
	struct rig *r = rig();

	for (int master = 1; master >= 0; master--) {
		be(r, master);
		for (size_t i = 0; i < ARRAY_LEN(frame); i++) {
			struct pk p = { 0 };

			put(&p, frame[i].dst);
			put(&p, A_MAC);
			put(&p, frame[i].six ? "86dd" : "0800");
			if (frame[i].six)
				put_echo6(&p, "2001:db8:1::1", "2001:db8:1::3", 64, 8);
			else
				put_echo4(&p, "1.1.1.1", "1.1.1.3", 64, 8);
			CHECK_INT(run(r->acc, p.b, p.len).reason,
			          master ? ABI_TO_CORE : frame[i].backup);
		}
	}
}

TEST(one_family_may_be_master_and_the_other_backup)
{
	struct rig *r = rig();
	struct dp_subnet six = subnet(true, false);
	struct pk p4 = arp(1, A_MAC, "1.1.1.1", "1.1.1.3");
	struct pk p6 = nd(135, A_MAC, "2001:db8:1::1", "2001:db8:1::3", 0);

	be(r, true);
	CHECK_INT(r->dp->ops->subnet_set(r->dp, &six), 0);
	CHECK_INT(run(r->acc, p4.b, p4.len).reason, ABI_ANSWERED);
	CHECK_INT(run(r->acc, p6.b, p6.len).reason, ABI_NB_BACKUP);
}

TEST(pings_to_this_pes_own_and_to_the_link_local_address_are_answered)
{
	static const struct {
		const char *src, *dst, *mac;
		uint32_t backup;
	} ping[] = {
		{"1.1.1.1",        OWN4, PE_MAC, ABI_ECHOED    },
		{ "2001:db8:1::1", OWN6, PE_MAC, ABI_ECHOED    },
		{ "fe80::a",       LL,   VMAC6,  ABI_BACKUP    },
		{ "fe80::a",       LL,   PE_MAC, ABI_LINK_LOCAL},
	};
	struct rig *r = rig();

	for (int master = 1; master >= 0; master--) {
		be(r, master);
		for (size_t i = 0; i < ARRAY_LEN(ping); i++) {
			bool six = strchr(ping[i].dst, ':');
			struct pk p = { 0 };
			struct out o;

			put(&p, ping[i].mac);
			put(&p, A_MAC);
			put(&p, six ? "86dd" : "0800");
			if (six)
				put_echo6(&p, ping[i].src, ping[i].dst, 64, 8);
			else
				put_echo4(&p, ping[i].src, ping[i].dst, 64, 8);
			o = run(r->acc, p.b, p.len);
			CHECK_INT(o.reason, master ? ABI_ECHOED : ping[i].backup);
			if (o.reason != ABI_ECHOED)
				continue;
			CHECK_HEX(o.b, A_MAC);
			CHECK_HEX(o.b + 6, ping[i].mac);
			CHECK_INT(sum_icmp(o.b + 14, o.len - 14), 0);
		}
	}
}

TEST(an_own_address_that_changes_takes_its_pings_along)
{
	struct rig *r = rig();
	struct dp_subnet sn = subnet(false, true);
	struct pk was = { 0 }, is = { 0 };

	put(&was, PE_MAC A_MAC "0800");
	put_echo4(&was, "1.1.1.1", OWN4, 64, 8);
	put(&is, PE_MAC A_MAC "0800");
	put_echo4(&is, "1.1.1.1", "1.1.255.12", 64, 8);
	be(r, true);
	CHECK_INT(run(r->acc, was.b, was.len).reason, ABI_ECHOED);
	CHECK_INT(run(r->acc, is.b, is.len).reason, ABI_SAID_UNREACHABLE);
	CHECK(ip_parse("1.1.255.12", &sn.address));
	CHECK_INT(r->dp->ops->subnet_set(r->dp, &sn), 0);
	CHECK_INT(run(r->acc, was.b, was.len).reason, ABI_SAID_UNREACHABLE);
	CHECK_INT(run(r->acc, is.b, is.len).reason, ABI_ECHOED);
}

TEST(addresses_that_cannot_be_ours_are_refused)
{
	struct rig *r = rig();
	struct dp_subnet a = subnet(true, true), b = subnet(true, true);

	CHECK(ip_parse("2001:db8:2::1", &a.address));
	CHECK(r->dp->ops->subnet_set(r->dp, &a) < 0);
	CHECK_STR(dp_error(r->dp), "subnet 2001:db8:1::/64: our address 2001:db8:2::1 is "
	                           "outside");
	CHECK(ip_parse("2001:db8:1::2", &b.link_local));
	CHECK(r->dp->ops->subnet_set(r->dp, &b) < 0);
	CHECK_STR(dp_error(r->dp),
	          "subnet 2001:db8:1::/64: 2001:db8:1::2 is not link-local");
}
