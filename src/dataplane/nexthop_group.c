/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "dataplane/nexthop_int.h"

/*
 * Sets of next hops, each kept once.  A host of a site with two PEs is in the set of all
 * its site's hosts in the VPN, so there are few, whatever the number of hosts; a peer
 * that gives every host a label of its own makes one for each.
 */
static uint64_t set_hash(const struct dp_group *g)
{
	return hash_bytes(g->path, g->n * sizeof(g->path[0]));
}

static bool set_same(const struct dp_group *a, const struct dp_group *b)
{
	return a->n == b->n && !memcmp(a->path, b->path, a->n * sizeof(a->path[0]));
}

static struct nexthop_group *group_find(const struct nexthops *ns,
                                        const struct dp_group *set)
{
	hmap_for_key(n, &ns->groups, set_hash(set)) {
		struct nexthop_group *g = container_of(n, struct nexthop_group, by_set);

		if (set_same(&g->set, set))
			return g;
	}
	return NULL;
}

static struct nexthop_group *group_add(struct nexthops *ns, uint32_t id,
                                       const struct dp_group *set)
{
	struct nexthop_group *g = mem_new(struct nexthop_group);

	g->id = id;
	g->set = *set;
	ns->group[id] = g;
	hmap_add(&ns->groups, &g->by_set, set_hash(set));
	return g;
}

static void group_del(struct nexthops *ns, struct nexthop_group *g)
{
	ns->group[g->id] = NULL;
	hmap_del(&ns->groups, &g->by_set);
	free(g);
}

/* A number that was free longest comes last: it goes round. */
static uint32_t group_number(struct nexthops *ns)
{
	enum { IDS = DP_GROUP_MAX - 1 };

	if (ns->groups.count == IDS)
		return 0;
	do
		ns->group_hint = ns->group_hint % IDS + 1;
	while (ns->group[ns->group_hint]);
	return ns->group_hint;
}

static void set_unref(struct nexthops *ns, const struct dp_group *set)
{
	for (size_t i = 0; i < set->n; i++)
		nexthop_unref(ns, set->path[i].nexthop);
}

static bool set_add(struct dp_group *set, uint32_t nexthop, uint32_t label)
{
	size_t at = 0;

	while (at < set->n && set->path[at].nexthop < nexthop)
		at++;
	if (at < set->n && set->path[at].nexthop == nexthop)
		return false;
	memmove(&set->path[at + 1], &set->path[at], (set->n - at) * sizeof(set->path[0]));
	set->path[at] = (struct dp_path){ .nexthop = nexthop, .label = label };
	set->n++;
	return true;
}

/* The paths in numbers, with a reference to each next hop. */
static int set_make(struct nexthops *ns, const struct nexthop_path *path, size_t n,
                    struct dp_group *ret)
{
	*ret = (struct dp_group){ .n = 0 };
	must(n <= DP_GROUP_PATHS);
	for (size_t i = 0; i < n; i++) {
		uint32_t id;
		int r = nexthop_ref(ns, &path[i].pe, path[i].encap, &id);

		if (r) {
			set_unref(ns, ret);
			return r;
		}
		if (!set_add(ret, id, path[i].label))
			nexthop_unref(ns, id);
	}
	return 0;
}

int nexthop_group_ref(struct nexthops *ns, const struct nexthop_path *path, size_t n,
                      uint32_t *ret_id)
{
	struct nexthop_group *g;
	struct dp_group set;
	int r = set_make(ns, path, n, &set);
	uint32_t id;

	if (r)
		return r;
	g = group_find(ns, &set);
	if (g && g->refs) {
		set_unref(ns, &set);
		g->refs++;
		*ret_id = g->id;
		return 0;
	}
	id = g ? g->id : group_number(ns);
	if (!id) {
		ns->groups_refused++;
		r = -ENOSPC;
	} else {
		r = ns->cfg.dp->ops->group_set(ns->cfg.dp, id, &set);
	}
	if (r) {
		set_unref(ns, &set);
		return r;
	}
	if (!g)
		g = group_add(ns, id, &set);
	g->refs = 1;
	*ret_id = id;
	return 0;
}

void nexthop_group_unref(struct nexthops *ns, uint32_t id)
{
	static const struct dp_group none;
	struct dp_group set;

	must(id && id < DP_GROUP_MAX && ns->group[id] && ns->group[id]->refs);
	if (--ns->group[id]->refs)
		return;
	set = ns->group[id]->set;
	if (ns->cfg.dp->ops->group_set(ns->cfg.dp, id, &none))
		log_limited(&ns->limit, LOG_LEVEL_ERR,
		            "data plane: emptying a group of next hops: %s",
		            dp_error(ns->cfg.dp));
	group_del(ns, ns->group[id]);
	set_unref(ns, &set);
}

bool nexthop_group_info(const struct nexthops *ns, uint32_t id, struct dp_group *ret)
{
	if (!id || id >= DP_GROUP_MAX || !ns->group[id])
		return false;
	*ret = ns->group[id]->set;
	return true;
}

void nexthop_groups_init(struct nexthops *ns)
{
	struct dp_group set;

	ns->group = mem_zalloc(DP_GROUP_MAX * sizeof(struct nexthop_group *));
	for (uint32_t id = 1; id < DP_GROUP_MAX; id++) {
		if (!ns->cfg.dp->ops->group_get(ns->cfg.dp, id, &set) &&
		    !group_find(ns, &set))
			group_add(ns, id, &set);
	}
}

void nexthop_groups_swept(struct nexthops *ns)
{
	for (uint32_t id = 1; id < DP_GROUP_MAX; id++) {
		if (ns->group[id] && !ns->group[id]->refs)
			group_del(ns, ns->group[id]);
	}
}

void nexthop_groups_fini(struct nexthops *ns)
{
	hmap_for(it, &ns->groups)
		group_del(ns, container_of(it.n, struct nexthop_group, by_set));
	hmap_fini(&ns->groups);
	free(ns->group);
}
