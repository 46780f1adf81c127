/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
#pragma once

#include "bpf/check.h"

/* Does the tunnel end here, and does it come from a PE? */
FWD_INLINE int tunnel_check(const struct pkt_ip4 *ip)
{
	struct abi_addr k;
	__u32 zero = 0, src[4] __attribute__((aligned(8))) = { ip->src };
	struct abi_self *me = tab_self(&zero);

	if (!me || *(const pkt32 *)me->addr4 != ip->dst || !ip->dst)
		return ABI_PASSED;
	addr_key(&k, 0, ABI_IP4, (const pkt32 *)src);
	return tab_peers(&k) ? STAGE_ROUTE : ABI_TUNNEL_STRANGER;
}

/* What is behind the outer packet is no part of the inner one. */
FWD_INLINE int tunnel_bound(struct fwd *f, const struct pkt_ip4 *ip)
{
	f->bound = (__u32)sizeof(struct pkt_eth) + be16(ip->len);
	return f->bound <= f->frame_len ? STAGE_ROUTE : ABI_SHORT;
}

/* Off the outer headers: sets f->l3 to the first label.  What is not MPLS for us goes to
 * the kernel: routing protocols, BGP, our neighbours' ARP. */
FWD_INLINE int fwd_untunnel(struct fwd *f, const struct pkt_eth *eth, const __u8 *end)
{
	const struct pkt_ip4 *ip = (const struct pkt_ip4 *)(eth + 1);
	const struct pkt_udp *udp = (const struct pkt_udp *)(ip + 1);
	const struct pkt_gre *gre = (const struct pkt_gre *)(ip + 1);
	int r;

	if (eth->type == be16(ETHERTYPE_MPLS)) {
		f->l3 = sizeof(*eth);
		return STAGE_ROUTE;
	}
	if (eth->type != be16(ETHERTYPE_IP4) || (const __u8 *)(gre + 1) > end ||
	    ip->vhl != 0x45 || ip->frag & be16(IP4_FRAGMENT))
		return ABI_PASSED;
	if (ip->proto == PROTO_GRE) {
		if (gre->proto != be16(ETHERTYPE_MPLS))
			return ABI_PASSED;
		r = tunnel_check(ip);
		if (r == STAGE_ROUTE && gre->flags) /* RFC 4023 4: none is sent to us */
			return ABI_TUNNEL_BAD;
		f->l3 = sizeof(*eth) + sizeof(*ip) + sizeof(*gre);
		return r == STAGE_ROUTE ? tunnel_bound(f, ip) : r;
	}
	if (ip->proto != PROTO_UDP || (const __u8 *)(udp + 1) > end ||
	    udp->dport != be16(PORT_MPLS))
		return ABI_PASSED;
	r = tunnel_check(ip);
	if (r == STAGE_ROUTE && be16(udp->len) + sizeof(*ip) != be16(ip->len))
		return ABI_TUNNEL_BAD;
	f->l3 = sizeof(*eth) + sizeof(*ip) + sizeof(*udp);
	return r == STAGE_ROUTE ? tunnel_bound(f, ip) : r;
}

/*
 * A host may have moved on, or be behind this site's other PE, while packets for it still
 * come here: they are sent on, core to core.  When two PEs each believe the other, that
 * would go on as long as the packets' own TTL lasts.  So the label's TTL counts these
 * hops, from SENT_ON_TTL down: SENT_ONS of them are enough for a host that moves twice,
 * or back, before all have heard.  The receiver, who need not be of our make, only sees a
 * label that has not expired.
 */
enum { SENT_ONS = 2, SENT_ON_TTL = SENT_ONS + 2 };

/* Pop the labels: explicit null in front (RFC 3032 2.1), then one of ours, at the bottom.
 */
FWD_INLINE int fwd_labels(hook_t *h, struct fwd *f)
{
	__u8 *end = hook_end(h);
	__u32 ttl;

#pragma GCC unroll 3
	for (int i = 0; i < 3; i++) {
		pkt32 *lse = (pkt32 *)(hook_data(h) + (f->l3 & L3_MASK));
		struct abi_label *label;
		__u32 entry, id;

		if ((__u8 *)(lse + 1) > end)
			return ABI_SHORT;
		entry = be32(*lse);
		id = entry >> 12;
		f->l3 += (__u32)sizeof(*lse);
		ttl = entry & 0xff;
		if (ttl <= 1) /* RFC 3032 2.4.2 */
			return ABI_LABEL_TTL;
		if (!(entry & LSE_BOTTOM)) {
			if (id != LABEL_NULL4 && id != LABEL_NULL6)
				return ABI_LABEL_STACK;
			continue;
		}
		label = tab_labels(&id);
		if (!label || label->op != ABI_LABEL_VRF)
			return ABI_LABEL_UNKNOWN;
		f->vrf = label->vrf;
		f->label_ttl = (ttl < SENT_ON_TTL ? ttl : SENT_ON_TTL) - 1;
		return STAGE_ROUTE;
	}
	return ABI_LABEL_STACK;
}

FWD_INLINE int fwd_from_core(hook_t *h, struct fwd *f, const struct pkt_eth *eth,
                             const __u8 *end, const struct abi_port *port)
{
	__u8 *inner;
	int r;

	if (!mac_same(eth->dst, (const pkt16 *)port->mac))
		return ABI_PASSED;
	r = fwd_untunnel(f, eth, end);
	if (r != STAGE_ROUTE)
		return r;
	r = fwd_labels(h, f);
	if (r != STAGE_ROUTE)
		return r;
	inner = hook_data(h) + (f->l3 & L3_MASK);
	if (inner + 1 > hook_end(h))
		return ABI_SHORT;
	if (*inner >> 4 ==
	    4) /* one label for both families: RFC 4364 allows it, RFC 4659 */
		return fwd_check4(h, f);
	if (*inner >> 4 == 6)
		return fwd_check6(h, f);
	return ABI_INNER;
}
