/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/view.h"

#include <stdarg.h>
#include <stdio.h>

enum {
	VIEW_TEXT_MAX = 1024, /* longest formatted value; longer is cut */
};

void view_note(struct view *v, const char *fmt, ...)
{
	char text[VIEW_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	v->ops->line(v, text);
}

void view_fmt(struct view *v, const char *key, const char *fmt, ...)
{
	char text[VIEW_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	v->ops->str(v, key, text);
}

void view_ip(struct view *v, const char *key, const struct ip *ip)
{
	char buf[IP_STRLEN];

	v->ops->str(v, key, ip->afi == AFI_NONE ? NULL : ip_fmt(ip, buf));
}

void view_prefix(struct view *v, const char *key, const struct prefix *p)
{
	char buf[PREFIX_STRLEN];

	v->ops->str(v, key, prefix_fmt(p, buf));
}

void view_mac(struct view *v, const char *key, const struct mac *m)
{
	char buf[MAC_STRLEN];

	v->ops->str(v, key, mac_fmt(m, buf));
}
