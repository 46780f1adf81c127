/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hostbench.h"

enum {
	FILL_PER_S = 180, /* new addresses on an attachment; a PE takes 200 */
	VERIFY_PPS = 20000,
	STREAM_PPS = 10000,
	BEFORE_MS = 5,
	AFTER_MS = 30, /* the stream goes on for so long behind the new place's first */
	PATIENCE_MS = 3000,
	EVACUATION_MS = 6000,
	OBSERVER =
		2, /* streams come from the third site; hosts move between the others */
};

static uint32_t target;

static uint32_t the_target(uint32_t i)
{
	(void)i;
	return target;
}

static void stream_on(uint32_t (*host)(uint32_t), int six, unsigned pps, uint8_t from)
{
	hb.stream_host = host;
	hb.stream_six = six;
	hb.stream_site = from;
	hb.stream_i = 0;
	hb.stream_ns = 1000000000 / pps;
	hb.stream_next = lan_now();
}

/* --- fill and verify --------------------------------------------------------------- */

/* Those not reached yet announce themselves, as fast as the PEs take newcomers. */
static unsigned announce_missing(void)
{
	unsigned per_10ms = FILL_PER_S * hb.n_vlans * SITES / 100, said = 0, n = 0;
	int64_t at = lan_now();

	for (uint32_t i = 0; i < hb.n_hosts; i++) {
		for (int six = 0; six < 2; six++) {
			if (hb.host[i].reached[six])
				continue;
			host_announce(i, six);
			n++;
			if (++said < per_10ms)
				continue;
			said = 0;
			at += 10000000;
			pump(at);
		}
	}
	return n;
}

static void check_all(void)
{
	int64_t at;
	unsigned k = 0;

	phase_begin(2 * hb.n_hosts);
	at = lan_now();
	for (uint32_t i = 0; i < hb.n_hosts; i++) {
		for (int six = 0; six < 2; six++) {
			uint8_t from =
				(uint8_t)((hb.host[i].site + 1 + i / SITES % 2) % SITES);

			stream_send(i, six, from);
			if (++k % 20)
				continue;
			at += 20 * (1000000000 / VERIFY_PPS);
			pump(at);
		}
	}
	pump_ms(300);
	for (uint32_t p = 0; p < hb.n_packets; p++) {
		const struct packet *q = &hb.packet[p];

		hb.host[q->host].reached[q->six] = q->got[hb.host[q->host].site];
	}
}

static unsigned missing(void)
{
	unsigned n = 0;

	for (uint32_t i = 0; i < hb.n_hosts; i++)
		n += !hb.host[i].reached[0] + !hb.host[i].reached[1];
	return n;
}

void phase_fill(void)
{
	int64_t began = lan_now();
	unsigned rounds = 0;

	for (uint32_t i = 0; i < hb.n_hosts; i++)
		memset(hb.host[i].reached, 0, sizeof(hb.host[i].reached));
	while (rounds++ < 20 && announce_missing()) {
		pump_ms(500);
		check_all();
	}
	printf("{\"phase\": \"fill\", \"addresses\": %u, \"missing\": %u, \"rounds\": %u, "
	       "\"s\": %.1f}\n",
	       2 * hb.n_hosts, missing(), rounds, (double)(lan_now() - began) / 1e9);
}

void phase_verify(void)
{
	check_all();
	printf("{\"phase\": \"verify\", \"addresses\": %u, \"missing\": %u}\n",
	       2 * hb.n_hosts, missing());
}

/* --- one move after the other --------------------------------------------------------
 */

static uint32_t next_mover(unsigned n)
{
	static uint32_t at;

	for (uint32_t k = 0; k < hb.n_hosts; k++) {
		uint32_t i = at = (at + 7919) % hb.n_hosts;

		if (i >= SITES && hb.host[i].site != OBSERVER && !hb.host[i].moved)
			return i;
	}
	fprintf(stderr, "no host is left to move for the %uth time\n", n);
	exit(1);
}

struct outcome {
	int64_t first_new; /* the first packet delivered at the new place */
	int64_t remote;    /* the observer's PE sends there, and not where it was */
	int64_t heard;     /* the old PE sends the first one on */
	unsigned lost_old, lost_after, vanished, redirected;
};

static struct outcome judge(uint32_t first, int64_t t0, uint8_t from, uint8_t to)
{
	struct outcome o = { 0 };

	for (uint32_t k = first; k < hb.n_packets; k++) {
		const struct packet *p = &hb.packet[k];

		if (p->got[to] && (!o.first_new || p->got[to] < o.first_new))
			o.first_new = p->got[to];
		if (p->left[OBSERVER] && p->toward[OBSERVER] == to &&
		    (!o.remote || p->left[OBSERVER] < o.remote))
			o.remote = p->left[OBSERVER];
		if (p->left[from] && p->toward[from] == to) {
			o.redirected++;
			if (!o.heard || p->left[from] < o.heard)
				o.heard = p->left[from];
		}
	}
	for (uint32_t k = first; k < hb.n_packets; k++) {
		const struct packet *p = &hb.packet[k];
		bool at_old = p->got[from] && p->got[from] > t0;

		if (p->got[to] || (p->got[from] && !at_old))
			continue; /* in time here or there */
		if (!at_old)
			o.vanished++;
		else if (o.heard && p->entered[from] > o.heard)
			o.lost_after++;
		else
			o.lost_old++;
	}
	return o;
}

static void print_addr(const struct addr *a)
{
	if (!a->six) {
		printf("\"%d.%d.%d.%d\"", a->b[0], a->b[1], a->b[2], a->b[3]);
		return;
	}
	printf("\"2001:db8:1::1:%x:%x\"", a->b[12] << 8 | a->b[13],
	       a->b[14] << 8 | a->b[15]);
}

/* When each packet lost at the old place came into its PE, for the PE's own history. */
static void print_lost(uint32_t first, int64_t t0, uint8_t from, uint8_t to)
{
	const char *comma = "";

	printf(", \"lost_in_ns\": [");
	for (uint32_t k = first; k < hb.n_packets; k++) {
		const struct packet *p = &hb.packet[k];

		if (p->got[to] || p->got[from] <= t0)
			continue;
		printf("%s%lld", comma, (long long)p->entered[from]);
		comma = ", ";
	}
	printf("]");
}

static void one_move(unsigned n)
{
	uint32_t i = target = next_mover(n), first = hb.n_packets;
	uint8_t from = hb.host[i].site, to = (uint8_t)!from;
	bool six = n & 1;
	struct addr a = host_addr(i, six);
	struct outcome o = { 0 };
	int64_t t0;

	stream_on(the_target, six, STREAM_PPS, OBSERVER);
	pump_ms(BEFORE_MS);
	hb.host[i].site = to;
	hb.host[i].moved = true;
	t0 = lan_now();
	host_announce(i, six);
	host_announce(i, !six);
	while (!o.remote && lan_now() < t0 + PATIENCE_MS * 1000000LL) {
		pump_ms(5);
		o = judge(first, t0, from, to);
	}
	pump_ms(AFTER_MS);
	hb.stream_ns = 0;
	pump_ms(BEFORE_MS);
	o = judge(first, t0, from, to);
	printf("{\"phase\": \"move\", \"address\": ");
	print_addr(&a);
	printf(", \"from\": %d, \"to\": %d, \"t0_ns\": %lld, \"first_new_us\": %.1f, "
	       "\"remote_us\": %.1f, \"old_us\": %.1f, \"sent\": %u, \"redirected\": %u, "
	       "\"lost_old\": %u, \"lost_after\": %u, \"vanished\": %u",
	       from + 1, to + 1, (long long)t0,
	       o.first_new ? (double)(o.first_new - t0) / 1e3 : -1,
	       o.remote ? (double)(o.remote - t0) / 1e3 : -1,
	       o.heard ? (double)(o.heard - t0) / 1e3 : -1, hb.n_packets - first,
	       o.redirected, o.lost_old, o.lost_after, o.vanished);
	print_lost(first, t0, from, to);
	printf("}\n");
}

static void print_tallies(const char *phase)
{
	printf("{\"phase\": \"%s\"", phase);
	for (int s = 0; s < SITES; s++) {
		const struct tally *t = &hb.tally[s];
		unsigned peak[2] = { 0, 0 };

		for (int b = 0; b < BUCKETS; b++)
			for (int w = 0; w < 2; w++)
				if (t->per_bucket[w][b] > peak[w])
					peak[w] = t->per_bucket[w][b];
		printf(", \"site%d\": {\"asked\": %u, \"asked_away\": %u, "
		       "\"asked_away_peak\": %u, \"repaired\": %u, \"repaired_peak\": %u, "
		       "\"announced\": %u, \"conflicts\": %u}",
		       s + 1, t->asked, t->asked_away, peak[0], t->repaired, peak[1],
		       t->announced, t->conflicts);
	}
	printf("}\n");
}

void phase_moves(unsigned n, unsigned gap_ms)
{
	phase_begin(n * 2000);
	for (unsigned k = 0; k < n; k++) {
		one_move(k);
		pump_ms(gap_ms);
	}
	pump_ms(4000); /* the last probes and repairs */
	print_tallies("moves");
}

/* --- a thousand at once ----------------------------------------------------------------
 */

static uint32_t *leaving;
static unsigned n_leaving;

static uint32_t one_leaving(uint32_t i)
{
	return leaving[i % n_leaving];
}

static void choose_leaving(unsigned n)
{
	free(leaving);
	leaving = calloc(n, sizeof(*leaving));
	n_leaving = 0;
	for (uint32_t i = 0; leaving && i < hb.n_hosts && n_leaving < n; i++)
		if (!hb.host[i].site && i > SITES)
			leaving[n_leaving++] = i;
	if (n_leaving < n) {
		fprintf(stderr, "site 1 has only %u hosts\n", n_leaving);
		exit(1);
	}
}

static void print_leaving(int64_t t0, int64_t said, bool six)
{
	struct outcome sum = { 0 };
	unsigned unreached = 0;
	double last = 0;

	for (unsigned k = 0; k < n_leaving; k++)
		hb.host[leaving[k]].reached[six] = false;
	for (uint32_t k = 0; k < hb.n_packets; k++) {
		const struct packet *p = &hb.packet[k];
		bool at_old = p->got[0] > t0;

		if (p->six != six)
			continue;
		if (p->got[1] && !hb.host[p->host].reached[six]) {
			hb.host[p->host].reached[six] = true;
			if ((double)(p->got[1] - t0) / 1e6 > last)
				last = (double)(p->got[1] - t0) / 1e6;
		}
		sum.redirected += p->left[0] && p->toward[0] == 1;
		sum.lost_old += at_old && !p->got[1];
		sum.vanished += p->sent > t0 && !p->got[0] && !p->got[1];
	}
	for (unsigned k = 0; k < n_leaving; k++)
		unreached += !hb.host[leaving[k]].reached[six];
	printf("{\"phase\": \"evacuated\", \"family\": %d, \"hosts\": %u, \"t0_ns\": %lld, "
	       "\"announced_in_ms\": %.1f, \"last_first_packet_ms\": %.1f, \"unreached\": %u, "
	       "\"redirected\": %u, \"lost_old\": %u, \"vanished\": %u, \"addresses\": [",
	       six ? 6 : 4, n_leaving, (long long)t0, (double)(said - t0) / 1e6, last,
	       unreached, sum.redirected, sum.lost_old, sum.vanished);
	for (unsigned k = 0; k < n_leaving; k++) {
		struct addr a = host_addr(leaving[k], six);

		printf(k ? ", " : "");
		print_addr(&a);
	}
	printf("]}\n");
}

/* how: "4", "6", "46": that is announced; "rarp": the MAC alone.  All arrive at one
 * attachment, which is the worst case for its limits. */
void phase_evacuate(unsigned n, const char *how)
{
	bool four = strchr(how, '4'), six = strchr(how, '6'), rarp = !strcmp(how, "rarp");
	int64_t t0, said;

	phase_begin((EVACUATION_MS + 1000) * (STREAM_PPS / 1000));
	choose_leaving(n);
	hb.stream_round = n;
	stream_on(one_leaving, rarp || (four && six) ? -1 : six, STREAM_PPS, OBSERVER);
	pump_ms(300);
	for (unsigned k = 0; k < n; k++) {
		hb.host[leaving[k]].site = 1;
		hb.host[leaving[k]].vlan = (uint16_t)hb.first_vlan;
		hb.host[leaving[k]].moved = true;
	}
	t0 = lan_now();
	for (unsigned k = 0; k < n; k++) {
		if (rarp)
			host_rarp(leaving[k]);
		if (four)
			host_announce(leaving[k], false);
		if (six)
			host_announce(leaving[k], true);
	}
	said = lan_now();
	pump(t0 + EVACUATION_MS * 1000000LL);
	hb.stream_ns = 0;
	pump_ms(2000);
	if (rarp || four)
		print_leaving(t0, said, false);
	if (rarp || six)
		print_leaving(t0, said, true);
	print_tallies("evacuation");
}
