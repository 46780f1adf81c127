/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "config/check.h"

/* What check.c and its sisters share. */

/* An address something can be sent to, and come from.  One that is missing is not. */
bool check_unicast(struct errlist *errs, const struct lyd_node *at, const char *name,
                   const struct ip *ip);

/* check_vrrp.c */
void check_vrrp(const struct typed_vpn *v, struct errlist *errs);

/* check_bgp.c */
void check_bgp(const struct typed *t, struct errlist *errs);

/* check_dhcp.c */
void check_dhcp(const struct typed_vpn *v, struct errlist *errs);

/* check_trust.c */
void check_trust(const struct typed_subnet *t, struct errlist *errs);

/* typed_ra.c */
void check_ra(const struct typed_subnet *t, struct errlist *errs);
