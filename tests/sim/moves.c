/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "tests/sim/moves_world.h"

/*
 * Days in which everything happens that ever does, from any seed; and stories of one
 * thing each.  MOVES_SEEDS=N and MOVES_FROM=S play so many days from that seed on,
 * MOVES_HOURS says how long each is, MOVES_TRACE=ADDRESS tells about one address.
 */
enum { QUIET_MS = 1500000, CHATTER_MS = 45000 };

static long setting(const char *name, long otherwise)
{
	const char *s = getenv(name);

	return s ? strtol(s, NULL, 10) : otherwise;
}

static void session_up(struct mv *mv, int pe)
{
	mv_session_up(mv, pe);
}

static void pe_start(struct mv *mv, int pe)
{
	mv_pe_start(mv, &mv->pe[pe]);
}

static void link_up(struct mv *mv, int pe)
{
	mv_pe_link(&mv->pe[pe], true);
}

static void clone_off(struct mv *mv, int guest)
{
	for (int k = 0; k < 2; k++)
		mv->claimed_at[mv->guest[guest].addr[k]] = mv->now;
	mv_go(mv, guest, MV_NOBODY);
}

static void chatter(struct mv *mv, int arg)
{
	mv_chatter(mv);
	mv_plan(mv, CHATTER_MS, chatter, 0);
}

/* Another guest has the same addresses, somewhere else, for some minutes. */
static void clone_on(struct mv *mv)
{
	int c = MV_GUESTS + (int)mv_rnd(mv, MV_CLONES), of = (int)mv_rnd(mv, MV_GUESTS);
	struct mv_guest *g = &mv->guest[c];

	if (g->site != MV_NOBODY || mv->guest[of].site == MV_NOBODY ||
	    mv_claimed(mv, mv->guest[of].addr[0]))
		return;
	memcpy(g->addr, mv->guest[of].addr, sizeof(g->addr));
	mv_go(mv, c, (mv->guest[of].site + 1 + (int)mv_rnd(mv, MV_SITES - 1)) % MV_SITES);
	mv_announce(mv, c);
	mv_plan(mv, 1000 + mv_rnd(mv, 600000), clone_off, c);
}

static void masters_swap(struct mv *mv)
{
	int site = (int)mv_rnd(mv, 2);
	struct mv_pe *a = &mv->pe[2 * site], *b = a + 1;

	mv_pe_master(a, !a->master);
	mv_pe_master(b, !a->master);
}

static void outage(struct mv *mv)
{
	int pe = (int)mv_rnd(mv, MV_PES);

	switch (mv_rnd(mv, 6)) {
	case 0: mv_rr_restart(mv, 1000 + mv_rnd(mv, 30000)); break;
	case 1:
		if (pe == MV_LEGACY || !mv->pe[pe].h)
			break;
		mv_pe_stop(mv, pe);
		for (int a = 0; mv_rnd(mv, 2) && a < MV_ADDRS; a++)
			mv_pe_write(&mv->pe[pe], a, MV_NONE,
			            MV_NOBODY); /* the power went, too */
		mv_plan(mv, 100 + mv_rnd(mv, 5000), pe_start, pe);
		break;
	case 2:
		if (pe == MV_LEGACY)
			break;
		mv_pe_link(&mv->pe[pe], false);
		mv_plan(mv, 1000 + mv_rnd(mv, 30000), link_up, pe);
		break;
	case 3: masters_swap(mv); break;
	default:
		mv_session_down(mv, pe, mv_rnd(mv, 2));
		mv_plan(mv, 500 + mv_rnd(mv, 60000), session_up, pe);
	}
}

static void detach(struct mv *mv, const struct mv_guest *g)
{
	for (int i = 0; i < MV_PES; i++)
		for (int k = 0;
		     mv->pe[i].h && mv->pe[i].site == g->site && k < g->n_addrs; k++)
			hosts_detach(mv->pe[i].h, MV_VRF, &mv->addr[g->addr[k]], mv->now);
}

static void happen(struct mv *mv)
{
	int guest = 1 + (int)mv_rnd(mv, MV_GUESTS - 1); /* the first is configured */
	struct mv_guest *g = &mv->guest[guest];

	switch (mv_rnd(mv, 40)) {
	case 0: outage(mv); return;
	case 1: clone_on(mv); return;
	case 2:
	case 3: mv_go(mv, guest, MV_NOBODY); return; /* the power goes */
	case 4:
		g->mac.b[3] ^= 1; /* a new card */
		mv_announce(mv, guest);
		return;
	case 5:
	case 6: mv_speak(mv, guest, g->addr[0], HOST_BY_SOURCE, 1); return;
	case 7: /* a frame was held back while its guest went on */
		mv_speak(mv, guest, g->addr[0], HOST_BY_ARP_REQUEST, 500);
		break;
	case 8:
		if (g->site != MV_NOBODY)
			detach(mv, g);
		break;
	}
	mv->tally.moves++;
	mv_go(mv, guest, (int)mv_rnd(mv, MV_SITES));
	mv_announce(mv, guest);
}

/* A PE that is taken out of service told all of them with sequence numbers about to wrap.
 */
static void elder_gone(struct mv *mv, int arg)
{
	for (int i = 0; i < MV_PES; i++) {
		for (int a = 0; i != MV_LEGACY && mv->pe[i].h && a < MV_OWN; a++) {
			mv->pe[i].got[MV_LEGACY][a] = mv->rr[MV_LEGACY][a];
			mv_pe_take(&mv->pe[i], MV_LEGACY, a);
		}
	}
}

static void elder(struct mv *mv)
{
	for (int i = 0; i < MV_PES; i++) {
		for (int a = 0; i != MV_LEGACY && a < MV_OWN; a++) {
			mv_vrf_write(&mv->pe[i].got[MV_LEGACY][a], mv->pe[MV_LEGACY].site,
			             UINT32_MAX - (uint32_t)a % 4);
			mv_pe_take(&mv->pe[i], MV_LEGACY, a);
		}
	}
	mv_plan(mv, 90000, elder_gone, 0);
}

static void calm_down(struct mv *mv)
{
	for (int i = MV_GUESTS; i < MV_GUESTS + MV_CLONES; i++)
		mv_go(mv, i, MV_NOBODY);
	mv_pass(mv, 60000); /* planned ends of outages */
	for (int i = 0; i < MV_PES; i++) {
		if (i != MV_LEGACY && !mv->pe[i].h)
			mv_pe_start(mv, &mv->pe[i]);
		if (!mv->pe[i].link)
			mv_pe_link(&mv->pe[i], true);
		mv_session_up(mv, i);
	}
	mv_pass(mv, QUIET_MS);
}

/* Nobody does more than the story calls for, and hardly ever at the wrong place. */
static void sane(const struct mv_tally *t, uint32_t gap_ms)
{
	CHECK(t->moves > 50 && t->gone > 5);
	CHECK(t->conflicts <= 3 + t->moves / 20);
	CHECK(gap_ms < 10000 || t->false_dups <= 1 + t->moves / 1000);
	CHECK(t->thawed <= t->duplicates);
	CHECK(t->repairs <= 3 * MV_SITES * (t->moves + t->stayed));
}

static uint64_t play(uint64_t seed, long minutes, uint32_t gap_ms)
{
	struct mv *mv = mv_new(seed);
	struct mono end = mono_add_ms(mv->now, minutes * 60000);
	uint64_t digest;

	mv_plan(mv, CHATTER_MS, chatter, 0);
	if (seed % 3 == 1)
		elder(mv);
	mv_pass(mv, 5000);
	while (!mono_reached(mv->now, end)) {
		happen(mv);
		mv_pass(mv, mv_rnd(mv, 2 * gap_ms));
	}
	calm_down(mv);
	mv_agree(mv);
	sane(&mv->tally, gap_ms);
	if (getenv("MOVES_SEEDS"))
		fprintf(stderr,
		        "seed %llu: moves %u stayed %u gone %u conflicts %u duplicates %u (%u false) "
		        "thawed %u repairs %u probes %u, loops %lld ms, own %lld ms\n",
		        (unsigned long long)seed, mv->tally.moves, mv->tally.stayed,
		        mv->tally.gone, mv->tally.conflicts, mv->tally.duplicates,
		        mv->tally.false_dups, mv->tally.thawed, mv->tally.repairs,
		        mv->tally.probes, (long long)mv->tally.worst_loop_ms,
		        (long long)mv->tally.worst_own_ms);
	digest = mv->digest;
	mv_free(mv);
	return digest;
}

TEST(days_of_moves_losses_and_false_claims_end_with_all_pes_right)
{
	uint64_t from = (uint64_t)setting("MOVES_FROM", 1);
	long n = setting("MOVES_SEEDS", 20), minutes = 60 * setting("MOVES_HOURS", 2);

	for (uint64_t seed = from; seed < from + (uint64_t)n; seed++)
		play(seed, minutes, seed % 4 ? 20000 : 2000);
}

/* All hosts announce moves and nothing is lost: three seconds must do, nobody stays, and
 * nobody is announced where it is.  (The other maker's PE takes a minute.) */
TEST(an_announced_move_between_sites_with_two_pes_is_known_within_three_seconds)
{
	for (uint64_t seed = 1; seed <= 5; seed++) {
		struct mv *mv = mv_new(seed);

		mv->loss_percent = 0;
		for (int i = 1; i < MV_GUESTS; i++)
			mv_go(mv, i, (int)mv_rnd(mv, MV_SITES - 1));
		mv_pass(mv, 5000);
		mv_chatter(mv);
		mv_pass(mv, 10000);
		for (int i = 0; i < 300; i++) {
			int g = 1 + (int)mv_rnd(mv, MV_GUESTS - 1);

			mv_go(mv, g, (int)mv_rnd(mv, MV_SITES - 1));
			for (int k = 0; k < 2; k++)
				mv_speak(mv, g, mv->guest[g].addr[k],
				         mv->addr[mv->guest[g].addr[k]].afi == AFI_IP4
				                 ? HOST_BY_GARP
				                 : HOST_BY_NA_UNSOLICITED,
				         1);
			mv_pass(mv, 3000);
			mv_agree(mv);
		}
		CHECK_INT(mv->tally.stayed, 0);
		CHECK_INT(mv->tally.conflicts, 0);
		CHECK_INT(mv->tally.duplicates, 0);
		CHECK(mv->tally.gone > 200);
		mv_free(mv);
	}
}

/* The address is frozen at both sites, by each PE once, until the claim is over. */
TEST(a_duplicate_at_sites_with_two_pes_is_frozen_once_and_thaws_when_one_is_gone)
{
	struct mv *mv = mv_new(7);
	struct mv_guest *clone = &mv->guest[MV_GUESTS];

	mv->loss_percent = 0;
	mv_plan(mv, CHATTER_MS, chatter, 0);
	mv_go(mv, 1, 0);
	mv_pass(mv, 60000);
	memcpy(clone->addr, mv->guest[1].addr, sizeof(clone->addr));
	mv_go(mv, MV_GUESTS, 1);
	for (int i = 0; i < 20; i++) {
		mv_speak(mv, MV_GUESTS, clone->addr[0], HOST_BY_GARP, 1);
		mv_pass(mv, 15000);
	}
	CHECK(mv->tally.duplicates >= 2 && mv->tally.duplicates <= 4);
	CHECK(mv->tally.stayed < 40);
	mv_go(mv, MV_GUESTS, MV_NOBODY);
	mv_pass(mv, QUIET_MS);
	mv_agree(mv);
	CHECK_INT(mv->tally.thawed, mv->tally.duplicates);
	mv_free(mv);
}

/* --- one move, and what happens in its midst -----------------------------------------
 */

enum midst {
	OLD_PE_RESTARTS,
	NEW_PE_RESTARTS,
	THIRD_PE_RESTARTS,
	REFLECTOR_RESTARTS,
	OLD_SESSION_BREAKS,
	NEW_SESSION_BREAKS,
	OLD_SESSION_ENDS, /* without graceful restart */
	NEW_SESSION_ENDS,
	MIDST_END,
};

enum { FROM_SITE = 3, TO_SITE = 2, OLD_PE = 5, NEW_PE = 4 };

static void in_the_midst(struct mv *mv, int what)
{
	static const int pe[MIDST_END] = { OLD_PE, NEW_PE, 0,      0,
		                           OLD_PE, NEW_PE, OLD_PE, NEW_PE };

	switch ((enum midst)what) {
	case OLD_PE_RESTARTS:
	case NEW_PE_RESTARTS:
	case THIRD_PE_RESTARTS:
		mv_pe_stop(mv, pe[what]);
		mv_plan(mv, 300, pe_start, pe[what]);
		break;
	case REFLECTOR_RESTARTS: mv_rr_restart(mv, 2000); break;
	case OLD_SESSION_BREAKS:
	case NEW_SESSION_BREAKS:
	case OLD_SESSION_ENDS:
	case NEW_SESSION_ENDS:
		mv_session_down(mv, pe[what], what < OLD_SESSION_ENDS);
		mv_plan(mv, 5000, session_up, pe[what]);
		break;
	case MIDST_END: break;
	}
}

/* A quiet network with guest 1 at FROM_SITE. */
static struct mv *at_rest(uint64_t seed)
{
	struct mv *mv = mv_new(seed);

	mv->loss_percent = 0;
	mv_plan(mv, CHATTER_MS, chatter, 0);
	mv_go(mv, 1, FROM_SITE);
	mv_pass(mv, 60000);
	return mv;
}

static void arrive(struct mv *mv)
{
	mv_go(mv, 1, TO_SITE);
	for (int k = 0; k < 2; k++)
		mv_speak(mv, 1, mv->guest[1].addr[k],
		         mv->addr[mv->guest[1].addr[k]].afi == AFI_IP4
		                 ? HOST_BY_GARP
		                 : HOST_BY_NA_UNSOLICITED,
		         1);
}

TEST(a_move_ends_well_whatever_restarts_in_its_midst)
{
	static const int at_ms[] = { 0, 5, 15, 30, 300, 890, 920 };

	for (int what = 0; what < MIDST_END; what++) {
		for (size_t i = 0; i < ARRAY_LEN(at_ms); i++) {
			struct mv *mv = at_rest(100 + (uint64_t)what);

			arrive(mv);
			mv_plan(mv, at_ms[i], in_the_midst, what);
			mv_pass(mv, 180000);
			mv_agree(mv);
			CHECK_INT(mv->tally.duplicates, 0);
			mv_free(mv);
		}
	}
}

/* What it said last at its old place was held back, and comes when it has arrived. */
TEST(words_of_two_sites_at_once_end_with_the_host_where_it_answers)
{
	static const int late_ms[] = { 0, 1, 2, 20, 40, 300, 910, 1500 };

	for (size_t i = 0; i < ARRAY_LEN(late_ms); i++) {
		struct mv *mv = at_rest(200 + i);

		for (int k = 0; k < 2; k++)
			mv_speak(mv, 1, mv->guest[1].addr[k], HOST_BY_GARP, late_ms[i]);
		arrive(mv);
		mv_pass(mv, 6000);
		mv_agree(mv);
		CHECK_INT(mv->tally.duplicates, 0);
		mv_free(mv);
	}
}

TEST(one_seed_is_one_day)
{
	uint64_t a = play(42, 30, 10000);

	CHECK(a == play(42, 30, 10000));
	CHECK(a != play(43, 30, 10000));
}
