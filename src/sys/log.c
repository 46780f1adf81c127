/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sys/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/must.h"
#include "sys/loop.h"

struct ring_line {
	int64_t wall_us;
	enum log_level level;
	char text[LOG_LINE_MAX];
};

/* The log is the process's, as stderr is: the one global below core/. */
static struct {
	enum log_level level;
	char ident[32];
	int fd;
	bool journal;
	uint64_t seq; /* of the last line */
	struct ring_line ring[LOG_RING_LINES];
} the_log = { .level = LOG_LEVEL_NOTICE, .fd = STDERR_FILENO };

static const char *const level_name[] = {
	[LOG_LEVEL_ERR] = "err",       [LOG_LEVEL_WARN] = "warn",
	[LOG_LEVEL_NOTICE] = "notice", [LOG_LEVEL_INFO] = "info",
	[LOG_LEVEL_DEBUG] = "debug",
};

/* systemd names in JOURNAL_STREAM the device and inode of the stream it gave us; stderr
 * may have been redirected since (systemd.exec(5)). */
static bool is_journal(int fd)
{
	const char *s = getenv("JOURNAL_STREAM");
	unsigned long long dev, ino;
	struct stat st;
	char *end;

	if (!s)
		return false;
	dev = strtoull(s, &end, 10);
	if (*end != ':')
		return false;
	ino = strtoull(end + 1, &end, 10);
	return !*end && !fstat(fd, &st) && st.st_dev == dev && st.st_ino == ino;
}

void log_to(int fd)
{
	the_log.fd = fd;
	the_log.journal = fd >= 0 && is_journal(fd);
}

void log_open(enum log_level level, const char *ident)
{
	the_log.level = level;
	snprintf(the_log.ident, sizeof(the_log.ident), "%s", ident ? ident : "");
	log_to(STDERR_FILENO);
}

void log_set_level(enum log_level level)
{
	the_log.level = level;
}

bool log_wants(enum log_level level)
{
	return level <= the_log.level;
}

bool log_level_parse(const char *name, enum log_level *ret)
{
	for (enum log_level i = LOG_LEVEL_ERR; i <= LOG_LEVEL_DEBUG; i++) {
		if (!strcmp(name, level_name[i])) {
			*ret = i;
			return true;
		}
	}
	return false;
}

const char *log_level_name(enum log_level level)
{
	must(level >= LOG_LEVEL_ERR && level <= LOG_LEVEL_DEBUG);
	return level_name[level];
}

char *log_time_fmt(int64_t wall_us, char buf[static LOG_TIME_STRLEN])
{
	time_t s = wall_us / 1000000;
	struct tm tm;
	size_t n;

	gmtime_r(&s, &tm);
	n = strftime(buf, LOG_TIME_STRLEN, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(buf + n, LOG_TIME_STRLEN - n, ".%06uZ", (unsigned)(wall_us % 1000000));
	return buf;
}

/* Length of the valid UTF-8 character at s, 0 if it isn't one, or is a control character
 * of ISO 6429's second set (U+0080…U+009F). */
static size_t utf8_len(const unsigned char *s)
{
	uint32_t c;
	size_t n;

	if (s[0] >= 0xc2 && s[0] <= 0xdf) {
		n = 2;
		c = s[0] & 0x1f;
	} else if (s[0] >= 0xe0 && s[0] <= 0xef) {
		n = 3;
		c = s[0] & 0x0f;
	} else if (s[0] >= 0xf0 && s[0] <= 0xf4) {
		n = 4;
		c = s[0] & 0x07;
	} else {
		return 0;
	}
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	/* Overlong, surrogates, beyond the end, C1 controls, and the marks that turn text
	 * round (which would let a name read as another). */
	if ((n == 2 && c < 0xa0) || (n == 3 && c < 0x800) || (n == 4 && c < 0x10000) ||
	    (c >= 0xd800 && c <= 0xdfff) || c > 0x10ffff ||
	    (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0x2028 ||
	    c == 0x2029)
		return 0;
	return n;
}

/* Copy s escaped into ret, whole characters only; what does not fit is cut with "…". */
static void escape(const char *s, char *ret, size_t cap)
{
	const unsigned char *p = (const unsigned char *)s;
	static const char cut[] = "…";
	size_t o = 0;

	while (*p) {
		char hex[5];
		size_t n = *p >= ' ' && *p < 0x7f ? 1 : utf8_len(p);
		const void *src = p;
		size_t take = n ? n : 1;

		if (!n) {
			snprintf(hex, sizeof(hex), "\\x%02x", *p);
			src = hex;
			n = 4;
		}
		if (o + n + sizeof(cut) > cap) {
			memcpy(ret + o, cut, sizeof(cut));
			return;
		}
		memcpy(ret + o, src, n);
		o += n;
		p += take;
	}
	ret[o] = '\0';
}

static void write_line(const struct ring_line *line)
{
	char out[LOG_LINE_MAX + 128], when[LOG_TIME_STRLEN];
	const char *sep = the_log.ident[0] ? ": " : "";
	int n;

	if (the_log.fd < 0)
		return;
	if (the_log.journal)
		n = snprintf(out, sizeof(out), "<%d>%s\n", (int)line->level, line->text);
	else
		n = snprintf(out, sizeof(out), "%s %s%s%s: %s\n",
		             log_time_fmt(line->wall_us, when), the_log.ident, sep,
		             level_name[line->level], line->text);
	/* One write, so that lines of several processes don't mix.  A full or closed
	 * stderr must not stop forwarding's control: the line is in the ring. */
	while (write(the_log.fd, out, (size_t)n) < 0 && errno == EINTR)
		;
}

static void emit(enum log_level level, const char *raw)
{
	struct ring_line *line = &the_log.ring[the_log.seq++ % LOG_RING_LINES];
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	line->wall_us = ts.tv_sec * INT64_C(1000000) + ts.tv_nsec / 1000;
	line->level = level;
	escape(raw, line->text, sizeof(line->text));
	write_line(line);
}

void log_at(enum log_level level, const char *fmt, ...)
{
	char raw[LOG_LINE_MAX];
	int saved = errno;
	va_list ap;

	if (!log_wants(level))
		return;
	va_start(ap, fmt);
	vsnprintf(raw, sizeof(raw), fmt, ap);
	va_end(ap);
	emit(level, raw);
	errno = saved;
}

void log_limited(struct log_limit *lim, enum log_level level, const char *fmt, ...)
{
	char raw[LOG_LINE_MAX], tail[32] = "";
	int64_t now = loop_clock().us;
	int saved = errno;
	va_list ap;

	if (!log_wants(level))
		return;
	if (!lim->window_us ||
	    now - lim->window_us >= LOG_LIMIT_WINDOW_S * INT64_C(1000000)) {
		lim->window_us = now;
		lim->passed = 0;
	}
	if (lim->passed >= LOG_LIMIT_BURST) {
		lim->suppressed++;
		return;
	}
	lim->passed++;
	if (lim->suppressed)
		snprintf(tail, sizeof(tail), " suppressed=%u", lim->suppressed);
	lim->suppressed = 0;
	va_start(ap, fmt);
	vsnprintf(raw, sizeof(raw) - sizeof(tail), fmt, ap);
	va_end(ap);
	strcat(raw, tail);
	emit(level, raw);
	errno = saved;
}

size_t log_walk(uint64_t *pos, size_t max,
                void (*fn)(void *arg, const struct log_record *rec), void *arg)
{
	uint64_t oldest = the_log.seq > LOG_RING_LINES ? the_log.seq - LOG_RING_LINES : 0;
	size_t n = 0;

	if (*pos < oldest)
		*pos = oldest;
	for (; n < max && *pos < the_log.seq; n++, ++*pos) {
		const struct ring_line *line = &the_log.ring[*pos % LOG_RING_LINES];

		fn(arg, &(struct log_record){ .seq = *pos + 1,
		                              .wall_us = line->wall_us,
		                              .level = line->level,
		                              .text = line->text });
	}
	return n;
}
