/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/answer.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cur.h"
#include "base/mem.h"

enum {
	FRAME_HEAD = 5,
	FRAME_MAX =
		1 << 20, /* what we are ready to believe; the server stays far below */
	READ_CHUNK = 64 << 10,
};

struct answer {
	const struct answer_to *to;
	int fd;
	struct buf in;
	struct buf *out; /* NULL: stdout and stderr */
	const volatile bool *stop;
};

static int __attribute__((format(printf, 3, 4)))
answer_fail(const struct answer *a, int code, const char *fmt, ...)
{
	va_list ap;

	if (a->out)
		return code;
	fflush(stdout); /* in the order it happened, should both go to one place */
	fputs("vsubnet: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	return code;
}

/* Who reads our output and has had enough (head, less) needs no message about it. */
static int answer_unwritten(const struct answer *a)
{
	return errno == EPIPE
	               ? ANSWER_NO
	               : answer_fail(a, ANSWER_NO, "cannot write: %s", strerror(errno));
}

static bool answer_stopped(const struct answer *a)
{
	return a->stop && *a->stop;
}

static int answer_connect(struct answer *a)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	const char *path = a->to->socket, *hint = "";

	if (strlen(path) >= sizeof(sa.sun_path))
		return answer_fail(a, ANSWER_USAGE,
		                   "socket %s: name longer than %zu characters", path,
		                   sizeof(sa.sun_path) - 1);
	memcpy(sa.sun_path, path, strlen(path) + 1);
	a->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (a->fd >= 0 && !connect(a->fd, (const struct sockaddr *)&sa, sizeof(sa)))
		return ANSWER_OK;
	if (errno == ENOENT || errno == ECONNREFUSED)
		hint = " (is it running?)";
	else if (errno == EACCES)
		hint = " (are you in its group?)";
	return answer_fail(a, ANSWER_UNREACHABLE, "cannot reach vsubnetd at %s: %s%s",
	                   path, strerror(errno), hint);
}

/* A JSON string, whatever the bytes: what is no UTF-8 the server will refuse. */
static void request_string(struct buf *b, const char *s)
{
	buf_put(b, "\"", 1);
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			buf_printf(b, "\\%c", *s);
		else if ((unsigned char)*s < 0x20)
			buf_printf(b, "\\u%04x", *s);
		else
			buf_put(b, s, 1);
	}
	buf_put(b, "\"", 1);
}

static void request_line(struct buf *b, const struct answer_to *to,
                         const char *const *words, size_t n)
{
	buf_printf(b, "{\"words\":[");
	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_put(b, ",", 1);
		request_string(b, words[i]);
	}
	buf_printf(b, "],\"format\":\"%s\"}\n", to->json ? "json" : "text");
}

/* A server that refuses us closes before it has read this: its answer is there to read.
 */
static void answer_send(const struct answer *a, const char *const *words, size_t n)
{
	struct buf line = { 0 };

	request_line(&line, a->to, words, n);
	while (buf_left(&line)) {
		ssize_t r = send(a->fd, buf_head(&line), buf_left(&line), MSG_NOSIGNAL);

		if (r < 0 && errno == EINTR && !answer_stopped(a))
			continue;
		if (r < 0)
			break;
		buf_consume(&line, (size_t)r);
	}
	buf_fini(&line);
}

/* Returns -1 to go on, else the exit code. */
static int answer_frame(struct answer *a, uint8_t type, const uint8_t *p, size_t n)
{
	switch (type) {
	case 'O':
		if (a->out)
			buf_put(a->out, p, n);
		else if (fwrite(p, 1, n, stdout) != n)
			return answer_unwritten(a);
		return -1;
	case 'E': answer_fail(a, 0, "%.*s", (int)n, (const char *)p); return -1;
	case 'S': return n == 1 && *p <= ANSWER_USAGE ? *p : ANSWER_UNREACHABLE;
	default: return -1; /* of a later version: not for us */
	}
}

/* All frames that are there as a whole; as answer_frame(). */
static int answer_frames(struct answer *a)
{
	int code = -1;

	while (code < 0 && buf_left(&a->in) >= FRAME_HEAD) {
		struct cur c = cur_of(buf_head(&a->in), buf_left(&a->in));
		size_t n = cur_u32(&c);
		uint8_t type = cur_u8(&c);
		const uint8_t *p;

		if (n > FRAME_MAX)
			return answer_fail(a, ANSWER_UNREACHABLE,
			                   "%s does not answer like vsubnetd",
			                   a->to->socket);
		p = cur_bytes(&c, n);
		if (!p && n)
			break;
		code = answer_frame(a, type, p, n);
		buf_consume(&a->in, FRAME_HEAD + n);
	}
	return code;
}

/* Wait for more.  SIGINT is let in only while we sleep: a ^C between looking at the flag
 * and sleeping would otherwise be forgotten. */
static void answer_wait(const struct answer *a)
{
	struct pollfd on = { .fd = a->fd, .events = POLLIN };
	sigset_t interrupt, was;

	sigemptyset(&interrupt);
	sigaddset(&interrupt, SIGINT);
	sigprocmask(SIG_BLOCK, &interrupt, &was);
	if (!answer_stopped(a))
		ppoll(&on, 1, NULL, &was);
	sigprocmask(SIG_SETMASK, &was, NULL);
}

static int answer_read(struct answer *a)
{
	int code = -1;

	while (code < 0) {
		ssize_t n;

		answer_wait(a);
		if (answer_stopped(a))
			return ANSWER_OK;
		n = recv(a->fd, buf_reserve(&a->in, READ_CHUNK), READ_CHUNK,
		         MSG_DONTWAIT);
		if (n < 0 && errno == EAGAIN)
			continue;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return answer_fail(a, ANSWER_UNREACHABLE,
			                   "lost vsubnetd at %s: %s", a->to->socket,
			                   strerror(errno));
		if (n == 0)
			return answer_fail(
				a, ANSWER_UNREACHABLE,
				"vsubnetd at %s closed the connection in mid-answer",
				a->to->socket);
		buf_commit(&a->in, (size_t)n);
		code = answer_frames(a);
		/* An event is shown when it comes, not when a buffer is full. */
		if (!a->out && fflush(stdout))
			return answer_unwritten(a);
	}
	return code;
}

static int answer_run(struct answer *a, const char *const *words, size_t n)
{
	int code = answer_connect(a);

	if (code == ANSWER_OK) {
		answer_send(a, words, n);
		code = answer_read(a);
	}
	if (a->fd >= 0)
		close(a->fd);
	buf_fini(&a->in);
	return code;
}

int answer_show(const struct answer_to *to, const char *const *words, size_t n,
                const volatile bool *stop)
{
	struct answer a = { .to = to, .fd = -1, .stop = stop };

	return answer_run(&a, words, n);
}

int answer_take(const struct answer_to *to, const char *const *words, size_t n,
                struct buf *out)
{
	struct answer a = { .to = to, .fd = -1, .out = out };

	return answer_run(&a, words, n);
}
