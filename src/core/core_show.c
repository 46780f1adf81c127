/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "core/core_int.h"

/* Commands that need more than one room: `why`, and what the node as a whole is like. */

static enum cmd_status need_pe(const struct core *c, struct cmd_req *req)
{
	if (c->dp)
		return CMD_OK;
	return cmd_fail(req, CMD_NO, "this node has no VPNs: it only reflects routes");
}

static enum cmd_status no_args(struct cmd_req *req)
{
	if (req->argc)
		return cmd_fail(req, CMD_USAGE, "expected nothing more, found \"%s\"",
		                req->argv[0]);
	return CMD_OK;
}

static enum cmd_status show_counters(void *arg, struct cmd_req *req)
{
	struct core *c = arg;
	enum cmd_status st = no_args(req);

	if (st == CMD_OK)
		st = need_pe(c, req);
	if (st == CMD_OK)
		c->dp->ops->show_counters(c->dp, req->view);
	return st;
}

static enum cmd_status show_system(void *arg, struct cmd_req *req)
{
	struct core *c = arg;
	struct view *v = req->view;
	enum cmd_status st = no_args(req);
	struct rib_stats rs;

	if (st != CMD_OK)
		return st;
	view_str(v, "version", VSUBNET_VERSION);
	view_str(v, "name", c->cfg->name);
	view_ip(v, "router-id", &c->cfg->router_id);
	view_num(v, "as", c->cfg->as);
	view_num(v, "uptime-s", mono_ms_since(loop_now(c->loop), c->started) / 1000);
	rib_stats(c->rib, &rs);
	view_obj(v, "rib");
	view_num(v, "vpn-ipv4-routes", (int64_t)rs.dests[AFI_IP4]);
	view_num(v, "vpn-ipv6-routes", (int64_t)rs.dests[AFI_IP6]);
	view_num(v, "attribute-sets", (int64_t)rs.attr_sets);
	view_num(v, "attribute-bytes", (int64_t)rs.attr_bytes);
	view_end(v);
	if (c->dp) {
		view_num(v, "local-hosts", (int64_t)hosts_count(c->hosts));
		view_obj(v, "data-plane");
		c->dp->ops->show_system(c->dp, v);
		view_end(v);
		packet_show(c->packet, v);
		core_punts_show(c, v);
		core_tools_show(c, v);
	}
	netlink_show(c->nl, v);
	return CMD_OK;
}

struct log_row {
	struct view *v;
};

static void show_log_row(void *arg, const struct log_record *rec)
{
	struct log_row *row = arg;
	char when[LOG_TIME_STRLEN];

	view_str(row->v, NULL, log_time_fmt(rec->wall_us, when));
	view_str(row->v, NULL, log_level_name(rec->level));
	view_str(row->v, NULL, rec->text);
}

static enum cmd_status show_log(void *arg, struct cmd_req *req)
{
	static const struct view_col cols[] = {
		{"time",   "Time",  29},
                { "level", "Level", 8 },
                { "text",  "Text",  0 }
	};
	struct log_row row = { .v = req->view };
	uint64_t pos = 0;
	enum cmd_status st = no_args(req);

	(void)arg;
	if (st != CMD_OK)
		return st;
	view_table(req->view, "log", cols, ARRAY_LEN(cols));
	while (log_walk(&pos, LOG_RING_LINES, show_log_row, &row))
		;
	view_table_end(req->view);
	return CMD_OK;
}

static const char *const route_kind[] = { [DP_ROUTE_REMOTE] = "remote",
	                                  [DP_ROUTE_LOCAL] = "local",
	                                  [DP_ROUTE_DISCARD] = "discard" };

/* Where a route sends packets, in words: "eth0 02:…" or "192.0.2.12 label 100100". */
static void way_text(const struct core *c, const struct dp_route *r,
                     const struct dp_path *path, char *buf, size_t n)
{
	char ac[64], mac[MAC_STRLEN], pe[IP_STRLEN];
	struct nexthop_info nh;
	const char *port;

	switch (r->kind) {
	case DP_ROUTE_LOCAL:
		port = core_ac_name(c, r->ac, ac, sizeof(ac));
		snprintf(buf, n, "%s %s", port ? port : "?", mac_fmt(&r->mac, mac));
		return;
	case DP_ROUTE_REMOTE:
		if (nexthop_info(c->nexthops, path->nexthop, &nh))
			snprintf(buf, n, "%s label %u%s%s", ip_fmt(&nh.pe, pe), path->label,
			         nh.why ? " " : "", nh.why ? nh.why : "");
		else
			snprintf(buf, n, "next hop %u label %u (of an earlier run)",
			         path->nexthop, path->label);
		return;
	case DP_ROUTE_DISCARD: break;
	}
	snprintf(buf, n, "dropped");
}

/* The ways of a route: one, or those of its group. */
static struct dp_group ways_of(const struct core *c, const struct dp_route *r)
{
	struct dp_group g = { .n = 1, .path = { { r->nexthop, r->label } } };

	if (r->kind == DP_ROUTE_REMOTE && r->group)
		c->dp->ops->group_get(c->dp, r->group, &g);
	return g;
}

struct fib_row {
	const struct core *c;
	struct view *v;
	uint32_t only; /* VRF, 0: all */
};

static void show_fib_row(void *arg, uint32_t vrf, const struct prefix *p,
                         const struct dp_route *r)
{
	const struct fib_row *row = arg;
	struct dp_group g = ways_of(row->c, r);
	char way[160];

	if (row->only && row->only != vrf)
		return;
	for (size_t i = 0; i < g.n; i++) {
		way_text(row->c, r, &g.path[i], way, sizeof(way));
		view_str(row->v, NULL, vrf_name(row->c->vrfs, vrf));
		view_prefix(row->v, NULL, p);
		view_str(row->v, NULL, route_kind[r->kind]);
		view_str(row->v, NULL, way);
	}
}

static enum cmd_status show_fib(void *arg, struct cmd_req *req)
{
	enum { ROWS = 512 };
	static const struct view_col cols[] = {
		{"vpn",     "VPN",    12},
		{ "prefix", "Prefix", 24},
		{ "kind",   "Kind",   9 },
		{ "way",    "Way",    0 }
	};
	struct core *c = arg;
	struct fib_row row = { .c = c, .v = req->view };
	enum cmd_status st = need_pe(c, req);

	if (st != CMD_OK)
		return st;
	if (req->argc > 1)
		return cmd_fail(req, CMD_USAGE, "expected at most a VPN, found \"%s\"",
		                req->argv[1]);
	if (req->argc && !vrf_by_name(c->vrfs, req->argv[0], &row.only))
		return cmd_fail(req, CMD_NO, "no VPN is called \"%s\"", req->argv[0]);
	if (!req->key[0]) {
		req->key[0] = 1;
		view_table(req->view, "fib", cols, ARRAY_LEN(cols));
	}
	if (c->dp->ops->route_walk(c->dp, &req->pos, ROWS, show_fib_row, &row))
		return CMD_MORE;
	view_table_end(req->view);
	return CMD_OK;
}

/* "5 s", "3 min", "2 h" */
static const char *ago(const struct core *c, struct mono then, char *buf, size_t n)
{
	long long s = mono_ms_since(loop_now(c->loop), then) / 1000;

	if (s < 120)
		snprintf(buf, n, "%lld s", s);
	else if (s < 7200)
		snprintf(buf, n, "%lld min", s / 60);
	else
		snprintf(buf, n, "%lld h", s / 3600);
	return buf;
}

static void why_local(const struct core *c, struct view *v, const struct host_info *hi,
                      const char *ip)
{
	char mac[MAC_STRLEN], ac[64], learned[24], heard[24];

	view_note(v, "%s is here: %s on %s, %s%s %s ago, last heard %s ago.", ip,
	          mac_fmt(&hi->mac, mac), core_ac_name(c, hi->ac, ac, sizeof(ac)),
	          hi->by == HOST_BY_FIB ? "adopted from an " : "learned by ",
	          host_evidence_text(hi->by),
	          ago(c, hi->learned, learned, sizeof(learned)),
	          ago(c, hi->last_seen, heard, sizeof(heard)));
	if (hi->seq)
		view_note(v, "It has moved: its mobility sequence is %u.", hi->seq);
	if (hi->contested)
		view_note(v, "Another site advertises it too: it is being probed here.");
	if (hi->duplicate)
		return;
	view_note(
		v,
		"It answers ARP and ND itself; on its own port this PE is silent for it.");
}

/* Two hosts have the address; which route is used is said beside this. */
static void why_duplicate(const struct core *c, struct view *v,
                          const struct host_info *hi, const char *ip)
{
	view_note(v,
	          "Duplicate: %s and another site claimed %s five times in three "
	          "minutes, so two hosts seem to have it.",
	          hi->local ? "this one" : "a host here", ip);
	view_note(
		v,
		"Nobody here is answered who asks for it, and no claim is believed, for "
		"%lld s more, until the other site gives it up, or until `host clear`.",
		(long long)(mono_ms_since(hi->thaw_at, loop_now(c->loop)) / 1000));
}

static void why_remote(const struct core *c, struct view *v, const struct vrf_remote *r,
                       const char *ip, bool local, bool frozen)
{
	char pe[IP_STRLEN], soo[EXTCOM_STRLEN], mac[MAC_STRLEN];
	static const struct extcom none;
	const char *name = core_vrf_ops.pe_name((void *)(uintptr_t)c, &r->pe);

	view_note(v, "%s%s%s%s advertises %s with label %u%s%s, sequence %u.",
	          name ? name : "", name ? " (" : "", ip_fmt(&r->pe, pe), name ? ")" : "",
	          ip, r->label, extcom_eq(&r->soo, &none) ? "" : " from site ",
	          extcom_eq(&r->soo, &none) ? "" : extcom_fmt(&r->soo, soo) + 4, r->seq);
	if (!mac_is_zero(&r->mac))
		view_note(v, "Its own MAC there is %s.", mac_fmt(&r->mac, mac));
	if (r->immutable)
		view_note(v, "It is bound to that place: no claim here is believed.");
	if (local)
		view_note(v, "The local host wins over this route.");
	else if (frozen)
		view_note(v, "Packets go there; ARP and ND for it are not answered.");
	else if (r->sibling)
		view_note(v,
		          "That is a PE of this site: ARP and ND for it are left alone.");
	else
		view_note(v,
		          "ARP and ND for it are answered with the subnet's proxy MAC.");
}

/* The subnet of the VPN that the address is in, or NULL. */
static const struct config_subnet *subnet_of(const struct core *c, uint32_t vrf,
                                             const struct ip *ip)
{
	for (size_t i = 0; i < c->cfg->n_vpns; i++) {
		const struct config_vpn *vpn = &c->cfg->vpn[i];

		for (size_t k = 0; vpn->id == vrf && k < vpn->n_subnets; k++) {
			const struct config_subnet *sn = &vpn->subnet[k];

			if (prefix_has(ip->afi == AFI_IP4 ? &sn->prefix : &sn->prefix6,
			               ip))
				return sn;
		}
	}
	return NULL;
}

static bool is_gateway(const struct config_subnet *sn, const struct ip *ip)
{
	return ip_eq(ip, ip->afi == AFI_IP4 ? &sn->gateway : &sn->gateway6);
}

/* Neither here nor elsewhere. */
static void why_unknown(struct view *v, const struct config_subnet *sn,
                        const struct ip *ip, const char *text)
{
	const struct mac *proxy;
	char mac[MAC_STRLEN];

	if (!sn) {
		view_note(v, "%s is in no subnet of this VPN.", text);
	} else if (is_gateway(sn, ip)) {
		proxy = ip->afi == AFI_IP4 ? &sn->proxy_mac : &sn->proxy_mac6;
		view_note(v,
		          "%s is the subnet's gateway: every PE answers for it, as %s.",
		          text, mac_fmt(proxy, mac));
	} else {
		view_note(v,
		          "No host %s is known: no ARP or ND from it here, no route from "
		          "another PE.",
		          text);
		view_note(v,
		          "Packets to it end at the subnet's Null route, ARP or ND for "
		          "it is not answered; who wants it makes this PE ask on its "
		          "own ports.");
	}
}

static void why_fib(struct core *c, struct view *v, uint32_t vrf, const struct prefix *p,
                    bool known)
{
	struct dp_route r;
	char way[160], buf[PREFIX_STRLEN];

	if (!c->dp->ops->route_get(c->dp, vrf, p, &r)) {
		struct dp_group g = ways_of(c, &r);

		for (size_t i = 0; i < g.n; i++) {
			way_text(c, &r, &g.path[i], way, sizeof(way));
			view_note(v, "The packet path sends %s%s to %s.",
			          g.n > 1 ? "some flows of " : "", prefix_fmt(p, buf), way);
		}
	} else if (known) {
		view_note(v,
		          "The packet path has no host route for it: see \"show log\".");
	}
}

/* One host in one VPN; false: nothing is known of it there. */
static bool why_in(struct core *c, struct view *v, uint32_t vrf, const struct ip *ip)
{
	struct prefix p = prefix_host(ip);
	struct host_info hi;
	struct vrf_remote r;
	struct dp_route fib;
	bool listed = hosts_info(c->hosts, vrf, ip, &hi), local = listed && hi.local;
	bool remote = vrf_best_remote(c->vrfs, vrf, &p, &r);
	bool left = !c->dp->ops->route_get(c->dp, vrf, &p, &fib);
	bool known = local || remote || left;
	const struct config_subnet *sn = subnet_of(c, vrf, ip);
	bool gw = sn && is_gateway(sn, ip);
	char text[IP_STRLEN];

	ip_fmt(ip, text);
	view_str(v, "vpn", vrf_name(c->vrfs, vrf));
	view_str(v, "address", text);
	view_str(v, "place",
	         local    ? "local"
	         : remote ? "remote"
	         : left   ? "earlier run"
	         : gw     ? "gateway"
	                  : "unknown");
	if (local)
		why_local(c, v, &hi, text);
	if (listed && hi.duplicate)
		why_duplicate(c, v, &hi, text);
	if (remote)
		why_remote(c, v, &r, text, local, listed && hi.duplicate);
	core_why_paths(c, v, vrf, &p);
	why_fib(c, v, vrf, &p, known);
	if (!known)
		why_unknown(v, sn, ip, text);
	return known || gw;
}

static enum cmd_status why_host(void *arg, struct cmd_req *req)
{
	struct core *c = arg;
	struct ip ip;
	uint32_t vrf;
	bool known = false;
	enum cmd_status st = need_pe(c, req);

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

const struct cmd core_cmds[] = {
	{"config apply",   "[FILE]",        "take over a configuration, if all of it can be live",
         true,											    core_config_apply},
	{ "config check",  "FILE",          "is a configuration a good one?",                      false,
         core_config_check												 },
	{ "config diff",   "[FILE]",        "what a configuration would change, and how",          false,
         core_config_diff												  },
	{ "show counters", "",              "packets by verdict and reason",                       false, show_counters    },
	{ "show fib",      "[VPN]",         "what the packet path holds",                          false, show_fib         },
	{ "show log",      "",              "the last lines of the log",                           false, show_log         },
	{ "show system",   "",              "version, tables, data plane",                         false, show_system      },
	{ "why host",      "ADDRESS [VPN]", "where a host is and why we think so",                 false,
         why_host													  },
};
const size_t core_cmds_n = ARRAY_LEN(core_cmds);
