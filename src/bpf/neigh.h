/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
#pragma once

#include "bpf/group.h"
#include "bpf/nb.h"

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
