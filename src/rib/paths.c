/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/mem.h"
#include "rib/rib_int.h"

/*
 * The paths of a destination.  One is in the record.  Two, a host behind two PEs, are the
 * next usual case, and a few more not rare: those lists come from a slab for each number,
 * without housekeeping beside them.  Longer ones are malloc's, with room to grow.
 */
enum { LIST_STEP = 8 };

static size_t long_size(size_t n)
{
	return (n + LIST_STEP - 1) / LIST_STEP * LIST_STEP * sizeof(struct dest_path);
}

void rib_lists_init(struct rib_lists *l)
{
	for (size_t n = 1; n <= RIB_LIST_FEW; n++)
		slab_init(&l->few[n], n * sizeof(struct dest_path));
}

void rib_lists_fini(struct rib_lists *l)
{
	must(!l->bytes);
	for (size_t n = 1; n <= RIB_LIST_FEW; n++)
		slab_fini(&l->few[n]);
}

size_t rib_lists_bytes(const struct rib_lists *l)
{
	size_t sum = l->bytes;

	for (size_t n = 1; n <= RIB_LIST_FEW; n++)
		sum += slab_bytes(&l->few[n]);
	return sum;
}

static struct dest_path *list_get(struct rib_lists *l, size_t n)
{
	if (n <= RIB_LIST_FEW)
		return slab_get(&l->few[n]);
	l->bytes += long_size(n);
	return mem_alloc(long_size(n));
}

static void list_put(struct rib_lists *l, struct dest_path *p, size_t n)
{
	if (n <= RIB_LIST_FEW) {
		slab_put(&l->few[n], p);
		return;
	}
	l->bytes -= long_size(n);
	free(p);
}

static bool same_room(size_t a, size_t b)
{
	return a == b ||
	       (a > RIB_LIST_FEW && b > RIB_LIST_FEW && long_size(a) == long_size(b));
}

void dest_store_one(struct dest *d, const struct dest_path *p)
{
	dest_point(d, dest_path_attrs(p));
	d->label = p->label;
	d->source = p->source;
	d->flags = DEST_USED | DEST_ONE;
	if (p->stale)
		d->flags |= DEST_STALE;
}

void dest_store(struct rib *r, struct dest *d, const struct dest_path *p, size_t n)
{
	struct dest_path *list = d->flags & DEST_MANY ? dest_points(d) : NULL;
	size_t had = list ? d->source : 0;
	bool alone = n == 1 && !p->path_id; /* fits the record */
	size_t best;

	if (list && (alone || !same_room(had, n))) {
		list_put(&r->lists, list, had);
		list = NULL;
	}
	d->flags = DEST_USED;
	if (alone)
		dest_store_one(d, p);
	if (alone || !n)
		return;
	if (!list)
		list = list_get(&r->lists, n);
	best = n > 1 ? rib_best_of(r, p, n) : 0;
	memcpy(list, p, n * sizeof(*p));
	list[0] = p[best];
	list[best] = p[0];
	dest_point(d, list);
	d->source = (uint16_t)n;
	d->flags |= DEST_MANY;
}
