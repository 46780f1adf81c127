/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/slab.h"

#include <stdalign.h>

#include "base/mem.h"

#include "tests/t.h"

enum { MANY = 20000, SIZE = 56 };

TEST(objects_are_zeroed_apart_and_aligned)
{
	static uint8_t *obj[MANY];
	struct slab s;

	slab_init(&s, SIZE);
	for (size_t i = 0; i < MANY; i++) {
		static const uint8_t zero[SIZE];

		obj[i] = slab_get(&s);
		CHECK(!((uintptr_t)obj[i] % alignof(uint64_t)));
		CHECK_MEM(obj[i], zero, SIZE);
		memset(obj[i], (int)(i % 251) + 1, SIZE);
	}
	for (size_t i = 0; i < MANY; i++)
		CHECK(obj[i][0] == i % 251 + 1 && obj[i][SIZE - 1] == i % 251 + 1);
	CHECK_INT(s.used, MANY);
	for (size_t i = 0; i < MANY; i++)
		slab_put(&s, obj[i]);
	slab_fini(&s);
	CHECK_INT(s.chunks, 0);
}

TEST(an_object_given_back_is_given_out_again_and_zeroed)
{
	struct slab s;
	uint64_t *a;

	slab_init(&s, sizeof(*a));
	a = slab_get(&s);
	*a = UINT64_MAX;
	slab_put(&s, a);
	CHECK(slab_get(&s) == a);
	CHECK_INT(*a, 0);
	slab_put(&s, a);
	slab_put(&s, NULL);
	slab_fini(&s);
}

TEST(empty_chunks_go_back_but_one)
{
	static void *obj[MANY];
	struct slab s;

	slab_init(&s, SIZE);
	for (size_t i = 0; i < MANY; i++)
		obj[i] = slab_get(&s);
	CHECK(s.chunks > 4 && slab_bytes(&s) < (size_t)MANY * SIZE * 11 / 10);
	for (size_t i = 0; i < MANY; i++)
		slab_put(&s, obj[i]);
	CHECK_INT(s.chunks, 1);
	slab_fini(&s);
}

/* Against an array that tells which objects are out and what was written to them. */
TEST(any_order_of_getting_and_giving_back_keeps_what_is_out)
{
	enum { SLOTS = 6000 };
	static uint64_t *obj[SLOTS];
	uint64_t rng = 88172645463325252u;
	struct slab s;
	size_t out = 0;

	slab_init(&s, sizeof(uint64_t[3]));
	for (size_t n = 0; n < 200000; n++) {
		size_t i;

		rng ^= rng << 13;
		rng ^= rng >> 7;
		rng ^= rng << 17;
		i = (size_t)(rng >> 20) % SLOTS;
		if (obj[i]) {
			CHECK(obj[i][0] == i && obj[i][2] == ~i);
			slab_put(&s, obj[i]);
			obj[i] = NULL;
			out--;
			continue;
		}
		obj[i] = slab_get(&s);
		CHECK(!obj[i][0] && !obj[i][2]);
		obj[i][0] = i;
		obj[i][2] = ~i;
		out++;
		CHECK_INT(s.used, out);
	}
	for (size_t i = 0; i < SLOTS; i++)
		slab_put(&s, obj[i]);
	slab_fini(&s);
}
