/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/nd.h"

#include "base/must.h"
#include "wire/inet_sum.h"
#include "wire/nd_int.h"

enum {
	ND_IP6_VERSION = 6,
	ND_NEXT_ICMP6 = 58,
	ND_HOPS = 255,
	ND_TYPE_ECHO = 128,
	ND_OPT_SOURCE_LLA = 1,
	ND_OPT_TARGET_LLA = 2,
	ND_OPT_UNIT = 8, /* option lengths count these (RFC 4861 4.6) */
	ND_MSG_FIXED = 24,

	ND_FLAG_R = 1u << 7, /* of the first octet behind an NA's checksum */
	ND_FLAG_S = 1u << 6,
	ND_FLAG_O = 1u << 5,

	ND_AT_PAYLOAD_LEN = 4, /* in the IPv6 header */
	ND_AT_CHECKSUM = 2,    /* in the ICMPv6 message */
	ND_IP6_LEN = 40,
	ND_ECHO_ID = 0x7673, /* "vs" */
};

uint16_t nd_checksum(const struct ip *src, const struct ip *dst, const uint8_t *msg,
                     size_t len)
{
	uint32_t sum = inet_sum_pseudo(src, dst, ND_NEXT_ICMP6, len);

	must(len <= UINT16_MAX); /* so that 32 bits cannot overflow */
	return (uint16_t)~inet_fold(inet_sum(sum, msg, len));
}

struct ip nd_all_nodes(void)
{
	return (struct ip){
		.b = {0xff, 0x02, [15] = 1},
                  .afi = AFI_IP6
	};
}

struct ip nd_solicited_node(const struct ip *ip)
{
	struct ip g = {
		.b = {0xff, 0x02, [11] = 1, [12] = 0xff},
                  .afi = AFI_IP6
	};

	memcpy(g.b + 13, ip->b + 13, 3);
	return g;
}

struct mac nd_group_mac(const struct ip *group)
{
	struct mac m = {
		{0x33, 0x33}
	};

	memcpy(m.b + 2, group->b + 12, 4);
	return m;
}

struct ip nd_linklocal(const struct mac *mac)
{
	const uint8_t *m = mac->b;

	return (struct ip){
		.b = {0xfe, 0x80, 0, 0, 0, 0, 0, 0, m[0] ^ 2, m[1], m[2], 0xff, 0xfe,
                      m[3], m[4], m[5]},
		.afi = AFI_IP6
	};
}

static bool is_solicited_node(const struct ip *ip)
{
	static const uint8_t group[13] = { 0xff, 0x02, [11] = 1, [12] = 0xff };

	return !memcmp(ip->b, group, sizeof(group));
}

static struct ip read_ip6(struct cur *c)
{
	struct ip ip = { .afi = AFI_IP6 };

	cur_copy(c, ip.b, sizeof(ip.b));
	return ip;
}

/* Unknown options are skipped (RFC 4861 4.6): a nonce must not make us deaf. */
static enum nd_fault read_options(struct cur *c, struct nd *n)
{
	uint8_t want = n->type == ND_TYPE_NS ? ND_OPT_SOURCE_LLA : ND_OPT_TARGET_LLA;

	while (cur_left(c)) {
		uint8_t type = cur_u8(c), units = cur_u8(c);
		struct cur opt;

		if (!cur_ok(c) || !units)
			return ND_OPTION;
		opt = cur_sub(c, (size_t)units * ND_OPT_UNIT - 2);
		if (!cur_ok(c))
			return ND_OPTION;
		if (type != want || n->has_lla)
			continue;
		cur_copy(&opt, n->lla.b, sizeof(n->lla.b));
		if (!cur_done(&opt) || mac_is_group(&n->lla) || mac_is_zero(&n->lla))
			return ND_LLA;
		n->has_lla = true;
	}
	return ND_OK;
}

/* RFC 4861 7.1.1 (NS) and 7.1.2 (NA), what concerns the relation of the fields. */
static enum nd_fault check(const struct nd *n)
{
	if (ip_is_multicast(&n->target))
		return ND_TARGET;
	if (n->type == ND_TYPE_NA)
		return n->solicited && ip_is_multicast(&n->dst) ? ND_SOLICITED_GROUP
		                                                : ND_OK;
	if (!ip_is_zero(&n->src))
		return ND_OK;
	if (!is_solicited_node(&n->dst))
		return ND_DAD_NOT_GROUP;
	return n->has_lla ? ND_DAD_WITH_LLA : ND_OK;
}

static enum nd_fault read_message(struct cur *c, struct nd *n)
{
	const uint8_t *start = c->p;
	size_t len = cur_left(c);
	uint8_t type = cur_u8(c), code = cur_u8(c), flags;
	enum nd_fault f;

	if (!cur_ok(c))
		return ND_SHORT;
	if (type != ND_TYPE_NS && type != ND_TYPE_NA)
		return ND_NOT_ND;
	if (len < ND_MSG_FIXED)
		return ND_SHORT;
	if (nd_checksum(&n->src, &n->dst, start, len))
		return ND_CHECKSUM;
	if (code)
		return ND_CODE;

	n->type = type;
	cur_u16(c); /* checksum */
	flags = cur_u8(c);
	cur_u24(c); /* reserved */
	n->target = read_ip6(c);
	if (type == ND_TYPE_NA) {
		n->router = flags & ND_FLAG_R;
		n->solicited = flags & ND_FLAG_S;
		n->override = flags & ND_FLAG_O;
	}
	f = read_options(c, n);
	return f ? f : check(n);
}

enum nd_fault nd_read(struct cur *c, struct nd *ret)
{
	struct nd n = { 0 };
	uint32_t vtf = cur_u32(c);
	uint16_t len = cur_u16(c);
	uint8_t next = cur_u8(c), hops = cur_u8(c);
	struct cur msg;
	enum nd_fault f;

	n.src = read_ip6(c);
	n.dst = read_ip6(c);
	if (!cur_ok(c))
		return ND_SHORT;
	/* A fragmented or extended one is none of ours: RFC 6980 5 forbids the first. */
	if (vtf >> 28 != ND_IP6_VERSION || next != ND_NEXT_ICMP6)
		return ND_NOT_ND;
	msg = cur_sub(c, len); /* what is behind it is Ethernet padding */
	if (!cur_ok(&msg))
		return ND_SHORT;
	if (hops != ND_HOPS)
		return ND_HOP_LIMIT;
	f = read_message(&msg, &n);
	if (f == ND_OK)
		*ret = n;
	return f;
}

size_t nd_open(struct wbuf *w, const struct ip *src, const struct ip *dst)
{
	size_t start = w->len;

	must(src->afi == AFI_IP6 && dst->afi == AFI_IP6);
	wbuf_uint(w, (uint32_t)ND_IP6_VERSION << 28, 4);
	wbuf_u16(w, 0);
	wbuf_u8(w, ND_NEXT_ICMP6);
	wbuf_u8(w, ND_HOPS);
	wbuf_bytes(w, src->b, sizeof(src->b));
	wbuf_bytes(w, dst->b, sizeof(dst->b));
	return start;
}

static void put16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

void nd_close(struct wbuf *w, size_t start, const struct ip *src, const struct ip *dst)
{
	uint8_t *msg;
	size_t len;

	if (!wbuf_ok(w))
		return;
	msg = w->buf + start + ND_IP6_LEN;
	len = w->len - start - ND_IP6_LEN;
	put16(w->buf + start + ND_AT_PAYLOAD_LEN, (uint16_t)len);
	put16(msg + ND_AT_CHECKSUM, nd_checksum(src, dst, msg, len));
}

void nd_write(struct wbuf *w, const struct nd *n)
{
	bool na = n->type == ND_TYPE_NA;
	size_t start = nd_open(w, &n->src, &n->dst);
	unsigned flags = 0;

	if (na)
		flags = (n->router ? ND_FLAG_R : 0u) | (n->solicited ? ND_FLAG_S : 0u) |
		        (n->override ? ND_FLAG_O : 0u);
	wbuf_u8(w, (uint8_t)n->type);
	wbuf_u8(w, 0);
	wbuf_u16(w, 0);
	wbuf_u8(w, (uint8_t)flags);
	wbuf_u24(w, 0);
	wbuf_bytes(w, n->target.b, sizeof(n->target.b));
	if (n->has_lla) {
		wbuf_u8(w, na ? ND_OPT_TARGET_LLA : ND_OPT_SOURCE_LLA);
		wbuf_u8(w, 1);
		wbuf_bytes(w, n->lla.b, sizeof(n->lla.b));
	}
	nd_close(w, start, &n->src, &n->dst);
}

void nd_write_echo_all(struct wbuf *w, const struct ip *src)
{
	struct ip dst = nd_all_nodes();
	size_t start = nd_open(w, src, &dst);

	wbuf_u8(w, ND_TYPE_ECHO);
	wbuf_u8(w, 0);
	wbuf_u16(w, 0);
	wbuf_u16(w, ND_ECHO_ID);
	wbuf_u16(w, 0);
	nd_close(w, start, src, &dst);
}

const char *nd_fault_text(enum nd_fault f)
{
	static const char *const text[ND_FAULT_END] = {
		[ND_OK] = "well-formed",
		[ND_SHORT] = "cut short",
		[ND_NOT_ND] = "not a neighbor solicitation or advertisement",
		[ND_HOP_LIMIT] = "hop limit is not 255",
		[ND_CHECKSUM] = "checksum is wrong",
		[ND_CODE] = "code is not 0",
		[ND_TARGET] = "target is a multicast address",
		[ND_OPTION] = "option of a wrong length",
		[ND_LLA] = "link-layer address is not a host's MAC",
		[ND_DAD_NOT_GROUP] =
			"source is :: but destination no solicited-node group",
		[ND_DAD_WITH_LLA] =
			"source is :: but a source link-layer address is given",
		[ND_SOLICITED_GROUP] = "solicited advertisement to a group",
	};

	return f < ND_FAULT_END ? text[f] : "unknown fault";
}
