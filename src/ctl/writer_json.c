/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <string.h>

#include "base/must.h"
#include "ctl/utf8.h"
#include "ctl/writer_int.h"

/* JSON as it comes (RFC 8259): members on lines of their own, rows of a table one a line.
 */
static void json_string(struct buf *out, const char *s)
{
	static const char brief[0x20] = {
		['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't'
	};
	uint32_t cp;
	size_t n;

	buf_put(out, "\"", 1);
	for (; *s; s += n) {
		n = utf8_step(s, &cp);
		if (cp == UTF8_BAD)
			buf_put(out, "\\ufffd", 6);
		else if (cp == '"' || cp == '\\')
			buf_printf(out, "\\%c", (int)cp);
		else if (cp < sizeof(brief) && brief[cp])
			buf_printf(out, "\\%c", brief[cp]);
		else if (utf8_unsafe(cp)) /* none lies above the basic plane */
			buf_printf(out, "\\u%04x", cp);
		else
			buf_put(out, s, n);
	}
	buf_put(out, "\"", 1);
}

static void json_newline(struct writer *w, size_t depth)
{
	buf_put(w->out, "\n", 1);
	writer_pad(w, depth * 2);
}

/* Where the next member of l goes: comma, line, key. */
static void json_member(struct writer *w, struct writer_level *l, const char *key,
                        bool scalar)
{
	size_t depth = (size_t)(l - w->level) + 1;

	if (l->n)
		buf_put(w->out, ",", 1);
	if (l->array && scalar && (!l->n || l->in_line))
		l->in_line = true;
	else
		l->in_line = false;
	if (l->compact || l->in_line) {
		if (l->n)
			buf_put(w->out, " ", 1);
	} else {
		json_newline(w, depth);
	}
	if (key) {
		json_string(w->out, key);
		buf_put(w->out, ": ", 2);
	}
}

static void json_put(struct writer *w, const struct writer_value *val)
{
	switch (val->type) {
	case WRITER_NULL: writer_puts(w, "null"); return;
	case WRITER_STR: json_string(w->out, val->str); return;
	case WRITER_AGE:
	case WRITER_NUM: buf_printf(w->out, "%" PRId64, val->num); return;
	case WRITER_FLAG: writer_puts(w, val->num ? "true" : "false"); return;
	}
}

static void json_begin(struct writer *w)
{
	writer_puts(w, "{");
}

static void json_open(struct writer *w, struct writer_level *in, struct writer_level *l)
{
	json_member(w, in, l->key, false);
	writer_puts(w, l->array ? "[" : "{");
}

static void json_close(struct writer *w, struct writer_level *l)
{
	if (l->notes_n) {
		json_member(w, l, "notes", false);
		writer_puts(w, "[");
		buf_put(w->out, buf_head(&l->notes), buf_left(&l->notes));
		if (l->notes_n > WRITER_NOTES_MAX)
			buf_printf(w->out, ", \"and %zu more\"",
			           l->notes_n - WRITER_NOTES_MAX);
		writer_puts(w, "]");
		l->n++;
	}
	if (l->n && !l->compact && !l->in_line)
		json_newline(w, (size_t)(l - w->level));
	writer_puts(w, l->array ? "]" : "}");
	if (l == w->level)
		writer_puts(w, "\n");
}

static void json_value(struct writer *w, struct writer_level *in, const char *key,
                       const struct writer_value *val)
{
	json_member(w, in, key, true);
	json_put(w, val);
}

/* Notes wait for the end of the object around them: their number is bounded for that. */
static void json_note(struct writer *w, struct writer_level *in, const char *text)
{
	while (in->array)
		in--; /* ends at the root, which is an object */
	if (++in->notes_n > WRITER_NOTES_MAX)
		return;
	if (in->notes_n > 1)
		buf_put(&in->notes, ", ", 2);
	json_string(&in->notes, text);
}

static void json_table(struct writer *w, struct writer_level *in, const char *key)
{
	json_member(w, in, key, false);
	writer_puts(w, "[");
}

static void json_cell(struct writer *w, struct writer_level *in, size_t i,
                      const struct writer_value *val)
{
	if (i == 0) {
		if (w->rows)
			writer_puts(w, ",");
		if (!in->compact)
			json_newline(w, (size_t)(in - w->level) + 2);
		writer_puts(w, "{ ");
	} else {
		writer_puts(w, ", ");
	}
	json_string(w->out, w->col[i].key);
	writer_puts(w, ": ");
	json_put(w, val);
	if (i == w->cols - 1)
		writer_puts(w, " }");
}

static void json_table_end(struct writer *w, struct writer_level *in)
{
	if (w->rows && !in->compact)
		json_newline(w, (size_t)(in - w->level) + 1);
	writer_puts(w, "]");
}

const struct writer_form writer_json_form = {
	.begin = json_begin,
	.open = json_open,
	.close = json_close,
	.value = json_value,
	.note = json_note,
	.table = json_table,
	.cell = json_cell,
	.table_end = json_table_end,
};
