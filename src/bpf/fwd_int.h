/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
#pragma once

#include "dataplane/abi.h"

#include "bpf/pkt.h"

/*
 * What is known of the packet in hand.  Numbers only: pointers into the frame are taken
 * anew by each stage, because moving its ends invalidates them.
 */
struct fwd {
	__u32 ifindex; /* where it came in */
	__u32 vrf;
	__u32 ac;  /* 0: it came from the core */
	__u32 afi; /* enum abi_afi */
	__u32 l3;  /* where the (inner) IP header, or the ARP packet, begins */
	__u32 len; /* of the IP packet */
	__u32 frame_len;
	__u32 bound; /* from the frame's start: where the IP packet ends at the latest */
	__u32 mtu;   /* what would have fitted: for STAGE_TOO_BIG */
	__u32 out;   /* port to send it to */
	__u32 reply; /* it is our own ICMP message: count it as this abi_reason */
	__u32 label_ttl; /* for the label it goes on with: LABEL_TTL, or less (core.h) */
	__u32 odd;       /* STAGE_PUNT: what it is if the daemon does not want it */
	struct abi_hostkey key; /* the destination, as the host table's key */
};

/* A stage's result: how the packet ended (enum abi_reason), or the stage to go on with.
 */
enum fwd_stage {
	STAGE_ARP = 1000,
	STAGE_ND,
	STAGE_ROUTE,
	STAGE_ECHO,
	STAGE_EXCEEDED,
	STAGE_UNREACHABLE,
	STAGE_TOO_BIG,
	STAGE_PUNT,
	STAGE_ASTRAY,
};

enum {
	L3_MAX = 14 + 20 + 8 + 3 * 4, /* bounds fwd.l3, for the verifier */
	L3_MASK = 63,
	SECOND_NS = 1000000000,
	LABEL_TTL = 255,
};

/* May it happen once more?  `full` is the time when the bucket will be full again (the
 * generic cell rate algorithm).  All CPUs draw from the same bucket; who finds it taken
 * by others time and again goes without. */
FWD_INLINE int limit_ok(__u64 *full, __u64 now, __u32 rate)
{
#pragma GCC unroll 4
	for (int i = 0; i < 4; i++) {
		__u64 was = *(volatile __u64 *)full, at = was > now ? was : now;

		if (at - now > SECOND_NS)
			return 0;
		if (__sync_val_compare_and_swap(full, was, at + SECOND_NS / rate) == was)
			return 1;
	}
	return 0;
}

FWD_INLINE void fwd_count(__u32 reason, __u32 bytes)
{
	struct abi_count *c = tab_counts(&reason);

	if (c) {
		c->packets++;
		c->bytes += bytes;
	}
}

FWD_INLINE struct abi_hostkey host_key(__u32 vrf, __u32 afi, const pkt32 *a)
{
	if (afi == ABI_IP4)
		return abi_key4(vrf, be32(a[0]));
	return abi_key6(vrf, ip6_hi(a), ip6_lo(a));
}

FWD_INLINE void addr_copy(__u8 *to, const pkt32 *a, __u32 afi)
{
	pkt32 *w = (pkt32 *)to;

	w[0] = a[0];
	w[1] = afi == ABI_IP6 ? a[1] : 0;
	w[2] = afi == ABI_IP6 ? a[2] : 0;
	w[3] = afi == ABI_IP6 ? a[3] : 0;
}

/* An address as a key of the small maps. */
FWD_INLINE void addr_key(struct abi_addr *k, __u32 scope, __u32 afi, const pkt32 *a)
{
	k->scope = scope << 8 | afi;
	addr_copy(k->addr, a, afi);
}

FWD_INLINE void lpm_key(struct abi_lpm *k, __u32 scope, __u32 afi, const pkt32 *a)
{
	k->plen = ABI_LPM_SCOPE + (afi == ABI_IP4 ? 32 : 128);
	addr_key(&k->key, scope, afi, a);
}

/* An event for the daemon, all but sender and target; NULL, and counted, if it does not
 * keep up.  `full` is the limit that applies. */
FWD_INLINE struct abi_event *event_open(const struct fwd *f, __u32 kind, __u64 *full,
                                        __u32 rate, const pkt16 *mac)
{
	struct abi_event *ev;

	if (!limit_ok(full, hook_now(), rate)) {
		fwd_count(ABI_EVENT_RATE, 0);
		return (void *)0;
	}
	ev = tab_event_open();
	if (!ev) {
		fwd_count(ABI_EVENT_LOST, 0);
		return (void *)0;
	}
	ev->kind = kind;
	ev->vrf = f->vrf;
	ev->ac = (__u16)f->ac;
	ev->afi = (__u8)f->afi;
	ev->flags = 0;
	ev->pad = 0;
	mac_copy((pkt16 *)ev->mac, mac);
	return ev;
}

/* Somebody wants an address nobody has. */
FWD_INLINE void say_miss(const struct fwd *f, __u32 afi, const pkt16 *mac,
                         const pkt32 *src, const pkt32 *dst)
{
	struct abi_vrf_limit *core = tab_vrf_limits(&f->vrf);
	struct abi_ac_limit *access = tab_ac_limits(&f->ac);
	struct abi_event *ev;

	if (!core || !access)
		return;
	/* Who asks for a thousand addresses must not silence who asks for one elsewhere.
	 */
	ev = event_open(f, ABI_EV_MISS, f->ac ? &access->miss : &core->miss,
	                ABI_RATE_MISS, mac);
	if (!ev)
		return;
	addr_copy(ev->sender, src, afi);
	addr_copy(ev->target, dst, afi);
	tab_event_close(ev);
}

/* Send it back out of the port it came from, to the station it came from. */
FWD_INLINE void eth_turn(struct pkt_eth *eth)
{
	__u16 a = eth->dst[0], b = eth->dst[1], c = eth->dst[2];

	mac_copy(eth->dst, eth->src);
	eth->src[0] = a;
	eth->src[1] = b;
	eth->src[2] = c;
}
