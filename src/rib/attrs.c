/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rib/attrs.h"

#include "base/hash.h"
#include "base/hmap.h"
#include "base/mem.h"
#include "base/slab.h"
#include "wire/bgp_aspath.h"

enum {
	NO_ADVERTISE = (int)0xffffff02, /* RFC 1997 */
	LLGR_STALE = (int)0xffff0006,   /* RFC 9494 */
};

struct attrs {
	struct hnode by_value;
	struct attrs_table *table;
	uint32_t refs;
	uint32_t len; /* of the image */
	struct attrs_rank rank;
	struct bgp_nexthop nexthop;
	uint32_t extcoms, extcoms_len; /* where in the image */
	uint8_t image[];
};

/* Sets of up to so many octets come from slabs, one for each step of size, so that their
 * memory goes back when they are gone; larger ones are few, and malloc's. */
enum { SET_STEP = 16, SET_SLABS = 32 };

struct attrs_table {
	struct hmap by_value;
	struct slab slab[SET_SLABS + 1]; /* by the number of steps */
	struct attrs *last; /* routes of one set come in rows; NULL: it is gone */
	size_t bytes;
	uint8_t scratch[sizeof(struct bgp_nexthop) + BGP_IMAGE_MAX];
};

struct attrs_table *attrs_table_new(void)
{
	struct attrs_table *t = mem_new(struct attrs_table);

	for (size_t i = 1; i <= SET_SLABS; i++)
		slab_init(&t->slab[i], i * SET_STEP);
	return t;
}

void attrs_table_free(struct attrs_table *t)
{
	if (!t)
		return;
	must(!t->by_value.count);
	hmap_fini(&t->by_value);
	for (size_t i = 1; i <= SET_SLABS; i++)
		slab_fini(&t->slab[i]);
	free(t);
}

void attrs_table_stats(const struct attrs_table *t, size_t *ret_sets, size_t *ret_bytes)
{
	*ret_sets = t->by_value.count;
	*ret_bytes = t->bytes;
}

static struct attrs_rank rank_of(const struct bgp_attrs *a)
{
	return (struct attrs_rank){
		.local_pref = bgp_attr_local_pref(a),
		.med = bgp_attr_has(a, BGP_ATTR_MED) ? a->med : 0,
		.originator = a->originator_id,
		.neighbor_as = bgp_aspath_first(&a->as_path),
		.as_path_len = (uint16_t)bgp_aspath_length(&a->as_path),
		.cluster_len = (uint16_t)(a->cluster_list.n / 4),
		.origin = a->origin,
		.has_originator = bgp_attr_has(a, BGP_ATTR_ORIGINATOR_ID),
		.no_advertise = bgp_attr_has_community(a, (uint32_t)NO_ADVERTISE),
		.llgr_stale = bgp_attr_has_community(a, (uint32_t)LLGR_STALE),
	};
}

static size_t steps_of(size_t image_len)
{
	return (sizeof(struct attrs) + image_len + SET_STEP - 1) / SET_STEP;
}

static void set_free(struct attrs_table *t, struct attrs *x, size_t image_len)
{
	size_t steps = steps_of(image_len);

	t->bytes -= steps * SET_STEP;
	if (steps <= SET_SLABS)
		slab_put(&t->slab[steps], x);
	else
		free(x);
}

static struct attrs *set_alloc(struct attrs_table *t, size_t image_len)
{
	size_t steps = steps_of(image_len);

	t->bytes += steps * SET_STEP;
	return steps <= SET_SLABS ? slab_get(&t->slab[steps])
	                          : mem_zalloc(steps * SET_STEP);
}

static bool is_equal(const struct attrs *x, const uint8_t *image, size_t len,
                     const struct bgp_nexthop *nexthop)
{
	return x->len == len && !memcmp(x->image, image, len) &&
	       !memcmp(&x->nexthop, nexthop, sizeof(*nexthop));
}

static struct attrs *attrs_new(struct attrs_table *t, const uint8_t *image, size_t len,
                               const struct bgp_attrs *a, uint64_t h)
{
	struct attrs *new = set_alloc(t, len);
	struct bgp_attrs view;

	memcpy(new->image, image, len);
	if (!bgp_attrs_of_canon(new->image, len, &view)) {
		set_free(t, new, len);
		return NULL;
	}
	new->table = t;
	new->refs = 1;
	new->len = (uint32_t)len;
	new->rank = rank_of(&view);
	new->nexthop = a->nexthop;
	new->extcoms_len = (uint32_t)view.extcoms.n;
	if (view.extcoms.n)
		new->extcoms = (uint32_t)(view.extcoms.p - new->image);
	hmap_add(&t->by_value, &new->by_value, h);
	return t->last = new;
}

const struct attrs *attrs_intern(struct attrs_table *t, const struct bgp_attrs *a)
{
	struct wbuf w = wbuf_of(t->scratch, sizeof(t->scratch));
	const uint8_t *image;
	uint64_t h;
	size_t len;

	wbuf_bytes(&w, &a->nexthop, sizeof(a->nexthop));
	len = bgp_attrs_canon(a, &w);
	if (!len || !wbuf_ok(&w))
		return NULL;
	image = w.buf + w.len - len;
	if (t->last && is_equal(t->last, image, len, &a->nexthop))
		return attrs_ref(t->last);
	h = hash_bytes(w.buf, w.len);
	hmap_for_key(n, &t->by_value, h) {
		struct attrs *x = container_of(n, struct attrs, by_value);

		if (is_equal(x, image, len, &a->nexthop))
			return attrs_ref(t->last = x);
	}
	return attrs_new(t, image, len, a, h);
}

/* Interned sets are const for their users; the count is the table's own business. */
static struct attrs *counted(const struct attrs *a)
{
	union {
		const struct attrs *c;
		struct attrs *m;
	} u = { .c = a };

	return u.m;
}

const struct attrs *attrs_ref(const struct attrs *a)
{
	must(a->refs && a->refs < UINT32_MAX);
	counted(a)->refs++;
	return a;
}

void attrs_unref(const struct attrs *a)
{
	struct attrs *x = counted(a);

	if (!a)
		return;
	must(x->refs);
	if (--x->refs)
		return;
	if (x->table->last == x)
		x->table->last = NULL;
	hmap_del(&x->table->by_value, &x->by_value);
	set_free(x->table, x, x->len);
}

const struct attrs_rank *attrs_rank(const struct attrs *a)
{
	return &a->rank;
}

const struct bgp_nexthop *attrs_nexthop(const struct attrs *a)
{
	return &a->nexthop;
}

struct bgp_span attrs_extcoms(const struct attrs *a)
{
	return (struct bgp_span){ a->image + a->extcoms, a->extcoms_len };
}

bool attrs_has_extcom(const struct attrs *a, const struct extcom *c)
{
	for (size_t i = 0; i + sizeof(c->b) <= a->extcoms_len; i += sizeof(c->b)) {
		if (!memcmp(a->image + a->extcoms + i, c->b, sizeof(c->b)))
			return true;
	}
	return false;
}

struct bgp_span attrs_image(const struct attrs *a)
{
	return (struct bgp_span){ a->image, a->len };
}

void attrs_view(const struct attrs *a, struct bgp_attrs *ret)
{
	bool ok = bgp_attrs_of_canon(a->image, a->len, ret);

	must(ok); /* it was read once, when it was interned */
	ret->nexthop = a->nexthop;
}
