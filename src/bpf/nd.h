/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
#pragma once

#include "bpf/icmp.h"
#include "bpf/neigh.h"

/* Neighbour Solicitation and Advertisement (RFC 4861 4.3, 4.4) in the common form of
 * neigh.h, and the answer. */
enum {
	ND_OPT_SOURCE = 1, /* link-layer address options */
	ND_OPT_TARGET = 2,
	ND_MIN = sizeof(struct pkt_nd),
	ND_MAX = QUOTE_MAX +
	         8, /* longer ones carry SEND (RFC 3971), which nobody proxies */
	ND_OPTS = (ND_MAX - ND_MIN) / 8,
	ND_ANSWER = ND_MIN + 8,
	ND_ROUTER = 0x80, /* first byte of the flags of an NA */
	ND_SOLICITED = 0x40,
	ND_OVERRIDE = 0x20,
};

enum { ND_OPT_BAD, ND_OPT_NONE, ND_OPT_HERE };

/*
 * Walk the options of the message of `len` bytes at l3 and look for a link-layer address,
 * which must be the frame's source.  Options begin at multiples of 8 (RFC 4861 4.6):
 * going through all of those and seeing which are reached keeps offsets constant, and so
 * the verifier short.
 */
FWD_STAGE nd_options(hook_t *h, __u32 l3, __u32 len, __u32 wanted)
{
	__u8 *data = hook_data(h), *end = hook_end(h);
	struct pkt_eth *eth = (struct pkt_eth *)data;
	__u8 *opts = data + (l3 & L3_MASK) + sizeof(struct pkt_ip6) + ND_MIN;
	__u32 n = (len - ND_MIN) / 8, next = 0;
	int found = ND_OPT_NONE;

	if ((__u8 *)(eth + 1) > end || len < ND_MIN || len & 7)
		return ND_OPT_BAD;
	for (__u32 i = 0; i < ND_OPTS; i++) {
		__u8 *o = opts + 8 * i;

		if (i >= n)
			break;
		if (i != next)
			continue;
		if (o + 8 > end || !o[1]) /* RFC 4861 4.6: length 0 is an error */
			return ND_OPT_BAD;
		next += o[1];
		if (o[0] != wanted || o[1] != 1)
			continue;
		if (!mac_same((pkt16 *)(o + 2), eth->src))
			return ND_OPT_BAD;
		found = ND_OPT_HERE;
	}
	return next == n ? found : ND_OPT_BAD;
}

FWD_INLINE int nd_sum_ok(hook_t *h, __u32 l3, __u32 len)
{
	__u32 sum = (__u32)sum_bytes(h, l3 + sizeof(struct pkt_ip6), len);
	struct pkt_ip6 *ip = (struct pkt_ip6 *)(hook_data(h) + l3);

	if ((__u8 *)(ip + 1) > hook_end(h))
		return 0;
	return !csum_fold(sum + ip6_pseudo_sum(ip, len, PROTO_ICMP6));
}

FWD_INLINE int ip6_is_zero(const pkt32 *a)
{
	return !(a[0] | a[1] | a[2] | a[3]);
}

FWD_INLINE int ip6_is_group(const pkt32 *a)
{
	return *(const __u8 *)a == 0xff;
}

FWD_INLINE int nd_solicited_node(const pkt32 *a) /* ff02::1:ff00:0/104 */
{
	return a[0] == be32(0xff020000) && !a[1] && a[2] == be32(1) &&
	       (be32(a[3]) & 0xff000000) == 0xff000000;
}

/* RFC 4861 7.1.1; a DAD probe has neither source nor link-layer address. */
FWD_INLINE int nd_read_ns(const struct pkt_ip6 *ip, int has_mac, struct nb *nb)
{
	nb->kind = ABI_EV_NS;
	nb->learn = 1;
	if (ip6_is_zero(ip->src)) {
		nb->kind = ABI_EV_NS_DAD;
		nb->flags = ABI_EV_NO_SENDER;
		nb->learn = 0;
		return nd_solicited_node(ip->dst) && !has_mac;
	}
	addr_copy((__u8 *)nb->sender, ip->src, ABI_IP6);
	if ((be32(ip->src[0]) & 0xffc00000) == 0xfe800000)
		nb->learn = 0; /* may ask, but is no host of the subnet */
	return !ip6_is_group(ip->src);
}

/* RFC 4861 7.1.2: who advertises is where its target is. */
FWD_INLINE int nd_read_na(const struct pkt_ip6 *ip, const struct pkt_nd *nd,
                          struct nb *nb)
{
	__u8 flags = *(const __u8 *)&nd->icmp.info;

	nb->kind = flags & ND_SOLICITED ? ABI_EV_NA : ABI_EV_NA_UNSOLICITED;
	nb->news = !(flags & ND_SOLICITED);
	nb->learn = 1;
	nb->flags = (flags & ND_ROUTER ? ABI_EV_ROUTER : 0) |
	            (flags & ND_OVERRIDE ? ABI_EV_OVERRIDE : 0);
	addr_copy((__u8 *)nb->sender, nd->target, ABI_IP6);
	return !(ip6_is_group(ip->dst) && flags & ND_SOLICITED);
}

/* Bring the message to the common form.  ABI_NB_HEARD: done. */
FWD_INLINE int nd_read(hook_t *h, const struct fwd *f, struct nb *nb)
{
	__u32 l3 = f->l3 & L3_MASK, len;
	struct pkt_ip6 *ip = (struct pkt_ip6 *)(hook_data(h) + l3);
	struct pkt_nd *nd = (struct pkt_nd *)(ip + 1);
	struct pkt_eth *eth = (struct pkt_eth *)hook_data(h);
	__u8 *end = hook_end(h);
	int ns, mac;

	if ((__u8 *)(eth + 1) > end || (__u8 *)(nd + 1) > end)
		return ABI_SHORT;
	len = be16(ip->len);
	ns = nd->icmp.type == ICMP6_NS;
	if (ip->hops != HOP_LIMIT_ND || nd->icmp.code || len < ND_MIN || len > ND_MAX ||
	    ip6_is_group(nd->target))
		return ABI_NB_BAD;
	mac = nd_options(h, l3, len, ns ? ND_OPT_SOURCE : ND_OPT_TARGET);
	if (mac == ND_OPT_BAD || !nd_sum_ok(h, l3, len))
		return ABI_NB_BAD;
	if (!(ns ? nd_read_ns(ip, mac == ND_OPT_HERE, nb) : nd_read_na(ip, nd, nb)))
		return ABI_NB_BAD;
	addr_copy((__u8 *)nb->want, nd->target, ABI_IP6);
	mac_copy(nb->mac, eth->src);
	return mac_group(nb->mac) || mac_zero(nb->mac) ? ABI_NB_BAD : ABI_NB_HEARD;
}

/* Of what we answer for: whether it is a router, because a host drops a default router
 * that says it is none (RFC 4861 7.2.5).  For others we never override, so that the owner
 * wins if it is on the link after all (7.2.8); for ourselves we do (7.2.4). */
FWD_INLINE __u32 nd_flags(const struct nb *nb, int what)
{
	__u32 flags = nb->flags & ABI_EV_NO_SENDER ? 0 : ND_SOLICITED;

	if (what == NB_ANSWER_OURS)
		return flags | ND_ROUTER | ND_OVERRIDE;
	return what == NB_ANSWER_ROUTER ? flags | ND_ROUTER : flags;
}

/* To who asked.  Who probes has no address yet: to all nodes (RFC 4861 7.2.4). */
FWD_INLINE void nd_to(struct pkt_eth *eth, struct pkt_ip6 *ip, const struct nb *nb)
{
	if (!(nb->flags & ABI_EV_NO_SENDER)) {
		mac_copy(eth->dst, nb->mac);
		addr_copy((__u8 *)ip->dst, nb->sender, ABI_IP6);
		return;
	}
	eth->dst[0] = be16(0x3333);
	eth->dst[1] = 0;
	eth->dst[2] = be16(1);
	ip->dst[0] = be32(0xff020000);
	ip->dst[1] = 0;
	ip->dst[2] = 0;
	ip->dst[3] = be32(1);
}

/* From an address of the interface that sends (RFC 4861 4.4): the gateway's, unless an
 * address of ours is the target. */
FWD_INLINE const pkt32 *nd_from(const struct nb *nb, const struct abi_subnet *sn,
                                int what)
{
	if (what == NB_ANSWER_OURS || !(sn->flags & ABI_SUBNET_GATEWAY))
		return nb->want;
	return (const pkt32 *)sn->gateway;
}

FWD_INLINE int nd_answer(hook_t *h, struct fwd *f, const struct nb *nb,
                         const struct abi_subnet *sn, int what)
{
	__u32 l3 = f->l3 & L3_MASK, len = sizeof(struct pkt_ip6) + ND_ANSWER;
	int more = (int)(l3 + len) - (int)f->frame_len;
	struct pkt_eth *eth;
	struct pkt_ip6 *ip;
	struct pkt_nd *nd;
	__u8 *o;

	if (more && !hook_move_tail(h, more))
		return ABI_NO_ROOM;
	eth = (struct pkt_eth *)hook_data(h);
	ip = (struct pkt_ip6 *)(hook_data(h) + l3);
	nd = (struct pkt_nd *)(ip + 1);
	o = (__u8 *)(nd + 1);
	if ((__u8 *)(eth + 1) > hook_end(h) || o + 8 > hook_end(h))
		return ABI_NO_ROOM;
	mac_copy(eth->src, nb->say);
	ip->vtf = be32(0x60000000);
	ip->len = be16(ND_ANSWER);
	ip->next = PROTO_ICMP6;
	ip->hops = HOP_LIMIT_ND;
	addr_copy((__u8 *)ip->src, nd_from(nb, sn, what), ABI_IP6);
	nd_to(eth, ip, nb);
	nd->icmp.type = ICMP6_NA;
	nd->icmp.code = 0;
	nd->icmp.csum = 0;
	nd->icmp.info = be32(nd_flags(nb, what) << 24);
	addr_copy((__u8 *)nd->target, nb->want, ABI_IP6);
	o[0] = ND_OPT_TARGET;
	o[1] = 1;
	mac_copy((pkt16 *)(o + 2), nb->say);
	if (!icmp_sum_set(h, l3 + sizeof(*ip), ND_ANSWER,
	                  ip6_pseudo_sum(ip, ND_ANSWER, PROTO_ICMP6)))
		return ABI_NO_ROOM;
	f->out = f->ifindex;
	return ABI_ANSWERED;
}

FWD_STAGE nb_nd(hook_t *h, struct fwd *f)
{
	struct abi_subnet *sn = (void *)0;
	struct nb nb = { .kind = 0 };
	int r;

	if (!f)
		return ABI_SHORT;
	r = nd_read(h, f, &nb);
	if (r != ABI_NB_HEARD)
		return r;
	r = nb_judge(f, &nb, &sn);
	if (r < NB_ANSWER || !sn)
		return r;
	return nd_answer(h, f, &nb, sn, r);
}
