/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/cur.h"
#include "wire/bgp_family.h"

/* What the NLRI codecs (nlri_vpn.h, nlri_rtc.h, nlri_ip.h) share. */
enum nlri_err {
	NLRI_OK,
	NLRI_SHORT,  /* the bytes end inside the route */
	NLRI_BADLEN, /* the bit length is impossible for the family */
};

/*
 * Walk over all routes of the family without reading them: *ret_n is their number.  After
 * NLRI_OK the family's read function cannot fail on these bytes.  Families without a
 * codec are opaque: always NLRI_OK, 0 routes.
 */
enum nlri_err nlri_check(enum bgp_family family, struct cur c, bool addpath,
                         size_t *ret_n);
