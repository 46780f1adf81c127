/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/udp.h"

#include "base/must.h"
#include "wire/inet_sum.h"

enum {
	UDP_PROTO = 17,
	UDP_LEN = 8,
	UDP_IP4_LEN = 20,
	UDP_IP6_LEN = 40,
	UDP_IP4_DONT_FRAGMENT = 0x4000,
	UDP_IP4_FRAGMENT = 0x3fff, /* more fragments, and the offset */
	UDP_AT_CHECKSUM = 6,       /* in the UDP header */
	UDP_AT_LEN = 4,
	UDP_IP4_AT_LEN = 2,
	UDP_IP4_AT_CHECKSUM = 10,
	UDP_IP6_AT_LEN = 4,
};

static uint32_t pseudo(const struct udp *u, size_t len)
{
	return inet_sum_pseudo(&u->src, &u->dst, UDP_PROTO, len);
}

static void put16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static struct ip read_ip(struct cur *c, enum afi afi)
{
	struct ip ip = { .afi = (uint8_t)afi };

	cur_copy(c, ip.b, afi_len(afi));
	return ip;
}

static enum udp_fault read_ip4(struct cur *c, struct udp *u, struct cur *ret)
{
	struct cur whole = *c, options;
	uint8_t vhl = cur_u8(c), proto;
	size_t header = (size_t)(vhl & 0x0f) * 4, len, fragment;

	cur_u8(c); /* type of service */
	len = cur_u16(c);
	cur_u16(c); /* identification */
	fragment = cur_u16(c);
	u->ttl = cur_u8(c);
	proto = cur_u8(c);
	cur_u16(c); /* checksum */
	u->src = read_ip(c, AFI_IP4);
	u->dst = read_ip(c, AFI_IP4);
	if (!cur_ok(c) || header < UDP_IP4_LEN || len < header || len > cur_left(&whole))
		return UDP_SHORT;
	if (inet_fold(inet_sum(0, whole.p, header)) != 0xffff)
		return UDP_IP_CHECKSUM;
	if (proto != UDP_PROTO)
		return UDP_NOT_UDP;
	if (fragment & UDP_IP4_FRAGMENT)
		return UDP_FRAGMENT;
	options = cur_sub(c, header - UDP_IP4_LEN);
	*ret = cur_sub(c, len - header);
	return cur_ok(&options) && cur_ok(ret) ? UDP_OK : UDP_SHORT;
}

static enum udp_fault read_ip6(struct cur *c, struct udp *u, struct cur *ret)
{
	size_t len;
	uint8_t next;

	cur_u32(c); /* version, class, flow */
	len = cur_u16(c);
	next = cur_u8(c);
	u->ttl = cur_u8(c);
	u->src = read_ip(c, AFI_IP6);
	u->dst = read_ip(c, AFI_IP6);
	*ret = cur_sub(c, len);
	if (!cur_ok(ret))
		return UDP_SHORT;
	return next == UDP_PROTO ? UDP_OK : UDP_NOT_UDP;
}

/*
 * 0 is none, which only IPv4 knows (RFC 8200 8.1).  A guest that leaves the sum to its
 * virtual NIC leaves that of the pseudo-header in its place, and nobody on the way to us
 * has put it right: its bytes never were on a wire.
 */
static bool checksum_right(const struct udp *u, const uint8_t *p, size_t len)
{
	uint16_t given = (uint16_t)(p[UDP_AT_CHECKSUM] << 8 | p[UDP_AT_CHECKSUM + 1]);
	uint32_t sum = pseudo(u, len);

	if (!given)
		return u->src.afi == AFI_IP4;
	return inet_fold(inet_sum(sum, p, len)) == 0xffff || given == inet_fold(sum);
}

enum udp_fault udp_read(struct cur *c, struct udp *ret, struct cur *ret_data)
{
	struct udp u;
	struct cur d;
	const uint8_t *start;
	size_t left, len;
	enum udp_fault f;

	if (!cur_left(c))
		return UDP_SHORT;
	switch (*c->p >> 4) {
	case 4: f = read_ip4(c, &u, &d); break;
	case 6: f = read_ip6(c, &u, &d); break;
	default: return UDP_NOT_UDP;
	}
	if (f != UDP_OK)
		return f;
	start = d.p;
	left = cur_left(&d);
	u.sport = cur_u16(&d);
	u.dport = cur_u16(&d);
	len = cur_u16(&d);
	cur_u16(&d); /* checksum */
	if (!cur_ok(&d))
		return UDP_SHORT;
	if (len < UDP_LEN || len > left)
		return UDP_LENGTH;
	if (!checksum_right(&u, start, len))
		return UDP_CHECKSUM;
	*ret = u;
	*ret_data = cur_sub(&d, len - UDP_LEN);
	return UDP_OK;
}

const char *udp_fault_text(enum udp_fault f)
{
	static const char *const text[UDP_FAULT_END] = {
		[UDP_OK] = "well-formed",
		[UDP_SHORT] = "cut short",
		[UDP_NOT_UDP] = "not UDP",
		[UDP_FRAGMENT] = "a fragment",
		[UDP_IP_CHECKSUM] = "checksum of the IP header is wrong",
		[UDP_LENGTH] = "UDP length is not that of the packet",
		[UDP_CHECKSUM] = "UDP checksum is wrong",
	};

	return f < UDP_FAULT_END ? text[f] : "unknown fault";
}

/* DF, so that the identification says nothing (RFC 6864 4.1). */
static void open4(struct wbuf *w, const struct udp *u)
{
	wbuf_u16(w, 0x4500);
	wbuf_u16(w, 0); /* length */
	wbuf_u16(w, 0);
	wbuf_u16(w, UDP_IP4_DONT_FRAGMENT);
	wbuf_u8(w, u->ttl);
	wbuf_u8(w, UDP_PROTO);
	wbuf_u16(w, 0); /* checksum */
	wbuf_bytes(w, u->src.b, 4);
	wbuf_bytes(w, u->dst.b, 4);
}

static void open6(struct wbuf *w, const struct udp *u)
{
	wbuf_uint(w, UINT32_C(6) << 28, 4);
	wbuf_u16(w, 0); /* length */
	wbuf_u8(w, UDP_PROTO);
	wbuf_u8(w, u->ttl);
	wbuf_bytes(w, u->src.b, 16);
	wbuf_bytes(w, u->dst.b, 16);
}

size_t udp_open(struct wbuf *w, const struct udp *u)
{
	size_t start = w->len;

	must(u->src.afi == u->dst.afi);
	if (u->src.afi == AFI_IP4)
		open4(w, u);
	else
		open6(w, u);
	wbuf_u16(w, u->sport);
	wbuf_u16(w, u->dport);
	wbuf_u16(w, 0); /* length */
	wbuf_u16(w, 0); /* checksum */
	return start;
}

void udp_close(struct wbuf *w, size_t start)
{
	uint8_t *p = w->buf + start;
	struct udp u;
	size_t header, len;
	uint16_t sum;

	if (!wbuf_ok(w) || w->len - start > UINT16_MAX) {
		w->full = true;
		return;
	}
	if (*p >> 4 == 4) {
		header = UDP_IP4_LEN;
		u.src = ip_of(AFI_IP4, p + 12);
		u.dst = ip_of(AFI_IP4, p + 16);
		put16(p + UDP_IP4_AT_LEN, (uint16_t)(w->len - start));
		put16(p + UDP_IP4_AT_CHECKSUM,
		      (uint16_t)~inet_fold(inet_sum(0, p, header)));
	} else {
		header = UDP_IP6_LEN;
		u.src = ip_of(AFI_IP6, p + 8);
		u.dst = ip_of(AFI_IP6, p + 24);
		put16(p + UDP_IP6_AT_LEN, (uint16_t)(w->len - start - header));
	}
	p += header;
	len = w->len - start - header;
	put16(p + UDP_AT_LEN, (uint16_t)len);
	sum = (uint16_t)~inet_fold(inet_sum(pseudo(&u, len), p, len));
	put16(p + UDP_AT_CHECKSUM, sum ? sum : 0xffff); /* RFC 768: 0 would be none */
}
