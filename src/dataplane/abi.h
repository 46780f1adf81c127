/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
#pragma once

#include <linux/types.h>

#include "dataplane/abi_group.h"
#include "dataplane/abi_host.h"
#include "dataplane/abi_reason.h"

/*
 * What the daemon and the packet program agree on: the layout of every map.  The maps are
 * pinned and outlive both, so whoever changes a layout here changes ABI_VERSION too; a
 * daemon that finds another version rebuilds the maps instead of misreading them.
 *
 * Addresses in keys are bytes in network order.  Numbers are in host order.
 */
enum {
	ABI_VERSION = 3,

	ABI_VRFS = 65536,
	ABI_ACS = 32768,
	ABI_LABELS = 1 << 20,
	ABI_PORTS = 4096,
	ABI_SUBNETS = 65536,
	ABI_PREFIXES = 65536,
	ABI_GATEWAYS = 65536,
	ABI_PEERS = 16384,
	ABI_EVENT_BYTES = 1 << 20,
	ABI_AC_MACS = 4,
};

/* Rates of what a stranger can make us do; a bucket holds a second's worth. */
enum {
	ABI_RATE_ANSWERS = 1000,  /* ARP/ND answers, each attachment */
	ABI_RATE_EVIDENCE = 2000, /* events to the daemon, each attachment */
	ABI_RATE_SOURCES = 100,   /* … of data from unknown sources, each attachment */
	ABI_RATE_ASTRAY = 100, /* … of frames to stations elsewhere, each attachment */
	ABI_RATE_ROUTERS = 1000, /* VRRP to the daemon, each attachment */
	ABI_RATE_CLIENTS = 500,  /* DHCP and router discovery, each attachment */
	ABI_RATE_MISS = 100, /* "who has …" to the daemon, each attachment, and each VRF
	                      * of what comes from the core */
	ABI_RATE_UNREACHABLE =
		10, /* ICMP, each VRF (RFC 4443 2.4 (f), RFC 1812 4.3.2.8) */
	ABI_RATE_EXCEEDED = 100,
	ABI_RATE_TOO_BIG = 1000,
	ABI_RATE_ECHO = 1000,
};

enum abi_afi { ABI_IP4 = 1, ABI_IP6 = 2 };
enum abi_role { ABI_ROLE_ACCESS = 1, ABI_ROLE_CORE = 2 };
enum abi_encap { ABI_ENCAP_UDP, ABI_ENCAP_GRE, ABI_ENCAP_MPLS };

struct abi_addr {
	__u32 scope; /* VRF or attachment, << 8, | enum abi_afi */
	__u8 addr[16];
};

struct abi_lpm {
	__u32 plen; /* ABI_LPM_SCOPE + bits of the prefix */
	struct abi_addr key;
};

enum { ABI_LPM_SCOPE = 32, ABI_LPM_MAX = 160 };

struct abi_port {
	__u32 role;
	__u8 mac[6];
	__u16 pad;
};

struct abi_ackey {
	__u32 ifindex;
	__u16 vlan, inner;
};

struct abi_ac {
	__u32 vrf;
	__u32 ifindex;
	__u8 mac[ABI_AC_MACS][6]; /* we take frames to these; [0] is the port's */
	__u16 vlan, inner;
	__u32 mtu;  /* largest IP packet that leaves here; 0: no check */
	__u16 tpid; /* of the outer of two tags */
	__u8 proxy[ABI_AC_MACS - 1][6]; /* proxy MACs, ours or the VRRP master's */
	__u16 pad[2];
};

enum {
	ABI_SUBNET_MASTER = 1,
	ABI_SUBNET_GATEWAY = 2, /* has one, and so on */
	ABI_SUBNET_LINK_LOCAL = 4,
	ABI_SUBNET_OWN = 8,
	ABI_SUBNET_LEASED = 16, /* master only until abi_self.lease */
};

/* Found by its prefix, and by its link-local address as a /128. */
struct abi_subnet {
	__u8 gateway[16];
	__u8 link_local[16]; /* the gateway's */
	__u8 own[16];        /* this PE's alone */
	__u8 proxy_mac[6];
	__u8 plen;
	__u8 flags;
};

enum {
	ABI_PREFIX_EDGE_ONLY = 1,
	ABI_PREFIX_PLEN_SHIFT = 8 /* flags repeat the length */
};

struct abi_prefix {
	__u64 value; /* as in the host table */
	__u32 flags;
	__u32 stamp; /* which daemon wrote it: abi_meta.starts */
};

struct abi_rewrite {
	__u32 ifindex;
	__u32 valid;
	__u8 dst[6];
	__u8 encap; /* enum abi_encap */
	__u8 n_labels;
	__u8 src[6];
	__u16 inner_max;    /* largest inner packet */
	__u32 saddr, daddr; /* network order */
	__u32 label[2];     /* transport, outermost first */
	__u8 pad[24];       /* an IPv6 outer header's addresses start a new ABI_VERSION */
};

/* Two rewrites: the daemon fills the one not in use, then turns `cur`: one store. */
struct abi_nexthop {
	struct abi_rewrite r[2];
	__u32 cur;
	__u32 pad[15];
};

enum { ABI_LABEL_VRF = 1 };

struct abi_label {
	__u32 op; /* 0: not ours */
	__u32 vrf;
};

struct abi_vrf { /* who says the ICMP errors of a VRF; 1 << enum abi_afi in `have` */
	__u8 gateway4[4];
	__u8 gateway6[16];
	__u32 have;
};

struct abi_self {
	__u8 addr4[4]; /* where our tunnels end */
	__u8 addr6[16];
	__u32 pad;
	__u64 lease; /* ns, monotonic: leased mastership ends then */
};

/* Token buckets in one word each: the time when it will be full (GCRA). */
struct abi_vrf_limit {
	__u64 miss, unreachable, exceeded, too_big, echo;
};

struct abi_ac_limit {
	__u64 answers, evidence, sources, astray, routers, clients, miss;
};

struct abi_count {
	__u64 packets, bytes;
};

struct abi_ac_count {
	struct abi_count in, out;
	__u64 tick; /* of the clock, when a source was last looked at */
	__u64 astray_tick;
};

struct abi_event {
	__u32 kind; /* enum abi_event_kind */
	__u32 vrf;
	__u16 ac;
	__u8 mac[6];
	__u8 afi;
	__u8 flags;
	__u16 pad;
	__u8 sender[16], target[16];
};

enum {
	ABI_EV_ROUTER = 1,
	ABI_EV_OVERRIDE = 2,
	ABI_EV_NO_SENDER = 4,
	ABI_EV_NO_TARGET = 8
};

struct abi_meta {
	struct abi_geometry geometry;
	__u32 starts; /* daemons that used these maps; stamps what each wrote */
	__u32 pad;
};

struct abi_trace { /* the last packet, for simulation and tests */
	__u32 reason, out;
};
