/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "base/mem.h"
#include "vrf/vrf_int.h"

/*
 * Which of the routes that several PEs have for a prefix this VRF uses.  The rules, each
 * among what the ones before have left:
 *
 *  - the PE can be reached, and the route is not a last resort (LLGR_STALE, RFC
 * 9494 4.3);
 *  - one that is bound to its place for good, which no claim of another outranks (RFC
 *    7432 15.2);
 *  - the highest mobility sequence (RFC 7432 7.7, absent is 0);
 *  - of a host, one site, by Route Origin (RFC 4364 7): the one with the lowest PE
 * address, so that every PE chooses alike while a host is advertised at two places. Never
 * both: half of its packets would be lost;
 *  - the ordinary decision of BGP (RFC 4271 9.1.2.2) down to external before internal;
 *  - the lowest PE address is the best, and other PEs of the same site are as good.  They
 *    share the packets, up to so many.
 *
 * What became of each candidate is kept with it, for people who ask; a prefix with one
 * candidate, as nearly all have, takes none of these steps.
 */
struct item {
	struct vrf_cand *c;
	struct vrf_remote m;
};

static const struct extcom no_site;

static int item_cmp(const void *a, const void *b)
{
	const struct item *x = a, *y = b;
	int c = ip_cmp(&x->m.pe, &y->m.pe);

	return c ? c : memcmp(&x->c->rd, &y->c->rd, sizeof(x->c->rd));
}

/* Those with the lowest key stay, in their order; the others get the verdict. */
static size_t keep_lowest(struct item *it, size_t n,
                          uint32_t (*key)(const struct item *i, const struct item *first),
                          enum vrf_verdict verdict)
{
	const struct item first = it[0];
	uint32_t low = UINT32_MAX;
	size_t left = 0;

	for (size_t i = 0; i < n; i++) {
		uint32_t k = key(&it[i], &first);

		if (k < low)
			low = k;
	}
	for (size_t i = 0; i < n; i++) {
		if (key(&it[i], &first) == low)
			it[left++] = it[i];
		else
			it[i].c->verdict = (uint8_t)verdict;
	}
	return left;
}

static const struct attrs_rank *rank(const struct item *i)
{
	return attrs_rank(i->c->attrs);
}

static uint32_t by_stale(const struct item *i, const struct item *first)
{
	return rank(i)->llgr_stale;
}

static uint32_t by_bound(const struct item *i, const struct item *first)
{
	return !i->m.immutable;
}

/* Sequence numbers wrap (RFC 1982), and three of them may be in a circle; how far each is
 * from that of the first PE is an order. */
static uint32_t by_seq(const struct item *i, const struct item *first)
{
	return UINT32_C(0x7fffffff) - (i->m.seq - first->m.seq);
}

static uint32_t by_site(const struct item *i, const struct item *first)
{
	return !extcom_eq(&i->m.soo, &first->m.soo);
}

static uint32_t by_local_pref(const struct item *i, const struct item *first)
{
	return ~rank(i)->local_pref;
}

static uint32_t by_as_path(const struct item *i, const struct item *first)
{
	return rank(i)->as_path_len;
}

static uint32_t by_origin(const struct item *i, const struct item *first)
{
	return rank(i)->origin;
}

static uint32_t by_ebgp(const struct item *i, const struct item *first)
{
	return !i->c->ebgp;
}

/* MED removes what has a higher one than another of the same neighboring AS. */
static size_t keep_med(struct item *it, size_t n)
{
	size_t left = 0;
	bool differ = false;

	for (size_t i = 1; i < n; i++)
		differ |= rank(&it[i])->med != rank(&it[0])->med;
	if (!differ)
		return n;
	for (size_t i = 0; i < n; i++) {
		it[i].c->verdict = VRF_NEW;
		for (size_t k = 0; k < n; k++) {
			if (rank(&it[k])->neighbor_as == rank(&it[i])->neighbor_as &&
			    rank(&it[k])->med < rank(&it[i])->med)
				it[i].c->verdict = VRF_MED;
		}
	}
	for (size_t i = 0; i < n; i++) {
		if (it[i].c->verdict != VRF_MED)
			it[left++] = it[i];
	}
	return left;
}

/* Down to those that are as good as the best; which is the first. */
static size_t eliminate(struct item *it, size_t n, bool host)
{
	n = keep_lowest(it, n, by_stale, VRF_STALE);
	n = keep_lowest(it, n, by_bound, VRF_NOT_BOUND);
	n = keep_lowest(it, n, by_seq, VRF_OLDER);
	if (host)
		n = keep_lowest(it, n, by_site, VRF_OTHER_SITE);
	n = keep_lowest(it, n, by_local_pref, VRF_LOCAL_PREF);
	n = keep_lowest(it, n, by_as_path, VRF_AS_PATH);
	n = keep_lowest(it, n, by_origin, VRF_ORIGIN);
	n = keep_med(it, n);
	return keep_lowest(it, n, by_ebgp, VRF_EBGP);
}

static bool has_pe(const struct vrf_remote *m, size_t n, const struct ip *pe)
{
	for (size_t i = 0; i < n; i++) {
		if (ip_eq(&m[i].pe, pe))
			return true;
	}
	return false;
}

/* The first, and who shares its packets. */
static size_t share(const struct vrfs *v, struct item *it, size_t n,
                    struct vrf_remote ret[VRF_PATHS_MAX])
{
	size_t max = v->cfg.max_paths ? v->cfg.max_paths : 1, used = 1;

	it[0].c->verdict = VRF_BEST;
	ret[0] = it[0].m;
	for (size_t i = 1; i < n; i++) {
		struct vrf_cand *c = it[i].c;

		if (has_pe(ret, used, &it[i].m.pe))
			c->verdict = VRF_SAME_PE;
		else if (!extcom_eq(&it[i].m.soo, &it[0].m.soo))
			c->verdict = VRF_OTHER_SITE;
		else if (used >= max)
			c->verdict = VRF_OVER;
		else if (extcom_eq(&it[0].m.soo, &no_site))
			c->verdict = VRF_ADDRESS;
		else if (rank(&it[0])->llgr_stale)
			c->verdict = VRF_STALE;
		else {
			c->verdict = VRF_EQUAL;
			ret[used++] = it[i].m;
		}
	}
	return used;
}

static bool resolvable(const struct vrfs *v, struct vrf_cand *c)
{
	if (c->pe && v->cfg.ops->resolvable(v->cfg.arg, &c->pe->pe, c->pe->encap))
		return true;
	c->verdict = c->pe ? VRF_UNREACHABLE : VRF_NO_ENCAP;
	return false;
}

/* The routes to use, the best one first; *ret_best is its candidate. */
static size_t choose(const struct vrfs *v, const struct vrf *f, struct vrf_route *r,
                     struct vrf_remote ret[VRF_PATHS_MAX])
{
	struct item few[4], *it = few;
	size_t n = 0, all = 0;

	r->chosen = NULL;
	for (struct vrf_cand *c = r->cand; c; c = c->next)
		all++;
	if (all > ARRAY_LEN(few))
		it = mem_zalloc(all * sizeof(*it));
	for (struct vrf_cand *c = r->cand; c; c = c->next) {
		if (!resolvable(v, c))
			continue;
		it[n].c = c;
		vrf_remote_of(v, f, c, &it[n++].m);
	}
	if (n > 1) {
		qsort(it, n, sizeof(*it), item_cmp);
		n = eliminate(it, n, prefix_is_host(&r->prefix));
	}
	if (n) {
		r->chosen = it[0].c;
		n = share(v, it, n, ret);
	}
	if (it != few)
		free(it);
	return n;
}

static bool used(const struct vrf_cand *c)
{
	return c->verdict == VRF_BEST || c->verdict == VRF_EQUAL;
}

/* In the order of their PEs, which is that of choose(). */
size_t vrf_route_remotes(const struct vrfs *v, const struct vrf *f,
                         const struct vrf_route *r, struct vrf_remote ret[VRF_PATHS_MAX])
{
	size_t n = 0;

	for (const struct vrf_cand *c = r->cand; c; c = c->next) {
		struct vrf_remote m;
		size_t at = n;

		if (!used(c))
			continue;
		must(n < VRF_PATHS_MAX);
		vrf_remote_of(v, f, c, &m);
		for (; at && ip_cmp(&m.pe, &ret[at - 1].pe) < 0; at--)
			ret[at] = ret[at - 1];
		ret[at] = m;
		ret[at].via = r->via;
		n++;
	}
	return n;
}

static bool same_remote(const struct vrf_remote *a, const struct vrf_remote *b)
{
	return ip_eq(&a->pe, &b->pe) && a->encap == b->encap && a->label == b->label &&
	       extcom_eq(&a->soo, &b->soo) && a->seq == b->seq &&
	       a->sticky == b->sticky && a->router == b->router &&
	       a->immutable == b->immutable && mac_eq(&a->mac, &b->mac) &&
	       a->sibling == b->sibling;
}

void vrf_before_change(const struct vrfs *v, const struct vrf *f,
                       const struct vrf_route *r, struct vrf_before *ret)
{
	ret->n = vrf_route_remotes(v, f, r, ret->was);
}

static bool same_choice(const struct vrf_before *b, const struct vrf_remote *now,
                        size_t n)
{
	for (size_t i = 0; n == b->n && i < n; i++) {
		if (!same_remote(&now[i], &b->was[i]))
			return false;
	}
	return n == b->n;
}

void vrf_after_change(struct vrfs *v, struct vrf *f, struct vrf_route *r,
                      const struct vrf_before *b)
{
	struct vrf_remote now[VRF_PATHS_MAX];
	size_t n = choose(v, f, r, now);

	vrf_mac_index(v, f, r, b->n ? &b->was[0].mac : NULL, n ? &now[0].mac : NULL);
	if (same_choice(b, now, n))
		return;
	/* the owner may take a local host down while it is told */
	r->busy = true;
	v->cfg.ops->remote(v->cfg.arg, f->id, &r->prefix, n ? now : NULL, n, &r->via);
	r->busy = false;
}

void vrf_choose(struct vrfs *v, struct vrf *f, struct vrf_route *r)
{
	struct vrf_before b;

	vrf_before_change(v, f, r, &b);
	vrf_after_change(v, f, r, &b);
}

void vrfs_max_paths(struct vrfs *v, unsigned max)
{
	v->cfg.max_paths = max < VRF_PATHS_MAX ? max : VRF_PATHS_MAX;
	vrfs_reresolve(v);
}

const char *vrf_verdict_text(enum vrf_verdict verdict)
{
	static const char *const text[] = {
		[VRF_NEW] = "not looked at yet",
		[VRF_BEST] = "best",
		[VRF_EQUAL] = "as good: it shares the packets",
		[VRF_UNREACHABLE] = "unreachable",
		[VRF_NO_ENCAP] = "names no encapsulation of ours",
		[VRF_STALE] = "long-lived stale",
		[VRF_NOT_BOUND] = "another is bound to its place",
		[VRF_OLDER] = "older sequence",
		[VRF_OTHER_SITE] = "other site",
		[VRF_LOCAL_PREF] = "lower LOCAL_PREF",
		[VRF_AS_PATH] = "longer AS_PATH",
		[VRF_ORIGIN] = "higher ORIGIN",
		[VRF_MED] = "higher MULTI_EXIT_DISC of the same neighboring AS",
		[VRF_EBGP] = "internal",
		[VRF_ADDRESS] = "higher PE address, and no site in common",
		[VRF_SAME_PE] = "the same PE",
		[VRF_OVER] = "more than maximum-paths",
	};

	return verdict < ARRAY_LEN(text) ? text[verdict] : "?";
}

size_t vrf_paths(const struct vrfs *v, uint32_t id, const struct prefix *p,
                 struct vrf_remote ret[VRF_PATHS_MAX])
{
	const struct vrf *f = vrf_find(v, id);
	const struct vrf_route *r = f ? vrf_route_find(f, p) : NULL;

	return r ? vrf_route_remotes(v, f, r, ret) : 0;
}

/* PEs other than the candidate's that have a path under its RD: ADD-PATH (RFC 7911), or
 * several reflectors, bring them here, but a VRF takes in the best one of an RD. */
unsigned vrf_hidden(const struct vrfs *v, const struct vrf_route *r,
                    const struct vrf_cand *c)
{
	enum { LOOK = 64 };
	struct rib_key key = { .rd = c->rd, .prefix = r->prefix };
	const struct ip *pe = &attrs_nexthop(c->attrs)->addr;
	struct rib_path path[LOOK];
	size_t n = rib_paths(v->cfg.rib, &key, path, LOOK);
	unsigned others = 0;

	for (size_t i = 0; i < n; i++) {
		bool known = ip_eq(&attrs_nexthop(path[i].attrs)->addr, pe);

		for (size_t k = 0; k < i && !known; k++)
			known = ip_eq(&attrs_nexthop(path[i].attrs)->addr,
			              &attrs_nexthop(path[k].attrs)->addr);
		others += !known;
	}
	return others;
}

size_t vrf_candidates(const struct vrfs *v, uint32_t id, const struct prefix *p,
                      struct vrf_candidate *ret, size_t max)
{
	const struct vrf *f = vrf_find(v, id);
	const struct vrf_route *r = f ? vrf_route_find(f, p) : NULL;
	size_t n = 0;

	for (const struct vrf_cand *c = r ? r->cand : NULL; c; c = c->next, n++) {
		if (n >= max)
			continue;
		ret[n] = (struct vrf_candidate){ .rd = c->rd,
			                         .verdict = c->verdict,
			                         .hidden = vrf_hidden(v, r, c) };
		vrf_remote_of(v, f, c, &ret[n].r);
	}
	return n;
}
