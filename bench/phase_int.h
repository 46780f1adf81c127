/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "msg.h"
#include "usage.h"

/* What phases are made of: phase_mark(), something happens, phase_open() its JSON object
 * and phase_close() it. */
struct mark { /* what is measured from the start of a phase */
	uint64_t t0;
	struct usage u;
	double tool;
	struct dec_stats st;
	uint64_t bytes;
};

struct mark phase_mark(void);
void phase_open(const char *name);
/* ok: it ended as it should; extra: more JSON members, or NULL. */
void phase_close(struct mark *m, bool ok, uint64_t routes, const char *extra);

void phase_settle(void); /* until the daemon rests */
void phase_flush(void);  /* let the senders send what was built */
uint64_t phase_deadline(void);
uint32_t phase_rnd(uint32_t n);
void phase_build(unsigned sender, struct buf *b); /* its share of the table, End-of-RIB */

void phase_moves(uint32_t count);
void phase_burst(uint32_t size, unsigned reps, bool scatter);
void phase_churn(unsigned rounds);
void phase_mute(unsigned n);
void phase_resume(void);
