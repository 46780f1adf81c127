/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "vrf/vrf.h"

/*
 * One VRF to which PEs offer routes for one prefix, and what it makes of them.  PE n is
 * 192.0.2.n; an offer's RD is its PE's and `rd`.
 */
struct offer {
	unsigned pe; /* 0: none */
	unsigned rd;
	unsigned site; /* 0: none is told */
	uint32_t seq;
	uint32_t less_pref; /* below 100 */
	uint32_t med;
	uint8_t as_path; /* AS numbers in it; the first is 64512 + as */
	uint8_t as;
	uint8_t origin;
	bool ebgp;
	bool stale;    /* LLGR_STALE */
	bool gre;      /* asks for GRE */
	bool no_encap; /* asks for something we do not have */
};

enum { OFFERS_VRF = 100, OFFERS_MY_SITE = 9, OFFERS_PES = 256 };

void offers_start(unsigned max_paths, const char *prefix);
void offers_stop(void);
void offers_make(const struct offer *o);
void offers_take_back(const struct offer *o);
void offers_reach(unsigned pe, bool reachable);
struct vrfs *offers_vrfs(void);
struct rib *offers_rib(void);
struct rib_source *offers_other_neighbor(void);
const struct prefix *offers_prefix(void);
/* Of the last call that told the owner: "12", "12 13", "-"; and how many calls. */
const char *offers_told(void);
unsigned offers_calls(void);
const struct vrf_remote *offers_told_best(void);
/* The verdict on that offer. */
enum vrf_verdict offers_verdict(const struct offer *o);
