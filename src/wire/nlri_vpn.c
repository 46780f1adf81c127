/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/nlri_vpn.h"

#include "base/must.h"

enum { LABEL_BITS = 24, RD_BITS = 64 };

enum nlri_err nlri_vpn_read(struct cur *c, enum afi afi, bool addpath,
                            struct vpn_nlri *ret)
{
	uint32_t path_id = addpath ? cur_u32(c) : 0;
	uint8_t bits = cur_u8(c), plen;
	const uint8_t *p;

	if (!cur_ok(c))
		return NLRI_SHORT;
	if (bits < LABEL_BITS + RD_BITS || bits > LABEL_BITS + RD_BITS + afi_bits(afi))
		return NLRI_BADLEN;
	p = cur_bytes(c, (bits + 7u) / 8);
	if (!p)
		return NLRI_SHORT;

	plen = (uint8_t)(bits - LABEL_BITS - RD_BITS);
	ret->path_id = path_id;
	ret->label = (uint32_t)p[0] << 12 | (uint32_t)p[1] << 4 | p[2] >> 4;
	memcpy(ret->rd.b, p + LABEL_BITS / 8, sizeof(ret->rd.b));
	p += (LABEL_BITS + RD_BITS) / 8;
	if (plen == afi_bits(afi)) { /* a host, as nearly all are */
		const struct ip ip = ip_of(afi, p);

		ret->prefix = prefix_host(&ip);
	} else {
		struct ip ip = { .afi = (uint8_t)afi };

		memcpy(ip.b, p, (plen + 7u) / 8);
		ret->prefix = prefix_of(&ip, plen);
	}
	return NLRI_OK;
}

static void write_route(struct wbuf *w, const struct vpn_nlri *r, bool addpath,
                        uint32_t label_field)
{
	must(r->prefix.plen <= afi_bits(r->prefix.ip.afi));
	if (addpath)
		wbuf_uint(w, r->path_id, 4);
	wbuf_u8(w, (uint8_t)(LABEL_BITS + RD_BITS + r->prefix.plen));
	wbuf_u24(w, label_field);
	wbuf_bytes(w, r->rd.b, sizeof(r->rd.b));
	wbuf_bytes(w, r->prefix.ip.b, (r->prefix.plen + 7u) / 8);
}

void nlri_vpn_write(struct wbuf *w, const struct vpn_nlri *r, bool addpath)
{
	write_route(w, r, addpath, r->label << 4 | 1); /* bottom of stack */
}

void nlri_vpn_write_withdrawn(struct wbuf *w, const struct vpn_nlri *r, bool addpath)
{
	write_route(w, r, addpath, NLRI_VPN_WITHDRAWN);
}
