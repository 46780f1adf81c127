/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/hash.h"
#include "base/mem.h"
#include "dataplane/nexthop_int.h"

/*
 * PEs that no route leads to any more, while what they send is still taken.  A PE whose
 * BGP ended keeps forwarding from its own tables (RFC 4724 1: forwarding and control may
 * fail apart), and the hosts behind it lose nothing if we listen until it is back.
 */
enum { FORMERS_MAX = 4096 }; /* more: the oldest is a stranger earlier */

struct former {
	struct hnode by_ip;
	struct list in_line; /* ns->former_line: who was dropped first is first */
	struct ip ip;
	struct mono until;
};

static struct former *former_find(struct nexthops *ns, const struct ip *ip)
{
	hmap_for_key(n, &ns->formers, hash_bytes(ip, sizeof(*ip))) {
		struct former *f = container_of(n, struct former, by_ip);

		if (ip_eq(&f->ip, ip))
			return f;
	}
	return NULL;
}

static void former_free(struct nexthops *ns, struct former *f)
{
	hmap_del(&ns->formers, &f->by_ip);
	list_del(&f->in_line);
	free(f);
}

static void former_end(struct nexthops *ns, struct former *f)
{
	ns->cfg.dp->ops->peer_set(ns->cfg.dp, &f->ip, false);
	former_free(ns, f);
}

static void run_formers(void *arg)
{
	struct nexthops *ns = arg;
	struct mono now = loop_now(ns->cfg.loop);
	struct former *f;

	while ((f = list_first(&ns->former_line, struct former, in_line))) {
		if (!mono_reached(now, f->until)) {
			loop_timer_set(&ns->former_timer, f->until);
			return;
		}
		former_end(ns, f);
	}
}

void nexthop_former_add(struct nexthops *ns, const struct ip *ip)
{
	struct mono now = loop_now(ns->cfg.loop);
	struct former *f;

	must(!former_find(ns, ip));
	if (ns->formers.count == FORMERS_MAX)
		former_end(ns, list_first(&ns->former_line, struct former, in_line));
	f = mem_new(struct former);
	f->ip = *ip;
	f->until = mono_add_ms(now, ns->cfg.linger_ms);
	list_init(&f->in_line);
	list_add_tail(&ns->former_line, &f->in_line);
	hmap_add(&ns->formers, &f->by_ip, hash_bytes(ip, sizeof(*ip)));
	if (!heap_armed(&ns->former_timer.due))
		loop_timer_set(&ns->former_timer, f->until);
}

void nexthop_former_back(struct nexthops *ns, const struct ip *ip)
{
	struct former *f = former_find(ns, ip);

	if (f)
		former_free(ns, f);
}

void nexthop_formers_init(struct nexthops *ns)
{
	list_init(&ns->former_line);
	loop_timer_init(&ns->former_timer, ns->cfg.loop, run_formers, ns);
	if (!ns->cfg.linger_ms)
		ns->cfg.linger_ms = NEXTHOP_LINGER_MS;
}

void nexthop_formers_fini(struct nexthops *ns)
{
	loop_timer_cancel(&ns->former_timer);
	list_for_safe(f, &ns->former_line, struct former, in_line)
		former_free(ns, f);
	hmap_fini(&ns->formers);
}
