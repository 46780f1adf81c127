/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/cur.h"
#include "base/ip.h"
#include "base/rd.h"
#include "base/wbuf.h"
#include "wire/nlri.h"

/*
 * Labelled VPN routes, IPv4 and IPv6 (RFC 4364 4.3.4, RFC 4659 3.2, RFC 8277 2.2): one
 * label, route distinguisher, prefix.
 */
struct vpn_nlri {
	uint32_t path_id; /* ADD-PATH (RFC 7911), 0 without */
	uint32_t label;   /* 20 bits; means nothing in a withdrawal (RFC 8277 2.4) */
	struct rd rd;
	struct prefix prefix; /* host bits are zero, whatever the peer sent */
};

enum {
	NLRI_VPN_MAX = 4 + 1 + 3 + 8 + 16, /* octets of the longest */
	NLRI_VPN_WITHDRAWN = 0x800000, /* the label field of a withdrawal, RFC 8277 2.4 */
	NLRI_VPN_LABEL_RESERVED = 15,  /* labels up to here mean no VPN (RFC 3032 2.1) */
};

/*
 * Read one route of that family (AFI_IP4, AFI_IP6); *ret is written only on NLRI_OK.
 * Traffic class and bottom-of-stack bits are not looked at (RFC 8277 2.2), nor is the
 * label field of a withdrawal: drop `label` there.
 */
enum nlri_err nlri_vpn_read(struct cur *c, enum afi afi, bool addpath,
                            struct vpn_nlri *ret);

/* May a route be announced with this label?  The reserved ones carry no VPN traffic. */
static inline bool nlri_vpn_label_ok(const struct vpn_nlri *r)
{
	return r->label > NLRI_VPN_LABEL_RESERVED;
}

void nlri_vpn_write(struct wbuf *w, const struct vpn_nlri *r, bool addpath);
void nlri_vpn_write_withdrawn(struct wbuf *w, const struct vpn_nlri *r, bool addpath);
