/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>

#include "dataplane/dp_xdp_int.h"

#include "xdp.skel.h"

/* Routes: hosts go to the host table by a few stores, prefixes to the trie by a call. */
struct abi_addr dp_xdp_addr(uint32_t scope, const struct ip *ip)
{
	struct abi_addr a = { .scope = scope << 8 | ip->afi };

	memcpy(a.addr, ip->b, sizeof(a.addr));
	return a;
}

struct abi_lpm dp_xdp_lpm(uint32_t scope, const struct prefix *p)
{
	return (struct abi_lpm){ .plen = ABI_LPM_SCOPE + p->plen,
		                 .key = dp_xdp_addr(scope, &p->ip) };
}

static uint64_t value_of(const struct dp_xdp *x, const struct dp_route *r)
{
	uint64_t sibling = r->sibling ? ABI_VAL_SIBLING : 0;

	switch (r->kind) {
	case DP_ROUTE_LOCAL: return abi_val_local(r->ac, r->mac.b);
	case DP_ROUTE_REMOTE:
		if (r->group)
			return dp_xdp_group_value(x, r->group) | sibling;
		return abi_val_other(ABI_REMOTE, r->label, r->nexthop) | sibling;
	case DP_ROUTE_DISCARD: break;
	}
	return abi_val_other(ABI_DISCARD, 0, 0);
}

static struct dp_route route_of(uint64_t v)
{
	struct dp_route r = { .kind = DP_ROUTE_DISCARD };

	switch (abi_val_kind(v)) {
	case ABI_LOCAL:
		r.kind = DP_ROUTE_LOCAL;
		r.ac = (uint16_t)abi_val_ac(v);
		for (int i = 0; i < 6; i++)
			r.mac.b[i] = (uint8_t)(v >> (40 - 8 * i));
		break;
	case ABI_REMOTE:
		r.kind = DP_ROUTE_REMOTE;
		r.label = abi_val_label(v);
		r.nexthop = abi_val_nexthop(v);
		r.sibling = v & ABI_VAL_SIBLING;
		break;
	case ABI_REMOTES:
		r.kind = DP_ROUTE_REMOTE;
		r.group = abi_val_nexthop(v);
		r.sibling = v & ABI_VAL_SIBLING;
		break;
	case ABI_DISCARD: break;
	}
	return r;
}

static struct hosttab *hosts_of(struct dp_xdp *x, uint8_t afi)
{
	return afi == AFI_IP4 ? &x->hosts4 : &x->hosts6;
}

static int host_set(struct dp_xdp *x, uint32_t vrf, const struct ip *ip,
                    const struct dp_route *r)
{
	struct hosttab *t = hosts_of(x, ip->afi);
	struct abi_hostkey k = hosttab_key(vrf, ip);
	unsigned flags =
		(r->frozen ? HOSTTAB_FROZEN : 0) | (r->router ? HOSTTAB_ROUTER : 0);

	if (!hosttab_set(t, &k, value_of(x, r), flags))
		return 0;
	return dp_fail(&x->dp, -ENOSPC,
	               "host table of IPv%d is full (%zu hosts): "
	               "raise fib-hosts",
	               ip->afi == AFI_IP4 ? 4 : 6, t->used);
}

int dp_xdp_route_set(struct dataplane *dp, uint32_t vrf, const struct prefix *p,
                     const struct dp_route *route)
{
	struct dp_xdp *x = dp_xdp_of(dp);
	struct abi_lpm key = dp_xdp_lpm(vrf, p);
	struct abi_prefix rec;
	int r = dp_check_route(dp, vrf, p, route);

	if (r)
		return r;
	if (route->group && !(x->groups[route->group].member[0] & ABI_VAL_OTHER))
		return dp_fail(dp, -EINVAL, "a route to group %u, which is empty",
		               route->group);
	if (prefix_is_host(p))
		return host_set(x, vrf, &p->ip, route);
	rec = (struct abi_prefix){
		.value = value_of(x, route),
		.flags = (route->edge_only ? ABI_PREFIX_EDGE_ONLY : 0) |
		         (uint32_t)p->plen << ABI_PREFIX_PLEN_SHIFT,
		.stamp = x->stamp,
	};
	r = bpf_map_update_elem(bpf_map__fd(x->skel->maps.prefixes), &key, &rec, BPF_ANY);
	if (r == -ENOSPC)
		return dp_fail(dp, r, "prefix table is full (%d prefixes)", ABI_PREFIXES);
	return r ? dp_xdp_fail(x, r, "writing a prefix") : 0;
}

int dp_xdp_route_del(struct dataplane *dp, uint32_t vrf, const struct prefix *p)
{
	struct dp_xdp *x = dp_xdp_of(dp);
	struct abi_lpm key = dp_xdp_lpm(vrf, p);
	struct abi_hostkey k;

	if (p->ip.afi == AFI_NONE || vrf >= DP_VRF_MAX)
		return 0;
	if (prefix_is_host(p)) {
		k = hosttab_key(vrf, &p->ip);
		hosttab_del(hosts_of(x, p->ip.afi), &k);
		return 0;
	}
	bpf_map_delete_elem(bpf_map__fd(x->skel->maps.prefixes), &key);
	return 0;
}

static int prefix_get(struct dp_xdp *x, uint32_t vrf, const struct prefix *p,
                      struct dp_route *ret)
{
	struct abi_lpm key = dp_xdp_lpm(vrf, p);
	struct abi_prefix rec;

	/* The trie answers with the longest match, which may be a shorter prefix. */
	if (bpf_map_lookup_elem(bpf_map__fd(x->skel->maps.prefixes), &key, &rec) ||
	    rec.flags >> ABI_PREFIX_PLEN_SHIFT != p->plen)
		return -ENOENT;
	*ret = route_of(rec.value);
	ret->edge_only = rec.flags & ABI_PREFIX_EDGE_ONLY;
	return 0;
}

static struct dp_route host_route(const struct hosttab_entry *e)
{
	struct dp_route r = route_of(e->value);

	r.frozen = e->flags & HOSTTAB_FROZEN;
	r.router = e->flags & HOSTTAB_ROUTER;
	return r;
}

int dp_xdp_route_get(struct dataplane *dp, uint32_t vrf, const struct prefix *p,
                     struct dp_route *ret)
{
	struct dp_xdp *x = dp_xdp_of(dp);
	struct hosttab_entry e;
	struct abi_hostkey k;

	if (p->ip.afi == AFI_NONE || vrf >= DP_VRF_MAX)
		return -ENOENT;
	if (!prefix_is_host(p))
		return prefix_get(x, vrf, p, ret);
	k = hosttab_key(vrf, &p->ip);
	if (!hosttab_get(hosts_of(x, p->ip.afi), &k, &e))
		return -ENOENT;
	*ret = host_route(&e);
	return 0;
}

int dp_xdp_host_seen(struct dataplane *dp, uint32_t vrf, const struct ip *ip, bool *ret)
{
	struct abi_hostkey k = hosttab_key(vrf, ip);

	return hosttab_seen(hosts_of(dp_xdp_of(dp), ip->afi), &k, ret) ? 0 : -ENOENT;
}

/* ---- walking -------------------------------------------------------------------------
 */

struct walk {
	const struct hosttab *t;
	void (*fn)(void *arg, uint32_t vrf, const struct prefix *p,
	           const struct dp_route *r);
	void *arg;
};

static void walk_host(void *arg, const struct hosttab_entry *e)
{
	struct walk *w = arg;
	struct dp_route r = host_route(e);
	struct prefix p;
	struct ip ip;
	uint32_t vrf;

	hosttab_key_parts(w->t, &e->key, &vrf, &ip);
	p = prefix_host(&ip);
	w->fn(w->arg, vrf, &p, &r);
}

/* Prefixes number pos and on; the key where the last call stopped is kept. */
static size_t walk_prefixes(struct dp_xdp *x, uint64_t *pos, size_t max, struct walk *w)
{
	int fd = bpf_map__fd(x->skel->maps.prefixes);
	bool resumed = *pos && *pos == x->walk_pos;
	struct abi_lpm key = x->walk_key, next;
	uint64_t skip = resumed ? 0 : *pos;
	struct abi_prefix rec;
	size_t n = 0;

	while (n < max &&
	       !bpf_map_get_next_key(fd, resumed || n || skip != *pos ? &key : NULL,
	                             &next)) {
		struct ip ip = ip_of(next.key.scope & 0xff, next.key.addr);
		struct prefix p = prefix_of(&ip, (uint8_t)(next.plen - ABI_LPM_SCOPE));
		struct dp_route r;

		key = next;
		if (skip) {
			skip--;
			continue;
		}
		n++;
		if (bpf_map_lookup_elem(fd, &key, &rec))
			continue;
		r = route_of(rec.value);
		r.edge_only = rec.flags & ABI_PREFIX_EDGE_ONLY;
		w->fn(w->arg, next.key.scope >> 8, &p, &r);
	}
	*pos += n;
	x->walk_key = key;
	x->walk_pos = *pos;
	return n;
}

/* *pos: which table, in the top bits, and where in it. */
size_t dp_xdp_route_walk(struct dataplane *dp, uint64_t *pos, size_t max,
                         void (*fn)(void *arg, uint32_t vrf, const struct prefix *p,
                                    const struct dp_route *r),
                         void *arg)
{
	enum { TABLE_SHIFT = 60, PREFIXES = 2 };
	const uint64_t mask = (1ULL << TABLE_SHIFT) - 1;
	struct dp_xdp *x = dp_xdp_of(dp);
	struct walk w = { .fn = fn, .arg = arg };
	uint64_t table = *pos >> TABLE_SHIFT, at = *pos & mask;
	size_t n = 0;

	for (; table <= PREFIXES; table++, at = 0) {
		w.t = table ? &x->hosts6 : &x->hosts4;
		n = table == PREFIXES ? walk_prefixes(x, &at, max, &w)
		                      : hosttab_walk(w.t, &at, max, walk_host, &w);
		if (n)
			break;
	}
	*pos = table << TABLE_SHIFT | at;
	return n;
}

void dp_xdp_routes_sweep(struct dp_xdp *x)
{
	hosttab_sweep(&x->hosts4);
	hosttab_sweep(&x->hosts6);
	for (uint32_t i = 0; i < ABI_LABELS; i++)
		if (x->labels[i].op && !(x->label_fresh[i / 8] & 1 << i % 8))
			__atomic_store_n(&x->labels[i].op, 0, __ATOMIC_RELEASE);
	for (uint32_t i = 0; i < ABI_NEXTHOPS; i++) {
		struct abi_nexthop *nh = &x->nexthops[i];

		if (!(x->nexthop_fresh[i / 8] & 1 << i % 8))
			__atomic_store_n(&nh->r[nh->cur & 1].valid, 0, __ATOMIC_RELEASE);
	}
	for (uint32_t i = 0; i < ABI_GROUPS; i++) {
		if (!(x->group_fresh[i / 8] & 1 << i % 8))
			dp_xdp_group_empty(x, i);
	}
}
