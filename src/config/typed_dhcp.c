/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <libyang/libyang.h>

#include "config/typed_int.h"

static const struct ip *make_servers(struct typed_maker *m, const struct lyd_node *dhcp,
                                     size_t *ret_n)
{
	struct ip *ip = arena_array(m->arena, struct ip, typed_count(dhcp, "servers"));
	const struct lyd_node *n;

	LY_LIST_FOR(lyd_child(dhcp), n) {
		if (!strcmp(n->schema->name, "servers") &&
		    ip_parse(lyd_get_value(n), &ip[*ret_n]))
			++*ret_n;
	}
	return ip;
}

const struct config_dhcp *typed_dhcp(struct typed_maker *m, const struct lyd_node *dhcp)
{
	struct config_dhcp *d;

	if (!dhcp)
		return NULL;
	d = arena_new(m->arena, struct config_dhcp);
	d->server = make_servers(m, dhcp, &d->n_servers);
	d->remote_id = typed_str(m, dhcp, "remote-id");
	if (!d->remote_id)
		d->remote_id = m->cfg->name;
	d->max_hops = (uint8_t)typed_num(dhcp, "max-hops");
	d->max_rate = typed_num(dhcp, "max-rate");
	d->server_id_override = typed_flag(dhcp, "server-id-override");
	d->vss = typed_flag(dhcp, "vss");
	return d;
}
