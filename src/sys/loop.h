/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

#include "base/heap.h"
#include "base/list.h"
#include "base/mono.h"

/*
 * The one event loop of a process: descriptors, deadlines, work put off to the end of the
 * turn, signals.
 *
 * A turn is: wait, run what is ready, run what was deferred.  Everything may be added,
 * changed and deleted from inside any callback.  The loop owns its struct loop_fd; timers
 * and defers sit inside their owners' objects and must be cancelled before those go.
 *
 * Making a loop ignores SIGPIPE: a peer that hangs up is an error of write(), not our
 * end.
 */
struct loop;
struct loop_fd;

struct loop *loop_new(void);
void loop_free(struct loop *l); /* NULL is fine; frees what is still registered */
void loop_run(struct loop *l);  /* until loop_stop() */
void loop_stop(struct loop *l); /* after this turn */
/* One turn that waits at most max_ms (-1: for ever); for tests and drain loops. */
void loop_turn(struct loop *l, int max_ms);
/* The time, read once a turn: all that happens in a turn happens at the same time. */
struct mono loop_now(const struct loop *l);
/* The clock itself, for those without a loop. */
struct mono loop_clock(void);
/* What a clock on the wall showed at that moment, microseconds since 1970, by its setting
 * of now. */
int64_t loop_wall_us(struct mono t);

enum { LOOP_READ = 1 << 0, LOOP_WRITE = 1 << 1 };

/* The loop does not own fd: close it after loop_fd_del().  `ready` is of LOOP_*; hang-up
 * and errors count as both, as the next read or write will tell. */
struct loop_fd *loop_fd_add(struct loop *l, int fd, unsigned want,
                            void (*cb)(void *arg, unsigned ready), void *arg);
void loop_fd_want(struct loop_fd *f, unsigned want);
void loop_fd_del(struct loop_fd *f); /* NULL is fine */

struct loop_timer {
	struct heap_node due;
	struct loop *loop;
	void (*cb)(void *arg);
	void *arg;
};

void loop_timer_init(struct loop_timer *t, struct loop *l, void (*cb)(void *arg),
                     void *arg);
/* Set or move; MONO_NEVER cancels.  Fires once, never before its time. */
void loop_timer_set(struct loop_timer *t, struct mono at);
void loop_timer_cancel(struct loop_timer *t);

/* Zero-initialise it.  Asked for any number of times in a turn, cb runs once, at its end;
 * asked for by a deferred cb, in the next turn, which then does not wait. */
struct loop_defer {
	struct list link;
	bool queued;
	void (*cb)(void *arg);
	void *arg;
};

void loop_defer(struct loop *l, struct loop_defer *d, void (*cb)(void *arg), void *arg);
void loop_defer_cancel(struct loop_defer *d);

/* Delivered between other callbacks, never as an interrupt.  Only one loop of a process
 * may take signals. */
int loop_signal(struct loop *l, int signo, void (*cb)(void *arg, int signo), void *arg);
