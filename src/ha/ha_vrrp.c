/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ha/ha_int.h"
#include "wire/arp.h"
#include "wire/eth.h"
#include "wire/nd.h"

/* Packets: what a group sends, and what one that was heard means to it. */
enum { HA_FRAME_MAX = ETH_HEADER_MAX + VRRP_LEN_MAX };

/* ---- out -------------------------------------------------------------------------- */

/* Always from the virtual MAC: so every switch of the LAN knows where it is (RFC 5798
 * 7.3). */
static struct wbuf frame_open(const struct ha_group *g, uint8_t buf[HA_FRAME_MAX],
                              const struct mac *dst, uint16_t type)
{
	struct wbuf w = wbuf_of(buf, HA_FRAME_MAX);
	struct eth e = { .dst = *dst,
		         .src = vrrp_mac(g->afi, g->cfg.vrid),
		         .type = type };

	eth_tag_set(&e, g->cfg.vlan, g->cfg.inner_vlan);
	eth_write(&w, &e);
	return w;
}

static void frame_send(struct ha *h, const struct ha_group *g, const struct wbuf *w)
{
	must(wbuf_ok(w));
	h->ops->send(h->arg, g->cfg.ac, w->buf, w->len);
}

static uint16_t ip_type(enum afi afi)
{
	return afi == AFI_IP4 ? ETH_TYPE_IP4 : ETH_TYPE_IP6;
}

void ha_vrrp_send(struct ha *h, struct ha_group *g, uint8_t priority, struct mono now)
{
	size_t alen = afi_len(g->afi);
	uint8_t vips[HA_VIPS_MAX * 16], buf[HA_FRAME_MAX];
	struct mac dst = vrrp_group_mac(g->afi);
	struct vrrp v = { .src = g->cfg.primary,
		          .vrid = g->cfg.vrid,
		          .priority = priority,
		          .interval_cs = g->cfg.interval_cs,
		          .checksum = g->cfg.checksum,
		          .n_vips = g->cfg.n_vips,
		          .vips = vips };
	struct wbuf w;

	g->sent = now;
	if (!g->cfg.primary.afi)
		return; /* it went with its port */
	for (unsigned i = 0; i < g->cfg.n_vips; i++)
		memcpy(vips + i * alen, g->cfg.vip[i].b, alen);
	w = frame_open(g, buf, &dst, ip_type(g->afi));
	vrrp_write(&w, &v);
	g->n[priority == VRRP_RESIGN ? HA_N_SENT_RESIGN : HA_N_SENT]++;
	frame_send(h, g, &w);
}

/* RFC 5798 6.4.2: a gratuitous ARP request with the virtual MAC; … */
static void announce4(struct ha *h, struct ha_group *g, const struct ip *vip)
{
	struct mac vmac = vrrp_mac(g->afi, g->cfg.vrid);
	struct arp a = { .op = ARP_OP_REQUEST, .sha = vmac, .spa = *vip, .tpa = *vip };
	uint8_t buf[HA_FRAME_MAX];
	struct wbuf w = frame_open(g, buf, &eth_broadcast, ETH_TYPE_ARP);

	arp_write(&w, &a);
	frame_send(h, g, &w);
}

/* … an unsolicited advertisement with R and O, without S. */
static void announce6(struct ha *h, struct ha_group *g, const struct ip *vip)
{
	struct ip all = nd_all_nodes();
	struct mac dst = nd_group_mac(&all);
	struct nd n = { .type = ND_TYPE_NA,
		        .src = *vip,
		        .dst = all,
		        .target = *vip,
		        .router = true,
		        .override = true,
		        .has_lla = true,
		        .lla = vrrp_mac(g->afi, g->cfg.vrid) };
	uint8_t buf[HA_FRAME_MAX];
	struct wbuf w = frame_open(g, buf, &dst, ETH_TYPE_IP6);

	nd_write(&w, &n);
	frame_send(h, g, &w);
}

void ha_vrrp_announce(struct ha *h, struct ha_group *g, unsigned vip)
{
	const struct ip *ip = &g->cfg.vip[vip];

	g->n[HA_N_ANNOUNCED]++;
	if (g->afi == AFI_IP4)
		announce4(h, g, ip);
	else
		announce6(h, g, ip);
}

/* ---- in --------------------------------------------------------------------------- */

static bool has_vip(const struct ha_group *g, const struct ip *ip)
{
	for (unsigned i = 0; i < g->cfg.n_vips; i++) {
		if (ip_eq(&g->cfg.vip[i], ip))
			return true;
	}
	return false;
}

/* RFC 5798 7.1: told to the operator, and else without consequence, as to take it for
 * nobody would make two masters of one mistake. */
static void check_addresses(struct ha *h, struct ha_group *g, const struct vrrp *v)
{
	bool same = v->n_vips == g->cfg.n_vips;

	for (unsigned i = 0; same && i < v->n_vips; i++) {
		struct ip ip = vrrp_vip(v, i);

		same = has_vip(g, &ip);
	}
	if (!same)
		g->n[HA_N_OTHER_ADDRESSES]++;
	if (same != g->mismatch)
		return;
	g->mismatch = !same;
	ha_tell_event(h, g, same ? HA_HAP_MATCH : HA_HAP_MISMATCH, &v->src,
	              same ? NULL : "it has other virtual addresses than we");
}

static void count(struct ha_group *g, const struct vrrp *v)
{
	g->n[HA_N_HEARD]++;
	if (v->priority == VRRP_RESIGN)
		g->n[HA_N_HEARD_RESIGN]++;
	if (v->checksum == VRRP_SUM_PLAIN)
		g->n[HA_N_HEARD_PLAIN]++;
	if (v->interval_cs != g->cfg.interval_cs)
		g->n[HA_N_OTHER_INTERVAL]++;
	if (ip_eq(&v->src, &g->cfg.primary))
		g->n[HA_N_OWN_ADDRESS]++;
}

/* RFC 5798 6.4.2 (650) and 6.4.3 (800): what it means in our state. */
static enum ha_ev meaning(const struct ha *h, const struct ha_group *g,
                          const struct vrrp *v, struct mono now)
{
	uint8_t ours = ha_priority(h, g);

	if (v->priority == VRRP_RESIGN)
		return HA_EV_RESIGNED;
	if (g->state == HA_MASTER)
		return v->priority > ours || (v->priority == ours &&
		                              ip_cmp(&v->src, &g->cfg.primary) > 0)
		               ? HA_EV_ABOVE
		               : HA_EV_BELOW;
	if (v->priority >= ours || !g->cfg.preempt || ha_aside(h, g) ||
	    !ha_ready(h, g, now))
		return HA_EV_ABOVE;
	return HA_EV_BELOW;
}

static void heard_by(struct ha *h, struct ha_group *g, const struct vrrp *v,
                     struct mono now)
{
	if (g->cfg.external || g->state == HA_INIT) {
		g->n[g->cfg.external ? HA_N_EXTERNAL : HA_N_NO_LINK]++;
		return;
	}
	count(g, v);
	check_addresses(h, g, v);
	g->peer = (struct ha_peer){ .ip = v->src,
		                    .priority = v->priority,
		                    .interval_cs = v->interval_cs,
		                    .checksum = v->checksum,
		                    .heard = now };
	ha_step(h, g, meaning(h, g, v, now), now);
}

void ha_heard(struct ha *h, uint16_t ac, const uint8_t *packet, size_t len,
              struct mono now)
{
	struct cur c = cur_of(packet, len);
	struct vrrp v = { 0 };
	enum vrrp_fault f = vrrp_read(&c, &v);
	struct ha_key key = { .ac = ac,
		              .vrid = v.vrid,
		              .afi = len && packet[0] >> 4 == 6 ? AFI_IP6 : AFI_IP4 };
	struct ha_group *g = ha_find(h, &key);

	h->latest = now;
	if (f != VRRP_OK)
		(g ? g->fault : h->fault)[f]++;
	else if (g)
		heard_by(h, g, &v, now);
	else
		h->unknown++;
}
