/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/ctl/server.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cur.h"
#include "base/mem.h"
#include "ctl/frame.h"
#include "sys/usock.h"

#include "tests/t.h"

enum {
	COUNT_PORTION = 200,
	TURN_MS = 20,
	TURNS_MAX = 5000, /* then what is waited for will not come */
};

static enum cmd_status echo_run(void *arg, struct cmd_req *req)
{
	view_arr(req->view, "words");
	for (int i = 0; i < req->argc; i++)
		view_str(req->view, NULL, req->argv[i]);
	view_end(req->view);
	return CMD_OK;
}

/* So many rows, a portion a call: what `show bgp routes` is made like. */
static enum cmd_status count_run(void *arg, struct cmd_req *req)
{
	static const struct view_col col[] = {
		{"n",     "N",    12},
                { "text", "Text", 0 }
	};
	struct server *s = arg;
	uint64_t to = req->argc ? strtoull(req->argv[0], NULL, 10) : 0;

	if (req->argc != 1)
		return cmd_fail(req, CMD_USAGE, "expected a number");
	if (!req->pos)
		view_table(req->view, "rows", col, ARRAY_LEN(col));
	for (int i = 0; i < COUNT_PORTION && req->pos < to; i++, req->pos++, s->rows++) {
		view_num(req->view, NULL, (int64_t)req->pos);
		view_str(req->view, NULL, "a row like many others");
	}
	if (req->pos < to)
		return CMD_MORE;
	view_table_end(req->view);
	return CMD_OK;
}

static enum cmd_status fail_run(void *arg, struct cmd_req *req)
{
	view_str(req->view, "seen", "this far");
	return cmd_fail(req, CMD_NO, "no host \"%s\"\x1b[2J",
	                req->argc ? req->argv[0] : "");
}

static enum cmd_status set_run(void *arg, struct cmd_req *req)
{
	view_note(req->view, "set");
	return CMD_OK;
}

static const struct cmd cmds[] = {
	{"echo",       "[WORD…]", "show the words", false, echo_run },
	{ "count",     "N",         "count to N",     false, count_run},
	{ "fail",      "[HOST]",    "answer no",      false, fail_run },
	{ "set thing", "",          "change a thing", true,  set_run  },
};

struct server *server_new(struct ctl_config cfg)
{
	struct server *s = mem_new(struct server);
	char err[256] = "";

	strcpy(s->dir, "/tmp/vsubnet-ctl-XXXXXX");
	CHECK(mkdtemp(s->dir));
	snprintf(s->path, sizeof(s->path), "%s/rw", s->dir);
	snprintf(s->ro_path, sizeof(s->ro_path), "%s/ro", s->dir);
	cfg.path = s->path;
	cfg.ro_path = s->ro_path;
	s->loop = loop_new();
	if (ctl_new(s->loop, &cfg, &s->ctl, err))
		t_fail(__FILE__, __LINE__, "%s", err);
	ctl_register(s->ctl, cmds, ARRAY_LEN(cmds), s);
	return s;
}

void server_free(struct server *s)
{
	ctl_free(s->ctl);
	CHECK(access(s->path, F_OK) && access(s->ro_path, F_OK));
	loop_free(s->loop);
	CHECK(!rmdir(s->dir));
	free(s);
}

void peer_open(struct peer *p, struct server *s, const char *path)
{
	*p = (struct peer){ .s = s, .status = -1 };
	CHECK_INT(usock_connect(path, &p->fd), 0);
}

void peer_close(struct peer *p)
{
	close(p->fd);
	buf_fini(&p->in);
	buf_fini(&p->out);
}

void peer_send(struct peer *p, const char *bytes, size_t n)
{
	CHECK_INT(send(p->fd, bytes, n, MSG_NOSIGNAL), n);
}

void peer_ask(struct peer *p, const char *words, bool json)
{
	struct buf line = { 0 };

	buf_printf(&line, "{\"words\":[\"");
	for (const char *s = words; *s; s++) {
		if (*s == ' ')
			buf_printf(&line, "\",\"");
		else
			buf_put(&line, s, 1);
	}
	buf_printf(&line, "\"],\"format\":\"%s\"}\n", json ? "json" : "text");
	peer_send(p, (const char *)buf_head(&line), buf_left(&line));
	buf_fini(&line);
}

static void peer_frame(struct peer *p, uint8_t type, const uint8_t *data, size_t n)
{
	switch (type) {
	case FRAME_OUT: buf_put(&p->out, data, n); return;
	case FRAME_ERROR:
		snprintf(p->error, sizeof(p->error), "%.*s", (int)n, (const char *)data);
		return;
	case FRAME_STATUS:
		CHECK_INT(n, 1);
		p->status = *data;
		return;
	default: t_fail(__FILE__, __LINE__, "frame type %d", type);
	}
}

void peer_read(struct peer *p, size_t max)
{
	ssize_t n = recv(p->fd, buf_reserve(&p->in, max), max, MSG_DONTWAIT);

	p->closed |= n == 0 || (n < 0 && errno == ECONNRESET);
	if (n > 0)
		buf_commit(&p->in, (size_t)n);
	while (p->status < 0 && buf_left(&p->in) >= FRAME_HEAD) {
		struct cur c = cur_of(buf_head(&p->in), buf_left(&p->in));
		size_t len = cur_u32(&c);
		uint8_t type = cur_u8(&c);
		const uint8_t *data = cur_bytes(&c, len);

		CHECK(len > 0 && len <= FRAME_MAX);
		if (!data)
			break;
		peer_frame(p, type, data, len);
		buf_consume(&p->in, FRAME_HEAD + len);
	}
}

int peer_answer(struct peer *p)
{
	p->status = -1;
	p->error[0] = '\0';
	buf_consume(&p->out, buf_left(&p->out));
	peer_read(p, 1 << 16);
	for (int i = 0; p->status < 0 && !p->closed; i++) {
		CHECK(i < TURNS_MAX);
		loop_turn(p->s->loop, TURN_MS);
		peer_read(p, 1 << 16);
	}
	return p->status;
}

void peer_until_closed(struct peer *p)
{
	for (int i = 0; !p->closed; i++) {
		CHECK(i < TURNS_MAX);
		loop_turn(p->s->loop, TURN_MS);
		peer_read(p, 1 << 16);
	}
}

const char *peer_text(struct peer *p)
{
	buf_put(&p->out, "", 1);
	p->out.len--;
	return (const char *)buf_head(&p->out);
}
