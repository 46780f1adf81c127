/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/vrrp.h"

#include "wire/eth.h"

#include "fuzz/fuzz.h"

/*
 * Advertisements from an access port.  What is accepted holds what RFC 5798 7.1 asks for,
 * writes, and reads back as the same; a refusal has a name.  Checksums stop a fuzzer, so
 * the same bytes are also read with right ones.
 */
static void check(struct cur c)
{
	struct vrrp a = { 0 }, b = { 0 };
	enum vrrp_fault f = vrrp_read(&c, &a);
	uint8_t buf[40 + 8 + 16 * 255];
	struct wbuf w = wbuf_of(buf, sizeof(buf));
	struct cur again;

	must(f < VRRP_FAULT_END && vrrp_fault_text(f));
	if (f != VRRP_OK)
		return;
	must(a.vrid && a.n_vips && a.interval_cs);
	must(a.interval_cs <= VRRP_INTERVAL_MAX);
	vrrp_write(&w, &a);
	must(wbuf_ok(&w));
	again = cur_of(buf, w.len);
	must(vrrp_read(&again, &b) == VRRP_OK && cur_done(&again));
	must(a.vrid == b.vrid && a.priority == b.priority && a.n_vips == b.n_vips);
	must(a.interval_cs == b.interval_cs && ip_eq(&a.src, &b.src));
	must(!memcmp(a.vips, b.vips, a.n_vips * afi_len(a.src.afi)));
	for (unsigned i = 0; i < a.n_vips; i++)
		must(vrrp_vip(&a, i).afi == a.src.afi);
}

static uint32_t add(uint32_t sum, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sum += (uint32_t)p[i] << (i % 2 ? 0 : 8);
	return sum;
}

static void put(uint8_t *p, uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	p[0] = (uint8_t)(~sum >> 8);
	p[1] = (uint8_t)~sum;
}

static void check_repaired(struct cur c)
{
	uint8_t buf[2000];
	size_t n = cur_left(&c), head, len;

	if (n < 48 || n > sizeof(buf))
		return;
	memcpy(buf, c.p, n);
	head = buf[0] >> 4 == 4 ? (size_t)(buf[0] & 15) * 4 : 40;
	len = buf[0] >> 4 == 4 ? (size_t)buf[2] << 8 | buf[3]
	                       : ((size_t)buf[4] << 8 | buf[5]) + head;
	if (head < 20 || len < head + 8 || len > n)
		return;
	len -= head;
	if (head != 40) {
		buf[10] = buf[11] = 0;
		put(buf + 10, add(0, buf, head));
	}
	buf[head + 6] = buf[head + 7] = 0;
	put(buf + head + 6, add(add((uint32_t)len + VRRP_PROTO,
	                            buf + (head == 40 ? 8 : 12), head == 40 ? 32 : 8),
	                        buf + head, len));
	check(cur_of(buf, n));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cur c = cur_of(data, size);
	struct eth e;

	if (eth_read(&c, &e) != ETH_OK)
		return 0;
	check(c);
	check_repaired(c);
	return 0;
}
