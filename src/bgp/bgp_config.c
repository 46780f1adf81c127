/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bgp/bgp_config.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"

int bgp_config_check(const struct bgp_peer_config *cfg)
{
	if (cfg->address.afi == AFI_NONE || ip_is_zero(&cfg->address) ||
	    ip_is_multicast(&cfg->address) || !cfg->as ||
	    (cfg->hold_time_s && cfg->hold_time_s < 3)) /* RFC 4271 4.2 */
		return -EINVAL;
	return 0;
}

static char *copy_of(const char *s)
{
	return s ? mem_strdup(s) : NULL;
}

void bgp_config_copy(struct bgp_peer_config *to, const struct bgp_peer_config *from)
{
	*to = *from;
	to->password = copy_of(from->password);
	to->ao.key = copy_of(from->ao.key);
	to->description = copy_of(from->description);
	to->template = copy_of(from->template);
	to->shutdown_message = copy_of(from->shutdown_message);
}

static void wipe(const char *s)
{
	union {
		const char *c;
		char *m;
	} u = { .c = s };

	if (s)
		explicit_bzero(u.m, strlen(s));
	free(u.m);
}

void bgp_config_fini(struct bgp_peer_config *cfg)
{
	wipe(cfg->password);
	wipe(cfg->ao.key);
	wipe(cfg->description);
	wipe(cfg->template);
	wipe(cfg->shutdown_message);
}

static bool same(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static bool same_transport(const struct bgp_peer_config *a,
                           const struct bgp_peer_config *b)
{
	return same(a->password, b->password) && same(a->ao.key, b->ao.key) &&
	       a->ao.send_id == b->ao.send_id && a->ao.recv_id == b->ao.recv_id &&
	       a->ao.algorithm == b->ao.algorithm && a->ttl_security == b->ttl_security &&
	       ip_eq(&a->source, &b->source);
}

/* What our OPEN says, and what decides which routes are exchanged. */
static bool same_session(const struct bgp_peer_config *a, const struct bgp_peer_config *b)
{
	return a->as == b->as && a->client == b->client &&
	       a->hold_time_s == b->hold_time_s && a->rt_constrain == b->rt_constrain &&
	       a->gr.mode == b->gr.mode && a->gr.restart_time_s == b->gr.restart_time_s &&
	       a->gr.llgr_stale_s == b->gr.llgr_stale_s &&
	       a->add_path.send == b->add_path.send &&
	       a->add_path.receive == b->add_path.receive &&
	       a->disable_afi == b->disable_afi;
}

static bool same_limit(const struct bgp_peer_config *a, const struct bgp_peer_config *b)
{
	return a->max_prefixes == b->max_prefixes &&
	       a->limit.warning_percent == b->limit.warning_percent &&
	       a->limit.warning_only == b->limit.warning_only &&
	       a->limit.restart_set == b->limit.restart_set &&
	       a->limit.restart_min == b->limit.restart_min;
}

static bool same_words(const struct bgp_peer_config *a, const struct bgp_peer_config *b)
{
	return same(a->description, b->description) && same(a->template, b->template) &&
	       same(a->shutdown_message, b->shutdown_message);
}

enum bgp_config_effect bgp_config_compare(const struct bgp_peer_config *a,
                                          const struct bgp_peer_config *b)
{
	if (!same_transport(a, b) || !same_session(a, b))
		return BGP_CONFIG_RESET;
	if (a->port != b->port || a->passive != b->passive ||
	    a->connect_retry_s != b->connect_retry_s)
		return BGP_CONFIG_DIAL;
	if (!same_limit(a, b) || !same_words(a, b) || a->shutdown != b->shutdown ||
	    a->send_hold_time_s != b->send_hold_time_s)
		return BGP_CONFIG_LIVE;
	return BGP_CONFIG_SAME;
}
