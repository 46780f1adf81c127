/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/history.h"

#include "base/hash.h"
#include "base/hmap.h"
#include "base/list.h"
#include "base/mem.h"

struct entry { /* of a host */
	struct hnode by_ip;
	struct list link; /* the quietest first */
	uint32_t vrf;
	struct ip ip;
	uint32_t n; /* notes ever */
	struct history_note note[HISTORY_NOTES];
};

struct history {
	struct hmap by_ip;
	struct list quiet;
	size_t max;
	struct history_times times[HISTORY_SPAN_END];
};

struct history *history_new(size_t hosts_max)
{
	struct history *h = mem_new(struct history);

	must(hosts_max);
	h->max = hosts_max;
	list_init(&h->quiet);
	return h;
}

static void forget(struct history *h, struct entry *e)
{
	list_del(&e->link);
	hmap_del(&h->by_ip, &e->by_ip);
	free(e);
}

void history_free(struct history *h)
{
	if (!h)
		return;
	list_for_safe(e, &h->quiet, struct entry, link)
		forget(h, e);
	hmap_fini(&h->by_ip);
	free(h);
}

static uint64_t hash_of(uint32_t vrf, const struct ip *ip)
{
	uint8_t key[sizeof(vrf) + sizeof(*ip)];

	memcpy(key, &vrf, sizeof(vrf));
	memcpy(key + sizeof(vrf), ip, sizeof(*ip));
	return hash_bytes(key, sizeof(key));
}

static struct entry *find(const struct history *h, uint32_t vrf, const struct ip *ip)
{
	if (!h->by_ip.count)
		return NULL;
	hmap_for_key(n, &h->by_ip, hash_of(vrf, ip)) {
		struct entry *e = container_of(n, struct entry, by_ip);

		if (e->vrf == vrf && ip_eq(&e->ip, ip))
			return e;
	}
	return NULL;
}

static struct entry *entry_new(struct history *h, uint32_t vrf, const struct ip *ip)
{
	struct entry *e;

	if (h->by_ip.count >= h->max)
		forget(h, list_first(&h->quiet, struct entry, link));
	e = mem_new(struct entry);
	e->vrf = vrf;
	e->ip = *ip;
	list_init(&e->link);
	hmap_add(&h->by_ip, &e->by_ip, hash_of(vrf, ip));
	return e;
}

static void put(struct history *h, struct entry *e, const struct history_note *note)
{
	e->note[e->n++ % HISTORY_NOTES] = *note;
	list_del(&e->link);
	list_add_tail(&h->quiet, &e->link);
}

void history_add(struct history *h, uint32_t vrf, const struct ip *ip,
                 const struct history_note *note)
{
	struct entry *e = find(h, vrf, ip);

	put(h, e ? e : entry_new(h, vrf, ip), note);
}

bool history_has(const struct history *h, uint32_t vrf, const struct ip *ip)
{
	return find(h, vrf, ip) != NULL;
}

void history_more(struct history *h, uint32_t vrf, const struct ip *ip,
                  const struct history_note *note)
{
	struct entry *e = find(h, vrf, ip);

	if (e)
		put(h, e, note);
}

static uint32_t first_of(const struct entry *e)
{
	return e->n < HISTORY_NOTES ? 0 : e->n - HISTORY_NOTES;
}

/* By time: what made a step is sometimes written down behind it. */
static void insert(struct history_note *ret, size_t n, const struct history_note *note)
{
	for (; n && ret[n - 1].at.us > note->at.us; n--)
		ret[n] = ret[n - 1];
	ret[n] = *note;
}

size_t history_get(const struct history *h, uint32_t vrf, const struct ip *ip,
                   struct history_note ret[static HISTORY_NOTES])
{
	const struct entry *e = find(h, vrf, ip);
	size_t n = 0;

	for (uint32_t i = e ? first_of(e) : 0; e && i < e->n; i++)
		insert(ret, n++, &e->note[i % HISTORY_NOTES]);
	return n;
}

bool history_last(const struct history *h, uint32_t vrf, const struct ip *ip,
                  enum history_step step, struct history_note *ret)
{
	const struct entry *e = find(h, vrf, ip);

	for (uint32_t i = e ? e->n : 0; e && i > first_of(e); i--) {
		*ret = e->note[(i - 1) % HISTORY_NOTES];
		if (ret->step == step)
			return true;
	}
	return false;
}

const char *history_step_text(enum history_step s)
{
	static const char *const text[HISTORY_STEP_END] = {
		[HISTORY_HEARD] = "heard",
		[HISTORY_FORWARDED] = "forwarded",
		[HISTORY_ADVERTISED] = "advertised",
		[HISTORY_RECEIVED] = "received",
		[HISTORY_REDIRECTED] = "redirected",
		[HISTORY_PROBED] = "probed",
		[HISTORY_WITHDRAWN] = "withdrawn",
		[HISTORY_REPAIRED] = "repaired",
		[HISTORY_LOST] = "lost",
		[HISTORY_HAPPENED] = "happened",
	};

	return s < HISTORY_STEP_END ? text[s] : "unknown";
}

/* --- how long it took ----------------------------------------------------------------
 */

void history_took(struct history *h, enum history_span s, struct mono from,
                  struct mono to)
{
	struct history_times *t = &h->times[s];
	uint64_t us = to.us > from.us ? (uint64_t)(to.us - from.us) : 0;
	unsigned i = 0;

	while (i < HISTORY_BUCKETS - 1 && us >> i)
		i++;
	t->bucket[i]++;
	t->n++;
	t->sum_us += us;
	if (us > t->max_us)
		t->max_us = us;
}

const struct history_times *history_times(const struct history *h, enum history_span s)
{
	return &h->times[s];
}

uint64_t history_percentile(const struct history_times *t, unsigned percent)
{
	uint64_t want = (t->n * percent + 99) / 100, seen = 0;

	for (unsigned i = 0; i < HISTORY_BUCKETS - 1 && t->n; i++) {
		seen += t->bucket[i];
		if (seen >= want)
			return UINT64_C(1) << i < t->max_us ? UINT64_C(1) << i
			                                    : t->max_us;
	}
	return t->max_us;
}

const char *history_span_text(enum history_span s)
{
	static const char *const text[HISTORY_SPAN_END] = {
		[HISTORY_TELL] = "heard here to advertised",
		[HISTORY_FOLLOW] = "received to packets following",
		[HISTORY_LEAVE] = "received to our own withdrawn",
	};

	return s < HISTORY_SPAN_END ? text[s] : "unknown";
}
