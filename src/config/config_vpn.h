/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ip.h"
#include "base/rd.h"
#include "config/config_trust.h"

/* The VPNs we are a PE of, as config.h has them: a VPN's subnets, and where their hosts
 * are. */
enum config_probe_reply {
	PROBE_REPLY_NEVER,
	PROBE_REPLY_MAC_AWARE,
	PROBE_REPLY_ALWAYS,
};

struct config_attachment {
	const char *port;    /* interface name */
	uint16_t vlan;       /* outer tag, 0: untagged */
	uint16_t inner_vlan; /* QinQ: inner tag, 0: one tag or none */
	uint32_t site;       /* site identity, becomes the SoO community; 0 if none */
	uint16_t id;         /* 1…, by order in the file; the data plane's attachment */
};

/* The DHCP relay of a subnet. */
struct config_dhcp {
	const struct ip *server; /* of both families */
	size_t n_servers;
	const char *remote_id; /* the node's name unless given */
	uint8_t max_hops;
	uint32_t max_rate; /* messages a second, of one attachment */
	bool server_id_override;
	bool vss;
};

/* Router advertisements of a subnet (RFC 4861 6.2). */
struct config_ra {
	uint32_t interval_s; /* 600 */
	uint16_t lifetime_s; /* 1800 */
	uint32_t valid_s, preferred_s;
	bool autonomous, managed, other;
	uint32_t mtu; /* 0: what fits through the tunnels */
	const struct ip *dns;
	const char *const *search;
	size_t n_dns, n_search;
};
bool config_ra_same(const struct config_ra *a, const struct config_ra *b);

/* Who answers for a subnet on its attachments is settled among the site's PEs (RFC 5798).
 */
struct config_vrrp {
	bool on;
	bool external;      /* … by another program, which tells us; nothing is sent */
	bool preempt;       /* true */
	bool checksum_9568; /* IPv4: without a pseudo-header (RFC 9568 5.2.8) */
	bool track_core;    /* step aside while the core is out of reach */
	uint8_t priority;   /* 1…254, 100 */
	uint16_t interval_cs;     /* between advertisements, 100 */
	uint16_t preempt_delay_s; /* wait so long for BGP, 60 */
};

struct config_subnet {
	const char *name;
	struct prefix prefix;  /* IPv4, plen 0 and AFI_NONE if the subnet has none */
	struct ip gateway;     /* inside prefix; AFI_NONE if there is none */
	struct prefix prefix6; /* IPv6 likewise */
	struct ip gateway6;
	struct ip gateway6_ll;       /* link-local; of proxy_mac6 unless given */
	struct ip address, address6; /* this PE's alone; AFI_NONE: none */
	struct mac proxy_mac;        /* answers ARP: 00:00:5e:00:01:VRID unless given */
	struct mac proxy_mac6;       /* answers ND: 00:00:5e:00:02:VRID unless given */
	uint8_t vrid;
	struct config_vrrp vrrp;
	const struct config_attachment *const *attachment; /* shared between subnets */
	size_t n_attachments;

	uint32_t age_time_s; /* no evidence for so long: the host is gone (180) */
	uint32_t scan_rate;  /* boot sweep, probes a second per attachment; 0: off */
	uint32_t rescan_s;   /* 3600; 0: never */
	uint32_t max_hosts;  /* per attachment (4096) */
	enum config_probe_reply probe_reply; /* never */
	struct config_trust trust;

	const struct config_dhcp *dhcp; /* NULL: no relay */
	const struct config_ra *ra;     /* NULL: none are sent */
};

struct config_vpn {
	const char *name;
	uint32_t id; /* 1…65535; also the data plane's VRF number */
	struct rd rd;
	const struct extcom *import_rt, *export_rt;
	size_t n_import, n_export;
	uint32_t label;      /* one label for the VRF: label-base + id */
	bool import_outside; /* take routes outside the subnets too */
	const struct config_subnet *subnet;
	size_t n_subnets;
	uint32_t max_hosts; /* 65536 */
	bool advertise_mac; /* true */
	bool seq_to_localpref;
	uint32_t max_moves;            /* a second, 500 */
	struct ip loopback, loopback6; /* this PE's own; AFI_NONE: none */
	uint32_t line;
};
