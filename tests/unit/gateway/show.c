/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/buf.h"

#include "tests/unit/gateway/world.h"

#define C "02:aa:00:00:00:0c"

/* A writer that puts every cell before a bar, and a row on a line. */
struct recorder {
	struct view v;
	struct buf text;
	size_t cols, cell;
};

static struct recorder *rec(struct view *v)
{
	return container_of(v, struct recorder, v);
}

static void put(struct view *v, const char *key, const char *s)
{
	struct recorder *r = rec(v);

	if (key)
		buf_printf(&r->text, "%s=%s\n", key, s ? s : "-");
	else
		buf_printf(&r->text, "%s%s", s ? s : "-",
		           ++r->cell % r->cols ? "|" : "\n");
}

static void v_open(struct view *v, const char *key, bool array)
{
	buf_printf(&rec(v)->text, "%s:\n", key);
}

static void v_close(struct view *v)
{
}

static void v_num(struct view *v, const char *key, int64_t val)
{
	char s[24];

	snprintf(s, sizeof(s), "%lld", (long long)val);
	put(v, key, s);
}

static void v_age(struct view *v, const char *key, int64_t seconds)
{
	char s[VIEW_AGE_STRLEN];

	put(v, key, view_age_fmt(seconds, s));
}

static void v_table(struct view *v, const char *key, const struct view_col *col, size_t n)
{
	buf_printf(&rec(v)->text, "%s:\n", key);
	rec(v)->cols = n;
	rec(v)->cell = 0;
}

static void v_table_end(struct view *v)
{
	CHECK_INT(rec(v)->cell % rec(v)->cols, 0);
}

static const struct view_ops ops = { .open = v_open,
	                             .close = v_close,
	                             .str = put,
	                             .num = v_num,
	                             .table = v_table,
	                             .table_end = v_table_end,
	                             .age = v_age };

/* The command's whole answer; n: in how many goes. */
static char *run(struct world *w, const char *words, int argc, enum cmd_status want,
                 unsigned *n)
{
	static const char *const more[] = { "more" };
	struct recorder r = { .v = { &ops } };
	struct cmd_req req = { .view = &r.v, .argc = argc, .argv = more };
	enum cmd_status st = CMD_MORE;

	for (*n = 0; st == CMD_MORE; ++*n) {
		for (size_t i = 0; i < gw_dhcp_cmds_n; i++) {
			if (!strcmp(gw_dhcp_cmds[i].words, words))
				st = gw_dhcp_cmds[i].run(w->g, &req);
		}
	}
	CHECK_INT(st, want);
	if (st == CMD_USAGE)
		CHECK_STR(req.error, "expected nothing more, found \"more\"");
	buf_put(&r.text, "", 1);
	return (char *)r.text.p;
}

static void check(struct world *w, const char *words, const char *part)
{
	unsigned n;
	AUTO_FREE char *text = run(w, words, 0, CMD_OK, &n);

	if (!strstr(text, part))
		t_fail(__FILE__, __LINE__, "not in the answer: %s\n%s", part, text);
	CHECK_INT(n, 1);
}

TEST(relays_messages_and_drops_are_shown)
{
	struct world *w = w_new();
	struct prefix p = w_prefix("1.1.0.0/16");

	w_hear(w, AC1, "discover");
	w_hear(w, AC1, "hidden-82");
	w_answer(w, "ack-relayed");
	w_hear(w, AC1, "solicit6");
	w_answer(w, "relay-repl6");
	gw_dhcp_master(w->g, VRF, &p, AC2, false);
	check(w, "show dhcp",
	      "relays:\n"
	      "blue|lan|eth0.100|master|10.255.0.11|2|1|1|0\n"
	      "blue|lan|eth1|backup|10.255.0.11|2|0|0|0\n"
	      "blue|lan|eth0.100|master|2001:db8:ff::11|2|1|1|0\n"
	      "blue|lan|eth1|master|2001:db8:ff::11|2|0|0|0\n"
	      "messages:\n"
	      "DHCP|DISCOVER|1|0\n"
	      "DHCP|ACK|0|1\n"
	      "DHCPv6|SOLICIT|1|0\n"
	      "DHCPv6|REPLY|0|1\n"
	      "counters:\n"
	      "to-servers=4\n"
	      "to-hosts=2\n"
	      "leases=2\n");
	check(w, "show dhcp", "foreign-relay-information=1\n");
	check(w, "show dhcp leases",
	      "leases:\n"
	      "blue|1.1.1.2|" C "|eth0.100|bound|1h00m|10.0.0.67\n"
	      "blue|2001:db8:1::2|" C "|eth0.100|bound|1h00m|2001:db8:5::547\n");
	w->now = mono_add_ms(w->now, 3599 * 1000);
	check(w, "show dhcp leases", "|bound|1s|");
	w->now = mono_add_ms(w->now, 1000);
	check(w, "show dhcp leases", "leases:\n"); /* over */
	w_free(w);
}

TEST(every_counter_has_a_name)
{
	for (unsigned i = 0; i < GW_DHCP_N_END; i++)
		CHECK(strlen(gw_dhcp_counter_text(i)) > 0);
}

TEST(a_word_too_much_is_told)
{
	struct world *w = w_new();
	unsigned n;

	free(run(w, "show dhcp", 1, CMD_USAGE, &n));
	free(run(w, "show dhcp leases", 1, CMD_USAGE, &n));
	w_free(w);
}

TEST(a_thousand_leases_are_shown_in_goes_each_once)
{
	struct world *w = w_new();
	unsigned n, rows = 0;
	char *text;

	for (unsigned i = 0; i < 1100; i++) {
		uint8_t raw[600];
		struct mac src;
		size_t len = w_load("ack-relayed", raw, sizeof(raw), &src);

		raw[20 + 8 + 18] = (uint8_t)(10 + i / 250); /* yiaddr */
		raw[20 + 8 + 19] = (uint8_t)(1 + i % 250);
		memset(raw + 20 + 6, 0, 2); /* no checksum */
		gw_dhcp_answer(w->g, VRF, raw, len, w->now);
		w->n = w->n_leases = 0;
	}
	text = run(w, "show dhcp leases", 0, CMD_OK, &n);
	for (const char *p = text; (p = strstr(p, "|bound|")); p++)
		rows++;
	CHECK_INT(rows, 1100);
	CHECK_INT(n, 3);
	free(text);
	w_free(w);
}
