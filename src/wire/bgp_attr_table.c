/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/bgp_attr_table.h"

#include "base/must.h"
#include "wire/bgp_aspath.h"
#include "wire/bgp_msg.h"

enum {
	WELL_KNOWN = BGP_FLAG_TRANSITIVE,
	OPTIONAL = BGP_FLAG_OPTIONAL,
	OPT_TRANS = BGP_FLAG_OPTIONAL | BGP_FLAG_TRANSITIVE,
	ANY_LEN = UINT16_MAX,
};

static const struct bgp_attr_verdict fine;

static struct bgp_attr_verdict wrong(uint8_t subcode)
{
	return (struct bgp_attr_verdict){ .subcode = subcode };
}

static struct bgp_span span_of(const struct cur *v)
{
	return (struct bgp_span){ .p = v->p, .n = cur_left(v) };
}

static struct bgp_attr_verdict read_origin(struct bgp_attr_in *in, struct cur v)
{
	in->attrs->origin = cur_u8(&v);
	return in->attrs->origin > BGP_ORIGIN_INCOMPLETE ? wrong(BGP_UPDATE_BAD_ORIGIN)
	                                                 : fine;
}

static struct bgp_attr_verdict path_verdict(enum bgp_aspath_err e)
{
	return e == BGP_ASPATH_BAD    ? wrong(BGP_UPDATE_BAD_AS_PATH)
	       : e == BGP_ASPATH_LONG ? wrong(BGP_UPDATE_OVER_LIMIT)
	                              : fine;
}

static struct bgp_attr_verdict read_as_path(struct bgp_attr_in *in, struct cur v)
{
	struct bgp_span path = span_of(&v);

	if (in->ctx->as4)
		in->attrs->as_path = path;
	else
		in->path2 = path;
	/* Confederations end at the AS border (RFC 5065 5), inside they are passed on. */
	return path_verdict(
		bgp_aspath_check(path.p, path.n, in->ctx->as4 ? 4 : 2, in->ctx->ibgp));
}

static struct bgp_attr_verdict read_as4_path(struct bgp_attr_in *in, struct cur v)
{
	struct bgp_span path = span_of(&v);
	struct bgp_attr_verdict bad =
		path_verdict(bgp_aspath_check(path.p, path.n, 4, true));

	if (!bad.subcode)
		in->path4 = path;
	return bad;
}

static struct bgp_attr_verdict read_next_hop(struct bgp_attr_in *in, struct cur v)
{
	in->u->ip4_nexthop.addr = ip_of(AFI_IP4, v.p);
	return fine;
}

static struct bgp_attr_verdict read_med(struct bgp_attr_in *in, struct cur v)
{
	in->attrs->med = cur_u32(&v);
	return fine;
}

static struct bgp_attr_verdict read_local_pref(struct bgp_attr_in *in, struct cur v)
{
	in->attrs->local_pref = cur_u32(&v);
	return fine;
}

static struct bgp_attr_verdict read_atomic(struct bgp_attr_in *in, struct cur v)
{
	(void)v;
	in->attrs->atomic_aggregate = true;
	return fine;
}

static struct bgp_attr_verdict read_aggregator(struct bgp_attr_in *in, struct cur v)
{
	size_t as_len = in->ctx->as4 ? 4 : 2;

	if (cur_left(&v) != as_len + 4)
		return wrong(BGP_UPDATE_BAD_LENGTH);
	in->attrs->aggregator_as = cur_uint(&v, as_len);
	in->attrs->aggregator_id = cur_u32(&v);
	return in->attrs->aggregator_as ? fine
	                                : wrong(BGP_UPDATE_BAD_OPTIONAL); /* RFC 7607 */
}

static struct bgp_attr_verdict read_as4_aggregator(struct bgp_attr_in *in, struct cur v)
{
	in->as4_aggregator_as = cur_u32(&v);
	in->as4_aggregator_id = cur_u32(&v);
	in->has_as4_aggregator = in->as4_aggregator_as != 0;
	return in->has_as4_aggregator ? fine : wrong(BGP_UPDATE_BAD_OPTIONAL);
}

static struct bgp_attr_verdict read_communities(struct bgp_attr_in *in, struct cur v)
{
	in->attrs->communities = span_of(&v);
	return fine;
}

static struct bgp_attr_verdict read_originator_id(struct bgp_attr_in *in, struct cur v)
{
	in->attrs->originator_id = cur_u32(&v);
	return fine;
}

static struct bgp_attr_verdict read_cluster_list(struct bgp_attr_in *in, struct cur v)
{
	in->attrs->cluster_list = span_of(&v);
	return fine;
}

static struct bgp_attr_verdict read_extcoms(struct bgp_attr_in *in, struct cur v)
{
	in->attrs->extcoms = span_of(&v);
	return fine;
}

static struct bgp_attr_verdict read_largecoms(struct bgp_attr_in *in, struct cur v)
{
	in->attrs->largecoms = span_of(&v);
	return fine;
}

/*
 * Fates are those of RFC 7606 7, of RFC 6793 6 for the AS4 attributes, of RFC 8092 5 for
 * large communities, of RFC 6514 5 for PMSI_TUNNEL.
 */
/* clang-format off */
static const struct bgp_attr_row attr_row[] = {
	[BGP_ATTR_ORIGIN] = { .name = "ORIGIN", .flags = WELL_KNOWN,
		.min = 1, .max = 1, .bad = BGP_WITHDRAW, .read = read_origin },
	[BGP_ATTR_AS_PATH] = { .name = "AS_PATH", .flags = WELL_KNOWN,
		.max = ANY_LEN, .bad = BGP_WITHDRAW, .read = read_as_path },
	[BGP_ATTR_NEXT_HOP] = { .name = "NEXT_HOP", .flags = WELL_KNOWN,
		.min = 4, .max = 4, .bad = BGP_WITHDRAW, .read = read_next_hop },
	[BGP_ATTR_MED] = { .name = "MULTI_EXIT_DISC", .flags = OPTIONAL,
		.min = 4, .max = 4, .bad = BGP_WITHDRAW, .read = read_med },
	[BGP_ATTR_LOCAL_PREF] = { .name = "LOCAL_PREF", .flags = WELL_KNOWN,
		.min = 4, .max = 4, .bad = BGP_WITHDRAW, .ibgp_only = true,
		.read = read_local_pref },
	[BGP_ATTR_ATOMIC_AGGREGATE] = { .name = "ATOMIC_AGGREGATE", .flags = WELL_KNOWN,
		.bad = BGP_DISCARD_ATTR, .read = read_atomic },
	[BGP_ATTR_AGGREGATOR] = { .name = "AGGREGATOR", .flags = OPT_TRANS,
		.min = 6, .max = 8, .bad = BGP_DISCARD_ATTR, .read = read_aggregator },
	[BGP_ATTR_COMMUNITIES] = { .name = "COMMUNITIES", .flags = OPT_TRANS,
		.min = 4, .max = ANY_LEN, .unit = 4, .limit = BGP_MAX_COMMUNITIES * 4,
		.bad = BGP_WITHDRAW, .read = read_communities },
	[BGP_ATTR_ORIGINATOR_ID] = { .name = "ORIGINATOR_ID", .flags = OPTIONAL,
		.min = 4, .max = 4, .bad = BGP_WITHDRAW, .ibgp_only = true,
		.read = read_originator_id },
	[BGP_ATTR_CLUSTER_LIST] = { .name = "CLUSTER_LIST", .flags = OPTIONAL,
		.min = 4, .max = ANY_LEN, .unit = 4, .limit = BGP_MAX_CLUSTERS * 4,
		.bad = BGP_WITHDRAW, .ibgp_only = true, .read = read_cluster_list },
	[BGP_ATTR_MP_REACH] = { .name = "MP_REACH_NLRI", .flags = OPTIONAL,
		.max = ANY_LEN, .bad = BGP_RESET, .read = bgp_mp_read_reach },
	[BGP_ATTR_MP_UNREACH] = { .name = "MP_UNREACH_NLRI", .flags = OPTIONAL,
		.max = ANY_LEN, .bad = BGP_RESET, .read = bgp_mp_read_unreach },
	[BGP_ATTR_EXT_COMMUNITIES] = { .name = "EXTENDED_COMMUNITIES", .flags = OPT_TRANS,
		.min = 8, .max = ANY_LEN, .unit = 8, .limit = BGP_MAX_COMMUNITIES * 8,
		.bad = BGP_WITHDRAW, .read = read_extcoms },
	[BGP_ATTR_AS4_PATH] = { .name = "AS4_PATH", .flags = OPT_TRANS,
		.min = 6, .max = ANY_LEN, .bad = BGP_DISCARD_ATTR, .as2_only = true,
		.read = read_as4_path },
	[BGP_ATTR_AS4_AGGREGATOR] = { .name = "AS4_AGGREGATOR", .flags = OPT_TRANS,
		.min = 8, .max = 8, .bad = BGP_DISCARD_ATTR, .as2_only = true,
		.read = read_as4_aggregator },
	[BGP_ATTR_PMSI_TUNNEL] = { .name = "PMSI_TUNNEL", .flags = OPT_TRANS,
		.min = 5, .max = ANY_LEN, .bad = BGP_WITHDRAW, .carry = true },
	[BGP_ATTR_TUNNEL_ENCAP] = { .name = "TUNNEL_ENCAP", .flags = OPT_TRANS,
		.max = ANY_LEN, .bad = BGP_DISCARD_ATTR, .carry = true },
	[BGP_ATTR_IP6_EXT_COMMUNITIES] = { .name = "IPV6_EXTENDED_COMMUNITIES",
		.flags = OPT_TRANS, .min = 20, .max = ANY_LEN, .unit = 20,
		.limit = BGP_MAX_COMMUNITIES * 20, .bad = BGP_WITHDRAW, .carry = true },
	[BGP_ATTR_LARGE_COMMUNITIES] = { .name = "LARGE_COMMUNITY", .flags = OPT_TRANS,
		.min = 12, .max = ANY_LEN, .unit = 12, .limit = BGP_MAX_COMMUNITIES * 12,
		.bad = BGP_WITHDRAW, .read = read_largecoms },
	[BGP_ATTR_PREFIX_SID] = { .name = "PREFIX_SID", .flags = OPT_TRANS,
		.max = ANY_LEN, .bad = BGP_DISCARD_ATTR, .carry = true },
};
/* clang-format on */

const struct bgp_attr_row *bgp_attr_row(uint8_t type)
{
	return type < ARRAY_LEN(attr_row) && attr_row[type].name ? &attr_row[type] : NULL;
}

const char *bgp_attr_name(uint8_t type)
{
	const struct bgp_attr_row *row = bgp_attr_row(type);

	return row ? row->name : "unknown";
}

bool bgp_attr_carry(struct bgp_attrs *a, const uint8_t *attr, size_t len)
{
	if (a->n_carried == BGP_MAX_CARRIED)
		return false;
	a->carried[a->n_carried++] = (struct bgp_span){ .p = attr, .n = len };
	return true;
}

bool bgp_attr_header(struct cur *c, uint8_t *ret_flags, uint8_t *ret_type,
                     struct cur *ret_v, struct bgp_span *ret_attr)
{
	const uint8_t *p = c->p;
	size_t left = cur_left(c), head, len;

	*ret_flags = left > 0 ? p[0] : 0;
	*ret_type = left > 1 ? p[1] : 0;
	head = *ret_flags & BGP_FLAG_EXT_LEN ? 4 : 3;
	len = left < head ? 0 : head == 4 ? (size_t)p[2] << 8 | p[3] : p[2];
	/* Field by field: what is stored in parts and copied as a whole has to wait. */
	ret_v->bad = c->bad = c->bad || left < head || left - head < len;
	if (c->bad)
		head = len = 0;
	ret_v->p = p + head;
	ret_v->end = c->p = p + head + len;
	ret_attr->p = p;
	ret_attr->n = head + len;
	return !c->bad;
}

void bgp_attr_put(struct wbuf *w, uint8_t flags, uint8_t type, const void *value,
                  size_t n)
{
	bool ext = n > UINT8_MAX;

	if (n > UINT16_MAX) {
		w->full = true;
		return;
	}
	wbuf_u8(w, (uint8_t)((flags & ~BGP_FLAG_EXT_LEN) | (ext ? BGP_FLAG_EXT_LEN : 0)));
	wbuf_u8(w, type);
	wbuf_uint(w, (uint32_t)n, ext ? 2 : 1);
	wbuf_bytes(w, value, n);
}
