/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/bgp_msg.h"

#include "base/must.h"

enum { MARKER_LEN = 16, LEN_END = MARKER_LEN + 2 };

static const struct {
	const char *name;
	uint16_t min, max, max_ext; /* whole message, RFC 4271 4.2-4.5, RFC 8654 4 */
} type_row[] = {
	[0] = {"unknown",        0,           0,           0              },
	[BGP_OPEN] = { "OPEN",          29,          BGP_MSG_MAX, BGP_MSG_MAX    },
	[BGP_UPDATE] = { "UPDATE",        23,          BGP_MSG_MAX, BGP_MSG_MAX_EXT},
	[BGP_NOTIFICATION] = { "NOTIFICATION",  21,          BGP_MSG_MAX, BGP_MSG_MAX_EXT},
	[BGP_KEEPALIVE] = { "KEEPALIVE",     BGP_HDR_LEN, BGP_HDR_LEN, BGP_HDR_LEN    },
	[BGP_ROUTE_REFRESH] = { "ROUTE-REFRESH", 23,          BGP_MSG_MAX, BGP_MSG_MAX_EXT},
};

static enum bgp_frame bad(struct bgp_fault *fault, enum bgp_header_error sub,
                          const uint8_t *data, size_t len)
{
	bgp_notification_fault(fault, BGP_ERR_HEADER, (uint8_t)sub, data, len);
	return BGP_FRAME_BAD;
}

enum bgp_frame bgp_msg_frame(const uint8_t *p, size_t n, bool ext, struct bgp_hdr *ret,
                             struct bgp_fault *fault)
{
	const uint8_t *len_be = p + MARKER_LEN, *type = p + LEN_END;
	size_t len;

	for (size_t i = 0; i < n && i < MARKER_LEN; i++) {
		if (p[i] != 0xff)
			return bad(fault, BGP_HEADER_NOT_SYNCED, NULL, 0);
	}
	if (n < LEN_END)
		return BGP_FRAME_MORE;

	len = (size_t)len_be[0] << 8 | len_be[1];
	if (len < BGP_HDR_LEN || len > (ext ? BGP_MSG_MAX_EXT : BGP_MSG_MAX))
		return bad(fault, BGP_HEADER_BAD_LENGTH, len_be, 2);
	if (n < BGP_HDR_LEN)
		return BGP_FRAME_MORE;

	if (*type == 0 || *type >= ARRAY_LEN(type_row))
		return bad(fault, BGP_HEADER_BAD_TYPE, type, 1);
	if (len < type_row[*type].min ||
	    len > (ext ? type_row[*type].max_ext : type_row[*type].max))
		return bad(fault, BGP_HEADER_BAD_LENGTH, len_be, 2);
	if (n < len)
		return BGP_FRAME_MORE;

	*ret = (struct bgp_hdr){ .len = (uint16_t)len, .type = *type };
	return BGP_FRAME_MSG;
}

size_t bgp_msg_open(struct wbuf *w, enum bgp_type type)
{
	size_t start = w->len;
	uint8_t *p = wbuf_room(w, BGP_HDR_LEN);

	if (p) {
		memset(p, 0xff, MARKER_LEN);
		memset(p + MARKER_LEN, 0, 2);
		p[LEN_END] = (uint8_t)type;
	}
	return start;
}

void bgp_msg_close(struct wbuf *w, size_t start)
{
	size_t len = w->len - start;

	if (len > BGP_MSG_MAX_EXT)
		w->full = true;
	if (w->full)
		return;
	w->buf[start + MARKER_LEN] = (uint8_t)(len >> 8);
	w->buf[start + MARKER_LEN + 1] = (uint8_t)len;
}

void bgp_msg_keepalive(struct wbuf *w)
{
	bgp_msg_close(w, bgp_msg_open(w, BGP_KEEPALIVE));
}

const char *bgp_msg_type_name(unsigned type)
{
	return type_row[type < ARRAY_LEN(type_row) ? type : 0].name;
}
