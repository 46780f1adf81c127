/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "base/cmd.h"
#include "base/ip.h"
#include "base/mono.h"
#include "base/rd.h"

/*
 * A BGP speaker for labelled VPN routes (RFC 4271, 4760, 4364, 4456, 7606): sessions,
 * receive into the rib, transmit from it.
 *
 * Pure as the other trades: bytes and time come in, bytes and deadlines go out, through
 * struct bgp_io.  bgp_tcp.c is the io of the daemon (sockets of sys/); tests put memory
 * queues and a virtual clock there.
 */
struct bgp;
struct bgp_peer;
struct bgp_conn; /* one transport connection of a peer; at most two while colliding */
struct rib;

struct bgp_config {
	uint32_t as;
	uint32_t router_id;  /* host order */
	uint32_t cluster_id; /* RFC 4456; host order */
	struct ip source;   /* next hop of what we originate; local address of sessions */
	struct rib *rib;    /* borrowed */
	bool import_filter; /* PE: keep only what a VRF wants (RFC 4364 4.3.2); RR: all */
	/* The forwarding state of an earlier run still forwards, or there never is any,
	 * as on a reflector: the F bit (RFC 4724 3). */
	bool preserved;
	/* Reflector: after a start, hear all who restart gracefully before telling
	 * anybody (RFC 4724 4.1). */
	bool defer_selection;
};

enum bgp_gr_mode {
	BGP_GR_ENABLED,  /* we ask for help and give it */
	BGP_GR_HELPER,   /* we only give it */
	BGP_GR_DISABLED, /* the capability is not sent */
};

struct bgp_gr_config { /* RFC 4724, 8538, 9494 */
	enum bgp_gr_mode mode;
	uint16_t restart_time_s; /* ours; 0: 120 */
	uint32_t llgr_stale_s;   /* 0: no long-lived graceful restart */
};

struct bgp_limit_config {        /* beside max_prefixes, all per family */
	uint8_t warning_percent; /* of it: say so once; 0: do not */
	bool warning_only;       /* over it too */
	bool restart_set;        /* restart_min counts, … */
	uint16_t restart_min; /* … 0: not before an operator says so; else 5 minutes */
};

enum bgp_ao_algorithm { BGP_AO_HMAC_SHA1, BGP_AO_AES128_CMAC, BGP_AO_HMAC_SHA256 };

struct bgp_ao_config {   /* TCP-AO (RFC 5925) */
	const char *key; /* NULL: none; copied */
	uint8_t send_id, recv_id;
	enum bgp_ao_algorithm algorithm;
};

enum { BGP_ADD_PATH_ALL = 255 };

struct bgp_add_path_config { /* RFC 7911 */
	uint8_t send; /* so many of the best, or BGP_ADD_PATH_ALL; 0 or 1: the best only
	               */
	bool receive;
};

struct bgp_peer_config {
	struct ip address;
	uint32_t as;
	uint16_t port;
	uint16_t hold_time_s;
	uint16_t send_hold_time_s; /* 0: 8 minutes or twice the hold time (RFC 9687) */
	uint16_t connect_retry_s;
	bool passive;
	bool client;             /* reflect to and from it (RFC 4456) */
	bool rt_constrain;       /* RFC 4684 */
	uint8_t ttl_security;    /* GTSM hops, 0: off (RFC 5082) */
	const char *password;    /* TCP-MD5, NULL: none; copied */
	struct bgp_ao_config ao; /* or this one */
	const char *description; /* copied, or NULL */
	const char *template;    /* name of what it was made from; copied, or NULL */
	struct ip source;        /* local address, AFI_NONE: the speaker's */
	uint32_t max_prefixes;   /* per family; 0: none.  Over it: CEASE/1 (RFC 4486) */
	struct bgp_limit_config limit;
	struct bgp_gr_config gr;
	struct bgp_add_path_config add_path;
	bool shutdown;                /* no session for now (CEASE/2) */
	const char *shutdown_message; /* told to the peer (RFC 9003); copied, or NULL */
	/* A malformed MP attribute ends its family, not the session (RFC 7606 5.1). */
	bool disable_afi;
	/* eBGP: take its routes though no policy says so (RFC 8212 2 wants that said). */
	bool accept_all;
};

struct bgp_io_info {
	uint16_t local_port, remote_port;
	uint32_t rtt_us, mss, retransmits;
	uint32_t send_queue, recv_queue; /* octets in the kernel */
};

/* The transport, handed down.  Handles are the io's own; bgp/ only passes them back. */
struct bgp_io {
	/* Begin to open; later bgp_connected() or bgp_closed().  NULL: failed at once. */
	void *(*connect)(void *arg, struct bgp_conn *c,
	                 const struct bgp_peer_config *cfg);
	/* Take as much as fits; the rest is offered again after bgp_writable(). */
	size_t (*send)(void *arg, void *handle, const struct iovec *iov, int n);
	/* Has something come that was not read yet?  NULL: never. */
	bool (*pending)(void *arg, void *handle);
	/* A last message is sent if it fits, then FIN. */
	void (*close)(void *arg, void *handle);
	/* Can it speak to such a neighbor?  0, or -errno with which bgp_peer_add() fails
	 * (-ENOPROTOOPT: the kernel has no TCP-AO).  NULL: to any. */
	int (*peer_check)(void *arg, const struct bgp_peer_config *cfg);
	/* Listening sockets: what they must know of the peers (MD5 keys, GTSM).  cfg is
	 * at the same place, with the same secrets, from added to removed. */
	void (*peer_added)(void *arg, const struct bgp_peer_config *cfg);
	void (*peer_removed)(void *arg, const struct bgp_peer_config *cfg);
	/* Likewise of all that may come from a prefix; cfg has no address. */
	void (*range_added)(void *arg, const struct prefix *from,
	                    const struct bgp_peer_config *cfg);
	void (*range_removed)(void *arg, const struct prefix *from,
	                      const struct bgp_peer_config *cfg);
	/* The deadline or the want-to-write changed: the owner calls bgp_run() in time.
	 */
	void (*wake)(void *arg);
	/* For `show`, MRT and BMP: how the connection is.  NULL or false: nobody knows.
	 */
	bool (*info)(void *arg, void *handle, struct bgp_io_info *ret);
	/* For `show` only: how long ago was that?  NULL: as of the last call. */
	struct mono (*now)(void *arg);
};

/* What happened to a session, for log and monitor. */
struct bgp_event {
	struct ip peer;
	/* "up", "down", "end-of-rib", "refused", "malformed", "family-disabled",
	 * "rt-constrain", "max-prefixes", "long-lived-stale", "shutdown", "started" */
	const char *what;
	const char *why; /* one line, or NULL */
};

/* Called from inside; none of them may add or remove neighbors. */
struct bgp_hooks {
	void (*event)(void *arg, const struct bgp_event *ev);
	/* PE import filter: does any VRF want a route with these n communities of eight
	 * octets?  NULL: all. */
	bool (*wanted)(void *arg, const uint8_t *extcoms, size_t n);
	/* All configured peers have sent End-of-RIB for the family, or their time is up.
	 */
	void (*converged)(void *arg);
	void *arg;
};

struct bgp *bgp_new(const struct bgp_config *cfg, const struct bgp_io *io, void *io_arg,
                    const struct bgp_hooks *hooks);
void bgp_free(struct bgp *b); /* CEASE/2 to every peer, then closes */

int bgp_peer_add(struct bgp *b, const struct bgp_peer_config *cfg, struct mono now);
/* 0, or the -errno with which adding or changing to it would fail, but for -EEXIST. */
int bgp_peer_check(const struct bgp *b, const struct bgp_peer_config *cfg);
int bgp_peer_del(struct bgp *b, const struct ip *address, struct mono now);
/* To another configuration of the same address.  The session goes on unless what was
 * negotiated or signed is another now; *ret_reset tells.  -ENOENT: no such neighbor. */
int bgp_peer_change(struct bgp *b, const struct bgp_peer_config *cfg, struct mono now,
                    bool *ret_reset);

/* Who connects from there is made a neighbor, passive, without being added; of several
 * prefixes the longest counts. */
struct bgp_dynamic_config {
	struct prefix from;
	struct bgp_peer_config peer; /* of each; without address.  Copied */
	uint32_t limit;              /* so many at a time, others are refused */
	uint32_t idle_s; /* forgotten when the session has been down for so long */
};
/* All such prefixes, instead of those before: neighbors of theirs that have no prefix any
 * more are dropped, the others changed as by bgp_peer_change(). */
int bgp_dynamic_set(struct bgp *b, const struct bgp_dynamic_config *cfg, size_t n,
                    struct mono now);
/* By the operator; text, at most 255 octets or NULL, is for its operator (RFC 9003). Out
 * of service until told to start; -ENOENT, -EMSGSIZE. */
int bgp_peer_shutdown(struct bgp *b, const struct ip *address, const char *text,
                      struct mono now);
int bgp_peer_unshut(struct bgp *b, const struct ip *address, struct mono now);
/* hard: the neighbor shall not keep our routes meanwhile (RFC 8538).  -ESHUTDOWN. */
int bgp_peer_reset(struct bgp *b, const struct ip *address, bool hard, const char *text,
                   struct mono now);
/* Have the routes of one or both directions said again.  -ENOTCONN, -EOPNOTSUPP. */
int bgp_peer_refresh(struct bgp *b, const struct ip *address, bool in, bool out,
                     struct mono now);
/*
 * PE: a target the VRFs import now, or no longer, each once.  Neighbors that know route
 * target constrain (RFC 4684) are told, and send what is missing; the others are asked
 * for all their routes again (RFC 2918) when it is a new one.
 */
void bgp_import_add(struct bgp *b, const struct extcom *rt, struct mono now);
void bgp_import_del(struct bgp *b, const struct extcom *rt, struct mono now);
/* Ask all peers for their routes again (RFC 2918). */
void bgp_refresh_all(struct bgp *b, struct mono now);

/* From the transport. */
void bgp_connected(struct bgp_conn *c, const struct ip *local, struct mono now);
void bgp_closed(struct bgp_conn *c, const char *why, struct mono now);
void bgp_input(struct bgp_conn *c, const uint8_t *data, size_t len, struct mono now);
void bgp_writable(struct bgp_conn *c, struct mono now);
/* Somebody connected to us.  NULL: no such peer, or not now; the io closes it. */
struct bgp_conn *bgp_accepted(struct bgp *b, const struct ip *from,
                              const struct ip *local, void *handle, struct mono now);

/*
 * After a restart as PE: neighbors that kept our routes drop at End-of-RIB what we have
 * not said again, so it waits until the local hosts were verified.
 */
void bgp_eor_hold(struct bgp *b);
void bgp_eor_release(struct bgp *b, struct mono now);
/* The next process takes over: bgp_free() will close without a word, so that neighbors
 * keep our routes (RFC 4724 4.2). */
void bgp_leave(struct bgp *b);

struct mono bgp_deadline(const struct bgp *b);
void bgp_run(struct bgp *b, struct mono now);
bool bgp_all_converged(const struct bgp *b);
/* How many sessions are up, and over how many of them all routes have come by now. */
void bgp_sessions(const struct bgp *b, size_t *ret_up, size_t *ret_told);

/* `bgp neighbor ADDRESS shutdown|start|reset …`, `clear bgp …` */
extern const struct cmd bgp_admin_cmds[];
extern const size_t bgp_admin_cmds_n;
/* `show bgp [summary]`, `show bgp neighbor ADDRESS`, `show bgp routes [PREFIX]` */
extern const struct cmd bgp_cmds[];
extern const size_t bgp_cmds_n;
