/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/buf.h"
#include "host/host_trust_int.h"

#include "tests/unit/host/world.h"

/* What `why host` says of each state, word and refusal. */

#define A   "02:aa:00:00:00:0a"
#define B   "02:aa:00:00:00:0b"
#define IP  "1.1.1.2"
#define PE2 "192.0.2.12"

struct notes {
	struct view v;
	struct buf text;
};

static void v_line(struct view *v, const char *text)
{
	buf_printf(&container_of(v, struct notes, v)->text, "%s\n", text);
}

/* One text, until the next call. */
static const char *why(const struct world *w, const char *ip, bool known)
{
	static const struct view_ops ops = { .line = v_line };
	static char text[2048];
	struct notes n = { .v.ops = &ops };
	struct ip who = w_ip(ip);

	CHECK_INT(hosts_why(w->h, VRF, &who, w->now, &n.v), known);
	snprintf(text, sizeof(text), "%.*s", (int)buf_left(&n.text),
	         buf_left(&n.text) ? (const char *)buf_head(&n.text) : "");
	buf_fini(&n.text);
	return text;
}

#define CHECK_SAYS(text, want)                                                      \
	do {                                                                        \
		const char *text_ = (text);                                         \
		if (!strstr(text_, want))                                           \
			t_fail(__FILE__, __LINE__, "\"%s\" is not in \"%s\"", want, \
			       text_);                                              \
	} while (0)

TEST(of_a_host_that_is_here_it_says_how_that_is_known_and_when_it_is_asked)
{
	struct world *w = w_new();

	CHECK_STR(why(w, IP, false), "");
	w_hear(w, HOST_BY_GARP, AC1, A, IP, IP);
	w_run(w, 5000);
	CHECK_SAYS(
		why(w, IP, true),
		"1.1.1.2 is here: 02:aa:00:00:00:0a on eth0.100, learned by gratuitous "
		"ARP 5 s ago, last heard 5 s ago.");
	CHECK_SAYS(why(w, IP, true), "If it is silent meanwhile it is asked in ");
	while (w_state(w, IP) != HOST_REFRESH)
		w_run(w, 100);
	CHECK_SAYS(why(w, IP, true), "It is silent and has been asked ");
	while (w_state(w, IP) != HOST_PAST)
		w_run(w, 100);
	CHECK_SAYS(why(w, IP, true),
	           "It was here, 02:aa:00:00:00:0a on eth0.100, last heard "
	           "3 min ago.  That is remembered for ");
	w_free(w);
}

TEST(of_a_move_it_says_who_is_asked_and_what_follows)
{
	struct world *w = w_new();

	w_hear(w, HOST_BY_GARP, AC1, A, IP, IP);
	w_run(w, 2000);
	w_remote(w, IP, PE2, "65000:2", 1);
	CHECK_SAYS(why(w, IP, true), "Another site advertises it too");
	CHECK_SAYS(why(w, IP, true), "Packets follow the newer route meanwhile.");
	w_hear(w, HOST_BY_GARP, AC1, A, IP, IP);
	CHECK_SAYS(why(w, IP, true), "It has moved: its mobility sequence is 2.");
	CHECK_SAYS(why(w, IP, true), "claimed elsewhere in vain, 1 times");
	for (uint32_t i = 1; i < 5; i++) {
		w_run(w, 2000);
		w_remote(w, IP, PE2, "65000:2", 2 * i + 1);
		w_hear(w, HOST_BY_GARP, AC1, A, IP, IP);
	}
	CHECK_SAYS(why(w, IP, true), "Duplicate: 02:aa:00:00:00:0a on eth0.100 here");
	CHECK_SAYS(why(w, IP, true), "or until `host clear`");
	w_free(w);
}

TEST(of_weak_evidence_it_says_that_it_is_no_proof)
{
	struct world *w = w_new();

	w_hear(w, HOST_BY_NS, AC1, A, "2001:db8:1::2", "2001:db8:1::3");
	CHECK_SAYS(why(w, "2001:db8:1::2", true), "says so (NS), which is no proof");
	CHECK_SAYS(why(w, "2001:db8:1::2", true), "asked 1 of 3 times");
	w_free(w);
}

TEST(of_an_address_that_is_refused_it_says_when_why_and_how_often)
{
	struct world *w = w_new();
	struct prefix p = w_subnet("1.1.0.0/16", "1.1.255.254").prefix;
	struct host_trust t = { .binding = HOST_BIND_DHCP };
	struct ip who = w_ip(IP);
	struct mac mac = w_mac(A);

	hosts_trust_set(w->h, VRF, &p, &t);
	for (int i = 0; i < 3; i++)
		w_hear(w, HOST_BY_GARP, AC1, B, IP, IP);
	w_run(w, 3000);
	CHECK_SAYS(why(w, IP, true),
	           "Not believed 3 s ago, 3 times: gratuitous ARP from 02:aa:00:00:00:0b "
	           "on eth0.100: refused: no lease of a DHCP server (binding dhcp).");
	CHECK_SAYS(why(w, IP, true), "this PE knows of no lease");
	hosts_binding_set(w->h, VRF, &who, &mac, AC1, mono_add_ms(w->now, 60000), w->now);
	CHECK_SAYS(why(w, IP, true),
	           "It is bound to 02:aa:00:00:00:0a by DHCP, for 60 s more.");
	w_hear(w, HOST_BY_GARP, AC1, B, IP, IP);
	CHECK_SAYS(why(w, IP, true),
	           "spoof: not the MAC or port the address is bound to");
	t.binding = HOST_BIND_STATIC;
	hosts_trust_set(w->h, VRF, &p, &t);
	CHECK_SAYS(why(w, "1.1.1.3", false), "and this is none");
	hosts_static_set(w->h, VRF, &who, &mac, AC1, w->now);
	CHECK_SAYS(why(w, IP, true),
	           "1.1.1.2 is here: configured as 02:aa:00:00:00:0a on "
	           "eth0.100.");
	CHECK_SAYS(why(w, IP, true), "The configuration gives it to 02:aa:00:00:00:0a.");
	w_free(w);
}

TEST(of_addresses_that_are_special_it_says_so)
{
	struct world *w = w_new();
	struct prefix p = w_subnet("1.1.0.0/16", "1.1.255.254").prefix;
	struct ip any = w_ip("1.1.1.8"), free_ = w_ip("1.1.1.9");

	hosts_trust_set(w->h, VRF, &p,
	                &(struct host_trust){ .anycast = &any,
	                                      .n_anycast = 1,
	                                      .exempt = &free_,
	                                      .n_exempt = 1 });
	CHECK_SAYS(why(w, "1.1.1.8", true), "It is an anycast-local address");
	CHECK_SAYS(why(w, "1.1.1.9", true), "It is dup-exempt");
	w_free(w);
}
