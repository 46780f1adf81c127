/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>

#include "base/mem.h"
#include "core/core_int.h"
#include "core/core_punt.h"
#include "ha/ha.h"
#include "sys/priv.h"
#include "wire/nd.h"

/*
 * ha/ and its surroundings: groups from the configuration, links and addresses from the
 * ports, the state of the core from BGP and next hops; frames and mastership out.
 */
enum {
	LOOK_MS = 1000, /* at the core, beside what is told; or an interval if shorter */
	/* The packet path is master for so much of that if we die.  The other PE takes
	 * over three intervals and a little after our last word, which was no more than
	 * one old. */
	LEASE_PERCENT = 250,
	ALONE_MS = 30000, /* without BGP, as long as other PEs can be reached */
	LOG_LIMITS = 4096,
};

struct core_ha {
	struct core *core;
	struct ha *ha;
	struct loop_timer due, look;
	struct loop_defer arm, look_soon;
	struct log_limit lost, mismatch;
	struct log_limit changes[LOG_LIMITS]; /* by attachment and family */
	bool starting;
	bool resumed; /* master as an earlier daemon was, by its routes; until BGP is up
	               */
	int look_ms;
	struct mono spoken; /* a BGP session was up, or we started */
};

static void arm_now(void *arg)
{
	struct core_ha *x = arg;

	loop_timer_set(&x->due, ha_deadline(x->ha));
}

static void arm(struct core_ha *x)
{
	loop_defer(x->core->loop, &x->arm, arm_now, x);
}

/* ---- out -------------------------------------------------------------------------- */

static void send_frame(void *arg, uint16_t ac, const void *frame, size_t len)
{
	struct core_ha *x = arg;
	struct core *c = x->core;
	const struct config_attachment *at = core_ac(c, ac);
	const struct core_port *p = at ? core_ac_port(c, at) : NULL;

	if (!p || !p->ifindex || !c->packet)
		return;
	if (packet_send(c->packet, p->ifindex, frame, len) && p->up)
		log_limited(&x->lost, LOG_LEVEL_WARN, "port %s: VRRP frames are lost",
		            p->name);
}

static bool has_attachment(const struct config_subnet *sn, uint16_t ac)
{
	for (size_t i = 0; i < sn->n_attachments; i++) {
		if (sn->attachment[i]->id == ac)
			return true;
	}
	return false;
}

/* The subnet of a group, in the configuration now in force. */
static const struct config_subnet *subnet_of(const struct core *c,
                                             const struct ha_group_config *g,
                                             const struct config_vpn **ret_vpn)
{
	for (size_t i = 0; i < c->cfg->n_vpns; i++) {
		const struct config_vpn *vpn = &c->cfg->vpn[i];

		for (size_t k = 0; vpn->id == g->vrf && k < vpn->n_subnets; k++) {
			const struct config_subnet *sn = &vpn->subnet[k];

			*ret_vpn = vpn;
			if (!strcmp(sn->name, g->name) && has_attachment(sn, g->ac))
				return sn;
		}
	}
	return NULL;
}

static void set_master(void *arg, const struct ha_group_config *g, bool master)
{
	struct core_ha *x = arg;
	const struct config_vpn *vpn;
	const struct config_subnet *sn = subnet_of(x->core, g, &vpn);

	if (sn)
		core_subnet_master(x->core, vpn, sn, g->vip[0].afi, g->ac, master);
}

struct happening {
	struct core *c;
	const struct ha_event *ev;
};

static void fill_event(void *arg, struct view *v)
{
	const struct happening *h = arg;
	const struct ha_group_config *g = h->ev->group;
	char port[64];

	view_str(v, "event", ha_happening_text(h->ev->what));
	if (g) {
		view_str(v, "vpn", vrf_name(h->c->vrfs, g->vrf));
		view_str(v, "subnet", g->name);
		view_str(v, "port", core_ac_name(h->c, g->ac, port, sizeof(port)));
		view_str(v, "family", g->vip[0].afi == AFI_IP4 ? "ipv4" : "ipv6");
		view_num(v, "vrid", g->vrid);
	}
	if (h->ev->peer.afi)
		view_ip(v, "peer", &h->ev->peer);
	if (h->ev->why)
		view_str(v, "why", h->ev->why);
}

static enum log_level level_of(enum ha_happening what)
{
	switch (what) {
	case HA_HAP_TWO_MASTERS: return LOG_LEVEL_ERR;
	case HA_HAP_MISMATCH:
	case HA_HAP_CORE_LOST: return LOG_LEVEL_WARN;
	default: return LOG_LEVEL_NOTICE;
	}
}

/* "blue lan on eth0.100 vrid 10 ipv4: master peer=…: why" */
static void line_of(const struct core *c, const struct ha_event *ev, char *buf, size_t n)
{
	const struct ha_group_config *g = ev->group;
	char port[64], ip[IP_STRLEN];
	int k = 0;

	if (g) {
		const char *ac = core_ac_name(c, g->ac, port, sizeof(port));

		k = snprintf(buf, n,
		             "%s %s on %s vrid %u %s: ", vrf_name(c->vrfs, g->vrf),
		             g->name, ac ? ac : "?", g->vrid,
		             g->vip[0].afi == AFI_IP4 ? "ipv4" : "ipv6");
	}
	snprintf(buf + k, n - (size_t)k, "%s%s%s%s%s", ha_happening_text(ev->what),
	         ev->peer.afi ? " peer=" : "", ev->peer.afi ? ip_fmt(&ev->peer, ip) : "",
	         ev->why ? ": " : "", ev->why ? ev->why : "");
}

/* A host that lies may change who is master a hundred times a second.  Who writes too
 * many lines loses its own, as if each group had a limit. */
static struct log_limit *limit_of(struct core_ha *x, const struct ha_event *ev)
{
	const struct ha_group_config *g = ev->group;

	/* Two routers that say different things in turn. */
	if (ev->what == HA_HAP_MISMATCH || ev->what == HA_HAP_MATCH)
		return &x->mismatch;
	return g ? &x->changes[(2u * g->ac + (g->vip[0].afi == AFI_IP6)) % LOG_LIMITS]
	         : NULL;
}

static void happened(void *arg, const struct ha_event *ev)
{
	struct core_ha *x = arg;
	struct happening h = { .c = x->core, .ev = ev };
	struct log_limit *lim = limit_of(x, ev);
	char line[512];

	line_of(x->core, ev, line, sizeof(line));
	if (lim)
		log_limited(lim, level_of(ev->what), "vrrp %s", line);
	else
		log_at(level_of(ev->what), "vrrp %s", line);
	ctl_event(x->core->ctl, "vrrp", fill_event, &h);
	arm(x); /* a command may have been the cause */
}

static const char *name_of_vrf(void *arg, uint32_t vrf)
{
	const struct core_ha *x = arg;

	return vrf_name(x->core->vrfs, vrf);
}

static const char *name_of_ac(void *arg, uint16_t ac)
{
	static char buf[64]; /* of the one thread; ha/ prints it at once */
	const struct core_ha *x = arg;

	return core_ac_name(x->core, ac, buf, sizeof(buf));
}

static struct mono now_of(void *arg)
{
	const struct core_ha *x = arg;

	return loop_now(x->core->loop);
}

static const struct ha_ops ops = { .send = send_frame,
	                           .master = set_master,
	                           .event = happened,
	                           .vrf_name = name_of_vrf,
	                           .ac_name = name_of_ac,
	                           .now = now_of };

/* ---- time ------------------------------------------------------------------------- */

static void on_due(void *arg)
{
	struct core_ha *x = arg;

	ha_run(x->ha, loop_now(x->core->loop));
	arm(x);
}

/* ---- the core --------------------------------------------------------------------- */

static bool core_port_up(const struct core *c)
{
	for (size_t i = 0; i < c->n_ports; i++) {
		if (c->port[i].role == DP_ROLE_CORE && c->port[i].ifindex &&
		    c->port[i].up)
			return true;
	}
	return false;
}

static bool has_neighbors(const struct core *c)
{
	return c->cfg->n_neighbors || c->cfg->n_dynamics;
}

/*
 * Why a packet for another site would get nowhere from here, or NULL.  Without sessions
 * but with other PEs in reach, what was heard from them goes on being used (RFC 4724):
 * a reflector that restarts must not move a site's gateway, of all its sites at once.
 * Nor must a daemon that goes on as master, before it has made its first session.
 */
const char *core_ha_trouble(struct core *c, size_t sessions, struct mono now)
{
	struct core_ha *x = c->ha;
	size_t used, usable;

	if (sessions || !has_neighbors(c)) {
		x->spoken = now;
		x->resumed = false;
	}
	if (!core_port_up(c))
		return "no core interface is up";
	nexthops_tally(c->nexthops, &used, &usable);
	if (used && !usable)
		return "no other PE can be reached";
	if (mono_ms_since(now, x->spoken) > (usable || x->resumed ? ALONE_MS : 0))
		return "no BGP session is up";
	return NULL;
}

static void look_now(void *arg)
{
	struct core_ha *x = arg;
	struct core *c = x->core;
	struct mono now = loop_now(c->loop);
	size_t up = 0, told = 0;

	if (c->dp->ops->lease(c->dp, mono_add_ms(now, x->look_ms * LEASE_PERCENT / 100)))
		log_limited(&x->lost, LOG_LEVEL_WARN, "vrrp: %s", dp_error(c->dp));
	if (c->bgp)
		bgp_sessions(c->bgp, &up, &told);
	ha_converged(x->ha,
	             !has_neighbors(c) || (up && up == told && bgp_all_converged(c->bgp)),
	             now);
	ha_core(x->ha, core_ha_trouble(c, up, now), now);
	loop_timer_set(&x->look, mono_add_ms(now, x->look_ms));
	arm(x);
}

void core_ha_look(struct core *c)
{
	if (c->ha)
		loop_defer(c->loop, &c->ha->look_soon, look_now, c->ha);
}

/* The shortest interval rules: the lease is one for all. */
static void set_pace(struct core_ha *x)
{
	const struct config *cfg = x->core->cfg;

	x->look_ms = LOOK_MS;
	for (size_t i = 0; i < cfg->n_vpns; i++) {
		for (size_t k = 0; k < cfg->vpn[i].n_subnets; k++) {
			const struct config_vrrp *v = &cfg->vpn[i].subnet[k].vrrp;

			if (v->on && !v->external && v->interval_cs * 10 < x->look_ms)
				x->look_ms = v->interval_cs * 10;
		}
	}
}

/* ---- groups ----------------------------------------------------------------------- */

static void set_group(struct core_ha *x, const struct config_vpn *vpn,
                      const struct config_subnet *sn, enum afi afi,
                      const struct config_attachment *at, bool speaking)
{
	struct core *c = x->core;
	const struct core_port *p = core_ac_port(c, at);
	const struct config_vrrp *v = &sn->vrrp;
	struct mono now = loop_now(c->loop);
	struct ha_group_config g = {
		.vrf = vpn->id,
		.ac = at->id,
		.vlan = at->vlan,
		.inner_vlan = at->inner_vlan,
		.vrid = sn->vrid,
		.name = sn->name,
		.priority = v->priority,
		.interval_cs = v->interval_cs,
		.checksum = v->checksum_9568 ? VRRP_SUM_PLAIN : VRRP_SUM_PSEUDO,
		.preempt = v->preempt,
		.track_core = v->track_core,
		.external = v->external,
		.preempt_delay_ms = v->preempt_delay_s * 1000u,
		.speaking = speaking,
	};
	struct ha_key key;

	if (afi == AFI_IP4) {
		g.vip[g.n_vips++] = sn->gateway;
		g.primary = sn->address;
	} else { /* RFC 5798 5.2.9: the link-local address comes first */
		g.vip[g.n_vips++] = sn->gateway6_ll;
		g.vip[g.n_vips++] = sn->gateway6;
		if (p && p->ifindex)
			g.primary = nd_linklocal(&p->mac);
	}
	g.resume = x->starting && core_subnet_was_master(c, sn, afi, at->id);
	key = ha_key_of(&g);
	ha_group_set(x->ha, &g, now);
	ha_link(x->ha, at->id, p && p->ifindex && p->up, now);
	if (g.resume && ha_is_master(x->ha, &key))
		x->resumed = true;
	else if (g.resume) /* its link is down */
		core_subnet_master(c, vpn, sn, afi, at->id, false);
}

static void set_subnet(struct core_ha *x, const struct config_vpn *vpn,
                       const struct config_subnet *sn,
                       const struct config_attachment *only, bool speaking)
{
	for (size_t i = 0; sn->vrrp.on && i < sn->n_attachments; i++) {
		const struct config_attachment *at = sn->attachment[i];

		if (only && at != only)
			continue;
		if (sn->prefix.ip.afi)
			set_group(x, vpn, sn, AFI_IP4, at, speaking);
		if (sn->prefix6.ip.afi)
			set_group(x, vpn, sn, AFI_IP6, at, speaking);
	}
}

static const struct config_vpn *vpn_of(const struct core *c, uint32_t id)
{
	for (size_t i = 0; i < c->cfg->n_vpns; i++) {
		if (c->cfg->vpn[i].id == id)
			return &c->cfg->vpn[i];
	}
	return NULL;
}

void core_ha_port(struct core *c, const struct config_attachment *at)
{
	const struct config_vpn *vpn =
		c->ha ? vpn_of(c, c->cfg->attachment_vpn[at->id - 1]) : NULL;

	for (size_t k = 0; vpn && k < vpn->n_subnets; k++)
		set_subnet(c->ha, vpn, &vpn->subnet[k], at, false);
	if (c->ha)
		arm(c->ha);
}

void core_vrrp_heard(struct core *c, uint16_t ac, const uint8_t *frame, size_t len,
                     size_t l3)
{
	if (!c->ha || l3 > len)
		return;
	ha_heard(c->ha->ha, ac, frame + l3, len - l3, loop_now(c->loop));
	arm(c->ha);
}

/* It has no VRRP any more: this PE always speaks for it. */
static void always(struct core *c, const struct config_vpn *vpn,
                   const struct config_subnet *sn)
{
	for (size_t i = 0; i < sn->n_attachments; i++) {
		if (sn->prefix.ip.afi)
			core_subnet_master(c, vpn, sn, AFI_IP4, sn->attachment[i]->id,
			                   true);
		if (sn->prefix6.ip.afi)
			core_subnet_master(c, vpn, sn, AFI_IP6, sn->attachment[i]->id,
			                   true);
	}
}

/* Subnets are the same but for what VRRP is to be on them. */
void core_ha_set(struct core *c, const struct config *old)
{
	struct core_ha *x = c->ha;

	if (!x)
		return;
	set_pace(x);
	core_ha_look(c);
	ha_mark(x->ha);
	for (size_t i = 0; i < c->cfg->n_vpns; i++) {
		const struct config_vpn *vpn = &c->cfg->vpn[i];

		for (size_t k = 0; k < vpn->n_subnets; k++)
			set_subnet(x, vpn, &vpn->subnet[k], NULL,
			           !old->vpn[i].subnet[k].vrrp.on);
	}
	ha_sweep(x->ha, loop_now(c->loop));
	for (size_t i = 0; i < c->cfg->n_vpns; i++) {
		const struct config_vpn *vpn = &c->cfg->vpn[i];

		for (size_t k = 0; k < vpn->n_subnets; k++) {
			if (old->vpn[i].subnet[k].vrrp.on && !vpn->subnet[k].vrrp.on)
				always(c, vpn, &vpn->subnet[k]);
		}
	}
	arm(x);
}

void core_ha_start(struct core *c)
{
	struct core_ha *x = mem_new(struct core_ha);
	struct ha_config hc = { .ops = &ops, .arg = x };

	priv_random(&hc.seed, sizeof(hc.seed));
	x->core = c;
	x->starting = true;
	x->spoken = loop_now(c->loop);
	set_pace(x);
	x->ha = ha_new(&hc, loop_now(c->loop));
	loop_timer_init(&x->due, c->loop, on_due, x);
	loop_timer_init(&x->look, c->loop, look_now, x);
	c->ha = x;
	for (size_t i = 0; i < c->cfg->n_vpns; i++) {
		const struct config_vpn *vpn = &c->cfg->vpn[i];

		for (size_t k = 0; k < vpn->n_subnets; k++)
			set_subnet(x, vpn, &vpn->subnet[k], NULL, false);
	}
	x->starting = false;
	ctl_register(c->ctl, ha_cmds, ha_cmds_n, x->ha);
	if (c->punts)
		core_punt_to(c, CORE_PUNT_VRRP, core_vrrp_heard);
	core_ha_look(c);
	arm(x);
}

/* Who leaves for the next process to take over says nothing. */
void core_ha_stop(struct core *c)
{
	struct core_ha *x = c->ha;

	if (!x)
		return;
	if (!c->leaving)
		ha_resign(x->ha, loop_now(c->loop));
	c->ha = NULL;
	loop_timer_cancel(&x->due);
	loop_timer_cancel(&x->look);
	loop_defer_cancel(&x->arm);
	loop_defer_cancel(&x->look_soon);
	ha_free(x->ha);
	free(x);
}
