/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/host_trust_int.h"

/*
 * The hand of the state machine: host_fsm.c says what, this does it.  Callbacks may lead
 * back into hosts_remote() for the same host, so the state is set before anything is
 * done, and the entry is freed last.
 */
static uint32_t ms_bits(struct mono t)
{
	return (uint32_t)(t.us / 1000);
}

static uint32_t damped_ms(const struct host *x, struct mono now)
{
	uint32_t since = ms_bits(now) - x->up_ms;

	return (x->flags & HOST_F_ONCE) && since < HOST_DAMP_MS ? HOST_DAMP_MS - since
	                                                        : 0;
}

static void arm(struct hosts *h, struct host *x, struct mono at, struct mono now)
{
	if (x->flags & HOST_F_DAMPED)
		at = mono_min(at, mono_add_ms(now, damped_ms(x, now)));
	heap_set(&h->timers, &x->timer, at);
}

/* A third of the age, jittered; the last round of probes ends when the age is reached. */
static void arm_age(struct hosts *h, struct host *x, struct mono now)
{
	int64_t age = host_place_of(h, x)->net->cfg.age_ms, third = age / 3;
	int64_t percent =
		100 - HOST_JITTER_PERCENT + host_random(h, 2 * HOST_JITTER_PERCENT + 1);
	struct mono at = mono_add_ms(now, third * percent / 100);
	struct mono last = mono_add_ms(x->last_seen, age - HOST_PROBES * HOST_PROBE_MS);

	if (mono_ms_since(last, at) < third / 2)
		at = last;
	if (mono_ms_since(at, now) < third / 4)
		at = mono_add_ms(now, third / 4 + 1);
	arm(h, x, at, now);
}

static int64_t probe_gap_ms(const struct host *x)
{
	switch (x->state) {
	case HOST_PROBING: return HOST_BURST_MS;
	case HOST_CONTESTED: return HOST_CONTEST_MS;
	default: return HOST_PROBE_MS;
	}
}

static bool heard(struct hosts *h, const struct host *x)
{
	return h->ops->seen && h->ops->seen(h->arg, x->vrf, &x->ip);
}

static void probe_now(struct hosts *h, struct host *x, struct mono now)
{
	const struct host_place *p = host_place_of(h, x);
	bool last = ++x->tries == HOST_PROBES;
	bool everybody = last && x->state != HOST_PROBING; /* it may have a new MAC */

	if (!everybody || x->state == HOST_CONTESTED)
		h->count[HOST_N_PROBES] += host_probe_send(h, p, &x->ip, &x->mac);
	if (everybody)
		h->count[HOST_N_PROBES] += host_probe_send(h, p, &x->ip, NULL);
	arm(h, x, mono_add_ms(now, probe_gap_ms(x)), now);
}

/* An attachment's probes have a pace; above it they wait for their turn. */
static void probe(struct hosts *h, struct host *x, struct mono now)
{
	struct mono slot = host_rate_slot(&host_link_find(h, x->ac)->probes, now,
	                                  HOST_PROBES_PER_S, HOST_PROBES_BURST);

	if ((x->state == HOST_CONTESTED || host_of_fib(x)) && !x->tries)
		heard(h, x); /* what it said before it was asked does not count */
	if (mono_reached(now, slot)) {
		probe_now(h, x, now);
		return;
	}
	h->count[HOST_N_PROBES_LATE]++;
	x->flags |= HOST_F_WAIT;
	arm(h, x, slot, now);
}

/* Of a claim that may be false nothing is kept, so it is not queued either. */
static void ask(struct hosts *h, const struct host *x, const struct host_evidence *ev,
                struct mono now)
{
	struct host_link *l = host_link_find(h, ev->ac);
	const struct host_place *p = l ? host_place_find(l, &x->ip) : NULL;

	if (!p)
		return;
	if (!host_rate_take(&l->probes, now, HOST_PROBES_PER_S, HOST_PROBES_BURST)) {
		h->count[HOST_N_ASK_RATE]++;
		return;
	}
	h->count[HOST_N_PROBES] += host_probe_send(h, p, &x->ip, &ev->mac);
}

static void bind(struct hosts *h, struct host *x, const struct host_evidence *ev)
{
	const struct host_link *l = host_link_find(h, ev->ac);

	host_bind(h, x, host_place_find(l, &x->ip), &ev->mac);
	x->by = (uint8_t)ev->kind;
	if (ev->kind != HOST_BY_NA && ev->kind != HOST_BY_NA_UNSOLICITED)
		return; /* nothing else carries the R flag */
	x->flags &= (uint8_t)~HOST_F_ROUTER;
	if (ev->router)
		x->flags |= HOST_F_ROUTER;
}

/* Others hear of it later; packets that come here must not go on to where it was. */
static void forward(struct hosts *h, struct host *x)
{
	if (!h->ops->forward)
		return;
	x->flags &= (uint8_t)~HOST_F_YIELDED;
	h->ops->forward(h->arg, x->vrf, &x->ip, x->ac, &x->mac, x->flags & HOST_F_ROUTER);
}

void host_up(struct hosts *h, struct host *x, struct mono now)
{
	uint32_t wait = damped_ms(x, now);

	if (wait) { /* a flapping host costs the network one route a second */
		if (!(x->flags & HOST_F_DAMPED))
			h->count[HOST_N_DAMPED]++;
		x->flags |= HOST_F_DAMPED;
		forward(h, x);
		if (heap_armed(&x->timer))
			arm(h, x, x->timer.at, now);
		return;
	}
	x->flags &= (uint8_t) ~(HOST_F_DAMPED | HOST_F_YIELDED);
	x->flags |= HOST_F_UP | HOST_F_ONCE;
	x->up_ms = ms_bits(now);
	h->ops->up(h->arg, x->vrf, &x->ip, x->ac, &x->mac, x->seq,
	           x->flags & HOST_F_ROUTER);
}

static void down(struct hosts *h, struct host *x)
{
	bool was_up = x->flags & (HOST_F_UP | HOST_F_DAMPED); /* or in the packet path */

	x->flags &= (uint8_t) ~(HOST_F_UP | HOST_F_DAMPED | HOST_F_YIELDED);
	if (was_up)
		h->ops->down(h->arg, x->vrf, &x->ip);
}

static void tell(struct hosts *h, const struct host *x, enum host_happening what,
                 const char *why, struct mono now)
{
	host_hap(h, &(struct host_event){ .what = what,
	                                  .at = now,
	                                  .vrf = x->vrf,
	                                  .ip = x->ip,
	                                  .mac = x->mac,
	                                  .ac = x->ac,
	                                  .by = x->by,
	                                  .why = why });
}

/* The host told only us (an answer to a probe): its new neighbours still hold our MAC for
 * it.  Tell them its own, but never in its name on the Ethernet header. */
static void announce(struct hosts *h, struct host *x)
{
	if (host_probe_garp(h, host_place_of(h, x), &x->ip, &x->mac,
	                    x->flags & HOST_F_ROUTER))
		h->count[HOST_N_REPAIRS]++;
}

static void learned(struct hosts *h, struct host *x, struct mono now)
{
	bool moved = host_move_in(h, x);

	host_sibling_found(h, x->vrf, &x->ip);

	x->learned_s = (uint32_t)(now.us / 1000000);
	h->count[HOST_N_LEARNED]++;
	if (moved && (x->by == HOST_BY_ARP_REPLY || x->by == HOST_BY_NA ||
	              x->by == HOST_BY_ATTACH))
		announce(h, x);
	tell(h, x, moved ? HOST_HAP_MOVED_HERE : HOST_HAP_LEARNED, NULL, now);
}

static void lost(struct hosts *h, const struct host *x, enum host_ev what,
                 enum host_state was, struct mono now)
{
	struct host_remote r;

	if (what == HOST_EV_OUTRANKED) {
		tell(h, x, HOST_HAP_CONFLICT, host_counter_text(HOST_N_STICKY), now);
	} else if (what == HOST_EV_DETACHED) {
		tell(h, x, HOST_HAP_DETACHED, NULL, now);
	} else if (what == HOST_EV_PORT_DOWN) {
		tell(h, x, HOST_HAP_PORT_DOWN, NULL, now);
	} else if (what == HOST_EV_REMOVED) {
		tell(h, x, HOST_HAP_PORT_DOWN, "no longer configured", now);
	} else if (was == HOST_CONTESTED || host_rival(h, x, &r)) {
		tell(h, x, HOST_HAP_MOVED_AWAY, NULL, now);
	} else {
		h->count[HOST_N_AGED]++;
		tell(h, x, HOST_HAP_AGED, NULL, now);
	}
}

static void report(struct hosts *h, struct host *x, enum host_ev what, unsigned acts,
                   enum host_state was, struct mono now)
{
	char who[HOST_DUP_WHO];

	if (acts & HOST_ACT_FREEZE)
		tell(h, x, HOST_HAP_DUPLICATE, host_dup_who(h, x, who), now);
	else if (was == HOST_DUPLICATE && acts & HOST_ACT_THAW)
		tell(h, x, HOST_HAP_THAWED, NULL, now);
	else if (was == HOST_DUPLICATE)
		return; /* told when it froze */
	else if (acts & HOST_ACT_DOWN)
		lost(h, x, what, was, now);
	else if (acts & HOST_ACT_RAISE)
		tell(h, x, HOST_HAP_STAYED, NULL, now);
	else if (acts & HOST_ACT_BIND && (was == HOST_LOCAL || was == HOST_REFRESH))
		tell(h, x, HOST_HAP_REBOUND, NULL, now);
	else if (what == HOST_EV_RIVAL && was != HOST_CONTESTED && host_is_local(x))
		tell(h, x, HOST_HAP_CONTESTED, NULL, now);
}

static void settle(struct hosts *h, struct host *x, unsigned acts, struct mono now)
{
	if (acts & HOST_ACT_FREEZE)
		arm(h, x, x->story->thaw_at, now);
	if (x->state == HOST_FIXED)
		arm(h, x, MONO_NEVER, now);
	if (acts & HOST_ACT_HOLD) {
		x->flags |= HOST_F_WAIT | HOST_F_HELD;
		arm(h, x, h->held_till, now);
	}
	if (acts & HOST_ACT_REPAIR)
		x->tries =
			host_move_repair(h, x) ? (uint8_t)(x->tries + 1) : HOST_REPAIRS;
	if (acts & HOST_ACT_HUSH)
		x->tries = x->state == HOST_PAST ? HOST_REPAIRS : 0;
	if (acts & HOST_ACT_PROBE)
		probe(h, x, now);
	if (acts & HOST_ACT_AGE)
		arm_age(h, x, now);
	if (acts & HOST_ACT_KEEP)
		arm(h, x,
		    mono_add_ms(now,
		                x->tries < HOST_REPAIRS ? HOST_REPAIR_MS : HOST_KEEP_MS),
		    now);
}

void host_step(struct hosts *h, struct host *x, enum host_ev what,
               const struct host_evidence *ev, struct mono now)
{
	enum host_state was = x->state;
	struct host_move m = host_fsm_step(was, what);
	unsigned acts = m.acts;

	if (acts & HOST_ACT_BIND)
		bind(h, x, ev);
	host_set_state(h, x, m.next);
	if (acts & HOST_ACT_FREEZE)
		host_dup_freeze(h, x, now);
	if (acts & HOST_ACT_THAW)
		host_dup_thaw(h, x);
	if (acts & HOST_ACT_RAISE)
		host_move_raise(h, x);
	if (acts & HOST_ACT_TOUCH)
		x->last_seen = now;
	if (acts & HOST_ACT_DOWN)
		down(h, x);
	if (acts & HOST_ACT_YIELD)
		host_move_yield(h, x);
	if (m.next == HOST_LOCAL &&
	    !(was == HOST_REFRESH || was == HOST_CONTESTED || was == HOST_LOCAL))
		learned(h, x, now);
	if (m.next == HOST_FIXED && was != HOST_FIXED) {
		host_static_begin(h, x, now);
		tell(h, x, HOST_HAP_LEARNED, NULL, now);
	}
	if (acts & HOST_ACT_UP)
		host_up(h, x, now);
	settle(h, x, acts, now);
	report(h, x, what, acts, was, now);
	if (acts & HOST_ACT_ASK)
		ask(h, x, ev, now);
	if (host_state_counts(was) && !host_state_counts(x->state))
		host_sibling_lost(h, x, now);
	if (acts & HOST_ACT_FORGET)
		host_free(h, x);
	else if (x->state == HOST_LOCAL && was != HOST_LOCAL && host_dup_reached(x, now))
		host_step(h, x, HOST_EV_TOO_MANY, NULL, now);
}

static enum host_ev unanswered(const struct host *x, int64_t age_ms, struct mono now)
{
	if (x->tries < HOST_PROBES)
		return HOST_EV_UNANSWERED;
	if (x->state == HOST_REFRESH && mono_ms_since(now, x->last_seen) < age_ms)
		return HOST_EV_PATIENCE;
	if (x->state == HOST_PROBING && x->flags & HOST_F_ONCE)
		return HOST_EV_PATIENCE;
	return HOST_EV_SPENT;
}

static void state_timer(struct hosts *h, struct host *x, struct mono now)
{
	int64_t age = host_place_of(h, x)->net->cfg.age_ms;

	if (!host_word_lasts(h, x, now) && host_is_local(x)) {
		host_step(h, x, HOST_EV_DETACHED, NULL, now);
		return;
	}
	switch ((enum host_state)x->state) {
	case HOST_LOCAL:
		if (heard(h, x))
			host_step(h, x, HOST_EV_SEEN, NULL, now);
		else if (mono_ms_since(now, x->last_seen) <
		         age * (100 - HOST_JITTER_PERCENT) / 300)
			arm_age(h, x, now); /* it spoke to us since */
		else
			host_step(h, x, HOST_EV_IDLE, NULL, now);
		break;
	case HOST_REFRESH:
	case HOST_CONTESTED:
		host_step(h, x, heard(h, x) ? HOST_EV_SEEN : unanswered(x, age, now),
		          NULL, now);
		break;
	case HOST_PROBING:
		host_step(h, x,
		          host_of_fib(x) && heard(h, x) ? HOST_EV_SEEN
		                                        : unanswered(x, age, now),
		          NULL, now);
		break;
	case HOST_PAST:
		host_step(h, x,
		          x->tries < HOST_REPAIRS ? HOST_EV_UNANSWERED : HOST_EV_SPENT,
		          NULL, now);
		break;
	case HOST_DUPLICATE:
		if (mono_reached(now, x->story->thaw_at))
			host_step(h, x, host_dup_over(x), NULL, now);
		else
			arm(h, x, x->story->thaw_at, now);
		break;
	case HOST_ABSENT:
	case HOST_FIXED:
	case HOST_STATE_END: break;
	}
}

void host_timer(struct hosts *h, struct host *x, struct mono now)
{
	if (x->flags & HOST_F_DAMPED && !damped_ms(x, now)) {
		host_up(h, x, now);
		if (x->state == HOST_LOCAL)
			arm_age(h, x, now);
		else if (x->state == HOST_DUPLICATE)
			arm(h, x, x->story->thaw_at, now);
		else if (x->state == HOST_FIXED)
			arm(h, x, MONO_NEVER, now);
		else if (!(x->flags & HOST_F_WAIT))
			arm(h, x, mono_add_ms(now, probe_gap_ms(x)), now);
		else
			probe_now(h, x, now);
		x->flags &= (uint8_t)~HOST_F_WAIT;
		return;
	}
	if (x->flags & HOST_F_WAIT) {
		x->flags &= (uint8_t) ~(HOST_F_WAIT | HOST_F_HELD);
		probe_now(h, x, now);
		return;
	}
	state_timer(h, x, now);
}
