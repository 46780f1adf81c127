/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/gateway/world.h"

static void to_server(void *arg, uint32_t vrf, const uint8_t *ip, size_t len)
{
	struct world *w = arg;
	struct w_sent *s = &w->sent[w->n++];

	CHECK(w->n < W_SENT);
	*s = (struct w_sent){ .to_server = true, .vrf = vrf, .len = len };
	memcpy(s->raw, ip, len);
}

static void to_client(void *arg, uint16_t ac, const struct mac *dst,
                      const struct mac *src, const uint8_t *ip, size_t len)
{
	struct world *w = arg;
	struct w_sent *s = &w->sent[w->n++];

	CHECK(w->n < W_SENT);
	*s = (struct w_sent){ .ac = ac, .dst = *dst, .len = len };
	if (src)
		s->src = *src;
	memcpy(s->raw, ip, len);
}

static void lease(void *arg, const struct gw_lease *l)
{
	struct world *w = arg;

	CHECK(w->n_leases < W_SENT);
	w->lease[w->n_leases++] = *l;
}

static const char *vrf_name(void *arg, uint32_t vrf)
{
	return vrf == VRF ? "blue" : NULL;
}

static const char *ac_name(void *arg, uint16_t ac)
{
	return ac == AC1 ? "eth0.100" : ac == AC2 ? "eth1" : NULL;
}

static struct mono now(void *arg)
{
	const struct world *w = arg;

	return w->now;
}

static const struct gw_dhcp_ops ops = { .to_server = to_server,
	                                .to_client = to_client,
	                                .lease = lease,
	                                .vrf_name = vrf_name,
	                                .ac_name = ac_name,
	                                .now = now };

struct ip w_ip(const char *s)
{
	struct ip ip;

	CHECK(ip_parse(s, &ip));
	return ip;
}

struct prefix w_prefix(const char *s)
{
	struct prefix p;

	CHECK(prefix_parse(s, &p));
	return p;
}

struct mac w_mac(const char *s)
{
	struct mac m;

	CHECK(mac_parse(s, &m));
	return m;
}

struct gw_dhcp_subnet w_subnet4(void)
{
	static struct ip server[2];

	server[0] = w_ip("10.0.0.67");
	server[1] = w_ip("10.0.0.68");
	return (struct gw_dhcp_subnet){ .vrf = VRF,
		                        .name = "lan",
		                        .prefix = w_prefix("1.1.0.0/16"),
		                        .gateway = w_ip("1.1.255.254"),
		                        .from = w_ip("1.1.255.254"),
		                        .proxy_mac = w_mac("00:00:5e:00:01:0a"),
		                        .loopback = w_ip("10.255.0.11"),
		                        .server = server,
		                        .n_servers = 2,
		                        .remote_id = "pe1",
		                        .vss = "blue",
		                        .server_id_override = true,
		                        .max_hops = 4,
		                        .max_rate = 100 };
}

struct gw_dhcp_subnet w_subnet6(void)
{
	static struct ip server[2];
	struct gw_dhcp_subnet sn = w_subnet4();

	server[0] = w_ip("2001:db8:5::547");
	server[1] = w_ip("2001:db8:6::547");
	sn.prefix = w_prefix("2001:db8:1::/64");
	sn.gateway = w_ip("2001:db8:1::ff");
	sn.from = w_ip("fe80::200:5eff:fe00:20a");
	sn.proxy_mac = w_mac("00:00:5e:00:02:0a");
	sn.loopback = w_ip("2001:db8:ff::11");
	sn.server = server;
	return sn;
}

struct world *w_new(void)
{
	struct world *w = mem_new(struct world);
	struct gw_dhcp_subnet sn[2] = { w_subnet4(), w_subnet6() };

	w->now = (struct mono){ 1000000000 };
	w->g = gw_dhcp_new(&ops, w);
	for (unsigned i = 0; i < 2; i++) {
		gw_dhcp_subnet_add(w->g, &sn[i]);
		gw_dhcp_attach(w->g, VRF, &sn[i].prefix, AC1);
		gw_dhcp_attach(w->g, VRF, &sn[i].prefix, AC2);
	}
	return w;
}

void w_free(struct world *w)
{
	gw_dhcp_free(w->g);
	free(w);
}

size_t w_load(const char *name, uint8_t *ret, size_t cap, struct mac *ret_src)
{
	char path[512], line[512], hex[4096] = "";
	uint8_t frame[1600];
	struct cur c;
	struct eth e;
	FILE *f;

	snprintf(path, sizeof(path), "%s/dhcp/%s.hex", T_VECTORS, name);
	f = fopen(path, "r");
	CHECK(f);
	while (fgets(line, sizeof(line), f))
		strncat(hex, line, sizeof(hex) - strlen(hex) - 1);
	fclose(f);
	c = cur_of(frame, t_hex(hex, frame, sizeof(frame)));
	CHECK_INT(eth_read(&c, &e), ETH_OK);
	CHECK(cur_left(&c) <= cap);
	*ret_src = e.src;
	memcpy(ret, c.p, cur_left(&c));
	return cur_left(&c);
}

void w_hear(struct world *w, uint16_t ac, const char *name)
{
	uint8_t raw[1600];
	struct mac src;
	size_t n = w_load(name, raw, sizeof(raw), &src);

	gw_dhcp_heard(w->g, ac, &src, raw, n, w->now);
}

void w_answer(struct world *w, const char *name)
{
	uint8_t raw[1600];
	struct mac src;
	size_t n = w_load(name, raw, sizeof(raw), &src);

	gw_dhcp_answer(w->g, VRF, raw, n, w->now);
}

static size_t pack(uint8_t raw[2000], const char *src, const char *dst, bool from_host,
                   const uint8_t *p, size_t len)
{
	struct udp u = { .src = w_ip(src), .dst = w_ip(dst), .ttl = 64 };
	struct wbuf b = wbuf_of(raw, 2000);
	size_t start;

	u.dport = u.src.afi == AFI_IP4 ? 67 : 547;
	u.sport = (uint16_t)(from_host ? u.src.afi == AFI_IP4 ? 68 : 546 : u.dport);
	start = udp_open(&b, &u);
	wbuf_bytes(&b, p, len);
	udp_close(&b, start);
	CHECK(wbuf_ok(&b));
	return b.len;
}

void w_hear_data(struct world *w, uint16_t ac, const char *mac, const char *src,
                 const char *dst, const uint8_t *p, size_t len)
{
	struct mac m = w_mac(mac);
	uint8_t raw[2000];
	size_t n = pack(raw, src, dst, true, p, len);

	gw_dhcp_heard(w->g, ac, &m, raw, n, w->now);
}

void w_answer_data(struct world *w, const char *server, const char *to, const uint8_t *p,
                   size_t len)
{
	uint8_t raw[2000];
	size_t n = pack(raw, server, to, false, p, len);

	gw_dhcp_answer(w->g, VRF, raw, n, w->now);
}

struct cur w_open(const struct world *w, size_t i, struct udp *ret)
{
	struct cur c, data = { 0 };

	CHECK(i < w->n);
	c = cur_of(w->sent[i].raw, w->sent[i].len);
	CHECK_INT(udp_read(&c, ret, &data), UDP_OK);
	CHECK(cur_done(&c));
	return data;
}

uint64_t w_n(const struct world *w, enum gw_dhcp_counter n)
{
	return gw_dhcp_counter(w->g, n);
}
