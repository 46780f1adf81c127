/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/dhcp6.h"

#include "gateway/gw_dhcp_int.h"

/*
 * DHCPv6.  A client's message goes to the servers as it is, inside ours; the server
 * returns what we said of attachment and client (RFC 8415 19.3), but not the client's
 * MAC, which is remembered.
 */
enum { HOPS = 64 };

/* --- from a host -------------------------------------------------------------------- */

static struct gw_place *place_of(const struct gw_ac *ac)
{
	list_for(p, &ac->places, struct gw_place, of_ac) {
		if (p->sn->cfg.prefix.ip.afi == AFI_IP6)
			return p;
	}
	return NULL;
}

/* Messages of types we do not know are a client's to send (RFC 7283 4). */
static enum gw_dhcp_counter fault_of(const struct udp *u, const struct dhcp6 *m)
{
	if (m->type == DHCP6_ADVERTISE || m->type == DHCP6_REPLY ||
	    m->type == DHCP6_RECONFIGURE || m->type == DHCP6_RELAY_REPL || !m->type)
		return GW_DHCP_N_UNEXPECTED;
	/* A host has a link-local address (RFC 8415 13.1), also if it is a relay on the
	 * way (RFC 6221 5.1); from elsewhere the answer would not find back. */
	if (!ip_is_linklocal(&u->src))
		return GW_DHCP_N_UNEXPECTED;
	if (m->type == DHCP6_RELAY_FORW && m->hops >= DHCP6_HOPS_MAX)
		return GW_DHCP_N_HOPS;
	return GW_DHCP_N_END;
}

static void to_servers(struct gw_dhcp *g, struct gw_place *p, const struct udp *from,
                       const struct mac *src, const struct dhcp6 *m,
                       const uint8_t *message, size_t len)
{
	const struct gw_dhcp_subnet *sn = &p->sn->cfg;
	const char *name = g->ops->ac_name(g->arg, p->ac->id);
	bool nested = m->type == DHCP6_RELAY_FORW;
	struct dhcp6_relay relay = { .hops = nested ? (uint8_t)(m->hops + 1) : 0,
		                     .link = sn->gateway,
		                     .peer = from->src,
		                     .interface_id = (const uint8_t *)name,
		                     .interface_id_len = strlen(name),
		                     .vss = sn->vss };

	if (!nested)
		relay.client = *src;
	for (size_t i = 0; i < sn->n_servers; i++) {
		uint8_t packet[GW_DHCP_PACKET_MAX];
		struct wbuf w = wbuf_of(packet, sizeof(packet));
		struct udp u = { .src = sn->loopback,
			         .dst = sn->server[i],
			         .sport = DHCP6_SERVER_PORT,
			         .dport = DHCP6_SERVER_PORT,
			         .ttl = HOPS };
		size_t start = udp_open(&w, &u);

		dhcp6_forward_write(&w, &relay, message, len);
		udp_close(&w, start);
		if (!wbuf_ok(&w)) {
			g->count[GW_DHCP_N_TOO_BIG]++;
			return;
		}
		g->count[GW_DHCP_N_TO_SERVER]++;
		g->ops->to_server(g->arg, sn->vrf, packet, w.len);
	}
}

static bool is_here(const struct gw_place *p, const struct dhcp6_lease *l)
{
	return !l->delegated && prefix_has(&p->sn->cfg.prefix, &l->prefix.ip);
}

static void given_back(struct gw_dhcp *g, const struct gw_place *p, const struct dhcp6 *m,
                       const struct mac *mac, struct mono now)
{
	struct dhcp6_walk walk = dhcp6_walk_of(m);
	struct dhcp6_lease l;

	while (dhcp6_walk_next(&walk, &l)) {
		if (is_here(p, &l))
			gw_client_over(g, p, &l.prefix.ip, mac, now);
	}
}

void gw_heard6(struct gw_dhcp *g, struct gw_ac *ac, const struct mac *src,
               const struct udp *u, struct cur data, struct mono now)
{
	struct gw_place *p = place_of(ac);
	const uint8_t *message = data.p;
	size_t len = cur_left(&data);
	enum gw_dhcp_counter fault;
	struct dhcp6 m;

	if (dhcp6_read(&data, &m) != DHCP6_OK) {
		g->count[GW_DHCP_N_BAD_MESSAGE]++;
		return;
	}
	fault = !p ? GW_DHCP_N_NO_RELAY : !p->master ? GW_DHCP_N_BACKUP : fault_of(u, &m);
	if (fault == GW_DHCP_N_END && !gw_place_take(p, now)) {
		fault = GW_DHCP_N_RATE;
		p->over_rate++;
	}
	if (fault != GW_DHCP_N_END) {
		g->count[fault]++;
		return;
	}
	g->up6[gw_type(m.type)]++;
	p->heard++;
	gw_client_set(g, p->sn->cfg.vrf, ac, &u->src, GW_CLIENT_PEER, src,
	              mono_add_ms(now, 1000 * GW_DHCP_PEER_S), now);
	to_servers(g, p, u, src, &m, message, len);
	if (m.type == DHCP6_RELEASE || m.type == DHCP6_DECLINE)
		given_back(g, p, &m, src, now);
}

/* --- from a server ------------------------------------------------------------------ */

static void granted(struct gw_dhcp *g, struct gw_place *p, const struct udp *u,
                    const struct dhcp6_lease *l, const struct mac *mac, struct mono now)
{
	struct mono until = l->valid_s == UINT32_MAX
	                            ? MONO_NEVER
	                            : mono_add_ms(now, 1000 * (int64_t)l->valid_s);
	struct gw_client *c = gw_client_set(g, p->sn->cfg.vrf, p->ac, &l->prefix.ip,
	                                    GW_CLIENT_BOUND, mac, until, now);

	c->server = u->src;
	gw_tell_lease(g, p, &l->prefix.ip, mac, until, false);
}

/* What a REPLY grants, or takes back by a lifetime of 0 (RFC 8415 18.2.10.1). */
static void learn(struct gw_dhcp *g, struct gw_place *p, const struct udp *u,
                  const struct dhcp6 *m, const struct mac *mac, struct mono now)
{
	struct dhcp6_walk walk = dhcp6_walk_of(m);
	struct dhcp6_lease l;

	while (dhcp6_walk_next(&walk, &l)) {
		if (l.delegated)
			g->count[GW_DHCP_N_DELEGATED]++;
		else if (!is_here(p, &l))
			g->count[GW_DHCP_N_OUTSIDE]++;
		else if (l.valid_s)
			granted(g, p, u, &l, mac, now);
		else
			gw_client_over(g, p, &l.prefix.ip, mac, now);
	}
}

/* Forgotten, as by a restart: most link-local addresses are made of the MAC
 * (RFC 4291 appendix A). */
static bool mac_of(struct gw_dhcp *g, const struct gw_place *p, const struct ip *peer,
                   struct mac *ret, struct mono now)
{
	const struct gw_client *c = gw_client_get(g, p->sn->cfg.vrf, p->ac, peer, now);
	const uint8_t *b = peer->b;

	if (c) {
		*ret = c->mac;
		return true;
	}
	if (!ip_is_linklocal(peer) || b[11] != 0xff || b[12] != 0xfe)
		return false;
	*ret = (struct mac){
		{b[8] ^ 2, b[9], b[10], b[13], b[14], b[15]}
	};
	return !mac_is_group(ret);
}

static void deliver(struct gw_dhcp *g, struct gw_place *p, const struct ip *peer,
                    const struct mac *mac, uint8_t type, struct cur message)
{
	uint8_t packet[GW_DHCP_PACKET_MAX];
	struct wbuf w = wbuf_of(packet, sizeof(packet));
	struct udp u = { .src = p->sn->cfg.from,
		         .dst = *peer,
		         .sport = DHCP6_SERVER_PORT,
		         .dport = type == DHCP6_RELAY_REPL ? DHCP6_SERVER_PORT
		                                           : DHCP6_CLIENT_PORT,
		         .ttl = HOPS };
	size_t start = udp_open(&w, &u);

	wbuf_bytes(&w, message.p, cur_left(&message));
	udp_close(&w, start);
	if (!wbuf_ok(&w)) {
		g->count[GW_DHCP_N_TOO_BIG]++;
		return;
	}
	g->count[GW_DHCP_N_TO_CLIENT]++;
	g->down6[gw_type(type)]++;
	p->answered++;
	g->ops->to_client(g->arg, p->ac->id, mac,
	                  p->master ? &p->sn->cfg.proxy_mac : NULL, packet, w.len);
}

void gw_answer6(struct gw_dhcp *g, uint32_t vrf, const struct udp *u, struct cur data,
                struct mono now)
{
	enum gw_dhcp_counter fault = GW_DHCP_N_END;
	struct dhcp6 outer, m;
	struct gw_place *p;
	struct cur inside;
	struct mac mac;

	if (dhcp6_read(&data, &outer) != DHCP6_OK || !outer.has_message) {
		g->count[GW_DHCP_N_BAD_MESSAGE]++;
		return;
	}
	inside = outer.message;
	p = gw_place_named(g, vrf, AFI_IP6, outer.interface_id.p,
	                   cur_left(&outer.interface_id), &outer.link);
	if (outer.type != DHCP6_RELAY_REPL)
		fault = GW_DHCP_N_UNEXPECTED;
	else if (dhcp6_read(&inside, &m) != DHCP6_OK)
		fault = GW_DHCP_N_BAD_MESSAGE;
	else if (!p)
		fault = GW_DHCP_N_NO_CIRCUIT;
	else if (!gw_is_server(p->sn, &u->src))
		fault = GW_DHCP_N_STRANGER;
	else if (!mac_of(g, p, &outer.peer, &mac, now))
		fault = GW_DHCP_N_NO_MAC;
	if (fault != GW_DHCP_N_END) {
		g->count[fault]++;
		return;
	}
	if (m.type == DHCP6_REPLY)
		learn(g, p, u, &m, &mac, now);
	deliver(g, p, &outer.peer, &mac, m.type, outer.message);
}
