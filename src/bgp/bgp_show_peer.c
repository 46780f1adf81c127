/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>

#include "base/mem.h"
#include "bgp/bgp_rtc.h"
#include "bgp/bgp_show_int.h"
#include "wire/bgp_explain.h"

/* One neighbor: everything there is to know, and its last malformed message. */
enum { SHOW_HEX_MAX = 512, SHOW_ROW_HEX = 16 };

/* --- capabilities --------------------------------------------------------------------
 */

static void show_families(struct view *v, const char *key, uint32_t set)
{
	view_arr(v, key);
	for (int f = 0; f < BGP_FAM_END; f++) {
		if (set & bgp_family_bit(f))
			view_str(v, NULL, bgp_family_name(f));
	}
	view_end(v);
}

static void show_caps_other(struct view *v, const struct bgp_caps *c)
{
	if (!c->n_other)
		return;
	view_arr(v, "others");
	for (size_t i = 0; i < c->n_other && i < BGP_CAPS_OTHER_MAX; i++) {
		const struct bgp_cap_other *o = &c->other[i];

		if (o->code == BGP_CAP_MP)
			view_fmt(v, NULL, "multiprotocol %u/%u", o->afi, o->safi);
		else
			view_fmt(v, NULL, "%s (%u)", bgp_open_cap_name(o->code), o->code);
	}
	view_end(v);
}

static void show_caps(struct view *v, const char *key, const struct bgp_caps *c)
{
	view_obj(v, key);
	show_families(v, "families", c->families);
	view_flag(v, "route-refresh", c->refresh);
	view_flag(v, "enhanced-route-refresh", c->enhanced_refresh);
	view_flag(v, "extended-message", c->ext_msg);
	view_flag(v, "four-octet-as", c->as4);
	show_families(v, "extended-next-hop", c->ext_next_hop);
	show_families(v, "add-path-receive", c->addpath_rx);
	show_families(v, "add-path-send", c->addpath_tx);
	view_flag(v, "graceful-restart", c->gr.present);
	if (c->gr.present) {
		view_num(v, "restart-time", c->gr.time);
		view_flag(v, "restarted", c->gr.restarted);
		view_flag(v, "restart-after-notification", c->gr.notification);
		show_families(v, "restart-families", c->gr.families);
		show_families(v, "forwarding-kept", c->gr.forwarding);
	}
	view_flag(v, "long-lived-graceful-restart", c->llgr.present);
	if (c->llgr.present) {
		view_num(v, "stale-time-vpnv4", c->llgr.time[BGP_VPN4]);
		view_num(v, "stale-time-vpnv6", c->llgr.time[BGP_VPN6]);
	}
	show_caps_other(v, c);
	view_end(v);
}

/* What both said: RFC 5492 3. */
static void show_negotiated(struct view *v, const struct bgp_caps *us,
                            const struct bgp_caps *them)
{
	view_obj(v, "capabilities-negotiated");
	show_families(v, "families", us->families & them->families);
	view_flag(v, "route-refresh", us->refresh && them->refresh);
	view_flag(v, "enhanced-route-refresh",
	          us->enhanced_refresh && them->enhanced_refresh);
	view_flag(v, "extended-message", us->ext_msg && them->ext_msg);
	view_flag(v, "four-octet-as", us->as4 && them->as4);
	show_families(v, "extended-next-hop", us->ext_next_hop & them->ext_next_hop);
	show_families(v, "add-path-receive", us->addpath_rx & them->addpath_tx);
	show_families(v, "add-path-send", us->addpath_tx & them->addpath_rx);
	view_end(v);
}

/* --- the session ---------------------------------------------------------------------
 */

static void show_transport(struct view *v, const struct bgp_peer *p)
{
	const struct bgp *b = p->bgp;
	const struct bgp_conn *c = p->up;
	struct bgp_io_info io = { 0 };

	view_obj(v, "transport");
	view_flag(v, "passive", p->cfg.passive);
	view_num(v, "port", p->cfg.port);
	view_flag(v, "tcp-md5", p->cfg.password != NULL);
	view_flag(v, "tcp-ao", p->cfg.ao.key != NULL);
	view_num(v, "ttl-security-hops", p->cfg.ttl_security);
	if (c) {
		view_str(v, "opened-by", c->outgoing ? "us" : "neighbor");
		view_ip(v, "local-address", &c->local);
		if (b->io.info && b->io.info(b->io_arg, c->handle, &io)) {
			view_num(v, "local-port", io.local_port);
			view_num(v, "remote-port", io.remote_port);
			view_num(v, "rtt-us", io.rtt_us);
			view_num(v, "mss", io.mss);
			view_num(v, "retransmissions", io.retransmits);
			view_num(v, "kernel-send-queue-octets", io.send_queue);
			view_num(v, "kernel-receive-queue-octets", io.recv_queue);
		}
		view_num(v, "send-queue-octets", (int64_t)c->tx.left);
		view_num(v, "receive-queue-octets", (int64_t)buf_left(&c->rx));
	}
	view_end(v);
}

/* Seconds until it fires; nothing if it does not run. */
static void show_due(struct view *v, const struct bgp *b, const char *key,
                     const struct bgp_timer *t)
{
	if (heap_armed(&t->node))
		view_age(v, key, mono_ms_since(t->node.at, bgp_show_now(b)) / 1000);
}

static void show_timers(struct view *v, const struct bgp_peer *p)
{
	const struct bgp *b = p->bgp;
	const struct bgp_conn *c = p->up;

	view_obj(v, "timers");
	view_num(v, "configured-hold-time", p->cfg.hold_time_s);
	view_num(v, "configured-connect-retry", p->cfg.connect_retry_s);
	if (c) {
		view_num(v, "hold-time", c->hold_s);
		view_num(v, "keepalive-time", c->hold_s / 3);
		show_due(v, b, "hold-left", &c->hold);
		show_due(v, b, "keepalive-in", &c->keepalive);
		show_due(v, b, "send-hold-left", &c->send_hold);
	} else {
		show_due(v, b, "connect-in", &p->conn[0].retry);
		show_due(v, b, "idle-left", &p->idle);
		view_num(v, "failures", p->failures);
	}
	view_end(v);
}

static void show_session(struct view *v, const struct bgp_peer *p)
{
	const struct bgp_conn *c = p->up;
	char id[IP_STRLEN];
	struct ip rid;

	if (!c)
		return;
	rid = ip_of_u32(c->open.router_id);
	view_str(v, "router-id", ip_fmt(&rid, id));
	show_caps(v, "capabilities-sent", &c->ours);
	show_caps(v, "capabilities-received", &c->open.caps);
	show_negotiated(v, &c->ours, &c->open.caps);
}

static void show_family(struct view *v, const struct bgp_peer *p, enum afi afi)
{
	const struct bgp_peer_af *af = &p->af[afi];
	const struct rib *r = p->bgp->cfg.rib;

	view_obj(v, NULL);
	view_str(v, "family", bgp_family_name(bgp_vpn_family(afi)));
	view_flag(v, "negotiated", af->on);
	view_flag(v, "disabled", af->disabled);
	view_num(v, "received", (int64_t)rib_source_paths(r, p->source, afi));
	view_num(v, "stale", (int64_t)rib_source_stale(r, p->source, afi));
	view_num(v, "told", (int64_t)bgp_group_told_count(p, afi));
	view_flag(v, "pending", bgp_group_pending(p, afi));
	if (af->tx.cohort) /* the same bytes go to all of them */
		view_num(v, "in-step-with", (int64_t)af->tx.cohort->n_members - 1);
	view_num(v, "max-prefixes", p->cfg.max_prefixes);
	view_num(v, "max-prefixes-warnings", p->limit_warnings);
	view_num(v, "max-prefixes-exceeded", p->limit_overflows);
	view_num(v, "send-hold-expired", p->send_holds);
	view_flag(v, "end-of-rib-received", af->eor_seen);
	view_flag(v, "end-of-rib-sent", af->eor_sent);
	view_flag(v, "answering-refresh", af->eorr_due || af->refresh_again);
	view_flag(v, "restarting", af->restarting);
	view_flag(v, "long-lived-stale", af->long_lived);
	if (af->stale)
		show_due(v, p->bgp, "stale-routes-go-in", &af->sweep);
	view_flag(v, "sweeping", af->sweeping);
	view_end(v);
}

/* --- counters ------------------------------------------------------------------------
 */

static void show_counters(struct view *v, const struct bgp_peer *p)
{
	static const char *const key[] = {
		[BGP_OPEN] = "open",
		[BGP_UPDATE] = "update",
		[BGP_NOTIFICATION] = "notification",
		[BGP_KEEPALIVE] = "keepalive",
		[BGP_ROUTE_REFRESH] = "route-refresh",
	};

	view_obj(v, "messages-received");
	for (int t = BGP_OPEN; t <= BGP_ROUTE_REFRESH; t++)
		view_num(v, key[t], (int64_t)p->rx[t]);
	view_end(v);
	view_obj(v, "messages-sent");
	for (int t = BGP_OPEN; t <= BGP_ROUTE_REFRESH; t++)
		view_num(v, key[t], (int64_t)p->tx[t]);
	view_end(v);

	view_obj(v, "routes");
	view_num(v, "received", (int64_t)bgp_show_received(p));
	view_num(v, "sent", (int64_t)bgp_show_sent(p));
	view_num(v, "announcements-received", (int64_t)p->routes_rx);
	view_num(v, "withdrawals-received", (int64_t)p->withdrawn_rx);
	view_num(v, "announcements-sent", (int64_t)p->routes_tx);
	view_num(v, "withdrawals-sent", (int64_t)p->withdrawn_tx);
	view_num(v, "too-big-to-send", p->too_big_tx);
	view_end(v);
	view_obj(v, "refused");
	for (int r = 0; r < BGP_REJECT_END; r++)
		view_num(v, bgp_rx_reject_name(r), (int64_t)p->rejected[r]);
	view_end(v);
}

static void show_errors(struct view *v, const struct bgp_peer *p)
{
	char hex[2 * SHOW_HEX_MAX + 1];
	size_t n = buf_left(&p->malformed);
	const uint8_t *bytes = n ? buf_head(&p->malformed) : NULL;

	view_obj(v, "malformed-updates");
	for (int f = BGP_DISCARD_ATTR; f <= BGP_RESET; f++)
		view_num(v, bgp_update_fate_name(f), (int64_t)p->fates[f]);
	view_end(v);
	view_obj(v, "outbound-filters");
	view_num(v, "not-negotiated", p->orf_ignored);
	view_num(v, "malformed", p->orf_malformed);
	view_end(v);
	view_obj(v, "attribute-errors");
	for (unsigned t = 0; t < ARRAY_LEN(p->attr_errors); t++) {
		char key[48];

		if (!p->attr_errors[t])
			continue;
		snprintf(key, sizeof(key), "%s(%u)", bgp_attr_name((uint8_t)t), t);
		view_num(v, key, p->attr_errors[t]);
	}
	view_end(v);
	if (!n)
		return;
	for (size_t i = 0; i < n && i < SHOW_HEX_MAX; i++)
		snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
	view_obj(v, "last-malformed");
	view_str(v, "why", p->malformed_why);
	bgp_show_since(p->bgp, v, "age", p->malformed_at);
	view_num(v, "length", (int64_t)n);
	view_str(v, "hex", hex);
	view_end(v);
}

/* --- the last malformed message ------------------------------------------------------
 */

struct show_part {
	struct view *v;
	const uint8_t *msg;
	size_t wrong;
};

static void show_part(void *arg, const struct bgp_explain *e)
{
	struct show_part *s = arg;
	char hex[3 * SHOW_ROW_HEX + 4] = "";
	size_t len = 0;

	for (size_t i = 0; i < e->len && i < SHOW_ROW_HEX; i++)
		len += (size_t)snprintf(hex + len, sizeof(hex) - len, "%s%02x",
		                        i && i % 4 == 0 ? " " : "", s->msg[e->at + i]);
	if (e->len > SHOW_ROW_HEX)
		snprintf(hex + len, sizeof(hex) - len, "…");
	view_num(s->v, NULL, (int64_t)e->at);
	view_num(s->v, NULL, (int64_t)e->len);
	view_str(s->v, NULL, hex);
	view_str(s->v, NULL, e->what);
	view_str(s->v, NULL, e->wrong);
	s->wrong += e->wrong && e->wrong[0];
}

static enum cmd_status show_malformed(const struct bgp_peer *p, struct cmd_req *req)
{
	static const struct view_col col[] = {
		{"offset",  "Offset", 8 },
                { "length", "Length", 8 },
		{ "octets", "Octets", 40},
                { "what",   "What",   44},
		{ "wrong",  "Wrong",  0 },
	};
	struct view *v = req->view;
	struct show_part s = { .v = v, .msg = buf_head(&p->malformed) };
	size_t n = buf_left(&p->malformed);

	if (!n)
		return cmd_fail(req, CMD_NO, "%s has sent no malformed message",
		                req->argv[0]);
	view_ip(v, "neighbor", &p->cfg.address);
	view_str(v, "why", p->malformed_why);
	bgp_show_since(p->bgp, v, "age", p->malformed_at);
	view_num(v, "length", (int64_t)n);
	view_table(v, "parts", col, ARRAY_LEN(col));
	bgp_explain_message(&p->malformed_ctx, s.msg, n, show_part, &s);
	view_table_end(v);
	return CMD_OK;
}

/* --- the command ---------------------------------------------------------------------
 */

static void show_peer(struct view *v, const struct bgp_peer *p)
{
	const struct bgp *b = p->bgp;

	view_obj(v, "neighbor");
	view_ip(v, "address", &p->cfg.address);
	if (p->cfg.description)
		view_str(v, "description", p->cfg.description);
	if (p->cfg.template)
		view_str(v, "template", p->cfg.template);
	view_num(v, "as", p->cfg.as);
	view_str(v, "type", p->ebgp ? "external" : "internal");
	view_flag(v, "route-reflector-client", p->cfg.client);
	if (p->ebgp)
		view_note(v,
		          "No policy: no routes are taken from or given to an external "
		          "neighbor (RFC 8212).");
	view_str(v, "state", bgp_fsm_name(bgp_peer_state(p)));
	view_flag(v, "shutdown", p->shutdown);
	if (p->shutdown && p->shutdown_text[0])
		view_str(v, "shutdown-text", p->shutdown_text);
	if (p->overflowed)
		view_note(v, "It had too many prefixes: \"bgp neighbor ADDRESS start\".");
	bgp_show_since(b, v, "for", p->since);
	view_num(v, "sessions", p->ups);
	view_num(v, "refused-connections", p->refused);
	if (p->last_error[0]) {
		view_str(v, "last-error", p->last_error);
		bgp_show_since(b, v, "last-error-age", p->last_error_at);
	}
	show_transport(v, p);
	show_timers(v, p);
	show_session(v, p);
	view_arr(v, "families");
	show_family(v, p, AFI_IP4);
	show_family(v, p, AFI_IP6);
	view_end(v);
	show_counters(v, p);
	bgp_rtc_show_peer(v, p);
	show_errors(v, p);
	view_end(v);
}

enum cmd_status bgp_show_neighbor(void *arg, struct cmd_req *req)
{
	const struct bgp *b = arg;
	struct bgp_peer *p;
	struct ip ip;

	if (req->argc < 1 || req->argc > 2 || !ip_parse(req->argv[0], &ip) ||
	    (req->argc == 2 && strcmp(req->argv[1], "malformed") != 0))
		return cmd_fail(req, CMD_USAGE,
		                "show bgp neighbor: expected one address, and perhaps "
		                "\"malformed\"");
	p = bgp_show_peer_of(b, &ip);
	if (!p)
		return cmd_fail(req, CMD_NO, "no neighbor %s is configured",
		                req->argv[0]);
	if (req->argc == 2)
		return show_malformed(p, req);
	show_peer(req->view, p);
	return CMD_OK;
}
