/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/must.h"
#include "wire/bgp_msg.h"
#include "wire/bgp_notification.h"

#include "tests/conformance/conform.h"

/*
 * What has broken other speakers, tried on this one: a test for each published flaw in
 * the handling of input.  The comments name it; the sentence is the lesson.  lessons.c is
 * about UPDATE, lessons_session.c about the rest.
 *
 * Those that do not apply, for want of the feature:
 *
 *	CVE-2024-55553	FRR: a cache's flap revalidates everything (no RPKI)
 *	CVE-2025-43970	GoBGP: MRT record shorter than its addresses (none is read)
 *	CVE-2025-43973	GoBGP: RTR PDU shorter than declared (no RPKI)
 *	CVE-2026-7737	GoBGP: BMP body too short (none is read)
 */
#define SET   "40010102 4002060201 0000fde9 "
#define RD    "0001c000020c0064 "
#define NH4   "0c0000000000000000c000020c 00 "
#define ROUTE "78186b01" RD "01010103 "
#define REACH "800e21000180" NH4 ROUTE
#define GOOD  REACH SET
#define MP4   "010400010080 "
#define M     "ffffffffffffffffffffffffffffffff "

#define NOTE(code, sub) ((code) << 8 | (sub))
enum { STAYS = 0 };

/* A session with A, B and C. */
void lesson_up(struct rig *r, const char *name, bool ebgp);
void lesson_say(struct rig *r, enum bgp_type type, const void *body, size_t n);
void lesson_attrs(struct rig *r, const void *attrs, size_t n); /* in an UPDATE */
/* What the listener was told and the talker notified of, since last asked. */
void lesson_check(struct rig *r, const char *told, int note);
/* All that inside the AS and outside it: an UPDATE of these attributes, … */
void lesson_update(const char *hex, const char *told, int note);
void lesson_message(const char *hex, const char *told, int note); /* … a message, … */
void lesson_open(const char *hex, int note); /* … an OPEN behind its fixed part */
