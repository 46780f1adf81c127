/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/host/world.h"

#define A    "02:aa:00:00:00:0a"
#define B    "02:aa:00:00:00:0b"
#define VMAC "00:00:5e:00:01:0a"
#define V6   "2001:db8:1::1"

TEST(strong_evidence_makes_a_host_and_weak_or_tentative_does_not)
{
	static const struct {
		enum host_evidence_kind kind;
		const char *sender, *target;
		enum host_state want;
	} row[] = {
		{HOST_BY_ARP_REQUEST,     "1.1.1.1", "1.1.1.3",       HOST_LOCAL  },
		{ HOST_BY_ARP_REPLY,      "1.1.1.1", "1.1.255.254",   HOST_LOCAL  },
		{ HOST_BY_GARP,           "1.1.1.1", "1.1.1.1",       HOST_LOCAL  },
		{ HOST_BY_NA,             V6,        V6,              HOST_LOCAL  },
		{ HOST_BY_NA_UNSOLICITED, V6,        V6,              HOST_LOCAL  },
		{ HOST_BY_NS,             V6,        "2001:db8:1::3", HOST_PROBING},
		{ HOST_BY_SOURCE,         "1.1.1.1", NULL,            HOST_PROBING},
		{ HOST_BY_DHCP,           "1.1.1.1", NULL,            HOST_PROBING},
		{ HOST_BY_ARP_PROBE,      "0.0.0.0", "1.1.1.1",       HOST_ABSENT },
		{ HOST_BY_NS_DAD,         "::",      V6,              HOST_ABSENT },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct world *w = w_new();
		bool tentative = row[i].want == HOST_ABSENT;
		const char *who = tentative ? row[i].target : row[i].sender;

		w_hear(w, row[i].kind, AC1, A, row[i].sender, row[i].target);
		CHECK_INT(w_state(w, who), row[i].want);
		CHECK_INT(w_count(w, W_UP, 0), row[i].want == HOST_LOCAL);
		CHECK_INT(hosts_counter(w->h, HOST_N_HINTS), tentative);
		w_free(w);
	}
}

TEST(what_must_never_be_learned_is_counted_by_its_reason)
{
	static const struct {
		enum host_evidence_kind kind;
		uint16_t ac;
		const char *mac, *sender;
		enum host_counter reason;
	} row[] = {
		{HOST_BY_ARP_REQUEST,  9,   A,                   "1.1.1.1",          HOST_N_NO_PORT },
		{ HOST_BY_ARP_REQUEST, AC1, "ff:ff:ff:ff:ff:ff", "1.1.1.1",
                 HOST_N_BAD_MAC								     },
		{ HOST_BY_ARP_REQUEST, AC1, "01:00:5e:00:00:01", "1.1.1.1",
                 HOST_N_BAD_MAC								     },
		{ HOST_BY_ARP_REQUEST, AC1, "00:00:00:00:00:00", "1.1.1.1",
                 HOST_N_BAD_MAC								     },
		{ HOST_BY_RARP,        AC1, "ff:ff:ff:ff:ff:ff", NULL,               HOST_N_BAD_MAC },
		{ HOST_BY_GARP,        AC1, VMAC,                "1.1.1.1",          HOST_N_OWN_MAC },
		{ HOST_BY_GARP,        AC1, "02:00:00:00:ff:01", "1.1.1.1",          HOST_N_OWN_MAC },
		{ HOST_BY_GARP,        AC1, VMAC,                "1.1.255.254",      HOST_N_OWN_MAC },
		{ HOST_BY_RARP,        AC1, "02:00:00:00:ff:01", NULL,               HOST_N_OWN_MAC },
		{ HOST_BY_ARP_REPLY,   AC1, A,                   "0.0.0.0",          HOST_N_BAD_ADDR},
		{ HOST_BY_ARP_REPLY,   AC1, A,                   "224.0.0.1",        HOST_N_BAD_ADDR},
		{ HOST_BY_NA,          AC1, A,                   "ff02::1",          HOST_N_BAD_ADDR},
		{ HOST_BY_NA,          AC1, A,                   "fe80::1",          HOST_N_BAD_ADDR},
		{ HOST_BY_SOURCE,      AC1, A,                   "fe80::1",          HOST_N_BAD_ADDR},
		{ HOST_BY_ARP_REQUEST, AC1, A,                   "1.2.0.1",          HOST_N_OUTSIDE },
		{ HOST_BY_NA,          AC1, A,                   "2001:db8:2::1",    HOST_N_OUTSIDE },
		{ HOST_BY_ARP_REQUEST, AC1, A,                   "1.1.0.0",          HOST_N_RESERVED},
		{ HOST_BY_ARP_REQUEST, AC1, A,                   "1.1.255.255",      HOST_N_RESERVED},
		{ HOST_BY_NA,          AC1, A,                   "2001:db8:1::",     HOST_N_RESERVED},
		{ HOST_BY_GARP,        AC1, A,                   "1.1.255.254",      HOST_N_CONFLICT},
		{ HOST_BY_NA,          AC1, A,                   "2001:db8:1::ffff", HOST_N_CONFLICT},
		{ HOST_BY_CONFLICT,    AC1, A,                   "1.1.255.254",      HOST_N_CONFLICT},
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct world *w = w_new();

		w_hear(w, row[i].kind, row[i].ac, row[i].mac, row[i].sender, NULL);
		CHECK_INT(hosts_counter(w->h, row[i].reason), 1);
		CHECK_INT(w_count(w, W_UP, 0), 0);
		CHECK_INT(w->h->by_ip.count, 0);
		w_free(w);
	}
}

TEST(hosts_of_an_earlier_run_are_all_asked_whatever_their_number)
{
	enum {
		MANY = 2000
	}; /* more than newcomers may come in a second, and than unproven */
	struct world *w = w_new();

	for (unsigned i = 0; i < MANY; i++) {
		struct ip ip = ip_of_u32(0x01010000 + 256 + i);
		char text[IP_STRLEN];

		w_hear(w, HOST_BY_FIB, AC1, A, ip_fmt(&ip, text), NULL);
	}
	w_run(w, 2500);
	CHECK_INT(w_count(w, W_UP, 0), 0); /* known is not proven */
	CHECK(w_count(w, W_FRAME, 0) >= MANY);
	w_hear(w, HOST_BY_ARP_REPLY, AC1, A, "1.1.1.0", NULL);
	CHECK_INT(w_state(w, "1.1.1.0"), HOST_LOCAL);
	w_free(w);
}

/* The packet path knows the host already, so its answer is a mark there and no event. */
TEST(a_host_of_an_earlier_run_is_local_once_the_packet_path_has_heard_it)
{
	struct world *w = w_new();

	w->seen = w_ip("1.1.1.1"); /* of before the question: proves nothing */
	w_hear(w, HOST_BY_FIB, AC1, A, "1.1.1.1", NULL);
	w_run(w, 10);
	CHECK_INT(w_state(w, "1.1.1.1"), HOST_PROBING);
	CHECK_INT(w_count(w, W_UP, 0), 0);
	w->seen = w_ip("1.1.1.1");
	w_run(w, 2000);
	CHECK_INT(w_state(w, "1.1.1.1"), HOST_LOCAL);
	CHECK_INT(w_count(w, W_UP, 0), 1);

	w->seen = w_ip("1.1.1.2"); /* and this one is gone since */
	w_hear(w, HOST_BY_FIB, AC1, B, "1.1.1.2", NULL);
	w_run(w, 10000);
	CHECK_INT(w_state(w, "1.1.1.2"), HOST_ABSENT);
	CHECK_INT(w_count(w, W_UP, 0), 1);
	w_free(w);
}

TEST(an_address_that_ends_in_255_is_a_host_in_a_16)
{
	struct world *w = w_new();

	w_hear(w, HOST_BY_GARP, AC1, A, "1.1.1.255", "1.1.1.255");
	CHECK_INT(w_state(w, "1.1.1.255"), HOST_LOCAL);
	w_free(w);
}

TEST(our_address_is_defended_once_in_ten_seconds)
{
	struct world *w = w_new();

	for (int s = 0; s < 25; s++) {
		w_hear(w, HOST_BY_GARP, AC1, B, "1.1.255.254", "1.1.255.254");
		w_run(w, 1000);
	}
	CHECK_INT(w_count(w, W_FRAME, 0), 3); /* at 0, 10 and 20 s */
	CHECK_INT(w_last(w, W_FRAME)->frame.kind, HOST_TX_GARP);
	CHECK(w_happened(w, HOST_HAP_CONFLICT));
	CHECK_INT(hosts_counter(w->h, HOST_N_CONFLICT), 25);

	/* an NA for the gateway without R makes hosts drop their default router */
	w_hear(w, HOST_BY_NA_UNSOLICITED, AC1, B, "2001:db8:1::ffff", NULL);
	CHECK_INT(w_last(w, W_FRAME)->frame.kind, HOST_TX_NA);
	CHECK(w_last(w, W_FRAME)->frame.router);
	w_free(w);
}

TEST(an_ns_is_asked_back_by_unicast_and_learned_from_its_na)
{
	struct world *w = w_new();
	const struct host_frame *f;
	struct mac a = w_mac(A);
	struct ip ll = w_ip("fe80::200:5eff:fe00:10a");

	w_hear(w, HOST_BY_NS, AC1, A, V6, "2001:db8:1::3");
	f = &w->log[0].frame;
	CHECK_INT(w->log[0].kind, W_FRAME);
	CHECK_INT(f->kind, HOST_TX_NS);
	CHECK(mac_eq(&f->dst, &a));
	CHECK(ip_eq(&f->sender, &ll)); /* never :: */
	w_hear(w, HOST_BY_NA, AC1, A, V6, V6);
	CHECK_INT(w_state(w, V6), HOST_LOCAL);
	CHECK_INT(w_count(w, W_UP, 0), 1);
	w_free(w);
}

TEST(a_weak_sign_nobody_answers_for_is_forgotten)
{
	struct world *w = w_new();

	w_hear(w, HOST_BY_SOURCE, AC1, A, "1.1.1.9", NULL);
	w_hear(w, HOST_BY_SOURCE, AC1, A, "1.1.1.9", NULL); /* asked already */
	w_run(w, 599);
	CHECK_INT(w_count(w, W_FRAME, 0), 3); /* 0, 200, 400 ms */
	CHECK_INT(w_state(w, "1.1.1.9"), HOST_PROBING);
	w_run(w, 1);
	CHECK_INT(w_state(w, "1.1.1.9"), HOST_ABSENT);
	CHECK_INT(w->h->by_ip.count, 0);
	CHECK_INT(w_count(w, W_UP, 0), 0);
	w_free(w);
}

TEST(a_probe_speaks_as_the_gateway_with_the_proxy_mac)
{
	struct world *w = w_new();
	struct ip gw = w_ip("1.1.255.254");
	struct mac vmac = w_mac(VMAC), a = w_mac(A);
	uint8_t buf[HOST_FRAME_MAX], want[64];
	struct wbuf wb = wbuf_of(buf, sizeof(buf));
	const struct host_frame *f;
	size_t n;

	w_hear(w, HOST_BY_SOURCE, AC1, A, "1.1.1.2", NULL);
	f = &w_last(w, W_FRAME)->frame;
	CHECK_INT(f->kind, HOST_TX_ARP_REQUEST);
	CHECK(ip_eq(&f->sender, &gw)); /* never 0.0.0.0: RFC 5227 2.1.1 */
	CHECK(mac_eq(&f->src, &vmac) && mac_eq(&f->sha, &vmac) && mac_eq(&f->dst, &a));
	host_frame_write(&wb, f, 100, 0);
	n = t_hex("02aa0000000a 00005e00010a 8100 0064 0806 0001 0800 06 04 0001"
	          "00005e00010a 0101fffe 000000000000 01010102",
	          want, sizeof(want));
	CHECK_INT(wb.len, n);
	CHECK_MEM(buf, want, n);
	w_free(w);
}

TEST(a_host_on_another_port_or_with_another_mac_is_bound_anew)
{
	struct world *w = w_new();
	struct mac b = w_mac(B);

	w_hear(w, HOST_BY_GARP, AC1, A, "1.1.1.1", "1.1.1.1");
	w_run(w, 5000);
	w_hear(w, HOST_BY_ARP_REQUEST, AC2, A, "1.1.1.1", "1.1.1.3");
	CHECK_INT(w_last(w, W_UP)->ac, AC2);
	w_run(w, 5000);
	w_hear(w, HOST_BY_ARP_REQUEST, AC2, B, "1.1.1.1", "1.1.1.3");
	CHECK(mac_eq(&w_last(w, W_UP)->mac, &b));
	CHECK_INT(w_count(w, W_UP, 0), 3);
	CHECK_INT(w_count(w, W_DOWN, 0), 0);
	CHECK_INT(hosts_count(w->h), 1);
	CHECK(w_happened(w, HOST_HAP_REBOUND));
	w_free(w);
}

TEST(a_weak_claim_against_a_known_host_is_only_asked)
{
	struct world *w = w_new();
	struct mac b = w_mac(B);

	w_hear(w, HOST_BY_GARP, AC1, A, "1.1.1.1", "1.1.1.1");
	w_hear(w, HOST_BY_SOURCE, AC2, B, "1.1.1.1", NULL);
	CHECK_INT(w_count(w, W_UP, 0), 1);
	CHECK_INT(w_last(w, W_FRAME)->ac, AC2);
	CHECK(mac_eq(&w_last(w, W_FRAME)->frame.dst, &b));
	w_free(w);
}

TEST(the_same_address_in_two_vpns_is_two_hosts)
{
	struct world *w = w_new();
	struct host_subnet sn = w_subnet("1.1.0.0/16", "1.1.255.254");
	struct host_ac ac = { .id = 7, .vrf = 200 };
	struct host_evidence ev = { .kind = HOST_BY_GARP,
		                    .vrf = 200,
		                    .ac = 7,
		                    .mac = w_mac(B),
		                    .sender = w_ip("1.1.1.1"),
		                    .target = w_ip("1.1.1.1") };
	struct host_info info;
	struct mac a = w_mac(A);

	sn.vrf = 200;
	hosts_ac_set(w->h, &ac, w->now);
	hosts_subnet_set(w->h, &sn, w->now);
	hosts_subnet_attach(w->h, 200, &sn.prefix, 7, w->now);
	w_hear(w, HOST_BY_GARP, AC1, A, "1.1.1.1", "1.1.1.1");
	hosts_evidence(w->h, &ev, w->now);
	CHECK_INT(hosts_count(w->h), 2);
	CHECK(hosts_info(w->h, VRF, &ev.sender, &info));
	CHECK(info.local && info.ac == AC1 && mac_eq(&info.mac, &a));
	ev.vrf = VRF; /* evidence that names the wrong VPN for its port */
	hosts_evidence(w->h, &ev, w->now);
	CHECK_INT(hosts_counter(w->h, HOST_N_NO_PORT), 1);
	w_free(w);
}

TEST(rarp_asks_all_addresses_of_that_mac_and_the_answers_tell)
{
	struct world *w = w_new();
	size_t mark;

	w_hear(w, HOST_BY_GARP, AC1, A, "1.1.1.1", "1.1.1.1");
	w_hear(w, HOST_BY_NA_UNSOLICITED, AC1, A, V6, V6);
	w_hear(w, HOST_BY_GARP, AC1, B, "1.1.1.2", "1.1.1.2");
	hosts_ac_link(w->h, AC1, false,
	              w->now); /* paused: all are gone, none forgotten */
	CHECK_INT(w_count(w, W_DOWN, 0), 3);
	w_run(w, 5000);
	mark = w->n;
	w_hear(w, HOST_BY_RARP, AC2, A, NULL, NULL);
	CHECK_INT(w_count(w, W_FRAME, mark), 2);
	CHECK_INT(w_state(w, "1.1.1.1"), HOST_PROBING);
	CHECK_INT(w_state(w, V6), HOST_PROBING);
	CHECK_INT(w_state(w, "1.1.1.2"), HOST_PAST);
	w_hear(w, HOST_BY_ARP_REPLY, AC2, A, "1.1.1.1", "1.1.255.254");
	CHECK_INT(w_state(w, "1.1.1.1"), HOST_LOCAL);
	CHECK_INT(w_last(w, W_UP)->ac, AC2);
	w_free(w);
}

TEST(rarp_at_the_known_port_checks_and_elsewhere_asks_there)
{
	struct world *w = w_new();

	w_hear(w, HOST_BY_GARP, AC1, A, "1.1.1.1", "1.1.1.1");
	w_hear(w, HOST_BY_RARP, AC1, A, NULL, NULL);
	CHECK_INT(w_state(w, "1.1.1.1"), HOST_REFRESH);
	w_hear(w, HOST_BY_ARP_REPLY, AC1, A, "1.1.1.1", "1.1.255.254");
	CHECK_INT(w_state(w, "1.1.1.1"), HOST_LOCAL);
	w_hear(w, HOST_BY_RARP, AC2, A, NULL, NULL);
	CHECK_INT(w_last(w, W_FRAME)->ac, AC2);
	CHECK_INT(w_state(w, "1.1.1.1"), HOST_LOCAL); /* until it answers there */
	w_free(w);
}

TEST(the_r_flag_of_a_host_goes_with_its_route)
{
	struct world *w = w_new();
	struct host_evidence ev = { .kind = HOST_BY_NA,
		                    .vrf = VRF,
		                    .ac = AC1,
		                    .mac = w_mac(A),
		                    .sender = w_ip(V6),
		                    .router = true };
	struct host *x;

	hosts_evidence(w->h, &ev, w->now);
	x = host_find(w->h, VRF, &ev.sender);
	CHECK(x->flags & HOST_F_ROUTER);
	w_hear(w, HOST_BY_NS, AC1, A, V6, "2001:db8:1::3"); /* carries no flag */
	CHECK(x->flags & HOST_F_ROUTER);
	w_run(w, 2000);
	w_hear(w, HOST_BY_NA, AC1, A, V6, V6); /* a router no more */
	CHECK(!(x->flags & HOST_F_ROUTER));
	CHECK_INT(w_count(w, W_UP, 0), 2);
	w_free(w);
}
