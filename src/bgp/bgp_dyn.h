/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/cmd.h"
#include "bgp/bgp_int.h"

/* A neighbor for a connection from there, or NULL: no prefix has it, or one that is full,
 * which is counted and told. */
struct bgp_peer *bgp_dyn_make(struct bgp *b, const struct ip *from);
void bgp_dyn_join(struct bgp_peer *p, struct bgp_dyn *d); /* it is of that prefix */
/* Its session has ended, or not begun: forget it some time later.  Does nothing to one
 * that is configured. */
void bgp_dyn_down(struct bgp_peer *p);
void bgp_dyn_gone(struct bgp_peer *p); /* it is being removed */
void bgp_dyn_fini(struct bgp *b);      /* after the last of them */

/* Where it is from, or NULL: it is configured. */
const struct prefix *bgp_dyn_prefix(const struct bgp_peer *p);
enum cmd_status bgp_dyn_show(void *arg, struct cmd_req *req);
