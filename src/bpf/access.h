/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
#pragma once

#include "bpf/check.h"

/* Frames from an attachment: whose, and what of. */
FWD_INLINE int is_tag(__u16 type)
{
	return type == be16(ETHERTYPE_CTAG) || type == be16(ETHERTYPE_STAG);
}

FWD_INLINE int is_nd(const __u8 *l3, const __u8 *end)
{
	const struct pkt_ip6 *ip = (const struct pkt_ip6 *)l3;
	const struct pkt_icmp *icmp = (const struct pkt_icmp *)(ip + 1);

	return (const __u8 *)(icmp + 1) <= end && ip->next == PROTO_ICMP6 &&
	       (icmp->type == ICMP6_NS || icmp->type == ICMP6_NA);
}

FWD_INLINE int is_ours(const struct abi_ac *ac, const pkt16 *mac)
{
#pragma GCC unroll 4
	for (int i = 0; i < ABI_AC_MACS; i++)
		if (mac_same((const pkt16 *)ac->mac[i], mac))
			return 1;
	return 0;
}

/* Which attachment, by port and up to two tags; sets f->l3 and returns the ethertype, in
 * network order.  0: the frame is too short.  A tag of VLAN 0 is a priority, no VLAN. */
FWD_INLINE __u16 fwd_tags(struct fwd *f, const struct pkt_eth *eth, const __u8 *end,
                          struct abi_ackey *k)
{
	const struct pkt_tag *tag = (const struct pkt_tag *)(eth + 1);
	__u16 type = eth->type;

	k->ifindex = f->ifindex;
	k->vlan = 0;
	k->inner = 0;
	f->l3 = sizeof(*eth);
	if (!is_tag(type))
		return type;
	if ((const __u8 *)(tag + 1) > end)
		return 0;
	k->vlan = be16(tag->tci) & VLAN_VID;
	type = tag->type;
	f->l3 += (__u32)sizeof(*tag);
	if (!is_tag(type))
		return type;
	tag++;
	if ((const __u8 *)(tag + 1) > end)
		return 0;
	k->inner = be16(tag->tci) & VLAN_VID;
	f->l3 += (__u32)sizeof(*tag);
	return tag->type;
}

/* The proxy MACs, whoever has them now. */
FWD_INLINE int is_proxy(const struct abi_ac *ac, const pkt16 *mac)
{
#pragma GCC unroll 3
	for (int i = 0; i < ABI_AC_MACS - 1; i++)
		if (mac_same((const pkt16 *)ac->proxy[i], mac))
			return 1;
	return 0;
}

/* An address that nobody routes, or a group's: is it for the daemon? */
FWD_INLINE int fwd_odd(struct fwd *f, int r)
{
	if (r != ABI_GROUP && r != ABI_MARTIAN && r != ABI_LINK_LOCAL)
		return r;
	f->odd = (__u32)r;
	return STAGE_PUNT;
}

FWD_INLINE int fwd_from_access(hook_t *h, struct fwd *f, const struct pkt_eth *eth,
                               const __u8 *end)
{
	struct abi_ackey k;
	struct abi_ac *ac;
	__u16 type;
	__u32 *id;

	type = fwd_tags(f, eth, end, &k);
	if (!type)
		return ABI_SHORT;
	id = tab_ackeys(&k);
	if (!id)
		return ABI_NO_AC;
	f->ac = *id;
	ac = tab_acs(&f->ac);
	if (!ac)
		return ABI_NO_AC;
	f->vrf = ac->vrf;
	if (type == be16(ETHERTYPE_MPLS) || type == be16(ETHERTYPE_MPLS_UPSTREAM))
		return ABI_LABELLED; /* RFC 4364 13.1: customers send no labels */
	f->afi = type == be16(ETHERTYPE_IP4) ? ABI_IP4 : ABI_IP6;
	if (!mac_group(eth->dst) && !is_ours(ac, eth->dst)) {
		if (is_proxy(ac, eth->dst)) /* RFC 5798 6.4.2 */
			return ABI_BACKUP;
		return type == be16(ETHERTYPE_IP4) || type == be16(ETHERTYPE_IP6)
		               ? STAGE_ASTRAY
		               : ABI_NOT_FOR_US;
	}
	if (type == be16(ETHERTYPE_ARP) || type == be16(ETHERTYPE_RARP)) {
		f->afi = type == be16(ETHERTYPE_ARP) ? ABI_IP4 : 0;
		return STAGE_ARP;
	}
	if (type == be16(ETHERTYPE_IP6) &&
	    is_nd((const __u8 *)eth + (f->l3 & L3_MASK), end)) {
		f->afi = ABI_IP6;
		return STAGE_ND;
	}
	if (type != be16(ETHERTYPE_IP4) && type != be16(ETHERTYPE_IP6))
		return mac_group(eth->dst) ? ABI_GROUP : ABI_ETHERTYPE;
	if (mac_group(eth->dst))
		return fwd_odd(f, ABI_GROUP);
	return fwd_odd(f,
	               type == be16(ETHERTYPE_IP4) ? fwd_check4(h, f) : fwd_check6(h, f));
}
