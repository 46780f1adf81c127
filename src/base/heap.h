/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/mono.h"

/*
 * Deadlines, earliest first (a binary heap of nodes inside the callers' objects).  Each
 * trade keeps one and tells its owner the head; the event loop arms a single timer.
 */
struct heap_node {
	struct mono at;
	size_t pos; /* 1-based place in the heap, 0: not in it */
};

struct heap {
	struct heap_node **node;
	size_t count;
	size_t cap;
};

void heap_fini(struct heap *h);
/* Set or move the deadline; MONO_NEVER takes it out. */
void heap_set(struct heap *h, struct heap_node *n, struct mono at);
void heap_del(struct heap *h, struct heap_node *n); /* harmless if not in it */
/* Take out and return a node whose deadline has been reached, or NULL. */
struct heap_node *heap_due(struct heap *h, struct mono now);

static inline struct mono heap_next(const struct heap *h)
{
	return h->count ? h->node[0]->at : MONO_NEVER;
}

static inline bool heap_armed(const struct heap_node *n)
{
	return n->pos != 0;
}
