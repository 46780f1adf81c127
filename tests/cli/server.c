/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "ctl/ctl.h"
#include "sys/loop.h"

/*
 * A control socket for the tests of the vsubnet program: `server PATH` prints "ready" and
 * answers until SIGTERM.  Its routing table is the one of the first two-site example.
 */
static const struct view_col routes_col[] = {
	{"prefix",    "Prefix",   16},
	{ "next-hop", "Next-hop", 11},
	{ "protocol", "Protocol", 0 },
};

static enum cmd_status routes_run(void *arg, struct cmd_req *req)
{
	static const char *const cell[] = { "1.1.0.0/16", "Null",  "Direct",
		                            "1.1.1.1/32", "Local", "ARP" };
	struct view *v = req->view;

	if (req->argc > 1)
		return cmd_fail(req, CMD_USAGE, "expected one VPN, found %d words",
		                req->argc);
	if (req->argc && strcmp(req->argv[0], "blue"))
		return cmd_fail(req, CMD_NO, "no VPN \"%s\"", req->argv[0]);
	view_table(v, "routes", routes_col, ARRAY_LEN(routes_col));
	for (size_t i = 0; i < ARRAY_LEN(cell); i++)
		view_str(v, NULL, cell[i]);
	view_table_end(v);
	return CMD_OK;
}

static enum cmd_status count_run(void *arg, struct cmd_req *req)
{
	static const struct view_col col[] = {
		{"n", "N", 0}
	};
	uint64_t to = req->argc ? strtoull(req->argv[0], NULL, 10) : 0;

	if (!req->pos)
		view_table(req->view, "rows", col, 1);
	for (int i = 0; i < 1000 && req->pos < to; i++)
		view_num(req->view, NULL, (int64_t)req->pos++);
	if (req->pos < to)
		return CMD_MORE;
	view_table_end(req->view);
	return CMD_OK;
}

static enum cmd_status echo_run(void *arg, struct cmd_req *req)
{
	view_arr(req->view, "words");
	for (int i = 0; i < req->argc; i++)
		view_str(req->view, NULL, req->argv[i]);
	view_end(req->view);
	return CMD_OK;
}

static void fill(void *arg, struct view *v)
{
	view_str(v, "host", *(const char **)arg);
}

static enum cmd_status happen_run(void *arg, struct cmd_req *req)
{
	const char *host = req->argc ? req->argv[0] : "1.1.1.3";

	ctl_event(*(struct ctl **)arg, "host", fill, &host);
	return CMD_OK;
}

static const struct cmd cmds[] = {
	{"show routes", "[VPN]",     "routing table of a VPN", false, routes_run},
	{ "show count", "N",         "numbers",                false, count_run },
	{ "echo",       "[WORD…]", "the words",              false, echo_run  },
	{ "happen",     "[HOST]",    "make an event",          true,  happen_run},
};

static void stop(void *arg, int signo)
{
	loop_stop(arg);
}

int main(int argc, char *argv[])
{
	struct loop *loop = loop_new();
	struct ctl *ctl = NULL;
	char err[256];

	if (argc != 2 ||
	    ctl_new(loop, &(const struct ctl_config){ .path = argv[1] }, &ctl, err)) {
		fprintf(stderr, "%s\n", argc == 2 ? err : "usage: server PATH");
		return EXIT_FAILURE;
	}
	ctl_register(ctl, cmds, ARRAY_LEN(cmds), &ctl);
	must(!loop_signal(loop, SIGTERM, stop, loop));
	puts("ready");
	fflush(stdout);
	loop_run(loop);
	ctl_free(ctl);
	loop_free(loop);
	return EXIT_SUCCESS;
}
