/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/host_int.h"
#include "wire/arp.h"
#include "wire/eth.h"
#include "wire/nd.h"

/*
 * The frames this PE sends on its attachments.
 *
 * A probe's sender is the gateway address, never 0.0.0.0: a host that is itself checking
 * an address takes a probe for it with sender 0 for a conflict (RFC 5227 2.1.1).  The
 * source of an NS is the link-local address made of the proxy MAC, never ::, which would
 * be address detection (RFC 4861 4.3).  The MAC is the proxy MAC, as in all we answer and
 * as RFC 5798 8.2.2 asks of a master: what hosts learn from it stays true whoever is
 * master next.
 *
 * A backup has neither: as a source the proxy MAC would lead the site's switches from the
 * master's port to ours, and the gateway address with another MAC would lead the hosts
 * there.  So it asks in its own name and with the port's MAC, which also brings the
 * answer to it and not to the master.  Without an address of its own it cannot ask by
 * ARP at all, and lives by what it hears.  Announcements are the master's.
 */
static const struct mac *all(enum afi afi, const struct ip *ip, struct mac *buf)
{
	struct ip group;

	if (afi == AFI_IP4)
		return &eth_broadcast;
	group = nd_solicited_node(ip);
	*buf = nd_group_mac(&group);
	return buf;
}

static const struct mac *own_mac(const struct host_place *p)
{
	return p->backup ? &p->link->cfg.mac : &p->net->cfg.proxy_mac;
}

static struct ip own_address(const struct host_place *p)
{
	const struct host_subnet *sn = &p->net->cfg;

	return p->backup || ip_is_zero(&sn->gateway) ? sn->address : sn->gateway;
}

static bool send(struct hosts *h, const struct host_place *p, struct host_frame *f)
{
	f->ac = p->link->cfg.id;
	f->src = *own_mac(p);
	h->ops->send(h->arg, f);
	return true;
}

static bool nameless(struct hosts *h)
{
	h->count[HOST_N_NAMELESS]++;
	return false;
}

bool host_probe_send(struct hosts *h, const struct host_place *p, const struct ip *ip,
                     const struct mac *dst)
{
	bool ip4 = ip->afi == AFI_IP4;
	const struct mac *own = own_mac(p);
	struct mac buf;
	struct host_frame f = {
		.kind = ip4 ? HOST_TX_ARP_REQUEST : HOST_TX_NS,
		.dst = dst ? *dst : *all(ip->afi, ip, &buf),
		.sha = *own,
		.sender = ip4 ? own_address(p) : nd_linklocal(own),
		.target = *ip,
	};

	if (p->backup && ip4 && ip_is_zero(&f.sender))
		return nameless(h);
	return send(h, p, &f);
}

/* An ARP request announces more reliably than a reply (RFC 5227 3); an unsolicited NA
 * with O=1 replaces what caches hold (RFC 4861 7.2.6). */
bool host_probe_garp(struct hosts *h, const struct host_place *p, const struct ip *ip,
                     const struct mac *sha, bool router)
{
	const struct mac *own = own_mac(p);
	struct ip group = nd_all_nodes();
	bool ip4 = ip->afi == AFI_IP4;
	struct host_frame f = {
		.kind = ip4 ? HOST_TX_GARP : HOST_TX_NA,
		.dst = ip4 ? eth_broadcast : nd_group_mac(&group),
		.sha = *sha,
		.sender = ip4 ? *ip : nd_linklocal(own),
		.target = *ip,
		.router = router,
	};

	if (p->backup && !ip_eq(ip, &p->net->cfg.address))
		return false;
	return send(h, p, &f);
}

/* To the host alone: see host_care.h. */
void host_probe_care(struct hosts *h, const struct host_place *p, const struct ip *host,
                     const struct mac *mac, const struct ip *peer, bool router)
{
	const struct mac *own = own_mac(p);
	bool ip4 = peer->afi == AFI_IP4;
	struct host_frame f = {
		.kind = ip4 ? HOST_TX_GARP : HOST_TX_NA,
		.dst = *mac,
		.sha = *own,
		.sender = ip4 ? *peer : nd_linklocal(own),
		.target = *peer,
		.to = *host,
		.router = router,
	};

	h->count[HOST_N_CARED]++;
	send(h, p, &f);
}

/* RFC 5227 2.1.1: any ARP packet whose sender has the address ends the check; RFC 4862
 * 5.4.4: an advertisement for it, and the one who checks hears only groups. */
void host_probe_defend(struct hosts *h, const struct host_place *p, const struct ip *ip,
                       const struct mac *mac, bool router)
{
	struct host_frame f = {
		.kind = HOST_TX_ARP_REPLY,
		.dst = *mac,
		.sha = *own_mac(p),
		.sender = *ip,
		.target = { .afi = AFI_IP4 },
	};

	if (ip->afi == AFI_IP4)
		send(h, p, &f);
	else
		host_probe_garp(h, p, ip, own_mac(p), router);
}

/* From a global address, so that the answer shows a global one too. */
bool host_probe_echo(struct hosts *h, const struct host_place *p)
{
	struct ip group = nd_all_nodes();
	struct host_frame f = {
		.kind = HOST_TX_ECHO6_ALL,
		.dst = nd_group_mac(&group),
		.sha = *own_mac(p),
		.sender = own_address(p),
		.target = group,
	};

	if (ip_is_zero(&f.sender))
		return p->backup ? nameless(h) : false;
	return send(h, p, &f);
}

static void write_arp(struct wbuf *w, const struct host_frame *f)
{
	bool reply = f->kind == HOST_TX_ARP_REPLY;
	struct arp a = {
		.op = reply ? ARP_OP_REPLY : ARP_OP_REQUEST,
		.sha = f->sha,
		.spa = f->sender,
		.tpa = f->target,
	};

	if (reply)
		a.tha = f->dst;
	arp_write(w, &a);
}

static void write_nd(struct wbuf *w, const struct host_frame *f)
{
	bool ns = f->kind == HOST_TX_NS;
	struct nd n = {
		.type = ns ? ND_TYPE_NS : ND_TYPE_NA,
		.src = f->sender,
		.dst = f->to.afi ? f->to : nd_all_nodes(),
		.target = f->target,
		.router = !ns && f->router,
		.override = !ns,
		.has_lla = true,
		.lla = f->sha,
	};

	if (ns)
		n.dst = mac_is_group(&f->dst) ? nd_solicited_node(&f->target) : f->target;
	nd_write(w, &n);
}

void host_frame_write(struct wbuf *w, const struct host_frame *f, uint16_t vlan,
                      uint16_t inner_vlan)
{
	bool arp = f->kind == HOST_TX_ARP_REQUEST || f->kind == HOST_TX_GARP ||
	           f->kind == HOST_TX_ARP_REPLY;
	struct eth e = {
		.dst = f->dst,
		.src = f->src,
		.type = arp ? ETH_TYPE_ARP : ETH_TYPE_IP6,
	};

	eth_tag_set(&e, vlan, inner_vlan);
	eth_write(w, &e);
	if (arp)
		write_arp(w, f);
	else if (f->kind == HOST_TX_ECHO6_ALL)
		nd_write_echo_all(w, &f->sender);
	else
		write_nd(w, f);
}
