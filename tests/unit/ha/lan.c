/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lan.h"

#include "base/mem.h"

enum { FLIGHT_US = 200 };

struct ip lan_ip(const char *s)
{
	struct ip ip;

	CHECK(ip_parse(s, &ip));
	return ip;
}

static uint32_t draw(struct lan *l)
{
	l->random = l->random * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (uint32_t)(l->random >> 33);
}

/* What a frame is, for the counts; it must be well-formed whatever it is. */
static void judge(struct router *r, const uint8_t *frame, size_t len)
{
	struct cur c = cur_of(frame, len);
	struct eth e;
	struct vrrp v;

	CHECK_INT(eth_read(&c, &e), ETH_OK);
	CHECK_MEM(e.src.b, "\x00\x00\x5e\x00", 4); /* never the port's own */
	if (e.type == ETH_TYPE_ARP) {
		r->garps++;
		r->spoke_before_duty |= !r->master[AFI_IP4];
	} else if (e.dst.b[5] == 1) {
		r->nas++;
		r->spoke_before_duty |= !r->master[AFI_IP6];
	} else {
		CHECK_INT(vrrp_read(&c, &v), VRRP_OK);
		r->last_priority = v.priority;
		if (v.priority == VRRP_RESIGN)
			r->resigns++;
		else
			r->adverts++;
	}
}

static void on_send(void *arg, uint16_t ac, const void *frame, size_t len)
{
	struct router *r = arg;
	struct lan *l = r->lan;

	judge(r, frame, len);
	if (draw(l) % 1000 < l->loss)
		return;
	CHECK(l->n_flights < LAN_FRAMES && len <= sizeof(l->flight->frame));
	l->flight[l->n_flights] = (struct flight){ .at = mono_add_us(l->now, FLIGHT_US),
		                                   .from = r->n,
		                                   .len = len };
	memcpy(l->flight[l->n_flights++].frame, frame, len);
}

static void on_master(void *arg, const struct ha_group_config *g, bool master)
{
	struct router *r = arg;

	CHECK(r->master[g->vip[0].afi] != master);
	r->master[g->vip[0].afi] = master;
	r->ups += master;
}

static void on_event(void *arg, const struct ha_event *ev)
{
	struct router *r = arg;

	r->events[ev->what]++;
	snprintf(r->why, sizeof(r->why), "%s", ev->why ? ev->why : "");
}

static const char *vrf_name(void *arg, uint32_t vrf)
{
	return "blue";
}

static const char *ac_name(void *arg, uint16_t ac)
{
	return "eth0.100";
}

static const struct ha_ops ops = { .send = on_send,
	                           .master = on_master,
	                           .event = on_event,
	                           .vrf_name = vrf_name,
	                           .ac_name = ac_name };

struct lan *lan_new(void)
{
	struct lan *l = mem_new(struct lan);

	l->now = (struct mono){ 1000000000 };
	l->none_since = l->now;
	l->two_since = MONO_NEVER;
	l->random = 1;
	l->flight = mem_zalloc(LAN_FRAMES * sizeof(*l->flight));
	for (unsigned i = 0; i < LAN_ROUTERS; i++)
		l->r[i] = (struct router){ .lan = l, .n = i };
	return l;
}

void lan_free(struct lan *l)
{
	for (unsigned i = 0; i < LAN_ROUTERS; i++)
		ha_free(l->r[i].ha);
	free(l->flight);
	free(l);
}

struct ha_key lan_key(enum afi afi)
{
	return (struct ha_key){ .ac = LAN_AC, .vrid = LAN_VRID, .afi = afi };
}

struct ha_group_config lan_group(unsigned n, uint8_t priority, enum afi afi)
{
	struct ha_group_config g = { .vrf = 100,
		                     .ac = LAN_AC,
		                     .vlan = 100,
		                     .vrid = LAN_VRID,
		                     .name = "lan",
		                     .priority = priority,
		                     .interval_cs = 100,
		                     .preempt = true,
		                     .track_core = true };

	if (afi == AFI_IP4) {
		g.vip[0] = lan_ip("10.0.0.254");
		g.primary = lan_ip("10.0.0.0");
		g.primary.b[3] = (uint8_t)(n + 1);
		g.n_vips = 1;
	} else {
		g.vip[0] = lan_ip("fe80::200:5eff:fe00:20a");
		g.vip[1] = lan_ip("2001:db8::fe");
		g.primary = lan_ip("fe80::1");
		g.primary.b[15] = (uint8_t)(n + 1);
		g.n_vips = 2;
	}
	return g;
}

void lan_add(struct lan *l, unsigned n, const struct ha_group_config *cfg)
{
	ha_group_set(l->r[n].ha, cfg, l->now);
	ha_link(l->r[n].ha, cfg->ac, true, l->now);
}

void lan_start(struct lan *l, unsigned n, const struct ha_group_config *cfg)
{
	struct ha_config hc = { .seed = n + 7, .ops = &ops, .arg = &l->r[n] };
	struct router *r = &l->r[n];

	ha_free(r->ha);
	*r = (struct router){ .lan = l, .n = n, .alive = true, .side = r->side };
	r->ha = ha_new(&hc, l->now);
	lan_add(l, n, cfg);
}

void lan_boot(struct lan *l, unsigned n, uint8_t priority)
{
	struct ha_group_config four = lan_group(n, priority, AFI_IP4);
	struct ha_group_config six = lan_group(n, priority, AFI_IP6);

	lan_start(l, n, &four);
	lan_add(l, n, &six);
	ha_converged(l->r[n].ha, true, l->now);
}

void lan_kill(struct lan *l, unsigned n)
{
	l->r[n].alive = false;
	l->r[n].master[AFI_IP4] = l->r[n].master[AFI_IP6] = false;
}

int lan_master(const struct lan *l, enum afi afi)
{
	int ret = -1;

	for (int i = 0; i < LAN_ROUTERS; i++) {
		if (l->r[i].alive && l->r[i].master[afi])
			ret = ret == -1 ? i : -2;
	}
	return ret;
}

/* How long is it without a master, or with two? */
static void watch(struct lan *l)
{
	int m = lan_master(l, AFI_IP4);

	if (m == -1 && mono_is_never(l->none_since))
		l->none_since = l->now;
	if (m == -2 && mono_is_never(l->two_since))
		l->two_since = l->now;
	if (m != -1 && !mono_is_never(l->none_since)) {
		if (l->now.us - l->none_since.us > l->none_us)
			l->none_us = l->now.us - l->none_since.us;
		l->none_since = MONO_NEVER;
	}
	if (m != -2 && !mono_is_never(l->two_since)) {
		if (l->now.us - l->two_since.us > l->two_us)
			l->two_us = l->now.us - l->two_since.us;
		l->two_since = MONO_NEVER;
	}
}

static void hear(struct lan *l, struct router *r, const struct flight *f)
{
	struct cur c = cur_of(f->frame, f->len);
	struct eth e;

	CHECK_INT(eth_read(&c, &e), ETH_OK);
	CHECK_INT(e.n_tags, 1);
	CHECK_INT(e.tag[0].tci, 100);
	if (e.type != ETH_TYPE_ARP)
		ha_heard(r->ha, LAN_AC, c.p, cur_left(&c), l->now);
}

static void deliver(struct lan *l)
{
	while (l->n_flights && mono_reached(l->now, l->flight[0].at)) {
		struct flight f = l->flight[0];

		memmove(l->flight, l->flight + 1, --l->n_flights * sizeof(f));
		for (unsigned i = 0; i < LAN_ROUTERS; i++) {
			struct router *r = &l->r[i];

			if (i == f.from || !r->alive || r->deaf ||
			    (l->cut && r->side != l->r[f.from].side))
				continue;
			hear(l, r, &f);
			watch(l);
		}
	}
}

void lan_run(struct lan *l, int64_t ms)
{
	struct mono end = mono_add_ms(l->now, ms);

	watch(l);
	for (;;) {
		struct mono next = l->n_flights ? l->flight[0].at : MONO_NEVER;

		for (unsigned i = 0; i < LAN_ROUTERS; i++) {
			if (l->r[i].alive)
				next = mono_min(next, ha_deadline(l->r[i].ha));
		}
		if (!mono_reached(end, next))
			break;
		if (next.us > l->now.us)
			l->now = next;
		deliver(l);
		for (unsigned i = 0; i < LAN_ROUTERS; i++) {
			if (l->r[i].alive &&
			    mono_reached(l->now, ha_deadline(l->r[i].ha)))
				ha_run(l->r[i].ha, l->now);
			watch(l);
		}
	}
	l->now = end;
	watch(l);
}

void lan_say(struct lan *l, unsigned n, const char *src, uint8_t priority,
             uint16_t interval_cs, enum vrrp_checksum sum)
{
	struct vrrp v = {
		.src = lan_ip(src),
		.vrid = LAN_VRID,
		.priority = priority,
		.interval_cs = interval_cs,
		.checksum = sum,
		.n_vips = 1,
		.vips = (const uint8_t[]){10, 0, 0, 254}
	};
	uint8_t buf[VRRP_LEN_MAX];
	struct wbuf w = wbuf_of(buf, sizeof(buf));

	vrrp_write(&w, &v);
	CHECK(wbuf_ok(&w));
	ha_heard(l->r[n].ha, LAN_AC, buf, w.len, l->now);
}
