/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "base/ip.h"
#include "sys/tcp_key.h"

/*
 * TCP as BGP wants it: non-blocking, close-on-exec, no Nagle, DSCP CS6, signed segments
 * (tcp_key.h) and the TTL trick (GTSM, RFC 5082).  Functions return 0 or -errno, results
 * are in ret_*, untouched on failure.
 */
struct tcp_opts {
	uint8_t ttl;              /* of what we send; 0: the system's default */
	uint8_t min_ttl;          /* what comes with less is dropped; 0: no check */
	uint32_t user_timeout_ms; /* unacknowledged data kills the connection; 0: default
	                           */
};

/* How to speak to a neighbour: GTSM for `hops` > 0 (255 out, at least 256 - hops in, RFC
 * 5082 3); else 1 out for eBGP, so that it stays on the link, and 255 for iBGP. */
struct tcp_opts tcp_opts_for(bool ebgp, uint8_t gtsm_hops);

/* addr AFI_NONE is refused: listen twice, on 0.0.0.0 and on :: (which is IPv6 only). */
int tcp_listen(const struct ip *addr, uint16_t port, int *ret_fd);

struct tcp_end {
	struct ip ip; /* IPv4-mapped IPv6 comes out as IPv4 */
	uint16_t port;
};

/* -EAGAIN: nobody is waiting.  The new socket has no tcp_opts yet: give it the peer's at
 * once.  (Signatures are checked in the handshake already, GTSM too where the listener
 * has a filter, tcp_ttl.h; the handshake's own packets leave with TTL 255.) */
int tcp_accept(int listener, int *ret_fd, struct tcp_end *ret_from,
               struct tcp_end *ret_local);

struct tcp_connect {
	struct ip to;
	uint16_t port;
	struct ip source; /* AFI_NONE: the kernel's choice */
	struct tcp_key key;
	struct tcp_opts opts;
};

/* Begins; when the socket is writable tcp_connected() tells what became of it. */
int tcp_connect(const struct tcp_connect *c, int *ret_fd);
int tcp_connected(int fd);

int tcp_opts_set(int fd, const struct tcp_opts *opts);

int tcp_local(int fd, struct tcp_end *ret);
int tcp_remote(int fd, struct tcp_end *ret);

struct tcp_stat { /* for people */
	uint32_t rtt_us, mss, retransmits;
	uint32_t send_queue, recv_queue; /* octets; not acknowledged, not read */
};
int tcp_stat(int fd, struct tcp_stat *ret);

/* 0 and how much went or came; -EAGAIN: nothing now.  recv: 0 and *ret_n == 0 is the end.
 */
int tcp_send(int fd, const void *data, size_t len, size_t *ret_n);
int tcp_sendv(int fd, const struct iovec *iov, int n_iov, size_t *ret_n);
int tcp_recv(int fd, void *buf, size_t cap, size_t *ret_n);
bool tcp_pending(int fd); /* has come and was not read */
/* FIN, what was sent still gets there. */
void tcp_close(int fd);

/* For people: "connection refused (nobody listens there)".  err is positive or -errno. */
const char *tcp_error_text(int err);
