/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <net/if.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/ip.h"
#include "base/must.h"
#include "dataplane/abi.h"
#include "dataplane/dataplane.h"

/*
 * What a packet costs in the packet program, by path: the program that the backend loaded
 * and attached, over its own maps with a million host routes, by BPF_PROG_TEST_RUN;
 * beside it the floor of floor.bpf.c.
 *
 * Each run is one packet, because the program rewrites it: the kernel's clock is read
 * around it, and the cost of the empty program (mostly that clock) is subtracted.  So
 * code and tables are as cold as a system call leaves them; under load, with packets in
 * batches, they are warmer.  A redirect is decided here, not carried out.
 */
enum { VRF = 7, LABEL = 1007, VPN_LABEL = 2003, NH = 5, AC = 1, CORE_TTL = 63 };

static unsigned hosts = 1000000, runs = 20000;
static unsigned acc, core;
static char dir[] = "/tmp/vsubnet-xdpbench.XXXXXX";
static struct dataplane *dp;

__attribute__((noreturn, format(printf, 1, 2))) static void die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("xdpbench: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	exit(EXIT_FAILURE);
}

static void did(int r, const char *what)
{
	if (r)
		die("%s: %s%s%s", what, strerror(r < 0 ? -r : errno), dp ? ": " : "",
		    dp ? dp_error(dp) : "");
}

/* --- a PE in namespaces of its own ---------------------------------------------------
 */

static const struct mac pe_mac = {
	{2, 0xee, 0, 0, 0, 1}
};
static const struct mac core_mac = {
	{2, 0xee, 0, 0, 0, 2}
};
static const struct mac peer_mac = {
	{2, 0xee, 0, 0, 0, 0x99}
};
static const struct mac host_mac = {
	{2, 0xaa, 0, 0, 0, 0x0a}
};
static const struct mac proxy_mac = {
	{0, 0, 0x5e, 0, 1, 0x0a}
};

static void namespaces(void)
{
	did(unshare(CLONE_NEWNET | CLONE_NEWNS), "namespaces of our own (needs root)");
	did(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "private mounts");
	if (!mkdtemp(dir))
		die("%s: %s", dir, strerror(errno));
	did(mount("bpf", dir, "bpf", 0, NULL), "a BPF file system");
	did(system("ip link set lo up && ip link add acc type veth peer name acc1 &&"
	           "ip link add core type veth peer name core1 &&"
	           "ip link set acc address 02:ee:00:00:00:01 &&"
	           "ip link set core address 02:ee:00:00:00:02 &&"
	           "for i in acc acc1 core core1; do ip link set $i up; done"),
	    "ip link");
	acc = if_nametoindex("acc");
	core = if_nametoindex("core");
}

static void leave(void)
{
	if (dp)
		dp->ops->free(dp, false);
	umount(dir);
	rmdir(dir);
}

static struct prefix prefix(const char *s)
{
	struct prefix p;

	must(prefix_parse(s, &p));
	return p;
}

static struct ip ip(const char *s)
{
	struct ip a;

	must(ip_parse(s, &a));
	return a;
}

/* Host n of ours is 10.0.0.1 + n, of the other PE's 10.128.0.1 + n. */
static uint32_t host4(unsigned n, bool remote)
{
	return UINT32_C(0x0a000001) + (remote ? UINT32_C(0x800000) : 0) + n;
}

static void furnish(void)
{
	struct dp_ac ac = { .id = AC, .vrf = VRF, .ifindex = acc, .mac = pe_mac };
	struct dp_subnet sn = { .ac = AC,
		                .prefix = prefix("10.0.0.0/8"),
		                .gateway = ip("10.255.255.254"),
		                .proxy_mac = proxy_mac,
		                .master = true };
	struct dp_nexthop nh = { .valid = true,
		                 .encap = DP_ENCAP_UDP,
		                 .ifindex = core,
		                 .dst = peer_mac,
		                 .src = core_mac,
		                 .outer_src = ip("192.0.2.11"),
		                 .outer_dst = ip("192.0.2.12"),
		                 .mtu = 1600 };
	struct dp_route null = { .kind = DP_ROUTE_DISCARD };
	const struct dataplane_ops *o = dp->ops;

	did(o->port_add(dp, acc, DP_ROLE_ACCESS), "the access port");
	did(o->port_add(dp, core, DP_ROLE_CORE), "the core port");
	did(o->vrf_set(dp, VRF, LABEL), "the VRF");
	did(o->ac_set(dp, &ac), "the attachment");
	did(o->subnet_set(dp, &sn), "the subnet");
	did(o->local_set(dp, &nh.outer_src), "our address");
	did(o->peer_set(dp, &nh.outer_dst, true), "the other PE");
	for (uint32_t i = 0; i < DP_GROUP_PATHS; i++)
		did(o->nexthop_set(dp, NH + i, &nh), "the next hops");
	did(o->route_set(dp, VRF, &sn.prefix, &null), "the subnet's route");
}

/* What a route to the other PE, or to that many, is. */
static struct dp_route remote(unsigned members)
{
	struct dp_route r = { .kind = DP_ROUTE_REMOTE,
		              .nexthop = NH,
		              .label = VPN_LABEL };
	struct dp_group g = { .n = members };

	for (uint32_t i = 0; i < members; i++)
		g.path[i] = (struct dp_path){ NH + i, VPN_LABEL };
	if (members) {
		r.group = members;
		did(dp->ops->group_set(dp, r.group, &g), "a group");
	}
	return r;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void write_host(unsigned n, bool far, const struct dp_route *r)
{
	uint32_t a = htonl(host4(n, far));
	struct prefix p = { .ip = ip_of(AFI_IP4, (const uint8_t *)&a), .plen = 32 };

	did(dp->ops->route_set(dp, VRF, &p, r), "a host route");
}

/* Half of the hosts are here, half at the other PE. */
static void populate(void)
{
	struct dp_route here = { .kind = DP_ROUTE_LOCAL, .ac = AC, .mac = host_mac };
	struct dp_route there = remote(0);
	double t = now();

	for (unsigned n = 0; n < hosts; n++)
		write_host(n / 2, n & 1, n & 1 ? &there : &here);
	t = now() - t;
	printf("%u host routes written in %.3f s: %.0f ns each\n\n", hosts, t,
	       t * 1e9 / hosts);
}

/* --- packets -------------------------------------------------------------------------
 */

struct packet {
	uint8_t b[256];
	uint32_t len;
};

static void put(struct packet *p, const void *b, size_t n)
{
	must(p->len + n <= sizeof(p->b));
	memcpy(p->b + p->len, b, n);
	p->len += (uint32_t)n;
}

#define PUT(p, ...) \
	put(p, (const uint8_t[]){ __VA_ARGS__ }, sizeof((uint8_t[]){ __VA_ARGS__ }))

static void put_be32(struct packet *p, uint32_t v)
{
	v = htonl(v);
	put(p, &v, sizeof(v));
}

static void put_ip4(struct packet *p, uint32_t src, uint32_t dst, uint8_t proto,
                    uint16_t payload)
{
	uint8_t *h = p->b + p->len;
	uint16_t len = (uint16_t)(20 + payload);
	uint32_t sum = 0;

	PUT(p, 0x45, 0, (uint8_t)(len >> 8), (uint8_t)len, 0, 1, 0x40, 0, CORE_TTL, proto,
	    0, 0);
	put_be32(p, src);
	put_be32(p, dst);
	for (int i = 0; i < 20; i += 2)
		sum += (uint32_t)h[i] << 8 | h[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	sum = ~((sum & 0xffff) + (sum >> 16));
	h[10] = (uint8_t)(sum >> 8);
	h[11] = (uint8_t)sum;
}

static void put_eth(struct packet *p, const struct mac *dst, const struct mac *src,
                    uint16_t type)
{
	put(p, dst->b, 6);
	put(p, src->b, 6);
	PUT(p, (uint8_t)(type >> 8), (uint8_t)type);
}

/* An IPv4 packet of 64 bytes of UDP, from a local host. */
static struct packet from_host(uint32_t src, uint32_t dst)
{
	static const uint8_t udp[64] = { 0x12, 0x34, 0, 9, 0, 64 };
	struct packet p = { .len = 0 };

	put_eth(&p, &proxy_mac, &host_mac, 0x0800);
	put_ip4(&p, src, dst, IPPROTO_UDP, sizeof(udp));
	put(&p, udp, sizeof(udp));
	return p;
}

/* The same in MPLS-in-UDP (RFC 7510) from the other PE. */
static struct packet from_core(uint32_t src, uint32_t dst)
{
	struct packet in = from_host(src, dst), p = { .len = 0 };
	uint16_t udp = (uint16_t)(in.len - 14 + 12);

	put_eth(&p, &core_mac, &peer_mac, 0x0800);
	put_ip4(&p, 0xc000020c, 0xc000020b, IPPROTO_UDP, udp);
	PUT(&p, 0xd2, 0x34, 0x19, 0xeb, (uint8_t)(udp >> 8), (uint8_t)udp, 0, 0);
	put_be32(&p, LABEL << 12 | 0x100 | CORE_TTL);
	put(&p, in.b + 14, in.len - 14);
	return p;
}

static struct packet arp_request(uint32_t src, uint32_t target)
{
	static const struct mac all = {
		{255, 255, 255, 255, 255, 255}
	};
	static const uint8_t op[] = { 0, 1, 8, 0, 6, 4, 0, 1 };
	struct packet p = { .len = 0 };

	put_eth(&p, &all, &host_mac, 0x0806);
	put(&p, op, sizeof(op));
	put(&p, host_mac.b, 6);
	put_be32(&p, src);
	PUT(&p, 0, 0, 0, 0, 0, 0);
	put_be32(&p, target);
	return p;
}

/* --- the paths -----------------------------------------------------------------------
 */

static struct packet to_remote(unsigned n)
{
	return from_host(host4(n, false), host4(n, true));
}

static struct packet to_local(unsigned n)
{
	return from_core(host4(n, true), host4(n, false));
}

static struct packet ask_remote(unsigned n)
{
	return arp_request(host4(n, false), host4(n, true));
}

static struct packet to_nobody(unsigned n)
{
	return from_host(host4(n, false), UINT32_C(0x0af00000) + n);
}

static struct packet strange_label(unsigned n)
{
	struct packet p = to_local(n);

	p.b[14 + 28] = 0xff; /* the label's first octet */
	return p;
}

static const struct path {
	const char *name;
	struct packet (*make)(unsigned n);
	unsigned *port;
	uint32_t verdict;
	unsigned limit;   /* a second, and at once; 0: none */
	bool mixed;       /* now and then something else happens: not counted */
	unsigned members; /* PEs that share packets to remote hosts; 0: there is one */
	bool dead;        /* one of them can't be reached */
} paths[] = {
  /* clang-format off */
	{ "host to core: look up, MPLS-in-UDP", to_remote, &acc, XDP_REDIRECT },
	{ "… to one of two PEs of the site", to_remote, &acc, XDP_REDIRECT, .members = 2 },
	{ "… to one of eight", to_remote, &acc, XDP_REDIRECT, .members = 8 },
	{ "… to one of eight, and one is dead", to_remote, &acc, XDP_REDIRECT, .members = 8,
	  .dead = true },
	{ "core to host: decapsulate, look up", to_local, &core, XDP_REDIRECT },
	{ "ARP request, answered by proxy", ask_remote, &acc, XDP_REDIRECT,
	  .limit = ABI_RATE_ANSWERS },
	{ "no such host: drop, mostly", to_nobody, &acc, XDP_DROP, .mixed = true },
	{ "no such label: drop", strange_label, &core, XDP_DROP },
  /* clang-format on */
};

static int by_u32(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* Nanoseconds of the median run; spread > 0: each run is about another host. */
static uint32_t median(int prog, const struct path *path, unsigned spread)
{
	unsigned n = path->limit ? path->limit * 9 / 10 : runs;
	uint32_t *ns = calloc(n, sizeof(*ns)), ret, lcg = 1;
	uint8_t out[512];

	must(ns);
	if (path->limit)
		sleep(1); /* what others took from the limit is back */
	for (unsigned i = 0; i < n;) {
		struct packet p = path->make(spread ? (lcg >> 8) % spread : 1);
		struct xdp_md ctx = { .data_end = p.len, .ingress_ifindex = *path->port };
		LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = p.b,
		            .data_size_in = p.len, .data_out = out,
		            .data_size_out = sizeof(out), .ctx_in = &ctx,
		            .ctx_size_in = sizeof(ctx));

		did(bpf_prog_test_run_opts(prog, &opts), "BPF_PROG_TEST_RUN");
		if (opts.retval == path->verdict)
			ns[i++] = opts.duration;
		else if (!path->mixed)
			die("%s: verdict %u, not %u", path->name, opts.retval,
			    path->verdict);
		lcg = lcg * 1664525 + 1013904223;
		if (!(i & 255))
			dp->ops->poll(dp); /* keep the event ring open */
	}
	qsort(ns, n, sizeof(*ns), by_u32);
	ret = ns[n / 2];
	free(ns);
	return ret;
}

static int attached(unsigned ifindex)
{
	uint32_t id = 0;
	int fd;

	did(bpf_xdp_query_id((int)ifindex, 0, &id), "the attached program");
	fd = bpf_prog_get_fd_by_id(id);
	did(fd < 0 ? fd : 0, "the attached program");
	return fd;
}

/* The remote hosts are behind so many PEs now. */
static void share(const struct path *path)
{
	static unsigned is;
	struct dp_nexthop dead = { .valid = false };
	struct dp_route r = remote(path->members);

	for (unsigned n = 0; path->members != is && n < hosts / 2; n++)
		write_host(n, true, &r);
	is = path->members;
	if (path->dead)
		did(dp->ops->nexthop_set(dp, NH + 1, &dead), "a dead next hop");
}

static int floor_prog(struct bpf_object *o, const char *name)
{
	return bpf_program__fd(bpf_object__find_program_by_name(o, name));
}

static void measure(const char *floor_path)
{
	struct bpf_object *o = bpf_object__open(floor_path);
	struct path nothing = { "the empty program", to_remote, &acc, XDP_DROP };
	struct path bare = { "read and redirect, no more", to_remote, &acc,
		             XDP_REDIRECT };
	uint32_t zero, key = 1;
	int prog;

	if (!o || bpf_object__load(o))
		die("%s does not load", floor_path);
	did(bpf_map_update_elem(bpf_object__find_map_fd_by_name(o, "out"), &key, &core,
	                        0),
	    "the floor's ports");
	zero = median(floor_prog(o, "empty"), &nothing, 0);
	printf("%-40s%14s%14s\n", "nanoseconds a packet (median)", "one host",
	       "any host");
	for (int i = -1; i < (int)ARRAY_LEN(paths); i++) {
		const struct path *p = i < 0 ? &bare : &paths[i];
		uint32_t one, any;

		prog = i < 0 ? floor_prog(o, "redirect") : attached(*p->port);
		share(p);
		one = median(prog, p, 0);
		any = median(prog, p, hosts / 2);
		printf("%-40s%14d%14d\n", p->name, (int)one - (int)zero,
		       (int)any - (int)zero);
		if (i >= 0)
			close(prog);
	}
	printf("(up to %u runs each; the empty program's %u ns are subtracted)\n", runs,
	       zero);
	bpf_object__close(o);
}

static void heard(void *arg, const struct dp_evidence *ev)
{
}

int main(int argc, char *argv[])
{
	struct dp_events ev = { .evidence = heard };
	struct dp_xdp_config cfg = { 0 };
	char *err = NULL, pins[64];

	if (argc < 2 || argc > 3) {
		fprintf(stderr, "usage: xdpbench FLOOR.bpf.o [HOSTS]\n");
		return 2;
	}
	if (argc > 2)
		hosts = (unsigned)strtoul(argv[2], NULL, 10);
	if (hosts < 4 || hosts > 8000000)
		die("HOSTS: want 4 to 8000000");
	namespaces();
	atexit(leave);
	snprintf(pins, sizeof(pins), "%s/pe", dir);
	cfg.pin_dir = pins;
	cfg.fib_hosts = hosts + hosts / 4;
	dp = dp_xdp_new(&cfg, &ev, &err);
	if (!dp)
		die("%s", err);
	furnish();
	populate();
	measure(argv[1]);
	return 0;
}
