/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "ctl/ctl_int.h"
#include "ctl/frame.h"
#include "ctl/utf8.h"

/*
 * What a connection does, it does in client_step(), deferred to the end of a loop turn:
 * start the next request, run one portion of its command, send what the socket takes.  So
 * a long answer shares the loop with everything else, and an event that a trade reports
 * from deep inside never frees a client.
 */
static void client_step(void *arg);

static void client_wake(struct client *c)
{
	loop_defer(c->ctl->loop, &c->step, client_step, c);
}

/* Length of the first line that is there as a whole, its newline included; or 0. */
static size_t client_line(const struct client *c)
{
	const char *nl = memchr(c->in, '\n', c->in_len);

	return nl ? (size_t)(nl - c->in) + 1 : 0;
}

static void client_fail(struct client *c, enum cmd_status st, const char *text)
{
	struct buf line = { 0 };

	utf8_put(&line, text, false);
	frame_put(&c->out, FRAME_ERROR, buf_head(&line), buf_left(&line));
	frame_status(&c->out, (uint8_t)st);
	buf_fini(&line);
}

static void client_body(struct client *c)
{
	if (!buf_left(&c->body))
		return;
	frame_put(&c->out, FRAME_OUT, buf_head(&c->body), buf_left(&c->body));
	buf_consume(&c->body, buf_left(&c->body));
}

/* End the answer: close the view, then say why not, then the status. */
static void client_finish(struct client *c, enum cmd_status st, const char *error)
{
	writer_finish(c->writer, error);
	client_body(c);
	writer_free(TAKE(c->writer));
	if (error)
		client_fail(c, st, error);
	else
		frame_status(&c->out, (uint8_t)st);
	buf_fini(&c->body);
	req_fini(&c->words);
	c->row = NULL;
}

static void client_done(struct client *c, enum cmd_status st)
{
	char text[sizeof(c->cmd.error) + 256], usage[200];

	if (st == CMD_USAGE) {
		words_usage(c->row->cmd, usage, sizeof(usage));
		snprintf(text, sizeof(text),
		         *c->cmd.error ? "%s (usage: %s)" : "%susage: %s", c->cmd.error,
		         usage);
	} else {
		snprintf(text, sizeof(text), "%s", c->cmd.error);
	}
	client_finish(c, st, st != CMD_OK && *text ? text : NULL);
}

/* From here on the client gets events instead of an answer. */
static void client_monitor(struct client *c)
{
	writer_free(TAKE(c->writer));
	buf_fini(&c->body);
	c->topics = c->row->n;
	c->row = NULL;
	c->lost = 0;
}

static void client_unmonitor(struct client *c)
{
	c->monitor = false;
	req_fini(&c->words);
	frame_status(&c->out, CMD_OK);
}

static void client_run(struct client *c)
{
	enum cmd_status st = c->row->cmd->run(c->row->arg, &c->cmd);

	if (c->monitor)
		client_monitor(c);
	else if (st == CMD_MORE)
		client_body(c);
	else
		client_done(c, st);
}

static void client_request(struct client *c, const char *line, size_t len)
{
	const struct words_row *row;
	enum cmd_status st = CMD_USAGE;
	char err[256];
	size_t used;

	c->ctl->stats.requests++;
	if (req_parse(line, len, &c->words, err)) {
		c->ctl->stats.bad_requests++;
		client_fail(c, CMD_USAGE, err);
		return;
	}
	c->writer = writer_new(c->words.json ? WRITER_JSON : WRITER_TEXT, &c->body);
	row = words_find(&c->ctl->words, c->words.word, c->words.n, &used, err);
	if (row && row->cmd->writes && c->read_only) {
		c->ctl->stats.denied++;
		snprintf(err, sizeof(err),
		         "\"%s\" changes something, this socket is read-only",
		         row->cmd->words);
		st = CMD_NO;
		row = NULL;
	}
	if (!row) {
		client_finish(c, st, err);
		return;
	}
	c->row = row;
	c->cmd = (struct cmd_req){
		.argc = (int)(c->words.n - used),
		.argv = c->words.word + used,
		.view = writer_view(c->writer),
	};
}

/* Take the next request line, if there is one.  A monitor ends when another line comes.
 */
static void client_next(struct client *c)
{
	size_t len = client_line(c);

	if (!len && c->in_len == sizeof(c->in)) {
		char err[64];

		snprintf(err, sizeof(err), "request longer than %d bytes",
		         CTL_REQUEST_MAX);
		c->ctl->stats.bad_requests++;
		client_fail(c, CMD_USAGE, err);
		c->close = true;
	}
	if (!len) {
		c->close |= c->eof;
		return;
	}
	if (c->monitor)
		client_unmonitor(c);
	client_request(c, c->in, len - 1);
	c->in_len -= len;
	memmove(c->in, c->in + len, c->in_len);
}

/* 0, or -errno when the connection is gone. */
static int client_send(struct client *c)
{
	while (buf_left(&c->out)) {
		ssize_t n =
			send(c->fd, buf_head(&c->out), buf_left(&c->out), MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? 0 : -errno;
		buf_consume(&c->out, (size_t)n);
		c->progress = loop_now(c->ctl->loop);
	}
	return 0;
}

static int client_recv(struct client *c)
{
	ssize_t n;

	if (c->eof || c->row || c->in_len == sizeof(c->in))
		return 0;
	n = recv(c->fd, c->in + c->in_len, sizeof(c->in) - c->in_len, 0);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	c->eof = n == 0;
	c->in_len += (size_t)n;
	c->progress = loop_now(c->ctl->loop);
	return 0;
}

/* What to wait for, and how long. */
static void client_arm(struct client *c)
{
	bool waiting = buf_left(&c->out) > 0;
	bool reading = !c->row && !c->eof && !c->close && c->in_len < sizeof(c->in);
	struct mono until = MONO_NEVER;

	if (waiting && !c->waiting)
		c->progress = loop_now(c->ctl->loop);
	c->waiting = waiting;
	if (waiting)
		until = mono_add_ms(c->progress, c->ctl->stall_ms);
	else if (!c->row && !c->monitor)
		until = mono_add_ms(c->progress, c->ctl->idle_ms);
	loop_timer_set(&c->timer, until);
	loop_fd_want(c->io, (waiting ? LOOP_WRITE : 0u) | (reading ? LOOP_READ : 0u));
}

static void client_tell_lost(struct client *c);

static void client_step(void *arg)
{
	struct client *c = arg;

	if (!c->row && !c->close)
		client_next(c);
	if (c->row && buf_left(&c->out) < CTL_OUT_HIGH)
		client_run(c);
	if (client_send(c) || (c->close && !buf_left(&c->out))) {
		client_free(c);
		return;
	}
	if (c->lost)
		client_tell_lost(c);
	client_arm(c);
	if (c->row ? buf_left(&c->out) < CTL_OUT_HIGH
	           : (client_line(c) || c->eof) && !c->close)
		client_wake(c);
}

static void client_ready(void *arg, unsigned ready)
{
	struct client *c = arg;

	if ((ready & LOOP_READ) && client_recv(c)) {
		client_free(c);
		return;
	}
	client_wake(c);
}

static void client_timeout(void *arg)
{
	struct client *c = arg;

	c->ctl->stats.timeouts++;
	client_free(c);
}

void client_new(struct ctl *ctl, int fd, bool read_only)
{
	struct client *c = mem_new(struct client);

	c->ctl = ctl;
	c->fd = fd;
	c->read_only = read_only;
	list_init(&c->link);
	list_add_tail(&ctl->clients, &c->link);
	ctl->stats.clients++;
	ctl->stats.accepted++;
	c->progress = loop_now(ctl->loop);
	loop_timer_init(&c->timer, ctl->loop, client_timeout, c);
	c->io = loop_fd_add(ctl->loop, fd, LOOP_READ, client_ready, c);
	client_arm(c);
}

void client_free(struct client *c)
{
	if (!c)
		return;
	loop_defer_cancel(&c->step);
	loop_timer_cancel(&c->timer);
	loop_fd_del(c->io);
	close(c->fd);
	list_del(&c->link);
	c->ctl->stats.clients--;
	writer_free(c->writer);
	req_fini(&c->words);
	buf_fini(&c->body);
	buf_fini(&c->out);
	free(c);
}

/* "host" asks for host and host-moved alike; no topic asks for all. */
bool client_wants(const struct client *c, const char *topic)
{
	if (!c->monitor)
		return false;
	for (size_t i = c->topics; i < c->words.n; i++) {
		size_t len = strlen(c->words.word[i]);

		if (!strncmp(topic, c->words.word[i], len) &&
		    (!topic[len] || topic[len] == '-'))
			return true;
	}
	return c->topics == c->words.n;
}

static void client_fill_lost(void *arg, struct view *v)
{
	view_num(v, "lost", (int64_t) * (const uint64_t *)arg);
}

/* Once half of what waited is read there is room to say how much is missing. */
static void client_tell_lost(struct client *c)
{
	struct buf line = { 0 };

	if (!c->monitor || buf_left(&c->out) > CTL_EVENTS_MAX / 2)
		return;
	ctl_event_line(&line, c->words.json, "monitor", client_fill_lost, &c->lost);
	frame_put(&c->out, FRAME_OUT, buf_head(&line), buf_left(&line));
	buf_fini(&line);
	c->lost = 0;
	client_wake(c);
}

void client_event(struct client *c, const struct buf *line)
{
	if (c->lost || buf_left(&c->out) + buf_left(line) > CTL_EVENTS_MAX) {
		c->lost++;
		c->ctl->stats.events_lost++;
		return; /* told by the step that finds room */
	}
	frame_put(&c->out, FRAME_OUT, buf_head(line), buf_left(line));
	client_wake(c);
}
