/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/nlri_rtc.h"

#include "base/must.h"

enum { AS_BITS = 32, AS_LEN = AS_BITS / 8 };

/* Clear what lies behind the first `bits` of the n bytes. */
static void mask(uint8_t *p, size_t n, unsigned bits)
{
	for (unsigned i = bits / 8; i < n; i++) {
		unsigned keep = i == bits / 8 ? 0xff00u >> bits % 8 : 0;

		p[i] = (uint8_t)(p[i] & keep);
	}
}

enum nlri_err nlri_rtc_read(struct cur *c, bool addpath, struct rtc_nlri *ret)
{
	struct rtc_nlri r = { 0 };
	uint8_t value[NLRI_RTC_FULL / 8] = { 0 };
	struct cur v = cur_of(value, sizeof(value));

	if (addpath)
		r.path_id = cur_u32(c);
	r.bits = cur_u8(c);
	if (!cur_ok(c))
		return NLRI_SHORT;
	if ((r.bits && r.bits < AS_BITS) || r.bits > NLRI_RTC_FULL)
		return NLRI_BADLEN;
	cur_copy(c, value, (r.bits + 7u) / 8);
	if (!cur_ok(c))
		return NLRI_SHORT;

	mask(value, sizeof(value), r.bits);
	r.origin_as = cur_u32(&v);
	cur_copy(&v, r.rt.b, sizeof(r.rt.b));
	*ret = r;
	return NLRI_OK;
}

void nlri_rtc_write(struct wbuf *w, const struct rtc_nlri *r, bool addpath)
{
	uint8_t value[NLRI_RTC_FULL / 8];
	struct wbuf v = wbuf_of(value, sizeof(value));

	must(r->bits <= NLRI_RTC_FULL && (!r->bits || r->bits >= AS_BITS));
	wbuf_uint(&v, r->origin_as, AS_LEN);
	wbuf_bytes(&v, r->rt.b, sizeof(r->rt.b));
	mask(value, sizeof(value), r->bits);

	if (addpath)
		wbuf_uint(w, r->path_id, 4);
	wbuf_u8(w, r->bits);
	wbuf_bytes(w, value, (r->bits + 7u) / 8);
}

struct extcom nlri_rtc_prefix(const struct extcom *rt, uint8_t bits)
{
	struct extcom masked = *rt;

	mask(masked.b, sizeof(masked.b), bits > AS_BITS ? bits - AS_BITS : 0);
	return masked;
}

bool nlri_rtc_covers(const struct rtc_nlri *r, const struct extcom *rt)
{
	struct extcom masked = nlri_rtc_prefix(rt, r->bits);

	/* of 32 bits or less: the default, or any target of that AS's members */
	return extcom_eq(&masked, &r->rt);
}
