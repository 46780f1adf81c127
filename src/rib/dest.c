/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rib/dest.h"

#include "base/hash.h"
#include "base/mem.h"

enum {
	SLOT_GAP = DEST_SLOT_MASK, /* was taken, and others may be behind it */
	SLOT_TAG = ~DEST_SLOT_MASK,
	CHUNK_FULL = UINT32_MAX,
	SLOTS_MIN = 64,
	SLOTS_AHEAD = 16
};

/* --- route distinguishers ------------------------------------------------------------
 */

static struct dest_rd *rd_find(struct dest_rds *rds, const struct rd *rd)
{
	uint64_t h;

	if (rds->last && rd_eq(&rds->last->rd, rd))
		return rds->last;
	h = hash_bytes(rd, sizeof(*rd));
	hmap_for_key(n, &rds->by_rd, h) {
		struct dest_rd *x = container_of(n, struct dest_rd, by_rd);

		if (rd_eq(&x->rd, rd))
			return rds->last = x;
	}
	return NULL;
}

static struct dest_rd *rd_get(struct dest_rds *rds, const struct rd *rd)
{
	struct dest_rd *x = rd_find(rds, rd);
	uint32_t id;

	if (x)
		return x;
	id = bits_next(&rds->free, 0);
	if (id == BITS_NONE) {
		id = (uint32_t)rds->n++;
		if (!(id & (id - 1))) /* grows by doubling */
			rds->rd = mem_realloc(rds->rd, (id ? id * 2 : 1) *
			                                       sizeof(struct dest_rd *));
	}
	bits_clear(&rds->free, id);
	x = mem_new(struct dest_rd);
	x->rd = *rd;
	x->id = id;
	rds->rd[id] = x;
	hmap_add(&rds->by_rd, &x->by_rd, hash_bytes(rd, sizeof(*rd)));
	return rds->last = x;
}

static void rd_unref(struct dest_rds *rds, uint32_t id)
{
	struct dest_rd *x = rds->rd[id];

	if (--x->refs)
		return;
	if (rds->last == x)
		rds->last = NULL;
	hmap_del(&rds->by_rd, &x->by_rd);
	rds->rd[id] = NULL;
	bits_set(&rds->free, id);
	free(x);
}

void dest_rds_fini(struct dest_rds *rds)
{
	must(!rds->by_rd.count);
	hmap_fini(&rds->by_rd);
	bits_fini(&rds->free);
	free(rds->rd);
}

/* --- hashing -------------------------------------------------------------------------
 */

static uint64_t mix(uint64_t a, uint64_t b)
{
	unsigned __int128 m = (unsigned __int128)a * b;

	return (uint64_t)m ^ (uint64_t)(m >> 64);
}

/* Outsiders choose the keys, so the multiplication is keyed; the RD's part is SipHash. */
static uint64_t dest_hash(const struct dests *t, const struct dest_rd *rd,
                          const uint8_t *addr, uint8_t plen)
{
	uint64_t a = 0, b = 0;

	if (t->afi == AFI_IP4) {
		memcpy(&a, addr, 4);
	} else {
		memcpy(&a, addr, 8);
		memcpy(&b, addr + 8, 8);
	}
	a = mix(a ^ t->key[0], rd->by_rd.hash ^ t->key[1]);
	return mix(a ^ b ^ t->key[1], (plen + UINT64_C(0x9e3779b97f4a7c15)) ^ t->key[0]);
}

static uint64_t dest_rehash(const struct dests *t, const struct dest *d)
{
	return dest_hash(t, t->rds->rd[d->rd], d->addr, d->plen);
}

static uint32_t slot_of(uint64_t hash, uint32_t i)
{
	return ((uint32_t)(hash >> 32) & (uint32_t)SLOT_TAG) | (i + 1);
}

static uint32_t slot_index(uint32_t s)
{
	return (s & DEST_SLOT_MASK) - 1;
}

static void slot_insert(struct dests *t, uint64_t hash, uint32_t i)
{
	size_t at = hash & t->mask;

	while (t->slot[at])
		at = (at + 1) & t->mask;
	t->slot[at] = slot_of(hash, i);
}

/* Load stays between 1/8 and 3/4, gaps included.  Each record goes to a place of chance
 * in a large array: the places of some are fetched while others are filled. */
static void slots_resize(struct dests *t, size_t n)
{
	struct {
		uint64_t hash;
		uint32_t i;
	} q[SLOTS_AHEAD];
	size_t k = 0, done = 0;

	free(t->slot);
	t->slot = mem_zalloc(n * sizeof(*t->slot));
	t->mask = n - 1;
	t->gaps = 0;
	for (uint32_t i = dest_next(t, 0); i != BITS_NONE; i = dest_next(t, i + 1)) {
		if (k - done == SLOTS_AHEAD) {
			slot_insert(t, q[done % SLOTS_AHEAD].hash,
			            q[done % SLOTS_AHEAD].i);
			done++;
		}
		q[k % SLOTS_AHEAD].hash = dest_rehash(t, dest_at(t, i));
		q[k % SLOTS_AHEAD].i = i;
		__builtin_prefetch(&t->slot[q[k % SLOTS_AHEAD].hash & t->mask], 1);
		k++;
	}
	for (; done < k; done++)
		slot_insert(t, q[done % SLOTS_AHEAD].hash, q[done % SLOTS_AHEAD].i);
}

/* The slot of the key, or the one where it would be put. */
static size_t slot_find(const struct dests *t, uint64_t hash, uint32_t rd,
                        const struct prefix *p)
{
	size_t at = hash & t->mask, gap = SIZE_MAX;

	for (; t->slot[at]; at = (at + 1) & t->mask) {
		const struct dest *d;

		if (t->slot[at] == SLOT_GAP) {
			gap = gap == SIZE_MAX ? at : gap;
			continue;
		}
		if ((t->slot[at] ^ (uint32_t)(hash >> 32)) & (uint32_t)SLOT_TAG)
			continue;
		d = dest_at(t, slot_index(t->slot[at]));
		if (d->rd == rd && d->plen == p->plen &&
		    !memcmp(d->addr, p->ip.b, t->alen))
			return at;
	}
	return gap == SIZE_MAX ? at : gap;
}

static bool slot_used(const struct dests *t, size_t at)
{
	return t->slot[at] && t->slot[at] != SLOT_GAP;
}

/*
 * What is behind it in its row must stay reachable, so a gap remains, unless the row ends
 * here.  To close the row instead would need the hash of each that follows, and with it a
 * record that is in no cache.
 */
static void slot_remove(struct dests *t, size_t at)
{
	t->slot[at] = SLOT_GAP;
	t->gaps++;
	if (t->slot[(at + 1) & t->mask])
		return;
	for (; t->slot[at] == SLOT_GAP; at = (at - 1) & t->mask) {
		t->slot[at] = 0;
		t->gaps--;
	}
}

/* --- records -------------------------------------------------------------------------
 */

static uint32_t record_new(struct dests *t)
{
	uint32_t c = bits_next(&t->room, 0), off;
	struct dest_chunk *k;

	if (c == BITS_NONE) {
		c = (uint32_t)t->n_chunks++;
		t->chunk = mem_realloc(t->chunk, t->n_chunks * sizeof(*t->chunk));
		t->chunk[c] = (struct dest_chunk){ 0 };
		bits_set(&t->room, c);
	}
	k = &t->chunk[c];
	if (!k->mem) {
		k->mem = mem_zalloc(DEST_CHUNK * t->stride);
		k->fresh = 0;
		k->free = CHUNK_FULL;
	}
	if (k->free != CHUNK_FULL) {
		off = k->free;
		k->free = dest_at(t, c << DEST_CHUNK_BITS | off)->rd;
	} else {
		off = k->fresh++;
	}
	if (++k->used == DEST_CHUNK)
		bits_clear(&t->room, c);
	return c << DEST_CHUNK_BITS | off;
}

static void record_free(struct dests *t, uint32_t i)
{
	uint32_t c = i >> DEST_CHUNK_BITS;
	struct dest_chunk *k = &t->chunk[c];
	struct dest *d = dest_at(t, i);

	memset(d, 0, t->stride);
	d->rd = k->free;
	k->free = i & (DEST_CHUNK - 1);
	bits_set(&t->room, c);
	if (!--k->used) {
		free(k->mem);
		k->mem = NULL;
	}
}

uint32_t dest_next(const struct dests *t, uint32_t i)
{
	for (; i >> DEST_CHUNK_BITS < t->n_chunks; i++) {
		const struct dest_chunk *k = &t->chunk[i >> DEST_CHUNK_BITS];

		if (!k->mem || (i & (DEST_CHUNK - 1)) >= k->fresh)
			i |= DEST_CHUNK - 1; /* nothing more in this chunk */
		else if (dest_at(t, i)->flags & DEST_USED)
			return i;
	}
	return BITS_NONE;
}

/* --- the table -----------------------------------------------------------------------
 */

void dests_init(struct dests *t, enum afi afi, struct dest_rds *rds)
{
	size_t alen = afi_len(afi), size = offsetof(struct dest, addr) + alen;

	*t = (struct dests){ .afi = afi, .alen = alen, .rds = rds };
	t->stride = (size + 3) / 4 * 4;
	t->max = DEST_MAX;
	t->key[0] = hash_bytes("dests-0", 7);
	t->key[1] = hash_bytes("dests-1", 7);
	t->slot = mem_zalloc(SLOTS_MIN * sizeof(*t->slot));
	t->mask = SLOTS_MIN - 1;
}

void dests_fini(struct dests *t)
{
	must(!t->count);
	bits_fini(&t->room);
	free(t->chunk);
	free(t->slot);
}

uint32_t dest_find(const struct dests *t, const struct rib_key *key)
{
	const struct dest_rd *rd = rd_find(t->rds, &key->rd);
	size_t at;

	if (!rd)
		return BITS_NONE;
	at = slot_find(t, dest_hash(t, rd, key->prefix.ip.b, key->prefix.plen), rd->id,
	               &key->prefix);
	return slot_used(t, at) ? slot_index(t->slot[at]) : BITS_NONE;
}

uint64_t dest_expect(const struct dests *t, const struct rib_key *key)
{
	const struct dest_rd *rd = rd_find(t->rds, &key->rd);
	uint64_t hash;

	if (!rd)
		return 0;
	hash = dest_hash(t, rd, key->prefix.ip.b, key->prefix.plen);
	__builtin_prefetch(&t->slot[hash & t->mask], 1);
	return hash;
}

void dest_expect_record(const struct dests *t, uint64_t hint)
{
	uint32_t s = t->slot[hint & t->mask];

	if (s && s != SLOT_GAP && !((s ^ (uint32_t)(hint >> 32)) & (uint32_t)SLOT_TAG))
		__builtin_prefetch(dest_at(t, slot_index(s)), 1);
}

uint32_t dest_get(struct dests *t, const struct rib_key *key)
{
	struct dest_rd *rd = rd_get(t->rds, &key->rd);
	uint64_t hash = dest_hash(t, rd, key->prefix.ip.b, key->prefix.plen);
	size_t at = slot_find(t, hash, rd->id, &key->prefix);
	struct dest *d;
	uint32_t i;

	if (slot_used(t, at))
		return slot_index(t->slot[at]);
	if (t->count >= t->max)
		return BITS_NONE;
	if ((t->count + t->gaps + 1) * 4 > (t->mask + 1) * 3) {
		/* where gaps are the half of it, sweeping them out is enough */
		slots_resize(t, (t->mask + 1) * (t->gaps > t->count ? 1 : 2));
		at = slot_find(t, hash, rd->id, &key->prefix);
	}
	i = record_new(t);
	d = dest_at(t, i);
	memset(d, 0, t->stride);
	d->flags = DEST_USED;
	d->rd = rd->id;
	d->plen = key->prefix.plen;
	memcpy(d->addr, key->prefix.ip.b, t->alen);
	rd->refs++;
	t->gaps -= t->slot[at] == SLOT_GAP;
	t->slot[at] = slot_of(hash, i);
	t->count++;
	return i;
}

void dest_del(struct dests *t, uint32_t i)
{
	struct dest *d = dest_at(t, i);
	uint64_t hash = dest_rehash(t, d);
	uint32_t want = slot_of(hash, i), rd = d->rd;
	size_t at = hash & t->mask;

	while (t->slot[at] != want)
		at = (at + 1) & t->mask;
	slot_remove(t, at);
	record_free(t, i);
	rd_unref(t->rds, rd);
	t->count--;
	if (t->mask + 1 > SLOTS_MIN && t->count * 8 < t->mask + 1)
		slots_resize(t, (t->mask + 1) / 2);
}

struct rib_key dest_key(const struct dests *t, const struct dest *d)
{
	return (struct rib_key){
		.rd = t->rds->rd[d->rd]->rd,
		.prefix = {.ip = ip_of(t->afi, d->addr), .plen = d->plen},
	};
}

size_t dests_bytes(const struct dests *t)
{
	size_t n = (t->mask + 1) * sizeof(*t->slot) + bits_bytes(&t->room);

	for (size_t c = 0; c < t->n_chunks; c++)
		n += sizeof(*t->chunk) + (t->chunk[c].mem ? DEST_CHUNK * t->stride : 0);
	return n;
}
