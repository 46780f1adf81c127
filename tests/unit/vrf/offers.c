/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "offers.h"

#include "base/must.h"
#include "rib/attrs.h"
#include "rib/rib.h"

#include "tests/t.h"

static struct {
	struct rib *rib;
	struct rib_source *in, *ex; /* iBGP, eBGP */
	struct vrfs *vrfs;
	struct prefix prefix;
	bool lost[OFFERS_PES];
	unsigned calls;
	struct vrf_remote told[VRF_PATHS_MAX];
	size_t n;
} m;

static void on_remote(void *arg, uint32_t vrf, const struct prefix *p,
                      const struct vrf_remote *r, size_t n, uint32_t *via)
{
	struct vrf_remote now[VRF_PATHS_MAX];

	m.calls++;
	m.n = n;
	CHECK(!r == !n && n <= VRF_PATHS_MAX);
	CHECK(prefix_eq(p, &m.prefix));
	if (r)
		memcpy(m.told, r, n * sizeof(*r));
	CHECK_INT(vrf_paths(m.vrfs, vrf, p, now), n); /* who asks hears the same */
	for (size_t i = 0; i < n; i++)
		CHECK(ip_eq(&now[i].pe, &r[i].pe) && now[i].label == r[i].label);
}

static bool on_resolvable(void *arg, const struct ip *pe, enum vrf_encap encap)
{
	return !m.lost[pe->b[3]];
}

static void on_forget(void *arg, const struct ip *pe, enum vrf_encap encap)
{
}

static const char *on_name(void *arg, const struct ip *pe)
{
	return NULL;
}

static const struct vrf_ops ops = { .remote = on_remote,
	                            .resolvable = on_resolvable,
	                            .forget = on_forget,
	                            .pe_name = on_name };

static struct ip pe_ip(unsigned pe)
{
	return ip_of_u32(0xc0000200 + pe);
}

static struct extcom community(enum extcom_subtype sub, uint32_t n)
{
	return extcom_of_as(sub, 65000, n);
}

void offers_start(unsigned max_paths, const char *prefix)
{
	struct vrfs_config cfg = { .source = pe_ip(11),
		                   .router_id = 0xc000020b,
		                   .max_paths = max_paths,
		                   .ops = &ops };
	struct rib_source in = { .address = pe_ip(1), .router_id = 0xc0000201 };
	struct rib_source ex = { .address = pe_ip(2),
		                 .router_id = 0xc0000202,
		                 .ebgp = true };
	struct extcom rt = community(EXTCOM_RT, 100), site;
	struct ip me = pe_ip(11);
	struct vrf_config vc = { .id = OFFERS_VRF,
		                 .name = "blue",
		                 .rd = rd_of_ip(&me, OFFERS_VRF),
		                 .label = 100100,
		                 .import_rt = &rt,
		                 .export_rt = &rt,
		                 .n_import = 1,
		                 .n_export = 1,
		                 .import_outside = true };

	memset(&m, 0, sizeof(m));
	CHECK(prefix_parse(prefix, &m.prefix));
	cfg.rib = m.rib = rib_new();
	m.in = rib_source_add(m.rib, &in);
	m.ex = rib_source_add(m.rib, &ex);
	m.vrfs = vrfs_new(&cfg);
	vrf_add(m.vrfs, &vc);
	site = community(EXTCOM_SOO, OFFERS_MY_SITE);
	vrf_site_add(m.vrfs, OFFERS_VRF, &site);
}

void offers_stop(void)
{
	rib_source_del(m.rib, m.in);
	rib_source_del(m.rib, m.ex);
	vrfs_free(m.vrfs);
	rib_free(m.rib);
}

static size_t write_communities(const struct offer *o, uint8_t *b)
{
	struct extcom rt = community(EXTCOM_RT, 100),
		      site = community(EXTCOM_SOO, o->site);
	struct extcom seq = { .b = { 0x06, 0x00 } }, encap = { .b = { 0x03, 0x0c } };
	size_t n = 0;

	for (int i = 0; i < 4; i++)
		seq.b[4 + i] = (uint8_t)(o->seq >> (24 - 8 * i));
	encap.b[7] = o->no_encap ? 8 : o->gre ? 11 : 13;
	memcpy(b + 8 * n++, rt.b, 8);
	memcpy(b + 8 * n++, encap.b, 8);
	if (o->site)
		memcpy(b + 8 * n++, site.b, 8);
	if (o->seq)
		memcpy(b + 8 * n++, seq.b, 8);
	return 8 * n;
}

static struct rib_key key_of(const struct offer *o)
{
	struct ip pe = pe_ip(o->pe);

	return (struct rib_key){ .rd = rd_of_ip(&pe, (uint16_t)o->rd),
		                 .prefix = m.prefix };
}

void offers_make(const struct offer *o)
{
	static const uint8_t stale[] = { 0xff, 0xff, 0, 6 };
	uint8_t x[64], path[2 + 4 * 255] = { 2, o->as_path };
	struct bgp_attrs a = { .origin = o->origin,
		               .med = o->med,
		               .local_pref = 100 - o->less_pref };
	struct rib_key key = key_of(o);
	const struct attrs *set;

	bgp_attr_set(&a, BGP_ATTR_ORIGIN);
	bgp_attr_set(&a, BGP_ATTR_AS_PATH);
	bgp_attr_set(&a, BGP_ATTR_MED);
	bgp_attr_set(&a, BGP_ATTR_LOCAL_PREF);
	bgp_attr_set(&a, BGP_ATTR_EXT_COMMUNITIES);
	a.nexthop.addr = pe_ip(o->pe);
	a.extcoms = (struct bgp_span){ x, write_communities(o, x) };
	for (int i = 0; i < o->as_path; i++) {
		path[2 + 4 * i + 2] = 0xfc;
		path[2 + 4 * i + 3] = o->as;
	}
	a.as_path =
		(struct bgp_span){ path, o->as_path ? 2 + 4 * (size_t)o->as_path : 0 };
	if (o->stale) {
		bgp_attr_set(&a, BGP_ATTR_COMMUNITIES);
		a.communities = (struct bgp_span){ stale, sizeof(stale) };
	}
	set = attrs_intern(rib_attrs(m.rib), &a);
	CHECK_INT(rib_announce(m.rib, o->ebgp ? m.ex : m.in, &key, 0, 100000 + o->pe,
	                       set),
	          RIB_KEPT);
	attrs_unref(set);
}

void offers_take_back(const struct offer *o)
{
	struct rib_key key = key_of(o);

	CHECK(rib_withdraw(m.rib, o->ebgp ? m.ex : m.in, &key, 0));
}

void offers_reach(unsigned pe, bool reachable)
{
	m.lost[pe] = !reachable;
	vrfs_reresolve(m.vrfs);
}

struct vrfs *offers_vrfs(void)
{
	return m.vrfs;
}

struct rib *offers_rib(void)
{
	return m.rib;
}

struct rib_source *offers_other_neighbor(void)
{
	return m.ex;
}

const struct prefix *offers_prefix(void)
{
	return &m.prefix;
}

const char *offers_told(void)
{
	static char buf[64];
	size_t len = 0;

	if (!m.n)
		return "-";
	for (size_t i = 0; i < m.n; i++)
		len += (size_t)snprintf(buf + len, sizeof(buf) - len, "%s%u",
		                        i ? " " : "", m.told[i].pe.b[3]);
	return buf;
}

unsigned offers_calls(void)
{
	return m.calls;
}

const struct vrf_remote *offers_told_best(void)
{
	return &m.told[0];
}

enum vrf_verdict offers_verdict(const struct offer *o)
{
	struct vrf_candidate c[64];
	size_t n = vrf_candidates(m.vrfs, OFFERS_VRF, &m.prefix, c, ARRAY_LEN(c));
	struct rib_key key = key_of(o);

	for (size_t i = 0; i < n && i < ARRAY_LEN(c); i++) {
		if (rd_eq(&c[i].rd, &key.rd))
			return c[i].verdict;
	}
	return VRF_NEW;
}
