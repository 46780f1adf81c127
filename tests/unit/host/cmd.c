/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/host_trust.h"

#include "tests/unit/host/world.h"

/* The commands that change something: what an operator or a hypervisor's hook says. */

#define A   "02:aa:00:00:00:0a"
#define IP  "1.1.1.1"
#define PE2 "192.0.2.12"

enum { ARGS = 5 };

static enum cmd_status say(struct world *w, const char *words, const char *const *argv,
                           char error[256])
{
	struct cmd_req req = { .argv = argv };
	enum cmd_status st = CMD_USAGE;
	size_t i = 0;

	while (req.argc < ARGS && argv[req.argc])
		req.argc++;
	while (i < host_cmds_n && strcmp(host_cmds[i].words, words))
		i++;
	CHECK(i < host_cmds_n);
	CHECK(host_cmds[i].writes);
	st = host_cmds[i].run(w->h, &req);
	snprintf(error, 256, "%s", req.error);
	return st;
}

#define SAY(w, words, err, ...) \
	say(w, words, (const char *const[ARGS + 1]){ __VA_ARGS__ }, err)

TEST(an_attached_host_is_local_at_once)
{
	struct world *w = w_new();
	char err[256];

	CHECK_INT(SAY(w, "host attach", err, "blue", IP, A, "eth0.100"), CMD_OK);
	CHECK_INT(w_state(w, IP), HOST_LOCAL);
	CHECK_INT(w_last(w, W_UP)->ac, AC1);
	CHECK_INT(w_last(w, W_UP)->seq, 0);
	w_free(w);
}

TEST(attaching_a_host_of_another_site_is_a_move_and_its_neighbours_are_told)
{
	struct mac mac = w_mac(A);
	struct world *w = w_new();
	char err[256];

	w_remote(w, IP, PE2, "65000:2", 6);
	CHECK_INT(SAY(w, "host attach", err, "blue", IP, A, "eth1"), CMD_OK);
	CHECK_INT(w_last(w, W_UP)->seq, 7);
	CHECK_INT(w_last(w, W_FRAME)->frame.kind, HOST_TX_GARP);
	CHECK(mac_eq(&w_last(w, W_FRAME)->frame.sha, &mac));
	w_free(w);
}

TEST(a_detached_host_is_withdrawn_without_a_probe)
{
	struct world *w = w_new();
	char err[256];

	w_hear(w, HOST_BY_GARP, AC1, A, IP, IP);
	w_run(w, 5000);
	w->n = 0;
	CHECK_INT(SAY(w, "host detach", err, "blue", IP), CMD_OK);
	CHECK_INT(w_count(w, W_DOWN, 0), 1);
	CHECK_INT(w_count(w, W_FRAME, 0), 0);
	CHECK(w_happened(w, HOST_HAP_DETACHED));
	CHECK_INT(SAY(w, "host detach", err, "blue", IP), CMD_NO);
	CHECK_STR(err, "1.1.1.1 is not on a port of ours");
	w_remote(w, IP, PE2, "65000:2", 1); /* it arrived there: now they are told */
	w_run(w, 10000);
	CHECK_INT(w_last(w, W_FRAME)->frame.kind, HOST_TX_GARP);
	w_free(w);
}

TEST(a_configured_host_is_not_detached_by_word)
{
	struct world *w = w_new();
	struct mac mac = w_mac(A);
	struct ip ip = w_ip(IP);
	char err[256];

	hosts_static_set(w->h, VRF, &ip, &mac, AC1, w->now);
	CHECK_INT(SAY(w, "host detach", err, "blue", IP), CMD_NO);
	CHECK_STR(err, "1.1.1.1 is a configured host: it leaves with the configuration");
	CHECK_INT(SAY(w, "host detach", err, "blue", A), CMD_NO);
	CHECK_INT(w_count(w, W_DOWN, 0), 0);
	w_free(w);
}

TEST(detaching_a_mac_takes_all_its_addresses)
{
	struct world *w = w_new();
	char err[256];

	w_hear(w, HOST_BY_GARP, AC1, A, IP, IP);
	w_hear(w, HOST_BY_NA_UNSOLICITED, AC1, A, "2001:db8:1::1", "2001:db8:1::1");
	w_hear(w, HOST_BY_GARP, AC1, "02:aa:00:00:00:0b", "1.1.1.9", "1.1.1.9");
	CHECK_INT(SAY(w, "host detach", err, "blue", A), CMD_OK);
	CHECK_INT(w_count(w, W_DOWN, 0), 2);
	CHECK_INT(w_state(w, "1.1.1.9"), HOST_LOCAL);
	w_free(w);
}

TEST(detaching_a_mac_when_the_memory_of_those_that_were_here_is_full)
{
	struct host_subnet sn = w_subnet("1.1.0.0/16", "1.1.255.254");
	struct world *w = w_new();
	char err[256];

	sn.max_hosts = 1;
	hosts_subnet_set(w->h, &sn, w->now);
	w_hear(w, HOST_BY_GARP, AC1, A, IP, IP);
	CHECK_INT(SAY(w, "host detach", err, "blue", IP), CMD_OK);
	w_hear(w, HOST_BY_GARP, AC1, A, "1.1.1.9", "1.1.1.9");
	CHECK_INT(w_state(w, IP), HOST_PAST);
	CHECK_INT(SAY(w, "host detach", err, "blue", A), CMD_OK);
	CHECK_INT(w_state(w, IP), HOST_ABSENT);
	CHECK_INT(w_state(w, "1.1.1.9"), HOST_PAST);
	w_free(w);
}

TEST(a_detached_host_that_speaks_is_back)
{
	struct world *w = w_new();
	char err[256];

	w_hear(w, HOST_BY_GARP, AC1, A, IP, IP);
	CHECK_INT(SAY(w, "host detach", err, "blue", IP), CMD_OK);
	w_hear(w, HOST_BY_ARP_REQUEST, AC1, A, IP, "1.1.1.9");
	CHECK_INT(w_state(w, IP), HOST_LOCAL);
	w_free(w);
}

TEST(wrong_words_say_what_was_expected)
{
	static const struct {
		const char *words, *argv[ARGS + 1];
		enum cmd_status st;
		const char *error;
	} row[] = {
		{"host attach",
                 { "blue" },
                 CMD_USAGE,		                              "expected a VPN, an address, a MAC and a port"},
		{ "host attach",
                 { "red", IP, A, "eth1" },
                 CMD_NO,		                                 "no VPN with subnets is called \"red\""       },
		{ "host attach",
                 { "blue", "1.1.1", A, "eth1" },
                 CMD_USAGE,		                              "expected an address, found \"1.1.1\""        },
		{ "host attach",
                 { "blue", IP, "02:aa", "eth1" },
                 CMD_USAGE,		                              "expected a MAC, found \"02:aa\""             },
		{ "host attach",
                 { "blue", IP, A, "eth7" },
                 CMD_NO,		                                 "VPN blue has no port \"eth7\""               },
		{ "host attach",
                 { "blue", "9.9.9.9", A, "eth1" },
                 CMD_NO,		                                 "ignored: sender outside the port's subnets"  },
		{ "host attach",
                 { "blue", IP, "03:aa:00:00:00:0a", "eth1" },
                 CMD_NO,		                                 "ignored: group or zero MAC"                  },
		{ "host detach",
                 { "blue" },
                 CMD_USAGE,		                              "expected a VPN, and an address or a MAC"     },
		{ "host detach",
                 { "blue", "C" },
                 CMD_USAGE,		                              "expected an address or a MAC, found \"C\""   },
		{ "host clear",  { "blue" },                  CMD_USAGE, "expected a VPN and an address"               },
		{ "host clear",
                 { "blue", IP },
                 CMD_NO,		                                 "1.1.1.1 is not frozen as a duplicate here"   },
	};
	struct world *w = w_new();

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		char err[256];

		CHECK_INT(say(w, row[i].words, row[i].argv, err), row[i].st);
		CHECK_STR(err, row[i].error);
	}
	CHECK_INT(w_count(w, W_UP, 0), 0);
	w_free(w);
}
