/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/host_trust_int.h"

#include "tests/unit/host/world.h"

/* Configured hosts, bindings, addresses of many, and what nobody is believed. */

#define A    "02:aa:00:00:00:0a"
#define B    "02:aa:00:00:00:0b"
#define IP   "1.1.1.2"
#define IP6  "2001:db8:1::2"
#define PE2  "192.0.2.12"
#define SITE "65000:2"

static const char *const both[] = { IP, IP6 };

static enum host_evidence_kind speaks(const char *ip)
{
	return strchr(ip, ':') ? HOST_BY_NA : HOST_BY_GARP;
}

static void trust(struct world *w, enum host_binding b, struct host_trust t)
{
	struct host_subnet sn[] = { w_subnet("1.1.0.0/16", "1.1.255.254"),
		                    w_subnet("2001:db8:1::/64", "2001:db8:1::ffff") };

	t.binding = b;
	for (size_t i = 0; i < ARRAY_LEN(sn); i++)
		hosts_trust_set(w->h, VRF, &sn[i].prefix, &t);
}

static void configure(struct world *w, const char *ip, const char *mac, uint16_t ac)
{
	struct ip who = w_ip(ip);
	struct mac m = w_mac(mac);

	hosts_static_set(w->h, VRF, &who, &m, ac, w->now);
}

static void lease(struct world *w, const char *ip, const char *mac, int64_t ms)
{
	struct ip who = w_ip(ip);
	struct mac m = w_mac(mac);

	hosts_binding_set(w->h, VRF, &who, &m, AC1, mono_add_ms(w->now, ms), w->now);
}

/* Another site has it; configured there, or with that MAC. */
static void remote_is(struct world *w, const char *ip, uint32_t seq, bool immutable,
                      const char *mac)
{
	w_remote(w, ip, PE2, SITE, seq);
	w->remote[0].r.sticky = w->remote[0].r.immutable = immutable;
	if (mac)
		w->remote[0].r.mac = w_mac(mac);
	hosts_remote(w->h, VRF, &w->remote[0].ip, &w->remote[0].r, w->now);
}

TEST(a_configured_host_is_there_while_its_port_is_up_and_never_asked)
{
	for (size_t i = 0; i < ARRAY_LEN(both); i++) {
		struct world *w = w_new();
		struct ip who = w_ip(both[i]);

		configure(w, both[i], A, AC1);
		CHECK_INT(w_state(w, both[i]), HOST_FIXED);
		CHECK(hosts_is_static(w->h, VRF, &who));
		CHECK_INT(w_last(w, W_UP)->ac, AC1);
		w_run(w, 3600 * 1000);
		CHECK_INT(w_state(w, both[i]), HOST_FIXED);
		CHECK_INT(w_count(w, W_FRAME, 0), 0);
		hosts_ac_link(w->h, AC1, false, w->now);
		CHECK_INT(w_count(w, W_DOWN, 0), 1);
		CHECK_INT(w_state(w, both[i]), HOST_ABSENT);
		hosts_ac_link(w->h, AC1, true, w->now);
		CHECK_INT(w_state(w, both[i]), HOST_FIXED);
		CHECK_INT(w_count(w, W_UP, 0), 2);
		hosts_static_del(w->h, VRF, &who, w->now);
		CHECK_INT(w_state(w, both[i]), HOST_ABSENT);
		CHECK(!hosts_is_static(w->h, VRF, &who));
		w_hear(w, speaks(both[i]), AC2, B, both[i], NULL);
		CHECK_INT(w_state(w, both[i]), HOST_LOCAL); /* one as any other now */
		w_free(w);
	}
}

TEST(nobody_else_is_believed_to_be_a_configured_host)
{
	for (size_t i = 0; i < ARRAY_LEN(both); i++) {
		struct world *w = w_new();
		const char *ip = both[i];
		size_t from;

		configure(w, ip, A, AC1);
		from = w->n;
		w_hear(w, speaks(ip), AC1, B, ip, NULL); /* another MAC */
		w_hear(w, speaks(ip), AC2, A, ip, NULL); /* another port */
		w_hear(w, HOST_BY_NS, AC2, B, ip, "2001:db8:1::9");
		w_hear(w, HOST_BY_SOURCE, AC2, B, ip, NULL);
		w_hear(w, HOST_BY_RARP, AC2, A, NULL, NULL);
		CHECK_INT(hosts_counter(w->h, HOST_N_SPOOF), 4);
		CHECK_INT(w_count(w, W_UP, from) + w_count(w, W_DOWN, from) +
		                  w_count(w, W_FRAME, from),
		          0);
		CHECK_INT(w_count(w, W_EVENT, from), 1); /* told once a second */
		CHECK_INT(w_last(w, W_EVENT)->what, HOST_HAP_SPOOF);
		w_run(w, 1000);
		w_hear(w, speaks(ip), AC1, B, ip, NULL);
		CHECK_INT(w_count(w, W_EVENT, from), 2);
		w_hear(w, speaks(ip), AC1, A, ip, NULL); /* itself */
		CHECK_INT(hosts_counter(w->h, HOST_N_SPOOF), 5);
		w_free(w);
	}
}

TEST(a_configured_host_takes_the_place_of_whoever_was_believed_before)
{
	struct world *w = w_new();

	w_hear(w, HOST_BY_GARP, AC2, B, IP, IP);
	w_remote(w, IP, PE2, SITE, 5); /* contested even */
	configure(w, IP, A, AC1);
	CHECK_INT(w_state(w, IP), HOST_FIXED);
	w_run(w, 10000);
	CHECK_INT(w_last(w, W_UP)->ac, AC1);
	CHECK_INT(w_last(w, W_UP)->mac.b[5], 0x0a);
	CHECK(host_seq_newer(w_last(w, W_UP)->seq, 5));
	w_free(w);
}

TEST(a_configured_host_on_a_port_that_is_down_is_nowhere)
{
	struct world *w = w_new();

	w_hear(w, HOST_BY_GARP, AC2, B, IP, IP);
	hosts_ac_link(w->h, AC1, false, w->now);
	configure(w, IP, A, AC1);
	CHECK_INT(w_state(w, IP), HOST_ABSENT);
	CHECK_INT(w_count(w, W_DOWN, 0), 1);
	w_hear(w, HOST_BY_GARP, AC2, B, IP, IP);
	CHECK_INT(w_state(w, IP), HOST_ABSENT);
	hosts_ac_link(w->h, AC1, true, w->now);
	CHECK_INT(w_state(w, IP), HOST_FIXED);
	w_free(w);
}

TEST(claims_of_other_sites_do_not_move_a_configured_host_and_are_told)
{
	struct world *w = w_new();
	size_t from;

	configure(w, IP, A, AC1);
	from = w->n;
	w_remote(w, IP, PE2, SITE, 7);
	w_run(w, 60000);
	CHECK_INT(w_state(w, IP), HOST_FIXED);
	CHECK_INT(w_count(w, W_EVENT, from), 1);
	CHECK_INT(w_last(w, W_EVENT)->what, HOST_HAP_CONFLICT);
	CHECK_INT(hosts_counter(w->h, HOST_N_STATIC_CLAIM), 1);
	CHECK_INT(w_count(w, W_FRAME, from) + w_count(w, W_DOWN, from), 0);
	remote_is(w, IP, 8, true,
	          NULL); /* configured there as well: a person's mistake */
	CHECK_INT(hosts_counter(w->h, HOST_N_STATIC_TWICE) +
	                  hosts_counter(w->h, HOST_N_STATIC_CLAIM),
	          2);
	CHECK_INT(w_state(w, IP), HOST_FIXED);
	w_free(w);
}

TEST(a_host_configured_at_another_site_is_not_learned_here)
{
	for (size_t i = 0; i < ARRAY_LEN(both); i++) {
		struct world *w = w_new();

		remote_is(w, both[i], 0, true, NULL);
		w_hear(w, speaks(both[i]), AC1, B, both[i], NULL);
		CHECK_INT(w_state(w, both[i]), HOST_ABSENT);
		CHECK_INT(hosts_counter(w->h, HOST_N_STICKY), 1);
		CHECK_INT(w_last(w, W_EVENT)->what, HOST_HAP_SPOOF);
		CHECK_INT(w_count(w, W_UP, 0), 0);
		w_free(w);
	}
}

TEST(a_host_that_another_site_configures_is_given_up_here_at_once)
{
	struct world *w = w_new();

	w_hear(w, HOST_BY_GARP, AC1, A, IP, IP);
	w_remote(w, IP, PE2, SITE, 0); /* it is contested when it becomes sticky */
	remote_is(w, IP, 0, true, NULL);
	CHECK_INT(w_state(w, IP), HOST_PAST);
	CHECK_INT(w_count(w, W_DOWN, 0), 1);
	CHECK_INT(w_last(w, W_EVENT)->what, HOST_HAP_CONFLICT);
	w_run(w, 5000);
	w_hear(w, HOST_BY_GARP, AC1, A, IP, IP);
	CHECK_INT(w_state(w, IP), HOST_PAST);
	w_free(w);
}

TEST(the_other_pe_of_a_site_may_have_a_host_configured_that_this_one_learns)
{
	struct world *w = w_new();

	w_remote(w, IP, PE2, "65000:1", 0); /* our own site */
	w->remote[0].r.sticky = w->remote[0].r.immutable = true;
	w_hear(w, HOST_BY_GARP, AC1, A, IP, IP);
	CHECK_INT(w_state(w, IP), HOST_LOCAL);
	w_free(w);
}

TEST(with_binding_static_only_configured_hosts_are_believed)
{
	struct world *w = w_new();

	trust(w, HOST_BIND_STATIC, (struct host_trust){ 0 });
	configure(w, IP, A, AC1);
	w_hear(w, HOST_BY_GARP, AC1, A, "1.1.1.3", "1.1.1.3");
	w_hear(w, HOST_BY_NA, AC1, A, "2001:db8:1::3", NULL);
	w_hear(w, HOST_BY_ATTACH, AC1, A, "1.1.1.4", NULL);
	w_hear(w, HOST_BY_GARP, AC1, A, IP, IP);
	CHECK_INT(hosts_count(w->h), 1);
	CHECK_INT(hosts_counter(w->h, HOST_N_UNLISTED), 3);
	CHECK_INT(w_last(w, W_EVENT)->what, HOST_HAP_REFUSED);
	w_free(w);
}

TEST(a_detached_host_leaves_its_address_to_whom_dhcp_gives_it)
{
	for (size_t i = 0; i < ARRAY_LEN(both); i++) {
		struct world *w = w_new();
		const char *ip = both[i];
		struct ip who = w_ip(ip);

		trust(w, HOST_BIND_DHCP, (struct host_trust){ 0 });
		w_hear(w, HOST_BY_ATTACH, AC1, A, ip, NULL);
		CHECK_INT(w_state(w, ip), HOST_LOCAL);
		CHECK(hosts_detach(w->h, VRF, &who, w->now));
		w_hear(w, speaks(ip), AC1, A, ip, NULL); /* on its way down */
		CHECK_INT(hosts_counter(w->h, HOST_N_UNBOUND), 1);
		lease(w, ip, B, 3600 * 1000);
		w_hear(w, speaks(ip), AC1, B, ip, NULL);
		CHECK_INT(w_state(w, ip), HOST_LOCAL);
		CHECK_INT(hosts_counter(w->h, HOST_N_SPOOF), 0);
		w_free(w);
	}
}

TEST(with_binding_dhcp_a_lease_is_needed_and_its_mac)
{
	for (size_t i = 0; i < ARRAY_LEN(both); i++) {
		struct world *w = w_new();
		const char *ip = both[i];

		trust(w, HOST_BIND_DHCP, (struct host_trust){ 0 });
		w_hear(w, speaks(ip), AC1, A, ip, NULL);
		CHECK_INT(hosts_counter(w->h, HOST_N_UNBOUND), 1);
		lease(w, ip, A, 3600 * 1000);
		CHECK_INT(w_state(w, ip), HOST_ABSENT); /* a lease is no host yet */
		w_hear(w, speaks(ip), AC1, B, ip, NULL);
		CHECK_INT(hosts_counter(w->h, HOST_N_SPOOF), 1);
		CHECK_INT(w_last(w, W_EVENT)->what, HOST_HAP_SPOOF);
		w_hear(w, speaks(ip), AC1, A, ip, NULL);
		CHECK_INT(w_state(w, ip), HOST_LOCAL);
		w_hear(w, speaks(ip), AC2, A, ip, NULL); /* hosts move */
		CHECK_INT(w_last(w, W_EVENT)->what, HOST_HAP_REBOUND);
		w_hear(w, speaks(ip), AC2, B, ip, NULL); /* but no other takes it */
		CHECK_INT(hosts_counter(w->h, HOST_N_SPOOF), 2);
		CHECK_INT(w_last(w, W_UP)->mac.b[5], 0x0a);
		w_free(w);
	}
}

/* What the data plane marks, and what answers probes. */
static void answer_a(struct world *w, const struct host_frame *f)
{
	if (f->kind == HOST_TX_ARP_REQUEST)
		w_hear(w, HOST_BY_ARP_REPLY, AC1, A, IP, "1.1.255.254");
}

TEST(a_lease_that_ends_takes_its_host_along)
{
	struct world *w = w_new();
	struct ip who = w_ip(IP);

	trust(w, HOST_BIND_DHCP, (struct host_trust){ 0 });
	w->answer = answer_a;
	lease(w, IP, A, 300 * 1000);
	w_hear(w, HOST_BY_GARP, AC1, A, IP, IP);
	w_run(w, 250 * 1000);
	CHECK_INT(w_count(w, W_DOWN, 0), 0);
	lease(w, IP, A, 300 * 1000); /* renewed */
	w_run(w, 250 * 1000);
	CHECK_INT(w_count(w, W_DOWN, 0), 0);
	w_run(w, 150 * 1000); /* expired, found out at the next look at it */
	CHECK_INT(w_count(w, W_DOWN, 0), 1);
	lease(w, IP, A, 300 * 1000);
	w_hear(w, HOST_BY_GARP, AC1, A, IP, IP);
	CHECK_INT(w_state(w, IP), HOST_LOCAL);
	CHECK(hosts_binding_del(w->h, VRF, &who, w->now)); /* released */
	CHECK_INT(w_count(w, W_DOWN, 0), 2);
	CHECK(!hosts_binding_del(w->h, VRF, &who, w->now));
	w_free(w);
}

TEST(a_host_brings_its_binding_along_as_the_mac_its_former_pe_tells)
{
	struct world *w = w_new();

	trust(w, HOST_BIND_DHCP, (struct host_trust){ 0 });
	remote_is(w, IP, 1, false, A);
	w_hear(w, HOST_BY_GARP, AC1, B, IP, IP);
	CHECK_INT(w_state(w, IP), HOST_ABSENT);
	w_hear(w, HOST_BY_GARP, AC1, A, IP, IP);
	CHECK_INT(w_state(w, IP), HOST_LOCAL);
	w_free(w);
}

TEST(hosts_of_an_earlier_run_and_of_who_runs_them_are_bound)
{
	struct world *w = w_new();

	trust(w, HOST_BIND_DHCP, (struct host_trust){ 0 });
	w->answer = answer_a;
	w_hear(w, HOST_BY_FIB, AC1, A, IP, NULL);
	CHECK_INT(w_state(w, IP), HOST_LOCAL);
	w_hear(w, HOST_BY_GARP, AC1, B, IP, IP);
	CHECK_INT(hosts_counter(w->h, HOST_N_SPOOF), 1);
	lease(w, IP, B, 1000); /* a server's word is newer than that */
	w_hear(w, HOST_BY_GARP, AC1, B, IP, IP);
	CHECK_INT(hosts_counter(w->h, HOST_N_SPOOF), 1);
	w_hear(w, HOST_BY_ATTACH, AC1, A, "1.1.1.3", NULL);
	CHECK_INT(w_state(w, "1.1.1.3"), HOST_LOCAL);
	w_hear(w, HOST_BY_GARP, AC1, B, "1.1.1.3", "1.1.1.3");
	CHECK_INT(hosts_counter(w->h, HOST_N_SPOOF), 2);
	w_free(w);
}

static struct world *shared(const char *ip)
{
	struct world *w = w_new();
	struct ip who = w_ip(ip);

	trust(w, HOST_BIND_LEARN, (struct host_trust){ .anycast = &who, .n_anycast = 1 });
	return w;
}

TEST(an_anycast_address_is_each_site_s_own_and_no_move)
{
	for (size_t i = 0; i < ARRAY_LEN(both); i++) {
		struct world *w = shared(both[i]);
		struct ip who = w_ip(both[i]);

		CHECK(hosts_is_anycast(w->h, VRF, &who));
		w_remote(w, both[i], PE2, SITE, 3);
		for (int k = 0; k < 10; k++) {
			w_hear(w, speaks(both[i]), AC1, A, both[i], NULL);
			w_remote(w, both[i], PE2, SITE, 4 + (uint32_t)k);
			w_run(w, 2000);
		}
		CHECK_INT(w_state(w, both[i]), HOST_LOCAL);
		CHECK_INT(w_last(w, W_UP)->seq, 0);
		CHECK_INT(hosts_counter(w->h, HOST_N_MOVES), 0);
		CHECK_INT(w_count(w, W_DOWN, 0) + w_count(w, W_FROZEN, 0) +
		                  w_count(w, W_YIELD, 0) + w_count(w, W_FRAME, 0),
		          0);
		w_free(w);
	}
}

TEST(an_anycast_address_stays_with_its_holder_until_another_announces_it)
{
	struct world *w = shared(IP);

	w_hear(w, HOST_BY_ARP_REQUEST, AC1, A, IP, "1.1.1.9");
	w_hear(w, HOST_BY_ARP_REQUEST, AC2, B, IP, "1.1.1.9");
	w_hear(w, HOST_BY_ARP_REPLY, AC2, B, IP, "1.1.1.9");
	CHECK_INT(w_last(w, W_UP)->ac, AC1);
	w_run(w, 2000);
	w_hear(w, HOST_BY_GARP, AC2, B, IP, IP);
	CHECK_INT(w_last(w, W_UP)->ac, AC2);
	w_free(w);
}

TEST(an_unsolicited_na_without_override_overrides_nobody)
{
	struct world *w = w_new();
	struct host_evidence ev = { .kind = HOST_BY_NA_UNSOLICITED,
		                    .vrf = VRF,
		                    .ac = AC2,
		                    .mac = w_mac(B),
		                    .sender = w_ip(IP6) };

	hosts_evidence(w->h, &ev, w->now); /* nobody else has it: it is learned */
	CHECK_INT(w_state(w, IP6), HOST_LOCAL);
	w_free(w);

	w = w_new();
	w_hear(w, HOST_BY_NA, AC1, A, IP6, NULL);
	hosts_evidence(w->h, &ev, w->now);
	CHECK_INT(w_count(w, W_UP, 0), 1);
	CHECK_INT(w_last(w, W_FRAME)->ac, AC2); /* it is asked there */
	ev.override = true;
	w_run(w, 2000);
	hosts_evidence(w->h, &ev, w->now);
	CHECK_INT(w_last(w, W_UP)->ac, AC2);
	w_free(w);

	w = w_new();
	w_remote(w, IP6, PE2, SITE, 1);
	ev.override = false;
	hosts_evidence(w->h, &ev, w->now);
	CHECK_INT(w_state(w, IP6), HOST_PROBING);
	w_free(w);
}

TEST(exempt_addresses_move_as_often_as_they_like)
{
	struct world *w = w_new();
	struct ip who = w_ip(IP);

	trust(w, HOST_BIND_LEARN, (struct host_trust){ .exempt = &who, .n_exempt = 1 });
	for (uint32_t i = 0; i < 20; i++) {
		w_remote(w, IP, PE2, SITE, 2 * i + 1);
		w_run(w, 1000);
		w_hear(w, HOST_BY_GARP, AC1, A, IP, IP);
		w_run(w, 1000);
		CHECK_INT(w_state(w, IP), HOST_LOCAL);
	}
	CHECK_INT(hosts_counter(w->h, HOST_N_MOVES), 20);
	CHECK_INT(hosts_counter(w->h, HOST_N_DUPLICATES), 0);
	w_free(w);
}

TEST(refusals_are_remembered_by_address_in_a_memory_that_does_not_grow)
{
	struct world *w = w_new();
	const struct host_refusal *r;
	struct ip who = w_ip(IP);
	size_t n = 0;

	trust(w, HOST_BIND_STATIC, (struct host_trust){ 0 });
	CHECK(!host_refused(w->h, VRF, &who));
	for (int i = 0; i < 3; i++)
		w_hear(w, HOST_BY_GARP, AC1, A, IP, IP);
	r = host_refused(w->h, VRF, &who);
	CHECK(r);
	CHECK_INT(r->why, HOST_N_UNLISTED);
	CHECK_INT(r->n, 3);
	CHECK_INT(r->ac, AC1);
	for (int i = 0; i < 5000; i++) {
		char ip[IP_STRLEN];

		snprintf(ip, sizeof(ip), "1.1.%d.%d", i / 250, 1 + i % 250);
		w_hear(w, HOST_BY_GARP, AC1, A, ip, ip);
	}
	for (size_t i = 0; i < HOST_REFUSED_MAX; i++)
		n += w->h->refused[i].n != 0;
	CHECK(n > HOST_REFUSED_MAX / 2); /* it is one place for each hash */
	CHECK_INT(w->h->by_ip.count, 0);
	w_free(w);
}

TEST(a_lease_that_the_sites_other_pe_has_seen_is_good_here)
{
	struct world *w = w_new();

	trust(w, HOST_BIND_DHCP, (struct host_trust){ 0 });
	w_remote(w, IP, PE2, "65000:1", 0); /* our own site */
	w->remote[0].r.mac = w_mac(A);
	w_hear(w, HOST_BY_GARP, AC1, B, IP, IP);
	CHECK_INT(w_state(w, IP), HOST_ABSENT);
	w_hear(w, HOST_BY_GARP, AC1, A, IP, IP);
	CHECK_INT(w_state(w, IP), HOST_LOCAL);
	w_free(w);
}

TEST(the_gateways_link_local_address_is_defended_too)
{
	struct world *w = w_new();
	struct ip gw = w_ip("fe80::200:5eff:fe00:20a");

	w_hear(w, HOST_BY_CONFLICT, AC1, B, "fe80::200:5eff:fe00:20a", NULL);
	CHECK_INT(hosts_counter(w->h, HOST_N_CONFLICT), 1);
	CHECK_INT(w_last(w, W_EVENT)->what, HOST_HAP_CONFLICT);
	CHECK_INT(w_last(w, W_FRAME)->frame.kind, HOST_TX_NA);
	CHECK(ip_eq(&w_last(w, W_FRAME)->frame.target, &gw));
	w_hear(w, HOST_BY_CONFLICT, AC1, B, "fe80::200:5eff:fe00:20a", NULL);
	CHECK_INT(w_count(w, W_FRAME, 0), 1); /* no war: once in ten seconds */
	w_free(w);
}
