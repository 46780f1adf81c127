/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/arp.h"
#include "wire/eth.h"
#include "wire/nd.h"

#include "fuzz/fuzz.h"

/*
 * Frames from an access port, the least trusted input there is.  What a reader accepts
 * must write, and reading that back must give the same; a refusal has a name.  Checksums
 * stop a fuzzer, so the same bytes are also read with a right one put in.
 */
static void check_arp(struct cur c)
{
	struct arp a, b;
	enum arp_fault f = arp_read(&c, &a);
	uint8_t buf[ARP_LEN];
	struct wbuf w = wbuf_of(buf, sizeof(buf));
	struct cur again;

	must(f < ARP_FAULT_END && arp_fault_text(f));
	if (f != ARP_OK)
		return;
	must(!mac_is_group(&a.sha) && !mac_is_zero(&a.sha));
	arp_write(&w, &a);
	must(wbuf_ok(&w) && w.len == ARP_LEN);
	again = cur_of(buf, w.len);
	must(arp_read(&again, &b) == ARP_OK && cur_done(&again));
	must(a.op == b.op && mac_eq(&a.sha, &b.sha) && mac_eq(&a.tha, &b.tha));
	must(ip_eq(&a.spa, &b.spa) && ip_eq(&a.tpa, &b.tpa));
	must(arp_kind(&a) == arp_kind(&b));
}

static bool same_nd(const struct nd *a, const struct nd *b)
{
	return a->type == b->type && ip_eq(&a->src, &b->src) && ip_eq(&a->dst, &b->dst) &&
	       ip_eq(&a->target, &b->target) && a->router == b->router &&
	       a->solicited == b->solicited && a->override == b->override &&
	       a->has_lla == b->has_lla && mac_eq(&a->lla, &b->lla);
}

static void check_nd(struct cur c)
{
	struct nd a, b;
	enum nd_fault f = nd_read(&c, &a);
	uint8_t buf[ND_LEN_MAX];
	struct wbuf w = wbuf_of(buf, sizeof(buf));
	struct cur again;

	must(f < ND_FAULT_END && nd_fault_text(f));
	if (f != ND_OK)
		return;
	must(!ip_is_multicast(&a.target));
	must(a.type == ND_TYPE_NA || !ip_is_zero(&a.src) || !a.has_lla);
	nd_write(&w, &a);
	must(wbuf_ok(&w));
	again = cur_of(buf, w.len);
	must(nd_read(&again, &b) == ND_OK && cur_done(&again) && same_nd(&a, &b));
}

static void check_nd_repaired(struct cur c)
{
	uint8_t buf[300];
	size_t n = cur_left(&c), len;
	struct ip src, dst;
	uint16_t sum;

	if (n < 48 || n > sizeof(buf))
		return;
	memcpy(buf, c.p, n);
	len = (size_t)buf[4] << 8 | buf[5];
	if (len > n - 40 || len < 4)
		return;
	src = ip_of(AFI_IP6, buf + 8);
	dst = ip_of(AFI_IP6, buf + 24);
	buf[42] = buf[43] = 0;
	sum = nd_checksum(&src, &dst, buf + 40, len);
	buf[42] = (uint8_t)(sum >> 8);
	buf[43] = (uint8_t)sum;
	check_nd(cur_of(buf, n));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cur c = cur_of(data, size);
	struct eth e;

	if (eth_read(&c, &e) != ETH_OK)
		return 0;
	check_arp(c);
	check_nd(c);
	check_nd_repaired(c);
	return 0;
}
