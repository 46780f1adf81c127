/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sys/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/t.h"

struct fix {
	char dir[64];
	struct loop *loop;
	struct spool *s;
	int err, failures;
	unsigned closed;
	uint64_t octets, lost;
	bool room;
};

static void on_failed(void *arg, unsigned file, int err, const char *path)
{
	struct fix *f = arg;

	f->err = err;
	f->failures++;
}

static void on_closed(void *arg, unsigned file, uint64_t octets, uint64_t lost)
{
	struct fix *f = arg;

	f->closed |= 1u << file;
	f->octets = octets;
	f->lost = lost;
}

static void on_room(void *arg)
{
	((struct fix *)arg)->room = true;
}

static void fix_init(struct fix *f)
{
	const struct spool_ops ops = { on_failed, on_closed, on_room, f };

	*f = (struct fix){ 0 };
	strcpy(f->dir, "/tmp/spool.XXXXXX");
	CHECK(mkdtemp(f->dir));
	f->loop = loop_new();
	f->s = spool_new(f->loop, NULL, &ops);
}

static void fix_fini(struct fix *f)
{
	char cmd[128];

	spool_free(f->s);
	loop_free(f->loop);
	snprintf(cmd, sizeof(cmd), "rm -r %s", f->dir);
	CHECK_INT(system(cmd), 0);
}

static const char *path(struct fix *f, const char *name)
{
	static char buf[128];

	snprintf(buf, sizeof(buf), "%s/%s", f->dir, name);
	return buf;
}

#define UNTIL(f, cond)                                      \
	do {                                                \
		for (int i_ = 0; !(cond) && i_ < 500; i_++) \
			loop_turn((f)->loop, 10);           \
		CHECK(cond);                                \
	} while (0)

/* The whole file, or -1. */
static long file_read(const char *name, char *buf, size_t cap)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = read(fd, buf, cap);
	close(fd);
	return (long)n;
}

TEST(a_whole_file_appears_when_it_is_complete)
{
	char buf[64];
	struct fix f;

	fix_init(&f);
	CHECK_INT(spool_open(f.s, 0, path(&f, "a/b/table"), true), 0);
	CHECK(spool_write(f.s, 0, "hello ", 6));
	UNTIL(&f, file_read(path(&f, "a/b/table.part"), buf, 64) == 6);
	CHECK_INT(file_read(path(&f, "a/b/table"), buf, 64), -1);
	CHECK(spool_write(f.s, 0, "world", 5));
	spool_close(f.s, 0);
	UNTIL(&f, f.closed);
	CHECK_INT(f.octets, 11);
	CHECK_INT(f.lost, 0);
	CHECK_INT(file_read(path(&f, "a/b/table"), buf, 64), 11);
	CHECK_MEM(buf, "hello world", 11);
	CHECK_INT(file_read(path(&f, "a/b/table.part"), buf, 64), -1);
	CHECK_INT(f.failures, 0);
	CHECK(!spool_write(f.s, 0, "x", 1)); /* it is closed */
	fix_fini(&f);
}

TEST(a_growing_file_is_there_at_once_and_appended_to)
{
	char buf[64];
	struct fix f;

	fix_init(&f);
	for (int i = 0; i < 2; i++) {
		f.closed = 0;
		CHECK_INT(spool_open(f.s, 3, path(&f, "log"), false), 0);
		CHECK(spool_write(f.s, 3, "abc", 3));
		UNTIL(&f, file_read(path(&f, "log"), buf, 64) == 3 * (i + 1));
		spool_close(f.s, 3);
		UNTIL(&f, f.closed == 1u << 3);
	}
	fix_fini(&f);
}

TEST(a_full_disk_costs_whole_pieces_and_is_told_once)
{
	const struct rlimit small = { 10, RLIM_INFINITY },
			    none = { RLIM_INFINITY, RLIM_INFINITY };
	char buf[64];
	struct fix f;

	fix_init(&f);
	CHECK(!setrlimit(RLIMIT_FSIZE, &small)); /* the writer inherits it */
	CHECK_INT(spool_open(f.s, 1, path(&f, "log"), false), 0);
	CHECK(!setrlimit(RLIMIT_FSIZE, &none));
	CHECK(spool_write(f.s, 1, "12345678", 8));
	CHECK(spool_write(f.s, 1, "too many", 8));
	CHECK(spool_write(f.s, 1, "still so", 8));
	CHECK(spool_write(f.s, 1, "90", 2));
	spool_close(f.s, 1);
	UNTIL(&f, f.closed);
	CHECK_INT(f.failures, 1);
	CHECK_INT(f.err, -EFBIG);
	CHECK_INT(f.lost, 2);
	CHECK_INT(f.octets, 10);
	CHECK_INT(file_read(path(&f, "log"), buf, 64), 10);
	CHECK_MEM(buf, "1234567890", 10);

	/* A whole file with a hole is none. */
	f.closed = 0;
	CHECK_INT(spool_open(f.s, 1, path(&f, "table"), true), 0);
	CHECK(spool_write(f.s, 1, "more than ten", 13));
	spool_close(f.s, 1);
	UNTIL(&f, f.closed);
	CHECK_INT(f.failures, 2);
	CHECK_INT(file_read(path(&f, "table"), buf, 64), -1);
	CHECK_INT(file_read(path(&f, "table.part"), buf, 64), -1);
	fix_fini(&f);
}

TEST(what_is_no_plain_file_is_refused)
{
	struct fix f;

	fix_init(&f);
	CHECK(!mkfifo(path(&f, "fifo"), 0600));
	CHECK(!symlink("/etc/passwd", path(&f, "link")));
	CHECK_INT(spool_open(f.s, 0, "relative", false), 0);
	UNTIL(&f, f.failures == 1);
	CHECK_INT(f.err, -EINVAL);
	CHECK_INT(spool_open(f.s, 0, path(&f, "fifo"), false), 0);
	UNTIL(&f, f.failures == 2);
	CHECK_INT(spool_open(f.s, 0, path(&f, "link"), false), 0);
	UNTIL(&f, f.failures == 3);
	CHECK_INT(f.err, -ELOOP);
	CHECK_INT(spool_open(f.s, 0, "/dev/null", false), 0);
	UNTIL(&f, f.failures == 4);
	fix_fini(&f);
}

/* The latest; earlier ones may not have been waited for yet. */
static pid_t child(void)
{
	char name[64], text[256] = "", *last = text;
	FILE *in;

	snprintf(name, sizeof(name), "/proc/self/task/%d/children", (int)getpid());
	in = fopen(name, "re");
	CHECK(in && fgets(text, sizeof(text), in));
	fclose(in);
	for (char *w = strtok(text, " "); w; w = strtok(NULL, " "))
		last = w;
	return (pid_t)atoi(last);
}

/* It ran to its end, and was waited for already or not. */
static bool has_ended(pid_t pid)
{
	siginfo_t si = { 0 };

	return waitid(P_PID, (id_t)pid, &si, WEXITED | WNOHANG | WNOWAIT) ||
	       si.si_pid == pid;
}

TEST(a_stopped_writer_fills_no_memory_and_a_killed_one_is_replaced)
{
	static char piece[SPOOL_PIECE];
	size_t taken = 0;
	struct fix f;
	pid_t pid;

	fix_init(&f);
	CHECK_INT(spool_open(f.s, 0, path(&f, "log"), false), 0);
	pid = child();
	CHECK(pid > 1 && !kill(pid, SIGSTOP));
	CHECK_INT(waitpid(pid, NULL, WUNTRACED), pid);
	while (spool_write(f.s, 0, piece, sizeof(piece)))
		taken++;
	CHECK(taken < 64 && taken >= SPOOL_LIMIT / SPOOL_PIECE);
	CHECK(spool_waiting(f.s) <= SPOOL_LIMIT + SPOOL_PIECE);
	CHECK(!f.room);
	CHECK(!kill(pid, SIGCONT));
	UNTIL(&f, f.room && !spool_waiting(f.s));
	CHECK(!kill(pid, SIGKILL));
	UNTIL(&f, f.failures == 1);
	CHECK_INT(f.err, -EPIPE);
	CHECK(!spool_write(f.s, 0, "x", 1));
	UNTIL(&f, has_ended(pid));
	CHECK_INT(spool_open(f.s, 0, path(&f, "log"), false), 0);
	CHECK(kill(pid, 0) && errno == ESRCH); /* no zombie either */
	CHECK(spool_write(f.s, 0, "x", 1));
	spool_close(f.s, 0);
	UNTIL(&f, f.closed);
	fix_fini(&f);
}
