/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/cur.h"
#include "base/ip.h"
#include "base/wbuf.h"

/*
 * ARP (RFC 826) and RARP (RFC 903) for IPv4 over Ethernet, without the Ethernet header.
 * The cursor starts at the hardware type; padding behind the packet is left unread.
 */
enum arp_op {
	ARP_OP_REQUEST = 1,
	ARP_OP_REPLY = 2,
	ARP_OP_RARP_REQUEST = 3,
	ARP_OP_RARP_REPLY = 4,
};

enum {
	ARP_LEN = 28,
};

struct arp {
	uint16_t op;
	struct mac sha;
	struct mac tha;
	struct ip spa; /* 0.0.0.0 in a probe (RFC 5227 2.1) and in RARP requests */
	struct ip tpa;
};

enum arp_fault {
	ARP_OK,
	ARP_SHORT,
	ARP_NOT_ETHERNET, /* hardware type */
	ARP_NOT_IP4,      /* protocol type */
	ARP_BAD_LENGTH,   /* address lengths other than 6 and 4 */
	ARP_BAD_OP,
	ARP_BAD_SENDER_MAC, /* zero or group: nobody can own it */
	ARP_FAULT_END,
};

enum arp_kind {
	ARP_KIND_REQUEST,
	ARP_KIND_REPLY,
	ARP_KIND_ANNOUNCE, /* gratuitous: sender == target, request or reply (RFC 5227 3)
	                    */
	ARP_KIND_PROBE,    /* sender 0.0.0.0 (RFC 5227 2.1.1) */
	ARP_KIND_RARP,     /* a MAC shows itself, as QEMU does after migration */
	ARP_KIND_RARP_REPLY,
};

enum arp_fault arp_read(struct cur *c, struct arp *ret); /* *ret only on ARP_OK */
void arp_write(struct wbuf *w, const struct arp *a);
enum arp_kind arp_kind(const struct arp *a);
const char *arp_fault_text(enum arp_fault f);
