/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <libyang/libyang.h>
#include <string.h>

#include "base/buf.h"
#include "config/arena.h"
#include "config/place.h"
#include "config/typed_int.h"

/* A subnet's configured hosts and lists of addresses. */

static const struct ip *make_list(struct typed_maker *m, const struct lyd_node *subnet,
                                  const char *name, size_t *ret_n)
{
	struct ip *list = arena_array(m->arena, struct ip, typed_count(subnet, name));
	const struct lyd_node *n;

	*ret_n = 0;
	LY_LIST_FOR(lyd_child(subnet), n) {
		if (!strcmp(n->schema->name, name) &&
		    ip_parse(lyd_get_value(n), &list[*ret_n]))
			++*ret_n;
	}
	return list;
}

static void put_attachment(struct buf *b, const struct config_attachment *a)
{
	buf_printf(b, "%s", a->port);
	if (a->vlan)
		buf_printf(b, " vlan %u", a->vlan);
	if (a->inner_vlan)
		buf_printf(b, " inner-vlan %u", a->inner_vlan);
}

/* The attachments there are, for who named none of them. */
static void wrong_place(struct typed_maker *m, const struct lyd_node *host,
                        const struct config_subnet *s)
{
	struct buf b = { 0 };

	for (size_t i = 0; i < s->n_attachments; i++) {
		if (i)
			buf_printf(&b, ", ");
		put_attachment(&b, s->attachment[i]);
	}
	typed_error(m->errs, host, "port", "%s; expected %s%.*s",
	            typed_text(host, "port")
	                    ? "no attachment of the subnet has these tags"
	                    : "it is not said where the host is",
	            s->n_attachments ? "one of the subnet's attachments: "
	                             : "the subnet to have attachments",
	            (int)buf_left(&b), buf_left(&b) ? (const char *)buf_head(&b) : "");
	buf_fini(&b);
}

static const struct config_attachment *find_place(struct typed_maker *m,
                                                  const struct lyd_node *host,
                                                  const struct config_subnet *s)
{
	const char *port = typed_text(host, "port");
	uint32_t vlan = typed_num(host, "vlan"), inner = typed_num(host, "inner-vlan");

	if (!port && s->n_attachments == 1)
		return s->attachment[0];
	for (size_t i = 0; port && i < s->n_attachments; i++) {
		const struct config_attachment *a = s->attachment[i];

		if (!strcmp(a->port, port) && a->vlan == vlan && a->inner_vlan == inner)
			return a;
	}
	wrong_place(m, host, s);
	return NULL;
}

static void make_hosts(struct typed_maker *m, const struct lyd_node *subnet,
                       struct config_subnet *s)
{
	struct config_host *h =
		arena_array(m->arena, struct config_host, typed_count(subnet, "hosts"));
	struct config_trust *t = &s->trust;
	const struct lyd_node *n;

	t->host = h;
	LY_LIST_FOR(lyd_child(subnet), n) {
		const char *mac;

		if (strcmp(n->schema->name, "hosts") != 0)
			continue;
		mac = typed_text(n, "mac");
		h[t->n_hosts].address = typed_ip(n, "address", NULL);
		h[t->n_hosts].at = find_place(m, n, s);
		if (mac)
			(void)mac_parse(mac, &h[t->n_hosts].mac);
		t->n_hosts++; /* as many as the tree has: check_trust() goes along it */
	}
}

void typed_trust(struct typed_maker *m, const struct lyd_node *subnet,
                 struct config_subnet *s)
{
	static const char *const binding[] = { "learn", "dhcp", "static" };
	const char *text = typed_text(subnet, "binding");
	struct config_trust *t = &s->trust;

	for (size_t i = 0; text && i < ARRAY_LEN(binding); i++) {
		if (!strcmp(binding[i], text))
			t->binding = (enum config_binding)i;
	}
	t->max_hosts = typed_num(subnet, "max-hosts");
	t->max_per_mac = typed_num(subnet, "max-addresses-per-mac");
	t->max_new = typed_num(subnet, "max-new-hosts-per-second");
	t->anycast = make_list(m, subnet, "anycast-local", &t->n_anycast);
	t->dup_exempt = make_list(m, subnet, "dup-exempt", &t->n_dup_exempt);
	make_hosts(m, subnet, s);
}
