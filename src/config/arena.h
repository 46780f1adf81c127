/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>

/*
 * Memory that is given back all at once: one arena a configuration, one a file being
 * read, one a list of errors.  Zero-initialise it; what it hands out is zeroed and
 * aligned for anything.
 */
struct arena {
	struct arena_block *block;
};

void *arena_alloc(struct arena *a, size_t n);
char *arena_strndup(struct arena *a, const char *s, size_t len);
void arena_fini(struct arena *a);

#define arena_new(a, type)      ((type *)arena_alloc(a, sizeof(type)))
#define arena_array(a, type, n) ((type *)arena_alloc(a, (n) * sizeof(type)))
