/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/heap.h"
#include "base/list.h"
#include "host/host.h"

/*
 * What a host that has moved here remembers.  For hosts of its old site it has their real
 * MACs, which nobody has here: its switch floods such frames, and they are lost until its
 * cache is checked, 20 s with Linux, minutes with others.  So it is told our proxy MAC
 * for each of them.
 *
 * Told how: by an announcement (ARP with sender and target the same) sent to it alone.
 * RFC 826 has it replace what a cache holds and add nothing, Linux takes it even within
 * locktime, and nobody has to answer.  A request aimed at the host itself would make an
 * entry for each of a thousand neighbours it may never have spoken to: more than a Linux
 * host keeps.  In IPv6 it is an unsolicited NA with O=1 (RFC 4861 7.2.6).
 */
enum {
	HOST_CARE_MAX = 1024, /* neighbours of one host that it is told about */
	HOST_CARE_JOBS = 64,  /* hosts at a time; who finds no place is told on demand */
	HOST_CARE_TICK_MS = 20,
	HOST_CARE_PER_TICK = 10, /* for one host: 500 a second */
	HOST_CARE_ALL_PER_TICK = 40,
	HOST_CARE_LOOK = 1024, /* routes looked at in a tick, for all: less than 1 ms */
	HOST_CARE_LONG_MS = 30000,  /* by then it has checked its cache itself */
	HOST_CARE_LATELY_MS = 5000, /* the same pair is not told again on demand */
	HOST_CARE_LATELY = 256,
	HOST_ASTRAY_PER_S = 50, /* told on demand, on an attachment */
	HOST_ASTRAY_BURST = 50,
};

struct host;
struct host_link;

struct host_cares { /* of struct hosts */
	struct list jobs;
	unsigned n;
	struct heap_node timer;
	struct {
		uint32_t vrf;
		struct ip host, peer;
		struct mono until;
	} lately[HOST_CARE_LATELY];
	unsigned next;
};

void host_care_init(struct host_cares *c);
void host_care_fini(struct host_cares *c);
/* x came from there: its neighbours of that site are behind us now. */
void host_care_moved(struct hosts *h, const struct host *x,
                     const struct host_remote *from, struct mono now);
void host_care_run(struct hosts *h, struct mono now);
/* It sends to a MAC that nobody has here, for an address that is at another site. */
void host_care_astray(struct hosts *h, struct host_link *l,
                      const struct host_evidence *ev, struct mono now);
