/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdbool.h>

#include "base/must.h"
#include "bgp/bgp_fsm.h"

#include "tests/t.h"

/* What must hold in every cell, so that a new row cannot quietly break it. */
TEST(every_cell_is_decided_and_keeps_the_invariants)
{
	for (int s = BGP_IDLE; s < BGP_STATE_END; s++) {
		for (int e = 0; e < BGP_EV_END; e++) {
			struct bgp_step st =
				bgp_fsm_step((enum bgp_state)s, (enum bgp_fsm_event)e);
			bool was = s == BGP_ESTABLISHED, is = st.next == BGP_ESTABLISHED;

			CHECK(st.next >= BGP_IDLE && st.next < BGP_STATE_END);
			/* a session comes up and goes down exactly at Established */
			CHECK_INT(!!(st.acts & BGP_ACT_UP), is && !was);
			CHECK_INT(!!(st.acts & BGP_ACT_DOWN), was && !is);
			/* no transport survives the way back */
			if ((int)st.next < s && s >= BGP_OPEN_SENT)
				CHECK(st.acts & BGP_ACT_CLOSE);
			/* nothing is said where nobody can hear it */
			if (st.acts & BGP_ACT_NOTIFY)
				CHECK(s >= BGP_OPEN_SENT && st.acts & BGP_ACT_CLOSE);
			if (st.acts & BGP_ACT_FSM_FAULT)
				CHECK(st.acts & BGP_ACT_NOTIFY);
			/* only a session reads routes */
			if (st.acts & BGP_ACT_RECEIVE)
				CHECK(was && is);
			/* the only way on is one step at a time */
			if (st.next > BGP_OPEN_SENT && s != (int)st.next)
				CHECK_INT(st.next, s + 1);
		}
	}
}

TEST(no_state_is_a_trap)
{
	for (int s = BGP_IDLE; s < BGP_STATE_END; s++) {
		CHECK_INT(bgp_fsm_step((enum bgp_state)s, BGP_EV_STOP).next, BGP_IDLE);
		/* a timer or an event of the transport leads out of every waiting state
		 */
		if (s >= BGP_OPEN_SENT)
			CHECK(bgp_fsm_step((enum bgp_state)s, BGP_EV_HOLD).next !=
			      (enum bgp_state)s);
	}
	CHECK_INT(bgp_fsm_step(BGP_ACTIVE, BGP_EV_RETRY).next, BGP_CONNECT);
	CHECK(bgp_fsm_step(BGP_CONNECT, BGP_EV_TCP_FAILED).acts & BGP_ACT_ARM_RETRY);
}

/* Every cell spelled out a second time, by the letters of the next state: the table
 * cannot change without somebody meaning it.  Columns are the events in their order. */
TEST(every_cell_leads_where_rfc_4271_8_2_2_says)
{
	static const char *const next[BGP_STATE_END] = {
		/* start passive stop retry | connected failed hold send-hold |
		 * keepalive-due open collision bad | notified keepalive update refresh */
		[BGP_IDLE] = "CAIIIIIIIIIIIIII",
		[BGP_CONNECT] = "CCICSAIIIIIIIIII",
		[BGP_ACTIVE] = "AAICSAIIIIIIIIII",
		[BGP_OPEN_SENT] = "SSISIAIISOIIIIII",
		[BGP_OPEN_CONFIRM] = "OOIOIIIIOIIIIEII",
		[BGP_ESTABLISHED] = "EEIEIIIIEIIIIEEE",
	};
	static const char letter[BGP_STATE_END] = {
		[BGP_IDLE] = 'I',      [BGP_CONNECT] = 'C',      [BGP_ACTIVE] = 'A',
		[BGP_OPEN_SENT] = 'S', [BGP_OPEN_CONFIRM] = 'O', [BGP_ESTABLISHED] = 'E',
	};

	for (int s = BGP_IDLE; s < BGP_STATE_END; s++) {
		CHECK_INT(strlen(next[s]), BGP_EV_END);
		for (int e = 0; e < BGP_EV_END; e++) {
			enum bgp_state to =
				bgp_fsm_step((enum bgp_state)s, (enum bgp_fsm_event)e)
					.next;

			if (letter[to] != next[s][e])
				t_fail(__FILE__, __LINE__, "%s, event %d: %c, not %c",
				       bgp_fsm_name((enum bgp_state)s), e, letter[to],
				       next[s][e]);
		}
	}
}

TEST(unexpected_messages_are_fsm_errors)
{
	static const enum bgp_fsm_event msg[] = { BGP_EV_OPEN, BGP_EV_KEEPALIVE,
		                                  BGP_EV_UPDATE, BGP_EV_REFRESH };
	static const char *const wrong[BGP_STATE_END] = { [BGP_OPEN_SENT] = "-KUR",
		                                          [BGP_OPEN_CONFIRM] = "O-UR",
		                                          [BGP_ESTABLISHED] = "O---" };

	for (int s = BGP_OPEN_SENT; s < BGP_STATE_END; s++) {
		for (size_t i = 0; i < ARRAY_LEN(msg); i++) {
			unsigned acts = bgp_fsm_step((enum bgp_state)s, msg[i]).acts;

			CHECK_INT(!!(acts & BGP_ACT_FSM_FAULT), wrong[s][i] != '-');
		}
	}
}
