/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <libyang/libyang.h>
#include <string.h>

#include "config/check_int.h"
#include "config/place.h"

/* Addresses of hosts that a subnet names one by one: each must be one a host can have. */

/* Why it can't be a host's of this subnet, or NULL. */
static const char *why_not(const struct config_subnet *s, const struct ip *ip)
{
	const struct prefix *p = ip->afi == AFI_IP4 ? &s->prefix : &s->prefix6;
	const struct ip *gw = ip->afi == AFI_IP4 ? &s->gateway : &s->gateway6;
	const struct ip *own = ip->afi == AFI_IP4 ? &s->address : &s->address6;
	uint32_t wild;

	if (!p->ip.afi)
		return "of a family the subnet does not have; expected an address of its "
		       "prefix";
	if (!prefix_has(p, ip))
		return "outside the subnet; expected an address of its prefix";
	if (ip_eq(ip, gw))
		return "the subnet's gateway, which every PE answers for; expected a "
		       "host's address";
	if (ip_eq(ip, own))
		return "this PE's own address; expected a host's";
	if (ip_eq(ip, &p->ip))
		return "no host's address but the subnet's own; expected a host's";
	wild = p->plen < 32 ? UINT32_MAX >> p->plen : 0;
	if (ip->afi == AFI_IP4 && (ip_u32(ip) & wild) == wild)
		return "the broadcast address; expected a host's";
	return NULL;
}

static bool listed(const struct ip *list, size_t n, const struct ip *ip)
{
	for (size_t i = 0; i < n; i++) {
		if (ip_eq(&list[i], ip))
			return true;
	}
	return false;
}

static void check_host(const struct config_subnet *s, const struct config_host *h,
                       const struct lyd_node *node, struct errlist *errs)
{
	const char *why = h->address.afi ? why_not(s, &h->address) : NULL;
	char ip[IP_STRLEN], mac[MAC_STRLEN];

	if (why)
		typed_error(errs, node, "address", "found '%s', which is %s",
		            ip_fmt(&h->address, ip), why);
	else if (listed(s->trust.anycast, s->trust.n_anycast, &h->address))
		typed_error(errs, node, "address",
		            "found '%s', which is in 'anycast-local' too; expected it in "
		            "one of them",
		            ip_fmt(&h->address, ip));
	if (typed_get(node, "mac") && (mac_is_group(&h->mac) || mac_is_zero(&h->mac)))
		typed_error(errs, node, "mac",
		            "found '%s', expected a unicast MAC address",
		            mac_fmt(&h->mac, mac));
}

void check_trust(const struct typed_subnet *t, struct errlist *errs)
{
	const struct config_subnet *s = t->s;
	const struct lyd_node *n;
	size_t i = 0;

	LY_LIST_FOR(lyd_child(t->node), n) {
		const char *name = n->schema->name, *why;
		struct ip ip;

		if (!strcmp(name, "hosts")) {
			check_host(s, &s->trust.host[i++], n, errs);
			continue;
		}
		if (strcmp(name, "anycast-local") != 0 && strcmp(name, "dup-exempt") != 0)
			continue;
		why = ip_parse(lyd_get_value(n), &ip) ? why_not(s, &ip) : NULL;
		if (why)
			place_error(errs, n->priv, NULL, "found '%s', which is %s",
			            lyd_get_value(n), why);
	}
}
