/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdint.h>

enum {                             /* every number of the room */
       HOST_PROBES = 3,            /* RFC 4861 10, MAX_UNICAST_SOLICIT */
       HOST_PROBE_MS = 1000,       /* RFC 4861 10, RETRANS_TIMER */
       HOST_BURST_MS = 200,        /* a claimant is there and awake: ask fast */
       HOST_CONTEST_MS = 300,      /* 0, 300, 600; the decision falls at 900 */
       HOST_REPAIRS = 3,           /* RFC 4861 10, MAX_NEIGHBOR_ADVERTISEMENT */
       HOST_REPAIR_MS = 1200,      /* Linux ignores changes within locktime, 1 s */
       HOST_KEEP_MS = 3600 * 1000, /* what is gone is remembered: a resumed VM's RARP */
       HOST_DAMP_MS = 1000,        /* between two advertisements of one host */
       HOST_JITTER_PERCENT = 25,

       HOST_NEW_PER_S = 200, /* new hosts on an attachment */
       HOST_NEW_BURST = 400,
       HOST_MOVES_PER_S = 500, /* of a VPN, unless hosts_vrf_moves(); a port has half */
       HOST_MOVES_BURST = 8,   /* so many times that at once: an evacuation */
       HOST_WEAK_PER_S = 10,   /* unknown sources of data asked on an attachment */
       HOST_WEAK_BURST = 10,
       HOST_PROBES_PER_S = 2000, /* probes on an attachment; as many answers are heard */
       HOST_PROBES_BURST = 20,
       HOST_PROBING_MAX = 512, /* RFC 6583: no more state for the unproven */
       HOST_VRF_MAX = 65536,   /* hosts of a VPN, unless hosts_vrf_limit() */
       HOST_MAC_MAX = 64,      /* addresses of one MAC looked at when it comes */
       HOST_MAC_MANY = 256,    /* addresses of one MAC that make it look like a router */
       HOST_WORDS_MAX = 1 << 20,          /* bindings */
       HOST_FORMER_MS = 24 * 3600 * 1000, /* an earlier run's binding holds so long */
       HOST_DUP_WHO = 160,                /* a text */
       HOST_REFUSED_MAX = 1024,           /* refusals remembered */
       HOST_GLEAN_PER_S = 10,             /* of a subnet */
       HOST_GLEAN_BURST = 10,
       HOST_HINT_PER_S = 50,         /* addresses other sites gave up, asked for here */
       HOST_GLEAN_FORGET_MS = 10000, /* not again for the same address */
       HOST_GLEAN_MEMORY = 128,      /* > rate * forget time + burst */
       HOST_DUP_MOVES = 5,           /* RFC 7432 15.1: N moves … */
       HOST_DUP_WINDOW_S = 180,      /* … within M seconds: a duplicate, … */
       HOST_DUP_HOLD_S = 540, /* … and for so long (three times M) nobody is believed */
       HOST_DEFEND_MS = 10000, /* RFC 5227 2.4 (c), DEFEND_INTERVAL */
       HOST_EVENT_MS = 1000,   /* between two REFUSED events of one reason */
};

/* A rate with a burst as one number: when the bucket would be empty again (GCRA). */
struct host_rate {
	int64_t full_us;
};

/* struct host.flags */
enum host_flag {
	HOST_F_UP = 1 << 0,      /* its route is out */
	HOST_F_ONCE = 1 << 1,    /* it was, at up_ms */
	HOST_F_DAMPED = 1 << 2,  /* up() is due, later */
	HOST_F_WAIT = 1 << 3,    /* the timer is a slot for a probe */
	HOST_F_ROUTER = 1 << 4,  /* R flag of its advertisements */
	HOST_F_YIELDED = 1 << 5, /* the packet path uses the rival's route */
	HOST_F_PROBED = 1 << 6,  /* counted among the link's unproven */
	HOST_F_HELD = 1 << 7, /* too many come: believed when it was asked, in its turn */
};
