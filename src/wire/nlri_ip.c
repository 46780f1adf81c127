/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/nlri_ip.h"

#include "base/must.h"

enum nlri_err nlri_ip_read(struct cur *c, enum afi afi, bool addpath, struct ip_nlri *ret)
{
	struct ip ip = { .afi = (uint8_t)afi };
	struct ip_nlri r = { 0 };
	uint8_t plen;

	if (addpath)
		r.path_id = cur_u32(c);
	plen = cur_u8(c);
	if (!cur_ok(c))
		return NLRI_SHORT;
	if (plen > afi_bits(afi))
		return NLRI_BADLEN;
	cur_copy(c, ip.b, (plen + 7u) / 8);
	if (!cur_ok(c))
		return NLRI_SHORT;

	r.prefix = prefix_of(&ip, plen);
	*ret = r;
	return NLRI_OK;
}

void nlri_ip_write(struct wbuf *w, const struct ip_nlri *r, bool addpath)
{
	must(r->prefix.plen <= afi_bits(r->prefix.ip.afi));
	if (addpath)
		wbuf_uint(w, r->path_id, 4);
	wbuf_u8(w, r->prefix.plen);
	wbuf_bytes(w, r->prefix.ip.b, (r->prefix.plen + 7u) / 8);
}
