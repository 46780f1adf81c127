/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/t.h"

#include "base/buf.h"
#include "base/must.h"
#include "config/config.h"
#include "config/diff.h"

/* Whom a subnet believes, as the file says it. */

static const struct config *parse(const char *vpn_leaves, const char *leaves)
{
	struct config_errors *errs;
	const struct config *cfg = NULL;
	struct buf b = { 0 };
	char line[1024];

	buf_printf(&b,
	           "node: {name: n, router-id: 192.0.2.1, as: 65000}\n"
	           "core: {interfaces: [eth1]}\n"
	           "vpns:\n- name: v\n  id: 1\n%s  subnets:\n"
	           "  - prefix: 10.0.0.0/16\n    gateway: 10.0.0.1\n"
	           "    attachments: [{port: eth0, vlan: 7}]\n%s",
	           vpn_leaves, leaves);
	if (config_parse("x", (const char *)buf_head(&b), buf_left(&b), &cfg, &errs) != 0)
		t_fail(__FILE__, __LINE__, "%s",
		       config_error_fmt("x", &errs->error[0], line, sizeof(line)));
	buf_fini(&b);
	return cfg;
}

TEST(a_subnet_learns_from_everybody_within_limits_unless_told_otherwise)
{
	const struct config *cfg = parse("", "");
	const struct config_trust *t = &cfg->vpn[0].subnet[0].trust;

	CHECK_INT(t->binding, BINDING_LEARN);
	CHECK_INT(t->n_hosts + t->n_anycast + t->n_dup_exempt, 0);
	CHECK_INT(t->max_hosts, 65536);
	CHECK_INT(t->max_new, 200);
	CHECK_INT(t->max_per_mac, 64);
	CHECK_INT(cfg->vpn[0].max_moves, 500);
	config_free(cfg);
}

TEST(a_configured_host_is_on_the_only_attachment_unless_told_otherwise)
{
	const struct config *cfg =
		parse("",
	              "    hosts: [{address: 10.0.0.2, mac: \"02:00:00:00:00:01\"}]\n");
	const struct config_trust *t = &cfg->vpn[0].subnet[0].trust;

	CHECK_INT(t->n_hosts, 1);
	CHECK_INT(t->host[0].at->vlan, 7);
	CHECK_INT(t->host[0].mac.b[5], 1);
	config_free(cfg);
}

TEST(whom_a_subnet_believes_changes_with_a_restart)
{
	static const char *const other[] = {
		"    binding: static\n",
		"    max-hosts: 1\n",
		"    max-new-hosts-per-second: 1\n",
		"    max-addresses-per-mac: 1\n",
		"    anycast-local: [10.0.0.9]\n",
		"    dup-exempt: [10.0.0.9]\n",
		"    hosts: [{address: 10.0.0.2, mac: \"02:00:00:00:00:01\"}]\n",
		"    hosts: [{address: 10.0.0.3, mac: \"02:00:00:00:00:01\"}]\n",
		"    hosts: [{address: 10.0.0.2, mac: \"02:00:00:00:00:02\"}]\n",
	};

	for (size_t i = 0; i < ARRAY_LEN(other); i++) {
		const struct config *was = parse("", i ? other[i - 1] : "");
		const struct config *now = parse("", other[i]);
		const struct config *same = parse("", other[i]);
		struct config_changes *ch = config_diff(was, now);

		CHECK_INT(ch->n, 1);
		CHECK_INT(ch->worst, CONFIG_RESTART);
		config_changes_free(ch);
		ch = config_diff(now, same);
		CHECK_INT(ch->n, 0);
		config_changes_free(ch);
		config_free(was);
		config_free(now);
		config_free(same);
	}
	const struct config *was = parse("", "");
	const struct config *now = parse("  max-moves-per-second: 7\n", "");
	struct config_changes *ch = config_diff(was, now);

	CHECK_INT(ch->n, 1);
	config_changes_free(ch);
	config_free(was);
	config_free(now);
}
