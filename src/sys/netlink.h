/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ip.h"
#include "base/list.h"
#include "base/view.h"

struct loop;

/*
 * The kernel's links, neighbours and routes (rtnetlink(7)): a monitor that tells what
 * changed, and questions that are answered at once.
 *
 * When the kernel drops events because we were slow (ENOBUFS), nothing ends: the links
 * are read again, differences are told as events, and every listener's resync() is
 * called, for it to ask again about whatever else it cares for.
 */
struct netlink;

enum { NETLINK_NAME_LEN = 16, NETLINK_LABELS_MAX = 8 };

struct netlink_link {
	unsigned ifindex;
	char name[NETLINK_NAME_LEN];
	char kind[NETLINK_NAME_LEN]; /* "veth", "bridge", … ; "" for a physical port */
	struct mac mac;              /* zero if not Ethernet */
	uint32_t mtu;
	unsigned peer_ifindex; /* veth: the other end, VLAN: the port below; or 0 */
	bool up;               /* set up by the administrator */
	bool carrier;          /* and it has a carrier: IFF_RUNNING */
	bool ethernet;
	bool deleted;
};

struct netlink_neigh {
	unsigned ifindex;
	struct ip ip;
	struct mac mac; /* meaningful when valid */
	bool valid;     /* the address may be used: reachable, stale, being probed, … */
	bool stale;     /* valid, but nobody confirmed it of late */
	bool failed;    /* asked for and not answered */
	bool deleted;
};

struct netlink_route {
	bool reachable;
	const char *why; /* if not: "no route", "blackhole route", … ; static */
	unsigned oifindex;
	struct ip gateway;                  /* AFI_NONE: the destination is on the link */
	struct ip prefsrc;                  /* AFI_NONE: the kernel named none */
	uint32_t mtu;                       /* of the route; 0: the link's */
	uint32_t label[NETLINK_LABELS_MAX]; /* MPLS encapsulation, outermost first */
	uint8_t n_labels;
	bool local; /* an address of this machine */
};

/* Any may be NULL.  Listeners are told in the order they came. */
struct netlink_events {
	void (*link)(void *arg, const struct netlink_link *link);
	void (*neigh)(void *arg, const struct netlink_neigh *neigh);
	/* A route to dst came, went or changed; AFI_NONE: it can't be said which. */
	void (*route)(void *arg, const struct prefix *dst);
	void (*resync)(void *arg);
};

struct netlink_listener {
	struct list link;                /* of the netlink */
	const struct netlink_events *ev; /* borrowed */
	void *arg;
};

/* On failure -errno and, if ret_err is not NULL, one line of why (free it). */
int netlink_open(struct loop *l, struct netlink **ret, char **ret_err);
void netlink_free(struct netlink *nl); /* NULL is fine */

/* The listener is told at once of every link there is. */
void netlink_listen(struct netlink *nl, struct netlink_listener *who,
                    const struct netlink_events *ev, void *arg);
void netlink_unlisten(struct netlink_listener *who); /* zeroed or unlistened: harmless */

/* By name: the kernel is asked.  By number: as of the last event.  -ENODEV. */
int netlink_link_by_name(struct netlink *nl, const char *name, struct netlink_link *ret);
int netlink_link_get(const struct netlink *nl, unsigned ifindex,
                     struct netlink_link *ret);
/* Have the port hear frames to any MAC and any group (IFF_PROMISC, IFF_ALLMULTI), or end
 * that.  It is the link's, not ours: it stays when this process ends. */
int netlink_link_hear_all(struct netlink *nl, unsigned ifindex, bool on);
/* What the kernel would do with a packet from src (or NULL) to dst.  Unreachable is an
 * answer, not a failure: 0 and !ret->reachable. */
int netlink_route_get(struct netlink *nl, const struct ip *dst, const struct ip *src,
                      struct netlink_route *ret);
/* -ENOENT: the kernel has no such neighbour. */
int netlink_neigh_get(struct netlink *nl, unsigned ifindex, const struct ip *ip,
                      struct netlink_neigh *ret);
/* Have the kernel resolve, or confirm, the neighbour; neigh() events tell the rest. */
int netlink_neigh_probe(struct netlink *nl, unsigned ifindex, const struct ip *ip);

/* The last failure, for people, with the kernel's own words when it gave any. */
const char *netlink_error(const struct netlink *nl);

struct netlink_stats {
	uint64_t events;
	uint64_t overruns; /* ENOBUFS: events lost and read again */
	uint64_t bad;      /* messages from the kernel that did not parse */
	uint64_t requests;
	uint64_t failed;
};
const struct netlink_stats *netlink_stats(const struct netlink *nl);
void netlink_show(const struct netlink *nl, struct view *v);
/* Receive buffer of the monitor, bytes; smaller overruns sooner.  For tests. */
int netlink_set_rcvbuf(struct netlink *nl, int bytes);
