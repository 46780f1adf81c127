/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
#pragma once

#include "bpf/neigh.h"

/* ARP (RFC 826) and RARP (RFC 903) in the common form of neigh.h, and the answer. */

enum { ARP_REQUEST = 1, ARP_REPLY = 2, RARP_REQUEST = 3, ARP_ETHERNET = 1 };

/* Bring the packet to the common form.  False: malformed. */
FWD_INLINE int arp_read(const struct pkt_eth *eth, const struct pkt_arp *arp, int rarp,
                        struct nb *nb)
{
	__u32 s = (__u32)arp->spa[1] << 16 | arp->spa[0];
	__u32 t = (__u32)arp->tpa[1] << 16 | arp->tpa[0];
	__u32 op = be16(arp->op);

	if (arp->hrd != be16(ARP_ETHERNET) || arp->pro != be16(ETHERTYPE_IP4) ||
	    arp->hln != 6 || arp->pln != 4)
		return 0;
	if (mac_group(arp->sha) || mac_zero(arp->sha) || !mac_same(arp->sha, eth->src))
		return 0;
	mac_copy(nb->mac, arp->sha);
	nb->sender[0] = s;
	nb->want[0] = t;
	nb->news = 1;
	nb->learn = s != 0;
	if (rarp) {
		nb->kind = ABI_EV_RARP; /* RFC 903 */
		nb->flags = ABI_EV_NO_SENDER | ABI_EV_NO_TARGET;
		return op == RARP_REQUEST;
	}
	if (op != ARP_REQUEST && op != ARP_REPLY)
		return 0;
	if (s && s == t) {
		nb->kind = ABI_EV_GARP;
	} else if (!s) {
		nb->kind = ABI_EV_ARP_PROBE; /* RFC 5227 2.1.1 */
		nb->flags = ABI_EV_NO_SENDER;
		return op == ARP_REQUEST && t;
	} else {
		nb->kind = op == ARP_REQUEST ? ABI_EV_ARP_REQUEST : ABI_EV_ARP_REPLY;
		nb->news = 0;
	}
	return 1;
}

FWD_STAGE nb_arp(hook_t *h, struct fwd *f)
{
	__u8 *data = hook_data(h), *end = hook_end(h);
	struct pkt_eth *eth = (struct pkt_eth *)data;
	struct abi_subnet *sn = (void *)0;
	struct pkt_arp *arp;
	struct nb nb = { .kind = 0 };
	int r;

	if (!f)
		return ABI_SHORT;
	arp = (struct pkt_arp *)(data + (f->l3 & L3_MASK));
	if ((__u8 *)(eth + 1) > end || (__u8 *)(arp + 1) > end)
		return ABI_SHORT;
	if (!arp_read(eth, arp, f->afi != ABI_IP4, &nb))
		return ABI_NB_BAD;
	r = nb_judge(f, &nb, &sn);
	if (r < NB_ANSWER || !sn)
		return r;
	arp->op = be16(ARP_REPLY);
	arp->tpa[0] = arp->spa[0];
	arp->tpa[1] = arp->spa[1];
	arp->spa[0] = (__u16)nb.want[0];
	arp->spa[1] = (__u16)(nb.want[0] >> 16);
	mac_copy(arp->tha, nb.mac);
	mac_copy(arp->sha, nb.say);
	mac_copy(eth->dst, nb.mac);
	mac_copy(eth->src, nb.say);
	f->out = f->ifindex;
	return ABI_ANSWERED;
}
