/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sys/priv.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sys/usock.h"

#include "tests/t.h"

static char dir[64];

static const char *in_dir(const char *name)
{
	static char path[128];

	if (!dir[0]) {
		snprintf(dir, sizeof(dir), "/tmp/t_sys_priv.XXXXXX");
		CHECK(mkdtemp(dir) != NULL);
	}
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

TEST(missing_capabilities_are_named)
{
	char buf[PRIV_TEXT_LEN];

	CHECK_STR(priv_missing_text(0, buf), "");
	CHECK_STR(priv_missing_text(PRIV_NET_RAW, buf), "needs CAP_NET_RAW");
	CHECK_STR(priv_missing_text(PRIV_BPF | PRIV_NET_ADMIN | PRIV_NET_RAW, buf),
	          "needs CAP_BPF, CAP_NET_ADMIN, CAP_NET_RAW");
	CHECK(strlen(priv_missing_text(~0u, buf)) < PRIV_TEXT_LEN - 1);
}

TEST(nobody_has_none_of_them)
{
	unsigned want = PRIV_BPF | PRIV_NET_ADMIN | PRIV_NET_RAW;
	int status;
	pid_t pid;

	if (geteuid())
		skip();
	CHECK_INT(priv_missing(want), 0);
	pid = fork();
	if (!pid)
		_exit(setresuid(65534, 65534, 65534) || priv_missing(want) != want);
	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK_INT(status, 0);
}

TEST(a_second_lock_is_refused_and_names_the_holder)
{
	const char *path = in_dir("lock");
	int held = -1, again = -1, status;
	pid_t holder = 0, pid;

	CHECK_INT(priv_lock(path, &held, &holder), 0);
	CHECK_INT(holder, 0);
	pid = fork();
	if (!pid)
		_exit(priv_lock(path, &again, &holder) != -EWOULDBLOCK ||
		      holder != getppid());
	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK_INT(status, 0);
	CHECK_INT(priv_lock(path, &again, &holder), -EWOULDBLOCK);
	CHECK_INT(holder, getpid());
	priv_unlock(held);
	CHECK_INT(priv_lock(path, &again, &holder), 0);
	priv_unlock(again);
	priv_unlock(-1);
	CHECK(!access(path, F_OK)); /* stays */
	CHECK_INT(priv_lock("/proc/no/such", &again, &holder), -ENOENT);
	unlink(path);
}

TEST(a_lock_file_of_rubbish_names_nobody)
{
	const char *path = in_dir("lock");
	int fd = open(path, O_RDWR | O_CREAT, 0600), held;
	pid_t holder = 77;

	CHECK_INT(priv_lock(path, &held, &holder), 0);
	CHECK(!ftruncate(fd, 0));
	CHECK_INT(pwrite(fd, "12x\n", 4, 0), 4);
	CHECK_INT(priv_lock(path, &fd, &holder), -EWOULDBLOCK);
	CHECK_INT(holder, 0);
	close(fd);
	priv_unlock(held);
	unlink(path);
}

TEST(directories_are_made_with_their_mode_and_bad_ones_refused)
{
	const char *path = in_dir("run/vsubnet");
	struct stat st;

	CHECK_INT(priv_mkdir(path, 0770), 0);
	CHECK_INT(priv_mkdir(path, 0770), 0);
	CHECK(!stat(path, &st));
	CHECK_INT(st.st_mode & 07777, 0770);
	CHECK(!chmod(path, 0777));
	CHECK_INT(priv_mkdir(path, 0770), -EPERM); /* anybody could swap the socket */
	rmdir(path);
	close(open(path, O_CREAT | O_WRONLY, 0600));
	CHECK_INT(priv_mkdir(path, 0770), -ENOTDIR);
	unlink(path);
	rmdir(in_dir("run"));
}

TEST(the_pid_file_holds_the_pid)
{
	const char *path = in_dir("pid");
	char buf[32] = "";
	int fd;

	CHECK_INT(priv_write_pid(path), 0);
	CHECK_INT(priv_write_pid(path), 0);
	fd = open(path, O_RDONLY);
	CHECK(read(fd, buf, sizeof(buf) - 1) > 0);
	CHECK_INT(atoi(buf), getpid());
	close(fd);
	unlink(path);
}

TEST(randomness_differs_and_limits_are_raised_no_further_than_allowed)
{
	uint64_t a[2] = { 0 }, b[2] = { 0 };
	uint64_t have;

	priv_random(a, sizeof(a));
	priv_random(b, sizeof(b));
	CHECK(memcmp(a, b, sizeof(a)) != 0);
	have = priv_raise_fds(0);
	CHECK(priv_raise_fds(have + 1) >= have);
}

TEST(a_local_socket_replaces_a_dead_one_and_nothing_else)
{
	const char *path = in_dir("sock");
	char too_long[200];
	struct usock_peer peer;
	int l = -1, l2 = -1, c = -1, s = -1;
	struct stat st;

	CHECK_INT(usock_connect(path, &c), -ENOENT);
	CHECK_INT(usock_listen(path, 0660, (gid_t)-1, &l), 0);
	CHECK(!stat(path, &st));
	CHECK_INT(st.st_mode & 0777, 0660);
	CHECK_INT(usock_listen(path, 0660, (gid_t)-1, &l2), -EADDRINUSE);
	CHECK_INT(usock_accept(l, &s, NULL), 0); /* the probe of who tried */
	close(s);
	CHECK_INT(usock_accept(l, &s, &peer), -EAGAIN);
	CHECK_INT(usock_connect(path, &c), 0);
	CHECK_INT(usock_accept(l, &s, &peer), 0);
	CHECK(peer.pid == getpid() && peer.uid == getuid());
	close(s);
	close(c);
	close(l); /* as if killed: the name stays */
	CHECK_INT(usock_connect(path, &c), -ECONNREFUSED);
	CHECK_INT(usock_listen(path, 0600, (gid_t)-1, &l), 0);
	close(l);
	unlink(path);
	close(open(path, O_CREAT | O_WRONLY, 0600));
	CHECK_INT(usock_listen(path, 0600, (gid_t)-1, &l), -EEXIST); /* somebody's file */
	unlink(path);
	memset(too_long, 'x', sizeof(too_long) - 1);
	too_long[sizeof(too_long) - 1] = '\0';
	CHECK_INT(usock_listen(too_long, 0600, (gid_t)-1, &l), -ENAMETOOLONG);
	rmdir(dir);
}
