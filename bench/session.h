/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "msg.h"

/*
 * The sessions and their loop.  Receivers keep what they were told in owner[] and count
 * the routes on which that agrees with bench.want[].
 */
enum { RX_SIZE = 256 * 1024, TX_CHUNK = 256 * 1024, MAX_SESSIONS = 200 };

enum state { DOWN, CONNECTING, OPENSENT, OPENCONFIRM, ESTABLISHED };

struct session {
	char name[8];
	bool receiver;
	unsigned idx; /* within its role */
	struct in_addr src;
	int fd;
	enum state state;
	uint64_t next_try, t_connect, t_est, last_rx, last_tx;
	uint8_t *rx;
	size_t rxlen;
	struct buf tx;
	bool want_out, muted;
	bool as4, extmsg, rtc; /* negotiated */
	unsigned downs;

	/* receivers only */
	uint8_t *owner; /* per route: sender + 1, or 0 */
	uint8_t *seen;  /* per route: announced since the last mark */
	uint32_t match, reach, nseen;
	uint64_t first;   /* first UPDATE of the running phase */
	uint64_t done;    /* when the running phase ended here */
	uint64_t arrived; /* and when the kernel had its last octet: CLOCK_REALTIME */

	struct dec_stats st;
	uint64_t rx_bytes, tx_bytes;
};

void session_fault(const struct session *s, const char *what);
/* Change the truth about one route: its owner is sender o - 1, or nobody. */
void session_set_want(uint32_t route, uint8_t o);
void session_flush(struct session *s);
void session_mute(struct session *s, bool mute); /* it reads nothing */
void session_stamp(bool on); /* have the kernel tell when octets arrived at receivers */
uint64_t session_realtime(void); /* CLOCK_REALTIME, the clock of .arrived */
void session_turn(int wait_ms);  /* of the loop, timers included */
void session_pump(unsigned ms);
bool session_any_down(void);
/* Bring up sessions [from, to); false on a timeout. */
bool session_bring_up(unsigned from, unsigned to);
/* Until every receiver agrees; false on a timeout or a lost session. */
bool session_run_until(uint64_t end);
/* Until the transport took all that the senders have to say; the same. */
bool session_run_sent(uint64_t end);
