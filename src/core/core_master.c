/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/core_dhcp.h"
#include "core/core_int.h"

/*
 * Who speaks for a subnet at a site with two PEs: the packet path answers, or is silent,
 * and discovery announces, or leaves that to the other.  Both learn and advertise.
 */
struct dp_subnet core_subnet_dp(const struct config_subnet *sn, enum afi afi)
{
	if (afi == AFI_IP4)
		return (struct dp_subnet){ .prefix = sn->prefix,
			                   .gateway = sn->gateway,
			                   .proxy_mac = sn->proxy_mac,
			                   .address = sn->address,
			                   .master = !sn->vrrp.on,
			                   .leased = sn->vrrp.on };
	return (struct dp_subnet){ .prefix = sn->prefix6,
		                   .gateway = sn->gateway6,
		                   .link_local = sn->gateway6_ll,
		                   .proxy_mac = sn->proxy_mac6,
		                   .address = sn->address6,
		                   .master = !sn->vrrp.on,
		                   .leased = sn->vrrp.on };
}

/* Did an earlier daemon leave us master there, a moment ago? */
bool core_subnet_was_master(const struct core *c, const struct config_subnet *sn,
                            enum afi afi, uint16_t ac)
{
	struct dp_subnet on = core_subnet_dp(sn, afi);

	on.ac = ac;
	return c->dp->ops->was_master(c->dp, &on, loop_now(c->loop));
}

void core_subnet_master(struct core *c, const struct config_vpn *vpn,
                        const struct config_subnet *sn, enum afi afi, uint16_t ac,
                        bool master)
{
	struct dp_subnet on = core_subnet_dp(sn, afi);

	on.ac = ac;
	on.master = master;
	if (c->dp->ops->subnet_set(c->dp, &on))
		log_err("vpn %s: subnet %s: %s", vpn->name, sn->name, dp_error(c->dp));
	core_ra_master(c, vpn->id, &on.prefix, ac, master);
	hosts_place_master(c->hosts, vpn->id, &on.prefix, ac, master, loop_now(c->loop));
	core_dhcp_master(c, vpn->id, &on.prefix, ac, master);
	/* The program that told us announces its own addresses, not the proxy MAC. */
	if (master && sn->vrrp.external)
		hosts_place_announce(c->hosts, vpn->id, &on.prefix, ac);
}
