/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "world.h"

/*
 * Where the trades meet: a host table, VRFs and next hops that know nothing of each other
 * must agree on what the packet path holds.
 */
#define A    "02:aa:00:00:00:0a"
#define HOST "1.1.1.1"
#define PE2  "192.0.2.12"
#define PE3  "192.0.2.13"

TEST(a_local_host_is_in_the_packet_path_and_advertised)
{
	struct world *w = world_new();
	uint32_t label = 0;

	CHECK_STR(world_way(w, VRF, HOST), "-");
	world_hear(w, DP_EV_GARP, AC_BLUE, A, HOST);
	CHECK_STR(world_way(w, VRF, HOST), "local 1 " A);
	CHECK_STR(world_way(w, GREEN, HOST), "-");
	CHECK(world_advertised(w, HOST, &label));
	CHECK_INT(label, 100100);
	world_free(w);
}

TEST(a_remote_route_holds_its_next_hop_as_long_as_it_is_there)
{
	struct world *w = world_new();

	world_route(w, PE2, HOST, 0);
	CHECK_STR(world_way(w, VRF, HOST), PE2);
	CHECK_INT(world_refs(w, PE2), 1);
	world_route(w, PE2, "1.1.1.2", 0);
	CHECK_INT(world_refs(w, PE2), 2);
	world_route(w, PE3, HOST, 1); /* newer: takes over */
	CHECK_STR(world_way(w, VRF, HOST), PE3);
	CHECK_INT(world_refs(w, PE2), 1);
	CHECK_INT(world_refs(w, PE3), 1);
	world_unroute(w, PE3, HOST);
	CHECK_STR(world_way(w, VRF, HOST), PE2);
	CHECK_INT(world_refs(w, PE3), 0);
	world_unroute(w, PE2, HOST);
	world_unroute(w, PE2, "1.1.1.2");
	CHECK_STR(world_way(w, VRF, HOST), "-");
	CHECK_INT(world_refs(w, PE2), 0);
	world_free(w);
}

TEST(a_route_to_an_address_of_ours_does_not_lead_away)
{
	struct world *w = world_new();

	world_route(w, PE2, "1.1.255.254", 7); /* the gateway's */
	CHECK_STR(world_way(w, VRF, "1.1.255.254"), "-");
	CHECK_INT(world_refs(w, PE2), 0);
	world_route(w, PE2, "1.1.255.253", 7);
	CHECK_STR(world_way(w, VRF, "1.1.255.253"), PE2);
	world_unroute(w, PE2, "1.1.255.254");
	CHECK_INT(world_refs(w, PE2), 1);
	world_free(w);
}

TEST(a_pe_is_a_tunnel_source_from_its_first_route_on)
{
	struct world *w = world_new();
	struct ip pe = world_ip(PE2);

	CHECK(!dp_mem_peer(w->dp, &pe));
	world_route(w, PE2, HOST, 0);
	CHECK(dp_mem_peer(w->dp, &pe));
	world_free(w);
}

TEST(a_host_that_moves_here_is_newer_than_the_route_it_had)
{
	struct world *w = world_new();
	struct ip ip = world_ip(HOST);
	struct host_info hi;

	world_route(w, PE2, HOST, 4);
	world_hear(w, DP_EV_GARP, AC_BLUE, A, HOST);
	CHECK_STR(world_way(w, VRF, HOST), "local 1 " A);
	CHECK(world_advertised(w, HOST, NULL));
	CHECK(hosts_info(w->c.hosts, VRF, &ip, &hi));
	CHECK_INT(hi.seq, 5);
	world_free(w);
}

TEST(packets_follow_a_newer_route_while_the_host_is_asked_and_stay_when_it_is_silent)
{
	struct world *w = world_new();

	world_hear(w, DP_EV_GARP, AC_BLUE, A, HOST);
	world_route(w, PE2, HOST, 1);
	CHECK_STR(world_way(w, VRF, HOST), PE2);
	CHECK(world_advertised(w, HOST, NULL)); /* until it has not answered */
	world_run(w, 2000);
	CHECK_STR(world_way(w, VRF, HOST), PE2);
	CHECK(!world_advertised(w, HOST, NULL));
	CHECK_INT(world_refs(w, PE2), 1);
	world_free(w);
}

TEST(packets_come_back_to_a_host_that_answers_for_itself)
{
	struct world *w = world_new();
	struct ip ip = world_ip(HOST);

	world_hear(w, DP_EV_GARP, AC_BLUE, A, HOST);
	world_route(w, PE2, HOST, 1);
	CHECK_STR(world_way(w, VRF, HOST), PE2);
	dp_mem_speak(w->dp, VRF, &ip);
	world_hear(w, DP_EV_ARP_REPLY, AC_BLUE, A, HOST);
	world_run(w, 2000);
	CHECK_STR(world_way(w, VRF, HOST), "local 1 " A);
	CHECK(world_advertised(w, HOST, NULL));
	world_free(w);
}

/* It was advertised a moment ago, so others hear of the answer a second later; its
 * packets must not go to the rival for so long. */
TEST(packets_come_back_at_once_even_if_the_route_has_to_wait)
{
	struct world *w = world_new();

	world_hear(w, DP_EV_GARP, AC_BLUE, A, HOST);
	world_run(w, 100);
	world_route(w, PE2, HOST, 1);
	CHECK_STR(world_way(w, VRF, HOST), PE2);
	world_hear(w, DP_EV_ARP_REPLY, AC_BLUE, A, HOST);
	CHECK_STR(world_way(w, VRF, HOST), "local 1 " A);
	world_free(w);
}

/* And if it is gone before they heard, nothing of it stays. */
TEST(a_host_that_goes_before_it_was_advertised_again_leaves_nothing)
{
	struct world *w = world_new();
	struct ip ip = world_ip(HOST);

	world_hear(w, DP_EV_GARP, AC_BLUE, A, HOST);
	world_run(w, 100);
	CHECK(hosts_detach(w->c.hosts, VRF, &ip, w->now));
	CHECK_STR(world_way(w, VRF, HOST), "-");
	world_hear(w, DP_EV_GARP, AC_BLUE, A, HOST);
	CHECK_STR(world_way(w, VRF, HOST), "local 1 " A);
	CHECK(!world_advertised(w, HOST, NULL));
	CHECK(hosts_detach(w->c.hosts, VRF, &ip, w->now));
	CHECK_STR(world_way(w, VRF, HOST), "-");
	world_free(w);
}

TEST(while_packets_follow_a_rival_they_follow_it_to_another_pe)
{
	struct world *w = world_new();

	world_hear(w, DP_EV_GARP, AC_BLUE, A, HOST);
	world_route(w, PE2, HOST, 1);
	world_route(w, PE3, HOST, 2);
	CHECK_STR(world_way(w, VRF, HOST), PE3);
	world_unroute(w, PE3, HOST); /* the older one is left, and its next hop alive */
	CHECK_STR(world_way(w, VRF, HOST), PE2);
	CHECK_INT(world_refs(w, PE3), 0);
	world_free(w);
}

/* The same claim, told anew: nothing is decided again, but the way must be the new one.
 */
TEST(while_packets_follow_a_rival_they_follow_a_change_of_its_label)
{
	struct world *w = world_new();
	struct ip ip = world_ip(HOST);
	struct prefix p = prefix_host(&ip);
	struct dp_route r;

	world_hear(w, DP_EV_GARP, AC_BLUE, A, HOST);
	world_route(w, PE2, HOST, 1);
	w->label = 100777;
	world_route(w, PE2, HOST, 1);
	CHECK_INT(w->dp->ops->route_get(w->dp, VRF, &p, &r), 0);
	CHECK_INT(r.kind, DP_ROUTE_REMOTE);
	CHECK_INT(r.label, 100777);
	world_free(w);
}

TEST(a_local_host_that_ends_leaves_the_remote_route)
{
	struct world *w = world_new();

	world_route(w, PE2, HOST, 0);
	world_hear(w, DP_EV_GARP, AC_BLUE, A, HOST);
	world_link(w, ETH0, "eth0", false, false);
	CHECK_STR(world_way(w, VRF, HOST), PE2);
	CHECK(!world_advertised(w, HOST, NULL));
	world_unroute(w, PE2, HOST);
	CHECK_STR(world_way(w, VRF, HOST), "-");
	world_free(w);
}

TEST(what_is_left_behind_for_the_next_daemon_is_the_whole_packet_path)
{
	struct world *w = world_new();
	struct ip pe = world_ip(PE2);
	unsigned long writes;

	world_hear(w, DP_EV_GARP, AC_BLUE, A, HOST);
	world_route(w, PE2, "1.1.1.3", 0);
	writes = dp_mem_writes(w->dp);
	world_stop(w, true);
	CHECK_INT(dp_mem_writes(w->dp), writes);
	CHECK(dp_mem_peer(w->dp, &pe));
	world_free(w);
}

TEST(hosts_of_an_earlier_run_are_advertised_once_they_were_heard)
{
	struct world *w = world_new();
	struct ip ip = world_ip(HOST);

	world_hear(w, DP_EV_GARP, AC_BLUE, A, HOST);
	world_hear(w, DP_EV_GARP, AC_BLUE, "02:aa:00:00:00:0c", "1.1.1.2");
	world_stop(w, true);
	world_adopt(w);
	CHECK_INT(w->c.n_asked, 2);
	CHECK(!world_advertised(w, HOST, NULL));
	dp_mem_speak(w->dp, VRF, &ip);
	world_run(w, 2000);
	CHECK(world_advertised(w, HOST, NULL));
	CHECK_STR(world_way(w, VRF, HOST), "local 1 " A);
	CHECK(!world_advertised(w, "1.1.1.2", NULL));
	world_free(w);
}

TEST(a_host_of_an_earlier_run_never_leads_to_a_port_of_another_vpn)
{
	struct world *w = world_new();
	struct dp_route stray = { .kind = DP_ROUTE_LOCAL,
		                  .ac = AC_GREEN,
		                  .mac = { { 2, 1 } } };
	struct ip ip = world_ip(HOST);
	struct prefix p = prefix_host(&ip);

	world_stop(w, true);
	CHECK_INT(w->dp->ops->route_set(w->dp, VRF, &p, &stray), 0);
	stray.ac = 77; /* no attachment at all now */
	CHECK_INT(w->dp->ops->route_set(w->dp, GREEN, &p, &stray), 0);
	world_adopt(w);
	CHECK_STR(world_way(w, VRF, HOST), "-");
	CHECK_STR(world_way(w, GREEN, HOST), "-");
	world_free(w);
}

TEST(a_backup_is_silent_in_the_packet_path_but_learns_and_advertises)
{
	struct world *w = world_new();
	const struct config_vpn *vpn = &w->cfg->vpn[0];
	const struct config_subnet *sn = &vpn->subnet[0];

	CHECK(dp_mem_subnet(w->dp, AC_BLUE, &sn->prefix)->master);
	core_subnet_master(&w->c, vpn, sn, AFI_IP4, AC_BLUE, false);
	CHECK(!dp_mem_subnet(w->dp, AC_BLUE, &sn->prefix)->master);
	world_hear(w, DP_EV_GARP, AC_BLUE, A, HOST);
	CHECK_STR(world_way(w, VRF, HOST), "local 1 " A);
	CHECK(world_advertised(w, HOST, NULL));
	core_subnet_master(&w->c, vpn, sn, AFI_IP4, AC_BLUE, true);
	CHECK(dp_mem_subnet(w->dp, AC_BLUE, &sn->prefix)->master);
	world_free(w);
}

static struct dp_route fib(const struct world *w, const char *text)
{
	struct ip ip = world_ip(text);
	struct prefix p = prefix_host(&ip);
	struct dp_route r = { 0 };

	CHECK_INT(w->c.dp->ops->route_get(w->c.dp, VRF, &p, &r), 0);
	return r;
}

TEST(a_configured_host_is_advertised_before_it_says_a_word_and_no_other_is_believed)
{
	struct world *w = world_new();

	CHECK_STR(world_way(w, VRF, "1.1.1.9"), "local 1 02:aa:00:00:00:09");
	CHECK(world_advertised(w, "1.1.1.9", NULL));
	world_hear(w, DP_EV_GARP, AC_BLUE, A, "1.1.1.9");
	world_route(w, PE2, "1.1.1.9", 9);
	world_run(w, 10000);
	CHECK_STR(world_way(w, VRF, "1.1.1.9"), "local 1 02:aa:00:00:00:09");
	world_link(w, ETH0, "eth0", false, false);
	CHECK(!world_advertised(w, "1.1.1.9", NULL));
	CHECK_STR(world_way(w, VRF, "1.1.1.9"), PE2);
	world_link(w, ETH0, "eth0", true, false);
	CHECK(world_advertised(w, "1.1.1.9", NULL));
	world_free(w);
}

TEST(an_anycast_host_is_forwarded_to_but_neither_told_nor_answered_for)
{
	struct world *w = world_new();

	world_route(w, PE2, "1.1.1.8", 3); /* another site tells its own, by mistake */
	CHECK(fib(w, "1.1.1.8").frozen);
	world_hear(w, DP_EV_GARP, AC_BLUE, A, "1.1.1.8");
	CHECK_STR(world_way(w, VRF, "1.1.1.8"), "local 1 " A);
	CHECK(fib(w, "1.1.1.8").frozen);
	CHECK(!world_advertised(w, "1.1.1.8", NULL));
	world_route(w, PE2, "1.1.1.8", 4); /* does not take it away */
	CHECK_STR(world_way(w, VRF, "1.1.1.8"), "local 1 " A);
	world_link(w, ETH0, "eth0", false, false);
	CHECK_STR(world_way(w, VRF, "1.1.1.8"), PE2);
	world_free(w);
}
