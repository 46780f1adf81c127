/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rib/rib_int.h"

/*
 * The decision process, RFC 4271 9.1.2 with RFC 4456 9, over the paths of one
 * destination. All of them are eligible: what must not be used was refused on receipt,
 * and whether a next hop can be reached is for who forwards to say.
 *
 * The steps are enum rib_step, in their order.  What a comparison returns is the step
 * that decided it, negative where a is better, so that what is told about a decision is
 * what made it.  (The interior cost of the next hop is not known here.)
 *
 * RIB_STEP_MED does not order paths: a may beat b by MED, b beat c and c beat a by later
 * steps. So it removes from the candidates first, as the RFC words it, and only what is
 * left is compared pair by pair.  The result does not depend on the order of arrival.
 */
#define LOWER(a, b)  (((a) > (b)) - ((a) < (b)))
#define HIGHER(a, b) LOWER(b, a)

static const struct attrs_rank *rank_of(const struct dest_path *p)
{
	return attrs_rank(dest_path_attrs(p));
}

static const struct rib_source *source_of(const struct rib *r, const struct dest_path *p)
{
	return &r->source[p->source]->pub;
}

/* Up to MED. */
static int compare_before_med(const struct rib *r, const struct dest_path *a,
                              const struct dest_path *b)
{
	const struct attrs_rank *x = rank_of(a), *y = rank_of(b);
	int c;

	c = RIB_STEP_STALE * LOWER(x->llgr_stale, y->llgr_stale);
	if (!c)
		c = RIB_STEP_LOCAL *
		    HIGHER(source_of(r, a)->local, source_of(r, b)->local);
	if (!c)
		c = RIB_STEP_LOCAL_PREF * HIGHER(x->local_pref, y->local_pref);
	if (!c)
		c = RIB_STEP_AS_PATH * LOWER(x->as_path_len, y->as_path_len);
	if (!c)
		c = RIB_STEP_ORIGIN * LOWER(x->origin, y->origin);
	return c;
}

static uint32_t bgp_id(const struct rib_source *s, const struct attrs_rank *x)
{
	return x->has_originator ? x->originator : s->router_id;
}

static int sign(int c)
{
	return LOWER(c, 0);
}

/* Behind MED. */
static int compare_after_med(const struct rib *r, const struct dest_path *a,
                             const struct dest_path *b)
{
	const struct attrs_rank *x = rank_of(a), *y = rank_of(b);
	const struct rib_source *s = source_of(r, a), *t = source_of(r, b);
	int c;

	c = RIB_STEP_EBGP * HIGHER(s->ebgp, t->ebgp);
	if (!c)
		c = RIB_STEP_ROUTER_ID * LOWER(bgp_id(s, x), bgp_id(t, y));
	if (!c)
		c = RIB_STEP_CLUSTERS * LOWER(x->cluster_len, y->cluster_len);
	if (!c)
		c = RIB_STEP_ADDRESS * sign(ip_cmp(&s->address, &t->address));
	if (!c)
		c = RIB_STEP_PATH_ID * LOWER(a->path_id, b->path_id);
	return c;
}

/* The candidate through p's AS with a lower MED that removes p; n: there is none. */
static size_t med_removes(const struct rib *r, const struct dest_path *p,
                          const struct dest_path *all, size_t n, size_t like)
{
	const struct attrs_rank *x = rank_of(p);

	for (size_t i = 0; i < n; i++) {
		const struct attrs_rank *y = rank_of(&all[i]);

		if (y->neighbor_as == x->neighbor_as && y->med < x->med &&
		    !compare_before_med(r, &all[i], &all[like]))
			return i;
	}
	return n;
}

size_t rib_best_of(const struct rib *r, const struct dest_path *p, size_t n)
{
	size_t best = 0, top = 0;
	bool found = false, meds = false; /* they differ: each is compared with each */

	for (size_t i = 1; i < n; i++) {
		if (compare_before_med(r, &p[i], &p[top]) < 0)
			top = i;
		meds |= rank_of(&p[i])->med != rank_of(&p[0])->med;
	}
	for (size_t i = 0; i < n; i++) {
		if (compare_before_med(r, &p[i], &p[top]) ||
		    (meds && med_removes(r, &p[i], p, n, top) < n))
			continue;
		if (!found || compare_after_med(r, &p[i], &p[best]) < 0)
			best = i;
		found = true;
	}
	return best;
}

enum rib_step rib_best_why(const struct rib *r, const struct dest_path *p, size_t n,
                           size_t best, size_t i, size_t *ret_by)
{
	int c = compare_before_med(r, &p[i], &p[best]);

	*ret_by = best;
	if (i == best)
		return RIB_STEP_NONE;
	if (!c) {
		*ret_by = med_removes(r, &p[i], p, n, best);
		if (*ret_by < n)
			return RIB_STEP_MED;
		*ret_by = best;
		c = compare_after_med(r, &p[i], &p[best]);
	}
	return c > 0 ? (enum rib_step)c : RIB_STEP_PATH_ID;
}

const char *rib_step_text(enum rib_step s)
{
	static const char *const text[RIB_STEP_END] = {
		[RIB_STEP_NONE] = "nothing",
		[RIB_STEP_STALE] = "not long-lived stale",
		[RIB_STEP_LOCAL] = "originated here",
		[RIB_STEP_LOCAL_PREF] = "higher LOCAL_PREF",
		[RIB_STEP_AS_PATH] = "shorter AS_PATH",
		[RIB_STEP_ORIGIN] = "lower ORIGIN",
		[RIB_STEP_MED] = "lower MULTI_EXIT_DISC of the same neighboring AS",
		[RIB_STEP_EBGP] = "external before internal",
		[RIB_STEP_ROUTER_ID] = "lower BGP identifier",
		[RIB_STEP_CLUSTERS] = "shorter CLUSTER_LIST",
		[RIB_STEP_ADDRESS] = "lower neighbor address",
		[RIB_STEP_PATH_ID] = "lower path identifier",
	};

	return s < RIB_STEP_END ? text[s] : "?";
}
