/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/mem.h"
#include "core/core_int.h"
#include "core/core_punt.h"
#include "dataplane/dp_common.h"
#include "sys/priv.h"
#include "wire/eth.h"

#include "gateway/gw_ra.h"

/* gateway/'s router advertisements and their surroundings: subnets from the
 * configuration, mastership, links and time in; frames out; word of other routers to log
 * and monitor. */
enum { MTU_MIN6 = 1280 /* RFC 8200 5 */, MTU_ETHERNET = 1500 };

struct core_ra {
	struct core *core;
	struct gw_ras *ras;
	struct loop_timer due;
	struct loop_defer arm;
	struct log_limit lost;
};

static void arm_now(void *arg)
{
	struct core_ra *x = arg;

	loop_timer_set(&x->due, gw_ras_deadline(x->ras));
}

static void arm(struct core_ra *x)
{
	loop_defer(x->core->loop, &x->arm, arm_now, x);
}

static void on_due(void *arg)
{
	struct core_ra *x = arg;

	gw_ras_run(x->ras, loop_now(x->core->loop));
	arm(x);
}

static void send_packet(void *arg, uint16_t ac, const struct mac *dst,
                        const struct mac *src, const uint8_t *ip, size_t len)
{
	struct core_ra *x = arg;
	struct core *c = x->core;
	const struct config_attachment *at = core_ac(c, ac);
	const struct core_port *p = at ? core_ac_port(c, at) : NULL;
	uint8_t frame[ETH_HEADER_MAX + 1024];
	struct wbuf w = wbuf_of(frame, sizeof(frame));
	struct eth eth = { .dst = *dst, .src = *src, .type = ETH_TYPE_IP6 };

	if (!p || !p->ifindex || !c->packet)
		return;
	eth_tag_set(&eth, at->vlan, at->inner_vlan);
	eth_write(&w, &eth);
	wbuf_bytes(&w, ip, len);
	must(wbuf_ok(&w));
	if (packet_send(c->packet, p->ifindex, frame, w.len) && p->up)
		log_limited(&x->lost, LOG_LEVEL_WARN,
		            "port %s: router advertisements are lost", p->name);
}

struct sighting {
	struct core *c;
	const struct gw_ra_rogue *r;
};

static void fill_event(void *arg, struct view *v)
{
	const struct sighting *s = arg;
	char port[64];

	view_str(v, "event", "foreign-router");
	view_str(v, "vpn", vrf_name(s->c->vrfs, s->r->vrf));
	view_str(v, "port", core_ac_name(s->c, s->r->ac, port, sizeof(port)));
	view_ip(v, "address", &s->r->ip);
	view_mac(v, "mac", &s->r->mac);
	view_num(v, "lifetime", s->r->lifetime_s);
	view_num(v, "heard", (int64_t)s->r->heard);
}

static void on_rogue(void *arg, const struct gw_ra_rogue *r)
{
	struct core_ra *x = arg;
	struct sighting s = { .c = x->core, .r = r };
	char port[64], ip[IP_STRLEN], mac[MAC_STRLEN];
	const char *ac = core_ac_name(x->core, r->ac, port, sizeof(port));

	log_warn("router %s: another router advertises itself: address=%s mac=%s port=%s "
	         "lifetime=%u heard=%llu",
	         vrf_name(x->core->vrfs, r->vrf), ip_fmt(&r->ip, ip),
	         mac_fmt(&r->mac, mac), ac ? ac : "-", r->lifetime_s,
	         (unsigned long long)r->heard);
	ctl_event(x->core->ctl, "router", fill_event, &s);
}

static const char *name_of_vrf(void *arg, uint32_t vrf)
{
	const struct core_ra *x = arg;

	return vrf_name(x->core->vrfs, vrf);
}

static const char *name_of_ac(void *arg, uint16_t ac)
{
	static char buf[64]; /* of the one thread; gateway/ prints it at once */
	const struct core_ra *x = arg;

	return core_ac_name(x->core, ac, buf, sizeof(buf));
}

static const struct gw_ra_ops ops = { .send = send_packet,
	                              .rogue = on_rogue,
	                              .vrf_name = name_of_vrf,
	                              .ac_name = name_of_ac };

static unsigned mtu_of(const struct core *c, const struct core_port *p)
{
	struct netlink_link l;

	if (!p || !c->nl || netlink_link_get(c->nl, p->ifindex, &l))
		return MTU_ETHERNET;
	return l.mtu;
}

/* What fits through the tunnels and over the port, and over any IPv6 link. */
static uint32_t mtu_told(const struct core *c, const struct core_port *access)
{
	static const enum dp_encap encap[] = { [ENCAP_MPLS_UDP] = DP_ENCAP_UDP,
		                               [ENCAP_MPLS_GRE] = DP_ENCAP_GRE,
		                               [ENCAP_MPLS] = DP_ENCAP_MPLS };
	const struct dp_nexthop nh = { .encap = encap[c->cfg->encap] };
	unsigned over = dp_encap_overhead(&nh), mtu = mtu_of(c, access);

	for (size_t i = 0; i < c->n_ports; i++) {
		unsigned core = mtu_of(c, &c->port[i]);

		if (c->port[i].role == DP_ROLE_CORE && core > over && core - over < mtu)
			mtu = core - over;
	}
	return mtu < MTU_MIN6 ? MTU_MIN6 : mtu;
}

static void add(struct core_ra *x, const struct config_vpn *vpn,
                const struct config_subnet *sn)
{
	const struct config_ra *ra = sn->ra;
	struct gw_ra_subnet rs = { .vrf = vpn->id,
		                   .name = sn->name,
		                   .prefix = sn->prefix6,
		                   .from = sn->gateway6_ll,
		                   .proxy_mac = sn->proxy_mac6,
		                   .interval_s = ra->interval_s,
		                   .lifetime_s = ra->lifetime_s,
		                   .valid_s = ra->valid_s,
		                   .preferred_s = ra->preferred_s,
		                   .managed = ra->managed,
		                   .other = ra->other,
		                   .autonomous = ra->autonomous };
	struct mono now = loop_now(x->core->loop);

	for (; rs.n_dns < ra->n_dns && rs.n_dns < GW_RA_DNS_MAX; rs.n_dns++)
		rs.dns[rs.n_dns] = ra->dns[rs.n_dns];
	for (; rs.n_search < ra->n_search && rs.n_search < GW_RA_DNS_MAX; rs.n_search++)
		rs.search[rs.n_search] = ra->search[rs.n_search];
	for (size_t i = 0; i < sn->n_attachments; i++) {
		const struct config_attachment *at = sn->attachment[i];
		const struct core_port *p = core_ac_port(x->core, at);

		rs.mtu = ra->mtu ? ra->mtu : mtu_told(x->core, p);
		gw_ra_add(x->ras, &rs, at->id);
		/* With VRRP, who is master is told; without, we are. */
		if (!sn->vrrp.on)
			gw_ra_master(x->ras, vpn->id, &sn->prefix6, at->id, true, now);
		gw_ra_link(x->ras, at->id, p && p->ifindex && p->up, now);
	}
}

static void heard_rs(struct core *c, uint16_t ac, const uint8_t *frame, size_t len,
                     size_t l3)
{
	gw_ra_solicited(c->ra->ras, ac, frame + l3, len - l3, loop_now(c->loop));
	arm(c->ra);
}

static void heard_ra(struct core *c, uint16_t ac, const uint8_t *frame, size_t len,
                     size_t l3)
{
	struct mac mac;

	memcpy(mac.b, frame + 6, sizeof(mac.b));
	gw_ra_heard(c->ra->ras, ac, &mac, frame + l3, len - l3, loop_now(c->loop));
}

void core_ra_master(struct core *c, uint32_t vrf, const struct prefix *p, uint16_t ac,
                    bool master)
{
	if (!c->ra)
		return;
	gw_ra_master(c->ra->ras, vrf, p, ac, master, loop_now(c->loop));
	arm(c->ra);
}

void core_ra_link(struct core *c, uint16_t ac, bool up)
{
	if (!c->ra)
		return;
	gw_ra_link(c->ra->ras, ac, up, loop_now(c->loop));
	arm(c->ra);
}

void core_ra_start(struct core *c)
{
	struct core_ra *x = mem_new(struct core_ra);
	uint64_t seed;

	priv_random(&seed, sizeof(seed));
	x->core = c;
	x->ras = gw_ras_new(&ops, x, seed);
	loop_timer_init(&x->due, c->loop, on_due, x);
	c->ra = x;
	for (size_t i = 0; i < c->cfg->n_vpns; i++) {
		const struct config_vpn *vpn = &c->cfg->vpn[i];

		for (size_t k = 0; k < vpn->n_subnets; k++) {
			if (vpn->subnet[k].ra)
				add(x, vpn, &vpn->subnet[k]);
		}
	}
	core_punt_to(c, CORE_PUNT_RS, heard_rs);
	core_punt_to(c, CORE_PUNT_RA, heard_ra);
	arm(x);
}

void core_ra_stop(struct core *c)
{
	struct core_ra *x = c->ra;

	if (!x)
		return;
	c->ra = NULL;
	loop_timer_cancel(&x->due);
	loop_defer_cancel(&x->arm);
	gw_ras_free(x->ras);
	free(x);
}

void core_ra_commands(struct core *c)
{
	ctl_register(c->ctl, gw_ra_cmds, gw_ra_cmds_n, c->ra->ras);
}
