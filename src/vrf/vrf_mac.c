/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/hash.h"
#include "vrf/vrf_int.h"

/*
 * Remote host routes by the MAC they tell: a machine that has moved here may say no more
 * than its MAC (RARP), and these are the addresses it may have.
 *
 * The index is threaded through the routes and holds at most SAME_MAC of one MAC: another
 * site's router, which answers for thousands, must not make a chain of them.
 */
enum { SAME_MAC = 64 };

static size_t chain_length(const struct vrf *f, uint64_t hash)
{
	size_t len = 0;

	hmap_for_key(n, &f->by_mac, hash)
		len++;
	return len;
}

void vrf_mac_index(struct vrf *f, struct vrf_route *r, const struct mac *mac)
{
	bool now = mac && !mac_is_zero(mac) && prefix_is_host(&r->prefix);
	uint64_t hash = now ? hash_bytes(mac, sizeof(*mac)) : 0;

	if (now && r->has_mac && r->by_mac.hash == hash)
		return;
	if (r->has_mac)
		hmap_del(&f->by_mac, &r->by_mac);
	r->has_mac = now && chain_length(f, hash) < SAME_MAC;
	if (r->has_mac)
		hmap_add(&f->by_mac, &r->by_mac, hash);
}

size_t vrf_of_mac(const struct vrfs *v, uint32_t id, const struct mac *mac,
                  struct ip *ret, size_t max)
{
	const struct vrf *f = vrf_find(v, id);
	size_t found = 0;

	if (!f)
		return 0;
	hmap_for_key(n, &f->by_mac, hash_bytes(mac, sizeof(*mac))) {
		const struct vrf_route *r = container_of(n, struct vrf_route, by_mac);
		struct vrf_remote m;

		vrf_remote_of(v, f, r->chosen, &m);
		if (found < max && mac_eq(&m.mac, mac))
			ret[found++] = r->prefix.ip;
	}
	return found;
}
