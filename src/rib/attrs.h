/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rd.h"
#include "wire/bgp_attr.h"

/*
 * Interned attribute sets: the canonical image (wire/bgp_attr.h) and the next hop, once
 * for all routes that share them.  Immutable and counted; equal sets are one pointer, so
 * "did it change" is a comparison of pointers.  What best path and import look at again
 * and again is kept decoded; the rest is read from the image when somebody asks.
 */
struct attrs;
struct attrs_table;

struct attrs_table *attrs_table_new(void);
void attrs_table_free(struct attrs_table *t); /* all references are gone by then */
void attrs_table_stats(const struct attrs_table *t, size_t *ret_sets, size_t *ret_bytes);

/* The set equal to *a, next hop included; the reference is the caller's.  NULL: it is too
 * big for an image. */
const struct attrs *attrs_intern(struct attrs_table *t, const struct bgp_attrs *a);
const struct attrs *attrs_ref(const struct attrs *a); /* returns a */
void attrs_unref(const struct attrs *a);              /* NULL is fine */

/* What the decision process compares (rib_best.c). */
struct attrs_rank {
	uint32_t local_pref; /* 100 if absent */
	uint32_t med;        /* 0 if absent */
	uint32_t originator; /* host order, if has_originator */
	uint32_t neighbor_as;
	uint16_t as_path_len;
	uint16_t cluster_len; /* entries */
	uint8_t origin;
	bool has_originator;
	bool no_advertise; /* the community of RFC 1997 */
	bool llgr_stale;   /* that of RFC 9494: a last resort */
};

const struct attrs_rank *attrs_rank(const struct attrs *a);
const struct bgp_nexthop *attrs_nexthop(const struct attrs *a);
struct bgp_span attrs_extcoms(const struct attrs *a); /* units of 8 octets */
bool attrs_has_extcom(const struct attrs *a, const struct extcom *c);
struct bgp_span attrs_image(const struct attrs *a);
/* The whole set decoded, next hop included; borrows from a. */
void attrs_view(const struct attrs *a, struct bgp_attrs *ret);
