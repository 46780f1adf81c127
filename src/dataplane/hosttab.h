/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ip.h"
#include "dataplane/abi_host.h"

/*
 * The host table's only writer (layout: dataplane/abi_host.h).  Pure: works on memory it
 * is given, be it a BPF map's mapping or a test's array.
 *
 * Cuckoo hashing with cache-line buckets (Pagh and Rodler 2001; the search for a free
 * slot is breadth-first, as in MemC3).  Readers run at the same time without locks:
 *
 *  - a slot is filled value first, head last; emptied by clearing the head;
 *  - a reader takes head, value, head again.  If the heads agree, but for the marks, the
 *    value is the key's; `turn` makes a slot that was reused in between disagree;
 *  - making room moves hosts one by one from the free end backwards: copy, then clear, so
 *    that at any time a host is in at least one of its two buckets.  A reader that found
 *    it in neither looks again if a slot of the first was used meanwhile (`turn` tells);
 *  - a change of an existing host's value is one aligned store.
 *
 * This rests on stores being seen in the order they are made, and loads being made in
 * program order, as on x86; the release stores here are the half that a weaker machine
 * needs from us.
 */
struct hosttab {
	struct abi_bucket *b; /* borrowed */
	uint32_t n;           /* buckets */
	enum afi afi;
	uint64_t seed;

	size_t used;         /* hosts in it */
	size_t max;          /* no more than these: a full table is slow to insert */
	unsigned long moves; /* hosts moved aside so far */
	unsigned long full;  /* inserts refused */
};

enum hosttab_flags {
	HOSTTAB_FROZEN = 1, /* abi: FROZEN */
	HOSTTAB_ROUTER = 2,
};

struct hosttab_entry {
	struct abi_hostkey key;
	uint64_t value;
	unsigned flags; /* enum hosttab_flags */
};

/* How many buckets for so many hosts, with room for the cuckoo to work. */
uint32_t hosttab_buckets(enum afi afi, uint32_t hosts);

/* Over n buckets at b: zeroed ones, or those of an earlier table of the same seed. */
void hosttab_init(struct hosttab *t, enum afi afi, struct abi_bucket *b, uint32_t n,
                  uint64_t seed, size_t max);

struct abi_hostkey hosttab_key(uint32_t vrf, const struct ip *ip);
void hosttab_key_parts(const struct hosttab *t, const struct abi_hostkey *k,
                       uint32_t *ret_vrf, struct ip *ret_ip);

/* Insert or change.  -ENOSPC: the table is full, or (with luck like a lottery winner's)
 * no room can be made; counted in `full`. */
int hosttab_set(struct hosttab *t, const struct abi_hostkey *k, uint64_t value,
                unsigned flags);
bool hosttab_del(struct hosttab *t, const struct abi_hostkey *k);
bool hosttab_get(const struct hosttab *t, const struct abi_hostkey *k,
                 struct hosttab_entry *ret);
/* Read and clear the mark that the packet path sets.  False: no such host. */
bool hosttab_seen(struct hosttab *t, const struct abi_hostkey *k, bool *ret);

/* Adoption: mark all, write what is still true (which unmarks), sweep the rest. */
void hosttab_mark(struct hosttab *t);
size_t hosttab_sweep(struct hosttab *t);

/* Up to max entries from *pos on (0 first); returns how many, 0 at the end.  What is set
 * or moved between calls may be missed or come twice. */
size_t hosttab_walk(const struct hosttab *t, uint64_t *pos, size_t max,
                    void (*fn)(void *arg, const struct hosttab_entry *e), void *arg);
