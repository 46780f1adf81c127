/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "ha/ha.h"
#include "wire/eth.h"

#include "tests/t.h"

/*
 * A LAN with routers on it: each is an engine of its own, with one attachment.  Frames
 * take a moment, may be lost, and the LAN may be cut in two.  Time is the test's.
 */
enum { LAN_ROUTERS = 4, LAN_AC = 3, LAN_VRID = 10, LAN_FRAMES = 4096 };

struct lan;

struct router {
	struct lan *lan;
	unsigned n; /* of it; its address is 10.0.0.(n + 1) */
	struct ha *ha;
	bool alive;
	unsigned side;  /* of a LAN that is cut in two */
	bool deaf;      /* hears nothing, is heard */
	bool master[3]; /* by enum afi, as its owner was told */
	unsigned adverts, resigns, garps, nas, events[HA_HAP_END];
	unsigned ups;           /* became master, both families */
	char why[160];          /* of the last event */
	uint8_t last_priority;  /* it sent */
	bool spoke_before_duty; /* announced before its owner knew */
};

struct flight {
	struct mono at;
	unsigned from;
	size_t len;
	uint8_t frame[400];
};

struct lan {
	struct mono now;
	struct router r[LAN_ROUTERS];
	unsigned loss; /* of 1000 frames */
	uint64_t random;
	struct flight *flight;
	size_t n_flights;
	/* how long nobody, or more than one, was master of IPv4 */
	struct mono none_since, two_since;
	int64_t none_us, two_us; /* the longest */
	bool cut;
};

struct lan *lan_new(void);
void lan_free(struct lan *l);
struct ha_group_config lan_group(unsigned n, uint8_t priority, enum afi afi);
/* Router n comes up with this priority: IPv4 and IPv6, or what cfg says. */
void lan_boot(struct lan *l, unsigned n, uint8_t priority);
void lan_start(struct lan *l, unsigned n, const struct ha_group_config *cfg);
void lan_add(struct lan *l, unsigned n, const struct ha_group_config *cfg);
void lan_kill(struct lan *l, unsigned n); /* without a word */
void lan_run(struct lan *l, int64_t ms);
struct ha_key lan_key(enum afi afi);
/* The one master of the family; -1: none, -2: several. */
int lan_master(const struct lan *l, enum afi afi);
struct ip lan_ip(const char *s);
/* An advertisement of somebody else, to router n. */
void lan_say(struct lan *l, unsigned n, const char *src, uint8_t priority,
             uint16_t interval_cs, enum vrrp_checksum sum);
