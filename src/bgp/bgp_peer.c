/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stdio.h>

#include "base/mem.h"
#include "bgp/bgp_config.h"
#include "bgp/bgp_dyn.h"
#include "bgp/bgp_int.h"
#include "bgp/bgp_rtc.h"

/*
 * A neighbor.  Both of its connections run the same machine; the first opens (unless the
 * peer is passive), the second waits to be opened to.  At most one becomes Established:
 * RFC 4271 6.8 decides in OpenConfirm, and going up stops the other.
 */

static void idle_over(struct bgp_timer *t, struct mono now)
{
	struct bgp_peer *p = container_of(t, struct bgp_peer, idle);

	p->overflowed = false;
	bgp_peer_start(p);
}

static void sweep_due(struct bgp_timer *t, struct mono now)
{
	struct bgp_peer_af *af = container_of(t, struct bgp_peer_af, sweep);

	bgp_restart_over(af->peer, af == &af->peer->af[AFI_IP4] ? AFI_IP4 : AFI_IP6);
}

void bgp_peer_complete(const struct bgp *b, struct bgp_peer_config *cfg)
{
	if (cfg->source.afi == AFI_NONE && b->cfg.source.afi == cfg->address.afi)
		cfg->source = b->cfg.source;
	if (!cfg->port)
		cfg->port = BGP_PORT;
}

struct bgp_peer *bgp_peer_new(struct bgp *b, const struct bgp_peer_config *cfg)
{
	struct bgp_peer *p = mem_new(struct bgp_peer);
	struct rib_source src;

	p->bgp = b;
	bgp_config_copy(&p->cfg, cfg);
	bgp_peer_complete(b, &p->cfg);
	snprintf(p->shutdown_text, sizeof(p->shutdown_text), "%s",
	         cfg->shutdown_message ? cfg->shutdown_message : "");
	p->shutdown = cfg->shutdown;
	p->ebgp = cfg->as != b->cfg.as;
	p->since = b->now;
	p->idle.fire = idle_over;
	list_init(&p->push_link);
	list_init(&p->sweep_link);
	for (int afi = AFI_IP4; afi <= AFI_IP6; afi++) {
		p->af[afi].peer = p;
		p->af[afi].sweep.fire = sweep_due;
	}
	bgp_conn_init(&p->conn[0], p, true);
	bgp_conn_init(&p->conn[1], p, false);

	src = (struct rib_source){
		.ebgp = p->ebgp,
		.client = cfg->client,
		.address = cfg->address,
	};
	p->source = rib_source_add(b->cfg.rib, &src);
	bgp_rtc_peer_new(p);
	return p;
}

void bgp_peer_free(struct bgp_peer *p)
{
	bgp_rtc_peer_free(p);
	list_del(&p->link);
	rib_source_del(p->bgp->cfg.rib, p->source);
	list_del(&p->push_link);
	list_del(&p->sweep_link);
	bgp_conn_fini(&p->conn[0]);
	bgp_conn_fini(&p->conn[1]);
	bgp_config_fini(&p->cfg);
	buf_fini(&p->malformed);
	free(p);
}

/* A million routes of a neighbor that was removed are those of one that was lost. */
static bool has_routes(const struct bgp_peer *p)
{
	return p->af[AFI_IP4].sweeping || p->af[AFI_IP6].sweeping;
}

void bgp_peer_retire(struct bgp_peer *p)
{
	if (!has_routes(p)) {
		bgp_peer_free(p);
		return;
	}
	p->retired = true;
	list_add_tail(&p->bgp->retired, &p->link);
}

void bgp_peer_start(struct bgp_peer *p)
{
	if (p->shutdown || p->overflowed)
		return;
	bgp_conn_event(&p->conn[0], p->cfg.passive ? BGP_EV_START_PASSIVE : BGP_EV_START,
	               NULL);
	bgp_conn_event(&p->conn[1], BGP_EV_START_PASSIVE, NULL);
}

void bgp_peer_stop(struct bgp_peer *p, const struct bgp_fault *why)
{
	bgp_conn_event(&p->conn[0], BGP_EV_STOP, why);
	bgp_conn_event(&p->conn[1], BGP_EV_STOP, why);
	bgp_disarm(p->bgp, &p->idle);
	for (int afi = AFI_IP4; afi <= AFI_IP6; afi++)
		bgp_peer_sweep(p, afi); /* what a restart kept */
	bgp_rtc_stop(p);
}

enum bgp_state bgp_peer_state(const struct bgp_peer *p)
{
	if (bgp_conn_alive(&p->conn[1]) && p->conn[1].state > p->conn[0].state)
		return p->conn[1].state;
	return p->conn[0].state;
}

void bgp_peer_error(struct bgp_peer *p, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(p->last_error, sizeof(p->last_error), fmt, ap);
	va_end(ap);
	p->last_error_at = p->bgp->now;
}

/* --- session up and down -------------------------------------------------------------
 */

void bgp_peer_up(struct bgp_conn *c)
{
	struct bgp_peer *p = c->peer;
	const struct bgp_caps *caps = &c->open.caps;
	struct bgp_fault why;

	p->up = c;
	p->since = p->bgp->now;
	p->ups++;
	p->tries = 0;
	p->source->router_id = c->open.router_id;
	bgp_notification_fault(&why, BGP_ERR_CEASE, BGP_CEASE_COLLISION, NULL, 0);
	bgp_conn_event(bgp_conn_other(c), BGP_EV_STOP, &why);
	bgp_disarm(p->bgp, &p->idle);
	bgp_disarm(p->bgp, &p->forget);
	for (int afi = AFI_IP4; afi <= AFI_IP6; afi++) {
		struct bgp_peer_af *af = &p->af[afi];

		bgp_peer_sweep_now(p, afi); /* of the session before */
		af->on = caps->families & bgp_family_bit(bgp_vpn_family(afi));
		af->disabled = af->eor_seen = af->eor_sent = false;
		af->eorr_due = af->refresh_again = false;
	}
	bgp_restart_back(c);
	bgp_rtc_up(p);
	bgp_say(p, "up", NULL);
	bgp_tap_up(c);
	bgp_restart_check(p->bgp);
	bgp_tx_begin(p);
}

/* The session is gone.  Its routes too, except those a restarting peer asked us to keep.
 */
void bgp_peer_down(struct bgp_conn *c, bool keep_stale)
{
	struct bgp_peer *p = c->peer;

	bgp_backoff_forgive(p);
	bgp_tap_down(c);
	p->up = NULL;
	p->since = p->bgp->now;
	bgp_tx_end(p);
	bgp_restart_lost(c, keep_stale);
	for (int afi = AFI_IP4; afi <= AFI_IP6; afi++)
		p->af[afi].on = false;
	bgp_dyn_down(p);
	bgp_say(p, "down", p->last_error[0] ? p->last_error : NULL);
	bgp_restart_check(p->bgp);
}

void bgp_peer_eor(struct bgp_peer *p, enum afi afi)
{
	struct bgp_peer_af *af = &p->af[afi];

	if (!af->eor_seen) {
		af->eor_seen = true;
		bgp_say(p, "end-of-rib", bgp_family_name(bgp_vpn_family(afi)));
	}
	if (af->stale)
		bgp_peer_sweep(p, afi);
	for (int a = AFI_IP4; a <= AFI_IP6; a++) {
		if (p->af[a].on && !p->af[a].eor_seen)
			return;
	}
	p->converged = true;
	bgp_converge_check(p->bgp);
	bgp_restart_check(p->bgp);
}

void bgp_peer_stale(struct bgp_peer *p, enum afi afi)
{
	bgp_peer_sweep_now(p, afi);
	rib_source_mark_stale(p->bgp->cfg.rib, p->source, afi);
	p->af[afi].stale = true;
}

/*
 * A lost neighbor may leave a million routes.  Taking them out at once would keep hosts
 * and other neighbors waiting for the better part of a second, so it is done in steps,
 * between which everybody gets a turn.
 */
static void sweep_some(struct bgp_peer *p, enum afi afi)
{
	struct bgp_peer_af *af = &p->af[afi];

	af->sweeping = rib_source_sweep_step(p->bgp->cfg.rib, p->source, afi,
	                                     &af->sweep_pos, BGP_SWEEP_BATCH);
	if (af->sweeping && !list_linked(&p->sweep_link))
		list_add_tail(&p->bgp->sweeping, &p->sweep_link);
}

void bgp_peer_sweep_step(struct bgp_peer *p)
{
	for (int afi = AFI_IP4; afi <= AFI_IP6; afi++) {
		if (p->af[afi].marking)
			bgp_llgr_step(p, afi);
		if (p->af[afi].sweeping)
			sweep_some(p, afi);
	}
	if (p->retired && !has_routes(p))
		bgp_peer_free(p);
}

void bgp_peer_sweep_now(struct bgp_peer *p, enum afi afi)
{
	if (p->af[afi].sweeping)
		rib_source_sweep(p->bgp->cfg.rib, p->source, afi);
	p->af[afi].sweeping = false;
}

void bgp_peer_sweep(struct bgp_peer *p, enum afi afi)
{
	struct bgp_peer_af *af = &p->af[afi];

	bgp_disarm(p->bgp, &af->sweep);
	if (af->marking) /* half of it looks fresh */
		rib_source_mark_stale(p->bgp->cfg.rib, p->source, afi);
	af->stale = af->restarting = af->long_lived = af->marking = false;
	af->sweep_pos = 0;
	sweep_some(p, afi);
}

void bgp_peer_drop(struct bgp_peer *p, enum afi afi)
{
	rib_source_mark_stale(p->bgp->cfg.rib, p->source, afi);
	bgp_peer_sweep(p, afi);
}
