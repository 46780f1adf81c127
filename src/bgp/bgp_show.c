/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bgp/bgp_dyn.h"
#include "bgp/bgp_rtc.h"
#include "bgp/bgp_show_int.h"

/* The commands, and `show bgp` itself. */

struct mono bgp_show_now(const struct bgp *b)
{
	return b->io.now ? b->io.now(b->io_arg) : b->now;
}

void bgp_show_since(const struct bgp *b, struct view *v, const char *key,
                    struct mono then)
{
	view_age(v, key, mono_ms_since(bgp_show_now(b), then) / 1000);
}

size_t bgp_show_received(const struct bgp_peer *p)
{
	const struct rib *r = p->bgp->cfg.rib;

	return rib_source_paths(r, p->source, AFI_IP4) +
	       rib_source_paths(r, p->source, AFI_IP6);
}

size_t bgp_show_sent(const struct bgp_peer *p)
{
	return bgp_group_told_count(p, AFI_IP4) + bgp_group_told_count(p, AFI_IP6);
}

struct bgp_peer *bgp_show_peer_of(const struct bgp *b, const struct ip *ip)
{
	list_for(p, &b->peers, struct bgp_peer, link) {
		if (ip_eq(&p->cfg.address, ip))
			return p;
	}
	return NULL;
}

enum { ERROR_SHOWN = 60 }; /* octets: a neighbor's text may be 255 (RFC 9003 2) */

/* A line is a line: the whole is in `show bgp neighbor`. */
static void show_error(struct view *v, const char *error)
{
	char cut[ERROR_SHOWN + sizeof("...")];
	size_t n = ERROR_SHOWN;

	if (strlen(error) <= ERROR_SHOWN) {
		view_str(v, NULL, error);
		return;
	}
	while (n && ((uint8_t)error[n] & 0xc0) == 0x80)
		n--; /* not within a character of UTF-8 */
	snprintf(cut, sizeof(cut), "%.*s...", (int)n, error);
	view_str(v, NULL, cut);
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

	if (req->argc)
		return cmd_fail(req, CMD_USAGE,
		                "show bgp takes no argument \"%s\"; see "
		                "show bgp neighbor, show bgp route",
		                req->argv[0]);
	view_table(v, "neighbors", col, ARRAY_LEN(col));
	list_for(p, &b->peers, struct bgp_peer, link) {
		view_ip(v, NULL, &p->cfg.address);
		view_num(v, NULL, p->cfg.as);
		view_str(v, NULL,
		         p->shutdown ? "Shutdown" : bgp_fsm_name(bgp_peer_state(p)));
		bgp_show_since(b, v, NULL, p->since);
		view_num(v, NULL, (int64_t)bgp_show_received(p));
		view_num(v, NULL, (int64_t)bgp_show_sent(p));
		show_error(v, p->last_error);
	}
	view_table_end(v);
	return CMD_OK;
}

const struct cmd bgp_cmds[] = {
	{"show bgp",               "",                    "BGP neighbors and their sessions",                  false, show_summary   },
	{ "show bgp dynamic",      "",                    "prefixes that neighbors may come from",             false,
         bgp_dyn_show														},
	{ "show bgp neighbor",     "ADDRESS [malformed]",
         "everything about one neighbor, or its last message with an error in it",                             false,
         bgp_show_neighbor													   },
	{ "show bgp groups",       "",                    "update groups: which neighbors are told in one go",
         false,												       bgp_group_show },
	{ "show bgp route",        "PREFIX [RD] [why]",
         "every path of a prefix, what decided between them, whom it was told to",                             false,
         bgp_show_route													      },
	{ "show bgp routes",       "[PREFIX] [RD]",       "the labelled VPN routes with their paths",
         false,												       bgp_show_routes},
	{ "show bgp rt-constrain", "[ADDRESS|TARGET]",
         "who asked for routes with which targets (RFC 4684)",                                                 false, bgp_rtc_show   },
};
const size_t bgp_cmds_n = ARRAY_LEN(bgp_cmds);
