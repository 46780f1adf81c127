/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/conformance/conform.h"

#include "wire/bgp_update.h"
#include "wire/nlri_vpn.h"

/* The baseline, whose labels no vector uses. */
#define SET           "40010100 4002060201 0000fde9"
#define SET_AS2       "40010100 4002040201 fde9"
#define NH4           "0c0000000000000000c000020c 00"
#define NH6           "180000000000000000 20010db800000000000000000000000c 00"
#define RD            "0001c000020c0064"
#define ID            "00000001 "
#define REACH4(ip)    "800e21000180 " NH4 "78 003e81" RD ip
#define REACH6        "800e39000280 " NH6 "d8 003e91" RD "20010db8000000000000000000000003"
#define REACH4_ID(ip) "800e25000180 " NH4 ID "78 003e81" RD ip
#define REACH6_ID     "800e3d000280 " NH6 ID "d8 003e91" RD "20010db8000000000000000000000003"

static size_t n_wrong;

void rig_wrong(const struct rig *r, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "  %s (%s%s): ", r->name, r->ebgp ? "eBGP" : "iBGP",
	        r->w.chunk ? ", by octets" : "");
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	n_wrong++;
}

void rig_check(void)
{
	size_t wrong = n_wrong;

	n_wrong = 0;
	CHECK_INT(wrong, 0);
}

void rig_count(size_t n, const char *what)
{
	printf("%zu vectors of %s, each iBGP and eBGP\n", n, what);
	rig_check();
}

size_t rig_hex(const struct rig *r, const char *hex, uint8_t *ret, size_t cap)
{
	char text[16384], as[9];
	size_t n = strlen(hex);

	CHECK(n < sizeof(text));
	memcpy(text, hex, n + 1);
	snprintf(as, sizeof(as), "%08x", r->ebgp ? AS_THEM : AS_US);
	for (char *s = text; *s; s++) {
		if (!strncmp(s, "mmmm", 4))
			memcpy(s, as + 4, 4);
		else if (!strncmp(s, "nnnnnnnn", 8))
			memcpy(s, as, 8);
		else if (!strncmp(s, "nnnn", 4))
			memcpy(s, as + 4, 4);
	}
	return t_hex(text, ret, cap);
}

void rig_init(struct rig *r, const char *name, bool ebgp, unsigned ctx, size_t chunk)
{
	struct bgp_peer_config talker;

	memset(r, 0, sizeof(*r));
	r->name = name;
	r->ebgp = ebgp;
	r->ctx = ctx;
	world_init(&r->w);
	r->w.chunk = chunk;
	r->dut = world_node(&r->w, "192.0.2.1", AS_US, false);
	r->talker = world_scripted(&r->w, "192.0.2.9");
	r->listener = world_scripted(&r->w, "192.0.2.11");
	talker = world_peer_config("192.0.2.9", ebgp ? AS_THEM : AS_US, !ebgp);
	talker.passive = true;
	talker.disable_afi = ctx & CTX_DISABLE;
	talker.add_path.receive = ctx & CTX_ADD_PATH;
	talker.rt_constrain = ctx & CTX_TARGETS;
	talker.accept_all = !(ctx & CTX_NO_POLICY);
	world_peer_as(r->dut, &talker);
	r->peer = list_first(&r->dut->b->peers, struct bgp_peer, link);
	talker = world_peer_config("192.0.2.11", AS_US, true);
	talker.passive = true;
	world_peer_as(r->dut, &talker);
	r->heard = script_connect(r->listener, r->dut);
	script_up(&r->w, r->heard, AS_US);
	CHECK_INT(r->dut->ups, 1);
	r->p = script_connect(r->talker, r->dut);
	CHECK(!r->p->got_fin);
}

void rig_open(struct rig *r)
{
	struct bgp_open o = script_open(r->talker, r->ebgp ? AS_THEM : AS_US);
	size_t ups = r->dut->ups;

	o.caps.as4 = !(r->ctx & CTX_AS2);
	o.caps.ext_msg = !(r->ctx & CTX_SMALL);
	o.caps.enhanced_refresh = !(r->ctx & CTX_NO_ENH);
	if (r->ctx & CTX_ONLY4)
		o.caps.families = bgp_family_bit(BGP_VPN4);
	if (r->ctx & CTX_TARGETS)
		o.caps.families |= bgp_family_bit(BGP_RTC);
	if (r->ctx & CTX_ADD_PATH)
		o.caps.addpath_tx = o.caps.families;
	script_send_open(r->p, &o);
	script_keepalive(r->p);
	CHECK_INT(r->dut->ups, ups + 1);
}

static void baseline_send(struct rig *r, const char *reach)
{
	const char *set = r->ctx & CTX_AS2 ? SET_AS2 : SET;
	uint8_t msg[512];
	struct wbuf w = wbuf_of(msg, sizeof(msg));
	size_t start = bgp_msg_open(&w, BGP_UPDATE), attrs, n;

	wbuf_u16(&w, 0);
	attrs = wbuf_len16_open(&w);
	n = rig_hex(r, reach, w.buf + w.len, w.cap - w.len);
	w.len += n;
	n = rig_hex(r, set, w.buf + w.len, w.cap - w.len);
	w.len += n;
	wbuf_len16_close(&w, attrs);
	bgp_msg_close(&w, start);
	CHECK(wbuf_ok(&w));
	script_send(r->p, msg, w.len);
}

void rig_routes(struct rig *r)
{
	struct rig_told told;
	struct rig_said said;
	bool id = r->ctx & CTX_ADD_PATH;

	baseline_send(r, id ? REACH4_ID("01010103") : REACH4("01010103"));
	baseline_send(r, id ? REACH4_ID("09090909") : REACH4("09090909"));
	if (!(r->ctx & CTX_ONLY4))
		baseline_send(r, id ? REACH6_ID : REACH6);
	rig_told(r, &told);
	rig_said(r, &said);
	CHECK(!said.notified && !said.closed);
	if (r->ebgp && r->ctx & CTX_NO_POLICY)
		CHECK_STR(told.what, "");
	else
		CHECK_STR(told.what, r->ctx & CTX_ONLY4 ? "AB" : "ABC");
}

void rig_fini(struct rig *r)
{
	world_fini(&r->w);
}

void rig_said(struct rig *r, struct rig_said *ret)
{
	const uint8_t *msg;
	size_t len;
	int type;

	*ret = (struct rig_said){ .closed = r->p->got_fin };
	while ((type = script_next(r->p, &msg, &len))) {
		static const char letter[] = "?OUNKR";
		char c = letter[type];
		size_t n = strlen(ret->what);

		if (ret->notified) /* one at most, and nothing behind it */
			rig_wrong(r, "%c behind a NOTIFICATION", c);
		if (type == BGP_ROUTE_REFRESH)
			c = "RBE"[msg[BGP_HDR_LEN + 2] % 3];
		if (n < sizeof(ret->what) - 1 && (!n || ret->what[n - 1] != c))
			ret->what[n] = c;
		if (type != BGP_NOTIFICATION)
			continue;
		ret->notified = true;
		ret->code = msg[BGP_HDR_LEN];
		ret->subcode = msg[BGP_HDR_LEN + 1];
		ret->len = len - BGP_HDR_LEN - 2;
		memcpy(ret->data, msg + BGP_HDR_LEN + 2, ret->len);
	}
}

static struct rib_key key_of(char route)
{
	static const uint8_t a6[16] = { 0x20, 1, 0xd, 0xb8, [15] = 3 };
	struct ip pe = ip_of_u32(0xc000020c), ip = ip_of_u32(0x01010103);
	struct rib_key key;

	if (route == 'B')
		ip = ip_of_u32(0x09090909);
	else if (route == 'C')
		ip = ip_of(AFI_IP6, a6);
	memset(&key, 0, sizeof(key));
	key.rd = rd_of_ip(&pe, 100);
	key.prefix = prefix_host(&ip);
	return key;
}

static char name_of(const struct vpn_nlri *n)
{
	for (char c = 'A'; c <= 'C'; c++) {
		struct rib_key key = key_of(c);

		if (rd_eq(&key.rd, &n->rd) && prefix_eq(&key.prefix, &n->prefix))
			return c;
	}
	return 'O';
}

static void hear(struct rig_told *t, struct bgp_mp *mp, bool withdrawn)
{
	struct vpn_nlri n;

	while (cur_left(&mp->nlri)) {
		char c;

		CHECK_INT(nlri_vpn_read(&mp->nlri, bgp_family_afi(mp->family), false, &n),
		          NLRI_OK);
		c = name_of(&n);
		if (!withdrawn && c == 'A')
			t->label = n.label;
		for (size_t i = 0; i < sizeof(t->what) - 1; i++) {
			if (!t->what[i]) {
				t->what[i] = (char)(withdrawn ? c - 'A' + 'a' : c);
				break;
			}
		}
	}
}

static int by_letter(const void *a, const void *b)
{
	return (*(const char *)a | 32) - (*(const char *)b | 32);
}

void rig_told(struct rig *r, struct rig_told *ret)
{
	static const struct bgp_ctx ctx = { .ibgp = true,
		                            .as4 = true,
		                            .families = 1u << BGP_VPN4 | 1u << BGP_VPN6,
		                            .ext_next_hop = 1u << BGP_VPN4 };
	static struct bgp_update u;
	const uint8_t *msg;
	size_t len;
	int type;

	memset(ret, 0, sizeof(*ret));
	if (r->heard->got_fin)
		rig_wrong(r, "it ended another session");
	while ((type = script_next(r->heard, &msg, &len))) {
		if (type != BGP_UPDATE)
			continue;
		msg += BGP_HDR_LEN;
		len -= BGP_HDR_LEN;
		if (bgp_update_read(&ctx, msg, len, &u) != BGP_OK) {
			rig_wrong(r, "what went out is malformed");
			continue;
		}
		if (u.unreach.present)
			hear(ret, &u.unreach, true);
		if (!u.reach.present)
			continue;
		if (!bgp_attr_has(&u.attrs, BGP_ATTR_LOCAL_PREF)) /* RFC 4271 5.1.5 */
			rig_wrong(r, "went out without LOCAL_PREF");
		hear(ret, &u.reach, false);
		CHECK(len <= sizeof(ret->body));
		memcpy(ret->body, msg, len);
		ret->len = len;
	}
	qsort(ret->what, strlen(ret->what), 1, by_letter);
}

uint32_t rig_label(const struct rig *r, char route)
{
	const struct rib_key key = key_of(route);
	struct rib_path path[4];
	size_t n = rib_paths(r->dut->rib, &key, path, ARRAY_LEN(path));

	CHECK(n <= (r->ctx & CTX_ADD_PATH ? 2 : 1));
	return n ? path[0].label : 0;
}
