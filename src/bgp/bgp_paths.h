/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * What a neighbor with ADD-PATH (RFC 7911) was told of each destination.  Where one bit
 * does for the best path, several paths need a list: which path has which identifier, and
 * what was said of it, so that only what changed is said again.
 *
 * Identifiers are small, unique at their destination, and stay with a path (its source
 * and the identifier that one gave it) for as long as it is told.
 */
struct attrs;
struct rib_path;

enum { BGP_PATHS_MAX = 255 }; /* of a destination, told to one neighbor */

struct bgp_told_path {
	const struct attrs *attrs; /* held, so that no other set gets its address */
	uint32_t label;
	uint32_t id;      /* ours */
	uint32_t from_id; /* the source's */
	uint32_t source;
};

struct bgp_told {
	uint32_t n;
	struct bgp_told_path path[];
};

struct bgp_paths {
	struct bgp_told **dest; /* by record number; NULL: nothing is told */
	size_t cap;
	size_t count; /* paths told, of all destinations */
};

struct bgp_paths *bgp_paths_new(void);
void bgp_paths_free(struct bgp_paths *t); /* NULL is fine */
const struct bgp_told *bgp_paths_get(const struct bgp_paths *t, uint32_t dest);
/* The told path that is this one, or NULL. */
const struct bgp_told_path *bgp_paths_find(const struct bgp_told *told,
                                           const struct rib_path *p);
/* From now on these n paths are told; their identifiers go to ret_id. */
void bgp_paths_set(struct bgp_paths *t, uint32_t dest, const struct rib_path *const *p,
                   size_t n, uint32_t *ret_id);
/* One is not told after all.  Returns how many are left. */
size_t bgp_paths_drop(struct bgp_paths *t, uint32_t dest, uint32_t id);
