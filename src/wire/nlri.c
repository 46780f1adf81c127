/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/nlri.h"

/* Bit lengths a family's length octet may have; 0 besides, where `zero` says so. */
static const struct {
	bool known, zero;
	uint8_t min, max;
} row[BGP_FAM_END] = {
	[BGP_VPN4] = {.known = true,  .min = 24 + 64, .max = 24 + 64 + 32 },
	[BGP_VPN6] = { .known = true, .min = 24 + 64, .max = 24 + 64 + 128},
	[BGP_RTC] = { .known = true, .zero = true,   .min = 32,            .max = 96 },
	[BGP_IP4] = { .known = true,             .min = 0,              .max = 32             },
	[BGP_IP6] = { .known = true,             .min = 0,              .max = 128 },
};

enum nlri_err nlri_check(enum bgp_family family, struct cur c, bool addpath,
                         size_t *ret_n)
{
	size_t n = 0;

	*ret_n = 0;
	if (family >= BGP_FAM_END || !row[family].known)
		return NLRI_OK;
	while (cur_left(&c)) {
		uint8_t bits;

		if (addpath)
			cur_u32(&c);
		bits = cur_u8(&c);
		if (!cur_ok(&c))
			break;
		if ((bits < row[family].min && !(row[family].zero && !bits)) ||
		    bits > row[family].max)
			return NLRI_BADLEN;
		cur_bytes(&c, (bits + 7u) / 8);
		n++;
	}
	if (!cur_ok(&c))
		return NLRI_SHORT;
	*ret_n = n;
	return NLRI_OK;
}
