/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/host/world.h"

static struct w_happening *log_add(struct world *w, int kind)
{
	struct w_happening *p = &w->log[w->n % W_LOG];

	if (w->n++ >= W_LOG)
		t_fail(__FILE__, __LINE__, "the world's log is full");
	memset(p, 0, sizeof(*p));
	p->kind = kind;
	p->at = w->now;
	return p;
}

static void op_up(void *arg, uint32_t vrf, const struct ip *ip, uint16_t ac,
                  const struct mac *mac, uint32_t seq, bool router)
{
	struct w_happening *p = log_add(arg, W_UP);

	p->ip = *ip;
	p->ac = ac;
	p->mac = *mac;
	p->seq = seq;
}

static void op_down(void *arg, uint32_t vrf, const struct ip *ip)
{
	log_add(arg, W_DOWN)->ip = *ip;
}

static void op_yield(void *arg, uint32_t vrf, const struct ip *ip)
{
	log_add(arg, W_YIELD)->ip = *ip;
}

static void op_forward(void *arg, uint32_t vrf, const struct ip *ip, uint16_t ac,
                       const struct mac *mac, bool router)
{
	struct w_happening *p = log_add(arg, W_FORWARD);

	p->ip = *ip;
	p->ac = ac;
	p->mac = *mac;
}

static void op_send(void *arg, const struct host_frame *f)
{
	struct world *w = arg;
	struct w_happening *p = log_add(w, W_FRAME);

	p->frame = *f;
	p->ip = f->target;
	p->ac = f->ac;
	if (w->answer)
		w->answer(w, f);
}

static bool op_seen(void *arg, uint32_t vrf, const struct ip *ip)
{
	struct world *w = arg;
	bool hit = ip_eq(&w->seen, ip);

	if (hit)
		w->seen = (struct ip){ 0 };
	return hit;
}

static bool op_remote(void *arg, uint32_t vrf, const struct ip *ip,
                      struct host_remote *ret)
{
	struct world *w = arg;

	for (size_t i = 0; i < w->n_remotes; i++) {
		if (!ip_eq(&w->remote[i].ip, ip))
			continue;
		*ret = w->remote[i].r;
		return true;
	}
	return false;
}

static size_t op_of_mac(void *arg, uint32_t vrf, const struct mac *mac, struct ip *ret,
                        size_t max)
{
	const struct world *w = arg;
	size_t n = 0;

	for (size_t i = 0; i < w->n_remotes && n < max; i++) {
		if (mac_eq(&w->remote[i].r.mac, mac))
			ret[n++] = w->remote[i].ip;
	}
	return n;
}

static bool op_remotes(void *arg, uint32_t vrf, uint64_t *pos, size_t look,
                       void (*fn)(void *fn_arg, const struct ip *ip,
                                  const struct host_remote *r),
                       void *fn_arg)
{
	const struct world *w = arg;

	for (; look && *pos < w->n_remotes; look--, ++*pos)
		fn(fn_arg, &w->remote[*pos].ip, &w->remote[*pos].r);
	return *pos < w->n_remotes;
}

static void op_frozen(void *arg, uint32_t vrf, const struct ip *ip, bool on)
{
	struct world *w = arg;

	CHECK_INT(hosts_frozen(w->h, vrf, ip), on);
	log_add(w, on ? W_FROZEN : W_THAWED)->ip = *ip;
}

static void op_event(void *arg, const struct host_event *ev)
{
	struct w_happening *p = log_add(arg, W_EVENT);

	p->what = ev->what;
	p->ip = ev->ip;
	p->mac = ev->mac;
	p->ac = ev->ac;
	snprintf(p->why, sizeof(p->why), "%s", ev->why ? ev->why : "");
}

static const char *op_vrf_name(void *arg, uint32_t vrf)
{
	return vrf == VRF ? "blue" : NULL;
}

static const char *op_ac_name(void *arg, uint16_t ac)
{
	return ac == AC1 ? "eth0.100" : ac == AC2 ? "eth1" : NULL;
}

static struct mono op_now(void *arg)
{
	return ((struct world *)arg)->now;
}

struct ip w_ip(const char *s)
{
	struct ip ip;

	CHECK(ip_parse(s, &ip));
	return ip;
}

struct mac w_mac(const char *s)
{
	struct mac m;

	CHECK(mac_parse(s, &m));
	return m;
}

struct host_subnet w_subnet(const char *prefix, const char *gateway)
{
	struct host_subnet sn = {
		.vrf = VRF,
		.gateway = w_ip(gateway),
		.proxy_mac = w_mac("00:00:5e:00:01:0a"),
		.age_ms = 180000,
		.rescan_s = 3600,
		.max_hosts = 4096,
	};

	CHECK(prefix_parse(prefix, &sn.prefix));
	return sn;
}

struct world *w_new(void)
{
	static const struct host_ops ops = {
		.up = op_up,
		.down = op_down,
		.send = op_send,
		.seen = op_seen,
		.remote = op_remote,
		.event = op_event,
		.vrf_name = op_vrf_name,
		.ac_name = op_ac_name,
		.yield = op_yield,
		.forward = op_forward,
		.frozen = op_frozen,
		.of_mac = op_of_mac,
		.remotes = op_remotes,
		.now = op_now,
	};
	struct host_subnet sn[] = { w_subnet("1.1.0.0/16", "1.1.255.254"),
		                    w_subnet("2001:db8:1::/64", "2001:db8:1::ffff") };
	struct world *w = mem_new(struct world);

	w->now.us = 1000000;
	w->h = hosts_new(&(struct hosts_config){ .seed = 1, .ops = &ops, .arg = w });
	for (uint16_t id = AC1; id <= AC2; id++) {
		struct host_ac ac = { .id = id,
			              .vrf = VRF,
			              .mac = w_mac("02:00:00:00:ff:01") };

		ac.mac.b[5] = (uint8_t)id;
		CHECK(extcom_parse("65000:1", EXTCOM_SOO, &ac.soo));
		hosts_ac_set(w->h, &ac, w->now);
	}
	for (size_t i = 0; i < ARRAY_LEN(sn); i++) {
		hosts_subnet_set(w->h, &sn[i], w->now);
		hosts_subnet_attach(w->h, VRF, &sn[i].prefix, AC1, w->now);
		hosts_subnet_attach(w->h, VRF, &sn[i].prefix, AC2, w->now);
	}
	hosts_ac_link(w->h, AC1, true, w->now);
	hosts_ac_link(w->h, AC2, true, w->now);
	return w;
}

void w_free(struct world *w)
{
	hosts_free(w->h);
	free(w);
}

void w_run(struct world *w, int64_t ms)
{
	struct mono end = mono_add_ms(w->now, ms);

	while (mono_reached(end, hosts_deadline(w->h))) {
		if (hosts_deadline(w->h).us > w->now.us)
			w->now = hosts_deadline(w->h);
		hosts_run(w->h, w->now);
	}
	w->now = end;
}

void w_hear(struct world *w, enum host_evidence_kind k, uint16_t ac, const char *mac,
            const char *sender, const char *target)
{
	struct host_evidence ev = { .kind = k, .vrf = VRF, .ac = ac };

	ev.override = k == HOST_BY_NA || k == HOST_BY_NA_UNSOLICITED;

	if (mac)
		ev.mac = w_mac(mac);
	if (sender)
		ev.sender = w_ip(sender);
	if (target)
		ev.target = w_ip(target);
	hosts_evidence(w->h, &ev, w->now);
}

void w_remote(struct world *w, const char *ip, const char *pe, const char *soo,
              uint32_t seq)
{
	struct ip who = w_ip(ip);
	size_t i;

	for (i = 0; i < w->n_remotes && !ip_eq(&w->remote[i].ip, &who);)
		i++;
	CHECK(i < W_REMOTES);
	w->remote[i].ip = who;
	w->remote[i].r = (struct host_remote){ .pe = w_ip(pe), .seq = seq };
	if (soo)
		CHECK(extcom_parse(soo, EXTCOM_SOO, &w->remote[i].r.soo));
	if (i == w->n_remotes)
		w->n_remotes++;
	hosts_remote(w->h, VRF, &who, &w->remote[i].r, w->now);
}

void w_remote_host(struct world *w, const char *ip, const char *pe, const char *soo,
                   uint32_t seq, const char *mac)
{
	struct ip who = w_ip(ip);

	w_remote(w, ip, pe, soo, seq);
	for (size_t i = 0; i < w->n_remotes; i++) {
		if (ip_eq(&w->remote[i].ip, &who))
			w->remote[i].r.mac = w_mac(mac);
	}
}

void w_remote_gone(struct world *w, const char *ip)
{
	struct ip who = w_ip(ip);

	for (size_t i = 0; i < w->n_remotes; i++) {
		if (ip_eq(&w->remote[i].ip, &who))
			w->remote[i] = w->remote[--w->n_remotes];
	}
	hosts_remote(w->h, VRF, &who, NULL, w->now);
}

size_t w_count(const struct world *w, int kind, size_t from)
{
	size_t n = 0;

	for (size_t i = from; i < w->n; i++)
		n += (int)w->log[i].kind == kind;
	return n;
}

const struct w_happening *w_last(const struct world *w, int kind)
{
	for (size_t i = w->n; i-- > 0;) {
		if ((int)w->log[i].kind == kind)
			return &w->log[i];
	}
	t_fail(__FILE__, __LINE__, "nothing of that kind happened");
}

bool w_happened(const struct world *w, enum host_happening what)
{
	for (size_t i = 0; i < w->n; i++) {
		if (w->log[i].kind == W_EVENT && w->log[i].what == what)
			return true;
	}
	return false;
}

enum host_state w_state(const struct world *w, const char *ip)
{
	struct ip who = w_ip(ip);
	const struct host *x = host_find(w->h, VRF, &who);

	return x ? x->state : HOST_ABSENT;
}
