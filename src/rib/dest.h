/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hmap.h"
#include "base/must.h"
#include "rib/bits.h"
#include "rib/rib.h"

/*
 * Where destinations live: a slab of small records per address family, found through an
 * open-addressing table of record numbers.  A record is 20 octets for IPv4 and 32 for
 * IPv6, with the usual single path inside; the table adds six.  Several paths are a list
 * of 16 octets each (paths.c).  A route distinguisher is interned and named by a number.
 *
 * Record numbers are stable while the record lives, and are what the sets of struct bits
 * name.  Chunks that empty go back to the system.
 *
 * Addresses of memory are kept in 48 bits: Linux gives a program that does not ask for
 * more no higher ones, neither on x86-64 nor on arm64; dest_addr() sees to it.
 */
struct dest_path {
	uint64_t attrs_at : 48; /* dest_path_attrs() */
	uint64_t source : 16;
	uint32_t label : 20;
	bool stale : 1;
	uint32_t path_id;
};

enum dest_flags {
	DEST_USED = 1 << 0,
	DEST_ONE = 1 << 1,   /* one path without a path id, in the record */
	DEST_MANY = 1 << 2,  /* a list of its own */
	DEST_STALE = 1 << 3, /* of the path in the record */
};

struct dest {
	uint32_t at_low; /* of the attribute set, or of the list of paths */
	uint16_t at_high;
	uint16_t source; /* or how many are in the list */
	uint32_t rd;     /* interned; in a free record the number of the next free one */
	uint32_t label : 20;
	uint32_t flags : 4;
	uint32_t plen : 8;
	uint8_t addr[]; /* 4 or 16 */
};

enum {
	DEST_CHUNK_BITS = 13,
	DEST_CHUNK = 1 << DEST_CHUNK_BITS, /* records */
	DEST_INDEX_BITS = 26,              /* of a table slot; the rest is a hash tag */
	DEST_SLOT_MASK = (1 << DEST_INDEX_BITS) - 1,
	DEST_MAX = DEST_SLOT_MASK / DEST_CHUNK * DEST_CHUNK,
};

struct dest_rd { /* an interned route distinguisher */
	struct hnode by_rd;
	struct rd rd;
	uint32_t id;
	uint32_t refs;
};

struct dest_rds {
	struct hmap by_rd;
	struct dest_rd **rd; /* by id */
	size_t n;
	struct bits free;     /* ids to give again */
	struct dest_rd *last; /* routes of one RD come in rows */
};

struct dest_chunk {
	uint8_t *mem; /* NULL: given back */
	uint32_t used, fresh, free;
};

struct dests {
	enum afi afi;
	size_t alen, stride;
	struct dest_rds *rds; /* shared by the families */
	struct dest_chunk *chunk;
	size_t n_chunks;
	struct bits room; /* chunks with a free record */
	uint32_t *slot;   /* 0: empty, else tag and record number + 1 */
	size_t mask;
	size_t count, max;
	size_t gaps; /* in the slots */
	uint64_t key[2];
};

void dests_init(struct dests *t, enum afi afi, struct dest_rds *rds);
void dests_fini(struct dests *t); /* the records hold no paths any more */
void dest_rds_fini(struct dest_rds *rds);

/* The record's number, or BITS_NONE. */
uint32_t dest_find(const struct dests *t, const struct rib_key *key);
/* Made if missing; BITS_NONE: and there are t->max already. */
uint32_t dest_get(struct dests *t, const struct rib_key *key);
void dest_del(struct dests *t, uint32_t i);

/*
 * A lookup waits for memory twice: for the slot, then for the record.  Who knows its next
 * keys has both fetched meanwhile: first dest_expect(), some keys later _record() with
 * what that returned.  Neither changes anything.
 */
uint64_t dest_expect(const struct dests *t, const struct rib_key *key);
void dest_expect_record(const struct dests *t, uint64_t hint);

/* The first used record >= i, or BITS_NONE. */
uint32_t dest_next(const struct dests *t, uint32_t i);

struct rib_key dest_key(const struct dests *t, const struct dest *d);
size_t dests_bytes(const struct dests *t);

static inline struct dest *dest_at(const struct dests *t, uint32_t i)
{
	return (struct dest *)(void *)(t->chunk[i >> DEST_CHUNK_BITS].mem +
	                               (i & (DEST_CHUNK - 1)) * t->stride);
}

#define DEST_ADDR (UINT64_MAX >> 16)

static inline uint64_t dest_addr(const void *p)
{
	must(((uintptr_t)p & DEST_ADDR) == (uintptr_t)p);
	return (uintptr_t)p;
}

static inline void *dest_pointer(uint64_t at)
{
	return (void *)(uintptr_t)at;
}

/* What the record points to: its path's attribute set, or its list. */
static inline void *dest_points(const struct dest *d)
{
	return dest_pointer((uint64_t)d->at_high << 32 | d->at_low);
}

static inline void dest_point(struct dest *d, const void *p)
{
	d->at_low = (uint32_t)dest_addr(p);
	d->at_high = (uint16_t)(dest_addr(p) >> 32);
}

static inline const struct attrs *dest_path_attrs(const struct dest_path *p)
{
	return dest_pointer(p->attrs_at);
}
