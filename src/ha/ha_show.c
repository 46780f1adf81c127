/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>

#include "ha/ha_int.h"

/* The room's commands: what each group is and why, and mastership told from outside. */

static struct mono now_of(const struct ha *h)
{
	return h->ops->now ? h->ops->now(h->arg) : h->latest;
}

const char *ha_happening_text(enum ha_happening w)
{
	static const char *const text[HA_HAP_END] = {
		[HA_HAP_MASTER] = "master",         [HA_HAP_BACKUP] = "backup",
		[HA_HAP_STOPPED] = "stopped",       [HA_HAP_TWO_MASTERS] = "two-masters",
		[HA_HAP_ONE_MASTER] = "one-master", [HA_HAP_MISMATCH] = "other-addresses",
		[HA_HAP_MATCH] = "same-addresses",  [HA_HAP_CORE_LOST] = "core-lost",
		[HA_HAP_CORE_BACK] = "core-back",
	};

	return w < HA_HAP_END ? text[w] : "unknown";
}

static const char *const counter_text[HA_N_END] = {
	[HA_N_SENT] = "sent",
	[HA_N_SENT_RESIGN] = "sent-resignations",
	[HA_N_ANNOUNCED] = "announcements",
	[HA_N_HEARD] = "heard",
	[HA_N_HEARD_RESIGN] = "heard-resignations",
	[HA_N_HEARD_PLAIN] = "heard-checksum-rfc9568",
	[HA_N_OTHER_INTERVAL] = "heard-other-interval",
	[HA_N_OTHER_ADDRESSES] = "heard-other-addresses",
	[HA_N_OWN_ADDRESS] = "heard-own-address",
	[HA_N_EXTERNAL] = "ignored-external",
	[HA_N_NO_LINK] = "ignored-not-running",
	[HA_N_MASTER] = "became-master",
	[HA_N_TWO_MASTERS] = "two-masters",
};

static const char *const fault_key[VRRP_FAULT_END] = {
	[VRRP_SHORT] = "bad-short",         [VRRP_NOT_VRRP] = "bad-protocol",
	[VRRP_IP_SUM] = "bad-ip-checksum",  [VRRP_TTL] = "bad-ttl",
	[VRRP_DST] = "bad-destination",     [VRRP_SRC] = "bad-source",
	[VRRP_VERSION_2] = "bad-version-2", [VRRP_VERSION] = "bad-version",
	[VRRP_TYPE] = "bad-type",           [VRRP_LENGTH] = "bad-length",
	[VRRP_COUNT] = "bad-address-count", [VRRP_SUM] = "bad-checksum",
	[VRRP_VRID] = "bad-vrid",           [VRRP_INTERVAL] = "bad-interval",
};

/* ---- why -------------------------------------------------------------------------- */

static const char *why_init(const struct ha *h, const struct ha_group *g)
{
	if (h->ending)
		return "the daemon stops";
	if (!g->up)
		return "the link is down";
	return g->cfg.primary.afi ? "it is not wanted any more"
	                          : "it has no address to speak from";
}

static void why_aside(const struct ha *h, const struct ha_group *g, char *buf, size_t n)
{
	if (g->told == HA_TOLD_BACKUP)
		snprintf(buf, n, "an operator put it aside");
	else
		snprintf(buf, n, "the core is out of reach: %s",
		         h->core_why ? h->core_why : "until now");
}

static const char *why_backup(const struct ha *h, const struct ha_group *g, char *buf,
                              size_t n)
{
	uint8_t ours = ha_priority(h, g);
	char ip[IP_STRLEN];

	if (g->cfg.external)
		return g->told == HA_TOLD_AUTO ? "waits to be told" : "told so";
	if (ha_aside(h, g)) {
		why_aside(h, g, buf, n);
		return buf;
	}
	if (!g->peer.ip.afi)
		return "listens whether there is a master";
	ip_fmt(&g->peer.ip, ip);
	if (g->peer.priority == VRRP_RESIGN)
		snprintf(buf, n, "%s resigned just now", ip);
	else if (g->peer.priority > ours)
		snprintf(buf, n, "%s has priority %u", ip, g->peer.priority);
	else if (g->peer.priority == ours)
		snprintf(buf, n, "%s is master with the same priority", ip);
	else if (!g->cfg.preempt)
		snprintf(buf, n, "it does not preempt %s", ip);
	else if (!ha_ready(h, g, now_of(h)))
		snprintf(buf, n, "waits for BGP before it takes over from %s", ip);
	else
		snprintf(buf, n, "about to take over from %s", ip);
	return buf;
}

static const char *why_master(const struct ha *h, const struct ha_group *g, char *buf,
                              size_t n)
{
	char ip[IP_STRLEN] = "nobody";
	int k;

	if (g->peer.ip.afi)
		ip_fmt(&g->peer.ip, ip);
	switch (g->why) {
	case HA_WHY_SILENT: k = snprintf(buf, n, "%s fell silent", ip); break;
	case HA_WHY_RESIGNED: k = snprintf(buf, n, "%s resigned", ip); break;
	case HA_WHY_PREEMPT:
		k = snprintf(buf, n, "its priority is higher than that of %s", ip);
		break;
	case HA_WHY_OWNER: k = snprintf(buf, n, "the addresses are its own"); break;
	case HA_WHY_RESUMED:
		k = snprintf(buf, n, "it was before this daemon started");
		break;
	case HA_WHY_TOLD: k = snprintf(buf, n, "told so"); break;
	default: k = snprintf(buf, n, "nobody else speaks"); break;
	}
	if (g->rivals > 1)
		snprintf(buf + k, n - (size_t)k, "; another master: %s",
		         ip_fmt(&g->rival, ip));
	else if (!g->cfg.external && ha_aside(h, g))
		snprintf(buf + k, n - (size_t)k, "; for want of a better one, as %s",
		         g->told == HA_TOLD_BACKUP ? "an operator put it aside"
		                                   : "the core is out of reach");
	return buf;
}

const char *ha_why_text(const struct ha *h, const struct ha_group *g, char *buf, size_t n)
{
	switch (g->state) {
	case HA_BACKUP: return why_backup(h, g, buf, n);
	case HA_MASTER: return why_master(h, g, buf, n);
	default: return why_init(h, g);
	}
}

/* ---- show ------------------------------------------------------------------------- */

static const char *vrf_text(const struct ha *h, const struct ha_group *g)
{
	const char *s = h->ops->vrf_name(h->arg, g->cfg.vrf);

	return s ? s : "?";
}

static const char *ac_text(const struct ha *h, const struct ha_group *g)
{
	const char *s = h->ops->ac_name(h->arg, g->cfg.ac);

	return s ? s : "?";
}

static const char *family(const struct ha_group *g)
{
	return g->afi == AFI_IP4 ? "ipv4" : "ipv6";
}

/* The next groups of the VPN, or of all: so many a call, for who reads slowly.  False:
 * that was the last. */
static bool show_some(const struct ha *h, struct cmd_req *req, const char *vpn,
                      unsigned most,
                      void (*show)(const struct ha *h, const struct ha_group *g,
                                   struct view *v))
{
	uint64_t i = 0;

	list_for(g, &h->all, struct ha_group, of_all) {
		if (i++ < req->pos || (vpn && strcmp(vrf_text(h, g), vpn) != 0))
			continue;
		if (!most--)
			return true;
		show(h, g, req->view);
		req->pos = i;
	}
	return false;
}

static void show_row(const struct ha *h, const struct ha_group *g, struct view *v)
{
	char why[160];

	view_str(v, NULL, vrf_text(h, g));
	view_str(v, NULL, g->cfg.name);
	view_str(v, NULL, ac_text(h, g));
	view_str(v, NULL, family(g));
	view_num(v, NULL, g->cfg.vrid);
	view_str(v, NULL, ha_state_text(g->state));
	view_num(v, NULL, ha_priority(h, g));
	view_age(v, NULL, mono_ms_since(now_of(h), g->since) / 1000);
	view_str(v, NULL, ha_why_text(h, g, why, sizeof(why)));
}

static void open_rows(struct view *v)
{
	static const struct view_col col[] = {
		{"vpn",       "VPN",    12},
                { "subnet",   "Subnet", 18},
		{ "port",     "Port",   12},
                { "family",   "Family", 8 },
		{ "vrid",     "VRID",   6 },
                { "state",    "State",  12},
		{ "priority", "Prio",   6 },
                { "since-s",  "Since",  8 },
		{ "why",      "Why",    0 },
	};

	view_table(v, "groups", col, ARRAY_LEN(col));
}

static void show_faults(struct view *v, const uint64_t fault[VRRP_FAULT_END])
{
	for (enum vrrp_fault f = VRRP_OK + 1; f < VRRP_FAULT_END; f++) {
		if (fault[f])
			view_num(v, fault_key[f], (int64_t)fault[f]);
	}
}

static void show_peer(const struct ha *h, const struct ha_group *g, struct view *v)
{
	const struct ha_peer *p = &g->peer;

	if (!p->ip.afi)
		return;
	view_obj(v, "peer");
	view_ip(v, "address", &p->ip);
	view_num(v, "priority", p->priority);
	view_num(v, "interval-ms", p->interval_cs * 10);
	view_str(v, "checksum", p->checksum == VRRP_SUM_PSEUDO ? "rfc5798" : "rfc9568");
	view_age(v, "heard-s", mono_ms_since(now_of(h), p->heard) / 1000);
	view_flag(v, "same-addresses", !g->mismatch);
	view_end(v);
}

static void show_one(const struct ha *h, const struct ha_group *g, struct view *v)
{
	char why[160];

	view_obj(v, NULL);
	view_str(v, "subnet", g->cfg.name);
	view_str(v, "port", ac_text(h, g));
	view_str(v, "family", family(g));
	view_num(v, "vrid", g->cfg.vrid);
	view_str(v, "state", ha_state_text(g->state));
	view_str(v, "why", ha_why_text(h, g, why, sizeof(why)));
	view_age(v, "since-s", mono_ms_since(now_of(h), g->since) / 1000);
	view_arr(v, "addresses");
	for (unsigned i = 0; i < g->cfg.n_vips; i++)
		view_ip(v, NULL, &g->cfg.vip[i]);
	view_end(v);
	view_flag(v, "external", g->cfg.external);
	if (g->cfg.primary.afi)
		view_ip(v, "own-address", &g->cfg.primary);
	view_num(v, "priority", g->cfg.priority);
	view_num(v, "priority-in-force", ha_priority(h, g));
	view_num(v, "interval-ms", g->cfg.interval_cs * 10);
	view_num(v, "master-interval-ms", g->master_cs * 10);
	view_num(v, "master-down-ms", ha_down_us(h, g) / 1000);
	view_flag(v, "preempt", g->cfg.preempt);
	show_peer(h, g, v);
	view_obj(v, "counters");
	for (enum ha_counter k = 0; k < HA_N_END; k++)
		view_num(v, counter_text[k], (int64_t)g->n[k]);
	show_faults(v, g->fault);
	view_end(v);
	view_end(v);
}

static void show_all(const struct ha *h, struct view *v)
{
	view_str(v, "core",
	         h->core_lost  ? "lost"
	         : h->core_why ? "doubtful"
	                       : "reachable");
	if (h->core_why)
		view_str(v, "core-why", h->core_why);
	view_flag(v, "bgp-converged", h->converged);
	view_num(v, "unknown-vrid", (int64_t)h->unknown);
	show_faults(v, h->fault);
}

static bool named(const struct ha *h, const char *vpn)
{
	list_for(g, &h->all, struct ha_group, of_all) {
		if (!strcmp(vrf_text(h, g), vpn))
			return true;
	}
	return false;
}

static enum cmd_status show_table(const struct ha *h, struct cmd_req *req)
{
	enum { ROWS = 256 };

	if (!req->key[0]) {
		req->key[0] = 1;
		open_rows(req->view);
	}
	if (show_some(h, req, NULL, ROWS, show_row))
		return CMD_MORE;
	view_table_end(req->view);
	show_all(h, req->view);
	return CMD_OK;
}

static enum cmd_status show_vpn(const struct ha *h, struct cmd_req *req)
{
	enum { GROUPS = 16 };

	if (!req->key[0]) {
		if (!named(h, req->argv[0]))
			return cmd_fail(req, CMD_NO, "no VPN with VRRP is called \"%s\"",
			                req->argv[0]);
		req->key[0] = 1;
		view_arr(req->view, "groups");
	}
	if (show_some(h, req, req->argv[0], GROUPS, show_one))
		return CMD_MORE;
	view_end(req->view);
	return CMD_OK;
}

static enum cmd_status show(void *arg, struct cmd_req *req)
{
	struct ha *h = arg;

	if (req->argc > 1)
		return cmd_fail(req, CMD_USAGE, "expected at most a VPN, found \"%s\"",
		                req->argv[1]);
	return req->argc ? show_vpn(h, req) : show_table(h, req);
}

/* ---- told ------------------------------------------------------------------------- */

/* The groups that VPN SUBNET [ipv4|ipv6] means: of all the subnet's attachments. */
static enum cmd_status tell(struct ha *h, struct cmd_req *req, enum ha_told told)
{
	enum afi afi = AFI_NONE;
	unsigned found = 0, done = 0;

	if (req->argc == 3 && !strcmp(req->argv[2], "ipv4"))
		afi = AFI_IP4;
	else if (req->argc == 3 && !strcmp(req->argv[2], "ipv6"))
		afi = AFI_IP6;
	else if (req->argc != 2)
		return cmd_fail(req, CMD_USAGE,
		                "expected a VPN, a subnet, and perhaps ipv4 or ipv6");
	list_for(g, &h->all, struct ha_group, of_all) {
		struct ha_key key = ha_key_of(&g->cfg);

		if (strcmp(vrf_text(h, g), req->argv[0]) != 0 ||
		    strcmp(g->cfg.name, req->argv[1]) != 0 || (afi && afi != g->afi))
			continue;
		found++;
		done += ha_tell(h, &key, told, now_of(h));
	}
	if (!found)
		return cmd_fail(req, CMD_NO, "VPN %s has no subnet \"%s\" with VRRP%s%s",
		                req->argv[0], req->argv[1], afi ? " for " : "",
		                afi ? req->argv[2] : "");
	if (done < found)
		return cmd_fail(req, CMD_NO,
		                "who is master there is settled by VRRP; "
		                "expected a subnet whose vrrp is external");
	return CMD_OK;
}

static enum cmd_status tell_master(void *arg, struct cmd_req *req)
{
	return tell(arg, req, HA_TOLD_MASTER);
}

static enum cmd_status tell_backup(void *arg, struct cmd_req *req)
{
	return tell(arg, req, HA_TOLD_BACKUP);
}

static enum cmd_status tell_auto(void *arg, struct cmd_req *req)
{
	return tell(arg, req, HA_TOLD_AUTO);
}

/* clang-format off */
const struct cmd ha_cmds[] = {
	{ "show vrrp", "[VPN]", "who of the site's PEs answers for a subnet, and why",
	  false, show },
	{ "vrrp master", "VPN SUBNET [ipv4|ipv6]", "this PE answers now, says another program",
	  true, tell_master },
	{ "vrrp backup", "VPN SUBNET [ipv4|ipv6]", "this PE steps aside, or does not answer any more",
	  true, tell_backup },
	{ "vrrp auto", "VPN SUBNET [ipv4|ipv6]", "forget what was told by `vrrp master|backup`",
	  true, tell_auto },
};
/* clang-format on */
const size_t ha_cmds_n = ARRAY_LEN(ha_cmds);
