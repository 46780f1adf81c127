/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/ip.h"

/*
 * Route distinguishers (RFC 4364 4.2) and extended communities (RFC 4360), kept as the
 * eight octets of the wire.  The type and the subtype live in the first two.
 */
struct rd {
	uint8_t b[8];
};

struct extcom {
	uint8_t b[8];
};

enum {
	RD_STRLEN = 24,     /* "255.255.255.255:65535", "4294967295:65535" */
	EXTCOM_STRLEN = 40, /* with its kind in front: "rt:65000:100" */
};

enum extcom_subtype { /* of the types 0x00, 0x01, 0x02 (RFC 4360 4, 5) */
	              EXTCOM_RT = 0x02,
	              EXTCOM_SOO = 0x03, /* Route Origin: our site identity */
};

static inline bool rd_eq(const struct rd *a, const struct rd *b)
{
	return !memcmp(a, b, sizeof(*a));
}

static inline bool extcom_eq(const struct extcom *a, const struct extcom *b)
{
	return !memcmp(a, b, sizeof(*a));
}

static inline int extcom_cmp(const struct extcom *a, const struct extcom *b)
{
	return memcmp(a, b, sizeof(*a));
}

struct rd rd_of_ip(const struct ip *ip4, uint16_t num); /* type 1 */

/* A route target or route origin from "65000:100", "192.0.2.1:100" or "4200000000:7". */
bool extcom_parse(const char *s, enum extcom_subtype sub, struct extcom *ret);
struct extcom extcom_of_as(enum extcom_subtype sub, uint32_t as, uint32_t num);
bool extcom_is(const struct extcom *c, enum extcom_subtype sub); /* of types 0, 1, 2 */
bool rd_parse(const char *s, struct rd *ret);

char *rd_fmt(const struct rd *rd, char buf[static RD_STRLEN]);
/* "rt:65000:100", "soo:65000:1", "mobility:3 sticky", "encap:mpls-udp", else hex. */
char *extcom_fmt(const struct extcom *c, char buf[static EXTCOM_STRLEN]);
