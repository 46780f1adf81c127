/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "ha/ha.h"

/*
 * RFC 5798 6.4 as a table and nothing else.  ha_vrrp.c turns packets and timers into
 * events and carries the actions out; a guard is an event of its own.
 */
enum ha_ev {
	HA_EV_START,       /* link and address are there */
	HA_EV_START_OWNER, /* … and the virtual addresses are ours */
	HA_EV_STOP,        /* link or address went, or we are to end */
	HA_EV_ASIDE,       /* lost the core, or told to by an operator */
	HA_EV_SILENCE,     /* timer: no master was heard for Master_Down_Interval */
	HA_EV_ADVERT,      /* timer: time to be heard again */
	HA_EV_RESIGNED,    /* heard: priority 0 */
	HA_EV_ABOVE, /* heard: one that comes before us, or that we must not preempt */
	HA_EV_BELOW, /* heard: one that comes after us */
	HA_EV_TOLD_MASTER, /* by who decides from outside */
	HA_EV_TOLD_BACKUP,
	HA_EV_END,
};

enum ha_act {                         /* carried out from the lowest bit up */
	      HA_ACT_RESIGN = 1 << 0, /* send an advertisement of priority 0 */
	      HA_ACT_OFF = 1 << 1,    /* speak for the addresses no longer */
	      HA_ACT_ON = 1 << 2,     /* speak for them */
	      HA_ACT_ADOPT = 1 << 3,  /* take over the master's interval */
	      HA_ACT_OWN =
	              1 << 4, /* our interval is the master's, nobody else's is known */
	      HA_ACT_SEND = 1 << 5,     /* send an advertisement */
	      HA_ACT_ANNOUNCE = 1 << 6, /* tell the LAN where the addresses are */
	      HA_ACT_RIVAL = 1 << 7,    /* note that there are two masters */
	      HA_ACT_HUSH = 1 << 8,     /* no more timers and announcements */
	      HA_ACT_BEAT = 1 << 9,     /* arm Adver_Timer */
	      HA_ACT_LISTEN = 1 << 10,  /* arm Master_Down_Timer */
	      HA_ACT_SKEW = 1 << 11,    /* arm it with Skew_Time only */
};

struct ha_move {
	enum ha_state next;
	unsigned acts;
};

struct ha_move ha_fsm_step(enum ha_state state, enum ha_ev ev);
