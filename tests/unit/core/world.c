/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "world.h"

#include <errno.h>
#include <unistd.h>

#include "base/mem.h"
#include "rib/attrs.h"
#include "wire/bgp_attr.h"

static const char text[] =
	"node: { name: pe1, router-id: 192.0.2.11, as: 65000 }\n"
	"core: { interfaces: [eth1] }\n"
	"bgp:\n"
	"  neighbors: [ { address: 192.0.2.1, as: 65000 } ]\n"
	"vpns:\n"
	"  - name: blue\n"
	"    id: 100\n"
	"    loopback: 10.9.9.1\n"
	"    loopback6: 2001:db8:99::1\n"
	"    subnets:\n"
	"      - prefix: 1.1.0.0/16\n"
	"        gateway: 1.1.255.254\n"
	"        scan-rate: 0\n"
	"        attachments: [ { port: eth0, vlan: 100, site: 1 } ]\n"
	"        hosts: [ { address: 1.1.1.9, mac: '02:aa:00:00:00:09' } ]\n"
	"        anycast-local: [ 1.1.1.8 ]\n"
	"  - name: green\n"
	"    id: 200\n"
	"    loopback: 10.9.9.2\n"
	"    subnets:\n"
	"      - prefix: 1.1.0.0/16\n"
	"        gateway: 1.1.255.254\n"
	"        scan-rate: 0\n"
	"        attachments: [ { port: eth0, vlan: 200, site: 1 },\n"
	"                       { port: eth0, vlan: 300, inner-vlan: 30 } ]\n";

/* ---- the kernel ----------------------------------------------------------------------
 */

static int route_get(void *kernel, const struct ip *dst, const struct ip *src,
                     struct netlink_route *ret)
{
	*ret = (struct netlink_route){ .reachable = true, .oifindex = ETH1 };
	return 0;
}

static int neigh_get(void *kernel, unsigned ifindex, const struct ip *ip,
                     struct netlink_neigh *ret)
{
	*ret = (struct netlink_neigh){
		.ifindex = ifindex, .ip = *ip, .valid = true, .mac = { { 2, 9 } }
	};
	return 0;
}

static int neigh_probe(void *kernel, unsigned ifindex, const struct ip *ip)
{
	return 0;
}

static struct netlink_link link_of(unsigned ifindex, const char *name)
{
	struct netlink_link l = { .ifindex = ifindex,
		                  .mtu = 1600,
		                  .up = true,
		                  .carrier = true,
		                  .ethernet = true };

	snprintf(l.name, sizeof(l.name), "%s", name);
	l.mac = (struct mac){
		{2, 0, 0, 0, 1, (uint8_t)ifindex}
	};
	return l;
}

static int link_get(void *kernel, unsigned ifindex, struct netlink_link *ret)
{
	*ret = link_of(ifindex, "eth1");
	return 0;
}

static const struct nexthop_kernel_ops kernel = { .route_get = route_get,
	                                          .neigh_get = neigh_get,
	                                          .neigh_probe = neigh_probe,
	                                          .link_get = link_get };

/* ---- the PE --------------------------------------------------------------------------
 */

struct ip world_ip(const char *s)
{
	struct ip ip;

	CHECK(ip_parse(s, &ip));
	return ip;
}

static void start(struct world *w)
{
	struct rib_source rr = { .address = world_ip("192.0.2.1"),
		                 .router_id = 0xc0000201 };
	struct netlink_link eth0 = link_of(ETH0, "eth0"), eth1 = link_of(ETH1, "eth1");
	struct ctl_config ctl = { 0 };
	char path[64], why[256], *err = NULL;
	struct core *c = &w->c;

	snprintf(path, sizeof(path), "%s/s", w->dir);
	ctl.path = path;
	*c = (struct core){ .cfg = w->cfg, .dp = w->dp, .lock_fd = -1 };
	c->loop = loop_new();
	c->started = loop_now(c->loop);
	CHECK_INT(ctl_new(c->loop, &ctl, &c->ctl, why), 0);
	c->rib = rib_new();
	w->rr = rib_source_add(c->rib, &rr);
	core_trades_start(c, &kernel, NULL);
	core_ports_new(c);
	CHECK_INT(core_port_take(c, "eth1", DP_ROLE_CORE, &eth1, &err), 0);
	CHECK_INT(core_port_take(c, "eth0", DP_ROLE_ACCESS, &eth0, &err), 0);
	core_ports_attach(c);
	CHECK_INT(core_vpns_start(c, &err), 0);
	w->now = loop_now(c->loop);
}

struct world *world_new(void)
{
	return world_new_of(text);
}

struct world *world_new_of(const char *cfg)
{
	struct world *w = mem_new(struct world);
	struct config_errors *errs = NULL;
	const struct dp_events none = { 0 };

	strcpy(w->dir, "/tmp/t_core.XXXXXX");
	CHECK(mkdtemp(w->dir) != NULL);
	CHECK_INT(config_parse("t", cfg, strlen(cfg), &w->cfg, &errs), 0);
	w->dp = dp_mem_new(&none);
	w->label = 100100;
	start(w);
	return w;
}

void world_adopt(struct world *w)
{
	start(w);
	core_hosts_adopt(&w->c);
}

void world_stop(struct world *w, bool leave_forwarding)
{
	struct core *c = &w->c;

	c->leaving = leave_forwarding;
	rib_source_del(c->rib, w->rr); /* as bgp_free() does with each neighbor's */
	core_trades_stop(c);
	rib_free(c->rib);
	ctl_free(c->ctl);
	loop_free(c->loop);
	c->loop = NULL;
}

void world_free(struct world *w)
{
	if (w->c.loop)
		world_stop(w, false);
	w->dp->ops->free(w->dp, false);
	config_free(w->cfg);
	rmdir(w->dir);
	free(w);
}

void world_run(struct world *w, int64_t ms)
{
	struct mono end = mono_add_ms(w->now, ms);

	while (mono_reached(end, hosts_deadline(w->c.hosts))) {
		w->now = hosts_deadline(w->c.hosts);
		hosts_run(w->c.hosts, w->now);
	}
	w->now = end;
}

/* ---- what happens to it --------------------------------------------------------------
 */

void world_hear(struct world *w, enum dp_evidence_kind kind, uint16_t ac, const char *mac,
                const char *ip)
{
	struct dp_evidence ev = { .kind = kind, .vrf = ac == AC_GREEN ? GREEN : VRF };

	ev.ac = ac;
	CHECK(mac_parse(mac, &ev.mac));
	ev.sender = ev.target = world_ip(ip);
	core_evidence(&w->c, &ev);
}

static struct rib_key key_of(const char *pe, const char *ip)
{
	struct ip p = world_ip(pe), host = world_ip(ip);

	return (struct rib_key){ .rd = rd_of_ip(&p, VRF), .prefix = prefix_host(&host) };
}

void world_route(struct world *w, const char *pe, const char *ip, uint32_t seq)
{
	struct rib_key key = key_of(pe, ip);
	uint8_t extcoms[] = { 0x00, 0x02,   0xfd, 0xe8, 0, 0,
		              0,    100,    0x06, 0, /* 65000:100, mobility */
		              0,    0,      0,    0,    0, (uint8_t)seq,
		              0x00, 0x03,   0xfd, 0xe8, 0, 0,
		              0,    w->site }; /* Route Origin */
	struct bgp_attrs a = { .local_pref = 100, .nexthop = { .addr = world_ip(pe) } };
	const struct attrs *set;

	a.extcoms =
		(struct bgp_span){ .p = extcoms, .n = w->site ? sizeof(extcoms) : 16 };
	bgp_attr_set(&a, BGP_ATTR_ORIGIN);
	bgp_attr_set(&a, BGP_ATTR_AS_PATH);
	bgp_attr_set(&a, BGP_ATTR_LOCAL_PREF);
	bgp_attr_set(&a, BGP_ATTR_EXT_COMMUNITIES);
	set = attrs_intern(rib_attrs(w->c.rib), &a);
	rib_announce(w->c.rib, w->rr, &key, 0, w->label, set);
	attrs_unref(set);
}

void world_unroute(struct world *w, const char *pe, const char *ip)
{
	struct rib_key key = key_of(pe, ip);

	CHECK(rib_withdraw(w->c.rib, w->rr, &key, 0));
}

void world_link(struct world *w, unsigned ifindex, const char *name, bool up,
                bool deleted)
{
	struct netlink_link l = link_of(ifindex, name);

	l.up = l.carrier = up;
	l.deleted = deleted;
	core_link(&w->c, &l);
}

/* ---- what became of it ---------------------------------------------------------------
 */

const char *world_way(const struct world *w, uint32_t vrf, const char *ip)
{
	static char buf[64];
	struct ip host = world_ip(ip);
	struct prefix p = prefix_host(&host);
	char a[IP_STRLEN], m[MAC_STRLEN];
	struct dp_group g;
	struct dp_route r;
	size_t n = 0;

	if (w->dp->ops->route_get(w->dp, vrf, &p, &r))
		return "-";
	if (r.kind == DP_ROUTE_REMOTE && r.group)
		CHECK_INT(w->dp->ops->group_get(w->dp, r.group, &g), 0);
	else
		g = (struct dp_group){ .n = 1, .path = { { .nexthop = r.nexthop } } };
	if (r.kind == DP_ROUTE_LOCAL)
		snprintf(buf, sizeof(buf), "local %u %s", r.ac, mac_fmt(&r.mac, m));
	else if (r.kind == DP_ROUTE_REMOTE)
		for (size_t i = 0; i < g.n; i++)
			n += (size_t)
				snprintf(buf + n, sizeof(buf) - n, "%s%s", i ? " " : "",
			                 ip_fmt(&dp_mem_nexthop(w->dp, g.path[i].nexthop)
			                                 ->outer_dst,
			                        a));
	else
		return "drop";
	return buf;
}

bool world_advertised(const struct world *w, const char *ip, uint32_t *ret_label)
{
	struct rib_key key = key_of("192.0.2.11", ip);
	struct rib_path best;

	if (!rib_paths(w->c.rib, &key, &best, 1))
		return false;
	if (ret_label)
		*ret_label = best.label;
	return best.source->local;
}

uint32_t world_refs(const struct world *w, const char *pe)
{
	struct ip want = world_ip(pe);
	struct nexthop_info info;

	for (uint32_t id = 1; id < DP_NEXTHOP_MAX; id++)
		if (nexthop_info(w->c.nexthops, id, &info) && ip_eq(&info.pe, &want))
			return info.refs;
	return 0;
}
