/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/diff.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

#include "tests/t.h"

/* What config_diff() says of two files: a line each, "effect line text". */

#define NODE "node: {name: n, router-id: 192.0.2.1, as: 65000}\n"

static const struct config *parse(const char *text)
{
	struct config_errors *errs;
	const struct config *cfg;

	if (config_parse("x", text, strlen(text), &cfg, &errs))
		t_fail(__FILE__, __LINE__, "%s", errs->error[0].text);
	return cfg;
}

static void check_text(const char *old, const char *new, const char *want)
{
	const struct config *a = parse(old), *b = parse(new);
	struct config_changes *ch = config_diff(a, b);
	struct buf got = { 0 };
	enum config_effect worst = 0;

	for (size_t i = 0; i < ch->n; i++) {
		buf_printf(&got, "%d %u %s\n", ch->change[i].effect, ch->change[i].line,
		           ch->change[i].text);
		if (ch->change[i].effect > worst)
			worst = ch->change[i].effect;
	}
	buf_put(&got, "", 1);
	CHECK_STR((const char *)buf_head(&got), want);
	CHECK_INT(ch->worst, worst);
	buf_fini(&got);
	config_changes_free(ch);
	config_free(a);
	config_free(b);
}

/* The bgp part only. */
static void check(const char *old, const char *new, const char *want)
{
	AUTO_FREE char *a = NULL, *b = NULL;

	must(asprintf(&a, NODE "bgp:\n%s", old) > 0);
	must(asprintf(&b, NODE "bgp:\n%s", new) > 0);
	check_text(a, b, want);
}

TEST(how_many_pes_share_packets_changes_live)
{
	check("  maximum-paths: 4\n", "  maximum-paths: 1\n",
	      "1 3 bgp maximum-paths 4 → 1\n");
	check("  maximum-paths: 8\n", "  listen-port: 179\n", "");
}

TEST(a_file_differs_from_itself_in_nothing)
{
	struct config_errors *errs;
	const struct config *a, *b;
	struct config_changes *ch;

	CHECK_INT(config_load(TESTS_CONFIG "/full.yaml", &a, &errs), 0);
	CHECK_INT(config_load(TESTS_CONFIG "/full.yaml", &b, &errs), 0);
	ch = config_diff(a, b);
	CHECK_INT(ch->n, 0);
	CHECK_INT(ch->worst, 0);
	config_changes_free(ch);
	config_free(a);
	config_free(b);
}

TEST(neighbors_come_go_and_change_whatever_their_order)
{
	check("  neighbors:\n"
	      "    - {address: 192.0.2.3, as: 65000}\n"
	      "    - {address: 192.0.2.2, as: 65000}\n",
	      "  neighbors:\n"
	      "    - {address: 192.0.2.2, as: 65000, hold-time: 30, description: x}\n"
	      "    - {address: 192.0.2.4, as: 65000}\n",
	      "1 4 neighbor 192.0.2.2: description nothing → x\n"
	      "2 4 neighbor 192.0.2.2: hold-time 90 → 30\n"
	      "1 0 neighbor 192.0.2.3: dropped\n"
	      "1 5 neighbor 192.0.2.4: added\n");
}

TEST(neighbors_in_another_order_are_the_same)
{
	check("  neighbors:\n"
	      "    - {address: 192.0.2.3, as: 65000}\n"
	      "    - {address: 192.0.2.2, as: 65000}\n",
	      "  neighbors:\n"
	      "    - {address: 192.0.2.2, as: 65000}\n"
	      "    - {address: 192.0.2.3, as: 65000}\n",
	      "");
}

TEST(a_template_that_changes_is_seen_in_its_neighbors)
{
	check("  templates: [{name: t, as: 65000}]\n"
	      "  neighbors:\n"
	      "    - {address: 192.0.2.2, template: t}\n"
	      "    - {address: 192.0.2.3, template: t, max-prefixes: 9}\n"
	      "  dynamic-neighbors: [{prefix: 10.0.0.0/8, template: t}]\n",
	      "  templates: [{name: t, as: 65000, max-prefixes: 9}]\n"
	      "  neighbors:\n"
	      "    - {address: 192.0.2.2, template: t}\n"
	      "    - {address: 192.0.2.3, template: t, max-prefixes: 9}\n"
	      "  dynamic-neighbors: [{prefix: 10.0.0.0/8, template: t}]\n",
	      "1 5 neighbor 192.0.2.2: max-prefixes limit 1000000 → 9\n"
	      "1 7 dynamic neighbors 10.0.0.0/8: changed\n");
}

#define LAN                                                                \
	"vpns:\n- name: v\n  id: 1\n  subnets:\n  - prefix: 10.0.0.0/16\n" \
	"    gateway: 10.0.0.1\n    address: 10.0.0.2\n"

TEST(vrrp_of_a_subnet_changes_live)
{
	const char *without = NODE "core: {interfaces: [eth1]}\n" LAN;
	const char *with = NODE "core: {interfaces: [eth1]}\n" LAN "    vrrp: {}\n";
	const char *other =
		NODE "core: {interfaces: [eth1]}\n" LAN "    vrrp: {priority: 7}\n";
	const char *vrid = NODE "core: {interfaces: [eth1]}\n" LAN
				"    vrrp: {priority: 7}\n    vrid: 11\n";

	check_text(without, with, "1 4 vpn v: subnet 10.0.0.0/16: vrrp added\n");
	check_text(with, other, "1 4 vpn v: subnet 10.0.0.0/16: vrrp changed\n");
	check_text(other, without, "1 4 vpn v: subnet 10.0.0.0/16: vrrp dropped\n");
	check_text(other, vrid, "3 4 vpn v: changed\n");
}

TEST(secrets_are_not_told)
{
	check("  neighbors:\n"
	      "    - {address: 192.0.2.2, as: 65000, password: one}\n",
	      "  neighbors:\n"
	      "    - {address: 192.0.2.2, as: 65000, password: two}\n",
	      "2 4 neighbor 192.0.2.2: password a key → a key\n");
}

TEST(every_leaf_of_a_relay_is_looked_at)
{
	static const char file[] =
		NODE "core: {interfaces: [eth1]}\nvpns:\n"
		     "- name: a\n  id: 1\n  %s\n  subnets:\n"
		     "  - {prefix: 10.0.0.0/16, gateway: 10.0.0.1%s}\n";
	static const char lo[] = "loopback: 10.9.0.1";
	static const char *const row[][2] = {
		{lo,                    ""							},
		{ lo,                   ", dhcp: {servers: [10.1.0.1]}"                           },
		{ "loopback: 10.9.0.2", ", dhcp: {servers: [10.1.0.1]}"                           },
		{ "loopback: 10.9.0.2", ", dhcp: {servers: [10.1.0.2]}"                           },
		{ lo,                   ", dhcp: {servers: [10.1.0.1, 10.1.0.2]}"                 },
		{ lo,                   ", dhcp: {servers: [10.1.0.1], remote-id: x}"             },
		{ lo,                   ", dhcp: {servers: [10.1.0.1], max-hops: 5}"              },
		{ lo,                   ", dhcp: {servers: [10.1.0.1], max-rate: 5}"              },
		{ lo,                   ", dhcp: {servers: [10.1.0.1], server-id-override: false}"},
		{ lo,                   ", dhcp: {servers: [10.1.0.1], vss: false}"               },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		AUTO_FREE char *a = NULL, *b = NULL;

		must(asprintf(&a, file, row[i][0], row[i][1]) > 0);
		check_text(a, a, "");
		for (size_t k = 0; k < i; k++) {
			free(TAKE(b));
			must(asprintf(&b, file, row[k][0], row[k][1]) > 0);
			check_text(a, b, "3 4 vpn a: changed\n");
		}
	}
}

TEST(what_cannot_be_changed_live_is_named_with_its_line)
{
	check_text(NODE "core: {interfaces: [eth1]}\n"
	                "vpns:\n- {name: a, id: 1}\n- {name: b, id: 2}\n",
	           "node: {name: m, router-id: 192.0.2.1, as: 65000, log-level: err}\n"
	           "core: {interfaces: [eth2]}\n"
	           "vpns:\n- {name: a, id: 1}\n- {name: b, id: 2, max-hosts: 5}\n"
	           "- {name: c, id: 3}\n",
	           "3 1 node name n → m\n"
	           "1 1 node log-level notice → err\n"
	           "3 2 core interfaces\n"
	           "3 5 vpn b: changed\n"
	           "3 6 vpn c: added\n");
}

TEST(a_pe_that_begins_to_reflect_needs_a_restart_and_a_reflector_does_not)
{
	static const char pe[] = NODE "core: {interfaces: [eth1]}\n"
				      "vpns: [{name: a, id: 1}]\n"
				      "bgp:\n  neighbors:\n"
				      "    - {address: 192.0.2.2, as: 65000";
	AUTO_FREE char *a = NULL, *b = NULL;

	must(asprintf(&a, "%s}\n", pe) > 0);
	must(asprintf(&b, "%s, route-reflector-client: true}\n", pe) > 0);
	check_text(a, b,
	           "3 5 this PE becomes a route reflector\n"
	           "2 6 neighbor 192.0.2.2: route-reflector-client false → true\n");
	check("  neighbors: [{address: 192.0.2.2, as: 65000}]\n",
	      "  neighbors: [{address: 192.0.2.2, as: 65000, "
	      "route-reflector-client: true}]\n",
	      "2 3 neighbor 192.0.2.2: route-reflector-client false → true\n");
}
