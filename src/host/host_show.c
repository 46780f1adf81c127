/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>

#include "host/host_int.h"

/*
 * `show hosts` and `show hosts counters`.  The table is a hash: each call shows the next
 * SHOW_PAGE hosts in order of VPN and address, found by one walk over all of them.
 */
enum { SHOW_PAGE = 512 };

struct mark { /* kept in the request between two calls */
	uint32_t vrf;
	struct ip ip;
};

struct filter {
	bool one_vrf;
	uint32_t vrf;
	struct ip ip; /* AFI_NONE: any */
};

static struct mark mark_of(const struct host *x)
{
	return (struct mark){ .vrf = x->vrf, .ip = x->ip };
}

static int mark_cmp(const struct mark *a, const struct mark *b)
{
	if (a->vrf != b->vrf)
		return a->vrf < b->vrf ? -1 : 1;
	return ip_cmp(&a->ip, &b->ip);
}

static int host_cmp(const void *a, const void *b)
{
	struct mark ma = mark_of(*(struct host *const *)a);
	struct mark mb = mark_of(*(struct host *const *)b);

	return mark_cmp(&ma, &mb);
}

static const char *vrf_name(const struct hosts *h, uint32_t vrf)
{
	return h->ops->vrf_name ? h->ops->vrf_name(h->arg, vrf) : NULL;
}

static enum cmd_status parse(const struct hosts *h, struct cmd_req *req, struct filter *f)
{
	int i = 0;

	*f = (struct filter){ 0 };
	if (i < req->argc && !ip_parse(req->argv[i], &f->ip)) {
		if (!host_vrf_named(h, req->argv[i], &f->vrf))
			return cmd_fail(req, CMD_NO,
			                "no VPN with subnets is called \"%s\"",
			                req->argv[i]);
		f->one_vrf = true;
		i++;
	}
	if (i < req->argc && !ip_parse(req->argv[i], &f->ip))
		return cmd_fail(req, CMD_USAGE, "expected an address, found \"%s\"",
		                req->argv[i]);
	if (i + 1 < req->argc)
		return cmd_fail(req, CMD_USAGE, "expected nothing more, found \"%s\"",
		                req->argv[i + 1]);
	return CMD_OK;
}

/* What is remembered only is shown to who asks for that address. */
static bool wanted(const struct filter *f, const struct host *x)
{
	if (f->one_vrf && f->vrf != x->vrf)
		return false;
	if (f->ip.afi != AFI_NONE)
		return ip_eq(&f->ip, &x->ip);
	return x->state != HOST_PAST;
}

/* The first SHOW_PAGE hosts behind the mark, in order: a buffer of twice as many is
 * filled, sorted and cut. */
static size_t next_page(const struct hosts *h, const struct filter *f,
                        const struct mark *after, const struct host *ret[2 * SHOW_PAGE])
{
	size_t n = 0;

	hmap_for(it, &h->by_ip) {
		const struct host *x = container_of(it.n, struct host, by_ip);
		struct mark m = mark_of(x);

		if (!wanted(f, x) || (after && mark_cmp(&m, after) <= 0))
			continue;
		if (n == 2 * SHOW_PAGE) {
			qsort(ret, n, sizeof(ret[0]), host_cmp);
			n = SHOW_PAGE;
		}
		ret[n++] = x;
	}
	qsort(ret, n, sizeof(ret[0]), host_cmp);
	return n < SHOW_PAGE ? n : SHOW_PAGE;
}

static void show_since(struct view *v, struct mono now, struct mono then, bool known)
{
	if (known)
		view_age(v, NULL, mono_ms_since(now, then) / 1000);
	else
		view_str(v, NULL, NULL);
}

static const struct view_col host_cols[] = {
	{"vpn",        "VPN",     10},
        { "address",   "Address", 24},
        { "mac",       "MAC",     19},
	{ "port",      "Port",    14},
        { "state",     "State",   11},
        { "age",       "Age",     9 },
	{ "last-seen", "Seen",    9 },
        { "sequence",  "Seq",     5 },
        { "evidence",  "By",      0 },
};

static void show_row(const struct hosts *h, const struct host *x, struct mono now,
                     struct view *v)
{
	const char *port = h->ops->ac_name ? h->ops->ac_name(h->arg, x->ac) : NULL;
	struct mono learned = { (int64_t)x->learned_s * 1000000 };
	bool spoke = x->flags & HOST_F_ONCE;

	view_str(v, NULL, vrf_name(h, x->vrf));
	view_ip(v, NULL, &x->ip);
	view_mac(v, NULL, &x->mac);
	view_str(v, NULL, port);
	view_str(v, NULL, host_fsm_text(x->state));
	show_since(v, now, learned, spoke);
	show_since(v, now, x->last_seen, spoke);
	view_num(v, NULL, x->seq);
	view_str(v, NULL, host_evidence_text(x->by));
}

enum cmd_status host_show(void *arg, struct cmd_req *req)
{
	const struct hosts *h = arg;
	const struct host *page[2 * SHOW_PAGE];
	struct mono now = h->ops->now ? h->ops->now(h->arg) : h->latest;
	struct mark mark;
	struct filter f;
	enum cmd_status st = parse(h, req, &f);
	size_t n;

	_Static_assert(sizeof(mark) <= sizeof(req->key), "the mark fits the request");
	if (st != CMD_OK)
		return st;
	memcpy(&mark, req->key, sizeof(mark));
	n = next_page(h, &f, req->pos ? &mark : NULL, page);
	if (!req->pos && !n && f.ip.afi != AFI_NONE)
		return cmd_fail(req, CMD_NO, "no such host is known here");
	if (!req->pos)
		view_table(req->view, "hosts", host_cols, ARRAY_LEN(host_cols));
	for (size_t i = 0; i < n; i++)
		show_row(h, page[i], now, req->view);
	if (n < SHOW_PAGE) {
		view_table_end(req->view);
		return CMD_OK;
	}
	mark = mark_of(page[n - 1]);
	memcpy(req->key, &mark, sizeof(mark));
	req->pos = 1;
	return CMD_MORE;
}

enum cmd_status host_show_counters(void *arg, struct cmd_req *req)
{
	static const struct view_col cols[] = {
		{"counter", "Counter", 56},
		{ "value",  "Value",   0 },
	};
	const struct hosts *h = arg;

	if (req->argc)
		return cmd_fail(req, CMD_USAGE, "expected nothing more, found \"%s\"",
		                req->argv[0]);
	view_num(req->view, "hosts", (int64_t)hosts_count(h));
	view_table(req->view, "counters", cols, ARRAY_LEN(cols));
	for (enum host_counter c = 0; c < HOST_N_END; c++) {
		view_str(req->view, NULL, host_counter_text(c));
		view_num(req->view, NULL, (int64_t)h->count[c]);
	}
	view_table_end(req->view);
	return CMD_OK;
}
