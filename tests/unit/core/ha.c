/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/vrrp.h"

#include "world.h"

/* VRRP of a configuration, and what becomes of it in the packet path. */

#define HEAD                                                      \
	"node: { name: pe1, router-id: 192.0.2.11, as: 65000 }\n" \
	"core: { interfaces: [eth1] }\n"                          \
	"vpns:\n"                                                 \
	"  - name: blue\n"                                        \
	"    id: 100\n"                                           \
	"    subnets:\n"                                          \
	"      - name: lan\n"                                     \
	"        prefix: 1.1.0.0/16\n"                            \
	"        gateway: 1.1.255.254\n"                          \
	"        address: 1.1.255.1\n"                            \
	"        prefix6: 2001:db8:1::/64\n"                      \
	"        gateway6: 2001:db8:1::ffff\n"                    \
	"        scan-rate: 0\n"                                  \
	"        attachments: [ { port: eth0, vlan: 100 } ]\n"

#define NEIGHBOR "bgp: { neighbors: [ { address: 192.0.2.1, as: 65000 } ] }\n"

static struct world *start(const char *cfg)
{
	struct world *w = world_new_of(cfg);

	core_ha_start(&w->c);
	return w;
}

static void stop(struct world *w)
{
	core_ha_stop(&w->c);
	world_free(w);
}

static const struct dp_subnet *subnet(const struct world *w, enum afi afi)
{
	const struct config_subnet *sn = &w->c.cfg->vpn[0].subnet[0];

	return dp_mem_subnet(w->dp, AC_BLUE, afi == AFI_IP4 ? &sn->prefix : &sn->prefix6);
}

/* An interval is 10 ms: what is to come comes soon. */
static bool until_master(struct world *w, enum afi afi, bool master)
{
	for (int i = 0; i < 500 && subnet(w, afi)->master != master; i++)
		loop_turn(w->c.loop, 10);
	return subnet(w, afi)->master == master;
}

static void hear_each(struct world *w, const char *src, const char *vip, uint8_t priority,
                      uint16_t interval_cs)
{
	struct ip ip = world_ip(vip);
	struct vrrp v = { .src = world_ip(src),
		          .vrid = 10,
		          .priority = priority,
		          .interval_cs = interval_cs,
		          .n_vips = 1,
		          .vips = ip.b };
	uint8_t frame[18 + VRRP_LEN_MAX] = { 0 };
	struct wbuf buf = wbuf_of(frame + 18, sizeof(frame) - 18);

	vrrp_write(&buf, &v);
	core_vrrp_heard(&w->c, AC_BLUE, frame, 18 + buf.len, 18);
}

static void hear(struct world *w, const char *src, const char *vip, uint8_t priority)
{
	hear_each(w, src, vip, priority, 4095);
}

static void count_line(void *arg, const struct log_record *rec)
{
	unsigned *n = arg;

	*n += strstr(rec->text, "ipv4: master") || strstr(rec->text, "ipv4: backup");
}

TEST(a_host_that_makes_the_master_change_all_the_time_does_not_fill_the_log)
{
	struct world *w = start(HEAD "        vrrp: { interval: 10 }\n");
	uint64_t pos = 0;
	unsigned lines = 0;

	CHECK(until_master(w, AFI_IP4, true));
	log_walk(&pos, SIZE_MAX, count_line, &lines);
	lines = 0;
	for (int i = 0; i < 30; i++) {
		hear_each(w, "1.1.255.9", "1.1.255.254", 255, 1);
		CHECK(!subnet(w, AFI_IP4)->master);
		hear_each(w, "1.1.255.9", "1.1.255.254", 0, 1);
		CHECK(until_master(w, AFI_IP4, true));
	}
	log_walk(&pos, SIZE_MAX, count_line, &lines);
	CHECK(lines > 0 && lines <= 2 * LOG_LIMIT_BURST);
	stop(w);
}

TEST(without_vrrp_this_pe_always_answers)
{
	struct world *w = start(HEAD);

	CHECK(subnet(w, AFI_IP4)->master && subnet(w, AFI_IP6)->master);
	stop(w);
}

TEST(a_subnet_with_vrrp_is_silent_until_it_is_master)
{
	struct world *w = start(HEAD "        vrrp: { interval: 10 }\n");

	CHECK(!subnet(w, AFI_IP4)->master && !subnet(w, AFI_IP6)->master);
	CHECK(until_master(w, AFI_IP4, true));
	CHECK(until_master(w, AFI_IP6, true));
	stop(w);
}

TEST(each_family_follows_its_own_group)
{
	struct world *w = start(HEAD "        vrrp: { interval: 10 }\n");

	CHECK(until_master(w, AFI_IP4, true));
	CHECK(until_master(w, AFI_IP6, true));
	hear(w, "1.1.255.9", "1.1.255.254", 200);
	CHECK(!subnet(w, AFI_IP4)->master);
	CHECK(subnet(w, AFI_IP6)->master);
	hear(w, "fe80::9", "2001:db8:1::ffff", 200);
	CHECK(!subnet(w, AFI_IP6)->master);
	stop(w);
}

TEST(a_port_that_goes_down_makes_it_silent)
{
	struct world *w = start(HEAD "        vrrp: { interval: 10 }\n");

	CHECK(until_master(w, AFI_IP4, true));
	world_link(w, ETH0, "eth0", false, false);
	CHECK(!subnet(w, AFI_IP4)->master && !subnet(w, AFI_IP6)->master);
	world_link(w, ETH0, "eth0", true, false);
	CHECK(until_master(w, AFI_IP4, true));
	world_link(w, ETH0, "eth0", false, true);
	CHECK(!subnet(w, AFI_IP6)->master);
	stop(w);
}

TEST(an_external_group_waits_to_be_told)
{
	struct world *w = start(HEAD "        vrrp: { external: true, interval: 10 }\n");

	hear(w, "1.1.255.9", "1.1.255.254", 0);
	for (int i = 0; i < 10; i++)
		loop_turn(w->c.loop, 10);
	CHECK(!subnet(w, AFI_IP4)->master && !subnet(w, AFI_IP6)->master);
	stop(w);
}

TEST(an_orderly_end_leaves_the_packet_path_silent_and_a_handover_does_not)
{
	for (int handover = 0; handover <= 1; handover++) {
		struct world *w = start(HEAD "        vrrp: { interval: 10 }\n");

		CHECK(until_master(w, AFI_IP4, true));
		w->c.leaving = handover;
		core_ha_stop(&w->c);
		CHECK_INT(subnet(w, AFI_IP4)->master, handover);
		stop(w);
	}
}

TEST(a_daemon_that_starts_again_is_master_as_before_if_its_lease_holds)
{
	for (int holds = 0; holds <= 1; holds++) {
		struct world *w = start(HEAD "        vrrp: {}\n");

		for (int six = 0; six <= 1; six++)
			core_subnet_master(&w->c, &w->c.cfg->vpn[0],
			                   &w->c.cfg->vpn[0].subnet[0],
			                   six ? AFI_IP6 : AFI_IP4, AC_BLUE, true);
		w->c.leaving = true; /* as if killed */
		core_ha_stop(&w->c);
		world_stop(w, true);
		w->dp->ops->lease(w->dp, holds ? mono_add_ms(loop_clock(), 60000)
		                               : (struct mono){ 0 });
		world_adopt(w);
		core_ha_start(&w->c);
		CHECK_INT(subnet(w, AFI_IP4)->master, holds);
		CHECK_INT(subnet(w, AFI_IP6)->master, holds);
		stop(w);
	}
}

TEST(a_daemon_that_goes_on_as_master_has_time_to_make_its_sessions)
{
	for (int holds = 0; holds <= 1; holds++) {
		struct world *w = start(HEAD "        vrrp: {}\n" NEIGHBOR);
		struct mono now;

		core_subnet_master(&w->c, &w->c.cfg->vpn[0], &w->c.cfg->vpn[0].subnet[0],
		                   AFI_IP4, AC_BLUE, true);
		w->c.leaving = true;
		core_ha_stop(&w->c);
		world_stop(w, true);
		w->dp->ops->lease(w->dp, holds ? mono_add_ms(loop_clock(), 60000)
		                               : (struct mono){ 0 });
		world_adopt(w);
		core_ha_start(&w->c);
		now = mono_add_ms(loop_now(w->c.loop), 10000);
		CHECK_INT(core_ha_trouble(&w->c, 0, now) == NULL, holds);
		CHECK(core_ha_trouble(&w->c, 0, mono_add_ms(now, 30000)));
		CHECK(!core_ha_trouble(&w->c, 1, now));
		/* That was the grace: who loses them again knows of no other PE. */
		CHECK(core_ha_trouble(&w->c, 0, mono_add_ms(now, 10000)));
		stop(w);
	}
}

/* As core_reload.c does it once all is checked. */
static void reload(struct world *w, const char *text)
{
	struct config_errors *errs = NULL;
	const struct config *old = w->c.cfg;

	CHECK_INT(config_parse("t", text, strlen(text), &w->c.cfg, &errs), 0);
	w->cfg = w->c.cfg;
	for (size_t i = 0; i < w->c.n_ports; i++)
		w->c.port[i].name = w->c.port[i].role == DP_ROLE_CORE
		                            ? w->cfg->core_if[0]
		                            : w->cfg->attachment[0].port;
	core_ha_set(&w->c, old);
	config_free(old);
}

TEST(vrrp_comes_and_goes_by_reload_and_nobody_is_left_without_an_answer)
{
	struct world *w = start(HEAD);

	reload(w, HEAD "        vrrp: { interval: 40950 }\n");
	loop_turn(w->c.loop, 0);
	CHECK(subnet(w, AFI_IP4)->master); /* nobody else was heard yet */
	hear(w, "1.1.255.9", "1.1.255.254", 200);
	CHECK(!subnet(w, AFI_IP4)->master);
	CHECK(subnet(w, AFI_IP6)->master);
	reload(w, HEAD "        vrrp: { interval: 40950, priority: 7 }\n");
	CHECK(!subnet(w, AFI_IP4)->master);
	reload(w, HEAD);
	CHECK(subnet(w, AFI_IP4)->master && subnet(w, AFI_IP6)->master);
	stop(w);
}

TEST(what_is_no_advertisement_changes_nothing)
{
	struct world *w = start(HEAD "        vrrp: { interval: 10 }\n");
	const uint8_t junk[64] = { 0 };

	CHECK(until_master(w, AFI_IP4, true));
	core_vrrp_heard(&w->c, AC_BLUE, junk, sizeof(junk), 18);
	core_vrrp_heard(&w->c, AC_BLUE, junk, 10, 18);
	core_vrrp_heard(&w->c, AC_GREEN, junk, sizeof(junk), 14);
	CHECK(subnet(w, AFI_IP4)->master);
	stop(w);
}
