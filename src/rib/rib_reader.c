/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/mem.h"
#include "rib/rib_int.h"

/*
 * Readers.  Instead of an Adj-RIB-Out there are two bits a destination: `told` says that
 * the other side holds a route of ours, `dirty` that what it should hold may have
 * changed. What to send is computed from the table when there is room for it.  So a slow
 * reader costs nothing but time, and catching up is reading the table.
 *
 * A record whose last path is gone stays as a ghost while a reader has told of it: the
 * withdrawal still has to be sent, and needs its key.
 */
static bool dest_empty(const struct dest *d)
{
	return !(d->flags & (DEST_ONE | DEST_MANY));
}

static bool told_by_any(const struct rib *r, enum afi afi, uint32_t i)
{
	list_for(rd, &r->readers[afi], struct rib_reader, link) {
		if (bits_has(&rd->told, i))
			return true;
	}
	return false;
}

/* Nobody needs the ghost any more: let it go. */
static void ghost_release(struct rib *r, enum afi afi, uint32_t i)
{
	if (!dest_empty(dest_at(&r->dests[afi], i)) || told_by_any(r, afi, i))
		return;
	list_for(rd, &r->readers[afi], struct rib_reader, link)
		bits_clear(&rd->dirty, i);
	dest_del(&r->dests[afi], i);
}

static void reader_wake(struct rib_reader *rd)
{
	if (rd->wake)
		rd->wake(rd->arg);
}

static void reader_mark(struct rib_reader *rd, uint32_t i)
{
	if (!rd->on)
		return;
	/* A walk that has yet to come by will see it. */
	if (rd->walk != BITS_NONE && i >= rd->walk && !rd->scan)
		return;
	if (bits_set(&rd->dirty, i) && rd->dirty.count == 1 && rd->walk == BITS_NONE)
		reader_wake(rd);
}

void rib_reader_changed(struct rib *r, enum afi afi, uint32_t i)
{
	bool empty = dest_empty(dest_at(&r->dests[afi], i));

	list_for(rd, &r->readers[afi], struct rib_reader, link) {
		if (!empty || bits_has(&rd->told, i))
			reader_mark(rd, i);
	}
	if (empty)
		ghost_release(r, afi, i);
}

void rib_reader_others_changed(struct rib *r, enum afi afi, uint32_t i)
{
	if (!r->all_readers[afi])
		return;
	list_for(rd, &r->readers[afi], struct rib_reader, link) {
		if (rd->all)
			reader_mark(rd, i);
	}
}

struct rib_reader *rib_reader_new(struct rib *r, enum afi afi, void (*wake)(void *arg),
                                  void *arg)
{
	struct rib_reader *rd = mem_new(struct rib_reader);

	rd->rib = r;
	rd->afi = afi;
	rd->wake = wake;
	rd->arg = arg;
	rd->walk = BITS_NONE;
	list_add_tail(&r->readers[afi], &rd->link);
	return rd;
}

void rib_reader_free(struct rib_reader *rd)
{
	if (!rd)
		return;
	rib_reader_forget(rd);
	rd->rib->all_readers[rd->afi] -= rd->all;
	list_del(&rd->link);
	free(rd);
}

static void begin(struct rib_reader *rd, bool scan)
{
	bool idle = !rib_reader_pending(rd);

	if (!scan)
		bits_fini(&rd->dirty);
	rd->walk = 0;
	rd->scan = scan;
	rd->again = false;
	rd->on = true;
	if (idle)
		reader_wake(rd);
}

void rib_reader_walk(struct rib_reader *rd)
{
	begin(rd, false);
}

void rib_reader_scan(struct rib_reader *rd)
{
	/* Behind what is being read now: who asks often would never see the end of it. */
	if (rib_reader_walking(rd))
		rd->again = true;
	else
		begin(rd, true);
}

void rib_reader_forget(struct rib_reader *rd)
{
	struct bits told = rd->told;

	rd->told = (struct bits){ 0 };
	rd->walk = BITS_NONE;
	rd->on = rd->again = false;
	for (uint32_t i = bits_next(&told, 0); i != BITS_NONE;
	     i = bits_next(&told, i + 1))
		ghost_release(rd->rib, rd->afi, i);
	bits_fini(&told);
	bits_fini(&rd->dirty);
}

void rib_reader_want_all(struct rib_reader *rd)
{
	rd->rib->all_readers[rd->afi] += !rd->all;
	rd->all = true;
}

size_t rib_reader_paths(const struct rib_reader *rd, uint32_t dest, struct rib_path *ret,
                        size_t max)
{
	return rib_paths_at(rd->rib, rd->afi, dest, ret, max);
}

bool rib_reader_walking(const struct rib_reader *rd)
{
	return rd->walk != BITS_NONE;
}

bool rib_reader_pending(const struct rib_reader *rd)
{
	return rd->dirty.count || rib_reader_walking(rd);
}

size_t rib_reader_dirty(const struct rib_reader *rd)
{
	return rd->dirty.count;
}

/* The next record of the walk.  Behind the last one it ends, or begins anew as a scan; not
 * in the same go, for who reads must have settled what it has read before that comes by. */
static uint32_t walk_next(struct rib_reader *rd, const struct dests *t)
{
	uint32_t i = dest_next(t, rd->walk);

	if (i != BITS_NONE) {
		rd->walk = i + 1;
	} else if (rd->again) {
		rd->again = false;
		rd->scan = true;
		rd->walk = 0;
	} else {
		rd->walk = BITS_NONE;
	}
	return i;
}

bool rib_reader_next(struct rib_reader *rd, struct rib_change *ret)
{
	const struct dests *t = &rd->rib->dests[rd->afi];
	uint32_t i = rd->dirty.count ? bits_next(&rd->dirty, 0) : BITS_NONE;
	const struct dest_path *p;
	struct dest_path one;
	const struct dest *d;

	ret->walked = ret->scanned = false;
	if (i != BITS_NONE) {
		bits_clear(&rd->dirty, i);
	} else if (rd->walk != BITS_NONE) {
		i = walk_next(rd, t);
		ret->walked = true;
		ret->scanned = rd->scan;
	}
	if (i == BITS_NONE)
		return false;
	d = dest_at(t, i);
	ret->dest = i;
	ret->key = dest_key(t, d);
	ret->told = bits_has(&rd->told, i);
	ret->best = NULL;
	if (dest_paths(rd->rib, d, &one, &p)) {
		ret->path = rib_path_view(rd->rib, p);
		ret->best = &ret->path;
	}
	return true;
}

void rib_reader_told(struct rib_reader *rd, uint32_t dest, bool told)
{
	if (told)
		bits_set(&rd->told, dest);
	else if (bits_clear(&rd->told, dest))
		ghost_release(rd->rib, rd->afi, dest);
}

void rib_reader_again(struct rib_reader *rd, uint32_t dest)
{
	bits_set(&rd->dirty, dest);
}

size_t rib_reader_told_count(const struct rib_reader *rd)
{
	return rd->told.count;
}

const struct bits *rib_reader_told_set(const struct rib_reader *rd)
{
	return &rd->told;
}

bool rib_reader_dest(const struct rib_reader *rd, const struct rib_key *key,
                     uint32_t *ret)
{
	uint32_t i = dest_find(&rd->rib->dests[rd->afi], key);

	if (i == BITS_NONE)
		return false;
	*ret = i;
	return true;
}

/* --- two at the same place -----------------------------------------------------------
 */

struct rib_reader *rib_reader_split(const struct rib_reader *rd, const struct bits *less,
                                    void *arg)
{
	struct rib_reader *new = rib_reader_new(rd->rib, rd->afi, rd->wake, arg);

	bits_copy(&new->dirty, &rd->dirty);
	bits_copy(&new->told, &rd->told);
	if (less)
		bits_remove(&new->told, less);
	new->on = rd->on;
	new->scan = rd->scan;
	new->again = rd->again;
	new->walk = rd->walk;
	return new;
}

void rib_reader_less(struct rib_reader *rd, const struct bits *less)
{
	bits_remove(&rd->told, less); /* others tell of them: no ghost loses its last */
}

bool rib_reader_level(const struct rib_reader *a, const struct rib_reader *b)
{
	return a->on == b->on && a->walk == b->walk && !a->dirty.count &&
	       !b->dirty.count &&
	       (a->walk == BITS_NONE ||
	        (a->walk == 0 && !a->scan && !b->scan && !a->again && !b->again));
}

void rib_reader_merge(struct rib_reader *rd, struct rib_reader *from)
{
	must(rib_reader_level(rd, from));
	bits_add_without(&rd->told, &from->told, &rd->told);
	bits_fini(&from->told); /* all of it is told by rd now */
	rib_reader_free(from);
}
