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
	list_for(rd, &r->readers, struct rib_reader, link) {
		if (bits_has(&rd->af[afi].told, i))
			return true;
	}
	return false;
}

/* Nobody needs the ghost any more: let it go. */
static void ghost_release(struct rib *r, enum afi afi, uint32_t i)
{
	if (!dest_empty(dest_at(&r->dests[afi], i)) || told_by_any(r, afi, i))
		return;
	list_for(rd, &r->readers, struct rib_reader, link)
		bits_clear(&rd->af[afi].dirty, i);
	dest_del(&r->dests[afi], i);
}

static void reader_mark(struct rib_reader *rd, enum afi afi, uint32_t i)
{
	bool idle = !rib_reader_pending(rd, afi);

	if (!rd->af[afi].on)
		return;
	/* A walk that has yet to come by will see it. */
	if (rd->af[afi].walk != BITS_NONE && i >= rd->af[afi].walk)
		return;
	if (bits_set(&rd->af[afi].dirty, i) && idle && rd->wake)
		rd->wake(rd->arg);
}

void rib_reader_changed(struct rib *r, enum afi afi, uint32_t i)
{
	bool empty = dest_empty(dest_at(&r->dests[afi], i));

	list_for(rd, &r->readers, struct rib_reader, link) {
		if (!empty || bits_has(&rd->af[afi].told, i))
			reader_mark(rd, afi, i);
	}
	ghost_release(r, afi, i);
}

struct rib_reader *rib_reader_new(struct rib *r, void (*wake)(void *arg), void *arg)
{
	struct rib_reader *rd = mem_new(struct rib_reader);

	rd->rib = r;
	rd->wake = wake;
	rd->arg = arg;
	rd->af[AFI_IP4].walk = rd->af[AFI_IP6].walk = BITS_NONE;
	list_add_tail(&r->readers, &rd->link);
	return rd;
}

void rib_reader_free(struct rib_reader *rd)
{
	if (!rd)
		return;
	rib_reader_forget(rd, AFI_IP4);
	rib_reader_forget(rd, AFI_IP6);
	list_del(&rd->link);
	free(rd);
}

void rib_reader_walk(struct rib_reader *rd, enum afi afi)
{
	bool idle = !rib_reader_pending(rd, afi);

	bits_fini(&rd->af[afi].dirty);
	rd->af[afi].walk = 0;
	rd->af[afi].on = true;
	if (idle && rd->wake)
		rd->wake(rd->arg);
}

void rib_reader_forget(struct rib_reader *rd, enum afi afi)
{
	struct bits told = rd->af[afi].told;

	rd->af[afi].told = (struct bits){ 0 };
	rd->af[afi].walk = BITS_NONE;
	rd->af[afi].on = false;
	for (uint32_t i = bits_next(&told, 0); i != BITS_NONE;
	     i = bits_next(&told, i + 1))
		ghost_release(rd->rib, afi, i);
	bits_fini(&told);
	bits_fini(&rd->af[afi].dirty);
}

bool rib_reader_walking(const struct rib_reader *rd, enum afi afi)
{
	return rd->af[afi].walk != BITS_NONE;
}

bool rib_reader_pending(const struct rib_reader *rd, enum afi afi)
{
	return rd->af[afi].dirty.count || rib_reader_walking(rd, afi);
}

bool rib_reader_next(struct rib_reader *rd, enum afi afi, struct rib_change *ret)
{
	const struct dests *t = &rd->rib->dests[afi];
	uint32_t i = bits_next(&rd->af[afi].dirty, 0);
	const struct dest_path *p;
	struct dest_path one;
	const struct dest *d;

	if (i != BITS_NONE) {
		bits_clear(&rd->af[afi].dirty, i);
	} else if (rd->af[afi].walk != BITS_NONE) {
		i = dest_next(t, rd->af[afi].walk);
		rd->af[afi].walk = i == BITS_NONE ? BITS_NONE : i + 1;
	}
	if (i == BITS_NONE)
		return false;
	d = dest_at(t, i);
	ret->dest = i;
	ret->key = dest_key(t, d);
	ret->told = bits_has(&rd->af[afi].told, i);
	ret->best = NULL;
	if (dest_paths(rd->rib, d, &one, &p)) {
		ret->path = rib_path_view(rd->rib, p);
		ret->best = &ret->path;
	}
	return true;
}

void rib_reader_told(struct rib_reader *rd, enum afi afi, uint32_t dest, bool told)
{
	if (told)
		bits_set(&rd->af[afi].told, dest);
	else if (bits_clear(&rd->af[afi].told, dest))
		ghost_release(rd->rib, afi, dest);
}

void rib_reader_again(struct rib_reader *rd, enum afi afi, uint32_t dest)
{
	bits_set(&rd->af[afi].dirty, dest);
}

bool rib_reader_holds(const struct rib_reader *rd, const struct rib_key *key)
{
	enum afi afi = (enum afi)key->prefix.ip.afi;
	uint32_t i = dest_find(&rd->rib->dests[afi], key);

	return i != BITS_NONE && bits_has(&rd->af[afi].told, i);
}

size_t rib_reader_told_count(const struct rib_reader *rd, enum afi afi)
{
	return rd->af[afi].told.count;
}
