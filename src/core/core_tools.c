/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/core_tools.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <stdio.h>

#include "base/mem.h"
#include "base/wbuf.h"
#include "core/core_int.h"
#include "sys/netlink_veth.h"
#include "wire/eth.h"

/*
 * One veth pair: the near end is an access port like any other, with one attachment a
 * VPN, the far end is where we write and hear whole frames.  So packets of ours take the
 * same way as a host's, through the same tables, and the kernel's own addresses and
 * routes have no part in it.
 *
 * The pair stays when the daemon ends to be followed by another, as do the packet path
 * and the routes that lead there.
 */
enum { TAGS = 4094, PACKET_MAX = 9216 };

struct tool {
	uint32_t vrf;
	uint16_t ac, vlan, inner_vlan;
	core_tools_fn *heard;
	void *arg;
};

struct core_tools {
	struct core *core;
	struct netlink_veth veth;
	struct tool *tool;
	size_t n;
	uint64_t sent, heard, strange;
};

static const char *far_name(const struct core *c, char buf[static NETLINK_NAME_LEN])
{
	snprintf(buf, NETLINK_NAME_LEN, "%.14s~", c->cfg->tools_port);
	return buf;
}

static bool wanted(const struct config_vpn *vpn)
{
	return vpn->loopback.afi != AFI_NONE || vpn->loopback6.afi != AFI_NONE;
}

static struct tool *tool_of_vrf(const struct core_tools *t, uint32_t vrf)
{
	for (size_t i = 0; t && i < t->n; i++) {
		if (t->tool[i].vrf == vrf)
			return &t->tool[i];
	}
	return NULL;
}

static struct tool *tool_of_tags(const struct core_tools *t, const struct eth *e)
{
	uint16_t vlan = e->n_tags > 0 ? e->tag[0].tci & ETH_VID_MASK : 0;
	uint16_t inner = e->n_tags > 1 ? e->tag[1].tci & ETH_VID_MASK : 0;
	size_t i = (size_t)inner * TAGS + vlan;

	return vlan && i <= t->n ? &t->tool[i - 1] : NULL;
}

bool core_tools_ac(const struct core *c, uint32_t vrf, uint16_t ac)
{
	const struct tool *tool = tool_of_vrf(c->tools, vrf);

	return tool && tool->ac == ac;
}

static void on_frame(void *arg, unsigned ifindex, const uint8_t *frame, size_t len)
{
	struct core_tools *t = arg;
	struct cur cur = cur_of(frame, len);
	const struct tool *tool;
	struct eth eth;
	size_t l3;

	if (eth_read(&cur, &eth) != ETH_OK) {
		t->strange++;
		return;
	}
	l3 = len - cur_left(&cur);
	tool = tool_of_tags(t, &eth);
	if (!tool || (eth.type != ETH_TYPE_IP4 && eth.type != ETH_TYPE_IP6)) {
		t->strange++;
		return;
	}
	t->heard++;
	if (tool->heard)
		tool->heard(tool->arg, tool->vrf, frame + l3, len - l3);
}

int core_tools_open(struct core *c, uint32_t vrf, core_tools_fn *heard, void *arg)
{
	struct tool *tool = tool_of_vrf(c->tools, vrf);

	if (!tool)
		return -ENOENT;
	tool->heard = heard;
	tool->arg = arg;
	return 0;
}

int core_tools_send(struct core *c, uint32_t vrf, const uint8_t *packet, size_t len)
{
	struct core_tools *t = c->tools;
	const struct tool *tool = tool_of_vrf(t, vrf);
	uint8_t frame[ETH_HEADER_MAX + PACKET_MAX];
	struct wbuf w = wbuf_of(frame, sizeof(frame));
	struct eth eth = { 0 };

	if (!tool)
		return -ENOENT;
	if (!len || len > PACKET_MAX)
		return -EMSGSIZE;
	eth.dst = t->veth.near_mac;
	eth.src = t->veth.far_mac;
	eth.type = packet[0] >> 4 == 4 ? ETH_TYPE_IP4 : ETH_TYPE_IP6;
	eth_tag_set(&eth, tool->vlan, tool->inner_vlan);
	eth_write(&w, &eth);
	wbuf_bytes(&w, packet, len);
	must(wbuf_ok(&w));
	t->sent++;
	return packet_send(c->packet, t->veth.far, frame, w.len);
}

/* A host route to ourselves, and the word of it to the other PEs. */
static int announce(struct core_tools *t, const struct tool *tool, const struct ip *ip)
{
	struct core *c = t->core;
	struct prefix p = prefix_host(ip);
	struct dp_route route = { .kind = DP_ROUTE_LOCAL,
		                  .ac = tool->ac,
		                  .mac = t->veth.far_mac };
	struct vrf_host host = { .ip = *ip, .configured = true };
	int r;

	if (ip->afi == AFI_NONE)
		return 0;
	r = c->dp->ops->route_set(c->dp, tool->vrf, &p, &route);
	if (!r)
		vrf_host_up(c->vrfs, tool->vrf, &host);
	return r;
}

/* Numbers from the top: the attachments of the configuration have those below. */
static int attach(struct core_tools *t, const struct config_vpn *vpn)
{
	struct core *c = t->core;
	size_t k = t->n;
	struct tool *tool = &t->tool[k];
	struct dp_ac ac;
	int r;

	*tool = (struct tool){ .vrf = vpn->id,
		               .ac = (uint16_t)(DP_AC_MAX - k),
		               .vlan = (uint16_t)(1 + k % TAGS),
		               .inner_vlan = (uint16_t)(k / TAGS) };
	t->n++;
	ac = (struct dp_ac){ .id = tool->ac,
		             .vrf = tool->vrf,
		             .ifindex = t->veth.near,
		             .vlan = tool->vlan,
		             .inner_vlan = tool->inner_vlan,
		             .mac = t->veth.near_mac };
	r = c->dp->ops->ac_set(c->dp, &ac);
	if (!r)
		r = announce(t, tool, &vpn->loopback);
	return r ? r : announce(t, tool, &vpn->loopback6);
}

int core_tools_start(struct core *c, char **ret_err)
{
	char far[NETLINK_NAME_LEN];
	struct core_tools *t;
	size_t n = 0;
	int r;

	for (size_t i = 0; i < c->cfg->n_vpns; i++)
		n += wanted(&c->cfg->vpn[i]);
	if (!n)
		return 0;
	if (n + c->cfg->n_attachments > DP_AC_MAX)
		return core_fail(ret_err, -ENOSPC,
		                 "%zu VPNs have a loopback, which with %zu attachments "
		                 "is more than %d",
		                 n, c->cfg->n_attachments, DP_AC_MAX);
	t = c->tools = mem_new(struct core_tools);
	t->core = c;
	t->tool = mem_zalloc(n * sizeof(*t->tool));
	r = netlink_veth_open(c->nl, c->cfg->tools_port, far_name(c, far), &t->veth);
	if (r)
		return core_fail(ret_err, r, "tools port: %s", netlink_error(c->nl));
	r = c->dp->ops->port_add(c->dp, t->veth.near, DP_ROLE_ACCESS);
	for (size_t i = 0; i < c->cfg->n_vpns && !r; i++) {
		if (wanted(&c->cfg->vpn[i]))
			r = attach(t, &c->cfg->vpn[i]);
	}
	if (r)
		return core_fail(ret_err, r, "tools port: %s", dp_error(c->dp));
	r = packet_hear(c->packet, c->loop, t->veth.far, ETH_P_ALL, on_frame, t);
	return r ? core_fail(ret_err, r, "tools port: %s", strerror(-r)) : 0;
}

void core_tools_stop(struct core *c)
{
	struct core_tools *t = c->tools;

	if (!t)
		return;
	if (t->veth.far)
		packet_unhear(c->packet, t->veth.far);
	if (t->veth.near && !c->leaving)
		netlink_veth_remove(c->nl, c->cfg->tools_port);
	free(t->tool);
	free(t);
	c->tools = NULL;
}

const char *core_tools_name(const struct core *c, uint16_t ac)
{
	size_t k = DP_AC_MAX - (size_t)ac;

	return c->tools && ac && k < c->tools->n ? c->cfg->tools_port : NULL;
}

void core_tools_show(const struct core *c, struct view *v)
{
	const struct core_tools *t = c->tools;

	if (!t)
		return;
	view_obj(v, "tools");
	view_str(v, "port", c->cfg->tools_port);
	view_num(v, "vpns", (int64_t)t->n);
	view_num(v, "sent", (int64_t)t->sent);
	view_num(v, "heard", (int64_t)t->heard);
	view_num(v, "strange", (int64_t)t->strange);
	view_end(v);
}
