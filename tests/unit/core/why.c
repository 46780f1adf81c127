/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/buf.h"

#include "world.h"

/* `why host` over all rooms: each row of the table of answers, in words. */
#define A    "02:aa:00:00:00:0a"
#define HOST "1.1.1.1"
#define PE2  "192.0.2.12"

struct told {
	struct view v;
	struct buf text;
};

static void put(struct view *v, const char *s, char end)
{
	buf_printf(&container_of(v, struct told, v)->text, "%s%c", s, end);
}

static void v_open(struct view *v, const char *key, bool array)
{
}

static void v_close(struct view *v)
{
}

static void v_str(struct view *v, const char *key, const char *val)
{
	put(v, val ? val : "-", '|');
}

static void v_num(struct view *v, const char *key, int64_t val)
{
}

static void v_line(struct view *v, const char *text)
{
	put(v, text, '\n');
}

static void v_table(struct view *v, const char *key, const struct view_col *col, size_t n)
{
}

static const struct view_ops ops = { .open = v_open,
	                             .close = v_close,
	                             .str = v_str,
	                             .num = v_num,
	                             .line = v_line,
	                             .table = v_table,
	                             .table_end = v_close };

/* What it says of the address in VPN blue, until the next call. */
static const char *why(struct world *w, const char *ip, enum cmd_status want)
{
	static char text[4096];
	struct told t = { .v.ops = &ops };
	const char *argv[] = { ip, "blue" };
	struct cmd_req req = { .view = &t.v, .argc = 2, .argv = argv };

	CHECK_INT(core_why_host(&w->c, &req), want);
	snprintf(text, sizeof(text), "%.*s", (int)buf_left(&t.text),
	         (const char *)buf_head(&t.text));
	buf_fini(&t.text);
	return text;
}

#define CHECK_SAYS(text, want)                                                      \
	do {                                                                        \
		const char *text_ = (text);                                         \
		if (!strstr(text_, want))                                           \
			t_fail(__FILE__, __LINE__, "\"%s\" is not in \"%s\"", want, \
			       text_);                                              \
	} while (0)

TEST(each_answer_and_each_silence_has_its_reason)
{
	static const char *const proxy = "|00:00:5e:00:01:0a|";
	struct world *w = world_new();
	const char *s;

	CHECK_SAYS(why(w, "1.1.7.7", CMD_NO), "|no|no host route covers it|");
	CHECK_SAYS(why(w, "1.1.7.7", CMD_NO), "No host 1.1.7.7 is known");
	CHECK_SAYS(why(w, "9.9.9.9", CMD_NO), "in no subnet of this VPN");
	s = why(w, "1.1.255.254", CMD_OK);
	CHECK_SAYS(s, "|gateway|");
	CHECK_SAYS(s, proxy);
	CHECK_SAYS(why(w, "1.1.255.255", CMD_NO), "|no|no host has that address|");
	world_hear(w, DP_EV_GARP, AC_BLUE, A, HOST);
	CHECK_SAYS(why(w, HOST, CMD_OK), "|no|it is on this port and answers itself|");
	world_route(w, PE2, "1.1.1.2", 0);
	s = why(w, "1.1.1.2", CMD_OK);
	CHECK_SAYS(s, "|remote|");
	CHECK_SAYS(s, proxy);
	CHECK_SAYS(s, "it is at another site");
	CHECK_SAYS(why(w, "1.1.1.8", CMD_OK), "anycast-local");
	CHECK_SAYS(why(w, "1.1.1.9", CMD_OK), "is here: configured as");
	world_free(w);
}

TEST(an_address_of_ours_that_another_pe_advertises_is_ours)
{
	struct world *w = world_new();
	const char *s;

	world_route(w, PE2, "1.1.255.254", 0);
	s = why(w, "1.1.255.254", CMD_OK);
	CHECK_SAYS(s, "|gateway|");
	CHECK_SAYS(s, "Another PE takes it for a host's; no packet follows");
	CHECK(!strstr(s, "show log"));
	world_free(w);
}

TEST(a_backup_says_that_another_pe_is_the_master)
{
	struct world *w = world_new();
	const struct config_vpn *vpn = &w->cfg->vpn[0];

	world_route(w, PE2, "1.1.1.2", 0);
	core_subnet_master(&w->c, vpn, &vpn->subnet[0], AFI_IP4, AC_BLUE, false);
	CHECK_SAYS(why(w, "1.1.1.2", CMD_OK),
	           "|no|another PE of the site is the master|");
	CHECK_SAYS(why(w, "1.1.255.254", CMD_OK),
	           "|no|another PE of the site is the master|");
	world_free(w);
}

TEST(an_address_nobody_knows_was_perhaps_refused)
{
	struct world *w = world_new();

	world_hear(w, DP_EV_GARP, AC_BLUE, A, "1.1.1.9"); /* configured for another MAC */
	CHECK_SAYS(why(w, "1.1.1.9", CMD_OK), "spoof: not the MAC or port");
	world_hear(w, DP_EV_GARP, AC_BLUE, A, "1.1.0.0");
	CHECK_SAYS(why(w, "1.1.0.0", CMD_OK), "Not believed ");
	world_free(w);
}

TEST(one_host_is_shown_by_its_decisions_or_by_its_history)
{
	static const char *const history[] = { HOST, "history", "blue" };
	struct world *w = world_new();
	struct told t = { .v.ops = &ops };
	struct cmd_req req = { .view = &t.v, .argc = 3, .argv = history };
	enum cmd_status (*show)(void *, struct cmd_req *) = core_history_cmds[0].run;

	CHECK_STR(core_history_cmds[0].words, "show host");
	CHECK_INT(show(&w->c, &req), CMD_NO);
	CHECK_SAYS(req.error, "nothing happened to " HOST);
	world_hear(w, DP_EV_GARP, AC_BLUE, A, HOST);
	CHECK_INT(show(&w->c, &req), CMD_OK);
	CHECK_INT(req.argc, 3);
	CHECK(req.argv == history);
	req.argc = 1;
	CHECK_INT(show(&w->c, &req), CMD_OK);
	buf_put(&t.text, "", 1);
	CHECK_SAYS((const char *)buf_head(&t.text), "answers itself");
	req.argc = 0;
	CHECK_INT(show(&w->c, &req), CMD_USAGE);
	CHECK_SAYS(req.error, "show hosts");
	buf_fini(&t.text);
	world_free(w);
}
