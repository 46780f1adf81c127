/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "host/host_int.h"
#include "host/host_trust.h"

/* host_trust.c, host_static.c, host_refuse.c and host_limit.c among themselves, and what
 * the rest of the room asks of them. */
enum host_word_by { /* who says it; a stronger one replaces a weaker one */
	            HOST_WORD_NONE,
	            HOST_WORD_FORMER, /* the packet path of an earlier run, which had
	                                 judged it */
	            HOST_WORD_DHCP,
	            HOST_WORD_ATTACH, /* who runs the host */
	            HOST_WORD_STATIC, /* the configuration */
};

/* All that is said about one address. */
struct host_word {
	struct hnode by_ip;
	uint32_t vrf;
	struct ip ip;
	bool anycast, exempt;
	uint8_t by; /* enum host_word_by; the fields below */
	struct mac mac;
	uint16_t ac;
	struct mono until;
};

struct host_refusal { /* the last one about an address */
	uint32_t vrf;
	struct ip ip;
	struct mac mac;
	uint16_t ac;
	uint8_t by;  /* enum host_evidence_kind */
	uint8_t why; /* enum host_counter */
	uint32_t n;  /* of this kind in a row */
	struct mono at;
};

/* host_trust.c */
const struct host_word *host_word_find(const struct hosts *h, uint32_t vrf,
                                       const struct ip *ip);
bool host_is_exempt(const struct hosts *h, uint32_t vrf, const struct ip *ip);
/* May this claim be believed?  HOST_N_END: yes; else what to count it as. */
enum host_counter host_trust_judge(const struct hosts *h, const struct host_place *p,
                                   const struct host_evidence *ev, struct mono now);
/* Evidence that is a word too: an attach command, a host of an earlier run. */
void host_word_hear(struct hosts *h, const struct host_place *p,
                    const struct host_evidence *ev, struct mono now);
/* Who runs the host takes back that it is here: somebody else may be given the address.
 */
void host_word_detach(struct hosts *h, uint32_t vrf, const struct ip *ip);
/* Is there still a word for the host, where one is needed? */
bool host_word_lasts(const struct hosts *h, const struct host *x, struct mono now);
void host_trust_fini(struct hosts *h);
const char *host_word_text(enum host_word_by by);

/* host_static.c */
void host_static_place(struct hosts *h, const struct host_link *l, struct mono now);
void host_static_apply(struct hosts *h, const struct host_word *w, struct mono now);
void host_static_begin(struct hosts *h, struct host *x, struct mono now);
/* Another site claims a configured host; it is told and changes nothing. */
void host_static_rival(struct hosts *h, const struct host *x, const struct host_remote *r,
                       struct mono now);

/* host_refuse.c: counts, remembers, and once a second tells.  Returns false. */
bool host_refuse(struct hosts *h, enum host_counter c, const struct host_evidence *ev,
                 struct mono now);
const struct host_refusal *host_refused(const struct hosts *h, uint32_t vrf,
                                        const struct ip *ip);

/* host_limit.c */
/* Is there room, and time, for one more? */
enum host_admission { HOST_ADMIT_NO, HOST_ADMIT_YES, HOST_ADMIT_LATER };
enum host_admission host_limit_admit(struct hosts *h, struct host_place *p,
                                     const struct host_evidence *ev, bool strong,
                                     struct mono now);
/* May a known host come to this attachment, or take this MAC? */
bool host_limit_rebind(struct hosts *h, struct host_place *p, const struct host *x,
                       const struct host_evidence *ev, struct mono now);
/* The numbers of that place changed: does a limit come near? */
void host_limit_watch(struct hosts *h, struct host_place *p);
enum cmd_status host_show_limits(void *arg, struct cmd_req *req);
