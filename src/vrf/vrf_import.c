/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/hash.h"
#include "base/mem.h"
#include "vrf/vrf_int.h"

/*
 * Routes from other PEs into VRFs (RFC 4364 4.3.1): a VPN route is taken by every VRF
 * that imports one of its route targets.  The routes of several PEs for one prefix differ
 * in their RD, so each is a destination of its own in the rib; which of them this VRF
 * uses is chosen in vrf_choose.c.
 */

enum {
	OPAQUE = 0x03, /* extended community types and subtypes */
	OPAQUE_ENCAP = 0x0c,
	EVPN = 0x06,
	EVPN_MAC_MOBILITY = 0x00,
	EVPN_ND = 0x08,
	HOST = 0x8e, /* ours, of the experimental range (RFC 7153 5.1) */
	HOST_MAC = 0x01,
	MOBILITY_STICKY = 0x01, /* RFC 7432 7.7 */
	ND_ROUTER = 0x01,       /* RFC 9047 2 */
	ND_IMMUTABLE = 0x08,
	TUNNEL_MPLS_GRE = 11, /* IANA tunnel types, RFC 9012 */
	TUNNEL_MPLS = 10,
	TUNNEL_MPLS_UDP = 13,
};

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static bool encap_of(uint32_t tunnel, enum vrf_encap *ret)
{
	switch (tunnel) {
	case TUNNEL_MPLS_GRE: *ret = VRF_ENCAP_GRE; return true;
	case TUNNEL_MPLS: *ret = VRF_ENCAP_MPLS; return true;
	case TUNNEL_MPLS_UDP: *ret = VRF_ENCAP_UDP; return true;
	default: return false;
	}
}

static bool is_my_site(const struct vrf *f, const struct extcom *soo)
{
	for (size_t i = 0; i < f->n_sites; i++) {
		if (extcom_eq(&f->site[i], soo))
			return true;
	}
	return false;
}

/*
 * Read a path's communities.  False: it names encapsulations, and none of them is ours to
 * give, so the route is unresolvable (RFC 9012 7.1).
 */
static bool remote_read(const struct vrfs *v, const struct vrf *f,
                        const struct vrf_cand *c, struct vrf_remote *ret)
{
	struct bgp_span all = attrs_extcoms(c->attrs);
	bool named = false, known = false;

	*ret = (struct vrf_remote){ .pe = attrs_nexthop(c->attrs)->addr,
		                    .encap = v->cfg.encap,
		                    .label = c->label };
	for (size_t i = 0; i < vrf_n_extcoms(all); i++) {
		struct extcom x = vrf_extcom(all, i);
		const uint8_t *b = x.b;

		if (extcom_is(&x, EXTCOM_SOO)) {
			ret->soo = x;
			ret->sibling = is_my_site(f, &x);
		} else if (b[0] == OPAQUE && b[1] == OPAQUE_ENCAP) {
			named = true;
			enum vrf_encap e; /* our own if offered, else the first */

			if (!encap_of(be32(b + 4) & 0xffff, &e))
				continue;
			if (!known || e == v->cfg.encap)
				ret->encap = e;
			known = true;
		} else if (b[0] == EVPN && b[1] == EVPN_MAC_MOBILITY) {
			ret->seq = be32(b + 4);
			ret->sticky = b[2] & MOBILITY_STICKY;
			ret->immutable |= ret->sticky;
		} else if (b[0] == EVPN && b[1] == EVPN_ND) {
			ret->router = b[2] & ND_ROUTER;
			ret->immutable |= !!(b[2] & ND_IMMUTABLE);
		} else if (b[0] == HOST && b[1] == HOST_MAC) {
			memcpy(ret->mac.b, b + 2, sizeof(ret->mac.b));
		}
	}
	return known || !named;
}

void vrf_remote_of(const struct vrfs *v, const struct vrf *f, const struct vrf_cand *c,
                   struct vrf_remote *ret)
{
	(void)remote_read(v, f, c, ret);
}

static bool inside_subnets(const struct vrf *f, const struct prefix *p)
{
	for (size_t i = 0; i < f->n_subnets; i++) {
		if (prefix_covers(&f->subnet[i], p))
			return true;
	}
	return false;
}

static bool is_loopback(const struct vrf *f, const struct rib_key *key,
                        const struct rib_path *path)
{
	return f->import_loopbacks && prefix_is_host(&key->prefix) &&
	       attrs_rank(path->attrs)->origin == BGP_ORIGIN_IGP;
}

static bool acceptable(struct vrfs *v, struct vrf *f, const struct rib_key *key,
                       const struct rib_path *path)
{
	if (rd_eq(&key->rd, &f->rd))
		return false; /* our own, reflected or not */
	if (f->import_outside || inside_subnets(f, &key->prefix) ||
	    is_loopback(f, key, path))
		return true;
	v->outside++;
	return false;
}

static struct vrf_cand **cand_slot(struct vrf_route *r, const struct rd *rd)
{
	struct vrf_cand **pp = &r->cand;

	while (*pp && !rd_eq(&(*pp)->rd, rd))
		pp = &(*pp)->next;
	return pp;
}

void vrf_cand_free(struct vrfs *v, struct vrf_cand *c)
{
	attrs_unref(c->attrs);
	vrf_pe_unref(v, c->pe);
	slab_put(&v->cands, c);
}

/* The candidate now stands for this path. */
static void cand_set(struct vrfs *v, struct vrf *f, struct vrf_cand *c,
                     const struct rib_path *path)
{
	const struct attrs *was = c->attrs;
	struct vrf_pe *pe_was = c->pe;
	struct vrf_remote m;

	c->attrs = attrs_ref(path->attrs);
	c->label = path->label;
	c->ebgp = path->source->ebgp;
	c->pe = remote_read(v, f, c, &m) ? vrf_pe_ref(v, &m.pe, m.encap) : NULL;
	attrs_unref(was);
	vrf_pe_unref(v, pe_was);
}

static void give_back(struct vrfs *v, struct vrf *f, const struct rib_key *key)
{
	struct vrf_route *r = vrf_route_find(f, &key->prefix);
	struct vrf_cand **slot = r ? cand_slot(r, &key->rd) : NULL;
	struct vrf_cand *c = slot ? *slot : NULL;
	struct vrf_before b;

	if (!c)
		return;
	vrf_before_change(v, f, r, &b);
	*slot = c->next;
	vrf_after_change(v, f, r, &b);
	vrf_cand_free(v, c);
	vrf_route_tidy(v, f, r);
}

static void take_in(struct vrfs *v, struct vrf *f, const struct rib_key *key,
                    const struct rib_path *path)
{
	struct vrf_route *r;
	struct vrf_cand **slot;
	struct vrf_before b;

	if (!acceptable(v, f, key, path)) {
		give_back(v, f, key); /* it may have been, by its former attributes */
		return;
	}
	r = vrf_route_need(v, f, &key->prefix);
	vrf_before_change(v, f, r, &b);
	slot = cand_slot(r, &key->rd);
	if (!*slot) {
		*slot = slab_get(&v->cands);
		(*slot)->rd = key->rd;
	}
	cand_set(v, f, *slot, path);
	vrf_after_change(v, f, r, &b);
}

static bool imports(const struct vrf *f, const struct rib_path *p)
{
	for (size_t k = 0; k < f->n_import; k++) {
		if (attrs_has_extcom(p->attrs, &f->import_rt[k]))
			return true;
	}
	return false;
}

static bool is_remote(const struct rib_path *p)
{
	return p && !p->source->local;
}

/* Call fn for every VRF that imports one of the path's targets; twice is harmless. */
static void for_importers(struct vrfs *v, const struct rib_path *p,
                          void (*fn)(struct vrfs *v, struct vrf *f, void *arg), void *arg)
{
	struct bgp_span all = attrs_extcoms(p->attrs);

	for (size_t i = 0; i < vrf_n_extcoms(all); i++) {
		struct extcom x = vrf_extcom(all, i);

		if (!extcom_is(&x, EXTCOM_RT))
			continue;
		hmap_for_key(h, &v->imports, hash_bytes(&x, sizeof(x))) {
			struct vrf_import *im = container_of(h, struct vrf_import, by_rt);

			if (extcom_eq(&im->rt, &x))
				fn(v, im->vrf, arg);
		}
	}
}

struct change {
	const struct rib_key *key;
	const struct rib_path *new;
};

static void leave(struct vrfs *v, struct vrf *f, void *arg)
{
	const struct change *ch = arg;

	if (!ch->new || !imports(f, ch->new))
		give_back(v, f, ch->key);
}

static void enter(struct vrfs *v, struct vrf *f, void *arg)
{
	const struct change *ch = arg;

	take_in(v, f, ch->key, ch->new);
}

void vrf_import_best(void *arg, const struct rib_key *key, const struct rib_path *old,
                     const struct rib_path *new)
{
	struct vrfs *v = arg;
	struct change ch = { .key = key, .new = is_remote(new) ? new : NULL };

	if (is_remote(old))
		for_importers(v, old, leave, &ch);
	if (ch.new)
		for_importers(v, new, enter, &ch);
}

struct import_walk {
	struct vrfs *v;
	struct vrf *f;
};

static void import_one(void *arg, const struct rib_key *key, const struct rib_path *best)
{
	struct import_walk *w = arg;

	if (is_remote(best) && imports(w->f, best))
		take_in(w->v, w->f, key, best);
}

void vrf_import_all(struct vrfs *v, struct vrf *f)
{
	enum { CHUNK = 4096 };
	struct import_walk w = { .v = v, .f = f };

	for (enum afi afi = AFI_IP4; afi <= AFI_IP6; afi++) {
		uint64_t pos = 0;

		while (rib_walk(v->cfg.rib, afi, &pos, CHUNK, import_one, &w))
			;
	}
}

bool vrfs_want(const struct vrfs *v, const uint8_t *extcoms, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct extcom x;

		memcpy(&x, extcoms + i * sizeof(x), sizeof(x));
		if (!extcom_is(&x, EXTCOM_RT))
			continue;
		hmap_for_key(h, &v->imports, hash_bytes(&x, sizeof(x))) {
			if (extcom_eq(&container_of(h, struct vrf_import, by_rt)->rt, &x))
				return true;
		}
	}
	return false;
}
