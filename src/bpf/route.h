/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
#pragma once

#include "bpf/check.h"
#include "bpf/fib.h"
#include "bpf/send.h"

/* No host route: a gateway of ours, a prefix, or nobody.  afi is the caller's
 * constant, which tells the verifier how long the addresses are. */
FWD_INLINE int route_miss(hook_t *h, struct fwd *f, __u32 afi, const pkt32 *src,
                          const pkt32 *dst, __u64 *ret)
{
	struct pkt_eth *eth = (struct pkt_eth *)hook_data(h);
	struct abi_prefix *p;
	struct abi_addr k;

	addr_key(&k, f->vrf, afi, dst);
	if (!f->reply && tab_gateways(&k))
		return STAGE_ECHO;
	p = fib_prefix(f->vrf, afi, dst);
	/* From the core only what is behind this PE, and hosts that moved on: a default
	 * route of another PE would send the packet round and round (RFC 7024 4). */
	if (p && (f->ac || !(p->flags & ABI_PREFIX_EDGE_ONLY))) {
		*ret = *(volatile __u64 *)&p->value;
		if (abi_val_kind(*ret) != ABI_DISCARD)
			return STAGE_ROUTE;
		if (afi == ABI_IP4 &&
		    ip_special(afi, p->flags >> ABI_PREFIX_PLEN_SHIFT, dst))
			return ABI_GROUP; /* RFC 1812 5.3.5.2: a directed broadcast */
	}
	if (f->reply) /* the sender of what we answer is gone: an answer to nobody */
		return ABI_UNREACHABLE;
	if (hook_data(h) + sizeof(*eth) <= hook_end(h))
		say_miss(f, afi, eth->src, src, dst);
	return f->ac ? STAGE_UNREACHABLE : ABI_CORE_NO_HOST;
}

/*
 * Look the destination up and send the packet.  f says which VRF; where the packet came
 * from decides which routes it may use.
 */
FWD_STAGE fwd_route(hook_t *h, struct fwd *f)
{
	__u8 *l3, *end = hook_end(h);
	struct fib_host host;
	__u64 value;
	int r;

	if (!f)
		return ABI_SHORT;
	l3 = hook_data(h) + (f->l3 & L3_MASK);
	if (l3 + sizeof(struct pkt_ip4) > end)
		return ABI_SHORT;
	if (fib_host(&f->key, f->afi, &host)) {
		value = host.value;
		if (abi_val_kind(value) == ABI_DISCARD)
			return f->ac && !f->reply ? STAGE_UNREACHABLE : ABI_CORE_NO_HOST;
	} else if (f->afi == ABI_IP4) {
		struct pkt_ip4 *ip = (struct pkt_ip4 *)l3;

		r = route_miss(h, f, ABI_IP4, &ip->src, &ip->dst, &value);
		if (r != STAGE_ROUTE)
			return r;
	} else {
		struct pkt_ip6 *ip = (struct pkt_ip6 *)l3;

		if ((__u8 *)(ip + 1) > end)
			return ABI_SHORT;
		r = route_miss(h, f, ABI_IP6, ip->src, ip->dst, &value);
		if (r != STAGE_ROUTE)
			return r;
	}
	if (!f->reply && ttl_of(l3, f->afi) <= 1)
		return STAGE_EXCEEDED;
	if (abi_val_kind(value) == ABI_LOCAL)
		return send_local(h, f, value);
	return send_remote(h, f, value);
}
