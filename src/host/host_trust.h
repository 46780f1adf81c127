/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "host/host.h"

/*
 * Whom to believe, beside what evidence proves.  Evidence says that somebody uses an
 * address; a word about the address says who may: an operator's (configured hosts), a
 * DHCP server's, or that of who runs the hosts.
 */
enum host_binding {
	HOST_BIND_LEARN,  /* whoever speaks for itself */
	HOST_BIND_DHCP,   /* about whom there is a word */
	HOST_BIND_STATIC, /* configured hosts only */
};

/* Of a subnet; hosts_trust_set() copies it.  Zeroes: everybody, any number, usual pace.
 */
struct host_trust {
	enum host_binding binding;
	const struct ip *anycast; /* hosts of several sites have it, each site its own */
	size_t n_anycast;
	const struct ip *exempt; /* moves of these are not counted */
	size_t n_exempt;
	uint32_t max_hosts;   /* of the subnet */
	uint32_t max_per_mac; /* addresses of the subnet */
	uint32_t max_new;     /* hosts nobody knew, a second on an attachment */
};
void hosts_trust_set(struct hosts *h, uint32_t vrf, const struct prefix *p,
                     const struct host_trust *t);

/* A configured host: local while its attachment is up, and nowhere else. */
void hosts_static_set(struct hosts *h, uint32_t vrf, const struct ip *ip,
                      const struct mac *mac, uint16_t ac, struct mono now);
void hosts_static_del(struct hosts *h, uint32_t vrf, const struct ip *ip,
                      struct mono now);

/* A DHCP server gave it the address, until then.  It is one more word, not a sign that
 * the host is there.  Deleting it (released, expired, declined) withdraws the host. */
void hosts_binding_set(struct hosts *h, uint32_t vrf, const struct ip *ip,
                       const struct mac *mac, uint16_t ac, struct mono until,
                       struct mono now);
bool hosts_binding_del(struct hosts *h, uint32_t vrf, const struct ip *ip,
                       struct mono now);

/* Cheap while there are none.  Static: its route is to say so. */
bool hosts_is_static(const struct hosts *h, uint32_t vrf, const struct ip *ip);
/* Anycast: to be forwarded to here, never advertised, never answered for. */
bool hosts_is_anycast(const struct hosts *h, uint32_t vrf, const struct ip *ip);

/* Moves from other sites to this PE, lastingly; host_num.h has the bursts. */
void hosts_vrf_moves(struct hosts *h, uint32_t vrf, uint32_t per_s);

/* host_why.c: what host/ has decided about an address, in words: its state, each refusal
 * lately, what is awaited.  False: nothing is known of it. */
bool hosts_why(const struct hosts *h, uint32_t vrf, const struct ip *ip, struct mono now,
               struct view *v);
