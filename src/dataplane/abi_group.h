/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
#pragma once

#include <linux/types.h>

#include "dataplane/abi_host.h"

/*
 * Groups: several next hops that share a route's packets, flow by flow.
 *
 * A group is one cache line of values, each what a route over that next hop alone would
 * have.  Which one a flow takes is rendezvous hashing (Thaler and Ravishankar 1998; RFC
 * 2992 compares its kin): each next hop gets a weight drawn from its number and the flow,
 * the heaviest wins.  So a next hop that can't be used, or is in the group no longer,
 * moves its own flows only, evenly to the others, and has them back when it returns; no
 * table of slots has to remember who had what, neither here nor over a restart.
 *
 * A group in use never changes: another set is another group.  A number that is used
 * again counts a turn, which is in the group's values and in those of the routes to it: a
 * program that was held up between the two does not send a packet where another VRF's go.
 *
 * Value of a route to a group: kind REMOTES, 39 SIBLING, 38–14 turn, 13–0 group
 * Value in a group: kind REMOTE, 63–44 label, 38–14 turn, 13–0 next hop; or 0
 */
enum { ABI_GROUPS = 16384, ABI_GROUP_MEMBERS = 8 };

#define ABI_VAL_TURN     (0x1ffffffULL << 14)
#define ABI_VAL_TURN_ONE (1ULL << 14)

struct abi_group {
	__u64 member[ABI_GROUP_MEMBERS]; /* [0] of an empty one is its last turn */
};

static inline __u64 abi_val_group(__u32 group, __u64 turn)
{
	return abi_val_other(ABI_REMOTES, 0, group) | (turn & ABI_VAL_TURN);
}

/* The weight of a next hop for a flow; equal ones do not happen: each step is one-to-one
 * in the number. */
static inline __u64 abi_group_weight(__u32 flow, __u32 nexthop)
{
	const __u64 m = 0xd6e8feb86659fd93ULL;
	__u64 h = ((__u64)nexthop << 32 | flow) * m;

	h = (h ^ h >> 32) * m;
	return h ^ h >> 32;
}
