/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/errlist.h"

#include <stdio.h>

#include "base/mem.h"

enum {
	QUOTE_MAX = 60, /* characters of foreign text shown */
};

struct errlist *errlist_new(void)
{
	return mem_new(struct errlist);
}

void errlist_free(struct errlist *l)
{
	if (!l)
		return;
	free(l->error);
	arena_fini(&l->arena);
	free(l);
}

static void add(struct errlist *l, uint32_t line, uint32_t col, const char *path,
                const char *text)
{
	if (l->pub.n == l->cap) {
		l->cap = l->cap ? l->cap * 2 : 16;
		l->error = mem_realloc(l->error, l->cap * sizeof(*l->error));
	}
	l->error[l->pub.n++] = (struct config_error){
		.line = line,
		.col = col,
		.path = path ? arena_strndup(&l->arena, path, strlen(path)) : NULL,
		.text = arena_strndup(&l->arena, text, strlen(text)),
	};
}

void errlist_vadd(struct errlist *l, uint32_t line, uint32_t col, const char *path,
                  const char *fmt, va_list ap)
{
	AUTO_FREE char *text = NULL;

	if (l->full)
		return;
	if (l->pub.n == ERRLIST_MAX) {
		add(l, UINT32_MAX, 0, NULL, "too many errors; the rest is not shown");
		l->full = true;
		return;
	}
	must(vasprintf(&text, fmt, ap) >= 0);
	add(l, line, col, path, text);
}

void errlist_add(struct errlist *l, uint32_t line, uint32_t col, const char *path,
                 const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	errlist_vadd(l, line, col, path, fmt, ap);
	va_end(ap);
}

bool errlist_empty(const struct errlist *l)
{
	return l->pub.n == 0;
}

static int by_place(const void *pa, const void *pb)
{
	const struct config_error *a = pa, *b = pb;
	int c;

	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	if (a->col != b->col)
		return a->col < b->col ? -1 : 1;
	c = strcmp(a->path ? a->path : "", b->path ? b->path : "");
	return c ? c : strcmp(a->text, b->text);
}

struct config_errors *errlist_done(struct errlist *l)
{
	size_t n = 0;

	if (l->pub.n)
		qsort(l->error, l->pub.n, sizeof(*l->error), by_place);
	for (size_t i = 0; i < l->pub.n; i++) {
		if (!n || by_place(&l->error[n - 1], &l->error[i]) != 0)
			l->error[n++] = l->error[i];
	}
	if (l->full) /* its place was only for sorting */
		l->error[n - 1].line = 0;
	l->pub.n = n;
	l->pub.error = l->error;
	return &l->pub;
}

void errlist_quote(struct buf *b, const char *text, size_t len)
{
	buf_put(b, "'", 1);
	for (size_t i = 0; i < len && i < QUOTE_MAX; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c == '\n')
			buf_put(b, "\\n", 2);
		else if (c < ' ' || c > '~')
			buf_printf(b, "\\x%02x", c);
		else
			buf_put(b, &c, 1);
	}
	if (len > QUOTE_MAX)
		buf_put(b, "...", 3);
	buf_put(b, "'", 1);
}
