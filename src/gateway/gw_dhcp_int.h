/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/cur.h"
#include "base/hmap.h"
#include "base/list.h"
#include "base/mem.h"
#include "wire/udp.h"

#include "gateway/gw_dhcp.h"

/*
 * What the files of the relay share.  gw_dhcp.c owns subnets and attachments,
 * gw_dhcp_client.c the hosts it remembers, gw_dhcp4.c and gw_dhcp6.c the protocols.
 */
struct gw_subnet {
	struct list of_all;
	struct gw_dhcp_subnet cfg; /* its pointers are ours */
	struct list places;
	unsigned n_places;
};

struct gw_ac {
	struct hnode by_id;
	uint16_t id;
	struct list places;
	struct list clients; /* oldest first */
	unsigned n_clients;
};

struct gw_place { /* a subnet on an attachment */
	struct list of_subnet, of_ac;
	struct gw_subnet *sn;
	struct gw_ac *ac;
	bool master;
	int64_t full_us; /* when its bucket would be empty again (GCRA) */
	uint64_t heard, answered, over_rate;
};

enum gw_client_state {
	GW_CLIENT_OFFERED,
	GW_CLIENT_BOUND,
	GW_CLIENT_PEER, /* who has a link-local address, to answer it */
};

struct gw_client {
	struct hnode by_ip;
	struct list of_all, of_ac;
	enum gw_client_state state;
	uint32_t vrf;
	struct ip ip;
	struct mac mac;
	struct gw_ac *ac;
	struct ip server; /* AFI_NONE: any */
	struct mono until;
	uint64_t serial; /* they are in of_all by this */
};

enum { GW_TYPES = 16 }; /* message types counted one by one; 0: all others */

struct gw_dhcp {
	const struct gw_dhcp_ops *ops;
	void *arg;
	struct list subnets;
	struct hmap acs, clients;
	struct list all_clients;
	uint64_t serial;
	uint64_t count[GW_DHCP_N_END];
	uint64_t up4[GW_TYPES], down4[GW_TYPES]; /* by message, from hosts and to them */
	uint64_t up6[GW_TYPES], down6[GW_TYPES];
};

/* gw_dhcp.c */
struct gw_ac *gw_ac_find(const struct gw_dhcp *g, uint16_t id);
/* The attachment of a circuit-id, among those of the subnets of a VPN. */
struct gw_place *gw_place_named(struct gw_dhcp *g, uint32_t vrf, enum afi afi,
                                const uint8_t *name, size_t len, const struct ip *link);
bool gw_place_take(struct gw_place *p, struct mono now); /* within max_rate? */
bool gw_is_server(const struct gw_subnet *sn, const struct ip *ip);
void gw_tell_lease(struct gw_dhcp *g, const struct gw_place *p, const struct ip *ip,
                   const struct mac *mac, struct mono until, bool over);

/* gw_dhcp_client.c */
/* Who has that address, if that is still true; for a link-local one say where. */
struct gw_client *gw_client_get(struct gw_dhcp *g, uint32_t vrf, const struct gw_ac *ac,
                                const struct ip *ip, struct mono now);
/* Remember; what was known of the address is replaced. */
struct gw_client *gw_client_set(struct gw_dhcp *g, uint32_t vrf, struct gw_ac *ac,
                                const struct ip *ip, enum gw_client_state state,
                                const struct mac *mac, struct mono until,
                                struct mono now);
void gw_client_del(struct gw_dhcp *g, struct gw_client *c);
/* Its lease ended before its time, as it or the server says. */
void gw_client_over(struct gw_dhcp *g, const struct gw_place *p, const struct ip *ip,
                    const struct mac *mac, struct mono now);

/* gw_dhcp4.c, gw_dhcp6.c */
void gw_heard4(struct gw_dhcp *g, struct gw_ac *ac, const struct mac *src,
               const struct udp *u, struct cur data, struct mono now);
void gw_answer4(struct gw_dhcp *g, uint32_t vrf, const struct udp *u, struct cur data,
                struct mono now);
void gw_heard6(struct gw_dhcp *g, struct gw_ac *ac, const struct mac *src,
               const struct udp *u, struct cur data, struct mono now);
void gw_answer6(struct gw_dhcp *g, uint32_t vrf, const struct udp *u, struct cur data,
                struct mono now);

static inline unsigned gw_type(uint8_t type)
{
	return type < GW_TYPES ? type : 0;
}
