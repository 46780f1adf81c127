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
 * *ret_err is one line for the operator (free it).  The configuration is borrowed until
 * core_stop().
 */
struct core *core_start(struct loop *loop, const struct config *cfg, char **ret_err);

/* Stop in order.  The packet path goes on with what it has if leave_forwarding. */
void core_stop(struct core *c, bool leave_forwarding);
