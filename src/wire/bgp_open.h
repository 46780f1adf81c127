/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/wbuf.h"
#include "wire/bgp_family.h"
#include "wire/bgp_notification.h"

/*
 * OPEN (RFC 4271 4.2, 6.2), capabilities (RFC 5492) and extended optional parameters
 * (RFC 9072).  Family sets are bits of enum bgp_family.
 */
enum bgp_cap_code {
	BGP_CAP_MP = 1,           /* RFC 4760 */
	BGP_CAP_REFRESH = 2,      /* RFC 2918 */
	BGP_CAP_ORF = 3,          /* RFC 5291 */
	BGP_CAP_EXT_NEXT_HOP = 5, /* RFC 8950 */
	BGP_CAP_EXT_MSG = 6,      /* RFC 8654 */
	BGP_CAP_GR = 64,          /* RFC 4724 */
	BGP_CAP_AS4 = 65,         /* RFC 6793 */
	BGP_CAP_ADD_PATH = 69,    /* RFC 7911 */
	BGP_CAP_ENH_REFRESH = 70, /* RFC 7313 */
	BGP_CAP_LLGR = 71,        /* RFC 9494 */
};

enum bgp_orf_kind { BGP_ORF_ADDR_PREFIX, BGP_ORF_CP, BGP_ORF_END }; /* types 64, 65 */

enum {
	BGP_CAPS_MAX = 64,       /* capabilities in one OPEN; more is malformed */
	BGP_CAPS_OTHER_MAX = 16, /* unknown ones that are remembered for show */
};

/* A capability we make no use of.  afi and safi: of a multiprotocol one, else 0. */
struct bgp_cap_other {
	uint8_t code, len;
	uint16_t afi;
	uint8_t safi;
};

struct bgp_caps {
	uint32_t families; /* RFC 4760; IPv4 unicast if no such capability came */
	bool mp;           /* one came, if only for a family we do not know */
	bool refresh;
	bool enhanced_refresh;
	bool ext_msg;
	bool as4;
	uint32_t ext_next_hop; /* families that may have an IPv6 next hop for IPv4 NLRI */
	uint32_t addpath_rx;   /* the sender of the OPEN can receive path ids … */
	uint32_t addpath_tx;   /* … and can send them */
	uint32_t orf_rx[BGP_ORF_END],
		orf_tx[BGP_ORF_END]; /* likewise entries, per kind */

	struct {
		bool present;
		bool restarted;    /* R: restarting now, do not wait for its End-of-RIB */
		bool notification; /* N: keep routes over a NOTIFICATION too (RFC 8538) */
		uint16_t time;     /* s, 12 bits */
		uint32_t families; /* whose routes to keep */
		uint32_t forwarding; /* F: whose forwarding state was preserved */
	} gr;

	struct { /* RFC 9494; of no effect without gr */
		bool present;
		uint32_t families;
		uint32_t forwarding;        /* F, as above */
		uint32_t time[BGP_FAM_END]; /* s, 24 bits: how long to keep them then */
	} llgr;

	struct bgp_cap_other other[BGP_CAPS_OTHER_MAX];
	uint16_t n_other; /* as received: may be more than the array holds */
};

struct bgp_open {
	uint32_t as;  /* the effective one: of the AS4 capability if there, else as2 */
	uint16_t as2; /* as in the fixed part; written from `as` */
	uint16_t hold_time; /* s: 0 or at least 3 */
	uint32_t router_id; /* host order */
	struct bgp_caps caps;
};

/*
 * Body of a received message.  False: *fault is what to answer, *ret is untouched.
 * Whether `as` is the expected one is the session's question.
 */
bool bgp_open_read(const uint8_t *body, size_t len, struct bgp_open *ret,
                   struct bgp_fault *fault) __attribute__((warn_unused_result));

/*
 * A whole message.  Capabilities go out in ascending order in one optional parameter;
 * as2, `mp` and `other` are not looked at.
 */
void bgp_open_write(struct wbuf *w, const struct bgp_open *o);

const char *bgp_open_cap_name(uint8_t code); /* "graceful restart"; "unknown" */
