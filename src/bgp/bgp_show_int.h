/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/cmd.h"
#include "base/view.h"
#include "bgp/bgp_int.h"

/* What the files of `show bgp …` share. */
enum {
	SHOW_STEP = 256,    /* destinations shown in one turn */
	SHOW_SCAN = 16384,  /* destinations looked at in one turn for those asked for */
	SHOW_TEXT_MAX = 512 /* of a list of things in one cell; the rest is cut */
};

struct mono bgp_show_now(const struct bgp *b);
void bgp_show_since(const struct bgp *b, struct view *v, const char *key,
                    struct mono then);
struct bgp_peer *bgp_show_peer_of(const struct bgp *b, const struct ip *ip);
size_t bgp_show_received(const struct bgp_peer *p); /* paths held, both families */
size_t bgp_show_sent(const struct bgp_peer *p);
/* `show bgp routes` and `show bgp route`: a prefix, an RD, or both, in any order. */
struct bgp_show_filter {
	bool by_prefix, by_rd;
	struct prefix prefix;
	struct rd rd;
};
bool bgp_show_filter_arg(struct bgp_show_filter *f, const char *arg);

/* bgp_show_peer.c */
enum cmd_status bgp_show_neighbor(void *arg, struct cmd_req *req);
/* bgp_group_show.c */
enum cmd_status bgp_group_show(void *arg, struct cmd_req *req);
/* bgp_show_route.c */
enum cmd_status bgp_show_route(void *arg, struct cmd_req *req);
enum cmd_status bgp_show_routes(void *arg, struct cmd_req *req);
