/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/host_trust_int.h"

/* The objects: hosts in two hash tables, the counts that limits look at, the rates. */

struct hosts *hosts_new(const struct hosts_config *cfg)
{
	struct hosts *h = mem_new(struct hosts);

	h->ops = cfg->ops;
	h->arg = cfg->arg;
	h->rng = cfg->seed;
	list_init(&h->nets);
	host_care_init(&h->cares);
	host_watch_init(&h->watches);
	return h;
}

void hosts_free(struct hosts *h)
{
	if (!h)
		return;
	h->closing = true;
	hmap_for(it, &h->by_ip)
		host_free(h, container_of(it.n, struct host, by_ip));
	host_place_fini(h);
	host_sibling_fini(h);
	host_care_fini(&h->cares);
	host_watch_fini(&h->watches);
	hmap_for(it, &h->vrfs)
		free(container_of(it.n, struct host_vrf, by_id));
	hmap_fini(&h->by_ip);
	hmap_fini(&h->by_mac);
	hmap_fini(&h->vrfs);
	host_trust_fini(h);
	heap_fini(&h->timers);
	free(h);
}

uint64_t host_ip_hash(uint32_t vrf, const struct ip *ip)
{
	uint8_t key[sizeof(vrf) + sizeof(*ip)];

	memcpy(key, &vrf, sizeof(vrf));
	memcpy(key + sizeof(vrf), ip, sizeof(*ip));
	return hash_bytes(key, sizeof(key));
}

struct host *host_find(const struct hosts *h, uint32_t vrf, const struct ip *ip)
{
	hmap_for_key(n, &h->by_ip, host_ip_hash(vrf, ip)) {
		struct host *x = container_of(n, struct host, by_ip);

		if (x->vrf == vrf && ip_eq(&x->ip, ip))
			return x;
	}
	return NULL;
}

size_t host_of_mac(const struct hosts *h, const struct mac *mac, uint32_t vrf,
                   struct host **ret, size_t max)
{
	size_t n_found = 0;

	hmap_for_key(n, &h->by_mac, hash_bytes(mac, sizeof(*mac))) {
		struct host *x = container_of(n, struct host, by_mac);

		if (n_found < max && x->vrf == vrf && mac_eq(&x->mac, mac))
			ret[n_found++] = x;
	}
	return n_found;
}

/* Absent and nowhere: bind it and give it a state, or free it. */
struct host *host_new(struct hosts *h, uint32_t vrf, const struct ip *ip)
{
	struct host *x = mem_new(struct host);

	x->vrf = vrf;
	x->ip = *ip;
	x->state = HOST_ABSENT;
	list_init(&x->of_place);
	hmap_add(&h->by_ip, &x->by_ip, host_ip_hash(vrf, ip));
	hmap_add(&h->by_mac, &x->by_mac, hash_bytes(&x->mac, sizeof(x->mac)));
	return x;
}

bool host_state_counts(enum host_state st)
{
	return st != HOST_ABSENT && st != HOST_PAST;
}

bool host_is_local(const struct host *x)
{
	return x->state == HOST_LOCAL || x->state == HOST_REFRESH ||
	       x->state == HOST_CONTESTED || x->state == HOST_FIXED ||
	       (x->state == HOST_DUPLICATE && x->flags & HOST_F_UP);
}

/* Leave the lists and counts of the place that fit the state. */
static void leave(struct hosts *h, struct host *x)
{
	struct host_place *p = host_place_of(h, x);

	if (!list_linked(&x->of_place))
		return;
	must(p);
	list_del(&x->of_place);
	if (host_state_counts(x->state)) {
		p->n_hosts--;
		p->net->n_hosts--;
		host_vrf_get(h, x->vrf)->n_hosts--;
	} else {
		p->n_past--;
	}
	if (x->flags & HOST_F_PROBED)
		p->link->n_probing--;
	x->flags &= (uint8_t)~HOST_F_PROBED;
	host_limit_watch(h, p);
}

static void enter(struct hosts *h, struct host *x)
{
	struct host_place *p = host_place_of(h, x);

	must(p && !list_linked(&x->of_place));
	if (host_state_counts(x->state)) {
		list_add_tail(&p->hosts, &x->of_place);
		p->n_hosts++;
		p->net->n_hosts++;
		host_vrf_get(h, x->vrf)->n_hosts++;
	} else {
		list_add_tail(&p->past, &x->of_place);
		p->n_past++;
	}
	if (x->state == HOST_PROBING) {
		x->flags |= HOST_F_PROBED;
		p->link->n_probing++;
	}
	host_limit_watch(h, p);
}

void host_bind(struct hosts *h, struct host *x, struct host_place *p,
               const struct mac *mac)
{
	bool linked = list_linked(&x->of_place);

	if (!mac_eq(&x->mac, mac)) {
		hmap_del(&h->by_mac, &x->by_mac);
		x->mac = *mac;
		hmap_add(&h->by_mac, &x->by_mac, hash_bytes(mac, sizeof(*mac)));
	}
	if (x->ac == p->link->cfg.id)
		return;
	leave(h, x);
	x->ac = p->link->cfg.id;
	if (linked)
		enter(h, x);
}

/* What is remembered is bounded as what is known: the oldest makes room. */
static void bound_past(struct hosts *h, struct host *x)
{
	struct host_place *p = host_place_of(h, x);
	struct host *oldest = list_first(&p->past, struct host, of_place);

	if (p->n_past > p->net->cfg.max_hosts && oldest != x)
		host_free(h, oldest);
}

void host_set_state(struct hosts *h, struct host *x, enum host_state st)
{
	if (x->state == st)
		return;
	leave(h, x);
	x->state = (uint8_t)st;
	x->tries = 0;
	x->flags &= (uint8_t) ~(HOST_F_WAIT | HOST_F_HELD);
	if (st == HOST_ABSENT)
		return;
	enter(h, x);
	if (st == HOST_PAST)
		bound_past(h, x);
}

void host_free(struct hosts *h, struct host *x)
{
	leave(h, x);
	heap_del(&h->timers, &x->timer);
	hmap_del(&h->by_ip, &x->by_ip);
	hmap_del(&h->by_mac, &x->by_mac);
	free(x->story);
	free(x);
}

struct host_vrf *host_vrf_get(struct hosts *h, uint32_t id)
{
	uint64_t hash = hash_bytes(&id, sizeof(id));
	struct host_vrf *v;

	hmap_for_key(n, &h->vrfs, hash) {
		v = container_of(n, struct host_vrf, by_id);
		if (v->id == id)
			return v;
	}
	v = mem_new(struct host_vrf);
	v->id = id;
	v->max_hosts = HOST_VRF_MAX;
	v->max_moves = HOST_MOVES_PER_S;
	hmap_add(&h->vrfs, &v->by_id, hash);
	return v;
}

static int64_t max64(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

bool host_rate_take(struct host_rate *r, struct mono now, unsigned per_s, unsigned burst)
{
	int64_t gap = 1000000 / per_s, full = max64(r->full_us, now.us);

	if (full - now.us > (burst - 1) * gap)
		return false;
	r->full_us = full + gap;
	return true;
}

/* The same, but never no: when the caller's turn comes, now at the earliest. */
struct mono host_rate_slot(struct host_rate *r, struct mono now, unsigned per_s,
                           unsigned burst)
{
	int64_t gap = 1000000 / per_s, full = max64(r->full_us, now.us);

	r->full_us = full + gap;
	return (struct mono){ max64(now.us, full - (burst - 1) * gap) };
}

/* splitmix64 (Steele, Lea, Flood 2014): any seed is a good one. */
uint32_t host_random(struct hosts *h, uint32_t below)
{
	uint64_t z = h->rng += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	z ^= z >> 31;
	return below ? (uint32_t)((z >> 32) * below >> 32) : 0;
}

void host_hap(struct hosts *h, const struct host_event *ev)
{
	if (h->ops->event)
		h->ops->event(h->arg, ev);
}

struct mono hosts_deadline(const struct hosts *h)
{
	return heap_next(&h->timers);
}

void hosts_run(struct hosts *h, struct mono now)
{
	struct heap_node *n;

	h->latest = now;
	while ((n = heap_due(&h->timers, now))) {
		if (n == &h->scan_timer)
			host_scan_run(h, now);
		else if (n == &h->siblings.timer)
			host_sibling_run(h, now);
		else if (n == &h->cares.timer)
			host_care_run(h, now);
		else if (n == &h->watches.timer)
			host_watch_run(h, now);
		else
			host_timer(h, container_of(n, struct host, timer), now);
	}
}

bool hosts_info(const struct hosts *h, uint32_t vrf, const struct ip *ip,
                struct host_info *ret)
{
	const struct host *x = host_find(h, vrf, ip);

	if (!x)
		return false;
	*ret = (struct host_info){
		.local = host_is_local(x),
		.configured = x->state == HOST_FIXED,
		.contested = x->state == HOST_CONTESTED,
		.duplicate = x->state == HOST_DUPLICATE,
		.thaw_at = x->state == HOST_DUPLICATE ? x->story->thaw_at : MONO_NEVER,
		.ac = x->ac,
		.mac = x->mac,
		.seq = x->seq,
		.by = x->by,
		.learned = { (int64_t)x->learned_s * 1000000 },
		.last_seen = x->last_seen,
	};
	return true;
}

size_t hosts_count(const struct hosts *h)
{
	size_t sum = 0;

	hmap_for(it, &h->by_ip)
		sum += host_is_local(container_of(it.n, struct host, by_ip));
	return sum;
}

size_t hosts_asked(const struct hosts *h)
{
	size_t sum = 0;

	hmap_for(it, &h->by_ip)
		sum += host_of_fib(container_of(it.n, struct host, by_ip));
	return sum;
}

uint64_t hosts_counter(const struct hosts *h, enum host_counter c)
{
	return h->count[c];
}
