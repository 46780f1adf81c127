/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct core;

/*
 * Frames that the packet program leaves to the daemon (bpf/punt.h): VRRP, DHCP and router
 * discovery of the sites.  Who answers one of these takes it here.
 */
enum core_punt_kind {
	CORE_PUNT_VRRP, /* either family; TTL 255 and the group are checked */
	CORE_PUNT_DHCP, /* to the broadcast address, or to an address of ours */
	CORE_PUNT_DHCP6,
	CORE_PUNT_RS,
	CORE_PUNT_RA, /* somebody else's */
	CORE_PUNT_END,
};

/* A whole frame, tags in place, its IP header at l3 and complete there; no checksum has
 * been looked at.  Its destination MAC is not the one it had: the program has put one of
 * nobody's there to keep it from the kernel's own stack. */
typedef void core_punt_fn(struct core *c, uint16_t ac, const uint8_t *frame, size_t len,
                          size_t l3);

void core_punt_to(struct core *c, enum core_punt_kind kind, core_punt_fn *heard);
