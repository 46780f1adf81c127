/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ip.h"
#include "base/mono.h"
#include "host/host.h"

/*
 * What happened to a host, step by step: who saw it, when its route was told, when
 * packets followed.  For the question after a move: where did the time go?
 *
 * Bounded: each host keeps its last HISTORY_NOTES steps, and when there are too many
 * hosts the one that has been quiet for longest is forgotten.
 */
enum {
	HISTORY_NOTES = 24,
	HISTORY_HOSTS = 8192, /* about 8 MB when all are in use */
};

enum history_step {
	HISTORY_HEARD,      /* evidence of it on a port of ours: by, ac */
	HISTORY_FORWARDED,  /* the packet path has it on that port: ac */
	HISTORY_ADVERTISED, /* its route went to BGP: seq */
	HISTORY_RECEIVED,   /* another PE's route for it was chosen: pe, seq */
	HISTORY_REDIRECTED, /* the packet path sends to that PE: pe */
	HISTORY_PROBED,     /* it was asked whether it is still here */
	HISTORY_WITHDRAWN,  /* our route for it is withdrawn */
	HISTORY_REPAIRED,   /* its old neighbours were told: ac */
	HISTORY_LOST,       /* no other PE has it any more */
	HISTORY_HAPPENED,   /* what host/ made of it: what */
	HISTORY_STEP_END,
};

struct history_note {
	struct mono at;
	struct ip pe;
	uint32_t seq;
	uint16_t ac;
	uint8_t step; /* enum history_step */
	uint8_t by;   /* enum host_evidence_kind */
	uint8_t what; /* enum host_happening */
};

struct history;

struct history *history_new(size_t hosts_max);
void history_free(struct history *h);
void history_add(struct history *h, uint32_t vrf, const struct ip *ip,
                 const struct history_note *note);
bool history_has(const struct history *h, uint32_t vrf, const struct ip *ip);
/* The same, if the host has a history. */
void history_more(struct history *h, uint32_t vrf, const struct ip *ip,
                  const struct history_note *note);
/* Oldest first; returns how many. */
size_t history_get(const struct history *h, uint32_t vrf, const struct ip *ip,
                   struct history_note ret[static HISTORY_NOTES]);
/* The latest note of that step; false: none is kept. */
bool history_last(const struct history *h, uint32_t vrf, const struct ip *ip,
                  enum history_step step, struct history_note *ret);
const char *history_step_text(enum history_step s);

/* How long the parts of moves took, for all hosts since the start. */
enum history_span {
	HISTORY_TELL,   /* heard here to advertised */
	HISTORY_FOLLOW, /* received to the packet path sending there */
	HISTORY_LEAVE,  /* received by the old PE to its withdrawal: the probes' time */
	HISTORY_SPAN_END,
};

enum { HISTORY_BUCKETS = 28 }; /* bucket i: below 2^i microseconds */

struct history_times {
	uint64_t n, sum_us, max_us;
	uint64_t bucket[HISTORY_BUCKETS];
};

void history_took(struct history *h, enum history_span s, struct mono from,
                  struct mono to);
const struct history_times *history_times(const struct history *h, enum history_span s);
/* The upper bound, in microseconds, of what `percent` of them took. */
uint64_t history_percentile(const struct history_times *t, unsigned percent);
const char *history_span_text(enum history_span s);
