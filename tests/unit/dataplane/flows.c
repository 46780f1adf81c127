/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdint.h>
#include <string.h>

/* The hook comes first: fwd.h is written in its terms. */
/* clang-format off */
#include "bpf/hook_native.h"
#include "bpf/fwd.h"
/* clang-format on */

#include "base/must.h"

#include "tests/t.h"

/*
 * Flows as they come: one after the other, alike but for a port or the end of an address.
 * The packet program's hash and the weights together give each next hop its share of ten
 * thousand of them, within a tenth.
 */
struct native_tables native;

enum { FLOWS = 10000 };

static void be(uint8_t *to, uint64_t v, int octets)
{
	for (int i = octets; i--; v >>= 8)
		to[i] = (uint8_t)v;
}

static uint32_t four(uint32_t src, uint32_t dst, uint32_t sport, uint32_t dport)
{
	uint8_t b[24] __attribute__((aligned(8))) = { 0x45 };

	b[9] = PROTO_TCP;
	be(b + 12, src, 4);
	be(b + 16, dst, 4);
	be(b + 20, sport, 2);
	be(b + 22, dport, 2);
	return flow_hash(b, ABI_IP4, b + sizeof(b));
}

static uint32_t six(uint64_t src, uint64_t dst, uint32_t sport)
{
	uint8_t b[44] __attribute__((aligned(8))) = { 0x60 };

	b[6] = PROTO_UDP;
	be(b + 8, UINT64_C(0x20010db800010000), 8);
	be(b + 16, src, 8);
	be(b + 24, UINT64_C(0x20010db800010000), 8);
	be(b + 32, dst, 8);
	be(b + 40, sport, 2);
	return flow_hash(b, ABI_IP6, b + sizeof(b));
}

static uint32_t source_ports(uint32_t i)
{
	return four(0x01010201, 0x01010101, 10000 + i, 443);
}

static uint32_t clients(uint32_t i)
{
	return four(0x0a000000 + i, 0x01010101, 4500, 4500);
}

static uint32_t servers(uint32_t i)
{
	return four(0x0a000001, 0x01010000 + i, 5000, 80);
}

static uint32_t services(uint32_t i)
{
	return four(0x01010201, 0x01010101, 5000, i);
}

static uint32_t ports6(uint32_t i)
{
	return six(9, 5, i);
}

static uint32_t clients6(uint32_t i)
{
	return six(0x1000 + i, 5, 4000);
}

static uint32_t pairs6(uint32_t i)
{
	const uint64_t eui = UINT64_C(0x020000fffe000000);

	return six(eui + i, eui + UINT64_C(7) * i, 4000);
}

static const struct {
	const char *name;
	uint32_t (*hash)(uint32_t i);
} patterns[] = {
	{"source ports",     source_ports},
        { "clients",         clients     },
	{ "servers",         servers     },
        { "services",        services    },
	{ "ports of IPv6",   ports6      },
        { "clients of IPv6", clients6    },
	{ "pairs of IPv6",   pairs6      },
};

static unsigned member_of(uint32_t hash, unsigned n)
{
	uint64_t top = 0;
	unsigned best = 0;

	for (unsigned k = 0; k < n; k++) {
		uint64_t w = abi_group_weight(hash, 1000 + 37 * k);

		if (w >= top) {
			top = w;
			best = k;
		}
	}
	return best;
}

TEST(flows_that_differ_by_one_field_are_shared_within_a_tenth)
{
	static const unsigned sizes[] = { 2, 3, 8 };

	for (size_t p = 0; p < ARRAY_LEN(patterns); p++) {
		for (size_t s = 0; s < ARRAY_LEN(sizes); s++) {
			unsigned n = sizes[s], has[8] = { 0 }, share = FLOWS / n;

			for (uint32_t i = 0; i < FLOWS; i++)
				has[member_of(patterns[p].hash(i), n)]++;
			for (unsigned k = 0; k < n; k++) {
				if (has[k] < share - share / 10 ||
				    has[k] > share + share / 10)
					t_fail(__FILE__, __LINE__, "%s: %u of %u has %u",
					       patterns[p].name, k, n, has[k]);
			}
		}
	}
}

/* Routers in the core share by the outer source port (RFC 7510 3): the flows of one next
 * hop have all of its values, too. */
TEST(the_flows_of_one_next_hop_still_differ_in_the_outer_source_port)
{
	enum { BITS = 14, HALF = FLOWS / 4 };

	for (int bit = 0; bit < BITS; bit++) {
		unsigned n = 0, set = 0;

		for (uint32_t i = 0; i < FLOWS; i++) {
			uint32_t h = source_ports(i);

			if (member_of(h, 2))
				continue;
			n++;
			set += h >> bit & 1;
		}
		CHECK(n > HALF && set > n * 4 / 10 && set < n * 6 / 10);
	}
}
