/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ip.h"
#include "base/rd.h"
#include "base/view.h"
#include "wire/bgp_attr.h"

/*
 * The BGP table of labelled VPN routes, both families (SAFI 128).
 *
 * A destination is (RD, prefix); it holds one path per source (and path id).  A path is
 * small: attribute set, label, source.  Attribute sets are interned (rib/attrs.h): equal
 * sets are one pointer.  Best path follows RFC 4271 9.1 and RFC 4456 9; which of several
 * RDs' routes a VRF uses is vrf/'s question.
 *
 * Whoever needs changes registers a listener; it is told the destination and both bests.
 * Who sends them on at its own pace is a reader instead (rib_reader_*): it fetches what
 * is new when it has room, and a route that changed ten times meanwhile is fetched once.
 */
struct rib;
struct attrs; /* an interned attribute set: rib/attrs.h */
struct attrs_table;

struct rib_key {
	struct rd rd;
	struct prefix prefix;
};

/* Where a path came from: a BGP neighbor or this PE itself. */
struct rib_source {
	uint32_t id; /* rib_source_add() gives it, never reused while paths are left */
	uint64_t serial; /* and that, never reused: which holder of the id this is */
	bool local;      /* originated here */
	bool ebgp;
	bool client;        /* of this route reflector (RFC 4456) */
	struct ip address;  /* the neighbor's */
	uint32_t router_id; /* host order */
};

struct rib_path {
	const struct attrs *attrs;
	uint32_t label;   /* 20 bits */
	uint32_t path_id; /* ADD-PATH (RFC 7911), 0 without */
	const struct rib_source *source;
	bool stale; /* kept over a restart of its source (RFC 4724) */
};

struct rib_listener {
	/* old or new is NULL when there was or is no best path; both valid for the call
	 */
	void (*best)(void *arg, const struct rib_key *key, const struct rib_path *old,
	             const struct rib_path *new);
	void *arg;
};

struct rib *rib_new(void);
void rib_free(struct rib *r);
void rib_listen(struct rib *r, const struct rib_listener *l); /* copied */
/* Intern attribute sets here before announcing them: attrs_intern(). */
struct attrs_table *rib_attrs(struct rib *r);

struct rib_source *rib_source_add(struct rib *r, const struct rib_source *src);
/* All paths of the source go, as if withdrawn one by one. */
void rib_source_flush(struct rib *r, struct rib_source *src);
void rib_source_drop(struct rib *r, struct rib_source *src, enum afi afi); /* of one */
void rib_source_del(struct rib *r, struct rib_source *src); /* flushes first */
/* Graceful restart: mark all paths of the source stale; drop those still stale. */
void rib_source_mark_stale(struct rib *r, struct rib_source *src, enum afi afi);
void rib_source_sweep(struct rib *r, struct rib_source *src, enum afi afi);
/* The same in steps of at most max: *pos is 0 at first; false: none is left. */
bool rib_source_sweep_step(struct rib *r, struct rib_source *src, enum afi afi,
                           uint32_t *pos, size_t max);
size_t rib_source_paths(const struct rib *r, const struct rib_source *src, enum afi afi);

size_t rib_source_stale(const struct rib *r, const struct rib_source *src, enum afi afi);

/* Bounds, beyond which a path that would be new is refused. */
enum {
	RIB_DESTS_MAX = 67100672,  /* in each family; records are named by 26 bits */
	RIB_PATHS_MAX = 64,        /* of one source at one destination (RFC 7911) */
	RIB_DEST_PATHS_MAX = 4096, /* of one destination: each change compares them */
};

enum rib_kept {
	RIB_KEPT,
	RIB_FULL,       /* no more destinations fit */
	RIB_FULL_PATHS, /* no more paths of this one, or of this source there */
};

/* Add or replace the source's path.  Takes no reference of the caller's away. */
enum rib_kept rib_announce(struct rib *r, struct rib_source *src,
                           const struct rib_key *key, uint32_t path_id, uint32_t label,
                           const struct attrs *attrs);
void rib_limit(struct rib *r, enum afi afi, size_t dests); /* RIB_DESTS_MAX, or less */
/* False: there was none. */
bool rib_withdraw(struct rib *r, struct rib_source *src, const struct rib_key *key,
                  uint32_t path_id);

/*
 * These keys are coming: have the memory fetched that announcing or withdrawing them
 * needs (rib/dest.h).  The hint that rib_expect() returns is good until it is used some
 * keys later, whatever happened to the table meanwhile.
 */
uint64_t rib_expect(const struct rib *r, const struct rib_key *key);
void rib_expect_more(const struct rib *r, enum afi afi, uint64_t hint);

/* Up to max paths, best first; their attributes are borrowed until the rib changes. */
size_t rib_paths(const struct rib *r, const struct rib_key *key, struct rib_path *ret,
                 size_t max);

/* The steps of the decision process, in order: RFC 4271 9.1.2.2, RFC 4456 9. */
enum rib_step {
	RIB_STEP_NONE,
	RIB_STEP_STALE,      /* one marked LLGR_STALE behind all others (RFC 9494 4.3) */
	RIB_STEP_LOCAL,      /* a path of our own before all others */
	RIB_STEP_LOCAL_PREF, /* the highest */
	RIB_STEP_AS_PATH,    /* the shortest */
	RIB_STEP_ORIGIN,     /* the lowest */
	RIB_STEP_MED,        /* the lowest, among paths of the same neighboring AS */
	RIB_STEP_EBGP,       /* before iBGP */
	RIB_STEP_ROUTER_ID, /* the lowest BGP Identifier, or ORIGINATOR_ID in its place */
	RIB_STEP_CLUSTERS,  /* the shortest CLUSTER_LIST */
	RIB_STEP_ADDRESS,   /* the lowest peer address */
	RIB_STEP_PATH_ID,   /* the lowest (ours: two paths of one neighbor) */
	RIB_STEP_END,
};

const char *rib_step_text(enum rib_step s); /* "higher LOCAL_PREF": what the winner has */

struct rib_why {
	struct rib_path path;
	enum rib_step step; /* that it lost at; RIB_STEP_NONE: it is the best */
	struct rib_path by; /* whom it lost to */
};

/* As rib_paths(), with what decided against each. */
size_t rib_why(const struct rib *r, const struct rib_key *key, struct rib_why *ret,
               size_t max);

/* Every destination with a best path, in no order that matters; resumable: *pos is 0 at
 * first.  Calls fn up to max times, returns how often; 0: the end. */
size_t rib_walk(const struct rib *r, enum afi afi, uint64_t *pos, size_t max,
                void (*fn)(void *arg, const struct rib_key *key,
                           const struct rib_path *best),
                void *arg);

/* The same with every path, a destination's one after the other, the best one first;
 * max and what is returned count destinations. */
size_t rib_walk_paths(const struct rib *r, enum afi afi, uint64_t *pos, size_t max,
                      void (*fn)(void *arg, const struct rib_key *key,
                                 const struct rib_path *path),
                      void *arg);

/*
 * A reader: one that tells others about the best paths of a family (a neighbor, or
 * several in step).  It costs two bits a destination: "changed since last told" and "they
 * hold our route".  No route is ever queued for it.
 */
struct rib_reader;
struct bits;

struct rib_change {
	struct rib_key key;
	uint32_t dest;               /* names it for rib_reader_told(), _again() */
	bool told;                   /* they hold a route of ours */
	bool walked;                 /* come by, of a walk or scan */
	bool scanned;                /* only come by: nothing is known to have changed */
	const struct rib_path *best; /* NULL: none; valid until the rib changes */
	struct rib_path path;        /* what best points to */
};

/* wake: something is to be read where nothing was. */
struct rib_reader *rib_reader_new(struct rib *r, enum afi afi, void (*wake)(void *arg),
                                  void *arg);
void rib_reader_free(struct rib_reader *rd);
/* Read the whole table, from the start; changes keep coming in between and come first.
 * _scan: the same, but what changed is told from what did not (`scanned`). */
void rib_reader_walk(struct rib_reader *rd);
void rib_reader_scan(struct rib_reader *rd);
void rib_reader_forget(struct rib_reader *rd); /* they hold nothing, and want nothing */
/* It tells all paths of a destination, and wants to know when any of them changes. */
void rib_reader_want_all(struct rib_reader *rd);
/* As rib_paths(). */
size_t rib_reader_paths(const struct rib_reader *rd, uint32_t dest, struct rib_path *ret,
                        size_t max);
bool rib_reader_walking(const struct rib_reader *rd);
bool rib_reader_pending(const struct rib_reader *rd);
size_t rib_reader_dirty(const struct rib_reader *rd); /* changes, without the walk */
/* The next destination to tell about; false: none now, ask rib_reader_pending(). */
bool rib_reader_next(struct rib_reader *rd, struct rib_change *ret);
void rib_reader_told(struct rib_reader *rd, uint32_t dest, bool told);
void rib_reader_again(struct rib_reader *rd, uint32_t dest); /* not now */
size_t rib_reader_told_count(const struct rib_reader *rd);
const struct bits *rib_reader_told_set(const struct rib_reader *rd);
/* The record of a destination, as in rib_change and told_set; false: there is none. */
bool rib_reader_dest(const struct rib_reader *rd, const struct rib_key *key,
                     uint32_t *ret);

/* A second reader at the same place, whose others hold the same but for `less`. */
struct rib_reader *rib_reader_split(const struct rib_reader *rd, const struct bits *less,
                                    void *arg);
void rib_reader_less(struct rib_reader *rd, const struct bits *less); /* the same, here */
/* At the same place: both have read all, or both begin a walk. */
bool rib_reader_level(const struct rib_reader *a, const struct rib_reader *b);
/* `from` goes, rd tells both readers' others; they are level. */
void rib_reader_merge(struct rib_reader *rd, struct rib_reader *from);

struct rib_stats {
	size_t dests[3], paths[3]; /* by enum afi */
	size_t attr_sets, attr_bytes, table_bytes;
};
void rib_stats(const struct rib *r, struct rib_stats *ret);
