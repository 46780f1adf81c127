/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/view.h"

/*
 * A command of the control socket: one row of a trade's table, registered by core/.  The
 * words before the arguments name it ("show hosts"); the rest of the line is argv.
 */
enum cmd_status {
	CMD_OK = 0,
	CMD_NO = 1,    /* done, the answer is negative (no such host) */
	CMD_USAGE = 2, /* the words are wrong; say what was expected with cmd_fail() */
	CMD_MORE = 3, /* call again with the same request when the reader has caught up */
};

struct cmd_req {
	int argc;
	const char *const *argv; /* behind the command's words; borrowed for the call */
	struct view *view;
	/* Zero at the first call, kept between CMD_MORE calls: where to go on. */
	uint64_t pos;
	uint8_t key[64];
	char error[256]; /* one line for CMD_NO and CMD_USAGE */
};

struct cmd {
	const char *words;
	const char *args; /* as the usage line shows them: "[VPN]" */
	const char *help; /* one line */
	bool writes;      /* refused on the read-only socket */
	enum cmd_status (*run)(void *arg, struct cmd_req *req);
};

/* Write the request's error line and return st: return cmd_fail(req, CMD_NO, "no …"). */
enum cmd_status cmd_fail(struct cmd_req *req, enum cmd_status st, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
