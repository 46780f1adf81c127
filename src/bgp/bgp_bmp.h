/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/mono.h"

/*
 * BMP (RFC 7854) to one collector: what the neighbors sent (Adj-RIB-In, pre-policy), when
 * they came and went, statistics, and malformed messages as they were.  Pure: octets come
 * out, whoever owns it has the connection.
 *
 * A new collector gets the sessions that are up and the table, re-encoded, then what
 * comes in as it comes in.  The table is read only while little waits for the collector;
 * live messages wait up to BGP_BMP_LIMIT octets, and when they are more the connection
 * must begin anew: bgp_bmp_run() says so, and the collector starts from the table again.
 * So a slow one costs bounded memory and no neighbor any time.
 */
enum {
	BGP_BMP_LIMIT = 8 * 1024 * 1024, /* octets waiting */
	BGP_BMP_HIGH = 256 * 1024,       /* with so many the table waits */
	BGP_BMP_STEP = 1024,             /* destinations of the table in a turn */
};

struct bgp;
struct bgp_bmp;

struct bgp_bmp_config {
	const char *name, *description; /* of this node; copied */
	uint32_t stats_interval_s;      /* 0: none */
	int64_t (*wall_us)(void *arg);  /* since 1970 */
	void (*wake)(void *arg);        /* octets where there were none: take them */
	void *arg;
};

struct bgp_bmp_counters {
	uint64_t messages, octets, monitored, mirrored, dumps, overflows;
	uint64_t left_out; /* routes whose attributes fit no message */
};

struct bgp_bmp *bgp_bmp_new(struct bgp *b, const struct bgp_bmp_config *cfg);
void bgp_bmp_free(struct bgp_bmp *m); /* NULL is fine; before the speaker */
void bgp_bmp_begin(struct bgp_bmp *m, struct mono now); /* connected */
void bgp_bmp_end(struct bgp_bmp *m);                    /* the connection is gone */
/* Say goodbye: what waits is dropped for a Termination message. */
void bgp_bmp_terminate(struct bgp_bmp *m);

/* Make more to send if there is room.  False: the collector was too slow, close and begin
 * anew. */
bool bgp_bmp_run(struct bgp_bmp *m, struct mono now);
struct mono bgp_bmp_deadline(const struct bgp_bmp *m); /* of the next run */
/* What waits: consume what was sent. */
struct buf *bgp_bmp_out(struct bgp_bmp *m);
bool bgp_bmp_dumping(const struct bgp_bmp *m);
const struct bgp_bmp_counters *bgp_bmp_counters(const struct bgp_bmp *m);
