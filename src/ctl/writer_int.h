/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctl/writer.h"

/*
 * writer.c keeps the nesting and checks the caller; a form (writer_text.c, writer_json.c,
 * writer_line.c) only puts bytes.  w->level[w->depth] is what is open.
 */
enum writer_type { WRITER_NULL = 1, WRITER_STR, WRITER_NUM, WRITER_FLAG, WRITER_AGE };

struct writer_value {
	enum writer_type type;
	const char *str;
	int64_t num; /* or the flag, or seconds */
};

struct writer_level {
	const char *key; /* borrowed; NULL at the root and inside arrays */
	bool array;
	size_t n; /* members so far */

	bool head;     /* text: "key:" is written, its line not ended */
	bool bullet;   /* text: "- " is owed to the first line */
	bool gap;      /* text: a table ended here, an empty line is owed */
	bool in_line;  /* text, JSON: scalars of an array, on one line so far */
	size_t indent; /* text */

	bool compact;     /* JSON: no line breaks inside */
	struct buf notes; /* JSON: the elements of "notes", encoded */
	size_t notes_n;
};

struct writer_form {
	void (*begin)(struct writer *w);
	void (*open)(struct writer *w, struct writer_level *in, struct writer_level *l);
	void (*close)(struct writer *w, struct writer_level *l);
	void (*value)(struct writer *w, struct writer_level *in, const char *key,
	              const struct writer_value *val);
	void (*note)(struct writer *w, struct writer_level *in, const char *text);
	void (*table)(struct writer *w, struct writer_level *in, const char *key);
	void (*cell)(struct writer *w, struct writer_level *in, size_t i,
	             const struct writer_value *val);
	void (*table_end)(struct writer *w, struct writer_level *in);
};

struct writer {
	struct view view;
	const struct writer_form *form;
	struct buf *out;

	size_t depth;
	struct writer_level level[WRITER_DEPTH];

	struct view_col col[WRITER_COLUMNS]; /* a copy: the table outlives one call */
	size_t cols;                         /* 0: no table is open */
	size_t cell;                         /* next one of the row */
	size_t rows;
	size_t at; /* text: columns of the row's line used */
};

extern const struct writer_form writer_text_form;
extern const struct writer_form writer_json_form;
extern const struct writer_form writer_line_form;

void writer_puts(struct writer *w, const char *s);
void writer_pad(struct writer *w, size_t n);
