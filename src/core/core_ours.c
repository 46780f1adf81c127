/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/mem.h"
#include "core/core_int.h"

/*
 * Addresses that this PE has in its VPNs: the gateways, and its own.  The packet path
 * answers for them, but only where no host route leads elsewhere.  And another PE may
 * well have one: at a site with two PEs each takes the other's own address for a host,
 * and tells so.  Such a route must not get into the packet path.
 */
struct core_ours {
	struct ours {
		uint32_t vrf;
		struct ip ip;
	} * addr; /* sorted */
	size_t n;
};

static int ours_cmp(const void *pa, const void *pb)
{
	const struct ours *a = pa, *b = pb;

	if (a->vrf != b->vrf)
		return a->vrf < b->vrf ? -1 : 1;
	return ip_cmp(&a->ip, &b->ip);
}

static void add(struct core_ours *o, uint32_t vrf, const struct ip *ip)
{
	if (ip->afi != AFI_NONE)
		o->addr[o->n++] = (struct ours){ .vrf = vrf, .ip = *ip };
}

void core_ours_new(struct core *c)
{
	struct core_ours *o = mem_new(struct core_ours);
	size_t subnets = 0;

	for (size_t i = 0; i < c->cfg->n_vpns; i++)
		subnets += c->cfg->vpn[i].n_subnets;
	o->addr = mem_zalloc(4 * subnets * sizeof(*o->addr));
	for (size_t i = 0; i < c->cfg->n_vpns; i++) {
		const struct config_vpn *vpn = &c->cfg->vpn[i];

		for (size_t k = 0; k < vpn->n_subnets; k++) {
			const struct config_subnet *sn = &vpn->subnet[k];

			add(o, vpn->id, &sn->gateway);
			add(o, vpn->id, &sn->gateway6);
			add(o, vpn->id, &sn->address);
			add(o, vpn->id, &sn->address6);
		}
	}
	if (o->n)
		qsort(o->addr, o->n, sizeof(*o->addr), ours_cmp);
	c->ours = o;
}

void core_ours_free(struct core *c)
{
	if (c->ours)
		free(c->ours->addr);
	free(c->ours);
	c->ours = NULL;
}

bool core_is_ours(const struct core *c, uint32_t vrf, const struct prefix *p)
{
	struct ours key = { .vrf = vrf, .ip = p->ip };

	return prefix_is_host(p) && c->ours->n &&
	       bsearch(&key, c->ours->addr, c->ours->n, sizeof(key), ours_cmp);
}
