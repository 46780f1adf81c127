/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cmd.h"
#include "base/ip.h"
#include "dataplane/dataplane.h"
#include "sys/netlink.h"

struct loop;

/*
 * The way to other PEs.  Each (PE address, encapsulation) somebody needs gets a number in
 * the data plane's next-hop table, and stays resolved: the kernel's route to the PE gives
 * link, gateway and MTU (RFC 4271 9.1.2.1: a route whose next hop can't be reached is not
 * used), the kernel's neighbour table gives the gateway's MAC, and the finished rewrite
 * is written to the data plane.  Changes of routes, neighbours and links are followed;
 * many at once cost one look per next hop.  The packet path asks nobody.
 *
 * Neighbours are kept fresh by probes, since packets that XDP forwards do not count as
 * use in the kernel's eyes.
 *
 * While there is interest in a PE it is also a known tunnel source: what it sends us is
 * taken (dataplane_ops.peer_set), whether or not the way back is there already, and for a
 * while longer: a PE whose daemon died still forwards, and is likely to come back.
 */
struct nexthops;

/* The kernel, as next hops see it; nexthop_kernel is the real one, over struct netlink.
 */
struct nexthop_kernel_ops {
	int (*route_get)(void *kernel, const struct ip *dst, const struct ip *src,
	                 struct netlink_route *ret);
	int (*neigh_get)(void *kernel, unsigned ifindex, const struct ip *ip,
	                 struct netlink_neigh *ret);
	int (*neigh_probe)(void *kernel, unsigned ifindex, const struct ip *ip);
	int (*link_get)(void *kernel, unsigned ifindex, struct netlink_link *ret);
	/* May be NULL where events are fed by hand: nexthops_events. */
	void (*listen)(void *kernel, struct netlink_listener *who,
	               const struct netlink_events *ev, void *arg);
};
extern const struct nexthop_kernel_ops nexthop_kernel; /* kernel is a struct netlink */
extern const struct netlink_events nexthops_events;    /* arg is a struct nexthops */

struct nexthops_config {
	struct loop *loop;                           /* borrowed */
	struct dataplane *dp;                        /* borrowed */
	const struct nexthop_kernel_ops *kernel_ops; /* NULL: nexthop_kernel */
	void *kernel;                                /* borrowed */
	struct ip source;     /* outer source; a PE of the other family is unresolvable */
	unsigned linger_ms;   /* known as a source after the last interest; 0: default */
	const unsigned *core; /* ifindexes of the core interfaces; copied */
	size_t n_core;
	/* Resolvability of what somebody showed interest in changed.  Called at the end
	 * of a loop turn; may ref, unref and ask. */
	void (*changed)(void *arg, const struct ip *pe, enum dp_encap encap,
	                bool resolvable);
	void *arg;
};

enum { NEXTHOP_LINGER_MS = 180000 }; /* as long as others keep routes: RFC 4724 4.1 */

struct nexthops *nexthops_new(const struct nexthops_config *cfg);
/* NULL is fine.  The data plane keeps what it has: it may outlive this process. */
void nexthops_free(struct nexthops *ns);

/* The core interfaces are now these (a reload, or one came back by another number). */
void nexthops_set_core(struct nexthops *ns, const unsigned *core, size_t n_core);

/*
 * A route wants to use it.  The number is in the data plane when this returns, valid or
 * not, stays the same while references are left, and is made from (PE, encapsulation), so
 * that the next process finds the same one: routes that an earlier daemon left keep their
 * meaning.  -ENOSPC: DP_NEXTHOP_MAX are in use;
 * else the data plane's own -errno.
 */
int nexthop_ref(struct nexthops *ns, const struct ip *pe, enum dp_encap encap,
                uint32_t *ret_id);
void nexthop_unref(struct nexthops *ns, uint32_t id);

/*
 * A route wants to use several, each with a VPN label, at most DP_GROUP_PATHS; paths over
 * the same next hop count once, the first.  Equal sets are one group, which holds its
 * next hops.  Like a next hop it is in the data plane when this returns, and what an
 * earlier daemon left keeps its number as long as it is the same.  -ENOSPC: more PEs, or
 * more sets than DP_GROUP_MAX; take one path then.
 */
struct nexthop_path {
	struct ip pe;
	enum dp_encap encap;
	uint32_t label;
};
int nexthop_group_ref(struct nexthops *ns, const struct nexthop_path *path, size_t n,
                      uint32_t *ret_id);
void nexthop_group_unref(struct nexthops *ns, uint32_t id);
/* All routes are written: what is left of an earlier daemon's groups is free again. */
void nexthop_groups_swept(struct nexthops *ns);

/*
 * Could it be used?  Asking creates interest: changed() tells of every later change,
 * until nexthop_forget().  A reference is interest too.
 */
enum { NEXTHOP_PE_MAX = DP_NEXTHOP_MAX - 1 }; /* over it: false, counted, no interest */
bool nexthop_resolvable(struct nexthops *ns, const struct ip *pe, enum dp_encap encap);
void nexthop_forget(struct nexthops *ns, const struct ip *pe, enum dp_encap encap);
/* Why it can't be used, or NULL when it can (or is unknown); borrowed until next change.
 */
const char *nexthop_why(const struct nexthops *ns, const struct ip *pe,
                        enum dp_encap encap);

struct nexthop_info {
	struct ip pe;
	struct dp_nexthop nh;
	uint32_t refs;
	const char *why; /* NULL if resolved */
};
bool nexthop_group_info(const struct nexthops *ns, uint32_t id, struct dp_group *ret);
bool nexthop_info(const struct nexthops *ns, uint32_t id, struct nexthop_info *ret);

/* How many PEs routes lead to, and how many of them can be reached. */
void nexthops_tally(const struct nexthops *ns, size_t *ret_used, size_t *ret_usable);

/* `show nexthops`; arg is the struct nexthops. */
extern const struct cmd nexthop_cmds[];
extern const size_t nexthop_cmds_n;
