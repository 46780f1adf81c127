/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/bgp_open.h"

#include "base/cur.h"
#include "base/must.h"
#include "wire/bgp_cap.h"
#include "wire/bgp_msg.h"

enum {
	VERSION = 4,
	PARAM_CAPABILITIES = 2,
	PARAM_EXTENDED = 255, /* marks the extended format, RFC 9072 2 */
	HOLD_TIME_MIN = 3,
};

static bool bad(struct bgp_fault *fault, enum bgp_open_error sub)
{
	bgp_notification_fault(fault, BGP_ERR_OPEN, (uint8_t)sub, NULL, 0);
	return false;
}

/* Optional parameters, whose lengths have len_size octets. */
static bool read_params(struct cur params, size_t len_size, struct bgp_open *o,
                        struct bgp_fault *fault)
{
	unsigned n = 0;

	while (cur_left(&params)) {
		uint8_t type = cur_u8(&params);
		uint32_t len = cur_uint(&params, len_size);
		struct cur p = cur_sub(&params, len);

		if (!cur_ok(&params))
			return bad(fault, BGP_OPEN_UNSPECIFIC);
		if (type != PARAM_CAPABILITIES)
			return bad(fault, BGP_OPEN_BAD_PARAM);
		while (cur_left(&p)) {
			if (++n > BGP_CAPS_MAX || !bgp_cap_read(&p, o))
				return bad(fault, BGP_OPEN_UNSPECIFIC);
		}
	}
	return true;
}

/* The parameters may be anything from none to the extended format; RFC 9072 2. */
static bool read_all_params(struct cur *c, struct bgp_open *o, struct bgp_fault *fault)
{
	uint8_t len = cur_u8(c);
	size_t len_size = 1;
	uint32_t ext_len;
	struct cur peek = *c, params;

	if (len && cur_u8(&peek) == PARAM_EXTENDED) {
		ext_len = cur_u16(&peek);
		params = cur_sub(&peek, ext_len);
		*c = peek;
		len_size = 2;
	} else {
		params = cur_sub(c, len);
	}
	if (!cur_done(c)) /* shorter or longer than the lengths say */
		return bad(fault, BGP_OPEN_UNSPECIFIC);
	return read_params(params, len_size, o, fault);
}

bool bgp_open_read(const uint8_t *body, size_t len, struct bgp_open *ret,
                   struct bgp_fault *fault)
{
	static const uint8_t our_version[] = { 0, VERSION };
	struct cur c = cur_of(body, len);
	struct bgp_open o = { 0 };
	uint8_t version = cur_u8(&c);

	o.as2 = cur_u16(&c);
	o.hold_time = cur_u16(&c);
	o.router_id = cur_u32(&c);
	o.as = o.as2;
	if (!cur_ok(&c))
		return bad(fault, BGP_OPEN_UNSPECIFIC);
	if (version != VERSION) {
		bgp_notification_fault(fault, BGP_ERR_OPEN, BGP_OPEN_BAD_VERSION,
		                       our_version, sizeof(our_version));
		return false;
	}
	if (!read_all_params(&c, &o, fault))
		return false;
	if (!o.caps.mp) /* spoke before there were other families */
		o.caps.families = bgp_family_bit(BGP_IP4);
	if (!o.as || !o.as2) /* RFC 7607 2 */
		return bad(fault, BGP_OPEN_BAD_PEER_AS);
	if (o.hold_time && o.hold_time < HOLD_TIME_MIN)
		return bad(fault, BGP_OPEN_BAD_HOLD_TIME);
	if (!o.router_id) /* any other value will do: RFC 6286 2.1 */
		return bad(fault, BGP_OPEN_BAD_ID);

	*ret = o;
	return true;
}

void bgp_open_write(struct wbuf *w, const struct bgp_open *o)
{
	size_t start = bgp_msg_open(w, BGP_OPEN), params, caps;

	wbuf_u8(w, VERSION);
	wbuf_u16(w, o->as > UINT16_MAX ? BGP_AS_TRANS : (uint16_t)o->as);
	wbuf_u16(w, o->hold_time);
	wbuf_uint(w, o->router_id, 4);
	wbuf_u8(w, 0);
	params = w->len;
	wbuf_u8(w, PARAM_CAPABILITIES);
	wbuf_u8(w, 0);
	caps = w->len;
	bgp_cap_write_all(w, &o->caps, o->as);
	if (wbuf_ok(w) && w->len == caps)
		w->len = params; /* no capability, no parameter */
	if (w->full)
		return;

	/* Every family with every capability stays below what one octet counts. */
	must(w->len - params <= UINT8_MAX);
	w->buf[params - 1] = (uint8_t)(w->len - params);
	if (w->len > params)
		w->buf[caps - 1] = (uint8_t)(w->len - caps);
	bgp_msg_close(w, start);
}

const char *bgp_open_cap_name(uint8_t code)
{
	static const char *const name[] = {
		[BGP_CAP_MP] = "multiprotocol",
		[BGP_CAP_REFRESH] = "route refresh",
		[BGP_CAP_ORF] = "outbound route filtering",
		[BGP_CAP_EXT_NEXT_HOP] = "extended next hop",
		[BGP_CAP_EXT_MSG] = "extended message",
		[7] = "BGPsec",
		[8] = "multiple labels",
		[9] = "role",
		[BGP_CAP_GR] = "graceful restart",
		[BGP_CAP_AS4] = "four-octet AS",
		[67] = "dynamic capability",
		[68] = "multisession",
		[BGP_CAP_ADD_PATH] = "ADD-PATH",
		[BGP_CAP_ENH_REFRESH] = "enhanced route refresh",
		[71] = "long-lived graceful restart",
		[72] = "routing policy distribution",
		[73] = "FQDN",
		[74] = "BFD strict mode",
		[75] = "software version",
		[76] = "paths limit",
		[128] = "route refresh (pre-standard)",
		[130] = "outbound route filtering (pre-standard)",
	};

	return code < ARRAY_LEN(name) && name[code] ? name[code] : "unknown";
}
