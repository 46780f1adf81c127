/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/heap.h"

#include "base/mem.h"

enum {
	HEAP_FIRST = 64, /* room of a heap with one deadline */
};

void heap_fini(struct heap *h)
{
	free(h->node);
	*h = (struct heap){ 0 };
}

static void put(struct heap *h, size_t i, struct heap_node *n)
{
	h->node[i] = n;
	n->pos = i + 1;
}

static void sift_up(struct heap *h, size_t i)
{
	struct heap_node *n = h->node[i];

	while (i && h->node[(i - 1) / 2]->at.us > n->at.us) {
		put(h, i, h->node[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	put(h, i, n);
}

static void sift_down(struct heap *h, size_t i)
{
	struct heap_node *n = h->node[i];

	for (;;) {
		size_t kid = 2 * i + 1;

		if (kid >= h->count)
			break;
		if (kid + 1 < h->count && h->node[kid + 1]->at.us < h->node[kid]->at.us)
			kid++;
		if (h->node[kid]->at.us >= n->at.us)
			break;
		put(h, i, h->node[kid]);
		i = kid;
	}
	put(h, i, n);
}

void heap_del(struct heap *h, struct heap_node *n)
{
	size_t i = n->pos;

	if (!i--)
		return;
	must(i < h->count && h->node[i] == n);
	n->pos = 0;
	if (i == --h->count)
		return;
	put(h, i, h->node[h->count]);
	sift_down(h, i);
	sift_up(h, i);
}

void heap_set(struct heap *h, struct heap_node *n, struct mono at)
{
	if (mono_is_never(at)) {
		heap_del(h, n);
		return;
	}
	n->at = at;
	if (n->pos) {
		size_t i = n->pos - 1;

		sift_down(h, i);
		sift_up(h, n->pos - 1);
		return;
	}
	if (h->count == h->cap) {
		h->cap = h->cap ? h->cap * 2 : HEAP_FIRST;
		h->node = mem_realloc(h->node, h->cap * sizeof(struct heap_node *));
	}
	put(h, h->count++, n);
	sift_up(h, h->count - 1);
}

struct heap_node *heap_due(struct heap *h, struct mono now)
{
	struct heap_node *n = h->count ? h->node[0] : NULL;

	if (!n || !mono_reached(now, n->at))
		return NULL;
	heap_del(h, n);
	return n;
}
