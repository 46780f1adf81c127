/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bgp/bgp_dyn.h"

#include <errno.h>
#include <stdio.h>

#include "base/mem.h"
#include "bgp/bgp_config.h"

/*
 * Neighbors that nobody listed.  A connection from a prefix of ours makes one from the
 * prefix's template, always passive; when its session has been down for a while, and none
 * of its routes are kept for a restart, it is forgotten.  A neighbor that is listed comes
 * first, then the longest prefix.
 */
struct bgp_dyn {
	struct list link;              /* in bgp->dyns */
	struct bgp_dynamic_config cfg; /* its strings are ours */
	uint32_t n;                    /* neighbors made from it, now … */
	uint64_t made, refused;        /* … and ever; refused for the limit */
	struct mono refused_quiet;
};

/* --- prefixes ------------------------------------------------------------------------
 */

static struct bgp_dyn *dyn_for(const struct bgp *b, const struct ip *ip)
{
	struct bgp_dyn *best = NULL;

	list_for(d, &b->dyns, struct bgp_dyn, link) {
		if (prefix_has(&d->cfg.from, ip) &&
		    (!best || d->cfg.from.plen > best->cfg.from.plen))
			best = d;
	}
	return best;
}

static struct bgp_dyn *dyn_new(struct bgp *b, const struct bgp_dynamic_config *cfg)
{
	struct bgp_dyn *d = mem_new(struct bgp_dyn);

	d->cfg = *cfg;
	bgp_config_copy(&d->cfg.peer, &cfg->peer);
	list_add_tail(&b->dyns, &d->link);
	return d;
}

static void dyn_free(struct bgp *b, struct bgp_dyn *d)
{
	if (b->io.range_removed)
		b->io.range_removed(b->io_arg, &d->cfg.from, &d->cfg.peer);
	list_del(&d->link);
	bgp_config_fini(&d->cfg.peer);
	free(d);
}

void bgp_dyn_fini(struct bgp *b)
{
	list_for_safe(d, &b->dyns, struct bgp_dyn, link)
		dyn_free(b, d);
}

/* The neighbor's configuration, if it is made from that prefix. */
static struct bgp_peer_config config_for(const struct bgp_dyn *d, const struct ip *ip)
{
	struct bgp_peer_config cfg = d->cfg.peer;

	cfg.address = *ip;
	cfg.passive = true;
	return cfg;
}

static int check(const struct bgp *b, const struct bgp_dynamic_config *cfg, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct bgp_peer_config peer = cfg[i].peer;
		int r;

		/* Any address of it does; the first may be 0.0.0.0. */
		peer.address = (struct ip){ .afi = cfg[i].from.ip.afi, .b = { 1 } };
		r = cfg[i].idle_s ? bgp_peer_check(b, &peer) : -EINVAL;
		if (r < 0)
			return r;
	}
	return 0;
}

/* A prefix that was there before goes on counting. */
static void take_over(struct bgp_dyn *d, const struct list *old)
{
	list_for(o, old, struct bgp_dyn, link) {
		if (!prefix_eq(&o->cfg.from, &d->cfg.from))
			continue;
		d->made = o->made;
		d->refused = o->refused;
		d->refused_quiet = o->refused_quiet;
	}
}

/* From the prefix that made it to one of the new list, or none. */
static void move(struct bgp_peer *p, struct bgp_dyn *to)
{
	struct bgp_peer_config cfg;

	if (!to) {
		bgp_peer_remove(p, BGP_CEASE_DECONFIGURED);
		return;
	}
	p->dyn->n--;
	p->dyn = to;
	to->n++;
	cfg = config_for(to, &p->cfg.address);
	bgp_peer_alter(p, &cfg);
}

int bgp_dynamic_set(struct bgp *b, const struct bgp_dynamic_config *cfg, size_t n,
                    struct mono now)
{
	struct list old;
	int r = check(b, cfg, n);

	if (r < 0)
		return r;
	b->now = now;
	list_take_all(&old, &b->dyns);
	for (size_t i = 0; i < n; i++)
		take_over(dyn_new(b, &cfg[i]), &old);
	list_for_safe(p, &b->peers, struct bgp_peer, link) {
		if (p->dyn)
			move(p, dyn_for(b, &p->cfg.address));
	}
	list_for_safe(d, &old, struct bgp_dyn, link)
		dyn_free(b, d);
	list_for(d, &b->dyns, struct bgp_dyn, link) {
		if (b->io.range_added)
			b->io.range_added(b->io_arg, &d->cfg.from, &d->cfg.peer);
	}
	if (n)
		bgp_start(b);
	bgp_wake(b);
	return 0;
}

/* --- neighbors -----------------------------------------------------------------------
 */

static void refuse(struct bgp *b, struct bgp_dyn *d, const struct ip *from)
{
	char prefix[PREFIX_STRLEN], why[BGP_NAME_LEN];
	struct bgp_event ev = { .peer = *from, .what = "refused", .why = why };

	d->refused++;
	if (!b->hooks.event || !mono_reached(b->now, d->refused_quiet))
		return;
	d->refused_quiet = mono_add_ms(b->now, BGP_SAY_EVERY_S * 1000);
	if (d->cfg.peer.shutdown)
		snprintf(why, sizeof(why), "the neighbors of %s are shut down",
		         prefix_fmt(&d->cfg.from, prefix));
	else if (d->n >= d->cfg.limit)
		snprintf(why, sizeof(why), "%s has its limit of %u neighbors already",
		         prefix_fmt(&d->cfg.from, prefix), d->cfg.limit);
	else
		snprintf(why, sizeof(why), "all prefixes together have %u neighbors",
		         b->dynamic_max);
	b->hooks.event(b->hooks.arg, &ev);
}

/* Limits add up, and the table has numbers for so many sources only: what strangers can
 * make must leave room for those who are listed. */
static bool has_room(const struct bgp *b)
{
	uint32_t n = 0;

	list_for(d, &b->dyns, struct bgp_dyn, link)
		n += d->n;
	return n < b->dynamic_max;
}

struct bgp_peer *bgp_dyn_make(struct bgp *b, const struct ip *from)
{
	struct bgp_dyn *d = dyn_for(b, from);
	struct bgp_peer_config cfg;
	struct bgp_peer *p;

	if (!d)
		return NULL;
	if (d->n >= d->cfg.limit || d->cfg.peer.shutdown || !has_room(b)) {
		refuse(b, d, from);
		return NULL;
	}
	cfg = config_for(d, from);
	if (bgp_config_check(&cfg) < 0)
		return NULL;
	p = bgp_peer_insert(b, &cfg, d, NULL);
	d->made++;
	return p;
}

void bgp_dyn_join(struct bgp_peer *p, struct bgp_dyn *d)
{
	p->dyn = d;
	d->n++;
	bgp_dyn_down(p);
}

/* One that the operator shut down, or that rests for its many prefixes, would be let in
 * again as if nothing had been once it is forgotten. */
static bool is_kept(const struct bgp_peer *p)
{
	if (p->up || bgp_conn_alive(&p->conn[0]) || bgp_conn_alive(&p->conn[1]))
		return true;
	if (p->overflowed || (p->shutdown && !p->cfg.shutdown))
		return true;
	for (int afi = AFI_IP4; afi <= AFI_IP6; afi++) {
		if (p->af[afi].stale)
			return true;
	}
	return false;
}

static void forget_due(struct bgp_timer *t, struct mono now)
{
	struct bgp_peer *p = container_of(t, struct bgp_peer, forget);

	if (is_kept(p))
		bgp_arm(p->bgp, t, (int64_t)p->dyn->cfg.idle_s * 1000);
	else
		bgp_peer_remove(p, BGP_CEASE_DECONFIGURED);
}

void bgp_dyn_down(struct bgp_peer *p)
{
	if (!p->dyn)
		return;
	p->forget.fire = forget_due;
	bgp_arm(p->bgp, &p->forget, (int64_t)p->dyn->cfg.idle_s * 1000);
}

void bgp_dyn_gone(struct bgp_peer *p)
{
	bgp_disarm(p->bgp, &p->forget);
	if (p->dyn)
		p->dyn->n--;
	p->dyn = NULL;
}

const struct prefix *bgp_dyn_prefix(const struct bgp_peer *p)
{
	return p->dyn ? &p->dyn->cfg.from : NULL;
}

/* --- show ----------------------------------------------------------------------------
 */

enum cmd_status bgp_dyn_show(void *arg, struct cmd_req *req)
{
	static const struct view_col col[] = {
		{"prefix",     "Prefix",    20},
                { "template",  "Template",  14},
		{ "as",        "AS",        11},
                { "neighbors", "Neighbors", 10},
		{ "limit",     "Limit",     7 },
                { "made",      "Made",      7 },
		{ "refused",   "Refused",   0 },
	};
	const struct bgp *b = arg;
	struct view *v = req->view;

	if (req->argc)
		return cmd_fail(req, CMD_USAGE, "expected nothing more, found \"%s\"",
		                req->argv[0]);
	view_table(v, "dynamic-neighbors", col, ARRAY_LEN(col));
	list_for(d, &b->dyns, struct bgp_dyn, link) {
		char prefix[PREFIX_STRLEN];

		view_str(v, NULL, prefix_fmt(&d->cfg.from, prefix));
		view_str(v, NULL, d->cfg.peer.template ? d->cfg.peer.template : "");
		view_num(v, NULL, d->cfg.peer.as);
		view_num(v, NULL, d->n);
		view_num(v, NULL, d->cfg.limit);
		view_num(v, NULL, (int64_t)d->made);
		view_num(v, NULL, (int64_t)d->refused);
	}
	view_table_end(v);
	return CMD_OK;
}
