/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/hash.h"

#include "gateway/gw_dhcp_int.h"

/*
 * The hosts a relay remembers, each by its address: what was offered and granted, by
 * which server; and for DHCPv6, whose address is known but not whose MAC, who has a
 * link-local address.  None of it is needed for long: a relay that forgot all sends to
 * every server, and a client asks again.
 *
 * A link-local address means something on its attachment only.
 */
static uint64_t key_hash(uint32_t vrf, const struct gw_ac *ac, const struct ip *ip)
{
	struct {
		struct ip ip;
		uint8_t pad[3];
		uint32_t vrf;
		uint32_t ac;
	} key = { .ip = *ip, .vrf = vrf, .ac = ip_is_linklocal(ip) ? ac->id : 0 };

	return hash_bytes(&key, sizeof(key));
}

static struct gw_client *find(const struct gw_dhcp *g, uint32_t vrf,
                              const struct gw_ac *ac, const struct ip *ip, uint64_t hash)
{
	hmap_for_key(h, &g->clients, hash) {
		struct gw_client *c = container_of(h, struct gw_client, by_ip);

		if (c->vrf == vrf && ip_eq(&c->ip, ip) &&
		    (c->ac == ac || !ip_is_linklocal(ip)))
			return c;
	}
	return NULL;
}

void gw_client_del(struct gw_dhcp *g, struct gw_client *c)
{
	hmap_del(&g->clients, &c->by_ip);
	list_del(&c->of_all);
	list_del(&c->of_ac);
	c->ac->n_clients--;
	free(c);
}

struct gw_client *gw_client_get(struct gw_dhcp *g, uint32_t vrf, const struct gw_ac *ac,
                                const struct ip *ip, struct mono now)
{
	struct gw_client *c = find(g, vrf, ac, ip, key_hash(vrf, ac, ip));

	if (c && mono_reached(now, c->until)) {
		gw_client_del(g, c);
		return NULL;
	}
	return c;
}

/* One attachment's crowd must not push out what is known of others. */
static void make_room(struct gw_dhcp *g, struct gw_ac *ac, struct mono now)
{
	struct gw_client *c;

	while ((c = list_first(&ac->clients, struct gw_client, of_ac)) &&
	       (mono_reached(now, c->until) || ac->n_clients >= GW_DHCP_CLIENTS_MAX)) {
		if (!mono_reached(now, c->until))
			g->count[GW_DHCP_N_FORGOTTEN]++;
		gw_client_del(g, c);
	}
}

struct gw_client *gw_client_set(struct gw_dhcp *g, uint32_t vrf, struct gw_ac *ac,
                                const struct ip *ip, enum gw_client_state state,
                                const struct mac *mac, struct mono until, struct mono now)
{
	uint64_t hash = key_hash(vrf, ac, ip);
	struct gw_client *c = find(g, vrf, ac, ip, hash);

	if (c)
		gw_client_del(g, c);
	make_room(g, ac, now);
	c = mem_new(struct gw_client);
	c->state = state;
	c->vrf = vrf;
	c->ip = *ip;
	c->mac = *mac;
	c->ac = ac;
	c->until = until;
	c->serial = ++g->serial;
	hmap_add(&g->clients, &c->by_ip, hash);
	list_add_tail(&g->all_clients, &c->of_all);
	list_add_tail(&ac->clients, &c->of_ac);
	ac->n_clients++;
	return c;
}

/* Only its own: else any host could end any other's lease with a RELEASE. */
void gw_client_over(struct gw_dhcp *g, const struct gw_place *p, const struct ip *ip,
                    const struct mac *mac, struct mono now)
{
	struct gw_client *c = gw_client_get(g, p->sn->cfg.vrf, p->ac, ip, now);

	if (!c || c->state == GW_CLIENT_PEER || !mac_eq(&c->mac, mac))
		return;
	if (c->state == GW_CLIENT_BOUND)
		gw_tell_lease(g, p, ip, mac, now, true);
	gw_client_del(g, c);
}
