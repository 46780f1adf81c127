/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
#pragma once

#include <linux/types.h>

/*
 * The host table.
 *
 * An array of 64-byte buckets, one cache line each: four slots for IPv4, two for IPv6.  A
 * host is in one of its two buckets; the second is looked at only if the first has ever
 * overflowed.  The daemon is the only writer, through its own mapping; the program reads
 * without locks.  See dataplane/hosttab.h for how a reader never sees half an entry.
 *
 * IPv4 slot: head, value.  IPv6 slot: head, address high, address low, value.
 *
 * head:  63 OVERFLOW (first slot of a bucket only: some host went to its second bucket)
 *        62 SEEN (set by the program: the host spoke)   61 STALE (not written since
 * start) 60 USED   59 FROZEN   58 ROUTER   57–52 turn: counts the uses of the slot 51–32
 * VRF   31–0 IPv4 address, or 0 value: LOCAL    attachment (63–48), MAC (47–0) others bit
 * 40 is set, which in a MAC would make it a group's: no host has one; 63–44 label, 42–41
 * kind, 39 SIBLING, 13–0 next hop; a group's: abi_group.h.  A value is one word, so a
 * host that moves is one store.
 */
struct abi_bucket {
	__u64 w[8];
};

enum { ABI_NEXTHOPS = 16384 }; /* 14 bits of a value */

#define ABI_HEAD_OVERFLOW (1ULL << 63)
#define ABI_HEAD_SEEN     (1ULL << 62)
#define ABI_HEAD_STALE    (1ULL << 61)
#define ABI_HEAD_USED     (1ULL << 60)
#define ABI_HEAD_FROZEN   (1ULL << 59)
#define ABI_HEAD_ROUTER   (1ULL << 58)
#define ABI_HEAD_TURN     (0x3fULL << 52)
#define ABI_HEAD_TURN_ONE (1ULL << 52)
#define ABI_HEAD_KEY      (ABI_HEAD_USED | 0xfffffffffffffULL)
/* Equal before and after reading the value: the value belongs to the key. */
#define ABI_HEAD_SAME (ABI_HEAD_KEY | ABI_HEAD_TURN)

#define ABI_VAL_OTHER   (1ULL << 40)
#define ABI_VAL_SIBLING (1ULL << 39)

enum abi_kind { ABI_LOCAL = 0, ABI_REMOTE = 1, ABI_DISCARD = 2, ABI_REMOTES = 3 };

static inline enum abi_kind abi_val_kind(__u64 v)
{
	return v & ABI_VAL_OTHER ? (enum abi_kind)(v >> 41 & 3) : ABI_LOCAL;
}

static inline __u64 abi_val_other(enum abi_kind kind, __u32 label, __u32 nexthop)
{
	return (__u64)label << 44 | (__u64)kind << 41 | ABI_VAL_OTHER | nexthop;
}

static inline __u32 abi_val_label(__u64 v)
{
	return (__u32)(v >> 44);
}

static inline __u32 abi_val_nexthop(__u64 v)
{
	return (__u32)(v & (ABI_NEXTHOPS - 1));
}

static inline __u64 abi_val_local(__u32 ac, const __u8 mac[6])
{
	return (__u64)ac << 48 | (__u64)mac[0] << 40 | (__u64)mac[1] << 32 |
	       (__u64)mac[2] << 24 | (__u64)mac[3] << 16 | (__u64)mac[4] << 8 | mac[5];
}

static inline __u32 abi_val_ac(__u64 v)
{
	return (__u32)(v >> 48);
}

struct abi_hostkey {
	__u64 head;   /* USED, VRF, IPv4 address */
	__u64 hi, lo; /* IPv6 address as two numbers; 0 for IPv4 */
};

static inline struct abi_hostkey abi_key4(__u32 vrf, __u32 ip)
{
	struct abi_hostkey k = { ABI_HEAD_USED | (__u64)vrf << 32 | ip, 0, 0 };

	return k;
}

static inline struct abi_hostkey abi_key6(__u32 vrf, __u64 hi, __u64 lo)
{
	struct abi_hostkey k = { ABI_HEAD_USED | (__u64)vrf << 32, hi, lo };

	return k;
}

/* What the program is loaded with; also kept in the map `meta` beside the tables. */
struct abi_geometry {
	__u32 version;
	__u32 buckets4, buckets6;
	__u32 pad;
	__u64 seed; /* drawn when the tables are made: nobody outside can aim at a bucket
	             */
};

static inline __u64 abi_hash(const struct abi_hostkey *k, __u64 seed)
{
	const __u64 m = 0xd6e8feb86659fd93ULL;
	__u64 h = k->head ^ seed;

	h = (h ^ h >> 32) * m;
	h = (h ^ k->hi ^ h >> 32) * m;
	h = (h ^ k->lo ^ h >> 32) * m;
	return h ^ h >> 32;
}

/* The two buckets: the halves of the hash, scaled to any number of buckets. */
static inline __u32 abi_first(__u64 hash, __u32 buckets)
{
	return (__u32)((hash & 0xffffffff) * buckets >> 32);
}

static inline __u32 abi_second(__u64 hash, __u32 buckets)
{
	return (__u32)((hash >> 32) * buckets >> 32);
}
