/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/view.h"

struct loop;

/*
 * Whole Ethernet frames, in and out of access ports (packet(7)).  The caller builds
 * everything, VLAN tags included.  One socket sends for all ports.
 */
struct packet;

struct packet_stats {
	uint64_t sent;
	uint64_t sent_bytes;
	uint64_t full;   /* the port's queue was full (ENOBUFS, EAGAIN): frame lost */
	uint64_t down;   /* the port is down or gone */
	uint64_t failed; /* any other reason; the last errno is below */
	int last_errno;
	uint64_t received;
	uint64_t receive_lost; /* the kernel had no room for it */
};

int packet_open(struct packet **ret);
void packet_free(struct packet *p);
/* 0, or -errno after counting it; retries only what a signal interrupted. */
int packet_send(struct packet *p, unsigned ifindex, const void *frame, size_t len);
const struct packet_stats *packet_stats(const struct packet *p);

/* Also hear frames that come in by a port (not those we send), of one EtherType in host
 * order (ETH_P_ALL: any).  Tags that the port took off are put back in. */
int packet_hear(struct packet *p, struct loop *l, unsigned ifindex, uint16_t ethertype,
                void (*cb)(void *arg, unsigned ifindex, const uint8_t *frame, size_t len),
                void *arg);
void packet_unhear(struct packet *p, unsigned ifindex);
void packet_show(const struct packet *p, struct view *v);
