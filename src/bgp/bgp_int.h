/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/buf.h"
#include "base/heap.h"
#include "base/hmap.h"
#include "base/list.h"
#include "bgp/bgp.h"
#include "bgp/bgp_bounds.h"
#include "bgp/bgp_fsm.h"
#include "bgp/bgp_group.h"
#include "bgp/bgp_outq.h"
#include "bgp/bgp_tap.h"
#include "rib/attrs.h"
#include "rib/rib.h"
#include "wire/bgp_msg.h"
#include "wire/bgp_notification.h"
#include "wire/bgp_open.h"
#include "wire/bgp_update.h"

/*
 * The inside of the speaker.  Who does what:
 *
 *	bgp.c        the speaker: peers, deadlines, convergence
 *	bgp_config.c a neighbor's configuration as a value: copies, comparison
 *	bgp_dyn.c    neighbors that come from a prefix and are made when they come
 *	bgp_fsm.c    the table
 *	bgp_peer.c   a neighbor: its two connections, session up and down
 *	bgp_backoff.c  when a neighbor is tried again
 *	bgp_limit.c    how many prefixes it may have
 *	bgp_admin.c    what the operator does to it
 *	bgp_llgr.c     long-lived graceful restart
 *	bgp_restart.c  graceful restart, of neighbors and of ourselves
 *	bgp_conn.c   a connection: events, actions, timers, the byte stream both ways
 *	bgp_rx.c     UPDATE and ROUTE-REFRESH in: checks, into the rib
 *	bgp_tx.c     out of the rib: when, End-of-RIB, refresh
 *	bgp_group.c  update groups: who is in step with whom
 *	bgp_batch.c  out of the rib: who gets what, packed once for all who are in step
 *	bgp_paths.c  what was told where several paths are (RFC 7911)
 *	bgp_outq.c   what waits to be sent on a connection
 *	bgp_rtc.h    which of it a neighbor wants: route target constrain
 *	bgp_show*.c  commands: the summary, one neighbor, routes
 *	bgp_tcp.c    the transport of the daemon
 */

struct bgp_timer {
	struct heap_node node;
	void (*fire)(struct bgp_timer *t, struct mono now);
};

struct bgp_conn {
	struct bgp_peer *peer;
	bool outgoing; /* ours to open */
	enum bgp_state state;
	void *handle;  /* the transport's; NULL: none */
	unsigned life; /* counts connections: did this one survive the call? */
	struct ip local;

	struct bgp_timer retry, hold, keepalive, send_hold;
	struct buf rx;
	struct bgp_outq tx;

	bool open_seen;
	struct bgp_open open; /* the peer's */
	struct bgp_caps ours; /* as our OPEN had them */
	uint16_t hold_s;      /* negotiated */
	struct bgp_said said;
};

/* Why a received route was not kept. */
enum bgp_reject {
	BGP_REJECT_ORIGINATOR, /* our own ORIGINATOR_ID */
	BGP_REJECT_CLUSTER,    /* our cluster in CLUSTER_LIST */
	BGP_REJECT_AS_LOOP,
	BGP_REJECT_NEXT_HOP,
	BGP_REJECT_LABEL,
	BGP_REJECT_UNWANTED, /* no VRF imports it */
	BGP_REJECT_POLICY,   /* eBGP without policy (RFC 8212) */
	BGP_REJECT_TOO_BIG,
	BGP_REJECT_PATHS, /* of one destination: RIB_PATHS_MAX, RIB_DEST_PATHS_MAX */
	BGP_REJECT_FULL,  /* RIB_DESTS_MAX */
	BGP_REJECT_END,
};

struct bgp_peer_af {   /* a family with a peer, while Established */
	bool on;       /* negotiated */
	bool disabled; /* after a malformed MP attribute (RFC 7606 5.1) */
	bool eor_seen, eor_sent;
	bool eorr_due;      /* a refresh is being answered */
	bool refresh_again; /* asked for meanwhile */
	bool stale; /* paths of the last session, or before BoRR, wait for the sweep */
	bool restarting; /* … for the neighbor to come back and say them again … */
	struct mono stale_until; /* … till then at the latest, however often lost */
	uint32_t llgr_s; /* … or for so long if it does not come back (RFC 9494) … */
	bool long_lived, marking; /* … begun; being written to the paths … */
	uint64_t mark_pos;        /* … from here on */
	bool warned, over;        /* its prefixes are near the limit, above it */
	struct bgp_timer sweep;
	bool sweeping;        /* what is stale is being taken out, … */
	uint32_t sweep_pos;   /* … from here on */
	struct bgp_member tx; /* what it gets */
	struct bgp_peer *peer;
};

struct bgp_peer {
	struct bgp *bgp;
	struct hnode by_address;
	struct list link;       /* in bgp->peers, as configured */
	struct list push_link;  /* in bgp->tx_push */
	struct list sweep_link; /* in bgp->sweeping */

	struct bgp_peer_config cfg; /* strings are ours */
	bool ebgp;
	struct bgp_conn conn[2]; /* outgoing, incoming */
	struct bgp_timer idle;
	uint32_t failures, tries;
	bool retired;         /* no neighbor any more, waits for its routes to be gone */
	bool shutdown;        /* by the operator … */
	bool overflowed;      /* … or for its many prefixes, it is not tried */
	bool hard;            /* the reset being sent is to flush */
	const char *farewell; /* text of the NOTIFICATION being sent, or NULL */
	char shutdown_text[BGP_SHUTDOWN_MAX + 1];
	struct mono losses; /* how far ahead of one in BGP_LOSS_EVERY_S they are */

	struct bgp_dyn *dyn;     /* the prefix it came from; NULL: it is configured */
	struct bgp_timer forget; /* of one that came and does not come back */

	struct bgp_conn *up;      /* the Established one */
	struct bgp_peer_af af[3]; /* by enum afi */
	struct rib_source *source;
	struct bgp_rtc_peer *rtc; /* bgp_rtc.h */
	bool converged;           /* all End-of-RIB came once */

	struct mono since; /* of the last change up or down */
	uint64_t rx[BGP_ROUTE_REFRESH + 1], tx[BGP_ROUTE_REFRESH + 1];
	uint64_t routes_rx, withdrawn_rx, routes_tx, withdrawn_tx;
	uint64_t rejected[BGP_REJECT_END];
	uint64_t fates[BGP_RESET + 1];
	uint32_t attr_errors[256];
	uint32_t ups, refused, too_big_tx;
	uint32_t limit_warnings, limit_overflows, send_holds;
	struct mono limit_quiet;
	uint32_t orf_ignored;   /* filter entries of a kind that was not negotiated */
	uint32_t orf_malformed; /* refresh messages with filters that could not be read */
	char last_error[BGP_ERROR_LEN];
	struct mono last_error_at;
	struct buf malformed; /* the last message with an error in it */
	char malformed_why[BGP_NAME_LEN];
	struct mono malformed_at;
	struct bgp_ctx malformed_ctx; /* what was negotiated then: to explain it later */
	struct mono malformed_quiet, refused_quiet, full_quiet; /* told again then */
};

struct bgp_batch;

struct bgp {
	struct bgp_config cfg;
	struct bgp_io io;
	void *io_arg;
	struct bgp_hooks hooks;

	struct hmap by_address;
	struct list peers;
	struct list retired;  /* no neighbors any more; some of their routes are left */
	struct list dyns;     /* struct bgp_dyn */
	uint32_t dynamic_max; /* neighbors made from them: BGP_DYNAMIC_MAX */
	struct heap timers;
	struct list groups;
	struct list tx_due;  /* cohorts with something to compute */
	struct list tx_push; /* peers with something new to send */
	struct bgp_tx_limits tx_limits;
	struct list sweeping; /* peers with paths to be taken out */
	struct list taps;
	struct bgp_timer converge, defer;
	struct mono started_at;
	bool converged, started, leaving;
	bool eor_held;            /* our End-of-RIB waits for bgp_eor_release() */
	bool deferring, selected; /* RFC 4724 4.1: not yet; not any more */
	uint64_t jitter;
	uint64_t refused_unknown; /* connections from addresses that are no peer's */
	struct mono now;          /* of the call being served */

	struct bgp_update update; /* scratch of the message being read */
	struct bgp_batch *batch;  /* scratch of the batch being made */
	struct bgp_rtc *rtc;      /* route target memberships: bgp_rtc.h */
};

/* --- bgp.c ---------------------------------------------------------------------------
 */
void bgp_arm(struct bgp *b, struct bgp_timer *t, int64_t ms); /* from now; as it is */
void bgp_arm_jittered(struct bgp *b, struct bgp_timer *t, int64_t ms); /* 0.75 … 1 */
void bgp_disarm(struct bgp *b, struct bgp_timer *t);
void bgp_say(struct bgp_peer *p, const char *what, const char *why);
void bgp_converge_check(struct bgp *b);
void bgp_wake(struct bgp *b);
void bgp_start(struct bgp *b); /* the first neighbor, or place for one, is known */
struct bgp_peer *bgp_peer_find(const struct bgp *b, const struct ip *address);

/* --- bgp_conn.c ----------------------------------------------------------------------
 */
void bgp_conn_init(struct bgp_conn *c, struct bgp_peer *p, bool outgoing);
void bgp_conn_fini(struct bgp_conn *c);
void bgp_conn_event(struct bgp_conn *c, enum bgp_fsm_event ev, const struct bgp_fault *f);
/* Room in tx for one message of up to max octets; conn_sent counts and commits it. */
struct wbuf bgp_conn_msg(struct bgp_conn *c, size_t max);
void bgp_conn_sent(struct bgp_conn *c, enum bgp_type type, const struct wbuf *w);
void bgp_conn_push(struct bgp_conn *c); /* offer tx to the transport */
struct bgp_conn *bgp_conn_other(struct bgp_conn *c);
bool bgp_conn_alive(const struct bgp_conn *c); /* beyond Active */
size_t bgp_conn_msg_max(const struct bgp_conn *c);
struct bgp_caps bgp_conn_caps(const struct bgp_peer *p); /* what our OPEN offers */

/* --- bgp_rx.c ------------------------------------------------------------------------
 */
void bgp_rx_update(struct bgp_conn *c, const uint8_t *msg, size_t len);
void bgp_rx_refresh(struct bgp_conn *c, const uint8_t *msg, size_t len);
struct bgp_ctx bgp_rx_context(const struct bgp_conn *c);
void bgp_rx_keep(struct bgp_peer *p, const uint8_t *msg, size_t len, const char *why);
const char *bgp_rx_reject_name(enum bgp_reject r);

/* --- bgp_tx.c ------------------------------------------------------------------------
 */
void bgp_tx_begin(struct bgp_peer *p); /* the session is up: the whole table */
void bgp_tx_end(struct bgp_peer *p);
void bgp_tx_refresh(struct bgp_peer *p, enum afi afi); /* the peer asks for all again */
void bgp_tx_ask(struct bgp_peer *p, enum afi afi);     /* we ask */
/* What the peer wants has changed: send what it lacks, withdraw what it should not have.
 */
void bgp_tx_reconsider(struct bgp_peer *p, enum afi afi);
bool bgp_tx_reconsidering(const struct bgp_peer *p, enum afi afi); /* not done yet */
void bgp_tx_due(struct bgp_peer *p); /* it has room: look what there is for it */
void bgp_tx_push_due(struct bgp_peer *p);
void bgp_tx_run(struct bgp *b);

/* --- bgp_batch.c ---------------------------------------------------------------------
 */
/* Why the neighbor, whose session is up, does not get that path; NULL: it does. */
const char *bgp_batch_untold(const struct bgp_peer *p, enum afi afi,
                             const struct rib_path *path);
struct bgp_batch *bgp_batch_new(void);
void bgp_batch_free(struct bgp_batch *b);
/* The next batch of the cohort's reader to all its members; returns what it cost. */
size_t bgp_batch_send(struct bgp_batch *b, struct bgp_cohort *co);

static inline enum bgp_family bgp_vpn_family(enum afi afi)
{
	return afi == AFI_IP4 ? BGP_VPN4 : BGP_VPN6;
}

#include "bgp/bgp_life.h"
