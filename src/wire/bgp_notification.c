/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/bgp_notification.h"

#include <stdio.h>
#include <string.h>

#include "base/cur.h"
#include "base/must.h"
#include "wire/bgp_msg.h"

static const char *const header_name[] = {
	[BGP_HEADER_NOT_SYNCED] = "connection not synchronized",
	[BGP_HEADER_BAD_LENGTH] = "bad message length",
	[BGP_HEADER_BAD_TYPE] = "bad message type",
};

static const char *const open_name[] = {
	[BGP_OPEN_UNSPECIFIC] = "unspecific",
	[BGP_OPEN_BAD_VERSION] = "unsupported version number",
	[BGP_OPEN_BAD_PEER_AS] = "bad peer AS",
	[BGP_OPEN_BAD_ID] = "bad BGP identifier",
	[BGP_OPEN_BAD_PARAM] = "unsupported optional parameter",
	[BGP_OPEN_BAD_HOLD_TIME] = "unacceptable hold time",
	[BGP_OPEN_BAD_CAPABILITY] = "unsupported capability",
	[BGP_OPEN_ROLE_MISMATCH] = "role mismatch",
};

static const char *const update_name[] = {
	[BGP_UPDATE_BAD_LIST] = "malformed attribute list",
	[BGP_UPDATE_UNKNOWN_WELL_KNOWN] = "unrecognized well-known attribute",
	[BGP_UPDATE_MISSING] = "missing well-known attribute",
	[BGP_UPDATE_BAD_FLAGS] = "attribute flags error",
	[BGP_UPDATE_BAD_LENGTH] = "attribute length error",
	[BGP_UPDATE_BAD_ORIGIN] = "invalid ORIGIN attribute",
	[BGP_UPDATE_BAD_NEXT_HOP] = "invalid NEXT_HOP attribute",
	[BGP_UPDATE_BAD_OPTIONAL] = "optional attribute error",
	[BGP_UPDATE_BAD_NETWORK] = "invalid network field",
	[BGP_UPDATE_BAD_AS_PATH] = "malformed AS_PATH",
};

static const char *const fsm_name[] = {
	[BGP_FSM_UNSPECIFIC] = "unspecific",
	[BGP_FSM_IN_OPEN_SENT] = "unexpected message in OpenSent",
	[BGP_FSM_IN_OPEN_CONFIRM] = "unexpected message in OpenConfirm",
	[BGP_FSM_IN_ESTABLISHED] = "unexpected message in Established",
};

static const char *const cease_name[] = {
	[BGP_CEASE_MAX_PREFIXES] = "maximum number of prefixes reached",
	[BGP_CEASE_SHUTDOWN] = "administrative shutdown",
	[BGP_CEASE_DECONFIGURED] = "peer de-configured",
	[BGP_CEASE_RESET] = "administrative reset",
	[BGP_CEASE_REJECTED] = "connection rejected",
	[BGP_CEASE_CONFIG_CHANGE] = "other configuration change",
	[BGP_CEASE_COLLISION] = "connection collision resolution",
	[BGP_CEASE_RESOURCES] = "out of resources",
	[BGP_CEASE_HARD_RESET] = "hard reset",
	[BGP_CEASE_BFD_DOWN] = "BFD down",
};

static const char *const refresh_name[] = {
	[BGP_REFRESH_BAD_LENGTH] = "invalid message length",
};

static const struct {
	const char *name;
	const char *const *sub;
	size_t n_sub;
} code_row[] = {
	[BGP_ERR_HEADER] = {"message header error",         header_name,
                            ARRAY_LEN(header_name)                                             },
	[BGP_ERR_OPEN] = { "OPEN message error",          open_name,    ARRAY_LEN(open_name) },
	[BGP_ERR_UPDATE] = { "UPDATE message error",        update_name,
                            ARRAY_LEN(update_name)                                             },
	[BGP_ERR_HOLD_TIMER] = { "hold timer expired",          NULL,         0                    },
	[BGP_ERR_FSM] = { "finite state machine error",  fsm_name,     ARRAY_LEN(fsm_name)  },
	[BGP_ERR_CEASE] = { "cease",                       cease_name,   ARRAY_LEN(cease_name)},
	[BGP_ERR_ROUTE_REFRESH] = { "ROUTE-REFRESH message error", refresh_name,
                            ARRAY_LEN(refresh_name)                                            },
	[BGP_ERR_SEND_HOLD] = { "send hold timer expired",     NULL,         0                    },
};

char *bgp_notification_fmt(uint8_t code, uint8_t subcode,
                           char buf[static BGP_NOTIFICATION_STRLEN])
{
	const char *name = code < ARRAY_LEN(code_row) ? code_row[code].name : NULL;
	const char *sub = NULL;

	if (name && subcode < code_row[code].n_sub)
		sub = code_row[code].sub[subcode];
	if (!name)
		snprintf(buf, BGP_NOTIFICATION_STRLEN, "code %u, subcode %u", code,
		         subcode);
	else if (sub)
		snprintf(buf, BGP_NOTIFICATION_STRLEN, "%s: %s", name, sub);
	else if (subcode)
		snprintf(buf, BGP_NOTIFICATION_STRLEN, "%s: subcode %u", name, subcode);
	else
		snprintf(buf, BGP_NOTIFICATION_STRLEN, "%s", name);
	return buf;
}

void bgp_notification_fault(struct bgp_fault *ret, enum bgp_error code, uint8_t subcode,
                            const void *data, size_t len)
{
	size_t n = len < sizeof(ret->data) ? len : sizeof(ret->data);

	*ret = (struct bgp_fault){ .code = (uint8_t)code, .subcode = subcode, .len = n };
	if (n)
		memcpy(ret->data, data, n);
}

bool bgp_notification_read(const uint8_t *body, size_t len, struct bgp_notification *ret)
{
	struct cur c = cur_of(body, len);
	struct bgp_notification n;

	n.code = cur_u8(&c);
	n.subcode = cur_u8(&c);
	n.len = cur_left(&c);
	n.data = cur_bytes(&c, n.len);
	if (!cur_ok(&c))
		return false;
	*ret = n;
	return true;
}

bool bgp_notification_read_hard(const struct bgp_notification *n,
                                struct bgp_notification *ret)
{
	return n->code == BGP_ERR_CEASE && n->subcode == BGP_CEASE_HARD_RESET &&
	       bgp_notification_read(n->data, n->len, ret);
}

static void write_msg(struct wbuf *w, uint8_t code, uint8_t subcode, const void *data,
                      size_t len)
{
	size_t start = bgp_msg_open(w, BGP_NOTIFICATION);

	wbuf_u8(w, code);
	wbuf_u8(w, subcode);
	wbuf_bytes(w, data, len);
	bgp_msg_close(w, start);
}

void bgp_notification_write(struct wbuf *w, const struct bgp_fault *f)
{
	write_msg(w, f->code, f->subcode, f->data, f->len);
}

/* The text behind its length; 0: there is none. */
static size_t shutdown_data(const char *text, uint8_t ret[1 + BGP_SHUTDOWN_MAX])
{
	size_t n = text ? strlen(text) : 0;

	if (n > BGP_SHUTDOWN_MAX) { /* not in the middle of a UTF-8 sequence */
		for (n = BGP_SHUTDOWN_MAX; n && (text[n] & 0xc0) == 0x80; n--)
			;
	}
	ret[0] = (uint8_t)n;
	if (n)
		memcpy(ret + 1, text, n);
	return n ? n + 1 : 0;
}

void bgp_notification_write_hard(struct wbuf *w, const struct bgp_fault *f,
                                 const char *text)
{
	uint8_t data[2 + 1 + BGP_SHUTDOWN_MAX] = { f->code, f->subcode };
	size_t n = shutdown_data(text, data + 2);

	if (!n) {
		n = f->len;
		memcpy(data + 2, f->data, n);
	}
	write_msg(w, BGP_ERR_CEASE, BGP_CEASE_HARD_RESET, data, 2 + n);
}

void bgp_notification_write_shutdown(struct wbuf *w, enum bgp_cease sub, const char *text)
{
	uint8_t data[1 + BGP_SHUTDOWN_MAX];
	size_t n = shutdown_data(text, data);

	write_msg(w, BGP_ERR_CEASE, (uint8_t)sub, data, n);
}

/* Octets of the well-formed UTF-8 sequence at p (RFC 3629 4), 0: it is not one. */
static size_t utf8_len(const uint8_t *p, size_t n)
{
	uint8_t lo = 0x80, hi = 0xbf;
	size_t len;

	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	len = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if (p[0] == 0xe0)
		lo = 0xa0; /* overlong */
	else if (p[0] == 0xed)
		hi = 0x9f; /* surrogates */
	else if (p[0] == 0xf0)
		lo = 0x90; /* overlong */
	else if (p[0] == 0xf4)
		hi = 0x8f; /* beyond U+10FFFF */
	if (n < len || p[1] < lo || p[1] > hi)
		return 0;
	for (size_t i = 2; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	}
	return len;
}

/* Would a terminal act on it?  C0, DEL, and C1 written as U+0080 … U+009F; direction
 * marks (U+202A-E, U+2066-9) can make a line of log say something else. */
static bool is_control(const uint8_t *p, size_t len)
{
	if (len == 1)
		return p[0] < 0x20 || p[0] == 0x7f;
	if (len == 2)
		return p[0] == 0xc2 && p[1] < 0xa0;
	if (len == 3 && p[0] == 0xe2)
		return (p[1] == 0x80 && p[2] >= 0xa8 && p[2] <= 0xae) ||
		       (p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9);
	return false;
}

static void escape_text(const uint8_t *p, size_t n, char *ret)
{
	static const char digit[] = "0123456789abcdef";

	while (n) {
		size_t len = utf8_len(p, n);

		if (!len || is_control(p, len) || *p == '\\') {
			len = 1;
			*ret++ = '\\';
			*ret++ = 'x';
			*ret++ = digit[*p >> 4];
			*ret++ = digit[*p & 15];
		} else {
			memcpy(ret, p, len);
			ret += len;
		}
		p += len;
		n -= len;
	}
	*ret = '\0';
}

bool bgp_notification_shutdown_text(const struct bgp_notification *n,
                                    char buf[static BGP_SHUTDOWN_STRLEN])
{
	struct cur c = cur_of(n->data, n->len);
	uint8_t len = cur_u8(&c);
	const uint8_t *text = cur_bytes(&c, len);

	buf[0] = '\0';
	if (n->code != BGP_ERR_CEASE ||
	    (n->subcode != BGP_CEASE_SHUTDOWN && n->subcode != BGP_CEASE_RESET))
		return false;
	if (!cur_done(&c) || !len)
		return false;
	escape_text(text, len, buf);
	return true;
}
