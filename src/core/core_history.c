/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "core/core_int.h"

/*
 * What happened to hosts, with the time of each step (host/history.h).  A route that just
 * comes in for the first time makes no history: a million of them would push out what is
 * worth keeping.  It begins when a host is heard here, or goes from one PE to another.
 */
void core_note_up(struct core *c, uint32_t vrf, const struct ip *ip, uint32_t seq,
                  struct mono forwarded)
{
	struct history_note note = { .at = loop_now(c->loop), .step = HISTORY_HEARD };
	struct host_info hi;

	if (!hosts_info(c->hosts, vrf, ip, &hi))
		return;
	note.ac = hi.ac;
	note.by = (uint8_t)hi.by;
	note.seq = seq;
	history_add(c->history, vrf, ip, &note);
	note.step = HISTORY_FORWARDED;
	note.at = forwarded;
	history_add(c->history, vrf, ip, &note);
	note.step = HISTORY_ADVERTISED;
	note.at = loop_clock();
	history_add(c->history, vrf, ip, &note);
	if (c->heard_at.us != MONO_NEVER.us)
		history_took(c->history, HISTORY_TELL, c->heard_at, note.at);
}

void core_note_down(struct core *c, uint32_t vrf, const struct ip *ip)
{
	struct history_note note = { .at = loop_clock(), .step = HISTORY_WITHDRAWN }, in;

	history_add(c->history, vrf, ip, &note);
	if (core_remote(c, vrf, ip, &(struct host_remote){ 0 }) &&
	    history_last(c->history, vrf, ip, HISTORY_RECEIVED, &in))
		history_took(c->history, HISTORY_LEAVE, in.at, note.at);
}

static struct history_note of_remote(const struct vrf_remote *r, enum history_step step,
                                     struct mono at)
{
	return (struct history_note){
		.at = at, .step = (uint8_t)step, .pe = r->pe, .seq = r->seq
	};
}

/* anew: it comes from another PE than the route before, or competes with ours. */
void core_note_remote(struct core *c, uint32_t vrf, const struct ip *ip,
                      const struct vrf_remote *r, bool anew)
{
	struct history_note note = { .at = loop_now(c->loop), .step = HISTORY_LOST };

	if (r)
		note = of_remote(r, HISTORY_RECEIVED, loop_now(c->loop));
	if (anew)
		history_add(c->history, vrf, ip, &note);
	else
		history_more(c->history, vrf, ip, &note);
}

void core_note_redirect(struct core *c, uint32_t vrf, const struct ip *ip,
                        const struct vrf_remote *r)
{
	struct history_note note, in;

	if (!history_has(c->history, vrf, ip))
		return;
	note = of_remote(r, HISTORY_REDIRECTED, loop_clock());
	history_more(c->history, vrf, ip, &note);
	if (history_last(c->history, vrf, ip, HISTORY_RECEIVED, &in))
		history_took(c->history, HISTORY_FOLLOW, in.at, note.at);
}

/* Refreshing a host that is at peace is no news. */
void core_note_frame(struct core *c, const struct host_frame *f)
{
	bool repair = (f->kind == HOST_TX_GARP || f->kind == HOST_TX_NA) &&
	              mac_is_group(&f->dst); /* not what one host is told of another */
	struct history_note note = {
		.at = loop_clock(),
		.step = repair ? HISTORY_REPAIRED : HISTORY_PROBED,
		.ac = f->ac,
	};
	const struct config_attachment *at = core_ac(c, f->ac);
	uint32_t vrf = at ? c->cfg->attachment_vpn[f->ac - 1] : 0;
	struct host_info hi;

	if (!at || !hosts_info(c->hosts, vrf, &f->target, &hi))
		return;
	if (repair || hi.contested || !hi.local)
		history_more(c->history, vrf, &f->target, &note);
}

void core_note_event(struct core *c, const struct host_event *ev)
{
	struct history_note note = { .at = loop_clock(),
		                     .step = HISTORY_HAPPENED,
		                     .ac = ev->ac,
		                     .by = (uint8_t)ev->by,
		                     .what = (uint8_t)ev->what };

	if (ev->ip.afi != AFI_NONE && ev->what != HOST_HAP_REFUSED &&
	    ev->what != HOST_HAP_CONFLICT && ev->what != HOST_HAP_SPOOF)
		history_add(c->history, ev->vrf, &ev->ip, &note);
}

/* --- show ----------------------------------------------------------------------------
 */

/* A few words: what a step was about. */
static const char *detail(const struct core *c, const struct history_note *n,
                          char buf[128])
{
	char ac[64], pe[IP_STRLEN];
	const char *port = core_ac_name(c, n->ac, ac, sizeof(ac)), *name;

	switch ((enum history_step)n->step) {
	case HISTORY_HEARD:
		snprintf(buf, 128, "%s on %s", host_evidence_text(n->by), port);
		return buf;
	case HISTORY_ADVERTISED: snprintf(buf, 128, "sequence %u", n->seq); return buf;
	case HISTORY_RECEIVED:
	case HISTORY_REDIRECTED:
		name = core_vrf_ops.pe_name((void *)(uintptr_t)c, &n->pe);
		if (n->step == HISTORY_RECEIVED)
			snprintf(buf, 128, "from %s, sequence %u",
			         name ? name : ip_fmt(&n->pe, pe), n->seq);
		else
			snprintf(buf, 128, "to %s", name ? name : ip_fmt(&n->pe, pe));
		return buf;
	case HISTORY_HAPPENED: return host_happening_text(n->what);
	case HISTORY_FORWARDED:
	case HISTORY_PROBED:
	case HISTORY_REPAIRED: snprintf(buf, 128, "on %s", port); return buf;
	case HISTORY_WITHDRAWN:
	case HISTORY_LOST:
	case HISTORY_STEP_END: break;
	}
	return "";
}

static bool show_one(const struct core *c, struct view *v, uint32_t vrf,
                     const struct ip *ip)
{
	static const struct view_col cols[] = {
		{"time",     "Time",          29},
		{ "step",    "Step",          12},
		{ "step-us", "Since last us", 15},
		{ "detail",  "Detail",        0 },
	};
	struct history_note note[HISTORY_NOTES];
	size_t n = history_get(c->history, vrf, ip, note);
	char when[LOG_TIME_STRLEN], text[128];

	if (!n)
		return false;
	view_table(v, "history", cols, ARRAY_LEN(cols));
	for (size_t i = 0; i < n; i++) {
		int64_t us = i ? note[i].at.us - note[i - 1].at.us : 0;

		view_str(v, NULL, log_time_fmt(loop_wall_us(note[i].at), when));
		view_str(v, NULL, history_step_text(note[i].step));
		view_num(v, NULL, us);
		view_str(v, NULL, detail(c, &note[i], text));
	}
	view_table_end(v);
	return true;
}

static enum cmd_status host_history(void *arg, struct cmd_req *req)
{
	const struct core *c = arg;
	bool known = false;
	uint32_t vrf;
	struct ip ip;

	if (req->argc < 1 || req->argc > 2 || !ip_parse(req->argv[0], &ip))
		return cmd_fail(req, CMD_USAGE,
		                "expected an address and perhaps a VPN%s%s%s",
		                req->argc ? ", found \"" : "",
		                req->argc ? req->argv[0] : "", req->argc ? "\"" : "");
	if (req->argc == 2 && !vrf_by_name(c->vrfs, req->argv[1], &vrf))
		return cmd_fail(req, CMD_NO, "no VPN is called \"%s\"", req->argv[1]);
	for (size_t i = 0; req->argc == 1 && i < c->cfg->n_vpns; i++) {
		view_obj(req->view, c->cfg->vpn[i].name);
		known |= show_one(c, req->view, c->cfg->vpn[i].id, &ip);
		view_end(req->view);
	}
	if (req->argc == 2)
		known = show_one(c, req->view, vrf, &ip);
	if (!known)
		return cmd_fail(req, CMD_NO,
		                "nothing happened to %s here, as far back as "
		                "is remembered",
		                req->argv[0]);
	return CMD_OK;
}

/* `show host` is about one: all that was decided, or with "history" all that happened. */
static enum cmd_status one_host(void *arg, struct cmd_req *req)
{
	const char *const *argv = req->argv;
	const char *rest[2];
	enum cmd_status st;

	if (!req->argc)
		return cmd_fail(req, CMD_USAGE,
		                "expected an address; \"show hosts\" lists all");
	if (req->argc < 2 || req->argc > 3 || strcmp(argv[1], "history"))
		return core_why_host(arg, req);
	rest[0] = argv[0];
	rest[1] = req->argc == 3 ? argv[2] : NULL;
	req->argv = rest;
	req->argc--;
	st = host_history(arg, req);
	req->argv = argv;
	req->argc++;
	return st;
}

static enum cmd_status host_times(void *arg, struct cmd_req *req)
{
	static const struct view_col cols[] = {
		{"span",     "From and to", 34},
                { "count",   "Moves",       10},
		{ "p50-us",  "p50 us",      10},
                { "p99-us",  "p99 us",      10},
		{ "max-us",  "Max us",      10},
                { "mean-us", "Mean us",     0 },
	};
	const struct core *c = arg;

	if (req->argc)
		return cmd_fail(req, CMD_USAGE, "expected nothing more, found \"%s\"",
		                req->argv[0]);
	view_table(req->view, "moves", cols, ARRAY_LEN(cols));
	for (enum history_span s = 0; s < HISTORY_SPAN_END; s++) {
		const struct history_times *t = history_times(c->history, s);

		view_str(req->view, NULL, history_span_text(s));
		view_num(req->view, NULL, (int64_t)t->n);
		view_num(req->view, NULL, (int64_t)history_percentile(t, 50));
		view_num(req->view, NULL, (int64_t)history_percentile(t, 99));
		view_num(req->view, NULL, (int64_t)t->max_us);
		view_num(req->view, NULL, t->n ? (int64_t)(t->sum_us / t->n) : 0);
	}
	view_table_end(req->view);
	return CMD_OK;
}

/* clang-format off */
const struct cmd core_history_cmds[] = {
	{ "show host", "ADDRESS [history] [VPN]", "one host: what was decided, or what happened",
	  false, one_host },
	{ "show hosts history", "ADDRESS [VPN]", "what happened to a host, step by step",
	  false, host_history },
	{ "show hosts moves", "", "how long the parts of moves took", false, host_times },
};
/* clang-format on */
const size_t core_history_cmds_n = ARRAY_LEN(core_history_cmds);
