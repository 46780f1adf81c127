/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/sim/moves_world.h"

/*
 * What must hold at any time, however the story goes, when sessions and processes are as
 * they should be:
 *
 * - no packet goes round in circles for longer than what is on its way takes to arrive,
 *   twice: who was pointed at by mistake may point on;
 * - no PE sends packets into its port when it knows a newer route of another site;
 * - no master answers its LAN for a host that the site's other PE has there.
 *
 * And at the end everybody knows where every host is, and sends packets there.
 */
enum { SETTLE_MS = 5000, LOOP_MS = 100, LATE_MS = 10, OWN_MS = 2500 };

void mv_dirty(struct mv *mv, int addr)
{
	if (!mv->dirty[addr])
		mv->n_dirty++;
	mv->dirty[addr] = true;
}

bool mv_calm(const struct mv *mv)
{
	for (int i = 0; i < MV_PES; i++)
		if (!mv->pe[i].session || !mv->pe[i].told_end || !mv->pe[i].heard_end)
			return false;
	return mv->rr_up && mono_ms_since(mv->now, mv->disturbed_at) > SETTLE_MS;
}

static bool goes_round(const struct mv *mv, int addr)
{
	for (int from = 0; from < MV_PES; from++) {
		int at = from, hops = 0;

		while (mv->pe[at].fib[addr].way == MV_REMOTE) {
			at = mv->pe[at].fib[addr].pe;
			if (++hops > MV_PES)
				return true;
		}
	}
	return false;
}

/* Does this PE, as the site's master, answer for a host that its sibling has on the LAN?
 */
static bool answers_for_own(const struct mv *mv, const struct mv_pe *p, int addr)
{
	const struct mv_fib *f = &p->fib[addr];

	if (!p->master || !p->link || f->way != MV_REMOTE || f->frozen ||
	    mv->pe[f->pe].site == p->site || mv_claimed(mv, addr) ||
	    mv_guest_at(mv, p->site, addr) == MV_NOBODY)
		return false;
	for (int i = 0; i < MV_PES; i++)
		if (i != p->id && mv->pe[i].site == p->site &&
		    mv->pe[i].fib[addr].way == MV_LOCAL)
			return true;
	return false;
}

static bool sends_late(const struct mv_pe *p, int addr)
{
	const struct mv_fib *f = &p->fib[addr];
	int of = p->chosen[addr];
	struct host_info info;

	return p->h && f->way == MV_LOCAL && !f->frozen && of != MV_NOBODY &&
	       p->mv->pe[of].site != p->site &&
	       hosts_info(p->h, MV_VRF, &p->mv->addr[addr], &info) && info.local &&
	       (int32_t)(p->chosen_seq[addr] - info.seq) > 0 && addr != MV_STATIC;
}

static void timed(struct mv *mv, struct mono *since, bool now_so, int64_t *worst,
                  int64_t limit, int addr, const char *what)
{
	char ip[IP_STRLEN];
	int64_t ms;

	if (now_so && mono_is_never(*since))
		*since = mv->now;
	if (mono_is_never(*since))
		return;
	ms = mono_ms_since(mv->now, *since);
	if (!now_so)
		*since = MONO_NEVER;
	if (!mv_calm(mv) || mono_ms_since(mv->now, mv->disturbed_at) < ms + SETTLE_MS)
		return;
	if (ms > *worst)
		*worst = ms;
	if (ms > limit)
		t_fail(__FILE__, __LINE__, "seed %llu, %.6f: %s %s for %lld ms",
		       (unsigned long long)mv->seed, (double)mv->now.us / 1e6,
		       ip_fmt(&mv->addr[addr], ip), what, (long long)ms);
}

void mv_watch(struct mv *mv)
{
	if (!mv->n_dirty)
		return;
	mv->n_dirty = 0;
	for (int a = 0; a < MV_ADDRS; a++) {
		bool open = false;

		if (!mv->dirty[a])
			continue;
		timed(mv, &mv->loop_since[a], goes_round(mv, a), &mv->tally.worst_loop_ms,
		      LOOP_MS, a, "goes round");
		open |= !mono_is_never(mv->loop_since[a]);
		for (int i = 0; i < MV_PES; i++) {
			timed(mv, &mv->own_since[a][i],
			      answers_for_own(mv, &mv->pe[i], a), &mv->tally.worst_own_ms,
			      OWN_MS, a, "is answered for on its own LAN");
			open |= !mono_is_never(mv->own_since[a][i]);
			timed(mv, &mv->late_since[a][i], sends_late(&mv->pe[i], a),
			      &mv->tally.worst_late_ms, LATE_MS, a,
			      "is sent to where it was");
			open |= !mono_is_never(mv->late_since[a][i]);
		}
		mv->dirty[a] = open; /* look again: it may never change */
		mv->n_dirty += open;
	}
}

static bool served(const struct mv *mv, int addr)
{
	for (int i = 0; i < MV_PES; i++) {
		const struct mv_pe *p = &mv->pe[i];
		bool here = mv_guest_at(mv, p->site, addr) != MV_NOBODY;

		if (p->local[addr] || p->fib[addr].way != (here ? MV_LOCAL : MV_NONE))
			return false;
	}
	return true;
}

static int place_of(const struct mv *mv, int addr)
{
	return mv->guest[addr / 2].site;
}

void mv_agree(struct mv *mv)
{
	char ip[IP_STRLEN];

	CHECK(mv_calm(mv));
	CHECK(served(mv, MV_OWN) && served(mv, MV_OWN + 1));
	for (int a = 0; a < MV_OWN; a++) {
		for (int i = 0; i < MV_PES; i++) {
			const struct mv_pe *p = &mv->pe[i];
			const struct mv_fib *f = &p->fib[a];
			bool here = place_of(mv, a) == p->site;
			bool right =
				here ? f->way == MV_LOCAL && p->local[a]
				: place_of(mv, a) == MV_NOBODY
					? f->way == MV_NONE && !p->local[a]
					: f->way == MV_REMOTE && !p->local[a] &&
						  mv->pe[f->pe].site == place_of(mv, a);

			if (right && !f->frozen)
				continue;
			t_fail(__FILE__, __LINE__,
			       "seed %llu: %s is at site %d; pe%d: advertised %d, way %d "
			       "to pe%d, frozen %d",
			       (unsigned long long)mv->seed, ip_fmt(&mv->addr[a], ip),
			       place_of(mv, a) + 1, i + 1, p->local[a], f->way, f->pe + 1,
			       f->frozen);
		}
	}
}
