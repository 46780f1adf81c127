/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "sys/netlink.h"

/* What the files that ask the kernel share. */
enum { NETLINK_REQUEST_LEN = 512 };

/* A request of that type in buf; returns its fixed part of `len` bytes, cleared. */
void *netlink_request(char *buf, uint16_t type, uint16_t flags, size_t len);
/* Sent, and answered by an acknowledgement: 0, or -errno with netlink_error(). */
int netlink_do(struct netlink *nl, void *request);
int netlink_fail(struct netlink *nl, int r, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
