/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/arena.h"
#include "config/errlist.h"

/*
 * A YAML document as a tree that remembers where everything stood.  Only the plain part
 * of YAML is taken, which JSON is a part of: mappings, sequences and scalars; anchors,
 * aliases, tags, merge keys, repeated keys and further documents are errors.
 */
enum ynode_kind { YNODE_SCALAR = 1, YNODE_MAP, YNODE_SEQ };

enum {
	YNODE_FILE_MAX = 16 * 1024 * 1024,
	YNODE_DEPTH_MAX = 16,
	YNODE_KEYS_MAX = 64, /* of one mapping; our widest has 14 */
	YNODE_NODES_MAX = 2 * 1000 * 1000,
};

struct lysc_node;

struct ynode {
	enum ynode_kind kind;
	uint32_t line, col; /* of the value, 1-based */
	struct ynode *parent, *child, *last, *next;
	size_t n; /* children */

	const char *key; /* in a mapping, else NULL */
	size_t key_len;
	uint32_t key_line, key_col;

	const char *text; /* of a scalar, NUL-terminated, no NUL inside */
	size_t len;
	bool plain; /* neither quoted nor a block: may mean null */

	/* What convert.c found out about it. */
	const struct lysc_node *schema; /* NULL: unknown, or the document itself */
	const struct lysc_node *meant;  /* unknown, but this may be it */
	const char *pred;               /* of a list entry: "[name='blue']" */
	bool bad;                       /* something directly in it was wrong */
	bool skip; /* already complained about: a repeated key, an alias */
};

/*
 * The root, allocated in a, in *ret: NULL for an empty document.  False if the text can't
 * be read to its end; lesser errors only go to the list.
 */
bool ynode_parse(struct arena *a, const char *text, size_t len, struct errlist *errs,
                 struct ynode **ret);
/* A plain empty value, ~ or null: nothing was given. */
bool ynode_is_null(const struct ynode *y);
