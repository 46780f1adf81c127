/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/core_dhcp.h"

#include "core/core_int.h"
#include "core/core_punt.h"
#include "core/core_tools.h"
#include "host/host_trust.h"
#include "wire/eth.h"

#include "gateway/gw_dhcp.h"

enum { FRAME_MAX = ETH_HEADER_MAX + GW_DHCP_PACKET_MAX };

/* --- what comes in ------------------------------------------------------------------ */

static void heard(struct core *c, uint16_t ac, const uint8_t *frame, size_t len,
                  size_t l3)
{
	struct cur cur = cur_of(frame, len);
	struct eth e;

	if (eth_read(&cur, &e) == ETH_OK)
		gw_dhcp_heard(c->dhcp, ac, &e.src, frame + l3, len - l3,
		              loop_now(c->loop));
}

static void answered(void *arg, uint32_t vrf, const uint8_t *ip, size_t len)
{
	struct core *c = arg;

	gw_dhcp_answer(c->dhcp, vrf, ip, len, loop_now(c->loop));
}

/* --- what goes out ------------------------------------------------------------------ */

static void to_server(void *arg, uint32_t vrf, const uint8_t *ip, size_t len)
{
	core_tools_send(arg, vrf, ip, len);
}

static void to_client(void *arg, uint16_t ac, const struct mac *dst,
                      const struct mac *src, const uint8_t *ip, size_t len)
{
	struct core *c = arg;
	const struct config_attachment *at = core_ac(c, ac);
	const struct core_port *p = at ? core_ac_port(c, at) : NULL;
	uint8_t frame[FRAME_MAX];
	struct wbuf w = wbuf_of(frame, sizeof(frame));
	struct eth e = { .dst = *dst };

	if (!p || !p->ifindex || !c->packet)
		return;
	e.src = src ? *src : p->mac;
	e.type = *ip >> 4 == 4 ? ETH_TYPE_IP4 : ETH_TYPE_IP6;
	eth_tag_set(&e, at->vlan, at->inner_vlan);
	eth_write(&w, &e);
	wbuf_bytes(&w, ip, len);
	must(wbuf_ok(&w));
	if (packet_send(c->packet, p->ifindex, frame, w.len))
		log_limited(&c->frames_lost, LOG_LEVEL_WARN,
		            "port %s: answers of DHCP servers are lost", p->name);
}

/* The server's word about an address, and weak evidence that the host is there: it is
 * asked, and believed when it answers. */
static void lease(void *arg, const struct gw_lease *l)
{
	struct core *c = arg;
	struct mono now = loop_now(c->loop);
	struct host_evidence ev = { .kind = HOST_BY_DHCP,
		                    .vrf = l->vrf,
		                    .ac = l->ac,
		                    .mac = l->mac,
		                    .sender = l->ip };

	if (l->over) {
		hosts_binding_del(c->hosts, l->vrf, &l->ip, now);
	} else {
		hosts_binding_set(c->hosts, l->vrf, &l->ip, &l->mac, l->ac, l->until,
		                  now);
		hosts_evidence(c->hosts, &ev, now);
	}
	core_hosts_arm(c);
}

static const char *name_of_vrf(void *arg, uint32_t vrf)
{
	const struct core *c = arg;

	return vrf_name(c->vrfs, vrf);
}

static const char *name_of_ac(void *arg, uint16_t ac)
{
	static char buf[64]; /* of the one thread; gateway/ copies or compares at once */

	return core_ac_name(arg, ac, buf, sizeof(buf));
}

static struct mono now_of(void *arg)
{
	const struct core *c = arg;

	return loop_now(c->loop);
}

static const struct gw_dhcp_ops ops = { .to_server = to_server,
	                                .to_client = to_client,
	                                .lease = lease,
	                                .vrf_name = name_of_vrf,
	                                .ac_name = name_of_ac,
	                                .now = now_of };

/* --- what is configured ------------------------------------------------------------- */

/* One family of a subnet, if it has servers of that family. */
static void subnet_add(struct core *c, const struct config_vpn *vpn,
                       const struct config_subnet *sn, enum afi afi)
{
	const struct config_dhcp *d = sn->dhcp;
	struct ip server[8]; /* the model's max-elements */
	bool four = afi == AFI_IP4;
	struct gw_dhcp_subnet gs = {
		.vrf = vpn->id,
		.name = sn->name,
		.prefix = four ? sn->prefix : sn->prefix6,
		.gateway = four ? sn->gateway : sn->gateway6,
		.from = four ? sn->gateway : sn->gateway6_ll,
		.proxy_mac = four ? sn->proxy_mac : sn->proxy_mac6,
		.loopback = four ? vpn->loopback : vpn->loopback6,
		.server = server,
		.remote_id = d->remote_id,
		.vss = d->vss ? vpn->name : NULL,
		.server_id_override = d->server_id_override,
		.max_hops = d->max_hops,
		.max_rate = d->max_rate,
	};

	for (size_t i = 0; i < d->n_servers; i++) {
		if (d->server[i].afi == afi && gs.n_servers < ARRAY_LEN(server))
			server[gs.n_servers++] = d->server[i];
	}
	if (!gs.n_servers)
		return;
	gw_dhcp_subnet_add(c->dhcp, &gs);
	for (size_t i = 0; i < sn->n_attachments; i++) {
		gw_dhcp_attach(c->dhcp, vpn->id, &gs.prefix, sn->attachment[i]->id);
		/* With VRRP, who is master is told; without, we are. */
		gw_dhcp_master(c->dhcp, vpn->id, &gs.prefix, sn->attachment[i]->id,
		               !sn->vrrp.on);
	}
}

static bool has_relay(const struct config_vpn *vpn)
{
	for (size_t i = 0; i < vpn->n_subnets; i++) {
		if (vpn->subnet[i].dhcp)
			return true;
	}
	return false;
}

static void vpn_start(struct core *c, const struct config_vpn *vpn)
{
	for (size_t i = 0; i < vpn->n_subnets; i++) {
		if (!vpn->subnet[i].dhcp)
			continue;
		subnet_add(c, vpn, &vpn->subnet[i], AFI_IP4);
		subnet_add(c, vpn, &vpn->subnet[i], AFI_IP6);
	}
	if (has_relay(vpn)) /* so it has a loopback: the configuration was checked */
		core_tools_open(c, vpn->id, answered, c);
}

void core_dhcp_start(struct core *c)
{
	c->dhcp = gw_dhcp_new(&ops, c);
	for (size_t i = 0; i < c->cfg->n_vpns; i++)
		vpn_start(c, &c->cfg->vpn[i]);
	core_punt_to(c, CORE_PUNT_DHCP, heard);
	core_punt_to(c, CORE_PUNT_DHCP6, heard);
}

void core_dhcp_master(struct core *c, uint32_t vrf, const struct prefix *p, uint16_t ac,
                      bool master)
{
	if (c->dhcp)
		gw_dhcp_master(c->dhcp, vrf, p, ac, master);
}

void core_dhcp_stop(struct core *c)
{
	gw_dhcp_free(c->dhcp);
	c->dhcp = NULL;
}
