/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/must.h"
#include "rib/attrs.h"
#include "rib/rib.h"

#include "offers.h"
#include "tests/t.h"

/* Which of several PEs' routes are used, and what is said of the others. */

static const char *const both[] = { "1.1.1.3/32", "2001:db8:1::3/128" };

struct row {
	const char *what;
	struct offer o[4];
	const char *told;
	enum vrf_verdict verdict[4];
};

/* In any order of arrival. */
static void check_row(const struct row *row, const char *prefix, unsigned max)
{
	size_t n = 0;

	while (n < ARRAY_LEN(row->o) && row->o[n].pe)
		n++;
	for (size_t first = 0; first < n; first++) {
		offers_start(max, prefix);
		for (size_t i = 0; i < n; i++)
			offers_make(&row->o[(first + i) % n]);
		if (strcmp(offers_told(), row->told) != 0)
			t_fail(__FILE__, __LINE__, "%s: %s, not %s", row->what,
			       offers_told(), row->told);
		for (size_t i = 0; i < n; i++) {
			enum vrf_verdict v = offers_verdict(&row->o[i]);

			if (v != row->verdict[i])
				t_fail(__FILE__, __LINE__,
				       "%s: PE %u: \"%s\", not \"%s\"", row->what,
				       row->o[i].pe, vrf_verdict_text(v),
				       vrf_verdict_text(row->verdict[i]));
		}
		offers_stop();
	}
}

/* clang-format off */
static const struct row rows[] = {
	{ "two PEs of a site", { { 12, .site = 1 }, { 13, .site = 1 } },
	  "12 13", { VRF_BEST, VRF_EQUAL } },
	{ "two sites", { { 12, .site = 1 }, { 13, .site = 2 } },
	  "12", { VRF_BEST, VRF_OTHER_SITE } },
	{ "two sites of two PEs each", { { 14, .site = 1 }, { 13, .site = 2 }, { 12, .site = 1 },
	  { 15, .site = 2 } }, "12 14", { VRF_EQUAL, VRF_OTHER_SITE, VRF_BEST, VRF_OTHER_SITE } },
	{ "no site", { { 12 }, { 13 } }, "12", { VRF_BEST, VRF_ADDRESS } },
	{ "a site and none", { { 12 }, { 13, .site = 1 }, { 14, .site = 1 } },
	  "12", { VRF_BEST, VRF_OTHER_SITE, VRF_OTHER_SITE } },
	{ "a newer sequence", { { 12, .site = 1 }, { 13, .site = 1, .seq = 1 } },
	  "13", { VRF_OLDER, VRF_BEST } },
	{ "a newer sequence of the other site", { { 12, .site = 1 }, { 13, .site = 1 },
	  { 14, .site = 2, .seq = 1 } }, "14", { VRF_OLDER, VRF_OLDER, VRF_BEST } },
	{ "both PEs of the new site", { { 12, .site = 1, .seq = 4 }, { 13, .site = 2, .seq = 5 },
	  { 14, .site = 2, .seq = 5 } }, "13 14", { VRF_OLDER, VRF_BEST, VRF_EQUAL } },
	{ "a sequence that wrapped", { { 12, .site = 1, .seq = 0xffffffff }, { 13, .site = 1 } },
	  "13", { VRF_OLDER, VRF_BEST } },
	{ "a last resort", { { 12, .site = 1, .stale = true }, { 13, .site = 1 } },
	  "13", { VRF_STALE, VRF_BEST } },
	{ "last resorts only", { { 12, .site = 1, .stale = true }, { 13, .site = 1, .stale = true } },
	  "12", { VRF_BEST, VRF_STALE } },
	{ "a lower preference", { { 12, .site = 1, .less_pref = 1 }, { 13, .site = 1 } },
	  "13", { VRF_LOCAL_PREF, VRF_BEST } },
	{ "a lower preference of the site to be", { { 12, .site = 1, .less_pref = 1 },
	  { 13, .site = 2 } }, "12", { VRF_BEST, VRF_OTHER_SITE } },
	{ "a longer path", { { 12, .site = 1, .as_path = 2 }, { 13, .site = 1, .as_path = 1 } },
	  "13", { VRF_AS_PATH, VRF_BEST } },
	{ "a higher origin", { { 12, .site = 1, .origin = 2 }, { 13, .site = 1 } },
	  "13", { VRF_ORIGIN, VRF_BEST } },
	{ "a higher MED", { { 12, .site = 1, .as_path = 1, .as = 1, .med = 9 },
	  { 13, .site = 1, .as_path = 1, .as = 1, .med = 8 } }, "13", { VRF_MED, VRF_BEST } },
	{ "a MED of another AS", { { 12, .site = 1, .as_path = 1, .as = 1, .med = 9 },
	  { 13, .site = 1, .as_path = 1, .as = 2, .med = 8 } }, "12 13", { VRF_BEST, VRF_EQUAL } },
	{ "internal", { { 12, .site = 1 }, { 13, .site = 1, .ebgp = true } },
	  "13", { VRF_EBGP, VRF_BEST } },
	{ "other encapsulations", { { 12, .site = 1, .gre = true }, { 13, .site = 1 } },
	  "12 13", { VRF_BEST, VRF_EQUAL } },
	{ "no encapsulation of ours", { { 12, .site = 1, .no_encap = true }, { 13, .site = 1 } },
	  "13", { VRF_NO_ENCAP, VRF_BEST } },
	{ "a PE twice", { { 12, .site = 1 }, { 12, 7, .site = 1 }, { 13, .site = 1 } },
	  "12 13", { VRF_BEST, VRF_SAME_PE, VRF_EQUAL } },
	{ "my own site's PEs", { { 12, .site = 9 }, { 13, .site = 9 } },
	  "12 13", { VRF_BEST, VRF_EQUAL } },
};
/* clang-format on */

TEST(of_several_pes_those_of_one_site_share_and_each_other_has_its_reason)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		for (size_t k = 0; k < ARRAY_LEN(both); k++)
			check_row(&rows[i], both[k], 8);
	}
}

/* A host that moved is at one place: its packets must not be split between two. */
TEST(while_a_host_is_advertised_by_two_sites_only_one_of_them_gets_its_packets)
{
	static const struct offer old = { 12, .site = 1 }, new = { 13, .site = 2 },
				  newer = { 13, .site = 2, .seq = 1 };

	offers_start(8, both[0]);
	offers_make(&old);
	offers_make(&new); /* it has not heard of the old one */
	CHECK_STR(offers_told(), "12");
	offers_make(&newer);
	CHECK_STR(offers_told(), "13");
	offers_take_back(&old);
	CHECK_STR(offers_told(), "13");
	CHECK_INT(offers_calls(), 2);
	offers_stop();
}

/* Of prefixes that are no hosts the ordinary decision is the first, whatever the site. */
TEST(a_prefix_is_decided_by_bgp_first_and_shared_within_a_site)
{
	/* clang-format off */
	static const struct row r[] = {
		{ "preference before site", { { 12, .site = 1, .less_pref = 1 }, { 13, .site = 2 },
		  { 14, .site = 2 } }, "13 14", { VRF_LOCAL_PREF, VRF_BEST, VRF_EQUAL } },
		{ "two sites", { { 12, .site = 1 }, { 13, .site = 2 } },
		  "12", { VRF_BEST, VRF_OTHER_SITE } },
	};
	/* clang-format on */
	for (size_t i = 0; i < ARRAY_LEN(r); i++) {
		check_row(&r[i], "9.0.0.0/8", 8);
		check_row(&r[i], "::/0", 8);
	}
}

TEST(at_most_maximum_paths_share_and_one_is_none)
{
	/* clang-format off */
	static const struct row four = { "two of four", { { 15, .site = 1 }, { 14, .site = 1 },
	  { 13, .site = 1 }, { 12, .site = 1 } }, "12 13", { VRF_OVER, VRF_OVER, VRF_EQUAL,
	  VRF_BEST } };
	static const struct row one = { "one of two", { { 13, .site = 1 }, { 12, .site = 1 } },
	  "12", { VRF_OVER, VRF_BEST } };
	/* clang-format on */
	char want[64] = "";

	check_row(&four, both[0], 2);
	check_row(&one, both[0], 1);
	check_row(&one, both[0], 0);
	offers_start(8, both[1]);
	for (unsigned pe = 40; pe >= 20; pe--)
		offers_make(&(struct offer){ pe, .site = 1 });
	for (unsigned pe = 20; pe < 28; pe++)
		snprintf(want + strlen(want), sizeof(want) - strlen(want), "%s%u",
		         pe == 20 ? "" : " ", pe);
	CHECK_STR(offers_told(), want);
	vrfs_max_paths(offers_vrfs(), 2);
	CHECK_STR(offers_told(), "20 21");
	vrfs_max_paths(offers_vrfs(), 99);
	CHECK_STR(offers_told(), want);
	offers_stop();
}

TEST(a_pe_that_cannot_be_reached_has_no_share_until_it_can)
{
	static const struct offer a = { 12, .site = 1 }, b = { 13, .site = 1 };

	offers_start(8, both[0]);
	offers_make(&a);
	offers_make(&b);
	offers_reach(12, false);
	CHECK_STR(offers_told(), "13");
	CHECK_INT(offers_verdict(&a), VRF_UNREACHABLE);
	offers_reach(13, false);
	CHECK_STR(offers_told(), "-");
	offers_reach(12, true);
	CHECK_STR(offers_told(), "12");
	offers_reach(13, true);
	CHECK_STR(offers_told(), "12 13");
	offers_stop();
}

TEST(the_owner_is_told_of_a_change_of_any_path_and_of_nothing_else)
{
	struct offer a = { 12, .site = 1 }, b = { 13, .site = 1 }, c = { 14, .site = 2 };

	offers_start(8, both[0]);
	offers_make(&a);
	offers_make(&b);
	CHECK_INT(offers_calls(), 2);
	offers_make(&c); /* not used */
	offers_take_back(&c);
	offers_make(&b); /* the same again */
	vrfs_reresolve(offers_vrfs());
	CHECK_INT(offers_calls(), 2);
	b.gre = true;
	offers_make(&b);
	CHECK_INT(offers_calls(), 3);
	offers_take_back(&b);
	CHECK_INT(offers_calls(), 4);
	CHECK_STR(offers_told(), "12");
	offers_take_back(&a);
	CHECK_STR(offers_told(), "-");
	CHECK_INT(offers_calls(), 5);
	offers_stop();
}

/* PEs with one RD are one route to the reflector (RFC 4364 4.2 leaves it to us to have
 * several); what ADD-PATH brings beyond the best is told, not used. */
TEST(of_pes_that_share_an_rd_one_is_used_and_that_is_said)
{
	struct vrf_candidate c[2];
	const struct attrs *set;
	struct rib_path path;
	struct bgp_attrs a;
	struct rib_key key;

	offers_start(8, both[0]);
	offers_make(&(struct offer){ 12, .site = 1 });
	CHECK_INT(vrf_candidates(offers_vrfs(), OFFERS_VRF, offers_prefix(), c, 2), 1);
	CHECK_INT(c[0].hidden, 0);
	key = (struct rib_key){ .rd = c[0].rd, .prefix = *offers_prefix() };
	CHECK_INT(rib_paths(offers_rib(), &key, &path, 1), 1);
	attrs_view(path.attrs, &a);
	a.local_pref = 1;
	for (unsigned i = 0; i < 3; i++) { /* the same PE by another way, and another */
		a.nexthop.addr.b[3] = i == 1 ? 13 : 12;
		set = attrs_intern(rib_attrs(offers_rib()), &a);
		rib_announce(offers_rib(), offers_other_neighbor(), &key, i, 100013, set);
		attrs_unref(set);
	}
	CHECK_STR(offers_told(), "12");
	CHECK_INT(vrf_candidates(offers_vrfs(), OFFERS_VRF, offers_prefix(), c, 2), 1);
	CHECK_INT(c[0].hidden, 1);
	offers_stop();
}
