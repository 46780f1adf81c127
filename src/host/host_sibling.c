/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/host_sibling.h"

#include "host/host_int.h"

struct host_sibling { /* one address, on one attachment of the site */
	struct hnode by_ip;
	struct heap_node timer;
	struct list of_place;
	struct host_place *place;
	struct ip ip;
	uint8_t tries;
	bool waits; /* its turn is reserved */
};

static struct host_sibling *find(const struct hosts *h, const struct host_place *p,
                                 const struct ip *ip)
{
	hmap_for_key(n, &h->siblings.by_ip, host_ip_hash(p->net->cfg.vrf, ip)) {
		struct host_sibling *s = container_of(n, struct host_sibling, by_ip);

		if (s->place == p && ip_eq(&s->ip, ip))
			return s;
	}
	return NULL;
}

static void rearm(struct hosts *h)
{
	heap_set(&h->timers, &h->siblings.timer, heap_next(&h->siblings.due));
}

static void drop(struct hosts *h, struct host_sibling *s)
{
	heap_del(&h->siblings.due, &s->timer);
	hmap_del(&h->siblings.by_ip, &s->by_ip);
	list_del(&s->of_place);
	s->place->n_siblings--;
	free(s);
}

/* Nobody is asked on a link that is down; when it is up all are, from the beginning. */
static void arm(struct hosts *h, struct host_sibling *s, struct mono at)
{
	heap_set(&h->siblings.due, &s->timer, s->place->link->up ? at : MONO_NEVER);
}

static struct host_sibling *add(struct hosts *h, struct host_place *p,
                                const struct ip *ip)
{
	struct host_sibling *s = find(h, p, ip);

	if (s)
		return s;
	if (p->n_siblings >= p->net->cfg.max_hosts) {
		h->count[HOST_N_FULL_SIBLING]++;
		return NULL;
	}
	s = mem_new(struct host_sibling);
	s->place = p;
	s->ip = *ip;
	hmap_add(&h->siblings.by_ip, &s->by_ip, host_ip_hash(p->net->cfg.vrf, ip));
	list_add_tail(&p->siblings, &s->of_place);
	p->n_siblings++;
	return s;
}

void host_sibling_found(struct hosts *h, uint32_t vrf, const struct ip *ip)
{
	const struct host_net *n;

	if (!h->siblings.by_ip.count)
		return;
	n = host_net_find(h, vrf, ip);
	if (!n)
		return;
	list_for(p, &n->places, struct host_place, of_net) {
		struct host_sibling *s = find(h, p, ip);

		if (s)
			drop(h, s);
	}
	rearm(h);
}

static bool of_site(const struct host_place *p, const struct host_remote *r)
{
	static const struct extcom none;

	return !extcom_eq(&r->soo, &none) && extcom_eq(&r->soo, &p->link->cfg.soo);
}

/* The first question at `at`: then it waits for its turn on the attachment. */
static void expect(struct hosts *h, const struct host_net *n, const struct ip *ip,
                   const struct host_remote *r, struct mono at)
{
	if (host_net_own(n, ip) || host_scan_reserved(n, ip))
		return; /* the other PE has it configured, or lies */
	list_for(p, &n->places, struct host_place, of_net) {
		struct host_sibling *s = of_site(p, r) ? add(h, p, ip) : NULL;

		if (s && !heap_armed(&s->timer))
			arm(h, s, at);
	}
	rearm(h);
}

void host_sibling_told(struct hosts *h, uint32_t vrf, const struct ip *ip,
                       const struct host_remote *r, struct mono now)
{
	const struct host_net *n = host_net_find(h, vrf, ip);
	const struct host *x = host_find(h, vrf, ip);
	bool known = false;

	if (!n)
		return;
	if (r && x && host_state_counts(x->state))
		return; /* it is found already, or being asked */
	list_for(p, &n->places, struct host_place, of_net)
		known |= r && of_site(p, r);
	if (known)
		expect(h, n, ip, r, now);
	else
		host_sibling_found(h, vrf, ip);
}

static struct mono later(struct hosts *h, const struct host_place *p, struct mono now)
{
	int64_t ms = (int64_t)p->net->cfg.rescan_s * 1000;

	if (!ms)
		return MONO_NEVER;
	return mono_add_ms(now, ms *
	                                (100 - HOST_JITTER_PERCENT / 2 +
	                                 host_random(h, HOST_JITTER_PERCENT)) /
	                                100);
}

void host_sibling_lost(struct hosts *h, const struct host *x, struct mono now)
{
	const struct host_net *n = host_net_find(h, x->vrf, &x->ip);
	const struct host_place *p = host_place_of(h, x);
	struct host_remote r;

	if (n && p && h->ops->remote && h->ops->remote(h->arg, x->vrf, &x->ip, &r) &&
	    of_site(p, &r))
		expect(h, n, &x->ip, &r, later(h, p, now));
}

bool host_sibling_asks(const struct hosts *h, const struct host_place *p,
                       const struct ip *ip)
{
	return h->siblings.by_ip.count && find(h, p, ip);
}

void host_sibling_restart(struct hosts *h, struct host_place *p, struct mono now)
{
	list_for(s, &p->siblings, struct host_sibling, of_place) {
		s->tries = 0;
		s->waits = false;
		arm(h, s, now);
	}
	rearm(h);
}

void host_sibling_forget(struct hosts *h, struct host_place *p)
{
	struct host_sibling *s;

	while ((s = list_first(&p->siblings, struct host_sibling, of_place)))
		drop(h, s);
	rearm(h);
}

/* Whom to ask: the MAC the other PE knows, and all only in the end. */
static const struct mac *whom(const struct hosts *h, const struct host_sibling *s,
                              struct host_remote *r)
{
	if (s->tries + 1 == HOST_PROBES || !h->ops->remote ||
	    !h->ops->remote(h->arg, s->place->net->cfg.vrf, &s->ip, r) ||
	    mac_is_zero(&r->mac) || mac_is_group(&r->mac))
		return NULL;
	return &r->mac;
}

static void ask(struct hosts *h, struct host_sibling *s, struct mono now)
{
	const struct host *x = host_find(h, s->place->net->cfg.vrf, &s->ip);
	struct host_remote r;
	const struct mac *mac;
	struct ip ip;

	s->waits = false;
	if (x && host_state_counts(x->state)) {
		drop(h, s); /* it is asked as a host of ours; if that fails, again here */
		return;
	}
	mac = whom(h, s, &r);
	if (++s->tries < HOST_PROBES) {
		arm(h, s, mono_add_ms(now, HOST_PROBE_MS));
	} else {
		s->tries = 0;
		arm(h, s, later(h, s->place, now));
	}
	ip = s->ip; /* an answer from within takes the entry away */
	h->count[HOST_N_SIBLING] += host_probe_send(h, s->place, &ip, mac);
}

static void due(struct hosts *h, struct host_sibling *s, struct mono now)
{
	struct mono turn = now;

	if (!s->waits)
		turn = host_rate_slot(&s->place->link->siblings, now, HOST_SIBLING_PER_S,
		                      HOST_SIBLING_BURST);
	if (mono_reached(now, turn)) {
		ask(h, s, now);
		return;
	}
	s->waits = true;
	arm(h, s, turn);
}

void host_sibling_run(struct hosts *h, struct mono now)
{
	struct heap_node *n;

	while ((n = heap_due(&h->siblings.due, now)))
		due(h, container_of(n, struct host_sibling, timer), now);
	rearm(h);
}

void host_sibling_fini(struct hosts *h)
{
	hmap_fini(&h->siblings.by_ip);
	heap_fini(&h->siblings.due);
}
