/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/mem.h"
#include "bgp/bgp_rtc.h"

#include "tests/sim/world.h"
#include "tests/t.h"

/*
 * Route target constrain as a property: whatever targets PEs import and give up, routes
 * come, change and go with, and sessions are lost at whatever octet, when all is quiet
 * every PE holds the routes of others that it wants and no others, and every reflector
 * has sent each neighbor just these.
 *
 * Two reflectors, which are no clients of each other; four PEs are clients of one or of
 * both, one PE may know nothing of it, one talks to its reflector as no client.  Frugal
 * reflectors do not ask their clients for everything, but for what others want.
 */
enum { PES = 6, HOSTS = 12, TARGETS = 6, OPS = 2500 };

static struct {
	struct world w;
	struct node *rr[2], *pe[PES];
	uint64_t route[PES][HOSTS]; /* targets + 1; 0: not announced */
	uint32_t seed;
	bool plain;
} m;

enum { PLAIN = 4, NO_CLIENT = 5 };

static uint32_t draw(uint32_t n)
{
	m.seed = m.seed * 1664525u + 1013904223u;
	return (uint32_t)((uint64_t)(m.seed >> 4) * n >> 28);
}

static bool attached(size_t pe, size_t rr)
{
	static const uint8_t to[PES] = { 1, 2, 3, 3, 1, 2 };

	return to[pe] >> rr & 1;
}

static bool speaks_rtc(size_t pe)
{
	return !m.plain || pe != PLAIN;
}

static void peer(struct node *n, const char *ip, bool client, bool rtc)
{
	struct bgp_peer_config cfg = world_peer_config(ip, 65000, client);

	cfg.rt_constrain = rtc;
	cfg.connect_retry_s = 2;
	world_peer_as(n, &cfg);
}

static void start(bool plain, bool frugal)
{
	static const char *const rr_ip[] = { "192.0.2.1", "192.0.2.2" };
	static const char *const pe_ip[] = { "192.0.2.11", "192.0.2.12", "192.0.2.13",
		                             "192.0.2.14", "192.0.2.15", "192.0.2.16" };

	m.plain = plain;
	world_init(&m.w);
	memset(m.route, 0, sizeof(m.route));
	for (size_t k = 0; k < 2; k++)
		m.rr[k] = world_node(&m.w, rr_ip[k], 65000, frugal);
	peer(m.rr[0], rr_ip[1], false, true);
	peer(m.rr[1], rr_ip[0], false, true);
	for (size_t i = 0; i < PES; i++) {
		m.pe[i] = world_node(&m.w, pe_ip[i], 65000, true);
		m.pe[i]->by_target = true;
		for (size_t k = 0; k < 2; k++) {
			if (!attached(i, k))
				continue;
			peer(m.rr[k], pe_ip[i], i != NO_CLIENT, true);
			peer(m.pe[i], rr_ip[k], false, speaks_rtc(i));
		}
	}
}

/* Does a route of PE `from` get to PE `to` by way of reflectors? */
static bool reaches(size_t from, size_t to)
{
	for (size_t k = 0; k < 2; k++) {
		if (!attached(from, k))
			continue;
		if (attached(to, k) && (from != NO_CLIENT || to != NO_CLIENT))
			return true;
		if (from != NO_CLIENT && attached(to, 1 - k) && to != NO_CLIENT)
			return true;
	}
	return false;
}

static enum afi afi_of(size_t host)
{
	return host % 2 ? AFI_IP6 : AFI_IP4;
}

static void check_pe(size_t to)
{
	size_t want[3] = { 0 };

	for (size_t from = 0; from < PES; from++) {
		for (unsigned h = 0; h < HOSTS; h++) {
			uint64_t rts = m.route[from][h] ? m.route[from][h] - 1 : 0;
			bool has = world_best(m.pe[to], m.pe[from], h, afi_of(h));
			bool should =
				from == to ? m.route[from][h] > 0
					   : rts & m.pe[to]->imports && reaches(from, to);

			/* Who cannot say that he has enough keeps it for a while. */
			if (has && !should && !speaks_rtc(to))
				should = true;
			if (has != should)
				t_fail(__FILE__, __LINE__, "PE %zu %s host %u of PE %zu",
				       to, has ? "still has" : "lacks", h, from);
			want[afi_of(h)] += should;
		}
	}
	for (int afi = AFI_IP4; afi <= AFI_IP6; afi++)
		CHECK_INT(world_routes(m.pe[to], afi), want[afi]);
}

/* What a reflector says it sent a PE is what that holds from it, wanted or nothing. */
static void check_sent(const struct node *rr)
{
	list_for(p, &rr->b->peers, struct bgp_peer, link) {
		for (size_t i = 0; i < PES; i++) {
			const struct node *pe = m.pe[i];

			if (!ip_eq(&pe->ip, &p->cfg.address) || !p->rtc->on)
				continue;
			list_for(q, &pe->b->peers, struct bgp_peer, link) {
				if (!ip_eq(&q->cfg.address, &rr->ip))
					continue;
				for (int afi = AFI_IP4; afi <= AFI_IP6; afi++)
					CHECK_INT(rib_source_paths(pe->rib, q->source,
					                           afi),
					          bgp_group_told_count(p, afi));
				CHECK_INT(p->rtc->has.count,
				          (size_t)__builtin_popcountll(pe->imports));
			}
		}
	}
}

static void check_all(void)
{
	world_run(&m.w, 300 * 1000);
	for (size_t i = 0; i < PES; i++)
		check_pe(i);
	for (size_t k = 0; k < 2; k++)
		check_sent(m.rr[k]);
}

static void op_import(void)
{
	struct node *pe = m.pe[draw(PES)];
	unsigned rt = draw(TARGETS);
	bool on = !(pe->imports >> rt & 1);

	world_import(pe, rt, on);
	if (draw(4)) /* back and forth before anybody can look */
		return;
	if (draw(2))
		world_steps(&m.w, draw(8));
	world_import(pe, rt, !on);
	if (draw(2))
		world_steps(&m.w, draw(8));
	if (draw(2))
		world_import(pe, rt, on);
}

static void op_route(void)
{
	size_t pe = draw(PES);
	unsigned h = draw(HOSTS);

	if (m.route[pe][h] && draw(3) == 0) {
		world_withdraw(m.pe[pe], h, afi_of(h));
		m.route[pe][h] = 0;
		return;
	}
	m.route[pe][h] = 1 + (draw(1u << TARGETS) & draw(1u << TARGETS));
	world_announce_rts(m.pe[pe], h, afi_of(h), m.route[pe][h] - 1);
}

static void run(uint32_t seed, bool plain, bool frugal, size_t chunk)
{
	m.seed = seed;
	start(plain, frugal);
	m.w.chunk = chunk;
	for (int i = 0; i < OPS; i++) {
		uint32_t what = draw(100);

		if (what < 45)
			op_import();
		else if (what < 90)
			op_route();
		else if (what < 97)
			world_run(&m.w, draw(3));
		else if (what < 98)
			world_cut(&m.w);
		else if (what < 99)
			m.w.cut_after = (int64_t)(m.w.delivered + draw(3000));
		else
			check_all();
		world_steps(&m.w, draw(12));
	}
	check_all();
	world_fini(&m.w);
}

TEST(every_pe_holds_what_it_wants_and_nothing_else)
{
	for (uint32_t seed = 1; seed <= 4; seed++)
		run(seed, false, false, 0);
}

TEST(a_pe_without_it_among_them_does_not_change_that)
{
	for (uint32_t seed = 11; seed <= 13; seed++)
		run(seed, true, false, 0);
}

TEST(nor_do_reflectors_that_ask_for_no_more_than_is_wanted)
{
	for (uint32_t seed = 31; seed <= 33; seed++)
		run(seed, false, true, 0);
}

TEST(nor_does_it_matter_in_which_pieces_messages_come)
{
	for (uint32_t seed = 21; seed <= 23; seed++)
		run(seed, seed == 22, seed == 23, 7);
}
