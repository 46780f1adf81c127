/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cmd.h"
#include "base/ip.h"
#include "base/rd.h"

/*
 * VRFs: a pipe between the BGP table and this PE's forwarding (RFC 4364 4.3).  Routes
 * whose targets match come in, the best of each prefix over all RDs is chosen (spec 1.7),
 * and goes to the data plane and to host/; local hosts go out as labelled VPN routes.
 */
struct vrfs;
struct rib;

enum vrf_proto { VRF_ARP, VRF_ND, VRF_DIRECT, VRF_STATIC, VRF_BGP };

/* The encapsulation a route asks for (RFC 9012 4.1), or the node's own. */
enum vrf_encap { VRF_ENCAP_UDP, VRF_ENCAP_GRE, VRF_ENCAP_MPLS };

struct vrf_remote {
	struct ip pe; /* BGP next hop */
	enum vrf_encap encap;
	uint32_t label;
	struct extcom soo; /* zero: none */
	uint32_t seq;
	bool sticky;
	struct mac mac; /* the host's own, zero: not told */
	bool router;    /* ND flag R of the host (RFC 9047) */
	bool immutable; /* bound there for good: sticky, or flag I (RFC 9047) */
	bool sibling;   /* my own site's route */
	uint32_t via;   /* the owner's word, see vrf_ops.remote */
};

enum { VRF_PATHS_MAX = 8 }; /* that share a prefix's packets */

struct vrf_ops {
	/* The remote routes to use for the prefix changed: r is the best one, and n - 1
	 * more that are as good, of other PEs of the same site, follow it, in an order
	 * that is theirs.  NULL: none is left.  *via is a word of the owner's, kept with
	 * the prefix, 0 at first: what it holds for this route. */
	void (*remote)(void *arg, uint32_t vrf, const struct prefix *p,
	               const struct vrf_remote *r, size_t n, uint32_t *via);
	/* Is this PE (next hop) reachable now?  Unresolvable routes are not chosen. */
	bool (*resolvable)(void *arg, const struct ip *pe, enum vrf_encap encap);
	/* No route names this way any more: interest that resolvable() made ends. */
	void (*forget)(void *arg, const struct ip *pe, enum vrf_encap encap);
	/* "PE-2", the name shown for a next hop, or NULL for its address. */
	const char *(*pe_name)(void *arg, const struct ip *pe);
	/* A target is imported from now on, or no longer by any VRF.  NULL: who cares. */
	void (*imports)(void *arg, const struct extcom *rt, bool now);
	/* A local host's route found no room in the table: nobody else hears of the host.
	 * NULL: who cares. */
	void (*refused)(void *arg, uint32_t vrf, const struct prefix *p);
};

struct vrf_config {
	uint32_t id;
	const char *name; /* copied */
	struct rd rd;
	uint32_t label;
	const struct extcom *import_rt, *export_rt; /* copied */
	size_t n_import, n_export;
	bool import_outside;
	/* Outside of the subnets, take at least the hosts that others advertise as
	 * configured (ORIGIN IGP): their loopbacks in this VPN. */
	bool import_loopbacks;
	bool advertise_mac;    /* of hosts, with their routes */
	bool seq_to_localpref; /* for peers that know no sequence numbers */
};

struct vrfs_config {
	struct rib *rib;  /* borrowed */
	struct ip source; /* our next hop */
	uint32_t router_id;
	enum vrf_encap encap; /* advertised and default */
	unsigned max_paths;   /* at most VRF_PATHS_MAX; 0, 1: one */
	const struct vrf_ops *ops;
	void *arg;
};

struct vrfs *vrfs_new(const struct vrfs_config *cfg);
void vrfs_free(struct vrfs *v); /* when nobody else changes the rib any more */

void vrf_add(struct vrfs *v, const struct vrf_config *cfg);
void vrf_del(struct vrfs *v, uint32_t id); /* withdraws what it originated */
void vrf_subnet_add(struct vrfs *v, uint32_t id, const struct prefix *p);
/* A site of ours in this VRF: routes with this SoO are siblings' (spec 1.8). */
void vrf_site_add(struct vrfs *v, uint32_t id, const struct extcom *soo);

/* A local host: originate its route (spec 3.3), or withdraw it. */
struct vrf_host {
	struct ip ip;
	struct extcom soo;
	struct mac mac; /* zero: not told */
	uint32_t seq;
	bool sticky;
	bool immutable;
	bool router;
	bool configured; /* static: ORIGIN IGP */
};
void vrf_host_up(struct vrfs *v, uint32_t id, const struct vrf_host *host);
void vrf_host_down(struct vrfs *v, uint32_t id, const struct ip *ip);

bool vrf_best_remote(const struct vrfs *v, uint32_t id, const struct prefix *p,
                     struct vrf_remote *ret);
/* All that are used, the best one first. */
size_t vrf_paths(const struct vrfs *v, uint32_t id, const struct prefix *p,
                 struct vrf_remote ret[VRF_PATHS_MAX]);
void vrfs_max_paths(struct vrfs *v, unsigned max); /* from now on */

/* Everyone who has the prefix, and why a route is used, or not. */
enum vrf_verdict {
	VRF_NEW,
	VRF_BEST,
	VRF_EQUAL,
	VRF_UNREACHABLE,
	VRF_NO_ENCAP,
	VRF_STALE,
	VRF_NOT_BOUND,
	VRF_OLDER,
	VRF_OTHER_SITE,
	VRF_LOCAL_PREF,
	VRF_AS_PATH,
	VRF_ORIGIN,
	VRF_MED,
	VRF_EBGP,
	VRF_ADDRESS,
	VRF_SAME_PE,
	VRF_OVER,
};

struct vrf_candidate {
	struct rd rd;
	struct vrf_remote r;
	enum vrf_verdict verdict;
	unsigned hidden; /* other PEs that say so under this RD: one of an RD is used */
};

const char *vrf_verdict_text(enum vrf_verdict verdict);
/* Up to max of them, in no order; returns how many there are. */
size_t vrf_candidates(const struct vrfs *v, uint32_t id, const struct prefix *p,
                      struct vrf_candidate *ret, size_t max);
bool vrf_local(const struct vrfs *v, uint32_t id, const struct ip *ip);
/* Addresses whose chosen remote route tells that MAC, at most max of them. */
size_t vrf_of_mac(const struct vrfs *v, uint32_t id, const struct mac *mac,
                  struct ip *ret, size_t max);
/* Chosen remote routes, those in the next `look` places of the table; *pos is 0 at first.
 * False: that was all. */
bool vrf_remotes(const struct vrfs *v, uint32_t id, uint64_t *pos, size_t look,
                 void (*fn)(void *arg, const struct prefix *p,
                            const struct vrf_remote *r),
                 void *arg);
/* Next hops changed reachability: choose again where it matters. */
void vrfs_reresolve(struct vrfs *v);

/* Does any VRF import a route with these extended communities (8 octets each)? */
bool vrfs_want(const struct vrfs *v, const uint8_t *extcoms, size_t n);
/* Every target that is imported, each once, as vrf_ops.imports tells it. */
void vrfs_imports(const struct vrfs *v);

const char *vrf_name(const struct vrfs *v, uint32_t id); /* NULL: no such VRF */
bool vrf_by_name(const struct vrfs *v, const char *name, uint32_t *ret_id);

/* `show routes [VPN] [PREFIX]`, `show subnets` */
extern const struct cmd vrf_cmds[];
extern const size_t vrf_cmds_n;
