/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
#pragma once

#include "bpf/access.h"
#include "bpf/fib.h"

/* What a frame of an attachment says of its sender, in the form that the rules of
 * neigh.h, the look at data (source.h) and at stray frames (astray.h) have in common. */
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
