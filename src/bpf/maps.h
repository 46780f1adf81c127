/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
#pragma once

/* clang-format off */
#include <linux/bpf.h> /* first: helpers use its types */
#include <bpf/bpf_helpers.h>
/* clang-format on */

#include "dataplane/abi.h"

#include "bpf/pkt.h"

/* The tables, as BPF maps.  The loader pins all but the geometry, by name. */
const volatile struct abi_geometry geometry = { .buckets4 = 1, .buckets6 = 1 };
const volatile __u32 tracing = 0; /* `trace` is kept; a test's or a simulator's copy */

#define MAP(name, maptype, keytype, valtype, entries, flags) \
	struct {                                             \
		__uint(type, maptype);                       \
		__uint(map_flags, flags);                    \
		__type(key, keytype);                        \
		__type(value, valtype);                      \
		__uint(max_entries, entries);                \
	} name SEC(".maps")

MAP(meta, BPF_MAP_TYPE_ARRAY, __u32, struct abi_meta, 1, 0);
MAP(hosts4, BPF_MAP_TYPE_ARRAY, __u32, struct abi_bucket, 1, BPF_F_MMAPABLE);
MAP(hosts6, BPF_MAP_TYPE_ARRAY, __u32, struct abi_bucket, 1, BPF_F_MMAPABLE);
MAP(prefixes, BPF_MAP_TYPE_LPM_TRIE, struct abi_lpm, struct abi_prefix, ABI_PREFIXES,
    BPF_F_NO_PREALLOC);
MAP(nexthops, BPF_MAP_TYPE_ARRAY, __u32, struct abi_nexthop, ABI_NEXTHOPS,
    BPF_F_MMAPABLE);
MAP(groups, BPF_MAP_TYPE_ARRAY, __u32, struct abi_group, ABI_GROUPS, BPF_F_MMAPABLE);
MAP(labels, BPF_MAP_TYPE_ARRAY, __u32, struct abi_label, ABI_LABELS, BPF_F_MMAPABLE);
MAP(ports, BPF_MAP_TYPE_HASH, __u32, struct abi_port, ABI_PORTS, 0);
MAP(ackeys, BPF_MAP_TYPE_HASH, struct abi_ackey, __u32, ABI_ACS, BPF_F_NO_PREALLOC);
MAP(acs, BPF_MAP_TYPE_ARRAY, __u32, struct abi_ac, ABI_ACS, 0);
MAP(subnets, BPF_MAP_TYPE_LPM_TRIE, struct abi_lpm, struct abi_subnet, ABI_SUBNETS,
    BPF_F_NO_PREALLOC);
MAP(gateways, BPF_MAP_TYPE_HASH, struct abi_addr, __u32, ABI_GATEWAYS, BPF_F_NO_PREALLOC);
MAP(vrfs, BPF_MAP_TYPE_ARRAY, __u32, struct abi_vrf, ABI_VRFS, 0);
MAP(peers, BPF_MAP_TYPE_HASH, struct abi_addr, __u32, ABI_PEERS, BPF_F_NO_PREALLOC);
MAP(self, BPF_MAP_TYPE_ARRAY, __u32, struct abi_self, 1, 0);
MAP(tx, BPF_MAP_TYPE_DEVMAP_HASH, __u32, __u32, ABI_PORTS, 0);
MAP(vrf_limits, BPF_MAP_TYPE_ARRAY, __u32, struct abi_vrf_limit, ABI_VRFS, 0);
MAP(ac_limits, BPF_MAP_TYPE_ARRAY, __u32, struct abi_ac_limit, ABI_ACS, 0);
MAP(counts, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, struct abi_count, ABI_REASON_N, 0);
MAP(ac_counts, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, struct abi_ac_count, ABI_ACS, 0);
MAP(nexthop_counts, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, struct abi_count, ABI_NEXTHOPS, 0);
MAP(trace, BPF_MAP_TYPE_ARRAY, __u32, struct abi_trace, 1, 0);

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, ABI_EVENT_BYTES);
} events SEC(".maps");

/* The key is copied to the stack: it may lie in memory handed to a global function, which
 * the verifier of Linux 6.1 does not take as a key. */
#define TAB(name, keytype, valtype)                        \
	FWD_INLINE valtype *tab_##name(const keytype *key) \
	{                                                  \
		keytype k = *key;                          \
                                                           \
		return bpf_map_lookup_elem(&name, &k);     \
	}

TAB(hosts4, __u32, struct abi_bucket)
TAB(hosts6, __u32, struct abi_bucket)
TAB(prefixes, struct abi_lpm, struct abi_prefix)
TAB(nexthops, __u32, struct abi_nexthop)
TAB(groups, __u32, struct abi_group)
TAB(labels, __u32, struct abi_label)
TAB(ports, __u32, struct abi_port)
TAB(ackeys, struct abi_ackey, __u32)
TAB(acs, __u32, struct abi_ac)
TAB(subnets, struct abi_lpm, struct abi_subnet)
TAB(gateways, struct abi_addr, __u32)
TAB(vrfs, __u32, struct abi_vrf)
TAB(peers, struct abi_addr, __u32)
TAB(self, __u32, struct abi_self)
TAB(vrf_limits, __u32, struct abi_vrf_limit)
TAB(ac_limits, __u32, struct abi_ac_limit)
TAB(counts, __u32, struct abi_count)
TAB(ac_counts, __u32, struct abi_ac_count)
TAB(nexthop_counts, __u32, struct abi_count)
TAB(trace, __u32, struct abi_trace)

#undef TAB
#undef MAP

FWD_INLINE struct abi_event *tab_event_open(void)
{
	return bpf_ringbuf_reserve(&events, sizeof(struct abi_event), 0);
}

FWD_INLINE void tab_event_close(struct abi_event *ev)
{
	bpf_ringbuf_submit(ev, 0);
}

FWD_INLINE struct abi_geometry tab_geometry(void)
{
	return (struct abi_geometry){
		.buckets4 = geometry.buckets4,
		.buckets6 = geometry.buckets6,
		.seed = geometry.seed,
	};
}

FWD_INLINE int tab_tracing(void)
{
	return tracing != 0;
}
