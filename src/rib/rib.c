/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rib/rib.h"

#include "base/mem.h"
#include "rib/rib_int.h"

enum { LABEL_MASK = (1 << 20) - 1 };
_Static_assert((int)RIB_DESTS_MAX == (int)DEST_MAX, "what a slot can name");

struct rib *rib_new(void)
{
	struct rib *r = mem_new(struct rib);

	dests_init(&r->dests[AFI_IP4], AFI_IP4, &r->rds);
	dests_init(&r->dests[AFI_IP6], AFI_IP6, &r->rds);
	rib_lists_init(&r->lists);
	r->attrs = attrs_table_new();
	list_init(&r->readers[AFI_IP4]);
	list_init(&r->readers[AFI_IP6]);
	return r;
}

void rib_free(struct rib *r)
{
	if (!r)
		return;
	r->n_listeners = 0;
	for (size_t i = 0; i < r->n_sources; i++) {
		if (r->source[i])
			rib_source_del(r, &r->source[i]->pub);
	}
	must(list_empty(&r->readers[AFI_IP4]) && list_empty(&r->readers[AFI_IP6]));
	dests_fini(&r->dests[AFI_IP4]);
	dests_fini(&r->dests[AFI_IP6]);
	rib_lists_fini(&r->lists);
	dest_rds_fini(&r->rds);
	attrs_table_free(r->attrs);
	free(r->source);
	free(r);
}

void rib_listen(struct rib *r, const struct rib_listener *l)
{
	must(r->n_listeners < RIB_LISTENERS_MAX);
	r->listener[r->n_listeners++] = *l;
}

struct attrs_table *rib_attrs(struct rib *r)
{
	return r->attrs;
}

/* --- the paths of a destination ------------------------------------------------------
 */

static bool same_route(const struct dest_path *a, const struct dest_path *b)
{
	return a->attrs_at == b->attrs_at && a->label == b->label &&
	       a->source == b->source && a->path_id == b->path_id;
}

/* The best path of record i is another one; may free the record.  Both paths hold their
 * attribute sets for the call: a listener may change the rib. */
static void best_changed(struct rib *r, enum afi afi, uint32_t i,
                         const struct rib_key *key, const struct dest_path *old,
                         const struct dest_path *new)
{
	struct rib_key k = *key; /* the caller's may be our own, and go */
	struct rib_path was, is;

	rib_reader_changed(r, afi, i);
	if (!r->n_listeners)
		return;
	if (old)
		was = rib_path_view(r, old);
	if (new) {
		is = rib_path_view(r, new);
		attrs_ref(is.attrs);
	}
	for (size_t l = 0; l < r->n_listeners; l++)
		r->listener[l].best(r->listener[l].arg, &k, old ? &was : NULL,
		                    new ? &is : NULL);
	if (new)
		attrs_unref(is.attrs);
}

/* Replace the record's paths; whoever listens learns of another best one.  `old` is what
 * was best, and holds its attribute set for us. */
static void dest_update(struct rib *r, enum afi afi, uint32_t i,
                        const struct rib_key *key, const struct dest_path *old,
                        const struct dest_path *p, size_t n)
{
	struct dest *d = dest_at(&r->dests[afi], i);
	const struct dest_path *now;
	struct dest_path one;
	bool has;

	dest_store(r, d, p, n);
	has = dest_paths(r, d, &one, &now) > 0;
	if (has ? old && same_route(old, now) : !old) {
		rib_reader_others_changed(r, afi, i);
		return;
	}
	if (has) /* a list may go while others are told */
		one = *now;
	best_changed(r, afi, i, key, old, has ? &one : NULL);
}

static size_t path_index(const struct dest_path *p, size_t n, uint32_t source,
                         uint32_t path_id)
{
	size_t i = 0;

	while (i < n && !(p[i].source == source && p[i].path_id == path_id))
		i++;
	return i;
}

static size_t count_of(const struct dest_path *p, size_t n, uint32_t source)
{
	size_t k = 0;

	for (size_t i = 0; i < n; i++)
		k += p[i].source == source;
	return k;
}

static void count_path(struct rib *r, enum afi afi, const struct dest_path *p, int by)
{
	struct rib_src *src = r->source[p->source];

	r->paths[afi] += (size_t)by;
	src->paths[afi] += (size_t)by;
	if (p->stale)
		src->stale[afi] += (size_t)by;
}

/* The usual case: the destination has no path yet, or only this source's. */
static void announce_only(struct rib *r, enum afi afi, uint32_t i,
                          const struct rib_key *key, const struct dest_path *new)
{
	struct dest *d = dest_at(&r->dests[afi], i);
	const struct dest_path *p;
	struct dest_path old = { 0 };
	size_t n = dest_paths(r, d, &old, &p);
	bool same = n && same_route(&old, new);

	if (same && !old.stale)
		return;
	attrs_ref(dest_path_attrs(new));
	if (n)
		count_path(r, afi, &old, -1);
	count_path(r, afi, new, 1);
	dest_store_one(d, new);
	if (!same)
		best_changed(r, afi, i, key, n ? &old : NULL, new);
	if (n)
		attrs_unref(dest_path_attrs(&old));
}

/* And where others have told of it too. */
static enum rib_kept announce_among(struct rib *r, enum afi afi, uint32_t i,
                                    const struct rib_key *key,
                                    const struct dest_path *new)
{
	struct dest *d = dest_at(&r->dests[afi], i);
	const struct dest_path *p;
	struct dest_path one, old;
	size_t n = dest_paths(r, d, &one, &p);
	size_t at = path_index(p, n, new->source, new->path_id);
	AUTO_FREE struct dest_path *heap = NULL;
	struct dest_path few[RIB_LIST_FEW], *all = few;

	if (at < n && same_route(&p[at], new) && !p[at].stale)
		return RIB_KEPT;
	if (at == n &&
	    (n == RIB_DEST_PATHS_MAX || count_of(p, n, new->source) == RIB_PATHS_MAX))
		return RIB_FULL_PATHS;
	if (n + 1 > ARRAY_LEN(few))
		all = heap = mem_zalloc((n + 1) * sizeof(*all));
	if (n) {
		memcpy(all, p, n * sizeof(*all));
		old = p[0];
		attrs_ref(dest_path_attrs(&old));
	}
	attrs_ref(dest_path_attrs(new));
	if (at < n) {
		count_path(r, afi, &all[at], -1);
		attrs_unref(dest_path_attrs(&all[at]));
	}
	all[at] = *new;
	count_path(r, afi, new, 1);
	dest_update(r, afi, i, key, n ? &old : NULL, all, at == n ? n + 1 : n);
	if (n)
		attrs_unref(dest_path_attrs(&old));
	return RIB_KEPT;
}

enum rib_kept rib_announce(struct rib *r, struct rib_source *src,
                           const struct rib_key *key, uint32_t path_id, uint32_t label,
                           const struct attrs *attrs)
{
	enum afi afi = (enum afi)key->prefix.ip.afi;
	uint32_t i = dest_get(&r->dests[afi], key);
	const struct dest_path new = {
		.attrs_at = dest_addr(attrs) & DEST_ADDR,
		.source = (uint16_t)src->id,
		.label = label & LABEL_MASK,
		.path_id = path_id,
	};
	const struct dest *d;

	if (i == BITS_NONE)
		return RIB_FULL;
	d = dest_at(&r->dests[afi], i);
	if (path_id || d->flags & DEST_MANY ||
	    (d->flags & DEST_ONE && d->source != new.source))
		return announce_among(r, afi, i, key, &new);
	announce_only(r, afi, i, key, &new);
	return RIB_KEPT;
}

void rib_limit(struct rib *r, enum afi afi, size_t dests)
{
	r->dests[afi].max = dests < DEST_MAX ? dests : DEST_MAX;
}

uint64_t rib_expect(const struct rib *r, const struct rib_key *key)
{
	return dest_expect(&r->dests[key->prefix.ip.afi], key);
}

void rib_expect_more(const struct rib *r, enum afi afi, uint64_t hint)
{
	dest_expect_record(&r->dests[afi], hint);
}

/* Take path `at` out of record i. */
static void path_remove(struct rib *r, enum afi afi, uint32_t i, size_t at)
{
	struct dest *d = dest_at(&r->dests[afi], i);
	struct rib_key key = dest_key(&r->dests[afi], d);
	const struct dest_path *p;
	struct dest_path one, old, gone;
	size_t n = dest_paths(r, d, &one, &p);
	AUTO_FREE struct dest_path *heap = NULL;
	struct dest_path few[RIB_LIST_FEW], *rest = few;

	if (n > ARRAY_LEN(few))
		rest = heap = mem_alloc(n * sizeof(*p));
	memcpy(rest, p, n * sizeof(*p));
	old = p[0];
	gone = p[at];
	attrs_ref(dest_path_attrs(&old));
	memmove(rest + at, rest + at + 1, (n - at - 1) * sizeof(*rest));
	count_path(r, afi, &gone, -1);
	dest_update(r, afi, i, &key, &old, rest, n - 1);
	attrs_unref(dest_path_attrs(&gone));
	attrs_unref(dest_path_attrs(&old));
}

bool rib_withdraw(struct rib *r, struct rib_source *src, const struct rib_key *key,
                  uint32_t path_id)
{
	enum afi afi = (enum afi)key->prefix.ip.afi;
	uint32_t i = dest_find(&r->dests[afi], key);
	const struct dest_path *p;
	struct dest_path one;
	size_t n, at;

	if (i == BITS_NONE)
		return false;
	n = dest_paths(r, dest_at(&r->dests[afi], i), &one, &p);
	at = path_index(p, n, src->id, path_id);
	if (at == n)
		return false;
	path_remove(r, afi, i, at);
	return true;
}

/* --- sources -------------------------------------------------------------------------
 */

struct rib_source *rib_source_add(struct rib *r, const struct rib_source *src)
{
	struct rib_src *s = mem_new(struct rib_src);
	size_t id = 0;

	while (id < r->n_sources && r->source[id])
		id++;
	must(id < RIB_SOURCES_MAX);
	if (id == r->n_sources) {
		r->n_sources++;
		r->source =
			mem_realloc(r->source, r->n_sources * sizeof(struct rib_src *));
	}
	s->pub = *src;
	s->pub.id = (uint32_t)id;
	s->pub.serial = ++r->last_serial;
	r->source[id] = s;
	return &s->pub;
}

/* The source's path in record i from `at` on; n: none. */
static size_t of_source(const struct dest_path *p, size_t n, uint32_t id, size_t at,
                        bool stale_only)
{
	while (at < n && !(p[at].source == id && (p[at].stale || !stale_only)))
		at++;
	return at;
}

/* From record *pos on, up to max paths; false: the end was reached. */
static bool src_drop(struct rib *r, struct rib_source *src, enum afi afi, bool stale,
                     uint32_t *pos, size_t max)
{
	struct rib_src *s = r->source[src->id];
	const size_t *left = stale ? &s->stale[afi] : &s->paths[afi];
	const struct dests *t = &r->dests[afi];
	uint32_t i = *pos;

	while (*left && (i = dest_next(t, i)) != BITS_NONE) {
		const struct dest_path *p;
		struct dest_path one;
		size_t n = dest_paths(r, dest_at(t, i), &one, &p);
		size_t at = of_source(p, n, src->id, 0, stale);

		if (at == n) {
			i++;
			continue;
		}
		if (!max--) {
			*pos = i;
			return true;
		}
		/* May free the record, and a listener change it: look again. */
		path_remove(r, afi, i, at);
	}
	return false;
}

static void src_drop_all(struct rib *r, struct rib_source *src, enum afi afi, bool stale)
{
	uint32_t pos = 0;

	(void)src_drop(r, src, afi, stale, &pos, SIZE_MAX);
}

void rib_source_drop(struct rib *r, struct rib_source *src, enum afi afi)
{
	src_drop_all(r, src, afi, false);
}

void rib_source_flush(struct rib *r, struct rib_source *src)
{
	rib_source_drop(r, src, AFI_IP4);
	rib_source_drop(r, src, AFI_IP6);
}

void rib_source_del(struct rib *r, struct rib_source *src)
{
	uint32_t id = src->id;

	rib_source_flush(r, src);
	free(r->source[id]);
	r->source[id] = NULL;
}

void rib_source_mark_stale(struct rib *r, struct rib_source *src, enum afi afi)
{
	struct rib_src *s = r->source[src->id];
	const struct dests *t = &r->dests[afi];
	uint32_t i = 0;

	for (; s->stale[afi] < s->paths[afi] && (i = dest_next(t, i)) != BITS_NONE; i++) {
		struct dest *d = dest_at(t, i);

		if (d->flags & DEST_ONE && d->source == src->id &&
		    !(d->flags & DEST_STALE)) {
			d->flags |= DEST_STALE;
			s->stale[afi]++;
		}
		for (size_t k = 0; d->flags & DEST_MANY && k < d->source; k++) {
			struct dest_path *p = (struct dest_path *)dest_points(d) + k;

			if (p->source == src->id && !p->stale) {
				p->stale = true;
				s->stale[afi]++;
			}
		}
	}
}

void rib_source_sweep(struct rib *r, struct rib_source *src, enum afi afi)
{
	src_drop_all(r, src, afi, true);
}

bool rib_source_sweep_step(struct rib *r, struct rib_source *src, enum afi afi,
                           uint32_t *pos, size_t max)
{
	return src_drop(r, src, afi, true, pos, max);
}

size_t rib_source_paths(const struct rib *r, const struct rib_source *src, enum afi afi)
{
	return r->source[src->id]->paths[afi];
}

size_t rib_source_stale(const struct rib *r, const struct rib_source *src, enum afi afi)
{
	return r->source[src->id]->stale[afi];
}

/* --- looking -------------------------------------------------------------------------
 */

size_t rib_paths_at(const struct rib *r, enum afi afi, uint32_t i, struct rib_path *ret,
                    size_t max)
{
	const struct dest_path *p;
	struct dest_path one;
	AUTO_FREE struct dest_path *left = NULL;
	size_t n = dest_paths(r, dest_at(&r->dests[afi], i), &one, &p), done = 0;

	if (n && max) /* the first one is the best */
		ret[done++] = rib_path_view(r, &p[0]);
	if (n > 1 && max > 1)
		left = mem_dup(p + 1, (n - 1) * sizeof(*p));
	while (left && done < n && done < max) {
		size_t best = rib_best_of(r, left, n - done);

		ret[done] = rib_path_view(r, &left[best]);
		left[best] = left[n - done - 1];
		done++;
	}
	return done;
}

size_t rib_paths(const struct rib *r, const struct rib_key *key, struct rib_path *ret,
                 size_t max)
{
	enum afi afi = (enum afi)key->prefix.ip.afi;
	uint32_t i = dest_find(&r->dests[afi], key);

	return i == BITS_NONE ? 0 : rib_paths_at(r, afi, i, ret, max);
}

size_t rib_why(const struct rib *r, const struct rib_key *key, struct rib_why *ret,
               size_t max)
{
	enum afi afi = (enum afi)key->prefix.ip.afi;
	uint32_t d = dest_find(&r->dests[afi], key);
	const struct dest_path *p;
	struct dest_path one;
	size_t n, best, by;

	if (d == BITS_NONE)
		return 0;
	n = dest_paths(r, dest_at(&r->dests[afi], d), &one, &p);
	if (!n)
		return 0;
	best = rib_best_of(r, p, n);
	for (size_t i = 0; i < n && i < max; i++) {
		ret[i].path = rib_path_view(r, &p[i]);
		ret[i].step = rib_best_why(r, p, n, best, i, &by);
		ret[i].by = rib_path_view(r, &p[by]);
	}
	return n < max ? n : max;
}

size_t rib_walk(const struct rib *r, enum afi afi, uint64_t *pos, size_t max,
                void (*fn)(void *arg, const struct rib_key *key,
                           const struct rib_path *best),
                void *arg)
{
	const struct dests *t = &r->dests[afi];
	uint32_t i = *pos > UINT32_MAX ? BITS_NONE : (uint32_t)*pos;
	size_t n = 0;

	for (; n < max && (i = dest_next(t, i)) != BITS_NONE; i++) {
		const struct dest *d = dest_at(t, i);
		struct rib_key key = dest_key(t, d);
		const struct dest_path *p;
		struct dest_path one;
		struct rib_path best;

		if (!dest_paths(r, d, &one, &p))
			continue;
		best = rib_path_view(r, p);
		n++;
		fn(arg, &key, &best);
	}
	*pos = i;
	return n;
}

size_t rib_walk_paths(const struct rib *r, enum afi afi, uint64_t *pos, size_t max,
                      void (*fn)(void *arg, const struct rib_key *key,
                                 const struct rib_path *path),
                      void *arg)
{
	const struct dests *t = &r->dests[afi];
	uint32_t i = *pos > UINT32_MAX ? BITS_NONE : (uint32_t)*pos;
	size_t n = 0;

	for (; n < max && (i = dest_next(t, i)) != BITS_NONE; i++) {
		const struct dest *d = dest_at(t, i);
		struct rib_key key = dest_key(t, d);
		const struct dest_path *p;
		struct dest_path one;
		size_t paths = dest_paths(r, d, &one, &p);

		for (size_t k = 0; k < paths; k++) {
			const struct rib_path path = rib_path_view(r, &p[k]);

			fn(arg, &key, &path);
		}
		n += paths > 0;
	}
	*pos = i;
	return n;
}

void rib_stats(const struct rib *r, struct rib_stats *ret)
{
	*ret = (struct rib_stats){ 0 };
	for (int afi = AFI_IP4; afi <= AFI_IP6; afi++) {
		ret->dests[afi] = r->dests[afi].count;
		ret->paths[afi] = r->paths[afi];
		ret->table_bytes += dests_bytes(&r->dests[afi]);
	}
	ret->table_bytes += rib_lists_bytes(&r->lists);
	attrs_table_stats(r->attrs, &ret->attr_sets, &ret->attr_bytes);
}
