/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/* clang-format off: the hook comes first, and fwd.h is written in its terms */
#include "bpf/fwd.h"
#include "bpf/hook_xdp.h"
/* clang-format on */

SEC("xdp.frags")
int vsubnet_xdp(struct xdp_md *h)
{
	return fwd_packet(h);
}

char license_text[] SEC("license") = "Dual BSD/GPL";
