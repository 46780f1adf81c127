/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/host_trust_int.h"

/* Attachments, subnets, and the places where both meet. */

struct host_link *host_link_find(const struct hosts *h, uint16_t ac)
{
	hmap_for_key(n, &h->links, (uint64_t)ac)
		return container_of(n, struct host_link, by_id);
	return NULL;
}

struct host_place *host_place_find(const struct host_link *l, const struct ip *ip)
{
	list_for(p, &l->places, struct host_place, of_link)
		if (prefix_has(&p->net->cfg.prefix, ip))
			return p;
	return NULL;
}

struct host_place *host_place_of(const struct hosts *h, const struct host *x)
{
	const struct host_link *l = host_link_find(h, x->ac);

	return l ? host_place_find(l, &x->ip) : NULL;
}

struct host_net *host_net_find(const struct hosts *h, uint32_t vrf, const struct ip *ip)
{
	hmap_for_key(it, &h->nets_by_vrf, (uint64_t)vrf) {
		struct host_net *n = container_of(it, struct host_net, by_vrf);

		if (prefix_has(&n->cfg.prefix, ip))
			return n;
	}
	return NULL;
}

static struct host_net *net_get(const struct hosts *h, uint32_t vrf,
                                const struct prefix *p)
{
	hmap_for_key(it, &h->nets_by_vrf, (uint64_t)vrf) {
		struct host_net *n = container_of(it, struct host_net, by_vrf);

		if (prefix_eq(&n->cfg.prefix, p))
			return n;
	}
	return NULL;
}

static struct host_place *place_get(const struct host_net *n, uint16_t ac)
{
	list_for(p, &n->places, struct host_place, of_net)
		if (p->link->cfg.id == ac)
			return p;
	return NULL;
}

static void place_cut(struct hosts *h, struct host_place *p, struct mono now)
{
	list_for_safe(x, &p->hosts, struct host, of_place)
		host_step(h, x, HOST_EV_PORT_DOWN, NULL, now);
	host_scan_stop(h, p);
}

static void place_free(struct hosts *h, struct host_place *p, struct mono now)
{
	struct host *x;

	host_scan_stop(h, p);
	while ((x = list_first(&p->hosts, struct host, of_place)))
		host_step(h, x, HOST_EV_REMOVED, NULL, now);
	while ((x = list_first(&p->past, struct host, of_place)))
		host_step(h, x, HOST_EV_REMOVED, NULL, now);
	host_sibling_forget(h, p);
	list_del(&p->of_net);
	list_del(&p->of_link);
	free(p);
}

/* Who was here when the link went is asked first: a port that flaps brings its hosts
 * back within a second, IPv6 ones too, which no sweep would find (RFC 7707). */
static void place_recall(struct hosts *h, struct host_place *p, struct mono now)
{
	list_for_safe(x, &p->past, struct host, of_place) {
		struct host_evidence ev = {
			.kind = HOST_BY_RARP,
			.vrf = x->vrf,
			.ac = x->ac,
			.mac = x->mac,
		};
		struct host_remote r;

		if (p->link->n_probing >= HOST_PROBING_MAX)
			break;
		if (p->n_hosts < p->net->cfg.max_hosts && !host_rival(h, x, &r))
			host_step(h, x, HOST_EV_CHECK, &ev, now);
	}
}

void hosts_ac_set(struct hosts *h, const struct host_ac *ac, struct mono now)
{
	struct host_link *l = host_link_find(h, ac->id);

	if (l && l->cfg.vrf != ac->vrf) { /* another network: nothing of it is left */
		hosts_ac_del(h, ac->id, now);
		l = NULL;
	}
	if (!l) {
		l = mem_new(struct host_link);
		list_init(&l->places);
		hmap_add(&h->links, &l->by_id, ac->id);
	}
	l->cfg = *ac;
}

static void link_free(struct hosts *h, struct host_link *l, struct mono now)
{
	struct host_place *p;

	while ((p = list_first(&l->places, struct host_place, of_link)))
		place_free(h, p, now);
	hmap_del(&h->links, &l->by_id);
	free(l);
}

void hosts_ac_del(struct hosts *h, uint16_t ac, struct mono now)
{
	struct host_link *l = host_link_find(h, ac);

	if (l)
		link_free(h, l, now);
}

void hosts_ac_link(struct hosts *h, uint16_t ac, bool up, struct mono now)
{
	struct host_link *l = host_link_find(h, ac);

	if (!l || l->up == up)
		return;
	l->up = up;
	list_for(p, &l->places, struct host_place, of_link) {
		if (up) {
			place_recall(h, p, now);
			host_scan_start(h, p, now);
			host_sibling_restart(h, p, now);
		} else {
			place_cut(h, p, now);
			host_sibling_restart(h, p, now); /* waits for the link */
		}
	}
	if (up)
		host_static_place(h, l, now);
}

void hosts_subnet_set(struct hosts *h, const struct host_subnet *sn, struct mono now)
{
	struct host_net *n = net_get(h, sn->vrf, &sn->prefix);

	if (!n) {
		n = mem_new(struct host_net);
		list_init(&n->places);
		list_add_tail(&h->nets, &n->of_all);
		hmap_add(&h->nets_by_vrf, &n->by_vrf, sn->vrf);
	}
	n->cfg = *sn;
}

void hosts_subnet_del(struct hosts *h, uint32_t vrf, const struct prefix *p,
                      struct mono now)
{
	struct host_net *n = net_get(h, vrf, p);
	struct host_place *at;

	if (!n)
		return;
	while ((at = list_first(&n->places, struct host_place, of_net)))
		place_free(h, at, now);
	list_del(&n->of_all);
	hmap_del(&h->nets_by_vrf, &n->by_vrf);
	free(n);
}

void hosts_subnet_attach(struct hosts *h, uint32_t vrf, const struct prefix *p,
                         uint16_t ac, struct mono now)
{
	struct host_link *l = host_link_find(h, ac);
	struct host_net *n = net_get(h, vrf, p);
	struct host_place *at;

	must(l && n && l->cfg.vrf == vrf); /* core/ sets both first */
	if (place_get(n, ac))
		return;
	at = mem_new(struct host_place);
	at->net = n;
	at->link = l;
	at->scan_at = MONO_NEVER;
	at->defend_at = now;
	list_init(&at->hosts);
	list_init(&at->past);
	list_init(&at->siblings);
	list_add_tail(&n->places, &at->of_net);
	list_add_tail(&l->places, &at->of_link);
	if (l->up)
		host_scan_start(h, at, now);
}

void hosts_place_master(struct hosts *h, uint32_t vrf, const struct prefix *p,
                        uint16_t ac, bool master, struct mono now)
{
	struct host_net *n = net_get(h, vrf, p);
	struct host_place *at = n ? place_get(n, ac) : NULL;

	h->latest = now;
	if (!at || at->backup == !master)
		return;
	at->backup = !master;
	if (master) /* the other PE may be gone, and its routes soon */
		host_sibling_restart(h, at, now);
}

bool hosts_place_is_master(const struct hosts *h, uint32_t vrf, const struct prefix *p,
                           uint16_t ac)
{
	const struct host_net *n = net_get(h, vrf, p);
	const struct host_place *at = n ? place_get(n, ac) : NULL;

	return at && !at->backup;
}

void hosts_place_announce(struct hosts *h, uint32_t vrf, const struct prefix *p,
                          uint16_t ac)
{
	const struct host_net *n = net_get(h, vrf, p);
	const struct host_place *at = n ? place_get(n, ac) : NULL;

	if (at && !ip_is_zero(&n->cfg.gateway))
		host_probe_garp(h, at, &n->cfg.gateway, &n->cfg.proxy_mac, true);
}

void hosts_subnet_detach(struct hosts *h, uint32_t vrf, const struct prefix *p,
                         uint16_t ac, struct mono now)
{
	struct host_net *n = net_get(h, vrf, p);
	struct host_place *at = n ? place_get(n, ac) : NULL;

	if (at)
		place_free(h, at, now);
}

/* At the end, when no host is left: silently, the routes die with the session. */
void host_place_fini(struct hosts *h)
{
	struct host_net *n;

	hmap_for(it, &h->links)
		link_free(h, container_of(it.n, struct host_link, by_id),
		          (struct mono){ 0 });
	while ((n = list_first(&h->nets, struct host_net, of_all))) {
		list_del(&n->of_all);
		free(n);
	}
	hmap_fini(&h->links);
	hmap_fini(&h->nets_by_vrf);
}
