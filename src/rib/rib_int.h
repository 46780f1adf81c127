/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/list.h"
#include "rib/attrs.h"
#include "rib/dest.h"
#include "rib/rib.h"

enum { RIB_LISTENERS_MAX = 8, RIB_SOURCES_MAX = UINT16_MAX };

struct rib_src {
	struct rib_source pub; /* first: rib_source pointers are ours */
	size_t paths[3];
	size_t stale[3];
};

struct rib {
	struct dest_rds rds;
	struct dests dests[3]; /* by enum afi, [0] unused */
	size_t paths[3];
	struct attrs_table *attrs;

	struct rib_src **source; /* by id */
	size_t n_sources;

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

/* The paths of a destination, whatever their form. */
static inline size_t dest_paths(const struct rib *r, const struct dest *d,
                                struct dest_path *one, const struct dest_path **ret)
{
	if (d->flags & DEST_MANY) {
		*ret = d->many->path;
		return d->many->n;
	}
	*ret = one;
	if (!(d->flags & DEST_ONE))
		return 0;
	*one = (struct dest_path){
		.attrs = d->attrs,
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
		.attrs = p->attrs,
		.label = p->label,
		.path_id = p->path_id,
		.source = &r->source[p->source]->pub,
		.stale = p->stale,
	};
}

/* Which of n paths is the best one: RFC 4271 9.1.2.2, RFC 4456 9.  n > 0. */
size_t rib_best_of(const struct rib *r, const struct dest_path *p, size_t n);
/* The step at which path i lost, and to which one: to another than the best only by MED. */
enum rib_step rib_best_why(const struct rib *r, const struct dest_path *p, size_t n,
                           size_t best, size_t i, size_t *ret_by);

/* The best path of record i changed; may free the record. */
void rib_reader_changed(struct rib *r, enum afi afi, uint32_t i);
/* One of the other paths did. */
void rib_reader_others_changed(struct rib *r, enum afi afi, uint32_t i);
/* As rib_paths(). */
size_t rib_paths_at(const struct rib *r, enum afi afi, uint32_t i, struct rib_path *ret,
                    size_t max);
