/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/nlri_vpn.h"

#include "wire/nlri_ip.h"
#include "wire/nlri_rtc.h"

#include "fuzz/fuzz.h"

/*
 * Routes of every family: what we accept we must write, and reading that back must give
 * the same route; and the walk that only counts agrees with the reader that reads.
 */
/* The quick reader against one that takes bit by bit what RFC 4364 4.3.4 draws. */
static void check_slowly(struct cur c, enum afi afi, bool addpath)
{
	struct cur quick = c;
	struct vpn_nlri got;
	enum nlri_err e = nlri_vpn_read(&quick, afi, addpath, &got);
	uint32_t path_id = addpath ? cur_u32(&c) : 0, label;
	unsigned bits = cur_u8(&c), max = afi == AFI_IP4 ? 120 : 216;
	uint8_t rd[8], addr[16] = { 0 };

	if (!cur_ok(&c) || bits < 88 || bits > max) {
		must(e == (cur_ok(&c) ? NLRI_BADLEN : NLRI_SHORT));
		return;
	}
	label = cur_u24(&c) >> 4;
	cur_copy(&c, rd, sizeof(rd));
	for (unsigned i = 0; i < bits - 88; i++) {
		uint8_t octet = i % 8 ? 0 : cur_u8(&c);

		if (i % 8 == 0)
			addr[i / 8] = octet;
	}
	for (unsigned i = bits - 88; i < 128; i++)
		addr[i / 8] &= (uint8_t) ~(0x80u >> i % 8);
	if (!cur_ok(&c)) {
		must(e == NLRI_SHORT);
		return;
	}
	must(e == NLRI_OK && quick.p == c.p);
	must(got.path_id == path_id && got.label == label && !memcmp(got.rd.b, rd, 8));
	must(got.prefix.plen == bits - 88 && got.prefix.ip.afi == afi);
	must(!memcmp(got.prefix.ip.b, addr, sizeof(got.prefix.ip.b)));
}

static void check_vpn(struct cur c, enum afi afi, bool addpath)
{
	enum bgp_family f = afi == AFI_IP4 ? BGP_VPN4 : BGP_VPN6;
	enum nlri_err whole, e = NLRI_OK;
	size_t want, n = 0;

	whole = nlri_check(f, c, addpath, &want);
	while (cur_left(&c)) {
		uint8_t buf[NLRI_VPN_MAX];
		struct wbuf w = wbuf_of(buf, sizeof(buf));
		struct vpn_nlri a, b;
		struct cur again;

		e = nlri_vpn_read(&c, afi, addpath, &a);
		if (e != NLRI_OK)
			break;
		nlri_vpn_write(&w, &a, addpath);
		must(wbuf_ok(&w));
		again = cur_of(buf, w.len);
		must(nlri_vpn_read(&again, afi, addpath, &b) == NLRI_OK &&
		     cur_done(&again));
		must(a.path_id == b.path_id && a.label == b.label && rd_eq(&a.rd, &b.rd));
		must(prefix_eq(&a.prefix, &b.prefix));
		n++;
	}
	must(whole == e && (e != NLRI_OK || n == want));
}

static void check_rtc(struct cur c, bool addpath)
{
	enum nlri_err whole, e = NLRI_OK;
	size_t want, n = 0;

	whole = nlri_check(BGP_RTC, c, addpath, &want);
	while (cur_left(&c)) {
		uint8_t buf[NLRI_RTC_MAX];
		struct wbuf w = wbuf_of(buf, sizeof(buf));
		struct rtc_nlri a, b;
		struct cur again;

		e = nlri_rtc_read(&c, addpath, &a);
		if (e != NLRI_OK)
			break;
		nlri_rtc_write(&w, &a, addpath);
		must(wbuf_ok(&w));
		again = cur_of(buf, w.len);
		must(nlri_rtc_read(&again, addpath, &b) == NLRI_OK && cur_done(&again));
		must(a.path_id == b.path_id && a.bits == b.bits &&
		     a.origin_as == b.origin_as);
		must(extcom_eq(&a.rt, &b.rt) && nlri_rtc_covers(&a, &b.rt));
		n++;
	}
	must(whole == e && (e != NLRI_OK || n == want));
}

static void check_ip(struct cur c, enum afi afi, bool addpath)
{
	enum nlri_err whole, e = NLRI_OK;
	size_t want, n = 0;

	whole = nlri_check(afi == AFI_IP4 ? BGP_IP4 : BGP_IP6, c, addpath, &want);
	while (cur_left(&c)) {
		uint8_t buf[NLRI_IP_MAX];
		struct wbuf w = wbuf_of(buf, sizeof(buf));
		struct ip_nlri a, b;
		struct cur again;

		e = nlri_ip_read(&c, afi, addpath, &a);
		if (e != NLRI_OK)
			break;
		nlri_ip_write(&w, &a, addpath);
		must(wbuf_ok(&w));
		again = cur_of(buf, w.len);
		must(nlri_ip_read(&again, afi, addpath, &b) == NLRI_OK &&
		     cur_done(&again));
		must(a.path_id == b.path_id && prefix_eq(&a.prefix, &b.prefix));
		n++;
	}
	must(whole == e && (e != NLRI_OK || n == want));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cur c = cur_of(data, size);

	for (int addpath = 0; addpath < 2; addpath++) {
		check_slowly(c, AFI_IP4, addpath);
		check_slowly(c, AFI_IP6, addpath);
		check_vpn(c, AFI_IP4, addpath);
		check_vpn(c, AFI_IP6, addpath);
		check_rtc(c, addpath);
		check_ip(c, AFI_IP4, addpath);
		check_ip(c, AFI_IP6, addpath);
	}
	return 0;
}
