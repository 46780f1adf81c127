/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dataplane/dp_mem.h"

#include <errno.h>

#include "base/hash.h"
#include "base/hmap.h"
#include "base/mem.h"
#include "dataplane/dp_common.h"

/*
 * The forwarding contract as tables in memory: for tests of the control plane and for dry
 * runs.  It refuses what the packet path would refuse and remembers the rest.
 *
 * Everything but routes is kept in one small keyed store: a kind, a number or an address,
 * and the record as given.
 */
enum obj_kind {
	OBJ_PORT,
	OBJ_LABEL,
	OBJ_AC,
	OBJ_SUBNET,
	OBJ_NEXTHOP,
	OBJ_GROUP,
	OBJ_PEER
};

struct key {
	uint32_t kind; /* enum obj_kind, or KEY_ROUTE */
	uint32_t num;
	struct prefix prefix;
	uint8_t pad[2]; /* written out, so that equal keys are equal bytes */
};

enum { KEY_ROUTE = 100 };

struct obj {
	struct hnode by_key;
	struct key key;
	bool fresh; /* written since the start; sync_done() sweeps the rest */
	union {
		enum dp_role role;
		uint32_t vrf;
		struct dp_ac ac;
		struct dp_subnet subnet;
		struct dp_nexthop nexthop;
		struct dp_group group;
		struct dp_route route;
	};
	bool seen; /* routes */
};

struct said {
	struct said *next;
	struct dp_evidence ev;
};

struct mem {
	struct dataplane dp;
	struct hmap objs;
	size_t n_routes;
	unsigned long writes;
	struct ip local;
	struct mono lease;
	struct said *first, **last;
};

static struct mem *mem_of(struct dataplane *dp)
{
	return container_of(dp, struct mem, dp);
}

static const struct mem *mem_of_const(const struct dataplane *dp)
{
	return (const struct mem *)(const void *)dp; /* dp is its first member */
}

static struct key key_num(uint32_t kind, uint32_t num)
{
	struct key k;

	memset(&k, 0, sizeof(k));
	k.kind = kind;
	k.num = num;
	return k;
}

static struct key key_prefix(uint32_t kind, uint32_t num, const struct prefix *p)
{
	struct key k = key_num(kind, num);

	k.prefix = *p;
	return k;
}

static struct obj *find(const struct mem *m, const struct key *k)
{
	hmap_for_key(n, &m->objs, hash_bytes(k, sizeof(*k))) {
		struct obj *o = container_of(n, struct obj, by_key);

		if (!memcmp(&o->key, k, sizeof(*k)))
			return o;
	}
	return NULL;
}

static struct obj *put(struct mem *m, const struct key *k)
{
	struct obj *o = find(m, k);

	m->writes++;
	if (!o) {
		o = mem_new(struct obj);
		o->key = *k;
		hmap_add(&m->objs, &o->by_key, hash_bytes(k, sizeof(*k)));
		m->n_routes += k->kind == KEY_ROUTE;
	}
	o->fresh = true;
	return o;
}

static void drop(struct mem *m, struct obj *o)
{
	m->n_routes -= o->key.kind == KEY_ROUTE;
	hmap_del(&m->objs, &o->by_key);
	free(o);
}

static int del(struct mem *m, const struct key *k)
{
	struct obj *o = find(m, k);

	m->writes++;
	if (o)
		drop(m, o);
	return 0;
}

static int mem_port_add(struct dataplane *dp, unsigned ifindex, enum dp_role role)
{
	struct key k = key_num(OBJ_PORT, ifindex);

	put(mem_of(dp), &k)->role = role;
	return 0;
}

static int mem_port_del(struct dataplane *dp, unsigned ifindex)
{
	struct key k = key_num(OBJ_PORT, ifindex);

	return del(mem_of(dp), &k);
}

static int mem_vrf_set(struct dataplane *dp, uint32_t vrf, uint32_t label)
{
	struct key k = key_num(OBJ_LABEL, label);
	int r = dp_check_vrf(dp, vrf, label);

	if (!r)
		put(mem_of(dp), &k)->vrf = vrf;
	return r;
}

static int mem_vrf_del(struct dataplane *dp, uint32_t vrf, uint32_t label)
{
	struct key k = key_num(OBJ_LABEL, label);
	struct obj *o = find(mem_of(dp), &k);

	return o && o->vrf == vrf ? del(mem_of(dp), &k) : 0;
}

static int mem_ac_set(struct dataplane *dp, const struct dp_ac *ac)
{
	struct key k = key_num(OBJ_AC, ac->id);
	int r = dp_check_ac(dp, ac);

	if (!r)
		put(mem_of(dp), &k)->ac = *ac;
	return r;
}

static int mem_ac_del(struct dataplane *dp, uint16_t ac)
{
	struct mem *m = mem_of(dp);
	struct key k = key_num(OBJ_AC, ac);

	hmap_for(it, &m->objs) {
		struct obj *o = container_of(it.n, struct obj, by_key);

		if (o->key.kind == OBJ_SUBNET && o->key.num == ac)
			drop(m, o);
	}
	return del(m, &k);
}

static int mem_subnet_set(struct dataplane *dp, const struct dp_subnet *sn)
{
	struct key ac = key_num(OBJ_AC, sn->ac);
	struct key k = key_prefix(OBJ_SUBNET, sn->ac, &sn->prefix);
	int r = dp_check_subnet(dp, sn);

	if (r)
		return r;
	if (!find(mem_of(dp), &ac))
		return dp_fail(dp, -ENOENT, "subnet on attachment %u, which is not there",
		               sn->ac);
	put(mem_of(dp), &k)->subnet = *sn;
	return 0;
}

static int mem_subnet_del(struct dataplane *dp, uint16_t ac, const struct prefix *p)
{
	struct key k = key_prefix(OBJ_SUBNET, ac, p);

	return del(mem_of(dp), &k);
}

static int mem_lease(struct dataplane *dp, struct mono until)
{
	mem_of(dp)->lease = until;
	return 0;
}

static bool mem_was_master(struct dataplane *dp, const struct dp_subnet *sn,
                           struct mono now)
{
	const struct dp_subnet *was = dp_mem_subnet(dp, sn->ac, &sn->prefix);

	return was && was->master && was->leased && mem_of(dp)->lease.us > now.us;
}

static int mem_route_set(struct dataplane *dp, uint32_t vrf, const struct prefix *p,
                         const struct dp_route *route)
{
	struct key k = key_prefix(KEY_ROUTE, vrf, p);
	struct key group = key_num(OBJ_GROUP, route->group);
	int r = dp_check_route(dp, vrf, p, route);

	if (r)
		return r;
	if (route->group && !find(mem_of(dp), &group))
		return dp_fail(dp, -EINVAL, "a route to group %u, which is empty",
		               route->group);
	put(mem_of(dp), &k)->route = *route;
	return 0;
}

static int mem_route_del(struct dataplane *dp, uint32_t vrf, const struct prefix *p)
{
	struct key k = key_prefix(KEY_ROUTE, vrf, p);

	return del(mem_of(dp), &k);
}

static int mem_route_get(struct dataplane *dp, uint32_t vrf, const struct prefix *p,
                         struct dp_route *ret)
{
	struct key k = key_prefix(KEY_ROUTE, vrf, p);
	struct obj *o = find(mem_of(dp), &k);

	if (!o)
		return -ENOENT;
	*ret = o->route;
	return 0;
}

static int mem_nexthop_set(struct dataplane *dp, uint32_t id, const struct dp_nexthop *nh)
{
	struct key k = key_num(OBJ_NEXTHOP, id);
	int r = dp_check_nexthop(dp, id, nh);

	if (!r)
		put(mem_of(dp), &k)->nexthop = *nh;
	return r;
}

static int mem_group_set(struct dataplane *dp, uint32_t id, const struct dp_group *g)
{
	struct key k = key_num(OBJ_GROUP, id);
	int r = dp_check_group(dp, id, g);

	if (r)
		return r;
	if (!g->n)
		return del(mem_of(dp), &k);
	put(mem_of(dp), &k)->group = *g;
	return 0;
}

static int mem_group_get(struct dataplane *dp, uint32_t id, struct dp_group *ret)
{
	struct key k = key_num(OBJ_GROUP, id);
	struct obj *o = find(mem_of(dp), &k);

	if (!o)
		return -ENOENT;
	*ret = o->group;
	return 0;
}

static int mem_peer_set(struct dataplane *dp, const struct ip *pe, bool known)
{
	struct prefix p = prefix_host(pe);
	struct key k = key_prefix(OBJ_PEER, 0, &p);

	if (!known)
		return del(mem_of(dp), &k);
	put(mem_of(dp), &k);
	return 0;
}

static int mem_local_set(struct dataplane *dp, const struct ip *source)
{
	struct mem *m = mem_of(dp);

	m->writes++;
	m->local = *source;
	return 0;
}

static int mem_host_seen(struct dataplane *dp, uint32_t vrf, const struct ip *ip,
                         bool *ret)
{
	struct prefix p = prefix_host(ip);
	struct key k = key_prefix(KEY_ROUTE, vrf, &p);
	struct obj *o = find(mem_of(dp), &k);

	if (!o)
		return -ENOENT;
	*ret = o->seen;
	o->seen = false;
	return 0;
}

static int mem_sync_done(struct dataplane *dp)
{
	struct mem *m = mem_of(dp);

	hmap_for(it, &m->objs) {
		struct obj *o = container_of(it.n, struct obj, by_key);

		if (!o->fresh)
			drop(m, o);
	}
	return 0;
}

static void mem_show_counters(struct dataplane *dp, struct view *v)
{
	static const struct view_col col[] = {
		{"reason",   "Reason",        20},
		{ "text",    "What it means", 52},
		{ "packets", "Packets",       12},
		{ "bytes",   "Bytes",         0 },
	};

	view_table(v, "counters", col, ARRAY_LEN(col)); /* nothing passes here */
	view_table_end(v);
}

static void mem_show_system(struct dataplane *dp, struct view *v)
{
	struct mem *m = mem_of(dp);

	view_str(v, "backend", "memory");
	view_num(v, "routes", (int64_t)m->n_routes);
}

static size_t mem_route_walk(struct dataplane *dp, uint64_t *pos, size_t max,
                             void (*fn)(void *, uint32_t, const struct prefix *,
                                        const struct dp_route *),
                             void *arg)
{
	struct mem *m = mem_of(dp);
	uint64_t i = 0;
	size_t n = 0;

	hmap_for(it, &m->objs) {
		struct obj *o = container_of(it.n, struct obj, by_key);

		if (o->key.kind != KEY_ROUTE || i++ < *pos)
			continue;
		if (n == max)
			break;
		fn(arg, o->key.num, &o->key.prefix, &o->route);
		n++;
	}
	*pos += n;
	return n;
}

static int mem_event_fd(struct dataplane *dp)
{
	return -1;
}

static void mem_poll(struct dataplane *dp)
{
	struct mem *m = mem_of(dp);

	while (m->first) {
		struct said *s = m->first;

		m->first = s->next;
		if (!m->first)
			m->last = &m->first;
		if (dp->events.evidence)
			dp->events.evidence(dp->events.arg, &s->ev);
		free(s);
	}
}

static void mem_free(struct dataplane *dp, bool leave_forwarding)
{
	struct mem *m = mem_of(dp);

	hmap_for(it, &m->objs)
		drop(m, container_of(it.n, struct obj, by_key));
	hmap_fini(&m->objs);
	while (m->first) {
		struct said *s = m->first;

		m->first = s->next;
		free(s);
	}
	free(m);
}

static const struct dataplane_ops mem_ops = {
	.port_add = mem_port_add,
	.port_del = mem_port_del,
	.vrf_set = mem_vrf_set,
	.vrf_del = mem_vrf_del,
	.ac_set = mem_ac_set,
	.ac_del = mem_ac_del,
	.subnet_set = mem_subnet_set,
	.subnet_del = mem_subnet_del,
	.lease = mem_lease,
	.was_master = mem_was_master,
	.route_set = mem_route_set,
	.route_del = mem_route_del,
	.route_get = mem_route_get,
	.nexthop_set = mem_nexthop_set,
	.group_set = mem_group_set,
	.group_get = mem_group_get,
	.peer_set = mem_peer_set,
	.local_set = mem_local_set,
	.host_seen = mem_host_seen,
	.sync_done = mem_sync_done,
	.show_counters = mem_show_counters,
	.show_system = mem_show_system,
	.route_walk = mem_route_walk,
	.event_fd = mem_event_fd,
	.poll = mem_poll,
	.free = mem_free,
};

struct dataplane *dp_mem_new(const struct dp_events *ev)
{
	struct mem *m = mem_new(struct mem);

	m->dp.ops = &mem_ops;
	m->dp.events = *ev;
	m->last = &m->first;
	return &m->dp;
}

void dp_mem_say(struct dataplane *dp, const struct dp_evidence *ev)
{
	struct mem *m = mem_of(dp);
	struct said *s = mem_new(struct said);

	s->ev = *ev;
	*m->last = s;
	m->last = &s->next;
}

void dp_mem_speak(struct dataplane *dp, uint32_t vrf, const struct ip *ip)
{
	struct prefix p = prefix_host(ip);
	struct key k = key_prefix(KEY_ROUTE, vrf, &p);
	struct obj *o = find(mem_of(dp), &k);

	if (o)
		o->seen = true;
}

size_t dp_mem_routes(const struct dataplane *dp)
{
	return mem_of_const(dp)->n_routes;
}

const struct dp_ac *dp_mem_ac(const struct dataplane *dp, uint16_t id)
{
	struct key k = key_num(OBJ_AC, id);
	struct obj *o = find(mem_of_const(dp), &k);

	return o ? &o->ac : NULL;
}

const struct dp_subnet *dp_mem_subnet(const struct dataplane *dp, uint16_t ac,
                                      const struct prefix *p)
{
	struct key k = key_prefix(OBJ_SUBNET, ac, p);
	struct obj *o = find(mem_of_const(dp), &k);

	return o ? &o->subnet : NULL;
}

const struct dp_nexthop *dp_mem_nexthop(const struct dataplane *dp, uint32_t id)
{
	struct key k = key_num(OBJ_NEXTHOP, id);
	struct obj *o = find(mem_of_const(dp), &k);

	return o ? &o->nexthop : NULL;
}

bool dp_mem_label(const struct dataplane *dp, uint32_t label, uint32_t *ret_vrf)
{
	struct key k = key_num(OBJ_LABEL, label);
	struct obj *o = find(mem_of_const(dp), &k);

	if (o)
		*ret_vrf = o->vrf;
	return o;
}

bool dp_mem_peer(const struct dataplane *dp, const struct ip *pe)
{
	struct prefix p = prefix_host(pe);
	struct key k = key_prefix(OBJ_PEER, 0, &p);

	return find(mem_of_const(dp), &k);
}

bool dp_mem_port(const struct dataplane *dp, unsigned ifindex, enum dp_role *ret)
{
	struct key k = key_num(OBJ_PORT, ifindex);
	struct obj *o = find(mem_of_const(dp), &k);

	if (o)
		*ret = o->role;
	return o;
}

struct mono dp_mem_lease(const struct dataplane *dp)
{
	return mem_of_const(dp)->lease;
}

struct ip dp_mem_local(const struct dataplane *dp)
{
	return mem_of_const(dp)->local;
}

unsigned long dp_mem_writes(const struct dataplane *dp)
{
	return mem_of_const(dp)->writes;
}
