/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "config/errlist.h"
#include "config/schema.h"
#include "config/ynode.h"

/*
 * From the document to libyang's data tree, along the schema.  Everything the schema can
 * say of single values and entries is checked here: unknown and missing keys, types,
 * repeated entries, must statements.  What is wrong becomes an error and is left out of
 * the tree, so that the rest can be checked too.
 *
 * lyd_node.priv of what came from the document points to its struct ynode; it is NULL for
 * defaults.
 *
 * Entries of a list at the top each are a tree of their own.  As siblings, libyang would
 * walk past all of them for every XPath and every insertion, and the time to load would
 * grow with the square of their number.
 */
struct convert_tree {
	struct lyd_node *top;  /* the containers; NULL if there is nothing at all */
	struct lyd_node **vpn; /* in the order of the document; of the arena */
	size_t n_vpns;
};

/* Temporary strings are of `a`, which has to outlive *ret.  root may be NULL. */
void convert_make(const struct schema *s, struct arena *a, struct ynode *root,
                  struct convert_tree *ret, struct errlist *errs);
void convert_free(struct convert_tree *t);

/* libyang has the last word on what convert_make() made; by now it should have nothing to
 * say. */
void convert_validate(const struct schema *s, struct convert_tree *t,
                      struct errlist *errs);
