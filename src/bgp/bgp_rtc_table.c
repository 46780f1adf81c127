/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/hash.h"
#include "base/mem.h"
#include "bgp/bgp_rtc.h"

/*
 * The memberships: destinations with a path for each neighbor that has them, as in any
 * Adj-RIB-In, and the paths chosen for the two kinds of audience.
 */
static const struct rib_source self = { .local = true };

const struct rib_source *rtc_source(const struct bgp_rtc *t, const struct rtc_path *p)
{
	return p->slot == RTC_SELF ? &self : t->peer[p->slot]->source;
}

enum rtc_audience rtc_audience(const struct bgp_peer *p)
{
	return p->cfg.client ? RTC_CLIENTS : RTC_OTHERS;
}

const struct rtc_path *rtc_best(const struct rtc_dest *d, enum rtc_audience a)
{
	return d->best[a] == RTC_NONE ? NULL : &d->path[d->best[a]];
}

/* --- which lengths there are: hardly ever another than 96 ----------------------------
 */

static void length_count(struct bgp_rtc *t, uint8_t bits, bool up)
{
	t->of_length[bits] += up ? 1 : UINT32_MAX;
	if (t->of_length[bits] != up)
		return;
	t->n_lengths = 0;
	for (uint8_t i = RTC_AS_BITS + 1; i <= NLRI_RTC_FULL; i++) {
		if (t->of_length[i])
			t->length[t->n_lengths++] = i;
	}
}

/* --- destinations --------------------------------------------------------------------
 */

static uint64_t hash_target(const struct extcom *rt, uint8_t bits)
{
	uint8_t key[sizeof(rt->b) + 1];

	memcpy(key, rt->b, sizeof(rt->b));
	key[sizeof(rt->b)] = bits;
	return hash_bytes(key, sizeof(key));
}

static bool same_target(const struct rtc_dest *d, const struct extcom *rt, uint8_t bits)
{
	return d->nlri.bits == bits && extcom_eq(&d->nlri.rt, rt);
}

struct rtc_dest *rtc_find(const struct bgp_rtc *t, const struct rtc_nlri *n)
{
	hmap_for_key(h, &t->by_rt, hash_target(&n->rt, n->bits)) {
		struct rtc_dest *d = container_of(h, struct rtc_dest, by_rt);

		if (same_target(d, &n->rt, n->bits) && d->nlri.origin_as == n->origin_as)
			return d;
	}
	return NULL;
}

struct rtc_dest *rtc_default(const struct bgp_rtc *t)
{
	const struct rtc_nlri all = { .bits = RTC_DEFAULT_BITS };

	return rtc_find(t, &all);
}

static struct rtc_dest *dest_need(struct bgp_rtc *t, const struct rtc_nlri *n)
{
	struct rtc_dest *d = rtc_find(t, n);
	uint32_t id;

	if (d)
		return d;
	d = mem_new(struct rtc_dest);
	d->nlri = *n;
	d->nlri.path_id = 0;
	d->best[RTC_CLIENTS] = d->best[RTC_OTHERS] = RTC_NONE;
	id = bits_next(&t->unused, 0);
	if (id == BITS_NONE) {
		id = t->n_dest++;
		if (!(id & (id - 1))) /* a power of two: room for as many again */
			t->dest = mem_realloc(t->dest, (id ? 2 * id : 1) *
			                                       sizeof(struct rtc_dest *));
	}
	bits_clear(&t->unused, id);
	d->id = id;
	t->dest[id] = d;
	length_count(t, n->bits, true);
	hmap_add(&t->by_rt, &d->by_rt, hash_target(&n->rt, n->bits));
	return d;
}

void rtc_tidy(struct bgp_rtc *t, struct rtc_dest *d)
{
	if (d->n || d->holds)
		return;
	hmap_del(&t->by_rt, &d->by_rt);
	t->dest[d->id] = NULL;
	length_count(t, d->nlri.bits, false);
	bits_set(&t->unused, d->id);
	free(d->path);
	free(d);
}

void rtc_hold(struct rtc_dest *d)
{
	d->holds++;
}

void rtc_release(struct bgp_rtc *t, struct rtc_dest *d)
{
	must(d->holds);
	d->holds--;
	rtc_tidy(t, d);
}

void rtc_table_fini(struct bgp_rtc *t)
{
	for (uint32_t i = 0; i < t->n_dest; i++)
		must(!t->dest[i]);
	free(t->dest);
	free(t->peer);
	bits_fini(&t->unused);
	hmap_fini(&t->by_rt);
}

/* --- choice --------------------------------------------------------------------------
 */
#define LOWER(a, b)  (((a) > (b)) - ((a) < (b)))
#define HIGHER(a, b) LOWER(b, a)

/*
 * RFC 4271 9.1.2.2 and RFC 4456 9, as far as it can matter among paths from inside the
 * AS; negative: a is better.  MED is left out: it compares ways into another AS, and no
 * packet follows a membership.
 */
static int compare(const struct bgp_rtc *t, const struct rtc_path *a,
                   const struct rtc_path *b)
{
	const struct attrs_rank *x = attrs_rank(a->attrs), *y = attrs_rank(b->attrs);
	const struct rib_source *s = rtc_source(t, a), *u = rtc_source(t, b);
	int c = HIGHER(s->local, u->local);

	if (!c)
		c = HIGHER(x->local_pref, y->local_pref);
	if (!c)
		c = LOWER(x->as_path_len, y->as_path_len);
	if (!c)
		c = LOWER(x->origin, y->origin);
	if (!c)
		c = LOWER(x->has_originator ? x->originator : s->router_id,
		          y->has_originator ? y->originator : u->router_id);
	if (!c)
		c = LOWER(x->cluster_len, y->cluster_len);
	return c ? c : ip_cmp(&s->address, &u->address);
}

/*
 * Which paths an audience may hear of.  Clients: all, their own too, for our asking is
 * what makes them send us their routes.  Others: what comes from clients or ourselves,
 * for whoever is no client talks to them directly.
 *
 * Our own wish for everything is for clients, as we reflect from one to the others.
 * Others give us what our clients want, unless one of these cannot say, or we have none
 * and keep everything for its own sake.
 */
static bool eligible(const struct bgp_rtc *t, const struct rtc_dest *d,
                     const struct rtc_path *p, enum rtc_audience a)
{
	if (a == RTC_CLIENTS)
		return true;
	if (p->slot != RTC_SELF)
		return t->peer[p->slot]->cfg.client;
	return d->nlri.bits != RTC_DEFAULT_BITS || t->n_plain || !t->n_clients;
}

static uint16_t choose(const struct bgp_rtc *t, const struct rtc_dest *d,
                       enum rtc_audience a)
{
	uint16_t best = RTC_NONE;

	for (uint16_t i = 0; i < d->n; i++) {
		if (eligible(t, d, &d->path[i], a) &&
		    (best == RTC_NONE || compare(t, &d->path[i], &d->path[best]) < 0))
			best = i;
	}
	return best;
}

/* Somebody of that audience may have to hear of it; of the default, and whether others
 * are told depends on that. */
static void changed(struct bgp_rtc *t, const struct rtc_dest *d, enum rtc_audience a)
{
	bool all = d->nlri.bits == RTC_DEFAULT_BITS;

	for (size_t i = RTC_SELF + 1; i < t->n_slots; i++) {
		struct bgp_peer *p = t->peer[i];

		if (!p || !p->rtc->on || rtc_audience(p) != a)
			continue;
		for (uint32_t k = 0; all && k < t->n_dest; k++) {
			if (t->dest[k])
				bits_set(&p->rtc->dirty, k);
		}
		bits_set(&p->rtc->dirty, d->id);
		bgp_rtc_due(p);
	}
}

void rtc_choose(struct bgp_rtc *t, struct rtc_dest *d)
{
	for (enum rtc_audience a = 0; a < RTC_AUDIENCES; a++) {
		uint16_t best = choose(t, d, a);

		if (best != d->best[a])
			changed(t, d, a);
		d->best[a] = best;
	}
}

/* --- paths ---------------------------------------------------------------------------
 */

static uint16_t path_of(const struct rtc_dest *d, uint16_t slot)
{
	uint16_t i = 0;

	while (i < d->n && d->path[i].slot != slot)
		i++;
	return i;
}

/* Path i is new or another: it wins, or was the winner, or neither. */
static void path_changed(struct bgp_rtc *t, struct rtc_dest *d, uint16_t i)
{
	for (enum rtc_audience a = 0; a < RTC_AUDIENCES; a++) {
		uint16_t was = d->best[a];

		if (was == i)
			d->best[a] = choose(t, d, a);
		else if (eligible(t, d, &d->path[i], a) &&
		         (was == RTC_NONE || compare(t, &d->path[i], &d->path[was]) < 0))
			d->best[a] = i;
		if (was == i || d->best[a] != was)
			changed(t, d, a);
	}
}

static struct bits *members_of(struct bgp_rtc *t, uint16_t slot)
{
	return slot == RTC_SELF ? NULL : &t->peer[slot]->rtc->has;
}

bool rtc_add(struct bgp_rtc *t, uint16_t slot, const struct rtc_nlri *n,
             const struct attrs *attrs)
{
	struct rtc_dest *d = dest_need(t, n);
	uint16_t i = path_of(d, slot);
	bool new = i == d->n;

	if (!new && d->path[i].attrs == attrs)
		return false;
	if (new && d->n == d->cap) {
		d->cap = d->cap ? 2 * d->cap : 1;
		d->path = mem_realloc(d->path, d->cap * sizeof(*d->path));
	}
	if (!new)
		attrs_unref(d->path[i].attrs);
	d->path[i] = (struct rtc_path){ .attrs = attrs_ref(attrs), .slot = slot };
	if (new) {
		d->n++;
		if (members_of(t, slot))
			bits_set(members_of(t, slot), d->id);
	}
	path_changed(t, d, i);
	return new;
}

static void path_del(struct bgp_rtc *t, struct rtc_dest *d, uint16_t i)
{
	uint16_t last = (uint16_t)(d->n - 1);

	if (members_of(t, d->path[i].slot))
		bits_clear(members_of(t, d->path[i].slot), d->id);
	attrs_unref(d->path[i].attrs);
	d->path[i] = d->path[last];
	d->n = last;
	for (enum rtc_audience a = 0; a < RTC_AUDIENCES; a++) {
		if (d->best[a] == i) {
			d->best[a] = choose(t, d, a);
			changed(t, d, a);
		} else if (d->best[a] == last) {
			d->best[a] = i;
		}
	}
}

struct rtc_dest *rtc_del(struct bgp_rtc *t, uint16_t slot, const struct rtc_nlri *n)
{
	struct rtc_dest *d = rtc_find(t, n);
	uint16_t i = d ? path_of(d, slot) : 0;

	if (!d || i == d->n)
		return NULL;
	path_del(t, d, i);
	return d;
}

/* --- the question --------------------------------------------------------------------
 */

bool rtc_wanted(const struct bgp_rtc *t, const struct bits *has, const struct extcom *rt)
{
	for (size_t i = 0; i < t->n_lengths; i++) {
		struct extcom x = nlri_rtc_prefix(rt, t->length[i]);

		hmap_for_key(h, &t->by_rt, hash_target(&x, t->length[i])) {
			const struct rtc_dest *d =
				container_of(h, struct rtc_dest, by_rt);

			if (same_target(d, &x, t->length[i]) && bits_has(has, d->id))
				return true;
		}
	}
	return false;
}
