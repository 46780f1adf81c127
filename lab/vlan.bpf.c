/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * One VLAN of a CE switch's trunk port, for kernels without 8021q.
 *
 * The bridge of the VLAN has a member whose other end is PORT.  What the bridge sends
 * gets its tags and leaves by TRUNK; what arrives by TRUNK with these tags loses them and
 * enters the bridge.  Compiled once per VLAN with
 *
 *	-DOUTER=vid -DINNER=vid-or-0 -DTRUNK=ifindex -DPORT=ifindex
 *
 * INNER 0: one 802.1Q tag; else QinQ, 802.1ad outside and 802.1Q inside.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>

#include <stddef.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define VID_MASK 0x0fff

SEC("tc/to_trunk")
int to_trunk(struct __sk_buff *skb)
{
	__u16 outer_proto = INNER ? ETH_P_8021AD : ETH_P_8021Q;

	if (INNER && bpf_skb_vlan_push(skb, bpf_htons(ETH_P_8021Q), INNER))
		return TC_ACT_SHOT;
	if (bpf_skb_vlan_push(skb, bpf_htons(outer_proto), OUTER))
		return TC_ACT_SHOT;
	return bpf_redirect(TRUNK, 0);
}

/* The inner tag of a frame whose outer tag the kernel has taken off already. */
static int inner_vid(struct __sk_buff *skb)
{
	struct {
		__be16 proto;
		__be16 tci;
	} tag;

	if (bpf_skb_load_bytes(skb, offsetof(struct ethhdr, h_proto), &tag, sizeof(tag)))
		return -1;
	if (tag.proto != bpf_htons(ETH_P_8021Q))
		return -1;
	return bpf_ntohs(tag.tci) & VID_MASK;
}

SEC("tc/from_trunk")
int from_trunk(struct __sk_buff *skb)
{
	/* Others' frames pass on to the next VLAN's program, and in the end to nobody. */
	if (!skb->vlan_present || (skb->vlan_tci & VID_MASK) != OUTER)
		return TC_ACT_UNSPEC;
	if (INNER && inner_vid(skb) != INNER)
		return TC_ACT_UNSPEC;

	if (bpf_skb_vlan_pop(skb))
		return TC_ACT_SHOT;
	if (INNER && bpf_skb_vlan_pop(skb))
		return TC_ACT_SHOT;
	return bpf_redirect(PORT, 0);
}

char _license[] SEC("license") = "Dual BSD/GPL";
