/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sys/tcp.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include "sys/tcp_ttl.h"

#include "tests/unit/sys/netns.h"

enum { PORT = 1790, WAIT_MS = 5000 };

/* Refused segments leave no event behind, only silence: long enough on a loopback. */
enum { SILENCE_MS = 300 };

static struct ip ip(const char *s)
{
	struct ip x;

	CHECK(ip_parse(s, &x));
	return x;
}

static bool wait_for(int fd, short what, int ms)
{
	struct pollfd p = { .fd = fd, .events = what };

	return poll(&p, 1, ms) == 1;
}

struct pair {
	int listener, client, server;
	struct tcp_end from, local;
};

/* Connects; false: nothing came of it. */
static bool connect_pair(struct pair *p, const struct tcp_connect *c, int ms)
{
	CHECK_INT(tcp_connect(c, &p->client), 0);
	p->server = -1;
	if (!wait_for(p->client, POLLOUT, ms))
		return false;
	CHECK_INT(tcp_connected(p->client), 0);
	CHECK(wait_for(p->listener, POLLIN, WAIT_MS));
	CHECK_INT(tcp_accept(p->listener, &p->server, &p->from, &p->local), 0);
	return true;
}

static void close_pair(struct pair *p)
{
	tcp_close(p->client);
	tcp_close(p->server);
	tcp_close(p->listener);
}

static void listen_at(struct pair *p, const char *addr)
{
	struct ip at = ip(addr);

	*p = (struct pair){ 0 };
	CHECK_INT(tcp_listen(&at, PORT, &p->listener), 0);
}

static int sockopt(int fd, int level, int opt)
{
	int v = -1;
	socklen_t len = sizeof(v);

	CHECK(!getsockopt(fd, level, opt, &v, &len));
	return v;
}

TEST(both_families_connect_and_tell_their_ends)
{
	static const struct {
		const char *any, *addr, *source;
	} t[] = {
		{"0.0.0.0", "127.0.0.1", "127.0.0.9"},
                { "::",     "::1",       "::1"      }
	};
	int nobody;
	struct tcp_end end;
	char buf[8];
	size_t n;

	netns_enter();
	for (size_t i = 0; i < 2; i++) {
		struct pair p;
		struct tcp_connect c = { .to = ip(t[i].addr),
			                 .port = PORT,
			                 .source = ip(t[i].source) };

		listen_at(&p, t[i].any);
		CHECK_INT(tcp_accept(p.listener, &nobody, &end, &end), -EAGAIN);
		CHECK(connect_pair(&p, &c, WAIT_MS));
		CHECK(ip_eq(&p.from.ip, &c.source) && ip_eq(&p.local.ip, &c.to));
		CHECK_INT(p.local.port, PORT);
		CHECK_INT(tcp_remote(p.client, &end), 0);
		CHECK(ip_eq(&end.ip, &c.to) && end.port == PORT);
		CHECK_INT(sockopt(p.server, IPPROTO_TCP, TCP_NODELAY), 1);
		CHECK_INT(i ? sockopt(p.server, IPPROTO_IPV6, IPV6_TCLASS)
		            : sockopt(p.server, IPPROTO_IP, IP_TOS),
		          0xc0);
		CHECK_INT(tcp_recv(p.server, buf, sizeof(buf), &n), -EAGAIN);
		CHECK_INT(tcp_send(p.client, "bgp", 3, &n), 0);
		CHECK_INT(n, 3);
		CHECK(wait_for(p.server, POLLIN, WAIT_MS));
		CHECK_INT(tcp_recv(p.server, buf, sizeof(buf), &n), 0);
		CHECK_INT(n, 3);
		close_pair(&p);
	}
}

TEST(the_ipv6_listener_leaves_ipv4_to_the_other)
{
	struct pair p4, p6;

	netns_enter();
	listen_at(&p6, "::");
	listen_at(&p4, "0.0.0.0"); /* would be in use were :: not IPv6 only */
	tcp_close(p4.listener);
	tcp_close(p6.listener);
}

TEST(failures_say_what_they_are)
{
	struct ip at = ip("192.0.2.1"), none = { 0 };
	struct tcp_connect c = { .to = ip("127.0.0.1"), .port = PORT };
	char longest[TCP_KEY_MAX + 2];
	int fd = -7;

	netns_enter();
	CHECK_INT(tcp_listen(&at, PORT, &fd), -EADDRNOTAVAIL);
	CHECK_INT(tcp_listen(&none, PORT, &fd), -EAFNOSUPPORT);
	c.source = ip("::1");
	CHECK_INT(tcp_connect(&c, &fd), -EAFNOSUPPORT);
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	c.source = none;
	c.key.md5 = longest;
	CHECK_INT(tcp_connect(&c, &fd), -EINVAL);
	CHECK_INT(fd, -7);
	c.key.md5 = NULL;
	CHECK_INT(tcp_connect(&c, &fd), 0);
	CHECK(wait_for(fd, POLLOUT, WAIT_MS));
	CHECK_INT(tcp_connected(fd), -ECONNREFUSED);
	tcp_close(fd);
	CHECK_STR(tcp_error_text(-ECONNREFUSED),
	          "connection refused (nobody listens there)");
	CHECK_STR(tcp_error_text(EIO), strerror(EIO));
}

TEST(md5_lets_the_right_key_in_and_no_other)
{
	static const struct {
		const char *any, *addr, *key;
		bool in;
	} t[] = {
		{"0.0.0.0",  "127.0.0.1", "secret", true },
		{ "0.0.0.0", "127.0.0.1", "Secret", false},
		{ "0.0.0.0", "127.0.0.1", NULL,     false},
		{ "::",      "::1",       "secret", true },
		{ "::",      "::1",       "wrong",  false},
	};

	const struct tcp_key secret = { .md5 = "secret" };
	struct prefix peer;

	netns_enter();
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct tcp_connect c = { .to = ip(t[i].addr),
			                 .port = PORT,
			                 .source = ip(t[i].addr),
			                 .key.md5 = t[i].key };
		struct pair p;

		listen_at(&p, t[i].any);
		peer = prefix_host(&c.to);
		CHECK_INT(tcp_key_set(p.listener, &peer, &secret), 0);
		CHECK_INT(connect_pair(&p, &c, t[i].in ? WAIT_MS : SILENCE_MS), t[i].in);
		close_pair(&p);
	}
}

TEST(an_md5_key_can_be_taken_back)
{
	struct tcp_connect c = { .to = ip("127.0.0.1"), .port = PORT };
	const struct tcp_key key = { .md5 = "secret" }, empty = { .md5 = "" };
	const struct prefix peer = prefix_host(&c.to);
	struct pair p;

	netns_enter();
	listen_at(&p, "0.0.0.0");
	CHECK_INT(tcp_key_clear(p.listener, &peer, &key), 0); /* never was */
	CHECK_INT(tcp_key_set(p.listener, &peer, &key), 0);
	CHECK_INT(tcp_key_clear(p.listener, &peer, &key), 0);
	CHECK_INT(tcp_key_set(p.listener, &peer, &empty), -EINVAL);
	CHECK(connect_pair(&p, &c, WAIT_MS));
	close_pair(&p);
}

TEST(an_md5_key_for_a_prefix_is_that_of_all_in_it)
{
	static const struct {
		const char *source, *key;
		bool in;
	} t[] = {
		{"127.1.2.3",  "secret", true },
		{ "127.1.2.3", NULL,     false},
		{ "127.2.0.1", NULL,     true },
	};
	const struct tcp_key secret = { .md5 = "secret" };
	const struct ip net = ip("127.1.0.0");
	const struct prefix peers = prefix_of(&net, 16);

	netns_enter();
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct tcp_connect c = { .to = ip("127.0.0.1"),
			                 .port = PORT,
			                 .source = ip(t[i].source),
			                 .key.md5 = t[i].key };
		struct pair p;

		listen_at(&p, "0.0.0.0");
		CHECK_INT(tcp_key_set(p.listener, &peers, &secret), 0);
		CHECK_INT(connect_pair(&p, &c, t[i].in ? WAIT_MS : SILENCE_MS), t[i].in);
		close_pair(&p);
	}
}

/* Of all three algorithms, where the kernel has them; where not, it is told so. */
TEST(tcp_ao_lets_the_right_key_in_and_no_other_or_says_it_cannot)
{
	static const struct {
		const char *any, *addr;
		struct tcp_key there, here;
		bool in;
	} t[] = {
		{"0.0.0.0",
                 "127.0.0.1",             { .ao = "secret", .ao_send_id = 1, .ao_recv_id = 2 },
                 { .ao = "secret", .ao_send_id = 2, .ao_recv_id = 1 },
                 true												    },
		{ "0.0.0.0",
                 "127.0.0.1",             { .ao = "secret", .ao_alg = TCP_KEY_AES128_96 },
                 { .ao = "secret", .ao_alg = TCP_KEY_AES128_96 },
                 true												    },
		{ "::",
                 "::1",		   { .ao = "secret", .ao_alg = TCP_KEY_SHA256_128 },
                 { .ao = "secret", .ao_alg = TCP_KEY_SHA256_128 },
                 true												    },
		{ "0.0.0.0", "127.0.0.1", { .ao = "secret" },                                   { .ao = "Secret" }, false},
		{ "0.0.0.0", "127.0.0.1", { 0 },                                                { .ao = "secret" }, false},
	};
	const struct tcp_key both = { .md5 = "a", .ao = "b" }, some = { .ao = "key" };
	int can = tcp_key_probe(&some);

	CHECK_INT(tcp_key_probe(&both), -EINVAL);
	CHECK(can == 0 || can == -ENOPROTOOPT);
	netns_enter();
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct tcp_connect c = { .to = ip(t[i].addr),
			                 .port = PORT,
			                 .source = ip(t[i].addr),
			                 .key = t[i].there };
		struct prefix peer = prefix_host(&c.to);
		struct pair p;

		listen_at(&p, t[i].any);
		CHECK_INT(tcp_key_set(p.listener, &peer, &t[i].here), can);
		if (!can) {
			CHECK_INT(connect_pair(&p, &c, t[i].in ? WAIT_MS : SILENCE_MS),
			          t[i].in);
			CHECK_INT(tcp_key_clear(p.listener, &peer, &t[i].here), 0);
			CHECK_INT(tcp_key_clear(p.listener, &peer, &t[i].here), 0);
			close_pair(&p);
		} else {
			tcp_close(p.listener);
		}
	}
}

TEST(gtsm_drops_what_comes_from_too_far)
{
	static const struct {
		const char *any, *addr;
		uint8_t hops, ttl;
		bool heard;
	} t[] = {
		{"0.0.0.0",  "127.0.0.1", 1, 255, true },
		{ "0.0.0.0", "127.0.0.1", 1, 254, false},
		{ "0.0.0.0", "127.0.0.1", 2, 254, true },
		{ "::",      "::1",       1, 255, true },
		{ "::",      "::1",       1, 254, false},
	};

	netns_enter();
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct tcp_opts gtsm = tcp_opts_for(true, t[i].hops);
		struct tcp_connect c = { .to = ip(t[i].addr),
			                 .port = PORT,
			                 .opts = { .ttl = t[i].ttl } };
		struct pair p;
		size_t n;

		listen_at(&p, t[i].any);
		CHECK(connect_pair(&p, &c, WAIT_MS));
		CHECK_INT(tcp_opts_set(p.server, &gtsm), 0);
		CHECK_INT(tcp_send(p.client, "open", 4, &n), 0);
		CHECK_INT(wait_for(p.server, POLLIN, t[i].heard ? WAIT_MS : SILENCE_MS),
		          t[i].heard);
		close_pair(&p);
	}
}

/* Some of those who may connect use GTSM, others do not: each is held to its own, from
 * the first SYN on. */
TEST(a_listener_knows_the_ttl_of_each_who_may_connect)
{
	const struct ip near4 = ip("127.0.0.2"), near6 = ip("::1"),
			net = ip("127.9.64.0");
	const struct tcp_ttl_rule rule[] = {
		{prefix_host(&near6), 254},
		{              prefix_host(&near4),                255  },
		{ prefix_of(&net,                18),                  253 },
	};
	static const struct {
		const char *any, *to, *from;
		uint8_t ttl;
		bool in;
	} t[] = {
		{"0.0.0.0",  "127.0.0.1", "127.0.0.2",   255, true },
		{ "0.0.0.0", "127.0.0.1", "127.0.0.2",   254, false},
		{ "0.0.0.0", "127.0.0.1", "127.0.0.3",   64,  true },
		{ "0.0.0.0", "127.0.0.1", "127.9.127.1", 253, true },
		{ "0.0.0.0", "127.0.0.1", "127.9.64.7",  252, false},
		{ "0.0.0.0", "127.0.0.1", "127.9.128.1", 1,   true },
		{ "::",      "::1",       "::1",         254, true },
		{ "::",      "::1",       "::1",         253, false},
	};

	netns_enter();
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct tcp_connect c = { .to = ip(t[i].to),
			                 .port = PORT,
			                 .source = ip(t[i].from),
			                 .opts = { .ttl = t[i].ttl } };
		struct pair p;

		listen_at(&p, t[i].any);
		CHECK_INT(tcp_ttl_filter(p.listener, (enum afi)c.to.afi, rule, 3), 0);
		CHECK_INT(connect_pair(&p, &c, t[i].in ? WAIT_MS : SILENCE_MS), t[i].in);
		close_pair(&p);
	}
}

TEST(a_filter_of_ttls_can_be_taken_back_and_has_an_end)
{
	enum { MANY = 2000 };
	static struct tcp_ttl_rule rule[MANY];
	const struct ip from = ip("127.0.0.2");
	struct tcp_connect c = {
		.to = ip("127.0.0.1"), .port = PORT, .source = from, .opts = { .ttl = 1 }
	};
	struct pair p;

	for (size_t i = 0; i < MANY; i++)
		rule[i] = (struct tcp_ttl_rule){ prefix_host(&from), 255 };
	netns_enter();
	listen_at(&p, "0.0.0.0");
	CHECK_INT(tcp_ttl_filter(p.listener, AFI_IP4, rule, 1), 0);
	CHECK_INT(tcp_ttl_filter(p.listener, AFI_IP4, rule, MANY), -E2BIG);
	CHECK(connect_pair(&p, &c, WAIT_MS)); /* the one rule is gone too */
	close(p.client);
	close(p.server);
	CHECK_INT(tcp_ttl_filter(p.listener, AFI_IP6, rule, 1),
	          0); /* none of this family */
	CHECK_INT(tcp_ttl_filter(p.listener, AFI_IP4, rule, 1), 0);
	CHECK_INT(tcp_ttl_filter(p.listener, AFI_IP4, NULL, 0), 0);
	CHECK_INT(tcp_ttl_filter(p.listener, AFI_IP4, NULL, 0), 0);
	CHECK(connect_pair(&p, &c, WAIT_MS));
	close_pair(&p);
}

TEST(the_handshake_of_a_listener_passes_gtsm_at_the_other_end)
{
	struct tcp_connect c = { .to = ip("127.0.0.1"),
		                 .port = PORT,
		                 .opts = tcp_opts_for(true, 1) };
	struct pair p;

	netns_enter();
	listen_at(&p, "0.0.0.0");
	CHECK(connect_pair(&p, &c, WAIT_MS));
	close_pair(&p);
}

TEST(ttl_by_kind_of_neighbour)
{
	struct tcp_opts o;

	o = tcp_opts_for(true, 0);
	CHECK(o.ttl == 1 && !o.min_ttl);
	o = tcp_opts_for(false, 0);
	CHECK(o.ttl == 255 && !o.min_ttl);
	o = tcp_opts_for(true, 1);
	CHECK(o.ttl == 255 && o.min_ttl == 255);
	o = tcp_opts_for(false, 3);
	CHECK(o.ttl == 255 && o.min_ttl == 253);
	o = tcp_opts_for(false, 255);
	CHECK_INT(o.min_ttl, 1);
}

TEST(a_last_message_arrives_though_we_close_with_input_unread)
{
	struct tcp_connect c = { .to = ip("127.0.0.1"), .port = PORT };
	struct pair p;
	char buf[8];
	size_t n;

	netns_enter();
	listen_at(&p, "0.0.0.0");
	CHECK(connect_pair(&p, &c, WAIT_MS));
	CHECK_INT(tcp_send(p.client, "unread", 6, &n), 0);
	CHECK(wait_for(p.server, POLLIN, WAIT_MS));
	CHECK_INT(tcp_send(p.server, "cease", 5, &n), 0);
	tcp_close(p.server);
	p.server = -1;
	CHECK(wait_for(p.client, POLLIN, WAIT_MS));
	CHECK_INT(tcp_recv(p.client, buf, sizeof(buf), &n), 0);
	CHECK_INT(n, 5);
	CHECK_INT(tcp_recv(p.client, buf, sizeof(buf), &n), 0);
	CHECK_INT(n, 0);
	CHECK_INT(tcp_connected(p.client), 0); /* the end, and no reset behind it */
	close_pair(&p);
}
