/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "wire/bgp_attr.h"
#include "wire/bgp_update.h"

/*
 * The one table of path attributes, the inside of bgp_attr.h and bgp_update.h: what each
 * looks like, how it is read, and what happens when it is wrong (RFC 7606 7).
 */

/* An attribute list being read. */
struct bgp_attr_in {
	const struct bgp_ctx *ctx;
	struct bgp_attrs *attrs;
	struct bgp_update *u;  /* NULL: an image, which has no MP attributes */
	struct bgp_span path2; /* AS_PATH of two-octet numbers, still to be merged … */
	struct bgp_span path4; /* … with this */
	uint32_t as4_aggregator_as, as4_aggregator_id;
	bool has_as4_aggregator;
	bool foreign_routes; /* MP_REACH of a family that is none of ours had routes */
};

/* What was wrong with a value; code 0: nothing. */
struct bgp_attr_verdict {
	uint8_t subcode; /* enum bgp_update_error or BGP_UPDATE_OVER_LIMIT */
	uint8_t fate;    /* enum bgp_fate; 0: that of the row */
};

struct bgp_attr_row {
	const char *name;
	uint8_t flags;     /* Optional and Transitive as they must be */
	uint16_t min, max; /* octets of value */
	uint8_t unit;      /* they come in multiples of this, if not 0 */
	uint16_t limit;    /* more octets than this we do not hold, if not 0 */
	uint8_t bad;       /* enum bgp_fate of a malformed value */
	bool ibgp_only;    /* dropped when it comes from outside the AS */
	bool as2_only;     /* dropped when it comes from a peer with four-octet AS */
	bool carry;        /* shape is known, content is not read: passed on as it is */
	struct bgp_attr_verdict (*read)(struct bgp_attr_in *in, struct cur v);
};

/* NULL: not one we know. */
const struct bgp_attr_row *bgp_attr_row(uint8_t type);

/* Keep a whole attribute unread.  False: that would be more than BGP_MAX_CARRIED. */
bool bgp_attr_carry(struct bgp_attrs *a, const uint8_t *attr, size_t len);

/* Attribute header at c; *ret_attr spans header and value.  False: it overruns. */
bool bgp_attr_header(struct cur *c, uint8_t *ret_flags, uint8_t *ret_type,
                     struct cur *ret_v, struct bgp_span *ret_attr);
/* Append an attribute with the shortest length form. */
void bgp_attr_put(struct wbuf *w, uint8_t flags, uint8_t type, const void *value,
                  size_t n);

/* bgp_mp.c: readers of MP_REACH_NLRI and MP_UNREACH_NLRI */
struct bgp_attr_verdict bgp_mp_read_reach(struct bgp_attr_in *in, struct cur v);
struct bgp_attr_verdict bgp_mp_read_unreach(struct bgp_attr_in *in, struct cur v);
/* Can packets be sent to it?  (RFC 4271 6.3; the same for every family) */
bool bgp_mp_nexthop_ok(const struct ip *ip);
