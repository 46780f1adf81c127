/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/hash.h"
#include "vrf/vrf_int.h"

/*
 * Remote host routes by the MAC they tell: a machine that has moved here may say no more
 * than its MAC (RARP), and these are the addresses it may have.
 *
 * Routes that tell none cost nothing here.  And the index holds at most SAME_MAC of one
 * MAC: another site's router, which answers for thousands, must not make a chain of them.
 */
enum { SAME_MAC = 64 };

static uint64_t mac_hash(const struct mac *mac)
{
	return hash_bytes(mac, sizeof(*mac));
}

static size_t chain_length(const struct vrf *f, uint64_t hash)
{
	size_t len = 0;

	hmap_for_key(n, &f->by_mac, hash)
		len++;
	return len;
}

static void take_out(struct vrfs *v, struct vrf *f, struct vrf_route *r, uint64_t hash)
{
	struct vrf_mac *x = NULL;

	hmap_for_key(n, &f->by_mac, hash) {
		if (container_of(n, struct vrf_mac, by_mac)->route == r)
			x = container_of(n, struct vrf_mac, by_mac);
	}
	must(x);
	hmap_del(&f->by_mac, &x->by_mac);
	slab_put(&v->macs, x);
	r->has_mac = false;
}

void vrf_mac_index(struct vrfs *v, struct vrf *f, struct vrf_route *r,
                   const struct mac *was, const struct mac *now)
{
	bool tells = now && !mac_is_zero(now) && prefix_is_host(&r->prefix);
	struct vrf_mac *x;

	if (r->has_mac && tells && mac_eq(was, now))
		return;
	if (r->has_mac)
		take_out(v, f, r, mac_hash(was));
	if (!tells || chain_length(f, mac_hash(now)) >= SAME_MAC)
		return;
	x = slab_get(&v->macs);
	x->route = r;
	hmap_add(&f->by_mac, &x->by_mac, mac_hash(now));
	r->has_mac = true;
}

void vrf_mac_drop(struct vrfs *v, struct vrf *f)
{
	hmap_for(it, &f->by_mac) {
		struct vrf_mac *x = container_of(it.n, struct vrf_mac, by_mac);

		hmap_del(&f->by_mac, it.n);
		slab_put(&v->macs, x);
	}
	hmap_fini(&f->by_mac);
}

size_t vrf_of_mac(const struct vrfs *v, uint32_t id, const struct mac *mac,
                  struct ip *ret, size_t max)
{
	const struct vrf *f = vrf_find(v, id);
	size_t found = 0;

	if (!f)
		return 0;
	hmap_for_key(n, &f->by_mac, hash_bytes(mac, sizeof(*mac))) {
		const struct vrf_route *r =
			container_of(n, struct vrf_mac, by_mac)->route;
		struct vrf_remote m;

		vrf_remote_of(v, f, r->chosen, &m);
		if (found < max && mac_eq(&m.mac, mac))
			ret[found++] = r->prefix.ip;
	}
	return found;
}
