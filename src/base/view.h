/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ip.h"

/*
 * What a command shows, told once: the writer (in ctl/) makes text or JSON of it.  A
 * trade walks its data and calls these; it never prints.
 *
 * Keys are JSON member names, lower-case with '-' as in the YANG model.  Inside an array
 * or a table the key is NULL.  Strings from peers are escaped by the writer.
 */
struct view;

struct view_col {
	const char *key;   /* JSON member */
	const char *title; /* text heading */
	int width;         /* text columns; the last one may be 0 */
};

struct view_ops {
	void (*open)(struct view *v, const char *key, bool array);
	void (*close)(struct view *v);
	void (*str)(struct view *v, const char *key, const char *val); /* NULL: null */
	void (*num)(struct view *v, const char *key, int64_t val);
	void (*flag)(struct view *v, const char *key, bool val);
	void (*line)(struct view *v, const char *text);
	void (*table)(struct view *v, const char *key, const struct view_col *col,
	              size_t n);
	void (*table_end)(struct view *v);
	void (*age)(struct view *v, const char *key, int64_t seconds);
};

struct view {
	const struct view_ops *ops;
};

/* An object: in text a titled block of "key: value" lines. */
static inline void view_obj(struct view *v, const char *key)
{
	v->ops->open(v, key, false);
}

static inline void view_arr(struct view *v, const char *key)
{
	v->ops->open(v, key, true);
}

static inline void view_end(struct view *v) /* of the object or array */
{
	v->ops->close(v);
}

static inline void view_str(struct view *v, const char *key, const char *val)
{
	v->ops->str(v, key, val);
}

static inline void view_num(struct view *v, const char *key, int64_t val)
{
	v->ops->num(v, key, val);
}

static inline void view_flag(struct view *v, const char *key, bool val)
{
	v->ops->flag(v, key, val);
}

/* How long something has lasted or how long ago it was: a number of seconds in JSON,
 * "3m20s" in text.  Less than nothing is nothing. */
static inline void view_age(struct view *v, const char *key, int64_t seconds)
{
	v->ops->age(v, key, seconds < 0 ? 0 : seconds);
}

enum { VIEW_AGE_STRLEN = 24 };
/* "7s", "3m20s", "2h05m", "3d04h" */
char *view_age_fmt(int64_t seconds, char buf[static VIEW_AGE_STRLEN]);

/* A sentence for people; in JSON an element of the array "notes" of the open object. */
void view_note(struct view *v, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Formatted string value. */
void view_fmt(struct view *v, const char *key, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * A table: in text a heading and aligned rows, in JSON an array of objects.  Between
 * view_table() and view_table_end() give the cells row by row, in column order, with
 * view_str/num/flag(v, NULL, …): every n-th cell ends a row.
 */
static inline void view_table(struct view *v, const char *key, const struct view_col *col,
                              size_t n)
{
	v->ops->table(v, key, col, n);
}

static inline void view_table_end(struct view *v)
{
	v->ops->table_end(v);
}

void view_ip(struct view *v, const char *key, const struct ip *ip);
void view_prefix(struct view *v, const char *key, const struct prefix *p);
void view_mac(struct view *v, const char *key, const struct mac *m);
