/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/bgp_explain.h"

#include "wire/bgp_msg.h"

#include "tests/t.h"

/* What is called wrong, and where: "OFFSET TEXT" of the first part that is. */
static char found[256];

static void part(void *arg, const struct bgp_explain *e)
{
	if (e->wrong && !found[0])
		snprintf(found, sizeof(found), "%zu %s", e->at, e->wrong);
}

static const struct bgp_ctx ctx = {
	.ibgp = true,
	.as4 = true,
	.families = (1u << BGP_VPN4) | (1u << BGP_VPN6),
};

#define MARK "ffffffffffffffffffffffffffffffff "

TEST(the_wrong_octet_is_named_with_what_was_expected)
{
	static const struct {
		const char *hex, *wrong;
	} row[] = {
		{MARK "0013 04",                                ""                                },
		{ "fffffffffffffffffffffffffffffffe 0013 04",
                 "0 octet 15 is 0xfe, expected 0xff"                                              },
		{ "ffff",				       "2 expected length and type"      },
		{ MARK "0012 04",                               "16 expected at least 19"         },
		{ MARK "0013 09",                               "18 expected 1 to 5"              },
		{ MARK "0020 02 0000",                          "16 only 21 octets are here"      },
		{ MARK "0017 02 0005 0000",                     "19 only 2 octets follow"         },
		{ MARK "001b 02 0000 0004 400101",              "16 only 26 octets are here"      },
		{ MARK "001b 02 0000 0004 40010103",            "23 value 3, expected 0 to 2"     },
		{ MARK "001b 02 0000 0004 80010100",
                 "23 flags 0x80, expected 0x40 for Optional and Transitive"                       },
		{ MARK "001c 02 0000 0005 4001020000",          "23 2 octets, expected 1"         },
		{ MARK "001c 02 0000 0005 c008020000",
                 "23 2 octets, expected 4 to 65535"                                               },
		{ MARK "001f 02 0000 0008 40010100 40010100",   "27 a second one"                 },
		{ MARK "001b 02 0000 0004 40630100",            "23 well-known, and unknown to us"},
		{ MARK "001a 02 0000 0003 400105",
                 "23 an attribute that goes on behind the list's end"                             },
		{ MARK "001a 02 0000 0003 800e00",              "26 expected at least 3 octets"   },
		{ MARK "001d 02 0000 0006 800f03 000104",       "26 not negotiated"               },
		{ MARK "001f 02 0000 0008 800f05 000180 70 00",
                 "29 no vpnv4 route can be read here"                                             },
		{ MARK "001d 01 04fde8005ac000020900",          ""                                },
		{ MARK "001d 01 03fde8005ac000020900",
                 "19 OPEN message error: unsupported version number"                              },
		{ MARK "001d 01 04fde80001c000020900",
                 "19 OPEN message error: unacceptable hold time"                                  },
		{ MARK "0020 01 04fde8005ac000020903 02 05 41",
                 "30 only 1 octets follow"							},
		{ MARK "0015 01 04fd",                          "19 expected at least 10 octets"  },
		{ MARK "0014 03 06",                            "19 expected at least 2 octets"   },
		{ MARK "0016 05 000100",                        "19 3 octets, expected at least 4"},
		{ MARK "0017 05 00010380",                      "19 subtype 3, expected 0 to 2"   },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		uint8_t msg[128];
		size_t n = t_hex(row[i].hex, msg, sizeof(msg));

		found[0] = '\0';
		bgp_explain_message(&ctx, msg, n, part, NULL);
		if (strcmp(found, row[i].wrong) != 0)
			t_fail(__FILE__, __LINE__, "%s: \"%s\", not \"%s\"", row[i].hex,
			       found, row[i].wrong);
	}
}
