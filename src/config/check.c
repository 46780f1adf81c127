/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/check.h"

#include <libyang/libyang.h>

#include "base/mem.h"
#include "config/check_int.h"

enum {
	LABEL_MAX = (1 << 20) - 1, /* RFC 3032 2.1 */
	ATTACHMENTS_MAX = 65535,   /* the data plane's number of one has 16 bits */
	ID_END = 65536,
	PLEN4_MIN = 8,
	PLEN4_MAX = 30, /* room for the gateway and one host */
	PLEN6_MIN = 16,
	PLEN6_MAX = 126,
};

/* Prefixes that are no place for a subnet of hosts (RFC 6890), and why. */
static const struct {
	const char *prefix, *what;
} reserved[] = {
	{"0.0.0.0/8",       "'this network'"},
        { "127.0.0.0/8",    "loopback"      },
	{ "169.254.0.0/16", "link-local"    },
        { "224.0.0.0/4",    "multicast"     },
	{ "240.0.0.0/4",    "reserved"      },
        { "::/16",          "reserved"      },
	{ "fe80::/10",      "link-local"    },
        { "ff00::/8",       "multicast"     },
};

static const char *why_reserved(const struct prefix *p)
{
	for (size_t i = 0; i < ARRAY_LEN(reserved); i++) {
		struct prefix r;

		must(prefix_parse(reserved[i].prefix, &r));
		if (prefix_covers(&r, p) || prefix_covers(p, &r))
			return reserved[i].what;
	}
	return NULL;
}

bool check_unicast(struct errlist *errs, const struct lyd_node *at, const char *name,
                   const struct ip *ip)
{
	char buf[IP_STRLEN];

	if (ip->afi == AFI_NONE || !typed_get(at, name))
		return false;
	if (!ip_is_zero(ip) && !ip_is_multicast(ip) &&
	    !(ip->afi == AFI_IP4 && ip->b[0] >= 240) &&
	    !(ip->afi == AFI_IP6 && ip_is_linklocal(ip)))
		return true;
	typed_error(
		errs, at, name,
		"found '%s', expected a unicast address, and not a link-local one of IPv6",
		ip_fmt(ip, buf));
	return false;
}

static void check_core(const struct typed *t, struct errlist *errs)
{
	static const char no_core[] =
		"missing; a PE (there are vpns) needs interfaces to the "
		"core, expected a list such as [eth1]";
	const struct config *cfg = t->cfg;

	if (t->core)
		check_unicast(errs, t->core, "source", &cfg->source);
	if (!cfg->n_vpns || cfg->n_core || typed_tried(t->core, "interfaces"))
		return;
	if (t->core && t->core->priv)
		typed_error(errs, t->core, "interfaces", "%s", no_core);
	else
		errlist_add(errs, 0, 0, "/core/interfaces", "%s", no_core);
}

/* Two PEs of a name would look like one in every listing. */
static void check_names(const struct typed *t, struct errlist *errs)
{
	const struct config_name *n = t->cfg->name_of;

	for (size_t i = 0; i < t->cfg->n_names; i++) {
		size_t first = 0;

		check_unicast(errs, t->name[i], "address", &n[i].address);
		while (first < i && (!n[i].name || !n[first].name ||
		                     strcmp(n[first].name, n[i].name) != 0))
			first++;
		if (first < i)
			typed_error(
				errs, t->name[i], "name",
				"found '%s', the name given at line %u already; expected "
				"one of its own",
				n[i].name, typed_line(t->name[first]));
	}
}

static bool check_range(struct errlist *errs, const struct lyd_node *at, const char *name,
                        const struct prefix *p)
{
	bool v4 = p->ip.afi == AFI_IP4;
	unsigned lo = v4 ? PLEN4_MIN : PLEN6_MIN, hi = v4 ? PLEN4_MAX : PLEN6_MAX;
	char buf[PREFIX_STRLEN];
	const char *why;

	if (p->plen < lo || p->plen > hi) {
		typed_error(errs, at, name,
		            "found '%s', expected a prefix length from %u to %u",
		            prefix_fmt(p, buf), lo, hi);
		return false;
	}
	why = why_reserved(p);
	if (why)
		typed_error(
			errs, at, name,
			"found '%s', which is or holds %s addresses; expected unicast ones",
			prefix_fmt(p, buf), why);
	return !why;
}

/* Inside, and not an address that means all or any of the subnet's systems: the network
 * and broadcast address (RFC 1122 3.2.1.3), the router anycast (RFC 4291 2.6.1). */
static void check_inside(struct errlist *errs, const struct lyd_node *at,
                         const char *name, const struct prefix *p, const struct ip *gw)
{
	char a[IP_STRLEN], b[PREFIX_STRLEN];
	uint32_t hosts = p->plen < 32 ? UINT32_MAX >> p->plen : 0;

	if (gw->afi == AFI_NONE)
		return;
	if (!prefix_has(p, gw))
		typed_error(errs, at, name, "found '%s', expected an address inside %s",
		            ip_fmt(gw, a), prefix_fmt(p, b));
	else if (ip_eq(gw, &p->ip))
		typed_error(errs, at, name,
		            "found '%s', which is %s; expected another address of %s",
		            ip_fmt(gw, a),
		            gw->afi == AFI_IP4 ? "the network's own address"
		                               : "the subnet-router anycast address",
		            prefix_fmt(p, b));
	else if (gw->afi == AFI_IP4 && (ip_u32(gw) & hosts) == hosts)
		typed_error(
			errs, at, name,
			"found '%s', the broadcast address; expected another address of %s",
			ip_fmt(gw, a), prefix_fmt(p, b));
}

/* Ours alone: inside, and not what all PEs share. */
static void check_own(struct errlist *errs, const struct lyd_node *at, const char *name,
                      const struct prefix *p, const struct ip *own, const struct ip *gw)
{
	char a[IP_STRLEN];

	check_inside(errs, at, name, p, own);
	if (own->afi != AFI_NONE && ip_eq(own, gw))
		typed_error(
			errs, at, name,
			"found '%s', the gateway's address, which all PEs have; expected "
			"one that only this PE has",
			ip_fmt(own, a));
}

static void check_link_local(struct errlist *errs, const struct lyd_node *at,
                             const struct ip *ip)
{
	char a[IP_STRLEN];

	if (ip->afi != AFI_NONE && (ip->b[0] != 0xfe || (ip->b[1] & 0xc0) != 0x80))
		typed_error(errs, at, "gateway6-link-local",
		            "found '%s', expected a link-local address, such as fe80::1",
		            ip_fmt(ip, a));
}

static void check_mac(struct errlist *errs, const struct lyd_node *at, const char *name,
                      const struct mac *mac)
{
	char buf[MAC_STRLEN];

	if (mac_is_group(mac) || mac_is_zero(mac))
		typed_error(errs, at, name, "found '%s', expected a unicast MAC address",
		            mac_fmt(mac, buf));
}

static void check_subnet(const struct typed_subnet *t, struct errlist *errs)
{
	const struct config_subnet *s = t->s;
	/* An IPv6 prefix may stand in either place. */
	bool six = typed_given(t->node, "prefix6");
	const char *prefix6 = six ? "prefix6" : "prefix";

	if (s->prefix.ip.afi && check_range(errs, t->node, "prefix", &s->prefix)) {
		check_inside(errs, t->node, "gateway", &s->prefix, &s->gateway);
		check_own(errs, t->node, "address", &s->prefix, &s->address, &s->gateway);
	}
	if (s->prefix6.ip.afi && check_range(errs, t->node, prefix6, &s->prefix6)) {
		check_inside(errs, t->node, six ? "gateway6" : "gateway", &s->prefix6,
		             &s->gateway6);
		check_own(errs, t->node, six ? "address6" : "address", &s->prefix6,
		          &s->address6, &s->gateway6);
	}
	check_link_local(errs, t->node, &s->gateway6_ll);
	check_ra(t, errs);
	check_mac(errs, t->node, "proxy-mac", &s->proxy_mac);
	check_mac(errs, t->node, "proxy-mac6", &s->proxy_mac6);
	check_trust(t, errs);
}

/* A prefix of a VPN, on its way to be sorted. */
struct range {
	const struct prefix *p;
	const struct typed_subnet *t;
	size_t order; /* in the file */
};

static int range_cmp(const void *pa, const void *pb)
{
	const struct range *a = pa, *b = pb;
	int c = prefix_cmp(a->p, b->p);

	return c ? c : a->order < b->order ? -1 : a->order > b->order;
}

static void overlap(const struct range *a, const struct range *b, struct errlist *errs)
{
	const struct range *first = a->order < b->order ? a : b,
			   *later = first == a ? b : a;
	char x[PREFIX_STRLEN], y[PREFIX_STRLEN];
	const char *name = later->p == &later->t->s->prefix ? "prefix" : "prefix6";

	if (!typed_given(later->t->node, name))
		name = "prefix";
	typed_error(
		errs, later->t->node, name,
		"found '%s', which overlaps %s of subnet '%s', line %u; expected disjoint "
		"subnets in a vpn",
		prefix_fmt(later->p, x), prefix_fmt(first->p, y), first->t->s->name,
		typed_line(first->t->node));
}

/* Sorted by address, what overlaps is inside the last one that was in none. */
static void check_overlaps(const struct typed_vpn *v, struct errlist *errs)
{
	size_t n = 0, room = v->v->n_subnets * 2;
	AUTO_FREE struct range *r = mem_zalloc(room * sizeof(*r));
	const struct range *outer = NULL;

	for (size_t i = 0; i < v->v->n_subnets; i++) {
		const struct typed_subnet *t = &v->subnet[i];

		if (t->s->prefix.ip.afi)
			r[n++] = (struct range){ &t->s->prefix, t, i };
		if (t->s->prefix6.ip.afi)
			r[n++] = (struct range){ &t->s->prefix6, t, i };
	}
	qsort(r, n, sizeof(*r), range_cmp);
	for (size_t i = 0; i < n; i++) {
		if (outer && prefix_covers(outer->p, r[i].p))
			overlap(outer, &r[i], errs);
		else
			outer = &r[i];
	}
}

static void check_vpn(const struct typed *t, const struct typed_vpn *v,
                      struct errlist *errs)
{
	const struct config_vpn *vpn = v->v;

	if (vpn->id && vpn->label > LABEL_MAX)
		typed_error(
			errs, v->node, "id",
			"found '%u', which with label-base %u makes label %u; expected at most %d",
			vpn->id, t->cfg->label_base, vpn->label, LABEL_MAX);
	for (size_t i = 0; i < vpn->n_subnets; i++)
		check_subnet(&v->subnet[i], errs);
	check_dhcp(v, errs);
	check_overlaps(v, errs);
	check_vrrp(v, errs);
}

static void check_ids(const struct typed *t, struct errlist *errs)
{
	AUTO_FREE const struct typed_vpn **by_id = mem_zalloc(ID_END * sizeof(*by_id));

	for (size_t i = 0; i < t->cfg->n_vpns; i++) {
		const struct typed_vpn *v = &t->vpn[i];
		uint32_t id = v->v->id;

		if (!id)
			continue;
		if (by_id[id])
			typed_error(
				errs, v->node, "id",
				"found '%u', the id of vpn '%s', line %u; expected one of its own",
				id, by_id[id]->v->name, typed_line(by_id[id]->node));
		else
			by_id[id] = v;
	}
}

/* A VPN by its RD, on its way to be sorted. */
struct by_rd {
	struct rd rd;
	const struct typed_vpn *v;
};

static int by_rd_cmp(const void *pa, const void *pb)
{
	const struct by_rd *a = pa, *b = pb;
	int c = memcmp(&a->rd, &b->rd, sizeof(a->rd));

	return c ? c : a->v < b->v ? -1 : a->v > b->v;
}

static void check_rds(const struct typed *t, struct errlist *errs)
{
	AUTO_FREE struct by_rd *r = mem_zalloc(t->cfg->n_vpns * sizeof(*r));
	char buf[RD_STRLEN];
	size_t n = 0, first = 0;

	for (size_t i = 0; i < t->cfg->n_vpns; i++) {
		const struct typed_vpn *v = &t->vpn[i];

		/* Derived ones differ as the ids do; an id given twice is one error. */
		if (v->v->id && t->cfg->router_id.afi)
			r[n++] = (struct by_rd){ v->v->rd, v };
	}
	qsort(r, n, sizeof(*r), by_rd_cmp);
	for (size_t i = 1; i < n; i++) {
		const struct typed_vpn *a = r[first].v, *b = r[i].v;

		if (!rd_eq(&r[first].rd, &r[i].rd))
			first = i;
		else if (typed_given(a->node, "rd") || typed_given(b->node, "rd"))
			typed_error(
				errs, b->node, "rd",
				"%s is the route distinguisher of vpn '%s', line %u; expected one "
				"of its own",
				rd_fmt(&r[i].rd, buf), a->v->name, typed_line(a->node));
	}
}

/* A packet of the core and a frame of a site must not be mistaken for each other. */
static void check_ports(const struct typed *t, struct errlist *errs)
{
	const struct config *cfg = t->cfg;

	for (size_t i = 0; i < cfg->n_core; i++) {
		for (size_t k = 0; k < cfg->n_attachments; k++) {
			const struct lyd_node *at = t->attachment[k];

			if (!strcmp(cfg->core_if[i], cfg->attachment[k].port))
				typed_error(
					errs, at, "port",
					"found '%s', which is a core interface; expected an "
					"interface of the site",
					cfg->core_if[i]);
		}
	}
	if (cfg->n_attachments > ATTACHMENTS_MAX)
		typed_error(errs, t->attachment[ATTACHMENTS_MAX], NULL,
		            "the %dth attachment; expected at most %d",
		            ATTACHMENTS_MAX + 1, ATTACHMENTS_MAX);
}

void check_all(const struct typed *t, struct errlist *errs)
{
	check_core(t, errs);
	check_names(t, errs);
	check_bgp(t, errs);
	for (size_t i = 0; i < t->cfg->n_vpns; i++)
		check_vpn(t, &t->vpn[i], errs);
	check_ids(t, errs);
	check_rds(t, errs);
	check_ports(t, errs);
}
