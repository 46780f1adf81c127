/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bgp/bgp_int.h"

/*
 * When a neighbor is tried again.
 *
 * A line that breaks is nobody's fault: both connections wait again at once, or a PE
 * whose daemon was restarted would stand before a closed door.  What costs is a fault of
 * the protocol, for its cause will most likely be there a second later: IdleHoldTimer
 * (RFC 4271 8.1.1, DampPeerOscillations) starts at a second and doubles with each fault,
 * until a good session forgives.  Meanwhile nobody is let in, so a neighbor that keeps
 * sending the same poison costs us little.  A neighbor that closed with CEASE knows best
 * when it wants us back: we do not call, but it may.
 */
enum rest {
	REST_NONE, /* nobody */
	REST_OURS, /* we do not call */
	REST_BOTH, /* and let nobody in */
};

/* A line that breaks every other second is not a line. */
static bool loss_is_free(struct bgp_peer *p)
{
	struct mono now = p->bgp->now;

	if (mono_reached(now, p->losses))
		p->losses = now;
	if (mono_ms_since(p->losses, now) > BGP_LOSS_BURST * BGP_LOSS_EVERY_S * 1000)
		return false;
	p->losses = mono_add_ms(p->losses, BGP_LOSS_EVERY_S * 1000);
	return true;
}

static enum rest rest_after(struct bgp_peer *p, enum bgp_fsm_event ev,
                            const struct bgp_fault *why)
{
	switch (ev) {
	case BGP_EV_TCP_FAILED:
	case BGP_EV_HOLD:
	case BGP_EV_SEND_HOLD: return loss_is_free(p) ? REST_NONE : REST_BOTH;
	case BGP_EV_NOTIFIED: return why->code == BGP_ERR_CEASE ? REST_OURS : REST_BOTH;
	default: return REST_BOTH;
	}
}

static int64_t idle_s(const struct bgp_peer *p)
{
	int64_t s = BGP_IDLE_MIN_S;

	for (uint32_t i = 0; i < p->failures && s < BGP_IDLE_MAX_S; i++)
		s *= 2;
	return s < BGP_IDLE_MAX_S ? s : BGP_IDLE_MAX_S;
}

void bgp_backoff(struct bgp_peer *p, enum bgp_fsm_event ev, const struct bgp_fault *why)
{
	enum rest rest = rest_after(p, ev, why);
	int64_t s = idle_s(p), minutes = BGP_IDLE_PREFIXES_MIN;

	if (p->cfg.limit.restart_set)
		minutes = p->cfg.limit.restart_min;

	p->tries = 0;
	if (p->overflowed) {
		bgp_conn_event(&p->conn[0], BGP_EV_STOP, NULL);
		bgp_conn_event(&p->conn[1], BGP_EV_STOP, NULL);
		if (minutes)
			bgp_arm(p->bgp, &p->idle, minutes * 60000);
		return;
	}
	if (rest != REST_NONE)
		p->failures++;
	for (int i = 0; i < 2; i++) {
		if (bgp_conn_alive(&p->conn[i]))
			return; /* the other one may still make it */
	}
	if (rest == REST_NONE) {
		bgp_peer_start(p);
		return;
	}
	bgp_conn_event(&p->conn[0], BGP_EV_STOP, NULL);
	bgp_conn_event(&p->conn[1], BGP_EV_STOP, NULL);
	bgp_arm_jittered(p->bgp, &p->idle, s * 1000);
	if (rest == REST_OURS)
		bgp_conn_event(&p->conn[1], BGP_EV_START_PASSIVE, NULL);
}

static bool heard_all(const struct bgp_peer *p)
{
	for (int afi = AFI_IP4; afi <= AFI_IP6; afi++) {
		if (p->af[afi].on && !p->af[afi].eor_seen)
			return false;
	}
	return true;
}

void bgp_backoff_forgive(struct bgp_peer *p)
{
	int64_t need = heard_all(p) ? BGP_STABLE_EOR_S : BGP_STABLE_S;

	if (mono_ms_since(p->bgp->now, p->since) >= need * 1000)
		p->failures = 0;
}

void bgp_backoff_settle(struct bgp_peer *p)
{
	if (p->shutdown || p->overflowed)
		return;
	/* It lost a collision, and the winner is gone: wait again, or a neighbor that can
	 * be reached no more but reaches us would be refused for good. */
	if (p->conn[1].state == BGP_IDLE && !heap_armed(&p->idle.node) &&
	    (p->conn[0].state == BGP_CONNECT || p->conn[0].state == BGP_ACTIVE))
		bgp_conn_event(&p->conn[1], BGP_EV_START_PASSIVE, NULL);
	if (p->conn[0].state == BGP_IDLE && !bgp_conn_alive(&p->conn[1]) &&
	    !heap_armed(&p->idle.node))
		bgp_arm_jittered(p->bgp, &p->idle, BGP_IDLE_MIN_S * 1000);
}

/* Once a second for a while, so that a neighbor that is restarted is found at once, then
 * 2, 4 … seconds up to ConnectRetryTime. */
void bgp_backoff_retry(struct bgp_conn *c)
{
	struct bgp_peer *p = c->peer;
	int64_t s = BGP_RETRY_MIN_S;

	if (!c->outgoing || p->cfg.passive)
		return;
	for (uint32_t i = BGP_RETRY_QUICK; i < p->tries && s < p->cfg.connect_retry_s;
	     i++)
		s *= 2;
	if (s > p->cfg.connect_retry_s && p->cfg.connect_retry_s)
		s = p->cfg.connect_retry_s;
	p->tries++;
	bgp_arm_jittered(p->bgp, &c->retry, s * 1000);
}
