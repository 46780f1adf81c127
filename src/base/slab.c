/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/slab.h"

#include <sanitizer/asan_interface.h>
#include <stdalign.h>
#include <stdint.h>

#include "base/mem.h"

struct free_obj {
	struct free_obj *next;
};

struct chunk {
	struct list link; /* in slab->room, while there is some */
	struct free_obj *free;
	uint32_t used, fresh; /* objects given out; never yet given out */
	alignas(max_align_t) uint8_t mem[];
};

static struct chunk *chunk_of(void *obj)
{
	return (struct chunk *)((uintptr_t)obj & ~(uintptr_t)(SLAB_CHUNK - 1));
}

static size_t capacity(const struct slab *s)
{
	return (SLAB_CHUNK - sizeof(struct chunk)) / s->size;
}

void slab_init(struct slab *s, size_t size)
{
	const size_t align =
		size % sizeof(max_align_t) ? alignof(void *) : sizeof(max_align_t);

	must(size && size <= SLAB_CHUNK / 8);
	*s = (struct slab){ .size = (size + align - 1) / align * align };
	list_init(&s->room);
}

static void chunk_free(struct slab *s, struct chunk *c)
{
	list_del(&c->link);
	ASAN_UNPOISON_MEMORY_REGION(c, SLAB_CHUNK);
	free(c);
	s->chunks--;
}

void slab_fini(struct slab *s)
{
	must(!s->used);
	while (!list_empty(&s->room)) /* no pointer to a chunk where there is none */
		chunk_free(s, list_first(&s->room, struct chunk, link));
	s->empty = 0;
}

static struct chunk *chunk_new(struct slab *s)
{
	struct chunk *c = aligned_alloc(SLAB_CHUNK, SLAB_CHUNK);

	must(c);
	*c = (struct chunk){ .fresh = (uint32_t)capacity(s) };
	ASAN_POISON_MEMORY_REGION(c->mem, SLAB_CHUNK - sizeof(*c));
	list_init(&c->link);
	list_add_tail(&s->room, &c->link);
	s->chunks++;
	s->empty++;
	return c;
}

/* Objects that were used are warm, and keep the chunk dense: they go first. */
static void *chunk_take(const struct slab *s, struct chunk *c)
{
	void *obj = c->free;

	if (!obj)
		obj = c->mem + --c->fresh * s->size;
	ASAN_UNPOISON_MEMORY_REGION(obj, s->size);
	if (c->free)
		c->free = c->free->next;
	return memset(obj, 0, s->size);
}

void *slab_get(struct slab *s)
{
	struct chunk *c = list_first(&s->room, struct chunk, link);

	if (!c)
		c = chunk_new(s);
	if (!c->used++)
		s->empty--;
	s->used++;
	void *obj = chunk_take(s, c);

	if (!c->free && !c->fresh)
		list_del(&c->link);
	return obj;
}

void slab_put(struct slab *s, void *obj)
{
	struct chunk *c;
	struct free_obj *f = obj;

	if (!obj)
		return;
	c = chunk_of(obj);
	f->next = c->free;
	c->free = f;
	ASAN_POISON_MEMORY_REGION(obj, s->size);
	s->used--;
	if (!list_linked(&c->link)) /* behind the others: those fill up first */
		list_add_tail(&s->room, &c->link);
	if (--c->used)
		return;
	if (s->empty++) {
		chunk_free(s, c);
		s->empty--;
	}
}
