/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

/*
 * Invariants of our own code.  must() is always on: a daemon whose state is wrong stops
 * with the place on stderr and leaves forwarding to the pinned data plane.  Input from
 * outside is never an invariant; it is checked and refused with an error.
 */
#define must(cond)                                                      \
	do {                                                            \
		if (__builtin_expect(!(cond), 0))                       \
			must_fail(__FILE__, __LINE__, __func__, #cond); \
	} while (0)

__attribute__((noreturn, cold)) static inline void must_fail(const char *file, int line,
                                                             const char *func,
                                                             const char *cond)
{
	fprintf(stderr, "bug: %s:%d: %s: not true: %s\n", file, line, func, cond);
	abort();
}

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#define container_of(ptr, type, member) \
	((type *)(void *)((char *)(ptr)-offsetof(type, member)))
