/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/*
 * A host that floods its port: so many frames a second, each from another address, and
 * from one of 4096 MACs (a million would be the switch's trouble, not the PE's).
 *
 *	flood PORT arp|ns|data RATE SECONDS [VLAN.INNER]
 *
 * arp: requests from 1.1.128.0/17 for addresses nobody has; ns: the same of IPv6;
 * data: UDP to 1.1.1.3 by the proxy MAC.  Prints how many went out in what time.
 */
enum { BATCH = 64, MACS = 4096, FRAME = 128, POOL = 65536 };

static unsigned outer, inner; /* tags; 0: none */

static uint64_t state = 88172645463325252ull;

static uint32_t rnd(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 16);
}

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static uint32_t sum16(uint32_t sum, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i += 2)
		sum += (uint32_t)p[i] << 8 | (i + 1 < n ? p[i + 1] : 0);
	return sum;
}

static void put_sum(uint8_t *at, uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	at[0] = (uint8_t)(~sum >> 8);
	at[1] = (uint8_t)~sum;
}

static uint8_t *tag(uint8_t *at, uint16_t tpid, unsigned vlan)
{
	at[0] = (uint8_t)(tpid >> 8);
	at[1] = (uint8_t)tpid;
	at[2] = (uint8_t)(vlan >> 8);
	at[3] = (uint8_t)vlan;
	return at + 4;
}

static size_t header(uint8_t *f, const char *dst, uint16_t type)
{
	uint32_t m = rnd() % MACS;

	memcpy(f, dst, 6);
	memcpy(f + 6, "\x02\xf1\x00\x00", 4);
	f[10] = (uint8_t)(m >> 8);
	f[11] = (uint8_t)m;
	f += 12;
	if (outer)
		f = tag(f, ETH_P_8021AD, outer);
	if (inner)
		f = tag(f, ETH_P_8021Q, inner);
	f[0] = (uint8_t)(type >> 8);
	f[1] = (uint8_t)type;
	return 14 + 4 * !!outer + 4 * !!inner;
}

static void host4(uint8_t *at)
{
	uint32_t r = rnd();

	at[0] = 1;
	at[1] = 1;
	at[2] = (uint8_t)(128 | (r >> 8 & 127));
	at[3] = (uint8_t)r;
}

static size_t arp(uint8_t *f)
{
	size_t n = header(f, "\xff\xff\xff\xff\xff\xff", ETH_P_ARP);

	memcpy(f + n, "\0\1\10\0\6\4\0\1", 8);
	memcpy(f + n + 8, f + 6, 6);
	host4(f + n + 14);
	memset(f + n + 18, 0, 6);
	host4(f + n + 24);
	return n + 28;
}

static void host6(uint8_t *at)
{
	uint32_t r = rnd();

	memcpy(at, "\x20\x01\x0d\xb8\x00\x01\0\0\0\0\0\x66", 12);
	memcpy(at + 12, &r, 4);
}

static size_t ns(uint8_t *f)
{
	size_t n = header(f, "\x33\x33\xff\0\0\0", ETH_P_IPV6);
	uint8_t *ip = f + n, *m = ip + 40;

	memcpy(ip, "\x60\0\0\0\0\x20\x3a\xff", 8);
	host6(ip + 8);
	host6(m + 8);
	memcpy(ip + 24, "\xff\x02\0\0\0\0\0\0\0\0\0\1\xff", 13);
	memcpy(ip + 37, m + 21, 3);
	memcpy(f + 3, m + 21, 3);
	memcpy(m, "\x87\0\0\0\0\0\0\0", 8);
	m[24] = 1;
	m[25] = 1;
	memcpy(m + 26, f + 6, 6);
	put_sum(m + 2, sum16(32 + 58, ip + 8, 32) + sum16(0, m, 32));
	return n + 72;
}

static size_t data(uint8_t *f)
{
	size_t n = header(f, "\0\0\x5e\0\1\x0a", ETH_P_IP);
	uint8_t *ip = f + n;

	memcpy(ip, "\x45\0\0\x1c\0\1\x40\0\x40\x11\0\0", 12);
	host4(ip + 12);
	memcpy(ip + 16, "\1\1\1\3", 4);
	put_sum(ip + 10, sum16(0, ip, 20));
	memcpy(ip + 20, "\x30\x39\0\x09\0\x08\0\0", 8);
	return n + 28;
}

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ll + t.tv_nsec;
}

static int open_port(const char *name)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET,
		                  .sll_ifindex = (int)if_nametoindex(name) };
	int fd = socket(AF_PACKET, SOCK_RAW, 0), one = 1;

	if (fd < 0 || !at.sll_ifindex || bind(fd, (void *)&at, sizeof(at)))
		die(name);
	/* Past the queue: it would pace us. */
	if (setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof(one)))
		die("PACKET_QDISC_BYPASS");
	return fd;
}

/* All frames are made before: the sender is not to be what is measured. */
static struct mmsghdr *make_all(size_t (*make)(uint8_t *))
{
	uint8_t(*frame)[FRAME] = calloc(POOL, sizeof(*frame));
	struct iovec *iov = calloc(POOL, sizeof(*iov));
	struct mmsghdr *msg = calloc(POOL, sizeof(*msg));

	if (!frame || !iov || !msg)
		die("memory");
	for (int i = 0; i < POOL; i++) {
		iov[i].iov_base = frame[i];
		iov[i].iov_len = make(frame[i]);
		msg[i].msg_hdr.msg_iov = &iov[i];
		msg[i].msg_hdr.msg_iovlen = 1;
	}
	return msg;
}

int main(int argc, char **argv)
{
	size_t (*make)(uint8_t *) = NULL;
	int64_t start, end, sent = 0;
	struct mmsghdr *msg;
	unsigned at = 0;
	double rate;
	int fd;

	if (argc == 5 || argc == 6)
		make = !strcmp(argv[2], "arp")    ? arp
		       : !strcmp(argv[2], "ns")   ? ns
		       : !strcmp(argv[2], "data") ? data
		                                  : NULL;
	if (!make || (argc == 6 && sscanf(argv[5], "%u.%u", &outer, &inner) < 1)) {
		fprintf(stderr,
		        "usage: flood PORT arp|ns|data RATE SECONDS [VLAN.INNER]\n");
		return 2;
	}
	fd = open_port(argv[1]);
	rate = atof(argv[3]);
	msg = make_all(make);
	start = now_ns();
	end = start + (int64_t)(atof(argv[4]) * 1e9);
	while (now_ns() < end) {
		int64_t due = (int64_t)((double)(now_ns() - start) * rate / 1e9);
		int n;

		if (sent >= due) {
			usleep(100);
			continue;
		}
		n = sendmmsg(fd, msg + at, BATCH, 0);
		if (n < 0 && errno != ENOBUFS && errno != EAGAIN)
			die("send");
		sent += n > 0 ? n : 0;
		at = (at + BATCH) % POOL;
	}
	printf("%lld frames in %.2f s\n", (long long)sent,
	       (double)(now_ns() - start) / 1e9);
	return 0;
}
