/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/buf.h"

#include "world.h"

/*
 * Hosts of sites with two PEs, from here: a third PE, or one of the two.
 */
#define A    "02:aa:00:00:00:0a"
#define HOST "1.1.1.1"
#define PE2  "192.0.2.12"
#define PE3  "192.0.2.13"
#define PE4  "192.0.2.14"

enum { THERE = 2, HERE = 1 }; /* sites; our attachments are of the second */

/* Does the packet path share packets to the host between exactly these two? */
static bool shared(const struct world *w, const char *ip, const char *a, const char *b)
{
	const char *way = world_way(w, VRF, ip);

	return strlen(way) == strlen(a) + 1 + strlen(b) && strstr(way, a) &&
	       strstr(way, b);
}

TEST(packets_to_a_host_of_two_pes_are_shared_between_them)
{
	struct world *w = world_new();

	w->site = THERE;
	world_route(w, PE2, HOST, 0);
	CHECK_STR(world_way(w, VRF, HOST), PE2);
	world_route(w, PE3, HOST, 0);
	CHECK(shared(w, HOST, PE2, PE3));
	world_route(w, PE2, "1.1.1.2", 0);
	world_route(w, PE3, "1.1.1.2", 0);
	CHECK(shared(w, "1.1.1.2", PE2, PE3));
	CHECK_INT(world_refs(w, PE2), 1); /* one group for both hosts */
	CHECK_INT(world_refs(w, PE3), 1);
	world_unroute(w, PE2, HOST);
	CHECK_STR(world_way(w, VRF, HOST), PE3);
	CHECK_INT(world_refs(w, PE3), 2);
	world_unroute(w, PE3, "1.1.1.2");
	CHECK_STR(world_way(w, VRF, "1.1.1.2"), PE2);
	world_unroute(w, PE2, "1.1.1.2");
	world_unroute(w, PE3, HOST);
	CHECK_STR(world_way(w, VRF, HOST), "-");
	CHECK_INT(world_refs(w, PE2), 0);
	CHECK_INT(world_refs(w, PE3), 0);
	world_free(w);
}

TEST(a_host_that_moves_to_another_site_is_shared_with_nobody_of_the_old_one)
{
	struct world *w = world_new();

	w->site = THERE;
	world_route(w, PE2, HOST, 0);
	world_route(w, PE3, HOST, 0);
	w->site = THERE + 1;
	world_route(w, PE4, HOST, 1);
	CHECK_STR(world_way(w, VRF, HOST), PE4);
	world_unroute(w, PE2, HOST);
	world_unroute(w, PE3, HOST);
	CHECK_STR(world_way(w, VRF, HOST), PE4);
	CHECK_INT(world_refs(w, PE2), 0);
	world_free(w);
}

/* Our port goes down; the site's other PEs have the host still.  What comes from the core
 * for it goes there, and is not ours to answer for. */
TEST(when_our_port_to_a_site_goes_down_packets_go_to_its_other_pes)
{
	struct ip ip = world_ip("1.1.2.1");
	struct prefix p = prefix_host(&ip);
	struct world *w = world_new();
	struct dp_route r;

	w->site = HERE;
	for (unsigned i = 1; i <= 50; i++) {
		char host[16], mac[24];

		snprintf(host, sizeof(host), "1.1.2.%u", i);
		snprintf(mac, sizeof(mac), "02:aa:00:00:00:%02x", i);
		world_hear(w, DP_EV_GARP, AC_BLUE, mac, host);
		world_route(w, PE2, host, 0);
		world_route(w, PE3, host, 0);
		CHECK(strstr(world_way(w, VRF, host), "local 1"));
		CHECK(world_advertised(w, host, NULL));
	}
	world_link(w, ETH0, "eth0", false, false);
	for (unsigned i = 1; i <= 50; i++) {
		char host[16];

		snprintf(host, sizeof(host), "1.1.2.%u", i);
		CHECK(shared(w, host, PE2, PE3));
		CHECK(!world_advertised(w, host, NULL));
	}
	CHECK_INT(w->dp->ops->route_get(w->dp, VRF, &p, &r), 0);
	CHECK(r.sibling && r.group);
	world_unroute(w, PE2, "1.1.2.1");
	world_unroute(w, PE3, "1.1.2.1");
	CHECK_STR(world_way(w, VRF, "1.1.2.1"), "-");
	world_free(w);
}

TEST(when_groups_run_out_a_route_takes_one_of_its_next_hops)
{
	struct world *w = world_new();
	struct nexthop_path path[2] = { { .pe = world_ip(PE2) },
		                        { .pe = world_ip(PE4) } };
	uint32_t id, first;

	for (uint32_t i = 1; i < DP_GROUP_MAX; i++) {
		path[0].label = 16 + i;
		CHECK_INT(nexthop_group_ref(w->c.nexthops, path, 2, &id), 0);
		first = i == 1 ? id : first;
	}
	w->site = THERE;
	world_route(w, PE2, HOST, 0);
	world_route(w, PE3, HOST, 0);
	CHECK_STR(world_way(w, VRF, HOST), PE2);
	nexthop_group_unref(w->c.nexthops, first);
	world_route(w, PE2, "1.1.1.2", 0);
	world_route(w, PE3, "1.1.1.2", 0);
	CHECK(shared(w, "1.1.1.2", PE2, PE3));
	world_unroute(w, PE2, HOST);
	CHECK_STR(world_way(w, VRF, HOST), PE3);
	world_free(w);
}

/* A second PE for each of a million hosts is no news of any of them. */
TEST(another_pe_of_the_same_site_is_no_move_in_the_history_but_another_site_is)
{
	struct world *w = world_new();
	struct ip ip = world_ip(HOST);

	w->site = THERE;
	world_route(w, PE2, HOST, 0);
	world_route(w, PE3, HOST, 0);
	world_unroute(w, PE2, HOST);
	CHECK(!history_has(w->c.history, VRF, &ip));
	w->site = THERE + 1;
	world_route(w, PE4, HOST, 1);
	CHECK(history_has(w->c.history, VRF, &ip));
	world_free(w);
}

TEST(the_next_daemon_finds_the_groups_of_the_one_before)
{
	struct world *w = world_new();
	struct ip ip = world_ip(HOST);
	struct prefix p = prefix_host(&ip);
	struct dp_route before, after;

	w->site = THERE;
	world_route(w, PE2, "1.1.1.2", 0);
	world_route(w, PE4, "1.1.1.2", 0);
	world_route(w, PE2, HOST, 0);
	world_route(w, PE3, HOST, 0);
	CHECK_INT(w->dp->ops->route_get(w->dp, VRF, &p, &before), 0);
	world_stop(w, true);
	world_adopt(w);
	CHECK(shared(w, HOST, PE2, PE3));
	world_route(w, PE3, HOST, 0);
	world_route(w, PE2, HOST, 0);
	CHECK_INT(w->dp->ops->route_get(w->dp, VRF, &p, &after), 0);
	CHECK_INT(after.group, before.group);
	world_free(w);
}

/* ---- what is shown -------------------------------------------------------------------
 */

static struct buf out;
static size_t cols, cell;

static void put(const char *s)
{
	cell++;
	buf_printf(&out, "%s%s", s ? s : "-", cols && cell % cols ? " | " : "\n");
}

static void v_open(struct view *v, const char *key, bool array)
{
}

static void v_close(struct view *v)
{
	cols = 0;
}

static void v_str(struct view *v, const char *key, const char *val)
{
	put(val);
}

static void v_num(struct view *v, const char *key, int64_t val)
{
	char b[24];

	snprintf(b, sizeof(b), "%lld", (long long)val);
	put(b);
}

static void v_flag(struct view *v, const char *key, bool val)
{
	put(val ? "true" : "false");
}

static void v_line(struct view *v, const char *text)
{
	put(text);
}

static void v_table(struct view *v, const char *key, const struct view_col *col, size_t n)
{
	cols = n;
	cell = 0;
}

static const struct view_ops recorder = { v_open, v_close, v_str,   v_num, v_flag,
	                                  v_line, v_table, v_close, v_num };

static const char *ask(struct world *w, const char *words, int argc,
                       const char *const *argv)
{
	struct view v = { .ops = &recorder };
	struct cmd_req req = { .argc = argc, .argv = argv, .view = &v };

	buf_fini(&out);
	out = (struct buf){ 0 };
	cols = cell = 0;
	for (size_t i = 0; i < core_cmds_n; i++) {
		if (strcmp(core_cmds[i].words, words) != 0)
			continue;
		while (core_cmds[i].run(&w->c, &req) == CMD_MORE)
			;
	}
	buf_put(&out, "", 1);
	return (const char *)buf_head(&out);
}

TEST(why_and_fib_tell_every_next_hop_and_why_others_are_not_used)
{
	static const char *const host[] = { HOST, "blue" };
	struct world *w = world_new();
	const char *text;

	w->site = THERE;
	world_route(w, PE2, HOST, 1);
	world_route(w, PE3, HOST, 1);
	w->site = THERE + 1;
	world_route(w, PE4, HOST, 0);
	w->site = THERE + 2;
	world_route(w, "192.0.2.15", HOST, 1);
	text = ask(w, "why host", 2, host);
	CHECK(strstr(text, PE2 " | " PE2 ":100 | 100100 | 1 | 65000:2 | best\n"));
	CHECK(strstr(text, PE3 " | " PE3 ":100 | 100100 | 1 | 65000:2 | as good"));
	CHECK(strstr(text,
	             PE4 " | " PE4 ":100 | 100100 | 0 | 65000:3 | older sequence\n"));
	CHECK(strstr(text, "192.0.2.15:100 | 100100 | 1 | 65000:4 | other site\n"));
	CHECK(strstr(text, "some flows of 1.1.1.1/32 to " PE2 " label 100100."));
	CHECK(strstr(text, "some flows of 1.1.1.1/32 to " PE3 " label 100100."));
	text = ask(w, "show fib", 1, (const char *const[]){ "blue" });
	CHECK(strstr(text, "blue | 1.1.1.1/32 | remote | " PE2 " label 100100\n"));
	CHECK(strstr(text, "blue | 1.1.1.1/32 | remote | " PE3 " label 100100\n"));
	CHECK(!strstr(text, PE4));
	buf_fini(&out);
	world_free(w);
}
