/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/wire/bgp_recode.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "wire/bgp_aspath.h"
#include "wire/bgp_msg.h"
#include "wire/bgp_orf.h"
#include "wire/bgp_refresh.h"

enum { IMAGE_MAX = BGP_IMAGE_MAX };

/* Routes of any family we have a codec for. */
struct route {
	struct vpn_nlri vpn;
	struct rtc_nlri rtc;
	struct ip_nlri ip;
};

static bool is_vpn(enum bgp_family f)
{
	return f == BGP_VPN4 || f == BGP_VPN6;
}

static bool read_route(struct cur *c, enum bgp_family f, bool addpath, struct route *ret)
{
	enum afi afi = bgp_family_afi(f);

	if (is_vpn(f))
		return nlri_vpn_read(c, afi, addpath, &ret->vpn) == NLRI_OK;
	if (f == BGP_RTC)
		return nlri_rtc_read(c, addpath, &ret->rtc) == NLRI_OK;
	return nlri_ip_read(c, afi, addpath, &ret->ip) == NLRI_OK;
}

bool recode_route(struct bgp_write *u, enum bgp_family f, bool addpath, struct cur *c)
{
	struct cur before = *c;
	struct route r = { 0 };
	bool fits;

	if (!read_route(c, f, addpath, &r))
		abort(); /* bgp_update_read() promised */
	fits = is_vpn(f)      ? bgp_write_vpn(u, &r.vpn)
	       : f == BGP_RTC ? bgp_write_rtc(u, &r.rtc)
	                      : bgp_write_ip(u, &r.ip);
	if (!fits)
		*c = before;
	return fits;
}

static bool recode_reach(const struct bgp_update *u, size_t max, struct wbuf *w,
                         const uint8_t *attrs, size_t n)
{
	const struct bgp_mp *mp = &u->reach;
	struct cur c = mp->nlri;
	struct bgp_write out;

	while (cur_left(&c)) {
		bgp_write_reach(&out, w, max, mp->family, mp->addpath, &mp->nexthop,
		                attrs, n);
		while (cur_left(&c) && recode_route(&out, mp->family, mp->addpath, &c))
			;
		if (!bgp_write_end(&out))
			return false;
	}
	return true;
}

static bool recode_unreach(const struct bgp_mp *mp, size_t max, struct wbuf *w)
{
	struct cur c = mp->nlri;
	struct bgp_write out;

	while (cur_left(&c)) {
		bgp_write_unreach(&out, w, max, mp->family, mp->addpath);
		while (cur_left(&c) && recode_route(&out, mp->family, mp->addpath, &c))
			;
		if (!bgp_write_end(&out))
			return false;
	}
	return true;
}

bool recode_update(const struct bgp_update *u, size_t max, struct wbuf *w)
{
	static uint8_t image[IMAGE_MAX], attrs[IMAGE_MAX];
	static const struct bgp_send send = { .as4 = true };
	struct wbuf i = wbuf_of(image, sizeof(image)), a = wbuf_of(attrs, sizeof(attrs));

	bgp_attrs_canon(&u->attrs, &i);
	if (!bgp_write_attrs(&a, image, i.len, &send))
		return false;
	if (u->end_of_rib)
		bgp_write_end_of_rib(w, u->end_of_rib_family);
	return recode_unreach(&u->unreach, max, w) &&
	       recode_reach(u, max, w, attrs, a.len) && wbuf_ok(w);
}

bool recode_filters(const struct bgp_refresh *r, struct wbuf *w)
{
	struct bgp_orf_list l;
	struct bgp_orf_entry e;
	struct bgp_orf o;
	size_t start;

	if (bgp_orf_read(r, &o) != BGP_ORF_OK || o.n_unknown)
		return false;
	start = bgp_orf_open(w, r->family, o.when);
	while (bgp_orf_list(&o, r->family, &l)) {
		size_t list = bgp_orf_list_open(w, l.type);

		while (bgp_orf_entry(&l, &e))
			bgp_orf_write(w, r->family, l.type, &e);
		bgp_orf_list_close(w, list);
	}
	bgp_orf_close(w, start);
	return true;
}

bool recode_msg(const struct bgp_ctx *ctx, const uint8_t *msg, size_t len, struct wbuf *w)
{
	static struct bgp_update u;
	const uint8_t *body = msg + BGP_HDR_LEN;
	struct bgp_notification n;
	struct bgp_refresh r;
	struct bgp_fault f;
	struct bgp_open o;
	struct bgp_hdr h;

	if (bgp_msg_frame(msg, len, true, &h, &f) != BGP_FRAME_MSG || h.len != len)
		return false;
	len -= BGP_HDR_LEN;
	switch (h.type) {
	case BGP_OPEN:
		if (!bgp_open_read(body, len, &o, &f))
			return false;
		bgp_open_write(w, &o);
		break;
	case BGP_UPDATE:
		return bgp_update_read(ctx, body, len, &u) == BGP_OK &&
		       recode_update(&u, BGP_MSG_MAX, w);
	case BGP_NOTIFICATION:
		if (!bgp_notification_read(body, len, &n))
			return false;
		bgp_notification_fault(&f, n.code, n.subcode, n.data, n.len);
		bgp_notification_write(w, &f);
		break;
	case BGP_KEEPALIVE: bgp_msg_keepalive(w); break;
	case BGP_ROUTE_REFRESH:
		if (!bgp_refresh_read(msg, h.len, true, &r, &f) ||
		    r.family == BGP_FAM_END)
			return false;
		if (cur_left(&r.orf))
			return recode_filters(&r, w) && wbuf_ok(w);
		bgp_refresh_write(w, r.family, r.subtype);
		break;
	}
	return wbuf_ok(w);
}

struct text {
	char *p;
	size_t left;
};

__attribute__((format(printf, 2, 3))) static void put(struct text *t, const char *fmt,
                                                      ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(t->p, t->left, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= t->left)
		abort();
	t->p += n;
	t->left -= (size_t)n;
}

static void put_families(struct text *t, const char *what, uint32_t set)
{
	if (!set)
		return;
	put(t, "%s", what);
	for (enum bgp_family f = 0; f < BGP_FAM_END; f++) {
		if (set & bgp_family_bit(f))
			put(t, " %s", bgp_family_name(f));
	}
	put(t, "\n");
}

static void put_open(struct text *t, const struct bgp_open *o)
{
	const struct bgp_caps *c = &o->caps;
	struct ip id = ip_of_u32(o->router_id);
	char s[IP_STRLEN];

	put(t, "as %u (%u)\nhold time %u\nid %s\n", o->as, o->as2, o->hold_time,
	    ip_fmt(&id, s));
	put_families(t, "families", c->families);
	put(t, "flags%s%s%s%s\n", c->refresh ? " refresh" : "",
	    c->enhanced_refresh ? " enhanced-refresh" : "",
	    c->ext_msg ? " extended-message" : "", c->as4 ? " as4" : "");
	put_families(t, "ext-next-hop", c->ext_next_hop);
	put_families(t, "add-path receive", c->addpath_rx);
	put_families(t, "add-path send", c->addpath_tx);
	put_families(t, "cp-orf receive", c->orf_rx[BGP_ORF_CP]);
	put_families(t, "cp-orf send", c->orf_tx[BGP_ORF_CP]);
	put_families(t, "prefix-orf receive", c->orf_rx[BGP_ORF_ADDR_PREFIX]);
	put_families(t, "prefix-orf send", c->orf_tx[BGP_ORF_ADDR_PREFIX]);
	if (c->gr.present)
		put(t, "graceful-restart time %u%s%s\n", c->gr.time,
		    c->gr.restarted ? " restarted" : "", c->gr.notification ? " N" : "");
	put_families(t, "graceful-restart keeps", c->gr.families);
	put_families(t, "graceful-restart kept", c->gr.forwarding);
	for (size_t i = 0; i < c->n_other && i < BGP_CAPS_OTHER_MAX; i++)
		put(t, "capability %u (%s) length %u\n", c->other[i].code,
		    bgp_open_cap_name(c->other[i].code), c->other[i].len);
}

static void put_route(struct text *t, enum bgp_family f, const struct route *r,
                      bool reach)
{
	char rd[RD_STRLEN], p[PREFIX_STRLEN], rt[EXTCOM_STRLEN];

	if (is_vpn(f)) {
		put(t, "  rd %s %s", rd_fmt(&r->vpn.rd, rd),
		    prefix_fmt(&r->vpn.prefix, p));
		if (reach)
			put(t, " label %u", r->vpn.label);
		put(t, "\n");
	} else if (f == BGP_RTC && !r->rtc.bits) {
		put(t, "  default\n");
	} else if (f == BGP_RTC) {
		put(t, "  as %u %s/%u\n", r->rtc.origin_as, extcom_fmt(&r->rtc.rt, rt),
		    r->rtc.bits);
	} else {
		put(t, "  %s\n", prefix_fmt(&r->ip.prefix, p));
	}
}

static void put_mp(struct text *t, const struct bgp_mp *mp, bool reach)
{
	struct cur c = mp->nlri;
	char s[IP_STRLEN];

	if (!mp->present)
		return;
	put(t, "%s %s", reach ? "reach" : "unreach", bgp_family_name(mp->family));
	if (reach)
		put(t, " via %s", ip_fmt(&mp->nexthop.addr, s));
	put(t, "\n");
	while (cur_left(&c)) {
		struct route r;

		if (!read_route(&c, mp->family, mp->addpath, &r))
			abort();
		put_route(t, mp->family, &r, reach);
	}
}

static void put_hex(struct text *t, const char *name, const struct bgp_span *s,
                    size_t unit)
{
	if (!s->n)
		return;
	put(t, "%s", name);
	for (size_t i = 0; i < s->n; i++)
		put(t, "%s%02x", i % unit ? "" : " ", s->p[i]);
	put(t, "\n");
}

static void put_attrs(struct text *t, const struct bgp_attrs *a)
{
	static const char *const origin[] = { "igp", "egp", "incomplete" };
	char path[256], com[EXTCOM_STRLEN], id[IP_STRLEN];
	struct ip ip;

	if (bgp_attr_has(a, BGP_ATTR_ORIGIN))
		put(t, "origin %s\n", origin[a->origin]);
	if (bgp_attr_has(a, BGP_ATTR_AS_PATH))
		put(t, "as-path [%s]\n", bgp_aspath_fmt(&a->as_path, path, sizeof(path)));
	if (bgp_attr_has(a, BGP_ATTR_MED))
		put(t, "med %u\n", a->med);
	if (bgp_attr_has(a, BGP_ATTR_LOCAL_PREF))
		put(t, "local-pref %u\n", a->local_pref);
	if (a->atomic_aggregate)
		put(t, "atomic-aggregate\n");
	if (bgp_attr_has(a, BGP_ATTR_AGGREGATOR)) {
		ip = ip_of_u32(a->aggregator_id);
		put(t, "aggregator %u %s\n", a->aggregator_as, ip_fmt(&ip, id));
	}
	put_hex(t, "communities", &a->communities, 4);
	if (bgp_attr_has(a, BGP_ATTR_ORIGINATOR_ID)) {
		ip = ip_of_u32(a->originator_id);
		put(t, "originator %s\n", ip_fmt(&ip, id));
	}
	put_hex(t, "clusters", &a->cluster_list, 4);
	for (size_t i = 0; i < bgp_attr_n_extcoms(a); i++) {
		struct extcom c = bgp_attr_extcom(a, i);

		put(t, "%s%s", i ? " " : "extcoms ", extcom_fmt(&c, com));
	}
	put(t, "%s", bgp_attr_n_extcoms(a) ? "\n" : "");
	put_hex(t, "large-communities", &a->largecoms, 12);
	for (size_t i = 0; i < a->n_carried; i++)
		put_hex(t, "carried", &a->carried[i], SIZE_MAX);
}

static void put_filter(struct text *t, uint8_t type, const struct bgp_orf_entry *e)
{
	static const char *const action[] = { "add", "remove", "remove-all" };
	char s[PREFIX_STRLEN], rt[EXTCOM_STRLEN], rd[RD_STRLEN];

	put(t, "  %s%s%s", action[e->action], e->deny ? " deny" : "",
	    e->unrecognized ? " (unrecognized)" : "");
	if (e->action == BGP_ORF_REMOVE_ALL) {
		put(t, "\n");
		return;
	}
	put(t, " %u bits %u-%u", e->seq, e->minlen, e->maxlen);
	if (type == BGP_ORF_TYPE_ADDR_PREFIX)
		put(t, " rd %s/%u", rd_fmt(&e->rd, rd), e->rd_bits);
	else
		put(t, " %s", extcom_fmt(&e->vpn_rt, rt));
	if (type == BGP_ORF_TYPE_CP)
		put(t, " import %s host %s", extcom_fmt(&e->import_rt, rt),
		    ip_fmt(&e->host, s));
	else
		put(t, " %s", prefix_fmt(&e->prefix, s));
	put(t, "\n");
}

static void put_filters(struct text *t, const struct bgp_refresh *r)
{
	struct bgp_orf_list l;
	struct bgp_orf_entry e;
	struct bgp_orf o;
	enum bgp_orf_err err;

	if (!cur_left(&r->orf))
		return;
	err = bgp_orf_read(r, &o);
	if (err) {
		put(t, "filters ignored: %s\n", bgp_orf_err_name(err));
		return;
	}
	put(t, "%s\n", o.when == BGP_ORF_IMMEDIATE ? "immediate" : "defer");
	while (bgp_orf_list(&o, r->family, &l)) {
		put(t, "filters %u\n", l.type);
		while (bgp_orf_entry(&l, &e))
			put_filter(t, l.type, &e);
	}
}

bool recode_text(const struct bgp_ctx *ctx, const uint8_t *msg, size_t len, char *ret,
                 size_t cap)
{
	static struct bgp_update u;
	const uint8_t *body = msg + BGP_HDR_LEN;
	char s[BGP_NOTIFICATION_STRLEN], text[BGP_SHUTDOWN_STRLEN];
	struct text t = { .p = ret, .left = cap };
	struct bgp_notification n;
	struct bgp_refresh r;
	struct bgp_fault f;
	struct bgp_open o;
	struct bgp_hdr h;

	if (bgp_msg_frame(msg, len, true, &h, &f) != BGP_FRAME_MSG || h.len != len)
		return false;
	len -= BGP_HDR_LEN;
	put(&t, "%s\n", bgp_msg_type_name(h.type));
	switch (h.type) {
	case BGP_OPEN:
		if (!bgp_open_read(body, len, &o, &f))
			return false;
		put_open(&t, &o);
		break;
	case BGP_UPDATE:
		if (bgp_update_read(ctx, body, len, &u) != BGP_OK)
			return false;
		if (u.end_of_rib)
			put(&t, "end of rib %s\n", bgp_family_name(u.end_of_rib_family));
		put_mp(&t, &u.unreach, false);
		put_mp(&t, &u.reach, true);
		put_attrs(&t, &u.attrs);
		break;
	case BGP_NOTIFICATION:
		if (!bgp_notification_read(body, len, &n))
			return false;
		put(&t, "%s\n", bgp_notification_fmt(n.code, n.subcode, s));
		if (bgp_notification_shutdown_text(&n, text))
			put(&t, "text %s\n", text);
		break;
	case BGP_KEEPALIVE: break;
	case BGP_ROUTE_REFRESH:
		if (!bgp_refresh_read(msg, h.len, true, &r, &f))
			return false;
		put(&t, "%s subtype %u\n", bgp_family_name(r.family), r.subtype);
		put_filters(&t, &r);
		break;
	}
	return true;
}
