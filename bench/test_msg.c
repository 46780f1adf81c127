/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "msg.h"

/* Checks of msg.c: what the encoders make, the strict decoder
 * takes, and route numbers survive the trip; what is broken, it refuses. */
static unsigned passed, failed;

static void check(bool ok, const char *what)
{
	if (ok)
		passed++;
	else
		failed++;
	if (!ok)
		printf("FAIL: %s\n", what);
}

struct got {
	uint32_t n, un;
	uint32_t first, last;
	unsigned sender;
};

static void on_reach(void *ctx, uint32_t i, unsigned sender)
{
	struct got *g = ctx;
	if (!g->n++)
		g->first = i;
	g->last = i;
	g->sender = sender;
}

static void on_unreach(void *ctx, uint32_t i)
{
	struct got *g = ctx;
	if (!g->un++)
		g->first = i;
	g->last = i;
}

static const char *decode(const struct plan *p, const struct buf *b, struct got *g,
                          struct dec_stats *st)
{
	struct dec_opts o = { .plan = p, .senders = 2, .as4 = true, .ibgp = true };
	struct sink k = { g, on_reach, on_unreach };
	const char *why = NULL;
	int len = dec_header(b->p + b->off, b->len - b->off, false, &why);

	memset(g, 0, sizeof *g);
	if (len <= 0)
		return why ? why : "incomplete";
	return dec_update(&o, b->p + b->off + BGP_HDR, len - BGP_HDR, &k, st);
}

static void round_trip(struct plan p, const char *name)
{
	struct buf b = { 0 };
	struct dec_stats st = { 0 };
	struct got g;
	uint32_t bad = 0;

	for (uint32_t i = 0; i < p.routes; i++) {
		struct route r = plan_route(&p, i);
		if (plan_index(&p, r.vrf, r.host) != (int64_t)i)
			bad++;
	}
	check(!bad, name);
	check(plan_index(&p, p.vrfs, 0) == -1, "VRF outside the plan");
	for (uint32_t at = 0; at < p.routes; at += p.block) {
		uint32_t n = p.routes - at < p.block ? p.routes - at : p.block;
		unsigned s = at / p.block % 2;
		b.len = b.off = 0;
		enc_reach(&b, &p, s, at, n);
		const char *e = decode(&p, &b, &g, &st);
		if (e || g.n != n || g.first != at || g.last != at + n - 1 ||
		    g.sender != s) {
			check(false, e ? e : name);
			break;
		}
	}
	check(st.reach == p.routes, "all routes announced once");

	uint32_t n = unreach_max(&p), *idx = malloc(sizeof *idx * n);
	for (uint32_t k = 0; k < n; k++)
		idx[k] = (uint64_t)k * 7919 % p.routes;
	b.len = b.off = 0;
	enc_unreach(&b, &p, idx, n);
	check(b.len <= BGP_MAX, "withdrawal fits a message");
	check(!decode(&p, &b, &g, &st) && g.un == n && g.first == idx[0] &&
	              g.last == idx[n - 1],
	      "withdrawal round trip");
	free(idx);

	struct plan big = p;
	big.block = reach_max(&p);
	big.routes = big.block;
	b.len = b.off = 0;
	enc_reach(&b, &big, 1, 0, big.block);
	check(b.len <= BGP_MAX && !decode(&big, &b, &g, &st) && g.n == big.block,
	      "fullest announcement");
	buf_free(&b);
}

/* Does this bit carry nothing the decoder could judge?  Offsets in an UPDATE of
 * four VPNv4 routes: NLRI at 44, ORIGIN at 108, LOCAL_PREF at 115, the route
 * target at 122. */
static bool unjudged(size_t byte, unsigned bit)
{
	if (byte >= 44 && byte < 108) {
		size_t at = (byte - 44) % 16;
		return (at == 3 && bit >= 1 && bit <= 3) || /* EXP */
		       at >= 12;                            /* another host of the VRF */
	}
	return byte == 43 ||                  /* reserved octet */
	       byte == 111 ||                 /* ORIGIN */
	       (byte >= 118 && byte < 122) || /* LOCAL_PREF */
	       (byte == 122 && bit == 5);     /* partial */
}

/* Flip every single bit of a good UPDATE body, and cut it at every length:
 * nothing may crash, and damage that can be seen must be seen. */
static void damage(const struct plan *p)
{
	struct buf b = { 0 };
	struct dec_stats st = { 0 };
	struct got g;

	enc_reach(&b, p, 0, 0, 4);
	for (size_t bit = BGP_HDR * 8; bit < b.len * 8; bit++) {
		b.p[bit / 8] ^= 1 << bit % 8;
		const char *e = decode(p, &b, &g, &st);
		if (!e && !unjudged(bit / 8, bit % 8)) {
			printf("byte %zu bit %zu: ", bit / 8, bit % 8);
			check(false, "damaged UPDATE accepted");
		} else {
			check(e || g.last < p->routes, "route outside the plan accepted");
		}
		b.p[bit / 8] ^= 1 << bit % 8;
	}
	for (size_t cut = BGP_HDR; cut < b.len; cut++) {
		/* truncated copies at exact size, so that valgrind or ASan
		 * sees any read past the end */
		uint8_t *c = malloc(cut);
		memcpy(c, b.p, cut);
		c[16] = cut >> 8;
		c[17] = cut;
		struct buf t = { .p = c, .len = cut, .cap = cut };
		check(decode(p, &t, &g, &st) != NULL, "truncated UPDATE accepted");
		free(c);
	}
	buf_free(&b);
}

static void refuse(const struct plan *p, size_t off, uint8_t val, const char *what)
{
	struct buf b = { 0 };
	struct dec_stats st = { 0 };
	struct got g;
	enc_reach(&b, p, 0, 0, 2);
	check(b.p[off] != val, what);
	b.p[off] = val;
	check(decode(p, &b, &g, &st) != NULL, what);
	buf_free(&b);
}

static void opens(void)
{
	struct open_opts o = { .asn = 4200000000u,
		               .bgp_id = 0x7f000101,
		               .hold = 240,
		               .afi = 1,
		               .as4 = true,
		               .refresh = true,
		               .extmsg = true,
		               .rtc = true };
	struct buf b = { 0 };
	char text[256];
	bool as4, ext, rtc;
	uint16_t hold;
	const char *why;

	enc_open(&b, &o);
	int len = dec_header(b.p, b.len, false, &why);
	check(len == (int)b.len, "OPEN header");
	check(!dec_open(b.p + BGP_HDR, len - BGP_HDR, text, sizeof text, &as4, &ext, &rtc,
	                &hold),
	      "OPEN decodes");
	check(as4 && ext && rtc && hold == 240, "OPEN capabilities");
	check(!strcmp(text,
	              "mp:1/128,mp:1/132,route-refresh,extended-message,as4:4200000000"),
	      text);
	check(dec_open(b.p + BGP_HDR, len - BGP_HDR - 1, text, sizeof text, &as4, &ext,
	               &rtc, &hold) != NULL,
	      "short OPEN refused");
	b.p[0] = 0;
	check(dec_header(b.p, b.len, false, &why) == -1, "bad marker refused");
	buf_free(&b);
}

static void specials(const struct plan *p)
{
	struct buf b = { 0 };
	struct dec_stats st = { 0 };
	struct got g;

	enc_eor(&b, 1, SAFI_VPN);
	check(!decode(p, &b, &g, &st) && st.eor == 1, "End-of-RIB");
	b.len = b.off = 0;
	enc_eor(&b, 1, SAFI_UNICAST);
	check(decode(p, &b, &g, &st) != NULL, "End-of-RIB of another family refused");
	b.len = b.off = 0;
	enc_keepalive(&b);
	check(b.len == 19 && b.p[18] == MSG_KEEPALIVE, "KEEPALIVE");
	b.len = b.off = 0;
	enc_refresh(&b, 1, SAFI_VPN);
	check(b.len == 23 && b.p[20] == 1 && b.p[22] == SAFI_VPN, "ROUTE-REFRESH");
	b.len = b.off = 0;
	enc_rtc(&b, p, 65000, 0x7f000101, 450);
	unsigned msgs = 0;
	struct dec_opts o = {
		.plan = p, .senders = 1, .as4 = true, .ibgp = true, .rtc = true
	};
	while (b.off < b.len) {
		const char *why = "";
		int len = dec_header(b.p + b.off, b.len - b.off, false, &why);
		if (len <= 0 ||
		    dec_update(&o, b.p + b.off + BGP_HDR, len - BGP_HDR, NULL, &st))
			break;
		b.off += len;
		msgs++;
	}
	check(msgs == 3 && b.off == b.len, "RT membership");
	buf_free(&b);
}

int main(void)
{
	struct plan p = { .routes = 123457,
		          .block = 50,
		          .vrfs = 1000,
		          .nhs = 64,
		          .rd_asn = 65000,
		          .rd_base = 1,
		          .nh_base = 0x0a800000,
		          .host_base = 0x0a000000 };

	round_trip(p, "distinct hosts");
	p.shared_hosts = true;
	round_trip(p, "shared hosts");
	p.label_per_route = true;
	p.unique_attrs = true;
	p.block = 1;
	round_trip(p, "one per UPDATE, label per route, MED");
	p.v6 = true;
	p.block = 37;
	round_trip(p, "VPNv6");
	p = (struct plan){ .routes = 1000,
		           .block = 50,
		           .vrfs = 10,
		           .nhs = 4,
		           .rd_asn = 65000,
		           .rd_base = 1,
		           .nh_base = 0x0a800000,
		           .host_base = 0x0a000000 };
	opens();
	specials(&p);

	/* offsets: header 19, lengths 4, MP_REACH header 4, AFI 2, SAFI, next
	 * hop length, next hop 12, reserved, then the NLRI at 48 */
	refuse(&p, 20, 1, "IPv4 unicast withdrawal");
	refuse(&p, 23, 0x40, "MP_REACH flags");
	refuse(&p, 28, 2, "family");
	refuse(&p, 30, 16, "next hop length");
	refuse(&p, 31, 1, "next hop RD");
	refuse(&p, 40, 200, "next hop of nobody");
	refuse(&p, 44, 119, "NLRI length");
	refuse(&p, 47, 0x00, "label without bottom of stack");
	refuse(&p, 46, 0xff, "label of another route");
	refuse(&p, 55, 9, "RD of another VRF");
	refuse(&p, 56, 11, "address outside the plan");

	damage(&p);
	printf("%u passed, %u failed\n", passed, failed);
	return failed != 0;
}
