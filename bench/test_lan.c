/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lan.h"

static void check(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "not so: %s\n", what);
	exit(1);
}

static const uint8_t mac[6] = { 2, 0x10, 0, 0, 0, 7 }, pe[6] = { 0, 0, 0x5e, 0, 1, 10 };
static const struct addr four = { false, { 10, 64, 0, 8 } },
                         six = { true, { 0x20, 1, 0xd, 0xb8, 0, 1, [15] = 8 } },
                         gw4 = { false, { 10, 67, 255, 254 } },
                         gw6 = { true, { 0xfe, 0x80, [15] = 1 } };

static unsigned sum_of(const uint8_t *p, size_t n)
{
	uint32_t s = 0;

	for (size_t i = 0; i < n; i++)
		s += (uint32_t)p[i] << (i & 1 ? 0 : 8);
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return s;
}

/* Without the tag, as the kernel hands frames over. */
static enum lan_said said(uint8_t *buf, size_t len, bool tagged, struct addr *target,
                          struct addr *sender, uint8_t who[6])
{
	struct lan_frame f = { .at = buf, .len = len };

	if (tagged) {
		memmove(buf + 4, buf, 12);
		f.at = buf + 4;
		f.len = len - 4;
	}
	return lan_said(&f, target, sender, who);
}

static void announcements_and_answers(const struct addr *a, const struct addr *gw)
{
	struct addr target, sender;
	uint8_t buf[128], who[6];
	size_t n = lan_announce(buf, 100, mac, a);

	check(buf[12] == 0x81 && buf[15] == 100, "the tag is in the frame");
	check(said(buf, n, true, &target, &sender, who) == LAN_ANNOUNCES, "it announces");
	check(!memcmp(&target, a, sizeof(*a)) && !memcmp(who, mac, 6),
	      "what it announces");
	n = lan_answer(buf, 0, mac, a, pe, gw);
	check(!memcmp(buf, pe, 6), "an answer goes to who asked");
	check(said(buf, n, false, &target, &sender, who) == LAN_ANSWERS, "it answers");
	check(!memcmp(a->six ? &target : &sender, a, sizeof(*a)), "what it answers for");
	if (a->six) /* over both addresses, too, 32 octets of it and its number: RFC
	               4443 2.3 */
		check((sum_of(buf + 22, 64) + 32 + 58) % 0xffff == 0, "its checksum");
}

static void packets(const struct addr *a, const struct addr *b)
{
	uint8_t buf[256], data[32] = "numbered";
	size_t n = lan_udp(buf, 0, mac, pe, a, b, data, sizeof(data));
	size_t head = a->six ? 40 : 20, addrs = a->six ? 32 : 8;
	unsigned s;

	check(n == 14 + head + 8 + sizeof(data), "its length");
	check(a->six || sum_of(buf + 14, 20) == 0xffff, "the IPv4 header's checksum");
	s = sum_of(buf + 14 + head - addrs, addrs + 8 + sizeof(data)) + 17 + 40;
	check(s % 0xffff == 0, "the UDP checksum");
	check(!memcmp(buf + n - sizeof(data), data, sizeof(data)), "its data at the end");
}

int main(void)
{
	struct addr target, sender;
	uint8_t buf[128], who[6];
	size_t n;

	announcements_and_answers(&four, &gw4);
	announcements_and_answers(&six, &gw6);
	packets(&four, &gw4);
	packets(&six, &gw6);
	n = lan_rarp(buf, 0, mac);
	check(buf[12] == 0x80 && buf[13] == 0x35 && n == 60, "a RARP frame");
	check(said(buf, n, false, &target, &sender, who) == LAN_OTHER,
	      "tells no address");
	return 0;
}
