/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>

#include "base/mem.h"
#include "bgp/bgp_int.h"
#include "bgp/bgp_rtc.h"
#include "wire/bgp_aspath.h"
#include "wire/bgp_orf.h"
#include "wire/bgp_refresh.h"
#include "wire/nlri_vpn.h"

/*
 * UPDATE and ROUTE-REFRESH in.  The codec has found every route and judged every
 * attribute (wire/bgp_update.h); here its verdict is carried out, and what is well-formed
 * but not for us is refused: a refused route counts as withdrawn, for it takes the place
 * of what the neighbor said about that destination before.
 */

struct bgp_ctx bgp_rx_context(const struct bgp_conn *c)
{
	const struct bgp_peer *p = c->peer;
	struct bgp_ctx ctx = {
		.ibgp = !p->ebgp,
		.as4 = c->open.caps.as4,
		.disable_afi = p->cfg.disable_afi,
		.peer_as = p->ebgp ? p->cfg.as : 0,
		.addpath_rx = c->ours.addpath_rx & c->open.caps.addpath_tx,
		.ext_next_hop = bgp_family_bit(BGP_VPN4),
	};

	for (int afi = AFI_IP4; afi <= AFI_IP6; afi++) {
		if (p->af[afi].on && !p->af[afi].disabled)
			ctx.families |= bgp_family_bit(bgp_vpn_family(afi));
	}
	if (p->rtc->on)
		ctx.families |= bgp_family_bit(BGP_RTC);
	return ctx;
}

void bgp_rx_keep(struct bgp_peer *p, const uint8_t *msg, size_t len, const char *why)
{
	buf_fini(&p->malformed);
	buf_put(&p->malformed, msg, len < BGP_MSG_MAX ? len : BGP_MSG_MAX);
	snprintf(p->malformed_why, sizeof(p->malformed_why), "%s", why);
	if (!list_empty(&p->bgp->taps))
		bgp_tap_malformed(p, msg, len);
	p->malformed_at = p->bgp->now;
	p->malformed_ctx = p->up ? bgp_rx_context(p->up) : (struct bgp_ctx){ 0 };
}

const char *bgp_rx_reject_name(enum bgp_reject r)
{
	static const char *const name[BGP_REJECT_END] = {
		[BGP_REJECT_ORIGINATOR] = "own-originator-id",
		[BGP_REJECT_CLUSTER] = "own-cluster-id",
		[BGP_REJECT_AS_LOOP] = "as-loop",
		[BGP_REJECT_NEXT_HOP] = "martian-next-hop",
		[BGP_REJECT_LABEL] = "reserved-label",
		[BGP_REJECT_UNWANTED] = "not-imported",
		[BGP_REJECT_POLICY] = "ebgp-without-policy",
		[BGP_REJECT_PATHS] = "too-many-paths",
		[BGP_REJECT_TOO_BIG] = "attributes-too-big",
		[BGP_REJECT_FULL] = "table-full",
	};

	return r < BGP_REJECT_END ? name[r] : "?";
}

/* RFC 4271 5.1.3, RFC 1122 3.2.1.3, RFC 4291 2: can this be a PE other than ourselves? */
static bool next_hop_ok(const struct bgp *b, const struct bgp_nexthop *nh)
{
	static const uint8_t loopback6[16] = { [15] = 1 };
	const struct ip *a = &nh->addr;

	if (a->afi == AFI_NONE || ip_is_zero(a) || ip_is_multicast(a) ||
	    ip_is_linklocal(a) || ip_eq(a, &b->cfg.source))
		return false;
	if (a->afi == AFI_IP4)
		return a->b[0] != 0 && a->b[0] != 127 && a->b[0] < 240;
	return memcmp(a->b, loopback6, sizeof(loopback6)) != 0;
}

/* May routes with these attributes be used?  BGP_REJECT_END: yes. */
static enum bgp_reject attrs_check(const struct bgp_peer *p, enum bgp_family family,
                                   const struct bgp_attrs *a)
{
	const struct bgp *b = p->bgp;

	if (bgp_attr_has(a, BGP_ATTR_ORIGINATOR_ID) &&
	    a->originator_id == b->cfg.router_id)
		return BGP_REJECT_ORIGINATOR; /* RFC 4456 8 */
	if (bgp_attr_has_cluster(a, b->cfg.cluster_id))
		return BGP_REJECT_CLUSTER; /* RFC 4456 8 */
	if (bgp_aspath_has(&a->as_path, b->cfg.as))
		return BGP_REJECT_AS_LOOP; /* RFC 4271 9.1.2 */
	if (family ==
	    BGP_RTC) /* no packet follows it, and it is negotiated inside only */
		return BGP_REJECT_END;
	if (!next_hop_ok(b, &a->nexthop))
		return BGP_REJECT_NEXT_HOP;
	if (p->ebgp && !p->cfg.accept_all)
		return BGP_REJECT_POLICY; /* RFC 8212 2 */
	if (b->cfg.import_filter && b->hooks.wanted &&
	    !b->hooks.wanted(b->hooks.arg, a->extcoms.p, bgp_attr_n_extcoms(a)))
		return BGP_REJECT_UNWANTED; /* RFC 4364 4.3.2 */
	return BGP_REJECT_END;
}

/*
 * The routes of a message, read some ahead of their use: a large table is in no cache, so
 * that each of them would wait for memory, one after the other (rib_expect()).
 */
enum { RX_AHEAD = 16, RX_AHEAD_MORE = 8 };

struct rx_routes {
	struct rib *rib;
	struct cur nlri;
	enum afi afi;
	bool addpath;
	unsigned read, used; /* count up */
	struct vpn_nlri ring[RX_AHEAD];
	uint64_t hint[RX_AHEAD];
};

static struct rib_key route_key(const struct vpn_nlri *r)
{
	return (struct rib_key){ r->rd, r->prefix };
}

static void rx_routes_read(struct rx_routes *x)
{
	while (x->read - x->used < RX_AHEAD - 1 && cur_left(&x->nlri)) {
		struct vpn_nlri *r = &x->ring[x->read % RX_AHEAD];
		struct rib_key key;

		if (nlri_vpn_read(&x->nlri, x->afi, x->addpath, r) != NLRI_OK)
			break;
		key = route_key(r);
		x->hint[x->read++ % RX_AHEAD] = rib_expect(x->rib, &key);
	}
}

static void rx_routes_init(struct rx_routes *x, struct bgp_peer *p,
                           const struct bgp_mp *mp)
{
	x->rib = p->bgp->cfg.rib;
	x->nlri = mp->nlri;
	x->afi = (enum afi)bgp_family_afi(mp->family);
	x->addpath = mp->addpath;
	x->read = x->used = 0;
	rx_routes_read(x);
}

/* The next one, or NULL; good for RX_AHEAD - 1 more calls. */
static const struct vpn_nlri *rx_routes_next(struct rx_routes *x)
{
	rx_routes_read(x);
	if (x->read - x->used > RX_AHEAD_MORE)
		rib_expect_more(x->rib, x->afi,
		                x->hint[(x->used + RX_AHEAD_MORE) % RX_AHEAD]);
	return x->used < x->read ? &x->ring[x->used++ % RX_AHEAD] : NULL;
}

static void routes_withdraw(struct bgp_peer *p, const struct bgp_mp *mp)
{
	const struct vpn_nlri *r;
	struct rx_routes x;

	if (mp->family == BGP_RTC) {
		bgp_rtc_withdrawn(p, mp);
		return;
	}
	rx_routes_init(&x, p, mp);
	while ((r = rx_routes_next(&x))) {
		const struct rib_key key = route_key(r);

		p->withdrawn_rx++;
		rib_withdraw(x.rib, p->source, &key, r->path_id);
	}
}

/* Nothing of this route is in the table, and nothing was: what the neighbor had told of
 * it before would have been replaced.  It comes again with a route refresh. */
static void route_refused(struct bgp_peer *p, enum rib_kept why)
{
	char text[BGP_NAME_LEN];

	p->rejected[why == RIB_FULL ? BGP_REJECT_FULL : BGP_REJECT_PATHS]++;
	if (!mono_reached(p->bgp->now, p->full_quiet))
		return;
	p->full_quiet = mono_add_ms(p->bgp->now, BGP_SAY_EVERY_S * 1000);
	if (why == RIB_FULL)
		snprintf(text, sizeof(text),
		         "routes refused: the table holds %d prefixes and no more",
		         RIB_DESTS_MAX);
	else
		snprintf(
			text, sizeof(text),
			"routes refused: a prefix takes %d paths of a neighbor, %d of all",
			RIB_PATHS_MAX, RIB_DEST_PATHS_MAX);
	bgp_peer_error(p, "%s", text);
	bgp_say(p, "table-full", text);
}

static void routes_announce(struct bgp_peer *p, const struct bgp_mp *mp,
                            const struct bgp_attrs *view)
{
	struct bgp_conn *c = p->up;
	unsigned life = c->life;
	const struct attrs *attrs;
	const struct vpn_nlri *r;
	struct rx_routes x;

	rx_routes_init(&x, p, mp); /* and while they are fetched: */
	attrs = attrs_intern(rib_attrs(x.rib), view);
	if (!attrs) {
		p->rejected[BGP_REJECT_TOO_BIG] += mp->n_routes;
		routes_withdraw(p, mp);
		return;
	}
	while ((r = rx_routes_next(&x))) {
		const struct rib_key key = route_key(r);

		if (nlri_vpn_label_ok(r)) {
			enum rib_kept kept = rib_announce(x.rib, p->source, &key,
			                                  r->path_id, r->label, attrs);

			p->routes_rx++;
			if (kept != RIB_KEPT)
				route_refused(p, kept);
		} else {
			p->rejected[BGP_REJECT_LABEL]++;
			rib_withdraw(x.rib, p->source, &key, r->path_id);
		}
		if (bgp_limit_check(p, x.afi) || c->life != life)
			break;
	}
	attrs_unref(attrs);
}

static void errors_count(struct bgp_peer *p, const struct bgp_update *u,
                         const uint8_t *msg, size_t len)
{
	char why[BGP_UPDATE_ERR_STRLEN];

	p->fates[u->fate]++;
	for (size_t i = 0; i < u->n_errors && i < BGP_UPDATE_ERRORS; i++)
		p->attr_errors[u->error[i].type]++;
	if (u->n_errors)
		bgp_rx_keep(p, msg, len, bgp_update_err_fmt(&u->error[0], why));
	if (u->n_errors && u->fate != BGP_RESET) {
		bgp_peer_error(p, "malformed UPDATE: %s", p->malformed_why);
		if (mono_reached(p->bgp->now, p->malformed_quiet)) {
			bgp_say(p, "malformed", p->malformed_why);
			p->malformed_quiet =
				mono_add_ms(p->bgp->now, BGP_SAY_EVERY_S * 1000);
		}
	}
}

/* RFC 7606 5.1 names the milder way out: the family is dead until the next session. */
static void families_disable(struct bgp_peer *p, uint32_t families)
{
	for (int afi = AFI_IP4; afi <= AFI_IP6; afi++) {
		if (!(families & bgp_family_bit(bgp_vpn_family(afi))))
			continue;
		p->af[afi].disabled = true;
		bgp_peer_drop(p, afi);
		bgp_say(p, "family-disabled", bgp_family_name(bgp_vpn_family(afi)));
	}
	if (families & bgp_family_bit(BGP_RTC)) {
		bgp_rtc_disable(p);
		bgp_say(p, "family-disabled", bgp_family_name(BGP_RTC));
	}
}

void bgp_rx_update(struct bgp_conn *c, const uint8_t *msg, size_t len)
{
	struct bgp_peer *p = c->peer;
	struct bgp_update *u = &p->bgp->update;
	const struct bgp_ctx ctx = bgp_rx_context(c);
	enum bgp_fate fate =
		bgp_update_read(&ctx, msg + BGP_HDR_LEN, len - BGP_HDR_LEN, u);
	enum bgp_reject reject;

	errors_count(p, u, msg, len);
	if (fate == BGP_RESET) {
		bgp_conn_event(c, BGP_EV_BAD, &u->fault);
		return;
	}
	if (!list_empty(&p->bgp->taps))
		bgp_tap_update(c, u, msg, len);
	if (fate == BGP_DISABLE_AFI) {
		families_disable(p, u->disabled);
		bgp_tap_dropped(c);
	}
	if (u->end_of_rib) {
		if (u->end_of_rib_family == BGP_VPN4 || u->end_of_rib_family == BGP_VPN6)
			bgp_peer_eor(p, (enum afi)bgp_family_afi(u->end_of_rib_family));
		if (u->end_of_rib_family == BGP_RTC)
			bgp_rtc_eor(p);
		return;
	}
	if (u->unreach.present && !(u->disabled & bgp_family_bit(u->unreach.family)))
		routes_withdraw(p, &u->unreach);
	if (!u->reach.present || u->disabled & bgp_family_bit(u->reach.family))
		return;
	if (fate >= BGP_WITHDRAW) { /* … or a family's end, which may hide one */
		routes_withdraw(p, &u->reach);
		return;
	}
	reject = attrs_check(p, u->reach.family, &u->attrs);
	if (reject == BGP_REJECT_END && u->reach.family == BGP_RTC) {
		bgp_rtc_announced(p, &u->reach, &u->attrs);
	} else if (reject == BGP_REJECT_END) {
		routes_announce(p, &u->reach, &u->attrs);
	} else {
		p->rejected[reject] += u->reach.n_routes;
		routes_withdraw(p, &u->reach);
	}
}

/* A whole refresh of the peer's routes begins or ends (RFC 7313 4). */
static void refresh_mark(struct bgp_peer *p, enum afi afi, uint8_t subtype)
{
	if (subtype == BGP_REFRESH_BEGIN) {
		bgp_peer_stale(p, afi);
		bgp_arm(p->bgp, &p->af[afi].sweep, BGP_EORR_WAIT_S * 1000);
	} else if (p->af[afi].stale) {
		bgp_peer_sweep(p, afi);
	}
}

/*
 * Filters behind a request.  None are negotiated, so their entries are read for their
 * form, counted and ignored (RFC 5291 6); what is left is a request for everything, now
 * or, deferred, none.  False: the message is to be ignored whole.
 */
static bool filters_ignore(struct bgp_peer *p, const struct bgp_refresh *r,
                           const uint8_t *msg, size_t len)
{
	enum bgp_orf_err e;
	struct bgp_orf o;

	if (!cur_left(&r->orf))
		return true;
	e = bgp_orf_read(r, &o);
	if (e == BGP_ORF_OK) {
		p->orf_ignored += (uint32_t)(o.n_entries + o.n_unknown);
		return o.when == BGP_ORF_IMMEDIATE;
	}
	p->orf_malformed++;
	bgp_rx_keep(p, msg, len, bgp_orf_err_name(e));
	bgp_peer_error(p, "malformed ROUTE-REFRESH: %s", bgp_orf_err_name(e));
	return false;
}

void bgp_rx_refresh(struct bgp_conn *c, const uint8_t *msg, size_t len)
{
	struct bgp_peer *p = c->peer;
	bool enhanced = c->open.caps.enhanced_refresh;
	struct bgp_refresh r;
	struct bgp_fault f;
	enum afi afi;

	if (!bgp_refresh_read(msg, len, enhanced, &r, &f)) {
		char why[BGP_NOTIFICATION_STRLEN];

		bgp_rx_keep(p, msg, len, bgp_notification_fmt(f.code, f.subcode, why));
		bgp_conn_event(c, BGP_EV_BAD, &f);
		return;
	}
	if (r.family == BGP_RTC)
		bgp_rtc_refresh(p, r.subtype);
	if (r.family != BGP_VPN4 && r.family != BGP_VPN6)
		return; /* RFC 2918 4 */
	afi = (enum afi)r.afi;
	if (!p->af[afi].on)
		return;
	if (r.subtype == BGP_REFRESH_REQUEST) {
		if (filters_ignore(p, &r, msg, len))
			bgp_tx_refresh(p, afi);
	} else if (r.subtype == BGP_REFRESH_BEGIN || r.subtype == BGP_REFRESH_END) {
		refresh_mark(p, afi, r.subtype);
	}
}
