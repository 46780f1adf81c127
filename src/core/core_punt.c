/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/core_punt.h"

#include <errno.h>
#include <linux/if_ether.h>

#include "base/cur.h"
#include "base/mem.h"
#include "core/core_int.h"
#include "wire/eth.h"

/*
 * The daemon's ears on the access ports.  All that comes through there is what the packet
 * program has let pass, at a rate that it limits for each attachment, so everything that
 * is heard is looked at.
 */
enum {
	PROTO_UDP = 17,
	PROTO_ICMP6 = 58,
	PROTO_VRRP = 112,
	PORT_DHCP = 67,
	PORT_DHCP6 = 547,
	ICMP6_RS = 133,
	ICMP6_RA = 134,
	IP4_LEN = 20,
	IP6_LEN = 40,
};

/* An attachment, to be found by where a frame came in. */
struct place {
	const struct core_port *port;
	uint16_t vlan, inner_vlan, id;
};

struct core_punts {
	struct core *core;
	struct place *place; /* sorted */
	size_t n;
	core_punt_fn *to[CORE_PUNT_END];
	uint64_t heard[CORE_PUNT_END];
	uint64_t ignored; /* nobody asked for its kind */
	uint64_t strange; /* of no attachment, or nothing we know */
};

static int place_cmp(const void *pa, const void *pb)
{
	const struct place *a = pa, *b = pb;

	if (a->port != b->port)
		return a->port < b->port ? -1 : 1;
	if (a->vlan != b->vlan)
		return a->vlan < b->vlan ? -1 : 1;
	return a->inner_vlan < b->inner_vlan ? -1 : a->inner_vlan > b->inner_vlan;
}

/* 0: of no attachment.  A tag of VLAN 0 is a priority, no VLAN (IEEE 802.1Q 9.6). */
static uint16_t place_of(const struct core_punts *p, unsigned ifindex,
                         const struct eth *eth)
{
	struct place key = { 0 };
	const struct place *at;

	for (size_t i = 0; i < p->core->n_ports; i++) {
		if (p->core->port[i].ifindex == ifindex)
			key.port = &p->core->port[i];
	}
	if (eth->n_tags > 0)
		key.vlan = eth->tag[0].tci & ETH_VID_MASK;
	if (eth->n_tags > 1)
		key.inner_vlan = eth->tag[1].tci & ETH_VID_MASK;
	at = bsearch(&key, p->place, p->n, sizeof(*p->place), place_cmp);
	return at ? at->id : 0;
}

static uint16_t be16_at(const uint8_t *b)
{
	return (uint16_t)(b[0] << 8 | b[1]);
}

static enum core_punt_kind kind4(const uint8_t *ip, size_t len)
{
	size_t hlen = (ip[0] & 15u) * 4;

	if (ip[9] == PROTO_VRRP)
		return CORE_PUNT_VRRP;
	if (ip[9] == PROTO_UDP && len >= hlen + 4 && be16_at(ip + hlen + 2) == PORT_DHCP)
		return CORE_PUNT_DHCP;
	return CORE_PUNT_END;
}

static enum core_punt_kind kind6(const uint8_t *ip, size_t len)
{
	const uint8_t *next = ip + IP6_LEN;

	if (len < IP6_LEN + 4)
		return CORE_PUNT_END;
	if (ip[6] == PROTO_VRRP)
		return CORE_PUNT_VRRP;
	if (ip[6] == PROTO_UDP && be16_at(next + 2) == PORT_DHCP6)
		return CORE_PUNT_DHCP6;
	if (ip[6] == PROTO_ICMP6 && next[0] == ICMP6_RS)
		return CORE_PUNT_RS;
	return ip[6] == PROTO_ICMP6 && next[0] == ICMP6_RA ? CORE_PUNT_RA : CORE_PUNT_END;
}

static enum core_punt_kind kind_of(uint16_t type, const uint8_t *ip, size_t len)
{
	if (type == ETH_TYPE_IP4 && len >= IP4_LEN && ip[0] >> 4 == 4)
		return kind4(ip, len);
	if (type == ETH_TYPE_IP6 && len >= IP6_LEN && ip[0] >> 4 == 6)
		return kind6(ip, len);
	return CORE_PUNT_END;
}

void core_punt_frame(struct core *c, unsigned ifindex, const uint8_t *frame, size_t len)
{
	struct core_punts *p = c->punts;
	struct cur cur = cur_of(frame, len);
	enum core_punt_kind kind;
	struct eth eth;
	size_t l3;
	uint16_t ac;

	if (eth_read(&cur, &eth) != ETH_OK) {
		p->strange++;
		return;
	}
	l3 = len - cur_left(&cur);
	kind = kind_of(eth.type, frame + l3, len - l3);
	ac = place_of(p, ifindex, &eth);
	if (kind == CORE_PUNT_END || !ac) {
		p->strange++;
		return;
	}
	p->heard[kind]++;
	if (p->to[kind])
		p->to[kind](c, ac, frame, len, l3);
	else
		p->ignored++;
}

static void on_frame(void *arg, unsigned ifindex, const uint8_t *frame, size_t len)
{
	struct core_punts *p = arg;

	core_punt_frame(p->core, ifindex, frame, len);
}

void core_punt_to(struct core *c, enum core_punt_kind kind, core_punt_fn *heard)
{
	c->punts->to[kind] = heard;
}

void core_punt_hear(struct core *c, const struct core_port *port, bool on)
{
	int r;

	if (!c->packet || port->role != DP_ROLE_ACCESS || !port->ifindex)
		return;
	packet_unhear(c->packet, port->ifindex);
	if (!on)
		return;
	/* Any type: the kernel hands a tagged frame to who asks for one type without its
	 * tag, if at all. */
	r = packet_hear(c->packet, c->loop, port->ifindex, ETH_P_ALL, on_frame, c->punts);
	if (r)
		log_warn("port %s: VRRP, DHCP and router discovery are not heard: %s",
		         port->name, strerror(-r));
}

void core_punts_new(struct core *c)
{
	struct core_punts *p = mem_new(struct core_punts);

	p->core = c;
	c->punts = p;
}

void core_punts_attach(struct core *c)
{
	struct core_punts *p = c->punts;

	p->place = mem_zalloc(c->cfg->n_attachments * sizeof(*p->place));
	p->n = c->cfg->n_attachments;
	for (size_t i = 0; i < p->n; i++) {
		const struct config_attachment *at = &c->cfg->attachment[i];

		p->place[i] = (struct place){ .port = core_ac_port(c, at),
			                      .vlan = at->vlan,
			                      .inner_vlan = at->inner_vlan,
			                      .id = at->id };
	}
	qsort(p->place, p->n, sizeof(*p->place), place_cmp);
}

void core_punts_free(struct core *c)
{
	if (!c->punts)
		return;
	free(c->punts->place);
	free(c->punts);
	c->punts = NULL;
}

void core_punts_show(const struct core *c, struct view *v)
{
	static const char *const name[CORE_PUNT_END] = {
		[CORE_PUNT_VRRP] = "vrrp",
		[CORE_PUNT_DHCP] = "dhcp",
		[CORE_PUNT_DHCP6] = "dhcp6",
		[CORE_PUNT_RS] = "router-solicitation",
		[CORE_PUNT_RA] = "foreign-router-advertisement",
	};
	const struct core_punts *p = c->punts;

	view_obj(v, "heard");
	for (unsigned i = 0; i < CORE_PUNT_END; i++)
		view_num(v, name[i], (int64_t)p->heard[i]);
	view_num(v, "ignored", (int64_t)p->ignored);
	view_num(v, "strange", (int64_t)p->strange);
	view_end(v);
}
