/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/req.h"

#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/must.h"

static int __attribute__((format(printf, 2, 3)))
req_bad(char err[256], const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(err, 256, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

static const char *req_type(const json_t *j)
{
	static const char *const name[] = {
		[JSON_OBJECT] = "an object", [JSON_ARRAY] = "an array",
		[JSON_STRING] = "a string",  [JSON_INTEGER] = "a number",
		[JSON_REAL] = "a number",    [JSON_TRUE] = "true",
		[JSON_FALSE] = "false",      [JSON_NULL] = "null",
	};

	return name[json_typeof(j)];
}

static int req_words(const json_t *words, struct req *r, char err[256])
{
	if (!json_is_array(words))
		return req_bad(
			err, "bad request: \"words\" is %s, expected an array of strings",
			req_type(words));
	if (json_array_size(words) == 0)
		return req_bad(err,
		               "bad request: \"words\" is empty, expected a command");
	if (json_array_size(words) > CTL_WORDS_MAX)
		return req_bad(err, "bad request: %zu words, expected at most %d",
		               json_array_size(words), CTL_WORDS_MAX);
	for (size_t i = 0; i < json_array_size(words); i++) {
		const json_t *w = json_array_get(words, i);

		if (!json_is_string(w))
			return req_bad(err,
			               "bad request: word %zu is %s, expected a string",
			               i + 1, req_type(w));
		r->word[r->n++] = json_string_value(w);
	}
	return 0;
}

static int req_format(const json_t *format, struct req *r, char err[256])
{
	const char *s = json_string_value(format);

	if (!format)
		return 0;
	if (!s)
		return req_bad(
			err,
			"bad request: \"format\" is %s, expected \"text\" or \"json\"",
			req_type(format));
	r->json = !strcmp(s, "json");
	if (!r->json && strcmp(s, "text"))
		return req_bad(
			err,
			"bad request: format \"%.32s\", expected \"text\" or \"json\"",
			s);
	return 0;
}

static int req_members(json_t *doc, struct req *r, char err[256])
{
	const json_t *words = json_object_get(doc, "words");
	const char *key;
	json_t *val;
	int e;

	if (!json_is_object(doc))
		return req_bad(err, "bad request: found %s, expected an object",
		               req_type(doc));
	json_object_foreach(doc, key, val)
	{
		if (strcmp(key, "words") && strcmp(key, "format"))
			return req_bad(
				err,
				"bad request: member \"%.32s\", expected \"words\" and \"format\"",
				key);
	}
	if (!words)
		return req_bad(err, "bad request: no \"words\"");
	e = req_words(words, r, err);
	return e ? e : req_format(json_object_get(doc, "format"), r, err);
}

int req_parse(const char *line, size_t len, struct req *ret, char err[256])
{
	struct req r = { 0 };
	json_error_t why;
	json_t *doc;
	int e;

	doc = json_loadb(line, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &why);
	if (!doc)
		return req_bad(err, "bad request: not JSON at byte %d: %.120s",
		               why.position, why.text);
	r.doc = doc;
	e = req_members(doc, &r, err);
	if (e) {
		req_fini(&r);
		return e;
	}
	*ret = r;
	return 0;
}

void req_fini(struct req *r)
{
	json_decref(r->doc);
	*r = (struct req){ 0 };
}
