/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <libyang/libyang.h>

#include "base/mem.h"
#include "config/typed_int.h"

/*
 * The BGP speaker's part of struct config.  A neighbor is made of two entries, its own
 * and its template's: each leaf comes from the first of them that gives it, and its
 * default from the model.
 */

enum {
	NAMES_TOLD = 8, /* of templates, where one is not known */
};

static const struct lyd_node *box_of(const struct lyd_node *session, const char *box)
{
	return box && session ? typed_get(session, box) : session;
}

const struct lyd_node *typed_session_at(const struct typed_session *s, const char *box,
                                        const char *leaf)
{
	const struct lyd_node *own = box_of(s->node, box);
	const struct lyd_node *theirs = box_of(s->template, box);

	return typed_given(own, leaf) || !typed_given(theirs, leaf) ? own : theirs;
}

static uint32_t num(const struct typed_session *s, const char *box, const char *leaf)
{
	return typed_num(typed_session_at(s, box, leaf), leaf);
}

static bool flag(const struct typed_session *s, const char *box, const char *leaf)
{
	return typed_flag(typed_session_at(s, box, leaf), leaf);
}

static const char *str(const struct typed_maker *m, const struct typed_session *s,
                       const char *box, const char *leaf)
{
	return typed_str(m, typed_session_at(s, box, leaf), leaf);
}

static unsigned word(const struct typed_session *s, const char *box, const char *leaf,
                     const char *const *words, unsigned n)
{
	const char *text = typed_text(typed_session_at(s, box, leaf), leaf);

	for (unsigned i = 0; text && i < n; i++) {
		if (!strcmp(words[i], text))
			return i;
	}
	return 0;
}

/* One or the other: a neighbor's own secret is not joined by one of its template. */
static void make_secrets(const struct typed_maker *m, struct typed_session s,
                         struct config_bgp_neighbor *ret)
{
	static const char *const algorithm[] = {
		[TCP_AO_HMAC_SHA1] = "hmac-sha-1-96",
		[TCP_AO_AES128_CMAC] = "aes-128-cmac-96",
		[TCP_AO_HMAC_SHA256] = "hmac-sha-256-128",
	};
	struct typed_session md5 = s;

	if (typed_given(box_of(s.node, "tcp-ao"), "key"))
		md5.template = NULL;
	if (typed_given(s.node, "password"))
		s.template = NULL;
	ret->password = str(m, &md5, NULL, "password");
	ret->ao_key = str(m, &s, "tcp-ao", "key");
	if (!ret->ao_key)
		return;
	ret->ao_key_id = (uint8_t)num(&s, "tcp-ao", "key-id");
	ret->ao_recv_id = typed_text(typed_session_at(&s, "tcp-ao", "recv-id"), "recv-id")
	                          ? (uint8_t)num(&s, "tcp-ao", "recv-id")
	                          : ret->ao_key_id;
	ret->ao_algorithm =
		(enum config_tcp_ao)word(&s, "tcp-ao", "algorithm", algorithm, 3);
}

static uint8_t add_path(const struct typed_session *s)
{
	static const char *const words[] = { "", "all" };

	if (word(s, "add-path", "send", words, 2))
		return CONFIG_ADD_PATH_ALL;
	return (uint8_t)num(s, "add-path", "send");
}

static void make_session(const struct typed_maker *m, const struct typed_session *s,
                         struct config_bgp_neighbor *ret)
{
	static const char *const gr[] = { [GR_ENABLED] = "enabled",
		                          [GR_HELPER] = "helper-only",
		                          [GR_DISABLED] = "disabled" };

	ret->as = num(s, NULL, "as");
	ret->port = (uint16_t)num(s, NULL, "port");
	make_secrets(m, *s, ret);
	ret->hold_time = (uint16_t)num(s, NULL, "hold-time");
	ret->send_hold_time = (uint16_t)num(s, NULL, "send-hold-time");
	ret->connect_retry = (uint16_t)num(s, NULL, "connect-retry");
	ret->passive = flag(s, NULL, "passive");
	ret->route_reflector_client = flag(s, NULL, "route-reflector-client");
	ret->ttl_security = (uint8_t)num(s, NULL, "ttl-security");
	ret->rt_constrain = flag(s, NULL, "rt-constrain");
	ret->add_path_send = add_path(s);
	ret->add_path_receive = flag(s, "add-path", "receive");
	ret->max_prefixes = num(s, "max-prefixes", "limit");
	ret->max_prefixes_warning = (uint8_t)num(s, "max-prefixes", "warning-percent");
	ret->max_prefixes_restart_min =
		(uint16_t)num(s, "max-prefixes", "restart-minutes");
	ret->max_prefixes_warning_only = flag(s, "max-prefixes", "warning-only");
	ret->gr = (enum config_gr)word(s, "graceful-restart", "mode", gr, 3);
	ret->gr_restart_time = (uint16_t)num(s, "graceful-restart", "restart-time");
	ret->llgr_stale_time = num(s, "long-lived-graceful-restart", "stale-time");
	ret->shutdown = flag(s, "shutdown", "enabled");
	ret->shutdown_message = str(m, s, "shutdown", "message");
}

/* --- templates -----------------------------------------------------------------------
 */

static void make_template(struct typed_maker *m, const struct lyd_node *node,
                          struct config_bgp_template *ret, struct typed_session *ret_at)
{
	*ret_at = (struct typed_session){ .node = node };
	ret->name = typed_str(m, node, "name");
	ret->peer.template = ret->name;
	ret->peer.source = typed_ip(node, "source", NULL);
	make_session(m, ret_at, &ret->peer);
}

/* The template that n names, or ret_n; an unknown one is an error. */
static size_t find_template(const struct typed_maker *m, const struct lyd_node *n)
{
	const struct config *cfg = m->cfg;
	const char *name = typed_text(n, "template");
	struct buf b = { 0 };

	for (size_t i = 0; name && i < cfg->n_templates; i++) {
		if (!strcmp(cfg->template[i].name, name))
			return i;
	}
	if (!name)
		return cfg->n_templates;
	for (size_t i = 0; i < cfg->n_templates && i < NAMES_TOLD; i++)
		buf_printf(&b, "%s%s", i ? ", " : "one of: ", cfg->template[i].name);
	if (!cfg->n_templates)
		buf_printf(&b, "a name of bgp templates, where there is none");
	else if (cfg->n_templates > NAMES_TOLD)
		buf_printf(&b, ", …");
	typed_error(m->errs, n, "template",
	            "found '%s', a template that does not exist; expected %.*s", name,
	            (int)buf_left(&b), (const char *)buf_head(&b));
	buf_fini(&b);
	return cfg->n_templates;
}

/* --- neighbors -----------------------------------------------------------------------
 */

/* Ours in that family, where nobody says it. */
static const struct ip *source_for(const struct config *cfg, uint8_t afi)
{
	static const struct ip none;

	if (cfg->source.afi == afi)
		return &cfg->source;
	return cfg->router_id.afi == afi ? &cfg->router_id : &none;
}

static void make_neighbor(struct typed_maker *m, const struct typed_session *s,
                          struct config_bgp_neighbor *ret)
{
	ret->address = typed_ip(s->node, "address", NULL);
	ret->line = typed_line(s->node);
	ret->description = typed_str(m, s->node, "description");
	ret->source = typed_ip(typed_session_at(s, NULL, "source"), "source",
	                       source_for(m->cfg, ret->address.afi));
	make_session(m, s, ret);
}

static void add_neighbor(struct typed_maker *m, const struct lyd_node *node,
                         struct typed *t, struct config_bgp_neighbor *ret)
{
	struct typed_session *s = &t->neighbor[m->cfg->n_neighbors++];
	size_t i = find_template(m, node);

	s->node = node;
	if (i < m->cfg->n_templates) {
		s->template = t->template[i].node;
		ret->template = m->cfg->template[i].name;
	}
	make_neighbor(m, s, ret);
}

static void add_dynamic(struct typed_maker *m, const struct lyd_node *node,
                        struct typed *t, struct config_bgp_dynamic *ret)
{
	size_t i = find_template(m, node);

	t->dynamic[m->cfg->n_dynamics++] = node;
	ret->prefix = typed_prefix(m, node, "prefix");
	if (i < m->cfg->n_templates)
		ret->template = &m->cfg->template[i];
	ret->source = ret->template && ret->template->peer.source.afi
	                      ? ret->template->peer.source
	                      : *source_for(m->cfg, ret->prefix.ip.afi);
	ret->limit = (uint16_t)typed_num(node, "limit");
	ret->idle_time = typed_num(node, "idle-time");
	ret->line = typed_line(node);
}

/* --- observers -----------------------------------------------------------------------
 */

static void make_mrt(struct typed_maker *m, const struct lyd_node *mrt)
{
	struct config_mrt *ret = &m->cfg->mrt;

	ret->updates = typed_str(m, mrt, "updates");
	ret->updates_interval = typed_num(mrt, "updates-interval");
	ret->table = typed_str(m, mrt, "table");
	ret->table_interval = typed_num(mrt, "table-interval");
}

static void make_bmp(struct typed_maker *m, const struct lyd_node *bmp, struct typed *t)
{
	size_t n = typed_count(bmp, "collectors");
	struct config_bmp_collector *to =
		arena_array(m->arena, struct config_bmp_collector, n);
	const struct lyd_node *node;

	m->cfg->bmp = to;
	t->collector = arena_array(m->scratch, const struct lyd_node *, n);
	LY_LIST_FOR(bmp ? lyd_child(bmp) : NULL, node) {
		t->collector[m->cfg->n_bmp++] = node;
		to->address = typed_ip(node, "address", NULL);
		to->port = (uint16_t)typed_num(node, "port");
		to->source = typed_ip(node, "source", NULL);
		to->stats_interval = typed_num(node, "stats-interval");
		to->connect_retry = (uint16_t)typed_num(node, "connect-retry");
		to++;
	}
}

/* --- all of it -----------------------------------------------------------------------
 */

static void make_lists(struct typed_maker *m, const struct lyd_node *bgp, struct typed *t)
{
	struct config *cfg = m->cfg;
	size_t n = typed_count(bgp, "neighbors"),
	       nd = typed_count(bgp, "dynamic-neighbors");
	struct config_bgp_neighbor *to =
		arena_array(m->arena, struct config_bgp_neighbor, n);
	struct config_bgp_dynamic *dyn =
		arena_array(m->arena, struct config_bgp_dynamic, nd);
	const struct lyd_node *node;

	cfg->neighbor = to;
	cfg->dynamic = dyn;
	t->neighbor = arena_array(m->scratch, struct typed_session, n);
	t->dynamic = arena_array(m->scratch, const struct lyd_node *, nd);
	LY_LIST_FOR(bgp ? lyd_child(bgp) : NULL, node) {
		if (!strcmp(node->schema->name, "neighbors"))
			add_neighbor(m, node, t, to++);
		else if (!strcmp(node->schema->name, "dynamic-neighbors"))
			add_dynamic(m, node, t, dyn++);
	}
}

static void make_templates(struct typed_maker *m, const struct lyd_node *bgp,
                           struct typed *t)
{
	size_t n = typed_count(bgp, "templates");
	struct config_bgp_template *to =
		arena_array(m->arena, struct config_bgp_template, n);
	const struct lyd_node *node;

	m->cfg->template = to;
	t->template = arena_array(m->scratch, struct typed_session, n);
	LY_LIST_FOR(bgp ? lyd_child(bgp) : NULL, node) {
		size_t i = m->cfg->n_templates;

		if (strcmp(node->schema->name, "templates") != 0)
			continue;
		make_template(m, node, &to[i], &t->template[i]);
		m->cfg->n_templates++;
	}
}

void typed_bgp(struct typed_maker *m, const struct lyd_node *bgp, struct typed *t)
{
	struct config *cfg = m->cfg;

	cfg->listen = typed_ip(bgp, "listen-address", NULL);
	cfg->listen_port = (uint16_t)typed_num(bgp, "listen-port");
	cfg->cluster_id = typed_ip(bgp, "cluster-id", &cfg->router_id);
	cfg->maximum_paths = (uint8_t)typed_num(bgp, "maximum-paths");
	make_templates(m, bgp, t);
	make_lists(m, bgp, t);
	make_mrt(m, typed_get(bgp, "mrt"));
	make_bmp(m, typed_get(bgp, "bmp"), t);
}
