/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/sim/moves_world.h"

/* The guests of a site, and the switch between them and its PEs: frames come late, in any
 * order, or not at all. */
enum { FRAME_US = 3000 };

static bool has(const struct mv_guest *g, int addr)
{
	for (int k = 0; k < g->n_addrs; k++)
		if (g->addr[k] == addr)
			return true;
	return false;
}

int mv_guest_at(const struct mv *mv, int site, int addr)
{
	for (int i = 0; i < MV_ALL; i++)
		if (mv->guest[i].site == site && has(&mv->guest[i], addr))
			return i;
	return MV_NOBODY;
}

bool mv_claimed(const struct mv *mv, int addr)
{
	for (int i = MV_GUESTS; i < MV_GUESTS + MV_CLONES; i++)
		if (mv->guest[i].site != MV_NOBODY && has(&mv->guest[i], addr))
			return true;
	return false;
}

void mv_go(struct mv *mv, int guest, int site)
{
	struct mv_guest *g = &mv->guest[guest];

	g->site = site;
	for (int k = 0; k < g->n_addrs; k++) {
		mv_dirty(mv, g->addr[k]);
		mv_say(mv, g->addr[k], "guest %d goes to site %d", guest, site + 1);
	}
}

static void heard_by(struct mv *mv, int pe, const struct host_evidence *ev, int64_t ms)
{
	struct mv_letter *l;

	if (mv_rnd(mv, 100) < mv->loss_percent && ev->kind != HOST_BY_ATTACH)
		return;
	l = mv_letter(mv, MV_EVIDENCE, ms * 1000 + mv_rnd(mv, FRAME_US));
	l->pe = pe;
	l->ev = *ev;
}

/* What a guest says in `ms`, at the place where it is now: data goes to the master, all
 * else to everybody. */
void mv_speak(struct mv *mv, int guest, int addr, enum host_evidence_kind k, int64_t ms)
{
	const struct mv_guest *g = &mv->guest[guest];
	struct host_evidence ev = {
		.kind = k, .vrf = MV_VRF, .ac = MV_AC, .mac = g->mac
	};

	if (g->site == MV_NOBODY)
		return;
	if (k != HOST_BY_RARP)
		ev.sender = ev.target = mv->addr[addr];
	if (k == HOST_BY_ARP_REQUEST)
		ev.target = mv->addr[mv_rnd(mv, MV_GUESTS) * 2];
	for (int i = 0; i < MV_PES; i++) {
		const struct mv_pe *p = &mv->pe[i];

		if (p->site == g->site && (p->master || k != HOST_BY_SOURCE))
			heard_by(mv, i, &ev, ms);
	}
}

static enum host_evidence_kind gratuitous(const struct mv *mv, int addr)
{
	return mv->addr[addr].afi == AFI_IP4 ? HOST_BY_GARP : HOST_BY_NA_UNSOLICITED;
}

/* What hypervisors and guests say at a new place: much, little, or nothing. */
void mv_announce(struct mv *mv, int guest)
{
	const struct mv_guest *g = &mv->guest[guest];
	int how = (int)mv_rnd(mv, 12);

	if (how == 0) {
		for (int i = 0; i < 3; i++)
			mv_speak(mv, guest, g->addr[0], HOST_BY_RARP, 50 + 100 * i * i);
		return;
	}
	for (int k = 0; k < g->n_addrs; k++) {
		bool ip4 = mv->addr[g->addr[k]].afi == AFI_IP4;

		switch (how) {
		case 1: break; /* not a word */
		case 2: mv_speak(mv, guest, g->addr[k], HOST_BY_SOURCE, 1); break;
		case 3:
			mv_speak(mv, guest, g->addr[k],
			         ip4 ? HOST_BY_ARP_REQUEST : HOST_BY_NS, 1);
			break;
		case 4: /* a DHCP client checks the address, then says that it has it */
			mv_speak(mv, guest, g->addr[k],
			         ip4 ? HOST_BY_ARP_PROBE : HOST_BY_NS_DAD, 1);
			mv_speak(mv, guest, g->addr[k], gratuitous(mv, g->addr[k]), 2000);
			break;
		case 5: mv_speak(mv, guest, g->addr[k], HOST_BY_ATTACH, 1); break;
		case 6: /* only one address says so, a while later the other */
			mv_speak(mv, guest, g->addr[k], gratuitous(mv, g->addr[k]),
			         1 + 5000 * k);
			break;
		default:
			for (int i = 0; i < 3; i++)
				mv_speak(mv, guest, g->addr[k],
				         gratuitous(mv, g->addr[k]), 1 + 100 * i);
		}
	}
}

/* Hosts that are up say something now and then: their neighbours do. */
void mv_chatter(struct mv *mv)
{
	for (int i = 0; i < MV_ALL; i++) {
		for (int k = 0; !mv->guest[i].clone && k < mv->guest[i].n_addrs; k++) {
			int a = mv->guest[i].addr[k];

			mv_speak(mv, i, a,
			         mv->addr[a].afi == AFI_IP4 ? HOST_BY_ARP_REQUEST
			                                    : HOST_BY_NA,
			         1 + mv_rnd(mv, 1000));
		}
	}
}

/* RFC 5227 2.4: nobody announces an address where its owner hears it.  (Told of a
 * machine's old neighbours it may hear of its own second address, if nobody says whose
 * that is.) */
static void announced(struct mv_pe *p, const struct host_frame *f, int addr)
{
	struct mv *mv = p->mv;
	int g = mv_guest_at(mv, p->site, addr);

	CHECK(p->master);
	if (mac_is_group(&f->dst) && mac_eq(&f->sha, &f->src))
		mv->tally.repairs++;
	if (g != MV_NOBODY && !mac_eq(&mv->guest[g].mac, &f->sha) &&
	    (mac_is_group(&f->dst) ||
	     (mac_eq(&f->dst, &mv->guest[g].mac) && p->chosen[addr] != MV_LEGACY)) &&
	    !mv_claimed(mv, addr)) {
		mv->tally.conflicts++;
		mv_say(mv, addr, "pe%d: announces it where it lives", p->id + 1);
	}
}

/* A frame of a PE's, on its LAN: who is asked answers the one who asked. */
void mv_frame(struct mv_pe *p, const struct host_frame *f)
{
	int addr = mv_addr(p->mv, &f->target);
	struct mv *mv = p->mv;

	if (!p->link || addr == MV_NOBODY)
		return;
	if (f->kind == HOST_TX_GARP || f->kind == HOST_TX_NA) {
		announced(p, f, addr);
		return;
	}
	if (f->kind != HOST_TX_ARP_REQUEST && f->kind != HOST_TX_NS)
		return;
	mv->tally.probes++;
	for (int i = 0; i < MV_ALL; i++) {
		const struct mv_guest *g = &mv->guest[i];
		struct host_evidence ev = { .vrf = MV_VRF,
			                    .ac = MV_AC,
			                    .mac = g->mac,
			                    .sender = f->target,
			                    .target = f->sender };

		if (g->site != p->site || !has(g, addr) ||
		    !(mac_is_group(&f->dst) || mac_eq(&f->dst, &g->mac)) ||
		    mv_rnd(mv, 100) < mv->loss_percent)
			continue;
		ev.kind = f->kind == HOST_TX_NS ? HOST_BY_NA : HOST_BY_ARP_REPLY;
		heard_by(mv, p->id, &ev, 1);
	}
}
