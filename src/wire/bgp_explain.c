/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/bgp_explain.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/must.h"
#include "wire/bgp_attr_table.h"
#include "wire/bgp_msg.h"
#include "wire/bgp_open.h"
#include "wire/nlri_vpn.h"

enum { TEXT_LEN = 160, MARKER_LEN = 16, CAPABILITIES = 2, EXT_PARAMS = 255 };

struct explain {
	const struct bgp_ctx *ctx;
	const uint8_t *msg;
	void (*part)(void *arg, const struct bgp_explain *e);
	void *arg;
	struct bgp_update *u; /* what the reader found wrong, for UPDATE */
	char wrong[TEXT_LEN];
	size_t n_wrong;
	uint64_t seen[4]; /* attribute types */
};

static void say(struct explain *x, const uint8_t *p, size_t n, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
static void complain(struct explain *x, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* What is wrong with the part told next; the first complaint stands. */
static void complain(struct explain *x, const char *fmt, ...)
{
	va_list ap;

	if (x->wrong[0])
		return;
	va_start(ap, fmt);
	vsnprintf(x->wrong, sizeof(x->wrong), fmt, ap);
	va_end(ap);
}

static void say(struct explain *x, const uint8_t *p, size_t n, const char *fmt, ...)
{
	char what[TEXT_LEN];
	struct bgp_explain e = { .at = (size_t)(p - x->msg), .len = n, .what = what };
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	if (x->wrong[0]) {
		e.wrong = x->wrong;
		x->n_wrong++;
	}
	x->part(x->arg, &e);
	x->wrong[0] = '\0';
}

static void rest(struct explain *x, struct cur *c, const char *what)
{
	size_t n = cur_left(c);

	if (n || x->wrong[0])
		say(x, cur_bytes(c, n), n, "%s", what);
}

/* A length field and what it covers; what is missing of that is the fault. */
static struct cur section(struct explain *x, struct cur *c, size_t width,
                          const char *what)
{
	const uint8_t *p = c->p;
	size_t have = cur_left(c), n;

	if (have < width) {
		complain(x, "expected a length of %zu octets", width);
		rest(x, c, what);
		return cur_of(p, 0);
	}
	n = cur_uint(c, width);
	if (n > cur_left(c)) {
		complain(x, "only %zu octets follow", cur_left(c));
		say(x, p, width, "%s: %zu octets", what, n);
		return cur_sub(c, cur_left(c));
	}
	say(x, p, width, "%s: %zu octets", what, n);
	return cur_sub(c, n);
}

/* --- attributes ----------------------------------------------------------------------
 */

static void check_row(struct explain *x, const struct bgp_attr_row *row, uint8_t flags,
                      size_t len)
{
	const uint8_t fixed = BGP_FLAG_OPTIONAL | BGP_FLAG_TRANSITIVE;

	if ((flags & fixed) != row->flags)
		complain(x, "flags 0x%02x, expected 0x%02x for Optional and Transitive",
		         flags & fixed, row->flags);
	if (row->ibgp_only && !x->ctx->ibgp)
		complain(x, "not accepted from an external neighbor");
	if (row->as2_only && x->ctx->as4)
		complain(x, "not expected from a neighbor with four-octet AS numbers");
	if (row->min == row->max && len != row->min)
		complain(x, "%zu octets, expected %u", len, row->min);
	else if (len < row->min || len > row->max)
		complain(x, "%zu octets, expected %u to %u", len, row->min, row->max);
	else if (row->unit && len % row->unit)
		complain(x, "%zu octets, expected a multiple of %u", len, row->unit);
	else if (row->limit && len > row->limit)
		complain(x, "%zu octets, we hold up to %u", len, row->limit);
}

/* What the reader said of this type, if the shape alone does not tell. */
static void check_value(struct explain *x, uint8_t type, struct cur v)
{
	char text[BGP_UPDATE_ERR_STRLEN];

	if (type == BGP_ATTR_ORIGIN && cur_left(&v) == 1 && *v.p > BGP_ORIGIN_INCOMPLETE)
		complain(x, "value %u, expected 0 to 2", *v.p);
	for (size_t i = 0; i < x->u->n_errors && i < BGP_UPDATE_ERRORS; i++) {
		if (x->u->error[i].type == type &&
		    x->u->error[i].subcode != BGP_UPDATE_BAD_LIST) /* the second one */
			complain(x, "%s", bgp_update_err_fmt(&x->u->error[i], text));
	}
}

static void routes(struct explain *x, struct cur c, enum bgp_family f)
{
	enum afi afi = (enum afi)bgp_family_afi(f);
	bool addpath = x->ctx->addpath_rx & bgp_family_bit(f);

	while (cur_left(&c)) {
		const uint8_t *p = c.p;
		char rd[RD_STRLEN], prefix[PREFIX_STRLEN];
		struct vpn_nlri r;

		if (nlri_vpn_read(&c, afi, addpath, &r) != NLRI_OK) {
			c = cur_of(p, (size_t)(c.end - p));
			complain(x, "no %s route can be read here", bgp_family_name(f));
			rest(x, &c, "routes");
			return;
		}
		if (!nlri_vpn_label_ok(&r))
			complain(x, "label %u is reserved", r.label);
		say(x, p, (size_t)(c.p - p), "  %s %s label %u", rd_fmt(&r.rd, rd),
		    prefix_fmt(&r.prefix, prefix), r.label);
	}
}

/* AFI, SAFI, next hop, routes (RFC 4760 3, 4). */
static void mp_value(struct explain *x, struct cur v, bool reach)
{
	const uint8_t *p = v.p;
	uint16_t afi = cur_u16(&v);
	uint8_t safi = cur_u8(&v);
	enum bgp_family f = bgp_family_of(afi, safi);
	struct cur nh;

	if (!cur_ok(&v)) {
		v = cur_of(p, (size_t)(v.end - p));
		complain(x, "expected at least 3 octets");
		rest(x, &v, "  family");
		return;
	}
	if (!(x->ctx->families & bgp_family_bit(f)))
		complain(x, "not negotiated");
	say(x, p, 3, "  family %u/%u, %s", afi, safi, bgp_family_name(f));
	if (reach) {
		nh = section(x, &v, 1, "  next hop");
		rest(x, &nh, "  next hop");
		if (cur_left(&v))
			say(x, cur_bytes(&v, 1), 1, "  reserved");
	}
	if (f == BGP_VPN4 || f == BGP_VPN6)
		routes(x, v, f);
	else
		rest(x, &v, "  routes");
}

static void attribute(struct explain *x, const struct bgp_span *attr, uint8_t flags,
                      uint8_t type, struct cur v)
{
	const struct bgp_attr_row *row = bgp_attr_row(type);
	bool mp = type == BGP_ATTR_MP_REACH || type == BGP_ATTR_MP_UNREACH;
	size_t head = (size_t)(v.p - attr->p), before = x->n_wrong;

	if (x->seen[type / 64] >> type % 64 & 1)
		complain(x, "a second one");
	x->seen[type / 64] |= UINT64_C(1) << type % 64;
	if (row)
		check_row(x, row, flags, cur_left(&v));
	else if (!(flags & BGP_FLAG_OPTIONAL))
		complain(x, "well-known, and unknown to us");
	if (!mp) /* of those the parts tell more */
		check_value(x, type, v);
	say(x, attr->p, mp ? head : attr->n, "%s (%u), flags 0x%02x, %zu octets",
	    bgp_attr_name(type), type, flags, cur_left(&v));
	if (!mp)
		return;
	mp_value(x, v, type == BGP_ATTR_MP_REACH);
	if (x->n_wrong == before)
		check_value(x, type, v);
	if (x->wrong[0])
		say(x, v.end, 0, "%s", bgp_attr_name(type));
}

static void attributes(struct explain *x, struct cur c)
{
	while (cur_left(&c)) {
		struct cur at = c, v;
		struct bgp_span attr;
		uint8_t flags, type;

		if (!bgp_attr_header(&c, &flags, &type, &v, &attr)) {
			complain(x, "an attribute that goes on behind the list's end");
			rest(x, &at, "an attribute");
			return;
		}
		attribute(x, &attr, flags, type, v);
	}
}

static void missing(struct explain *x, const uint8_t *end)
{
	for (size_t i = 0; i < x->u->n_errors && i < BGP_UPDATE_ERRORS; i++) {
		uint8_t type = x->u->error[i].type;
		char text[BGP_UPDATE_ERR_STRLEN];

		if (!type || x->seen[type / 64] >> type % 64 & 1)
			continue;
		complain(x, "%s", bgp_update_err_fmt(&x->u->error[i], text));
		say(x, end, 0, "no %s (%u)", bgp_attr_name(type), type);
	}
}

static void update(struct explain *x, struct cur c)
{
	struct bgp_update *u = x->u;
	struct cur s;

	/* The reader's own verdict, for what only it can tell. */
	if (bgp_update_read(x->ctx, c.p, cur_left(&c), u) == BGP_OK)
		must(!u->n_errors);
	s = section(x, &c, 2, "withdrawn routes");
	rest(x, &s, "IPv4 prefixes");
	if (!cur_left(&c))
		return;
	s = section(x, &c, 2, "path attributes");
	attributes(x, s);
	missing(x, s.end);
	rest(x, &c, "IPv4 prefixes");
}

/* --- the others ----------------------------------------------------------------------
 */

static void capabilities(struct explain *x, struct cur c)
{
	while (cur_left(&c)) {
		struct cur at = c, v;
		uint8_t code = cur_u8(&c);

		v = cur_sub(&c, cur_u8(&c));
		if (!cur_ok(&c)) {
			complain(x, "a capability that goes on behind the parameter");
			rest(x, &at, "  capability");
			return;
		}
		say(x, at.p, (size_t)(c.p - at.p), "  %s (%u), %zu octets",
		    bgp_open_cap_name(code), code, cur_left(&v));
	}
}

static void parameters(struct explain *x, struct cur c, size_t width)
{
	while (cur_left(&c)) {
		const uint8_t *p = c.p;
		uint8_t type = cur_u8(&c);
		struct cur v;

		if (type != CAPABILITIES)
			complain(x, "expected 2, capabilities");
		say(x, p, 1, "parameter %u", type);
		v = section(x, &c, width, "parameter");
		if (type == CAPABILITIES)
			capabilities(x, v);
		else
			rest(x, &v, "  value");
	}
}

static void open_body(struct explain *x, struct cur c)
{
	struct cur at = c, s;
	struct bgp_fault f;
	struct bgp_open o;
	char text[BGP_NOTIFICATION_STRLEN];
	uint8_t version = cur_u8(&c);
	uint16_t as = cur_u16(&c), hold = cur_u16(&c);
	struct ip id = { .afi = AFI_IP4 };

	cur_copy(&c, id.b, 4);
	if (!cur_ok(&c)) {
		complain(x, "expected at least 10 octets");
		rest(x, &at, "OPEN");
		return;
	}
	if (!bgp_open_read(at.p, cur_left(&at), &o, &f) &&
	    f.subcode != BGP_OPEN_BAD_PARAM && f.subcode != BGP_OPEN_UNSPECIFIC)
		complain(x, "%s", bgp_notification_fmt(f.code, f.subcode, text));
	say(x, at.p, 9, "version %u, AS %u, hold time %u, identifier %s", version, as,
	    hold, ip_fmt(&id, (char[IP_STRLEN]){ 0 }));
	if (cur_left(&c) >= 4 && c.p[0] == EXT_PARAMS && c.p[1] == EXT_PARAMS) {
		say(x, cur_bytes(&c, 2), 2, "extended parameters (RFC 9072)");
		s = section(x, &c, 2, "parameters");
		parameters(x, s, 2);
	} else {
		s = section(x, &c, 1, "parameters");
		parameters(x, s, 1);
	}
	if (cur_left(&c))
		complain(x, "expected nothing more");
	rest(x, &c, "behind the parameters");
}

static void notification(struct explain *x, struct cur c)
{
	const uint8_t *p = c.p;
	char text[BGP_NOTIFICATION_STRLEN];

	if (cur_left(&c) < 2) {
		complain(x, "expected at least 2 octets");
	} else {
		cur_bytes(&c, 2);
		say(x, p, 2, "%s", bgp_notification_fmt(p[0], p[1], text));
	}
	rest(x, &c, "data");
}

static void refresh(struct explain *x, struct cur c)
{
	const uint8_t *p = c.p;
	uint16_t afi = cur_u16(&c);
	uint8_t sub = cur_u8(&c), safi = cur_u8(&c);

	if (!cur_ok(&c)) {
		c = cur_of(p, (size_t)(c.end - p));
		complain(x, "%zu octets, expected at least 4", cur_left(&c));
	} else {
		if (sub > 2)
			complain(x, "subtype %u, expected 0 to 2", sub);
		say(x, p, 4, "family %u/%u, subtype %u", afi, safi, sub);
		if (sub && cur_left(&c))
			complain(x, "expected nothing more");
	}
	rest(x, &c, "data");
}

static void header(struct explain *x, struct cur *c, size_t len)
{
	const uint8_t *p = c->p;
	size_t n = len < MARKER_LEN ? len : MARKER_LEN, told;
	uint8_t type;

	for (size_t i = 0; i < n; i++) {
		if (p[i] != 0xff)
			complain(x, "octet %zu is 0x%02x, expected 0xff", i, p[i]);
	}
	say(x, cur_bytes(c, n), n, "marker");
	if (cur_left(c) < 3) {
		complain(x, "expected length and type");
		rest(x, c, "header");
		return;
	}
	told = cur_u16(c);
	if (told < BGP_HDR_LEN)
		complain(x, "expected at least %d", BGP_HDR_LEN);
	else if (told > len && told <= BGP_MSG_MAX)
		complain(x, "only %zu octets are here", len);
	else if (told > len)
		complain(x, "%zu octets were kept", len);
	say(x, p + MARKER_LEN, 2, "length %zu", told);
	type = cur_u8(c);
	if (type < BGP_OPEN || type > BGP_ROUTE_REFRESH)
		complain(x, "expected %d to %d", BGP_OPEN, BGP_ROUTE_REFRESH);
	say(x, p + MARKER_LEN + 2, 1, "type %u, %s", type, bgp_msg_type_name(type));
	if (told >= BGP_HDR_LEN && told < len)
		*c = cur_of(c->p, told - BGP_HDR_LEN); /* what follows is another */
}

void bgp_explain_message(const struct bgp_ctx *ctx, const uint8_t *msg, size_t len,
                         void (*part)(void *arg, const struct bgp_explain *e), void *arg)
{
	struct bgp_update u;
	struct explain x = { .ctx = ctx, .msg = msg, .part = part, .arg = arg, .u = &u };
	struct cur c = cur_of(msg, len);

	u.n_errors = 0;
	header(&x, &c, len);
	if (!cur_left(&c))
		return;
	switch (msg[BGP_HDR_LEN - 1]) {
	case BGP_OPEN: open_body(&x, c); break;
	case BGP_UPDATE: update(&x, c); break;
	case BGP_NOTIFICATION: notification(&x, c); break;
	case BGP_ROUTE_REFRESH: refresh(&x, c); break;
	default: rest(&x, &c, "body");
	}
}
