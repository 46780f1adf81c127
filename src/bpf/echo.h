/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
#pragma once

#include "bpf/icmp.h"
#include "bpf/punt.h"

/* Pings to an address of ours. */

FWD_INLINE int echo_rate_ok(const struct fwd *f)
{
	struct abi_vrf_limit *l = tab_vrf_limits(&f->vrf);

	return l && limit_ok(&l->echo, hook_now(), ABI_RATE_ECHO);
}

FWD_INLINE int echo_turn4(struct fwd *f, struct pkt_ip4 *ip, const __u8 *end)
{
	struct pkt_icmp *icmp = (struct pkt_icmp *)(ip + 1);
	__u16 ttl = *(pkt16 *)&ip->ttl;
	__u32 src = ip->src;

	if ((__u8 *)(icmp + 1) > end || ip->vhl != 0x45 || ip->proto != PROTO_ICMP ||
	    icmp->type != ICMP_ECHO || icmp->code || ip->frag & be16(IP4_FRAGMENT))
		return ABI_GATEWAY;
	if (!echo_rate_ok(f))
		return ABI_ECHO_RATE;
	ip->src = ip->dst;
	ip->dst = src;
	ip->ttl = TTL_OURS;
	ip->csum = csum_change(ip->csum, ttl, *(pkt16 *)&ip->ttl);
	icmp->type = ICMP_ECHO_REPLY;
	icmp->csum = csum_change(icmp->csum, be16(ICMP_ECHO << 8), 0);
	f->key = host_key(f->vrf, ABI_IP4, &ip->dst);
	return ABI_ECHOED;
}

FWD_INLINE int echo_turn6(struct fwd *f, struct pkt_ip6 *ip, const __u8 *end)
{
	struct pkt_icmp *icmp = (struct pkt_icmp *)(ip + 1);

	if ((__u8 *)(icmp + 1) > end || ip->next != PROTO_ICMP6 ||
	    icmp->type != ICMP6_ECHO || icmp->code)
		return ABI_GATEWAY;
	if (!echo_rate_ok(f))
		return ABI_ECHO_RATE;
#pragma GCC unroll 4
	for (int i = 0; i < 4; i++) {
		__u32 src = ip->src[i];

		ip->src[i] = ip->dst[i];
		ip->dst[i] = src;
	}
	ip->hops = TTL_OURS;
	icmp->type = ICMP6_ECHO_REPLY;
	icmp->csum = csum_change(icmp->csum, be16(ICMP6_ECHO << 8),
	                         be16(ICMP6_ECHO_REPLY << 8));
	f->key = host_key(f->vrf, ABI_IP6, ip->dst);
	return ABI_ECHOED;
}

/* To an address of ours: a ping is answered, DHCP is the daemon's, the rest is nobody's.
 */
FWD_STAGE icmp_echo(hook_t *h, struct fwd *f)
{
	__u8 *l3, *end = hook_end(h);
	int r;

	if (!f)
		return ABI_SHORT;
	r = f->ac ? punt_what(h, f, 1) : 0;
	if (r)
		return punt_as(h, f, r);
	l3 = hook_data(h) + (f->l3 & L3_MASK);
	if (l3 + sizeof(struct pkt_ip4) > end)
		return ABI_SHORT;
	if (f->afi == ABI_IP4)
		r = echo_turn4(f, (struct pkt_ip4 *)l3, end);
	else if (l3 + sizeof(struct pkt_ip6) > end)
		return ABI_SHORT;
	else
		r = echo_turn6(f, (struct pkt_ip6 *)l3, end);
	return r == ABI_ECHOED ? icmp_send(h, f, ABI_ECHOED) : r;
}
