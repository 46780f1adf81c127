/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/wbuf.h"

/*
 * NOTIFICATION (RFC 4271 4.5): why a session ends, read and written, and in words.
 */
enum bgp_error {
	BGP_ERR_HEADER = 1,
	BGP_ERR_OPEN = 2,
	BGP_ERR_UPDATE = 3,
	BGP_ERR_HOLD_TIMER = 4,
	BGP_ERR_FSM = 5,
	BGP_ERR_CEASE = 6,
	BGP_ERR_ROUTE_REFRESH = 7, /* RFC 7313 */
	BGP_ERR_SEND_HOLD = 8,     /* RFC 9687 */
};

enum bgp_header_error { /* RFC 4271 6.1 */
	                BGP_HEADER_NOT_SYNCED = 1,
	                BGP_HEADER_BAD_LENGTH = 2,
	                BGP_HEADER_BAD_TYPE = 3,
};

enum bgp_open_error { /* RFC 4271 6.2 */
	              BGP_OPEN_UNSPECIFIC = 0,
	              BGP_OPEN_BAD_VERSION = 1,
	              BGP_OPEN_BAD_PEER_AS = 2,
	              BGP_OPEN_BAD_ID = 3,
	              BGP_OPEN_BAD_PARAM = 4,
	              BGP_OPEN_BAD_HOLD_TIME = 6,
	              BGP_OPEN_BAD_CAPABILITY = 7, /* RFC 5492 */
	              BGP_OPEN_ROLE_MISMATCH = 11, /* RFC 9234 */
};

enum bgp_update_error { /* RFC 4271 6.3 */
	                BGP_UPDATE_BAD_LIST = 1,
	                BGP_UPDATE_UNKNOWN_WELL_KNOWN = 2,
	                BGP_UPDATE_MISSING = 3,
	                BGP_UPDATE_BAD_FLAGS = 4,
	                BGP_UPDATE_BAD_LENGTH = 5,
	                BGP_UPDATE_BAD_ORIGIN = 6,
	                BGP_UPDATE_BAD_NEXT_HOP = 8,
	                BGP_UPDATE_BAD_OPTIONAL = 9,
	                BGP_UPDATE_BAD_NETWORK = 10,
	                BGP_UPDATE_BAD_AS_PATH = 11,
};

enum bgp_fsm_error { /* RFC 6608 */
	             BGP_FSM_UNSPECIFIC = 0,
	             BGP_FSM_IN_OPEN_SENT = 1,
	             BGP_FSM_IN_OPEN_CONFIRM = 2,
	             BGP_FSM_IN_ESTABLISHED = 3,
};

enum bgp_cease { /* RFC 4486, 8538, 9384 */
	         BGP_CEASE_MAX_PREFIXES = 1,
	         BGP_CEASE_SHUTDOWN = 2,
	         BGP_CEASE_DECONFIGURED = 3,
	         BGP_CEASE_RESET = 4,
	         BGP_CEASE_REJECTED = 5,
	         BGP_CEASE_CONFIG_CHANGE = 6,
	         BGP_CEASE_COLLISION = 7,
	         BGP_CEASE_RESOURCES = 8,
	         BGP_CEASE_HARD_RESET = 9,
	         BGP_CEASE_BFD_DOWN = 10,
};

enum bgp_refresh_error { BGP_REFRESH_BAD_LENGTH = 1 }; /* RFC 7313 5 */

/* The NOTIFICATION to answer bad input with.  data never holds more than was received. */
struct bgp_fault {
	uint8_t code;    /* enum bgp_error; 0: no fault */
	uint8_t subcode; /* of the code's own enum */
	uint8_t data[64];
	size_t len;
};

/* Sets the whole fault; what does not fit of the data is left out. */
void bgp_notification_fault(struct bgp_fault *ret, enum bgp_error code, uint8_t subcode,
                            const void *data, size_t len);

struct bgp_notification {
	uint8_t code, subcode;
	const uint8_t *data; /* borrowed from the message */
	size_t len;
};

/* Body of a received message.  False: not even code and subcode. */
bool bgp_notification_read(const uint8_t *body, size_t len, struct bgp_notification *ret);
/* What a Hard Reset has inside.  False: it is none, or has nothing inside. */
bool bgp_notification_read_hard(const struct bgp_notification *n,
                                struct bgp_notification *ret);
/* Whole messages. */
void bgp_notification_write(struct wbuf *w, const struct bgp_fault *f);
/* As a Hard Reset: CEASE/9 with the fault inside (RFC 8538 3.1), and in it the text, if
 * not NULL, in place of the fault's data. */
void bgp_notification_write_hard(struct wbuf *w, const struct bgp_fault *f,
                                 const char *text);
/* CEASE/2 or CEASE/4 with a text for the neighbor's operator (RFC 9003); NULL: none.
 * Longer than 255 octets: cut between two characters. */
void bgp_notification_write_shutdown(struct wbuf *w, enum bgp_cease sub,
                                     const char *text);

enum {
	BGP_NOTIFICATION_STRLEN = 96,
	BGP_SHUTDOWN_MAX = 255,            /* octets of text, RFC 9003 2 */
	BGP_SHUTDOWN_STRLEN = 255 * 4 + 1, /* every octet escaped, and NUL */
};

/* "cease: administrative shutdown"; numbers where there is no name. */
char *bgp_notification_fmt(uint8_t code, uint8_t subcode,
                           char buf[static BGP_NOTIFICATION_STRLEN]);
/*
 * The text of a CEASE/2 or /4, made harmless: UTF-8 is kept; control characters, the
 * backslash and malformed sequences become \xNN.  False, and an empty string: there is
 * none, or its length octet is wrong.
 */
bool bgp_notification_shutdown_text(const struct bgp_notification *n,
                                    char buf[static BGP_SHUTDOWN_STRLEN]);
