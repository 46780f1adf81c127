/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/sim/moves_world.h"

#include <stdarg.h>

uint32_t mv_rnd(struct mv *mv, uint32_t below)
{
	uint64_t z = mv->rng += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return (uint32_t)((z ^ z >> 31) >> 33) % below;
}

void mv_note(struct mv *mv, unsigned what, int pe, int addr, uint32_t n)
{
	int64_t rec[6] = { (int64_t)mv->digest, mv->now.us, what, pe, addr, n };

	mv->digest = hash_bytes(rec, sizeof(rec));
}

void mv_say(const struct mv *mv, int addr, const char *fmt, ...)
{
	va_list ap;

	if (!mv->trace || !ip_eq(&mv->addr[addr], &mv->traced))
		return;
	fprintf(stderr, "%12.6f ", (double)mv->now.us / 1e6);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

int mv_addr(const struct mv *mv, const struct ip *ip)
{
	for (int i = 0; i < MV_ADDRS; i++)
		if (ip_eq(&mv->addr[i], ip))
			return i;
	return MV_NOBODY;
}

struct mv_letter *mv_letter(struct mv *mv, enum mv_kind kind, int64_t after_us)
{
	struct mv_letter *l = mem_new(struct mv_letter);

	l->kind = kind;
	/* no two at one moment: their order would be the heap's */
	heap_set(&mv->queue, &l->node,
	         (struct mono){ mv->now.us + after_us + mv_rnd(mv, 50) });
	mv->n_letters++;
	return l;
}

void mv_plan(struct mv *mv, int64_t after_ms, void (*act)(struct mv *mv, int arg),
             int arg)
{
	struct mv_letter *l = mv_letter(mv, MV_ACT, after_ms * 1000);

	l->act = act;
	l->arg = arg;
}

static void take(struct mv *mv, struct mv_letter *l)
{
	struct mv_pe *p = &mv->pe[l->pe];

	switch (l->kind) {
	case MV_EVIDENCE:
		if (p->link)
			mv_pe_hear(p, &l->ev);
		break;
	case MV_UPDATE:
	case MV_EOR: mv_bgp_take(mv, l); break;
	case MV_ACT: l->act(mv, l->arg); break;
	}
}

static bool step(struct mv *mv, struct mono end)
{
	struct mono next = heap_next(&mv->queue);
	struct heap_node *n;

	for (int i = 0; i < MV_PES; i++)
		if (mv->pe[i].h)
			next = mono_min(next, hosts_deadline(mv->pe[i].h));
	if (next.us > end.us)
		return false;
	if (next.us > mv->now.us)
		mv->now = next;
	while ((n = heap_due(&mv->queue, mv->now))) {
		struct mv_letter *l = container_of(n, struct mv_letter, node);

		take(mv, l);
		free(l);
		mv->n_letters--;
	}
	for (int i = 0; i < MV_PES; i++) {
		struct mv_pe *p = &mv->pe[i];

		if (p->h && mono_reached(mv->now, hosts_deadline(p->h)))
			hosts_run(p->h, mv->now);
		mv_bgp_verified(p);
	}
	mv_watch(mv);
	return true;
}

void mv_pass(struct mv *mv, int64_t ms)
{
	struct mono end = mono_add_ms(mv->now, ms);

	while (step(mv, end))
		;
	mv->now = end;
}

static void guests_new(struct mv *mv)
{
	for (int i = 0; i < MV_ALL; i++) {
		struct mv_guest *g = &mv->guest[i];

		g->mac = (struct mac){
			{2, 0xaa, 0, 0, (uint8_t)(i / MV_GUESTS), (uint8_t)i}
		};
		g->clone = i >= MV_GUESTS && i < MV_GUESTS + MV_CLONES;
		g->site = g->clone ? MV_NOBODY : (int)mv_rnd(mv, MV_SITES);
		g->n_addrs = 2;
		if (i == MV_STATIC / 2)
			g->site = MV_STATIC_PE - 2; /* two sites have two PEs */
		if (i >= MV_ALL - MV_SERVERS)
			g->site = i - (MV_ALL - MV_SERVERS);
		g->talks = i % 3;
	}
	for (int i = 0; i < MV_ADDRS; i++) {
		char ip[IP_STRLEN];
		int six = i & 1 || i % 8 == 2; /* some have two of IPv6 */

		snprintf(ip, sizeof(ip), six ? "2001:db8:1::%d" : "10.0.0.%d", i + 1);
		CHECK(ip_parse(ip, &mv->addr[i]));
		if (i < MV_OWN)
			mv->guest[i / 2].addr[i % 2] = i;
		for (int k = 0; i >= MV_OWN && k < MV_SERVERS; k++)
			mv->guest[MV_ALL - MV_SERVERS + k].addr[i % 2] = i;
	}
}

struct mv *mv_new(uint64_t seed)
{
	static const int site_of[MV_PES] = { 0, 0, 1, 1, 2, 3, 4 };
	struct mv *mv = mem_new(struct mv);
	const char *traced = getenv("MOVES_TRACE");

	mv->seed = mv->rng = seed;
	mv->now.us = 1000000;
	mv->loss_percent = 5;
	mv->rr_up = true;
	mv->disturbed_at = mv->now;
	mv->trace = traced && ip_parse(traced, &mv->traced);
	guests_new(mv);
	for (int i = 0; i < MV_ADDRS; i++) {
		mv->loop_since[i] = MONO_NEVER;
		for (int k = 0; k < MV_PES; k++)
			mv->own_since[i][k] = mv->late_since[i][k] = MONO_NEVER;
	}
	for (int i = 0; i < MV_PES; i++) {
		struct mv_pe *p = &mv->pe[i];

		p->mv = mv;
		p->id = i;
		p->site = site_of[i];
		p->master = !i || site_of[i] != site_of[i - 1];
		p->link = true;
		p->mac = (struct mac){
			{2, 0, 0, 0, 2, (uint8_t)(i + 1)}
		};
		for (int a = 0; a < MV_ADDRS; a++)
			p->chosen[a] = MV_NOBODY;
		mv_pe_start(mv, p);
	}
	mv_plan(mv, 1000, mv_legacy_run, 0);
	return mv;
}

void mv_free(struct mv *mv)
{
	struct heap_node *n;

	while ((n = heap_due(&mv->queue, MONO_NEVER)))
		free(container_of(n, struct mv_letter, node));
	heap_fini(&mv->queue);
	for (int i = 0; i < MV_PES; i++) {
		mv_vrf_stop(&mv->pe[i]);
		if (mv->pe[i].h)
			hosts_free(mv->pe[i].h);
	}
	free(mv);
}
