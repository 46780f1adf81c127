/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/sim/world.h"

#include "base/hash.h"
#include "base/mem.h"
#include "wire/bgp_msg.h"
#include "wire/bgp_notification.h"

#include "tests/t.h"

/* --- streams -------------------------------------------------------------------------
 */

static struct pipe *pipe_new(struct node *n, const struct ip *from, const struct ip *to)
{
	struct pipe *p = mem_new(struct pipe);

	p->node = n;
	p->from = *from;
	p->to = *to;
	list_add_tail(&n->world->pipes, &p->link);
	return p;
}

static void pipe_free(struct pipe *p)
{
	if (p->other)
		p->other->other = NULL;
	list_del(&p->link);
	buf_fini(&p->out);
	buf_fini(&p->got);
	free(p);
}

static struct node *node_at(struct world *w, const struct ip *ip)
{
	list_for(n, &w->nodes, struct node, link) {
		if (ip_eq(&n->ip, ip))
			return n;
	}
	return NULL;
}

static void *io_connect(void *arg, struct bgp_conn *c, const struct bgp_peer_config *cfg)
{
	struct node *n = arg;
	struct pipe *p;

	if (!node_at(n->world, &cfg->address) ||
	    ip_eq(&cfg->address, &n->world->connect_refused))
		return NULL;
	p = pipe_new(n, &n->ip, &cfg->address);
	p->conn = c;
	p->connecting = true;
	return p;
}

static size_t pipe_send(struct pipe *p, const uint8_t *data, size_t len)
{
	size_t room;

	must(!p->closed);
	if (p->connecting)
		return 0;
	if (!p->other) /* the far end is gone: like a socket, it swallows */
		return len;
	room = buf_left(&p->out) < p->node->world->window
	               ? p->node->world->window - buf_left(&p->out)
	               : 0;
	if (room < len) {
		p->blocked = true;
		len = room;
	}
	buf_put(&p->out, data, len);
	return len;
}

static size_t io_send(void *arg, void *handle, const struct iovec *iov, int k)
{
	size_t all = 0;

	for (int i = 0; i < k; i++) {
		size_t n = pipe_send(handle, iov[i].iov_base, iov[i].iov_len);

		all += n;
		if (n < iov[i].iov_len)
			break;
	}
	return all;
}

static void io_close(void *arg, void *handle)
{
	struct pipe *p = handle;

	must(!p->closed);
	p->closed = true;
	p->conn = NULL;
}

static const struct bgp_io world_io = {
	.connect = io_connect,
	.send = io_send,
	.close = io_close,
};

/* The stream is open at both ends now, or not at all. */
static void pipe_connect(struct world *w, struct pipe *p)
{
	struct node *to = node_at(w, &p->to);
	struct pipe *q;

	p->connecting = false;
	if (!to) {
		if (p->conn)
			bgp_closed(p->conn, "connection refused", w->now);
		return;
	}
	q = pipe_new(to, &p->to, &p->from);
	q->other = p;
	p->other = q;
	if (to->b) {
		q->conn = bgp_accepted(to->b, &p->from, &p->to, q, w->now);
		if (!q->conn)
			q->closed = true;
	}
	if (p->conn)
		bgp_connected(p->conn, &p->from, w->now);
}

/* Hand over some of what p sent; false: nothing moves. */
static bool pipe_deliver(struct world *w, struct pipe *p)
{
	struct pipe *q = p->other;
	size_t n = buf_left(&p->out);
	AUTO_FREE uint8_t *data = NULL;
	bool counts;

	if (!q || !n || q->node->deaf)
		return false;
	if (w->chunk && n > w->chunk)
		n = w->chunk;
	counts = !w->cut_by || w->cut_by == p->node;
	if (counts && w->cut_after >= 0 && w->counted + n > (uint64_t)w->cut_after)
		n = (size_t)((uint64_t)w->cut_after - w->counted);
	if (!n)
		return false;
	data = mem_dup(buf_head(&p->out), n);
	buf_consume(&p->out, n);
	w->delivered += n;
	w->counted += counts ? n : 0;
	if (q->conn)
		bgp_input(q->conn, data, n, w->now);
	else if (!q->closed)
		buf_put(&q->got, data, n);
	if (p->blocked && p->conn && !p->closed) {
		p->blocked = false;
		bgp_writable(p->conn, w->now);
	}
	return true;
}

/* p was closed and all it sent has arrived: tell the other end. */
static bool pipe_finish(struct world *w, struct pipe *p)
{
	struct pipe *q = p->other;

	if (!p->closed || (q && buf_left(&p->out) && !q->closed))
		return false;
	pipe_free(p);
	if (!q)
		return true;
	q->got_fin = true;
	if (q->conn)
		bgp_closed(q->conn, "closed by the peer", w->now);
	return true;
}

void world_cut(struct world *w)
{
	list_for(p, &w->pipes, struct pipe, link) {
		if (p->other)
			p->other->other = NULL;
		p->other = NULL;
		buf_fini(&p->out);
	}
	list_for_safe(p, &w->pipes, struct pipe, link) {
		if (p->conn)
			bgp_closed(p->conn, "cut", w->now);
		p->got_fin = true;
	}
}

bool world_step(struct world *w)
{
	if (w->cut_after >= 0 && w->counted == (uint64_t)w->cut_after) {
		w->cut_after = -1;
		world_cut(w);
		return true;
	}
	/* One move at a time: any callback may change the lists. */
	list_for(p, &w->pipes, struct pipe, link) {
		if (p->connecting && !p->closed) {
			pipe_connect(w, p);
			return true;
		}
		if (pipe_deliver(w, p) || pipe_finish(w, p))
			return true;
	}
	list_for(n, &w->nodes, struct node, link) {
		if (n->b && mono_reached(w->now, bgp_deadline(n->b))) {
			bgp_run(n->b, w->now);
			return true;
		}
	}
	return false;
}

void world_settle(struct world *w)
{
	for (uint64_t i = 0; world_step(w); i++)
		CHECK(i < 20000000); /* it must come to rest */
}

void world_steps(struct world *w, uint32_t n)
{
	while (n && world_step(w))
		n--;
}

static struct mono next_deadline(const struct world *w, struct mono end)
{
	list_for(n, &w->nodes, struct node, link) {
		if (n->b)
			end = mono_min(end, bgp_deadline(n->b));
	}
	return end;
}

void world_run(struct world *w, int64_t ms)
{
	struct mono end = mono_add_ms(w->now, ms);

	world_settle(w);
	while (w->now.us < end.us) {
		w->now = next_deadline(w, end);
		world_settle(w);
	}
}

bool world_until(struct world *w, int64_t ms, bool (*cond)(void *arg), void *arg)
{
	struct mono end = mono_add_ms(w->now, ms);

	for (world_settle(w); !cond(arg); world_settle(w)) {
		if (w->now.us >= end.us)
			return false;
		w->now = next_deadline(w, end);
	}
	return true;
}

/* --- nodes ---------------------------------------------------------------------------
 */

static void on_event(void *arg, const struct bgp_event *ev)
{
	struct node *n = arg;

	n->ups += !strcmp(ev->what, "up");
	n->eors += !strcmp(ev->what, "end-of-rib");
	n->malformed += !strcmp(ev->what, "malformed");
	n->stops += !strcmp(ev->what, "shutdown");
	if (!strcmp(ev->what, "max-prefixes")) {
		n->limits++;
		snprintf(n->last_limit, sizeof(n->last_limit), "%s", ev->why);
	}
	if (!strcmp(ev->what, "down")) {
		n->downs++;
		snprintf(n->last_down, sizeof(n->last_down), "%s",
		         ev->why ? ev->why : "");
	}
}

static struct extcom target(unsigned rt)
{
	return extcom_of_as(EXTCOM_RT, 65000, rt);
}

static bool on_wanted(void *arg, const uint8_t *extcoms, size_t n)
{
	const struct node *node = arg;

	if (!node->by_target)
		return !node->want_none;
	for (size_t i = 0; i < n; i++) {
		for (unsigned rt = 0; rt < 64; rt++) {
			const struct extcom x = target(rt);

			if (node->imports >> rt & 1 &&
			    !memcmp(extcoms + i * sizeof(x.b), x.b, sizeof(x.b)))
				return true;
		}
	}
	return false;
}

void world_import(struct node *n, unsigned rt, bool on)
{
	const struct extcom x = target(rt);

	n->by_target = true;
	if (on) {
		n->imports |= UINT64_C(1) << rt;
		bgp_import_add(n->b, &x, n->world->now);
	} else {
		n->imports &= ~(UINT64_C(1) << rt);
		bgp_import_del(n->b, &x, n->world->now);
	}
}

static void on_converged(void *arg)
{
	CHECK(!((struct node *)arg)->converged); /* once */
	((struct node *)arg)->converged = true;
}

void world_init(struct world *w)
{
	*w = (struct world){ .cut_after = -1, .window = 1 << 20, .now = { 1000000 } };
	list_init(&w->nodes);
	list_init(&w->pipes);
}

struct node *world_scripted(struct world *w, const char *ip)
{
	struct node *n = mem_new(struct node);

	n->world = w;
	CHECK(ip_parse(ip, &n->ip));
	list_add_tail(&w->nodes, &n->link);
	return n;
}

struct node *world_node(struct world *w, const char *ip, uint32_t as, bool pe)
{
	struct node *n = world_scripted(w, ip);
	const struct bgp_hooks hooks = { on_event, pe ? on_wanted : NULL, on_converged,
		                         n };
	struct bgp_config cfg = { .as = as,
		                  .source = n->ip,
		                  .import_filter = pe,
		                  .preserved = w->preserved,
		                  .defer_selection = w->defer };
	const struct rib_source local = { .local = true };

	cfg.router_id = ip_u32(&n->ip);
	cfg.rib = n->rib = rib_new();
	n->local = rib_source_add(n->rib, &local);
	n->b = bgp_new(&cfg, &world_io, n, &hooks);
	return n;
}

void world_node_free(struct node *n)
{
	struct world *w = n->world;

	bgp_free(n->b);
	if (n->rib)
		rib_free(n->rib);
	list_for(p, &w->pipes, struct pipe, link) {
		if (p->node == n)
			p->closed = true;
	}
	list_del(&n->link);
	free(n);
}

void world_fini(struct world *w)
{
	while (!list_empty(&w->nodes))
		world_node_free(list_first(&w->nodes, struct node, link));
	while (!list_empty(&w->pipes))
		pipe_free(list_first(&w->pipes, struct pipe, link));
}

struct bgp_peer_config world_peer_config(const char *ip, uint32_t as, bool client)
{
	struct bgp_peer_config cfg = {
		.as = as,
		.hold_time_s = 90,
		.connect_retry_s = 120,
		.client = client,
		.gr = { .mode = BGP_GR_HELPER },
	};

	CHECK(ip_parse(ip, &cfg.address));
	return cfg;
}

void world_peer_as(struct node *n, const struct bgp_peer_config *cfg)
{
	CHECK_INT(bgp_peer_add(n->b, cfg, n->world->now), 0);
}

void world_peer(struct node *n, const char *ip, uint32_t as, bool client)
{
	const struct bgp_peer_config cfg = world_peer_config(ip, as, client);

	world_peer_as(n, &cfg);
}

/* --- routes --------------------------------------------------------------------------
 */

struct rib_key world_key(const struct node *n, unsigned host, enum afi afi)
{
	uint8_t a[16] = { 10, 0, (uint8_t)(host >> 8), (uint8_t)host };
	struct rib_key key;
	struct ip ip;

	if (afi == AFI_IP6) {
		memset(a, 0, sizeof(a));
		a[0] = 0x20, a[1] = 0x01, a[2] = 0x0d, a[3] = 0xb8;
		a[14] = (uint8_t)(host >> 8), a[15] = (uint8_t)host;
	}
	ip = ip_of(afi, a);
	memset(&key, 0, sizeof(key));
	key.rd = rd_of_ip(&n->ip, 100);
	key.prefix = prefix_host(&ip);
	return key;
}

static void announce(struct node *n, const struct node *of, unsigned host, enum afi afi,
                     uint32_t local_pref, const struct extcom *rts, size_t n_rts)
{
	const struct rib_key key = world_key(of, host, afi);
	struct bgp_attrs a = { .origin = BGP_ORIGIN_INCOMPLETE,
		               .local_pref = local_pref };
	const struct attrs *attrs;

	bgp_attr_set(&a, BGP_ATTR_ORIGIN);
	bgp_attr_set(&a, BGP_ATTR_AS_PATH);
	bgp_attr_set(&a, BGP_ATTR_LOCAL_PREF);
	if (n_rts)
		bgp_attr_set(&a, BGP_ATTR_EXT_COMMUNITIES);
	a.extcoms = (struct bgp_span){ n_rts ? rts->b : NULL, n_rts * sizeof(*rts) };
	a.nexthop.addr = n->ip;
	attrs = attrs_intern(rib_attrs(n->rib), &a);
	rib_announce(n->rib, n->local, &key, 0, 16 + host, attrs);
	attrs_unref(attrs);
}

void world_announce_as(struct node *n, const struct node *of, unsigned host, enum afi afi,
                       uint32_t local_pref)
{
	const struct extcom rt = target(100);

	announce(n, of, host, afi, local_pref, &rt, 1);
}

void world_announce_rts(struct node *n, unsigned host, enum afi afi, uint64_t targets)
{
	struct extcom rt[64];
	size_t n_rts = 0;

	for (unsigned i = 0; i < 64; i++) {
		if (targets >> i & 1)
			rt[n_rts++] = target(i);
	}
	announce(n, n, host, afi, 100, rt, n_rts);
}

void world_announce_pref(struct node *n, unsigned host, enum afi afi, uint32_t local_pref)
{
	world_announce_as(n, n, host, afi, local_pref);
}

void world_announce(struct node *n, unsigned host, enum afi afi)
{
	world_announce_pref(n, host, afi, 100);
}

void world_withdraw(struct node *n, unsigned host, enum afi afi)
{
	const struct rib_key key = world_key(n, host, afi);

	CHECK(rib_withdraw(n->rib, n->local, &key, 0));
}

const struct rib_path *world_best(const struct node *n, const struct node *of,
                                  unsigned host, enum afi afi)
{
	static struct rib_path path;
	const struct rib_key key = world_key(of, host, afi);

	return rib_paths(n->rib, &key, &path, 1) ? &path : NULL;
}

static void count_one(void *arg, const struct rib_key *key, const struct rib_path *best)
{
	++*(size_t *)arg;
}

size_t world_routes(const struct node *n, enum afi afi)
{
	uint64_t pos = 0;
	size_t count = 0;

	while (rib_walk(n->rib, afi, &pos, 100, count_one, &count))
		;
	return count;
}

/* The sum of a hash of key, label and attributes. */
static void digest_one(void *arg, const struct rib_key *key, const struct rib_path *best)
{
	struct bgp_span image = attrs_image(best->attrs);

	*(uint64_t *)arg +=
		hash_bytes(key, sizeof(*key)) * 3 + best->label * 5u +
		hash_bytes(image.p, image.n) * 7 +
		hash_bytes(attrs_nexthop(best->attrs), sizeof(struct bgp_nexthop));
}

uint64_t world_digest(const struct node *n)
{
	uint64_t sum = 0;

	for (int afi = AFI_IP4; afi <= AFI_IP6; afi++) {
		uint64_t pos = 0;

		while (rib_walk(n->rib, afi, &pos, 100, digest_one, &sum))
			;
	}
	return sum;
}

/* --- scripted ends -------------------------------------------------------------------
 */

struct pipe *script_connect(struct node *scripted, struct node *to)
{
	struct pipe *p = pipe_new(scripted, &scripted->ip, &to->ip);

	p->connecting = true;
	world_settle(scripted->world);
	return p;
}

struct pipe *script_accept(struct node *scripted)
{
	struct pipe *found = NULL;

	list_for(p, &scripted->world->pipes, struct pipe, link) {
		if (p->node == scripted && !p->got_fin)
			found = p;
	}
	return found;
}

void script_send(struct pipe *p, const void *data, size_t n)
{
	buf_put(&p->out, data, n);
	world_settle(p->node->world);
}

void script_hex(struct pipe *p, const char *hex)
{
	uint8_t msg[BGP_MSG_MAX];

	memset(msg, 0xff, 16);
	script_send(p, msg, 16 + t_hex(hex, msg + 16, sizeof(msg) - 16));
}

struct bgp_open script_open(const struct node *n, uint32_t as)
{
	return (struct bgp_open){
		.as = as,
		.hold_time = 90,
		.router_id = ip_u32(&n->ip),
		.caps = {
			.families = bgp_family_bit(BGP_VPN4) | bgp_family_bit(BGP_VPN6),
			.refresh = true,
			.enhanced_refresh = true,
			.ext_msg = true,
			.as4 = true,
			.gr = { .present = true },
		},
	};
}

void script_send_open(struct pipe *p, const struct bgp_open *o)
{
	uint8_t msg[BGP_MSG_MAX];
	struct wbuf w = wbuf_of(msg, sizeof(msg));

	bgp_open_write(&w, o);
	CHECK(wbuf_ok(&w));
	script_send(p, msg, w.len);
}

void script_keepalive(struct pipe *p)
{
	uint8_t msg[BGP_HDR_LEN];
	struct wbuf w = wbuf_of(msg, sizeof(msg));

	bgp_msg_keepalive(&w);
	script_send(p, msg, w.len);
}

void script_up(struct world *w, struct pipe *p, uint32_t as)
{
	struct bgp_open o = script_open(p->node, as);

	script_send_open(p, &o);
	script_keepalive(p);
	world_settle(w);
}

int script_next(struct pipe *p, const uint8_t **ret_msg, size_t *ret_len)
{
	struct bgp_fault f;
	struct bgp_hdr h;

	if (bgp_msg_frame(buf_head(&p->got), buf_left(&p->got), true, &h, &f) !=
	    BGP_FRAME_MSG)
		return 0;
	*ret_msg = buf_head(&p->got);
	*ret_len = h.len;
	p->got.off += h.len; /* leaves the bytes where they are until the next delivery */
	return h.type;
}

int script_notification(struct pipe *p)
{
	const uint8_t *msg;
	size_t len;
	int type;

	while ((type = script_next(p, &msg, &len))) {
		if (type == BGP_NOTIFICATION)
			return msg[BGP_HDR_LEN] << 8 | msg[BGP_HDR_LEN + 1];
	}
	return 0;
}

int script_count(struct pipe *p, int type)
{
	const uint8_t *msg;
	size_t len;
	int t, n = 0;

	while ((t = script_next(p, &msg, &len)))
		n += t == type;
	return n;
}
