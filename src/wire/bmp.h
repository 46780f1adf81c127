/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ip.h"
#include "base/wbuf.h"

/*
 * Messages of the BGP Monitoring Protocol, written (RFC 7854, version 3).  Open a
 * message, write its body, close it.
 */
enum bmp_type {
	BMP_ROUTE_MONITORING,
	BMP_STATISTICS,
	BMP_PEER_DOWN,
	BMP_PEER_UP,
	BMP_INITIATION,
	BMP_TERMINATION,
	BMP_ROUTE_MIRRORING,
};

enum bmp_peer_flag {
	BMP_PEER_IP6 = 0x80,
	BMP_PEER_POST_POLICY = 0x40,
	BMP_PEER_AS2 = 0x20, /* AS_PATHs of two-octet numbers */
};

enum bmp_down {                                  /* RFC 7854 4.9 */
	        BMP_DOWN_LOCAL_NOTIFICATION = 1, /* the message follows */
	        BMP_DOWN_LOCAL = 2,              /* the event of RFC 4271 8.1 follows */
	        BMP_DOWN_REMOTE_NOTIFICATION = 3,
	        BMP_DOWN_REMOTE = 4,
};

enum bmp_init_tlv { BMP_INIT_STRING, BMP_INIT_DESCRIPTION, BMP_INIT_NAME };
enum bmp_term_tlv { BMP_TERM_STRING, BMP_TERM_REASON };
enum bmp_mirror_tlv { BMP_MIRROR_MESSAGE, BMP_MIRROR_INFORMATION };
enum bmp_mirror_info { BMP_MIRROR_ERRORED, BMP_MIRROR_LOST };

enum bmp_stat { /* RFC 7854 4.8, 8671 6.2 */
	        BMP_STAT_REJECTED = 0,
	        BMP_STAT_CLUSTER_LOOP = 3,
	        BMP_STAT_AS_LOOP = 4,
	        BMP_STAT_ORIGINATOR_LOOP = 5,
	        BMP_STAT_ADJ_IN = 7,
	        BMP_STAT_ADJ_IN_AFI = 9,
	        BMP_STAT_TREAT_AS_WITHDRAW = 11,
	        BMP_STAT_ADJ_OUT_POST = 15,
};

enum { BMP_HDR_LEN = 6, BMP_PEER_LEN = 42 };

struct bmp_peer {
	uint8_t flags; /* enum bmp_peer_flag; that of IPv6 follows from the address */
	struct ip address;
	uint32_t as, id; /* id: host order */
	int64_t wall_us; /* when; 0: not known */
};

size_t bmp_open(struct wbuf *w, enum bmp_type type);
void bmp_close(struct wbuf *w, size_t start);
void bmp_peer(struct wbuf *w, const struct bmp_peer *p); /* the per-peer header */
/* Of Peer Up: how the session runs; both OPENs follow. */
void bmp_session(struct wbuf *w, const struct ip *local, uint16_t local_port,
                 uint16_t remote_port);
void bmp_tlv(struct wbuf *w, uint16_t type, const void *value, size_t n);
/* Of Statistics, behind their number: a counter of 32 bits, gauges of 64. */
void bmp_stat32(struct wbuf *w, enum bmp_stat type, uint32_t value);
void bmp_stat64(struct wbuf *w, enum bmp_stat type, uint64_t value);
void bmp_stat_family(struct wbuf *w, enum bmp_stat type, uint16_t afi, uint8_t safi,
                     uint64_t value);
