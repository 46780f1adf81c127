/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
#pragma once

/*
 * What became of a packet: every packet that enters the program ends in exactly one of
 * these, so the counters add up.  X(name, fate, text for people).  New ones go to the end
 * of their group and into a new ABI_VERSION.
 */
#define ABI_REASONS(X)                                                                 \
	X(PASSED, PASS, "core: not for a tunnel of ours, left to the kernel")          \
	X(PORT_UNKNOWN, PASS, "port not configured, left to the kernel")               \
	X(TO_VRRP, PASS, "VRRP: to the daemon")                                        \
	X(TO_DHCP, PASS, "DHCP: to the daemon")                                        \
	X(TO_DHCP6, PASS, "DHCPv6: to the daemon")                                     \
	X(TO_RS, PASS, "router solicitation: to the daemon")                           \
	X(TO_RA, PASS, "somebody else's router advertisement: to the daemon")          \
	X(TO_CORE, SEND, "sent to another PE")                                         \
	X(TO_HOST, SEND, "delivered to a host")                                        \
	X(ANSWERED, SEND, "ARP/ND: answered with the proxy MAC")                       \
	X(ECHOED, SEND, "ping to an address of ours: answered")                        \
	X(SAID_EXCEEDED, SEND, "TTL ran out: sender told")                             \
	X(SAID_UNREACHABLE, SEND, "no route, no pass: sender told")                    \
	X(SAID_TOO_BIG, SEND, "too big for the path: sender told the MTU")             \
	X(SHORT, DROP, "frame too short for its headers")                              \
	X(NO_AC, DROP, "no attachment for this port and these tags")                   \
	X(LABELLED, DROP, "MPLS frame on an access port")                              \
	X(ETHERTYPE, DROP, "not IPv4, IPv6, ARP or RARP")                              \
	X(GROUP, DROP, "broadcast or multicast, not carried")                          \
	X(NOT_FOR_US, DROP, "to another station's MAC")                                \
	X(ASTRAY, DROP, "to a station that is at another site now")                    \
	X(BACKUP, DROP, "to the proxy MAC, which is the VRRP master's")                \
	X(PUNT_RATE, DROP, "VRRP, DHCP or router discovery: over the rate")            \
	X(BAD_IP, DROP, "malformed IP header")                                         \
	X(MARTIAN, DROP, "address that no host may use")                               \
	X(LINK_LOCAL, DROP, "link-local address, never routed")                        \
	X(EXCEEDED, DROP, "TTL ran out, sender not told")                              \
	X(UNREACHABLE, DROP, "no route, no pass; sender not told")                     \
	X(TOO_BIG, DROP, "too big for the path, sender not told")                      \
	X(NO_PATH, DROP, "next hop has no path")                                       \
	X(NO_ROOM, DROP, "no room for the headers")                                    \
	X(GATEWAY, DROP, "to an address of ours, and not a ping")                      \
	X(ECHO_RATE, DROP, "ping to an address of ours: over the rate")                \
	X(TUNNEL_STRANGER, DROP, "core: tunnel from an address that is no PE")         \
	X(TUNNEL_BAD, DROP, "core: malformed MPLS-in-UDP or MPLS-in-GRE")              \
	X(LABEL_UNKNOWN, DROP, "core: label of no VRF")                                \
	X(LABEL_STACK, DROP, "core: label stack not ours, or too deep")                \
	X(LABEL_TTL, DROP, "core: label's TTL ran out")                                \
	X(INNER, DROP, "core: neither IPv4 nor IPv6 inside")                           \
	X(CORE_NO_HOST, DROP, "core: no such host here")                               \
	X(CORE_AGAIN, DROP, "core: no such host here, and sent on too often")          \
	X(NB_HEARD, DROP, "ARP/ND: heard, nothing to answer")                          \
	X(NB_BAD, DROP, "ARP/ND: malformed")                                           \
	X(NB_PROBE, DROP, "ARP/ND: address probe (RFC 5227, DAD), never answered")     \
	X(NB_OUTSIDE, DROP, "ARP/ND: sender outside the attachment's subnets")         \
	X(NB_OURS, DROP, "ARP/ND: our own MAC, come back")                             \
	X(NB_CONFLICT, DROP, "ARP/ND: somebody claims an address of ours")             \
	X(NB_SPECIAL, DROP, "ARP/ND: network, broadcast or multicast address wanted")  \
	X(NB_TARGET_OUTSIDE, DROP, "ARP/ND: address outside the subnet wanted")        \
	X(NB_LINK_LOCAL, DROP, "ARP/ND: link-local address wanted, never proxied")     \
	X(NB_BACKUP, DROP, "ARP/ND: not the VRRP master, silent")                      \
	X(NB_FROZEN, DROP, "ARP/ND: duplicate address wanted, frozen")                 \
	X(NB_LOCAL, DROP, "ARP/ND: wanted host is on this attachment, answers itself") \
	X(NB_SIBLING, DROP, "ARP/ND: wanted host is on this site behind another PE")   \
	X(NB_NO_PATH, DROP, "ARP/ND: wanted host's PE cannot be reached")              \
	X(NB_UNKNOWN, DROP, "ARP/ND: nobody has the wanted address")                   \
	X(NB_RATE, DROP, "ARP/ND: over the rate of answers")                           \
	X(EVENT_RATE, NOTE, "event for the daemon dropped: over the rate")             \
	X(EVENT_LOST, NOTE, "event for the daemon dropped: it reads too slowly")

enum abi_reason {
#define X(name, fate, text) ABI_##name,
	ABI_REASONS(X)
#undef X
		ABI_REASON_N,
};

/* NOTE: counted beside a packet's own reason. */
enum abi_fate { ABI_FATE_PASS, ABI_FATE_SEND, ABI_FATE_DROP, ABI_FATE_NOTE };

enum abi_event_kind { /* in the order of enum dp_evidence_kind */
	              ABI_EV_ARP_REQUEST,
	              ABI_EV_ARP_REPLY,
	              ABI_EV_GARP,
	              ABI_EV_ARP_PROBE,
	              ABI_EV_RARP,
	              ABI_EV_NS,
	              ABI_EV_NS_DAD,
	              ABI_EV_NA,
	              ABI_EV_NA_UNSOLICITED,
	              ABI_EV_MISS,
	              ABI_EV_SOURCE,
	              ABI_EV_CONFLICT,
	              ABI_EV_ASTRAY,
	              ABI_EV_N,
};
