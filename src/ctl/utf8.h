/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/*
 * Names, descriptions and reasons come from peers and hosts: any bytes at all.  Both
 * writers walk them with this, so that a terminal sees no escape sequence and a JSON
 * parser no broken string.
 */

/*
 * Step over one character of the NUL-terminated s.  Returns the bytes it takes (1…4) and
 * the code point; on bytes that are not UTF-8 (RFC 3629: overlong forms, surrogates and
 * anything over U+10FFFF included) 1 and UTF8_BAD.  Not to be called at the NUL.
 */
#define UTF8_BAD UINT32_MAX
size_t utf8_step(const char *s, uint32_t *ret);

/* Moves the cursor, colours the screen or reorders text: C0, DEL, C1, bidi controls. */
bool utf8_unsafe(uint32_t cp);

/*
 * Append s for a terminal: what is unsafe or no UTF-8 as \xNN or \uNNNN, a backslash
 * doubled, and a quote escaped if the text stands in quotes.  Returns the columns it
 * takes.
 */
size_t utf8_put(struct buf *out, const char *s, bool quoted);
