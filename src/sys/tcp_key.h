/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/ip.h"

/*
 * What segments to and from a peer are signed with: TCP-MD5 (RFC 2385) or TCP-AO (RFC
 * 5925, algorithms of RFC 5926), never both.  Set on a listener, and on a socket before
 * it connects; an accepted one inherits.  Unsigned segments of such a peer are dropped by
 * the kernel, the first SYN included.
 *
 * Keys live in the memory of the socket they are set on, which net.core.optmem_max
 * bounds: -ENOMEM means that.
 */
enum {
	TCP_KEY_MAX = 80, /* octets, of both kinds */
};

enum tcp_key_alg {
	TCP_KEY_SHA1_96, /* HMAC-SHA-1-96 (RFC 5926) */
	TCP_KEY_AES128_96,
	TCP_KEY_SHA256_128,
	TCP_KEY_ALG_END,
};

struct tcp_key {
	const char *md5; /* NULL: none */
	const char *ao;  /* NULL: none */
	enum tcp_key_alg ao_alg;
	uint8_t ao_send_id, ao_recv_id;
};

static inline bool tcp_key_is(const struct tcp_key *k)
{
	return k->md5 || k->ao;
}

/* For one peer or all of a prefix.  Longer than TCP_KEY_MAX, empty, or both kinds:
 * -EINVAL.
 */
int tcp_key_set(int fd, const struct prefix *peers, const struct tcp_key *key);
/* Removing what isn't there is done already. */
int tcp_key_clear(int fd, const struct prefix *peers, const struct tcp_key *key);

/* Can this kernel do it?  0, or -ENOPROTOOPT: not built in (MD5: CONFIG_TCP_MD5SIG; AO:
 * CONFIG_TCP_AO, Linux 6.7). */
int tcp_key_probe(const struct tcp_key *key);
