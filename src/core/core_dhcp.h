/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/ip.h"

struct core;

/*
 * The DHCP relay (gateway/gw_dhcp.h) and its surroundings: hosts by the punts of their
 * attachments, servers by the daemon's own place in the VPN, and leases to host/.
 */
void core_dhcp_start(struct core *c); /* after ports and VPNs */
void core_dhcp_stop(struct core *c);
/* Who relays for that subnet there: we, or the site's other PE. */
void core_dhcp_master(struct core *c, uint32_t vrf, const struct prefix *p, uint16_t ac,
                      bool master);
