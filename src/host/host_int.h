/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/hash.h"
#include "base/heap.h"
#include "base/hmap.h"
#include "base/list.h"
#include "base/mem.h"
#include "host/host.h"
#include "host/host_care.h"
#include "host/host_fsm.h"
#include "host/host_num.h"
#include "host/host_sibling.h"
#include "host/host_watch.h"

/*
 * What the files of this room share.  host_table.c owns the objects, host_place.c the
 * configuration, host_learn.c judges evidence, host_step.c carries out what the state
 * machine decides, host_move.c knows other sites, host_dup.c sees when two hosts have one
 * address, host_scan.c looks for silent hosts.
 *
 * All timers are in one heap: one per host, and one for all the sweeps.
 */
struct host_net { /* a subnet */
	struct list of_all;
	struct hnode by_vrf;
	struct host_subnet cfg;
	struct list places;
	struct host_rate glean;
	struct {
		struct ip ip;
		struct mono until;
	} missed[HOST_GLEAN_MEMORY];
	unsigned miss_next;

	/* whom it believes, and how many: host_trust.h */
	uint8_t binding; /* enum host_binding */
	bool near;       /* a limit, and it was told: host_limit.c; below too */
	uint32_t max_hosts, max_per_mac, max_new; /* 0: any, or the usual */
	uint32_t n_hosts, n_refused;
};

static inline bool host_net_own(const struct host_net *n, const struct ip *ip)
{
	return ip_eq(ip, &n->cfg.gateway) || ip_eq(ip, &n->cfg.address);
}

struct host_link { /* an attachment */
	struct hnode by_id;
	struct host_ac cfg;
	bool up;
	struct list places;
	unsigned n_probing, n_watches;
	struct host_rate fresh, moves, weak, astray, probes, siblings;
	bool near;
	struct mono pace_told;
	uint32_t n_new_refused, n_moves_refused;
};

struct host_place { /* a subnet on an attachment: where a host is */
	struct list of_net;
	struct list of_link;
	struct host_net *net;
	struct host_link *link;
	struct list hosts, past; /* struct host.of_place; oldest first */
	struct list siblings;    /* of the site's other PEs, and not ours */
	unsigned n_hosts, n_past, n_siblings, n_refused;
	bool near;
	struct host_rate glean; /* what its own hosts ask for */

	struct mono scan_at; /* the next step of the sweep, or the next sweep */
	uint32_t scan_first; /* the /24 this sweep began with, by its number */
	uint32_t scan_done;  /* addresses behind us */
	struct mono defend_at;
	bool backup; /* another PE of the site speaks for the subnet */
};

struct host_vrf {
	struct hnode by_id;
	uint32_t id;
	uint32_t n_hosts, n_refused;
	uint32_t max_hosts, max_moves;
	bool near;
	struct host_rate moves;
};

/* Of hosts that another site has had too; most never need one. */
struct host_story {
	bool rival; /* the fields below are the route last asked about or learned over */
	struct ip pe;
	struct extcom soo;
	uint32_t seq;
	uint32_t moves;
	uint32_t move_s[HOST_DUP_MOVES]; /* the last ones, monotonic; by number modulo */
	struct mono thaw_at;             /* of a duplicate */
};

/* Small: a big site has hundreds of thousands. */
struct host {
	struct hnode by_ip;
	struct hnode by_mac;
	struct heap_node timer;
	struct list of_place;

	struct ip ip;
	struct mac mac;
	uint8_t state; /* enum host_state */
	uint32_t vrf;
	uint32_t seq; /* MAC Mobility (RFC 7432 7.7), compared by RFC 1982 */

	uint16_t ac;
	uint8_t by;         /* enum host_evidence_kind that bound it here */
	uint8_t tries;      /* probes or repairs sent in this state */
	uint32_t up_ms;     /* low bits of the time of the last up() */
	uint32_t learned_s; /* monotonic */
	uint8_t flags;      /* enum host_flag */
	struct mono last_seen;
	struct host_story *story; /* owned, or NULL */
};
_Static_assert(sizeof(struct host) <= 128, "two cache lines a host");

struct hosts {
	const struct host_ops *ops;
	void *arg;
	uint64_t rng;
	struct mono latest; /* the newest `now` we were handed */
	struct hmap by_ip, by_mac;
	struct hmap links, vrfs, nets_by_vrf;
	struct list nets;
	struct heap timers;
	struct heap_node scan_timer; /* the earliest of all the places' scan_at */
	struct host_rate hint;
	struct host_siblings siblings;
	struct host_cares cares;
	struct host_watches watches;
	size_t n_frozen; /* duplicates */
	uint64_t count[HOST_N_END];
	struct mono told[HOST_N_END]; /* last REFUSED event of a reason */

	/* host_trust.c */
	struct hmap words;
	size_t n_bound;
	bool closing; /* limits are watched no more */
	struct mono words_swept;
	struct mono held_till;        /* for HOST_EV_HELD */
	struct host_refusal *refused; /* HOST_REFUSED_MAX of them, or NULL */
};

/* host_table.c */
uint64_t host_ip_hash(uint32_t vrf, const struct ip *ip);
struct host *host_find(const struct hosts *h, uint32_t vrf, const struct ip *ip);
struct host *host_new(struct hosts *h, uint32_t vrf, const struct ip *ip);
void host_free(struct hosts *h, struct host *x);
/* Takes over place and MAC; the place's count follows. */
void host_bind(struct hosts *h, struct host *x, struct host_place *p,
               const struct mac *mac);
void host_set_state(struct hosts *h, struct host *x, enum host_state st);
size_t host_of_mac(const struct hosts *h, const struct mac *mac, uint32_t vrf,
                   struct host **ret, size_t max);
bool host_state_counts(enum host_state st); /* against the limits: all but ABSENT, PAST */
bool host_is_local(const struct host *x);
/* A host that the packet path has from an earlier run answers there, by a mark, and not
 * by an event: the entry already says what the answer says. */
static inline bool host_of_fib(const struct host *x)
{
	return x->state == HOST_PROBING && x->by == HOST_BY_FIB;
}
struct host_vrf *host_vrf_get(struct hosts *h, uint32_t id);
bool host_rate_take(struct host_rate *r, struct mono now, unsigned per_s, unsigned burst);
struct mono host_rate_slot(struct host_rate *r, struct mono now, unsigned per_s,
                           unsigned burst);
uint32_t host_random(struct hosts *h, uint32_t below);
void host_hap(struct hosts *h, const struct host_event *ev);

/* May this address be asked for there, though the evidence does not name it? */
bool host_may_ask(struct hosts *h, struct host_place *p, const struct ip *ip,
                  const struct host_evidence *ev, struct mono now);

/* host_mac.c */
void host_mac_shown(struct hosts *h, struct host_link *l, const struct host_evidence *ev,
                    struct mono now);
void host_mac_follow(struct hosts *h, struct host_link *l, const struct host_evidence *ev,
                     struct mono now);

/* host_place.c */
struct host_link *host_link_find(const struct hosts *h, uint16_t ac);
struct host_net *host_net_find(const struct hosts *h, uint32_t vrf, const struct ip *ip);
/* Where ip is on that attachment, or NULL. */
struct host_place *host_place_find(const struct host_link *l, const struct ip *ip);
struct host_place *host_place_of(const struct hosts *h, const struct host *x);
void host_place_fini(struct hosts *h);

/* host_step.c: `ev` is the evidence behind the event, NULL for timers and routes. */
void host_step(struct hosts *h, struct host *x, enum host_ev what,
               const struct host_evidence *ev, struct mono now);
void host_timer(struct hosts *h, struct host *x, struct mono now);
void host_up(struct hosts *h, struct host *x, struct mono now);

/* host_move.c */
bool host_seq_newer(uint32_t a, uint32_t b); /* a > b, serially (RFC 1982 3.2) */
bool host_of_site(const struct host_link *l, const struct extcom *soo); /* a sibling's */
/* The best route of another site, now; a sibling's (same SoO) is none. */
bool host_rival(const struct hosts *h, const struct host *x, struct host_remote *ret);
void host_rival_note(struct host *x, const struct host_remote *r);
bool host_move_in(struct hosts *h,
                  struct host *x); /* sets seq; true: it came from afar */
void host_move_raise(struct hosts *h, struct host *x);
void host_move_yield(struct hosts *h, struct host *x);
/* One repair, sent by the master, if another site has the host; false: it has not. */
bool host_move_repair(struct hosts *h, struct host *x);

/* host_dup.c */
/* Both of them, as far as is known, for people. */
const char *host_dup_who(const struct hosts *h, const struct host *x,
                         char buf[static HOST_DUP_WHO]);
void host_dup_note(struct host *x, struct mono now); /* it moved */
bool host_dup_reached(const struct host *x, struct mono now);
void host_dup_freeze(struct hosts *h, struct host *x, struct mono now);
void host_dup_thaw(struct hosts *h, struct host *x);
enum host_ev host_dup_over(const struct host *x); /* which event ends the freeze */

/* host_probe.c: frames.  False: this PE may not send that, being the backup. */
bool host_probe_send(struct hosts *h, const struct host_place *p, const struct ip *ip,
                     const struct mac *dst); /* dst NULL: ask all */
bool host_probe_garp(struct hosts *h, const struct host_place *p, const struct ip *ip,
                     const struct mac *sha, bool router);
bool host_probe_echo(struct hosts *h, const struct host_place *p);
/* Tell one host that the peer is behind our proxy MAC. */
void host_probe_care(struct hosts *h, const struct host_place *p, const struct ip *host,
                     const struct mac *mac, const struct ip *peer, bool router);
/* Tell who checks it that the address is taken. */
void host_probe_defend(struct hosts *h, const struct host_place *p, const struct ip *ip,
                       const struct mac *mac, bool router);

/* host_show.c */
enum cmd_status host_show(void *arg, struct cmd_req *req);
enum cmd_status host_show_counters(void *arg, struct cmd_req *req);

/* host_cmd.c */
bool host_vrf_named(const struct hosts *h, const char *name, uint32_t *ret);

/* host_scan.c */
bool host_scan_reserved(const struct host_net *n, const struct ip *ip);
void host_scan_start(struct hosts *h, struct host_place *p, struct mono now);
void host_scan_stop(struct hosts *h, struct host_place *p);
void host_scan_run(struct hosts *h, struct mono now);
void host_hint(struct hosts *h, uint32_t vrf, const struct ip *ip, struct mono now);
/* by: the attachment that wants it, 0: the core */
void host_glean(struct hosts *h, uint32_t vrf, const struct ip *ip, uint16_t except_ac,
                uint16_t by, struct mono now);
