/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <jansson.h>

#include "tests/t.h"
#include "tests/unit/ctl/server.h"

static unsigned filled; /* how often an event was written */

static void fill_host(void *arg, struct view *v)
{
	filled++;
	view_str(v, "host", *(const char **)arg);
	view_num(v, "seq", 4);
}

static void happen(struct server *s, const char *topic, const char *host)
{
	ctl_event(s->ctl, topic, fill_host, &host);
}

/* Read until there are n lines; the last one without its newline, behind its time. */
static const char *line(struct peer *p, unsigned n)
{
	static char got[512];
	const char *s;

	for (int i = 0; i < 5000; i++) {
		unsigned lines = 0;
		const char *from = s = peer_text(p);

		for (; (s = strchr(s, '\n')); s++) {
			if (++lines == n) {
				snprintf(got, sizeof(got), "%.*s", (int)(s - from), from);
				return got + (got[0] == '2' ? 28 : 0);
			}
			from = s + 1;
		}
		loop_turn(p->s->loop, 20);
		peer_read(p, 1 << 16);
	}
	t_fail(__FILE__, __LINE__, "line %u never came, only: %s", n, peer_text(p));
}

static void listen_to(struct peer *p, struct server *s, const char *words, bool json)
{
	peer_open(p, s, s->path);
	peer_ask(p, words, json);
	line(p, 1);
}

TEST(a_monitor_is_told_what_happens_in_its_topics)
{
	struct server *s = server_new((struct ctl_config){ 0 });
	struct peer all, some, json;
	json_t *doc;

	listen_to(&all, s, "monitor", false);
	CHECK_STR(line(&all, 1), "monitor listening=all");
	listen_to(&some, s, "monitor bgp vrf", false);
	CHECK_STR(line(&some, 1), "monitor listening=bgp,vrf");
	listen_to(&json, s, "monitor host", true);
	filled = 0;
	happen(s, "host-moved", "1.1.1.3");
	CHECK_INT(filled, 2); /* once a format, not once a listener */
	happen(s, "hosts", "1.1.1.4");
	happen(s, "bgp", "a b");
	CHECK_STR(line(&all, 2), "host-moved host=1.1.1.3 seq=4");
	CHECK_STR(line(&all, 3), "hosts host=1.1.1.4 seq=4");
	CHECK_STR(line(&all, 4), "bgp host=\"a b\" seq=4");
	CHECK_STR(line(&some, 2), "bgp host=\"a b\" seq=4");
	doc = json_loads(line(&json, 2), 0, NULL);
	CHECK_STR(json_string_value(json_object_get(doc, "topic")), "host-moved");
	CHECK_STR(json_string_value(json_object_get(doc, "host")), "1.1.1.3");
	CHECK(json_string_value(json_object_get(doc, "time")));
	json_decref(doc);
	CHECK_INT(ctl_stats(s->ctl).events, 3);
	peer_close(&all);
	peer_close(&some);
	peer_close(&json);
	server_free(s);
}

TEST(an_event_nobody_listens_to_is_not_even_written)
{
	struct server *s = server_new((struct ctl_config){ 0 });
	struct peer p;

	peer_open(&p, s, s->path);
	peer_ask(&p, "echo", false);
	CHECK_INT(peer_answer(&p), CMD_OK);
	filled = 0;
	happen(s, "host", "1.1.1.3");
	CHECK_INT(filled, 0);
	CHECK_INT(ctl_stats(s->ctl).events, 0);
	peer_close(&p);
	server_free(s);
}

TEST(a_monitor_ends_when_its_client_asks_something_else)
{
	struct server *s = server_new((struct ctl_config){ 0 });
	struct peer p;

	listen_to(&p, s, "monitor", false);
	peer_ask(&p, "echo x", false);
	CHECK_INT(peer_answer(&p), CMD_OK); /* of the monitor */
	CHECK_INT(peer_answer(&p), CMD_OK);
	CHECK_STR(peer_text(&p), "words: x\n");
	filled = 0;
	happen(s, "host", "1.1.1.3");
	CHECK_INT(filled, 0);
	peer_close(&p);
	server_free(s);
}

/*
 * Events are numbered by their hosts: returns the one that must come next, having checked
 * that none is missing but where a line says so.
 */
static unsigned next_of(struct peer *p, uint64_t *ret_lost)
{
	unsigned next = 0;

	*ret_lost = 0;
	for (const char *s = peer_text(p), *end; (end = strchr(s, '\n')); s = end + 1) {
		unsigned long n;

		if (sscanf(s + 28, "monitor lost=%lu", &n) == 1) {
			*ret_lost += n;
			next += (unsigned)n;
		} else if (sscanf(s + 28, "host host=%lu", &n) == 1) {
			CHECK_INT(n, next);
			next++;
		}
	}
	return next;
}

TEST(a_monitor_that_does_not_read_loses_events_and_is_told_how_many)
{
	enum { EVENTS = 20000 };
	struct server *s = server_new((struct ctl_config){ 0 });
	struct peer slow, quick;
	uint64_t lost = 0, none = 0;
	char host[16];

	listen_to(&slow, s, "monitor", false);
	listen_to(&quick, s, "monitor", false);
	for (int i = 0; i < EVENTS; i++) {
		snprintf(host, sizeof(host), "%d", i);
		happen(s, "host", host);
		if (i % 500 == 0) {
			if (i > EVENTS / 2) /* a little, not enough: it stays behind */
				peer_read(&slow, 15000);
			loop_turn(s->loop, 0);
			peer_read(&quick, 1 << 16);
		}
	}
	CHECK(ctl_stats(s->ctl).events_lost > 0);
	for (int i = 0; i < 5000 && next_of(&slow, &lost) < EVENTS; i++) {
		loop_turn(s->loop, 20);
		peer_read(&slow, 1 << 16);
	}
	CHECK_INT(next_of(&slow, &lost), EVENTS);
	CHECK_INT(lost, ctl_stats(s->ctl).events_lost);
	happen(s, "host", "again"); /* and it goes on */
	for (int i = 0; i < 5000 && !strstr(peer_text(&slow), "again"); i++) {
		loop_turn(s->loop, 20);
		peer_read(&slow, 1 << 16);
	}
	CHECK(strstr(peer_text(&slow), "again"));
	for (int i = 0; i < 5000 && next_of(&quick, &none) < EVENTS; i++) {
		loop_turn(s->loop, 20);
		peer_read(&quick, 1 << 16);
	}
	CHECK_INT(none, 0); /* who reads loses nothing */
	peer_close(&slow);
	peer_close(&quick);
	server_free(s);
}
