/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cur.h"
#include "base/ip.h"
#include "base/wbuf.h"

/*
 * DHCPv6 (RFC 8415) as a relay sees it: messages of clients and servers, which it takes
 * addresses out of and does not change, and the relay messages around them.  What is read
 * borrows the bytes it was read from.
 */
enum {
	DHCP6_CLIENT_PORT = 546,
	DHCP6_SERVER_PORT = 547,
	DHCP6_HOPS_MAX = 8, /* HOP_COUNT_LIMIT (RFC 8415 7.6) */
};

enum dhcp6_type {
	DHCP6_SOLICIT = 1,
	DHCP6_ADVERTISE,
	DHCP6_REQUEST,
	DHCP6_CONFIRM,
	DHCP6_RENEW,
	DHCP6_REBIND,
	DHCP6_REPLY,
	DHCP6_RELEASE,
	DHCP6_DECLINE,
	DHCP6_RECONFIGURE,
	DHCP6_INFORMATION,
	DHCP6_RELAY_FORW,
	DHCP6_RELAY_REPL,
};

struct dhcp6 {
	uint8_t type;   /* enum dhcp6_type, or one we do not know (RFC 7283) */
	uint32_t xid;   /* 24 bits; not in relay messages */
	uint8_t hops;   /* of relay messages only, as the next two */
	struct ip link; /* link-address; :: if a relay further out knows better */
	struct ip peer; /* peer-address: who sent or gets what is inside */
	struct cur options;

	/* from the options */
	struct cur interface_id; /* option 18; empty: none */
	bool has_message;
	struct cur message; /* option 9, what is relayed */
};

enum dhcp6_fault {
	DHCP6_OK,
	DHCP6_SHORT,
	DHCP6_BAD_OPTION, /* longer than the message */
	DHCP6_FAULT_END,
};

enum dhcp6_fault dhcp6_read(struct cur *c, struct dhcp6 *ret); /* *ret only on DHCP6_OK */
const char *dhcp6_fault_text(enum dhcp6_fault f);
const char *dhcp6_type_text(uint8_t type); /* "SOLICIT" */
bool dhcp6_is_relay(uint8_t type);

/* What a relay puts around a message (RFC 8415 19.1). */
struct dhcp6_relay {
	uint8_t hops;
	struct ip link, peer;
	const uint8_t *interface_id;
	size_t interface_id_len;
	struct mac client; /* option 79 (RFC 6939); zero: not known */
	const char *vss;   /* option 68 (RFC 6607), the VPN's name; NULL: none */
};
void dhcp6_forward_write(struct wbuf *w, const struct dhcp6_relay *r,
                         const uint8_t *message, size_t len);

/*
 * The addresses and prefixes of a message, one by one: those inside its IA_NA, IA_TA and
 * IA_PD.  One that is malformed ends the walk.
 */
struct dhcp6_walk {
	struct cur message, ia;
};

struct dhcp6_lease {
	struct prefix prefix; /* a whole address, or what was delegated */
	uint32_t valid_s;     /* 0: it is taken back; UINT32_MAX: for ever */
	bool delegated;       /* IA_PD (RFC 8415 6.3) */
};
struct dhcp6_walk dhcp6_walk_of(const struct dhcp6 *m);
bool dhcp6_walk_next(struct dhcp6_walk *w, struct dhcp6_lease *ret);
