/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "base/mem.h"
#include "bgp/bgp_bmp.h"
#include "core/core_int.h"
#include "sys/tcp.h"

/*
 * Connections to BMP collectors: we open them, again and again while there is none, take
 * from bgp/bgp_bmp.h what is to be sent, and read only to see the end.
 */
enum {
	BMP_RETRY_MIN_S = 1, /* doubles, up to the configured */
	BMP_READ = 4096,
};

struct core_bmp {
	struct core *c;
	struct config_bmp_collector cfg; /* a copy: the configuration may go */
	struct bgp_bmp *m;
	int fd;
	struct loop_fd *watch; /* NULL: no connection */
	bool connecting;
	struct loop_timer retry, due;
	struct loop_defer work;
	uint32_t tries;

	uint64_t connects, losses;
	struct mono since;
	char error[160];
	struct log_limit said;
};

struct bmp_event {
	struct ip address;
	uint16_t port;
	const char *event, *why;
};

static void fill_event(void *arg, struct view *v)
{
	const struct bmp_event *e = arg;

	view_ip(v, "collector", &e->address);
	view_num(v, "port", e->port);
	view_str(v, "event", e->event);
	if (e->why)
		view_str(v, "why", e->why);
}

static void tell(struct core_bmp *b, const char *event, const char *why)
{
	struct bmp_event e = { b->cfg.address, b->cfg.port, event, why };
	char ip[IP_STRLEN];

	log_limited(&b->said, LOG_LEVEL_NOTICE, "bmp: collector %s port %u: %s%s%s",
	            ip_fmt(&e.address, ip), e.port, event, why ? ": " : "",
	            why ? why : "");
	ctl_event(b->c->ctl, "bmp", fill_event, &e);
}

static void retry_later(struct core_bmp *b)
{
	uint32_t s = BMP_RETRY_MIN_S;

	for (uint32_t i = 0; i < b->tries && s < b->cfg.connect_retry; i++)
		s *= 2;
	if (s > b->cfg.connect_retry)
		s = b->cfg.connect_retry;
	b->tries++;
	loop_timer_set(&b->retry, mono_add_ms(loop_now(b->c->loop), s * INT64_C(1000)));
}

static void lost(struct core_bmp *b, const char *why)
{
	bool was_up = b->watch && !b->connecting;

	bgp_bmp_end(b->m);
	loop_timer_cancel(&b->due);
	loop_defer_cancel(&b->work);
	if (b->watch) {
		loop_fd_del(b->watch);
		tcp_close(b->fd);
	}
	b->watch = NULL;
	b->since = loop_now(b->c->loop);
	if (was_up) {
		b->losses++;
		tell(b, "lost", why);
	} else if (strcmp(b->error, why) != 0) {
		tell(b, "cannot connect", why);
	}
	snprintf(b->error, sizeof(b->error), "%s", why);
	retry_later(b);
}

/* False: the connection is gone. */
static bool send_some(struct core_bmp *b)
{
	struct buf *out = bgp_bmp_out(b->m);

	while (buf_left(out)) {
		size_t n = 0;
		int r = tcp_send(b->fd, buf_head(out), buf_left(out), &n);

		if (r == -EAGAIN)
			break;
		if (r < 0) {
			lost(b, tcp_error_text(r));
			return false;
		}
		buf_consume(out, n);
	}
	loop_fd_want(b->watch, buf_left(out) ? LOOP_READ | LOOP_WRITE : LOOP_READ);
	return true;
}

/* One step, then everybody else gets a turn. */
static void work(void *arg)
{
	struct core_bmp *b = arg;
	struct mono due;

	if (!b->watch || b->connecting)
		return;
	if (!bgp_bmp_run(b->m, loop_now(b->c->loop))) {
		lost(b, "the collector is too slow");
		return;
	}
	if (!send_some(b))
		return;
	b->tries = 0;
	due = bgp_bmp_deadline(b->m);
	if (mono_reached(loop_now(b->c->loop), due))
		loop_defer(b->c->loop, &b->work, work, b);
	else
		loop_timer_set(&b->due, due);
}

static void on_wake(void *arg)
{
	struct core_bmp *b = arg;

	loop_defer(b->c->loop, &b->work, work, b);
}

static void connected(struct core_bmp *b)
{
	int r = tcp_connected(b->fd);

	if (r == -EINPROGRESS || r == -EAGAIN)
		return;
	if (r < 0) {
		lost(b, tcp_error_text(r));
		return;
	}
	b->connecting = false;
	b->connects++;
	b->since = loop_now(b->c->loop);
	b->error[0] = '\0';
	tell(b, "connected", NULL);
	bgp_bmp_begin(b->m, b->since);
	work(b);
}

/* A collector has nothing to say (RFC 7854 3.2). */
static void read_some(struct core_bmp *b)
{
	uint8_t buf[BMP_READ];
	size_t n;
	int r = tcp_recv(b->fd, buf, sizeof(buf), &n);

	if (r == -EAGAIN)
		return;
	if (r < 0)
		lost(b, tcp_error_text(r));
	else if (!n)
		lost(b, "closed by the collector");
}

static void ready(void *arg, unsigned what)
{
	struct core_bmp *b = arg;

	if (b->connecting) {
		connected(b);
		return;
	}
	if (what & LOOP_READ)
		read_some(b);
	if (what & LOOP_WRITE && b->watch)
		work(b);
}

static void try_connect(void *arg)
{
	struct core_bmp *b = arg;
	const struct tcp_connect tc = { .to = b->cfg.address,
		                        .port = b->cfg.port,
		                        .source = b->cfg.source };
	int r = tcp_connect(&tc, &b->fd);

	if (r < 0) {
		lost(b, tcp_error_text(r));
		return;
	}
	b->connecting = true;
	b->watch = loop_fd_add(b->c->loop, b->fd, LOOP_WRITE, ready, b);
}

static int64_t wall_us(void *arg)
{
	struct timespec ts;

	(void)arg;
	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

/* --- the command ---------------------------------------------------------------------
 */

static void show_one(struct view *v, const struct core_bmp *b)
{
	const struct bgp_bmp_counters *n = bgp_bmp_counters(b->m);

	view_obj(v, NULL);
	view_ip(v, "address", &b->cfg.address);
	view_num(v, "port", b->cfg.port);
	view_str(v, "state",
	         !b->watch               ? "waiting"
	         : b->connecting         ? "connecting"
	         : bgp_bmp_dumping(b->m) ? "table"
	                                 : "live");
	view_age(v, "for", mono_ms_since(loop_now(b->c->loop), b->since) / 1000);
	view_str(v, "last-error", b->error[0] ? b->error : NULL);
	view_num(v, "connections", (int64_t)b->connects);
	view_num(v, "losses", (int64_t)b->losses);
	view_num(v, "overflows", (int64_t)n->overflows);
	view_num(v, "messages", (int64_t)n->messages);
	view_num(v, "octets", (int64_t)n->octets);
	view_num(v, "route-monitoring", (int64_t)n->monitored);
	view_num(v, "mirrored", (int64_t)n->mirrored);
	view_num(v, "tables", (int64_t)n->dumps);
	view_num(v, "left-out", (int64_t)n->left_out);
	view_num(v, "send-queue-octets", (int64_t)buf_left(bgp_bmp_out(b->m)));
	view_end(v);
}

static enum cmd_status show_bmp(void *arg, struct cmd_req *req)
{
	const struct core *c = arg;

	if (req->argc)
		return cmd_fail(req, CMD_USAGE, "expected nothing more, found \"%s\"",
		                req->argv[0]);
	view_arr(req->view, "collectors");
	for (size_t i = 0; i < c->n_bmp; i++)
		show_one(req->view, &c->bmp[i]);
	view_end(req->view);
	return CMD_OK;
}

static const struct cmd bmp_cmds[] = {
	{"show bmp", "", "BMP collectors and what they were sent", false, show_bmp},
};

/* --- start and stop ------------------------------------------------------------------
 */

static void collectors_start(struct core *c)
{
	const struct config *cfg = c->cfg;

	c->bmp = mem_zalloc((cfg->n_bmp + 1) * sizeof(*c->bmp));
	c->n_bmp = cfg->n_bmp;
	for (size_t i = 0; i < cfg->n_bmp; i++) {
		struct core_bmp *b = &c->bmp[i];
		const struct bgp_bmp_config bc = {
			.name = cfg->name,
			.description = "vsubnetd " VSUBNET_VERSION,
			.stats_interval_s = cfg->bmp[i].stats_interval,
			.wall_us = wall_us,
			.wake = on_wake,
			.arg = b,
		};

		b->c = c;
		b->cfg = cfg->bmp[i];
		b->since = loop_now(c->loop);
		b->m = bgp_bmp_new(c->bgp, &bc);
		loop_timer_init(&b->retry, c->loop, try_connect, b);
		loop_timer_init(&b->due, c->loop, work, b);
		try_connect(b);
	}
}

void core_bmp_stop(struct core *c)
{
	for (size_t i = 0; i < c->n_bmp; i++) {
		struct core_bmp *b = &c->bmp[i];

		if (b->watch && !b->connecting) {
			bgp_bmp_terminate(b->m);
			send_some(b);
		}
		if (b->watch) {
			loop_fd_del(b->watch);
			tcp_close(b->fd);
		}
		loop_timer_cancel(&b->retry);
		loop_timer_cancel(&b->due);
		loop_defer_cancel(&b->work);
		bgp_bmp_free(b->m);
	}
	free(c->bmp);
	c->bmp = NULL;
	c->n_bmp = 0;
}

void core_bmp_start(struct core *c)
{
	ctl_register(c->ctl, bmp_cmds, ARRAY_LEN(bmp_cmds), c);
	collectors_start(c);
}

void core_bmp_set(struct core *c)
{
	core_bmp_stop(c);
	collectors_start(c);
}
