/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/dhcp.h"
#include "wire/dhcp6.h"

#include "gateway/gw_dhcp_int.h"

enum { SHOW_PAGE = 512 };

const char *gw_dhcp_counter_text(enum gw_dhcp_counter n)
{
	static const char *const text[GW_DHCP_N_END] = {
		[GW_DHCP_N_TO_SERVER] = "to-servers",
		[GW_DHCP_N_TO_CLIENT] = "to-hosts",
		[GW_DHCP_N_LEASES] = "leases",
		[GW_DHCP_N_ENDED] = "leases-ended",
		[GW_DHCP_N_DELEGATED] = "prefixes-delegated",
		[GW_DHCP_N_BAD_PACKET] = "bad-packet",
		[GW_DHCP_N_BAD_MESSAGE] = "bad-message",
		[GW_DHCP_N_UNEXPECTED] = "unexpected-type",
		[GW_DHCP_N_NO_RELAY] = "no-relay",
		[GW_DHCP_N_BACKUP] = "backup",
		[GW_DHCP_N_RATE] = "over-rate",
		[GW_DHCP_N_HOPS] = "too-many-hops",
		[GW_DHCP_N_FOREIGN_RELAY] = "foreign-relay",
		[GW_DHCP_N_FOREIGN_INFO] = "foreign-relay-information",
		[GW_DHCP_N_WRONG_MAC] = "wrong-mac",
		[GW_DHCP_N_TOO_BIG] = "too-big",
		[GW_DHCP_N_STRANGER] = "not-a-server",
		[GW_DHCP_N_NOT_OURS] = "not-our-relay",
		[GW_DHCP_N_NO_CIRCUIT] = "unknown-circuit",
		[GW_DHCP_N_OUTSIDE] = "outside-subnet",
		[GW_DHCP_N_NO_MAC] = "forgotten-host",
		[GW_DHCP_N_FORGOTTEN] = "hosts-forgotten",
	};

	return text[n];
}

static const struct view_col relay_cols[] = {
	{"vpn",        "VPN",       10},
	{ "subnet",    "Subnet",    20},
	{ "port",      "Port",      14},
	{ "role",      "Role",      8 },
	{ "relay",     "Relay",     18},
	{ "servers",   "Servers",   8 },
	{ "heard",     "Heard",     9 },
	{ "answered",  "Answered",  9 },
	{ "over-rate", "Over rate", 0 },
};

static void show_relays(const struct gw_dhcp *g, struct view *v)
{
	view_table(v, "relays", relay_cols, ARRAY_LEN(relay_cols));
	list_for(sn, &g->subnets, struct gw_subnet, of_all) {
		list_for(p, &sn->places, struct gw_place, of_subnet) {
			view_str(v, NULL, g->ops->vrf_name(g->arg, sn->cfg.vrf));
			view_str(v, NULL, sn->cfg.name);
			view_str(v, NULL, g->ops->ac_name(g->arg, p->ac->id));
			view_str(v, NULL, p->master ? "master" : "backup");
			view_ip(v, NULL, &sn->cfg.loopback);
			view_num(v, NULL, (int64_t)sn->cfg.n_servers);
			view_num(v, NULL, (int64_t)p->heard);
			view_num(v, NULL, (int64_t)p->answered);
			view_num(v, NULL, (int64_t)p->over_rate);
		}
	}
	view_table_end(v);
}

static void show_types(struct view *v, const char *family,
                       const char *(*text)(uint8_t type), const uint64_t up[GW_TYPES],
                       const uint64_t down[GW_TYPES])
{
	for (unsigned i = 0; i < GW_TYPES; i++) {
		if (!up[i] && !down[i])
			continue;
		view_str(v, NULL, family);
		view_str(v, NULL, text((uint8_t)i));
		view_num(v, NULL, (int64_t)up[i]);
		view_num(v, NULL, (int64_t)down[i]);
	}
}

static void show_messages(const struct gw_dhcp *g, struct view *v)
{
	static const struct view_col col[] = {
		{"protocol", "Protocol",   9 },
		{ "message", "Message",    20},
		{ "heard",   "From hosts", 11},
		{ "sent",    "To hosts",   0 },
	};

	view_table(v, "messages", col, ARRAY_LEN(col));
	show_types(v, "DHCP", dhcp_type_text, g->up4, g->down4);
	show_types(v, "DHCPv6", dhcp6_type_text, g->up6, g->down6);
	view_table_end(v);
}

static enum cmd_status show_dhcp(void *arg, struct cmd_req *req)
{
	const struct gw_dhcp *g = arg;

	if (req->argc)
		return cmd_fail(req, CMD_USAGE, "expected nothing more, found \"%s\"",
		                req->argv[0]);
	show_relays(g, req->view);
	show_messages(g, req->view);
	view_obj(req->view, "counters");
	for (unsigned i = 0; i < GW_DHCP_N_END; i++)
		view_num(req->view, gw_dhcp_counter_text(i), (int64_t)g->count[i]);
	view_end(req->view);
	return CMD_OK;
}

static const struct view_col lease_cols[] = {
	{"vpn",      "VPN",     10},
        { "address", "Address", 24},
	{ "mac",     "MAC",     19},
        { "port",    "Port",    14},
	{ "state",   "State",   9 },
        { "ends-in", "Ends in", 9 },
	{ "server",  "Server",  0 },
};

static void show_lease(const struct gw_dhcp *g, const struct gw_client *c, struct view *v,
                       struct mono now)
{
	view_str(v, NULL, g->ops->vrf_name(g->arg, c->vrf));
	view_ip(v, NULL, &c->ip);
	view_mac(v, NULL, &c->mac);
	view_str(v, NULL, g->ops->ac_name(g->arg, c->ac->id));
	view_str(v, NULL, c->state == GW_CLIENT_BOUND ? "bound" : "offered");
	if (mono_is_never(c->until))
		view_str(v, NULL, "never");
	else
		view_age(v, NULL, mono_ms_since(c->until, now) / 1000);
	view_ip(v, NULL, &c->server);
}

/* In the order they were heard of; a request goes on behind the last one it showed. */
static enum cmd_status show_leases(void *arg, struct cmd_req *req)
{
	const struct gw_dhcp *g = arg;
	struct mono now = g->ops->now(g->arg);
	unsigned n = 0;

	if (req->argc)
		return cmd_fail(req, CMD_USAGE, "expected nothing more, found \"%s\"",
		                req->argv[0]);
	if (!req->pos)
		view_table(req->view, "leases", lease_cols, ARRAY_LEN(lease_cols));
	list_for(c, &g->all_clients, struct gw_client, of_all) {
		if (c->serial <= req->pos || c->state == GW_CLIENT_PEER ||
		    mono_reached(now, c->until))
			continue;
		if (n++ == SHOW_PAGE)
			return CMD_MORE;
		show_lease(g, c, req->view, now);
		req->pos = c->serial;
	}
	view_table_end(req->view);
	return CMD_OK;
}

const struct cmd gw_dhcp_cmds[] = {
	{"show dhcp",         "", "DHCP relays, what they passed on and dropped",   false,
         show_dhcp  },
	{ "show dhcp leases", "", "addresses that DHCP servers gave to hosts here", false,
         show_leases},
};
const size_t gw_dhcp_cmds_n = ARRAY_LEN(gw_dhcp_cmds);
