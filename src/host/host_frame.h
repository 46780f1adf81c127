/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/ip.h"
#include "base/wbuf.h"

enum host_frame_kind {
	HOST_TX_ARP_REQUEST, /* unicast to dst, or broadcast if dst is ff:… */
	HOST_TX_GARP,        /* SPA = TPA = ip, SHA = proxy MAC, broadcast */
	HOST_TX_ARP_REPLY,   /* unicast: the address is taken */
	HOST_TX_NS,          /* unicast to dst or to the solicited-node group */
	HOST_TX_NA,          /* unsolicited to ff02::1: S=0, O=1 (RFC 4861 7.2.6) */
	HOST_TX_ECHO6_ALL,   /* ICMPv6 echo request to ff02::1: the IPv6 sweep */
	HOST_TX_END,
};

/* What the owner sends; host/ fills it, wire/ encodes it, sys/ carries it. */
struct host_frame {
	enum host_frame_kind kind;
	uint16_t ac;
	struct mac dst; /* Ethernet destination */
	struct mac src; /* Ethernet source: never a host's, switches would learn it */
	struct mac sha; /* SHA / SLLAO / TLLAO: as src, but in a GARP for a new arrival */
	struct ip sender; /* SPA, or IPv6 source */
	struct ip target; /* TPA, or ND target */
	struct ip to;     /* IPv6 destination of an NA; AFI_NONE: all nodes */
	bool router;      /* NA: the R flag; without it hosts drop a default router */
};

enum {
	HOST_FRAME_MAX = 96, /* room for any of them, with two tags */
};
/* The whole Ethernet frame; vlan and inner_vlan are the attachment's tags, 0: none. */
void host_frame_write(struct wbuf *w, const struct host_frame *f, uint16_t vlan,
                      uint16_t inner_vlan);
