/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>

#include "base/mem.h"
#include "core/core_int.h"
#include "sys/tcp.h"

/* The BGP speaker, from the configuration and into the log. */

enum {
	/* Once all neighbors have told all they know, the local hosts that were asked at
	 * the start get so long to answer, before what is stale is swept. */
	SYNC_LEAST_S = 5,
	VERIFY_EVERY_MS = 50, /* so often it is looked whether they have */
};

static void on_converged(void *arg)
{
	struct core *c = arg;

	log_notice("bgp: all neighbors have told all they know");
	if (!c->synced && c->dp)
		loop_timer_set(&c->sync_timer, core_sync_after(c, SYNC_LEAST_S));
	core_ha_look(c);
}

static void fill_bgp_event(void *arg, struct view *v)
{
	const struct bgp_event *ev = arg;

	view_ip(v, "peer", &ev->peer);
	view_str(v, "event", ev->what);
	if (ev->why)
		view_str(v, "why", ev->why);
}

static void on_bgp_event(void *arg, const struct bgp_event *ev)
{
	struct core *c = arg;
	struct bgp_event copy = *ev;
	char buf[IP_STRLEN];

	log_notice("peer %s: %s%s%s", ip_fmt(&ev->peer, buf), ev->what,
	           ev->why ? ": " : "", ev->why ? ev->why : "");
	ctl_event(c->ctl, "bgp", fill_bgp_event, &copy);
	core_ha_look(c);
}

static bool wanted(void *arg, const uint8_t *extcoms, size_t n)
{
	const struct core *c = arg;

	return vrfs_want(c->vrfs, extcoms, n);
}

static bool is_reflector(const struct config *cfg)
{
	for (size_t i = 0; i < cfg->n_neighbors; i++) {
		if (cfg->neighbor[i].route_reflector_client)
			return true;
	}
	for (size_t i = 0; i < cfg->n_dynamics; i++) {
		if (cfg->dynamic[i].template->peer.route_reflector_client)
			return true;
	}
	return false;
}

/* What the configuration says of a neighbor, as the speaker has it. */
static struct bgp_peer_config peer_config(const struct config_bgp_neighbor *n)
{
	static const enum bgp_gr_mode gr[] = { [GR_ENABLED] = BGP_GR_ENABLED,
		                               [GR_HELPER] = BGP_GR_HELPER,
		                               [GR_DISABLED] = BGP_GR_DISABLED };
	static const enum bgp_ao_algorithm ao[] = {
		[TCP_AO_HMAC_SHA1] = BGP_AO_HMAC_SHA1,
		[TCP_AO_AES128_CMAC] = BGP_AO_AES128_CMAC,
		[TCP_AO_HMAC_SHA256] = BGP_AO_HMAC_SHA256,
	};

	return (struct bgp_peer_config){
		.address = n->address,
		.as = n->as,
		.port = n->port,
		.hold_time_s = n->hold_time,
		.send_hold_time_s = n->send_hold_time,
		.connect_retry_s = n->connect_retry,
		.passive = n->passive,
		.client = n->route_reflector_client,
		.rt_constrain = n->rt_constrain,
		.ttl_security = n->ttl_security,
		.password = n->password,
		.ao = {.key = n->ao_key,
                       .send_id = n->ao_key_id,
                       .recv_id = n->ao_recv_id,
                       .algorithm = ao[n->ao_algorithm] },
		.description = n->description,
		.template = n->template,
		.source = n->source,
		.max_prefixes = n->max_prefixes,
		.limit = { .warning_percent = n->max_prefixes_warning,
                       .warning_only = n->max_prefixes_warning_only,
                       .restart_set = true,
                       .restart_min = n->max_prefixes_restart_min },
		.gr = { .mode = gr[n->gr],
                       .restart_time_s = n->gr_restart_time,
                       .llgr_stale_s = n->llgr_stale_time },
		.add_path = { .send = n->add_path_send == CONFIG_ADD_PATH_ALL
		                              ? BGP_ADD_PATH_ALL
		                              : n->add_path_send,
                       .receive = n->add_path_receive              },
		.shutdown = n->shutdown,
		.shutdown_message = n->shutdown_message,
	};
}

/*
 * Neighbors that kept our routes over a restart drop at our End-of-RIB what we have not
 * said again (RFC 4724 4.2): it waits for the hosts of the earlier run, each of which is
 * asked and then either advertised again or gone, but not for ever.
 */
void core_bgp_verify(void *arg)
{
	struct core *c = arg;
	struct mono now = loop_now(c->loop);
	size_t left = hosts_asked(c->hosts);

	if (left && !mono_reached(now, core_sync_after(c, SYNC_LEAST_S))) {
		loop_timer_set(&c->verify_timer, mono_add_ms(now, VERIFY_EVERY_MS));
		return;
	}
	log_notice("bgp: %zu of %zu local hosts of an earlier run are verified",
	           c->n_asked - left, c->n_asked);
	bgp_eor_release(c->bgp, now);
}

/* Who may come from prefixes.  0, or -errno with a line in *ret_err. */
static int set_dynamic(const struct core *c, const struct config *cfg, char **ret_err)
{
	AUTO_FREE struct bgp_dynamic_config *d = mem_zalloc(cfg->n_dynamics * sizeof(*d));
	int r;

	for (size_t i = 0; i < cfg->n_dynamics; i++) {
		const struct config_bgp_dynamic *from = &cfg->dynamic[i];

		d[i] = (struct bgp_dynamic_config){
			.from = from->prefix,
			.peer = peer_config(&from->template->peer),
			.limit = from->limit,
			.idle_s = from->idle_time,
		};
		d[i].peer.source = from->source;
	}
	r = bgp_dynamic_set(c->bgp, d, cfg->n_dynamics, loop_now(c->loop));
	if (r)
		core_fail(ret_err, r, "dynamic neighbors: %s", tcp_error_text(r));
	return r;
}

int core_bgp_neighbor_check(const struct core *c, const struct config_bgp_neighbor *n)
{
	const struct bgp_peer_config pc = peer_config(n);

	return bgp_peer_check(c->bgp, &pc);
}

void core_bgp_neighbor_set(struct core *c, const struct config_bgp_neighbor *n)
{
	const struct bgp_peer_config pc = peer_config(n);
	struct mono now = loop_now(c->loop);
	char ip[IP_STRLEN];
	bool reset;
	int r = bgp_peer_change(c->bgp, &pc, now, &reset);

	if (r == -ENOENT)
		r = bgp_peer_add(c->bgp, &pc, now);
	if (r) /* it was asked before whether it can be */
		log_err("neighbor %s: %s", ip_fmt(&n->address, ip), tcp_error_text(r));
}

void core_bgp_neighbor_del(struct core *c, const struct config_bgp_neighbor *n)
{
	bgp_peer_del(c->bgp, &n->address, loop_now(c->loop));
}

void core_bgp_dynamic_set(struct core *c, const struct config *cfg)
{
	char *err = NULL;

	if (set_dynamic(c, cfg, &err))
		log_err("%s", err);
	free(err);
}

int core_bgp_start(struct core *c, char **ret_err)
{
	const struct config *cfg = c->cfg;
	struct bgp_config bc = { .as = cfg->as,
		                 .router_id = ip_u32(&cfg->router_id),
		                 .cluster_id = ip_u32(&cfg->cluster_id),
		                 .source = cfg->source,
		                 .rib = c->rib,
		                 .import_filter = core_is_pe(c) && !is_reflector(cfg),
		                 .preserved = c->adopted || !core_is_pe(c),
		                 .defer_selection = is_reflector(cfg) };
	struct bgp_hooks hooks = { .event = on_bgp_event,
		                   .wanted = bc.import_filter ? wanted : NULL,
		                   .converged = on_converged,
		                   .arg = c };
	int r = bgp_tcp_new(c->loop, &cfg->listen, cfg->listen_port, &c->bgp_tcp,
	                    ret_err);

	if (r)
		return r;
	c->bgp = bgp_new(&bc, &bgp_tcp_io, c->bgp_tcp, &hooks);
	bgp_tcp_attach(c->bgp_tcp, c->bgp);
	if (c->n_asked) {
		bgp_eor_hold(c->bgp);
		core_bgp_verify(c);
	}
	if (c->vrfs)
		vrfs_imports(c->vrfs);
	for (size_t i = 0; i < cfg->n_neighbors && !r; i++) {
		struct bgp_peer_config pc = peer_config(&cfg->neighbor[i]);
		char buf[IP_STRLEN];

		r = bgp_peer_add(c->bgp, &pc, loop_now(c->loop));
		if (r)
			core_fail(ret_err, r, "neighbor %s: %s", ip_fmt(&pc.address, buf),
			          tcp_error_text(r));
	}
	return r ? r : set_dynamic(c, cfg, ret_err);
}
