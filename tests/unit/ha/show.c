/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>

#include "base/buf.h"
#include "base/must.h"

#include "lan.h"

/* A writer that puts each cell of a table on a line, and each member as key=value. */
struct recorder {
	struct view v;
	struct buf text;
};

static void put(struct view *v, const char *key, const char *val)
{
	struct recorder *r = container_of(v, struct recorder, v);

	buf_printf(&r->text, "%s%s%s\n", key ? key : "", key ? "=" : "", val ? val : "-");
}

static void v_open(struct view *v, const char *key, bool array)
{
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

static void v_flag(struct view *v, const char *key, bool val)
{
	put(v, key, val ? "true" : "false");
}

static void v_line(struct view *v, const char *text)
{
	put(v, NULL, text);
}

static void v_table(struct view *v, const char *key, const struct view_col *col, size_t n)
{
}

static const struct view_ops recorder_ops = { .open = v_open,
	                                      .close = v_close,
	                                      .str = put,
	                                      .num = v_num,
	                                      .flag = v_flag,
	                                      .line = v_line,
	                                      .table = v_table,
	                                      .table_end = v_close,
	                                      .age = v_num };

static struct buf said;
static char error[256];
static unsigned calls; /* until all was shown */

static enum cmd_status run(struct lan *l, const char *words, int argc, ...)
{
	struct recorder r = { .v = { .ops = &recorder_ops } };
	const char *argv[4];
	struct cmd_req req = { .argc = argc, .argv = argv, .view = &r.v };
	enum cmd_status st = CMD_USAGE;
	va_list ap;

	va_start(ap, argc);
	for (int i = 0; i < argc; i++)
		argv[i] = va_arg(ap, const char *);
	va_end(ap);
	for (size_t i = 0; i < ha_cmds_n; i++) {
		if (strcmp(ha_cmds[i].words, words) != 0)
			continue;
		for (calls = 1; (st = ha_cmds[i].run(l->r[0].ha, &req)) == CMD_MORE;)
			calls++;
	}
	buf_put(&r.text, "", 1);
	buf_fini(&said);
	said = r.text;
	strcpy(error, req.error);
	return st;
}

static bool says(const char *line)
{
	return strstr((const char *)buf_head(&said), line) != NULL;
}

static void done(struct lan *l)
{
	buf_fini(&said);
	said = (struct buf){ 0 };
	lan_free(l);
}

TEST(show_tells_state_and_why)
{
	struct lan *l = lan_new();

	lan_boot(l, 0, 100);
	lan_run(l, 1000);
	CHECK_INT(run(l, "show vrrp", 0), CMD_OK);
	CHECK(says("blue\nlan\neth0.100\nipv4\n10\nbackup\n100\n0\n"
	           "listens whether there is a master\n"));
	lan_run(l, 4000);
	CHECK_INT(run(l, "show vrrp", 0), CMD_OK);
	CHECK(says("ipv6\n10\nmaster\n100\n1\nnobody else speaks\n"));
	CHECK(says("core=reachable\n"));
	CHECK(says("bgp-converged=true\n"));
	done(l);
}

TEST(show_of_a_vpn_has_the_counters_of_each_kind_of_bad_packet)
{
	struct lan *l = lan_new();
	struct vrrp v = {
		.src = lan_ip("10.0.0.9"),
		.vrid = LAN_VRID,
		.interval_cs = 100,
		.n_vips = 1,
		.vips = (const uint8_t[]){10, 0, 0, 254}
	};
	uint8_t bad[VRRP_LEN_MAX];
	struct wbuf w = wbuf_of(bad, sizeof(bad));

	vrrp_write(&w, &v);
	bad[20] = 0x21;
	lan_boot(l, 0, 100);
	ha_heard(l->r[0].ha, LAN_AC, bad, w.len, l->now);
	lan_say(l, 0, "10.0.0.9", 200, 50, VRRP_SUM_PLAIN);
	CHECK_INT(run(l, "show vrrp", 1, "blue"), CMD_OK);
	CHECK(says("own-address=10.0.0.1\n"));
	CHECK(says("master-interval-ms=500\n"));
	CHECK(says("why=10.0.0.9 has priority 200\n"));
	CHECK(says("checksum=rfc9568\n"));
	CHECK(says("heard-checksum-rfc9568=1\n"));
	CHECK(says("heard-other-interval=1\n"));
	CHECK(says("bad-version-2=1\n"));
	CHECK_INT(run(l, "show vrrp", 1, "green"), CMD_NO);
	CHECK_INT(run(l, "show vrrp", 2, "blue", "lan"), CMD_USAGE);
	done(l);
}

TEST(many_groups_are_shown_in_several_goes_and_each_once)
{
	struct lan *l = lan_new();
	struct ha_group_config g = lan_group(0, 100, AFI_IP4);

	lan_start(l, 0, &g);
	for (uint16_t i = 0; i < 600; i++) {
		char name[16];

		snprintf(name, sizeof(name), "lan-%u", i);
		g.name = name;
		g.ac = (uint16_t)(1000 + i);
		ha_group_set(l->r[0].ha, &g, l->now);
	}
	CHECK_INT(run(l, "show vrrp", 0), CMD_OK);
	CHECK_INT(calls, 3);
	for (unsigned i = 0; i < 600; i++) {
		char name[16];
		const char *at;

		snprintf(name, sizeof(name), "\nlan-%u\n", i);
		at = strstr((const char *)buf_head(&said), name);
		CHECK(at && !strstr(at + 1, name));
	}
	CHECK_INT(run(l, "show vrrp", 1, "blue"), CMD_OK);
	CHECK_INT(calls, 38);
	CHECK(says("subnet=lan-0\n") && says("subnet=lan-599\n"));
	done(l);
}

TEST(why_says_what_keeps_it_from_taking_over)
{
	struct lan *l = lan_new();
	struct ha_group_config g = lan_group(0, 200, AFI_IP4);

	g.preempt_delay_ms = 60000;
	lan_start(l, 0, &g);
	lan_say(l, 0, "10.0.0.9", 100, 100, VRRP_SUM_PSEUDO);
	CHECK_INT(run(l, "show vrrp", 0), CMD_OK);
	CHECK(says("waits for BGP before it takes over from 10.0.0.9\n"));
	ha_converged(l->r[0].ha, true, l->now);
	CHECK_INT(run(l, "show vrrp", 0), CMD_OK);
	CHECK(says("about to take over from 10.0.0.9\n"));
	ha_core(l->r[0].ha, "no BGP session is up", l->now);
	lan_run(l, 3000);
	CHECK_INT(run(l, "show vrrp", 0), CMD_OK);
	CHECK(says("backup\n1\n"));
	CHECK(says("the core is out of reach: no BGP session is up\n"));
	CHECK(says("core=lost\n"));
	lan_run(l, 6000);
	CHECK_INT(run(l, "show vrrp", 0), CMD_OK);
	CHECK(says("for want of a better one, as the core is out of reach\n"));
	done(l);
}

TEST(mastership_is_told_from_outside_for_what_is_external_only)
{
	struct lan *l = lan_new();
	struct ha_group_config four = lan_group(0, 200, AFI_IP4);
	struct ha_group_config six = lan_group(0, 200, AFI_IP6);

	four.external = six.external = true;
	lan_start(l, 0, &four);
	lan_add(l, 0, &six);
	CHECK_INT(run(l, "show vrrp", 0), CMD_OK);
	CHECK(says("waits to be told\n"));
	CHECK_INT(run(l, "vrrp master", 3, "blue", "lan", "ipv6"), CMD_OK);
	CHECK_INT(lan_master(l, AFI_IP4), -1);
	CHECK_INT(lan_master(l, AFI_IP6), 0);
	CHECK_INT(run(l, "vrrp master", 2, "blue", "lan"), CMD_OK);
	CHECK_INT(lan_master(l, AFI_IP4), 0);
	CHECK_INT(run(l, "vrrp backup", 3, "blue", "lan", "ipv4"), CMD_OK);
	CHECK_INT(lan_master(l, AFI_IP4), -1);
	CHECK_INT(run(l, "vrrp auto", 2, "blue", "lan"), CMD_OK);
	CHECK_INT(lan_master(l, AFI_IP6), -1);
	four.external = false;
	ha_group_set(l->r[0].ha, &four, l->now);
	CHECK_INT(run(l, "vrrp master", 3, "blue", "lan", "ipv4"), CMD_NO);
	CHECK(strstr(error, "settled by VRRP") != NULL);
	CHECK_INT(run(l, "vrrp master", 2, "blue", "wan"), CMD_NO);
	CHECK_INT(run(l, "vrrp master", 2, "green", "lan"), CMD_NO);
	CHECK_INT(run(l, "vrrp master", 1, "blue"), CMD_USAGE);
	CHECK_INT(run(l, "vrrp master", 3, "blue", "lan", "ipx"), CMD_USAGE);
	done(l);
}
