/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/mem.h"
#include "wire/dhcp.h"
#include "wire/dhcp6.h"
#include "wire/eth.h"
#include "wire/udp.h"

#include "gateway/gw_dhcp.h"
#include "tests/t.h"

/*
 * A relay with everything around it played: VPN blue with 1.1.0.0/16 and 2001:db8:1::/64
 * on attachments 1 and 2, both families with two servers, and the packets it sends.
 */
enum { VRF = 100, AC1 = 1, AC2 = 2, W_SENT = 64 };

struct w_sent {
	bool to_server;
	uint32_t vrf;
	uint16_t ac;
	struct mac dst, src; /* src zero: the port's own */
	uint8_t raw[GW_DHCP_PACKET_MAX];
	size_t len;
};

struct world {
	struct gw_dhcp *g;
	struct mono now;
	struct w_sent sent[W_SENT];
	size_t n;
	struct gw_lease lease[W_SENT];
	size_t n_leases;
};

struct gw_dhcp_subnet w_subnet4(void);
struct gw_dhcp_subnet w_subnet6(void);
struct world *w_new(void);
void w_free(struct world *w);
struct ip w_ip(const char *s);
struct prefix w_prefix(const char *s);
struct mac w_mac(const char *s);
/* The IP packet of a frame in tests/vectors/dhcp, and who sent it. */
size_t w_load(const char *name, uint8_t *ret, size_t cap, struct mac *ret_src);
/* Let the relay hear such a frame, or get it as an answer. */
void w_hear(struct world *w, uint16_t ac, const char *name);
void w_answer(struct world *w, const char *name);
/* The same of a message built here. */
void w_hear_data(struct world *w, uint16_t ac, const char *mac, const char *src,
                 const char *dst, const uint8_t *p, size_t len);
void w_answer_data(struct world *w, const char *server, const char *to, const uint8_t *p,
                   size_t len);
/* Packet i that was sent, taken apart; it has to be a good one. */
struct cur w_open(const struct world *w, size_t i, struct udp *ret);
uint64_t w_n(const struct world *w, enum gw_dhcp_counter n);
