/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/host_int.h"

/*
 * A machine has more than one address (IPv4, and of IPv6 a few), and what tells that it
 * has come may name none of them (RARP, QEMU's announcement after a migration) or one.
 * So whenever a MAC shows itself anew, all addresses that are known of it are asked for
 * there: those of this PE, and those whose routes from other sites tell that MAC.  Only
 * the answers are believed.
 */

/* One that is, or was, known on this PE. */
static void ask_known(struct hosts *h, struct host_link *l, struct host *x,
                      const struct host_evidence *ev, struct mono now)
{
	struct host_place *p = host_place_find(l, &x->ip);
	bool moved = x->ac != ev->ac;

	if (!p || !host_may_ask(h, p, &x->ip, ev, now))
		return;
	host_step(h, x, moved && host_is_local(x) ? HOST_EV_WEAK_ELSE : HOST_EV_CHECK, ev,
	          now);
}

/* One that another site advertises with this MAC. */
static void ask_far(struct hosts *h, struct host_link *l, const struct ip *ip,
                    const struct host_evidence *ev, struct mono now)
{
	struct host_place *p = host_place_find(l, ip);
	struct host *x = host_find(h, ev->vrf, ip);
	struct host_remote r;

	if (!p || (x && (host_state_counts(x->state) || mac_eq(&x->mac, &ev->mac))))
		return; /* not of this attachment, or asked above */
	if (!h->ops->remote(h->arg, ev->vrf, ip, &r) || r.immutable ||
	    host_of_site(l, &r.soo))
		return;
	if (!host_may_ask(h, p, ip, ev, now))
		return;
	if (!x)
		x = host_new(h, ev->vrf, ip);
	host_step(h, x, HOST_EV_WEAK_ELSE, ev, now);
}

static void ask_all_far(struct hosts *h, struct host_link *l,
                        const struct host_evidence *ev, struct mono now)
{
	struct ip far[HOST_MAC_MAX];
	size_t n = 0;

	if (h->ops->of_mac && h->ops->remote)
		n = h->ops->of_mac(h->arg, ev->vrf, &ev->mac, far, HOST_MAC_MAX);
	for (size_t i = 0; i < n; i++)
		ask_far(h, l, &far[i], ev, now);
}

void host_mac_shown(struct hosts *h, struct host_link *l, const struct host_evidence *ev,
                    struct mono now)
{
	struct host *x[HOST_MAC_MAX];
	size_t n = host_of_mac(h, &ev->mac, ev->vrf, x, HOST_MAC_MAX);

	for (size_t i = 0; i < n; i++)
		ask_known(h, l, x[i], ev, now);
	ask_all_far(h, l, ev, now);
}

/* An address of it was just learned here, or it used a link-local one: those that are
 * elsewhere, says this PE or another, have probably come too. */
void host_mac_follow(struct hosts *h, struct host_link *l, const struct host_evidence *ev,
                     struct mono now)
{
	struct host_evidence mac = {
		.kind = HOST_BY_RARP, .vrf = ev->vrf, .ac = ev->ac, .mac = ev->mac
	};
	struct host *x[HOST_MAC_MAX];
	size_t n = host_of_mac(h, &ev->mac, ev->vrf, x, HOST_MAC_MAX);
	struct host_remote r;

	for (size_t i = 0; i < n; i++) {
		bool here = host_is_local(x[i]) && x[i]->ac == ev->ac;

		if (here || x[i]->state == HOST_PROBING)
			continue;
		if (host_is_local(x[i]) || host_rival(h, x[i], &r))
			ask_known(h, l, x[i], &mac, now);
	}
	ask_all_far(h, l, &mac, now);
}
