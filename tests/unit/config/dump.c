/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/config/dump.h"

#include <string.h>

static void put_str(struct buf *b, const char *indent, const char *key, const char *val)
{
	if (!val)
		return;
	buf_printf(b, "%s%s: \"", indent, key);
	for (; *val; val++)
		buf_printf(b, "%s%c", *val == '"' || *val == '\\' ? "\\" : "", *val);
	buf_printf(b, "\"\n");
}

static void put_num(struct buf *b, const char *indent, const char *key, uint32_t val)
{
	buf_printf(b, "%s%s: %u\n", indent, key, val);
}

static void put_flag(struct buf *b, const char *indent, const char *key, bool val)
{
	buf_printf(b, "%s%s: %s\n", indent, key, val ? "true" : "false");
}

static void put_ip(struct buf *b, const char *indent, const char *key,
                   const struct ip *ip)
{
	char buf[IP_STRLEN];

	if (ip->afi != AFI_NONE)
		put_str(b, indent, key, ip_fmt(ip, buf));
}

static void put_prefix(struct buf *b, const char *indent, const char *key,
                       const struct prefix *p)
{
	char buf[PREFIX_STRLEN];

	if (p->ip.afi != AFI_NONE)
		put_str(b, indent, key, prefix_fmt(p, buf));
}

static void put_mac(struct buf *b, const char *indent, const char *key,
                    const struct mac *mac)
{
	char buf[MAC_STRLEN];

	put_str(b, indent, key, mac_fmt(mac, buf));
}

static void put_targets(struct buf *b, const char *key, const struct extcom *rt, size_t n)
{
	char buf[EXTCOM_STRLEN];

	buf_printf(b, "  %s: [", key);
	for (size_t i = 0; i < n; i++)
		buf_printf(b, "%s\"%s\"", i ? ", " : "",
		           extcom_fmt(&rt[i], buf) + strlen("rt:"));
	buf_printf(b, "]\n");
}

static void dump_globals(struct buf *b, const struct config *cfg)
{
	static const char *const encap[] = { "mpls-udp", "mpls-gre", "mpls" };

	buf_printf(b, "node:\n");
	put_str(b, "  ", "name", cfg->name);
	put_ip(b, "  ", "router-id", &cfg->router_id);
	put_num(b, "  ", "as", cfg->as);
	put_str(b, "  ", "runtime-dir", cfg->runtime_dir);
	put_str(b, "  ", "tools-port", cfg->tools_port);
	put_str(b, "  ", "log-level", cfg->log_level);
	buf_printf(b, "core:\n  interfaces:\n");
	for (size_t i = 0; i < cfg->n_core; i++)
		buf_printf(b, "  - \"%s\"\n", cfg->core_if[i]);
	put_ip(b, "  ", "source", &cfg->source);
	put_str(b, "  ", "encapsulation", encap[cfg->encap]);
	put_num(b, "  ", "label-base", cfg->label_base);
	buf_printf(b, "  names:\n");
	for (size_t i = 0; i < cfg->n_names; i++) {
		put_ip(b, "  - ", "address", &cfg->name_of[i].address);
		put_str(b, "    ", "name", cfg->name_of[i].name);
	}
	buf_printf(b, "dataplane:\n");
	put_num(b, "  ", "fib-hosts", cfg->fib_hosts);
	put_str(b, "  ", "bpf-dir", cfg->bpf_dir);
	put_flag(b, "  ", "xdp-generic", cfg->xdp_generic);
	put_flag(b, "  ", "xdp-force", cfg->xdp_force);
}

static void dump_secrets(struct buf *b, const struct config_bgp_neighbor *n)
{
	static const char *const algorithm[] = { "hmac-sha-1-96", "aes-128-cmac-96",
		                                 "hmac-sha-256-128" };

	put_str(b, "    ", "password", n->password);
	if (!n->ao_key)
		return;
	buf_printf(b, "    tcp-ao:\n");
	put_str(b, "      ", "key", n->ao_key);
	put_num(b, "      ", "key-id", n->ao_key_id);
	put_num(b, "      ", "recv-id", n->ao_recv_id);
	put_str(b, "      ", "algorithm", algorithm[n->ao_algorithm]);
}

static void dump_add_path(struct buf *b, const struct config_bgp_neighbor *n)
{
	buf_printf(b, "    add-path:\n");
	if (n->add_path_send && n->add_path_send < CONFIG_ADD_PATH_ALL)
		put_num(b, "      ", "send", n->add_path_send);
	else
		put_str(b, "      ", "send", n->add_path_send ? "all" : "none");
	put_flag(b, "      ", "receive", n->add_path_receive);
}

static void dump_session(struct buf *b, const struct config_bgp_neighbor *n)
{
	static const char *const gr[] = { "enabled", "helper-only", "disabled" };

	if (n->as)
		put_num(b, "    ", "as", n->as);
	put_num(b, "    ", "port", n->port);
	dump_secrets(b, n);
	put_num(b, "    ", "hold-time", n->hold_time);
	if (n->send_hold_time)
		put_num(b, "    ", "send-hold-time", n->send_hold_time);
	put_num(b, "    ", "connect-retry", n->connect_retry);
	put_flag(b, "    ", "passive", n->passive);
	put_flag(b, "    ", "route-reflector-client", n->route_reflector_client);
	put_flag(b, "    ", "rt-constrain", n->rt_constrain);
	if (n->ttl_security)
		put_num(b, "    ", "ttl-security", n->ttl_security);
	put_ip(b, "    ", "source", &n->source);
	buf_printf(b, "    max-prefixes:\n");
	put_num(b, "      ", "limit", n->max_prefixes);
	put_num(b, "      ", "warning-percent", n->max_prefixes_warning);
	put_flag(b, "      ", "warning-only", n->max_prefixes_warning_only);
	put_num(b, "      ", "restart-minutes", n->max_prefixes_restart_min);
	buf_printf(b, "    graceful-restart:\n");
	put_str(b, "      ", "mode", gr[n->gr]);
	put_num(b, "      ", "restart-time", n->gr_restart_time);
	put_num(b, "    ", "long-lived-graceful-restart", n->llgr_stale_time);
	dump_add_path(b, n);
	buf_printf(b, "    shutdown:\n");
	put_flag(b, "      ", "enabled", n->shutdown);
	put_str(b, "      ", "message", n->shutdown_message);
}

static void dump_observers(struct buf *b, const struct config *cfg)
{
	buf_printf(b, "  mrt:\n");
	put_str(b, "    ", "updates", cfg->mrt.updates);
	put_num(b, "    ", "updates-interval", cfg->mrt.updates_interval);
	put_str(b, "    ", "table", cfg->mrt.table);
	put_num(b, "    ", "table-interval", cfg->mrt.table_interval);
	buf_printf(b, "  bmp:\n    collectors:\n");
	for (size_t i = 0; i < cfg->n_bmp; i++) {
		const struct config_bmp_collector *c = &cfg->bmp[i];

		put_ip(b, "    - ", "address", &c->address);
		put_num(b, "      ", "port", c->port);
		put_ip(b, "      ", "source", &c->source);
		put_num(b, "      ", "stats-interval", c->stats_interval);
		put_num(b, "      ", "connect-retry", c->connect_retry);
	}
}

static void dump_bgp(struct buf *b, const struct config *cfg)
{
	buf_printf(b, "bgp:\n");
	put_ip(b, "  ", "listen-address", &cfg->listen);
	put_num(b, "  ", "listen-port", cfg->listen_port);
	put_ip(b, "  ", "cluster-id", &cfg->cluster_id);
	put_num(b, "  ", "maximum-paths", cfg->maximum_paths);
	buf_printf(b, "  templates:\n");
	for (size_t i = 0; i < cfg->n_templates; i++) {
		put_str(b, "  - ", "name", cfg->template[i].name);
		dump_session(b, &cfg->template[i].peer);
	}
	buf_printf(b, "  neighbors:\n");
	for (size_t i = 0; i < cfg->n_neighbors; i++) {
		const struct config_bgp_neighbor *n = &cfg->neighbor[i];

		put_ip(b, "  - ", "address", &n->address);
		put_str(b, "    ", "template", n->template);
		put_str(b, "    ", "description", n->description);
		dump_session(b, n);
	}
	buf_printf(b, "  dynamic-neighbors:\n");
	for (size_t i = 0; i < cfg->n_dynamics; i++) {
		const struct config_bgp_dynamic *d = &cfg->dynamic[i];

		put_prefix(b, "  - ", "prefix", &d->prefix);
		put_str(b, "    ", "template", d->template->name);
		put_num(b, "    ", "limit", d->limit);
		put_num(b, "    ", "idle-time", d->idle_time);
	}
	dump_observers(b, cfg);
}

static void dump_attachment(struct buf *b, const struct config_attachment *a)
{
	put_str(b, "      - ", "port", a->port);
	if (a->vlan)
		put_num(b, "        ", "vlan", a->vlan);
	if (a->inner_vlan)
		put_num(b, "        ", "inner-vlan", a->inner_vlan);
	if (a->site)
		put_num(b, "        ", "site", a->site);
}

static void dump_ra(struct buf *b, const struct config_ra *ra)
{
	if (!ra)
		return;
	buf_printf(b, "      router-advertisements:\n");
	put_num(b, "        ", "interval", ra->interval_s);
	put_num(b, "        ", "lifetime", ra->lifetime_s);
	put_num(b, "        ", "valid-lifetime", ra->valid_s);
	put_num(b, "        ", "preferred-lifetime", ra->preferred_s);
	put_flag(b, "        ", "autonomous", ra->autonomous);
	put_flag(b, "        ", "managed", ra->managed);
	put_flag(b, "        ", "other", ra->other);
	if (ra->mtu)
		put_num(b, "        ", "mtu", ra->mtu);
	buf_printf(b, "        dns:\n");
	for (size_t i = 0; i < ra->n_dns; i++) {
		char ip[IP_STRLEN];

		buf_printf(b, "        - \"%s\"\n", ip_fmt(&ra->dns[i], ip));
	}
	buf_printf(b, "        search:\n");
	for (size_t i = 0; i < ra->n_search; i++)
		buf_printf(b, "        - \"%s\"\n", ra->search[i]);
}

static void dump_dhcp(struct buf *b, const struct config_dhcp *d)
{
	if (!d)
		return;
	buf_printf(b, "      dhcp:\n        servers:\n");
	for (size_t i = 0; i < d->n_servers; i++) {
		char ip[IP_STRLEN];

		buf_printf(b, "        - \"%s\"\n", ip_fmt(&d->server[i], ip));
	}
	put_str(b, "        ", "remote-id", d->remote_id);
	put_num(b, "        ", "max-hops", d->max_hops);
	put_num(b, "        ", "max-rate", d->max_rate);
	put_flag(b, "        ", "server-id-override", d->server_id_override);
	put_flag(b, "        ", "vss", d->vss);
}

static void put_ips(struct buf *b, const char *name, const struct ip *ip, size_t n)
{
	char text[IP_STRLEN];

	buf_printf(b, "      %s: [", name);
	for (size_t i = 0; i < n; i++)
		buf_printf(b, "%s\"%s\"", i ? ", " : "", ip_fmt(&ip[i], text));
	buf_printf(b, "]\n");
}

static void dump_trust(struct buf *b, const struct config_trust *t)
{
	static const char *const binding[] = { "learn", "dhcp", "static" };

	put_str(b, "      ", "binding", binding[t->binding]);
	put_num(b, "      ", "max-hosts", t->max_hosts);
	put_num(b, "      ", "max-new-hosts-per-second", t->max_new);
	put_num(b, "      ", "max-addresses-per-mac", t->max_per_mac);
	put_ips(b, "anycast-local", t->anycast, t->n_anycast);
	put_ips(b, "dup-exempt", t->dup_exempt, t->n_dup_exempt);
	buf_printf(b, "      hosts:\n");
	for (size_t i = 0; i < t->n_hosts; i++) {
		const struct config_attachment *a = t->host[i].at;

		put_ip(b, "      - ", "address", &t->host[i].address);
		put_mac(b, "        ", "mac", &t->host[i].mac);
		put_str(b, "        ", "port", a->port);
		if (a->vlan)
			put_num(b, "        ", "vlan", a->vlan);
		if (a->inner_vlan)
			put_num(b, "        ", "inner-vlan", a->inner_vlan);
	}
}

static void dump_vrrp(struct buf *b, const struct config_vrrp *v)
{
	if (!v->on)
		return;
	buf_printf(b, "      vrrp:\n");
	put_num(b, "        ", "priority", v->priority);
	put_num(b, "        ", "interval", v->interval_cs * 10u);
	put_flag(b, "        ", "preempt", v->preempt);
	put_num(b, "        ", "preempt-delay", v->preempt_delay_s);
	put_str(b, "        ", "checksum", v->checksum_9568 ? "rfc9568" : "rfc5798");
	put_flag(b, "        ", "track-core", v->track_core);
	put_flag(b, "        ", "external", v->external);
}

static void dump_subnet(struct buf *b, const struct config_subnet *s)
{
	static const char *const probe_reply[] = { "never", "mac-aware", "always" };

	put_str(b, "    - ", "name", s->name);
	put_prefix(b, "      ", "prefix", &s->prefix);
	put_ip(b, "      ", "gateway", &s->gateway);
	put_prefix(b, "      ", "prefix6", &s->prefix6);
	put_ip(b, "      ", "gateway6", &s->gateway6);
	put_ip(b, "      ", "gateway6-link-local", &s->gateway6_ll);
	put_ip(b, "      ", "address", &s->address);
	put_ip(b, "      ", "address6", &s->address6);
	put_mac(b, "      ", "proxy-mac", &s->proxy_mac);
	put_mac(b, "      ", "proxy-mac6", &s->proxy_mac6);
	put_num(b, "      ", "vrid", s->vrid);
	dump_vrrp(b, &s->vrrp);
	put_num(b, "      ", "age-time", s->age_time_s);
	put_num(b, "      ", "scan-rate", s->scan_rate);
	put_num(b, "      ", "rescan", s->rescan_s);
	put_num(b, "      ", "max-hosts-per-attachment", s->max_hosts);
	put_str(b, "      ", "probe-reply", probe_reply[s->probe_reply]);
	dump_trust(b, &s->trust);
	dump_ra(b, s->ra);
	dump_dhcp(b, s->dhcp);
	buf_printf(b, "      attachments:\n");
	for (size_t i = 0; i < s->n_attachments; i++)
		dump_attachment(b, s->attachment[i]);
}

static void dump_vpn(struct buf *b, const struct config_vpn *v)
{
	char rd[RD_STRLEN];

	put_str(b, "- ", "name", v->name);
	put_num(b, "  ", "id", v->id);
	put_str(b, "  ", "rd", rd_fmt(&v->rd, rd));
	put_targets(b, "import-targets", v->import_rt, v->n_import);
	put_targets(b, "export-targets", v->export_rt, v->n_export);
	put_flag(b, "  ", "import-outside", v->import_outside);
	put_num(b, "  ", "max-hosts", v->max_hosts);
	put_flag(b, "  ", "advertise-mac", v->advertise_mac);
	put_flag(b, "  ", "seq-to-localpref", v->seq_to_localpref);
	put_num(b, "  ", "max-moves-per-second", v->max_moves);
	put_ip(b, "  ", "loopback", &v->loopback);
	put_ip(b, "  ", "loopback6", &v->loopback6);
	buf_printf(b, "  subnets:\n");
	for (size_t i = 0; i < v->n_subnets; i++)
		dump_subnet(b, &v->subnet[i]);
}

void dump_config(struct buf *b, const struct config *cfg)
{
	dump_globals(b, cfg);
	dump_bgp(b, cfg);
	buf_printf(b, "vpns:\n");
	for (size_t i = 0; i < cfg->n_vpns; i++)
		dump_vpn(b, &cfg->vpn[i]);
}
