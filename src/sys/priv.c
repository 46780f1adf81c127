/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sys/priv.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/mem.h"

static const struct {
	enum priv_cap bit;
	unsigned cap;
	const char *name;
} caps[] = {
	{PRIV_BPF,               CAP_BPF,              "CAP_BPF"             },
	{ PRIV_NET_ADMIN,        CAP_NET_ADMIN,        "CAP_NET_ADMIN"       },
	{ PRIV_NET_RAW,          CAP_NET_RAW,          "CAP_NET_RAW"         },
	{ PRIV_NET_BIND_SERVICE, CAP_NET_BIND_SERVICE, "CAP_NET_BIND_SERVICE"},
	{ PRIV_PERFMON,          CAP_PERFMON,          "CAP_PERFMON"         },
};

unsigned priv_missing(unsigned want)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { 0 };
	unsigned missing = 0;

	must(!syscall(SYS_capget, &head, data));
	for (size_t i = 0; i < ARRAY_LEN(caps); i++) {
		uint32_t set = data[CAP_TO_INDEX(caps[i].cap)].effective;

		if ((want & caps[i].bit) && !(set & CAP_TO_MASK(caps[i].cap)))
			missing |= caps[i].bit;
	}
	return missing;
}

char *priv_missing_text(unsigned missing, char buf[static PRIV_TEXT_LEN])
{
	size_t n = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < ARRAY_LEN(caps); i++) {
		if (missing & caps[i].bit)
			n += (size_t)snprintf(buf + n, PRIV_TEXT_LEN - n, "%s%s",
			                      n ? ", " : "needs ", caps[i].name);
	}
	return buf;
}

void priv_drop_all(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { 0 };

	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	must(!syscall(SYS_capset, &head, none)); /* less is always allowed */
}

static pid_t read_pid(int fd)
{
	char buf[32] = "";
	char *end;
	long pid;

	if (pread(fd, buf, sizeof(buf) - 1, 0) <= 0)
		return 0;
	pid = strtol(buf, &end, 10);
	return *end == '\n' && pid > 0 && pid <= INT_MAX ? (pid_t)pid : 0;
}

static int write_pid(int fd)
{
	char buf[32];
	int n = snprintf(buf, sizeof(buf), "%ld\n", (long)getpid());

	if (ftruncate(fd, 0))
		return -errno;
	return pwrite(fd, buf, (size_t)n, 0) == n ? 0 : errno ? -errno : -EIO;
}

int priv_lock(const char *path, int *ret_fd, pid_t *ret_holder)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	int r;

	if (fd < 0)
		return -errno;
	r = flock(fd, LOCK_EX | LOCK_NB) ? -errno : 0;
	if (r == -EWOULDBLOCK)
		*ret_holder = read_pid(fd);
	if (!r)
		r = write_pid(fd);
	if (r) {
		close(fd);
		return r;
	}
	*ret_fd = fd;
	return 0;
}

void priv_unlock(int fd)
{
	/* The file stays: removing it would let two processes lock two files of one name.
	 */
	if (fd >= 0)
		close(fd);
}

static int mkdir_one(const char *path, mode_t mode)
{
	if (!mkdir(path, mode))
		return chmod(path, mode) ? -errno : 0; /* whatever the umask */
	return errno == EEXIST ? 0 : -errno;
}

int priv_mkdir(const char *path, mode_t mode)
{
	AUTO_FREE char *part = mem_strdup(path);
	struct stat st;
	int r;

	for (char *p = strchr(part + 1, '/'); part[0] && p; p = strchr(p + 1, '/')) {
		*p = '\0';
		/* Parents as mkdir -p makes them; the mode asked for is the leaf's. */
		r = mkdir_one(part, 0755);
		if (r)
			return r;
		*p = '/';
	}
	r = mkdir_one(path, mode);
	if (r)
		return r;
	if (stat(path, &st))
		return -errno;
	if (!S_ISDIR(st.st_mode))
		return -ENOTDIR;
	/* Who may write there could put a socket of his own in the place of ours. */
	return st.st_mode & S_IWOTH && !(st.st_mode & S_ISVTX) ? -EPERM : 0;
}

int priv_write_pid(const char *path)
{
	char tmp[PATH_MAX];
	int fd, r;

	if (snprintf(tmp, sizeof(tmp), "%s.%ld", path, (long)getpid()) >=
	    (int)sizeof(tmp))
		return -ENAMETOOLONG;
	fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0)
		return -errno;
	r = write_pid(fd);
	close(fd);
	if (!r && rename(tmp, path))
		r = -errno;
	if (r)
		unlink(tmp);
	return r;
}

void priv_random(void *buf, size_t len)
{
	uint8_t *p = buf;

	while (len) {
		ssize_t n = getrandom(p, len, 0);

		must(n > 0 || errno == EINTR);
		if (n > 0) {
			p += n;
			len -= (size_t)n;
		}
	}
}

void priv_umask(void)
{
	umask(0027);
}

uint64_t priv_raise_fds(uint64_t want)
{
	struct rlimit lim;

	must(!getrlimit(RLIMIT_NOFILE, &lim));
	if (lim.rlim_cur < want) {
		rlim_t old = lim.rlim_cur;

		lim.rlim_cur = want < lim.rlim_max ? want : lim.rlim_max;
		if (setrlimit(RLIMIT_NOFILE, &lim))
			lim.rlim_cur = old;
	}
	return lim.rlim_cur;
}
