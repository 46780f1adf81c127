/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/writer.h"

#include <string.h>

#include "base/mem.h"
#include "ctl/writer_int.h"

static struct writer *writer_of(struct view *v)
{
	return container_of(v, struct writer, view);
}

/* Where a member goes; in an object it has a key, in an array it has none. */
static struct writer_level *writer_into(struct writer *w, const char *key)
{
	struct writer_level *in = &w->level[w->depth];

	must(!w->cols);
	must(in->array ? !key : key != NULL);
	return in;
}

static void writer_open(struct view *v, const char *key, bool array)
{
	struct writer *w = writer_of(v);
	struct writer_level *in = writer_into(w, key), *l = in + 1;

	must(w->depth + 1 < WRITER_DEPTH);
	*l = (struct writer_level){ .key = key, .array = array, .compact = in->compact };
	w->form->open(w, in, l);
	in->n++;
	w->depth++;
}

static void writer_close(struct view *v)
{
	struct writer *w = writer_of(v);

	must(w->depth > 0 && !w->cols);
	w->form->close(w, &w->level[w->depth]);
	buf_fini(&w->level[w->depth].notes);
	w->depth--;
}

static void writer_value(struct view *v, const char *key, struct writer_value val)
{
	struct writer *w = writer_of(v);
	struct writer_level *in = &w->level[w->depth];

	if (w->cols) {
		must(!key);
		w->form->cell(w, in, w->cell, &val);
		if (++w->cell == w->cols) {
			w->cell = 0;
			w->rows++;
		}
		return;
	}
	w->form->value(w, writer_into(w, key), key, &val);
	in->n++;
}

static void writer_str(struct view *v, const char *key, const char *val)
{
	writer_value(v, key,
	             (struct writer_value){ .type = val ? WRITER_STR : WRITER_NULL,
	                                    .str = val });
}

static void writer_num(struct view *v, const char *key, int64_t val)
{
	writer_value(v, key, (struct writer_value){ .type = WRITER_NUM, .num = val });
}

static void writer_flag(struct view *v, const char *key, bool val)
{
	writer_value(v, key, (struct writer_value){ .type = WRITER_FLAG, .num = val });
}

static void writer_age(struct view *v, const char *key, int64_t seconds)
{
	writer_value(v, key, (struct writer_value){ .type = WRITER_AGE, .num = seconds });
}

static void writer_note(struct view *v, const char *text)
{
	struct writer *w = writer_of(v);

	must(!w->cell); /* between rows it is fine */
	w->form->note(w, &w->level[w->depth], text);
}

static void writer_table(struct view *v, const char *key, const struct view_col *col,
                         size_t n)
{
	struct writer *w = writer_of(v);
	struct writer_level *in = writer_into(w, key);

	must(w->form->table); /* the one-line form has no place for it */
	must(n > 0 && n <= WRITER_COLUMNS && !in->array);
	for (size_t i = 0; i < n; i++)
		must(col[i].key && col[i].title && (col[i].width > 0 || i == n - 1));
	memcpy(w->col, col, n * sizeof(*col));
	w->cell = w->rows = 0;
	w->cols = n;
	w->form->table(w, in, key);
	in->n++;
}

static void writer_table_end(struct view *v)
{
	struct writer *w = writer_of(v);

	must(w->cols && !w->cell);
	w->form->table_end(w, &w->level[w->depth]);
	w->cols = 0;
}

static const struct view_ops writer_ops = {
	.open = writer_open,
	.close = writer_close,
	.str = writer_str,
	.num = writer_num,
	.flag = writer_flag,
	.line = writer_note,
	.table = writer_table,
	.table_end = writer_table_end,
	.age = writer_age,
};

struct writer *writer_new(enum writer_kind kind, struct buf *out)
{
	static const struct writer_form *const form[] = {
		[WRITER_TEXT] = &writer_text_form,
		[WRITER_JSON] = &writer_json_form,
		[WRITER_TEXT_LINE] = &writer_line_form,
		[WRITER_JSON_LINE] = &writer_json_form,
	};
	struct writer *w = mem_new(struct writer);

	must(kind < ARRAY_LEN(form) && form[kind]);
	w->view.ops = &writer_ops;
	w->form = form[kind];
	w->out = out;
	w->level[0].compact = kind == WRITER_JSON_LINE;
	w->form->begin(w);
	return w;
}

struct view *writer_view(struct writer *w)
{
	return &w->view;
}

void writer_finish(struct writer *w, const char *error)
{
	if (w->cols)
		writer_table_end(&w->view);
	while (w->depth)
		writer_close(&w->view);
	if (error && w->form == &writer_json_form)
		writer_str(&w->view, "error", error);
	w->form->close(w, &w->level[0]);
	buf_fini(&w->level[0].notes);
}

void writer_free(struct writer *w)
{
	if (!w)
		return;
	for (size_t i = 0; i <= w->depth; i++)
		buf_fini(&w->level[i].notes);
	free(w);
}

void writer_puts(struct writer *w, const char *s)
{
	buf_put(w->out, s, strlen(s));
}

void writer_pad(struct writer *w, size_t n)
{
	if (n)
		memset(buf_reserve(w->out, n), ' ', n);
	buf_commit(w->out, n);
}
