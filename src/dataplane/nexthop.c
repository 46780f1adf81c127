/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dataplane/nexthop.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "dataplane/nexthop_int.h"

enum {
	LOOKS_A_TURN = 512,       /* then others have a turn */
	ROUTE_EVENTS_A_TURN = 64, /* above it every PE is looked at, whatever the event */
	RETRY_MS = 1000,
	RETRY_MAX_MS = 8000,
};

static void run_work(void *arg);

/* --- marking ------------------------------------------------------------------------ */

static void mark(struct nexthops *ns, struct pe *pe, bool route_too)
{
	pe->ask_route |= route_too;
	if (!list_linked(&pe->dirty))
		list_add_tail(&ns->dirty, &pe->dirty);
	loop_defer(ns->cfg.loop, &ns->work, run_work, ns);
}

static void mark_all(struct nexthops *ns)
{
	hmap_for(it, &ns->pes)
		mark(ns, container_of(it.n, struct pe, by_ip), true);
}

static struct pe *pe_find(const struct nexthops *ns, const struct ip *ip)
{
	uint64_t h = hash_bytes(ip, sizeof(*ip));

	hmap_for_key(n, &ns->pes, h) {
		struct pe *pe = container_of(n, struct pe, by_ip);

		if (ip_eq(&pe->ip, ip))
			return pe;
	}
	return NULL;
}

/* --- adjacencies -------------------------------------------------------------------- */

static uint64_t adj_hash(unsigned ifindex, const struct ip *ip)
{
	uint8_t key[sizeof(ifindex) + sizeof(*ip)];

	memcpy(key, &ifindex, sizeof(ifindex));
	memcpy(key + sizeof(ifindex), ip, sizeof(*ip));
	return hash_bytes(key, sizeof(key));
}

static struct adjacency *adj_find(const struct nexthops *ns, unsigned ifindex,
                                  const struct ip *ip)
{
	uint64_t h = adj_hash(ifindex, ip);

	hmap_for_key(n, &ns->adjs, h) {
		struct adjacency *a = container_of(n, struct adjacency, by_key);

		if (a->ifindex == ifindex && ip_eq(&a->ip, ip))
			return a;
	}
	return NULL;
}

/* True: something changed that the PEs behind it must know. */
static bool adj_take(struct adjacency *a, const struct netlink_neigh *n)
{
	bool same = a->valid == n->valid && a->failed == n->failed &&
	            (!n->valid || mac_eq(&a->mac, &n->mac));

	a->valid = n->valid;
	a->failed = n->failed;
	if (n->valid)
		a->mac = n->mac;
	return !same;
}

/* Keep it fresh while it is good, have it resolved while it is not.  A failure to ask is
 * met by asking again, since the retry timer runs while it is not valid. */
static void adj_nurse(struct adjacency *a, bool stale)
{
	struct nexthops *ns = a->owner;

	if (a->valid) {
		loop_timer_cancel(&a->retry);
		a->retry_ms = RETRY_MS;
		if (stale)
			ns->cfg.kernel_ops->neigh_probe(ns->cfg.kernel, a->ifindex,
			                                &a->ip);
		return;
	}
	if (heap_armed(&a->retry.due))
		return;
	ns->cfg.kernel_ops->neigh_probe(ns->cfg.kernel, a->ifindex, &a->ip);
	loop_timer_set(&a->retry, mono_add_ms(loop_now(ns->cfg.loop), a->retry_ms));
	a->retry_ms = a->retry_ms * 2 < RETRY_MAX_MS ? a->retry_ms * 2 : RETRY_MAX_MS;
}

/* What does the kernel know of it?  True: something changed. */
static bool adj_read(struct adjacency *a)
{
	struct nexthops *ns = a->owner;
	struct netlink_neigh n = { 0 };
	bool changed;

	if (ns->cfg.kernel_ops->neigh_get(ns->cfg.kernel, a->ifindex, &a->ip, &n))
		n = (struct netlink_neigh){ 0 };
	changed = adj_take(a, &n);
	adj_nurse(a, n.stale);
	return changed;
}

static void adj_mark(struct adjacency *a)
{
	list_for(pe, &a->pes, struct pe, on_adj)
		mark(a->owner, pe, false);
}

static void adj_retry(void *arg)
{
	struct adjacency *a = arg;

	if (adj_read(a))
		adj_mark(a);
}

static struct adjacency *adj_get(struct nexthops *ns, unsigned ifindex,
                                 const struct ip *ip)
{
	struct adjacency *a = adj_find(ns, ifindex, ip);

	if (a)
		return a;
	a = mem_new(struct adjacency);
	a->owner = ns;
	a->ifindex = ifindex;
	a->ip = *ip;
	a->retry_ms = RETRY_MS;
	list_init(&a->pes);
	loop_timer_init(&a->retry, ns->cfg.loop, adj_retry, a);
	hmap_add(&ns->adjs, &a->by_key, adj_hash(ifindex, ip));
	adj_read(a);
	return a;
}

static void adj_set(struct nexthops *ns, struct pe *pe, struct adjacency *a)
{
	struct adjacency *old = pe->adj;

	if (old == a)
		return;
	list_del(&pe->on_adj);
	pe->adj = a;
	if (a)
		list_add_tail(&a->pes, &pe->on_adj);
	if (old && list_empty(&old->pes)) {
		loop_timer_cancel(&old->retry);
		hmap_del(&ns->adjs, &old->by_key);
		free(old);
	}
}

/* --- resolving ---------------------------------------------------------------------- */

/* Always false, so that a check can end with: return no(…). */
__attribute__((format(printf, 2, 3))) static bool no(char why[static WHY_LEN],
                                                     const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, WHY_LEN, fmt, ap);
	va_end(ap);
	return false;
}

static bool is_core(const struct nexthops *ns, unsigned ifindex)
{
	for (size_t i = 0; i < ns->n_core; i++) {
		if (ns->core[i] == ifindex)
			return true;
	}
	return false;
}

static bool ask_route(struct nexthops *ns, struct pe *pe)
{
	const struct nexthop_kernel_ops *k = ns->cfg.kernel_ops;
	int r = k->route_get(ns->cfg.kernel, &pe->ip, &ns->cfg.source, &pe->route);

	/* The source matters to policy routing only; while it is not on this machine (the
	 * loopback is set up late, say) the kernel refuses to think about it. */
	if (!r && !pe->route.reachable)
		r = k->route_get(ns->cfg.kernel, &pe->ip, NULL, &pe->route);
	if (r) {
		pe->route = (struct netlink_route){ 0 };
		pe->retry = true;
		return no(pe->why, "the kernel does not tell the route: %s",
		          strerror(-r));
	}
	return true;
}

static bool check_route(struct nexthops *ns, struct pe *pe)
{
	const struct netlink_route *rt = &pe->route;
	struct netlink_link *l = &pe->link;

	if (!rt->reachable)
		return no(pe->why, "%s", rt->why ? rt->why : "no route");
	if (rt->local)
		return no(pe->why, "it is an address of this machine");
	if (ns->cfg.kernel_ops->link_get(ns->cfg.kernel, rt->oifindex, l))
		return no(pe->why, "via interface number %u, which is gone",
		          rt->oifindex);
	if (!is_core(ns, rt->oifindex))
		return no(pe->why, "via %s, which is not a core interface", l->name);
	if (!l->up)
		return no(pe->why, "via %s, which is down", l->name);
	if (!l->carrier)
		return no(pe->why, "via %s, which has no carrier", l->name);
	if (!l->ethernet)
		return no(pe->why, "via %s, which is not Ethernet", l->name);
	return true;
}

/* Route, link and neighbour, whatever the encapsulation. */
static bool resolve_pe(struct nexthops *ns, struct pe *pe)
{
	char text[IP_STRLEN];
	const struct ip *hop;

	pe->why[0] = '\0';
	if (pe->ip.afi != ns->cfg.source.afi)
		return no(pe->why, "is %s, but the core's source address is %s",
		          pe->ip.afi == AFI_IP6 ? "IPv6" : "IPv4",
		          ns->cfg.source.afi == AFI_IP6 ? "IPv6" : "IPv4");
	if ((pe->ask_route && !ask_route(ns, pe)) || !check_route(ns, pe)) {
		adj_set(ns, pe, NULL);
		return false;
	}
	pe->ask_route = false;
	hop = pe->route.gateway.afi != AFI_NONE ? &pe->route.gateway : &pe->ip;
	adj_set(ns, pe, adj_get(ns, pe->route.oifindex, hop));
	if (!pe->adj->valid)
		return no(pe->why, "neighbour %s on %s %s", ip_fmt(hop, text),
		          pe->link.name,
		          pe->adj->failed ? "does not answer" : "is being resolved");
	return true;
}

/*
 * Native MPLS needs a label switched path to the PE: the labels of the kernel's route, or
 * none when the PE is the next router (its implicit null: RFC 3032 2.1, penultimate hop
 * popping).  An IP tunnel needs none, and is routed like any packet, labels or not.
 */
static bool resolve_labels(const struct pe *pe, struct dp_nexthop *nh,
                           char why[static WHY_LEN])
{
	const struct netlink_route *rt = &pe->route;
	char text[IP_STRLEN];

	if (nh->encap != DP_ENCAP_MPLS)
		return true;
	if (rt->n_labels > ARRAY_LEN(nh->label))
		return no(why,
		          "the route has %u transport labels, at most %zu can be put on",
		          rt->n_labels, ARRAY_LEN(nh->label));
	if (!rt->n_labels && rt->gateway.afi != AFI_NONE && !ip_eq(&rt->gateway, &pe->ip))
		return no(
			why,
			"the route via %s has no MPLS label, and the PE is not adjacent",
			ip_fmt(&rt->gateway, text));
	memcpy(nh->label, rt->label, rt->n_labels * sizeof(nh->label[0]));
	nh->n_labels = rt->n_labels;
	return true;
}

static struct dp_nexthop make_nexthop(const struct nexthops *ns, const struct pe *pe,
                                      enum dp_encap encap, char why[static WHY_LEN])
{
	struct dp_nexthop nh = { .encap = encap,
		                 .outer_src = ns->cfg.source,
		                 .outer_dst = pe->ip };
	uint32_t mtu;

	why[0] = '\0';
	if (pe->why[0]) {
		memcpy(why, pe->why, WHY_LEN);
		return nh;
	}
	if (!resolve_labels(pe, &nh, why))
		return nh;
	mtu = pe->link.mtu;
	if (pe->route.mtu && pe->route.mtu < mtu)
		mtu = pe->route.mtu;
	nh.mtu = mtu < UINT16_MAX ? (uint16_t)mtu : UINT16_MAX;
	nh.ifindex = pe->route.oifindex;
	nh.src = pe->link.mac;
	nh.dst = pe->adj->mac;
	nh.valid = true;
	return nh;
}

static bool nexthop_same(const struct dp_nexthop *a, const struct dp_nexthop *b)
{
	return a->valid == b->valid && a->encap == b->encap && a->ifindex == b->ifindex &&
	       mac_eq(&a->dst, &b->dst) && mac_eq(&a->src, &b->src) &&
	       ip_eq(&a->outer_src, &b->outer_src) &&
	       ip_eq(&a->outer_dst, &b->outer_dst) && a->n_labels == b->n_labels &&
	       a->label[0] == b->label[0] && a->label[1] == b->label[1] &&
	       a->mtu == b->mtu;
}

static int write_way(struct nexthops *ns, struct pe *pe, struct way *w,
                     const struct dp_nexthop *nh)
{
	char text[IP_STRLEN];
	int r;

	if (!w->id || (w->written && nexthop_same(&w->nh, nh)))
		return 0;
	r = ns->cfg.dp->ops->nexthop_set(ns->cfg.dp, w->id, nh);
	w->written = !r;
	if (!r)
		return 0;
	pe->retry = true;
	log_limited(&ns->limit, LOG_LEVEL_ERR,
	            "next hop %s: the data plane refuses it: %s", ip_fmt(&pe->ip, text),
	            dp_error(ns->cfg.dp));
	return r;
}

static int resolve_way(struct nexthops *ns, struct pe *pe, enum dp_encap encap)
{
	struct way *w = &pe->way[encap];
	struct dp_nexthop nh = make_nexthop(ns, pe, encap, w->why);
	int r = write_way(ns, pe, w, &nh);

	if (r)
		no(w->why, "the data plane refuses it: %s", dp_error(ns->cfg.dp));
	w->nh = nh;
	w->usable = nh.valid && !r;
	return r;
}

static void look(struct nexthops *ns, struct pe *pe)
{
	pe->retry = false;
	resolve_pe(ns, pe);
	for (unsigned i = 0; i < N_ENCAPS; i++) {
		if (!way_wanted(&pe->way[i]))
			continue;
		resolve_way(ns, pe, i);
		if (pe->way[i].usable != pe->way[i].told && !list_linked(&pe->telling))
			list_add_tail(&ns->telling, &pe->telling);
	}
	if (pe->retry && !heap_armed(&ns->retry.due))
		loop_timer_set(&ns->retry, mono_add_ms(loop_now(ns->cfg.loop), RETRY_MS));
}

/* The listener may drop what it is told of, and anything else. */
static void tell(struct nexthops *ns, struct pe *pe)
{
	struct ip ip = pe->ip;

	list_del(&pe->telling);
	for (unsigned i = 0; pe && i < N_ENCAPS; i++, pe = pe_find(ns, &ip)) {
		struct way *w = &pe->way[i];

		if (!way_wanted(w) || w->told == w->usable)
			continue;
		w->told = w->usable;
		if (ns->cfg.changed)
			ns->cfg.changed(ns->cfg.arg, &ip, i, w->usable);
	}
}

static void run_work(void *arg)
{
	struct nexthops *ns = arg;
	struct pe *pe;

	if (ns->route_events > ROUTE_EVENTS_A_TURN)
		mark_all(ns);
	ns->route_events = 0;
	for (int i = 0; i < LOOKS_A_TURN; i++) {
		pe = list_first(&ns->dirty, struct pe, dirty);
		if (!pe)
			break;
		list_del(&pe->dirty);
		look(ns, pe);
	}
	while ((pe = list_first(&ns->telling, struct pe, telling)))
		tell(ns, pe);
	if (!list_empty(&ns->dirty))
		loop_defer(ns->cfg.loop, &ns->work, run_work, ns);
}

static void run_retry(void *arg)
{
	struct nexthops *ns = arg;

	hmap_for(it, &ns->pes) {
		struct pe *pe = container_of(it.n, struct pe, by_ip);

		if (pe->retry)
			mark(ns, pe, true);
	}
}

/* --- events of the kernel ----------------------------------------------------------- */

static void on_link(void *arg, const struct netlink_link *link)
{
	struct nexthops *ns = arg;

	/* The kernel does not announce the IPv4 routes that a link takes with it when it
	 * goes down, so all that went by it is looked at.  Routes that come are
	 * announced. */
	hmap_for(it, &ns->pes) {
		struct pe *pe = container_of(it.n, struct pe, by_ip);

		if (pe->route.oifindex == link->ifindex || !pe->route.oifindex)
			mark(ns, pe, true);
	}
}

static void on_neigh(void *arg, const struct netlink_neigh *neigh)
{
	struct nexthops *ns = arg;
	struct adjacency *a = adj_find(ns, neigh->ifindex, &neigh->ip);

	if (!a)
		return;
	if (adj_take(a, neigh))
		adj_mark(a);
	adj_nurse(a, neigh->stale);
}

static void on_route(void *arg, const struct prefix *dst)
{
	struct nexthops *ns = arg;
	struct pe *pe;

	/* The kernel may be taking in a full table: run_work() then looks at all, once.
	 */
	if (ns->route_events > ROUTE_EVENTS_A_TURN)
		return;
	ns->route_events++;
	loop_defer(ns->cfg.loop, &ns->work, run_work, ns);
	if (dst->ip.afi == AFI_NONE) {
		mark_all(ns);
		return;
	}
	if (prefix_is_host(dst)) {
		pe = pe_find(ns, &dst->ip);
		if (pe)
			mark(ns, pe, true);
		return;
	}
	hmap_for(it, &ns->pes) {
		pe = container_of(it.n, struct pe, by_ip);
		if (prefix_has(dst, &pe->ip))
			mark(ns, pe, true);
	}
}

static void on_resync(void *arg)
{
	struct nexthops *ns = arg;

	hmap_for(it, &ns->adjs)
		adj_read(container_of(it.n, struct adjacency, by_key));
	mark_all(ns);
}

const struct netlink_events nexthops_events = {
	.link = on_link,
	.neigh = on_neigh,
	.route = on_route,
	.resync = on_resync,
};

static int kernel_route_get(void *kernel, const struct ip *dst, const struct ip *src,
                            struct netlink_route *ret)
{
	return netlink_route_get(kernel, dst, src, ret);
}

static int kernel_neigh_get(void *kernel, unsigned ifindex, const struct ip *ip,
                            struct netlink_neigh *ret)
{
	return netlink_neigh_get(kernel, ifindex, ip, ret);
}

static int kernel_neigh_probe(void *kernel, unsigned ifindex, const struct ip *ip)
{
	return netlink_neigh_probe(kernel, ifindex, ip);
}

static int kernel_link_get(void *kernel, unsigned ifindex, struct netlink_link *ret)
{
	return netlink_link_get(kernel, ifindex, ret);
}

static void kernel_listen(void *kernel, struct netlink_listener *who,
                          const struct netlink_events *ev, void *arg)
{
	netlink_listen(kernel, who, ev, arg);
}

const struct nexthop_kernel_ops nexthop_kernel = {
	.route_get = kernel_route_get,
	.neigh_get = kernel_neigh_get,
	.neigh_probe = kernel_neigh_probe,
	.link_get = kernel_link_get,
	.listen = kernel_listen,
};

/* --- interest ----------------------------------------------------------------------- */

static struct pe *pe_get(struct nexthops *ns, const struct ip *ip)
{
	struct pe *pe = pe_find(ns, ip);

	if (pe)
		return pe;
	if (ip->afi == AFI_NONE || ns->pes.count >= NEXTHOP_PE_MAX) {
		ns->refused++;
		return NULL;
	}
	pe = mem_new(struct pe);
	pe->ip = *ip;
	pe->ask_route = true;
	list_init(&pe->dirty);
	list_init(&pe->telling);
	list_init(&pe->on_adj);
	hmap_add(&ns->pes, &pe->by_ip, hash_bytes(ip, sizeof(*ip)));
	nexthop_former_back(ns, ip);
	if (ns->cfg.dp->ops->peer_set(ns->cfg.dp, ip, true))
		log_limited(&ns->limit, LOG_LEVEL_ERR, "data plane: tunnel source: %s",
		            dp_error(ns->cfg.dp));
	look(ns, pe);
	return pe;
}

static void pe_free(struct nexthops *ns, struct pe *pe)
{
	adj_set(ns, pe, NULL);
	list_del(&pe->dirty);
	list_del(&pe->telling);
	hmap_del(&ns->pes, &pe->by_ip);
	free(pe);
}

static void pe_drop_unused(struct nexthops *ns, struct pe *pe)
{
	for (unsigned i = 0; i < N_ENCAPS; i++) {
		if (way_wanted(&pe->way[i]))
			return;
	}
	nexthop_former_add(ns, &pe->ip);
	pe_free(ns, pe);
}

/*
 * The number is a hash of what it stands for, or the next free one.  It must not depend
 * on the process (no hash key) nor on the order of routes, except where two collide.
 */
static uint32_t id_alloc(struct nexthops *ns, const struct ip *pe, enum dp_encap encap)
{
	enum { IDS = DP_NEXTHOP_MAX - 1 };
	uint32_t h = 2166136261u; /* FNV-1a */

	if (ns->ids_used == IDS)
		return 0;
	for (size_t i = 0; i < sizeof(pe->b); i++)
		h = (h ^ pe->b[i]) * 16777619u;
	h = (h ^ (uint32_t)(pe->afi << 4 | encap)) * 16777619u;
	h = (h ^ h >> 16) % IDS;
	while (ns->slot[1 + h].pe)
		h = (h + 1) % IDS;
	ns->ids_used++;
	return 1 + h;
}

/* The way, resolved, with its first answer taken as told. */
static struct way *way_get(struct nexthops *ns, struct pe *pe, enum dp_encap encap)
{
	struct way *w = &pe->way[encap];

	if (!way_wanted(w)) {
		resolve_way(ns, pe, encap);
		w->told = w->usable;
	}
	return w;
}

int nexthop_ref(struct nexthops *ns, const struct ip *ip, enum dp_encap encap,
                uint32_t *ret_id)
{
	struct pe *pe = pe_get(ns, ip);
	struct way *w;
	int r;

	must((unsigned)encap < N_ENCAPS);
	if (!pe)
		return -ENOSPC;
	w = way_get(ns, pe, encap);
	if (!w->id) {
		w->id = id_alloc(ns, ip, encap);
		if (!w->id) {
			ns->refused++;
			pe_drop_unused(ns, pe);
			return -ENOSPC;
		}
		ns->slot[w->id] = (struct id_slot){ .pe = pe, .encap = (uint8_t)encap };
		w->refs = 1;
		w->written = false;
		r = resolve_way(ns, pe, encap);
		if (r) {
			nexthop_unref(ns, w->id);
			return r;
		}
		/* The first answer, unless somebody was given one before. */
		if (!w->asked)
			w->told = w->usable;
	} else {
		w->refs++;
	}
	*ret_id = w->id;
	return 0;
}

void nexthop_unref(struct nexthops *ns, uint32_t id)
{
	struct dp_nexthop gone;
	struct pe *pe;
	struct way *w;

	must(id && id < DP_NEXTHOP_MAX && ns->slot[id].pe);
	pe = ns->slot[id].pe;
	w = &pe->way[ns->slot[id].encap];
	if (--w->refs)
		return;
	gone = (struct dp_nexthop){ .encap = w->nh.encap };
	if (ns->cfg.dp->ops->nexthop_set(ns->cfg.dp, id, &gone))
		log_limited(&ns->limit, LOG_LEVEL_ERR,
		            "data plane: clearing a next hop: %s", dp_error(ns->cfg.dp));
	ns->slot[id] = (struct id_slot){ 0 };
	ns->ids_used--;
	w->id = 0;
	w->written = false;
	pe_drop_unused(ns, pe);
}

bool nexthop_resolvable(struct nexthops *ns, const struct ip *ip, enum dp_encap encap)
{
	struct pe *pe = pe_get(ns, ip);
	struct way *w;

	must((unsigned)encap < N_ENCAPS);
	if (!pe)
		return false;
	w = way_get(ns, pe, encap);
	w->asked = true;
	return w->usable;
}

void nexthop_forget(struct nexthops *ns, const struct ip *ip, enum dp_encap encap)
{
	struct pe *pe = pe_find(ns, ip);

	must((unsigned)encap < N_ENCAPS);
	if (!pe)
		return;
	pe->way[encap].asked = false;
	pe_drop_unused(ns, pe);
}

const char *nexthop_why(const struct nexthops *ns, const struct ip *ip,
                        enum dp_encap encap)
{
	const struct pe *pe = pe_find(ns, ip);

	must((unsigned)encap < N_ENCAPS);
	if (!pe || !way_wanted(&pe->way[encap]) || pe->way[encap].usable)
		return NULL;
	return pe->way[encap].why;
}

bool nexthop_info(const struct nexthops *ns, uint32_t id, struct nexthop_info *ret)
{
	const struct way *w;
	const struct pe *pe;

	if (!id || id >= DP_NEXTHOP_MAX || !ns->slot[id].pe)
		return false;
	pe = ns->slot[id].pe;
	w = &pe->way[ns->slot[id].encap];
	*ret = (struct nexthop_info){ .pe = pe->ip,
		                      .nh = w->nh,
		                      .refs = w->refs,
		                      .why = w->usable ? NULL : w->why };
	return true;
}

void nexthops_tally(const struct nexthops *ns, size_t *ret_used, size_t *ret_usable)
{
	*ret_used = *ret_usable = 0;
	hmap_for(it, &ns->pes) {
		const struct pe *pe = container_of(it.n, struct pe, by_ip);

		for (size_t i = 0; i < ARRAY_LEN(pe->way); i++) {
			*ret_used += pe->way[i].refs > 0;
			*ret_usable += pe->way[i].refs > 0 && pe->way[i].usable;
		}
	}
}

/* --- life --------------------------------------------------------------------------- */

void nexthops_set_core(struct nexthops *ns, const unsigned *core, size_t n_core)
{
	free(ns->core);
	ns->core = mem_dup(core, n_core * sizeof(*core));
	ns->n_core = n_core;
	mark_all(ns);
}

struct nexthops *nexthops_new(const struct nexthops_config *cfg)
{
	struct nexthops *ns = mem_new(struct nexthops);

	ns->cfg = *cfg;
	if (!ns->cfg.kernel_ops)
		ns->cfg.kernel_ops = &nexthop_kernel;
	ns->cfg.core = NULL;
	list_init(&ns->dirty);
	list_init(&ns->telling);
	loop_timer_init(&ns->retry, cfg->loop, run_retry, ns);
	nexthop_formers_init(ns);
	ns->slot = mem_zalloc(DP_NEXTHOP_MAX * sizeof(*ns->slot));
	nexthop_groups_init(ns);
	nexthops_set_core(ns, cfg->core, cfg->n_core);
	if (ns->cfg.kernel_ops->listen)
		ns->cfg.kernel_ops->listen(cfg->kernel, &ns->listener, &nexthops_events,
		                           ns);
	return ns;
}

void nexthops_free(struct nexthops *ns)
{
	if (!ns)
		return;
	netlink_unlisten(&ns->listener);
	loop_defer_cancel(&ns->work);
	loop_timer_cancel(&ns->retry);
	nexthop_groups_fini(ns);
	hmap_for(it, &ns->pes)
		pe_free(ns, container_of(it.n, struct pe, by_ip));
	hmap_fini(&ns->pes);
	nexthop_formers_fini(ns);
	hmap_fini(&ns->adjs);
	free(ns->slot);
	free(ns->core);
	free(ns);
}
