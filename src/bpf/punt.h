/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
#pragma once

#include "bpf/fwd_int.h"
#include "bpf/neigh.h"

/*
 * What hosts and routers of the site say to this PE and the daemon has to answer: VRRP
 * (RFC 5798), DHCP, DHCPv6 and router discovery.  Such a frame goes up the kernel's
 * stack, where the daemon hears it (core/core_punt.c).  Groups of the link stay on the
 * link (RFC 4291 2.7, RFC 5771 4): to the core goes none of them.
 *
 * A VPN's frame is nothing to the stack itself, whose addresses and routes are another
 * network's.  So it is readdressed to a station that is not there: the stack takes it for
 * somebody else's and leaves it to who listens to everything.  But for VRRP, which another
 * program may speak in the daemon's place: nobody else has joined its group.
 */
FWD_INLINE int punt4(const struct pkt_ip4 *ip, const __u8 *end, int to_us)
{
	const struct pkt_udp *udp = (const struct pkt_udp *)(ip + 1);

	if ((const __u8 *)(udp + 1) > end || ip->vhl != 0x45 ||
	    ip->frag & be16(IP4_FRAGMENT))
		return 0;
	if (ip->proto == PROTO_VRRP) /* RFC 5798 5.1.1.2, 5.1.1.3 */
		return ip->dst == be32(0xe0000012) && ip->ttl == 255 ? ABI_TO_VRRP : 0;
	if (ip->proto != PROTO_UDP || udp->dport != be16(PORT_DHCP))
		return 0;
	return to_us || ip->dst == 0xffffffff ? ABI_TO_DHCP : 0; /* RFC 2131 4.1 */
}

FWD_INLINE int ip6_is(const pkt32 *a, __u32 top, __u32 low)
{
	return a[0] == be32(top) && !a[1] && !a[2] && a[3] == be32(low);
}

FWD_INLINE int punt6(const struct pkt_ip6 *ip, const __u8 *end, int to_us)
{
	const struct pkt_icmp *icmp = (const struct pkt_icmp *)(ip + 1);
	const struct pkt_udp *udp = (const struct pkt_udp *)(ip + 1);

	if ((const __u8 *)(udp + 1) > end)
		return 0;
	if (ip->next == PROTO_UDP && udp->dport == be16(PORT_DHCP6)) /* RFC 8415 7.1 */
		return to_us || ip6_is(ip->dst, 0xff020000, 0x10002) ? ABI_TO_DHCP6 : 0;
	if (ip->hops != HOP_LIMIT_ND)
		return 0;
	if (ip->next == PROTO_VRRP)
		return ip6_is(ip->dst, 0xff020000, 0x12) ? ABI_TO_VRRP : 0;
	if (ip->next != PROTO_ICMP6 || icmp->code)
		return 0;
	return icmp->type == ICMP6_RS   ? ABI_TO_RS
	       : icmp->type == ICMP6_RA ? ABI_TO_RA
	                                : 0;
}

/* 0: the daemon wants none of this. */
FWD_INLINE int punt_what(hook_t *h, const struct fwd *f, int to_us)
{
	__u8 *l3 = hook_data(h) + (f->l3 & L3_MASK), *end = hook_end(h);
	struct pkt_ip4 *ip4 = (struct pkt_ip4 *)l3;
	struct pkt_ip6 *ip6 = (struct pkt_ip6 *)l3;

	if (f->afi == ABI_IP4)
		return (__u8 *)(ip4 + 1) <= end ? punt4(ip4, end, to_us) : 0;
	return (__u8 *)(ip6 + 1) <= end ? punt6(ip6, end, to_us) : 0;
}

FWD_INLINE int punt_as(hook_t *h, const struct fwd *f, int what)
{
	struct pkt_eth *eth = (struct pkt_eth *)hook_data(h);
	struct abi_ac_limit *l = tab_ac_limits(&f->ac);
	int ok;

	if (!l || (__u8 *)(eth + 1) > hook_end(h))
		return ABI_SHORT;
	/* No crowd of clients may drown the other router's voice. */
	ok = what == ABI_TO_VRRP ? limit_ok(&l->routers, hook_now(), ABI_RATE_ROUTERS)
	                         : limit_ok(&l->clients, hook_now(), ABI_RATE_CLIENTS);
	if (!ok)
		return ABI_PUNT_RATE;
	if (what == ABI_TO_VRRP)
		return what; /* whoever speaks it on this machine, such as keepalived */
	eth->dst[0] = be16(0x0200);
	eth->dst[1] = 0;
	eth->dst[2] = 0;
	return what;
}

/* A ping to the gateway's link-local address is one to the gateway. */
FWD_INLINE int punt_link_local(hook_t *h, const struct fwd *f)
{
	struct pkt_ip6 *ip = (struct pkt_ip6 *)(hook_data(h) + (f->l3 & L3_MASK));
	struct abi_subnet *sn;
	struct abi_lpm k;

	if (f->afi != ABI_IP6 || (__u8 *)(ip + 1) > hook_end(h))
		return 0;
	lpm_key(&k, f->ac, ABI_IP6, ip->dst);
	sn = tab_subnets(&k);
	return sn && sn->flags & ABI_SUBNET_MASTER && sn->flags & ABI_SUBNET_LINK_LOCAL &&
	       nb_addr_same(ip->dst, (const pkt32 *)sn->link_local);
}

/* To a group, or between addresses that are not routed. */
FWD_STAGE punt(hook_t *h, struct fwd *f)
{
	int what;

	if (!f)
		return ABI_SHORT;
	what = punt_what(h, f, 0);
	if (what)
		return punt_as(h, f, what);
	if (f->odd == ABI_LINK_LOCAL && punt_link_local(h, f))
		return STAGE_ECHO;
	return (int)f->odd;
}
