/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/cur.h"
#include "wire/bgp_open.h"

/* One capability at a time (RFC 5492 4); the inside of bgp_open.h. */

/* Read the code, length and value at c into o->caps and o->as.  False: malformed. */
bool bgp_cap_read(struct cur *c, struct bgp_open *o) __attribute__((warn_unused_result));
/* All of *caps, in ascending order of their codes. */
void bgp_cap_write_all(struct wbuf *w, const struct bgp_caps *caps, uint32_t as);
