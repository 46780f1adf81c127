/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/ra.h"

#include "base/must.h"
#include "wire/nd.h"

#include "gateway/gw_ra.h"
#include "tests/t.h"

/* A subnet on attachments 1 and 2, with a clock of the test's. */
enum { VRF = 100, SENT = 4096, INTERVAL_S = 600 };

struct world {
	struct gw_ras *g;
	struct mono now;
	struct {
		uint16_t ac;
		struct mac dst, src;
		struct ra ra;
		struct mono at;
	} sent[SENT];
	size_t n, len;
	uint8_t last[1024];
	struct gw_ra_rogue rogue;
	unsigned alarms;
};

static void on_send(void *arg, uint16_t ac, const struct mac *dst, const struct mac *src,
                    const uint8_t *ip, size_t len)
{
	struct world *w = arg;
	struct cur c = cur_of(ip, len);

	CHECK(w->n < SENT && len <= sizeof(w->last));
	w->sent[w->n].ac = ac;
	w->sent[w->n].dst = *dst;
	w->sent[w->n].src = *src;
	w->sent[w->n].at = w->now;
	memcpy(w->last, ip, w->len = len);
	CHECK_INT(ra_read(&c, &w->sent[w->n++].ra), RA_OK);
}

static void on_rogue(void *arg, const struct gw_ra_rogue *r)
{
	struct world *w = arg;

	w->rogue = *r;
	w->alarms++;
}

static const struct gw_ra_ops ops = { .send = on_send, .rogue = on_rogue };

static struct ip ip(const char *s)
{
	struct ip a;

	CHECK(ip_parse(s, &a));
	return a;
}

static struct gw_ra_subnet subnet(void)
{
	struct gw_ra_subnet sn = { .vrf = VRF,
		                   .name = "lan",
		                   .from = ip("fe80::200:5eff:fe00:20a"),
		                   .proxy_mac = { { 0, 0, 0x5e, 0, 2, 10 } },
		                   .interval_s = INTERVAL_S,
		                   .lifetime_s = 1800,
		                   .valid_s = 2592000,
		                   .preferred_s = 604800,
		                   .autonomous = true,
		                   .mtu = 1450,
		                   .n_dns = 1,
		                   .search = { "example.com" },
		                   .n_search = 1 };

	CHECK(prefix_parse("2001:db8:1::/64", &sn.prefix));
	sn.dns[0] = ip("2001:db8:53::1");
	return sn;
}

static struct world *world(uint64_t seed)
{
	static struct world the;
	struct world *w = &the;
	struct gw_ra_subnet sn = subnet();

	memset(w, 0, sizeof(*w));
	w->now = (struct mono){ 1000000 };
	w->g = gw_ras_new(&ops, w, seed);
	gw_ra_add(w->g, &sn, 1);
	gw_ra_add(w->g, &sn, 2);
	return w;
}

static void master(struct world *w, uint16_t ac, bool on)
{
	struct gw_ra_subnet sn = subnet();

	gw_ra_master(w->g, VRF, &sn.prefix, ac, on, w->now);
}

static void up(struct world *w, uint16_t ac, bool on)
{
	gw_ra_link(w->g, ac, on, w->now);
}

static void run(struct world *w, int64_t ms)
{
	struct mono end = mono_add_ms(w->now, ms);

	while (mono_reached(end, gw_ras_deadline(w->g))) {
		w->now = gw_ras_deadline(w->g);
		gw_ras_run(w->g, w->now);
	}
	w->now = end;
}

static void solicit(struct world *w, uint16_t ac)
{
	struct rs rs = { .src = ip("::"), .dst = ip("ff02::2") };
	uint8_t buf[64];
	struct wbuf b = wbuf_of(buf, sizeof(buf));

	rs_write(&b, &rs);
	gw_ra_solicited(w->g, ac, buf, b.len, w->now);
}

TEST(the_master_alone_speaks_and_only_where_the_port_is_up)
{
	struct world *w = world(1);

	run(w, 100000);
	master(w, 1, true);
	run(w, 100000);
	CHECK_INT(w->n, 0); /* down */
	up(w, 2, true);
	CHECK_INT(w->n, 0); /* backup */
	up(w, 1, true);
	CHECK_INT(w->n, 1); /* at once: hosts are waiting */
	CHECK_INT(w->sent[0].ac, 1);
	master(w, 2, true);
	CHECK_INT(w->n, 2);
	CHECK_INT(w->sent[1].ac, 2);
	gw_ras_free(w->g);
	CHECK_INT(w->n, 2);
}

TEST(an_advertisement_says_what_all_sites_say)
{
	struct world *w = world(1);
	const struct ra *ra = &w->sent[0].ra;
	struct gw_ra_subnet sn = subnet();
	struct mac all = {
		{0x33, 0x33, 0, 0, 0, 1}
	};
	uint8_t first[1024];
	size_t len;

	master(w, 1, true);
	up(w, 1, true);
	CHECK(mac_eq(&w->sent[0].dst, &all));
	CHECK(mac_eq(&w->sent[0].src, &sn.proxy_mac));
	CHECK(ip_eq(&ra->src, &sn.from));
	CHECK(ra->has_lla && mac_eq(&ra->lla, &sn.proxy_mac));
	CHECK_INT(ra->lifetime_s, 1800);
	CHECK_INT(ra->mtu, 1450);
	CHECK_INT(ra->n_prefixes, 1);
	CHECK(prefix_eq(&ra->prefix[0].prefix, &sn.prefix));
	CHECK(ra->prefix[0].on_link && ra->prefix[0].autonomous);
	CHECK_INT(ra->n_dns, 1);
	CHECK_INT(ra->dns_s, 3 * INTERVAL_S);
	CHECK_INT(ra->search_len, 13);
	memcpy(first, w->last, len = w->len);
	gw_ras_free(w->g);
	w = world(99); /* another PE */
	master(w, 2, true);
	up(w, 2, true);
	CHECK_INT(w->len, len);
	CHECK_MEM(w->last, first, len);
	gw_ras_free(w->g);
}

TEST(the_first_come_quickly_and_then_in_random_intervals)
{
	for (uint64_t seed = 1; seed < 20; seed++) {
		struct world *w = world(seed);
		int64_t least = INT64_MAX, most = 0;

		master(w, 1, true);
		up(w, 1, true);
		run(w, 100 * INTERVAL_S * 1000);
		CHECK(w->n > 110 && w->n < 300);
		for (size_t i = 1; i < w->n; i++) {
			int64_t ms = mono_ms_since(w->sent[i].at, w->sent[i - 1].at);

			if (i < GW_RA_FAST_N) {
				CHECK(ms <= GW_RA_FAST_MS);
				continue;
			}
			CHECK(ms >= INTERVAL_S * 1000 / 3 && ms <= INTERVAL_S * 1000);
			least = ms < least ? ms : least;
			most = ms > most ? ms : most;
		}
		CHECK(most - least > INTERVAL_S * 1000 / 3); /* spread, not in step */
		gw_ras_free(w->g);
	}
}

TEST(who_ceases_to_be_master_is_silent)
{
	struct world *w = world(1);
	size_t n;

	master(w, 1, true);
	up(w, 1, true);
	run(w, 60000);
	n = w->n;
	master(w, 1, false);
	solicit(w, 1);
	run(w, 10 * INTERVAL_S * 1000);
	CHECK_INT(w->n, n); /* above all no lifetime of zero */
	master(w, 1, true);
	CHECK_INT(w->n, n + 1);
	run(w, 2 * GW_RA_FAST_MS);
	CHECK_INT(w->n, n + 3); /* quickly again */
	master(w, 1, false);
	gw_ras_free(w->g);
	CHECK_INT(w->n, n + 3);
}

TEST(who_asks_is_told_within_half_a_second)
{
	for (uint64_t seed = 1; seed < 50; seed++) {
		struct world *w = world(seed);
		size_t n;
		int64_t ms;

		master(w, 1, true);
		up(w, 1, true);
		run(w, 100000);
		n = w->n;
		solicit(w, 2); /* another attachment's */
		solicit(w, 1);
		run(w, GW_RA_DELAY_MS);
		CHECK_INT(w->n, n + 1);
		ms = mono_ms_since(w->sent[n].at, w->sent[0].at) - 100000;
		CHECK(ms >= 0 && ms <= GW_RA_DELAY_MS);
		gw_ras_free(w->g);
	}
}

TEST(however_many_ask_they_are_told_every_three_seconds)
{
	struct world *w = world(7);

	master(w, 1, true);
	up(w, 1, true);
	for (int i = 0; i < 60000; i += 10) {
		solicit(w, 1);
		run(w, 10);
	}
	CHECK(w->n >= 60000 / (GW_RA_APART_MS + GW_RA_DELAY_MS));
	for (size_t i = 1; i < w->n; i++)
		CHECK(mono_ms_since(w->sent[i].at, w->sent[i - 1].at) >= GW_RA_APART_MS);
	gw_ras_free(w->g);
}

TEST(another_router_is_told_once_a_minute_and_the_other_pe_is_none)
{
	struct world *w = world(1);
	struct mac evil = { { 2, 0xaa, 0, 0, 0, 0x66 } }, proxy = subnet().proxy_mac;
	struct ra ra = { .src = ip("fe80::66"),
		         .dst = ip("ff02::1"),
		         .lifetime_s = 9000 };
	uint8_t buf[RA_LEN_MAX];
	struct wbuf b = wbuf_of(buf, sizeof(buf));

	ra_write(&b, &ra);
	master(w, 1, true);
	up(w, 1, true);
	gw_ra_heard(w->g, 1, &proxy, buf, b.len, w->now);
	CHECK_INT(w->alarms, 0);
	for (int i = 0; i < 100; i++) {
		gw_ra_heard(w->g, 1, &evil, buf, b.len, w->now);
		run(w, 1000);
	}
	CHECK_INT(w->alarms, 2);
	CHECK_INT(w->rogue.ac, 1);
	CHECK_INT(w->rogue.vrf, VRF);
	CHECK_INT(w->rogue.heard, 61);
	CHECK_INT(w->rogue.lifetime_s, 9000);
	CHECK(mac_eq(&w->rogue.mac, &evil));
	buf[43] ^= 1; /* a wrong checksum is no router */
	run(w, 120000);
	gw_ra_heard(w->g, 1, &evil, buf, b.len, w->now);
	CHECK_INT(w->alarms, 2);
	gw_ras_free(w->g);
}

TEST(a_bad_solicitation_is_not_answered)
{
	struct world *w = world(1);
	uint8_t junk[48] = { 0x60 };
	size_t n;

	master(w, 1, true);
	up(w, 1, true);
	run(w, 100000);
	n = w->n;
	gw_ra_solicited(w->g, 1, junk, sizeof(junk), w->now);
	gw_ra_solicited(w->g, 1, junk, 3, w->now);
	run(w, 1000);
	CHECK_INT(w->n, n);
	gw_ras_free(w->g);
}
