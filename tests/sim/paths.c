/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/mem.h"
#include "bgp/bgp_int.h"
#include "bgp/bgp_paths.h"
#include "wire/bgp_refresh.h"
#include "wire/bgp_write.h"

#include "tests/sim/world.h"
#include "tests/t.h"

/*
 * ADD-PATH (RFC 7911) both ways against a naive model.  Some neighbors tell one path of a
 * destination, some several; some hear all, some the best two, some only the best.  When
 * all is quiet each holds what the table says it should, under identifiers that are
 * unique and belong to one path; on the way nothing is said twice, and nothing is
 * withdrawn that is not held.
 */
enum { MEMBERS = 6, DESTS = 40, IDS = 4, ROUNDS = 500, HELD = 64 };

/* The label says whose path it is: 16 + 4096 * member + 256 * its id + anything. */
static uint32_t owner_of(uint32_t label)
{
	return (label - 16) / 256;
}

struct held {
	bool there, stale;
	uint32_t label, pref;
};

struct member {
	struct node *node;
	struct pipe *pipe;
	struct bgp_peer *peer;
	uint8_t send; /* what it is sent: BGP_ADD_PATH_ALL, a number, 0 */
	bool tells;   /* several paths */
	bool refreshing;
	struct held held[DESTS][HELD]; /* by path id */
	bool touched[DESTS];
	size_t most; /* paths of one destination held */
};

static struct {
	struct world w;
	struct node *rr;
	struct member m[MEMBERS];
	struct rib *scratch;
	uint32_t seed;
} g;

static uint32_t draw(uint32_t n)
{
	g.seed = g.seed * 1664525u + 1013904223u;
	return (uint32_t)((uint64_t)(g.seed >> 4) * n >> 28);
}

static struct rib_key key_of(size_t d)
{
	const struct ip pe = ip_of_u32(0xc0000200);
	uint8_t a[16] = { 10, 0, 0, (uint8_t)d };
	struct ip ip = ip_of(AFI_IP4, a);
	struct rib_key key;

	memset(&key, 0, sizeof(key));
	key.rd = rd_of_ip(&pe, 1);
	key.prefix = prefix_host(&ip);
	return key;
}

static void touch_all(void)
{
	for (size_t i = 0; i < MEMBERS; i++)
		memset(g.m[i].touched, 1, sizeof(g.m[i].touched));
}

static void say(struct member *m, size_t d, size_t n, bool withdraw)
{
	const struct bgp_send kind = { .as4 = true, .local_pref = true };
	uint8_t msg[BGP_MSG_MAX], attrs[512];
	struct wbuf w = wbuf_of(msg, sizeof(msg)), wa = wbuf_of(attrs, sizeof(attrs));
	struct bgp_attrs a = { .local_pref = 100 + draw(3) };
	struct bgp_write u;
	const struct attrs *set;

	bgp_attr_set(&a, BGP_ATTR_ORIGIN);
	bgp_attr_set(&a, BGP_ATTR_AS_PATH);
	bgp_attr_set(&a, BGP_ATTR_LOCAL_PREF);
	a.nexthop.addr = m->node->ip;
	set = attrs_intern(rib_attrs(g.scratch), &a);
	CHECK(bgp_write_attrs(&wa, attrs_image(set).p, attrs_image(set).n, &kind));
	if (withdraw)
		bgp_write_unreach(&u, &w, sizeof(msg), BGP_VPN4, m->tells);
	else
		bgp_write_reach(&u, &w, sizeof(msg), BGP_VPN4, m->tells,
		                attrs_nexthop(set), attrs, wa.len);
	for (size_t i = d; i < d + n && i < DESTS; i++) {
		const struct rib_key key = key_of(i);
		uint32_t id = m->tells ? draw(IDS) : 0;
		const struct vpn_nlri r = {
			.path_id = id,
			.label = 16 + 4096 * (uint32_t)(m - g.m) + 256 * id + draw(5),
			.rd = key.rd,
			.prefix = key.prefix,
		};

		CHECK(bgp_write_vpn(&u, &r));
		for (size_t k = 0; k < MEMBERS; k++)
			g.m[k].touched[i] = true;
	}
	CHECK(bgp_write_end(&u));
	script_send(m->pipe, msg, w.len);
	attrs_unref(set);
}

static void hear_routes(struct member *m, const struct bgp_mp *mp, bool withdraw,
                        const struct bgp_attrs *a)
{
	struct cur c = mp->nlri;
	struct vpn_nlri r;

	CHECK_INT(mp->addpath, m->send > 0);
	while (cur_left(&c) && nlri_vpn_read(&c, AFI_IP4, mp->addpath, &r) == NLRI_OK) {
		size_t d = r.prefix.ip.b[3];
		struct held *h;

		CHECK(r.path_id < HELD && (r.path_id > 0 || !m->send));
		h = &m->held[d][r.path_id];
		if (withdraw) {
			CHECK(h->there);
			*h = (struct held){ 0 };
			continue;
		}
		if (h->there && m->send) /* an identifier is one path's */
			CHECK_INT(owner_of(h->label), owner_of(r.label));
		/* With one path it may have been another for a moment. */
		CHECK((m->touched[d] && !m->send) || m->refreshing || !h->there ||
		      h->label != r.label || h->pref != a->local_pref);
		*h = (struct held){ true, false, r.label, a->local_pref };
	}
}

static void hear_refresh(struct member *m, bool begin)
{
	m->refreshing = begin;
	for (size_t i = 0; i < (size_t)DESTS * HELD; i++) {
		struct held *h = &m->held[i / HELD][i % HELD];

		if (begin)
			h->stale = h->there;
		else
			CHECK(!h->stale);
	}
}

static void hear(struct member *m)
{
	const uint32_t v4 = bgp_family_bit(BGP_VPN4);
	const struct bgp_ctx ctx = {
		.ibgp = true, .as4 = true, .families = v4, .addpath_rx = m->send ? v4 : 0
	};
	static struct bgp_update u;
	struct bgp_refresh r;
	struct bgp_fault f;
	const uint8_t *msg;
	size_t len;
	int type;

	while ((type = script_next(m->pipe, &msg, &len))) {
		CHECK(type != BGP_NOTIFICATION);
		if (type == BGP_ROUTE_REFRESH) {
			CHECK(bgp_refresh_read(msg, len, true, &r, &f));
			hear_refresh(m, r.subtype == BGP_REFRESH_BEGIN);
		}
		if (type != BGP_UPDATE)
			continue;
		CHECK_INT(bgp_update_read(&ctx, msg + BGP_HDR_LEN, len - BGP_HDR_LEN, &u),
		          BGP_OK);
		if (u.unreach.present && !u.end_of_rib)
			hear_routes(m, &u.unreach, true, NULL);
		if (u.reach.present)
			hear_routes(m, &u.reach, false, &u.attrs);
	}
}

static bool holds(const struct member *m, size_t d, const struct rib_path *p)
{
	for (size_t id = 0; id < HELD; id++) {
		const struct held *h = &m->held[d][id];

		if (h->there && h->label == p->label)
			return h->pref == attrs_rank(p->attrs)->local_pref;
	}
	return false;
}

static void check_member(struct member *m)
{
	size_t told = 0;

	for (size_t d = 0; d < DESTS; d++) {
		const struct rib_key key = key_of(d);
		struct rib_path p[MEMBERS * IDS];
		size_t n = rib_paths(g.rr->rib, &key, p, ARRAY_LEN(p)), want = 0, has = 0;

		if (!m->send && n) /* the best one, or nothing */
			n = 1;
		for (size_t i = 0; i < n; i++) {
			if (p[i].source == m->peer->source)
				continue;
			if (want == (m->send ? m->send : 1))
				break;
			CHECK(holds(m, d, &p[i]));
			want++;
		}
		for (size_t id = 0; id < HELD; id++)
			has += m->held[d][id].there;
		CHECK_INT(has, want);
		CHECK_INT(bgp_group_holds(m->peer, &key), want > 0);
		m->most = has > m->most ? has : m->most;
		told += has;
	}
	CHECK_INT(bgp_group_told_count(m->peer, AFI_IP4), told);
	memset(m->touched, 0, sizeof(m->touched));
}

static void come(struct member *m)
{
	struct bgp_open o = script_open(m->node, 65000);

	m->pipe = script_connect(m->node, g.rr);
	o.hold_time = 0;
	o.caps.families = bgp_family_bit(BGP_VPN4);
	o.caps.gr.present = false;
	o.caps.addpath_rx = m->send ? o.caps.families : 0;
	o.caps.addpath_tx = m->tells ? o.caps.families : 0;
	script_send_open(m->pipe, &o);
	script_keepalive(m->pipe);
	memset(m->held, 0, sizeof(m->held));
	m->refreshing = false;
	touch_all();
}

static void flap(struct member *m)
{
	m->node->deaf = false;
	m->pipe->closed = true;
	touch_all();
	world_settle(&g.w);
	m->peer->failures = 0;
	world_run(&g.w, 2000);
	come(m);
}

static void start(uint32_t seed)
{
	static const uint8_t send[MEMBERS] = { BGP_ADD_PATH_ALL, 2, 0,
		                               BGP_ADD_PATH_ALL, 3, 0 };

	memset(&g, 0, sizeof(g));
	g.seed = seed;
	world_init(&g.w);
	g.w.window = 600;
	g.rr = world_node(&g.w, "192.0.2.1", 65000, false);
	g.rr->b->tx_limits = (struct bgp_tx_limits){ 1200, 300, 2400, 700 };
	g.scratch = rib_new();
	for (size_t i = 0; i < MEMBERS; i++) {
		struct member *m = &g.m[i];
		struct bgp_peer_config cfg;
		char ip[32];

		snprintf(ip, sizeof(ip), "192.0.2.%zu", 11 + i);
		m->node = world_scripted(&g.w, ip);
		m->send = send[i];
		m->tells = i % 2 == 0;
		cfg = world_peer_config(ip, 65000, true);
		cfg.passive = true;
		cfg.add_path.send = m->send;
		cfg.add_path.receive = m->tells;
		world_peer_as(g.rr, &cfg);
		m->peer = container_of(g.rr->b->peers.prev, struct bgp_peer, link);
		come(m);
	}
	world_settle(&g.w);
}

static void one_op(void)
{
	struct member *m = &g.m[draw(MEMBERS)];
	uint32_t what = draw(1000);
	uint8_t msg[64];
	struct wbuf w = wbuf_of(msg, sizeof(msg));
	size_t d = draw(DESTS);

	if (what < 500) {
		say(m, d, 1 + draw(4), false);
	} else if (what < 540) {
		say(m, d, DESTS, false);
	} else if (what < 780) {
		say(m, d, 1 + draw(4), true);
	} else if (what < 810) {
		say(m, d, DESTS, true);
	} else if (what < 880) {
		m->node->deaf = !m->node->deaf;
	} else if (what < 930) {
		bgp_refresh_write(&w, BGP_VPN4, BGP_REFRESH_REQUEST);
		script_send(m->pipe, msg, w.len);
	} else if (what < 950) {
		bgp_tx_reconsider(m->peer, AFI_IP4);
	} else if (what < 957) {
		flap(m);
	} else {
		world_settle(&g.w);
	}
}

static void run(uint32_t seed)
{
	struct rib_stats st;

	start(seed);
	for (int round = 0; round < ROUNDS; round++) {
		for (uint32_t n = 1 + draw(10); n; n--)
			one_op();
		for (size_t i = 0; i < MEMBERS; i++)
			g.m[i].node->deaf &= draw(4) != 0;
		world_settle(&g.w);
		for (size_t i = 0; i < MEMBERS; i++) {
			if (g.m[i].node->deaf)
				continue;
			hear(&g.m[i]);
			check_member(&g.m[i]);
		}
	}
	CHECK(g.m[0].most > 5 && g.m[3].most > 5);
	CHECK_INT(g.m[1].most, 2);
	CHECK_INT(g.m[2].most, 1);
	for (size_t i = 0; i < MEMBERS; i++) {
		g.m[i].node->deaf = false;
		g.m[i].pipe->closed = true;
	}
	world_settle(&g.w);
	rib_stats(g.rr->rib, &st);
	CHECK_INT(st.dests[AFI_IP4], 0);
	CHECK_INT(st.attr_sets, 0); /* nor does what was told hold any */
	world_fini(&g.w);
	rib_free(g.scratch);
}

TEST(each_neighbor_holds_as_many_paths_as_it_asked_for)
{
	for (uint32_t seed = 1; seed <= 4; seed++)
		run(seed);
}

/* RFC 7911 4: path ids only where one side says it sends and the other that it receives.
 */
TEST(path_ids_are_sent_only_where_both_sides_agree)
{
	for (int mask = 0; mask < 16; mask++) {
		struct bgp_peer_config ca, cb;
		struct node *a, *b;
		struct world w;
		uint32_t v4 = bgp_family_bit(BGP_VPN4);

		world_init(&w);
		a = world_node(&w, "192.0.2.1", 65000, false);
		b = world_node(&w, "192.0.2.2", 65000, false);
		ca = world_peer_config("192.0.2.2", 65000, true);
		cb = world_peer_config("192.0.2.1", 65000, true);
		ca.add_path.send = mask & 1 ? BGP_ADD_PATH_ALL : 1; /* the best only */
		ca.add_path.receive = mask & 2;
		cb.add_path.send = mask & 4 ? BGP_ADD_PATH_ALL : 0;
		cb.add_path.receive = mask & 8;
		world_peer_as(a, &ca);
		world_peer_as(b, &cb);
		world_announce(a, 1, AFI_IP4);
		world_announce(b, 2, AFI_IP6);
		world_settle(&w);
		CHECK(world_best(b, a, 1, AFI_IP4));
		CHECK(world_best(a, b, 2, AFI_IP6));
		CHECK_INT(world_best(b, a, 1, AFI_IP4)->path_id, (mask & 9) == 9);
		CHECK_INT(world_best(a, b, 2, AFI_IP6)->path_id, (mask & 6) == 6);
		list_for(p, &a->b->peers, struct bgp_peer, link)
			CHECK_INT((bgp_rx_context(p->up).addpath_rx & v4) != 0,
			          (mask & 6) == 6);
		world_fini(&w);
	}
}

/* A neighbor cannot make one destination cost without bound. */
TEST(more_paths_of_a_destination_than_the_limit_are_refused_and_counted)
{
	const struct rib_key key = key_of(1);
	struct rib_path p[RIB_PATHS_MAX + 8];
	struct member *m;

	start(1);
	m = &g.m[0];
	for (uint32_t id = 0; id < RIB_PATHS_MAX + 5; id++) {
		const struct bgp_send kind = { .as4 = true, .local_pref = true };
		const struct vpn_nlri r = { .path_id = id,
			                    .label = 100 + id,
			                    .rd = key.rd,
			                    .prefix = key.prefix };
		uint8_t msg[512], attrs[256];
		struct wbuf w = wbuf_of(msg, sizeof(msg));
		struct wbuf wa = wbuf_of(attrs, sizeof(attrs));
		struct bgp_nexthop nh = { .addr = m->node->ip };
		struct bgp_attrs a = { 0 };
		uint8_t image[128];
		struct wbuf wi = wbuf_of(image, sizeof(image));
		struct bgp_write u;

		bgp_attr_set(&a, BGP_ATTR_ORIGIN);
		bgp_attr_set(&a, BGP_ATTR_AS_PATH);
		CHECK(bgp_attrs_canon(&a, &wi));
		CHECK(bgp_write_attrs(&wa, image, wi.len, &kind));
		bgp_write_reach(&u, &w, sizeof(msg), BGP_VPN4, true, &nh, attrs, wa.len);
		CHECK(bgp_write_vpn(&u, &r));
		CHECK(bgp_write_end(&u));
		script_send(m->pipe, msg, w.len);
	}
	world_settle(&g.w);
	CHECK_INT(rib_paths(g.rr->rib, &key, p, ARRAY_LEN(p)), RIB_PATHS_MAX);
	CHECK_INT(m->peer->rejected[BGP_REJECT_PATHS], 5);
	CHECK(m->peer->up);
	world_fini(&g.w);
	rib_free(g.scratch);
}
