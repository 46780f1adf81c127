/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "world.h"

/* Interfaces come and go under their configured names. */
#define A    "02:aa:00:00:00:0a"
#define HOST "1.1.1.1"

TEST(attachments_are_found_by_their_number)
{
	struct world *w = world_new();
	char buf[64];

	CHECK(!core_ac(&w->c, 0));
	CHECK(!core_ac(&w->c, 4));
	for (uint16_t id = AC_BLUE; id <= AC_GREEN; id++) {
		CHECK_INT(core_ac(&w->c, id)->id, id);
		CHECK_INT(core_ac_port(&w->c, core_ac(&w->c, id))->ifindex, ETH0);
	}
	CHECK_STR(core_ac_name(&w->c, AC_GREEN, buf, sizeof(buf)), "eth0.200");
	CHECK(!core_ac_name(&w->c, 4, buf, sizeof(buf)));
	world_free(w);
}

TEST(a_port_that_goes_takes_its_hosts_along)
{
	struct world *w = world_new();
	enum dp_role role;

	world_hear(w, DP_EV_GARP, AC_BLUE, A, HOST);
	world_link(w, ETH0, "eth0", false, true);
	CHECK(!world_advertised(w, HOST, NULL));
	CHECK_STR(world_way(w, VRF, HOST), "-");
	CHECK(!dp_mem_port(w->dp, ETH0, &role));
	world_hear(w, DP_EV_GARP, AC_BLUE, A, HOST); /* late, from the ring */
	CHECK_INT(w->c.port[1].ifindex, 0);
	world_free(w);
}

TEST(an_interface_of_that_name_is_the_port_again)
{
	struct world *w = world_new();
	enum dp_role role;

	world_link(w, ETH0, "eth0", true, true);
	world_link(w, 77, "eth0", true, false);
	CHECK(dp_mem_port(w->dp, 77, &role));
	CHECK_INT(role, DP_ROLE_ACCESS);
	CHECK_INT(dp_mem_ac(w->dp, AC_BLUE)->ifindex, 77);
	CHECK_INT(dp_mem_ac(w->dp, AC_GREEN)->ifindex, 77);
	world_hear(w, DP_EV_GARP, AC_BLUE, A, HOST);
	CHECK(world_advertised(w, HOST, NULL));
	world_free(w);
}

TEST(two_ports_can_change_names)
{
	struct world *w = world_new();
	enum dp_role role;

	world_link(w, ETH0, "tmp", true, false);
	CHECK(!dp_mem_port(w->dp, ETH0, &role));
	world_link(w, ETH1, "eth0", true, false); /* one message: old name and new */
	CHECK(dp_mem_port(w->dp, ETH1, &role));
	CHECK_INT(role, DP_ROLE_ACCESS);
	world_link(w, ETH0, "eth1", true, false);
	CHECK(dp_mem_port(w->dp, ETH0, &role));
	CHECK_INT(role, DP_ROLE_CORE);
	world_free(w);
}
