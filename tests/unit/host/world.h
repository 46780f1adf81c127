/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "host/host_int.h"

#include "tests/t.h"

/*
 * One PE's host table with everything around it played: a clock that stands still until
 * told, the frames it sends, the routes it originates, the routes others have.
 */
enum { W_LOG = 16384, W_REMOTES = 4096, VRF = 100, AC1 = 1, AC2 = 2 };

struct w_happening {
	enum {
		W_UP,
		W_DOWN,
		W_YIELD,
		W_FORWARD,
		W_FROZEN,
		W_THAWED,
		W_FRAME,
		W_EVENT
	} kind;
	struct mono at;
	struct ip ip;
	uint16_t ac;
	struct mac mac;
	uint32_t seq;
	struct host_frame frame;
	enum host_happening what;
	char why[64];
};

struct world {
	struct hosts *h;
	struct mono now;
	struct w_happening log[W_LOG];
	size_t n;
	struct {
		struct ip ip;
		struct host_remote r;
	} remote[W_REMOTES];
	size_t n_remotes;
	struct ip seen; /* the data plane heard this one; AFI_NONE: nobody */
	/* NULL, or what answers the frames we send */
	void (*answer)(struct world *w, const struct host_frame *f);
};

struct world *w_new(void); /* 1.1.0.0/16 and 2001:db8:1::/64 on AC1 and AC2, no sweep */
void w_free(struct world *w);
void w_run(struct world *w, int64_t ms); /* let time pass, timers exactly when due */
void w_hear(struct world *w, enum host_evidence_kind k, uint16_t ac, const char *mac,
            const char *sender, const char *target);
void w_remote(struct world *w, const char *ip, const char *pe, const char *soo,
              uint32_t seq);
void w_remote_host(struct world *w, const char *ip, const char *pe, const char *soo,
                   uint32_t seq, const char *mac); /* which tells the host's MAC, too */
void w_remote_gone(struct world *w, const char *ip);
struct ip w_ip(const char *s);
struct mac w_mac(const char *s);
/* How many of a kind since log entry `from`; the last of them, or NULL. */
size_t w_count(const struct world *w, int kind, size_t from);
const struct w_happening *w_last(const struct world *w, int kind);
bool w_happened(const struct world *w, enum host_happening what);
enum host_state w_state(const struct world *w, const char *ip);
struct host_subnet w_subnet(const char *prefix, const char *gateway);
