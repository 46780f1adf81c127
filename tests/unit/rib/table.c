/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/must.h"
#include "rib/attrs.h"
#include "rib/rib.h"

#include "tests/t.h"

struct seen {
	size_t calls;
	bool old, new;
	uint32_t label;
};

static void on_best(void *arg, const struct rib_key *key, const struct rib_path *old,
                    const struct rib_path *new)
{
	struct seen *s = arg;

	s->calls++;
	s->old = old != NULL;
	s->new = new != NULL;
	if (old)
		CHECK(attrs_rank(old->attrs)->local_pref >=
		      1); /* still there to be read */
	s->label = new ? new->label : 0;
}

struct fix {
	struct rib *r;
	struct seen seen;
	struct rib_source *a, *b;
	size_t wakes;
};

static void on_wake(void *arg)
{
	++*(size_t *)arg;
}

static void fix_init(struct fix *f)
{
	struct rib_source src = { .router_id = 1 };
	struct rib_listener l = { on_best, &f->seen };

	memset(f, 0, sizeof(*f));
	f->r = rib_new();
	rib_listen(f->r, &l);
	CHECK(ip_parse("192.0.2.1", &src.address));
	f->a = rib_source_add(f->r, &src);
	src.router_id = 2;
	CHECK(ip_parse("192.0.2.2", &src.address));
	f->b = rib_source_add(f->r, &src);
}

static struct rib_key key_of(uint16_t vrf, const char *prefix)
{
	struct rib_key key;
	struct ip pe;

	memset(&key, 0, sizeof(key));
	CHECK(ip_parse("192.0.2.11", &pe));
	key.rd = rd_of_ip(&pe, vrf);
	CHECK(prefix_parse(prefix, &key.prefix));
	return key;
}

static enum rib_kept announce_id(struct fix *f, struct rib_source *s,
                                 const struct rib_key *key, uint32_t path_id,
                                 uint32_t label, uint32_t pref)
{
	struct bgp_attrs a = { .local_pref = pref };
	const struct attrs *x;
	enum rib_kept kept;

	bgp_attr_set(&a, BGP_ATTR_ORIGIN);
	bgp_attr_set(&a, BGP_ATTR_AS_PATH);
	bgp_attr_set(&a, BGP_ATTR_LOCAL_PREF);
	CHECK(ip_parse("192.0.2.11", &a.nexthop.addr));
	x = attrs_intern(rib_attrs(f->r), &a);
	kept = rib_announce(f->r, s, key, path_id, label, x);
	attrs_unref(x);
	return kept;
}

static enum rib_kept announce(struct fix *f, struct rib_source *s,
                              const struct rib_key *key, uint32_t label, uint32_t pref)
{
	return announce_id(f, s, key, 0, label, pref);
}

TEST(equal_attribute_sets_are_one)
{
	struct fix f;
	struct rib_stats st;
	struct rib_key k1 = key_of(1, "10.0.0.1/32"), k2 = key_of(2, "2001:db8::1/128");

	fix_init(&f);
	announce(&f, f.a, &k1, 20, 100);
	announce(&f, f.a, &k2, 21, 100);
	announce(&f, f.b, &k2, 22, 101);
	rib_stats(f.r, &st);
	CHECK_INT(st.attr_sets, 2);
	CHECK_INT(st.dests[AFI_IP4], 1);
	CHECK_INT(st.paths[AFI_IP6], 2);
	rib_withdraw(f.r, f.b, &k2, 0);
	rib_stats(f.r, &st);
	CHECK_INT(st.attr_sets, 1);
	rib_free(f.r);
}

TEST(same_address_under_other_rds_and_other_lengths_are_others)
{
	static const char *const prefix[] = { "10.0.0.0/8", "10.0.0.0/16",
		                              "10.0.0.0/32" };
	struct fix f;
	struct rib_stats st;

	fix_init(&f);
	for (uint16_t vrf = 0; vrf < 300; vrf++) {
		for (size_t i = 0; i < ARRAY_LEN(prefix); i++) {
			struct rib_key k = key_of(vrf, prefix[i]);

			announce(&f, f.a, &k, 16 + vrf * 3u + (uint32_t)i, 100);
		}
	}
	rib_stats(f.r, &st);
	CHECK_INT(st.dests[AFI_IP4], 900);
	for (uint16_t vrf = 0; vrf < 300; vrf++) {
		struct rib_key k = key_of(vrf, prefix[vrf % 3]);
		struct rib_path p;

		CHECK_INT(rib_paths(f.r, &k, &p, 1), 1);
		CHECK_INT(p.label, 16 + vrf * 3 + vrf % 3);
	}
	rib_free(f.r);
}

TEST(listeners_hear_of_changes_of_the_best_path_and_of_nothing_else)
{
	struct rib_key k = key_of(1, "10.0.0.1/32");
	struct fix f;

	fix_init(&f);
	announce(&f, f.a, &k, 20, 100);
	CHECK(f.seen.calls == 1 && !f.seen.old && f.seen.label == 20);
	announce(&f, f.a, &k, 20, 100); /* the same again */
	announce(&f, f.b, &k, 30, 50);  /* a worse one */
	announce(&f, f.b, &k, 31, 50);
	CHECK_INT(f.seen.calls, 1);
	announce(&f, f.b, &k, 31, 200);
	CHECK(f.seen.calls == 2 && f.seen.old && f.seen.label == 31);
	CHECK(rib_withdraw(f.r, f.b, &k, 0));
	CHECK(f.seen.calls == 3 && f.seen.label == 20);
	CHECK(!rib_withdraw(f.r, f.b, &k, 0));
	CHECK(rib_withdraw(f.r, f.a, &k, 0));
	CHECK(f.seen.calls == 4 && f.seen.old && !f.seen.new);
	rib_free(f.r);
}

TEST(paths_come_best_first)
{
	struct rib_key k = key_of(1, "10.0.0.1/32");
	struct rib_path p[8];
	struct fix f;

	fix_init(&f);
	for (uint32_t i = 0; i < 6; i++) {
		const struct rib_source src = { .router_id = 10 + i };
		struct rib_source *s = rib_source_add(f.r, &src);

		announce(&f, s, &k, 20 + i, 100 + (i * 7) % 5);
	}
	CHECK_INT(rib_paths(f.r, &k, p, 8), 6);
	for (int i = 1; i < 6; i++)
		CHECK(attrs_rank(p[i - 1].attrs)->local_pref >=
		      attrs_rank(p[i].attrs)->local_pref);
	CHECK_INT(rib_paths(f.r, &k, p, 2), 2);
	rib_free(f.r);
}

TEST(stale_paths_stay_until_renewed_or_swept)
{
	struct rib_key k1 = key_of(1, "10.0.0.1/32"), k2 = key_of(1, "10.0.0.2/32");
	struct fix f;

	fix_init(&f);
	announce(&f, f.a, &k1, 20, 100);
	announce(&f, f.a, &k2, 21, 100);
	announce(&f, f.b, &k2, 31, 50);
	rib_source_mark_stale(f.r, f.a, AFI_IP4);
	CHECK_INT(f.seen.calls, 2); /* nobody forwards otherwise for it */
	announce(&f, f.a, &k1, 20, 100);
	CHECK_INT(f.seen.calls, 2);
	rib_source_sweep(f.r, f.a, AFI_IP4);
	CHECK_INT(f.seen.calls, 3);
	CHECK_INT(f.seen.label, 31);
	CHECK_INT(rib_source_paths(f.r, f.a, AFI_IP4), 1);
	rib_free(f.r);
}

/* A listener that answers a change by another change. */
struct echo {
	struct fix *f;
	struct rib_source *s;
};

static void on_echo(void *arg, const struct rib_key *key, const struct rib_path *old,
                    const struct rib_path *new)
{
	struct echo *e = arg;
	struct rib_key k = *key;

	if (k.rd.b[7] == 99 || (new &&new->source == e->s))
		return;
	k.rd.b[7] = 99;
	if (new)
		rib_announce(e->f->r, e->s, &k, 0, new->label, new->attrs);
	else
		rib_withdraw(e->f->r, e->s, &k, 0);
}

TEST(sweeping_in_steps_takes_out_what_is_stale_and_nothing_else)
{
	struct rib_stats st;
	struct fix f;
	char p[20];

	for (size_t max = 1; max < 40; max += 3) {
		uint32_t pos = 0;
		size_t before = 30, steps = 0;

		fix_init(&f);
		for (int i = 0; i < 30; i++) {
			struct rib_key k;

			snprintf(p, sizeof(p), "10.0.0.%d/32", i);
			k = key_of(1, p);
			announce(&f, f.a, &k, 20, 100);
			if (i % 3 == 0)
				announce(&f, f.b, &k, 21, 100);
		}
		rib_source_mark_stale(f.r, f.a, AFI_IP4);
		while (rib_source_sweep_step(f.r, f.a, AFI_IP4, &pos, max)) {
			struct rib_key k = key_of(1, "10.0.0.29/32");

			before -= max;
			CHECK_INT(rib_source_paths(f.r, f.a, AFI_IP4), before);
			if (!steps++) { /* comes again meanwhile */
				announce(&f, f.a, &k, 22, 100);
			}
		}
		CHECK(max < 30 ? steps >= 28 / max : !steps);
		CHECK_INT(rib_source_paths(f.r, f.a, AFI_IP4), steps ? 1 : 0);
		rib_stats(f.r, &st);
		CHECK_INT(st.paths[AFI_IP4], 10 + (steps ? 1 : 0));
		rib_free(f.r);
	}
}

TEST(a_listener_may_change_the_table)
{
	const struct rib_source src = { .local = true };
	struct rib_stats st;
	struct echo e;
	struct fix f;
	struct rib_listener l = { on_echo, &e };

	fix_init(&f);
	e = (struct echo){ &f, rib_source_add(f.r, &src) };
	rib_listen(f.r, &l);
	for (int i = 1; i < 250; i++) {
		char text[24];
		struct rib_key k;

		snprintf(text, sizeof(text), "10.0.0.%d/32", i);
		k = key_of(1, text);
		announce(&f, f.a, &k, 20, 100);
	}
	rib_stats(f.r, &st);
	CHECK_INT(st.dests[AFI_IP4], 2 * 249);
	rib_source_flush(f.r, f.a);
	rib_stats(f.r, &st);
	CHECK_INT(st.dests[AFI_IP4], 0);
	rib_free(f.r);
}

/* --- readers -------------------------------------------------------------------------
 */

TEST(a_reader_fetches_each_change_once_and_knows_what_it_told)
{
	struct rib_key k = key_of(1, "10.0.0.1/32");
	struct rib_reader *rd;
	struct rib_change ch;
	struct rib_stats st;
	struct fix f;

	fix_init(&f);
	rd = rib_reader_new(f.r, AFI_IP4, on_wake, &f.wakes);
	announce(&f, f.a, &k, 19, 100);
	CHECK_INT(f.wakes, 0); /* not reading yet */
	rib_reader_walk(rd);
	CHECK_INT(f.wakes, 1);
	CHECK(rib_reader_next(rd, &ch));
	CHECK(ch.best && ch.best->label == 19 && !ch.told);
	rib_reader_told(rd, ch.dest, true);
	CHECK(!rib_reader_next(rd, &ch) && !rib_reader_walking(rd));

	for (uint32_t i = 20; i < 30; i++)
		announce(&f, f.a, &k, i, 100);
	CHECK_INT(f.wakes, 2);
	CHECK(rib_reader_next(rd, &ch));
	CHECK(ch.told && ch.best->label == 29);
	CHECK(!rib_reader_next(rd, &ch));

	rib_withdraw(f.r, f.a, &k, 0);
	rib_stats(f.r, &st);
	CHECK_INT(st.dests[AFI_IP4], 1); /* a ghost: the withdrawal needs its key */
	CHECK_INT(rib_paths(f.r, &k, &ch.path, 1), 0);
	CHECK(rib_reader_next(rd, &ch));
	CHECK(ch.told && !ch.best && rd_eq(&ch.key.rd, &k.rd));
	rib_reader_told(rd, ch.dest, false);
	rib_stats(f.r, &st);
	CHECK_INT(st.dests[AFI_IP4], 0);
	rib_reader_free(rd);
	rib_free(f.r);
}

TEST(ghosts_go_with_their_last_reader)
{
	struct rib_key k = key_of(1, "10.0.0.1/32");
	struct rib_reader *rd[2];
	struct rib_change ch;
	struct rib_stats st;
	struct fix f;

	fix_init(&f);
	announce(&f, f.a, &k, 20, 100);
	for (int i = 0; i < 2; i++) {
		rd[i] = rib_reader_new(f.r, AFI_IP4, NULL, NULL);
		rib_reader_walk(rd[i]);
		CHECK(rib_reader_next(rd[i], &ch));
		rib_reader_told(rd[i], ch.dest, true);
	}
	rib_withdraw(f.r, f.a, &k, 0);
	rib_reader_free(rd[0]);
	rib_stats(f.r, &st);
	CHECK_INT(st.dests[AFI_IP4], 1);
	rib_reader_forget(rd[1]);
	rib_stats(f.r, &st);
	CHECK_INT(st.dests[AFI_IP4], 0);
	rib_reader_free(rd[1]);
	rib_free(f.r);
}

TEST(a_full_table_refuses_new_destinations_and_nothing_else)
{
	struct rib_key k1 = key_of(1, "10.0.0.1/32"), k2 = key_of(1, "10.0.0.2/32"),
		       k3 = key_of(1, "10.0.0.3/32"), k6 = key_of(1, "2001:db8::1/128");
	struct rib_path p[2];
	struct rib_stats st;
	struct fix f;

	fix_init(&f);
	rib_limit(f.r, AFI_IP4, 2);
	CHECK_INT(announce(&f, f.a, &k1, 20, 100), RIB_KEPT);
	CHECK_INT(announce(&f, f.a, &k2, 21, 100), RIB_KEPT);
	CHECK_INT(announce(&f, f.a, &k3, 22, 100), RIB_FULL);
	CHECK_INT(rib_paths(f.r, &k3, p, 2), 0);
	CHECK_INT(announce(&f, f.b, &k2, 23, 100), RIB_KEPT); /* another path */
	CHECK_INT(announce(&f, f.a, &k1, 24, 100), RIB_KEPT); /* replaced */
	CHECK_INT(announce(&f, f.a, &k6, 25, 100), RIB_KEPT); /* another family */
	rib_withdraw(f.r, f.a, &k1, 0);
	CHECK_INT(announce(&f, f.a, &k3, 22, 100), RIB_KEPT);
	rib_stats(f.r, &st);
	CHECK_INT(st.dests[AFI_IP4], 2);
	CHECK_INT(st.paths[AFI_IP4], 3);
	rib_free(f.r);
}

TEST(a_destination_takes_so_many_paths_of_a_source_and_so_many_of_all)
{
	const struct rib_key key = key_of(1, "10.0.0.1/32");
	struct rib_source src = { .router_id = 7 };
	struct rib_source *s[RIB_DEST_PATHS_MAX / RIB_PATHS_MAX];
	struct rib_stats st;
	struct fix f;

	fix_init(&f);
	for (size_t k = 0; k < ARRAY_LEN(s); k++) {
		s[k] = rib_source_add(f.r, &src);
		for (uint32_t id = 1; id <= RIB_PATHS_MAX + 1; id++)
			CHECK_INT(announce_id(&f, s[k], &key, id, 100, 100),
			          id <= RIB_PATHS_MAX ? RIB_KEPT : RIB_FULL_PATHS);
	}
	CHECK_INT(announce_id(&f, f.a, &key, 7, 101, 100), RIB_FULL_PATHS);
	CHECK_INT(announce_id(&f, s[0], &key, 7, 101, 100), RIB_KEPT);
	rib_stats(f.r, &st);
	CHECK_INT(st.paths[AFI_IP4], RIB_DEST_PATHS_MAX);
	CHECK(!rib_withdraw(f.r, s[0], &key, UINT32_MAX));
	CHECK(rib_withdraw(f.r, s[0], &key, 9));
	CHECK_INT(announce_id(&f, f.a, &key, UINT32_MAX, 100, 100), RIB_KEPT);
	rib_free(f.r);
}
