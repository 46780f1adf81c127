/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <net/if.h>

#include "base/list.h"
#include "dataplane/abi.h"
#include "dataplane/dp_common.h"
#include "dataplane/hosttab.h"

struct xdp; /* the skeleton that bpftool made of bpf/xdp.bpf.c */
struct ring_buffer;

/* The XDP backend: what the daemon knows of the maps beside the maps themselves. */
struct dp_xdp {
	struct dataplane dp;
	struct xdp *skel;
	char *pin_dir;
	bool generic, force;
	bool adopted; /* the maps were there before us */
	bool swept;   /* … and hold only what we wrote now */

	uint32_t stamp; /* of what we write: abi_meta.starts */
	struct hosttab hosts4, hosts6;
	struct abi_nexthop *nexthops; /* mappings */
	struct abi_group *groups;
	struct abi_label *labels;
	size_t hosts4_bytes, hosts6_bytes;

	struct list ports;
	struct xdp_ac *acs[DP_AC_MAX + 1];
	uint8_t label_fresh[DP_LABEL_MAX / 8]; /* written since the start */
	uint8_t nexthop_fresh[DP_NEXTHOP_MAX / 8];
	uint8_t group_fresh[DP_GROUP_MAX / 8];

	struct ring_buffer *events;
	int budget; /* events left in this poll() */

	/* Where a walk over the prefixes stands. */
	struct abi_lpm walk_key;
	uint64_t walk_pos;
};

struct xdp_port {
	struct list in_ports;
	unsigned ifindex;
	enum dp_role role;
	int link; /* its bpf_link */
	bool generic;
	bool fresh; /* port_add() was called; else it is an earlier daemon's */
};

struct xdp_subnet {
	struct list in_ac;
	struct dp_subnet sn;
};

struct xdp_ac {
	struct dp_ac ac;
	struct list subnets;
};

static inline struct dp_xdp *dp_xdp_of(struct dataplane *dp)
{
	return container_of(dp, struct dp_xdp, dp);
}

/* dp_xdp.c: what a route to the group is in the tables, as the group is now */
uint64_t dp_xdp_group_value(const struct dp_xdp *x, uint32_t id);
void dp_xdp_group_empty(struct dp_xdp *x, uint32_t id);

/* dp_xdp_load.c: programs and maps in, pinned; 0 or -errno with the reason in
 * x->dp.error. */
int dp_xdp_load(struct dp_xdp *x, uint32_t fib_hosts);
void dp_xdp_unload(struct dp_xdp *x, bool leave_forwarding);
int dp_xdp_prog_fd(const struct dp_xdp *x);
/* -errno into words: what failed, and what to do about it if that is known. */
int dp_xdp_fail(struct dp_xdp *x, int err, const char *what);

/* dp_xdp_port.c */
void dp_xdp_ports_adopt(struct dp_xdp *x);
void dp_xdp_ports_sweep(struct dp_xdp *x);
void dp_xdp_ports_close(struct dp_xdp *x, bool leave_forwarding);
int dp_xdp_port_add(struct dataplane *dp, unsigned ifindex, enum dp_role role);
int dp_xdp_port_del(struct dataplane *dp, unsigned ifindex);
unsigned dp_xdp_port_mtu(unsigned ifindex); /* 0: unknown */

/* dp_xdp_ac.c */
int dp_xdp_ac_set(struct dataplane *dp, const struct dp_ac *ac);
int dp_xdp_ac_del(struct dataplane *dp, uint16_t id);
int dp_xdp_subnet_set(struct dataplane *dp, const struct dp_subnet *sn);
bool dp_xdp_was_master(struct dataplane *dp, const struct dp_subnet *sn, struct mono now);
int dp_xdp_subnet_del(struct dataplane *dp, uint16_t ac, const struct prefix *p);
void dp_xdp_acs_sweep(struct dp_xdp *x);
void dp_xdp_acs_free(struct dp_xdp *x);

/* dp_xdp_route.c */
int dp_xdp_route_set(struct dataplane *dp, uint32_t vrf, const struct prefix *p,
                     const struct dp_route *r);
int dp_xdp_route_del(struct dataplane *dp, uint32_t vrf, const struct prefix *p);
int dp_xdp_route_get(struct dataplane *dp, uint32_t vrf, const struct prefix *p,
                     struct dp_route *ret);
int dp_xdp_host_seen(struct dataplane *dp, uint32_t vrf, const struct ip *ip, bool *ret);
size_t dp_xdp_route_walk(struct dataplane *dp, uint64_t *pos, size_t max,
                         void (*fn)(void *arg, uint32_t vrf, const struct prefix *p,
                                    const struct dp_route *r),
                         void *arg);
void dp_xdp_routes_sweep(struct dp_xdp *x);

/* dp_xdp_show.c */
void dp_xdp_show_counters(struct dataplane *dp, struct view *v);
void dp_xdp_show_system(struct dataplane *dp, struct view *v);

/* dp_xdp_event.c */
int dp_xdp_events_open(struct dp_xdp *x);
int dp_xdp_event_fd(struct dataplane *dp);
void dp_xdp_poll(struct dataplane *dp);

/* Keys of the small maps. */
struct abi_addr dp_xdp_addr(uint32_t scope, const struct ip *ip);
struct abi_lpm dp_xdp_lpm(uint32_t scope, const struct prefix *p);
