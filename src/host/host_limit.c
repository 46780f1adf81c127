/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>

#include "host/host_trust_int.h"

/*
 * How many, and how fast.  Every number and pace belongs to one attachment, or leaves
 * room for the others: whoever floods one port fills what is that port's, and the honest
 * hosts of the other ports do not notice (RFC 6583 for the unproven).
 *
 * Before a number is reached somebody is told: at 80 %, and again when it is below 60 %.
 */
enum {
	NEAR_PERCENT = 80,
	FAR_PERCENT = 60,
	NEAR_RATE_MS = 60000, /* a pace goes up and down: not told again sooner */
};

/* A pace and how much of it may come at once. */
struct pace {
	struct host_rate *rate;
	unsigned per_s, burst;
};

static int64_t gap_us(const struct pace *p)
{
	return 1000000 / p->per_s;
}

/* How much of the burst is used up now. */
static unsigned used(const struct pace *p, struct mono now)
{
	int64_t us = p->rate->full_us - now.us;

	return us <= 0 ? 0 : (unsigned)((us + gap_us(p) - 1) / gap_us(p));
}

static struct pace pace_new(struct host_link *l, const struct host_net *n)
{
	unsigned per_s = n->max_new ? n->max_new : HOST_NEW_PER_S;

	return (struct pace){ &l->fresh, per_s,
		              per_s * (HOST_NEW_BURST / HOST_NEW_PER_S) };
}

/* One attachment has half of what the VPN has. */
static struct pace pace_moves_link(struct host_link *l, const struct host_vrf *v)
{
	unsigned per_s = v->max_moves > 1 ? v->max_moves / 2 : 1;

	return (struct pace){ &l->moves, per_s, per_s * HOST_MOVES_BURST };
}

static struct pace pace_moves_vrf(struct host_vrf *v)
{
	return (struct pace){ &v->moves, v->max_moves, v->max_moves * HOST_MOVES_BURST };
}

/* --- warnings ------------------------------------------------------------------------
 */

static void tell(struct hosts *h, enum host_happening what, uint32_t vrf, uint16_t ac,
                 const struct ip *ip, const struct mac *mac, const char *why)
{
	static const struct ip no_ip;
	static const struct mac no_mac;

	host_hap(h, &(struct host_event){ .what = what,
	                                  .at = h->latest,
	                                  .vrf = vrf,
	                                  .ip = ip ? *ip : no_ip,
	                                  .mac = mac ? *mac : no_mac,
	                                  .ac = ac,
	                                  .by = HOST_BY_CONFIG,
	                                  .why = why });
}

static void watch(struct hosts *h, bool *near, uint64_t n, uint64_t max, uint32_t vrf,
                  uint16_t ac, const char *what)
{
	bool now = max &&
	           (*near ? n * 100 >= max * FAR_PERCENT : n * 100 >= max * NEAR_PERCENT);
	char why[96];

	if (now == *near)
		return;
	*near = now;
	snprintf(why, sizeof(why), "%llu of at most %llu %s", (unsigned long long)n,
	         (unsigned long long)max, what);
	tell(h, now ? HOST_HAP_NEAR_LIMIT : HOST_HAP_LIMIT_FAR, vrf, ac, NULL, NULL, why);
}

void host_limit_watch(struct hosts *h, struct host_place *p)
{
	struct host_net *n = p->net;
	struct host_link *l = p->link;
	struct host_vrf *v = host_vrf_get(h, n->cfg.vrf);
	uint32_t vrf = n->cfg.vrf;

	if (h->closing)
		return;
	watch(h, &p->near, p->n_hosts, n->cfg.max_hosts, vrf, l->cfg.id,
	      "hosts of the subnet on the port");
	watch(h, &n->near, n->n_hosts, n->max_hosts, vrf, 0, "hosts of the subnet");
	watch(h, &v->near, v->n_hosts, v->max_hosts, vrf, 0, "hosts of the VPN");
	watch(h, &l->near, l->n_probing, HOST_PROBING_MAX, vrf, l->cfg.id,
	      "addresses being asked on the port");
}

static void watch_pace(struct hosts *h, struct host_link *l, const struct pace *p,
                       const char *what, struct mono now)
{
	char why[96];
	unsigned n = used(p, now);

	if (n * 100 < p->burst * NEAR_PERCENT || !mono_reached(now, l->pace_told))
		return;
	l->pace_told = mono_add_ms(now, NEAR_RATE_MS);
	snprintf(why, sizeof(why), "%u of at most %u %s at once, %u a second", n,
	         p->burst, what, p->per_s);
	tell(h, HOST_HAP_NEAR_LIMIT, l->cfg.vrf, l->cfg.id, NULL, NULL, why);
}

/* --- admission -----------------------------------------------------------------------
 */

/* Addresses of the subnet that the MAC has; counts no further than max. */
static unsigned of_mac(const struct hosts *h, const struct host_net *n,
                       const struct mac *mac, unsigned max)
{
	unsigned sum = 0;

	hmap_for_key(it, &h->by_mac, hash_bytes(mac, sizeof(*mac))) {
		const struct host *x = container_of(it, struct host, by_mac);

		if (x->vrf != n->cfg.vrf || !mac_eq(&x->mac, mac) ||
		    !host_state_counts(x->state) || !prefix_has(&n->cfg.prefix, &x->ip))
			continue;
		if (++sum == max)
			break;
	}
	return sum;
}

/* The next address is the one that makes it four fifths.  A limit of less than five has
 * no such before it is reached. */
static void mac_near(struct hosts *h, const struct host_evidence *ev, uint64_t have,
                     uint64_t max, struct mono now)
{
	struct mono *told = &h->told[HOST_N_FULL_MAC];
	uint64_t near = (max * NEAR_PERCENT + 99) / 100;
	char why[96];

	if (max < 5 || have + 1 != near || mono_ms_since(now, *told) < HOST_EVENT_MS)
		return;
	*told = now;
	snprintf(why, sizeof(why), "%llu of at most %llu addresses of one MAC",
	         (unsigned long long)near, (unsigned long long)max);
	tell(h, HOST_HAP_NEAR_LIMIT, ev->vrf, ev->ac, &ev->sender, &ev->mac, why);
}

/* One MAC with very many addresses routes, or answers for others. */
static bool mac_has_room(struct hosts *h, const struct host_net *n,
                         const struct host_evidence *ev, struct mono now)
{
	unsigned most = n->max_per_mac ? n->max_per_mac : HOST_MAC_MANY + 1;
	unsigned have = of_mac(h, n, &ev->mac, most);

	if (n->max_per_mac && have >= n->max_per_mac)
		return host_refuse(h, HOST_N_FULL_MAC, ev, now);
	if (n->max_per_mac)
		mac_near(h, ev, have, n->max_per_mac, now);
	else if (have == HOST_MAC_MANY)
		tell(h, HOST_HAP_NEAR_LIMIT, ev->vrf, ev->ac, &ev->sender, &ev->mac,
		     "the 257th address of one MAC: a router or a proxy?");
	return true;
}

static bool comes_from_afar(const struct hosts *h, const struct host_place *p,
                            const struct host_evidence *ev)
{
	struct host_remote r;

	return h->ops->remote && h->ops->remote(h->arg, ev->vrf, &ev->sender, &r) &&
	       !host_of_site(p->link, &r.soo);
}

static bool is_ready(const struct pace *p, struct mono now)
{
	return used(p, now) < p->burst;
}

static struct mono later(struct mono a, struct mono b)
{
	return a.us > b.us ? a : b;
}

/*
 * A rack that is evacuated arrives at once, each host with a few words that nobody
 * repeats.  So who is too many is not refused but gets a time when it is asked: its
 * answer then is its arrival.
 */
static enum host_admission admit_move(struct hosts *h, struct host_place *p,
                                      const struct host_evidence *ev, struct mono now)
{
	struct host_vrf *v = host_vrf_get(h, ev->vrf);
	struct host_link *l = p->link;
	struct pace link = pace_moves_link(l, v), vrf = pace_moves_vrf(v);
	bool port = is_ready(&link, now), all = is_ready(&vrf, now);
	struct mono turn;

	if (!(port && all) && l->n_probing >= HOST_PROBING_MAX) {
		l->n_moves_refused++;
		host_refuse(h, HOST_N_MOVE_RATE, ev, now);
		return HOST_ADMIT_NO;
	}
	turn = host_rate_slot(link.rate, now, link.per_s, link.burst);
	if (port) /* else the port's own pace holds it, and is half of the VPN's */
		turn = later(turn, host_rate_slot(vrf.rate, now, vrf.per_s, vrf.burst));
	watch_pace(h, l, &link, "moves to the port", now);
	if (port && all)
		return HOST_ADMIT_YES;
	h->count[HOST_N_MOVES_HELD]++;
	h->held_till = turn;
	return HOST_ADMIT_LATER;
}

/* One that is asked in any case is just not asked. */
static enum host_admission admit_asked(struct hosts *h, struct host_place *p,
                                       const struct host_evidence *ev, struct mono now)
{
	struct host_vrf *v = host_vrf_get(h, ev->vrf);
	struct pace link = pace_moves_link(p->link, v), vrf = pace_moves_vrf(v);

	if (!is_ready(&link, now) || !is_ready(&vrf, now)) {
		p->link->n_moves_refused++;
		host_refuse(h, HOST_N_MOVE_RATE, ev, now);
		return HOST_ADMIT_NO;
	}
	host_rate_take(link.rate, now, link.per_s, link.burst);
	host_rate_take(vrf.rate, now, vrf.per_s, vrf.burst);
	return HOST_ADMIT_YES;
}

static bool has_room(struct hosts *h, struct host_place *p,
                     const struct host_evidence *ev, struct mono now)
{
	struct host_vrf *v = host_vrf_get(h, ev->vrf);
	struct host_net *n = p->net;

	if (p->n_hosts >= n->cfg.max_hosts) {
		p->n_refused++;
		return host_refuse(h, HOST_N_FULL_PORT, ev, now);
	}
	if (n->max_hosts && n->n_hosts >= n->max_hosts) {
		n->n_refused++;
		return host_refuse(h, HOST_N_FULL_SUBNET, ev, now);
	}
	if (v->n_hosts >= v->max_hosts) {
		v->n_refused++;
		return host_refuse(h, HOST_N_FULL_VPN, ev, now);
	}
	return mac_has_room(h, n, ev, now);
}

enum host_admission host_limit_admit(struct hosts *h, struct host_place *p,
                                     const struct host_evidence *ev, bool strong,
                                     struct mono now)
{
	struct host_link *l = p->link;
	struct pace fresh = pace_new(l, p->net);

	if (!has_room(h, p, ev, now))
		return HOST_ADMIT_NO;
	if (ev->kind == HOST_BY_FIB || host_sibling_asks(h, p, &ev->sender))
		return HOST_ADMIT_YES; /* let in by an earlier run, or the other PE */
	if (strong && comes_from_afar(h, p, ev))
		return admit_move(h, p, ev, now);
	if (ev->kind == HOST_BY_RARP) /* a MAC that is known is somebody already */
		return admit_asked(h, p, ev, now);
	if (!strong && l->n_probing >= HOST_PROBING_MAX) {
		host_refuse(h, HOST_N_FULL_WEAK, ev, now);
		return HOST_ADMIT_NO;
	}
	if (ev->kind == HOST_BY_SOURCE &&
	    !host_rate_take(&l->weak, now, HOST_WEAK_PER_S, HOST_WEAK_BURST)) {
		host_refuse(h, HOST_N_WEAK_RATE, ev, now);
		return HOST_ADMIT_NO;
	}
	if (!host_rate_take(fresh.rate, now, fresh.per_s, fresh.burst)) {
		l->n_new_refused++;
		host_refuse(h, HOST_N_NEW_RATE, ev, now);
		return HOST_ADMIT_NO;
	}
	watch_pace(h, l, &fresh, "new hosts on the port", now);
	return HOST_ADMIT_YES;
}

bool host_limit_rebind(struct hosts *h, struct host_place *p, const struct host *x,
                       const struct host_evidence *ev, struct mono now)
{
	if (x->ac != ev->ac && p->n_hosts >= p->net->cfg.max_hosts) {
		p->n_refused++;
		return host_refuse(h, HOST_N_FULL_PORT, ev, now);
	}
	return mac_eq(&x->mac, &ev->mac) || mac_has_room(h, p->net, ev, now);
}

void hosts_vrf_limit(struct hosts *h, uint32_t vrf, uint32_t max_hosts)
{
	host_vrf_get(h, vrf)->max_hosts = max_hosts;
}

void hosts_vrf_moves(struct hosts *h, uint32_t vrf, uint32_t per_s)
{
	must(per_s);
	host_vrf_get(h, vrf)->max_moves = per_s;
}

/* --- show ----------------------------------------------------------------------------
 */

static const struct view_col cols[] = {
	{"vpn",      "VPN",     10},
        { "where",   "Where",   22},
        { "limit",   "Limit",   26},
	{ "used",    "Used",    8 },
        { "max",     "Max",     8 },
        { "state",   "State",   7 },
	{ "refused", "Refused", 0 },
};

static void row(const struct hosts *h, struct view *v, uint32_t vrf, const char *where,
                const char *limit, uint64_t n, uint64_t max, uint64_t refused)
{
	view_str(v, NULL, h->ops->vrf_name ? h->ops->vrf_name(h->arg, vrf) : NULL);
	view_str(v, NULL, where);
	view_str(v, NULL, limit);
	view_num(v, NULL, (int64_t)n);
	if (max)
		view_num(v, NULL, (int64_t)max);
	else
		view_str(v, NULL, NULL);
	view_str(v, NULL,
	         max && n >= max                        ? "full"
	         : max && n * 100 >= max * NEAR_PERCENT ? "near"
	                                                : "ok");
	view_num(v, NULL, (int64_t)refused);
}

static void row_pace(const struct hosts *h, struct view *v, uint32_t vrf,
                     const char *where, const char *what, const struct pace *p,
                     struct mono now, uint64_t refused)
{
	char text[40];

	snprintf(text, sizeof(text), "%s (%u/s)", what, p->per_s);
	row(h, v, vrf, where, text, used(p, now), p->burst, refused);
}

static void show_vpn(struct hosts *h, struct view *v, uint32_t vrf, struct mono now)
{
	struct host_vrf *f = host_vrf_get(h, vrf);
	struct pace moves = pace_moves_vrf(f);

	row(h, v, vrf, "all", "hosts", f->n_hosts, f->max_hosts, f->n_refused);
	row_pace(h, v, vrf, "all", "moves", &moves, now, 0);
}

static void show_link(struct hosts *h, struct view *v, const struct host_place *p,
                      const char *port, struct mono now)
{
	struct host_link *l = p->link;
	struct pace fresh = pace_new(l, p->net);
	struct pace moves = pace_moves_link(l, host_vrf_get(h, l->cfg.vrf));
	struct pace probes = { &l->probes, HOST_PROBES_PER_S, HOST_PROBES_BURST };
	uint32_t vrf = l->cfg.vrf;

	row(h, v, vrf, port, "addresses being asked", l->n_probing, HOST_PROBING_MAX, 0);
	row_pace(h, v, vrf, port, "new hosts", &fresh, now, l->n_new_refused);
	row_pace(h, v, vrf, port, "moves", &moves, now, l->n_moves_refused);
	row_pace(h, v, vrf, port, "probes", &probes, now, 0);
}

static void show_net(struct hosts *h, struct view *v, const struct host_net *n,
                     struct mono now)
{
	char prefix[PREFIX_STRLEN], where[PREFIX_STRLEN + 32];
	uint32_t vrf = n->cfg.vrf;

	prefix_fmt(&n->cfg.prefix, prefix);
	row(h, v, vrf, prefix, "hosts", n->n_hosts, n->max_hosts, n->n_refused);
	list_for(p, &n->places, struct host_place, of_net) {
		const char *name =
			h->ops->ac_name ? h->ops->ac_name(h->arg, p->link->cfg.id) : NULL;
		char port[32];

		snprintf(port, sizeof(port), "%s", name ? name : "?");
		snprintf(where, sizeof(where), "%s", port);
		row(h, v, vrf, where,
		    n->cfg.prefix.ip.afi == AFI_IP4 ? "hosts, IPv4" : "hosts, IPv6",
		    p->n_hosts, n->cfg.max_hosts, p->n_refused);
		if (list_first(&p->link->places, struct host_place, of_link) == p)
			show_link(h, v, p, port, now);
	}
}

static bool is_first_of_vrf(const struct hosts *h, const struct host_net *n)
{
	list_for(m, &h->nets, struct host_net, of_all)
		if (m->cfg.vrf == n->cfg.vrf)
			return m == n;
	return false;
}

/* Subnet by subnet, some in a call. */
enum cmd_status host_show_limits(void *arg, struct cmd_req *req)
{
	enum { PAGE = 32 };
	struct hosts *h = arg;
	struct mono now = h->ops->now ? h->ops->now(h->arg) : h->latest;
	uint64_t i = 0;
	uint32_t vrf = 0;

	if (req->argc > 1)
		return cmd_fail(req, CMD_USAGE, "expected at most a VPN, found \"%s\"",
		                req->argv[1]);
	if (req->argc && !host_vrf_named(h, req->argv[0], &vrf))
		return cmd_fail(req, CMD_NO, "no VPN with subnets is called \"%s\"",
		                req->argv[0]);
	if (!req->pos)
		view_table(req->view, "limits", cols, ARRAY_LEN(cols));
	list_for(n, &h->nets, struct host_net, of_all) {
		if (i++ < req->pos || (req->argc && n->cfg.vrf != vrf))
			continue;
		if (i > req->pos + PAGE) {
			req->pos = i - 1;
			return CMD_MORE;
		}
		if (is_first_of_vrf(h, n))
			show_vpn(h, req->view, n->cfg.vrf, now);
		show_net(h, req->view, n, now);
	}
	view_table_end(req->view);
	return CMD_OK;
}
