/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/bgp_orf.h"

#include "base/must.h"
#include "wire/bgp_msg.h"

enum {
	ACTION_SHIFT = 6,
	MATCH_DENY = 0x20, /* the five bits below are reserved and ignored */
	RD_BITS = 64,
	ROUTE_TYPE_VPN = 0, /* RFC 7543 2: IP VPN, not EVPN */
};

/* What became of an entry. */
enum entry {
	ENTRY_OK,
	ENTRY_CUT,
	ENTRY_UNRECOGNIZED, /* RFC 5291 6: the whole list of that type goes */
	ENTRY_BAD,          /* RFC 7543 2: the whole message is ignored */
};

static enum afi afi_of(enum bgp_family f)
{
	return (enum afi)bgp_family_afi(f);
}

/* Lengths are unspecified (0), or in order and no longer than an address. */
static bool lengths_ok(const struct bgp_orf_entry *e, unsigned plen, unsigned max)
{
	if (plen > max || e->minlen > max || e->maxlen > max)
		return false;
	if (e->minlen && (e->minlen < plen || (e->maxlen && e->minlen > e->maxlen)))
		return false;
	return !e->maxlen || e->maxlen >= plen;
}

static void read_prefix(struct cur *c, enum afi afi, uint8_t plen, struct prefix *ret)
{
	struct ip ip = { .afi = (uint8_t)afi };

	cur_copy(c, ip.b, (plen + 7u) / 8);
	*ret = prefix_of(&ip, plen);
}

/* RFC 5292 2; the prefixes of SAFI 128 begin with the RD. */
static enum entry read_addr_prefix(struct cur *c, enum afi afi, struct bgp_orf_entry *e)
{
	unsigned max = RD_BITS + afi_bits(afi);
	uint8_t len;

	e->seq = cur_u32(c);
	e->minlen = cur_u8(c);
	e->maxlen = cur_u8(c);
	len = cur_u8(c);
	if (!cur_ok(c))
		return ENTRY_CUT;
	if (!lengths_ok(e, len, max))
		return ENTRY_UNRECOGNIZED;
	e->rd_bits = len < RD_BITS ? len : RD_BITS;
	cur_copy(c, e->rd.b, (e->rd_bits + 7u) / 8);
	if (e->rd_bits % 8)
		e->rd.b[e->rd_bits / 8] &= (uint8_t)(0xff00u >> e->rd_bits % 8);
	read_prefix(c, afi, (uint8_t)(len - e->rd_bits), &e->prefix);
	return cur_ok(c) ? ENTRY_OK : ENTRY_CUT;
}

static enum entry read_cp(struct cur *c, enum afi afi, struct bgp_orf_entry *e)
{
	uint8_t route_type;

	e->seq = cur_u32(c);
	e->minlen = cur_u8(c);
	e->maxlen = cur_u8(c);
	cur_copy(c, e->vpn_rt.b, sizeof(e->vpn_rt.b));
	cur_copy(c, e->import_rt.b, sizeof(e->import_rt.b));
	route_type = cur_u8(c);
	if (!cur_ok(c))
		return ENTRY_CUT;
	e->host.afi = (uint8_t)afi;
	cur_copy(c, e->host.b, afi_len(afi));
	if (route_type != ROUTE_TYPE_VPN || e->deny || e->minlen > e->maxlen ||
	    e->maxlen > afi_bits(afi))
		return ENTRY_BAD;
	return cur_ok(c) ? ENTRY_OK : ENTRY_CUT;
}

static enum entry read_rt_prefix(struct cur *c, enum afi afi, struct bgp_orf_entry *e)
{
	uint8_t plen;

	e->seq = cur_u32(c);
	cur_copy(c, e->vpn_rt.b, sizeof(e->vpn_rt.b));
	e->minlen = cur_u8(c);
	e->maxlen = cur_u8(c);
	plen = cur_u8(c);
	if (!cur_ok(c))
		return ENTRY_CUT;
	if (!lengths_ok(e, plen, afi_bits(afi)))
		return ENTRY_UNRECOGNIZED;
	read_prefix(c, afi, plen, &e->prefix);
	return cur_ok(c) ? ENTRY_OK : ENTRY_CUT;
}

static const struct row {
	uint8_t type;
	enum entry (*read)(struct cur *c, enum afi afi, struct bgp_orf_entry *e);
} row[] = {
	{BGP_ORF_TYPE_ADDR_PREFIX, read_addr_prefix},
	{ BGP_ORF_TYPE_CP,         read_cp         },
	{ BGP_ORF_TYPE_RT_PREFIX,  read_rt_prefix  },
};

static const struct row *row_of(uint8_t type)
{
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		if (row[i].type == type)
			return &row[i];
	}
	return NULL;
}

static enum entry read_entry(struct cur *c, const struct row *r, enum afi afi,
                             struct bgp_orf_entry *ret)
{
	struct bgp_orf_entry e;
	uint8_t common = cur_u8(c);
	enum entry got = ENTRY_OK;

	memset(&e, 0, sizeof(e));
	e.action = common >> ACTION_SHIFT;
	e.deny = common & MATCH_DENY;
	if (e.action > BGP_ORF_REMOVE_ALL)
		got = ENTRY_UNRECOGNIZED;
	else if (e.action != BGP_ORF_REMOVE_ALL)
		got = r->read(c, afi, &e);
	if (got == ENTRY_UNRECOGNIZED || e.action == BGP_ORF_REMOVE_ALL)
		e = (struct bgp_orf_entry){ .action = BGP_ORF_REMOVE_ALL,
			                    .unrecognized = got != ENTRY_OK };
	*ret = e;
	return got;
}

bool bgp_orf_list(struct bgp_orf *o, enum bgp_family family, struct bgp_orf_list *ret)
{
	if (!cur_left(&o->lists))
		return false;
	ret->family = family;
	ret->type = cur_u8(&o->lists);
	ret->entries = cur_sub(&o->lists, cur_u16(&o->lists));
	ret->known = row_of(ret->type) && (family == BGP_VPN4 || family == BGP_VPN6);
	return cur_ok(&o->lists);
}

bool bgp_orf_entry(struct bgp_orf_list *l, struct bgp_orf_entry *ret)
{
	if (!l->known || !cur_left(&l->entries))
		return false;
	if (read_entry(&l->entries, row_of(l->type), afi_of(l->family), ret) ==
	    ENTRY_UNRECOGNIZED)
		l->entries.p = l->entries.end;
	return true;
}

enum bgp_orf_err bgp_orf_read(const struct bgp_refresh *r, struct bgp_orf *ret)
{
	struct bgp_orf o = { .lists = r->orf }, walk;
	struct bgp_orf_list l;

	o.when = cur_u8(&o.lists);
	if (!cur_ok(&o.lists))
		return BGP_ORF_SHORT;
	if (o.when != BGP_ORF_IMMEDIATE && o.when != BGP_ORF_DEFER)
		return BGP_ORF_WHEN;
	for (walk = o; bgp_orf_list(&walk, r->family, &l);) {
		enum entry got = ENTRY_OK;

		o.n_unknown += !l.known;
		while (l.known && cur_left(&l.entries) && got != ENTRY_UNRECOGNIZED) {
			struct bgp_orf_entry e;

			got = read_entry(&l.entries, row_of(l.type), afi_of(l.family),
			                 &e);
			if (got == ENTRY_CUT)
				return BGP_ORF_SHORT;
			if (got == ENTRY_BAD)
				return BGP_ORF_VALUE;
			o.n_entries++;
		}
	}
	if (!cur_done(&walk.lists))
		return BGP_ORF_SHORT;
	*ret = o;
	return BGP_ORF_OK;
}

/* --- writing -------------------------------------------------------------------------
 */

size_t bgp_orf_open(struct wbuf *w, enum bgp_family family, enum bgp_orf_when when)
{
	size_t start = bgp_msg_open(w, BGP_ROUTE_REFRESH);

	wbuf_u16(w, bgp_family_afi(family));
	wbuf_u8(w, BGP_REFRESH_REQUEST);
	wbuf_u8(w, bgp_family_safi(family));
	wbuf_u8(w, (uint8_t)when);
	return start;
}

size_t bgp_orf_list_open(struct wbuf *w, enum bgp_orf_type type)
{
	wbuf_u8(w, (uint8_t)type);
	return wbuf_len16_open(w);
}

static void write_prefix(struct wbuf *w, const struct prefix *p)
{
	wbuf_bytes(w, p->ip.b, (p->plen + 7u) / 8);
}

static void write_addr_prefix(struct wbuf *w, const struct bgp_orf_entry *e)
{
	must(e->rd_bits == RD_BITS || (e->rd_bits < RD_BITS && !e->prefix.plen));
	wbuf_uint(w, e->seq, 4);
	wbuf_u8(w, e->minlen);
	wbuf_u8(w, e->maxlen);
	wbuf_u8(w, (uint8_t)(e->rd_bits + e->prefix.plen));
	wbuf_bytes(w, e->rd.b, (e->rd_bits + 7u) / 8);
	write_prefix(w, &e->prefix);
}

static void write_cp(struct wbuf *w, enum afi afi, const struct bgp_orf_entry *e)
{
	must(e->host.afi == afi && e->minlen <= e->maxlen && e->maxlen <= afi_bits(afi));
	wbuf_uint(w, e->seq, 4);
	wbuf_u8(w, e->minlen);
	wbuf_u8(w, e->maxlen);
	wbuf_bytes(w, e->vpn_rt.b, sizeof(e->vpn_rt.b));
	wbuf_bytes(w, e->import_rt.b, sizeof(e->import_rt.b));
	wbuf_u8(w, ROUTE_TYPE_VPN);
	wbuf_bytes(w, e->host.b, afi_len(afi));
}

static void write_rt_prefix(struct wbuf *w, const struct bgp_orf_entry *e)
{
	wbuf_uint(w, e->seq, 4);
	wbuf_bytes(w, e->vpn_rt.b, sizeof(e->vpn_rt.b));
	wbuf_u8(w, e->minlen);
	wbuf_u8(w, e->maxlen);
	wbuf_u8(w, e->prefix.plen);
	write_prefix(w, &e->prefix);
}

void bgp_orf_write(struct wbuf *w, enum bgp_family family, enum bgp_orf_type type,
                   const struct bgp_orf_entry *e)
{
	bool deny = e->deny && e->action != BGP_ORF_REMOVE_ALL;

	must(e->action <= BGP_ORF_REMOVE_ALL && !(deny && type == BGP_ORF_TYPE_CP));
	wbuf_u8(w, (uint8_t)(e->action << ACTION_SHIFT | (deny ? MATCH_DENY : 0)));
	if (e->action == BGP_ORF_REMOVE_ALL)
		return;
	if (type == BGP_ORF_TYPE_CP)
		write_cp(w, afi_of(family), e);
	else if (type == BGP_ORF_TYPE_ADDR_PREFIX)
		write_addr_prefix(w, e);
	else
		write_rt_prefix(w, e);
}

void bgp_orf_list_close(struct wbuf *w, size_t list)
{
	wbuf_len16_close(w, list);
}

void bgp_orf_close(struct wbuf *w, size_t start)
{
	bgp_msg_close(w, start);
}

const char *bgp_orf_err_name(enum bgp_orf_err e)
{
	static const char *const name[] = {
		[BGP_ORF_OK] = "ok",
		[BGP_ORF_SHORT] = "filter entry cut short",
		[BGP_ORF_WHEN] = "neither immediate nor deferred",
		[BGP_ORF_VALUE] = "covering prefix with impossible values",
	};

	return e < ARRAY_LEN(name) ? name[e] : "unknown";
}
