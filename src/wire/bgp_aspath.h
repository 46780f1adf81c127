/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/wbuf.h"
#include "wire/bgp_attr.h"

/*
 * AS_PATH (RFC 4271 4.3, 5.1.2) of four-octet AS numbers, as octets of the wire.  An
 * empty path is legal and every function takes it.
 */
enum bgp_aspath_segment {
	BGP_AS_SET = 1,
	BGP_AS_SEQUENCE = 2,
	BGP_AS_CONFED_SEQUENCE = 3, /* RFC 5065 */
	BGP_AS_CONFED_SET = 4,
};

enum bgp_aspath_err {
	BGP_ASPATH_OK,
	BGP_ASPATH_BAD,  /* segment unknown, empty or longer than the attribute; AS 0 */
	BGP_ASPATH_LONG, /* more than BGP_MAX_ASNS */
};

/* as_len: octets of an AS number here, 2 or 4.  confed: those segments are welcome. */
enum bgp_aspath_err bgp_aspath_check(const uint8_t *p, size_t n, size_t as_len,
                                     bool confed);

/*
 * RFC 6793 4.2.3: the path of a peer without four-octet AS numbers, rebuilt from AS_PATH
 * (two octets) and AS4_PATH (n4 is 0 if there is none).  Both were checked.  Can only
 * fail as BGP_ASPATH_LONG.
 */
enum bgp_aspath_err bgp_aspath_merge(const uint8_t *path2, size_t n2,
                                     const uint8_t *path4, size_t n4,
                                     uint8_t ret[static BGP_AS_PATH_MAX], size_t *ret_n);

/* Length for best path: a set counts one, confederation segments none (RFC 4271 9.1.2.2).
 */
size_t bgp_aspath_length(const struct bgp_span *path);
/* Leftmost AS of a leading sequence: the neighbor's; 0: there is none. */
uint32_t bgp_aspath_first(const struct bgp_span *path);
bool bgp_aspath_has(const struct bgp_span *path, uint32_t as);

/* "65001 65002 {65003 65004}", cut with "…" at the buffer's end.  Returns buf. */
char *bgp_aspath_fmt(const struct bgp_span *path, char *buf, size_t cap);

/* Append the value with an AS put in front (RFC 4271 5.1.2 b); as 0: none.  as_len 2:
 * those that do not fit become AS_TRANS. */
void bgp_aspath_write(struct wbuf *w, const struct bgp_span *path, uint32_t as,
                      size_t as_len);
/* The value of the AS4_PATH to go with it: four octets, no confederations (RFC 6793 3).
 */
void bgp_aspath_write_as4(struct wbuf *w, const struct bgp_span *path, uint32_t as);
/* Is there an AS number that two octets do not hold? */
bool bgp_aspath_needs_as4(const struct bgp_span *path);
