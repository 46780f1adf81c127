/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>

#include "base/mem.h"
#include "core/core_int.h"

/*
 * Interfaces by their configured names: present at the start or refused, followed by
 * netlink afterwards.  One that goes away takes its hosts with it; when an interface of
 * that name is back, it gets the program and its attachments again.
 */

/* Ids are 1, 2, … in the order of the file. */
const struct config_attachment *core_ac(const struct core *c, uint16_t id)
{
	return id && id <= c->cfg->n_attachments ? &c->cfg->attachment[id - 1] : NULL;
}

const struct core_port *core_ac_port(const struct core *c,
                                     const struct config_attachment *at)
{
	return c->ac_port[at->id - 1];
}

const char *core_ac_name(const struct core *c, uint16_t id, char *buf, size_t n)
{
	const struct config_attachment *at = core_ac(c, id);

	if (!at)
		return core_tools_name(c, id);
	if (at->inner_vlan)
		snprintf(buf, n, "%s.%u.%u", at->port, at->vlan, at->inner_vlan);
	else if (at->vlan)
		snprintf(buf, n, "%s.%u", at->port, at->vlan);
	else
		snprintf(buf, n, "%s", at->port);
	return buf;
}

static void ac_write(struct core *c, const struct core_port *p,
                     const struct config_attachment *at, uint32_t vrf)
{
	struct dp_ac ac = { .id = at->id,
		            .vrf = vrf,
		            .ifindex = p->ifindex,
		            .vlan = at->vlan,
		            .inner_vlan = at->inner_vlan,
		            .mac = p->mac };
	struct host_ac hac = { .id = at->id, .vrf = vrf, .mac = p->mac };

	if (at->site)
		hac.soo = extcom_of_as(EXTCOM_SOO, c->cfg->as, at->site);
	if (c->dp->ops->ac_set(c->dp, &ac))
		log_err("port %s: %s", p->name, dp_error(c->dp));
	hosts_ac_set(c->hosts, &hac, loop_now(c->loop));
	hosts_ac_link(c->hosts, at->id, p->up, loop_now(c->loop));
	core_ra_link(c, at->id, p->up);
	core_ha_port(c, at);
}

/* Each attachment of the port: present, or gone with it. */
static void port_attachments(struct core *c, const struct core_port *p)
{
	for (size_t i = 0; i < c->cfg->n_attachments; i++) {
		const struct config_attachment *at = &c->cfg->attachment[i];

		if (core_ac_port(c, at) != p)
			continue;
		if (p->ifindex)
			ac_write(c, p, at, c->cfg->attachment_vpn[i]);
		else {
			hosts_ac_link(c->hosts, at->id, false, loop_now(c->loop));
			core_ha_port(c, at);
			core_ra_link(c, at->id, false);
		}
	}
	core_hosts_arm(c);
}

static void core_interfaces_changed(struct core *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n_ports; i++) {
		if (c->port[i].role == DP_ROLE_CORE && c->port[i].ifindex)
			c->core_ifindex[n++] = c->port[i].ifindex;
	}
	if (c->nexthops)
		nexthops_set_core(c->nexthops, c->core_ifindex, n);
}

static void port_gone(struct core *c, struct core_port *p)
{
	log_warn("port %s: the interface is gone", p->name);
	core_punt_hear(c, p, false);
	c->dp->ops->port_del(c->dp, p->ifindex);
	p->ifindex = 0;
	p->up = false;
	if (p->role == DP_ROLE_CORE)
		core_interfaces_changed(c);
	else
		port_attachments(c, p);
}

/* Hosts send to the proxy MAC and to groups, neither of which is the NIC's own: its
 * filter must let them through to the packet program. */
static void port_hear_all(struct core *c, const struct core_port *p, bool on)
{
	core_punt_hear(c, p, on);
	if (p->role != DP_ROLE_ACCESS || !p->ifindex || !c->nl)
		return;
	if (netlink_link_hear_all(c->nl, p->ifindex, on) && on)
		log_warn("port %s: cannot hear all frames: %s", p->name,
		         netlink_error(c->nl));
}

static void port_back(struct core *c, struct core_port *p, const struct netlink_link *l)
{
	p->ifindex = l->ifindex;
	p->mac = l->mac;
	p->up = l->up && l->carrier;
	if (c->dp->ops->port_add(c->dp, p->ifindex, p->role)) {
		log_err("port %s: %s", p->name, dp_error(c->dp));
		p->ifindex = 0;
		return;
	}
	log_notice("port %s: the interface is back", p->name);
	port_hear_all(c, p, true);
	if (p->role == DP_ROLE_CORE)
		core_interfaces_changed(c);
	else
		port_attachments(c, p);
}

static void port_changed(struct core *c, struct core_port *p,
                         const struct netlink_link *l)
{
	bool up = l->up && l->carrier;

	if (up == p->up && mac_eq(&p->mac, &l->mac))
		return;
	if (up != p->up)
		log_notice("port %s: link %s", p->name, up ? "up" : "down");
	p->up = up;
	p->mac = l->mac;
	if (p->role == DP_ROLE_ACCESS)
		port_attachments(c, p);
}

/* First what is gone, then what is back: with one renamed, its name is free for another.
 */
void core_link(struct core *c, const struct netlink_link *l)
{
	for (size_t i = 0; i < c->n_ports; i++) {
		struct core_port *p = &c->port[i];

		if (p->ifindex == l->ifindex &&
		    (l->deleted || strcmp(p->name, l->name) != 0))
			port_gone(c, p);
		else if (p->ifindex == l->ifindex)
			port_changed(c, p, l);
	}
	for (size_t i = 0; i < c->n_ports && !l->deleted; i++) {
		struct core_port *p = &c->port[i];

		if (!p->ifindex && !strcmp(p->name, l->name))
			port_back(c, p, l);
	}
	core_ha_look(c);
}

static void on_link(void *arg, const struct netlink_link *l)
{
	core_link(arg, l);
}

static const struct netlink_events link_events = { .link = on_link };

int core_port_take(struct core *c, const char *name, enum dp_role role,
                   const struct netlink_link *l, char **ret_err)
{
	struct core_port *p = &c->port[c->n_ports];
	int r = c->dp->ops->port_add(c->dp, l->ifindex, role);

	if (r)
		return core_fail(ret_err, r, "interface \"%s\": %s", name,
		                 dp_error(c->dp));
	*p = (struct core_port){ .name = name,
		                 .role = role,
		                 .ifindex = l->ifindex,
		                 .mac = l->mac,
		                 .up = l->up && l->carrier };
	c->n_ports++;
	return 0;
}

static int port_start(struct core *c, const char *name, enum dp_role role, char **ret_err)
{
	struct netlink_link l;
	int r = netlink_link_by_name(c->nl, name, &l);

	if (r == -ENODEV)
		return core_fail(ret_err, r, "no interface is called \"%s\" here", name);
	if (r)
		return core_fail(ret_err, r, "%s", netlink_error(c->nl));
	if (!l.ethernet)
		return core_fail(ret_err, -EINVAL, "interface \"%s\" is not Ethernet",
		                 name);
	r = core_port_take(c, name, role, &l, ret_err);
	if (!r)
		port_hear_all(c, &c->port[c->n_ports - 1], true);
	return r;
}

static struct core_port *port_find(const struct core *c, const char *name)
{
	for (size_t i = 0; i < c->n_ports; i++) {
		if (!strcmp(c->port[i].name, name))
			return &c->port[i];
	}
	return NULL;
}

void core_ports_new(struct core *c)
{
	const struct config *cfg = c->cfg;

	c->port = mem_zalloc((cfg->n_core + cfg->n_attachments) * sizeof(*c->port));
	c->core_ifindex = mem_zalloc(cfg->n_core * sizeof(*c->core_ifindex));
	c->ac_port = mem_zalloc(cfg->n_attachments * sizeof(*c->ac_port));
	core_punts_new(c);
}

void core_ports_attach(struct core *c)
{
	for (size_t i = 0; i < c->cfg->n_attachments; i++)
		c->ac_port[i] = port_find(c, c->cfg->attachment[i].port);
	core_punts_attach(c);
	core_interfaces_changed(c);
	for (size_t i = 0; i < c->n_ports; i++) {
		if (c->port[i].role == DP_ROLE_ACCESS)
			port_attachments(c, &c->port[i]);
	}
}

int core_ports_start(struct core *c, char **ret_err)
{
	const struct config *cfg = c->cfg;
	int r = 0;

	core_ports_new(c);
	for (size_t i = 0; i < cfg->n_core && !r; i++)
		r = port_start(c, cfg->core_if[i], DP_ROLE_CORE, ret_err);
	for (size_t i = 0; i < cfg->n_attachments && !r; i++) {
		if (!port_find(c, cfg->attachment[i].port))
			r = port_start(c, cfg->attachment[i].port, DP_ROLE_ACCESS,
			               ret_err);
	}
	if (r)
		return r;
	core_ports_attach(c);
	netlink_listen(c->nl, &c->links, &link_events, c);
	return 0;
}

void core_ports_stop(struct core *c)
{
	netlink_unlisten(&c->links);
	for (size_t i = 0; i < c->n_ports && !c->leaving; i++)
		port_hear_all(c, &c->port[i], false);
	for (size_t i = 0; i < c->n_ports; i++)
		core_punt_hear(c, &c->port[i], false);
	core_punts_free(c);
	free(c->port);
	free(c->core_ifindex);
	free(c->ac_port);
	c->port = NULL;
	c->ac_port = NULL;
	c->n_ports = 0;
}
