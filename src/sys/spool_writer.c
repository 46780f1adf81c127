/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/priv.h"
#include "sys/spool.h"
#include "sys/spool_int.h"

/*
 * The writer's side: a process that may wait.  It has no privileges, takes no signals
 * (the daemon is stopped with them, and what it said last is still to be written), and
 * ends when the daemon does.
 */
struct out {
	int fd; /* -1: none */
	char path[PATH_MAX], part[PATH_MAX];
	bool whole, failing, dead;
	uint64_t octets, lost;
};

static struct out outs[SPOOL_FILES];
static uint8_t message[sizeof(struct spool_head) + SPOOL_PIECE + PATH_MAX];

static void say(int fd, const struct spool_answer *a)
{
	while (send(fd, a, sizeof(*a), MSG_NOSIGNAL) < 0 && errno == EINTR)
		;
}

static void failed(int fd, unsigned file, int err)
{
	struct out *o = &outs[file];
	const struct spool_answer a = { .file = file, .err = err };

	if (!o->failing)
		say(fd, &a);
	o->failing = true;
}

/* What is missing of the directories above it. */
static void make_dirs(char *path)
{
	for (char *p = strchr(path + 1, '/'); p; p = strchr(p + 1, '/')) {
		*p = '\0';
		mkdir(path, 0750);
		*p = '/';
	}
}

static int open_file(struct out *o, const char *path, bool whole)
{
	char dirs[PATH_MAX];
	struct stat st;

	*o = (struct out){ .fd = -1, .whole = whole, .dead = true };
	if (path[0] != '/' || strlen(path) > PATH_MAX - 8)
		return -EINVAL;
	strcpy(o->path, path);
	snprintf(o->part, sizeof(o->part), "%.*s%s", PATH_MAX - 8, path,
	         whole ? ".part" : "");
	strcpy(dirs, path);
	make_dirs(dirs);
	o->fd = open(o->part,
	             O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW | O_NONBLOCK |
	                     (whole ? O_TRUNC : O_APPEND),
	             0640);
	if (o->fd < 0)
		return -errno;
	if (fstat(o->fd, &st) || !S_ISREG(st.st_mode)) { /* no FIFO, no device */
		close(o->fd);
		o->fd = -1;
		return -EINVAL;
	}
	o->dead = false;
	return 0;
}

static int put(struct out *o, const uint8_t *p, size_t n)
{
	off_t was = lseek(o->fd, 0, SEEK_END);

	for (size_t done = 0; done < n;) {
		ssize_t r = write(o->fd, p + done, n - done);
		int err = errno;

		if (r > 0) {
			done += (size_t)r;
			continue;
		}
		if (r < 0 && err == EINTR)
			continue;
		if (ftruncate(o->fd, was))
			o->dead = true; /* whatever comes now would stand wrong */
		return r < 0 ? -err : -EIO;
	}
	return 0;
}

static void data(int fd, unsigned file, const uint8_t *p, size_t n)
{
	struct out *o = &outs[file];
	int r = o->dead ? -EIO : put(o, p, n);

	if (r) {
		o->lost++;
		if (o->whole)
			o->dead = true; /* a table with a hole in it is none */
		failed(fd, file, r);
		return;
	}
	o->octets += n;
	o->failing = false;
}

static int finish(struct out *o)
{
	int r = 0;

	if (o->whole && !o->dead && (fsync(o->fd) || rename(o->part, o->path)))
		r = -errno;
	if (o->whole && (o->dead || r))
		unlink(o->part);
	close(o->fd);
	o->fd = -1;
	return r;
}

static void close_file(int fd, unsigned file)
{
	struct out *o = &outs[file];
	int r = o->fd >= 0 ? finish(o) : 0;
	const struct spool_answer a = {
		.file = file, .closed = 1, .octets = o->octets, .lost = o->lost
	};

	if (r)
		failed(fd, file, r);
	say(fd, &a);
	o->dead = true;
}

static void handle(int fd, const uint8_t *msg, size_t n)
{
	struct spool_head h;
	int r;

	if (n < sizeof(h))
		return;
	memcpy(&h, msg, sizeof(h));
	if (h.file >= SPOOL_FILES)
		return;
	switch (h.op) {
	case SPOOL_OPEN:
	case SPOOL_OPEN_WHOLE:
		if (outs[h.file].fd >= 0)
			close(outs[h.file].fd);
		r = open_file(&outs[h.file], (const char *)msg + sizeof(h),
		              h.op == SPOOL_OPEN_WHOLE);
		if (r)
			failed(fd, h.file, r);
		break;
	case SPOOL_DATA: data(fd, h.file, msg + sizeof(h), n - sizeof(h)); break;
	case SPOOL_CLOSE: close_file(fd, h.file); break;
	}
}

int spool_main(int fd)
{
	static const int ignored[] = { SIGTERM, SIGINT,  SIGHUP, SIGUSR1,
		                       SIGUSR2, SIGPIPE, SIGXFSZ };
	ssize_t n;

	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		signal(ignored[i], SIG_IGN);
	priv_drop_all();
	for (size_t i = 0; i < SPOOL_FILES; i++)
		outs[i] = (struct out){ .fd = -1, .dead = true };
	while ((n = recv(fd, message, sizeof(message) - 1, 0)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return 1;
		message[n] = '\0'; /* a path ends whatever was said */
		handle(fd, message, (size_t)n);
	}
	for (size_t i = 0; i < SPOOL_FILES; i++) {
		if (outs[i].fd < 0)
			continue;
		outs[i].dead |= outs[i].whole; /* it was not closed: not complete */
		finish(&outs[i]);
	}
	return 0;
}
