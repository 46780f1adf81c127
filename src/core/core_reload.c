/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "config/diff.h"
#include "core/core_int.h"
#include "sys/tcp.h"

/*
 * Another configuration for a daemon that runs.  The whole file is read and checked, then
 * compared with the one in use; what it asks for is done if all of it can be done live,
 * else nothing is.
 */
enum { LINE_LEN = 2048 };

/* Strings of the old configuration that somebody still holds. */
static void move_borrowed(struct core *c, const struct config *new)
{
	for (size_t p = 0; p < c->n_ports; p++) {
		const char *name = NULL;

		for (size_t i = 0; !name && i < new->n_core; i++) {
			if (!strcmp(new->core_if[i], c->port[p].name))
				name = new->core_if[i];
		}
		for (size_t i = 0; !name && i < new->n_attachments; i++) {
			if (!strcmp(new->attachment[i].port, c->port[p].name))
				name = new->attachment[i].port;
		}
		must(name); /* ports and attachments are equal */
		c->port[p].name = name;
	}
}

static void take_log_level(const struct config *cfg)
{
	enum log_level level;

	if (log_level_parse(cfg->log_level, &level))
		log_set_level(level);
}

/* Can each of the neighbors be?  Nothing has been done yet. */
static int check_neighbors(const struct core *c, const struct config_changes *ch,
                           char why[LINE_LEN])
{
	for (size_t i = 0; i < ch->n; i++) {
		const struct config_change *x = &ch->change[i];
		char ip[IP_STRLEN];
		int r = 0;

		if (x->part == CONFIG_PART_NEIGHBOR_ADDED ||
		    x->part == CONFIG_PART_NEIGHBOR_CHANGED)
			r = core_bgp_neighbor_check(c, x->neighbor);
		if (r) {
			snprintf(why, LINE_LEN, "neighbor %s: %s",
			         ip_fmt(&x->neighbor->address, ip), tcp_error_text(r));
			return r;
		}
	}
	return 0;
}

/* A neighbor has one entry a leaf: it is changed once. */
static bool is_first(const struct config_changes *ch, size_t i)
{
	return !i || ch->change[i - 1].neighbor != ch->change[i].neighbor;
}

static bool has_part(const struct config_changes *ch, enum config_part part)
{
	for (size_t i = 0; i < ch->n; i++) {
		if (ch->change[i].part == part)
			return true;
	}
	return false;
}

static void apply(struct core *c, const struct config *new,
                  const struct config_changes *ch)
{
	/* Who goes makes room for who comes. */
	for (size_t i = 0; i < ch->n; i++) {
		if (ch->change[i].part == CONFIG_PART_NEIGHBOR_DROPPED)
			core_bgp_neighbor_del(c, ch->change[i].neighbor);
	}
	for (size_t i = 0; i < ch->n; i++) {
		const struct config_change *x = &ch->change[i];

		log_notice("config: %s", x->text);
		if (x->part == CONFIG_PART_NEIGHBOR_ADDED ||
		    (x->part == CONFIG_PART_NEIGHBOR_CHANGED && is_first(ch, i)))
			core_bgp_neighbor_set(c, x->neighbor);
	}
	if (has_part(ch, CONFIG_PART_DYNAMIC))
		core_bgp_dynamic_set(c, new);
	if (has_part(ch, CONFIG_PART_LOG_LEVEL))
		take_log_level(new);
}

/* And who watches the speaker, which goes by the configuration in use. */
static void take_over(struct core *c, const struct config *new,
                      const struct config_changes *ch)
{
	const struct config *old = c->cfg;

	move_borrowed(c, new);
	c->cfg = new;
	if (has_part(ch, CONFIG_PART_PATHS) && c->vrfs)
		vrfs_max_paths(c->vrfs, new->maximum_paths);
	if (has_part(ch, CONFIG_PART_MRT))
		core_mrt_set(c);
	if (has_part(ch, CONFIG_PART_BMP))
		core_bmp_set(c);
	core_ha_set(c, old);
	config_free(old);
}

/* --- who asks ------------------------------------------------------------------------
 */

/* A file, read and compared. */
struct reload {
	const char *path;
	const struct config *cfg;
	struct config_errors *errs; /* it has not been read */
	struct config_changes *ch;
};

static bool reload_read(struct core *c, const char *path, struct reload *ret)
{
	*ret = (struct reload){ .path = path ? path : c->path };
	if (config_load(ret->path, &ret->cfg, &ret->errs))
		return false;
	ret->ch = config_diff(c->cfg, ret->cfg);
	return true;
}

static void reload_fini(struct reload *r)
{
	config_changes_free(r->ch);
	config_free(r->cfg);
	config_errors_free(r->errs);
}

/* 0, or -errno and why; the configuration is the core's then. */
static int reload_apply(struct core *c, struct reload *r, char why[LINE_LEN])
{
	int err;

	if (r->ch->worst == CONFIG_RESTART) {
		snprintf(why, LINE_LEN, "nothing applied: some of it needs a restart");
		return -EBUSY;
	}
	err = check_neighbors(c, r->ch, why);
	if (err)
		return err;
	apply(c, r->cfg, r->ch);
	take_over(c, r->cfg, r->ch);
	r->cfg = NULL;
	return 0;
}

void core_reload(struct core *c)
{
	struct reload r;
	char why[LINE_LEN];

	if (!reload_read(c, NULL, &r)) {
		for (size_t i = 0; i < r.errs->n; i++)
			log_err("%s", config_error_fmt(r.path, &r.errs->error[i], why,
			                               sizeof(why)));
		log_err("config: %s has errors, nothing applied", r.path);
	} else if (reload_apply(c, &r, why)) {
		for (size_t i = 0; i < r.ch->n; i++) {
			const struct config_change *x = &r.ch->change[i];

			if (x->effect == CONFIG_RESTART)
				log_err("config: %s:%u: %s needs a restart", r.path,
				        x->line, x->text);
		}
		log_err("config: %s: %s", r.path, why);
	} else {
		log_notice("config: %s applied, %zu changes", r.path, r.ch->n);
	}
	reload_fini(&r);
}

static void show_errors(struct view *v, const struct reload *r)
{
	static const struct view_col col[] = {
		{"error", "Error", 0}
	};
	char line[LINE_LEN];

	view_table(v, "errors", col, ARRAY_LEN(col));
	for (size_t i = 0; i < r->errs->n; i++)
		view_str(v, NULL,
		         config_error_fmt(r->path, &r->errs->error[i], line,
		                          sizeof(line)));
	view_table_end(v);
}

static void show_changes(struct view *v, const struct config_changes *ch)
{
	static const struct view_col col[] = {
		{"line",    "Line",   6 },
		{ "effect", "Effect", 20},
		{ "change", "Change", 0 },
	};

	view_table(v, "changes", col, ARRAY_LEN(col));
	for (size_t i = 0; i < ch->n; i++) {
		view_num(v, NULL, ch->change[i].line);
		view_str(v, NULL, config_effect_name(ch->change[i].effect));
		view_str(v, NULL, ch->change[i].text);
	}
	view_table_end(v);
}

/* The file of the request, or ours; its errors are shown.  False: *ret_st is the answer.
 */
static bool cmd_read(struct core *c, struct cmd_req *req, struct reload *r,
                     enum cmd_status *ret_st)
{
	*ret_st = CMD_USAGE;
	if (req->argc > 1 || (req->argc && req->argv[0][0] != '/')) {
		cmd_fail(req, CMD_USAGE,
		         "expected one file with its whole path, found \"%s\"",
		         req->argv[req->argc - 1]);
		return false;
	}
	if (reload_read(c, req->argc ? req->argv[0] : NULL, r))
		return true;
	show_errors(req->view, r);
	*ret_st = cmd_fail(req, CMD_NO, "%s: nothing applied, errors: %zu", r->path,
	                   r->errs->n);
	reload_fini(r);
	return false;
}

enum cmd_status core_config_apply(void *arg, struct cmd_req *req)
{
	struct core *c = arg;
	char why[LINE_LEN];
	enum cmd_status st;
	struct reload r;

	if (!cmd_read(c, req, &r, &st))
		return st;
	show_changes(req->view, r.ch);
	st = CMD_OK;
	if (reload_apply(c, &r, why))
		st = cmd_fail(req, CMD_NO, "%s", why);
	reload_fini(&r);
	return st;
}

enum cmd_status core_config_diff(void *arg, struct cmd_req *req)
{
	enum cmd_status st;
	struct reload r;

	if (!cmd_read(arg, req, &r, &st))
		return st;
	show_changes(req->view, r.ch);
	reload_fini(&r);
	return CMD_OK;
}

enum cmd_status core_config_check(void *arg, struct cmd_req *req)
{
	enum cmd_status st;
	struct reload r;

	if (!cmd_read(arg, req, &r, &st))
		return st;
	view_num(req->view, "vpns", (int64_t)r.cfg->n_vpns);
	view_num(req->view, "attachments", (int64_t)r.cfg->n_attachments);
	view_num(req->view, "neighbors", (int64_t)r.cfg->n_neighbors);
	reload_fini(&r);
	return CMD_OK;
}
