/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/mem.h"
#include "bgp/bgp_int.h"
#include "bgp/bgp_rtc.h"

/*
 * One connection: what happens becomes an event, the table says what to do, and the
 * actions are carried out here, from the lowest bit up.
 */

/* --- timers --------------------------------------------------------------------------
 */

static void retry_due(struct bgp_timer *t, struct mono now)
{
	bgp_conn_event(container_of(t, struct bgp_conn, retry), BGP_EV_RETRY, NULL);
}

/* Whoever stood still himself, stopped or starved of CPU, finds the neighbor's keepalives
 * in the socket when he wakes: they came in time, it was not the neighbor who slept. */
static void hold_due(struct bgp_timer *t, struct mono now)
{
	struct bgp_conn *c = container_of(t, struct bgp_conn, hold);
	struct bgp *b = c->peer->bgp;
	struct bgp_fault f;

	if (c->handle && b->io.pending && b->io.pending(b->io_arg, c->handle)) {
		bgp_arm(b, t, BGP_HOLD_GRACE_S * 1000);
		return;
	}
	bgp_notification_fault(&f, BGP_ERR_HOLD_TIMER, 0, NULL, 0);
	bgp_conn_event(c, BGP_EV_HOLD, &f);
}

static void keepalive_due(struct bgp_timer *t, struct mono now)
{
	bgp_conn_event(container_of(t, struct bgp_conn, keepalive), BGP_EV_KEEPALIVE_DUE,
	               NULL);
}

static void send_hold_due(struct bgp_timer *t, struct mono now)
{
	struct bgp_conn *c = container_of(t, struct bgp_conn, send_hold);
	struct bgp_fault f;

	c->peer->send_holds++;
	bgp_notification_fault(&f, BGP_ERR_SEND_HOLD, 0, NULL, 0);
	bgp_conn_event(c, BGP_EV_SEND_HOLD, &f);
}

static void arm_hold(struct bgp_conn *c)
{
	if (c->hold_s)
		bgp_arm(c->peer->bgp, &c->hold, c->hold_s * 1000);
	else
		bgp_disarm(c->peer->bgp, &c->hold);
}

static void arm_keepalive(struct bgp_conn *c)
{
	if (c->hold_s) /* a third of it (RFC 4271 4.4) */
		bgp_arm_jittered(c->peer->bgp, &c->keepalive, c->hold_s * 1000 / 3);
}

/* RFC 9687 3: so long with bytes waiting and none of them taken is the end.  Without a
 * hold time there is no such end either, unless somebody configured one. */
static void arm_send_hold(struct bgp_conn *c)
{
	int64_t s = c->peer->cfg.send_hold_time_s;

	if (!s && c->hold_s)
		s = 2 * c->hold_s > BGP_SEND_HOLD_S ? 2 * c->hold_s : BGP_SEND_HOLD_S;
	if (s)
		bgp_arm(c->peer->bgp, &c->send_hold, s * 1000);
}

/* --- out -----------------------------------------------------------------------------
 */

struct wbuf bgp_conn_msg(struct bgp_conn *c, size_t max)
{
	return wbuf_of(bgp_outq_reserve(&c->tx, max), max);
}

void bgp_conn_sent(struct bgp_conn *c, enum bgp_type type, const struct wbuf *w)
{
	must(wbuf_ok(w));
	if (!w->len)
		return;
	bgp_outq_commit(&c->tx, w->len);
	c->peer->tx[type]++;
}

size_t bgp_conn_msg_max(const struct bgp_conn *c)
{
	return c->open_seen && c->open.caps.ext_msg ? BGP_MSG_MAX_EXT : BGP_MSG_MAX;
}

void bgp_conn_push(struct bgp_conn *c)
{
	struct bgp *b = c->peer->bgp;
	bool moved = false;

	while (c->handle && c->tx.left) {
		struct iovec iov[BGP_IOV];
		int k = bgp_outq_iov(&c->tx, iov, BGP_IOV);
		size_t n = b->io.send(b->io_arg, c->handle, iov, k), all = 0;

		for (int i = 0; i < k; i++)
			all += iov[i].iov_len;
		if (n)
			bgp_outq_consume(&c->tx, n);
		moved |= n > 0;
		if (n < all)
			break;
	}
	if (!c->tx.left)
		bgp_disarm(b, &c->send_hold);
	else if (c->handle && (moved || !heap_armed(&c->send_hold.node)))
		arm_send_hold(c);
}

struct bgp_caps bgp_conn_caps(const struct bgp_peer *p)
{
	struct bgp_caps caps = {
		.families = bgp_family_bit(BGP_VPN4) | bgp_family_bit(BGP_VPN6) |
		            (bgp_rtc_offered(p) ? bgp_family_bit(BGP_RTC) : 0),
		.refresh = true,
		.enhanced_refresh = true,
		.ext_msg = true,
		.as4 = true,
		.ext_next_hop = bgp_family_bit(BGP_VPN4), /* a core of IPv6 */
	};

	if (p->cfg.add_path.receive)
		caps.addpath_rx = bgp_family_bit(BGP_VPN4) | bgp_family_bit(BGP_VPN6);
	if (p->cfg.add_path.send > 1)
		caps.addpath_tx = bgp_family_bit(BGP_VPN4) | bgp_family_bit(BGP_VPN6);
	bgp_restart_caps(p, &caps);
	return caps;
}

static void send_open(struct bgp_conn *c)
{
	struct bgp_peer *p = c->peer;
	struct wbuf w = bgp_conn_msg(c, BGP_MSG_MAX);
	const struct bgp_open o = {
		.as = p->bgp->cfg.as,
		.hold_time = p->cfg.hold_time_s,
		.router_id = p->bgp->cfg.router_id,
		.caps = bgp_conn_caps(p),
	};

	c->ours = o.caps;
	bgp_open_write(&w, &o);
	bgp_said_keep(&c->said.open_sent, w.buf, w.len);
	bgp_conn_sent(c, BGP_OPEN, &w);
	bgp_arm(p->bgp, &c->hold, BGP_HOLD_LARGE_S * 1000);
}

static void send_keepalive(struct bgp_conn *c)
{
	struct wbuf w = bgp_conn_msg(c, BGP_HDR_LEN);

	bgp_msg_keepalive(&w);
	bgp_conn_sent(c, BGP_KEEPALIVE, &w);
}

/* Both sides opened at once: nobody's fault. */
static bool is_collision(uint8_t code, uint8_t subcode)
{
	return code == BGP_ERR_CEASE && subcode == BGP_CEASE_COLLISION;
}

static void send_notification(struct bgp_conn *c, const struct bgp_fault *f)
{
	char text[BGP_NOTIFICATION_STRLEN];
	struct wbuf w;

	if (!c->handle || !f->code || c->peer->bgp->leaving)
		return;
	w = bgp_conn_msg(c, BGP_MSG_MAX);
	if (bgp_restart_hard(c, f))
		bgp_notification_write_hard(&w, f, c->peer->farewell);
	else if (c->peer->farewell)
		bgp_notification_write_shutdown(&w, (enum bgp_cease)f->subcode,
		                                c->peer->farewell);
	else
		bgp_notification_write(&w, f);
	bgp_said_keep(&c->said.notification, w.buf, w.len);
	c->said.by_us = true;
	bgp_conn_sent(c, BGP_NOTIFICATION, &w);
	bgp_conn_push(c);
	bgp_peer_error(c->peer, "sent %s",
	               bgp_notification_fmt(f->code, f->subcode, text));
}

/* --- the machine ---------------------------------------------------------------------
 */

void bgp_conn_init(struct bgp_conn *c, struct bgp_peer *p, bool outgoing)
{
	c->peer = p;
	c->outgoing = outgoing;
	c->state = BGP_IDLE;
	c->retry.fire = retry_due;
	c->hold.fire = hold_due;
	c->keepalive.fire = keepalive_due;
	c->send_hold.fire = send_hold_due;
}

static void conn_close(struct bgp_conn *c)
{
	struct bgp *b = c->peer->bgp;
	void *handle = c->handle;

	bgp_disarm(b, &c->retry);
	bgp_disarm(b, &c->hold);
	bgp_disarm(b, &c->keepalive);
	bgp_disarm(b, &c->send_hold);
	buf_fini(&c->rx);
	bgp_outq_fini(&c->tx);
	bgp_said_fini(&c->said);
	c->open_seen = false;
	c->hold_s = 0;
	c->handle = NULL;
	c->life++;
	if (handle)
		b->io.close(b->io_arg, handle);
}

void bgp_conn_fini(struct bgp_conn *c)
{
	conn_close(c);
}

struct bgp_conn *bgp_conn_other(struct bgp_conn *c)
{
	return c == &c->peer->conn[0] ? &c->peer->conn[1] : &c->peer->conn[0];
}

bool bgp_conn_alive(const struct bgp_conn *c)
{
	return c->state >= BGP_OPEN_SENT;
}

static void conn_connect(struct bgp_conn *c)
{
	struct bgp *b = c->peer->bgp;

	bgp_arm_jittered(b, &c->retry, BGP_CONNECT_WAIT_S * 1000);
	c->handle = b->io.connect(b->io_arg, c, &c->peer->cfg);
	if (!c->handle)
		bgp_conn_event(c, BGP_EV_TCP_FAILED, NULL);
}

static void fsm_fault(struct bgp_fault *ret, enum bgp_state state)
{
	static const uint8_t sub[BGP_STATE_END] = {
		[BGP_OPEN_SENT] = BGP_FSM_IN_OPEN_SENT,
		[BGP_OPEN_CONFIRM] = BGP_FSM_IN_OPEN_CONFIRM,
		[BGP_ESTABLISHED] = BGP_FSM_IN_ESTABLISHED,
	};

	bgp_notification_fault(ret, BGP_ERR_FSM, sub[state], NULL, 0);
}

void bgp_conn_event(struct bgp_conn *c, enum bgp_fsm_event ev, const struct bgp_fault *f)
{
	struct bgp_step step = bgp_fsm_step(c->state, ev);
	struct bgp_fault fault = f ? *f : (struct bgp_fault){ 0 };
	enum bgp_state was = c->state, peer_was = bgp_peer_state(c->peer);

	must(step.next);
	c->state = step.next;
	if (!list_empty(&c->peer->bgp->taps))
		bgp_tap_state(c->peer, peer_was, bgp_peer_state(c->peer));
	if (step.acts & BGP_ACT_FSM_FAULT)
		fsm_fault(&fault, was);
	if (step.acts & BGP_ACT_NOTIFY)
		send_notification(c, &fault);
	if (step.acts & BGP_ACT_DOWN)
		bgp_peer_down(c, bgp_restart_keeps(c, ev, &fault));
	if (step.acts & BGP_ACT_CLOSE)
		conn_close(c);
	if (step.acts & BGP_ACT_BACKOFF)
		bgp_backoff(c->peer, ev, &fault);
	if (step.acts & BGP_ACT_CONNECT)
		conn_connect(c);
	if (step.acts & BGP_ACT_ARM_RETRY)
		bgp_backoff_retry(c);
	if (step.acts & BGP_ACT_SEND_OPEN) {
		bgp_disarm(c->peer->bgp, &c->retry);
		send_open(c);
	}
	if (step.acts & BGP_ACT_SEND_KEEPALIVE)
		send_keepalive(c);
	if (step.acts & BGP_ACT_ARM_KEEPALIVE)
		arm_keepalive(c);
	if (step.acts & BGP_ACT_ARM_HOLD)
		arm_hold(c);
	if (step.acts & BGP_ACT_UP)
		bgp_peer_up(c);
	bgp_conn_push(c);
	bgp_backoff_settle(c->peer);
}

/* --- messages ------------------------------------------------------------------------
 */

static void conn_bad(struct bgp_conn *c, const uint8_t *msg, size_t len,
                     const struct bgp_fault *f)
{
	char why[BGP_NOTIFICATION_STRLEN];

	bgp_rx_keep(c->peer, msg, len, bgp_notification_fmt(f->code, f->subcode, why));
	bgp_conn_event(c, BGP_EV_BAD, f);
}

/* Is this OPEN one of our neighbor?  RFC 4271 6.2, RFC 6286 2.2, RFC 5492 5. */
static bool open_check(const struct bgp_conn *c, const struct bgp_open *o,
                       struct bgp_fault *ret)
{
	static const uint8_t wanted[] = { BGP_CAP_MP, 4, 0, AFI_IP4, 0, BGP_SAFI_VPN,
		                          BGP_CAP_MP, 4, 0, AFI_IP6, 0, BGP_SAFI_VPN };
	const struct bgp_peer *p = c->peer;
	uint32_t ours = bgp_family_bit(BGP_VPN4) | bgp_family_bit(BGP_VPN6);

	if (o->as != p->cfg.as) {
		bgp_notification_fault(ret, BGP_ERR_OPEN, BGP_OPEN_BAD_PEER_AS, NULL, 0);
		return false;
	}
	if (!p->ebgp && o->router_id == p->bgp->cfg.router_id) {
		bgp_notification_fault(ret, BGP_ERR_OPEN, BGP_OPEN_BAD_ID, NULL, 0);
		return false;
	}
	if (!(o->caps.families & ours)) {
		bgp_notification_fault(ret, BGP_ERR_OPEN, BGP_OPEN_BAD_CAPABILITY, wanted,
		                       sizeof(wanted));
		return false;
	}
	return true;
}

/*
 * RFC 4271 6.8: the connection opened by the speaker with the higher identifier stays; of
 * equal ones in different ASes the higher AS counts (RFC 6286 2.3).  With the other
 * connection in OpenSent we need not wait for its OPEN, as this one tells us the
 * identifier: waiting, one side could be Established on what the other is about to close.
 */
static bool loses_collision(const struct bgp_conn *c, const struct bgp_open *o)
{
	const struct bgp_config *cfg = &c->peer->bgp->cfg;
	bool we_win = cfg->router_id != o->router_id ? cfg->router_id > o->router_id
	                                             : cfg->as > o->as;

	return c->outgoing != we_win;
}

static void open_received(struct bgp_conn *c, const uint8_t *msg, size_t len)
{
	struct bgp_conn *other = bgp_conn_other(c);
	struct bgp_fault f;
	struct bgp_open o;

	if (c->state != BGP_OPEN_SENT) {
		bgp_conn_event(c, BGP_EV_OPEN, NULL);
		return;
	}
	if (!bgp_open_read(msg + BGP_HDR_LEN, len - BGP_HDR_LEN, &o, &f) ||
	    !open_check(c, &o, &f)) {
		if (f.code == BGP_ERR_OPEN && f.subcode == BGP_OPEN_BAD_PEER_AS)
			bgp_say(c->peer, "refused", "its OPEN has another AS number");
		conn_bad(c, msg, len, &f);
		return;
	}
	bgp_notification_fault(&f, BGP_ERR_CEASE, BGP_CEASE_COLLISION, NULL, 0);
	if (other->state == BGP_ESTABLISHED ||
	    (bgp_conn_alive(other) && loses_collision(c, &o))) {
		bgp_conn_event(c, BGP_EV_COLLISION, &f);
		return;
	}
	if (bgp_conn_alive(other))
		bgp_conn_event(other, BGP_EV_COLLISION, &f);
	c->open = o;
	c->open_seen = true;
	bgp_said_keep(&c->said.open_received, msg, len);
	c->hold_s = o.hold_time < c->peer->cfg.hold_time_s ? o.hold_time
	                                                   : c->peer->cfg.hold_time_s;
	bgp_conn_event(c, BGP_EV_OPEN, NULL);
}

static void notification_received(struct bgp_conn *c, const uint8_t *msg, size_t len)
{
	char text[BGP_NOTIFICATION_STRLEN], said[BGP_SHUTDOWN_STRLEN];
	struct bgp_notification n, inner;
	struct bgp_fault why = { 0 };

	bgp_said_keep(&c->said.notification, msg, len);
	c->said.by_us = false;
	if (bgp_notification_read(msg + BGP_HDR_LEN, len - BGP_HDR_LEN, &n)) {
		bgp_notification_fault(&why, n.code, n.subcode, NULL, 0);
		if (bgp_notification_read_hard(&n, &inner))
			n = inner;
		bool more = bgp_notification_shutdown_text(&n, said);

		if (!is_collision(n.code, n.subcode))
			bgp_peer_error(c->peer, "received %s%s%s%s",
			               bgp_notification_fmt(n.code, n.subcode, text),
			               more ? " \"" : "", more ? said : "",
			               more ? "\"" : "");
	} else {
		bgp_peer_error(c->peer, "received a NOTIFICATION too short to say why");
	}
	bgp_conn_event(c, BGP_EV_NOTIFIED, &why);
}

static void message_received(struct bgp_conn *c, enum bgp_type type, const uint8_t *msg,
                             size_t len)
{
	c->peer->rx[type]++;
	if (!list_empty(&c->peer->bgp->taps))
		bgp_tap_message(c, msg, len);
	switch (type) {
	case BGP_OPEN: open_received(c, msg, len); break;
	case BGP_NOTIFICATION: notification_received(c, msg, len); break;
	case BGP_KEEPALIVE: bgp_conn_event(c, BGP_EV_KEEPALIVE, NULL); break;
	case BGP_UPDATE:
		if (bgp_fsm_step(c->state, BGP_EV_UPDATE).acts & BGP_ACT_RECEIVE) {
			arm_hold(c);
			bgp_rx_update(c, msg, len);
		} else {
			bgp_conn_event(c, BGP_EV_UPDATE, NULL);
		}
		break;
	case BGP_ROUTE_REFRESH:
		if (bgp_fsm_step(c->state, BGP_EV_REFRESH).acts & BGP_ACT_RECEIVE)
			bgp_rx_refresh(c, msg, len);
		else
			bgp_conn_event(c, BGP_EV_REFRESH, NULL);
		break;
	}
}

/* Handle the whole messages at p; returns how much was used.  Less than n: the rest is
 * the beginning of one, or the connection is gone. */
static size_t messages(struct bgp_conn *c, const uint8_t *p, size_t n)
{
	unsigned life = c->life;
	size_t used = 0;

	while (c->life == life && c->handle) {
		bool ext = c->open_seen && c->open.caps.ext_msg;
		struct bgp_fault f;
		struct bgp_hdr h;
		enum bgp_frame r = bgp_msg_frame(p + used, n - used, ext, &h, &f);

		if (r == BGP_FRAME_MORE)
			break;
		if (r == BGP_FRAME_BAD) {
			size_t rest = n - used; /* no message: only its head tells */

			conn_bad(c, p + used, rest < BGP_MSG_MAX ? rest : BGP_MSG_MAX,
			         &f);
			break;
		}
		message_received(c, h.type, p + used, h.len);
		used += h.len;
	}
	return used;
}

/* --- from the transport --------------------------------------------------------------
 */

void bgp_connected(struct bgp_conn *c, const struct ip *local, struct mono now)
{
	c->peer->bgp->now = now;
	c->local = *local;
	bgp_conn_event(c, BGP_EV_CONNECTED, NULL);
	bgp_wake(c->peer->bgp);
}

void bgp_closed(struct bgp_conn *c, const char *why, struct mono now)
{
	c->peer->bgp->now = now;
	if (c->state == BGP_CONNECT)
		bgp_peer_error(c->peer, "cannot connect: %s", why ? why : "closed");
	else
		bgp_peer_error(c->peer, "connection lost: %s",
		               why ? why : "closed by the peer");
	bgp_conn_event(c, BGP_EV_TCP_FAILED, NULL);
	bgp_wake(c->peer->bgp);
}

void bgp_input(struct bgp_conn *c, const uint8_t *data, size_t len, struct mono now)
{
	struct bgp *b = c->peer->bgp;
	unsigned life = c->life;

	b->now = now;
	if (buf_left(&c->rx)) {
		struct buf all = c->rx;
		size_t used;

		/* Messages may close the connection and with it free c->rx. */
		buf_put(&all, data, len);
		c->rx = (struct buf){ 0 };
		used = messages(c, buf_head(&all), buf_left(&all));
		if (c->life == life) {
			buf_consume(&all, used);
			c->rx = all;
		} else {
			buf_fini(&all);
		}
	} else {
		size_t used = messages(c, data, len);

		if (c->life == life && used < len)
			buf_put(&c->rx, data + used, len - used);
	}
	bgp_wake(b);
}

void bgp_writable(struct bgp_conn *c, struct mono now)
{
	c->peer->bgp->now = now;
	bgp_conn_push(c);
	if (c->peer->up == c && c->tx.left <= c->peer->bgp->tx_limits.low) {
		bgp_rtc_due(c->peer);
		bgp_tx_due(c->peer);
	}
	bgp_wake(c->peer->bgp);
}
