/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/bgp_attr.h"

#include "base/cur.h"
#include "wire/bgp_attr_table.h"

static bool has_unit(const struct bgp_span *s, const void *unit, size_t n)
{
	for (size_t i = 0; i + n <= s->n; i += n) {
		if (!memcmp(s->p + i, unit, n))
			return true;
	}
	return false;
}

static bool has_u32(const struct bgp_span *s, uint32_t v)
{
	uint8_t be[4];
	struct wbuf w = wbuf_of(be, sizeof(be));

	wbuf_uint(&w, v, sizeof(be));
	return has_unit(s, be, sizeof(be));
}

bool bgp_attr_has_extcom(const struct bgp_attrs *a, const struct extcom *c)
{
	return has_unit(&a->extcoms, c->b, sizeof(c->b));
}

bool bgp_attr_has_cluster(const struct bgp_attrs *a, uint32_t cluster_id)
{
	return has_u32(&a->cluster_list, cluster_id);
}

bool bgp_attr_has_community(const struct bgp_attrs *a, uint32_t community)
{
	return has_u32(&a->communities, community);
}

static void put_value(struct wbuf *w, const struct bgp_attrs *a, enum bgp_attr_type type,
                      const void *value, size_t n)
{
	uint8_t flags = bgp_attr_row((uint8_t)type)->flags;

	if (a->partial >> type & 1)
		flags |= BGP_FLAG_PARTIAL;
	bgp_attr_put(w, flags, (uint8_t)type, value, n);
}

static void put_span(struct wbuf *w, const struct bgp_attrs *a, enum bgp_attr_type type,
                     const struct bgp_span *s)
{
	put_value(w, a, type, s->p, s->n);
}

static void put_u32(struct wbuf *w, const struct bgp_attrs *a, enum bgp_attr_type type,
                    uint32_t v, uint32_t v2)
{
	uint8_t be[8];
	struct wbuf b = wbuf_of(be, sizeof(be));

	wbuf_uint(&b, v, 4);
	wbuf_uint(&b, v2, 4);
	put_value(w, a, type, be, type == BGP_ATTR_AGGREGATOR ? 8 : 4);
}

static void put_known(struct wbuf *w, const struct bgp_attrs *a, enum bgp_attr_type type)
{
	switch (type) {
	case BGP_ATTR_ORIGIN: put_value(w, a, type, &a->origin, 1); break;
	case BGP_ATTR_AS_PATH: put_span(w, a, type, &a->as_path); break;
	case BGP_ATTR_MED: put_u32(w, a, type, a->med, 0); break;
	case BGP_ATTR_LOCAL_PREF: put_u32(w, a, type, a->local_pref, 0); break;
	case BGP_ATTR_ATOMIC_AGGREGATE: put_value(w, a, type, NULL, 0); break;
	case BGP_ATTR_AGGREGATOR:
		put_u32(w, a, type, a->aggregator_as, a->aggregator_id);
		break;
	case BGP_ATTR_COMMUNITIES: put_span(w, a, type, &a->communities); break;
	case BGP_ATTR_ORIGINATOR_ID: put_u32(w, a, type, a->originator_id, 0); break;
	case BGP_ATTR_CLUSTER_LIST: put_span(w, a, type, &a->cluster_list); break;
	case BGP_ATTR_EXT_COMMUNITIES: put_span(w, a, type, &a->extcoms); break;
	case BGP_ATTR_LARGE_COMMUNITIES: put_span(w, a, type, &a->largecoms); break;
	default: break; /* not of the image */
	}
}

/* An attribute we do not know has been accepted by us unread: RFC 4271 5 wants that seen
 * in its Partial bit. */
static void put_carried(struct wbuf *w, const struct bgp_span *s)
{
	struct cur c = cur_of(s->p, s->n), v;
	struct bgp_span attr;
	uint8_t flags, type;

	bgp_attr_header(&c, &flags, &type, &v, &attr);
	if (!bgp_attr_row(type))
		flags |= BGP_FLAG_PARTIAL;
	flags &= BGP_FLAG_OPTIONAL | BGP_FLAG_TRANSITIVE | BGP_FLAG_PARTIAL;
	bgp_attr_put(w, flags, type, v.p, cur_left(&v));
}

/* The carried attribute of the lowest type in [min, max), or NULL. */
static const struct bgp_span *lowest_carried(const struct bgp_attrs *a, unsigned min,
                                             unsigned max)
{
	const struct bgp_span *best = NULL;

	for (size_t i = 0; i < a->n_carried; i++) {
		unsigned type = a->carried[i].p[1];

		if (type >= min && type < max) {
			best = &a->carried[i];
			max = type;
		}
	}
	return best;
}

static void put_carried_below(struct wbuf *w, const struct bgp_attrs *a, unsigned *next,
                              unsigned max)
{
	const struct bgp_span *s;

	while ((s = lowest_carried(a, *next, max))) {
		put_carried(w, s);
		*next = s->p[1] + 1u;
	}
}

size_t bgp_attrs_canon(const struct bgp_attrs *a, struct wbuf *w)
{
	size_t start = w->len;
	unsigned next = 0;

	for (unsigned type = 1; a->present >> type; type++) {
		if (!(a->present >> type & 1))
			continue;
		if (a->n_carried)
			put_carried_below(w, a, &next, type);
		put_known(w, a, type);
	}
	if (a->n_carried)
		put_carried_below(w, a, &next, 256);
	return wbuf_ok(w) ? w->len - start : 0;
}

bool bgp_attrs_of_canon(const uint8_t *image, size_t n, struct bgp_attrs *ret)
{
	static const struct bgp_ctx ctx = { .ibgp = true, .as4 = true };
	struct bgp_attr_in in = { .ctx = &ctx, .attrs = ret };
	struct cur c = cur_of(image, n);

	memset(ret, 0, sizeof(*ret));
	while (cur_left(&c)) {
		const struct bgp_attr_row *row;
		struct bgp_span attr;
		uint8_t flags, type;
		struct cur v;

		if (!bgp_attr_header(&c, &flags, &type, &v, &attr))
			return false;
		row = bgp_attr_row(type);
		if (!row || row->carry) {
			if (!bgp_attr_carry(ret, attr.p, attr.n))
				return false;
			continue;
		}
		if (type == BGP_ATTR_NEXT_HOP || type == BGP_ATTR_MP_REACH ||
		    type == BGP_ATTR_MP_UNREACH || row->as2_only ||
		    cur_left(&v) < row->min || row->read(&in, v).subcode)
			return false;
		bgp_attr_set(ret, type);
		if (flags & BGP_FLAG_PARTIAL)
			ret->partial |= UINT64_C(1) << type;
	}
	return true;
}
