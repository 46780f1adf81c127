/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "wire/bgp_notification.h"

/* Every bound and every pace of the speaker that is no neighbor's to configure. */
enum {
	BGP_TX_HIGH = 256 * 1024, /* octets waiting at a peer: nothing more is computed */
	BGP_TX_LOW = 64 * 1024,   /* and from here on it is again */
	BGP_TX_LAG = 1024 * 1024, /* with so many others in step go on without it */
	/* Octets computed before others get their turn.  Low and turn are less than high:
	 * the other family of a congested neighbor finds room too. */
	BGP_TX_TURN = 128 * 1024,
	BGP_TX_BATCH = 1024,     /* destinations packed together */
	BGP_IOV = 16,            /* pieces given to the transport at once */
	BGP_SWEEP_BATCH = 8192,  /* paths taken out in one turn of the loop: some ms */
	BGP_HOLD_LARGE_S = 240,  /* HoldTimer in OpenSent (RFC 4271 8.2.2) */
	BGP_HOLD_GRACE_S = 1,    /* for what has come and was not read */
	BGP_SEND_HOLD_S = 480,   /* or twice the hold time if that is more (RFC 9687) */
	BGP_CONNECT_WAIT_S = 10, /* an attempt to connect gets so long */
	BGP_RETRY_MIN_S = 1,     /* ConnectRetryTimer; doubles up to the configured … */
	BGP_RETRY_QUICK = 30,    /* … after so many attempts */
	BGP_IDLE_MIN_S = 1,      /* first IdleHoldTimer; doubles … */
	BGP_IDLE_MAX_S = 120,    /* … up to here */
	BGP_IDLE_PREFIXES_MIN = 5, /* after too many prefixes */
	BGP_LOSS_EVERY_S = 6,  /* a lost line costs no back-off, if not more often … */
	BGP_LOSS_BURST = 10,   /* … but so many at once are free */
	BGP_STABLE_S = 120,    /* a session this old forgives what was before … */
	BGP_STABLE_EOR_S = 30, /* … and so does a whole table and this */
	BGP_RESTART_S = 120,   /* the time we ask for in our OPEN (RFC 4724 3) */
	BGP_STALE_S = 360,     /* nobody's routes stay stale for longer (RFC 4724 4.2) */
	BGP_DEFER_CONNECT_S = 10, /* after a start, so long for neighbors to connect … */
	BGP_DEFER_S = 60,         /* … and to tell all, then routes are reflected */
	BGP_DYNAMIC_MAX = 32768,  /* neighbors from prefixes, of all prefixes together */
	BGP_CONVERGE_S = 60,      /* so long End-of-RIB is waited for after the start */
	BGP_EORR_WAIT_S = 360, /* a route refresh that does not end sweeps after this */
	BGP_SAY_EVERY_S = 60,  /* malformed input is counted always, told so often */
	BGP_NAME_LEN = 160,
	BGP_ERROR_LEN = BGP_NAME_LEN + BGP_SHUTDOWN_STRLEN,
};
