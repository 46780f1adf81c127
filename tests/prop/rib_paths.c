/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/must.h"
#include "rib/attrs.h"
#include "rib/rib.h"

#include "tests/t.h"

/*
 * Many sources of every kind, several paths of each at a destination (RFC 7911), and
 * attributes that decide at every step of the decision process, against a model that
 * works as RFC 4271 9.1.2.2 is worded: step by step it throws out candidates.  Sources
 * restart, are swept in pieces while others go on talking, are removed and come back.
 */
enum { SOURCES = 24, IDS = 3, DESTS = 90, SPECS = 40, READERS = 4, OPS = 30000 };

struct spec { /* of an attribute set */
	uint32_t pref, med, originator;
	uint8_t len, as, origin, clusters;
};

struct path {
	bool there, stale;
	uint32_t label;
	const struct spec *spec;
};

struct told {
	uint32_t label; /* 0: nothing; of the best, or the sum of all */
	size_t n;
};

static struct {
	struct rib *r;
	struct rib_source *src[SOURCES];
	struct spec spec[SPECS];
	struct path path[SOURCES][IDS][DESTS];
	struct rib_reader *reader[READERS][3];
	struct told told[READERS][DESTS], heard[DESTS];
	uint32_t seed, label;
} m;

static uint32_t draw(uint32_t n)
{
	m.seed = m.seed * 1664525u + 1013904223u;
	return (uint32_t)((uint64_t)(m.seed >> 4) * n >> 28);
}

static enum afi afi_of(size_t d)
{
	return d % 2 ? AFI_IP6 : AFI_IP4;
}

static struct rib_key key_of(size_t d)
{
	const uint8_t a[16] = { 10, 0, 0, (uint8_t)(d % 5) };
	const struct ip pe = ip_of_u32(0xc0000200);
	struct ip ip = ip_of(afi_of(d), a);
	struct rib_key key;

	memset(&key, 0, sizeof(key));
	key.rd = rd_of_ip(&pe, (uint16_t)d);
	key.prefix = prefix_host(&ip);
	return key;
}

static size_t dest_of(const struct rib_key *key)
{
	return (size_t)key->rd.b[6] << 8 | key->rd.b[7];
}

/* --- the model -----------------------------------------------------------------------
 */

static struct rib_source kind_of(size_t s)
{
	return (struct rib_source){
		.local = s == 0,
		.ebgp = s % 3 == 1,
		.client = s % 2,
		.address = ip_of_u32(0xc0000300 + (uint32_t)(s * 7 % SOURCES)),
		.router_id = 1 + (uint32_t)s / 4, /* four share one */
	};
}

struct candidate {
	const struct path *p;
	size_t s, id;
};

/* What a step compares; lower wins. */
static uint64_t worth(const struct candidate *c, int step)
{
	const struct rib_source src = kind_of(c->s);
	const struct spec *x = c->p->spec;

	switch (step) {
	case 0: return !src.local;
	case 1: return UINT32_MAX - x->pref;
	case 2: return x->len;
	case 3: return x->origin;
	case 5: return !src.ebgp;
	case 6: return x->originator ? x->originator : src.router_id;
	case 7: return x->clusters;
	case 8: return src.local ? 0 : ip_u32(&src.address);
	default: return c->id;
	}
}

static size_t keep_lowest(struct candidate *c, size_t n, int step)
{
	uint64_t low = UINT64_MAX;
	size_t left = 0;

	for (size_t i = 0; i < n; i++)
		low = worth(&c[i], step) < low ? worth(&c[i], step) : low;
	for (size_t i = 0; i < n; i++) {
		if (worth(&c[i], step) == low)
			c[left++] = c[i];
	}
	return left;
}

static uint8_t neighbor_as(const struct spec *x)
{
	return x->len ? x->as : 0;
}

/* Each is thrown out for whom it meets among those who came so far, thrown out or not. */
static size_t without_higher_med(struct candidate *c, size_t n)
{
	struct candidate all[SOURCES * IDS];
	size_t left = 0;

	memcpy(all, c, n * sizeof(*c));
	for (size_t i = 0; i < n; i++) {
		bool out = false;

		for (size_t k = 0; k < n; k++) {
			const struct spec *x = all[i].p->spec, *y = all[k].p->spec;

			out |= neighbor_as(x) == neighbor_as(y) && y->med < x->med;
		}
		if (!out)
			c[left++] = all[i];
	}
	return left;
}

static const struct path *model_best(size_t d, size_t *ret_n, uint32_t *ret_sum)
{
	struct candidate c[SOURCES * IDS];
	size_t n = 0;

	*ret_sum = 0;
	for (size_t s = 0; s < SOURCES; s++) {
		for (size_t id = 0; id < IDS; id++) {
			const struct path *p = &m.path[s][id][d];

			if (!p->there)
				continue;
			c[n++] = (struct candidate){ p, s, id };
			*ret_sum += p->label;
		}
	}
	*ret_n = n;
	if (!n)
		return NULL;
	for (int step = 0; step <= 9; step++)
		n = step == 4 ? without_higher_med(c, n) : keep_lowest(c, n, step);
	CHECK_INT(n, 1);
	return c[0].p;
}

/* --- operations ----------------------------------------------------------------------
 */

static const struct attrs *set_of(const struct spec *x)
{
	static const uint8_t clusters[3 * 4] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 };
	const uint8_t path[14] = { 2, x->len, 0, 0, 0, (uint8_t)(100 + x->as), 0, 0, 0,
		                   7, 0,      0, 0, 8 };
	struct bgp_attrs a = { .origin = x->origin,
		               .local_pref = x->pref,
		               .med = x->med,
		               .originator_id = x->originator };

	bgp_attr_set(&a, BGP_ATTR_ORIGIN);
	bgp_attr_set(&a, BGP_ATTR_AS_PATH);
	bgp_attr_set(&a, BGP_ATTR_MED);
	bgp_attr_set(&a, BGP_ATTR_LOCAL_PREF);
	a.as_path = (struct bgp_span){ path, x->len ? 2 + 4 * (size_t)x->len : 0 };
	if (x->originator)
		bgp_attr_set(&a, BGP_ATTR_ORIGINATOR_ID);
	if (x->clusters)
		bgp_attr_set(&a, BGP_ATTR_CLUSTER_LIST);
	a.cluster_list = (struct bgp_span){ clusters, 4 * (size_t)x->clusters };
	a.nexthop.addr = ip_of_u32(0xc0000201);
	return attrs_intern(rib_attrs(m.r), &a);
}

static void announce(size_t s, size_t id, size_t d)
{
	const struct rib_key key = key_of(d);
	const struct spec *x = &m.spec[draw(SPECS)];
	const struct attrs *set = set_of(x);

	m.label = m.label % 100000 + 16;
	CHECK_INT(rib_announce(m.r, m.src[s], &key, (uint32_t)id, m.label, set),
	          RIB_KEPT);
	attrs_unref(set);
	m.path[s][id][d] = (struct path){ true, false, m.label, x };
}

static void withdraw(size_t s, size_t id, size_t d)
{
	const struct rib_key key = key_of(d);

	CHECK_INT(rib_withdraw(m.r, m.src[s], &key, (uint32_t)id),
	          m.path[s][id][d].there);
	m.path[s][id][d] = (struct path){ 0 };
}

/* Somebody other than s says something. */
static void others_talk(size_t s)
{
	for (uint32_t k = draw(4); k; k--) {
		size_t other = (s + 1 + draw(SOURCES - 1)) % SOURCES;

		if (draw(2))
			announce(other, draw(IDS), draw(DESTS));
		else
			withdraw(other, draw(IDS), draw(DESTS));
	}
}

static void sweep_in_steps(size_t s, enum afi afi)
{
	uint32_t pos = 0;

	while (rib_source_sweep_step(m.r, m.src[s], afi, &pos, 1 + draw(4)))
		others_talk(s);
}

enum { MARK, SWEEP, STEPS, DROP, FLUSH, REMOVE, SOURCE_OPS };

static void source_op(size_t s, enum afi afi, uint32_t what)
{
	const struct rib_source kind = kind_of(s);

	if (what == STEPS) /* others change the model meanwhile */
		sweep_in_steps(s, afi);
	for (size_t id = 0; id < IDS; id++) {
		for (size_t d = 0; d < DESTS; d++) {
			struct path *p = &m.path[s][id][d];
			bool both = what == FLUSH || what == REMOVE;

			if (!both && afi_of(d) != afi)
				continue;
			if (what == MARK)
				p->stale = p->there;
			else if (p->stale || what == DROP || both)
				*p = (struct path){ 0 };
		}
	}
	switch (what) {
	case MARK: rib_source_mark_stale(m.r, m.src[s], afi); break;
	case SWEEP: rib_source_sweep(m.r, m.src[s], afi); break;
	case DROP: rib_source_drop(m.r, m.src[s], afi); break;
	case FLUSH: rib_source_flush(m.r, m.src[s]); break;
	case REMOVE:
		rib_source_del(m.r, m.src[s]);
		m.src[s] = rib_source_add(m.r, &kind);
		break;
	default: break;
	}
}

/* Readers 0 and 1 tell the best path, the others all of them. */
static bool wants_all(size_t i)
{
	return i >= READERS / 2;
}

static void read_some(size_t i, enum afi afi, size_t max)
{
	struct rib_reader *rd = m.reader[i][afi];
	struct rib_change ch;

	while (max-- && rib_reader_next(rd, &ch)) {
		struct told *t = &m.told[i][dest_of(&ch.key)];
		struct rib_path all[SOURCES * IDS];

		CHECK_INT(ch.told, t->n > 0);
		if (draw(8) == 0) { /* no room */
			rib_reader_again(rd, ch.dest);
			continue;
		}
		*t = (struct told){ ch.best ? ch.best->label : 0, ch.best != NULL };
		if (wants_all(i)) {
			*t = (struct told){ 0 };
			t->n = rib_reader_paths(rd, ch.dest, all, ARRAY_LEN(all));
			for (size_t k = 0; k < t->n; k++)
				t->label += all[k].label;
		}
		rib_reader_told(rd, ch.dest, t->n > 0);
	}
}

static void reader_op(size_t i)
{
	enum afi afi = draw(2) ? AFI_IP4 : AFI_IP6;
	uint32_t what = draw(50);

	if (what > 1) {
		read_some(i, afi, draw(i % 2 ? 4 : 60)); /* a slow one and a quick one */
		return;
	}
	if (what == 0) {
		rib_reader_forget(m.reader[i][afi]);
		for (size_t d = 0; d < DESTS; d++) {
			if (afi_of(d) == afi)
				m.told[i][d] = (struct told){ 0 };
		}
	}
	rib_reader_walk(m.reader[i][afi]);
	if (wants_all(i))
		rib_reader_want_all(m.reader[i][afi]);
}

static void one_op(void)
{
	size_t s = draw(SOURCES);
	uint32_t what = draw(100);

	if (what < 50)
		announce(s, draw(IDS), draw(DESTS));
	else if (what < 70)
		withdraw(s, draw(IDS), draw(DESTS));
	else if (what < 97)
		reader_op(draw(READERS));
	else if (draw(2))
		source_op(s, draw(2) ? AFI_IP4 : AFI_IP6, draw(SOURCE_OPS));
}

/* --- comparing -----------------------------------------------------------------------
 */

static void on_best(void *arg, const struct rib_key *key, const struct rib_path *old,
                    const struct rib_path *new)
{
	struct told *h = &m.heard[dest_of(key)];

	CHECK_INT(old != NULL, h->n);
	if (old)
		CHECK_INT(old->label, h->label);
	*h = (struct told){ new ? new->label : 0, new != NULL };
}

static void compare_dest(size_t d)
{
	const struct rib_key key = key_of(d);
	struct rib_path got[SOURCES * IDS];
	struct rib_why why[SOURCES * IDS];
	uint32_t sum;
	size_t want_n, n = rib_paths(m.r, &key, got, ARRAY_LEN(got));
	const struct path *best = model_best(d, &want_n, &sum);

	CHECK_INT(n, want_n);
	CHECK_INT(m.heard[d].n, best != NULL);
	if (!best)
		return;
	CHECK_INT(got[0].label, best->label);
	CHECK_INT(m.heard[d].label, best->label);
	for (size_t i = 0; i < n; i++)
		sum -= got[i].label;
	CHECK_INT(sum, 0);
	CHECK_INT(rib_why(m.r, &key, why, ARRAY_LEN(why)), n);
	for (size_t i = 0; i < n; i++) {
		CHECK_INT(why[i].step == RIB_STEP_NONE, i == 0);
		CHECK(why[i].step < RIB_STEP_END && *rib_step_text(why[i].step));
	}
}

static void compare(void)
{
	struct rib_stats st;
	size_t paths[3] = { 0 };

	for (size_t d = 0; d < DESTS; d++)
		compare_dest(d);
	for (size_t s = 0; s < SOURCES; s++) {
		size_t n[3] = { 0 }, stale[3] = { 0 };

		for (size_t id = 0; id < IDS; id++) {
			for (size_t d = 0; d < DESTS; d++) {
				n[afi_of(d)] += m.path[s][id][d].there;
				stale[afi_of(d)] += m.path[s][id][d].stale;
			}
		}
		for (int afi = AFI_IP4; afi <= AFI_IP6; afi++) {
			CHECK_INT(rib_source_paths(m.r, m.src[s], (enum afi)afi), n[afi]);
			CHECK_INT(rib_source_stale(m.r, m.src[s], (enum afi)afi),
			          stale[afi]);
			paths[afi] += n[afi];
		}
	}
	rib_stats(m.r, &st);
	CHECK_INT(st.paths[AFI_IP4], paths[AFI_IP4]);
	CHECK_INT(st.paths[AFI_IP6], paths[AFI_IP6]);
	CHECK(st.attr_sets <= SPECS);
}

static void compare_readers(void)
{
	for (size_t i = 0; i < READERS; i++) {
		for (int afi = AFI_IP4; afi <= AFI_IP6; afi++) {
			while (rib_reader_pending(m.reader[i][afi]))
				read_some(i, (enum afi)afi, 1000);
		}
		for (size_t d = 0; d < DESTS; d++) {
			uint32_t sum;
			size_t n;
			const struct path *best = model_best(d, &n, &sum);

			if (wants_all(i)) {
				CHECK_INT(m.told[i][d].n, n);
				CHECK_INT(m.told[i][d].label, sum);
			} else {
				CHECK_INT(m.told[i][d].n, best != NULL);
				CHECK_INT(m.told[i][d].label, best ? best->label : 0);
			}
		}
	}
}

static void begin(uint32_t seed)
{
	const struct rib_listener l = { on_best, NULL };

	memset(&m, 0, sizeof(m));
	m.seed = seed;
	m.r = rib_new();
	rib_listen(m.r, &l);
	for (size_t i = 0; i < SPECS; i++) {
		struct spec *x = &m.spec[i];

		*x = (struct spec){ .pref = 100 + draw(4) / 3,
			            .med = draw(3),
			            .originator = draw(3) ? 0 : 1 + draw(4),
			            .len = (uint8_t)draw(4),
			            .as = (uint8_t)(1 + draw(2)),
			            .origin = (uint8_t)(draw(6) / 5),
			            .clusters = (uint8_t)draw(4) };
		x->len = x->len > 2 ? 2 : x->len;
		x->clusters = x->clusters > 2 ? 0 : x->clusters;
	}
	for (size_t s = 0; s < SOURCES; s++) {
		const struct rib_source kind = kind_of(s);

		m.src[s] = rib_source_add(m.r, &kind);
	}
	for (size_t i = 0; i < READERS; i++) {
		for (int afi = AFI_IP4; afi <= AFI_IP6; afi++) {
			m.reader[i][afi] = rib_reader_new(m.r, (enum afi)afi, NULL, NULL);
			rib_reader_walk(m.reader[i][afi]);
			if (wants_all(i))
				rib_reader_want_all(m.reader[i][afi]);
		}
	}
}

static void end(void)
{
	struct rib_stats st;

	for (size_t s = 0; s < SOURCES; s++)
		source_op(s, AFI_IP4, FLUSH);
	compare_readers();
	rib_stats(m.r, &st);
	CHECK_INT(st.dests[AFI_IP4] + st.dests[AFI_IP6], 0);
	CHECK_INT(st.attr_sets, 0);
	for (size_t i = 0; i < READERS; i++) {
		rib_reader_free(m.reader[i][AFI_IP4]);
		rib_reader_free(m.reader[i][AFI_IP6]);
	}
	rib_free(m.r);
}

TEST(many_sources_of_many_paths_leave_what_the_rfc_words)
{
	for (uint32_t seed = 1; seed <= 3; seed++) {
		begin(seed);
		for (int op = 0; op < OPS; op++) {
			one_op();
			if (op % 500 == 0)
				compare();
			if (op % 3000 == 2999)
				compare_readers();
		}
		end();
	}
}

TEST(a_source_has_so_many_paths_at_a_destination_and_no_more)
{
	const struct rib_key key = key_of(1);
	struct rib_path got[RIB_PATHS_MAX + 2];
	const struct attrs *set;
	begin(9);
	set = set_of(&m.spec[0]);
	for (uint32_t id = 0; id < RIB_PATHS_MAX; id++)
		CHECK_INT(rib_announce(m.r, m.src[1], &key, id, 16 + id, set), RIB_KEPT);
	CHECK_INT(rib_announce(m.r, m.src[1], &key, RIB_PATHS_MAX, 9999, set),
	          RIB_FULL_PATHS);
	CHECK_INT(rib_announce(m.r, m.src[1], &key, 5, 777, set),
	          RIB_KEPT); /* in place of one */
	CHECK_INT(rib_announce(m.r, m.src[2], &key, 5, 888, set),
	          RIB_KEPT); /* another's */
	CHECK_INT(rib_paths(m.r, &key, got, ARRAY_LEN(got)), RIB_PATHS_MAX + 1);
	CHECK(rib_withdraw(m.r, m.src[1], &key, 0));
	CHECK_INT(rib_announce(m.r, m.src[1], &key, RIB_PATHS_MAX, 9999, set), RIB_KEPT);
	attrs_unref(set);
	end();
}
