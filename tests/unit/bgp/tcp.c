/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bgp/bgp_tcp.h"
#include "rib/attrs.h"
#include "rib/rib.h"
#include "sys/log.h"
#include "sys/tcp_key.h"

#include "tests/t.h"

/* Two speakers over real sockets on the loopback, one event loop. */
struct end {
	struct bgp_tcp *tcp;
	struct bgp *b;
	struct rib *rib;
	struct rib_source *local;
	struct ip ip;
	size_t ups, downs;
};

static uint16_t test_port(void)
{
	return (uint16_t)(20000 +
	                  getpid() % 20000); /* below the ephemeral range mostly */
}

static void on_event(void *arg, const struct bgp_event *ev)
{
	struct end *e = arg;

	e->ups += !strcmp(ev->what, "up");
	e->downs += !strcmp(ev->what, "down");
}

static void end_init(struct end *e, struct loop *l, const char *ip, uint16_t port)
{
	const struct bgp_hooks hooks = { .event = on_event, .arg = e };
	const struct rib_source local = { .local = true };
	struct bgp_config cfg = { .as = 65000 };
	char *err = NULL;

	memset(e, 0, sizeof(*e));
	CHECK(ip_parse(ip, &e->ip));
	if (bgp_tcp_new(l, &e->ip, port, &e->tcp, &err) < 0)
		t_fail(__FILE__, __LINE__, "%s", err);
	cfg.router_id = ip_u32(&e->ip);
	cfg.source = e->ip;
	cfg.rib = e->rib = rib_new();
	e->local = rib_source_add(e->rib, &local);
	e->b = bgp_new(&cfg, &bgp_tcp_io, e->tcp, &hooks);
	bgp_tcp_attach(e->tcp, e->b);
}

static void end_peer(struct end *e, const struct end *other, uint16_t port,
                     const char *password, uint8_t hops, struct loop *l)
{
	const struct bgp_peer_config cfg = {
		.address = other->ip,
		.as = 65000,
		.port = port,
		.hold_time_s = 90,
		.connect_retry_s = 1,
		.password = password,
		.ttl_security = hops,
		.client = true,
	};

	CHECK_INT(bgp_peer_add(e->b, &cfg, loop_now(l)), 0);
}

/* TCP-AO; each numbers the other's key as it likes. */
static int end_peer_ao(struct end *e, const struct end *other, uint16_t port,
                       uint8_t send_id, uint8_t recv_id, struct loop *l)
{
	const struct bgp_peer_config cfg = {
		.address = other->ip,
		.as = 65000,
		.port = port,
		.hold_time_s = 90,
		.connect_retry_s = 1,
		.ao = {.key = "sesame", .send_id = send_id, .recv_id = recv_id},
		.client = true,
	};

	return bgp_peer_add(e->b, &cfg, loop_now(l));
}

static void end_fini(struct end *e)
{
	bgp_free(e->b);
	bgp_tcp_free(e->tcp);
	rib_free(e->rib);
}

static void announce(struct end *e, uint32_t n)
{
	struct bgp_attrs a = { .origin = BGP_ORIGIN_INCOMPLETE, .local_pref = 100 };
	const struct ip pe = ip_of_u32(0xc0000263);
	struct rib_key key = { .rd = rd_of_ip(&pe, 1) };
	struct ip ip = ip_of_u32(0x0a000000 + n);
	const struct attrs *x;

	key.prefix = prefix_host(&ip);
	bgp_attr_set(&a, BGP_ATTR_ORIGIN);
	bgp_attr_set(&a, BGP_ATTR_AS_PATH);
	bgp_attr_set(&a, BGP_ATTR_LOCAL_PREF);
	a.nexthop.addr = pe; /* the loopback's own would be refused as martian */
	x = attrs_intern(rib_attrs(e->rib), &a);
	rib_announce(e->rib, e->local, &key, 0, 100, x);
	attrs_unref(x);
}

static size_t routes(const struct end *e)
{
	struct rib_stats st;

	rib_stats(e->rib, &st);
	return st.paths[AFI_IP4];
}

/* Turn the loop until both are up and b holds n routes, at most ten seconds. */
static bool until(struct loop *l, const struct end *a, const struct end *b, size_t n)
{
	struct mono end = mono_add_ms(loop_clock(), 10000);

	while (!(a->ups && b->ups && routes(b) == n)) {
		if (mono_reached(loop_clock(), end))
			return false;
		loop_turn(l, 100);
	}
	return true;
}

TEST(two_speakers_talk_over_tcp_with_and_without_keys_and_gtsm)
{
	static const struct {
		const char *password;
		uint8_t hops;
	} row[] = {
		{NULL,      0},
                { NULL,     1},
                { "sesame", 0},
                { "sesame", 1}
	};
	uint16_t port = test_port();

	log_to(-1);
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct loop *l = loop_new();
		struct end a, b;

		end_init(&a, l, "127.77.0.1", port);
		end_init(&b, l, "127.77.0.2", port);
		for (uint32_t n = 0; n < 50000; n++)
			announce(&a, n);
		end_peer(&a, &b, port, row[i].password, row[i].hops, l);
		end_peer(&b, &a, port, row[i].password, row[i].hops, l);
		if (!until(l, &a, &b, 50000))
			t_fail(__FILE__, __LINE__,
			       "key %s, hops %u: up %zu %zu, routes %zu",
			       row[i].password ? "yes" : "no", row[i].hops, a.ups, b.ups,
			       routes(&b));
		CHECK_INT(a.downs + b.downs, 0);
		rib_source_flush(a.rib, a.local);
		CHECK(until(l, &a, &b, 0));
		end_fini(&a);
		end_fini(&b);
		loop_free(l);
	}
}

/* The key and the TTL of a template hold for all who come from its prefix. */
TEST(neighbors_from_a_prefix_sign_with_its_key_and_come_from_near)
{
	static const struct {
		const char *ours, *theirs;
		bool up;
	} row[] = {
		{NULL,      NULL,     true },
		{ "sesame", "sesame", true },
		{ "sesame", "simsim", false},
		{ "sesame", NULL,     false},
	};
	uint16_t port = test_port();

	log_to(-1);
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct bgp_dynamic_config d = {
			.peer = {.as = 65000, .hold_time_s = 90, .client = true},
			.limit = 1,
			.idle_s = 60,
		};
		struct loop *l = loop_new();
		struct end a, b;
		struct mono stop;

		d.peer.password = row[i].ours;
		d.peer.ttl_security = 1;
		CHECK(prefix_parse("127.77.0.0/16", &d.from));
		end_init(&a, l, "127.77.0.1", port);
		end_init(&b, l, "127.77.0.2", port);
		CHECK_INT(bgp_dynamic_set(a.b, &d, 1, loop_now(l)), 0);
		end_peer(&b, &a, port, row[i].theirs, 1, l);
		stop = mono_add_ms(loop_clock(), row[i].up ? 10000 : 300);
		while (!(a.ups && b.ups) && !mono_reached(loop_clock(), stop))
			loop_turn(l, 50);
		CHECK_INT(a.ups, row[i].up);
		CHECK_INT(b.ups, row[i].up);
		end_fini(&a);
		end_fini(&b);
		loop_free(l);
	}
}

TEST(tcp_ao_signs_a_session_or_is_refused_where_the_kernel_has_none)
{
	const struct tcp_key key = { .ao = "any" };
	int can = tcp_key_probe(&key);
	struct loop *l = loop_new();
	uint16_t port = test_port();
	struct end a, b;

	log_to(-1);
	end_init(&a, l, "127.77.0.1", port);
	end_init(&b, l, "127.77.0.2", port);
	announce(&a, 1);
	CHECK_INT(end_peer_ao(&a, &b, port, 1, 2, l), can);
	CHECK_INT(end_peer_ao(&b, &a, port, 2, 1, l), can);
	if (!can)
		CHECK(until(l, &a, &b, 1));
	end_fini(&a);
	end_fini(&b);
	loop_free(l);
}

TEST(other_keys_never_meet)
{
	struct loop *l = loop_new();
	uint16_t port = test_port();
	struct end a, b;
	struct mono end;

	log_to(-1);
	end_init(&a, l, "127.77.0.1", port);
	end_init(&b, l, "127.77.0.2", port);
	end_peer(&a, &b, port, "sesame", 0, l);
	end_peer(&b, &a, port, "mellon", 0, l);
	end = mono_add_ms(loop_clock(), 500);
	while (!mono_reached(loop_clock(), end))
		loop_turn(l, 50);
	CHECK_INT(a.ups + b.ups, 0);
	end_fini(&a);
	end_fini(&b);
	loop_free(l);
}

static int knock(const char *from, const char *to, uint16_t port)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct ip ip;

	CHECK(fd >= 0 && ip_parse(from, &ip));
	memcpy(&a.sin_addr, ip.b, 4);
	CHECK(!bind(fd, (struct sockaddr *)&a, sizeof(a)));
	CHECK(ip_parse(to, &ip));
	memcpy(&a.sin_addr, ip.b, 4);
	a.sin_port = htons(port);
	CHECK(!connect(fd, (struct sockaddr *)&a, sizeof(a)));
	return fd;
}

static bool greeted(int fd)
{
	uint8_t octet;

	return recv(fd, &octet, 1, MSG_DONTWAIT | MSG_PEEK) == 1;
}

/* Turns of the loop in so many ms: few, unless it spins. */
static size_t turns(struct loop *l, int ms)
{
	struct mono end = mono_add_ms(loop_clock(), ms);
	size_t n = 0;

	for (; !mono_reached(loop_clock(), end); n++)
		loop_turn(l, 50);
	return n;
}

TEST(out_of_descriptors_it_rests_and_then_serves_who_waited)
{
	struct loop *l = loop_new();
	uint16_t port = test_port();
	struct end a, b = { 0 };
	struct rlimit was, none;
	int fd, free_fd;

	log_to(-1);
	end_init(&a, l, "127.77.0.1", port);
	CHECK(ip_parse("127.77.0.2", &b.ip));
	end_peer(&a, &b, port, NULL, 0, l);
	loop_turn(l, 0);
	fd = knock("127.77.0.2", "127.77.0.1", port);
	free_fd = dup(fd);
	CHECK(free_fd >= 0 && !close(free_fd) && !getrlimit(RLIMIT_NOFILE, &was));
	none = (struct rlimit){ (rlim_t)free_fd, was.rlim_max };
	CHECK(!setrlimit(RLIMIT_NOFILE, &none));
	CHECK(turns(l, 300) < 100);
	CHECK(!greeted(fd));
	CHECK(!setrlimit(RLIMIT_NOFILE, &was));
	for (int i = 0; i < 40 && !greeted(fd); i++)
		turns(l, 50);
	CHECK(greeted(fd));
	close(fd);
	end_fini(&a);
	loop_free(l);
}

TEST(a_flood_from_strangers_is_shown_out_and_does_not_keep_the_loop)
{
	enum { FLOOD = 100 };
	struct loop *l = loop_new();
	uint16_t port = test_port();
	uint8_t octet;
	int fd[FLOOD];
	struct end a;

	log_to(-1);
	end_init(&a, l, "127.77.0.1", port);
	for (int i = 0; i < FLOOD; i++)
		fd[i] = knock("127.77.0.9", "127.77.0.1", port);
	loop_turn(l, 0);
	CHECK_INT(recv(fd[0], &octet, 1, MSG_DONTWAIT), 0);
	CHECK(recv(fd[FLOOD - 1], &octet, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN);
	for (int i = 0; i < 4; i++)
		loop_turn(l, 0);
	for (int i = 0; i < FLOOD; i++)
		CHECK_INT(recv(fd[i], &octet, 1, MSG_DONTWAIT), 0);
	CHECK_INT(dup(0), fd[FLOOD - 1] + 1); /* nothing of ours is left open */
	close(fd[FLOOD - 1] + 1);
	for (int i = 0; i < FLOOD; i++)
		close(fd[i]);
	end_fini(&a);
	loop_free(l);
}

TEST(a_port_in_use_is_named)
{
	struct loop *l = loop_new();
	uint16_t port = test_port();
	struct bgp_tcp *t = NULL;
	char *err = NULL;
	struct end a;

	end_init(&a, l, "127.77.0.1", port);
	CHECK_INT(bgp_tcp_new(l, &a.ip, port, &t, &err), -EADDRINUSE);
	CHECK(t == NULL && strstr(err, "127.77.0.1"));
	free(err);
	end_fini(&a);
	loop_free(l);
}
