/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bgp/bgp_rtc.h"
#include "wire/bgp_msg.h"
#include "wire/bgp_refresh.h"
#include "wire/bgp_write.h"

#include "tests/sim/world.h"
#include "tests/t.h"

/* Route target constrain (RFC 4684), one rule after the other; the sum of them is
 * rtc_random.c. */

static void peer_rtc(struct node *n, const char *ip, bool client)
{
	struct bgp_peer_config cfg = world_peer_config(ip, 65000, client);

	cfg.rt_constrain = true;
	cfg.connect_retry_s = 2;
	world_peer_as(n, &cfg);
}

/* n's neighbor at that address. */
static struct bgp_peer *peer_at(const struct node *n, const char *ip)
{
	struct ip a;

	CHECK(ip_parse(ip, &a));
	list_for(p, &n->b->peers, struct bgp_peer, link) {
		if (ip_eq(&p->cfg.address, &a))
			return p;
	}
	t_fail(__FILE__, __LINE__, "no neighbor %s", ip);
}

struct rtc_world { /* a reflector, three PEs that are its clients, and a scripted end */
	struct world w;
	struct node *rr, *pe[3], *x;
	struct pipe *p;
};

static const char *const pe_ip[] = { "192.0.2.11", "192.0.2.12", "192.0.2.13" };
#define X_IP  "192.0.2.99"
#define RT(n) (UINT64_C(1) << (n))

/* frugal: the reflector does not ask for everything, so it passes memberships on to its
 * clients, too. */
static void init_as(struct rtc_world *t, size_t n_pes, bool x_client, bool frugal)
{
	world_init(&t->w);
	t->rr = world_node(&t->w, "192.0.2.1", 65000, frugal);
	for (size_t i = 0; i < n_pes; i++) {
		t->pe[i] = world_node(&t->w, pe_ip[i], 65000, true);
		t->pe[i]->by_target = true;
		peer_rtc(t->rr, pe_ip[i], true);
		peer_rtc(t->pe[i], "192.0.2.1", false);
	}
	t->x = world_scripted(&t->w, X_IP);
	peer_rtc(t->rr, X_IP, x_client);
	world_settle(&t->w);
}

static void init(struct rtc_world *t, size_t n_pes, bool x_client)
{
	init_as(t, n_pes, x_client, false);
}

/* The scripted end comes up, with or without the family, or restarting. */
static void x_open(struct rtc_world *t, const struct bgp_open *o)
{
	world_run(&t->w, 5000);
	t->p = script_connect(t->x, t->rr);
	script_send_open(t->p, o);
	script_keepalive(t->p);
}

static struct bgp_open x_caps(const struct rtc_world *t, bool rtc)
{
	struct bgp_open o = script_open(t->x, 65000);

	if (rtc)
		o.caps.families |= bgp_family_bit(BGP_RTC);
	return o;
}

static void x_up(struct rtc_world *t)
{
	const struct bgp_open o = x_caps(t, true);

	x_open(t, &o);
}

static struct rtc_nlri nlri(unsigned rt, uint8_t bits)
{
	struct extcom x = extcom_of_as(EXTCOM_RT, 65000, rt);
	struct rtc_nlri n = { .bits = bits, .origin_as = bits ? 65000 : 0 };

	n.rt = nlri_rtc_prefix(&x, bits);
	return n;
}

static struct bgp_attrs well(void)
{
	struct bgp_attrs a = { .local_pref = 100 };

	bgp_attr_set(&a, BGP_ATTR_ORIGIN);
	bgp_attr_set(&a, BGP_ATTR_AS_PATH);
	bgp_attr_set(&a, BGP_ATTR_LOCAL_PREF);
	return a;
}

static void x_announce_with(struct rtc_world *t, const struct rtc_nlri *n,
                            const struct bgp_attrs *a)
{
	const struct bgp_send kind = { .as4 = true };
	const struct bgp_nexthop nh = { .addr = t->x->ip };
	uint8_t image[4096], attrs[4096], msg[BGP_MSG_MAX];
	struct wbuf i = wbuf_of(image, sizeof(image)), at = wbuf_of(attrs, sizeof(attrs));
	struct wbuf w = wbuf_of(msg, sizeof(msg));
	struct bgp_write u;

	CHECK(bgp_attrs_canon(a, &i));
	CHECK(bgp_write_attrs(&at, i.buf, i.len, &kind));
	bgp_write_reach(&u, &w, sizeof(msg), BGP_RTC, false, &nh, at.buf, at.len);
	CHECK(bgp_write_rtc(&u, n));
	CHECK(bgp_write_end(&u));
	script_send(t->p, msg, w.len);
}

static void x_announce(struct rtc_world *t, unsigned rt, uint8_t bits)
{
	const struct rtc_nlri n = nlri(rt, bits);
	const struct bgp_attrs a = well();

	x_announce_with(t, &n, &a);
}

static void x_withdraw(struct rtc_world *t, unsigned rt, uint8_t bits)
{
	const struct rtc_nlri n = nlri(rt, bits);
	uint8_t msg[BGP_MSG_MAX];
	struct wbuf w = wbuf_of(msg, sizeof(msg));
	struct bgp_write u;

	bgp_write_unreach(&u, &w, sizeof(msg), BGP_RTC, false);
	CHECK(bgp_write_rtc(&u, &n));
	CHECK(bgp_write_end(&u));
	script_send(t->p, msg, w.len);
}

static void x_end_of_rib(struct rtc_world *t)
{
	uint8_t msg[BGP_MSG_MAX];
	struct wbuf w = wbuf_of(msg, sizeof(msg));

	bgp_write_end_of_rib(&w, BGP_RTC);
	script_send(t->p, msg, w.len);
}

/* What the scripted end was told since it was last asked. */
struct heard {
	size_t vpn, vpn_gone, vpn_ends;
	size_t rtc, rtc_gone, rtc_ends;
	size_t gone_before; /* … the default came */
	struct rtc_nlri last;
	struct bgp_nexthop nexthop; /* of the last membership … */
	uint32_t originator;        /* … 0: without */
	size_t clusters;
	size_t notifications, refreshes;
	uint16_t fault;
};

static void hear_rtc(struct heard *h, struct bgp_update *u)
{
	while (cur_left(&u->reach.nlri)) {
		CHECK_INT(nlri_rtc_read(&u->reach.nlri, false, &h->last), NLRI_OK);
		h->rtc++;
		if (!h->last.bits)
			h->gone_before = h->rtc_gone;
	}
	while (cur_left(&u->unreach.nlri)) {
		CHECK_INT(nlri_rtc_read(&u->unreach.nlri, false, &h->last), NLRI_OK);
		h->rtc_gone++;
	}
	h->nexthop = u->reach.nexthop;
	h->originator = u->attrs.originator_id;
	h->clusters = u->attrs.cluster_list.n / 4;
}

static struct heard hear(struct rtc_world *t)
{
	const struct bgp_ctx ctx = {
		.ibgp = true,
		.as4 = true,
		.families = bgp_family_bit(BGP_VPN4) | bgp_family_bit(BGP_VPN6) |
		            bgp_family_bit(BGP_RTC),
	};
	static struct bgp_update u;
	struct heard h = { 0 };
	const uint8_t *msg;
	size_t len;
	int type;

	world_settle(&t->w);
	while ((type = script_next(t->p, &msg, &len))) {
		if (type == BGP_NOTIFICATION) {
			h.notifications++;
			h.fault =
				(uint16_t)(msg[BGP_HDR_LEN] << 8 | msg[BGP_HDR_LEN + 1]);
		}
		h.refreshes += type == BGP_ROUTE_REFRESH;
		if (type != BGP_UPDATE)
			continue;
		CHECK_INT(bgp_update_read(&ctx, msg + BGP_HDR_LEN, len - BGP_HDR_LEN, &u),
		          BGP_OK);
		if (u.end_of_rib && u.end_of_rib_family == BGP_RTC)
			h.rtc_ends++;
		else if (u.end_of_rib)
			h.vpn_ends++;
		else if (u.reach.family == BGP_RTC && u.reach.present)
			hear_rtc(&h, &u);
		else if (u.unreach.family == BGP_RTC && u.unreach.present)
			hear_rtc(&h, &u);
		h.vpn += u.reach.family != BGP_RTC ? u.reach.n_routes : 0;
		h.vpn_gone += u.unreach.family != BGP_RTC ? u.unreach.n_routes : 0;
	}
	return h;
}

/* --- who gets what -------------------------------------------------------------------
 */

TEST(a_pe_gets_the_routes_it_imports_of_both_families_and_hears_of_no_other)
{
	struct rtc_world t;

	init(&t, 3, true);
	world_import(t.pe[0], 1, true);
	world_import(t.pe[1], 2, true);
	for (int afi = AFI_IP4; afi <= AFI_IP6; afi++) {
		world_announce_rts(t.pe[2], 1, afi, RT(1));
		world_announce_rts(t.pe[2], 2, afi, RT(2));
		world_announce_rts(t.pe[2], 3, afi, RT(1) | RT(2));
		world_announce_rts(t.pe[2], 4, afi, RT(3));
		world_announce_rts(t.pe[2], 5, afi, 0);
	}
	world_settle(&t.w);
	for (int afi = AFI_IP4; afi <= AFI_IP6; afi++) {
		CHECK_INT(world_routes(t.rr, afi), 5);
		CHECK(world_best(t.pe[0], t.pe[2], 1, afi));
		CHECK(world_best(t.pe[0], t.pe[2], 3, afi));
		CHECK_INT(world_routes(t.pe[0], afi), 2);
		CHECK(world_best(t.pe[1], t.pe[2], 2, afi));
		CHECK_INT(world_routes(t.pe[1], afi), 2);
	}
	CHECK_INT(peer_at(t.rr, pe_ip[0])->routes_tx, 4);
	CHECK_INT(peer_at(t.rr, pe_ip[2])->routes_tx, 0);
	CHECK_INT(peer_at(t.pe[0], "192.0.2.1")->rejected[BGP_REJECT_UNWANTED], 0);
	world_fini(&t.w);
}

TEST(a_route_whose_targets_change_comes_and_goes)
{
	struct rtc_world t;

	init(&t, 2, true);
	world_import(t.pe[0], 1, true);
	world_announce_rts(t.pe[1], 1, AFI_IP4, RT(2));
	world_settle(&t.w);
	CHECK_INT(world_routes(t.pe[0], AFI_IP4), 0);
	world_announce_rts(t.pe[1], 1, AFI_IP4, RT(2) | RT(1));
	world_settle(&t.w);
	CHECK_INT(world_routes(t.pe[0], AFI_IP4), 1);
	world_announce_rts(t.pe[1], 1, AFI_IP4, RT(2));
	world_settle(&t.w);
	CHECK_INT(world_routes(t.pe[0], AFI_IP4), 0);
	world_fini(&t.w);
}

/* RFC 4684 6: the minimum of updates. */
TEST(an_import_that_comes_or_goes_moves_its_routes_and_no_others)
{
	struct rtc_world t;
	struct bgp_peer *p;

	init(&t, 2, true);
	world_import(t.pe[0], 1, true);
	for (unsigned h = 0; h < 100; h++)
		world_announce_rts(t.pe[1], h, h % 2 ? AFI_IP6 : AFI_IP4,
		                   h < 60   ? RT(1)
		                   : h < 90 ? RT(2)
		                            : RT(1) | RT(2));
	world_settle(&t.w);
	p = peer_at(t.rr, pe_ip[0]);
	CHECK_INT(p->routes_tx, 70);
	world_import(t.pe[0], 2, true);
	world_settle(&t.w);
	CHECK_INT(p->routes_tx, 100);
	CHECK_INT(p->withdrawn_tx, 0);
	world_import(t.pe[0], 1, false);
	world_settle(&t.w);
	CHECK_INT(p->routes_tx, 100);
	CHECK_INT(p->withdrawn_tx, 60);
	CHECK_INT(world_routes(t.pe[0], AFI_IP4) + world_routes(t.pe[0], AFI_IP6), 40);
	/* nobody asked for anything again */
	CHECK_INT(peer_at(t.pe[0], "192.0.2.1")->tx[BGP_ROUTE_REFRESH], 0);
	world_fini(&t.w);
}

TEST(a_neighbor_without_it_gets_everything_and_is_asked_anew_when_imports_grow)
{
	struct rtc_world t;
	struct bgp_open o;

	init(&t, 1, true);
	for (unsigned h = 0; h < 3; h++)
		world_announce_rts(t.pe[0], h, AFI_IP4, h ? RT(h) : 0);
	o = x_caps(&t, false);
	x_open(&t, &o);
	CHECK_INT(hear(&t).vpn, 3);
	world_fini(&t.w);

	/* the other way round: a PE whose reflector has none of it */
	world_init(&t.w);
	t.rr = world_node(&t.w, "192.0.2.1", 65000, true);
	t.x = world_scripted(&t.w, X_IP);
	peer_rtc(t.rr, X_IP, false);
	x_open(&t, &o);
	hear(&t);
	world_import(t.rr, 1, true);
	world_import(t.rr, 2, true);
	CHECK_INT(hear(&t).refreshes, 2); /* once for both, each family */
	world_import(t.rr, 2, true);
	world_import(t.rr, 1, false);
	CHECK_INT(hear(&t).refreshes, 0);
	world_fini(&t.w);
}

/* RFC 4684 4: a prefix stands for all it covers. */
TEST(memberships_of_every_legal_length_are_understood)
{
	static const struct {
		uint8_t bits;
		size_t routes; /* of targets 65000:1, 65000:2, 65000:35, none */
	} row[] = {
		{96,  1},
                { 95, 1},
                { 94, 2},
                { 90, 3},
		{ 64, 3},
                { 40, 3},
                { 32, 4},
                { 0,  4},
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct rtc_world t;

		init(&t, 1, true);
		world_announce_rts(t.pe[0], 1, AFI_IP4, RT(1));
		world_announce_rts(t.pe[0], 2, AFI_IP6, RT(2));
		world_announce_rts(t.pe[0], 3, AFI_IP4, RT(35));
		world_announce_rts(t.pe[0], 4, AFI_IP4, 0);
		x_up(&t);
		x_announce(&t, 1, row[i].bits);
		x_end_of_rib(&t);
		CHECK_INT(hear(&t).vpn, row[i].routes);
		x_withdraw(&t, 1, row[i].bits);
		CHECK_INT(hear(&t).vpn_gone, row[i].routes);
		CHECK_INT(t.rr->downs, 0);
		world_fini(&t.w);
	}
}

TEST(two_origins_of_one_target_are_two_wishes)
{
	struct rtc_nlri other = nlri(1, NLRI_RTC_FULL);
	const struct bgp_attrs a = well();
	struct rtc_world t;

	init(&t, 1, true);
	world_announce_rts(t.pe[0], 1, AFI_IP4, RT(1));
	x_up(&t);
	other.origin_as = 65001;
	x_announce(&t, 1, 96);
	x_announce_with(&t, &other, &a);
	x_announce(&t, 1, 96); /* said twice, counted once */
	x_end_of_rib(&t);
	CHECK_INT(hear(&t).vpn, 1);
	CHECK_INT(peer_at(t.rr, X_IP)->rtc->has.count, 2);
	x_withdraw(&t, 1, 96);
	CHECK_INT(hear(&t).vpn_gone, 0);
	x_withdraw(&t, 1, 96); /* nor is what is not there taken away */
	other = nlri(1, 96);
	other.origin_as = 65001;
	x_announce(&t, 7, 96);
	CHECK_INT(hear(&t).vpn_gone, 0);
	world_fini(&t.w);
}

TEST(a_target_of_a_type_nobody_knows_is_matched_octet_by_octet)
{
	static const uint8_t es_import[8] = { 0x06, EXTCOM_RT, 1, 2, 3, 4, 5, 6 };
	struct rtc_nlri n = { .bits = 96, .origin_as = 65000 };
	struct bgp_attrs a = well();
	const struct attrs *x;
	struct rtc_world t;
	struct rib_key key;

	init(&t, 1, true);
	bgp_attr_set(&a, BGP_ATTR_EXT_COMMUNITIES);
	a.extcoms = (struct bgp_span){ es_import, sizeof(es_import) };
	a.nexthop.addr = t.pe[0]->ip;
	key = world_key(t.pe[0], 1, AFI_IP4);
	x = attrs_intern(rib_attrs(t.pe[0]->rib), &a);
	rib_announce(t.pe[0]->rib, t.pe[0]->local, &key, 0, 17, x);
	attrs_unref(x);
	x_up(&t);
	x_announce(&t, 1, 96);
	x_end_of_rib(&t);
	CHECK_INT(hear(&t).vpn, 0);
	memcpy(n.rt.b, es_import, sizeof(es_import));
	a = well();
	x_announce_with(&t, &n, &a);
	CHECK_INT(hear(&t).vpn, 1);
	world_fini(&t.w);
}

/* --- order ---------------------------------------------------------------------------
 */

TEST(routes_wait_until_the_neighbor_has_said_what_it_wants)
{
	struct heard h;
	struct rtc_world t;

	init(&t, 1, true);
	world_announce_rts(t.pe[0], 1, AFI_IP4, RT(1));
	world_announce_rts(t.pe[0], 2, AFI_IP6, RT(2));
	x_up(&t);
	world_run(&t.w, 30000);
	script_keepalive(t.p);
	h = hear(&t);
	CHECK_INT(h.rtc_ends, 1); /* ours never waits */
	CHECK_INT(h.vpn + h.vpn_ends, 0);
	x_announce(&t, 2, 96);
	h = hear(&t);
	CHECK_INT(h.vpn + h.vpn_ends, 0);
	x_end_of_rib(&t);
	h = hear(&t);
	CHECK_INT(h.vpn, 1);
	CHECK_INT(h.vpn_ends, 2);
	world_fini(&t.w);
}

TEST(but_not_longer_than_a_minute)
{
	struct heard h;
	struct rtc_world t;

	init(&t, 1, true);
	world_announce_rts(t.pe[0], 1, AFI_IP4, RT(1));
	world_announce_rts(t.pe[0], 2, AFI_IP6, RT(2));
	x_up(&t);
	x_announce(&t, 2, 96);
	hear(&t);
	world_run(&t.w, (BGP_RTC_WAIT_S - 6) * 1000);
	script_keepalive(t.p);
	CHECK_INT(hear(&t).vpn, 0);
	world_run(&t.w, 7000);
	h = hear(&t);
	CHECK_INT(h.vpn, 1);
	CHECK_INT(h.vpn_ends, 2);
	CHECK_INT(peer_at(t.rr, X_IP)->rtc->waited_out, 1);
	world_fini(&t.w);
}

TEST(and_only_for_a_moment_if_it_can_have_no_end_of_rib)
{
	struct bgp_open o;
	struct heard h;
	struct rtc_world t;

	init(&t, 1, true);
	world_announce_rts(t.pe[0], 1, AFI_IP4, RT(1));
	world_announce_rts(t.pe[0], 2, AFI_IP6, RT(2));
	o = x_caps(&t, true);
	o.caps.gr.present = false;
	x_open(&t, &o);
	x_announce(&t, 2, 96);
	CHECK_INT(hear(&t).vpn, 0);
	world_run(&t.w, BGP_RTC_WAIT_NO_GR_S * 1000);
	h = hear(&t);
	CHECK_INT(h.vpn, 1);
	CHECK_INT(h.vpn_ends, 2);
	CHECK_INT(peer_at(t.rr, X_IP)->rtc->waited_out, 0);
	x_announce(&t, 1, 96);
	CHECK_INT(hear(&t).vpn, 1);
	world_fini(&t.w);
}

TEST(a_refresh_asked_for_while_routes_wait_is_answered_behind_them)
{
	struct heard h;
	struct rtc_world t;

	init(&t, 1, true);
	world_announce_rts(t.pe[0], 1, AFI_IP4, RT(1));
	x_up(&t);
	script_hex(t.p, "0017 05 0001 00 80");
	h = hear(&t);
	CHECK_INT(h.vpn + h.vpn_ends + h.refreshes, 0);
	x_announce(&t, 1, 96);
	x_end_of_rib(&t);
	h = hear(&t);
	CHECK_INT(h.vpn, 2);       /* the table, and again … */
	CHECK_INT(h.refreshes, 2); /* … between BoRR and EoRR */
	world_fini(&t.w);
}

/* A PE that gave up a target threw away what came with it meanwhile. */
TEST(what_may_have_been_thrown_away_is_sent_again)
{
	struct rtc_world t;

	init(&t, 1, true);
	world_announce_rts(t.pe[0], 1, AFI_IP4, RT(1));
	world_announce_rts(t.pe[0], 2, AFI_IP4, RT(2));
	x_up(&t);
	x_announce(&t, 1, 96);
	x_announce(&t, 2, 96);
	x_end_of_rib(&t);
	CHECK_INT(hear(&t).vpn, 2);
	{ /* both in one delivery: in between nobody looks */
		const struct rtc_nlri n = nlri(1, 96);
		uint8_t msg[BGP_MSG_MAX];
		struct wbuf w = wbuf_of(msg, sizeof(msg));
		struct bgp_write u;

		bgp_write_unreach(&u, &w, sizeof(msg), BGP_RTC, false);
		CHECK(bgp_write_rtc(&u, &n));
		CHECK(bgp_write_end(&u));
		buf_put(&t.p->out, msg, w.len);
		x_announce(&t, 1, 96);
	}
	CHECK_INT(hear(&t).vpn, 1); /* … and the other target's is left alone */
	world_fini(&t.w);
}

/* --- memberships between others ------------------------------------------------------
 */

TEST(a_reflector_asks_its_clients_for_everything_and_then_for_nothing_else)
{
	struct heard h;
	struct rtc_world t;

	init(&t, 1, true);
	world_import(t.pe[0], 5, true);
	x_up(&t);
	h = hear(&t);
	CHECK_INT(h.rtc, 1);
	CHECK_INT(h.last.bits, 0);
	CHECK(ip_eq(&h.nexthop.addr, &t.rr->ip));
	CHECK_INT(h.originator, 0);
	world_fini(&t.w);
}

/* RFC 4684 3.2 i: or it would not know that the reflector wants its routes. */
TEST(a_client_hears_its_own_membership_as_if_it_were_the_reflectors)
{
	struct bgp_attrs a = well();
	const struct rtc_nlri n = nlri(5, 96);
	struct heard h;
	struct rtc_world t;

	init_as(&t, 1, true, true);
	x_up(&t);
	hear(&t);
	x_announce_with(&t, &n, &a);
	h = hear(&t);
	CHECK_INT(h.rtc, 1);
	CHECK(extcom_eq(&h.last.rt, &n.rt));
	CHECK_INT(h.originator, 0xc0000201);
	CHECK_INT(h.clusters, 1);
	CHECK(ip_eq(&h.nexthop.addr, &t.rr->ip));

	/* even if it names another originator */
	bgp_attr_set(&a, BGP_ATTR_ORIGINATOR_ID);
	a.originator_id = 0xc0000263;
	x_announce_with(&t, &n, &a);
	CHECK_INT(hear(&t).originator, 0xc0000201);
	x_withdraw(&t, 5, 96);
	CHECK_INT(hear(&t).rtc_gone, 1);
	world_fini(&t.w);
}

TEST(a_pe_hears_of_its_own_target_from_a_reflector_and_sends_its_routes)
{
	struct rtc_world t;

	/* a PE and a scripted reflector that gives back what it got, and no default */
	world_init(&t.w);
	t.rr = world_node(&t.w, "192.0.2.1", 65000, true);
	t.x = world_scripted(&t.w, X_IP);
	peer_rtc(t.rr, X_IP, false);
	world_import(t.rr, 1, true);
	world_announce_rts(t.rr, 1, AFI_IP4, RT(1));
	world_announce_rts(t.rr, 2, AFI_IP4, RT(2));
	x_up(&t);
	x_end_of_rib(&t);
	{
		struct heard h = hear(&t);

		CHECK_INT(h.rtc, 1);
		CHECK_INT(h.last.origin_as, 65000);
		CHECK_INT(h.rtc_ends, 1);
		CHECK_INT(h.vpn, 0);
		CHECK_INT(h.vpn_ends, 2);
	}
	x_announce(&t, 1, 96);
	CHECK_INT(hear(&t).vpn, 1);
	/* imports come and go live */
	world_import(t.rr, 2, true);
	world_import(t.rr, 1, false);
	{
		struct heard h = hear(&t);

		CHECK_INT(h.rtc, 1);
		CHECK_INT(h.rtc_gone, 1);
	}
	world_fini(&t.w);
}

/* RFC 4684 3.2 ii, and RFC 4456 6: nothing from non-clients to non-clients. */
TEST(a_non_client_hears_what_clients_want_whatever_others_say)
{
	struct bgp_attrs a = well();
	const struct rtc_nlri n = nlri(5, 96);
	struct node *y;
	struct pipe *py, *px;
	struct bgp_open o;
	struct heard h;
	struct rtc_world t;

	init(&t, 1, false);
	y = world_scripted(&t.w, "192.0.2.98");
	peer_rtc(t.rr, "192.0.2.98", false);
	x_up(&t);
	px = t.p;
	hear(&t);
	o = script_open(y, 65000);
	o.caps.families |= bgp_family_bit(BGP_RTC);
	py = script_connect(y, t.rr);
	script_send_open(py, &o);
	script_keepalive(py);

	/* the better path, of a non-client: not for the other one */
	a.local_pref = 200;
	x_announce_with(&t, &n, &a);
	t.p = py;
	CHECK_INT(hear(&t).rtc, 0);
	/* a client's, worse: for both */
	world_import(t.pe[0], 5, true);
	h = hear(&t);
	CHECK_INT(h.rtc, 1);
	CHECK_INT(h.originator, 0xc000020b);
	CHECK_INT(h.clusters, 1);
	CHECK(ip_eq(&h.nexthop.addr, &t.pe[0]->ip)); /* untouched (RFC 4456 10) */
	t.p = px;
	CHECK_INT(hear(&t).rtc, 1);
	world_import(t.pe[0], 5, false);
	CHECK_INT(hear(&t).rtc_gone, 1);
	t.p = py;
	CHECK_INT(hear(&t).rtc_gone, 1);
	world_fini(&t.w);
}

/* Who cannot say what it wants wants everything: from other reflectors too. */
TEST(a_non_client_hears_the_default_while_a_client_is_without_it)
{
	struct bgp_open o;
	struct node *y;
	struct pipe *py;
	struct heard h;
	struct rtc_world t;

	init(&t, 1, false);
	y = world_scripted(&t.w, "192.0.2.98");
	peer_rtc(t.rr, "192.0.2.98", true);
	world_import(t.pe[0], 5, true);
	x_up(&t);
	h = hear(&t);
	CHECK_INT(h.rtc, 1);
	CHECK_INT(h.last.bits, 96);
	o = script_open(y, 65000);
	py = script_connect(y, t.rr);
	script_send_open(py, &o);
	script_keepalive(py);
	h = hear(&t);
	CHECK_INT(h.rtc_gone, 1); /* covered by the default, which comes behind it */
	CHECK_INT(h.rtc, 1);
	CHECK_INT(h.last.bits, 0);
	/* it may come back: the default stays until it does, knowing more */
	script_hex(py, "0015 03 06 04");
	CHECK_INT(hear(&t).rtc_gone, 0);
	world_run(&t.w, 5000);
	o.caps.families |= bgp_family_bit(BGP_RTC);
	py = script_connect(y, t.rr);
	script_send_open(py, &o);
	script_keepalive(py);
	h = hear(&t);
	CHECK_INT(h.rtc_gone, 1);
	CHECK_INT(h.rtc, 1);
	CHECK_INT(h.last.bits, 96);
	world_fini(&t.w);
}

/* GoBGP before 3.36 dies of the two side by side. */
TEST(the_default_never_stands_beside_single_memberships)
{
	enum { MANY = 2 * BGP_RTC_BATCH + 7 };
	struct bgp_open o;
	struct node *y;
	struct pipe *py;
	struct heard h;
	struct rtc_world t;

	init(&t, 1, false);
	for (unsigned i = 0; i < MANY; i++) {
		const struct extcom x = extcom_of_as(EXTCOM_RT, 65000, i);

		bgp_import_add(t.pe[0]->b, &x, t.w.now);
	}
	x_up(&t);
	CHECK_INT(hear(&t).rtc, MANY);
	y = world_scripted(&t.w, "192.0.2.98");
	peer_rtc(t.rr, "192.0.2.98", true);
	o = script_open(y, 65000);
	py = script_connect(y, t.rr);
	script_send_open(py, &o);
	script_keepalive(py);
	h = hear(&t);
	CHECK_INT(h.rtc, 1);
	CHECK_INT(h.last.bits, 0);
	CHECK_INT(h.gone_before, MANY);
	world_fini(&t.w);
}

TEST(what_went_round_a_loop_counts_for_nothing)
{
	const struct rtc_nlri n = nlri(1, 96);
	static const uint8_t own[4] = { 192, 0, 2, 1 };
	struct bgp_attrs a;
	struct rtc_world t;
	struct bgp_peer *p;

	init(&t, 1, true);
	world_announce_rts(t.pe[0], 1, AFI_IP4, RT(1));
	x_up(&t);
	x_end_of_rib(&t);
	hear(&t);
	p = peer_at(t.rr, X_IP);

	a = well();
	bgp_attr_set(&a, BGP_ATTR_ORIGINATOR_ID);
	a.originator_id = 0xc0000201;
	x_announce_with(&t, &n, &a);
	CHECK_INT(p->rejected[BGP_REJECT_ORIGINATOR], 1);
	a = well();
	bgp_attr_set(&a, BGP_ATTR_CLUSTER_LIST);
	a.cluster_list = (struct bgp_span){ own, sizeof(own) };
	x_announce_with(&t, &n, &a);
	CHECK_INT(p->rejected[BGP_REJECT_CLUSTER], 1);
	CHECK_INT(hear(&t).vpn, 0);

	/* and takes the place of what was good before */
	a = well();
	x_announce_with(&t, &n, &a);
	CHECK_INT(hear(&t).vpn, 1);
	bgp_attr_set(&a, BGP_ATTR_ORIGINATOR_ID);
	a.originator_id = 0xc0000201;
	x_announce_with(&t, &n, &a);
	CHECK_INT(hear(&t).vpn_gone, 1);
	world_fini(&t.w);
}

/* --- sessions ------------------------------------------------------------------------
 */

TEST(memberships_go_with_the_session)
{
	struct rtc_world t;

	init_as(&t, 2, true, true);
	world_import(t.pe[0], 1, true);
	world_settle(&t.w);
	CHECK_INT(peer_at(t.rr, pe_ip[0])->rtc->has.count, 1);
	CHECK_INT(peer_at(t.pe[1], "192.0.2.1")->rtc->has.count, 1);
	world_node_free(t.pe[0]);
	world_settle(&t.w);
	CHECK_INT(peer_at(t.rr, pe_ip[0])->rtc->has.count, 0);
	CHECK_INT(peer_at(t.pe[1], "192.0.2.1")->rtc->has.count, 0);
	CHECK_INT(t.rr->b->rtc->by_rt.count, 0);
	world_fini(&t.w);
}

static struct bgp_open restarting(const struct rtc_world *t)
{
	struct bgp_open o = x_caps(t, true);

	o.caps.gr.present = true;
	o.caps.gr.time = 20;
	o.caps.gr.families = o.caps.gr.forwarding = o.caps.families;
	return o;
}

/* RFC 4724: others need not know that a PE restarts. */
TEST(those_of_a_neighbor_that_restarts_are_kept_until_its_end_of_rib)
{
	struct rtc_world t;
	struct bgp_peer *p;
	struct bgp_open o;
	size_t told;

	init_as(&t, 1, true, true);
	world_announce_rts(t.pe[0], 1, AFI_IP4, RT(1));
	world_announce_rts(t.pe[0], 2, AFI_IP4, RT(2));
	o = restarting(&t);
	x_open(&t, &o);
	x_announce(&t, 1, 96);
	x_announce(&t, 2, 96);
	x_end_of_rib(&t);
	CHECK_INT(hear(&t).vpn, 2);
	p = peer_at(t.rr, X_IP);
	told = peer_at(t.pe[0], "192.0.2.1")->rtc->withdrawn_rx;

	x_open(&t, &o); /* the new connection says that the old one is dead */
	CHECK_INT(p->rtc->has.count, 2);
	CHECK_INT(p->rtc->stale.count, 2);
	x_announce(&t, 2, 96);
	CHECK_INT(p->rtc->stale.count, 1);
	CHECK_INT(hear(&t).vpn, 0);
	x_end_of_rib(&t);
	CHECK_INT(hear(&t).vpn, 1);
	CHECK_INT(p->rtc->has.count, 1);
	CHECK_INT(peer_at(t.pe[0], "192.0.2.1")->rtc->withdrawn_rx, told + 1);
	world_fini(&t.w);
}

TEST(and_go_when_it_does_not_come_back_in_time)
{
	struct rtc_world t;
	struct bgp_open o;

	init(&t, 1, true);
	o = restarting(&t);
	x_open(&t, &o);
	x_announce(&t, 1, 96);
	hear(&t);
	world_cut(&t.w);
	CHECK_INT(peer_at(t.rr, X_IP)->rtc->stale.count, 1);
	world_run(&t.w, 19000);
	CHECK_INT(peer_at(t.rr, X_IP)->rtc->has.count, 1);
	world_run(&t.w, 3000);
	CHECK_INT(peer_at(t.rr, X_IP)->rtc->has.count, 0);
	world_fini(&t.w);
}

TEST(and_at_once_when_it_is_shut_down_meanwhile)
{
	struct rtc_world t;
	struct bgp_open o;
	struct bgp_peer *p;

	init(&t, 1, true);
	o = restarting(&t);
	x_open(&t, &o);
	x_announce(&t, 1, 96);
	hear(&t);
	world_cut(&t.w);
	p = peer_at(t.rr, X_IP);
	CHECK_INT(p->rtc->stale.count, 1);
	CHECK_INT(bgp_peer_shutdown(t.rr->b, &p->cfg.address, NULL, t.w.now), 0);
	CHECK_INT(p->rtc->has.count, 0);
	world_fini(&t.w);
}

/* RFC 4724 4.1: else another reflector would let go of what it kept for us. */
TEST(a_restarted_reflector_ends_its_memberships_behind_those_of_its_clients)
{
	for (int comes = 0; comes < 2; comes++) {
		struct bgp_open o;
		struct rtc_world t;
		struct heard h;

		world_init(&t.w);
		t.rr = world_node(&t.w, "192.0.2.1", 65000, false);
		t.rr->b->cfg.defer_selection = true;
		t.x = world_scripted(&t.w, X_IP);
		peer_rtc(t.rr, X_IP, false);
		peer_rtc(t.rr, pe_ip[0], true);
		o = x_caps(&t, true);
		t.p = script_connect(t.x, t.rr);
		script_send_open(t.p, &o);
		script_keepalive(t.p);
		script_hex(t.p, "0017 05 0001 00 84"); /* nor is it refreshed before */
		h = hear(&t);
		CHECK_INT(h.rtc + h.rtc_ends + h.refreshes, 0);
		if (comes) {
			t.pe[0] = world_node(&t.w, pe_ip[0], 65000, true);
			peer_rtc(t.pe[0], "192.0.2.1", false);
			world_import(t.pe[0], 5, true);
			world_run(&t.w, 2000);
			h = hear(&t);
			CHECK_INT(h.rtc, 2);
			CHECK_INT(h.last.bits, 96);
		} else {
			world_run(&t.w, 9000);
			CHECK_INT(hear(&t).rtc_ends, 0);
			world_run(&t.w, 3000);
			h = hear(&t);
		}
		CHECK_INT(h.rtc_ends, 1);
		CHECK_INT(h.refreshes, 2);
		world_fini(&t.w);
	}
}

TEST(memberships_can_be_refreshed_both_ways)
{
	struct rtc_world t;
	struct heard h;

	init_as(&t, 1, true, true);
	world_announce_rts(t.pe[0], 1, AFI_IP4, RT(1));
	world_import(t.pe[0], 3, true);
	x_up(&t);
	x_announce(&t, 1, 96);
	x_announce(&t, 2, 96);
	x_end_of_rib(&t);
	hear(&t);
	script_hex(t.p, "0017 05 0001 00 84");
	h = hear(&t);
	CHECK_INT(h.rtc, 3); /* the PE's, our two */
	CHECK_INT(h.refreshes, 2);
	CHECK_INT(h.rtc_ends, 0);

	script_hex(t.p, "0017 05 0001 01 84");
	x_announce(&t, 2, 96);
	CHECK_INT(hear(&t).vpn_gone, 0);
	script_hex(t.p, "0017 05 0001 02 84");
	CHECK_INT(hear(&t).vpn_gone, 1); /* 1 was not repeated */
	world_fini(&t.w);
}

TEST(it_is_not_offered_when_off_nor_to_external_neighbors)
{
	struct bgp_peer_config cfg = world_peer_config("192.0.2.1", 65000, false);
	struct rtc_world t;

	world_init(&t.w);
	t.rr = world_node(&t.w, "192.0.2.1", 65000, false);
	t.pe[0] = world_node(&t.w, pe_ip[0], 65000, true);
	peer_rtc(t.rr, pe_ip[0], true);
	world_peer_as(t.pe[0], &cfg);
	world_settle(&t.w);
	CHECK(!peer_at(t.rr, pe_ip[0])->rtc->on);
	CHECK(!peer_at(t.pe[0], "192.0.2.1")->rtc->on);
	world_fini(&t.w);

	world_init(&t.w);
	t.rr = world_node(&t.w, "192.0.2.1", 65000, false);
	cfg = world_peer_config(pe_ip[0], 65001, false);
	cfg.rt_constrain = true;
	world_peer_as(t.rr, &cfg);
	CHECK(!bgp_rtc_offered(peer_at(t.rr, pe_ip[0])));
	world_fini(&t.w);
}

/* --- bad input -----------------------------------------------------------------------
 */

/* NLRI of 31 and of 97 bits, and one that ends too early. */
static const char *const bad_nlri[] = {
	"1f0000fde8",
	"610000fde80002fde80000006400",
	"600000fde80002fde800",
};

static void x_bad(struct rtc_world *t, const char *hex)
{
	uint8_t n[64];
	size_t len = t_hex(hex, n, sizeof(n));
	char text[400];
	int at;

	at = snprintf(text, sizeof(text),
	              "%04zx 02 0000 %04zx 800e%02zx 000184 04 c0000263 00",
	              BGP_HDR_LEN + 4 + 3 + 9 + len + 14, 3 + 9 + len + 14, 9 + len);
	snprintf(text + at, sizeof(text) - (size_t)at,
	         "%s 40010100 400200 40050400000064", hex);
	script_hex(t->p, text);
}

TEST(a_membership_of_no_legal_length_ends_the_session)
{
	for (size_t i = 0; i < ARRAY_LEN(bad_nlri); i++) {
		struct heard h;
		struct rtc_world t;

		init(&t, 1, true);
		x_up(&t);
		x_bad(&t, bad_nlri[i]);
		h = hear(&t);
		CHECK_INT(h.notifications, 1);
		CHECK_INT(h.fault >> 8, BGP_ERR_UPDATE);
		world_fini(&t.w);
	}
}

/* RFC 7606 5.1, the milder way: what it wants is not known any more, so it gets all. */
TEST(or_only_the_family_and_then_it_gets_everything)
{
	struct bgp_peer_config cfg = world_peer_config(X_IP, 65000, true);
	struct rtc_world t;
	struct ip x;

	for (int eor = 0; eor < 2; eor++) {
		init(&t, 1, true);
		CHECK(ip_parse(X_IP, &x));
		CHECK_INT(bgp_peer_del(t.rr->b, &x, t.w.now), 0);
		cfg.rt_constrain = cfg.disable_afi = true;
		world_peer_as(t.rr, &cfg);
		world_announce_rts(t.pe[0], 1, AFI_IP4, RT(1));
		world_announce_rts(t.pe[0], 2, AFI_IP6, RT(2));
		x_up(&t);
		x_announce(&t, 1, 96);
		if (eor)
			x_end_of_rib(&t);
		CHECK_INT(hear(&t).vpn, eor);
		x_bad(&t, bad_nlri[0]);
		CHECK_INT(hear(&t).vpn, 2 - eor);
		CHECK(peer_at(t.rr, X_IP)->rtc->disabled);
		CHECK_INT(peer_at(t.rr, X_IP)->rtc->has.count, 0);
		x_announce(&t, 2, 96); /* ignored from here on */
		CHECK_INT(peer_at(t.rr, X_IP)->rtc->has.count, 0);
		CHECK_INT(t.rr->downs, 0);
		world_fini(&t.w);
	}
}

TEST(more_memberships_than_one_may_have_end_the_session)
{
	const struct bgp_send kind = { .as4 = true };
	const struct bgp_attrs a = well();
	uint8_t image[64], attrs[64], msg[BGP_MSG_MAX];
	struct wbuf i = wbuf_of(image, sizeof(image)), at = wbuf_of(attrs, sizeof(attrs));
	struct bgp_nexthop nh = { 0 };
	struct rtc_world t;
	struct heard h;

	init(&t, 0, true);
	x_up(&t);
	nh.addr = t.x->ip;
	CHECK(bgp_attrs_canon(&a, &i));
	CHECK(bgp_write_attrs(&at, i.buf, i.len, &kind));
	for (unsigned rt = 0; rt <= BGP_RTC_MAX;) {
		struct wbuf w = wbuf_of(msg, sizeof(msg));
		struct rtc_nlri n = nlri(rt, 96);
		struct bgp_write u;

		bgp_write_reach(&u, &w, sizeof(msg), BGP_RTC, false, &nh, at.buf, at.len);
		while (rt <= BGP_RTC_MAX && bgp_write_rtc(&u, &n))
			n = nlri(++rt, 96);
		CHECK(bgp_write_end(&u));
		CHECK_INT(t.rr->downs, 0);
		script_send(t.p, msg, w.len);
		h = hear(&t);
	}
	CHECK_INT(h.fault, BGP_ERR_CEASE << 8 | BGP_CEASE_MAX_PREFIXES);
	CHECK_INT(t.rr->downs, 1);
	CHECK_INT(peer_at(t.rr, X_IP)->rtc->over_limit, 1);
	CHECK_INT(peer_at(t.rr, X_IP)->rtc->has.count, 0);
	CHECK_INT(t.rr->b->rtc->by_rt.count, 1);
	world_fini(&t.w);
}
