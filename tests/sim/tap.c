/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/cur.h"
#include "bgp/bgp_bmp.h"
#include "bgp/bgp_int.h"
#include "bgp/bgp_mrt.h"
#include "wire/bmp.h"
#include "wire/mrt.h"

#include "tests/sim/world.h"
#include "tests/t.h"

/*
 * What MRT and BMP write of a speaker at work, read back by readers of their own: a
 * collector that applies all it was sent must hold what the speaker's table holds.
 */
enum { ROUTES = 4096, PES = 3 };

struct tape {
	const struct world *w;
	struct buf file;
};

static int64_t wall_of(const struct world *w)
{
	return INT64_C(1700000000000000) + w->now.us;
}

static int64_t tape_wall(void *arg)
{
	return wall_of(((struct tape *)arg)->w);
}

struct lab {
	struct world w;
	struct node *rr, *pe[PES];
};

static void lab_init(struct lab *t)
{
	static const char *const ip[PES] = { "192.0.2.11", "192.0.2.12", "192.0.2.13" };

	world_init(&t->w);
	t->rr = world_node(&t->w, "192.0.2.1", 65000, false);
	for (int i = 0; i < PES; i++) {
		t->pe[i] = world_node(&t->w, ip[i], 65000, false);
		world_peer(t->rr, ip[i], 65000, true);
		world_peer(t->pe[i], "192.0.2.1", 65000, false);
	}
}

/* --- MRT -----------------------------------------------------------------------------
 */

struct record {
	uint32_t sec, len;
	uint16_t type, subtype;
	struct cur body;
};

static bool record_next(struct cur *c, struct record *ret)
{
	if (!cur_left(c))
		return false;
	ret->sec = cur_u32(c);
	ret->type = cur_u16(c);
	ret->subtype = cur_u16(c);
	ret->len = cur_u32(c);
	ret->body = cur_sub(c, ret->len);
	CHECK(cur_ok(c));
	CHECK(ret->sec >= 1700000000 && ret->sec < 1700100000);
	return true;
}

static void tape_record(void *arg, const uint8_t *rec, size_t len)
{
	buf_put(&((struct tape *)arg)->file, rec, len);
}

struct heard {
	size_t type[BGP_ROUTE_REFRESH + 1], ups, downs;
};

static void read_session_record(struct record *r, struct heard *ret)
{
	struct bgp_hdr h;
	struct bgp_fault f;
	uint16_t from, to;

	CHECK_INT(r->type, MRT_BGP4MP_ET);
	CHECK(cur_u32(&r->body) < 1000000); /* microseconds */
	CHECK_INT(cur_u32(&r->body), 65000);
	CHECK_INT(cur_u32(&r->body), 65000);
	CHECK_INT(cur_u16(&r->body), 0);
	CHECK_INT(cur_u16(&r->body), AFI_IP4);
	CHECK_INT(cur_u32(&r->body) >> 8, 0xc00002);
	CHECK_INT(cur_u32(&r->body), 0xc0000201);
	if (r->subtype == MRT_STATE_CHANGE_AS4) {
		from = cur_u16(&r->body);
		to = cur_u16(&r->body);
		CHECK(cur_done(&r->body) && from != to);
		ret->ups += to == BGP_ESTABLISHED;
		ret->downs += from == BGP_ESTABLISHED;
		return;
	}
	CHECK_INT(r->subtype, MRT_MESSAGE_AS4);
	CHECK_INT(bgp_msg_frame(r->body.p, cur_left(&r->body), true, &h, &f),
	          BGP_FRAME_MSG);
	CHECK_INT(h.len, cur_left(&r->body));
	ret->type[h.type]++;
}

TEST(every_message_and_state_is_a_record)
{
	struct lab t;
	struct tape tape = { .w = &t.w };
	const struct bgp_mrt_ops ops = { tape_record, tape_wall, &tape };
	struct heard heard = { 0 };
	struct bgp_mrt *m;
	struct record r;
	struct cur c;

	lab_init(&t);
	m = bgp_mrt_new(t.rr->b, &ops);
	world_announce(t.pe[0], 1, AFI_IP4);
	world_announce(t.pe[1], 1, AFI_IP6);
	world_run(&t.w, 40000);
	world_cut(&t.w);
	world_run(&t.w, 5000);
	bgp_mrt_free(m);
	c = cur_of(buf_head(&tape.file), buf_left(&tape.file));
	while (record_next(&c, &r))
		read_session_record(&r, &heard);
	CHECK(heard.ups >= PES);
	CHECK_INT(heard.downs, PES);
	CHECK(heard.type[BGP_OPEN] >= 2 * PES); /* again after the cut */
	CHECK(heard.type[BGP_KEEPALIVE] >= 2 * PES);
	CHECK(heard.type[BGP_UPDATE] >= 2 + 2 * PES); /* End-of-RIB of each */
	world_fini(&t.w);
	buf_fini(&tape.file);
}

static void check_peer_table(struct cur *c)
{
	struct record r;
	uint16_t n;

	CHECK(record_next(c, &r));
	CHECK_INT(r.type, MRT_TABLE_DUMP_V2);
	CHECK_INT(r.subtype, MRT_PEER_INDEX_TABLE);
	CHECK_INT(cur_u32(&r.body), 0xc0000201); /* the collector */
	CHECK_INT(cur_u16(&r.body), 0);          /* the view has no name */
	n = cur_u16(&r.body);
	CHECK_INT(n, 1 + PES);
	for (unsigned i = 0; i < n; i++) {
		uint32_t ip = i ? 0xc000020a + i : 0xc0000201;

		CHECK_INT(cur_u8(&r.body), 2); /* IPv4, four-octet AS */
		CHECK_INT(cur_u32(&r.body), ip);
		CHECK_INT(cur_u32(&r.body), ip);
		CHECK_INT(cur_u32(&r.body), 65000);
	}
	CHECK(cur_done(&r.body));
}

/* One record; returns how many paths it has. */
static size_t check_rib(struct record *r, uint32_t sequence)
{
	struct vpn_nlri nlri;
	uint16_t afi, n;

	CHECK_INT(r->type, MRT_TABLE_DUMP_V2);
	CHECK_INT(r->subtype, MRT_RIB_GENERIC);
	CHECK_INT(cur_u32(&r->body), sequence);
	afi = cur_u16(&r->body);
	CHECK_INT(cur_u8(&r->body), BGP_SAFI_VPN);
	CHECK_INT(nlri_vpn_read(&r->body, (enum afi)afi, false, &nlri), NLRI_OK);
	n = cur_u16(&r->body);
	for (unsigned i = 0; i < n; i++) {
		struct cur attrs;

		CHECK(cur_u16(&r->body) <= PES);
		CHECK(cur_u32(&r->body) <= r->sec);
		attrs = cur_sub(&r->body, cur_u16(&r->body));
		/* MP_REACH_NLRI, cut down to the next hop */
		CHECK_INT(cur_u16(&attrs), 0x800e);
		CHECK_INT(cur_u16(&attrs), 0x0d0c);
	}
	CHECK(cur_done(&r->body));
	return n;
}

TEST(the_table_dump_has_every_path_once)
{
	struct buf out = { 0 };
	struct bgp_mrt_dump *d;
	size_t n = 0, records = 0;
	const struct attrs *attrs;
	struct rib_key key;
	struct record r;
	struct lab t;
	struct cur c;

	lab_init(&t);
	for (unsigned i = 0; i < 100; i++) {
		world_announce(t.pe[i % PES], i, AFI_IP4);
		world_announce(t.pe[i % PES], i, AFI_IP6);
	}
	world_announce_as(t.pe[1], t.pe[0], 0, AFI_IP4, 50); /* a second path */
	world_announce(t.rr, 7, AFI_IP4);                    /* one of its own */
	world_run(&t.w, 5000);
	key = world_key(t.pe[0], 3, AFI_IP4);
	attrs = attrs_ref(world_best(t.rr, t.pe[0], 3, AFI_IP4)->attrs);
	rib_announce(t.rr->rib, t.rr->local, &key, 0, 999, attrs); /* another label */
	attrs_unref(attrs);
	d = bgp_mrt_dump_new(t.rr->b, wall_of(&t.w));
	while (bgp_mrt_dump_step(d, 7, &out))
		;
	CHECK_INT(bgp_mrt_dump_routes(d), 203);
	CHECK_INT(bgp_mrt_dump_left_out(d), 0);
	bgp_mrt_dump_free(d);
	c = cur_of(buf_head(&out), buf_left(&out));
	check_peer_table(&c);
	while (record_next(&c, &r))
		n += check_rib(&r, (uint32_t)records++);
	CHECK_INT(n, 203);
	CHECK_INT(records, 202); /* two paths of one label are one record */
	world_fini(&t.w);
	buf_fini(&out);
}

/* RFC 6396 4.3.1: an entry's peer is an index of the table that began the dump. */
TEST(a_neighbor_that_comes_during_a_table_dump_is_left_out_of_it)
{
	const struct ip gone = {
		.afi = AFI_IP4, .b = {192, 0, 2, 12}
	};
	const char *const later = "192.0.2.14";
	struct buf out = { 0 };
	struct bgp_mrt_dump *d;
	size_t n[1 + PES] = { 0 };
	uint32_t id, sequence = 0;
	struct node *late;
	struct ip late_ip;
	struct record r;
	struct lab t;
	struct cur c;

	lab_init(&t);
	for (unsigned i = 0; i < 20; i++)
		world_announce(t.pe[i % 2], i, AFI_IP4);
	world_run(&t.w, 5000);
	d = bgp_mrt_dump_new(t.rr->b, wall_of(&t.w));
	CHECK(bgp_mrt_dump_step(d, 1, &out));
	id = bgp_peer_find(t.rr->b, &gone)->source->id;
	CHECK_INT(bgp_peer_del(t.rr->b, &gone, t.w.now), 0);
	late = world_node(&t.w, later, 65000, false);
	world_peer(t.rr, later, 65000, true);
	world_peer(late, "192.0.2.1", 65000, false);
	for (unsigned i = 0; i < 30; i++)
		world_announce(late, i, AFI_IP6);
	world_run(&t.w, 20000);
	CHECK(ip_parse(later, &late_ip));
	CHECK_INT(bgp_peer_find(t.rr->b, &late_ip)->source->id, id); /* the trap */
	CHECK_INT(world_routes(t.rr, AFI_IP6), 30);
	while (bgp_mrt_dump_step(d, 7, &out))
		;
	CHECK_INT(bgp_mrt_dump_left_out(d), 30);
	c = cur_of(buf_head(&out), buf_left(&out));
	check_peer_table(&c);
	while (record_next(&c, &r)) {
		struct cur body = r.body;
		struct vpn_nlri nlri;

		CHECK_INT(cur_u32(&body), sequence);
		CHECK_INT(cur_u16(&body), AFI_IP4);
		CHECK_INT(cur_u8(&body), BGP_SAFI_VPN);
		CHECK_INT(nlri_vpn_read(&body, AFI_IP4, false, &nlri), NLRI_OK);
		CHECK_INT(cur_u16(&body), 1);
		n[cur_u16(&body)]++;
		check_rib(&r, sequence++);
	}
	CHECK_INT(n[1], 10);
	CHECK(n[2] <= 1); /* what the first step wrote */
	CHECK_INT(n[3], 0);
	bgp_mrt_dump_free(d);
	world_fini(&t.w);
	buf_fini(&out);
}

/* --- BMP -----------------------------------------------------------------------------
 */

struct held {
	struct rib_key key;
	uint32_t label;
};

/* A collector: what it was told. */
struct station {
	bool begun, ended;
	bool up[PES];
	struct held held[PES][ROUTES];
	size_t n[PES], eors, stats, mirrored;
	uint8_t down_reason;
};

struct collector {
	struct world *w;
	struct bgp_bmp *m;
	struct station *s;
	size_t wakes;
};

static int64_t collector_wall(void *arg)
{
	return wall_of(((struct collector *)arg)->w);
}

static void collector_wake(void *arg)
{
	((struct collector *)arg)->wakes++;
}

static struct held *find(struct station *s, size_t p, const struct rib_key *key)
{
	for (size_t i = 0; i < s->n[p]; i++) {
		if (!memcmp(&s->held[p][i].key, key, sizeof(*key)))
			return &s->held[p][i];
	}
	return NULL;
}

static void put(struct station *s, size_t p, const struct rib_key *key, uint32_t label)
{
	struct held *h = find(s, p, key);

	if (!h) {
		CHECK(s->n[p] < ROUTES);
		h = &s->held[p][s->n[p]++];
		h->key = *key;
	}
	h->label = label;
}

static void take(struct station *s, size_t p, const struct rib_key *key)
{
	struct held *h = find(s, p, key);

	if (h)
		*h = s->held[p][--s->n[p]];
}

static void routes(struct station *s, size_t p, struct bgp_mp *mp, bool in)
{
	enum afi afi = (enum afi)bgp_family_afi(mp->family);
	struct vpn_nlri r;

	while (cur_left(&mp->nlri)) {
		struct rib_key key;

		CHECK_INT(nlri_vpn_read(&mp->nlri, afi, false, &r), NLRI_OK);
		memset(&key, 0, sizeof(key));
		key.rd = r.rd;
		key.prefix = r.prefix;
		if (in)
			put(s, p, &key, r.label);
		else
			take(s, p, &key);
	}
}

static void monitored(struct station *s, size_t p, struct cur c)
{
	static const struct bgp_ctx ctx = { .ibgp = true, .as4 = true, .families = 3 };
	static struct bgp_update u;
	struct bgp_fault f;
	struct bgp_hdr h;

	CHECK_INT(bgp_msg_frame(c.p, cur_left(&c), true, &h, &f), BGP_FRAME_MSG);
	CHECK_INT(h.type, BGP_UPDATE);
	CHECK_INT(h.len, cur_left(&c));
	CHECK_INT(bgp_update_read(&ctx, c.p + BGP_HDR_LEN, h.len - BGP_HDR_LEN, &u),
	          BGP_OK);
	s->eors += u.end_of_rib;
	if (u.unreach.present && !u.end_of_rib)
		routes(s, p, &u.unreach, false);
	if (u.reach.present)
		routes(s, p, &u.reach, true);
}

static void open_skip(struct cur *c)
{
	struct bgp_fault f;
	struct bgp_open o;
	struct bgp_hdr h;

	CHECK_INT(bgp_msg_frame(c->p, cur_left(c), false, &h, &f), BGP_FRAME_MSG);
	CHECK_INT(h.type, BGP_OPEN);
	CHECK(bgp_open_read(c->p + BGP_HDR_LEN, h.len - BGP_HDR_LEN, &o, &f));
	CHECK(cur_bytes(c, h.len));
}

static void stats(struct cur c)
{
	uint32_t n = cur_u32(&c);

	while (n--) {
		cur_u16(&c);
		cur_sub(&c, cur_u16(&c));
	}
	CHECK(cur_done(&c));
}

static size_t peer_header(struct cur *c)
{
	uint32_t last;

	CHECK_INT(cur_u8(c), 0); /* global instance */
	CHECK_INT(cur_u8(c), 0); /* IPv4, pre-policy, four-octet AS */
	for (int i = 0; i < 8 + 12; i++)
		CHECK_INT(cur_u8(c), 0);
	last = cur_u32(c);
	CHECK(last >= 0xc000020b && last < 0xc000020b + PES);
	CHECK_INT(cur_u32(c), 65000);
	CHECK_INT(cur_u32(c), last); /* identifiers are addresses here */
	CHECK(cur_u32(c) >= 1700000000);
	CHECK(cur_u32(c) < 1000000);
	return last - 0xc000020b;
}

static void message(struct station *s, uint8_t type, struct cur c)
{
	size_t p = 0;

	CHECK(!s->ended);
	CHECK_INT(s->begun, type != BMP_INITIATION);
	if (type != BMP_INITIATION && type != BMP_TERMINATION)
		p = peer_header(&c);
	switch (type) {
	case BMP_INITIATION: s->begun = true; return;
	case BMP_TERMINATION: s->ended = true; return;
	case BMP_PEER_UP:
		CHECK(!s->up[p]);
		s->up[p] = true;
		cur_bytes(&c, 12);
		CHECK_INT(cur_u32(&c), 0xc0000201);
		cur_bytes(&c, 4); /* ports */
		open_skip(&c);
		open_skip(&c);
		CHECK(cur_done(&c));
		return;
	case BMP_PEER_DOWN:
		CHECK(s->up[p]);
		s->up[p] = false;
		s->n[p] = 0;
		s->down_reason = cur_u8(&c);
		return;
	case BMP_ROUTE_MONITORING:
		CHECK(s->up[p]);
		monitored(s, p, c);
		return;
	case BMP_STATISTICS:
		stats(c);
		s->stats++;
		return;
	case BMP_ROUTE_MIRRORING:
		CHECK_INT(cur_u16(&c), BMP_MIRROR_INFORMATION);
		CHECK_INT(cur_u16(&c), 2);
		CHECK_INT(cur_u16(&c), BMP_MIRROR_ERRORED);
		CHECK_INT(cur_u16(&c), BMP_MIRROR_MESSAGE);
		CHECK_INT(cur_u16(&c), cur_left(&c));
		s->mirrored++;
		return;
	default: t_fail(__FILE__, __LINE__, "type %u", type);
	}
}

/* Take the whole messages there are among the first max octets. */
static void collect(struct collector *c, size_t max)
{
	struct buf *out = bgp_bmp_out(c->m);

	while (buf_left(out) >= BMP_HDR_LEN) {
		struct cur cur = cur_of(buf_head(out), buf_left(out));
		uint32_t len;
		uint8_t type;

		CHECK_INT(cur_u8(&cur), 3);
		len = cur_u32(&cur);
		type = cur_u8(&cur);
		CHECK(len <= buf_left(out));
		if (len > max)
			return;
		message(c->s, type, cur_sub(&cur, len - BMP_HDR_LEN));
		buf_consume(out, len);
		max -= len;
	}
}

static void collector_init(struct collector *c, struct lab *t, uint32_t stats_s)
{
	struct bgp_bmp_config cfg = { .name = "rr",
		                      .description = "vsubnet",
		                      .stats_interval_s = stats_s,
		                      .wall_us = collector_wall,
		                      .wake = collector_wake,
		                      .arg = c };

	*c = (struct collector){ .w = &t->w };
	c->s = calloc(1, sizeof(*c->s));
	c->m = bgp_bmp_new(t->rr->b, &cfg);
}

static void collector_fini(struct collector *c)
{
	bgp_bmp_free(c->m);
	free(c->s);
}

static void begin(struct collector *c)
{
	memset(c->s, 0, sizeof(*c->s));
	bgp_bmp_begin(c->m, c->w->now);
}

static void drain(struct collector *c)
{
	do {
		CHECK(bgp_bmp_run(c->m, c->w->now));
		collect(c, SIZE_MAX);
	} while (bgp_bmp_dumping(c->m));
}

struct compare {
	struct lab *t;
	struct station *s;
	size_t n[PES];
};

static void compare_path(void *arg, const struct rib_key *key, const struct rib_path *p)
{
	struct compare *c = arg;
	size_t i = p->source->address.b[3] - 11u;
	struct rib_key k;
	struct held *h;

	if (p->source->local || p->stale)
		return;
	memset(&k, 0, sizeof(k));
	k = *key;
	h = find(c->s, i, &k);
	CHECK(h && h->label == p->label);
	c->n[i]++;
}

static void check_same(struct lab *t, struct collector *c)
{
	struct compare cmp = { .t = t, .s = c->s };

	for (int afi = AFI_IP4; afi <= AFI_IP6; afi++) {
		uint64_t pos = 0;

		while (rib_walk_paths(t->rr->rib, (enum afi)afi, &pos, 100, compare_path,
		                      &cmp))
			;
	}
	for (size_t i = 0; i < PES; i++)
		CHECK_INT(c->s->n[i], cmp.n[i]);
}

TEST(a_collector_that_comes_late_gets_sessions_and_table)
{
	struct collector c;
	struct lab t;

	lab_init(&t);
	collector_init(&c, &t, 60);
	for (unsigned i = 0; i < 1500; i++) {
		world_announce(t.pe[i % PES], i, AFI_IP4);
		world_announce(t.pe[i % PES], i, i % 2 ? AFI_IP6 : AFI_IP4);
	}
	world_run(&t.w, 5000);
	begin(&c);
	CHECK(c.wakes);
	drain(&c);
	check_same(&t, &c);
	for (int i = 0; i < PES; i++)
		CHECK(c.s->up[i]);
	CHECK_INT(c.s->eors, 2 * PES);
	CHECK_INT(c.s->n[0], 750);
	world_run(&t.w, 61000);
	drain(&c);
	CHECK_INT(c.s->stats, PES);
	CHECK(bgp_bmp_counters(c.m)->monitored < 100); /* packed */
	bgp_bmp_terminate(c.m);
	collect(&c, SIZE_MAX);
	CHECK(c.s->ended);
	collector_fini(&c);
	world_fini(&t.w);
}

TEST(a_collector_holds_what_the_table_holds_whatever_happens)
{
	uint32_t seed = 7;
	struct collector c;
	struct lab t;

	lab_init(&t);
	collector_init(&c, &t, 0);
	begin(&c);
	for (int round = 0; round < 400; round++) {
		uint32_t pe, host;

		seed = seed * 1664525 + 1013904223;
		pe = (seed >> 8) % PES;
		host = (seed >> 16) % 300;
		if (seed >> 28 < 11) {
			for (unsigned i = 0; i < (seed >> 10) % 40; i++)
				world_announce_pref(t.pe[pe], (host + i) % 300, AFI_IP4,
				                    100 + (seed >> 5) % 3);
		} else if (world_best(t.pe[pe], t.pe[pe], host, AFI_IP4)) {
			world_withdraw(t.pe[pe], host, AFI_IP4);
		}
		if (round % 97 == 96)
			world_cut(&t.w);
		if (round % 53 == 52)
			begin(&c); /* its connection broke */
		world_run(&t.w, (seed >> 12) % 2000);
		CHECK(bgp_bmp_run(c.m, t.w.now));
		collect(&c, (seed >> 4) % 3000);
	}
	world_run(&t.w, 30000);
	drain(&c);
	check_same(&t, &c);
	CHECK(c.s->n[0] > 20);
	collector_fini(&c);
	world_fini(&t.w);
}

TEST(a_collector_that_is_too_slow_begins_anew_from_the_table)
{
	const struct bgp_bmp_counters *n;
	struct collector c;
	bool flip = false;
	struct lab t;

	lab_init(&t);
	collector_init(&c, &t, 0);
	n = bgp_bmp_counters(c.m);
	world_run(&t.w, 5000);
	begin(&c);
	while (bgp_bmp_run(c.m, t.w.now)) { /* it takes nothing */
		for (unsigned i = 0; i < 2000; i++)
			world_announce_pref(t.pe[i % PES], i, AFI_IP4, flip ? 7 : 8);
		flip = !flip;
		world_settle(&t.w);
		CHECK(n->octets <= BGP_BMP_LIMIT + 70000);
	}
	CHECK_INT(n->overflows, 1);
	CHECK(buf_left(bgp_bmp_out(c.m)) <= BGP_BMP_LIMIT + 70000);
	begin(&c);
	drain(&c);
	check_same(&t, &c);
	collector_fini(&c);
	world_fini(&t.w);
}

/* What follows a bad header is no message, however much of it came at once. */
TEST(a_flood_of_rubbish_is_mirrored_up_to_the_length_of_a_message)
{
	static const uint8_t rubbish[70000];
	struct collector c;
	struct node *x;
	struct pipe *p;
	struct lab t;

	lab_init(&t);
	x = world_scripted(&t.w, "192.0.2.11");
	world_node_free(t.pe[0]);
	t.w.connect_refused = x->ip;
	collector_init(&c, &t, 0);
	begin(&c);
	p = script_connect(x, t.rr);
	script_up(&t.w, p, 65000);
	drain(&c);
	CHECK(c.s->up[0]);
	script_send(p, rubbish, sizeof(rubbish));
	drain(&c);
	CHECK(!c.s->up[0]);
	CHECK_INT(c.s->mirrored, 1);
	collector_fini(&c);
	world_fini(&t.w);
}

TEST(what_is_malformed_is_mirrored_and_its_routes_withdrawn)
{
	struct collector c;
	struct node *x;
	struct pipe *p;
	struct lab t;

	lab_init(&t);
	x = world_scripted(&t.w, "192.0.2.11");
	(void)x;
	world_node_free(t.pe[0]);
	t.w.connect_refused = x->ip;
	collector_init(&c, &t, 0);
	begin(&c);
	p = script_connect(x, t.rr);
	script_up(&t.w, p, 65000);
	script_hex(p, "0049 02 0000 0032 800e21000180 0c 0000000000000000c000020b 00 78 "
	              "000101 0001c000020b0064 0a090001 40010100 400200 40050400000064");
	drain(&c);
	CHECK_INT(c.s->n[0], 1);
	script_hex(p, "0049 02 0000 0032 800e21000180 0c 0000000000000000c000020b 00 78 "
	              "000101 0001c000020b0064 0a090001 40010109 400200 40050400000064");
	drain(&c);
	CHECK_INT(c.s->n[0], 0);
	CHECK_INT(c.s->mirrored, 1);
	check_same(&t, &c);
	script_hex(p, "0017 03 0602 0000"); /* its administrator */
	drain(&c);
	CHECK(!c.s->up[0]);
	CHECK_INT(c.s->down_reason, BMP_DOWN_REMOTE_NOTIFICATION);
	collector_fini(&c);
	world_fini(&t.w);
}
