/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "dataplane/abi_group.h"
#include "dataplane/dp_mem.h"
#include "dataplane/nexthop.h"
#include "sys/loop.h"

#include "tests/t.h"

/* Groups of next hops over a kernel that knows the way to every PE. */

static int route_get(void *kernel, const struct ip *dst, const struct ip *src,
                     struct netlink_route *ret)
{
	*ret = (struct netlink_route){ .reachable = true, .oifindex = 2 };
	return 0;
}

static int neigh_get(void *kernel, unsigned ifindex, const struct ip *ip,
                     struct netlink_neigh *ret)
{
	*ret = (struct netlink_neigh){
		.ifindex = ifindex, .ip = *ip, .valid = true, .mac = { { 2, 9 } }
	};
	return 0;
}

static int neigh_probe(void *kernel, unsigned ifindex, const struct ip *ip)
{
	return 0;
}

static int link_get(void *kernel, unsigned ifindex, struct netlink_link *ret)
{
	*ret = (struct netlink_link){ .ifindex = ifindex,
		                      .mtu = 1600,
		                      .up = true,
		                      .carrier = true,
		                      .ethernet = true,
		                      .name = "eth1",
		                      .mac = { { 2, 1 } } };
	return 0;
}

static const struct nexthop_kernel_ops kernel = { .route_get = route_get,
	                                          .neigh_get = neigh_get,
	                                          .neigh_probe = neigh_probe,
	                                          .link_get = link_get };

static struct loop *loop;
static struct dataplane *dp;
static struct nexthops *ns;

static void start(void)
{
	static const unsigned core = 2;
	const struct dp_events none = { 0 };
	struct nexthops_config cfg = { .kernel_ops = &kernel,
		                       .core = &core,
		                       .n_core = 1 };

	CHECK(ip_parse("192.0.2.11", &cfg.source));
	if (!loop)
		loop = loop_new();
	if (!dp)
		dp = dp_mem_new(&none);
	cfg.loop = loop;
	cfg.dp = dp;
	ns = nexthops_new(&cfg);
}

static void stop(void)
{
	nexthops_free(ns);
	dp->ops->free(dp, false);
	loop_free(loop);
	dp = NULL;
	loop = NULL;
}

static struct nexthop_path path(unsigned pe, uint32_t label)
{
	struct nexthop_path p = { .encap = DP_ENCAP_UDP, .label = label };
	char text[32];

	snprintf(text, sizeof(text), "192.0.2.%u", pe);
	CHECK(ip_parse(text, &p.pe));
	return p;
}

/* The group of these two, or what went wrong. */
static uint32_t two(unsigned a, unsigned b, uint32_t label, int want)
{
	struct nexthop_path p[] = { path(a, label), path(b, label) };
	uint32_t id = 0;

	CHECK_INT(nexthop_group_ref(ns, p, 2, &id), want);
	return id;
}

static uint32_t refs(unsigned pe)
{
	struct nexthop_path p = path(pe, 0);
	struct nexthop_info info;
	uint32_t id, n;

	CHECK_INT(nexthop_ref(ns, &p.pe, p.encap, &id), 0);
	CHECK(nexthop_info(ns, id, &info));
	n = info.refs - 1;
	nexthop_unref(ns, id);
	return n;
}

TEST(equal_sets_are_one_group_whatever_their_order)
{
	struct dp_group g;
	uint32_t a, b, c;

	start();
	a = two(12, 13, 100, 0);
	b = two(13, 12, 100, 0);
	c = two(12, 13, 200, 0);
	CHECK_INT(a, b);
	CHECK(c != a);
	CHECK_INT(refs(12), 2); /* one of each group, not of each route */
	CHECK_INT(dp->ops->group_get(dp, a, &g), 0);
	CHECK_INT(g.n, 2);
	CHECK(g.path[0].nexthop < g.path[1].nexthop);
	nexthop_group_unref(ns, a);
	CHECK_INT(dp->ops->group_get(dp, a, &g), 0);
	nexthop_group_unref(ns, b);
	CHECK_INT(dp->ops->group_get(dp, a, &g), -ENOENT);
	CHECK_INT(refs(12), 1);
	nexthop_group_unref(ns, c);
	CHECK_INT(refs(12), 0);
	CHECK_INT(refs(13), 0);
	stop();
}

TEST(a_next_hop_that_is_named_twice_is_in_a_group_once)
{
	struct nexthop_path p[] = { path(12, 100), path(13, 100), path(12, 300) };
	struct dp_group g;
	uint32_t id;

	start();
	CHECK_INT(nexthop_group_ref(ns, p, 3, &id), 0);
	CHECK(nexthop_group_info(ns, id, &g));
	CHECK_INT(g.n, 2);
	CHECK_INT(g.path[0].label, 100);
	CHECK_INT(g.path[1].label, 100);
	nexthop_group_unref(ns, id);
	CHECK_INT(refs(12), 0);
	stop();
}

TEST(when_groups_run_out_that_is_said_and_counted_and_one_that_ends_makes_room)
{
	enum { ROOM = DP_GROUP_MAX - 1 };
	uint32_t first, last = 0;

	start();
	first = two(12, 13, 16, 0);
	for (uint32_t i = 1; i < ROOM; i++)
		last = two(12, 13, 16 + i, 0);
	CHECK(last != first);
	CHECK_INT(refs(12), ROOM);
	two(12, 13, 16 + ROOM, -ENOSPC);
	CHECK_INT(refs(12), ROOM); /* and holds nothing */
	CHECK_INT(two(12, 13, 16, 0), first);
	nexthop_group_unref(ns, first);
	nexthop_group_unref(ns, first);
	CHECK_INT(two(12, 13, 16 + ROOM, 0), first);
	stop();
}

TEST(a_group_of_an_earlier_daemon_keeps_its_number_if_it_is_wanted_again)
{
	struct dp_group g;
	uint32_t a, b, c;

	start();
	a = two(12, 13, 100, 0);
	b = two(12, 14, 100, 0);
	nexthops_free(ns);
	start();
	CHECK_INT(two(12, 14, 100, 0), b);
	c = two(13, 14, 100, 0);
	CHECK(c != a && c != b); /* a's routes are there until all is written */
	CHECK_INT(dp->ops->group_get(dp, a, &g), 0);
	nexthop_groups_swept(ns);
	CHECK(!nexthop_group_info(ns, a, &g));
	CHECK(nexthop_group_info(ns, b, &g));
	stop();
}

TEST(a_group_that_no_packet_path_could_use_is_refused_in_words)
{
	static const struct {
		uint32_t id;
		struct dp_group g;
		const char *why;
	} bad[] = {
		{0,             { .n = 1, .path = { { 1, 16 } } },            "numbers are 1" },
		{ DP_GROUP_MAX, { .n = 1, .path = { { 1, 16 } } },            "numbers are 1" },
		{ 1,            { .n = 9 },				   "at most 8"     },
		{ 1,            { .n = 1, .path = { { 0, 16 } } },            "next hop 0"    },
		{ 1,            { .n = 1, .path = { { 16384, 16 } } },        "next hop 16384"},
		{ 1,            { .n = 1, .path = { { 1, 1 << 20 } } },       "label 1048576" },
		{ 1,            { .n = 2, .path = { { 1, 16 }, { 1, 17 } } }, "twice"         },
	};

	start();
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		CHECK(dp->ops->group_set(dp, bad[i].id, &bad[i].g) < 0);
		CHECK(strstr(dp_error(dp), bad[i].why));
	}
	stop();
}

/* The choice itself: of many flows, whatever the numbers of the next hops, each has its
 * share within a twentieth; with one gone the others keep theirs. */
static unsigned heaviest(uint32_t flow, const uint32_t *nexthop, unsigned n,
                         unsigned less)
{
	uint64_t top = 0, w;
	unsigned best = n;

	for (unsigned i = 0; i < n; i++) {
		w = abi_group_weight(flow, nexthop[i]);
		if (i != less && w >= top) {
			top = w;
			best = i;
		}
	}
	return best;
}

TEST(weights_share_flows_evenly_whatever_the_numbers_of_next_hops)
{
	enum { FLOWS = 100000 };
	static const uint32_t numbers[][8] = {
		{1,      2,     3,    4,    5,    6,  7,     8   },
		{ 1,     2,     4,    8,    16,   32, 64,    128 },
		{ 16383, 16382, 8191, 4095, 9000, 77, 12345, 1000},
	};

	for (size_t k = 0; k < ARRAY_LEN(numbers); k++) {
		for (unsigned n = 2; n <= 8; n++) {
			unsigned has[8] = { 0 }, share = FLOWS / n;

			for (uint32_t f = 0; f < FLOWS; f++) {
				/* like flow_hash(): mixed, or low numbers in a row */
				uint32_t h = f & 1 ? f * 0x9e3779b1u : f;
				unsigned to = heaviest(h, numbers[k], n, n), less;

				has[to]++;
				less = heaviest(h, numbers[k], n, 0);
				CHECK(less == to || to == 0);
			}
			for (unsigned i = 0; i < n; i++)
				CHECK(has[i] > share - share / 20 &&
				      has[i] < share + share / 20);
		}
	}
}

/* ---- show nexthops: the routes of each PE, and how many groups there are -------------
 */

enum { COLS = 10, ROUTES = 8 };

static struct {
	size_t cell;
	bool table;
	int64_t routes[4], groups;
	size_t rows;
} shown;

static void s_str(struct view *v, const char *key, const char *val)
{
	shown.cell++;
}

static void s_num(struct view *v, const char *key, int64_t val)
{
	if (!shown.table)
		shown.groups = val;
	else if (shown.cell++ % COLS == ROUTES)
		shown.routes[shown.rows++] = val;
}

static void s_table(struct view *v, const char *key, const struct view_col *col, size_t n)
{
	CHECK_INT(n, COLS);
	CHECK_STR(col[ROUTES].key, "routes");
	shown.table = true;
}

static void s_table_end(struct view *v)
{
	shown.table = false;
}

TEST(the_routes_of_a_next_hop_are_told_with_those_over_groups)
{
	static const struct view_ops ops = {
		.str = s_str, .num = s_num, .table = s_table, .table_end = s_table_end
	};
	struct nexthop_path alone = path(12, 100);
	struct view v = { .ops = &ops };
	struct cmd_req req = { .view = &v };
	uint32_t id;

	start();
	for (unsigned i = 0; i < 5; i++) /* five hosts of one site, two of another */
		two(12, 13, 100, 0);
	two(13, 14, 100, 0);
	two(13, 14, 100, 0);
	CHECK_INT(nexthop_ref(ns, &alone.pe, alone.encap, &id), 0);
	memset(&shown, 0, sizeof(shown));
	CHECK_INT(nexthop_cmds[0].run(ns, &req), CMD_OK);
	CHECK_INT(shown.rows, 3);
	CHECK_INT(shown.routes[0], 6);
	CHECK_INT(shown.routes[1], 7);
	CHECK_INT(shown.routes[2], 2);
	CHECK_INT(shown.groups, 2);
	stop();
}
