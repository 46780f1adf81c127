/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bgp/bgp.h"

#include <errno.h>

#include "base/hash.h"
#include "base/mem.h"
#include "bgp/bgp_config.h"
#include "bgp/bgp_dyn.h"
#include "bgp/bgp_int.h"
#include "bgp/bgp_rtc.h"

/* --- timers and events ---------------------------------------------------------------
 */

void bgp_arm(struct bgp *b, struct bgp_timer *t, int64_t ms)
{
	heap_set(&b->timers, &t->node, mono_add_ms(b->now, ms));
}

/* RFC 4271 10: a factor of 0.75 to 1, drawn anew each time. */
void bgp_arm_jittered(struct bgp *b, struct bgp_timer *t, int64_t ms)
{
	uint64_t draw = hash_bytes(&b->jitter, sizeof(b->jitter));

	b->jitter++;
	bgp_arm(b, t, ms - ms * (int64_t)(draw % 1024) / 4096);
}

void bgp_disarm(struct bgp *b, struct bgp_timer *t)
{
	heap_del(&b->timers, &t->node);
}

void bgp_wake(struct bgp *b)
{
	if (b->io.wake)
		b->io.wake(b->io_arg);
}

void bgp_say(struct bgp_peer *p, const char *what, const char *why)
{
	const struct bgp_event ev = { .peer = p->cfg.address, .what = what, .why = why };

	if (p->bgp->hooks.event)
		p->bgp->hooks.event(p->bgp->hooks.arg, &ev);
}

/* --- convergence ---------------------------------------------------------------------
 */

static void converge_now(struct bgp *b)
{
	if (b->converged)
		return;
	b->converged = true;
	bgp_disarm(b, &b->converge);
	if (b->hooks.converged)
		b->hooks.converged(b->hooks.arg);
}

static void converge_timeout(struct bgp_timer *t, struct mono now)
{
	converge_now(container_of(t, struct bgp, converge));
}

void bgp_converge_check(struct bgp *b)
{
	list_for(p, &b->peers, struct bgp_peer, link) {
		if (!p->converged && (p->up || !p->dyn))
			return;
	}
	converge_now(b);
}

bool bgp_all_converged(const struct bgp *b)
{
	return b->converged;
}

static bool told_all(const struct bgp_peer *p)
{
	for (int a = AFI_IP4; a <= AFI_IP6; a++) {
		if (p->af[a].on && !p->af[a].eor_seen)
			return false;
	}
	return true;
}

void bgp_sessions(const struct bgp *b, size_t *ret_up, size_t *ret_told)
{
	*ret_up = *ret_told = 0;
	list_for(p, &b->peers, struct bgp_peer, link) {
		*ret_up += p->up != NULL;
		*ret_told += p->up && told_all(p);
	}
}

/* --- the speaker ---------------------------------------------------------------------
 */

struct bgp *bgp_new(const struct bgp_config *cfg, const struct bgp_io *io, void *io_arg,
                    const struct bgp_hooks *hooks)
{
	struct bgp *b = mem_new(struct bgp);

	b->cfg = *cfg;
	if (!b->cfg.cluster_id) /* RFC 4456 7 */
		b->cfg.cluster_id = cfg->router_id;
	b->io = *io;
	b->io_arg = io_arg;
	if (hooks)
		b->hooks = *hooks;
	b->jitter = (uint64_t)cfg->router_id << 32;
	b->batch = bgp_batch_new();
	b->tx_limits = (struct bgp_tx_limits){ BGP_TX_HIGH, BGP_TX_LOW, BGP_TX_LAG,
		                               BGP_TX_TURN };
	b->converge.fire = converge_timeout;
	list_init(&b->peers);
	list_init(&b->groups);
	list_init(&b->retired);
	list_init(&b->dyns);
	b->dynamic_max = BGP_DYNAMIC_MAX;
	list_init(&b->tx_due);
	list_init(&b->tx_push);
	list_init(&b->sweeping);
	list_init(&b->taps);
	b->rtc = bgp_rtc_new(b);
	return b;
}

struct bgp_peer *bgp_peer_find(const struct bgp *b, const struct ip *address)
{
	hmap_for_key(n, &b->by_address, hash_bytes(address, sizeof(*address))) {
		struct bgp_peer *p = container_of(n, struct bgp_peer, by_address);

		if (ip_eq(&p->cfg.address, address))
			return p;
	}
	return NULL;
}

void bgp_peer_remove(struct bgp_peer *p, enum bgp_cease sub)
{
	struct bgp *b = p->bgp;
	struct bgp_fault why;

	bgp_notification_fault(&why, BGP_ERR_CEASE, (uint8_t)sub, NULL, 0);
	bgp_peer_stop(p, &why);
	if (b->io.peer_removed && !p->dyn)
		b->io.peer_removed(b->io_arg, &p->cfg);
	bgp_dyn_gone(p);
	hmap_del(&b->by_address, &p->by_address);
	list_del(&p->link);
	bgp_peer_retire(p);
}

void bgp_free(struct bgp *b)
{
	if (!b)
		return;
	b->hooks = (struct bgp_hooks){ 0 };
	list_for_safe(p, &b->peers, struct bgp_peer, link)
		bgp_peer_remove(p, BGP_CEASE_SHUTDOWN);
	list_for_safe(p, &b->retired, struct bgp_peer, link)
		bgp_peer_free(p);
	bgp_dyn_fini(b);
	bgp_disarm(b, &b->converge);
	bgp_rtc_free(b->rtc);
	bgp_disarm(b, &b->defer);
	must(!b->timers.count && list_empty(&b->taps));
	heap_fini(&b->timers);
	hmap_fini(&b->by_address);
	must(list_empty(&b->groups));
	bgp_batch_free(b->batch);
	free(b);
}

void bgp_start(struct bgp *b)
{
	if (b->started)
		return;
	b->started = true;
	bgp_arm(b, &b->converge, BGP_CONVERGE_S * 1000);
	bgp_restart_init(b);
}

struct bgp_peer *bgp_peer_insert(struct bgp *b, const struct bgp_peer_config *cfg,
                                 struct bgp_dyn *dyn, struct list *before)
{
	struct bgp_peer *p = bgp_peer_new(b, cfg);

	hmap_add(&b->by_address, &p->by_address,
	         hash_bytes(&cfg->address, sizeof(cfg->address)));
	list_add_tail(before ? before : &b->peers, &p->link);
	if (dyn)
		bgp_dyn_join(p, dyn);
	else if (b->io.peer_added)
		b->io.peer_added(b->io_arg, &p->cfg);
	bgp_peer_start(p);
	return p;
}

int bgp_peer_check(const struct bgp *b, const struct bgp_peer_config *cfg)
{
	int r = bgp_config_check(cfg);

	return !r && b->io.peer_check ? b->io.peer_check(b->io_arg, cfg) : r;
}

int bgp_peer_add(struct bgp *b, const struct bgp_peer_config *cfg, struct mono now)
{
	int r = bgp_peer_check(b, cfg);
	struct bgp_peer *p;

	if (r < 0)
		return r;
	b->now = now;
	bgp_start(b);
	p = bgp_peer_find(b, &cfg->address);
	if (p && !p->dyn)
		return -EEXIST;
	if (p) /* it is configured now */
		bgp_peer_remove(p, BGP_CEASE_CONFIG_CHANGE);
	bgp_peer_insert(b, cfg, NULL, NULL);
	bgp_wake(b);
	return 0;
}

/* Replace what a neighbor is told to be; its secrets, which others borrow, are equal. */
static void take_config(struct bgp_peer *p, const struct bgp_peer_config *cfg)
{
	struct bgp_peer_config new, old = p->cfg;

	bgp_config_copy(&new, cfg);
	p->cfg = new;
	p->cfg.password = old.password;
	p->cfg.ao.key = old.ao.key;
	old.password = new.password;
	old.ao.key = new.ao.key;
	bgp_config_fini(&old);
}

/* Its attempts to connect follow the old words: begin anew with those of now.  One that
 * rests for its many prefixes makes none, and the timer that ends that has to stay. */
static void dial_again(struct bgp_peer *p)
{
	if (p->up || p->overflowed)
		return;
	bgp_conn_event(&p->conn[0], BGP_EV_STOP, NULL);
	bgp_conn_event(&p->conn[1], BGP_EV_STOP, NULL);
	bgp_disarm(p->bgp, &p->idle);
	bgp_peer_start(p);
}

bool bgp_peer_alter(struct bgp_peer *p, const struct bgp_peer_config *cfg)
{
	struct bgp *b = p->bgp;
	struct bgp_dyn *dyn = p->dyn;
	struct list *next = p->link.next;
	struct bgp_peer_config new = *cfg;
	enum bgp_config_effect e;
	bool shut;

	bgp_peer_complete(b, &new);
	e = bgp_config_compare(&p->cfg, &new);
	if (e == BGP_CONFIG_SAME)
		return false;
	if (e == BGP_CONFIG_RESET) {
		bgp_peer_remove(p, BGP_CEASE_CONFIG_CHANGE);
		bgp_peer_insert(b, &new, dyn, next);
		return true;
	}
	shut = new.shutdown != p->cfg.shutdown;
	take_config(p, &new);
	if (shut && new.shutdown)
		bgp_peer_shutdown(b, &new.address, new.shutdown_message, b->now);
	else if (shut)
		bgp_peer_unshut(b, &new.address, b->now);
	else if (e == BGP_CONFIG_DIAL)
		dial_again(p);
	return false;
}

int bgp_peer_change(struct bgp *b, const struct bgp_peer_config *cfg, struct mono now,
                    bool *ret_reset)
{
	struct bgp_peer *p = bgp_peer_find(b, &cfg->address);
	int r;

	if (!p || p->dyn)
		return -ENOENT;
	r = bgp_peer_check(b, cfg);
	if (r < 0)
		return r;
	b->now = now;
	*ret_reset = bgp_peer_alter(p, cfg);
	bgp_wake(b);
	return 0;
}

int bgp_peer_del(struct bgp *b, const struct ip *address, struct mono now)
{
	struct bgp_peer *p = bgp_peer_find(b, address);

	if (!p || p->dyn)
		return -ENOENT;
	b->now = now;
	bgp_peer_remove(p, BGP_CEASE_DECONFIGURED);
	bgp_converge_check(b);
	bgp_restart_check(b);
	bgp_wake(b);
	return 0;
}

void bgp_refresh_all(struct bgp *b, struct mono now)
{
	b->now = now;
	list_for(p, &b->peers, struct bgp_peer, link) {
		bgp_tx_ask(p, AFI_IP4);
		bgp_tx_ask(p, AFI_IP6);
	}
	bgp_wake(b);
}

/*
 * A connection from outside.  It goes to the peer's second slot, whose machine waits in
 * Active; in Idle it is refused (RFC 4271 8.2.2).  A peer that restarts keeping its
 * forwarding state comes back while we still believe in its old session: the new
 * connection is the proof that the old one is gone (RFC 4724 5).
 */
struct bgp_conn *bgp_accepted(struct bgp *b, const struct ip *from,
                              const struct ip *local, void *handle, struct mono now)
{
	struct bgp_peer *p = bgp_peer_find(b, from);
	struct bgp_conn *c;

	b->now = now;
	if (!p)
		p = bgp_dyn_make(b, from);
	if (!p) {
		b->refused_unknown++;
		return NULL;
	}
	c = &p->conn[1];
	if (p->up && p->up->open.caps.gr.present && p->up->open.caps.gr.families) {
		bgp_peer_error(p, "the peer restarted and connected again");
		bgp_conn_event(p->up, BGP_EV_TCP_FAILED, NULL);
		bgp_disarm(b, &p->idle);
		bgp_peer_start(p);
	} else if (c->handle && !p->up) {
		/* Its earlier attempt is worth less than its latest. */
		bgp_conn_event(c, BGP_EV_TCP_FAILED, NULL);
		bgp_conn_event(c, BGP_EV_START_PASSIVE, NULL);
	}
	if (c->state != BGP_ACTIVE || c->handle) {
		p->refused++;
		if (mono_reached(now, p->refused_quiet)) {
			bgp_say(p, "refused",
			        p->up ? "there is a session" : "backing off");
			p->refused_quiet = mono_add_ms(now, BGP_SAY_EVERY_S * 1000);
		}
		return NULL;
	}
	c->handle = handle;
	c->local = *local;
	bgp_conn_event(c, BGP_EV_CONNECTED, NULL);
	bgp_wake(b);
	return c->handle == handle ? c : NULL;
}

struct mono bgp_deadline(const struct bgp *b)
{
	if ((!list_empty(&b->tx_due) && bgp_restart_may_send(b)) ||
	    !list_empty(&b->sweeping) || !list_empty(&b->rtc->due))
		return (struct mono){ 0 };
	return heap_next(&b->timers);
}

void bgp_run(struct bgp *b, struct mono now)
{
	struct heap_node *n;
	struct list due;

	b->now = now;
	while ((n = heap_due(&b->timers, now))) {
		struct bgp_timer *t = container_of(n, struct bgp_timer, node);

		t->fire(t, now);
	}

	/* What comes due meanwhile waits for the next turn, so that this one ends. */
	list_take_all(&due, &b->sweeping);
	while (!list_empty(&due)) {
		struct bgp_peer *p = list_first(&due, struct bgp_peer, sweep_link);

		list_del(&p->sweep_link);
		bgp_peer_sweep_step(p);
	}
	bgp_rtc_run(b->rtc);
	bgp_tx_run(b);
	bgp_wake(b);
}
