/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/wbuf.h"
#include "core/core_int.h"

/*
 * host/ and its surroundings: evidence from the data plane in; probes and announcements
 * out as frames; happenings into log and monitor.
 */

void core_evidence(void *arg, const struct dp_evidence *ev)
{
	static const enum host_evidence_kind kind[DP_EV_END] = {
		[DP_EV_ARP_REQUEST] = HOST_BY_ARP_REQUEST,
		[DP_EV_ARP_REPLY] = HOST_BY_ARP_REPLY,
		[DP_EV_GARP] = HOST_BY_GARP,
		[DP_EV_ARP_PROBE] = HOST_BY_ARP_PROBE,
		[DP_EV_RARP] = HOST_BY_RARP,
		[DP_EV_NS] = HOST_BY_NS,
		[DP_EV_NS_DAD] = HOST_BY_NS_DAD,
		[DP_EV_NA] = HOST_BY_NA,
		[DP_EV_NA_UNSOLICITED] = HOST_BY_NA_UNSOLICITED,
		[DP_EV_MISS] = HOST_BY_MISS,
		[DP_EV_SOURCE] = HOST_BY_SOURCE,
		[DP_EV_CONFLICT] = HOST_BY_CONFLICT,
		[DP_EV_ASTRAY] = HOST_BY_ASTRAY,
	};
	struct core *c = arg;
	struct host_evidence he = { .kind = kind[ev->kind],
		                    .vrf = ev->vrf,
		                    /* our own packets come from nowhere */
		                    .ac = core_ac(c, ev->ac) ? ev->ac : 0,
		                    .mac = ev->mac,
		                    .sender = ev->sender,
		                    .target = ev->target,
		                    .router = ev->router,
		                    .override = ev->override };

	c->heard_at = loop_now(c->loop);
	hosts_evidence(c->hosts, &he, c->heard_at);
	c->heard_at = MONO_NEVER;
	core_hosts_arm(c);
}

static void arm_now(void *arg)
{
	struct core *c = arg;

	loop_timer_set(&c->hosts_timer, hosts_deadline(c->hosts));
}

void core_hosts_arm(struct core *c)
{
	loop_defer(c->loop, &c->hosts_defer, arm_now, c);
}

static void send_frame(void *arg, const struct host_frame *f)
{
	struct core *c = arg;
	const struct config_attachment *at = core_ac(c, f->ac);
	const struct core_port *p = at ? core_ac_port(c, at) : NULL;
	uint8_t frame[HOST_FRAME_MAX];
	struct wbuf w = wbuf_of(frame, sizeof(frame));

	if (!p || !p->ifindex || !c->packet)
		return;
	host_frame_write(&w, f, at->vlan, at->inner_vlan);
	must(wbuf_ok(&w));
	if (packet_send(c->packet, p->ifindex, frame, w.len))
		log_limited(&c->frames_lost, LOG_LEVEL_WARN, "port %s: probes are lost",
		            p->name);
	core_note_frame(c, f);
}

static bool seen(void *arg, uint32_t vrf, const struct ip *ip)
{
	struct core *c = arg;
	bool spoke = false;

	return !c->dp->ops->host_seen(c->dp, vrf, ip, &spoke) && spoke;
}

static bool remote(void *arg, uint32_t vrf, const struct ip *ip, struct host_remote *ret)
{
	return core_remote(arg, vrf, ip, ret);
}

static size_t of_mac(void *arg, uint32_t vrf, const struct mac *mac, struct ip *ret,
                     size_t max)
{
	const struct core *c = arg;

	return vrf_of_mac(c->vrfs, vrf, mac, ret, max);
}

struct walk {
	void (*fn)(void *arg, const struct ip *ip, const struct host_remote *r);
	void *arg;
};

static void walk_one(void *arg, const struct prefix *p, const struct vrf_remote *r)
{
	const struct walk *w = arg;
	struct host_remote hr = core_host_remote(r);

	if (prefix_is_host(p))
		w->fn(w->arg, &p->ip, &hr);
}

static bool remotes(void *arg, uint32_t vrf, uint64_t *pos, size_t look,
                    void (*fn)(void *fn_arg, const struct ip *ip,
                               const struct host_remote *r),
                    void *fn_arg)
{
	const struct core *c = arg;
	struct walk w = { .fn = fn, .arg = fn_arg };

	return vrf_remotes(c->vrfs, vrf, pos, look, walk_one, &w);
}

struct happening {
	struct core *c;
	const struct host_event *ev;
};

static const char *ac_name(void *arg, uint16_t ac)
{
	static char buf[64]; /* of the one thread; host/ copies or prints it at once */

	return core_ac_name(arg, ac, buf, sizeof(buf));
}

static const char *name_of_vrf(void *arg, uint32_t vrf)
{
	const struct core *c = arg;

	return vrf_name(c->vrfs, vrf);
}

static void fill_event(void *arg, struct view *v)
{
	const struct happening *h = arg;
	const struct host_event *ev = h->ev;

	view_str(v, "event", host_happening_text(ev->what));
	view_str(v, "vpn", vrf_name(h->c->vrfs, ev->vrf));
	view_ip(v, "address", &ev->ip);
	view_mac(v, "mac", &ev->mac);
	view_str(v, "port", ac_name(h->c, ev->ac));
	view_str(v, "by", host_evidence_text(ev->by));
	if (ev->why)
		view_str(v, "why", ev->why);
}

static enum log_level level_of(enum host_happening what)
{
	switch (what) {
	case HOST_HAP_REFUSED:
	case HOST_HAP_CONFLICT:
	case HOST_HAP_DUPLICATE:
	case HOST_HAP_SPOOF:
	case HOST_HAP_NEAR_LIMIT: return LOG_LEVEL_WARN;
	default: return LOG_LEVEL_INFO;
	}
}

static void log_event(struct core *c, const struct host_event *ev)
{
	const char *port = ac_name(c, ev->ac), *vpn = name_of_vrf(c, ev->vrf);
	char ip[IP_STRLEN], mac[MAC_STRLEN];

	if (ev->ip.afi == AFI_NONE && ev->why &&
	    (ev->what == HOST_HAP_NEAR_LIMIT || ev->what == HOST_HAP_LIMIT_FAR))
		log_at(level_of(ev->what), "vpn %s%s%s: %s: %s", vpn,
		       port ? " port " : "", port ? port : "",
		       host_happening_text(ev->what), ev->why);
	else
		log_at(level_of(ev->what), "host %s %s: %s mac=%s port=%s by=%s%s%s", vpn,
		       ip_fmt(&ev->ip, ip), host_happening_text(ev->what),
		       mac_fmt(&ev->mac, mac), port ? port : "-",
		       host_evidence_text(ev->by), ev->why ? " " : "",
		       ev->why ? ev->why : "");
}

static void happened(void *arg, const struct host_event *ev)
{
	struct happening h = { .c = arg, .ev = ev };

	log_event(arg, ev);
	ctl_event(h.c->ctl, "host", fill_event, &h);
	core_note_event(h.c, ev);
	core_hosts_arm(h.c); /* a command may have been the cause */
}

static struct mono now(void *arg)
{
	const struct core *c = arg;

	return loop_now(c->loop);
}

const struct host_ops core_host_ops = {
	.up = core_host_up,
	.down = core_host_down,
	.send = send_frame,
	.seen = seen,
	.remote = remote,
	.event = happened,
	.vrf_name = name_of_vrf,
	.ac_name = ac_name,
	.yield = core_host_yield,
	.forward = core_host_forward,
	.frozen = core_host_frozen,
	.of_mac = of_mac,
	.remotes = remotes,
	.now = now,
};
