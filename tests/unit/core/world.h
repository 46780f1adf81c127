/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "core/core_int.h"
#include "dataplane/dp_mem.h"

#include "tests/t.h"

/*
 * A PE put together as core/ does it, over the packet path in memory, a kernel that knows
 * the way to every PE, and a reflector whose routes the test says.  Time is the test's.
 */
enum {
	VRF = 100,
	GREEN = 200,
	AC_BLUE = 1,
	AC_GREEN = 2,
	AC_QINQ = 3,
	ETH0 = 10,
	ETH1 = 11
};

struct world {
	struct core c;
	const struct config *cfg;
	struct dataplane *dp; /* the same as c.dp; it outlives world_stop() */
	struct rib_source *rr;
	struct mono now;
	uint32_t label; /* of the routes that come */
	uint8_t site;   /* … and their Route Origin; 0: none */
	char dir[32];
};

struct world *world_new(void);
struct world *world_new_of(const char *cfg); /* as that file says */
void world_adopt(struct world *w); /* as a daemon that starts anew on the packet path */
void world_stop(struct world *w, bool leave_forwarding); /* all but the packet path */
void world_free(struct world *w);
void world_run(struct world *w, int64_t ms);

void world_hear(struct world *w, enum dp_evidence_kind kind, uint16_t ac, const char *mac,
                const char *ip);
void world_route(struct world *w, const char *pe, const char *ip, uint32_t seq);
void world_unroute(struct world *w, const char *pe, const char *ip);
void world_link(struct world *w, unsigned ifindex, const char *name, bool up,
                bool deleted);

struct ip world_ip(const char *s);
/* What the packet path holds: "local 1 02:…", "192.0.2.12", "192.0.2.12 192.0.2.13" by
 * the numbers of the next hops, "drop" or "-". */
const char *world_way(const struct world *w, uint32_t vrf, const char *ip);
/* The label and sequence a host of ours is advertised with; false: it is not. */
bool world_advertised(const struct world *w, const char *ip, uint32_t *ret_label);
uint32_t world_refs(const struct world *w, const char *pe); /* of its next hop */
