/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <linux/if_ether.h>

#include "core/core_tools.h"

#include "tests/unit/core/world.h"
#include "tests/unit/sys/netns.h"

/* The daemon as a host of its VPNs, over a real pair of ports and the tables in memory.
 */
enum { WAIT_MS = 5000, TOOL_BLUE = DP_AC_MAX, TOOL_GREEN = DP_AC_MAX - 1 };

struct got {
	uint32_t vrf;
	uint8_t b[256];
	size_t len;
	unsigned n;
};

static struct world *world(void)
{
	struct world *w;

	netns_enter();
	w = world_new();
	CHECK_INT(netlink_open(w->c.loop, &w->c.nl, NULL), 0);
	CHECK_INT(packet_open(&w->c.packet), 0);
	return w;
}

static void start(struct world *w)
{
	char *err = NULL;

	CHECK_INT(core_tools_start(&w->c, &err), 0);
	/* What is sent before the kernel has seen the carrier is thrown away. */
	sh("for i in $(seq 500); do ip -br link show up | grep -c '^vs-tools.* UP ' | "
	   "grep -qx 2 && exit 0; sleep 0.02; done; exit 1");
}

static void end(struct world *w)
{
	core_tools_stop(&w->c);
	packet_free(w->c.packet);
	netlink_free(w->c.nl);
	w->c.packet = NULL;
	w->c.nl = NULL;
	world_free(w);
}

static void on_packet(void *arg, uint32_t vrf, const uint8_t *packet, size_t len)
{
	struct got *g = arg;

	CHECK(len <= sizeof(g->b));
	g->vrf = vrf;
	memcpy(g->b, packet, len);
	g->len = len;
	g->n++;
}

static void on_near(void *arg, unsigned ifindex, const uint8_t *frame, size_t len)
{
	on_packet(arg, 0, frame, len);
}

static void until_got(struct world *w, const struct got *g, unsigned n)
{
	struct mono end = mono_add_ms(loop_clock(), WAIT_MS);

	while (g->n < n && !mono_reached(loop_clock(), end))
		loop_turn(w->c.loop, 50);
	CHECK_INT(g->n, n);
}

#define PACKET                     \
	"4500001c0001000040110000" \
	"0a090901"                 \
	"01010101"                 \
	"0043004300080000"

TEST(each_loopback_is_a_host_route_to_an_attachment_of_ours_and_told)
{
	struct world *w = world();
	const struct dp_ac *blue, *green;
	uint32_t label;

	start(w);
	blue = dp_mem_ac(w->dp, TOOL_BLUE);
	green = dp_mem_ac(w->dp, TOOL_GREEN);
	CHECK(blue && blue->vrf == VRF && blue->vlan == 1);
	CHECK(green && green->vrf == GREEN && green->vlan == 2);
	CHECK(!strncmp(world_way(w, VRF, "10.9.9.1"), "local 32767 ", 12));
	CHECK(!strncmp(world_way(w, VRF, "2001:db8:99::1"), "local 32767 ", 12));
	CHECK(!strncmp(world_way(w, GREEN, "10.9.9.2"), "local 32766 ", 12));
	CHECK_STR(world_way(w, GREEN, "10.9.9.1"), "-");
	CHECK(world_advertised(w, "10.9.9.1", &label));
	end(w);
}

TEST(packets_go_out_and_come_in_by_the_tag_of_their_vpn)
{
	struct world *w = world();
	struct got near = { 0 }, blue = { 0 }, green = { 0 };
	uint8_t packet[64], frame[128];
	size_t len = t_hex(PACKET, packet, sizeof(packet)), at = 18;
	const struct dp_ac *ac;

	start(w);
	ac = dp_mem_ac(w->dp, TOOL_GREEN);
	CHECK_INT(core_tools_open(&w->c, VRF, on_packet, &blue), 0);
	CHECK_INT(core_tools_open(&w->c, GREEN, on_packet, &green), 0);
	CHECK_INT(packet_hear(w->c.packet, w->c.loop, ac->ifindex, ETH_P_ALL, on_near,
	                      &near),
	          0);
	CHECK_INT(core_tools_send(&w->c, GREEN, packet, len), 0);
	until_got(w, &near, 1);
	CHECK_INT(near.len, at + len);
	CHECK_MEM(near.b, ac->mac.b, 6); /* to the port, which is a router to us */
	t_hex("810000020800", frame, 6);
	CHECK_MEM(near.b + 12, frame, 6);
	CHECK_MEM(near.b + at, packet, len);
	/* As the packet program sends it to us. */
	memcpy(frame, near.b + 6, 6);
	memcpy(frame + 6, near.b, 6);
	memcpy(frame + 12, near.b + 12, near.len - 12);
	CHECK_INT(packet_send(w->c.packet, ac->ifindex, frame, near.len), 0);
	until_got(w, &green, 1);
	CHECK_INT(green.vrf, GREEN);
	CHECK_INT(green.len, len);
	CHECK_MEM(green.b, packet, len);
	frame[15] = 99; /* of no VPN */
	CHECK_INT(packet_send(w->c.packet, ac->ifindex, frame, near.len), 0);
	frame[15] = 1;
	CHECK_INT(packet_send(w->c.packet, ac->ifindex, frame, near.len), 0);
	until_got(w, &blue, 1);
	CHECK_INT(green.n, 1);
	end(w);
}

TEST(what_cannot_be_sent_is_refused)
{
	struct world *w = world();
	uint8_t packet[16384] = { 0x45 };
	struct got g = { 0 };

	CHECK_INT(core_tools_send(&w->c, VRF, packet, 20), -ENOENT); /* not started */
	CHECK_INT(core_tools_open(&w->c, VRF, on_packet, &g), -ENOENT);
	start(w);
	CHECK_INT(core_tools_send(&w->c, 77, packet, 20), -ENOENT);
	CHECK_INT(core_tools_send(&w->c, VRF, packet, sizeof(packet)), -EMSGSIZE);
	CHECK_INT(core_tools_send(&w->c, VRF, packet, 0), -EMSGSIZE);
	end(w);
}

TEST(the_pair_outlives_a_daemon_that_is_followed_by_another)
{
	struct world *w = world();
	unsigned was;

	start(w);
	was = dp_mem_ac(w->dp, TOOL_BLUE)->ifindex;
	w->c.leaving = true;
	core_tools_stop(&w->c);
	sh("ip link show vs-tools >/dev/null");
	start(w);
	CHECK_INT(dp_mem_ac(w->dp, TOOL_BLUE)->ifindex, was);
	CHECK(core_tools_ac(&w->c, VRF, TOOL_BLUE) &&
	      !core_tools_ac(&w->c, VRF, TOOL_GREEN));
	w->c.leaving = false;
	core_tools_stop(&w->c);
	sh("! ip link show vs-tools 2>/dev/null");
	end(w);
}
