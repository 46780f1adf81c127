/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/req.h"

#include <errno.h>

#include "base/must.h"

#include "tests/t.h"

TEST(a_request_is_words_and_a_format)
{
	static const char line[] =
		"{\"words\": [\"show\", \"routes\", \"bl\\u00fce\"], \"format\": "
		"\"json\"}\r";
	struct req r = { 0 };
	char err[256];

	CHECK_INT(req_parse(line, strlen(line), &r, err), 0);
	CHECK_INT(r.n, 3);
	CHECK_STR(r.word[2], "bl\xc3\xbc"
	                     "e");
	CHECK(r.json);
	req_fini(&r);
	CHECK_INT(req_parse("{\"words\":[\"\"]}", 14, &r, err), 0);
	CHECK(!r.json);
	req_fini(&r);
	req_fini(&r);
}

TEST(anything_else_is_refused_by_name_and_leaves_the_result_alone)
{
	static const struct {
		const char *line, *err;
	} row[] = {
		{"[]",				      "bad request: found an array, expected an object"},
		{ "7",				      "bad request: found a number, expected an object"},
		{ "{}",				     "bad request: no \"words\""                      },
		{ "{\"format\":\"text\"}",                  "bad request: no \"words\""                      },
		{ "{\"words\":\"show\"}",
                 "bad request: \"words\" is a string, expected an array of strings"                          },
		{ "{\"words\":[]}",
                 "bad request: \"words\" is empty, expected a command"                                       },
		{ "{\"words\":[\"show\",7]}",
                 "bad request: word 2 is a number, expected a string"                                        },
		{ "{\"words\":[null]}",
                 "bad request: word 1 is null, expected a string"                                            },
		{ "{\"words\":[\"a\"],\"format\":\"xml\"}",
                 "bad request: format \"xml\", expected \"text\" or \"json\""                                },
		{ "{\"words\":[\"a\"],\"format\":1}",
                 "bad request: \"format\" is a number, expected \"text\" or \"json\""                        },
		{ "{\"words\":[\"a\"],\"vpn\":\"blue\"}",
                 "bad request: member \"vpn\", expected \"words\" and \"format\""                            },
	};
	static const char *const not_json[] = {
		"",
		"show routes",
		"{\"words\":[\"a\"]} x",
		"{\"words\":[\"a\"],\"words\":[\"b\"]}",
		"{\"words\":[\"a\\u0000b\"]}",
		"{\"words\":[\"\xff\"]}",
		"{\"words\":[\"a\"",
	};
	struct req r = { .n = 99 };
	char err[256];

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		CHECK_INT(req_parse(row[i].line, strlen(row[i].line), &r, err), -EINVAL);
		CHECK_STR(err, row[i].err);
	}
	for (size_t i = 0; i < ARRAY_LEN(not_json); i++) {
		CHECK_INT(req_parse(not_json[i], strlen(not_json[i]), &r, err), -EINVAL);
		CHECK(!strncmp(err, "bad request: not JSON at byte ", 30));
	}
	CHECK_INT(r.n, 99);
}

TEST(every_prefix_of_a_request_is_refused_without_harm)
{
	static const char line[] =
		"{\"words\":[\"show\",\"routes\"],\"format\":\"text\"}";
	struct req r = { 0 };
	char err[256];

	for (size_t n = 0; n < strlen(line); n++)
		CHECK_INT(req_parse(line, n, &r, err), -EINVAL);
}

TEST(too_many_words_are_refused)
{
	char line[256] = "{\"words\":[\"0\"";
	struct req r = { 0 };
	char err[256];
	size_t n = strlen(line);

	for (int i = 1; i < CTL_WORDS_MAX; i++, n += 4)
		memcpy(line + n, ",\"x\"", 5);
	memcpy(line + n, "]}", 3);
	CHECK_INT(req_parse(line, n + 2, &r, err), 0);
	CHECK_INT(r.n, CTL_WORDS_MAX);
	req_fini(&r);
	memcpy(line + n, ",\"y\"]}", 7);
	CHECK_INT(req_parse(line, n + 6, &r, err), -EINVAL);
	CHECK_STR(err, "bad request: 33 words, expected at most 32");
}
