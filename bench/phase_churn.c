/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bgpbench.h"
#include "phase_int.h"
#include "session.h"

/*
 * Churn, for what it leaves behind in memory.  A round is: every route gets other
 * attributes, a random half of them is withdrawn, that half comes back.  Each step is
 * over when every receiver knows.
 */
/* Each route by its owner, runs of consecutive ones in one UPDATE. */
static void queue_announce(const uint8_t *owner)
{
	for (uint32_t i = 0; i < bench.plan.routes;) {
		uint32_t k = i + 1;

		while (k < bench.plan.routes && owner[k] == owner[i] &&
		       k / bench.plan.block == i / bench.plan.block)
			k++;
		if (owner[i])
			enc_reach(&bench.ses[owner[i] - 1].tx, &bench.plan, owner[i] - 1,
			          i, k - i);
		i = k;
	}
}

static bool replace_all(void)
{
	bench.plan.gen++;
	bench.match_phase = false;
	for (unsigned k = bench.nsend; k < bench.nses; k++) {
		bench.ses[k].nseen = 0;
		bench.ses[k].done = 0;
		memset(bench.ses[k].seen, 0, bench.plan.routes);
	}
	queue_announce(bench.want);
	phase_flush();
	bool ok = session_run_until(phase_deadline());
	bench.match_phase = true;
	return ok;
}

static void again(void)
{
	for (unsigned k = bench.nsend; k < bench.nses; k++)
		bench.ses[k].done = 0;
}

static void queue_withdraw(unsigned s, const uint8_t *half)
{
	uint32_t max = unreach_max(&bench.plan), n = 0, *idx = malloc(sizeof *idx * max);

	for (uint32_t i = 0; i < bench.plan.routes; i++) {
		if (half[i] != s + 1)
			continue;
		idx[n++] = i;
		if (n == max) {
			enc_unreach(&bench.ses[s].tx, &bench.plan, idx, n);
			n = 0;
		}
	}
	if (n)
		enc_unreach(&bench.ses[s].tx, &bench.plan, idx, n);
	free(idx);
}

static bool half_goes_and_returns(uint8_t *half)
{
	for (uint32_t i = 0; i < bench.plan.routes; i++)
		half[i] = phase_rnd(2) ? bench.want[i] : 0;
	for (unsigned s = 0; s < bench.nsend; s++)
		queue_withdraw(s, half);
	for (uint32_t i = 0; i < bench.plan.routes; i++)
		if (half[i])
			session_set_want(i, 0);
	again();
	phase_flush();
	if (!session_run_until(phase_deadline()))
		return false;
	queue_announce(half);
	for (uint32_t i = 0; i < bench.plan.routes; i++)
		if (half[i])
			session_set_want(i, half[i]);
	again();
	phase_flush();
	return session_run_until(phase_deadline());
}

void phase_churn(unsigned rounds)
{
	uint8_t *half = malloc(bench.plan.routes);
	struct mark m = phase_mark();
	unsigned done = 0;
	bool ok = true;
	char extra[64];

	if (bench.overlap)
		bench_die("churn needs one owner for each route");
	for (; done < rounds && ok; done++)
		ok = replace_all() && half_goes_and_returns(half);
	snprintf(extra, sizeof extra, ", \"rounds\": %u", done);
	phase_open("churn");
	phase_close(&m, ok, bench.plan.routes, extra);
	free(half);
}
