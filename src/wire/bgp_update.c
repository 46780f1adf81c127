/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/bgp_update.h"

#include <stdio.h>

#include "base/must.h"
#include "wire/bgp_aspath.h"
#include "wire/bgp_attr_table.h"
#include "wire/bgp_msg.h"
#include "wire/nlri.h"

/* What has been met in the attribute list, apart from what was read of it. */
struct list {
	struct bgp_attr_in in;
	struct bgp_update *u;
	uint64_t seen[4]; /* bit per type, malformed ones too */
	bool others;      /* there is more than MP_UNREACH_NLRI */
	size_t n;
};

static bool seen(const struct list *l, unsigned type)
{
	return l->seen[type / 64] >> type % 64 & 1;
}

static void see(struct list *l, unsigned type)
{
	l->seen[type / 64] |= UINT64_C(1) << type % 64;
}

/* RFC 7606 3 h: of several faults the strongest counts, and the first of those is told.
 */
static void fail(struct bgp_update *u, uint8_t type, enum bgp_fate fate, uint8_t subcode,
                 const struct bgp_span *attr)
{
	if (u->n_errors < BGP_UPDATE_ERRORS)
		u->error[u->n_errors] = (struct bgp_update_err){ .type = type,
			                                         .fate = (uint8_t)fate,
			                                         .subcode = subcode };
	u->n_errors++;
	if (fate <= u->fate)
		return;
	u->fate = fate;
	if (subcode == BGP_UPDATE_OVER_LIMIT)
		subcode = BGP_UPDATE_BAD_LIST;
	bgp_notification_fault(&u->fault, BGP_ERR_UPDATE, subcode, attr ? attr->p : NULL,
	                       attr ? attr->n : 0);
}

/* An attribute without a row: RFC 4271 5, 6.3. */
static void read_unknown(struct list *l, uint8_t flags, uint8_t type,
                         const struct bgp_span *attr)
{
	if (!(flags & BGP_FLAG_OPTIONAL))
		fail(l->u, type, BGP_RESET, BGP_UPDATE_UNKNOWN_WELL_KNOWN, attr);
	else if (flags & BGP_FLAG_TRANSITIVE &&
	         !bgp_attr_carry(&l->u->attrs, attr->p, attr->n))
		fail(l->u, type, BGP_WITHDRAW, BGP_UPDATE_OVER_LIMIT, attr);
}

static void read_known(struct list *l, const struct bgp_attr_row *row, uint8_t flags,
                       uint8_t type, struct cur v, const struct bgp_span *attr)
{
	const uint8_t fixed = BGP_FLAG_OPTIONAL | BGP_FLAG_TRANSITIVE;
	struct bgp_update *u = l->u;
	size_t len = cur_left(&v);
	struct bgp_attr_verdict bad = { 0 };

	if ((row->ibgp_only && !l->in.ctx->ibgp) || (row->as2_only && l->in.ctx->as4)) {
		fail(u, type, BGP_DISCARD_ATTR, BGP_UPDATE_BAD_OPTIONAL, attr);
		return;
	}
	if ((flags & fixed) !=
	    row->flags) { /* RFC 7606 3 c; its routes are still located */
		fail(u, type, BGP_WITHDRAW, BGP_UPDATE_BAD_FLAGS, attr);
		if (type != BGP_ATTR_MP_REACH && type != BGP_ATTR_MP_UNREACH)
			return;
	}
	if (len < row->min || len > row->max || (row->unit && len % row->unit)) {
		fail(u, type, row->bad, BGP_UPDATE_BAD_LENGTH, attr);
		return;
	}
	if (row->limit && len > row->limit) {
		fail(u, type, BGP_WITHDRAW, BGP_UPDATE_OVER_LIMIT, attr);
		return;
	}
	if (row->carry) {
		if (!bgp_attr_carry(&u->attrs, attr->p, attr->n))
			fail(u, type, BGP_WITHDRAW, BGP_UPDATE_OVER_LIMIT, attr);
		return;
	}
	bad = row->read(&l->in, v);
	if (bad.subcode) {
		fail(u, type, bad.fate ? bad.fate : row->bad, bad.subcode, attr);
		return;
	}
	if (type == BGP_ATTR_MP_REACH || type == BGP_ATTR_MP_UNREACH ||
	    type == BGP_ATTR_NEXT_HOP || row->as2_only)
		return; /* not of the set */
	bgp_attr_set(&u->attrs, type);
	if (flags & BGP_FLAG_PARTIAL)
		u->attrs.partial |= UINT64_C(1) << type;
}

static void read_list(struct list *l, struct cur c)
{
	while (cur_left(&c)) {
		const struct bgp_attr_row *row;
		struct bgp_span attr;
		uint8_t flags, type;
		struct cur v;

		if (!bgp_attr_header(&c, &flags, &type, &v, &attr)) {
			/* RFC 7606 4: what was read so far stays read */
			fail(l->u, 0, BGP_WITHDRAW, BGP_UPDATE_BAD_LIST, NULL);
			l->others = true;
			return;
		}
		l->n++;
		l->others |= type != BGP_ATTR_MP_UNREACH;
		if (seen(l, type)) { /* RFC 7606 3 g */
			bool mp =
				type == BGP_ATTR_MP_REACH || type == BGP_ATTR_MP_UNREACH;

			fail(l->u, type, mp ? BGP_RESET : BGP_DISCARD_ATTR,
			     BGP_UPDATE_BAD_LIST, mp ? NULL : &attr);
			continue;
		}
		see(l, type);
		row = bgp_attr_row(type);
		if (row)
			read_known(l, row, flags, type, v, &attr);
		else
			read_unknown(l, flags, type, &attr);
	}
}

/* AS_PATH and AGGREGATOR of a peer with two-octet AS numbers (RFC 6793 4.2.3). */
static void merge_as4(struct list *l)
{
	struct bgp_attrs *a = &l->u->attrs;
	bool ignore = false;

	if (l->in.ctx->as4)
		return;
	if (bgp_attr_has(a, BGP_ATTR_AGGREGATOR) && l->in.has_as4_aggregator) {
		ignore = a->aggregator_as != BGP_AS_TRANS;
		if (!ignore) {
			a->aggregator_as = l->in.as4_aggregator_as;
			a->aggregator_id = l->in.as4_aggregator_id;
		}
	}
	if (!bgp_attr_has(a, BGP_ATTR_AS_PATH))
		return;
	a->as_path.p = l->u->as_path;
	if (bgp_aspath_merge(l->in.path2.p, l->in.path2.n, l->in.path4.p,
	                     ignore ? 0 : l->in.path4.n, l->u->as_path, &a->as_path.n))
		fail(l->u, BGP_ATTR_AS_PATH, BGP_WITHDRAW, BGP_UPDATE_OVER_LIMIT, NULL);
}

static void need(struct list *l, enum bgp_attr_type type)
{
	const uint8_t data = (uint8_t)type;
	const struct bgp_span attr = { .p = &data, .n = 1 };

	if (!seen(l, type))
		fail(l->u, data, BGP_WITHDRAW, BGP_UPDATE_MISSING, &attr);
}

/*
 * What announced routes need.  LOCAL_PREF is not among it even inside the AS: RFC 4271 5
 * calls it discretionary, and 100 is what everybody assumes.
 */
static void check_set(struct list *l, bool classic)
{
	const struct bgp_ctx *ctx = l->in.ctx;
	struct bgp_update *u = l->u;

	need(l, BGP_ATTR_ORIGIN);
	need(l, BGP_ATTR_AS_PATH);
	if (classic) {
		need(l, BGP_ATTR_NEXT_HOP);
		if (u->ip4_nexthop.addr.afi && !bgp_mp_nexthop_ok(&u->ip4_nexthop.addr))
			fail(u, BGP_ATTR_NEXT_HOP, BGP_WITHDRAW, BGP_UPDATE_BAD_NEXT_HOP,
			     NULL);
	}
	if (!ctx->ibgp && ctx->peer_as && bgp_attr_has(&u->attrs, BGP_ATTR_AS_PATH) &&
	    bgp_aspath_first(&u->attrs.as_path) != ctx->peer_as)
		fail(u, BGP_ATTR_AS_PATH, BGP_WITHDRAW, BGP_UPDATE_BAD_AS_PATH, NULL);
}

/* The fields in front of and behind the attributes (RFC 4271 4.3, RFC 7606 5.3). */
static void read_classic(const struct bgp_ctx *ctx, struct bgp_update *u,
                         struct cur withdrawn, struct cur nlri)
{
	size_t n;

	u->ip4_addpath = ctx->addpath_rx & bgp_family_bit(BGP_IP4);
	if (!(ctx->families & bgp_family_bit(BGP_IP4))) {
		if (cur_left(&withdrawn) || cur_left(&nlri))
			fail(u, 0, BGP_DISCARD_ATTR, BGP_UPDATE_BAD_NETWORK, NULL);
		return;
	}
	if (nlri_check(BGP_IP4, withdrawn, u->ip4_addpath, &n) != NLRI_OK ||
	    nlri_check(BGP_IP4, nlri, u->ip4_addpath, &n) != NLRI_OK) {
		fail(u, 0, BGP_RESET, BGP_UPDATE_BAD_NETWORK, NULL);
		return;
	}
	u->withdrawn = withdrawn;
	u->nlri = nlri;
}

/* RFC 4724 2: no routes and no attributes, or nothing but an empty MP_UNREACH_NLRI. */
static void find_end_of_rib(struct list *l)
{
	struct bgp_update *u = l->u;

	if (u->fate != BGP_OK || cur_left(&u->withdrawn) || cur_left(&u->nlri))
		return;
	if (!l->n && l->in.ctx->families & bgp_family_bit(BGP_IP4)) {
		u->end_of_rib = true;
		u->end_of_rib_family = BGP_IP4;
	} else if (l->n == 1 && u->unreach.present && !cur_left(&u->unreach.nlri)) {
		u->end_of_rib = true;
		u->end_of_rib_family = u->unreach.family;
	}
}

enum bgp_fate bgp_update_read(const struct bgp_ctx *ctx, const uint8_t *body, size_t len,
                              struct bgp_update *ret)
{
	struct cur c = cur_of(body, len), withdrawn, list, nlri;
	struct list l = {
		.in = {.ctx = ctx, .attrs = &ret->attrs, .u = ret},
                  .u = ret
	};
	bool classic, announced;

	/* as_path is scratch and big: it is written where it is used */
	memset(ret, 0, offsetof(struct bgp_update, as_path));
	withdrawn = cur_sub(&c, cur_u16(&c));
	list = cur_sub(&c, cur_u16(&c));
	nlri = cur_sub(&c, cur_left(&c));
	if (!cur_ok(&c)) { /* RFC 7606 3 b */
		fail(ret, 0, BGP_RESET, BGP_UPDATE_BAD_LIST, NULL);
		return ret->fate;
	}

	read_list(&l, list);
	merge_as4(&l);
	read_classic(ctx, ret, withdrawn, nlri);
	classic = cur_left(&ret->nlri);
	announced = classic || cur_left(&ret->reach.nlri);
	ret->attrs.nexthop = ret->reach.present ? ret->reach.nexthop : ret->ip4_nexthop;
	if (announced)
		check_set(&l, classic);
	find_end_of_rib(&l);

	/* RFC 7606 5.2: attributes in error and no route to withdraw for it, so nobody
	 * knows what was meant. */
	if (ret->fate == BGP_WITHDRAW && l.others && !announced && !cur_left(&nlri) &&
	    !l.in.foreign_routes)
		ret->fate = BGP_RESET;
	return ret->fate;
}

const char *bgp_update_fate_name(enum bgp_fate fate)
{
	static const char *const name[] = {
		[BGP_OK] = "ok",
		[BGP_DISCARD_ATTR] = "attribute discard",
		[BGP_WITHDRAW] = "treat-as-withdraw",
		[BGP_DISABLE_AFI] = "AFI/SAFI disable",
		[BGP_RESET] = "session reset",
	};

	return fate < ARRAY_LEN(name) ? name[fate] : "unknown";
}

char *bgp_update_err_fmt(const struct bgp_update_err *e,
                         char buf[static BGP_UPDATE_ERR_STRLEN])
{
	const char *what = "more than we hold", *fate = bgp_update_fate_name(e->fate);
	char text[BGP_NOTIFICATION_STRLEN], *colon;

	if (e->subcode != BGP_UPDATE_OVER_LIMIT) {
		colon = strchr(bgp_notification_fmt(BGP_ERR_UPDATE, e->subcode, text),
		               ':');
		what = colon ? colon + 2 : text;
	}
	if (!e->type)
		snprintf(buf, BGP_UPDATE_ERR_STRLEN, "%s, %s", what, fate);
	else if (bgp_attr_row(e->type))
		snprintf(buf, BGP_UPDATE_ERR_STRLEN, "%s: %s, %s", bgp_attr_name(e->type),
		         what, fate);
	else
		snprintf(buf, BGP_UPDATE_ERR_STRLEN, "attribute %u: %s, %s", e->type,
		         what, fate);
	return buf;
}
