/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "base/mem.h"
#include "core/core_int.h"
#include "host/host_trust.h"

/*
 * The life of a route between the rooms: a VRF has chosen a remote route, or host/ has
 * found a local host; the packet path gets one of them.  A local host wins over remote
 * routes, but for one moment: when another site advertises it with a newer sequence,
 * packets in flight follow at once, and what becomes of the host is decided by probes.
 */

static void dp_say(struct core *c, int r, const char *doing, const struct prefix *p)
{
	char buf[PREFIX_STRLEN];

	if (r && r != -ENOENT)
		log_limited(&c->dp_full, LOG_LEVEL_ERR, "data plane: cannot %s %s: %s",
		            doing, prefix_fmt(p, buf), dp_error(c->dp));
}

static void write_remote(struct core *c, uint32_t vrf, const struct prefix *p,
                         const struct vrf_remote *r, uint32_t via)
{
	bool group = core_via_group(via);
	struct dp_route route = { .kind = DP_ROUTE_REMOTE,
		                  .nexthop = group ? 0 : via,
		                  .label = group ? 0 : r->label,
		                  .group = group ? core_via_number(via) : 0,
		                  .sibling = r->sibling,
		                  .router = r->router,
		                  .frozen = prefix_is_host(p) &&
		                            core_is_mute(c, vrf, &p->ip),
		                  .edge_only = !prefix_is_host(p) };

	dp_say(c, c->dp->ops->route_set(c->dp, vrf, p, &route), "install", p);
}

/* A route that just came: from now on packets follow it. */
static void send_remote(struct core *c, uint32_t vrf, const struct prefix *p,
                        const struct vrf_remote *r, uint32_t via)
{
	write_remote(c, vrf, p, r, via);
	if (prefix_is_host(p))
		core_note_redirect(c, vrf, &p->ip, r);
}

struct host_remote core_host_remote(const struct vrf_remote *r)
{
	return (struct host_remote){
		.pe = r->pe,
		.soo = r->soo,
		.seq = r->seq,
		.mac = r->mac,
		.sticky = r->sticky,
		.immutable = r->immutable,
		.router = r->router,
	};
}

/* The chosen remote route, if the packet path can have it: without a next hop's number
 * (no room for one more PE) it is as good as none. */
static bool best_remote(const struct core *c, uint32_t vrf, const struct prefix *p,
                        struct vrf_remote *ret)
{
	return vrf_best_remote(c->vrfs, vrf, p, ret) && ret->via;
}

/* Is a local host's traffic on its way to a rival now (core_host_yield)? */
static bool yielded(const struct core *c, uint32_t vrf, const struct prefix *p)
{
	struct dp_route now;

	return !c->dp->ops->route_get(c->dp, vrf, p, &now) && now.kind == DP_ROUTE_REMOTE;
}

static void vrf_remote_changed(void *arg, uint32_t vrf, const struct prefix *p,
                               const struct vrf_remote *r, size_t n, uint32_t *via)
{
	struct core *c = arg;
	uint32_t was = *via, now = 0;

	if (c->leaving)
		return;
	if (r && !core_is_ours(c, vrf, p))
		now = core_via_ref(c, r, n);
	if (!now)
		r = NULL; /* no room for another PE, or ours: it is as good as none */
	*via = now;
	if (prefix_is_host(p)) {
		struct host_remote hr;

		if (r)
			hr = core_host_remote(r);
		core_note_remote(c, vrf, &p->ip, r,
		                 r && (was ? !core_via_share(c, was, now)
		                           : vrf_local(c->vrfs, vrf, &p->ip)));
		hosts_remote(c->hosts, vrf, &p->ip, r ? &hr : NULL, loop_now(c->loop));
		core_hosts_arm(c);
	}
	if (!prefix_is_host(p) || !core_is_local(c, vrf, &p->ip)) {
		if (r)
			send_remote(c, vrf, p, r, now);
		else
			dp_say(c, c->dp->ops->route_del(c->dp, vrf, p), "remove", p);
	} else if (r && yielded(c, vrf, p)) {
		write_remote(c, vrf, p, r, now); /* before its old next hop goes */
	}
	core_via_unref(c, was);
}

static bool pe_resolvable(void *arg, const struct ip *pe, enum vrf_encap encap)
{
	struct core *c = arg;

	return nexthop_resolvable(c->nexthops, pe, core_dp_encap(encap));
}

static void pe_forget(void *arg, const struct ip *pe, enum vrf_encap encap)
{
	struct core *c = arg;

	if (!c->leaving)
		nexthop_forget(c->nexthops, pe, core_dp_encap(encap));
}

static const char *pe_name(void *arg, const struct ip *pe)
{
	const struct core *c = arg;

	for (size_t i = 0; i < c->cfg->n_names; i++) {
		if (ip_eq(&c->cfg->name_of[i].address, pe))
			return c->cfg->name_of[i].name;
	}
	return NULL;
}

/* What this PE imports is what it asks its neighbors for. */
static void imports(void *arg, const struct extcom *rt, bool now)
{
	struct core *c = arg;

	if (!c->bgp) /* it is told when it starts */
		return;
	if (now)
		bgp_import_add(c->bgp, rt, loop_now(c->loop));
	else
		bgp_import_del(c->bgp, rt, loop_now(c->loop));
}

static void refused(void *arg, uint32_t vrf, const struct prefix *p)
{
	struct core *c = arg;
	char buf[PREFIX_STRLEN];

	log_limited(&c->rib_full, LOG_LEVEL_ERR,
	            "vpn %s: %s is not announced: the BGP table is full",
	            vrf_name(c->vrfs, vrf), prefix_fmt(p, buf));
}

const struct vrf_ops core_vrf_ops = {
	.remote = vrf_remote_changed,
	.resolvable = pe_resolvable,
	.forget = pe_forget,
	.pe_name = pe_name,
	.imports = imports,
	.refused = refused,
};

void core_nexthop_changed(void *arg, const struct ip *pe, enum dp_encap encap, bool ok)
{
	struct core *c = arg;
	char buf[IP_STRLEN];
	const char *why = nexthop_why(c->nexthops, pe, encap);

	if (ok)
		log_notice("pe %s: reachable", ip_fmt(pe, buf));
	else
		log_warn("pe %s: unreachable%s%s", ip_fmt(pe, buf), why ? ": " : "",
		         why ? why : "");
	vrfs_reresolve(c->vrfs);
	core_ha_look(c);
}

void core_host_forward(void *arg, uint32_t vrf, const struct ip *ip, uint16_t ac,
                       const struct mac *mac, bool router)
{
	struct core *c = arg;
	struct prefix p = prefix_host(ip);
	struct dp_route route = {
		.kind = DP_ROUTE_LOCAL,
		.ac = ac,
		.mac = *mac,
		.router = router,
		.frozen = core_is_mute(c, vrf, ip),
	};

	dp_say(c, c->dp->ops->route_set(c->dp, vrf, &p, &route), "install", &p);
}

void core_host_up(void *arg, uint32_t vrf, const struct ip *ip, uint16_t ac,
                  const struct mac *mac, uint32_t seq, bool router)
{
	struct core *c = arg;
	const struct config_attachment *at = core_ac(c, ac);
	bool configured = hosts_is_static(c->hosts, vrf, ip);
	struct vrf_host host = { .ip = *ip, .mac = *mac, .seq = seq, .router = router };
	struct mono forwarded;

	if (at && at->site)
		host.soo = extcom_of_as(EXTCOM_SOO, c->cfg->as, at->site);
	/* Forward first, then invite: a packet must not come before its way exists. */
	core_host_forward(c, vrf, ip, ac, mac, router);
	forwarded = loop_clock();
	if (hosts_is_anycast(c->hosts, vrf, ip))
		return; /* each site has its own */
	host.configured = host.sticky = host.immutable = configured;
	vrf_host_up(c->vrfs, vrf, &host);
	core_note_up(c, vrf, ip, seq, forwarded);
}

void core_host_down(void *arg, uint32_t vrf, const struct ip *ip)
{
	struct core *c = arg;
	struct prefix p = prefix_host(ip);
	struct vrf_remote r;

	vrf_host_down(c->vrfs, vrf, ip);
	core_note_down(c, vrf, ip);
	if (best_remote(c, vrf, &p, &r))
		write_remote(c, vrf, &p, &r, r.via);
	else
		dp_say(c, c->dp->ops->route_del(c->dp, vrf, &p), "remove", &p);
}

/* The rival's route is newer: packets in flight follow it while the host is probed. */
void core_host_yield(void *arg, uint32_t vrf, const struct ip *ip)
{
	struct core *c = arg;
	struct prefix p = prefix_host(ip);
	struct vrf_remote r;

	if (!best_remote(c, vrf, &p, &r))
		return;
	write_remote(c, vrf, &p, &r, r.via);
	core_note_redirect(c, vrf, ip, &r);
}

/* Whatever the packet path has for the address, it answers nobody for it now, or again.
 */
void core_host_frozen(void *arg, uint32_t vrf, const struct ip *ip, bool on)
{
	struct core *c = arg;
	struct prefix p = prefix_host(ip);
	struct dp_route route;

	if (c->dp->ops->route_get(c->dp, vrf, &p, &route) || route.frozen == on)
		return;
	route.frozen = on;
	dp_say(c, c->dp->ops->route_set(c->dp, vrf, &p, &route), "freeze", &p);
}

struct adoption {
	struct core *c;
	struct stray {
		uint32_t vrf;
		struct prefix p;
	} * stray;
	size_t n, room;
};

/* Attachments are numbered by the order of the file: after a change of the file the
 * number in the packet path may be another VPN's port. */
static bool still_there(const struct core *c, uint32_t vrf, uint16_t ac)
{
	return core_ac(c, ac) && c->cfg->attachment_vpn[ac - 1] == vrf;
}

static void adopt(void *arg, uint32_t vrf, const struct prefix *p,
                  const struct dp_route *r)
{
	struct adoption *ad = arg;
	struct core *c = ad->c;
	struct host_evidence ev = { .kind = HOST_BY_FIB,
		                    .vrf = vrf,
		                    .ac = r->ac,
		                    .mac = r->mac,
		                    .sender = p->ip };

	if (r->kind != DP_ROUTE_LOCAL || core_tools_ac(c, vrf, r->ac))
		return;
	if (hosts_is_static(c->hosts, vrf, &p->ip))
		return; /* a configured host is not asked */
	if (still_there(c, vrf, r->ac)) {
		c->n_asked++;
		hosts_evidence(c->hosts, &ev, loop_now(c->loop));
		return;
	}
	if (ad->n == ad->room) {
		ad->room = ad->room ? 2 * ad->room : 64;
		ad->stray = mem_realloc(ad->stray, ad->room * sizeof(*ad->stray));
	}
	ad->stray[ad->n++] = (struct stray){ .vrf = vrf, .p = *p };
}

/*
 * Local hosts that an earlier run left in the packet path: ask them all at once, so that
 * they are advertised again within moments instead of after a sweep.  What would now lead
 * to a port of another VPN is taken out before anything else happens.
 */
void core_hosts_adopt(struct core *c)
{
	enum { CHUNK = 4096 };
	struct adoption ad = { .c = c };
	uint64_t pos = 0;

	while (c->dp->ops->route_walk(c->dp, &pos, CHUNK, adopt, &ad))
		;
	for (size_t i = 0; i < ad.n; i++)
		dp_say(c, c->dp->ops->route_del(c->dp, ad.stray[i].vrf, &ad.stray[i].p),
		       "remove", &ad.stray[i].p);
	free(ad.stray);
	if (c->n_asked)
		log_notice("packet path: %zu local hosts of an earlier run are asked",
		           c->n_asked);
	core_hosts_arm(c);
}

bool core_remote(const struct core *c, uint32_t vrf, const struct ip *ip,
                 struct host_remote *ret)
{
	struct prefix p = prefix_host(ip);
	struct vrf_remote r;

	if (!best_remote(c, vrf, &p, &r))
		return false;
	*ret = core_host_remote(&r);
	return true;
}

static int subnet_attach(struct core *c, const struct config_vpn *vpn,
                         const struct config_subnet *sn, const struct dp_subnet *want)
{
	for (size_t i = 0; i < sn->n_attachments; i++) {
		struct dp_subnet on = *want;
		int r;

		on.ac = sn->attachment[i]->id;
		/* Of an earlier daemon; core_ha_start() sees it, and goes on with it. */
		on.master |= c->dp->ops->was_master(c->dp, &on, loop_now(c->loop));
		r = c->dp->ops->subnet_set(c->dp, &on);
		if (r)
			return r;
		hosts_subnet_attach(c->hosts, vpn->id, &want->prefix, on.ac,
		                    loop_now(c->loop));
		hosts_place_master(c->hosts, vpn->id, &want->prefix, on.ac, on.master,
		                   loop_now(c->loop));
	}
	return 0;
}

/* One family of a subnet: a Null route ("no route, no pass"), the answers on its
 * attachments, and discovery. */
static int subnet_start(struct core *c, const struct config_vpn *vpn,
                        const struct config_subnet *sn, const struct dp_subnet *want)
{
	static const enum host_probe_reply reply_of[] = {
		[PROBE_REPLY_NEVER] = HOST_REPLY_NEVER,
		[PROBE_REPLY_MAC_AWARE] = HOST_REPLY_MAC_AWARE,
		[PROBE_REPLY_ALWAYS] = HOST_REPLY_ALWAYS,
	};
	struct dp_route null = { .kind = DP_ROUTE_DISCARD };
	struct host_subnet hs = { .vrf = vpn->id,
		                  .prefix = want->prefix,
		                  .gateway = want->gateway,
		                  .address = want->address,
		                  .proxy_mac = want->proxy_mac,
		                  .age_ms = sn->age_time_s * 1000,
		                  .scan_rate = sn->scan_rate,
		                  .rescan_s = sn->rescan_s,
		                  .max_hosts = sn->max_hosts,
		                  .probe_reply = reply_of[sn->probe_reply] };
	int r = c->dp->ops->route_set(c->dp, vpn->id, &want->prefix, &null);

	if (r)
		return r;
	vrf_subnet_add(c->vrfs, vpn->id, &want->prefix);
	hosts_subnet_set(c->hosts, &hs, loop_now(c->loop));
	r = subnet_attach(c, vpn, sn, want);
	if (!r)
		core_trust_start(c, vpn, sn, want->prefix.ip.afi);
	return r;
}

static int vpn_start(struct core *c, const struct config_vpn *vpn)
{
	struct vrf_config vc = { .id = vpn->id,
		                 .name = vpn->name,
		                 .rd = vpn->rd,
		                 .label = vpn->label,
		                 .import_rt = vpn->import_rt,
		                 .n_import = vpn->n_import,
		                 .export_rt = vpn->export_rt,
		                 .n_export = vpn->n_export,
		                 .import_outside = vpn->import_outside,
		                 .import_loopbacks =
		                         vpn->loopback.afi || vpn->loopback6.afi,
		                 .advertise_mac = vpn->advertise_mac,
		                 .seq_to_localpref = vpn->seq_to_localpref };
	int r = c->dp->ops->vrf_set(c->dp, vpn->id, vpn->label);

	if (r)
		return r;
	vrf_add(c->vrfs, &vc);
	hosts_vrf_limit(c->hosts, vpn->id, vpn->max_hosts);
	hosts_vrf_moves(c->hosts, vpn->id, vpn->max_moves);
	for (size_t i = 0; i < vpn->n_subnets && !r; i++) {
		const struct config_subnet *sn = &vpn->subnet[i];
		struct dp_subnet four = core_subnet_dp(sn, AFI_IP4);
		struct dp_subnet six = core_subnet_dp(sn, AFI_IP6);

		for (size_t k = 0; k < sn->n_attachments; k++) {
			uint32_t site = sn->attachment[k]->site;
			struct extcom soo = extcom_of_as(EXTCOM_SOO, c->cfg->as, site);

			if (site)
				vrf_site_add(c->vrfs, vpn->id, &soo);
		}
		if (sn->prefix.ip.afi)
			r = subnet_start(c, vpn, sn, &four);
		if (!r && sn->prefix6.ip.afi)
			r = subnet_start(c, vpn, sn, &six);
	}
	return r;
}

int core_vpns_start(struct core *c, char **ret_err)
{
	for (size_t i = 0; i < c->cfg->n_vpns; i++) {
		int r = vpn_start(c, &c->cfg->vpn[i]);

		if (r)
			return core_fail(ret_err, r, "vpn %s: %s", c->cfg->vpn[i].name,
			                 dp_error(c->dp));
	}
	return 0;
}
