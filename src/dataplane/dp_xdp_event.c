/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <bpf/libbpf.h>
#include <errno.h>

#include "dataplane/dp_xdp_int.h"

#include "xdp.skel.h"

/* What the packet program heard, from its ring buffer to events.evidence. */
enum { EVENTS_PER_POLL = 256 }; /* the loop has other work too */

_Static_assert((int)ABI_EV_N == (int)DP_EV_END, "the kinds of evidence are the same");

static struct ip event_ip(const struct abi_event *ev, const uint8_t *addr, unsigned none)
{
	if (ev->flags & none || (ev->afi != ABI_IP4 && ev->afi != ABI_IP6))
		return (struct ip){ .afi = AFI_NONE };
	return ip_of(ev->afi, addr);
}

/* Nothing to be kept here: a negative return ends this poll(), and the event is done. */
static int on_event(void *arg, void *data, size_t len)
{
	struct dp_xdp *x = arg;
	const struct abi_event *ev = data;
	struct dp_evidence out = { 0 };

	if (len < sizeof(*ev) || ev->kind >= ABI_EV_N)
		return 0;
	out.kind = (enum dp_evidence_kind)ev->kind;
	out.vrf = ev->vrf;
	out.ac = ev->ac;
	memcpy(out.mac.b, ev->mac, 6);
	out.sender = event_ip(ev, ev->sender, ABI_EV_NO_SENDER);
	out.target = event_ip(ev, ev->target, ABI_EV_NO_TARGET);
	out.router = ev->flags & ABI_EV_ROUTER;
	out.override = ev->flags & ABI_EV_OVERRIDE;
	if (x->dp.events.evidence)
		x->dp.events.evidence(x->dp.events.arg, &out);
	return --x->budget > 0 ? 0 : -EAGAIN;
}

int dp_xdp_events_open(struct dp_xdp *x)
{
	x->events =
		ring_buffer__new(bpf_map__fd(x->skel->maps.events), on_event, x, NULL);
	return x->events ? 0 : dp_xdp_fail(x, -errno, "opening the event ring");
}

int dp_xdp_event_fd(struct dataplane *dp)
{
	return ring_buffer__epoll_fd(dp_xdp_of(dp)->events);
}

void dp_xdp_poll(struct dataplane *dp)
{
	struct dp_xdp *x = dp_xdp_of(dp);

	x->budget = EVENTS_PER_POLL;
	ring_buffer__poll(x->events, 0);
}
