/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cur.h"
#include "base/ip.h"
#include "base/wbuf.h"

/*
 * VRRPv3 advertisements (RFC 5798, RFC 9568) as whole IP packets of both families: the
 * cursor starts at the IP header, and what vrrp_write() writes is complete.  All checks
 * of RFC 5798 7.1 are made here but those that need to know the virtual router.
 */
enum {
	VRRP_PROTO = 112,
	VRRP_OWNER = 255,          /* priority of a router whose addresses they are */
	VRRP_RESIGN = 0,           /* priority of a master that steps down */
	VRRP_INTERVAL_MAX = 0xfff, /* centiseconds; a field of 12 bits */
	VRRP_VIPS_MAX = 20,        /* of ours; a peer may tell up to 255 */
	VRRP_LEN_MAX = 40 + 8 + 16 * VRRP_VIPS_MAX,
};

/* RFC 5798 5.2.8 puts a pseudo-header into the checksum, and who read it for IPv4 as RFC
 * 9568 5.2.8 says it leaves it out.  IPv6 always has one. */
enum vrrp_checksum { VRRP_SUM_PSEUDO, VRRP_SUM_PLAIN };

struct vrrp {
	struct ip src; /* the sender's primary address: decides ties */
	uint8_t vrid;
	uint8_t priority;
	uint16_t interval_cs;
	enum vrrp_checksum checksum;
	uint8_t n_vips;
	const uint8_t *vips; /* borrowed; n_vips addresses of src's family in a row */
};

enum vrrp_fault {
	VRRP_OK,
	VRRP_SHORT,     /* cut short, or not an IP packet at all */
	VRRP_NOT_VRRP,  /* another protocol, or a fragment */
	VRRP_IP_SUM,    /* the IPv4 header's checksum */
	VRRP_TTL,       /* not 255: it crossed a router */
	VRRP_DST,       /* not to the group of VRRP */
	VRRP_SRC,       /* not a router's address; in IPv6 a link-local one */
	VRRP_VERSION_2, /* RFC 3768 speakers cannot share our virtual router */
	VRRP_VERSION,
	VRRP_TYPE, /* there is but the advertisement */
	VRRP_LENGTH,
	VRRP_COUNT, /* no address at all */
	VRRP_SUM,
	VRRP_VRID,     /* 0 */
	VRRP_INTERVAL, /* 0: it would be over before it began */
	VRRP_FAULT_END,
};

/* *ret only on VRRP_OK; but ret->vrid also on faults behind it, 0 if it was not reached:
 * so that they can be counted where they belong. */
enum vrrp_fault vrrp_read(struct cur *c, struct vrrp *ret);
void vrrp_write(struct wbuf *w, const struct vrrp *v);
const char *vrrp_fault_text(enum vrrp_fault f);

struct ip vrrp_vip(const struct vrrp *v, unsigned i); /* i < n_vips */
struct ip vrrp_group(enum afi afi);                   /* 224.0.0.18, ff02::12 */
struct mac vrrp_group_mac(enum afi afi);              /* as a destination */
struct mac vrrp_mac(enum afi afi, uint8_t vrid);      /* RFC 5798 7.3 */
