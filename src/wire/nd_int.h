/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "wire/nd.h"

/* The IPv6 header with its length open; nd_close() fills in length and checksum. */
size_t nd_open(struct wbuf *w, const struct ip *src, const struct ip *dst);
void nd_close(struct wbuf *w, size_t start, const struct ip *src, const struct ip *dst);
