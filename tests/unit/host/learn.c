/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/host/world.h"

#define A "02:aa:00:00:00:0a"
#define B "02:aa:00:00:00:0b"

TEST(strong_evidence_makes_a_host_and_weak_or_tentative_does_not)
{
	static const struct {
		enum host_evidence_kind kind;
		const char *sender, *target;
		enum host_state want;
	} row[] = {
		{HOST_BY_ARP_REQUEST,     "1.1.1.1",       "1.1.1.3",       HOST_LOCAL  },
		{ HOST_BY_ARP_REPLY,      "1.1.1.1",       "1.1.255.254",   HOST_LOCAL  },
		{ HOST_BY_GARP,           "1.1.1.1",       "1.1.1.1",       HOST_LOCAL  },
		{ HOST_BY_NA,             "2001:db8:1::1", "2001:db8:1::1", HOST_LOCAL  },
		{ HOST_BY_NA_UNSOLICITED, "2001:db8:1::1", "2001:db8:1::1", HOST_LOCAL  },
		{ HOST_BY_NS,             "2001:db8:1::1", "2001:db8:1::3", HOST_PROBING},
		{ HOST_BY_SOURCE,         "1.1.1.1",       NULL,            HOST_PROBING},
		{ HOST_BY_ARP_PROBE,      "0.0.0.0",       "1.1.1.1",       HOST_ABSENT },
		{ HOST_BY_NS_DAD,         "::",            "2001:db8:1::1", HOST_ABSENT },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct world *w = w_new();
		bool tentative = row[i].want == HOST_ABSENT;
		const char *who = tentative ? row[i].target : row[i].sender;

		w_hear(w, row[i].kind, AC1, A, row[i].sender, row[i].target);
		CHECK_INT(w_state(w, who), row[i].want);
		CHECK_INT(w_count(w, W_UP, 0), row[i].want == HOST_LOCAL);
		CHECK_INT(hosts_counter(w->h, HOST_N_HINTS), tentative);
		w_free(w);
	}
}
