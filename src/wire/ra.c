/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/ra.h"

#include "base/must.h"
#include "wire/nd_int.h"

enum {
	TYPE_RS = 133,
	TYPE_RA = 134,
	NEXT_ICMP6 = 58,
	HOPS = 255,
	RS_FIXED = 8,
	RA_FIXED = 16,

	OPT_LLA = 1, /* source link-layer address */
	OPT_PREFIX = 3,
	OPT_MTU = 5,
	OPT_RDNSS = 25, /* RFC 8106 5.1 */
	OPT_DNSSL = 31, /* 5.2 */
	OPT_UNIT = 8,

	FLAG_MANAGED = 0x80,
	FLAG_OTHER = 0x40,
	FLAG_ON_LINK = 0x80,
	FLAG_AUTONOMOUS = 0x40,

	LABEL_MAX = 63, /* RFC 1035 2.3.4 */
	NAME_MAX_LEN = 255,
};

static struct ip take_ip6(struct cur *c)
{
	struct ip ip = { .afi = AFI_IP6 };

	cur_copy(c, ip.b, sizeof(ip.b));
	return ip;
}

static bool is_link_local(const struct ip *ip)
{
	return ip->b[0] == 0xfe && (ip->b[1] & 0xc0) == 0x80;
}

/* ---- reading ---------------------------------------------------------------------- */

/* A message of the type in *msg, behind its checksum; the cursor is at its fifth octet.
 */
static enum ra_fault open_message(struct cur *c, uint8_t type, size_t fixed,
                                  struct ip *src, struct ip *dst, struct cur *msg)
{
	uint32_t vtf = cur_u32(c);
	uint16_t len = cur_u16(c);
	uint8_t next = cur_u8(c), hops = cur_u8(c), code;

	*src = take_ip6(c);
	*dst = take_ip6(c);
	if (!cur_ok(c))
		return RA_SHORT;
	if (vtf >> 28 != 6 || next != NEXT_ICMP6)
		return RA_OTHER;
	*msg = cur_sub(c, len); /* what is behind it is Ethernet padding */
	if (!cur_ok(c) || len < 2)
		return RA_SHORT;
	if (msg->p[0] != type)
		return RA_OTHER;
	if (len < fixed)
		return RA_SHORT;
	if (hops != HOPS)
		return RA_HOP_LIMIT;
	if (nd_checksum(src, dst, msg->p, len))
		return RA_CHECKSUM;
	cur_u8(msg);
	code = cur_u8(msg);
	cur_u16(msg);
	return code ? RA_CODE : RA_OK;
}

static bool read_lla(struct cur *o, bool *ret_has, struct mac *ret)
{
	struct mac mac;

	cur_copy(o, mac.b, sizeof(mac.b));
	if (!cur_done(o) || mac_is_group(&mac) || mac_is_zero(&mac))
		return false;
	if (!*ret_has)
		*ret = mac;
	*ret_has = true;
	return true;
}

static bool read_prefix(struct cur *o, struct ra *ra)
{
	struct ra_prefix p = { 0 };
	uint8_t plen = cur_u8(o), flags = cur_u8(o);
	struct ip ip;

	p.valid_s = cur_u32(o);
	p.preferred_s = cur_u32(o);
	cur_u32(o); /* reserved */
	ip = take_ip6(o);
	if (!cur_done(o) || plen > 128)
		return false;
	p.prefix = prefix_of(&ip, plen);
	p.on_link = flags & FLAG_ON_LINK;
	p.autonomous = flags & FLAG_AUTONOMOUS;
	if (ra->n_prefixes < RA_PREFIXES_MAX)
		ra->prefix[ra->n_prefixes++] = p;
	return true;
}

static bool read_mtu(struct cur *o, struct ra *ra)
{
	cur_u16(o); /* reserved */
	ra->mtu = cur_u32(o);
	return cur_done(o);
}

static bool read_dns(struct cur *o, struct ra *ra)
{
	cur_u16(o); /* reserved */
	ra->dns_s = cur_u32(o);
	if (!cur_left(o))
		return false; /* RFC 8106 5.1: at least one */
	while (cur_ok(o) && cur_left(o)) {
		struct ip ip = take_ip6(o);

		if (ra->n_dns < RA_DNS_MAX)
			ra->dns[ra->n_dns++] = ip;
	}
	return cur_ok(o);
}

/* The length of the name at the cursor with its final 0; 0: there is none, or it is not
 * one.  No compression (RFC 8106 5.2). */
static size_t name_len(const struct cur *at)
{
	struct cur c = *at;
	size_t before = cur_left(&c);
	uint8_t label;

	do {
		label = cur_u8(&c);
		if (label > LABEL_MAX)
			return 0;
		cur_bytes(&c, label);
	} while (cur_ok(&c) && label);
	return cur_ok(&c) && before - cur_left(&c) <= NAME_MAX_LEN ? before - cur_left(&c)
	                                                           : 0;
}

static bool read_search(struct cur *o, struct ra *ra)
{
	cur_u16(o); /* reserved */
	ra->dns_s = cur_u32(o);
	while (cur_ok(o) && cur_left(o)) {
		size_t n = name_len(o);

		if (!n)
			return false;
		if (n == 1) { /* padding */
			cur_u8(o);
			continue;
		}
		if (ra->search_len + n <= sizeof(ra->search)) {
			memcpy(ra->search + ra->search_len, o->p, n);
			ra->search_len = (uint16_t)(ra->search_len + n);
		}
		cur_bytes(o, n);
	}
	return cur_ok(o);
}

static bool read_option(struct cur *o, uint8_t type, struct ra *ra)
{
	switch (type) {
	case OPT_LLA: return read_lla(o, &ra->has_lla, &ra->lla);
	case OPT_PREFIX: return read_prefix(o, ra);
	case OPT_MTU: return read_mtu(o, ra);
	case OPT_RDNSS: return read_dns(o, ra);
	case OPT_DNSSL: return read_search(o, ra);
	default: return true; /* RFC 4861 4.6: skipped */
	}
}

/* The next option without its first two octets.  False: RA_OPTION. */
static bool next_option(struct cur *c, uint8_t *ret_type, struct cur *ret)
{
	uint8_t units;

	*ret_type = cur_u8(c);
	units = cur_u8(c);
	if (!cur_ok(c) || !units)
		return false;
	*ret = cur_sub(c, (size_t)units * OPT_UNIT - 2);
	return cur_ok(c);
}

enum ra_fault ra_read(struct cur *c, struct ra *ret)
{
	struct ra ra = { 0 };
	struct cur msg, o;
	uint8_t flags, type;
	enum ra_fault f = open_message(c, TYPE_RA, RA_FIXED, &ra.src, &ra.dst, &msg);

	if (f)
		return f;
	if (!is_link_local(&ra.src))
		return RA_SOURCE;
	ra.hop_limit = cur_u8(&msg);
	flags = cur_u8(&msg);
	ra.managed = flags & FLAG_MANAGED;
	ra.other = flags & FLAG_OTHER;
	ra.lifetime_s = cur_u16(&msg);
	ra.reachable_ms = cur_u32(&msg);
	ra.retrans_ms = cur_u32(&msg);
	while (cur_left(&msg)) {
		if (!next_option(&msg, &type, &o) || !read_option(&o, type, &ra))
			return RA_OPTION;
	}
	*ret = ra;
	return RA_OK;
}

enum ra_fault rs_read(struct cur *c, struct rs *ret)
{
	struct rs rs = { 0 };
	struct cur msg, o;
	uint8_t type;
	enum ra_fault f = open_message(c, TYPE_RS, RS_FIXED, &rs.src, &rs.dst, &msg);

	if (f)
		return f;
	if (ip_is_multicast(&rs.src))
		return RA_SOURCE;
	cur_u32(&msg); /* reserved */
	while (cur_left(&msg)) {
		if (!next_option(&msg, &type, &o) ||
		    (type == OPT_LLA && !read_lla(&o, &rs.has_lla, &rs.lla)))
			return RA_OPTION;
	}
	if (rs.has_lla && ip_is_zero(&rs.src)) /* RFC 4861 6.1.1 */
		return RA_OPTION;
	*ret = rs;
	return RA_OK;
}

/* ---- writing ---------------------------------------------------------------------- */

static void put_option(struct wbuf *w, uint8_t type, size_t len)
{
	wbuf_u8(w, type);
	wbuf_u8(w, (uint8_t)(len / OPT_UNIT));
}

static void put_lla(struct wbuf *w, const struct mac *mac)
{
	put_option(w, OPT_LLA, 8);
	wbuf_bytes(w, mac->b, sizeof(mac->b));
}

static void put_prefix(struct wbuf *w, const struct ra_prefix *p)
{
	put_option(w, OPT_PREFIX, 32);
	wbuf_u8(w, p->prefix.plen);
	wbuf_u8(w, (uint8_t)((p->on_link ? FLAG_ON_LINK : 0u) |
	                     (p->autonomous ? FLAG_AUTONOMOUS : 0u)));
	wbuf_uint(w, p->valid_s, 4);
	wbuf_uint(w, p->preferred_s, 4);
	wbuf_uint(w, 0, 4);
	wbuf_bytes(w, p->prefix.ip.b, 16);
}

static void put_dns(struct wbuf *w, const struct ra *ra)
{
	put_option(w, OPT_RDNSS, 8u + 16u * ra->n_dns);
	wbuf_u16(w, 0);
	wbuf_uint(w, ra->dns_s, 4);
	for (unsigned i = 0; i < ra->n_dns; i++)
		wbuf_bytes(w, ra->dns[i].b, 16);
}

static void put_search(struct wbuf *w, const struct ra *ra)
{
	size_t len = (8u + ra->search_len + OPT_UNIT - 1) / OPT_UNIT * OPT_UNIT;

	put_option(w, OPT_DNSSL, len);
	wbuf_u16(w, 0);
	wbuf_uint(w, ra->dns_s, 4);
	wbuf_bytes(w, ra->search, ra->search_len);
	for (size_t i = 8u + ra->search_len; i < len; i++)
		wbuf_u8(w, 0);
}

void ra_write(struct wbuf *w, const struct ra *ra)
{
	size_t start = nd_open(w, &ra->src, &ra->dst);

	wbuf_u8(w, TYPE_RA);
	wbuf_u8(w, 0);
	wbuf_u16(w, 0);
	wbuf_u8(w, ra->hop_limit);
	wbuf_u8(w, (uint8_t)((ra->managed ? FLAG_MANAGED : 0u) |
	                     (ra->other ? FLAG_OTHER : 0u)));
	wbuf_u16(w, ra->lifetime_s);
	wbuf_uint(w, ra->reachable_ms, 4);
	wbuf_uint(w, ra->retrans_ms, 4);
	if (ra->has_lla)
		put_lla(w, &ra->lla);
	if (ra->mtu) {
		put_option(w, OPT_MTU, 8);
		wbuf_u16(w, 0);
		wbuf_uint(w, ra->mtu, 4);
	}
	for (unsigned i = 0; i < ra->n_prefixes; i++)
		put_prefix(w, &ra->prefix[i]);
	if (ra->n_dns)
		put_dns(w, ra);
	if (ra->search_len)
		put_search(w, ra);
	nd_close(w, start, &ra->src, &ra->dst);
}

void rs_write(struct wbuf *w, const struct rs *rs)
{
	size_t start = nd_open(w, &rs->src, &rs->dst);

	wbuf_u8(w, TYPE_RS);
	wbuf_u8(w, 0);
	wbuf_u16(w, 0);
	wbuf_uint(w, 0, 4);
	if (rs->has_lla)
		put_lla(w, &rs->lla);
	nd_close(w, start, &rs->src, &rs->dst);
}

bool ra_search_add(struct ra *ra, const char *name)
{
	size_t at = ra->search_len, len = strlen(name);

	if (len && name[len - 1] == '.')
		len--;
	if (!len || len + 2 > NAME_MAX_LEN || at + len + 2 > sizeof(ra->search))
		return false;
	while (len) {
		const char *dot = memchr(name, '.', len);
		size_t n = dot ? (size_t)(dot - name) : len;

		if (!n || n > LABEL_MAX || n + 1 == len)
			return false; /* an empty label, or a dot at the end */
		ra->search[at++] = (uint8_t)n;
		memcpy(ra->search + at, name, n);
		at += n;
		name += n + (dot != NULL);
		len -= n + (dot != NULL);
	}
	ra->search[at++] = 0;
	ra->search_len = (uint16_t)at;
	return true;
}

const char *ra_fault_text(enum ra_fault f)
{
	static const char *const text[RA_FAULT_END] = {
		[RA_OK] = "well-formed",
		[RA_SHORT] = "cut short",
		[RA_OTHER] = "not router discovery",
		[RA_HOP_LIMIT] = "hop limit is not 255",
		[RA_CHECKSUM] = "checksum is wrong",
		[RA_CODE] = "code is not 0",
		[RA_SOURCE] = "source is not link-local",
		[RA_OPTION] = "option of a wrong form",
	};

	return f < RA_FAULT_END ? text[f] : "unknown fault";
}
