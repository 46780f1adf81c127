/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/hmap.h"
#include "base/list.h"
#include "dataplane/nexthop.h"
#include "sys/log.h"
#include "sys/loop.h"

/*
 * Three objects.  A PE is an address somebody wants to reach: it has the kernel's route,
 * and one way for each encapsulation in use.  An adjacency is a neighbour of ours that
 * packets to PEs go to first; thousands of PEs may share one.  A way is what the data
 * plane has under a number.
 *
 * An event only marks PEs; the marked ones are looked at at the end of the turn, so a
 * link that fails, with all its routes and neighbours, costs one look at each PE.
 */
enum { N_ENCAPS = DP_ENCAP_MPLS + 1, WHY_LEN = 160 };

struct adjacency {
	struct hnode by_key;
	unsigned ifindex;
	struct ip ip;
	struct nexthops *owner;
	struct list pes; /* struct pe.on_adj */

	struct mac mac;
	bool valid;
	bool failed;
	struct loop_timer retry; /* while not valid */
	int64_t retry_ms;
};

struct way {
	uint32_t id; /* 0: no reference, not in the data plane */
	uint32_t refs;
	bool asked;   /* nexthop_resolvable() */
	bool written; /* nh is what the data plane has */
	bool usable;
	bool told; /* what changed() said last, or the first answer */
	struct dp_nexthop nh;
	char why[WHY_LEN]; /* "" if usable */
};

struct pe {
	struct hnode by_ip;
	struct ip ip;
	struct list dirty;   /* ns->dirty */
	struct list telling; /* ns->telling */
	bool ask_route;      /* the route may have changed, not just the neighbour */
	bool retry;          /* the kernel or the data plane failed us: again soon */

	struct netlink_route route;
	struct netlink_link link;
	char why[WHY_LEN]; /* why no encapsulation will do; "" if not so */
	struct adjacency *adj;
	struct list on_adj;
	struct way way[N_ENCAPS];
};

struct id_slot {
	struct pe *pe;
	uint8_t encap;
};

/* Next hops that share packets; refs 0: an earlier daemon's, not yet wanted by us. */
struct nexthop_group {
	struct hnode by_set;
	uint32_t id;
	uint32_t refs;
	struct dp_group set; /* by next hop, ascending */
};

struct nexthops {
	struct nexthops_config cfg;
	unsigned *core;
	size_t n_core;
	struct netlink_listener listener;

	struct hmap pes;
	struct hmap adjs;
	struct id_slot *slot; /* DP_NEXTHOP_MAX of them */
	size_t ids_used;
	uint64_t refused; /* NEXTHOP_PE_MAX or DP_NEXTHOP_MAX hit */

	struct hmap groups;           /* nexthop_group.c */
	struct nexthop_group **group; /* by id */
	uint32_t group_hint;          /* where to look for a free number */
	uint64_t groups_refused;      /* DP_GROUP_MAX hit */

	struct list dirty, telling;
	struct loop_defer work;
	struct loop_timer retry;
	size_t route_events; /* in this turn */
	struct log_limit limit;

	struct hmap formers; /* nexthop_former.c: known tunnel sources without a route */
	struct list former_line;
	struct loop_timer former_timer;
};

/* nexthop_group.c */
void nexthop_groups_init(struct nexthops *ns); /* adopts what the data plane has */
void nexthop_groups_fini(struct nexthops *ns);

/* nexthop_former.c */
void nexthop_formers_init(struct nexthops *ns);
void nexthop_formers_fini(struct nexthops *ns);
void nexthop_former_add(struct nexthops *ns, const struct ip *ip);
void nexthop_former_back(struct nexthops *ns, const struct ip *ip);

static inline bool way_wanted(const struct way *w)
{
	return w->refs || w->asked;
}
