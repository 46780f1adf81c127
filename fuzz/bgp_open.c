/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/bgp_open.h"

#include "wire/bgp_msg.h"

#include "fuzz/fuzz.h"

/* An OPEN we accept we can write, and that reads as the same. */
static void check(const uint8_t *body, size_t len)
{
	uint8_t msg[BGP_MSG_MAX];
	struct wbuf w = wbuf_of(msg, sizeof(msg));
	struct bgp_open a, b;
	struct bgp_fault f;
	struct bgp_hdr h;

	memset(&a, 0, sizeof(a));
	memset(&b, 0, sizeof(b));
	if (!bgp_open_read(body, len, &a, &f)) {
		must(f.code == BGP_ERR_OPEN && f.len <= sizeof(f.data));
		return;
	}
	must(a.as && a.router_id && a.hold_time != 1 && a.hold_time != 2);
	bgp_open_write(&w, &a);
	must(bgp_msg_frame(msg, w.len, false, &h, &f) == BGP_FRAME_MSG && h.len == w.len);
	must(bgp_open_read(msg + BGP_HDR_LEN, w.len - BGP_HDR_LEN, &b, &f));

	must(a.as == b.as || !a.caps.as4);
	must(a.hold_time == b.hold_time && a.router_id == b.router_id);
	must(!b.caps.n_other);
	/* not written: what we do not know, and AS numbers nobody has */
	memset(a.caps.other, 0, sizeof(a.caps.other));
	memset(b.caps.other, 0, sizeof(b.caps.other));
	a.caps.n_other = 0;
	a.caps.mp = b.caps.mp;
	must(a.caps.families == b.caps.families || !a.caps.families);
	a.caps.families = b.caps.families;
	must(!memcmp(&a.caps, &b.caps, sizeof(a.caps)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t skip = fuzz_body(data, size);

	check(data + skip, size - skip);
	return 0;
}
