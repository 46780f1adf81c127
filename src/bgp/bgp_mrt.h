/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/*
 * MRT (RFC 6396) of what this speaker holds and hears.  Pure: records come out, whoever
 * owns it has the files.
 */
struct bgp;

/* Every message received and every change of a session, as BGP4MP_ET. */
struct bgp_mrt;
struct bgp_mrt_ops {
	void (*record)(void *arg, const uint8_t *rec, size_t len);
	int64_t (*wall_us)(void *arg); /* since 1970 */
	void *arg;
};
struct bgp_mrt *bgp_mrt_new(struct bgp *b, const struct bgp_mrt_ops *ops);
void bgp_mrt_free(struct bgp_mrt *m); /* NULL is fine; before the speaker */

/*
 * The table, as TABLE_DUMP_V2, in steps.  It changes meanwhile: the dump holds what a
 * destination had when its turn came.  Peers are those of the beginning; paths of a
 * neighbor that came later are left out, as the table of peers does not name it.
 */
struct bgp_mrt_dump;
struct bgp_mrt_dump *bgp_mrt_dump_new(struct bgp *b, int64_t wall_us);
/* Append the records of up to max destinations; false: that was all. */
bool bgp_mrt_dump_step(struct bgp_mrt_dump *d, size_t max, struct buf *out);
size_t bgp_mrt_dump_routes(const struct bgp_mrt_dump *d);   /* paths written so far */
size_t bgp_mrt_dump_left_out(const struct bgp_mrt_dump *d); /* of a later peer, too big */
void bgp_mrt_dump_free(struct bgp_mrt_dump *d);
