/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/ip.h"

/*
 * The Internet checksum (RFC 1071), in host order.  A sum over less than 2^16 words fits
 * into its 32 bits, so callers fold once, at the end.
 */
static inline uint32_t inet_sum(uint32_t sum, const uint8_t *p, size_t len)
{
	size_t i;

	for (i = 0; i + 1 < len; i += 2)
		sum += (uint32_t)p[i] << 8 | p[i + 1];
	if (i < len)
		sum += (uint32_t)p[i] << 8;
	return sum;
}

/* The pseudo-header of either family (RFC 768, RFC 8200 8.1); len below 2^16. */
static inline uint32_t inet_sum_pseudo(const struct ip *src, const struct ip *dst,
                                       uint8_t proto, size_t len)
{
	uint32_t sum = (uint32_t)len + proto;

	sum = inet_sum(sum, src->b, sizeof(src->b)); /* the unused octets are 0 */
	return inet_sum(sum, dst->b, sizeof(dst->b));
}

/* One's complement sum of 16 bits; what goes into a packet is its complement. */
static inline uint16_t inet_fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}
