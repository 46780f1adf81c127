/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/buf.h"
#include "base/hash.h"
#include "base/heap.h"
#include "base/hmap.h"
#include "base/list.h"
#include "base/wbuf.h"

#include "tests/t.h"

enum { MANY = 5000 };

struct item {
	struct hnode node;
	struct heap_node due;
	struct list link;
	uint32_t key;
};

static struct item items[MANY];

static struct item *find(struct hmap *m, uint32_t key)
{
	uint64_t h = hash_bytes(&key, sizeof(key));

	hmap_for_key(n, m, h) {
		struct item *it = container_of(n, struct item, node);

		if (it->key == key)
			return it;
	}
	return NULL;
}

TEST(hmap_finds_what_was_added_and_not_what_was_deleted)
{
	struct hmap m = { 0 };

	CHECK(!find(&m, 1));
	for (uint32_t i = 0; i < MANY; i++) {
		items[i].key = i;
		hmap_add(&m, &items[i].node, hash_bytes(&i, sizeof(i)));
	}
	CHECK_INT(m.count, MANY);
	for (uint32_t i = 0; i < MANY; i += 2)
		hmap_del(&m, &items[i].node);
	for (uint32_t i = 0; i < MANY; i++)
		CHECK((find(&m, i) != NULL) == (i % 2 == 1));
	hmap_fini(&m);
}

TEST(hmap_iteration_sees_each_member_once_and_may_delete_it)
{
	struct hmap m = { 0 };
	unsigned seen = 0;

	for (uint32_t i = 0; i < MANY; i++)
		hmap_add(&m, &items[i].node, hash_bytes(&i, sizeof(i)));
	hmap_for(it, &m) {
		hmap_del(&m, it.n);
		seen++;
	}
	CHECK_INT(seen, MANY);
	CHECK_INT(m.count, 0);
	hmap_fini(&m);
}

TEST(heap_yields_deadlines_in_order_after_moves_and_deletes)
{
	struct heap h = { 0 };
	struct heap_node *n;
	int64_t last = -1;
	unsigned out = 0;

	srand(7);
	for (unsigned i = 0; i < MANY; i++)
		heap_set(&h, &items[i].due, (struct mono){ rand() % 1000 });
	for (unsigned i = 0; i < MANY; i += 3)
		heap_set(&h, &items[i].due, (struct mono){ rand() % 1000 });
	for (unsigned i = 0; i < MANY; i += 5)
		heap_del(&h, &items[i].due);
	CHECK(!heap_due(&h, (struct mono){ -1 }));
	while ((n = heap_due(&h, (struct mono){ 1000 }))) {
		CHECK(n->at.us >= last);
		CHECK(!heap_armed(n));
		last = n->at.us;
		out++;
	}
	CHECK_INT(out, MANY - MANY / 5);
	CHECK(mono_is_never(heap_next(&h)));
	heap_fini(&h);
}

TEST(list_keeps_order_and_del_twice_is_harmless)
{
	struct list l;
	uint32_t want = 0;

	list_init(&l);
	CHECK(list_empty(&l));
	for (unsigned i = 0; i < 5; i++) {
		items[i].key = i;
		list_init(&items[i].link);
		list_add_tail(&l, &items[i].link);
	}
	list_del(&items[2].link);
	list_del(&items[2].link);
	list_for_safe(it, &l, struct item, link) {
		CHECK_INT(it->key, want);
		want += want == 1 ? 2 : 1;
		list_del(&it->link);
	}
	CHECK_INT(want, 5);
	CHECK(list_empty(&l));
	CHECK(!list_first(&l, struct item, link));
}

TEST(buf_is_a_queue)
{
	struct buf b = { 0 };
	char out[40000];

	for (unsigned i = 0; i < 10000; i++)
		buf_printf(&b, "%04u", i);
	CHECK_INT(buf_left(&b), 40000);
	memcpy(out, buf_head(&b), 8);
	CHECK_MEM(out, "00000001", 8);
	buf_consume(&b, 39996);
	buf_put(&b, "tail", 4);
	CHECK_INT(buf_left(&b), 8);
	CHECK_MEM(buf_head(&b), "9999tail", 8);
	buf_consume(&b, 8);
	CHECK_INT(buf_left(&b), 0);
	buf_fini(&b);
}

TEST(wbuf_overflow_is_sticky)
{
	uint8_t b[3];
	struct wbuf w = wbuf_of(b, sizeof(b));
	size_t body = wbuf_len16_open(&w);

	wbuf_u8(&w, 7);
	wbuf_len16_close(&w, body);
	CHECK(wbuf_ok(&w));
	CHECK_MEM(b, ((uint8_t[]){ 0, 1, 7 }), 3);
	wbuf_u8(&w, 8);
	CHECK(!wbuf_ok(&w));
	CHECK_INT(w.len, 3);
}
