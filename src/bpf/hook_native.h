/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
#pragma once

#include "dataplane/abi.h"

#include "bpf/pkt.h"

/*
 * The packet program in an ordinary process: the frame is memory between two ends, the
 * tables are a few records that the owner fills in.  For fuzzing and sanitizers, which
 * the kernel's verifier does not replace: it proves that no read leaves the frame, not
 * that what is read is right.
 */
typedef struct native_frame {
	__u8 *room, *data, *end, *limit; /* the memory, and the frame in it */
	__u32 ifindex;
	__u32 out; /* where it was sent */
} hook_t;

enum { NATIVE_MAX = 8, NATIVE_BUCKETS = 16, NATIVE_LABEL = 1007 };

/* Tables of a small PE.  Numbers index directly; the others are searched. */
struct native_tables {
	struct abi_geometry geometry;
	struct abi_bucket hosts4[NATIVE_BUCKETS], hosts6[NATIVE_BUCKETS];
	struct abi_nexthop nexthops[NATIVE_MAX];
	struct abi_group groups[NATIVE_MAX];
	struct abi_label label;
	struct abi_port ports[NATIVE_MAX];
	struct abi_ackey ackey[NATIVE_MAX];
	__u32 ackey_id[NATIVE_MAX];
	struct abi_ac acs[NATIVE_MAX];
	struct abi_lpm prefix_key[NATIVE_MAX], subnet_key[NATIVE_MAX];
	struct abi_prefix prefix[NATIVE_MAX];
	struct abi_subnet subnet[NATIVE_MAX];
	struct abi_addr gateway[NATIVE_MAX], peer[NATIVE_MAX];
	__u32 present;
	struct abi_vrf vrfs[NATIVE_MAX];
	struct abi_self self;
	struct abi_vrf_limit vrf_limits[NATIVE_MAX];
	struct abi_ac_limit ac_limits[NATIVE_MAX];
	struct abi_count counts[ABI_REASON_N], nexthop_counts[NATIVE_MAX];
	struct abi_ac_count ac_counts[NATIVE_MAX];
	struct abi_trace trace;
	struct abi_event event;
	__u32 events;
	__u64 now;
};

extern struct native_tables native;

#define FWD_STAGE static __attribute__((noinline)) int
#define FWD_VALUE static __attribute__((noinline)) __u64

FWD_INLINE __u8 *hook_data(const hook_t *h)
{
	return h->data;
}

FWD_INLINE __u8 *hook_end(const hook_t *h)
{
	return h->end;
}

FWD_INLINE __u32 hook_len(hook_t *h)
{
	return (__u32)(h->end - h->data);
}

FWD_INLINE int hook_move_head(hook_t *h, int delta)
{
	if (delta < h->room - h->data || delta > h->end - h->data - 14)
		return 0;
	h->data += delta;
	return 1;
}

FWD_INLINE int hook_move_tail(hook_t *h, int delta)
{
	if (delta > h->limit - h->end || -delta > h->end - h->data - 14)
		return 0;
	for (int i = 0; i < delta; i++)
		h->end[i] = 0;
	h->end += delta;
	return 1;
}

FWD_INLINE __u32 hook_ifindex(const hook_t *h)
{
	return h->ifindex;
}

FWD_INLINE __u64 hook_now(void)
{
	return native.now += 1000;
}

FWD_INLINE __u64 hook_tick(void)
{
	return native.now;
}

enum { HOOK_PASS, HOOK_DROP, HOOK_SENT };

FWD_INLINE int hook_send(hook_t *h, __u32 ifindex)
{
	h->out = ifindex;
	return HOOK_SENT;
}

/* ---- tables --------------------------------------------------------------------------
 */

#define NATIVE_ARRAY(name, valtype, size)                              \
	FWD_INLINE valtype *tab_##name(const __u32 *key)               \
	{                                                              \
		return *key < (size) ? &native.name[*key] : (void *)0; \
	}

NATIVE_ARRAY(hosts4, struct abi_bucket, NATIVE_BUCKETS)
NATIVE_ARRAY(hosts6, struct abi_bucket, NATIVE_BUCKETS)
NATIVE_ARRAY(nexthops, struct abi_nexthop, NATIVE_MAX)
NATIVE_ARRAY(groups, struct abi_group, NATIVE_MAX)
NATIVE_ARRAY(ports, struct abi_port, NATIVE_MAX)
NATIVE_ARRAY(acs, struct abi_ac, NATIVE_MAX)
NATIVE_ARRAY(vrfs, struct abi_vrf, NATIVE_MAX)
NATIVE_ARRAY(vrf_limits, struct abi_vrf_limit, NATIVE_MAX)
NATIVE_ARRAY(ac_limits, struct abi_ac_limit, NATIVE_MAX)
NATIVE_ARRAY(counts, struct abi_count, ABI_REASON_N)
NATIVE_ARRAY(ac_counts, struct abi_ac_count, NATIVE_MAX)
NATIVE_ARRAY(nexthop_counts, struct abi_count, NATIVE_MAX)
#undef NATIVE_ARRAY

FWD_INLINE struct abi_self *tab_self(const __u32 *key)
{
	return &native.self;
}

FWD_INLINE struct abi_trace *tab_trace(const __u32 *key)
{
	return &native.trace;
}

FWD_INLINE struct abi_label *tab_labels(const __u32 *key)
{
	return *key == NATIVE_LABEL ? &native.label : (void *)0;
}

FWD_INLINE int native_same(const void *a, const void *b, __u32 n)
{
	return !__builtin_memcmp(a, b, n);
}

FWD_INLINE __u32 *tab_ackeys(const struct abi_ackey *key)
{
	for (int i = 0; i < NATIVE_MAX; i++)
		if (native_same(&native.ackey[i], key, sizeof(*key)))
			return &native.ackey_id[i];
	return (void *)0;
}

FWD_INLINE __u32 *native_addr(const struct abi_addr *a, const struct abi_addr *key)
{
	for (int i = 0; i < NATIVE_MAX; i++)
		if (native_same(&a[i], key, sizeof(*key)))
			return &native.present;
	return (void *)0;
}

FWD_INLINE __u32 *tab_gateways(const struct abi_addr *key)
{
	return native_addr(native.gateway, key);
}

FWD_INLINE __u32 *tab_peers(const struct abi_addr *key)
{
	return native_addr(native.peer, key);
}

/* The longest match among the rules; -1: none. */
static inline int native_lpm(const struct abi_lpm *rule, const struct abi_lpm *key)
{
	const __u8 *b = (const __u8 *)&key->key;
	int best = -1;

	for (int i = 0; i < NATIVE_MAX; i++) {
		const __u8 *a = (const __u8 *)&rule[i].key;
		__u32 bits = rule[i].plen, bytes = bits / 8;
		__u32 mask = 0xff00u >> bits % 8 & 0xff;

		if (!bits || bits > key->plen || !native_same(a, b, bytes))
			continue;
		if (bits % 8 && (a[bytes] ^ b[bytes]) & mask)
			continue;
		if (best < 0 || bits > rule[best].plen)
			best = i;
	}
	return best;
}

FWD_INLINE struct abi_prefix *tab_prefixes(const struct abi_lpm *key)
{
	int i = native_lpm(native.prefix_key, key);

	return i < 0 ? (void *)0 : &native.prefix[i];
}

FWD_INLINE struct abi_subnet *tab_subnets(const struct abi_lpm *key)
{
	int i = native_lpm(native.subnet_key, key);

	return i < 0 ? (void *)0 : &native.subnet[i];
}

FWD_INLINE struct abi_event *tab_event_open(void)
{
	return &native.event;
}

FWD_INLINE void tab_event_close(struct abi_event *ev)
{
	native.events++;
}

FWD_INLINE struct abi_geometry tab_geometry(void)
{
	return native.geometry;
}

FWD_INLINE int tab_tracing(void)
{
	return 1;
}
