/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/buf.h"
#include "base/list.h"
#include "bgp/bgp_fsm.h"
#include "wire/bgp_update.h"

/*
 * A tap hears what passes the sessions, to write it down: MRT, BMP.  It changes nothing
 * and calls nothing back.  Where there is none it costs one branch a message.
 *
 * Unset hooks are not called.  Messages are whole, and borrowed for the call.
 */
struct bgp;
struct bgp_conn;
struct bgp_peer;

struct bgp_tap {
	struct list link;
	/* Any message, as received, before anything is done about it. */
	void (*message)(struct bgp_tap *t, const struct bgp_conn *c, const uint8_t *msg,
	                size_t len);
	/* An UPDATE that was read; its routes are about to be put in and taken out.  Not
	 * of one that ends the session. */
	void (*update)(struct bgp_tap *t, const struct bgp_conn *c,
	               const struct bgp_update *u, const uint8_t *msg, size_t len);
	/* A message with an error in it. */
	void (*malformed)(struct bgp_tap *t, const struct bgp_peer *p, const uint8_t *msg,
	                  size_t len);
	/* The neighbor as a whole went from one state to another. */
	void (*state)(struct bgp_tap *t, const struct bgp_peer *p, enum bgp_state from,
	              enum bgp_state to);
	void (*up)(struct bgp_tap *t, const struct bgp_conn *c);
	void (*down)(struct bgp_tap *t, const struct bgp_conn *c);
	/* All routes of a family went, and the session stays (RFC 7606 5.1). */
	void (*dropped)(struct bgp_tap *t, const struct bgp_conn *c);
};

/* What a connection keeps for taps that come later: whole messages. */
struct bgp_said {
	struct buf open_sent, open_received;
	struct buf notification; /* that ended it, … */
	bool by_us;              /* … from us; else from the neighbor */
};

void bgp_tap_add(struct bgp *b, struct bgp_tap *t);
void bgp_tap_del(struct bgp_tap *t);

/* --- for the speaker -----------------------------------------------------------------
 */
void bgp_tap_message(const struct bgp_conn *c, const uint8_t *msg, size_t len);
void bgp_tap_update(const struct bgp_conn *c, const struct bgp_update *u,
                    const uint8_t *msg, size_t len);
void bgp_tap_malformed(const struct bgp_peer *p, const uint8_t *msg, size_t len);
void bgp_tap_state(const struct bgp_peer *p, enum bgp_state from, enum bgp_state to);
void bgp_tap_up(const struct bgp_conn *c);
void bgp_tap_down(const struct bgp_conn *c);
void bgp_tap_dropped(const struct bgp_conn *c);

void bgp_said_keep(struct buf *to, const uint8_t *msg, size_t len);
void bgp_said_fini(struct bgp_said *s);
