/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <linux/bpf.h>
#include <unistd.h>

#include "base/must.h"

#include "tests/bpf/rig.h"

/*
 * Hosts behind several next hops.  Member k is next hop FIRST + k, with the MAC
 * 02:00:..:k and label 3000 + k; group 1 has all that are asked for, 1.1.1.9 and
 * 2001:db8:1::9 are behind it.
 */
enum { FIRST = 100, LABEL = 3000, GROUP = 1, FLOWS = 1000, NOBODY = -1 };

static struct rig *r;

static void member(unsigned k, bool valid, enum dp_encap encap)
{
	struct dp_nexthop nh = { .valid = valid,
		                 .encap = encap,
		                 .ifindex = r->core,
		                 .dst = { { 2, 0, 0, 0, 0, (uint8_t)k } },
		                 .src = { { 2, 0, 0, 0, 0, 0xff } },
		                 .mtu = 1600 };

	CHECK(ip_parse("192.0.2.11", &nh.outer_src));
	CHECK(ip_parse("192.0.2.20", &nh.outer_dst));
	nh.outer_dst.b[3] = (uint8_t)(20 + k);
	CHECK_INT(r->dp->ops->nexthop_set(r->dp, FIRST + k, &nh), 0);
}

static struct dp_group group_of(unsigned first, unsigned n)
{
	struct dp_group g = { .n = n };

	for (unsigned k = 0; k < n; k++)
		g.path[k] = (struct dp_path){ FIRST + first + k, LABEL + first + k };
	return g;
}

static void group_write(uint32_t id, struct dp_group g)
{
	CHECK_INT(r->dp->ops->group_set(r->dp, id, &g), 0);
}

static void route_over(uint32_t group)
{
	static const char *const host[] = { "1.1.1.9/32", "2001:db8:1::9/128" };
	struct dp_route rt = { .kind = DP_ROUTE_REMOTE, .group = group };
	struct prefix p;

	for (size_t i = 0; i < 2; i++) {
		CHECK(prefix_parse(host[i], &p));
		CHECK_INT(r->dp->ops->route_set(r->dp, RIG_VRF, &p, &rt), 0);
	}
}

static void start(unsigned n)
{
	r = rig();
	for (unsigned k = 0; k < n; k++)
		member(k, true, DP_ENCAP_UDP);
	group_write(GROUP, group_of(0, n));
	route_over(GROUP);
}

/* Flow i of a family: clients, ports and protocols vary. */
static struct pk flow(enum afi afi, unsigned i)
{
	struct pk p = { 0 };
	unsigned proto = i & 1 ? 6 : 17;
	char src[40];

	if (afi == AFI_IP4) {
		put(&p, PE_MAC A_MAC "0800");
		snprintf(src, sizeof(src), "1.1.2.%u", i % 100);
		put_ip4(&p, src, "1.1.1.9", proto, 64, 28);
	} else {
		put(&p, PE_MAC A_MAC "86dd");
		snprintf(src, sizeof(src), "2001:db8:1::2:%x", i % 100);
		put_ip6(&p, src, "2001:db8:1::9", proto, 64, 28);
	}
	put_u16(&p, 32768 + i / 4);
	put(&p, "01bb");
	put_bytes(&p, 24);
	return p;
}

/* Which member it is sent to. */
static int way(const struct pk *p)
{
	struct out o = run(r->acc, p->b, p->len);

	if (o.reason == ABI_NO_PATH)
		return NOBODY;
	CHECK_INT(o.reason, ABI_TO_CORE);
	CHECK_INT(o.port, r->core);
	return o.b[5];
}

static void ways(enum afi afi, int ret[FLOWS])
{
	for (unsigned i = 0; i < FLOWS; i++) {
		struct pk p = flow(afi, i);

		ret[i] = way(&p);
	}
}

/* A thousand flows on n next hops: each has its share within a tenth, and what chance
 * leaves of that: by lot, shares of eight are a twelfth apart as a rule, so with more
 * than two they have three of those deviations. */
TEST(flows_spread_evenly_over_the_next_hops_of_a_group)
{
	static const unsigned sizes[] = { 2, 3, 8 };
	int to[FLOWS];

	for (size_t s = 0; s < ARRAY_LEN(sizes); s++) {
		unsigned n = sizes[s], share = FLOWS / n;
		unsigned off = n == 2 ? share / 10 : n == 3 ? share / 7 : share / 4;

		start(n);
		for (enum afi afi = AFI_IP4; afi <= AFI_IP6; afi++) {
			unsigned has[8] = { 0 };

			ways(afi, to);
			for (unsigned i = 0; i < FLOWS; i++)
				has[to[i]]++;
			for (unsigned k = 0; k < n; k++) {
				printf("# %u of %u has %u\n", k, n, has[k]);
				CHECK(has[k] >= share - off && has[k] <= share + off);
			}
		}
	}
}

TEST(a_next_hop_that_goes_moves_its_own_flows_only_and_has_them_back_later)
{
	int before[FLOWS], without[FLOWS], after[FLOWS];
	unsigned took[8] = { 0 }, moved = 0;

	start(8);
	for (enum afi afi = AFI_IP4; afi <= AFI_IP6; afi++) {
		ways(afi, before);
		member(3, false, DP_ENCAP_UDP);
		ways(afi, without);
		member(3, true, DP_ENCAP_UDP);
		ways(afi, after);
		for (unsigned i = 0; i < FLOWS; i++) {
			CHECK_INT(after[i], before[i]);
			CHECK(without[i] != 3 && without[i] >= 0);
			CHECK(without[i] == before[i] || before[i] == 3);
			moved += without[i] != before[i];
			took[without[i]] += without[i] != before[i];
		}
	}
	for (unsigned k = 0; k < 8; k++) /* the others share them */
		CHECK(k == 3 || took[k] > moved / 14);
}

TEST(a_smaller_group_keeps_the_flows_of_those_that_are_left)
{
	int three[FLOWS], two[FLOWS];

	start(3);
	ways(AFI_IP4, three);
	group_write(GROUP + 1, group_of(0, 2));
	route_over(GROUP + 1);
	ways(AFI_IP4, two);
	for (unsigned i = 0; i < FLOWS; i++)
		CHECK(two[i] == three[i] || three[i] == 2);
}

TEST(while_one_next_hop_is_left_packets_go_there_and_requests_are_answered)
{
	struct pk p, arp = { 0 }, ns = { 0 };

	start(3);
	put(&arp, "ffffffffffff" A_MAC "0806");
	put_arp(&arp, 1, A_MAC, "1.1.1.1", "1.1.1.9");
	put(&ns, "3333ff000009" A_MAC "86dd");
	put_nd(&ns, 135, "2001:db8:1::1", "ff02::1:ff00:9", "2001:db8:1::9", 0, A_MAC);
	member(0, false, DP_ENCAP_UDP);
	member(2, false, DP_ENCAP_UDP);
	for (unsigned i = 0; i < 50; i++) {
		p = flow(AFI_IP4 + (i & 1), i);
		CHECK_INT(way(&p), 1);
	}
	CHECK_INT(run(r->acc, arp.b, arp.len).reason, ABI_ANSWERED);
	CHECK_INT(run(r->acc, ns.b, ns.len).reason, ABI_ANSWERED);
	member(1, false, DP_ENCAP_UDP);
	CHECK_INT(way(&p), NOBODY);
	CHECK_INT(run(r->acc, arp.b, arp.len).reason, ABI_NB_NO_PATH);
	CHECK_INT(run(r->acc, ns.b, ns.len).reason, ABI_NB_NO_PATH);
}

/* Only the first fragment has the ports, so none is asked for them. */
TEST(all_fragments_of_a_packet_take_one_way)
{
	unsigned seen = 0;

	start(8);
	for (unsigned i = 0; i < 64; i++) {
		static const uint8_t field[][2] = {
			{0x20,  0   },
                        { 0x20, 0xb9},
                        { 1,    114 }
		};
		int first = NOBODY;

		for (size_t f = 0; f < ARRAY_LEN(field); f++) {
			struct pk p = flow(AFI_IP4, i);
			uint8_t *ip = p.b + 14;

			memcpy(ip + 6, field[f], 2);
			ip[20] = (uint8_t)(ip[20] +
			                   f * 7); /* data, where ports would be */
			memset(ip + 10, 0, 2);
			ip[10] = (uint8_t)(sum_ip4(ip) >> 8);
			ip[11] = (uint8_t)sum_ip4(ip);
			if (!f)
				first = way(&p);
			CHECK_INT(way(&p), first);
		}
		seen |= 1u << first;
		first = NOBODY;
		for (unsigned f = 0; f < 3; f++) {
			struct pk p = { 0 };
			char src[40];

			put(&p, PE_MAC A_MAC "86dd");
			snprintf(src, sizeof(src), "2001:db8:1::2:%x", i);
			put_ip6(&p, src, "2001:db8:1::9", 44, 64, 32);
			put(&p, "1100");
			put_u16(&p, f * 512 | (f < 2));
			put(&p, "00000001");
			put_u16(&p, 1000 + f); /* ports only in the first */
			put_bytes(&p, 22);
			if (!f)
				first = way(&p);
			CHECK_INT(way(&p), first);
		}
	}
	CHECK(seen == 0xff);
}

TEST(each_next_hop_has_its_own_encapsulation_and_label)
{
	static const enum dp_encap encap[] = { DP_ENCAP_UDP, DP_ENCAP_GRE,
		                               DP_ENCAP_MPLS };
	static const struct {
		const char *head;
		size_t at, label;
	} want[] = {
		{"11",    23, 42}, /* protocol UDP, */
		{ "2f",   23, 38}, /* GRE, */
		{ "8847", 12, 14}, /* or labels at once */
	};
	unsigned seen = 0;

	start(3);
	for (unsigned k = 0; k < 3; k++)
		member(k, true, encap[k]);
	for (unsigned i = 0; i < 60; i++) {
		struct pk p = flow(AFI_IP4 + (i & 1), i);
		struct out o = run(r->acc, p.b, p.len);
		unsigned k = o.b[5], label;

		CHECK_INT(o.reason, ABI_TO_CORE);
		CHECK(k < 3);
		CHECK_HEX(o.b + want[k].at, want[k].head);
		label = (unsigned)o.b[want[k].label] << 12 |
		        (unsigned)o.b[want[k].label + 1] << 4 |
		        (unsigned)o.b[want[k].label + 2] >> 4;
		CHECK_INT(label, LABEL + k);
		CHECK_INT(o.b[want[k].label + 3], 255);
		seen |= 1u << k;
	}
	CHECK_INT(seen, 7);
}

/* A program that was held up between the route and the group finds another group's
 * members under the number: it must not send there, that may be another VPN. */
TEST(a_group_number_used_again_does_not_take_the_packets_of_the_one_before)
{
	struct dp_group none = { .n = 0 };
	struct pk p = flow(AFI_IP4, 1);

	start(2);
	CHECK(way(&p) >= 0);
	group_write(GROUP, none);
	CHECK_INT(way(&p), NOBODY);
	group_write(GROUP, group_of(1, 1));
	CHECK_INT(way(&p), NOBODY);
	group_write(GROUP, group_of(0, 2)); /* even the same, made anew */
	CHECK_INT(way(&p), NOBODY);
	route_over(GROUP);
	CHECK(way(&p) >= 0);
}

TEST(a_route_to_an_empty_group_is_refused)
{
	struct dp_route rt = { .kind = DP_ROUTE_REMOTE, .group = 77 };
	struct prefix p;

	start(2);
	CHECK(prefix_parse("1.1.1.10/32", &p));
	CHECK_INT(r->dp->ops->route_set(r->dp, RIG_VRF, &p, &rt), -EINVAL);
	CHECK(strstr(dp_error(r->dp), "group 77"));
}

static struct dataplane *another(void)
{
	struct dp_events ev = { 0 };
	struct dp_xdp_config cfg = { .fib_hosts = 1000 };
	char dir[128], *err = NULL;
	struct dataplane *dp;

	snprintf(dir, sizeof(dir), "%s/pe", r->dir);
	cfg.pin_dir = dir;
	dp = dp_xdp_new(&cfg, &ev, &err);
	if (!dp)
		t_fail(__FILE__, __LINE__, "%s", err);
	return dp;
}

TEST(groups_outlive_their_daemon_and_go_when_the_next_does_not_want_them)
{
	struct dp_group got, two = group_of(0, 2), other = group_of(1, 2);
	struct pk p = flow(AFI_IP4, 1);
	struct dataplane *dp;
	struct dp_route rt;
	struct prefix host;

	CHECK(prefix_parse("1.1.1.9/32", &host));
	start(2);
	group_write(GROUP + 1, other);
	dp = another();
	CHECK_INT(dp->ops->group_get(dp, GROUP, &got), 0);
	CHECK_INT(got.n, 2);
	CHECK_INT(got.path[1].label, LABEL + 1);
	CHECK_INT(dp->ops->route_get(dp, RIG_VRF, &host, &rt), 0);
	CHECK_INT(rt.group, GROUP);
	CHECK_INT(dp->ops->group_set(dp, GROUP, &two), 0);
	CHECK(way(&p) >= 0); /* by the route of the daemon before */
	CHECK_INT(dp->ops->sync_done(dp), 0);
	CHECK_INT(dp->ops->group_get(dp, GROUP, &got), 0);
	CHECK_INT(dp->ops->group_get(dp, GROUP + 1, &got), -ENOENT);
	dp->ops->free(dp, true);
}
