/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "dataplane/abi.h"
#include "dataplane/dataplane.h"

#include "tests/t.h"

/*
 * A PE in a bottle: the real backend in a network namespace and on a BPF file system of
 * its own, and beside it a copy of the program over the same maps that tells where each
 * packet ended.  Packets are hex with holes for addresses, or built; they go in by
 * BPF_PROG_TEST_RUN.
 *
 *   PE  MAC 02:ee:..:01, tunnel source 192.0.2.11; core port "core", peer PE 192.0.2.12
 *   VRF 7, label 1007
 *   attachment 1  port "acc", untagged   1.1.0.0/16 and 2001:db8:1::/64, gateway …
 *   attachment 2  port "acc", VLAN 100   (same subnets, another wire)
 *   attachment 3  port "acc", 200.30     4.4.0.0/24, gateway 4.4.0.254
 *   hosts  A 1.1.1.1  02:aa:..:0a on 1      B 1.1.1.3 at the other PE, label 2003
 *          C 1.1.1.2  02:aa:..:0c on 2      S 1.1.1.5 at this site's other PE
 *          F 1.1.1.6  frozen, on 2          D 1.1.1.7 at a PE that cannot be reached
 *          E 4.4.0.1  02:aa:..:0e on 3      the same for IPv6 as 2001:db8:1::1, ::3 …
 */
enum { RIG_VRF = 7, RIG_LABEL = 1007, RIG_VPN_LABEL = 2003 };
enum { RIG_NH = 5, RIG_NH_DEAD = 6 };

struct rig {
	struct dataplane *dp;
	unsigned acc, core; /* ifindexes */
	char dir[64];
};

struct out {
	uint32_t verdict; /* XDP_… */
	uint32_t reason;  /* enum abi_reason */
	uint32_t port;
	uint8_t b[4096];
	uint32_t len;
};

struct rig *rig(void); /* fresh tables for each test that asks */
void rig_encap(enum dp_encap encap, uint8_t n_labels, uint16_t mtu);
struct out run(unsigned ifindex, const void *pkt, size_t len);
/* n times on this CPU.  The kernel does not restore the frame in between: only for those
 * that are dropped as they came. */
void run_often(unsigned ifindex, const void *pkt, size_t len, unsigned n);
unsigned rig_insns(void); /* that the verifier looked at to take the program */
/* The last event, if there was one since last asked. */
bool heard(struct dp_evidence *ret);
unsigned events_heard(void);

/* Building packets: each appends to p and returns it. */
struct pk {
	uint8_t b[4096];
	size_t len;
};
void put(struct pk *p, const char *hex);
void put_u16(struct pk *p, unsigned v);
void put_ip4(struct pk *p, const char *src, const char *dst, unsigned proto, unsigned ttl,
             unsigned payload); /* header only; DF set */
void put_ip6(struct pk *p, const char *src, const char *dst, unsigned next, unsigned hops,
             unsigned payload);
void put_bytes(struct pk *p, unsigned n); /* 0, 1, 2, … */
void put_echo4(struct pk *p, const char *src, const char *dst, unsigned ttl,
               unsigned data);
void put_echo6(struct pk *p, const char *src, const char *dst, unsigned hops,
               unsigned data);
void put_arp(struct pk *p, unsigned op, const char *sha, const char *spa,
             const char *tpa);
/* NS or NA with correct checksum; mac NULL: no link-layer option. */
void put_nd(struct pk *p, unsigned type, const char *src, const char *dst,
            const char *target, unsigned flags, const char *mac);
void fix_icmp6(struct pk *p, size_t ip_at);
/* One's complement sum over the ICMP message (v6: with pseudo-header); 0 if right. */
unsigned sum_icmp(const uint8_t *ip, size_t len);
unsigned sum_ip4(const uint8_t *ip);

#define PE_MAC   "02ee00000001"
#define CORE_MAC "02ee00000002"
#define PEER_MAC "02ee00000099"
#define VMAC4    "00005e00010a"
#define VMAC6    "00005e00020a"
#define A_MAC    "02aa0000000a"
#define C_MAC    "02aa0000000c"
#define E_MAC    "02aa0000000e"

/* Is the packet's `hex` at `at`? */
#define CHECK_HEX(ptr, hex)                                                          \
	do {                                                                         \
		uint8_t want_[512];                                                  \
		size_t n_ = t_hex(hex, want_, sizeof(want_));                        \
		for (size_t i_ = 0; i_ < n_; i_++)                                   \
			if ((ptr)[i_] != want_[i_])                                  \
				t_fail(__FILE__, __LINE__,                           \
				       "byte %zu of " #ptr " is %02x, not %02x", i_, \
				       (ptr)[i_], want_[i_]);                        \
	} while (0)
