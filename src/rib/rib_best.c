/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rib/rib_int.h"

/*
 * The decision process, RFC 4271 9.1.2 with RFC 4456 9, over the paths of one
 * destination. All of them are eligible: what must not be used was refused on receipt,
 * and whether a next hop can be reached is for who forwards to say.
 *
 *  1. a path of our own before all others
 *  2. the highest LOCAL_PREF
 *  3. the shortest AS_PATH
 *  4. the lowest ORIGIN
 *  5. the lowest MULTI_EXIT_DISC, among paths of the same neighboring AS
 *  6. eBGP before iBGP
 *  7. (the interior cost of the next hop: not known here)
 *  8. the lowest BGP Identifier, ORIGINATOR_ID in its place
 *  9. the shortest CLUSTER_LIST
 * 10. the lowest peer address
 * 11. the lowest path identifier (ours: two paths of one neighbor)
 *
 * Step 5 does not order paths: a may beat b by MED, b beat c and c beat a by later steps.
 * So it removes from the candidates first, as the RFC words it, and only what is left is
 * compared pair by pair.  The result does not depend on the order of arrival.
 */
#define LOWER(a, b)  (((a) > (b)) - ((a) < (b)))
#define HIGHER(a, b) LOWER(b, a)

static const struct rib_source *source_of(const struct rib *r, const struct dest_path *p)
{
	return &r->source[p->source]->pub;
}

/* Steps 1 to 4; negative: a is better. */
static int compare_before_med(const struct rib *r, const struct dest_path *a,
                              const struct dest_path *b)
{
	const struct attrs_rank *x = attrs_rank(a->attrs), *y = attrs_rank(b->attrs);
	int c;

	c = HIGHER(source_of(r, a)->local, source_of(r, b)->local); /* 1. */
	if (!c)
		c = HIGHER(x->local_pref, y->local_pref); /* 2. */
	if (!c)
		c = LOWER(x->as_path_len, y->as_path_len); /* 3. */
	if (!c)
		c = LOWER(x->origin, y->origin); /* 4. */
	return c;
}

static uint32_t bgp_id(const struct rib_source *s, const struct attrs_rank *x)
{
	return x->has_originator ? x->originator : s->router_id;
}

/* Steps 6 to 11. */
static int compare_after_med(const struct rib *r, const struct dest_path *a,
                             const struct dest_path *b)
{
	const struct attrs_rank *x = attrs_rank(a->attrs), *y = attrs_rank(b->attrs);
	const struct rib_source *s = source_of(r, a), *t = source_of(r, b);
	int c;

	c = HIGHER(s->ebgp, t->ebgp); /* 6. */
	if (!c)
		c = LOWER(bgp_id(s, x), bgp_id(t, y)); /* 8. */
	if (!c)
		c = LOWER(x->cluster_len, y->cluster_len); /* 9. */
	if (!c)
		c = ip_cmp(&s->address, &t->address); /* 10. */
	if (!c)
		c = LOWER(a->path_id, b->path_id); /* 11. */
	return c;
}

/* Step 5 removes p: another candidate through the same AS has a lower MED. */
static bool med_removes(const struct rib *r, const struct dest_path *p,
                        const struct dest_path *all, size_t n, size_t like)
{
	const struct attrs_rank *x = attrs_rank(p->attrs);

	for (size_t i = 0; i < n; i++) {
		const struct attrs_rank *y = attrs_rank(all[i].attrs);

		if (y->neighbor_as == x->neighbor_as && y->med < x->med &&
		    !compare_before_med(r, &all[i], &all[like]))
			return true;
	}
	return false;
}

size_t rib_best_of(const struct rib *r, const struct dest_path *p, size_t n)
{
	size_t best = 0, top = 0;
	bool found = false;

	for (size_t i = 1; i < n; i++) {
		if (compare_before_med(r, &p[i], &p[top]) < 0)
			top = i;
	}
	for (size_t i = 0; i < n; i++) {
		if (compare_before_med(r, &p[i], &p[top]) ||
		    med_removes(r, &p[i], p, n, top))
			continue;
		if (!found || compare_after_med(r, &p[i], &p[best]) < 0)
			best = i;
		found = true;
	}
	return best;
}
