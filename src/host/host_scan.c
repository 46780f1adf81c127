/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/host_int.h"

/*
 * Hosts that never speak: the sweep when a link comes up and every rescan, and one
 * question when somebody wants an address nobody has.  Both stay on this PE's own
 * attachments: the core never carries them (RFC 7814 3.3).
 *
 * IPv4 subnets are swept /24 by /24, beginning with a random one, so that PEs of one site
 * do not ask the same hosts at the same time.  IPv6 subnets cannot be (RFC 7707 2.1);
 * there ff02::1 is asked for an echo, and answering hosts ask for us.
 */
enum {
	SCAN_SEGMENT = 256,
	SCAN_SHORTEST = 16,   /* prefix length: larger subnets are not swept */
	SCAN_TICK_US = 20000, /* sweeps of all places go together */
	SCAN_LOOK_MAX = 4096, /* addresses looked at in a tick, most of them known */
};

bool host_scan_reserved(const struct host_net *n, const struct ip *ip)
{
	const struct prefix *p = &n->cfg.prefix;

	if (p->ip.afi == AFI_IP4) {
		uint32_t wild = p->plen ? UINT32_MAX >> p->plen : UINT32_MAX;
		uint32_t host = ip_u32(ip) & wild;

		/* RFC 3021: both addresses of a /31 are hosts */
		return p->plen <= 30 && (!host || host == wild);
	}
	return p->plen <= 126 &&
	       ip_eq(ip, &p->ip); /* subnet-router anycast, RFC 4291 2.6.1 */
}

static void arm(struct hosts *h)
{
	struct mono at = MONO_NEVER;

	list_for(n, &h->nets, struct host_net, of_all)
		list_for(p, &n->places, struct host_place, of_net)
			at = mono_min(at, p->scan_at);
	if (!mono_is_never(at))
		at.us = (at.us + SCAN_TICK_US - 1) / SCAN_TICK_US * SCAN_TICK_US;
	heap_set(&h->timers, &h->scan_timer, at);
}

static bool swept(const struct host_subnet *sn)
{
	return sn->prefix.ip.afi == AFI_IP6 || sn->prefix.plen >= SCAN_SHORTEST;
}

void host_scan_start(struct hosts *h, struct host_place *p, struct mono now)
{
	p->scan_at = p->net->cfg.scan_rate && swept(&p->net->cfg) ? now : MONO_NEVER;
	p->scan_done = 0;
	arm(h);
}

void host_scan_stop(struct hosts *h, struct host_place *p)
{
	p->scan_at = MONO_NEVER;
	arm(h);
}

static bool wants_probe(const struct hosts *h, const struct host_place *p,
                        const struct ip *ip)
{
	const struct host *x = host_find(h, p->net->cfg.vrf, ip);

	return !host_scan_reserved(p->net, ip) && !host_net_own(p->net, ip) &&
	       !(x && host_is_local(x));
}

/* The i-th address of a sweep. */
static struct ip address(const struct host_place *p, uint32_t i)
{
	const struct prefix *pfx = &p->net->cfg.prefix;
	uint32_t size = 1u << (32 - pfx->plen);
	uint32_t at = i + p->scan_first * SCAN_SEGMENT;

	return ip_of_u32(ip_u32(&pfx->ip) + (at & (size - 1)));
}

static void sweep_over(struct hosts *h, struct host_place *p, struct mono now)
{
	int64_t ms = (int64_t)p->net->cfg.rescan_s * 1000;

	p->scan_done = 0;
	p->scan_at = MONO_NEVER;
	if (ms)
		p->scan_at =
			mono_add_ms(now, ms *
		                                 (100 - HOST_JITTER_PERCENT / 2 +
		                                  host_random(h, HOST_JITTER_PERCENT)) /
		                                 100);
}

static void sweep4(struct hosts *h, struct host_place *p, struct mono now)
{
	const struct host_subnet *sn = &p->net->cfg;
	uint32_t size = 1u << (32 - sn->prefix.plen);
	uint32_t batch = sn->scan_rate / (1000000 / SCAN_TICK_US), sent = 0, looked = 0;

	if (!batch)
		batch = 1;
	if (!p->scan_done)
		p->scan_first = host_random(h, size / SCAN_SEGMENT);
	while (sent < batch && p->scan_done < size && looked++ < SCAN_LOOK_MAX) {
		struct ip ip = address(p, p->scan_done++);

		if (!wants_probe(h, p, &ip))
			continue;
		sent++;
		h->count[HOST_N_SCANS] += host_probe_send(h, p, &ip, NULL);
	}
	if (p->scan_done < size)
		p->scan_at = mono_add_us(now, (int64_t)batch * 1000000 / sn->scan_rate);
	else
		sweep_over(h, p, now);
}

static void sweep6(struct hosts *h, struct host_place *p, struct mono now)
{
	h->count[HOST_N_SCANS] += host_probe_echo(h, p);
	sweep_over(h, p, now);
}

void host_scan_run(struct hosts *h, struct mono now)
{
	list_for(n, &h->nets, struct host_net, of_all) {
		list_for(p, &n->places, struct host_place, of_net) {
			if (!mono_reached(now, p->scan_at))
				continue;
			if (n->cfg.prefix.ip.afi == AFI_IP4)
				sweep4(h, p, now);
			else
				sweep6(h, p, now);
		}
	}
	arm(h);
}

static bool missed_lately(const struct host_net *n, const struct ip *ip, struct mono now)
{
	for (size_t i = 0; i < HOST_GLEAN_MEMORY; i++)
		if (!mono_reached(now, n->missed[i].until) && ip_eq(&n->missed[i].ip, ip))
			return true;
	return false;
}

static bool worth_asking(const struct hosts *h, const struct host_net *n,
                         const struct ip *ip)
{
	const struct host *x = host_find(h, n->cfg.vrf, ip);
	struct host_remote r;

	if (host_net_own(n, ip) || host_scan_reserved(n, ip))
		return false;
	if (x && host_state_counts(x->state))
		return false;
	return !h->ops->remote || !h->ops->remote(h->arg, n->cfg.vrf, ip, &r);
}

static bool has_other_link(const struct host_net *n, uint16_t except_ac)
{
	list_for(p, &n->places, struct host_place, of_net)
		if (p->link->up && p->link->cfg.id != except_ac)
			return true;
	return false;
}

static void ask_everywhere(struct hosts *h, const struct host_net *n, const struct ip *ip,
                           uint16_t except_ac, enum host_counter c)
{
	list_for(p, &n->places, struct host_place, of_net) {
		if (!p->link->up || p->link->cfg.id == except_ac)
			continue;
		h->count[c] += host_probe_send(h, p, ip, NULL);
	}
}

/*
 * No other site has it any more: if nobody said where it went, it may have come here
 * without a word.  The old site found out by ageing; no flood across sites looks for it,
 * so every site asks once on its own ports.
 */
void host_hint(struct hosts *h, uint32_t vrf, const struct ip *ip, struct mono now)
{
	const struct host_net *n;

	/* First the pace, one for all subnets: a lost PE gives up all its hosts at once.
	 */
	if (!host_rate_take(&h->hint, now, HOST_HINT_PER_S, HOST_HINT_PER_S)) {
		h->count[HOST_N_HINT_RATE]++;
		return;
	}
	n = host_net_find(h, vrf, ip);
	if (n && worth_asking(h, n, ip))
		ask_everywhere(h, n, ip, 0, HOST_N_HINTED);
}

/* What the hosts of an attachment want is charged to it, what comes from the core to the
 * subnet: who asks for everything leaves the others' pace alone. */
static struct host_rate *glean_rate(const struct hosts *h, struct host_net *n,
                                    const struct ip *ip, uint16_t by)
{
	const struct host_link *l = by ? host_link_find(h, by) : NULL;
	struct host_place *p = l ? host_place_find(l, ip) : NULL;

	return p ? &p->glean : &n->glean;
}

void host_glean(struct hosts *h, uint32_t vrf, const struct ip *ip, uint16_t except_ac,
                uint16_t by, struct mono now)
{
	struct host_net *n = host_net_find(h, vrf, ip);

	if (!n || !has_other_link(n, except_ac) || !worth_asking(h, n, ip))
		return;
	if (missed_lately(n, ip, now)) {
		h->count[HOST_N_GLEAN_KNOWN]++;
		return;
	}
	if (!host_rate_take(glean_rate(h, n, ip, by), now, HOST_GLEAN_PER_S,
	                    HOST_GLEAN_BURST)) {
		h->count[HOST_N_GLEAN_RATE]++;
		return;
	}
	n->missed[n->miss_next].ip = *ip;
	n->missed[n->miss_next].until = mono_add_ms(now, HOST_GLEAN_FORGET_MS);
	n->miss_next = (n->miss_next + 1) % HOST_GLEAN_MEMORY;
	ask_everywhere(h, n, ip, except_ac, HOST_N_GLEANS);
}
