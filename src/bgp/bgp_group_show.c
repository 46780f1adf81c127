/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>

#include "bgp/bgp_paths.h"
#include "bgp/bgp_show_int.h"

/* `show bgp groups`: who shares what, a line for each cohort. */

static void neighbors_fmt(const struct bgp_cohort *co, char buf[SHOW_TEXT_MAX])
{
	size_t len = 0;

	buf[0] = '\0';
	list_for(m, &co->members, struct bgp_member, link) {
		char ip[IP_STRLEN];

		if (len + IP_STRLEN + 5 > SHOW_TEXT_MAX) {
			snprintf(buf + len, SHOW_TEXT_MAX - len, " …");
			return;
		}
		len += (size_t)snprintf(buf + len, SHOW_TEXT_MAX - len, "%s%s",
		                        len ? " " : "",
		                        ip_fmt(&m->peer->cfg.address, ip));
	}
}

/* "client 4096", and what else is not as usual. */
static void key_fmt(const struct bgp_group_key *k, char buf[SHOW_TEXT_MAX])
{
	int n = snprintf(buf, SHOW_TEXT_MAX, "%s %u%s%s",
	                 k->ebgp ? "external" : (k->client ? "client" : "non-client"),
	                 k->msg_max, k->as4 ? "" : " two-octet-as",
	                 k->ext_next_hop ? " ipv6-next-hop" : "");

	if (k->add_path == BGP_ADD_PATH_ALL)
		snprintf(buf + n, SHOW_TEXT_MAX - (size_t)n, " add-path all");
	else if (k->add_path)
		snprintf(buf + n, SHOW_TEXT_MAX - (size_t)n, " add-path %u", k->add_path);
}

static void show_cohort(struct view *v, const struct bgp_cohort *co)
{
	const struct bgp_group_key *k = &co->group->key;
	char text[SHOW_TEXT_MAX];
	size_t waiting = 0;

	list_for(m, &co->members, struct bgp_member, link) {
		size_t n = m->peer->up->tx.left;

		waiting = n > waiting ? n : waiting;
	}
	view_str(v, NULL, bgp_family_name(bgp_vpn_family(k->afi)));
	key_fmt(k, text);
	view_str(v, NULL, text);
	view_num(v, NULL, (int64_t)co->n_members);
	view_num(v, NULL,
	         (int64_t)(co->paths ? co->paths->count
	                             : rib_reader_told_count(co->reader)));
	view_num(v, NULL, (int64_t)rib_reader_dirty(co->reader));
	view_flag(v, NULL, rib_reader_walking(co->reader));
	view_num(v, NULL, (int64_t)waiting);
	neighbors_fmt(co, text);
	view_str(v, NULL, text);
}

enum cmd_status bgp_group_show(void *arg, struct cmd_req *req)
{
	static const struct view_col col[] = {
		{"family",         "Family",    8 },
                { "group",         "Group",     32},
		{ "members",       "Members",   7 },
                { "told",          "Told",      9 },
		{ "pending",       "Pending",   9 },
                { "reading",       "Reading",   7 },
		{ "octets-queued", "Queued",    9 },
                { "neighbors",     "Neighbors", 0 },
	};
	const struct bgp *b = arg;

	if (req->argc)
		return cmd_fail(req, CMD_USAGE,
		                "show bgp groups takes no argument \"%s\"", req->argv[0]);
	view_table(req->view, "cohorts", col, ARRAY_LEN(col));
	list_for(g, &b->groups, struct bgp_group, link) {
		list_for(co, &g->cohorts, struct bgp_cohort, link)
			show_cohort(req->view, co);
	}
	view_table_end(req->view);
	return CMD_OK;
}
