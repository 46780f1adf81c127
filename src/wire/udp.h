/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cur.h"
#include "base/ip.h"
#include "base/wbuf.h"

/*
 * UDP (RFC 768) as whole IPv4 or IPv6 packets: the cursor starts at the IP header, and
 * what is written is complete, with both checksums.
 */
enum {
	UDP_OVERHEAD4 = 20 + 8, /* octets around the data */
	UDP_OVERHEAD6 = 40 + 8,
};

struct udp {
	struct ip src, dst; /* of one family */
	uint16_t sport, dport;
	uint8_t ttl; /* or hop limit */
};

enum udp_fault {
	UDP_OK,
	UDP_SHORT,
	UDP_NOT_UDP, /* another protocol, or an IPv6 extension header */
	UDP_FRAGMENT,
	UDP_IP_CHECKSUM,
	UDP_LENGTH, /* UDP's own is not IP's */
	UDP_CHECKSUM,
	UDP_FAULT_END,
};

/* *ret and *ret_data, the octets of the datagram, only on UDP_OK; what is behind the
 * packet is Ethernet padding. */
enum udp_fault udp_read(struct cur *c, struct udp *ret, struct cur *ret_data);
const char *udp_fault_text(enum udp_fault f);

/* Open the packet, write the data, close it: that fills in lengths and checksums.  start
 * is what udp_open() returned. */
size_t udp_open(struct wbuf *w, const struct udp *u);
void udp_close(struct wbuf *w, size_t start);
