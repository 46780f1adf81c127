/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "core/core_int.h"

/* Commands that need more than one room: `why`, and what the node as a whole is like. */

enum cmd_status core_need_pe(const struct core *c, struct cmd_req *req)
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
		st = core_need_pe(c, req);
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
void core_way_text(const struct core *c, const struct dp_route *r,
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
			snprintf(buf, n, "%s label %u%s%s", ip_fmt(&nh.pe, pe),
			         path->label, nh.why ? " " : "", nh.why ? nh.why : "");
		else
			snprintf(buf, n, "next hop %u label %u (of an earlier run)",
			         path->nexthop, path->label);
		return;
	case DP_ROUTE_DISCARD: break;
	}
	snprintf(buf, n, "dropped");
}

/* The ways of a route: one, or those of its group. */
struct dp_group core_ways_of(const struct core *c, const struct dp_route *r)
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
	struct dp_group g = core_ways_of(row->c, r);
	char way[160];

	if (row->only && row->only != vrf)
		return;
	for (size_t i = 0; i < g.n; i++) {
		core_way_text(row->c, r, &g.path[i], way, sizeof(way));
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
	enum cmd_status st = core_need_pe(c, req);

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
         core_why_host												     },
};
const size_t core_cmds_n = ARRAY_LEN(core_cmds);
