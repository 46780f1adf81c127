/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * The address families this speaker knows by name: one (AFI, SAFI) pair each.  Sets of
 * families are bits in a uint32_t.  Anything else is BGP_FAM_END: carried in no table,
 * never parsed.
 */
enum bgp_family {
	BGP_VPN4, /* labelled VPN-IPv4 (RFC 4364) */
	BGP_VPN6, /* labelled VPN-IPv6 (RFC 4659) */
	BGP_RTC,  /* route target membership (RFC 4684) */
	BGP_IP4,  /* plain unicast */
	BGP_IP6,
	BGP_MVPN4, /* MCAST-VPN (RFC 6514); its NLRI are opaque here */
	BGP_MVPN6,
	BGP_FAM_END,
};

enum bgp_safi {
	BGP_SAFI_UNICAST = 1,
	BGP_SAFI_MCAST_VPN = 5,
	BGP_SAFI_VPN = 128,
	BGP_SAFI_RTC = 132,
};

static inline uint32_t bgp_family_bit(enum bgp_family f)
{
	return f < BGP_FAM_END ? UINT32_C(1) << f : 0;
}

enum bgp_family bgp_family_of(uint16_t afi, uint8_t safi);
/* These want a family of the table, not BGP_FAM_END. */
uint16_t bgp_family_afi(enum bgp_family f);
uint8_t bgp_family_safi(enum bgp_family f);
const char *bgp_family_name(
	enum bgp_family f); /* "vpnv4", "rtc", …; "other" for the rest */
