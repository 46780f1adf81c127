/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/host_int.h"

/*
 * What an attachment told us, judged: which of it proves that a host is there, which only
 * hints at it, and which must never be believed.  Every refusal has a counter.
 */
enum grade {
	GRADE_STRONG, /* the host speaks for itself */
	GRADE_WEAK,   /* no proof: an NS has no R flag (RFC 9161 3.1), data is data */
	GRADE_HINT,   /* a tentative address is nobody's yet (RFC 5227 2.1.1, 4862 5.4) */
	GRADE_MAC,    /* a MAC without an address */
	GRADE_WANTED, /* somebody asks */
	GRADE_ASTRAY, /* data for somebody else's MAC */
	GRADE_CONFLICT, /* somebody claims what is ours */
};

static const enum grade grade[HOST_BY_END] = {
	[HOST_BY_ARP_REQUEST] = GRADE_STRONG,
	[HOST_BY_ARP_REPLY] = GRADE_STRONG,
	[HOST_BY_GARP] = GRADE_STRONG,
	[HOST_BY_ARP_PROBE] = GRADE_HINT,
	[HOST_BY_RARP] = GRADE_MAC,
	[HOST_BY_NS] = GRADE_WEAK,
	[HOST_BY_NS_DAD] = GRADE_HINT,
	[HOST_BY_NA] = GRADE_STRONG,
	[HOST_BY_NA_UNSOLICITED] = GRADE_STRONG,
	[HOST_BY_MISS] = GRADE_WANTED,
	[HOST_BY_SOURCE] = GRADE_WEAK,
	[HOST_BY_CONFLICT] = GRADE_CONFLICT,
	[HOST_BY_FIB] = GRADE_WEAK,
	[HOST_BY_ATTACH] = GRADE_STRONG,
	[HOST_BY_ASTRAY] = GRADE_ASTRAY,
};

static bool refuse(struct hosts *h, enum host_counter c, const struct host_evidence *ev,
                   struct mono now)
{
	bool limit = c >= HOST_N_FULL_PORT, own = c == HOST_N_CONFLICT;

	h->count[c]++;
	if (!limit && !own)
		return false;
	if (h->count[c] > 1 && mono_ms_since(now, h->told[c]) < HOST_EVENT_MS)
		return false; /* a flood is one line a second, the counter has it all */
	h->told[c] = now;
	host_hap(h, &(struct host_event){
			    .what = own ? HOST_HAP_CONFLICT : HOST_HAP_REFUSED,
			    .at = now,
			    .vrf = ev->vrf,
			    .ip = ev->sender,
			    .mac = ev->mac,
			    .ac = ev->ac,
			    .by = ev->kind,
			    .why = host_counter_text(c),
		    });
	return false;
}

/* Defend our address, but not in a war: once in ten seconds (RFC 5227 2.4 (c)). */
static void conflict(struct hosts *h, struct host_place *p,
                     const struct host_evidence *ev, struct mono now)
{
	const struct host_subnet *sn = &p->net->cfg;
	bool own = ip_eq(&ev->sender, &sn->address);

	refuse(h, HOST_N_CONFLICT, ev, now);
	if (!mono_reached(now, p->defend_at) || (p->backup && !own))
		return; /* the gateway's address is the master's to defend */
	p->defend_at = mono_add_ms(now, HOST_DEFEND_MS);
	if (own)
		host_probe_garp(h, p, &sn->address, &p->link->cfg.mac, true);
	else
		host_probe_garp(h, p, &sn->gateway, &sn->proxy_mac, true);
}

/* Who says that it came from another site is somebody already, and so is a MAC that is
 * known.  A rack that is evacuated arrives all at once, each host with a few words that
 * nobody repeats. */
static bool arrives(const struct hosts *h, const struct host_evidence *ev)
{
	struct host_remote r;

	if (ev->kind == HOST_BY_RARP)
		return true;
	return grade[ev->kind] == GRADE_STRONG && h->ops->remote &&
	       h->ops->remote(h->arg, ev->vrf, &ev->sender, &r);
}

bool host_admit(struct hosts *h, struct host_place *p, const struct host_evidence *ev,
                struct mono now)
{
	const struct host_vrf *v = host_vrf_get(h, ev->vrf);
	bool weak = grade[ev->kind] != GRADE_STRONG;
	struct host_link *l = p->link;

	if (p->n_hosts >= p->net->cfg.max_hosts)
		return refuse(h, HOST_N_FULL_PORT, ev, now);
	if (v->n_hosts >= v->max_hosts)
		return refuse(h, HOST_N_FULL_VPN, ev, now);
	if (ev->kind == HOST_BY_FIB || host_sibling_asks(h, p, &ev->sender))
		return true; /* let in by an earlier run, or by the site's other PE */
	if (weak && l->n_probing >= HOST_PROBING_MAX)
		return refuse(h, HOST_N_FULL_WEAK, ev, now);
	if (ev->kind == HOST_BY_SOURCE &&
	    !host_rate_take(&l->weak, now, HOST_WEAK_PER_S, HOST_WEAK_BURST))
		return refuse(h, HOST_N_WEAK_RATE, ev, now);
	if (arrives(h, ev))
		return host_rate_take(&l->arrive, now, HOST_ARRIVE_PER_S,
		                      HOST_ARRIVE_BURST) ||
		       refuse(h, HOST_N_ARRIVE_RATE, ev, now);
	if (!host_rate_take(&l->fresh, now, HOST_NEW_PER_S, HOST_NEW_BURST))
		return refuse(h, HOST_N_NEW_RATE, ev, now);
	return true;
}

static bool is_own_mac(const struct host_link *l, const struct host_place *p,
                       const struct mac *mac)
{
	return mac_eq(mac, &l->cfg.mac) || (p && mac_eq(mac, &p->net->cfg.proxy_mac));
}

static bool same_binding(const struct host *x, const struct host_evidence *ev)
{
	bool na = ev->kind == HOST_BY_NA || ev->kind == HOST_BY_NA_UNSOLICITED;

	return x->ac == ev->ac && mac_eq(&x->mac, &ev->mac) &&
	       (!na || ev->router == !!(x->flags & HOST_F_ROUTER));
}

static void believe(struct hosts *h, struct host_place *p, const struct host_evidence *ev,
                    struct mono now)
{
	struct host *x = host_find(h, ev->vrf, &ev->sender);
	bool strong = grade[ev->kind] == GRADE_STRONG;
	bool fresh = !x || !host_state_counts(x->state);
	bool same = x && same_binding(x, ev), came;

	if (fresh && !host_admit(h, p, ev, now))
		return;
	if (!fresh && strong && x->ac != ev->ac && p->n_hosts >= p->net->cfg.max_hosts) {
		refuse(h, HOST_N_FULL_PORT, ev, now);
		return;
	}
	if (!x)
		x = host_new(h, ev->vrf, &ev->sender);
	came = strong && !(same && host_is_local(x));
	if (strong)
		host_step(h, x, same ? HOST_EV_STRONG : HOST_EV_STRONG_ELSE, ev, now);
	else
		host_step(h, x, same ? HOST_EV_WEAK : HOST_EV_WEAK_ELSE, ev, now);
	if (came)
		host_mac_follow(h, p->link, ev, now);
}

/* Whether the sender may be learned from here; if not it is counted, and why. */
static bool sender_ok(struct hosts *h, const struct host_link *l, struct host_place *p,
                      const struct host_evidence *ev, struct mono now)
{
	const struct ip *ip = &ev->sender;

	if (ip_is_zero(ip) || ip_is_multicast(ip) ||
	    (ip->afi == AFI_IP6 && ip_is_linklocal(ip)))
		return refuse(h, HOST_N_BAD_ADDR, ev, now);
	if (is_own_mac(l, p, &ev->mac))
		return refuse(h, HOST_N_OWN_MAC, ev, now);
	if (!p)
		return refuse(h, HOST_N_OUTSIDE, ev, now);
	if (host_net_own(p->net, ip)) {
		conflict(h, p, ev, now);
		return false;
	}
	if (host_scan_reserved(p->net, ip))
		return refuse(h, HOST_N_RESERVED, ev, now);
	return true;
}

static void claim(struct hosts *h, struct host_link *l, const struct host_evidence *ev,
                  struct mono now)
{
	struct host_place *p = host_place_find(l, &ev->sender);

	if (ip_is_linklocal(&ev->sender) && !is_own_mac(l, p, &ev->mac))
		host_mac_follow(h, l, ev, now); /* no host of ours, but its others are */
	if (!sender_ok(h, l, p, ev, now))
		return;
	believe(h, p, ev, now);
	/* On its own attachment everybody heard the question; nobody else did. */
	if (ev->kind == HOST_BY_ARP_REQUEST || ev->kind == HOST_BY_NS)
		host_glean(h, ev->vrf, &ev->target, ev->ac, now);
}

bool hosts_detach(struct hosts *h, uint32_t vrf, const struct ip *ip, struct mono now)
{
	struct host *x = host_find(h, vrf, ip);

	h->latest = now;
	if (!x || !host_state_counts(x->state))
		return false;
	host_step(h, x, HOST_EV_DETACHED, NULL, now);
	return true;
}

size_t hosts_detach_mac(struct hosts *h, uint32_t vrf, const struct mac *mac,
                        struct mono now)
{
	struct host *x[HOST_MAC_MAX];
	size_t n = host_of_mac(h, mac, vrf, x, HOST_MAC_MAX), left = 0;

	for (size_t i = 0; i < n; i++)
		left += hosts_detach(h, vrf, &x[i]->ip, now);
	return left;
}

void hosts_evidence(struct hosts *h, const struct host_evidence *ev, struct mono now)
{
	struct host_link *l = host_link_find(h, ev->ac);
	struct host_evidence data = *ev;
	struct host_place *p;

	h->latest = now;
	must(ev->kind < HOST_BY_END);
	if (grade[ev->kind] == GRADE_WANTED) {
		host_glean(h, ev->vrf, &ev->target, 0, now);
		return;
	}
	if (!l || l->cfg.vrf != ev->vrf) {
		refuse(h, HOST_N_NO_PORT, ev, now);
		return;
	}
	if (mac_is_group(&ev->mac) || mac_is_zero(&ev->mac)) {
		refuse(h, HOST_N_BAD_MAC, ev, now);
		return;
	}
	switch (grade[ev->kind]) {
	case GRADE_HINT: host_watch_hint(h, l, ev, now); break;
	case GRADE_ASTRAY:
		host_care_astray(h, l, ev, now);
		data.kind = HOST_BY_SOURCE; /* and it is a sign of its sender */
		data.target = (struct ip){ 0 };
		claim(h, l, &data, now);
		break;
	case GRADE_MAC:
		if (is_own_mac(l, NULL, &ev->mac))
			refuse(h, HOST_N_OWN_MAC, ev, now);
		else
			host_mac_shown(h, l, ev, now);
		break;
	case GRADE_CONFLICT:
		p = host_place_find(l, &ev->sender);
		if (p && !is_own_mac(l, p, &ev->mac))
			conflict(h, p, ev, now);
		break;
	case GRADE_STRONG:
	case GRADE_WEAK:
	case GRADE_WANTED: claim(h, l, ev, now); break;
	}
}
