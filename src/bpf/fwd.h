/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
#pragma once

/*
 * The packet program.  What hook it runs on is the includer's choice: include
 * bpf/hook_xdp.h or bpf/hook_native.h first.
 *
 * A packet goes through stages, each a function that the verifier checks by itself:
 *
 *	fwd_classify  whose port, which VRF, what kind of packet
 *	nb_arp, nb_nd learn, and answer for other sites' hosts
 *	source_look   learn from data
 *	fwd_route     look up and send
 *	icmp_error    tell the sender why not
 *	icmp_echo     a ping to the gateway
 *	punt          what the daemon must answer
 *	astray_look   to a station that is at another site now
 *
 * and ends as one enum abi_reason, counted once.
 */
#include "bpf/access.h"
#include "bpf/arp.h"
#include "bpf/astray.h"
#include "bpf/core.h"
#include "bpf/echo.h"
#include "bpf/icmp.h"
#include "bpf/nd.h"
#include "bpf/punt.h"
#include "bpf/route.h"
#include "bpf/source.h"

FWD_INLINE int fwd_classify(hook_t *h, struct fwd *f)
{
	const struct pkt_eth *eth = (const struct pkt_eth *)hook_data(h);
	const __u8 *end = hook_end(h);
	struct abi_port *port = tab_ports(&f->ifindex);

	if (!port)
		return ABI_PORT_UNKNOWN;
	if ((const __u8 *)(eth + 1) > end)
		return ABI_SHORT;
	if (port->role == ABI_ROLE_ACCESS)
		return fwd_from_access(h, f, eth, end);
	return fwd_from_core(h, f, eth, end, port);
}

FWD_INLINE int fwd_stages(hook_t *h, struct fwd *f)
{
	int r = fwd_classify(h, f);
	struct abi_ac_count *c = f->ac ? tab_ac_counts(&f->ac) : (void *)0;

	if (c) {
		c->in.packets++;
		c->in.bytes += f->bound; /* the frame, padding too */
	}
	if (r == STAGE_ARP)
		return nb_arp(h, f);
	if (r == STAGE_ND)
		return nb_nd(h, f);
	if (r == STAGE_ROUTE) {
		if (c && source_due(c))
			source_look(h, f);
		r = fwd_route(h, f);
	}
	if (r < STAGE_ARP)
		return r;
	if (r == STAGE_ASTRAY)
		return c && astray_due(c) ? astray_look(h, f) : ABI_NOT_FOR_US;
	if (r == STAGE_PUNT)
		r = punt(h, f);
	if (r < STAGE_ARP)
		return r;
	r = r == STAGE_ECHO ? icmp_echo(h, f) : icmp_error(h, f, r);
	if (r == STAGE_ROUTE) /* our own message, to a sender behind the core */
		r = fwd_route(h, f);
	return r < ABI_REASON_N ? r : ABI_NO_PATH;
}

FWD_INLINE int fwd_verdict(hook_t *h, const struct fwd *f, __u32 reason)
{
	if (reason >= ABI_TO_CORE && reason <= ABI_SAID_TOO_BIG)
		return hook_send(h, f->out);
	return reason <= ABI_TO_RA ? HOOK_PASS : HOOK_DROP;
}

FWD_INLINE int fwd_packet(hook_t *h)
{
	__u32 len = hook_len(h);
	struct fwd f = { .ifindex = hook_ifindex(h),
		         .frame_len = len,
		         .bound = len,
		         .label_ttl = LABEL_TTL };
	__u32 reason = (__u32)fwd_stages(h, &f), zero = 0;

	fwd_count(reason, len);
	if (tab_tracing()) {
		struct abi_trace *t = tab_trace(&zero);

		if (t) {
			t->reason = reason;
			t->out = f.out;
		}
	}
	return fwd_verdict(h, &f, reason);
}
