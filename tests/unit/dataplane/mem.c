/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/mem.h"

#include <errno.h>

#include "dataplane/dp_mem.h"

#include "tests/t.h"

static struct dp_evidence heard;
static int n_heard;

static void on_evidence(void *arg, const struct dp_evidence *ev)
{
	heard = *ev;
	n_heard++;
}

static struct dataplane *fresh(void)
{
	struct dp_events ev = { .evidence = on_evidence };

	n_heard = 0;
	return dp_mem_new(&ev);
}

static struct prefix pfx(const char *s)
{
	struct prefix p;

	CHECK(prefix_parse(s, &p));
	return p;
}

static struct ip addr(const char *s)
{
	struct ip ip;

	CHECK(ip_parse(s, &ip));
	return ip;
}

static const struct dp_ac ac1 = { .id = 1, .vrf = 7, .ifindex = 3, .mac = { { 2, 1 } } };
static const struct dp_route local1 = { .kind = DP_ROUTE_LOCAL,
	                                .ac = 1,
	                                .mac = { { 2, 0, 0, 0, 0, 9 } } };

TEST(a_route_comes_back_as_it_was_set_and_goes_when_deleted)
{
	struct dataplane *dp = fresh();
	struct prefix p = pfx("1.1.1.3/32");
	struct dp_route r = { .kind = DP_ROUTE_REMOTE, .nexthop = 5, .label = 100 }, got;

	CHECK_INT(dp->ops->route_get(dp, 7, &p, &got), -ENOENT);
	CHECK_INT(dp->ops->route_set(dp, 7, &p, &r), 0);
	CHECK_INT(dp->ops->route_get(dp, 7, &p, &got), 0);
	CHECK_INT(got.label, 100);
	CHECK_INT(dp->ops->route_get(dp, 8, &p, &got), -ENOENT);
	CHECK_INT(dp_mem_routes(dp), 1);
	dp->ops->route_set(dp, 7, &p, &local1);
	CHECK_INT(dp_mem_routes(dp), 1);
	dp->ops->route_del(dp, 7, &p);
	CHECK_INT(dp->ops->route_get(dp, 7, &p, &got), -ENOENT);
	dp->ops->free(dp, false);
}

TEST(a_host_is_seen_once_for_every_time_it_spoke)
{
	struct dataplane *dp = fresh();
	struct prefix p = pfx("2001:db8::1/128");
	struct ip ip = addr("2001:db8::1");
	bool seen;

	CHECK_INT(dp->ops->host_seen(dp, 7, &ip, &seen), -ENOENT);
	dp->ops->route_set(dp, 7, &p, &local1);
	CHECK_INT(dp->ops->host_seen(dp, 7, &ip, &seen), 0);
	CHECK(!seen);
	dp_mem_speak(dp, 7, &ip);
	dp->ops->host_seen(dp, 7, &ip, &seen);
	CHECK(seen);
	dp->ops->host_seen(dp, 7, &ip, &seen);
	CHECK(!seen);
	dp->ops->free(dp, false);
}

TEST(subnets_go_with_their_attachment)
{
	struct dataplane *dp = fresh();
	struct dp_subnet sn = { .ac = 1,
		                .prefix = pfx("1.1.0.0/16"),
		                .gateway = addr("1.1.255.254"),
		                .proxy_mac = { { 2 } } };

	CHECK_INT(dp->ops->subnet_set(dp, &sn), -ENOENT);
	CHECK(strstr(dp_error(dp), "attachment 1"));
	CHECK_INT(dp->ops->ac_set(dp, &ac1), 0);
	CHECK_INT(dp->ops->subnet_set(dp, &sn), 0);
	CHECK(dp_mem_subnet(dp, 1, &sn.prefix));
	CHECK_INT(dp->ops->ac_del(dp, 1), 0);
	CHECK(!dp_mem_subnet(dp, 1, &sn.prefix));
	dp->ops->free(dp, false);
}

TEST(what_the_packet_path_cannot_hold_is_refused_by_name)
{
	struct dataplane *dp = fresh();
	struct prefix p = pfx("1.1.1.3/32");
	struct dp_route r = { .kind = DP_ROUTE_REMOTE, .label = DP_LABEL_MAX };
	struct dp_ac ac = ac1;
	struct dp_nexthop nh = { .valid = true, .n_labels = 3 };

	CHECK_INT(dp->ops->route_set(dp, 7, &p, &r), -EINVAL);
	CHECK(strstr(dp_error(dp), "1.1.1.3/32"));
	r = local1;
	r.mac.b[0] |= 1;
	CHECK_INT(dp->ops->route_set(dp, 7, &p, &r), -EINVAL);
	CHECK_INT(dp->ops->vrf_set(dp, DP_VRF_MAX, 100), -EINVAL);
	CHECK_INT(dp->ops->vrf_set(dp, 1, 3), -EINVAL); /* implicit null is nobody's */
	ac.inner_vlan = 5;
	CHECK_INT(dp->ops->ac_set(dp, &ac), -EINVAL);
	CHECK(strstr(dp_error(dp), "without an outer"));
	CHECK_INT(dp->ops->nexthop_set(dp, 1, &nh), -EINVAL);
	CHECK_INT(dp->ops->nexthop_set(dp, DP_NEXTHOP_MAX, &nh), -ENOSPC);
	dp->ops->free(dp, false);
}

TEST(evidence_arrives_in_order_at_poll)
{
	struct dataplane *dp = fresh();
	struct dp_evidence a = { .kind = DP_EV_GARP, .vrf = 7 };
	struct dp_evidence b = { .kind = DP_EV_NA, .vrf = 8 };

	dp_mem_say(dp, &a);
	dp_mem_say(dp, &b);
	CHECK_INT(n_heard, 0);
	dp->ops->poll(dp);
	CHECK_INT(n_heard, 2);
	CHECK_INT(heard.kind, DP_EV_NA);
	dp->ops->poll(dp);
	CHECK_INT(n_heard, 2);
	dp_mem_say(dp, &a); /* left behind: freed with the rest */
	dp->ops->free(dp, false);
}

static void count_route(void *arg, uint32_t vrf, const struct prefix *p,
                        const struct dp_route *r)
{
	++*(int *)arg;
}

TEST(a_walk_visits_every_route_once_in_steps)
{
	struct dataplane *dp = fresh();
	uint64_t pos = 0;
	int n = 0;

	for (uint32_t i = 1; i <= 100; i++) {
		struct ip ip = ip_of_u32(i);
		struct prefix p = prefix_host(&ip);

		dp->ops->route_set(dp, 7, &p, &local1);
	}
	while (dp->ops->route_walk(dp, &pos, 7, count_route, &n))
		;
	CHECK_INT(n, 100);
	dp->ops->free(dp, false);
}
