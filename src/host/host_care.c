/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/host_care.h"

#include <stdio.h>

#include "host/host_int.h"

struct job { /* one family of one machine */
	struct list of_all;
	uint32_t vrf;
	uint16_t ac;
	struct ip ip; /* an address of it */
	struct mac mac;
	struct host_remote from;
	struct mono until;
	uint64_t pos;
	unsigned sent, turn; /* in all; in this tick */
	enum host_evidence_kind by;
};

void host_care_init(struct host_cares *c)
{
	list_init(&c->jobs);
}

static void job_free(struct hosts *h, struct job *j)
{
	list_del(&j->of_all);
	h->cares.n--;
	free(j);
}

void host_care_fini(struct host_cares *c)
{
	list_for_safe(j, &c->jobs, struct job, of_all) {
		list_del(&j->of_all);
		free(j);
	}
}

/* Where it is, if it is there still. */
static struct host_place *place_of(const struct hosts *h, const struct job *j)
{
	const struct host *x = host_find(h, j->vrf, &j->ip);
	bool here = x && host_is_local(x) && x->state != HOST_CONTESTED &&
	            x->ac == j->ac && mac_eq(&x->mac, &j->mac);

	return here ? host_place_of(h, x) : NULL;
}

static bool same_origin(const struct host_remote *a, const struct host_remote *b)
{
	static const struct extcom none;

	return ip_eq(&a->pe, &b->pe) ||
	       (!extcom_eq(&a->soo, &none) && extcom_eq(&a->soo, &b->soo));
}

static bool is_here(const struct hosts *h, uint32_t vrf, const struct ip *ip)
{
	const struct host *x = host_find(h, vrf, ip);

	return x && host_is_local(x);
}

struct visit {
	struct hosts *h;
	struct job *j;
	const struct host_place *p;
};

static void visit(void *arg, const struct ip *ip, const struct host_remote *r)
{
	struct visit *v = arg;
	struct job *j = v->j;

	if (j->sent >= HOST_CARE_MAX || ip_eq(ip, &j->ip) ||
	    !prefix_has(&v->p->net->cfg.prefix, ip) || !same_origin(r, &j->from) ||
	    mac_eq(&r->mac, &j->mac) || is_here(v->h, j->vrf, ip))
		return; /* its own other address would be a conflict to it (RFC 5227 2.4)
		         */
	host_probe_care(v->h, v->p, &j->ip, &j->mac, ip, r->router);
	j->sent++;
	j->turn++;
}

/* Some routes further; false: it has been told all there is. */
static bool tell_some(struct hosts *h, struct job *j, const struct host_place *p,
                      unsigned *looks)
{
	enum { CHUNK = 8 };
	struct visit v = { .h = h, .j = j, .p = p };

	j->turn = 0;
	while (*looks && j->turn < HOST_CARE_PER_TICK) {
		*looks -= CHUNK;
		if (!h->ops->remotes(h->arg, j->vrf, &j->pos, CHUNK, visit, &v))
			return false;
	}
	return j->sent < HOST_CARE_MAX;
}

static void done(struct hosts *h, struct job *j, struct mono now)
{
	char why[64];

	if (j->sent) {
		snprintf(why, sizeof(why), "%u neighbours of its old site", j->sent);
		host_hap(h, &(struct host_event){ .what = HOST_HAP_CARED,
		                                  .at = now,
		                                  .vrf = j->vrf,
		                                  .ip = j->ip,
		                                  .mac = j->mac,
		                                  .ac = j->ac,
		                                  .by = j->by,
		                                  .why = why });
	}
	job_free(h, j);
}

static void arm(struct hosts *h, struct mono now)
{
	heap_set(&h->timers, &h->cares.timer,
	         h->cares.n ? mono_add_ms(now, HOST_CARE_TICK_MS) : MONO_NEVER);
}

void host_care_run(struct hosts *h, struct mono now)
{
	unsigned looks = HOST_CARE_LOOK, sent = 0, turns = h->cares.n;

	list_for_safe(j, &h->cares.jobs, struct job, of_all) {
		const struct host_place *p = place_of(h, j);

		if (!turns-- || sent >= HOST_CARE_ALL_PER_TICK || !looks)
			break;        /* each once */
		list_del(&j->of_all); /* the next tick begins with others */
		list_add_tail(&h->cares.jobs, &j->of_all);
		if (!p || p->backup || mono_reached(now, j->until) ||
		    !tell_some(h, j, p, &looks))
			done(h, j, now);
		else
			sent += j->turn;
	}
	arm(h, now);
}

static struct job *job_of(const struct hosts *h, const struct host *x)
{
	list_for(j, &h->cares.jobs, struct job, of_all) {
		if (j->vrf == x->vrf && j->ac == x->ac && mac_eq(&j->mac, &x->mac) &&
		    j->ip.afi == x->ip.afi)
			return j;
	}
	return NULL;
}

void host_care_moved(struct hosts *h, const struct host *x,
                     const struct host_remote *from, struct mono now)
{
	const struct host_place *p = host_place_of(h, x);
	struct job *j = job_of(h, x);

	if (!h->ops->remotes || !p || p->backup || (j && same_origin(&j->from, from)))
		return;
	/* The gateway first; at the old site it may have had another MAC. */
	if (!j && !ip_is_zero(&p->net->cfg.gateway))
		host_probe_care(h, p, &x->ip, &x->mac, &p->net->cfg.gateway, true);
	if (!j && h->cares.n >= HOST_CARE_JOBS) {
		h->count[HOST_N_FULL_CARE]++;
		return;
	}
	if (!j) {
		j = mem_new(struct job);
		list_add_tail(&h->cares.jobs, &j->of_all);
		h->cares.n++;
	}
	j->vrf = x->vrf;
	j->ac = x->ac;
	j->ip = x->ip;
	j->mac = x->mac;
	j->from = *from;
	j->by = x->by;
	j->until = mono_add_ms(now, HOST_CARE_LONG_MS);
	j->pos = 0;
	if (!heap_armed(&h->cares.timer))
		heap_set(&h->timers, &h->cares.timer, now);
}

static bool told_lately(const struct hosts *h, const struct host_evidence *ev,
                        struct mono now)
{
	const struct host_cares *c = &h->cares;

	for (size_t i = 0; i < HOST_CARE_LATELY; i++) {
		if (!mono_reached(now, c->lately[i].until) &&
		    c->lately[i].vrf == ev->vrf &&
		    ip_eq(&c->lately[i].host, &ev->sender) &&
		    ip_eq(&c->lately[i].peer, &ev->target))
			return true;
	}
	return false;
}

static void note_told(struct hosts *h, const struct host_evidence *ev, struct mono now)
{
	struct host_cares *c = &h->cares;

	c->lately[c->next].vrf = ev->vrf;
	c->lately[c->next].host = ev->sender;
	c->lately[c->next].peer = ev->target;
	c->lately[c->next].until = mono_add_ms(now, HOST_CARE_LATELY_MS);
	c->next = (c->next + 1) % HOST_CARE_LATELY;
}

/* A peer of ours that is being asked while its packets follow a newer route is told about
 * too: if it has left, a second is won, and if it has not, what is sent to us is sent to
 * it.  It does not hear what we say to others alone, so it sees no conflict. */
static bool follows(const struct hosts *h, const struct host_evidence *ev)
{
	const struct host *x = host_find(h, ev->vrf, &ev->target);

	return x && x->state == HOST_CONTESTED && x->flags & HOST_F_YIELDED;
}

/*
 * The peer may have come here as well, without a word: then its MAC is a good one and our
 * word would be wrong.  So it is asked for at the same time.  If it answers it is
 * learned, its neighbours are told its own MAC, and what was sent to us meanwhile is
 * turned back to the same port.
 */
void host_care_astray(struct hosts *h, struct host_link *l,
                      const struct host_evidence *ev, struct mono now)
{
	const struct host_place *p = host_place_find(l, &ev->sender);
	bool gone = follows(h, ev);
	struct host_remote r;

	if (!p || p->backup || host_net_own(p->net, &ev->sender) ||
	    !prefix_has(&p->net->cfg.prefix, &ev->target) ||
	    (is_here(h, ev->vrf, &ev->target) && !gone) || !h->ops->remote ||
	    !h->ops->remote(h->arg, ev->vrf, &ev->target, &r) ||
	    host_of_site(l, &r.soo) || told_lately(h, ev, now))
		return;
	if (!host_rate_take(&l->astray, now, HOST_ASTRAY_PER_S, HOST_ASTRAY_BURST)) {
		h->count[HOST_N_ASTRAY_RATE]++;
		return; /* its next frame tries again */
	}
	note_told(h, ev, now);
	if (!gone)
		h->count[HOST_N_PROBES] +=
			host_probe_send(h, p, &ev->target,
		                        mac_is_zero(&r.mac) ? NULL : &r.mac);
	if (gone || !is_here(h, ev->vrf, &ev->target))
		host_probe_care(h, p, &ev->sender, &ev->mac, &ev->target, r.router);
}
