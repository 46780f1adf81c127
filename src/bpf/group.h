/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
#pragma once

#include "bpf/fwd_int.h"

/*
 * Which next hop of a group takes a flow (dataplane/abi_group.h).  One that can't be used
 * is passed over here and now: its flows go elsewhere by the one write that made it so,
 * however many routes there are.
 */
FWD_INLINE struct abi_rewrite *nexthop_rewrite(__u32 id)
{
	struct abi_nexthop *nh = tab_nexthops(&id);

	return nh ? &nh->r[*(volatile __u32 *)&nh->cur & 1] : (void *)0;
}

FWD_INLINE int nexthop_valid(__u32 id)
{
	const struct abi_rewrite *r = nexthop_rewrite(id);

	return r && r->valid;
}

/* The heaviest member, among all or those that can be used; 0: there is none. */
FWD_INLINE __u64 group_heaviest(struct abi_group *g, __u64 turn, __u32 flow, int all)
{
	__u64 top = 0, best = 0;

#pragma GCC unroll 8
	for (int i = 0; i < ABI_GROUP_MEMBERS; i++) {
		__u64 v = *(volatile __u64 *)&g->member[i], w;

		if (!(v & ABI_VAL_OTHER) || (v ^ turn) & ABI_VAL_TURN)
			break; /* the last one, or another group's */
		w = abi_group_weight(flow, abi_val_nexthop(v));
		if (w >= top && (all || nexthop_valid(abi_val_nexthop(v)))) {
			top = w;
			best = v;
		}
	}
	return best;
}

/* The value of the member for this flow, or 0: next hop 0 is never valid.  Called, so
 * that routes without a group pay for a branch and no more. */
FWD_VALUE group_member(__u64 value, __u32 flow)
{
	__u32 id = abi_val_nexthop(value);
	struct abi_group *g = tab_groups(&id);
	__u64 best;

	if (!g)
		return 0;
	best = group_heaviest(g, value, flow, 1);
	if (nexthop_valid(abi_val_nexthop(best)))
		return best;
	return group_heaviest(g, value, flow, 0);
}

/* Is there a way, of one or of several next hops? */
FWD_INLINE int group_usable(__u64 value)
{
	if (abi_val_kind(value) == ABI_REMOTES)
		value = group_member(value, 0);
	return nexthop_valid(abi_val_nexthop(value));
}
