/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/mem.h"
#include "core/core_int.h"
#include "host/host_trust.h"

/*
 * Whom a subnet believes, from the configuration to host/; and what host/ says of an
 * address beyond its place, to those who install and advertise routes.
 */
static size_t of_family(const struct ip *list, size_t n, enum afi afi, struct ip *ret)
{
	size_t k = 0;

	for (size_t i = 0; i < n; i++) {
		if (list[i].afi == afi)
			ret[k++] = list[i];
	}
	return k;
}

void core_trust_start(struct core *c, const struct config_vpn *vpn,
                      const struct config_subnet *sn, enum afi afi)
{
	static const enum host_binding binding[] = {
		[BINDING_LEARN] = HOST_BIND_LEARN,
		[BINDING_DHCP] = HOST_BIND_DHCP,
		[BINDING_STATIC] = HOST_BIND_STATIC,
	};
	const struct config_trust *t = &sn->trust;
	const struct prefix *p = afi == AFI_IP4 ? &sn->prefix : &sn->prefix6;
	AUTO_FREE struct ip *anycast = mem_zalloc((t->n_anycast + 1) * sizeof(*anycast));
	AUTO_FREE struct ip *exempt = mem_zalloc((t->n_dup_exempt + 1) * sizeof(*exempt));
	struct host_trust ht = {
		.binding = binding[t->binding],
		.anycast = anycast,
		.n_anycast = of_family(t->anycast, t->n_anycast, afi, anycast),
		.exempt = exempt,
		.n_exempt = of_family(t->dup_exempt, t->n_dup_exempt, afi, exempt),
		.max_hosts = t->max_hosts,
		.max_per_mac = t->max_per_mac,
		.max_new = t->max_new,
	};

	hosts_trust_set(c->hosts, vpn->id, p, &ht);
	for (size_t i = 0; i < t->n_hosts; i++) {
		const struct config_host *h = &t->host[i];

		if (h->address.afi == afi)
			hosts_static_set(c->hosts, vpn->id, &h->address, &h->mac,
			                 h->at->id, loop_now(c->loop));
	}
}

/* A local host has it, whether others are told of it or not. */
bool core_is_local(const struct core *c, uint32_t vrf, const struct ip *ip)
{
	struct host_info hi;

	if (vrf_local(c->vrfs, vrf, ip))
		return true;
	return hosts_is_anycast(c->hosts, vrf, ip) &&
	       hosts_info(c->hosts, vrf, ip, &hi) && hi.local;
}

/* Forwarded, but nobody is answered who asks for it: two hosts have it, by mistake
 * (RFC 9161 3.7) or on purpose. */
bool core_is_mute(const struct core *c, uint32_t vrf, const struct ip *ip)
{
	return hosts_frozen(c->hosts, vrf, ip) || hosts_is_anycast(c->hosts, vrf, ip);
}
