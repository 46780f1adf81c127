/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bgp/bgp_int.h"
#include "bgp/bgp_rtc.h"
#include "wire/bgp_refresh.h"
#include "wire/bgp_write.h"

/*
 * Out of the rib: when.  There is no Adj-RIB-Out and no queue of routes: a cohort's
 * rib_reader (bgp_group.h) knows which destinations changed and which ones are held, and
 * messages are made from the table while a member has room.  MinRouteAdvertisement is 0:
 * a change leaves in the turn of the loop it came in.
 */
static bool has_room(const struct bgp_peer *p)
{
	return p->up->tx.left < p->bgp->tx_limits.high;
}

/* The bytes go to the transport at the end of the turn: one call for all of them. */
void bgp_tx_push_due(struct bgp_peer *p)
{
	if (!list_linked(&p->push_link))
		list_add_tail(&p->bgp->tx_push, &p->push_link);
}

/* --- End-of-RIB, refresh -------------------------------------------------------------
 */

static void refresh_send(struct bgp_peer *p, enum afi afi, enum bgp_refresh_subtype sub)
{
	struct wbuf w = bgp_conn_msg(p->up, BGP_MSG_MAX);

	bgp_refresh_write(&w, bgp_vpn_family(afi), sub);
	bgp_conn_sent(p->up, BGP_ROUTE_REFRESH, &w);
}

static void refresh_begin(struct bgp_peer *p, enum afi afi)
{
	struct bgp_peer_af *af = &p->af[afi];
	struct bgp_cohort *co = bgp_group_alone(&af->tx);

	af->refresh_again = false;
	if (p->up->open.caps.enhanced_refresh) {
		refresh_send(p, afi, BGP_REFRESH_BEGIN);
		bgp_tx_push_due(p);
		af->eorr_due = true;
	}
	rib_reader_walk(co->reader);
	bgp_group_due(co); /* and not met with others here: callers hold the cohort */
}

/* There is nothing more for the family: close what was being sent. */
static void caught_up(struct bgp_peer *p, enum afi afi)
{
	struct bgp_peer_af *af = &p->af[afi];

	if (!af->eor_sent && !p->bgp->eor_held) {
		struct wbuf w = bgp_conn_msg(p->up, BGP_MSG_MAX);

		bgp_write_end_of_rib(&w, bgp_vpn_family(afi));
		bgp_conn_sent(p->up, BGP_UPDATE, &w);
		bgp_tx_push_due(p);
		af->eor_sent = true;
	}
	if (af->eorr_due) {
		refresh_send(p, afi, BGP_REFRESH_END);
		bgp_tx_push_due(p);
		af->eorr_due = false;
	}
	if (af->refresh_again && af->eor_sent)
		refresh_begin(p, afi);
}

void bgp_tx_refresh(struct bgp_peer *p, enum afi afi)
{
	struct bgp_peer_af *af = &p->af[afi];

	/* No BoRR before End-of-RIB, nor inside another refresh (RFC 7313 4). */
	if (!af->eor_sent || af->eorr_due || rib_reader_walking(af->tx.cohort->reader)) {
		af->refresh_again = true;
	} else {
		refresh_begin(p, afi);
		bgp_group_meet(af->tx.cohort);
	}
	bgp_tx_due(p);
}

void bgp_tx_ask(struct bgp_peer *p, enum afi afi)
{
	if (!p->up || !p->af[afi].on || !p->up->open.caps.refresh)
		return;
	refresh_send(p, afi, BGP_REFRESH_REQUEST);
	bgp_conn_push(p->up);
}

/* What it should hold is another question now: look at all routes again, send those it
 * lacks, withdraw those it should not have. */
void bgp_tx_reconsider(struct bgp_peer *p, enum afi afi)
{
	struct bgp_cohort *co;

	if (!p->af[afi].tx.cohort)
		return;
	co = bgp_group_alone(&p->af[afi].tx);
	rib_reader_scan(co->reader);
	bgp_group_due(co);
	bgp_wake(p->bgp);
}

bool bgp_tx_reconsidering(const struct bgp_peer *p, enum afi afi)
{
	const struct bgp_cohort *co = p->af[afi].tx.cohort;

	return co && rib_reader_walking(co->reader);
}

/* --- when ----------------------------------------------------------------------------
 */

static void cohort_flush(struct bgp_cohort *co)
{
	const struct bgp_tx_limits *limits = &co->group->bgp->tx_limits;
	size_t done = 0, room = 0;

	while (rib_reader_pending(co->reader) && done < limits->turn) {
		room = 0;
		list_for(m, &co->members, struct bgp_member, link)
			room += has_room(m->peer);
		if (!room)
			return;
		if (room < co->n_members)
			bgp_group_leave_behind(co, limits->lag);
		done += bgp_batch_send(co->group->bgp->batch, co);
	}
	if (rib_reader_pending(co->reader))
		return;
	list_for_safe(m, &co->members, struct bgp_member, link)
		caught_up(m->peer, co->group->key.afi);
}

static bool wants_turn(const struct bgp_cohort *co)
{
	if (!rib_reader_pending(co->reader))
		return false;
	list_for(m, &co->members, struct bgp_member, link) {
		if (has_room(m->peer))
			return true;
	}
	return false;
}

void bgp_tx_due(struct bgp_peer *p)
{
	for (int afi = AFI_IP4; p->up && afi <= AFI_IP6; afi++) {
		struct bgp_cohort *co = p->af[afi].tx.cohort;

		if (co && (rib_reader_pending(co->reader) || co->group->n_cohorts > 1))
			bgp_group_due(co);
	}
}

void bgp_tx_run(struct bgp *b)
{
	struct list due, again;

	list_init(&due);
	list_init(&again);
	if (bgp_restart_may_send(b))
		list_take_all(&due, &b->tx_due);
	while (!list_empty(&due)) {
		struct bgp_cohort *co = list_first(&due, struct bgp_cohort, due_link);
		bool room = wants_turn(co);

		list_del(&co->due_link);
		cohort_flush(co);
		/* Who found no room goes first the next time. */
		if (!list_linked(&co->due_link))
			list_add_tail(room ? &again : again.next, &co->due_link);
	}
	while (!list_empty(&b->tx_push)) {
		struct bgp_peer *p = list_first(&b->tx_push, struct bgp_peer, push_link);

		list_del(&p->push_link);
		if (p->up)
			bgp_conn_push(p->up);
	}
	while (!list_empty(&again)) {
		struct bgp_cohort *co = list_first(&again, struct bgp_cohort, due_link);

		list_del(&co->due_link);
		if (wants_turn(co))
			bgp_group_due(co);
	}
	bgp_group_meet_all(b);
}

void bgp_tx_begin(struct bgp_peer *p)
{
	for (int afi = AFI_IP4; afi <= AFI_IP6; afi++) {
		/* Not even End-of-RIB before it is known what the peer wants. */
		if (p->af[afi].on && !bgp_rtc_waits(p->rtc))
			bgp_group_join(p, afi);
	}
}

void bgp_tx_end(struct bgp_peer *p)
{
	bgp_group_leave(p, AFI_IP4);
	bgp_group_leave(p, AFI_IP6);
	list_del(&p->push_link);
}
