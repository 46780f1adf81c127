/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "base/mem.h"
#include "ctl/ctl_int.h"
#include "ctl/frame.h"

/* The commands the socket has by itself; their arg is the ctl. */
static struct client *client_of(struct cmd_req *req)
{
	return container_of(req, struct client, cmd);
}

static enum cmd_status help_run(void *arg, struct cmd_req *req)
{
	static const struct view_col col[] = {
		{"command", "Command", 44},
		{ "writes", "Writes",  8 },
		{ "help",   "Help",    0 },
	};
	const struct ctl *ctl = arg;
	size_t shown = 0;

	for (size_t i = 0; i < ctl->words.n; i++) {
		const struct words_row *r = &ctl->words.row[i];
		char usage[200];

		if (!words_begin(r, req->argv, (size_t)req->argc))
			continue;
		if (!shown++)
			view_table(req->view, "commands", col, ARRAY_LEN(col));
		view_str(req->view, NULL, words_usage(r->cmd, usage, sizeof(usage)));
		view_flag(req->view, NULL, r->cmd->writes);
		view_str(req->view, NULL, r->cmd->help);
	}
	if (!shown)
		return cmd_fail(req, CMD_NO, "no command begins with \"%s\"",
		                req->argv[0]);
	view_table_end(req->view);
	return CMD_OK;
}

/* In text one candidate a line, for shells: they would trip over anything prettier. */
static void completions_text(void *arg, const char *word)
{
	buf_printf(arg, "%s\n", word);
}

static void completions_json(void *arg, const char *word)
{
	view_str(arg, NULL, word);
}

static enum cmd_status completions_run(void *arg, struct cmd_req *req)
{
	struct client *c = client_of(req);
	const struct ctl *ctl = arg;

	if (!c->words.json) {
		words_complete(&ctl->words, req->argv, (size_t)req->argc,
		               completions_text, &c->body);
		return CMD_OK;
	}
	view_arr(req->view, "candidates");
	words_complete(&ctl->words, req->argv, (size_t)req->argc, completions_json,
	               req->view);
	view_end(req->view);
	return CMD_OK;
}

static void monitor_fill(void *arg, struct view *v)
{
	const struct cmd_req *req = arg;

	view_arr(v, "listening");
	for (int i = 0; i < req->argc; i++)
		view_str(v, NULL, req->argv[i]);
	if (!req->argc)
		view_str(v, NULL, "all");
	view_end(v);
}

/* Its first event says that it listens: who waits for that misses nothing that follows.
 */
static enum cmd_status monitor_run(void *arg, struct cmd_req *req)
{
	struct client *c = client_of(req);
	struct buf line = { 0 };

	ctl_event_line(&line, c->words.json, "monitor", monitor_fill, req);
	frame_put(&c->out, FRAME_OUT, buf_head(&line), buf_left(&line));
	buf_fini(&line);
	c->monitor = true;
	return CMD_OK;
}

static enum cmd_status show_control_run(void *arg, struct cmd_req *req)
{
	const struct ctl *ctl = arg;
	const struct ctl_stats *s = &ctl->stats;
	struct view *v = req->view;

	view_arr(v, "sockets");
	for (size_t i = 0; i < ARRAY_LEN(ctl->listener); i++) {
		if (*ctl->listener[i].path)
			view_str(v, NULL, ctl->listener[i].path);
	}
	view_end(v);
	view_num(v, "clients", s->clients);
	view_num(v, "clients-max", ctl->clients_max);
	view_num(v, "accepted", (int64_t)s->accepted);
	view_num(v, "refused", (int64_t)s->refused);
	view_num(v, "requests", (int64_t)s->requests);
	view_num(v, "bad-requests", (int64_t)s->bad_requests);
	view_num(v, "denied", (int64_t)s->denied);
	view_num(v, "timeouts", (int64_t)s->timeouts);
	view_num(v, "events", (int64_t)s->events);
	view_num(v, "events-lost", (int64_t)s->events_lost);
	return CMD_OK;
}

const struct cmd ctl_builtin[] = {
	{"help",          "[WORD…]",  "the commands, those that begin with these words", false,
         help_run											    },
	{ "completions",  "[WORD…]",  "what the last word could become",                 false,
         completions_run										     },
	{ "monitor",      "[TOPIC…]", "follow events as they happen",                    false, monitor_run},
	{ "show control", "",           "control sockets, their clients and limits",       false,
         show_control_run										    },
};
const size_t ctl_builtin_n = ARRAY_LEN(ctl_builtin);
