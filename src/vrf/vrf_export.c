/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vrf/vrf_int.h"
#include "wire/bgp_attr.h"

/*
 * Local hosts as labelled VPN routes (RFC 4364 4.3.2): the VRF's RD and label, its export
 * targets, the site as Route Origin, the encapsulation we take (RFC 9012 4.1), the host's
 * mobility sequence once it has moved (RFC 7432 7.7), and its MAC: what a hypervisor says
 * of a machine that has come is often no more than that (RARP).
 */

enum {
	/* Two lists of at most 30 targets (the model's limit), and five that are added
	 * here. */
	EXPORT_COMMUNITIES = 65,
	LOCAL_PREF = 100,
	LOCAL_PREF_STEPS = 1000000,
};

static void add(struct wbuf *w, const struct extcom *c)
{
	wbuf_bytes(w, c->b, sizeof(c->b));
}

static struct extcom encap_community(enum vrf_encap e)
{
	static const uint8_t tunnel[] = { [VRF_ENCAP_UDP] = 13, /* IANA tunnel types */
		                          [VRF_ENCAP_GRE] = 11,
		                          [VRF_ENCAP_MPLS] = 10 };

	return (struct extcom){
		.b = {0x03, 0x0c, 0, 0, 0, 0, 0, tunnel[e]}
	};
}

static struct extcom mobility(uint32_t seq, bool sticky)
{
	return (struct extcom){
		.b = {0x06, 0x00, sticky, 0, (uint8_t)(seq >> 24), (uint8_t)(seq >> 16),
                      (uint8_t)(seq >> 8), (uint8_t)seq}
	};
}

/* ARP/ND (RFC 9047 2): R is for ND only, I for both. */
static struct extcom binding(bool router, bool immutable)
{
	return (struct extcom){
		.b = {0x06, 0x08,
                      (uint8_t)((router ? 0x01 : 0) | (immutable ? 0x08 : 0))}
	};
}

static struct extcom host_mac(const struct mac *m)
{
	return (struct extcom){
		.b = {0x8e, 0x01, m->b[0], m->b[1], m->b[2], m->b[3], m->b[4], m->b[5]}
	};
}

static const struct extcom no_site;

static void write_communities(struct wbuf *w, const struct vrfs *v, const struct vrf *f,
                              const struct vrf_host *h)
{
	struct extcom encap = encap_community(v->cfg.encap);
	bool router = h->ip.afi == AFI_IP6 && h->router;

	for (size_t i = 0; i < f->n_export; i++)
		add(w, &f->export_rt[i]);
	if (!extcom_eq(&h->soo, &no_site))
		add(w, &h->soo);
	add(w, &encap);
	if (h->seq || h->sticky) {
		struct extcom m = mobility(h->seq, h->sticky);

		add(w, &m);
	}
	if (router || h->immutable) {
		struct extcom b = binding(router, h->immutable);

		add(w, &b);
	}
	if (f->advertise_mac && !mac_is_zero(&h->mac)) {
		struct extcom m = host_mac(&h->mac);

		add(w, &m);
	}
}

/* Who knows no sequence numbers compares this first (RFC 4271 9.1.1), so it follows a
 * host without waiting for the old PE's withdrawal.  Behind the last step there is no
 * more. */
static uint32_t local_pref(const struct vrf *f, const struct vrf_host *h)
{
	if (!f->seq_to_localpref)
		return LOCAL_PREF;
	return LOCAL_PREF + (h->seq < LOCAL_PREF_STEPS ? h->seq : LOCAL_PREF_STEPS);
}

void vrf_originate(struct vrfs *v, struct vrf *f, const struct vrf_host *h)
{
	uint8_t buf[EXPORT_COMMUNITIES * sizeof(struct extcom)];
	struct wbuf w = wbuf_of(buf, sizeof(buf));
	struct rib_key key = { .rd = f->rd, .prefix = prefix_host(&h->ip) };
	struct bgp_attrs a = { .origin = h->configured ? BGP_ORIGIN_IGP
		                                       : BGP_ORIGIN_INCOMPLETE,
		               .local_pref = local_pref(f, h),
		               .nexthop = { .addr = v->cfg.source } };
	const struct attrs *set;
	enum rib_kept kept;

	write_communities(&w, v, f, h);
	must(wbuf_ok(&w));
	a.extcoms = (struct bgp_span){ .p = buf, .n = w.len };
	bgp_attr_set(&a, BGP_ATTR_ORIGIN);
	bgp_attr_set(&a, BGP_ATTR_AS_PATH); /* empty */
	bgp_attr_set(&a, BGP_ATTR_LOCAL_PREF);
	bgp_attr_set(&a, BGP_ATTR_EXT_COMMUNITIES);

	set = attrs_intern(rib_attrs(v->cfg.rib), &a);
	must(set);
	kept = rib_announce(v->cfg.rib, v->self, &key, 0, f->label, set);
	attrs_unref(set);
	if (kept == RIB_KEPT)
		return;
	v->refused++;
	if (v->cfg.ops->refused)
		v->cfg.ops->refused(v->cfg.arg, f->id, &key.prefix);
}

void vrf_unoriginate(struct vrfs *v, struct vrf *f, const struct prefix *p)
{
	struct rib_key key = { .rd = f->rd, .prefix = *p };

	rib_withdraw(v->cfg.rib, v->self, &key, 0);
}
