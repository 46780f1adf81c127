/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/cur.h"
#include "base/rd.h"
#include "base/wbuf.h"
#include "wire/nlri.h"

/*
 * Route target membership (RFC 4684 4): a prefix of (origin AS, route target).  bits is 0
 * for the default, which asks for every route, else 32 … 96; bytes behind it are zero.
 */
struct rtc_nlri {
	uint32_t path_id;
	uint32_t origin_as; /* 0 in the default */
	struct extcom rt;
	uint8_t bits;
};

enum { NLRI_RTC_FULL = 96, NLRI_RTC_MAX = 4 + 1 + 12 };

enum nlri_err nlri_rtc_read(struct cur *c, bool addpath, struct rtc_nlri *ret);
void nlri_rtc_write(struct wbuf *w, const struct rtc_nlri *r, bool addpath);
/* The target as a membership of that length names it: what lies behind is zero. */
struct extcom nlri_rtc_prefix(const struct extcom *rt, uint8_t bits);
/* Does the membership ask for routes with this target? */
bool nlri_rtc_covers(const struct rtc_nlri *r, const struct extcom *rt);
