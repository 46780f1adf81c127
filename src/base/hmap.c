/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/hmap.h"

#include "base/mem.h"

enum {
	HMAP_FIRST = 16, /* buckets of a table with one member */
};

void hmap_fini(struct hmap *m)
{
	free(m->bucket);
	*m = (struct hmap){ 0 };
}

static void grow(struct hmap *m)
{
	size_t n = m->bucket ? (m->mask + 1) * 2 : HMAP_FIRST;
	struct hnode **to = mem_zalloc(n * sizeof(struct hnode *));

	for (size_t i = 0; m->bucket && i <= m->mask; i++) {
		struct hnode *next;

		for (struct hnode *h = m->bucket[i]; h; h = next) {
			struct hnode **slot = &to[h->hash & (n - 1)];

			next = h->next;
			h->next = *slot;
			*slot = h;
		}
	}
	free(m->bucket);
	m->bucket = to;
	m->mask = n - 1;
}

void hmap_add(struct hmap *m, struct hnode *n, uint64_t hash)
{
	if (!m->bucket || m->count > m->mask)
		grow(m);
	n->hash = hash;
	n->next = m->bucket[hash & m->mask];
	m->bucket[hash & m->mask] = n;
	m->count++;
}

void hmap_del(struct hmap *m, struct hnode *n)
{
	struct hnode **pp = &m->bucket[n->hash & m->mask];

	while (*pp != n) {
		must(*pp);
		pp = &(*pp)->next;
	}
	*pp = n->next;
	m->count--;
}

void hmap_next(const struct hmap *m, struct hmap_iter *it)
{
	struct hnode *n = it->next;

	while (!n && m->bucket && it->i <= m->mask)
		n = m->bucket[it->i++];
	it->n = n;
	it->next = n ? n->next : NULL;
}
