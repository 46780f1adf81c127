/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <sys/types.h>

/*
 * Local stream sockets (unix(7)), non-blocking and close-on-exec.  0 or -errno.
 */
struct usock_peer {
	pid_t pid;
	uid_t uid;
	gid_t gid;
};

/* Binds at path with this mode and group ((gid_t)-1: as it comes).  A socket that is
 * there but that nobody answers on is replaced; -EADDRINUSE: somebody does;
 * -ENAMETOOLONG. */
int usock_listen(const char *path, mode_t mode, gid_t group, int *ret_fd);
/* -EAGAIN: nobody is waiting.  ret_peer may be NULL. */
int usock_accept(int listener, int *ret_fd, struct usock_peer *ret_peer);
int usock_connect(const char *path, int *ret_fd);
