/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/must.h"

#include "tests/sim/world.h"
#include "tests/t.h"

/*
 * Two speakers back to back, whose line dies after every possible octet, counted both
 * ways together and each way alone, while routes of both come, change and go.  They
 * connect again, and in the end both tables are as if nothing had happened.
 */
enum kind { PLAIN, RESTART, RESTART_LONG, TARGETS, KINDS };

static const char *const kind_name[KINDS] = { "plain", "graceful restart",
	                                      "long-lived restart", "route targets" };

struct pair {
	struct world w;
	struct node *a, *b;
	enum kind kind;
	struct rib_key steady; /* a's route that never changes … */
	size_t lost, seen;     /* … and how it goes and comes at b */
};

struct outcome {
	uint64_t a, b; /* digests */
	struct rib_stats sa, sb;
};

static void watch(void *arg, const struct rib_key *key, const struct rib_path *old,
                  const struct rib_path *new)
{
	struct pair *t = arg;

	if (memcmp(key, &t->steady, sizeof(*key)) != 0)
		return;
	t->seen += !old && new;
	t->lost += !new;
}

static void configure(struct pair *t, struct node *n, const char *ip)
{
	struct bgp_peer_config cfg = world_peer_config(ip, 65000, false);

	cfg.gr.mode = t->kind == PLAIN ? BGP_GR_DISABLED : BGP_GR_ENABLED;
	cfg.gr.llgr_stale_s = t->kind == RESTART_LONG ? 3600 : 0;
	cfg.rt_constrain = t->kind == TARGETS;
	world_peer_as(n, &cfg);
}

static void pair_init(struct pair *t, enum kind kind)
{
	const struct rib_listener l = { watch, t };

	memset(t, 0, sizeof(*t));
	t->kind = kind;
	world_init(&t->w);
	t->a = world_node(&t->w, "192.0.2.1", 65000, false);
	t->b = world_node(&t->w, "192.0.2.12", 65000, kind == TARGETS);
	t->steady = world_key(t->a, 0, AFI_IP4);
	rib_listen(t->b->rib, &l);
	for (unsigned i = 0; i < 6; i++)
		world_announce_rts(t->a, i, i % 2 ? AFI_IP6 : AFI_IP4, 1);
	for (unsigned i = 100; i < 103; i++)
		world_announce_rts(t->b, i, AFI_IP4, 1);
	configure(t, t->a, "192.0.2.12");
	configure(t, t->b, "192.0.2.1");
	if (kind == TARGETS)
		world_import(t->b, 0, true);
}

/* What changes, and when: the same whether the line lives or not. */
static void play(struct pair *t)
{
	world_run(&t->w, 2000);
	world_withdraw(t->a, 1, AFI_IP6);
	world_announce_rts(t->a, 2, AFI_IP4, 3);
	world_announce_rts(t->a, 6, AFI_IP4, 1);
	world_withdraw(t->b, 100, AFI_IP4);
	world_announce_rts(t->b, 103, AFI_IP4, 5);
	world_run(&t->w, 2000);
	bgp_refresh_all(t->b->b, t->w.now);
	world_withdraw(t->b, 101, AFI_IP4);
	world_run(&t->w, 1000);
	world_announce_rts(t->a, 1, AFI_IP6, 1);
	world_announce_rts(t->a, 1, AFI_IP4, 1);
	world_withdraw(t->a, 4, AFI_IP4);
	world_announce_rts(t->b, 100, AFI_IP6, 1);
	world_run(&t->w, 1000);
}

static bool both_up(void *arg)
{
	const struct pair *t = arg;

	return t->a->ups == t->a->downs + 1 && t->b->ups == t->b->downs + 1;
}

static void outcome_of(const struct pair *t, struct outcome *ret)
{
	ret->a = world_digest(t->a);
	ret->b = world_digest(t->b);
	rib_stats(t->a->rib, &ret->sa);
	rib_stats(t->b->rib, &ret->sb);
}

static bool same_size(const struct rib_stats *x, const struct rib_stats *y)
{
	return !memcmp(x->dests, y->dests, sizeof(x->dests)) &&
	       !memcmp(x->paths, y->paths, sizeof(x->paths)) &&
	       x->attr_sets == y->attr_sets && x->attr_bytes == y->attr_bytes;
}

static void undisturbed(enum kind kind, const char *by, struct outcome *ret,
                        uint64_t *ret_octets)
{
	struct pair t;

	pair_init(&t, kind);
	t.w.cut_by = by && *by == 'a' ? t.a : by ? t.b : NULL;
	play(&t);
	CHECK(both_up(&t));
	CHECK_INT(t.a->downs, 0);
	CHECK_INT(world_routes(t.b, AFI_IP4), 4 + 2);
	CHECK_INT(world_routes(t.a, AFI_IP6), 3 + 1);
	CHECK_INT(world_routes(t.b, AFI_IP6), 3 + 1);
	outcome_of(&t, ret);
	CHECK(ret->a == ret->b); /* each holds what both have */
	*ret_octets = t.w.counted;
	world_fini(&t.w);
}

static void cut_everywhere(enum kind kind, const char *by)
{
	struct outcome want, got;
	uint64_t octets;

	undisturbed(kind, by, &want, &octets);
	CHECK(octets > 500);
	for (uint64_t cut = 0; cut < octets; cut++) {
		struct pair t;

		pair_init(&t, kind);
		t.w.cut_by = by && *by == 'a' ? t.a : by ? t.b : NULL;
		t.w.cut_after = (int64_t)cut;
		play(&t);
		CHECK(t.w.cut_after == -1); /* it was */
		CHECK(world_until(&t.w, 300000, both_up, &t));
		world_run(&t.w, 2000);
		outcome_of(&t, &got);
		if (got.a != want.a || got.b != want.b)
			t_fail(__FILE__, __LINE__, "%s: tables differ, cut at %llu%s%s",
			       kind_name[kind], (unsigned long long)cut,
			       by ? " of what comes from " : "", by ? by : "");
		if (!same_size(&got.sa, &want.sa) || !same_size(&got.sb, &want.sb))
			t_fail(__FILE__, __LINE__, "%s: something is left, cut at %llu",
			       kind_name[kind], (unsigned long long)cut);
		/* a route both had before and after was there all the time */
		if (kind != PLAIN && (t.lost || t.seen != 1))
			t_fail(__FILE__, __LINE__, "%s: a route was lost, cut at %llu",
			       kind_name[kind], (unsigned long long)cut);
		world_fini(&t.w);
	}
}

TEST(a_line_cut_at_any_octet_leaves_equal_tables)
{
	cut_everywhere(PLAIN, NULL);
}

TEST(a_line_cut_at_any_octet_of_either_side_leaves_equal_tables)
{
	cut_everywhere(PLAIN, "a");
	cut_everywhere(PLAIN, "b");
}

TEST(with_graceful_restart_no_cut_loses_a_route_that_stays)
{
	cut_everywhere(RESTART, NULL);
	cut_everywhere(RESTART, "a");
	cut_everywhere(RESTART, "b");
}

TEST(with_long_lived_restart_no_cut_leaves_a_stale_mark)
{
	cut_everywhere(RESTART_LONG, NULL);
}

TEST(with_route_targets_no_cut_leaves_a_filter_behind)
{
	cut_everywhere(TARGETS, NULL);
	cut_everywhere(TARGETS, "a");
	cut_everywhere(TARGETS, "b");
}
