/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <libyang/libyang.h>

#include "config/check_int.h"

/*
 * Neighbors, templates and who else the speaker talks to.  What a template gets wrong by
 * itself is told of the template; what doesn't go together of a neighbor and its template
 * is told where the value stands.
 */

enum {
	MESSAGE_MAX = 255, /* octets of a shutdown message (RFC 9003 2) */
};

/* An error at the leaf, in the entry or in its template. */
#define session_error(errs, s, box, leaf, ...) \
	typed_error((errs), typed_session_at((s), (box), (leaf)), (leaf), __VA_ARGS__)

static void check_secrets(const struct typed_session *s,
                          const struct config_bgp_neighbor *n, struct errlist *errs)
{
	const struct lyd_node *ao = typed_session_at(s, "tcp-ao", "key");
	const struct lyd_node *id = typed_session_at(s, "tcp-ao", "key-id");

	if (n->password && n->ao_key)
		typed_error(errs, ao, "key",
		            "given, and 'password' too; expected one of the two");
	if (n->ao_key && !typed_get(id, "key-id") && !typed_tried(id, "key-id"))
		typed_error(
			errs, ao, "key-id",
			"missing; a key needs its number, expected one from 0 to 255");
}

/* What both kinds of entry have. */
static void check_session(const struct typed *t, const struct typed_session *s,
                          const struct config_bgp_neighbor *n, struct errlist *errs)
{
	check_secrets(s, n, errs);
	if (n->route_reflector_client && n->as && t->cfg->as && n->as != t->cfg->as)
		session_error(
			errs, s, NULL, "route-reflector-client",
			"found 'true', but AS %u is not ours, %u; expected it for iBGP only "
			"(RFC 4456)",
			n->as, t->cfg->as);
	if (n->send_hold_time && n->send_hold_time <= n->hold_time)
		session_error(
			errs, s, NULL, "send-hold-time",
			"found '%u', expected more than the hold-time, %u (RFC 9687)",
			n->send_hold_time, n->hold_time);
	if (n->shutdown_message && strlen(n->shutdown_message) > MESSAGE_MAX)
		session_error(errs, s, "shutdown", "message",
		              "found %zu octets, expected at most %d (RFC 9003)",
		              strlen(n->shutdown_message), MESSAGE_MAX);
}

static void check_source(const struct typed *t, const struct typed_session *s,
                         const struct config_bgp_neighbor *n, struct errlist *errs)
{
	const struct lyd_node *at = typed_session_at(s, NULL, "source");
	char a[IP_STRLEN], src[IP_STRLEN];
	bool given = typed_given(at, "source");

	if (given && n->source.afi != n->address.afi)
		typed_error(
			errs, at, "source",
			"found '%s', expected an address of the same family as the neighbor's, %s",
			ip_fmt(&n->source, src), ip_fmt(&n->address, a));
	else if (given)
		check_unicast(errs, at, "source", &n->source);
	else if (n->source.afi == AFI_NONE && t->cfg->source.afi != AFI_NONE)
		typed_error(
			errs, s->node, "source",
			"missing; expected an address of ours of the same family as %s, because "
			"the core source is %s",
			ip_fmt(&n->address, a), ip_fmt(&t->cfg->source, src));
	if (n->source.afi != AFI_NONE && ip_eq(&n->address, &n->source))
		typed_error(errs, s->node, "address",
		            "found '%s', our own address; expected the neighbor's",
		            ip_fmt(&n->address, a));
}

static void check_neighbor(const struct typed *t, const struct typed_session *s,
                           const struct config_bgp_neighbor *n, struct errlist *errs)
{
	check_unicast(errs, s->node, "address", &n->address);
	check_source(t, s, n, errs);
	/* A template that does not exist was an error, and might have had it. */
	if (!n->as && !typed_tried(s->node, "as") && !typed_tried(s->template, "as") &&
	    (s->template || !typed_tried(s->node, "template")))
		typed_error(
			errs, s->node, "as",
			"missing; expected an AS number from 1 to 4294967295, but not "
			"23456 (AS_TRANS)%s",
			s->template ? ", here or in the template" : "");
	check_session(t, s, n, errs);
}

static void check_dynamic(const struct lyd_node *at, const struct config_bgp_dynamic *d,
                          struct errlist *errs)
{
	char a[IP_STRLEN], p[PREFIX_STRLEN];

	if (d->prefix.ip.afi && ip_is_multicast(&d->prefix.ip))
		typed_error(errs, at, "prefix", "found '%s', expected unicast addresses",
		            prefix_fmt(&d->prefix, p));
	if (!d->template)
		return;
	if (!d->template->peer.as)
		typed_error(errs, at, "template",
		            "found '%s', a template without 'as'; expected one with it",
		            d->template->name);
	if (d->prefix.ip.afi && d->template->peer.source.afi &&
	    d->template->peer.source.afi != d->prefix.ip.afi)
		typed_error(
			errs, at, "template",
			"found '%s', whose source is %s; expected one of the same family as "
			"%s",
			d->template->name, ip_fmt(&d->template->peer.source, a),
			prefix_fmt(&d->prefix, p));
}

/* The kernel asks all from the prefix for its key, and knows no exception. */
static void check_keys(const struct typed *t, const struct config_bgp_dynamic *d,
                       struct errlist *errs)
{
	char p[PREFIX_STRLEN];

	if (!d->template || !(d->template->peer.password || d->template->peer.ao_key))
		return;
	for (size_t i = 0; i < t->cfg->n_neighbors; i++) {
		const struct config_bgp_neighbor *n = &t->cfg->neighbor[i];

		if (n->password || n->ao_key || !prefix_has(&d->prefix, &n->address))
			continue;
		typed_error(
			errs, t->neighbor[i].node, "address",
			"a neighbor without key among the dynamic ones of %s, who have "
			"one; expected a 'password' or 'tcp-ao' of its own",
			prefix_fmt(&d->prefix, p));
	}
}

static void check_collector(const struct lyd_node *at,
                            const struct config_bmp_collector *c, struct errlist *errs)
{
	char a[IP_STRLEN], s[IP_STRLEN];

	check_unicast(errs, at, "address", &c->address);
	if (c->source.afi && c->address.afi && c->source.afi != c->address.afi)
		typed_error(
			errs, at, "source",
			"found '%s', expected an address of the same family as the collector's, "
			"%s",
			ip_fmt(&c->source, s), ip_fmt(&c->address, a));
	else if (c->source.afi)
		check_unicast(errs, at, "source", &c->source);
}

void check_bgp(const struct typed *t, struct errlist *errs)
{
	const struct config *cfg = t->cfg;

	if (t->bgp && typed_given(t->bgp, "listen-address") &&
	    ip_is_multicast(&cfg->listen))
		check_unicast(errs, t->bgp, "listen-address", &cfg->listen);
	for (size_t i = 0; i < cfg->n_templates; i++)
		check_session(t, &t->template[i], &cfg -> template[i].peer, errs);
	for (size_t i = 0; i < cfg->n_neighbors; i++)
		check_neighbor(t, &t->neighbor[i], &cfg->neighbor[i], errs);
	for (size_t i = 0; i < cfg->n_dynamics; i++) {
		check_dynamic(t->dynamic[i], &cfg->dynamic[i], errs);
		check_keys(t, &cfg->dynamic[i], errs);
	}
	for (size_t i = 0; i < cfg->n_bmp; i++)
		check_collector(t->collector[i], &cfg->bmp[i], errs);
}
