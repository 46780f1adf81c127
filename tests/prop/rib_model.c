/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/mem.h"
#include "rib/attrs.h"
#include "rib/rib.h"

#include "tests/t.h"

/*
 * The rib against a model that is too simple to be wrong: a flat array of all possible
 * paths.  Random operations, fixed seed; after them everything that can be asked is asked
 * of both.  Readers carry a model too: what they were told must be what the table says
 * once they have caught up, whatever happened in between.
 */
enum { SOURCES = 5, DESTS = 300, PREFS = 4, READERS = 3, OPS = 40000 };

struct model_path {
	bool there, stale;
	uint32_t label, pref;
};

struct told { /* what a reader's far end holds */
	bool there;
	uint32_t label;
};

static struct {
	struct rib *r;
	struct rib_source *src[SOURCES];
	struct model_path path[SOURCES][DESTS];
	struct rib_reader *reader[READERS][3]; /* by family */
	struct told told[READERS][DESTS];
	struct told heard[DESTS]; /* by the listener */
	uint32_t seed;
} m;

static uint32_t draw(uint32_t n)
{
	m.seed = m.seed * 1664525u + 1013904223u;
	return (uint32_t)((uint64_t)(m.seed >> 4) * n >> 28);
}

/* Half of the destinations are IPv4, and few addresses make many by their RDs. */
static enum afi afi_of(size_t d)
{
	return d % 2 ? AFI_IP6 : AFI_IP4;
}

static struct rib_key key_of(size_t d)
{
	const uint8_t a[16] = { 10, 0, 0, (uint8_t)(d % 7) };
	const struct ip pe = ip_of_u32(0xc0000200);
	struct ip ip = ip_of(afi_of(d), a);
	struct rib_key key;

	memset(&key, 0, sizeof(key));
	key.rd = rd_of_ip(&pe, (uint16_t)d);
	key.prefix = d % 3 ? prefix_host(&ip) : prefix_of(&ip, (uint8_t)(d % 30));
	return key;
}

static size_t dest_of(const struct rib_key *key)
{
	return (size_t)key->rd.b[6] << 8 | key->rd.b[7];
}

static void on_best(void *arg, const struct rib_key *key, const struct rib_path *old,
                    const struct rib_path *new)
{
	struct told *h = &m.heard[dest_of(key)];

	CHECK_INT(old != NULL, h->there); /* no change is told twice, none is missed */
	if (old)
		CHECK_INT(old->label, h->label);
	*h = (struct told){ new != NULL, new ? new->label : 0 };
}

static void announce(size_t s, size_t d, uint32_t label, uint32_t pref)
{
	const struct rib_key key = key_of(d);
	struct bgp_attrs a = { .local_pref = pref };
	const struct attrs *x;

	bgp_attr_set(&a, BGP_ATTR_ORIGIN);
	bgp_attr_set(&a, BGP_ATTR_AS_PATH);
	bgp_attr_set(&a, BGP_ATTR_LOCAL_PREF);
	a.nexthop.addr = ip_of_u32(0xc0000201);
	x = attrs_intern(rib_attrs(m.r), &a);
	rib_announce(m.r, m.src[s], &key, 0, label, x);
	attrs_unref(x);
	m.path[s][d] = (struct model_path){ true, false, label, pref };
}

/* Highest preference, then the lowest source: they differ by identifier only. */
static const struct model_path *model_best(size_t d)
{
	const struct model_path *best = NULL;

	for (size_t s = 0; s < SOURCES; s++) {
		const struct model_path *p = &m.path[s][d];

		if (p->there && (!best || p->pref > best->pref))
			best = p;
	}
	return best;
}

static void source_op(size_t s, enum afi afi, uint32_t what)
{
	for (size_t d = 0; d < DESTS; d++) {
		struct model_path *p = &m.path[s][d];

		if (afi_of(d) != afi)
			continue;
		if (what == 0)
			p->stale = true;
		else if (what == 1 ? p->stale : true)
			p->there = p->stale = false;
	}
	if (what == 0)
		rib_source_mark_stale(m.r, m.src[s], afi);
	else if (what == 1)
		rib_source_sweep(m.r, m.src[s], afi);
	else
		rib_source_drop(m.r, m.src[s], afi);
}

static void reader_read(size_t i, enum afi afi, size_t max)
{
	struct rib_change ch;

	while (max-- && rib_reader_next(m.reader[i][afi], &ch)) {
		struct told *t = &m.told[i][dest_of(&ch.key)];

		CHECK_INT(ch.told, t->there);
		if (ch.scanned && t->there) { /* nothing has happened to it */
			CHECK(ch.best && ch.best->label == t->label);
			continue;
		}
		if (draw(10) == 0) { /* no room */
			rib_reader_again(m.reader[i][afi], ch.dest);
			continue;
		}
		*t = (struct told){ ch.best != NULL, ch.best ? ch.best->label : 0 };
		rib_reader_told(m.reader[i][afi], ch.dest, t->there);
	}
}

static void reader_op(size_t i)
{
	enum afi afi = draw(2) ? AFI_IP4 : AFI_IP6;
	uint32_t what = draw(40);

	if (what == 2) {
		rib_reader_scan(m.reader[i][afi]);
		return;
	}
	if (what > 1) {
		reader_read(i, afi, draw(60));
		return;
	}
	if (what == 0) { /* a new session */
		rib_reader_forget(m.reader[i][afi]);
		for (size_t d = 0; d < DESTS; d++) {
			if (afi_of(d) == afi)
				m.told[i][d] = (struct told){ 0 };
		}
	}
	rib_reader_walk(m.reader[i][afi]);
}

static void one_op(void)
{
	size_t s = draw(SOURCES), d = draw(DESTS);
	const struct rib_key key = key_of(d);
	uint32_t what = draw(100);

	if (what < 50) {
		announce(s, d, 16 + draw(50), 100 + draw(PREFS));
	} else if (what < 80) {
		CHECK_INT(rib_withdraw(m.r, m.src[s], &key, 0), m.path[s][d].there);
		m.path[s][d] = (struct model_path){ 0 };
	} else if (what < 98) {
		reader_op(draw(READERS));
	} else if (draw(5) == 0) {
		source_op(s, draw(2) ? AFI_IP4 : AFI_IP6, draw(3));
	}
}

static void count_walk(void *arg, const struct rib_key *key, const struct rib_path *best)
{
	const struct model_path *want = model_best(dest_of(key));

	CHECK(want && best->label == want->label);
	++*(size_t *)arg;
}

static void compare(void)
{
	size_t best = 0, walked = 0;
	struct rib_stats st;

	for (size_t d = 0; d < DESTS; d++) {
		const struct rib_key key = key_of(d);
		const struct model_path *want = model_best(d);
		struct rib_path p[SOURCES + 1];
		size_t n = rib_paths(m.r, &key, p, SOURCES + 1), there = 0;

		for (size_t s = 0; s < SOURCES; s++)
			there += m.path[s][d].there;
		CHECK_INT(n, there);
		if (n)
			CHECK_INT(p[0].label, want->label);
		CHECK_INT(m.heard[d].there, n > 0);
		best += n > 0;
	}
	for (int afi = AFI_IP4; afi <= AFI_IP6; afi++) {
		uint64_t pos = 0;

		while (rib_walk(m.r, (enum afi)afi, &pos, 1 + draw(50), count_walk,
		                &walked))
			;
	}
	CHECK_INT(walked, best);
	rib_stats(m.r, &st);
	CHECK(st.attr_sets <= PREFS);
	CHECK(st.dests[AFI_IP4] + st.dests[AFI_IP6] >= best);
}

static void compare_readers(void)
{
	for (size_t i = 0; i < READERS; i++) {
		for (int afi = AFI_IP4; afi <= AFI_IP6; afi++) {
			while (rib_reader_pending(m.reader[i][afi]))
				reader_read(i, (enum afi)afi, 1000);
		}
		for (size_t d = 0; d < DESTS; d++) {
			const struct model_path *want = model_best(d);

			CHECK_INT(m.told[i][d].there, want != NULL);
			if (want)
				CHECK_INT(m.told[i][d].label, want->label);
		}
	}
}

TEST(random_operations_leave_what_a_naive_table_would)
{
	const struct rib_listener l = { on_best, NULL };
	struct rib_stats st;

	memset(&m, 0, sizeof(m));
	m.seed = 20240601;
	m.r = rib_new();
	rib_listen(m.r, &l);
	for (size_t s = 0; s < SOURCES; s++) {
		const struct rib_source src = { .router_id = 1 + (uint32_t)s };

		m.src[s] = rib_source_add(m.r, &src);
	}
	for (size_t i = 0; i < READERS; i++) {
		for (int afi = AFI_IP4; afi <= AFI_IP6; afi++) {
			m.reader[i][afi] = rib_reader_new(m.r, (enum afi)afi, NULL, NULL);
			rib_reader_walk(m.reader[i][afi]);
		}
	}
	for (int op = 0; op < OPS; op++) {
		one_op();
		if (op % 500 == 0)
			compare();
		if (op % 5000 == 4999)
			compare_readers();
	}
	for (size_t s = 0; s < SOURCES; s++) {
		rib_source_flush(m.r, m.src[s]);
		memset(m.path[s], 0, sizeof(m.path[s]));
	}
	compare_readers();
	rib_stats(m.r, &st);
	CHECK_INT(st.dests[AFI_IP4] + st.dests[AFI_IP6], 0); /* ghosts too */
	CHECK_INT(st.attr_sets, 0);
	for (size_t i = 0; i < READERS; i++) {
		rib_reader_free(m.reader[i][AFI_IP4]);
		rib_reader_free(m.reader[i][AFI_IP6]);
	}
	rib_free(m.r);
}

TEST(a_large_table_is_small_and_gives_its_memory_back)
{
	enum { ROUTES = 200000, PER_SET = 50 };
	struct rib_source src = { .router_id = 1 }, *s;
	struct rib_stats st;
	struct rib *r = rib_new();
	uint64_t small;

	rib_stats(r, &st);
	small = st.table_bytes;
	s = rib_source_add(r, &src);
	for (uint32_t i = 0; i < ROUTES; i++) {
		struct bgp_attrs a = { .local_pref = i / PER_SET };
		struct ip pe = ip_of_u32(0xc0000200),
			  ip = ip_of_u32(0x0a000000 + i / 1000);
		struct rib_key key = { .rd = rd_of_ip(&pe, (uint16_t)(i % 1000)) };
		const struct attrs *x;

		key.prefix =
			prefix_host(&ip); /* a thousand tenants share their addresses */
		bgp_attr_set(&a, BGP_ATTR_ORIGIN);
		bgp_attr_set(&a, BGP_ATTR_AS_PATH);
		bgp_attr_set(&a, BGP_ATTR_LOCAL_PREF);
		a.nexthop.addr = pe;
		x = attrs_intern(rib_attrs(r), &a);
		rib_announce(r, s, &key, 0, 16 + i % 5000, x);
		attrs_unref(x);
	}
	rib_stats(r, &st);
	CHECK_INT(st.paths[AFI_IP4], ROUTES);
	CHECK(st.table_bytes + st.attr_bytes < 48ull * ROUTES);
	rib_source_flush(r, s);
	rib_stats(r, &st);
	CHECK_INT(st.attr_bytes, 0);
	CHECK(st.table_bytes < small + 4096);
	rib_free(r);
}
