/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/vrrp.h"

#include "base/must.h"
#include "wire/inet_sum.h"

enum {
	VRRP_IP4_LEN = 20,
	VRRP_IP6_LEN = 40,
	VRRP_HOPS = 255,
	VRRP_FIXED = 8, /* of the advertisement, before the addresses */
	VRRP_V3_ADVERT = 0x31,
	VRRP_IP4_TOS = 0xc0, /* internetwork control, as routing protocols have it */
	VRRP_IP4_FRAGMENT = 0x3fff, /* more fragments, or an offset */
	VRRP_AT_IP4_SUM = 10,
	VRRP_AT_SUM = 6, /* in the advertisement */
};

/* Of an advertisement with or without pseudo-header; 0 over one whose checksum is right.
 */
static uint16_t checksum(enum vrrp_checksum how, const struct ip *src,
                         const struct ip *dst, const uint8_t *msg, size_t len)
{
	uint32_t sum = 0;

	must(len <= UINT16_MAX); /* so that 32 bits cannot overflow */
	if (how == VRRP_SUM_PSEUDO) {
		sum = inet_sum_pseudo(src, dst, VRRP_PROTO, len);
	}
	return (uint16_t)~inet_fold(inet_sum(sum, msg, len));
}

struct ip vrrp_group(enum afi afi)
{
	static const uint8_t group4[] = { 224, 0, 0, 18 };
	static const uint8_t group6[16] = { 0xff, 0x02, [15] = 0x12 };

	return ip_of(afi, afi == AFI_IP4 ? group4 : group6);
}

struct mac vrrp_group_mac(enum afi afi)
{
	static const struct mac group4 = {
		{0x01, 0x00, 0x5e, 0, 0, 0x12}
	};
	static const struct mac group6 = {
		{0x33, 0x33, 0, 0, 0, 0x12}
	};

	return afi == AFI_IP4 ? group4 : group6;
}

struct mac vrrp_mac(enum afi afi, uint8_t vrid)
{
	return (struct mac){
		{0x00, 0x00, 0x5e, 0x00, afi == AFI_IP4 ? 1 : 2, vrid}
	};
}

struct ip vrrp_vip(const struct vrrp *v, unsigned i)
{
	must(i < v->n_vips);
	return ip_of(v->src.afi, v->vips + i * afi_len(v->src.afi));
}

/* The packet around the advertisement: who sent it, to whom, and from how far. */
struct outside {
	struct ip src, dst;
	uint8_t hops;
};

static enum vrrp_fault read_ip4(struct cur *c, struct outside *o, struct cur *ret_msg)
{
	const uint8_t *start = c->p;
	size_t head = (size_t)(cur_u8(c) & 0xf) * 4;
	uint16_t total, fragment;
	uint8_t proto;

	cur_u8(c); /* type of service */
	total = cur_u16(c);
	cur_u16(c); /* identification */
	fragment = cur_u16(c);
	o->hops = cur_u8(c);
	proto = cur_u8(c);
	cur_u16(c); /* checksum */
	o->src.afi = o->dst.afi = AFI_IP4;
	cur_copy(c, o->src.b, 4);
	cur_copy(c, o->dst.b, 4);
	if (!cur_ok(c) || head < VRRP_IP4_LEN || total < head)
		return VRRP_SHORT;
	if (proto != VRRP_PROTO || fragment & VRRP_IP4_FRAGMENT)
		return VRRP_NOT_VRRP;
	cur_bytes(c, head - VRRP_IP4_LEN); /* options */
	*ret_msg = cur_sub(c, total - head);
	if (!cur_ok(ret_msg))
		return VRRP_SHORT;
	return inet_fold(inet_sum(0, start, head)) == 0xffff ? VRRP_OK : VRRP_IP_SUM;
}

/* With an extension header it is none of ours. */
static enum vrrp_fault read_ip6(struct cur *c, struct outside *o, struct cur *ret_msg)
{
	uint16_t len;
	uint8_t next;

	cur_u32(c); /* version, class, flow */
	len = cur_u16(c);
	next = cur_u8(c);
	o->hops = cur_u8(c);
	o->src.afi = o->dst.afi = AFI_IP6;
	cur_copy(c, o->src.b, 16);
	cur_copy(c, o->dst.b, 16);
	if (!cur_ok(c))
		return VRRP_SHORT;
	if (next != VRRP_PROTO)
		return VRRP_NOT_VRRP;
	*ret_msg = cur_sub(c, len);
	return cur_ok(ret_msg) ? VRRP_OK : VRRP_SHORT;
}

static bool is_router(const struct ip *src)
{
	if (src->afi == AFI_IP6)
		return ip_is_linklocal(src);
	return src->b[0] && src->b[0] != 127 && src->b[0] < 224;
}

static enum vrrp_fault check_outside(const struct outside *o)
{
	struct ip group = vrrp_group(o->src.afi);

	if (o->hops != VRRP_HOPS)
		return VRRP_TTL;
	if (!ip_eq(&o->dst, &group))
		return VRRP_DST;
	return is_router(&o->src) ? VRRP_OK : VRRP_SRC;
}

/* With or without, as the peer does it; only IPv4 has both. */
static bool right_sum(const struct outside *o, const uint8_t *msg, size_t len,
                      enum vrrp_checksum *ret)
{
	for (enum vrrp_checksum how = VRRP_SUM_PSEUDO; how <= VRRP_SUM_PLAIN; how++) {
		if (how == VRRP_SUM_PLAIN && o->src.afi == AFI_IP6)
			return false;
		*ret = how;
		if (!checksum(how, &o->src, &o->dst, msg, len))
			return true;
	}
	return false;
}

static enum vrrp_fault read_message(struct cur *c, const struct outside *o,
                                    struct vrrp *v)
{
	const uint8_t *start = c->p;
	size_t len = cur_left(c);
	uint8_t vertype = cur_u8(c);

	v->vrid = cur_u8(c);
	v->priority = cur_u8(c);
	v->n_vips = cur_u8(c);
	v->interval_cs = cur_u16(c) & VRRP_INTERVAL_MAX; /* the rest is reserved */
	cur_u16(c);                                      /* checksum */
	if (!cur_ok(c))
		return VRRP_SHORT;
	if (vertype >> 4 != 3)
		return vertype >> 4 == 2 ? VRRP_VERSION_2 : VRRP_VERSION;
	if (vertype != VRRP_V3_ADVERT)
		return VRRP_TYPE;
	v->src = o->src;
	v->vips = cur_bytes(c, v->n_vips * afi_len(o->src.afi));
	if (!cur_done(c))
		return VRRP_LENGTH;
	if (!right_sum(o, start, len, &v->checksum))
		return VRRP_SUM;
	if (!v->n_vips)
		return VRRP_COUNT;
	if (!v->vrid)
		return VRRP_VRID;
	return v->interval_cs ? VRRP_OK : VRRP_INTERVAL;
}

enum vrrp_fault vrrp_read(struct cur *c, struct vrrp *ret)
{
	struct vrrp v = { 0 };
	struct outside o = { 0 };
	struct cur msg;
	enum vrrp_fault f, inside;

	ret->vrid = 0;
	if (!cur_left(c))
		return VRRP_SHORT;
	if (*c->p >> 4 == 4)
		f = read_ip4(c, &o, &msg);
	else if (*c->p >> 4 == 6)
		f = read_ip6(c, &o, &msg);
	else
		return VRRP_NOT_VRRP;
	if (f != VRRP_OK)
		return f;
	inside = read_message(&msg, &o, &v);
	f = check_outside(&o);
	if (f == VRRP_OK)
		f = inside;
	if (f == VRRP_OK)
		*ret = v;
	else
		ret->vrid = v.vrid;
	return f;
}

static void put16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void write_ip4(struct wbuf *w, const struct vrrp *v, const struct ip *dst,
                      uint16_t len)
{
	size_t start = w->len;

	wbuf_u8(w, 0x45);
	wbuf_u8(w, VRRP_IP4_TOS);
	wbuf_u16(w, (uint16_t)(VRRP_IP4_LEN + len));
	wbuf_uint(w, 0, 4); /* no identification needed: it is never a fragment */
	wbuf_u8(w, VRRP_HOPS);
	wbuf_u8(w, VRRP_PROTO);
	wbuf_u16(w, 0);
	wbuf_bytes(w, v->src.b, 4);
	wbuf_bytes(w, dst->b, 4);
	if (wbuf_ok(w))
		put16(w->buf + start + VRRP_AT_IP4_SUM,
		      (uint16_t)~inet_fold(inet_sum(0, w->buf + start, VRRP_IP4_LEN)));
}

static void write_ip6(struct wbuf *w, const struct vrrp *v, const struct ip *dst,
                      uint16_t len)
{
	wbuf_uint(w, 6u << 28 | VRRP_IP4_TOS << 20, 4);
	wbuf_u16(w, len);
	wbuf_u8(w, VRRP_PROTO);
	wbuf_u8(w, VRRP_HOPS);
	wbuf_bytes(w, v->src.b, 16);
	wbuf_bytes(w, dst->b, 16);
}

void vrrp_write(struct wbuf *w, const struct vrrp *v)
{
	size_t alen = afi_len(v->src.afi), start;
	uint16_t len = (uint16_t)(VRRP_FIXED + v->n_vips * alen);
	struct ip dst = vrrp_group(v->src.afi);
	enum vrrp_checksum how = v->src.afi == AFI_IP6 ? VRRP_SUM_PSEUDO : v->checksum;

	must(alen && v->interval_cs <= VRRP_INTERVAL_MAX);
	if (v->src.afi == AFI_IP4)
		write_ip4(w, v, &dst, len);
	else
		write_ip6(w, v, &dst, len);
	start = w->len;
	wbuf_u8(w, VRRP_V3_ADVERT);
	wbuf_u8(w, v->vrid);
	wbuf_u8(w, v->priority);
	wbuf_u8(w, v->n_vips);
	wbuf_u16(w, v->interval_cs);
	wbuf_u16(w, 0);
	wbuf_bytes(w, v->vips, v->n_vips * alen);
	if (wbuf_ok(w))
		put16(w->buf + start + VRRP_AT_SUM,
		      checksum(how, &v->src, &dst, w->buf + start, len));
}

const char *vrrp_fault_text(enum vrrp_fault f)
{
	static const char *const text[VRRP_FAULT_END] = {
		[VRRP_OK] = "well-formed",
		[VRRP_SHORT] = "cut short",
		[VRRP_NOT_VRRP] = "not VRRP",
		[VRRP_IP_SUM] = "checksum of the IPv4 header is wrong",
		[VRRP_TTL] = "TTL or hop limit is not 255",
		[VRRP_DST] = "not sent to the group of VRRP",
		[VRRP_SRC] = "source is no router's address",
		[VRRP_VERSION_2] = "VRRP version 2",
		[VRRP_VERSION] = "unknown version",
		[VRRP_TYPE] = "not an advertisement",
		[VRRP_LENGTH] = "length does not fit the number of addresses",
		[VRRP_COUNT] = "no address",
		[VRRP_SUM] = "checksum is wrong",
		[VRRP_VRID] = "virtual router id is 0",
		[VRRP_INTERVAL] = "interval is 0",
	};

	return f < VRRP_FAULT_END ? text[f] : "unknown fault";
}
