/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/must.h"
#include "wire/bgp_update.h"

#include "tests/conformance/conform.h"

/*
 * UPDATE: RFC 4271 6.3 as RFC 7606 revised it, RFC 4760, 4364, 4659, 8277, 6793, 4456,
 * 8092, 9012, 7607, 4724.
 */
#define ORIGIN            "40010102 "
#define PATH              "4002060201 0000fde9 " /* 65001 */
#define PATH2             "4002040201 fde9 "     /* the same in two octets */
#define RD                "0001c000020c0064 "
#define NH4               "0c0000000000000000c000020c 00 "
#define NH6               "180000000000000000 20010db800000000000000000000000d 00 "
#define ROUTE             "78186b01" RD "01010103 "
#define ROUTE6            "d8186b11" RD "20010db8000000000000000000000003 "
#define REACH             "800e21000180" NH4 ROUTE
#define REACH6            "800e39000280" NH6 ROUTE6
#define WITH_NH6(nexthop) "800e39000280 180000000000000000" nexthop "00" ROUTE6
#define LABEL(l)          "800e21000180" NH4 "78" l RD "01010103 "
#define UNREACH           "800f13000180" ROUTE
#define SET               ORIGIN PATH
#define GOOD              REACH SET

#define OK       BGP_OK
#define DISCARD  BGP_DISCARD_ATTR
#define WITHDRAW BGP_WITHDRAW
#define DISABLE  BGP_DISABLE_AFI
#define RESET    BGP_RESET

static const struct vector {
	const char *name;
	const char *attrs;
	enum bgp_fate ibgp, ebgp;
	uint8_t subcode; /* iBGP: of the first error; 0: there is none */

	/* What the listener is told: NULL as the fate says, that is A announced, A
	 * withdrawn, or all withdrawn.  "~": A is withdrawn there, but kept.  told_e:
	 * eBGP, NULL: as told where the fates are alike, else by the fate. */
	const char *told, *told_e;
	const char *data;        /* RESET: of the NOTIFICATION */
	uint8_t sent;            /* its subcode, 0: as above */
	const char *has, *has_e; /* hex the listener must see in what it is told … */
	const char *lacks;       /* … and must not */
	const char *withdrawn, *nlri; /* the classic fields */
	const char *body;             /* instead of all that: lengths and all */
	unsigned ctx;
} vector[] = {
/* clang-format off */
#include "tests/conformance/update_vectors.h"
	/* clang-format on */
};

static size_t body_of(const struct rig *r, const struct vector *v, uint8_t *ret,
                      size_t cap)
{
	struct wbuf w = wbuf_of(ret, cap);
	size_t at;

	if (v->body)
		return rig_hex(r, v->body, ret, cap);
	at = wbuf_len16_open(&w);
	w.len += rig_hex(r, v->withdrawn ? v->withdrawn : "", ret + w.len, cap - w.len);
	wbuf_len16_close(&w, at);
	at = wbuf_len16_open(&w);
	w.len += rig_hex(r, v->attrs, ret + w.len, cap - w.len);
	wbuf_len16_close(&w, at);
	w.len += rig_hex(r, v->nlri ? v->nlri : "", ret + w.len, cap - w.len);
	CHECK(wbuf_ok(&w));
	return w.len;
}

static const char *want_told(const struct rig *r, const struct vector *v)
{
	static const char *const by_fate[] = {
		[OK] = "A",       [DISCARD] = "A", [WITHDRAW] = "a",
		[DISABLE] = "ab", [RESET] = "abc",
	};
	enum bgp_fate fate = r->ebgp ? v->ebgp : v->ibgp;

	if (r->ebgp && v->told_e)
		return v->told_e;
	if (v->told && fate == v->ibgp)
		return v->told;
	if (r->ctx & CTX_ONLY4 && fate == RESET)
		return "ab";
	return by_fate[fate];
}

static bool has_hex(const struct rig *r, const struct rig_told *t, const char *hex)
{
	uint8_t want[512];
	size_t n = rig_hex(r, hex, want, sizeof(want));

	return memmem(t->body, t->len, want, n) != NULL;
}

static void check_told(const struct rig *r, const struct vector *v,
                       const struct rig_told *t)
{
	const char *want = want_told(r, v);
	bool hidden = *want == '~';
	const char *has = r->ebgp && v->has_e ? v->has_e : v->has;
	bool announced, gone;
	/* before the vector; without a policy nothing of the talker's was taken */
	uint32_t was = r->ebgp && r->ctx & CTX_NO_POLICY ? 0 : 1000;
	uint32_t label = rig_label(r, 'A');

	want = hidden ? "a" : want;
	announced = strchr(want, 'A');
	gone = strchr(want, 'a') && !hidden;
	if (strcmp(t->what, want) != 0)
		rig_wrong(r, "the listener is told \"%s\", not \"%s\"", t->what, want);
	if (announced && (t->label != label || label == 1000))
		rig_wrong(r, "label %u told, %u kept", t->label, label);
	if (gone && label)
		rig_wrong(r, "a withdrawn route is kept");
	if (hidden && (!label || label == 1000))
		rig_wrong(r, "the route is not kept");
	if (!announced && !gone && !hidden && label != was)
		rig_wrong(r, "the route was touched: label %u", label);
	if (!strchr(want, 'b') && rig_label(r, 'B') != was)
		rig_wrong(r, "another route was touched");
	if (has && (announced || strchr(want, 'C')) && !has_hex(r, t, has))
		rig_wrong(r, "%s is missing at the listener", has);
	if (v->lacks && has_hex(r, t, v->lacks))
		rig_wrong(r, "%s reached the listener", v->lacks);
}

static void check_said(struct rig *r, const struct vector *v, enum bgp_fate fate)
{
	struct rig_said said;
	uint8_t data[512];
	size_t n;

	rig_said(r, &said);
	if (fate != RESET) {
		if (said.notified || said.closed)
			rig_wrong(r, "needless reset %u/%u", said.code, said.subcode);
		return;
	}
	n = rig_hex(r, v->data ? v->data : "", data, sizeof(data));
	if (!said.notified || !said.closed || said.code != BGP_ERR_UPDATE)
		rig_wrong(r, "no NOTIFICATION of an UPDATE");
	else if (said.subcode != (v->sent ? v->sent : v->subcode))
		rig_wrong(r, "subcode %u in the NOTIFICATION", said.subcode);
	if (said.len != n || memcmp(said.data, data, n) != 0) {
		char hex[256] = "";

		for (size_t i = 0; i < said.len && i < 100; i++)
			snprintf(hex + 2 * i, 3, "%02x", said.data[i]);
		rig_wrong(r, "data %s", hex);
	}
}

static void check_counters(const struct rig *r, const struct vector *v,
                           enum bgp_fate fate, uint64_t fates)
{
	const struct bgp_update *u = &r->dut->b->update;
	uint64_t errors = 0;

	if (r->peer->fates[fate] != fates + 1)
		rig_wrong(r, "%s, not %s", bgp_update_fate_name(u->fate),
		          bgp_update_fate_name(fate));
	for (size_t i = 0; i < ARRAY_LEN(r->peer->attr_errors); i++)
		errors += r->peer->attr_errors[i];
	if (!errors != (fate == OK))
		rig_wrong(r, "%llu errors counted", (unsigned long long)errors);
	if (!buf_left(&r->peer->malformed) != (fate == OK))
		rig_wrong(r, "the message was%s kept for show", fate == OK ? "" : " not");
	if (!r->ebgp && u->n_errors && u->error[0].subcode != v->subcode)
		rig_wrong(r, "subcode %u first", u->error[0].subcode);
	if (!r->ebgp && fate == OK && v->subcode)
		rig_wrong(r, "the table wants a subcode of a good message");
}

static void run(const struct vector *v, bool ebgp, size_t chunk)
{
	enum bgp_fate fate = ebgp ? v->ebgp : v->ibgp;
	uint8_t msg[BGP_MSG_MAX];
	struct wbuf w = wbuf_of(msg, sizeof(msg));
	size_t start;
	struct rig_told told;
	uint64_t fates;
	struct rig r;

	rig_init(&r, v->name, ebgp, v->ctx, chunk);
	rig_open(&r);
	rig_routes(&r);
	start = bgp_msg_open(&w, BGP_UPDATE);
	w.len += body_of(&r, v, msg + w.len, sizeof(msg) - w.len);
	bgp_msg_close(&w, start);
	fates = r.peer->fates[fate];
	script_send(r.p, msg, w.len);
	check_said(&r, v, fate);
	rig_told(&r, &told);
	check_told(&r, v, &told);
	check_counters(&r, v, fate, fates);
	rig_fini(&r);
}

TEST(every_update_vector_meets_its_fate_and_the_listener_hears_no_more_than_that)
{
	for (size_t i = 0; i < ARRAY_LEN(vector); i++) {
		for (int k = 0; k < 4; k++)
			run(&vector[i], k & 1, k & 2 ? 1 : 0);
	}
	rig_count(ARRAY_LEN(vector), "UPDATE");
}

TEST(update_vectors_have_names_of_their_own)
{
	for (size_t i = 0; i < ARRAY_LEN(vector); i++) {
		for (size_t j = 0; j < i; j++)
			CHECK(strcmp(vector[i].name, vector[j].name) != 0 ||
			      vector[i].ctx != vector[j].ctx);
	}
}
