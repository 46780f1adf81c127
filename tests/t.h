/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* clang-format off */
#include <stdarg.h> /* cmocka.h wants these before it */
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
/* clang-format on */

/*
 * Tests that register themselves, run by cmocka.  TEST(name_as_a_sentence) { … }; a
 * failed CHECK ends that test and says what was expected.  An argument selects tests by
 * name.
 */
struct t_case {
	const char *name;
	void (*fn)(void **state);
	struct t_case *next;
};

extern struct t_case *t_cases;
void t_fail(const char *file, int line, const char *fmt, ...)
	__attribute__((noreturn, format(printf, 3, 4)));

#define TEST(id)                                                  \
	static void id(void **state);                             \
	static struct t_case t_case_##id = { #id, id, NULL };     \
	__attribute__((constructor)) static void t_add_##id(void) \
	{                                                         \
		t_case_##id.next = t_cases;                       \
		t_cases = &t_case_##id;                           \
	}                                                         \
	static void id(void **state __attribute__((unused)))

#define CHECK(cond)                                                        \
	do {                                                               \
		if (!(cond))                                               \
			t_fail(__FILE__, __LINE__, "not true: %s", #cond); \
	} while (0)

#define CHECK_INT(got, want)                                                         \
	do {                                                                         \
		long long g_ = (long long)(got), w_ = (long long)(want);             \
		if (g_ != w_)                                                        \
			t_fail(__FILE__, __LINE__, "%s is %lld, not %lld", #got, g_, \
			       w_);                                                  \
	} while (0)

#define CHECK_STR(got, want)                                                         \
	do {                                                                         \
		const char *gs_ = (got), *ws_ = (want);                              \
		if (strcmp(gs_, ws_) != 0)                                           \
			t_fail(__FILE__, __LINE__, "%s is \"%s\", not \"%s\"", #got, \
			       gs_, ws_);                                            \
	} while (0)

#define CHECK_MEM(got, want, n)                                                        \
	do {                                                                           \
		if (memcmp(got, want, n) != 0)                                         \
			t_fail(__FILE__, __LINE__, "%s differs from %s", #got, #want); \
	} while (0)

/* Bytes from hex text; white space is skipped.  Returns the length; fails the test on
 * anything else or when it does not fit. */
size_t t_hex(const char *hex, uint8_t *ret, size_t cap);
