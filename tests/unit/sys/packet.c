/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sys/packet.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <net/if.h>

#include "sys/loop.h"

#include "tests/unit/sys/netns.h"

enum { WAIT_MS = 5000 };

struct heard {
	struct packet *p;
	uint8_t frame[128];
	size_t len;
	unsigned n;
	bool once;
};

static void on_frame(void *arg, unsigned ifindex, const uint8_t *frame, size_t len)
{
	struct heard *h = arg;

	CHECK(len <= sizeof(h->frame));
	memcpy(h->frame, frame, len);
	h->len = len;
	h->n++;
	if (h->once)
		packet_unhear(h->p, ifindex);
}

static void two_ports(void)
{
	netns_enter();
	sh("ip link add a0 type veth peer name b0; ip link set a0 up; ip link set b0 up");
	/* The kernel throws away what is sent before it has seen the carrier, later. */
	sh("for i in $(seq 500); do ip -br link show up | grep -c '^[ab]0.* UP ' | "
	   "grep -qx 2 && exit 0; sleep 0.02; done; exit 1");
}

TEST(frames_arrive_as_they_were_built_tags_and_all)
{
	static const struct {
		const char *hex;
		uint16_t hear;
	} t[] = {
		{"ffffffffffff 020000000001 0806 0001080006040001 020000000001 0a000001"
		  "000000000000 0a000002",		       ETH_P_ARP},
 /* 802.1Q: veth carries the tag beside the frame; it must be put back */
		{ "ffffffffffff 020000000001 8100 a064 0806 0001080006040001 020000000001"
		  "0a000001 000000000000 0a000002",              ETH_P_ALL},
 /* QinQ */
		{ "ffffffffffff 020000000001 88a8 0007 8100 0064 0806 0001080006040001"
		  "020000000001 0a000001 000000000000 0a000002", ETH_P_ALL},
	};
	struct loop *l;
	struct heard h = { 0 };
	unsigned a0, b0;

	two_ports();
	l = loop_new();
	a0 = if_nametoindex("a0");
	b0 = if_nametoindex("b0");
	CHECK_INT(packet_open(&h.p), 0);
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		uint8_t out[128];
		size_t len = t_hex(t[i].hex, out, sizeof(out));

		CHECK_INT(packet_hear(h.p, l, b0, t[i].hear, on_frame, &h), 0);
		CHECK_INT(packet_hear(h.p, l, b0, t[i].hear, on_frame, &h), -EEXIST);
		CHECK_INT(packet_send(h.p, a0, out, len), 0);
		do {
			h.n = 0;
			loop_turn(l, WAIT_MS);
			CHECK(h.n); /* the kernel's own IPv6 chatter may come in between
			             */
		} while (h.len != len || memcmp(h.frame, out, len) != 0);
		packet_unhear(h.p, b0);
	}
	CHECK_INT(packet_stats(h.p)->sent, 3);
	CHECK(packet_stats(h.p)->received >= 3);
	packet_free(h.p);
	loop_free(l);
}

TEST(a_listener_may_stop_listening_when_it_hears)
{
	struct loop *l;
	struct heard h = { .once = true };
	uint8_t frame[60] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2,
		              0,    0,    0,    0,    1,    0x88, 0xb5 };
	unsigned a0, b0;

	two_ports();
	l = loop_new();
	a0 = if_nametoindex("a0");
	b0 = if_nametoindex("b0");
	CHECK_INT(packet_open(&h.p), 0);
	CHECK_INT(packet_hear(h.p, l, b0, 0x88b5, on_frame, &h), 0);
	for (int i = 0; i < 3; i++)
		CHECK_INT(packet_send(h.p, a0, frame, sizeof(frame)), 0);
	loop_turn(l, WAIT_MS);
	loop_turn(l, 0);
	CHECK_INT(h.n, 1);
	packet_free(h.p);
	loop_free(l);
}

TEST(what_could_not_be_sent_is_counted_by_reason)
{
	static const uint8_t frame[60] = {
		2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x88, 0xb5
	};
	static uint8_t big[4000];
	struct packet *p;

	two_ports();
	sh("ip link set a0 down");
	CHECK_INT(packet_open(&p), 0);
	CHECK_INT(packet_send(p, if_nametoindex("a0"), frame, sizeof(frame)), -ENETDOWN);
	CHECK_INT(packet_send(p, 9999, frame, sizeof(frame)), -ENXIO);
	CHECK_INT(packet_stats(p)->down, 2);
	CHECK_INT(packet_send(p, if_nametoindex("b0"), big, sizeof(big)), -EMSGSIZE);
	CHECK_INT(packet_stats(p)->failed, 1);
	CHECK_INT(packet_stats(p)->last_errno, EMSGSIZE);
	CHECK_INT(packet_stats(p)->sent, 0);
	packet_free(p);
	packet_free(NULL);
}
