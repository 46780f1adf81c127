/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/bgp_cap.h"

#include "base/ip.h"
#include "base/must.h"

enum {
	GR_RESTARTED = 0x8, /* of the four bits in front of the restart time */
	GR_NOTIFICATION = 0x4,
	GR_TIME_MASK = 0xfff,
	GR_FORWARDING = 0x80, /* of a family's flags */
	LLGR_TIME_MASK = 0xffffff,
	SEND_RECEIVE_RX = 1,  /* RFC 7911 4, RFC 5291 5: may be or-ed to both */
	SEND_RECEIVE_TX = 2,
	SEND_RECEIVE_BOTH = SEND_RECEIVE_RX | SEND_RECEIVE_TX,
};

static const uint8_t orf_type[BGP_ORF_END] = {
	[BGP_ORF_ADDR_PREFIX] = 64, /* RFC 5292 */
	[BGP_ORF_CP] = 65,          /* RFC 7543 */
};

static void set_bit(uint32_t *set, enum bgp_family f, bool on)
{
	*set = on ? *set | bgp_family_bit(f) : *set & ~bgp_family_bit(f);
}

static enum bgp_family read_family(struct cur *c)
{
	uint16_t afi = cur_u16(c);

	return bgp_family_of(afi, cur_u8(c));
}

static void remember(struct bgp_caps *caps, uint8_t code, size_t len, uint16_t afi,
                     uint8_t safi)
{
	if (caps->n_other < BGP_CAPS_OTHER_MAX)
		caps->other[caps->n_other] = (struct bgp_cap_other){
			.code = code, .len = (uint8_t)len, .afi = afi, .safi = safi
		};
	caps->n_other++;
}

static void read_mp(struct cur *c, struct bgp_open *o)
{
	uint16_t afi = cur_u16(c);
	uint8_t reserved = cur_u8(c), safi = cur_u8(c);
	enum bgp_family f = bgp_family_of(afi, safi);

	(void)reserved;
	if (f == BGP_FAM_END)
		remember(&o->caps, BGP_CAP_MP, 4, afi, safi);
	o->caps.mp = true;
	set_bit(&o->caps.families, f, true);
}

static void read_refresh(struct cur *c, struct bgp_open *o)
{
	(void)c;
	o->caps.refresh = true;
}

static void read_enh_refresh(struct cur *c, struct bgp_open *o)
{
	(void)c;
	o->caps.enhanced_refresh = true;
}

static void read_ext_msg(struct cur *c, struct bgp_open *o)
{
	(void)c;
	o->caps.ext_msg = true;
}

/* Entries of (family, number of types, types); RFC 5291 5. */
static void read_orf(struct cur *c, struct bgp_open *o)
{
	uint16_t afi = cur_u16(c);
	uint8_t reserved = cur_u8(c);
	enum bgp_family f = bgp_family_of(afi, cur_u8(c));
	uint8_t count = cur_u8(c);

	(void)reserved;
	struct cur types = cur_sub(c, count * 2u);

	while (cur_left(&types)) {
		uint8_t type = cur_u8(&types), how = cur_u8(&types);

		for (size_t k = 0; k < BGP_ORF_END; k++) {
			if (orf_type[k] != type)
				continue;
			set_bit(&o->caps.orf_rx[k], f, how & SEND_RECEIVE_RX);
			set_bit(&o->caps.orf_tx[k], f, how & SEND_RECEIVE_TX);
		}
	}
}

/* Entries of (AFI, 16-bit SAFI, next hop's AFI); RFC 8950 4. */
static void read_ext_next_hop(struct cur *c, struct bgp_open *o)
{
	uint16_t afi = cur_u16(c), safi = cur_u16(c), nh_afi = cur_u16(c);

	if (afi == AFI_IP4 && safi <= UINT8_MAX && nh_afi == AFI_IP6)
		set_bit(&o->caps.ext_next_hop, bgp_family_of(afi, (uint8_t)safi), true);
}

/* RFC 4724 3; of several the last one counts. */
static void read_gr(struct cur *c, struct bgp_open *o)
{
	uint16_t v = cur_u16(c);

	memset(&o->caps.gr, 0, sizeof(o->caps.gr));
	o->caps.gr.present = true;
	o->caps.gr.restarted = v >> 12 & GR_RESTARTED;
	o->caps.gr.notification = v >> 12 & GR_NOTIFICATION;
	o->caps.gr.time = v & GR_TIME_MASK;
	while (cur_left(c)) {
		enum bgp_family f = read_family(c);

		set_bit(&o->caps.gr.families, f, true);
		set_bit(&o->caps.gr.forwarding, f, cur_u8(c) & GR_FORWARDING);
	}
}

/* RFC 9494 3.1; of several the last one counts. */
static void read_llgr(struct cur *c, struct bgp_open *o)
{
	memset(&o->caps.llgr, 0, sizeof(o->caps.llgr));
	o->caps.llgr.present = true;
	while (cur_left(c)) {
		enum bgp_family f = read_family(c);
		bool forwarding = cur_u8(c) & GR_FORWARDING;
		uint32_t time = cur_uint(c, 3);

		if (f == BGP_FAM_END)
			continue;
		set_bit(&o->caps.llgr.families, f, true);
		set_bit(&o->caps.llgr.forwarding, f, forwarding);
		o->caps.llgr.time[f] = time;
	}
}

/* RFC 6793 3; a zero is found out by the OPEN's own checks. */
static void read_as4(struct cur *c, struct bgp_open *o)
{
	o->caps.as4 = true;
	o->as = cur_u32(c);
}

static void read_add_path(struct cur *c, struct bgp_open *o)
{
	enum bgp_family f = read_family(c);
	uint8_t how = cur_u8(c);

	if (!how || how > SEND_RECEIVE_BOTH) /* RFC 7911 4: as if it were not there */
		how = 0;
	set_bit(&o->caps.addpath_rx, f, how & SEND_RECEIVE_RX);
	set_bit(&o->caps.addpath_tx, f, how & SEND_RECEIVE_TX);
}

/*
 * The reader sees all of the value at once, or each of its units; min is the shortest
 * value, unit what it must be a multiple of behind `head` octets.  A wrong length of a
 * capability we know is malformed: better a clear refusal than half a negotiation.
 */
static const struct cap_row {
	uint8_t code;
	uint8_t min, max;
	uint8_t head, unit; /* unit 0: exact length or the reader's own structure */
	bool repeat;        /* call the reader until the value is used up */
	void (*read)(struct cur *c, struct bgp_open *o);
} cap_row[] = {
	{BGP_CAP_MP,            4, 4,   0, 0, false, read_mp          },
	{ BGP_CAP_REFRESH,      0, 0,   0, 0, false, read_refresh     },
	{ BGP_CAP_ORF,          0, 255, 0, 0, true,  read_orf         },
	{ BGP_CAP_EXT_NEXT_HOP, 0, 255, 0, 6, true,  read_ext_next_hop},
	{ BGP_CAP_EXT_MSG,      0, 0,   0, 0, false, read_ext_msg     },
	{ BGP_CAP_GR,           2, 255, 2, 4, false, read_gr          },
	{ BGP_CAP_AS4,          4, 4,   0, 0, false, read_as4         },
	{ BGP_CAP_ADD_PATH,     0, 255, 0, 4, true,  read_add_path    },
	{ BGP_CAP_ENH_REFRESH,  0, 0,   0, 0, false, read_enh_refresh },
	{ BGP_CAP_LLGR,         0, 255, 0, 7, false, read_llgr        },
};

static const struct cap_row *find_row(uint8_t code)
{
	for (size_t i = 0; i < ARRAY_LEN(cap_row); i++) {
		if (cap_row[i].code == code)
			return &cap_row[i];
	}
	return NULL;
}

bool bgp_cap_read(struct cur *c, struct bgp_open *o)
{
	uint8_t code = cur_u8(c), len = cur_u8(c);
	struct cur v = cur_sub(c, len);
	const struct cap_row *row = find_row(code);

	if (!cur_ok(c))
		return false;
	if (!row) {
		remember(&o->caps, code, len, 0, 0);
		return true;
	}
	if (len < row->min || len > row->max ||
	    (row->unit && (len - row->head) % row->unit))
		return false;
	if (!row->repeat)
		row->read(&v, o);
	while (row->repeat && cur_left(&v))
		row->read(&v, o);
	return cur_done(&v);
}

static size_t open_cap(struct wbuf *w, enum bgp_cap_code code)
{
	wbuf_u8(w, (uint8_t)code);
	wbuf_u8(w, 0);
	return w->len;
}

static void close_cap(struct wbuf *w, size_t body)
{
	size_t n = w->len - body;

	if (wbuf_ok(w) && n <= UINT8_MAX)
		w->buf[body - 1] = (uint8_t)n;
	else
		w->full = true;
}

static void write_flag(struct wbuf *w, enum bgp_cap_code code, bool on)
{
	if (on)
		close_cap(w, open_cap(w, code));
}

static void write_mp(struct wbuf *w, uint32_t families)
{
	for (enum bgp_family f = 0; f < BGP_FAM_END; f++) {
		if (!(families & bgp_family_bit(f)))
			continue;
		size_t body = open_cap(w, BGP_CAP_MP);

		wbuf_u16(w, bgp_family_afi(f));
		wbuf_u16(w, bgp_family_safi(f)); /* with the reserved octet in front */
		close_cap(w, body);
	}
}

static uint8_t send_receive(uint32_t rx, uint32_t tx, enum bgp_family f)
{
	return (uint8_t)((rx & bgp_family_bit(f) ? SEND_RECEIVE_RX : 0) |
	                 (tx & bgp_family_bit(f) ? SEND_RECEIVE_TX : 0));
}

static void write_orf(struct wbuf *w, const struct bgp_caps *caps)
{
	size_t body = open_cap(w, BGP_CAP_ORF);

	for (enum bgp_family f = 0; f < BGP_FAM_END; f++) {
		uint8_t how[BGP_ORF_END], n = 0;

		for (size_t k = 0; k < BGP_ORF_END; k++) {
			how[k] = send_receive(caps->orf_rx[k], caps->orf_tx[k], f);
			n = (uint8_t)(n + !!how[k]);
		}
		if (!n)
			continue;
		wbuf_u16(w, bgp_family_afi(f));
		wbuf_u16(w, bgp_family_safi(f));
		wbuf_u8(w, n);
		for (size_t k = 0; k < BGP_ORF_END; k++) {
			if (!how[k])
				continue;
			wbuf_u8(w, orf_type[k]);
			wbuf_u8(w, how[k]);
		}
	}
	if (wbuf_ok(w) && w->len == body)
		w->len -= 2; /* nothing to say */
	else
		close_cap(w, body);
}

static void write_ext_next_hop(struct wbuf *w, uint32_t families)
{
	size_t body;

	if (!families)
		return;
	body = open_cap(w, BGP_CAP_EXT_NEXT_HOP);
	for (enum bgp_family f = 0; f < BGP_FAM_END; f++) {
		if (!(families & bgp_family_bit(f)))
			continue;
		wbuf_u16(w, bgp_family_afi(f));
		wbuf_u16(w, bgp_family_safi(f));
		wbuf_u16(w, AFI_IP6);
	}
	close_cap(w, body);
}

static void write_gr(struct wbuf *w, const struct bgp_caps *caps)
{
	unsigned flags = (caps->gr.restarted ? GR_RESTARTED : 0u) |
	                 (caps->gr.notification ? GR_NOTIFICATION : 0u);
	size_t body;

	if (!caps->gr.present)
		return;
	body = open_cap(w, BGP_CAP_GR);
	wbuf_u16(w, (uint16_t)(flags << 12 | (caps->gr.time & GR_TIME_MASK)));
	for (enum bgp_family f = 0; f < BGP_FAM_END; f++) {
		if (!(caps->gr.families & bgp_family_bit(f)))
			continue;
		wbuf_u16(w, bgp_family_afi(f));
		wbuf_u8(w, bgp_family_safi(f));
		wbuf_u8(w, caps->gr.forwarding & bgp_family_bit(f) ? GR_FORWARDING : 0);
	}
	close_cap(w, body);
}

static void write_llgr(struct wbuf *w, const struct bgp_caps *caps)
{
	size_t body;

	if (!caps->llgr.present)
		return;
	body = open_cap(w, BGP_CAP_LLGR);
	for (enum bgp_family f = 0; f < BGP_FAM_END; f++) {
		if (!(caps->llgr.families & bgp_family_bit(f)))
			continue;
		wbuf_u16(w, bgp_family_afi(f));
		wbuf_u8(w, bgp_family_safi(f));
		wbuf_u8(w, caps->llgr.forwarding & bgp_family_bit(f) ? GR_FORWARDING : 0);
		wbuf_uint(w, caps->llgr.time[f] & LLGR_TIME_MASK, 3);
	}
	close_cap(w, body);
}

static void write_add_path(struct wbuf *w, const struct bgp_caps *caps)
{
	size_t body;

	if (!(caps->addpath_rx | caps->addpath_tx))
		return;
	body = open_cap(w, BGP_CAP_ADD_PATH);
	for (enum bgp_family f = 0; f < BGP_FAM_END; f++) {
		uint8_t how = send_receive(caps->addpath_rx, caps->addpath_tx, f);

		if (!how)
			continue;
		wbuf_u16(w, bgp_family_afi(f));
		wbuf_u8(w, bgp_family_safi(f));
		wbuf_u8(w, how);
	}
	close_cap(w, body);
}

static void write_as4(struct wbuf *w, const struct bgp_caps *caps, uint32_t as)
{
	size_t body;

	if (!caps->as4)
		return;
	body = open_cap(w, BGP_CAP_AS4);
	wbuf_uint(w, as, 4);
	close_cap(w, body);
}

void bgp_cap_write_all(struct wbuf *w, const struct bgp_caps *caps, uint32_t as)
{
	write_mp(w, caps->families);
	write_flag(w, BGP_CAP_REFRESH, caps->refresh);
	write_orf(w, caps);
	write_ext_next_hop(w, caps->ext_next_hop);
	write_flag(w, BGP_CAP_EXT_MSG, caps->ext_msg);
	write_gr(w, caps);
	write_as4(w, caps, as);
	write_add_path(w, caps);
	write_flag(w, BGP_CAP_ENH_REFRESH, caps->enhanced_refresh);
	write_llgr(w, caps);
}
