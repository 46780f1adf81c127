/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	BGP_HDR = 19,
	BGP_MAX = 4096,      /* RFC 4271 */
	BGP_MAX_EXT = 65535, /* RFC 8654 */
	NLRI_MAX = 28,       /* one VPNv6 host route */
};

enum { MSG_OPEN = 1, MSG_UPDATE, MSG_NOTIFICATION, MSG_KEEPALIVE, MSG_REFRESH };

enum { AFI_IP = 1, AFI_IP6 = 2, SAFI_UNICAST = 1, SAFI_VPN = 128, SAFI_RTC = 132 };

/* A byte queue: [off, len) is what is still to be sent. */
struct buf {
	uint8_t *p;
	size_t len, cap, off;
};

void buf_put(struct buf *b, const void *data, size_t n);
void buf_free(struct buf *b);

/* The route set.  Routes come in blocks of `block` consecutive numbers; a
 * block shares one attribute set (VRF, hence RD and RT, and next hop), which
 * is what one UPDATE carries.  Block b belongs to VRF b % vrfs and uses next
 * hop number (b / vrfs) % nhs of whichever sender announces it. */
struct plan {
	uint32_t routes; /* K */
	uint32_t block;  /* prefixes per attribute set and per UPDATE */
	uint32_t vrfs;   /* distinct RD + RT */
	uint32_t nhs;    /* distinct next hops per sender, <= 65536 */
	uint16_t rd_asn; /* RD and RT are rd_asn:(rd_base + vrf), type 0 */
	uint32_t rd_base;
	uint32_t nh_base;     /* next hop = nh_base + (sender << 16) + number */
	uint32_t host_base;   /* first VPNv4 host address, host order */
	bool shared_hosts;    /* VRFs use the same addresses over and over; else
	                         every route has an address of its own */
	bool v6;              /* VPNv6 /128 instead of VPNv4 /32 */
	bool label_per_route; /* else one label per VRF and sender */
	bool unique_attrs;    /* add MED = block number: no two blocks share
	                         an attribute set */
	uint32_t gen;         /* generation, in the high octet of MED; 0: none */
};

enum { MED_GEN_SHIFT = 24 };

/* Where route number i sits. */
struct route {
	uint32_t block, vrf, host, nh;
};

struct route plan_route(const struct plan *p, uint32_t i);
/* Route number of host number `host` in `vrf`, or -1 outside the plan. */
int64_t plan_index(const struct plan *p, uint32_t vrf, uint32_t host);
uint32_t plan_label(const struct plan *p, uint32_t i, uint32_t vrf, unsigned sender);

static inline uint16_t plan_afi(const struct plan *p)
{
	return p->v6 ? AFI_IP6 : AFI_IP;
}

/* ---- encoders ---- */

struct open_opts {
	uint32_t asn, bgp_id;
	uint16_t hold;
	uint16_t afi; /* with SAFI 128 */
	bool as4, refresh, extmsg, rtc;
};

void enc_open(struct buf *b, const struct open_opts *o);
void enc_keepalive(struct buf *b);
void enc_notification(struct buf *b, uint8_t code, uint8_t sub);
void enc_refresh(struct buf *b, uint16_t afi, uint8_t safi);
void enc_eor(struct buf *b, uint16_t afi, uint8_t safi);
/* n consecutive routes of one block, announced by `sender`. */
void enc_reach(struct buf *b, const struct plan *p, unsigned sender, uint32_t first,
               uint32_t n);
/* Any n routes, n <= unreach_max(). */
void enc_unreach(struct buf *b, const struct plan *p, const uint32_t *idx, uint32_t n);
uint32_t unreach_max(const struct plan *p);
uint32_t reach_max(const struct plan *p);
/* Route-target membership (RFC 4684) for the RTs of VRFs [0, vrfs). */
void enc_rtc(struct buf *b, const struct plan *p, uint32_t asn, uint32_t next_hop,
             uint32_t vrfs);

/* ---- decoder ---- */

struct sink {
	void *ctx;
	void (*reach)(void *ctx, uint32_t route, unsigned sender);
	void (*unreach)(void *ctx, uint32_t route);
};

struct dec_stats {
	uint64_t updates, reach, unreach, eor, rtc_nlri;
	uint64_t mp_not_first;   /* RFC 7606 5.1 asks for MP_* first */
	uint64_t stray_next_hop; /* NEXT_HOP beside MP_REACH_NLRI */
	uint64_t no_originator;  /* reflected without ORIGINATOR_ID */
	uint32_t med;            /* of the UPDATE being read; 0 if none */
};

struct dec_opts {
	const struct plan *plan;
	unsigned senders;
	bool as4, rtc, ibgp;
};

/* Decode one UPDATE body (after the header).  Every route is checked against
 * the plan: RD, prefix, label, next hop, route target.  Returns NULL, or a
 * constant text for the first fault; nothing of a faulty message reaches the
 * sink except NLRI before the fault. */
const char *dec_update(const struct dec_opts *o, const uint8_t *body, size_t len,
                       const struct sink *sink, struct dec_stats *st);

/* Check a header; returns the message length, 0 if more bytes are needed, -1
 * on a fault (*why set). */
int dec_header(const uint8_t *p, size_t have, bool extmsg, const char **why);

/* Peer's OPEN: describe its capabilities as comma separated text in `out`. */
const char *dec_open(const uint8_t *body, size_t len, char *out, size_t outlen, bool *as4,
                     bool *extmsg, bool *rtc, uint16_t *hold);

/* The BGP messages bgpbench sends and the strict decoder for what
 * it gets back.
 *
 * Everything here is pure: no sockets, no clocks.  The route set is a
 * deterministic function of a small `struct plan`, so a decoded VPN prefix
 * maps back to its route number with arithmetic alone; the tool needs no hash
 * table and stays cheap next to the daemon under test.
 */
