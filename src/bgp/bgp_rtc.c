/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bgp/bgp_rtc.h"

#include "base/mem.h"
#include "wire/bgp_refresh.h"

/*
 * Route target constrain with a neighbor.
 *
 * VPN routes wait for the neighbor's memberships to be complete, so that it is not
 * flooded with what it does not want; a minute at most.  After that, what it says is
 * collected until the turn of the loop ends, and then its routes are looked through once:
 * it gets what it misses and loses what it no longer wants, and nothing else is sent.
 *
 * One thing more.  A PE that gives up a target throws away what still comes with it, and
 * may ask again, by that target or another, before we have looked: then we see a route it
 * was told of and wants, but it may not have it.  So what a membership that went asked
 * for is sent again when others come before its going is carried through (`lost`); and we
 * say that ours went (`gone`) though it be back before we come to say it.
 */

static const enum afi families[] = { AFI_IP4, AFI_IP6 };

static struct bgp_rtc *table_of(const struct bgp_rtc_peer *r)
{
	return r->peer->bgp->rtc;
}

void bgp_rtc_due(struct bgp_peer *p)
{
	struct bgp_rtc_peer *r = p->rtc;

	if (p->up && (r->wishes || r->ask || rtc_tx_pending(r)) && !list_linked(&r->due))
		list_add_tail(&table_of(r)->due, &r->due);
}

/* --- what the neighbor wants ---------------------------------------------------------
 */

/* A route target of any type, those nobody has thought of yet included: a transitive
 * community of that subtype (RFC 4360 4, RFC 7153 5). */
static bool is_target(const struct extcom *c)
{
	enum { NON_TRANSITIVE = 0x40 };

	return c->b[1] == EXTCOM_RT && !(c->b[0] & NON_TRANSITIVE);
}

static bool asks_for(const struct bgp_rtc_peer *r, const struct bits *set,
                     const struct attrs *a)
{
	struct bgp_span all = attrs_extcoms(a);
	struct extcom c;

	for (size_t i = 0; i + sizeof(c.b) <= all.n; i += sizeof(c.b)) {
		memcpy(c.b, all.p + i, sizeof(c.b));
		if (is_target(&c) && rtc_wanted(table_of(r), set, &c))
			return true;
	}
	return false;
}

bool bgp_rtc_wants(const struct bgp_peer *p, enum afi afi, const struct attrs *a)
{
	const struct bgp_rtc_peer *r = p->rtc;

	(void)afi; /* a membership is for both families */
	return !r->on || r->all || asks_for(r, &r->has, a);
}

bool bgp_rtc_unsure(const struct bgp_peer *p, const struct attrs *a)
{
	const struct bgp_rtc_peer *r = p->rtc;

	return r->unsure && (r->lost_all || asks_for(r, &r->lost, a));
}

static void forget_lost(struct bgp_rtc_peer *r)
{
	struct bits lost = r->lost;

	r->lost = (struct bits){ 0 };
	r->lost_all = 0;
	r->unsure = false;
	for (uint32_t i = bits_next(&lost, 0); i != BITS_NONE;
	     i = bits_next(&lost, i + 1))
		rtc_release(table_of(r), table_of(r)->dest[i]);
	bits_fini(&lost);
}

/* Its routes have been looked through since its wishes changed last. */
static bool settled(const struct bgp_rtc_peer *r)
{
	return !r->wishes && !bgp_tx_reconsidering(r->peer, AFI_IP4) &&
	       !bgp_tx_reconsidering(r->peer, AFI_IP6);
}

static void wishes_changed(struct bgp_rtc_peer *r)
{
	if (!r->on || r->waiting)
		return;
	r->wishes = true;
	bgp_rtc_due(r->peer);
}

static void gained(struct bgp_rtc_peer *r, const struct rtc_nlri *n)
{
	bool had_all = r->all;

	r->all += n->bits <= RTC_AS_BITS;
	if (had_all)
		return;
	if (r->lost.count && settled(r))
		forget_lost(r);
	r->unsure = r->lost.count;
	wishes_changed(r);
}

static void membership_del(struct bgp_rtc_peer *r, const struct rtc_nlri *n)
{
	struct rtc_dest *d;

	if (r->lost.count && settled(r))
		forget_lost(r); /* first: it may hold the last of this one */
	d = rtc_del(table_of(r), r->slot, n);
	if (!d)
		return;
	bits_clear(&r->stale, d->id);
	r->all -= n->bits <= RTC_AS_BITS;
	if (r->on && !r->waiting && !r->all) {
		if (bits_set(&r->lost, d->id)) {
			rtc_hold(d);
			r->lost_all += n->bits <= RTC_AS_BITS;
		}
		wishes_changed(r);
	}
	rtc_tidy(table_of(r), d);
}

static void members_del(struct bgp_rtc_peer *r, const struct bits *which)
{
	for (uint32_t i = bits_next(which, 0); i != BITS_NONE;
	     i = bits_next(which, i + 1)) {
		const struct rtc_nlri n = table_of(r)->dest[i]->nlri;

		membership_del(r, &n); /* takes it out of *which */
	}
}

/* --- stale: of before a restart (RFC 4724), of before a refresh (RFC 7313) -----------
 */

static void sweep(struct bgp_rtc_peer *r)
{
	bgp_disarm(r->peer->bgp, &r->sweep);
	members_del(r, &r->stale);
}

static void sweep_due(struct bgp_timer *t, struct mono now)
{
	sweep(container_of(t, struct bgp_rtc_peer, sweep));
}

static void mark_stale(struct bgp_rtc_peer *r, int64_t seconds)
{
	for (uint32_t i = bits_next(&r->has, 0); i != BITS_NONE;
	     i = bits_next(&r->has, i + 1))
		bits_set(&r->stale, i);
	if (r->stale.count)
		bgp_arm(r->peer->bgp, &r->sweep, seconds * 1000);
}

/* --- the session ---------------------------------------------------------------------
 */

bool bgp_rtc_offered(const struct bgp_peer *p)
{
	/* From outside the AS a membership needs policy as any route does (RFC 8212). */
	return !p->ebgp && p->cfg.rt_constrain;
}

/*
 * After a restart of ours (RFC 4724 4.1, for memberships): others let go of what they
 * kept for us at our End-of-RIB, and send no more than what we have asked for until then;
 * so it has to wait for what our clients want.
 */
bool rtc_clients_heard(const struct bgp_rtc *t)
{
	const struct bgp *b = t->bgp;
	bool connecting =
		mono_ms_since(b->now, b->started_at) < BGP_DEFER_CONNECT_S * 1000;

	if (!b->deferring)
		return true;
	list_for(p, &b->peers, struct bgp_peer, link) {
		if (!p->cfg.client || p->shutdown)
			continue;
		if (p->up ? p->rtc->waiting : connecting && !p->ups)
			return false;
	}
	return true;
}

void bgp_rtc_recheck(struct bgp_rtc *t)
{
	list_for(p, &t->bgp->peers, struct bgp_peer, link)
		bgp_rtc_due(p);
}

static void gate_open(struct bgp_rtc_peer *r)
{
	if (!r->waiting)
		return;
	r->waiting = false;
	bgp_disarm(r->peer->bgp, &r->wait);
	bgp_tx_begin(r->peer);
	bgp_rtc_recheck(table_of(r));
}

static void wait_over(struct bgp_timer *t, struct mono now)
{
	struct bgp_rtc_peer *r = container_of(t, struct bgp_rtc_peer, wait);

	if (r->peer->up->open.caps.gr.present) {
		r->waited_out++;
		bgp_say(r->peer, "rt-constrain",
		        "no End-of-RIB of its memberships in time; it gets what they say");
	}
	gate_open(r);
}

/* Our wish for everything goes to non-clients too while a client cannot say what it
 * wants; and it may be all we know of a client that it could not, last time. */
static void default_review(struct bgp_rtc *t)
{
	struct rtc_dest *d = rtc_default(t);

	if (d)
		rtc_choose(t, d);
}

static void set_plain(struct bgp_rtc_peer *r, bool plain)
{
	if (plain == r->plain || !r->peer->cfg.client)
		return;
	r->plain = plain;
	table_of(r)->n_plain += plain ? 1 : SIZE_MAX;
	default_review(table_of(r));
}

void bgp_rtc_up(struct bgp_peer *p)
{
	const struct bgp_caps *caps = &p->up->open.caps;
	uint32_t bit = bgp_family_bit(BGP_RTC);
	struct bgp_rtc_peer *r = p->rtc;
	bool on = bgp_rtc_offered(p) && caps->families & bit;

	r->disabled = r->eor_seen = false;
	set_plain(r, !on);
	if (!on || !caps->gr.present || !(caps->gr.families & caps->gr.forwarding & bit))
		sweep(r);
	else if (r->stale.count)
		bgp_arm(p->bgp, &r->sweep, BGP_EORR_WAIT_S * 1000);
	r->on = on;
	if (!on)
		return;
	r->waiting = true;
	bgp_arm(p->bgp, &r->wait,
	        (caps->gr.present ? BGP_RTC_WAIT_S : BGP_RTC_WAIT_NO_GR_S) * 1000);
	rtc_tx_begin(r);
}

/* No more is said to it, and it is forgotten what it had heard. */
static void session_end(struct bgp_rtc_peer *r)
{
	bgp_disarm(r->peer->bgp, &r->wait);
	rtc_tx_end(r);
	forget_lost(r);
	r->on = r->waiting = r->wishes = r->ask = false;
	list_del(&r->due);
}

void bgp_rtc_down(struct bgp_peer *p, int64_t keep_s)
{
	struct bgp_rtc_peer *r = p->rtc;

	session_end(r);
	sweep(r); /* what was stale already had its chance */
	if (keep_s)
		mark_stale(r, keep_s);
	else
		members_del(r, &r->has);
}

void bgp_rtc_stop(struct bgp_peer *p)
{
	sweep(p->rtc);
}

void bgp_rtc_disable(struct bgp_peer *p)
{
	struct bgp_rtc_peer *r = p->rtc;
	bool waited = r->waiting;

	if (!r->on)
		return;
	session_end(r);
	r->disabled = true;
	set_plain(r, true);
	bgp_disarm(p->bgp, &r->sweep);
	members_del(r, &r->has);
	if (waited)
		bgp_tx_begin(p);
	else
		for (size_t i = 0; i < ARRAY_LEN(families); i++)
			bgp_tx_reconsider(p, families[i]);
}

/* --- in ------------------------------------------------------------------------------
 */

static bool too_many(struct bgp_rtc_peer *r)
{
	struct bgp_fault f;
	uint8_t data[7];
	struct wbuf w = wbuf_of(data, sizeof(data));

	if (r->has.count <= BGP_RTC_MAX)
		return false;
	sweep(r); /* what is on its way out does not count */
	if (r->has.count <= BGP_RTC_MAX)
		return false;
	r->over_limit++;
	bgp_say(r->peer, "refused", "more route target memberships than one may have");
	wbuf_u16(&w, AFI_IP4); /* RFC 4486 4 */
	wbuf_u8(&w, BGP_SAFI_RTC);
	wbuf_uint(&w, BGP_RTC_MAX, 4);
	bgp_notification_fault(&f, BGP_ERR_CEASE, BGP_CEASE_MAX_PREFIXES, data, w.len);
	bgp_conn_event(r->peer->up, BGP_EV_BAD, &f);
	return true;
}

void bgp_rtc_announced(struct bgp_peer *p, const struct bgp_mp *mp,
                       const struct bgp_attrs *a)
{
	struct bgp_rtc_peer *r = p->rtc;
	struct bgp_rtc *t = table_of(r);
	const struct attrs *attrs = attrs_intern(t->attrs, a);
	struct cur c = mp->nlri;
	struct rtc_nlri n;

	if (!attrs) {
		p->rejected[BGP_REJECT_TOO_BIG] += mp->n_routes;
		bgp_rtc_withdrawn(p, mp);
		return;
	}

	while (cur_left(&c) && nlri_rtc_read(&c, mp->addpath, &n) == NLRI_OK) {
		r->rx++;
		if (rtc_add(t, r->slot, &n, attrs))
			gained(r, &n);
		bits_clear(&r->stale, rtc_find(t, &n)->id);
		if (too_many(r))
			break;
	}
	attrs_unref(attrs);
}

void bgp_rtc_withdrawn(struct bgp_peer *p, const struct bgp_mp *mp)
{
	struct cur c = mp->nlri;
	struct rtc_nlri n;

	while (cur_left(&c) && nlri_rtc_read(&c, mp->addpath, &n) == NLRI_OK) {
		p->rtc->withdrawn_rx++;
		membership_del(p->rtc, &n);
	}
}

void bgp_rtc_eor(struct bgp_peer *p)
{
	struct bgp_rtc_peer *r = p->rtc;

	if (!r->on)
		return;
	r->eor_seen = true;
	sweep(r);
	gate_open(r);
}

void bgp_rtc_refresh(struct bgp_peer *p, uint8_t subtype)
{
	struct bgp_rtc_peer *r = p->rtc;

	if (!r->on)
		return;
	if (subtype == BGP_REFRESH_REQUEST)
		rtc_tx_again(r);
	else if (subtype == BGP_REFRESH_BEGIN)
		mark_stale(r, BGP_EORR_WAIT_S);
	else if (subtype == BGP_REFRESH_END)
		sweep(r);
}

/* --- our own imports -----------------------------------------------------------------
 */

static struct rtc_nlri import_nlri(const struct bgp *b, const struct extcom *rt)
{
	return (struct rtc_nlri){ .origin_as = b->cfg.as,
		                  .rt = *rt,
		                  .bits = NLRI_RTC_FULL };
}

void bgp_import_add(struct bgp *b, const struct extcom *rt, struct mono now)
{
	const struct rtc_nlri n = import_nlri(b, rt);

	b->now = now;
	if (!rtc_add(b->rtc, RTC_SELF, &n, b->rtc->own))
		return;
	list_for(p, &b->peers, struct bgp_peer, link) {
		if (!p->up || p->rtc->on || !b->cfg.import_filter)
			continue;
		p->rtc->ask = true;
		bgp_rtc_due(p);
	}
	bgp_wake(b);
}

void bgp_import_del(struct bgp *b, const struct extcom *rt, struct mono now)
{
	const struct rtc_nlri n = import_nlri(b, rt);
	struct rtc_dest *d = rtc_del(b->rtc, RTC_SELF, &n);

	b->now = now;
	if (!d)
		return;
	list_for(p, &b->peers, struct bgp_peer, link) {
		if (bits_has(&p->rtc->told, d->id))
			bits_set(&p->rtc->gone, d->id);
	}
	rtc_tidy(b->rtc, d);
	bgp_wake(b);
}

/* What is originated with nothing but what has to be there; the next hop is put in for
 * each session. */
static const struct attrs *own_attrs(struct attrs_table *t)
{
	struct bgp_attrs a = { .origin = BGP_ORIGIN_IGP, .local_pref = 100 };

	bgp_attr_set(&a, BGP_ATTR_ORIGIN);
	bgp_attr_set(&a, BGP_ATTR_AS_PATH);
	bgp_attr_set(&a, BGP_ATTR_LOCAL_PREF);
	return attrs_intern(t, &a);
}

/* --- the speaker's and a neighbor's part ---------------------------------------------
 */

struct bgp_rtc *bgp_rtc_new(struct bgp *b)
{
	const struct rtc_nlri all = { .bits = RTC_DEFAULT_BITS };
	struct bgp_rtc *t = mem_new(struct bgp_rtc);

	t->bgp = b;
	t->n_slots = RTC_SELF + 1;
	t->peer = mem_zalloc(sizeof(struct bgp_peer *));
	list_init(&t->due);
	t->attrs = attrs_table_new();
	t->own = own_attrs(t->attrs);
	if (!b->cfg.import_filter)
		rtc_add(t, RTC_SELF, &all, t->own);
	return t;
}

void bgp_rtc_free(struct bgp_rtc *t)
{
	for (uint32_t i = 0; i < t->n_dest; i++) {
		struct rtc_dest *d = t->dest[i];

		if (d && rtc_del(t, RTC_SELF, &d->nlri))
			rtc_tidy(t, d);
	}
	attrs_unref(t->own);
	rtc_table_fini(t);
	attrs_table_free(t->attrs);
	free(t);
}

void bgp_rtc_peer_new(struct bgp_peer *p)
{
	struct bgp_rtc_peer *r = mem_new(struct bgp_rtc_peer);
	struct bgp_rtc *t = p->bgp->rtc;
	size_t slot = RTC_SELF + 1;

	while (slot < t->n_slots && t->peer[slot])
		slot++;
	must(slot < RTC_NONE);
	if (slot == t->n_slots)
		t->peer = mem_realloc(t->peer, ++t->n_slots * sizeof(struct bgp_peer *));
	t->peer[slot] = p;
	p->rtc = r;
	r->peer = p;
	r->slot = (uint16_t)slot;
	r->wait.fire = wait_over;
	r->sweep.fire = sweep_due;
	list_init(&r->due);
	t->n_clients += p->cfg.client;
	default_review(t);
}

void bgp_rtc_peer_free(struct bgp_peer *p)
{
	struct bgp_rtc_peer *r = p->rtc;
	struct bgp_rtc *t = table_of(r);

	session_end(r);
	sweep(r);
	members_del(r, &r->has);
	t->n_plain -= r->plain;
	t->n_clients -= p->cfg.client;
	t->peer[r->slot] = NULL;
	default_review(t);
	bits_fini(&r->has);
	bits_fini(&r->stale);
	free(r);
}

void bgp_rtc_run(struct bgp_rtc *t)
{
	struct list due;

	list_init(&due);
	while (!list_empty(&t->due)) {
		struct list *l = t->due.next;

		list_del(l);
		list_add_tail(&due, l);
	}
	while (!list_empty(&due)) {
		struct bgp_rtc_peer *r = list_first(&due, struct bgp_rtc_peer, due);
		bool wishes = r->wishes, ask = r->ask;

		list_del(&r->due);
		r->wishes = r->ask = false;
		for (size_t i = 0; i < ARRAY_LEN(families); i++) {
			if (wishes)
				bgp_tx_reconsider(r->peer, families[i]);
			if (ask)
				bgp_tx_ask(r->peer, families[i]);
		}
		rtc_tx_flush(r);
	}
}
