/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/diff.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "config/arena.h"

enum type { STR, SECRET, IP, U8, U16, U32, FLAG, WORD };

/* A leaf: where struct config has it, and what it takes to change it. */
struct field {
	const char *name;
	enum type type;
	size_t at;
	enum config_effect effect;
	const char *const *words; /* of an enumeration */
};

struct diff {
	struct config_changes pub;
	struct config_change *change;
	size_t cap;
	struct arena arena;
};

static const char *const encap_words[] = { "mpls-udp", "mpls-gre", "mpls" };
static const char *const gr_words[] = { "enabled", "helper-only", "disabled" };
static const char *const ao_words[] = { "hmac-sha-1-96", "aes-128-cmac-96",
	                                "hmac-sha-256-128" };

/* clang-format off */
#define C(field) offsetof(struct config, field)
static const struct field config_fields[] = {
	{ "node name", STR, C(name), CONFIG_RESTART, NULL },
	{ "node router-id", IP, C(router_id), CONFIG_RESTART, NULL },
	{ "node as", U32, C(as), CONFIG_RESTART, NULL },
	{ "node runtime-dir", STR, C(runtime_dir), CONFIG_RESTART, NULL },
	{ "node tools-port", STR, C(tools_port), CONFIG_RESTART, NULL },
	{ "core source", IP, C(source), CONFIG_RESTART, NULL },
	{ "core encapsulation", WORD, C(encap), CONFIG_RESTART, encap_words },
	{ "core label-base", U32, C(label_base), CONFIG_RESTART, NULL },
	{ "dataplane bpf-dir", STR, C(bpf_dir), CONFIG_RESTART, NULL },
	{ "dataplane fib-hosts", U32, C(fib_hosts), CONFIG_RESTART, NULL },
	{ "dataplane xdp-generic", FLAG, C(xdp_generic), CONFIG_RESTART, NULL },
	{ "dataplane xdp-force", FLAG, C(xdp_force), CONFIG_RESTART, NULL },
	{ "bgp listen-address", IP, C(listen), CONFIG_RESTART, NULL },
	{ "bgp listen-port", U16, C(listen_port), CONFIG_RESTART, NULL },
	{ "bgp cluster-id", IP, C(cluster_id), CONFIG_RESTART, NULL },
};

static const struct field paths_fields[] = {
	{ "bgp maximum-paths", U8, C(maximum_paths), CONFIG_LIVE, NULL },
};

static const struct field mrt_fields[] = {
	{ "bgp mrt updates", STR, C(mrt.updates), CONFIG_LIVE, NULL },
	{ "bgp mrt updates-interval", U32, C(mrt.updates_interval), CONFIG_LIVE, NULL },
	{ "bgp mrt table", STR, C(mrt.table), CONFIG_LIVE, NULL },
	{ "bgp mrt table-interval", U32, C(mrt.table_interval), CONFIG_LIVE, NULL },
};

#define N(field) offsetof(struct config_bgp_neighbor, field)
static const struct field neighbor_fields[] = {
	{ "template", STR, N(template), CONFIG_LIVE, NULL },
	{ "description", STR, N(description), CONFIG_LIVE, NULL },
	{ "as", U32, N(as), CONFIG_RESET, NULL },
	{ "port", U16, N(port), CONFIG_LIVE, NULL },
	{ "source", IP, N(source), CONFIG_RESET, NULL },
	{ "password", SECRET, N(password), CONFIG_RESET, NULL },
	{ "tcp-ao key", SECRET, N(ao_key), CONFIG_RESET, NULL },
	{ "tcp-ao key-id", U8, N(ao_key_id), CONFIG_RESET, NULL },
	{ "tcp-ao recv-id", U8, N(ao_recv_id), CONFIG_RESET, NULL },
	{ "tcp-ao algorithm", WORD, N(ao_algorithm), CONFIG_RESET, ao_words },
	{ "hold-time", U16, N(hold_time), CONFIG_RESET, NULL },
	{ "send-hold-time", U16, N(send_hold_time), CONFIG_LIVE, NULL },
	{ "connect-retry", U16, N(connect_retry), CONFIG_LIVE, NULL },
	{ "ttl-security", U8, N(ttl_security), CONFIG_RESET, NULL },
	{ "passive", FLAG, N(passive), CONFIG_LIVE, NULL },
	{ "route-reflector-client", FLAG, N(route_reflector_client), CONFIG_RESET, NULL },
	{ "rt-constrain", FLAG, N(rt_constrain), CONFIG_RESET, NULL },
	{ "add-path send", U8, N(add_path_send), CONFIG_RESET, NULL },
	{ "add-path receive", FLAG, N(add_path_receive), CONFIG_RESET, NULL },
	{ "max-prefixes limit", U32, N(max_prefixes), CONFIG_LIVE, NULL },
	{ "max-prefixes warning-percent", U8, N(max_prefixes_warning), CONFIG_LIVE, NULL },
	{ "max-prefixes warning-only", FLAG, N(max_prefixes_warning_only), CONFIG_LIVE, NULL },
	{ "max-prefixes restart-minutes", U16, N(max_prefixes_restart_min), CONFIG_LIVE, NULL },
	{ "graceful-restart mode", WORD, N(gr), CONFIG_RESET, gr_words },
	{ "graceful-restart restart-time", U16, N(gr_restart_time), CONFIG_RESET, NULL },
	{ "long-lived-graceful-restart stale-time", U32, N(llgr_stale_time), CONFIG_RESET, NULL },
	{ "shutdown enabled", FLAG, N(shutdown), CONFIG_RESET, NULL },
	{ "shutdown message", STR, N(shutdown_message), CONFIG_LIVE, NULL },
};
/* clang-format on */

const char *config_effect_name(enum config_effect e)
{
	static const char *const name[] = { "nothing", "live", "resets the session",
		                            "needs a restart" };

	return name[e];
}

__attribute__((format(printf, 6, 7))) static void add(
	struct diff *d, enum config_effect effect, enum config_part part, uint32_t line,
	const struct config_bgp_neighbor *n, const char *fmt, ...)
{
	AUTO_FREE char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	must(vasprintf(&text, fmt, ap) >= 0);
	va_end(ap);
	if (d->pub.n == d->cap) {
		d->cap = d->cap ? 2 * d->cap : 16;
		d->change = mem_realloc(d->change, d->cap * sizeof(*d->change));
	}
	d->change[d->pub.n++] = (struct config_change){
		.effect = effect,
		.part = part,
		.line = line,
		.text = arena_strndup(&d->arena, text, strlen(text)),
		.neighbor = n,
	};
	if (effect > d->pub.worst)
		d->pub.worst = effect;
}

static bool same_str(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static uint32_t number(const struct field *f, const char *p)
{
	switch (f->type) {
	case U8: return *(const uint8_t *)p;
	case U16: return *(const uint16_t *)(const void *)p;
	case FLAG: return *(const bool *)p;
	default: return *(const uint32_t *)(const void *)p; /* U32, WORD */
	}
}

static bool same_field(const struct field *f, const void *a, const void *b)
{
	const char *x = (const char *)a + f->at, *y = (const char *)b + f->at;

	switch (f->type) {
	case STR:
	case SECRET:
		return same_str(*(const char *const *)(const void *)x,
		                *(const char *const *)(const void *)y);
	case IP:
		return ip_eq((const struct ip *)(const void *)x,
		             (const struct ip *)(const void *)y);
	default: return number(f, x) == number(f, y);
	}
}

static void put_value(struct buf *b, const struct field *f, const void *at)
{
	const char *p = (const char *)at + f->at, *s;
	char ip[IP_STRLEN];

	switch (f->type) {
	case STR:
		s = *(const char *const *)(const void *)p;
		buf_printf(b, "%s", s ? s : "nothing");
		break;
	case SECRET:
		s = *(const char *const *)(const void *)p;
		buf_printf(b, "%s", s ? "a key" : "nothing");
		break;
	case IP:
		if (((const struct ip *)(const void *)p)->afi == AFI_NONE)
			buf_printf(b, "nothing");
		else
			buf_printf(b, "%s",
			           ip_fmt((const struct ip *)(const void *)p, ip));
		break;
	case FLAG: buf_printf(b, "%s", number(f, p) ? "true" : "false"); break;
	case WORD: buf_printf(b, "%s", f->words[number(f, p)]); break;
	default: buf_printf(b, "%u", number(f, p)); break;
	}
}

/* "hold-time 90 → 30", allocated. */
static char *told(const struct field *f, const void *old, const void *new)
{
	struct buf b = { 0 };
	char *ret;

	buf_printf(&b, "%s ", f->name);
	put_value(&b, f, old);
	buf_printf(&b, " → ");
	put_value(&b, f, new);
	buf_put(&b, "", 1);
	ret = mem_strdup((const char *)buf_head(&b));
	buf_fini(&b);
	return ret;
}

/* --- neighbors -----------------------------------------------------------------------
 */

static int by_address(const void *pa, const void *pb)
{
	const struct config_bgp_neighbor *const *a = pa, *const *b = pb;

	return ip_cmp(&(*a)->address, &(*b)->address);
}

static const struct config_bgp_neighbor **sorted(const struct config *cfg)
{
	const struct config_bgp_neighbor **n =
		mem_zalloc(cfg->n_neighbors * sizeof(struct config_bgp_neighbor *));

	for (size_t i = 0; i < cfg->n_neighbors; i++)
		n[i] = &cfg->neighbor[i];
	qsort(n, cfg->n_neighbors, sizeof(struct config_bgp_neighbor *), by_address);
	return n;
}

static void diff_neighbor(struct diff *d, const struct config_bgp_neighbor *old,
                          const struct config_bgp_neighbor *new)
{
	char ip[IP_STRLEN];

	for (size_t i = 0; i < ARRAY_LEN(neighbor_fields); i++) {
		const struct field *f = &neighbor_fields[i];

		if (same_field(f, old, new))
			continue;
		AUTO_FREE char *text = told(f, old, new);
		add(d, f->effect, CONFIG_PART_NEIGHBOR_CHANGED, new->line, new,
		    "neighbor %s: %s", ip_fmt(&new->address, ip), text);
	}
}

static void diff_neighbors(struct diff *d, const struct config *old,
                           const struct config *new)
{
	AUTO_FREE const struct config_bgp_neighbor **a = sorted(old);
	AUTO_FREE const struct config_bgp_neighbor **b = sorted(new);
	size_t i = 0, k = 0;
	char ip[IP_STRLEN];

	while (i < old->n_neighbors || k < new->n_neighbors) {
		int c = i == old->n_neighbors   ? 1
		        : k == new->n_neighbors ? -1
		                                : by_address(&a[i], &b[k]);

		if (c < 0) {
			add(d, CONFIG_LIVE, CONFIG_PART_NEIGHBOR_DROPPED, 0, a[i],
			    "neighbor %s: dropped", ip_fmt(&a[i]->address, ip));
			i++;
		} else if (c > 0) {
			add(d, CONFIG_LIVE, CONFIG_PART_NEIGHBOR_ADDED, b[k]->line, b[k],
			    "neighbor %s: added", ip_fmt(&b[k]->address, ip));
			k++;
		} else {
			diff_neighbor(d, a[i++], b[k++]);
		}
	}
}

static bool same_dynamic(const struct config_bgp_dynamic *a,
                         const struct config_bgp_dynamic *b)
{
	for (size_t i = 0; i < ARRAY_LEN(neighbor_fields); i++) {
		if (!same_field(&neighbor_fields[i], &a->template->peer,
		                &b->template->peer))
			return false;
	}
	return a->limit == b->limit && a->idle_time == b->idle_time &&
	       ip_eq(&a->source, &b->source);
}

static const struct config_bgp_dynamic *dynamic_of(const struct config *cfg,
                                                   const struct prefix *p)
{
	for (size_t i = 0; i < cfg->n_dynamics; i++) {
		if (prefix_eq(&cfg->dynamic[i].prefix, p))
			return &cfg->dynamic[i];
	}
	return NULL;
}

static void diff_dynamics(struct diff *d, const struct config *old,
                          const struct config *new)
{
	char p[PREFIX_STRLEN];

	for (size_t i = 0; i < old->n_dynamics; i++) {
		if (!dynamic_of(new, &old->dynamic[i].prefix))
			add(d, CONFIG_LIVE, CONFIG_PART_DYNAMIC, 0, NULL,
			    "dynamic neighbors %s: dropped",
			    prefix_fmt(&old->dynamic[i].prefix, p));
	}
	for (size_t i = 0; i < new->n_dynamics; i++) {
		const struct config_bgp_dynamic *b = &new->dynamic[i];
		const struct config_bgp_dynamic *a = dynamic_of(old, &b->prefix);

		if (!a || !same_dynamic(a, b))
			add(d, CONFIG_LIVE, CONFIG_PART_DYNAMIC, b->line, NULL,
			    "dynamic neighbors %s: %s", prefix_fmt(&b->prefix, p),
			    a ? "changed" : "added");
	}
}

/* --- VPNs ----------------------------------------------------------------------------
 */

static bool same_targets(const struct extcom *a, size_t na, const struct extcom *b,
                         size_t nb)
{
	for (size_t i = 0; na == nb && i < na; i++) {
		if (!extcom_eq(&a[i], &b[i]))
			return false;
	}
	return na == nb;
}

static bool same_attachment(const struct config_attachment *a,
                            const struct config_attachment *b)
{
	return !strcmp(a->port, b->port) && a->vlan == b->vlan &&
	       a->inner_vlan == b->inner_vlan && a->site == b->site && a->id == b->id;
}

static bool same_dhcp(const struct config_dhcp *a, const struct config_dhcp *b)
{
	if (!a || !b)
		return a == b;
	if (a->n_servers != b->n_servers || strcmp(a->remote_id, b->remote_id) != 0 ||
	    a->max_hops != b->max_hops || a->max_rate != b->max_rate ||
	    a->server_id_override != b->server_id_override || a->vss != b->vss)
		return false;
	for (size_t i = 0; i < a->n_servers; i++) {
		if (!ip_eq(&a->server[i], &b->server[i]))
			return false;
	}
	return true;
}

static bool same_list(const struct ip *a, size_t na, const struct ip *b, size_t nb)
{
	for (size_t i = 0; na == nb && i < na; i++) {
		if (!ip_eq(&a[i], &b[i]))
			return false;
	}
	return na == nb;
}

static bool same_trust(const struct config_trust *a, const struct config_trust *b)
{
	for (size_t i = 0; a->n_hosts == b->n_hosts && i < a->n_hosts; i++) {
		if (!ip_eq(&a->host[i].address, &b->host[i].address) ||
		    !mac_eq(&a->host[i].mac, &b->host[i].mac) ||
		    a->host[i].at->id != b->host[i].at->id)
			return false;
	}
	return a->n_hosts == b->n_hosts && a->binding == b->binding &&
	       a->max_hosts == b->max_hosts && a->max_per_mac == b->max_per_mac &&
	       a->max_new == b->max_new &&
	       same_list(a->anycast, a->n_anycast, b->anycast, b->n_anycast) &&
	       same_list(a->dup_exempt, a->n_dup_exempt, b->dup_exempt, b->n_dup_exempt);
}

static bool same_subnet(const struct config_subnet *a, const struct config_subnet *b)
{
	if (strcmp(a->name, b->name) != 0 || !prefix_eq(&a->prefix, &b->prefix) ||
	    !prefix_eq(&a->prefix6, &b->prefix6) || !ip_eq(&a->gateway, &b->gateway) ||
	    !ip_eq(&a->gateway6, &b->gateway6) ||
	    !ip_eq(&a->gateway6_ll, &b->gateway6_ll) ||
	    !ip_eq(&a->address, &b->address) || !ip_eq(&a->address6, &b->address6) ||
	    !mac_eq(&a->proxy_mac, &b->proxy_mac) ||
	    !mac_eq(&a->proxy_mac6, &b->proxy_mac6) || a->age_time_s != b->age_time_s ||
	    a->scan_rate != b->scan_rate || a->rescan_s != b->rescan_s ||
	    a->max_hosts != b->max_hosts || a->probe_reply != b->probe_reply ||
	    a->n_attachments != b->n_attachments || !same_dhcp(a->dhcp, b->dhcp) ||
	    !config_ra_same(a->ra, b->ra) || !same_trust(&a->trust, &b->trust) ||
	    a->vrid != b->vrid)
		return false;
	for (size_t i = 0; i < a->n_attachments; i++) {
		if (!same_attachment(a->attachment[i], b->attachment[i]))
			return false;
	}
	return true;
}

static bool same_vpn(const struct config_vpn *a, const struct config_vpn *b)
{
	if (strcmp(a->name, b->name) != 0 || a->id != b->id || !rd_eq(&a->rd, &b->rd) ||
	    a->label != b->label || a->import_outside != b->import_outside ||
	    a->max_hosts != b->max_hosts || a->advertise_mac != b->advertise_mac ||
	    a->seq_to_localpref != b->seq_to_localpref || a->max_moves != b->max_moves ||
	    a->n_subnets != b->n_subnets || !ip_eq(&a->loopback, &b->loopback) ||
	    !ip_eq(&a->loopback6, &b->loopback6) ||
	    !same_targets(a->import_rt, a->n_import, b->import_rt, b->n_import) ||
	    !same_targets(a->export_rt, a->n_export, b->export_rt, b->n_export))
		return false;
	for (size_t i = 0; i < a->n_subnets; i++) {
		if (!same_subnet(&a->subnet[i], &b->subnet[i]))
			return false;
	}
	return true;
}

static bool same_vrrp(const struct config_vrrp *a, const struct config_vrrp *b)
{
	return a->on == b->on && a->external == b->external && a->preempt == b->preempt &&
	       a->checksum_9568 == b->checksum_9568 && a->track_core == b->track_core &&
	       a->priority == b->priority && a->interval_cs == b->interval_cs &&
	       a->preempt_delay_s == b->preempt_delay_s;
}

/* Of a VPN that is the same otherwise. */
static void diff_vrrp(struct diff *d, const struct config_vpn *a,
                      const struct config_vpn *b)
{
	for (size_t i = 0; i < b->n_subnets; i++) {
		const struct config_vrrp *x = &a->subnet[i].vrrp, *y = &b->subnet[i].vrrp;

		if (!same_vrrp(x, y))
			add(d, CONFIG_LIVE, CONFIG_PART_VRRP, b->line, NULL,
			    "vpn %s: subnet %s: vrrp %s", b->name, b->subnet[i].name,
			    !y->on   ? "dropped"
			    : !x->on ? "added"
			             : "changed");
	}
}

/* By their order: a VPN that moved is another one, since its attachments' numbers are. */
static void diff_vpns(struct diff *d, const struct config *old, const struct config *new)
{
	for (size_t i = 0; i < old->n_vpns || i < new->n_vpns; i++) {
		const struct config_vpn *a = i < old->n_vpns ? &old->vpn[i] : NULL;
		const struct config_vpn *b = i < new->n_vpns ? &new->vpn[i] : NULL;

		if (a && b && same_vpn(a, b))
			diff_vrrp(d, a, b);
		else if (b)
			add(d, CONFIG_RESTART, CONFIG_PART_OTHER, b->line, NULL,
			    "vpn %s: %s", b->name, a ? "changed" : "added");
		else
			add(d, CONFIG_RESTART, CONFIG_PART_OTHER, 0, NULL,
			    "vpn %s: dropped", a->name);
	}
}

/* --- the rest ------------------------------------------------------------------------
 */

static bool same_core(const struct config *a, const struct config *b)
{
	for (size_t i = 0; a->n_core == b->n_core && i < a->n_core; i++) {
		if (strcmp(a->core_if[i], b->core_if[i]) != 0)
			return false;
	}
	return a->n_core == b->n_core;
}

static bool same_names(const struct config *a, const struct config *b)
{
	for (size_t i = 0; a->n_names == b->n_names && i < a->n_names; i++) {
		if (!ip_eq(&a->name_of[i].address, &b->name_of[i].address) ||
		    strcmp(a->name_of[i].name, b->name_of[i].name) != 0)
			return false;
	}
	return a->n_names == b->n_names;
}

static bool same_bmp(const struct config *a, const struct config *b)
{
	for (size_t i = 0; a->n_bmp == b->n_bmp && i < a->n_bmp; i++) {
		const struct config_bmp_collector *x = &a->bmp[i], *y = &b->bmp[i];

		if (!ip_eq(&x->address, &y->address) || !ip_eq(&x->source, &y->source) ||
		    x->port != y->port || x->stats_interval != y->stats_interval ||
		    x->connect_retry != y->connect_retry)
			return false;
	}
	return a->n_bmp == b->n_bmp;
}

/* A PE that reflects keeps all routes, one that does not only those of its VPNs. */
static bool reflects(const struct config *cfg)
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

/* "bgp listen-port": its part of the file. */
static uint32_t line_of(const struct config *cfg, const char *name)
{
	return !strncmp(name, "node", 4)   ? cfg->node_line
	       : !strncmp(name, "core", 4) ? cfg->core_line
	       : !strncmp(name, "bgp", 3)  ? cfg->bgp_line
	                                   : 0;
}

static void diff_fields(struct diff *d, const struct config *old,
                        const struct config *new, const struct field *field, size_t n,
                        enum config_part part)
{
	for (size_t i = 0; i < n; i++) {
		const struct field *f = &field[i];

		if (same_field(f, old, new))
			continue;
		AUTO_FREE char *text = told(f, old, new);
		add(d, f->effect, part, line_of(new, f->name), NULL, "%s", text);
	}
}

static void diff_globals(struct diff *d, const struct config *old,
                         const struct config *new)
{
	static const struct field log_level = { "node log-level", STR, C(log_level),
		                                CONFIG_LIVE, NULL };

	diff_fields(d, old, new, config_fields, ARRAY_LEN(config_fields),
	            CONFIG_PART_OTHER);
	diff_fields(d, old, new, paths_fields, ARRAY_LEN(paths_fields),
	            CONFIG_PART_PATHS);
	diff_fields(d, old, new, mrt_fields, ARRAY_LEN(mrt_fields), CONFIG_PART_MRT);
	if (!same_field(&log_level, old, new)) {
		AUTO_FREE char *text = told(&log_level, old, new);
		add(d, CONFIG_LIVE, CONFIG_PART_LOG_LEVEL, new->node_line, NULL, "%s",
		    text);
	}
	if (!same_core(old, new))
		add(d, CONFIG_RESTART, CONFIG_PART_OTHER, new->core_line, NULL,
		    "core interfaces");
	if (!same_names(old, new))
		add(d, CONFIG_LIVE, CONFIG_PART_OTHER, new->core_line, NULL,
		    "core names");
	if (!same_bmp(old, new))
		add(d, CONFIG_LIVE, CONFIG_PART_BMP, new->bgp_line, NULL,
		    "bgp bmp collectors");
	if (new->n_vpns && reflects(old) != reflects(new))
		add(d, CONFIG_RESTART, CONFIG_PART_OTHER, new->bgp_line, NULL,
		    "this PE %s route reflector",
		    reflects(new) ? "becomes a" : "is no longer a");
}

struct config_changes *config_diff(const struct config *old, const struct config *new)
{
	struct diff *d = mem_new(struct diff);

	diff_globals(d, old, new);
	diff_neighbors(d, old, new);
	diff_dynamics(d, old, new);
	diff_vpns(d, old, new);
	d->pub.change = d->change;
	return &d->pub;
}

void config_changes_free(struct config_changes *ch)
{
	struct diff *d = ch ? container_of(ch, struct diff, pub) : NULL;

	if (!d)
		return;
	arena_fini(&d->arena);
	free(d->change);
	free(d);
}
