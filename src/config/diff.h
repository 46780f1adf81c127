/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "config/config.h"

/*
 * From one configuration to the next: what changed, and what it takes to make it so in a
 * daemon that runs.
 */
enum config_effect {
	CONFIG_LIVE = 1, /* nobody notices */
	CONFIG_RESET,    /* a neighbor's session begins anew */
	CONFIG_RESTART,  /* only a new start of the daemon does it */
};

enum config_part {
	CONFIG_PART_OTHER,
	CONFIG_PART_NEIGHBOR_ADDED,
	CONFIG_PART_NEIGHBOR_DROPPED,
	CONFIG_PART_NEIGHBOR_CHANGED,
	CONFIG_PART_DYNAMIC,
	CONFIG_PART_MRT,
	CONFIG_PART_BMP,
	CONFIG_PART_VRRP,
	CONFIG_PART_PATHS,
	CONFIG_PART_LOG_LEVEL,
};

struct config_change {
	enum config_effect effect;
	enum config_part part;
	uint32_t line;    /* of the entry in the new file; 0: it is not there any more */
	const char *text; /* "neighbor 192.0.2.1: hold-time 90 → 30" */
	const struct config_bgp_neighbor
		*neighbor; /* of the part; the old one if dropped */
};

struct config_changes {
	const struct config_change *change;
	size_t n;
	enum config_effect worst; /* 0: nothing changed */
};

/* A neighbor that changed has one entry for each of its leaves that did.  Both
 * configurations are borrowed by the result. */
struct config_changes *config_diff(const struct config *old, const struct config *new);
void config_changes_free(struct config_changes *ch);
const char *config_effect_name(enum config_effect e);
