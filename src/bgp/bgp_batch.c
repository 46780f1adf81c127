/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/mem.h"
#include "bgp/bgp_int.h"
#include "bgp/bgp_paths.h"
#include "bgp/bgp_rtc.h"
#include "wire/bgp_write.h"

/*
 * A batch: some destinations out of a cohort's reader become messages, each encoded once,
 * and go to the members they are for.
 *
 * Destinations are sorted into sets that share attributes and source, so that each set
 * costs its attributes once and fills its messages; who of the members gets it is asked
 * once per set.  The others, and all where there is no route any more, get a withdrawal
 * if they hold one; destinations withdrawn from the same members share messages.
 */
struct tx_item {
	struct vpn_nlri nlri;
	uint32_t dest;
	uint16_t set;         /* that announces it, TX_NONE: it goes */
	uint16_t next, gnext; /* in the set; in the withdrawal */
	bool told;            /* some member holds it */
	uint32_t gone;        /* mask of the members it is withdrawn from, or 0 */
};

struct tx_set {
	const struct attrs *attrs;
	const struct rib_source *source;
	uint32_t mask; /* of the members that get it */
	bool any;      /* there is one */
	uint16_t first, last;
	uint16_t slot; /* to be freed: a batch of one route clears no table */
};

struct tx_gone { /* destinations withdrawn from the same members */
	uint32_t mask;
	uint16_t first, last, slot;
};

struct tx_piece { /* of the output, for the same members */
	size_t off, len;
	uint32_t mask;
	uint32_t announced, withdrawn, messages;
};

enum {
	TX_NONE = UINT16_MAX,
	TX_MAX =
		2 * BGP_TX_BATCH, /* items, where the last set goes on behind the batch */
	TX_SLOTS = 2 * TX_MAX,
	TX_PATHS = 2 * BGP_PATHS_MAX,  /* looked at, of a destination */
	TX_VISITS = 16 * BGP_TX_BATCH, /* destinations looked at, sent or not */
	TX_ROUTE_COST = 16,
	TX_SCAN_VISITS = 8, /* that one counts for in a scan, which is in no hurry */
	TX_VISIT_COST = 4,  /* octets that one to look at counts for, in a turn */
	TX_ATTRS_MAX = BGP_MSG_MAX_EXT, /* more cannot be sent anyway */
	TX_SHARE_MIN = 1024, /* a member that gets less than this has it copied, … */
	TX_SHARE_PART = 4, /* … or less than a quarter: it must not hold all in memory */
};

struct bgp_batch {
	struct bgp_cohort *co;
	struct bgp_member **member;
	size_t n_members, cap_members;

	struct tx_item item[TX_MAX];
	struct tx_set set[TX_MAX];
	struct tx_gone gone[TX_MAX];
	struct tx_piece piece[2 * TX_MAX];
	uint16_t slot[TX_SLOTS]; /* set or gone + 1 by hash; 0: free */
	size_t n_items, n_sets, n_gone, n_pieces, visits;
	struct rib_path path[TX_PATHS]; /* of the destination at hand */
	size_t estimate;                /* of the output, in octets */

	uint64_t *mask; /* bit n: member n.  A mask is named by its place; 0 is none */
	size_t words, n_mask, cap_mask;
	struct buf out;
	uint8_t attrs[TX_ATTRS_MAX];
};

struct bgp_batch *bgp_batch_new(void)
{
	return mem_new(struct bgp_batch);
}

void bgp_batch_free(struct bgp_batch *b)
{
	buf_fini(&b->out);
	free(b->member);
	free(b->mask);
	free(b);
}

/* --- masks ---------------------------------------------------------------------------
 */

static uint32_t mask_new(struct bgp_batch *b, bool all)
{
	size_t at = b->n_mask, tail = b->n_members % 64;

	if (at + b->words > b->cap_mask) {
		b->cap_mask = 2 * (at + b->words);
		b->mask = mem_realloc(b->mask, b->cap_mask * sizeof(*b->mask));
	}
	memset(b->mask + at, all ? 0xff : 0, b->words * sizeof(*b->mask));
	if (all && tail)
		b->mask[at + b->words - 1] = ((uint64_t)1 << tail) - 1;
	b->n_mask += b->words;
	return (uint32_t)at;
}

static bool mask_has(const struct bgp_batch *b, uint32_t mask, size_t k)
{
	return b->mask[mask + k / 64] >> k % 64 & 1;
}

static void mask_put(struct bgp_batch *b, uint32_t mask, size_t k, bool on)
{
	uint64_t bit = (uint64_t)1 << k % 64;

	if (on)
		b->mask[mask + k / 64] |= bit;
	else
		b->mask[mask + k / 64] &= ~bit;
}

static bool mask_same(const struct bgp_batch *b, uint32_t x, uint32_t y)
{
	return x == y || !memcmp(b->mask + x, b->mask + y, b->words * sizeof(*b->mask));
}

static bool mask_empty(const struct bgp_batch *b, uint32_t mask)
{
	for (size_t w = 0; w < b->words; w++) {
		if (b->mask[mask + w])
			return false;
	}
	return true;
}

static size_t spread(uint64_t h)
{
	return (size_t)(h * UINT64_C(0x9e3779b97f4a7c15) >> 40) % TX_SLOTS;
}

/* --- who gets what -------------------------------------------------------------------
 */

/* Ours, if whoever made the route left it to us. */
static const struct ip *next_hop(const struct bgp *b, const struct attrs *a)
{
	const struct ip *ip = &attrs_nexthop(a)->addr;

	return ip->afi == AFI_NONE ? &b->cfg.source : ip;
}

/* Can the group read the next hop?  IPv6 before IPv4 routes only if it said so: to others
 * the attribute would be malformed, and cost the session (RFC 8950 4). */
static bool can_read(const struct bgp_group *g, const struct attrs *a)
{
	return g->key.afi != AFI_IP4 || next_hop(g->bgp, a)->afi == AFI_IP4 ||
	       g->key.ext_next_hop;
}

/* Why not?  What is told about it is what decided it. */
enum untold {
	GETS_IT,
	NO_POLICY,     /* RFC 8212 2 */
	NO_REFLECTION, /* iBGP to iBGP otherwise (RFC 4456 6) */
	NO_ADVERTISE,  /* RFC 1997 */
	NO_LLGR,       /* it would take a stale route for a good one (RFC 9494 4.3) */
	NO_NEXT_HOP,   /* that it can read */
	CAME_FROM_IT,
	IT_ORIGINATED, /* it would only throw it away (RFC 4456 8) */
	NOT_WANTED,    /* RFC 4684 */
};

/* Does the group get such paths?  RFC 4271 9.2. */
static enum untold group_untold(const struct bgp_group *g, const struct rib_path *path)
{
	const struct rib_source *s = path->source;

	if (g->key.ebgp)
		return NO_POLICY;
	if (attrs_rank(path->attrs)->llgr_stale && !g->key.llgr)
		return NO_LLGR;
	if (!s->local && !s->ebgp && !s->client && !g->key.client)
		return NO_REFLECTION;
	if (attrs_rank(path->attrs)->no_advertise)
		return NO_ADVERTISE;
	return can_read(g, path->attrs) ? GETS_IT : NO_NEXT_HOP;
}

static bool group_gets(const struct bgp_group *g, const struct rib_path *path)
{
	return group_untold(g, path) == GETS_IT;
}

/* … and this member of it? */
static enum untold member_untold(const struct bgp_member *m, const struct rib_path *path)
{
	const struct attrs_rank *rank = attrs_rank(path->attrs);
	const struct bgp_peer *p = m->peer;

	if (path->source == p->source)
		return CAME_FROM_IT;
	if (rank->has_originator && rank->originator == p->up->open.router_id)
		return IT_ORIGINATED;
	return bgp_rtc_wants(p, m->cohort->group->key.afi, path->attrs) ? GETS_IT
	                                                                : NOT_WANTED;
}

static bool member_gets(const struct bgp_member *m, const struct rib_path *path)
{
	return member_untold(m, path) == GETS_IT;
}

const char *bgp_batch_untold(const struct bgp_peer *p, enum afi afi,
                             const struct rib_path *path)
{
	static const char *const text[] = {
		[GETS_IT] = NULL,
		[NO_POLICY] = "external, and there is no policy (RFC 8212)",
		[NO_REFLECTION] = "neither it nor whom the route is from is a client",
		[NO_ADVERTISE] = "the route has the community NO_ADVERTISE",
		[NO_LLGR] = "it does not know long-lived stale routes (RFC 9494)",
		[NO_NEXT_HOP] = "it takes no IPv6 next hop for IPv4 routes (RFC 8950)",
		[CAME_FROM_IT] = "the route is from it",
		[IT_ORIGINATED] = "it originated the route",
		[NOT_WANTED] = "it asked for other route targets (RFC 4684)",
	};
	const struct bgp_member *m = &p->af[afi].tx;
	enum untold why;

	if (!m->cohort)
		return "the family was not negotiated";
	why = group_untold(m->cohort->group, path);
	return text[why == GETS_IT ? member_untold(m, path) : why];
}

static struct tx_set *set_get(struct bgp_batch *b, const struct rib_path *path)
{
	size_t at = spread((uintptr_t)path->attrs >> 4);
	struct tx_set *s;

	for (; b->slot[at]; at = (at + 1) % TX_SLOTS) {
		s = &b->set[b->slot[at] - 1];
		if (s->attrs == path->attrs && s->source == path->source)
			return s;
	}
	s = &b->set[b->n_sets++];
	b->slot[at] = (uint16_t)b->n_sets;
	*s = (struct tx_set){ .attrs = path->attrs,
		              .source = path->source,
		              .first = TX_NONE,
		              .last = TX_NONE,
		              .slot = (uint16_t)at };
	b->estimate += attrs_image(path->attrs).n;
	if (!group_gets(b->co->group, path))
		return s;
	s->mask = mask_new(b, false);
	for (size_t k = 0; k < b->n_members; k++) {
		if (member_gets(b->member[k], path)) {
			mask_put(b, s->mask, k, true);
			s->any = true;
		}
	}
	return s;
}

/* --- filling -------------------------------------------------------------------------
 */

static void batch_begin(struct bgp_batch *b, struct bgp_cohort *co)
{
	if (co->n_members > b->cap_members) {
		b->cap_members = 2 * co->n_members;
		b->member = mem_realloc(b->member, b->cap_members * sizeof(*b->member));
	}
	b->co = co;
	b->n_members = 0;
	list_for(m, &co->members, struct bgp_member, link)
		b->member[b->n_members++] = m;
	b->words = (b->n_members + 63) / 64;
	for (size_t i = 0; i < b->n_gone; i++) /* of the batch before */
		b->slot[b->gone[i].slot] = 0;
	b->n_items = b->n_sets = b->n_gone = b->n_pieces = b->visits = b->n_mask = 0;
	b->estimate = 0;
	mask_new(b, false); /* nobody */
	b->out.off = b->out.len = 0;
}

/* A scan is one member's, and looks for what it should hold and does not, or the reverse;
 * what it holds already is not sent again, unless it may have thrown it away. */
static bool scan_skips(const struct bgp_batch *b, const struct rib_change *ch, bool gets)
{
	const struct bgp_member *m = b->member[0];
	bool holds = ch->told && !bits_has(&m->except, ch->dest);

	must(b->n_members == 1);
	return gets == holds && !(holds && bgp_rtc_unsure(m->peer, ch->best->attrs));
}

static void item_take(struct bgp_batch *b, const struct rib_change *ch)
{
	struct tx_set *s = ch->best ? set_get(b, ch->best) : NULL;
	bool gets = s && s->any;

	if ((!gets && !ch->told) || (ch->scanned && scan_skips(b, ch, gets)))
		return;
	b->estimate += TX_ROUTE_COST;
	b->item[b->n_items++] = (struct tx_item){
		.nlri = {
			.label = gets ? ch->best->label : 0,
			.rd = ch->key.rd,
			.prefix = ch->key.prefix,
		},
		.dest = ch->dest,
		.set = gets ? (uint16_t)(s - b->set) : TX_NONE,
		.told = ch->told,
	};
}

/* Is it said again though nothing of it changed? */
static bool path_again(const struct bgp_batch *b, const struct rib_change *ch,
                       const struct rib_path *p)
{
	if (ch->scanned)
		return bgp_rtc_unsure(b->member[0]->peer, p->attrs);
	return ch->walked; /* a refresh */
}

/* The best paths that the member gets, as many as it was configured to. */
static size_t paths_wanted(struct bgp_batch *b, const struct rib_change *ch,
                           const struct rib_path *ret[static BGP_PATHS_MAX])
{
	size_t all = rib_reader_paths(b->co->reader, ch->dest, b->path, TX_PATHS);
	size_t n = 0;

	for (size_t i = 0; i < all && n < b->co->group->key.add_path; i++) {
		if (set_get(b, &b->path[i])->any)
			ret[n++] = &b->path[i];
	}
	return n;
}

static struct tx_item *path_item(struct bgp_batch *b, const struct rib_change *ch,
                                 uint32_t id, bool told)
{
	struct tx_item *it = &b->item[b->n_items++];

	b->estimate += TX_ROUTE_COST;
	*it = (struct tx_item){
		.nlri = {
			.path_id = id,
			.rd = ch->key.rd,
			.prefix = ch->key.prefix,
		},
		.dest = ch->dest,
		.set = TX_NONE,
		.told = told,
	};
	return it;
}

/* ADD-PATH (RFC 7911): the unit is the destination; what changed of its paths is said. */
static void paths_take(struct bgp_batch *b, const struct rib_change *ch)
{
	struct bgp_paths *t = b->co->paths;
	const struct bgp_told *old = bgp_paths_get(t, ch->dest);
	const struct rib_path *want[BGP_PATHS_MAX];
	bool say[BGP_PATHS_MAX], held[BGP_PATHS_MAX];
	uint32_t id[BGP_PATHS_MAX];
	size_t n = paths_wanted(b, ch, want);

	for (uint32_t i = 0; old && i < old->n; i++) {
		size_t k = 0;

		while (k < n && bgp_paths_find(old, want[k]) != &old->path[i])
			k++;
		if (k == n) /* it is told no more */
			path_item(b, ch, old->path[i].id, true)->gone = mask_new(b, true);
	}
	for (size_t i = 0; i < n; i++) {
		const struct bgp_told_path *was = bgp_paths_find(old, want[i]);

		held[i] = was;
		say[i] = !was || was->attrs != want[i]->attrs ||
		         was->label != want[i]->label || path_again(b, ch, want[i]);
	}
	if (n || old)
		bgp_paths_set(t, ch->dest, want, n, id);
	for (size_t i = 0; i < n; i++) {
		struct tx_item *it;

		if (!say[i])
			continue;
		it = path_item(b, ch, id[i], held[i]);
		it->nlri.label = want[i]->label;
		it->set = (uint16_t)(set_get(b, want[i]) - b->set);
	}
	if (ch->told != (n > 0)) /* a ghost goes with its last */
		rib_reader_told(b->co->reader, ch->dest, n > 0);
}

/* Would it go into the messages of the last item's set? */
static bool same_set(const struct bgp_batch *b, const struct rib_change *ch)
{
	uint16_t set = b->item[b->n_items - 1].set;

	return ch->best && set != TX_NONE && b->set[set].attrs == ch->best->attrs &&
	       b->set[set].source == ch->best->source;
}

/* Take what changed out of the reader until the batch is full, and then as long as the
 * same attribute set goes on: a batch that ends within a set costs another message. */
static void batch_fill(struct bgp_batch *b)
{
	const size_t most = TX_MAX - (b->co->paths ? TX_PATHS : 1);
	struct rib_reader *rd = b->co->reader;
	bool changes = rib_reader_dirty(rd) > 0;
	bool hard = b->co->paths; /* what is put back is told from what is walked */
	struct rib_change ch;

	while (b->n_items <= most && b->n_sets <= most && b->visits < TX_VISITS &&
	       b->estimate < b->co->group->bgp->tx_limits.turn) {
		/* A scan may come by what has just changed: not in the same batch. */
		if (changes && !rib_reader_dirty(rd))
			break;
		if (!rib_reader_next(rd, &ch))
			break;
		b->visits += ch.scanned ? TX_SCAN_VISITS : 1;
		if (b->n_items >= BGP_TX_BATCH && !hard && !ch.scanned &&
		    !same_set(b, &ch)) {
			rib_reader_again(rd, ch.dest);
			break;
		}
		if (b->co->paths)
			paths_take(b, &ch);
		else
			item_take(b, &ch);
		if ((hard || ch.scanned) && b->n_items >= BGP_TX_BATCH)
			break;
	}
}

/* --- what becomes of it at each member -----------------------------------------------
 */

static void member_settle(struct bgp_batch *b, size_t k, bool skips)
{
	struct bits *except = &b->member[k]->except;

	if (!except->count && !skips)
		return; /* it gets all, and holds all */
	for (size_t i = 0; i < b->n_items; i++) {
		struct tx_item *it = &b->item[i];
		bool lacks = it->told && bits_has(except, it->dest);

		if (it->set == TX_NONE || mask_has(b, b->set[it->set].mask, k)) {
			if (lacks) {
				bits_clear(except, it->dest);
				if (it->set == TX_NONE)
					mask_put(b, it->gone, k, false);
			}
		} else if (!lacks) {
			bits_set(except, it->dest);
			if (it->told) {
				if (!it->gone)
					it->gone = mask_new(b, false);
				mask_put(b, it->gone, k, true);
			}
		}
	}
}

/* Who gets which withdrawal, and what the cohort and its members hold from now on. */
static void batch_settle(struct bgp_batch *b)
{
	uint32_t common = mask_new(b, true);

	for (size_t i = 0; i < b->n_sets; i++) {
		for (size_t w = 0; b->set[i].any && w < b->words; w++)
			b->mask[common + w] &= b->mask[b->set[i].mask + w];
	}
	for (size_t i = 0; i < b->n_items; i++) {
		struct tx_item *it = &b->item[i];

		if (it->set == TX_NONE && it->told)
			it->gone = mask_new(b, true);
	}
	for (size_t k = 0; k < b->n_members; k++)
		member_settle(b, k, !mask_has(b, common, k));
	for (size_t i = 0; i < b->n_items; i++) {
		const struct tx_item *it = &b->item[i];

		if (it->told != (it->set != TX_NONE))
			rib_reader_told(b->co->reader, it->dest, !it->told);
	}
}

static struct tx_gone *gone_get(struct bgp_batch *b, uint32_t mask)
{
	struct tx_gone *g = b->n_gone ? &b->gone[b->n_gone - 1] : NULL;
	uint64_t h = 0;
	size_t at;

	if (g && mask_same(b, g->mask, mask))
		return g;
	for (size_t w = 0; w < b->words; w++)
		h = (h ^ b->mask[mask + w]) * UINT64_C(0x100000001b3);
	for (at = spread(h ^ h >> 32); b->slot[at]; at = (at + 1) % TX_SLOTS) {
		g = &b->gone[b->slot[at] - 1];
		if (mask_same(b, g->mask, mask))
			return g;
	}
	g = &b->gone[b->n_gone++];
	b->slot[at] = (uint16_t)b->n_gone;
	*g = (struct tx_gone){ mask, TX_NONE, TX_NONE, (uint16_t)at };
	return g;
}

/* Chain the items: by attribute set, and by whom they are withdrawn from. */
static void batch_sort(struct bgp_batch *b)
{
	for (size_t i = 0; i < b->n_sets; i++) /* the table is for the gone now */
		b->slot[b->set[i].slot] = 0;
	for (uint16_t i = 0; i < b->n_items; i++) {
		struct tx_item *it = &b->item[i];
		struct tx_set *s = it->set == TX_NONE ? NULL : &b->set[it->set];
		struct tx_gone *g = it->gone && !mask_empty(b, it->gone)
		                            ? gone_get(b, it->gone)
		                            : NULL;

		it->next = it->gnext = TX_NONE;
		if (s && s->first == TX_NONE)
			s->first = i;
		else if (s)
			b->item[s->last].next = i;
		if (s)
			s->last = i;
		if (g && g->first == TX_NONE)
			g->first = i;
		else if (g)
			b->item[g->last].gnext = i;
		if (g)
			g->last = i;
	}
}

/* --- encoding ------------------------------------------------------------------------
 */

static struct bgp_send send_kind(const struct bgp_group *g, const struct rib_source *s)
{
	const struct bgp_config *cfg = &g->bgp->cfg;

	return (struct bgp_send){
		.ebgp = g->key.ebgp,
		.as4 = g->key.as4,
		.local_as = cfg->as,
		.local_pref = !g->key.ebgp,
		.reflect = !s->local && !s->ebgp,
		.originator_id = s->router_id,
		.cluster_id = cfg->cluster_id,
	};
}

static struct wbuf out_room(struct bgp_batch *b)
{
	size_t max = b->co->group->key.msg_max;

	return wbuf_of(buf_reserve(&b->out, max), max);
}

static void out_message(struct bgp_batch *b, const struct wbuf *w, uint32_t mask,
                        uint32_t announced, uint32_t withdrawn)
{
	struct tx_piece *p = b->n_pieces ? &b->piece[b->n_pieces - 1] : NULL;

	must(wbuf_ok(w));
	if (!p || !mask_same(b, p->mask, mask)) {
		p = &b->piece[b->n_pieces++];
		*p = (struct tx_piece){ .off = b->out.len, .mask = mask };
	}
	buf_commit(&b->out, w->len);
	p->len += w->len;
	p->announced += announced;
	p->withdrawn += withdrawn;
	p->messages++;
}

static void withdraw(struct bgp_batch *b, const struct tx_gone *g)
{
	const struct bgp_group_key *key = &b->co->group->key;
	uint16_t i = g->first;

	while (i != TX_NONE) {
		struct wbuf w = out_room(b);
		struct bgp_write u;
		uint32_t n = 0;

		bgp_write_unreach(&u, &w, key->msg_max, bgp_vpn_family(key->afi),
		                  key->add_path);
		for (; i != TX_NONE && bgp_write_vpn(&u, &b->item[i].nlri);
		     i = b->item[i].gnext)
			n++;
		must(bgp_write_end(&u)); /* one always fits */
		out_message(b, &w, g->mask, 0, n);
	}
}

/* The set's attributes as the group gets them; false: they fit no message. */
static bool set_attrs(struct bgp_batch *b, const struct tx_set *s, struct wbuf *ret)
{
	const struct bgp_send kind = send_kind(b->co->group, s->source);
	struct bgp_span image = attrs_image(s->attrs);

	*ret = wbuf_of(b->attrs, sizeof(b->attrs));
	return bgp_write_attrs(ret, image.p, image.n, &kind);
}

static void reach(struct bgp_batch *b, const struct tx_set *s, const struct wbuf *attrs,
                  struct wbuf *w, struct bgp_write *u)
{
	const struct bgp_group_key *key = &b->co->group->key;
	struct bgp_nexthop nh = *attrs_nexthop(s->attrs);

	nh.addr = *next_hop(b->co->group->bgp, s->attrs);
	bgp_write_reach(u, w, key->msg_max, bgp_vpn_family(key->afi), key->add_path, &nh,
	                attrs->buf, attrs->len);
}

static void announce(struct bgp_batch *b, const struct tx_set *s)
{
	struct wbuf attrs;
	uint16_t i = s->first;

	if (i == TX_NONE)
		return;
	must(set_attrs(b, s, &attrs));
	while (i != TX_NONE) {
		struct wbuf w = out_room(b);
		struct bgp_write u;
		uint32_t n = 0;

		reach(b, s, &attrs, &w, &u);
		for (; i != TX_NONE && bgp_write_vpn(&u, &b->item[i].nlri);
		     i = b->item[i].next)
			n++;
		must(bgp_write_end(&u)); /* set_fits() looked */
		out_message(b, &w, s->mask, n, 0);
	}
}

/* --- attributes that fit no message --------------------------------------------------
 */

static bool item_fits(struct bgp_batch *b, const struct tx_item *it,
                      const struct wbuf *attrs)
{
	struct wbuf w = out_room(b);
	struct bgp_write u;

	reach(b, &b->set[it->set], attrs, &w, &u);
	(void)bgp_write_vpn(&u, &it->nlri);
	return bgp_write_end(&u);
}

/* The path was taken for told already. */
static void path_too_big(struct bgp_batch *b, struct tx_item *it)
{
	if (it->told)
		it->gone = mask_new(b, true);
	if (!bgp_paths_drop(b->co->paths, it->dest, it->nlri.path_id))
		rib_reader_told(b->co->reader, it->dest, false);
}

/* With this group's additions the attributes leave no room for the route: it cannot be
 * advertised, and what is held of it goes (RFC 4271 9.2, RFC 8654 4). */
static void batch_too_big(struct bgp_batch *b)
{
	const size_t harmless = b->co->group->key.msg_max / 4;
	uint16_t seen = TX_NONE;
	struct wbuf attrs;
	bool ok = true;

	for (size_t i = 0; i < b->n_items; i++) {
		struct tx_item *it = &b->item[i];
		const struct tx_set *s = it->set == TX_NONE ? NULL : &b->set[it->set];

		/* Nothing that is added is longer than the image and some ids. */
		if (!s || attrs_image(s->attrs).n < harmless)
			continue;
		if (it->set != seen)
			ok = set_attrs(b, s, &attrs);
		seen = it->set;
		if (ok && item_fits(b, it, &attrs))
			continue;
		for (size_t k = 0; k < b->n_members; k++)
			b->member[k]->peer->too_big_tx += mask_has(b, s->mask, k);
		it->set = TX_NONE;
		if (b->co->paths)
			path_too_big(b, it);
	}
}

/* --- to the members ------------------------------------------------------------------
 */

static void member_send(struct bgp_batch *b, size_t k, struct bgp_block **block)
{
	struct bgp_peer *p = b->member[k]->peer;
	struct bgp_outq *q = &p->up->tx;
	size_t total = 0;
	bool share;

	for (size_t i = 0; i < b->n_pieces; i++)
		total += mask_has(b, b->piece[i].mask, k) ? b->piece[i].len : 0;
	if (!total)
		return;
	share = total >= TX_SHARE_MIN && total * TX_SHARE_PART >= b->out.len;
	if (share && !*block)
		*block = bgp_block_new(b->out.p, b->out.len);
	for (size_t i = 0; i < b->n_pieces; i++) {
		const struct tx_piece *x = &b->piece[i];

		if (!mask_has(b, x->mask, k))
			continue;
		if (share)
			bgp_outq_share(q, *block, x->off, x->len);
		else
			bgp_outq_put(q, b->out.p + x->off, x->len);
		p->tx[BGP_UPDATE] += x->messages;
		p->routes_tx += x->announced;
		p->withdrawn_tx += x->withdrawn;
	}
	bgp_tx_push_due(p);
}

size_t bgp_batch_send(struct bgp_batch *b, struct bgp_cohort *co)
{
	struct bgp_block *block = NULL;

	batch_begin(b, co);
	batch_fill(b);
	batch_too_big(b);
	if (!co->paths) /* else it is settled */
		batch_settle(b);
	batch_sort(b);
	for (size_t i = 0; i < b->n_gone; i++)
		withdraw(b, &b->gone[i]);
	for (size_t i = 0; i < b->n_sets; i++)
		announce(b, &b->set[i]);
	for (size_t k = 0; k < b->n_members; k++)
		member_send(b, k, &block);
	bgp_block_unref(block);
	return b->out.len + TX_VISIT_COST * b->visits;
}
