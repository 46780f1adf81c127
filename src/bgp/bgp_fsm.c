/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bgp/bgp_fsm.h"

#include "base/must.h"

/* clang-format off */
#define A(x)		BGP_ACT_##x
#define STAY(s)		{ (s), 0 }
#define QUIT		{ BGP_IDLE, A(CLOSE) }
#define FAIL		{ BGP_IDLE, A(CLOSE) | A(BACKOFF) }
#define SAY_QUIT	{ BGP_IDLE, A(NOTIFY) | A(CLOSE) }
#define SAY_FAIL	{ BGP_IDLE, A(NOTIFY) | A(CLOSE) | A(BACKOFF) }
#define WRONG		{ BGP_IDLE, A(FSM_FAULT) | A(NOTIFY) | A(CLOSE) | A(BACKOFF) }
#define OPENING		{ BGP_CONNECT, A(CONNECT) }
#define REOPEN		{ BGP_CONNECT, A(CLOSE) | A(CONNECT) }
#define GREET		{ BGP_OPEN_SENT, A(SEND_OPEN) }
#define WAIT		{ BGP_ACTIVE, A(CLOSE) | A(ARM_RETRY) }
#define LOST		{ BGP_IDLE, A(DOWN) | A(CLOSE) | A(BACKOFF) }
#define SAY_LOST	{ BGP_IDLE, A(NOTIFY) | A(DOWN) | A(CLOSE) | A(BACKOFF) }
#define WRONG_LOST	{ BGP_IDLE, A(FSM_FAULT) | A(NOTIFY) | A(DOWN) | A(CLOSE) | A(BACKOFF) }

static const struct bgp_step table[BGP_STATE_END][BGP_EV_END] = {
	[BGP_IDLE] = {
		[BGP_EV_START]         = OPENING,
		[BGP_EV_START_PASSIVE] = STAY(BGP_ACTIVE),
		[BGP_EV_STOP]          = STAY(BGP_IDLE),
		[BGP_EV_RETRY]         = STAY(BGP_IDLE),
		[BGP_EV_CONNECTED]     = QUIT,		/* refuse all (RFC 4271 8.2.2) */
		[BGP_EV_TCP_FAILED]    = QUIT,
		[BGP_EV_HOLD]          = STAY(BGP_IDLE),
		[BGP_EV_SEND_HOLD]     = STAY(BGP_IDLE),
		[BGP_EV_KEEPALIVE_DUE] = STAY(BGP_IDLE),
		[BGP_EV_OPEN]          = STAY(BGP_IDLE),
		[BGP_EV_COLLISION]     = STAY(BGP_IDLE),
		[BGP_EV_BAD]           = STAY(BGP_IDLE),
		[BGP_EV_NOTIFIED]      = STAY(BGP_IDLE),
		[BGP_EV_KEEPALIVE]     = STAY(BGP_IDLE),
		[BGP_EV_UPDATE]        = STAY(BGP_IDLE),
		[BGP_EV_REFRESH]       = STAY(BGP_IDLE),
	},
	[BGP_CONNECT] = {
		[BGP_EV_START]         = STAY(BGP_CONNECT),
		[BGP_EV_START_PASSIVE] = STAY(BGP_CONNECT),
		[BGP_EV_STOP]          = QUIT,
		[BGP_EV_RETRY]         = REOPEN,
		[BGP_EV_CONNECTED]     = GREET,
		[BGP_EV_TCP_FAILED]    = WAIT,
		[BGP_EV_HOLD]          = FAIL,
		[BGP_EV_SEND_HOLD]     = FAIL,
		[BGP_EV_KEEPALIVE_DUE] = FAIL,
		[BGP_EV_OPEN]          = FAIL,
		[BGP_EV_COLLISION]     = FAIL,
		[BGP_EV_BAD]           = FAIL,
		[BGP_EV_NOTIFIED]      = FAIL,
		[BGP_EV_KEEPALIVE]     = FAIL,
		[BGP_EV_UPDATE]        = FAIL,
		[BGP_EV_REFRESH]       = FAIL,
	},
	[BGP_ACTIVE] = {
		[BGP_EV_START]         = STAY(BGP_ACTIVE),
		[BGP_EV_START_PASSIVE] = STAY(BGP_ACTIVE),
		[BGP_EV_STOP]          = QUIT,
		[BGP_EV_RETRY]         = OPENING,
		[BGP_EV_CONNECTED]     = GREET,
		[BGP_EV_TCP_FAILED]    = WAIT,
		[BGP_EV_HOLD]          = FAIL,
		[BGP_EV_SEND_HOLD]     = FAIL,
		[BGP_EV_KEEPALIVE_DUE] = FAIL,
		[BGP_EV_OPEN]          = FAIL,
		[BGP_EV_COLLISION]     = FAIL,
		[BGP_EV_BAD]           = FAIL,
		[BGP_EV_NOTIFIED]      = FAIL,
		[BGP_EV_KEEPALIVE]     = FAIL,
		[BGP_EV_UPDATE]        = FAIL,
		[BGP_EV_REFRESH]       = FAIL,
	},
	[BGP_OPEN_SENT] = {
		[BGP_EV_START]         = STAY(BGP_OPEN_SENT),
		[BGP_EV_START_PASSIVE] = STAY(BGP_OPEN_SENT),
		[BGP_EV_STOP]          = SAY_QUIT,
		[BGP_EV_RETRY]         = STAY(BGP_OPEN_SENT),	/* late timer */
		[BGP_EV_CONNECTED]     = WRONG,
		[BGP_EV_TCP_FAILED]    = WAIT,
		[BGP_EV_HOLD]          = SAY_FAIL,
		[BGP_EV_SEND_HOLD]     = SAY_FAIL,
		[BGP_EV_KEEPALIVE_DUE] = STAY(BGP_OPEN_SENT),	/* late timer */
		[BGP_EV_OPEN]          = { BGP_OPEN_CONFIRM,
		                           A(SEND_KEEPALIVE) | A(ARM_KEEPALIVE) | A(ARM_HOLD) },
		[BGP_EV_COLLISION]     = SAY_QUIT,
		[BGP_EV_BAD]           = SAY_FAIL,
		[BGP_EV_NOTIFIED]      = FAIL,
		[BGP_EV_KEEPALIVE]     = WRONG,
		[BGP_EV_UPDATE]        = WRONG,
		[BGP_EV_REFRESH]       = WRONG,
	},
	[BGP_OPEN_CONFIRM] = {
		[BGP_EV_START]         = STAY(BGP_OPEN_CONFIRM),
		[BGP_EV_START_PASSIVE] = STAY(BGP_OPEN_CONFIRM),
		[BGP_EV_STOP]          = SAY_QUIT,
		[BGP_EV_RETRY]         = STAY(BGP_OPEN_CONFIRM),	/* late timer */
		[BGP_EV_CONNECTED]     = WRONG,
		[BGP_EV_TCP_FAILED]    = FAIL,
		[BGP_EV_HOLD]          = SAY_FAIL,
		[BGP_EV_SEND_HOLD]     = SAY_FAIL,
		[BGP_EV_KEEPALIVE_DUE] = { BGP_OPEN_CONFIRM, A(SEND_KEEPALIVE) | A(ARM_KEEPALIVE) },
		[BGP_EV_OPEN]          = WRONG,
		[BGP_EV_COLLISION]     = SAY_QUIT,
		[BGP_EV_BAD]           = SAY_FAIL,
		[BGP_EV_NOTIFIED]      = FAIL,
		[BGP_EV_KEEPALIVE]     = { BGP_ESTABLISHED, A(ARM_HOLD) | A(UP) },
		[BGP_EV_UPDATE]        = WRONG,
		[BGP_EV_REFRESH]       = WRONG,
	},
	[BGP_ESTABLISHED] = {
		[BGP_EV_START]         = STAY(BGP_ESTABLISHED),
		[BGP_EV_START_PASSIVE] = STAY(BGP_ESTABLISHED),
		[BGP_EV_STOP]          = { BGP_IDLE, A(NOTIFY) | A(DOWN) | A(CLOSE) },
		[BGP_EV_RETRY]         = STAY(BGP_ESTABLISHED),	/* late timer */
		[BGP_EV_CONNECTED]     = WRONG_LOST,
		[BGP_EV_TCP_FAILED]    = LOST,
		[BGP_EV_HOLD]          = SAY_LOST,
		[BGP_EV_SEND_HOLD]     = SAY_LOST,
		[BGP_EV_KEEPALIVE_DUE] = { BGP_ESTABLISHED, A(SEND_KEEPALIVE) | A(ARM_KEEPALIVE) },
		[BGP_EV_OPEN]          = WRONG_LOST,
		[BGP_EV_COLLISION]     = { BGP_IDLE, A(NOTIFY) | A(DOWN) | A(CLOSE) },
		[BGP_EV_BAD]           = SAY_LOST,
		[BGP_EV_NOTIFIED]      = LOST,
		[BGP_EV_KEEPALIVE]     = { BGP_ESTABLISHED, A(ARM_HOLD) },
		[BGP_EV_UPDATE]        = { BGP_ESTABLISHED, A(ARM_HOLD) | A(RECEIVE) },
		[BGP_EV_REFRESH]       = { BGP_ESTABLISHED, A(RECEIVE) },
	},
};
/* clang-format on */

struct bgp_step bgp_fsm_step(enum bgp_state state, enum bgp_fsm_event ev)
{
	return table[state][ev];
}

const char *bgp_fsm_name(enum bgp_state state)
{
	static const char *const name[] = {
		[BGP_IDLE] = "Idle",
		[BGP_CONNECT] = "Connect",
		[BGP_ACTIVE] = "Active",
		[BGP_OPEN_SENT] = "OpenSent",
		[BGP_OPEN_CONFIRM] = "OpenConfirm",
		[BGP_ESTABLISHED] = "Established",
	};

	return (size_t)state < ARRAY_LEN(name) && name[state] ? name[state] : "?";
}
