/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/ra.h"

#include "wire/nd.h"

#include "fuzz/fuzz.h"

/*
 * Router discovery from access ports.  What a reader accepts must write, and reading that
 * back must give the same; a refusal has a name.  Checksums stop a fuzzer, so the same
 * bytes are also read with a right one put in.
 */
static void check_ra(struct cur c)
{
	struct ra a, b;
	enum ra_fault f = ra_read(&c, &a);
	uint8_t buf[RA_LEN_MAX];
	struct wbuf w = wbuf_of(buf, sizeof(buf));
	struct cur again;

	must(f < RA_FAULT_END && ra_fault_text(f));
	if (f != RA_OK)
		return;
	must(a.n_prefixes <= RA_PREFIXES_MAX && a.n_dns <= RA_DNS_MAX);
	ra_write(&w, &a);
	must(wbuf_ok(&w));
	again = cur_of(buf, w.len);
	must(ra_read(&again, &b) == RA_OK && cur_done(&again));
	if (!a.n_dns && !a.search_len)
		b.dns_s = a.dns_s; /* the lifetime of nothing is not said */
	must(!memcmp(&a, &b, sizeof(a)));
}

static void check_rs(struct cur c)
{
	struct rs a, b;
	enum ra_fault f = rs_read(&c, &a);
	uint8_t buf[64];
	struct wbuf w = wbuf_of(buf, sizeof(buf));
	struct cur again;

	must(f < RA_FAULT_END && ra_fault_text(f));
	if (f != RA_OK)
		return;
	rs_write(&w, &a);
	must(wbuf_ok(&w));
	again = cur_of(buf, w.len);
	must(rs_read(&again, &b) == RA_OK && cur_done(&again));
	must(!memcmp(&a, &b, sizeof(a)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t copy[2048];
	size_t len;
	struct ip src, dst;
	uint16_t sum;

	if (size > sizeof(copy))
		return 0;
	check_ra(cur_of(data, size));
	check_rs(cur_of(data, size));
	if (size < 44)
		return 0;
	memcpy(copy, data, size);
	len = (size_t)copy[4] << 8 | copy[5];
	if (len < 4 || len > size - 40)
		return 0;
	src = ip_of(AFI_IP6, copy + 8);
	dst = ip_of(AFI_IP6, copy + 24);
	copy[7] = 255;
	copy[42] = copy[43] = 0;
	sum = nd_checksum(&src, &dst, copy + 40, len);
	copy[42] = (uint8_t)(sum >> 8);
	copy[43] = (uint8_t)sum;
	check_ra(cur_of(copy, size));
	check_rs(cur_of(copy, size));
	return 0;
}
