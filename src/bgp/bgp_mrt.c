/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bgp/bgp_mrt.h"

#include "base/mem.h"
#include "bgp/bgp_int.h"
#include "wire/bgp_write.h"
#include "wire/mrt.h"

enum { MRT_MSG_MAX = BGP_MSG_MAX_EXT + 128, MRT_NO_PEER = UINT16_MAX, MRT_PATHS = 64 };

/* --- messages and states -------------------------------------------------------------
 */

struct bgp_mrt {
	struct bgp_tap tap;
	struct bgp_mrt_ops ops;
	uint8_t rec[MRT_MSG_MAX];
};

static struct mrt_session session_of(const struct bgp_peer *p, const struct bgp_conn *c)
{
	struct mrt_session s = {
		.peer_as = p->cfg.as,
		.local_as = p->bgp->cfg.as,
		.peer = p->cfg.address,
		.local = p->cfg.source,
	};

	if (c)
		s.local = c->local;
	return s;
}

static void tap_message(struct bgp_tap *t, const struct bgp_conn *c, const uint8_t *msg,
                        size_t len)
{
	struct bgp_mrt *m = container_of(t, struct bgp_mrt, tap);
	const struct mrt_session s = session_of(c->peer, c);
	struct wbuf w = wbuf_of(m->rec, sizeof(m->rec));
	bool addpath = bgp_rx_context(c).addpath_rx;
	size_t start = mrt_open(&w, MRT_BGP4MP_ET,
	                        addpath ? MRT_MESSAGE_AS4_ADDPATH : MRT_MESSAGE_AS4,
	                        m->ops.wall_us(m->ops.arg));

	mrt_session(&w, &s);
	wbuf_bytes(&w, msg, len);
	mrt_close(&w, start);
	must(wbuf_ok(&w));
	m->ops.record(m->ops.arg, w.buf, w.len);
}

/* The states have the numbers of RFC 4271 8.2.2, and so has MRT (RFC 6396 4.4.1). */
static void tap_state(struct bgp_tap *t, const struct bgp_peer *p, enum bgp_state from,
                      enum bgp_state to)
{
	struct bgp_mrt *m = container_of(t, struct bgp_mrt, tap);
	const struct mrt_session s = session_of(p, p->up);
	struct wbuf w = wbuf_of(m->rec, sizeof(m->rec));
	size_t start = mrt_open(&w, MRT_BGP4MP_ET, MRT_STATE_CHANGE_AS4,
	                        m->ops.wall_us(m->ops.arg));

	_Static_assert(BGP_IDLE == 1 && BGP_ESTABLISHED == 6, "as RFC 6396 4.4.1 says");
	mrt_session(&w, &s);
	wbuf_u16(&w, (uint16_t)from);
	wbuf_u16(&w, (uint16_t)to);
	mrt_close(&w, start);
	m->ops.record(m->ops.arg, w.buf, w.len);
}

struct bgp_mrt *bgp_mrt_new(struct bgp *b, const struct bgp_mrt_ops *ops)
{
	struct bgp_mrt *m = mem_new(struct bgp_mrt);

	m->ops = *ops;
	m->tap.message = tap_message;
	m->tap.state = tap_state;
	bgp_tap_add(b, &m->tap);
	return m;
}

void bgp_mrt_free(struct bgp_mrt *m)
{
	if (!m)
		return;
	bgp_tap_del(&m->tap);
	free(m);
}

/* --- the table -----------------------------------------------------------------------
 */

/* A neighbor of the beginning.  Its source id may be another's before the dump ends. */
struct mrt_numbered {
	uint64_t serial; /* of its source; 0: nobody had this id */
	uint16_t no;     /* in the dump */
};

struct bgp_mrt_dump {
	struct bgp *b;
	int64_t wall_us;
	enum afi afi;
	uint64_t pos;
	bool begun;

	struct mrt_numbered *peer; /* by source id */
	size_t n_peers;
	uint32_t *since; /* of the session, seconds of 1970, by number in the dump */

	struct buf *out; /* of the step being made */
	uint32_t sequence;
	size_t routes, left_out;
	struct rib_path path[MRT_PATHS]; /* of the destination being written */
	size_t n_paths;
	struct rib_key key;
	uint8_t attrs[BGP_MSG_MAX_EXT];
};

struct bgp_mrt_dump *bgp_mrt_dump_new(struct bgp *b, int64_t wall_us)
{
	struct bgp_mrt_dump *d = mem_new(struct bgp_mrt_dump);

	d->b = b;
	d->wall_us = wall_us;
	d->afi = AFI_IP4;
	return d;
}

void bgp_mrt_dump_free(struct bgp_mrt_dump *d)
{
	if (!d)
		return;
	free(d->peer);
	free(d->since);
	free(d);
}

size_t bgp_mrt_dump_routes(const struct bgp_mrt_dump *d)
{
	return d->routes;
}

size_t bgp_mrt_dump_left_out(const struct bgp_mrt_dump *d)
{
	return d->left_out;
}

static void peer_number(struct bgp_mrt_dump *d, const struct rib_source *s, uint16_t no)
{
	if (s->id >= d->n_peers) {
		d->peer = mem_realloc(d->peer, (s->id + 1) * sizeof(*d->peer));
		memset(d->peer + d->n_peers, 0,
		       (s->id + 1 - d->n_peers) * sizeof(*d->peer));
		d->n_peers = s->id + 1;
	}
	d->peer[s->id] = (struct mrt_numbered){ .serial = s->serial, .no = no };
}

/* Number 0 is ourselves: routes of our own have a place too. */
static void put_peers(struct bgp_mrt_dump *d)
{
	const struct bgp *b = d->b;
	uint16_t n = 1;
	struct wbuf w;
	size_t start, room;

	list_for(p, &b->peers, struct bgp_peer, link)
		n = (uint16_t)(n + (n < MRT_NO_PEER - 1));
	d->since = mem_zalloc(n * sizeof(*d->since));
	room = 64 + (size_t)n * 32;
	w = wbuf_of(buf_reserve(d->out, room), room);
	start = mrt_open(&w, MRT_TABLE_DUMP_V2, MRT_PEER_INDEX_TABLE, d->wall_us);
	mrt_peer_table(&w, b->cfg.router_id, "", n);
	mrt_peer(&w, &(struct mrt_peer){ .address = b->cfg.source,
	                                 .as = b->cfg.as,
	                                 .id = b->cfg.router_id });
	d->since[0] = (uint32_t)(d->wall_us / 1000000);
	n = 1;
	list_for(p, &b->peers, struct bgp_peer, link) {
		int64_t age_us = mono_ms_since(b->now, p->since) * 1000;

		if (n == MRT_NO_PEER - 1)
			break;
		mrt_peer(&w, &(struct mrt_peer){ .address = p->cfg.address,
		                                 .as = p->cfg.as,
		                                 .id = p->source->router_id });
		d->since[n] = (uint32_t)((d->wall_us - age_us) / 1000000);
		peer_number(d, p->source, n++);
	}
	mrt_close(&w, start);
	must(wbuf_ok(&w));
	buf_commit(d->out, w.len);
}

static uint16_t number_of(const struct bgp_mrt_dump *d, const struct rib_source *s)
{
	if (s->local)
		return 0;
	if (s->id >= d->n_peers || d->peer[s->id].serial != s->serial)
		return MRT_NO_PEER; /* it came later: the peer table does not have it */
	return d->peer[s->id].no;
}

/* Attributes as they are stored: those that came. */
static bool put_entry(struct bgp_mrt_dump *d, struct wbuf *w, const struct rib_path *p)
{
	static const struct bgp_send as_is = { .as4 = true };
	struct bgp_span image = attrs_image(p->attrs);
	struct wbuf attrs = wbuf_of(d->attrs, sizeof(d->attrs));
	struct bgp_nexthop nh = *attrs_nexthop(p->attrs);
	uint16_t no = number_of(d, p->source);
	size_t was = w->len;

	if (nh.addr.afi == AFI_NONE)
		nh.addr = d->b->cfg.source;
	if (no == MRT_NO_PEER || !bgp_write_attrs(&attrs, image.p, image.n, &as_is))
		return false;
	mrt_rib_entry(w, no, d->since[no], &nh, attrs.buf, attrs.len);
	if (wbuf_ok(w))
		return true;
	w->len = was;
	w->full = false;
	return false;
}

/* The NLRI has the label in it: a record holds the paths of one label (and path id). */
static void put_like(struct bgp_mrt_dump *d, size_t first)
{
	const struct rib_path like = d->path[first];
	const struct vpn_nlri nlri = { .path_id = like.path_id,
		                       .label = like.label,
		                       .rd = d->key.rd,
		                       .prefix = d->key.prefix };
	bool addpath = like.path_id != 0;
	size_t room = 128 + 2 * (size_t)BGP_MSG_MAX_EXT, start, count;
	struct wbuf w = wbuf_of(buf_reserve(d->out, room), room);
	uint16_t n = 0;

	start = mrt_open(&w, MRT_TABLE_DUMP_V2,
	                 addpath ? MRT_RIB_GENERIC_ADDPATH : MRT_RIB_GENERIC, d->wall_us);
	count = mrt_rib(&w, d->sequence, bgp_vpn_family(d->afi), &nlri, addpath);
	for (size_t i = first; i < d->n_paths; i++) {
		struct rib_path *p = &d->path[i];

		if (!p->attrs || p->label != like.label || p->path_id != like.path_id)
			continue;
		if (put_entry(d, &w, p))
			n++;
		else
			d->left_out++;
		p->attrs = NULL; /* done */
	}
	if (!n)
		return;
	mrt_rib_count(&w, count, n);
	mrt_close(&w, start);
	must(wbuf_ok(&w));
	buf_commit(d->out, w.len);
	d->sequence++;
	d->routes += n;
}

static void put_dest(struct bgp_mrt_dump *d)
{
	for (size_t i = 0; i < d->n_paths; i++) {
		if (d->path[i].attrs)
			put_like(d, i);
	}
	d->n_paths = 0;
}

static void take_path(void *arg, const struct rib_key *key, const struct rib_path *p)
{
	struct bgp_mrt_dump *d = arg;

	if (d->n_paths == MRT_PATHS ||
	    (d->n_paths &&
	     (!prefix_eq(&key->prefix, &d->key.prefix) || !rd_eq(&key->rd, &d->key.rd))))
		put_dest(d);
	d->key = *key;
	d->path[d->n_paths++] = *p;
}

bool bgp_mrt_dump_step(struct bgp_mrt_dump *d, size_t max, struct buf *out)
{
	d->out = out;
	if (!d->begun) {
		d->begun = true;
		put_peers(d);
	}
	if (rib_walk_paths(d->b->cfg.rib, d->afi, &d->pos, max, take_path, d) < max) {
		put_dest(d);
		if (d->afi == AFI_IP6)
			return false;
		d->afi = AFI_IP6;
		d->pos = 0;
	}
	put_dest(d); /* its attributes are borrowed for this step only */
	return true;
}
