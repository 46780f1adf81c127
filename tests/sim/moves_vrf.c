/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rib/attrs.h"
#include "rib/rib.h"
#include "vrf/vrf.h"
#include "wire/bgp_attr.h"

#include "tests/sim/moves_world.h"

/*
 * A PE's routes: its table and its VRF, as they are.  What it originates goes on its way
 * as the communities it wrote; what comes is taken in with them.
 */
enum { LABEL = 100016 };

static struct ip pe_ip(int pe)
{
	return ip_of_u32(0xc000020b + (uint32_t)pe);
}

static struct rib_key key_of(const struct mv *mv, int pe, int addr)
{
	struct ip ip = pe_ip(pe);

	return (struct rib_key){ .rd = rd_of_ip(&ip, MV_VRF),
		                 .prefix = prefix_host(&mv->addr[addr]) };
}

static void on_remote(void *arg, uint32_t vrf, const struct prefix *p,
                      const struct vrf_remote *r, size_t n, uint32_t *via)
{
	struct mv_pe *pe = arg;

	if (!pe->leaving)
		mv_pe_chosen(pe, mv_addr(pe->mv, &p->ip), r);
}

static bool on_resolvable(void *arg, const struct ip *pe, enum vrf_encap encap)
{
	return true;
}

static void on_forget(void *arg, const struct ip *pe, enum vrf_encap encap)
{
}

static const char *on_name(void *arg, const struct ip *pe)
{
	return NULL;
}

static const struct vrf_ops ops = {
	.remote = on_remote,
	.resolvable = on_resolvable,
	.forget = on_forget,
	.pe_name = on_name,
};

void mv_vrf_start(struct mv_pe *p)
{
	struct rib_source rr = { .address = ip_of_u32(0xc0000201),
		                 .router_id = 0xc0000201 };
	struct extcom rt = extcom_of_as(EXTCOM_RT, 65000, 100), soo = mv_soo(p->site);
	struct ip me = pe_ip(p->id);
	struct prefix four, six;

	CHECK(prefix_parse("10.0.0.0/25", &four) &&
	      prefix_parse("2001:db8:1::/64", &six));
	p->leaving = false;
	p->rib_table = rib_new();
	p->rr = rib_source_add(p->rib_table, &rr);
	p->vrfs = vrfs_new(&(struct vrfs_config){ .rib = p->rib_table,
	                                          .source = me,
	                                          .router_id = ip_u32(&me),
	                                          .max_paths = 4,
	                                          .ops = &ops,
	                                          .arg = p });
	vrf_add(p->vrfs, &(struct vrf_config){ .id = MV_VRF,
	                                       .name = "blue",
	                                       .rd = rd_of_ip(&me, MV_VRF),
	                                       .label = LABEL,
	                                       .import_rt = &rt,
	                                       .export_rt = &rt,
	                                       .n_import = 1,
	                                       .n_export = 1,
	                                       .advertise_mac = true });
	vrf_subnet_add(p->vrfs, MV_VRF, &four);
	vrf_subnet_add(p->vrfs, MV_VRF, &six);
	vrf_site_add(p->vrfs, MV_VRF, &soo);
}

void mv_vrf_stop(struct mv_pe *p)
{
	if (!p->vrfs)
		return;
	p->leaving = true;
	rib_source_del(p->rib_table, p->rr);
	vrfs_free(p->vrfs);
	rib_free(p->rib_table);
	p->vrfs = NULL;
}

/* What this PE says about the address now. */
struct mv_route mv_vrf_told(const struct mv_pe *p, int addr)
{
	struct rib_key key = key_of(p->mv, p->id, addr);
	struct mv_route r = { 0 };
	struct rib_path best;
	struct bgp_span x;

	if (!rib_paths(p->rib_table, &key, &best, 1) || !best.source->local)
		return r;
	x = attrs_extcoms(best.attrs);
	CHECK(x.n <= sizeof(r.ext));
	memcpy(r.ext, x.p, x.n);
	r.n_ext = (uint8_t)x.n;
	r.there = true;
	return r;
}

void mv_vrf_up(struct mv_pe *p, int addr, const struct mac *mac, uint32_t seq,
               bool router)
{
	bool fixed = hosts_is_static(p->h, MV_VRF, &p->mv->addr[addr]);
	struct vrf_host host = { .ip = p->mv->addr[addr],
		                 .soo = mv_soo(p->site),
		                 .mac = *mac,
		                 .seq = seq,
		                 .router = router,
		                 .sticky = fixed,
		                 .immutable = fixed,
		                 .configured = fixed };

	vrf_host_up(p->vrfs, MV_VRF, &host);
}

void mv_vrf_down(struct mv_pe *p, int addr)
{
	vrf_host_down(p->vrfs, MV_VRF, &p->mv->addr[addr]);
}

/* The route of that PE is another now: p->got says which. */
void mv_vrf_take(struct mv_pe *p, int origin, int addr)
{
	const struct mv_route *r = &p->got[origin][addr];
	struct rib_key key = key_of(p->mv, origin, addr);
	struct bgp_attrs a = { .local_pref = 100, .nexthop = { .addr = pe_ip(origin) } };
	const struct attrs *set;

	if (!r->there) {
		rib_withdraw(p->rib_table, p->rr, &key, 0);
		return;
	}
	a.extcoms = (struct bgp_span){ .p = r->ext, .n = r->n_ext };
	bgp_attr_set(&a, BGP_ATTR_ORIGIN);
	bgp_attr_set(&a, BGP_ATTR_AS_PATH);
	bgp_attr_set(&a, BGP_ATTR_LOCAL_PREF);
	bgp_attr_set(&a, BGP_ATTR_EXT_COMMUNITIES);
	set = attrs_intern(rib_attrs(p->rib_table), &a);
	rib_announce(p->rib_table, p->rr, &key, 0, LABEL, set);
	attrs_unref(set);
}

/* By hand, as a PE of another maker writes it: target and origin; seq 0: no number. */
void mv_vrf_write(struct mv_route *r, int site, uint32_t seq)
{
	const uint8_t x[24] = { 0,
		                2,
		                0xfd,
		                0xe8,
		                0,
		                0,
		                0,
		                100,
		                0,
		                3,
		                0xfd,
		                0xe8,
		                0,
		                0,
		                0,
		                (uint8_t)(site + 1),
		                6,
		                0,
		                0,
		                0,
		                (uint8_t)(seq >> 24),
		                (uint8_t)(seq >> 16),
		                (uint8_t)(seq >> 8),
		                (uint8_t)seq };

	memcpy(r->ext, x, sizeof(x));
	r->n_ext = seq ? 24 : 16;
	r->there = true;
}

bool mv_vrf_best(const struct mv_pe *p, int addr, struct host_remote *ret)
{
	struct prefix pfx = prefix_host(&p->mv->addr[addr]);
	struct vrf_remote r;

	if (!vrf_best_remote(p->vrfs, MV_VRF, &pfx, &r))
		return false;
	*ret = mv_host_remote(&r);
	return true;
}

struct host_remote mv_host_remote(const struct vrf_remote *r)
{
	return (struct host_remote){ .pe = r->pe,
		                     .soo = r->soo,
		                     .seq = r->seq,
		                     .mac = r->mac,
		                     .sticky = r->sticky,
		                     .immutable = r->immutable,
		                     .router = r->router };
}

size_t mv_vrf_of_mac(const struct mv_pe *p, const struct mac *mac, struct ip *ret,
                     size_t max)
{
	return vrf_of_mac(p->vrfs, MV_VRF, mac, ret, max);
}

struct walk {
	void (*fn)(void *arg, const struct ip *ip, const struct host_remote *r);
	void *arg;
};

static void walk_one(void *arg, const struct prefix *p, const struct vrf_remote *r)
{
	const struct walk *w = arg;
	struct host_remote hr = mv_host_remote(r);

	if (prefix_is_host(p))
		w->fn(w->arg, &p->ip, &hr);
}

bool mv_vrf_remotes(const struct mv_pe *p, uint64_t *pos, size_t look,
                    void (*fn)(void *arg, const struct ip *ip,
                               const struct host_remote *r),
                    void *arg)
{
	struct walk w = { .fn = fn, .arg = arg };

	return vrf_remotes(p->vrfs, MV_VRF, pos, look, walk_one, &w);
}
