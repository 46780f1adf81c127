/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * The log of a process: lines on stderr, and the last LOG_RING_LINES of them in memory
 * for `show log`.  Under systemd (stderr is the journal) each line bears its priority
 * "<N>" (sd-daemon(3)) and no time, as the journal adds its own; else it starts with the
 * time.
 *
 * A line begins with its subject: log_notice("peer 192.0.2.1: established").  Bytes that
 * are not printable ASCII or valid UTF-8 come out as \xNN, so no peer can write to the
 * operator's terminal or forge a line.
 */
enum log_level {
	LOG_LEVEL_ERR = 3,    /* needs a human; numbers of syslog(3) */
	LOG_LEVEL_WARN = 4,   /* somebody else's fault */
	LOG_LEVEL_NOTICE = 5, /* a state changed */
	LOG_LEVEL_INFO = 6,
	LOG_LEVEL_DEBUG = 7,
};

enum { LOG_LINE_MAX = 512, LOG_RING_LINES = 1024 };

void log_open(enum log_level level, const char *ident);
void log_set_level(enum log_level level);
bool log_wants(enum log_level level);
/* "err", "warn", "notice", "info", "debug"; false and *ret untouched for anything else.
 */
bool log_level_parse(const char *name, enum log_level *ret);
const char *log_level_name(enum log_level level);
/* Lines go to fd instead of stderr; -1: only into the ring.  For tests. */
void log_to(int fd);

void log_at(enum log_level level, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
#define log_err(...)    log_at(LOG_LEVEL_ERR, __VA_ARGS__)
#define log_warn(...)   log_at(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_notice(...) log_at(LOG_LEVEL_NOTICE, __VA_ARGS__)
#define log_info(...)   log_at(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...)  log_at(LOG_LEVEL_DEBUG, __VA_ARGS__)

/*
 * For what an outsider can make us say: one of these per subject (or static, per call
 * site), zero-initialised.  LOG_LIMIT_BURST lines in LOG_LIMIT_WINDOW_S seconds pass; the
 * first one after a silence tells how many did not: "… suppressed=N".
 */
enum { LOG_LIMIT_BURST = 5, LOG_LIMIT_WINDOW_S = 10 };
struct log_limit {
	int64_t window_us; /* when this window began */
	uint32_t passed;
	uint32_t suppressed;
};

void log_limited(struct log_limit *lim, enum log_level level, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

struct log_record {
	uint64_t seq;    /* 1…, counts every line ever written */
	int64_t wall_us; /* since 1970 */
	enum log_level level;
	const char *text; /* escaped; borrowed for the call */
};

/* The ring from *pos on (0: the oldest there is), at most max; returns how many and moves
 * *pos behind them.  A reader that was too slow sees a gap in seq. */
size_t log_walk(uint64_t *pos, size_t max,
                void (*fn)(void *arg, const struct log_record *rec), void *arg);
/* "2026-11-22T16:44:44.123456Z" */
enum { LOG_TIME_STRLEN = 32 };
char *log_time_fmt(int64_t wall_us, char buf[static LOG_TIME_STRLEN]);
