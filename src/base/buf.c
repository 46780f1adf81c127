/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/mem.h"

enum {
	BUF_FIRST = 256,
	BUF_KEEP = 1 << 16, /* an empty buffer larger than this gives its memory back */
};

void buf_fini(struct buf *b)
{
	free(b->p);
	*b = (struct buf){ 0 };
}

uint8_t *buf_reserve(struct buf *b, size_t n)
{
	/* Only if as much is gained as is moved: else every octet could cost the rest. */
	if (b->cap - b->len < n && b->off && b->off >= b->len - b->off) {
		memmove(b->p, b->p + b->off, b->len - b->off);
		b->len -= b->off;
		b->off = 0;
	}
	if (b->cap - b->len < n) {
		size_t cap = b->cap ? b->cap : BUF_FIRST;

		while (cap - b->len < n)
			cap *= 2;
		b->p = mem_realloc(b->p, cap);
		b->cap = cap;
	}
	return b->p + b->len;
}

void buf_commit(struct buf *b, size_t n)
{
	must(b->cap - b->len >= n);
	b->len += n;
}

void buf_put(struct buf *b, const void *data, size_t n)
{
	if (!n)
		return;
	memcpy(buf_reserve(b, n), data, n);
	b->len += n;
}

void buf_consume(struct buf *b, size_t n)
{
	must(buf_left(b) >= n);
	b->off += n;
	if (b->off < b->len)
		return;
	b->off = b->len = 0;
	if (b->cap > BUF_KEEP)
		buf_fini(b);
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap, again;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	must(n >= 0);
	vsnprintf((char *)buf_reserve(b, (size_t)n + 1), (size_t)n + 1, fmt, again);
	va_end(again);
	b->len += (size_t)n;
}
