/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/place.h"

#include <libyang/libyang.h>

void place_put_path(struct buf *b, const struct ynode *y)
{
	const struct ynode *up[YNODE_DEPTH_MAX + 1];
	size_t n = 0;

	for (; y && y->parent; y = y->parent)
		up[n++] = y;
	if (!n)
		buf_printf(b, "/");
	while (n--) {
		if (up[n]->pred)
			buf_printf(b, "%s", up[n]->pred);
		else if (up[n]->schema)
			buf_printf(b, "/%s", up[n]->schema->name);
	}
	buf_put(b, "", 1);
}

void place_error(struct errlist *errs, const struct ynode *y, const char *sub,
                 const char *fmt, ...)
{
	struct buf path = { 0 };
	va_list ap;

	if (y)
		place_put_path(&path, y);
	else
		buf_put(&path, "/", 2);
	if (sub) {
		path.len--; /* the NUL */
		buf_printf(&path, "%s%s", buf_left(&path) > 1 ? "/" : "", sub);
		buf_put(&path, "", 1);
	}
	va_start(ap, fmt);
	errlist_vadd(errs, y ? y->line : 0, y ? y->col : 0, (const char *)buf_head(&path),
	             fmt, ap);
	va_end(ap);
	buf_fini(&path);
}

void place_error_key(struct errlist *errs, const struct ynode *y, const char *fmt, ...)
{
	struct buf path = { 0 };
	va_list ap;

	place_put_path(&path, y->parent);
	va_start(ap, fmt);
	errlist_vadd(errs, y->key_line, y->key_col, (const char *)buf_head(&path), fmt,
	             ap);
	va_end(ap);
	buf_fini(&path);
}
