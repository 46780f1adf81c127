/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "phase.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bgpbench.h"
#include "phase_int.h"
#include "session.h"
#include "usage.h"

/* Wait for the daemon to stop working: at most 2 clock ticks in 500 ms. */
void phase_settle(void)
{
	uint64_t end = bench_now() + bench.settle_max_s * UINT64_C(1000000000);
	struct usage a = usage_of_daemon();
	while (bench_now() < end) {
		session_pump(500);
		struct usage b = usage_of_daemon();
		if (b.user_s + b.sys_s - a.user_s - a.sys_s < 0.025)
			return;
		a = b;
	}
}

/* When the daemon last used its CPU, as far as the clock tick shows; it has rested since.
 */
static uint64_t rest_since(uint64_t end)
{
	enum { STEP_MS = 10, QUIET_MS = 500 };
	struct usage a = usage_of_daemon();
	uint64_t last = bench_now();

	while (bench_now() < end && bench_now() - last < QUIET_MS * UINT64_C(1000000)) {
		session_pump(STEP_MS);
		struct usage b = usage_of_daemon();
		if (b.user_s + b.sys_s > a.user_s + a.sys_s)
			last = bench_now();
		a = b;
	}
	return last;
}

/* ---- phases ---- */

static void add_stats(struct dec_stats *a, const struct dec_stats *b)
{
	a->updates += b->updates;
	a->reach += b->reach;
	a->unreach += b->unreach;
	a->eor += b->eor;
	a->rtc_nlri += b->rtc_nlri;
	a->mp_not_first += b->mp_not_first;
	a->stray_next_hop += b->stray_next_hop;
	a->no_originator += b->no_originator;
}

struct dec_stats phase_stats(void)
{
	struct dec_stats st = { 0 };
	for (unsigned k = bench.nsend; k < bench.nses; k++)
		add_stats(&st, &bench.ses[k].st);
	return st;
}

static uint64_t recv_bytes(void)
{
	uint64_t n = 0;
	for (unsigned k = bench.nsend; k < bench.nses; k++)
		n += bench.ses[k].rx_bytes;
	return n;
}

struct mark phase_mark(void)
{
	struct mark m = { .u = usage_of_daemon(),
		          .tool = usage_of_tool(),
		          .st = phase_stats(),
		          .bytes = recv_bytes() };
	for (unsigned k = bench.nsend; k < bench.nses; k++)
		bench.ses[k].done = bench.ses[k].first = 0;
	m.t0 = bench_now();
	return m;
}

void phase_open(const char *name)
{
	static bool first = true;
	fprintf(bench.out, "%s\n  {\"phase\": \"%s\"", first ? "" : ",", name);
	first = false;
}

static void put_usage(const char *key, const struct usage *a, const struct usage *b)
{
	fprintf(bench.out,
	        ", \"%s_cpu_s\": %.2f, \"%s_user_s\": %.2f, \"%s_sys_s\": %.2f", key,
	        b->user_s + b->sys_s - a->user_s - a->sys_s, key, b->user_s - a->user_s,
	        key, b->sys_s - a->sys_s);
}

/* Close a phase that moved `routes` routes to every receiver.  Times count to
 * the last receiver; CPU once at that moment and once when the daemon rests. */
void phase_close(struct mark *m, bool ok, uint64_t routes, const char *extra)
{
	uint64_t last = 0, first = UINT64_MAX, route = UINT64_MAX;
	struct usage u = usage_of_daemon();
	double tool = usage_of_tool() - m->tool;
	struct dec_stats st = phase_stats();
	uint64_t bytes = recv_bytes() - m->bytes;

	for (unsigned k = bench.nsend; k < bench.nses; k++) {
		if (bench.ses[k].done > last)
			last = bench.ses[k].done;
		if (bench.ses[k].done && bench.ses[k].done < first)
			first = bench.ses[k].done;
		if (bench.ses[k].first && bench.ses[k].first < route)
			route = bench.ses[k].first;
	}
	double t = last > m->t0 ? bench_secs(last - m->t0) : 0;
	fprintf(bench.out, ", \"ok\": %s, \"time_s\": %.4f, \"first_receiver_s\": %.4f",
	        ok ? "true" : "false", t,
	        first != UINT64_MAX && first > m->t0 ? bench_secs(first - m->t0) : 0);
	fprintf(bench.out, ", \"first_route_s\": %.4f",
	        route != UINT64_MAX && route > m->t0 ? bench_secs(route - m->t0) : 0);
	fprintf(bench.out, ", \"receivers_s\": [");
	for (unsigned k = bench.nsend; k < bench.nses; k++)
		fprintf(bench.out, "%s%.4f", k > bench.nsend ? ", " : "",
		        bench.ses[k].done > m->t0 ? bench_secs(bench.ses[k].done - m->t0)
		                                  : -1.0);
	fprintf(bench.out, "], \"routes_per_s\": %.0f", ok && t > 0 ? routes / t : 0.0);
	put_usage("daemon", &m->u, &u);
	fprintf(bench.out, ", \"tool_cpu_s\": %.2f", tool);
	fprintf(bench.out,
	        ", \"updates\": %" PRIu64 ", \"announced\": %" PRIu64
	        ", \"withdrawn\": %" PRIu64 ", \"bytes\": %" PRIu64,
	        st.updates - m->st.updates, st.reach - m->st.reach,
	        st.unreach - m->st.unreach, bytes);
	fprintf(bench.out, ", \"rss_kb\": %ld, \"hwm_kb\": %ld", u.rss_kb, u.hwm_kb);
	if (ok)
		phase_settle();
	u = usage_of_daemon();
	put_usage("settled", &m->u, &u);
	long maps = usage_maps_kb();
	if (maps)
		fprintf(bench.out, ", \"maps_kb\": %ld", maps);
	fprintf(bench.out, ", \"settled_rss_kb\": %ld, \"settled_hwm_kb\": %ld", u.rss_kb,
	        u.hwm_kb);
	if (bench.rss_idle_kb >= 0)
		fprintf(bench.out, ", \"bytes_per_route\": %.1f",
		        (u.rss_kb - bench.rss_idle_kb) * 1024.0 / bench.plan.routes);
	if (!ok) {
		bench.failed = true;
		bench.broken = bench.broken || bench.match_phase || session_any_down();
		fprintf(bench.out, ", \"match\": [");
		for (unsigned k = bench.nsend; k < bench.nses; k++)
			fprintf(bench.out, "%s%u", k > bench.nsend ? ", " : "",
			        bench.ses[k].match);
		fprintf(bench.out, "], \"down\": %s",
		        session_any_down() ? "true" : "false");
	}
	fprintf(bench.out, "%s}", extra ? extra : "");
	fflush(bench.out);
}

uint64_t phase_deadline(void)
{
	return bench_now() + (uint64_t)bench.timeout_s * 1000000000u;
}

void phase_flush(void)
{
	for (unsigned k = 0; k < bench.nsend; k++)
		if (bench.ses[k].fd >= 0)
			session_flush(&bench.ses[k]);
}

/* Sender s announces blocks; without --overlap each takes its share. */
void phase_build(unsigned s, struct buf *b)
{
	uint32_t blocks = (bench.plan.routes + bench.plan.block - 1) / bench.plan.block;
	uint32_t from = bench.overlap ? 0 : (uint64_t)blocks * s / bench.nsend;
	uint32_t to = bench.overlap ? blocks : (uint64_t)blocks * (s + 1) / bench.nsend;

	for (uint32_t k = from; k < to; k++) {
		uint32_t i = k * bench.plan.block, n = bench.plan.block;
		if (n > bench.plan.routes - i)
			n = bench.plan.routes - i;
		enc_reach(b, &bench.plan, s, i, n);
		for (uint32_t r = i; r < i + n; r++)
			if (!bench.rtc_vrfs ||
			    plan_route(&bench.plan, r).vrf < bench.rtc_vrfs)
				/* equal paths: the lowest BGP identifier wins */
				session_set_want(r,
				                 bench.want[r] ? bench.want[r] : s + 1);
	}
	enc_eor(b, plan_afi(&bench.plan), SAFI_VPN);
}

/* The speaker passes no routes on: it is done when it has read them all and rests. */
static bool run_until_rest(void)
{
	bool ok = session_run_sent(phase_deadline());
	uint64_t rest = rest_since(ok ? phase_deadline() : 0);

	for (unsigned k = bench.nsend; k < bench.nses; k++)
		bench.ses[k].done = rest;
	return ok;
}

static void phase_idle(unsigned seconds)
{
	phase_settle();
	session_pump(seconds * 1000);
	struct usage u = usage_of_daemon();
	bench.rss_idle_kb = u.rss_kb;
	phase_open("idle");
	fprintf(bench.out,
	        ", \"ok\": true, \"rss_kb\": %ld, \"hwm_kb\": %ld, \"cpu_s\": %.2f}",
	        u.rss_kb, u.hwm_kb, u.user_s + u.sys_s);
}

static void phase_converge(void)
{
	for (unsigned k = 0; k < bench.nsend; k++)
		phase_build(k, &bench.ses[k].tx);
	struct mark m = phase_mark();
	phase_flush();
	bool ok = session_run_until(phase_deadline());
	phase_open(bench.nmuted ? "converge-muted" : "converge");
	phase_close(&m, ok,
	            bench.rtc_vrfs ? bench.ses[bench.nsend].reach : bench.plan.routes,
	            NULL);
}

/* Routes to a speaker that passes none on, as a PE does. */
static void phase_feed(void)
{
	for (unsigned k = 0; k < bench.nsend; k++)
		phase_build(k, &bench.ses[k].tx);
	struct mark m = phase_mark();
	phase_flush();
	bench.fed = true;
	bool ok = run_until_rest();
	phase_open("feed");
	phase_close(&m, ok, bench.plan.routes, NULL);
}

/* Withdraw everything, each route by its owner. */
static void phase_withdraw(void)
{
	uint32_t *idx = malloc(sizeof *idx * bench.plan.routes),
		 max = unreach_max(&bench.plan);
	for (unsigned s = 0; s < bench.nsend; s++) {
		uint32_t n = 0;
		for (uint32_t i = 0; i < bench.plan.routes; i++) {
			if (bench.overlap || bench.want[i] == s + 1 ||
			    (bench.rtc_vrfs && bench.want[i] == 0))
				idx[n++] = i;
		}
		for (uint32_t i = 0; i < n; i += max)
			enc_unreach(&bench.ses[s].tx, &bench.plan, idx + i,
			            n - i < max ? n - i : max);
	}
	free(idx);
	for (uint32_t i = 0; i < bench.plan.routes; i++)
		session_set_want(i, 0);
	struct mark m = phase_mark();
	phase_flush();
	bool ok = bench.fed ? run_until_rest() : session_run_until(phase_deadline());
	phase_open("withdraw");
	phase_close(&m, ok, bench.plan.routes, NULL);
}

/* Receivers ask for the table again on the live session. */
static void phase_refresh(void)
{
	bench.match_phase = false;
	for (unsigned k = bench.nsend; k < bench.nses; k++) {
		bench.ses[k].nseen = 0;
		memset(bench.ses[k].seen, 0, bench.plan.routes);
	}
	struct mark m = phase_mark();
	for (unsigned k = bench.nsend; k < bench.nses; k++) {
		enc_refresh(&bench.ses[k].tx, plan_afi(&bench.plan), SAFI_VPN);
		session_flush(&bench.ses[k]);
	}
	bool ok = session_run_until(phase_deadline());
	phase_open("refresh");
	phase_close(&m, ok, bench.plan.routes, NULL);
	bench.match_phase = true;
}

/* Receiver 0 closes its session (Cease) and comes back for the whole table. */
static void phase_restart(void)
{
	struct session *s = &bench.ses[bench.nsend];
	char extra[128];

	uint64_t t_close = bench_now();
	enc_notification(&s->tx, 6, 4); /* Cease, Administrative Reset */
	session_flush(s);
	close(s->fd);
	s->fd = -1;
	s->state = DOWN;
	s->rxlen = 0;
	s->tx.len = s->tx.off = 0;
	s->next_try = bench_now() + 20000000u;
	memset(s->owner, 0, bench.plan.routes);
	s->reach = s->match = 0;
	for (uint32_t i = 0; i < bench.plan.routes; i++)
		s->match += bench.want[i] == 0;
	struct mark m = phase_mark();
	for (unsigned k = bench.nsend + 1; k < bench.nses; k++)
		bench.ses[k].done = t_close; /* only receiver 0 counts */
	bool ok = session_bring_up(bench.nsend, bench.nsend + 1);
	m.t0 = s->t_connect;
	ok = ok && session_run_until(phase_deadline());
	snprintf(extra, sizeof extra,
	         ", \"away_s\": %.3f, \"handshake_s\": %.4f, \"table_s\": %.4f",
	         bench_secs(s->t_connect - t_close), bench_secs(s->t_est - s->t_connect),
	         ok && s->done > s->t_est ? bench_secs(s->done - s->t_est) : -1.0);
	phase_open("restart");
	phase_close(&m, ok, bench.plan.routes, extra);
}

/* After everything: does each receiver hold exactly the truth? */
static void phase_verify(void)
{
	bool ok = true;
	phase_open("verify");
	fprintf(bench.out, ", \"wrong\": [");
	for (unsigned k = bench.nsend; k < bench.nses - bench.nmuted; k++) {
		uint32_t wrong = 0;
		for (uint32_t i = 0; i < bench.plan.routes; i++)
			wrong += bench.ses[k].owner[i] != bench.want[i];
		ok = ok && !wrong;
		fprintf(bench.out, "%s%u", k > bench.nsend ? ", " : "", wrong);
	}
	fprintf(bench.out, "], \"reach\": %u, \"ok\": %s}", bench.ses[bench.nsend].reach,
	        ok ? "true" : "false");
	bench.failed = bench.failed || !ok;
}

void phase_run_all(void)
{
	char *list = strdup(bench.phases), *save = NULL;

	for (char *p = strtok_r(list, ",", &save); p; p = strtok_r(NULL, ",", &save)) {
		unsigned a = 0, b = 0;
		char *arg = strchr(p, ':');
		if (arg) {
			*arg++ = 0;
			if (sscanf(arg, "%ux%u", &a, &b) < 1)
				bench_die("bad phase argument %s", arg);
		}
		if (bench.broken) {
			fprintf(stderr, "bgpbench: skipped %s after a failure\n", p);
			continue;
		}
		if (!strcmp(p, "idle"))
			phase_idle(a ? a : 1);
		else if (!strcmp(p, "converge"))
			phase_converge();
		else if (!strcmp(p, "feed"))
			phase_feed();
		else if (!strcmp(p, "withdraw"))
			phase_withdraw();
		else if (!strcmp(p, "refresh"))
			phase_refresh();
		else if (!strcmp(p, "restart"))
			phase_restart();
		else if (!strcmp(p, "moves"))
			phase_moves(a ? a : 1000);
		else if (!strcmp(p, "burst") || !strcmp(p, "scatter"))
			phase_burst(a ? a : 10000, b ? b : 5, *p == 's');
		else if (!strcmp(p, "churn"))
			phase_churn(a ? a : 10);
		else if (!strcmp(p, "mute"))
			phase_mute(a ? a : 1);
		else if (!strcmp(p, "resume"))
			phase_resume();
		else if (!strcmp(p, "verify"))
			phase_verify();
		else if (!strcmp(p, "pause"))
			session_pump(a * 1000);
		else
			bench_die("unknown phase %s", p);
	}
	free(list);
}
