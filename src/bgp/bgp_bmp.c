/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bgp/bgp_bmp.h"

#include "base/mem.h"
#include "bgp/bgp_show_int.h"
#include "wire/bgp_write.h"
#include "wire/bmp.h"

enum {
	BMP_ROOM = BGP_MSG_MAX_EXT + 1024, /* of one message, mirrored ones included */
	BMP_ITEMS = BGP_BMP_STEP,
	STATS = 9, /* in a statistics report */
};

struct bmp_item { /* a path of the table, to be packed with those like it */
	const struct bgp_peer *peer;
	const struct attrs *attrs;
	struct vpn_nlri nlri;
};

struct bgp_bmp {
	struct bgp *b;
	struct bgp_bmp_config cfg;
	char *name, *description;
	struct bgp_bmp_counters n;
	struct bgp_tap tap;
	struct buf out;
	bool on, overflow;
	struct mono stats_at;

	/* the walk over the table */
	enum afi afi; /* AFI_NONE: none */
	uint64_t pos;
	const struct bgp_peer **peer; /* that is up, by source id */
	size_t n_peers;
	struct bmp_item item[BMP_ITEMS];
	size_t n_items;
	uint8_t attrs[BGP_MSG_MAX_EXT];
	uint8_t msg[BMP_ROOM]; /* being made */
};

/* --- messages ------------------------------------------------------------------------
 */

static struct wbuf msg_room(struct bgp_bmp *m)
{
	return wbuf_of(m->msg, sizeof(m->msg));
}

static void msg_done(struct bgp_bmp *m, struct wbuf *w, size_t start)
{
	bool idle = !buf_left(&m->out);

	bmp_close(w, start);
	must(wbuf_ok(w));
	if (m->overflow)
		return;
	buf_put(&m->out, w->buf, w->len);
	m->n.messages++;
	m->n.octets += w->len;
	if (buf_left(&m->out) > BGP_BMP_LIMIT) {
		m->overflow = true;
		m->on = false; /* nothing more until it begins anew */
		m->n.overflows++;
	}
	if (idle || m->overflow)
		m->cfg.wake(m->cfg.arg);
}

static struct bmp_peer peer_of(const struct bgp_bmp *m, const struct bgp_peer *p,
                               const struct bgp_conn *c)
{
	bool as2 = c && c->open_seen && !c->open.caps.as4;

	return (struct bmp_peer){
		.flags = as2 ? BMP_PEER_AS2 : 0,
		.address = p->cfg.address,
		.as = p->cfg.as,
		.id = c && c->open_seen ? c->open.router_id : 0,
		.wall_us = m->cfg.wall_us(m->cfg.arg),
	};
}

static size_t open_for(struct bgp_bmp *m, struct wbuf *w, enum bmp_type type,
                       const struct bgp_peer *p, const struct bgp_conn *c)
{
	const struct bmp_peer peer = peer_of(m, p, c);
	size_t start = bmp_open(w, type);

	bmp_peer(w, &peer);
	return start;
}

static void put_buf(struct wbuf *w, const struct buf *b)
{
	wbuf_bytes(w, buf_head(b), buf_left(b));
}

static void send_initiation(struct bgp_bmp *m)
{
	struct wbuf w = msg_room(m);
	size_t start = bmp_open(&w, BMP_INITIATION);

	bmp_tlv(&w, BMP_INIT_DESCRIPTION, m->description, strlen(m->description));
	bmp_tlv(&w, BMP_INIT_NAME, m->name, strlen(m->name));
	msg_done(m, &w, start);
}

static void send_up(struct bgp_bmp *m, const struct bgp_conn *c)
{
	const struct bgp *b = m->b;
	struct bgp_io_info io = { 0 };
	struct wbuf w = msg_room(m);
	size_t start = open_for(m, &w, BMP_PEER_UP, c->peer, c);

	if (b->io.info && !b->io.info(b->io_arg, c->handle, &io))
		io = (struct bgp_io_info){ 0 };
	bmp_session(&w, &c->local, io.local_port, io.remote_port);
	put_buf(&w, &c->said.open_sent);
	put_buf(&w, &c->said.open_received);
	msg_done(m, &w, start);
}

static void send_down(struct bgp_bmp *m, const struct bgp_conn *c)
{
	const struct bgp_said *said = &c->said;
	struct wbuf w = msg_room(m);
	size_t start = open_for(m, &w, BMP_PEER_DOWN, c->peer, c);

	if (!buf_left(&said->notification)) {
		wbuf_u8(&w, BMP_DOWN_REMOTE);
	} else {
		wbuf_u8(&w, said->by_us ? BMP_DOWN_LOCAL_NOTIFICATION
		                        : BMP_DOWN_REMOTE_NOTIFICATION);
		put_buf(&w, &said->notification);
	}
	msg_done(m, &w, start);
}

static void send_stats(struct bgp_bmp *m, const struct bgp_peer *p)
{
	const struct rib *r = m->b->cfg.rib;
	struct wbuf w = msg_room(m);
	size_t start = open_for(m, &w, BMP_STATISTICS, p, p->up);
	const uint64_t *no = p->rejected;
	uint64_t sum = 0;

	for (int i = 0; i < BGP_REJECT_END; i++)
		sum += no[i];
	wbuf_uint(&w, STATS, 4);
	bmp_stat32(&w, BMP_STAT_REJECTED, (uint32_t)sum);
	bmp_stat32(&w, BMP_STAT_CLUSTER_LOOP, (uint32_t)no[BGP_REJECT_CLUSTER]);
	bmp_stat32(&w, BMP_STAT_AS_LOOP, (uint32_t)no[BGP_REJECT_AS_LOOP]);
	bmp_stat32(&w, BMP_STAT_ORIGINATOR_LOOP, (uint32_t)no[BGP_REJECT_ORIGINATOR]);
	bmp_stat32(&w, BMP_STAT_TREAT_AS_WITHDRAW, (uint32_t)p->fates[BGP_WITHDRAW]);
	bmp_stat64(&w, BMP_STAT_ADJ_IN, bgp_show_received(p));
	bmp_stat64(&w, BMP_STAT_ADJ_OUT_POST, bgp_show_sent(p));
	for (int afi = AFI_IP4; afi <= AFI_IP6; afi++)
		bmp_stat_family(&w, BMP_STAT_ADJ_IN_AFI, (uint16_t)afi, BGP_SAFI_VPN,
		                rib_source_paths(r, p->source, (enum afi)afi));
	msg_done(m, &w, start);
}

/* --- live ----------------------------------------------------------------------------
 */

/* The routes that a message announced or withdrew, as withdrawn: what became of one that
 * was treated as a withdrawal (RFC 7606 2). */
static void send_withdrawn(struct bgp_bmp *m, const struct bgp_conn *c,
                           const struct bgp_mp *mp)
{
	enum afi afi = (enum afi)bgp_family_afi(mp->family);
	struct cur nlri = mp->nlri;
	struct vpn_nlri r;
	bool more;

	if (!mp->present || (mp->family != BGP_VPN4 && mp->family != BGP_VPN6))
		return;
	more = cur_left(&nlri) && nlri_vpn_read(&nlri, afi, mp->addpath, &r) == NLRI_OK;
	while (more && m->on) {
		struct wbuf w = msg_room(m);
		size_t start = open_for(m, &w, BMP_ROUTE_MONITORING, c->peer, c);
		struct bgp_write u;

		bgp_write_unreach(&u, &w, BGP_MSG_MAX, mp->family, mp->addpath);
		while (more && bgp_write_vpn(&u, &r))
			more = cur_left(&nlri) &&
			       nlri_vpn_read(&nlri, afi, mp->addpath, &r) == NLRI_OK;
		must(bgp_write_end(&u)); /* one always fits */
		m->n.monitored++;
		msg_done(m, &w, start);
	}
}

static void tap_update(struct bgp_tap *t, const struct bgp_conn *c,
                       const struct bgp_update *u, const uint8_t *msg, size_t len)
{
	struct bgp_bmp *m = container_of(t, struct bgp_bmp, tap);
	struct wbuf w;
	size_t start;

	if (!m->on)
		return;
	if (u->fate >= BGP_WITHDRAW) {
		send_withdrawn(m, c, &u->unreach);
		send_withdrawn(m, c, &u->reach);
		return;
	}
	w = msg_room(m);
	start = open_for(m, &w, BMP_ROUTE_MONITORING, c->peer, c);
	wbuf_bytes(&w, msg, len);
	m->n.monitored++;
	msg_done(m, &w, start);
}

static void tap_malformed(struct bgp_tap *t, const struct bgp_peer *p, const uint8_t *msg,
                          size_t len)
{
	struct bgp_bmp *m = container_of(t, struct bgp_bmp, tap);
	static const uint8_t errored[] = { 0, BMP_MIRROR_ERRORED };
	struct wbuf w;
	size_t start;

	if (!m->on || !p->up)
		return;
	w = msg_room(m);
	start = open_for(m, &w, BMP_ROUTE_MIRRORING, p, p->up);
	bmp_tlv(&w, BMP_MIRROR_INFORMATION, errored, sizeof(errored));
	bmp_tlv(&w, BMP_MIRROR_MESSAGE, msg, len);
	m->n.mirrored++;
	msg_done(m, &w, start);
}

static void tap_up(struct bgp_tap *t, const struct bgp_conn *c)
{
	struct bgp_bmp *m = container_of(t, struct bgp_bmp, tap);

	if (m->on)
		send_up(m, c);
}

static void tap_down(struct bgp_tap *t, const struct bgp_conn *c)
{
	struct bgp_bmp *m = container_of(t, struct bgp_bmp, tap);

	if (m->on)
		send_down(m, c);
}

/* The collector cannot be told that a family ended in the middle of a session; it can be
 * told that the session began anew. */
static void tap_dropped(struct bgp_tap *t, const struct bgp_conn *c)
{
	struct bgp_bmp *m = container_of(t, struct bgp_bmp, tap);

	if (!m->on)
		return;
	send_down(m, c);
	if (m->on)
		send_up(m, c);
	m->afi = AFI_IP4; /* what it has left comes again with the table */
	m->pos = 0;
}

/* --- the table -----------------------------------------------------------------------
 */

static int item_cmp(const void *a, const void *b)
{
	const struct bmp_item *x = a, *y = b;
	uintptr_t p = (uintptr_t)x->peer, q = (uintptr_t)y->peer;

	if (p == q) {
		p = (uintptr_t)x->attrs;
		q = (uintptr_t)y->attrs;
	}
	return (p > q) - (p < q);
}

/* Items first … of one peer and one attribute set; returns where the next kind begins. */
static size_t send_alike(struct bgp_bmp *m, size_t i)
{
	const struct bmp_item first = m->item[i];
	const struct bgp_conn *c = first.peer->up;
	const struct bgp_send as_it_came = { .as4 = c->open.caps.as4,
		                             .local_as = m->b->cfg.as };
	enum bgp_family f = bgp_vpn_family(m->afi);
	bool addpath = bgp_rx_context(c).addpath_rx & bgp_family_bit(f);
	const struct bgp_nexthop *nh = attrs_nexthop(first.attrs);
	struct bgp_span image = attrs_image(first.attrs);
	struct wbuf attrs = wbuf_of(m->attrs, sizeof(m->attrs));
	bool fits = bgp_write_attrs(&attrs, image.p, image.n, &as_it_came);
	size_t end = i;

	while (end < m->n_items && m->item[end].peer == first.peer &&
	       m->item[end].attrs == first.attrs)
		end++;
	while (fits && i < end) {
		struct wbuf w = msg_room(m);
		size_t start = open_for(m, &w, BMP_ROUTE_MONITORING, first.peer, c);
		struct bgp_write u;

		bgp_write_reach(&u, &w, bgp_conn_msg_max(c), f, addpath, nh, attrs.buf,
		                attrs.len);
		while (i < end && bgp_write_vpn(&u, &m->item[i].nlri))
			i++;
		fits = bgp_write_end(&u);
		if (!fits)
			break;
		m->n.monitored++;
		msg_done(m, &w, start);
	}
	m->n.left_out += end - i;
	return end;
}

static void send_items(struct bgp_bmp *m)
{
	qsort(m->item, m->n_items, sizeof(m->item[0]), item_cmp);
	for (size_t i = 0; i < m->n_items;)
		i = send_alike(m, i);
	m->n_items = 0;
}

/* What a neighbor left behind when its session ended is not of this session. */
static void take_path(void *arg, const struct rib_key *key, const struct rib_path *p)
{
	struct bgp_bmp *m = arg;
	uint32_t id = p->source->id;

	if (id >= m->n_peers || !m->peer[id] || p->stale)
		return;
	if (m->n_items == BMP_ITEMS)
		send_items(m);
	m->item[m->n_items++] = (struct bmp_item){
		m->peer[id], p->attrs, {p->path_id, p->label, key->rd, key->prefix}
	};
}

static void map_peers(struct bgp_bmp *m)
{
	uint32_t most = 0;

	list_for(p, &m->b->peers, struct bgp_peer, link) {
		if (p->source->id > most)
			most = p->source->id;
	}
	m->n_peers = most + 1;
	m->peer = mem_realloc(m->peer, m->n_peers * sizeof(*m->peer));
	memset(m->peer, 0, m->n_peers * sizeof(*m->peer));
	list_for(p, &m->b->peers, struct bgp_peer, link)
		m->peer[p->source->id] = p->up ? p : NULL;
}

/* End-of-RIB tells that a family's table is there (RFC 7854 5). */
static void send_eor(struct bgp_bmp *m, enum afi afi)
{
	list_for(p, &m->b->peers, struct bgp_peer, link) {
		struct wbuf w;
		size_t start;

		if (!p->up || !p->af[afi].on || !m->on)
			continue;
		w = msg_room(m);
		start = open_for(m, &w, BMP_ROUTE_MONITORING, p, p->up);
		bgp_write_end_of_rib(&w, bgp_vpn_family(afi));
		msg_done(m, &w, start);
	}
}

static void dump_step(struct bgp_bmp *m)
{
	size_t n;

	map_peers(m);
	n = rib_walk_paths(m->b->cfg.rib, m->afi, &m->pos, BGP_BMP_STEP, take_path, m);
	send_items(m);
	if (n == BGP_BMP_STEP)
		return;
	send_eor(m, m->afi);
	m->pos = 0;
	if (m->afi == AFI_IP4) {
		m->afi = AFI_IP6;
	} else {
		m->afi = AFI_NONE;
		m->n.dumps++;
	}
}

/* --- for the owner -------------------------------------------------------------------
 */

struct bgp_bmp *bgp_bmp_new(struct bgp *b, const struct bgp_bmp_config *cfg)
{
	struct bgp_bmp *m = mem_new(struct bgp_bmp);

	m->b = b;
	m->cfg = *cfg;
	m->name = mem_strdup(cfg->name);
	m->description = mem_strdup(cfg->description);
	m->stats_at = MONO_NEVER;
	m->tap = (struct bgp_tap){ .update = tap_update,
		                   .malformed = tap_malformed,
		                   .up = tap_up,
		                   .down = tap_down,
		                   .dropped = tap_dropped };
	list_init(&m->tap.link);
	return m;
}

void bgp_bmp_free(struct bgp_bmp *m)
{
	if (!m)
		return;
	bgp_bmp_end(m);
	free(m->peer);
	free(m->name);
	free(m->description);
	free(m);
}

static void arm_stats(struct bgp_bmp *m, struct mono now)
{
	m->stats_at = m->cfg.stats_interval_s
	                      ? mono_add_ms(now, m->cfg.stats_interval_s * INT64_C(1000))
	                      : MONO_NEVER;
}

void bgp_bmp_begin(struct bgp_bmp *m, struct mono now)
{
	bgp_bmp_end(m);
	m->on = true;
	bgp_tap_add(m->b, &m->tap);
	send_initiation(m);
	list_for(p, &m->b->peers, struct bgp_peer, link) {
		if (p->up)
			send_up(m, p->up);
	}
	m->afi = AFI_IP4;
	m->pos = 0;
	arm_stats(m, now);
}

void bgp_bmp_end(struct bgp_bmp *m)
{
	bgp_tap_del(&m->tap); /* a speaker without collectors pays nothing */
	m->on = m->overflow = false;
	m->afi = AFI_NONE;
	m->stats_at = MONO_NEVER;
	buf_fini(&m->out);
}

void bgp_bmp_terminate(struct bgp_bmp *m)
{
	static const uint8_t closed[] = { 0, 0 }; /* administratively (RFC 7854 4.5) */
	struct wbuf w;
	size_t start;

	if (!m->on)
		return;
	w = msg_room(m);
	start = bmp_open(&w, BMP_TERMINATION);
	bmp_tlv(&w, BMP_TERM_REASON, closed, sizeof(closed));
	msg_done(m, &w, start);
	m->on = false;
}

bool bgp_bmp_run(struct bgp_bmp *m, struct mono now)
{
	if (m->on && mono_reached(now, m->stats_at)) {
		arm_stats(m, now);
		list_for(p, &m->b->peers, struct bgp_peer, link) {
			if (p->up && m->on)
				send_stats(m, p);
		}
	}
	if (m->on && m->afi != AFI_NONE && buf_left(&m->out) < BGP_BMP_HIGH)
		dump_step(m);
	return !m->overflow;
}

struct mono bgp_bmp_deadline(const struct bgp_bmp *m)
{
	if (m->on && m->afi != AFI_NONE && buf_left(&m->out) < BGP_BMP_HIGH)
		return (struct mono){ 0 };
	return m->on ? m->stats_at : MONO_NEVER;
}

struct buf *bgp_bmp_out(struct bgp_bmp *m)
{
	return &m->out;
}

bool bgp_bmp_dumping(const struct bgp_bmp *m)
{
	return m->on && m->afi != AFI_NONE;
}

const struct bgp_bmp_counters *bgp_bmp_counters(const struct bgp_bmp *m)
{
	return &m->n;
}
