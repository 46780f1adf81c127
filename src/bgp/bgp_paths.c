/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bgp/bgp_paths.h"

#include "base/mem.h"
#include "rib/attrs.h"
#include "rib/rib.h"

struct bgp_paths *bgp_paths_new(void)
{
	return mem_new(struct bgp_paths);
}

static void told_free(struct bgp_told *told)
{
	for (uint32_t i = 0; told && i < told->n; i++)
		attrs_unref(told->path[i].attrs);
	free(told);
}

void bgp_paths_free(struct bgp_paths *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->cap; i++)
		told_free(t->dest[i]);
	free(t->dest);
	free(t);
}

const struct bgp_told *bgp_paths_get(const struct bgp_paths *t, uint32_t dest)
{
	return dest < t->cap ? t->dest[dest] : NULL;
}

const struct bgp_told_path *bgp_paths_find(const struct bgp_told *told,
                                           const struct rib_path *p)
{
	for (uint32_t i = 0; told && i < told->n; i++) {
		if (told->path[i].source == p->source->id &&
		    told->path[i].from_id == p->path_id)
			return &told->path[i];
	}
	return NULL;
}

static void room_for(struct bgp_paths *t, uint32_t dest)
{
	size_t cap = t->cap ? t->cap : 64;

	if (dest < t->cap)
		return;
	while (cap <= dest)
		cap *= 2;
	t->dest = mem_realloc(t->dest, cap * sizeof(*t->dest));
	memset(t->dest + t->cap, 0, (cap - t->cap) * sizeof(*t->dest));
	t->cap = cap;
}

/* The lowest identifier that is not taken, from 1 on. */
static uint32_t id_new(uint64_t taken[static(2 * BGP_PATHS_MAX + 64) / 64])
{
	size_t w = 0;
	uint32_t bit;

	while (!~taken[w])
		w++;
	bit = (uint32_t)__builtin_ctzll(~taken[w]);
	taken[w] |= (uint64_t)1 << bit;
	return (uint32_t)w * 64 + bit;
}

void bgp_paths_set(struct bgp_paths *t, uint32_t dest, const struct rib_path *const *p,
                   size_t n, uint32_t *ret_id)
{
	/* At most as many are taken as were told, and as are now. */
	uint64_t taken[(2 * BGP_PATHS_MAX + 64) / 64] = { 1 };
	struct bgp_told *old, *new = NULL;

	must(n <= BGP_PATHS_MAX);
	room_for(t, dest);
	old = t->dest[dest];
	for (uint32_t i = 0; old && i < old->n; i++)
		taken[old->path[i].id / 64] |= (uint64_t)1 << old->path[i].id % 64;
	if (n) {
		new = mem_zalloc(sizeof(*new) + n * sizeof(new->path[0]));
		new->n = (uint32_t)n;
	}
	for (size_t i = 0; i < n; i++) {
		const struct bgp_told_path *same = bgp_paths_find(old, p[i]);

		ret_id[i] = same ? same->id : id_new(taken);
		new->path[i] = (struct bgp_told_path){
			.attrs = attrs_ref(p[i]->attrs),
			.label = p[i]->label,
			.id = ret_id[i],
			.from_id = p[i]->path_id,
			.source = p[i]->source->id,
		};
	}
	t->count += n - (old ? old->n : 0);
	t->dest[dest] = new;
	told_free(old);
}

size_t bgp_paths_drop(struct bgp_paths *t, uint32_t dest, uint32_t id)
{
	struct bgp_told *told = t->dest[dest];

	for (uint32_t i = 0; told && i < told->n; i++) {
		if (told->path[i].id != id)
			continue;
		attrs_unref(told->path[i].attrs);
		told->path[i] = told->path[--told->n];
		t->count--;
		break;
	}
	if (!told || told->n)
		return told ? told->n : 0;
	free(told);
	t->dest[dest] = NULL;
	return 0;
}
