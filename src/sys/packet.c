/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sys/packet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/list.h"
#include "base/mem.h"
#include "sys/loop.h"

enum {
	FRAME_MAX = 65536,
	FRAMES_A_TURN = 64, /* then others have a turn */
	TAG_LEN = 4,
};

struct ear {
	struct packet *owner;
	struct list link;
	struct loop_fd *lfd;
	int fd;
	unsigned ifindex;
	void (*cb)(void *arg, unsigned ifindex, const uint8_t *frame, size_t len);
	void *arg;
};

struct packet {
	int fd;
	struct list ears;
	struct packet_stats stats;
	uint8_t frame[FRAME_MAX + TAG_LEN];
};

int packet_open(struct packet **ret)
{
	struct packet *p;
	/* Protocol 0 hears nothing: this one only sends. */
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	p = mem_new(struct packet);
	p->fd = fd;
	list_init(&p->ears);
	*ret = p;
	return 0;
}

static void ear_free(struct ear *e)
{
	loop_fd_del(e->lfd);
	close(e->fd);
	list_del(&e->link);
	free(e);
}

void packet_free(struct packet *p)
{
	if (!p)
		return;
	list_for_safe(e, &p->ears, struct ear, link)
		ear_free(e);
	close(p->fd);
	free(p);
}

static void count_failure(struct packet_stats *st, int err)
{
	switch (err) {
	case ENOBUFS:
	case EAGAIN: st->full++; break;
	case ENETDOWN:
	case ENXIO:
	case ENODEV: st->down++; break;
	default: st->failed++; break;
	}
	st->last_errno = err;
}

int packet_send(struct packet *p, unsigned ifindex, const void *frame, size_t len)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_ifindex = (int)ifindex };
	ssize_t n;

	if (len >= ETH_HLEN)
		memcpy(&to.sll_protocol, (const uint8_t *)frame + 12, 2);
	do {
		n = sendto(p->fd, frame, len, 0, (struct sockaddr *)&to, sizeof(to));
	} while (n < 0 && errno == EINTR);
	if (n < 0) {
		int err = errno;

		count_failure(&p->stats, err);
		return -err;
	}
	p->stats.sent++;
	p->stats.sent_bytes += len;
	return 0;
}

const struct packet_stats *packet_stats(const struct packet *p)
{
	return &p->stats;
}

/* The tag the port took off the frame, if any. */
static bool stripped_tag(struct msghdr *m, uint8_t ret[static TAG_LEN])
{
	struct tpacket_auxdata aux;
	uint16_t tpid, tci;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level != SOL_PACKET || c->cmsg_type != PACKET_AUXDATA ||
		    c->cmsg_len < CMSG_LEN(sizeof(aux)))
			continue;
		memcpy(&aux, CMSG_DATA(c), sizeof(aux));
		if (!(aux.tp_status & TP_STATUS_VLAN_VALID))
			return false;
		tpid = aux.tp_status & TP_STATUS_VLAN_TPID_VALID ? aux.tp_vlan_tpid
		                                                 : ETH_P_8021Q;
		tpid = htons(tpid);
		tci = htons(aux.tp_vlan_tci);
		memcpy(ret, &tpid, 2);
		memcpy(ret + 2, &tci, 2);
		return true;
	}
	return false;
}

static void count_lost(struct ear *e)
{
	struct tpacket_stats st;
	socklen_t len = sizeof(st);

	if (!getsockopt(e->fd, SOL_PACKET, PACKET_STATISTICS, &st,
	                &len)) /* clears them */
		e->owner->stats.receive_lost += st.tp_drops;
}

/* One frame into p->frame, its tags in place; 0: none. */
static size_t receive(struct ear *e)
{
	struct packet *p = e->owner;
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
	} ctl;
	/* Room for the tag in front: addresses move down, the tag goes between. */
	struct iovec iov = { p->frame + TAG_LEN, FRAME_MAX };
	struct msghdr m = { .msg_iov = &iov,
		            .msg_iovlen = 1,
		            .msg_control = &ctl,
		            .msg_controllen = sizeof(ctl) };
	uint8_t tag[TAG_LEN];
	ssize_t n;

	do {
		n = recvmsg(e->fd, &m, MSG_DONTWAIT);
	} while (n < 0 && errno == EINTR);
	if (n < ETH_HLEN)
		return 0; /* nothing, or the port went down: netlink tells */
	if (stripped_tag(&m, tag)) {
		memmove(p->frame, p->frame + TAG_LEN, 2 * ETH_ALEN);
		memcpy(p->frame + 2 * ETH_ALEN, tag, TAG_LEN);
		return (size_t)n + TAG_LEN;
	}
	memmove(p->frame, p->frame + TAG_LEN, (size_t)n);
	return (size_t)n;
}

static struct ear *find_ear(struct packet *p, unsigned ifindex)
{
	list_for(e, &p->ears, struct ear, link) {
		if (e->ifindex == ifindex)
			return e;
	}
	return NULL;
}

static void on_readable(void *arg, unsigned ready)
{
	struct ear *e = arg;
	struct packet *p = e->owner;
	unsigned ifindex = e->ifindex;
	size_t len;

	count_lost(e);
	for (int i = 0; i < FRAMES_A_TURN && (len = receive(e)); i++) {
		p->stats.received++;
		e->cb(e->arg, ifindex, p->frame, len);
		if (find_ear(p, ifindex) != e)
			return; /* the callback had enough */
	}
}

int packet_hear(struct packet *p, struct loop *l, unsigned ifindex, uint16_t ethertype,
                void (*cb)(void *arg, unsigned ifindex, const uint8_t *frame, size_t len),
                void *arg)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET,
		                  .sll_ifindex = (int)ifindex,
		                  .sll_protocol = htons(ethertype) };
	int one = 1, fd, r = 0;
	struct ear *e;

	if (find_ear(p, ifindex))
		return -EEXIST;
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &one, sizeof(one)) ||
	    setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof(one)) ||
	    bind(fd, (struct sockaddr *)&at, sizeof(at)))
		r = -errno;
	if (r) {
		close(fd);
		return r;
	}
	e = mem_new(struct ear);
	*e = (struct ear){
		.owner = p, .fd = fd, .ifindex = ifindex, .cb = cb, .arg = arg
	};
	list_init(&e->link);
	list_add_tail(&p->ears, &e->link);
	e->lfd = loop_fd_add(l, fd, LOOP_READ, on_readable, e);
	return 0;
}

void packet_unhear(struct packet *p, unsigned ifindex)
{
	struct ear *e = find_ear(p, ifindex);

	if (e)
		ear_free(e);
}

void packet_show(const struct packet *p, struct view *v)
{
	const struct packet_stats *st = &p->stats;

	view_obj(v, "packets");
	view_num(v, "sent", (int64_t)st->sent);
	view_num(v, "sent-bytes", (int64_t)st->sent_bytes);
	view_num(v, "lost-queue-full", (int64_t)st->full);
	view_num(v, "lost-port-down", (int64_t)st->down);
	view_num(v, "failed", (int64_t)st->failed);
	view_str(v, "last-error", st->last_errno ? strerror(st->last_errno) : NULL);
	view_num(v, "received", (int64_t)st->received);
	view_num(v, "receive-lost", (int64_t)st->receive_lost);
	view_end(v);
}
