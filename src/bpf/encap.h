/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
#pragma once

#include "bpf/fwd_int.h"

/* Count down the hops (RFC 1812 5.3.1).  The caller saw that there is one left. */
FWD_INLINE void ttl_take(__u8 *l3, __u32 afi)
{
	if (afi == ABI_IP4) {
		struct pkt_ip4 *ip = (struct pkt_ip4 *)l3;
		__u16 was = *(pkt16 *)&ip->ttl;

		ip->ttl--;
		ip->csum = csum_change(ip->csum, was, *(pkt16 *)&ip->ttl);
	} else {
		((struct pkt_ip6 *)l3)->hops--;
	}
}

FWD_INLINE __u32 ttl_of(const __u8 *l3, __u32 afi)
{
	return afi == ABI_IP4 ? ((const struct pkt_ip4 *)l3)->ttl
	                      : ((const struct pkt_ip6 *)l3)->hops;
}

FWD_INLINE __u32 class_of(const __u8 *l3, __u32 afi) /* TOS, traffic class */
{
	return afi == ABI_IP4 ? ((const struct pkt_ip4 *)l3)->tos
	                      : be32(((const struct pkt_ip6 *)l3)->vtf) >> 20 & 0xff;
}

FWD_INLINE __u32 mix32(__u32 h, __u32 x)
{
	h = (h ^ x) * 0x9e3779b1;
	return h ^ h >> 15;
}

/* The same for all packets of a flow, fragments told apart by addresses only. */
FWD_INLINE __u32 flow_hash(const __u8 *l3, __u32 afi, const __u8 *end)
{
	const pkt32 *ports;
	__u32 h, proto;

	if (afi == ABI_IP4) {
		const struct pkt_ip4 *ip = (const struct pkt_ip4 *)l3;

		proto = ip->proto;
		h = mix32(mix32(proto, ip->src), ip->dst);
		if ((ip->vhl & 15) != 5 || ip->frag & be16(IP4_FRAGMENT))
			return h;
		ports = (const pkt32 *)(ip + 1);
	} else {
		const struct pkt_ip6 *ip = (const struct pkt_ip6 *)l3;

		if (l3 + sizeof(*ip) > end)
			return 0;
		proto = ip->next;
		h = mix32(mix32(proto, ip->src[0] ^ ip->src[1]), ip->src[2] ^ ip->src[3]);
		h = mix32(mix32(h, ip->dst[0] ^ ip->dst[1]), ip->dst[2] ^ ip->dst[3]);
		ports = (const pkt32 *)(ip + 1);
	}
	if ((proto == PROTO_TCP || proto == PROTO_UDP) &&
	    (const __u8 *)(ports + 1) <= end)
		h = mix32(h, *ports);
	return h;
}

/* Pipe model (RFC 3443 3.1): a label's TTL says nothing of the packet's. */
FWD_INLINE __u32 label_entry(__u32 label, __u32 class, __u32 bottom, __u32 ttl)
{
	return be32(label << 12 | class >> 5 << 9 | bottom | ttl);
}

/* Outer IPv4 header; its payload is `len` bytes.  DF, and so any ID will do (RFC
 * 6864 4.1, RFC 4023 5.1); a zero one some NICs take as an order to fill it in. */
FWD_INLINE void outer_ip4(struct pkt_ip4 *ip, const struct abi_rewrite *r, __u32 proto,
                          __u32 len)
{
	ip->vhl = 0x45;
	ip->tos = 0;
	ip->len = be16((__u16)(len + sizeof(*ip)));
	ip->id = be16(1);
	ip->frag = be16(IP4_DF);
	ip->ttl = TTL_OURS;
	ip->proto = (__u8)proto;
	ip->src = r->saddr;
	ip->dst = r->daddr;
	ip4_csum_set(ip);
}

FWD_INLINE int push_labels(__u8 *at, const __u8 *end, const struct abi_rewrite *r,
                           __u32 vpn, __u32 class)
{
	pkt32 *l = (pkt32 *)at;

	if (at + 12 > end)
		return 0;
	if (r->n_labels == 0) {
		l[0] = vpn;
	} else if (r->n_labels == 1) {
		l[0] = label_entry(r->label[0], class, 0, LABEL_TTL);
		l[1] = vpn;
	} else {
		l[0] = label_entry(r->label[0], class, 0, LABEL_TTL);
		l[1] = label_entry(r->label[1], class, 0, LABEL_TTL);
		l[2] = vpn;
	}
	return 1;
}

FWD_INLINE __u32 encap_len(const struct abi_rewrite *r) /* all but the labels */
{
	if (r->encap == ABI_ENCAP_UDP)
		return sizeof(struct pkt_eth) + sizeof(struct pkt_ip4) +
		       sizeof(struct pkt_udp);
	if (r->encap == ABI_ENCAP_GRE)
		return sizeof(struct pkt_eth) + sizeof(struct pkt_ip4) +
		       sizeof(struct pkt_gre);
	return sizeof(struct pkt_eth);
}

/* Write the headers of MPLS-in-UDP (RFC 7510), MPLS-in-GRE (RFC 4023) or MPLS over
 * Ethernet (RFC 3032) at the frame's start; `vpn` is the bottom label's
 * entry, `inner` counts labels and packet. */
FWD_INLINE int encap_write(hook_t *h, const struct abi_rewrite *r, __u32 vpn, __u32 class,
                           __u32 inner, __u32 hash)
{
	__u8 *data = hook_data(h), *end = hook_end(h);
	struct pkt_eth *eth = (struct pkt_eth *)data;
	struct pkt_ip4 *ip = (struct pkt_ip4 *)(eth + 1);
	struct pkt_udp *udp = (struct pkt_udp *)(ip + 1);
	struct pkt_gre *gre = (struct pkt_gre *)(ip + 1);

	if ((__u8 *)(eth + 1) > end)
		return 0;
	mac_copy(eth->dst, (const pkt16 *)r->dst);
	mac_copy(eth->src, (const pkt16 *)r->src);
	if (r->encap == ABI_ENCAP_MPLS) {
		eth->type = be16(ETHERTYPE_MPLS);
		return push_labels((__u8 *)(eth + 1), end, r, vpn, class);
	}
	if ((__u8 *)(udp + 1) > end)
		return 0;
	eth->type = be16(ETHERTYPE_IP4);
	if (r->encap == ABI_ENCAP_GRE) {
		outer_ip4(ip, r, PROTO_GRE, (__u32)sizeof(*gre) + inner);
		gre->flags = 0;
		gre->proto = be16(ETHERTYPE_MPLS);
		return push_labels((__u8 *)(gre + 1), end, r, vpn, class);
	}
	outer_ip4(ip, r, PROTO_UDP, (__u32)sizeof(*udp) + inner);
	udp->sport = be16((__u16)(0xc000 | (hash & 0x3fff)));
	udp->dport = be16(PORT_MPLS);
	udp->len = be16((__u16)(sizeof(*udp) + inner));
	udp->csum = 0; /* RFC 7510 3: recommended over IPv4 */
	return push_labels((__u8 *)(udp + 1), end, r, vpn, class);
}
