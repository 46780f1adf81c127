/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/wbuf.h"
#include "wire/bgp_attr.h"
#include "wire/bgp_family.h"
#include "wire/nlri_ip.h"
#include "wire/nlri_rtc.h"
#include "wire/nlri_vpn.h"

/*
 * Writing UPDATEs: many routes of one attribute set into as few messages as they need.
 *
 *   bgp_write_attrs()   once per attribute set and kind of peer: image → attributes
 *   bgp_write_reach()   begin a message: MP_REACH first (RFC 7606 5.1)
 *   bgp_write_vpn() …   add routes; false: full, end it and begin the next
 *   bgp_write_end()     the attributes, and the lengths
 *
 * Likewise bgp_write_unreach().  Nothing is allocated; a message lies in the caller's
 * wbuf.
 */
struct bgp_send {          /* what attributes become on the way to a kind of peer */
	bool ebgp;         /* LOCAL_PREF, MED and RFC 4456's stay inside; AS_PATH grows */
	bool as4;          /* else two-octet AS_PATH and AS4_PATH (RFC 6793 4.2.2) */
	uint32_t local_as; /* put in front of AS_PATH towards eBGP */
	bool local_pref;   /* iBGP: 100 where it is missing (RFC 4271 5.1.5) */
	/* Reflecting (RFC 4456 8): ORIGINATOR_ID where there is none, CLUSTER_LIST grows.
	 */
	bool reflect;
	bool own_originator; /* … or in the place of another (RFC 4684 3.2) */
	uint32_t originator_id, cluster_id;
};

/* Append the attributes of an image as the peer gets them.  False: no room. */
bool bgp_write_attrs(struct wbuf *w, const uint8_t *image, size_t n,
                     const struct bgp_send *send);

struct bgp_write {
	struct wbuf *w; /* borrowed */
	size_t start;   /* offsets of the message, … */
	size_t mp;      /* … of the MP attribute … */
	size_t end_max; /* … and where it ends at the latest, its attributes included */
	const uint8_t *attrs;
	size_t attrs_len;
	size_t n_routes;
	bool addpath, withdraw;
	bool was_full; /* *w before we came */
};

/*
 * Begin an UPDATE of at most max octets (BGP_MSG_MAX, BGP_MSG_MAX_EXT) at the end of *w.
 * attrs: of bgp_write_attrs(), borrowed until bgp_write_end().  IPv4 unicast goes in
 * MP_REACH as the others do (RFC 4760 3).
 */
void bgp_write_reach(struct bgp_write *u, struct wbuf *w, size_t max,
                     enum bgp_family family, bool addpath, const struct bgp_nexthop *nh,
                     const uint8_t *attrs, size_t attrs_len);
void bgp_write_unreach(struct bgp_write *u, struct wbuf *w, size_t max,
                       enum bgp_family family, bool addpath);

/* Add one route of the family.  False: it does not fit, nothing was written. */
bool bgp_write_vpn(struct bgp_write *u, const struct vpn_nlri *r);
bool bgp_write_rtc(struct bgp_write *u, const struct rtc_nlri *r);
bool bgp_write_ip(struct bgp_write *u, const struct ip_nlri *r);

/*
 * Finish the message.  False, and *w is as before: it holds no route.  After a message to
 * which not even one route could be added, that attribute set is too big for the peer and
 * its routes must be withdrawn there (RFC 4271 9.2, RFC 8654 4).
 */
bool bgp_write_end(struct bgp_write *u);

/* End-of-RIB of a family (RFC 4724 2), a whole message. */
void bgp_write_end_of_rib(struct wbuf *w, enum bgp_family family);
