/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "bgp/bgp.h"

/* A neighbor's configuration as a value. */

/* 0, or -EINVAL: it makes no sense whoever the speaker is. */
int bgp_config_check(const struct bgp_peer_config *cfg);
/* Its strings become copies. */
void bgp_config_copy(struct bgp_peer_config *to, const struct bgp_peer_config *from);
void bgp_config_fini(struct bgp_peer_config *cfg); /* secrets are wiped */

/* What it takes to go from one to the other.  Both are of one address, and complete. */
enum bgp_config_effect {
	BGP_CONFIG_SAME,
	BGP_CONFIG_LIVE,  /* the session goes on */
	BGP_CONFIG_DIAL,  /* it does too, but attempts to get one begin anew */
	BGP_CONFIG_RESET, /* what was negotiated or signed is another: a new session */
};
enum bgp_config_effect bgp_config_compare(const struct bgp_peer_config *a,
                                          const struct bgp_peer_config *b);
