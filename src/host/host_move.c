/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/host_trust_int.h"

/*
 * Other sites.  Sequence numbers follow RFC 7432 15 on host routes: who learns a host
 * that another site advertises says a higher number, and the old PE, asked by that route,
 * probes the host before it gives it up.  A peer that knows no sequence numbers (absent:
 * 0) is handled by the probe alone.  Routes with our own Site of Origin are a sibling's
 * view of the same hosts: never a rival, but all of a site say the same, highest number.
 */
bool host_seq_newer(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) > 0;
}

static uint32_t seq_max(uint32_t a, uint32_t b)
{
	return host_seq_newer(a, b) ? a : b;
}

bool host_of_site(const struct host_link *l, const struct extcom *soo)
{
	static const struct extcom none;

	return !extcom_eq(soo, &none) && extcom_eq(soo, &l->cfg.soo);
}

static bool is_sibling(const struct hosts *h, const struct host *x,
                       const struct extcom *soo)
{
	const struct host_link *l = host_link_find(h, x->ac);

	return l && host_of_site(l, soo);
}

static bool best_route(const struct hosts *h, const struct host *x,
                       struct host_remote *ret)
{
	return h->ops->remote && h->ops->remote(h->arg, x->vrf, &x->ip, ret);
}

bool host_rival(const struct hosts *h, const struct host *x, struct host_remote *ret)
{
	return best_route(h, x, ret) && !is_sibling(h, x, &ret->soo);
}

/* Asked once about each route (address, PE, sequence).  Of a site with two PEs the second
 * one's copy is the same claim. */
static bool rival_known(const struct host *x, const struct host_remote *r)
{
	static const struct extcom none;
	const struct host_story *s = x->story;

	return s && s->rival && s->seq == r->seq &&
	       (ip_eq(&s->pe, &r->pe) ||
	        (!extcom_eq(&r->soo, &none) && extcom_eq(&s->soo, &r->soo)));
}

void host_rival_note(struct host *x, const struct host_remote *r)
{
	if (!x->story)
		x->story = mem_new(struct host_story);
	x->story->rival = true;
	x->story->pe = r->pe;
	x->story->soo = r->soo;
	x->story->seq = r->seq;
}

static void count_move(struct hosts *h, struct host *x)
{
	h->count[HOST_N_MOVES]++;
	if (!host_is_exempt(h, x->vrf, &x->ip))
		host_dup_note(x, h->latest);
}

bool host_move_in(struct hosts *h, struct host *x)
{
	struct host_remote r;

	x->seq = 0;
	if (hosts_is_anycast(h, x->vrf, &x->ip) || !best_route(h, x, &r))
		return false;
	x->seq = r.seq;
	if (is_sibling(h, x, &r.soo))
		return false;
	x->seq = r.seq + 1;
	host_rival_note(x, &r);
	count_move(h, x);
	host_care_moved(h, x, &r, h->latest);
	return true;
}

void host_move_raise(struct hosts *h, struct host *x)
{
	struct host_remote r = { .seq = x->story ? x->story->seq : 0 };

	if (host_rival(h, x, &r))
		host_rival_note(x, &r);
	x->seq = seq_max(x->seq, r.seq) + 1;
	count_move(h, x);
}

/* Packets in flight to a host that moved are sent after it (by the label of the newer
 * route), not into the port it left; a rival that is not newer gets none. */
void host_move_yield(struct hosts *h, struct host *x)
{
	if (!(x->flags & (HOST_F_UP | HOST_F_DAMPED)) || !h->ops->yield ||
	    !host_seq_newer(x->story->seq, x->seq))
		return;
	x->flags &= (uint8_t)~HOST_F_DAMPED; /* what it waits to tell may be over */
	x->flags |= HOST_F_YIELDED;
	h->ops->yield(h->arg, x->vrf, &x->ip);
}

/* Only behind a failed probe: the host itself, if still here, would take our announcement
 * for a conflict and might give up its address (RFC 5227 2.4). */
bool host_move_repair(struct hosts *h, struct host *x)
{
	const struct host_place *p = host_place_of(h, x);
	struct host_remote r;

	if (!p || !host_rival(h, x, &r))
		return false;
	/* A backup keeps the pace in silence: should it become master now, it goes on. */
	if (host_probe_garp(h, p, &x->ip, &p->net->cfg.proxy_mac,
	                    x->flags & HOST_F_ROUTER))
		h->count[HOST_N_REPAIRS]++;
	return true;
}

static void sibling_sync(struct hosts *h, struct host *x, const struct host_remote *r,
                         struct mono now)
{
	if (!host_is_local(x) || !host_seq_newer(r->seq, x->seq))
		return;
	x->seq = r->seq;
	host_up(h, x, now);
}

void hosts_remote(struct hosts *h, uint32_t vrf, const struct ip *ip,
                  const struct host_remote *r, struct mono now)
{
	struct host *x = host_find(h, vrf, ip);

	h->latest = now;
	host_sibling_told(h, vrf, ip, r, now);
	if (!r && (!x || x->state == HOST_PAST))
		host_hint(h, vrf, ip, now);
	if (!x || hosts_is_anycast(h, vrf, ip))
		return; /* of an anycast address each site has its own */
	if (!r || is_sibling(h, x, &r->soo)) {
		if (r && x->state == HOST_DUPLICATE)
			return; /* the rival's may still be there, behind our site's */
		if (x->story && x->story->rival) {
			x->story->rival = false;
			host_step(h, x, HOST_EV_RIVAL_GONE, NULL, now);
		}
		if (r)
			sibling_sync(h, x, r, now);
		return;
	}
	if (r->immutable && x->state != HOST_FIXED && host_state_counts(x->state)) {
		host_rival_note(x, r);
		host_step(h, x, HOST_EV_OUTRANKED, NULL, now);
		return;
	}
	if (rival_known(x, r))
		return;
	host_rival_note(x, r);
	if (x->state == HOST_FIXED) {
		host_static_rival(h, x, r, now);
		return;
	}
	if (x->state == HOST_DUPLICATE && !host_seq_newer(r->seq, x->seq))
		return; /* ours is the one that all use */
	if (x->state == HOST_PAST)
		x->tries = 0; /* its neighbours here need telling anew */
	host_step(h, x, HOST_EV_RIVAL, NULL, now);
}
