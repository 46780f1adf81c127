/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cur.h"
#include "base/ip.h"
#include "base/wbuf.h"

/*
 * Neighbor Solicitations and Advertisements (RFC 4861 4.3, 4.4) as whole IPv6 packets:
 * the cursor starts at the IPv6 header, and what nd_write() writes is complete, with its
 * checksum.  All validity checks of RFC 4861 7.1 are made here.
 */
enum nd_type {
	ND_TYPE_NS = 135, /* the ICMPv6 types */
	ND_TYPE_NA = 136,
};

enum {
	ND_LEN_MAX = 40 + 24 + 8, /* header, message, one link-layer address option */
};

struct nd {
	enum nd_type type;
	struct ip src; /* :: in an NS: duplicate address detection (RFC 4862 5.4) */
	struct ip dst;
	struct ip target;
	bool router, solicited, override; /* NA: the R, S and O flags */
	bool has_lla;
	struct mac lla; /* source (NS) or target (NA) link-layer address option */
};

enum nd_fault {
	ND_OK,
	ND_SHORT,
	ND_NOT_ND,    /* not an IPv6 packet whose first header is an NS or NA */
	ND_HOP_LIMIT, /* not 255: it crossed a router */
	ND_CHECKSUM,
	ND_CODE,
	ND_TARGET,          /* a group */
	ND_OPTION,          /* of length 0, or longer than the packet */
	ND_LLA,             /* a link-layer address option with a group, zero or no MAC */
	ND_DAD_NOT_GROUP,   /* from :: but not to a solicited-node group */
	ND_DAD_WITH_LLA,    /* from :: but with a source link-layer address */
	ND_SOLICITED_GROUP, /* NA to a group with S set */
	ND_FAULT_END,
};

enum nd_fault nd_read(struct cur *c, struct nd *ret); /* *ret only on ND_OK */
void nd_write(struct wbuf *w, const struct nd *n);
const char *nd_fault_text(enum nd_fault f);

/* An ICMPv6 echo request to ff02::1: who answers has spoken. */
void nd_write_echo_all(struct wbuf *w, const struct ip *src);

/* Internet checksum of an ICMPv6 message with its pseudo-header (RFC 4443 2.3), in host
 * order; 0 over a message whose checksum is right. */
uint16_t nd_checksum(const struct ip *src, const struct ip *dst, const uint8_t *msg,
                     size_t len);

struct ip nd_solicited_node(const struct ip *ip); /* ff02::1:ffXX:XXXX */
struct ip nd_all_nodes(void);                     /* ff02::1 */
struct mac nd_group_mac(const struct ip *group);  /* RFC 2464 7 */
struct ip nd_linklocal(const struct mac *mac);    /* RFC 4291 appendix A */
