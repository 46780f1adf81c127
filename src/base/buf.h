/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * A byte queue that grows: append at the tail, consume from the head.  [off, len) is
 * what is there.  Zero-initialise it; buf_fini() frees it.
 */
struct buf {
	uint8_t *p;
	size_t off;
	size_t len;
	size_t cap;
};

void buf_fini(struct buf *b);
void buf_put(struct buf *b, const void *data, size_t n);
/* Room for n more bytes at the tail; write there, then buf_commit() what was used. */
uint8_t *buf_reserve(struct buf *b, size_t n);
void buf_commit(struct buf *b, size_t n);
void buf_consume(struct buf *b, size_t n);
void buf_printf(struct buf *b, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static inline size_t buf_left(const struct buf *b)
{
	return b->len - b->off;
}

static inline const uint8_t *buf_head(const struct buf *b)
{
	return b->p ? b->p + b->off : NULL;
}
