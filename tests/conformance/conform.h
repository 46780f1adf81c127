/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "bgp/bgp_int.h"

#include "tests/sim/world.h"
#include "tests/t.h"

/*
 * Conformance: named vectors against the whole speaker.  A reflector of AS 65000 has two
 * neighbors: the talker, who says what a vector says, once as a client of the same AS and
 * once as AS 65001, and a listener, a client who only hears.  A vector says what becomes
 * of the message, what the talker is answered, what the listener is told and what the
 * table keeps.  Each runs with the message in one piece and octet by octet.
 *
 * The talker's three routes are there before: A 1.1.1.3/32 and B 9.9.9.9/32 with the RD
 * 192.0.2.12:100, and C 2001:db8::3/128 with the same.
 */
enum conform_ctx {
	CTX_AS2 = 1 << 0,       /* the talker knows two-octet AS numbers only */
	CTX_DISABLE = 1 << 1,   /* a family may be disabled (RFC 7606 5.1) */
	CTX_ONLY4 = 1 << 2,     /* VPN-IPv6 was not negotiated: there is no C */
	CTX_SMALL = 1 << 3,     /* no extended messages */
	CTX_NO_ENH = 1 << 4,    /* no enhanced route refresh */
	CTX_NO_POLICY = 1 << 5, /* eBGP as RFC 8212 wants it, without a policy */
	CTX_ADD_PATH = 1 << 6,  /* the talker sends path identifiers; A, B and C have 1 */
	CTX_TARGETS = 1 << 7,   /* route target membership is agreed on */
};

struct rig {
	struct world w;
	struct node *dut, *talker, *listener;
	struct pipe *p, *heard;
	struct bgp_peer *peer; /* the talker, inside the speaker */
	const char *name;      /* of the vector */
	bool ebgp;
	unsigned ctx;
};

enum { AS_US = 65000, AS_THEM = 65001 };

/* The two neighbors are configured, the listener is up, the talker connected. */
void rig_init(struct rig *r, const char *name, bool ebgp, unsigned ctx, size_t chunk);
void rig_open(struct rig *r);   /* the talker's OPEN and KEEPALIVE: up */
void rig_routes(struct rig *r); /* … and A, B, C */
void rig_fini(struct rig *r);

/* "mmmm" and "nnnnnnnn" in hex text stand for the talker's AS in two and four octets. */
size_t rig_hex(const struct rig *r, const char *hex, uint8_t *ret, size_t cap);

/* What the talker got since last asked: a NOTIFICATION, and as letters U for UPDATEs, R
 * for a refresh, B and E for the begin and end of one, O for OPEN, K for KEEPALIVE. */
struct rig_said {
	char what[32];
	bool notified, closed;
	uint8_t code, subcode;
	uint8_t data[BGP_MSG_MAX];
	size_t len;
};
void rig_said(struct rig *r, struct rig_said *ret);

/* What the listener was told since last asked: "A" announced, "a" withdrawn, likewise B,
 * C, and O for any other route.  body: the last UPDATE with routes. */
struct rig_told {
	char what[16];
	uint32_t label;
	uint8_t body[BGP_MSG_MAX];
	size_t len;
};
void rig_told(struct rig *r, struct rig_told *ret);
/* The talker's path, the better of two: its label, 0: there is none. */
uint32_t rig_label(const struct rig *r, char route);

/* Failures are collected and told at the end of the test, by vector. */
void rig_wrong(const struct rig *r, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void rig_check(void);                       /* fails if something was wrong */
void rig_count(size_t n, const char *what); /* the same, and prints it */
