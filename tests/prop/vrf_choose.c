/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/must.h"

#include "tests/t.h"
#include "tests/unit/vrf/offers.h"

/*
 * PEs of a few sites make and take back offers of every kind at random, and become
 * unreachable and come back; after each step what the owner was told is compared with a
 * model that has the rules as they are written: it throws out candidates pair by pair, as
 * long as somebody beats somebody.
 */
enum { PES = 9, FIRST_PE = 20, STEPS = 6000 };

static struct {
	struct offer o[PES];
	bool there[PES], lost[PES];
	bool host, ebgp;
	unsigned max;
	uint32_t seed;
} m;

static uint32_t draw(uint32_t n)
{
	m.seed = m.seed * 1664525u + 1013904223u;
	return (uint32_t)((uint64_t)(m.seed >> 4) * n >> 28);
}

/* Mostly alike, so that much of it comes to the last steps. */
static struct offer offer_of(unsigned i)
{
	struct offer o = { .pe = FIRST_PE + i,
		           .site = draw(5) ? 1 : draw(3),
		           .as_path = 1 };
	bool odd = !draw(6);

	o.gre = !draw(4);
	o.ebgp = i == 3 && m.ebgp;
	if (!odd)
		return o;
	o.seq = draw(4) ? 0 : draw(2) ? 1 : 0xffffffff;
	o.less_pref = !draw(6);
	o.as_path = (uint8_t)(1 + !draw(6));
	o.as = (uint8_t)draw(2);
	o.med = draw(3) ? 0 : draw(3);
	o.origin = !draw(6);
	o.stale = !draw(3);
	o.no_encap = !draw(6);
	return o;
}

/* ---- the model -----------------------------------------------------------------------
 */

static bool usable(unsigned i)
{
	return m.there[i] && !m.lost[i] && !m.o[i].no_encap;
}

static int before(bool a, bool b) /* who has it first */
{
	return (int)b - (int)a;
}

/* < 0: a throws b out, at rule `step`; 0: neither. */
static int beats(const struct offer *a, const struct offer *b, int step)
{
	switch (step) {
	case 0: return before(!a->stale, !b->stale);
	case 1: return a->seq == b->seq ? 0 : (int32_t)(a->seq - b->seq) > 0 ? -1 : 1;
	case 3: return (int)a->less_pref - (int)b->less_pref;
	case 4: return a->as_path - b->as_path;
	case 5: return a->origin - b->origin;
	case 6: return a->as == b->as ? (int)a->med - (int)b->med : 0;
	case 7: return before(a->ebgp, b->ebgp);
	}
	return 0;
}

static unsigned lowest(const bool in[PES])
{
	unsigned i = 0;

	while (i < PES && !in[i])
		i++;
	return i;
}

static void rule(bool in[PES], int step)
{
	bool out[PES] = { false };
	unsigned first = lowest(in);

	for (unsigned a = 0; a < PES; a++) {
		for (unsigned b = 0; in[a] && b < PES; b++)
			out[b] |= in[b] && beats(&m.o[a], &m.o[b], step) < 0;
	}
	for (unsigned b = 0; b < PES; b++) {
		if (step == 2 && m.host && first < PES)
			out[b] |= m.o[b].site != m.o[first].site;
		in[b] &= !out[b];
	}
}

static const char *expected(void)
{
	static char buf[64];
	bool in[PES];
	unsigned first, n = 0;
	size_t len = 0;

	for (unsigned i = 0; i < PES; i++)
		in[i] = usable(i);
	for (int step = 0; step <= 7; step++)
		rule(in, step);
	first = lowest(in);
	if (first == PES)
		return "-";
	for (unsigned i = first; i < PES; i++) {
		bool share = i == first ||
		             (m.o[first].site && m.o[i].site == m.o[first].site &&
		              !m.o[first].stale);

		if (!in[i] || !share || n == m.max)
			continue;
		len += (size_t)snprintf(buf + len, sizeof(buf) - len, "%s%u",
		                        n++ ? " " : "", m.o[i].pe);
	}
	return buf;
}

/* ---- the walk ------------------------------------------------------------------------
 */

static void step(void)
{
	unsigned i = draw(PES);

	switch (draw(8)) {
	case 0:
		m.lost[i] = !draw(4);
		offers_reach(m.o[i].pe, !m.lost[i]);
		break;
	case 1:
	case 2:
		if (m.there[i])
			offers_take_back(&m.o[i]);
		m.there[i] = false;
		break;
	case 3:
		m.max = 1 + draw(4);
		vrfs_max_paths(offers_vrfs(), m.max);
		break;
	default:
		m.o[i] = offer_of(i);
		offers_make(&m.o[i]);
		m.there[i] = true;
	}
}

static void walk(const char *prefix, bool host, uint32_t seed)
{
	unsigned shared = 0, none = 0;

	memset(&m, 0, sizeof(m));
	m.host = host;
	m.seed = seed;
	m.ebgp = seed & 1;
	m.max = 3;
	for (unsigned i = 0; i < PES; i++)
		m.o[i].pe = FIRST_PE + i;
	offers_start(m.max, prefix);
	for (unsigned n = 0; n < STEPS; n++) {
		const char *want;

		step();
		want = expected();
		if (strcmp(offers_told(), want) != 0)
			t_fail(__FILE__, __LINE__, "seed %u, step %u: %s, not %s", seed,
			       n, offers_told(), want);
		shared += strchr(want, ' ') != NULL;
		none += want[0] == '-';
	}
	CHECK(shared > STEPS / 5 && none < STEPS / 20); /* it was about something */
	offers_stop();
}

TEST(what_is_used_of_a_host_is_what_the_rules_say)
{
	for (uint32_t seed = 1; seed <= 5; seed++) {
		walk("1.1.1.3/32", true, seed);
		walk("2001:db8:1::3/128", true, 100 + seed);
	}
}

TEST(what_is_used_of_a_prefix_is_what_the_rules_say)
{
	for (uint32_t seed = 1; seed <= 3; seed++) {
		walk("9.0.0.0/8", false, seed);
		walk("2001:db8:9::/48", false, 100 + seed);
	}
}
