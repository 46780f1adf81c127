/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cmd.h"
#include "base/ip.h"
#include "base/mono.h"

/*
 * Router advertisements of the subnets (RFC 4861 6.2).  The router is one at all sites:
 * the gateway's link-local address and the proxy MAC, and the same content, so that a
 * host that moves notices nothing.
 *
 * Of the PEs of a site the VRRP master alone speaks (RFC 5798 6.4.3).  Who ceases to, as
 * backup or for good, says nothing: a last advertisement with a lifetime of zero (RFC
 * 4861 6.2.5) would be the new master's too, by its address, and take the default route
 * from every host of the site.
 *
 * Pure: time and messages come in, messages go out by callbacks.
 */
struct gw_ras;

enum {
	GW_RA_DNS_MAX = 4,
	GW_RA_FAST_N = 3,       /* MAX_INITIAL_RTR_ADVERTISEMENTS */
	GW_RA_FAST_MS = 16000,  /* MAX_INITIAL_RTR_ADVERT_INTERVAL */
	GW_RA_APART_MS = 3000,  /* MIN_DELAY_BETWEEN_RAS */
	GW_RA_DELAY_MS = 500,   /* MAX_RA_DELAY_TIME */
	GW_RA_ALARM_MS = 60000, /* one alarm about another router in so long */
};

struct gw_ra_subnet {
	uint32_t vrf;
	const char *name; /* copied */
	struct prefix prefix;
	struct ip from; /* the gateway's link-local address */
	struct mac proxy_mac;
	uint32_t interval_s; /* MaxRtrAdvInterval */
	uint16_t lifetime_s;
	uint32_t valid_s, preferred_s;
	bool managed, other, autonomous;
	uint32_t mtu; /* 0: not told */
	struct ip dns[GW_RA_DNS_MAX];
	unsigned n_dns;
	const char *search[GW_RA_DNS_MAX]; /* read at once */
	unsigned n_search;
};

/* A router that is none of ours. */
struct gw_ra_rogue {
	uint32_t vrf;
	uint16_t ac;
	struct mac mac;
	struct ip ip;
	uint16_t lifetime_s;
	uint64_t heard; /* on that attachment since the start */
};

struct gw_ra_ops {
	void (*send)(void *arg, uint16_t ac, const struct mac *dst, const struct mac *src,
	             const uint8_t *ip, size_t len);
	void (*rogue)(void *arg, const struct gw_ra_rogue *r);
	const char *(*vrf_name)(void *arg, uint32_t vrf);
	const char *(*ac_name)(void *arg, uint16_t ac);
};

struct gw_ras *gw_ras_new(const struct gw_ra_ops *ops, void *arg, uint64_t seed);
void gw_ras_free(struct gw_ras *g);

/* The subnet on an attachment: down and backup until told otherwise. */
void gw_ra_add(struct gw_ras *g, const struct gw_ra_subnet *sn, uint16_t ac);
void gw_ra_master(struct gw_ras *g, uint32_t vrf, const struct prefix *p, uint16_t ac,
                  bool master, struct mono now);
void gw_ra_link(struct gw_ras *g, uint16_t ac, bool up, struct mono now);

/* IP packets from an attachment, and who sent the frame. */
void gw_ra_solicited(struct gw_ras *g, uint16_t ac, const uint8_t *ip, size_t len,
                     struct mono now);
void gw_ra_heard(struct gw_ras *g, uint16_t ac, const struct mac *mac, const uint8_t *ip,
                 size_t len, struct mono now);

struct mono gw_ras_deadline(const struct gw_ras *g);
void gw_ras_run(struct gw_ras *g, struct mono now);

extern const struct cmd gw_ra_cmds[]; /* arg: the struct gw_ras */
extern const size_t gw_ra_cmds_n;
