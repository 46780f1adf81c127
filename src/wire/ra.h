/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cur.h"
#include "base/ip.h"
#include "base/wbuf.h"

/*
 * Router Solicitations and Advertisements (RFC 4861 4.1, 4.2; DNS options: RFC 8106) as
 * whole IPv6 packets.  The validity checks of RFC 4861 6.1 are made here.
 */
enum {
	RA_PREFIXES_MAX = 8,
	RA_DNS_MAX = 8,
	RA_SEARCH_MAX = 256, /* octets of names */
	/* IPv6 header, message, link-layer address, MTU, prefixes, RDNSS, DNSSL */
	RA_LEN_MAX = 40 + 16 + 8 + 8 + 32 * RA_PREFIXES_MAX + 8 + 16 * RA_DNS_MAX + 16 +
	             RA_SEARCH_MAX,
};

struct ra_prefix {
	struct prefix prefix;
	bool on_link, autonomous; /* the L and A flags */
	uint32_t valid_s, preferred_s;
};

struct ra {
	struct ip src; /* link-local */
	struct ip dst;
	uint8_t hop_limit; /* for the host's packets; 0: not told */
	bool managed,
		other; /* the M and O flags: addresses, or other things, by DHCPv6 */
	uint16_t lifetime_s; /* as default router; 0: not one */
	uint32_t reachable_ms, retrans_ms;
	bool has_lla;
	struct mac lla;
	uint32_t mtu; /* 0: not told */
	struct ra_prefix prefix[RA_PREFIXES_MAX];
	uint8_t n_prefixes, n_dns;
	struct ip dns[RA_DNS_MAX];
	uint32_t dns_s; /* lifetime of servers, and of names */
	uint8_t search[RA_SEARCH_MAX];
	uint16_t search_len; /* names in the form of RFC 1035 3.1, one behind the other */
};

struct rs {
	struct ip src; /* :: from who has no address yet */
	struct ip dst;
	bool has_lla;
	struct mac lla;
};

enum ra_fault {
	RA_OK,
	RA_SHORT,
	RA_OTHER, /* not an IPv6 packet whose first header is that message */
	RA_HOP_LIMIT,
	RA_CHECKSUM,
	RA_CODE,
	RA_SOURCE, /* an RA not from a link-local address, an RS from a group */
	RA_OPTION, /* of length 0, longer than the packet, or not as its kind is */
	RA_FAULT_END,
};

/* What there are more of than there is room for is skipped; *ret only on RA_OK. */
enum ra_fault ra_read(struct cur *c, struct ra *ret);
enum ra_fault rs_read(struct cur *c, struct rs *ret);
void ra_write(struct wbuf *w, const struct ra *ra);
void rs_write(struct wbuf *w, const struct rs *rs);
const char *ra_fault_text(enum ra_fault f);

/* "example.com" to ra->search.  False: no such name can be, or there is no room. */
bool ra_search_add(struct ra *ra, const char *name);
