/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
#pragma once

#include "bpf/encap.h"
#include "bpf/group.h"

/*
 * The ways out: over the core with a label, or to a host.  The frame's start is moved so
 * that the new headers end where the IP packet (at f->l3) begins.
 */

FWD_INLINE int send_remote(hook_t *h, struct fwd *f, __u64 value)
{
	__u8 *l3 = hook_data(h) + (f->l3 & L3_MASK);
	__u32 id, labels, class, hash, vpn;
	struct abi_rewrite *r;
	struct abi_count *c;

	if (f->label_ttl <= 1)
		return ABI_CORE_AGAIN;
	if (l3 + sizeof(struct pkt_ip4) > hook_end(h))
		return ABI_NO_PATH;
	hash = flow_hash(l3, f->afi, hook_end(h));
	if (abi_val_kind(value) == ABI_REMOTES)
		value = group_member(value, hash);
	id = abi_val_nexthop(value);
	r = nexthop_rewrite(id);
	if (!r || !r->valid)
		return ABI_NO_PATH;
	if (f->len > r->inner_max) {
		f->mtu = r->inner_max;
		return STAGE_TOO_BIG;
	}
	if (!f->reply)
		ttl_take(l3, f->afi);
	class = class_of(l3, f->afi);
	vpn = label_entry(abi_val_label(value), class, LSE_BOTTOM, f->label_ttl);
	labels = 4 * (1 + (r->n_labels & 3));
	if (!hook_move_head(h, (int)(f->l3 & L3_MASK) - (int)(encap_len(r) + labels)))
		return ABI_NO_ROOM;
	if (!encap_write(h, r, vpn, class, labels + f->len, hash))
		return ABI_NO_ROOM;
	c = tab_nexthop_counts(&id);
	if (c) {
		c->packets++;
		c->bytes += f->len;
	}
	f->out = r->ifindex;
	return f->reply ? f->reply : ABI_TO_CORE;
}

/* To a host, in the tags of its attachment; out of the port it came in is fine: after a
 * move or a change of VRRP master its neighbours still send to us. */
FWD_INLINE int send_local(hook_t *h, struct fwd *f, __u64 value)
{
	__u32 id = abi_val_ac(value),
	      proto = f->afi == ABI_IP4 ? ETHERTYPE_IP4 : ETHERTYPE_IP6;
	struct abi_ac *ac = tab_acs(&id);
	struct abi_ac_count *c;
	__u8 *l3 = hook_data(h) + (f->l3 & L3_MASK);
	struct pkt_eth *eth;
	struct pkt_tag *tag;
	__u32 tags;

	if (!ac || !ac->ifindex || l3 + sizeof(struct pkt_ip4) > hook_end(h))
		return ABI_NO_PATH;
	if (ac->mtu && f->len > ac->mtu) {
		f->mtu = ac->mtu;
		return STAGE_TOO_BIG;
	}
	if (!f->reply)
		ttl_take(l3, f->afi);
	tags = ac->inner ? 2 : ac->vlan ? 1 : 0;
	if (!hook_move_head(h, (int)(f->l3 & L3_MASK) -
	                               (int)(sizeof(*eth) + tags * sizeof(*tag))))
		return ABI_NO_ROOM;
	eth = (struct pkt_eth *)hook_data(h);
	tag = (struct pkt_tag *)(eth + 1);
	if ((__u8 *)(tag + 2) > hook_end(h))
		return ABI_NO_ROOM;
	eth->dst[0] = be16((__u16)(value >> 32));
	eth->dst[1] = be16((__u16)(value >> 16));
	eth->dst[2] = be16((__u16)value);
	mac_copy(eth->src, (const pkt16 *)ac->mac[0]);
	if (tags == 0) {
		eth->type = be16((__u16)proto);
	} else if (tags == 1) {
		eth->type = be16(ETHERTYPE_CTAG);
		tag[0].tci = be16(ac->vlan);
		tag[0].type = be16((__u16)proto);
	} else {
		eth->type = be16(ac->tpid);
		tag[0].tci = be16(ac->vlan);
		tag[0].type = be16(ETHERTYPE_CTAG);
		tag[1].tci = be16(ac->inner);
		tag[1].type = be16((__u16)proto);
	}
	c = tab_ac_counts(&id);
	if (c) {
		c->out.packets++;
		c->out.bytes += f->len;
	}
	f->out = ac->ifindex;
	return f->reply ? f->reply : ABI_TO_HOST;
}
