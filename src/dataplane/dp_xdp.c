/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>

#include "base/mem.h"
#include "dataplane/dp_xdp_int.h"

#include "xdp.skel.h"

/*
 * The XDP backend.  The maps are the state; what is kept here is what is needed to take
 * things back out (a subnet's gateway, an attachment's key) and to tell at sync_done()
 * what nobody wrote since the start.
 */
static int vrf_set(struct dataplane *dp, uint32_t vrf, uint32_t label)
{
	struct dp_xdp *x = dp_xdp_of(dp);
	int r = dp_check_vrf(dp, vrf, label);

	if (r)
		return r;
	x->labels[label].vrf = vrf;
	__atomic_store_n(&x->labels[label].op, ABI_LABEL_VRF, __ATOMIC_RELEASE);
	x->label_fresh[label / 8] |= (uint8_t)(1 << label % 8);
	return 0;
}

static int vrf_del(struct dataplane *dp, uint32_t vrf, uint32_t label)
{
	struct dp_xdp *x = dp_xdp_of(dp);

	if (label < DP_LABEL_MAX && x->labels[label].vrf == vrf)
		__atomic_store_n(&x->labels[label].op, 0, __ATOMIC_RELEASE);
	return 0;
}

static struct abi_rewrite rewrite_of(const struct dp_nexthop *nh)
{
	unsigned over = dp_encap_overhead(nh);
	struct abi_rewrite r = {
		.ifindex = nh->ifindex,
		.valid = nh->valid,
		.encap = (uint8_t)nh->encap, /* the enums are the same */
		.n_labels = nh->n_labels,
		.label = {nh->label[0], nh->label[1]},
	};

	memcpy(r.dst, nh->dst.b, 6);
	memcpy(r.src, nh->src.b, 6);
	memcpy(&r.saddr, nh->outer_src.b, 4);
	memcpy(&r.daddr, nh->outer_dst.b, 4);
	r.inner_max = nh->mtu > over ? (uint16_t)(nh->mtu - over) : 0;
	if (!nh->mtu)
		r.inner_max = (uint16_t)(UINT16_MAX - over);
	return r;
}

#define SAME(a, b) \
	_Static_assert((int)(a) == (int)(b), "limits of contract and maps differ")
SAME(ABI_NEXTHOPS, DP_NEXTHOP_MAX);
SAME(ABI_GROUPS, DP_GROUP_MAX);
SAME(ABI_GROUP_MEMBERS, DP_GROUP_PATHS);
SAME(ABI_VRFS, DP_VRF_MAX);
SAME(ABI_ACS, DP_AC_MAX + 1);
SAME(ABI_LABELS, DP_LABEL_MAX);
SAME(ABI_AC_MACS, DP_AC_MACS);
SAME(ABI_ENCAP_UDP, DP_ENCAP_UDP);
SAME(ABI_ENCAP_GRE, DP_ENCAP_GRE);
SAME(ABI_ENCAP_MPLS, DP_ENCAP_MPLS);
SAME(ABI_IP4, AFI_IP4);
SAME(ABI_IP6, AFI_IP6);

static int nexthop_set(struct dataplane *dp, uint32_t id, const struct dp_nexthop *nh)
{
	struct dp_xdp *x = dp_xdp_of(dp);
	struct abi_nexthop *slot;
	uint32_t other;
	int r = dp_check_nexthop(dp, id, nh);

	if (r)
		return r;
	slot = &x->nexthops[id];
	other = ~slot->cur & 1;
	slot->r[other] = rewrite_of(nh);
	__atomic_store_n(&slot->cur, other, __ATOMIC_RELEASE);
	x->nexthop_fresh[id / 8] |= (uint8_t)(1 << id % 8);
	return 0;
}

static uint64_t group_turn(const struct abi_group *g)
{
	return g->member[0] & ABI_VAL_TURN;
}

uint64_t dp_xdp_group_value(const struct dp_xdp *x, uint32_t id)
{
	return abi_val_group(id, group_turn(&x->groups[id]));
}

static int group_get(struct dataplane *dp, uint32_t id, struct dp_group *ret)
{
	const struct dp_xdp *x = dp_xdp_of(dp);

	*ret = (struct dp_group){ .n = 0 };
	while (id < ABI_GROUPS && ret->n < ABI_GROUP_MEMBERS) {
		uint64_t v = x->groups[id].member[ret->n];

		if (!(v & ABI_VAL_OTHER))
			break;
		ret->path[ret->n++] = (struct dp_path){ .nexthop = abi_val_nexthop(v),
			                                .label = abi_val_label(v) };
	}
	return ret->n ? 0 : -ENOENT;
}

static void group_store(struct abi_group *g, size_t i, uint64_t v)
{
	__atomic_store_n(&g->member[i], v, __ATOMIC_RELEASE);
}

void dp_xdp_group_empty(struct dp_xdp *x, uint32_t id)
{
	struct abi_group *g = &x->groups[id];

	group_store(g, 0, group_turn(g));
	for (size_t i = 1; i < ABI_GROUP_MEMBERS; i++)
		group_store(g, i, 0);
}

/* The same again is no other group: routes that an earlier daemon left still name it. */
static int group_set(struct dataplane *dp, uint32_t id, const struct dp_group *want)
{
	struct dp_xdp *x = dp_xdp_of(dp);
	int r = dp_check_group(dp, id, want);
	struct dp_group is;
	uint64_t turn;

	if (r)
		return r;
	x->group_fresh[id / 8] |= (uint8_t)(1 << id % 8);
	group_get(dp, id, &is);
	if (is.n == want->n && !memcmp(is.path, want->path, is.n * sizeof(is.path[0])))
		return 0;
	dp_xdp_group_empty(x, id);
	turn = (group_turn(&x->groups[id]) + ABI_VAL_TURN_ONE) & ABI_VAL_TURN;
	for (size_t i = 0; i < want->n; i++) {
		const struct dp_path *p = &want->path[i];

		group_store(&x->groups[id], i,
		            abi_val_other(ABI_REMOTE, p->label, p->nexthop) | turn);
	}
	return 0;
}

static int peer_set(struct dataplane *dp, const struct ip *pe, bool known)
{
	struct dp_xdp *x = dp_xdp_of(dp);
	struct abi_addr key = dp_xdp_addr(0, pe);
	int fd = bpf_map__fd(x->skel->maps.peers), r;

	if (!known) {
		bpf_map_delete_elem(fd, &key);
		return 0;
	}
	r = bpf_map_update_elem(fd, &key, &x->stamp, BPF_ANY);
	if (r == -E2BIG || r == -ENOSPC)
		return dp_fail(dp, -ENOSPC, "more than %d PEs", ABI_PEERS);
	return r ? dp_xdp_fail(x, r, "writing a PE") : 0;
}

static struct abi_self self_read(const struct dp_xdp *x)
{
	struct abi_self me = { 0 };
	uint32_t zero = 0;

	bpf_map_lookup_elem(bpf_map__fd(x->skel->maps.self), &zero, &me);
	return me;
}

static int self_write(struct dp_xdp *x, const struct abi_self *me, const char *doing)
{
	uint32_t zero = 0;
	int r = bpf_map_update_elem(bpf_map__fd(x->skel->maps.self), &zero, me, BPF_ANY);

	return r ? dp_xdp_fail(x, r, doing) : 0;
}

static int local_set(struct dataplane *dp, const struct ip *source)
{
	struct dp_xdp *x = dp_xdp_of(dp);
	struct abi_self me = self_read(x);

	if (source->afi == AFI_IP4)
		memcpy(me.addr4, source->b, 4);
	else
		memcpy(me.addr6, source->b, 16);
	return self_write(x, &me, "writing the tunnel source");
}

static int lease(struct dataplane *dp, struct mono until)
{
	struct dp_xdp *x = dp_xdp_of(dp);
	struct abi_self me = self_read(x);

	me.lease = until.us > 0 ? (uint64_t)until.us * 1000 : 0;
	return self_write(x, &me, "writing the lease");
}

static int sync_done(struct dataplane *dp)
{
	struct dp_xdp *x = dp_xdp_of(dp);

	dp_xdp_ports_sweep(x);
	dp_xdp_routes_sweep(x);
	dp_xdp_acs_sweep(x);
	return 0;
}

static void xdp_free(struct dataplane *dp, bool leave_forwarding)
{
	struct dp_xdp *x = dp_xdp_of(dp);

	ring_buffer__free(x->events);
	dp_xdp_ports_close(x, leave_forwarding);
	dp_xdp_acs_free(x);
	dp_xdp_unload(x, leave_forwarding);
	free(x->pin_dir);
	free(x);
}

static const struct dataplane_ops xdp_ops = {
	.port_add = dp_xdp_port_add,
	.port_del = dp_xdp_port_del,
	.vrf_set = vrf_set,
	.vrf_del = vrf_del,
	.ac_set = dp_xdp_ac_set,
	.ac_del = dp_xdp_ac_del,
	.subnet_set = dp_xdp_subnet_set,
	.subnet_del = dp_xdp_subnet_del,
	.lease = lease,
	.was_master = dp_xdp_was_master,
	.route_set = dp_xdp_route_set,
	.route_del = dp_xdp_route_del,
	.route_get = dp_xdp_route_get,
	.nexthop_set = nexthop_set,
	.group_set = group_set,
	.group_get = group_get,
	.peer_set = peer_set,
	.local_set = local_set,
	.host_seen = dp_xdp_host_seen,
	.sync_done = sync_done,
	.show_counters = dp_xdp_show_counters,
	.show_system = dp_xdp_show_system,
	.route_walk = dp_xdp_route_walk,
	.event_fd = dp_xdp_event_fd,
	.poll = dp_xdp_poll,
	.free = xdp_free,
};

struct dataplane *dp_xdp_new(const struct dp_xdp_config *cfg, const struct dp_events *ev,
                             char **ret_err)
{
	struct dp_xdp *x = mem_new(struct dp_xdp);
	int r;

	x->dp.ops = &xdp_ops;
	x->dp.events = *ev;
	x->pin_dir = mem_strdup(cfg->pin_dir);
	x->generic = cfg->generic;
	x->force = cfg->force;
	list_init(&x->ports);
	r = dp_xdp_load(x, cfg->fib_hosts);
	if (!r)
		r = dp_xdp_events_open(x);
	if (!r) {
		dp_xdp_ports_adopt(x);
		return &x->dp;
	}
	*ret_err = mem_strdup(x->dp.error);
	xdp_free(&x->dp, true); /* what was adopted goes on without us */
	return NULL;
}
