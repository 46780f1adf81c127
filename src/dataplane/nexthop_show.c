/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "dataplane/dp_common.h"
#include "dataplane/nexthop_int.h"

enum { ROWS_A_CALL = 128 };

static const struct view_col cols[] = {
	{"pe",         "PE",        18},
	{ "encap",     "Encap",     9 },
	{ "id",        "Id",        6 },
	{ "interface", "Interface", 11},
	{ "gateway",   "Gateway",   16},
	{ "mac",       "MAC",       18},
	{ "labels",    "Labels",    14},
	{ "mtu",       "MTU",       6 },
	{ "routes",    "Routes",    8 },
	{ "state",     "State",     0 },
};

/* Routes by next hop, those over groups as well; of DP_NEXTHOP_MAX. */
static uint32_t *count_routes(const struct nexthops *ns)
{
	uint32_t *n = mem_zalloc(DP_NEXTHOP_MAX * sizeof(*n));

	for (uint32_t id = 1; id < DP_NEXTHOP_MAX; id++) {
		if (ns->slot[id].pe)
			n[id] = ns->slot[id].pe->way[ns->slot[id].encap].refs;
	}
	hmap_for(it, &ns->groups) {
		const struct nexthop_group *g =
			container_of(it.n, struct nexthop_group, by_set);

		/* the group itself is one reference */
		for (size_t i = 0; g->refs && i < g->set.n; i++)
			n[g->set.path[i].nexthop] += g->refs - 1;
	}
	return n;
}

static void show_way(struct view *v, const struct pe *pe, unsigned encap,
                     const uint32_t *routes)
{
	const struct way *w = &pe->way[encap];
	char labels[32] = "";
	size_t n = 0;

	for (size_t i = 0; w->usable && i < w->nh.n_labels; i++)
		n += (size_t)snprintf(labels + n, sizeof(labels) - n, "%s%u",
		                      i ? "/" : "", w->nh.label[i]);
	view_ip(v, NULL, &pe->ip);
	view_str(v, NULL, dp_encap_name((enum dp_encap)encap));
	view_num(v, NULL, w->id);
	view_str(v, NULL, pe->route.oifindex && pe->link.name[0] ? pe->link.name : NULL);
	if (pe->route.gateway.afi != AFI_NONE)
		view_ip(v, NULL, &pe->route.gateway);
	else
		view_str(v, NULL, pe->route.oifindex ? "on the link" : NULL);
	if (w->usable)
		view_mac(v, NULL, &w->nh.dst);
	else
		view_str(v, NULL, NULL);
	view_str(v, NULL, n ? labels : NULL);
	view_num(v, NULL, w->nh.mtu);
	view_num(v, NULL, routes[w->id]);
	view_str(v, NULL, w->usable ? "up" : w->why);
}

static int by_address(const void *a, const void *b)
{
	return ip_cmp(&(*(const struct pe *const *)a)->ip,
	              &(*(const struct pe *const *)b)->ip);
}

/* In the order of addresses, so that a reader who comes back for more, after a change,
 * misses nothing and sees nothing twice. */
static enum cmd_status show_nexthops(void *arg, struct cmd_req *req)
{
	const struct nexthops *ns = arg;
	AUTO_FREE const struct pe **all = mem_zalloc(ns->pes.count * sizeof(*all));
	AUTO_FREE uint32_t *routes = count_routes(ns);
	size_t n = 0, rows = 0;
	struct ip last;

	_Static_assert(sizeof(last) <= sizeof(req->key), "the place to go on fits");
	if (req->argc)
		return cmd_fail(req, CMD_USAGE, "show nexthops takes no argument");
	memcpy(&last, req->key, sizeof(last));
	if (!req->pos++)
		view_table(req->view, "nexthops", cols, ARRAY_LEN(cols));
	hmap_for(it, &ns->pes)
		all[n++] = container_of(it.n, struct pe, by_ip);
	qsort(all, n, sizeof(*all), by_address);
	for (size_t i = 0; i < n; i++) {
		if (last.afi != AFI_NONE && ip_cmp(&all[i]->ip, &last) <= 0)
			continue;
		if (rows >= ROWS_A_CALL)
			return CMD_MORE;
		for (unsigned e = 0; e < N_ENCAPS; e++) {
			if (!way_wanted(&all[i]->way[e]))
				continue;
			show_way(req->view, all[i], e, routes);
			rows++;
		}
		memcpy(req->key, &all[i]->ip, sizeof(last));
	}
	view_table_end(req->view);
	if (ns->refused)
		view_note(req->view, "%llu next hops refused: %d are the limit",
		          (unsigned long long)ns->refused, NEXTHOP_PE_MAX);
	if (ns->groups.count)
		view_num(req->view, "groups", (int64_t)ns->groups.count);
	if (ns->groups_refused)
		view_note(
			req->view,
			"%llu times no group of next hops was free, and a route got one "
			"next hop of several: %d are the limit",
			(unsigned long long)ns->groups_refused, DP_GROUP_MAX - 1);
	return CMD_OK;
}

const struct cmd nexthop_cmds[] = {
	{.words = "show nexthops",
         .args = "",
         .help = "the ways to other PEs, and why one can't be used",
         .run = show_nexthops},
};
const size_t nexthop_cmds_n = ARRAY_LEN(nexthop_cmds);
