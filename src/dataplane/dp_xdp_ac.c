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

/* Is it among the first n? */
static bool mac_known(const uint8_t (*list)[6], unsigned n, const uint8_t mac[6])
{
	for (unsigned i = 0; i < n; i++)
		if (!memcmp(list[i], mac, 6))
			return true;
	return false;
}

/* The record of an attachment: free places repeat its own MAC.  A proxy MAC is one that
 * frames are taken to if we are master of any of its subnets. */
static int ac_record(struct dp_xdp *x, const struct xdp_ac *a, struct abi_ac *ret)
{
	unsigned mtu = dp_xdp_port_mtu(a->ac.ifindex), n = 1, n_proxy = 0;

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
	for (unsigned i = 0; i < ABI_AC_MACS - 1; i++)
		memcpy(ret->proxy[i], a->ac.mac.b, 6);
	list_for(s, &a->subnets, struct xdp_subnet, in_ac) {
		const uint8_t *mac = s->sn.proxy_mac.b;

		if (!mac_known(ret->proxy, n_proxy, mac)) {
			if (n_proxy == ARRAY_LEN(ret->proxy))
				return dp_fail(&x->dp, -ENOSPC,
				               "attachment %u: more than %d proxy MACs",
				               a->ac.id, ABI_AC_MACS - 1);
			memcpy(ret->proxy[n_proxy++], mac, 6);
		}
		if (s->sn.master && !mac_known(ret->mac, n, mac))
			memcpy(ret->mac[n++], mac, 6);
	}
	return 0;
}

/* MACs that an earlier daemon answered to on this attachment stay until all is written:
 * its subnets come one by one, and no packet must find one missing meanwhile.  But those
 * of subnets that have come do not: whether we are master is known. */
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
		if (!mac_known(rec->mac, n, was.mac[i]) &&
		    !mac_known(rec->proxy, ARRAY_LEN(rec->proxy), was.mac[i]))
			memcpy(rec->mac[n++], was.mac[i], 6);
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

/* Does a subnet of the VRF have this address for ours? */
static bool pinged(const struct dp_xdp *x, uint32_t vrf, const struct ip *ip)
{
	for (unsigned i = 0; i <= DP_AC_MAX; i++) {
		if (!x->acs[i] || x->acs[i]->ac.vrf != vrf)
			continue;
		list_for(s, &x->acs[i]->subnets, struct xdp_subnet, in_ac)
			if (ip_eq(&s->sn.gateway, ip) || ip_eq(&s->sn.address, ip))
				return true;
	}
	return false;
}

static int pinged_set(struct dp_xdp *x, uint32_t vrf, const struct ip *ip)
{
	struct abi_addr key = dp_xdp_addr(vrf, ip);

	if (ip->afi == AFI_NONE)
		return 0;
	return bpf_map_update_elem(bpf_map__fd(x->skel->maps.gateways), &key, &x->stamp,
	                           BPF_ANY);
}

static void pinged_drop(struct dp_xdp *x, uint32_t vrf, const struct ip *ip)
{
	struct abi_addr key = dp_xdp_addr(vrf, ip);

	if (ip->afi != AFI_NONE && !pinged(x, vrf, ip))
		bpf_map_delete_elem(bpf_map__fd(x->skel->maps.gateways), &key);
}

static struct xdp_subnet *subnet_find(const struct xdp_ac *a, const struct prefix *p)
{
	list_for(s, &a->subnets, struct xdp_subnet, in_ac)
		if (prefix_eq(&s->sn.prefix, p))
			return s;
	return NULL;
}

static struct xdp_subnet *subnet_by_link_local(const struct xdp_ac *a,
                                               const struct ip *ip)
{
	list_for(s, &a->subnets, struct xdp_subnet, in_ac)
		if (ip->afi != AFI_NONE && ip_eq(&s->sn.link_local, ip))
			return s;
	return NULL;
}

static struct abi_subnet subnet_record(const struct dp_subnet *sn)
{
	struct abi_subnet rec = { .plen = sn->prefix.plen };

	memcpy(rec.gateway, sn->gateway.b, sizeof(rec.gateway));
	memcpy(rec.link_local, sn->link_local.b, sizeof(rec.link_local));
	memcpy(rec.own, sn->address.b, sizeof(rec.own));
	memcpy(rec.proxy_mac, sn->proxy_mac.b, 6);
	if (sn->master)
		rec.flags |= ABI_SUBNET_MASTER;
	if (sn->leased)
		rec.flags |= ABI_SUBNET_LEASED;
	if (sn->gateway.afi != AFI_NONE)
		rec.flags |= ABI_SUBNET_GATEWAY;
	if (sn->link_local.afi != AFI_NONE)
		rec.flags |= ABI_SUBNET_LINK_LOCAL;
	if (sn->address.afi != AFI_NONE)
		rec.flags |= ABI_SUBNET_OWN;
	return rec;
}

static int subnet_record_write(struct dp_xdp *x, const struct dp_subnet *sn,
                               const struct prefix *key)
{
	struct abi_lpm lpm = dp_xdp_lpm(sn->ac, key);
	struct abi_subnet rec = subnet_record(sn);

	return bpf_map_update_elem(bpf_map__fd(x->skel->maps.subnets), &lpm, &rec,
	                           BPF_ANY);
}

static int subnet_write(struct dp_xdp *x, const struct xdp_ac *a,
                        const struct dp_subnet *sn)
{
	struct prefix ll = prefix_host(&sn->link_local);
	int r = pinged_set(x, a->ac.vrf, &sn->gateway);

	if (!r)
		r = pinged_set(x, a->ac.vrf, &sn->address);
	if (!r)
		r = vrf_write(x, a->ac.vrf);
	if (!r)
		r = subnet_record_write(x, sn, &sn->prefix);
	if (!r && sn->link_local.afi != AFI_NONE)
		r = subnet_record_write(x, sn, &ll);
	return r ? dp_xdp_fail(x, r, "writing a subnet") : 0;
}

/* What a subnet had and has no more, or what it leaves behind.  Subnets of an attachment
 * may share a link-local address: the next one's record takes its place. */
static void subnet_forget(struct dp_xdp *x, const struct xdp_ac *a,
                          const struct dp_subnet *was)
{
	struct prefix ll = prefix_host(&was->link_local);
	struct abi_lpm key = dp_xdp_lpm(a->ac.id, &ll);
	const struct xdp_subnet *next = subnet_by_link_local(a, &was->link_local);

	pinged_drop(x, a->ac.vrf, &was->gateway);
	pinged_drop(x, a->ac.vrf, &was->address);
	if (was->link_local.afi == AFI_NONE)
		return;
	if (next)
		subnet_record_write(x, &next->sn, &ll);
	else
		bpf_map_delete_elem(bpf_map__fd(x->skel->maps.subnets), &key);
}

static void subnet_drop(struct dp_xdp *x, struct xdp_ac *a, struct xdp_subnet *s)
{
	struct abi_lpm key = dp_xdp_lpm(a->ac.id, &s->sn.prefix);
	struct dp_subnet was = s->sn;

	bpf_map_delete_elem(bpf_map__fd(x->skel->maps.subnets), &key);
	list_del(&s->in_ac);
	free(s);
	subnet_forget(x, a, &was);
	vrf_write(x, a->ac.vrf);
}

bool dp_xdp_was_master(struct dataplane *dp, const struct dp_subnet *sn, struct mono now)
{
	const struct dp_xdp *x = dp_xdp_of(dp);
	struct abi_lpm key = dp_xdp_lpm(sn->ac, &sn->prefix);
	uint32_t zero = 0;
	struct abi_subnet was;
	struct abi_self me;

	return x->adopted &&
	       !bpf_map_lookup_elem(bpf_map__fd(x->skel->maps.subnets), &key, &was) &&
	       was.plen == sn->prefix.plen && was.flags & ABI_SUBNET_MASTER &&
	       was.flags & ABI_SUBNET_LEASED &&
	       !bpf_map_lookup_elem(bpf_map__fd(x->skel->maps.self), &zero, &me) &&
	       me.lease > (uint64_t)now.us * 1000;
}

int dp_xdp_subnet_set(struct dataplane *dp, const struct dp_subnet *sn)
{
	struct dp_xdp *x = dp_xdp_of(dp);
	struct xdp_ac *a = sn->ac <= DP_AC_MAX ? x->acs[sn->ac] : NULL;
	struct xdp_subnet *s;
	struct dp_subnet was = { .ac = 0 };
	int r = dp_check_subnet(dp, sn);

	if (r)
		return r;
	if (!a)
		return dp_fail(dp, -ENOENT, "subnet on attachment %u, which is not there",
		               sn->ac);
	s = subnet_find(a, &sn->prefix);
	if (s) {
		was = s->sn;
	} else {
		s = mem_new(struct xdp_subnet);
		list_add_tail(&a->subnets, &s->in_ac);
	}
	s->sn = *sn;
	if (was.ac)
		subnet_forget(x, a, &was);
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

	if (id > DP_AC_MAX || !x->acs[id])
		return false;
	return subnet_find(x->acs[id], &p) ||
	       (prefix_is_host(&p) && subnet_by_link_local(x->acs[id], &p.ip));
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
