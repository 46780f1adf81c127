/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/bpf/rig.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

#include "xdp.skel.h"

static struct rig the;
static struct xdp *sim;
static struct dp_evidence last;
static unsigned n_heard;

enum { MESON_SKIP = 77 };

static void sh(const char *cmd)
{
	if (system(cmd))
		t_fail(__FILE__, __LINE__, "failed: %s", cmd);
}

/* Before any test: our own namespaces.  Without the right to make them there is nothing
 * to test here, and the run says "skipped". */
__attribute__((constructor)) static void bottle(void)
{
	if (geteuid() || unshare(CLONE_NEWNET | CLONE_NEWNS) ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL)) {
		fprintf(stderr, "needs root and namespaces: skipped\n");
		_exit(MESON_SKIP);
	}
	snprintf(the.dir, sizeof(the.dir), "/tmp/vsx-bpf-%d", (int)getpid());
	if (mkdir(the.dir, 0700) || mount("bpf", the.dir, "bpf", 0, NULL)) {
		fprintf(stderr, "cannot mount a BPF file system: skipped\n");
		_exit(MESON_SKIP);
	}
	sh("ip link set lo up && ip link add acc type veth peer name acc1 &&"
	   "ip link add core type veth peer name core1 &&"
	   "ip link set acc address 02:ee:00:00:00:01 && "
	   "ip link set core address 02:ee:00:00:00:02 && "
	   "for i in acc acc1 core core1; do ip link set $i up; done");
	the.acc = if_nametoindex("acc");
	the.core = if_nametoindex("core");
}

__attribute__((destructor)) static void unbottle(void)
{
	if (the.dp)
		the.dp->ops->free(the.dp, false);
	xdp__destroy(sim);
	umount(the.dir);
	rmdir(the.dir);
}

static void on_evidence(void *arg, const struct dp_evidence *ev)
{
	last = *ev;
	n_heard++;
}

static struct mac mac(const char *hex)
{
	struct mac m;

	CHECK_INT(t_hex(hex, m.b, 6), 6);
	return m;
}

static struct ip ip(const char *s)
{
	struct ip a;

	CHECK(ip_parse(s, &a));
	return a;
}

static void subnet(uint16_t ac, const char *prefix, const char *gw, const char *vmac)
{
	struct dp_subnet sn = {
		.ac = ac, .gateway = ip(gw), .proxy_mac = mac(vmac), .master = true
	};

	CHECK(prefix_parse(prefix, &sn.prefix));
	CHECK_INT(the.dp->ops->subnet_set(the.dp, &sn), 0);
}

static void route(const char *prefix, struct dp_route r)
{
	struct prefix p;

	CHECK(prefix_parse(prefix, &p));
	CHECK_INT(the.dp->ops->route_set(the.dp, RIG_VRF, &p, &r), 0);
}

static struct dp_route remote(uint32_t nh)
{
	return (struct dp_route){ .kind = DP_ROUTE_REMOTE,
		                  .nexthop = nh,
		                  .label = RIG_VPN_LABEL };
}

static struct dp_route local(uint16_t ac, const char *m)
{
	return (struct dp_route){ .kind = DP_ROUTE_LOCAL, .ac = ac, .mac = mac(m) };
}

static struct dp_route sibling(void)
{
	struct dp_route r = remote(RIG_NH);

	r.sibling = true;
	return r;
}

static struct dp_route frozen(void)
{
	struct dp_route r = local(2, "02aa0000000f");

	r.frozen = true;
	return r;
}

static struct dp_route discard(void)
{
	return (struct dp_route){ .kind = DP_ROUTE_DISCARD };
}

void rig_encap(enum dp_encap encap, uint8_t n_labels, uint16_t mtu)
{
	struct dp_nexthop nh = {
		.valid = true,
		.encap = encap,
		.ifindex = the.core,
		.dst = mac("020000000002"),
		.src = mac("020000000001"),
		.outer_src = ip("192.0.2.11"),
		.outer_dst = ip("192.0.2.12"),
		.label = {3001, 3002},
		.n_labels = n_labels,
		.mtu = mtu
	};

	CHECK_INT(the.dp->ops->nexthop_set(the.dp, RIG_NH, &nh), 0);
}

static void furnish(void)
{
	static const struct {
		uint16_t id, vlan, inner;
	} acs[] = {
		{1,  0,   0 },
                { 2, 100, 0 },
                { 3, 200, 30}
	};
	struct dp_nexthop dead = { 0 };
	struct ip me = ip("192.0.2.11"), peer = ip("192.0.2.12");
	struct dp_route edge = remote(RIG_NH), router = remote(RIG_NH);
	struct dataplane *dp = the.dp;

	CHECK_INT(dp->ops->port_add(dp, the.acc, DP_ROLE_ACCESS), 0);
	CHECK_INT(dp->ops->port_add(dp, the.core, DP_ROLE_CORE), 0);
	CHECK_INT(dp->ops->vrf_set(dp, RIG_VRF, RIG_LABEL), 0);
	for (size_t i = 0; i < ARRAY_LEN(acs); i++) {
		struct dp_ac ac = { .id = acs[i].id,
			            .vrf = RIG_VRF,
			            .ifindex = the.acc,
			            .vlan = acs[i].vlan,
			            .inner_vlan = acs[i].inner,
			            .mac = mac(PE_MAC) };

		CHECK_INT(dp->ops->ac_set(dp, &ac), 0);
	}
	for (uint16_t ac = 1; ac <= 2; ac++) {
		subnet(ac, "1.1.0.0/16", "1.1.255.254", VMAC4);
		subnet(ac, "2001:db8:1::/64", "2001:db8:1::fffe", VMAC6);
	}
	subnet(3, "4.4.0.0/24", "4.4.0.254", VMAC4);
	dp->ops->local_set(dp, &me);
	dp->ops->peer_set(dp, &peer, true);
	rig_encap(DP_ENCAP_UDP, 0, 1600);
	dp->ops->nexthop_set(dp, RIG_NH_DEAD, &dead);
	route("1.1.0.0/16", discard());
	route("2001:db8:1::/64", discard());
	route("4.4.0.0/24", discard());
	route("1.1.1.1/32", local(1, A_MAC));
	route("1.1.1.2/32", local(2, C_MAC));
	route("1.1.1.3/32", remote(RIG_NH));
	route("1.1.1.5/32", sibling());
	route("1.1.1.6/32", frozen());
	route("1.1.1.7/32", remote(RIG_NH_DEAD));
	route("4.4.0.1/32", local(3, E_MAC));
	route("2001:db8:1::1/128", local(1, A_MAC));
	route("2001:db8:1::2/128", local(2, C_MAC));
	route("2001:db8:1::3/128", remote(RIG_NH));
	route("2001:db8:1::5/128", sibling());
	route("2001:db8:1::6/128", frozen());
	route("2001:db8:1::7/128", remote(RIG_NH_DEAD));
	router.router = true;
	route("2001:db8:1::8/128", router);
	edge.edge_only = true;
	route("9.0.0.0/8", edge);
	route("2001:db8:9::/48", edge);
}

/* The same program over the same maps, telling what it does. */
static void simulator(void)
{
	struct abi_meta meta;
	struct bpf_map *map;
	uint32_t zero = 0;
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/pe/meta", the.dir);
	fd = bpf_obj_get(path);
	CHECK(fd >= 0);
	CHECK_INT(bpf_map_lookup_elem(fd, &zero, &meta), 0);
	close(fd);
	sim = xdp__open();
	CHECK(sim);
	sim->rodata->geometry = meta.geometry;
	sim->rodata->tracing = 1;
	bpf_object__for_each_map(map, sim->obj)
	{
		if (bpf_map__is_internal(map))
			continue;
		snprintf(path, sizeof(path), "%s/pe/%s", the.dir, bpf_map__name(map));
		fd = bpf_obj_get(path);
		CHECK(fd >= 0);
		CHECK_INT(bpf_map__reuse_fd(map, fd), 0);
		close(fd);
	}
	CHECK_INT(xdp__load(sim), 0);
}

struct rig *rig(void)
{
	struct dp_events ev = { .evidence = on_evidence };
	struct dp_xdp_config cfg = { .fib_hosts = 1000 };
	char *err = NULL, pins[128];

	if (the.dp)
		the.dp->ops->free(the.dp, false);
	xdp__destroy(sim);
	sim = NULL;
	snprintf(pins, sizeof(pins), "%s/pe", the.dir);
	cfg.pin_dir = pins;
	the.dp = dp_xdp_new(&cfg, &ev, &err);
	if (!the.dp)
		t_fail(__FILE__, __LINE__, "%s", err);
	furnish();
	simulator();
	n_heard = 0;
	return &the;
}

struct out run(unsigned ifindex, const void *pkt, size_t len)
{
	struct out o = { .len = sizeof(o.b) };
	struct abi_trace t;
	uint32_t zero = 0;
	struct xdp_md ctx = { .data_end = (uint32_t)len, .ingress_ifindex = ifindex };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = pkt,
	            .data_size_in = (uint32_t)len, .data_out = o.b,
	            .data_size_out = sizeof(o.b), .ctx_in = &ctx,
	            .ctx_size_in = sizeof(ctx));

	CHECK_INT(bpf_prog_test_run_opts(bpf_program__fd(sim->progs.vsubnet_xdp), &opts),
	          0);
	CHECK_INT(bpf_map_lookup_elem(bpf_map__fd(sim->maps.trace), &zero, &t), 0);
	o.verdict = opts.retval;
	o.len = opts.data_size_out;
	o.reason = t.reason;
	o.port = t.out;
	return o;
}

void run_often(unsigned ifindex, const void *pkt, size_t len, unsigned n)
{
	struct xdp_md ctx = { .data_end = (uint32_t)len, .ingress_ifindex = ifindex };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = pkt,
	            .data_size_in = (uint32_t)len, .ctx_in = &ctx,
	            .ctx_size_in = sizeof(ctx), .repeat = (int)n);

	CHECK_INT(bpf_prog_test_run_opts(bpf_program__fd(sim->progs.vsubnet_xdp), &opts),
	          0);
}

unsigned rig_insns(void)
{
	struct bpf_prog_info info = { 0 };
	uint32_t len = sizeof(info);
	int fd = bpf_program__fd(sim->progs.vsubnet_xdp);

	CHECK_INT(bpf_obj_get_info_by_fd(fd, &info, &len), 0);
	return info.verified_insns;
}

bool heard(struct dp_evidence *ret)
{
	bool any;

	n_heard = 0;
	the.dp->ops->poll(the.dp);
	any = n_heard;
	if (any)
		*ret = last;
	return any;
}

unsigned events_heard(void)
{
	n_heard = 0;
	the.dp->ops->poll(the.dp);
	return n_heard;
}

/* ---- packets -------------------------------------------------------------------------
 */

void put(struct pk *p, const char *hex)
{
	p->len += t_hex(hex, p->b + p->len, sizeof(p->b) - p->len);
}

void put_u16(struct pk *p, unsigned v)
{
	p->b[p->len++] = (uint8_t)(v >> 8);
	p->b[p->len++] = (uint8_t)v;
}

static void put_addr(struct pk *p, const char *s)
{
	struct ip a = ip(s);

	memcpy(p->b + p->len, a.b, afi_len(a.afi));
	p->len += afi_len(a.afi);
}

static unsigned sum_of(const uint8_t *b, size_t len, unsigned sum)
{
	for (size_t i = 0; i < len; i++)
		sum += i & 1 ? b[i] : (unsigned)b[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

unsigned sum_ip4(const uint8_t *b)
{
	return 0xffff & ~sum_of(b, (b[0] & 15) * 4u, 0);
}

unsigned sum_icmp(const uint8_t *b, size_t len)
{
	unsigned plen;

	if (b[0] >> 4 == 4)
		return 0xffff & ~sum_of(b + 20, len - 20, 0);
	plen = (unsigned)b[4] << 8 | b[5];
	return 0xffff & ~sum_of(b + 40, plen, sum_of(b + 8, 32, plen + 58));
}

void put_ip4(struct pk *p, const char *src, const char *dst, unsigned proto, unsigned ttl,
             unsigned payload)
{
	uint8_t *h = p->b + p->len;
	unsigned sum;

	put(p, "4500");
	put_u16(p, 20 + payload);
	put(p, "00014000");
	put_u16(p, ttl << 8 | proto);
	put_u16(p, 0);
	put_addr(p, src);
	put_addr(p, dst);
	sum = sum_ip4(h);
	h[10] = (uint8_t)(sum >> 8);
	h[11] = (uint8_t)sum;
}

void put_ip6(struct pk *p, const char *src, const char *dst, unsigned next, unsigned hops,
             unsigned payload)
{
	put(p, "60000000");
	put_u16(p, payload);
	put_u16(p, next << 8 | hops);
	put_addr(p, src);
	put_addr(p, dst);
}

void put_bytes(struct pk *p, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		p->b[p->len++] = (uint8_t)i;
}

void put_echo4(struct pk *p, const char *src, const char *dst, unsigned ttl,
               unsigned data)
{
	uint8_t *ip4 = p->b + p->len;
	unsigned sum;

	put_ip4(p, src, dst, 1, ttl, 8 + data);
	put(p, "0800000000010001");
	put_bytes(p, data);
	sum = sum_icmp(ip4, 28 + data);
	ip4[22] = (uint8_t)(sum >> 8);
	ip4[23] = (uint8_t)sum;
}

void fix_icmp6(struct pk *p, size_t ip_at)
{
	uint8_t *ip6 = p->b + ip_at;
	unsigned sum;

	ip6[42] = ip6[43] = 0;
	sum = sum_icmp(ip6, p->len - ip_at);
	ip6[42] = (uint8_t)(sum >> 8);
	ip6[43] = (uint8_t)sum;
}

void put_echo6(struct pk *p, const char *src, const char *dst, unsigned hops,
               unsigned data)
{
	size_t at = p->len;

	put_ip6(p, src, dst, 58, hops, 8 + data);
	put(p, "8000000000010001");
	put_bytes(p, data);
	fix_icmp6(p, at);
}

void put_arp(struct pk *p, unsigned op, const char *sha, const char *spa, const char *tpa)
{
	put(p, "0001080006040000");
	p->b[p->len - 1] = (uint8_t)op;
	put(p, sha);
	put_addr(p, spa);
	put(p, "000000000000");
	put_addr(p, tpa);
}

void put_nd(struct pk *p, unsigned type, const char *src, const char *dst,
            const char *target, unsigned flags, const char *opt_mac)
{
	size_t at = p->len;

	put_ip6(p, src, dst, 58, 255, opt_mac ? 32 : 24);
	put_u16(p, type << 8);
	put_u16(p, 0);
	put_u16(p, flags << 8);
	put_u16(p, 0);
	put_addr(p, target);
	if (opt_mac) {
		put(p, type == 135 ? "0101" : "0201");
		put(p, opt_mac);
	}
	fix_icmp6(p, at);
}
