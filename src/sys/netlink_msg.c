/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sys/netlink_msg.h"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/lwtunnel.h>
#include <linux/mpls_iptunnel.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "base/must.h"

enum { TB_MAX = 80 }; /* more attributes than any message below has that we read */

struct attrs {
	const struct nlattr *at[TB_MAX];
};

static int collect(const struct nlattr *a, void *arg)
{
	struct attrs *tb = arg;
	uint16_t type = mnl_attr_get_type(a);

	if (type < TB_MAX)
		tb->at[type] = a;
	return MNL_CB_OK;
}

/* The attribute's bytes if it is there and has at least len of them. */
static const void *bytes(const struct attrs *tb, int type, size_t len)
{
	const struct nlattr *a = tb->at[type];

	return a && mnl_attr_get_payload_len(a) >= len ? mnl_attr_get_payload(a) : NULL;
}

static uint32_t u32(const struct attrs *tb, int type)
{
	const void *p = bytes(tb, type, sizeof(uint32_t));
	uint32_t v = 0;

	if (p)
		memcpy(&v, p, sizeof(v));
	return v;
}

static bool nested(const struct attrs *tb, int type, struct attrs *ret)
{
	*ret = (struct attrs){ 0 };
	return tb->at[type] && mnl_attr_parse_nested(tb->at[type], collect, ret) >= 0;
}

static void name_of(const struct attrs *tb, int type, char ret[static NETLINK_NAME_LEN])
{
	const struct nlattr *a = tb->at[type];
	size_t n = a ? mnl_attr_get_payload_len(a) : 0;

	if (n >= NETLINK_NAME_LEN)
		n = NETLINK_NAME_LEN - 1;
	if (n)
		memcpy(ret, mnl_attr_get_payload(a), n);
	ret[n] = '\0';
}

static enum afi afi_of(uint8_t family)
{
	return family == AF_INET ? AFI_IP4 : family == AF_INET6 ? AFI_IP6 : AFI_NONE;
}

static struct ip ip_attr(const struct attrs *tb, int type, enum afi afi)
{
	const void *p = bytes(tb, type, afi_len(afi));

	return p && afi != AFI_NONE ? ip_of(afi, p) : (struct ip){ 0 };
}

/* Fixed header of size len, and the attributes behind it. */
static const void *open_msg(const struct nlmsghdr *nh, size_t len, struct attrs *ret)
{
	*ret = (struct attrs){ 0 };
	if (mnl_nlmsg_get_payload_len(nh) < len ||
	    mnl_attr_parse(nh, (unsigned)len, collect, ret) < 0)
		return NULL;
	return mnl_nlmsg_get_payload(nh);
}

bool netlink_msg_link(const struct nlmsghdr *nh, struct netlink_link *ret)
{
	const struct ifinfomsg *ifi;
	struct attrs tb, info;
	const void *mac;

	ifi = open_msg(nh, sizeof(*ifi), &tb);
	/* Bridges announce their ports under a family of their own. */
	if (!ifi || ifi->ifi_family != AF_UNSPEC || ifi->ifi_index <= 0)
		return false;
	*ret = (struct netlink_link){
		.ifindex = (unsigned)ifi->ifi_index,
		.mtu = u32(&tb, IFLA_MTU),
		.peer_ifindex = u32(&tb, IFLA_LINK),
		.up = ifi->ifi_flags & IFF_UP,
		.carrier = ifi->ifi_flags & IFF_RUNNING,
		.ethernet = ifi->ifi_type == ARPHRD_ETHER,
		.deleted = nh->nlmsg_type == RTM_DELLINK,
	};
	name_of(&tb, IFLA_IFNAME, ret->name);
	if (nested(&tb, IFLA_LINKINFO, &info))
		name_of(&info, IFLA_INFO_KIND, ret->kind);
	mac = bytes(&tb, IFLA_ADDRESS, sizeof(ret->mac.b));
	if (mac && ret->ethernet)
		memcpy(ret->mac.b, mac, sizeof(ret->mac.b));
	return true;
}

bool netlink_msg_neigh(const struct nlmsghdr *nh, struct netlink_neigh *ret)
{
	enum {
		VALID = NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE |
		        NUD_PERMANENT | NUD_NOARP
	};
	const struct ndmsg *ndm;
	struct attrs tb;
	const void *mac;
	enum afi afi;

	ndm = open_msg(nh, sizeof(*ndm), &tb);
	if (!ndm)
		return false;
	afi = afi_of(ndm->ndm_family);
	if (afi == AFI_NONE || ndm->ndm_flags & NTF_PROXY || ndm->ndm_ifindex <= 0 ||
	    !bytes(&tb, NDA_DST, afi_len(afi)))
		return false;
	*ret = (struct netlink_neigh){
		.ifindex = (unsigned)ndm->ndm_ifindex,
		.ip = ip_attr(&tb, NDA_DST, afi),
		.stale = ndm->ndm_state & NUD_STALE,
		.failed = ndm->ndm_state & NUD_FAILED,
		.deleted = nh->nlmsg_type == RTM_DELNEIGH,
	};
	mac = bytes(&tb, NDA_LLADDR, sizeof(ret->mac.b));
	if (mac)
		memcpy(ret->mac.b, mac, sizeof(ret->mac.b));
	ret->valid = !ret->deleted && mac && (ndm->ndm_state & VALID);
	return true;
}

/* MPLS labels that the route puts on (RFC 3032 2.1 entries). */
static bool labels(const struct attrs *tb, struct netlink_route *ret)
{
	const uint16_t *type = bytes(tb, RTA_ENCAP_TYPE, sizeof(*type));
	const uint8_t *p;
	struct attrs enc;
	size_t n;

	if (!type)
		return true;
	if (*type != LWTUNNEL_ENCAP_MPLS || !nested(tb, RTA_ENCAP, &enc) ||
	    !(p = bytes(&enc, MPLS_IPTUNNEL_DST, 4)))
		return false;
	n = mnl_attr_get_payload_len(enc.at[MPLS_IPTUNNEL_DST]) / 4;
	if (n > NETLINK_LABELS_MAX)
		return false;
	for (size_t i = 0; i < n; i++, p += 4)
		ret->label[i] = (uint32_t)p[0] << 12 | (uint32_t)p[1] << 4 | p[2] >> 4;
	ret->n_labels = (uint8_t)n;
	return true;
}

/* Next hop of the other family (RFC 8950): struct rtvia is a family and the address. */
static struct ip via(const struct attrs *tb)
{
	const struct rtvia *v = bytes(tb, RTA_VIA, sizeof(*v));
	uint16_t family;
	enum afi afi;

	if (!v)
		return (struct ip){ 0 };
	memcpy(&family, &v->rtvia_family, sizeof(family));
	afi = afi_of((uint8_t)family);
	if (afi == AFI_NONE || !bytes(tb, RTA_VIA, sizeof(*v) + afi_len(afi)))
		return (struct ip){ 0 };
	return ip_of(afi, v->rtvia_addr);
}

static const char *why_not(uint8_t type)
{
	switch (type) {
	case RTN_UNICAST:
	case RTN_LOCAL: return NULL;
	case RTN_BLACKHOLE: return "blackhole route";
	case RTN_UNREACHABLE: return "unreachable route";
	case RTN_PROHIBIT: return "prohibiting route";
	case RTN_BROADCAST: return "it is a broadcast address";
	case RTN_MULTICAST: return "it is a multicast address";
	default: return "no unicast route";
	}
}

bool netlink_msg_route(const struct nlmsghdr *nh, struct netlink_route *ret)
{
	const struct rtmsg *rtm;
	struct attrs tb, met;
	enum afi afi;

	rtm = open_msg(nh, sizeof(*rtm), &tb);
	if (!rtm)
		return false;
	afi = afi_of(rtm->rtm_family);
	if (afi == AFI_NONE)
		return false;
	*ret = (struct netlink_route){
		.why = why_not(rtm->rtm_type),
		.local = rtm->rtm_type == RTN_LOCAL,
		.oifindex = u32(&tb, RTA_OIF),
		.gateway = ip_attr(&tb, RTA_GATEWAY, afi),
		.prefsrc = ip_attr(&tb, RTA_PREFSRC, afi),
	};
	ret->reachable = !ret->why;
	if (ret->gateway.afi == AFI_NONE)
		ret->gateway = via(&tb);
	if (nested(&tb, RTA_METRICS, &met))
		ret->mtu = u32(&met, RTAX_MTU);
	if (!labels(&tb, ret)) {
		ret->reachable = false;
		ret->why = "the route has an encapsulation other than MPLS";
	}
	return true;
}

bool netlink_msg_route_dst(const struct nlmsghdr *nh, struct prefix *ret)
{
	const struct rtmsg *rtm;
	struct attrs tb;
	struct ip ip;
	enum afi afi;

	rtm = open_msg(nh, sizeof(*rtm), &tb);
	if (!rtm)
		return false;
	afi = afi_of(rtm->rtm_family);
	if (afi == AFI_NONE || rtm->rtm_dst_len > afi_bits(afi))
		return false;
	ip = ip_attr(&tb, RTA_DST, afi); /* not there: the default route */
	ip.afi = (uint8_t)afi;
	*ret = prefix_of(&ip, rtm->rtm_dst_len);
	return true;
}

const char *netlink_msg_extack(const struct nlmsghdr *nh)
{
	const struct nlattr *msg;
	struct attrs tb = { 0 };
	size_t off;

	if (!(nh->nlmsg_flags & NLM_F_ACK_TLVS))
		return NULL;
	if (nh->nlmsg_type == NLMSG_ERROR) {
		const struct nlmsgerr *e = mnl_nlmsg_get_payload(nh);

		if (mnl_nlmsg_get_payload_len(nh) < sizeof(*e))
			return NULL;
		off = sizeof(*e);
		/* The request is quoted in full unless the ack is capped. */
		if (!(nh->nlmsg_flags & NLM_F_CAPPED))
			off += mnl_nlmsg_get_payload_len(&e->msg);
	} else {
		off = sizeof(int);
	}
	if (mnl_nlmsg_get_payload_len(nh) < off ||
	    mnl_attr_parse(nh, (unsigned)off, collect, &tb) < 0)
		return NULL;
	msg = tb.at[NLMSGERR_ATTR_MSG];
	if (!msg || mnl_attr_validate(msg, MNL_TYPE_NUL_STRING) < 0)
		return NULL;
	return mnl_attr_get_str(msg);
}
