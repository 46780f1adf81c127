/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "wire/bgp_update.h"

/*
 * A BGP message in words, part by part: for whoever has to find out what a neighbor
 * sent.  Made for messages with errors in them, so nothing is taken for granted: whatever
 * the octets are, the parts follow each other from the first octet to the last.
 */
struct bgp_explain {
	size_t at, len;    /* where in the message */
	const char *what;  /* "ORIGIN, flags 0x40" */
	const char *wrong; /* NULL: nothing; "9, expected 0 to 2" */
};

/* ctx: what was negotiated with its sender.  The texts are borrowed for the call. */
void bgp_explain_message(const struct bgp_ctx *ctx, const uint8_t *msg, size_t len,
                         void (*part)(void *arg, const struct bgp_explain *e), void *arg);
