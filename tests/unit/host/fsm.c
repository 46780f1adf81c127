/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdbool.h>

#include "host/host_fsm.h"

#include "tests/t.h"

static bool is_local(int s)
{
	return s == HOST_LOCAL || s == HOST_REFRESH || s == HOST_CONTESTED ||
	       s == HOST_FIXED;
}

/* What must hold in every cell, so that a new row cannot quietly break it. */
TEST(every_cell_keeps_the_invariants)
{
	for (int s = HOST_ABSENT; s < HOST_STATE_END; s++) {
		for (int e = 0; e < HOST_EV_END; e++) {
			struct host_move m = host_fsm_step(s, e);
			unsigned timer =
				m.acts & (HOST_ACT_PROBE | HOST_ACT_AGE | HOST_ACT_KEEP |
			                  HOST_ACT_FREEZE | HOST_ACT_HOLD);

			CHECK(m.next >= HOST_ABSENT && m.next < HOST_STATE_END);
			/* frozen exactly while it is a duplicate */
			CHECK_INT(!!(m.acts & HOST_ACT_FREEZE),
			          s != HOST_DUPLICATE && m.next == HOST_DUPLICATE);
			CHECK_INT(!!(m.acts & HOST_ACT_THAW),
			          s == HOST_DUPLICATE && m.next != HOST_DUPLICATE);
			if (s == HOST_DUPLICATE || m.next == HOST_DUPLICATE)
				continue; /* its route may be out or not */
			/* withdrawn exactly when a local host is lost, and at once */
			CHECK_INT(!!(m.acts & HOST_ACT_DOWN),
			          is_local(s) && !is_local(m.next));
			/* a host that becomes local is advertised */
			if (!is_local(s) && is_local(m.next))
				CHECK(m.acts & HOST_ACT_UP);
			/* where it speaks, or where it was asked and was heard */
			if (!is_local(s) && is_local(m.next) && e != HOST_EV_SEEN)
				CHECK(m.acts & HOST_ACT_BIND);
			/* a new binding of a local host is advertised too */
			if (is_local(m.next) && m.acts & HOST_ACT_BIND)
				CHECK(m.acts & HOST_ACT_UP);
			/* absent means freed */
			CHECK_INT(!!(m.acts & HOST_ACT_FORGET),
			          s != HOST_ABSENT && m.next == HOST_ABSENT);
			/* entering a state arms its one timer: no host can hang, but
			 * one that stays until it is told */
			if (m.next == HOST_FIXED)
				CHECK(!timer);
			else if (s != (int)m.next && m.next != HOST_ABSENT)
				CHECK(timer && !(timer & (timer - 1)));
			if (timer & HOST_ACT_AGE)
				CHECK_INT(m.next, HOST_LOCAL);
			if (timer & HOST_ACT_KEEP)
				CHECK_INT(m.next, HOST_PAST);
			/* neighbours are told only of hosts that are gone */
			if (m.acts & HOST_ACT_REPAIR)
				CHECK_INT(m.next, HOST_PAST);
			/* a contest that the host wins raises the sequence */
			CHECK_INT(!!(m.acts & HOST_ACT_RAISE),
			          s == HOST_CONTESTED && m.next == HOST_LOCAL);
		}
	}
}

TEST(weak_evidence_alone_never_makes_a_host)
{
	static const enum host_ev weak[] = { HOST_EV_WEAK, HOST_EV_WEAK_ELSE,
		                             HOST_EV_CHECK };

	for (int s = HOST_ABSENT; s < HOST_STATE_END; s++)
		for (size_t i = 0; i < sizeof(weak) / sizeof(weak[0]); i++)
			CHECK(is_local(s) || !is_local(host_fsm_step(s, weak[i]).next));
}

TEST(silent_host_is_probed_then_lost)
{
	static const struct {
		enum host_ev ev;
		enum host_state want;
	} story[] = {
		{HOST_EV_STRONG,      HOST_LOCAL  },
                { HOST_EV_IDLE,       HOST_REFRESH},
		{ HOST_EV_UNANSWERED, HOST_REFRESH},
                { HOST_EV_PATIENCE,   HOST_LOCAL  },
		{ HOST_EV_IDLE,       HOST_REFRESH},
                { HOST_EV_SPENT,      HOST_PAST   },
		{ HOST_EV_SPENT,      HOST_ABSENT },
	};
	enum host_state s = HOST_ABSENT;

	for (size_t i = 0; i < sizeof(story) / sizeof(story[0]); i++) {
		s = host_fsm_step(s, story[i].ev).next;
		CHECK_INT(s, story[i].want);
	}
}
