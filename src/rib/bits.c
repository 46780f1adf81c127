/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rib/bits.h"

#include "base/mem.h"

void bits_fini(struct bits *b)
{
	for (int l = 0; l < BITS_LEVELS; l++)
		free(b->word[l]);
	*b = (struct bits){ 0 };
}

static void grow(struct bits *b, uint32_t i)
{
	size_t want = b->words[0] ? b->words[0] : 1;

	while (want <= i / 64)
		want *= 2;
	for (int l = 0; l < BITS_LEVELS; l++) {
		size_t old = b->words[l];

		if (want > old) {
			b->word[l] = mem_realloc(b->word[l], want * sizeof(uint64_t));
			memset(b->word[l] + old, 0, (want - old) * sizeof(uint64_t));
			b->words[l] = want;
		}
		want = (want + 63) / 64;
	}
}

bool bits_set(struct bits *b, uint32_t i)
{
	if (bits_has(b, i))
		return false;
	if (i / 64 >= b->words[0])
		grow(b, i);
	b->count++;
	for (int l = 0; l < BITS_LEVELS; l++) {
		uint64_t *w = &b->word[l][i / 64];
		bool known = *w != 0;

		*w |= (uint64_t)1 << i % 64;
		if (known) /* the levels above know this word already */
			break;
		i /= 64;
	}
	return true;
}

bool bits_clear(struct bits *b, uint32_t i)
{
	if (!bits_has(b, i))
		return false;
	b->count--;
	for (int l = 0; l < BITS_LEVELS; l++) {
		uint64_t *w = &b->word[l][i / 64];

		*w &= ~((uint64_t)1 << i % 64);
		if (*w)
			break;
		i /= 64;
	}
	return true;
}

uint32_t bits_next(const struct bits *b, uint32_t from)
{
	uint32_t i = from;
	int l;

	/* Up, until a word has a member at or behind i … */
	for (l = 0; l < BITS_LEVELS; l++) {
		uint64_t w;

		if (i / 64 >= b->words[l])
			return BITS_NONE;
		w = b->word[l][i / 64] >> i % 64;
		if (w) {
			i += (uint32_t)__builtin_ctzll(w);
			break;
		}
		i = i / 64 + 1;
	}
	if (l == BITS_LEVELS)
		return BITS_NONE;
	/* … and down to the first one below it. */
	while (l-- > 0)
		i = i * 64 + (uint32_t)__builtin_ctzll(b->word[l][i]);
	return i;
}

void bits_copy(struct bits *dst, const struct bits *src)
{
	bits_fini(dst);
	dst->count = src->count;
	for (int l = 0; l < BITS_LEVELS && src->words[l]; l++) {
		dst->words[l] = src->words[l];
		dst->word[l] = mem_dup(src->word[l], src->words[l] * sizeof(uint64_t));
	}
}

static uint64_t word_of(const struct bits *b, size_t w)
{
	return w < b->words[0] ? b->word[0][w] : 0;
}

/* The next word >= w of the lowest level that has a member. */
static size_t word_next(const struct bits *b, size_t w)
{
	uint32_t i = w < b->words[0] ? bits_next(b, (uint32_t)w * 64) : BITS_NONE;

	return i == BITS_NONE ? SIZE_MAX : i / 64;
}

/* dst becomes dst + (a - b). */
void bits_add_without(struct bits *dst, const struct bits *a, const struct bits *b)
{
	for (size_t w = word_next(a, 0); w != SIZE_MAX; w = word_next(a, w + 1)) {
		uint64_t more = a->word[0][w] & ~word_of(b, w) & ~word_of(dst, w);

		if (!more)
			continue;
		bits_set(dst, (uint32_t)w * 64 + (uint32_t)__builtin_ctzll(more));
		more &= more - 1; /* the levels above know the word by now */
		dst->word[0][w] |= more;
		dst->count += (size_t)__builtin_popcountll(more);
	}
}

void bits_remove(struct bits *dst, const struct bits *gone)
{
	for (size_t w = word_next(gone, 0); w != SIZE_MAX; w = word_next(gone, w + 1)) {
		uint64_t less = gone->word[0][w] & word_of(dst, w);

		for (; less; less &= less - 1)
			bits_clear(dst,
			           (uint32_t)w * 64 + (uint32_t)__builtin_ctzll(less));
	}
}

size_t bits_bytes(const struct bits *b)
{
	size_t n = 0;

	for (int l = 0; l < BITS_LEVELS; l++)
		n += b->words[l] * sizeof(uint64_t);
	return n;
}
