/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/bgp_msg.h"

#include "wire/bgp_orf.h"
#include "wire/bgp_refresh.h"

#include "fuzz/fuzz.h"
#include "tests/unit/wire/bgp_recode.h"

/*
 * Framing gives the same messages however the stream is cut; NOTIFICATION and
 * ROUTE-REFRESH that we accept survive being written, with their filters; texts stay
 * inside their buffers and have no control characters.
 */
static void check_cuts(const uint8_t *p, size_t n, bool ext)
{
	struct bgp_fault want_f = { 0 }, f = { 0 };
	struct bgp_hdr want_h = { 0 }, h = { 0 };
	enum bgp_frame want = bgp_msg_frame(p, n, ext, &want_h, &want_f), got;

	for (size_t cut = 0; cut <= n && cut <= 64; cut++) {
		got = bgp_msg_frame(p, cut, ext, &h, &f);
		if (got == BGP_FRAME_MORE)
			continue;
		must(got == want && h.len == want_h.len && h.type == want_h.type);
		must(f.code == want_f.code && f.subcode == want_f.subcode &&
		     f.len == want_f.len);
		must(!memcmp(f.data, want_f.data, f.len));
	}
	must(want != BGP_FRAME_MSG || (want_h.len >= BGP_HDR_LEN && want_h.len <= n));
	must(want != BGP_FRAME_BAD || (want_f.code == BGP_ERR_HEADER && want_f.subcode));
}

static void check_notification(const uint8_t *body, size_t len)
{
	char words[BGP_NOTIFICATION_STRLEN], text[BGP_SHUTDOWN_STRLEN];
	uint8_t out[BGP_HDR_LEN + 2 + sizeof(((struct bgp_fault *)0)->data)];
	struct wbuf w = wbuf_of(out, sizeof(out));
	struct bgp_notification n, m;
	struct bgp_fault f;

	if (!bgp_notification_read(body, len, &n))
		return;
	must(n.len == len - 2);
	bgp_notification_fault(&f, n.code, n.subcode, n.data, n.len);
	bgp_notification_write(&w, &f);
	must(wbuf_ok(&w));
	must(bgp_notification_read(out + BGP_HDR_LEN, w.len - BGP_HDR_LEN, &m));
	must(m.code == n.code && m.subcode == n.subcode && m.len <= n.len);
	must(m.len == n.len || m.len == sizeof(f.data));
	must(!m.len || !memcmp(m.data, n.data, m.len));
	must(strlen(bgp_notification_fmt(n.code, n.subcode, words)) < sizeof(words) - 1);
	if (bgp_notification_shutdown_text(&n, text))
		must(text[0]);
	for (const char *s = text; *s; s++)
		must((unsigned char)*s >= 0x20 && *s != 0x7f);
}

static void check_refresh(const uint8_t *msg, size_t len)
{
	uint8_t out[64];
	struct wbuf w = wbuf_of(out, sizeof(out));
	struct bgp_refresh a, b;
	struct bgp_fault f;

	for (int enhanced = 0; enhanced < 2; enhanced++) {
		if (!bgp_refresh_read(msg, len, enhanced, &a, &f)) {
			must(f.code == BGP_ERR_ROUTE_REFRESH && f.len <= len);
			continue;
		}
		if (a.family == BGP_FAM_END)
			continue;
		w = wbuf_of(out, sizeof(out));
		bgp_refresh_write(&w, a.family, a.subtype);
		must(bgp_refresh_read(out, w.len, true, &b, &f));
		must(a.family == b.family && a.subtype == b.subtype && !cur_left(&b.orf));
	}
}

/* What is read of filters is written as one message, and that is written as itself. */
static void check_filters(const uint8_t *msg, size_t len)
{
	static uint8_t one[1 << 17], two[1 << 17];
	struct wbuf w1 = wbuf_of(one, sizeof(one)), w2 = wbuf_of(two, sizeof(two));
	struct bgp_refresh a, b;
	struct bgp_fault f;
	struct bgp_orf o, p;

	if (!bgp_refresh_read(msg, len, true, &a, &f) || !cur_left(&a.orf) ||
	    bgp_orf_read(&a, &o) != BGP_ORF_OK || a.family > BGP_VPN6 || o.n_unknown ||
	    len > BGP_MSG_MAX_EXT)
		return;
	must(recode_filters(&a, &w1) && wbuf_ok(&w1));
	must(bgp_refresh_read(one, w1.len, true, &b, &f));
	must(bgp_orf_read(&b, &p) == BGP_ORF_OK);
	must(o.n_entries == p.n_entries && o.when == p.when);
	must(recode_filters(&b, &w2) && wbuf_ok(&w2));
	must(w1.len == w2.len && !memcmp(one, two, w1.len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t skip = fuzz_body(data, size);

	check_cuts(data, size, false);
	check_cuts(data, size, true);
	check_notification(data + skip, size - skip);
	check_refresh(data, size);
	check_filters(data, size);
	return 0;
}
