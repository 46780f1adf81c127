/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bgp/bgp_outq.h"

#include <stdlib.h>

#include "base/mem.h"

enum {
	OUTQ_BLOCK = 4096,     /* a queue's own block is at least so large */
	OUTQ_PIECES_KEEP = 64, /* an empty list longer than this is given back */
};

static struct bgp_block *block_alloc(size_t cap)
{
	struct bgp_block *b;

	must(cap <= UINT32_MAX);
	b = mem_realloc(NULL, sizeof(*b) + cap);
	*b = (struct bgp_block){ .refs = 1, .cap = (uint32_t)cap };
	return b;
}

struct bgp_block *bgp_block_new(const void *data, size_t n)
{
	struct bgp_block *b = block_alloc(n);

	memcpy(b->data, data, n);
	b->len = (uint32_t)n;
	return b;
}

void bgp_block_unref(struct bgp_block *b)
{
	if (b && !--b->refs)
		free(b);
}

void bgp_outq_fini(struct bgp_outq *q)
{
	for (; q->head < q->n; q->head++)
		bgp_block_unref(q->piece[q->head].block);
	bgp_block_unref(q->own);
	free(q->piece);
	*q = (struct bgp_outq){ 0 };
}

static struct bgp_piece *piece_new(struct bgp_outq *q)
{
	if (q->n == q->cap && q->head >= q->cap / 2 && q->head) {
		q->n -= q->head;
		memmove(q->piece, q->piece + q->head, q->n * sizeof(*q->piece));
		q->head = 0;
	}
	if (q->n == q->cap) {
		q->cap = q->cap ? q->cap * 2 : 4;
		q->piece = mem_realloc(q->piece, q->cap * sizeof(*q->piece));
	}
	return &q->piece[q->n++];
}

void bgp_outq_share(struct bgp_outq *q, struct bgp_block *b, size_t off, size_t n)
{
	struct bgp_piece *last = q->head < q->n ? &q->piece[q->n - 1] : NULL;

	if (!n)
		return;
	must(off + n <= b->len);
	q->left += n;
	if (last && last->block == b && last->off + last->len == off) {
		last->len += (uint32_t)n;
		return;
	}
	b->refs++;
	*piece_new(q) = (struct bgp_piece){ b, (uint32_t)off, (uint32_t)n };
}

uint8_t *bgp_outq_reserve(struct bgp_outq *q, size_t n)
{
	struct bgp_block *b = q->own;

	if (b && b->refs == 1)
		b->len = 0; /* all of it is sent */
	if (!b || b->cap - b->len < n) {
		bgp_block_unref(b);
		q->own = b = block_alloc(n > OUTQ_BLOCK ? n : OUTQ_BLOCK);
	}
	return b->data + b->len;
}

void bgp_outq_commit(struct bgp_outq *q, size_t n)
{
	struct bgp_block *b = q->own;
	size_t off = b->len;

	must(b->cap - b->len >= n);
	b->len += (uint32_t)n;
	bgp_outq_share(q, b, off, n);
}

void bgp_outq_put(struct bgp_outq *q, const void *data, size_t n)
{
	memcpy(bgp_outq_reserve(q, n), data, n);
	bgp_outq_commit(q, n);
}

int bgp_outq_iov(const struct bgp_outq *q, struct iovec *iov, int max)
{
	int n = 0;

	for (size_t i = q->head; i < q->n && n < max; i++, n++) {
		iov[n].iov_base = q->piece[i].block->data + q->piece[i].off;
		iov[n].iov_len = q->piece[i].len;
	}
	return n;
}

void bgp_outq_consume(struct bgp_outq *q, size_t n)
{
	must(n <= q->left);
	q->left -= n;
	while (n) {
		struct bgp_piece *p = &q->piece[q->head];
		size_t some = n < p->len ? n : p->len;

		p->off += (uint32_t)some;
		p->len -= (uint32_t)some;
		n -= some;
		if (p->len)
			return;
		bgp_block_unref(p->block);
		q->head++;
	}
	if (q->head < q->n)
		return;
	q->head = q->n = 0;
	if (q->cap > OUTQ_PIECES_KEEP) {
		free(q->piece);
		q->piece = NULL;
		q->cap = 0;
	}
	/* Kept for the next message, unless it grew for a large one. */
	if (q->own && q->own->cap > OUTQ_BLOCK) {
		bgp_block_unref(q->own);
		q->own = NULL;
	}
}
