/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/bgp_family.h"

#include "base/ip.h"
#include "base/must.h"

static const struct {
	uint16_t afi;
	uint8_t safi;
	const char *name;
} family_row[BGP_FAM_END] = {
	[BGP_VPN4] = {AFI_IP4,  BGP_SAFI_VPN,       "vpnv4"},
	[BGP_VPN6] = { AFI_IP6, BGP_SAFI_VPN,       "vpnv6"},
	[BGP_RTC] = { AFI_IP4, BGP_SAFI_RTC,       "rtc"  },
	[BGP_IP4] = { AFI_IP4, BGP_SAFI_UNICAST,   "ipv4" },
	[BGP_IP6] = { AFI_IP6, BGP_SAFI_UNICAST,   "ipv6" },
	[BGP_MVPN4] = { AFI_IP4, BGP_SAFI_MCAST_VPN, "mvpn4"},
	[BGP_MVPN6] = { AFI_IP6, BGP_SAFI_MCAST_VPN, "mvpn6"},
};

enum bgp_family bgp_family_of(uint16_t afi, uint8_t safi)
{
	enum bgp_family f = 0;

	while (f < BGP_FAM_END &&
	       (family_row[f].afi != afi || family_row[f].safi != safi))
		f++;
	return f;
}

uint16_t bgp_family_afi(enum bgp_family f)
{
	must(f < BGP_FAM_END);
	return family_row[f].afi;
}

uint8_t bgp_family_safi(enum bgp_family f)
{
	must(f < BGP_FAM_END);
	return family_row[f].safi;
}

const char *bgp_family_name(enum bgp_family f)
{
	return f < BGP_FAM_END ? family_row[f].name : "other";
}
