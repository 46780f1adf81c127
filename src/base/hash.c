/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/hash.h"

#include <string.h>

static uint64_t key0, key1;

void hash_seed(uint64_t k0, uint64_t k1)
{
	key0 = k0;
	key1 = k1;
}

static inline uint64_t rotl(uint64_t x, int n)
{
	return x << n | x >> (64 - n);
}

static inline void sip_round(uint64_t v[static 4])
{
	v[0] += v[1];
	v[1] = rotl(v[1], 13) ^ v[0];
	v[0] = rotl(v[0], 32);
	v[2] += v[3];
	v[3] = rotl(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotl(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotl(v[1], 17) ^ v[2];
	v[2] = rotl(v[2], 32);
}

uint64_t hash_bytes(const void *data, size_t len)
{
	const uint8_t *p = data;
	uint64_t v[4] = { key0 ^ 0x736f6d6570736575, key1 ^ 0x646f72616e646f6d,
		          key0 ^ 0x6c7967656e657261, key1 ^ 0x7465646279746573 };
	uint64_t tail = (uint64_t)len << 56;

	for (; len >= 8; p += 8, len -= 8) {
		uint64_t m;

		memcpy(&m, p, 8);
		v[3] ^= m;
		sip_round(v);
		v[0] ^= m;
	}
	for (size_t i = 0; i < len; i++)
		tail |= (uint64_t)p[i] << 8 * i;
	v[3] ^= tail;
	sip_round(v);
	v[0] ^= tail;
	v[2] ^= 0xff;
	sip_round(v);
	sip_round(v);
	sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}
