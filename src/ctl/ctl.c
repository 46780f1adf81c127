/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/ctl.h"

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "ctl/ctl_int.h"
#include "ctl/frame.h"
#include "sys/log.h"
#include "sys/usock.h"

enum {
	CTL_MODE = 0660,
	CTL_ACCEPTS = 16,     /* a loop turn */
	CTL_AGAIN_MS = 1000,  /* out of descriptors: try accept() again after */
	CTL_EVENT_LINE = 256, /* first guess */
};

static void ctl_refuse(struct ctl *ctl, int fd)
{
	struct buf out = { 0 };
	char text[80];

	ctl->stats.refused++;
	snprintf(text, sizeof(text), "too many clients (%u), try again later",
	         ctl->clients_max);
	frame_put(&out, FRAME_ERROR, text, strlen(text));
	frame_status(&out, CMD_NO);
	/* A new socket has room for it; if not, the close says enough. */
	(void)!send(fd, buf_head(&out), buf_left(&out), MSG_NOSIGNAL);
	buf_fini(&out);
	close(fd);
}

static void ctl_accept(void *arg, unsigned ready)
{
	struct ctl_listener *l = arg;
	int fd, r = 0;

	for (int i = 0; i < CTL_ACCEPTS && !r; i++) {
		r = usock_accept(l->fd, &fd, /* ret_peer= */ NULL);
		if (r)
			break;
		if (l->ctl->stats.clients < l->ctl->clients_max)
			client_new(l->ctl, fd, l->read_only);
		else
			ctl_refuse(l->ctl, fd);
	}
	if (r == -EMFILE || r == -ENFILE || r == -ENOMEM || r == -ENOBUFS) {
		loop_fd_want(l->io, 0);
		loop_timer_set(&l->again,
		               mono_add_ms(loop_now(l->ctl->loop), CTL_AGAIN_MS));
	}
}

static void ctl_accept_again(void *arg)
{
	struct ctl_listener *l = arg;

	loop_fd_want(l->io, LOOP_READ);
}

static int ctl_listen(struct ctl_listener *l, const char *path, mode_t mode, gid_t group,
                      char err[256])
{
	struct stat st;
	int r = usock_listen(path, mode, group, &l->fd);

	if (r == -ENAMETOOLONG || (!r && strlen(path) >= sizeof(l->path)))
		snprintf(err, 256,
		         "control socket %.100s…: %zu characters, at most %zu fit", path,
		         strlen(path), sizeof(l->path) - 1);
	else if (r == -EADDRINUSE)
		snprintf(err, 256, "control socket %s: a daemon already answers there",
		         path);
	else if (r)
		snprintf(err, 256, "control socket %s: cannot listen: %s", path,
		         strerror(-r));
	if (r)
		return r;
	snprintf(l->path, sizeof(l->path), "%s", path);
	if (!stat(path, &st)) {
		l->dev = st.st_dev;
		l->ino = st.st_ino;
	}
	loop_timer_init(&l->again, l->ctl->loop, ctl_accept_again, l);
	l->io = loop_fd_add(l->ctl->loop, l->fd, LOOP_READ, ctl_accept, l);
	return 0;
}

static int ctl_group(const char *name, gid_t *ret, char err[256])
{
	struct group *g;

	*ret = (gid_t)-1;
	if (!name)
		return 0;
	g = getgrnam(name);
	if (!g) {
		snprintf(err, 256, "control socket: no group \"%.64s\" on this system",
		         name);
		return -ENOENT;
	}
	*ret = g->gr_gid;
	return 0;
}

int ctl_new(struct loop *loop, const struct ctl_config *cfg, struct ctl **ret,
            char err[256])
{
	struct ctl *ctl = mem_new(struct ctl);
	mode_t mode = cfg->mode ? cfg->mode : CTL_MODE;
	gid_t group;
	int r;

	ctl->loop = loop;
	list_init(&ctl->clients);
	ctl->clients_max = cfg->clients_max ? cfg->clients_max : CTL_CLIENTS_MAX;
	ctl->idle_ms = cfg->idle_ms ? cfg->idle_ms : CTL_IDLE_MS;
	ctl->stall_ms = cfg->stall_ms ? cfg->stall_ms : CTL_STALL_MS;
	for (size_t i = 0; i < ARRAY_LEN(ctl->listener); i++)
		ctl->listener[i] =
			(struct ctl_listener){ .ctl = ctl, .read_only = i, .fd = -1 };
	r = ctl_group(cfg->group, &group, err);
	if (!r)
		r = ctl_listen(&ctl->listener[0], cfg->path, mode, group, err);
	if (!r && cfg->ro_path)
		r = ctl_listen(&ctl->listener[1], cfg->ro_path, mode, group, err);
	if (r) {
		ctl_free(ctl);
		return r;
	}
	ctl_register(ctl, ctl_builtin, ctl_builtin_n, ctl);
	*ret = ctl;
	return 0;
}

static void ctl_unlisten(struct ctl_listener *l)
{
	struct stat st;

	if (l->fd < 0)
		return;
	loop_timer_cancel(&l->again);
	loop_fd_del(l->io);
	if (!stat(l->path, &st) && st.st_dev == l->dev && st.st_ino == l->ino)
		unlink(l->path);
	close(l->fd);
}

void ctl_free(struct ctl *ctl)
{
	if (!ctl)
		return;
	list_for_safe(c, &ctl->clients, struct client, link)
		client_free(c);
	for (size_t i = 0; i < ARRAY_LEN(ctl->listener); i++)
		ctl_unlisten(&ctl->listener[i]);
	words_fini(&ctl->words);
	free(ctl);
}

void ctl_register(struct ctl *ctl, const struct cmd *cmds, size_t n, void *arg)
{
	for (size_t i = 0; i < n; i++)
		words_add(&ctl->words, &cmds[i], arg);
}

struct ctl_stats ctl_stats(const struct ctl *ctl)
{
	return ctl->stats;
}

void ctl_event_line(struct buf *out, bool json, const char *topic,
                    void (*fill)(void *arg, struct view *v), void *arg)
{
	char time[LOG_TIME_STRLEN];
	struct timespec now;
	struct writer *w;
	struct view *v;

	clock_gettime(CLOCK_REALTIME, &now);
	log_time_fmt(now.tv_sec * 1000000 + now.tv_nsec / 1000, time);
	if (!json)
		buf_printf(out, "%s %s", time, topic);
	w = writer_new(json ? WRITER_JSON_LINE : WRITER_TEXT_LINE, out);
	v = writer_view(w);
	if (json) {
		view_str(v, "time", time);
		view_str(v, "topic", topic);
	}
	fill(arg, v);
	writer_finish(w, /* error= */ NULL);
	writer_free(w);
}

void ctl_event(struct ctl *ctl, const char *topic,
               void (*fill)(void *arg, struct view *v), void *arg)
{
	struct buf line[2] = { 0 }; /* text, JSON */
	bool heard = false;

	list_for(c, &ctl->clients, struct client, link) {
		struct buf *b = &line[c->words.json];

		if (!client_wants(c, topic))
			continue;
		if (!buf_left(b))
			ctl_event_line(b, c->words.json, topic, fill, arg);
		client_event(c, b);
		heard = true;
	}
	ctl->stats.events += heard;
	buf_fini(&line[0]);
	buf_fini(&line[1]);
}
