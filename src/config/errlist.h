/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "config/arena.h"
#include "config/config.h"

/*
 * Errors being collected, in any order.  errlist_done() sorts them by place and hands
 * them out as the public struct config_errors.
 */
enum {
	ERRLIST_MAX =
		10000, /* of a file that is not a configuration at all, this is enough */
};

struct errlist {
	struct config_errors pub;
	struct config_error *error;
	size_t cap;
	struct arena arena;
	bool full;
};

struct errlist *errlist_new(void);
void errlist_free(struct errlist *l); /* NULL does no harm */

/* path may be NULL; both texts are copied. */
void errlist_add(struct errlist *l, uint32_t line, uint32_t col, const char *path,
                 const char *fmt, ...) __attribute__((format(printf, 5, 6)));
void errlist_vadd(struct errlist *l, uint32_t line, uint32_t col, const char *path,
                  const char *fmt, va_list ap) __attribute__((format(printf, 5, 0)));
bool errlist_empty(const struct errlist *l);
struct config_errors *errlist_done(struct errlist *l);

/* Append foreign text in quotes: bounded, on one line, nothing a terminal would obey. */
void errlist_quote(struct buf *b, const char *text, size_t len);
