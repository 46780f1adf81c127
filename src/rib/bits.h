/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A growing set of small numbers.  Each level has one bit for every word of the level
 * below, so the next member is found in a few steps however sparse the set is: a set of
 * changed routes is both the queue and its own deduplication.
 */
enum { BITS_LEVELS = 5, BITS_NONE = UINT32_MAX };

struct bits {
	uint64_t *word[BITS_LEVELS];
	size_t words[BITS_LEVELS];
	size_t count; /* members */
};

void bits_fini(struct bits *b);
bool bits_set(struct bits *b, uint32_t i);   /* true: it was not a member */
bool bits_clear(struct bits *b, uint32_t i); /* true: it was one */
/* The first member >= from, or BITS_NONE. */
uint32_t bits_next(const struct bits *b, uint32_t from);
size_t bits_bytes(const struct bits *b);

/* Whole sets at once; dst is no other set's memory. */
void bits_copy(struct bits *dst, const struct bits *src);
void bits_add_without(struct bits *dst, const struct bits *a, const struct bits *b);
void bits_remove(struct bits *dst, const struct bits *gone);

static inline bool bits_has(const struct bits *b, uint32_t i)
{
	return i / 64 < b->words[0] && b->word[0][i / 64] >> i % 64 & 1;
}
