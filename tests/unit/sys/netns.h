/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <sched.h>
#include <stdarg.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/t.h"

/*
 * A network namespace for a test: the test's own process moves into a new, nameless one,
 * which the kernel takes away with it.  Skips the test where that is not allowed.
 */
static inline void sh(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static inline void sh(const char *fmt, ...)
{
	char cmd[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(cmd, sizeof(cmd), fmt, ap);
	va_end(ap);
	if (system(cmd))
		t_fail(__FILE__, __LINE__, "failed: %s", cmd);
}

static inline void netns_enter(void)
{
	if (unshare(CLONE_NEWNET))
		skip();
	sh("ip link set lo up");
}

/* A second namespace, held by a child that waits for the end of a pipe. */
struct netns_peer {
	pid_t pid;
	int hold;
};

static inline struct netns_peer netns_peer_new(void)
{
	struct netns_peer p;
	int hold[2], ready[2];
	char c = 0;

	CHECK(!pipe(hold) && !pipe(ready));
	p.pid = fork();
	CHECK(p.pid >= 0);
	if (!p.pid) {
		close(hold[1]);
		close(ready[0]);
		if (unshare(CLONE_NEWNET) || dup2(hold[0], STDIN_FILENO) < 0 ||
		    write(ready[1], &c, 1) != 1)
			_exit(1);
		close(ready[1]);
		/* Another program: a sanitizer would look for leaks in our copy. */
		execlp("cat", "cat", (char *)NULL);
		_exit(1);
	}
	close(hold[0]);
	close(ready[1]);
	CHECK_INT(read(ready[0], &c, 1), 1);
	close(ready[0]);
	p.hold = hold[1];
	return p;
}

static inline void netns_peer_free(struct netns_peer *p)
{
	close(p->hold);
	waitpid(p->pid, NULL, 0);
}

/* Run a command in it. */
#define peer_sh(p, fmt, ...) \
	sh("nsenter --net=/proc/%d/ns/net " fmt, (int)(p)->pid, ##__VA_ARGS__)
