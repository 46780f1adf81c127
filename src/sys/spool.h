/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sys/loop.h"

/*
 * Files written by a process of their own: a disk that is slow or full never makes the
 * daemon wait.  Data goes to the writer through a socket; up to SPOOL_LIMIT octets wait
 * on our side, and what does not fit any more is refused, for the caller to count or to
 * come back with after room().
 *
 * A piece given to spool_write() is written whole or not at all: when the disk is full
 * what was written of it is cut off again, and the next piece is tried anew.  So a file
 * of records stays one.
 */
struct spool;

enum { SPOOL_LIMIT = 4 * 1024 * 1024, SPOOL_PIECE = 96 * 1024, SPOOL_FILES = 8 };
enum { SPOOL_WRITER_FD = 3 };

struct spool_ops {
	/* A piece of n octets, or the file itself (n is 0), could not be written; -errno.
	 * Until the first piece that can, a file tells this once. */
	void (*failed)(void *arg, unsigned file, int err, const char *path);
	/* Closed: so many octets are in it, so many pieces are not. */
	void (*closed)(void *arg, unsigned file, uint64_t octets, uint64_t lost);
	void (*room)(void *arg); /* there was none */
	void *arg;
};

/* argv: the program to run as the writer, which must call
 * spool_main(SPOOL_WRITER_FD): its file, then its arguments from 0 on; NULL: fork, for
 * tests.  The writer is started when the first file is opened. */
struct spool *spool_new(struct loop *loop, const char *const *argv,
                        const struct spool_ops *ops);
void spool_free(struct spool *s); /* NULL is fine; gives over what waits, for a second */

/* Files have numbers below SPOOL_FILES, which the caller chooses.  whole: it appears
 * under its name when it is closed, complete and on disk, or not at all; else at once,
 * and is appended to if it is there.  Missing directories are made.  -errno: there is no
 * writer. */
int spool_open(struct spool *s, unsigned file, const char *path, bool whole);
/* False: the file is not open, there is no room, or the writer was found to be gone. */
bool spool_write(struct spool *s, unsigned file, const void *data, size_t len);
void spool_close(struct spool *s, unsigned file);
size_t spool_waiting(const struct spool *s); /* octets */

/* The writer: until the other end is closed.  Returns its exit code. */
int spool_main(int fd);
