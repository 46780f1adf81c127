/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/mem.h"
#include "bgp/bgp_int.h"
#include "wire/bgp_refresh.h"
#include "wire/bgp_write.h"

/*
 * Out of the rib.  There is no Adj-RIB-Out and no queue of routes: the peer's rib_reader
 * knows which destinations changed and which ones the peer holds from us, and messages
 * are made from the table when there is room at the peer (BGP_TX_HIGH).
 * MinRouteAdvertisement is 0: a change leaves in the turn of the loop it came in.
 *
 * A batch of destinations is sorted into groups that share attribute set and source, so
 * that each group costs its attributes once and fills its messages.
 */
struct tx_item {
	struct vpn_nlri nlri;
	uint32_t dest;
	uint16_t next; /* in the group, TX_NONE at the end */
	bool told;
};

struct tx_group {
	const struct attrs *attrs;
	const struct rib_source *source;
	uint16_t first, last;
};

enum {
	TX_NONE = UINT16_MAX,
	TX_SLOTS = 2 * BGP_TX_BATCH,
	TX_ATTRS_MAX = BGP_MSG_MAX_EXT, /* more cannot be sent anyway */
};

struct bgp_batch {
	struct tx_item item[BGP_TX_BATCH];
	struct tx_group group[BGP_TX_BATCH];
	uint16_t slot[TX_SLOTS]; /* group + 1 by hash; 0: free */
	size_t n_items, n_groups;
	struct tx_group gone; /* withdrawals */
	uint8_t attrs[TX_ATTRS_MAX];
};

struct bgp_batch *bgp_tx_batch_new(void)
{
	return mem_new(struct bgp_batch);
}

/* --- who gets what -------------------------------------------------------------------
 */

/* Ours, if whoever made the route left it to us. */
static const struct ip *next_hop(const struct bgp_peer *p, const struct attrs *a)
{
	const struct ip *ip = &attrs_nexthop(a)->addr;

	return ip->afi == AFI_NONE ? &p->bgp->cfg.source : ip;
}

/* Can the peer read the next hop?  IPv6 before IPv4 routes only if it said so: to others
 * the attribute would be malformed, and cost the session (RFC 8950 4). */
static bool can_read(const struct bgp_peer *p, enum afi afi, const struct attrs *a)
{
	return afi != AFI_IP4 || next_hop(p, a)->afi == AFI_IP4 ||
	       p->up->open.caps.ext_next_hop & bgp_family_bit(BGP_VPN4);
}

/* Does the peer get this path?  RFC 4271 9.2, RFC 4456 6. */
static bool may_send(const struct bgp_peer *p, enum afi afi, const struct rib_path *path)
{
	const struct rib_source *s = path->source;
	const struct attrs_rank *rank = attrs_rank(path->attrs);

	if (p->ebgp)
		return false; /* no policy, no routes (RFC 8212 2) */
	if (s == p->source)
		return false;
	if (!s->local && !s->ebgp && !s->client && !p->cfg.client)
		return false; /* iBGP to iBGP: only by reflection */
	if (rank->has_originator && rank->originator == p->up->open.router_id)
		return false; /* it would only throw it away (RFC 4456 8) */
	return !rank->no_advertise && can_read(p, afi, path->attrs);
}

static struct bgp_send send_kind(const struct bgp_peer *p, const struct rib_source *s)
{
	const struct bgp_config *cfg = &p->bgp->cfg;

	return (struct bgp_send){
		.ebgp = p->ebgp,
		.as4 = p->up->open.caps.as4,
		.local_as = cfg->as,
		.local_pref = !p->ebgp,
		.reflect = !s->local && !s->ebgp,
		.originator_id = s->router_id,
		.cluster_id = cfg->cluster_id,
	};
}

/* --- a batch -------------------------------------------------------------------------
 */

static void group_add(struct bgp_batch *b, struct tx_group *g, uint16_t i)
{
	b->item[i].next = TX_NONE;
	if (g->first == TX_NONE)
		g->first = i;
	else
		b->item[g->last].next = i;
	g->last = i;
}

static struct tx_group *group_get(struct bgp_batch *b, const struct rib_path *path)
{
	uint64_t h =
		(uint64_t)((uintptr_t)path->attrs >> 4) * UINT64_C(0x9e3779b97f4a7c15);
	size_t at = (h >> 40) % TX_SLOTS;
	struct tx_group *g;

	for (; b->slot[at]; at = (at + 1) % TX_SLOTS) {
		g = &b->group[b->slot[at] - 1];
		if (g->attrs == path->attrs && g->source == path->source)
			return g;
	}
	g = &b->group[b->n_groups++];
	*g = (struct tx_group){ path->attrs, path->source, TX_NONE, TX_NONE };
	b->slot[at] = (uint16_t)b->n_groups;
	return g;
}

/* Take what changed out of the reader, until the batch is full. */
static void batch_fill(struct bgp_batch *b, struct bgp_peer *p, enum afi afi)
{
	struct rib_change ch;

	memset(b->slot, 0, sizeof(b->slot));
	b->n_items = b->n_groups = 0;
	b->gone = (struct tx_group){ .first = TX_NONE, .last = TX_NONE };
	while (b->n_items < BGP_TX_BATCH && rib_reader_next(p->reader, afi, &ch)) {
		uint16_t i = (uint16_t)b->n_items;
		struct tx_item *it = &b->item[i];
		bool send = ch.best && may_send(p, afi, ch.best);

		if (!send && !ch.told)
			continue;
		it->nlri = (struct vpn_nlri){
			.label = send ? ch.best->label : 0,
			.rd = ch.key.rd,
			.prefix = ch.key.prefix,
		};
		it->dest = ch.dest;
		it->told = ch.told;
		group_add(b, send ? group_get(b, ch.best) : &b->gone, i);
		b->n_items++;
	}
}

static void withdraw_items(struct bgp_peer *p, enum afi afi, uint16_t i)
{
	struct bgp_batch *b = p->bgp->batch;
	size_t max = bgp_conn_msg_max(p->up);

	while (i != TX_NONE) {
		struct wbuf w = bgp_conn_msg(p->up, max);
		struct bgp_write u;

		bgp_write_unreach(&u, &w, max, bgp_vpn_family(afi), false);
		for (; i != TX_NONE && bgp_write_vpn(&u, &b->item[i].nlri);
		     i = b->item[i].next) {
			p->withdrawn_tx++;
			rib_reader_told(p->reader, afi, b->item[i].dest, false);
		}
		must(bgp_write_end(&u)); /* one always fits */
		bgp_conn_sent(p->up, BGP_UPDATE, &w);
	}
}

/* These attributes with this peer's additions fit no message: the routes cannot be
 * advertised, and what it holds of them goes (RFC 4271 9.2, RFC 8654 4). */
static void too_big(struct bgp_peer *p, enum afi afi, uint16_t i)
{
	struct bgp_batch *b = p->bgp->batch;
	struct tx_group gone = { .first = TX_NONE, .last = TX_NONE };

	for (uint16_t next; i != TX_NONE; i = next) {
		next = b->item[i].next;
		p->too_big_tx++;
		if (b->item[i].told)
			group_add(b, &gone, i);
	}
	withdraw_items(p, afi, gone.first);
}

static void announce_group(struct bgp_peer *p, enum afi afi, const struct tx_group *g)
{
	struct bgp_batch *b = p->bgp->batch;
	const struct bgp_send kind = send_kind(p, g->source);
	struct bgp_span image = attrs_image(g->attrs);
	struct bgp_nexthop nh = *attrs_nexthop(g->attrs);
	struct wbuf attrs = wbuf_of(b->attrs, sizeof(b->attrs));
	size_t max = bgp_conn_msg_max(p->up);
	uint16_t i = g->first;

	nh.addr = *next_hop(p, g->attrs);
	if (!bgp_write_attrs(&attrs, image.p, image.n, &kind)) {
		too_big(p, afi, i);
		return;
	}
	while (i != TX_NONE) {
		struct wbuf w = bgp_conn_msg(p->up, max);
		struct bgp_write u;

		bgp_write_reach(&u, &w, max, bgp_vpn_family(afi), false, &nh, attrs.buf,
		                attrs.len);
		for (; i != TX_NONE && bgp_write_vpn(&u, &b->item[i].nlri);
		     i = b->item[i].next) {
			p->routes_tx++;
			rib_reader_told(p->reader, afi, b->item[i].dest, true);
		}
		if (!bgp_write_end(&u)) {
			too_big(p, afi, i);
			return;
		}
		bgp_conn_sent(p->up, BGP_UPDATE, &w);
	}
}

static bool has_room(const struct bgp_peer *p)
{
	return buf_left(&p->up->tx) < BGP_TX_HIGH;
}

/* Send the batch; what finds no room any more stays changed in the reader. */
static void batch_send(struct bgp_peer *p, enum afi afi)
{
	struct bgp_batch *b = p->bgp->batch;

	withdraw_items(p, afi, b->gone.first);
	for (size_t k = 0; k < b->n_groups; k++) {
		if (has_room(p)) {
			announce_group(p, afi, &b->group[k]);
			continue;
		}
		for (uint16_t i = b->group[k].first; i != TX_NONE; i = b->item[i].next)
			rib_reader_again(p->reader, afi, b->item[i].dest);
	}
}

/* --- End-of-RIB, refresh -------------------------------------------------------------
 */

static void refresh_send(struct bgp_peer *p, enum afi afi, enum bgp_refresh_subtype sub)
{
	struct wbuf w = bgp_conn_msg(p->up, BGP_MSG_MAX);

	bgp_refresh_write(&w, bgp_vpn_family(afi), sub);
	bgp_conn_sent(p->up, BGP_ROUTE_REFRESH, &w);
}

static void refresh_begin(struct bgp_peer *p, enum afi afi)
{
	struct bgp_peer_af *af = &p->af[afi];

	af->refresh_again = false;
	if (p->up->open.caps.enhanced_refresh) {
		refresh_send(p, afi, BGP_REFRESH_BEGIN);
		af->eorr_due = true;
	}
	rib_reader_walk(p->reader, afi);
}

/* The reader has nothing more for the family: close what was being sent. */
static void caught_up(struct bgp_peer *p, enum afi afi)
{
	struct bgp_peer_af *af = &p->af[afi];

	if (!af->eor_sent) {
		struct wbuf w = bgp_conn_msg(p->up, BGP_MSG_MAX);

		bgp_write_end_of_rib(&w, bgp_vpn_family(afi));
		bgp_conn_sent(p->up, BGP_UPDATE, &w);
		af->eor_sent = true;
	}
	if (af->eorr_due) {
		refresh_send(p, afi, BGP_REFRESH_END);
		af->eorr_due = false;
	}
	if (af->refresh_again)
		refresh_begin(p, afi);
}

void bgp_tx_refresh(struct bgp_peer *p, enum afi afi)
{
	struct bgp_peer_af *af = &p->af[afi];

	/* No BoRR before End-of-RIB, nor inside another refresh (RFC 7313 4). */
	if (!af->eor_sent || rib_reader_walking(p->reader, afi))
		af->refresh_again = true;
	else
		refresh_begin(p, afi);
	bgp_tx_due(p);
}

void bgp_tx_ask(struct bgp_peer *p, enum afi afi)
{
	if (!p->up || !p->af[afi].on || !p->up->open.caps.refresh)
		return;
	refresh_send(p, afi, BGP_REFRESH_REQUEST);
	bgp_conn_push(p->up);
}

/* --- when ----------------------------------------------------------------------------
 */

static bool pending(const struct bgp_peer *p, enum afi afi)
{
	const struct bgp_peer_af *af = &p->af[afi];

	return af->on && (!af->eor_sent || af->eorr_due || af->refresh_again ||
	                  rib_reader_pending(p->reader, afi));
}

void bgp_tx_due(struct bgp_peer *p)
{
	if (p->up && has_room(p) && (pending(p, AFI_IP4) || pending(p, AFI_IP6)) &&
	    !list_linked(&p->tx_link))
		list_add_tail(&p->bgp->tx_due, &p->tx_link);
}

void bgp_tx_flush(struct bgp_peer *p)
{
	for (int afi = AFI_IP4; afi <= AFI_IP6; afi++) {
		while (p->up && p->af[afi].on && has_room(p)) {
			batch_fill(p->bgp->batch, p, afi);
			batch_send(p, afi);
			if (rib_reader_pending(p->reader, afi))
				continue;
			if (!has_room(p) || !pending(p, afi))
				break;
			caught_up(p, afi);
		}
	}
	if (!p->up)
		return;
	bgp_conn_push(p->up);
	bgp_tx_due(p); /* the transport took it all: there is room for more */
}

void bgp_tx_begin(struct bgp_peer *p)
{
	for (int afi = AFI_IP4; afi <= AFI_IP6; afi++) {
		if (p->af[afi].on)
			rib_reader_walk(p->reader, afi);
	}
	bgp_tx_due(p);
}

void bgp_tx_end(struct bgp_peer *p)
{
	rib_reader_forget(p->reader, AFI_IP4);
	rib_reader_forget(p->reader, AFI_IP6);
	list_del(&p->tx_link);
}
