/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/hash.h"
#include "base/heap.h"
#include "base/mem.h"
#include "host/host_trust.h"
#include "vrf/vrf.h"

#include "tests/t.h"

/*
 * Sites with one PE or two on a LAN of guests, and a route reflector between all PEs,
 * with everything that goes wrong in such a network: frames get lost and late, guests say
 * little or lie, sessions and processes end and come back.  What is real is host/, one a
 * PE; what core/ and vrf/ do around it is played here as they do it (moves_bgp.c).
 *
 * Time jumps from event to event.  One seed is one story, to the byte.
 */
enum {
	MV_SITES = 5,
	MV_PES = 7,
	MV_GUESTS = 24,
	MV_CLONES = 3,  /* guests that claim the addresses of others for a while */
	MV_SERVERS = 4, /* guests that share an anycast address and stay, one a site */
	MV_ALL = MV_GUESTS + MV_CLONES + MV_SERVERS,
	MV_OWN = 2 * MV_GUESTS, /* addresses that move with their guests, … */
	MV_ADDRS = MV_OWN + 2,  /* … and the servers' */
	MV_STATIC = 0,          /* an address that is configured at MV_STATIC_PE */
	MV_STATIC_PE = 4,
	MV_NOBODY = -1,
	MV_VRF = 100,
	MV_AC = 1,
	MV_LEGACY = 6, /* this PE speaks no sequence numbers and never asks */
	MV_AGE_MS = 180000,
};

struct mv_route { /* on its way, with the communities its PE wrote */
	bool there, stale;
	uint8_t n_ext, ext[64];
};

enum mv_way { MV_NONE, MV_LOCAL, MV_REMOTE };

struct mv_fib { /* what the packet path has */
	uint8_t way;
	int8_t pe;
	bool frozen;
	bool stamped; /* the host spoke since last asked */
	bool former;  /* an earlier run's, not written again yet */
};

struct mv_pe {
	struct mv *mv;
	int id, site;
	struct hosts *h; /* NULL: the process is down */
	bool master, link;
	bool leaving;
	struct mac mac;
	bool local[MV_ADDRS]; /* we advertise it */
	uint32_t seq[MV_ADDRS];
	struct mac bound[MV_ADDRS];
	struct mv_fib fib[MV_ADDRS];
	struct rib *rib_table;
	struct rib_source *rr;
	struct vrfs *vrfs;
	struct mv_route got[MV_PES][MV_ADDRS]; /* as received, by origin */
	int chosen[MV_ADDRS];                  /* its PE, or MV_NOBODY */
	uint32_t chosen_seq[MV_ADDRS];
	bool session;
	bool end_posted, told_end; /* our End-of-RIB is on its way; at the reflector … */
	bool heard_end;            /* … and the reflector's in */
	uint32_t epoch;
	/* the legacy PE: a kernel's neighbour table */
	struct mono neigh_at[MV_ADDRS];
};

struct mv_guest {
	struct mac mac;
	int site; /* MV_NOBODY: off */
	int addr[2], n_addrs;
	bool clone; /* the addresses are another guest's */
	bool talks; /* sends data now and then */
};

enum mv_kind {
	MV_EVIDENCE, /* a frame at a PE */
	MV_UPDATE,   /* between a PE and the reflector */
	MV_EOR,
	MV_ACT, /* something a story planned */
};

struct mv_letter {
	struct heap_node node;
	enum mv_kind kind;
	int pe; /* whose frame; or one end of the session */
	bool to_rr;
	uint32_t epoch; /* of the session; an older one's letters are lost */
	int origin, addr;
	struct mv_route route;
	struct host_evidence ev;
	void (*act)(struct mv *mv, int arg);
	int arg;
};

struct mv_tally {
	unsigned moves, stayed, gone, conflicts, duplicates, false_dups, thawed, repairs,
		probes;
	int64_t worst_loop_ms, worst_own_ms, worst_late_ms;
};

struct mv {
	uint64_t seed, rng, digest;
	struct mono now;
	struct heap queue;
	size_t n_letters;
	struct mv_pe pe[MV_PES];
	struct mv_guest guest[MV_ALL];
	struct ip addr[MV_ADDRS];
	struct mv_route rr[MV_PES][MV_ADDRS]; /* the reflector's, by origin */
	bool rr_up;
	struct mono free[MV_PES][2]; /* when the last letter of a direction arrives */
	unsigned loss_percent;
	bool rr_deferring;        /* its own End-of-RIB waits for those of all PEs */
	struct mono disturbed_at; /* a session, a process or the reflector came or went */
	bool dirty[MV_ADDRS];     /* something of it changed, see moves_check.c */
	unsigned n_dirty;
	struct mono claimed_at[MV_ADDRS]; /* by a clone, last */
	struct mono loop_since[MV_ADDRS], own_since[MV_ADDRS][MV_PES],
		late_since[MV_ADDRS][MV_PES];
	struct mv_tally tally;
	bool trace; /* environment MOVES_TRACE: an address to tell about */
	struct ip traced;
};

/* moves_world.c: time, chance, letters */
struct mv *mv_new(uint64_t seed);
void mv_free(struct mv *mv);
uint32_t mv_rnd(struct mv *mv, uint32_t below);
void mv_note(struct mv *mv, unsigned what, int pe, int addr, uint32_t n);
struct mv_letter *mv_letter(struct mv *mv, enum mv_kind kind, int64_t after_us);
void mv_plan(struct mv *mv, int64_t after_ms, void (*act)(struct mv *mv, int arg),
             int arg);
void mv_pass(struct mv *mv, int64_t ms);
int mv_addr(const struct mv *mv, const struct ip *ip);
void mv_say(const struct mv *mv, int addr, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* moves_pe.c: a PE around its host table */
void mv_pe_start(struct mv *mv, struct mv_pe *p);
void mv_pe_stop(struct mv *mv, int pe); /* the packet path stays */
struct extcom mv_soo(int site);
/* The VRF chose another route; NULL: none is left. */
void mv_pe_chosen(struct mv_pe *p, int addr, const struct vrf_remote *r);
void mv_pe_take(struct mv_pe *p, int origin, int addr); /* p->got is another */
void mv_pe_master(struct mv_pe *p, bool master);
void mv_pe_link(struct mv_pe *p, bool up);
void mv_pe_hear(struct mv_pe *p, const struct host_evidence *ev);
void mv_pe_write(struct mv_pe *p, int addr, enum mv_way way, int pe);
void mv_pe_sweep(struct mv_pe *p); /* what an earlier run left in the packet path */
void mv_legacy_run(struct mv *mv, int arg);

/* moves_vrf.c: a PE's table and VRF */
void mv_vrf_start(struct mv_pe *p);
void mv_vrf_stop(struct mv_pe *p);
struct mv_route mv_vrf_told(const struct mv_pe *p, int addr);
void mv_vrf_up(struct mv_pe *p, int addr, const struct mac *mac, uint32_t seq,
               bool router);
void mv_vrf_down(struct mv_pe *p, int addr);
void mv_vrf_take(struct mv_pe *p, int origin, int addr);
void mv_vrf_write(struct mv_route *r, int site, uint32_t seq);
bool mv_vrf_best(const struct mv_pe *p, int addr, struct host_remote *ret);
struct host_remote mv_host_remote(const struct vrf_remote *r);
size_t mv_vrf_of_mac(const struct mv_pe *p, const struct mac *mac, struct ip *ret,
                     size_t max);
bool mv_vrf_remotes(const struct mv_pe *p, uint64_t *pos, size_t look,
                    void (*fn)(void *arg, const struct ip *ip,
                               const struct host_remote *r),
                    void *arg);

/* moves_bgp.c: sessions and the reflector */
void mv_advertise(struct mv_pe *p, int addr);
void mv_session_down(struct mv *mv, int pe, bool graceful);
void mv_session_up(struct mv *mv, int pe);
void mv_rr_restart(struct mv *mv, int64_t away_ms);
void mv_bgp_take(struct mv *mv, const struct mv_letter *l);
void mv_bgp_verified(struct mv_pe *p); /* End-of-RIB, once nobody is asked any more */

/* moves_lan.c: guests and what they say */
void mv_speak(struct mv *mv, int guest, int addr, enum host_evidence_kind k, int64_t ms);
void mv_announce(struct mv *mv, int guest);
void mv_frame(struct mv_pe *p, const struct host_frame *f);
void mv_chatter(struct mv *mv);
void mv_go(struct mv *mv, int guest, int site);
bool mv_claimed(const struct mv *mv, int addr);           /* by a clone, too */
int mv_guest_at(const struct mv *mv, int site, int addr); /* or MV_NOBODY */

/* moves_check.c: what must hold */
void mv_dirty(struct mv *mv, int addr);
bool mv_calm(const struct mv *mv);
void mv_watch(struct mv *mv);
void mv_agree(struct mv *mv);
