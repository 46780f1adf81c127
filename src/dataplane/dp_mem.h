/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "dataplane/dataplane.h"

/* The other side of the backend in memory (dp_mem_new): what a test of the control plane
 * does in place of packets, and what it looks at. */

/* A host's frame: delivered to events.evidence by the next poll(). */
void dp_mem_say(struct dataplane *dp, const struct dp_evidence *ev);
/* The host spoke as known: host_seen() will say so once. */
void dp_mem_speak(struct dataplane *dp, uint32_t vrf, const struct ip *ip);

size_t dp_mem_routes(const struct dataplane *dp); /* how many */
const struct dp_ac *dp_mem_ac(const struct dataplane *dp, uint16_t id);
const struct dp_subnet *dp_mem_subnet(const struct dataplane *dp, uint16_t ac,
                                      const struct prefix *p);
const struct dp_nexthop *dp_mem_nexthop(const struct dataplane *dp, uint32_t id);
bool dp_mem_label(const struct dataplane *dp, uint32_t label, uint32_t *ret_vrf);
bool dp_mem_peer(const struct dataplane *dp, const struct ip *pe);
bool dp_mem_port(const struct dataplane *dp, unsigned ifindex, enum dp_role *ret);
struct mono dp_mem_lease(const struct dataplane *dp);
struct ip dp_mem_local(const struct dataplane *dp);
/* All writes so far; a reload that changes nothing adds none. */
unsigned long dp_mem_writes(const struct dataplane *dp);
