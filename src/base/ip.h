/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * Addresses and prefixes of both families, and MAC addresses.  Bytes are in network
 * order, as on the wire; unused bytes are zero, so equal values are equal bytes.
 */
enum afi { AFI_NONE = 0, AFI_IP4 = 1, AFI_IP6 = 2 }; /* IANA address family numbers */

struct ip {
	uint8_t b[16]; /* IPv4 in the first four */
	uint8_t afi;   /* enum afi; AFI_NONE: no address */
};

struct prefix {
	struct ip ip; /* host bits are zero */
	uint8_t plen;
};

struct mac {
	uint8_t b[6];
};

enum {
	IP_STRLEN = 46,     /* longest text of an address, with its NUL */
	PREFIX_STRLEN = 50, /* and of a prefix */
	MAC_STRLEN = 18,
};

static inline size_t afi_len(enum afi afi)
{
	return afi == AFI_IP4 ? 4 : afi == AFI_IP6 ? 16 : 0;
}

static inline uint8_t afi_bits(enum afi afi)
{
	return (uint8_t)(afi_len(afi) * 8);
}

static inline struct ip ip_of(enum afi afi, const uint8_t *bytes)
{
	struct ip ip = { .afi = (uint8_t)afi };

	/* two lengths the compiler knows: this is on the way of every route */
	if (afi == AFI_IP4)
		memcpy(ip.b, bytes, 4);
	else if (afi == AFI_IP6)
		memcpy(ip.b, bytes, 16);
	return ip;
}

struct ip ip_of_u32(uint32_t host_order);
uint32_t ip_u32(const struct ip *ip); /* an IPv4 address in host order */
bool ip_is_zero(const struct ip *ip); /* 0.0.0.0, :: or none */
bool ip_is_multicast(const struct ip *ip);
bool ip_is_linklocal(const struct ip *ip); /* fe80::/10, 169.254.0.0/16 */

static inline bool ip_eq(const struct ip *a, const struct ip *b)
{
	return !memcmp(a, b, sizeof(*a));
}

/* Total order: family, then address as a number. */
int ip_cmp(const struct ip *a, const struct ip *b);

/* ip/32 or ip/128. */
static inline struct prefix prefix_host(const struct ip *ip)
{
	return (struct prefix){ .ip = *ip, .plen = afi_bits(ip->afi) };
}

/* The prefix of that length around ip: host bits cleared. */
struct prefix prefix_of(const struct ip *ip, uint8_t plen);
bool prefix_is_host(const struct prefix *p);
bool prefix_has(const struct prefix *p, const struct ip *ip);
bool prefix_covers(const struct prefix *a,
                   const struct prefix *b); /* b inside or equal */
int prefix_cmp(const struct prefix *a, const struct prefix *b);

static inline bool prefix_eq(const struct prefix *a, const struct prefix *b)
{
	return a->plen == b->plen && ip_eq(&a->ip, &b->ip);
}

static inline bool mac_eq(const struct mac *a, const struct mac *b)
{
	return !memcmp(a, b, sizeof(*a));
}

static inline bool mac_is_group(const struct mac *m) /* multicast or broadcast */
{
	return m->b[0] & 1;
}

bool mac_is_zero(const struct mac *m);

/* Text.  fmt writes into the caller's buffer (…_STRLEN bytes) and returns it. */
char *ip_fmt(const struct ip *ip, char buf[static IP_STRLEN]);
char *prefix_fmt(const struct prefix *p, char buf[static PREFIX_STRLEN]);
char *mac_fmt(const struct mac *m, char buf[static MAC_STRLEN]);
/* Parse strictly, the whole string; *ret is written only on success. */
bool ip_parse(const char *s, struct ip *ret);
bool prefix_parse(const char *s, struct prefix *ret); /* refuses host bits */
bool mac_parse(const char *s, struct mac *ret);
