/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

struct usage { /* of the daemon: the sum over --pid */
	long rss_kb, hwm_kb;
	double user_s, sys_s;
};

struct usage usage_of_daemon(void);
long usage_maps_kb(void);   /* the kernel's memory for its BPF maps */
double usage_of_tool(void); /* CPU seconds of bgpbench itself */
