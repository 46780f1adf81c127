/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/rd.h"

#include <stdio.h>

enum {               /* the first octet of a community, the second of an RD */
       TYPE_AS2 = 0, /* 2-octet AS : 4-octet number */
       TYPE_IP4 = 1, /* IPv4 address : 2-octet number */
       TYPE_AS4 = 2, /* 4-octet AS : 2-octet number */
};

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint32_t be16(const uint8_t *p)
{
	return (uint32_t)p[0] << 8 | p[1];
}

static void put(uint8_t *p, uint32_t v, unsigned n)
{
	while (n--) {
		p[n] = (uint8_t)v;
		v >>= 8;
	}
}

struct rd rd_of_ip(const struct ip *ip4, uint16_t num)
{
	struct rd rd = {
		.b = {0, TYPE_IP4}
	};

	memcpy(rd.b + 2, ip4->b, 4);
	put(rd.b + 6, num, 2);
	return rd;
}

static bool parse_number(const char *s, uint32_t *ret)
{
	uint64_t v = 0;

	if (!*s || strlen(s) > 10)
		return false;
	for (; *s; s++) {
		if (*s < '0' || *s > '9')
			return false;
		v = v * 10 + (uint64_t)(*s - '0');
	}
	if (v > UINT32_MAX)
		return false;
	*ret = (uint32_t)v;
	return true;
}

/* Six value octets and their type from "admin:number". */
static bool parse_value(const char *s, uint8_t val[static 6], uint8_t *type)
{
	char admin[IP_STRLEN];
	const char *colon = strrchr(s, ':');
	uint32_t as, num;
	struct ip ip;

	if (!colon || (size_t)(colon - s) >= sizeof(admin) ||
	    !parse_number(colon + 1, &num))
		return false;
	memcpy(admin, s, (size_t)(colon - s));
	admin[colon - s] = '\0';

	if (ip_parse(admin, &ip) && ip.afi == AFI_IP4) {
		if (num > UINT16_MAX)
			return false;
		memcpy(val, ip.b, 4);
		put(val + 4, num, 2);
		*type = TYPE_IP4;
		return true;
	}
	if (!parse_number(admin, &as))
		return false;
	if (as <= UINT16_MAX) {
		put(val, as, 2);
		put(val + 2, num, 4);
		*type = TYPE_AS2;
		return true;
	}
	if (num > UINT16_MAX)
		return false;
	put(val, as, 4);
	put(val + 4, num, 2);
	*type = TYPE_AS4;
	return true;
}

static void fmt_value(const uint8_t *val, uint8_t type, char *buf, size_t n)
{
	if (type == TYPE_AS2)
		snprintf(buf, n, "%u:%u", be16(val), be32(val + 2));
	else if (type == TYPE_IP4)
		snprintf(buf, n, "%u.%u.%u.%u:%u", val[0], val[1], val[2], val[3],
		         be16(val + 4));
	else
		snprintf(buf, n, "%u:%u", be32(val), be16(val + 4));
}

bool extcom_parse(const char *s, enum extcom_subtype sub, struct extcom *ret)
{
	struct extcom c = {
		.b = {0, (uint8_t)sub}
	};

	if (!parse_value(s, c.b + 2, &c.b[0]))
		return false;
	*ret = c;
	return true;
}

struct extcom extcom_of_as(enum extcom_subtype sub, uint32_t as, uint32_t num)
{
	struct extcom c = {
		.b = {as <= UINT16_MAX ? TYPE_AS2 : TYPE_AS4, (uint8_t)sub}
	};

	if (as <= UINT16_MAX) {
		put(c.b + 2, as, 2);
		put(c.b + 4, num, 4);
	} else {
		put(c.b + 2, as, 4);
		put(c.b + 6, num, 2);
	}
	return c;
}

bool extcom_is(const struct extcom *c, enum extcom_subtype sub)
{
	return c->b[0] <= TYPE_AS4 && c->b[1] == sub;
}

bool rd_parse(const char *s, struct rd *ret)
{
	struct rd rd = { 0 };

	if (!parse_value(s, rd.b + 2, &rd.b[1]))
		return false;
	*ret = rd;
	return true;
}

char *rd_fmt(const struct rd *rd, char buf[static RD_STRLEN])
{
	if (rd->b[0] == 0 && rd->b[1] <= TYPE_AS4)
		fmt_value(rd->b + 2, rd->b[1], buf, RD_STRLEN);
	else
		snprintf(buf, RD_STRLEN, "0x%08x%08x", be32(rd->b), be32(rd->b + 4));
	return buf;
}

/* Names of the kinds whose value is not "admin:number" (see the registry in RFC 7153). */
static bool fmt_named(const struct extcom *c, char *buf)
{
	static const char *const tunnel[] = {
		[2] = "gre", [11] = "mpls-gre", [13] = "mpls-udp"
	};

	if (c->b[0] == 0x03 && c->b[1] == 0x0c) { /* RFC 9012 4.1 */
		uint32_t t = be16(c->b + 6);

		if (t < sizeof(tunnel) / sizeof(tunnel[0]) && tunnel[t])
			snprintf(buf, EXTCOM_STRLEN, "encap:%s", tunnel[t]);
		else
			snprintf(buf, EXTCOM_STRLEN, "encap:%u", t);
		return true;
	}
	if (c->b[0] == 0x06 && c->b[1] == 0x00) { /* RFC 7432 7.7 */
		snprintf(buf, EXTCOM_STRLEN, "mobility:%u%s", be32(c->b + 4),
		         c->b[2] & 1 ? " sticky" : "");
		return true;
	}
	if (c->b[0] == 0x06 && c->b[1] == 0x08) { /* RFC 9047 */
		snprintf(buf, EXTCOM_STRLEN, "nd:%s%s%s", c->b[2] & 1 ? "R" : "",
		         c->b[2] & 2 ? "O" : "", c->b[2] & 8 ? "I" : "");
		return true;
	}
	if (c->b[0] == 0x8e && c->b[1] == 0x01) { /* ours, experimental: RFC 7153 */
		struct mac m;
		char text[MAC_STRLEN];

		memcpy(m.b, c->b + 2, sizeof(m.b));
		snprintf(buf, EXTCOM_STRLEN, "mac:%s", mac_fmt(&m, text));
		return true;
	}
	return false;
}

char *extcom_fmt(const struct extcom *c, char buf[static EXTCOM_STRLEN])
{
	if (extcom_is(c, EXTCOM_RT) || extcom_is(c, EXTCOM_SOO)) {
		int n = snprintf(buf, EXTCOM_STRLEN,
		                 "%s:", c->b[1] == EXTCOM_RT ? "rt" : "soo");

		fmt_value(c->b + 2, c->b[0], buf + n, EXTCOM_STRLEN - (size_t)n);
	} else if (!fmt_named(c, buf)) {
		snprintf(buf, EXTCOM_STRLEN, "0x%08x%08x", be32(c->b), be32(c->b + 4));
	}
	return buf;
}
