/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>

#include "bgp/bgp_int.h"

#include "tests/sim/world.h"
#include "tests/t.h"

/* Neighbors that nobody listed, and neighbors that are changed while they run. */

struct site {
	struct world w;
	struct node *rr;
};

static struct prefix prefix(const char *s)
{
	struct prefix p;

	CHECK(prefix_parse(s, &p));
	return p;
}

static struct bgp_dynamic_config dynamic(const char *from, uint32_t limit)
{
	struct bgp_dynamic_config d = { .from = prefix(from),
		                        .peer = world_peer_config("192.0.2.9", 65000,
		                                                  true),
		                        .limit = limit,
		                        .idle_s = 60 };

	d.peer.template = "pe";
	return d;
}

static struct ip ip(const char *s)
{
	struct ip ip;

	CHECK(ip_parse(s, &ip));
	return ip;
}

static size_t count_peers(const struct node *n)
{
	size_t count = 0;

	list_for(p, &n->b->peers, struct bgp_peer, link)
		count++;
	return count;
}

static bool has_peer(const struct node *n, const char *s)
{
	const struct ip want = ip(s);

	return bgp_peer_find(n->b, &want) != NULL;
}

static bool up_with(const struct node *n, const char *s)
{
	const struct ip want = ip(s);
	const struct bgp_peer *p = bgp_peer_find(n->b, &want);

	return p && p->up;
}

static void site_init(struct site *t)
{
	world_init(&t->w);
	t->rr = world_node(&t->w, "192.0.2.1", 65000, false);
}

static struct node *add_pe(struct site *t, const char *ip)
{
	struct node *n = world_node(&t->w, ip, 65000, false);

	world_peer(n, "192.0.2.1", 65000, false);
	return n;
}

static void set(struct site *t, const struct bgp_dynamic_config *d, size_t n)
{
	CHECK_INT(bgp_dynamic_set(t->rr->b, d, n, t->w.now), 0);
}

TEST(who_comes_from_a_prefix_is_a_neighbor_whose_routes_are_reflected)
{
	struct bgp_dynamic_config d = dynamic("10.0.0.0/8", 10);
	struct node *a, *b;
	struct site t;

	site_init(&t);
	set(&t, &d, 1);
	a = add_pe(&t, "10.1.0.1");
	b = add_pe(&t, "10.2.0.1");
	world_announce(a, 1, AFI_IP4);
	world_run(&t.w, 5000);
	CHECK(up_with(t.rr, "10.1.0.1"));
	CHECK(up_with(t.rr, "10.2.0.1"));
	CHECK(world_best(b, a, 1, AFI_IP4) != NULL);
	world_fini(&t.w);
}

TEST(who_comes_from_elsewhere_is_refused)
{
	struct bgp_dynamic_config d = dynamic("10.0.0.0/8", 10);
	struct node *a;
	struct site t;

	site_init(&t);
	set(&t, &d, 1);
	a = add_pe(&t, "11.1.0.1");
	world_run(&t.w, 30000);
	CHECK_INT(a->ups, 0);
	CHECK_INT(t.rr->ups, 0);
	world_fini(&t.w);
}

TEST(a_prefix_that_has_its_limit_refuses_the_next_and_takes_it_when_there_is_room)
{
	struct bgp_dynamic_config d = dynamic("10.0.0.0/8", 1);
	struct node *a, *b;
	struct site t;

	site_init(&t);
	set(&t, &d, 1);
	a = add_pe(&t, "10.1.0.1");
	world_run(&t.w, 5000);
	b = add_pe(&t, "10.2.0.1");
	world_run(&t.w, 30000);
	CHECK(up_with(t.rr, "10.1.0.1"));
	CHECK_INT(b->ups, 0);
	world_node_free(a);
	world_run(&t.w, 130000); /* its idle time, and b's next attempt */
	CHECK(up_with(t.rr, "10.2.0.1"));
	world_fini(&t.w);
}

TEST(all_prefixes_together_have_a_limit_whatever_theirs_add_up_to)
{
	const struct bgp_dynamic_config d[] = { dynamic("10.1.0.0/16", 10),
		                                dynamic("10.2.0.0/16", 10) };
	struct node *a, *b;
	struct site t;

	site_init(&t);
	t.rr->b->dynamic_max = 1;
	set(&t, d, 2);
	a = add_pe(&t, "10.1.0.1");
	world_run(&t.w, 5000);
	b = add_pe(&t, "10.2.0.1");
	world_run(&t.w, 30000);
	CHECK(up_with(t.rr, "10.1.0.1"));
	CHECK_INT(b->ups, 0);
	CHECK_INT(count_peers(t.rr), 1);
	world_node_free(a);
	world_run(&t.w, 130000);
	CHECK(up_with(t.rr, "10.2.0.1"));
	world_fini(&t.w);
}

TEST(the_longest_prefix_and_before_it_the_list_says_what_a_neighbor_is)
{
	struct bgp_dynamic_config d[] = { dynamic("10.0.0.0/8", 10),
		                          dynamic("10.1.0.0/16", 10) };
	struct site t;

	site_init(&t);
	d[0].peer.as = 65001; /* so that its OPEN is refused */
	set(&t, d, 2);
	world_peer(t.rr, "10.2.0.1", 65000, true);
	add_pe(&t, "10.1.0.1");
	add_pe(&t, "10.2.0.1");
	add_pe(&t, "10.3.0.1");
	world_run(&t.w, 20000);
	CHECK(up_with(t.rr, "10.1.0.1"));
	CHECK(up_with(t.rr, "10.2.0.1"));
	CHECK(!up_with(t.rr, "10.3.0.1"));
	world_fini(&t.w);
}

TEST(one_that_stays_away_is_forgotten_and_one_that_comes_back_is_not)
{
	struct bgp_dynamic_config d = dynamic("10.0.0.0/8", 10);
	struct node *a;
	struct site t;

	site_init(&t);
	set(&t, &d, 1);
	a = add_pe(&t, "10.1.0.1");
	world_run(&t.w, 5000);
	world_cut(&t.w);
	world_run(&t.w, 59000);
	CHECK(up_with(t.rr, "10.1.0.1"));
	world_run(&t.w, 600000); /* and long after it was down */
	CHECK(up_with(t.rr, "10.1.0.1"));
	CHECK_INT(t.rr->downs, 1);
	world_node_free(a);
	world_run(&t.w, 1000);
	CHECK(has_peer(t.rr, "10.1.0.1"));
	world_run(&t.w, 121000);
	CHECK(!has_peer(t.rr, "10.1.0.1"));
	world_fini(&t.w);
}

TEST(one_that_was_shut_down_or_rests_for_its_prefixes_is_not_forgotten)
{
	for (int shut = 0; shut < 2; shut++) {
		struct bgp_dynamic_config d = dynamic("10.0.0.0/8", 10);
		const struct ip who = ip("10.1.0.1");
		struct node *a;
		struct site t;
		size_t ups;

		site_init(&t);
		if (!shut) {
			d.peer.max_prefixes = 2;
			d.peer.limit.restart_set = true;
			d.peer.limit.restart_min = 30;
		}
		set(&t, &d, 1);
		a = add_pe(&t, "10.1.0.1");
		world_run(&t.w, 5000);
		if (shut)
			CHECK_INT(bgp_peer_shutdown(t.rr->b, &who, "drained", t.w.now),
			          0);
		else
			for (unsigned i = 0; i < 3; i++)
				world_announce(a, i, AFI_IP4);
		world_run(&t.w, 5000);
		CHECK(!up_with(t.rr, "10.1.0.1"));
		ups = t.rr->ups;
		world_run(&t.w, 29 * 60000);
		CHECK(has_peer(t.rr, "10.1.0.1"));
		CHECK_INT(t.rr->ups, ups);
		if (shut)
			CHECK_INT(bgp_peer_unshut(t.rr->b, &who, t.w.now), 0);
		else
			world_withdraw(a, 2, AFI_IP4);
		world_run(&t.w, 4 * 60000);
		CHECK(up_with(t.rr, "10.1.0.1"));
		world_fini(&t.w);
	}
}

TEST(prefixes_that_go_take_their_neighbors_along_and_those_that_stay_keep_them)
{
	struct bgp_dynamic_config d[] = { dynamic("10.1.0.0/16", 10),
		                          dynamic("10.2.0.0/16", 10) };
	struct node *a, *b;
	struct site t;

	site_init(&t);
	set(&t, d, 2);
	a = add_pe(&t, "10.1.0.1");
	b = add_pe(&t, "10.2.0.1");
	world_run(&t.w, 5000);
	set(&t, &d[1], 1);
	world_run(&t.w, 5000);
	CHECK(!up_with(t.rr, "10.1.0.1"));
	CHECK(strstr(a->last_down, "de-configured") != NULL ||
	      strstr(a->last_down, "deconfigured") != NULL);
	CHECK_INT(b->downs, 0);
	world_fini(&t.w);
}

TEST(a_template_that_changes_resets_its_neighbors_only_if_it_must)
{
	struct bgp_dynamic_config d = dynamic("10.0.0.0/8", 10);
	struct node *a;
	struct site t;

	site_init(&t);
	set(&t, &d, 1);
	a = add_pe(&t, "10.1.0.1");
	world_run(&t.w, 5000);
	d.peer.max_prefixes = 7;
	d.limit = 1;
	set(&t, &d, 1);
	world_run(&t.w, 5000);
	CHECK_INT(a->downs, 0);
	d.peer.hold_time_s = 33;
	set(&t, &d, 1);
	world_run(&t.w, 30000);
	CHECK_INT(a->downs, 1);
	CHECK(up_with(t.rr, "10.1.0.1"));
	world_fini(&t.w);
}

TEST(a_neighbor_that_is_listed_at_last_is_no_longer_dynamic)
{
	struct bgp_dynamic_config d = dynamic("10.0.0.0/8", 10);
	struct site t;

	site_init(&t);
	set(&t, &d, 1);
	add_pe(&t, "10.1.0.1");
	world_run(&t.w, 5000);
	world_peer(t.rr, "10.1.0.1", 65000, true);
	world_run(&t.w, 30000);
	CHECK(up_with(t.rr, "10.1.0.1"));
	set(&t, NULL, 0);
	world_run(&t.w, 30000);
	CHECK(up_with(t.rr, "10.1.0.1"));
	world_fini(&t.w);
}

TEST(a_thousand_come_and_go)
{
	struct bgp_dynamic_config d = dynamic("10.0.0.0/8", 1000);
	struct node *pe[1001];
	struct site t;
	size_t up = 0;

	site_init(&t);
	set(&t, &d, 1);
	for (unsigned i = 0; i < ARRAY_LEN(pe); i++) {
		char ip[IP_STRLEN];

		snprintf(ip, sizeof(ip), "10.0.%u.%u", i / 250, i % 250 + 1);
		pe[i] = add_pe(&t, ip);
	}
	world_run(&t.w, 3000);
	for (unsigned i = 0; i < ARRAY_LEN(pe); i++)
		up += pe[i]->ups;
	CHECK_INT(up, 1000);
	for (unsigned i = 0; i < ARRAY_LEN(pe); i++)
		world_node_free(pe[i]);
	world_run(&t.w, 200000);
	CHECK_INT(t.rr->downs, 1000);
	CHECK_INT(count_peers(t.rr), 0);
	world_fini(&t.w);
}

/* --- neighbors that change -----------------------------------------------------------
 */

static void change(struct bgp_peer_config *c, unsigned what)
{
	switch (what) {
	case 0: break;
	case 1: c->description = "another"; break;
	case 2: c->template = "another"; break;
	case 3: c->max_prefixes = 9; break;
	case 4: c->limit.warning_percent = 9; break;
	case 5: c->limit.warning_only = true; break;
	case 6: c->limit.restart_set = true; break;
	case 7: c->send_hold_time_s = 999; break;
	case 8: c->connect_retry_s = 99; break;
	case 9: c->passive = true; break;
	case 10: c->port = 1179; break;
	case 11: c->shutdown_message = "later"; break;
	case 12: c->hold_time_s = 33; break;
	case 13: c->client = !c->client; break;
	case 14: c->ttl_security = 3; break;
	case 15: c->password = "x"; break;
	case 16: c->ao.key = "x"; break;
	case 17: c->source = ip("192.0.2.99"); break;
	case 18: c->rt_constrain = !c->rt_constrain; break;
	case 19: c->gr.mode = BGP_GR_DISABLED; break;
	case 20: c->gr.restart_time_s = 77; break;
	case 21: c->gr.llgr_stale_s = 77; break;
	case 22: c->add_path.send = 2; break;
	case 23: c->add_path.receive = true; break;
	case 24: c->disable_afi = true; break;
	default: t_fail(__FILE__, __LINE__, "no change %u", what);
	}
}

TEST(only_what_was_negotiated_or_signed_resets_a_session_and_only_its_own)
{
	for (unsigned what = 0; what <= 24; what++) {
		struct bgp_peer_config c = world_peer_config("192.0.2.2", 65000, true);
		bool reset = false, want = what >= 12;
		struct node *pe, *other;
		struct site t;

		site_init(&t);
		world_peer_as(t.rr, &c);
		world_peer(t.rr, "192.0.2.3", 65000, true);
		pe = add_pe(&t, "192.0.2.2");
		other = add_pe(&t, "192.0.2.3");
		world_announce(other, 1, AFI_IP4);
		world_run(&t.w, 5000);
		change(&c, what);
		CHECK_INT(bgp_peer_change(t.rr->b, &c, t.w.now, &reset), 0);
		if (reset != want)
			t_fail(__FILE__, __LINE__, "change %u: reset %d", what, reset);
		world_run(&t.w, 30000);
		CHECK_INT(pe->downs, want);
		CHECK_INT(other->downs, 0);
		CHECK(up_with(t.rr, "192.0.2.2"));
		CHECK(world_best(pe, other, 1, AFI_IP4) != NULL || what == 13);
		world_fini(&t.w);
	}
}

TEST(one_that_rests_for_its_prefixes_comes_back_though_it_is_changed_meanwhile)
{
	struct bgp_peer_config c = world_peer_config("192.0.2.2", 65000, true);
	bool reset = true;
	struct node *pe;
	struct site t;

	site_init(&t);
	c.max_prefixes = 2;
	c.limit.restart_set = true;
	c.limit.restart_min = 10;
	world_peer_as(t.rr, &c);
	pe = add_pe(&t, "192.0.2.2");
	for (unsigned i = 0; i < 3; i++)
		world_announce(pe, i, AFI_IP4);
	world_run(&t.w, 5000);
	CHECK(!up_with(t.rr, "192.0.2.2"));
	c.connect_retry_s += 7;
	CHECK_INT(bgp_peer_change(t.rr->b, &c, t.w.now, &reset), 0);
	CHECK(!reset);
	world_withdraw(pe, 2, AFI_IP4);
	world_run(&t.w, 9 * 60000);
	CHECK(!up_with(t.rr, "192.0.2.2"));
	world_run(&t.w, 4 * 60000);
	CHECK(up_with(t.rr, "192.0.2.2"));
	world_fini(&t.w);
}

TEST(a_change_of_a_neighbor_that_is_not_there_is_told)
{
	struct bgp_peer_config c = world_peer_config("192.0.2.2", 65000, true);
	struct site t;
	bool reset;

	site_init(&t);
	CHECK_INT(bgp_peer_change(t.rr->b, &c, t.w.now, &reset), -ENOENT);
	world_peer_as(t.rr, &c);
	c.hold_time_s = 2;
	CHECK_INT(bgp_peer_change(t.rr->b, &c, t.w.now, &reset), -EINVAL);
	world_fini(&t.w);
}

TEST(an_active_neighbor_that_becomes_passive_waits_and_back)
{
	struct bgp_peer_config c = world_peer_config("192.0.2.2", 65000, true);
	struct bgp_peer_config back = world_peer_config("192.0.2.1", 65000, false);
	struct node *pe;
	struct site t;
	bool reset;

	site_init(&t);
	c.passive = back.passive = true;
	world_peer_as(t.rr, &c);
	pe = world_node(&t.w, "192.0.2.2", 65000, false);
	world_peer_as(pe, &back);
	world_run(&t.w, 60000);
	CHECK_INT(pe->ups, 0);
	c.passive = false;
	CHECK_INT(bgp_peer_change(t.rr->b, &c, t.w.now, &reset), 0);
	world_run(&t.w, 5000);
	CHECK_INT(pe->ups, 1);
	world_fini(&t.w);
}
