/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <string.h>

#include "base/must.h"
#include "ctl/utf8.h"
#include "ctl/writer_int.h"

/*
 * An event as one line of logfmt: " host=1.1.1.3 mac=… why=\"no answer\"".  Members of an
 * object are "object.member", the elements of an array are joined by commas.
 */
static void line_key(struct writer *w, const struct writer_level *in, const char *key)
{
	buf_put(w->out, " ", 1);
	for (const struct writer_level *l = &w->level[1]; l <= in; l++) {
		writer_puts(w, l->key);
		writer_puts(w, l == in && !key ? "" : ".");
	}
	if (key)
		writer_puts(w, key);
	buf_put(w->out, "=", 1);
}

static bool line_plain(const char *s)
{
	if (!*s)
		return false;
	for (; *s; s++) {
		if ((unsigned char)*s <= ' ' || (unsigned char)*s >= 0x7f ||
		    strchr("\"=,\\", *s))
			return false;
	}
	return true;
}

static void line_put(struct writer *w, const struct writer_value *val)
{
	switch (val->type) {
	case WRITER_NULL: writer_puts(w, "-"); return;
	case WRITER_AGE:
	case WRITER_NUM: buf_printf(w->out, "%" PRId64, val->num); return;
	case WRITER_FLAG: writer_puts(w, val->num ? "yes" : "no"); return;
	case WRITER_STR: break;
	}
	if (line_plain(val->str)) {
		writer_puts(w, val->str);
		return;
	}
	buf_put(w->out, "\"", 1);
	utf8_put(w->out, val->str, true);
	buf_put(w->out, "\"", 1);
}

static void line_begin(struct writer *w)
{
}

static void line_open(struct writer *w, struct writer_level *in, struct writer_level *l)
{
	must(!in->array); /* a line has no place for more */
}

static void line_close(struct writer *w, struct writer_level *l)
{
	if (l == w->level)
		writer_puts(w, "\n");
}

static void line_value(struct writer *w, struct writer_level *in, const char *key,
                       const struct writer_value *val)
{
	if (in->array && in->n)
		writer_puts(w, ",");
	else
		line_key(w, in, key);
	line_put(w, val);
}

static void line_note(struct writer *w, struct writer_level *in, const char *text)
{
	const struct writer_value val = { .type = WRITER_STR, .str = text };

	must(!in->array);
	line_key(w, in, "note");
	line_put(w, &val);
}

const struct writer_form writer_line_form = {
	.begin = line_begin,
	.open = line_open,
	.close = line_close,
	.value = line_value,
	.note = line_note,
};
