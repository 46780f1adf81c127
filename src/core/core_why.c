/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>

#include "core/core_int.h"
#include "host/host_trust.h"

/*
 * `why host`: all that was decided about an address, in words.  What is believed of it on
 * our ports (host/), what other PEs say and which of that is used (vrf/), where packets
 * go, and on each port whether who asks for it by ARP or ND is answered, and why not.
 */
struct asked { /* one address in one VPN */
	struct core *c;
	uint32_t vrf;
	struct ip ip;
	struct prefix p;                /* it as a route */
	const struct config_subnet *sn; /* it is in, or NULL */
	bool listed, remote, left;
	bool taken; /* one of ours, which another PE takes for a host's */
	struct host_info hi;
	struct vrf_remote r;
	struct dp_route fib; /* if left: the packet path has a host route */
};

/* --- whose address it is -------------------------------------------------------------
 */

static const struct config_vpn *vpn_of(const struct core *c, uint32_t vrf)
{
	for (size_t i = 0; i < c->cfg->n_vpns; i++) {
		if (c->cfg->vpn[i].id == vrf)
			return &c->cfg->vpn[i];
	}
	return NULL;
}

static bool four(const struct asked *a)
{
	return a->ip.afi == AFI_IP4;
}

static const struct prefix *range(const struct asked *a, const struct config_subnet *sn)
{
	return four(a) ? &sn->prefix : &sn->prefix6;
}

static bool is_gateway(const struct asked *a)
{
	return a->sn && (ip_eq(&a->ip, four(a) ? &a->sn->gateway : &a->sn->gateway6) ||
	                 ip_eq(&a->ip, &a->sn->gateway6_ll));
}

static bool is_own(const struct asked *a)
{
	return a->sn && ip_eq(&a->ip, four(a) ? &a->sn->address : &a->sn->address6);
}

/* No host can have it: the network and broadcast address, the subnet-router anycast. */
static bool is_reserved(const struct asked *a)
{
	const struct prefix *p = a->sn ? range(a, a->sn) : NULL;
	uint32_t wild = p && p->plen < 32 ? UINT32_MAX >> p->plen : 0;

	if (!p)
		return false;
	if (ip_eq(&a->ip, &p->ip))
		return true;
	return four(a) && wild > 1 && (ip_u32(&a->ip) & wild) == wild;
}

static const struct config_subnet *subnet_of(const struct asked *a)
{
	const struct config_vpn *vpn = vpn_of(a->c, a->vrf);

	for (size_t k = 0; vpn && k < vpn->n_subnets; k++) {
		if (prefix_has(range(a, &vpn->subnet[k]), &a->ip) ||
		    ip_eq(&a->ip, &vpn->subnet[k].gateway6_ll))
			return &vpn->subnet[k];
	}
	return NULL;
}

static struct asked ask(struct core *c, uint32_t vrf, const struct ip *ip)
{
	struct asked a = { .c = c, .vrf = vrf, .ip = *ip, .p = prefix_host(ip) };

	a.sn = subnet_of(&a);
	a.listed = hosts_info(c->hosts, vrf, ip, &a.hi);
	a.remote = vrf_best_remote(c->vrfs, vrf, &a.p, &a.r);
	if (core_is_ours(c, vrf, &a.p)) { /* such a route is not used */
		a.taken = a.remote;
		a.remote = false;
	}
	a.left = !c->dp->ops->route_get(c->dp, vrf, &a.p, &a.fib);
	return a;
}

static bool is_local(const struct asked *a)
{
	return a->listed && a->hi.local;
}

/* Is it a host's, as far as anybody knows? */
static bool is_known(const struct asked *a)
{
	return is_local(a) || a->remote || a->left;
}

static const char *place(const struct asked *a)
{
	return is_local(a)     ? "local"
	       : a->remote     ? "remote"
	       : a->left       ? "earlier run"
	       : is_gateway(a) ? "gateway"
	       : is_own(a)     ? "this PE"
	                       : "unknown";
}

/* --- what other PEs say --------------------------------------------------------------
 */

static void why_remote(const struct asked *a, struct view *v, const char *ip)
{
	const struct vrf_remote *r = &a->r;
	char pe[IP_STRLEN], soo[EXTCOM_STRLEN], mac[MAC_STRLEN];
	static const struct extcom none;
	const char *name = core_vrf_ops.pe_name(a->c, &r->pe);
	bool site = !extcom_eq(&r->soo, &none);

	view_note(v, "%s%s%s%s advertises %s with label %u%s%s, sequence %u.",
	          name ? name : "", name ? " (" : "", ip_fmt(&r->pe, pe), name ? ")" : "",
	          ip, r->label, site ? " from site " : "",
	          site ? extcom_fmt(&r->soo, soo) + 4 : "", r->seq);
	if (!mac_is_zero(&r->mac))
		view_note(v, "Its own MAC there is %s.", mac_fmt(&r->mac, mac));
	if (r->immutable)
		view_note(v, "It is bound to that place: no claim here is believed.");
	if (is_local(a) && a->hi.configured)
		view_note(v, "The host configured here wins over this route.");
	else if (is_local(a))
		view_note(v, "The local host wins over this route.");
	else if (r->sibling)
		view_note(v, "That is the other PE of this site: the host is on the same "
		             "LAN, and is asked for here too.");
}

/* --- where packets go ----------------------------------------------------------------
 */

static void why_fib(const struct asked *a, struct view *v)
{
	char way[160], buf[PREFIX_STRLEN];
	struct dp_group g;

	if (!a->left) {
		if (is_known(a))
			view_note(v, "The packet path has no host route for it: see "
			             "\"show log\".");
		return;
	}
	g = core_ways_of(a->c, &a->fib);
	for (size_t i = 0; i < g.n; i++) {
		core_way_text(a->c, &a->fib, &g.path[i], way, sizeof(way));
		view_note(v, "The packet path sends %s%s to %s.",
		          g.n > 1 ? "some flows of " : "", prefix_fmt(&a->p, buf), way);
	}
}

/* Does no way of the route work now? */
static bool no_path(const struct asked *a)
{
	struct dp_group g = core_ways_of(a->c, &a->fib);
	struct nexthop_info nh;

	for (size_t i = 0; i < g.n; i++) {
		if (nexthop_info(a->c->nexthops, g.path[i].nexthop, &nh) && nh.nh.valid)
			return false;
	}
	return true;
}

/* --- who is answered -----------------------------------------------------------------
 */

/* The packet path's table (bpf/neigh.h), row by row.  *ret_yes: it is answered. */
static const char *why_answer(const struct asked *a, uint16_t ac, bool *ret_yes)
{
	bool master = hosts_place_is_master(a->c->hosts, a->vrf, range(a, a->sn), ac);

	*ret_yes = false;
	if (is_own(a)) {
		*ret_yes = true;
		return "it is this PE's own address";
	}
	if (is_gateway(a)) {
		*ret_yes = master;
		return master ? "it is the gateway's address"
		              : "another PE of the site is the master";
	}
	if (is_reserved(a))
		return "no host has that address";
	if (!master)
		return "another PE of the site is the master";
	if (!a->left || a->fib.kind == DP_ROUTE_DISCARD)
		return "no host route covers it";
	if (hosts_is_anycast(a->c->hosts, a->vrf, &a->ip))
		return "each site answers for its own (anycast-local)";
	if (a->fib.frozen)
		return "it is frozen as a duplicate";
	if (a->fib.kind == DP_ROUTE_LOCAL && a->fib.ac == ac)
		return "it is on this port and answers itself";
	if (a->fib.kind == DP_ROUTE_REMOTE && a->fib.sibling)
		return "it is on this LAN, says the site's other PE, and answers itself";
	if (a->fib.kind == DP_ROUTE_REMOTE && no_path(a))
		return "its PE cannot be reached";
	*ret_yes = true;
	return a->fib.kind == DP_ROUTE_LOCAL ? "it is on another port"
	                                     : "it is at another site";
}

static void why_answers(const struct asked *a, struct view *v)
{
	static const struct view_col cols[] = {
		{"port",    "Port",     16},
		{ "answer", "Answered", 19},
		{ "why",    "Why",      0 },
	};

	if (!a->sn || !a->sn->n_attachments)
		return;
	view_table(v, "answers", cols, ARRAY_LEN(cols));
	for (size_t i = 0; i < a->sn->n_attachments; i++) {
		const struct config_attachment *at = a->sn->attachment[i];
		const struct core_port *port = core_ac_port(a->c, at);
		char name[64], mac[MAC_STRLEN];
		bool yes;
		const char *why = why_answer(a, at->id, &yes);

		view_str(v, NULL, core_ac_name(a->c, at->id, name, sizeof(name)));
		if (!yes)
			view_str(v, NULL, "no");
		else if (is_own(a) && port)
			view_str(v, NULL, mac_fmt(&port->mac, mac));
		else
			view_str(v, NULL,
			         mac_fmt(four(a) ? &a->sn->proxy_mac : &a->sn->proxy_mac6,
			                 mac));
		view_str(v, NULL, why);
	}
	view_table_end(v);
}

/* --- nobody's ------------------------------------------------------------------------
 */

static void why_nobody(const struct asked *a, struct view *v, const char *ip)
{
	if (!a->sn)
		view_note(v, "%s is in no subnet of this VPN.", ip);
	else if (is_gateway(a))
		view_note(v, "%s is the subnet's gateway, the same on every PE.", ip);
	else if (is_own(a))
		view_note(v, "%s is this PE's own address in the subnet.", ip);
	else if (is_reserved(a))
		view_note(v, "%s is an address that no host has.", ip);
	else
		view_note(v,
		          "No host %s is known: packets to it end at the subnet's Null "
		          "route; who wants it makes this PE ask on its own ports.",
		          ip);
}

/* --- the command ---------------------------------------------------------------------
 */

/* False: nothing is known of it there. */
static bool why_in(struct core *c, struct view *v, uint32_t vrf, const struct ip *ip)
{
	struct asked a = ask(c, vrf, ip);
	char text[IP_STRLEN];
	bool told;

	ip_fmt(ip, text);
	view_str(v, "vpn", vrf_name(c->vrfs, vrf));
	view_str(v, "address", text);
	view_str(v, "place", place(&a));
	if (!is_known(&a))
		why_nobody(&a, v, text);
	told = hosts_why(c->hosts, vrf, ip, loop_now(c->loop), v);
	if (a.remote)
		why_remote(&a, v, text);
	if (a.taken)
		view_note(v, "Another PE takes it for a host's; no packet follows that "
		             "route.");
	why_fib(&a, v);
	core_why_paths(c, v, vrf, &a.p);
	why_answers(&a, v);
	return is_known(&a) || told || is_gateway(&a) || is_own(&a);
}

enum cmd_status core_why_host(void *arg, struct cmd_req *req)
{
	struct core *c = arg;
	struct ip ip;
	uint32_t vrf;
	bool known = false;
	enum cmd_status st = core_need_pe(c, req);

	if (st != CMD_OK)
		return st;
	if (req->argc < 1 || req->argc > 2 || !ip_parse(req->argv[0], &ip))
		return cmd_fail(req, CMD_USAGE,
		                "expected an address and perhaps a VPN%s%s%s",
		                req->argc ? ", found \"" : "",
		                req->argc ? req->argv[0] : "", req->argc ? "\"" : "");
	if (req->argc == 2) {
		if (!vrf_by_name(c->vrfs, req->argv[1], &vrf))
			return cmd_fail(req, CMD_NO, "no VPN is called \"%s\"",
			                req->argv[1]);
		return why_in(c, req->view, vrf, &ip) ? CMD_OK : CMD_NO;
	}
	view_arr(req->view, "vpns");
	for (size_t i = 0; i < c->cfg->n_vpns; i++) {
		view_obj(req->view, NULL);
		known |= why_in(c, req->view, c->cfg->vpn[i].id, &ip);
		view_end(req->view);
	}
	view_end(req->view);
	return known ? CMD_OK : CMD_NO;
}
