/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ha/ha.h"

#include "base/hash.h"
#include "ha/ha_int.h"

/*
 * Groups, their timers, and what a step of the state machine does.
 *
 * Beyond RFC 5798: a group preempts only when BGP has converged (a master without routes
 * is none), and while the core is out of reach, or an operator wants it, it is a backup
 * of the lowest priority: it leaves the addresses to anybody else, but not to nobody.
 *
 * Advertisements go by their own deadlines.  Announcements are many and wait in a queue
 * of their own, at a bounded rate, so that they can never make an advertisement late.
 */
enum {
	ASIDE_PRIORITY = 1,
	US_PER_CS = 10000,
	RIVALS = 4,              /* more than a loser sends before it has heard us */
	ASSERT_EVERY = 8,        /* of an interval, at most, against a rival */
	REFRESH_MS = 60000,      /* announcements are repeated for ever */
	LATE_US = 200000,        /* of a timer: no load of ours explains that */
	LISTEN_AGAIN_US = 50000, /* enough to read what waits */
	ANNOUNCE_LAG_US = 10000, /* bursts: what was not used that long is lost */
};

/* The first announcements may be lost while switches and bonds still sort themselves. */
static const int announce_after_ms[] = { 1000, 4000 };

static uint64_t ac_hash(uint16_t ac)
{
	return hash_bytes(&ac, sizeof(ac));
}

struct ha_key ha_key_of(const struct ha_group_config *cfg)
{
	return (struct ha_key){ .ac = cfg->ac,
		                .vrid = cfg->vrid,
		                .afi = cfg->vip[0].afi };
}

struct ha_group *ha_find(const struct ha *h, const struct ha_key *key)
{
	hmap_for_key(n, &h->groups, ac_hash(key->ac)) {
		struct ha_group *g = container_of(n, struct ha_group, by_ac);

		if (g->cfg.ac == key->ac && g->cfg.vrid == key->vrid &&
		    g->afi == key->afi)
			return g;
	}
	return NULL;
}

bool ha_is_master(const struct ha *h, const struct ha_key *key)
{
	const struct ha_group *g = ha_find(h, key);

	return g && g->state == HA_MASTER;
}

struct ha *ha_new(const struct ha_config *cfg, struct mono now)
{
	struct ha *h = mem_new(struct ha);

	h->ops = cfg->ops;
	h->arg = cfg->arg;
	h->random = cfg->seed | 1;
	h->waiting = h->latest = now;
	h->core_hold = MONO_NEVER;
	list_init(&h->all);
	return h;
}

static void group_free(struct ha *h, struct ha_group *g)
{
	heap_del(&h->timers, &g->timer);
	heap_del(&h->announcements, &g->announce);
	heap_del(&h->calms, &g->calm);
	hmap_del(&h->groups, &g->by_ac);
	list_del(&g->of_all);
	free((char *)(uintptr_t)g->cfg.name);
	free(g);
}

void ha_free(struct ha *h)
{
	if (!h)
		return;
	list_for_safe(g, &h->all, struct ha_group, of_all)
		group_free(h, g);
	heap_fini(&h->timers);
	heap_fini(&h->announcements);
	heap_fini(&h->calms);
	hmap_fini(&h->groups);
	free(h);
}

void ha_tell_event(struct ha *h, const struct ha_group *g, enum ha_happening what,
                   const struct ip *peer, const char *why)
{
	struct ha_event ev = { .what = what, .group = g ? &g->cfg : NULL, .why = why };

	if (peer)
		ev.peer = *peer;
	h->ops->event(h->arg, &ev);
}

/* ---- what is in force ------------------------------------------------------------- */

bool ha_aside(const struct ha *h, const struct ha_group *g)
{
	return g->told == HA_TOLD_BACKUP || (g->cfg.track_core && h->core_lost);
}

uint8_t ha_priority(const struct ha *h, const struct ha_group *g)
{
	return ha_aside(h, g) ? ASIDE_PRIORITY : g->cfg.priority;
}

bool ha_ready(const struct ha *h, const struct ha_group *g, struct mono now)
{
	return h->converged ||
	       mono_reached(now, mono_add_ms(h->waiting, g->cfg.preempt_delay_ms));
}

/* RFC 5798 6.1 */
int64_t ha_skew_us(const struct ha *h, const struct ha_group *g)
{
	return (int64_t)(256 - ha_priority(h, g)) * g->master_cs * US_PER_CS / 256;
}

int64_t ha_down_us(const struct ha *h, const struct ha_group *g)
{
	return 3 * (int64_t)g->master_cs * US_PER_CS + ha_skew_us(h, g);
}

/* Marsaglia's xorshift: enough to spread timers. */
static uint32_t draw(struct ha *h)
{
	h->random ^= h->random << 13;
	h->random ^= h->random >> 7;
	h->random ^= h->random << 17;
	return (uint32_t)(h->random >> 32);
}

/* ---- a step ----------------------------------------------------------------------- */

void ha_announce_soon(struct ha *h, struct ha_group *g, struct mono now)
{
	g->round = 0;
	g->vip = 0;
	heap_set(&h->announcements, &g->announce, now);
}

/* The first time somewhere in the interval, so that groups which took over together do
 * not send together for ever. */
static void arm_beat(struct ha *h, struct ha_group *g, bool first, struct mono now)
{
	int64_t us = (int64_t)g->cfg.interval_cs * US_PER_CS;

	if (first)
		us = us / 2 + us / 2 * (draw(h) & 0xff) / 256;
	heap_set(&h->timers, &g->timer, mono_add_us(now, us));
}

static void note_rival(struct ha *h, struct ha_group *g, struct mono now)
{
	uint16_t cs = g->peer.interval_cs > g->cfg.interval_cs ? g->peer.interval_cs
	                                                       : g->cfg.interval_cs;

	g->rival = g->peer.ip;
	heap_set(&h->calms, &g->calm, mono_add_us(now, (int64_t)cs * 3 * US_PER_CS));
	if (++g->rivals != RIVALS)
		return;
	g->n[HA_N_TWO_MASTERS]++;
	ha_tell_event(h, g, HA_HAP_TWO_MASTERS, &g->rival,
	              ip_eq(&g->rival, &g->cfg.primary)
	                      ? "it has our own address"
	                      : "it does not hear us: is the site's LAN in two?");
}

static void hush(struct ha *h, struct ha_group *g)
{
	heap_del(&h->timers, &g->timer);
	heap_del(&h->announcements, &g->announce);
	heap_del(&h->calms, &g->calm);
	g->rivals = 0;
}

static void act(struct ha *h, struct ha_group *g, enum ha_act a, bool first,
                struct mono now)
{
	switch (a) {
	case HA_ACT_RESIGN: ha_vrrp_send(h, g, VRRP_RESIGN, now); break;
	case HA_ACT_OFF: h->ops->master(h->arg, &g->cfg, false); break;
	case HA_ACT_ON:
		g->speaking = false;
		g->n[HA_N_MASTER]++;
		h->ops->master(h->arg, &g->cfg, true);
		break;
	case HA_ACT_ADOPT: g->master_cs = g->peer.interval_cs; break;
	case HA_ACT_OWN: g->master_cs = g->cfg.interval_cs; break;
	case HA_ACT_SEND: ha_vrrp_send(h, g, ha_priority(h, g), now); break;
	case HA_ACT_ANNOUNCE: ha_announce_soon(h, g, now); break;
	case HA_ACT_RIVAL: note_rival(h, g, now); break;
	case HA_ACT_HUSH: hush(h, g); break;
	case HA_ACT_BEAT: arm_beat(h, g, first, now); break;
	case HA_ACT_LISTEN:
		heap_set(&h->timers, &g->timer, mono_add_us(now, ha_down_us(h, g)));
		break;
	case HA_ACT_SKEW:
		heap_set(&h->timers, &g->timer, mono_add_us(now, ha_skew_us(h, g)));
		break;
	}
}

static enum ha_why why_of(const struct ha_group *g, enum ha_ev ev, struct mono now)
{
	int64_t down = (int64_t)g->master_cs * 3 * US_PER_CS;

	if (ev == HA_EV_TOLD_MASTER || ev == HA_EV_TOLD_BACKUP)
		return HA_WHY_TOLD;
	if (ev == HA_EV_START_OWNER)
		return g->cfg.resume ? HA_WHY_RESUMED : HA_WHY_OWNER;
	if (ev != HA_EV_SILENCE || !g->peer.ip.afi)
		return HA_WHY_NOTHING;
	if (g->peer.priority == VRRP_RESIGN)
		return HA_WHY_RESIGNED;
	return now.us - g->peer.heard.us < down ? HA_WHY_PREEMPT : HA_WHY_SILENT;
}

/* Somebody else is there: the state of before is over. */
static void fall_silent(struct ha *h, struct ha_group *g)
{
	if (!g->speaking)
		return;
	g->speaking = false;
	h->ops->master(h->arg, &g->cfg, false);
}

/* Against a rival that goes on, or one with our own address, which answers us as we
 * answer it: only so often. */
static bool too_soon(const struct ha_group *g, struct mono now)
{
	int64_t us = (int64_t)g->cfg.interval_cs * US_PER_CS / ASSERT_EVERY;

	return now.us - g->sent.us < us;
}

void ha_step(struct ha *h, struct ha_group *g, enum ha_ev ev, struct mono now)
{
	struct ha_move m = ha_fsm_step(g->state, ev);
	enum ha_state was = g->state;
	char why[160];

	if (g->state == HA_BACKUP && (ev == HA_EV_ABOVE || ev == HA_EV_BELOW))
		fall_silent(h, g);
	if ((was != HA_INIT && m.next == HA_INIT) || g->cfg.external)
		fall_silent(h, g);
	if (ev == HA_EV_BELOW && too_soon(g, now))
		m.acts &= ~(unsigned)(HA_ACT_SEND | HA_ACT_BEAT);
	if (m.next != was) {
		g->why = why_of(g, ev, now);
		g->since = now;
	}
	g->state = m.next;
	for (unsigned bit = 1; bit && bit <= m.acts; bit <<= 1) {
		if (m.acts & bit)
			act(h, g, bit, was != HA_MASTER, now);
	}
	if (m.next == was)
		return;
	ha_tell_event(h, g,
	              m.next == HA_MASTER   ? HA_HAP_MASTER
	              : m.next == HA_BACKUP ? HA_HAP_BACKUP
	                                    : HA_HAP_STOPPED,
	              g->peer.ip.afi ? &g->peer.ip : NULL,
	              ha_why_text(h, g, why, sizeof(why)));
}

/* ---- groups come, change and go --------------------------------------------------- */

/* RFC 5798 6.4.1.  An owner is master at once only when it has routes too. */
static void judge(struct ha *h, struct ha_group *g, struct mono now)
{
	bool can = g->up && g->cfg.primary.afi;
	bool owner =
		g->cfg.priority == VRRP_OWNER && !ha_aside(h, g) && ha_ready(h, g, now);

	if (g->cfg.external) {
		if (g->state != HA_INIT)
			return;
		g->told = g->cfg.resume ? HA_TOLD_MASTER : g->told;
		ha_step(h, g, g->cfg.resume ? HA_EV_TOLD_MASTER : HA_EV_TOLD_BACKUP, now);
	} else if (!can) {
		ha_step(h, g, HA_EV_STOP, now);
	} else if (g->state == HA_INIT) {
		g->peer = (struct ha_peer){ 0 };
		ha_step(h, g, owner || g->cfg.resume ? HA_EV_START_OWNER : HA_EV_START,
		        now);
		g->cfg.resume = false;
	}
}

static struct ha_group *group_add(struct ha *h, const struct ha_group_config *cfg,
                                  struct mono now)
{
	struct ha_group *g = mem_new(struct ha_group);

	g->cfg = *cfg;
	g->cfg.name = mem_strdup(cfg->name);
	g->afi = cfg->vip[0].afi;
	g->state = HA_INIT;
	g->speaking = cfg->speaking;
	g->since = now;
	g->master_cs = cfg->interval_cs;
	hmap_add(&h->groups, &g->by_ac, ac_hash(cfg->ac));
	list_add_tail(&h->all, &g->of_all);
	return g;
}

static void group_stop(struct ha *h, struct ha_group *g, struct mono now)
{
	ha_step(h, g, g->cfg.external ? HA_EV_TOLD_BACKUP : HA_EV_STOP, now);
}

void ha_group_set(struct ha *h, const struct ha_group_config *cfg, struct mono now)
{
	const struct ha_key key = ha_key_of(cfg);
	struct ha_group *g = ha_find(h, &key);
	bool up = g && g->up;

	must(cfg->n_vips && cfg->n_vips <= HA_VIPS_MAX && cfg->interval_cs);
	h->latest = now;
	if (g && g->cfg.external != cfg->external) { /* nothing of it is left */
		group_stop(h, g, now);
		group_free(h, g);
		g = NULL;
	}
	if (!g) {
		g = group_add(h, cfg, now);
		g->up = up;
	} else {
		char *old = (char *)(uintptr_t)g->cfg.name;

		g->cfg = *cfg;
		g->cfg.name = mem_strdup(cfg->name);
		free(old);
	}
	g->kept = true;
	judge(h, g, now);
}

void ha_group_del(struct ha *h, const struct ha_key *key, struct mono now)
{
	struct ha_group *g = ha_find(h, key);

	if (!g)
		return;
	group_stop(h, g, now);
	group_free(h, g);
}

void ha_mark(struct ha *h)
{
	list_for(g, &h->all, struct ha_group, of_all)
		g->kept = false;
}

void ha_sweep(struct ha *h, struct mono now)
{
	list_for_safe(g, &h->all, struct ha_group, of_all) {
		if (g->kept)
			continue;
		group_stop(h, g, now);
		group_free(h, g);
	}
}

/* ---- what happens around them ----------------------------------------------------- */

void ha_link(struct ha *h, uint16_t ac, bool up, struct mono now)
{
	h->latest = now;
	hmap_for_key(n, &h->groups, ac_hash(ac)) {
		struct ha_group *g = container_of(n, struct ha_group, by_ac);

		if (g->cfg.ac != ac || g->up == up)
			continue;
		g->up = up;
		judge(h, g, now);
	}
}

void ha_converged(struct ha *h, bool yes, struct mono now)
{
	h->latest = now;
	h->converged = yes;
}

static void step_aside(struct ha *h, struct ha_group *g, struct mono now)
{
	if (!g->cfg.external && ha_aside(h, g))
		ha_step(h, g, HA_EV_ASIDE, now);
}

static void core_lost(struct ha *h, struct mono now)
{
	h->core_hold = MONO_NEVER;
	h->core_lost = true;
	ha_tell_event(h, NULL, HA_HAP_CORE_LOST, NULL, h->core_why);
	list_for(g, &h->all, struct ha_group, of_all) {
		if (g->cfg.track_core)
			step_aside(h, g, now);
	}
}

/* Back again means back without routes: BGP is waited for anew. */
static void core_back(struct ha *h, struct mono now)
{
	h->core_lost = false;
	h->waiting = now;
	ha_tell_event(h, NULL, HA_HAP_CORE_BACK, NULL, NULL);
}

void ha_core(struct ha *h, const char *why_not, struct mono now)
{
	h->latest = now;
	h->core_why = why_not;
	if (!why_not) {
		h->core_hold = MONO_NEVER;
		if (h->core_lost)
			core_back(h, now);
	} else if (!h->core_lost && mono_is_never(h->core_hold)) {
		h->core_hold = mono_add_ms(now, HA_CORE_HOLD_MS);
	}
}

bool ha_tell(struct ha *h, const struct ha_key *key, enum ha_told told, struct mono now)
{
	struct ha_group *g = ha_find(h, key);

	if (!g || (told == HA_TOLD_MASTER && !g->cfg.external))
		return false;
	h->latest = now;
	g->told = told;
	if (g->cfg.external)
		ha_step(h, g,
		        told == HA_TOLD_MASTER ? HA_EV_TOLD_MASTER : HA_EV_TOLD_BACKUP,
		        now);
	else if (told == HA_TOLD_BACKUP)
		step_aside(h, g, now);
	return true;
}

void ha_resign(struct ha *h, struct mono now)
{
	h->ending = true;
	list_for(g, &h->all, struct ha_group, of_all) {
		g->up = false;
		group_stop(h, g, now);
	}
}

/* ---- time ------------------------------------------------------------------------- */

/* So late, it was us who stood still; what the master said meanwhile waits to be read. */
static bool overslept(struct ha *h, struct ha_group *g, struct mono now)
{
	if (g->state != HA_BACKUP || now.us - g->timer.at.us < LATE_US)
		return false;
	heap_set(&h->timers, &g->timer, mono_add_us(now, LISTEN_AGAIN_US));
	return true;
}

static void run_timers(struct ha *h, struct mono now)
{
	struct heap_node *n;

	while ((n = heap_due(&h->timers, now))) {
		struct ha_group *g = container_of(n, struct ha_group, timer);

		if (overslept(h, g, now))
			continue;

		ha_step(h, g, g->state == HA_MASTER ? HA_EV_ADVERT : HA_EV_SILENCE, now);
	}
}

/* A rival has been silent for long enough: the switches may still send to it. */
static void run_calms(struct ha *h, struct mono now)
{
	struct heap_node *n;

	while ((n = heap_due(&h->calms, now))) {
		struct ha_group *g = container_of(n, struct ha_group, calm);

		if (g->rivals >= RIVALS)
			ha_tell_event(h, g, HA_HAP_ONE_MASTER, &g->rival, NULL);
		g->rivals = 0;
		ha_announce_soon(h, g, now);
	}
}

/* One address of one group, and when the next is due. */
static void announce_one(struct ha *h, struct ha_group *g, struct mono now)
{
	int ms = REFRESH_MS;

	ha_vrrp_announce(h, g, g->vip);
	if (++g->vip < g->cfg.n_vips) {
		heap_set(&h->announcements, &g->announce, now);
		return;
	}
	g->vip = 0;
	if (g->round < ARRAY_LEN(announce_after_ms))
		ms = announce_after_ms[g->round++];
	heap_set(&h->announcements, &g->announce, mono_add_ms(now, ms));
}

static void run_announcements(struct ha *h, struct mono now)
{
	struct heap_node *n;

	while (mono_reached(now, h->announce_free) &&
	       (n = heap_due(&h->announcements, now))) {
		struct mono oldest = mono_add_us(now, -ANNOUNCE_LAG_US);

		if (h->announce_free.us < oldest.us)
			h->announce_free = oldest;
		h->announce_free =
			mono_add_us(h->announce_free, 1000000 / HA_ANNOUNCE_PER_S);
		announce_one(h, container_of(n, struct ha_group, announce), now);
	}
}

struct mono ha_deadline(const struct ha *h)
{
	struct mono next = heap_next(&h->announcements);

	if (!mono_is_never(next) && next.us < h->announce_free.us)
		next = h->announce_free;
	next = mono_min(next, heap_next(&h->timers));
	next = mono_min(next, heap_next(&h->calms));
	return mono_min(next, h->core_hold);
}

void ha_run(struct ha *h, struct mono now)
{
	h->latest = now;
	if (mono_reached(now, h->core_hold))
		core_lost(h, now);
	run_timers(h, now);
	run_calms(h, now);
	run_announcements(h, now);
}
