/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>

#include "host/host_trust_int.h"

/*
 * `why host`, the part of this room: what is believed of an address and by what word,
 * what was refused lately, what is awaited and when.  For people; so each note is a
 * sentence.
 */
enum { SPAN_LEN = 32 };

/* "350 ms", "42 s", "12 min", "3 h" */
static const char *span(int64_t ms, char buf[static SPAN_LEN])
{
	long long n = ms < 0 ? 0 : ms;

	if (n < 2000)
		snprintf(buf, SPAN_LEN, "%lld ms", n);
	else if (n < 120000)
		snprintf(buf, SPAN_LEN, "%lld s", n / 1000);
	else if (n < 7200000)
		snprintf(buf, SPAN_LEN, "%lld min", n / 60000);
	else
		snprintf(buf, SPAN_LEN, "%lld h", n / 3600000);
	return buf;
}

struct why { /* what every note needs */
	const struct hosts *h;
	struct view *v;
	struct mono now;
	const char *ip;
};

static const char *since(const struct why *w, struct mono then, char buf[static SPAN_LEN])
{
	return span(mono_ms_since(w->now, then), buf);
}

static const char *until(const struct why *w, struct mono then, char buf[static SPAN_LEN])
{
	return span(mono_ms_since(then, w->now), buf);
}

/* "02:… on eth0.100" */
static const char *spot(const struct why *w, const struct mac *mac, uint16_t ac,
                        char buf[static 96])
{
	const char *port = w->h->ops->ac_name ? w->h->ops->ac_name(w->h->arg, ac) : NULL;
	char text[MAC_STRLEN];

	snprintf(buf, 96, "%s on %s", mac_fmt(mac, text), port ? port : "?");
	return buf;
}

/* --- the states ----------------------------------------------------------------------
 */

static void why_here(const struct why *w, const struct host *x)
{
	struct mono learned = { (int64_t)x->learned_s * 1000000 };
	char at[96], a[SPAN_LEN], b[SPAN_LEN];

	view_note(w->v, "%s is here: %s, %s%s %s ago, last heard %s ago.", w->ip,
	          spot(w, &x->mac, x->ac, at),
	          x->by == HOST_BY_FIB ? "adopted from an " : "learned by ",
	          host_evidence_text(x->by), since(w, learned, a),
	          since(w, x->last_seen, b));
}

static void why_local(const struct why *w, const struct host *x)
{
	char a[SPAN_LEN];

	why_here(w, x);
	if (heap_armed(&x->timer))
		view_note(w->v, "If it is silent meanwhile it is asked in %s.",
		          until(w, x->timer.at, a));
}

static void why_refresh(const struct why *w, const struct host *x)
{
	const struct host_place *p = host_place_of(w->h, x);
	char a[SPAN_LEN], b[SPAN_LEN];

	why_here(w, x);
	if (!p)
		return;
	view_note(w->v,
	          "It is silent and has been asked %u of %d times, again in %s; without "
	          "an answer it is withdrawn when it was silent for %s.",
	          x->tries, HOST_PROBES, until(w, x->timer.at, a),
	          span(p->net->cfg.age_ms, b));
}

static void why_contested(const struct why *w, const struct host *x)
{
	char a[SPAN_LEN];

	why_here(w, x);
	view_note(
		w->v,
		"Another site advertises it too, so it is asked whether it is still "
		"here: %u of %d times, next in %s.  If it answers it is advertised with "
		"a higher sequence, else withdrawn.%s",
		x->tries, HOST_PROBES, until(w, x->timer.at, a),
		x->flags & HOST_F_YIELDED ? "  Packets follow the newer route meanwhile."
					  : "");
}

static void why_probing(const struct why *w, const struct host *x)
{
	char at[96], a[SPAN_LEN];

	spot(w, &x->mac, x->ac, at);
	until(w, x->timer.at, a);
	if (x->flags & HOST_F_HELD)
		view_note(w->v,
		          "%s came from another site to %s, one of too many at once "
		          "(max-moves-per-second): it is asked in its turn, in %s, and "
		          "believed when it answers.",
		          w->ip, at, a);
	else
		view_note(w->v,
		          "%s may be here: %s says so (%s), which is no proof.  It was "
		          "asked %u of %d times, next in %s; it is believed when it "
		          "answers.",
		          w->ip, at, host_evidence_text(x->by), x->tries, HOST_PROBES, a);
}

/* Two hosts have the address; which route is used is said beside this. */
static void why_duplicate(const struct why *w, const struct host *x)
{
	char at[96], a[SPAN_LEN];

	view_note(w->v,
	          "Duplicate: %s here and another site claimed %s five times in three "
	          "minutes, so two hosts seem to have it.",
	          spot(w, &x->mac, x->ac, at), w->ip);
	view_note(
		w->v,
		"Nobody here is answered who asks for it, and no claim is believed, for "
		"%s more, until the other site gives it up, or until `host clear`.",
		until(w, x->story->thaw_at, a));
}

static void why_fixed(const struct why *w, const struct host *x)
{
	char at[96];

	view_note(
		w->v,
		"%s is here: configured as %s.  It is advertised as bound to this place; "
		"no claim of another MAC, port or site is believed, and it never ages.",
		w->ip, spot(w, &x->mac, x->ac, at));
}

static void why_past(const struct why *w, const struct host *x)
{
	char at[96], a[SPAN_LEN], b[SPAN_LEN];

	view_note(
		w->v,
		"It was here, %s, last heard %s ago.  That is remembered for %s more: if "
		"its MAC shows itself it is asked for at once.",
		spot(w, &x->mac, x->ac, at), since(w, x->last_seen, a),
		until(w, x->timer.at, b));
}

static void why_state(const struct why *w, const struct host *x)
{
	switch ((enum host_state)x->state) {
	case HOST_LOCAL: why_local(w, x); break;
	case HOST_REFRESH: why_refresh(w, x); break;
	case HOST_CONTESTED: why_contested(w, x); break;
	case HOST_PROBING: why_probing(w, x); break;
	case HOST_DUPLICATE: why_duplicate(w, x); break;
	case HOST_FIXED: why_fixed(w, x); break;
	case HOST_PAST: why_past(w, x); break;
	case HOST_ABSENT:
	case HOST_STATE_END: break;
	}
	if (x->flags & HOST_F_DAMPED)
		view_note(w->v,
		          "Its route changed within the last second: the next change "
		          "is told at the end of it.");
	if (x->seq)
		view_note(w->v, "It has moved: its mobility sequence is %u.", x->seq);
	if (x->story && x->story->moves && x->state != HOST_DUPLICATE)
		view_note(w->v,
		          "It came here, or was claimed elsewhere in vain, %u times; %d "
		          "times within %d s freeze it as a duplicate.",
		          x->story->moves, HOST_DUP_MOVES, HOST_DUP_WINDOW_S);
}

/* --- words and refusals --------------------------------------------------------------
 */

static void why_word(const struct why *w, const struct host_net *n,
                     const struct host_word *word)
{
	bool valid = word && word->by && !mono_reached(w->now, word->until);
	char mac[MAC_STRLEN], a[SPAN_LEN];

	if (word && word->anycast)
		view_note(
			w->v,
			"It is an anycast-local address: used where it speaks at this "
			"site, never advertised, never answered for, no move is counted.");
	if (word && word->exempt)
		view_note(w->v, "It is dup-exempt: its moves are not counted.");
	if (valid && word->by == HOST_WORD_STATIC)
		view_note(w->v, "The configuration gives it to %s.",
		          mac_fmt(&word->mac, mac));
	else if (valid && mono_is_never(word->until))
		view_note(w->v, "It is bound to %s by %s.", mac_fmt(&word->mac, mac),
		          host_word_text(word->by));
	else if (valid)
		view_note(w->v, "It is bound to %s by %s, for %s more.",
		          mac_fmt(&word->mac, mac), host_word_text(word->by),
		          until(w, word->until, a));
	else if (n && n->binding == HOST_BIND_DHCP)
		view_note(w->v, "The subnet believes only whom a DHCP server gave an "
		                "address (binding dhcp), and this PE knows of no lease.");
	else if (n && n->binding == HOST_BIND_STATIC)
		view_note(w->v, "The subnet believes only configured hosts (binding "
		                "static), and this is none.");
}

static void why_refused(const struct why *w, const struct host_refusal *r)
{
	char at[96], a[SPAN_LEN], times[32] = "";

	if (r->n > 1)
		snprintf(times, sizeof(times), ", %u times", r->n);
	view_note(w->v, "Not believed %s ago%s: %s from %s: %s.", since(w, r->at, a),
	          times, host_evidence_text(r->by), spot(w, &r->mac, r->ac, at),
	          host_counter_text(r->why));
}

bool hosts_why(const struct hosts *h, uint32_t vrf, const struct ip *ip, struct mono now,
               struct view *v)
{
	const struct host_word *word = host_word_find(h, vrf, ip);
	const struct host_refusal *r = host_refused(h, vrf, ip);
	const struct host_net *n = host_net_find(h, vrf, ip);
	const struct host *x = host_find(h, vrf, ip);
	char text[IP_STRLEN];
	struct why w = { .h = h, .v = v, .now = now, .ip = ip_fmt(ip, text) };

	if (n && host_net_own(n, ip))
		n = NULL; /* nobody's to be bound to */
	if (x)
		why_state(&w, x);
	why_word(&w, n, word);
	if (r)
		why_refused(&w, r);
	return x || word || r;
}
