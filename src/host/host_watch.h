/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/heap.h"
#include "base/list.h"
#include "host/host.h"

/*
 * Somebody checks whether an address is free (ACD, RFC 5227 2.1; DAD, RFC 4862 5.4).  It
 * will soon have it: a machine that boots, or one that has just moved here and checks the
 * address it had there.  That is no proof, and until the check is over it does not
 * answer; its announcement may come 7 s later (ARP) or not at all (IPv6).  So for ten
 * seconds it is asked now and then, by unicast; with a sender of our own such a question
 * is none that its check could take for a conflict.
 *
 * Whether anybody answers the check itself is the subnet's probe_reply.  Who answers a
 * machine that has moved that "a host elsewhere has it" makes it give up its own address.
 */
enum {
	HOST_WATCH_MAX = 256, /* addresses at a time; on one attachment: */
	HOST_WATCH_LINK_MAX = 64,
};

struct host_link;

struct host_watches {    /* of struct hosts */
	struct list all; /* in the order of their beginning */
	unsigned n;
	struct heap due;
	struct heap_node timer;
};

void host_watch_init(struct host_watches *w);
void host_watch_fini(struct host_watches *w);
/* That evidence is such a check. */
void host_watch_hint(struct hosts *h, struct host_link *l, const struct host_evidence *ev,
                     struct mono now);
void host_watch_run(struct hosts *h, struct mono now);
