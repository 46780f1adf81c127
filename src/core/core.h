/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "config/config.h"

/*
 * The composition root: makes every part that the configuration asks for, connects them
 * with structs of function pointers, and decides nothing itself.
 */
struct core;
struct loop;

/*
 * Start.  All or nothing: on failure what was made is undone, NULL is returned and
 * *ret_err is one line for the operator (free it).  The configuration is the core's from
 * here on, also on failure; path, where it is from, is borrowed.
 */
struct core *core_start(struct loop *loop, const struct config *cfg, const char *path,
                        char **ret_err);

/* Read the file again and make the difference so.  All of it or nothing; what came of it
 * is logged. */
void core_reload(struct core *c);

/* Stop in order.  The packet path goes on with what it has if leave_forwarding. */
void core_stop(struct core *c, bool leave_forwarding);
