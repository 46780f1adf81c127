/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/dhcp.h"

#include <stdio.h>

#include "core/core_dhcp.h"
#include "wire/eth.h"
#include "wire/udp.h"

#include "gateway/gw_dhcp.h"
#include "tests/unit/core/world.h"

/* The relay between the punts of an attachment, mastership and what host/ believes. */
#define C  "02:aa:00:00:00:0c"
#define D  "02:aa:00:00:00:0d"
#define IP "1.1.1.2"

static const char config[] =
	"node: { name: pe1, router-id: 192.0.2.11, as: 65000 }\n"
	"core: { interfaces: [eth1] }\n"
	"bgp: { neighbors: [ { address: 192.0.2.1, as: 65000 } ] }\n"
	"vpns:\n"
	"  - name: blue\n"
	"    id: 100\n"
	"    loopback: 10.255.0.11\n"
	"    subnets:\n"
	"      - prefix: 1.1.0.0/16\n"
	"        gateway: 1.1.255.254\n"
	"        scan-rate: 0\n"
	"        binding: dhcp\n"
	"        dhcp: { servers: [10.0.0.67] }\n"
	"        attachments: [ { port: eth0, vlan: 100, site: 1 } ]\n";

static struct world *start_of(const char *text)
{
	struct world *w = world_new_of(text);

	core_dhcp_start(&w->c);
	return w;
}

static struct world *start(void)
{
	return start_of(config);
}

static uint64_t count(const struct world *w, enum gw_dhcp_counter n)
{
	return gw_dhcp_counter(w->c.dhcp, n);
}

/* The fixed part of a message about C, and its options. */
static size_t message(uint8_t raw[400], uint8_t op, const char *ci, const char *yi,
                      const char *gi, const char *options)
{
	struct ip a = world_ip(ci), b = world_ip(yi), c = world_ip(gi);
	struct mac mac;

	CHECK(mac_parse(C, &mac));
	memset(raw, 0, 400);
	memcpy(raw, (uint8_t[]){ op, 1, 6, 0, 1, 2, 3, 4 }, 8);
	memcpy(raw + 12, a.b, 4);
	memcpy(raw + 16, b.b, 4);
	memcpy(raw + 24, c.b, 4);
	memcpy(raw + 28, mac.b, 6);
	memcpy(raw + 236, "\x63\x82\x53\x63", 4);
	return 240 + t_hex(options, raw + 240, 160);
}

static void put_udp(struct wbuf *b, const char *src, const char *dst, uint16_t sport,
                    const uint8_t *p, size_t n)
{
	struct udp u = { .src = world_ip(src),
		         .dst = world_ip(dst),
		         .sport = sport,
		         .dport = DHCP_SERVER_PORT,
		         .ttl = 64 };
	size_t at = udp_open(b, &u);

	wbuf_bytes(b, p, n);
	udp_close(b, at);
	CHECK(wbuf_ok(b));
}

static void hear(struct world *w, const char *ci, const char *options)
{
	uint8_t frame[600], raw[400];
	size_t n = message(raw, DHCP_OP_REQUEST, ci, "0.0.0.0", "0.0.0.0", options);
	struct wbuf b = wbuf_of(frame, sizeof(frame));
	struct eth e = { .dst = eth_broadcast, .type = ETH_TYPE_IP4 };

	CHECK(mac_parse(C, &e.src));
	eth_tag_set(&e, 100, 0);
	eth_write(&b, &e);
	put_udp(&b, ci, "255.255.255.255", DHCP_CLIENT_PORT, raw, n);
	core_punt_frame(&w->c, ETH0, frame, b.len);
}

/* An ACK for an hour: circuit eth0.100, subnet 1.1.0.0. */
static void grant(struct world *w)
{
	uint8_t packet[600], raw[400];
	size_t n =
		message(raw, DHCP_OP_REPLY, "0.0.0.0", IP, "10.255.0.11",
	                "350105 330400000e10 5210 0108657468302e313030 050401010000 ff");
	struct wbuf b = wbuf_of(packet, sizeof(packet));

	put_udp(&b, "10.0.0.67", "10.255.0.11", DHCP_SERVER_PORT, raw, n);
	gw_dhcp_answer(w->c.dhcp, VRF, packet, b.len, loop_now(w->c.loop));
}

TEST(a_lease_is_asked_about_and_is_the_word_that_its_host_is_believed_by)
{
	struct world *w = start();
	struct ip ip = world_ip(IP);
	struct host_info hi;

	world_hear(w, DP_EV_GARP, AC_BLUE, C, IP);
	CHECK_STR(world_way(w, VRF, IP), "-"); /* nobody gave it the address */
	hear(w, "0.0.0.0", "350101ff");
	CHECK_INT(count(w, GW_DHCP_N_TO_SERVER), 1);
	grant(w);
	CHECK(hosts_info(w->c.hosts, VRF, &ip, &hi) && hi.by == HOST_BY_DHCP);
	CHECK_STR(world_way(w, VRF, IP), "-"); /* asked, and has not answered yet */
	world_hear(w, DP_EV_GARP, AC_BLUE, D, IP);
	CHECK_STR(world_way(w, VRF, IP), "-"); /* not the one it was given to */
	world_hear(w, DP_EV_ARP_REPLY, AC_BLUE, C, IP);
	CHECK_STR(world_way(w, VRF, IP), "local 1 " C);
	hear(w, IP, "350107ff"); /* RELEASE */
	CHECK_STR(world_way(w, VRF, IP), "-");
	world_free(w);
}

TEST(where_vrrp_runs_nothing_is_relayed_before_it_says_master)
{
	char text[sizeof(config) + 64];
	struct world *w;

	snprintf(text, sizeof(text),
	         "%s        address: 1.1.255.1\n        vrid: 10\n        vrrp: {}\n",
	         config);
	w = start_of(text);
	hear(w, "0.0.0.0", "350101ff");
	CHECK_INT(count(w, GW_DHCP_N_TO_SERVER), 0);
	CHECK_INT(count(w, GW_DHCP_N_BACKUP), 1);
	core_subnet_master(&w->c, &w->cfg->vpn[0], &w->cfg->vpn[0].subnet[0], AFI_IP4,
	                   AC_BLUE, true);
	hear(w, "0.0.0.0", "350101ff");
	CHECK_INT(count(w, GW_DHCP_N_TO_SERVER), 1);
	world_free(w);
}

TEST(a_backup_is_silent_until_it_is_master)
{
	struct world *w = start();
	const struct config_vpn *vpn = &w->cfg->vpn[0];

	core_subnet_master(&w->c, vpn, &vpn->subnet[0], AFI_IP4, AC_BLUE, false);
	hear(w, "0.0.0.0", "350101ff");
	CHECK_INT(count(w, GW_DHCP_N_TO_SERVER), 0);
	CHECK_INT(count(w, GW_DHCP_N_BACKUP), 1);
	core_subnet_master(&w->c, vpn, &vpn->subnet[0], AFI_IP4, AC_BLUE, true);
	hear(w, "0.0.0.0", "350101ff");
	CHECK_INT(count(w, GW_DHCP_N_TO_SERVER), 1);
	world_free(w);
}
