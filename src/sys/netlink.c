/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sys/netlink.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/hmap.h"
#include "base/mem.h"
#include "sys/log.h"
#include "sys/loop.h"
#include "sys/netlink_int.h"
#include "sys/netlink_msg.h"

/*
 * Two sockets: the monitor only listens, questions go by the other, so that an answer
 * never waits behind events.  Links are remembered, to tell a difference from noise: the
 * kernel announces a link again for reasons nobody here cares about.
 */
enum {
	BUF_LEN = 32768,   /* the kernel fills no dump message larger */
	RECV_A_TURN = 64,  /* then others have a turn */
	RECV_DRAIN = 4096, /* before a resync, all that is old is read away */
	RESYNC_DELAY_MS =
		20,     /* a flood of events costs one resync, not one per overrun */
	DUMP_TRIES = 4, /* a dump is torn when the tables change under it */
	RCVBUF = 4 << 20,
};

struct link_entry {
	struct hnode by_ifindex;
	struct netlink_link link;
	bool seen; /* in the dump that runs */
};

struct netlink {
	struct loop *loop; /* borrowed */
	struct mnl_socket *mon, *ask;
	struct loop_fd *mon_fd;
	struct loop_timer resync;
	struct list listeners;
	struct hmap links;
	uint32_t seq;
	struct netlink_stats stats;
	struct log_limit overrun_limit;
	char error[256];
	_Alignas(struct nlmsghdr) char mon_buf[BUF_LEN];
	_Alignas(struct nlmsghdr) char ask_buf[BUF_LEN];
};

const char *netlink_error(const struct netlink *nl)
{
	return nl->error;
}

const struct netlink_stats *netlink_stats(const struct netlink *nl)
{
	return &nl->stats;
}

int netlink_fail(struct netlink *nl, int r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(nl->error, sizeof(nl->error), fmt, ap);
	va_end(ap);
	nl->stats.failed++;
	return r;
}

/* --- events ------------------------------------------------------------------------- */

static uint64_t link_hash(unsigned ifindex)
{
	return hash_bytes(&ifindex, sizeof(ifindex));
}

static struct link_entry *link_find(const struct netlink *nl, unsigned ifindex)
{
	uint64_t h = link_hash(ifindex);

	hmap_for_key(n, &nl->links, h) {
		struct link_entry *e = container_of(n, struct link_entry, by_ifindex);

		if (e->link.ifindex == ifindex)
			return e;
	}
	return NULL;
}

static bool link_same(const struct netlink_link *a, const struct netlink_link *b)
{
	return !strcmp(a->name, b->name) && !strcmp(a->kind, b->kind) &&
	       mac_eq(&a->mac, &b->mac) && a->mtu == b->mtu &&
	       a->peer_ifindex == b->peer_ifindex && a->up == b->up &&
	       a->carrier == b->carrier && a->ethernet == b->ethernet;
}

static void tell_link(struct netlink *nl, const struct netlink_link *link)
{
	list_for_safe(w, &nl->listeners, struct netlink_listener, link) {
		if (w->ev->link)
			w->ev->link(w->arg, link);
	}
}

static void link_gone(struct netlink *nl, struct link_entry *e)
{
	struct netlink_link last = e->link;

	hmap_del(&nl->links, &e->by_ifindex);
	free(e);
	last.deleted = true;
	last.up = last.carrier = false;
	tell_link(nl, &last);
}

static void take_link(struct netlink *nl, const struct netlink_link *link)
{
	struct link_entry *e = link_find(nl, link->ifindex);

	if (link->deleted) {
		if (e)
			link_gone(nl, e);
		return;
	}
	if (!e) {
		e = mem_new(struct link_entry);
		e->link.ifindex = link->ifindex;
		hmap_add(&nl->links, &e->by_ifindex, link_hash(link->ifindex));
	}
	e->seen = true;
	if (link_same(&e->link, link))
		return;
	e->link = *link;
	tell_link(nl, link);
}

static void tell_neigh(struct netlink *nl, const struct netlink_neigh *neigh)
{
	list_for_safe(w, &nl->listeners, struct netlink_listener, link) {
		if (w->ev->neigh)
			w->ev->neigh(w->arg, neigh);
	}
}

static void tell_route(struct netlink *nl, const struct prefix *dst)
{
	list_for_safe(w, &nl->listeners, struct netlink_listener, link) {
		if (w->ev->route)
			w->ev->route(w->arg, dst);
	}
}

static void take_event(struct netlink *nl, const struct nlmsghdr *nh)
{
	struct netlink_neigh neigh;
	struct netlink_link link;
	struct prefix dst = { 0 };

	nl->stats.events++;
	switch (nh->nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_DELLINK:
		if (netlink_msg_link(nh, &link))
			take_link(nl, &link);
		break;
	case RTM_NEWNEIGH:
	case RTM_DELNEIGH:
		if (netlink_msg_neigh(nh, &neigh))
			tell_neigh(nl, &neigh);
		break;
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		if (netlink_msg_route_dst(nh, &dst))
			tell_route(nl, &dst);
		break;
	case RTM_NEWRULE:
	case RTM_DELRULE:
	case RTM_NEWNEXTHOP:
	case RTM_DELNEXTHOP:
		/* Routes that use it change without being announced. */
		tell_route(nl, &dst);
		break;
	default: break;
	}
}

/* One read of the monitor; false: nothing there. */
static bool read_events(struct netlink *nl)
{
	ssize_t n = mnl_socket_recvfrom(nl->mon, nl->mon_buf, sizeof(nl->mon_buf));
	const struct nlmsghdr *nh = (void *)nl->mon_buf;
	int left = (int)n;

	if (n < 0 && errno == ENOBUFS) {
		nl->stats.overruns++;
		log_limited(
			&nl->overrun_limit, LOG_LEVEL_WARN,
			"netlink: the kernel dropped events, reading everything again");
		if (!heap_armed(&nl->resync.due))
			loop_timer_set(&nl->resync,
			               mono_add_ms(loop_now(nl->loop), RESYNC_DELAY_MS));
		return true;
	}
	if (n < 0 && (errno == EINTR || errno == ENOSPC)) {
		nl->stats.bad += errno == ENOSPC; /* longer than the buffer */
		return true;
	}
	if (n < 0)
		return false;
	for (; mnl_nlmsg_ok(nh, left); nh = mnl_nlmsg_next(nh, &left))
		take_event(nl, nh);
	nl->stats.bad += left != 0;
	return true;
}

static void on_events(void *arg, unsigned ready)
{
	struct netlink *nl = arg;

	for (int i = 0; i < RECV_A_TURN && read_events(nl); i++)
		;
}

/* --- questions ---------------------------------------------------------------------- */

typedef void reply_fn(void *arg, const struct nlmsghdr *nh);

/* What to make of one message: 1: more to come, 0: the end, -errno. */
static int take_reply(struct netlink *nl, const struct nlmsghdr *nh, reply_fn *fn,
                      void *arg, bool *torn)
{
	const char *text;
	int err = 0;

	if (nh->nlmsg_flags & NLM_F_DUMP_INTR)
		*torn = true;
	if (nh->nlmsg_type != NLMSG_ERROR && nh->nlmsg_type != NLMSG_DONE) {
		if (fn)
			fn(arg, nh);
		return 1;
	}
	if (mnl_nlmsg_get_payload_len(nh) >= sizeof(err))
		memcpy(&err, mnl_nlmsg_get_payload(nh), sizeof(err));
	if (err >= 0)
		return 0;
	text = netlink_msg_extack(nh);
	return netlink_fail(nl, err, "%s%s%s%s", strerror(-err), text ? " (" : "",
	                    text ? text : "", text ? ")" : "");
}

static int ask(struct netlink *nl, struct nlmsghdr *nh, reply_fn *fn, void *arg)
{
	unsigned port = mnl_socket_get_portid(nl->ask);
	bool torn = false;
	int r = 1;

	nl->stats.requests++;
	nh->nlmsg_seq = ++nl->seq;
	nh->nlmsg_flags |= NLM_F_REQUEST;
	if ((nh->nlmsg_flags & NLM_F_DUMP) != NLM_F_DUMP) /* EXCL is one of its bits */
		nh->nlmsg_flags |= NLM_F_ACK;
	if (mnl_socket_sendto(nl->ask, nh, nh->nlmsg_len) < 0)
		return netlink_fail(nl, -errno, "netlink send: %s", strerror(errno));
	while (r > 0) {
		ssize_t n =
			mnl_socket_recvfrom(nl->ask, nl->ask_buf, sizeof(nl->ask_buf));
		const struct nlmsghdr *in = (void *)nl->ask_buf;
		int left = (int)n;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return netlink_fail(nl, -errno, "netlink receive: %s",
			                    strerror(errno));
		for (; r > 0 && mnl_nlmsg_ok(in, left); in = mnl_nlmsg_next(in, &left)) {
			/* Left over from a question that was given up. */
			if (in->nlmsg_seq == nh->nlmsg_seq && in->nlmsg_pid == port)
				r = take_reply(nl, in, fn, arg, &torn);
		}
	}
	return r == 0 && torn ? -EINTR : r;
}

void *netlink_request(char *buf, uint16_t type, uint16_t flags, size_t len)
{
	struct nlmsghdr *nh = mnl_nlmsg_put_header(buf);

	nh->nlmsg_type = type;
	nh->nlmsg_flags = flags;
	return mnl_nlmsg_put_extra_header(nh, len);
}

int netlink_do(struct netlink *nl, void *request)
{
	return ask(nl, request, NULL, NULL);
}

static void on_link_reply(void *arg, const struct nlmsghdr *nh)
{
	struct buf *all = arg;
	struct netlink_link link;

	if (netlink_msg_link(nh, &link))
		buf_put(all, &link, sizeof(link));
}

/* The whole dump first, then the differences: who is told may ask questions himself. */
static int dump_links(struct netlink *nl)
{
	_Alignas(struct nlmsghdr) char req[NETLINK_REQUEST_LEN];
	struct buf all = { 0 };
	int r = 0;

	for (int i = 0; i < DUMP_TRIES; i++) {
		buf_consume(&all, buf_left(&all));
		netlink_request(req, RTM_GETLINK, NLM_F_DUMP, sizeof(struct ifinfomsg));
		mnl_attr_put_u32((void *)req, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
		r = ask(nl, (void *)req, on_link_reply, &all);
		if (r != -EINTR)
			break;
	}
	if (r) {
		buf_fini(&all);
		return r;
	}
	hmap_for(it, &nl->links)
		container_of(it.n, struct link_entry, by_ifindex)->seen = false;
	while (buf_left(&all)) {
		struct netlink_link link;

		memcpy(&link, buf_head(&all), sizeof(link));
		buf_consume(&all, sizeof(link));
		take_link(nl, &link);
	}
	buf_fini(&all);
	hmap_for(it, &nl->links) {
		struct link_entry *e = container_of(it.n, struct link_entry, by_ifindex);

		if (!e->seen)
			link_gone(nl, e);
	}
	return 0;
}

static void on_resync(void *arg)
{
	struct netlink *nl = arg;
	int r;

	/* Events older than the dump must not be taken for newer. */
	for (int i = 0; i < RECV_DRAIN && read_events(nl); i++)
		;
	loop_timer_cancel(&nl->resync); /* an overrun met just now is covered */
	r = dump_links(nl);
	if (r) {
		log_limited(&nl->overrun_limit, LOG_LEVEL_WARN,
		            "netlink: reading links: %s", strerror(-r));
		loop_timer_set(&nl->resync, mono_add_ms(loop_now(nl->loop), 1000));
	}
	list_for_safe(w, &nl->listeners, struct netlink_listener, link) {
		if (w->ev->resync)
			w->ev->resync(w->arg);
	}
}

int netlink_link_get(const struct netlink *nl, unsigned ifindex, struct netlink_link *ret)
{
	const struct link_entry *e = link_find(nl, ifindex);

	if (!e)
		return -ENODEV;
	*ret = e->link;
	return 0;
}

struct link_answer {
	struct netlink_link link;
	bool got;
};

static void on_link_answer(void *arg, const struct nlmsghdr *nh)
{
	struct link_answer *a = arg;

	a->got = netlink_msg_link(nh, &a->link) || a->got;
}

int netlink_link_by_name(struct netlink *nl, const char *name, struct netlink_link *ret)
{
	_Alignas(struct nlmsghdr) char req[NETLINK_REQUEST_LEN];
	struct link_answer a = { 0 };
	int r;

	if (!name[0] || strlen(name) >= NETLINK_NAME_LEN)
		return netlink_fail(nl, -ENODEV,
		                    "\"%s\" is no interface name (1 to %d characters)",
		                    name, NETLINK_NAME_LEN - 1);
	netlink_request(req, RTM_GETLINK, 0, sizeof(struct ifinfomsg));
	mnl_attr_put_u32((void *)req, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	mnl_attr_put_strz((void *)req, IFLA_IFNAME, name);
	r = ask(nl, (void *)req, on_link_answer, &a);
	if (!r && !a.got)
		r = -ENODEV;
	if (r == -ENODEV)
		return netlink_fail(nl, r, "there is no interface \"%s\"", name);
	if (!r)
		*ret = a.link;
	return r;
}

int netlink_link_hear_all(struct netlink *nl, unsigned ifindex, bool on)
{
	_Alignas(struct nlmsghdr) char req[NETLINK_REQUEST_LEN];
	struct ifinfomsg *ifi =
		netlink_request(req, RTM_NEWLINK, NLM_F_ACK, sizeof(struct ifinfomsg));

	ifi->ifi_index = (int)ifindex;
	ifi->ifi_change = IFF_PROMISC | IFF_ALLMULTI;
	ifi->ifi_flags = on ? IFF_PROMISC | IFF_ALLMULTI : 0;
	return ask(nl, (void *)req, NULL, NULL);
}

struct route_answer {
	struct netlink_route route;
	bool got;
};

static void on_route_answer(void *arg, const struct nlmsghdr *nh)
{
	struct route_answer *a = arg;

	a->got = netlink_msg_route(nh, &a->route) || a->got;
}

/* The kernel answers a question about what it can't reach with the error that a sender
 * would get. */
static const char *unreachable_text(int r, bool with_src)
{
	switch (r) {
	case -ENETUNREACH: return "no route";
	case -EHOSTUNREACH: return "unreachable route";
	case -EACCES: return "prohibiting route";
	case -EINVAL:
		return with_src ? "blackhole route, or the source is not on this machine"
		                : "blackhole route";
	default: return NULL;
	}
}

int netlink_route_get(struct netlink *nl, const struct ip *dst, const struct ip *src,
                      struct netlink_route *ret)
{
	_Alignas(struct nlmsghdr) char req[NETLINK_REQUEST_LEN];
	struct route_answer a = { 0 };
	struct rtmsg *rtm;
	int r;

	if (dst->afi == AFI_NONE || (src && src->afi != dst->afi))
		return netlink_fail(nl, -EAFNOSUPPORT, "addresses are not of one family");
	rtm = netlink_request(req, RTM_GETROUTE, 0, sizeof(*rtm));
	rtm->rtm_family = dst->afi == AFI_IP4 ? AF_INET : AF_INET6;
	rtm->rtm_dst_len = afi_bits(dst->afi);
	mnl_attr_put((void *)req, RTA_DST, afi_len(dst->afi), dst->b);
	if (src) {
		rtm->rtm_src_len = afi_bits(src->afi);
		mnl_attr_put((void *)req, RTA_SRC, afi_len(src->afi), src->b);
	}
	r = ask(nl, (void *)req, on_route_answer, &a);
	if (r && unreachable_text(r, src)) {
		nl->stats.failed--; /* an answer */
		*ret = (struct netlink_route){ .why = unreachable_text(r, src) };
		return 0;
	}
	if (!r && !a.got)
		r = netlink_fail(nl, -EBADMSG,
		                 "the kernel's answer about a route can't be read");
	if (!r)
		*ret = a.route;
	return r;
}

struct neigh_answer {
	struct netlink_neigh neigh;
	bool got;
};

static void on_neigh_answer(void *arg, const struct nlmsghdr *nh)
{
	struct neigh_answer *a = arg;

	a->got = netlink_msg_neigh(nh, &a->neigh) || a->got;
}

static struct nlmsghdr *neigh_request(char *req, uint16_t type, uint16_t flags,
                                      unsigned ifindex, const struct ip *ip, uint8_t ntf)
{
	struct ndmsg *ndm = netlink_request(req, type, flags, sizeof(*ndm));

	ndm->ndm_family = ip->afi == AFI_IP4 ? AF_INET : AF_INET6;
	ndm->ndm_ifindex = (int)ifindex;
	ndm->ndm_flags = ntf;
	mnl_attr_put((void *)req, NDA_DST, afi_len(ip->afi), ip->b);
	return (void *)req;
}

int netlink_neigh_get(struct netlink *nl, unsigned ifindex, const struct ip *ip,
                      struct netlink_neigh *ret)
{
	_Alignas(struct nlmsghdr) char req[NETLINK_REQUEST_LEN];
	struct neigh_answer a = { 0 };
	int r = ask(nl, neigh_request(req, RTM_GETNEIGH, 0, ifindex, ip, 0),
	            on_neigh_answer, &a);

	if (r == -ENOENT)
		nl->stats.failed--; /* an answer */
	if (!r && !a.got)
		r = -ENOENT;
	if (!r)
		*ret = a.neigh;
	return r;
}

int netlink_neigh_probe(struct netlink *nl, unsigned ifindex, const struct ip *ip)
{
	_Alignas(struct nlmsghdr) char req[NETLINK_REQUEST_LEN];

	/* "Use" it: the kernel starts to resolve, or to confirm what is stale (RFC
	 * 4861 7.3.2 speaks of sending; a reachable neighbour is left in peace). */
	return ask(nl,
	           neigh_request(req, RTM_NEWNEIGH, NLM_F_CREATE, ifindex, ip, NTF_USE),
	           NULL, NULL);
}

/* --- life --------------------------------------------------------------------------- */

static struct mnl_socket *open_socket(int flags)
{
	struct mnl_socket *s = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | flags);
	int one = 1, fd;

	if (!s)
		return NULL;
	fd = mnl_socket_get_fd(s);
	/* Kernels without them are older than those we run on; better words is all we
	 * lose. */
	setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &one, sizeof(one));
	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one));
	setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof(one));
	if (mnl_socket_bind(s, 0, MNL_SOCKET_AUTOPID) < 0) {
		int err = errno;

		mnl_socket_close(s);
		errno = err;
		return NULL;
	}
	return s;
}

int netlink_set_rcvbuf(struct netlink *nl, int bytes)
{
	int fd = mnl_socket_get_fd(nl->mon);

	/* FORCE goes beyond net.core.rmem_max and needs CAP_NET_ADMIN. */
	if (!setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) ||
	    !setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes)))
		return 0;
	return -errno;
}

static int open_all(struct netlink *nl)
{
	static const int group[] = {
		RTNLGRP_LINK,       RTNLGRP_NEIGH,     RTNLGRP_IPV4_ROUTE,
		RTNLGRP_IPV6_ROUTE, RTNLGRP_IPV4_RULE, RTNLGRP_IPV6_RULE,
		RTNLGRP_NEXTHOP,
	};
	int fd;

	nl->mon = open_socket(SOCK_NONBLOCK);
	if (!nl->mon)
		return netlink_fail(nl, -errno, "netlink socket: %s", strerror(errno));
	nl->ask = open_socket(0);
	if (!nl->ask)
		return netlink_fail(nl, -errno, "netlink socket: %s", strerror(errno));
	netlink_set_rcvbuf(nl, RCVBUF); /* as much as we may have */
	fd = mnl_socket_get_fd(nl->mon);
	for (size_t i = 0; i < ARRAY_LEN(group); i++) {
		if (setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group[i],
		               sizeof(group[i])))
			return netlink_fail(nl, -errno, "netlink group %d: %s", group[i],
			                    strerror(errno));
	}
	/* Listening first, then the dump: nothing falls between. */
	return dump_links(nl);
}

int netlink_open(struct loop *l, struct netlink **ret, char **ret_err)
{
	struct netlink *nl = mem_new(struct netlink);
	int r;

	nl->loop = l;
	nl->seq = (uint32_t)time(NULL);
	list_init(&nl->listeners);
	loop_timer_init(&nl->resync, l, on_resync, nl);
	r = open_all(nl);
	if (r) {
		if (ret_err)
			*ret_err = mem_strdup(nl->error);
		netlink_free(nl);
		return r;
	}
	nl->mon_fd = loop_fd_add(l, mnl_socket_get_fd(nl->mon), LOOP_READ, on_events, nl);
	*ret = nl;
	return 0;
}

void netlink_free(struct netlink *nl)
{
	if (!nl)
		return;
	list_for_safe(w, &nl->listeners, struct netlink_listener, link)
		netlink_unlisten(w);
	loop_fd_del(nl->mon_fd);
	loop_timer_cancel(&nl->resync);
	if (nl->mon)
		mnl_socket_close(nl->mon);
	if (nl->ask)
		mnl_socket_close(nl->ask);
	hmap_for(it, &nl->links)
		free(container_of(it.n, struct link_entry, by_ifindex));
	hmap_fini(&nl->links);
	free(nl);
}

void netlink_listen(struct netlink *nl, struct netlink_listener *who,
                    const struct netlink_events *ev, void *arg)
{
	who->ev = ev;
	who->arg = arg;
	list_init(&who->link);
	list_add_tail(&nl->listeners, &who->link);
	if (!ev->link)
		return;
	hmap_for(it, &nl->links)
		ev->link(arg, &container_of(it.n, struct link_entry, by_ifindex)->link);
}

void netlink_unlisten(struct netlink_listener *who)
{
	if (who->link.next)
		list_del(&who->link);
}

void netlink_show(const struct netlink *nl, struct view *v)
{
	view_obj(v, "netlink");
	view_num(v, "links", (int64_t)nl->links.count);
	view_num(v, "events", (int64_t)nl->stats.events);
	view_num(v, "overruns", (int64_t)nl->stats.overruns);
	view_num(v, "bad-messages", (int64_t)nl->stats.bad);
	view_num(v, "requests", (int64_t)nl->stats.requests);
	view_num(v, "failed", (int64_t)nl->stats.failed);
	view_str(v, "last-error", nl->error[0] ? nl->error : NULL);
	view_end(v);
}
