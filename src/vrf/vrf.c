/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vrf/vrf.h"

#include "base/hash.h"
#include "base/mem.h"
#include "vrf/vrf_int.h"

/*
 * The set of VRFs, their targets, subnets and sites.  What they take in from other PEs is
 * in vrf_import.c, what they give out in vrf_export.c.
 */

static uint64_t hash_prefix(const struct prefix *p)
{
	uint8_t key[18];

	memcpy(key, p->ip.b, 16);
	key[16] = p->ip.afi;
	key[17] = p->plen;
	return hash_bytes(key, sizeof(key));
}

struct vrf *vrf_find(const struct vrfs *v, uint32_t id)
{
	hmap_for_key(n, &v->by_id, hash_bytes(&id, sizeof(id))) {
		struct vrf *f = container_of(n, struct vrf, by_id);

		if (f->id == id)
			return f;
	}
	return NULL;
}

struct vrf_route *vrf_route_find(const struct vrf *f, const struct prefix *p)
{
	hmap_for_key(n, &f->routes, hash_prefix(p)) {
		struct vrf_route *r = container_of(n, struct vrf_route, by_prefix);

		if (prefix_eq(&r->prefix, p))
			return r;
	}
	return NULL;
}

struct vrf_route *vrf_route_need(struct vrfs *v, struct vrf *f, const struct prefix *p)
{
	struct vrf_route *r = vrf_route_find(f, p);

	if (r)
		return r;
	r = slab_get(&v->routes);
	r->prefix = *p;
	hmap_add(&f->routes, &r->by_prefix, hash_prefix(p));
	return r;
}

void vrf_route_tidy(struct vrfs *v, struct vrf *f, struct vrf_route *r)
{
	if (r->local || r->cand || r->busy)
		return;
	hmap_del(&f->routes, &r->by_prefix);
	slab_put(&v->routes, r);
}

struct vrfs *vrfs_new(const struct vrfs_config *cfg)
{
	struct vrfs *v = mem_new(struct vrfs);
	struct rib_source self = { .local = true,
		                   .address = cfg->source,
		                   .router_id = cfg->router_id };
	struct rib_listener listener = { .best = vrf_import_best, .arg = v };

	v->cfg = *cfg;
	must(cfg->max_paths <= VRF_PATHS_MAX);
	slab_init(&v->routes, sizeof(struct vrf_route));
	slab_init(&v->cands, sizeof(struct vrf_cand));
	slab_init(&v->macs, sizeof(struct vrf_mac));
	list_init(&v->order);
	v->self = rib_source_add(cfg->rib, &self);
	rib_listen(cfg->rib, &listener);
	return v;
}

static struct extcom *dup_extcoms(const struct extcom *c, size_t n)
{
	return mem_dup(c, n * sizeof(*c));
}

/* --- who imports what ----------------------------------------------------------------
 */

static const struct vrf_import *importer(const struct vrfs *v, const struct extcom *rt)
{
	hmap_for_key(n, &v->imports, hash_bytes(rt, sizeof(*rt))) {
		const struct vrf_import *im = container_of(n, struct vrf_import, by_rt);

		if (extcom_eq(&im->rt, rt))
			return im;
	}
	return NULL;
}

static void imports_tell(const struct vrfs *v, const struct extcom *rt, bool now)
{
	if (v->cfg.ops->imports)
		v->cfg.ops->imports(v->cfg.arg, rt, now);
}

static void imports_add(struct vrfs *v, struct vrf *f)
{
	for (size_t i = 0; i < f->n_import; i++) {
		bool first = !importer(v, &f->import_rt[i]);
		struct vrf_import *im = mem_new(struct vrf_import);

		im->rt = f->import_rt[i];
		im->vrf = f;
		hmap_add(&v->imports, &im->by_rt, hash_bytes(&im->rt, sizeof(im->rt)));
		if (first)
			imports_tell(v, &im->rt, true);
	}
}

static void imports_del(struct vrfs *v, struct vrf *f)
{
	hmap_for(it, &v->imports) {
		struct vrf_import *im = container_of(it.n, struct vrf_import, by_rt);
		struct extcom rt = im->rt;

		if (im->vrf != f)
			continue;
		hmap_del(&v->imports, it.n);
		free(im);
		if (!importer(v, &rt))
			imports_tell(v, &rt, false);
	}
}

void vrfs_imports(const struct vrfs *v)
{
	hmap_for(it, &v->imports) {
		const struct vrf_import *im =
			container_of(it.n, struct vrf_import, by_rt);

		if (importer(v, &im->rt) == im)
			imports_tell(v, &im->rt, true);
	}
}

void vrf_add(struct vrfs *v, const struct vrf_config *cfg)
{
	struct vrf *f = mem_new(struct vrf);

	must(!vrf_find(v, cfg->id));
	f->id = cfg->id;
	f->name = mem_strdup(cfg->name);
	f->rd = cfg->rd;
	f->label = cfg->label;
	f->import_rt = dup_extcoms(cfg->import_rt, cfg->n_import);
	f->n_import = cfg->n_import;
	f->export_rt = dup_extcoms(cfg->export_rt, cfg->n_export);
	f->n_export = cfg->n_export;
	f->import_outside = cfg->import_outside;
	f->import_loopbacks = cfg->import_loopbacks;
	f->advertise_mac = cfg->advertise_mac;
	f->seq_to_localpref = cfg->seq_to_localpref;
	hmap_add(&v->by_id, &f->by_id, hash_bytes(&f->id, sizeof(f->id)));
	list_add_tail(&v->order, &f->by_order);

	imports_add(v, f);
	vrf_import_all(v, f);
}

static void drop_candidates(struct vrfs *v, struct vrf_route *r)
{
	struct vrf_cand *next;

	for (struct vrf_cand *c = r->cand; c; c = next) {
		next = c->next;
		vrf_cand_free(v, c);
	}
	r->cand = r->chosen = NULL;
}

static void drop_routes(struct vrfs *v, struct vrf *f)
{
	vrf_mac_drop(v, f); /* who is told below finds nothing by it any more */
	hmap_for(it, &f->routes) {
		struct vrf_route *r = container_of(it.n, struct vrf_route, by_prefix);

		if (r->local)
			vrf_unoriginate(v, f, &r->prefix);
		if (r->chosen)
			v->cfg.ops->remote(v->cfg.arg, f->id, &r->prefix, NULL, 0,
			                   &r->via);
		drop_candidates(v, r);
		hmap_del(&f->routes, it.n);
		slab_put(&v->routes, r);
	}
	hmap_fini(&f->routes);
}

void vrf_del(struct vrfs *v, uint32_t id)
{
	struct vrf *f = vrf_find(v, id);

	if (!f)
		return;
	imports_del(v, f);
	drop_routes(v, f);
	hmap_del(&v->by_id, &f->by_id);
	list_del(&f->by_order);
	free(f->subnet);
	free(f->site);
	free(f->import_rt);
	free(f->export_rt);
	free(f->name);
	free(f);
}

void vrfs_free(struct vrfs *v)
{
	if (!v)
		return;
	list_for_safe(f, &v->order, struct vrf, by_order)
		vrf_del(v, f->id);
	rib_source_del(v->cfg.rib, v->self);
	hmap_fini(&v->by_id);
	hmap_fini(&v->imports);
	must(!v->pes.count);
	hmap_fini(&v->pes);
	slab_fini(&v->macs);
	slab_fini(&v->routes);
	slab_fini(&v->cands);
	free(v);
}

void vrf_subnet_add(struct vrfs *v, uint32_t id, const struct prefix *p)
{
	struct vrf *f = vrf_find(v, id);

	must(f);
	f->subnet = mem_realloc(f->subnet, (f->n_subnets + 1) * sizeof(*f->subnet));
	f->subnet[f->n_subnets++] = *p;
	if (!f->import_outside)
		vrf_import_all(v, f); /* routes refused for want of this subnet */
}

void vrf_site_add(struct vrfs *v, uint32_t id, const struct extcom *soo)
{
	struct vrf *f = vrf_find(v, id);

	must(f);
	for (size_t i = 0; i < f->n_sites; i++) {
		if (extcom_eq(&f->site[i], soo))
			return;
	}
	f->site = mem_realloc(f->site, (f->n_sites + 1) * sizeof(*f->site));
	f->site[f->n_sites++] = *soo;
}

void vrf_host_up(struct vrfs *v, uint32_t id, const struct vrf_host *host)
{
	struct vrf *f = vrf_find(v, id);
	struct prefix p = prefix_host(&host->ip);

	if (!f)
		return;
	struct vrf_route *r = vrf_route_need(v, f, &p);

	if (!r->local)
		f->n_local++;
	r->local = true;
	r->configured = host->configured;
	vrf_originate(v, f, host);
}

void vrf_host_down(struct vrfs *v, uint32_t id, const struct ip *ip)
{
	struct vrf *f = vrf_find(v, id);
	struct prefix p = prefix_host(ip);
	struct vrf_route *r = f ? vrf_route_find(f, &p) : NULL;

	if (!r || !r->local)
		return;
	r->local = false;
	f->n_local--;
	vrf_unoriginate(v, f, &p);
	vrf_route_tidy(v, f, r);
}

bool vrf_best_remote(const struct vrfs *v, uint32_t id, const struct prefix *p,
                     struct vrf_remote *ret)
{
	const struct vrf *f = vrf_find(v, id);
	const struct vrf_route *r = f ? vrf_route_find(f, p) : NULL;

	if (!r || !r->chosen)
		return false;
	vrf_remote_of(v, f, r->chosen, ret);
	ret->via = r->via;
	return true;
}

/* A route that moves when the table grows is seen twice or not at all; who walks bears
 * it. */
bool vrf_remotes(const struct vrfs *v, uint32_t id, uint64_t *pos, size_t look,
                 void (*fn)(void *arg, const struct prefix *p,
                            const struct vrf_remote *r),
                 void *arg)
{
	const struct vrf *f = vrf_find(v, id);

	for (; f && look && *pos <= f->routes.mask; look--, ++*pos) {
		for (struct hnode *n = hmap_bucket(&f->routes, *pos); n; n = n->next) {
			const struct vrf_route *r =
				container_of(n, struct vrf_route, by_prefix);
			struct vrf_remote m;

			if (!r->chosen)
				continue;
			vrf_remote_of(v, f, r->chosen, &m);
			fn(arg, &r->prefix, &m);
		}
	}
	return f && *pos <= f->routes.mask;
}

bool vrf_local(const struct vrfs *v, uint32_t id, const struct ip *ip)
{
	const struct vrf *f = vrf_find(v, id);
	struct prefix p = prefix_host(ip);
	const struct vrf_route *r = f ? vrf_route_find(f, &p) : NULL;

	return r && r->local;
}

void vrfs_reresolve(struct vrfs *v)
{
	list_for(f, &v->order, struct vrf, by_order) {
		hmap_for(it, &f->routes)
			vrf_choose(v, f, container_of(it.n, struct vrf_route, by_prefix));
	}
}

const char *vrf_name(const struct vrfs *v, uint32_t id)
{
	const struct vrf *f = vrf_find(v, id);

	return f ? f->name : NULL;
}

bool vrf_by_name(const struct vrfs *v, const char *name, uint32_t *ret_id)
{
	list_for(f, &v->order, struct vrf, by_order) {
		if (!strcmp(f->name, name)) {
			*ret_id = f->id;
			return true;
		}
	}
	return false;
}
