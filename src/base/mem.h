/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"

/*
 * Allocation never returns NULL: what an outsider can make us allocate is bounded before
 * we get here, so running out is ours to stop for.
 */
static inline void *mem_zalloc(size_t n)
{
	void *p = calloc(1, n ? n : 1);

	must(p);
	return p;
}

static inline void *mem_alloc(size_t n) /* not zeroed */
{
	void *p = malloc(n ? n : 1);

	must(p);
	return p;
}

static inline void *mem_realloc(void *old, size_t n)
{
	void *p = realloc(old, n ? n : 1);

	must(p);
	return p;
}

static inline void *mem_dup(const void *src, size_t n)
{
	void *p = mem_zalloc(n);

	if (n)
		memcpy(p, src, n);
	return p;
}

static inline char *mem_strdup(const char *s)
{
	return mem_dup(s, strlen(s) + 1);
}

#define mem_new(type) ((type *)mem_zalloc(sizeof(type)))

static inline void mem_auto_free(void *pp)
{
	free(*(void **)pp);
}

/* A local that is freed when it goes out of scope; TAKE() gives it away. */
#define AUTO_FREE __attribute__((cleanup(mem_auto_free)))
#define TAKE(p)                     \
	({                          \
		typeof(p) t_ = (p); \
		(p) = NULL;         \
		t_;                 \
	})
