/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/ip.h"

/*
 * GTSM (RFC 5082) on a listener, where neighbors who use it and neighbors who do not come
 * in by the same socket.  A minimum TTL set on the accepted socket is too late: what
 * arrived before it, the OPEN say, has passed.  Set on the listener it is the same for
 * all.  So the listener gets a packet filter that knows the TTL each source must have;
 * sockets it accepts inherit it, and give it up for a minimum of their own.
 */
struct tcp_ttl_rule {
	struct prefix from;
	uint8_t min_ttl;
};

/* The first rule that fits a source decides; none does: it may come.  n == 0: no filter
 * any more.  -E2BIG: more rules than a filter has room for; -ENOMEM: than
 * net.core.optmem_max allows.  The filter is then as it was. */
int tcp_ttl_filter(int fd, enum afi afi, const struct tcp_ttl_rule *rule, size_t n);
