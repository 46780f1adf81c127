/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/cmd.h"

#include <stdarg.h>
#include <stdio.h>

enum cmd_status cmd_fail(struct cmd_req *req, enum cmd_status st, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(req->error, sizeof(req->error), fmt, ap);
	va_end(ap);
	return st;
}
