/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sys/loop.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <time.h>

#include "base/mem.h"

/*
 * libevent waits; the rest is ours.  Deadlines live in one heap, of which libevent sees
 * only the head, so that a timer set and moved a thousand times in a turn costs heap work
 * and one system call.  The clock is read by the first callback of a turn.
 */
struct loop {
	struct event_base *base;
	struct event *timer;
	struct mono timer_at; /* what libevent's timer is set to */
	struct heap timers;
	struct list fds;
	struct list signals;
	struct list deferred;
	struct mono now;
	bool in_turn; /* now is of this turn */
	bool stop;
};

struct loop_fd {
	struct event *ev;
	struct loop *loop;
	struct list link;
	unsigned want;
	void (*cb)(void *arg, unsigned ready);
	void *arg;
};

struct loop_signal {
	struct event *ev;
	struct loop *loop;
	struct list link;
	void (*cb)(void *arg, int signo);
	void *arg;
};

struct mono loop_clock(void)
{
	struct timespec ts;

	must(!clock_gettime(CLOCK_MONOTONIC, &ts));
	return (struct mono){ ts.tv_sec * INT64_C(1000000) + ts.tv_nsec / 1000 };
}

int64_t loop_wall_us(struct mono t)
{
	struct timespec ts;

	must(!clock_gettime(CLOCK_REALTIME, &ts));
	return ts.tv_sec * INT64_C(1000000) + ts.tv_nsec / 1000 - loop_clock().us + t.us;
}

/* Every callback from libevent passes here first. */
static void begin(struct loop *l)
{
	if (l->in_turn)
		return;
	l->now = loop_clock();
	l->in_turn = true;
}

struct mono loop_now(const struct loop *l)
{
	return l->in_turn ? l->now : loop_clock();
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct loop *l = arg;
	struct heap_node *n;

	begin(l);
	l->timer_at = MONO_NEVER;
	/* A timer that sets itself to now again waits for the next turn, or it would keep
	 * descriptors from being served: it is beyond the time this turn began. */
	while ((n = heap_due(&l->timers, l->now))) {
		struct loop_timer *t = container_of(n, struct loop_timer, due);

		t->cb(t->arg);
	}
}

struct loop *loop_new(void)
{
	struct event_config *cfg = event_config_new();
	struct loop *l = mem_new(struct loop);

	must(cfg);
	signal(SIGPIPE, SIG_IGN);
	/* Without it epoll rounds deadlines to milliseconds. */
	event_config_set_flag(cfg, EVENT_BASE_FLAG_PRECISE_TIMER);
	event_config_set_flag(cfg, EVENT_BASE_FLAG_NOLOCK);
	l->base = event_base_new_with_config(cfg);
	event_config_free(cfg);
	must(l->base);
	l->timer = event_new(l->base, -1, 0, on_timer, l);
	must(l->timer);
	l->timer_at = MONO_NEVER;
	list_init(&l->fds);
	list_init(&l->signals);
	list_init(&l->deferred);
	return l;
}

static void signal_free(struct loop_signal *s)
{
	list_del(&s->link);
	event_free(s->ev);
	free(s);
}

void loop_free(struct loop *l)
{
	if (!l)
		return;
	list_for_safe(f, &l->fds, struct loop_fd, link)
		loop_fd_del(f);
	list_for_safe(s, &l->signals, struct loop_signal, link)
		signal_free(s);
	list_for_safe(d, &l->deferred, struct loop_defer, link)
		loop_defer_cancel(d);
	while (l->timers.count)
		heap_del(&l->timers, l->timers.node[0]);
	heap_fini(&l->timers);
	event_free(l->timer);
	event_base_free(l->base);
	free(l);
}

/* Have libevent wake us for the head of the heap. */
static void arm(struct loop *l)
{
	struct mono head = heap_next(&l->timers);
	struct timeval tv = { 0 };
	int64_t us;

	if (head.us == l->timer_at.us)
		return;
	l->timer_at = head;
	if (mono_is_never(head)) {
		event_del(l->timer);
		return;
	}
	us = head.us - loop_clock().us;
	if (us > 0) {
		tv.tv_sec = us / 1000000;
		tv.tv_usec = us % 1000000;
	}
	must(!event_add(l->timer, &tv));
}

static void run_deferred(struct loop *l)
{
	struct list batch;

	if (list_empty(&l->deferred))
		return;
	/* What these defer is for the next turn: take the whole list aside first. */
	batch = l->deferred;
	batch.next->prev = batch.prev->next = &batch;
	list_init(&l->deferred);
	while (!list_empty(&batch)) {
		struct loop_defer *d = list_first(&batch, struct loop_defer, link);

		loop_defer_cancel(d);
		d->cb(d->arg);
	}
}

static void turn(struct loop *l, bool wait)
{
	int flags = EVLOOP_ONCE;

	if (!wait || !list_empty(&l->deferred))
		flags |= EVLOOP_NONBLOCK;
	arm(l);
	l->in_turn = false;
	must(event_base_loop(l->base, flags | EVLOOP_NO_EXIT_ON_EMPTY) >= 0);
	begin(l);
	run_deferred(l);
	l->in_turn = false;
}

static void on_turn_limit(void *arg)
{
}

void loop_turn(struct loop *l, int max_ms)
{
	struct loop_timer limit;

	loop_timer_init(&limit, l, on_turn_limit, NULL);
	if (max_ms > 0)
		loop_timer_set(&limit, mono_add_ms(loop_now(l), max_ms));
	turn(l, max_ms != 0);
	loop_timer_cancel(&limit);
}

void loop_run(struct loop *l)
{
	while (!l->stop)
		turn(l, true);
	l->stop = false;
}

void loop_stop(struct loop *l)
{
	l->stop = true;
}

static void on_fd(evutil_socket_t fd, short what, void *arg)
{
	struct loop_fd *f = arg;
	unsigned ready = 0;

	begin(f->loop);
	if (what & EV_READ)
		ready |= LOOP_READ;
	if (what & EV_WRITE)
		ready |= LOOP_WRITE;
	f->cb(f->arg, ready); /* may free f */
}

static short event_bits(unsigned want)
{
	int bits = EV_PERSIST;

	if (want & LOOP_READ)
		bits |= EV_READ;
	if (want & LOOP_WRITE)
		bits |= EV_WRITE;
	return (short)bits;
}

struct loop_fd *loop_fd_add(struct loop *l, int fd, unsigned want,
                            void (*cb)(void *arg, unsigned ready), void *arg)
{
	struct loop_fd *f = mem_new(struct loop_fd);

	must(fd >= 0);
	f->loop = l;
	f->want = want;
	f->cb = cb;
	f->arg = arg;
	f->ev = event_new(l->base, fd, event_bits(want), on_fd, f);
	must(f->ev);
	list_init(&f->link);
	list_add_tail(&l->fds, &f->link);
	if (want)
		must(!event_add(f->ev, NULL));
	return f;
}

void loop_fd_want(struct loop_fd *f, unsigned want)
{
	if (f->want == want)
		return;
	event_del(f->ev);
	must(!event_assign(f->ev, f->loop->base, event_get_fd(f->ev), event_bits(want),
	                   on_fd, f));
	f->want = want;
	if (want)
		must(!event_add(f->ev, NULL));
}

void loop_fd_del(struct loop_fd *f)
{
	if (!f)
		return;
	event_free(f->ev); /* also takes it out of what is about to run */
	list_del(&f->link);
	free(f);
}

void loop_timer_init(struct loop_timer *t, struct loop *l, void (*cb)(void *arg),
                     void *arg)
{
	*t = (struct loop_timer){ .loop = l, .cb = cb, .arg = arg };
}

void loop_timer_set(struct loop_timer *t, struct mono at)
{
	struct loop *l = t->loop;

	/* Strictly behind this turn, see on_timer(). */
	if (l->in_turn && mono_reached(l->now, at))
		at = mono_add_us(l->now, 1);
	heap_set(&l->timers, &t->due, at);
}

void loop_timer_cancel(struct loop_timer *t)
{
	if (t->loop)
		heap_del(&t->loop->timers, &t->due);
}

void loop_defer(struct loop *l, struct loop_defer *d, void (*cb)(void *arg), void *arg)
{
	d->cb = cb;
	d->arg = arg;
	if (d->queued)
		return;
	d->queued = true;
	list_init(&d->link);
	list_add_tail(&l->deferred, &d->link);
}

void loop_defer_cancel(struct loop_defer *d)
{
	if (!d->queued)
		return;
	d->queued = false;
	list_del(&d->link);
}

static void on_signal(evutil_socket_t signo, short what, void *arg)
{
	struct loop_signal *s = arg;

	begin(s->loop);
	s->cb(s->arg, (int)signo);
}

int loop_signal(struct loop *l, int signo, void (*cb)(void *arg, int signo), void *arg)
{
	struct loop_signal *s = mem_new(struct loop_signal);

	s->loop = l;
	s->cb = cb;
	s->arg = arg;
	list_init(&s->link);
	s->ev = evsignal_new(l->base, signo, on_signal, s);
	if (!s->ev || event_add(s->ev, NULL)) {
		if (s->ev)
			event_free(s->ev);
		free(s);
		return -EINVAL;
	}
	list_add_tail(&l->signals, &s->link);
	return 0;
}
