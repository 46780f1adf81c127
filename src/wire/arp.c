/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/arp.h"

#include "base/must.h"

enum {
	ARP_HRD_ETHERNET = 1,
	ARP_PRO_IP4 = 0x0800,
	ARP_HLN = 6,
	ARP_PLN = 4,
};

static struct ip read_ip4(struct cur *c)
{
	struct ip ip = { .afi = AFI_IP4 };

	cur_copy(c, ip.b, ARP_PLN);
	return ip;
}

enum arp_fault arp_read(struct cur *c, struct arp *ret)
{
	struct arp a;
	uint16_t hrd = cur_u16(c), pro = cur_u16(c);
	uint8_t hln = cur_u8(c), pln = cur_u8(c);

	a.op = cur_u16(c);
	if (!cur_ok(c))
		return ARP_SHORT;
	if (hrd != ARP_HRD_ETHERNET)
		return ARP_NOT_ETHERNET;
	if (pro != ARP_PRO_IP4)
		return ARP_NOT_IP4;
	if (hln != ARP_HLN || pln != ARP_PLN)
		return ARP_BAD_LENGTH;
	if (a.op < ARP_OP_REQUEST || a.op > ARP_OP_RARP_REPLY)
		return ARP_BAD_OP;

	cur_copy(c, a.sha.b, sizeof(a.sha.b));
	a.spa = read_ip4(c);
	cur_copy(c, a.tha.b, sizeof(a.tha.b));
	a.tpa = read_ip4(c);
	if (!cur_ok(c))
		return ARP_SHORT;
	if (mac_is_group(&a.sha) || mac_is_zero(&a.sha))
		return ARP_BAD_SENDER_MAC;
	*ret = a;
	return ARP_OK;
}

void arp_write(struct wbuf *w, const struct arp *a)
{
	must(a->spa.afi == AFI_IP4 && a->tpa.afi == AFI_IP4);
	wbuf_u16(w, ARP_HRD_ETHERNET);
	wbuf_u16(w, ARP_PRO_IP4);
	wbuf_u8(w, ARP_HLN);
	wbuf_u8(w, ARP_PLN);
	wbuf_u16(w, a->op);
	wbuf_bytes(w, a->sha.b, sizeof(a->sha.b));
	wbuf_bytes(w, a->spa.b, ARP_PLN);
	wbuf_bytes(w, a->tha.b, sizeof(a->tha.b));
	wbuf_bytes(w, a->tpa.b, ARP_PLN);
}

enum arp_kind arp_kind(const struct arp *a)
{
	if (a->op == ARP_OP_RARP_REQUEST)
		return ARP_KIND_RARP;
	if (a->op == ARP_OP_RARP_REPLY)
		return ARP_KIND_RARP_REPLY;
	if (ip_is_zero(&a->spa))
		return ARP_KIND_PROBE;
	if (ip_eq(&a->spa, &a->tpa))
		return ARP_KIND_ANNOUNCE;
	return a->op == ARP_OP_REQUEST ? ARP_KIND_REQUEST : ARP_KIND_REPLY;
}

const char *arp_fault_text(enum arp_fault f)
{
	static const char *const text[ARP_FAULT_END] = {
		[ARP_OK] = "well-formed",
		[ARP_SHORT] = "shorter than 28 octets",
		[ARP_NOT_ETHERNET] = "hardware type is not Ethernet",
		[ARP_NOT_IP4] = "protocol type is not IPv4",
		[ARP_BAD_LENGTH] = "address lengths are not 6 and 4",
		[ARP_BAD_OP] = "unknown operation",
		[ARP_BAD_SENDER_MAC] = "sender MAC is zero or a group",
	};

	return f < ARP_FAULT_END ? text[f] : "unknown fault";
}
