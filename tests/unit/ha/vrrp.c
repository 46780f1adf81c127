/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ha/ha_int.h"

#include "lan.h"

/* What is heard, and what it counts as. */

static struct lan *one(uint8_t priority)
{
	struct lan *l = lan_new();

	lan_boot(l, 0, priority);
	return l;
}

static const struct ha_group *group(const struct lan *l, enum afi afi)
{
	struct ha_key key = lan_key(afi);

	return ha_find(l->r[0].ha, &key);
}

TEST(advertisements_with_either_checksum_are_believed_and_told_apart)
{
	struct lan *l = one(100);

	lan_run(l, 1000);
	for (int i = 0; i < 10; i++) {
		lan_say(l, 0, "10.0.0.9", 200, 100,
		        i % 2 ? VRRP_SUM_PLAIN : VRRP_SUM_PSEUDO);
		lan_run(l, 1000);
	}
	CHECK_INT(group(l, AFI_IP4)->state, HA_BACKUP);
	CHECK_INT(group(l, AFI_IP4)->n[HA_N_HEARD], 10);
	CHECK_INT(group(l, AFI_IP4)->n[HA_N_HEARD_PLAIN], 5);
	CHECK_INT(group(l, AFI_IP4)->peer.checksum, VRRP_SUM_PLAIN);
	lan_free(l);
}

TEST(the_checksum_we_send_is_the_one_we_are_told_to)
{
	struct lan *l = lan_new();
	struct ha_group_config g = lan_group(0, 100, AFI_IP4);
	struct vrrp v = { 0 };
	struct cur c;

	g.checksum = VRRP_SUM_PLAIN;
	g.vlan = 0;
	lan_start(l, 0, &g);
	lan_run(l, 3700); /* its first advertisement is the first frame */
	l->n_flights = 0;
	ha_resign(l->r[0].ha, l->now);
	CHECK_INT(l->n_flights, 1);
	c = cur_of(l->flight[0].frame + 14, l->flight[0].len - 14);
	CHECK_INT(vrrp_read(&c, &v), VRRP_OK);
	CHECK_INT(v.checksum, VRRP_SUM_PLAIN);
	CHECK_INT(v.priority, 0);
	l->n_flights = 0;
	lan_free(l);
}

TEST(a_master_with_a_higher_priority_is_followed_and_one_with_a_lower_is_told_off)
{
	struct lan *l = one(100);
	unsigned sent;

	lan_run(l, 5000);
	CHECK_INT(group(l, AFI_IP4)->state, HA_MASTER);
	lan_run(l, 500);
	sent = l->r[0].adverts;
	lan_say(l, 0, "10.0.0.9", 99, 100, VRRP_SUM_PSEUDO);
	CHECK_INT(group(l, AFI_IP4)->state, HA_MASTER);
	CHECK_INT(l->r[0].adverts, sent + 1);
	lan_say(l, 0, "10.0.0.9", 99, 100, VRRP_SUM_PSEUDO);
	CHECK_INT(l->r[0].adverts, sent + 1); /* once is enough */
	lan_say(l, 0, "10.0.0.9", 101, 100, VRRP_SUM_PSEUDO);
	CHECK_INT(group(l, AFI_IP4)->state, HA_BACKUP);
	CHECK_INT(group(l, AFI_IP6)->state, HA_MASTER); /* each family by itself */
	CHECK_STR(l->r[0].why, "10.0.0.9 has priority 101");
	lan_free(l);
}

TEST(a_tie_goes_to_the_higher_address)
{
	struct lan *l = one(100); /* 10.0.0.1 */

	lan_run(l, 5000);
	lan_say(l, 0, "9.255.255.255", 100, 100, VRRP_SUM_PSEUDO);
	CHECK_INT(group(l, AFI_IP4)->state, HA_MASTER);
	lan_say(l, 0, "10.0.0.2", 100, 100, VRRP_SUM_PSEUDO);
	CHECK_INT(group(l, AFI_IP4)->state, HA_BACKUP);
	lan_free(l);
}

TEST(an_address_owner_wins_over_all)
{
	struct lan *l = one(254);

	lan_run(l, 5000);
	lan_say(l, 0, "10.0.0.254", 255, 100, VRRP_SUM_PSEUDO);
	CHECK_INT(group(l, AFI_IP4)->state, HA_BACKUP);
	lan_free(l);
}

TEST(an_owner_is_master_at_once_when_it_has_routes)
{
	struct lan *l = lan_new();
	struct ha_group_config g = lan_group(0, 255, AFI_IP4);

	lan_start(l, 0, &g); /* with a delay of 0 */
	CHECK_INT(lan_master(l, AFI_IP4), 0);
	CHECK_STR(l->r[0].why, "the addresses are its own");
	g.preempt_delay_ms = 60000;
	lan_start(l, 1, &g);
	CHECK(!l->r[1].master[AFI_IP4]);
	lan_free(l);
}

TEST(priority_0_shortens_the_wait_to_the_skew)
{
	struct lan *l = one(100);

	lan_run(l, 1000);
	lan_say(l, 0, "10.0.0.9", 200, 100, VRRP_SUM_PSEUDO);
	lan_run(l, 1000);
	lan_say(l, 0, "10.0.0.9", 0, 100, VRRP_SUM_PSEUDO);
	CHECK_INT(group(l, AFI_IP4)->n[HA_N_HEARD_RESIGN], 1);
	lan_run(l, 609);
	CHECK_INT(group(l, AFI_IP4)->state, HA_BACKUP);
	lan_run(l, 1);
	CHECK_INT(group(l, AFI_IP4)->state, HA_MASTER);
	CHECK_STR(l->r[0].why, "10.0.0.9 resigned");
	lan_free(l);
}

TEST(a_master_answers_a_resignation_with_an_advertisement)
{
	struct lan *l = one(100);
	unsigned sent;

	lan_run(l, 5000);
	sent = l->r[0].adverts;
	lan_say(l, 0, "10.0.0.9", 0, 100, VRRP_SUM_PSEUDO);
	CHECK_INT(l->r[0].adverts, sent + 1);
	CHECK_INT(group(l, AFI_IP4)->state, HA_MASTER);
	lan_free(l);
}

TEST(other_addresses_of_the_same_router_are_told_once)
{
	struct lan *l = one(100);
	struct vrrp v = {
		.src = lan_ip("10.0.0.9"),
		.vrid = LAN_VRID,
		.priority = 200,
		.interval_cs = 100,
		.n_vips = 1,
		.vips = (const uint8_t[]){10, 0, 0, 253}
	};
	uint8_t buf[VRRP_LEN_MAX];

	for (int i = 0; i < 3; i++) {
		struct wbuf w = wbuf_of(buf, sizeof(buf));

		vrrp_write(&w, &v);
		ha_heard(l->r[0].ha, LAN_AC, buf, w.len, l->now);
	}
	CHECK_INT(l->r[0].events[HA_HAP_MISMATCH], 1);
	CHECK_INT(group(l, AFI_IP4)->n[HA_N_OTHER_ADDRESSES], 3);
	lan_run(l, 10); /* it is the master all the same */
	CHECK_INT(group(l, AFI_IP4)->peer.priority, 200);
	lan_say(l, 0, "10.0.0.9", 200, 100, VRRP_SUM_PSEUDO);
	CHECK_INT(l->r[0].events[HA_HAP_MATCH], 1);
	lan_free(l);
}

TEST(bad_packets_are_counted_where_they_belong_and_change_nothing)
{
	struct lan *l = one(100);
	struct vrrp v = {
		.src = lan_ip("10.0.0.9"),
		.vrid = LAN_VRID,
		.priority = 200,
		.interval_cs = 100,
		.n_vips = 1,
		.vips = (const uint8_t[]){10, 0, 0, 254}
	};
	uint8_t buf[VRRP_LEN_MAX];
	struct wbuf w = wbuf_of(buf, sizeof(buf));

	lan_run(l, 5000);
	vrrp_write(&w, &v);
	buf[8] = 254; /* the header's checksum is wrong then, too */
	ha_heard(l->r[0].ha, LAN_AC, buf, w.len, l->now);
	CHECK_INT(l->r[0].ha->fault[VRRP_IP_SUM], 1);
	buf[8] = 255;
	buf[20] = 0x21;
	ha_heard(l->r[0].ha, LAN_AC, buf, w.len, l->now);
	CHECK_INT(group(l, AFI_IP4)->fault[VRRP_VERSION_2], 1);
	buf[20] = 0x31;
	buf[22]++;
	ha_heard(l->r[0].ha, LAN_AC, buf, w.len, l->now);
	CHECK_INT(group(l, AFI_IP4)->fault[VRRP_SUM], 1);
	ha_heard(l->r[0].ha, LAN_AC, buf, 11, l->now);
	ha_heard(l->r[0].ha, LAN_AC, buf, 0, l->now);
	CHECK_INT(l->r[0].ha->fault[VRRP_SHORT], 2);
	v.vrid++;
	w = wbuf_of(buf, sizeof(buf));
	vrrp_write(&w, &v);
	ha_heard(l->r[0].ha, LAN_AC, buf, w.len, l->now);
	CHECK_INT(l->r[0].ha->unknown, 1);
	CHECK_INT(group(l, AFI_IP4)->state, HA_MASTER);
	CHECK_INT(group(l, AFI_IP4)->n[HA_N_HEARD], 0);
	lan_free(l);
}

TEST(what_is_heard_while_the_link_is_down_is_counted_and_forgotten)
{
	struct lan *l = one(100);

	ha_link(l->r[0].ha, LAN_AC, false, l->now);
	lan_say(l, 0, "10.0.0.9", 200, 100, VRRP_SUM_PSEUDO);
	CHECK_INT(group(l, AFI_IP4)->n[HA_N_NO_LINK], 1);
	CHECK_INT(group(l, AFI_IP4)->peer.ip.afi, AFI_NONE);
	lan_free(l);
}

TEST(a_group_without_an_address_of_its_own_waits_for_one)
{
	struct lan *l = lan_new();
	struct ha_group_config g = lan_group(0, 100, AFI_IP6);
	struct ip own = g.primary;

	g.primary = (struct ip){ 0 };
	lan_start(l, 0, &g);
	lan_run(l, 10000);
	CHECK_INT(lan_master(l, AFI_IP6), -1);
	CHECK_INT(group(l, AFI_IP6)->state, HA_INIT);
	g.primary = own;
	ha_group_set(l->r[0].ha, &g, l->now);
	lan_run(l, 4000);
	CHECK_INT(lan_master(l, AFI_IP6), 0);
	g.primary = (struct ip){ 0 }; /* the port is gone */
	ha_group_set(l->r[0].ha, &g, l->now);
	CHECK_INT(lan_master(l, AFI_IP6), -1);
	CHECK_INT(l->r[0].resigns, 0);
	lan_free(l);
}
