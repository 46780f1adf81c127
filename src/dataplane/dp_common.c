/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dataplane/dp_common.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/must.h"

enum { VLAN_MAX = 4094, LABEL_FIRST_FREE = 16 /* RFC 3032 2.1: 0–15 are reserved */ };

int dp_fail(struct dataplane *dp, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(dp->error, sizeof(dp->error), fmt, ap);
	va_end(ap);
	return err;
}

int dp_check_vrf(struct dataplane *dp, uint32_t vrf, uint32_t label)
{
	if (vrf >= DP_VRF_MAX)
		return dp_fail(dp, -EINVAL, "VRF %u: numbers go up to %d", vrf,
		               DP_VRF_MAX - 1);
	if (label < LABEL_FIRST_FREE || label >= DP_LABEL_MAX)
		return dp_fail(dp, -EINVAL, "VRF %u: label %u is not in %d…%d", vrf,
		               label, LABEL_FIRST_FREE, DP_LABEL_MAX - 1);
	return 0;
}

int dp_check_ac(struct dataplane *dp, const struct dp_ac *ac)
{
	if (!ac->id || ac->id > DP_AC_MAX)
		return dp_fail(dp, -EINVAL, "attachment %u: numbers are 1…%d", ac->id,
		               DP_AC_MAX);
	if (ac->vrf >= DP_VRF_MAX)
		return dp_fail(dp, -EINVAL, "attachment %u: VRF %u: numbers go up to %d",
		               ac->id, ac->vrf, DP_VRF_MAX - 1);
	if (ac->vlan > VLAN_MAX || ac->inner_vlan > VLAN_MAX)
		return dp_fail(dp, -EINVAL, "attachment %u: VLAN %u.%u: tags are 1…%d",
		               ac->id, ac->vlan, ac->inner_vlan, VLAN_MAX);
	if (ac->inner_vlan && !ac->vlan)
		return dp_fail(dp, -EINVAL,
		               "attachment %u: inner VLAN %u without an outer", ac->id,
		               ac->inner_vlan);
	if (mac_is_group(&ac->mac) || mac_is_zero(&ac->mac))
		return dp_fail(dp, -EINVAL, "attachment %u: its MAC is not a station's",
		               ac->id);
	return 0;
}

int dp_check_subnet(struct dataplane *dp, const struct dp_subnet *sn)
{
	static const struct prefix link_local = {
		.ip = {.afi = AFI_IP6, .b = { 0xfe, 0x80 }},
                  .plen = 10
	};
	char p[PREFIX_STRLEN], g[IP_STRLEN];

	if (sn->prefix.ip.afi == AFI_NONE)
		return dp_fail(dp, -EINVAL, "attachment %u: a subnet without a prefix",
		               sn->ac);
	if (sn->gateway.afi != AFI_NONE && !prefix_has(&sn->prefix, &sn->gateway))
		return dp_fail(dp, -EINVAL, "subnet %s: gateway %s is outside",
		               prefix_fmt(&sn->prefix, p), ip_fmt(&sn->gateway, g));
	if (sn->address.afi != AFI_NONE && !prefix_has(&sn->prefix, &sn->address))
		return dp_fail(dp, -EINVAL, "subnet %s: our address %s is outside",
		               prefix_fmt(&sn->prefix, p), ip_fmt(&sn->address, g));
	if (sn->link_local.afi != AFI_NONE && !prefix_has(&link_local, &sn->link_local))
		return dp_fail(dp, -EINVAL, "subnet %s: %s is not link-local",
		               prefix_fmt(&sn->prefix, p), ip_fmt(&sn->link_local, g));
	if (mac_is_group(&sn->proxy_mac) || mac_is_zero(&sn->proxy_mac))
		return dp_fail(dp, -EINVAL, "subnet %s: its proxy MAC is not a station's",
		               prefix_fmt(&sn->prefix, p));
	return 0;
}

int dp_check_route(struct dataplane *dp, uint32_t vrf, const struct prefix *p,
                   const struct dp_route *r)
{
	char text[PREFIX_STRLEN];

	if (vrf >= DP_VRF_MAX || p->ip.afi == AFI_NONE)
		return dp_fail(dp, -EINVAL, "VRF %u, %s: no such place for a route", vrf,
		               prefix_fmt(p, text));
	switch (r->kind) {
	case DP_ROUTE_REMOTE:
		if (r->group >= DP_GROUP_MAX)
			return dp_fail(dp, -EINVAL, "route %s: group %u is out of range",
			               prefix_fmt(p, text), r->group);
		if (r->nexthop >= DP_NEXTHOP_MAX || r->label >= DP_LABEL_MAX)
			return dp_fail(dp, -EINVAL,
			               "route %s: next hop %u or label %u is "
			               "out of range",
			               prefix_fmt(p, text), r->nexthop, r->label);
		return 0;
	case DP_ROUTE_LOCAL:
		if (!r->ac || r->ac > DP_AC_MAX)
			return dp_fail(dp, -EINVAL, "route %s: no attachment %u",
			               prefix_fmt(p, text), r->ac);
		if (mac_is_group(&r->mac) || mac_is_zero(&r->mac))
			return dp_fail(dp, -EINVAL,
			               "route %s: its MAC is not a station's",
			               prefix_fmt(p, text));
		return 0;
	case DP_ROUTE_DISCARD: return 0;
	}
	return dp_fail(dp, -EINVAL, "route %s: kind %d", prefix_fmt(p, text),
	               (int)r->kind);
}

int dp_check_nexthop(struct dataplane *dp, uint32_t id, const struct dp_nexthop *nh)
{
	if (!id || id >= DP_NEXTHOP_MAX)
		return dp_fail(dp, -ENOSPC, "next hop %u: numbers are 1…%d", id,
		               DP_NEXTHOP_MAX - 1);
	if (!nh->valid)
		return 0;
	if (nh->n_labels > 2)
		return dp_fail(dp, -EINVAL, "next hop %u: %u transport labels, at most 2",
		               id, nh->n_labels);
	if (nh->encap == DP_ENCAP_MPLS)
		return 0;
	if (nh->outer_src.afi != AFI_IP4 || nh->outer_dst.afi != AFI_IP4)
		return dp_fail(dp, -EAFNOSUPPORT, "next hop %u: %s goes over IPv4 only",
		               id, dp_encap_name(nh->encap));
	return 0;
}

int dp_check_group(struct dataplane *dp, uint32_t id, const struct dp_group *g)
{
	if (!id || id >= DP_GROUP_MAX)
		return dp_fail(dp, -ENOSPC, "group %u: numbers are 1…%d", id,
		               DP_GROUP_MAX - 1);
	if (g->n > DP_GROUP_PATHS)
		return dp_fail(dp, -EINVAL, "group %u: %zu paths, at most %d", id, g->n,
		               DP_GROUP_PATHS);
	for (size_t i = 0; i < g->n; i++) {
		const struct dp_path *p = &g->path[i];

		if (!p->nexthop || p->nexthop >= DP_NEXTHOP_MAX ||
		    p->label >= DP_LABEL_MAX)
			return dp_fail(
				dp, -EINVAL,
				"group %u: next hop %u or label %u is out of range", id,
				p->nexthop, p->label);
		for (size_t k = 0; k < i; k++) {
			if (g->path[k].nexthop == p->nexthop)
				return dp_fail(dp, -EINVAL, "group %u: next hop %u twice",
				               id, p->nexthop);
		}
	}
	return 0;
}

const char *dp_encap_name(enum dp_encap encap)
{
	static const char *const name[] = {
		[DP_ENCAP_UDP] = "mpls-udp",
		[DP_ENCAP_GRE] = "mpls-gre",
		[DP_ENCAP_MPLS] = "mpls",
	};

	return encap < ARRAY_LEN(name) ? name[encap] : "?";
}

unsigned dp_encap_overhead(const struct dp_nexthop *nh)
{
	unsigned labels = 4 + 4 * nh->n_labels;

	switch (nh->encap) {
	case DP_ENCAP_UDP: return 20 + 8 + labels;
	case DP_ENCAP_GRE: return 20 + 4 + labels;
	case DP_ENCAP_MPLS: break;
	}
	return labels;
}
