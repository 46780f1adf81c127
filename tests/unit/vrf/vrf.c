/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vrf/vrf.h"

#include "rib/attrs.h"
#include "rib/rib.h"

#include "tests/t.h"

/*
 * One PE with the VRF "blue" (RD 192.0.2.11:100, RT 65000:100, 1.1.0.0/16 and its IPv6
 * twin), a rib, and one neighbor from which remote routes come.
 */
static struct rib *rib;
static struct rib_source *peer;
static struct vrfs *vrfs;

static struct { /* the last thing the owner was told */
	unsigned calls, forgotten, refused;
	struct prefix prefix;
	bool gone;
	struct vrf_remote remote, all[VRF_PATHS_MAX];
	size_t n;
	uint32_t *via;
	const char *unreachable; /* this PE can't be resolved */
} told;

static void on_remote(void *arg, uint32_t vrf, const struct prefix *p,
                      const struct vrf_remote *r, size_t n, uint32_t *via)
{
	told.calls++;
	told.prefix = *p;
	told.gone = !r;
	told.via = via;
	told.n = n;
	if (!r)
		return;
	told.remote = *r;
	memcpy(told.all, r, n * sizeof(*r));
}

static struct ip ip(const char *s)
{
	struct ip ret;

	CHECK(ip_parse(s, &ret));
	return ret;
}

static struct prefix prefix(const char *s)
{
	struct prefix ret;

	CHECK(prefix_parse(s, &ret));
	return ret;
}

static struct extcom community(const char *s, enum extcom_subtype sub)
{
	struct extcom ret;

	CHECK(extcom_parse(s, sub, &ret));
	return ret;
}

static bool on_resolvable(void *arg, const struct ip *pe, enum vrf_encap encap)
{
	struct ip bad;

	if (!told.unreachable)
		return true;
	bad = ip(told.unreachable);
	return !ip_eq(&bad, pe);
}

static void on_forget(void *arg, const struct ip *pe, enum vrf_encap encap)
{
	told.forgotten++;
}

static const char *on_name(void *arg, const struct ip *pe)
{
	struct ip two = ip("192.0.2.12");

	return ip_eq(pe, &two) ? "PE-2" : NULL;
}

/* Told targets as "+65000:100 -65000:100 ". */
static char imports_told[400];

static void on_imports(void *arg, const struct extcom *rt, bool now)
{
	size_t n = strlen(imports_told);
	char text[EXTCOM_STRLEN];

	extcom_fmt(rt, text);
	snprintf(imports_told + n, sizeof(imports_told) - n, "%c%s ", now ? '+' : '-',
	         strchr(text, ':') + 1);
}

static void on_refused(void *arg, uint32_t vrf, const struct prefix *p)
{
	told.refused++;
	told.prefix = *p;
}

static const struct vrf_ops ops = { on_remote, on_resolvable, on_forget,
	                            on_name,   on_imports,    on_refused };

static void add_vrf(const char *name, uint32_t id, const char *rt, bool outside)
{
	struct ip me = ip("192.0.2.11");
	struct extcom target = community(rt, EXTCOM_RT);
	struct vrf_config vc = { .id = id,
		                 .name = name,
		                 .rd = rd_of_ip(&me, (uint16_t)id),
		                 .label = 100000 + id,
		                 .import_rt = &target,
		                 .export_rt = &target,
		                 .n_import = 1,
		                 .n_export = 1,
		                 .import_outside = outside };

	vrf_add(vrfs, &vc);
}

static void start(enum vrf_encap encap)
{
	struct vrfs_config cfg = { .source = ip("192.0.2.11"),
		                   .router_id = 0xc000020b,
		                   .encap = encap,
		                   .ops = &ops };
	struct rib_source src = { .address = ip("192.0.2.1"), .router_id = 0xc0000201 };
	struct prefix four = prefix("1.1.0.0/16"), six = prefix("2001:db8:1::/64");
	struct extcom site = community("65000:1", EXTCOM_SOO);

	memset(&told, 0, sizeof(told));
	cfg.rib = rib = rib_new();
	peer = rib_source_add(rib, &src);
	vrfs = vrfs_new(&cfg);
	add_vrf("blue", 100, "65000:100", false);
	vrf_subnet_add(vrfs, 100, &four);
	vrf_subnet_add(vrfs, 100, &six);
	vrf_site_add(vrfs, 100, &site);
}

static void stop(void)
{
	rib_source_del(rib, peer);
	vrfs_free(vrfs);
	rib_free(rib);
}

/* A route from another PE: communities as hex text. */
static void learn_of(const char *pe, const char *host, const char *communities,
                     uint8_t origin)
{
	struct ip nh = ip(pe);
	struct rib_key key = { .rd = rd_of_ip(&nh, 100), .prefix = prefix(host) };
	struct bgp_attrs a = { .origin = origin,
		               .local_pref = 100,
		               .nexthop = { .addr = nh } };
	uint8_t x[256];
	const struct attrs *set;

	a.extcoms = (struct bgp_span){ .p = x, .n = t_hex(communities, x, sizeof(x)) };
	bgp_attr_set(&a, BGP_ATTR_ORIGIN);
	bgp_attr_set(&a, BGP_ATTR_AS_PATH);
	bgp_attr_set(&a, BGP_ATTR_LOCAL_PREF);
	bgp_attr_set(&a, BGP_ATTR_EXT_COMMUNITIES);
	set = attrs_intern(rib_attrs(rib), &a);
	CHECK(set);
	rib_announce(rib, peer, &key, 0, 100016, set);
	attrs_unref(set);
}

static void learn(const char *pe, const char *host, const char *communities)
{
	learn_of(pe, host, communities, BGP_ORIGIN_IGP);
}

static void unlearn(const char *pe, const char *host)
{
	struct ip nh = ip(pe);
	struct rib_key key = { .rd = rd_of_ip(&nh, 100), .prefix = prefix(host) };

	CHECK(rib_withdraw(rib, peer, &key, 0));
}

#define RT100  "0002fde800000064 "
#define RT200  "0002fde8000000c8 "
#define SITE1  "0003fde800000001 "
#define SITE2  "0003fde800000002 "
#define GRE    "030c00000000000b "
#define UDP    "030c00000000000d "
#define VXLAN  "030c000000000008 "
#define SEQ(n) "06000000" n " "

static bool chosen(const char *host, struct vrf_remote *ret)
{
	struct prefix p = prefix(host);

	return vrf_best_remote(vrfs, 100, &p, ret);
}

static void check_chosen(const char *host, const char *pe)
{
	struct vrf_remote r;
	struct ip want = ip(pe);

	CHECK(chosen(host, &r));
	if (!ip_eq(&r.pe, &want)) {
		char buf[IP_STRLEN];

		t_fail(__FILE__, __LINE__, "%s goes to %s, not %s", host,
		       ip_fmt(&r.pe, buf), pe);
	}
}

/* The communities under which our own host is announced, against the golden ones. */
static void check_originated(const char *host, const char *want_hex)
{
	struct ip me = ip("192.0.2.11");
	struct rib_key key = { .rd = rd_of_ip(&me, 100), .prefix = prefix(host) };
	struct rib_path p;
	uint8_t want[256];
	size_t n = t_hex(want_hex, want, sizeof(want));
	struct bgp_attrs a;

	CHECK_INT(rib_paths(rib, &key, &p, 1), 1);
	CHECK_INT(p.label, 100100);
	CHECK(p.source->local);
	attrs_view(p.attrs, &a);
	CHECK(ip_eq(&a.nexthop.addr, &me));
	CHECK_INT(a.origin, BGP_ORIGIN_INCOMPLETE);
	CHECK_INT(a.as_path.n, 0);
	CHECK_INT(bgp_attr_local_pref(&a), 100);
	CHECK_INT(a.extcoms.n, n);
	CHECK_MEM(a.extcoms.p, want, n);
}

static void host_up(const char *host, uint32_t seq, bool router)
{
	struct vrf_host h = { .ip = ip(host),
		              .soo = community("65000:2", EXTCOM_SOO),
		              .seq = seq,
		              .router = router };

	vrf_host_up(vrfs, 100, &h);
}

TEST(a_local_host_is_originated_with_targets_site_and_encapsulation)
{
	start(VRF_ENCAP_GRE);
	host_up("1.1.1.3", 0, false);
	check_originated("1.1.1.3/32", RT100 SITE2 GRE);
	host_up("2001:db8:1::3", 0, false);
	check_originated("2001:db8:1::3/128", RT100 SITE2 GRE);
	stop();
}

TEST(a_host_that_moved_bears_its_sequence_and_a_router_its_flag)
{
	start(VRF_ENCAP_UDP);
	host_up("1.1.1.2", 1, true);
	check_originated("1.1.1.2/32", RT100 SITE2 UDP SEQ("00000001"));
	host_up("2001:db8:1::2", 0, true);
	check_originated("2001:db8:1::2/128", RT100 SITE2 UDP "0608010000000000");
	stop();
}

/* Thirty targets each of route-targets and export-targets is what the model lets through;
 * the site, the encapsulation, the sequence, the flags and the MAC fit behind them. */
TEST(a_vpn_with_sixty_export_targets_announces_them_all)
{
	struct vrf_host h = { .ip = ip("2001:db8:1::2"),
		              .soo = community("65000:2", EXTCOM_SOO),
		              .mac = { .b = { 2, 0, 0, 0, 0, 5 } },
		              .seq = 1,
		              .router = true };
	struct ip me = ip("192.0.2.11");
	struct rib_key key = { .rd = rd_of_ip(&me, 200),
		               .prefix = prefix("2001:db8:1::2/128") };
	struct extcom rt[60], last;
	struct vrf_config vc = { .id = 200,
		                 .name = "red",
		                 .rd = key.rd,
		                 .label = 100200,
		                 .import_rt = rt,
		                 .export_rt = rt,
		                 .n_import = 60,
		                 .n_export = 60,
		                 .advertise_mac = true };
	struct bgp_attrs a;
	struct rib_path p;

	start(VRF_ENCAP_UDP);
	for (uint32_t i = 0; i < 60; i++)
		rt[i] = extcom_of_as(EXTCOM_RT, 65000, i + 1);
	vrf_add(vrfs, &vc);
	vrf_host_up(vrfs, 200, &h);
	CHECK_INT(rib_paths(rib, &key, &p, 1), 1);
	attrs_view(p.attrs, &a);
	CHECK_INT(a.extcoms.n, 65 * sizeof(struct extcom));
	CHECK_MEM(a.extcoms.p + 59 * sizeof(rt[0]), &rt[59], sizeof(rt[0]));
	last = bgp_attr_extcom(&a, 64);
	CHECK_INT(last.b[0], 0x8e);
	stop();
}

/* "red" with an RD of its own; its hosts tell their MAC, and their moves to old routers.
 */
static void add_red(bool tell)
{
	struct ip me = ip("192.0.2.11");
	struct extcom target = community("65000:100", EXTCOM_RT);
	struct vrf_config vc = { .id = 200,
		                 .name = "red",
		                 .rd = rd_of_ip(&me, 200),
		                 .label = 100200,
		                 .import_rt = &target,
		                 .export_rt = &target,
		                 .n_import = 1,
		                 .n_export = 1,
		                 .import_outside = true,
		                 .advertise_mac = tell,
		                 .seq_to_localpref = tell };

	vrf_add(vrfs, &vc);
}

static void red_host(const char *host, uint32_t seq, bool immutable, const char *want_hex,
                     uint32_t want_pref)
{
	struct vrf_host h = { .ip = ip(host),
		              .mac = { .b = { 0x02, 0xaa, 0, 0, 0, 0x0c } },
		              .seq = seq,
		              .immutable = immutable };
	struct ip me = ip("192.0.2.11");
	struct rib_key key = { .rd = rd_of_ip(&me, 200), .prefix = prefix_host(&h.ip) };
	struct bgp_attrs a;
	struct rib_path p;
	uint8_t want[256];
	size_t n = t_hex(want_hex, want, sizeof(want));

	vrf_host_up(vrfs, 200, &h);
	CHECK_INT(rib_paths(rib, &key, &p, 1), 1);
	attrs_view(p.attrs, &a);
	CHECK_INT(a.extcoms.n, n);
	CHECK_MEM(a.extcoms.p, want, n);
	CHECK_INT(bgp_attr_local_pref(&a), want_pref);
}

TEST(a_hosts_mac_and_an_immutable_binding_are_told_with_its_route)
{
	start(VRF_ENCAP_UDP);
	add_red(true);
	red_host("1.1.1.2", 0, false, RT100 UDP "8e0102aa0000000c", 100);
	red_host("1.1.1.4", 0, true, RT100 UDP "0608080000000000 8e0102aa0000000c", 100);
	red_host("2001:db8:1::2", 0, false, RT100 UDP "8e0102aa0000000c", 100);
	stop();
	start(VRF_ENCAP_UDP);
	add_red(false);
	red_host("1.1.1.2", 0, false, RT100 UDP, 100);
	stop();
}

TEST(peers_without_sequence_numbers_are_shown_a_move_by_local_pref)
{
	start(VRF_ENCAP_UDP);
	add_red(true);
	red_host("1.1.1.2", 7, false, RT100 UDP SEQ("00000007") "8e0102aa0000000c", 107);
	red_host("1.1.1.2", 4000000000, false,
	         RT100 UDP SEQ("ee6b2800") "8e0102aa0000000c", 1000100);
	stop();
	start(VRF_ENCAP_UDP);
	add_red(false);
	red_host("1.1.1.2", 7, false, RT100 UDP SEQ("00000007"), 100);
	stop();
}

#define MAC(x) "8e0102aa000000" x " "

/* Addresses of 02:aa:00:00:00:xx that other PEs tell, as one line in no order. */
static size_t of_mac(uint8_t last, struct ip ret[8])
{
	struct mac m = {
		.b = {0x02, 0xaa, 0, 0, 0, last}
	};

	return vrf_of_mac(vrfs, 100, &m, ret, 8);
}

TEST(remote_hosts_are_found_by_the_mac_their_chosen_route_tells)
{
	struct ip got[8], want = ip("1.1.1.3");
	struct vrf_remote r;

	start(VRF_ENCAP_UDP);
	learn("192.0.2.12", "1.1.1.3/32", RT100 SITE2 UDP MAC("0c"));
	learn("192.0.2.12", "2001:db8:1::3/128", RT100 SITE2 UDP MAC("0c"));
	learn("192.0.2.12", "1.1.1.4/32", RT100 SITE2 UDP MAC("0d"));
	learn("192.0.2.12", "1.1.1.5/32", RT100 SITE2 UDP);
	learn("192.0.2.12", "1.1.2.0/24", RT100 SITE2 UDP MAC("0c")); /* no host */
	CHECK_INT(of_mac(0x0c, got), 2);
	CHECK_INT(of_mac(0x0d, got), 1);
	CHECK_INT(of_mac(0x00, got), 0);
	CHECK(chosen("1.1.1.3/32", &r) && r.mac.b[5] == 0x0c && !r.immutable);

	/* a newer route with another MAC, and back when that goes */
	learn("192.0.2.13", "1.1.1.3/32", RT100 UDP SEQ("00000001") MAC("0d"));
	CHECK_INT(of_mac(0x0c, got), 1);
	CHECK_INT(of_mac(0x0d, got), 2);
	unlearn("192.0.2.13", "1.1.1.3/32");
	unlearn("192.0.2.12", "2001:db8:1::3/128");
	CHECK_INT(of_mac(0x0c, got), 1);
	CHECK(ip_eq(&got[0], &want));
	stop();
}

TEST(a_router_that_answers_for_thousands_does_not_slow_the_index)
{
	struct mac m = {
		.b = {0x02, 0xaa, 0, 0, 0, 0x0c}
	};
	struct ip got[200];

	start(VRF_ENCAP_UDP);
	for (unsigned i = 1; i <= 100; i++) {
		char host[32];

		snprintf(host, sizeof(host), "1.1.3.%u/32", i);
		learn("192.0.2.12", host, RT100 SITE2 UDP MAC("0c"));
	}
	CHECK_INT(vrf_of_mac(vrfs, 100, &m, got, 200), 64);
	stop();
}

TEST(sticky_or_immutable_either_says_that_a_host_stays_where_it_is)
{
	struct vrf_remote r;

	start(VRF_ENCAP_UDP);
	learn("192.0.2.12", "1.1.1.3/32", RT100 UDP "0600010000000000");
	CHECK(chosen("1.1.1.3/32", &r) && r.sticky && r.immutable);
	learn("192.0.2.12", "1.1.1.3/32", RT100 UDP "0608080000000000");
	CHECK(chosen("1.1.1.3/32", &r) && !r.sticky && r.immutable);
	learn("192.0.2.12", "1.1.1.3/32", RT100 UDP "0608030000000000");
	CHECK(chosen("1.1.1.3/32", &r) && r.router && !r.immutable);
	stop();
}

TEST(a_host_bound_for_good_is_chosen_over_any_claim)
{
	start(VRF_ENCAP_UDP);
	learn("192.0.2.13", "1.1.1.3/32", RT100 UDP "0608080000000000");
	learn("192.0.2.12", "1.1.1.3/32", RT100 UDP SEQ("00000063"));
	check_chosen("1.1.1.3/32", "192.0.2.13");
	unlearn("192.0.2.13", "1.1.1.3/32");
	check_chosen("1.1.1.3/32", "192.0.2.12");
	stop();
}

/* Half the circle apart RFC 1982 knows no order: then all go by the address. */
TEST(sequences_without_an_order_are_decided_by_the_address)
{
	start(VRF_ENCAP_UDP);
	learn("192.0.2.13", "1.1.1.3/32", RT100 UDP SEQ("80000000"));
	learn("192.0.2.12", "1.1.1.3/32", RT100 UDP);
	check_chosen("1.1.1.3/32", "192.0.2.12");
	unlearn("192.0.2.13", "1.1.1.3/32");
	learn("192.0.2.13", "1.1.1.3/32", RT100 UDP SEQ("80000000"));
	check_chosen("1.1.1.3/32", "192.0.2.12");
	stop();
}

TEST(a_host_that_goes_is_withdrawn)
{
	struct ip me, gone;
	struct rib_key key;
	struct rib_path p;

	start(VRF_ENCAP_UDP);
	me = ip("192.0.2.11");
	gone = ip("1.1.1.2");
	key = (struct rib_key){ .rd = rd_of_ip(&me, 100),
		                .prefix = prefix("1.1.1.2/32") };
	host_up("1.1.1.2", 0, false);
	CHECK(vrf_local(vrfs, 100, &gone));
	vrf_host_down(vrfs, 100, &gone);
	vrf_host_down(vrfs, 100, &gone); /* twice is harmless */
	CHECK(!vrf_local(vrfs, 100, &gone));
	CHECK_INT(rib_paths(rib, &key, &p, 1), 0);
	stop();
}

TEST(only_routes_with_an_imported_target_come_in)
{
	struct vrf_remote r;

	start(VRF_ENCAP_UDP);
	learn("192.0.2.12", "1.1.1.3/32", RT200 SITE2 UDP);
	CHECK(!chosen("1.1.1.3/32", &r));
	CHECK_INT(told.calls, 0);
	learn("192.0.2.12", "1.1.1.3/32", RT200 RT100 SITE2 UDP);
	CHECK(chosen("1.1.1.3/32", &r));
	CHECK_INT(told.calls, 1);
	CHECK_INT(r.label, 100016);
	CHECK(!r.sibling);
	learn("192.0.2.12", "1.1.1.3/32", RT200 SITE2 UDP);
	CHECK(!chosen("1.1.1.3/32", &r));
	CHECK(told.gone);
	stop();
}

TEST(a_route_outside_the_subnets_needs_import_outside)
{
	struct vrf_remote r;
	struct prefix p;

	start(VRF_ENCAP_UDP);
	p = prefix("2.2.0.0/16");
	learn("192.0.2.13", "2.2.0.0/16", RT100 UDP);
	CHECK(!chosen("2.2.0.0/16", &r));
	add_vrf("green", 101, "65000:100", true);
	CHECK(vrf_best_remote(vrfs, 101, &p, &r));
	stop();
}

TEST(the_loopbacks_of_others_are_taken_by_who_has_one)
{
	struct vrf_config vc = { .id = 102, .name = "looped", .import_loopbacks = true };
	struct prefix lo, lo6, net, six = prefix("2001:db8:1::/64");
	struct ip me = ip("192.0.2.11");
	struct extcom target = community("65000:100", EXTCOM_RT);
	struct vrf_remote r;

	start(VRF_ENCAP_UDP);
	lo = prefix("10.255.0.12/32");
	lo6 = prefix("2001:db8:ff::12/128");
	net = prefix("10.255.0.0/24");
	vc.rd = rd_of_ip(&me, 102);
	vc.import_rt = &target;
	vc.n_import = 1;
	vrf_add(vrfs, &vc);
	vrf_subnet_add(vrfs, 102, &six);
	learn("192.0.2.12", "10.255.0.12/32", RT100 UDP);
	learn("192.0.2.12", "2001:db8:ff::12/128", RT100 UDP);
	learn("192.0.2.12", "10.255.0.0/24", RT100 UDP);
	learn_of("192.0.2.12", "10.255.0.13/32", RT100 UDP, BGP_ORIGIN_INCOMPLETE);
	CHECK(vrf_best_remote(vrfs, 102, &lo, &r));
	CHECK(vrf_best_remote(vrfs, 102, &lo6, &r));
	CHECK(!vrf_best_remote(vrfs, 102, &net, &r));
	CHECK(!chosen("10.255.0.12/32", &r)); /* blue has none of its own */
	/* It is a learnt host's now, which nobody asked for. */
	learn_of("192.0.2.12", "10.255.0.12/32", RT100 UDP, BGP_ORIGIN_INCOMPLETE);
	CHECK(!vrf_best_remote(vrfs, 102, &lo, &r));
	lo = prefix("10.255.0.13/32");
	CHECK(!vrf_best_remote(vrfs, 102, &lo, &r));
	stop();
}

TEST(a_route_of_my_own_site_is_a_siblings)
{
	struct vrf_remote r;

	start(VRF_ENCAP_UDP);
	learn("192.0.2.13", "1.1.1.3/32", RT100 SITE1 UDP);
	CHECK(chosen("1.1.1.3/32", &r));
	CHECK(r.sibling);
	stop();
}

TEST(of_several_routes_the_higher_sequence_wins_even_when_it_wrapped)
{
	start(VRF_ENCAP_UDP);
	learn("192.0.2.12", "1.1.1.3/32", RT100 SITE2 UDP);
	learn("192.0.2.14", "1.1.1.3/32", RT100 UDP SEQ("00000001"));
	check_chosen("1.1.1.3/32", "192.0.2.14");
	learn("192.0.2.12", "1.1.1.3/32", RT100 SITE2 UDP SEQ("7fffffff"));
	check_chosen("1.1.1.3/32", "192.0.2.12");
	learn("192.0.2.14", "1.1.1.3/32", RT100 UDP SEQ("80000000"));
	check_chosen("1.1.1.3/32", "192.0.2.14");
	learn("192.0.2.12", "1.1.1.3/32", RT100 SITE2 UDP SEQ("fffffffe"));
	check_chosen("1.1.1.3/32", "192.0.2.12");
	learn("192.0.2.14", "1.1.1.3/32", RT100 UDP SEQ("00000000"));
	check_chosen("1.1.1.3/32", "192.0.2.14"); /* 0 follows ffffffff */
	stop();
}

TEST(on_a_tie_every_pe_chooses_the_lowest_address_and_falls_back_when_it_goes)
{
	struct vrf_remote r;

	start(VRF_ENCAP_UDP);
	learn("192.0.2.14", "1.1.1.3/32", RT100 UDP);
	learn("192.0.2.12", "1.1.1.3/32", RT100 UDP);
	check_chosen("1.1.1.3/32", "192.0.2.12");
	CHECK_INT(told.forgotten, 0);
	unlearn("192.0.2.12", "1.1.1.3/32");
	check_chosen("1.1.1.3/32", "192.0.2.14");
	CHECK_INT(told.forgotten, 1); /* no route of that PE is left */
	unlearn("192.0.2.14", "1.1.1.3/32");
	CHECK_INT(told.forgotten, 2);
	CHECK(!chosen("1.1.1.3/32", &r));
	CHECK(told.gone);
	stop();
}

TEST(the_loss_of_a_route_that_was_not_chosen_tells_nobody)
{
	unsigned before;

	start(VRF_ENCAP_UDP);
	learn("192.0.2.12", "1.1.1.3/32", RT100 UDP);
	learn("192.0.2.14", "1.1.1.3/32", RT100 UDP);
	before = told.calls;
	unlearn("192.0.2.14", "1.1.1.3/32");
	learn("192.0.2.12", "1.1.1.3/32", RT100 UDP); /* and the same again */
	CHECK_INT(told.calls, before);
	stop();
}

TEST(an_unreachable_pe_is_not_chosen_until_it_is_back)
{
	struct vrf_remote r;

	start(VRF_ENCAP_UDP);
	told.unreachable = "192.0.2.12";
	learn("192.0.2.12", "1.1.1.3/32", RT100 UDP);
	CHECK(!chosen("1.1.1.3/32", &r));
	told.unreachable = NULL;
	vrfs_reresolve(vrfs);
	check_chosen("1.1.1.3/32", "192.0.2.12");
	told.unreachable = "192.0.2.12";
	vrfs_reresolve(vrfs);
	CHECK(told.gone);
	stop();
}

TEST(a_route_that_names_only_foreign_tunnels_is_unresolvable)
{
	struct vrf_remote r;

	start(VRF_ENCAP_UDP);
	learn("192.0.2.12", "1.1.1.3/32", RT100 VXLAN);
	CHECK(!chosen("1.1.1.3/32", &r));
	learn("192.0.2.12", "1.1.1.3/32", RT100 VXLAN GRE);
	CHECK(chosen("1.1.1.3/32", &r));
	CHECK_INT(r.encap, VRF_ENCAP_GRE);
	learn("192.0.2.12", "1.1.1.3/32", RT100 GRE UDP); /* ours is among them */
	CHECK(chosen("1.1.1.3/32", &r));
	CHECK_INT(r.encap, VRF_ENCAP_UDP);
	learn("192.0.2.12", "1.1.1.3/32", RT100);
	CHECK(chosen("1.1.1.3/32", &r));
	CHECK_INT(r.encap, VRF_ENCAP_UDP); /* nothing named: our own */
	stop();
}

TEST(our_own_route_reflected_to_us_is_not_a_remote_one)
{
	struct vrf_remote r;

	start(VRF_ENCAP_UDP);
	learn("192.0.2.11", "1.1.1.3/32", RT100 UDP);
	CHECK(!chosen("1.1.1.3/32", &r));
	stop();
}

TEST(a_vrf_added_late_takes_in_what_the_rib_holds_and_gives_it_back)
{
	struct vrf_remote r;
	struct prefix p;
	unsigned before;

	start(VRF_ENCAP_UDP);
	p = prefix("1.1.1.3/32");
	learn("192.0.2.12", "1.1.1.3/32", RT100 UDP);
	add_vrf("green", 101, "65000:100", true);
	CHECK(vrf_best_remote(vrfs, 101, &p, &r));
	before = told.calls;
	vrf_del(vrfs, 101);
	CHECK_INT(told.calls, before + 1);
	CHECK(told.gone);
	CHECK(!vrf_best_remote(vrfs, 101, &p, &r));
	check_chosen("1.1.1.3/32", "192.0.2.12"); /* blue keeps its own */
	stop();
}

TEST(a_target_is_told_when_the_first_imports_it_and_the_last_no_longer)
{
	imports_told[0] = '\0';
	start(VRF_ENCAP_UDP); /* blue imports 65000:100 */
	CHECK_STR(imports_told, "+65000:100 ");
	add_vrf("green", 101, "65000:100", true);
	add_vrf("red", 102, "65000:7", true);
	CHECK_STR(imports_told, "+65000:100 +65000:7 ");
	imports_told[0] = '\0';
	vrfs_imports(vrfs);
	CHECK_INT(strlen(imports_told), strlen("+65000:100 +65000:7 "));
	CHECK(strstr(imports_told, "+65000:100 ") && strstr(imports_told, "+65000:7 "));
	imports_told[0] = '\0';
	vrf_del(vrfs, 101);
	CHECK_STR(imports_told, "");
	vrf_del(vrfs, 102);
	CHECK_STR(imports_told, "-65000:7 ");
	stop();
	CHECK_STR(imports_told, "-65000:7 -65000:100 ");
}

TEST(the_owners_word_stays_with_the_prefix)
{
	struct vrf_remote r;

	start(VRF_ENCAP_UDP);
	learn("192.0.2.12", "1.1.1.3/32", RT100 UDP);
	CHECK_INT(*told.via, 0);
	*told.via = 77;
	CHECK(chosen("1.1.1.3/32", &r));
	CHECK_INT(r.via, 77);
	learn("192.0.2.12", "1.1.1.3/32", RT100 UDP SEQ("00000005"));
	CHECK_INT(*told.via, 77);
	stop();
}

/* A writer that keeps the cells of tables, one text a row. */
static struct {
	char text[200000];
	size_t len, cell, cols;
} shown;

static void cell(const char *s)
{
	const char *end = ++shown.cell % shown.cols ? " " : "\n";

	shown.len +=
		(size_t)snprintf(shown.text + shown.len, sizeof(shown.text) - shown.len,
	                         "%s%s", s ? s : "-", end);
	CHECK(shown.len < sizeof(shown.text));
}

static void w_open(struct view *v, const char *key, bool array)
{
}

static void w_close(struct view *v)
{
}

static void w_str(struct view *v, const char *key, const char *val)
{
	cell(val);
}

static void w_num(struct view *v, const char *key, int64_t val)
{
	char buf[32];

	snprintf(buf, sizeof(buf), "%lld", (long long)val);
	cell(buf);
}

static void w_flag(struct view *v, const char *key, bool val)
{
	cell(val ? "true" : "false");
}

static void w_line(struct view *v, const char *text)
{
}

static void w_table(struct view *v, const char *key, const struct view_col *col, size_t n)
{
	shown.cols = 1;
	cell(key);
	shown.cell = 0;
	shown.cols = n;
}

static const struct view_ops writer = { w_open, w_close, w_str,   w_num, w_flag,
	                                w_line, w_table, w_close, w_num };

static enum cmd_status show(const char *words, int argc, const char *const *argv)
{
	struct view v = { .ops = &writer };
	struct cmd_req req = { .argc = argc, .argv = argv, .view = &v };
	enum cmd_status st = CMD_USAGE;

	memset(&shown, 0, sizeof(shown));
	for (size_t i = 0; i < vrf_cmds_n; i++) {
		if (strcmp(vrf_cmds[i].words, words) != 0)
			continue;
		do
			st = vrf_cmds[i].run(vrfs, &req);
		while (st == CMD_MORE);
	}
	return st;
}

TEST(a_configured_host_is_shown_as_static)
{
	struct vrf_host h = { .configured = true, .sticky = true, .immutable = true };

	start(VRF_ENCAP_UDP);
	CHECK(ip_parse("1.1.1.7", &h.ip));
	vrf_host_up(vrfs, 100, &h);
	CHECK_INT(show("show routes", 1, (const char *const[]){ "blue" }), CMD_OK);
	CHECK(strstr(shown.text, "1.1.1.7/32 Local Static\n"));
	stop();
}

TEST(the_routing_table_prints_hosts_then_the_null_route_of_their_subnet)
{
	start(VRF_ENCAP_UDP);
	host_up("1.1.1.2", 0, false);
	host_up("1.1.1.1", 0, false);
	learn("192.0.2.12", "1.1.1.4/32", RT100 UDP);
	learn("192.0.2.12", "1.1.1.3/32", RT100 UDP);
	host_up("2001:db8:1::1", 0, false);
	learn("192.0.2.13", "2001:db8:1::3/128", RT100 UDP);
	CHECK_INT(show("show routes", 1, (const char *const[]){ "blue" }), CMD_OK);
	CHECK_STR(shown.text, "routes\n"
	                      "1.1.1.1/32 Local ARP\n"
	                      "1.1.1.2/32 Local ARP\n"
	                      "1.1.1.3/32 PE-2 BGP\n"
	                      "1.1.1.4/32 PE-2 BGP\n"
	                      "1.1.0.0/16 Null Direct\n"
	                      "routes-ipv6\n"
	                      "2001:db8:1::1/128 Local ND\n"
	                      "2001:db8:1::3/128 192.0.2.13 BGP\n"
	                      "2001:db8:1::/64 Null Direct\n");
	CHECK_INT(show("show subnets", 0, NULL), CMD_OK);
	CHECK_STR(shown.text, "subnets\n"
	                      "blue 1.1.0.0/16 192.0.2.11:100 100100 2 2\n"
	                      "blue 2001:db8:1::/64 192.0.2.11:100 100100 1 1\n");
	CHECK_INT(show("show routes", 1, (const char *const[]){ "red" }), CMD_NO);
	stop();
}

TEST(the_routing_table_prints_every_next_hop_of_a_host)
{
	start(VRF_ENCAP_UDP);
	vrfs_max_paths(vrfs, 8);
	learn("192.0.2.13", "1.1.1.3/32", RT100 UDP SITE2);
	learn("192.0.2.12", "1.1.1.3/32", RT100 UDP SITE2);
	learn("192.0.2.12", "2001:db8:1::3/128", RT100 UDP SITE2);
	learn("192.0.2.13", "2001:db8:1::3/128", RT100 UDP SITE2);
	learn("192.0.2.14", "2001:db8:1::3/128", RT100 UDP SITE1);
	CHECK_INT(show("show routes", 1, (const char *const[]){ "blue" }), CMD_OK);
	CHECK_STR(shown.text, "routes\n"
	                      "1.1.1.3/32 PE-2 BGP\n"
	                      "1.1.1.3/32 192.0.2.13 BGP\n"
	                      "1.1.0.0/16 Null Direct\n"
	                      "routes-ipv6\n"
	                      "2001:db8:1::3/128 PE-2 BGP\n"
	                      "2001:db8:1::3/128 192.0.2.13 BGP\n"
	                      "2001:db8:1::/64 Null Direct\n");
	stop();
}

TEST(a_local_host_the_table_has_no_room_for_is_counted_and_told)
{
	struct prefix two = prefix("1.1.1.2/32");

	start(VRF_ENCAP_UDP);
	rib_limit(rib, AFI_IP4, 1);
	host_up("1.1.1.1", 0, false);
	CHECK_INT(told.refused, 0);
	host_up("1.1.1.2", 0, false);
	CHECK_INT(told.refused, 1);
	CHECK(prefix_eq(&told.prefix, &two));
	host_up("1.1.1.1", 1, false); /* it has its place */
	CHECK_INT(told.refused, 1);
	CHECK_INT(show("show subnets", 0, NULL), CMD_OK);
	CHECK_STR(shown.text, "subnets\n"
	                      "blue 1.1.0.0/16 192.0.2.11:100 100100 2 0\n"
	                      "blue 2001:db8:1::/64 192.0.2.11:100 100100 0 0\n"
	                      "1 "); /* local-routes-refused */
	stop();
}

TEST(a_table_longer_than_a_page_is_shown_whole_and_in_order)
{
	enum { MANY = 5000, STEP = 7 };
	const char *line;

	start(VRF_ENCAP_UDP);
	for (unsigned i = MANY; i-- > 0;) {
		struct vrf_host h = { .ip = ip_of_u32(0x01010000 + i * STEP) };

		vrf_host_up(vrfs, 100, &h);
	}
	CHECK_INT(show("show routes", 0, NULL), CMD_OK);
	line = shown.text + strlen("routes\n");
	for (unsigned i = 0; i < MANY; i++) {
		struct ip want = ip_of_u32(0x01010000 + i * STEP);
		char text[64];

		ip_fmt(&want, text);
		strcat(text, "/32 Local ARP\n");
		CHECK(!strncmp(line, text, strlen(text)));
		line += strlen(text);
	}
	CHECK_STR(line,
	          "1.1.0.0/16 Null Direct\nroutes-ipv6\n2001:db8:1::/64 Null Direct\n");
	stop();
}
