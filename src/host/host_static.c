/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/host_trust_int.h"

/*
 * Configured hosts: there as soon as their attachment is up, whether they speak or not.
 * Nothing a host or another site says moves them; their route is sticky (RFC 7432 15.2)
 * and its binding immutable (RFC 9047 3.2), which the PEs of other sites respect.
 */
void host_static_apply(struct hosts *h, const struct host_word *w, struct mono now)
{
	const struct host_link *l = host_link_find(h, w->ac);
	struct host_evidence ev = { .kind = HOST_BY_CONFIG,
		                    .vrf = w->vrf,
		                    .ac = w->ac,
		                    .mac = w->mac,
		                    .sender = w->ip };
	struct host *x = host_find(h, w->vrf, &w->ip);

	if (!l || !l->up || l->cfg.vrf != w->vrf || !host_place_find(l, &w->ip)) {
		/* there was one elsewhere, and it is configured here: it is not there */
		if (x && host_state_counts(x->state))
			host_step(h, x, HOST_EV_REMOVED, NULL, now);
		return;
	}
	if (!x)
		x = host_new(h, w->vrf, &w->ip);
	host_step(h, x, HOST_EV_FIXED, &ev, now);
}

/* The attachment came up. */
void host_static_place(struct hosts *h, const struct host_link *l, struct mono now)
{
	hmap_for(it, &h->words) {
		const struct host_word *w = container_of(it.n, struct host_word, by_ip);

		if (w->by == HOST_WORD_STATIC && w->ac == l->cfg.id &&
		    w->vrf == l->cfg.vrf)
			host_static_apply(h, w, now);
	}
}

static void tell(struct hosts *h, const struct host *x, enum host_counter c,
                 struct mono now)
{
	bool lately = h->count[c] && mono_ms_since(now, h->told[c]) < HOST_EVENT_MS;

	h->count[c]++;
	if (lately)
		return;
	h->told[c] = now;
	host_hap(h, &(struct host_event){ .what = HOST_HAP_CONFLICT,
	                                  .at = now,
	                                  .vrf = x->vrf,
	                                  .ip = x->ip,
	                                  .mac = x->mac,
	                                  .ac = x->ac,
	                                  .by = x->by,
	                                  .why = host_counter_text(c) });
}

void host_static_rival(struct hosts *h, const struct host *x, const struct host_remote *r,
                       struct mono now)
{
	tell(h, x, r->immutable ? HOST_N_STATIC_TWICE : HOST_N_STATIC_CLAIM, now);
}

/* Above whatever another site says now, for PEs that know sequences but not stickiness.
 */
void host_static_begin(struct hosts *h, struct host *x, struct mono now)
{
	struct host_remote r;

	x->learned_s = (uint32_t)(now.us / 1000000);
	h->count[HOST_N_LEARNED]++;
	if (!host_rival(h, x, &r))
		return;
	host_rival_note(x, &r);
	if (!host_seq_newer(x->seq, r.seq))
		x->seq = r.seq + 1;
	host_static_rival(h, x, &r, now);
}
