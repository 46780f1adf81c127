/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ha/ha_fsm.h"

#include "tests/t.h"

/* What must hold in every cell, so that a new row cannot quietly break it. */
TEST(every_cell_keeps_the_invariants)
{
	for (int s = HA_INIT; s < HA_STATE_END; s++) {
		for (int e = 0; e < HA_EV_END; e++) {
			struct ha_move m = ha_fsm_step(s, e);
			bool told = e == HA_EV_TOLD_MASTER || e == HA_EV_TOLD_BACKUP;
			unsigned timer =
				m.acts & (HA_ACT_BEAT | HA_ACT_LISTEN | HA_ACT_SKEW);

			CHECK(m.next >= HA_INIT && m.next < HA_STATE_END);
			/* its owner is told exactly when it becomes master, or is none */
			CHECK_INT(!!(m.acts & HA_ACT_ON),
			          s != HA_MASTER && m.next == HA_MASTER);
			CHECK_INT(!!(m.acts & HA_ACT_OFF),
			          s == HA_MASTER && m.next != HA_MASTER);
			/* one timer, and the right one */
			CHECK(!(timer & (timer - 1)));
			if (m.next == HA_MASTER)
				CHECK(!(timer & ~(unsigned)HA_ACT_BEAT));
			if (m.next == HA_BACKUP)
				CHECK(!(timer & HA_ACT_BEAT));
			if (m.next == HA_INIT)
				CHECK(!timer);
			/* who enters a state has its timer, unless others decide */
			if (s != (int)m.next && m.next != HA_INIT && !told)
				CHECK(timer);
			/* who decides from outside has nothing sent */
			if (told)
				CHECK(!(m.acts &
				        (HA_ACT_SEND | HA_ACT_RESIGN | HA_ACT_ANNOUNCE)));
			/* only a master advertises, and announces */
			if (m.acts & (HA_ACT_SEND | HA_ACT_ANNOUNCE))
				CHECK_INT(m.next, HA_MASTER);
			if (s != HA_MASTER && m.next == HA_MASTER && !told)
				CHECK(m.acts & HA_ACT_ANNOUNCE && m.acts & HA_ACT_SEND);
			/* who leaves by itself says so, who was beaten does not */
			if (s == HA_MASTER && m.next != HA_MASTER && !told)
				CHECK_INT(!(m.acts & HA_ACT_RESIGN), e == HA_EV_ABOVE);
			/* and sends nothing more */
			if (s == HA_MASTER && m.next != HA_MASTER && !told)
				CHECK(m.acts & HA_ACT_HUSH);
		}
	}
}

/* RFC 5798 6.4, event by event. */
TEST(the_table_is_that_of_the_rfc)
{
	static const struct {
		enum ha_state from;
		enum ha_ev ev;
		enum ha_state to;
		unsigned acts;
	} rfc[] = {
		{HA_INIT,    HA_EV_START,       HA_BACKUP, HA_ACT_OWN | HA_ACT_LISTEN  },
		{ HA_INIT,   HA_EV_START_OWNER, HA_MASTER,
                 HA_ACT_ON | HA_ACT_OWN | HA_ACT_SEND | HA_ACT_ANNOUNCE | HA_ACT_BEAT  },
		{ HA_BACKUP, HA_EV_STOP,        HA_INIT,   HA_ACT_HUSH                 },
		{ HA_BACKUP, HA_EV_SILENCE,     HA_MASTER,
                 HA_ACT_ON | HA_ACT_OWN | HA_ACT_SEND | HA_ACT_ANNOUNCE | HA_ACT_BEAT  },
		{ HA_BACKUP, HA_EV_RESIGNED,    HA_BACKUP, HA_ACT_SKEW                 },
		{ HA_BACKUP, HA_EV_ABOVE,       HA_BACKUP, HA_ACT_ADOPT | HA_ACT_LISTEN},
		{ HA_BACKUP, HA_EV_BELOW,       HA_BACKUP, 0                           },
		{ HA_MASTER, HA_EV_STOP,        HA_INIT,
                 HA_ACT_RESIGN | HA_ACT_OFF | HA_ACT_HUSH                              },
		{ HA_MASTER, HA_EV_ADVERT,      HA_MASTER, HA_ACT_SEND | HA_ACT_BEAT   },
		{ HA_MASTER, HA_EV_RESIGNED,    HA_MASTER, HA_ACT_SEND | HA_ACT_BEAT   },
		{ HA_MASTER, HA_EV_ABOVE,       HA_BACKUP,
                 HA_ACT_OFF | HA_ACT_ADOPT | HA_ACT_HUSH | HA_ACT_LISTEN               },
	};

	for (size_t i = 0; i < sizeof(rfc) / sizeof(rfc[0]); i++) {
		struct ha_move m = ha_fsm_step(rfc[i].from, rfc[i].ev);

		CHECK_INT(m.next, rfc[i].to);
		CHECK_INT(m.acts, rfc[i].acts);
	}
}
