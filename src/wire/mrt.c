/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/mrt.h"

#include "base/must.h"
#include "wire/bgp_attr_table.h"

enum { US = 1000000, PEER_IP6 = 1 << 0, PEER_AS4 = 1 << 1, RD_LEN = 8 };

static void put_ip(struct wbuf *w, const struct ip *ip)
{
	wbuf_bytes(w, ip->b, ip->afi == AFI_IP6 ? 16 : 4);
}

size_t mrt_open(struct wbuf *w, enum mrt_type type, uint16_t subtype, int64_t wall_us)
{
	size_t start = w->len;

	wbuf_uint(w, (uint32_t)(wall_us / US), 4);
	wbuf_u16(w, (uint16_t)type);
	wbuf_u16(w, subtype);
	wbuf_uint(w, 0, 4);
	if (type == MRT_BGP4MP_ET) /* counted with the body (RFC 6396 3) */
		wbuf_uint(w, (uint32_t)(wall_us % US), 4);
	return start;
}

void mrt_close(struct wbuf *w, size_t start)
{
	struct wbuf len = wbuf_of(w->buf + start + 8, 4);

	if (wbuf_ok(w))
		wbuf_uint(&len, (uint32_t)(w->len - start - 12), 4);
}

void mrt_peer_table(struct wbuf *w, uint32_t collector_id, const char *view,
                    uint16_t peers)
{
	size_t n = strlen(view);

	wbuf_uint(w, collector_id, 4);
	wbuf_u16(w, (uint16_t)n);
	wbuf_bytes(w, view, n);
	wbuf_u16(w, peers);
}

void mrt_peer(struct wbuf *w, const struct mrt_peer *p)
{
	wbuf_u8(w, PEER_AS4 | (p->address.afi == AFI_IP6 ? PEER_IP6 : 0));
	wbuf_uint(w, p->id, 4);
	put_ip(w, &p->address);
	wbuf_uint(w, p->as, 4);
}

/* RFC 8050 4: with ADD-PATH the path identifier stands in front of the NLRI, as in an
 * UPDATE. */
size_t mrt_rib(struct wbuf *w, uint32_t sequence, enum bgp_family family,
               const struct vpn_nlri *r, bool addpath)
{
	wbuf_uint(w, sequence, 4);
	wbuf_u16(w, bgp_family_afi(family));
	wbuf_u8(w, bgp_family_safi(family));
	nlri_vpn_write(w, r, addpath);
	wbuf_u16(w, 0);
	return w->len - 2;
}

/* RFC 6396 4.3.4: of MP_REACH_NLRI only the next hop is there. */
static void put_next_hop(struct wbuf *w, const struct bgp_nexthop *nh)
{
	bool link_local = nh->link_local.afi == AFI_IP6 && nh->addr.afi == AFI_IP6;
	uint8_t value[1 + 2 * (RD_LEN + 16)];
	struct wbuf v = wbuf_of(value, sizeof(value));

	wbuf_u8(&v, 0);
	wbuf_bytes(&v, (const uint8_t[RD_LEN]){ 0 }, RD_LEN);
	put_ip(&v, &nh->addr);
	if (link_local) {
		wbuf_bytes(&v, (const uint8_t[RD_LEN]){ 0 }, RD_LEN);
		put_ip(&v, &nh->link_local);
	}
	value[0] = (uint8_t)(v.len - 1);
	bgp_attr_put(w, BGP_FLAG_OPTIONAL, BGP_ATTR_MP_REACH, value, v.len);
}

void mrt_rib_entry(struct wbuf *w, uint16_t peer, uint32_t since_s,
                   const struct bgp_nexthop *nh, const uint8_t *attrs, size_t len)
{
	size_t body;

	wbuf_u16(w, peer);
	wbuf_uint(w, since_s, 4);
	body = wbuf_len16_open(w);
	put_next_hop(w, nh);
	wbuf_bytes(w, attrs, len);
	wbuf_len16_close(w, body);
}

void mrt_rib_count(struct wbuf *w, size_t at, uint16_t entries)
{
	struct wbuf count = wbuf_of(w->buf + at, 2);

	if (wbuf_ok(w))
		wbuf_u16(&count, entries);
}

void mrt_session(struct wbuf *w, const struct mrt_session *s)
{
	const struct ip none = { .afi = s->peer.afi };
	bool local = s->local.afi == s->peer.afi;

	wbuf_uint(w, s->peer_as, 4);
	wbuf_uint(w, s->local_as, 4);
	wbuf_u16(w, 0); /* interface index: not known */
	wbuf_u16(w, s->peer.afi);
	put_ip(w, &s->peer);
	put_ip(w, local ? &s->local : &none);
}
