/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/bgp_attr_table.h"
#include "wire/nlri.h"

/* MP_REACH_NLRI and MP_UNREACH_NLRI (RFC 4760 3, 4). */
enum {
	RD_LEN = 8, /* in front of VPN next hops, zero and not looked at (RFC 4364 4.3.2)
	             */
	IP4_LEN = 4,
	IP6_LEN = 16,
};

static const struct bgp_attr_verdict fine;

static bool is_mapped_ip4(const uint8_t *p)
{
	static const uint8_t head[12] = { [10] = 0xff, [11] = 0xff };

	return !memcmp(p, head, sizeof(head));
}

bool bgp_mp_nexthop_ok(const struct ip *ip)
{
	static const uint8_t loopback6[16] = { [15] = 1 };

	if (ip_is_zero(ip) || ip_is_multicast(ip))
		return false;
	if (ip->afi == AFI_IP4) /* this network, loopback, reserved and broadcast */
		return ip->b[0] != 0 && ip->b[0] != 127 && ip->b[0] < 240;
	return memcmp(ip->b, loopback6, sizeof(loopback6)) != 0;
}

/*
 * The lengths a family's next hop may have (RFC 4364 4.3.2, RFC 4659 3.2.1, RFC 8950 3,
 * RFC 4684 4, RFC 2545 3).  False: none of them.
 */
static bool read_nexthop(const struct bgp_ctx *ctx, enum bgp_family f, struct cur c,
                         struct bgp_nexthop *ret)
{
	bool vpn = f == BGP_VPN4 || f == BGP_VPN6;
	size_t rd = vpn ? RD_LEN : 0, len = cur_left(&c);
	bool v6 = len == rd + IP6_LEN, both = len == 2 * (rd + IP6_LEN);
	bool v4 = len == rd + IP4_LEN;
	bool v6_routes = bgp_family_afi(f) == AFI_IP6;
	const uint8_t *p;

	if (v6_routes && v4 && f != BGP_MVPN6)
		return false;
	if (!v6_routes && (v6 || both) && f != BGP_RTC && f != BGP_MVPN4 &&
	    !(ctx->ext_next_hop & bgp_family_bit(f)))
		return false;
	if (!v4 && !v6 && !both)
		return false;

	cur_bytes(&c, rd);
	p = cur_bytes(&c, v4 ? IP4_LEN : IP6_LEN);
	if (v4)
		ret->addr = ip_of(AFI_IP4, p);
	else if (v6_routes && is_mapped_ip4(p))
		ret->addr = ip_of(AFI_IP4, p + IP6_LEN - IP4_LEN);
	else
		ret->addr = ip_of(AFI_IP6, p);
	if (both) {
		cur_bytes(&c, rd);
		ret->link_local = ip_of(AFI_IP6, cur_bytes(&c, IP6_LEN));
	}
	return true;
}

/* Where the routes of the family cannot be located: reset, or give up the family only
 * (RFC 7606 2, 7.11). */
static struct bgp_attr_verdict lost(struct bgp_attr_in *in, enum bgp_family f)
{
	struct bgp_attr_verdict v = { .subcode = BGP_UPDATE_BAD_OPTIONAL,
		                      .fate = BGP_RESET };

	if (in->ctx->disable_afi) {
		in->u->disabled |= bgp_family_bit(f);
		v.fate = BGP_DISABLE_AFI;
	}
	return v;
}

static bool negotiated(const struct bgp_attr_in *in, enum bgp_family f)
{
	return in->ctx->families & bgp_family_bit(f);
}

/* A family nobody agreed on is none of our business: not an error of the session. */
static const struct bgp_attr_verdict foreign = {
	.subcode = BGP_UPDATE_BAD_OPTIONAL,
	.fate = BGP_DISCARD_ATTR,
};

static struct bgp_attr_verdict read_routes(struct bgp_attr_in *in, struct cur v,
                                           enum bgp_family f, struct bgp_mp *mp)
{
	bool addpath = in->ctx->addpath_rx & bgp_family_bit(f);

	if (nlri_check(f, v, addpath, &mp->n_routes) != NLRI_OK)
		return lost(in, f);
	mp->addpath = addpath;
	mp->family = f;
	mp->nlri = v;
	mp->present = true;
	return fine;
}

struct bgp_attr_verdict bgp_mp_read_reach(struct bgp_attr_in *in, struct cur v)
{
	uint16_t afi = cur_u16(&v);
	enum bgp_family f = bgp_family_of(afi, cur_u8(&v));
	uint8_t nh_len = cur_u8(&v);
	struct cur nh = cur_sub(&v, nh_len);
	uint8_t reserved = cur_u8(&v); /* RFC 4760 3: ignored */
	struct bgp_attr_verdict r;

	(void)reserved;
	if (!cur_ok(&v) && !negotiated(in, f))
		return (struct bgp_attr_verdict){ BGP_UPDATE_BAD_OPTIONAL, BGP_RESET };
	if (!negotiated(in, f)) {
		in->foreign_routes = cur_left(&v);
		return foreign;
	}
	if (!cur_ok(&v) || !read_nexthop(in->ctx, f, nh, &in->u->reach.nexthop))
		return lost(in, f);
	r = read_routes(in, v, f, &in->u->reach);
	if (!r.subcode && !bgp_mp_nexthop_ok(&in->u->reach.nexthop.addr))
		return (struct bgp_attr_verdict){ BGP_UPDATE_BAD_NEXT_HOP, BGP_WITHDRAW };
	return r;
}

struct bgp_attr_verdict bgp_mp_read_unreach(struct bgp_attr_in *in, struct cur v)
{
	uint16_t afi = cur_u16(&v);
	enum bgp_family f = bgp_family_of(afi, cur_u8(&v));

	if (!cur_ok(&v))
		return (struct bgp_attr_verdict){ BGP_UPDATE_BAD_OPTIONAL, BGP_RESET };
	if (!negotiated(in, f))
		return foreign;
	return read_routes(in, v, f, &in->u->unreach);
}
