/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "msg.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- bytes ---- */

static void put16(uint8_t *p, uint32_t v)
{
	p[0] = v >> 8;
	p[1] = v;
}
static void put32(uint8_t *p, uint32_t v)
{
	p[0] = v >> 24;
	p[1] = v >> 16;
	p[2] = v >> 8;
	p[3] = v;
}
static uint32_t get16(const uint8_t *p)
{
	return (uint32_t)p[0] << 8 | p[1];
}
static uint32_t get24(const uint8_t *p)
{
	return (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
}
static uint32_t get32(const uint8_t *p)
{
	return get16(p) << 16 | get16(p + 2);
}

void buf_put(struct buf *b, const void *data, size_t n)
{
	if (b->off == b->len)
		b->off = b->len = 0;
	if (b->len + n > b->cap) {
		size_t cap = b->cap ? b->cap : 4096;
		while (cap < b->len + n)
			cap *= 2;
		b->p = realloc(b->p, cap);
		if (!b->p)
			abort();
		b->cap = cap;
	}
	memcpy(b->p + b->len, data, n);
	b->len += n;
}

void buf_free(struct buf *b)
{
	free(b->p);
	memset(b, 0, sizeof *b);
}

/* ---- the route set ---- */

struct route plan_route(const struct plan *p, uint32_t i)
{
	uint32_t b = i / p->block;
	return (struct route){
		.block = b,
		.vrf = b % p->vrfs,
		.host = p->shared_hosts ? b / p->vrfs * p->block + i % p->block : i,
		.nh = b / p->vrfs % p->nhs,
	};
}

int64_t plan_index(const struct plan *p, uint32_t vrf, uint32_t host)
{
	if (vrf >= p->vrfs)
		return -1;
	if (!p->shared_hosts)
		return host < p->routes && host / p->block % p->vrfs == vrf
		               ? (int64_t)host
		               : -1;
	uint64_t b = (uint64_t)(host / p->block) * p->vrfs + vrf;
	uint64_t i = b * p->block + host % p->block;
	return i < p->routes ? (int64_t)i : -1;
}

uint32_t plan_label(const struct plan *p, uint32_t i, uint32_t vrf, unsigned sender)
{
	/* A moved route gets another label, as it would from another PE. */
	return 16 + ((p->label_per_route ? i : vrf) + sender * 100003u) % 1040000u;
}

static size_t nlri_len(const struct plan *p)
{
	return p->v6 ? 28 : 16;
}

static void put_rd(uint8_t *d, const struct plan *p, uint32_t vrf)
{
	put16(d, 0);
	put16(d + 2, p->rd_asn);
	put32(d + 4, p->rd_base + vrf);
}

static const uint8_t v6_prefix[12] = { 0x20, 0x01, 0x0d, 0xb8 };

/* One NLRI: length in bits, label stack of one, RD, host address. */
static size_t put_nlri(uint8_t *d, const struct plan *p, const struct route *r,
                       uint32_t label24)
{
	d[0] = p->v6 ? 24 + 64 + 128 : 24 + 64 + 32;
	d[1] = label24 >> 16;
	d[2] = label24 >> 8;
	d[3] = label24;
	put_rd(d + 4, p, r->vrf);
	if (p->v6) {
		memcpy(d + 12, v6_prefix, 12);
		put32(d + 24, r->host);
	} else {
		put32(d + 12, p->host_base + r->host);
	}
	return nlri_len(p);
}

/* ---- encoders ---- */

static void put_header(uint8_t *m, size_t len, uint8_t type)
{
	memset(m, 0xff, 16);
	put16(m + 16, len);
	m[18] = type;
}

void enc_open(struct buf *b, const struct open_opts *o)
{
	uint8_t m[128];
	uint8_t *c = m + BGP_HDR + 10 + 2; /* first capability */

	c[0] = 1;
	c[1] = 4;
	put16(c + 2, o->afi);
	c[4] = 0;
	c[5] = SAFI_VPN;
	c += 6;
	if (o->rtc) {
		c[0] = 1;
		c[1] = 4;
		put16(c + 2, AFI_IP);
		c[4] = 0;
		c[5] = SAFI_RTC;
		c += 6;
	}
	if (o->refresh) {
		c[0] = 2;
		c[1] = 0;
		c += 2;
	}
	if (o->extmsg) {
		c[0] = 6;
		c[1] = 0;
		c += 2;
	}
	if (o->as4) {
		c[0] = 65;
		c[1] = 4;
		put32(c + 2, o->asn);
		c += 6;
	}
	uint8_t *q = m + BGP_HDR;
	q[0] = 4;
	put16(q + 1, o->asn > 65535 ? 23456 : o->asn);
	put16(q + 3, o->hold);
	put32(q + 5, o->bgp_id);
	q[9] = c - (q + 10);
	q[10] = 2; /* one parameter: capabilities */
	q[11] = q[9] - 2;
	put_header(m, c - m, MSG_OPEN);
	buf_put(b, m, c - m);
}

void enc_keepalive(struct buf *b)
{
	uint8_t m[BGP_HDR];
	put_header(m, sizeof m, MSG_KEEPALIVE);
	buf_put(b, m, sizeof m);
}

void enc_notification(struct buf *b, uint8_t code, uint8_t sub)
{
	uint8_t m[BGP_HDR + 2];
	put_header(m, sizeof m, MSG_NOTIFICATION);
	m[BGP_HDR] = code;
	m[BGP_HDR + 1] = sub;
	buf_put(b, m, sizeof m);
}

void enc_refresh(struct buf *b, uint16_t afi, uint8_t safi)
{
	uint8_t m[BGP_HDR + 4];
	put_header(m, sizeof m, MSG_REFRESH);
	put16(m + BGP_HDR, afi);
	m[BGP_HDR + 2] = 0;
	m[BGP_HDR + 3] = safi;
	buf_put(b, m, sizeof m);
}

/* Finish an UPDATE whose path attributes run from m + 23 to end. */
static void finish_update(struct buf *b, uint8_t *m, uint8_t *end)
{
	put16(m + BGP_HDR, 0);
	put16(m + BGP_HDR + 2, end - (m + 23));
	put_header(m, end - m, MSG_UPDATE);
	buf_put(b, m, end - m);
}

void enc_eor(struct buf *b, uint16_t afi, uint8_t safi)
{
	uint8_t m[64], *a = m + 23;
	a[0] = 0x80;
	a[1] = 15;
	a[2] = 3;
	put16(a + 3, afi);
	a[5] = safi;
	finish_update(b, m, a + 6);
}

/* ORIGIN IGP, empty AS_PATH, LOCAL_PREF 100: all iBGP. */
static uint8_t *put_common(uint8_t *a)
{
	static const uint8_t common[] = {
		0x40, 1, 1, 0, 0x40, 2, 0, 0x40, 5, 4, 0, 0, 0, 100,
	};
	memcpy(a, common, sizeof common);
	return a + sizeof common;
}

/* Everything in a reach UPDATE but the NLRI: header 19, two lengths 4,
 * MP_REACH_NLRI 4 + 5 + next hop 12 or 24, common 14, MED 7, RT 11. */
uint32_t reach_max(const struct plan *p)
{
	return (BGP_MAX - 100) / nlri_len(p);
}

uint32_t unreach_max(const struct plan *p)
{
	return (BGP_MAX - 40) / nlri_len(p);
}

void enc_reach(struct buf *b, const struct plan *p, unsigned sender, uint32_t first,
               uint32_t n)
{
	uint8_t m[BGP_MAX], *a = m + 23, *lenp;
	struct route r = plan_route(p, first);
	size_t nhlen = p->v6 ? 24 : 12;

	a[0] = 0x90;
	a[1] = 14;
	lenp = a + 2;
	put16(a + 4, plan_afi(p));
	a[6] = SAFI_VPN;
	a[7] = nhlen;
	memset(a + 8, 0, nhlen); /* RD 0, and for VPNv6 the zeros of ::ffff:a.b.c.d */
	if (p->v6)
		put16(a + 8 + 18, 0xffff);
	put32(a + 8 + nhlen - 4, p->nh_base + (sender << 16) + r.nh);
	a[8 + nhlen] = 0;
	a += 9 + nhlen;
	for (uint32_t k = 0; k < n; k++) {
		uint32_t label = plan_label(p, first + k, r.vrf, sender);
		a += put_nlri(a, p, &r, label << 4 | 1);
		r.host++;
	}
	put16(lenp, a - (lenp + 2));
	a = put_common(a);
	if (p->unique_attrs || p->gen) {
		a[0] = 0x80;
		a[1] = 4;
		a[2] = 4;
		put32(a + 3, (p->unique_attrs ? r.block : 0) + (p->gen << MED_GEN_SHIFT));
		a += 7;
	}
	a[0] = 0xc0;
	a[1] = 16;
	a[2] = 8;
	a[3] = 0;
	a[4] = 2; /* two-octet AS route target */
	put16(a + 5, p->rd_asn);
	put32(a + 7, p->rd_base + r.vrf);
	finish_update(b, m, a + 11);
}

void enc_unreach(struct buf *b, const struct plan *p, const uint32_t *idx, uint32_t n)
{
	uint8_t m[BGP_MAX], *a = m + 23, *lenp;

	a[0] = 0x90;
	a[1] = 15;
	lenp = a + 2;
	put16(a + 4, plan_afi(p));
	a[6] = SAFI_VPN;
	a += 7;
	for (uint32_t k = 0; k < n; k++) {
		struct route r = plan_route(p, idx[k]);
		a += put_nlri(a, p, &r, 0x800000); /* RFC 8277 2.4 */
	}
	put16(lenp, a - (lenp + 2));
	finish_update(b, m, a);
}

void enc_rtc(struct buf *b, const struct plan *p, uint32_t asn, uint32_t next_hop,
             uint32_t vrfs)
{
	uint32_t v = 0;
	while (v < vrfs) {
		uint8_t m[BGP_MAX], *a = m + 23, *lenp;
		a[0] = 0x90;
		a[1] = 14;
		lenp = a + 2;
		put16(a + 4, AFI_IP);
		a[6] = SAFI_RTC;
		a[7] = 4;
		put32(a + 8, next_hop);
		a[12] = 0;
		a += 13;
		for (int k = 0; k < 200 && v < vrfs; k++, v++) {
			a[0] = 96;
			put32(a + 1, asn);
			a[5] = 0;
			a[6] = 2;
			put16(a + 7, p->rd_asn);
			put32(a + 9, p->rd_base + v);
			a += 13;
		}
		put16(lenp, a - (lenp + 2));
		finish_update(b, m, put_common(a));
	}
}

/* ---- decoder ---- */

int dec_header(const uint8_t *p, size_t have, bool extmsg, const char **why)
{
	static const uint8_t ones[16] = {
		255, 255, 255, 255, 255, 255, 255, 255,
		255, 255, 255, 255, 255, 255, 255, 255,
	};
	if (have < BGP_HDR)
		return 0;
	uint32_t len = get16(p + 16);
	if (memcmp(p, ones, 16) != 0) {
		*why = "header: bad marker";
		return -1;
	}
	uint32_t max = extmsg && p[18] != MSG_OPEN && p[18] != MSG_KEEPALIVE ? BGP_MAX_EXT
	                                                                     : BGP_MAX;
	if (len < BGP_HDR || len > max) {
		*why = "header: bad length";
		return -1;
	}
	if (p[18] < MSG_OPEN || p[18] > MSG_REFRESH) {
		*why = "header: bad type";
		return -1;
	}
	return have < len ? 0 : (int)len;
}

const char *dec_open(const uint8_t *b, size_t len, char *out, size_t outlen, bool *as4,
                     bool *extmsg, bool *rtc, uint16_t *hold)
{
	size_t o = 0;
	*as4 = *extmsg = *rtc = false;
	out[0] = 0;
	if (len < 10 || b[0] != 4)
		return "OPEN: short or not version 4";
	*hold = get16(b + 3);
	if (b[9] != len - 10)
		return "OPEN: bad parameter length";
	const uint8_t *p = b + 10, *end = b + len;
	while (p < end) {
		if (end - p < 2 || end - p < 2 + p[1])
			return "OPEN: truncated parameter";
		const uint8_t *c = p + 2, *cend = c + p[1];
		if (p[0] != 2)
			return "OPEN: unknown parameter";
		while (c < cend) {
			if (cend - c < 2 || cend - c < 2 + c[1])
				return "OPEN: truncated capability";
			char t[64];
			const uint8_t *v = c + 2;
			if (c[0] == 1 && c[1] == 4) {
				snprintf(t, sizeof t, "mp:%u/%u", get16(v), v[3]);
				if (get16(v) == AFI_IP && v[3] == SAFI_RTC)
					*rtc = true;
			} else if (c[0] == 2) {
				snprintf(t, sizeof t, "route-refresh");
			} else if (c[0] == 3 && c[1] >= 5) {
				snprintf(t, sizeof t, "orf:%u/%u", get16(v), v[3]);
			} else if (c[0] == 6) {
				snprintf(t, sizeof t, "extended-message");
				*extmsg = true;
			} else if (c[0] == 64) {
				snprintf(t, sizeof t, "graceful-restart");
			} else if (c[0] == 65 && c[1] == 4) {
				snprintf(t, sizeof t, "as4:%u", get32(v));
				*as4 = true;
			} else if (c[0] == 69) {
				snprintf(t, sizeof t, "add-path");
			} else if (c[0] == 70) {
				snprintf(t, sizeof t, "enhanced-refresh");
			} else if (c[0] == 71) {
				snprintf(t, sizeof t, "llgr");
			} else if (c[0] == 73) {
				snprintf(t, sizeof t, "fqdn");
			} else {
				snprintf(t, sizeof t, "cap%u", c[0]);
			}
			int w = snprintf(out + o, outlen - o, "%s%s", o ? "," : "", t);
			if (w > 0 && (size_t)w < outlen - o)
				o += w;
			c = v + c[1];
		}
		p = cend;
	}
	return NULL;
}

/* The optional/transitive bits a known attribute must carry; 0 = unknown. */
static uint8_t attr_class(uint8_t type)
{
	switch (type) {
	case 1:
	case 2:
	case 3:
	case 5:
	case 6: return 0x40;
	case 4:
	case 9:
	case 10:
	case 14:
	case 15: return 0x80;
	case 7:
	case 8:
	case 16:
	case 17:
	case 18:
	case 32: return 0xc0;
	default: return 0;
	}
}

static const char *check_as_path(const uint8_t *p, size_t len, size_t asz)
{
	while (len) {
		if (len < 2 || p[0] < 1 || p[0] > 4 || p[1] == 0 || len < 2 + p[1] * asz)
			return "AS_PATH: bad segment";
		len -= 2 + p[1] * asz;
		p += 2 + p[1] * asz;
	}
	return NULL;
}

/* One VPN NLRI: its VRF and host number.  Returns its size, 0 on a fault. */
static size_t dec_nlri(const struct plan *p, const uint8_t *d, size_t have,
                       uint32_t *label24, uint32_t *vrf, int64_t *idx)
{
	size_t want = nlri_len(p);
	uint32_t host;

	if (have < want || d[0] != (want - 1) * 8)
		return 0;
	*label24 = get24(d + 1);
	if (get16(d + 4) != 0 || get16(d + 6) != p->rd_asn)
		return 0;
	*vrf = get32(d + 8) - p->rd_base;
	if (p->v6) {
		if (memcmp(d + 12, v6_prefix, 12) != 0)
			return 0;
		host = get32(d + 24);
	} else {
		host = get32(d + 12) - p->host_base;
	}
	*idx = plan_index(p, *vrf, host);
	return *idx < 0 ? 0 : want;
}

static const char *dec_mp_reach(const struct dec_opts *o, const uint8_t *v, size_t len,
                                const uint8_t *ec, size_t eclen, const struct sink *sink,
                                struct dec_stats *st)
{
	const struct plan *p = o->plan;
	size_t nhlen = p->v6 ? 24 : 12;

	if (len < 5)
		return "MP_REACH: short";
	if (o->rtc && get16(v) == AFI_IP && v[2] == SAFI_RTC) {
		st->rtc_nlri++; /* counted per message: the set is not ours to judge */
		return NULL;
	}
	if (get16(v) != plan_afi(p) || v[2] != SAFI_VPN)
		return "MP_REACH: family not negotiated";
	if (v[3] != nhlen || len < 5 + nhlen)
		return "MP_REACH: bad next hop length";
	for (int k = 0; k < 8; k++)
		if (v[4 + k])
			return "MP_REACH: next hop RD not zero";
	uint32_t nh = get32(v + 4 + nhlen - 4) - p->nh_base;
	unsigned sender = nh >> 16;
	if (sender >= o->senders)
		return "MP_REACH: next hop is no sender's";
	const uint8_t *n = v + 5 + nhlen, *end = v + len;
	if (n == end)
		return "MP_REACH: no NLRI";

	/* The one route target the plan gives this attribute set. */
	uint32_t rt = 0;
	bool have_rt = false;
	if (eclen % 8)
		return "EXT_COMMUNITIES: bad length";
	for (size_t k = 0; k < eclen; k += 8) {
		if (ec[k] == 0 && ec[k + 1] == 2) {
			if (have_rt || get16(ec + k + 2) != p->rd_asn)
				return "EXT_COMMUNITIES: unexpected route target";
			rt = get32(ec + k + 4) - p->rd_base;
			have_rt = true;
		}
	}
	if (!have_rt)
		return "EXT_COMMUNITIES: route target missing";

	while (n < end) {
		uint32_t label, vrf;
		int64_t idx;
		size_t k = dec_nlri(p, n, end - n, &label, &vrf, &idx);
		if (!k)
			return "MP_REACH: NLRI malformed or not in the plan";
		if (!(label & 1))
			return "MP_REACH: label without bottom of stack";
		if (vrf != rt)
			return "MP_REACH: RD and route target disagree";
		if (label >> 4 != plan_label(p, idx, vrf, sender))
			return "MP_REACH: wrong label";
		if (plan_route(p, idx).nh != (nh & 0xffff))
			return "MP_REACH: wrong next hop";
		st->reach++;
		if (sink)
			sink->reach(sink->ctx, idx, sender);
		n += k;
	}
	return NULL;
}

static const char *dec_mp_unreach(const struct dec_opts *o, const uint8_t *v, size_t len,
                                  const struct sink *sink, struct dec_stats *st)
{
	if (len < 3)
		return "MP_UNREACH: short";
	if (o->rtc && get16(v) == AFI_IP && v[2] == SAFI_RTC)
		return NULL;
	if (get16(v) != plan_afi(o->plan) || v[2] != SAFI_VPN)
		return "MP_UNREACH: family not negotiated";
	if (len == 3)
		st->eor++;
	const uint8_t *n = v + 3, *end = v + len;
	while (n < end) {
		uint32_t label, vrf;
		int64_t idx;
		size_t k = dec_nlri(o->plan, n, end - n, &label, &vrf, &idx);
		if (!k)
			return "MP_UNREACH: NLRI malformed or not in the plan";
		st->unreach++;
		if (sink)
			sink->unreach(sink->ctx, idx);
		n += k;
	}
	return NULL;
}

const char *dec_update(const struct dec_opts *o, const uint8_t *b, size_t len,
                       const struct sink *sink, struct dec_stats *st)
{
	const uint8_t *val[33] = { 0 };
	size_t vlen[33] = { 0 };
	uint64_t seen[4] = { 0 };
	bool first = true;
	const char *e;

	st->updates++;
	if (len < 4)
		return "UPDATE: short";
	if (get16(b) != 0)
		return "UPDATE: IPv4 unicast withdrawals";
	size_t alen = get16(b + 2);
	if (alen != len - 4)
		return "UPDATE: attribute length wrong, or IPv4 unicast NLRI";
	const uint8_t *a = b + 4, *end = a + alen;
	while (a < end) {
		if (end - a < 3)
			return "UPDATE: truncated attribute";
		uint8_t flags = a[0], type = a[1];
		size_t hl = flags & 0x10 ? 4 : 3;
		if ((size_t)(end - a) < hl)
			return "UPDATE: truncated attribute";
		size_t l = flags & 0x10 ? get16(a + 2) : a[2];
		if ((size_t)(end - a) < hl + l)
			return "UPDATE: attribute runs past the end";
		if (seen[type >> 6] >> (type & 63) & 1)
			return "UPDATE: attribute twice";
		seen[type >> 6] |= UINT64_C(1) << (type & 63);
		uint8_t cls = attr_class(type);
		if (flags & 0x0f || (cls && (flags & 0xc0) != cls) ||
		    ((flags & 0x20) && (flags & 0xc0) != 0xc0) ||
		    (!cls && !(flags & 0x80)))
			return "UPDATE: bad attribute flags";
		if (type < 33) {
			val[type] = a + hl;
			vlen[type] = l;
		}
		if ((type == 14 || type == 15) && !first)
			st->mp_not_first++;
		first = false;
		a += hl + l;
	}
	if (val[15]) {
		e = dec_mp_unreach(o, val[15], vlen[15], sink, st);
		if (e)
			return e;
	}
	if (!val[14])
		return val[15] ? NULL : "UPDATE: neither MP_REACH nor MP_UNREACH";
	if (!val[1] || vlen[1] != 1 || val[1][0] > 2)
		return "ORIGIN: missing or bad";
	if (!val[2])
		return "AS_PATH: missing";
	e = check_as_path(val[2], vlen[2], o->as4 ? 4 : 2);
	if (e)
		return e;
	if (o->ibgp && (!val[5] || vlen[5] != 4))
		return "LOCAL_PREF: missing or bad";
	if (val[4] && vlen[4] != 4)
		return "MED: bad length";
	if (o->plan->unique_attrs && !val[4] && get16(val[14]) == plan_afi(o->plan))
		return "MED: missing";
	st->med = val[4] ? get32(val[4]) : 0;
	if (val[3])
		st->stray_next_hop++;
	if (val[9] && vlen[9] != 4)
		return "ORIGINATOR_ID: bad length";
	if (val[10] && (vlen[10] == 0 || vlen[10] % 4))
		return "CLUSTER_LIST: bad length";
	if (!val[9] || !val[10])
		st->no_originator++;
	return dec_mp_reach(o, val[14], vlen[14], val[16], vlen[16], sink, st);
}
