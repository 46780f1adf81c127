/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/cmd.h"
#include "base/list.h"
#include "ctl/ctl.h"
#include "ctl/req.h"
#include "ctl/words.h"
#include "ctl/writer.h"
#include "sys/loop.h"

/* One of the two sockets. */
struct ctl_listener {
	struct ctl *ctl;
	char path[108]; /* "": not in use */
	bool read_only;
	int fd;
	struct loop_fd *io;
	struct loop_timer again; /* accept() found no descriptor: wait, don't spin */
	dev_t dev;               /* of the socket file, to remove no other */
	ino_t ino;
};

struct ctl {
	struct loop *loop; /* borrowed */
	struct ctl_listener listener[2];
	struct words words;
	struct list clients;
	unsigned clients_max;
	int64_t idle_ms;
	int64_t stall_ms;
	struct ctl_stats stats;
};

/*
 * A connection.  It is in one of three states: reading a request line, running a command
 * (row is set; it may take many turns), or monitoring.  What waits for the reader is in
 * out, framed.
 */
struct client {
	struct list link; /* ctl->clients */
	struct ctl *ctl;  /* borrowed */
	bool read_only;
	int fd;
	struct loop_fd *io;
	struct loop_defer step;
	bool eof;   /* no more requests will come */
	bool close; /* once out is sent */

	struct loop_timer timer; /* idle, or not reading */
	struct mono progress;    /* bytes last moved, or began to wait */
	bool waiting;            /* out was not empty then */

	char in[CTL_REQUEST_MAX];
	size_t in_len;
	struct buf out;

	const struct words_row *row;
	struct req words; /* of the command or monitor */
	struct cmd_req cmd;
	struct writer *writer;
	struct buf body; /* what the writer wrote, not framed yet */

	bool monitor;
	size_t topics; /* where in words they begin */
	uint64_t lost; /* events not told about yet */
};

void client_new(struct ctl *ctl, int fd, bool read_only);
void client_free(struct client *c);
/* Does this monitor want the topic? */
bool client_wants(const struct client *c, const char *topic);
/* Hand a monitor one rendered event. */
void client_event(struct client *c, const struct buf *line);

/* Render an event line: time, topic, members. */
void ctl_event_line(struct buf *out, bool json, const char *topic,
                    void (*fill)(void *arg, struct view *v), void *arg);

/* help, completions, monitor, show control: their arg is the ctl. */
extern const struct cmd ctl_builtin[];
extern const size_t ctl_builtin_n;
