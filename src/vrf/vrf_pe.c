/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/hash.h"
#include "base/mem.h"
#include "vrf/vrf_int.h"

/*
 * The ways that candidates name, counted, so that the owner can stop following a PE when
 * the last route through it is gone.
 */

static uint64_t hash_way(const struct ip *pe, enum vrf_encap encap)
{
	uint8_t key[sizeof(pe->b) + 2];

	memcpy(key, pe->b, sizeof(pe->b));
	key[sizeof(pe->b)] = pe->afi;
	key[sizeof(pe->b) + 1] = (uint8_t)encap;
	return hash_bytes(key, sizeof(key));
}

struct vrf_pe *vrf_pe_ref(struct vrfs *v, const struct ip *pe, enum vrf_encap encap)
{
	uint64_t h = hash_way(pe, encap);
	struct vrf_pe *p;

	hmap_for_key(n, &v->pes, h) {
		p = container_of(n, struct vrf_pe, by_way);
		if (p->encap == encap && ip_eq(&p->pe, pe)) {
			p->refs++;
			return p;
		}
	}
	p = mem_new(struct vrf_pe);
	p->pe = *pe;
	p->encap = encap;
	p->refs = 1;
	hmap_add(&v->pes, &p->by_way, h);
	return p;
}

void vrf_pe_unref(struct vrfs *v, struct vrf_pe *p)
{
	if (!p || --p->refs)
		return;
	hmap_del(&v->pes, &p->by_way);
	v->cfg.ops->forget(v->cfg.arg, &p->pe, p->encap);
	free(p);
}
