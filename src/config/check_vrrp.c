/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/mem.h"
#include "config/check_int.h"

/* What VRRP asks of a subnet, and of subnets that share an attachment (RFC 5798). */

/* 00-00-5E-00-01-VRID, and 02 for IPv6 (RFC 5798 7.3). */
static void check_vmac(struct errlist *errs, const struct typed_subnet *t,
                       const char *name, const struct mac *mac, uint8_t family)
{
	struct mac vmac = {
		{0x00, 0x00, 0x5e, 0x00, family, t->s->vrid}
	};
	char a[MAC_STRLEN], b[MAC_STRLEN];

	if (mac_eq(mac, &vmac))
		return;
	typed_error(errs, t->node, name,
	            "found '%s', expected %s, the virtual router's own (RFC 5798 7.3), "
	            "or none; only with 'external' VRRP it may be another",
	            mac_fmt(mac, a), mac_fmt(&vmac, b));
}

static void check_one(struct errlist *errs, const struct typed_subnet *t)
{
	const struct config_subnet *s = t->s;
	char p[PREFIX_STRLEN];

	if (s->vrrp.external)
		return;
	if (s->prefix.ip.afi && !s->address.afi && !typed_tried(t->node, "address"))
		typed_error(
			errs, t->node, "vrrp",
			"a virtual router without 'address'; expected this PE's own address "
			"in %s, which its advertisements come from",
			prefix_fmt(&s->prefix, p));
	if (s->prefix.ip.afi)
		check_vmac(errs, t, "proxy-mac", &s->proxy_mac, 1);
	if (s->prefix6.ip.afi)
		check_vmac(errs, t, "proxy-mac6", &s->proxy_mac6, 2);
}

/* A virtual router on an attachment, on its way to be sorted. */
struct router {
	uint16_t ac;
	uint8_t family, vrid;
	size_t order; /* in the file */
	const struct typed_subnet *t;
};

static int same_lan_and_id(const struct router *a, const struct router *b)
{
	int c = a->ac != b->ac ? a->ac - b->ac : a->family - b->family;

	return c ? c : a->vrid - b->vrid;
}

static int router_cmp(const void *pa, const void *pb)
{
	const struct router *a = pa, *b = pb;
	int c = same_lan_and_id(a, b);

	return c ? c : a->order < b->order ? -1 : a->order > b->order;
}

/* Two virtual routers of an id on one LAN would take each other's advertisements for
 * their own. */
static void check_ids(struct errlist *errs, struct router *r, size_t n)
{
	const struct typed_subnet *told = NULL;

	qsort(r, n, sizeof(*r), router_cmp);
	for (size_t i = 1; i < n; i++) {
		if (same_lan_and_id(&r[i - 1], &r[i]) || r[i].t == told)
			continue;
		told = r[i].t; /* once for all its attachments and families */
		typed_error(
			errs, told->node, "vrid",
			"found '%u', which subnet '%s', line %u, has on an attachment "
			"they share; expected one of its own for VRRP",
			r[i].vrid, r[i - 1].t->s->name, typed_line(r[i - 1].t->node));
	}
}

static size_t put(struct router *r, size_t n, const struct typed_subnet *t, size_t order)
{
	const struct config_subnet *s = t->s;

	for (size_t k = 0; k < s->n_attachments; k++) {
		if (s->prefix.ip.afi)
			r[n++] = (struct router){ s->attachment[k]->id, 4, s->vrid, order,
				                  t };
		if (s->prefix6.ip.afi)
			r[n++] = (struct router){ s->attachment[k]->id, 6, s->vrid, order,
				                  t };
	}
	return n;
}

void check_vrrp(const struct typed_vpn *v, struct errlist *errs)
{
	AUTO_FREE struct router *r = NULL;
	size_t n = 0, room = 0;

	for (size_t i = 0; i < v->v->n_subnets; i++) {
		if (v->subnet[i].s->vrrp.on)
			room += 2 * v->subnet[i].s->n_attachments;
	}
	r = mem_zalloc(room * sizeof(*r));
	for (size_t i = 0; i < v->v->n_subnets; i++) {
		if (!v->subnet[i].s->vrrp.on)
			continue;
		check_one(errs, &v->subnet[i]);
		n = put(r, n, &v->subnet[i], i);
	}
	if (n)
		check_ids(errs, r, n);
}
