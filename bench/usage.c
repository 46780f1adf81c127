/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "usage.h"

#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bgpbench.h"

/* ---- the daemon's resources ---- */

struct usage usage_of_daemon(void)
{
	struct usage u = { 0 };
	for (unsigned k = 0; k < bench.npids; k++) {
		char path[64], line[1024];
		snprintf(path, sizeof path, "/proc/%d/status", bench.pids[k]);
		FILE *f = fopen(path, "r");
		if (!f)
			continue;
		while (fgets(line, sizeof line, f)) {
			long v;
			if (sscanf(line, "VmRSS: %ld", &v) == 1)
				u.rss_kb += v;
			else if (sscanf(line, "VmHWM: %ld", &v) == 1)
				u.hwm_kb += v;
		}
		fclose(f);
		snprintf(path, sizeof path, "/proc/%d/stat", bench.pids[k]);
		f = fopen(path, "r");
		if (!f)
			continue;
		if (fgets(line, sizeof line, f)) {
			/* fields 14 and 15, counted after the ")" of the name */
			char *p = strrchr(line, ')');
			unsigned long ut, st;
			if (p &&
			    sscanf(p + 2,
			           "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
			           &ut, &st) == 2) {
				double hz = sysconf(_SC_CLK_TCK);
				u.user_s += ut / hz;
				u.sys_s += st / hz;
			}
		}
		fclose(f);
	}
	return u;
}

static long map_bytes(const char *path)
{
	FILE *f = fopen(path, "r");
	char line[256];
	long n = 0, v;
	bool map = false;

	if (!f)
		return 0;
	while (fgets(line, sizeof line, f)) {
		map = map || !strncmp(line, "map_type:", 9);
		if (sscanf(line, "memlock: %ld", &v) == 1)
			n = v;
	}
	fclose(f);
	return map ? n : 0;
}

long usage_maps_kb(void)
{
	long sum = 0;

	for (unsigned k = 0; k < bench.npids; k++) {
		char path[64];
		glob_t g;

		snprintf(path, sizeof path, "/proc/%d/fdinfo/*", bench.pids[k]);
		if (glob(path, 0, NULL, &g))
			continue;
		for (size_t i = 0; i < g.gl_pathc; i++)
			sum += map_bytes(g.gl_pathv[i]);
		globfree(&g);
	}
	return sum / 1024;
}

double usage_of_tool(void)
{
	struct rusage r;
	getrusage(RUSAGE_SELF, &r);
	return r.ru_utime.tv_sec + r.ru_utime.tv_usec / 1e6 + r.ru_stime.tv_sec +
	       r.ru_stime.tv_usec / 1e6;
}
