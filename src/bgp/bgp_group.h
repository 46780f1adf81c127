/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ip.h"
#include "base/list.h"
#include "rib/bits.h"

/*
 * Update groups: what is the same for many neighbors is computed and encoded once.
 *
 * A *group* is all neighbors to whom the same routes go as the same bytes: the key.
 * Within it a *cohort* is those that are in step: they share one rib_reader, and each
 * batch it yields is encoded once for all of them.  A neighbor that cannot keep up, asks
 * for a refresh or is new has a cohort of its own, and joins another when both are at the
 * same place of the table.  So a slow one delays nobody and is caught up from the table.
 *
 * Members of a cohort differ in a few routes only: those a member gave us itself, or
 * would throw away.  The reader's `told` says what the cohort holds, `except` what of it
 * this member does not.  A destination that nobody holds is not told, so `except` is a
 * subset.
 */
struct bgp;
struct bgp_peer;
struct rib_reader;
struct rib_key;

struct bgp_tx_limits { /* octets; the defaults are BGP_TX_HIGH … */
	size_t high, low, lag, turn;
};

struct bgp_group_key {
	enum afi afi;
	bool ebgp, client, as4, ext_next_hop, llgr;
	uint32_t msg_max;
	uint8_t add_path; /* so many of the best paths (RFC 7911); 0: the best one */
};

struct bgp_group {
	struct list link; /* in bgp->groups */
	struct bgp *bgp;
	struct bgp_group_key key;
	struct list cohorts;
	size_t n_cohorts;
};

/* Where several paths are told, what is held is a list (bgp_paths.h): such a cohort has
 * one member for good. */
struct bgp_cohort {
	struct list link;     /* in group->cohorts */
	struct list due_link; /* in bgp->tx_due */
	struct bgp_group *group;
	struct rib_reader *reader;
	struct bgp_paths *paths; /* ADD-PATH: what was told; else NULL */
	struct list members;
	size_t n_members;
};

struct bgp_member { /* a family of a neighbor that is Established */
	struct list link;
	struct bgp_cohort *cohort; /* NULL: it gets nothing of this family */
	struct bgp_peer *peer;
	struct bits except;
};

/* A new session: the member is in a cohort that is about to read the whole table. */
void bgp_group_join(struct bgp_peer *p, enum afi afi);
void bgp_group_leave(struct bgp_peer *p, enum afi afi);
/* A cohort of its own for m, at the same place. */
struct bgp_cohort *bgp_group_alone(struct bgp_member *m);
/* The same for all members that have `at_least` octets waiting. */
void bgp_group_leave_behind(struct bgp_cohort *co, size_t at_least);
/* co goes on together with a cohort that is at the same place, if there is one. */
void bgp_group_meet(struct bgp_cohort *co);
void bgp_group_meet_all(struct bgp *b);
void bgp_group_due(struct bgp_cohort *co); /* something is to be computed or sent */

/* What a neighbor holds of ours. */
size_t bgp_group_told_count(const struct bgp_peer *p, enum afi afi);
bool bgp_group_pending(const struct bgp_peer *p, enum afi afi); /* something to read */
bool bgp_group_holds(const struct bgp_peer *p, const struct rib_key *key);
