/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/bmp.h"

#include "base/must.h"

enum { VERSION = 3, US = 1000000, PEER_GLOBAL = 0, RD_LEN = 8 };

size_t bmp_open(struct wbuf *w, enum bmp_type type)
{
	size_t start = w->len;

	wbuf_u8(w, VERSION);
	wbuf_uint(w, 0, 4);
	wbuf_u8(w, (uint8_t)type);
	return start;
}

void bmp_close(struct wbuf *w, size_t start)
{
	struct wbuf len = wbuf_of(w->buf + start + 1, 4);

	if (wbuf_ok(w))
		wbuf_uint(&len, (uint32_t)(w->len - start), 4);
}

/* Sixteen octets; IPv4 in the last four of them. */
static void put_ip(struct wbuf *w, const struct ip *ip)
{
	size_t n = ip->afi == AFI_IP6 ? 16 : ip->afi == AFI_IP4 ? 4 : 0;

	wbuf_bytes(w, (const uint8_t[16]){ 0 }, 16 - n);
	wbuf_bytes(w, ip->b, n);
}

void bmp_peer(struct wbuf *w, const struct bmp_peer *p)
{
	wbuf_u8(w, PEER_GLOBAL);
	wbuf_u8(w, (uint8_t)(p->flags | (p->address.afi == AFI_IP6 ? BMP_PEER_IP6 : 0)));
	wbuf_bytes(w, (const uint8_t[RD_LEN]){ 0 }, RD_LEN);
	put_ip(w, &p->address);
	wbuf_uint(w, p->as, 4);
	wbuf_uint(w, p->id, 4);
	wbuf_uint(w, (uint32_t)(p->wall_us / US), 4);
	wbuf_uint(w, (uint32_t)(p->wall_us % US), 4);
}

void bmp_session(struct wbuf *w, const struct ip *local, uint16_t local_port,
                 uint16_t remote_port)
{
	put_ip(w, local);
	wbuf_u16(w, local_port);
	wbuf_u16(w, remote_port);
}

void bmp_tlv(struct wbuf *w, uint16_t type, const void *value, size_t n)
{
	wbuf_u16(w, type);
	wbuf_u16(w, (uint16_t)n);
	wbuf_bytes(w, value, n);
}

static void put64(struct wbuf *w, uint64_t v)
{
	wbuf_uint(w, (uint32_t)(v >> 32), 4);
	wbuf_uint(w, (uint32_t)v, 4);
}

void bmp_stat32(struct wbuf *w, enum bmp_stat type, uint32_t value)
{
	wbuf_u16(w, (uint16_t)type);
	wbuf_u16(w, 4);
	wbuf_uint(w, value, 4);
}

void bmp_stat64(struct wbuf *w, enum bmp_stat type, uint64_t value)
{
	wbuf_u16(w, (uint16_t)type);
	wbuf_u16(w, 8);
	put64(w, value);
}

void bmp_stat_family(struct wbuf *w, enum bmp_stat type, uint16_t afi, uint8_t safi,
                     uint64_t value)
{
	wbuf_u16(w, (uint16_t)type);
	wbuf_u16(w, 11);
	wbuf_u16(w, afi);
	wbuf_u8(w, safi);
	put64(w, value);
}
