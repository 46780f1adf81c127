/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
#pragma once

#include "bpf/source.h"

/*
 * A frame to somebody else's MAC is not ours.  But if its packet is for a host of another
 * site, that MAC is not on this wire any more, or not yet: the sender moved here and
 * remembers its old neighbours, or the neighbour moved away while we did not look.  Its
 * cache is stale and will be for minutes; the daemon, once told, repairs it.  Nothing is
 * forwarded: the station might be here after all.
 *
 * Sender and destination are of one subnet.  To another subnet a host may send by any
 * router it likes.
 */
FWD_INLINE int astray_due(struct abi_ac_count *c)
{
	__u64 tick = hook_tick();

	if (c->astray_tick == tick && c->in.packets % SOURCE_EVERY)
		return 0; /* a switch that floods everything at us must cost little */
	c->astray_tick = tick;
	return 1;
}

FWD_INLINE int astray_read(hook_t *h, const struct fwd *f, struct nb *nb)
{
	const __u8 *l3 = hook_data(h) + (f->l3 & L3_MASK), *end = hook_end(h);
	const struct pkt_ip6 *ip6 = (const struct pkt_ip6 *)l3;
	const struct pkt_ip4 *ip4 = (const struct pkt_ip4 *)l3;

	if (f->afi == ABI_IP4) {
		if ((const __u8 *)(ip4 + 1) > end || ip4->vhl >> 4 != 4)
			return 0;
		addr_copy((__u8 *)nb->sender, &ip4->src, ABI_IP4);
		addr_copy((__u8 *)nb->want, &ip4->dst, ABI_IP4);
		return 1;
	}
	if ((const __u8 *)(ip6 + 1) > end || be32(ip6->vtf) >> 28 != 6)
		return 0;
	addr_copy((__u8 *)nb->sender, ip6->src, ABI_IP6);
	addr_copy((__u8 *)nb->want, ip6->dst, ABI_IP6);
	return 1;
}

/* Would we answer the sender, if it asked for the destination? */
FWD_INLINE int astray_known(const struct fwd *f, const struct nb *nb)
{
	struct abi_subnet *sn, *wanted;
	struct abi_hostkey k;
	struct fib_host host;
	struct abi_lpm lpm;

	lpm_key(&lpm, f->ac, f->afi, nb->sender);
	sn = tab_subnets(&lpm);
	if (!sn || !nb_master(sn) || nb_whose(sn, nb->sender) ||
	    ip_special(f->afi, sn->plen, nb->sender))
		return 0;
	lpm_key(&lpm, f->ac, f->afi, nb->want);
	wanted = tab_subnets(&lpm);
	if (wanted != sn)
		return 0;
	k = host_key(f->vrf, f->afi, nb->want);
	return fib_host(&k, f->afi, &host) && nb_wanted_host(f, &host) >= NB_ANSWER;
}

FWD_STAGE astray_look(hook_t *h, struct fwd *f)
{
	struct nb nb = { .kind = ABI_EV_ASTRAY };
	const struct pkt_eth *eth = (const struct pkt_eth *)hook_data(h);

	if (!f || (const __u8 *)(eth + 1) > hook_end(h))
		return ABI_SHORT;
	mac_copy(nb.mac, eth->src);
	if (mac_group(nb.mac) || nb_from_us(f, &nb) || !astray_read(h, f, &nb) ||
	    !astray_known(f, &nb))
		return ABI_NOT_FOR_US;
	nb_say(f, &nb, ABI_EV_ASTRAY);
	return ABI_ASTRAY;
}
