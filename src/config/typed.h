/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/hmap.h"
#include "config/arena.h"
#include "config/config.h"
#include "config/errlist.h"

struct lyd_node;
struct convert_tree;

/*
 * From the data tree to struct config: texts become values, defaults and derived values
 * are filled in.  Beside the configuration stand the nodes it came from, so that errors
 * found later still have a place.
 *
 * The tree may have holes where something was wrong; those fields stay zero.
 */
struct typed_subnet {
	struct config_subnet *s;
	const struct lyd_node *node;
};

struct typed_vpn {
	struct config_vpn *v;
	const struct lyd_node *node;
	struct typed_subnet *subnet; /* as many as v has */
};

/* A neighbor or a template, and the template it names or NULL. */
struct typed_session {
	const struct lyd_node *node, *template;
};

struct typed {
	struct config *cfg;
	const struct lyd_node *node, *core, *bgp;             /* the containers */
	struct typed_session *neighbor, *template;            /* as many as cfg has */
	const struct lyd_node **dynamic, **collector, **name; /* likewise */
	struct typed_vpn *vpn;
	const struct lyd_node **attachment; /* the first that named it */
};

/* Everything that cfg points to is of a; the rest of *ret of scratch. */
void typed_make(const struct convert_tree *tree, struct arena *a, struct arena *scratch,
                struct config *cfg, struct typed *ret, struct errlist *errs);

/* The child of that name, or NULL. */
const struct lyd_node *typed_get(const struct lyd_node *parent, const char *name);
/* Where a session has that leaf from, which may be inside a container `box` of it: the
 * entry itself, its template, or if neither gives it, the entry whose default it is. What
 * is returned has the leaf as its child. */
const struct lyd_node *typed_session_at(const struct typed_session *s, const char *box,
                                        const char *leaf);
/* Was it in the file (and not a default)? */
bool typed_given(const struct lyd_node *parent, const char *name);
/* Was it in the file, be it with a bad value? */
bool typed_tried(const struct lyd_node *parent, const char *name);
/* Its line in the file, or its parent's. */
uint32_t typed_line(const struct lyd_node *node);

/* An error at the child of that name, or at parent (or its child that isn't there). */
void typed_error(struct errlist *errs, const struct lyd_node *parent, const char *name,
                 const char *fmt, ...) __attribute__((format(printf, 4, 5)));
