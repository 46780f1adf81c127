/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gateway/gw_ra.h"

#include "base/heap.h"
#include "base/list.h"
#include "base/mem.h"
#include "wire/nd.h"
#include "wire/ra.h"

/* A subnet on an attachment.  There are few (hundreds), so lists are searched. */
struct gw_ra {
	struct list of_all;
	struct heap_node due;
	struct gw_ra_subnet cfg;
	char *name;
	struct ra ra; /* as it is sent */
	uint16_t ac;
	bool master, up;
	unsigned fast;    /* initial ones left */
	struct mono last; /* when one was sent; MONO_NEVER: none was since the start */
	uint64_t sent, solicited, bad, rogues;
	struct mono alarm_at; /* not before */
};

struct gw_ras {
	const struct gw_ra_ops *ops;
	void *arg;
	uint64_t random;
	struct list all;
	struct heap heap;
};

/* Evenly from 0 to below - 1 (xorshift64*). */
static uint32_t random_ms(struct gw_ras *g, uint32_t below)
{
	g->random ^= g->random >> 12;
	g->random ^= g->random << 25;
	g->random ^= g->random >> 27;
	return (uint32_t)((g->random * 0x2545f4914f6cdd1dULL >> 32) * below >> 32);
}

struct gw_ras *gw_ras_new(const struct gw_ra_ops *ops, void *arg, uint64_t seed)
{
	struct gw_ras *g = mem_new(struct gw_ras);

	g->ops = ops;
	g->arg = arg;
	g->random = seed | 1;
	list_init(&g->all);
	return g;
}

static struct ra content_of(const struct gw_ra_subnet *sn)
{
	struct ra ra = { .src = sn->from,
		         .dst = nd_all_nodes(),
		         .hop_limit = 64,
		         .managed = sn->managed,
		         .other = sn->other,
		         .lifetime_s = sn->lifetime_s,
		         .has_lla = true,
		         .lla = sn->proxy_mac,
		         .mtu = sn->mtu,
		         .n_prefixes = 1,
		         .n_dns = (uint8_t)sn->n_dns,
		         /* RFC 8106 5.1: at least three intervals */
		         .dns_s = 3 * sn->interval_s };

	ra.prefix[0] = (struct ra_prefix){ .prefix = sn->prefix,
		                           .on_link = true,
		                           .autonomous = sn->autonomous,
		                           .valid_s = sn->valid_s,
		                           .preferred_s = sn->preferred_s };
	memcpy(ra.dns, sn->dns, sn->n_dns * sizeof(ra.dns[0]));
	for (unsigned i = 0; i < sn->n_search; i++)
		ra_search_add(&ra, sn->search[i]); /* the configuration is checked */
	return ra;
}

void gw_ra_add(struct gw_ras *g, const struct gw_ra_subnet *sn, uint16_t ac)
{
	struct gw_ra *r = mem_new(struct gw_ra);

	r->cfg = *sn;
	r->name = mem_strdup(sn->name);
	r->ra = content_of(sn);
	r->ac = ac;
	r->last = MONO_NEVER;
	list_add_tail(&g->all, &r->of_all);
}

static void transmit(struct gw_ras *g, struct gw_ra *r)
{
	uint8_t buf[RA_LEN_MAX];
	struct wbuf w = wbuf_of(buf, sizeof(buf));
	struct ip all = nd_all_nodes();
	struct mac to = nd_group_mac(&all);

	ra_write(&w, &r->ra);
	must(wbuf_ok(&w));
	g->ops->send(g->arg, r->ac, &to, &r->cfg.proxy_mac, buf, w.len);
	r->sent++;
}

void gw_ras_free(struct gw_ras *g)
{
	if (!g)
		return;
	list_for_safe(r, &g->all, struct gw_ra, of_all) {
		heap_del(&g->heap, &r->due);
		list_del(&r->of_all);
		free(r->name);
		free(r);
	}
	heap_fini(&g->heap);
	free(g);
}

/* ---- when ------------------------------------------------------------------------- */

/* RFC 4861 6.2.4: between Min- and MaxRtrAdvInterval, the first few sooner. */
static uint32_t next_ms(struct gw_ras *g, struct gw_ra *r)
{
	uint32_t max = r->cfg.interval_s * 1000;
	uint32_t min = max >= 9000 ? max / 3 : max * 3 / 4;
	uint32_t ms = min + random_ms(g, max - min);

	return r->fast && ms > GW_RA_FAST_MS ? GW_RA_FAST_MS : ms;
}

static void advertise(struct gw_ras *g, struct gw_ra *r, struct mono now)
{
	if (r->fast)
		r->fast--;
	r->last = now;
	transmit(g, r);
	heap_set(&g->heap, &r->due, mono_add_ms(now, next_ms(g, r)));
}

/* It may speak from now on, or must not. */
static void changed(struct gw_ras *g, struct gw_ra *r, bool was, struct mono now)
{
	bool is = r->master && r->up;

	if (is == was)
		return;
	if (!is) {
		heap_del(&g->heap, &r->due);
		return;
	}
	r->fast = GW_RA_FAST_N;
	advertise(g, r, now);
}

void gw_ra_master(struct gw_ras *g, uint32_t vrf, const struct prefix *p, uint16_t ac,
                  bool master, struct mono now)
{
	list_for(r, &g->all, struct gw_ra, of_all) {
		bool was = r->master && r->up;

		if (r->ac != ac || r->cfg.vrf != vrf || !prefix_eq(&r->cfg.prefix, p))
			continue;
		r->master = master;
		changed(g, r, was, now);
	}
}

void gw_ra_link(struct gw_ras *g, uint16_t ac, bool up, struct mono now)
{
	list_for(r, &g->all, struct gw_ra, of_all) {
		bool was = r->master && r->up;

		if (r->ac != ac)
			continue;
		r->up = up;
		changed(g, r, was, now);
	}
}

struct mono gw_ras_deadline(const struct gw_ras *g)
{
	return heap_next(&g->heap);
}

void gw_ras_run(struct gw_ras *g, struct mono now)
{
	struct heap_node *n;

	while ((n = heap_due(&g->heap, now)))
		advertise(g, container_of(n, struct gw_ra, due), now);
}

/* ---- what is heard ---------------------------------------------------------------- */

/* RFC 4861 6.2.6: to all, after a random delay, and not within three seconds of the last:
 * however many ask, they are told once. */
void gw_ra_solicited(struct gw_ras *g, uint16_t ac, const uint8_t *ip, size_t len,
                     struct mono now)
{
	struct cur c = cur_of(ip, len);
	struct rs rs;
	bool good = rs_read(&c, &rs) == RA_OK;

	list_for(r, &g->all, struct gw_ra, of_all) {
		struct mono at;

		if (r->ac != ac)
			continue;
		if (!good) {
			r->bad++;
			continue;
		}
		r->solicited++;
		if (!r->master || !r->up)
			continue;
		at = mono_add_ms(now, random_ms(g, GW_RA_DELAY_MS + 1));
		if (!mono_is_never(r->last) &&
		    !mono_reached(at, mono_add_ms(r->last, GW_RA_APART_MS)))
			at = mono_add_ms(r->last,
			                 GW_RA_APART_MS +
			                         random_ms(g, GW_RA_DELAY_MS + 1));
		if (mono_reached(r->due.at, at))
			heap_set(&g->heap, &r->due, at);
	}
}

static void alarm_about(struct gw_ras *g, struct gw_ra *r, const struct mac *mac,
                        const struct ra *ra, struct mono now)
{
	struct gw_ra_rogue rogue = { .vrf = r->cfg.vrf,
		                     .ac = r->ac,
		                     .mac = *mac,
		                     .ip = ra->src,
		                     .lifetime_s = ra->lifetime_s };

	r->rogues++;
	if (r->rogues > 1 && !mono_reached(now, r->alarm_at))
		return;
	r->alarm_at = mono_add_ms(now, GW_RA_ALARM_MS);
	rogue.heard = r->rogues;
	g->ops->rogue(g->arg, &rogue);
}

/* Somebody else's.  With the proxy MAC it is the site's other PE, whose we are one with.
 */
void gw_ra_heard(struct gw_ras *g, uint16_t ac, const struct mac *mac, const uint8_t *ip,
                 size_t len, struct mono now)
{
	struct cur c = cur_of(ip, len);
	struct ra ra;
	bool good = ra_read(&c, &ra) == RA_OK;

	list_for(r, &g->all, struct gw_ra, of_all) {
		if (r->ac != ac)
			continue;
		if (!good)
			r->bad++;
		else if (!mac_eq(mac, &r->cfg.proxy_mac))
			alarm_about(g, r, mac, &ra, now);
	}
}

/* ---- show ------------------------------------------------------------------------- */

static enum cmd_status show(void *arg, struct cmd_req *req)
{
	static const struct view_col col[] = {
		{"vpn",        "VPN",       10},
		{ "subnet",    "Subnet",    20},
		{ "port",      "Port",      14},
		{ "role",      "Role",      8 },
		{ "from",      "From",      28},
		{ "sent",      "Sent",      8 },
		{ "solicited", "Solicited", 10},
		{ "rogue",     "Rogue",     8 },
		{ "bad",       "Bad",       0 },
	};
	const struct gw_ras *g = arg;

	if (req->argc)
		return cmd_fail(req, CMD_USAGE, "expected nothing more, found \"%s\"",
		                req->argv[0]);
	view_table(req->view, "router-advertisements", col, ARRAY_LEN(col));
	list_for(r, &g->all, struct gw_ra, of_all) {
		view_str(req->view, NULL, g->ops->vrf_name(g->arg, r->cfg.vrf));
		view_str(req->view, NULL, r->name);
		view_str(req->view, NULL, g->ops->ac_name(g->arg, r->ac));
		view_str(req->view, NULL,
		         !r->up      ? "down"
		         : r->master ? "master"
		                     : "backup");
		view_ip(req->view, NULL, &r->cfg.from);
		view_num(req->view, NULL, (int64_t)r->sent);
		view_num(req->view, NULL, (int64_t)r->solicited);
		view_num(req->view, NULL, (int64_t)r->rogues);
		view_num(req->view, NULL, (int64_t)r->bad);
	}
	view_table_end(req->view);
	return CMD_OK;
}

const struct cmd gw_ra_cmds[] = {
	{"show router-advertisements", "",
         "router advertisements of the subnets, and rogue ones", false, show},
};
const size_t gw_ra_cmds_n = ARRAY_LEN(gw_ra_cmds);
