/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dataplane/hosttab.h"

#include <errno.h>

#include "base/mem.h"

#include "tests/t.h"

enum { HOSTS = 20000 };

static uint64_t rng;

static uint32_t rnd(uint32_t below)
{
	rng = rng * 6364136223846793005ULL + 1442695040888963407ULL;
	return (uint32_t)((rng >> 33) % below);
}

struct fixture {
	struct hosttab t;
	struct abi_bucket *b;
};

static struct fixture fresh(enum afi afi, uint32_t buckets, size_t max)
{
	struct fixture f = { .b = mem_zalloc(buckets * sizeof(struct abi_bucket)) };

	rng = 42;
	hosttab_init(&f.t, afi, f.b, buckets, 0x1234567890abcdef, max);
	return f;
}

/* The i-th host: addresses as sites have them, dense, over a few VRFs. */
static struct abi_hostkey nth(enum afi afi, uint32_t i)
{
	struct ip ip = ip_of_u32(0x0a000000 + i / 3);

	if (afi == AFI_IP6) {
		uint8_t b[16] = { 0x20, 1, 0xd, 0xb8 };

		b[13] = (uint8_t)(i >> 16);
		b[14] = (uint8_t)(i >> 8);
		b[15] = (uint8_t)i;
		ip = ip_of(AFI_IP6, b);
	}
	return hosttab_key(i % 3, &ip);
}

static void count(void *arg, const struct hosttab_entry *e)
{
	++*(size_t *)arg;
}

/* A naive map beside it: what[i] is the value of host i, 0 for none. */
static void play(enum afi afi, uint32_t buckets, uint32_t ops)
{
	struct fixture f = fresh(afi, buckets, HOSTS);
	uint64_t *what = mem_zalloc(HOSTS * sizeof(*what));
	size_t used = 0, walked = 0, n;
	uint64_t pos = 0;
	struct hosttab_entry e;

	for (uint32_t op = 0; op < ops; op++) {
		uint32_t i = rnd(HOSTS);
		struct abi_hostkey k = nth(afi, i);

		if (op > HOSTS * 2 && rnd(3) == 0) {
			CHECK_INT(hosttab_del(&f.t, &k), what[i] != 0);
			used -= what[i] != 0;
			what[i] = 0;
		} else {
			uint64_t v = abi_val_other(ABI_REMOTE, rnd(1 << 20), rnd(16384));

			CHECK_INT(hosttab_set(&f.t, &k, v, 0), 0);
			used += what[i] == 0;
			what[i] = v;
		}
		CHECK_INT(f.t.used, used);
	}
	for (uint32_t i = 0; i < HOSTS; i++) {
		struct abi_hostkey k = nth(afi, i);

		CHECK_INT(hosttab_get(&f.t, &k, &e), what[i] != 0);
		if (what[i])
			CHECK(e.value == what[i]);
	}
	while ((n = hosttab_walk(&f.t, &pos, 1000, count, &walked)))
		CHECK(n <= 1000);
	CHECK_INT(walked, used);
	free(what);
	free(f.b);
}

TEST(ip4_table_agrees_with_a_naive_map)
{
	play(AFI_IP4, hosttab_buckets(AFI_IP4, HOSTS), 8 * HOSTS);
}

TEST(ip6_table_agrees_with_a_naive_map)
{
	play(AFI_IP6, hosttab_buckets(AFI_IP6, HOSTS), 8 * HOSTS);
}

TEST(ip4_table_fills_to_nine_tenths_and_loses_nobody)
{
	struct fixture f = fresh(AFI_IP4, 5000, HOSTS);
	struct hosttab_entry e;

	for (uint32_t i = 0; i < 18000; i++) {
		struct abi_hostkey k = nth(AFI_IP4, i);

		CHECK_INT(hosttab_set(&f.t, &k, abi_val_other(ABI_REMOTE, i, 1), 0), 0);
	}
	CHECK(f.t.moves > 0); /* or this tested nothing */
	for (uint32_t i = 0; i < 18000; i++) {
		struct abi_hostkey k = nth(AFI_IP4, i);

		CHECK(hosttab_get(&f.t, &k, &e));
		CHECK_INT(abi_val_label(e.value), i);
	}
	free(f.b);
}

TEST(a_full_table_refuses_and_keeps_what_it_has)
{
	struct fixture f = fresh(AFI_IP4, 16, 40);
	struct abi_hostkey k;
	struct hosttab_entry e;
	uint32_t i;

	for (i = 0; i < 40; i++) {
		k = nth(AFI_IP4, i);
		CHECK_INT(hosttab_set(&f.t, &k, abi_val_other(ABI_REMOTE, i, 1), 0), 0);
	}
	k = nth(AFI_IP4, i);
	CHECK_INT(hosttab_set(&f.t, &k, 1, 0), -ENOSPC);
	CHECK_INT(f.t.full, 1);
	CHECK(!hosttab_get(&f.t, &k, &e));
	k = nth(AFI_IP4, 7);
	CHECK_INT(hosttab_set(&f.t, &k, abi_val_other(ABI_REMOTE, 9, 1), 0),
	          0);   /* known */
	f.t.max = 1000; /* now only the buckets limit it: 64 slots */
	while (!hosttab_set(&f.t, &k, abi_val_other(ABI_REMOTE, i, 1), 0) && i < 100)
		k = nth(AFI_IP4, ++i);
	CHECK(f.t.used > 50 && f.t.used <= 64);
	for (i = 0; i < 40; i++) {
		k = nth(AFI_IP4, i);
		CHECK(hosttab_get(&f.t, &k, &e));
	}
	free(f.b);
}

TEST(value_and_flags_come_back)
{
	static const uint8_t mac[6] = { 0x02, 0xaa, 0, 0, 0, 0x0a };
	struct fixture f = fresh(AFI_IP6, 64, 100);
	struct abi_hostkey k = nth(AFI_IP6, 5);
	struct hosttab_entry e;
	struct ip ip;
	uint32_t vrf;

	CHECK_INT(hosttab_set(&f.t, &k, abi_val_local(32767, mac), HOSTTAB_ROUTER), 0);
	CHECK(hosttab_get(&f.t, &k, &e));
	CHECK_INT(abi_val_kind(e.value), ABI_LOCAL);
	CHECK_INT(abi_val_ac(e.value), 32767);
	CHECK_INT(e.flags, HOSTTAB_ROUTER);
	CHECK_INT(hosttab_set(&f.t, &k, abi_val_other(ABI_REMOTE, 0xfffff, 16383), 0), 0);
	CHECK(hosttab_get(&f.t, &k, &e));
	CHECK_INT(abi_val_kind(e.value), ABI_REMOTE);
	CHECK_INT(abi_val_label(e.value), 0xfffff);
	CHECK_INT(abi_val_nexthop(e.value), 16383);
	CHECK_INT(e.flags, 0);
	hosttab_key_parts(&f.t, &e.key, &vrf, &ip);
	CHECK_INT(vrf, 2);
	CHECK_INT(ip.b[15], 5);
	CHECK_INT(f.t.used, 1);
	free(f.b);
}

TEST(the_seen_mark_is_read_once_and_survives_a_change_of_value)
{
	struct fixture f = fresh(AFI_IP4, 64, 100);
	struct abi_hostkey k = nth(AFI_IP4, 5);
	bool seen;

	CHECK(!hosttab_seen(&f.t, &k, &seen));
	hosttab_set(&f.t, &k, abi_val_other(ABI_REMOTE, 1, 1), 0);
	for (uint32_t i = 0; i < f.t.n; i++) /* as the packet path does */
		for (int s = 0; s < 4; s++)
			if (f.b[i].w[s * 2] & ABI_HEAD_USED)
				f.b[i].w[s * 2] |= ABI_HEAD_SEEN;
	hosttab_set(&f.t, &k, abi_val_other(ABI_REMOTE, 2, 1), HOSTTAB_FROZEN);
	CHECK(hosttab_seen(&f.t, &k, &seen) && seen);
	CHECK(hosttab_seen(&f.t, &k, &seen) && !seen);
	free(f.b);
}

TEST(a_sweep_takes_what_was_not_written_again)
{
	struct fixture f = fresh(AFI_IP4, hosttab_buckets(AFI_IP4, 1000), 1000);
	struct hosttab adopted;
	struct hosttab_entry e;

	for (uint32_t i = 0; i < 900; i++) {
		struct abi_hostkey k = nth(AFI_IP4, i);

		hosttab_set(&f.t, &k, abi_val_other(ABI_REMOTE, i, 1), 0);
	}
	hosttab_init(&adopted, AFI_IP4, f.b, f.t.n, f.t.seed, 1000);
	CHECK_INT(adopted.used, 900);
	hosttab_mark(&adopted);
	for (uint32_t i = 0; i < 900; i += 2) {
		struct abi_hostkey k = nth(AFI_IP4, i);

		hosttab_set(&adopted, &k, abi_val_other(ABI_REMOTE, i, 1), 0);
	}
	for (uint32_t i = 900; i < 940; i++) { /* new ones push marked ones around */
		struct abi_hostkey k = nth(AFI_IP4, i);

		hosttab_set(&adopted, &k, abi_val_other(ABI_REMOTE, i, 1), 0);
	}
	CHECK_INT(hosttab_sweep(&adopted), 450);
	CHECK_INT(adopted.used, 490);
	for (uint32_t i = 0; i < 940; i++) {
		struct abi_hostkey k = nth(AFI_IP4, i);

		CHECK_INT(hosttab_get(&adopted, &k, &e), i % 2 == 0 || i >= 900);
	}
	free(f.b);
}
