/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cur.h"
#include "wire/bgp_attr.h"
#include "wire/bgp_family.h"
#include "wire/bgp_notification.h"

/*
 * Reading UPDATE (RFC 4271 4.3) with the revised error handling of RFC 7606.
 *
 * The sections are found first, then each attribute is checked and read by one row of one
 * table.  Every fault has a fate; the strongest wins, and is the return value.  A reader
 * of the result does:
 *
 *   RESET        send ret->fault and close
 *   DISABLE_AFI  as WITHDRAW; and drop all routes of ret->disabled, and ignore those
 *                families from now on
 *   WITHDRAW     take out ret->withdrawn and unreach, and also all of ret->nlri and reach
 *   else         take out the withdrawn ones, then put in the others with ret->attrs
 */
enum bgp_fate {
	BGP_OK,
	BGP_DISCARD_ATTR,
	BGP_WITHDRAW,
	BGP_DISABLE_AFI,
	BGP_RESET,
};

/* What was negotiated with the peer the message is from. */
struct bgp_ctx {
	bool ibgp;
	bool as4;
	bool disable_afi;      /* answer a bad MP attribute with DISABLE_AFI, not RESET */
	uint32_t peer_as;      /* eBGP: AS_PATH must begin with it; 0: not checked */
	uint32_t families;     /* other families' routes are ignored, unread */
	uint32_t addpath_rx;   /* path ids are in front of these families' NLRI */
	uint32_t ext_next_hop; /* IPv4 families that may have IPv6 next hops (RFC 8950) */
};

/* MP_REACH_NLRI or MP_UNREACH_NLRI of a negotiated family. */
struct bgp_mp {
	bool present;
	bool addpath;
	enum bgp_family family;
	struct bgp_nexthop nexthop; /* of MP_REACH */
	struct cur nlri; /* checked: reading it with the family's codec succeeds */
	size_t n_routes;
};

enum { BGP_UPDATE_ERRORS = 8 }; /* remembered per message; n_errors counts on */

struct bgp_update_err {
	uint8_t type; /* attribute; 0: none in particular, or the classic IPv4 fields */
	uint8_t fate; /* enum bgp_fate */
	uint8_t subcode; /* enum bgp_update_error that says best what was wrong, or … */
};
enum { BGP_UPDATE_OVER_LIMIT = 255 }; /* … ours: correct, but more than we hold */

struct bgp_update {
	enum bgp_fate fate;
	struct bgp_fault fault; /* of the strongest fault; to be sent on RESET */
	struct bgp_update_err error[BGP_UPDATE_ERRORS]; /* for counters and log */
	size_t n_errors;
	uint32_t disabled; /* families, with BGP_DISABLE_AFI */

	bool end_of_rib; /* RFC 4724 2: exactly that shape and nothing else */
	enum bgp_family end_of_rib_family;

	struct cur withdrawn,
		nlri; /* IPv4 unicast fields, checked; empty if not negotiated */
	bool ip4_addpath;
	struct bgp_nexthop ip4_nexthop; /* of `nlri` */

	struct bgp_mp reach, unreach;
	struct bgp_attrs attrs; /* borrows from the message and from this struct */

	uint8_t as_path[BGP_AS_PATH_MAX]; /* attrs.as_path of a peer without AS4 */
};

/*
 * Body of a received message.  *ret points into it and into itself, so it must not be
 * copied.  Returns ret->fate.
 */
enum bgp_fate bgp_update_read(const struct bgp_ctx *ctx, const uint8_t *body, size_t len,
                              struct bgp_update *ret) __attribute__((warn_unused_result));

const char *bgp_update_fate_name(enum bgp_fate fate); /* "treat-as-withdraw" … */
/* "AS_PATH: malformed AS_PATH, treat-as-withdraw" */
enum { BGP_UPDATE_ERR_STRLEN = 128 };
char *bgp_update_err_fmt(const struct bgp_update_err *e,
                         char buf[static BGP_UPDATE_ERR_STRLEN]);
