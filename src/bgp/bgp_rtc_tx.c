/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "bgp/bgp_rtc.h"
#include "wire/bgp_refresh.h"
#include "wire/bgp_write.h"

/*
 * Memberships out: as with VPN routes there is no queue, but the set of those that
 * changed, and what to say is read from the table when there is room at the neighbor.
 * They never wait for anything, since the neighbor's VPN routes wait for their end.
 */
struct item {
	const struct rtc_dest *d;
	const struct rtc_path *path; /* NULL: to be withdrawn */
};

static bool has_room(const struct bgp_peer *p)
{
	return p->up->tx.left < p->bgp->tx_limits.high;
}

/* What the neighbor should hold, or NULL. */
static const struct rtc_path *path_for(const struct bgp_rtc_peer *r,
                                       const struct rtc_dest *d)
{
	const struct bgp_peer *p = r->peer;
	enum rtc_audience a = rtc_audience(p);
	const struct rtc_path *path = rtc_best(d, a);
	const struct attrs_rank *rank = path ? attrs_rank(path->attrs) : NULL;

	if (!path || rank->no_advertise)
		return NULL;
	/* It would only throw it away (RFC 4456 8).  A client hears our identifier. */
	if (a == RTC_OTHERS && rank->has_originator &&
	    rank->originator == p->up->open.router_id)
		return NULL;
	return path;
}

/* Withdrawals first, then by what can share a message. */
static int by_kind(const void *va, const void *vb)
{
	const struct item *a = va, *b = vb;
	uintptr_t x = a->path ? (uintptr_t)a->path->attrs : 0;
	uintptr_t y = b->path ? (uintptr_t)b->path->attrs : 0;

	if (x != y)
		return x < y ? -1 : 1;
	if (a->path && a->path->slot != b->path->slot)
		return a->path->slot < b->path->slot ? -1 : 1;
	return a->d->id < b->d->id ? -1 : a->d->id > b->d->id;
}

static bool same_kind(const struct item *a, const struct item *b)
{
	if (!a->path || !b->path)
		return a->path == b->path;
	return a->path->attrs == b->path->attrs && a->path->slot == b->path->slot;
}

static void set_told(struct bgp_rtc_peer *r, uint32_t id, bool told)
{
	struct bgp_rtc *t = r->peer->bgp->rtc;

	if (told) {
		r->tx++;
		if (bits_set(&r->told, id))
			rtc_hold(t->dest[id]);
	} else if (bits_clear(&r->told, id)) {
		r->withdrawn_tx++;
		rtc_release(t, t->dest[id]);
	}
}

static void withdraw(struct bgp_rtc_peer *r, const struct item *it, size_t n)
{
	struct bgp_conn *c = r->peer->up;
	size_t max = bgp_conn_msg_max(c);

	while (n) {
		struct wbuf w = bgp_conn_msg(c, max);
		struct bgp_write u;

		bgp_write_unreach(&u, &w, max, BGP_RTC, false);
		for (; n && bgp_write_rtc(&u, &it->d->nlri); it++, n--)
			set_told(r, it->d->id, false);
		must(bgp_write_end(&u)); /* one always fits */
		bgp_conn_sent(c, BGP_UPDATE, &w);
	}
}

/* The attributes with our additions fit no message (RFC 4271 9.2). */
static void too_big(struct bgp_rtc_peer *r, struct item *it, size_t n)
{
	size_t told = 0;

	r->peer->too_big_tx += (uint32_t)n;
	for (size_t i = 0; i < n; i++) {
		if (bits_has(&r->told, it[i].d->id))
			it[told++] = it[i];
	}
	withdraw(r, it, told);
}

/*
 * RFC 4684 3.2: towards a client we are originator and next hop, or it would throw away
 * what comes from itself: that we ask for the target too is what it has to hear.  Towards
 * others this is reflection as of any route, and our own are announced as such.
 */
static struct bgp_send send_kind(const struct bgp_rtc_peer *r,
                                 const struct rtc_path *path, struct bgp_nexthop *ret_nh)
{
	const struct bgp_peer *p = r->peer;
	const struct bgp_config *cfg = &p->bgp->cfg;
	const struct rib_source *s = rtc_source(p->bgp->rtc, path);
	bool client = rtc_audience(p) == RTC_CLIENTS;

	*ret_nh = *attrs_nexthop(path->attrs);
	if (s->local || client)
		*ret_nh = (struct bgp_nexthop){ .addr = p->up->local };
	return (struct bgp_send){
		.as4 = p->up->open.caps.as4,
		.local_as = cfg->as,
		.local_pref = true,
		.reflect = !s->local,
		.own_originator = client,
		.originator_id = client ? cfg->router_id : s->router_id,
		.cluster_id = cfg->cluster_id,
	};
}

static void announce(struct bgp_rtc_peer *r, struct item *it, size_t n)
{
	struct bgp_conn *c = r->peer->up;
	struct bgp_span image = attrs_image(it->path->attrs);
	size_t max = bgp_conn_msg_max(c);
	uint8_t buf[BGP_MSG_MAX_EXT];
	struct wbuf attrs = wbuf_of(buf, sizeof(buf));
	struct bgp_nexthop nh;
	const struct bgp_send kind = send_kind(r, it->path, &nh);

	if (!bgp_write_attrs(&attrs, image.p, image.n, &kind)) {
		too_big(r, it, n);
		return;
	}
	while (n) {
		struct wbuf w = bgp_conn_msg(c, max);
		struct bgp_write u;

		bgp_write_reach(&u, &w, max, BGP_RTC, false, &nh, attrs.buf, attrs.len);
		for (; n && bgp_write_rtc(&u, &it->d->nlri); it++, n--)
			set_told(r, it->d->id, true);
		if (!bgp_write_end(&u)) {
			too_big(r, it, n);
			return;
		}
		bgp_conn_sent(c, BGP_UPDATE, &w);
	}
}

/*
 * Some of what changed, until the batch is full; returns how much of it is to be said.
 *
 * Who is told the default is told nothing else: it says all.  The two never stand side by
 * side at the neighbor, not even for a moment, since GoBGP before 3.36 dies of that: the
 * default goes first, or comes last.
 */
static size_t batch_fill(struct bgp_rtc_peer *r, struct item *it)
{
	const struct bgp_rtc *t = r->peer->bgp->rtc;
	const struct rtc_dest *all = rtc_default(t);
	bool covered = all && path_for(r, all);
	size_t n = 0;

	if (all && !covered && bits_has(&r->told, all->id)) {
		bits_clear(&r->dirty, all->id);
		it[n++] = (struct item){ all, NULL };
		return n;
	}

	for (uint32_t i = bits_next(&r->dirty, 0); i != BITS_NONE && n < BGP_RTC_BATCH;
	     i = bits_next(&r->dirty, i + 1)) { /* at most two for each */
		const struct rtc_dest *d = t->dest[i];
		const struct rtc_path *path;

		if (d && d == all && r->dirty.count > 1)
			continue;
		bits_clear(&r->dirty, i);
		if (!d) /* gone, and it was never told */
			continue;
		path = covered && d != all ? NULL : path_for(r, d);
		if (bits_has(&r->told, i) && (!path || bits_has(&r->gone, i)))
			it[n++] = (struct item){ d, NULL };
		if (path)
			it[n++] = (struct item){ d, path };
		bits_clear(&r->gone, i);
	}
	return n;
}

static void batch_send(struct bgp_rtc_peer *r, struct item *it, size_t n)
{
	qsort(it, n, sizeof(*it), by_kind);
	for (size_t i = 0, k; i < n; i = k) {
		for (k = i + 1; k < n && same_kind(&it[i], &it[k]); k++)
			;
		if (it[i].path)
			announce(r, it + i, k - i);
		else
			withdraw(r, it + i, k - i);
	}
}

/* --- End-of-RIB, refresh -------------------------------------------------------------
 */

static void refresh_send(struct bgp_rtc_peer *r, enum bgp_refresh_subtype sub)
{
	struct wbuf w = bgp_conn_msg(r->peer->up, BGP_MSG_MAX);

	bgp_refresh_write(&w, BGP_RTC, sub);
	bgp_conn_sent(r->peer->up, BGP_ROUTE_REFRESH, &w);
}

/* Everything there is to tell is to be told. */
static void mark_all(struct bgp_rtc_peer *r)
{
	const struct bgp_rtc *t = r->peer->bgp->rtc;

	for (uint32_t i = 0; i < t->n_dest; i++) {
		if (t->dest[i] && rtc_best(t->dest[i], rtc_audience(r->peer)))
			bits_set(&r->dirty, i);
	}
}

static void refresh_begin(struct bgp_rtc_peer *r)
{
	r->refresh_again = false;
	if (r->peer->up->open.caps.enhanced_refresh) {
		refresh_send(r, BGP_REFRESH_BEGIN);
		r->eorr_due = true;
	}
	mark_all(r);
}

static void caught_up(struct bgp_rtc_peer *r)
{
	if (!r->eor_sent) { /* with or without graceful restart (RFC 4684 6) */
		struct wbuf w = bgp_conn_msg(r->peer->up, BGP_MSG_MAX);

		bgp_write_end_of_rib(&w, BGP_RTC);
		bgp_conn_sent(r->peer->up, BGP_UPDATE, &w);
		r->eor_sent = true;
	}
	if (r->eorr_due) {
		refresh_send(r, BGP_REFRESH_END);
		r->eorr_due = false;
	}
	if (r->refresh_again)
		refresh_begin(r);
}

void rtc_tx_again(struct bgp_rtc_peer *r)
{
	/* No BoRR before End-of-RIB, nor inside another refresh (RFC 7313 4). */
	if (!r->eor_sent || r->eorr_due)
		r->refresh_again = true;
	else
		refresh_begin(r);
	bgp_rtc_due(r->peer);
}

/* --- when ----------------------------------------------------------------------------
 */

void rtc_tx_begin(struct bgp_rtc_peer *r)
{
	r->eor_sent = r->eorr_due = r->refresh_again = false;
	mark_all(r);
	bgp_rtc_due(r->peer);
}

void rtc_tx_end(struct bgp_rtc_peer *r)
{
	struct bgp_rtc *t = r->peer->bgp->rtc;

	for (uint32_t i = bits_next(&r->told, 0); i != BITS_NONE;
	     i = bits_next(&r->told, i + 1))
		rtc_release(t, t->dest[i]);
	bits_fini(&r->told);
	bits_fini(&r->dirty);
	bits_fini(&r->gone);
}

/* Nothing is closed before its time: see rtc_clients_heard(). */
static bool may_close(const struct bgp_rtc_peer *r)
{
	return r->eor_sent || rtc_audience(r->peer) == RTC_CLIENTS ||
	       rtc_clients_heard(r->peer->bgp->rtc);
}

bool rtc_tx_pending(const struct bgp_rtc_peer *r)
{
	if (!r->on || !has_room(r->peer))
		return false;
	return r->dirty.count ||
	       ((!r->eor_sent || r->eorr_due || r->refresh_again) && may_close(r));
}

void rtc_tx_flush(struct bgp_rtc_peer *r)
{
	struct item item[BGP_RTC_BATCH + 1];

	while (r->peer->up && rtc_tx_pending(r)) {
		batch_send(r, item, batch_fill(r, item));
		if (!r->dirty.count && may_close(r))
			caught_up(r);
	}
	if (r->peer->up)
		bgp_conn_push(r->peer->up);
	if (r->peer->up)
		bgp_rtc_due(r->peer); /* the transport took it all: room for more */
}
