/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "dataplane/dataplane.h"

/* What every backend checks before it writes, so that all refuse the same things with the
 * same words.  Each returns 0, or -EINVAL with dp_error() set. */
int dp_check_vrf(struct dataplane *dp, uint32_t vrf, uint32_t label);
int dp_check_ac(struct dataplane *dp, const struct dp_ac *ac);
int dp_check_subnet(struct dataplane *dp, const struct dp_subnet *sn);
int dp_check_route(struct dataplane *dp, uint32_t vrf, const struct prefix *p,
                   const struct dp_route *r);
int dp_check_nexthop(struct dataplane *dp, uint32_t id, const struct dp_nexthop *nh);
int dp_check_group(struct dataplane *dp, uint32_t id, const struct dp_group *g);

/* Set dp_error() and return err: return dp_fail(dp, -EINVAL, "…"). */
int dp_fail(struct dataplane *dp, int err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

const char *dp_encap_name(enum dp_encap encap);
/* Bytes in front of the inner packet, behind the Ethernet header. */
unsigned dp_encap_overhead(const struct dp_nexthop *nh);
