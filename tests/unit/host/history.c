/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/history.h"

#include "base/must.h"

#include "tests/t.h"

enum { VRF = 7 };

static struct ip addr(unsigned i)
{
	uint8_t b[4] = { 10, 0, (uint8_t)(i >> 8), (uint8_t)i };

	return ip_of(AFI_IP4, b);
}

static struct history_note note(enum history_step step, int64_t us)
{
	return (struct history_note){ .at = { us }, .step = (uint8_t)step };
}

static void add(struct history *h, unsigned i, enum history_step step, int64_t us)
{
	struct history_note n = note(step, us);
	struct ip ip = addr(i);

	history_add(h, VRF, &ip, &n);
}

TEST(steps_come_back_oldest_first_and_by_host)
{
	struct history *h = history_new(8);
	struct history_note got[HISTORY_NOTES];
	struct ip one = addr(1), two = addr(2);

	add(h, 1, HISTORY_HEARD, 10);
	add(h, 2, HISTORY_HEARD, 11);
	add(h, 1, HISTORY_FORWARDED, 12);
	CHECK_INT(history_get(h, VRF, &one, got), 2);
	CHECK(got[0].at.us == 10 && got[1].at.us == 12);
	CHECK_INT(got[1].step, HISTORY_FORWARDED);
	CHECK_INT(history_get(h, VRF, &two, got), 1);
	CHECK_INT(history_get(h, VRF + 1, &one, got), 0);
	history_free(h);
}

TEST(steps_are_in_order_of_time_whatever_was_written_first)
{
	struct history *h = history_new(8);
	struct history_note got[HISTORY_NOTES];
	struct ip one = addr(1);

	add(h, 1, HISTORY_HAPPENED, 20);
	add(h, 1, HISTORY_HEARD, 10);
	add(h, 1, HISTORY_FORWARDED, 20);
	CHECK_INT(history_get(h, VRF, &one, got), 3);
	CHECK_INT(got[0].step, HISTORY_HEARD);
	CHECK_INT(got[1].step, HISTORY_HAPPENED);
	CHECK_INT(got[2].step, HISTORY_FORWARDED);
	history_free(h);
}

TEST(a_host_keeps_its_last_steps)
{
	struct history *h = history_new(8);
	struct history_note got[HISTORY_NOTES], last;
	struct ip one = addr(1);

	add(h, 1, HISTORY_HEARD, 0);
	for (int64_t i = 1; i <= 100; i++)
		add(h, 1, HISTORY_PROBED, i);
	CHECK_INT(history_get(h, VRF, &one, got), HISTORY_NOTES);
	CHECK_INT(got[0].at.us, 101 - HISTORY_NOTES);
	CHECK_INT(got[HISTORY_NOTES - 1].at.us, 100);
	CHECK(history_last(h, VRF, &one, HISTORY_PROBED, &last) && last.at.us == 100);
	CHECK(!history_last(h, VRF, &one, HISTORY_HEARD, &last)); /* pushed out */
	history_free(h);
}

TEST(the_quietest_host_is_forgotten_first)
{
	struct history *h = history_new(100);
	struct ip one = addr(0), two = addr(1), last = addr(100);

	for (unsigned i = 0; i < 100; i++)
		add(h, i, HISTORY_HEARD, i);
	add(h, 0, HISTORY_PROBED, 200); /* it speaks again */
	add(h, 100, HISTORY_HEARD, 201);
	CHECK(history_has(h, VRF, &one) && history_has(h, VRF, &last));
	CHECK(!history_has(h, VRF, &two));
	history_free(h);
}

TEST(more_of_a_host_without_history_begins_none)
{
	struct history *h = history_new(8);
	struct history_note n = note(HISTORY_RECEIVED, 1);
	struct ip one = addr(1);

	history_more(h, VRF, &one, &n);
	CHECK(!history_has(h, VRF, &one));
	add(h, 1, HISTORY_HEARD, 1);
	history_more(h, VRF, &one, &n);
	CHECK(history_last(h, VRF, &one, HISTORY_RECEIVED, &n));
	history_free(h);
}

TEST(percentiles_are_within_a_factor_of_two)
{
	struct history *h = history_new(8);
	const struct history_times *t = history_times(h, HISTORY_TELL);

	CHECK_INT(history_percentile(t, 50), 0);
	for (int64_t us = 1; us <= 1000; us++)
		history_took(h, HISTORY_TELL, (struct mono){ 5 },
		             (struct mono){ 5 + us });
	CHECK_INT(t->n, 1000);
	CHECK_INT(t->max_us, 1000);
	CHECK_INT(t->sum_us, 500500);
	CHECK_INT(history_percentile(t, 50), 512);
	CHECK_INT(history_percentile(t, 99), 1000);
	history_took(h, HISTORY_TELL, (struct mono){ 5 },
	             (struct mono){ 4 }); /* backwards */
	CHECK_INT(t->bucket[0], 1);
	history_free(h);
}

TEST(every_step_and_span_has_a_name)
{
	for (enum history_step s = 0; s < HISTORY_STEP_END; s++)
		CHECK(strcmp(history_step_text(s), "unknown") != 0);
	for (enum history_span s = 0; s < HISTORY_SPAN_END; s++)
		CHECK(strcmp(history_span_text(s), "unknown") != 0);
}
