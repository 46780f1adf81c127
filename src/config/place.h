/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/buf.h"
#include "config/errlist.h"
#include "config/ynode.h"

/* Errors at a place in the document: line, column and path of a node. */

/* The path a user would look for: /vpns[name='blue']/subnets[2]/gateway, NUL-terminated.
 */
void place_put_path(struct buf *b, const struct ynode *y);

/* An error at the value of y, or with `sub`, at its missing child of that name. */
void place_error(struct errlist *errs, const struct ynode *y, const char *sub,
                 const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* An error at the key of y, which is unknown or misplaced in its mapping. */
void place_error_key(struct errlist *errs, const struct ynode *y, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
