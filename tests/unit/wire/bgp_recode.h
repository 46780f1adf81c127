/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "wire/bgp_open.h"
#include "wire/bgp_refresh.h"
#include "wire/bgp_update.h"
#include "wire/bgp_write.h"

/* What tests and fuzz targets share: a message read is written again, and told as text.
 */

/* Move the next route of c into u.  False: full, and c is as before. */
bool recode_route(struct bgp_write *u, enum bgp_family family, bool addpath,
                  struct cur *c);

/* Write what was read with `ctx` as UPDATEs of at most max octets, as one with four-octet
 * AS numbers does.  False: no room. */
bool recode_update(const struct bgp_update *u, size_t max, struct wbuf *w);

/* The filters of a request, as a whole message.  False: malformed, or of a type we do not
 * know. */
bool recode_filters(const struct bgp_refresh *r, struct wbuf *w);

/* A whole message as canonical text; false: it is malformed. */
bool recode_text(const struct bgp_ctx *ctx, const uint8_t *msg, size_t len, char *ret,
                 size_t cap);
/* Read a whole message and write it again. */
bool recode_msg(const struct bgp_ctx *ctx, const uint8_t *msg, size_t len,
                struct wbuf *w);
