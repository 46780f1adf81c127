/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Ports of network namespaces, heard and spoken on as whole frames, with the kernel's own
 * time of each (CLOCK_REALTIME, so that all ports, and daemons' histories, share it).
 */
enum { LAN_FRAME_MAX = 1600 };

struct lan {
	int fd;
	char name[96];
};

struct lan_frame {
	const uint8_t *at; /* Ethernet header on, tags of the port's taken off */
	size_t len;
	int64_t ns;    /* when the kernel had it */
	uint16_t vlan; /* the tag that was taken off, 0: none */
	bool out;      /* it left by the port, and did not come in */
};

struct addr { /* of a host */
	bool six;
	uint8_t b[16];
};

int64_t lan_now(void);
/* "NETNS:PORT"; outgoing frames too if `both`.  Exits with a line when it cannot. */
void lan_open(struct lan *l, const char *where, bool both);
/* Hands over what has come; returns how many frames. */
unsigned lan_read(struct lan *l, void (*fn)(void *arg, const struct lan_frame *f),
                  void *arg);
bool lan_send(struct lan *l, const uint8_t *frame, size_t len);

/* What came asks who has an address (ARP request, NS), or says so itself? */
enum lan_said { LAN_OTHER, LAN_ASKS, LAN_ANNOUNCES, LAN_ANSWERS };
enum lan_said lan_said(const struct lan_frame *f, struct addr *target,
                       struct addr *sender, uint8_t mac[6]);

/* Each writes a frame with that tag and returns its length. */
size_t lan_announce(uint8_t *buf, uint16_t vlan, const uint8_t mac[6],
                    const struct addr *a);
size_t lan_rarp(uint8_t *buf, uint16_t vlan, const uint8_t mac[6]);
size_t lan_answer(uint8_t *buf, uint16_t vlan, const uint8_t mac[6], const struct addr *a,
                  const uint8_t to_mac[6], const struct addr *to);
size_t lan_udp(uint8_t *buf, uint16_t vlan, const uint8_t src[6], const uint8_t dst[6],
               const struct addr *from, const struct addr *to, const void *data,
               size_t len);
