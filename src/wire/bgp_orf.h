/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cur.h"
#include "base/ip.h"
#include "base/rd.h"
#include "base/wbuf.h"
#include "wire/bgp_family.h"
#include "wire/bgp_refresh.h"

/*
 * Outbound route filters (RFC 5291) of labelled VPN families, the part of ROUTE-REFRESH
 * behind subtype 0: covering prefixes (RFC 7543), address prefixes (RFC 5292) with the RD
 * in front as SAFI 128 writes them, and prefixes of a route target (a vendor's number).
 *
 *   bgp_orf_read()    is the whole message well-formed?  then it may be acted upon:
 *   bgp_orf_list()    each list of entries of one type
 *   bgp_orf_entry()   each entry of a list
 *
 * so that nothing is done of a message that turns out to be malformed at its end.
 */
enum bgp_orf_type {
	BGP_ORF_TYPE_ADDR_PREFIX = 64,
	BGP_ORF_TYPE_CP = 65,
	BGP_ORF_TYPE_RT_PREFIX = 192, /* draft-…-l3vpn-prefix-orf, no number assigned */
};

enum bgp_orf_when {
	BGP_ORF_IMMEDIATE = 1, /* and say again what the filters changed */
	BGP_ORF_DEFER = 2,     /* until the next refresh */
};

/* RFC 5291 4.  FRR writes 0x80 for REMOVE and 0xC0 for REMOVE-ALL, which is twice the
 * RFC's value: see bgp_orf_entry(). */
enum bgp_orf_action {
	BGP_ORF_ADD = 0,
	BGP_ORF_REMOVE = 1,
	BGP_ORF_REMOVE_ALL = 2, /* an entry of one octet */
};

enum { BGP_ORF_ENTRIES_MAX = 131072 }; /* a neighbor's filters of a family in all */

struct bgp_orf_entry {
	uint8_t action; /* enum bgp_orf_action */
	bool deny;
	/* REMOVE_ALL stands for something nobody knows: the list's former entries go and
	 * its further ones are not read (RFC 5291 6) */
	bool unrecognized;
	uint32_t seq;
	uint8_t minlen, maxlen; /* bits; an address prefix counts the RD in; 0: any */

	struct extcom vpn_rt;    /* covering prefix, route target prefix */
	struct extcom import_rt; /* covering prefix … */
	struct ip host;          /* … and the address it must cover */
	struct rd rd;            /* address prefix: … */
	uint8_t rd_bits;         /* … so many of it, and if that is all of them … */
	struct prefix prefix;    /* … this too; route target prefix */
};

/* Why a message is ignored whole. */
enum bgp_orf_err {
	BGP_ORF_OK,
	BGP_ORF_SHORT, /* a header or an entry is cut */
	BGP_ORF_WHEN,  /* neither IMMEDIATE nor DEFER */
	BGP_ORF_VALUE, /* of a covering prefix: RFC 7543 2 */
};

struct bgp_orf {
	uint8_t when;     /* enum bgp_orf_when */
	struct cur lists; /* for bgp_orf_list() */
	size_t n_entries; /* of types known and unknown families alike */
	size_t n_unknown; /* lists of types nobody here knows */
};

struct bgp_orf_list {
	enum bgp_family family;
	uint8_t type;
	bool known;         /* else its entries cannot be read */
	struct cur entries; /* for bgp_orf_entry() */
};

/* r: of a request with something behind it.  *ret is set if it is BGP_ORF_OK. */
enum bgp_orf_err bgp_orf_read(const struct bgp_refresh *r, struct bgp_orf *ret)
	__attribute__((warn_unused_result));
/* The next list; false: that was all. */
bool bgp_orf_list(struct bgp_orf *o, enum bgp_family family, struct bgp_orf_list *ret);
/*
 * The next entry; false: that was all.  An address prefix entry of 0xC0 is FRR's
 * REMOVE-ALL and by RFC 5291 6 has the same effect.  One of 0x80 removes all, as the RFC
 * says; what FRR wrote behind it reads as entries to come.
 */
bool bgp_orf_entry(struct bgp_orf_list *l, struct bgp_orf_entry *ret);

/* A whole message: open, for each type a list of entries, close. */
size_t bgp_orf_open(struct wbuf *w, enum bgp_family family, enum bgp_orf_when when);
size_t bgp_orf_list_open(struct wbuf *w, enum bgp_orf_type type);
void bgp_orf_write(struct wbuf *w, enum bgp_family family, enum bgp_orf_type type,
                   const struct bgp_orf_entry *e);
void bgp_orf_list_close(struct wbuf *w, size_t list);
void bgp_orf_close(struct wbuf *w, size_t start);

const char *bgp_orf_err_name(enum bgp_orf_err e); /* "entry cut short" */
