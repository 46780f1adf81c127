/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/typed.h"

#include <libyang/libyang.h>
#include <stdio.h>

#include "base/hash.h"
#include "base/mem.h"
#include "config/convert.h"
#include "config/place.h"
#include "config/typed_int.h"

/* An attachment, by port and tags. */
struct circuit {
	struct hnode by_tags;
	const struct config_attachment *a;
};

const struct lyd_node *typed_get(const struct lyd_node *parent, const char *name)
{
	const struct lyd_node *n;

	LY_LIST_FOR(parent ? lyd_child(parent) : NULL, n) {
		if (!strcmp(n->schema->name, name))
			return n;
	}
	return NULL;
}

bool typed_given(const struct lyd_node *parent, const char *name)
{
	const struct lyd_node *n = typed_get(parent, name);

	return n && n->priv;
}

/* The nearest place in the document of a node or of what it is in. */
static const struct ynode *place_of(const struct lyd_node *node)
{
	for (; node; node = lyd_parent(node)) {
		if (node->priv)
			return node->priv;
	}
	return NULL;
}

/* Keys have no place in the tree of their own; the entry's mapping knows. */
static const struct ynode *place_of_child(const struct lyd_node *parent, const char *name)
{
	const struct ynode *map = place_of(parent);

	for (const struct ynode *y = map ? map->child : NULL; y; y = y->next) {
		if (y->schema && !y->skip && y->key && !strcmp(y->schema->name, name))
			return y;
	}
	return NULL;
}

bool typed_tried(const struct lyd_node *parent, const char *name)
{
	return place_of_child(parent, name) != NULL;
}

uint32_t typed_line(const struct lyd_node *node)
{
	const struct ynode *y = place_of(node);

	return y ? y->line : 0;
}

void typed_error(struct errlist *errs, const struct lyd_node *parent, const char *name,
                 const char *fmt, ...)
{
	const struct ynode *y = name ? place_of_child(parent, name) : NULL;
	AUTO_FREE char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	must(vasprintf(&text, fmt, ap) >= 0);
	va_end(ap);
	if (y)
		place_error(errs, y, NULL, "%s", text);
	else
		place_error(errs, place_of(parent), name, "%s", text);
}

const char *typed_text(const struct lyd_node *parent, const char *name)
{
	const struct lyd_node *n = typed_get(parent, name);

	return n ? lyd_get_value(n) : NULL;
}

const char *typed_str(const struct typed_maker *m, const struct lyd_node *parent,
                      const char *name)
{
	const char *s = typed_text(parent, name);

	return s ? arena_strndup(m->arena, s, strlen(s)) : NULL;
}

/* "untagged" and "none" are 0. */
uint32_t typed_num(const struct lyd_node *parent, const char *name)
{
	const char *s = typed_text(parent, name);

	return s ? (uint32_t)strtoul(s, NULL, 10) : 0;
}

bool typed_flag(const struct lyd_node *parent, const char *name)
{
	const char *s = typed_text(parent, name);

	return s && !strcmp(s, "true");
}

struct ip typed_ip(const struct lyd_node *parent, const char *name, const struct ip *dflt)
{
	const char *s = typed_text(parent, name);
	struct ip ip = { 0 };

	if (s && ip_parse(s, &ip))
		return ip;
	return dflt ? *dflt : ip;
}

/* The host bits that libyang has cleared must have been clear. */
struct prefix typed_prefix(const struct typed_maker *m, const struct lyd_node *parent,
                           const char *name)
{
	const char *s = typed_text(parent, name);
	const struct ynode *y = place_of_child(parent, name);
	struct prefix p = { 0 }, given;

	if (!s || !prefix_parse(s, &p))
		return p;
	if (y && !prefix_parse(y->text, &given)) {
		struct buf b = { 0 };

		errlist_quote(&b, y->text, y->len);
		place_error(m->errs, y, NULL,
		            "found %.*s, which has host bits set, expected '%s'",
		            (int)buf_left(&b), (const char *)buf_head(&b), s);
		buf_fini(&b);
	}
	return p;
}

static struct mac get_mac(const struct lyd_node *parent, const char *name, uint8_t family,
                          uint32_t vrid)
{
	const char *s = typed_text(parent, name);
	struct mac mac;

	if (s && mac_parse(s, &mac))
		return mac;
	/* RFC 5798 7.3 */
	return (struct mac){
		{0x00, 0x00, 0x5e, 0x00, family, (uint8_t)vrid}
	};
}

size_t typed_count(const struct lyd_node *parent, const char *name)
{
	const struct lyd_node *n;
	size_t k = 0;

	LY_LIST_FOR(parent ? lyd_child(parent) : NULL, n)
		k += !strcmp(n->schema->name, name);
	return k;
}

static void make_node(struct typed_maker *m, const struct lyd_node *node)
{
	struct config *cfg = m->cfg;

	cfg->name = typed_str(m, node, "name");
	cfg->router_id = typed_ip(node, "router-id", NULL);
	cfg->as = typed_num(node, "as");
	cfg->runtime_dir = typed_str(m, node, "runtime-dir");
	cfg->tools_port = typed_str(m, node, "tools-port");
	cfg->log_level = typed_str(m, node, "log-level");
}

static void make_names(struct typed_maker *m, const struct lyd_node *core,
                       struct typed *t)
{
	struct config *cfg = m->cfg;
	struct config_name *to =
		arena_array(m->arena, struct config_name, typed_count(core, "names"));
	const struct lyd_node *n;

	t->name = arena_array(m->scratch, const struct lyd_node *,
	                      typed_count(core, "names"));
	LY_LIST_FOR(core ? lyd_child(core) : NULL, n) {
		if (strcmp(n->schema->name, "names") != 0)
			continue;
		t->name[cfg->n_names] = n;
		to[cfg->n_names].address = typed_ip(n, "address", NULL);
		to[cfg->n_names++].name = typed_str(m, n, "name");
	}
	cfg->name_of = to;
}

static void make_core(struct typed_maker *m, const struct lyd_node *core, struct typed *t)
{
	static const char *const encap[] = {
		[ENCAP_MPLS_UDP] = "mpls-udp",
		[ENCAP_MPLS_GRE] = "mpls-gre",
		[ENCAP_MPLS] = "mpls",
	};
	struct config *cfg = m->cfg;
	const char *s = typed_text(core, "encapsulation");
	const struct lyd_node *n;
	const char **core_if =
		arena_array(m->arena, const char *, typed_count(core, "interfaces"));

	LY_LIST_FOR(core ? lyd_child(core) : NULL, n) {
		const char *name = lyd_get_value(n);

		if (!strcmp(n->schema->name, "interfaces"))
			core_if[cfg->n_core++] =
				arena_strndup(m->arena, name, strlen(name));
	}
	cfg->core_if = core_if;
	cfg->source = typed_ip(core, "source", &cfg->router_id);
	cfg->label_base = typed_num(core, "label-base");
	make_names(m, core, t);
	for (size_t i = 0; s && i < ARRAY_LEN(encap); i++) {
		if (!strcmp(encap[i], s))
			cfg->encap = (enum config_encap)i;
	}
}

static void make_dataplane(struct typed_maker *m, const struct lyd_node *dp)
{
	m->cfg->fib_hosts = typed_num(dp, "fib-hosts");
	m->cfg->bpf_dir = typed_str(m, dp, "bpf-dir");
	m->cfg->xdp_generic = typed_flag(dp, "xdp-generic");
	m->cfg->xdp_force = typed_flag(dp, "xdp-force");
}

/* Once each, in the order of the file. */
static void add_target(const struct typed_maker *m, const struct lyd_node *node,
                       struct extcom *rt, size_t *n)
{
	struct extcom c;

	if (!extcom_parse(lyd_get_value(node), EXTCOM_RT, &c)) {
		place_error(m->errs, node->priv, NULL,
		            "found '%s', expected a route target whose numbers fit: "
		            "AS:0-4294967295, ADDRESS:0-65535, or a 4-octet AS:0-65535",
		            lyd_get_value(node));
		return;
	}
	for (size_t i = 0; i < *n; i++) {
		if (extcom_eq(&rt[i], &c))
			return;
	}
	rt[(*n)++] = c;
}

/* What is in route-targets and in the list of one direction, else as:id. */
static const struct extcom *make_targets(struct typed_maker *m,
                                         const struct lyd_node *vpn, const char *list,
                                         uint32_t id, size_t *ret_n)
{
	size_t room = typed_count(vpn, "route-targets") + typed_count(vpn, list);
	struct extcom *rt = arena_array(m->arena, struct extcom, room + 1);
	const struct lyd_node *n;

	*ret_n = 0;
	LY_LIST_FOR(lyd_child(vpn), n) {
		if (!strcmp(n->schema->name, "route-targets") ||
		    !strcmp(n->schema->name, list))
			add_target(m, n, rt, ret_n);
	}
	if (!*ret_n)
		rt[(*ret_n)++] = extcom_of_as(EXTCOM_RT, m->cfg->as, id);
	return rt;
}

static void make_rd(struct typed_maker *m, const struct lyd_node *vpn,
                    struct config_vpn *v)
{
	const char *s = typed_text(vpn, "rd");

	if (!s)
		v->rd = rd_of_ip(&m->cfg->router_id, (uint16_t)v->id);
	else if (!rd_parse(s, &v->rd))
		typed_error(
			m->errs, vpn, "rd",
			"found '%s', expected a route distinguisher whose numbers fit: "
			"ADDRESS:0-65535, AS:0-4294967295, or a 4-octet AS:0-65535",
			s);
}

static struct circuit *find_circuit(const struct typed_maker *m,
                                    const struct config_attachment *a, uint64_t hash)
{
	hmap_for_key(h, &m->by_tags, hash) {
		struct circuit *c = container_of(h, struct circuit, by_tags);

		if (c->a->vlan == a->vlan && c->a->inner_vlan == a->inner_vlan &&
		    !strcmp(c->a->port, a->port))
			return c;
	}
	return NULL;
}

/* The attachment of this node, which another subnet may have named already. */
static const struct config_attachment *make_attachment(struct typed_maker *m,
                                                       const struct lyd_node *node,
                                                       const struct config_vpn *v)
{
	struct config *cfg = m->cfg;
	struct config_attachment a = {
		.port = typed_text(node, "port"),
		.vlan = (uint16_t)typed_num(node, "vlan"),
		.inner_vlan = (uint16_t)typed_num(node, "inner-vlan"),
		.site = typed_num(node, "site"),
	};
	uint64_t hash =
		hash_bytes(a.port, strlen(a.port)) ^
		((uint64_t)a.vlan << 16 | a.inner_vlan) * UINT64_C(0x9e3779b97f4a7c15);
	struct circuit *c = find_circuit(m, &a, hash);
	size_t i;

	if (!c) {
		i = cfg->n_attachments++;
		a.port = arena_strndup(m->arena, a.port, strlen(a.port));
		a.id = (uint16_t)(i + 1); /* check.c refuses more than fit */
		m->attachment[i] = a;
		m->attachment_vpn[i] = v->id;
		m->attachment_node[i] = node;
		c = arena_new(m->scratch, struct circuit);
		c->a = &m->attachment[i];
		hmap_add(&m->by_tags, &c->by_tags, hash);
		return c->a;
	}
	i = (size_t)(c->a - m->attachment);
	const struct lyd_node *first = m->attachment_node[i];
	const struct lyd_node *owner = lyd_parent(lyd_parent(first));

	if (owner != lyd_parent(lyd_parent(node)))
		typed_error(
			m->errs, node, NULL,
			"already an attachment of vpn '%s', line %u; expected one of its own",
			typed_text(owner, "name"), typed_line(first));
	else if (a.site && c->a->site && a.site != c->a->site)
		typed_error(
			m->errs, node, "site",
			"found '%u', but this attachment is of site %u at line %u; expected the same",
			a.site, c->a->site, typed_line(first));
	else if (a.site)
		m->attachment[i].site = a.site;
	return c->a;
}

/* RFC 4291 2.5.6 with the interface identifier of appendix A. */
static struct ip link_local_of(const struct mac *mac)
{
	const uint8_t *m = mac->b;

	return (struct ip){
		.afi = AFI_IP6,
		.b = {0xfe, 0x80, [8] = m[0] ^ 2, m[1], m[2], 0xff, 0xfe, m[3], m[4],
                      m[5]}
	};
}

static void make_addresses(struct typed_maker *m, const struct lyd_node *node,
                           struct config_subnet *s)
{
	uint32_t vrid = typed_num(node, "vrid");
	struct prefix p = typed_prefix(m, node, "prefix");

	/* An IPv6 prefix alone may be called just that. */
	if (p.ip.afi == AFI_IP6) {
		s->prefix6 = p;
		s->gateway6 = typed_ip(node, "gateway", NULL);
		s->address6 = typed_ip(node, "address", NULL);
	} else {
		s->prefix = p;
		s->gateway = typed_ip(node, "gateway", NULL);
		s->address = typed_ip(node, "address", NULL);
		s->prefix6 = typed_prefix(m, node, "prefix6");
		s->gateway6 = typed_ip(node, "gateway6", NULL);
		s->address6 = typed_ip(node, "address6", NULL);
	}
	s->proxy_mac = get_mac(node, "proxy-mac", 0x01, vrid);
	s->proxy_mac6 = get_mac(node, "proxy-mac6", 0x02, vrid);
	if (s->prefix6.ip.afi) {
		struct ip ll = link_local_of(&s->proxy_mac6);

		s->gateway6_ll = typed_ip(node, "gateway6-link-local", &ll);
	}
}

static void make_vrrp(const struct lyd_node *node, struct config_vrrp *v)
{
	const char *sum = typed_text(node, "checksum");

	v->on = node != NULL;
	v->external = typed_flag(node, "external");
	v->preempt = typed_flag(node, "preempt");
	v->checksum_9568 = sum && !strcmp(sum, "rfc9568");
	v->track_core = typed_flag(node, "track-core");
	v->priority = (uint8_t)typed_num(node, "priority");
	v->interval_cs = (uint16_t)(typed_num(node, "interval") / 10);
	v->preempt_delay_s = (uint16_t)typed_num(node, "preempt-delay");
}

static enum config_probe_reply probe_reply_of(const struct lyd_node *node)
{
	static const char *const word[] = {
		[PROBE_REPLY_NEVER] = "never",
		[PROBE_REPLY_MAC_AWARE] = "mac-aware",
		[PROBE_REPLY_ALWAYS] = "always",
	};
	const char *s = typed_text(node, "probe-reply");

	for (size_t i = 0; s && i < ARRAY_LEN(word); i++) {
		if (!strcmp(word[i], s))
			return (enum config_probe_reply)i;
	}
	return PROBE_REPLY_NEVER;
}

static void make_subnet(struct typed_maker *m, const struct lyd_node *node,
                        const struct config_vpn *v, struct config_subnet *s)
{
	size_t n = typed_count(node, "attachments");
	const struct config_attachment **a =
		arena_array(m->arena, const struct config_attachment *, n);
	const struct lyd_node *c;

	s->name = typed_str(m, node, "name");
	make_addresses(m, node, s);
	s->vrid = (uint8_t)typed_num(node, "vrid");
	make_vrrp(typed_get(node, "vrrp"), &s->vrrp);
	s->age_time_s = typed_num(node, "age-time");
	s->scan_rate = typed_num(node, "scan-rate");
	s->rescan_s = typed_num(node, "rescan");
	s->max_hosts = typed_num(node, "max-hosts-per-attachment");
	s->probe_reply = probe_reply_of(node);
	s->ra = typed_ra(m, typed_get(node, "router-advertisements"));
	s->dhcp = typed_dhcp(m, typed_get(node, "dhcp"));
	LY_LIST_FOR(lyd_child(node), c) {
		if (!strcmp(c->schema->name, "attachments"))
			a[s->n_attachments++] = make_attachment(m, c, v);
	}
	s->attachment = a;
	typed_trust(m, node, s);
}

static void make_vpn(struct typed_maker *m, const struct lyd_node *node,
                     struct config_vpn *v, struct typed_vpn *t)
{
	size_t n = typed_count(node, "subnets");
	struct config_subnet *s = arena_array(m->arena, struct config_subnet, n);
	const struct lyd_node *c;

	t->v = v;
	t->node = node;
	t->subnet = arena_array(m->scratch, struct typed_subnet, n);
	v->name = typed_str(m, node, "name");
	v->id = typed_num(node, "id");
	v->label = m->cfg->label_base + v->id;
	v->import_outside = typed_flag(node, "import-outside");
	v->max_hosts = typed_num(node, "max-hosts");
	v->advertise_mac = typed_flag(node, "advertise-mac");
	v->seq_to_localpref = typed_flag(node, "seq-to-localpref");
	v->max_moves = typed_num(node, "max-moves-per-second");
	v->loopback = typed_ip(node, "loopback", NULL);
	v->loopback6 = typed_ip(node, "loopback6", NULL);
	v->line = typed_line(node);
	v->import_rt = make_targets(m, node, "import-targets", v->id, &v->n_import);
	v->export_rt = make_targets(m, node, "export-targets", v->id, &v->n_export);
	make_rd(m, node, v);
	LY_LIST_FOR(lyd_child(node), c) {
		if (strcmp(c->schema->name, "subnets") != 0)
			continue;
		t->subnet[v->n_subnets].s = &s[v->n_subnets];
		t->subnet[v->n_subnets].node = c;
		make_subnet(m, c, v, &s[v->n_subnets++]);
	}
	v->subnet = s;
}

static void make_vpns(struct typed_maker *m, const struct convert_tree *tree,
                      struct typed *t)
{
	struct config *cfg = m->cfg;
	struct config_vpn *v;
	size_t n = tree->n_vpns, attachments = 0;
	const struct lyd_node *sn;

	for (size_t i = 0; i < n; i++) {
		LY_LIST_FOR(lyd_child(tree->vpn[i]), sn)
			attachments += typed_count(sn, "attachments");
	}
	m->attachment = arena_array(m->arena, struct config_attachment, attachments);
	m->attachment_vpn = arena_array(m->arena, uint32_t, attachments);
	m->attachment_node =
		arena_array(m->scratch, const struct lyd_node *, attachments);
	t->attachment = m->attachment_node;
	t->vpn = arena_array(m->scratch, struct typed_vpn, n);
	v = arena_array(m->arena, struct config_vpn, n);
	for (; cfg->n_vpns < n; cfg->n_vpns++)
		make_vpn(m, tree->vpn[cfg->n_vpns], &v[cfg->n_vpns],
		         &t->vpn[cfg->n_vpns]);
	cfg->vpn = v;
	cfg->attachment = m->attachment;
	cfg->attachment_vpn = m->attachment_vpn;
	hmap_fini(&m->by_tags);
}

static const struct lyd_node *get_top(const struct lyd_node *tree, const char *name)
{
	const struct lyd_node *n;

	LY_LIST_FOR(tree, n) {
		if (!strcmp(n->schema->name, name))
			return n;
	}
	return NULL;
}

void typed_make(const struct convert_tree *tree, struct arena *a, struct arena *scratch,
                struct config *cfg, struct typed *ret, struct errlist *errs)
{
	struct typed_maker m = {
		.cfg = cfg, .arena = a, .scratch = scratch, .errs = errs
	};

	*ret = (struct typed){ .cfg = cfg };
	ret->node = get_top(tree->top, "node");
	ret->core = get_top(tree->top, "core");
	ret->bgp = get_top(tree->top, "bgp");
	cfg->node_line = typed_line(ret->node);
	cfg->core_line = typed_line(ret->core);
	cfg->bgp_line = typed_line(ret->bgp);
	make_node(&m, ret->node);
	make_core(&m, ret->core, ret);
	make_dataplane(&m, get_top(tree->top, "dataplane"));
	typed_bgp(&m, ret->bgp, ret);
	make_vpns(&m, tree, ret);
}
