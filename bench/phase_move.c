/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bgpbench.h"
#include "phase_int.h"
#include "session.h"

/*
 * Hosts move: one at a time, or ten thousand at once.
 *
 * Of single moves two times are told.  p50_us … until this program knew at the last
 * receiver: its own waking up and reading are in it.  sent_*: until the last byte the
 * last receiver needed came out of the kernel's loopback (SO_TIMESTAMPING), which is the
 * moment the daemon sent it.  Both begin just before the first byte is sent to the
 * daemon.
 */

static uint64_t rng = 88172645463325252u;

uint32_t phase_rnd(uint32_t n)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return (rng >> 11) % n;
}

static int by_u64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

/* The new owner announces and the old one withdraws (--withdraw-first: the
 * other way round), back to back on their two sessions. */
static void queue_move(const uint32_t *idx, uint32_t n, uint8_t from, uint8_t to)
{
	struct session *a = &bench.ses[to - 1], *w = &bench.ses[from - 1];
	uint32_t max = unreach_max(&bench.plan);

	for (uint32_t i = 0; i < n; i += max)
		enc_unreach(&w->tx, &bench.plan, idx + i, n - i < max ? n - i : max);
	for (uint32_t i = 0; i < n;) {
		/* as many as follow each other within one block */
		uint32_t k = i + 1;
		while (k < n && idx[k] == idx[k - 1] + 1 &&
		       idx[k] / bench.plan.block == idx[i] / bench.plan.block)
			k++;
		enc_reach(&a->tx, &bench.plan, to - 1, idx[i], k - i);
		i = k;
	}
	for (uint32_t i = 0; i < n; i++)
		session_set_want(idx[i], to);
}

static void flush_move(uint8_t from, uint8_t to)
{
	session_flush(&bench.ses[(bench.wd_first ? from : to) - 1]);
	session_flush(&bench.ses[(bench.wd_first ? to : from) - 1]);
}

/* `count` moves, one at a time: how long until the last receiver knows. */
void phase_moves(uint32_t count)
{
	uint64_t *lat = calloc(count, sizeof *lat), end = phase_deadline(), sum = 0;
	/* A slow speaker makes as many as it can in half of its time. */
	uint64_t enough = bench_now() + (end - bench_now()) / 2;
	uint64_t *sent = calloc(count, sizeof *sent);
	uint32_t n = 0;
	char extra[512];
	bool ok = true;

	if (bench.nsend < 2)
		bench_die("moves need two senders");
	session_stamp(true);
	struct mark all = phase_mark();
	while (n < count && ok && bench_now() < enough) {
		uint32_t i = phase_rnd(bench.plan.routes);
		uint8_t from = bench.want[i], to = from % bench.nsend + 1;
		queue_move(&i, 1, from, to);
		for (unsigned k = bench.nsend; k < bench.nses; k++)
			bench.ses[k].done = bench.ses[k].arrived = 0;
		uint64_t r0 = session_realtime(), t0 = bench_now();
		flush_move(from, to);
		ok = session_run_until(end);
		uint64_t last = 0, arrived = 0;
		bool stamps =
			true; /* the kernel begins to stamp a moment after it is told */
		for (unsigned k = bench.nsend; k < bench.nses; k++) {
			if (bench.ses[k].done > last)
				last = bench.ses[k].done;
			if (bench.ses[k].arrived > arrived)
				arrived = bench.ses[k].arrived;
			stamps = stamps && bench.ses[k].arrived;
		}
		lat[n] = last > t0 ? last - t0 : 0;
		sent[n] = stamps && arrived > r0 ? arrived - r0 : lat[n];
		sum += lat[n++];
		if (bench.move_gap_us >= 1000)
			session_pump(bench.move_gap_us / 1000);
		else if (bench.move_gap_us)
			usleep(bench.move_gap_us);
	}
	session_stamp(false);
	qsort(lat, n, sizeof *lat, by_u64);
	qsort(sent, n, sizeof *sent, by_u64);
	snprintf(
		extra, sizeof extra,
		", \"moves\": %u, \"mean_us\": %.1f, \"p50_us\": %.1f, \"p90_us\": %.1f, \"p99_us\": %.1f, "
		"\"max_us\": %.1f, \"sent_p50_us\": %.1f, \"sent_p99_us\": %.1f",
		n, sum / 1e3 / n, lat[n / 2] / 1e3, lat[(uint64_t)n * 90 / 100] / 1e3,
		lat[(uint64_t)n * 99 / 100] / 1e3, lat[n - 1] / 1e3, sent[n / 2] / 1e3,
		sent[(uint64_t)n * 99 / 100] / 1e3);
	free(lat);
	free(sent);
	phase_open("moves");
	phase_close(&all, ok, n, extra);
}

/* Bursts of `size` moves, `reps` times over: a stretch of consecutive routes,
 * or with `scatter` routes of unlike attributes, one to an UPDATE. */
void phase_burst(uint32_t size, unsigned reps, bool scatter)
{
	uint32_t *idx = malloc(sizeof *idx * size), *part = malloc(sizeof *part * size);
	uint8_t *was = malloc(size);
	char *extra = malloc(64 + 16 * reps);
	double *t = calloc(reps, sizeof *t);
	bool ok = true;
	unsigned done = 0;

	if (bench.nsend < 2)
		bench_die("bursts need two senders");
	if (size > bench.plan.routes)
		bench_die("burst larger than the table");
	struct mark all = phase_mark();
	while (done < reps && ok) {
		uint32_t step = scatter ? 104729 % bench.plan.routes : 1,
			 at = phase_rnd(bench.plan.routes);
		if (!scatter)
			at -= at % bench.plan.block;
		for (uint32_t k = 0; k < size; k++) {
			idx[k] = at;
			was[k] = bench.want[at];
			at = ((uint64_t)at + step) % bench.plan.routes;
		}
		for (uint8_t from = 1; from <= bench.nsend; from++) {
			uint32_t n = 0;
			for (uint32_t k = 0; k < size; k++)
				if (was[k] == from)
					part[n++] = idx[k];
			queue_move(part, n, from, from % bench.nsend + 1);
		}
		for (unsigned k = bench.nsend; k < bench.nses; k++)
			bench.ses[k].done = 0;
		uint64_t t0 = bench_now(), last = t0;
		phase_flush();
		ok = session_run_until(phase_deadline());
		for (unsigned k = bench.nsend; k < bench.nses; k++)
			if (bench.ses[k].done > last)
				last = bench.ses[k].done;
		t[done++] = bench_secs(last - t0);
		all.t0 = t0; /* time_s is the last burst's; bursts_s has them all */
		session_pump(300);
	}
	int o = sprintf(extra, ", \"size\": %u, \"bursts_s\": [", size);
	for (unsigned k = 0; k < done; k++)
		o += sprintf(extra + o, "%s%.4f", k ? ", " : "", t[k]);
	sprintf(extra + o, "]");
	phase_open(scatter ? "scatter" : "burst");
	phase_close(&all, ok, size, extra);
	free(extra);
	free(idx);
	free(part);
	free(was);
	free(t);
}
