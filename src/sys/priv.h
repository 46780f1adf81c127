/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Standing of the process: capabilities, the one-instance lock, directories, limits.
 * Functions return 0 or -errno unless said otherwise.
 */
enum priv_cap {
	PRIV_BPF = 1 << 0,
	PRIV_NET_ADMIN = 1 << 1,
	PRIV_NET_RAW = 1 << 2,
	PRIV_NET_BIND_SERVICE = 1 << 3, /* BGP's port 179 */
	PRIV_PERFMON = 1 << 4,
};

/* Which of those are not in effect; 0: all there. */
unsigned priv_missing(unsigned want);
enum { PRIV_TEXT_LEN = 128 };
/* "needs CAP_BPF, CAP_NET_ADMIN, CAP_NET_RAW"; "" when nothing is missing. */
char *priv_missing_text(unsigned missing, char buf[static PRIV_TEXT_LEN]);

/* No capability any more, now and after exec. */
void priv_drop_all(void);

/* One process per lock file.  The pid is written into it, the lock lasts until the fd is
 * closed or the process ends, however it ends; the file stays.  -EWOULDBLOCK: another
 * process has it, *ret_holder is its pid (0 if it can't be told). */
int priv_lock(const char *path, int *ret_fd, pid_t *ret_holder);
void priv_unlock(int fd); /* -1 is fine */

/* Makes it (and its parents) if missing; refuses what is not a directory (-ENOTDIR) or
 * what others may write (-EPERM). */
int priv_mkdir(const char *path, mode_t mode);
int priv_write_pid(const char *path); /* atomically, by rename */

/* For the hash key and the like; waits for the kernel's pool at early boot. */
void priv_random(void *buf, size_t len);
/* Sockets and files are ours and our group's. */
void priv_umask(void);
/* As many descriptors as the hard limit allows, at most want; returns what there is. */
uint64_t priv_raise_fds(uint64_t want);
