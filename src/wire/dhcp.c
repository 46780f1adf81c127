/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/dhcp.h"

#include "base/must.h"

enum {
	DHCP_COOKIE = 0x63825363, /* RFC 2131 3 */
	DHCP_LEN_MIN = 300,
	DHCP_SNAME_LEN = 64,
	DHCP_FILE_LEN = 128,
	DHCP_VSS_NAME = 0, /* RFC 6607 3: an NVT ASCII identifier follows */
	DHCP_OPTION_LEN_MAX = 255,
};

enum dhcp_option {
	OPT_PAD = 0,
	OPT_ASKED = 50,
	OPT_LEASE = 51,
	OPT_OVERLOAD = 52,
	OPT_TYPE = 53,
	OPT_SERVER = 54,
	OPT_RELAY = 82,
	OPT_END = 255,
};

enum overload { OVERLOAD_FILE = 1, OVERLOAD_SNAME = 2 };

enum sub_option {
	SUB_CIRCUIT = 1,
	SUB_REMOTE = 2,
	SUB_LINK = 5,
	SUB_SERVER = 11,
	SUB_VSS = 151,
	SUB_VSS_CONTROL = 152,
};

static struct ip read_ip4(struct cur *c)
{
	struct ip ip = { .afi = AFI_IP4 };

	cur_copy(c, ip.b, 4);
	return ip;
}

/* The next option, pads passed over.  False: there is none, or the cursor is bad. */
static bool next_option(struct cur *c, uint8_t *ret_code, struct cur *ret)
{
	uint8_t code = OPT_PAD;

	while (code == OPT_PAD && cur_left(c))
		code = cur_u8(c);
	if (code == OPT_PAD || code == OPT_END)
		return false;
	*ret_code = code;
	*ret = cur_sub(c, cur_u8(c));
	return cur_ok(c) && cur_ok(ret);
}

/* One of the options that say something to a relay.  `main`: not in sname or file. */
static bool take_option(struct dhcp *d, uint8_t code, struct cur v, bool main,
                        uint8_t *overload)
{
	switch (code) {
	case OPT_ASKED: d->asked = read_ip4(&v); break;
	case OPT_LEASE: d->lease_s = cur_u32(&v); break;
	case OPT_OVERLOAD: *overload = cur_u8(&v); break;
	case OPT_TYPE: d->type = cur_u8(&v); break;
	case OPT_SERVER: d->server = read_ip4(&v); break;
	case OPT_RELAY:
		/* A server would read it wherever it is. */
		d->relay_misplaced |= d->has_relay || !main;
		d->has_relay = true;
		d->relay = v;
		return true;
	default: return true;
	}
	return cur_done(&v);
}

static bool read_options(struct dhcp *d, struct cur c, bool main, uint8_t *overload)
{
	uint8_t code;
	struct cur v;

	while (next_option(&c, &code, &v)) {
		if (!take_option(d, code, v, main, overload))
			return false;
	}
	return cur_ok(&c);
}

static enum dhcp_fault read_all_options(struct dhcp *d)
{
	uint8_t overload = 0, ignored = 0;

	if (!read_options(d, d->options, true, &overload))
		return DHCP_BAD_OPTION;
	/* RFC 2131 4.1: file first */
	if (overload & OVERLOAD_FILE &&
	    !read_options(d, cur_of(d->file, DHCP_FILE_LEN), false, &ignored))
		return DHCP_BAD_OPTION;
	if (overload & OVERLOAD_SNAME &&
	    !read_options(d, cur_of(d->sname, DHCP_SNAME_LEN), false, &ignored))
		return DHCP_BAD_OPTION;
	return DHCP_OK;
}

enum dhcp_fault dhcp_read(struct cur *c, struct dhcp *ret)
{
	struct dhcp d = { 0 };
	enum dhcp_fault f;
	uint32_t cookie;

	d.op = cur_u8(c);
	d.htype = cur_u8(c);
	d.hlen = cur_u8(c);
	d.hops = cur_u8(c);
	d.xid = cur_u32(c);
	d.secs = cur_u16(c);
	d.flags = cur_u16(c);
	d.ciaddr = read_ip4(c);
	d.yiaddr = read_ip4(c);
	d.siaddr = read_ip4(c);
	d.giaddr = read_ip4(c);
	cur_copy(c, d.chaddr, sizeof(d.chaddr));
	d.sname = cur_bytes(c, DHCP_SNAME_LEN);
	d.file = cur_bytes(c, DHCP_FILE_LEN);
	if (!cur_ok(c))
		return DHCP_SHORT;
	if (d.op != DHCP_OP_REQUEST && d.op != DHCP_OP_REPLY)
		return DHCP_BAD_OP;
	if (d.hlen > DHCP_CHADDR_LEN)
		return DHCP_BAD_HLEN;
	cookie = cur_u32(c);
	if (!cur_ok(c) || cookie != DHCP_COOKIE)
		return DHCP_NO_COOKIE;
	d.options = cur_sub(c, cur_left(c));
	f = read_all_options(&d);
	if (f == DHCP_OK)
		*ret = d;
	return f;
}

const char *dhcp_fault_text(enum dhcp_fault f)
{
	static const char *const text[DHCP_FAULT_END] = {
		[DHCP_OK] = "well-formed",
		[DHCP_SHORT] = "shorter than 236 octets",
		[DHCP_BAD_OP] = "neither a request nor a reply",
		[DHCP_BAD_HLEN] = "hardware address longer than 16 octets",
		[DHCP_NO_COOKIE] = "no magic cookie: BOOTP, not DHCP",
		[DHCP_BAD_OPTION] = "option of a wrong length",
	};

	return f < DHCP_FAULT_END ? text[f] : "unknown fault";
}

const char *dhcp_type_text(uint8_t type)
{
	static const char *const text[] = { "BOOTP",   "DISCOVER", "OFFER",
		                            "REQUEST", "DECLINE",  "ACK",
		                            "NAK",     "RELEASE",  "INFORM" };

	return type < sizeof(text) / sizeof(text[0]) ? text[type] : "other";
}

static struct dhcp_bytes bytes_of(struct cur *c)
{
	size_t n = cur_left(c);

	return (struct dhcp_bytes){ .p = cur_bytes(c, n), .len = n };
}

static bool take_sub_option(struct dhcp_relay *r, uint8_t code, struct cur v)
{
	switch (code) {
	case SUB_CIRCUIT: r->circuit = bytes_of(&v); break;
	case SUB_REMOTE: r->remote = bytes_of(&v); break;
	case SUB_LINK: r->link = read_ip4(&v); break;
	case SUB_SERVER: r->server = read_ip4(&v); break;
	case SUB_VSS:
		if (cur_u8(&v) == DHCP_VSS_NAME)
			r->vss = bytes_of(&v);
		return cur_ok(&v);
	case SUB_VSS_CONTROL: r->vss_control = true; break;
	default: return true;
	}
	return cur_done(&v);
}

/* Sub-options have neither pads nor an end (RFC 3046 2.0). */
bool dhcp_relay_read(struct cur c, struct dhcp_relay *ret)
{
	struct dhcp_relay r = { 0 };

	while (cur_left(&c)) {
		uint8_t code = cur_u8(&c);
		struct cur v = cur_sub(&c, cur_u8(&c));

		if (!cur_ok(&v) || !take_sub_option(&r, code, v))
			return false;
	}
	if (!cur_ok(&c))
		return false;
	*ret = r;
	return true;
}

static void write_sub(struct wbuf *w, enum sub_option code, const uint8_t *p, size_t len)
{
	wbuf_u8(w, (uint8_t)code);
	wbuf_u8(w, (uint8_t)len);
	wbuf_bytes(w, p, len);
}

static void write_relay(struct wbuf *w, const struct dhcp_relay *r)
{
	size_t body;

	wbuf_u8(w, OPT_RELAY);
	wbuf_u8(w, 0);
	body = w->len;
	if (r->circuit.len)
		write_sub(w, SUB_CIRCUIT, r->circuit.p, r->circuit.len);
	if (r->remote.len)
		write_sub(w, SUB_REMOTE, r->remote.p, r->remote.len);
	if (r->link.afi)
		write_sub(w, SUB_LINK, r->link.b, 4);
	if (r->server.afi)
		write_sub(w, SUB_SERVER, r->server.b, 4);
	if (r->vss.len) {
		wbuf_u8(w, SUB_VSS);
		wbuf_u8(w, (uint8_t)(r->vss.len + 1));
		wbuf_u8(w, DHCP_VSS_NAME);
		wbuf_bytes(w, r->vss.p, r->vss.len);
	}
	if (r->vss_control)
		write_sub(w, SUB_VSS_CONTROL, NULL, 0);
	if (wbuf_ok(w) && w->len - body <= DHCP_OPTION_LEN_MAX)
		w->buf[body - 1] = (uint8_t)(w->len - body);
	else
		w->full = true;
}

static void write_options(struct wbuf *w, struct cur c)
{
	uint8_t code;
	struct cur v;

	while (next_option(&c, &code, &v)) {
		if (code == OPT_RELAY)
			continue;
		wbuf_u8(w, code);
		wbuf_u8(w, (uint8_t)cur_left(&v));
		wbuf_bytes(w, v.p, cur_left(&v));
	}
}

void dhcp_write(struct wbuf *w, const struct dhcp *d, const struct dhcp_relay *relay)
{
	size_t start = w->len;

	wbuf_u8(w, d->op);
	wbuf_u8(w, d->htype);
	wbuf_u8(w, d->hlen);
	wbuf_u8(w, d->hops);
	wbuf_uint(w, d->xid, 4);
	wbuf_u16(w, d->secs);
	wbuf_u16(w, d->flags);
	wbuf_bytes(w, d->ciaddr.b, 4);
	wbuf_bytes(w, d->yiaddr.b, 4);
	wbuf_bytes(w, d->siaddr.b, 4);
	wbuf_bytes(w, d->giaddr.b, 4);
	wbuf_bytes(w, d->chaddr, sizeof(d->chaddr));
	wbuf_bytes(w, d->sname, DHCP_SNAME_LEN);
	wbuf_bytes(w, d->file, DHCP_FILE_LEN);
	wbuf_uint(w, DHCP_COOKIE, 4);
	write_options(w, d->options);
	if (relay)
		write_relay(w, relay); /* the last one (RFC 3046 2.1) */
	wbuf_u8(w, OPT_END);
	while (wbuf_ok(w) && w->len - start < DHCP_LEN_MIN)
		wbuf_u8(w, OPT_PAD);
}
