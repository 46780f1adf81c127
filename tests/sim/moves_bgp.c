/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/sim/moves_world.h"

/*
 * Sessions between the PEs and the reflector: in order each way, late, with graceful
 * restart (RFC 4724): what was learned over a session that broke stays, stale, until the
 * other end has said all it knows again, or for STALE_MS.
 */
enum { LATE_US = 20000, STALE_MS = 120000 };

static void post(struct mv *mv, int pe, bool to_rr, const struct mv_letter *what)
{
	struct mono *last = &mv->free[pe][to_rr];
	int64_t us = 300 + mv_rnd(mv, LATE_US);
	struct mv_letter *l;

	if (!mv->pe[pe].session)
		return;
	if (mv->now.us + us < last->us + 50) /* TCP keeps order */
		us = last->us + 50 - mv->now.us;
	l = mv_letter(mv, what->kind, us);
	*last = l->node.at;
	l->pe = pe;
	l->to_rr = to_rr;
	l->epoch = mv->pe[pe].epoch;
	l->origin = what->origin;
	l->addr = what->addr;
	l->route = what->route;
}

void mv_advertise(struct mv_pe *p, int addr)
{
	struct mv_letter l = { .kind = MV_UPDATE, .origin = p->id, .addr = addr };

	if (p->id != MV_LEGACY)
		l.route = mv_vrf_told(p, addr);
	else if (p->local[addr])
		mv_vrf_write(&l.route, p->site, 0);
	mv_note(p->mv, l.route.there, p->id, addr, p->seq[addr]);
	post(p->mv, p->id, true, &l);
}

static void reflect(struct mv *mv, int origin, int addr)
{
	struct mv_letter l = { .kind = MV_UPDATE, .origin = origin, .addr = addr };

	l.route = mv->rr[origin][addr];
	for (int to = 0; to < MV_PES; to++)
		if (to != origin)
			post(mv, to, false, &l);
}

static void lose(struct mv *mv, int origin, bool stale_only)
{
	for (int a = 0; a < MV_ADDRS; a++) {
		struct mv_route *r = &mv->rr[origin][a];

		if (!r->there || (stale_only && !r->stale))
			continue;
		*r = (struct mv_route){ 0 };
		reflect(mv, origin, a);
	}
}

static void end_of_rib(struct mv *mv, int pe)
{
	post(mv, pe, false, &(struct mv_letter){ .kind = MV_EOR });
}

static void maybe_all_ended(struct mv *mv)
{
	if (!mv->rr_deferring)
		return;
	for (int i = 0; i < MV_PES; i++)
		if (!mv->pe[i].session || !mv->pe[i].told_end)
			return;
	mv->rr_deferring = false;
	for (int i = 0; i < MV_PES; i++)
		end_of_rib(mv, i);
}

static void at_reflector(struct mv *mv, const struct mv_letter *l)
{
	if (l->kind == MV_EOR) {
		lose(mv, l->pe, true);
		mv->pe[l->pe].told_end = true;
		if (mv->pe[l->pe].heard_end)
			mv_pe_sweep(&mv->pe[l->pe]);
		mv->disturbed_at = mv->now;
		maybe_all_ended(mv);
		return;
	}
	mv->rr[l->origin][l->addr] = l->route;
	reflect(mv, l->origin, l->addr);
}

static void drop_stale(struct mv_pe *p, bool all)
{
	for (int o = 0; o < MV_PES; o++) {
		for (int a = 0; a < MV_ADDRS; a++) {
			struct mv_route *r = &p->got[o][a];

			if (!r->there || !(all || r->stale))
				continue;
			*r = (struct mv_route){ 0 };
			mv_pe_take(p, o, a);
		}
	}
}

void mv_bgp_take(struct mv *mv, const struct mv_letter *l)
{
	struct mv_pe *p = &mv->pe[l->pe];

	if (l->epoch != p->epoch)
		return; /* its session is gone */
	if (l->to_rr) {
		at_reflector(mv, l);
	} else if (l->kind == MV_EOR) {
		drop_stale(p, false);
		p->heard_end = true;
		mv->disturbed_at = mv->now;
		if (p->told_end)
			mv_pe_sweep(p);
	} else {
		p->got[l->origin][l->addr] = l->route;
		mv_pe_take(p, l->origin, l->addr);
	}
}

/* As core/ does it: End-of-RIB waits for the hosts of an earlier run to be verified. */
void mv_bgp_verified(struct mv_pe *p)
{
	bool ready = p->id == MV_LEGACY || (p->h && !hosts_asked(p->h));

	if (!p->session || p->end_posted || !ready)
		return;
	p->end_posted = true;
	post(p->mv, p->id, true, &(struct mv_letter){ .kind = MV_EOR });
}

static void patience_over(struct mv *mv, int arg)
{
	struct mv_pe *p = &mv->pe[arg % 16];

	if (p->session || (p->epoch & 0xffffff) != (uint32_t)arg / 16)
		return;
	lose(mv, p->id, true);
	drop_stale(p, false);
}

void mv_session_down(struct mv *mv, int pe, bool graceful)
{
	struct mv_pe *p = &mv->pe[pe];

	mv->disturbed_at = mv->now;
	if (!p->session)
		return;
	p->session = p->told_end = p->heard_end = p->end_posted = false;
	p->epoch++;
	for (int a = 0; a < MV_ADDRS; a++) {
		mv->rr[pe][a].stale = true;
		for (int o = 0; o < MV_PES; o++)
			p->got[o][a].stale = true;
	}
	if (!graceful) {
		lose(mv, pe, false);
		drop_stale(p, true);
		return;
	}
	mv_plan(mv, STALE_MS, patience_over, (int)(p->epoch & 0xffffff) * 16 + pe);
}

void mv_session_up(struct mv *mv, int pe)
{
	struct mv_pe *p = &mv->pe[pe];

	if (p->session || !mv->rr_up || (!p->h && pe != MV_LEGACY))
		return;
	mv->disturbed_at = mv->now;
	p->session = true;
	p->epoch++;
	mv->free[pe][0] = mv->free[pe][1] = mv->now;
	for (int a = 0; a < MV_ADDRS; a++) {
		if (p->local[a])
			mv_advertise(p, a);
		for (int o = 0; o < MV_PES; o++) {
			struct mv_letter l = { .kind = MV_UPDATE,
				               .origin = o,
				               .addr = a };

			l.route = mv->rr[o][a];
			if (o != pe && l.route.there)
				post(mv, pe, false, &l);
		}
	}
	if (!mv->rr_deferring)
		end_of_rib(mv, pe);
}

static void rr_back(struct mv *mv, int arg)
{
	mv->rr_up = mv->rr_deferring = true;
	for (int i = 0; i < MV_PES; i++)
		mv_plan(mv, mv_rnd(mv, 3000), mv_session_up, i);
}

void mv_rr_restart(struct mv *mv, int64_t away_ms)
{
	if (!mv->rr_up)
		return;
	for (int i = 0; i < MV_PES; i++)
		mv_session_down(mv, i, true);
	memset(mv->rr, 0, sizeof(mv->rr));
	mv->rr_up = false;
	mv_plan(mv, away_ms, rr_back, 0);
}
