/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>

#include "base/mem.h"
#include "dataplane/dp_xdp_int.h"

#include "xdp.skel.h"

/*
 * Attachments, their subnets, and what follows from those: the MACs we answer to, the
 * gateways that are pinged, the source of a VRF's ICMP errors.
 */
enum { TPID_DEFAULT = 0x88a8 };

static struct abi_ackey ac_key(const struct dp_ac *ac)
{
	return (struct abi_ackey){ .ifindex = ac->ifindex,
		                   .vlan = ac->vlan,
		                   .inner = ac->inner_vlan };
}

static bool ac_same_place(const struct dp_ac *a, const struct dp_ac *b)
{
	return a->ifindex == b->ifindex && a->vlan == b->vlan &&
	       a->inner_vlan == b->inner_vlan;
}

static bool mac_known(const struct abi_ac *ac, unsigned n, const struct mac *mac)
{
	for (unsigned i = 0; i < n; i++)
		if (!memcmp(ac->mac[i], mac->b, 6))
			return true;
	return false;
}

/* The record of an attachment: free places repeat its own MAC. */
static int ac_record(struct dp_xdp *x, const struct xdp_ac *a, struct abi_ac *ret)
{
	unsigned mtu = dp_xdp_port_mtu(a->ac.ifindex), n = 1;

	memset(ret, 0, sizeof(*ret));
	ret->vrf = a->ac.vrf;
	ret->ifindex = a->ac.ifindex;
	ret->vlan = a->ac.vlan;
	ret->inner = a->ac.inner_vlan;
	ret->tpid = a->ac.tpid ? a->ac.tpid : TPID_DEFAULT;
	/* XDP's redirect drops without a word what exceeds MTU, Ethernet header and one
	 * tag. */
	ret->mtu = a->ac.inner_vlan && mtu ? mtu - 4 : mtu;
	for (unsigned i = 0; i < ABI_AC_MACS; i++)
		memcpy(ret->mac[i], a->ac.mac.b, 6);
	list_for(s, &a->subnets, struct xdp_subnet, in_ac) {
		if (mac_known(ret, n, &s->sn.proxy_mac))
			continue;
		if (n == ABI_AC_MACS)
			return dp_fail(&x->dp, -ENOSPC,
			               "attachment %u: more than %d proxy MACs", a->ac.id,
			               ABI_AC_MACS - 1);
		memcpy(ret->mac[n++], s->sn.proxy_mac.b, 6);
	}
	return 0;
}

/* MACs that an earlier daemon answered to on this attachment stay until all is written:
 * its subnets come one by one, and no packet must find one missing meanwhile. */
static void ac_keep_macs(const struct dp_xdp *x, const struct xdp_ac *a,
                         struct abi_ac *rec)
{
	uint32_t id = a->ac.id;
	struct abi_ac was;
	unsigned n = 1;

	if (bpf_map_lookup_elem(bpf_map__fd(x->skel->maps.acs), &id, &was) ||
	    was.ifindex != rec->ifindex || was.vrf != rec->vrf)
		return;
	while (n < ABI_AC_MACS && memcmp(rec->mac[n], rec->mac[0], 6))
		n++;
	for (unsigned i = 1; i < ABI_AC_MACS && n < ABI_AC_MACS; i++) {
		struct mac mac;

		memcpy(mac.b, was.mac[i], 6);
		if (!mac_known(rec, n, &mac))
			memcpy(rec->mac[n++], mac.b, 6);
	}
}

static int ac_write(struct dp_xdp *x, const struct xdp_ac *a)
{
	struct abi_ackey key = ac_key(&a->ac);
	uint32_t id = a->ac.id;
	struct abi_ac rec;
	int r = ac_record(x, a, &rec);

	if (r)
		return r;
	if (x->adopted && !x->swept)
		ac_keep_macs(x, a, &rec);
	r = bpf_map_update_elem(bpf_map__fd(x->skel->maps.acs), &id, &rec, BPF_ANY);
	if (!r)
		r = bpf_map_update_elem(bpf_map__fd(x->skel->maps.ackeys), &key, &id,
		                        BPF_ANY);
	return r ? dp_xdp_fail(x, r, "writing an attachment") : 0;
}

static void ackey_del(struct dp_xdp *x, const struct dp_ac *ac)
{
	struct abi_ackey key = ac_key(ac);
	uint32_t id;
	int fd = bpf_map__fd(x->skel->maps.ackeys);

	if (!bpf_map_lookup_elem(fd, &key, &id) && id == ac->id)
		bpf_map_delete_elem(fd, &key);
}

int dp_xdp_ac_set(struct dataplane *dp, const struct dp_ac *ac)
{
	struct dp_xdp *x = dp_xdp_of(dp);
	struct xdp_ac *a;
	int r = dp_check_ac(dp, ac);

	if (r)
		return r;
	a = x->acs[ac->id];
	if (a && !ac_same_place(&a->ac, ac))
		ackey_del(x, &a->ac);
	if (!a) {
		a = x->acs[ac->id] = mem_new(struct xdp_ac);
		list_init(&a->subnets);
	}
	a->ac = *ac;
	return ac_write(x, a);
}

/* ---- subnets -------------------------------------------------------------------------
 */

/* A subnet with a gateway in the VRF, of the family; of that address, if one is given. */
static const struct dp_subnet *gateway_find(const struct dp_xdp *x, uint32_t vrf,
                                            uint8_t afi, const struct ip *gw)
{
	for (unsigned i = 0; i <= DP_AC_MAX; i++) {
		if (!x->acs[i] || x->acs[i]->ac.vrf != vrf)
			continue;
		list_for(s, &x->acs[i]->subnets, struct xdp_subnet, in_ac)
			if (s->sn.gateway.afi == afi &&
			    (!gw || ip_eq(&s->sn.gateway, gw)))
				return &s->sn;
	}
	return NULL;
}

static int vrf_write(struct dp_xdp *x, uint32_t vrf)
{
	const struct dp_subnet *v4 = gateway_find(x, vrf, AFI_IP4, NULL);
	const struct dp_subnet *v6 = gateway_find(x, vrf, AFI_IP6, NULL);
	struct abi_vrf rec = { 0 };

	if (v4) {
		memcpy(rec.gateway4, v4->gateway.b, 4);
		rec.have |= 1 << ABI_IP4;
	}
	if (v6) {
		memcpy(rec.gateway6, v6->gateway.b, 16);
		rec.have |= 1 << ABI_IP6;
	}
	return bpf_map_update_elem(bpf_map__fd(x->skel->maps.vrfs), &vrf, &rec, BPF_ANY);
}

static void gateway_drop(struct dp_xdp *x, uint32_t vrf, const struct ip *gw)
{
	struct abi_addr key = dp_xdp_addr(vrf, gw);

	if (gw->afi != AFI_NONE && !gateway_find(x, vrf, gw->afi, gw))
		bpf_map_delete_elem(bpf_map__fd(x->skel->maps.gateways), &key);
}

static struct xdp_subnet *subnet_find(const struct xdp_ac *a, const struct prefix *p)
{
	list_for(s, &a->subnets, struct xdp_subnet, in_ac)
		if (prefix_eq(&s->sn.prefix, p))
			return s;
	return NULL;
}

static int subnet_write(struct dp_xdp *x, const struct xdp_ac *a,
                        const struct dp_subnet *sn)
{
	struct abi_lpm key = dp_xdp_lpm(sn->ac, &sn->prefix);
	struct abi_addr gw = dp_xdp_addr(a->ac.vrf, &sn->gateway);
	struct abi_subnet rec = { .plen = sn->prefix.plen };
	int r = 0;

	memcpy(rec.gateway, sn->gateway.b, sizeof(rec.gateway));
	memcpy(rec.proxy_mac, sn->proxy_mac.b, 6);
	if (sn->master)
		rec.flags |= ABI_SUBNET_MASTER;
	if (sn->gateway.afi != AFI_NONE)
		rec.flags |= ABI_SUBNET_GATEWAY;
	if (rec.flags & ABI_SUBNET_GATEWAY)
		r = bpf_map_update_elem(bpf_map__fd(x->skel->maps.gateways), &gw,
		                        &x->stamp, BPF_ANY);
	if (!r)
		r = vrf_write(x, a->ac.vrf);
	if (!r)
		r = bpf_map_update_elem(bpf_map__fd(x->skel->maps.subnets), &key, &rec,
		                        BPF_ANY);
	return r ? dp_xdp_fail(x, r, "writing a subnet") : 0;
}

static void subnet_drop(struct dp_xdp *x, struct xdp_ac *a, struct xdp_subnet *s)
{
	struct abi_lpm key = dp_xdp_lpm(a->ac.id, &s->sn.prefix);
	struct ip gw = s->sn.gateway;

	bpf_map_delete_elem(bpf_map__fd(x->skel->maps.subnets), &key);
	list_del(&s->in_ac);
	free(s);
	gateway_drop(x, a->ac.vrf, &gw);
	vrf_write(x, a->ac.vrf);
}

int dp_xdp_subnet_set(struct dataplane *dp, const struct dp_subnet *sn)
{
	struct dp_xdp *x = dp_xdp_of(dp);
	struct xdp_ac *a = sn->ac <= DP_AC_MAX ? x->acs[sn->ac] : NULL;
	struct xdp_subnet *s;
	struct ip was = { 0 };
	int r = dp_check_subnet(dp, sn);

	if (r)
		return r;
	if (!a)
		return dp_fail(dp, -ENOENT, "subnet on attachment %u, which is not there",
		               sn->ac);
	s = subnet_find(a, &sn->prefix);
	if (s) {
		was = s->sn.gateway;
	} else {
		s = mem_new(struct xdp_subnet);
		list_add_tail(&a->subnets, &s->in_ac);
	}
	s->sn = *sn;
	gateway_drop(x, a->ac.vrf, &was);
	r = subnet_write(x, a, sn);
	if (!r)
		r = ac_write(x, a);
	if (r)
		subnet_drop(x, a, s);
	return r;
}

int dp_xdp_subnet_del(struct dataplane *dp, uint16_t ac, const struct prefix *p)
{
	struct dp_xdp *x = dp_xdp_of(dp);
	struct xdp_ac *a = ac <= DP_AC_MAX ? x->acs[ac] : NULL;
	struct xdp_subnet *s = a ? subnet_find(a, p) : NULL;

	if (!s)
		return 0;
	subnet_drop(x, a, s);
	return ac_write(x, a);
}

int dp_xdp_ac_del(struct dataplane *dp, uint16_t id)
{
	static const struct abi_ac nobody;
	struct dp_xdp *x = dp_xdp_of(dp);
	struct xdp_ac *a = id <= DP_AC_MAX ? x->acs[id] : NULL;
	uint32_t key = id;

	if (!a)
		return 0;
	ackey_del(x, &a->ac);
	list_for_safe(s, &a->subnets, struct xdp_subnet, in_ac)
		subnet_drop(x, a, s);
	bpf_map_update_elem(bpf_map__fd(x->skel->maps.acs), &key, &nobody, BPF_ANY);
	x->acs[id] = NULL;
	free(a);
	return 0;
}

/* ---- what an earlier daemon left -----------------------------------------------------
 */

/* Keys of a map that nobody vouches for are deleted; the walk restarts behind each, since
 * a deleted key has no successor. */
static void sweep(struct dp_xdp *x, struct bpf_map *map,
                  bool (*stays)(struct dp_xdp *x, const void *key, const void *val))
{
	uint64_t key[4], next[4], val[8];
	int fd = bpf_map__fd(map);
	void *from = NULL;

	must(bpf_map__key_size(map) <= sizeof(key) &&
	     bpf_map__value_size(map) <= sizeof(val));
	while (!bpf_map_get_next_key(fd, from, next)) {
		if (!bpf_map_lookup_elem(fd, next, val) && !stays(x, next, val)) {
			bpf_map_delete_elem(fd, next);
			from = NULL;
			continue;
		}
		memcpy(key, next, sizeof(key));
		from = key;
	}
}

static bool ackey_stays(struct dp_xdp *x, const void *key, const void *val)
{
	const struct abi_ackey *k = key;
	uint32_t id = *(const uint32_t *)val;
	const struct xdp_ac *a = id <= DP_AC_MAX ? x->acs[id] : NULL;
	struct abi_ackey now = a ? ac_key(&a->ac) : (struct abi_ackey){ 0 };

	return a && !memcmp(&now, k, sizeof(now));
}

static bool subnet_stays(struct dp_xdp *x, const void *key, const void *val)
{
	const struct abi_lpm *k = key;
	uint32_t id = k->key.scope >> 8;
	struct ip ip = ip_of(k->key.scope & 0xff, k->key.addr);
	struct prefix p = prefix_of(&ip, (uint8_t)(k->plen - ABI_LPM_SCOPE));

	return id <= DP_AC_MAX && x->acs[id] && subnet_find(x->acs[id], &p);
}

static bool stamp_stays(struct dp_xdp *x, const void *key, const void *val)
{
	return *(const uint32_t *)val == x->stamp;
}

static bool prefix_stays(struct dp_xdp *x, const void *key, const void *val)
{
	return ((const struct abi_prefix *)val)->stamp == x->stamp;
}

void dp_xdp_acs_sweep(struct dp_xdp *x)
{
	static const struct abi_ac nobody;
	static const struct abi_vrf silent;
	struct abi_vrf vrf;
	struct abi_ac ac;

	x->swept = true;
	for (uint32_t id = 0; id <= DP_AC_MAX; id++)
		if (x->acs[id])
			ac_write(x, x->acs[id]);
	sweep(x, x->skel->maps.ackeys, ackey_stays);
	sweep(x, x->skel->maps.subnets, subnet_stays);
	sweep(x, x->skel->maps.gateways, stamp_stays);
	sweep(x, x->skel->maps.peers, stamp_stays);
	sweep(x, x->skel->maps.prefixes, prefix_stays);
	for (uint32_t id = 0; id <= DP_AC_MAX; id++)
		if (!x->acs[id] &&
		    !bpf_map_lookup_elem(bpf_map__fd(x->skel->maps.acs), &id, &ac) &&
		    ac.ifindex)
			bpf_map_update_elem(bpf_map__fd(x->skel->maps.acs), &id, &nobody,
			                    BPF_ANY);
	for (uint32_t id = 0; id < DP_VRF_MAX; id++)
		if (!bpf_map_lookup_elem(bpf_map__fd(x->skel->maps.vrfs), &id, &vrf) &&
		    vrf.have && !gateway_find(x, id, AFI_IP4, NULL) &&
		    !gateway_find(x, id, AFI_IP6, NULL))
			bpf_map_update_elem(bpf_map__fd(x->skel->maps.vrfs), &id, &silent,
			                    BPF_ANY);
}

void dp_xdp_acs_free(struct dp_xdp *x)
{
	for (unsigned i = 0; i <= DP_AC_MAX; i++) {
		if (!x->acs[i])
			continue;
		list_for_safe(s, &x->acs[i]->subnets, struct xdp_subnet, in_ac) {
			list_del(&s->in_ac);
			free(s);
		}
		free(x->acs[i]);
	}
}
