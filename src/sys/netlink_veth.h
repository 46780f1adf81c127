/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "sys/netlink.h"

/* A pair of virtual ports, what goes into one comes out of the other. */
struct netlink_veth {
	unsigned near, far; /* ifindexes */
	struct mac near_mac, far_mac;
};

/*
 * Make the pair, or take over one of these names.  Both ends are up, the kernel puts no
 * addresses on them, and the far one takes frames that an XDP program redirects to it
 * (which needs its GRO) and leaves none of its checksums to be filled in on the way.
 * -EEXIST: there is something else by these names; netlink_error() says what.
 */
int netlink_veth_open(struct netlink *nl, const char *near, const char *far,
                      struct netlink_veth *ret);
void netlink_veth_remove(struct netlink *nl, const char *near);
