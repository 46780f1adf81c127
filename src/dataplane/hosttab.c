/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dataplane/hosttab.h"

#include <errno.h>

#include "base/must.h"

enum {
	BUCKET_WORDS = 8,
	SEARCH_MAX = 1024, /* buckets looked at to make room; a path is their logarithm */
	/* Percent.  Two choices of four slots hold 97, of two slots 89, if one is
	   patient. */
	LOAD_IP4 = 85,
	LOAD_IP6 = 75,
};

struct place {
	struct abi_bucket *b;
	unsigned slot;
};

static unsigned words(const struct hosttab *t) /* of a slot */
{
	return t->afi == AFI_IP4 ? 2 : 4;
}

static unsigned slots(const struct hosttab *t) /* of a bucket */
{
	return BUCKET_WORDS / words(t);
}

static uint64_t *slot_at(const struct hosttab *t, struct abi_bucket *b, unsigned slot)
{
	return (uint64_t *)&b->w[slot * words(t)];
}

static uint64_t head_of(const struct hosttab *t, struct abi_bucket *b, unsigned slot)
{
	return __atomic_load_n(slot_at(t, b, slot), __ATOMIC_RELAXED);
}

static bool slot_used(const struct hosttab *t, struct abi_bucket *b, unsigned slot)
{
	return head_of(t, b, slot) & ABI_HEAD_USED;
}

static struct abi_hostkey slot_key(const struct hosttab *t, struct abi_bucket *b,
                                   unsigned slot)
{
	const uint64_t *s = slot_at(t, b, slot);
	struct abi_hostkey k = { .head = s[0] & ABI_HEAD_KEY };

	if (t->afi == AFI_IP6) {
		k.hi = s[1];
		k.lo = s[2];
	}
	return k;
}

static uint64_t *slot_value(const struct hosttab *t, struct abi_bucket *b, unsigned slot)
{
	return slot_at(t, b, slot) + words(t) - 1;
}

static bool slot_is(const struct hosttab *t, struct abi_bucket *b, unsigned slot,
                    const struct abi_hostkey *k)
{
	const uint64_t *s = slot_at(t, b, slot);

	if ((head_of(t, b, slot) & ABI_HEAD_KEY) != k->head)
		return false;
	return t->afi == AFI_IP4 || (s[1] == k->hi && s[2] == k->lo);
}

static uint64_t head_flags(unsigned flags)
{
	return (flags & HOSTTAB_FROZEN ? ABI_HEAD_FROZEN : 0) |
	       (flags & HOSTTAB_ROUTER ? ABI_HEAD_ROUTER : 0);
}

/* Fill a free slot; `marks` are head bits beside the key.  The head, which makes it
 * visible, comes last. */
static void slot_fill(const struct hosttab *t, struct place to,
                      const struct abi_hostkey *k, uint64_t value, uint64_t marks)
{
	uint64_t *s = slot_at(t, to.b, to.slot);
	uint64_t old = head_of(t, to.b, to.slot);
	uint64_t turn = (old + ABI_HEAD_TURN_ONE) & ABI_HEAD_TURN;

	must(!(old & ABI_HEAD_USED));
	if (t->afi == AFI_IP6) {
		__atomic_store_n(&s[1], k->hi, __ATOMIC_RELAXED);
		__atomic_store_n(&s[2], k->lo, __ATOMIC_RELAXED);
	}
	__atomic_store_n(slot_value(t, to.b, to.slot), value, __ATOMIC_RELAXED);
	__atomic_store_n(s, k->head | marks | turn | (old & ABI_HEAD_OVERFLOW),
	                 __ATOMIC_RELEASE);
}

static void slot_clear(const struct hosttab *t, struct abi_bucket *b, unsigned slot)
{
	/* A fence in front: the copy elsewhere is visible before this one goes. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	__atomic_fetch_and(slot_at(t, b, slot), ABI_HEAD_OVERFLOW | ABI_HEAD_TURN,
	                   __ATOMIC_RELEASE);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

struct choice {
	struct abi_bucket *first, *second;
};

static struct choice choose(const struct hosttab *t, const struct abi_hostkey *k)
{
	uint64_t h = abi_hash(k, t->seed);

	return (struct choice){ t->b + abi_first(h, t->n), t->b + abi_second(h, t->n) };
}

static bool find_in(const struct hosttab *t, struct abi_bucket *b,
                    const struct abi_hostkey *k, struct place *ret)
{
	for (unsigned i = 0; i < slots(t); i++) {
		if (slot_is(t, b, i, k)) {
			*ret = (struct place){ b, i };
			return true;
		}
	}
	return false;
}

static bool find(const struct hosttab *t, const struct abi_hostkey *k, struct place *ret)
{
	struct choice c = choose(t, k);

	if (find_in(t, c.first, k, ret))
		return true;
	return (c.first->w[0] & ABI_HEAD_OVERFLOW) && find_in(t, c.second, k, ret);
}

static bool free_in(const struct hosttab *t, struct abi_bucket *b, struct place *ret)
{
	for (unsigned i = 0; i < slots(t); i++) {
		if (!slot_used(t, b, i)) {
			*ret = (struct place){ b, i };
			return true;
		}
	}
	return false;
}

/* The host is about to be only in its second bucket: the first must say so before. */
static void note_overflow(struct abi_bucket *first)
{
	if (!(first->w[0] & ABI_HEAD_OVERFLOW))
		__atomic_fetch_or(&first->w[0], ABI_HEAD_OVERFLOW, __ATOMIC_SEQ_CST);
}

static void put_at(const struct hosttab *t, struct place to, const struct abi_hostkey *k,
                   uint64_t value, uint64_t marks)
{
	struct choice c = choose(t, k);

	if (to.b != c.first)
		note_overflow(c.first);
	slot_fill(t, to, k, value, marks);
}

static void move(struct hosttab *t, struct place from, struct place to)
{
	struct abi_hostkey k = slot_key(t, from.b, from.slot);
	uint64_t marks =
		head_of(t, from.b, from.slot) &
		(ABI_HEAD_SEEN | ABI_HEAD_STALE | ABI_HEAD_FROZEN | ABI_HEAD_ROUTER);

	put_at(t, to, &k, *slot_value(t, from.b, from.slot), marks);
	slot_clear(t, from.b, from.slot);
	t->moves++;
}

struct step {
	struct abi_bucket *b;
	int from;           /* the step whose bucket this host would leave; -1: a start */
	unsigned from_slot; /* and where it is there */
};

/*
 * Make room in one of the two buckets: breadth first over "the host in this slot could
 * live in that bucket", so the path is shortest and visits no slot twice.  Moves are made
 * from its free end backwards.
 */
static bool make_room(struct hosttab *t, struct choice c, struct place *ret)
{
	struct step q[SEARCH_MAX];
	struct place hole;
	int head = 0, tail = 0;

	q[tail++] = (struct step){ c.first, -1, 0 };
	q[tail++] = (struct step){ c.second, -1, 0 };
	for (;; head++) {
		if (head == tail)
			return false;
		if (free_in(t, q[head].b, &hole))
			break;
		for (unsigned i = 0; i < slots(t) && tail < SEARCH_MAX; i++) {
			struct abi_hostkey k = slot_key(t, q[head].b, i);
			struct choice o = choose(t, &k);

			q[tail++] =
				(struct step){ o.first == q[head].b ? o.second : o.first,
				               head, i };
		}
	}
	for (int i = head; q[i].from >= 0; i = q[i].from) {
		struct place from = { q[q[i].from].b, q[i].from_slot };

		move(t, from, hole);
		hole = from;
	}
	*ret = hole;
	return true;
}

uint32_t hosttab_buckets(enum afi afi, uint32_t hosts)
{
	unsigned per = afi == AFI_IP4 ? 4 * LOAD_IP4 : 2 * LOAD_IP6;
	uint64_t n = ((uint64_t)hosts * 100 + per - 1) / per;

	return n < 16 ? 16 : (uint32_t)n;
}

void hosttab_init(struct hosttab *t, enum afi afi, struct abi_bucket *b, uint32_t n,
                  uint64_t seed, size_t max)
{
	*t = (struct hosttab){ .b = b, .n = n, .afi = afi, .seed = seed, .max = max };
	for (uint32_t i = 0; i < n; i++)
		for (unsigned s = 0; s < slots(t); s++)
			t->used += slot_used(t, &b[i], s);
}

static uint64_t be64(const uint8_t *b)
{
	uint64_t v = 0;

	for (int i = 0; i < 8; i++)
		v = v << 8 | b[i];
	return v;
}

static void be64_put(uint8_t *b, uint64_t v)
{
	for (int i = 8; i-- > 0; v >>= 8)
		b[i] = (uint8_t)v;
}

struct abi_hostkey hosttab_key(uint32_t vrf, const struct ip *ip)
{
	if (ip->afi == AFI_IP4)
		return abi_key4(vrf, ip_u32(ip));
	return abi_key6(vrf, be64(ip->b), be64(ip->b + 8));
}

void hosttab_key_parts(const struct hosttab *t, const struct abi_hostkey *k,
                       uint32_t *ret_vrf, struct ip *ret_ip)
{
	*ret_vrf = (uint32_t)(k->head >> 32 & 0xfffff);
	if (t->afi == AFI_IP4) {
		*ret_ip = ip_of_u32((uint32_t)k->head);
		return;
	}
	*ret_ip = (struct ip){ .afi = AFI_IP6 };
	be64_put(ret_ip->b, k->hi);
	be64_put(ret_ip->b + 8, k->lo);
}

/* Known host: the value is one store; the marks change beside the packet path's SEEN. */
static void change(const struct hosttab *t, struct place at, uint64_t value,
                   uint64_t flags)
{
	const uint64_t mask = ABI_HEAD_FROZEN | ABI_HEAD_ROUTER | ABI_HEAD_STALE;
	uint64_t *head = slot_at(t, at.b, at.slot);
	uint64_t old = head_of(t, at.b, at.slot);

	__atomic_store_n(slot_value(t, at.b, at.slot), value, __ATOMIC_RELEASE);
	while ((old & mask) != flags &&
	       !__atomic_compare_exchange_n(head, &old, (old & ~mask) | flags, false,
	                                    __ATOMIC_RELEASE, __ATOMIC_RELAXED))
		;
}

int hosttab_set(struct hosttab *t, const struct abi_hostkey *k, uint64_t value,
                unsigned flags)
{
	struct choice c = choose(t, k);
	struct place at;

	if (find(t, k, &at)) {
		change(t, at, value, head_flags(flags));
		return 0;
	}
	if (t->used >= t->max || (!free_in(t, c.first, &at) &&
	                          !free_in(t, c.second, &at) && !make_room(t, c, &at))) {
		t->full++;
		return -ENOSPC;
	}
	put_at(t, at, k, value, head_flags(flags));
	t->used++;
	return 0;
}

bool hosttab_del(struct hosttab *t, const struct abi_hostkey *k)
{
	struct place at;

	if (!find(t, k, &at))
		return false;
	slot_clear(t, at.b, at.slot);
	t->used--;
	return true;
}

static struct hosttab_entry entry_at(const struct hosttab *t, struct place at)
{
	uint64_t head = head_of(t, at.b, at.slot);

	return (struct hosttab_entry){
		.key = slot_key(t, at.b, at.slot),
		.value = *slot_value(t, at.b, at.slot),
		.flags = (head & ABI_HEAD_FROZEN ? HOSTTAB_FROZEN : 0) |
		         (head & ABI_HEAD_ROUTER ? HOSTTAB_ROUTER : 0),
	};
}

bool hosttab_get(const struct hosttab *t, const struct abi_hostkey *k,
                 struct hosttab_entry *ret)
{
	struct place at;

	if (!find(t, k, &at))
		return false;
	*ret = entry_at(t, at);
	return true;
}

bool hosttab_seen(struct hosttab *t, const struct abi_hostkey *k, bool *ret)
{
	struct place at;

	if (!find(t, k, &at))
		return false;
	*ret = head_of(t, at.b, at.slot) & ABI_HEAD_SEEN;
	if (*ret)
		__atomic_fetch_and(slot_at(t, at.b, at.slot), ~ABI_HEAD_SEEN,
		                   __ATOMIC_RELAXED);
	return true;
}

void hosttab_mark(struct hosttab *t)
{
	for (uint32_t i = 0; i < t->n; i++)
		for (unsigned s = 0; s < slots(t); s++)
			if (slot_used(t, &t->b[i], s))
				__atomic_fetch_or(slot_at(t, &t->b[i], s), ABI_HEAD_STALE,
				                  __ATOMIC_RELAXED);
}

size_t hosttab_sweep(struct hosttab *t)
{
	size_t n = 0;

	for (uint32_t i = 0; i < t->n; i++) {
		for (unsigned s = 0; s < slots(t); s++) {
			uint64_t head = head_of(t, &t->b[i], s);

			if (!(head & ABI_HEAD_USED) || !(head & ABI_HEAD_STALE))
				continue;
			slot_clear(t, &t->b[i], s);
			t->used--;
			n++;
		}
	}
	return n;
}

size_t hosttab_walk(const struct hosttab *t, uint64_t *pos, size_t max,
                    void (*fn)(void *arg, const struct hosttab_entry *e), void *arg)
{
	uint64_t end = (uint64_t)t->n * slots(t);
	size_t n = 0;

	for (; *pos < end && n < max; ++*pos) {
		struct place at = { t->b + *pos / slots(t), (unsigned)(*pos % slots(t)) };
		struct hosttab_entry e;

		if (!slot_used(t, at.b, at.slot))
			continue;
		e = entry_at(t, at);
		fn(arg, &e);
		n++;
	}
	return n;
}
