/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
#pragma once

#include "bpf/neigh.h"

/*
 * Data shows where its source is, too: a host whose ARP cache is warm says nothing else
 * for minutes.  It is no proof, the daemon asks the host before it believes.
 *
 * A look at every source would cost as much as finding the destination.  So it is one
 * packet in SOURCE_EVERY of a busy attachment, and of a quiet one every packet that is
 * the first of its clock tick: who talks much is found at once, who talks little soon.
 */
enum { SOURCE_EVERY = 64 };

FWD_INLINE int source_due(struct abi_ac_count *c)
{
	__u64 tick = hook_tick();

	if (c->tick == tick && c->in.packets % SOURCE_EVERY)
		return 0;
	c->tick = tick;
	return 1;
}

FWD_INLINE int source_addr(hook_t *h, const struct fwd *f, struct nb *nb)
{
	const __u8 *l3 = hook_data(h) + (f->l3 & L3_MASK), *end = hook_end(h);
	const struct pkt_ip6 *ip6 = (const struct pkt_ip6 *)l3;
	const struct pkt_ip4 *ip4 = (const struct pkt_ip4 *)l3;

	if (f->afi == ABI_IP4) {
		if ((const __u8 *)(ip4 + 1) > end)
			return 0;
		addr_copy((__u8 *)nb->sender, &ip4->src, ABI_IP4);
		return 1;
	}
	if ((const __u8 *)(ip6 + 1) > end)
		return 0;
	addr_copy((__u8 *)nb->sender, ip6->src, ABI_IP6);
	return 1;
}

/* The source of a packet that is about to be routed.  What is not of the attachment's
 * subnets is behind a router there, and not for us to learn. */
FWD_STAGE source_look(hook_t *h, struct fwd *f)
{
	struct nb nb = { .kind = ABI_EV_SOURCE, .flags = ABI_EV_NO_TARGET };
	const struct pkt_eth *eth = (const struct pkt_eth *)hook_data(h);
	struct abi_subnet *sn;
	struct abi_lpm k;

	if (!f || (const __u8 *)(eth + 1) > hook_end(h))
		return 0;
	mac_copy(nb.mac, eth->src);
	if (mac_group(nb.mac) || nb_from_us(f, &nb) || !source_addr(h, f, &nb))
		return 0;
	lpm_key(&k, f->ac, f->afi, nb.sender);
	sn = tab_subnets(&k);
	if (!sn || ip_special(f->afi, sn->plen, nb.sender))
		return 0;
	if (!nb_whose(sn, nb.sender))
		nb_learn(f, &nb);
	return 0;
}
