/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cur.h"
#include "base/ip.h"
#include "base/wbuf.h"

/*
 * DHCP (RFC 2131, RFC 2132) as a relay sees it: the fixed part, the few options it needs,
 * and all others as they are.  Relay agent information (RFC 3046) is a structure of its
 * own.  What is read borrows the bytes it was read from.
 */
enum {
	DHCP_SERVER_PORT = 67,
	DHCP_CLIENT_PORT = 68,
	DHCP_CHADDR_LEN = 16,
	DHCP_HTYPE_ETHERNET = 1,
	DHCP_FLAG_BROADCAST = 0x8000,
	DHCP_LEASE_FOREVER = -1, /* as an uint32_t */
};

enum dhcp_op { DHCP_OP_REQUEST = 1, DHCP_OP_REPLY = 2 };

/* Option 53. */
enum dhcp_type {
	DHCP_DISCOVER = 1,
	DHCP_OFFER,
	DHCP_REQUEST,
	DHCP_DECLINE,
	DHCP_ACK,
	DHCP_NAK,
	DHCP_RELEASE,
	DHCP_INFORM,
};

struct dhcp {
	uint8_t op, htype, hlen, hops;
	uint32_t xid;
	uint16_t secs, flags;
	struct ip ciaddr, yiaddr, siaddr, giaddr;
	uint8_t chaddr[DHCP_CHADDR_LEN];
	const uint8_t *sname, *file; /* 64 and 128 octets */
	struct cur options;          /* behind the cookie */

	/* from the options; sname and file may hold some too (option 52) */
	uint8_t type;         /* enum dhcp_type, or one we do not know; 0: BOOTP */
	struct ip server;     /* option 54; AFI_NONE: none */
	struct ip asked;      /* option 50, the address the client would like */
	uint32_t lease_s;     /* option 51; 0: none */
	bool has_relay;       /* option 82 is there, … */
	struct cur relay;     /* … and this is what is in it */
	bool relay_misplaced; /* it is in sname or file, or there twice */
};

enum dhcp_fault {
	DHCP_OK,
	DHCP_SHORT,
	DHCP_BAD_OP,
	DHCP_BAD_HLEN,
	DHCP_NO_COOKIE,  /* BOOTP without vendor extensions */
	DHCP_BAD_OPTION, /* longer than the message, or of a wrong length */
	DHCP_FAULT_END,
};

enum dhcp_fault dhcp_read(struct cur *c, struct dhcp *ret); /* *ret only on DHCP_OK */
const char *dhcp_fault_text(enum dhcp_fault f);
const char *dhcp_type_text(uint8_t type); /* "DISCOVER" */

/* Octets of somebody else. */
struct dhcp_bytes {
	const uint8_t *p;
	size_t len;
};

/* Relay agent information (RFC 3046 2.0). */
struct dhcp_relay {
	struct dhcp_bytes circuit; /* sub-option 1; len 0: none */
	struct dhcp_bytes remote;  /* sub-option 2 */
	struct ip link;            /* sub-option 5 (RFC 3527); AFI_NONE: none */
	struct ip server;          /* sub-option 11 (RFC 5107) */
	struct dhcp_bytes vss;     /* sub-option 151 (RFC 6607): the VPN's name, ASCII */
	bool vss_control;          /* sub-option 152: a server that knows 151 takes it
	                              out */
};

/* False: not well-formed.  Sub-options we do not know are passed over. */
bool dhcp_relay_read(struct cur c, struct dhcp_relay *ret);

/* The message with its own options but 82, and with that from relay, or without it if
 * NULL; at least 300 octets (RFC 1542 2.1). */
void dhcp_write(struct wbuf *w, const struct dhcp *d, const struct dhcp_relay *relay);
