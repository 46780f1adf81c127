/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/bgp_aspath.h"
#include "wire/bgp_msg.h"

#include "fuzz/fuzz.h"
#include "tests/unit/wire/bgp_recode.h"

/*
 * An UPDATE is read under several negotiations.  What is accepted has the same image and
 * the same routes after we have written it; a fate is one of five; the fault to send
 * never holds more than was received.
 */
enum { ALL = (1u << BGP_FAM_END) - 1, OUT_MAX = 1 << 20 };

static const struct bgp_ctx ctx[] = {
	{.ibgp = true,      .as4 = true,                .families = ALL            },
	{	    .ibgp = true,  .families = ALL                              },
	{      .as4 = true, .families = ALL, .disable_afi = true             },
	{ .as4 = true,											    .peer_as = 65001,                           .families = 1u << BGP_VPN4},
	{								 .ibgp = true,
         .as4 = true,
         .families = ALL,
         .addpath_rx = ALL,
         .ext_next_hop = ALL },
};

static size_t image_of(const struct bgp_attrs *a, uint8_t *ret, size_t cap)
{
	struct wbuf w = wbuf_of(ret, cap);

	bgp_attrs_canon(a, &w);
	must(wbuf_ok(&w));
	return w.len;
}

/* The routes of a family in the plain form: labels and host bits as we write them. */
static size_t routes_of(const struct bgp_mp *mp, bool withdraw, uint8_t *ret)
{
	static uint8_t out[OUT_MAX];
	struct wbuf w = wbuf_of(out, sizeof(out));
	static const struct bgp_nexthop nh = {
		.addr = {.afi = AFI_IP6, .b = { 0x20 }}
	};
	struct cur c = mp->nlri;
	struct bgp_write u;
	size_t head;

	if (!mp->present || !mp->n_routes)
		return 0;
	if (withdraw)
		bgp_write_unreach(&u, &w, sizeof(out), mp->family, mp->addpath);
	else
		bgp_write_reach(&u, &w, sizeof(out), mp->family, mp->addpath, &nh, NULL,
		                0);
	head = w.len;
	while (cur_left(&c))
		must(recode_route(&u, mp->family, mp->addpath, &c));
	memcpy(ret, out + head, w.len - head);
	return w.len - head;
}

static void check_error_text(const struct bgp_update *u)
{
	char text[BGP_UPDATE_ERR_STRLEN];

	for (size_t i = 0; i < u->n_errors && i < BGP_UPDATE_ERRORS; i++)
		must(strlen(bgp_update_err_fmt(&u->error[i], text)) < sizeof(text) - 1);
	must((u->fate == BGP_OK) == !u->n_errors);
	must(u->fault.len <= sizeof(u->fault.data));
}

static void check_again(const struct bgp_ctx *c, const struct bgp_update *a)
{
	static uint8_t out[OUT_MAX], r1[OUT_MAX], r2[OUT_MAX], w2[OUT_MAX];
	static uint8_t i1[BGP_IMAGE_MAX], i2[BGP_IMAGE_MAX];
	static struct bgp_update b;
	struct bgp_ctx again = *c;
	struct wbuf w = wbuf_of(out, sizeof(out));
	size_t n1 = image_of(&a->attrs, i1, sizeof(i1)), n_reach = 0, n_unreach = 0,
	       pos = 0;
	struct bgp_fault f;
	struct bgp_hdr h;

	if (a->reach.family >= BGP_MVPN4 || a->unreach.family >= BGP_MVPN4) {
		/* opaque: not read, but all there */
		must(!a->reach.n_routes || a->reach.family < BGP_MVPN4);
		must(!a->unreach.n_routes || a->unreach.family < BGP_MVPN4);
		return;
	}
	if (!recode_update(a, BGP_MSG_MAX_EXT, &w))
		return; /* no room for a route beside such attributes */
	again.as4 = true;
	again.families |= 1u << BGP_IP4;
	while (pos < w.len) {
		must(bgp_msg_frame(out + pos, w.len - pos, true, &h, &f) ==
		     BGP_FRAME_MSG);
		must(bgp_update_read(&again, out + pos + BGP_HDR_LEN, h.len - BGP_HDR_LEN,
		                     &b) == BGP_OK);
		must(b.end_of_rib == a->end_of_rib);
		n_unreach += routes_of(&b.unreach, true, w2 + n_unreach);
		if (b.reach.present) {
			must(image_of(&b.attrs, i2, sizeof(i2)) == n1 &&
			     !memcmp(i1, i2, n1));
			must(ip_eq(&a->reach.nexthop.addr, &b.reach.nexthop.addr));
			n_reach += routes_of(&b.reach, false, r2 + n_reach);
		}
		pos += h.len;
	}
	must(routes_of(&a->reach, false, r1) == n_reach && !memcmp(r1, r2, n_reach));
	must(routes_of(&a->unreach, true, r1) == n_unreach && !memcmp(r1, w2, n_unreach));
}

static void check_image(const struct bgp_update *u)
{
	static uint8_t a[BGP_IMAGE_MAX], b[BGP_IMAGE_MAX];
	size_t n = image_of(&u->attrs, a, sizeof(a));
	struct bgp_attrs view;
	char path[64];

	must(bgp_attrs_of_canon(a, n, &view));
	must(view.present == u->attrs.present && view.n_carried == u->attrs.n_carried);
	must(image_of(&view, b, sizeof(b)) == n && !memcmp(a, b, n));
	bgp_aspath_fmt(&view.as_path, path, sizeof(path));
	must(bgp_aspath_length(&view.as_path) <= BGP_MAX_ASNS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t skip = fuzz_body(data, size);
	static struct bgp_update u;

	if (size > BGP_MSG_MAX_EXT)
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(ctx); i++) {
		enum bgp_fate fate =
			bgp_update_read(&ctx[i], data + skip, size - skip, &u);

		must(fate == u.fate && fate <= BGP_RESET);
		check_error_text(&u);
		if (fate == BGP_RESET) {
			must(u.fault.code == BGP_ERR_UPDATE && u.fault.subcode);
			continue;
		}
		must((fate == BGP_DISABLE_AFI) == (u.disabled != 0));
		check_image(&u);
		if (fate <= BGP_DISCARD_ATTR)
			check_again(&ctx[i], &u);
	}
	return 0;
}
