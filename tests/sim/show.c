/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/view.h"

#include "tests/sim/world.h"
#include "tests/t.h"

/* Commands, through a view that writes everything down as "key=value;" in one line. */
static struct buf out;

static void put_open(struct view *v, const char *key, bool array)
{
	buf_printf(&out, "%s%c", key ? key : "", array ? '[' : '{');
}

static void put_close(struct view *v)
{
	buf_printf(&out, "};");
}

static void put_str(struct view *v, const char *key, const char *val)
{
	buf_printf(&out, "%s=%s;", key ? key : "", val ? val : "null");
}

static void put_num(struct view *v, const char *key, int64_t val)
{
	buf_printf(&out, "%s=%lld;", key ? key : "", (long long)val);
}

static void put_age(struct view *v, const char *key, int64_t seconds)
{
	put_num(v, key, seconds);
}

static void put_flag(struct view *v, const char *key, bool val)
{
	buf_printf(&out, "%s=%s;", key ? key : "", val ? "yes" : "no");
}

static void put_line(struct view *v, const char *text)
{
	buf_printf(&out, "%s\n", text);
}

static void put_table(struct view *v, const char *key, const struct view_col *col,
                      size_t n)
{
	buf_printf(&out, "%s(", key);
}

static void put_table_end(struct view *v)
{
	buf_printf(&out, ")");
}

static const struct view_ops ops = { put_open,  put_close,     put_str,
	                             put_num,   put_flag,      put_line,
	                             put_table, put_table_end, put_age };

/* Run a command to its end; its output is one string until the next. */
static const char *show(struct node *n, const char *words, const char *args,
                        enum cmd_status want)
{
	static struct view view = { .ops = &ops };
	char line[128];
	const char *argv[8];
	struct cmd_req req = { .argv = argv, .view = &view };
	enum cmd_status st = CMD_MORE;

	buf_fini(&out);
	snprintf(line, sizeof(line), "%s", args ? args : "");
	for (char *w = strtok(line, " "); w; w = strtok(NULL, " "))
		argv[req.argc++] = w;
	for (size_t i = 0; i < bgp_cmds_n; i++) {
		if (strcmp(bgp_cmds[i].words, words) != 0)
			continue;
		while (st == CMD_MORE)
			st = bgp_cmds[i].run(n->b, &req);
	}
	CHECK_INT(st, want);
	if (st != CMD_OK)
		buf_printf(&out, "%s", req.error);
	buf_put(&out, "", 1);
	return (const char *)buf_head(&out);
}

#define CHECK_HAS(text, part)                                                      \
	do {                                                                       \
		if (!strstr(text, part))                                           \
			t_fail(__FILE__, __LINE__, "no \"%s\" in %s", part, text); \
	} while (0)

struct shown {
	struct world w;
	struct node *rr, *pe;
};

static void shown_init(struct shown *t)
{
	world_init(&t->w);
	t->rr = world_node(&t->w, "192.0.2.1", 65000, false);
	t->pe = world_node(&t->w, "192.0.2.11", 65000, false);
	t->w.connect_refused = t->pe->ip; /* so only it opens */
	world_peer(t->rr, "192.0.2.11", 65000, true);
	world_peer(t->rr, "192.0.2.77", 65000, true);
	world_peer(t->pe, "192.0.2.1", 65000, false);
	world_announce(t->pe, 1, AFI_IP4);
	world_announce(t->pe, 2, AFI_IP6);
	world_run(&t->w, 5000);
}

static void shown_fini(struct shown *t)
{
	world_fini(&t->w);
	buf_fini(&out);
}

TEST(the_summary_has_a_row_for_each_neighbor)
{
	struct shown t;
	const char *s;

	shown_init(&t);
	s = show(t.rr, "show bgp", NULL, CMD_OK);
	CHECK_HAS(s, "neighbors(=192.0.2.11;=65000;=Established;=");
	CHECK_HAS(s, ";=2;=0;=;"); /* received, sent */
	CHECK_HAS(s, "=192.0.2.77;=65000;=Active;");
	s = show(t.pe, "show bgp", NULL, CMD_OK);
	CHECK_HAS(s, ";=0;=2;=;");
	CHECK_HAS(show(t.rr, "show bgp", "nonsense", CMD_USAGE), "nonsense");
	shown_fini(&t);
}

TEST(a_neighbor_shows_what_was_negotiated_and_counted)
{
	struct shown t;
	const char *s;

	shown_init(&t);
	s = show(t.rr, "show bgp neighbor", "192.0.2.11", CMD_OK);
	CHECK_HAS(s, "neighbor{address=192.0.2.11;as=65000;type=internal;");
	CHECK_HAS(s, "route-reflector-client=yes;");
	CHECK_HAS(s, "router-id=192.0.2.11;");
	CHECK_HAS(s, "hold-time=90;keepalive-time=30;hold-left=");
	CHECK_HAS(s, "capabilities-negotiated{families[=vpnv4;=vpnv6;};");
	CHECK_HAS(s, "{family=vpnv4;negotiated=yes;disabled=no;received=1;stale=0;told=0;"
	             "pending=no;");
	CHECK_HAS(s, "end-of-rib-received=yes;end-of-rib-sent=yes;");
	CHECK_HAS(s, "capabilities-received{families[=vpnv4;=vpnv6;};");
	CHECK_HAS(s, "messages-received{open=1;update=4;");
	CHECK_HAS(s, "announcements-received=2;");
	CHECK_HAS(show(t.rr, "show bgp neighbor", "192.0.2.99", CMD_NO), "192.0.2.99");
	CHECK_HAS(show(t.rr, "show bgp neighbor", "bogus", CMD_USAGE), "address");
	show(t.rr, "show bgp neighbor", NULL, CMD_USAGE);
	shown_fini(&t);
}

TEST(the_last_malformed_message_is_shown_in_hex)
{
	struct world w;
	struct node *a, *x;
	struct pipe *p;
	const char *s;

	world_init(&w);
	a = world_node(&w, "192.0.2.1", 65000, false);
	x = world_scripted(&w, "192.0.2.9");
	w.connect_refused = x->ip;
	world_peer(a, "192.0.2.9", 65000, true);
	p = script_connect(x, a);
	script_up(&w, p, 65000);
	/* ORIGIN 9 */
	script_hex(
		p,
		"0049 02 0000 0032 800e21000180 0c 0000000000000000c0000209 00 78 00fff1"
		"0001c00002090064 0a090001 40010109 400200 40050400000064");
	s = show(a, "show bgp neighbor", "192.0.2.9", CMD_OK);
	CHECK_HAS(s, "treat-as-withdraw=1;");
	CHECK_HAS(s, "attribute-errors{ORIGIN(1)=1;}");
	CHECK_HAS(s, "hex=ffffffffffffffffffffffffffffffff00490200000032800e21");
	CHECK_HAS(s, "last-error=malformed UPDATE: ORIGIN");
	s = show(a, "show bgp neighbor", "192.0.2.9 malformed", CMD_OK);
	CHECK_HAS(s, "parts(=0;=16;=ffffffff ffffffff ffffffff ffffffff;=marker;=null;");
	CHECK_HAS(s, "=59;=4;=40010109;=ORIGIN (1), flags 0x40, 1 octets;="
	             "value 9, expected 0 to 2;");
	CHECK_HAS(s, "=  192.0.2.9:100 10.9.0.1/32 label 4095;=null;");
	CHECK_HAS(show(a, "show bgp neighbor", "192.0.2.8 malformed", CMD_NO),
	          "192.0.2.8");
	show(a, "show bgp neighbor", "192.0.2.9 nonsense", CMD_USAGE);
	world_fini(&w);
	buf_fini(&out);
}

/* At whatever octet the bound comes, no character is cut in two. */
TEST(a_long_text_of_a_neighbor_is_cut_in_the_summary_and_whole_in_its_own_page)
{
	for (int pad = 0; pad < 3; pad++) {
		char text[256], two[8];
		struct shown t;
		const char *s, *end;

		shown_init(&t);
		memset(text, 'x', (size_t)pad);
		for (int i = pad; i + 2 < (int)sizeof(text); i += 2)
			memcpy(text + i, "\xc3\xa4", 3);
		CHECK_INT(bgp_peer_shutdown(t.pe->b, &t.rr->ip, text, t.w.now), 0);
		world_settle(&t.w);
		s = show(t.rr, "show bgp", NULL, CMD_OK);
		CHECK(!strstr(s, text));
		CHECK_HAS(s, "administrative shutdown");
		end = strstr(s, "...;");
		CHECK(end != NULL);
		if (end) { /* the last character is whole, and the cut is late enough */
			memcpy(two, end - 2, 2);
			CHECK_MEM(two, "\xc3\xa4", 2);
			while (end > s && end[-1] != '=')
				end--;
			CHECK(strcspn(end, ";") >= 62 && strcspn(end, ";") <= 63);
		}
		CHECK_HAS(show(t.rr, "show bgp neighbor", "192.0.2.11", CMD_OK), text);
		world_fini(&t.w);
		buf_fini(&out);
	}
}

TEST(routes_can_be_asked_for_by_prefix_and_by_rd)
{
	struct shown t;
	const char *s;

	shown_init(&t);
	s = show(t.rr, "show bgp routes", NULL, CMD_OK);
	CHECK_HAS(
		s,
		"=192.0.2.11:100;=10.0.0.1/32;=192.0.2.11;=17;=192.0.2.11;=yes;=no;=100;=;"
		"=rt:65000:100;");
	CHECK_HAS(s, "=2001:db8::2/128;");
	s = show(t.rr, "show bgp routes", "10.0.0.1", CMD_OK);
	CHECK_HAS(s, "=10.0.0.1/32;");
	CHECK(!strstr(s, "2001:db8"));
	s = show(t.rr, "show bgp routes", "192.0.2.11:100", CMD_OK);
	CHECK_HAS(s, "=2001:db8::2/128;");
	CHECK_STR(show(t.rr, "show bgp routes", "192.0.2.12:100", CMD_OK), "routes()");
	CHECK_HAS(show(t.rr, "show bgp routes", "x", CMD_USAGE), "prefix");
	CHECK_HAS(show(t.pe, "show bgp routes", "10.0.0.1/32", CMD_OK), "=local;");
	shown_fini(&t);
}

TEST(a_route_tells_why_it_is_best_and_who_was_told)
{
	struct shown t;
	struct node *pe2;
	const char *s;

	shown_init(&t);
	pe2 = world_node(&t.w, "192.0.2.12", 65000, false);
	world_peer(t.rr, "192.0.2.12", 65000, true);
	world_peer(pe2, "192.0.2.1", 65000, false);
	world_run(&t.w, 5000);
	s = show(t.rr, "show bgp route", "10.0.0.1 why", CMD_OK);
	CHECK_HAS(s, "destinations[{rd=192.0.2.11:100;prefix=10.0.0.1/32;paths-held=1;");
	CHECK_HAS(s, "paths[{best=yes;why=the only path;from=192.0.2.11;");
	CHECK_HAS(s, "local-pref=100;extended-communities[=rt:65000:100;};");
	CHECK_HAS(s, "told-to[=192.0.2.12;};");
	CHECK_HAS(s, "not-told-to[{neighbor=192.0.2.11;why=the route is from it;};"
	             "{neighbor=192.0.2.77;why=there is no session;};};");

	/* The same route by another way, and better by one step. */
	world_announce_as(pe2, t.pe, 1, AFI_IP4, 200);
	world_settle(&t.w);
	s = show(t.rr, "show bgp route", "10.0.0.1/32 192.0.2.11:100 why", CMD_OK);
	CHECK_HAS(s, "{best=yes;why=no other path beats it;from=192.0.2.12;");
	CHECK_HAS(s, "{best=no;lost-at=higher LOCAL_PREF;lost-to=192.0.2.12;why=the path "
	             "from 192.0.2.12 has the higher LOCAL_PREF: 200, this one has 100;"
	             "from=192.0.2.11;");
	CHECK_HAS(s, "told-to[=192.0.2.11;};"); /* and withdrawn from the other */
	s = show(t.pe, "show bgp route", "10.0.0.1 why", CMD_OK);
	CHECK_HAS(s, "{best=no;lost-at=originated here;lost-to=this node;"
	             "why=this node has a path of its own;");
	CHECK_HAS(show(t.rr, "show bgp route", "10.0.0.77 why", CMD_NO), "no such route");
	show(t.rr, "show bgp route", "192.0.2.11:100", CMD_USAGE);
	show(t.rr, "show bgp route", "10.0.0.1 10.0.0.2", CMD_USAGE);
	show(t.rr, "show bgp route", NULL, CMD_USAGE);
	shown_fini(&t);
}

/* A neighbor chooses how much there is to print, and what. */
TEST(attributes_of_any_size_are_shown_within_bounds)
{
	static uint8_t coms[256 * 8], path[3 * (2 + 250 * 4)];
	const struct attrs *attrs;
	struct rib_key key;
	struct shown t;
	const char *s;

	shown_init(&t);
	key = world_key(t.pe, 9, AFI_IP4);
	memset(coms, 0xff, sizeof(coms)); /* of no type anybody knows */
	memset(path, 0xff, sizeof(path));
	for (size_t i = 0; i < sizeof(path); i += 2 + 250 * 4)
		memcpy(path + i, ((uint8_t[]){ 2, 250 }), 2);
	for (size_t n = 0; n <= 256; n += 32) {
		struct bgp_attrs a = {
			.as_path = {path,  sizeof(path)},
                          .extcoms = { coms, n * 8       }
		};

		bgp_attr_set(&a, BGP_ATTR_ORIGIN);
		bgp_attr_set(&a, BGP_ATTR_AS_PATH);
		if (n)
			bgp_attr_set(&a, BGP_ATTR_EXT_COMMUNITIES);
		a.nexthop.addr = t.pe->ip;
		attrs = attrs_intern(rib_attrs(t.rr->rib), &a);
		rib_announce(t.rr->rib, t.rr->local, &key, 0, 16, attrs);
		attrs_unref(attrs);
		s = show(t.rr, "show bgp routes", "10.0.0.9", CMD_OK);
		CHECK_HAS(s, "=4294967295 4294967295 ");
		CHECK_HAS(s, "…;");
		CHECK(strlen(s) < 1500);
	}
	shown_fini(&t);
}

static size_t occurrences(const char *s, const char *part)
{
	size_t n = 0;

	for (; (s = strstr(s, part)); s++)
		n++;
	return n;
}

TEST(a_long_table_is_shown_in_steps_without_loss)
{
	struct shown t;

	shown_init(&t);
	for (unsigned i = 0; i < 2000; i++) {
		world_announce(t.pe, i, AFI_IP4);
		world_announce(t.pe, i, AFI_IP6);
	}
	world_settle(&t.w);
	CHECK_INT(occurrences(show(t.rr, "show bgp routes", NULL, CMD_OK), "/32;"), 2000);
	CHECK_INT(occurrences(show(t.rr, "show bgp routes", NULL, CMD_OK), "/128;"),
	          2000);
	shown_fini(&t);
}

TEST(route_target_memberships_are_shown_by_target_and_by_neighbor)
{
	struct bgp_peer_config up = world_peer_config("192.0.2.1", 65000, false);
	struct bgp_peer_config down = world_peer_config("192.0.2.11", 65000, true);
	struct node *rr, *pe;
	const char *s;
	struct world w;

	up.rt_constrain = down.rt_constrain = true;
	world_init(&w);
	rr = world_node(&w, "192.0.2.1", 65000, false);
	pe = world_node(&w, "192.0.2.11", 65000, true);
	world_peer_as(rr, &down);
	world_peer_as(pe, &up);
	world_import(pe, 7, true);
	world_settle(&w);

	s = show(rr, "show bgp rt-constrain", NULL, CMD_OK);
	CHECK(strstr(s, "memberships("));
	CHECK(strstr(s, "=default;=0;=1;=local;=;"));
	CHECK(strstr(s, "=rt:65000:7;=65000;=1;=;=192.0.2.11;"));
	s = show(pe, "show bgp rt-constrain", NULL, CMD_OK);
	CHECK(strstr(s, "=rt:65000:7;=65000;=1;=;=local;"));

	s = show(rr, "show bgp rt-constrain", "192.0.2.11", CMD_OK);
	CHECK(!strstr(s, "default"));
	CHECK(strstr(s, "=rt:65000:7;=65000;=1;=;=192.0.2.11;=no;"));
	s = show(rr, "show bgp rt-constrain", "65000:7", CMD_OK);
	CHECK(strstr(s, "members("));
	CHECK(strstr(s, "=default;=0;=local;=192.0.2.1;=yes;=no;=no;"));
	CHECK(strstr(s, "=rt:65000:7;=65000;=192.0.2.11;=192.0.2.11;=no;=yes;=no;"));
	s = show(rr, "show bgp rt-constrain", "65000:8", CMD_OK);
	CHECK(!strstr(s, "65000:7"));
	show(rr, "show bgp rt-constrain", "192.0.2.12", CMD_USAGE);
	show(rr, "show bgp rt-constrain", "seven", CMD_USAGE);
	show(rr, "show bgp rt-constrain", "65000:7 65000:8", CMD_USAGE);

	s = show(rr, "show bgp neighbor", "192.0.2.11", CMD_OK);
	CHECK(strstr(s, "rt-constrain{"));
	CHECK(strstr(s, "in-force=yes;"));
	CHECK(strstr(s, "memberships-received=1;"));
	CHECK(strstr(s, "memberships-sent=1;"));
	world_fini(&w);
}

TEST(update_groups_are_shown_with_who_is_in_step)
{
	struct bgp_peer_config cfg = world_peer_config("192.0.2.14", 65000, true);
	struct node *b, *c, *d;
	struct shown t;
	const char *s;

	shown_init(&t);
	b = world_node(&t.w, "192.0.2.12", 65000, false);
	c = world_node(&t.w, "192.0.2.13", 65000, false);
	d = world_node(&t.w, "192.0.2.14", 65000, false);
	world_peer(t.rr, "192.0.2.12", 65000, true);
	world_peer(t.rr, "192.0.2.13", 65000, false);
	world_peer(b, "192.0.2.1", 65000, false);
	world_peer(c, "192.0.2.1", 65000, false);
	cfg.add_path.send = 3;
	world_peer_as(t.rr, &cfg);
	cfg = world_peer_config("192.0.2.1", 65000, false);
	cfg.add_path.receive = true;
	world_peer_as(d, &cfg);
	world_run(&t.w, 5000);
	s = show(t.rr, "show bgp groups", NULL, CMD_OK);
	CHECK_HAS(s, "cohorts(=vpnv4;=client 65535 ipv6-next-hop;=2;=1;=0;=no;=0;"
	             "=192.0.2.12 192.0.2.11;");
	CHECK_HAS(s, "=vpnv4;=non-client 65535 ipv6-next-hop;=1;=1;=0;=no;=0;"
	             "=192.0.2.13;");
	CHECK_HAS(s, "=vpnv4;=client 65535 ipv6-next-hop add-path 3;=1;=1;=0;=no;=0;"
	             "=192.0.2.14;");
	CHECK_HAS(show(t.rr, "show bgp groups", "x", CMD_USAGE), "\"x\"");
	shown_fini(&t);
}
