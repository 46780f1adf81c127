/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/bgp_orf.h"

#include "base/must.h"
#include "wire/bgp_msg.h"

#include "tests/t.h"

/*
 * Outbound route filters.  The golden messages are in tests/vectors/bgp/orf-*; here is
 * what must be refused or read in one way only.
 */
#define CP_HEAD "00000001 20 20 0002fde800000064 0102c000020b0064 "
#define CP      "00 " CP_HEAD "00 01010103 "
#define CP6                                                       \
	"00 00000002 80 80 0002fde800000064 0102c000020b0064 00 " \
	"20010db8000100000000000000000003 "

/* The body behind AFI, subtype and SAFI: when, lists. */
static enum bgp_orf_err read_hex(enum bgp_family f, const char *hex, struct bgp_orf *ret)
{
	static uint8_t *body;
	uint8_t buf[4096];
	size_t n = t_hex(hex, buf, sizeof(buf));
	struct bgp_refresh r = { .family = f };

	free(body); /* of exactly its size: a sanitizer sees the first octet behind */
	body = malloc(n ? n : 1);
	CHECK(body);
	memcpy(body, buf, n);
	r.orf = cur_of(body, n);
	return bgp_orf_read(&r, ret);
}

TEST(orf_messages_with_a_fault_are_ignored_whole)
{
	static const struct {
		const char *name, *hex;
		enum bgp_family family;
		enum bgp_orf_err err;
		size_t entries;
	} row[] = {
		{"covering prefix",                    "01 41 001c" CP,                            BGP_VPN4,    BGP_ORF_OK,    1},
		{ "covering prefix deferred",          "02 41 001c" CP,                            BGP_VPN4,    BGP_ORF_OK,    1},
		{ "two of them",                       "01 41 0038" CP CP,                         BGP_VPN4,    BGP_ORF_OK,    2},
		{ "two lists",                         "01 41 001c" CP "41 001c" CP,               BGP_VPN4,    BGP_ORF_OK,    2},
		{ "IPv6 covering prefix",              "01 41 0028" CP6,                           BGP_VPN6,    BGP_ORF_OK,    1},
		{ "reserved bits",                     "01 41 001c 1f" CP_HEAD "00 01010103",      BGP_VPN4,
                 BGP_ORF_OK,												   1},
		{ "minimum below maximum",
                 "01 41 001c 00 00000001 00 20 0002fde800000064 0102c000020b0064 00 01010103",
                 BGP_VPN4,										      BGP_ORF_OK,    1},
		{ "no list at all",                    "01",                                       BGP_VPN4,    BGP_ORF_OK,    0},
		{ "an empty list",                     "01 41 0000",                               BGP_VPN4,    BGP_ORF_OK,    0},
		{ "unknown type",                      "01 80 0003 ffffff",                        BGP_VPN4,    BGP_ORF_OK,    0},
		{ "family without VPN filters",        "01 41 0003 ffffff",                        BGP_IP4,     BGP_ORF_OK,
                 0													      },
		{ "unknown family",                    "01 41 0003 ffffff",                        BGP_FAM_END, BGP_ORF_OK,    0},
		{ "when 0",			    "00 41 001c" CP,                            BGP_VPN4,    BGP_ORF_WHEN,  0},
		{ "when 3",			    "03 41 001c" CP,                            BGP_VPN4,    BGP_ORF_WHEN,  0},
		{ "type without length",               "01 41",                                    BGP_VPN4,    BGP_ORF_SHORT, 0},
		{ "length of one octet",               "01 41 00",                                 BGP_VPN4,    BGP_ORF_SHORT, 0},
		{ "list beyond the message",           "01 41 001d" CP,                            BGP_VPN4,    BGP_ORF_SHORT,
                 0													      },
		{ "unknown type beyond the message",   "01 80 0004 ffffff",                        BGP_VPN4,
                 BGP_ORF_SHORT,												0},
		{ "an octet behind the lists",         "01 41 001c" CP "00",                       BGP_VPN4,
                 BGP_ORF_SHORT,												0},
		{ "entry cut in its host",             "01 41 001b 00" CP_HEAD "00 010101",        BGP_VPN4,
                 BGP_ORF_SHORT,												0},
		{ "entry of one octet",                "01 41 0001 00",                            BGP_VPN4,    BGP_ORF_SHORT, 0},
		{ "IPv4 host in the IPv6 family",      "01 41 001c" CP,                            BGP_VPN6,
                 BGP_ORF_SHORT,												0},
		{ "IPv6 host in the IPv4 family",      "01 41 0028" CP6,                           BGP_VPN4,
                 BGP_ORF_VALUE,												0},
		{ "second entry bad",                  "01 41 0038" CP "20" CP_HEAD "00 01010103",
                 BGP_VPN4,										      BGP_ORF_VALUE, 0},
		{ "deny",			      "01 41 001c 20" CP_HEAD "00 01010103",      BGP_VPN4,    BGP_ORF_VALUE,
                 0													      },
		{ "route type 5",                      "01 41 001c 00" CP_HEAD "05 01010103",      BGP_VPN4,
                 BGP_ORF_VALUE,												0},
		{ "minimum 33",
                 "01 41 001c 00 00000001 21 20 0002fde800000064 0102c000020b0064 00 01010103",
                 BGP_VPN4,										      BGP_ORF_VALUE, 0},
		{ "maximum 33",
                 "01 41 001c 00 00000001 20 21 0002fde800000064 0102c000020b0064 00 01010103",
                 BGP_VPN4,										      BGP_ORF_VALUE, 0},
		{ "maximum 255",
                 "01 41 001c 00 00000001 00 ff 0002fde800000064 0102c000020b0064 00 01010103",
                 BGP_VPN4,										      BGP_ORF_VALUE, 0},
		{ "address prefix cut",
                 "01 40 0013 00 0000000a 00 00 60 0001c000020c0064 010101",                        BGP_VPN4,
                 BGP_ORF_SHORT,												0},
		{ "address prefix without its length", "01 40 0007 00 0000000a 00 00",
                 BGP_VPN4,										      BGP_ORF_SHORT, 0},
		{ "route target prefix cut",
                 "01 c0 0011 00 00000014 0002fde800000064 00 00 20 01",                            BGP_VPN4,
                 BGP_ORF_SHORT,												0},
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct bgp_orf o = { .n_entries = 77 };
		enum bgp_orf_err e = read_hex(row[i].family, row[i].hex, &o);

		if (e != row[i].err)
			t_fail(__FILE__, __LINE__, "%s: %s", row[i].name,
			       bgp_orf_err_name(e));
		CHECK_INT(o.n_entries, e ? 77 : row[i].entries);
	}
}

/* RFC 5291 6: a value nobody knows takes the list's entries out, old ones too. */
TEST(orf_lists_with_a_value_nobody_knows_are_removed_whole)
{
	static const struct {
		const char *hex;
		bool unrecognized;
		size_t n; /* entries read, the one that removes all is the last */
	} row[] = {
		{"01 40 0001 80",					      false, 1},
		{ "01 40 0001 c0",					     true,  1}, /* FRR's REMOVE-ALL */
		{ "01 40 0014 c0 0000000a 00 00 60 0001c000020c0064 01010103", true,  1},
		{ "01 41 0001 80",					     false, 1},
		{ "01 41 0001 c0",					     true,  1},
		{ "01 41 001d" CP "c0",					true,  2},
		{ "01 40 0014 00 0000000a 00 00 61 0001c000020c0064 01010103", true,  1},
		{ "01 40 0014 00 0000000a 61 00 60 0001c000020c0064 01010103", true,  1},
		{ "01 40 0014 00 0000000a 00 61 60 0001c000020c0064 01010103", true,  1},
		{ "01 40 0014 00 0000000a 58 58 60 0001c000020c0064 01010103", true,  1},
		{ "01 40 0014 00 0000000a 00 58 60 0001c000020c0064 01010103", true,  1},
		{ "01 40 0008 00 0000000a 20 10 00",                           true,  1},
		{ "01 c0 0014 00 00000014 0002fde800000064 00 00 21 01010103", true,  1},
		{ "01 c0 0014 00 00000014 0002fde800000064 21 21 20 01010103", true,  1},
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct bgp_orf_entry e = { 0 };
		struct bgp_orf_list l;
		struct bgp_orf o;
		size_t n = 0;

		CHECK_INT(read_hex(BGP_VPN4, row[i].hex, &o), BGP_ORF_OK);
		CHECK_INT(o.n_entries, row[i].n);
		CHECK(bgp_orf_list(&o, BGP_VPN4, &l));
		while (bgp_orf_entry(&l, &e))
			n++;
		if (n != row[i].n || e.action != BGP_ORF_REMOVE_ALL ||
		    e.unrecognized != row[i].unrecognized)
			t_fail(__FILE__, __LINE__, "%s", row[i].hex);
		CHECK(!bgp_orf_list(&o, BGP_VPN4, &l));
	}
}

/* What FRR means as REMOVE (0x80) is REMOVE-ALL to everybody else, and what it wrote
 * behind it begins an entry of its own. */
TEST(orf_of_twice_the_right_action_value_is_read_as_the_rfc_says)
{
	struct bgp_orf_entry e;
	struct bgp_orf_list l;
	struct bgp_orf o;

	CHECK_INT(read_hex(BGP_VPN4, "01 40 0009 80 00 0000000a 000000", &o), BGP_ORF_OK);
	CHECK_INT(o.n_entries, 2);
	CHECK(bgp_orf_list(&o, BGP_VPN4, &l));
	CHECK(bgp_orf_entry(&l, &e));
	CHECK(e.action == BGP_ORF_REMOVE_ALL && !e.unrecognized);
	CHECK(bgp_orf_entry(&l, &e));
	CHECK(e.action == BGP_ORF_ADD && e.seq == 10 && e.rd_bits == 0);
	CHECK(!bgp_orf_entry(&l, &e));
}

TEST(orf_prefix_may_end_inside_its_distinguisher)
{
	uint8_t msg[64];
	struct wbuf w = wbuf_of(msg, sizeof(msg));
	struct bgp_orf_entry e;
	struct bgp_orf_list l;
	struct bgp_orf o;

	CHECK_INT(read_hex(BGP_VPN4, "01 40 000a 20 0000000a 0c 60 0c 00 1f", &o),
	          BGP_ORF_OK);
	CHECK(bgp_orf_list(&o, BGP_VPN4, &l) && bgp_orf_entry(&l, &e));
	CHECK(e.deny && e.rd_bits == 12 && e.minlen == 12 && e.maxlen == 96);
	CHECK_INT(e.rd.b[1],
	          0x10); /* what lies behind the twelfth bit is no part of it */
	bgp_orf_write(&w, BGP_VPN4, BGP_ORF_TYPE_ADDR_PREFIX, &e);
	CHECK_INT(w.len, 10);
	CHECK_MEM(msg, ((uint8_t[]){ 0x20, 0, 0, 0, 10, 12, 96, 12, 0, 0x10 }), 10);
}

TEST(orf_of_an_unknown_type_has_no_entries_to_read)
{
	struct bgp_orf_entry e;
	struct bgp_orf_list l;
	struct bgp_orf o;

	CHECK_INT(read_hex(BGP_VPN4, "01 3f 0002 ffff 41 001c" CP, &o), BGP_ORF_OK);
	CHECK_INT(o.n_unknown, 1);
	CHECK_INT(o.n_entries, 1);
	CHECK(bgp_orf_list(&o, BGP_VPN4, &l) && !l.known && l.type == 63);
	CHECK(!bgp_orf_entry(&l, &e));
	CHECK(bgp_orf_list(&o, BGP_VPN4, &l) && l.known && bgp_orf_entry(&l, &e));
	CHECK_INT(e.seq, 1);
}

TEST(orf_of_as_many_hosts_as_fit_fills_one_message)
{
	static uint8_t msg[BGP_MSG_MAX];
	struct wbuf w = wbuf_of(msg, sizeof(msg));
	struct bgp_orf_entry e = { .minlen = 32, .maxlen = 32, .host = ip_of_u32(1) };
	size_t start = bgp_orf_open(&w, BGP_VPN4, BGP_ORF_IMMEDIATE), n = 0;
	size_t list = bgp_orf_list_open(&w, BGP_ORF_TYPE_CP);
	struct bgp_refresh r;
	struct bgp_fault f;
	struct bgp_orf o;

	while (w.cap - w.len >= 28) {
		bgp_orf_write(&w, BGP_VPN4, BGP_ORF_TYPE_CP, &e);
		n++;
	}
	bgp_orf_list_close(&w, list);
	bgp_orf_close(&w, start);
	CHECK(wbuf_ok(&w));
	CHECK_INT(n, 145);
	CHECK(bgp_refresh_read(msg, w.len, true, &r, &f));
	CHECK_INT(bgp_orf_read(&r, &o), BGP_ORF_OK);
	CHECK_INT(o.n_entries, n);
}

TEST(orf_cut_anywhere_is_refused_and_read_within_its_bytes)
{
	static const char hex[] =
		"01 41 001c" CP "40 0014 00 0000000a 00 00 60 0001c000020c0064 01010103"
		"c0 0014 00 00000014 0002fde800000064 00 00 20 01010103";
	uint8_t buf[256];
	size_t n = t_hex(hex, buf, sizeof(buf));

	for (size_t cut = 0; cut <= n; cut++) {
		/* between two lists it is a message of its own */
		bool whole = cut == 1 || cut == 32 || cut == 55 || cut == n;
		char text[600] = "";
		struct bgp_orf o;

		for (size_t i = 0; i < cut; i++)
			snprintf(text + 2 * i, 3, "%02x", buf[i]);
		CHECK_INT(read_hex(BGP_VPN4, text, &o) == BGP_ORF_OK, whole);
	}
}

TEST(orf_errors_have_names)
{
	for (unsigned e = BGP_ORF_OK; e <= BGP_ORF_VALUE; e++)
		CHECK(strcmp(bgp_orf_err_name(e), "unknown") != 0);
	CHECK_STR(bgp_orf_err_name(99), "unknown");
}
