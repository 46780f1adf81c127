/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/bgp_explain.h"

#include "fuzz/fuzz.h"

/* Whatever the octets are, their explanation covers each once, from the first to the last
 * of the message; and what the reader calls well-formed is nowhere called wrong. */
struct told {
	size_t at, size, wrong;
};

static void part(void *arg, const struct bgp_explain *e)
{
	struct told *t = arg;

	must(e->at == t->at && e->len <= t->size - e->at);
	must(e->what[0] && (!e->wrong || e->wrong[0]));
	t->at += e->len;
	t->wrong += e->wrong != NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum { ALL = (1u << BGP_FAM_END) - 1 };
	static const struct bgp_ctx ctx[] = {
		{.ibgp = true,      .as4 = true,                .families = ALL},
		{ .peer_as = 65001, .families = 1u << BGP_VPN4},
		{ .ibgp = true,  .families = ALL,          .addpath_rx = ALL               },
	};

	for (size_t i = 0; i < sizeof(ctx) / sizeof(ctx[0]); i++) {
		struct told t = { .size = size };
		size_t len = size >= 19 ? (size_t)(data[16] << 8 | data[17]) : 0;

		bgp_explain_message(&ctx[i], data, size, part, &t);
		must(t.at == size || (len >= 19 && t.at == len));
	}
	return 0;
}
