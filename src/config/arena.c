/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/arena.h"

#include <stdalign.h>

#include "base/mem.h"

enum {
	ARENA_BLOCK = 64 * 1024,
};

struct arena_block {
	struct arena_block *next;
	size_t used, cap;
	alignas(max_align_t) char data[];
};

void *arena_alloc(struct arena *a, size_t n)
{
	struct arena_block *b = a->block;
	void *p;

	n = (n + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
	if (!b || b->cap - b->used < n) {
		size_t cap = n > ARENA_BLOCK ? n : ARENA_BLOCK;

		b = mem_zalloc(sizeof(*b) + cap);
		b->cap = cap;
		b->next = a->block;
		a->block = b;
	}
	p = b->data + b->used;
	b->used += n;
	return p;
}

char *arena_strndup(struct arena *a, const char *s, size_t len)
{
	char *p = arena_alloc(a, len + 1);

	if (len)
		memcpy(p, s, len);
	return p;
}

void arena_fini(struct arena *a)
{
	struct arena_block *next;

	for (struct arena_block *b = a->block; b; b = next) {
		next = b->next;
		free(b);
	}
	a->block = NULL;
}
