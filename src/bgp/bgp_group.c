/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bgp/bgp_group.h"

#include "base/mem.h"
#include "bgp/bgp_int.h"
#include "bgp/bgp_paths.h"

static size_t waiting(const struct bgp_member *m)
{
	return m->peer->up->tx.left;
}

void bgp_group_due(struct bgp_cohort *co)
{
	if (!list_linked(&co->due_link))
		list_add_tail(&co->group->bgp->tx_due, &co->due_link);
}

static void cohort_wake(void *arg)
{
	struct bgp_cohort *co = arg;

	bgp_group_due(co);
	bgp_wake(co->group->bgp);
}

/* --- groups and cohorts --------------------------------------------------------------
 */

/* How many paths of a destination the neighbor gets; 0: the best one, without a path id
 * (RFC 7911 4: both sides have to say so). */
static uint8_t add_path(const struct bgp_peer *p, enum afi afi)
{
	uint32_t both = p->up->ours.addpath_tx & p->up->open.caps.addpath_rx;

	return both & bgp_family_bit(bgp_vpn_family(afi)) ? p->cfg.add_path.send : 0;
}

static struct bgp_group_key key_of(const struct bgp_peer *p, enum afi afi)
{
	const struct bgp_caps *caps = &p->up->open.caps;

	return (struct bgp_group_key){
		.afi = afi,
		.ebgp = p->ebgp,
		.client = p->cfg.client,
		.as4 = caps->as4,
		.llgr = bgp_llgr_known(p),
		.ext_next_hop = caps->ext_next_hop & bgp_family_bit(bgp_vpn_family(afi)),
		.msg_max = (uint32_t)bgp_conn_msg_max(p->up),
		.add_path = add_path(p, afi),
	};
}

static bool same_key(const struct bgp_group_key *a, const struct bgp_group_key *b)
{
	return a->afi == b->afi && a->ebgp == b->ebgp && a->client == b->client &&
	       a->as4 == b->as4 && a->llgr == b->llgr &&
	       a->ext_next_hop == b->ext_next_hop && a->msg_max == b->msg_max &&
	       a->add_path == b->add_path;
}

static struct bgp_group *group_get(struct bgp *b, const struct bgp_group_key *key)
{
	struct bgp_group *g;

	list_for(old, &b->groups, struct bgp_group, link) {
		if (same_key(&old->key, key))
			return old;
	}
	g = mem_new(struct bgp_group);
	g->bgp = b;
	g->key = *key;
	list_init(&g->cohorts);
	list_add_tail(&b->groups, &g->link);
	return g;
}

static struct bgp_cohort *cohort_new(struct bgp_group *g)
{
	struct bgp_cohort *co = mem_new(struct bgp_cohort);

	co->group = g;
	list_init(&co->due_link);
	list_init(&co->members);
	list_add_tail(&g->cohorts, &co->link);
	g->n_cohorts++;
	return co;
}

static void cohort_free(struct bgp_cohort *co)
{
	struct bgp_group *g = co->group;

	must(list_empty(&co->members));
	rib_reader_free(co->reader);
	bgp_paths_free(co->paths);
	list_del(&co->due_link);
	list_del(&co->link);
	free(co);
	if (--g->n_cohorts)
		return;
	list_del(&g->link);
	free(g);
}

static void member_add(struct bgp_cohort *co, struct bgp_member *m)
{
	list_add_tail(&co->members, &m->link);
	m->cohort = co;
	co->n_members++;
}

static void member_del(struct bgp_member *m)
{
	list_del(&m->link);
	m->cohort->n_members--;
	m->cohort = NULL;
}

/* --- coming and going ----------------------------------------------------------------
 */

void bgp_group_join(struct bgp_peer *p, enum afi afi)
{
	struct bgp_group_key key = key_of(p, afi);
	struct bgp_cohort *co = cohort_new(group_get(p->bgp, &key));
	struct bgp_member *m = &p->af[afi].tx;

	co->reader = rib_reader_new(p->bgp->cfg.rib, afi, cohort_wake, co);
	m->peer = p;
	member_add(co, m);
	if (key.add_path) {
		rib_reader_want_all(co->reader);
		co->paths = bgp_paths_new();
	}
	rib_reader_walk(co->reader);
	bgp_group_meet(co);
}

void bgp_group_leave(struct bgp_peer *p, enum afi afi)
{
	struct bgp_member *m = &p->af[afi].tx;
	struct bgp_cohort *co = m->cohort;

	if (!co)
		return;
	member_del(m);
	bits_fini(&m->except);
	if (!co->n_members)
		cohort_free(co);
}

struct bgp_cohort *bgp_group_alone(struct bgp_member *m)
{
	struct bgp_cohort *old = m->cohort, *co;

	if (old->n_members == 1)
		return old;
	co = cohort_new(old->group);
	co->reader = rib_reader_split(old->reader, &m->except, co);
	bits_fini(&m->except);
	member_del(m);
	member_add(co, m);
	return co;
}

void bgp_group_leave_behind(struct bgp_cohort *co, size_t at_least)
{
	struct bgp_cohort *slow = NULL;

	list_for_safe(m, &co->members, struct bgp_member, link) {
		if (waiting(m) < at_least)
			continue;
		if (!slow) {
			slow = cohort_new(co->group);
			slow->reader = rib_reader_split(co->reader, NULL, slow);
		}
		member_del(m);
		member_add(slow, m);
	}
	must(co->n_members);
	if (!slow || slow->n_members > 1)
		return;
	list_for(m, &slow->members, struct bgp_member, link) {
		rib_reader_less(slow->reader, &m->except);
		bits_fini(&m->except);
	}
}

static bool congested(const struct bgp_cohort *co)
{
	list_for(m, &co->members, struct bgp_member, link) {
		if (waiting(m) > co->group->bgp->tx_limits.low)
			return true;
	}
	return false;
}

/* The members of `from` move to `to`: what only one of the two cohorts was told is an
 * exception for the members of the other. */
static void merge(struct bgp_cohort *to, struct bgp_cohort *from)
{
	const struct bits *a = rib_reader_told_set(to->reader), none = { 0 };
	const struct bits *b = rib_reader_told_set(from->reader);
	struct bits only_a = { 0 }, only_b = { 0 };

	bits_add_without(&only_a, a, b);
	bits_add_without(&only_b, b, a);
	list_for(m, &to->members, struct bgp_member, link)
		bits_add_without(&m->except, &only_b, &none);
	list_for_safe(m, &from->members, struct bgp_member, link) {
		bits_add_without(&m->except, &only_a, &none);
		member_del(m);
		member_add(to, m);
	}
	bits_fini(&only_a);
	bits_fini(&only_b);
	rib_reader_merge(to->reader, from->reader);
	from->reader = NULL;
	cohort_free(from);
}

void bgp_group_meet(struct bgp_cohort *co)
{
	struct bgp_group *g = co->group;

	if (g->n_cohorts < 2 || g->key.add_path || congested(co))
		return;
	list_for_safe(other, &g->cohorts, struct bgp_cohort, link) {
		if (other != co && rib_reader_level(co->reader, other->reader) &&
		    !congested(other)) {
			merge(other, co);
			return;
		}
	}
}

void bgp_group_meet_all(struct bgp *b)
{
	list_for(g, &b->groups, struct bgp_group, link) {
		if (g->n_cohorts < 2)
			continue;
		/* Each meets one at most, and leaves the list then. */
		list_for_safe(co, &g->cohorts, struct bgp_cohort, link)
			bgp_group_meet(co);
	}
}

/* --- what they hold ------------------------------------------------------------------
 */

size_t bgp_group_told_count(const struct bgp_peer *p, enum afi afi)
{
	const struct bgp_member *m = &p->af[afi].tx;

	if (!m->cohort)
		return 0;
	if (m->cohort->paths)
		return m->cohort->paths->count;
	return rib_reader_told_count(m->cohort->reader) - m->except.count;
}

bool bgp_group_pending(const struct bgp_peer *p, enum afi afi)
{
	const struct bgp_cohort *co = p->af[afi].tx.cohort;

	return co && rib_reader_pending(co->reader);
}

bool bgp_group_holds(const struct bgp_peer *p, const struct rib_key *key)
{
	const struct bgp_member *m = &p->af[key->prefix.ip.afi].tx;
	uint32_t i;

	return m->cohort && rib_reader_dest(m->cohort->reader, key, &i) &&
	       bits_has(rib_reader_told_set(m->cohort->reader), i) &&
	       !bits_has(&m->except, i);
}
