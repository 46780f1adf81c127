/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <linux/bpf.h>
#include <unistd.h>

#include "base/must.h"

#include "tests/bpf/rig.h"

/* The backend itself: coming, going, coming back, and saying why not. */

static struct prefix pfx(const char *s)
{
	struct prefix p;

	CHECK(prefix_parse(s, &p));
	return p;
}

static struct dataplane *another(const struct rig *r, uint32_t hosts)
{
	struct dp_events ev = { 0 };
	struct dp_xdp_config cfg = { .fib_hosts = hosts };
	char dir[128], *err = NULL;
	struct dataplane *dp;

	snprintf(dir, sizeof(dir), "%s/pe", r->dir);
	cfg.pin_dir = dir;
	dp = dp_xdp_new(&cfg, &ev, &err);
	if (!dp)
		t_fail(__FILE__, __LINE__, "%s", err);
	return dp;
}

static const struct dp_route remote = { .kind = DP_ROUTE_REMOTE,
	                                .nexthop = RIG_NH,
	                                .label = RIG_VPN_LABEL };

TEST(a_new_daemon_finds_routes_and_sweeps_what_nobody_wrote_again)
{
	struct rig *r = rig();
	struct prefix b = pfx("1.1.1.3/32"), c = pfx("1.1.1.2/32"), n = pfx("9.0.0.0/8");
	struct prefix d = pfx("1.1.0.0/16");
	struct dp_route got;
	struct dataplane *dp = another(r, 1000);

	CHECK_INT(dp->ops->route_get(dp, RIG_VRF, &b, &got), 0);
	CHECK_INT(got.label, RIG_VPN_LABEL);
	CHECK_INT(dp->ops->route_get(dp, RIG_VRF, &n, &got), 0);
	CHECK(got.edge_only);
	CHECK_INT(dp->ops->route_set(dp, RIG_VRF, &b, &remote), 0);
	got = (struct dp_route){ .kind = DP_ROUTE_DISCARD };
	CHECK_INT(dp->ops->route_set(dp, RIG_VRF, &d, &got), 0);
	CHECK_INT(dp->ops->sync_done(dp), 0);
	CHECK_INT(dp->ops->route_get(dp, RIG_VRF, &b, &got), 0);
	CHECK_INT(dp->ops->route_get(dp, RIG_VRF, &d, &got), 0);
	CHECK_INT(dp->ops->route_get(dp, RIG_VRF, &c, &got), -ENOENT);
	CHECK_INT(dp->ops->route_get(dp, RIG_VRF, &n, &got), -ENOENT);
	dp->ops->free(dp, true);
}

TEST(forwarding_outlives_its_daemon)
{
	struct rig *r = rig();
	struct dataplane *dp = another(r, 1000);
	struct pk p = { 0 };

	put(&p, PE_MAC A_MAC "0800");
	put_echo4(&p, "1.1.1.1", "1.1.1.3", 64, 20);
	dp->ops->free(dp, true);
	CHECK_INT(run(r->acc, p.b, p.len).reason, ABI_TO_CORE);
}

TEST(a_new_daemon_knows_that_it_was_master_while_the_lease_holds)
{
	struct rig *r = rig();
	struct dp_subnet sn = { .ac = 1,
		                .prefix = pfx("1.1.0.0/16"),
		                .proxy_mac = { { 0, 0, 0x5e, 0, 1, 10 } },
		                .master = true,
		                .leased = true };
	struct mono now = { 5000000 }, later = { 6000000 };
	struct dataplane *dp;

	CHECK_INT(r->dp->ops->subnet_set(r->dp, &sn), 0);
	CHECK_INT(r->dp->ops->lease(r->dp, later), 0);
	dp = another(r, 1000);
	CHECK(dp->ops->was_master(dp, &sn, now));
	CHECK(!dp->ops->was_master(dp, &sn, later));
	sn.prefix = pfx("1.1.0.0/17"); /* another subnet, though inside that one */
	CHECK(!dp->ops->was_master(dp, &sn, now));
	dp->ops->free(dp, true);

	sn.prefix = pfx("1.1.0.0/16");
	sn.master = false;
	CHECK_INT(r->dp->ops->subnet_set(r->dp, &sn), 0);
	dp = another(r, 1000);
	CHECK(!dp->ops->was_master(dp, &sn, now));
	dp->ops->free(dp, true);
}

TEST(hosts_are_carried_into_a_table_of_another_size)
{
	struct rig *r = rig();
	struct prefix b = pfx("1.1.1.3/32"), six = pfx("2001:db8:1::3/128");
	struct dp_route got;
	struct dataplane *dp = another(r, 5000);

	CHECK_INT(dp->ops->route_get(dp, RIG_VRF, &b, &got), 0);
	CHECK_INT(got.label, RIG_VPN_LABEL);
	CHECK_INT(dp->ops->route_get(dp, RIG_VRF, &six, &got), 0);
	CHECK_INT(got.nexthop, RIG_NH);
	dp->ops->free(dp, true);
}

TEST(a_full_table_says_so_and_what_to_do)
{
	struct rig *r = rig();
	int err = 0;

	for (uint32_t i = 1; i < 1100 && !err; i++) {
		struct ip ip = ip_of_u32(0x0a000000 + i);
		struct prefix p = prefix_host(&ip);

		err = r->dp->ops->route_set(r->dp, RIG_VRF, &p, &remote);
	}
	CHECK_INT(err, -ENOSPC);
	CHECK(strstr(dp_error(r->dp), "fib-hosts"));
}

struct walked {
	unsigned n, local, remote, prefixes;
};

static void on_route(void *arg, uint32_t vrf, const struct prefix *p,
                     const struct dp_route *r)
{
	struct walked *w = arg;

	CHECK_INT(vrf, RIG_VRF);
	w->n++;
	w->local += r->kind == DP_ROUTE_LOCAL;
	w->remote += r->kind == DP_ROUTE_REMOTE && prefix_is_host(p);
	w->prefixes += !prefix_is_host(p);
}

TEST(a_walk_in_small_steps_visits_all)
{
	struct rig *r = rig();

	for (size_t step = 1; step < 30; step += 7) {
		struct walked w = { 0 };
		uint64_t pos = 0;

		while (r->dp->ops->route_walk(r->dp, &pos, step, on_route, &w))
			;
		CHECK_INT(w.prefixes, 5);
		CHECK_INT(w.local, 7);
		CHECK_INT(w.remote, 7);
		CHECK_INT(w.n, 19);
	}
}

TEST(a_next_hop_that_goes_takes_its_routes_with_it_in_one_write)
{
	struct rig *r = rig();
	struct dp_nexthop none = { 0 };
	struct pk p = { 0 };

	put(&p, PE_MAC A_MAC "0800");
	put_echo4(&p, "1.1.1.1", "1.1.1.3", 64, 20);
	CHECK_INT(run(r->acc, p.b, p.len).reason, ABI_TO_CORE);
	CHECK_INT(r->dp->ops->nexthop_set(r->dp, RIG_NH, &none), 0);
	CHECK_INT(run(r->acc, p.b, p.len).reason, ABI_NO_PATH);
	rig_encap(DP_ENCAP_GRE, 0, 1600);
	CHECK_INT(run(r->acc, p.b, p.len).reason, ABI_TO_CORE);
}

TEST(an_attachment_deleted_or_moved_leaves_nothing_behind)
{
	struct rig *r = rig();
	struct dp_ac ac = { .id = 2,
		            .vrf = RIG_VRF,
		            .ifindex = r->acc,
		            .vlan = 101,
		            .mac = { { 2, 0xee, 0, 0, 0, 1 } } };
	struct pk p = { 0 };

	put(&p, PE_MAC C_MAC "810000640800");
	put_echo4(&p, "1.1.1.2", "1.1.1.1", 64, 20);
	CHECK_INT(run(r->acc, p.b, p.len).reason, ABI_TO_HOST);
	CHECK_INT(r->dp->ops->ac_set(r->dp, &ac), 0);
	CHECK_INT(run(r->acc, p.b, p.len).reason, ABI_NO_AC);
	p.b[15] = 101;
	CHECK_INT(run(r->acc, p.b, p.len).reason, ABI_TO_HOST);
	CHECK_INT(r->dp->ops->ac_del(r->dp, 2), 0);
	CHECK_INT(run(r->acc, p.b, p.len).reason, ABI_NO_AC);
	p.len = 0; /* and its host has no way out */
	put(&p, PE_MAC A_MAC "0800");
	put_echo4(&p, "1.1.1.1", "1.1.1.2", 64, 20);
	CHECK_INT(run(r->acc, p.b, p.len).reason, ABI_NO_PATH);
}

TEST(reasons_for_not_starting_are_one_line_each)
{
	struct rig *r = rig();
	struct dp_events ev = { 0 };
	struct dp_xdp_config cfg = { .pin_dir = "/tmp/vsx-no-bpffs/pe", .fib_hosts = 10 };
	char *err = NULL;

	CHECK(!dp_xdp_new(&cfg, &ev, &err));
	CHECK(strstr(err, "not on a BPF file system"));
	CHECK(!strchr(err, '\n'));
	CHECK(access("/tmp/vsx-no-bpffs", F_OK));
	free(err);
	CHECK_INT(r->dp->ops->port_add(r->dp, 4321, DP_ROLE_CORE), -ENODEV);
	CHECK(strstr(dp_error(r->dp), "4321"));
}

TEST(a_busy_hook_is_not_taken)
{
	struct rig *r = rig();
	struct dp_events ev = { 0 };
	struct dp_xdp_config cfg = { .fib_hosts = 10 };
	char dir[128], *err = NULL;
	struct dataplane *dp;

	snprintf(dir, sizeof(dir), "%s/other/deeper", r->dir);
	cfg.pin_dir = dir;
	dp = dp_xdp_new(&cfg, &ev, &err);
	CHECK(dp);
	CHECK_INT(dp->ops->port_add(dp, r->acc, DP_ROLE_ACCESS), -EBUSY);
	CHECK(strstr(dp_error(dp), "acc"));
	CHECK(strstr(dp_error(dp), "another XDP program"));
	dp->ops->free(dp, false);
	CHECK(access(dir, F_OK)); /* nothing is left */
}

/* The kernel gives up at a million, and other kernels count more than this one: whoever
 * comes near the bound has made a branch too many. */
TEST(the_verifier_is_done_well_before_it_gives_up)
{
	enum { BOUND = 100000 };

	rig();
	printf("# %u instructions\n", rig_insns());
	CHECK(rig_insns() > 1000 && rig_insns() < BOUND);
}
