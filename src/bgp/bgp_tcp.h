/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "bgp/bgp.h"
#include "sys/loop.h"

/*
 * The transport of the daemon: BGP's io over TCP and the event loop.  It also runs the
 * speaker: bgp_run() at the end of a turn that gave it something to do, and when its
 * deadline comes.
 *
 *	bgp_tcp_new(loop, &listen, port, &t, &err);
 *	b = bgp_new(&bgp_cfg, &bgp_tcp_io, t, &hooks);
 *	bgp_tcp_attach(t, b);
 *	…
 *	bgp_free(b);
 *	bgp_tcp_free(t);
 */
struct bgp_tcp;

/*
 * listen AFI_NONE: any address of either family; port 0: do not listen.  0, or -errno
 * with nothing left behind and one line about it in *ret_err, to be freed (-EADDRINUSE:
 * another daemon has the port).
 */
int bgp_tcp_new(struct loop *loop, const struct ip *listen, uint16_t port,
                struct bgp_tcp **ret, char **ret_err);
void bgp_tcp_free(struct bgp_tcp *t);
void bgp_tcp_attach(struct bgp_tcp *t, struct bgp *b); /* before peers are added */

extern const struct bgp_io bgp_tcp_io; /* its arg is the struct bgp_tcp */
