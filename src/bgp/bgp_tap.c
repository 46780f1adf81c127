/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bgp/bgp_tap.h"

#include "base/mem.h"
#include "bgp/bgp_int.h"

void bgp_tap_add(struct bgp *b, struct bgp_tap *t)
{
	list_add_tail(&b->taps, &t->link);
}

void bgp_tap_del(struct bgp_tap *t)
{
	list_del(&t->link);
}

void bgp_tap_message(const struct bgp_conn *c, const uint8_t *msg, size_t len)
{
	list_for_safe(t, &c->peer->bgp->taps, struct bgp_tap, link) {
		if (t->message)
			t->message(t, c, msg, len);
	}
}

void bgp_tap_update(const struct bgp_conn *c, const struct bgp_update *u,
                    const uint8_t *msg, size_t len)
{
	list_for_safe(t, &c->peer->bgp->taps, struct bgp_tap, link) {
		if (t->update)
			t->update(t, c, u, msg, len);
	}
}

void bgp_tap_malformed(const struct bgp_peer *p, const uint8_t *msg, size_t len)
{
	list_for_safe(t, &p->bgp->taps, struct bgp_tap, link) {
		if (t->malformed)
			t->malformed(t, p, msg, len);
	}
}

void bgp_tap_state(const struct bgp_peer *p, enum bgp_state from, enum bgp_state to)
{
	list_for_safe(t, &p->bgp->taps, struct bgp_tap, link) {
		if (t->state && from != to)
			t->state(t, p, from, to);
	}
}

void bgp_tap_up(const struct bgp_conn *c)
{
	list_for_safe(t, &c->peer->bgp->taps, struct bgp_tap, link) {
		if (t->up)
			t->up(t, c);
	}
}

void bgp_tap_down(const struct bgp_conn *c)
{
	list_for_safe(t, &c->peer->bgp->taps, struct bgp_tap, link) {
		if (t->down)
			t->down(t, c);
	}
}

void bgp_tap_dropped(const struct bgp_conn *c)
{
	list_for_safe(t, &c->peer->bgp->taps, struct bgp_tap, link) {
		if (t->dropped)
			t->dropped(t, c);
	}
}

void bgp_said_keep(struct buf *to, const uint8_t *msg, size_t len)
{
	buf_fini(to);
	buf_put(to, msg, len);
}

void bgp_said_fini(struct bgp_said *s)
{
	buf_fini(&s->open_sent);
	buf_fini(&s->open_received);
	buf_fini(&s->notification);
}
