/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
#pragma once

/* clang-format off */
#include <linux/bpf.h> /* first: helpers use its types */
#include <bpf/bpf_helpers.h>
/* clang-format on */

#include "bpf/maps.h"
#include "bpf/pkt.h"

/*
 * What the packet program needs from where it runs: a frame it can read, move the ends of
 * and send, and the tables (bpf/maps.h).  This is XDP; hook_native.h is a process, for
 * tests and fuzzing; another hook is another file with these names.
 */
typedef struct xdp_md hook_t;

/* A stage: verified by itself, called, not copied.  Its second argument may be NULL in
 * the verifier's eyes. */
#define FWD_STAGE __attribute__((noinline)) int
#define FWD_VALUE __attribute__((noinline)) __u64 /* the same, of numbers only */

/* The context holds the two pointers as 32-bit fields, which the kernel turns into real
 * ones at load.  Spelt in assembly, because a compiler that believes in 32 bits may copy
 * them as such, and the verifier then sees a number. */
#define HOOK_POINTER(h, field)                                                      \
	({                                                                          \
		__u8 *p_;                                                           \
		asm volatile("%[p] = *(u32 *)(%[ctx] + %[off])"                     \
		             : [p] "=r"(p_)                                         \
		             : [ctx] "r"(h), [off] "i"(__builtin_offsetof(hook_t,   \
		                                                          field))); \
		p_;                                                                 \
	})

FWD_INLINE __u8 *hook_data(const hook_t *h)
{
	return HOOK_POINTER(h, data);
}

FWD_INLINE __u8 *hook_end(const hook_t *h)
{
	return HOOK_POINTER(h, data_end);
}

/* The whole frame; data to end may be only its first piece. */
FWD_INLINE __u32 hook_len(hook_t *h)
{
	return (__u32)bpf_xdp_get_buff_len(h);
}

/* Move the start: negative makes room in front.  False: there is none. */
FWD_INLINE int hook_move_head(hook_t *h, int delta)
{
	return !bpf_xdp_adjust_head(h, delta);
}

FWD_INLINE int hook_move_tail(hook_t *h, int delta)
{
	return !bpf_xdp_adjust_tail(h, delta);
}

FWD_INLINE __u32 hook_ifindex(const hook_t *h)
{
	return h->ingress_ifindex;
}

FWD_INLINE __u64 hook_now(void)
{
	return bpf_ktime_get_ns();
}

/* A clock that costs nothing to read; it ticks every few milliseconds. */
FWD_INLINE __u64 hook_tick(void)
{
	return bpf_jiffies64();
}

/* Never XDP_TX: it needs an XDP program on the peer of a veth, a redirect only NAPI. */
FWD_INLINE int hook_send(hook_t *h, __u32 ifindex)
{
	return (int)bpf_redirect_map(&tx, ifindex, XDP_DROP);
}

enum { HOOK_PASS = XDP_PASS, HOOK_DROP = XDP_DROP };
