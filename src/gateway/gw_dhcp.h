/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cmd.h"
#include "base/ip.h"
#include "base/mono.h"

/*
 * DHCP relay of the subnets (RFC 2131, RFC 3046, RFC 8415 19).  All PEs of a subnet have
 * its gateway's address, so a server that answers there reaches any of them.  Each relay
 * therefore speaks to servers from its own address in the VPN, and says by Link Selection
 * (RFC 3527) which subnet it speaks for.  What comes back finds its attachment by what
 * the relay put in, so next to no state is kept.
 *
 * Pure: packets and `now` come in, packets and leases go out by callbacks.
 */
struct gw_dhcp;

/* What is known of an address from the server's own words. */
struct gw_lease {
	uint32_t vrf;
	struct ip ip;
	struct mac mac;
	uint16_t ac;
	struct mono until; /* MONO_NEVER: for ever */
	bool over;         /* released, declined or taken back: it ends now */
};

struct gw_dhcp_ops {
	/* A whole IP packet from the loopback of the VPN, to be routed in it. */
	void (*to_server)(void *arg, uint32_t vrf, const uint8_t *ip, size_t len);
	/* One for a host of the attachment.  src is the proxy MAC, or NULL for the port's
	 * own: a backup must not be taken for the master by the site's switches. */
	void (*to_client)(void *arg, uint16_t ac, const struct mac *dst,
	                  const struct mac *src, const uint8_t *ip, size_t len);
	void (*lease)(void *arg, const struct gw_lease *l);
	const char *(*vrf_name)(void *arg, uint32_t vrf);
	const char *(*ac_name)(void *arg, uint16_t ac); /* "eth0.100": our circuit-id */
	struct mono (*now)(void *arg);                  /* for ages that show prints */
};

/* A subnet in one address family; everything is copied. */
struct gw_dhcp_subnet {
	uint32_t vrf;
	const char *name;
	struct prefix prefix;
	struct ip gateway;
	struct ip from; /* source of what hosts get: the gateway, or its link-local */
	struct mac proxy_mac;
	struct ip loopback; /* ours alone */
	const struct ip *server;
	size_t n_servers;
	const char *remote_id;
	const char *vss; /* the VPN's name; NULL: do not tell */
	bool server_id_override;
	uint8_t max_hops;  /* of IPv4; IPv6 has its own limit */
	uint32_t max_rate; /* messages a second, of one attachment */
};

enum {
	GW_DHCP_CLIENTS_MAX = 4096, /* remembered behind one attachment */
	GW_DHCP_OFFER_S = 60,       /* an offer is remembered for so long */
	GW_DHCP_PEER_S = 300,       /* the MAC behind a link-local address */
	GW_DHCP_PACKET_MAX = 1500,  /* with its IP header; larger ones are dropped */
};

struct gw_dhcp *gw_dhcp_new(const struct gw_dhcp_ops *ops, void *arg);
void gw_dhcp_free(struct gw_dhcp *g);

void gw_dhcp_subnet_add(struct gw_dhcp *g, const struct gw_dhcp_subnet *sn);
/* The subnet is on this attachment too; until told otherwise we are master there. */
void gw_dhcp_attach(struct gw_dhcp *g, uint32_t vrf, const struct prefix *p, uint16_t ac);
/* A backup relays nothing: two relays would make two answers of one. */
void gw_dhcp_master(struct gw_dhcp *g, uint32_t vrf, const struct prefix *p, uint16_t ac,
                    bool master);

/* From a host: an IP packet to port 67 or 547, and who sent the frame. */
void gw_dhcp_heard(struct gw_dhcp *g, uint16_t ac, const struct mac *src,
                   const uint8_t *ip, size_t len, struct mono now);
/* To the VPN's loopback: from a server, if it is one. */
void gw_dhcp_answer(struct gw_dhcp *g, uint32_t vrf, const uint8_t *ip, size_t len,
                    struct mono now);

/* What it did, and what it dropped and why. */
enum gw_dhcp_counter {
	GW_DHCP_N_TO_SERVER, /* a message to three servers counts three */
	GW_DHCP_N_TO_CLIENT,
	GW_DHCP_N_LEASES,
	GW_DHCP_N_ENDED,     /* leases released, declined or taken back */
	GW_DHCP_N_DELEGATED, /* prefixes seen in replies (IA_PD) */
	/* from hosts */
	GW_DHCP_N_BAD_PACKET,
	GW_DHCP_N_BAD_MESSAGE,
	GW_DHCP_N_UNEXPECTED,    /* a server's message from a host, or the reverse */
	GW_DHCP_N_NO_RELAY,      /* no subnet of the attachment has servers for it */
	GW_DHCP_N_BACKUP,        /* the other PE's to relay */
	GW_DHCP_N_RATE,          /* max_rate */
	GW_DHCP_N_HOPS,          /* max_hops, or HOP_COUNT_LIMIT (RFC 8415 7.6) */
	GW_DHCP_N_FOREIGN_RELAY, /* giaddr is set (RFC 3046 2.1) */
	GW_DHCP_N_FOREIGN_INFO,  /* option 82 from a host (RFC 3046 2.1) */
	GW_DHCP_N_WRONG_MAC,     /* chaddr is not who sent the frame */
	GW_DHCP_N_TOO_BIG,       /* with what a relay adds */
	/* from servers */
	GW_DHCP_N_STRANGER,   /* not one of the subnet's servers */
	GW_DHCP_N_NOT_OURS,   /* giaddr is not this relay's */
	GW_DHCP_N_NO_CIRCUIT, /* no attachment of ours is named */
	GW_DHCP_N_OUTSIDE, /* granted, but not of the subnet: passed on, not believed */
	GW_DHCP_N_NO_MAC,  /* whose link-local address that is, is forgotten */
	/* memory */
	GW_DHCP_N_FORGOTTEN, /* clients, for GW_DHCP_CLIENTS_MAX */
	GW_DHCP_N_END,
};
uint64_t gw_dhcp_counter(const struct gw_dhcp *g, enum gw_dhcp_counter n);
const char *gw_dhcp_counter_text(enum gw_dhcp_counter n);

/* `show dhcp`, `show dhcp leases [VPN]` */
extern const struct cmd gw_dhcp_cmds[];
extern const size_t gw_dhcp_cmds_n;
