/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cur.h"
#include "base/wbuf.h"
#include "wire/bgp_family.h"
#include "wire/bgp_notification.h"

/* ROUTE-REFRESH (RFC 2918), its begin and end marks (RFC 7313), ORF entries (RFC 5291).
 */
enum bgp_refresh_subtype {
	BGP_REFRESH_REQUEST = 0,
	BGP_REFRESH_BEGIN = 1, /* BoRR */
	BGP_REFRESH_END = 2,   /* EoRR */
};

struct bgp_refresh {
	uint16_t afi;
	uint8_t safi;
	enum bgp_family family; /* BGP_FAM_END: none we know; ignore it (RFC 2918 4) */
	uint8_t subtype; /* enum bgp_refresh_subtype; others: ignore (RFC 7313 5) */
	struct cur orf;  /* what follows a request; empty without ORF */
};

/*
 * Body of a received message.  msg is the whole message, for the fault's echo (RFC 7313
 * 5). enhanced: that capability was negotiated; without it the subtype octet is reserved
 * and reads as a request.
 */
bool bgp_refresh_read(const uint8_t *msg, size_t len, bool enhanced,
                      struct bgp_refresh *ret, struct bgp_fault *fault)
	__attribute__((warn_unused_result));
/* A whole message, without ORF entries. */
void bgp_refresh_write(struct wbuf *w, enum bgp_family family,
                       enum bgp_refresh_subtype sub);
