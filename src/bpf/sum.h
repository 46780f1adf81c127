/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
#pragma once

#include "bpf/fwd_int.h"

/* Checksums of ICMP messages. */

enum {
	/* What we quote of the packet at fault.  More than the 8 bytes of RFC 792, less
	 * than the 1280 of RFC 4443 2.4 (c): enough for any transport to find its socket.
	 */
	QUOTE_MAX = 192,
	QUOTE_WORDS = (QUOTE_MAX + 8) / 4,
};

/* Sum over `len` bytes at `off`, len ≤ QUOTE_MAX + 8; 0 beyond the frame.  Folded once.
 */
FWD_STAGE sum_bytes(hook_t *h, __u32 off, __u32 len)
{
	__u8 *data = hook_data(h), *end = hook_end(h), *p = data + (off & 127);
	__u64 sum = 0;
	__u32 i;

	for (i = 0; i < QUOTE_WORDS; i++, p += 4) {
		if (4 * i + 4 > len || p + 4 > end)
			break;
		sum += *(pkt32 *)p;
	}
	if ((len & 3) && p + 1 <= end)
		sum += p[0];
	if ((len & 3) > 1 && p + 2 <= end)
		sum += (__u32)p[1] << 8;
	if ((len & 3) > 2 && p + 3 <= end)
		sum += (__u32)p[2];
	sum = (sum & 0xffff) + (sum >> 16 & 0xffff) + (sum >> 32);
	return (int)(sum & 0x7fffffff);
}

/* The ICMP message at `off` has a zero checksum: put the right one in. */
FWD_INLINE int icmp_sum_set(hook_t *h, __u32 off, __u32 len, __u64 pseudo)
{
	__u16 csum = csum_fold((__u32)sum_bytes(h, off, len) + pseudo);
	struct pkt_icmp *icmp = (struct pkt_icmp *)(hook_data(h) + (off & 127));

	if ((__u8 *)(icmp + 1) > hook_end(h))
		return 0;
	icmp->csum = csum;
	return 1;
}

FWD_INLINE __u64 ip6_pseudo_sum(const struct pkt_ip6 *ip, __u32 len, __u32 proto)
{
	__u64 sum = be32(len) + (__u64)be32(proto); /* RFC 8200 8.1 */

#pragma GCC unroll 4
	for (int i = 0; i < 4; i++)
		sum += (__u64)ip->src[i] + ip->dst[i];
	return sum;
}
