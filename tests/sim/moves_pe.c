/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/sim/moves_world.h"

/* A PE: its host table and its VRF, and what core/ does between them, step by step. */

struct extcom mv_soo(int site)
{
	return extcom_of_as(EXTCOM_SOO, 65000, (uint32_t)site + 1);
}

void mv_pe_write(struct mv_pe *p, int addr, enum mv_way way, int pe)
{
	struct mv_fib *f = &p->fib[addr];

	*f = (struct mv_fib){ .way = (uint8_t)way, .pe = (int8_t)pe };
	f->frozen = p->h && (hosts_frozen(p->h, MV_VRF, &p->mv->addr[addr]) ||
	                     hosts_is_anycast(p->h, MV_VRF, &p->mv->addr[addr]));
	mv_dirty(p->mv, addr);
	mv_say(p->mv, addr, "pe%d: packets go %s %d", p->id + 1,
	       way == MV_LOCAL    ? "to the port"
	       : way == MV_REMOTE ? "to pe"
	                          : "nowhere",
	       pe + 1);
}

static void write_remote(struct mv_pe *p, int addr)
{
	if (p->chosen[addr] == MV_NOBODY)
		mv_pe_write(p, addr, MV_NONE, MV_NOBODY);
	else
		mv_pe_write(p, addr, MV_REMOTE, p->chosen[addr]);
}

/* As core_is_local(): of an anycast address nobody else is told. */
static bool is_local(const struct mv_pe *p, int addr)
{
	const struct ip *ip = &p->mv->addr[addr];
	struct host_info info;

	return p->local[addr] || (hosts_is_anycast(p->h, MV_VRF, ip) &&
	                          hosts_info(p->h, MV_VRF, ip, &info) && info.local);
}

static void op_up(void *arg, uint32_t vrf, const struct ip *ip, uint16_t ac,
                  const struct mac *mac, uint32_t seq, bool router)
{
	struct mv_pe *p = arg;
	int addr = mv_addr(p->mv, ip);

	CHECK(addr != MV_NOBODY);
	mv_pe_write(p, addr, MV_LOCAL, MV_NOBODY);
	p->bound[addr] = *mac;
	if (hosts_is_anycast(p->h, MV_VRF, ip))
		return;
	CHECK(addr != MV_STATIC || p->id == MV_STATIC_PE ||
	      p->chosen[addr] != MV_STATIC_PE);
	p->local[addr] = true;
	p->seq[addr] = seq;
	p->bound[addr] = *mac;
	mv_vrf_up(p, addr, mac, seq, router);
	mv_say(p->mv, addr, "pe%d: up, sequence %u", p->id + 1, seq);
	mv_advertise(p, addr);
}

static void op_down(void *arg, uint32_t vrf, const struct ip *ip)
{
	struct mv_pe *p = arg;
	int addr = mv_addr(p->mv, ip);

	mv_say(p->mv, addr, "pe%d: down", p->id + 1);
	if (p->local[addr]) {
		p->local[addr] = false;
		mv_vrf_down(p, addr);
		mv_advertise(p, addr);
	}
	write_remote(p, addr);
}

static void op_yield(void *arg, uint32_t vrf, const struct ip *ip)
{
	struct mv_pe *p = arg;
	int addr = mv_addr(p->mv, ip);

	if (p->chosen[addr] != MV_NOBODY)
		write_remote(p, addr);
}

static void op_forward(void *arg, uint32_t vrf, const struct ip *ip, uint16_t ac,
                       const struct mac *mac, bool router)
{
	struct mv_pe *p = arg;

	mv_pe_write(p, mv_addr(p->mv, ip), MV_LOCAL, MV_NOBODY);
}

static bool op_seen(void *arg, uint32_t vrf, const struct ip *ip)
{
	struct mv_pe *p = arg;
	struct mv_fib *f = &p->fib[mv_addr(p->mv, ip)];
	bool seen = f->stamped;

	f->stamped = false;
	return seen;
}

static bool op_remote(void *arg, uint32_t vrf, const struct ip *ip,
                      struct host_remote *ret)
{
	struct mv_pe *p = arg;
	int addr = mv_addr(p->mv, ip);

	return addr != MV_NOBODY && mv_vrf_best(p, addr, ret);
}

static bool op_remotes(void *arg, uint32_t vrf, uint64_t *pos, size_t look,
                       void (*fn)(void *fn_arg, const struct ip *ip,
                                  const struct host_remote *r),
                       void *fn_arg)
{
	return mv_vrf_remotes(arg, pos, look, fn, fn_arg);
}

static size_t op_of_mac(void *arg, uint32_t vrf, const struct mac *mac, struct ip *ret,
                        size_t max)
{
	return mv_vrf_of_mac(arg, mac, ret, max);
}

static void op_send(void *arg, const struct host_frame *f)
{
	mv_frame(arg, f);
}

static bool claimed_lately(const struct mv *mv, int addr)
{
	struct mono at = mv->claimed_at[addr];

	return mv_claimed(mv, addr) || (at.us && mono_ms_since(mv->now, at) < 180000);
}

static void op_event(void *arg, const struct host_event *ev)
{
	struct mv_pe *p = arg;
	struct mv_tally *t = &p->mv->tally;
	int addr = mv_addr(p->mv, &ev->ip);

	if (addr == MV_NOBODY)
		return;
	mv_note(p->mv, 100u + ev->what, p->id, addr, 0);
	mv_say(p->mv, addr, "pe%d: %s by %s", p->id + 1, host_happening_text(ev->what),
	       host_evidence_text(ev->by));
	t->stayed += ev->what == HOST_HAP_STAYED;
	t->gone += ev->what == HOST_HAP_MOVED_AWAY;
	t->duplicates += ev->what == HOST_HAP_DUPLICATE;
	t->false_dups += ev->what == HOST_HAP_DUPLICATE && !claimed_lately(p->mv, addr);
	t->thawed += ev->what == HOST_HAP_THAWED;
}

static void op_frozen(void *arg, uint32_t vrf, const struct ip *ip, bool on)
{
	struct mv_pe *p = arg;

	p->fib[mv_addr(p->mv, ip)].frozen = on;
}

static const struct host_ops ops = {
	.up = op_up,
	.down = op_down,
	.send = op_send,
	.seen = op_seen,
	.remote = op_remote,
	.event = op_event,
	.yield = op_yield,
	.forward = op_forward,
	.frozen = op_frozen,
	.of_mac = op_of_mac,
	.remotes = op_remotes,
};

/* The packet path of an earlier run is still there: its hosts are asked. */
static void adopt(struct mv_pe *p)
{
	for (int a = 0; a < MV_ADDRS; a++) {
		struct host_evidence ev = { .kind = HOST_BY_FIB,
			                    .vrf = MV_VRF,
			                    .ac = MV_AC,
			                    .sender = p->mv->addr[a] };

		if (!p->fib[a].former || p->fib[a].way != MV_LOCAL)
			continue;
		ev.mac = p->bound[a];
		hosts_evidence(p->h, &ev, p->mv->now);
	}
}

void mv_pe_start(struct mv *mv, struct mv_pe *p)
{
	struct host_subnet sn = { .vrf = MV_VRF,
		                  .proxy_mac = { { 0, 0, 0x5e, 0, 1, 10 } },
		                  .age_ms = MV_AGE_MS,
		                  .scan_rate = 200,
		                  .rescan_s = 300,
		                  .max_hosts = 4096 };
	struct host_ac ac = {
		.id = MV_AC, .vrf = MV_VRF, .mac = p->mac, .soo = mv_soo(p->site)
	};

	mv->disturbed_at = mv->now;
	if (p->id == MV_LEGACY) {
		mv_session_up(mv, p->id);
		return;
	}
	p->h = hosts_new(&(struct hosts_config){
		.seed = mv->seed * 97 + (uint64_t)p->id, .ops = &ops, .arg = p });
	mv_vrf_start(p);
	hosts_ac_set(p->h, &ac, mv->now);
	for (int v6 = 0; v6 < 2; v6++) {
		CHECK(prefix_parse(v6 ? "2001:db8:1::/64" : "10.0.0.0/25", &sn.prefix));
		CHECK(ip_parse(v6 ? "2001:db8:1::ffff" : "10.0.0.126", &sn.gateway));
		if (v6)
			CHECK(ip_parse("2001:db8:1::f000", &sn.address));
		else
			sn.address = ip_of_u32(0x0a000064 + (uint32_t)p->id);
		hosts_subnet_set(p->h, &sn, mv->now);
		hosts_subnet_attach(p->h, MV_VRF, &sn.prefix, MV_AC, mv->now);
		hosts_trust_set(p->h, MV_VRF, &sn.prefix,
		                &(struct host_trust){ .anycast = &mv->addr[MV_OWN + v6],
		                                      .n_anycast = 1 });
	}
	mv_pe_master(p, p->master);
	hosts_ac_link(p->h, MV_AC, p->link, mv->now);
	for (int a = 0; a < MV_ADDRS; a++)
		p->fib[a].former = p->fib[a].way != MV_NONE;
	if (p->id == MV_STATIC_PE)
		hosts_static_set(p->h, MV_VRF, &mv->addr[MV_STATIC],
		                 &mv->guest[MV_STATIC / 2].mac, MV_AC, mv->now);
	adopt(p);
	if (mv->rr_up)
		mv_session_up(mv, p->id);
}

void mv_pe_stop(struct mv *mv, int pe)
{
	struct mv_pe *p = &mv->pe[pe];

	for (int a = 0; a < MV_ADDRS; a++)
		mv_say(mv, a, "pe%d: its process ends", pe + 1);
	mv_session_down(mv, pe, true);
	mv_vrf_stop(p);
	hosts_free(p->h);
	p->h = NULL;
	memset(p->got, 0, sizeof(p->got));
	memset(p->local, 0, sizeof(p->local));
	for (int a = 0; a < MV_ADDRS; a++)
		p->chosen[a] = MV_NOBODY;
}

void mv_pe_sweep(struct mv_pe *p)
{
	for (int a = 0; a < MV_ADDRS; a++)
		if (p->fib[a].former)
			mv_pe_write(p, a, MV_NONE, MV_NOBODY);
}

void mv_pe_master(struct mv_pe *p, bool master)
{
	struct prefix pfx;

	p->master = master;
	for (int v6 = 0; v6 < 2 && p->h; v6++) {
		CHECK(prefix_parse(v6 ? "2001:db8:1::/64" : "10.0.0.0/25", &pfx));
		hosts_place_master(p->h, MV_VRF, &pfx, MV_AC, master, p->mv->now);
	}
}

void mv_pe_link(struct mv_pe *p, bool up)
{
	p->link = up;
	if (p->h)
		hosts_ac_link(p->h, MV_AC, up, p->mv->now);
}

/* --- routes of others, as core_routes.c treats them ------------------
 */

/* The other maker's knows no sequence numbers: the lowest address wins. */
static int legacy_best(const struct mv_pe *p, int addr)
{
	for (int i = 0; i < MV_PES; i++)
		if (i != p->id && p->got[i][addr].there)
			return i;
	return MV_NOBODY;
}

void mv_pe_take(struct mv_pe *p, int origin, int addr)
{
	int b;

	if (p->id != MV_LEGACY) {
		mv_vrf_take(p, origin, addr);
		return;
	}
	b = legacy_best(p, addr);
	if (b == p->chosen[addr])
		return;
	p->chosen[addr] = b;
	if (!p->local[addr])
		write_remote(p, addr);
}

void mv_pe_chosen(struct mv_pe *p, int addr, const struct vrf_remote *r)
{
	struct host_remote hr;

	p->chosen[addr] = r ? (int)(ip_u32(&r->pe) - 0xc000020b) : MV_NOBODY;
	p->chosen_seq[addr] = r ? r->seq : 0;
	mv_dirty(p->mv, addr);
	mv_say(p->mv, addr, "pe%d: route of pe%d, sequence %u", p->id + 1,
	       p->chosen[addr] + 1, p->chosen_seq[addr]);
	if (r)
		hr = mv_host_remote(r);
	hosts_remote(p->h, MV_VRF, &p->mv->addr[addr], r ? &hr : NULL, p->mv->now);
	if (!is_local(p, addr) || (r && p->fib[addr].way == MV_REMOTE))
		write_remote(p, addr);
}

/* --- evidence: a frame from a binding that the packet path knows is a mark -------------
 */

static bool is_news(enum host_evidence_kind k)
{
	return k == HOST_BY_GARP || k == HOST_BY_NA_UNSOLICITED ||
	       k == HOST_BY_ARP_PROBE || k == HOST_BY_NS_DAD || k == HOST_BY_RARP ||
	       k == HOST_BY_ATTACH;
}

static void legacy_hear(struct mv_pe *p, const struct host_evidence *ev)
{
	int addr = mv_addr(p->mv, &ev->sender);

	if (addr == MV_NOBODY || ev->kind == HOST_BY_SOURCE || ev->kind == HOST_BY_RARP)
		return;
	p->neigh_at[addr] = p->mv->now;
	if (p->local[addr])
		return;
	p->local[addr] = true;
	mv_pe_write(p, addr, MV_LOCAL, MV_NOBODY);
	mv_advertise(p, addr);
}

void mv_pe_hear(struct mv_pe *p, const struct host_evidence *ev)
{
	int addr = ev->kind == HOST_BY_RARP ? MV_NOBODY : mv_addr(p->mv, &ev->sender);
	struct host_info info;

	if (p->id == MV_LEGACY) {
		legacy_hear(p, ev);
		return;
	}
	if (!p->h) { /* the packet path lives on */
		if (addr != MV_NOBODY && p->fib[addr].way == MV_LOCAL)
			p->fib[addr].stamped = true;
		return;
	}
	if (addr != MV_NOBODY)
		mv_say(p->mv, addr, "pe%d: hears %s", p->id + 1,
		       host_evidence_text(ev->kind));
	if (addr != MV_NOBODY && !is_news(ev->kind) && p->fib[addr].way == MV_LOCAL &&
	    hosts_info(p->h, MV_VRF, &ev->sender, &info) && mac_eq(&info.mac, &ev->mac))
		p->fib[addr].stamped = true;
	else
		hosts_evidence(p->h, ev, p->mv->now);
}

/* The other maker's PE redistributes its neighbour table: entries come when a host speaks
 * and go a minute after it is gone. */
void mv_legacy_run(struct mv *mv, int arg)
{
	struct mv_pe *p = &mv->pe[MV_LEGACY];

	for (int a = 0; a < MV_ADDRS; a++) {
		int64_t ms = mono_ms_since(mv->now, p->neigh_at[a]);

		if (!p->local[a] || ms < 30000)
			continue;
		if (mv_guest_at(mv, p->site, a) != MV_NOBODY && mv_rnd(mv, 100) < 80) {
			p->neigh_at[a] = mv->now;
		} else if (ms > 60000) {
			p->local[a] = false;
			mv_advertise(p, a);
			write_remote(p, a);
		}
	}
	mv_plan(mv, 1000, mv_legacy_run, 0);
}
