/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/host_trust_int.h"

/*
 * The room's commands.  `host attach` and `host detach` are for who runs the hosts, a
 * hypervisor's hook or an orchestrator: it knows of a move before the first frame tells.
 */
bool host_vrf_named(const struct hosts *h, const char *name, uint32_t *ret)
{
	list_for(n, &h->nets, struct host_net, of_all) {
		const char *have =
			h->ops->vrf_name ? h->ops->vrf_name(h->arg, n->cfg.vrf) : NULL;

		if (have && !strcmp(have, name)) {
			*ret = n->cfg.vrf;
			return true;
		}
	}
	return false;
}

static bool port_named(const struct hosts *h, uint32_t vrf, const char *name,
                       uint16_t *ret)
{
	hmap_for(it, &h->links) {
		const struct host_link *l = container_of(it.n, struct host_link, by_id);
		const char *have =
			h->ops->ac_name ? h->ops->ac_name(h->arg, l->cfg.id) : NULL;

		if (have && l->cfg.vrf == vrf && !strcmp(have, name)) {
			*ret = l->cfg.id;
			return true;
		}
	}
	return false;
}

static struct mono now_of(const struct hosts *h)
{
	return h->ops->now ? h->ops->now(h->arg) : h->latest;
}

static enum cmd_status no_vpn(struct cmd_req *req)
{
	return cmd_fail(req, CMD_NO, "no VPN with subnets is called \"%s\"",
	                req->argv[0]);
}

static enum cmd_status no_address(struct cmd_req *req, const char *want)
{
	return cmd_fail(req, CMD_USAGE, "expected %s, found \"%s\"", want, req->argv[1]);
}

static enum cmd_status clear(void *arg, struct cmd_req *req)
{
	struct hosts *h = arg;
	uint32_t vrf;
	struct ip ip;

	if (req->argc != 2)
		return cmd_fail(req, CMD_USAGE, "expected a VPN and an address");
	if (!host_vrf_named(h, req->argv[0], &vrf))
		return no_vpn(req);
	if (!ip_parse(req->argv[1], &ip))
		return no_address(req, "an address");
	if (!hosts_clear(h, vrf, &ip, now_of(h)))
		return cmd_fail(req, CMD_NO, "%s is not frozen as a duplicate here",
		                req->argv[1]);
	return CMD_OK;
}

/* Which reason was counted since `before`: that is why it was not believed. */
static const char *refused_for(const struct hosts *h, const uint64_t before[HOST_N_END])
{
	for (enum host_counter c = HOST_N_NO_PORT; c < HOST_N_END; c++) {
		if (h->count[c] != before[c])
			return host_counter_text(c);
	}
	return "it is frozen as a duplicate, see `why host`";
}

static enum cmd_status attach(void *arg, struct cmd_req *req)
{
	struct hosts *h = arg;
	struct host_evidence ev = { .kind = HOST_BY_ATTACH };
	uint64_t before[HOST_N_END];
	const struct host *x;

	if (req->argc != 4)
		return cmd_fail(req, CMD_USAGE,
		                "expected a VPN, an address, a MAC and a port");
	if (!host_vrf_named(h, req->argv[0], &ev.vrf))
		return no_vpn(req);
	if (!ip_parse(req->argv[1], &ev.sender))
		return no_address(req, "an address");
	if (!mac_parse(req->argv[2], &ev.mac))
		return cmd_fail(req, CMD_USAGE, "expected a MAC, found \"%s\"",
		                req->argv[2]);
	if (!port_named(h, ev.vrf, req->argv[3], &ev.ac))
		return cmd_fail(req, CMD_NO, "VPN %s has no port \"%s\"", req->argv[0],
		                req->argv[3]);
	memcpy(before, h->count, sizeof(before));
	hosts_evidence(h, &ev, now_of(h));
	x = host_find(h, ev.vrf, &ev.sender);
	if (!x || !host_is_local(x) || x->ac != ev.ac || !mac_eq(&x->mac, &ev.mac))
		return cmd_fail(req, CMD_NO, "%s", refused_for(h, before));
	return CMD_OK;
}

static enum cmd_status detach(void *arg, struct cmd_req *req)
{
	struct hosts *h = arg;
	struct mac mac;
	uint32_t vrf;
	struct ip ip;
	bool known;

	if (req->argc != 2)
		return cmd_fail(req, CMD_USAGE,
		                "expected a VPN, and an address or a MAC");
	if (!host_vrf_named(h, req->argv[0], &vrf))
		return no_vpn(req);
	if (ip_parse(req->argv[1], &ip) && hosts_is_static(h, vrf, &ip))
		return cmd_fail(
			req, CMD_NO,
			"%s is a configured host: it leaves with the configuration",
			req->argv[1]);
	if (ip_parse(req->argv[1], &ip))
		known = hosts_detach(h, vrf, &ip, now_of(h));
	else if (mac_parse(req->argv[1], &mac))
		known = hosts_detach_mac(h, vrf, &mac, now_of(h));
	else
		return no_address(req, "an address or a MAC");
	if (!known)
		return cmd_fail(req, CMD_NO, "%s is not on a port of ours", req->argv[1]);
	return CMD_OK;
}

/* clang-format off */
const struct cmd host_cmds[] = {
	{ "show hosts", "[VPN] [ADDRESS]", "hosts on our ports, and how they are known",
	  false, host_show },
	{ "show hosts counters", "", "evidence heard, refused and acted on",
	  false, host_show_counters },
	{ "show hosts limits", "[VPN]", "how much of each limit is used",
	  false, host_show_limits },
	{ "host attach", "VPN ADDRESS MAC PORT", "a host is here now, says who runs it",
	  true, attach },
	{ "host detach", "VPN ADDRESS|MAC", "a host left, says who runs it", true, detach },
	{ "host clear", "VPN ADDRESS", "a duplicate address is none any more", true, clear },
};
/* clang-format on */
const size_t host_cmds_n = ARRAY_LEN(host_cmds);
