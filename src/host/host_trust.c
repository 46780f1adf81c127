/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/host_trust.h"

#include "host/host_trust_int.h"

/*
 * What is said about addresses by those who should know, and the judgement of a claim by
 * it.  The words are few beside the hosts, or as many where DHCP binds them; where there
 * are none a claim costs one comparison.
 */
static struct host_word *find(const struct hosts *h, uint32_t vrf, const struct ip *ip)
{
	if (!h->words.count)
		return NULL;
	hmap_for_key(n, &h->words, host_ip_hash(vrf, ip)) {
		struct host_word *w = container_of(n, struct host_word, by_ip);

		if (w->vrf == vrf && ip_eq(&w->ip, ip))
			return w;
	}
	return NULL;
}

const struct host_word *host_word_find(const struct hosts *h, uint32_t vrf,
                                       const struct ip *ip)
{
	return find(h, vrf, ip);
}

static struct host_word *need(struct hosts *h, uint32_t vrf, const struct ip *ip)
{
	struct host_word *w = find(h, vrf, ip);

	if (w)
		return w;
	w = mem_new(struct host_word);
	w->vrf = vrf;
	w->ip = *ip;
	hmap_add(&h->words, &w->by_ip, host_ip_hash(vrf, ip));
	return w;
}

static void tidy(struct hosts *h, struct host_word *w)
{
	if (w->by || w->anycast || w->exempt)
		return;
	hmap_del(&h->words, &w->by_ip);
	free(w);
}

void host_trust_fini(struct hosts *h)
{
	hmap_for(it, &h->words)
		free(container_of(it.n, struct host_word, by_ip));
	hmap_fini(&h->words);
	free(h->refused);
}

static void take_back(struct hosts *h, struct host_word *w)
{
	w->by = HOST_WORD_NONE;
	h->n_bound--;
	tidy(h, w);
}

/* Words of leases that ran out stay until their number is a burden. */
static void sweep(struct hosts *h, struct mono now)
{
	hmap_for(it, &h->words) {
		struct host_word *w = container_of(it.n, struct host_word, by_ip);

		if (w->by && mono_reached(now, w->until))
			take_back(h, w);
	}
}

static bool room(struct hosts *h, struct mono now)
{
	if (h->n_bound < HOST_WORDS_MAX)
		return true;
	if (mono_ms_since(now, h->words_swept) >= HOST_EVENT_MS) {
		h->words_swept = now;
		sweep(h, now);
	}
	return h->n_bound < HOST_WORDS_MAX;
}

static void say(struct hosts *h, enum host_word_by by, const struct host_evidence *ev,
                struct mono until, struct mono now)
{
	struct host_word *w = find(h, ev->vrf, &ev->sender);
	bool valid = w && w->by && !mono_reached(now, w->until);

	if (valid && w->by > by)
		return;
	if (by != HOST_WORD_STATIC && !(w && w->by) && !room(h, now)) {
		host_refuse(h, HOST_N_FULL_WORDS, ev, now);
		return;
	}
	w = need(h, ev->vrf, &ev->sender);
	if (!w->by)
		h->n_bound++;
	w->by = (uint8_t)by;
	w->mac = ev->mac;
	w->ac = ev->ac;
	w->until = until;
}

static bool unsay(struct hosts *h, uint32_t vrf, const struct ip *ip, bool is_static)
{
	struct host_word *w = find(h, vrf, ip);

	if (!w || !w->by || (w->by == HOST_WORD_STATIC) != is_static)
		return false;
	take_back(h, w);
	return true;
}

void host_word_detach(struct hosts *h, uint32_t vrf, const struct ip *ip)
{
	struct host_word *w = find(h, vrf, ip);

	if (w && w->by == HOST_WORD_ATTACH)
		take_back(h, w);
}

static void mark_list(struct hosts *h, uint32_t vrf, const struct ip *list, size_t n,
                      bool anycast)
{
	for (size_t i = 0; i < n; i++) {
		struct host_word *w = need(h, vrf, &list[i]);

		w->anycast |= anycast;
		w->exempt |= !anycast;
	}
}

static void unmark(struct hosts *h, const struct host_net *n)
{
	hmap_for(it, &h->words) {
		struct host_word *w = container_of(it.n, struct host_word, by_ip);

		if (w->vrf != n->cfg.vrf || !prefix_has(&n->cfg.prefix, &w->ip))
			continue;
		w->anycast = w->exempt = false;
		tidy(h, w);
	}
}

void hosts_trust_set(struct hosts *h, uint32_t vrf, const struct prefix *p,
                     const struct host_trust *t)
{
	struct host_net *n = host_net_find(h, vrf, &p->ip);

	must(n && prefix_eq(&n->cfg.prefix, p)); /* core/ sets the subnet first */
	n->binding = (uint8_t)t->binding;
	n->max_hosts = t->max_hosts;
	n->max_per_mac = t->max_per_mac;
	n->max_new = t->max_new;
	unmark(h, n);
	mark_list(h, vrf, t->anycast, t->n_anycast, true);
	mark_list(h, vrf, t->exempt, t->n_exempt, false);
}

void hosts_static_set(struct hosts *h, uint32_t vrf, const struct ip *ip,
                      const struct mac *mac, uint16_t ac, struct mono now)
{
	struct host_evidence ev = {
		.kind = HOST_BY_CONFIG, .vrf = vrf, .ac = ac, .mac = *mac, .sender = *ip
	};

	h->latest = now;
	say(h, HOST_WORD_STATIC, &ev, MONO_NEVER, now);
	host_static_apply(h, find(h, vrf, ip), now);
}

static void take_away(struct hosts *h, uint32_t vrf, const struct ip *ip,
                      enum host_ev how, struct mono now)
{
	struct host *x = host_find(h, vrf, ip);

	if (x && host_state_counts(x->state))
		host_step(h, x, how, NULL, now);
}

void hosts_static_del(struct hosts *h, uint32_t vrf, const struct ip *ip, struct mono now)
{
	h->latest = now;
	if (unsay(h, vrf, ip, true))
		take_away(h, vrf, ip, HOST_EV_REMOVED, now);
}

void hosts_binding_set(struct hosts *h, uint32_t vrf, const struct ip *ip,
                       const struct mac *mac, uint16_t ac, struct mono until,
                       struct mono now)
{
	struct host_evidence ev = {
		.kind = HOST_BY_CONFIG, .vrf = vrf, .ac = ac, .mac = *mac, .sender = *ip
	};

	h->latest = now;
	say(h, HOST_WORD_DHCP, &ev, until, now);
}

bool hosts_binding_del(struct hosts *h, uint32_t vrf, const struct ip *ip,
                       struct mono now)
{
	h->latest = now;
	if (!unsay(h, vrf, ip, false))
		return false;
	take_away(h, vrf, ip, HOST_EV_DETACHED, now);
	return true;
}

void host_word_hear(struct hosts *h, const struct host_place *p,
                    const struct host_evidence *ev, struct mono now)
{
	if (p->net->binding != HOST_BIND_DHCP)
		return; /* nobody asks for it */
	if (ev->kind == HOST_BY_ATTACH)
		say(h, HOST_WORD_ATTACH, ev, MONO_NEVER, now);
	else if (ev->kind == HOST_BY_FIB)
		say(h, HOST_WORD_FORMER, ev, mono_add_ms(now, HOST_FORMER_MS), now);
}

bool hosts_is_static(const struct hosts *h, uint32_t vrf, const struct ip *ip)
{
	const struct host_word *w = find(h, vrf, ip);

	return w && w->by == HOST_WORD_STATIC;
}

bool hosts_is_anycast(const struct hosts *h, uint32_t vrf, const struct ip *ip)
{
	const struct host_word *w = find(h, vrf, ip);

	return w && w->anycast;
}

bool host_is_exempt(const struct hosts *h, uint32_t vrf, const struct ip *ip)
{
	const struct host_word *w = find(h, vrf, ip);

	return w && (w->exempt || w->anycast);
}

/*
 * A host that comes from another site has no lease here that this PE has seen, nor has
 * one that spoke to the site's other PE; but that PE has, and tells its MAC.  The port is
 * not compared: hosts move.
 */
static enum host_counter judge_lease(const struct host_word *w,
                                     const struct host_evidence *ev,
                                     const struct host_remote *r, struct mono now)
{
	bool valid = w && w->by && !mono_reached(now, w->until);

	if (valid && mac_eq(&w->mac, &ev->mac))
		return HOST_N_END;
	if (r && mac_eq(&r->mac, &ev->mac))
		return HOST_N_END;
	return valid ? HOST_N_SPOOF : HOST_N_UNBOUND;
}

enum host_counter host_trust_judge(const struct hosts *h, const struct host_place *p,
                                   const struct host_evidence *ev, struct mono now)
{
	const struct host_word *w = find(h, ev->vrf, &ev->sender);
	struct host_remote r;
	bool told;

	if (w && w->anycast)
		return HOST_N_END;
	if (w && w->by == HOST_WORD_STATIC)
		return mac_eq(&w->mac, &ev->mac) && w->ac == ev->ac ? HOST_N_END
		                                                    : HOST_N_SPOOF;
	if (p->net->binding == HOST_BIND_STATIC)
		return HOST_N_UNLISTED;
	told = h->ops->remote && h->ops->remote(h->arg, ev->vrf, &ev->sender, &r);
	/* configured at another site (RFC 7432 15.2, RFC 9047 3.2) */
	if (told && r.immutable && !host_of_site(p->link, &r.soo))
		return HOST_N_STICKY;
	if (p->net->binding == HOST_BIND_DHCP)
		return judge_lease(w, ev, told ? &r : NULL, now);
	return HOST_N_END;
}

bool host_word_lasts(const struct hosts *h, const struct host *x, struct mono now)
{
	const struct host_place *p = host_place_of(h, x);
	const struct host_word *w;

	if (!p || p->net->binding != HOST_BIND_DHCP)
		return true;
	w = find(h, x->vrf, &x->ip);
	/* no word: it was let in by the PE it came from, and renews here */
	return !w || w->anycast || !w->by || !mono_reached(now, w->until);
}

const char *host_word_text(enum host_word_by by)
{
	static const char *const text[] = {
		[HOST_WORD_NONE] = "nobody",
		[HOST_WORD_FORMER] = "an earlier run",
		[HOST_WORD_DHCP] = "DHCP",
		[HOST_WORD_ATTACH] = "an attach command",
		[HOST_WORD_STATIC] = "the configuration",
	};

	return text[by];
}
