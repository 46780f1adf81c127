/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/cmd.h"
#include "base/view.h"

/*
 * The control socket: a unix stream socket on which a client sends commands by their
 * words and gets text or JSON back.  The trades' command tables are registered by core/;
 * this room finds the row, runs it, writes its view and feeds the reader no faster than
 * it reads. doc/cli.md has the protocol.
 *
 * Nothing here blocks or logs, and nothing a client does can make the daemon hold more
 * than a bounded amount of memory for it.
 */
struct ctl;
struct loop;

enum {
	CTL_CLIENTS_MAX = 64,   /* further clients are told so and closed */
	CTL_REQUEST_MAX = 4096, /* bytes of one request line */
	CTL_WORDS_MAX = 32,     /* words of one request */
	CTL_OUT_HIGH =
		64 << 10, /* a CMD_MORE command waits while more than this is unread */
	CTL_EVENTS_MAX =
		64 << 10, /* unread bytes of a monitor; beyond, events are counted lost */
	CTL_IDLE_MS = 60 * 1000,       /* without a request; not for monitors */
	CTL_STALL_MS = 15 * 60 * 1000, /* with output pending and nothing read */
};

#define CTL_PATH "/run/vsubnet/vsubnet.sock"

struct ctl_config {
	const char *path; /* read-write socket */
	const char
		*ro_path;  /* a second one that refuses commands that write; NULL: none */
	unsigned mode;     /* of both sockets; 0 is 0660 */
	const char *group; /* that may connect; NULL leaves the process's group */
	unsigned clients_max; /* 0 is CTL_CLIENTS_MAX */
	int64_t idle_ms;      /* 0 is CTL_IDLE_MS */
	int64_t stall_ms;     /* 0 is CTL_STALL_MS */
};

/*
 * Listen.  0, or -errno with one line for the operator in err: -EADDRINUSE when a daemon
 * answers on the path, -ENAMETOOLONG, -ENOENT …; a socket nobody listens on is replaced.
 * The config and its strings are needed only for the call.
 */
int ctl_new(struct loop *loop, const struct ctl_config *cfg, struct ctl **ret,
            char err[256]);
/* Close the clients and remove the sockets from the file system.  NULL is fine. */
void ctl_free(struct ctl *ctl);

/*
 * Make the n commands known; the rows are borrowed until ctl_free().  arg is handed to
 * their run().  Two rows with the same words are a bug.
 *
 * A run() finds the root object of its view open.  When it returns CMD_MORE it is called
 * again with the same req and the same view, whatever it has open (a table, say) still
 * open, once less than CTL_OUT_HIGH bytes wait for the reader; keep a call to a few
 * hundred rows. What is left open at the end is closed by the writer.
 */
void ctl_register(struct ctl *ctl, const struct cmd *cmds, size_t n, void *arg);

/*
 * Tell the clients that run `monitor` that something happened.  fill() gives the members;
 * it is called at most once a format, and not at all when nobody listens.  An event is
 * one line: text "TIME TOPIC key=value …", JSON {"time": …, "topic": …, …}.
 */
void ctl_event(struct ctl *ctl, const char *topic,
               void (*fill)(void *arg, struct view *v), void *arg);

struct ctl_stats {
	unsigned clients;      /* now */
	uint64_t accepted;     /* ever */
	uint64_t refused;      /* over clients_max */
	uint64_t requests;     /* commands run */
	uint64_t bad_requests; /* lines that were not a request */
	uint64_t denied;       /* writing commands on the read-only socket */
	uint64_t timeouts;     /* clients closed for being idle or not reading */
	uint64_t events;       /* handed in with somebody listening */
	uint64_t events_lost;  /* (event, monitor) pairs dropped for a slow reader */
};

struct ctl_stats ctl_stats(const struct ctl *ctl);
