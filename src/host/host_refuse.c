/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/host_trust_int.h"

/*
 * Evidence that is not believed: counted by reason, told once a second and reason, and
 * the last refusal of an address remembered, so that `why host` can say why an address
 * that everybody can see is not known.  The memory is a table with one place for each
 * hash: a flood overwrites it, but never makes it grow.
 */
static struct host_refusal *slot(const struct hosts *h, uint32_t vrf, const struct ip *ip)
{
	uint64_t hash = hash_bytes(ip, sizeof(*ip)) ^ vrf * UINT64_C(0x9e3779b97f4a7c15);

	return h->refused ? &h->refused[(hash ^ hash >> 32) % HOST_REFUSED_MAX] : NULL;
}

const struct host_refusal *host_refused(const struct hosts *h, uint32_t vrf,
                                        const struct ip *ip)
{
	const struct host_refusal *r = slot(h, vrf, ip);

	return r && r->n && r->vrf == vrf && ip_eq(&r->ip, ip) ? r : NULL;
}

static void remember(struct hosts *h, enum host_counter c, const struct host_evidence *ev,
                     struct mono now)
{
	struct host_refusal *r;

	if (ev->sender.afi == AFI_NONE)
		return;
	if (!h->refused)
		h->refused = mem_zalloc(HOST_REFUSED_MAX * sizeof(*h->refused));
	r = slot(h, ev->vrf, &ev->sender);
	if (r->vrf != ev->vrf || !ip_eq(&r->ip, &ev->sender) || r->why != c)
		*r = (struct host_refusal){ .vrf = ev->vrf,
			                    .ip = ev->sender,
			                    .why = (uint8_t)c };
	r->mac = ev->mac;
	r->ac = ev->ac;
	r->by = (uint8_t)ev->kind;
	r->at = now;
	r->n++;
}

static enum host_happening happening(enum host_counter c)
{
	if (c == HOST_N_CONFLICT)
		return HOST_HAP_CONFLICT;
	return c >= HOST_N_SPOOF && c <= HOST_N_STICKY ? HOST_HAP_SPOOF
	                                               : HOST_HAP_REFUSED;
}

bool host_refuse(struct hosts *h, enum host_counter c, const struct host_evidence *ev,
                 struct mono now)
{
	h->count[c]++;
	remember(h, c, ev, now);
	if (c < HOST_N_CONFLICT)
		return false; /* nothing anybody has to act on */
	if (h->count[c] > 1 && mono_ms_since(now, h->told[c]) < HOST_EVENT_MS)
		return false; /* a flood is one line a second, the counter has it all */
	h->told[c] = now;
	host_hap(h, &(struct host_event){ .what = happening(c),
	                                  .at = now,
	                                  .vrf = ev->vrf,
	                                  .ip = ev->sender,
	                                  .mac = ev->mac,
	                                  .ac = ev->ac,
	                                  .by = ev->kind,
	                                  .why = host_counter_text(c) });
	return false;
}
