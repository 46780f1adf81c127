/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
#pragma once

#include "bpf/fwd_int.h"

/*
 * The host table's reader; the writer and the rules between them are in
 * dataplane/hosttab.h.
 */
#define FIB_LOAD(x) (*(const volatile __u64 *)&(x))

enum { FIB_LOOKS = 3 }; /* at a host that moves under our eyes, until we give up */

struct fib_host {
	__u64 head, value;
	__u64 *at; /* the slot's head, to mark it seen */
};

/* The slot at b->w[at] of n words. */
FWD_INLINE int fib_slot(struct abi_bucket *b, int at, int n, const struct abi_hostkey *k,
                        struct fib_host *ret)
{
	__u64 head = FIB_LOAD(b->w[at]), value;

	if ((head & ABI_HEAD_KEY) != k->head)
		return 0;
	if (n == 4 &&
	    (FIB_LOAD(b->w[at + 1]) != k->hi || FIB_LOAD(b->w[at + 2]) != k->lo))
		return 0;
	value = FIB_LOAD(b->w[at + n - 1]);
	if ((FIB_LOAD(b->w[at]) ^ head) & ABI_HEAD_SAME)
		return 0; /* reused under our eyes: it is no longer this host's */
	ret->head = head;
	ret->value = value;
	ret->at = (__u64 *)&b->w[at];
	return 1;
}

FWD_INLINE int fib_bucket(struct abi_bucket *b, int n, const struct abi_hostkey *k,
                          struct fib_host *ret)
{
#pragma GCC unroll 4
	for (int at = 0; at < 8; at += n)
		if (fib_slot(b, at, n, k, ret))
			return 1;
	return 0;
}

/* Changes whenever a slot of the bucket is used for another host. */
FWD_INLINE __u64 fib_turns(struct abi_bucket *b, int n)
{
	__u64 sum = 0;

#pragma GCC unroll 4
	for (int at = 0; at < 8; at += n)
		sum = sum * 3 + (FIB_LOAD(b->w[at]) & ABI_HEAD_SAME);
	return sum;
}

FWD_INLINE struct abi_bucket *fib_get(int n, __u32 i)
{
	return n == 2 ? tab_hosts4(&i) : tab_hosts6(&i);
}

FWD_INLINE int fib_search(int n, __u32 buckets, __u64 seed, const struct abi_hostkey *k,
                          struct fib_host *ret)
{
	__u64 hash = abi_hash(k, seed);
	struct abi_bucket *first = fib_get(n, abi_first(hash, buckets)), *second;
	__u64 turns;

	if (!first)
		return 0;
	if (fib_bucket(first, n, k, ret))
		return 1;
	if (!(FIB_LOAD(first->w[0]) & ABI_HEAD_OVERFLOW))
		return 0;
	second = fib_get(n, abi_second(hash, buckets));
	if (!second)
		return 0;
	/* It may move between the two looks, even to and fro if we are held up.  But when
	 * it comes to its first bucket, a slot there is used once more: if none was, it
	 * was in neither. */
	for (int i = 0; i < FIB_LOOKS; i++) {
		turns = fib_turns(first, n);
		if (fib_bucket(second, n, k, ret) || fib_bucket(first, n, k, ret))
			return 1;
		if (fib_turns(first, n) == turns)
			return 0;
	}
	return 0;
}

FWD_INLINE int fib_host(const struct abi_hostkey *k, __u32 afi, struct fib_host *ret)
{
	struct abi_geometry g = tab_geometry();

	if (afi == ABI_IP4)
		return fib_search(2, g.buckets4, g.seed, k, ret);
	return fib_search(4, g.buckets6, g.seed, k, ret);
}

/* A known host spoke.  Once marked, its line stays clean until the daemon has asked. */
FWD_INLINE void fib_seen(const struct fib_host *h)
{
	if (!(h->head & ABI_HEAD_SEEN))
		__sync_fetch_and_or(h->at, ABI_HEAD_SEEN);
}

/* The longest prefix around an address no host route covers. */
FWD_INLINE struct abi_prefix *fib_prefix(__u32 vrf, __u32 afi, const pkt32 *addr)
{
	struct abi_lpm k;

	lpm_key(&k, vrf, afi, addr);
	return tab_prefixes(&k);
}
