/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sys/spool.h"

#include <errno.h>
#include <spawn.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "sys/log.h"
#include "sys/spool_int.h"

/* The daemon's side. */

enum { SEND_BUFFER = 1 << 20 };

extern char **environ;

struct spool {
	struct loop *loop;
	const char *const *argv;
	struct spool_ops ops;
	struct loop_fd *watch; /* NULL: no writer runs */
	int fd;
	pid_t pid, dead; /* dead: closed its end, and was not seen to end; 0: none */
	struct buf out;  /* of size_t length, message */
	bool full;       /* somebody was refused */
	unsigned opened; /* bit per file */
};

/* Who closed its end may take a moment to be gone.  It is never waited for. */
static void reap(struct spool *s)
{
	pid_t r;

	if (!s->dead)
		return;
	while ((r = waitpid(s->dead, NULL, WNOHANG)) < 0 && errno == EINTR)
		;
	if (r)
		s->dead = 0;
}

static void writer_gone(struct spool *s)
{
	unsigned opened = s->opened;

	if (!s->watch)
		return;
	loop_fd_del(s->watch);
	close(s->fd);
	s->watch = NULL;
	buf_fini(&s->out);
	s->opened = 0;
	reap(s); /* of the one before, at last */
	s->dead = s->pid;
	reap(s);
	for (unsigned f = 0; f < SPOOL_FILES; f++) {
		if (opened >> f & 1)
			s->ops.failed(s->ops.arg, f, -EPIPE, "the writer of files died");
	}
}

static void push(struct spool *s, int flags)
{
	while (s->watch && buf_left(&s->out)) {
		size_t n;
		ssize_t r;

		memcpy(&n, buf_head(&s->out), sizeof(n));
		r = send(s->fd, buf_head(&s->out) + sizeof(n), n, flags | MSG_NOSIGNAL);
		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0 && (errno == EAGAIN || errno == ENOBUFS))
			break;
		if (r < 0) {
			writer_gone(s);
			return;
		}
		buf_consume(&s->out, sizeof(n) + n);
	}
	if (s->watch)
		loop_fd_want(s->watch,
		             buf_left(&s->out) ? LOOP_READ | LOOP_WRITE : LOOP_READ);
	if (s->full && buf_left(&s->out) < SPOOL_LIMIT / 2) {
		s->full = false;
		if (s->ops.room)
			s->ops.room(s->ops.arg);
	}
}

static void answer(struct spool *s, const struct spool_answer *a)
{
	if (a->closed)
		s->ops.closed(s->ops.arg, a->file, a->octets, a->lost);
	else
		s->ops.failed(s->ops.arg, a->file, a->err, strerror(-a->err));
}

static void writer_ready(void *arg, unsigned ready)
{
	struct spool *s = arg;
	struct spool_answer a;
	ssize_t r;

	while (s->watch && (r = recv(s->fd, &a, sizeof(a), MSG_DONTWAIT)) != 0) {
		if (r == sizeof(a) && a.file < SPOOL_FILES)
			answer(s, &a);
		else if (r < 0 && errno == EAGAIN)
			break;
		else if (r < 0 && errno != EINTR)
			r = 0;
		if (!r)
			break;
	}
	if (s->watch && r == 0)
		writer_gone(s);
	else if (ready & LOOP_WRITE)
		push(s, MSG_DONTWAIT);
}

static int spawn(const char *const *argv, int fd, int ours, pid_t *ret)
{
	union { /* posix_spawn() does not write there */
		const char *const *c;
		char *const *m;
	} args = { .c = argv };
	posix_spawn_file_actions_t acts;
	int r;

	if (!argv) {
		*ret = fork();
		if (!*ret) {
			close(ours); /* or it would never see the end */
			_exit(spool_main(fd));
		}
		return *ret < 0 ? -errno : 0;
	}
	must(!posix_spawn_file_actions_init(&acts));
	must(!posix_spawn_file_actions_adddup2(&acts, fd, SPOOL_WRITER_FD));
	r = posix_spawn(ret, argv[0], &acts, NULL, args.m + 1, environ);
	posix_spawn_file_actions_destroy(&acts);
	return -r;
}

static int writer_start(struct spool *s)
{
	int pair[2], room = SEND_BUFFER, r;

	if (s->watch)
		return 0;
	reap(s);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return -errno;
	setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	r = spawn(s->argv, pair[1], pair[0], &s->pid);
	close(pair[1]);
	if (r) {
		close(pair[0]);
		return r;
	}
	s->fd = pair[0];
	s->watch = loop_fd_add(s->loop, s->fd, LOOP_READ, writer_ready, s);
	return 0;
}

struct spool *spool_new(struct loop *loop, const char *const *argv,
                        const struct spool_ops *ops)
{
	struct spool *s = mem_new(struct spool);

	s->loop = loop;
	s->argv = argv;
	s->ops = *ops;
	return s;
}

void spool_free(struct spool *s)
{
	const struct timeval patience = { .tv_sec = 1 };

	if (!s)
		return;
	if (s->watch) {
		setsockopt(s->fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
		push(s, 0);
		if (s->watch && buf_left(&s->out))
			log_warn("files: %zu octets were not written at the end",
			         buf_left(&s->out));
		s->opened = 0; /* nobody to tell */
		writer_gone(s);
	}
	buf_fini(&s->out);
	free(s);
}

static void queue(struct spool *s, enum spool_op op, unsigned file, const void *data,
                  size_t len)
{
	const struct spool_head h = { .op = (uint8_t)op, .file = (uint8_t)file };
	const size_t n = sizeof(h) + len;

	buf_put(&s->out, &n, sizeof(n));
	buf_put(&s->out, &h, sizeof(h));
	buf_put(&s->out, data, len);
	push(s, MSG_DONTWAIT);
}

int spool_open(struct spool *s, unsigned file, const char *path, bool whole)
{
	int r = writer_start(s);

	must(file < SPOOL_FILES);
	if (r)
		return r;
	s->opened |= 1u << file;
	queue(s, whole ? SPOOL_OPEN_WHOLE : SPOOL_OPEN, file, path, strlen(path) + 1);
	return s->watch ? 0 : -EPIPE;
}

bool spool_write(struct spool *s, unsigned file, const void *data, size_t len)
{
	must(len <= SPOOL_PIECE);
	if (!(s->opened >> file & 1))
		return false;
	if (buf_left(&s->out) + len > SPOOL_LIMIT) {
		s->full = true;
		return false;
	}
	queue(s, SPOOL_DATA, file, data, len);
	return s->opened >> file & 1; /* it may have been found dead just now */
}

void spool_close(struct spool *s, unsigned file)
{
	if (!(s->opened >> file & 1))
		return;
	s->opened &= ~(1u << file);
	queue(s, SPOOL_CLOSE, file, NULL, 0);
}

size_t spool_waiting(const struct spool *s)
{
	return buf_left(&s->out);
}
