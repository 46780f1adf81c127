/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/bgp_aspath.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/cur.h"
#include "wire/bgp_msg.h"

enum { AS2_LEN = 2, AS4_LEN = 4, SEGMENT_HDR = 2, SEGMENT_MAX = 255 };

struct segment {
	uint8_t type, count;
	struct cur as; /* count numbers */
};

/* The next segment; false at the end, or where the bytes make none. */
static bool next_segment(struct cur *c, size_t as_len, struct segment *ret)
{
	if (!cur_left(c))
		return false;
	ret->type = cur_u8(c);
	ret->count = cur_u8(c);
	ret->as = cur_sub(c, ret->count * as_len);
	return cur_ok(c);
}

static bool is_confed(const struct segment *s)
{
	return s->type == BGP_AS_CONFED_SEQUENCE || s->type == BGP_AS_CONFED_SET;
}

/* What a segment counts in the length of a path (RFC 4271 9.1.2.2 a, RFC 5065 5.3). */
static size_t weight(const struct segment *s)
{
	return s->type == BGP_AS_SEQUENCE ? s->count : s->type == BGP_AS_SET ? 1 : 0;
}

enum bgp_aspath_err bgp_aspath_check(const uint8_t *p, size_t n, size_t as_len,
                                     bool confed)
{
	struct cur c = cur_of(p, n);
	struct segment s;
	size_t total = 0;

	while (next_segment(&c, as_len, &s)) {
		if (s.type < BGP_AS_SET || s.type > BGP_AS_CONFED_SET || !s.count)
			return BGP_ASPATH_BAD;
		if (is_confed(&s) && !confed)
			return BGP_ASPATH_BAD;
		total += s.count;
		while (cur_left(&s.as)) {
			if (!cur_uint(&s.as, as_len)) /* RFC 7607 2 */
				return BGP_ASPATH_BAD;
		}
	}
	if (!cur_done(&c))
		return BGP_ASPATH_BAD;
	return total > BGP_MAX_ASNS ? BGP_ASPATH_LONG : BGP_ASPATH_OK;
}

static size_t length(const uint8_t *p, size_t n, size_t as_len)
{
	struct cur c = cur_of(p, n);
	struct segment s;
	size_t len = 0;

	while (next_segment(&c, as_len, &s))
		len += weight(&s);
	return len;
}

/* Append up to `want` numbers of the segment, as four octets each. */
static void write_segment(struct wbuf *w, struct segment s, size_t as_len, size_t want)
{
	wbuf_u8(w, s.type);
	wbuf_u8(w, (uint8_t)want);
	while (want--)
		wbuf_uint(w, cur_uint(&s.as, as_len), AS4_LEN);
}

/* AS4_PATH without confederation segments, which have no place there (RFC 6793 3). */
static void write_as4_path(struct wbuf *w, const uint8_t *p, size_t n)
{
	struct cur c = cur_of(p, n);
	struct segment s;

	while (next_segment(&c, AS4_LEN, &s)) {
		if (!is_confed(&s))
			write_segment(w, s, AS4_LEN, s.count);
	}
}

enum bgp_aspath_err bgp_aspath_merge(const uint8_t *path2, size_t n2,
                                     const uint8_t *path4, size_t n4,
                                     uint8_t ret[static BGP_AS_PATH_MAX], size_t *ret_n)
{
	struct wbuf w = wbuf_of(ret, BGP_AS_PATH_MAX);
	size_t len2 = length(path2, n2, AS2_LEN), len4 = length(path4, n4, AS4_LEN);
	bool use4 = n4 && len4 <= len2; /* else AS4_PATH is ignored (RFC 6793 4.2.3) */
	size_t lead = use4 ? len2 - len4 : SIZE_MAX;
	struct cur c = cur_of(path2, n2);
	struct segment s;

	/* The leading part that speakers without four octets have put in front … */
	while (next_segment(&c, AS2_LEN, &s)) {
		size_t take = s.count;

		if (s.type == BGP_AS_SEQUENCE && take > lead)
			take = lead;
		if (!lead && !is_confed(&s))
			break;
		write_segment(&w, s, AS2_LEN, take);
		if (take < s.count)
			break;
		if (use4)
			lead -= weight(&s);
	}
	/* … and the rest as it was when it left the last one with four. */
	if (use4)
		write_as4_path(&w, path4, n4);
	*ret_n = w.len;
	return wbuf_ok(&w) ? bgp_aspath_check(ret, w.len, AS4_LEN, true)
	                   : BGP_ASPATH_LONG;
}

size_t bgp_aspath_length(const struct bgp_span *path)
{
	return length(path->p, path->n, AS4_LEN);
}

uint32_t bgp_aspath_first(const struct bgp_span *path)
{
	struct cur c = cur_of(path->p, path->n);
	struct segment s;

	while (next_segment(&c, AS4_LEN, &s)) {
		if (!is_confed(&s))
			return s.type == BGP_AS_SEQUENCE ? cur_u32(&s.as) : 0;
	}
	return 0;
}

bool bgp_aspath_has(const struct bgp_span *path, uint32_t as)
{
	struct cur c = cur_of(path->p, path->n);
	struct segment s;

	while (next_segment(&c, AS4_LEN, &s)) {
		while (cur_left(&s.as)) {
			if (cur_u32(&s.as) == as)
				return true;
		}
	}
	return false;
}

bool bgp_aspath_needs_as4(const struct bgp_span *path)
{
	struct cur c = cur_of(path->p, path->n);
	struct segment s;

	while (next_segment(&c, AS4_LEN, &s)) {
		while (cur_left(&s.as)) {
			if (cur_u32(&s.as) > UINT16_MAX)
				return true;
		}
	}
	return false;
}

/* Text that ends in "…" where the buffer does. */
struct text {
	char *buf;
	size_t len, cap;
	bool cut;
};

__attribute__((format(printf, 2, 3))) static void put(struct text *t, const char *fmt,
                                                      ...)
{
	static const char dots[] = "…";
	va_list ap;
	int n;

	if (t->cut)
		return;
	va_start(ap, fmt);
	n = vsnprintf(t->buf + t->len, t->cap - t->len, fmt, ap);
	va_end(ap);
	/* always leave room for the dots */
	if (n >= 0 && (size_t)n + sizeof(dots) <= t->cap - t->len) {
		t->len += (size_t)n;
		return;
	}
	t->cut = true;
	snprintf(t->buf + t->len, t->cap - t->len, "%s",
	         t->cap - t->len >= sizeof(dots) ? dots : "");
}

char *bgp_aspath_fmt(const struct bgp_span *path, char *buf, size_t cap)
{
	static const char *const open[] = { "", "{", "", "(", "[" };
	static const char *const close[] = { "", "}", "", ")", "]" };
	struct cur c = cur_of(path->p, path->n);
	struct text t = { .buf = buf, .cap = cap };
	const char *gap = "";
	struct segment s;

	if (cap)
		buf[0] = '\0';
	while (cap && !t.cut && next_segment(&c, AS4_LEN, &s)) {
		unsigned type = s.type <= BGP_AS_CONFED_SET ? s.type : 0;

		put(&t, "%s%s", gap, open[type]);
		gap = "";
		while (cur_left(&s.as) && !t.cut) {
			put(&t, "%s%u", gap, cur_u32(&s.as));
			gap = " ";
		}
		put(&t, "%s", close[type]);
		gap = " ";
	}
	return buf;
}

static void write_as(struct wbuf *w, uint32_t as, size_t as_len)
{
	if (as_len == AS2_LEN && as > UINT16_MAX)
		as = BGP_AS_TRANS;
	wbuf_uint(w, as, as_len);
}

void bgp_aspath_write(struct wbuf *w, const struct bgp_span *path, uint32_t as,
                      size_t as_len)
{
	struct cur c = cur_of(path->p, path->n);
	struct segment s;

	if (!as && as_len == AS4_LEN) {
		wbuf_bytes(w, path->p, path->n);
		return;
	}
	if (as &&
	    !(path->n && path->p[0] == BGP_AS_SEQUENCE && path->p[1] < SEGMENT_MAX)) {
		wbuf_u8(w, BGP_AS_SEQUENCE);
		wbuf_u8(w, 1);
		write_as(w, as, as_len);
		as = 0;
	}
	while (next_segment(&c, AS4_LEN, &s)) {
		wbuf_u8(w, s.type);
		wbuf_u8(w, (uint8_t)(s.count + !!as));
		if (as)
			write_as(w, as, as_len);
		as = 0;
		while (cur_left(&s.as))
			write_as(w, cur_u32(&s.as), as_len);
	}
}

void bgp_aspath_write_as4(struct wbuf *w, const struct bgp_span *path, uint32_t as)
{
	if (as) {
		wbuf_u8(w, BGP_AS_SEQUENCE);
		wbuf_u8(w, 1);
		wbuf_uint(w, as, AS4_LEN);
	}
	write_as4_path(w, path->p, path->n);
}
