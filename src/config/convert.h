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
 * defaults.  Temporary strings are of `a`.  root may be NULL.  Free with lyd_free_all().
 */
struct lyd_node *convert_tree(const struct schema *s, struct arena *a, struct ynode *root,
                              struct errlist *errs);
