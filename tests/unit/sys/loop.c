/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sys/loop.h"

#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/t.h"

struct seen {
	struct loop *l;
	char order[32];
	size_t n;
	int signo;
	unsigned ready;
	struct loop_timer a, b;
	struct loop_defer d, d2;
	struct loop_fd *fd, *fd2;
	int pair[2];
};

static void note(struct seen *s, char c)
{
	CHECK(s->n < sizeof(s->order) - 1);
	s->order[s->n++] = c;
}

static void on_a(void *arg)
{
	note(arg, 'a');
}

static void on_b(void *arg)
{
	struct seen *s = arg;

	note(s, 'b');
	loop_stop(s->l);
}

TEST(timers_fire_once_in_order_and_not_before_their_time)
{
	struct seen s = { .l = loop_new() };
	struct mono now = loop_clock();

	loop_timer_init(&s.a, s.l, on_a, &s);
	loop_timer_init(&s.b, s.l, on_b, &s);
	loop_timer_set(&s.b, mono_add_ms(now, 4));
	loop_timer_set(&s.a, mono_add_ms(now, 900));
	loop_timer_set(&s.a, mono_add_ms(now, 2)); /* moved */
	loop_run(s.l);
	CHECK_STR(s.order, "ab");
	CHECK(mono_reached(loop_clock(), mono_add_ms(now, 4)));
	CHECK(!heap_armed(&s.a.due) && !heap_armed(&s.b.due));
	loop_free(s.l);
}

TEST(a_cancelled_timer_is_silent)
{
	struct seen s = { .l = loop_new() };

	loop_timer_init(&s.a, s.l, on_a, &s);
	loop_timer_init(&s.b, s.l, on_b, &s);
	loop_timer_set(&s.a, loop_now(s.l));
	loop_timer_set(&s.b, mono_add_ms(loop_now(s.l), 1));
	loop_timer_cancel(&s.a);
	loop_run(s.l);
	CHECK_STR(s.order, "b");
	loop_free(s.l);
}

static void on_again(void *arg)
{
	struct seen *s = arg;

	note(s, 'a');
	if (s->n < 8)
		loop_timer_set(&s->a, loop_now(s->l));
}

static void on_read_stop(void *arg, unsigned ready)
{
	struct seen *s = arg;

	note(s, 'r');
	loop_stop(s->l);
}

TEST(a_timer_that_is_always_due_does_not_starve_descriptors)
{
	struct seen s = { .l = loop_new() };

	CHECK(!socketpair(AF_UNIX, SOCK_STREAM, 0, s.pair));
	CHECK_INT(write(s.pair[1], "x", 1), 1);
	loop_timer_init(&s.a, s.l, on_again, &s);
	loop_timer_set(&s.a, loop_now(s.l));
	s.fd = loop_fd_add(s.l, s.pair[0], LOOP_READ, on_read_stop, &s);
	loop_run(s.l);
	CHECK(strchr(s.order, 'r') != NULL);
	CHECK(s.n <= 3);
	loop_free(s.l);
	close(s.pair[0]);
	close(s.pair[1]);
}

static void on_defer(void *arg)
{
	note(arg, 'd');
}

static void on_defer_again(void *arg)
{
	struct seen *s = arg;

	note(s, 'e');
	loop_defer(s->l, &s->d2, on_defer, s); /* the next turn's */
}

static void on_twice(void *arg)
{
	struct seen *s = arg;

	loop_defer(s->l, &s->d, on_defer_again, s);
	loop_defer(s->l, &s->d, on_defer_again, s);
	note(s, 'a');
}

TEST(deferred_work_runs_once_at_the_end_of_its_turn)
{
	struct seen s = { .l = loop_new() };

	loop_timer_init(&s.a, s.l, on_twice, &s);
	loop_timer_init(&s.b, s.l, on_a, &s);
	loop_timer_set(&s.a, loop_now(s.l));
	loop_timer_set(&s.b, loop_now(s.l));
	while (s.n < 3)
		loop_turn(s.l, 1000);
	CHECK_STR(s.order, "aae"); /* both timers, then what the first put off */
	loop_turn(s.l, -1);        /* must not wait: there is work left */
	CHECK_STR(s.order, "aaed");
	loop_defer(s.l, &s.d, on_defer, &s);
	loop_defer_cancel(&s.d);
	loop_turn(s.l, 0);
	CHECK_STR(s.order, "aaed");
	loop_free(s.l);
}

static void on_del_both(void *arg, unsigned ready)
{
	struct seen *s = arg;

	note(s, 'r');
	loop_fd_del(s->fd);
	loop_fd_del(s->fd2);
	s->fd = s->fd2 = NULL;
}

TEST(a_callback_may_delete_itself_and_another_that_is_ready)
{
	struct seen s = { .l = loop_new() };

	CHECK(!socketpair(AF_UNIX, SOCK_STREAM, 0, s.pair));
	CHECK_INT(write(s.pair[0], "x", 1), 1);
	CHECK_INT(write(s.pair[1], "x", 1), 1);
	s.fd = loop_fd_add(s.l, s.pair[0], LOOP_READ, on_del_both, &s);
	s.fd2 = loop_fd_add(s.l, s.pair[1], LOOP_READ, on_del_both, &s);
	loop_turn(s.l, 1000);
	loop_turn(s.l, 0);
	CHECK_STR(s.order, "r");
	loop_free(s.l);
	close(s.pair[0]);
	close(s.pair[1]);
}

static void on_ready(void *arg, unsigned ready)
{
	struct seen *s = arg;

	s->ready = ready;
}

TEST(only_what_is_wanted_is_told_and_wants_can_change)
{
	struct seen s = { .l = loop_new() };

	CHECK(!socketpair(AF_UNIX, SOCK_STREAM, 0, s.pair));
	s.fd = loop_fd_add(s.l, s.pair[0], 0, on_ready, &s);
	loop_turn(s.l, 0);
	CHECK_INT(s.ready, 0);
	loop_fd_want(s.fd, LOOP_READ | LOOP_WRITE);
	loop_turn(s.l, 1000);
	CHECK_INT(s.ready, LOOP_WRITE);
	loop_fd_want(s.fd, LOOP_READ);
	close(s.pair[1]); /* the end is something to read */
	s.ready = 0;
	loop_turn(s.l, 1000);
	CHECK(s.ready & LOOP_READ);
	loop_free(s.l);
	close(s.pair[0]);
}

static void on_signal(void *arg, int signo)
{
	struct seen *s = arg;

	s->signo = signo;
}

TEST(signals_are_told_in_a_turn_and_sigpipe_is_ignored)
{
	static const int all[] = { SIGTERM, SIGINT, SIGHUP, SIGUSR1 };
	struct seen s = { .l = loop_new() };

	for (size_t i = 0; i < 4; i++)
		CHECK_INT(loop_signal(s.l, all[i], on_signal, &s), 0);
	for (size_t i = 0; i < 4; i++) {
		raise(all[i]);
		CHECK_INT(s.signo, i ? all[i - 1] : 0);
		loop_turn(s.l, 1000);
		CHECK_INT(s.signo, all[i]);
	}
	raise(SIGPIPE); /* still here */
	loop_free(s.l);
}

static void on_clock(void *arg)
{
	struct seen *s = arg;
	struct mono then = loop_now(s->l);

	while (loop_clock().us == then.us)
		;
	CHECK(loop_now(s->l).us == then.us);
	note(s, 'c');
}

TEST(time_stands_still_within_a_turn)
{
	struct seen s = { .l = loop_new() };

	loop_timer_init(&s.a, s.l, on_clock, &s);
	loop_timer_set(&s.a, loop_now(s.l));
	loop_turn(s.l, 1000);
	CHECK_STR(s.order, "c");
	loop_free(s.l);
}
