/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include "base/ip.h"

/* What the files tcp*.c share. */
union tcp_addr {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_storage ss;
};

socklen_t tcp_addr_fill(union tcp_addr *a, const struct ip *ip, uint16_t port);
