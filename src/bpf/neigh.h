/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
#pragma once

#include "bpf/access.h"
#include "bpf/fib.h"
#include "bpf/group.h"

/* clang-format off */
/*
 * ARP and Neighbour Discovery on attachments: learn from it, and answer for hosts of
 * other sites (RFC 7814 3.4, RFC 1027, RFC 4861 7.2.8).  Both protocols are brought to
 * the same form and judged by the same rules, in this order:
 *
 *  malformed                              no answer, nothing learnt
 *  from our own MAC, or the virtual one   an echo of ourselves, or the VRRP master
 *  sender and target outside the subnets  no answer, nothing learnt
 *  a probe (RFC 5227, DAD)                answered for our own addresses only: for any other
 *                                         it could be the moving host itself
 *  sender has this PE's own address       conflict: tell the daemon
 *  sender has the gateway's address       conflict, if master; else it is the other router
 *  — here the sender is learnt —
 *  an announcement                        nothing to answer
 *  wanted: this PE's own address          answer with the port's MAC, master or not
 *  wanted: the gateway, or its link-local answer, if master
 *  wanted: network or broadcast address   no
 *  wanted: outside the sender's subnet    no
 *  not the master, or its lease is over   no
 *  wanted: frozen duplicate               no (RFC 9161 3.7)
 *  wanted: host on this attachment        no, it answers itself
 *  wanted: host on another attachment     answer
 *  wanted: host of this site's other PE   no
 *  wanted: host of another site           answer, if its PE can be reached
 *  wanted: unknown                        no, tell the daemon: no host route, no answer
 *
 * A known host that says what is known of it costs a mark in its slot; only news goes to
 * the daemon.
 */
/* clang-format on */
struct nb {
	pkt16 mac[4];             /* sender's, and padding */
	pkt32 sender[4], want[4]; /* network order; IPv4 in the first */
	__u32 kind;               /* enum abi_event_kind */
	__u32 flags;              /* ABI_EV_… */
	__u32 news;               /* goes to the daemon even if nothing changed */
	__u32 learn;              /* the sender's address is one to remember */
	pkt16 say[4];             /* the MAC to answer with */
};

/* Answers: for a host elsewhere, a router elsewhere, ourselves. */
enum { NB_ANSWER = 2000, NB_ANSWER_ROUTER, NB_ANSWER_OURS };

enum nb_whose { NB_NOT_OURS, NB_OWN, NB_SHARED };

FWD_INLINE void nb_say(const struct fwd *f, const struct nb *nb, __u32 kind)
{
	struct abi_ac_limit *l = tab_ac_limits(&f->ac);
	struct abi_event *ev;

	if (!l)
		return;
	/* Spoofed sources in data must not drown what hosts say themselves. */
	if (kind == ABI_EV_SOURCE)
		ev = event_open(f, kind, &l->sources, ABI_RATE_SOURCES, nb->mac);
	else if (kind == ABI_EV_ASTRAY)
		ev = event_open(f, kind, &l->astray, ABI_RATE_ASTRAY, nb->mac);
	else
		ev = event_open(f, kind, &l->evidence, ABI_RATE_EVIDENCE, nb->mac);
	if (!ev)
		return;
	ev->flags = (__u8)nb->flags;
	addr_copy(ev->sender, nb->sender, ABI_IP6);
	addr_copy(ev->target, nb->want, ABI_IP6);
	tab_event_close(ev);
}

FWD_INLINE __u64 nb_local(const struct fwd *f, const struct nb *nb)
{
	return (__u64)f->ac << 48 | (__u64)be16(nb->mac[0]) << 32 |
	       (__u64)be16(nb->mac[1]) << 16 | be16(nb->mac[2]);
}

FWD_INLINE void nb_learn(const struct fwd *f, const struct nb *nb)
{
	struct abi_hostkey k = host_key(f->vrf, f->afi, nb->sender);
	struct fib_host host;
	__u32 router;
	int same;

	same = fib_host(&k, f->afi, &host) && host.value == nb_local(f, nb);
	if (same) {
		fib_seen(&host);
		router = host.head & ABI_HEAD_ROUTER ? ABI_EV_ROUTER : 0;
		if (nb->kind == ABI_EV_NA && router != (nb->flags & ABI_EV_ROUTER))
			same = 0;
	}
	if (!same || nb->news)
		nb_say(f, nb, nb->kind);
}

FWD_INLINE int nb_addr_same(const pkt32 *a, const pkt32 *b)
{
	return a[0] == b[0] && a[1] == b[1] && a[2] == b[2] && a[3] == b[3];
}

/* Is it this PE's alone, or shared with the other sites' and the VRRP routers'? */
FWD_INLINE enum nb_whose nb_whose(const struct abi_subnet *sn, const pkt32 *a)
{
	if (sn->flags & ABI_SUBNET_OWN && nb_addr_same(a, (const pkt32 *)sn->own))
		return NB_OWN;
	if (sn->flags & ABI_SUBNET_GATEWAY && nb_addr_same(a, (const pkt32 *)sn->gateway))
		return NB_SHARED;
	if (sn->flags & ABI_SUBNET_LINK_LOCAL &&
	    nb_addr_same(a, (const pkt32 *)sn->link_local))
		return NB_SHARED;
	return NB_NOT_OURS;
}

/* From a MAC of ours, or from the virtual one, whoever has it now. */
FWD_INLINE int nb_from_us(const struct fwd *f, const struct nb *nb)
{
	struct abi_ac *ac = tab_acs(&f->ac);

	return !ac || is_ours(ac, nb->mac) || is_proxy(ac, nb->mac);
}

/* A host route to what is wanted: whose is it? */
FWD_INLINE int nb_wanted_host(const struct fwd *f, const struct fib_host *host)
{
	enum abi_kind kind = abi_val_kind(host->value);

	if (host->head & ABI_HEAD_FROZEN)
		return ABI_NB_FROZEN;
	if (kind == ABI_LOCAL && abi_val_ac(host->value) == f->ac)
		return ABI_NB_LOCAL;
	if (kind == ABI_REMOTE || kind == ABI_REMOTES) {
		if (host->value & ABI_VAL_SIBLING)
			return ABI_NB_SIBLING;
		if (!group_usable(host->value))
			return ABI_NB_NO_PATH;
	} else if (kind != ABI_LOCAL) {
		return ABI_NB_UNKNOWN;
	}
	return host->head & ABI_HEAD_ROUTER ? NB_ANSWER_ROUTER : NB_ANSWER;
}

FWD_INLINE int nb_link_local(const struct fwd *f, const pkt32 *a)
{
	return f->afi == ABI_IP6 && (be32(a[0]) & 0xffc00000) == 0xfe800000;
}

/*
 * At a site with two PEs we are master as long as the daemon lives to say so.  Once it is
 * gone for good the other PE takes over: answers of ours would lead the site's switches
 * back to this port.  What still comes here for the proxy MAC is forwarded as ever.
 */
FWD_INLINE int nb_master(const struct abi_subnet *sn)
{
	__u32 zero = 0;
	struct abi_self *me;

	if (!(sn->flags & ABI_SUBNET_MASTER))
		return 0;
	if (!(sn->flags & ABI_SUBNET_LEASED))
		return 1;
	me = tab_self(&zero);
	return me && hook_now() < me->lease;
}

FWD_INLINE int nb_decide(const struct fwd *f, const struct nb *nb,
                         const struct abi_subnet *sn)
{
	struct abi_hostkey k;
	struct abi_subnet *wanted;
	struct fib_host host;
	struct abi_lpm lpm;
	int r;

	if (nb_link_local(f, nb->want))
		return ABI_NB_LINK_LOCAL;
	lpm_key(&lpm, f->ac, f->afi, nb->want);
	wanted = tab_subnets(&lpm);
	if (wanted != sn)
		return ABI_NB_TARGET_OUTSIDE;
	if (ip_special(f->afi, sn->plen, nb->want))
		return ABI_NB_SPECIAL;
	if (!nb_master(sn))
		return ABI_NB_BACKUP;
	k = host_key(f->vrf, f->afi, nb->want);
	r = fib_host(&k, f->afi, &host) ? nb_wanted_host(f, &host) : ABI_NB_UNKNOWN;
	if (r == ABI_NB_UNKNOWN)
		say_miss(f, ABI_IP6, nb->mac, nb->sender,
		         nb->want); /* zero-filled for IPv4 */
	return r;
}

/* An address of ours is wanted.  0: it is not.  nb->say is set for an answer. */
FWD_INLINE int nb_ours(struct nb *nb, const struct abi_subnet *sn,
                       const struct abi_ac *ac)
{
	switch (nb_whose(sn, nb->want)) {
	case NB_NOT_OURS: return 0;
	case NB_SHARED: return nb_master(sn) ? NB_ANSWER_OURS : ABI_NB_BACKUP;
	case NB_OWN: break;
	}
	mac_copy(nb->say, (const pkt16 *)ac->mac[0]);
	return NB_ANSWER_OURS;
}

/* The sender says where its address is. */
FWD_INLINE int nb_heard(const struct fwd *f, const struct nb *nb,
                        const struct abi_subnet *sn)
{
	enum nb_whose whose = nb_whose(sn, nb->sender);

	if (whose == NB_OWN || (whose == NB_SHARED && sn->flags & ABI_SUBNET_MASTER)) {
		nb_say(f, nb, ABI_EV_CONFLICT);
		return ABI_NB_CONFLICT;
	}
	if (whose == NB_SHARED || !nb->learn)
		return ABI_NB_HEARD;
	if (ip_special(f->afi, sn->plen, nb->sender))
		return ABI_NB_OUTSIDE;
	nb_learn(f, nb);
	return ABI_NB_HEARD;
}

/* The rules from where the subnet is known. */
FWD_INLINE int nb_rules(const struct fwd *f, struct nb *nb, const struct abi_subnet *sn,
                        const struct abi_ac *ac)
{
	int probe = nb->flags & ABI_EV_NO_SENDER, r;

	if (!probe) {
		r = nb_heard(f, nb, sn);
		if (r != ABI_NB_HEARD ||
		    (nb->kind != ABI_EV_ARP_REQUEST && nb->kind != ABI_EV_NS))
			return r;
	}
	r = nb_ours(nb, sn, ac);
	if (r || !probe)
		return r ? r : nb_decide(f, nb, sn);
	nb_say(f, nb, nb->kind);
	return ABI_NB_PROBE;
}

/*
 * All rules but the wire's.  NB_ANSWER…: answer with nb->say; *ret is the subnet.
 */
FWD_INLINE int nb_judge(const struct fwd *f, struct nb *nb, struct abi_subnet **ret)
{
	struct abi_ac *ac = tab_acs(&f->ac);
	struct abi_ac_limit *l = tab_ac_limits(&f->ac);
	struct abi_subnet *sn;
	struct abi_lpm k;
	int r;

	if (!ac || !l)
		return ABI_NO_AC;
	if (is_ours(ac, nb->mac) || is_proxy(ac, nb->mac))
		return ABI_NB_OURS;
	if (nb->kind == ABI_EV_RARP) {
		nb_say(f, nb, ABI_EV_RARP);
		return ABI_NB_HEARD;
	}
	lpm_key(&k, f->ac, f->afi, nb->learn ? nb->sender : nb->want);
	sn = tab_subnets(&k);
	if (!sn)
		return nb_link_local(f, nb->want) ? ABI_NB_LINK_LOCAL : ABI_NB_OUTSIDE;
	mac_copy(nb->say, (const pkt16 *)sn->proxy_mac);
	r = nb_rules(f, nb, sn, ac);
	if (r < NB_ANSWER)
		return r;
	if (!limit_ok(&l->answers, hook_now(), ABI_RATE_ANSWERS))
		return ABI_NB_RATE;
	*ret = sn;
	return r;
}
