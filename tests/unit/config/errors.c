/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "base/buf.h"
#include "base/mem.h"
#include "config/parse.h"
#include "config/ynode.h"

#include "tests/t.h"

/*
 * tests/config/errors.txt against config_parse(): every text there is wrong, and exactly
 * the errors behind it are expected.
 */
static char *slurp(const char *path)
{
	struct buf b = { 0 };
	FILE *f = fopen(path, "r");
	size_t n;

	if (!f)
		t_fail(__FILE__, __LINE__, "can't open %s", path);
	while ((n = fread(buf_reserve(&b, 4096), 1, 4096, f)) > 0)
		buf_commit(&b, n);
	fclose(f);
	buf_put(&b, "", 1);
	return (char *)b.p; /* nothing was consumed */
}

/* What the text is told, a line an error. */
static void parse(const struct schema *s, const char *text, size_t len, struct buf *ret)
{
	struct config_errors *errs;
	const struct config *cfg;
	char line[1024];

	if (config_parse_by(s, text, len, &cfg, &errs) == 0) {
		config_free(cfg);
		return;
	}
	for (size_t i = 0; i < errs->n; i++) {
		/* "x:1:2: …" or "x: …": the name is not in the file. */
		config_error_fmt("x", &errs->error[i], line, sizeof(line));
		buf_printf(ret, "%s\n",
		           line + strcspn(line, ":") + (line[2] == ' ' ? 2 : 1));
	}
	config_errors_free(errs);
}

static void check_case(const struct schema *s, const char *title, struct buf *text,
                       struct buf *want)
{
	struct buf got = { 0 };

	buf_put(want, "", 1);
	parse(s, (const char *)buf_head(text), buf_left(text), &got);
	buf_put(&got, "", 1);
	if (strcmp((const char *)buf_head(&got), (const char *)buf_head(want)) != 0)
		t_fail(__FILE__, __LINE__, "%s: got\n%sexpected\n%s", title,
		       (const char *)buf_head(&got), (const char *)buf_head(want));
	buf_fini(&got);
	buf_fini(text);
	buf_fini(want);
}

TEST(every_wrong_text_is_told_all_that_is_wrong_and_where)
{
	AUTO_FREE char *file = slurp(TESTS_CONFIG "/errors.txt");
	struct schema *s = schema_new();
	struct buf text = { 0 }, want = { 0 };
	const char *title = "";
	char *save = NULL;
	unsigned n = 0;

	for (char *l = strtok_r(file, "\n", &save); l; l = strtok_r(NULL, "\n", &save)) {
		if (*l == '#') {
			if (buf_left(&want)) {
				check_case(s, title, &text, &want);
				n++;
			}
			title = l + 2;
		} else if (*l == '|') {
			buf_printf(&text, "%s\n", l[1] ? l + 2 : "");
		} else if (*l == '>') {
			buf_printf(&want, "%s\n", l + 2);
		}
	}
	check_case(s, title, &text, &want);
	schema_free(s);
	CHECK(n >= 100);
}

TEST(what_is_wrong_all_over_a_file_is_told_at_once_in_its_order)
{
	static const char text[] = "node:\n"
				   "  name: pe1\n"
				   "  router-id: 192.0.2\n"
				   "  as: 0\n"
				   "bgp:\n"
				   "  neighbours: []\n"
				   "vpns:\n"
				   "  - name: blue\n"
				   "    id: 100\n"
				   "    subnets:\n"
				   "      - prefix: 1.1.0.0/16\n"
				   "        gateway: 1.2.0.1\n"
				   "  - name: red\n"
				   "    id: 100\n";
	static const uint32_t place[][2] = {
		{0,   0 },
                { 3,  14},
                { 4,  7 },
                { 6,  3 },
                { 12, 18},
                { 14, 9 }
	};
	struct config_errors *errs;
	const struct config *cfg = NULL;

	CHECK_INT(config_parse("x", text, strlen(text), &cfg, &errs), -EINVAL);
	CHECK(!cfg);
	CHECK_INT(errs->n, ARRAY_LEN(place));
	for (size_t i = 0; i < errs->n; i++) {
		CHECK_INT(errs->error[i].line, place[i][0]);
		CHECK_INT(errs->error[i].col, place[i][1]);
		CHECK(errs->error[i].path && *errs->error[i].text);
	}
	config_errors_free(errs);
}

TEST(errors_of_a_hopeless_file_end_somewhere)
{
	struct config_errors *errs;
	const struct config *cfg;
	struct buf b = { 0 };

	buf_printf(&b, "vpns:\n");
	for (unsigned i = 0; i < 20000; i++)
		buf_printf(&b, "- x\n");
	CHECK_INT(config_parse("x", (const char *)buf_head(&b), buf_left(&b), &cfg,
	                       &errs),
	          -EINVAL);
	CHECK_INT(errs->n, 10001);
	CHECK_STR(errs->error[errs->n - 1].text,
	          "too many errors; the rest is not shown");
	CHECK_INT(errs->error[errs->n - 1].line, 0);
	config_errors_free(errs);
	buf_fini(&b);
}

TEST(limits_of_the_document_are_told)
{
	struct schema *s = schema_new();
	struct buf b = { 0 }, got = { 0 };
	AUTO_FREE char *huge = mem_zalloc(YNODE_FILE_MAX + 1);

	memset(huge, '#', YNODE_FILE_MAX + 1);
	parse(s, huge, YNODE_FILE_MAX + 1, &got);
	for (unsigned i = 0; i <= YNODE_KEYS_MAX; i++)
		buf_printf(&b, "k%u: 1\n", i);
	parse(s, (const char *)buf_head(&b), buf_left(&b), &got);
	buf_put(&got, "", 1);
	CHECK(strstr((const char *)buf_head(&got),
	             "the file is longer than 16777216 bytes; expected a smaller one\n"));
	CHECK(strstr((const char *)buf_head(&got),
	             "65:6: more than 64 keys in one mapping; expected fewer\n"));
	buf_fini(&b);
	buf_fini(&got);
	schema_free(s);
}

TEST(a_file_that_cannot_be_read_is_one_error)
{
	static const struct {
		const char *path;
		int err;
		const char *want;
	} bad[] = {
		{TESTS_CONFIG "/absent.yaml", -ENOENT,
                 "f: can't be read: No such file or directory"                           },
		{ TESTS_CONFIG,               -EISDIR, "f: can't be read: Is a directory"},
	};
	struct config_errors *errs;
	const struct config *cfg;
	char line[100];

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		CHECK_INT(config_load(bad[i].path, &cfg, &errs), bad[i].err);
		CHECK_INT(errs->n, 1);
		CHECK_STR(config_error_fmt("f", &errs->error[0], line, sizeof(line)),
		          bad[i].want);
		config_errors_free(errs);
	}
}

/* Cut anywhere, the text is a configuration still, or is told what is missing. */
static void cut_everywhere(const char *path)
{
	AUTO_FREE char *text = slurp(path);
	struct schema *s = schema_new();
	size_t whole = strlen(text);

	for (size_t len = 0; len < whole; len++) {
		/* A copy of that size, so that a sanitizer sees a read past the end. */
		AUTO_FREE char *cut = mem_dup(text, len);
		struct config_errors *errs = NULL;
		const struct config *cfg = NULL;

		if (config_parse_by(s, cut, len, &cfg, &errs) == 0) {
			CHECK(cfg && !errs);
			config_free(cfg);
		} else {
			CHECK(!cfg && errs && errs->n > 0 && *errs->error[0].text);
			config_errors_free(errs);
		}
	}
	schema_free(s);
}

TEST(a_file_cut_anywhere_is_taken_or_told_why_not)
{
	cut_everywhere(TESTS_CONFIG "/full.yaml");
	cut_everywhere(TESTS_CONFIG "/pe1.json");
}
