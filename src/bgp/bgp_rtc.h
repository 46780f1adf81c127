/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "bgp/bgp_int.h"
#include "rib/bits.h"
#include "wire/nlri_rtc.h"

/*
 * Route target constrain (RFC 4684): neighbors say which route targets they import, and
 * get VPN routes with those only, of both families.  The inside of the speaker:
 *
 *	bgp_rtc.c        with a neighbor: its session, what it says, when its wishes
 *change bgp_rtc_table.c  the memberships, who has them, which path is told to others
 *	bgp_rtc_tx.c     memberships out
 *	bgp_rtc_show.c   commands
 *
 * A membership is a destination with a small number.  What neighbors have and what they
 * were told are sets of these numbers, so "does this neighbor want that target" is one
 * look into a hash table and one at a bit, whatever the number of neighbors.
 *
 * There is no index from targets to routes.  It would cost every route several octets,
 * and every change of a route's communities an update, to spare the walk over the table
 * that a neighbor with new wishes causes: one per burst of changes, some ten nanoseconds
 * a route, in steps between which everybody else is served (doc/architecture.md).
 */
enum {
	BGP_RTC_MAX = 100000, /* memberships of one neighbor; more is CEASE/1 */
	BGP_RTC_WAIT_S = 60,  /* its End-of-RIB is waited for so long (RFC 4684 6) */
	/* … or so long, if it has no graceful restart: then it knows no End-of-RIB either
	 */
	BGP_RTC_WAIT_NO_GR_S = 3,
	BGP_RTC_BATCH = 1024, /* memberships packed together */

	RTC_SELF = 0, /* the slot of our own memberships */
	RTC_NONE = UINT16_MAX,
	RTC_DEFAULT_BITS = 0,
	RTC_AS_BITS = 32, /* up to here a membership asks for every target */
};

/* Who is told depends on what it is (RFC 4684 3.2): a client of ours hears the best path,
 * and others the best one from clients or ourselves. */
enum rtc_audience { RTC_CLIENTS, RTC_OTHERS, RTC_AUDIENCES };

struct rtc_path {
	const struct attrs *attrs;
	uint16_t slot; /* RTC_SELF, or a neighbor's */
};

struct rtc_dest {
	struct hnode by_rt;
	struct rtc_nlri nlri;
	uint32_t id;
	uint32_t holds; /* neighbors that were told of it, or have it in `lost` */
	struct rtc_path *path;
	uint16_t n;
	uint32_t cap;
	uint16_t best[RTC_AUDIENCES]; /* index of a path, RTC_NONE */
};

struct bgp_rtc {
	struct bgp *bgp;
	struct hmap by_rt;      /* by target and length: origin ASes share a chain */
	struct rtc_dest **dest; /* by number */
	uint32_t n_dest;
	struct bits unused;                    /* numbers */
	uint32_t of_length[NLRI_RTC_FULL + 1]; /* destinations */
	uint8_t length[NLRI_RTC_FULL + 1];     /* those above 32 that are in use … */
	size_t n_lengths;

	struct bgp_peer **peer; /* by slot; [RTC_SELF] is NULL */
	size_t n_slots;
	size_t n_clients; /* configured */
	size_t n_plain;   /* clients that speak no RTC: they want everything */
	struct attrs_table *attrs;
	const struct attrs *own; /* attributes of our own memberships */
	struct list due;         /* neighbors to look after in bgp_run() */
};

struct bgp_rtc_peer {
	struct bgp_peer *peer;
	struct list due; /* in bgp_rtc->due */
	uint16_t slot;
	bool on;       /* negotiated, and not disabled */
	bool disabled; /* after a malformed MP attribute (RFC 7606 5.1): gets everything
	                */
	bool plain;    /* a client whose last session was without */

	struct bits has;   /* its memberships */
	struct bits stale; /* those of before a restart or refresh */
	uint32_t all;      /* of them, such as ask for everything */
	struct bgp_timer sweep;

	bool waiting;          /* no VPN routes before its End-of-RIB … */
	struct bgp_timer wait; /* … or this */
	bool eor_seen;
	bool wishes;      /* changed since its routes were last looked through */
	struct bits lost; /* memberships that went, while that may not have finished; … */
	uint32_t lost_all; /* … of them, such as ask for everything */
	bool unsure;       /* and others came meanwhile: see bgp_rtc.c */
	bool ask;          /* our imports grew: it cannot know, so ask for its routes */

	struct bits told;  /* they hold it from us */
	struct bits dirty; /* what they should hold may have changed */
	struct bits gone;  /* ours that went: to be said even if they are back */
	bool eor_sent, eorr_due, refresh_again;

	uint64_t rx, withdrawn_rx, tx, withdrawn_tx;
	uint32_t over_limit, waited_out;
};

/* --- bgp_rtc.c: for the rest of the speaker -------------------------------------------
 */
struct bgp_rtc *bgp_rtc_new(struct bgp *b);
void bgp_rtc_free(struct bgp_rtc *t); /* after the peers */
void bgp_rtc_peer_new(struct bgp_peer *p);
void bgp_rtc_peer_free(struct bgp_peer *p);
bool bgp_rtc_offered(const struct bgp_peer *p); /* in our OPEN */
void bgp_rtc_up(struct bgp_peer *p);
void bgp_rtc_down(struct bgp_peer *p, int64_t keep_s); /* stale for so long; 0: not */
void bgp_rtc_stop(struct bgp_peer *p); /* no session comes back: what is stale goes */
void bgp_rtc_disable(struct bgp_peer *p);
void bgp_rtc_eor(struct bgp_peer *p);
void bgp_rtc_announced(struct bgp_peer *p, const struct bgp_mp *mp,
                       const struct bgp_attrs *a);
void bgp_rtc_withdrawn(struct bgp_peer *p, const struct bgp_mp *mp);
void bgp_rtc_refresh(struct bgp_peer *p, uint8_t subtype); /* the peer's RFC 7313 */
void bgp_rtc_run(struct bgp_rtc *t);                       /* one turn */
void bgp_rtc_due(struct bgp_peer *p);
void bgp_rtc_recheck(struct bgp_rtc *t); /* after a restart: somebody came or went */

/* VPN routes to this neighbor wait: nothing is sent, not even End-of-RIB. */
static inline bool bgp_rtc_waits(const struct bgp_rtc_peer *r)
{
	return r->waiting;
}

/* Does the neighbor want routes with these attributes?  True for those without RTC. */
bool bgp_rtc_wants(const struct bgp_peer *p, enum afi afi, const struct attrs *a);
/* … and was it told of such a route, may it have thrown it away since?  For a scan. */
bool bgp_rtc_unsure(const struct bgp_peer *p, const struct attrs *a);

bool rtc_clients_heard(const struct bgp_rtc *t); /* or nobody waits for them */

/* --- bgp_rtc_table.c ------------------------------------------------------------------
 */
void rtc_table_fini(struct bgp_rtc *t);
struct rtc_dest *rtc_find(const struct bgp_rtc *t, const struct rtc_nlri *n);
/* True: the neighbor did not have it before. */
bool rtc_add(struct bgp_rtc *t, uint16_t slot, const struct rtc_nlri *n,
             const struct attrs *attrs);
/* NULL: there was none.  Else valid until it is let go of, see rtc_hold(). */
struct rtc_dest *rtc_del(struct bgp_rtc *t, uint16_t slot, const struct rtc_nlri *n);
void rtc_hold(struct rtc_dest *d);
void rtc_release(struct bgp_rtc *t, struct rtc_dest *d);
void rtc_tidy(struct bgp_rtc *t, struct rtc_dest *d); /* frees it when nobody needs it */
void rtc_choose(struct bgp_rtc *t, struct rtc_dest *d); /* anew */
/* Does the holder of that set ask for the target? */
bool rtc_wanted(const struct bgp_rtc *t, const struct bits *has, const struct extcom *rt);
struct rtc_dest *rtc_default(const struct bgp_rtc *t); /* or NULL */
enum rtc_audience rtc_audience(const struct bgp_peer *p);
const struct rtc_path *rtc_best(const struct rtc_dest *d, enum rtc_audience a);
const struct rib_source *rtc_source(const struct bgp_rtc *t, const struct rtc_path *p);

/* --- bgp_rtc_tx.c ---------------------------------------------------------------------
 */
void rtc_tx_begin(struct bgp_rtc_peer *r);
void rtc_tx_end(struct bgp_rtc_peer *r);
void rtc_tx_again(struct bgp_rtc_peer *r); /* all: the peer asks */
bool rtc_tx_pending(const struct bgp_rtc_peer *r);
void rtc_tx_flush(struct bgp_rtc_peer *r);

/* --- bgp_rtc_show.c -------------------------------------------------------------------
 */
struct view;
void bgp_rtc_show_peer(struct view *v, const struct bgp_peer *p);
enum cmd_status bgp_rtc_show(void *arg, struct cmd_req *req);
