/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>

#include "base/mem.h"
#include "bgp/bgp_show_int.h"
#include "wire/bgp_aspath.h"
#include "wire/bgp_attr_table.h"

/*
 * Routes.  `routes` is the table, a line a path; `route` is one destination with
 * everything about its paths, and with `why` what decided between them: the words come
 * from the comparison that decided (rib_why), not from a second opinion.
 */
bool bgp_show_filter_arg(struct bgp_show_filter *f, const char *arg)
{
	struct ip ip;

	if (ip_parse(arg, &ip) && !f->by_prefix) {
		f->prefix = prefix_host(&ip);
		f->by_prefix = true;
	} else if (!f->by_prefix && prefix_parse(arg, &f->prefix)) {
		f->by_prefix = true;
	} else if (!f->by_rd && rd_parse(arg, &f->rd)) {
		f->by_rd = true;
	} else {
		return false;
	}
	return true;
}

static bool filter_takes(const struct bgp_show_filter *f, const struct rib_key *key)
{
	return (!f->by_prefix || prefix_eq(&f->prefix, &key->prefix)) &&
	       (!f->by_rd || rd_eq(&f->rd, &key->rd));
}

/* --- the table -----------------------------------------------------------------------
 */

struct show_routes {
	const struct bgp *b;
	struct view *v;
	struct bgp_show_filter only;
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

static const struct ip *next_hop_of(const struct bgp *b, const struct rib_path *p)
{
	const struct ip *nh = &attrs_nexthop(p->attrs)->addr;

	return nh->afi == AFI_NONE ? &b->cfg.source : nh;
}

static void show_path(const struct show_routes *s, const struct rib_key *key,
                      const struct rib_path *p, bool best)
{
	char rd[RD_STRLEN], text[SHOW_TEXT_MAX];
	struct bgp_attrs a;
	struct view *v = s->v;

	attrs_view(p->attrs, &a);
	view_str(v, NULL, rd_fmt(&key->rd, rd));
	view_prefix(v, NULL, &key->prefix);
	view_ip(v, NULL, next_hop_of(s->b, p));
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

	if (!filter_takes(&s->only, key))
		return;
	n = rib_paths(s->b->cfg.rib, key, path, ARRAY_LEN(path));
	for (size_t i = 0; i < n; i++)
		show_path(s, key, &path[i], i == 0);
}

/* The next part of a walk over both families; false: that was the last.  req->pos is the
 * family and the place in its table; 0: not begun. */
static bool walk_step(const struct bgp *b, struct cmd_req *req, size_t max,
                      void (*fn)(void *arg, const struct rib_key *key,
                                 const struct rib_path *best),
                      void *arg)
{
	enum afi afi = req->pos ? (enum afi)(req->pos >> 40) : AFI_IP4;
	uint64_t at = req->pos & UINT32_MAX;

	if (rib_walk(b->cfg.rib, afi, &at, max, fn, arg) < max) {
		if (afi == AFI_IP6)
			return false;
		afi = AFI_IP6;
		at = 0;
	}
	req->pos = (uint64_t)afi << 40 | at;
	return true;
}

enum cmd_status bgp_show_routes(void *arg, struct cmd_req *req)
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

	for (int i = 0; i < req->argc; i++) {
		if (!bgp_show_filter_arg(&s.only, req->argv[i]))
			return cmd_fail(req, CMD_USAGE,
			                "show bgp routes: expected a prefix "
			                "(192.0.2.1/32), a route distinguisher "
			                "(192.0.2.1:100) or both, found \"%s\"",
			                req->argv[i]);
	}
	if (!req->pos)
		view_table(s.v, "routes", col, ARRAY_LEN(col));
	if (walk_step(b, req, s.only.by_prefix || s.only.by_rd ? SHOW_SCAN : SHOW_STEP,
	              show_dest, &s))
		return CMD_MORE;
	view_table_end(s.v);
	return CMD_OK;
}

/* --- one destination -----------------------------------------------------------------
 */

enum { WHY_PATHS = 64, WHY_TEXT_LEN = 320 };

struct show_route {
	struct bgp *b;
	struct view *v;
	struct bgp_show_filter only;
	bool why;
	size_t *found;
};

static const char *source_fmt(const struct rib_source *s, char buf[IP_STRLEN])
{
	return s->local ? "this node" : ip_fmt(&s->address, buf);
}

/* What the deciding step compared, of one path. */
static const char *step_value(enum rib_step step, const struct rib_path *p, char *buf,
                              size_t n)
{
	const struct attrs_rank *r = attrs_rank(p->attrs);
	static const char *const origin[] = { "IGP", "EGP", "incomplete" };
	struct ip id;
	char text[IP_STRLEN];

	buf[0] = '\0';
	switch (step) {
	case RIB_STEP_LOCAL_PREF: snprintf(buf, n, "%u", r->local_pref); break;
	case RIB_STEP_AS_PATH: snprintf(buf, n, "%u", r->as_path_len); break;
	case RIB_STEP_ORIGIN:
		snprintf(buf, n, "%s", r->origin < 3 ? origin[r->origin] : "?");
		break;
	case RIB_STEP_MED: snprintf(buf, n, "%u", r->med); break;
	case RIB_STEP_ROUTER_ID:
		id = ip_of_u32(r->has_originator ? r->originator : p->source->router_id);
		snprintf(buf, n, "%s", ip_fmt(&id, text));
		break;
	case RIB_STEP_CLUSTERS: snprintf(buf, n, "%u", r->cluster_len); break;
	case RIB_STEP_ADDRESS: snprintf(buf, n, "%s", source_fmt(p->source, text)); break;
	case RIB_STEP_PATH_ID: snprintf(buf, n, "%u", p->path_id); break;
	case RIB_STEP_NONE:
	case RIB_STEP_STALE:
	case RIB_STEP_LOCAL:
	case RIB_STEP_EBGP:
	case RIB_STEP_END: break;
	}
	return buf;
}

static void show_why(struct view *v, const struct rib_why *w, size_t n)
{
	char by[IP_STRLEN], theirs[64], ours[64];

	if (w->step == RIB_STEP_NONE) {
		view_str(v, "why", n == 1 ? "the only path" : "no other path beats it");
		return;
	}
	step_value(w->step, &w->by, theirs, sizeof(theirs));
	step_value(w->step, &w->path, ours, sizeof(ours));
	view_str(v, "lost-at", rib_step_text(w->step));
	view_str(v, "lost-to", source_fmt(w->by.source, by));
	if (theirs[0])
		view_fmt(v, "why", "the path from %s has the %s: %s, this one has %s",
		         by[0] && !w->by.source->local ? by : "this node",
		         rib_step_text(w->step), theirs, ours);
	else if (w->step == RIB_STEP_STALE)
		view_str(v, "why",
		         "it is kept for a neighbor that is long away: LLGR_STALE");
	else if (w->step == RIB_STEP_LOCAL)
		view_str(v, "why", "this node has a path of its own");
	else
		view_fmt(v, "why", "the path from %s is from an external neighbor",
		         w->by.source->local ? "this node" : by);
}

static void show_numbers(struct view *v, const char *key, const struct bgp_span *s,
                         size_t unit)
{
	view_arr(v, key);
	for (size_t i = 0; i + unit <= s->n; i += unit) {
		struct cur c = cur_of(s->p + i, unit);
		uint32_t w[3] = { 0 };

		for (size_t k = 0; k < unit / 4; k++)
			w[k] = cur_u32(&c);
		if (unit == 4)
			view_fmt(v, NULL, "%u:%u", w[0] >> 16, w[0] & 0xffff);
		else
			view_fmt(v, NULL, "%u:%u:%u", w[0], w[1], w[2]);
	}
	view_end(v);
}

static void show_extcoms(struct view *v, const struct bgp_attrs *a)
{
	view_arr(v, "extended-communities");
	for (size_t i = 0; i < bgp_attr_n_extcoms(a); i++) {
		const struct extcom c = bgp_attr_extcom(a, i);
		char text[EXTCOM_STRLEN];

		view_str(v, NULL, extcom_fmt(&c, text));
	}
	view_end(v);
}

static void show_ids(struct view *v, const char *key, const struct bgp_span *s)
{
	view_arr(v, key);
	for (size_t i = 0; i + 4 <= s->n; i += 4) {
		struct ip ip = ip_of(AFI_IP4, s->p + i);

		view_ip(v, NULL, &ip);
	}
	view_end(v);
}

/* Attributes that nobody here reads, as they came. */
static void show_carried(struct view *v, const struct bgp_attrs *a)
{
	if (!a->n_carried)
		return;
	view_arr(v, "other-attributes");
	for (size_t i = 0; i < a->n_carried; i++) {
		struct cur c = cur_of(a->carried[i].p, a->carried[i].n), value;
		char hex[2 * 128 + 4] = "";
		struct bgp_span whole;
		uint8_t flags, type;
		size_t n;

		if (!bgp_attr_header(&c, &flags, &type, &value, &whole))
			continue;
		n = cur_left(&value);
		for (size_t k = 0; k < n && k < 128; k++)
			snprintf(hex + 2 * k, 3, "%02x", value.p[k]);
		if (n > 128)
			memcpy(hex + 2 * 128, "…", 4);
		view_obj(v, NULL);
		view_num(v, "type", type);
		view_str(v, "name", bgp_attr_name(type));
		view_num(v, "length", (int64_t)n);
		view_str(v, "value", hex);
		view_end(v);
	}
	view_end(v);
}

static void show_attrs(struct view *v, const struct attrs *set)
{
	static const char *const origin[] = { "igp", "egp", "incomplete" };
	char text[SHOW_TEXT_MAX];
	struct bgp_attrs a;
	struct ip ip;

	attrs_view(set, &a);
	view_str(v, "origin", a.origin < 3 ? origin[a.origin] : "?");
	view_str(v, "as-path", bgp_aspath_fmt(&a.as_path, text, sizeof(text)));
	view_num(v, "local-pref", bgp_attr_local_pref(&a));
	if (bgp_attr_has(&a, BGP_ATTR_MED))
		view_num(v, "med", a.med);
	if (a.atomic_aggregate)
		view_flag(v, "atomic-aggregate", true);
	if (bgp_attr_has(&a, BGP_ATTR_AGGREGATOR)) {
		char id[IP_STRLEN];

		ip = ip_of_u32(a.aggregator_id);
		view_fmt(v, "aggregator", "%u %s", a.aggregator_as, ip_fmt(&ip, id));
	}
	if (bgp_attr_has(&a, BGP_ATTR_COMMUNITIES))
		show_numbers(v, "communities", &a.communities, 4);
	if (bgp_attr_has(&a, BGP_ATTR_LARGE_COMMUNITIES))
		show_numbers(v, "large-communities", &a.largecoms, 12);
	show_extcoms(v, &a);
	if (bgp_attr_has(&a, BGP_ATTR_ORIGINATOR_ID)) {
		ip = ip_of_u32(a.originator_id);
		view_ip(v, "originator-id", &ip);
	}
	if (bgp_attr_has(&a, BGP_ATTR_CLUSTER_LIST))
		show_ids(v, "cluster-list", &a.cluster_list);
	show_carried(v, &a);
}

static void show_source(struct view *v, const struct rib_source *s)
{
	struct ip id = ip_of_u32(s->router_id);

	if (s->local) {
		view_str(v, "from", "local");
		return;
	}
	view_ip(v, "from", &s->address);
	view_ip(v, "from-router-id", &id);
	view_str(v, "from-type",
	         s->ebgp     ? "external"
	         : s->client ? "internal, client"
	                     : "internal");
}

static void show_why_path(const struct show_route *s, const struct rib_why *w, size_t n)
{
	const struct bgp_nexthop *nh = attrs_nexthop(w->path.attrs);
	struct view *v = s->v;

	view_obj(v, NULL);
	view_flag(v, "best", w->step == RIB_STEP_NONE);
	if (s->why)
		show_why(v, w, n);
	show_source(v, w->path.source);
	view_ip(v, "next-hop", next_hop_of(s->b, &w->path));
	if (nh->link_local.afi != AFI_NONE)
		view_ip(v, "next-hop-link-local", &nh->link_local);
	view_num(v, "label", w->path.label);
	if (w->path.path_id)
		view_num(v, "path-id", w->path.path_id);
	view_flag(v, "stale", w->path.stale);
	show_attrs(v, w->path.attrs);
	view_end(v);
}

static void show_told(const struct show_route *s, const struct rib_key *key)
{
	view_arr(s->v, "told-to");
	list_for(p, &s->b->peers, struct bgp_peer, link) {
		if (p->up && bgp_group_holds(p, key))
			view_ip(s->v, NULL, &p->cfg.address);
	}
	view_end(s->v);
}

/* Who does not hold it, and why: of the best path, the only one most are told. */
static void show_untold(const struct show_route *s, const struct rib_key *key,
                        const struct rib_path *best)
{
	enum afi afi = (enum afi)key->prefix.ip.afi;

	view_arr(s->v, "not-told-to");
	list_for(p, &s->b->peers, struct bgp_peer, link) {
		const char *why = "there is no session";

		if (p->up && bgp_group_holds(p, key))
			continue;
		if (p->up)
			why = bgp_batch_untold(p, afi, best);
		view_obj(s->v, NULL);
		view_ip(s->v, "neighbor", &p->cfg.address);
		view_str(s->v, "why", why ? why : "it will be, when there is room");
		view_end(s->v);
	}
	view_end(s->v);
}

static void show_key(const struct show_route *s, const struct rib_key *key)
{
	struct rib_why why[WHY_PATHS];
	size_t n = rib_why(s->b->cfg.rib, key, why, ARRAY_LEN(why));
	char rd[RD_STRLEN];

	if (!n)
		return;
	++*s->found;
	view_obj(s->v, NULL);
	view_str(s->v, "rd", rd_fmt(&key->rd, rd));
	view_prefix(s->v, "prefix", &key->prefix);
	view_num(s->v, "paths-held", (int64_t)n);
	view_arr(s->v, "paths");
	for (size_t i = 0; i < n; i++)
		show_why_path(s, &why[i], n);
	view_end(s->v);
	show_told(s, key);
	for (size_t i = 0; s->why && i < n; i++) {
		if (why[i].step == RIB_STEP_NONE)
			show_untold(s, key, &why[i].path);
	}
	view_end(s->v);
}

static void show_route_dest(void *arg, const struct rib_key *key,
                            const struct rib_path *best)
{
	const struct show_route *s = arg;

	if (filter_takes(&s->only, key))
		show_key(s, key);
}

/* What was refused is not kept, so of a route that is not there only this can be said. */
static void show_refused(const struct show_route *s)
{
	list_for(p, &s->b->peers, struct bgp_peer, link) {
		for (int r = 0; r < BGP_REJECT_END; r++) {
			char ip[IP_STRLEN];

			if (p->rejected[r])
				view_note(s->v,
				          "From %s %llu routes were refused: %s.  Which "
				          "ones is not kept.",
				          ip_fmt(&p->cfg.address, ip),
				          (unsigned long long)p->rejected[r],
				          bgp_rx_reject_name((enum bgp_reject)r));
		}
	}
}

static enum cmd_status route_end(const struct show_route *s, struct cmd_req *req)
{
	view_end(s->v);
	if (*s->found)
		return CMD_OK;
	if (s->why)
		show_refused(s);
	return cmd_fail(req, CMD_NO, "there is no such route in the table");
}

enum cmd_status bgp_show_route(void *arg, struct cmd_req *req)
{
	struct show_route s = { .b = arg, .v = req->view };
	size_t found = 0;

	s.found = &found;
	memcpy(&found, req->key, sizeof(found));
	for (int i = 0; i < req->argc; i++) {
		if (!strcmp(req->argv[i], "why") && !s.why)
			s.why = true;
		else if (!bgp_show_filter_arg(&s.only, req->argv[i]))
			return cmd_fail(req, CMD_USAGE,
			                "show bgp route: expected a prefix "
			                "(192.0.2.1/32), perhaps a route distinguisher "
			                "(192.0.2.1:100) and \"why\", found \"%s\"",
			                req->argv[i]);
	}
	if (!s.only.by_prefix)
		return cmd_fail(req, CMD_USAGE,
		                "show bgp route: expected a prefix; for all of them see "
		                "show bgp routes");
	if (!req->pos)
		view_arr(s.v, "destinations");
	if (s.only.by_rd) { /* no need to search */
		const struct rib_key key = { s.only.rd, s.only.prefix };

		show_key(&s, &key);
		return route_end(&s, req);
	}
	if (!walk_step(s.b, req, SHOW_SCAN, show_route_dest, &s))
		return route_end(&s, req);
	memcpy(req->key, &found, sizeof(found));
	return CMD_MORE;
}
