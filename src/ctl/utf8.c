/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/utf8.h"

size_t utf8_step(const char *s, uint32_t *ret)
{
	const uint8_t *p = (const uint8_t *)s;
	uint32_t cp, least;
	size_t n;

	*ret = UTF8_BAD;
	if (p[0] < 0x80) {
		*ret = p[0];
		return 1;
	}
	if ((p[0] & 0xe0) == 0xc0) {
		n = 2, cp = p[0] & 0x1f, least = 0x80;
	} else if ((p[0] & 0xf0) == 0xe0) {
		n = 3, cp = p[0] & 0x0f, least = 0x800;
	} else if ((p[0] & 0xf8) == 0xf0) {
		n = 4, cp = p[0] & 0x07, least = 0x10000;
	} else {
		return 1;
	}
	for (size_t i = 1; i < n; i++) { /* stops at the NUL, which is no continuation */
		if ((p[i] & 0xc0) != 0x80)
			return 1;
		cp = cp << 6 | (p[i] & 0x3f);
	}
	if (cp < least || cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff))
		return 1;
	*ret = cp;
	return n;
}

bool utf8_unsafe(uint32_t cp)
{
	return cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || (cp >= 0x2028 && cp <= 0x202e) ||
	       (cp >= 0x2066 && cp <= 0x2069) || cp == 0x200e || cp == 0x200f ||
	       cp == 0x061c || cp == 0xfeff;
}

size_t utf8_put(struct buf *out, const char *s, bool quoted)
{
	size_t columns = 0, n;
	uint32_t cp;

	for (; *s; s += n) {
		size_t before = buf_left(out);

		n = utf8_step(s, &cp);
		if (cp == UTF8_BAD)
			buf_printf(out, "\\x%02x", (unsigned char)*s);
		else if (cp == '\\')
			buf_put(out, "\\\\", 2);
		else if (cp == '"' && quoted)
			buf_put(out, "\\\"", 2);
		else if (cp == '\n')
			buf_put(out, "\\n", 2);
		else if (cp < 0x80 && utf8_unsafe(cp))
			buf_printf(out, "\\x%02x", cp);
		else if (utf8_unsafe(cp))
			buf_printf(out, "\\u%04x", cp);
		else
			buf_put(out, s, n);
		columns += cp == UTF8_BAD || cp == '\\' || utf8_unsafe(cp)
		                   ? buf_left(out) - before
		                   : 1;
	}
	return columns;
}
