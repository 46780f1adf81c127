/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "rib/attrs.h"
#include "rib/rib.h"

#include "tests/t.h"

/* One row a rule: the left path wins, whichever comes first. */
struct side {
	uint32_t pref, med;  /* 0: absent */
	const char *as_path; /* hex */
	uint8_t origin;
	uint32_t originator;
	int clusters;
	bool local, ebgp;
	uint32_t router_id;
	const char *peer;
	uint32_t path_id;
};

static struct rib_source *source_of(struct rib *r, const struct side *s)
{
	struct rib_source src = { .local = s->local,
		                  .ebgp = s->ebgp,
		                  .router_id = s->router_id };

	CHECK(ip_parse(s->peer ? s->peer : "192.0.2.1", &src.address));
	return rib_source_add(r, &src);
}

static const struct attrs *attrs_of(struct rib *r, const struct side *s)
{
	static const uint8_t clusters[40];
	struct bgp_attrs a = { .origin = s->origin,
		               .med = s->med,
		               .local_pref = s->pref };
	uint8_t path[64];
	const struct attrs *x;

	bgp_attr_set(&a, BGP_ATTR_ORIGIN);
	bgp_attr_set(&a, BGP_ATTR_AS_PATH);
	a.as_path =
		(struct bgp_span){ path, t_hex(s->as_path ? s->as_path : "", path, 64) };
	if (s->pref)
		bgp_attr_set(&a, BGP_ATTR_LOCAL_PREF);
	if (s->med)
		bgp_attr_set(&a, BGP_ATTR_MED);
	if (s->originator) {
		bgp_attr_set(&a, BGP_ATTR_ORIGINATOR_ID);
		a.originator_id = s->originator;
	}
	if (s->clusters) {
		bgp_attr_set(&a, BGP_ATTR_CLUSTER_LIST);
		a.cluster_list = (struct bgp_span){ clusters, (size_t)s->clusters * 4 };
	}
	CHECK(ip_parse("192.0.2.11", &a.nexthop.addr));
	x = attrs_intern(rib_attrs(r), &a);
	CHECK(x);
	return x;
}

static struct rib_key any_key(void)
{
	struct rib_key key;

	memset(&key, 0, sizeof(key));
	CHECK(prefix_parse("10.0.0.1/32", &key.prefix));
	return key;
}

struct verdict { /* why it lost, by the number in struct side */
	enum rib_step step;
	size_t to;
};

/* Announce in the given order; which of them is best? */
static size_t winner(const struct side *s, const size_t *order, size_t n,
                     struct verdict *ret_why)
{
	const struct rib_key key = any_key();
	struct rib *r = rib_new();
	struct rib_why why[8];
	struct rib_path best;
	size_t won;

	for (size_t i = 0; i < n; i++) {
		const struct attrs *a = attrs_of(r, &s[order[i]]);

		rib_announce(r, source_of(r, &s[order[i]]), &key, s[order[i]].path_id,
		             100 + (uint32_t)order[i], a);
		attrs_unref(a);
	}
	CHECK_INT(rib_paths(r, &key, &best, 1), 1);
	won = best.label - 100;
	CHECK_INT(rib_why(r, &key, why, 8), n);
	CHECK_INT(rib_why(r, &key, why, 1), 1);
	for (size_t i = 0; i < n; i++)
		ret_why[why[i].path.label - 100] =
			(struct verdict){ why[i].step, why[i].by.label - 100 };
	CHECK_INT(ret_why[won].step, RIB_STEP_NONE);
	rib_free(r);
	return won;
}

#define AS1 "0201 0000fde9" /* 65001 */
#define AS2 "0201 0000fdea" /* 65002 */

TEST(each_step_decides_when_all_before_are_equal)
{
	static const struct {
		const char *step;
		struct side wins, loses;
	} row[] = {
		{"1 local",			      { .local = true },                 { .pref = 500 }             },
		{ "2 LOCAL_PREF",                        { .pref = 101, .as_path = AS1 },   { .pref = 100 }             },
		{ "2 LOCAL_PREF absent is 100",          { .as_path = AS1 },                { .pref = 99 }              },
		{ "3 AS_PATH",                           { .origin = 2 },                   { .as_path = AS1 }          },
		{ "3 a set counts one",
                 { .as_path = "0102 0000fde9 0000fdea", .origin = 0 },
                 { .as_path = "0202 0000fde9 0000fdea", .origin = 0 }                                                   },
		{ "4 ORIGIN",                            { .origin = 0, .med = 9 },         { .origin = 1 }             },
		{ "5 MED",
                 { .med = 5, .router_id = 2 },
                 { .med = 6, .router_id = 1, .ebgp = true }							     },
		{ "5 MED absent is 0",                   { .router_id = 2 },                { .med = 1, .router_id = 1 }},
		{ "5 MED of other ASes is not compared",
                 { .med = 9, .as_path = AS1, .router_id = 1 },
                 { .med = 1, .as_path = AS2, .router_id = 2 }                                                           },
		{ "6 eBGP",			      { .ebgp = true, .router_id = 9 },  { .router_id = 1 }          },
		{ "8 identifier",                        { .router_id = 1, .clusters = 3 }, { .router_id = 2 }          },
		{ "8 ORIGINATOR_ID stands in for it",
                 { .router_id = 9, .originator = 1 },
                 { .router_id = 2 }										     },
		{ "9 CLUSTER_LIST",
                 { .clusters = 1, .peer = "192.0.2.9" },
                 { .clusters = 2, .peer = "192.0.2.1" }								 },
		{ "10 peer address",
                 { .peer = "192.0.2.2", .path_id = 9 },
                 { .peer = "192.0.2.10" }									       },
		{ "11 path id",                          { .path_id = 1 },                  { .path_id = 2 }            },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		const struct side s[2] = { row[i].wins, row[i].loses };

		for (size_t first = 0; first < 2; first++) {
			const size_t order[2] = { first, !first };
			enum rib_step step = (enum rib_step)atoi(row[i].step);
			struct verdict why[2];

			step++; /* LLGR_STALE comes before all of RFC 4271 … */
			if (step > RIB_STEP_EBGP)
				step--; /* … and there is no interior cost */
			if (winner(s, order, 2, why) != 0)
				t_fail(__FILE__, __LINE__, "step %s, %s first",
				       row[i].step, first ? "loser" : "winner");
			if (strstr(row[i].step, "not compared"))
				step = RIB_STEP_ROUTER_ID;
			CHECK_STR(rib_step_text(why[1].step), rib_step_text(step));
			CHECK_INT(why[1].to, 0);
		}
	}
}

/* a beats b by MED, b beats c and c beats a by identifier: pair by pair there is no best.
 * MED removes b first; then c wins, in any order of arrival. */
TEST(med_removes_before_anything_is_compared_whatever_the_order)
{
	static const struct side s[3] = {
		{.as_path = AS1,  .med = 1, .router_id = 3},
		{ .as_path = AS1, .med = 2, .router_id = 1},
		{ .as_path = AS2, .med = 3, .router_id = 2},
	};
	static const size_t order[6][3] = {
		{0,  1, 2},
                { 0, 2, 1},
                { 1, 0, 2},
		{ 1, 2, 0},
                { 2, 0, 1},
                { 2, 1, 0}
	};

	for (size_t i = 0; i < 6; i++) {
		struct verdict why[3];

		CHECK_INT(winner(s, order[i], 3, why), 2);
		CHECK_INT(why[0].step, RIB_STEP_ROUTER_ID);
		CHECK_INT(why[0].to, 2);
		CHECK_INT(why[1].step,
		          RIB_STEP_MED); /* though 0 is not the best either */
		CHECK_INT(why[1].to, 0);
	}
}
