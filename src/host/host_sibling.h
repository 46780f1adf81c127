/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/heap.h"
#include "base/hmap.h"
#include "host/host.h"

/*
 * Hosts that another PE of our site advertises and we have not heard.  They are behind a
 * port of ours too, but what they say to the other PE, who is master, they say to it
 * alone: so each is asked, and who answers is advertised from here as well.  Who does not
 * is left to the other PE, and asked again with the next sweep.
 */
enum {
	HOST_SIBLING_PER_S =
		500, /* questions on an attachment; a quarter of what it may ask */
	HOST_SIBLING_BURST = 20,
};

struct host;
struct host_place;

/* Of struct hosts: all of them, and who is to be asked next. */
struct host_siblings {
	struct hmap by_ip;
	struct heap due;
	struct heap_node timer; /* the head of `due`, among the room's timers */
};

/* The best remote route is this; NULL or another site's: there is nobody to ask for. */
void host_sibling_told(struct hosts *h, uint32_t vrf, const struct ip *ip,
                       const struct host_remote *r, struct mono now);
/* It is ours now; or no longer, and the other PE may have it still. */
void host_sibling_found(struct hosts *h, uint32_t vrf, const struct ip *ip);
void host_sibling_lost(struct hosts *h, const struct host *x, struct mono now);
/* Is the other PE's word for it that the host is on that attachment? */
bool host_sibling_asks(const struct hosts *h, const struct host_place *p,
                       const struct ip *ip);
/* Ask for all of the place, from the beginning; or forget them. */
void host_sibling_restart(struct hosts *h, struct host_place *p, struct mono now);
void host_sibling_forget(struct hosts *h, struct host_place *p);
void host_sibling_run(struct hosts *h, struct mono now);
void host_sibling_fini(struct hosts *h); /* after the places */
