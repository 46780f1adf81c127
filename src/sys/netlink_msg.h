/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <linux/netlink.h>
#include <stdbool.h>

#include "sys/netlink.h"

/*
 * Reading of rtnetlink messages, nothing else.  False: malformed, or not of a kind we
 * follow; *ret is undefined then.
 */
bool netlink_msg_link(const struct nlmsghdr *nh, struct netlink_link *ret);
bool netlink_msg_neigh(const struct nlmsghdr *nh, struct netlink_neigh *ret);
/* The answer to RTM_GETROUTE. */
bool netlink_msg_route(const struct nlmsghdr *nh, struct netlink_route *ret);
/* Destination of a route that was announced. */
bool netlink_msg_route_dst(const struct nlmsghdr *nh, struct prefix *ret);
/* The kernel's own words in an NLMSG_ERROR or NLMSG_DONE (NETLINK_EXT_ACK), or NULL. */
const char *netlink_msg_extack(const struct nlmsghdr *nh);
