/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
#pragma once

#include "bpf/check.h"
#include "bpf/sum.h"

/*
 * ICMP errors that the gateway says (RFC 792, RFC 4443).  The source is
 * the gateway's address in the sender's subnet, or one of the VRF's.  To a sender on an
 * attachment they go straight back; to one behind the core fwd_route() takes them, since
 * they are packets of the VRF like any other.
 */
/* The source of what we say to `to`: the gateway of its subnet, else of its VRF.  None
 * if that is no single host (RFC 1812 4.3.2.7). */
FWD_INLINE int icmp_source(const struct fwd *f, __u32 afi, const pkt32 *to, __u8 *ret)
{
	struct abi_subnet *sn;
	struct abi_vrf *vrf;
	struct abi_lpm k;

	lpm_key(&k, f->ac, afi, to);
	sn = f->ac ? tab_subnets(&k) : (void *)0;
	if (sn && ip_special(afi, sn->plen, to))
		return 0;
	if (sn && sn->flags & ABI_SUBNET_GATEWAY) {
		addr_copy(ret, (const pkt32 *)sn->gateway, afi);
		return 1;
	}
	vrf = tab_vrfs(&f->vrf);
	if (!vrf || !(vrf->have & 1 << afi))
		return 0;
	addr_copy(ret, (const pkt32 *)(afi == ABI_IP4 ? vrf->gateway4 : vrf->gateway6),
	          afi);
	return 1;
}

/* RFC 1812 4.3.2.7: never about an ICMP error, nor a fragment but the first. */
FWD_INLINE int icmp_allowed4(const struct pkt_ip4 *ip, const __u8 *end)
{
	const struct pkt_icmp *icmp =
		(const struct pkt_icmp *)((const __u8 *)ip + (ip->vhl & 15) * 4);

	if (ip->frag & be16(IP4_OFFSET))
		return 0;
	if (ip->proto != PROTO_ICMP)
		return 1;
	if ((const __u8 *)(icmp + 1) > end)
		return 0;
	return icmp->type == ICMP_ECHO || icmp->type == ICMP_ECHO_REPLY ||
	       icmp->type > ICMP_PARAMETER;
}

/* RFC 4443 2.4 (e); an error may hide behind extension headers.  With more of those than
 * anybody needs it is not worth an answer. */
FWD_INLINE int icmp_allowed6(const struct pkt_ip6 *ip, const __u8 *end)
{
	const __u8 *first = (const __u8 *)(ip + 1);
	__u32 next = ip->next, off = 0;

#pragma GCC unroll 4
	for (int i = 0; i < 4 && off < 256; i++) {
		const __u8 *at = first + (off & 255);

		if (at + 8 > end)
			return 0;
		switch (next) {
		case PROTO_ICMP6: return *at >= ICMP6_INFORMATIONAL;
		case PROTO_IP6_FRAGMENT:
			if (((const pkt16 *)at)[1] & be16(0xfff8))
				return 0;
			off += 8;
			break;
		case PROTO_IP6_HOPOPTS:
		case PROTO_IP6_ROUTING:
		case PROTO_IP6_DSTOPTS: off += 8 + 8u * at[1]; break;
		default: return 1;
		}
		next = *at;
	}
	return 0;
}

FWD_INLINE int icmp_rate_ok(const struct fwd *f, int what)
{
	struct abi_vrf_limit *l = tab_vrf_limits(&f->vrf);

	if (!l)
		return 0;
	if (what == STAGE_UNREACHABLE)
		return limit_ok(&l->unreachable, hook_now(), ABI_RATE_UNREACHABLE);
	if (what == STAGE_EXCEEDED)
		return limit_ok(&l->exceeded, hook_now(), ABI_RATE_EXCEEDED);
	return limit_ok(&l->too_big, hook_now(), ABI_RATE_TOO_BIG);
}

/*
 * Cut the frame after `quote` bytes of its packet and put `room` bytes in front of that.
 * To an attachment the old Ethernet header and tags go to the new start.  The new IP
 * header begins at f->l3 afterwards.
 */
FWD_INLINE int icmp_make_room(hook_t *h, struct fwd *f, __u32 quote, __u32 room)
{
	__u32 l3 = f->l3 & L3_MASK;
	int cut = (int)(l3 + quote) - (int)f->frame_len;
	__u8 *data;

	if (cut < 0 && !hook_move_tail(h, cut))
		return 0;
	if (!f->ac) {
		f->l3 = 0;
		return hook_move_head(h, (int)l3 - (int)room);
	}
	if (!hook_move_head(h, -(int)room))
		return 0;
	data = hook_data(h);
	if (data + 22 + room > hook_end(h))
		return 0;
#pragma GCC unroll 11
	for (int i = 0; i < 22; i += 2) /* room is more than 22: they do not overlap */
		*(pkt16 *)(data + i) = *(pkt16 *)(data + room + i);
	return 1;
}

FWD_INLINE int icmp_write4(hook_t *h, struct fwd *f, int what, const __u8 *source,
                           __u32 quote)
{
	__u32 l3 = f->l3 & L3_MASK;
	struct pkt_ip4 *ip = (struct pkt_ip4 *)(hook_data(h) + l3);
	struct pkt_icmp *icmp = (struct pkt_icmp *)(ip + 1);
	struct pkt_ip4 *was = (struct pkt_ip4 *)(icmp + 1);

	if ((__u8 *)(was + 1) > hook_end(h))
		return 0;
	ip->vhl = 0x45;
	ip->tos = 0xc0; /* RFC 1812 4.3.2.5: internetwork control */
	ip->len = be16((__u16)(sizeof(*ip) + sizeof(*icmp) + quote));
	ip->id = be16(1);
	ip->frag = be16(IP4_DF);
	ip->ttl = TTL_OURS;
	ip->proto = PROTO_ICMP;
	ip->src = *(const pkt32 *)source;
	ip->dst = was->src;
	ip4_csum_set(ip);
	icmp->type = what == STAGE_EXCEEDED ? ICMP_EXCEEDED : ICMP_UNREACHABLE;
	icmp->code = what == STAGE_EXCEEDED ? 0 : what == STAGE_TOO_BIG ? 4 : 1;
	icmp->info = what == STAGE_TOO_BIG ? be32(f->mtu) : 0; /* RFC 1191 4 */
	icmp->csum = 0;
	f->len = (__u32)(sizeof(*ip) + sizeof(*icmp)) + quote;
	f->key = host_key(f->vrf, ABI_IP4, &ip->dst);
	return icmp_sum_set(h, l3 + sizeof(*ip), sizeof(*icmp) + quote, 0);
}

FWD_INLINE int icmp_write6(hook_t *h, struct fwd *f, int what, const __u8 *source,
                           __u32 quote)
{
	__u32 l3 = f->l3 & L3_MASK, len = sizeof(struct pkt_icmp) + quote;
	struct pkt_ip6 *ip = (struct pkt_ip6 *)(hook_data(h) + l3);
	struct pkt_icmp *icmp = (struct pkt_icmp *)(ip + 1);
	struct pkt_ip6 *was = (struct pkt_ip6 *)(icmp + 1);

	if ((__u8 *)(was + 1) > hook_end(h))
		return 0;
	ip->vtf = be32(0x60000000);
	ip->len = be16((__u16)len);
	ip->next = PROTO_ICMP6;
	ip->hops = TTL_OURS;
	addr_copy((__u8 *)ip->src, (const pkt32 *)source, ABI_IP6);
	addr_copy((__u8 *)ip->dst, was->src, ABI_IP6);
	icmp->type = what == STAGE_EXCEEDED  ? ICMP6_EXCEEDED
	             : what == STAGE_TOO_BIG ? ICMP6_TOO_BIG
	                                     : ICMP6_UNREACHABLE;
	icmp->code = what == STAGE_UNREACHABLE ? 3 : 0;
	icmp->info = what == STAGE_TOO_BIG ? be32(f->mtu) : 0;
	icmp->csum = 0;
	f->len = (__u32)sizeof(*ip) + len;
	f->key = host_key(f->vrf, ABI_IP6, ip->dst);
	return icmp_sum_set(h, l3 + sizeof(*ip), len,
	                    ip6_pseudo_sum(ip, len, PROTO_ICMP6));
}

/* On its way: back out of the attachment, or to be routed. */
FWD_INLINE int icmp_send(hook_t *h, struct fwd *f, __u32 reason)
{
	struct pkt_eth *eth;

	f->reply = reason;
	f->label_ttl = LABEL_TTL;
	if (!f->ac)
		return STAGE_ROUTE;
	eth = (struct pkt_eth *)hook_data(h);
	if ((__u8 *)(eth + 1) > hook_end(h))
		return ABI_NO_ROOM;
	eth_turn(eth);
	f->out = f->ifindex;
	return (int)reason;
}

/*
 * Say to the sender why its packet does not go on.  Packets that are too big get one with
 * or without DF: nothing is fragmented here (RFC 4023 5.1), and a sender that hears the
 * size does that itself.
 */
FWD_STAGE icmp_error(hook_t *h, struct fwd *f, int what)
{
	int silent = what == STAGE_EXCEEDED  ? ABI_EXCEEDED
	             : what == STAGE_TOO_BIG ? ABI_TOO_BIG
	                                     : ABI_UNREACHABLE;
	int said = what == STAGE_EXCEEDED  ? ABI_SAID_EXCEEDED
	           : what == STAGE_TOO_BIG ? ABI_SAID_TOO_BIG
	                                   : ABI_SAID_UNREACHABLE;
	__u8 *l3, *end = hook_end(h), source[16] __attribute__((aligned(8)));
	__u32 quote;

	if (!f || f->reply)
		return silent;
	quote = f->len < QUOTE_MAX ? f->len : QUOTE_MAX;
	l3 = hook_data(h) + (f->l3 & L3_MASK);
	if (l3 + sizeof(struct pkt_ip4) > end)
		return silent;
	if (f->afi == ABI_IP4) {
		struct pkt_ip4 *ip = (struct pkt_ip4 *)l3;

		if (!icmp_allowed4(ip, end) ||
		    !icmp_source(f, ABI_IP4, &ip->src, source) || !icmp_rate_ok(f, what))
			return silent;
		if (!icmp_make_room(h, f, quote, sizeof(*ip) + sizeof(struct pkt_icmp)) ||
		    !icmp_write4(h, f, what, source, quote))
			return ABI_NO_ROOM;
	} else {
		struct pkt_ip6 *ip = (struct pkt_ip6 *)l3;

		if ((__u8 *)(ip + 1) > end || !icmp_allowed6(ip, end) ||
		    !icmp_source(f, ABI_IP6, ip->src, source) || !icmp_rate_ok(f, what))
			return silent;
		if (!icmp_make_room(h, f, quote, sizeof(*ip) + sizeof(struct pkt_icmp)) ||
		    !icmp_write6(h, f, what, source, quote))
			return ABI_NO_ROOM;
	}
	return icmp_send(h, f, (__u32)said);
}
