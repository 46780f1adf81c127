/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/dhcp.h"

#include "gateway/gw_dhcp_int.h"

/*
 * DHCP.  A request gets our address in the VPN as giaddr, and in option 82 all that the
 * server has to know and we have to find again: attachment, subnet, whom to name as the
 * server (RFC 3046, 3527, 5107, 6607).  A reply is believed if it is from a server of the
 * subnet it names, and goes to that attachment without our option.
 */
enum { TTL = 64 };

/* --- from a host -------------------------------------------------------------------- */

/* Several subnets on an attachment: that of an address the client names, else the first.
 */
static struct gw_place *place_of(const struct gw_ac *ac, const struct dhcp *d)
{
	struct gw_place *first = NULL;

	list_for(p, &ac->places, struct gw_place, of_ac) {
		const struct prefix *pfx = &p->sn->cfg.prefix;

		if (pfx->ip.afi != AFI_IP4)
			continue;
		if (!ip_is_zero(&d->ciaddr) ? prefix_has(pfx, &d->ciaddr)
		                            : d->asked.afi && prefix_has(pfx, &d->asked))
			return p;
		if (!first)
			first = p;
	}
	return first;
}

static bool sent_it(const struct dhcp *d, const struct mac *src)
{
	return d->htype == DHCP_HTYPE_ETHERNET && d->hlen == sizeof(src->b) &&
	       !memcmp(d->chaddr, src->b, sizeof(src->b));
}

/* RFC 3046 2.1: a host's ports are untrusted circuits.  GW_DHCP_N_END: nothing wrong. */
static enum gw_dhcp_counter fault_of(const struct dhcp *d, const struct mac *src)
{
	if (d->op != DHCP_OP_REQUEST || d->type == DHCP_OFFER || d->type == DHCP_ACK ||
	    d->type == DHCP_NAK)
		return GW_DHCP_N_UNEXPECTED;
	if (!ip_is_zero(&d->giaddr))
		return GW_DHCP_N_FOREIGN_RELAY;
	if (d->has_relay)
		return GW_DHCP_N_FOREIGN_INFO;
	/* Else one host could release another's lease. */
	if (!sent_it(d, src))
		return GW_DHCP_N_WRONG_MAC;
	return GW_DHCP_N_END;
}

/* All servers seem to have one address, ours (RFC 5107 4): whose lease this is, we know
 * if we saw it given.  AFI_NONE: let all of them hear it. */
static struct ip chosen(struct gw_dhcp *g, const struct gw_place *p, const struct udp *u,
                        const struct dhcp *d, struct mono now)
{
	const struct ip *about = ip_is_zero(&d->ciaddr) ? &d->asked : &d->ciaddr;
	bool one = d->server.afi || ip_eq(&u->dst, &p->sn->cfg.gateway);
	struct gw_client *c;

	if (!one || !about->afi || !p->sn->cfg.server_id_override)
		return (struct ip){ 0 };
	c = gw_client_get(g, p->sn->cfg.vrf, p->ac, about, now);
	if (!c || memcmp(c->mac.b, d->chaddr, sizeof(c->mac.b)) != 0)
		return (struct ip){ 0 };
	return c->server;
}

static struct dhcp_bytes bytes_of(const char *s)
{
	return (struct dhcp_bytes){ (const uint8_t *)s, s ? strlen(s) : 0 };
}

static void write_request(struct wbuf *w, const struct gw_dhcp *g,
                          const struct gw_place *p, const struct dhcp *d,
                          const struct ip *server)
{
	const struct gw_dhcp_subnet *sn = &p->sn->cfg;
	struct dhcp_relay relay = {
		.circuit = bytes_of(g->ops->ac_name(g->arg, p->ac->id)),
		.remote = bytes_of(sn->remote_id),
		.link = sn->prefix.ip,
		.vss = bytes_of(sn->vss),
		.vss_control = sn->vss != NULL,
	};
	struct udp u = { .src = sn->loopback,
		         .dst = *server,
		         .sport = DHCP_SERVER_PORT,
		         .dport = DHCP_SERVER_PORT,
		         .ttl = TTL };
	struct dhcp out = *d;
	size_t start = udp_open(w, &u);

	if (sn->server_id_override)
		relay.server = sn->gateway;
	out.hops++;
	out.giaddr = sn->loopback;
	dhcp_write(w, &out, &relay);
	udp_close(w, start);
}

static void to_servers(struct gw_dhcp *g, struct gw_place *p, const struct dhcp *d,
                       const struct ip *only)
{
	const struct gw_dhcp_subnet *sn = &p->sn->cfg;

	for (size_t i = 0; i < sn->n_servers; i++) {
		uint8_t packet[GW_DHCP_PACKET_MAX];
		struct wbuf w = wbuf_of(packet, sizeof(packet));

		if (only->afi && !ip_eq(only, &sn->server[i]))
			continue;
		write_request(&w, g, p, d, &sn->server[i]);
		if (!wbuf_ok(&w)) {
			/* RFC 3046 2.1 would send it on without option 82: a server
			 * could then not know the subnet. */
			g->count[GW_DHCP_N_TOO_BIG]++;
			return;
		}
		g->count[GW_DHCP_N_TO_SERVER]++;
		g->ops->to_server(g->arg, sn->vrf, packet, w.len);
	}
}

/* The client says itself that the address is not its own any more, or never was. */
static void given_back(struct gw_dhcp *g, const struct gw_place *p, const struct dhcp *d,
                       const struct mac *mac, struct mono now)
{
	const struct ip *ip = d->type == DHCP_RELEASE ? &d->ciaddr : &d->asked;

	if (ip->afi)
		gw_client_over(g, p, ip, mac, now);
}

void gw_heard4(struct gw_dhcp *g, struct gw_ac *ac, const struct mac *src,
               const struct udp *u, struct cur data, struct mono now)
{
	enum gw_dhcp_counter fault;
	struct gw_place *p;
	struct dhcp d;
	struct ip only;

	if (dhcp_read(&data, &d) != DHCP_OK) {
		g->count[GW_DHCP_N_BAD_MESSAGE]++;
		return;
	}
	p = place_of(ac, &d);
	fault = !p           ? GW_DHCP_N_NO_RELAY
	        : !p->master ? GW_DHCP_N_BACKUP
	                     : fault_of(&d, src);
	if (fault == GW_DHCP_N_END && d.hops >= p->sn->cfg.max_hops)
		fault = GW_DHCP_N_HOPS;
	if (fault == GW_DHCP_N_END && !gw_place_take(p, now)) {
		fault = GW_DHCP_N_RATE;
		p->over_rate++;
	}
	if (fault != GW_DHCP_N_END) {
		g->count[fault]++;
		return;
	}
	g->up4[gw_type(d.type)]++;
	p->heard++;
	only = chosen(g, p, u, &d, now);
	to_servers(g, p, &d, &only);
	if (d.type == DHCP_RELEASE || d.type == DHCP_DECLINE)
		given_back(g, p, &d, src, now);
}

/* --- from a server ------------------------------------------------------------------ */

/* A server that does not know option 82 leaves it out (RFC 3046 2.2): a subnet on one
 * attachment only is found by the address. */
static struct gw_place *place_without_info(struct gw_dhcp *g, uint32_t vrf,
                                           const struct dhcp *d)
{
	const struct ip *ip = ip_is_zero(&d->yiaddr) ? &d->ciaddr : &d->yiaddr;

	list_for(sn, &g->subnets, struct gw_subnet, of_all) {
		if (sn->cfg.vrf == vrf && sn->n_places == 1 &&
		    prefix_has(&sn->cfg.prefix, ip))
			return list_first(&sn->places, struct gw_place, of_subnet);
	}
	return NULL;
}

static struct gw_place *place_of_reply(struct gw_dhcp *g, uint32_t vrf,
                                       const struct dhcp *d)
{
	struct dhcp_relay relay;

	if (!d->has_relay)
		return place_without_info(g, vrf, d);
	if (!dhcp_relay_read(d->relay, &relay) || !relay.link.afi)
		return NULL;
	return gw_place_named(g, vrf, AFI_IP4, relay.circuit.p, relay.circuit.len,
	                      &relay.link);
}

/* What an OFFER or ACK says of whom. */
static void learn(struct gw_dhcp *g, struct gw_place *p, const struct udp *u,
                  const struct dhcp *d, const struct mac *mac, struct mono now)
{
	const struct gw_dhcp_subnet *sn = &p->sn->cfg;
	bool ack = d->type == DHCP_ACK;
	struct mono until = mono_add_ms(now, 1000 * (ack ? (int64_t)d->lease_s
	                                                 : (int64_t)GW_DHCP_OFFER_S));
	struct gw_client *c;

	if ((!ack && d->type != DHCP_OFFER) || ip_is_zero(&d->yiaddr))
		return; /* as the ACK of an INFORM (RFC 2131 4.3.5) */
	if (!prefix_has(&sn->prefix, &d->yiaddr)) {
		g->count[GW_DHCP_N_OUTSIDE]++;
		return;
	}
	/* An offer to somebody else does not undo a lease; BOOTP leases never end. */
	c = gw_client_get(g, sn->vrf, p->ac, &d->yiaddr, now);
	if (!ack && c && c->state == GW_CLIENT_BOUND)
		return;
	if (ack && (!d->lease_s || d->lease_s == (uint32_t)DHCP_LEASE_FOREVER))
		until = MONO_NEVER;
	c = gw_client_set(g, sn->vrf, p->ac, &d->yiaddr,
	                  ack ? GW_CLIENT_BOUND : GW_CLIENT_OFFERED, mac, until, now);
	c->server = u->src;
	if (ack)
		gw_tell_lease(g, p, &d->yiaddr, mac, until, false);
}

/* RFC 1542 4.1.2; a NAK is broadcast (RFC 2131 4.3.2): its client may have no address. */
static void deliver(struct gw_dhcp *g, struct gw_place *p, const struct dhcp *d,
                    const struct mac *mac)
{
	static const struct mac everybody = {
		{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
	};
	const struct ip *ip = ip_is_zero(&d->yiaddr) ? &d->ciaddr : &d->yiaddr;
	bool all =
		d->type == DHCP_NAK || d->flags & DHCP_FLAG_BROADCAST || ip_is_zero(ip);
	uint8_t packet[GW_DHCP_PACKET_MAX];
	struct wbuf w = wbuf_of(packet, sizeof(packet));
	struct udp u = { .src = p->sn->cfg.from,
		         .dst = all ? ip_of_u32(UINT32_MAX) : *ip,
		         .sport = DHCP_SERVER_PORT,
		         .dport = DHCP_CLIENT_PORT,
		         .ttl = TTL };
	size_t start = udp_open(&w, &u);

	dhcp_write(&w, d, NULL);
	udp_close(&w, start);
	if (!wbuf_ok(&w)) {
		g->count[GW_DHCP_N_TOO_BIG]++;
		return;
	}
	g->count[GW_DHCP_N_TO_CLIENT]++;
	g->down4[gw_type(d->type)]++;
	p->answered++;
	g->ops->to_client(g->arg, p->ac->id, all ? &everybody : mac,
	                  p->master ? &p->sn->cfg.proxy_mac : NULL, packet, w.len);
}

static enum gw_dhcp_counter reply_fault(const struct gw_place *p, const struct udp *u,
                                        const struct dhcp *d, const struct mac *mac)
{
	if (d->op != DHCP_OP_REPLY)
		return GW_DHCP_N_UNEXPECTED;
	if (!p)
		return GW_DHCP_N_NO_CIRCUIT;
	if (!ip_eq(&d->giaddr, &p->sn->cfg.loopback))
		return GW_DHCP_N_NOT_OURS;
	if (!gw_is_server(p->sn, &u->src))
		return GW_DHCP_N_STRANGER;
	if (!sent_it(d, mac) || mac_is_group(mac) || mac_is_zero(mac))
		return GW_DHCP_N_WRONG_MAC;
	return GW_DHCP_N_END;
}

void gw_answer4(struct gw_dhcp *g, uint32_t vrf, const struct udp *u, struct cur data,
                struct mono now)
{
	enum gw_dhcp_counter fault;
	struct gw_place *p;
	struct mac mac;
	struct dhcp d;

	if (dhcp_read(&data, &d) != DHCP_OK || d.relay_misplaced) {
		g->count[GW_DHCP_N_BAD_MESSAGE]++;
		return;
	}
	memcpy(mac.b, d.chaddr, sizeof(mac.b));
	p = place_of_reply(g, vrf, &d);
	fault = reply_fault(p, u, &d, &mac);
	if (fault != GW_DHCP_N_END) {
		g->count[fault]++;
		return;
	}
	learn(g, p, u, &d, &mac, now);
	deliver(g, p, &d, &mac);
}
