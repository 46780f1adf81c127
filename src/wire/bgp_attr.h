/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ip.h"
#include "base/rd.h"
#include "base/wbuf.h"

/*
 * Path attributes (RFC 4271 4.3, 5): the decoded view of a set, and its canonical image.
 *
 * The view borrows: its spans point into the UPDATE (or into the image) it was made of.
 * The image is what a table keeps and compares: every attribute but NEXT_HOP, MP_REACH
 * and MP_UNREACH, in ascending type order, each with its canonical flags and the shortest
 * length form, AS numbers in four octets.  Values are not reordered: a reflector must not
 * change what it passes on (RFC 4456 10).  So equal images are equal attribute sets, and
 * sending one is mostly a memcpy (bgp_write.h).
 */
enum bgp_attr_type {
	BGP_ATTR_ORIGIN = 1,
	BGP_ATTR_AS_PATH = 2,
	BGP_ATTR_NEXT_HOP = 3,
	BGP_ATTR_MED = 4,
	BGP_ATTR_LOCAL_PREF = 5,
	BGP_ATTR_ATOMIC_AGGREGATE = 6,
	BGP_ATTR_AGGREGATOR = 7,
	BGP_ATTR_COMMUNITIES = 8,   /* RFC 1997 */
	BGP_ATTR_ORIGINATOR_ID = 9, /* RFC 4456 */
	BGP_ATTR_CLUSTER_LIST = 10,
	BGP_ATTR_MP_REACH = 14, /* RFC 4760 */
	BGP_ATTR_MP_UNREACH = 15,
	BGP_ATTR_EXT_COMMUNITIES = 16, /* RFC 4360 */
	BGP_ATTR_AS4_PATH = 17,        /* RFC 6793 */
	BGP_ATTR_AS4_AGGREGATOR = 18,
	BGP_ATTR_PMSI_TUNNEL = 22,         /* RFC 6514 */
	BGP_ATTR_TUNNEL_ENCAP = 23,        /* RFC 9012 */
	BGP_ATTR_IP6_EXT_COMMUNITIES = 25, /* RFC 5701 */
	BGP_ATTR_LARGE_COMMUNITIES = 32,   /* RFC 8092 */
	BGP_ATTR_PREFIX_SID = 40,          /* RFC 8669 */
};

enum bgp_attr_flag {
	BGP_FLAG_OPTIONAL = 0x80,
	BGP_FLAG_TRANSITIVE = 0x40,
	BGP_FLAG_PARTIAL = 0x20,
	BGP_FLAG_EXT_LEN = 0x10,
};

enum bgp_origin { BGP_ORIGIN_IGP, BGP_ORIGIN_EGP, BGP_ORIGIN_INCOMPLETE };

/* What one attribute set may hold.  Over it the routes are treated as withdrawn. */
enum {
	BGP_MAX_ASNS = 750,        /* AS numbers in AS_PATH, sets included */
	BGP_MAX_COMMUNITIES = 256, /* of each kind: 4, 8, 12 and 20 octets */
	BGP_MAX_CLUSTERS = 256,
	BGP_MAX_CARRIED = 16, /* attributes carried unread */

	BGP_AS_PATH_MAX = BGP_MAX_ASNS * 6, /* octets: every AS a segment of its own */
	BGP_IMAGE_MAX = 65535 + BGP_AS_PATH_MAX,
};

/* Borrowed bytes. */
struct bgp_span {
	const uint8_t *p;
	size_t n; /* octets */
};

struct bgp_nexthop {
	struct ip addr; /* IPv4-mapped IPv6 for IPv6 NLRI reads as IPv4 (RFC 4659) */
	struct ip link_local; /* AFI_NONE if not given */
};

struct bgp_attrs {
	uint64_t present; /* bit per attribute type below 64 */
	uint64_t partial; /* those whose Partial bit was set on the way */

	uint8_t origin; /* enum bgp_origin */
	bool atomic_aggregate;
	uint32_t med, local_pref; /* mean something if present */
	uint32_t originator_id;   /* host order */
	uint32_t aggregator_as, aggregator_id;

	struct bgp_span as_path;     /* segments of four-octet AS numbers: bgp_aspath.h */
	struct bgp_span communities; /* units of 4 */
	struct bgp_span extcoms;     /* 8 */
	struct bgp_span largecoms;   /* 12 */
	struct bgp_span cluster_list; /* 4 */

	/* Whole attributes, header included, that nobody here reads but others may. */
	struct bgp_span carried[BGP_MAX_CARRIED];
	size_t n_carried;

	/* Not part of the image.  Of MP_REACH if there was one, else of NEXT_HOP. */
	struct bgp_nexthop nexthop;
};

static inline bool bgp_attr_has(const struct bgp_attrs *a, enum bgp_attr_type type)
{
	return a->present >> type & 1;
}

/* For whoever originates: note that the field of that type is set. */
static inline void bgp_attr_set(struct bgp_attrs *a, enum bgp_attr_type type)
{
	a->present |= UINT64_C(1) << type;
}

enum { BGP_LOCAL_PREF_DEFAULT = 100 }; /* what everybody takes a missing one for */

/* The preference to compare with. */
static inline uint32_t bgp_attr_local_pref(const struct bgp_attrs *a)
{
	return bgp_attr_has(a, BGP_ATTR_LOCAL_PREF) ? a->local_pref
	                                            : BGP_LOCAL_PREF_DEFAULT;
}

static inline size_t bgp_attr_n_extcoms(const struct bgp_attrs *a)
{
	return a->extcoms.n / sizeof(struct extcom);
}

static inline struct extcom bgp_attr_extcom(const struct bgp_attrs *a, size_t i)
{
	struct extcom c;

	memcpy(c.b, a->extcoms.p + i * sizeof(c), sizeof(c));
	return c;
}

bool bgp_attr_has_extcom(const struct bgp_attrs *a, const struct extcom *c);
/* RFC 4456 8: did this cluster see the route before? */
bool bgp_attr_has_cluster(const struct bgp_attrs *a, uint32_t cluster_id);
/* RFC 1997: NO_EXPORT and the like, host order. */
bool bgp_attr_has_community(const struct bgp_attrs *a, uint32_t community);

/* Append the canonical image; returns its length, 0 if it did not fit. */
size_t bgp_attrs_canon(const struct bgp_attrs *a, struct wbuf *w);
/* View an image that bgp_attrs_canon() wrote; it must outlive *ret.  False: it is none.
 */
bool bgp_attrs_of_canon(const uint8_t *image, size_t n, struct bgp_attrs *ret);

const char *bgp_attr_name(uint8_t type); /* "AS_PATH"; "unknown" */
