/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/heap.h"
#include "base/hmap.h"
#include "base/list.h"
#include "base/mem.h"
#include "ha/ha_fsm.h"

/* What the files of ha/ share. */

enum ha_counter {
	HA_N_SENT,
	HA_N_SENT_RESIGN,
	HA_N_ANNOUNCED,
	HA_N_HEARD,
	HA_N_HEARD_RESIGN,
	HA_N_HEARD_PLAIN,    /* IPv4 with the checksum of RFC 9568 */
	HA_N_OTHER_INTERVAL, /* the master's is not ours */
	HA_N_OTHER_ADDRESSES,
	HA_N_OWN_ADDRESS, /* somebody sends from our own address */
	HA_N_EXTERNAL,    /* not ours to judge: another program decides */
	HA_N_NO_LINK,     /* heard although the group does not run */
	HA_N_MASTER,      /* became master so often */
	HA_N_TWO_MASTERS,
	HA_N_END,
};

/* Why a group is what it is. */
enum ha_why {
	HA_WHY_NOTHING, /* nobody was heard yet */
	HA_WHY_SILENT,  /* the master fell silent */
	HA_WHY_RESIGNED,
	HA_WHY_PREEMPT,
	HA_WHY_OWNER,
	HA_WHY_RESUMED,
	HA_WHY_TOLD,
	HA_WHY_END,
};

/* The other router that was heard last. */
struct ha_peer {
	struct ip ip; /* AFI_NONE: nobody yet */
	uint8_t priority;
	uint16_t interval_cs;
	enum vrrp_checksum checksum;
	struct mono heard;
};

struct ha_group {
	struct hnode by_ac;
	struct list of_all;
	struct ha_group_config cfg;
	enum afi afi;
	bool speaking; /* … though it is not known yet who is master */
	bool up;       /* the link is */
	bool kept;     /* the new configuration has it too */
	enum ha_told told;

	enum ha_state state;
	enum ha_why why;
	struct mono since;
	struct heap_node timer; /* Adver_Timer or Master_Down_Timer */
	struct mono sent;       /* the last advertisement */
	uint16_t master_cs;     /* Master_Adver_Interval */
	struct ha_peer peer;

	struct heap_node announce; /* the next announcement of the addresses */
	unsigned round;
	uint8_t vip;

	struct heap_node calm; /* if no rival is heard until then, there is none */
	unsigned rivals;       /* advertisements of one in a row */
	struct ip rival;
	bool mismatch;

	uint64_t n[HA_N_END];
	uint64_t fault[VRRP_FAULT_END];
};

struct ha {
	const struct ha_ops *ops;
	void *arg;
	uint64_t random;
	struct hmap groups;
	struct list all;
	struct heap timers, announcements, calms;
	struct mono announce_free; /* pacing: not before */

	struct mono waiting; /* for BGP, since then */
	bool converged;
	const char *core_why;  /* out of reach, or NULL */
	struct mono core_hold; /* … and if it stays so until then, it is lost */
	bool core_lost;
	bool ending; /* everybody resigns */

	struct mono latest;
	uint64_t unknown; /* of a virtual router that is none of ours here */
	uint64_t fault[VRRP_FAULT_END];
};

/* ha.c */
struct ha_group *ha_find(const struct ha *h, const struct ha_key *key);
void ha_step(struct ha *h, struct ha_group *g, enum ha_ev ev, struct mono now);
bool ha_aside(const struct ha *h, const struct ha_group *g);
uint8_t ha_priority(const struct ha *h, const struct ha_group *g); /* in force */
bool ha_ready(const struct ha *h, const struct ha_group *g, struct mono now);
int64_t ha_skew_us(const struct ha *h, const struct ha_group *g);
int64_t ha_down_us(const struct ha *h, const struct ha_group *g);
void ha_announce_soon(struct ha *h, struct ha_group *g, struct mono now);
void ha_tell_event(struct ha *h, const struct ha_group *g, enum ha_happening what,
                   const struct ip *peer, const char *why);

/* ha_vrrp.c */
void ha_vrrp_send(struct ha *h, struct ha_group *g, uint8_t priority, struct mono now);
void ha_vrrp_announce(struct ha *h, struct ha_group *g, unsigned vip);

/* ha_show.c */
const char *ha_why_text(const struct ha *h, const struct ha_group *g, char *buf,
                        size_t n);
