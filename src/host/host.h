/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cmd.h"
#include "base/ip.h"
#include "base/mono.h"
#include "base/rd.h"
#include "host/host_count.h"
#include "host/host_frame.h"

/*
 * Who lives where (RFC 7814 3.3, spec 5, 8, 10): turns evidence from access ports, routes
 * from other PEs, and time into local host routes, probes and cache repairs.
 *
 * Pure: the owner hands in `now`, evidence and remote routes, gets callbacks, and asks
 * for the next deadline.  Nothing here opens a socket, reads a clock or logs.
 */
struct hosts;

enum host_evidence_kind {
	HOST_BY_ARP_REQUEST,
	HOST_BY_ARP_REPLY,
	HOST_BY_GARP,
	HOST_BY_ARP_PROBE, /* never learned from; the target may be moving here */
	HOST_BY_RARP,
	HOST_BY_NS,
	HOST_BY_NS_DAD,
	HOST_BY_NA,
	HOST_BY_NA_UNSOLICITED,
	HOST_BY_MISS,   /* somebody wants `target`, nobody has it: glean */
	HOST_BY_SOURCE, /* data packet from `sender`: weak */
	HOST_BY_CONFLICT,
	HOST_BY_FIB, /* the packet path has it from an earlier run: weak, but no newcomer
	              */
	HOST_BY_ATTACH, /* who runs the host says that it is here now: as good as itself
	                 */
	HOST_BY_DHCP,   /* a server gave it the address: weak */
	HOST_BY_ASTRAY, /* `sender` sends to where `target` was: a stale cache */
	HOST_BY_CONFIG, /* a configured host */
	HOST_BY_END,
};

struct host_evidence {
	enum host_evidence_kind kind;
	uint32_t vrf;
	uint16_t ac; /* 0: a miss of a packet that came from the core */
	struct mac mac;
	struct ip sender;
	struct ip target;
	bool router;
	bool override;
};

/* The best route to the host that another PE advertises, as vrf/ selected it. */
struct host_remote {
	struct ip pe;      /* BGP next hop of the path */
	struct extcom soo; /* zero: the route has none */
	uint32_t seq;      /* MAC Mobility sequence, 0 if absent (RFC 7432 7.7) */
	struct mac mac;    /* the host's own, zero: not told */
	bool sticky;
	bool immutable; /* sticky, or an immutable binding (RFC 9047 2) */
	bool router;    /* R flag of its advertisements */
};

enum host_happening { /* for monitor, log and history */
	              HOST_HAP_LEARNED,
	              HOST_HAP_REBOUND,    /* other MAC or attachment, same site */
	              HOST_HAP_MOVED_HERE, /* a host another site advertised spoke up here
	                                    */
	              HOST_HAP_CONTESTED,  /* another site advertises a host of ours:
	                                      probing */
	              HOST_HAP_STAYED,     /* it answered: still here */
	              HOST_HAP_MOVED_AWAY, /* it did not: withdrawn, caches repaired */
	              HOST_HAP_AGED,
	              HOST_HAP_PORT_DOWN,
	              HOST_HAP_DETACHED,   /* who runs it says that it left */
	              HOST_HAP_REFUSED,    /* a limit: host_happening_text says which */
	              HOST_HAP_CONFLICT,   /* someone claims our address */
	              HOST_HAP_DUPLICATE,  /* two sites claim it time and again: frozen */
	              HOST_HAP_THAWED,     /* … that is over */
	              HOST_HAP_SPOOF,      /* a claim against what is known for sure */
	              HOST_HAP_NEAR_LIMIT, /* four fifths of it: why says which */
	              HOST_HAP_LIMIT_FAR,  /* … less than three fifths again */
	              HOST_HAP_CARED,      /* its own cache is put right after a move */
	              HOST_HAP_END,
};

struct host_event {
	enum host_happening what;
	struct mono at;
	uint32_t vrf;
	struct ip ip;
	struct mac mac;
	uint16_t ac;
	enum host_evidence_kind by;
	const char *why; /* a few words, or NULL */
};

struct host_ops {
	/* The host is here: install it, originate its route with this sequence.  Called
	 * again when MAC, attachment or sequence change. */
	void (*up)(void *arg, uint32_t vrf, const struct ip *ip, uint16_t ac,
	           const struct mac *mac, uint32_t seq, bool router);
	void (*down)(void *arg, uint32_t vrf, const struct ip *ip);
	void (*send)(void *arg, const struct host_frame *frame);
	/* Spoken since last asked?  (The data plane stamps known hosts without telling
	 * us.) */
	bool (*seen)(void *arg, uint32_t vrf, const struct ip *ip);
	/* The best remote route now, or false. */
	bool (*remote)(void *arg, uint32_t vrf, const struct ip *ip,
	               struct host_remote *ret);
	void (*event)(void *arg, const struct host_event *ev);
	const char *(*vrf_name)(void *arg, uint32_t vrf); /* for show; NULL if unknown */
	const char *(*ac_name)(void *arg, uint16_t ac);   /* "eth0.100" */
	/* A newer remote route competes: forward to it while the host is probed, so that
	 * packets in flight to a host that moved reach it.  up() or down() follows within
	 * a second.  May be NULL: forwarding then changes at down(). */
	void (*yield)(void *arg, uint32_t vrf, const struct ip *ip);
	/* The host is here, or here again, but up() comes only later: a flapping host's
	 * route has a pace, its packets have none.  May be NULL. */
	void (*forward)(void *arg, uint32_t vrf, const struct ip *ip, uint16_t ac,
	                const struct mac *mac, bool router);
	/* A duplicate (hosts_frozen() says so from now on): whatever route the packet
	 * path has stays, but nobody is answered who asks for the address; or that is
	 * over. */
	void (*frozen)(void *arg, uint32_t vrf, const struct ip *ip, bool on);
	/* Addresses whose best remote route tells that MAC, at most max.  May be NULL. */
	size_t (*of_mac)(void *arg, uint32_t vrf, const struct mac *mac, struct ip *ret,
	                 size_t max);
	/* Remote host routes, some at a time: fn sees those of the next `look` places of
	 * the table.  *pos is 0 at first.  False: that was all.  May be NULL. */
	bool (*remotes)(void *arg, uint32_t vrf, uint64_t *pos, size_t look,
	                void (*fn)(void *fn_arg, const struct ip *ip,
	                           const struct host_remote *r),
	                void *fn_arg);
	/* For the ages that show prints.  May be NULL: they count to the latest call. */
	struct mono (*now)(void *arg);
};

/* Who is told, checking whether an address is free, that a host elsewhere has it? */
enum host_probe_reply { HOST_REPLY_NEVER, HOST_REPLY_MAC_AWARE, HOST_REPLY_ALWAYS };

struct host_subnet {
	uint32_t vrf;
	struct prefix prefix;
	struct ip gateway;
	struct ip address; /* this PE's own in the subnet; AFI_NONE: none */
	struct mac proxy_mac;
	uint32_t age_ms;    /* 180 000; refresh at a third of it, ±25 % */
	uint32_t scan_rate; /* probes a second, boot sweep; 0: none */
	uint32_t rescan_s;
	uint32_t max_hosts; /* per attachment */
	enum host_probe_reply probe_reply;
};

struct host_ac {
	uint16_t id;
	uint32_t vrf;
	struct mac mac;    /* the port's own */
	struct extcom soo; /* site identity, zero if none */
};

struct hosts_config {
	uint64_t seed; /* jitter; the same seed plays the same story */
	const struct host_ops *ops;
	void *arg;
};

struct hosts *hosts_new(const struct hosts_config *cfg);
void hosts_free(struct hosts *h);

/* Subnets and attachments; a subnet is swept on each attachment when both are there and
 * the attachment is up.  Deleting withdraws the hosts behind. */
void hosts_ac_set(struct hosts *h, const struct host_ac *ac, struct mono now);
void hosts_ac_del(struct hosts *h, uint16_t ac, struct mono now);
void hosts_ac_link(struct hosts *h, uint16_t ac, bool up, struct mono now);
void hosts_subnet_set(struct hosts *h, const struct host_subnet *sn, struct mono now);
void hosts_subnet_attach(struct hosts *h, uint32_t vrf, const struct prefix *p,
                         uint16_t ac, struct mono now);
void hosts_subnet_detach(struct hosts *h, uint32_t vrf, const struct prefix *p,
                         uint16_t ac, struct mono now);
/* Does this PE speak for the subnet there?  Until told otherwise it does.  A backup of
 * another PE of the site (VRRP) learns as ever, but leaves announcements to the master.
 */
void hosts_place_master(struct hosts *h, uint32_t vrf, const struct prefix *p,
                        uint16_t ac, bool master, struct mono now);
/* Say on the link where the gateway is: its switches have the proxy MAC at another port,
 * if who decided did not announce it. */
void hosts_place_announce(struct hosts *h, uint32_t vrf, const struct prefix *p,
                          uint16_t ac);
bool hosts_place_is_master(const struct hosts *h, uint32_t vrf, const struct prefix *p,
                           uint16_t ac);
void hosts_subnet_del(struct hosts *h, uint32_t vrf, const struct prefix *p,
                      struct mono now);
void hosts_vrf_limit(struct hosts *h, uint32_t vrf, uint32_t max_hosts);

void hosts_evidence(struct hosts *h, const struct host_evidence *ev, struct mono now);
/* Who runs the hosts says that one left: withdraw it at once, without a probe (RFC 7814
 * 3.5).  False: it was not known.  By MAC: how many addresses of it were. */
bool hosts_detach(struct hosts *h, uint32_t vrf, const struct ip *ip, struct mono now);
size_t hosts_detach_mac(struct hosts *h, uint32_t vrf, const struct mac *mac,
                        struct mono now);
/* The best remote route of ip changed; NULL: there is none any more. */
void hosts_remote(struct hosts *h, uint32_t vrf, const struct ip *ip,
                  const struct host_remote *r, struct mono now);

/* Is the address frozen as a duplicate?  Cheap while none is. */
bool hosts_frozen(const struct hosts *h, uint32_t vrf, const struct ip *ip);
/* An operator says that a duplicate is none any more.  False: it was none. */
bool hosts_clear(struct hosts *h, uint32_t vrf, const struct ip *ip, struct mono now);

struct mono hosts_deadline(const struct hosts *h);
void hosts_run(struct hosts *h, struct mono now); /* all that is due */

/* What is known of one host, for `why host`. */
struct host_info {
	bool local;
	bool configured; /* a static host */
	bool contested;
	bool duplicate; /* frozen until thaw_at */
	struct mono thaw_at;
	uint16_t ac;
	struct mac mac;
	uint32_t seq;
	enum host_evidence_kind by;
	struct mono learned, last_seen;
};
bool hosts_info(const struct hosts *h, uint32_t vrf, const struct ip *ip,
                struct host_info *ret);
size_t hosts_count(const struct hosts *h);
/* Hosts of an earlier run (HOST_BY_FIB) that are still being asked. */
size_t hosts_asked(const struct hosts *h);

uint64_t hosts_counter(const struct hosts *h, enum host_counter c);
const char *host_evidence_text(enum host_evidence_kind k);
const char *host_happening_text(enum host_happening w);

/* `show hosts [VPN]`, counters; rows for the command table (host/host_show.c). */
extern const struct cmd host_cmds[];
extern const size_t host_cmds_n;
