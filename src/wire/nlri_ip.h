/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/cur.h"
#include "base/ip.h"
#include "base/wbuf.h"
#include "wire/nlri.h"

/* Unicast prefixes (RFC 4271 4.3; RFC 4760 5). */
struct ip_nlri {
	uint32_t path_id;
	struct prefix prefix; /* host bits are zero, whatever the peer sent */
};

enum { NLRI_IP_MAX = 4 + 1 + 16 };

enum nlri_err nlri_ip_read(struct cur *c, enum afi afi, bool addpath,
                           struct ip_nlri *ret);
void nlri_ip_write(struct wbuf *w, const struct ip_nlri *r, bool addpath);
