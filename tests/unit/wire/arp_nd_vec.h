/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "wire/eth.h"

#include "tests/t.h"

/* A frame of tests/vectors; what it is stands in the .txt beside it. */
static inline size_t vec_load(const char *name, uint8_t *ret, size_t cap)
{
	char path[512], line[256], hex[2048] = "";
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s.hex", T_VECTORS, name);
	f = fopen(path, "r");
	if (!f)
		t_fail(__FILE__, __LINE__, "cannot open %s", path);
	while (fgets(line, sizeof(line), f))
		strncat(hex, line, sizeof(hex) - strlen(hex) - 1);
	fclose(f);
	return t_hex(hex, ret, cap);
}

static inline struct mac vec_mac(const char *s)
{
	struct mac m;

	CHECK(mac_parse(s, &m));
	return m;
}

static inline struct ip vec_ip(const char *s)
{
	struct ip ip;

	CHECK(ip_parse(s, &ip));
	return ip;
}
