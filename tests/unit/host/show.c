/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>

#include "base/buf.h"

#include "tests/unit/host/world.h"

#define A "02:aa:00:00:00:0a"

/* A writer that puts every cell between bars, and a row on a line. */
struct recorder {
	struct view v;
	struct buf text;
	size_t cols, cell;
	unsigned open;
};

static struct recorder *rec(struct view *v)
{
	return container_of(v, struct recorder, v);
}

static void cell(struct recorder *r, const char *s)
{
	buf_printf(&r->text, "%s", s);
	if (r->cols)
		buf_printf(&r->text, ++r->cell % r->cols ? "|" : "\n");
}

static void v_open(struct view *v, const char *key, bool array)
{
}

static void v_close(struct view *v)
{
}

static void v_str(struct view *v, const char *key, const char *val)
{
	cell(rec(v), val ? val : "-");
}

static void v_num(struct view *v, const char *key, int64_t val)
{
	char s[24];

	snprintf(s, sizeof(s), "%lld", (long long)val);
	if (key)
		buf_printf(&rec(v)->text, "%s=", key);
	cell(rec(v), s);
}

static void v_age(struct view *v, const char *key, int64_t seconds)
{
	char s[VIEW_AGE_STRLEN];

	CHECK(seconds >= 0);
	cell(rec(v), view_age_fmt(seconds, s));
}

static void v_flag(struct view *v, const char *key, bool val)
{
	cell(rec(v), val ? "yes" : "no");
}

static void v_line(struct view *v, const char *text)
{
}

static void v_table(struct view *v, const char *key, const struct view_col *col, size_t n)
{
	rec(v)->cols = n;
	rec(v)->cell = 0;
	rec(v)->open++;
}

static void v_table_end(struct view *v)
{
	CHECK_INT(rec(v)->cell % rec(v)->cols, 0);
	rec(v)->cols = 0;
	rec(v)->open--;
}

static const struct view_ops rec_ops = {
	.open = v_open,
	.close = v_close,
	.str = v_str,
	.num = v_num,
	.flag = v_flag,
	.line = v_line,
	.table = v_table,
	.table_end = v_table_end,
	.age = v_age,
};

/* Run a command to its end; what it showed is in r->text. */
static enum cmd_status run(struct world *w, size_t row, struct recorder *r,
                           struct cmd_req *req, int argc, const char *const *argv)
{
	enum cmd_status st;

	CHECK(row < host_cmds_n);
	memset(r, 0, sizeof(*r));
	r->v.ops = &rec_ops;
	*req = (struct cmd_req){ .argc = argc, .argv = argv, .view = &r->v };
	do
		st = host_cmds[row].run(w->h, req);
	while (st == CMD_MORE);
	CHECK_INT(r->open, 0);
	buf_put(&r->text, "", 1);
	return st;
}

TEST(hosts_are_shown_in_order_with_where_and_how)
{
	struct world *w = w_new();
	struct recorder r;
	struct cmd_req req;

	w_hear(w, HOST_BY_GARP, AC2, A, "1.1.1.10", "1.1.1.10");
	w_run(w, 5000);
	w_hear(w, HOST_BY_ARP_REQUEST, AC1, A, "1.1.1.2", "1.1.1.10");
	w_hear(w, HOST_BY_SOURCE, AC1, A, "1.1.1.3", NULL);
	CHECK_INT(run(w, 0, &r, &req, 0, NULL), CMD_OK);
	CHECK_STR((const char *)r.text.p,
	          "blue|1.1.1.2|02:aa:00:00:00:0a|eth0.100|local|0s|0s|0|ARP request\n"
	          "blue|1.1.1.3|02:aa:00:00:00:0a|eth0.100|probing|-|-|0|data packet\n"
	          "blue|1.1.1.10|02:aa:00:00:00:0a|eth1|local|5s|5s|0|gratuitous ARP\n");
	buf_fini(&r.text);
	w_free(w);
}

TEST(a_vpn_or_an_address_narrows_it_and_what_is_wrong_is_named)
{
	static const struct {
		int argc;
		const char *argv[3];
		enum cmd_status want;
		const char *says;
	} row[] = {
		{1,  { "blue" },             CMD_OK,    "1.1.1.2"                              },
		{ 1, { "1.1.1.2" },          CMD_OK,    "1.1.1.2"                              },
		{ 2, { "blue", "1.1.1.2" },  CMD_OK,    "1.1.1.2"                              },
		{ 1, { "red" },              CMD_NO,    "no VPN with subnets is called \"red\""},
		{ 1, { "1.1.1.9" },          CMD_NO,    "no such host is known here"           },
		{ 2, { "blue", "x" },        CMD_USAGE, "expected an address, found \"x\""     },
		{ 3,
                 { "blue", "1.1.1.2", "y" },
                 CMD_USAGE,		             "expected nothing more, found \"y\""   },
	};
	struct world *w = w_new();

	w_hear(w, HOST_BY_GARP, AC1, A, "1.1.1.2", "1.1.1.2");
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct recorder r;
		struct cmd_req req;

		CHECK_INT(run(w, 0, &r, &req, row[i].argc, row[i].argv), row[i].want);
		if (row[i].want == CMD_OK)
			CHECK(strstr((const char *)r.text.p, row[i].says));
		else
			CHECK_STR(req.error, row[i].says);
		buf_fini(&r.text);
	}
	w_free(w);
}

TEST(two_thousand_hosts_are_shown_in_pages_each_once)
{
	struct world *w = w_new();
	struct recorder r;
	struct cmd_req req;
	uint8_t shown[2000] = { 0 };
	char ip[IP_STRLEN];

	for (int i = 0; i < 2000; i++) {
		snprintf(ip, sizeof(ip), "1.1.%d.%d", i / 250, 1 + i % 250);
		w_hear(w, HOST_BY_GARP, AC1, A, ip, ip);
		w->now = mono_add_ms(w->now, 5);
	}
	CHECK_INT(hosts_count(w->h), 2000);
	CHECK_INT(run(w, 0, &r, &req, 0, NULL), CMD_OK);
	for (char *s = (char *)r.text.p; *s; s = strchr(s, '\n') + 1) {
		unsigned hi, lo;

		CHECK_INT(sscanf(s, "blue|1.1.%u.%u|", &hi, &lo), 2);
		CHECK_INT(shown[hi * 250 + lo - 1]++, 0);
	}
	for (size_t i = 0; i < ARRAY_LEN(shown); i++)
		CHECK_INT(shown[i], 1);
	buf_fini(&r.text);
	w_free(w);
}

TEST(every_counter_has_a_name_and_is_shown)
{
	struct world *w = w_new();
	struct recorder r;
	struct cmd_req req;

	w_hear(w, HOST_BY_GARP, AC1, A, "9.9.9.9", NULL);
	CHECK_INT(run(w, 1, &r, &req, 0, NULL), CMD_OK);
	CHECK(strstr((const char *)r.text.p,
	             "ignored: sender outside the port's subnets|1\n"));
	for (enum host_counter c = 0; c < HOST_N_END; c++)
		CHECK(host_counter_text(c) &&
		      strstr((const char *)r.text.p, host_counter_text(c)));
	for (enum host_happening k = 0; k < HOST_HAP_END; k++)
		CHECK(host_happening_text(k) != NULL);
	for (enum host_evidence_kind k = 0; k < HOST_BY_END; k++)
		CHECK(host_evidence_text(k) != NULL);
	buf_fini(&r.text);
	w_free(w);
}

TEST(limits_are_shown_with_what_is_used_and_refused)
{
	struct world *w = w_new();
	struct host_subnet sn = w_subnet("1.1.0.0/16", "1.1.255.254");
	const char *const blue[] = { "blue" }, *const red[] = { "red" };
	struct recorder r;
	struct cmd_req req;

	sn.max_hosts = 2;
	hosts_subnet_set(w->h, &sn, w->now);
	w_hear(w, HOST_BY_GARP, AC1, A, "1.1.1.1", "1.1.1.1");
	w_hear(w, HOST_BY_GARP, AC1, A, "1.1.1.2", "1.1.1.2");
	w_hear(w, HOST_BY_GARP, AC1, A, "1.1.1.3", "1.1.1.3");
	CHECK_INT(run(w, 2, &r, &req, 1, blue), CMD_OK);
	CHECK_STR((const char *)r.text.p,
	          "blue|all|hosts|2|65536|ok|0\n"
	          "blue|all|moves (500/s)|0|4000|ok|0\n"
	          "blue|1.1.0.0/16|hosts|2|-|ok|0\n"
	          "blue|eth0.100|hosts, IPv4|2|2|full|1\n"
	          "blue|eth0.100|addresses being asked|0|512|ok|0\n"
	          "blue|eth0.100|new hosts (200/s)|2|400|ok|0\n"
	          "blue|eth0.100|moves (250/s)|0|2000|ok|0\n"
	          "blue|eth0.100|probes (2000/s)|0|20|ok|0\n"
	          "blue|eth1|hosts, IPv4|0|2|ok|0\n"
	          "blue|eth1|addresses being asked|0|512|ok|0\n"
	          "blue|eth1|new hosts (200/s)|0|400|ok|0\n"
	          "blue|eth1|moves (250/s)|0|2000|ok|0\n"
	          "blue|eth1|probes (2000/s)|0|20|ok|0\n"
	          "blue|2001:db8:1::/64|hosts|0|-|ok|0\n"
	          "blue|eth0.100|hosts, IPv6|0|4096|ok|0\n"
	          "blue|eth1|hosts, IPv6|0|4096|ok|0\n");
	buf_fini(&r.text);
	CHECK_INT(run(w, 2, &r, &req, 1, red), CMD_NO);
	buf_fini(&r.text);
	w_free(w);
}

TEST(limits_of_many_subnets_come_in_pages_none_lost)
{
	struct world *w = w_new();
	struct recorder r;
	struct cmd_req req;
	size_t rows = 0;

	for (int i = 0; i < 200; i++) {
		char p[32], gw[32];

		snprintf(p, sizeof(p), "10.%d.0.0/16", i);
		snprintf(gw, sizeof(gw), "10.%d.0.1", i);
		struct host_subnet sn = w_subnet(p, gw);

		hosts_subnet_set(w->h, &sn, w->now);
	}
	CHECK_INT(run(w, 2, &r, &req, 0, NULL), CMD_OK);
	for (const char *p = (const char *)r.text.p; *p; p++)
		rows += *p == '\n';
	CHECK_INT(rows, 16 + 200);
	buf_fini(&r.text);
	w_free(w);
}
