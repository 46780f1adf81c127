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

char *view_age_fmt(int64_t seconds, char buf[static VIEW_AGE_STRLEN])
{
	long long s = seconds < 0 ? 0 : seconds;

	if (s < 60)
		snprintf(buf, VIEW_AGE_STRLEN, "%llds", s);
	else if (s < 3600)
		snprintf(buf, VIEW_AGE_STRLEN, "%lldm%02llds", s / 60, s % 60);
	else if (s < 86400)
		snprintf(buf, VIEW_AGE_STRLEN, "%lldh%02lldm", s / 3600, s / 60 % 60);
	else
		snprintf(buf, VIEW_AGE_STRLEN, "%lldd%02lldh", s / 86400, s / 3600 % 24);
	return buf;
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
