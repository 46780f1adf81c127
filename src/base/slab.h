/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>

#include "base/list.h"

/*
 * Objects of one size, by the million: no octets of housekeeping beside each, and what is
 * empty goes back to the system, which malloc's free lists do not promise for small
 * pieces.  Chunks are SLAB_CHUNK octets and aligned to it, so an object knows its chunk.
 * Under AddressSanitizer objects that were given back are poisoned.
 */
enum { SLAB_CHUNK = 128 * 1024 };

struct slab {
	struct list room; /* chunks with a free object; the last used first */
	size_t size;      /* of an object */
	size_t chunks, used;
	size_t empty; /* chunks kept though nothing is in them: at most one */
};

void slab_init(struct slab *s, size_t size); /* 0 < size <= SLAB_CHUNK / 8 */
void slab_fini(struct slab *s);              /* every object was given back */
void *slab_get(struct slab *s);              /* zeroed; aligned as malloc's */
void slab_put(struct slab *s, void *obj);    /* NULL is fine */

static inline size_t slab_bytes(const struct slab *s)
{
	return s->chunks * SLAB_CHUNK;
}
