/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bgp/bgp_int.h"
#include "bgp/bgp_rtc.h"

/*
 * What the operator does to a neighbor: shut it down until told to start, reset its
 * session, or have routes said again.  A few words go to the operator on the other side
 * (RFC 9003).
 */

static void stop(struct bgp_peer *p, enum bgp_cease sub, const char *text)
{
	struct bgp_fault why;

	bgp_notification_fault(&why, BGP_ERR_CEASE, (uint8_t)sub, NULL, 0);
	p->farewell = text && *text ? text : NULL;
	bgp_conn_event(&p->conn[0], BGP_EV_STOP, &why);
	bgp_conn_event(&p->conn[1], BGP_EV_STOP, &why);
	p->farewell = NULL;
	bgp_disarm(p->bgp, &p->idle);
}

static void start(struct bgp_peer *p)
{
	p->shutdown = p->overflowed = false;
	p->failures = p->tries = 0;
	bgp_disarm(p->bgp, &p->idle);
	bgp_peer_start(p);
}

int bgp_peer_shutdown(struct bgp *b, const struct ip *address, const char *text,
                      struct mono now)
{
	struct bgp_peer *p = bgp_peer_find(b, address);

	if (!p)
		return -ENOENT;
	if (text && strlen(text) > BGP_SHUTDOWN_MAX)
		return -EMSGSIZE;
	b->now = now;
	p->shutdown = true;
	snprintf(p->shutdown_text, sizeof(p->shutdown_text), "%s", text ? text : "");
	stop(p, BGP_CEASE_SHUTDOWN, p->shutdown_text);
	for (int afi = AFI_IP4; afi <= AFI_IP6; afi++)
		bgp_peer_sweep(p, afi); /* what a restart kept */
	bgp_rtc_stop(p);
	bgp_say(p, "shutdown", p->shutdown_text[0] ? p->shutdown_text : NULL);
	bgp_converge_check(b);
	bgp_restart_check(b);
	bgp_wake(b);
	return 0;
}

int bgp_peer_unshut(struct bgp *b, const struct ip *address, struct mono now)
{
	struct bgp_peer *p = bgp_peer_find(b, address);

	if (!p)
		return -ENOENT;
	b->now = now;
	if (p->shutdown || p->overflowed)
		bgp_say(p, "started", NULL);
	start(p);
	bgp_wake(b);
	return 0;
}

int bgp_peer_reset(struct bgp *b, const struct ip *address, bool hard, const char *text,
                   struct mono now)
{
	struct bgp_peer *p = bgp_peer_find(b, address);

	if (!p)
		return -ENOENT;
	if (p->shutdown)
		return -ESHUTDOWN;
	if (text && strlen(text) > BGP_SHUTDOWN_MAX)
		return -EMSGSIZE;
	b->now = now;
	p->hard = hard;
	stop(p, BGP_CEASE_RESET, text);
	p->hard = false;
	start(p);
	bgp_wake(b);
	return 0;
}

int bgp_peer_refresh(struct bgp *b, const struct ip *address, bool in, bool out,
                     struct mono now)
{
	struct bgp_peer *p = bgp_peer_find(b, address);

	if (!p)
		return -ENOENT;
	if (!p->up)
		return -ENOTCONN;
	if (in && !p->up->open.caps.refresh)
		return -EOPNOTSUPP;
	b->now = now;
	for (int afi = AFI_IP4; afi <= AFI_IP6; afi++) {
		if (in)
			bgp_tx_ask(p, afi);
		if (out && p->af[afi].on)
			bgp_tx_refresh(p, afi);
	}
	bgp_wake(b);
	return 0;
}

/* --- commands ------------------------------------------------------------------------
 */

enum verb { SHUTDOWN, START, RESET, HARD, SOFT };

struct order {
	enum verb verb;
	bool in, out;
	char text[BGP_SHUTDOWN_MAX + 1];
};

static struct mono cmd_now(const struct bgp *b)
{
	return b->io.now ? b->io.now(b->io_arg) : b->now;
}

/* The words from i on, a blank between them.  False: too long. */
static bool text_of(const struct cmd_req *req, int i, char buf[BGP_SHUTDOWN_MAX + 1])
{
	size_t len = 0;

	buf[0] = '\0';
	for (int k = i; k < req->argc; k++) {
		int n = snprintf(buf + len, BGP_SHUTDOWN_MAX + 1 - len, "%s%s",
		                 k > i ? " " : "", req->argv[k]);

		len += (size_t)n;
		if (len > BGP_SHUTDOWN_MAX)
			return false;
	}
	return true;
}

static bool is(const struct cmd_req *req, int i, const char *word)
{
	return i < req->argc && !strcmp(req->argv[i], word);
}

/* "soft [in|out]" from i on. */
static bool soft_of(const struct cmd_req *req, int i, struct order *ret)
{
	bool in = is(req, i + 1, "in"), out = is(req, i + 1, "out");

	ret->verb = SOFT;
	ret->in = !out;
	ret->out = !in;
	return req->argc == i + 1 + (in || out);
}

static enum cmd_status carry_out(struct bgp *b, struct cmd_req *req, const struct ip *ip,
                                 const struct order *o)
{
	struct mono now = cmd_now(b);
	char addr[IP_STRLEN];
	int r = 0;

	switch (o->verb) {
	case SHUTDOWN: r = bgp_peer_shutdown(b, ip, o->text, now); break;
	case START: r = bgp_peer_unshut(b, ip, now); break;
	case RESET: r = bgp_peer_reset(b, ip, false, o->text, now); break;
	case HARD: r = bgp_peer_reset(b, ip, true, o->text, now); break;
	case SOFT: r = bgp_peer_refresh(b, ip, o->in, o->out, now); break;
	}
	ip_fmt(ip, addr);
	switch (r) {
	case 0: return CMD_OK;
	case -ENOENT: return cmd_fail(req, CMD_NO, "no neighbor %s is configured", addr);
	case -ENOTCONN: return cmd_fail(req, CMD_NO, "there is no session with %s", addr);
	case -ESHUTDOWN:
		return cmd_fail(req, CMD_NO, "%s is shut down: \"bgp neighbor %s start\"",
		                addr, addr);
	case -EOPNOTSUPP:
		return cmd_fail(req, CMD_NO, "%s cannot be asked again (RFC 2918)", addr);
	default: return cmd_fail(req, CMD_NO, "%s: %s", addr, strerror(-r));
	}
}

static enum cmd_status too_long(struct cmd_req *req)
{
	return cmd_fail(req, CMD_USAGE, "the text is longer than %d octets (RFC 9003)",
	                BGP_SHUTDOWN_MAX);
}

static enum cmd_status bgp_neighbor(void *arg, struct cmd_req *req)
{
	struct order o = { .verb = SHUTDOWN };
	struct ip ip;
	int text = 2;

	if (req->argc < 2 || !ip_parse(req->argv[0], &ip))
		return cmd_fail(req, CMD_USAGE,
		                "bgp neighbor: expected an address, then shutdown, start "
		                "or reset");
	if (is(req, 1, "start") && req->argc == 2) {
		o.verb = START;
	} else if (is(req, 1, "reset") && is(req, 2, "soft")) {
		if (!soft_of(req, 2, &o))
			return cmd_fail(
				req, CMD_USAGE,
				"reset soft: expected \"in\", \"out\" or nothing, "
				"found \"%s\"",
				req->argv[3]);
		text = req->argc;
	} else if (is(req, 1, "reset")) {
		o.verb = is(req, 2, "hard") ? HARD : RESET;
		text += o.verb == HARD;
	} else if (!is(req, 1, "shutdown")) {
		return cmd_fail(req, CMD_USAGE,
		                "bgp neighbor %s: expected shutdown, start or reset, "
		                "found \"%s\"",
		                req->argv[0],
		                is(req, 1, "start") ? req->argv[2] : req->argv[1]);
	}
	if (!text_of(req, text, o.text))
		return too_long(req);
	return carry_out(arg, req, &ip, &o);
}

/* As other routers call it. */
static enum cmd_status clear_bgp(void *arg, struct cmd_req *req)
{
	struct order o = { .verb = RESET };
	struct bgp *b = arg;
	enum cmd_status st = CMD_OK;
	bool all = is(req, 0, "all");
	struct ip ip;

	if (!all && !(req->argc && ip_parse(req->argv[0], &ip)))
		return cmd_fail(req, CMD_USAGE,
		                "clear bgp: expected an address or \"all\"");
	if (req->argc > 1 && !(is(req, 1, "soft") && soft_of(req, 1, &o)))
		return cmd_fail(
			req, CMD_USAGE,
			"clear bgp %s: expected \"soft [in|out]\" or nothing more, "
			"found \"%s\"",
			req->argv[0], req->argv[req->argc - 1]);
	if (!all)
		return carry_out(b, req, &ip, &o);
	list_for(p, &b->peers, struct bgp_peer, link) {
		if (p->shutdown || (o.verb == SOFT && !p->up))
			continue; /* as if not there */
		if (carry_out(b, req, &p->cfg.address, &o) != CMD_OK)
			st = CMD_NO;
	}
	return st;
}

const struct cmd bgp_admin_cmds[] = {
	{"bgp neighbor", "ADDRESS shutdown|start|reset [hard|soft [in|out]] [TEXT]",
         "stop, start or reset a session",            true, bgp_neighbor},
	{ "clear bgp",   "ADDRESS|all [soft [in|out]]",
         "reset sessions, or have routes said again", true, clear_bgp   },
};
const size_t bgp_admin_cmds_n = ARRAY_LEN(bgp_admin_cmds);
