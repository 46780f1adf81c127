/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cmd.h"
#include "base/ip.h"
#include "base/mono.h"
#include "wire/vrrp.h"

/*
 * Who of the PEs of a site speaks for a subnet: VRRPv3 (RFC 5798, RFC 9568), a group for
 * each attachment, virtual router id and family, each on its own.
 *
 * Pure: frames, happenings and time come in, frames and mastership go out through struct
 * ha_ops.  The owner asks for the next deadline.
 */
struct ha;

enum ha_state { HA_INIT = 1, HA_BACKUP, HA_MASTER, HA_STATE_END };

enum {
	HA_VIPS_MAX = 2, /* the gateway; in IPv6 the link-local address first */
	/* What is asked for by hold time: a core that blinks moves nobody. */
	HA_CORE_HOLD_MS = 3000,
	/* All announcements together: switches and ports have other things to do. */
	HA_ANNOUNCE_PER_S = 2000,
};

struct ha_group_config {
	uint32_t vrf;
	uint16_t ac;
	uint16_t vlan, inner_vlan; /* its tags */
	uint8_t vrid;
	const char *name;           /* of the subnet, for show; copied */
	struct ip vip[HA_VIPS_MAX]; /* of one family, which is the group's */
	uint8_t n_vips;
	struct ip primary; /* our own: IPv4 address, or link-local.  AFI_NONE: none yet */
	uint8_t priority;  /* 255: the addresses are ours */
	uint16_t interval_cs;
	enum vrrp_checksum checksum; /* of what we send */
	bool preempt;
	bool track_core;
	bool external; /* another program decides, ha_tell() says what */
	uint32_t preempt_delay_ms;
	/* A new group: its owner speaks for the addresses as it is, and goes on until
	 * another router is heard. */
	bool speaking;
	/* It was master until a moment ago, and its packet path has been since: it goes
	 * on as master, before the others notice that it was away. */
	bool resume;
};

/* What a group is known by. */
struct ha_key {
	uint16_t ac;
	uint8_t vrid;
	enum afi afi;
};

enum ha_happening {
	HA_HAP_MASTER,
	HA_HAP_BACKUP,
	HA_HAP_STOPPED,     /* no link, or no address to speak from */
	HA_HAP_TWO_MASTERS, /* another one goes on as if we were not there */
	HA_HAP_ONE_MASTER,  /* … that is over */
	HA_HAP_MISMATCH,    /* the other router has other addresses */
	HA_HAP_MATCH,       /* … no longer */
	HA_HAP_CORE_LOST,   /* of all groups: the core is out of reach */
	HA_HAP_CORE_BACK,
	HA_HAP_END,
};

struct ha_event {
	enum ha_happening what;
	const struct ha_group_config *group; /* NULL: of all */
	struct ip peer;                      /* the other router, or AFI_NONE */
	const char *why;
};

struct ha_ops {
	/* A whole frame, tags included. */
	void (*send)(void *arg, uint16_t ac, const void *frame, size_t len);
	/* From now on this PE speaks for the group, or no longer.  On becoming master it
	 * is called before anybody is told. */
	void (*master)(void *arg, const struct ha_group_config *g, bool master);
	void (*event)(void *arg, const struct ha_event *ev);
	const char *(*vrf_name)(void *arg, uint32_t vrf);
	const char *(*ac_name)(void *arg, uint16_t ac);
	struct mono (*now)(void *arg); /* for commands; NULL: the latest call's */
};

struct ha_config {
	uint64_t seed; /* spreads the groups' advertisements over the interval */
	const struct ha_ops *ops;
	void *arg;
};

/* Everybody waits for BGP from here on. */
struct ha *ha_new(const struct ha_config *cfg, struct mono now);
void ha_free(struct ha *h); /* says nothing to anybody */

/* Add, or change: what stays the same goes on undisturbed. */
void ha_group_set(struct ha *h, const struct ha_group_config *cfg, struct mono now);
void ha_group_del(struct ha *h, const struct ha_key *key, struct mono now);
bool ha_is_master(const struct ha *h, const struct ha_key *key);
struct ha_key ha_key_of(const struct ha_group_config *cfg);
/* Forget groups that were not set again since ha_mark(): for a new configuration. */
void ha_mark(struct ha *h);
void ha_sweep(struct ha *h, struct mono now);

void ha_link(struct ha *h, uint16_t ac, bool up, struct mono now);
/* Is the core in reach?  NULL: yes; else why not, which must last.  Lost only after
 * HA_CORE_HOLD_MS. */
void ha_core(struct ha *h, const char *why_not, struct mono now);
/* Have all neighbors sent all they know? */
void ha_converged(struct ha *h, bool yes, struct mono now);
/* An IP packet of protocol VRRP that came in by the attachment. */
void ha_heard(struct ha *h, uint16_t ac, const uint8_t *packet, size_t len,
              struct mono now);
/* Orderly end: the other PE need not wait. */
void ha_resign(struct ha *h, struct mono now);

/* An operator, or a program of his: of an external group the mastership, of another one
 * HA_TOLD_BACKUP makes it step aside and HA_TOLD_AUTO ends that. */
enum ha_told { HA_TOLD_AUTO, HA_TOLD_BACKUP, HA_TOLD_MASTER };
bool ha_tell(struct ha *h, const struct ha_key *key, enum ha_told told, struct mono now);

struct mono ha_deadline(const struct ha *h);
void ha_run(struct ha *h, struct mono now);

const char *ha_happening_text(enum ha_happening w);
const char *ha_state_text(enum ha_state s);

/* `show vrrp [VPN]`, `vrrp master|backup|auto VPN SUBNET [ipv4|ipv6]` */
extern const struct cmd ha_cmds[];
extern const size_t ha_cmds_n;
