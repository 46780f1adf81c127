/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/mem.h"
#include "bgp/bgp_int.h"

/*
 * Long-lived graceful restart (RFC 9494): a neighbor that does not come back within its
 * restart time keeps its routes for hours or days more, as a last resort.  Each of them
 * gets the community LLGR_STALE.  That is all: whoever has it is beaten by every route
 * that has not (rib_best.c, vrf_import.c), and told only to neighbors that know what it
 * means (bgp_batch.c), here as at everybody who receives it from us.
 *
 * The paths are made anew in steps, as a table is taken out in steps.
 */
enum { LLGR_STALE = (int)0xffff0006, NO_LLGR = (int)0xffff0007 };

void bgp_llgr_caps(const struct bgp_peer *p, struct bgp_caps *ret)
{
	if (!ret->gr.present || !p->cfg.gr.llgr_stale_s)
		return; /* never without the other (RFC 9494 3.1) */
	ret->llgr.present = true;
	ret->llgr.families = ret->gr.families & ~bgp_family_bit(BGP_RTC);
	ret->llgr.forwarding = ret->gr.forwarding & ret->llgr.families;
	for (int f = 0; f < BGP_FAM_END; f++) {
		if (ret->llgr.families & bgp_family_bit(f))
			ret->llgr.time[f] = p->cfg.gr.llgr_stale_s;
	}
}

uint32_t bgp_llgr_time(const struct bgp_conn *c, enum afi afi)
{
	const struct bgp_caps *caps = &c->open.caps;
	uint32_t most = c->peer->cfg.gr.llgr_stale_s;
	uint32_t theirs = caps->llgr.time[bgp_vpn_family(afi)];

	if (!caps->gr.present || !caps->llgr.present ||
	    !(caps->llgr.families & bgp_family_bit(bgp_vpn_family(afi))))
		return 0;
	return theirs < most ? theirs : most;
}

bool bgp_llgr_vouches(const struct bgp_conn *c, enum afi afi)
{
	const struct bgp_caps *caps = &c->open.caps;

	return caps->gr.present && caps->llgr.present &&
	       caps->llgr.families & caps->llgr.forwarding &
	               bgp_family_bit(bgp_vpn_family(afi));
}

bool bgp_llgr_known(const struct bgp_peer *p)
{
	return p->cfg.gr.llgr_stale_s && p->up->open.caps.gr.present &&
	       p->up->open.caps.llgr.present;
}

/* --- the paths are marked ------------------------------------------------------------
 */

struct found {
	struct rib_key key;
	uint32_t path_id, label;
	const struct attrs *attrs;
};

struct marking {
	const struct rib_source *source;
	struct found *found;
	size_t n, room;
};

static void collect(void *arg, const struct rib_key *key, const struct rib_path *path)
{
	struct marking *m = arg;

	if (path->source != m->source)
		return;
	if (m->n == m->room) {
		m->room = m->room ? 2 * m->room : 1024;
		m->found = mem_realloc(m->found, m->room * sizeof(*m->found));
	}
	m->found[m->n++] = (struct found){ *key, path->path_id, path->label,
		                           attrs_ref(path->attrs) };
}

/* The set with LLGR_STALE; NULL: it must not outlive the restart time (RFC 9494 4.2). */
static const struct attrs *marked(struct rib *rib, const struct attrs *a)
{
	AUTO_FREE uint8_t *list = NULL;
	struct bgp_attrs view;
	struct wbuf w;

	attrs_view(a, &view);
	if (bgp_attr_has_community(&view, (uint32_t)NO_LLGR))
		return NULL;
	if (attrs_rank(a)->llgr_stale)
		return attrs_ref(a); /* another marked it before */
	list = mem_zalloc(view.communities.n + 4);
	w = wbuf_of(list, view.communities.n + 4);
	wbuf_bytes(&w, view.communities.p, view.communities.n);
	wbuf_uint(&w, (uint32_t)LLGR_STALE, 4);
	view.communities = (struct bgp_span){ list, w.len };
	bgp_attr_set(&view, BGP_ATTR_COMMUNITIES);
	return attrs_intern(rib_attrs(rib), &view);
}

/* Routes come in rows of one set: the latest is remembered. */
static void mark_all(struct bgp_peer *p, const struct marking *m)
{
	struct rib *rib = p->bgp->cfg.rib;
	const struct attrs *last = NULL, *made = NULL;

	for (size_t i = 0; i < m->n; i++) {
		const struct found *f = &m->found[i];

		if (f->attrs != last) {
			attrs_unref(made);
			last = f->attrs;
			made = marked(rib, last);
		}
		if (made)
			rib_announce(rib, p->source, &f->key, f->path_id, f->label, made);
		else
			rib_withdraw(rib, p->source, &f->key, f->path_id);
	}
	attrs_unref(made);
	for (size_t i = 0; i < m->n; i++)
		attrs_unref(m->found[i].attrs);
}

void bgp_llgr_step(struct bgp_peer *p, enum afi afi)
{
	struct bgp_peer_af *af = &p->af[afi];
	struct marking m = { .source = p->source };

	af->marking = rib_walk_paths(p->bgp->cfg.rib, afi, &af->mark_pos, BGP_SWEEP_BATCH,
	                             collect, &m) == BGP_SWEEP_BATCH;
	mark_all(p, &m);
	free(m.found);
	if (!af->marking) /* announced anew they are fresh, but they are not */
		rib_source_mark_stale(p->bgp->cfg.rib, p->source, afi);
	else if (!list_linked(&p->sweep_link))
		list_add_tail(&p->bgp->sweeping, &p->sweep_link);
}

void bgp_llgr_finish(struct bgp_peer *p, enum afi afi)
{
	while (p->af[afi].marking)
		bgp_llgr_step(p, afi);
}

bool bgp_llgr_begin(struct bgp_peer *p, enum afi afi)
{
	struct bgp_peer_af *af = &p->af[afi];
	struct mono now = p->bgp->now;

	if (p->up || !af->llgr_s)
		return false;
	if (!af->long_lived)
		af->stale_until = mono_add_ms(now, af->llgr_s * INT64_C(1000));
	if (mono_reached(now, af->stale_until))
		return false;
	af->long_lived = true;
	bgp_arm(p->bgp, &af->sweep, mono_ms_since(af->stale_until, now));
	bgp_say(p, "long-lived-stale", bgp_family_name(bgp_vpn_family(afi)));
	af->mark_pos = 0;
	bgp_llgr_step(p, afi);
	return true;
}
