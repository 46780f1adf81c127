/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/list.h"
#include "base/slab.h"
#include "rib/attrs.h"
#include "rib/dest.h"
#include "rib/rib.h"

enum { RIB_LISTENERS_MAX = 8, RIB_SOURCES_MAX = UINT16_MAX };

struct rib_src {
	struct rib_source pub; /* first: rib_source pointers are ours */
	size_t paths[3];
	size_t stale[3];
};

enum { RIB_LIST_FEW = 8 };

struct rib_lists { /* paths of destinations that have more than one */
	struct slab few[RIB_LIST_FEW + 1]; /* by their number */
	size_t bytes;                      /* of longer ones, which malloc keeps */
};

struct rib {
	struct dest_rds rds;
	struct rib_lists lists;
	struct dests dests[3]; /* by enum afi, [0] unused */
	size_t paths[3];
	struct attrs_table *attrs;

	struct rib_src **source; /* by id */
	size_t n_sources;
	uint64_t last_serial;

	struct rib_listener listener[RIB_LISTENERS_MAX];
	size_t n_listeners;
	struct list readers[3]; /* by enum afi */
	size_t all_readers[3];  /* of those, who tell all paths */
};

struct rib_reader {
	struct list link; /* in rib->readers[afi] */
	struct rib *rib;
	enum afi afi;
	void (*wake)(void *arg);
	void *arg;
	struct bits dirty; /* changed since last told */
	struct bits told;  /* they hold our route */
	bool on;           /* from the first walk until it is told to forget */
	bool all;          /* it tells all paths, not the best one only */
	bool scan;         /* the walk tells changes from what only comes by */
	bool again;        /* another scan, when the walk has ended */
	uint32_t walk;     /* next record of the walk, BITS_NONE: none going on */
};

/* The paths of a destination, whatever their form; the best one first. */
static inline size_t dest_paths(const struct rib *r, const struct dest *d,
                                struct dest_path *one, const struct dest_path **ret)
{
	if (d->flags & DEST_MANY) {
		*ret = dest_points(d);
		return d->source;
	}
	*ret = one;
	if (!(d->flags & DEST_ONE))
		return 0;
	*one = (struct dest_path){
		.attrs_at = (uint64_t)d->at_high << 32 | d->at_low,
		.label = d->label,
		.source = d->source,
		.stale = d->flags & DEST_STALE,
	};
	return 1;
}

static inline struct rib_path rib_path_view(const struct rib *r,
                                            const struct dest_path *p)
{
	return (struct rib_path){
		.attrs = dest_path_attrs(p),
		.label = p->label,
		.path_id = p->path_id,
		.source = &r->source[p->source]->pub,
		.stale = p->stale,
	};
}

/* --- paths.c -------------------------------------------------------------------------
 */
void rib_lists_init(struct rib_lists *l);
void rib_lists_fini(struct rib_lists *l);
size_t rib_lists_bytes(const struct rib_lists *l);
/* Put the n paths into the record, in the smallest form that holds them; best first. They
 * are not the record's own list. */
void dest_store(struct rib *r, struct dest *d, const struct dest_path *p, size_t n);
void dest_store_one(struct dest *d, const struct dest_path *p);

/* Which of n paths is the best one: RFC 4271 9.1.2.2, RFC 4456 9.  n > 0. */
size_t rib_best_of(const struct rib *r, const struct dest_path *p, size_t n);
/* The step at which path i lost, and to which one: to another than the best only by MED.
 */
enum rib_step rib_best_why(const struct rib *r, const struct dest_path *p, size_t n,
                           size_t best, size_t i, size_t *ret_by);

/* The best path of record i changed; may free the record. */
void rib_reader_changed(struct rib *r, enum afi afi, uint32_t i);
/* One of the other paths did. */
void rib_reader_others_changed(struct rib *r, enum afi afi, uint32_t i);
/* As rib_paths(). */
size_t rib_paths_at(const struct rib *r, enum afi afi, uint32_t i, struct rib_path *ret,
                    size_t max);
