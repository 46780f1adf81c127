/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bgp/bgp_int.h"
#include "bgp/bgp_rtc.h"

/*
 * Graceful restart (RFC 4724) and its extension to sessions that end with a NOTIFICATION
 * (RFC 8538), in both roles.
 *
 * A neighbor restarts: its routes stay, marked stale, for as long as it asked for.  Back
 * again, it must vouch in its OPEN that it still forwards; what it has not said again by
 * its End-of-RIB goes.
 *
 * We restart: our OPEN says so.  A reflector tells nobody anything before it has heard
 * everybody, as its best paths would come and go meanwhile; a PE whose hosts are still
 * being verified holds back its End-of-RIB (bgp_eor_hold), for that is what makes others
 * drop routes we have not repeated.
 */

static uint32_t our_families(const struct bgp_peer *p)
{
	return bgp_family_bit(BGP_VPN4) | bgp_family_bit(BGP_VPN6) |
	       (bgp_rtc_offered(p) ? bgp_family_bit(BGP_RTC) : 0);
}

void bgp_restart_caps(const struct bgp_peer *p, struct bgp_caps *ret)
{
	const struct bgp *b = p->bgp;

	if (p->cfg.gr.mode == BGP_GR_DISABLED)
		return;
	ret->gr.present = true;
	ret->gr.notification = true;
	ret->gr.restarted = !b->converged;
	if (p->cfg.gr.mode == BGP_GR_HELPER) {
		bgp_llgr_caps(p, ret);
		return; /* no family: nothing of ours is to be kept (RFC 4724 4) */
	}
	ret->gr.time =
		p->cfg.gr.restart_time_s ? p->cfg.gr.restart_time_s : BGP_RESTART_S;
	ret->gr.families = our_families(p);
	/* A session lost by a daemon that lives on lost no forwarding state (RFC 8538 4).
	 */
	ret->gr.forwarding = b->cfg.preserved || p->ups ? our_families(p) : 0;
	bgp_llgr_caps(p, ret);
}

/* Both sides keep routes over a NOTIFICATION (RFC 8538 4). */
static bool both_notify(const struct bgp_conn *c)
{
	return c->open_seen && c->open.caps.gr.present && c->open.caps.gr.notification &&
	       c->peer->cfg.gr.mode != BGP_GR_DISABLED;
}

/* RFC 8538 5.1: what is meant to last ends the session for good. */
static bool is_lasting(const struct bgp_fault *f)
{
	switch (f->code == BGP_ERR_CEASE ? f->subcode : 0) {
	case BGP_CEASE_MAX_PREFIXES:
	case BGP_CEASE_SHUTDOWN:
	case BGP_CEASE_DECONFIGURED:
	case BGP_CEASE_HARD_RESET: return true;
	default: return false;
	}
}

bool bgp_restart_hard(const struct bgp_conn *c, const struct bgp_fault *f)
{
	return both_notify(c) && (is_lasting(f) || c->peer->hard);
}

bool bgp_restart_keeps(const struct bgp_conn *c, enum bgp_fsm_event ev,
                       const struct bgp_fault *f)
{
	if (!c->open.caps.gr.present || c->peer->cfg.gr.mode == BGP_GR_DISABLED)
		return false;
	if (ev == BGP_EV_TCP_FAILED)
		return true; /* RFC 4724 4.2 */
	if (!both_notify(c))
		return false;
	if (ev == BGP_EV_NOTIFIED) /* whatever else it says */
		return f->code != BGP_ERR_CEASE || f->subcode != BGP_CEASE_HARD_RESET;
	return !is_lasting(f) && !c->peer->hard;
}

/* --- a neighbor restarts -------------------------------------------------------------
 */

static void arm_stale(struct bgp_peer *p, enum afi afi, int64_t seconds)
{
	struct bgp_peer_af *af = &p->af[afi];
	int64_t ms = mono_ms_since(af->stale_until, p->bgp->now);

	bgp_arm(p->bgp, &af->sweep, seconds * 1000 < ms ? seconds * 1000 : ms);
}

static void family_lost(struct bgp_conn *c, enum afi afi)
{
	struct bgp_peer *p = c->peer;
	struct bgp_peer_af *af = &p->af[afi];
	bool listed = c->open.caps.gr.families & bgp_family_bit(bgp_vpn_family(afi));
	int64_t s = listed ? c->open.caps.gr.time : 0;

	if (af->restarting && !both_notify(c)) {
		/* What was stale already had its chance (RFC 4724 4.2); RFC 8538 4.1 lets
		 * it wait for the next session, within bounds. */
		bgp_peer_sweep(p, afi);
	}
	if (!af->restarting)
		af->stale_until = mono_add_ms(p->bgp->now, (s + BGP_STALE_S) * 1000);
	bgp_peer_stale(p, afi);
	af->restarting = true;
	af->llgr_s = bgp_llgr_time(c, afi);
	if (!s && bgp_llgr_begin(p, afi))
		return;
	arm_stale(p, afi, s);
}

void bgp_restart_lost(struct bgp_conn *c, bool keep)
{
	const struct bgp_caps *caps = &c->open.caps;
	bool rtc = keep && caps->gr.families & bgp_family_bit(BGP_RTC);

	bgp_rtc_down(c->peer, rtc ? (caps->gr.time ? caps->gr.time : 1) : 0);
	for (int afi = AFI_IP4; afi <= AFI_IP6; afi++) {
		uint32_t bit = bgp_family_bit(bgp_vpn_family(afi));

		if (keep && (c->open.caps.gr.families & bit || bgp_llgr_time(c, afi)))
			family_lost(c, afi);
		else
			bgp_peer_drop(c->peer, afi);
	}
}

/* Routes kept for a restart that its new OPEN does not vouch for are dropped at once
 * (RFC 4724 4.2).  For the others the restart time was that of coming back; now they have
 * until End-of-RIB, or as long as anything may be stale. */
void bgp_restart_back(struct bgp_conn *c)
{
	const struct bgp_caps *caps = &c->open.caps;
	struct bgp_peer *p = c->peer;
	struct bgp *b = p->bgp;

	for (int afi = AFI_IP4; afi <= AFI_IP6; afi++) {
		uint32_t bit = bgp_family_bit(bgp_vpn_family(afi));

		bool vouches = p->af[afi].long_lived
		                       ? bgp_llgr_vouches(c, afi)
		                       : caps->gr.families & caps->gr.forwarding & bit;

		bgp_llgr_finish(p, afi);
		if (!p->af[afi].on || !caps->gr.present || !vouches)
			bgp_peer_sweep(p, afi);
		else if (p->af[afi].stale)
			arm_stale(p, afi, BGP_STALE_S);
	}
	/* Nobody keeps routes of ours who does not know how. */
	if (b->cfg.defer_selection && !b->selected && caps->gr.present)
		b->deferring = true;
}

/* Its time is over; there may be a longer one behind it. */
void bgp_restart_over(struct bgp_peer *p, enum afi afi)
{
	if (!bgp_llgr_begin(p, afi))
		bgp_peer_sweep(p, afi);
}

/* --- we have restarted ---------------------------------------------------------------
 */

static bool is_awaited(const struct bgp_peer *p, bool connecting)
{
	const struct bgp_caps *caps = p->up ? &p->up->open.caps : NULL;

	if (p->shutdown || p->overflowed)
		return false;
	if (!caps)
		return connecting && !p->ups;
	if (!caps->gr.present || caps->gr.restarted)
		return false; /* it has none, or waits for us */
	for (int afi = AFI_IP4; afi <= AFI_IP6; afi++) {
		if (p->af[afi].on && !p->af[afi].eor_seen)
			return true;
	}
	return false;
}

static void select_now(struct bgp *b)
{
	b->deferring = false;
	b->selected = true;
	bgp_disarm(b, &b->defer);
	bgp_rtc_recheck(b->rtc);
	bgp_wake(b);
}

void bgp_restart_check(struct bgp *b)
{
	bool connecting =
		mono_ms_since(b->now, b->started_at) < BGP_DEFER_CONNECT_S * 1000;

	if (!b->deferring)
		return;
	bgp_rtc_recheck(b->rtc);
	list_for(p, &b->peers, struct bgp_peer, link) {
		if (is_awaited(p, connecting))
			return;
	}
	select_now(b);
}

static void defer_due(struct bgp_timer *t, struct mono now)
{
	struct bgp *b = container_of(t, struct bgp, defer);
	int64_t left = BGP_DEFER_S * 1000 - mono_ms_since(now, b->started_at);

	if (left <= 0) {
		select_now(b);
		return;
	}
	bgp_arm(b, t, left);
	bgp_restart_check(b);
}

void bgp_restart_init(struct bgp *b)
{
	b->defer.fire = defer_due;
	b->started_at = b->now;
	if (b->cfg.defer_selection)
		bgp_arm(b, &b->defer, BGP_DEFER_CONNECT_S * 1000);
}

bool bgp_restart_may_send(const struct bgp *b)
{
	return !b->deferring;
}

void bgp_eor_hold(struct bgp *b)
{
	b->eor_held = true;
}

void bgp_eor_release(struct bgp *b, struct mono now)
{
	b->now = now;
	b->eor_held = false;
	list_for(p, &b->peers, struct bgp_peer, link) {
		for (int afi = AFI_IP4; afi <= AFI_IP6; afi++) {
			if (p->af[afi].tx.cohort)
				bgp_group_due(p->af[afi].tx.cohort);
		}
	}
	bgp_wake(b);
}

void bgp_leave(struct bgp *b)
{
	b->leaving = true;
}
