/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/ip.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "base/must.h"

struct ip ip_of_u32(uint32_t a)
{
	return (struct ip){
		.afi = AFI_IP4,
		.b = {(uint8_t)(a >> 24), (uint8_t)(a >> 16), (uint8_t)(a >> 8),
                      (uint8_t)a},
	};
}

uint32_t ip_u32(const struct ip *ip)
{
	return (uint32_t)ip->b[0] << 24 | (uint32_t)ip->b[1] << 16 |
	       (uint32_t)ip->b[2] << 8 | ip->b[3];
}

bool ip_is_zero(const struct ip *ip)
{
	static const uint8_t zero[16];

	return !memcmp(ip->b, zero, sizeof(zero));
}

bool ip_is_multicast(const struct ip *ip)
{
	return ip->afi == AFI_IP6 ? ip->b[0] == 0xff : (ip->b[0] & 0xf0) == 0xe0;
}

bool ip_is_linklocal(const struct ip *ip)
{
	return ip->afi == AFI_IP6 ? ip->b[0] == 0xfe && (ip->b[1] & 0xc0) == 0x80
	                          : ip->b[0] == 169 && ip->b[1] == 254;
}

int ip_cmp(const struct ip *a, const struct ip *b)
{
	if (a->afi != b->afi)
		return a->afi < b->afi ? -1 : 1;
	return memcmp(a->b, b->b, sizeof(a->b));
}

struct prefix prefix_of(const struct ip *ip, uint8_t plen)
{
	struct prefix p = { .ip = *ip, .plen = plen };

	must(plen <= afi_bits(ip->afi));
	for (unsigned i = plen / 8; i < sizeof(p.ip.b); i++) {
		unsigned keep = i == plen / 8u ? 0xff00u >> plen % 8 : 0;

		p.ip.b[i] = (uint8_t)(p.ip.b[i] & keep);
	}
	return p;
}

bool prefix_is_host(const struct prefix *p)
{
	return p->plen == afi_bits(p->ip.afi);
}

bool prefix_has(const struct prefix *p, const struct ip *ip)
{
	if (p->ip.afi != ip->afi)
		return false;
	struct prefix q = prefix_of(ip, p->plen);

	return ip_eq(&q.ip, &p->ip);
}

bool prefix_covers(const struct prefix *a, const struct prefix *b)
{
	return a->plen <= b->plen && prefix_has(a, &b->ip);
}

int prefix_cmp(const struct prefix *a, const struct prefix *b)
{
	int c = ip_cmp(&a->ip, &b->ip);

	return c ? c : (int)a->plen - (int)b->plen;
}

bool mac_is_zero(const struct mac *m)
{
	static const struct mac zero;

	return mac_eq(m, &zero);
}

char *ip_fmt(const struct ip *ip, char buf[static IP_STRLEN])
{
	if (ip->afi == AFI_NONE)
		strcpy(buf, "-");
	else
		inet_ntop(ip->afi == AFI_IP4 ? AF_INET : AF_INET6, ip->b, buf, IP_STRLEN);
	return buf;
}

char *prefix_fmt(const struct prefix *p, char buf[static PREFIX_STRLEN])
{
	size_t n;

	ip_fmt(&p->ip, buf);
	n = strlen(buf);
	snprintf(buf + n, PREFIX_STRLEN - n, "/%u", p->plen);
	return buf;
}

char *mac_fmt(const struct mac *m, char buf[static MAC_STRLEN])
{
	snprintf(buf, MAC_STRLEN, "%02x:%02x:%02x:%02x:%02x:%02x", m->b[0], m->b[1],
	         m->b[2], m->b[3], m->b[4], m->b[5]);
	return buf;
}

bool ip_parse(const char *s, struct ip *ret)
{
	uint8_t b[16];

	if (inet_pton(AF_INET, s, b) == 1)
		*ret = ip_of(AFI_IP4, b);
	else if (inet_pton(AF_INET6, s, b) == 1)
		*ret = ip_of(AFI_IP6, b);
	else
		return false;
	return true;
}

/* One to three digits, nothing else, at most max. */
static bool parse_plen(const char *s, unsigned max, uint8_t *ret)
{
	unsigned v = 0;
	size_t n = strlen(s);

	if (n < 1 || n > 3 || (n > 1 && *s == '0'))
		return false;
	for (; *s; s++) {
		if (*s < '0' || *s > '9')
			return false;
		v = v * 10 + (unsigned)(*s - '0');
	}
	if (v > max)
		return false;
	*ret = (uint8_t)v;
	return true;
}

bool prefix_parse(const char *s, struct prefix *ret)
{
	char addr[IP_STRLEN];
	const char *slash = strchr(s, '/');
	struct prefix p;
	struct ip ip;
	uint8_t plen;

	if (!slash || (size_t)(slash - s) >= sizeof(addr))
		return false;
	memcpy(addr, s, (size_t)(slash - s));
	addr[slash - s] = '\0';
	if (!ip_parse(addr, &ip) || !parse_plen(slash + 1, afi_bits(ip.afi), &plen))
		return false;
	p = prefix_of(&ip, plen);
	if (!ip_eq(&p.ip, &ip))
		return false;
	*ret = p;
	return true;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool mac_parse(const char *s, struct mac *ret)
{
	struct mac m;

	if (strlen(s) != MAC_STRLEN - 1)
		return false;
	for (unsigned i = 0; i < 6; i++, s += 3) {
		int hi = hex_digit(s[0]), lo = hex_digit(s[1]);

		if (hi < 0 || lo < 0 || (i < 5 && s[2] != ':'))
			return false;
		m.b[i] = (uint8_t)(hi << 4 | lo);
	}
	*ret = m;
	return true;
}
