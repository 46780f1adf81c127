/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
#pragma once

#include <linux/types.h>

/*
 * Headers as they are on the wire.  Fields are in network order; be16() and be32() turn
 * them, both ways.  The hardware under XDP reads unaligned words, so the BPF build takes
 * the fields as aligned, which saves it from loading them byte by byte; the native build
 * declares them unaligned and lets sanitizers watch.
 */
#ifdef __bpf__
#define PKT_WIRE __attribute__((may_alias))
#else
#define PKT_WIRE __attribute__((may_alias, aligned(1)))
#endif
typedef __u16 pkt16 PKT_WIRE;
typedef __u32 pkt32 PKT_WIRE;

#define FWD_INLINE static inline __attribute__((always_inline))

FWD_INLINE __u16 be16(__u16 x)
{
	return __builtin_bswap16(x); /* little-endian machines only, as hosttab.h says */
}

FWD_INLINE __u32 be32(__u32 x)
{
	return __builtin_bswap32(x);
}

enum pkt_ethertype {
	ETHERTYPE_IP4 = 0x0800,
	ETHERTYPE_ARP = 0x0806,
	ETHERTYPE_RARP = 0x8035,
	ETHERTYPE_CTAG = 0x8100,
	ETHERTYPE_STAG = 0x88a8,
	ETHERTYPE_IP6 = 0x86dd,
	ETHERTYPE_MPLS = 0x8847,
	ETHERTYPE_MPLS_UPSTREAM = 0x8848,
};

enum pkt_proto {
	PROTO_IP6_HOPOPTS = 0,
	PROTO_ICMP = 1,
	PROTO_TCP = 6,
	PROTO_UDP = 17,
	PROTO_IP6_ROUTING = 43,
	PROTO_IP6_FRAGMENT = 44,
	PROTO_GRE = 47,
	PROTO_ICMP6 = 58,
	PROTO_IP6_DSTOPTS = 60,
	PROTO_VRRP = 112,
};

enum {
	IP4_DF = 0x4000,
	IP4_FRAGMENT = 0x3fff, /* more fragments, or an offset */
	IP4_OFFSET = 0x1fff,
	PORT_MPLS = 6635, /* RFC 7510 */
	PORT_DHCP = 67,
	PORT_DHCP6 = 547,
	VLAN_VID = 0xfff,
	LSE_BOTTOM = 0x100,
	LABEL_NULL4 = 0, /* RFC 3032 2.1: explicit null */
	LABEL_NULL6 = 2,
	HOP_LIMIT_ND = 255, /* RFC 4861 7.1: proves that nobody routed it */
	TTL_OURS = 64,
};

struct pkt_eth {
	pkt16 dst[3];
	pkt16 src[3];
	pkt16 type;
};

struct pkt_tag {
	pkt16 tci;
	pkt16 type; /* of what follows */
};

struct pkt_ip4 {
	__u8 vhl, tos;
	pkt16 len, id, frag;
	__u8 ttl, proto;
	pkt16 csum;
	pkt32 src, dst;
};

struct pkt_ip6 {
	pkt32 vtf; /* version, traffic class, flow label */
	pkt16 len;
	__u8 next, hops;
	pkt32 src[4], dst[4];
};

struct pkt_udp {
	pkt16 sport, dport, len, csum;
};

struct pkt_gre {
	pkt16 flags, proto;
};

struct pkt_icmp {
	__u8 type, code;
	pkt16 csum;
	pkt32 info;
};

struct pkt_nd { /* NS and NA; options follow */
	struct pkt_icmp icmp;
	pkt32 target[4];
};

struct pkt_arp {
	pkt16 hrd, pro;
	__u8 hln, pln;
	pkt16 op;
	pkt16 sha[3], spa[2], tha[3], tpa[2];
};

_Static_assert(sizeof(struct pkt_eth) == 14, "Ethernet");
_Static_assert(sizeof(struct pkt_ip4) == 20, "RFC 791");
_Static_assert(sizeof(struct pkt_ip6) == 40, "RFC 8200");
_Static_assert(sizeof(struct pkt_arp) == 28, "RFC 826");
_Static_assert(sizeof(struct pkt_nd) == 24, "RFC 4861 4.3");

enum icmp_types {
	ICMP_ECHO_REPLY = 0,
	ICMP_UNREACHABLE = 3, /* code 1: host, 4: fragmentation needed */
	ICMP_SOURCE_QUENCH = 4,
	ICMP_REDIRECT = 5,
	ICMP_ECHO = 8,
	ICMP_EXCEEDED = 11,
	ICMP_PARAMETER = 12,
	ICMP6_UNREACHABLE = 1, /* code 3: address */
	ICMP6_TOO_BIG = 2,
	ICMP6_EXCEEDED = 3,
	ICMP6_INFORMATIONAL = 128, /* from here on no errors */
	ICMP6_ECHO = 128,
	ICMP6_ECHO_REPLY = 129,
	ICMP6_RS = 133,
	ICMP6_RA = 134,
	ICMP6_NS = 135,
	ICMP6_NA = 136,
};

/* One's complement sums, RFC 1071: of words as they lie in memory. */
FWD_INLINE __u16 csum_fold(__u64 sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (__u16)~sum;
}

/* A word of the summed data changes from `was` to `is` (RFC 1624 eqn. 3). */
FWD_INLINE __u16 csum_change(__u16 csum, __u16 was, __u16 is)
{
	__u32 sum = (__u16)~csum + (__u32)(__u16)~was + is;

	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (__u16)~sum;
}

FWD_INLINE void ip4_csum_set(struct pkt_ip4 *ip) /* of a header without options */
{
	const pkt16 *w = (const pkt16 *)ip;
	__u64 sum = 0;

	ip->csum = 0;
#pragma GCC unroll 10
	for (int i = 0; i < 10; i++)
		sum += w[i];
	ip->csum = csum_fold(sum);
}

FWD_INLINE void mac_copy(pkt16 *dst, const pkt16 *src)
{
	dst[0] = src[0];
	dst[1] = src[1];
	dst[2] = src[2];
}

FWD_INLINE int mac_same(const pkt16 *a, const pkt16 *b)
{
	return a[0] == b[0] && a[1] == b[1] && a[2] == b[2];
}

FWD_INLINE int mac_group(const pkt16 *m)
{
	return m[0] & 1; /* the first byte is the low one */
}

FWD_INLINE int mac_zero(const pkt16 *m)
{
	return !(m[0] | m[1] | m[2]);
}

FWD_INLINE __u64 ip6_hi(const pkt32 *a)
{
	return (__u64)be32(a[0]) << 32 | be32(a[1]);
}

FWD_INLINE __u64 ip6_lo(const pkt32 *a)
{
	return (__u64)be32(a[2]) << 32 | be32(a[3]);
}
