/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdio.h>
#include <sys/types.h>

#include "msg.h"
#include "session.h"

/* The one object of this program: what was asked for, and what is known. */
enum { MAX_PIDS = 8 };

struct bench {
	/* asked for */
	struct plan plan;
	struct open_opts open_opts;
	struct in_addr host, src_base;
	uint16_t port;
	unsigned nsend, nrecv;
	bool overlap, wd_first, ebgp, verbose;
	uint32_t rtc_vrfs; /* receivers ask for VRFs [0, n) only */
	unsigned timeout_s, move_gap_us, settle_max_s;
	const char *phases, *tag;
	pid_t pids[MAX_PIDS];
	unsigned npids;

	/* known */
	struct session ses[MAX_SESSIONS];
	unsigned nses, nmuted; /* the last of them are muted */
	bool stamped;          /* receivers' sockets tell when octets came */
	uint8_t *want;         /* by route: sender + 1, or 0 */
	int ep;
	uint64_t errors;
	char first_error[200];
	char daemon_caps[512];
	bool match_phase; /* else the phase counts seen[] */
	bool fed;         /* the speaker passes nothing on: nobody hears what changed */
	bool bringing_up;
	FILE *out;
	bool failed;      /* some phase did not end well … */
	bool broken;      /* … and the next ones cannot run */
	long rss_idle_kb; /* for bytes per route */
};

extern struct bench bench;

uint64_t bench_now(void); /* nanoseconds, CLOCK_MONOTONIC */
double bench_secs(uint64_t ns);
__attribute__((noreturn, format(printf, 1, 2))) void bench_die(const char *fmt, ...);
