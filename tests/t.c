/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/t.h"

#include <ctype.h>

struct t_case *t_cases;

void t_fail(const char *file, int line, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "  %s:%d: ", file, line);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	_fail(file, line);
	abort();
}

size_t t_hex(const char *hex, uint8_t *ret, size_t cap)
{
	size_t n = 0;

	for (; *hex; hex++) {
		char pair[3] = { 0 };

		if (isspace((unsigned char)*hex))
			continue;
		if (n == cap || !isxdigit((unsigned char)hex[0]) ||
		    !isxdigit((unsigned char)hex[1]))
			t_fail(__FILE__, __LINE__, "bad hex at \"%.10s\"", hex);
		memcpy(pair, hex++, 2);
		ret[n++] = (uint8_t)strtoul(pair, NULL, 16);
	}
	return n;
}

int main(int argc, char *argv[])
{
	const char *only = argc > 1 ? argv[1] : "";
	struct CMUnitTest *tests;
	size_t n = 0, i;
	int failed;

	for (struct t_case *t = t_cases; t; t = t->next)
		n += strstr(t->name, only) != NULL;
	tests = calloc(n ? n : 1, sizeof(*tests));
	if (!tests)
		return EXIT_FAILURE;
	i = n; /* constructors ran last to first */
	for (struct t_case *t = t_cases; t; t = t->next) {
		if (strstr(t->name, only))
			tests[--i] = (struct CMUnitTest){ .name = t->name,
				                          .test_func = t->fn };
	}
	failed = _cmocka_run_group_tests("unit", tests, n, NULL, NULL);
	free(tests);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
