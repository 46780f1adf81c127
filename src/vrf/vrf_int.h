/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/hmap.h"
#include "base/list.h"
#include "base/slab.h"
#include "rib/attrs.h"
#include "rib/rib.h"
#include "vrf/vrf.h"

/* What the files of vrf/ share; nobody else includes this. */

/* A way that candidates name: a PE and the encapsulation it takes. */
struct vrf_pe {
	struct hnode by_way;
	struct ip pe;
	enum vrf_encap encap;
	size_t refs; /* candidates */
};

/* One VPN route (of one RD) that a VRF has taken in for a prefix. */
struct vrf_cand {
	struct vrf_cand *next;
	struct rd rd;
	uint32_t label;
	uint8_t verdict; /* enum vrf_verdict */
	bool ebgp;
	const struct attrs *attrs; /* referenced */
	struct vrf_pe *pe;         /* referenced; NULL: it names no way we have */
};

/* A prefix of a VRF: what others advertise, what is here, and what was chosen. */
struct vrf_route {
	struct hnode by_prefix;
	struct prefix prefix;
	bool has_mac : 1;        /* the chosen path's is in the index */
	bool local : 1;          /* a host of ours, originated */
	bool configured : 1;     /* … and a static one */
	bool busy : 1;           /* being told about: not to be freed */
	uint32_t via;            /* the owner's word */
	struct vrf_cand *cand;   /* owned */
	struct vrf_cand *chosen; /* one of cand, or NULL */
};

/* A host route whose chosen path tells its MAC. */
struct vrf_mac {
	struct hnode by_mac;
	struct vrf_route *route;
};

struct vrf {
	struct hnode by_id;
	struct list by_order; /* of configuration */
	uint32_t id;
	char *name;
	struct rd rd;
	uint32_t label;
	struct extcom *import_rt, *export_rt;
	size_t n_import, n_export;
	bool import_outside, import_loopbacks, advertise_mac, seq_to_localpref;

	struct prefix *subnet;
	size_t n_subnets;
	struct extcom *site;
	size_t n_sites;

	struct hmap routes;
	struct hmap by_mac; /* struct vrf_mac; bounded for each MAC */
	size_t n_local;
};

/* A route target and a VRF that imports it. */
struct vrf_import {
	struct hnode by_rt;
	struct extcom rt;
	struct vrf *vrf;
};

struct vrfs {
	struct vrfs_config cfg;
	struct rib_source *self; /* what we originate */
	struct hmap by_id;
	struct hmap imports;
	struct hmap pes;
	struct slab routes, cands; /* vrf_route, vrf_cand: one of each for every route */
	struct slab macs;          /* vrf_mac: one for a route that tells a MAC */
	struct list order;
	uint64_t outside; /* routes refused: not inside a subnet of the VRF */
	uint64_t refused; /* local hosts' routes for which the table had no room */
};

/* The i-th extended community of a path. */
static inline struct extcom vrf_extcom(struct bgp_span x, size_t i)
{
	struct extcom c;

	memcpy(c.b, x.p + i * sizeof(c), sizeof(c));
	return c;
}

static inline size_t vrf_n_extcoms(struct bgp_span x)
{
	return x.n / sizeof(struct extcom);
}

struct vrf *vrf_find(const struct vrfs *v, uint32_t id);
struct vrf_route *vrf_route_find(const struct vrf *f, const struct prefix *p);

/* vrf_import.c: from the rib */
void vrf_import_best(void *arg, const struct rib_key *key, const struct rib_path *old,
                     const struct rib_path *new);
void vrf_import_all(struct vrfs *v, struct vrf *f); /* what the rib holds already */
void vrf_remote_of(const struct vrfs *v, const struct vrf *f, const struct vrf_cand *c,
                   struct vrf_remote *ret);
struct vrf_route *vrf_route_need(struct vrfs *v, struct vrf *f, const struct prefix *p);
/* Undo what the candidate holds and free it; it is out of its route's list. */
void vrf_cand_free(struct vrfs *v, struct vrf_cand *c);
void vrf_route_tidy(struct vrfs *v, struct vrf *f,
                    struct vrf_route *r); /* frees it when empty */

/* vrf_choose.c: between the two calls the route's candidates may change in any way; then
 * it is chosen anew, and the owner is told of a difference. */
struct vrf_before {
	size_t n;
	struct vrf_remote was[VRF_PATHS_MAX];
};
void vrf_before_change(const struct vrfs *v, const struct vrf *f,
                       const struct vrf_route *r, struct vrf_before *ret);
void vrf_after_change(struct vrfs *v, struct vrf *f, struct vrf_route *r,
                      const struct vrf_before *b);
void vrf_choose(struct vrfs *v, struct vrf *f, struct vrf_route *r);
/* What is used now, the best one first. */
size_t vrf_route_remotes(const struct vrfs *v, const struct vrf *f,
                         const struct vrf_route *r, struct vrf_remote ret[VRF_PATHS_MAX]);

/* PEs that the candidate's RD hides. */
unsigned vrf_hidden(const struct vrfs *v, const struct vrf_route *r,
                    const struct vrf_cand *c);

/* vrf_mac.c: the route's chosen path told the one MAC and tells the other from now on;
 * zero or NULL: none */
void vrf_mac_index(struct vrfs *v, struct vrf *f, struct vrf_route *r,
                   const struct mac *was, const struct mac *now);
void vrf_mac_drop(struct vrfs *v, struct vrf *f); /* all of them */

/* vrf_pe.c */
struct vrf_pe *vrf_pe_ref(struct vrfs *v, const struct ip *pe, enum vrf_encap encap);
void vrf_pe_unref(struct vrfs *v, struct vrf_pe *p); /* NULL is fine */

/* vrf_export.c: to the rib */
void vrf_originate(struct vrfs *v, struct vrf *f, const struct vrf_host *h);
void vrf_unoriginate(struct vrfs *v, struct vrf *f, const struct prefix *p);
