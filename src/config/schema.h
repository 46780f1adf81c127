/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <libyang/libyang.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "config/arena.h"

/*
 * The YANG module, compiled, and what it says in words for people: what was expected,
 * what else there is.  The module's text is part of the program.
 */
struct schema {
	struct ly_ctx *ctx;
	const struct lys_module *mod;
	uint32_t log_options; /* what they were before */
};

/* libyang prints nothing from here on until schema_free(). */
struct schema *schema_new(void);
void schema_free(struct schema *s); /* NULL does no harm */

/* The child of that name; parent NULL: at the top.  NULL: there is none. */
const struct lysc_node *schema_child(const struct schema *s,
                                     const struct lysc_node *parent, const char *name,
                                     size_t len);
/* Does the text fit the type of this leaf or leaf-list? */
bool schema_takes(const struct schema *s, const struct lysc_node *leaf, const char *text,
                  size_t len);
/* The text as the type spells it, in a; NULL if it does not fit. */
const char *schema_canonical(const struct schema *s, struct arena *a,
                             const struct lysc_node *leaf, const char *text);
/* The leaf's statement `default`, or NULL. */
const char *schema_default(const struct lysc_node *leaf);

/* Append "an AS number from 1 to …": what the type of this leaf expects. */
void schema_put_expected(struct buf *b, const struct schema *s,
                         const struct lysc_node *leaf);
/* What the writer of text may have meant: a child, a value of an enumeration, or NULL. */
const struct lysc_node *schema_near_child(const struct schema *s,
                                          const struct lysc_node *parent,
                                          const char *text, size_t len);
const char *schema_near_value(const struct lysc_node *leaf, const char *text, size_t len);
/* Append the names of all children, or of the mandatory ones: "a, b, c". */
void schema_put_children(struct buf *b, const struct schema *s,
                         const struct lysc_node *parent, bool mandatory);
