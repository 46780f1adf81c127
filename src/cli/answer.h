/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/*
 * One request to vsubnetd and its answer, over a connection of its own.  The protocol is
 * in doc/cli.md; this is its client side.
 */
enum { /* exit codes of the program */
       ANSWER_OK = 0,
       ANSWER_NO = 1,
       ANSWER_USAGE = 2,
       ANSWER_UNREACHABLE = 3, /* no daemon, or it went away in the middle */
};

#define ANSWER_SOCKET "/run/vsubnet/vsubnet.sock"

struct answer_to {
	const char *socket;
	bool json;
};

/*
 * Ask, and copy the answer to stdout as it comes; errors to stderr as one line.  Returns
 * the exit code.  Returns early, with ANSWER_OK, when *stop becomes true (a signal).
 */
int answer_show(const struct answer_to *to, const char *const *words, size_t n,
                const volatile bool *stop);
/* The same, into out and without a word on stderr. */
int answer_take(const struct answer_to *to, const char *const *words, size_t n,
                struct buf *out);
