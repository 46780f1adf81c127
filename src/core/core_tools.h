/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct core;

/*
 * The daemon as a host of its VPNs, at each one's loopback: what goes there comes as IP
 * packets, and packets from there are routed like any host's.
 */
typedef void core_tools_fn(void *arg, uint32_t vrf, const uint8_t *packet, size_t len);

/* Who hears what comes to the loopback of a VPN, one for each.  -ENOENT: it has none. */
int core_tools_open(struct core *c, uint32_t vrf, core_tools_fn *heard, void *arg);
/* A whole IP packet, checksums and all.  0 or -errno; the loss of one is no fault. */
int core_tools_send(struct core *c, uint32_t vrf, const uint8_t *packet, size_t len);
