/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/* clang-format off */
#include <linux/bpf.h> /* first: helpers use its types */
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
/* clang-format on */

/*
 * The floor under any packet program, for bench/xdpbench: one that does nothing, and one
 * that reads Ethernet and IPv4, takes a hop off and redirects, with no table but that of
 * the ports.
 */
struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP_HASH);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, __u32);
} out SEC(".maps");

SEC("xdp.frags")
int empty(struct xdp_md *ctx)
{
	return XDP_DROP;
}

SEC("xdp.frags")
int redirect(struct xdp_md *ctx)
{
	__u8 *p = (__u8 *)(long)ctx->data, *end = (__u8 *)(long)ctx->data_end;
	struct ethhdr *eth = (struct ethhdr *)p;
	struct iphdr *ip = (struct iphdr *)(eth + 1);

	if ((__u8 *)(ip + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP) ||
	    ip->version != 4 || ip->ttl < 2)
		return XDP_DROP;
	ip->ttl--;
	return (int)bpf_redirect_map(&out, 1, XDP_DROP);
}

char license_text[] SEC("license") = "Dual BSD/GPL";
