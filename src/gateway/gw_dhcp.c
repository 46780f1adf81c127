/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gateway/gw_dhcp.h"

#include "base/hash.h"
#include "wire/dhcp.h"
#include "wire/dhcp6.h"

#include "gateway/gw_dhcp_int.h"

struct gw_dhcp *gw_dhcp_new(const struct gw_dhcp_ops *ops, void *arg)
{
	struct gw_dhcp *g = mem_new(struct gw_dhcp);

	g->ops = ops;
	g->arg = arg;
	list_init(&g->subnets);
	list_init(&g->all_clients);
	return g;
}

static void subnet_free(struct gw_subnet *sn)
{
	free((void *)(uintptr_t)sn->cfg.name);
	free((void *)(uintptr_t)sn->cfg.remote_id);
	free((void *)(uintptr_t)sn->cfg.vss);
	free((void *)(uintptr_t)sn->cfg.server);
	list_for_safe(p, &sn->places, struct gw_place, of_subnet)
		free(p);
	free(sn);
}

void gw_dhcp_free(struct gw_dhcp *g)
{
	if (!g)
		return;
	list_for_safe(c, &g->all_clients, struct gw_client, of_all)
		free(c);
	list_for_safe(sn, &g->subnets, struct gw_subnet, of_all)
		subnet_free(sn);
	hmap_for(it, &g->acs)
		free(container_of(it.n, struct gw_ac, by_id));
	hmap_fini(&g->acs);
	hmap_fini(&g->clients);
	free(g);
}

void gw_dhcp_subnet_add(struct gw_dhcp *g, const struct gw_dhcp_subnet *cfg)
{
	struct gw_subnet *sn = mem_new(struct gw_subnet);

	sn->cfg = *cfg;
	sn->cfg.name = mem_strdup(cfg->name);
	sn->cfg.remote_id = mem_strdup(cfg->remote_id);
	sn->cfg.vss = cfg->vss ? mem_strdup(cfg->vss) : NULL;
	sn->cfg.server = mem_dup(cfg->server, cfg->n_servers * sizeof(*cfg->server));
	list_init(&sn->places);
	list_add_tail(&g->subnets, &sn->of_all);
}

static struct gw_subnet *subnet_find(struct gw_dhcp *g, uint32_t vrf,
                                     const struct prefix *p)
{
	list_for(sn, &g->subnets, struct gw_subnet, of_all) {
		if (sn->cfg.vrf == vrf && prefix_eq(&sn->cfg.prefix, p))
			return sn;
	}
	return NULL;
}

struct gw_ac *gw_ac_find(const struct gw_dhcp *g, uint16_t id)
{
	uint64_t hash = hash_bytes(&id, sizeof(id));

	hmap_for_key(h, &g->acs, hash) {
		struct gw_ac *ac = container_of(h, struct gw_ac, by_id);

		if (ac->id == id)
			return ac;
	}
	return NULL;
}

static struct gw_ac *ac_get(struct gw_dhcp *g, uint16_t id)
{
	struct gw_ac *ac = gw_ac_find(g, id);

	if (ac)
		return ac;
	ac = mem_new(struct gw_ac);
	ac->id = id;
	list_init(&ac->places);
	list_init(&ac->clients);
	hmap_add(&g->acs, &ac->by_id, hash_bytes(&id, sizeof(id)));
	return ac;
}

void gw_dhcp_attach(struct gw_dhcp *g, uint32_t vrf, const struct prefix *prefix,
                    uint16_t id)
{
	struct gw_subnet *sn = subnet_find(g, vrf, prefix);
	struct gw_place *p;

	must(sn);
	p = mem_new(struct gw_place);
	p->sn = sn;
	p->ac = ac_get(g, id);
	p->master = true;
	list_add_tail(&sn->places, &p->of_subnet);
	list_add_tail(&p->ac->places, &p->of_ac);
	sn->n_places++;
}

void gw_dhcp_master(struct gw_dhcp *g, uint32_t vrf, const struct prefix *prefix,
                    uint16_t ac, bool master)
{
	struct gw_subnet *sn = subnet_find(g, vrf, prefix);

	if (!sn) /* one without a relay */
		return;
	list_for(p, &sn->places, struct gw_place, of_subnet) {
		if (p->ac->id == ac)
			p->master = master;
	}
}

static bool is_named(const struct gw_dhcp *g, const struct gw_place *p,
                     const uint8_t *name, size_t len)
{
	const char *mine = g->ops->ac_name(g->arg, p->ac->id);

	return mine && strlen(mine) == len && !memcmp(mine, name, len);
}

struct gw_place *gw_place_named(struct gw_dhcp *g, uint32_t vrf, enum afi afi,
                                const uint8_t *name, size_t len, const struct ip *link)
{
	list_for(sn, &g->subnets, struct gw_subnet, of_all) {
		if (sn->cfg.vrf != vrf || sn->cfg.prefix.ip.afi != afi ||
		    !prefix_has(&sn->cfg.prefix, link))
			continue;
		list_for(p, &sn->places, struct gw_place, of_subnet) {
			if (is_named(g, p, name, len))
				return p;
		}
	}
	return NULL;
}

bool gw_place_take(struct gw_place *p, struct mono now)
{
	int64_t gap = 1000000 / p->sn->cfg.max_rate, burst = 2 * p->sn->cfg.max_rate;
	int64_t full = p->full_us > now.us ? p->full_us : now.us;

	if (full - now.us > (burst - 1) * gap)
		return false;
	p->full_us = full + gap;
	return true;
}

bool gw_is_server(const struct gw_subnet *sn, const struct ip *ip)
{
	for (size_t i = 0; i < sn->cfg.n_servers; i++) {
		if (ip_eq(&sn->cfg.server[i], ip))
			return true;
	}
	return false;
}

void gw_tell_lease(struct gw_dhcp *g, const struct gw_place *p, const struct ip *ip,
                   const struct mac *mac, struct mono until, bool over)
{
	struct gw_lease l = { .vrf = p->sn->cfg.vrf,
		              .ip = *ip,
		              .mac = *mac,
		              .ac = p->ac->id,
		              .until = until,
		              .over = over };

	g->count[over ? GW_DHCP_N_ENDED : GW_DHCP_N_LEASES]++;
	g->ops->lease(g->arg, &l);
}

void gw_dhcp_heard(struct gw_dhcp *g, uint16_t id, const struct mac *src,
                   const uint8_t *ip, size_t len, struct mono now)
{
	struct gw_ac *ac = gw_ac_find(g, id);
	struct cur c = cur_of(ip, len), data;
	struct udp u;

	if (!ac) {
		g->count[GW_DHCP_N_NO_RELAY]++;
		return;
	}
	if (udp_read(&c, &u, &data) != UDP_OK) {
		g->count[GW_DHCP_N_BAD_PACKET]++;
		return;
	}
	if (u.src.afi == AFI_IP4 && u.dport == DHCP_SERVER_PORT)
		gw_heard4(g, ac, src, &u, data, now);
	else if (u.src.afi == AFI_IP6 && u.dport == DHCP6_SERVER_PORT)
		gw_heard6(g, ac, src, &u, data, now);
	else
		g->count[GW_DHCP_N_UNEXPECTED]++;
}

void gw_dhcp_answer(struct gw_dhcp *g, uint32_t vrf, const uint8_t *ip, size_t len,
                    struct mono now)
{
	struct cur c = cur_of(ip, len), data;
	struct udp u;

	if (udp_read(&c, &u, &data) != UDP_OK)
		g->count[GW_DHCP_N_BAD_PACKET]++;
	else if (u.src.afi == AFI_IP4 && u.dport == DHCP_SERVER_PORT)
		gw_answer4(g, vrf, &u, data, now);
	else if (u.src.afi == AFI_IP6 && u.dport == DHCP6_SERVER_PORT)
		gw_answer6(g, vrf, &u, data, now);
	else
		g->count[GW_DHCP_N_UNEXPECTED]++;
}

uint64_t gw_dhcp_counter(const struct gw_dhcp *g, enum gw_dhcp_counter n)
{
	return g->count[n];
}
