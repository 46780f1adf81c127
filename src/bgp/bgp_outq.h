/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

/*
 * What waits to be sent on a connection: pieces of blocks, in order.  A block that was
 * encoded for a whole update group is one memory for all its members' queues, counted;
 * what is for one connection only (OPEN, KEEPALIVE, a few octets of a block) lies in a
 * block of the queue's own.  Pieces that follow each other in memory are one.
 */
struct bgp_block {
	uint32_t refs;
	uint32_t len, cap;
	uint8_t data[];
};

struct bgp_piece {
	struct bgp_block *block;
	uint32_t off, len;
};

struct bgp_outq {
	struct bgp_piece *piece; /* [head, n) wait */
	size_t head, n, cap;
	struct bgp_block *own; /* the block that takes what is ours alone, or NULL */
	size_t left;           /* octets waiting */
};

void bgp_outq_fini(struct bgp_outq *q);
/* Room for n octets: write there, then bgp_outq_commit() what was used. */
uint8_t *bgp_outq_reserve(struct bgp_outq *q, size_t n);
void bgp_outq_commit(struct bgp_outq *q, size_t n);
void bgp_outq_put(struct bgp_outq *q, const void *data, size_t n);
/* A piece of a shared block; the queue takes a reference of its own. */
void bgp_outq_share(struct bgp_outq *q, struct bgp_block *b, size_t off, size_t n);
/* The first pieces, at most max; returns how many. */
int bgp_outq_iov(const struct bgp_outq *q, struct iovec *iov, int max);
void bgp_outq_consume(struct bgp_outq *q, size_t n);

/* A copy of data; the reference is the caller's. */
struct bgp_block *bgp_block_new(const void *data, size_t n);
void bgp_block_unref(struct bgp_block *b); /* NULL is fine */
