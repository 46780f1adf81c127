/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <jansson.h>

#include "base/buf.h"
#include "ctl/req.h"
#include "ctl/words.h"
#include "ctl/writer.h"

#include "fuzz/fuzz.h"

/*
 * A line from whoever may connect: it is refused with one line of reason, or it is words
 * that find a row or a reason, and that come out of both writers whole: JSON gives them
 * back byte for byte, text holds nothing a terminal obeys.
 */
static const struct cmd cmds[] = {
	{"show bgp",            "[VPN] [in|out]", "", false, NULL},
	{ "show bgp neighbors", "[ADDRESS]",      "", false, NULL},
	{ "show host",          "IP",             "", false, NULL},
	{ "show hosts",         "",               "", false, NULL},
	{ "why host",           "IP",             "", false, NULL},
};

static void show(enum writer_kind kind, struct buf *out, const struct req *r,
                 const char *err)
{
	struct writer *w = writer_new(kind, out);
	struct view *v = writer_view(w);

	view_arr(v, "words");
	for (size_t i = 0; i < r->n; i++)
		view_str(v, NULL, r->word[i]);
	view_end(v);
	view_note(v, "%s", err);
	writer_finish(w, err);
	writer_free(w);
}

static void check_json(const struct req *r, const char *err)
{
	struct buf out = { 0 };
	json_t *doc, *words;

	show(WRITER_JSON, &out, r, err);
	doc = json_loadb((const char *)buf_head(&out), buf_left(&out),
	                 JSON_REJECT_DUPLICATES, NULL);
	must(doc);
	words = json_object_get(doc, "words");
	must(json_array_size(words) == r->n);
	for (size_t i = 0; i < r->n; i++)
		must(!strcmp(json_string_value(json_array_get(words, i)), r->word[i]));
	json_decref(doc);
	buf_fini(&out);
}

static void check_text(enum writer_kind kind, const struct req *r, const char *err)
{
	struct buf out = { 0 };

	show(kind, &out, r, err);
	for (size_t i = 0; i < buf_left(&out); i++) {
		uint8_t c = buf_head(&out)[i];

		must((c >= ' ' && c != 0x7f) || c == '\n');
	}
	must(!memchr(buf_head(&out), '\n', buf_left(&out)) ||
	     buf_head(&out)[buf_left(&out) - 1] == '\n');
	buf_fini(&out);
}

static void count(void *arg, const char *word)
{
	must(*word);
	++*(size_t *)arg;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct words t = { 0 };
	struct req r = { .n = 99 };
	char err[256] = "";
	size_t used = 0, n = 0;

	if (req_parse((const char *)data, size, &r, err)) {
		must(*err && strlen(err) < sizeof(err) && r.n == 99);
		return 0;
	}
	must(r.n > 0 && r.n <= CTL_WORDS_MAX);
	for (size_t i = 0; i < ARRAY_LEN(cmds); i++)
		words_add(&t, &cmds[i], NULL);
	if (words_find(&t, r.word, r.n, &used, err))
		must(used > 0 && used <= r.n);
	else
		must(*err);
	words_complete(&t, r.word, r.n, count, &n);
	check_json(&r, err);
	check_text(WRITER_TEXT, &r, err);
	check_text(WRITER_TEXT_LINE, &r, err);
	words_fini(&t);
	req_fini(&r);
	return 0;
}
