/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hostbench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <time.h>
#include <unistd.h>

/* What bench/hostmoves drives: `hostbench HOSTS VLANS LAN1 LAN2 LAN3 CORE1 CORE2 CORE3`,
 * commands on stdin, one JSON line for each result on stdout. */
struct hostbench hb;

enum {
	FIRST_VLAN = 100,
	PE_ADDRESS_LAST = 11, /* 192.0.2.11 is the first PE's */
	OUTER_DST = 14 + 16,  /* of a tunnel packet over IPv4 */
};
static const char magic[8] = "hostmove";
static const uint8_t proxy_mac[2][6] = {
	{0,  0, 0x5e, 0, 1, 10},
        { 0, 0, 0x5e, 0, 2, 10}
};

struct payload {
	char magic[8];
	uint32_t seq;
	char pad[STREAM_BYTES - 12];
};

/* --- hosts: 10.64.0.1 and 2001:db8:1::1:0:1 on ------------------------------------- */

struct addr host_addr(uint32_t i, bool six)
{
	struct addr a = { .six = six };
	uint32_t n = i + 1;

	if (six)
		memcpy(a.b, (uint8_t[]){ 0x20, 1, 0xd, 0xb8, 0, 1, 0, 0, 0, 0, 0, 1 },
		       12);
	else
		n += 10u << 24 | 64u << 16;
	for (size_t k = 0; k < 4; k++)
		a.b[(six ? 12 : 0) + k] = (uint8_t)(n >> (24 - 8 * k));
	return a;
}

static uint32_t host_of(const struct addr *a)
{
	const uint8_t *p = a->b + (a->six ? 12 : 0);
	uint32_t n =
		(uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
	uint32_t i = (a->six ? n : n - (10u << 24 | 64u << 16)) - 1;
	struct addr is;

	if (i >= hb.n_hosts)
		return UINT32_MAX;
	is = host_addr(i, a->six);
	return memcmp(&is, a, sizeof(is)) ? UINT32_MAX : i;
}

void host_mac(uint32_t i, uint8_t mac[6])
{
	memcpy(mac,
	       (uint8_t[]){ 2, 0x10, (uint8_t)(i >> 24), (uint8_t)(i >> 16),
	                    (uint8_t)(i >> 8), (uint8_t)i },
	       6);
}

void host_announce(uint32_t i, bool six)
{
	struct addr a = host_addr(i, six);
	uint8_t buf[128], mac[6];

	host_mac(i, mac);
	lan_send(&hb.lan[hb.host[i].site], buf,
	         lan_announce(buf, hb.host[i].vlan, mac, &a));
}

void host_rarp(uint32_t i)
{
	uint8_t buf[128], mac[6];

	host_mac(i, mac);
	lan_send(&hb.lan[hb.host[i].site], buf, lan_rarp(buf, hb.host[i].vlan, mac));
}

uint32_t host_at(uint8_t site)
{
	for (uint32_t i = 0; i < hb.n_hosts; i++)
		if (hb.host[i].site == site && !hb.host[i].moved)
			return i;
	fprintf(stderr, "no host is left at site %d\n", site + 1);
	exit(1);
}

/* --- what the LANs and the core show ------------------------------------------------ */

static struct packet *packet_of(const struct lan_frame *f)
{
	struct payload p;

	if (f->len < 14 + sizeof(p))
		return NULL;
	memcpy(&p, f->at + f->len - sizeof(p), sizeof(p));
	if (memcmp(p.magic, magic, sizeof(magic)) || p.seq >= hb.n_packets)
		return NULL;
	return &hb.packet[p.seq];
}

static void count(struct tally *t, int what, int64_t ns)
{
	int64_t b = (ns - hb.began) / (BUCKET_MS * 1000000LL);

	if (b >= 0 && b < BUCKETS)
		t->per_bucket[what][b]++;
}

static void asked(uint8_t site, const struct lan_frame *f, uint32_t i, bool six,
                  const struct addr *who, const uint8_t who_mac[6])
{
	struct addr a = host_addr(i, six);
	uint8_t buf[128], mac[6];

	host_mac(i, mac);
	if (hb.host[i].site != site) {
		hb.tally[site].asked_away++;
		count(&hb.tally[site], 0, f->ns);
	} else if (hb.host[i].vlan == f->vlan) {
		hb.tally[site].asked++;
		lan_send(&hb.lan[site], buf,
		         lan_answer(buf, f->vlan, mac, &a, who_mac, who));
	}
}

/* Somebody speaks in a host's name: our own neighbours would tell us so. */
static void announced(uint8_t site, const struct lan_frame *f, uint32_t i,
                      const uint8_t by[6])
{
	struct tally *t = &hb.tally[site];
	uint8_t mac[6];

	if (!(f->at[0] & 1))
		return; /* told to one neighbour only, which the owner does not hear */
	host_mac(i, mac);
	if (hb.host[i].site == site) {
		t->announced += !memcmp(mac, by, 6);
		t->conflicts += !!memcmp(mac, by, 6);
		return;
	}
	t->repaired++;
	count(t, 1, f->ns);
}

static void on_lan(void *arg, const struct lan_frame *f)
{
	uint8_t site = (uint8_t)(uintptr_t)arg, mac[6];
	struct packet *p = packet_of(f);
	struct addr target, sender;
	enum lan_said said;
	uint32_t i;

	if (p) {
		/* where the host is, on its tag; where it was, whatever the tag */
		if (hb.host[p->host].site != site || hb.host[p->host].vlan == f->vlan)
			p->got[site] = p->got[site] ? p->got[site] : f->ns;
		return;
	}
	said = lan_said(f, &target, &sender, mac);
	if (said != LAN_ASKS && said != LAN_ANNOUNCES)
		return;
	i = host_of(&target);
	if (i == UINT32_MAX)
		return;
	if (said == LAN_ASKS)
		asked(site, f, i, target.six, &sender, mac);
	else
		announced(site, f, i, mac);
}

static void on_core(void *arg, const struct lan_frame *f)
{
	size_t pe = (size_t)(uintptr_t)arg;
	struct packet *p = packet_of(f);
	int toward = f->len > OUTER_DST + 3 ? f->at[OUTER_DST + 3] - PE_ADDRESS_LAST : -1;

	if (!p)
		return;
	if (f->out) {
		if (!p->entered[pe])
			p->entered[pe] = f->ns;
	} else if (!p->left[pe]) {
		p->left[pe] = f->ns;
		p->toward[pe] = (uint8_t)toward;
	}
}

/* --- the loop ------------------------------------------------------------------------
 */

void stream_send(uint32_t host, bool six, uint8_t from)
{
	uint32_t by = host_at(from);
	struct addr src = host_addr(by, six), dst = host_addr(host, six);
	struct payload data = { .seq = hb.n_packets };
	uint8_t buf[256], mac[6];
	size_t len;

	if (hb.n_packets == hb.max_packets)
		return;
	memcpy(data.magic, magic, sizeof(magic));
	host_mac(by, mac);
	len = lan_udp(buf, hb.host[by].vlan, mac, proxy_mac[six], &src, &dst, &data,
	              sizeof(data));
	hb.packet[hb.n_packets++] =
		(struct packet){ .host = host, .six = six, .sent = lan_now() };
	lan_send(&hb.lan[from], buf, len);
}

static void stream(int64_t now)
{
	while (hb.stream_ns && hb.stream_next <= now) {
		uint32_t i = hb.stream_i++;
		bool six = hb.stream_six < 0 ? i / hb.stream_round % 2 == 1
		                             : hb.stream_six == 1;

		stream_send(hb.stream_host(i), six, hb.stream_site);
		hb.stream_next += hb.stream_ns;
	}
}

void pump(int64_t until)
{
	struct epoll_event ev[2 * SITES];

	for (;;) {
		int64_t now = lan_now(), next = until;
		struct timespec wait;
		int n;

		stream(now);
		if (hb.stream_ns && hb.stream_next < next)
			next = hb.stream_next;
		wait.tv_sec = next > now ? (next - now) / 1000000000 : 0;
		wait.tv_nsec = next > now ? (next - now) % 1000000000 : 0;
		n = epoll_pwait2(hb.ep, ev, 2 * SITES, &wait, NULL);
		for (int i = 0; i < n; i++) {
			uint32_t k = ev[i].data.u32;

			if (k < SITES)
				lan_read(&hb.lan[k], on_lan, (void *)(uintptr_t)k);
			else
				lan_read(&hb.core[k - SITES], on_core,
				         (void *)(uintptr_t)(k - SITES));
		}
		if (n <= 0 && lan_now() >= until)
			return;
		if (lan_now() >= until + 1000000)
			return;
	}
}

void pump_ms(int64_t ms)
{
	pump(lan_now() + ms * 1000000);
}

void phase_begin(uint32_t max_packets)
{
	free(hb.packet);
	hb.packet = calloc(max_packets + 1, sizeof(*hb.packet));
	if (!hb.packet)
		abort();
	hb.max_packets = max_packets;
	hb.n_packets = 0;
	hb.stream_ns = 0;
	memset(hb.tally, 0, sizeof(hb.tally));
	hb.began = lan_now();
	for (uint32_t i = 0; i < hb.n_hosts; i++)
		hb.host[i].moved = false;
}

static void open_ports(char **where)
{
	hb.ep = epoll_create1(EPOLL_CLOEXEC);
	for (uint32_t k = 0; k < 2 * SITES; k++) {
		struct lan *l = k < SITES ? &hb.lan[k] : &hb.core[k - SITES];
		struct epoll_event ev = { .events = EPOLLIN, .data.u32 = k };

		lan_open(l, where[k], k >= SITES);
		epoll_ctl(hb.ep, EPOLL_CTL_ADD, l->fd, &ev);
	}
}

static void obey(char *line)
{
	char word[3][32] = { "", "", "" };

	sscanf(line, "%31s %31s %31s", word[0], word[1], word[2]);
	if (!strcmp(word[0], "fill"))
		phase_fill();
	else if (!strcmp(word[0], "verify"))
		phase_verify();
	else if (!strcmp(word[0], "moves"))
		phase_moves((unsigned)atoi(word[1]), (unsigned)atoi(word[2]));
	else if (!strcmp(word[0], "evacuate"))
		phase_evacuate((unsigned)atoi(word[1]), word[2]);
	else
		fprintf(stderr, "hostbench: no such command: %s", line);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	char line[128];

	if (argc != 3 + 2 * SITES) {
		fprintf(stderr, "usage: hostbench HOSTS VLANS LAN1…3 CORE1…3\n");
		return 2;
	}
	hb.n_hosts = (unsigned)atoi(argv[1]);
	hb.n_vlans = (unsigned)atoi(argv[2]);
	hb.first_vlan = FIRST_VLAN;
	hb.host = calloc(hb.n_hosts, sizeof(*hb.host));
	if (!hb.host || !hb.n_vlans)
		return 2;
	for (uint32_t i = 0; i < hb.n_hosts; i++) {
		hb.host[i].site = (uint8_t)(i % SITES);
		hb.host[i].vlan = (uint16_t)(FIRST_VLAN + i / SITES % hb.n_vlans);
	}
	open_ports(argv + 3);
	setvbuf(stdin, NULL, _IONBF, 0);
	for (;;) { /* hosts answer while nobody tells us what to do */
		struct timeval none = { 0, 0 };
		fd_set fds;

		FD_ZERO(&fds);
		FD_SET(0, &fds);
		if (select(1, &fds, NULL, NULL, &none) > 0) {
			if (!fgets(line, sizeof(line), stdin))
				return 0;
			obey(line);
		}
		pump_ms(5);
	}
}
