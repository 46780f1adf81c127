/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/buf.h"
#include "base/hash.h"
#include "bgp/bgp.h"
#include "rib/attrs.h"
#include "rib/rib.h"
#include "wire/bgp_msg.h"
#include "wire/bgp_open.h"
#include "wire/bgp_update.h"
#include "wire/nlri_vpn.h"

#include "fuzz/fuzz.h"

/*
 * A reflector in memory with two neighbors: one says what the input says, the other only
 * listens.  Whatever happens, what leaves is framed and well-formed, and at the end the
 * listener holds just the routes that the reflector's table says it should.  And however
 * the bytes are cut on their way in, the same happens: the same messages leave, or, where
 * the speaker gets its turns in between, at least the tables end up the same.
 *
 * Input: an octet of options (none if it begins with a marker), then steps.  A step is a
 * whole message as it is on the wire, or one of the enum below with its arguments.
 */
enum option {
	OPT_RAW = 1 << 0, /* the input says OPEN and KEEPALIVE itself */
	OPT_AS2 = 1 << 1,
	OPT_SMALL = 1 << 2,   /* no extended messages */
	OPT_RESTART = 1 << 3, /* graceful restart, forwarding preserved */
	OPT_DISABLE = 1 << 4, /* the milder way of RFC 7606 5.1 */
	OPT_ACTIVE = 1 << 5,  /* the reflector opens too */
	OPT_FEW = 1 << 6,     /* max_prefixes */
	OPT_MORE = 1 << 7,    /* path identifiers both ways, route targets */
};

enum step {
	STEP_UPDATE,  /* n: so many octets of attributes */
	STEP_MESSAGE, /* type, n: so many octets of body */
	STEP_BYTES,   /* n: so many octets as they are */
	STEP_TIME,    /* n * n * 4 ms pass */
	STEP_RECONNECT,
	STEP_CONNECTED, /* what the reflector opens is open */
	STEP_CLOSE,
	STEP_LISTENER, /* the listener comes anew, or asks for everything again */
	STEP_LOCAL,    /* the reflector's own route n comes or goes */
	STEP_END,
};

enum { ENDS = 64, HOLD = 90, AS = 65000, MARKER = 0xff, FAMILIES = 3, STEPS = 400 };

struct end { /* of a connection: a handle of struct bgp_io */
	struct bgp_conn *conn;
	struct buf out;
	bool connecting, closed, listener;
};

struct run {
	struct mono now;
	struct bgp *b;
	struct rib *rib, *seen; /* seen: what the listener has been told */
	struct rib_source *local, *told;
	unsigned options;
	struct end end[ENDS];
	size_t n_ends;
	struct end *in, *out, *listener;
	bool end_of_rib[FAMILIES]; /* by enum afi, at the listener */
	size_t chunk;              /* the talker's bytes come in such pieces; 0: whole */
	bool turns;                /* … and the speaker has a turn after each */
	uint64_t said;             /* hash of all that left, by connection */
};

static struct bgp_update update;

/* --- transport -----------------------------------------------------------------------
 */

static struct end *end_new(struct run *r)
{
	return r->n_ends < ENDS ? &r->end[r->n_ends++] : NULL;
}

static void *io_connect(void *arg, struct bgp_conn *c, const struct bgp_peer_config *cfg)
{
	struct run *r = arg;
	struct end *e = end_new(r);

	if (!e)
		return NULL;
	e->conn = c;
	e->connecting = true;
	return r->out = e;
}

static size_t io_send(void *arg, void *handle, const struct iovec *iov, int k)
{
	size_t len = 0;

	struct end *e = handle;

	must(!e->closed);
	if (e->connecting)
		return 0;
	for (int i = 0; i < k; i++) {
		buf_put(&e->out, iov[i].iov_base, iov[i].iov_len);
		len += iov[i].iov_len;
	}
	return len;
}

static void io_close(void *arg, void *handle)
{
	struct end *e = handle;

	must(!e->closed);
	e->closed = true;
	e->conn = NULL;
}

static const struct bgp_io io = {
	.connect = io_connect,
	.send = io_send,
	.close = io_close,
};

/* --- what comes out ------------------------------------------------------------------
 */

static void hear_routes(struct run *r, struct bgp_mp *mp, bool withdraw)
{
	enum afi afi = (enum afi)bgp_family_afi(mp->family);
	const struct attrs *set = NULL;
	struct vpn_nlri n;

	if (!withdraw) {
		set = attrs_intern(rib_attrs(r->seen), &update.attrs);
		must(set);
	}
	while (cur_left(&mp->nlri)) {
		enum nlri_err e = nlri_vpn_read(&mp->nlri, afi, mp->addpath, &n);
		const struct rib_key key = { n.rd, n.prefix };

		must(e == NLRI_OK);
		if (withdraw) /* of what it holds, and nothing else */
			must(rib_withdraw(r->seen, r->told, &key, 0));
		else
			rib_announce(r->seen, r->told, &key, 0, n.label, set);
	}
	attrs_unref(set);
}

static void hear_update(struct run *r, const struct end *e, const uint8_t *body,
                        size_t len)
{
	uint32_t vpn = bgp_family_bit(BGP_VPN4) | bgp_family_bit(BGP_VPN6);
	const struct bgp_ctx ctx = {
		.ibgp = true,
		.as4 = e->listener || !(r->options & OPT_AS2),
		.families = vpn | bgp_family_bit(BGP_RTC),
		.ext_next_hop = bgp_family_bit(BGP_VPN4),
		.addpath_rx = !e->listener && r->options & OPT_MORE ? vpn : 0,
	};

	if (!e->listener && r->options & OPT_RAW)
		return; /* who knows what it negotiated */
	must(bgp_update_read(&ctx, body, len, &update) == BGP_OK);
	if (!e->listener)
		return;
	if (update.end_of_rib)
		r->end_of_rib[bgp_family_afi(update.end_of_rib_family)] = true;
	if (update.unreach.present)
		hear_routes(r, &update.unreach, true);
	if (update.reach.present)
		hear_routes(r, &update.reach, false);
}

static void hear(struct run *r, struct end *e)
{
	bool ext = e->listener || !(r->options & OPT_SMALL);

	while (buf_left(&e->out)) {
		const uint8_t *msg = buf_head(&e->out);
		struct bgp_fault f;
		struct bgp_hdr h;

		r->said = r->said * 31 + (uint64_t)(e - r->end);
		must(bgp_msg_frame(msg, buf_left(&e->out), ext, &h, &f) == BGP_FRAME_MSG);
		must(h.type != BGP_NOTIFICATION || !e->listener);
		if (h.type == BGP_UPDATE)
			hear_update(r, e, msg + BGP_HDR_LEN, h.len - BGP_HDR_LEN);
		r->said = r->said * 31 + hash_bytes(msg, h.len);
		buf_consume(&e->out, h.len);
	}
}

static void settle(struct run *r)
{
	for (int turns = 0; mono_reached(r->now, bgp_deadline(r->b)); turns++) {
		must(turns < 1000); /* it comes to rest */
		bgp_run(r->b, r->now);
	}
	for (size_t i = 0; i < r->n_ends; i++)
		hear(r, &r->end[i]);
}

static void pass(struct run *r, int64_t ms)
{
	struct mono end = mono_add_ms(r->now, ms);

	for (settle(r); r->now.us < end.us; settle(r))
		r->now = mono_min(end, bgp_deadline(r->b));
}

/* --- what goes in --------------------------------------------------------------------
 */

static void say(struct run *r, struct end *e, const uint8_t *data, size_t n)
{
	size_t most = r->chunk && e && !e->listener ? r->chunk : n, piece;

	for (; n && e && e->conn && !e->connecting; data += piece, n -= piece) {
		piece = n < most ? n : most;
		bgp_input(e->conn, data, piece, r->now);
		if (r->turns)
			settle(r);
	}
	settle(r);
}

static void say_hello(struct run *r, struct end *e, uint32_t id)
{
	uint8_t msg[BGP_MSG_MAX];
	struct wbuf w = wbuf_of(msg, sizeof(msg));
	uint32_t vpn = bgp_family_bit(BGP_VPN4) | bgp_family_bit(BGP_VPN6);
	struct bgp_open o = { .as = AS, .router_id = id };

	o.caps.families = vpn;
	o.caps.refresh = o.caps.enhanced_refresh = true;
	o.caps.ext_next_hop = bgp_family_bit(BGP_VPN4);
	o.caps.as4 = o.caps.ext_msg = true;
	if (e && !e->listener) {
		o.hold_time = HOLD;
		o.caps.as4 = !(r->options & OPT_AS2);
		o.caps.ext_msg = !(r->options & OPT_SMALL);
		o.caps.gr.present = r->options & OPT_RESTART;
		o.caps.gr.time = HOLD;
		o.caps.gr.families = o.caps.gr.forwarding = vpn;
		if (r->options & OPT_MORE) {
			o.caps.addpath_rx = o.caps.addpath_tx = vpn;
			o.caps.families |= bgp_family_bit(BGP_RTC);
		}
	}
	bgp_open_write(&w, &o);
	bgp_msg_keepalive(&w);
	must(wbuf_ok(&w));
	say(r, e, msg, w.len);
}

static const struct ip talker = {
	.afi = AFI_IP4, .b = {192, 0, 2, 9}
};
static const struct ip listener = {
	.afi = AFI_IP4, .b = {192, 0, 2, 11}
};
static const struct ip us = {
	.afi = AFI_IP4, .b = {192, 0, 2, 1}
};

static struct end *accepted(struct run *r, const struct ip *from)
{
	struct end *e = end_new(r);

	if (!e)
		return NULL;
	e->listener = from == &listener;
	e->conn = bgp_accepted(r->b, from, &us, e, r->now);
	if (!e->conn)
		e->closed = true;
	settle(r);
	return e->closed ? NULL : e;
}

static void talker_again(struct run *r)
{
	pass(r, 400 * 1000); /* every back-off is over */
	r->in = accepted(r, &talker);
	if (!(r->options & OPT_RAW))
		say_hello(r, r->in, ip_u32(&talker));
}

static void listener_again(struct run *r)
{
	static const uint8_t refresh[] = { 0, 1, 0, 128 };
	uint8_t msg[BGP_HDR_LEN + sizeof(refresh)];
	struct wbuf w = wbuf_of(msg, sizeof(msg));
	size_t start = bgp_msg_open(&w, BGP_ROUTE_REFRESH);
	struct end *e = r->listener;

	wbuf_bytes(&w, refresh, sizeof(refresh));
	bgp_msg_close(&w, start);
	if (r->n_ends > ENDS / 2) { /* the rest is the talker's */
		say(r, e, msg, w.len);
		return;
	}
	if (e && e->conn)
		bgp_closed(e->conn, "gone", r->now);
	rib_source_flush(r->seen, r->told);
	memset(r->end_of_rib, 0, sizeof(r->end_of_rib));
	pass(r, 130 * 1000);
	r->listener = accepted(r, &listener);
	must(r->listener);
	say_hello(r, r->listener, ip_u32(&listener));
}

static void local_route(struct run *r, uint8_t n)
{
	struct bgp_attrs a = { .origin = BGP_ORIGIN_IGP, .local_pref = 100 };
	enum afi afi = n & 1 ? AFI_IP6 : AFI_IP4;
	struct rib_key key = { .rd = rd_of_ip(&us, n & 6) };
	const uint8_t addr[16] = { 10, 0, 0, n };
	struct ip ip = ip_of(afi, addr);
	const struct attrs *set;

	key.prefix = prefix_host(&ip);
	if (rib_withdraw(r->rib, r->local, &key, 0)) {
		settle(r);
		return;
	}
	bgp_attr_set(&a, BGP_ATTR_ORIGIN);
	bgp_attr_set(&a, BGP_ATTR_AS_PATH);
	bgp_attr_set(&a, BGP_ATTR_LOCAL_PREF);
	a.nexthop.addr = us;
	set = attrs_intern(rib_attrs(r->rib), &a);
	rib_announce(r->rib, r->local, &key, 0, 16 + n, set);
	attrs_unref(set);
	settle(r);
}

static void say_message(struct run *r, enum bgp_type type, struct cur body)
{
	uint8_t msg[BGP_HDR_LEN + 4 + UINT8_MAX];
	struct wbuf w = wbuf_of(msg, sizeof(msg));
	size_t n = cur_left(&body), start = bgp_msg_open(&w, type);

	if (type == BGP_UPDATE) {
		wbuf_u16(&w, 0);
		wbuf_u16(&w, (uint16_t)n);
	}
	wbuf_bytes(&w, cur_bytes(&body, n), n);
	bgp_msg_close(&w, start);
	must(wbuf_ok(&w));
	say(r, r->in, msg, w.len);
}

static void talker_connected(struct run *r)
{
	struct end *e = r->out;

	if (!e || e->closed || !e->connecting)
		return;
	e->connecting = false;
	bgp_connected(e->conn, &us, r->now);
	settle(r);
	r->in = e; /* goes on here */
	if (!(r->options & OPT_RAW))
		say_hello(r, e, ip_u32(&talker));
}

static void whole_message(struct run *r, struct cur *c)
{
	struct cur peek = *c;
	size_t left = cur_left(c), len;

	cur_bytes(&peek, BGP_HDR_LEN - 3);
	len = cur_u16(&peek);
	if (!cur_ok(&peek) || len > left)
		len = left;
	say(r, r->in, cur_bytes(c, len ? len : 1), len ? len : 1);
}

static void one_step(struct run *r, struct cur *c)
{
	uint8_t what = cur_left(c) ? *c->p : 0, n;

	if (what == MARKER) {
		whole_message(r, c);
		return;
	}
	cur_u8(c);
	what %= STEP_END;
	if (what == STEP_RECONNECT) {
		talker_again(r);
	} else if (what == STEP_CONNECTED) {
		talker_connected(r);
	} else if (what == STEP_LISTENER) {
		listener_again(r);
	} else if (what == STEP_CLOSE) {
		if (r->in && r->in->conn)
			bgp_closed(r->in->conn, "gone", r->now);
		settle(r);
	} else if (what == STEP_MESSAGE) {
		uint8_t type = cur_u8(c);

		n = cur_u8(c);
		say_message(r, BGP_OPEN + type % BGP_ROUTE_REFRESH,
		            cur_sub(c, n < cur_left(c) ? n : cur_left(c)));
	} else {
		n = cur_u8(c);
		if (what == STEP_TIME) {
			pass(r, (int64_t)n * n * 4);
		} else if (what == STEP_LOCAL) {
			local_route(r, n);
		} else {
			struct cur b = cur_sub(c, n < cur_left(c) ? n : cur_left(c));

			if (what == STEP_UPDATE)
				say_message(r, BGP_UPDATE, b);
			else
				say(r, r->in, b.p, cur_left(&b));
		}
	}
}

/* --- the end -------------------------------------------------------------------------
 */

struct compare {
	struct run *r;
	size_t n;
};

static void compare_one(void *arg, const struct rib_key *key, const struct rib_path *best)
{
	struct compare *k = arg;
	const struct attrs_rank *rank = attrs_rank(best->attrs);
	struct rib_path got;

	if (rank->no_advertise ||
	    (rank->has_originator && rank->originator == ip_u32(&listener)))
		return;
	k->n++;
	must(rib_paths(k->r->seen, key, &got, 1) == 1);
	must(got.label == best->label);
	must(ip_eq(&attrs_nexthop(got.attrs)->addr, &attrs_nexthop(best->attrs)->addr));
}

static void compare_all(struct run *r, enum afi afi)
{
	struct compare k = { .r = r };
	uint64_t pos = 0;

	must(r->end_of_rib[afi]);
	while (rib_walk(r->rib, afi, &pos, 64, compare_one, &k))
		;
	must(k.n == rib_source_paths(r->seen, r->told, afi));
}

static void begin(struct run *r)
{
	struct bgp_config cfg = { .as = AS, .router_id = ip_u32(&us), .source = us };
	const struct rib_source local = { .local = true };
	struct bgp_peer_config peer = { .address = talker,
		                        .as = AS,
		                        .hold_time_s = HOLD,
		                        .connect_retry_s = 120,
		                        .client = true };

	r->now.us = 1000000;
	r->rib = cfg.rib = rib_new();
	r->seen = rib_new();
	r->local = rib_source_add(r->rib, &local);
	r->told = rib_source_add(r->seen, &local);
	r->b = bgp_new(&cfg, &io, r, NULL);
	peer.passive = !(r->options & OPT_ACTIVE);
	peer.disable_afi = r->options & OPT_DISABLE;
	peer.max_prefixes = r->options & OPT_FEW ? 3 : 0;
	peer.rt_constrain = peer.add_path.receive = r->options & OPT_MORE;
	peer.add_path.send = r->options & OPT_MORE ? BGP_ADD_PATH_ALL : 0;
	must(!bgp_peer_add(r->b, &peer, r->now));
	peer.address = listener;
	peer.passive = true;
	peer.max_prefixes = 0;
	peer.rt_constrain = peer.add_path.receive = false;
	peer.add_path.send = 0;
	must(!bgp_peer_add(r->b, &peer, r->now));
	r->listener = accepted(r, &listener);
	say_hello(r, r->listener, ip_u32(&listener));
	r->in = accepted(r, &talker);
	if (!(r->options & OPT_RAW))
		say_hello(r, r->in, ip_u32(&talker));
}

static void digest_one(void *arg, const struct rib_key *key, const struct rib_path *best)
{
	struct bgp_span image = attrs_image(best->attrs);

	*(uint64_t *)arg += hash_bytes(key, sizeof(*key)) * 3 + best->label * 5u +
	                    hash_bytes(image.p, image.n) * 7 + best->source->router_id;
}

static uint64_t digest(const struct rib *rib)
{
	uint64_t sum = 0;

	for (int afi = AFI_IP4; afi <= AFI_IP6; afi++) {
		uint64_t pos = 0;

		while (rib_walk(rib, (enum afi)afi, &pos, 64, digest_one, &sum))
			;
	}
	return sum;
}

struct outcome {
	uint64_t table, seen, said;
};

static struct outcome session(const uint8_t *data, size_t size, size_t chunk, bool turns)
{
	static struct run r;
	struct cur c = cur_of(data, size);
	struct outcome ret;

	memset(&r, 0, sizeof(r));
	r.chunk = chunk;
	r.turns = turns;
	if (size && *data != MARKER)
		r.options = cur_u8(&c);
	begin(&r);
	for (int i = 0; i < STEPS && cur_left(&c) && cur_ok(&c); i++)
		one_step(&r, &c);
	settle(&r);
	compare_all(&r, AFI_IP4);
	compare_all(&r, AFI_IP6);
	ret = (struct outcome){ digest(r.rib), digest(r.seen), r.said };

	r.listener->listener = false; /* from here on it may hear a NOTIFICATION */
	r.options |= OPT_RAW;
	bgp_free(r.b);
	rib_free(r.rib);
	rib_free(r.seen);
	for (size_t i = 0; i < r.n_ends; i++)
		buf_fini(&r.end[i].out);
	return ret;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t how = hash_bytes(data, size);
	struct outcome whole = session(data, size, 0, false);
	struct outcome cut = session(data, size, 1 + how % 40, how >> 8 & 1);

	must(whole.table == cut.table && whole.seen == cut.seen);
	must(how >> 8 & 1 || whole.said == cut.said);
	return 0;
}
