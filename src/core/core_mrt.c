/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "base/mem.h"
#include "bgp/bgp_mrt.h"
#include "core/core_int.h"
#include "sys/spool.h"

/*
 * MRT files: messages as they come in, into a file that is changed now and then, and the
 * table, now and then or when asked.  A process of its own writes them (sys/spool.h), the
 * table is walked in steps as the writer has room, and what does not fit is counted: BGP
 * never waits for a disk.
 */
enum {
	MRT_UPDATES, /* numbers of files */
	MRT_TABLE,
	MRT_PIECE = 64 * 1024,  /* octets given to the writer at once */
	MRT_STEP = 512,         /* destinations of a table in a turn */
	MRT_AHEAD = 512 * 1024, /* octets of a table that may wait for the writer */
	MRT_WAIT_MS = 10,       /* then it is looked again */
	MRT_PATH_MAX = 512,
	MRT_REOPEN_MIN_MS = 100,   /* the writer died: another is started after this, */
	MRT_REOPEN_MAX_MS = 30000, /* doubled each time it dies sooner than this */
};

struct mrt_file {
	char path[MRT_PATH_MAX];
	bool open;
	uint64_t records, octets, lost; /* of this file */
	uint64_t files, failures, lost_records;
	char error[160];
	struct log_limit said;
};

struct core_mrt {
	struct core *c;
	struct spool *spool;
	struct loop_timer rotate, reopen, table_due, wait;
	struct loop_defer flush, step;

	struct bgp_mrt *updates;
	struct mrt_file file[2];
	uint8_t piece[SPOOL_PIECE]; /* whole records not yet given over */
	size_t n, n_records;
	int64_t reopen_ms;    /* how long the next wait is */
	struct mono reopened; /* when it was last tried */

	struct bgp_mrt_dump *dump;
	struct buf out; /* of it, not yet given over */
	bool walked;
	uint64_t routes, left_out; /* of the last table */
};

static const char *const file_what[] = { "updates", "table" };

/* --- telling -------------------------------------------------------------------------
 */

struct mrt_event {
	const char *file, *event, *path, *why;
	uint64_t octets, lost;
};

static void fill_event(void *arg, struct view *v)
{
	const struct mrt_event *e = arg;

	view_str(v, "file", e->file);
	view_str(v, "event", e->event);
	view_str(v, "path", e->path);
	if (e->why)
		view_str(v, "why", e->why);
	view_num(v, "octets", (int64_t)e->octets);
	view_num(v, "lost-records", (int64_t)e->lost);
}

static void tell(struct core_mrt *m, unsigned file, const char *event, const char *why)
{
	struct mrt_file *f = &m->file[file];
	struct mrt_event e = { .file = file_what[file],
		               .event = event,
		               .path = f->path,
		               .why = why,
		               .octets = f->octets,
		               .lost = f->lost };

	ctl_event(m->c->ctl, "mrt", fill_event, &e);
}

static void file_failed(struct core_mrt *m, unsigned file, const char *why)
{
	struct mrt_file *f = &m->file[file];

	f->failures++;
	snprintf(f->error, sizeof(f->error), "%s", why);
	log_limited(&f->said, LOG_LEVEL_ERR, "mrt: %s %s: %s", file_what[file], f->path,
	            why);
	tell(m, file, "failed", why);
}

/* Messages go on coming in: the file is opened again with a new writer, and what fits
 * into a piece is kept for it. */
static void updates_reopen_later(struct core_mrt *m)
{
	struct mono now = loop_now(m->c->loop);

	if (!m->updates)
		return;
	if (mono_ms_since(now, m->reopened) >= MRT_REOPEN_MAX_MS)
		m->reopen_ms = MRT_REOPEN_MIN_MS;
	loop_timer_set(&m->reopen, mono_add_ms(now, m->reopen_ms));
	m->reopen_ms *= 2;
	if (m->reopen_ms > MRT_REOPEN_MAX_MS)
		m->reopen_ms = MRT_REOPEN_MAX_MS;
}

static void on_failed(void *arg, unsigned file, int err, const char *why)
{
	struct core_mrt *m = arg;

	if (err == -EPIPE)
		m->file[file].open = false; /* the writer is gone */
	file_failed(m, file, why);
	if (err == -EPIPE && file == MRT_UPDATES)
		updates_reopen_later(m);
}

static void on_closed(void *arg, unsigned file, uint64_t octets, uint64_t lost)
{
	struct core_mrt *m = arg;

	m->file[file].octets = octets;
	if (lost)
		return; /* it failed, and that was told */
	m->file[file].files++;
	tell(m, file, "closed", NULL);
}

/* --- file names ----------------------------------------------------------------------
 */

static int64_t wall_us(void *arg)
{
	struct timespec ts;

	(void)arg;
	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

/* What %X stands for; the model lets no other letter in. */
static int part_of(char letter, const struct tm *tm)
{
	switch (letter) {
	case 'Y': return tm->tm_year + 1900;
	case 'm': return tm->tm_mon + 1;
	case 'd': return tm->tm_mday;
	case 'H': return tm->tm_hour;
	case 'M': return tm->tm_min;
	default: return tm->tm_sec;
	}
}

/* The time in the name is UTC, and that at which the file's interval began. */
static void name_of(const char *template, uint32_t interval_s, char path[MRT_PATH_MAX])
{
	time_t now = (time_t)(wall_us(NULL) / 1000000);
	struct tm tm = { 0 };
	size_t n = 0;

	now -= now % interval_s;
	gmtime_r(&now, &tm);
	for (const char *p = template; *p && n < MRT_PATH_MAX - 8; p++) {
		if (*p != '%' || !p[1] || p[1] == '%') {
			path[n++] = *p;
			p += *p == '%' && p[1];
			continue;
		}
		p++;
		n += (size_t)snprintf(path + n, 8, "%02d", part_of(*p, &tm) % 10000);
	}
	path[n] = '\0';
}

/* When the next interval begins. */
static struct mono next_of(const struct core_mrt *m, uint32_t interval_s)
{
	int64_t us = (int64_t)interval_s * 1000000, left = us - wall_us(NULL) % us;

	return mono_add_ms(loop_now(m->c->loop), left / 1000 + 1);
}

static bool file_open(struct core_mrt *m, unsigned file, bool whole)
{
	struct mrt_file *f = &m->file[file];
	int r = spool_open(m->spool, file, f->path, whole);

	f->records = f->octets = f->lost = 0;
	f->open = !r;
	if (r)
		file_failed(m, file, strerror(-r));
	return !r;
}

/* --- updates -------------------------------------------------------------------------
 */

/* keep: if only the writer is missing, for the next one. */
static void updates_give(struct core_mrt *m, bool keep)
{
	struct mrt_file *f = &m->file[MRT_UPDATES];

	if (!m->n)
		return;
	if (!spool_write(m->spool, MRT_UPDATES, m->piece, m->n)) {
		if (keep && !f->open)
			return;
		if (!f->lost && f->open)
			file_failed(m, MRT_UPDATES, "the disk is too slow, or gone");
		f->lost += m->n_records;
		f->lost_records += m->n_records;
	} else {
		f->octets += m->n;
		f->records += m->n_records;
	}
	m->n = m->n_records = 0;
}

static void updates_flush(void *arg)
{
	struct core_mrt *m = arg;

	updates_give(m, true);
}

static void on_record(void *arg, const uint8_t *rec, size_t len)
{
	struct core_mrt *m = arg;

	if (m->n + len > sizeof(m->piece))
		updates_give(m, false);
	memcpy(m->piece + m->n, rec, len); /* a record is smaller than a piece */
	m->n += len;
	m->n_records++;
	if (m->n >= MRT_PIECE)
		updates_flush(m);
	else
		loop_defer(m->c->loop, &m->flush, updates_flush, m);
}

static void updates_open(struct core_mrt *m)
{
	loop_timer_cancel(&m->reopen);
	if (file_open(m, MRT_UPDATES, false))
		updates_flush(m);
	else
		updates_reopen_later(m);
}

static void updates_reopen(void *arg)
{
	struct core_mrt *m = arg;

	m->reopened = loop_now(m->c->loop);
	updates_open(m);
}

/* The next file, whatever became of the last. */
static void updates_rotate(void *arg)
{
	struct core_mrt *m = arg;
	const struct config_mrt *cfg = &m->c->cfg->mrt;

	updates_flush(m);
	spool_close(m->spool, MRT_UPDATES);
	name_of(cfg->updates, cfg->updates_interval, m->file[MRT_UPDATES].path);
	updates_open(m);
	loop_timer_set(&m->rotate, next_of(m, cfg->updates_interval));
}

/* --- the table -----------------------------------------------------------------------
 */

static void table_end(struct core_mrt *m)
{
	m->routes = bgp_mrt_dump_routes(m->dump);
	m->left_out = bgp_mrt_dump_left_out(m->dump);
	bgp_mrt_dump_free(m->dump);
	m->dump = NULL;
	buf_fini(&m->out);
	spool_close(m->spool, MRT_TABLE);
	m->file[MRT_TABLE].open = false;
}

/* Give over what there is, in pieces; they need not be whole records, as a table with a
 * hole is not kept.  False: no room now. */
static bool table_give(struct core_mrt *m)
{
	while (buf_left(&m->out)) {
		size_t n = buf_left(&m->out);

		if (n > MRT_PIECE)
			n = MRT_PIECE;
		if (spool_waiting(m->spool) > MRT_AHEAD ||
		    !spool_write(m->spool, MRT_TABLE, buf_head(&m->out), n))
			return false;
		m->file[MRT_TABLE].octets += n;
		buf_consume(&m->out, n);
	}
	return true;
}

static void table_step(void *arg)
{
	struct core_mrt *m = arg;

	if (!m->dump)
		return;
	if (!m->file[MRT_TABLE].open) { /* the writer died */
		table_end(m);
		return;
	}
	if (!table_give(m)) {
		loop_timer_set(&m->wait, mono_add_ms(loop_now(m->c->loop), MRT_WAIT_MS));
		return;
	}
	if (m->walked) {
		table_end(m);
		return;
	}
	m->walked = !bgp_mrt_dump_step(m->dump, MRT_STEP, &m->out);
	loop_defer(m->c->loop, &m->step, table_step, m);
}

static bool table_begin(struct core_mrt *m)
{
	if (m->dump || !file_open(m, MRT_TABLE, true))
		return false;
	m->dump = bgp_mrt_dump_new(m->c->bgp, wall_us(NULL));
	m->walked = false;
	loop_defer(m->c->loop, &m->step, table_step, m);
	return true;
}

static void table_is_due(void *arg)
{
	struct core_mrt *m = arg;
	const struct config_mrt *cfg = &m->c->cfg->mrt;

	if (!m->dump) {
		name_of(cfg->table, cfg->table_interval, m->file[MRT_TABLE].path);
		table_begin(m);
	}
	loop_timer_set(&m->table_due, next_of(m, cfg->table_interval));
}

/* --- commands ------------------------------------------------------------------------
 */

static void show_file(struct view *v, const struct mrt_file *f)
{
	view_str(v, "path", f->path[0] ? f->path : NULL);
	view_flag(v, "open", f->open);
	view_num(v, "octets", (int64_t)f->octets);
	view_num(v, "files-written", (int64_t)f->files);
	view_num(v, "failures", (int64_t)f->failures);
	view_str(v, "last-error", f->error[0] ? f->error : NULL);
}

static enum cmd_status show_mrt(void *arg, struct cmd_req *req)
{
	const struct core_mrt *m = ((struct core *)arg)->mrt;
	struct view *v = req->view;

	if (req->argc)
		return cmd_fail(req, CMD_USAGE, "expected nothing more, found \"%s\"",
		                req->argv[0]);
	view_obj(v, "updates");
	view_flag(v, "configured", m->updates != NULL);
	show_file(v, &m->file[MRT_UPDATES]);
	view_num(v, "records", (int64_t)m->file[MRT_UPDATES].records);
	view_num(v, "lost-records", (int64_t)m->file[MRT_UPDATES].lost_records);
	view_end(v);
	view_obj(v, "table");
	view_flag(v, "configured", m->c->cfg->mrt.table != NULL);
	view_flag(v, "running", m->dump != NULL);
	show_file(v, &m->file[MRT_TABLE]);
	view_num(v, "routes",
	         (int64_t)(m->dump ? bgp_mrt_dump_routes(m->dump) : m->routes));
	view_num(v, "left-out", (int64_t)m->left_out);
	view_end(v);
	view_num(v, "writer-waiting-octets", (int64_t)spool_waiting(m->spool));
	return CMD_OK;
}

static enum cmd_status mrt_table(void *arg, struct cmd_req *req)
{
	struct core_mrt *m = ((struct core *)arg)->mrt;
	struct mrt_file *f = &m->file[MRT_TABLE];

	if (req->argc != 1 || req->argv[0][0] != '/' ||
	    strlen(req->argv[0]) >= sizeof(f->path))
		return cmd_fail(req, CMD_USAGE,
		                "expected the absolute name of a file to write");
	if (m->dump)
		return cmd_fail(req, CMD_NO, "the table is being written, into %s",
		                f->path);
	snprintf(f->path, sizeof(f->path), "%s", req->argv[0]);
	if (!table_begin(m))
		return cmd_fail(req, CMD_NO, "%s", f->error);
	view_str(req->view, "path", f->path);
	view_note(req->view, "The table is being written; \"show mrt\" tells how far.  "
	                     "The file is there when it is complete.");
	return CMD_OK;
}

static const struct cmd mrt_cmds[] = {
	{"mrt table", "FILE", "write the BGP table to a file in MRT format", true,
         mrt_table									  },
	{ "show mrt", "",     "MRT files: what was written, what was not",   false, show_mrt},
};

/* --- start and stop ------------------------------------------------------------------
 */

static void configured(struct core_mrt *m)
{
	const struct config_mrt *cfg = &m->c->cfg->mrt;
	const struct bgp_mrt_ops mrt = { on_record, wall_us, m };

	if (cfg->updates) {
		m->updates = bgp_mrt_new(m->c->bgp, &mrt);
		updates_rotate(m);
	}
	if (cfg->table)
		loop_timer_set(&m->table_due, next_of(m, cfg->table_interval));
}

static void updates_end(struct core_mrt *m)
{
	updates_give(m, false);
	spool_close(m->spool, MRT_UPDATES);
	m->file[MRT_UPDATES].open = false;
	bgp_mrt_free(m->updates);
	m->updates = NULL;
	loop_timer_cancel(&m->rotate);
	loop_timer_cancel(&m->reopen);
	loop_timer_cancel(&m->table_due);
}

void core_mrt_start(struct core *c)
{
	static const char *const writer[] = { "/proc/self/exe", "vsubnetd",
		                              "--write-files", NULL };
	struct core_mrt *m = mem_new(struct core_mrt);
	const struct spool_ops ops = { .failed = on_failed,
		                       .closed = on_closed,
		                       .arg = m };

	m->c = c;
	c->mrt = m;
	m->spool = spool_new(c->loop, writer, &ops);
	loop_timer_init(&m->rotate, c->loop, updates_rotate, m);
	loop_timer_init(&m->reopen, c->loop, updates_reopen, m);
	m->reopen_ms = MRT_REOPEN_MIN_MS;
	m->reopened = loop_now(c->loop);
	loop_timer_init(&m->table_due, c->loop, table_is_due, m);
	loop_timer_init(&m->wait, c->loop, table_step, m);
	configured(m);
	ctl_register(c->ctl, mrt_cmds, ARRAY_LEN(mrt_cmds), c);
}

void core_mrt_set(struct core *c)
{
	updates_end(c->mrt);
	configured(c->mrt);
}

void core_mrt_stop(struct core *c)
{
	struct core_mrt *m = c->mrt;

	if (!m)
		return;
	updates_end(m);
	bgp_mrt_dump_free(m->dump); /* not closed: the file is not kept */
	buf_fini(&m->out);
	loop_timer_cancel(&m->wait);
	loop_defer_cancel(&m->flush);
	loop_defer_cancel(&m->step);
	spool_free(m->spool);
	free(m);
	c->mrt = NULL;
}
