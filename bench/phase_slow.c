/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include "bgpbench.h"
#include "phase_int.h"
#include "session.h"

/* The last n receivers read nothing more: their windows close and stay so.  They do not
 * count in what follows, until phase_resume(). */
void phase_mute(unsigned n)
{
	if (n >= bench.nrecv)
		bench_die("mute: %u receivers are not enough", bench.nrecv);
	for (unsigned k = bench.nses - n; k < bench.nses; k++)
		session_mute(&bench.ses[k], true);
	bench.nmuted = n;
}

/* They read again; over when they know all that the others know. */
void phase_resume(void)
{
	struct mark m = phase_mark();
	unsigned first = bench.nses - bench.nmuted;

	for (unsigned k = bench.nsend; k < first; k++)
		bench.ses[k].done = m.t0; /* these knew */
	for (unsigned k = first; k < bench.nses; k++)
		session_mute(&bench.ses[k], false);
	bench.nmuted = 0;
	bool ok = session_run_until(phase_deadline());
	phase_open("resume");
	phase_close(&m, ok, bench.plan.routes, NULL);
}
