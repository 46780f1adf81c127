/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/dhcp.h"

#include "wire/dhcp6.h"
#include "wire/eth.h"
#include "wire/udp.h"

#include "fuzz/fuzz.h"

/*
 * DHCP of guests and of servers, that is of strangers.  What is accepted is written as a
 * relay does, and read again: the message a client wrote is the one a server gets, and
 * relay agent information is ours or none.  Checksums stop a fuzzer, so the octets are
 * also taken for the message itself.
 */
enum { ROOM = 1 << 16 };

static const uint8_t circuit[] = "eth0.100";
static uint8_t room[ROOM], room2[ROOM];

static bool same_bytes(struct dhcp_bytes a, struct dhcp_bytes b)
{
	return a.len == b.len && (!a.len || !memcmp(a.p, b.p, a.len));
}

static bool same_relay(const struct dhcp_relay *a, const struct dhcp_relay *b)
{
	return same_bytes(a->circuit, b->circuit) && same_bytes(a->remote, b->remote) &&
	       ip_eq(&a->link, &b->link) && ip_eq(&a->server, &b->server) &&
	       same_bytes(a->vss, b->vss) && a->vss_control == b->vss_control;
}

static bool same_message(const struct dhcp *a, const struct dhcp *b)
{
	return a->op == b->op && a->hops == b->hops && a->xid == b->xid &&
	       a->flags == b->flags && ip_eq(&a->ciaddr, &b->ciaddr) &&
	       ip_eq(&a->yiaddr, &b->yiaddr) && ip_eq(&a->giaddr, &b->giaddr) &&
	       !memcmp(a->chaddr, b->chaddr, sizeof(a->chaddr)) && a->type == b->type &&
	       ip_eq(&a->server, &b->server) && ip_eq(&a->asked, &b->asked) &&
	       a->lease_s == b->lease_s;
}

static void check_written(const struct dhcp *d, const struct dhcp_relay *relay)
{
	struct wbuf w = wbuf_of(room, sizeof(room));
	struct dhcp_relay r;
	struct dhcp again;
	struct cur c;

	dhcp_write(&w, d, relay);
	must(wbuf_ok(&w) && w.len >= 300);
	c = cur_of(room, w.len);
	must(dhcp_read(&c, &again) == DHCP_OK && same_message(d, &again));
	if (d->relay_misplaced)
		return; /* in sname or file, which stay as they are */
	must(again.has_relay == (relay != NULL) && !again.relay_misplaced);
	if (relay)
		must(dhcp_relay_read(again.relay, &r) && same_relay(&r, relay));
}

static void check_dhcp(struct cur c)
{
	struct dhcp_relay ours = {
		.circuit = {circuit, sizeof(circuit) - 1},
		.link = ip_of_u32(0x01010000),
		.vss_control = true
	};
	struct dhcp_relay theirs;
	struct dhcp d;
	enum dhcp_fault f = dhcp_read(&c, &d);

	must(f < DHCP_FAULT_END && dhcp_fault_text(f));
	if (f != DHCP_OK)
		return;
	must(dhcp_type_text(d.type));
	check_written(&d, NULL);
	check_written(&d, &ours);
	if (d.has_relay && dhcp_relay_read(d.relay, &theirs) && cur_left(&d.relay) < 255)
		check_written(&d, &theirs);
}

static void check_dhcp6(struct cur c)
{
	struct wbuf w = wbuf_of(room, sizeof(room));
	struct cur whole = c;
	struct dhcp6 m, out;
	struct dhcp6_relay relay = { .hops = 7,
		                     .link = { .afi = AFI_IP6 },
		                     .peer = { .afi = AFI_IP6 },
		                     .interface_id = circuit,
		                     .interface_id_len = sizeof(circuit) - 1 };
	enum dhcp6_fault f = dhcp6_read(&c, &m);
	struct dhcp6_walk walk;
	struct dhcp6_lease l;

	must(f < DHCP6_FAULT_END && dhcp6_fault_text(f));
	if (f != DHCP6_OK)
		return;
	must(dhcp6_type_text(m.type));
	for (walk = dhcp6_walk_of(&m); dhcp6_walk_next(&walk, &l);) {
		struct prefix p = prefix_of(&l.prefix.ip, l.prefix.plen);

		must(prefix_eq(&p, &l.prefix) && (l.delegated || p.plen == 128));
	}
	dhcp6_forward_write(&w, &relay, whole.p, cur_left(&whole));
	must(wbuf_ok(&w));
	c = cur_of(room, w.len);
	must(dhcp6_read(&c, &out) == DHCP6_OK && out.type == DHCP6_RELAY_FORW);
	must(out.hops == 7 && out.has_message);
	must(cur_left(&out.message) == cur_left(&whole) &&
	     !memcmp(out.message.p, whole.p, cur_left(&whole)));
	must(cur_left(&out.interface_id) == sizeof(circuit) - 1);
}

static void check_udp(struct cur c)
{
	struct wbuf w = wbuf_of(room2, sizeof(room2));
	struct udp u, again;
	struct cur data, copy;
	enum udp_fault f = udp_read(&c, &u, &data);
	size_t start;

	must(f < UDP_FAULT_END && udp_fault_text(f));
	if (f != UDP_OK)
		return;
	must(u.src.afi == u.dst.afi);
	start = udp_open(&w, &u);
	wbuf_bytes(&w, data.p, cur_left(&data));
	udp_close(&w, start);
	must(wbuf_ok(&w));
	c = cur_of(room2, w.len);
	must(udp_read(&c, &again, &copy) == UDP_OK && cur_done(&c));
	must(ip_eq(&u.src, &again.src) && ip_eq(&u.dst, &again.dst));
	must(u.sport == again.sport && u.dport == again.dport && u.ttl == again.ttl);
	must(cur_left(&copy) == cur_left(&data) &&
	     (!cur_left(&data) || !memcmp(copy.p, data.p, cur_left(&data))));
	check_dhcp(data);
	check_dhcp6(data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cur c = cur_of(data, size);
	struct eth e;

	if (size > 2048)
		return 0;
	if (size > 42) { /* the message of a vector, whatever its checksum */
		check_dhcp(cur_of(data + 42, size - 42));
		if (size > 62)
			check_dhcp6(cur_of(data + 62, size - 62));
	}
	if (eth_read(&c, &e) == ETH_OK)
		check_udp(c);
	return 0;
}
