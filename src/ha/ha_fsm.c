/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ha/ha_fsm.h"

#include "base/must.h"

/* clang-format off */
#define A(x)		HA_ACT_##x
#define STAY(s)		{ (s), 0 }
#define TAKE_OVER	{ HA_MASTER, A(ON) | A(OWN) | A(SEND) | A(ANNOUNCE) | A(BEAT) }
#define STOPPED		{ HA_INIT, A(HUSH) }
#define LISTEN		{ HA_BACKUP, A(OWN) | A(LISTEN) }

static const struct ha_move table[HA_STATE_END][HA_EV_END] = {
	[HA_INIT] = {
		[HA_EV_START]		= LISTEN,
		[HA_EV_START_OWNER]	= TAKE_OVER,
		[HA_EV_STOP]		= STAY(HA_INIT),
		[HA_EV_ASIDE]		= STAY(HA_INIT),
		[HA_EV_SILENCE]		= STAY(HA_INIT),
		[HA_EV_ADVERT]		= STAY(HA_INIT),
		[HA_EV_RESIGNED]	= STAY(HA_INIT),
		[HA_EV_ABOVE]		= STAY(HA_INIT),
		[HA_EV_BELOW]		= STAY(HA_INIT),
		[HA_EV_TOLD_MASTER]	= { HA_MASTER, A(ON) },
		[HA_EV_TOLD_BACKUP]	= STAY(HA_BACKUP),
	},
	[HA_BACKUP] = {
		[HA_EV_START]		= STAY(HA_BACKUP),
		[HA_EV_START_OWNER]	= STAY(HA_BACKUP),
		[HA_EV_STOP]		= STOPPED,
		[HA_EV_ASIDE]		= STAY(HA_BACKUP),
		[HA_EV_SILENCE]		= TAKE_OVER,
		[HA_EV_ADVERT]		= STAY(HA_BACKUP),
		[HA_EV_RESIGNED]	= { HA_BACKUP, A(SKEW) },
		[HA_EV_ABOVE]		= { HA_BACKUP, A(ADOPT) | A(LISTEN) },
		[HA_EV_BELOW]		= STAY(HA_BACKUP),
		[HA_EV_TOLD_MASTER]	= { HA_MASTER, A(ON) },
		[HA_EV_TOLD_BACKUP]	= STAY(HA_BACKUP),
	},
	[HA_MASTER] = {
		[HA_EV_START]		= STAY(HA_MASTER),
		[HA_EV_START_OWNER]	= STAY(HA_MASTER),
		[HA_EV_STOP]		= { HA_INIT, A(RESIGN) | A(OFF) | A(HUSH) },
		[HA_EV_ASIDE]		= { HA_BACKUP, A(RESIGN) | A(OFF) | A(HUSH) | A(LISTEN) },
		[HA_EV_SILENCE]		= STAY(HA_MASTER),
		[HA_EV_ADVERT]		= { HA_MASTER, A(SEND) | A(BEAT) },
		[HA_EV_RESIGNED]	= { HA_MASTER, A(SEND) | A(BEAT) },
		[HA_EV_ABOVE]		= { HA_BACKUP, A(OFF) | A(ADOPT) | A(HUSH) | A(LISTEN) },
		/* RFC 9568 6.4.3: say at once who is, to it and to the switches. */
		[HA_EV_BELOW]		= { HA_MASTER, A(SEND) | A(RIVAL) | A(BEAT) },
		[HA_EV_TOLD_MASTER]	= STAY(HA_MASTER),
		[HA_EV_TOLD_BACKUP]	= { HA_BACKUP, A(OFF) },
	},
};
/* clang-format on */

struct ha_move ha_fsm_step(enum ha_state state, enum ha_ev ev)
{
	must(state > 0 && state < HA_STATE_END && ev < HA_EV_END);
	return table[state][ev];
}

const char *ha_state_text(enum ha_state s)
{
	static const char *const text[HA_STATE_END] = {
		[HA_INIT] = "initialize",
		[HA_BACKUP] = "backup",
		[HA_MASTER] = "master",
	};

	return s > 0 && s < HA_STATE_END ? text[s] : "unknown";
}
