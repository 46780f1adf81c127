/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cur.h"
#include "base/ip.h"
#include "base/wbuf.h"

/*
 * Ethernet II frames with up to two tags: 802.1Q, or 802.1ad outside and 802.1Q inside.
 * Tags are kept as on the wire, outermost first; the frame check sequence is the NIC's.
 */
enum eth_type {
	ETH_TYPE_IP4 = 0x0800,
	ETH_TYPE_ARP = 0x0806,
	ETH_TYPE_RARP = 0x8035,
	ETH_TYPE_VLAN = 0x8100, /* C-tag, IEEE 802.1Q */
	ETH_TYPE_QINQ = 0x88a8, /* S-tag, IEEE 802.1ad */
	ETH_TYPE_IP6 = 0x86dd,
};

enum {
	ETH_TAGS_MAX = 2,
	ETH_HEADER_MAX = 14 + 4 * ETH_TAGS_MAX,
	ETH_VID_MASK = 0x0fff, /* the rest of the TCI is priority and drop eligibility */
};

struct eth_tag {
	uint16_t tpid; /* ETH_TYPE_VLAN or ETH_TYPE_QINQ */
	uint16_t tci;
};

struct eth {
	struct mac dst;
	struct mac src;
	uint16_t type; /* of the payload */
	uint8_t n_tags;
	struct eth_tag tag[ETH_TAGS_MAX];
};

enum eth_fault {
	ETH_OK,
	ETH_SHORT,
	ETH_DEEP,  /* more tags than an attachment can have */
	ETH_802_3, /* a length where the type belongs: STP, LLC and the like */
	ETH_FAULT_END,
};

extern const struct mac eth_broadcast;

/* Read the header; the cursor is left at the payload.  *ret only on ETH_OK. */
enum eth_fault eth_read(struct cur *c, struct eth *ret);
void eth_write(struct wbuf *w, const struct eth *e);
/* The tags of an attachment: none, one (802.1Q) or two (802.1ad over 802.1Q). */
void eth_tag_set(struct eth *e, uint16_t vlan, uint16_t inner_vlan);
