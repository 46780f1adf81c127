/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/*
 * What the server sends: frames of a 4-byte length in network order, a type byte, and
 * that many bytes (the type not counted).  Each request is answered by any number of O
 * frames, at most one E frame and, last, one S frame; so a status can follow an answer
 * that was sent before it was known.
 */
enum frame_type {
	FRAME_OUT = 'O',    /* output, as is */
	FRAME_ERROR = 'E',  /* one line of text without its newline */
	FRAME_STATUS = 'S', /* one byte: enum cmd_status, never CMD_MORE */
};

enum {
	FRAME_HEAD = 5,
	FRAME_MAX = 16 << 10, /* bytes behind the head */
};

static inline void frame_put(struct buf *out, enum frame_type type, const void *data,
                             size_t n)
{
	const uint8_t *p = data;

	while (n) {
		size_t part = n < FRAME_MAX ? n : FRAME_MAX;
		const uint8_t head[FRAME_HEAD] = { 0, 0, (uint8_t)(part >> 8),
			                           (uint8_t)part, (uint8_t)type };

		buf_put(out, head, sizeof(head));
		buf_put(out, p, part);
		p += part;
		n -= part;
	}
}

static inline void frame_status(struct buf *out, uint8_t status)
{
	frame_put(out, FRAME_STATUS, &status, 1);
}
