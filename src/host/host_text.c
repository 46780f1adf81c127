/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/host.h"

/* Names of the room's enums, as people and JSON see them. */

const char *host_evidence_text(enum host_evidence_kind k)
{
	static const char *const text[HOST_BY_END] = {
		[HOST_BY_ARP_REQUEST] = "ARP request",
		[HOST_BY_ARP_REPLY] = "ARP reply",
		[HOST_BY_GARP] = "gratuitous ARP",
		[HOST_BY_ARP_PROBE] = "ARP probe",
		[HOST_BY_RARP] = "RARP",
		[HOST_BY_NS] = "NS",
		[HOST_BY_NS_DAD] = "DAD NS",
		[HOST_BY_NA] = "NA",
		[HOST_BY_NA_UNSOLICITED] = "unsolicited NA",
		[HOST_BY_MISS] = "missed packet",
		[HOST_BY_SOURCE] = "data packet",
		[HOST_BY_CONFLICT] = "conflict",
		[HOST_BY_FIB] = "earlier run",
		[HOST_BY_ATTACH] = "attach command",
		[HOST_BY_DHCP] = "DHCP lease",
		[HOST_BY_ASTRAY] = "frame to a former MAC",
		[HOST_BY_CONFIG] = "configuration",
	};

	return k < HOST_BY_END ? text[k] : "unknown";
}

const char *host_happening_text(enum host_happening w)
{
	static const char *const text[HOST_HAP_END] = {
		[HOST_HAP_LEARNED] = "learned",
		[HOST_HAP_REBOUND] = "rebound",
		[HOST_HAP_MOVED_HERE] = "moved-here",
		[HOST_HAP_CONTESTED] = "contested",
		[HOST_HAP_STAYED] = "stayed",
		[HOST_HAP_MOVED_AWAY] = "moved-away",
		[HOST_HAP_AGED] = "aged",
		[HOST_HAP_PORT_DOWN] = "port-down",
		[HOST_HAP_REFUSED] = "refused",
		[HOST_HAP_DETACHED] = "detached",
		[HOST_HAP_CONFLICT] = "conflict",
		[HOST_HAP_DUPLICATE] = "duplicate",
		[HOST_HAP_CARED] = "cache-repaired",
		[HOST_HAP_THAWED] = "thawed",
		[HOST_HAP_SPOOF] = "spoof",
		[HOST_HAP_NEAR_LIMIT] = "near-limit",
		[HOST_HAP_LIMIT_FAR] = "room-again",
	};

	return w < HOST_HAP_END ? text[w] : "unknown";
}

const char *host_counter_text(enum host_counter c)
{
	static const char *const text[HOST_N_END] = {
		[HOST_N_LEARNED] = "hosts learned",
		[HOST_N_MOVES] = "moves",
		[HOST_N_DUPLICATES] = "addresses frozen as duplicates (5 moves in 180 s)",
		[HOST_N_AGED] = "hosts aged out",
		[HOST_N_PROBES] = "probes sent",
		[HOST_N_PROBES_LATE] = "probes paced (2000/s a port)",
		[HOST_N_SCANS] = "sweep probes sent",
		[HOST_N_GLEANS] = "gleaning probes sent",
		[HOST_N_HINTED] = "probes for hosts that another site gave up",
		[HOST_N_SIBLING] = "probes for hosts of this site's other PE",
		[HOST_N_REPAIRS] = "cache repairs sent",
		[HOST_N_CARED] = "neighbours told to hosts that moved here",
		[HOST_N_DEFENDED] = "address checks answered: a host elsewhere has it",
		[HOST_N_HINTS] = "address probes heard, never learned from",
		[HOST_N_DAMPED] = "route changes damped (1/s a host)",
		[HOST_N_MOVES_HELD] = "moves held back (max-moves-per-second)",
		[HOST_N_NAMELESS] = "probes not sent: a backup needs its own address",
		[HOST_N_NO_PORT] = "ignored: no such port in this VPN",
		[HOST_N_BAD_MAC] = "ignored: group or zero MAC",
		[HOST_N_OWN_MAC] = "ignored: our own MAC",
		[HOST_N_BAD_ADDR] = "ignored: zero, multicast or link-local address",
		[HOST_N_OUTSIDE] = "ignored: sender outside the port's subnets",
		[HOST_N_RESERVED] = "ignored: network or broadcast address",
		[HOST_N_CONFLICT] = "conflict: our address claimed by another MAC",
		[HOST_N_SPOOF] = "spoof: not the MAC or port the address is bound to",
		[HOST_N_STICKY] = "spoof: another site has it as a configured host",
		[HOST_N_UNLISTED] = "refused: not a configured host (binding static)",
		[HOST_N_UNBOUND] = "refused: no lease of a DHCP server (binding dhcp)",
		[HOST_N_STATIC_CLAIM] = "claims of other sites to a host configured here",
		[HOST_N_STATIC_TWICE] = "conflict: configured here and at another site",
		[HOST_N_FULL_PORT] = "refused: max-hosts of the port reached",
		[HOST_N_FULL_SUBNET] = "refused: max-hosts of the subnet reached",
		[HOST_N_FULL_VPN] = "refused: max-hosts of the VPN reached",
		[HOST_N_FULL_MAC] = "refused: max-addresses-per-mac reached",
		[HOST_N_FULL_WORDS] = "refused: room for leases used up",
		[HOST_N_NEW_RATE] = "refused: max-new-hosts-per-second of the port",
		[HOST_N_MOVE_RATE] = "refused: max-moves-per-second, and 512 wait",
		[HOST_N_WEAK_RATE] =
			"refused: more than 10 unknown sources/s on the port",
		[HOST_N_FULL_WEAK] = "refused: 512 addresses of the port are being asked",
		[HOST_N_GLEAN_RATE] =
			"refused: more than 10 gleans/s for the port or the core",
		[HOST_N_GLEAN_KNOWN] = "not gleaned: asked in vain within 10 s",
		[HOST_N_HINT_RATE] =
			"not asked: more than 50 given up elsewhere a second",
		[HOST_N_FULL_SIBLING] =
			"not asked: max-hosts of the other PE's hosts are being asked",
		[HOST_N_FULL_CARE] =
			"caches not repaired: 64 hosts that moved here are being told",
		[HOST_N_ASTRAY_RATE] =
			"caches not repaired: more than 50/s to lost MACs on the port",
		[HOST_N_FULL_WATCH] = "address checks not watched: 64 of the port are",
		[HOST_N_ASK_RATE] = "claims not checked: the port's pace is used up",
	};

	return c < HOST_N_END ? text[c] : "unknown";
}
