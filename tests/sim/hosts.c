/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/buf.h"
#include "base/hash.h"
#include "base/mem.h"
#include "host/host.h"

#include "tests/t.h"

/*
 * Sites that each have one PE (a host table), a LAN with hosts that answer ARP and ND,
 * and between them a bus that carries routes with delay, as BGP over a reflector would.
 * Hosts move with a GARP, a RARP or silently, are switched off and on, and the LANs lose
 * frames, for hours of a virtual clock.  In the end everybody must agree on where every
 * host is.  One seed is one story, to the byte.
 */
enum {
	SITES = 4,
	HOSTS = 40,
	NOBODY = -1,
	VRF = 100,
	BUS_MS = 20,       /* longest way of an update */
	LOSS_PERCENT = 5,  /* of frames, each way */
	STEP_MS = 10,      /* the LAN's and the bus's clock */
	QUIET_MS = 400000, /* twice the age: whatever was lost is found out */
	QUEUE = 4096,
};

struct vm {
	struct ip ip;
	struct mac mac;
	int site; /* NOBODY: off */
};

struct route {
	bool there;
	uint32_t seq;
};

struct site {
	struct sim *sim;
	int id;
	struct hosts *h;
	bool fib_local[HOSTS];
	bool stamped[HOSTS];            /* the data plane's last-seen mark */
	struct route rib[SITES][HOSTS]; /* as received; own row: as sent */
};

struct letter { /* an update or a frame on its way; delivered in order per pair */
	struct mono at;
	enum { UPDATE, EVIDENCE } kind;
	int to, from, vm;
	struct route route;
	struct host_evidence ev;
};

struct sim {
	uint64_t rng;
	struct mono now;
	struct site site[SITES];
	struct vm vm[HOSTS];
	struct letter queue[QUEUE];
	size_t n;
	struct mono pair_free[SITES][SITES];
	uint32_t loss_percent;
	uint64_t digest; /* of all that happened */
	unsigned moves, stayed, gone, conflicts;
};

static uint32_t rnd(struct sim *s, uint32_t below)
{
	uint64_t z = s->rng += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return (uint32_t)((z ^ z >> 31) >> 33) % below;
}

static void note(struct sim *s, unsigned what, int site, int vm, uint32_t seq)
{
	int64_t rec[6] = { (int64_t)s->digest, s->now.us, what, site, vm, seq };

	s->digest = hash_bytes(rec, sizeof(rec));
}

static void post(struct sim *s, const struct letter *l)
{
	CHECK(s->n < QUEUE);
	s->queue[s->n++] = *l;
}

static int vm_of(const struct sim *s, const struct ip *ip)
{
	for (int i = 0; i < HOSTS; i++)
		if (ip_eq(&s->vm[i].ip, ip))
			return i;
	return NOBODY;
}

static void advertise(struct site *x, int vm, bool there, uint32_t seq)
{
	struct sim *s = x->sim;

	x->rib[x->id][vm] = (struct route){ there, seq };
	note(s, there, x->id, vm, seq);
	for (int to = 0; to < SITES; to++) {
		struct mono *last = &s->pair_free[x->id][to];
		struct letter l = { .kind = UPDATE, .to = to, .from = x->id, .vm = vm };

		if (to == x->id)
			continue;
		l.route = x->rib[x->id][vm];
		l.at = mono_add_ms(s->now, 1 + rnd(s, BUS_MS));
		if (l.at.us < last->us) /* TCP keeps order */
			l.at = *last;
		*last = l.at;
		post(s, &l);
	}
}

static void op_up(void *arg, uint32_t vrf, const struct ip *ip, uint16_t ac,
                  const struct mac *mac, uint32_t seq, bool router)
{
	struct site *x = arg;
	int vm = vm_of(x->sim, ip);

	CHECK(vm != NOBODY);
	x->fib_local[vm] = true;
	advertise(x, vm, true, seq);
}

static void op_down(void *arg, uint32_t vrf, const struct ip *ip)
{
	struct site *x = arg;
	int vm = vm_of(x->sim, ip);

	x->fib_local[vm] = false;
	advertise(x, vm, false, 0);
}

static void op_yield(void *arg, uint32_t vrf, const struct ip *ip)
{
	struct site *x = arg;

	x->fib_local[vm_of(x->sim, ip)] = false;
}

static bool op_seen(void *arg, uint32_t vrf, const struct ip *ip)
{
	struct site *x = arg;
	int vm = vm_of(x->sim, ip);
	bool seen = x->stamped[vm];

	x->stamped[vm] = false;
	return seen;
}

/* Highest sequence, serially; then the lowest PE. */
static int best(const struct site *x, int vm)
{
	int b = NOBODY;

	for (int i = 0; i < SITES; i++) {
		if (i == x->id || !x->rib[i][vm].there)
			continue;
		if (b == NOBODY || (int32_t)(x->rib[i][vm].seq - x->rib[b][vm].seq) > 0)
			b = i;
	}
	return b;
}

static struct host_remote remote_of(const struct site *x, int from, int vm)
{
	struct host_remote r = { .pe = ip_of_u32(0xc000020b + (uint32_t)from),
		                 .seq = x->rib[from][vm].seq };

	r.soo = extcom_of_as(EXTCOM_SOO, 65000, (uint32_t)from + 1);
	return r;
}

static bool op_remote(void *arg, uint32_t vrf, const struct ip *ip,
                      struct host_remote *ret)
{
	struct site *x = arg;
	int vm = vm_of(x->sim, ip), from = vm == NOBODY ? NOBODY : best(x, vm);

	if (from == NOBODY)
		return false;
	*ret = remote_of(x, from, vm);
	return true;
}

/* The data plane of a site: a frame from a binding it knows is a mark, not a message. */
static void hear(struct site *x, const struct host_evidence *ev)
{
	struct host_info info;
	int vm = ev->kind == HOST_BY_RARP ? NOBODY : vm_of(x->sim, &ev->sender);

	if (vm != NOBODY && ev->kind != HOST_BY_GARP &&
	    ev->kind != HOST_BY_NA_UNSOLICITED && x->fib_local[vm] &&
	    hosts_info(x->h, VRF, &ev->sender, &info) && mac_eq(&info.mac, &ev->mac)) {
		x->stamped[vm] = true;
		return;
	}
	hosts_evidence(x->h, ev, x->sim->now);
}

/* A frame from a host; some are lost. */
static void speak(struct sim *s, int vm, enum host_evidence_kind k, int delay_ms)
{
	const struct vm *v = &s->vm[vm];
	struct letter l = { .kind = EVIDENCE, .to = v->site, .vm = vm };

	if (v->site == NOBODY || rnd(s, 100) < s->loss_percent)
		return;
	l.at = mono_add_ms(s->now, delay_ms);
	l.ev = (struct host_evidence){ .kind = k, .vrf = VRF, .ac = 1, .mac = v->mac };
	if (k != HOST_BY_RARP)
		l.ev.sender = l.ev.target = v->ip;
	post(s, &l);
}

static void op_send(void *arg, const struct host_frame *f)
{
	struct site *x = arg;
	struct sim *s = x->sim;
	int vm = vm_of(s, &f->target);
	struct mac own;

	/* RFC 5227: nobody announces an address at a site where its owner lives */
	if (f->kind == HOST_TX_GARP || f->kind == HOST_TX_NA) {
		CHECK(vm != NOBODY);
		own = s->vm[vm].mac;
		if (!mac_eq(&own, &f->sha) && s->vm[vm].site == x->id)
			s->conflicts++;
		return;
	}
	if (vm == NOBODY || s->vm[vm].site != x->id || rnd(s, 100) < s->loss_percent)
		return;
	if (f->kind == HOST_TX_ARP_REQUEST || f->kind == HOST_TX_NS)
		speak(s, vm, f->kind == HOST_TX_NS ? HOST_BY_NA : HOST_BY_ARP_REPLY, 2);
}

static void op_event(void *arg, const struct host_event *ev)
{
	struct site *x = arg;

	note(x->sim, 100u + ev->what, x->id, vm_of(x->sim, &ev->ip), 0);
	x->sim->stayed += ev->what == HOST_HAP_STAYED;
	x->sim->gone += ev->what == HOST_HAP_MOVED_AWAY;
}

static void deliver(struct sim *s, const struct letter *l)
{
	struct site *x = &s->site[l->to];
	struct host_remote r;
	int from;

	if (l->kind == EVIDENCE) {
		hear(x, &l->ev);
		return;
	}
	x->rib[l->from][l->vm] = l->route;
	from = best(x, l->vm);
	if (from != NOBODY)
		r = remote_of(x, from, l->vm);
	hosts_remote(x->h, VRF, &s->vm[l->vm].ip, from == NOBODY ? NULL : &r, s->now);
}

/* One tick: letters that have arrived, in the order they were sent, then timers. */
static void tick(struct sim *s)
{
	s->now = mono_add_ms(s->now, STEP_MS);
	for (size_t i = 0; i < s->n;) {
		struct letter l = s->queue[i];

		if (!mono_reached(s->now, l.at)) {
			i++;
			continue;
		}
		memmove(&s->queue[i], &s->queue[i + 1], (--s->n - i) * sizeof(l));
		deliver(s, &l);
	}
	for (int i = 0; i < SITES; i++)
		hosts_run(s->site[i].h, s->now);
}

static void pass(struct sim *s, int64_t ms)
{
	struct mono end = mono_add_ms(s->now, ms);

	while (!mono_reached(s->now, end)) {
		struct mono next = MONO_NEVER;

		for (int i = 0; i < SITES; i++)
			next = mono_min(next, hosts_deadline(s->site[i].h));
		/* nothing on its way: jump to where something is due */
		if (!s->n && next.us > s->now.us + 2 * STEP_MS * 1000)
			s->now = mono_min(mono_add_ms(next, -STEP_MS), end);
		tick(s);
	}
}

/* What announces a host at its place: some guests say little. */
static void announce(struct sim *s, int vm)
{
	bool ip4 = s->vm[vm].ip.afi == AFI_IP4;

	switch (rnd(s, 10)) {
	case 0: speak(s, vm, HOST_BY_RARP, 1); break;
	case 1: speak(s, vm, HOST_BY_SOURCE, 1); break;
	case 2: speak(s, vm, ip4 ? HOST_BY_ARP_REQUEST : HOST_BY_NS, 1); break;
	default:
		speak(s, vm, ip4 ? HOST_BY_GARP : HOST_BY_NA_UNSOLICITED, 1);
		speak(s, vm, ip4 ? HOST_BY_GARP : HOST_BY_NA_UNSOLICITED, 2000);
	}
}

static void happen(struct sim *s)
{
	int vm = (int)rnd(s, HOSTS);
	struct vm *v = &s->vm[vm];

	s->moves++;
	switch (rnd(s, 8)) {
	case 0: v->site = NOBODY; break; /* the power goes */
	case 1:
		v->mac.b[4] ^= 1;
		announce(s, vm);
		break; /* a new card */
	case 2: speak(s, vm, HOST_BY_SOURCE, 1); break;
	default: /* a move; what it says late, it says at the new place */
		v->site = (int)rnd(s, SITES);
		announce(s, vm);
	}
}

static struct sim *sim_new(uint64_t seed)
{
	static const struct host_ops ops = { op_up,     op_down,  op_send, op_seen,
		                             op_remote, op_event, NULL,    NULL,
		                             op_yield,  NULL };
	struct sim *s = mem_new(struct sim);

	s->rng = seed;
	s->loss_percent = LOSS_PERCENT;
	for (int i = 0; i < HOSTS; i++) {
		char ip[IP_STRLEN];

		snprintf(ip, sizeof(ip), i % 4 ? "10.0.0.%d" : "2001:db8:1::%d", i + 1);
		CHECK(ip_parse(ip, &s->vm[i].ip));
		s->vm[i].mac = (struct mac){
			{2, 0xaa, 0, 0, 0, (uint8_t)i}
		};
		s->vm[i].site = (int)rnd(s, SITES);
	}
	for (int i = 0; i < SITES; i++) {
		struct site *x = &s->site[i];
		struct host_subnet sn = { .vrf = VRF,
			                  .proxy_mac = { { 0, 0, 0x5e, 0, 1, 10 } },
			                  .age_ms = 180000,
			                  .scan_rate = 200,
			                  .rescan_s = 300,
			                  .max_hosts = 4096 };
		struct host_ac ac = { .id = 1, .vrf = VRF };

		x->sim = s;
		x->id = i;
		ac.soo = extcom_of_as(EXTCOM_SOO, 65000, (uint32_t)i + 1);
		x->h = hosts_new(&(struct hosts_config){
			.seed = seed + (uint64_t)i, .ops = &ops, .arg = x });
		hosts_ac_set(x->h, &ac, s->now);
		for (int v6 = 0; v6 < 2; v6++) {
			CHECK(prefix_parse(v6 ? "2001:db8:1::/64" : "10.0.0.0/25",
			                   &sn.prefix));
			CHECK(ip_parse(v6 ? "2001:db8:1::ffff" : "10.0.0.126",
			               &sn.gateway));
			hosts_subnet_set(x->h, &sn, s->now);
			hosts_subnet_attach(x->h, VRF, &sn.prefix, 1, s->now);
		}
		hosts_ac_link(x->h, 1, true, s->now);
	}
	return s;
}

static void sim_free(struct sim *s)
{
	for (int i = 0; i < SITES; i++)
		hosts_free(s->site[i].h);
	free(s);
}

/* Hosts that are up say something now and then: their neighbours do. */
static void chatter(struct sim *s)
{
	for (int i = 0; i < HOSTS; i++)
		speak(s, i, s->vm[i].ip.afi == AFI_IP4 ? HOST_BY_ARP_REQUEST : HOST_BY_NA,
		      1);
}

static void agree(const struct sim *s, uint64_t seed)
{
	for (int v = 0; v < HOSTS; v++) {
		for (int i = 0; i < SITES; i++) {
			const struct site *x = &s->site[i];
			bool mine = s->vm[v].site == i;
			struct host_info info;
			bool local =
				hosts_info(x->h, VRF, &s->vm[v].ip, &info) && info.local;

			if (local != mine || x->fib_local[v] != mine ||
			    (mine && !mac_eq(&info.mac, &s->vm[v].mac)) ||
			    (!mine && best(x, v) != s->vm[v].site))
				t_fail(__FILE__, __LINE__,
				       "seed %llu: host %d is at %d; site %d: local %d, fib %d, best %d",
				       (unsigned long long)seed, v, s->vm[v].site, i,
				       local, x->fib_local[v], best(x, v));
		}
	}
}

/* `hours` of moves, a minute between them on average, then silence; returns the digest.
 */
static uint64_t play(uint64_t seed, int hours, int gap_ms)
{
	struct sim *s = sim_new(seed);
	struct mono end = mono_add_ms(s->now, (int64_t)hours * 3600 * 1000);
	uint64_t digest;

	pass(s, 5000);
	while (!mono_reached(s->now, end)) {
		happen(s);
		pass(s, rnd(s, 2 * (uint32_t)gap_ms));
	}
	for (int i = 0; i < 8; i++) { /* longer than the age of what is off */
		chatter(s);
		pass(s, QUIET_MS / 8);
	}
	agree(s, seed);
	CHECK(s->moves > 100 && s->gone > 10);
	digest = s->digest;
	sim_free(s);
	return digest;
}

/* Nothing is lost, every move is announced: three seconds must do, ageing has no part. */
TEST(an_announced_move_is_known_everywhere_within_three_seconds)
{
	for (uint64_t seed = 1; seed <= 5; seed++) {
		struct sim *s = sim_new(seed);

		s->loss_percent = 0;
		pass(s, 5000);
		chatter(s);
		pass(s, 5000);
		for (int i = 0; i < 500; i++) {
			int vm = (int)rnd(s, HOSTS);

			s->vm[vm].site = (int)rnd(s, SITES);
			speak(s, vm,
			      s->vm[vm].ip.afi == AFI_IP4 ? HOST_BY_GARP
			                                  : HOST_BY_NA_UNSOLICITED,
			      1);
			pass(s, 3000);
			agree(s, seed);
		}
		CHECK_INT(s->stayed, 0);
		CHECK_INT(s->conflicts, 0);
		CHECK(s->gone > 300);
		sim_free(s);
	}
}

TEST(every_site_agrees_where_every_host_is_after_hours_of_moves)
{
	for (uint64_t seed = 1; seed <= 10; seed++)
		play(seed, 4, 30000);
}

TEST(they_agree_after_a_storm_of_moves_too)
{
	for (uint64_t seed = 101; seed <= 110; seed++)
		play(seed, 1, 700);
}

TEST(one_seed_is_one_story)
{
	uint64_t a = play(42, 1, 5000);

	CHECK(a == play(42, 1, 5000));
	CHECK(a != play(43, 1, 5000));
}
