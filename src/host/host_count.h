/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What host/ counts: what it did, what it did not believe and why, which limit was hit.
 */
enum host_counter {
	HOST_N_LEARNED,
	HOST_N_MOVES, /* here from another site, or confirmed still here */
	HOST_N_DUPLICATES,
	HOST_N_AGED,
	HOST_N_PROBES,
	HOST_N_PROBES_LATE, /* held back by the pace of an attachment, sent later */
	HOST_N_SCANS,
	HOST_N_GLEANS,
	HOST_N_HINTED,  /* probes for what another site gave up */
	HOST_N_SIBLING, /* probes for hosts of the site's other PE */
	HOST_N_REPAIRS,
	HOST_N_CARED,      /* neighbours told to hosts that moved here */
	HOST_N_DEFENDED,   /* address checks answered: taken */
	HOST_N_HINTS,      /* address probes and DAD: never learned from */
	HOST_N_DAMPED,     /* route changes of a flapping host held back */
	HOST_N_MOVES_HELD, /* moves too many at once, asked in their turn */
	HOST_N_NAMELESS, /* probes a backup without an address of its own did not send */
	/* evidence that was not believed, by reason */
	HOST_N_NO_PORT,  /* no such attachment, or of another VPN */
	HOST_N_BAD_MAC,  /* group or zero */
	HOST_N_OWN_MAC,  /* our own frame came back */
	HOST_N_BAD_ADDR, /* zero, multicast or link-local */
	HOST_N_OUTSIDE,  /* not in a subnet of this attachment */
	HOST_N_RESERVED, /* the subnet's network or broadcast address */
	HOST_N_CONFLICT, /* our own address */
	HOST_N_SPOOF,    /* another MAC or port than configured, or than the lease's */
	HOST_N_STICKY,   /* another site has it configured */
	HOST_N_UNLISTED, /* binding static: not configured */
	HOST_N_UNBOUND,  /* binding dhcp: no lease */
	HOST_N_STATIC_CLAIM, /* another site claims a host configured here */
	HOST_N_STATIC_TWICE, /* … and has it configured too */
	/* limits */
	HOST_N_FULL_PORT,    /* subnet's max_hosts on an attachment */
	HOST_N_FULL_SUBNET,  /* struct host_trust, max_hosts */
	HOST_N_FULL_VPN,     /* hosts_vrf_limit() */
	HOST_N_FULL_MAC,     /* addresses of one MAC */
	HOST_N_FULL_WORDS,   /* bindings of DHCP */
	HOST_N_NEW_RATE,     /* new hosts a second on an attachment */
	HOST_N_MOVE_RATE,    /* moves a second, and too many wait already */
	HOST_N_WEAK_RATE,    /* probes for unknown sources of data, a second */
	HOST_N_FULL_WEAK,    /* addresses being asked on an attachment */
	HOST_N_GLEAN_RATE,   /* gleans a second of a subnet */
	HOST_N_GLEAN_KNOWN,  /* asked in vain a moment ago */
	HOST_N_HINT_RATE,    /* what other sites gave up, not asked for */
	HOST_N_FULL_SIBLING, /* hosts of the site's other PE that are not asked for */
	HOST_N_FULL_CARE,    /* hosts that moved here, whose caches are not put right */
	HOST_N_ASTRAY_RATE,  /* frames to lost MACs, not put right */
	HOST_N_FULL_WATCH,   /* address checks after which nobody is asked */
	HOST_N_ASK_RATE, /* claims not looked into: the attachment's pace is used up */
	HOST_N_END,
};
const char *host_counter_text(enum host_counter c);
