/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>

#include "base/view.h"
#include "bgp/bgp_rtc.h"
#include "bgp/bgp_show_int.h"

enum { TARGET_STRLEN = 64 };

/* "default", "65000:100", "rt:65000:100/80 …" as far as a prefix can be named. */
static const char *target_fmt(const struct rtc_nlri *n, char buf[TARGET_STRLEN])
{
	char rt[EXTCOM_STRLEN];

	if (n->bits == RTC_DEFAULT_BITS)
		snprintf(buf, TARGET_STRLEN, "default");
	else if (n->bits == NLRI_RTC_FULL)
		snprintf(buf, TARGET_STRLEN, "%s", extcom_fmt(&n->rt, rt));
	else if (n->bits <= RTC_AS_BITS)
		snprintf(buf, TARGET_STRLEN, "any");
	else
		snprintf(buf, TARGET_STRLEN, "%s/%u", extcom_fmt(&n->rt, rt),
		         n->bits - RTC_AS_BITS);
	return buf;
}

static const char *source_fmt(const struct bgp_rtc *t, const struct rtc_path *p,
                              char buf[IP_STRLEN])
{
	if (!p)
		return "";
	return p->slot == RTC_SELF ? "local"
	                           : ip_fmt(&t->peer[p->slot]->cfg.address, buf);
}

/* Which path an audience is told; NULL: none, for it is told the default. */
static const struct rtc_path *told(const struct bgp_rtc *t, const struct rtc_dest *d,
                                   enum rtc_audience a)
{
	const struct rtc_dest *all = rtc_default(t);

	return all && all != d && rtc_best(all, a) ? NULL : rtc_best(d, a);
}

/* --- one neighbor --------------------------------------------------------------------
 */

void bgp_rtc_show_peer(struct view *v, const struct bgp_peer *p)
{
	const struct bgp_rtc_peer *r = p->rtc;

	view_obj(v, "rt-constrain");
	view_flag(v, "offered", bgp_rtc_offered(p));
	view_flag(v, "in-force", r->on);
	view_flag(v, "disabled-after-error", r->disabled);
	view_flag(v, "waiting-for-end-of-rib", r->waiting);
	view_flag(v, "wants-everything", p->up && (!r->on || r->all));
	view_num(v, "memberships-received", (int64_t)r->has.count);
	view_num(v, "memberships-stale", (int64_t)r->stale.count);
	view_num(v, "memberships-sent", (int64_t)r->told.count);
	view_num(v, "memberships-limit", BGP_RTC_MAX);
	view_num(v, "announcements-received", (int64_t)r->rx);
	view_num(v, "withdrawals-received", (int64_t)r->withdrawn_rx);
	view_num(v, "announcements-sent", (int64_t)r->tx);
	view_num(v, "withdrawals-sent", (int64_t)r->withdrawn_tx);
	view_num(v, "over-limit", r->over_limit);
	view_num(v, "end-of-rib-missed", r->waited_out);
	view_end(v);
}

/* --- show bgp rt-constrain -----------------------------------------------------------
 */

struct show {
	const struct bgp_rtc *t;
	struct view *v;
	const struct bgp_peer *peer; /* only its memberships, if not NULL */
	bool by_rt;
	struct extcom rt; /* only memberships that ask for it */
};

static bool matches(const struct show *s, const struct rtc_dest *d)
{
	if (!d || !d->n)
		return false;
	if (s->peer)
		return bits_has(&s->peer->rtc->has, d->id);
	return !s->by_rt || nlri_rtc_covers(&d->nlri, &s->rt);
}

static void show_dest(const struct show *s, const struct rtc_dest *d)
{
	char target[TARGET_STRLEN], ip[IP_STRLEN];
	struct view *v = s->v;

	view_str(v, NULL, target_fmt(&d->nlri, target));
	view_num(v, NULL, d->nlri.origin_as);
	view_num(v, NULL, d->n);
	view_str(v, NULL, source_fmt(s->t, told(s->t, d, RTC_CLIENTS), ip));
	view_str(v, NULL, source_fmt(s->t, told(s->t, d, RTC_OTHERS), ip));
	if (s->peer)
		view_flag(v, NULL, bits_has(&s->peer->rtc->stale, d->id));
}

/* With a target: a row for each that asks for it. */
static void show_members(const struct show *s, const struct rtc_dest *d)
{
	char target[TARGET_STRLEN], ip[IP_STRLEN];

	for (uint16_t i = 0; i < d->n; i++) {
		const struct rtc_path *p = &d->path[i];
		const struct attrs_rank *rank = attrs_rank(p->attrs);
		const struct bgp_peer *peer = s->t->peer[p->slot];
		struct ip id =
			ip_of_u32(rank->has_originator ? rank->originator
		                                       : rtc_source(s->t, p)->router_id);

		if (!peer)
			id = ip_of_u32(s->t->bgp->cfg.router_id);
		view_str(s->v, NULL, target_fmt(&d->nlri, target));
		view_num(s->v, NULL, d->nlri.origin_as);
		view_str(s->v, NULL, source_fmt(s->t, p, ip));
		view_ip(s->v, NULL, &id);
		view_flag(s->v, NULL, told(s->t, d, RTC_CLIENTS) == p);
		view_flag(s->v, NULL, told(s->t, d, RTC_OTHERS) == p);
		view_flag(s->v, NULL, peer && bits_has(&peer->rtc->stale, d->id));
	}
}

static void show_heading(const struct show *s)
{
	static const struct view_col dest[] = {
		{"target",           "Target",          26},
		{ "origin-as",       "Origin AS",       11},
		{ "members",         "Members",         9 },
		{ "told-to-clients", "Told to clients", 17},
		{ "told-to-others",  "Told to others",  17},
		{ "stale",           "Stale",           0 },
	};
	static const struct view_col member[] = {
		{"target",           "Target",          26},
		{ "origin-as",       "Origin AS",       11},
		{ "from",            "From",            17},
		{ "originator",      "Originator",      16},
		{ "told-to-clients", "Told to clients", 17},
		{ "told-to-others",  "Told to others",  16},
		{ "stale",           "Stale",           0 },
	};

	if (s->by_rt)
		view_table(s->v, "members", member, ARRAY_LEN(member));
	else
		view_table(s->v, "memberships", dest,
		           ARRAY_LEN(dest) - (s->peer ? 0 : 1));
}

static bool show_what(struct show *s, const struct cmd_req *req)
{
	struct ip ip;

	if (!req->argc)
		return true;
	if (req->argc > 1)
		return false;
	if (!ip_parse(req->argv[0], &ip)) {
		s->by_rt = extcom_parse(req->argv[0], EXTCOM_RT, &s->rt);
		return s->by_rt;
	}
	for (size_t i = RTC_SELF + 1; i < s->t->n_slots; i++) {
		if (s->t->peer[i] && ip_eq(&s->t->peer[i]->cfg.address, &ip))
			s->peer = s->t->peer[i];
	}
	return s->peer;
}

/* req->pos: the number of the next membership + 1; 0: not begun. */
enum cmd_status bgp_rtc_show(void *arg, struct cmd_req *req)
{
	const struct bgp *b = arg;
	struct show s = { .t = b->rtc, .v = req->view };
	uint64_t i = req->pos ? req->pos - 1 : 0;

	if (!show_what(&s, req)) {
		if (req->pos) /* the neighbor went in the middle of it */
			return CMD_OK;
		return cmd_fail(
			req, CMD_USAGE,
			"show bgp rt-constrain: expected a neighbor's address or a "
			"route target (65000:100)");
	}
	if (!req->pos)
		show_heading(&s);
	for (int n = 0; i < s.t->n_dest && n < SHOW_STEP; i++, n++) {
		if (!matches(&s, s.t->dest[i]))
			continue;
		if (s.by_rt)
			show_members(&s, s.t->dest[i]);
		else
			show_dest(&s, s.t->dest[i]);
	}
	if (i == s.t->n_dest) {
		view_table_end(s.v);
		return CMD_OK;
	}
	req->pos = i + 1;
	return CMD_MORE;
}
