/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "config/typed.h"

/* What typed.c and its sisters share: the tree's texts as values. */
struct typed_maker {
	struct config *cfg;
	struct arena *arena, *scratch;
	struct errlist *errs;
	struct config_attachment *attachment;
	uint32_t *attachment_vpn;
	const struct lyd_node **attachment_node;
	struct hmap by_tags; /* struct circuit */
};

/* All of them take a parent that is NULL and a child that is not there: NULL, 0, false,
 * AFI_NONE or what is given as default. */
const char *typed_text(const struct lyd_node *parent, const char *name);
const char *typed_str(const struct typed_maker *m, const struct lyd_node *parent,
                      const char *name);
/* "untagged" and "none" are 0. */
uint32_t typed_num(const struct lyd_node *parent, const char *name);
bool typed_flag(const struct lyd_node *parent, const char *name);
struct ip typed_ip(const struct lyd_node *parent, const char *name,
                   const struct ip *dflt);
struct prefix typed_prefix(const struct typed_maker *m, const struct lyd_node *parent,
                           const char *name);
size_t typed_count(const struct lyd_node *parent, const char *name);

/* typed_bgp.c */
void typed_bgp(struct typed_maker *m, const struct lyd_node *bgp, struct typed *t);

/* typed_ra.c; NULL for no container */
const struct config_ra *typed_ra(struct typed_maker *m, const struct lyd_node *node);
/* typed_dhcp.c; NULL for no container */
const struct config_dhcp *typed_dhcp(struct typed_maker *m, const struct lyd_node *dhcp);

/* typed_trust.c: the subnet's attachments are there already */
void typed_trust(struct typed_maker *m, const struct lyd_node *subnet,
                 struct config_subnet *s);
