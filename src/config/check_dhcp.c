/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <libyang/libyang.h>

#include "config/check_int.h"

/* A relay's address is one of the PE: a host's neighbour would look for it by ARP. */
static void check_loopback(const struct typed_vpn *v, const char *name,
                           const struct ip *ip, struct errlist *errs)
{
	char a[IP_STRLEN], b[PREFIX_STRLEN];

	if (!check_unicast(errs, v->node, name, ip))
		return;
	for (size_t i = 0; i < v->v->n_subnets; i++) {
		const struct config_subnet *s = v->subnet[i].s;
		const struct prefix *p = ip->afi == AFI_IP4 ? &s->prefix : &s->prefix6;

		if (p->ip.afi && prefix_has(p, ip))
			typed_error(
				errs, v->node, name,
				"found '%s', an address of subnet '%s' (%s); expected "
				"one outside the vpn's subnets",
				ip_fmt(ip, a), s->name, prefix_fmt(p, b));
	}
}

static void check_server(const struct typed_vpn *v, const struct typed_subnet *t,
                         const struct lyd_node *dhcp, const struct ip *ip,
                         struct errlist *errs)
{
	bool v4 = ip->afi == AFI_IP4;
	const struct prefix *p = v4 ? &t->s->prefix : &t->s->prefix6;
	const struct ip *own = v4 ? &v->v->loopback : &v->v->loopback6;
	const char *name = v4 ? "loopback" : "loopback6";
	char buf[IP_STRLEN];

	if (!check_unicast(errs, dhcp, "servers", ip))
		return;
	if (!p->ip.afi)
		typed_error(errs, dhcp, "servers",
		            "found '%s', but the subnet has no %s; expected only servers "
		            "of its address families",
		            ip_fmt(ip, buf), v4 ? "IPv4 prefix" : "prefix6");
	else if (ip_eq(ip, v4 ? &t->s->gateway : &t->s->gateway6) || ip_eq(ip, own))
		typed_error(errs, dhcp, "servers",
		            "found '%s', our own address; expected that of a server",
		            ip_fmt(ip, buf));
	else if (!own->afi && !typed_tried(v->node, name))
		typed_error(errs, dhcp, "servers",
		            "found '%s', but vpn '%s' has no '%s' for it to answer to; "
		            "expected one, this PE's own",
		            ip_fmt(ip, buf), v->v->name, name);
}

void check_dhcp(const struct typed_vpn *v, struct errlist *errs)
{
	check_loopback(v, "loopback", &v->v->loopback, errs);
	check_loopback(v, "loopback6", &v->v->loopback6, errs);
	for (size_t i = 0; i < v->v->n_subnets; i++) {
		const struct typed_subnet *t = &v->subnet[i];
		const struct config_dhcp *d = t->s->dhcp;

		for (size_t k = 0; d && k < d->n_servers; k++)
			check_server(v, t, typed_get(t->node, "dhcp"), &d->server[k],
			             errs);
	}
}
