/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/* The hook comes first: fwd.h is written in its terms. */
/* clang-format off */
#include "bpf/hook_xdp.h"
#include "bpf/fwd.h"
/* clang-format on */

SEC("xdp.frags")
int vsubnet_xdp(struct xdp_md *h)
{
	return fwd_packet(h);
}

char license_text[] SEC("license") = "Dual BSD/GPL";
