/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ip.h"
#include "base/wbuf.h"
#include "wire/bgp_attr.h"
#include "wire/bgp_family.h"
#include "wire/nlri_vpn.h"

/*
 * MRT records, written (RFC 6396; RFC 8050 where there are path identifiers).  AS numbers
 * are of four octets throughout.  Open a record, write its body, close it.
 */
enum mrt_type {
	MRT_TABLE_DUMP_V2 = 13,
	MRT_BGP4MP_ET = 17, /* with microseconds */
};

enum mrt_table_subtype {
	MRT_PEER_INDEX_TABLE = 1,
	MRT_RIB_GENERIC = 6,
	MRT_RIB_GENERIC_ADDPATH = 12,
};

enum mrt_bgp_subtype {
	MRT_MESSAGE_AS4 = 4,
	MRT_STATE_CHANGE_AS4 = 5,
	MRT_MESSAGE_AS4_ADDPATH = 9,
};

size_t mrt_open(struct wbuf *w, enum mrt_type type, uint16_t subtype, int64_t wall_us);
void mrt_close(struct wbuf *w, size_t start);

/* PEER_INDEX_TABLE: the head, then so many peers as it said. */
struct mrt_peer {
	struct ip address;
	uint32_t as, id; /* id: host order */
};
void mrt_peer_table(struct wbuf *w, uint32_t collector_id, const char *view,
                    uint16_t peers);
void mrt_peer(struct wbuf *w, const struct mrt_peer *p);

/* RIB_GENERIC: the head, then the entries, then how many there were. */
size_t mrt_rib(struct wbuf *w, uint32_t sequence, enum bgp_family family,
               const struct vpn_nlri *r, bool addpath); /* returns where the count goes */
/* One path: its attributes as they are on the wire, without the next hop. */
void mrt_rib_entry(struct wbuf *w, uint16_t peer, uint32_t since_s,
                   const struct bgp_nexthop *nh, const uint8_t *attrs, size_t len);
void mrt_rib_count(struct wbuf *w, size_t at, uint16_t entries);

/* BGP4MP: the head of both kinds; a message or two states follow. */
struct mrt_session {
	uint32_t peer_as, local_as;
	struct ip peer, local; /* local AFI_NONE: not known, zeros */
};
void mrt_session(struct wbuf *w, const struct mrt_session *s);
