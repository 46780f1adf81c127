/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Life of one connection with a neighbor (RFC 4271 8), as a table and nothing else.  A
 * peer has two of them: one that opens, one that is opened to.  bgp_conn.c turns messages
 * and timers into events and carries out the actions; a guard is an event of its own.
 *
 * Deviations from RFC 4271 8.2.2, all in common use: a failed attempt in Connect waits in
 * Active (there is no DelayOpen), and late timers are ignored instead of being an error.
 */
enum bgp_state {
	BGP_IDLE = 1, /* 0 marks a cell nobody decided; the unit test rejects it */
	BGP_CONNECT,
	BGP_ACTIVE,
	BGP_OPEN_SENT,
	BGP_OPEN_CONFIRM,
	BGP_ESTABLISHED,
	BGP_STATE_END,
};

enum bgp_fsm_event {
	BGP_EV_START,         /* open a connection */
	BGP_EV_START_PASSIVE, /* wait for one */
	BGP_EV_STOP,          /* by the operator, or another connection won */
	BGP_EV_RETRY,         /* ConnectRetryTimer */
	BGP_EV_CONNECTED,     /* either way */
	BGP_EV_TCP_FAILED,
	BGP_EV_HOLD,          /* HoldTimer: nothing heard */
	BGP_EV_SEND_HOLD,     /* nothing taken (RFC 9687) */
	BGP_EV_KEEPALIVE_DUE, /* KeepaliveTimer */
	BGP_EV_OPEN,          /* a good one */
	BGP_EV_COLLISION,     /* a good one, but the other connection is kept (6.8) */
	BGP_EV_BAD,           /* header, OPEN or UPDATE error; the fault is at hand */
	BGP_EV_NOTIFIED,      /* the peer sent a NOTIFICATION */
	BGP_EV_KEEPALIVE,
	BGP_EV_UPDATE,
	BGP_EV_REFRESH,
	BGP_EV_END,
};

enum bgp_act {
	BGP_ACT_FSM_FAULT =
		1 << 0,           /* the fault is FSM Error, with the state (RFC 6608) */
	BGP_ACT_NOTIFY = 1 << 1,  /* send the fault */
	BGP_ACT_DOWN = 1 << 2,    /* the session is over: its routes go, or go stale */
	BGP_ACT_CLOSE = 1 << 3,   /* transport and timers */
	BGP_ACT_BACKOFF = 1 << 4, /* IdleHoldTimer, longer every time */
	BGP_ACT_CONNECT = 1 << 5, /* begin to open, arm ConnectRetryTimer */
	BGP_ACT_ARM_RETRY = 1 << 6,
	BGP_ACT_SEND_OPEN = 1 << 7, /* HoldTimer large */
	BGP_ACT_SEND_KEEPALIVE = 1 << 8,
	BGP_ACT_ARM_KEEPALIVE = 1 << 9,
	BGP_ACT_ARM_HOLD = 1 << 10,
	BGP_ACT_UP = 1 << 11,
	BGP_ACT_RECEIVE = 1 << 12, /* UPDATE or ROUTE-REFRESH: look into it */
};

struct bgp_step {
	enum bgp_state next;
	unsigned acts; /* BGP_ACT_*, carried out from the lowest bit up */
};

struct bgp_step bgp_fsm_step(enum bgp_state state, enum bgp_fsm_event ev);
const char *bgp_fsm_name(enum bgp_state state); /* "OpenSent" */
