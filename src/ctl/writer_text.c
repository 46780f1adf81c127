/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <string.h>

#include "base/must.h"
#include "ctl/utf8.h"
#include "ctl/writer_int.h"

/*
 * An array or object that has just been opened owes something to the line of its first
 * member: "key:" is there already (head), or "- " still has to come (bullet).  So "none",
 * one line of scalars or an indented block can follow, whatever the first member turns
 * out to be, without looking ahead.
 */
static void text_put(struct writer *w, const struct writer_value *val)
{
	char age[VIEW_AGE_STRLEN];

	switch (val->type) {
	case WRITER_NULL: writer_puts(w, "-"); return;
	case WRITER_STR: utf8_put(w->out, val->str, false); return;
	case WRITER_NUM: buf_printf(w->out, "%" PRId64, val->num); return;
	case WRITER_AGE: writer_puts(w, view_age_fmt(val->num, age)); return;
	case WRITER_FLAG: writer_puts(w, val->num ? "yes" : "no"); return;
	}
}

/* Indentation, or the bullets owed in its place. */
static void text_indent(struct writer *w, struct writer_level *l)
{
	struct writer_level *from = l;

	while (from->bullet)
		from--;
	writer_pad(w, from->indent);
	for (; from < l; from++) {
		writer_puts(w, "- ");
		from[1].bullet = false;
	}
}

/* Begin a line of its own for a member of l. */
static void text_line(struct writer *w, struct writer_level *l)
{
	if (l->head || l->in_line || l->gap)
		writer_puts(w, "\n");
	l->head = l->in_line = l->gap = false;
	text_indent(w, l);
}

static void text_key(struct writer *w, struct writer_level *in, const char *key)
{
	text_line(w, in);
	writer_puts(w, key);
	writer_puts(w, ":");
}

static void text_begin(struct writer *w)
{
}

static void text_open(struct writer *w, struct writer_level *in, struct writer_level *l)
{
	l->indent = in->indent + 2;
	if (!in->array) {
		text_key(w, in, l->key);
		l->head = true;
		return;
	}
	if (in->head || in->in_line)
		writer_puts(w, "\n");
	in->head = in->in_line = false;
	l->bullet = true;
}

static void text_close(struct writer *w, struct writer_level *l)
{
	bool root = l == w->level;

	if (!root && !l->n && l->bullet) {
		text_indent(w, l);
		writer_puts(w, "none\n");
	} else if (!root && !l->n && l->head) {
		writer_puts(w, " none\n");
	} else if (l->in_line) {
		writer_puts(w, "\n");
	}
}

static void text_value(struct writer *w, struct writer_level *in, const char *key,
                       const struct writer_value *val)
{
	if (!in->array) {
		text_key(w, in, key);
		writer_puts(w, " ");
		text_put(w, val);
		writer_puts(w, "\n");
	} else if (in->in_line) {
		writer_puts(w, ", ");
		text_put(w, val);
	} else if (in->head || in->bullet) {
		if (in->head)
			writer_puts(w, " ");
		else
			text_indent(w, in);
		text_put(w, val);
		in->head = false;
		in->in_line = true;
	} else { /* a scalar behind an object */
		text_line(w, in);
		writer_puts(w, "- ");
		text_put(w, val);
		writer_puts(w, "\n");
	}
}

static void text_note(struct writer *w, struct writer_level *in, const char *text)
{
	text_line(w, in);
	utf8_put(w->out, text, false);
	writer_puts(w, "\n");
	in->n++; /* a block of notes only is not "none" */
}

/*
 * Columns begin where the widths before them say.  A cell too long for its own pushes the
 * next one two spaces away, and the row is back in its columns as soon as there is room.
 */
static void text_cell_end(struct writer *w, size_t i)
{
	size_t next = 0;

	if (i == w->cols - 1) {
		writer_puts(w, "\n");
		return;
	}
	for (size_t c = 0; c <= i; c++)
		next += (size_t)w->col[c].width;
	if (next <= w->at)
		next = w->at + 2;
	writer_pad(w, next - w->at);
	w->at = next;
}

static void text_table(struct writer *w, struct writer_level *in, const char *key)
{
	if (in == w->level && in->n)
		in->gap = true; /* sets the heading apart */
	text_line(w, in);
	w->at = 0;
	for (size_t i = 0; i < w->cols; i++) {
		w->at += utf8_put(w->out, w->col[i].title, false);
		text_cell_end(w, i);
	}
}

static void text_cell(struct writer *w, struct writer_level *in, size_t i,
                      const struct writer_value *val)
{
	size_t before = buf_left(w->out);

	if (i == 0) {
		text_line(w, in);
		w->at = 0;
		before = buf_left(w->out);
	}
	if (val->type == WRITER_STR) {
		w->at += utf8_put(w->out, val->str, false);
	} else {
		text_put(w, val);
		w->at += buf_left(w->out) - before;
	}
	text_cell_end(w, i);
}

static void text_table_end(struct writer *w, struct writer_level *in)
{
	in->gap = true;
}

const struct writer_form writer_text_form = {
	.begin = text_begin,
	.open = text_open,
	.close = text_close,
	.value = text_value,
	.note = text_note,
	.table = text_table,
	.cell = text_cell,
	.table_end = text_table_end,
};
