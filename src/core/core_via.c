/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/core_int.h"

/* What a route holds in the packet path: a next hop, or several that share its packets.
 */
enum { VIA_GROUP = 1 << 30 }; /* numbers of both are below it */

enum dp_encap core_dp_encap(enum vrf_encap e)
{
	static const enum dp_encap map[] = { [VRF_ENCAP_UDP] = DP_ENCAP_UDP,
		                             [VRF_ENCAP_GRE] = DP_ENCAP_GRE,
		                             [VRF_ENCAP_MPLS] = DP_ENCAP_MPLS };

	return map[e];
}

bool core_via_group(uint32_t via)
{
	return via & VIA_GROUP;
}

uint32_t core_via_number(uint32_t via)
{
	return via & ~(uint32_t)VIA_GROUP;
}

static uint32_t group_ref(struct core *c, const struct vrf_remote *r, size_t n)
{
	struct nexthop_path path[VRF_PATHS_MAX];
	uint32_t id;
	int err;

	for (size_t i = 0; i < n; i++)
		path[i] = (struct nexthop_path){ .pe = r[i].pe,
			                         .encap = core_dp_encap(r[i].encap),
			                         .label = r[i].label };
	err = nexthop_group_ref(c->nexthops, path, n, &id);
	if (!err)
		return VIA_GROUP | id;
	log_limited(&c->groups_full, LOG_LEVEL_WARN,
	            "data plane: no group of next hops for a route, it takes one: %s",
	            strerror(-err));
	return 0;
}

/* 0: there is no room for one more PE, either. */
uint32_t core_via_ref(struct core *c, const struct vrf_remote *r, size_t n)
{
	uint32_t via = n > 1 ? group_ref(c, r, n) : 0;

	if (!via && nexthop_ref(c->nexthops, &r->pe, core_dp_encap(r->encap), &via))
		return 0;
	return via;
}

void core_via_unref(struct core *c, uint32_t via)
{
	if (core_via_group(via))
		nexthop_group_unref(c->nexthops, core_via_number(via));
	else if (via)
		nexthop_unref(c->nexthops, via);
}

static struct dp_group members(const struct core *c, uint32_t via)
{
	struct dp_group g = { .n = 1, .path = { { .nexthop = via } } };

	if (core_via_group(via))
		must(nexthop_group_info(c->nexthops, core_via_number(via), &g));
	return g;
}

bool core_via_share(const struct core *c, uint32_t a, uint32_t b)
{
	struct dp_group x = members(c, a), y = members(c, b);

	for (size_t i = 0; i < x.n; i++) {
		for (size_t k = 0; k < y.n; k++) {
			if (x.path[i].nexthop == y.path[k].nexthop)
				return true;
		}
	}
	return false;
}

static const char *site_text(const struct extcom *soo, char buf[static EXTCOM_STRLEN])
{
	static const struct extcom none;

	return extcom_eq(soo, &none) ? NULL : extcom_fmt(soo, buf) + 4; /* "soo:" */
}

/* What is used first, then the others by what they lack. */
static int candidate_cmp(const void *a, const void *b)
{
	const struct vrf_candidate *x = a, *y = b;
	int c = (int)x->verdict - (int)y->verdict;

	return c ? c : ip_cmp(&x->r.pe, &y->r.pe);
}

void core_why_paths(const struct core *c, struct view *v, uint32_t vrf,
                    const struct prefix *p)
{
	enum { SHOWN = 64 };
	static const struct view_col cols[] = {
		{"pe",        "PE",       18},
                { "rd",       "RD",       20},
		{ "label",    "Label",    9 },
                { "sequence", "Sequence", 11},
		{ "site",     "Site",     14},
                { "verdict",  "Verdict",  0 },
	};
	struct vrf_candidate x[SHOWN];
	size_t n = vrf_candidates(c->vrfs, vrf, p, x, SHOWN);
	char soo[EXTCOM_STRLEN], rd[RD_STRLEN];

	if (!n)
		return;
	qsort(x, n < SHOWN ? n : SHOWN, sizeof(*x), candidate_cmp);
	view_table(v, "routes", cols, ARRAY_LEN(cols));
	for (size_t i = 0; i < n && i < SHOWN; i++) {
		const struct vrf_remote *r = &x[i].r;
		const char *name = core_vrf_ops.pe_name((void *)(uintptr_t)c, &r->pe);

		if (name)
			view_str(v, NULL, name);
		else
			view_ip(v, NULL, &r->pe);
		view_str(v, NULL, rd_fmt(&x[i].rd, rd));
		view_num(v, NULL, r->label);
		view_num(v, NULL, r->seq);
		view_str(v, NULL, site_text(&r->soo, soo));
		view_str(v, NULL, vrf_verdict_text(x[i].verdict));
	}
	view_table_end(v);
	if (n > SHOWN)
		view_note(v, "%zu more are not shown.", n - SHOWN);
	for (size_t i = 0; i < n && i < SHOWN; i++) {
		if (x[i].hidden)
			view_note(
				v,
				"Single path due to shared RD: %u more PEs advertise it "
				"under %s.",
				x[i].hidden, rd_fmt(&x[i].rd, rd));
	}
}
