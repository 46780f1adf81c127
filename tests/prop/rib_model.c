/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/mem.h"
#include "base/slab.h"
#include "rib/attrs.h"
#include "rib/rib.h"

#include "tests/t.h"

/*
 * The rib against a model that is too simple to be wrong: a flat array of all possible
 * paths.  Random operations, fixed seed; after them everything that can be asked is asked
 * of both.  Readers carry a model too: what they were told must be what the table says
 * once they have caught up, whatever happened in between.
 */
enum {
	NEIGHBORS = 5,
	IDS = 3, /* path identifiers of each: 0, as most have it, and two others */
	SOURCES = NEIGHBORS * IDS,
	DESTS = 300,
	PREFS = 4,
	READERS = 3,
	OPS = 40000,
};

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
	struct rib_source *src[NEIGHBORS];
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

static struct rib_source *src_of(size_t s)
{
	return m.src[s / IDS];
}

/* In ascending order, so that a path of a lower number is the better of two equals. */
static uint32_t id_of(size_t s)
{
	static const uint32_t id[IDS] = { 0, 1, UINT32_MAX };

	return id[s % IDS];
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
	CHECK_INT(rib_announce(m.r, src_of(s), &key, id_of(s), label, x), RIB_KEPT);
	attrs_unref(x);
	m.path[s][d] = (struct model_path){ true, false, label, pref };
}

/* Highest preference, then the lowest neighbor, then the lowest path identifier. */
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

static void source_op(size_t from, enum afi afi, uint32_t what)
{
	for (size_t k = 0; k < IDS * DESTS; k++) {
		size_t d = k / IDS;
		struct model_path *p = &m.path[from * IDS + k % IDS][d];

		if (afi_of(d) != afi)
			continue;
		if (what == 0)
			p->stale = true;
		else if (what == 1 ? p->stale : true)
			p->there = p->stale = false;
	}
	if (what == 0)
		rib_source_mark_stale(m.r, m.src[from], afi);
	else if (what == 1)
		rib_source_sweep(m.r, m.src[from], afi);
	else
		rib_source_drop(m.r, m.src[from], afi);
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
	size_t d = draw(DESTS); /* a third of them are hosts behind two neighbors */
	size_t s = d % 3 ? draw(SOURCES) : draw(2) * IDS;
	const struct rib_key key = key_of(d);
	uint32_t what = draw(100);

	if (what < 50) {
		announce(s, d, 16 + draw(50), 100 + draw(PREFS));
	} else if (what < 80) {
		CHECK_INT(rib_withdraw(m.r, src_of(s), &key, id_of(s)),
		          m.path[s][d].there);
		m.path[s][d] = (struct model_path){ 0 };
	} else if (what < 98) {
		reader_op(draw(READERS));
	} else if (draw(5) == 0) {
		source_op(s / IDS, draw(2) ? AFI_IP4 : AFI_IP6, draw(3));
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
	for (size_t s = 0; s < NEIGHBORS; s++) {
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
	for (size_t s = 0; s < NEIGHBORS; s++)
		rib_source_flush(m.r, m.src[s]);
	memset(m.path, 0, sizeof(m.path));
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

static struct rib_key large_key(uint32_t i)
{
	struct ip pe = ip_of_u32(0xc0000200), ip = ip_of_u32(0x0a000000 + i / 1000);
	struct rib_key key = { .rd = rd_of_ip(&pe, (uint16_t)(i % 1000)) };

	key.prefix = prefix_host(&ip); /* a thousand tenants share their addresses */
	return key;
}

/* From every `step`th destination on, as one neighbor's PE would tell of them. */
static void large_announce(struct rib *r, struct rib_source *s, uint32_t routes,
                           uint32_t step)
{
	enum { PER_SET = 50 };

	for (uint32_t i = 0; i < routes; i += step) {
		struct bgp_attrs a = { .local_pref = i / PER_SET };
		struct rib_key key = large_key(i);
		const struct attrs *x;

		bgp_attr_set(&a, BGP_ATTR_ORIGIN);
		bgp_attr_set(&a, BGP_ATTR_AS_PATH);
		bgp_attr_set(&a, BGP_ATTR_LOCAL_PREF);
		a.nexthop.addr = ip_of_u32(s->router_id);
		x = attrs_intern(rib_attrs(r), &a);
		rib_announce(r, s, &key, 0, 16 + i % 5000, x);
		attrs_unref(x);
	}
}

static uint64_t large_bytes(struct rib *r)
{
	struct rib_stats st;

	rib_stats(r, &st);
	return st.table_bytes + st.attr_bytes;
}

TEST(a_large_table_is_small_and_gives_its_memory_back)
{
	enum { ROUTES = 200000 };
	struct rib *r = rib_new();
	uint64_t small = large_bytes(r);
	struct rib_source *s[2];

	for (uint32_t k = 0; k < 2; k++) {
		const struct rib_source src = { .router_id = 1 + k };

		s[k] = rib_source_add(r, &src);
	}
	large_announce(r, s[0], ROUTES, 1);
	CHECK_INT(rib_source_paths(r, s[0], AFI_IP4), ROUTES);
	CHECK(large_bytes(r) < 40ull * ROUTES);
	large_announce(r, s[1], ROUTES, 1); /* each host is behind two PEs */
	CHECK(large_bytes(r) < 36ull * 2 * ROUTES);

	/* What is left after churn is spread over the table, and every second path goes.
	 */
	for (uint32_t i = 0; i < ROUTES; i += 2) {
		struct rib_key key = large_key(i);

		CHECK(rib_withdraw(r, s[0], &key, 0));
	}
	for (int round = 0; round < 3; round++)
		large_announce(r, s[0], ROUTES, 2);
	CHECK(large_bytes(r) < 36ull * 2 * ROUTES * 13 / 10);
	for (uint32_t i = 0; i < ROUTES; i++) {
		struct rib_key key = large_key(i);
		struct rib_path p[3];

		CHECK_INT(rib_paths(r, &key, p, 3), 2);
		CHECK_INT(p[0].source->router_id, 1);
		CHECK_INT(p[1].label, 16 + i % 5000);
	}

	rib_source_flush(r, s[0]);
	CHECK_INT(rib_source_paths(r, s[1], AFI_IP4), ROUTES);
	CHECK(large_bytes(r) < 42ull * ROUTES); /* back in the records */
	rib_source_flush(r, s[1]);
	CHECK(large_bytes(r) < small + 4096 + SLAB_CHUNK);
	rib_free(r);
}
