/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rib/bits.h"

#include "tests/t.h"

enum { RANGE = 300000 };

static uint32_t next_rand(uint32_t *s)
{
	return *s = *s * 1664525u + 1013904223u;
}

TEST(an_empty_set_has_no_member)
{
	struct bits b = { 0 };

	CHECK_INT(bits_next(&b, 0), BITS_NONE);
	CHECK_INT(bits_next(&b, 1 << 25), BITS_NONE);
	CHECK(!bits_clear(&b, 77));
	CHECK(!bits_has(&b, 77));
	bits_fini(&b);
}

TEST(the_next_member_is_found_over_any_gap)
{
	static const uint32_t at[] = { 0,    1,      63,     64,           4095,
		                       4096, 262143, 262144, (1 << 26) - 1 };

	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		for (size_t k = 0; k <= i; k++) {
			struct bits b = { 0 };

			CHECK(bits_set(&b, at[i]));
			CHECK(!bits_set(&b, at[i]));
			CHECK_INT(bits_next(&b, at[k]), at[i]);
			CHECK_INT(bits_next(&b, at[i] + 1), BITS_NONE);
			CHECK(bits_clear(&b, at[i]));
			CHECK_INT(bits_next(&b, 0), BITS_NONE);
			bits_fini(&b);
		}
	}
}

TEST(a_set_behaves_as_an_array_of_flags_would)
{
	static bool model[RANGE];
	struct bits b = { 0 };
	uint32_t seed = 1;
	size_t count = 0;

	for (int round = 0; round < 200000; round++) {
		uint32_t i = next_rand(&seed) >> 8;

		i = round % 2 ? i % RANGE : i % 5000;
		if (next_rand(&seed) >> 31) {
			CHECK_INT(bits_set(&b, i), !model[i]);
			count += !model[i];
			model[i] = true;
		} else {
			CHECK_INT(bits_clear(&b, i), model[i]);
			count -= model[i];
			model[i] = false;
		}
		CHECK_INT(b.count, count);
	}
	for (uint32_t i = 0, at = bits_next(&b, 0); i < RANGE; i++) {
		CHECK_INT(bits_has(&b, i), model[i]);
		if (model[i]) {
			CHECK_INT(at, i);
			at = bits_next(&b, i + 1);
		}
	}
	bits_fini(&b);
}
