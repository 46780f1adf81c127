/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/must.h"

#include "tests/t.h"
#include "tests/unit/ctl/server.h"

static struct server *plain_server(void)
{
	return server_new((struct ctl_config){ 0 });
}

TEST(a_command_is_answered_in_text_and_in_json)
{
	struct server *s = plain_server();
	struct peer p;
	json_t *doc;

	peer_open(&p, s, s->path);
	peer_ask(&p, "echo a b", false);
	CHECK_INT(peer_answer(&p), CMD_OK);
	CHECK_STR(peer_text(&p), "words: a, b\n");
	CHECK_STR(p.error, "");
	peer_ask(&p, "ec a b", true); /* the connection goes on */
	CHECK_INT(peer_answer(&p), CMD_OK);
	doc = json_loads(peer_text(&p), 0, NULL);
	CHECK_INT(json_array_size(json_object_get(doc, "words")), 2);
	json_decref(doc);
	peer_close(&p);
	server_free(s);
}

TEST(a_negative_answer_keeps_what_was_shown_and_says_why)
{
	struct server *s = plain_server();
	struct peer p;
	json_t *doc;

	peer_open(&p, s, s->path);
	peer_ask(&p, "fail 1.1.1.9", false);
	CHECK_INT(peer_answer(&p), CMD_NO);
	CHECK_STR(peer_text(&p), "seen: this far\n");
	CHECK_STR(p.error, "no host \"1.1.1.9\"\\x1b[2J");
	peer_ask(&p, "fail 1.1.1.9", true);
	CHECK_INT(peer_answer(&p), CMD_NO);
	doc = json_loads(peer_text(&p), 0, NULL);
	CHECK_STR(json_string_value(json_object_get(doc, "error")),
	          "no host \"1.1.1.9\"\x1b[2J");
	json_decref(doc);
	peer_close(&p);
	server_free(s);
}

TEST(wrong_words_are_answered_with_what_was_expected)
{
	static const struct {
		const char *words, *error;
	} row[] = {
		{"count",       "expected a number (usage: count N)"                   },
		{ "set things",
                 "unknown word \"things\" after \"set\", expected one of: thing"       },
		{ "sho",        "incomplete command \"show\", expected one of: control"},
		{ "frob",
                 "unknown word \"frob\", expected one of: completions, count, echo, "
		  "fail, help, monitor, set, show"                                     },
	};
	struct server *s = plain_server();
	struct peer p;

	peer_open(&p, s, s->path);
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		json_t *doc;

		peer_ask(&p, row[i].words, false);
		CHECK_INT(peer_answer(&p), CMD_USAGE);
		CHECK_STR(p.error, row[i].error);
		peer_ask(&p, row[i].words, true);
		CHECK_INT(peer_answer(&p), CMD_USAGE);
		doc = json_loads(peer_text(&p), 0, NULL);
		CHECK_STR(json_string_value(json_object_get(doc, "error")),
		          *row[i].words == 'c' ? row[i].error : row[i].error);
		json_decref(doc);
	}
	peer_close(&p);
	server_free(s);
}

TEST(a_request_may_come_byte_by_byte_and_several_at_once)
{
	static const char one[] = "{\"words\":[\"echo\",\"x\"]}\n";
	static const char three[] = "{\"words\":[\"echo\",\"1\"]}\n"
				    "nonsense\n"
				    "{\"words\":[\"echo\",\"3\"]}\n";
	struct server *s = plain_server();
	struct peer p;

	peer_open(&p, s, s->path);
	for (size_t i = 0; i < strlen(one); i++) {
		peer_send(&p, one + i, 1);
		loop_turn(s->loop, 100);
	}
	CHECK_INT(peer_answer(&p), CMD_OK);
	CHECK_STR(peer_text(&p), "words: x\n");
	peer_send(&p, three, strlen(three));
	CHECK_INT(peer_answer(&p), CMD_OK);
	CHECK_STR(peer_text(&p), "words: 1\n");
	CHECK_INT(peer_answer(&p), CMD_USAGE);
	CHECK(!strncmp(p.error, "bad request: not JSON at byte ", 30));
	CHECK_INT(peer_answer(&p), CMD_OK);
	CHECK_STR(peer_text(&p), "words: 3\n");
	CHECK_INT(ctl_stats(s->ctl).requests, 4);
	CHECK_INT(ctl_stats(s->ctl).bad_requests, 1);
	peer_close(&p);
	server_free(s);
}

TEST(requests_before_the_client_shut_its_side_are_all_answered)
{
	static const char two[] =
		"{\"words\":[\"echo\",\"1\"]}\n{\"words\":[\"count\",\"9999\"]}\n"
		"{\"words\":[\"no newline\"]}";
	struct server *s = plain_server();
	struct peer p;

	peer_open(&p, s, s->path);
	peer_send(&p, two, strlen(two));
	CHECK(!shutdown(p.fd, SHUT_WR));
	CHECK_INT(peer_answer(&p), CMD_OK);
	CHECK_INT(peer_answer(&p), CMD_OK);
	peer_until_closed(&p);
	CHECK_INT(ctl_stats(s->ctl).clients, 0);
	CHECK_INT(ctl_stats(s->ctl).requests, 2);
	peer_close(&p);
	server_free(s);
}

TEST(an_oversized_request_is_refused_and_the_client_closed)
{
	struct server *s = plain_server();
	char line[CTL_REQUEST_MAX];
	struct peer p;

	/* The longest that fits: its newline is the last byte. */
	peer_open(&p, s, s->path);
	memset(line, ' ', sizeof(line));
	memcpy(line, "{\"words\":[\"echo\"]}", 18);
	line[sizeof(line) - 1] = '\n';
	peer_send(&p, line, sizeof(line));
	CHECK_INT(peer_answer(&p), CMD_OK);
	line[sizeof(line) - 1] = ' ';
	peer_send(&p, line, sizeof(line));
	peer_send(&p, "\n", 1);
	CHECK_INT(peer_answer(&p), CMD_USAGE);
	CHECK_STR(p.error, "request longer than 4096 bytes");
	peer_until_closed(&p);
	CHECK_INT(ctl_stats(s->ctl).bad_requests, 1);
	peer_close(&p);
	server_free(s);
}

TEST(the_65th_client_is_told_so_and_a_place_that_gets_free_is_used)
{
	struct server *s = plain_server();
	struct peer p[100];

	for (size_t i = 0; i < ARRAY_LEN(p); i++) {
		peer_open(&p[i], s, s->path);
		loop_turn(s->loop, 0);
	}
	for (size_t i = 0; i < ARRAY_LEN(p); i++) {
		if (i < CTL_CLIENTS_MAX) {
			peer_ask(&p[i], "echo", false);
			CHECK_INT(peer_answer(&p[i]), CMD_OK);
			continue;
		}
		CHECK_INT(peer_answer(&p[i]), CMD_NO);
		CHECK_STR(p[i].error, "too many clients (64), try again later");
		peer_until_closed(&p[i]);
	}
	CHECK_INT(ctl_stats(s->ctl).clients, 64);
	CHECK_INT(ctl_stats(s->ctl).refused, 36);
	peer_close(&p[0]);
	while (ctl_stats(s->ctl).clients == 64)
		loop_turn(s->loop, 100);
	peer_open(&p[0], s, s->path);
	peer_ask(&p[0], "echo", false);
	CHECK_INT(peer_answer(&p[0]), CMD_OK);
	for (size_t i = 0; i < ARRAY_LEN(p); i++)
		peer_close(&p[i]);
	server_free(s);
}

TEST(a_long_answer_is_made_no_faster_than_it_is_read)
{
	enum { ROWS = 300000, ROW_BYTES = 35 };
	const char last[] = "\n299999      a row like many others\n";
	struct server *s = plain_server();
	struct peer p, other;
	uint64_t before;

	peer_open(&p, s, s->path);
	peer_ask(&p, "count 300000", false);
	do { /* until nothing more is made for a reader that does not read */
		before = s->rows;
		for (int i = 0; i < 20; i++)
			loop_turn(s->loop, 0);
	} while (s->rows != before || !before);
	/* What waits in us, plus what the kernel keeps for a unix socket. */
	CHECK(s->rows * ROW_BYTES < CTL_OUT_HIGH + (1 << 20));
	peer_open(&other, s, s->path); /* and nobody else waits */
	peer_ask(&other, "echo", false);
	CHECK_INT(peer_answer(&other), CMD_OK);
	CHECK_INT(peer_answer(&p), CMD_OK);
	CHECK_INT(s->rows, ROWS);
	CHECK_INT(buf_left(&p.out), 17 + ROWS * ROW_BYTES);
	CHECK_STR(peer_text(&p) + buf_left(&p.out) - strlen(last), last);
	peer_close(&other);
	peer_close(&p);
	server_free(s);
}

TEST(a_long_answer_is_valid_json)
{
	struct server *s = plain_server();
	struct peer p;
	json_t *doc;

	peer_open(&p, s, s->path);
	peer_ask(&p, "count 5000", true);
	CHECK_INT(peer_answer(&p), CMD_OK);
	doc = json_loads(peer_text(&p), 0, NULL);
	CHECK_INT(json_array_size(json_object_get(doc, "rows")), 5000);
	json_decref(doc);
	peer_close(&p);
	server_free(s);
}

TEST(a_client_that_leaves_in_mid_answer_costs_nothing_more)
{
	struct server *s = plain_server();
	struct peer p;

	peer_open(&p, s, s->path);
	peer_ask(&p, "count 100000000", false);
	while (!s->rows)
		loop_turn(s->loop, 100);
	peer_close(&p);
	while (ctl_stats(s->ctl).clients)
		loop_turn(s->loop, 100);
	CHECK(s->rows < 100000);
	server_free(s);
}

TEST(idle_clients_are_closed_and_so_are_those_that_do_not_read)
{
	struct server *s =
		server_new((struct ctl_config){ .idle_ms = 30, .stall_ms = 60 });
	struct peer idle, stalled, monitor;

	peer_open(&monitor, s, s->path);
	peer_ask(&monitor, "monitor", false);
	peer_open(&idle, s, s->path);
	peer_open(&stalled, s, s->path);
	peer_ask(&stalled, "count 100000000", false);
	while (ctl_stats(s->ctl).timeouts < 2)
		loop_turn(s->loop, 100);
	peer_until_closed(&idle);
	peer_until_closed(&stalled);
	CHECK_INT(ctl_stats(s->ctl).clients, 1); /* a monitor may be silent for ever */
	CHECK(!monitor.closed);
	peer_close(&idle);
	peer_close(&stalled);
	peer_close(&monitor);
	server_free(s);
}

TEST(the_read_only_socket_refuses_what_writes)
{
	struct server *s = plain_server();
	struct peer p;

	peer_open(&p, s, s->ro_path);
	peer_ask(&p, "set thing", false);
	CHECK_INT(peer_answer(&p), CMD_NO);
	CHECK_STR(p.error, "\"set thing\" changes something, this socket is read-only");
	CHECK_STR(peer_text(&p), "");
	CHECK_INT(ctl_stats(s->ctl).denied, 1);
	peer_ask(&p, "echo", false);
	CHECK_INT(peer_answer(&p), CMD_OK);
	peer_close(&p);
	peer_open(&p, s, s->path);
	peer_ask(&p, "set thing", false);
	CHECK_INT(peer_answer(&p), CMD_OK);
	CHECK_STR(peer_text(&p), "set\n");
	peer_close(&p);
	server_free(s);
}

TEST(help_and_completions_come_from_the_table)
{
	struct server *s = plain_server();
	struct peer p;
	json_t *doc;

	peer_open(&p, s, s->path);
	peer_ask(&p, "help set", false);
	CHECK_INT(peer_answer(&p), CMD_OK);
	CHECK_STR(peer_text(&p),
	          "Command                                     Writes  Help\n"
	          "set thing                                   yes     change a thing\n");
	peer_ask(&p, "help frob", false);
	CHECK_INT(peer_answer(&p), CMD_NO);
	peer_ask(&p, "completions c", false);
	CHECK_INT(peer_answer(&p), CMD_OK);
	CHECK_STR(peer_text(&p), "completions\ncount\n");
	peer_ask(&p, "completions set ", true); /* an empty last word: any */
	CHECK_INT(peer_answer(&p), CMD_OK);
	doc = json_loads(peer_text(&p), 0, NULL);
	CHECK_STR(json_string_value(
			  json_array_get(json_object_get(doc, "candidates"), 0)),
	          "thing");
	json_decref(doc);
	peer_ask(&p, "show control", true);
	CHECK_INT(peer_answer(&p), CMD_OK);
	doc = json_loads(peer_text(&p), 0, NULL);
	CHECK_INT(json_integer_value(json_object_get(doc, "requests")), 5);
	json_decref(doc);
	peer_close(&p);
	server_free(s);
}

/* Socket files. */

static int listen_at(const char *path, const char *group, char err[256])
{
	const struct ctl_config cfg = { .path = path, .group = group };
	struct loop *loop = loop_new();
	struct ctl *ctl = NULL;
	int r = ctl_new(loop, &cfg, &ctl, err);

	CHECK(r ? !ctl : !!ctl);
	ctl_free(ctl);
	loop_free(loop);
	return r;
}

TEST(a_socket_nobody_listens_on_is_replaced_and_one_in_use_is_not)
{
	struct server *s = plain_server();
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	char err[256], want[256];
	struct stat st;
	struct peer p;
	int fd;

	CHECK_INT(listen_at(s->path, NULL, err), -EADDRINUSE);
	snprintf(want, sizeof(want), "control socket %s: a daemon already answers there",
	         s->path);
	CHECK_STR(err, want);
	CHECK(!stat(s->path, &st));
	CHECK_INT(st.st_mode & 07777, 0660);
	peer_open(&p, s, s->path); /* the first one still answers */
	peer_ask(&p, "echo", false);
	CHECK_INT(peer_answer(&p), CMD_OK);
	peer_close(&p);

	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s/stale", s->dir);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	CHECK(!bind(fd, (const struct sockaddr *)&sa, sizeof(sa)));
	close(fd);
	CHECK_INT(listen_at(sa.sun_path, NULL, err), 0);
	CHECK(access(sa.sun_path, F_OK)); /* removed when it was done */
	server_free(s);
}

TEST(a_path_that_cannot_be_listened_on_is_named_with_the_reason)
{
	char path[200] = "/tmp/", err[256];

	memset(path + 5, 'x', 150);
	CHECK_INT(listen_at(path, NULL, err), -ENAMETOOLONG);
	CHECK(strstr(err, "155 characters, at most 107 fit"));
	CHECK_INT(listen_at("/nonexistent/vsubnet.sock", NULL, err), -ENOENT);
	CHECK_STR(err, "control socket /nonexistent/vsubnet.sock: cannot listen: "
	               "No such file or directory");
	CHECK_INT(listen_at("/tmp/never", "no-such-group", err), -ENOENT);
	CHECK_STR(err, "control socket: no group \"no-such-group\" on this system");
	CHECK(access("/tmp/never", F_OK));
}

TEST(a_file_that_is_no_socket_is_left_alone)
{
	char path[] = "/tmp/vsubnet-ctl-file-XXXXXX", err[256];
	int fd = mkstemp(path);

	CHECK(fd >= 0);
	CHECK(listen_at(path, NULL, err) < 0);
	CHECK(!access(path, F_OK));
	close(fd);
	unlink(path);
}
