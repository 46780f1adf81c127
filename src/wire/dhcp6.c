/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/dhcp6.h"

#include "base/must.h"

enum dhcp6_option {
	OPT_IA_NA = 3,
	OPT_IA_TA = 4,
	OPT_IAADDR = 5,
	OPT_RELAY_MSG = 9,
	OPT_INTERFACE_ID = 18,
	OPT_IA_PD = 25,
	OPT_IAPREFIX = 26,
	OPT_VSS = 68,
	OPT_CLIENT_LLA = 79,
};

enum {
	DHCP6_HTYPE_ETHERNET = 1,
	DHCP6_VSS_NAME = 0,   /* RFC 6607 3: an NVT ASCII identifier follows */
	DHCP6_IA_HEADER = 12, /* IAID, T1, T2 */
	DHCP6_IA_TA_HEADER = 4,
};

bool dhcp6_is_relay(uint8_t type)
{
	return type == DHCP6_RELAY_FORW || type == DHCP6_RELAY_REPL;
}

static struct ip read_ip6(struct cur *c)
{
	struct ip ip = { .afi = AFI_IP6 };

	cur_copy(c, ip.b, 16);
	return ip;
}

/* False: there is none, or the cursor is bad. */
static bool next_option(struct cur *c, uint16_t *ret_code, struct cur *ret)
{
	if (!cur_left(c))
		return false;
	*ret_code = cur_u16(c);
	*ret = cur_sub(c, cur_u16(c));
	return cur_ok(c) && cur_ok(ret);
}

static enum dhcp6_fault read_options(struct dhcp6 *m)
{
	struct cur c = m->options, v;
	uint16_t code;

	while (next_option(&c, &code, &v)) {
		if (code == OPT_INTERFACE_ID) {
			m->interface_id = v;
		} else if (code == OPT_RELAY_MSG) {
			m->has_message = true;
			m->message = v;
		}
	}
	return cur_ok(&c) ? DHCP6_OK : DHCP6_BAD_OPTION;
}

enum dhcp6_fault dhcp6_read(struct cur *c, struct dhcp6 *ret)
{
	struct dhcp6 m = { .type = cur_u8(c) };
	enum dhcp6_fault f;

	if (dhcp6_is_relay(m.type)) {
		m.hops = cur_u8(c);
		m.link = read_ip6(c);
		m.peer = read_ip6(c);
	} else {
		m.xid = cur_u24(c);
	}
	if (!cur_ok(c))
		return DHCP6_SHORT;
	m.options = cur_sub(c, cur_left(c));
	f = read_options(&m);
	if (f == DHCP6_OK)
		*ret = m;
	return f;
}

const char *dhcp6_fault_text(enum dhcp6_fault f)
{
	static const char *const text[DHCP6_FAULT_END] = {
		[DHCP6_OK] = "well-formed",
		[DHCP6_SHORT] = "cut short",
		[DHCP6_BAD_OPTION] = "option longer than the message",
	};

	return f < DHCP6_FAULT_END ? text[f] : "unknown fault";
}

const char *dhcp6_type_text(uint8_t type)
{
	static const char *const text[] = {
		[DHCP6_SOLICIT] = "SOLICIT",
		[DHCP6_ADVERTISE] = "ADVERTISE",
		[DHCP6_REQUEST] = "REQUEST",
		[DHCP6_CONFIRM] = "CONFIRM",
		[DHCP6_RENEW] = "RENEW",
		[DHCP6_REBIND] = "REBIND",
		[DHCP6_REPLY] = "REPLY",
		[DHCP6_RELEASE] = "RELEASE",
		[DHCP6_DECLINE] = "DECLINE",
		[DHCP6_RECONFIGURE] = "RECONFIGURE",
		[DHCP6_INFORMATION] = "INFORMATION-REQUEST",
		[DHCP6_RELAY_FORW] = "RELAY-FORW",
		[DHCP6_RELAY_REPL] = "RELAY-REPL",
	};

	return type < sizeof(text) / sizeof(text[0]) && text[type] ? text[type] : "other";
}

static void write_option(struct wbuf *w, enum dhcp6_option code, const void *p,
                         size_t len)
{
	size_t body;

	wbuf_u16(w, (uint16_t)code);
	body = wbuf_len16_open(w);
	wbuf_bytes(w, p, len);
	wbuf_len16_close(w, body);
}

void dhcp6_forward_write(struct wbuf *w, const struct dhcp6_relay *r,
                         const uint8_t *message, size_t len)
{
	must(r->link.afi == AFI_IP6 && r->peer.afi == AFI_IP6);
	wbuf_u8(w, DHCP6_RELAY_FORW);
	wbuf_u8(w, r->hops);
	wbuf_bytes(w, r->link.b, 16);
	wbuf_bytes(w, r->peer.b, 16);
	write_option(w, OPT_INTERFACE_ID, r->interface_id, r->interface_id_len);
	if (!mac_is_zero(&r->client)) {
		wbuf_u16(w, OPT_CLIENT_LLA);
		wbuf_u16(w, 2 + sizeof(r->client.b));
		wbuf_u16(w, DHCP6_HTYPE_ETHERNET);
		wbuf_bytes(w, r->client.b, sizeof(r->client.b));
	}
	if (r->vss) {
		wbuf_u16(w, OPT_VSS);
		wbuf_u16(w, (uint16_t)(1 + strlen(r->vss)));
		wbuf_u8(w, DHCP6_VSS_NAME);
		wbuf_bytes(w, r->vss, strlen(r->vss));
	}
	write_option(w, OPT_RELAY_MSG, message, len);
}

struct dhcp6_walk dhcp6_walk_of(const struct dhcp6 *m)
{
	return (struct dhcp6_walk){ .message = m->options, .ia = cur_of(NULL, 0) };
}

static bool read_lease(uint16_t code, struct cur v, struct dhcp6_lease *ret)
{
	struct dhcp6_lease l = { .delegated = code == OPT_IAPREFIX };
	uint8_t plen = 128;
	struct ip ip;

	if (!l.delegated)
		ip = read_ip6(&v);
	cur_u32(&v); /* preferred lifetime */
	l.valid_s = cur_u32(&v);
	if (l.delegated) {
		plen = cur_u8(&v);
		ip = read_ip6(&v);
	}
	if (!cur_ok(&v) || plen > 128)
		return false;
	l.prefix = prefix_of(&ip, plen);
	*ret = l;
	return true;
}

/* On to the next IA of the message. */
static bool next_ia(struct dhcp6_walk *w)
{
	uint16_t code;
	struct cur v;

	while (next_option(&w->message, &code, &v)) {
		if (code != OPT_IA_NA && code != OPT_IA_TA && code != OPT_IA_PD)
			continue;
		cur_bytes(&v, code == OPT_IA_TA ? DHCP6_IA_TA_HEADER : DHCP6_IA_HEADER);
		w->ia = v;
		return cur_ok(&v);
	}
	return false;
}

bool dhcp6_walk_next(struct dhcp6_walk *w, struct dhcp6_lease *ret)
{
	uint16_t code;
	struct cur v;

	for (;;) {
		while (next_option(&w->ia, &code, &v)) {
			if (code == OPT_IAADDR || code == OPT_IAPREFIX)
				return read_lease(code, v, ret);
		}
		if (!cur_ok(&w->ia) || !next_ia(w))
			return false;
	}
}
