/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/bgp_write.h"

#include "base/must.h"
#include "wire/bgp_aspath.h"
#include "wire/bgp_attr_table.h"
#include "wire/bgp_msg.h"

enum {
	MP_HDR_SHORT = 3, /* flags, type, one octet of length */
	MP_HDR_EXT = 4,
	RD_LEN = 8,
};

/* Attributes that do not leave the AS, or are made anew towards another. */
static bool stays_inside(uint8_t type)
{
	return type == BGP_ATTR_MED || type == BGP_ATTR_LOCAL_PREF ||
	       type == BGP_ATTR_ORIGINATOR_ID || type == BGP_ATTR_CLUSTER_LIST;
}

static void put_u32(struct wbuf *w, uint8_t flags, enum bgp_attr_type type,
                    uint32_t value)
{
	uint8_t be[4];
	struct wbuf v = wbuf_of(be, sizeof(be));

	wbuf_uint(&v, value, sizeof(be));
	bgp_attr_put(w, flags, (uint8_t)type, be, sizeof(be));
}

/* CLUSTER_LIST with our cluster in front (RFC 4456 8). */
static void put_cluster_list(struct wbuf *w, uint32_t id, const struct bgp_span *old)
{
	uint8_t value[(BGP_MAX_CLUSTERS + 1) * 4];
	struct wbuf v = wbuf_of(value, sizeof(value));

	wbuf_uint(&v, id, 4);
	wbuf_bytes(&v, old->p, old->n);
	must(wbuf_ok(&v)); /* the image holds no more than BGP_MAX_CLUSTERS */
	bgp_attr_put(w, BGP_FLAG_OPTIONAL, BGP_ATTR_CLUSTER_LIST, value, v.len);
}

static void put_as_path(struct wbuf *w, uint8_t flags, const struct bgp_span *path,
                        const struct bgp_send *send)
{
	uint8_t value[BGP_AS_PATH_MAX + 6];
	struct wbuf v = wbuf_of(value, sizeof(value));

	bgp_aspath_write(&v, path, send->ebgp ? send->local_as : 0, send->as4 ? 4 : 2);
	must(wbuf_ok(&v));
	bgp_attr_put(w, flags, BGP_ATTR_AS_PATH, value, v.len);
}

/* AS4_PATH: what the AS_PATH beside it has no room for (RFC 6793 4.2.2). */
static void put_as4_path(struct wbuf *w, const struct bgp_span *path,
                         const struct bgp_send *send)
{
	uint8_t value[BGP_AS_PATH_MAX + 6];
	struct wbuf v = wbuf_of(value, sizeof(value));
	uint32_t as = send->ebgp ? send->local_as : 0;

	if (as <= UINT16_MAX && !bgp_aspath_needs_as4(path))
		return;
	bgp_aspath_write_as4(&v, path, as);
	must(wbuf_ok(&v));
	bgp_attr_put(w, BGP_FLAG_OPTIONAL | BGP_FLAG_TRANSITIVE, BGP_ATTR_AS4_PATH, value,
	             v.len);
}

/* Without the communities that end at the border of the AS (RFC 4360 6). */
static void put_transitive_extcoms(struct wbuf *w, uint8_t flags, struct cur v)
{
	enum { NON_TRANSITIVE = 0x40 }; /* of the type's high octet, RFC 4360 2 */
	uint8_t value[BGP_MAX_COMMUNITIES * sizeof(struct extcom)];
	struct wbuf b = wbuf_of(value, sizeof(value));
	struct extcom c;

	while (cur_left(&v)) {
		cur_copy(&v, c.b, sizeof(c.b));
		if (!(c.b[0] & NON_TRANSITIVE))
			wbuf_bytes(&b, c.b, sizeof(c.b));
	}
	must(wbuf_ok(&b));
	if (b.len)
		bgp_attr_put(w, flags, BGP_ATTR_EXT_COMMUNITIES, value, b.len);
}

static void put_aggregator2(struct wbuf *w, uint8_t flags, struct cur v)
{
	uint32_t as = cur_u32(&v), id = cur_u32(&v);
	uint8_t value[6];
	struct wbuf b = wbuf_of(value, sizeof(value));

	wbuf_uint(&b, as > UINT16_MAX ? BGP_AS_TRANS : as, 2);
	wbuf_uint(&b, id, 4);
	bgp_attr_put(w, flags, BGP_ATTR_AGGREGATOR, value, b.len);
}

/* What the loop over an image meets and does. */
struct walk {
	const struct bgp_send *send;
	struct bgp_span as_path;              /* of the image, for AS4_PATH */
	struct bgp_span aggregator;           /* not empty: AS4_AGGREGATOR is wanted */
	bool pref, originator, clusters, as4; /* written, or not wanted */
};

/* What has to stand in front of an attribute of that type. */
static void put_before(struct wbuf *w, struct walk *k, unsigned type)
{
	static const struct bgp_span none;
	const uint8_t opt_trans = BGP_FLAG_OPTIONAL | BGP_FLAG_TRANSITIVE;

	if (type > BGP_ATTR_LOCAL_PREF && !k->pref) {
		put_u32(w, BGP_FLAG_TRANSITIVE, BGP_ATTR_LOCAL_PREF,
		        BGP_LOCAL_PREF_DEFAULT);
		k->pref = true;
	}
	if (type > BGP_ATTR_ORIGINATOR_ID && !k->originator) {
		put_u32(w, BGP_FLAG_OPTIONAL, BGP_ATTR_ORIGINATOR_ID,
		        k->send->originator_id);
		k->originator = true;
	}
	if (type > BGP_ATTR_CLUSTER_LIST && !k->clusters) {
		put_cluster_list(w, k->send->cluster_id, &none);
		k->clusters = true;
	}
	if (type > BGP_ATTR_AS4_PATH && !k->as4) {
		put_as4_path(w, &k->as_path, k->send);
		if (k->aggregator.n)
			bgp_attr_put(w, opt_trans, BGP_ATTR_AS4_AGGREGATOR,
			             k->aggregator.p, k->aggregator.n);
		k->as4 = true;
	}
}

static void put_attr(struct wbuf *w, struct walk *k, uint8_t flags, uint8_t type,
                     struct cur v, const struct bgp_span *attr)
{
	struct bgp_span value = { .p = v.p, .n = cur_left(&v) };

	if (k->send->ebgp && stays_inside(type))
		return;
	if (type == BGP_ATTR_AS_PATH && (k->send->ebgp || !k->send->as4)) {
		k->as_path = value;
		put_as_path(w, flags, &value, k->send);
		return;
	}
	if (type == BGP_ATTR_AGGREGATOR && !k->send->as4) {
		struct cur as = v;

		if (cur_u32(&as) > UINT16_MAX)
			k->aggregator = value;
		put_aggregator2(w, flags, v);
		return;
	}
	if (type == BGP_ATTR_EXT_COMMUNITIES && k->send->ebgp) {
		put_transitive_extcoms(w, flags, v);
		return;
	}
	if (type == BGP_ATTR_LOCAL_PREF)
		k->pref = true;
	if (type == BGP_ATTR_ORIGINATOR_ID && k->send->own_originator)
		return; /* ours is written before the next one */
	if (type == BGP_ATTR_ORIGINATOR_ID)
		k->originator = true;
	if (type == BGP_ATTR_CLUSTER_LIST && !k->clusters) {
		put_cluster_list(w, k->send->cluster_id, &value);
		k->clusters = true;
		return;
	}
	wbuf_bytes(w, attr->p, attr->n);
}

static bool has_local_pref(struct cur c)
{
	struct bgp_span attr;
	uint8_t flags, type = 0;
	struct cur v;

	while (cur_left(&c) && type < BGP_ATTR_LOCAL_PREF)
		bgp_attr_header(&c, &flags, &type, &v, &attr);
	return type == BGP_ATTR_LOCAL_PREF;
}

bool bgp_write_attrs(struct wbuf *w, const uint8_t *image, size_t n,
                     const struct bgp_send *send)
{
	struct cur c = cur_of(image, n);
	struct walk k = {
		.send = send,
		.pref = !send->local_pref,
		.originator = !send->reflect || send->ebgp,
		.clusters = !send->reflect || send->ebgp,
		.as4 = send->as4,
	};

	if (send->as4 && !send->ebgp && !send->reflect &&
	    (!send->local_pref || has_local_pref(c))) {
		wbuf_bytes(w, image, n);
		return wbuf_ok(w);
	}
	while (cur_left(&c)) {
		struct bgp_span attr;
		uint8_t flags, type;
		struct cur v;

		bgp_attr_header(&c, &flags, &type, &v, &attr);
		must(cur_ok(&c)); /* bgp_attrs_canon() wrote it */
		put_before(w, &k, type);
		put_attr(w, &k, flags, type, v, &attr);
	}
	put_before(w, &k, UINT8_MAX + 1);
	return wbuf_ok(w);
}

/* The message as far as its MP attribute's AFI and SAFI; lengths come at the end. */
static void begin(struct bgp_write *u, struct wbuf *w, size_t max, enum bgp_family family,
                  bool addpath, enum bgp_attr_type type)
{
	*u = (struct bgp_write){ .w = w, .addpath = addpath, .was_full = w->full };
	u->start = bgp_msg_open(w, BGP_UPDATE);
	u->end_max = u->start + max;
	wbuf_u16(w, 0); /* withdrawn routes length */
	wbuf_u16(w, 0); /* total path attribute length */
	u->mp = w->len;
	wbuf_u8(w, BGP_FLAG_OPTIONAL | BGP_FLAG_EXT_LEN);
	wbuf_u8(w, (uint8_t)type);
	wbuf_u16(w, 0);
	wbuf_u16(w, bgp_family_afi(family));
	wbuf_u8(w, bgp_family_safi(family));
}

/* IPv4 next hops of IPv6 routes are IPv4-mapped (RFC 4659 3.2.1.2). */
static void put_nexthop(struct wbuf *w, enum bgp_family family,
                        const struct bgp_nexthop *nh)
{
	static const uint8_t zero_rd[RD_LEN], mapped[12] = { [10] = 0xff, [11] = 0xff };
	bool v6_routes = bgp_family_afi(family) == AFI_IP6;
	bool v4 = nh->addr.afi == AFI_IP4;
	size_t start = w->len;

	wbuf_u8(w, 0);
	if (family == BGP_VPN4 || family == BGP_VPN6)
		wbuf_bytes(w, zero_rd, sizeof(zero_rd));
	if (v4 && v6_routes && family != BGP_MVPN6)
		wbuf_bytes(w, mapped, sizeof(mapped));
	wbuf_bytes(w, nh->addr.b, afi_len(nh->addr.afi));
	if (wbuf_ok(w))
		w->buf[start] = (uint8_t)(w->len - start - 1);
	wbuf_u8(w, 0); /* reserved */
}

void bgp_write_reach(struct bgp_write *u, struct wbuf *w, size_t max,
                     enum bgp_family family, bool addpath, const struct bgp_nexthop *nh,
                     const uint8_t *attrs, size_t attrs_len)
{
	begin(u, w, max, family, addpath, BGP_ATTR_MP_REACH);
	u->attrs = attrs;
	u->attrs_len = attrs_len;
	put_nexthop(w, family, nh);
}

void bgp_write_unreach(struct bgp_write *u, struct wbuf *w, size_t max,
                       enum bgp_family family, bool addpath)
{
	begin(u, w, max, family, addpath, BGP_ATTR_MP_UNREACH);
	u->withdraw = true;
}

/* The route that begins at offset `start` was written: keep it if all still fits. */
static bool keep(struct bgp_write *u, size_t start)
{
	struct wbuf *w = u->w;

	if (wbuf_ok(w) && w->len + u->attrs_len <= u->end_max &&
	    w->len + u->attrs_len <= w->cap) {
		u->n_routes++;
		return true;
	}
	w->len = start;
	if (u->n_routes) /* the message is whole without this one */
		w->full = false;
	return false;
}

bool bgp_write_vpn(struct bgp_write *u, const struct vpn_nlri *r)
{
	size_t start = u->w->len;

	if (u->withdraw)
		nlri_vpn_write_withdrawn(u->w, r, u->addpath);
	else
		nlri_vpn_write(u->w, r, u->addpath);
	return keep(u, start);
}

bool bgp_write_rtc(struct bgp_write *u, const struct rtc_nlri *r)
{
	size_t start = u->w->len;

	nlri_rtc_write(u->w, r, u->addpath);
	return keep(u, start);
}

bool bgp_write_ip(struct bgp_write *u, const struct ip_nlri *r)
{
	size_t start = u->w->len;

	nlri_ip_write(u->w, r, u->addpath);
	return keep(u, start);
}

/* The MP attribute's length; the short form where it will do. */
static void close_mp(struct bgp_write *u)
{
	struct wbuf *w = u->w;
	uint8_t *p = w->buf + u->mp;
	size_t n = w->len - u->mp - MP_HDR_EXT;

	if (n > UINT8_MAX) {
		p[2] = (uint8_t)(n >> 8);
		p[3] = (uint8_t)n;
		return;
	}
	p[0] = BGP_FLAG_OPTIONAL;
	p[2] = (uint8_t)n;
	memmove(p + MP_HDR_SHORT, p + MP_HDR_EXT, n);
	w->len--;
}

static bool finish(struct bgp_write *u)
{
	struct wbuf *w = u->w;
	size_t n;

	if (!wbuf_ok(w))
		return false;
	close_mp(u);
	wbuf_bytes(w, u->attrs, u->attrs_len);
	n = w->len - u->mp;
	if (wbuf_ok(w)) {
		w->buf[u->mp - 2] = (uint8_t)(n >> 8);
		w->buf[u->mp - 1] = (uint8_t)n;
	}
	bgp_msg_close(w, u->start);
	return wbuf_ok(w);
}

bool bgp_write_end(struct bgp_write *u)
{
	if (u->n_routes)
		return finish(u);
	u->w->len = u->start;
	u->w->full = u->was_full;
	return false;
}

void bgp_write_end_of_rib(struct wbuf *w, enum bgp_family family)
{
	struct bgp_write u;

	if (family == BGP_IP4) { /* an empty UPDATE, RFC 4724 2 */
		size_t start = bgp_msg_open(w, BGP_UPDATE);

		wbuf_uint(w, 0, 4);
		bgp_msg_close(w, start);
		return;
	}
	bgp_write_unreach(&u, w, BGP_MSG_MAX, family, false);
	finish(&u);
}
