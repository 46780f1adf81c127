/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>

#include "base/mem.h"
#include "dataplane/dp_xdp_int.h"

#include "xdp.skel.h"

static const struct {
	const char *name, *text;
} reasons[] = {
#define X(name, fate, text) { #name, text },
	ABI_REASONS(X)
#undef X
};

/* A reason as its name in JSON and on the command line: lower case, with dashes. */
static void reason_fmt(const char *name, char buf[static 32])
{
	size_t i;

	for (i = 0; name[i] && i < 31; i++)
		buf[i] = name[i] == '_' ? '-' : (char)(name[i] | 0x20);
	buf[i] = '\0';
}

void dp_xdp_show_counters(struct dataplane *dp, struct view *v)
{
	static const struct view_col col[] = {
		{"reason",   "Reason",        18},
		{ "text",    "What it means", 58},
		{ "packets", "Packets",       14},
		{ "bytes",   "Bytes",         0 },
	};
	struct dp_xdp *x = dp_xdp_of(dp);
	int cpus = libbpf_num_possible_cpus();
	AUTO_FREE struct abi_count *c =
		mem_zalloc((size_t)(cpus > 0 ? cpus : 1) * sizeof(*c));

	view_table(v, "counters", col, ARRAY_LEN(col));
	for (uint32_t i = 0; i < ABI_REASON_N; i++) {
		struct abi_count sum = { 0 };
		char name[32];

		if (bpf_map_lookup_elem(bpf_map__fd(x->skel->maps.counts), &i, c))
			continue;
		for (int cpu = 0; cpu < cpus; cpu++) {
			sum.packets += c[cpu].packets;
			sum.bytes += c[cpu].bytes;
		}
		if (!sum.packets)
			continue;
		reason_fmt(reasons[i].name, name);
		view_str(v, NULL, name);
		view_str(v, NULL, reasons[i].text);
		view_num(v, NULL, (int64_t)sum.packets);
		view_num(v, NULL, (int64_t)sum.bytes);
	}
	view_table_end(v);
}

static void show_hosts(struct view *v, const char *key, const struct hosttab *t)
{
	view_obj(v, key);
	view_num(v, "hosts", (int64_t)t->used);
	view_num(v, "room", (int64_t)t->max);
	view_num(v, "moved-aside", (int64_t)t->moves);
	view_num(v, "refused", (int64_t)t->full);
	view_num(v, "bytes", (int64_t)t->n * (int64_t)sizeof(struct abi_bucket));
	view_end(v);
}

void dp_xdp_show_system(struct dataplane *dp, struct view *v)
{
	static const struct view_col col[] = {
		{"port",  "Port", 16},
		{ "role", "Role", 8 },
		{ "mode", "Mode", 8 },
		{ "mtu",  "MTU",  0 },
	};
	struct dp_xdp *x = dp_xdp_of(dp);

	view_str(v, "backend", "xdp");
	view_str(v, "pin-directory", x->pin_dir);
	view_flag(v, "adopted", x->adopted);
	view_num(v, "starts", x->stamp);
	show_hosts(v, "hosts-ipv4", &x->hosts4);
	show_hosts(v, "hosts-ipv6", &x->hosts6);
	view_table(v, "ports", col, ARRAY_LEN(col));
	list_for(p, &x->ports, struct xdp_port, in_ports) {
		char name[IF_NAMESIZE];

		view_str(v, NULL, if_indextoname(p->ifindex, name) ? name : "(gone)");
		view_str(v, NULL,
		         !p->fresh                 ? "left"
		         : p->role == DP_ROLE_CORE ? "core"
		                                   : "access");
		view_str(v, NULL, p->generic ? "generic" : "native");
		view_num(v, NULL, dp_xdp_port_mtu(p->ifindex));
	}
	view_table_end(v);
}
