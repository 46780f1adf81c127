/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/core.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/mem.h"
#include "core/core_dhcp.h"
#include "core/core_int.h"
#include "sys/priv.h"

#include "gateway/gw_dhcp.h"

enum {
	/* Before what an earlier run left in the packet path is swept: */
	SYNC_WAIT_S = 60, /* the neighbors' End-of-RIB, at most */
	/* and the local hosts that were asked, to answer: */
	SYNC_HOST_MS = 3, /* each up to three times, 1000 questions a second */
	FDS_WANTED = 65536,
};

int core_fail(char **ret_err, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	must(vasprintf(ret_err, fmt, ap) >= 0);
	va_end(ap);
	return err;
}

static const char *path_in(const char *dir, const char *name, char *buf, size_t n)
{
	snprintf(buf, n, "%s/%s", dir, name);
	return buf;
}

/* A node that only reflects has no VPNs: no data plane, no hosts. */
bool core_is_pe(const struct core *c)
{
	return c->cfg->n_vpns > 0;
}

static int start_alone(struct core *c, char **ret_err)
{
	unsigned need = core_is_pe(c)
	                        ? PRIV_BPF | PRIV_PERFMON | PRIV_NET_ADMIN | PRIV_NET_RAW
	                        : 0;
	char path[512], text[PRIV_TEXT_LEN];
	pid_t holder = 0;
	int r;

	if (c->cfg->listen_port < 1024)
		need |= PRIV_NET_BIND_SERVICE;
	if (priv_missing(need))
		return core_fail(ret_err, -EPERM, "%s (run it as root or give it these)",
		                 priv_missing_text(priv_missing(need), text));
	r = priv_mkdir(c->cfg->runtime_dir, 0755);
	if (r)
		return core_fail(ret_err, r, "runtime directory %s: %s",
		                 c->cfg->runtime_dir, strerror(-r));
	path_in(c->cfg->runtime_dir, "vsubnetd.lock", path, sizeof(path));
	r = priv_lock(path, &c->lock_fd, &holder);
	if (r == -EWOULDBLOCK)
		return core_fail(ret_err, r,
		                 "already running as process %d (%s is locked)",
		                 (int)holder, path);
	if (r)
		return core_fail(ret_err, r, "lock %s: %s", path, strerror(-r));
	return 0;
}

static int start_system(struct core *c, char **ret_err)
{
	struct ctl_config ctl = { 0 };
	char path[512], why[256];
	uint64_t seed[2];
	int r = start_alone(c, ret_err);

	if (r)
		return r;
	priv_raise_fds(FDS_WANTED);
	priv_random(seed, sizeof(seed));
	hash_seed(seed[0], seed[1]);
	r = netlink_open(c->loop, &c->nl, ret_err);
	if (r)
		return r;
	ctl.path = path_in(c->cfg->runtime_dir, "vsubnet.sock", path, sizeof(path));
	r = ctl_new(c->loop, &ctl, &c->ctl, why);
	return r ? core_fail(ret_err, r, "control socket %s: %s", path, why) : 0;
}

static void on_dp_events(void *arg, unsigned ready)
{
	struct core *c = arg;

	(void)ready;
	c->dp->ops->poll(c->dp);
}

static int start_dataplane(struct core *c, char **ret_err)
{
	char pin[512];
	struct dp_events ev = { .evidence = core_evidence, .arg = c };
	struct dp_xdp_config xc = { .fib_hosts = c->cfg->fib_hosts,
		                    .generic = c->cfg->xdp_generic,
		                    .force = c->cfg->xdp_force };
	int fd, r;

	xc.pin_dir = path_in(c->cfg->bpf_dir, c->cfg->name, pin, sizeof(pin));
	c->adopted = !access(pin, F_OK);
	c->dp = dp_xdp_new(&xc, &ev, ret_err);
	if (!c->dp)
		return -EIO;
	fd = c->dp->ops->event_fd(c->dp);
	if (fd >= 0)
		c->dp_events = loop_fd_add(c->loop, fd, LOOP_READ, on_dp_events, c);
	r = c->dp->ops->local_set(c->dp, &c->cfg->source);
	if (r)
		return core_fail(ret_err, r, "data plane: %s", dp_error(c->dp));
	r = packet_open(&c->packet);
	return r ? core_fail(ret_err, r, "packet socket: %s", strerror(-r)) : 0;
}

static void on_hosts_due(void *arg)
{
	struct core *c = arg;

	hosts_run(c->hosts, loop_now(c->loop));
	core_hosts_arm(c);
}

static void on_sync(void *arg)
{
	struct core *c = arg;

	c->synced = true;
	if (c->dp->ops->sync_done(c->dp))
		log_err("data plane: sweeping stale entries: %s", dp_error(c->dp));
	nexthop_groups_swept(c->nexthops);
}

void core_trades_start(struct core *c, const struct nexthop_kernel_ops *kernel_ops,
                       void *kernel)
{
	static const enum vrf_encap encap[] = { [ENCAP_MPLS_UDP] = VRF_ENCAP_UDP,
		                                [ENCAP_MPLS_GRE] = VRF_ENCAP_GRE,
		                                [ENCAP_MPLS] = VRF_ENCAP_MPLS };
	struct nexthops_config nc = { .loop = c->loop,
		                      .dp = c->dp,
		                      .kernel_ops = kernel_ops,
		                      .kernel = kernel,
		                      .source = c->cfg->source,
		                      .changed = core_nexthop_changed,
		                      .arg = c };
	struct vrfs_config vc = { .rib = c->rib,
		                  .source = c->cfg->source,
		                  .router_id = ip_u32(&c->cfg->router_id),
		                  .encap = encap[c->cfg->encap],
		                  .max_paths = c->cfg->maximum_paths,
		                  .ops = &core_vrf_ops,
		                  .arg = c };
	struct hosts_config hc = { .ops = &core_host_ops, .arg = c };

	priv_random(&hc.seed, sizeof(hc.seed));
	c->nexthops = nexthops_new(&nc);
	c->vrfs = vrfs_new(&vc);
	c->hosts = hosts_new(&hc);
	c->history = history_new(HISTORY_HOSTS);
	c->heard_at = MONO_NEVER;
	core_ours_new(c);
	loop_timer_init(&c->hosts_timer, c->loop, on_hosts_due, c);
	loop_timer_init(&c->sync_timer, c->loop, on_sync, c);
	loop_timer_init(&c->verify_timer, c->loop, core_bgp_verify, c);
}

void core_trades_stop(struct core *c)
{
	core_dhcp_stop(c);
	core_ra_stop(c);
	core_tools_stop(c);
	core_ports_stop(c);
	if (c->hosts) {
		loop_timer_cancel(&c->hosts_timer);
		loop_defer_cancel(&c->hosts_defer);
		loop_timer_cancel(&c->sync_timer);
		loop_timer_cancel(&c->verify_timer);
	}
	hosts_free(c->hosts);
	history_free(c->history);
	vrfs_free(c->vrfs);
	nexthops_free(c->nexthops);
	core_ours_free(c);
}

struct mono core_sync_after(const struct core *c, int64_t s)
{
	return mono_add_ms(c->started, s * 1000 + (int64_t)c->n_asked * SYNC_HOST_MS);
}

static void register_commands(struct core *c)
{
	ctl_register(c->ctl, core_cmds, core_cmds_n, c);
	ctl_register(c->ctl, bgp_cmds, bgp_cmds_n, c->bgp);
	ctl_register(c->ctl, bgp_admin_cmds, bgp_admin_cmds_n, c->bgp);
	if (!core_is_pe(c))
		return;
	ctl_register(c->ctl, vrf_cmds, vrf_cmds_n, c->vrfs);
	ctl_register(c->ctl, host_cmds, host_cmds_n, c->hosts);
	ctl_register(c->ctl, core_history_cmds, core_history_cmds_n, c);
	ctl_register(c->ctl, nexthop_cmds, nexthop_cmds_n, c->nexthops);
	ctl_register(c->ctl, gw_dhcp_cmds, gw_dhcp_cmds_n, c->dhcp);
	core_ra_commands(c);
}

static int start_all(struct core *c, char **ret_err)
{
	int r = start_system(c, ret_err);

	if (r)
		return r;
	c->rib = rib_new();
	if (core_is_pe(c)) {
		r = start_dataplane(c, ret_err);
		if (r)
			return r;
		core_trades_start(c, NULL, c->nl);
		r = core_ports_start(c, ret_err);
		if (!r)
			r = core_vpns_start(c, ret_err);
		if (!r)
			r = core_tools_start(c, ret_err);
		if (r)
			return r;
		core_dhcp_start(c); /* before anybody says who is master */
		core_ra_start(c);
		core_ha_start(c);
		core_hosts_adopt(c);
		loop_timer_set(&c->sync_timer, core_sync_after(c, SYNC_WAIT_S));
	}
	r = core_bgp_start(c, ret_err);
	if (r)
		return r;
	core_mrt_start(c);
	core_bmp_start(c);
	register_commands(c);
	return 0;
}

struct core *core_start(struct loop *loop, const struct config *cfg, const char *path,
                        char **ret_err)
{
	struct core *c = mem_new(struct core);

	c->cfg = cfg;
	c->path = path;
	c->loop = loop;
	c->lock_fd = -1;
	c->started = loop_now(loop);
	if (start_all(c, ret_err)) {
		core_stop(c, c->adopted); /* what forwarded before us goes on */
		return NULL;
	}
	return c;
}

void core_stop(struct core *c, bool leave_forwarding)
{
	if (!c)
		return;
	c->leaving = leave_forwarding;
	core_bmp_stop(c);
	core_mrt_stop(c);
	core_ha_stop(c); /* before the routes go: the site's other PE has them */
	if (c->bgp && leave_forwarding)
		bgp_leave(c->bgp);
	bgp_free(c->bgp);
	c->bgp = NULL; /* the VRFs that go tell nobody */
	bgp_tcp_free(c->bgp_tcp);
	core_trades_stop(c);
	loop_fd_del(c->dp_events);
	if (c->dp)
		c->dp->ops->free(c->dp, leave_forwarding);
	packet_free(c->packet);
	rib_free(c->rib);
	ctl_free(c->ctl);
	netlink_free(c->nl);
	priv_unlock(c->lock_fd);
	config_free(c->cfg);
	free(c);
}
