/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "base/mem.h"
#include "vrf/vrf_int.h"

/*
 * `show routes` and `show subnets`.  A prefix follows everything it covers, so that a
 * subnet's Null route closes the list of its hosts.
 */

enum { PAGE = 1024 }; /* rows of one call */

/* The last address of a prefix; ordering by it puts a cover behind what it covers. */
static struct ip last_ip(const struct prefix *p)
{
	struct ip ip = p->ip;

	for (unsigned bit = p->plen; bit < afi_bits(ip.afi); bit++)
		ip.b[bit / 8] = (uint8_t)(ip.b[bit / 8] | 0x80 >> bit % 8);
	return ip;
}

static int show_cmp(const struct prefix *a, const struct prefix *b)
{
	struct ip la = last_ip(a), lb = last_ip(b);
	int c = ip_cmp(&la, &lb);

	return c ? c : (int)b->plen - (int)a->plen;
}

/* A row: a route, or a subnet's own discard route when route is NULL. */
struct row {
	struct prefix prefix;
	const struct vrf_route *route;
};

static int row_cmp(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	return show_cmp(&x->prefix, &y->prefix);
}

/*
 * The next page of rows behind `after` (NULL: from the start), sorted.  The table is a
 * hash: pick the smallest PAGE rows by keeping a buffer of twice as many and cutting it.
 */
struct page {
	struct row row[2 * PAGE];
	size_t n;
	enum afi afi;
	const struct prefix *after;
};

static void page_add(struct page *pg, const struct prefix *p, const struct vrf_route *r)
{
	if (p->ip.afi != pg->afi)
		return;
	if (pg->after && show_cmp(p, pg->after) <= 0)
		return;
	if (pg->n == ARRAY_LEN(pg->row)) {
		qsort(pg->row, pg->n, sizeof(pg->row[0]), row_cmp);
		pg->n = PAGE;
		if (show_cmp(p, &pg->row[PAGE - 1].prefix) >= 0)
			return;
	}
	pg->row[pg->n++] = (struct row){ .prefix = *p, .route = r };
}

static void page_fill(struct page *pg, const struct vrf *f)
{
	for (size_t i = 0; i < f->n_subnets; i++)
		page_add(pg, &f->subnet[i], NULL);
	hmap_for(it, &f->routes) {
		const struct vrf_route *r =
			container_of(it.n, struct vrf_route, by_prefix);

		if (r->local || r->chosen)
			page_add(pg, &r->prefix, r);
	}
	qsort(pg->row, pg->n, sizeof(pg->row[0]), row_cmp);
	if (pg->n > PAGE)
		pg->n = PAGE;
}

/* A table for each family: IPv4 in the columns of every router's table, and IPv6 wider.
 */
static const struct view_col route_cols[][3] = {
	[AFI_IP4] = {
		{ "prefix", "Prefix", 16 },
		{ "next-hop", "Next-hop", 11 },
		{ "protocol", "Protocol", 0 },
	},
	[AFI_IP6] = {
		{ "prefix", "Prefix", 24 },
		{ "next-hop", "Next-hop", 11 },
		{ "protocol", "Protocol", 0 },
	},
};

static void show_remote(const struct vrfs *v, const struct prefix *p,
                        const struct vrf_remote *m, struct view *view)
{
	const char *name = v->cfg.ops->pe_name(v->cfg.arg, &m->pe);

	view_prefix(view, NULL, p);
	if (name)
		view_str(view, NULL, name);
	else
		view_ip(view, NULL, &m->pe);
	view_str(view, NULL, "BGP");
}

/* Several next hops are several lines. */
static void show_row(const struct vrfs *v, const struct vrf *f, const struct row *row,
                     struct view *view)
{
	const struct vrf_route *r = row->route;
	struct vrf_remote m[VRF_PATHS_MAX];
	size_t n;

	if (!r) {
		view_prefix(view, NULL, &row->prefix);
		view_str(view, NULL, "Null");
		view_str(view, NULL, "Direct");
	} else if (r->local) {
		view_prefix(view, NULL, &row->prefix);
		view_str(view, NULL, "Local");
		view_str(view, NULL,
		         r->configured                 ? "Static"
		         : r->prefix.ip.afi == AFI_IP4 ? "ARP"
		                                       : "ND");
	} else {
		n = vrf_route_remotes(v, f, r, m);
		for (size_t i = 0; i < n; i++)
			show_remote(v, &row->prefix, &m[i], view);
	}
}

/* Has the VRF anything of the family? */
static bool has_family(const struct vrf *f, enum afi afi)
{
	for (size_t i = 0; i < f->n_subnets; i++) {
		if (f->subnet[i].ip.afi == afi)
			return true;
	}
	hmap_for(it, &f->routes) {
		if (container_of(it.n, struct vrf_route, by_prefix)->prefix.ip.afi == afi)
			return true;
	}
	return false;
}

/* Where a paged `show` goes on: the VRF's place, the family and the last prefix shown. */
struct mark {
	uint32_t vrf;
	enum afi afi;
	bool in_table;
	bool any;
	struct prefix after;
	uint32_t shared; /* prefixes shown that one RD hides next hops of */
};

static bool wanted(const struct cmd_req *req, const struct vrf *f)
{
	return req->argc == 0 || !strcmp(req->argv[0], f->name);
}

static const struct vrf *next_vrf(const struct vrfs *v, const struct cmd_req *req,
                                  uint32_t id, bool inclusive)
{
	bool reached = id == 0;

	list_for(f, &v->order, struct vrf, by_order) {
		if (reached && wanted(req, f))
			return f;
		if (f->id == id) {
			if (inclusive && wanted(req, f))
				return f;
			reached = true;
		}
	}
	return NULL;
}

static enum cmd_status check_args(const struct vrfs *v, struct cmd_req *req)
{
	uint32_t id;

	if (req->argc > 1)
		return cmd_fail(req, CMD_USAGE, "expected at most a VPN, found \"%s\"",
		                req->argv[1]);
	if (req->argc == 1 && !vrf_by_name(v, req->argv[0], &id))
		return cmd_fail(req, CMD_NO, "no VPN is called \"%s\"", req->argv[0]);
	return CMD_OK;
}

/* The rows of one page; false: the table ended with it. */
static bool show_page(const struct vrfs *v, const struct vrf *f, struct mark *mk,
                      struct view *view)
{
	AUTO_FREE struct page *pg = mem_new(struct page);

	pg->afi = mk->afi;
	pg->after = mk->any ? &mk->after : NULL;
	page_fill(pg, f);
	for (size_t i = 0; i < pg->n; i++) {
		const struct vrf_route *r = pg->row[i].route;

		show_row(v, f, &pg->row[i], view);
		mk->shared += r && !r->local && vrf_hidden(v, r, r->chosen);
	}
	if (pg->n < PAGE)
		return false;
	mk->any = true;
	mk->after = pg->row[PAGE - 1].prefix;
	return true;
}

/* On with this VRF; false: it is complete. */
static bool show_vrf(const struct vrfs *v, const struct vrf *f, struct mark *mk,
                     struct view *view)
{
	static const char *const key[] = {
		[AFI_IP4] = "routes", [AFI_IP6] = "routes-ipv6"
	};

	if (!mk->in_table) {
		while (mk->afi <= AFI_IP6 && !has_family(f, mk->afi))
			mk->afi++;
		if (mk->afi > AFI_IP6)
			return false;
		view_table(view, key[mk->afi], route_cols[mk->afi],
		           ARRAY_LEN(route_cols[0]));
		mk->in_table = true;
		mk->any = false;
	}
	if (!show_page(v, f, mk, view)) {
		view_table_end(view);
		if (mk->shared)
			view_note(view, "%u prefixes: single path due to shared RD",
			          mk->shared);
		mk->shared = 0;
		mk->in_table = false;
		mk->afi++;
	}
	return true;
}

/* With several VPNs each is an object of its own, by its name. */
static enum cmd_status show_routes(void *arg, struct cmd_req *req)
{
	const struct vrfs *v = arg;
	struct mark mk;
	const struct vrf *f;
	bool only = req->argc > 0;
	enum cmd_status st = check_args(v, req);

	_Static_assert(sizeof(mk) <= sizeof(req->key), "the mark fits the request");
	if (st != CMD_OK)
		return st;
	memcpy(&mk, req->key, sizeof(mk));
	f = next_vrf(v, req, mk.vrf, mk.afi != AFI_NONE);
	if (mk.afi != AFI_NONE && (!f || f->id != mk.vrf)) {
		if (mk.in_table)
			view_table_end(req->view); /* it went away while it was shown */
		if (!only)
			view_end(req->view);
		mk = (struct mark){ .vrf = mk.vrf };
	}
	if (!f)
		return CMD_OK;
	if (mk.afi == AFI_NONE) {
		mk = (struct mark){ .vrf = f->id, .afi = AFI_IP4 };
		if (!only)
			view_obj(req->view, f->name);
	}
	if (!show_vrf(v, f, &mk, req->view)) {
		if (!only)
			view_end(req->view);
		mk.afi = AFI_NONE;
	}
	memcpy(req->key, &mk, sizeof(mk));
	return CMD_MORE;
}

static const struct view_col subnet_cols[] = {
	{"vpn",            "VPN",    12},
	{ "prefix",        "Subnet", 24},
	{ "rd",            "RD",     20},
	{ "label",         "Label",  9 },
	{ "local-hosts",   "Local",  8 },
	{ "remote-routes", "Remote", 0 },
};

/* Hosts of the subnet that are here, and routes inside it that are elsewhere. */
static void count_inside(const struct vrf *f, const struct prefix *p, int64_t *ret_local,
                         int64_t *ret_remote)
{
	*ret_local = *ret_remote = 0;
	hmap_for(it, &f->routes) {
		const struct vrf_route *r =
			container_of(it.n, struct vrf_route, by_prefix);

		if (!prefix_covers(p, &r->prefix))
			continue;
		if (r->local)
			++*ret_local;
		else if (r->chosen)
			++*ret_remote;
	}
}

static enum cmd_status show_subnets(void *arg, struct cmd_req *req)
{
	const struct vrfs *v = arg;
	enum cmd_status st = check_args(v, req);

	if (st != CMD_OK)
		return st;
	view_table(req->view, "subnets", subnet_cols, ARRAY_LEN(subnet_cols));
	list_for(f, &v->order, struct vrf, by_order) {
		for (size_t i = 0; wanted(req, f) && i < f->n_subnets; i++) {
			char rd[RD_STRLEN];
			int64_t local, remote;

			count_inside(f, &f->subnet[i], &local, &remote);
			view_str(req->view, NULL, f->name);
			view_prefix(req->view, NULL, &f->subnet[i]);
			view_str(req->view, NULL, rd_fmt(&f->rd, rd));
			view_num(req->view, NULL, f->label);
			view_num(req->view, NULL, local);
			view_num(req->view, NULL, remote);
		}
	}
	view_table_end(req->view);
	if (v->outside)
		view_note(req->view,
		          "%llu imported routes refused: outside the VPN's subnets",
		          (unsigned long long)v->outside);
	if (v->refused)
		view_num(req->view, "local-routes-refused", (int64_t)v->refused);
	return CMD_OK;
}

const struct cmd vrf_cmds[] = {
	{"show routes",   "[VPN]", "routing table of each VPN",                          false, show_routes },
	{ "show subnets", "[VPN]", "the stretched subnets and how many hosts they have",
         false,										 show_subnets},
};
const size_t vrf_cmds_n = ARRAY_LEN(vrf_cmds);
