/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/must.h"

/*
 * Hash table threaded through its members: struct hnode sits inside the object, the
 * object belongs to the caller.  The caller hashes (base/hash.h) and compares; the table
 * keeps the hash, so growing never looks at a key.
 *
 *	hmap_for_key(h, &t->hosts, hash) {
 *		struct host *x = container_of(h, struct host, by_ip);
 *		if (ip_eq(x->ip, ip))
 *			return x;
 *	}
 */
struct hnode {
	struct hnode *next;
	uint64_t hash;
};

struct hmap {
	struct hnode **bucket;
	size_t mask; /* buckets - 1; 0 before the first insert */
	size_t count;
};

void hmap_fini(struct hmap *m); /* frees the buckets, not the members */
void hmap_add(struct hmap *m, struct hnode *n, uint64_t hash);
void hmap_del(struct hmap *m, struct hnode *n); /* n must be in m */

/*
 * Iteration in no order.  The current member may be deleted, nothing may be added.
 *
 *	hmap_for(it, &t->hosts)
 *		free_host(container_of(it.n, struct host, by_ip));
 */
struct hmap_iter {
	struct hnode *n; /* the current member, NULL at the end */
	struct hnode *next;
	size_t i;
};
void hmap_next(const struct hmap *m, struct hmap_iter *it);

static inline struct hnode *hmap_bucket(const struct hmap *m, uint64_t hash)
{
	return m->bucket ? m->bucket[hash & m->mask] : NULL;
}

#define hmap_for_key(n, m, h)                                     \
	for (struct hnode *n = hmap_bucket(m, h); n; n = n->next) \
		if (n->hash == (h))

#define hmap_for(it, m) for (struct hmap_iter it = { 0 }; hmap_next(m, &it), it.n;)
