/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/host_watch.h"

#include "host/host_int.h"

/* When it is asked, ms after its check: DAD takes one second, ACD four to seven. */
static const uint16_t ask_ms[] = { 1100, 2500, 4500, 7200, 9900 };

struct watch {
	struct list of_all;
	struct heap_node timer;
	uint32_t vrf;
	uint16_t ac;
	uint8_t asked;
	struct ip ip;
	struct mac mac;
	struct mono since;
};

void host_watch_init(struct host_watches *w)
{
	list_init(&w->all);
}

void host_watch_fini(struct host_watches *w)
{
	list_for_safe(x, &w->all, struct watch, of_all) {
		list_del(&x->of_all);
		free(x);
	}
	heap_fini(&w->due);
}

static void drop(struct hosts *h, struct watch *x)
{
	struct host_link *l = host_link_find(h, x->ac);

	if (l && l->n_watches) /* the attachment may be another one by now */
		l->n_watches--;
	heap_del(&h->watches.due, &x->timer);
	list_del(&x->of_all);
	h->watches.n--;
	free(x);
}

static void rearm(struct hosts *h)
{
	heap_set(&h->timers, &h->watches.timer, heap_next(&h->watches.due));
}

static struct watch *find(const struct hosts *h, const struct host_evidence *ev)
{
	list_for(x, &h->watches.all, struct watch, of_all) {
		if (x->vrf == ev->vrf && x->ac == ev->ac && ip_eq(&x->ip, &ev->target) &&
		    mac_eq(&x->mac, &ev->mac))
			return x;
	}
	return NULL;
}

static void begin(struct hosts *h, struct host_link *l, const struct host_evidence *ev,
                  struct mono now)
{
	struct watch *x = find(h, ev);

	if (!x &&
	    (h->watches.n >= HOST_WATCH_MAX || l->n_watches >= HOST_WATCH_LINK_MAX)) {
		h->count[HOST_N_FULL_WATCH]++;
		return;
	}
	if (!x) {
		x = mem_new(struct watch);
		x->vrf = ev->vrf;
		x->ac = ev->ac;
		x->ip = ev->target;
		x->mac = ev->mac;
		list_add_tail(&h->watches.all, &x->of_all);
		h->watches.n++;
		l->n_watches++;
	}
	x->since = now; /* it checks three times (RFC 5227 1.1, PROBE_NUM): the last
	                   counts */
	x->asked = 0;
	heap_set(&h->watches.due, &x->timer, mono_add_ms(now, ask_ms[0]));
	rearm(h);
}

static bool is_here(const struct hosts *h, const struct watch *x)
{
	const struct host *y = host_find(h, x->vrf, &x->ip);

	return y && host_is_local(y) && y->ac == x->ac && mac_eq(&y->mac, &x->mac);
}

static void ask(struct hosts *h, struct watch *x, struct mono now)
{
	struct host_link *l = host_link_find(h, x->ac);
	const struct host_place *p = l && l->up ? host_place_find(l, &x->ip) : NULL;
	struct ip ip = x->ip;
	struct mac mac = x->mac;

	if (!p || is_here(h, x) || hosts_frozen(h, x->vrf, &x->ip)) {
		drop(h, x);
		return;
	}
	if (++x->asked < ARRAY_LEN(ask_ms))
		heap_set(&h->watches.due, &x->timer,
		         mono_add_ms(x->since, ask_ms[x->asked]));
	else
		drop(h, x);
	if (host_rate_take(&l->probes, now, HOST_PROBES_PER_S, HOST_PROBES_BURST))
		h->count[HOST_N_PROBES] += host_probe_send(h, p, &ip, &mac);
	else
		h->count[HOST_N_ASK_RATE]++;
}

void host_watch_run(struct hosts *h, struct mono now)
{
	struct heap_node *n;

	while ((n = heap_due(&h->watches.due, now)))
		ask(h, container_of(n, struct watch, timer), now);
	rearm(h);
}

/* Who else has the address, as far as we may speak for it: not on the attachment where
 * the question was heard, there it speaks for itself, nor behind this site's other PE. */
static bool owner(const struct hosts *h, const struct host_link *l,
                  const struct host_evidence *ev, struct host_remote *ret)
{
	const struct host *x = host_find(h, ev->vrf, &ev->target);

	if (x && host_is_local(x)) {
		*ret = (struct host_remote){ .mac = x->mac,
			                     .router = x->flags & HOST_F_ROUTER };
		return x->ac != ev->ac;
	}
	return h->ops->remote && h->ops->remote(h->arg, ev->vrf, &ev->target, ret) &&
	       !host_of_site(l, &ret->soo);
}

/* The same MAC here and there is one machine, on the move (RFC 6957 4.2 likewise). */
static bool answered(struct hosts *h, const struct host_link *l,
                     const struct host_place *p, const struct host_evidence *ev)
{
	enum host_probe_reply mode = p->net->cfg.probe_reply;
	struct host_remote r;

	if (mode == HOST_REPLY_NEVER || p->backup || !owner(h, l, ev, &r))
		return false;
	if (mode == HOST_REPLY_MAC_AWARE &&
	    (mac_is_zero(&r.mac) || mac_eq(&r.mac, &ev->mac)))
		return false;
	h->count[HOST_N_DEFENDED]++;
	host_probe_defend(h, p, &ev->target, &ev->mac, r.router);
	return true;
}

/* The address left here a moment ago, and this LAN's caches are being repaired by
 * announcing it.  To who checks it now, back already, each of those says "duplicate"
 * (RFC 5227 2.1.1, RFC 4862 5.4.4). */
static void hush(struct hosts *h, const struct host_evidence *ev, struct mono now)
{
	struct host *x = host_find(h, ev->vrf, &ev->target);

	if (!x || x->state != HOST_PAST || x->tries >= HOST_REPAIRS)
		return;
	x->tries = HOST_REPAIRS;
	heap_set(&h->timers, &x->timer, mono_add_ms(now, HOST_KEEP_MS));
}

void host_watch_hint(struct hosts *h, struct host_link *l, const struct host_evidence *ev,
                     struct mono now)
{
	const struct host_place *p = host_place_find(l, &ev->target);

	h->count[HOST_N_HINTS]++;
	if (!p || host_net_own(p->net, &ev->target) ||
	    host_scan_reserved(p->net, &ev->target) || mac_eq(&ev->mac, &l->cfg.mac) ||
	    mac_eq(&ev->mac, &p->net->cfg.proxy_mac) ||
	    hosts_frozen(h, ev->vrf, &ev->target) || answered(h, l, p, ev))
		return;
	hush(h, ev, now);
	begin(h, l, ev, now);
}
