/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>

#include "bgp/bgp_int.h"

/*
 * How many prefixes a neighbor may have with us, per family.  Near the bound it is said
 * once each time the line is crossed; over it the session ends with CEASE/1 (RFC 4486 4),
 * and the neighbor rests until the configured time is over or the operator says so, for
 * it will not have fewer routes a second later.
 */

static void say(struct bgp_peer *p, enum afi afi, const char *what, size_t n)
{
	char why[BGP_NAME_LEN];

	if (!mono_reached(p->bgp->now, p->limit_quiet))
		return;
	p->limit_quiet = mono_add_ms(p->bgp->now, BGP_SAY_EVERY_S * 1000);
	snprintf(why, sizeof(why), "%s: %zu prefixes, %s of %u",
	         bgp_family_name(bgp_vpn_family(afi)), n, what, p->cfg.max_prefixes);
	bgp_say(p, "max-prefixes", why);
}

static void end_session(struct bgp_peer *p, enum afi afi)
{
	struct bgp_fault f;
	uint8_t data[7];
	struct wbuf w = wbuf_of(data, sizeof(data));

	wbuf_u16(&w, (uint16_t)afi);
	wbuf_u8(&w, BGP_SAFI_VPN);
	wbuf_uint(&w, p->cfg.max_prefixes, 4);
	bgp_notification_fault(&f, BGP_ERR_CEASE, BGP_CEASE_MAX_PREFIXES, data, w.len);
	p->overflowed = true;
	bgp_conn_event(p->up, BGP_EV_BAD, &f);
}

static size_t warn_at(const struct bgp_peer *p)
{
	uint64_t max = p->cfg.max_prefixes, percent = p->cfg.limit.warning_percent;

	return percent ? (size_t)(max * percent / 100) : (size_t)max;
}

bool bgp_limit_check(struct bgp_peer *p, enum afi afi)
{
	const struct rib *rib = p->bgp->cfg.rib;
	struct bgp_peer_af *af = &p->af[afi];
	size_t n;

	if (!p->cfg.max_prefixes)
		return false;
	n = rib_source_paths(rib, p->source, afi);
	if (n <= warn_at(p)) {
		af->warned = af->over = false;
		return false;
	}
	if (af->sweeping) { /* what is on its way out does not count */
		bgp_peer_sweep_now(p, afi);
		n = rib_source_paths(rib, p->source, afi);
	}
	if (!af->warned && n > warn_at(p)) {
		af->warned = true;
		p->limit_warnings++;
		if (p->cfg.limit.warning_percent)
			say(p, afi, "near the limit", n);
	}
	if (n <= p->cfg.max_prefixes) {
		af->over = false;
		return false;
	}
	if (!af->over) {
		af->over = true;
		p->limit_overflows++;
		p->limit_quiet = p->bgp->now;
		say(p, afi, "over the limit", n);
	}
	if (p->cfg.limit.warning_only)
		return false;
	end_session(p, afi);
	return true;
}
