/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "bgp/bgp_int.h"

/*
 * The life of a neighbor: its sessions come and go, rest, restart, are limited.  Part of
 * bgp_int.h, which is what to include.
 */

/* --- bgp.c ---------------------------------------------------------------------------
 */
/* Into the list before that one, NULL: at the end; started. */
struct bgp_peer *bgp_peer_insert(struct bgp *b, const struct bgp_peer_config *cfg,
                                 struct bgp_dyn *dyn, struct list *before);
void bgp_peer_remove(struct bgp_peer *p, enum bgp_cease sub);
/* True: by a new session, which another struct bgp_peer has; p is gone. */
bool bgp_peer_alter(struct bgp_peer *p, const struct bgp_peer_config *cfg);

/* --- bgp_peer.c ----------------------------------------------------------------------
 */
struct bgp_peer *bgp_peer_new(struct bgp *b, const struct bgp_peer_config *cfg);
/* Fill in what is the speaker's unless given. */
void bgp_peer_complete(const struct bgp *b, struct bgp_peer_config *cfg);
void bgp_peer_free(struct bgp_peer *p); /* stopped before */
/* The same, but its routes go in steps; it is in no list of neighbors any more. */
void bgp_peer_retire(struct bgp_peer *p);
void bgp_peer_start(struct bgp_peer *p);
void bgp_peer_stop(struct bgp_peer *p, const struct bgp_fault *why);
void bgp_peer_up(struct bgp_conn *c);
void bgp_peer_down(struct bgp_conn *c, bool keep_stale);
void bgp_peer_error(struct bgp_peer *p, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
enum bgp_state bgp_peer_state(const struct bgp_peer *p); /* the furthest of both */
void bgp_peer_eor(struct bgp_peer *p, enum afi afi);
void bgp_peer_stale(struct bgp_peer *p, enum afi afi); /* all it has said so far */
void bgp_peer_sweep(struct bgp_peer *p, enum afi afi); /* what is stale; in steps */
void bgp_peer_sweep_step(struct bgp_peer *p);
void bgp_peer_sweep_now(struct bgp_peer *p, enum afi afi); /* the rest of it */
void bgp_peer_drop(struct bgp_peer *p, enum afi afi);      /* all routes; in steps */

/* --- bgp_backoff.c -------------------------------------------------------------------
 */
/* A connection ended by this event: when is the neighbor tried again? */
void bgp_backoff(struct bgp_peer *p, enum bgp_fsm_event ev, const struct bgp_fault *why);
void bgp_backoff_forgive(struct bgp_peer *p); /* a session ends: was it a good one? */
void bgp_backoff_settle(struct bgp_peer *p);  /* nobody tries any more: try again later */
void bgp_backoff_retry(struct bgp_conn *c);   /* arm the ConnectRetryTimer */

/* --- bgp_limit.c ---------------------------------------------------------------------
 */
bool bgp_limit_check(struct bgp_peer *p, enum afi afi); /* true: the session is over */

/* --- bgp_llgr.c ----------------------------------------------------------------------
 */
void bgp_llgr_caps(const struct bgp_peer *p, struct bgp_caps *ret);
uint32_t bgp_llgr_time(const struct bgp_conn *c, enum afi afi); /* s; 0: not at all */
bool bgp_llgr_vouches(const struct bgp_conn *c,
                      enum afi afi);                   /* for what is long stale */
bool bgp_llgr_known(const struct bgp_peer *p);         /* who is up knows it */
bool bgp_llgr_begin(struct bgp_peer *p, enum afi afi); /* false: what is stale must go */
void bgp_llgr_step(struct bgp_peer *p, enum afi afi);
void bgp_llgr_finish(struct bgp_peer *p, enum afi afi); /* all steps that are left */

/* --- bgp_restart.c -------------------------------------------------------------------
 */
void bgp_restart_init(struct bgp *b);
void bgp_restart_caps(const struct bgp_peer *p, struct bgp_caps *ret);
/* Is this fault one that must end the session for good, not gracefully? */
bool bgp_restart_hard(const struct bgp_conn *c, const struct bgp_fault *f);
/* Do the neighbor's routes outlive the end of its session? */
bool bgp_restart_keeps(const struct bgp_conn *c, enum bgp_fsm_event ev,
                       const struct bgp_fault *f);
void bgp_restart_lost(struct bgp_conn *c, bool keep); /* of each family, what becomes? */
void bgp_restart_back(struct bgp_conn *c);            /* it is up again */
void bgp_restart_over(struct bgp_peer *p, enum afi afi); /* the timer of what is stale */
void bgp_restart_check(struct bgp *b);                   /* may routes be told now? */
bool bgp_restart_may_send(const struct bgp *b);
