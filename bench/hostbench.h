/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "lan.h"

/*
 * All the hosts of three sites in one program, with one clock: each has a MAC, an IPv4
 * and an IPv6 address and a place, answers who asks for it there, and says so when it
 * moves. And a stream of numbered packets, each followed by its way through the PEs.
 */
enum {
	SITES = 3,
	STREAM_BYTES = 32, /* of UDP payload */
	BUCKET_MS = 100,
	BUCKETS = 600,
};

struct host {
	uint8_t site;
	uint16_t vlan;
	bool moved; /* in this phase */
	bool reached[2];
};

struct packet { /* one of the stream; times are 0 where it did not pass */
	uint32_t host;
	bool six;
	int64_t sent;
	int64_t left[SITES];    /* a PE, into the core … */
	uint8_t toward[SITES];  /* … to that one */
	int64_t entered[SITES]; /* a PE, from the core */
	int64_t got[SITES];     /* a site's LAN */
};

struct tally { /* what a PE said on its site's LAN */
	unsigned asked, asked_away, repaired, conflicts, announced;
	unsigned per_bucket[2][BUCKETS]; /* asked_away, repaired */
};

struct hostbench {
	unsigned n_hosts, n_vlans, first_vlan;
	struct host *host;
	struct lan lan[SITES], core[SITES]; /* the core router's ports to the PEs */
	int ep;
	struct tally tally[SITES];
	int64_t began; /* the phase */

	struct packet *packet; /* of this phase */
	uint32_t n_packets, max_packets;
	/* the stream going on */
	int64_t stream_ns; /* between two packets; 0: none */
	int64_t stream_next;
	uint32_t (*stream_host)(uint32_t i);
	uint32_t stream_i;
	int stream_six; /* 0, 1; -1: one family after the other, hosts in between */
	unsigned stream_round; /* so many hosts */
	uint8_t stream_site;
};

extern struct hostbench hb;

struct addr host_addr(uint32_t i, bool six);
void host_mac(uint32_t i, uint8_t mac[6]);
void host_announce(uint32_t i, bool six);
void host_rarp(uint32_t i);
uint32_t host_at(uint8_t site); /* some host that stays there: sends streams */
void phase_begin(uint32_t max_packets);
void stream_send(uint32_t host, bool six, uint8_t from);
void pump(int64_t until_ns);
void pump_ms(int64_t ms);

/* hostbench_phase.c: each prints JSON lines */
void phase_fill(void);
void phase_verify(void);
void phase_moves(unsigned n, unsigned gap_ms);
void phase_evacuate(unsigned n, const char *how);
