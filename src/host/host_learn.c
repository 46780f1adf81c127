/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/host_trust_int.h"

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
	[HOST_BY_DHCP] = GRADE_WEAK,
	[HOST_BY_ATTACH] = GRADE_STRONG,
	[HOST_BY_ASTRAY] = GRADE_ASTRAY,
	[HOST_BY_CONFIG] = GRADE_STRONG,
};

/* Defend our address, but not in a war: once in ten seconds (RFC 5227 2.4 (c)). */
static void conflict(struct hosts *h, struct host_place *p,
                     const struct host_evidence *ev, struct mono now)
{
	const struct host_subnet *sn = &p->net->cfg;
	bool own = ip_eq(&ev->sender, &sn->address);

	host_refuse(h, HOST_N_CONFLICT, ev, now);
	if (!mono_reached(now, p->defend_at) || (p->backup && !own))
		return; /* what is shared is the master's to defend */
	p->defend_at = mono_add_ms(now, HOST_DEFEND_MS);
	host_probe_garp(h, p, &ev->sender, own ? &p->link->cfg.mac : &sn->proxy_mac,
	                true);
}

/* The gateway's link-local address is in no subnet's range, but in each of IPv6. */
static struct host_place *conflict_place(const struct host_link *l, const struct ip *ip)
{
	if (ip->afi != AFI_IP6 || !ip_is_linklocal(ip))
		return host_place_find(l, ip);
	list_for(p, &l->places, struct host_place, of_link)
		if (p->net->cfg.prefix.ip.afi == AFI_IP6)
			return p;
	return NULL;
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

/*
 * What the host says of itself proves it.  But an unsolicited NA without the override
 * flag overrides nothing (RFC 4861 7.2.5): who sends it may share the address, or is not
 * sure of it yet (RFC 4429 3.3).  It is asked, if there is somebody else.
 */
static bool proves(const struct hosts *h, const struct host *x,
                   const struct host_evidence *ev, bool same)
{
	struct host_remote r;

	if (grade[ev->kind] != GRADE_STRONG)
		return false;
	if (ev->kind != HOST_BY_NA_UNSOLICITED || ev->override)
		return true;
	if (x && host_state_counts(x->state))
		return same;
	return !h->ops->remote || !h->ops->remote(h->arg, ev->vrf, &ev->sender, &r);
}

/* Another holder of an anycast address takes over by saying so, not by using it. */
static bool takes_over(const struct host_evidence *ev)
{
	return ev->kind == HOST_BY_GARP ||
	       (ev->kind == HOST_BY_NA_UNSOLICITED && ev->override);
}

static bool may_enter(struct hosts *h, struct host_place *p, struct host *x,
                      const struct host_evidence *ev, bool strong, struct mono now)
{
	enum host_admission a = host_limit_admit(h, p, ev, strong, now);

	if (a == HOST_ADMIT_LATER) {
		if (!x)
			x = host_new(h, ev->vrf, &ev->sender);
		host_step(h, x, HOST_EV_HELD, ev, now);
	}
	return a == HOST_ADMIT_YES;
}

bool host_may_ask(struct hosts *h, struct host_place *p, const struct ip *ip,
                  const struct host_evidence *ev, struct mono now)
{
	const struct host *x = host_find(h, ev->vrf, ip);
	struct host_evidence claim = *ev;

	claim.sender = *ip;
	if (host_trust_judge(h, p, &claim, now) != HOST_N_END)
		return false;
	return (x && host_state_counts(x->state)) ||
	       host_limit_admit(h, p, &claim, false, now) == HOST_ADMIT_YES;
}

/* May a known host be what this says?  It is not new, but perhaps elsewhere now. */
static bool may_change(struct hosts *h, struct host_place *p, const struct host *x,
                       const struct host_evidence *ev, bool strong, struct mono now)
{
	if (x->flags & HOST_F_HELD)
		return false; /* its turn comes */
	if (same_binding(x, ev))
		return true;
	if (hosts_is_anycast(h, ev->vrf, &ev->sender) && !takes_over(ev))
		return false;
	return !strong || host_limit_rebind(h, p, x, ev, now);
}

static void believe(struct hosts *h, struct host_place *p, const struct host_evidence *ev,
                    struct mono now)
{
	struct host *x = host_find(h, ev->vrf, &ev->sender);
	bool fresh = !x || !host_state_counts(x->state);
	bool same = x && same_binding(x, ev), came;
	bool strong = proves(h, x, ev, same);

	if (fresh ? !may_enter(h, p, x, ev, strong, now)
	          : !may_change(h, p, x, ev, strong, now))
		return;
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
		return host_refuse(h, HOST_N_BAD_ADDR, ev, now);
	if (is_own_mac(l, p, &ev->mac))
		return host_refuse(h, HOST_N_OWN_MAC, ev, now);
	if (!p)
		return host_refuse(h, HOST_N_OUTSIDE, ev, now);
	if (host_net_own(p->net, ip)) {
		conflict(h, p, ev, now);
		return false;
	}
	if (host_scan_reserved(p->net, ip))
		return host_refuse(h, HOST_N_RESERVED, ev, now);
	return true;
}

static void claim(struct hosts *h, struct host_link *l, const struct host_evidence *ev,
                  struct mono now)
{
	struct host_place *p = host_place_find(l, &ev->sender);
	enum host_counter why;

	if (ip_is_linklocal(&ev->sender) && !is_own_mac(l, p, &ev->mac))
		host_mac_follow(h, l, ev, now); /* no host of ours, but its others are */
	if (!sender_ok(h, l, p, ev, now))
		return;
	host_word_hear(h, p, ev, now);
	why = host_trust_judge(h, p, ev, now);
	if (why != HOST_N_END) {
		host_refuse(h, why, ev, now);
		return;
	}
	believe(h, p, ev, now);
	/* On its own attachment everybody heard the question; nobody else did. */
	if (ev->kind == HOST_BY_ARP_REQUEST || ev->kind == HOST_BY_NS)
		host_glean(h, ev->vrf, &ev->target, ev->ac, ev->ac, now);
}

bool hosts_detach(struct hosts *h, uint32_t vrf, const struct ip *ip, struct mono now)
{
	struct host *x = host_find(h, vrf, ip);

	h->latest = now;
	host_word_detach(h, vrf, ip);
	if (!x || !host_state_counts(x->state) || x->state == HOST_FIXED)
		return false;
	host_step(h, x, HOST_EV_DETACHED, NULL, now);
	return true;
}

size_t hosts_detach_mac(struct hosts *h, uint32_t vrf, const struct mac *mac,
                        struct mono now)
{
	struct host *x[HOST_MAC_MAX];
	struct ip ip[HOST_MAC_MAX];
	size_t n = host_of_mac(h, mac, vrf, x, HOST_MAC_MAX), left = 0;

	for (size_t i = 0; i < n; i++)
		ip[i] = x[i]->ip;
	/* One that leaves may push another out of the memory of those that were here. */
	for (size_t i = 0; i < n; i++)
		left += hosts_detach(h, vrf, &ip[i], now);
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
		host_glean(h, ev->vrf, &ev->target, 0, ev->ac, now);
		return;
	}
	if (!l || l->cfg.vrf != ev->vrf) {
		host_refuse(h, HOST_N_NO_PORT, ev, now);
		return;
	}
	if (mac_is_group(&ev->mac) || mac_is_zero(&ev->mac)) {
		host_refuse(h, HOST_N_BAD_MAC, ev, now);
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
			host_refuse(h, HOST_N_OWN_MAC, ev, now);
		else
			host_mac_shown(h, l, ev, now);
		break;
	case GRADE_CONFLICT:
		p = conflict_place(l, &ev->sender);
		if (p && !is_own_mac(l, p, &ev->mac))
			conflict(h, p, ev, now);
		break;
	case GRADE_STRONG:
	case GRADE_WEAK:
	case GRADE_WANTED: claim(h, l, ev, now); break;
	}
}
