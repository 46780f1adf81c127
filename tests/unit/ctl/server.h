/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "ctl/ctl.h"
#include "sys/loop.h"

/*
 * A control socket with a few commands to test it by, in a directory of its own, and
 * clients that speak the protocol from the same thread: peer_*() turn the loop until what
 * they wait for has come.
 */
struct server {
	char dir[32];
	char path[64];
	char ro_path[64];
	struct loop *loop;
	struct ctl *ctl;
	uint64_t rows; /* that `count` has produced */
};

/* cfg's paths are filled in. */
struct server *server_new(struct ctl_config cfg);
void server_free(struct server *s);

struct peer {
	struct server *s;
	int fd;
	struct buf in;  /* unparsed */
	struct buf out; /* of O frames */
	char error[1024];
	int status; /* -1: none yet */
	bool closed;
};

void peer_open(struct peer *p, struct server *s, const char *path);
void peer_close(struct peer *p);
void peer_send(struct peer *p, const char *bytes, size_t n);
/* {"words": [the words of s], "format": …} */
void peer_ask(struct peer *p, const char *words, bool json);
/* Read what is there, at most max bytes, and take its frames. */
void peer_read(struct peer *p, size_t max);
/* Until the status has come; returns it.  Resets the answer first. */
int peer_answer(struct peer *p);
void peer_until_closed(struct peer *p);
/* The output so far as a string, valid until the next call. */
const char *peer_text(struct peer *p);
