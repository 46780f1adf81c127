/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/bgp_refresh.h"

#include "wire/bgp_msg.h"

enum { REFRESH_LEN = BGP_HDR_LEN + 4 };

bool bgp_refresh_read(const uint8_t *msg, size_t len, bool enhanced,
                      struct bgp_refresh *ret, struct bgp_fault *fault)
{
	struct cur c = cur_of(msg, len);
	struct bgp_refresh r = { 0 };

	cur_bytes(&c, BGP_HDR_LEN);
	r.afi = cur_u16(&c);
	r.subtype = cur_u8(&c);
	r.safi = cur_u8(&c);
	if (!enhanced)
		r.subtype = BGP_REFRESH_REQUEST;
	r.family = bgp_family_of(r.afi, r.safi);
	/* Only a request may be longer: by its ORF entries. */
	if (!cur_ok(&c) || (r.subtype != BGP_REFRESH_REQUEST &&
	                    r.subtype <= BGP_REFRESH_END && len != REFRESH_LEN)) {
		bgp_notification_fault(fault, BGP_ERR_ROUTE_REFRESH,
		                       BGP_REFRESH_BAD_LENGTH, msg, len);
		return false;
	}
	r.orf = cur_sub(&c, cur_left(&c));
	*ret = r;
	return true;
}

void bgp_refresh_write(struct wbuf *w, enum bgp_family family,
                       enum bgp_refresh_subtype sub)
{
	size_t start = bgp_msg_open(w, BGP_ROUTE_REFRESH);

	wbuf_u16(w, bgp_family_afi(family));
	wbuf_u8(w, (uint8_t)sub);
	wbuf_u8(w, bgp_family_safi(family));
	bgp_msg_close(w, start);
}
