/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>

#include "host/host_int.h"

/*
 * One address, two hosts: each site's PE hears its own and takes it for a move, for ever.
 * Who has counted HOST_DUP_MOVES moves within HOST_DUP_WINDOW_S stops believing either
 * (RFC 7432 15.1): the address is frozen with the route that was best then, nobody here
 * is answered who asks for it (RFC 9161 3.7), and a person is told.  The freeze ends with
 * the hold-down, when the other site gives the address up, or by an operator's word.
 */
static uint32_t seconds(struct mono t)
{
	return (uint32_t)(t.us / 1000000);
}

void host_dup_note(struct host *x, struct mono now)
{
	struct host_story *s = x->story;

	if (!s)
		return; /* nobody else ever had it */
	s->moves++;
	s->move_s[s->moves % HOST_DUP_MOVES] = seconds(now);
}

/* The oldest of the last so many moves is still in the window. */
bool host_dup_reached(const struct host *x, struct mono now)
{
	const struct host_story *s = x->story;

	return s && s->moves >= HOST_DUP_MOVES &&
	       seconds(now) - s->move_s[(s->moves + 1) % HOST_DUP_MOVES] <
	               HOST_DUP_WINDOW_S;
}

const char *host_dup_who(const struct hosts *h, const struct host *x,
                         char buf[static HOST_DUP_WHO])
{
	char here[MAC_STRLEN], there[MAC_STRLEN], pe[IP_STRLEN];
	struct host_remote r = { .pe = x->story->pe };
	bool now = host_rival(h, x, &r);

	snprintf(buf, HOST_DUP_WHO,
	         "%d moves in %d s: %s is here, %s%sat PE %s; see why host",
	         HOST_DUP_MOVES, HOST_DUP_WINDOW_S, mac_fmt(&x->mac, here),
	         now && !mac_is_zero(&r.mac) ? mac_fmt(&r.mac, there) : "another",
	         now ? " " : " was ", ip_fmt(&r.pe, pe));
	return buf;
}

void host_dup_freeze(struct hosts *h, struct host *x, struct mono now)
{
	x->story->thaw_at = mono_add_ms(now, (int64_t)HOST_DUP_HOLD_S * 1000);
	h->count[HOST_N_DUPLICATES]++;
	h->n_frozen++;
	if (h->ops->frozen)
		h->ops->frozen(h->arg, x->vrf, &x->ip, true);
}

void host_dup_thaw(struct hosts *h, struct host *x)
{
	x->story->moves = 0;
	h->n_frozen--;
	if (h->ops->frozen)
		h->ops->frozen(h->arg, x->vrf, &x->ip, false);
}

enum host_ev host_dup_over(const struct host *x)
{
	return x->flags & HOST_F_UP ? HOST_EV_THAW : HOST_EV_THAW_AWAY;
}

bool hosts_frozen(const struct hosts *h, uint32_t vrf, const struct ip *ip)
{
	const struct host *x = h->n_frozen ? host_find(h, vrf, ip) : NULL;

	return x && x->state == HOST_DUPLICATE;
}

bool hosts_clear(struct hosts *h, uint32_t vrf, const struct ip *ip, struct mono now)
{
	struct host *x = host_find(h, vrf, ip);

	h->latest = now;
	if (!x || x->state != HOST_DUPLICATE)
		return false;
	host_step(h, x, host_dup_over(x), NULL, now);
	return true;
}
