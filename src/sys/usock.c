/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sys/usock.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 32 };

static int fill(struct sockaddr_un *sa, const char *path)
{
	size_t n = strlen(path);

	if (!n)
		return -EINVAL;
	if (n >= sizeof(sa->sun_path))
		return -ENAMETOOLONG;
	*sa = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(sa->sun_path, path, n + 1);
	return 0;
}

int usock_connect(const char *path, int *ret_fd)
{
	struct sockaddr_un sa;
	int r = fill(&sa, path), fd;

	if (r)
		return r;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&sa, sizeof(sa))) {
		r = -errno;
		close(fd);
		return r;
	}
	*ret_fd = fd;
	return 0;
}

/* A daemon that was killed leaves its socket behind.  Only that is removed: not a socket
 * that is answered, and not a file that is no socket. */
static int remove_dead(const char *path)
{
	struct stat st;
	int fd, r;

	if (lstat(path, &st))
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;
	r = usock_connect(path, &fd);
	if (!r)
		close(fd);
	if (r != -ECONNREFUSED)
		return -EADDRINUSE;
	return unlink(path) && errno != ENOENT ? -errno : 0;
}

int usock_listen(const char *path, mode_t mode, gid_t group, int *ret_fd)
{
	struct sockaddr_un sa;
	int r = fill(&sa, path), fd;
	mode_t old;

	if (!r)
		r = remove_dead(path);
	if (r)
		return r;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	/* Closed to everybody until mode and group are right. */
	old = umask(0777);
	r = bind(fd, (struct sockaddr *)&sa, sizeof(sa)) ? -errno : 0;
	umask(old);
	if (r) {
		close(fd);
		return r;
	}
	if ((group != (gid_t)-1 && chown(path, (uid_t)-1, group)) || chmod(path, mode) ||
	    listen(fd, BACKLOG)) {
		r = -errno;
		unlink(path);
		close(fd);
		return r;
	}
	*ret_fd = fd;
	return 0;
}

int usock_accept(int listener, int *ret_fd, struct usock_peer *ret_peer)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);
	int fd, r;

	do {
		fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	} while (fd < 0 && (errno == EINTR || errno == ECONNABORTED));
	if (fd < 0)
		return -errno;
	if (ret_peer) {
		if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len)) {
			r = -errno;
			close(fd);
			return r;
		}
		*ret_peer = (struct usock_peer){ .pid = cred.pid,
			                         .uid = cred.uid,
			                         .gid = cred.gid };
	}
	*ret_fd = fd;
	return 0;
}
