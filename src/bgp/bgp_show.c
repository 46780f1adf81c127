/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>

#include "base/view.h"
#include "bgp/bgp_int.h"
#include "wire/bgp_aspath.h"

enum { AGE_STRLEN = 24, SHOW_STEP = 256, SHOW_HEX_MAX = 512, SHOW_TEXT_MAX = 512 };

static struct mono show_now(const struct bgp *b)
{
	return b->io.now ? b->io.now(b->io_arg) : b->now;
}

/* "00:01:23", "3d04h". */
static const char *age_fmt(const struct bgp *b, struct mono since, char buf[AGE_STRLEN])
{
	long long s = mono_ms_since(show_now(b), since) / 1000;

	if (s < 0)
		s = 0;
	if (s < 86400)
		snprintf(buf, AGE_STRLEN, "%02lld:%02lld:%02lld", s / 3600, s / 60 % 60,
		         s % 60);
	else
		snprintf(buf, AGE_STRLEN, "%lldd%02lldh", s / 86400, s / 3600 % 24);
	return buf;
}

static size_t received(const struct bgp_peer *p)
{
	const struct rib *r = p->bgp->cfg.rib;

	return rib_source_paths(r, p->source, AFI_IP4) +
	       rib_source_paths(r, p->source, AFI_IP6);
}

static size_t sent(const struct bgp_peer *p)
{
	return rib_reader_told_count(p->reader, AFI_IP4) +
	       rib_reader_told_count(p->reader, AFI_IP6);
}

static enum cmd_status show_summary(void *arg, struct cmd_req *req)
{
	static const struct view_col col[] = {
		{"neighbor",    "Neighbor",   18},
                { "as",         "AS",         11},
		{ "state",      "State",      12},
                { "for",        "Up/Down",    9 },
		{ "received",   "Received",   9 },
                { "sent",       "Sent",       9 },
		{ "last-error", "Last error", 0 },
	};
	const struct bgp *b = arg;
	struct view *v = req->view;
	char age[AGE_STRLEN];

	if (req->argc)
		return cmd_fail(req, CMD_USAGE,
		                "show bgp takes no argument \"%s\"; see "
		                "show bgp neighbor, show bgp routes",
		                req->argv[0]);
	view_table(v, "neighbors", col, ARRAY_LEN(col));
	list_for(p, &b->peers, struct bgp_peer, link) {
		view_ip(v, NULL, &p->cfg.address);
		view_num(v, NULL, p->cfg.as);
		view_str(v, NULL, bgp_fsm_name(bgp_peer_state(p)));
		view_str(v, NULL, age_fmt(b, p->since, age));
		view_num(v, NULL, (int64_t)received(p));
		view_num(v, NULL, (int64_t)sent(p));
		view_str(v, NULL, p->last_error);
	}
	view_table_end(v);
	return CMD_OK;
}

/* --- one neighbor --------------------------------------------------------------------
 */

static void show_families(struct view *v, const char *key, uint32_t set)
{
	view_arr(v, key);
	for (int f = 0; f < BGP_FAM_END; f++) {
		if (set & bgp_family_bit(f))
			view_str(v, NULL, bgp_family_name(f));
	}
	view_end(v);
}

static void show_caps(struct view *v, const char *key, const struct bgp_caps *c)
{
	view_obj(v, key);
	show_families(v, "families", c->families);
	view_flag(v, "route-refresh", c->refresh);
	view_flag(v, "enhanced-route-refresh", c->enhanced_refresh);
	view_flag(v, "extended-message", c->ext_msg);
	view_flag(v, "four-octet-as", c->as4);
	show_families(v, "extended-next-hop", c->ext_next_hop);
	view_flag(v, "graceful-restart", c->gr.present);
	if (c->gr.present) {
		view_num(v, "restart-time", c->gr.time);
		show_families(v, "restart-families", c->gr.families);
	}
	view_end(v);
}

static void show_session(struct view *v, const struct bgp_peer *p)
{
	const struct bgp_caps ours = bgp_conn_caps();
	const struct bgp_conn *c = p->up;
	char id[IP_STRLEN];
	struct ip rid;

	if (!c)
		return;
	rid = ip_of_u32(c->open.router_id);
	view_str(v, "router-id", ip_fmt(&rid, id));
	view_ip(v, "local-address", &c->local);
	view_str(v, "opened-by", c->outgoing ? "us" : "neighbor");
	view_num(v, "hold-time", c->hold_s);
	view_num(v, "keepalive-time", c->hold_s / 3);
	view_num(v, "send-queue-octets", (int64_t)buf_left(&c->tx));
	show_caps(v, "capabilities-sent", &ours);
	show_caps(v, "capabilities-received", &c->open.caps);
}

static void show_counters(struct view *v, const struct bgp_peer *p)
{
	static const char *const key[] = {
		[BGP_OPEN] = "open",
		[BGP_UPDATE] = "update",
		[BGP_NOTIFICATION] = "notification",
		[BGP_KEEPALIVE] = "keepalive",
		[BGP_ROUTE_REFRESH] = "route-refresh",
	};

	view_obj(v, "messages-received");
	for (int t = BGP_OPEN; t <= BGP_ROUTE_REFRESH; t++)
		view_num(v, key[t], (int64_t)p->rx[t]);
	view_end(v);
	view_obj(v, "messages-sent");
	for (int t = BGP_OPEN; t <= BGP_ROUTE_REFRESH; t++)
		view_num(v, key[t], (int64_t)p->tx[t]);
	view_end(v);

	view_obj(v, "routes");
	view_num(v, "received", (int64_t)received(p));
	view_num(v, "sent", (int64_t)sent(p));
	view_num(v, "announcements-received", (int64_t)p->routes_rx);
	view_num(v, "withdrawals-received", (int64_t)p->withdrawn_rx);
	view_num(v, "announcements-sent", (int64_t)p->routes_tx);
	view_num(v, "withdrawals-sent", (int64_t)p->withdrawn_tx);
	view_num(v, "too-big-to-send", p->too_big_tx);
	view_end(v);
	view_obj(v, "refused");
	for (int r = 0; r < BGP_REJECT_END; r++)
		view_num(v, bgp_rx_reject_name(r), (int64_t)p->rejected[r]);
	view_end(v);
}

static void show_errors(struct view *v, const struct bgp_peer *p)
{
	char hex[2 * SHOW_HEX_MAX + 1];
	size_t n = buf_left(&p->malformed);
	const uint8_t *bytes = n ? buf_head(&p->malformed) : NULL;

	view_obj(v, "malformed-updates");
	for (int f = BGP_DISCARD_ATTR; f <= BGP_RESET; f++)
		view_num(v, bgp_update_fate_name(f), (int64_t)p->fates[f]);
	view_end(v);
	view_obj(v, "outbound-filters");
	view_num(v, "not-negotiated", p->orf_ignored);
	view_num(v, "malformed", p->orf_malformed);
	view_end(v);
	view_obj(v, "attribute-errors");
	for (unsigned t = 0; t < ARRAY_LEN(p->attr_errors); t++) {
		char key[48];

		if (!p->attr_errors[t])
			continue;
		snprintf(key, sizeof(key), "%s(%u)", bgp_attr_name((uint8_t)t), t);
		view_num(v, key, p->attr_errors[t]);
	}
	view_end(v);
	if (!n)
		return;
	for (size_t i = 0; i < n && i < SHOW_HEX_MAX; i++)
		snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
	view_obj(v, "last-malformed");
	view_str(v, "why", p->malformed_why);
	view_num(v, "length", (int64_t)n);
	view_str(v, "hex", hex);
	view_end(v);
}

static struct bgp_peer *peer_by_address(const struct bgp *b, const struct ip *ip)
{
	list_for(p, &b->peers, struct bgp_peer, link) {
		if (ip_eq(&p->cfg.address, ip))
			return p;
	}
	return NULL;
}

static void show_peer(struct view *v, const struct bgp_peer *p)
{
	const struct bgp *b = p->bgp;
	char age[AGE_STRLEN];

	view_obj(v, "neighbor");
	view_ip(v, "address", &p->cfg.address);
	if (p->cfg.description)
		view_str(v, "description", p->cfg.description);
	if (p->cfg.template)
		view_str(v, "template", p->cfg.template);
	view_num(v, "as", p->cfg.as);
	view_str(v, "type", p->ebgp ? "external" : "internal");
	view_flag(v, "route-reflector-client", p->cfg.client);
	if (p->ebgp)
		view_note(v,
		          "No policy: no routes are taken from or given to an external "
		          "neighbor (RFC 8212).");
	view_str(v, "state", bgp_fsm_name(bgp_peer_state(p)));
	view_str(v, "for", age_fmt(b, p->since, age));
	view_num(v, "sessions", p->ups);
	view_num(v, "refused-connections", p->refused);
	view_flag(v, "passive", p->cfg.passive);
	view_flag(v, "tcp-md5", p->cfg.password != NULL);
	view_num(v, "ttl-security-hops", p->cfg.ttl_security);
	view_num(v, "configured-hold-time", p->cfg.hold_time_s);
	view_num(v, "max-prefixes", p->cfg.max_prefixes);
	show_session(v, p);
	show_counters(v, p);
	if (p->last_error[0]) {
		view_str(v, "last-error", p->last_error);
		view_str(v, "last-error-age", age_fmt(b, p->last_error_at, age));
	}
	show_errors(v, p);
	view_end(v);
}

static enum cmd_status show_neighbor(void *arg, struct cmd_req *req)
{
	const struct bgp *b = arg;
	struct bgp_peer *p;
	struct ip ip;

	if (req->argc != 1 || !ip_parse(req->argv[0], &ip))
		return cmd_fail(req, CMD_USAGE,
		                "show bgp neighbor: expected one address");
	p = peer_by_address(b, &ip);
	if (!p)
		return cmd_fail(req, CMD_NO, "no neighbor %s is configured",
		                req->argv[0]);
	show_peer(req->view, p);
	return CMD_OK;
}

/* --- routes --------------------------------------------------------------------------
 */

struct show_routes {
	const struct bgp *b;
	struct view *v;
	bool by_prefix, by_rd;
	struct prefix prefix;
	struct rd rd;
};

static void extcoms_fmt(const struct attrs *a, char buf[SHOW_TEXT_MAX])
{
	struct bgp_span s = attrs_extcoms(a);
	size_t len = 0;

	buf[0] = '\0';
	for (size_t i = 0; i + 8 <= s.n && len + EXTCOM_STRLEN < SHOW_TEXT_MAX; i += 8) {
		char one[EXTCOM_STRLEN];
		struct extcom c;

		memcpy(c.b, s.p + i, sizeof(c.b));
		len += (size_t)snprintf(buf + len, SHOW_TEXT_MAX - len, "%s%s",
		                        i ? " " : "", extcom_fmt(&c, one));
	}
}

static void show_path(const struct show_routes *s, const struct rib_key *key,
                      const struct rib_path *p, bool best)
{
	const struct ip *nh = &attrs_nexthop(p->attrs)->addr;
	char rd[RD_STRLEN], text[SHOW_TEXT_MAX];
	struct bgp_attrs a;
	struct view *v = s->v;

	attrs_view(p->attrs, &a);
	view_str(v, NULL, rd_fmt(&key->rd, rd));
	view_prefix(v, NULL, &key->prefix);
	view_ip(v, NULL, nh->afi == AFI_NONE ? &s->b->cfg.source : nh);
	view_num(v, NULL, p->label);
	if (p->source->local)
		view_str(v, NULL, "local");
	else
		view_ip(v, NULL, &p->source->address);
	view_flag(v, NULL, best);
	view_flag(v, NULL, p->stale);
	view_num(v, NULL, bgp_attr_local_pref(&a));
	view_str(v, NULL, bgp_aspath_fmt(&a.as_path, text, sizeof(text)));
	extcoms_fmt(p->attrs, text);
	view_str(v, NULL, text);
}

static void show_dest(void *arg, const struct rib_key *key, const struct rib_path *best)
{
	const struct show_routes *s = arg;
	struct rib_path path[32];
	size_t n;

	if (s->by_prefix && !prefix_eq(&s->prefix, &key->prefix))
		return;
	if (s->by_rd && !rd_eq(&s->rd, &key->rd))
		return;
	n = rib_paths(s->b->cfg.rib, key, path, ARRAY_LEN(path));
	for (size_t i = 0; i < n; i++)
		show_path(s, key, &path[i], i == 0);
}

static bool routes_filter(struct show_routes *s, const struct cmd_req *req)
{
	struct ip ip;

	if (!req->argc)
		return true;
	if (req->argc > 1)
		return false;
	if (ip_parse(req->argv[0], &ip)) {
		s->prefix = prefix_host(&ip);
		return s->by_prefix = true;
	}
	s->by_prefix = prefix_parse(req->argv[0], &s->prefix);
	s->by_rd = !s->by_prefix && rd_parse(req->argv[0], &s->rd);
	return s->by_prefix || s->by_rd;
}

/* req->pos is the family and the place in its table; 0: not begun. */
static enum cmd_status show_routes(void *arg, struct cmd_req *req)
{
	static const struct view_col col[] = {
		{"rd",           "RD",          22},
		{ "prefix",      "Prefix",      20},
		{ "next-hop",    "Next-hop",    16},
		{ "label",       "Label",       8 },
		{ "from",        "From",        16},
		{ "best",        "Best",        6 },
		{ "stale",       "Stale",       6 },
		{ "local-pref",  "LocPref",     8 },
		{ "as-path",     "AS path",     8 },
		{ "communities", "Communities", 0 },
	};
	const struct bgp *b = arg;
	struct show_routes s = { .b = b, .v = req->view };
	enum afi afi = AFI_IP4;
	uint64_t at = 0;

	if (!routes_filter(&s, req))
		return cmd_fail(
			req, CMD_USAGE,
			"show bgp routes: expected a prefix (192.0.2.1/32) or a route "
			"distinguisher (192.0.2.1:100)");
	if (req->pos) {
		afi = (enum afi)(req->pos >> 40);
		at = req->pos & UINT32_MAX;
	} else {
		view_table(s.v, "routes", col, ARRAY_LEN(col));
	}
	if (rib_walk(b->cfg.rib, afi, &at, SHOW_STEP, show_dest, &s) < SHOW_STEP) {
		if (afi == AFI_IP6) {
			view_table_end(s.v);
			return CMD_OK;
		}
		afi = AFI_IP6;
		at = 0;
	}
	req->pos = (uint64_t)afi << 40 | at;
	return CMD_MORE;
}

const struct cmd bgp_cmds[] = {
	{"show bgp",           "",            "BGP neighbors and their sessions",         false, show_summary},
	{ "show bgp neighbor", "ADDRESS",     "everything about one neighbor",            false,
         show_neighbor										       },
	{ "show bgp routes",   "[PREFIX|RD]", "the labelled VPN routes with their paths",
         false,										  show_routes },
};
const size_t bgp_cmds_n = ARRAY_LEN(bgp_cmds);
