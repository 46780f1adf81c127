/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/wbuf.h"
#include "wire/bgp_notification.h"

/*
 * Messages in a byte stream (RFC 4271 4.1, 6.1; RFC 8654): find the next one, begin and
 * end one.  Bodies are the business of bgp_open.h, bgp_update.h, bgp_notification.h and
 * bgp_refresh.h.
 */
enum {
	BGP_HDR_LEN = 19,
	BGP_MSG_MAX = 4096,
	BGP_MSG_MAX_EXT =
		65535, /* extended messages negotiated; never OPEN or KEEPALIVE */
	BGP_PORT = 179,
	BGP_AS_TRANS = 23456, /* stands in for an AS that needs four octets (RFC 6793) */
};

enum bgp_type {
	BGP_OPEN = 1,
	BGP_UPDATE = 2,
	BGP_NOTIFICATION = 3,
	BGP_KEEPALIVE = 4,
	BGP_ROUTE_REFRESH = 5,
};

struct bgp_hdr {
	uint16_t len; /* of the message, header included */
	enum bgp_type type;
};

enum bgp_frame {
	BGP_FRAME_MORE, /* fine so far, not complete */
	BGP_FRAME_MSG,  /* *ret is set; the body is p + BGP_HDR_LEN … p + ret->len */
	BGP_FRAME_BAD,  /* *fault is set; the stream is lost */
};

/*
 * What do the n bytes at p begin with?  However the stream is cut, the first answer that
 * is not MORE is the same.  ext: extended messages were negotiated.
 */
enum bgp_frame bgp_msg_frame(const uint8_t *p, size_t n, bool ext, struct bgp_hdr *ret,
                             struct bgp_fault *fault) __attribute__((warn_unused_result));

/* Header of a message whose length comes later: open, write the body, close. */
size_t bgp_msg_open(struct wbuf *w, enum bgp_type type);
void bgp_msg_close(struct wbuf *w, size_t start);

void bgp_msg_keepalive(struct wbuf *w);

const char *bgp_msg_type_name(unsigned type); /* "UPDATE"; "unknown" */
