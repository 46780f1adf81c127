/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ip.h"
#include "base/mono.h"
#include "base/view.h"

/*
 * The forwarding contract: all that the control plane may ask of a data plane, and all
 * that it hears back.  Backends: xdp (BPF programs and pinned maps), mem (a table in
 * memory, for tests and dry runs).
 *
 * Writes take effect at once and are idempotent.  Numbers (VRF, attachment, next hop) are
 * the caller's and stable over restarts; a new daemon writes all it knows, then calls
 * sync_done(), and what an earlier daemon left and nobody wrote again goes away.
 */
struct dataplane;

enum dp_limits {
	DP_VRF_MAX = 65536, /* VRF numbers are below it, as are next hops and labels */
	DP_AC_MAX = 32767,
	DP_NEXTHOP_MAX = 16384,
	DP_GROUP_MAX = 16384, /* 0 is none, as with next hops */
	DP_GROUP_PATHS = 8,
	DP_LABEL_MAX = 1 << 20,
	DP_AC_MACS = 4, /* MACs an attachment answers to: its own, and its subnets' */
};

enum dp_role { DP_ROLE_ACCESS = 1, DP_ROLE_CORE = 2 };

/* An attachment circuit: frames of one (port, tags), belonging to one VRF. */
struct dp_ac {
	uint16_t id; /* 1…DP_AC_MAX */
	uint32_t vrf;
	unsigned ifindex;
	uint16_t vlan, inner_vlan; /* 0: no such tag */
	uint16_t tpid;  /* of the outer of two tags; 0: 0x88a8.  Both are heard */
	struct mac mac; /* source of forwarded frames: the port's own */
};

/* A subnet on an attachment: what ARP/ND answers need (RFC 7814 3.4). */
struct dp_subnet {
	uint16_t ac;
	struct prefix prefix;
	struct ip gateway;    /* answered on every attachment, anycast */
	struct ip link_local; /* likewise; AFI_NONE: none */
	struct mac proxy_mac; /* the answer */
	struct ip address;    /* this PE's alone: the port's MAC is answered, always */
	bool master;          /* false: VRRP backup, silent but for that */
	bool leased;          /* master only while lease() is kept up */
};

enum dp_encap { DP_ENCAP_UDP, DP_ENCAP_GRE, DP_ENCAP_MPLS };

/* How to reach another PE: one rewrite, resolved and ready (dataplane/nexthop.h). */
struct dp_nexthop {
	bool valid; /* false: packets are dropped and counted, "next hop has no path" */
	enum dp_encap encap;
	unsigned ifindex;
	struct mac dst, src;
	struct ip outer_src, outer_dst; /* IPv4 core, or IPv6 */
	uint32_t label[2];              /* transport labels, outermost first */
	uint8_t n_labels;
	uint16_t mtu; /* largest outer IP packet (or labelled packet) of the link */
};

/* Several next hops, each with the VPN label it wants, that take a route's packets
 * between them: a flow stays with one of them, and goes to another only while its own is
 * not valid.  An empty group is none. */
struct dp_path {
	uint32_t nexthop, label;
};

struct dp_group {
	size_t n;
	struct dp_path path[DP_GROUP_PATHS]; /* different next hops */
};

enum dp_route_kind {
	DP_ROUTE_REMOTE,  /* label over a next hop, or over those of a group */
	DP_ROUTE_LOCAL,   /* an attachment and a MAC */
	DP_ROUTE_DISCARD, /* the subnet's Null route: drop, glean, "no route, no pass" */
};

struct dp_route {
	enum dp_route_kind kind;
	uint32_t nexthop; /* REMOTE */
	uint32_t label;   /* REMOTE: the VPN label */
	uint32_t group;   /* REMOTE: not 0: instead of next hop and label */
	uint16_t ac;      /* LOCAL */
	struct mac mac;   /* LOCAL */
	bool sibling;     /* REMOTE, but of my own site: never proxied */
	bool router;      /* ND: the target's R flag (RFC 4861 7.2.5) */
	bool frozen;      /* duplicate: forwarded, not answered (RFC 9161 3.7) */
	bool edge_only;   /* prefixes: not used for packets from the core (RFC 7024 4) */
};

/* Something an access port told us.  Addresses are as in the packet, unchecked except
 * that the packet is well-formed; what must never be learnt from is not sent. */
enum dp_evidence_kind {
	DP_EV_ARP_REQUEST, /* sender and target */
	DP_EV_ARP_REPLY,
	DP_EV_GARP,      /* sender == target, request or reply */
	DP_EV_ARP_PROBE, /* sender 0.0.0.0: target is what the prober wants */
	DP_EV_RARP,      /* MAC only */
	DP_EV_NS,        /* sender and target; weak */
	DP_EV_NS_DAD,    /* source ::, target */
	DP_EV_NA,        /* solicited: sender is the target address */
	DP_EV_NA_UNSOLICITED,
	DP_EV_MISS,     /* somebody wants target, by data packet, ARP or NS, and no host
	                 * route covers it.  ac 0: the packet came from the core */
	DP_EV_SOURCE,   /* a data packet from an unknown sender */
	DP_EV_CONFLICT, /* somebody claims an address of ours */
	DP_EV_ASTRAY,   /* sender sends to target's former MAC, and target is at another
	                 * site or on another attachment: a stale cache */
	DP_EV_END,
};

struct dp_evidence {
	enum dp_evidence_kind kind;
	uint32_t vrf;
	uint16_t ac;
	struct mac mac;   /* the sender's hardware address */
	struct ip sender; /* AFI_NONE for RARP, MISS without source */
	struct ip target; /* AFI_NONE where there is none */
	bool router;      /* NA: R flag */
	bool override;    /* NA: O flag */
};

struct dp_events {
	void (*evidence)(void *arg, const struct dp_evidence *ev);
	void *arg;
};

/* Each returns 0 or -errno; a text for people goes to dp_error(). */
struct dataplane_ops {
	int (*port_add)(struct dataplane *dp, unsigned ifindex, enum dp_role role);
	int (*port_del)(struct dataplane *dp, unsigned ifindex);
	int (*vrf_set)(struct dataplane *dp, uint32_t vrf, uint32_t label);
	int (*vrf_del)(struct dataplane *dp, uint32_t vrf, uint32_t label);
	int (*ac_set)(struct dataplane *dp, const struct dp_ac *ac);
	int (*ac_del)(struct dataplane *dp, uint16_t ac);
	/* A subnet belongs to its attachment and goes with it; subnet_del is for the one
	 * that leaves earlier. */
	int (*subnet_set)(struct dataplane *dp, const struct dp_subnet *sn);
	int (*subnet_del)(struct dataplane *dp, uint16_t ac, const struct prefix *p);
	/* Leased mastership holds until then.  A daemon that dies lets it run out: the
	 * site's other PE takes over, and two that answer would confuse its switches. */
	int (*lease)(struct dataplane *dp, struct mono until);
	/* Did an earlier daemon leave us master there, with a lease that holds still? */
	bool (*was_master)(struct dataplane *dp, const struct dp_subnet *sn,
	                   struct mono now);
	/* A host route is any /32 or /128, all else is a prefix; both go through here. */
	int (*route_set)(struct dataplane *dp, uint32_t vrf, const struct prefix *p,
	                 const struct dp_route *r);
	int (*route_del)(struct dataplane *dp, uint32_t vrf, const struct prefix *p);
	/* What the packet path holds now; -ENOENT.  For `why` and `show fib`. */
	int (*route_get)(struct dataplane *dp, uint32_t vrf, const struct prefix *p,
	                 struct dp_route *ret);
	int (*nexthop_set)(struct dataplane *dp, uint32_t id,
	                   const struct dp_nexthop *nh);
	/* A group that routes use keeps its paths until none does: write another one,
	 * turn the routes to it, then empty the old. */
	int (*group_set)(struct dataplane *dp, uint32_t id, const struct dp_group *g);
	int (*group_get)(struct dataplane *dp, uint32_t id, struct dp_group *ret);
	/* Outer source addresses whose tunnels are accepted (RFC 4023 8, RFC 7510 7). */
	int (*peer_set)(struct dataplane *dp, const struct ip *pe, bool known);
	/* Where our own tunnels end: accept decapsulation for this outer destination. */
	int (*local_set)(struct dataplane *dp, const struct ip *source);
	/* Did the host speak since the last call?  Clears the mark.  -ENOENT: no route.
	 */
	int (*host_seen)(struct dataplane *dp, uint32_t vrf, const struct ip *ip,
	                 bool *ret);
	/* All is written: sweep what an earlier daemon left behind. */
	int (*sync_done)(struct dataplane *dp);
	void (*show_counters)(struct dataplane *dp, struct view *v);
	void (*show_system)(struct dataplane *dp, struct view *v);
	/* Routes in the packet path's tables, up to `max` from *pos on; returns how many,
	 * 0 at the end.  *pos is 0 at first and the backend's own after. */
	size_t (*route_walk)(struct dataplane *dp, uint64_t *pos, size_t max,
	                     void (*fn)(void *arg, uint32_t vrf, const struct prefix *p,
	                                const struct dp_route *r),
	                     void *arg);
	int (*event_fd)(struct dataplane *dp); /* readable: call poll(); -1: none */
	void (*poll)(struct dataplane *dp);    /* delivers evidence, bounded per call */
	void (*free)(struct dataplane *dp, bool leave_forwarding);
};

struct dataplane {
	const struct dataplane_ops *ops;
	struct dp_events events;
	char error[256]; /* the last failure, for people */
};

static inline const char *dp_error(const struct dataplane *dp)
{
	return dp->error;
}

/* The backend in memory; never fails. */
struct dataplane *dp_mem_new(const struct dp_events *ev);

struct dp_xdp_config {
	const char *pin_dir; /* on bpffs; made if missing, mounted by nobody here */
	uint32_t fib_hosts;  /* room, each family */
	bool generic;        /* fall back to generic XDP */
	bool force;          /* replace a foreign program on the hook */
};

/* Loads or adopts the pinned programs and maps.  On failure NULL and *ret_err says in one
 * line what is missing and what to do (free it). */
struct dataplane *dp_xdp_new(const struct dp_xdp_config *cfg, const struct dp_events *ev,
                             char **ret_err);
