/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Life of one host address, as a table and nothing else: no clock, no socket, no
 * allocation.  host_step.c turns evidence, routes and timers into events and carries out
 * the actions.  A guard is an event of its own (HOST_EV_SPENT), never an if in here.
 */
enum host_state {
	HOST_ABSENT = 1, /* 0 marks a cell nobody decided; the unit test rejects it */
	HOST_PROBING,    /* weak evidence: asked, not believed yet */
	HOST_LOCAL,
	HOST_REFRESH,   /* local and silent: asked whether it still lives */
	HOST_CONTESTED, /* local, and another site says it has it: asked who is right */
	HOST_DUPLICATE, /* two sites claim it time and again: frozen, nobody is believed
	                 */
	HOST_FIXED,     /* configured: local while its port is up, whatever happens */
	HOST_PAST,      /* gone; kept for the repairs and to know its MAC again */
	HOST_STATE_END,
};

enum host_ev {
	HOST_EV_STRONG,      /* it spoke for itself, from the known place and MAC */
	HOST_EV_STRONG_ELSE, /* from another attachment or MAC */
	HOST_EV_WEAK,        /* a sign that proves nothing (NS, data, RARP) */
	HOST_EV_WEAK_ELSE,
	HOST_EV_CHECK,      /* its MAC showed itself without an address (RARP) */
	HOST_EV_SEEN,       /* timer: the data plane heard it since last asked */
	HOST_EV_IDLE,       /* timer: nobody heard it for the refresh time */
	HOST_EV_UNANSWERED, /* timer: no answer yet, go on */
	HOST_EV_PATIENCE,   /* timer: this round failed, but its age is not reached */
	HOST_EV_SPENT,      /* timer: the last word */
	HOST_EV_RIVAL,      /* another site advertises it, not asked about that one yet */
	HOST_EV_RIVAL_GONE, /* no other site does any more */
	HOST_EV_TOO_MANY,   /* that was one move too many for one host */
	HOST_EV_THAW,       /* the freeze is over; its route is out */
	HOST_EV_THAW_AWAY,  /* … another site's was used */
	HOST_EV_PORT_DOWN,
	HOST_EV_DETACHED, /* who runs the host says that it left */
	HOST_EV_FIXED,    /* the configuration says that it is here, and its port is up */
	HOST_EV_OUTRANKED, /* another site has it as a configured host */
	HOST_EV_HELD,      /* it spoke for itself, one of too many at once: in its turn */
	HOST_EV_REMOVED,   /* its subnet or attachment left the configuration */
	HOST_EV_END,
};

enum host_act {                           /* carried out from the lowest bit up */
	        HOST_ACT_BIND = 1 << 0,   /* take over place and MAC of the evidence */
	        HOST_ACT_FREEZE = 1 << 1, /* believe and answer nobody, for a time */
	        HOST_ACT_THAW = 1 << 2,   /* … that is over */
	        HOST_ACT_RAISE = 1 << 3,  /* sequence above the rival's (RFC 7432 15) */
	        HOST_ACT_TOUCH = 1 << 4,  /* it lives: last seen is now */
	        HOST_ACT_DOWN = 1 << 5,   /* withdraw the route, at once */
	        HOST_ACT_YIELD = 1 << 6,  /* forward to a newer rival meanwhile */
	        HOST_ACT_UP = 1 << 7, /* originate the route, or again after a change */
	        HOST_ACT_REPAIR =
	                1 << 8, /* tell the neighbours of the old place, if it moved */
	        HOST_ACT_HUSH = 1 << 9,    /* no more of that */
	        HOST_ACT_PROBE = 1 << 10,  /* ask it, and arm the answer's timer */
	        HOST_ACT_ASK = 1 << 11,    /* ask the claimant, believe nothing */
	        HOST_ACT_AGE = 1 << 12,    /* arm the refresh timer */
	        HOST_ACT_KEEP = 1 << 13,   /* arm the memory's timer */
	        HOST_ACT_HOLD = 1 << 14,   /* arm the timer of its turn to be asked */
	        HOST_ACT_FORGET = 1 << 15, /* free the entry; the last thing done */
};

struct host_move { /* what one cell decides */
	enum host_state next;
	unsigned acts;
};

struct host_move host_fsm_step(enum host_state state, enum host_ev ev);
const char *host_fsm_text(enum host_state state);
