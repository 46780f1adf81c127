/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/buf.h"
#include "base/list.h"
#include "bgp/bgp.h"
#include "rib/attrs.h"
#include "rib/rib.h"
#include "wire/bgp_open.h"

/*
 * A world of BGP speakers in memory: a virtual clock, byte streams that can be cut at any
 * byte, delivered in pieces of any size and stopped, and scripted peers that say what
 * they like.  Deterministic; nothing sleeps.
 */
struct pipe { /* one end of a stream; a handle of struct bgp_io */
	struct list link;
	struct node *node;
	struct bgp_conn *conn; /* of a speaker; a scripted end has none */
	struct pipe *other;    /* NULL: the far end is gone */
	struct buf out;        /* on the way to the other end */
	bool connecting, closed, blocked;
	struct ip from, to;
	struct buf got; /* what a scripted end received */
	bool got_fin;
};

struct node {
	struct list link;
	struct world *world;
	struct ip ip;
	struct bgp *b; /* NULL: scripted */
	struct rib *rib;
	struct rib_source *local;
	size_t ups, downs, eors, malformed;
	char last_down[1400], last_limit[200];
	size_t limits, stops;
	size_t accepted, refused_accepts;
	bool want_none;   /* the import filter refuses all */
	bool by_target;   /* … or what world_import() did not ask for */
	uint64_t imports; /* bit n: target 65000:n */
	bool converged;
	bool deaf; /* takes nothing from its streams */
};

struct world {
	struct mono now;
	struct list nodes, pipes;
	size_t chunk;      /* largest delivery, 0: any */
	size_t window;     /* octets a stream holds */
	int64_t cut_after; /* deliver so many octets in all, then cut everything; -1:
	                      never */
	const struct node *cut_by; /* count only what this one sent; NULL: all */
	uint64_t delivered, counted;
	bool preserved, defer;     /* of the speakers made next */
	struct ip connect_refused; /* nobody can connect to this one */
};

void world_init(struct world *w);
void world_fini(struct world *w);
struct node *world_node(struct world *w, const char *ip, uint32_t as, bool pe);
struct node *world_scripted(struct world *w, const char *ip);
void world_node_free(struct node *n); /* its streams end, as when a process dies */
void world_peer(struct node *n, const char *ip, uint32_t as, bool client);
struct bgp_peer_config world_peer_config(const char *ip, uint32_t as, bool client);
void world_peer_as(struct node *n, const struct bgp_peer_config *cfg);

bool world_step(struct world *w);              /* the next thing; false: all is quiet */
void world_settle(struct world *w);            /* deliver and run until nothing moves */
void world_steps(struct world *w, uint32_t n); /* or only so many moves of it */
void world_run(struct world *w, int64_t ms);   /* let time pass */
/* Until cond(arg), at most so long; false: it never came. */
bool world_until(struct world *w, int64_t ms, bool (*cond)(void *arg), void *arg);
void world_cut(struct world *w); /* every stream breaks */

/* Routes of a node's own: rd 1:n of its address, label 16 + n. */
void world_announce(struct node *n, unsigned host, enum afi afi);
void world_announce_pref(struct node *n, unsigned host, enum afi afi,
                         uint32_t local_pref);
/* The same destination as a route of another node's. */
void world_announce_as(struct node *n, const struct node *of, unsigned host, enum afi afi,
                       uint32_t local_pref);
/* With the targets 65000:n for each bit n, which may be none. */
void world_announce_rts(struct node *n, unsigned host, enum afi afi, uint64_t targets);
/* A PE imports the target 65000:rt from now on, or no longer. */
void world_import(struct node *n, unsigned rt, bool on);
void world_withdraw(struct node *n, unsigned host, enum afi afi);
struct rib_key world_key(const struct node *n, unsigned host, enum afi afi);
/* The best path of n's table for that route of `of`, or NULL. */
const struct rib_path *world_best(const struct node *n, const struct node *of,
                                  unsigned host, enum afi afi);
/* One number for all best paths, whatever their order. */
uint64_t world_digest(const struct node *n);
size_t world_routes(const struct node *n, enum afi afi); /* with a path */
bool world_established(const struct node *n, const char *peer);

/* Scripted ends. */
struct pipe *script_connect(struct node *scripted, struct node *to);
struct pipe *script_accept(struct node *scripted); /* the latest connection to it */
void script_send(struct pipe *p, const void *data, size_t n);
void script_hex(struct pipe *p, const char *hex);
struct bgp_open script_open(const struct node *n, uint32_t as);
void script_send_open(struct pipe *p, const struct bgp_open *o);
void script_keepalive(struct pipe *p);
/* OPEN and KEEPALIVE: the session is up on the other side. */
void script_up(struct world *w, struct pipe *p, uint32_t as);
/* Take the next whole message received; its type, 0: none.  body borrows until the next.
 */
int script_next(struct pipe *p, const uint8_t **ret_msg, size_t *ret_len);
/* Skip to the next NOTIFICATION: code << 8 | subcode, 0: there is none. */
int script_notification(struct pipe *p);
int script_count(struct pipe *p, int type); /* consumes all that is there */
