/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <libyang/libyang.h>

#include "config/check_int.h"
#include "config/typed_int.h"

enum { PLEN_AUTONOMOUS = 64 }; /* RFC 4862 5.5.3 (d), by RFC 4291 2.5.1 */

static void make_lists(struct typed_maker *m, const struct lyd_node *node,
                       struct config_ra *ra)
{
	struct ip *dns = arena_array(m->arena, struct ip, typed_count(node, "dns"));
	const char **search =
		arena_array(m->arena, const char *, typed_count(node, "search"));
	const struct lyd_node *n;

	LY_LIST_FOR(lyd_child(node), n) {
		if (!strcmp(n->schema->name, "dns") &&
		    ip_parse(lyd_get_value(n), &dns[ra->n_dns]))
			ra->n_dns++;
		if (!strcmp(n->schema->name, "search"))
			search[ra->n_search++] = arena_strndup(m->arena, lyd_get_value(n),
			                                       strlen(lyd_get_value(n)));
	}
	ra->dns = dns;
	ra->search = search;
}

const struct config_ra *typed_ra(struct typed_maker *m, const struct lyd_node *node)
{
	struct config_ra *ra;

	if (!node)
		return NULL;
	ra = arena_new(m->arena, struct config_ra);
	ra->interval_s = typed_num(node, "interval");
	ra->lifetime_s = (uint16_t)typed_num(node, "lifetime");
	ra->valid_s = typed_num(node, "valid-lifetime");
	ra->preferred_s = typed_num(node, "preferred-lifetime");
	ra->autonomous = typed_flag(node, "autonomous");
	ra->managed = typed_flag(node, "managed");
	ra->other = typed_flag(node, "other");
	ra->mtu = typed_num(node, "mtu");
	make_lists(m, node, ra);
	return ra;
}

void check_ra(const struct typed_subnet *t, struct errlist *errs)
{
	const struct config_subnet *s = t->s;
	char p[PREFIX_STRLEN];

	if (s->ra && s->ra->autonomous && s->prefix6.ip.afi == AFI_IP6 &&
	    s->prefix6.plen != PLEN_AUTONOMOUS)
		typed_error(
			errs, t->node, "router-advertisements",
			"hosts make no addresses of %s; expected a prefix of %d bits, or "
			"'autonomous: false'",
			prefix_fmt(&s->prefix6, p), PLEN_AUTONOMOUS);
}

bool config_ra_same(const struct config_ra *a, const struct config_ra *b)
{
	if (!a || !b)
		return a == b;
	if (a->interval_s != b->interval_s || a->lifetime_s != b->lifetime_s ||
	    a->valid_s != b->valid_s || a->preferred_s != b->preferred_s ||
	    a->autonomous != b->autonomous || a->managed != b->managed ||
	    a->other != b->other || a->mtu != b->mtu || a->n_dns != b->n_dns ||
	    a->n_search != b->n_search)
		return false;
	for (size_t i = 0; i < a->n_dns; i++) {
		if (!ip_eq(&a->dns[i], &b->dns[i]))
			return false;
	}
	for (size_t i = 0; i < a->n_search; i++) {
		if (strcmp(a->search[i], b->search[i]) != 0)
			return false;
	}
	return true;
}
