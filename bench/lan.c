/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lan.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	BATCH = 64,
	BUFFER = 64 << 20,
	VLAN_TYPE = 0x8100,
	ARP_TYPE = 0x0806,
	IP4_TYPE = 0x0800,
	IP6_TYPE = 0x86dd,
	RARP_TYPE = 0x8035,
	NS = 135,
	NA = 136,
};

int64_t lan_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static _Noreturn void die(const char *where, const char *what)
{
	fprintf(stderr, "%s: %s: %s\n", where, what, strerror(errno));
	exit(1);
}

static void enter(const char *ns)
{
	char path[160];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%s", ns);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		die(path, "cannot enter");
	close(fd);
}

void lan_open(struct lan *l, const char *where, bool both)
{
	static const int on = 1, room = BUFFER;
	struct sockaddr_ll ll = { .sll_family = AF_PACKET };
	char *colon;

	snprintf(l->name, sizeof(l->name), "%s", where);
	colon = strchr(l->name, ':');
	if (!colon) {
		errno = EINVAL;
		die(where, "expected NETNS:PORT");
	}
	*colon = 0;
	enter(l->name);
	*colon = ':';
	l->fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	ll.sll_ifindex = (int)if_nametoindex(colon + 1);
	if (l->fd < 0 || !ll.sll_ifindex)
		die(where, "no such port");
	setsockopt(l->fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	setsockopt(l->fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room));
	setsockopt(l->fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
	setsockopt(l->fd, SOL_PACKET, PACKET_AUXDATA, &on, sizeof(on));
	if (!both)
		setsockopt(l->fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on));
	ll.sll_protocol = htons(ETH_P_ALL);
	if (bind(l->fd, (struct sockaddr *)&ll, sizeof(ll)))
		die(where, "bind");
}

static void look(struct msghdr *m, struct lan_frame *f)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_TIMESTAMPNS) {
			struct timespec t;

			memcpy(&t, CMSG_DATA(c), sizeof(t));
			f->ns = t.tv_sec * 1000000000LL + t.tv_nsec;
		} else if (c->cmsg_level == SOL_PACKET &&
		           c->cmsg_type == PACKET_AUXDATA) {
			struct tpacket_auxdata a;

			memcpy(&a, CMSG_DATA(c), sizeof(a));
			f->vlan = a.tp_status & TP_STATUS_VLAN_VALID
			                  ? a.tp_vlan_tci & 0xfff
			                  : 0;
		}
	}
}

unsigned lan_read(struct lan *l, void (*fn)(void *arg, const struct lan_frame *f),
                  void *arg)
{
	static uint8_t data[BATCH][LAN_FRAME_MAX], control[BATCH][128];
	static struct sockaddr_ll from[BATCH];
	struct mmsghdr m[BATCH] = { 0 };
	struct iovec v[BATCH];
	int n;

	for (int i = 0; i < BATCH; i++) {
		v[i] = (struct iovec){ data[i], LAN_FRAME_MAX };
		m[i].msg_hdr = (struct msghdr){ .msg_name = &from[i],
			                        .msg_namelen = sizeof(from[i]),
			                        .msg_iov = &v[i],
			                        .msg_iovlen = 1,
			                        .msg_control = control[i],
			                        .msg_controllen = sizeof(control[i]) };
	}
	n = recvmmsg(l->fd, m, BATCH, MSG_DONTWAIT, NULL);
	for (int i = 0; i < n; i++) {
		struct lan_frame f = { .at = data[i],
			               .len = m[i].msg_len,
			               .out = from[i].sll_pkttype == PACKET_OUTGOING };

		look(&m[i].msg_hdr, &f);
		fn(arg, &f);
	}
	return n > 0 ? (unsigned)n : 0;
}

bool lan_send(struct lan *l, const uint8_t *frame, size_t len)
{
	return send(l->fd, frame, len, 0) == (ssize_t)len;
}

/* --- reading ---------------------------------------------------------------------- */

static unsigned get16(const uint8_t *p)
{
	return (unsigned)(p[0] << 8 | p[1]);
}

static struct addr addr_at(const uint8_t *p, bool six)
{
	struct addr a = { .six = six };

	memcpy(a.b, p, six ? 16 : 4);
	return a;
}

static enum lan_said said4(const uint8_t *p, struct addr *target, struct addr *sender,
                           uint8_t mac[6])
{
	memcpy(mac, p + 8, 6);
	*sender = addr_at(p + 14, false);
	*target = addr_at(p + 24, false);
	if (get16(p + 6) == 2)
		return LAN_ANSWERS;
	if (get16(p + 6) != 1)
		return LAN_OTHER;
	return memcmp(p + 14, p + 24, 4) ? LAN_ASKS : LAN_ANNOUNCES;
}

static enum lan_said said6(const uint8_t *p, struct addr *target, struct addr *sender,
                           uint8_t mac[6])
{
	memcpy(mac, p + 66, 6);
	*sender = addr_at(p + 8, true);
	*target = addr_at(p + 48, true);
	if (p[40] == NS)
		return LAN_ASKS;
	if (p[40] != NA)
		return LAN_OTHER;
	return p[44] & 0x40 ? LAN_ANSWERS : LAN_ANNOUNCES;
}

enum lan_said lan_said(const struct lan_frame *f, struct addr *target,
                       struct addr *sender, uint8_t mac[6])
{
	unsigned type = f->len < 14 ? 0 : get16(f->at + 12);
	const uint8_t *p = f->at + 14;

	if (type == ARP_TYPE && f->len >= 42)
		return said4(p, target, sender, mac);
	if (type == IP6_TYPE && f->len >= 14 + 72 && p[6] == IPPROTO_ICMPV6)
		return said6(p, target, sender, mac);
	return LAN_OTHER;
}

/* --- writing ---------------------------------------------------------------------- */

static void put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static size_t ethernet(uint8_t *buf, uint16_t vlan, const uint8_t dst[6],
                       const uint8_t src[6], unsigned type)
{
	size_t n = 12;

	memcpy(buf, dst, 6);
	memcpy(buf + 6, src, 6);
	if (vlan) {
		put16(buf + n, VLAN_TYPE);
		put16(buf + n + 2, vlan);
		n += 4;
	}
	put16(buf + n, type);
	return n + 2;
}

static uint32_t sum(const uint8_t *p, size_t n)
{
	uint32_t s = 0;

	for (size_t i = 0; i + 1 < n; i += 2)
		s += get16(p + i);
	return n & 1 ? s + ((uint32_t)p[n - 1] << 8) : s;
}

static unsigned fold(uint32_t s)
{
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return ~s & 0xffff;
}

static const uint8_t all[6] = { 255, 255, 255, 255, 255, 255 };

static size_t arp(uint8_t *buf, uint16_t vlan, const uint8_t dst[6], unsigned type,
                  unsigned op, const uint8_t mac[6], const uint8_t spa[4],
                  const uint8_t tha[6], const uint8_t tpa[4])
{
	size_t n = ethernet(buf, vlan, dst, mac, type);
	uint8_t *p = buf + n;

	memcpy(p, (uint8_t[]){ 0, 1, 8, 0, 6, 4 }, 6);
	put16(p + 6, op);
	memcpy(p + 8, mac, 6);
	memcpy(p + 14, spa, 4);
	memcpy(p + 18, tha, 6);
	memcpy(p + 24, tpa, 4);
	memset(p + 28, 0, 18); /* to 60 octets */
	return n + 46;
}

static size_t na(uint8_t *buf, uint16_t vlan, const uint8_t dst_mac[6],
                 const uint8_t mac[6], const struct addr *a, const uint8_t dst[16],
                 uint8_t flags)
{
	size_t n = ethernet(buf, vlan, dst_mac, mac, IP6_TYPE);
	uint8_t *p = buf + n;

	memset(p, 0, 72);
	p[0] = 0x60;
	put16(p + 4, 32);
	p[6] = IPPROTO_ICMPV6;
	p[7] = 255;
	memcpy(p + 8, a->b, 16);
	memcpy(p + 24, dst, 16);
	p[40] = NA;
	p[44] = flags;
	memcpy(p + 48, a->b, 16);
	p[64] = 2;
	p[65] = 1;
	memcpy(p + 66, mac, 6);
	put16(p + 42, fold(sum(p + 8, 64) + 32 + IPPROTO_ICMPV6));
	return n + 72;
}

size_t lan_announce(uint8_t *buf, uint16_t vlan, const uint8_t mac[6],
                    const struct addr *a)
{
	static const uint8_t nodes[16] = { 0xff, 2, [15] = 1 },
			     nodes_mac[6] = { 0x33, 0x33, 0, 0, 0, 1 }, none[6];

	if (a->six)
		return na(buf, vlan, nodes_mac, mac, a, nodes, 0x20);
	return arp(buf, vlan, all, ARP_TYPE, 1, mac, a->b, none, a->b);
}

size_t lan_rarp(uint8_t *buf, uint16_t vlan, const uint8_t mac[6])
{
	static const uint8_t none[4];

	return arp(buf, vlan, all, RARP_TYPE, 3, mac, none, mac, none);
}

size_t lan_answer(uint8_t *buf, uint16_t vlan, const uint8_t mac[6], const struct addr *a,
                  const uint8_t to_mac[6], const struct addr *to)
{
	if (a->six)
		return na(buf, vlan, to_mac, mac, a, to->b, 0x60);
	return arp(buf, vlan, to_mac, ARP_TYPE, 2, mac, a->b, to_mac, to->b);
}

size_t lan_udp(uint8_t *buf, uint16_t vlan, const uint8_t src[6], const uint8_t dst[6],
               const struct addr *from, const struct addr *to, const void *data,
               size_t len)
{
	size_t alen = from->six ? 16 : 4, head = from->six ? 40 : 20;
	size_t n = ethernet(buf, vlan, dst, src, from->six ? IP6_TYPE : IP4_TYPE);
	uint8_t *p = buf + n, *udp = p + head;

	memset(p, 0, head + 8);
	p[0] = from->six ? 0x60 : 0x45;
	put16(p + (from->six ? 4 : 2), (unsigned)(len + 8 + (from->six ? 0 : 20)));
	p[from->six ? 6 : 9] = IPPROTO_UDP;
	p[from->six ? 7 : 8] = 64;
	memcpy(p + (from->six ? 8 : 12), from->b, alen);
	memcpy(p + (from->six ? 24 : 16), to->b, alen);
	if (!from->six)
		put16(p + 10, fold(sum(p, 20)));
	put16(udp, 40000);
	put16(udp + 2, 9);
	put16(udp + 4, (unsigned)len + 8);
	memcpy(udp + 8, data, len);
	/* the addresses lie in a row in both headers: the pseudo-header's sum */
	put16(udp + 6, fold(sum(p + (from->six ? 8 : 12), 2 * alen) + IPPROTO_UDP +
	                    (uint32_t)len + 8 + sum(udp, len + 8)));
	return n + head + 8 + len;
}
