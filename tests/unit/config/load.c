/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <time.h>

#include "base/buf.h"
#include "base/mem.h"
#include "config/config.h"
#include "config/schema.h"

#include "tests/t.h"
#include "tests/unit/config/dump.h"

static const struct config *load(const char *path)
{
	struct config_errors *errs;
	const struct config *cfg = NULL;
	char line[1024];

	if (config_load(path, &cfg, &errs) != 0)
		t_fail(__FILE__, __LINE__, "%s",
		       config_error_fmt(path, &errs->error[0], line, sizeof(line)));
	return cfg;
}

static const struct config *parse(const char *text)
{
	struct config_errors *errs;
	const struct config *cfg = NULL;
	char line[1024];

	if (config_parse("text", text, strlen(text), &cfg, &errs) != 0)
		t_fail(__FILE__, __LINE__, "%s",
		       config_error_fmt("text", &errs->error[0], line, sizeof(line)));
	return cfg;
}

#define CHECK_IP(ip, want)                           \
	do {                                         \
		char ip_[IP_STRLEN];                 \
		CHECK_STR(ip_fmt(&(ip), ip_), want); \
	} while (0)
#define CHECK_PREFIX(p, want)                          \
	do {                                           \
		char p_[PREFIX_STRLEN];                \
		CHECK_STR(prefix_fmt(&(p), p_), want); \
	} while (0)
#define CHECK_MAC(m, want)                          \
	do {                                        \
		char m_[MAC_STRLEN];                \
		CHECK_STR(mac_fmt(&(m), m_), want); \
	} while (0)
#define CHECK_RD(rd, want)                           \
	do {                                         \
		char rd_[RD_STRLEN];                 \
		CHECK_STR(rd_fmt(&(rd), rd_), want); \
	} while (0)
#define CHECK_RT(rt, want)                                     \
	do {                                                   \
		char rt_[EXTCOM_STRLEN];                       \
		CHECK_STR(extcom_fmt(&(rt), rt_), "rt:" want); \
	} while (0)

TEST(the_least_configuration_gets_every_default)
{
	const struct config *cfg =
		parse("node: {name: n, router-id: 192.0.2.1, as: 65000}");

	CHECK_STR(cfg->name, "n");
	CHECK_IP(cfg->router_id, "192.0.2.1");
	CHECK_INT(cfg->as, 65000);
	CHECK_STR(cfg->runtime_dir, "/run/vsubnet");
	CHECK_STR(cfg->bpf_dir, "/sys/fs/bpf/vsubnet");
	CHECK_STR(cfg->tools_port, "vs-tools");
	CHECK_STR(cfg->log_level, "notice");
	CHECK_INT(cfg->n_core, 0);
	CHECK_IP(cfg->source, "192.0.2.1");
	CHECK_INT(cfg->encap, ENCAP_MPLS_UDP);
	CHECK_INT(cfg->label_base, 100000);
	CHECK_INT(cfg->listen.afi, AFI_NONE);
	CHECK_INT(cfg->listen_port, 179);
	CHECK_IP(cfg->cluster_id, "192.0.2.1");
	CHECK_INT(cfg->n_neighbors, 0);
	CHECK_INT(cfg->n_vpns, 0);
	CHECK_INT(cfg->n_attachments, 0);
	CHECK_INT(cfg->fib_hosts, 262144);
	CHECK(!cfg->xdp_generic && !cfg->xdp_force);
	config_free(cfg);
}

static void check_pe1(const struct config *cfg)
{
	const struct config_bgp_neighbor *n = cfg->neighbor;
	const struct config_vpn *v = cfg->vpn;
	const struct config_subnet *s;

	CHECK_INT(cfg->n_core, 1);
	CHECK_STR(cfg->core_if[0], "eth1");
	CHECK_INT(cfg->n_neighbors, 1);
	CHECK_IP(n->address, "192.0.2.1");
	CHECK_IP(n->source, "192.0.2.11");
	CHECK_INT(n->as, 65000);
	CHECK_INT(n->port, 179);
	CHECK(!n->description && !n->password && !n->passive &&
	      !n->route_reflector_client);
	CHECK_INT(n->hold_time, 90);
	CHECK_INT(n->connect_retry, 10);
	CHECK_INT(n->ttl_security, 0);
	CHECK_INT(n->max_prefixes, 1000000);
	CHECK_INT(n->max_prefixes_warning, 75);
	CHECK_INT(n->max_prefixes_restart_min, 5);
	CHECK_INT(n->send_hold_time, 0);
	CHECK_INT(n->gr, GR_ENABLED);
	CHECK_INT(n->gr_restart_time, 120);
	CHECK_INT(n->llgr_stale_time, 0);
	CHECK_INT(n->add_path_send, 0);
	CHECK(!n->template && !n->ao_key && !n->shutdown && !n->shutdown_message);
	CHECK(!n->max_prefixes_warning_only && !n->add_path_receive && n->rt_constrain);

	CHECK_INT(cfg->n_vpns, 1);
	CHECK_STR(v->name, "blue");
	CHECK_INT(v->id, 100);
	CHECK_RD(v->rd, "192.0.2.11:100");
	CHECK_INT(v->n_import, 1);
	CHECK_INT(v->n_export, 1);
	CHECK_RT(v->import_rt[0], "65000:100");
	CHECK_RT(v->export_rt[0], "65000:100");
	CHECK_INT(v->label, 100100);
	CHECK(!v->import_outside);
	CHECK_INT(v->max_hosts, 65536);
	CHECK(v->advertise_mac && !v->seq_to_localpref);
	CHECK_INT(v->n_subnets, 1);

	s = v->subnet;
	CHECK_STR(s->name, "1.1.0.0/16");
	CHECK_PREFIX(s->prefix, "1.1.0.0/16");
	CHECK_IP(s->gateway, "1.1.255.254");
	CHECK_INT(s->prefix6.ip.afi, AFI_NONE);
	CHECK_INT(s->gateway6.afi, AFI_NONE);
	CHECK_MAC(s->proxy_mac, "00:00:5e:00:01:0a");
	CHECK_MAC(s->proxy_mac6, "00:00:5e:00:02:0a");
	CHECK_INT(s->age_time_s, 180);
	CHECK_INT(s->scan_rate, 200);
	CHECK_INT(s->rescan_s, 3600);
	CHECK_INT(s->max_hosts, 4096);
	CHECK_INT(s->probe_reply, PROBE_REPLY_NEVER);
	CHECK_INT(s->n_attachments, 1);
	CHECK(s->attachment[0] == &cfg->attachment[0]);
	CHECK_INT(cfg->n_attachments, 1);
	CHECK_STR(cfg->attachment[0].port, "eth0");
	CHECK_INT(cfg->attachment[0].vlan, 100);
	CHECK_INT(cfg->attachment[0].inner_vlan, 0);
	CHECK_INT(cfg->attachment[0].site, 1);
	CHECK_INT(cfg->attachment[0].id, 1);
	CHECK_INT(cfg->attachment_vpn[0], 100);
}

TEST(a_pe_of_one_subnet_has_the_rest_derived)
{
	const struct config *cfg = load(EXAMPLES "/pe1.yaml");

	check_pe1(cfg);
	config_free(cfg);
}

TEST(json_of_the_model_says_the_same)
{
	const struct config *cfg = load(TESTS_CONFIG "/pe1.json");

	check_pe1(cfg);
	config_free(cfg);
}

TEST(a_reflector_needs_no_core)
{
	const struct config *cfg = load(EXAMPLES "/rr.yaml");

	CHECK_INT(cfg->n_neighbors, 2);
	CHECK(cfg->neighbor[0].route_reflector_client);
	CHECK_STR(cfg->neighbor[1].description, "pe2");
	CHECK_IP(cfg->cluster_id, "192.0.2.1");
	CHECK_INT(cfg->n_core + cfg->n_vpns, 0);
	config_free(cfg);
}

static void check_full_globals(const struct config *cfg)
{
	CHECK_STR(cfg->name, "pe-1.example/a");
	CHECK_INT(cfg->as, 4200000001);
	CHECK_STR(cfg->runtime_dir, "/tmp/vsubnet-run");
	CHECK_STR(cfg->tools_port, "tools0");
	CHECK_STR(cfg->log_level, "debug");
	CHECK_INT(cfg->n_core, 2);
	CHECK_STR(cfg->core_if[1], "eth2.7");
	CHECK_IP(cfg->source, "2001:db8:c::11");
	CHECK_INT(cfg->encap, ENCAP_MPLS_GRE);
	CHECK_INT(cfg->label_base, 200000);
	CHECK_INT(cfg->n_names, 2);
	CHECK_IP(cfg->name_of[1].address, "2001:db8:c::13");
	CHECK_STR(cfg->name_of[1].name, "PE-3");
	CHECK_INT(cfg->fib_hosts, 1024);
	CHECK_STR(cfg->bpf_dir, "/sys/fs/bpf/vs_a");
	CHECK(cfg->xdp_generic && cfg->xdp_force);
	CHECK_IP(cfg->listen, "2001:db8:c::11");
	CHECK_INT(cfg->listen_port, 1790);
	CHECK_IP(cfg->cluster_id, "192.0.2.99");
}

static void check_full_neighbors(const struct config *cfg)
{
	const struct config_bgp_neighbor *n = cfg->neighbor;

	CHECK_INT(cfg->n_neighbors, 4);
	CHECK_INT(n->port, 1791);
	CHECK_STR(n->description, "the reflector: rr1");
	CHECK_STR(n->password, "s3cret, with spaces");
	CHECK_INT(n->hold_time, 0);
	CHECK_INT(n->connect_retry, 7);
	CHECK(n->passive && n->route_reflector_client);
	CHECK_INT(n->ttl_security, 2);
	CHECK_IP(n->source, "2001:db8:c::12");
	CHECK_INT(n->max_prefixes, 0);
	CHECK_INT(n->max_prefixes_warning, 75);
	CHECK(!n->rt_constrain && n->shutdown && !n->shutdown_message);
	CHECK_INT(n->gr, GR_HELPER);
	CHECK_INT(n->add_path_send, CONFIG_ADD_PATH_ALL);
	CHECK_IP(n[1].source, "192.0.2.12");
}

static void check_template(const struct config_bgp_neighbor *n)
{
	CHECK_STR(n->template, "site");
	CHECK_INT(n->as, 4200000001);
	CHECK_INT(n->port, 1792);
	CHECK(!n->password && n->passive && !n->route_reflector_client);
	CHECK_STR(n->ao_key, "the key");
	CHECK_INT(n->ao_key_id, 7);
	CHECK_INT(n->ao_recv_id, 8);
	CHECK_INT(n->ao_algorithm, TCP_AO_AES128_CMAC);
	CHECK_INT(n->hold_time, 30);
	CHECK_INT(n->send_hold_time, 65535);
	CHECK_INT(n->connect_retry, 3);
	CHECK_INT(n->ttl_security, 254);
	CHECK_IP(n->source, "192.0.2.14");
	CHECK_INT(n->max_prefixes, 10);
	CHECK_INT(n->max_prefixes_warning, 50);
	CHECK_INT(n->max_prefixes_restart_min, 0);
	CHECK(n->max_prefixes_warning_only && !n->rt_constrain);
	CHECK_INT(n->gr, GR_DISABLED);
	CHECK_INT(n->gr_restart_time, 4095);
	CHECK_INT(n->llgr_stale_time, 16777215);
	CHECK_INT(n->add_path_send, 2);
	CHECK(n->add_path_receive && n->shutdown);
	CHECK_STR(n->shutdown_message, "back at 5, \xe2\x9c\x94");
}

TEST(a_neighbor_has_from_its_template_what_it_does_not_say)
{
	const struct config *cfg = load(TESTS_CONFIG "/full.yaml");
	const struct config_bgp_neighbor *n = &cfg->neighbor[2];

	CHECK_INT(cfg->n_templates, 2);
	check_template(&cfg->template[0].peer);
	CHECK_INT(cfg->template[0].peer.address.afi, AFI_NONE);
	check_template(n);
	CHECK_STR(n->description, "all but this from the template");
	CHECK_IP(n->address, "192.0.2.3");
	config_free(cfg);
}

TEST(what_a_neighbor_says_wins_over_its_template_leaf_by_leaf)
{
	const struct config *cfg = load(TESTS_CONFIG "/full.yaml");
	const struct config_bgp_neighbor *n = &cfg->neighbor[3];

	CHECK_INT(n->as, 64513);
	CHECK_STR(n->password, "own secret");
	CHECK(!n->ao_key);           /* one of the two */
	CHECK_INT(n->hold_time, 90); /* although that is the default */
	CHECK(!n->max_prefixes_warning_only);
	CHECK_INT(n->max_prefixes, 10);
	CHECK_INT(n->add_path_send, 0);
	CHECK(n->add_path_receive && !n->shutdown);
	CHECK_INT(n->connect_retry, 3);
	config_free(cfg);
}

TEST(dynamic_neighbors_and_observers_arrive)
{
	const struct config *cfg = load(TESTS_CONFIG "/full.yaml");
	const struct config_bgp_dynamic *d = cfg->dynamic;
	const struct config_bmp_collector *b = cfg->bmp;

	CHECK_INT(cfg->n_dynamics, 2);
	CHECK_PREFIX(d[0].prefix, "10.0.0.0/8");
	CHECK(d[0].template == &cfg->template[0]);
	CHECK_INT(d[0].limit, 7);
	CHECK_INT(d[0].idle_time, 1);
	CHECK_IP(d[0].source, "192.0.2.14");
	CHECK_PREFIX(d[1].prefix, "2001:db8::/32");
	CHECK_INT(d[1].limit, 1000);
	CHECK_INT(d[1].idle_time, 60);
	CHECK_IP(d[1].source, "2001:db8:c::11");
	CHECK_STR(cfg->mrt.updates, "/var/log/mrt/updates.%Y%m%d.%H%M%S");
	CHECK_STR(cfg->mrt.table, "/var/log/mrt/rib");
	CHECK_INT(cfg->mrt.updates_interval, 60);
	CHECK_INT(cfg->mrt.table_interval, 604800);
	CHECK_INT(cfg->n_bmp, 2);
	CHECK_IP(b[0].address, "192.0.2.50");
	CHECK_INT(b[0].port, 11019);
	CHECK_IP(b[0].source, "192.0.2.12");
	CHECK_INT(b[0].stats_interval, 0);
	CHECK_INT(b[0].connect_retry, 1);
	CHECK_INT(b[1].port, 5000);
	CHECK_INT(b[1].source.afi, AFI_NONE);
	CHECK_INT(b[1].stats_interval, 300);
	CHECK_INT(b[1].connect_retry, 30);
	config_free(cfg);
}

static void check_full_ra(const struct config_vpn *v)
{
	const struct config_ra *ra = v->subnet[0].ra;

	CHECK(ra && !v->subnet[1].ra);
	CHECK_INT(ra->interval_s, 30);
	CHECK_INT(ra->lifetime_s, 90);
	CHECK_INT(ra->valid_s, 7200);
	CHECK_INT(ra->preferred_s, 3600);
	CHECK(!ra->autonomous && ra->managed && ra->other);
	CHECK_INT(ra->mtu, 1400);
	CHECK_INT(ra->n_dns, 2);
	CHECK_IP(ra->dns[1], "2001:db8:53::2");
	CHECK_INT(ra->n_search, 2);
	CHECK_STR(ra->search[1], "lan.example");
}

static void check_full_dhcp(const struct config_vpn *v)
{
	const struct config_dhcp *d = v->subnet[0].dhcp, *e = v->subnet[1].dhcp;

	CHECK_IP(v->loopback, "10.255.0.11");
	CHECK_IP(v->loopback6, "2001:db8:ff::11");
	CHECK_INT(d->n_servers, 3);
	CHECK_IP(d->server[0], "10.0.0.67");
	CHECK_IP(d->server[1], "1.1.2.67");
	CHECK_IP(d->server[2], "2001:db8:5::547");
	CHECK_STR(d->remote_id, "pe-1/lan");
	CHECK_INT(d->max_hops, 16);
	CHECK_INT(d->max_rate, 7);
	CHECK(!d->server_id_override && !d->vss);
	CHECK_INT(e->n_servers, 1);
	CHECK_STR(e->remote_id, "pe-1.example/a"); /* the node's name */
	CHECK_INT(e->max_hops, 4);
	CHECK_INT(e->max_rate, 100);
	CHECK(e->server_id_override && e->vss);
}

static void check_full_vpns(const struct config *cfg)
{
	const struct config_vpn *v = &cfg->vpn[0], *red = &cfg->vpn[1];
	const struct config_subnet *s = v->subnet;

	CHECK_RD(v->rd, "65000:4294967295");
	CHECK_INT(v->n_import, 3);
	CHECK_RT(v->import_rt[0], "65000:1");
	CHECK_RT(v->import_rt[1], "65000:2"); /* given in both lists */
	CHECK_RT(v->import_rt[2], "192.0.2.1:3");
	CHECK_INT(v->n_export, 3);
	CHECK_RT(v->export_rt[2], "4200000001:4");
	CHECK_INT(v->label, 265535);
	CHECK(v->import_outside);
	CHECK_INT(v->max_hosts, 10);
	CHECK(!v->advertise_mac && v->seq_to_localpref);
	CHECK_STR(s[0].name, "lan");
	CHECK_IP(s[0].gateway, "1.1.1.255"); /* not the broadcast address of a /16 */
	CHECK_PREFIX(s[0].prefix6, "2001:db8:1::/64");
	CHECK_IP(s[0].gateway6, "2001:db8:1::ff");
	CHECK_IP(s[0].gateway6_ll, "fe80::ff");
	CHECK_IP(s[0].address, "1.1.1.11");
	CHECK_IP(s[0].address6, "2001:db8:1::11");
	CHECK_MAC(s[0].proxy_mac, "00:00:5e:00:01:ff");
	CHECK_MAC(s[0].proxy_mac6, "00:00:5e:00:02:ff");
	CHECK_INT(s[0].vrid, 255);
	CHECK(s[0].vrrp.on && s[0].vrrp.external);
	CHECK(s[0].vrrp.checksum_9568);
	CHECK(!s[0].vrrp.preempt && !s[0].vrrp.track_core);
	CHECK_INT(s[0].vrrp.priority, 254);
	CHECK_INT(s[0].vrrp.interval_cs, 4095);
	CHECK_INT(s[0].vrrp.preempt_delay_s, 3600);
	CHECK(!s[1].vrrp.on);
	CHECK_INT(s[0].age_time_s, 60);
	CHECK_INT(s[0].scan_rate + s[0].rescan_s, 0);
	CHECK_INT(s[0].max_hosts, 5);
	CHECK_INT(s[0].probe_reply, PROBE_REPLY_MAC_AWARE);
	CHECK_INT(s[0].n_attachments, 4);
	/* An IPv6 prefix by the name of prefix. */
	CHECK_INT(s[1].prefix.ip.afi, AFI_NONE);
	CHECK_INT(s[1].gateway.afi, AFI_NONE);
	CHECK_PREFIX(s[1].prefix6, "2001:db8:2::/64");
	CHECK_IP(s[1].gateway6, "2001:db8:2::1");
	CHECK_IP(s[1].gateway6_ll, "fe80::ff:fe00:2"); /* of its proxy-mac6 */
	CHECK_INT(s[1].address.afi, AFI_NONE);
	CHECK_IP(s[1].address6, "2001:db8:2::11");
	CHECK_MAC(s[1].proxy_mac, "02:00:00:00:00:01");
	CHECK_MAC(s[1].proxy_mac6, "02:00:00:00:00:02");

	check_full_ra(v);
	check_full_dhcp(v);
	CHECK(!red->n_subnets && !red->loopback.afi);
	CHECK_RD(red->rd, "192.0.2.11:1");
	CHECK_RT(red->import_rt[0], "65000:9");
	CHECK_INT(red->n_import, 1);
	CHECK_RT(red->export_rt[0], "4200000001:1");
}

TEST(every_leaf_arrives_where_it_belongs)
{
	const struct config *cfg = load(TESTS_CONFIG "/full.yaml");

	check_full_globals(cfg);
	check_full_neighbors(cfg);
	check_full_vpns(cfg);
	config_free(cfg);
}

TEST(subnets_of_a_vpn_share_an_attachment)
{
	const struct config *cfg = load(TESTS_CONFIG "/full.yaml");
	const struct config_subnet *s = cfg->vpn[0].subnet;
	static const uint16_t tags[][2] = {
		{100,  200},
                { 100, 0  },
                { 0,   0  },
                { 0,   0  }
	};

	CHECK_INT(cfg->n_attachments, 4);
	for (size_t i = 0; i < cfg->n_attachments; i++) {
		CHECK_INT(cfg->attachment[i].id, i + 1);
		CHECK_INT(cfg->attachment[i].vlan, tags[i][0]);
		CHECK_INT(cfg->attachment[i].inner_vlan, tags[i][1]);
		CHECK_INT(cfg->attachment_vpn[i], 65535);
		CHECK(s[0].attachment[i] == &cfg->attachment[i]);
	}
	CHECK_INT(s[1].n_attachments, 1);
	CHECK(s[1].attachment[0] == &cfg->attachment[2]);
	/* Said by the second subnet only, and true for both. */
	CHECK_INT(cfg->attachment[2].site, 7);
	config_free(cfg);
}

/* Written out in full, a configuration means the same: nothing is lost or made up. */
static void check_round_trip(const char *path)
{
	const struct config *cfg = load(path), *again;
	struct buf one = { 0 }, two = { 0 };

	dump_config(&one, cfg);
	buf_put(&one, "", 1);
	again = parse((const char *)buf_head(&one));
	dump_config(&two, again);
	buf_put(&two, "", 1);
	CHECK_STR((const char *)buf_head(&two), (const char *)buf_head(&one));
	CHECK_INT(again->n_attachments, cfg->n_attachments);
	config_free(cfg);
	config_free(again);
	buf_fini(&one);
	buf_fini(&two);
}

TEST(what_loads_means_the_same_when_written_out)
{
	check_round_trip(EXAMPLES "/pe1.yaml");
	check_round_trip(EXAMPLES "/pe1-dhcp.yaml");
	check_round_trip(EXAMPLES "/rr.yaml");
	check_round_trip(TESTS_CONFIG "/full.yaml");
}

TEST(empty_containers_and_lists_are_as_if_absent)
{
	const struct config *cfg =
		parse("node: {name: n, router-id: 192.0.2.1, as: 65000}\n"
	              "core:\nbgp:\n  neighbors:\nvpns: ~\n");

	CHECK_INT(cfg->listen_port, 179);
	CHECK_INT(cfg->n_neighbors + cfg->n_vpns, 0);
	config_free(cfg);
}

static const struct config *many_vpns(unsigned n)
{
	struct buf b = { 0 };
	const struct config *cfg;

	buf_printf(&b, "node: {name: n, router-id: 192.0.2.1, as: 65000}\n"
	               "core: {interfaces: [eth1]}\nvpns:\n");
	for (unsigned i = 1; i <= n; i++)
		buf_printf(&b,
		           "- name: vpn%u\n"
		           "  id: %u\n"
		           "  subnets:\n"
		           "  - prefix: 10.0.0.0/16\n"
		           "    gateway: 10.0.0.1\n"
		           "    attachments: [{port: eth0, vlan: %u, inner-vlan: %u}]\n",
		           i, i, i % 4094 + 1, i / 4094 + 1);
	buf_put(&b, "", 1);
	cfg = parse((const char *)buf_head(&b));
	buf_fini(&b);
	return cfg;
}

TEST(sixteen_thousand_vpns_load_in_a_time_that_grows_as_their_number)
{
	clock_t start = clock(), few, many;
	const struct config *cfg = many_vpns(2000);

	few = clock() - start;
	config_free(cfg);
	start = clock();
	cfg = many_vpns(16000);
	many = clock() - start;
	CHECK_INT(cfg->n_vpns, 16000);
	CHECK_INT(cfg->n_attachments, 16000);
	CHECK_INT(cfg->vpn[15999].label, 116000);
	CHECK_INT(cfg->attachment[15999].id, 16000);
	config_free(cfg);
	/* Processor time: eight times the number, and as much again for cold caches; the
	 * square of it would be 64. */
	CHECK(many < 24 * few);
}

TEST(more_attachments_than_numbers_are_refused)
{
	struct config_errors *errs;
	const struct config *cfg;
	struct buf b = { 0 };

	buf_printf(&b,
	           "node: {name: n, router-id: 192.0.2.1, as: 65000}\n"
	           "core: {interfaces: [eth1]}\n"
	           "vpns:\n- name: v\n  id: 1\n  subnets:\n"
	           "  - prefix: 10.0.0.0/16\n    gateway: 10.0.0.1\n    attachments:\n");
	for (unsigned i = 0; i < 65536; i++)
		buf_printf(&b, "    - {port: eth0, vlan: %u, inner-vlan: %u}\n",
		           i % 4094 + 1, i / 4094 + 1);
	CHECK_INT(config_parse("x", (const char *)buf_head(&b), buf_left(&b), &cfg,
	                       &errs),
	          -EINVAL);
	CHECK_INT(errs->n, 1);
	CHECK_INT(errs->error[0].line, 9 + 65536);
	CHECK_STR(errs->error[0].text, "the 65536th attachment; expected at most 65535");
	config_errors_free(errs);
	buf_fini(&b);
}

static char *slurp(const char *path)
{
	struct buf b = { 0 };
	FILE *f = fopen(path, "r");
	size_t n;

	if (!f)
		t_fail(__FILE__, __LINE__, "can't open %s", path);
	while ((n = fread(buf_reserve(&b, 4096), 1, 4096, f)) > 0)
		buf_commit(&b, n);
	fclose(f);
	buf_put(&b, "", 1);
	return (char *)b.p;
}

/* A row "| `name` | type | `default` | …": of this leaf, with this default. */
static void check_row(const char *doc, const struct lysc_node *leaf)
{
	const char *dflt = schema_default(leaf);
	char row[100], cell[120];
	const char *p, *end;

	snprintf(row, sizeof(row), "\n| `%s` |", leaf->name);
	snprintf(cell, sizeof(cell), "| `%s` |", dflt ? dflt : "");
	/* Two leaves of a name are two rows; one of them has to fit. */
	for (p = doc; (p = strstr(p, row)); p++) {
		end = strchr(p + 1, '\n');
		if (!dflt || (strstr(p, cell) && strstr(p, cell) < end))
			return;
	}
	t_fail(__FILE__, __LINE__,
	       "doc/configuration.md has no row of %s with default %s", leaf->name,
	       dflt ? dflt : "(none)");
}

/* What one look at the whole model found out. */
struct look {
	const char *doc;
	unsigned leaves;
};

static LY_ERR look_at(struct lysc_node *n, void *data, ly_bool *ret_skip)
{
	struct look *look = data;

	if (!n->dsc)
		t_fail(__FILE__, __LINE__, "%s has no description", n->name);
	if (n->nodetype & (LYS_LEAF | LYS_LEAFLIST)) {
		check_row(look->doc, n);
		look->leaves++;
	}
	return LY_SUCCESS;
}

TEST(the_reference_has_every_leaf_with_its_default)
{
	AUTO_FREE char *doc = slurp(DOC "/configuration.md");
	struct look look = { .doc = doc };
	struct schema *s = schema_new();

	CHECK_INT(lysc_module_dfs_full(s->mod, look_at, &look), LY_SUCCESS);
	schema_free(s);
	CHECK(look.leaves > 50);
}
