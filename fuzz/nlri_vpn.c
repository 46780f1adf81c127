/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/nlri_vpn.h"

#include "wire/nlri_ip.h"
#include "wire/nlri_rtc.h"

#include "fuzz/fuzz.h"

/*
 * Routes of every family: what we accept we must write, and reading that back must give
 * the same route; and the walk that only counts agrees with the reader that reads.
 */
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
		check_vpn(c, AFI_IP4, addpath);
		check_vpn(c, AFI_IP6, addpath);
		check_rtc(c, addpath);
		check_ip(c, AFI_IP4, addpath);
		check_ip(c, AFI_IP6, addpath);
	}
	return 0;
}
