/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
#pragma once

#include "bpf/fwd_int.h"

/* Is this IP packet one to route? */

/* RFC 1812 5.3.7, RFC 6890: no packet is from or to these, once routed. */
FWD_INLINE int ip4_martian(__u32 a, int source)
{
	a = be32(a);
	if (a >> 24 == 0 || a >> 24 == 127 || a >> 28 == 0xf)
		return ABI_MARTIAN;
	if (a >> 28 == 0xe)
		return source ? ABI_MARTIAN : ABI_GROUP;
	return a >> 16 == 0xa9fe ? ABI_LINK_LOCAL : 0;
}

FWD_INLINE int ip6_martian(const pkt32 *a, int source)
{
	__u32 top = be32(a[0]);

	if (!(a[0] | a[1] | a[2]) && be32(a[3]) <= 1) /* :: and ::1 */
		return ABI_MARTIAN;
	if (top >> 24 == 0xff)
		return source ? ABI_MARTIAN : ABI_GROUP;
	return (top & 0xffc00000) == 0xfe800000 ? ABI_LINK_LOCAL : 0;
}

/*
 * Cut what lies behind the packet.  Frames are padded to 60 bytes, and whoever pads them
 * further must not fool the look at the MTU, which is taken at the packet.
 */
FWD_INLINE int fwd_trim(hook_t *h, struct fwd *f)
{
	int more = (int)(f->frame_len - (f->l3 & L3_MASK) - f->len);

	if (!more)
		return STAGE_ROUTE;
	if (!hook_move_tail(h, -more))
		return ABI_NO_ROOM;
	f->frame_len -= (__u32)more;
	return STAGE_ROUTE;
}

/* Bits of the address behind the prefix: all clear (`ones` 0) or all set. */
FWD_INLINE int ip_rest_is(__u32 addr, __u32 plen, __u32 ones)
{
	__u32 mask = plen >= 32 ? 0 : 0xffffffffu >> plen;

	return (addr & mask) == (ones ? mask : 0);
}

/* The prefix's network or broadcast address; IPv6: its subnet-router anycast address. */
FWD_INLINE int ip_special(__u32 afi, __u32 plen, const pkt32 *a)
{
	if (afi == ABI_IP4)
		return plen < 31 && (ip_rest_is(be32(a[0]), plen, 0) ||
		                     ip_rest_is(be32(a[0]), plen, 1));
	if (plen > 126)
		return 0;
#pragma GCC unroll 4
	for (__u32 i = 0; i < 4; i++) {
		__u32 left = plen > 32 * i ? plen - 32 * i : 0;

		if (!ip_rest_is(be32(a[i]), left, 0))
			return 0;
	}
	return 1;
}

/* The IP header at f->l3 is sound and may be routed (RFC 1812 5.2.2).  Its checksum is
 * left to the receiver: an update by difference keeps a wrong one wrong. */
FWD_INLINE int fwd_check4(hook_t *h, struct fwd *f)
{
	__u32 l3 = f->l3 & L3_MASK;
	struct pkt_ip4 *ip = (struct pkt_ip4 *)(hook_data(h) + l3);
	__u32 hlen;
	int r;

	if ((__u8 *)(ip + 1) > hook_end(h))
		return ABI_SHORT;
	hlen = (ip->vhl & 15) * 4u;
	f->len = be16(ip->len);
	if (ip->vhl >> 4 != 4 || hlen < sizeof(*ip) || f->len < hlen)
		return ABI_BAD_IP;
	if (l3 + f->len > f->bound)
		return ABI_SHORT;
	r = ip4_martian(ip->dst, 0);
	if (!r)
		r = ip4_martian(ip->src, 1);
	if (r)
		return r;
	f->afi = ABI_IP4;
	f->key = abi_key4(f->vrf, be32(ip->dst));
	return fwd_trim(h, f);
}

FWD_INLINE int fwd_check6(hook_t *h, struct fwd *f)
{
	__u32 l3 = f->l3 & L3_MASK;
	struct pkt_ip6 *ip = (struct pkt_ip6 *)(hook_data(h) + l3);
	int r;

	if ((__u8 *)(ip + 1) > hook_end(h))
		return ABI_SHORT;
	if (be32(ip->vtf) >> 28 != 6)
		return ABI_BAD_IP;
	f->len = be16(ip->len) + (__u32)sizeof(*ip);
	if (l3 + f->len > f->bound)
		return ABI_SHORT;
	r = ip6_martian(ip->dst, 0);
	if (!r)
		r = ip6_martian(ip->src, 1);
	if (r)
		return r;
	f->afi = ABI_IP6;
	f->key = abi_key6(f->vrf, ip6_hi(ip->dst), ip6_lo(ip->dst));
	return fwd_trim(h, f);
}
