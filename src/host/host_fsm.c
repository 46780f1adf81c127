/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/host_fsm.h"

/* clang-format off */
#define A(x)		HOST_ACT_##x
#define STAY(s)		{ (s), 0 }
#define LEARN		{ HOST_LOCAL, A(BIND) | A(TOUCH) | A(HUSH) | A(UP) | A(AGE) }
#define SUSPECT		{ HOST_PROBING, A(BIND) | A(HUSH) | A(PROBE) }
#define ALIVE		{ HOST_LOCAL, A(TOUCH) | A(AGE) }
#define PROVED		{ HOST_LOCAL, A(TOUCH) | A(HUSH) | A(UP) | A(AGE) }
#define REBIND		{ HOST_LOCAL, A(BIND) | A(TOUCH) | A(UP) | A(AGE) }
#define CHECK		{ HOST_REFRESH, A(PROBE) }
#define CONTEST		{ HOST_CONTESTED, A(YIELD) | A(PROBE) }
#define STAYED		{ HOST_LOCAL, A(RAISE) | A(TOUCH) | A(UP) | A(AGE) }
#define STAYED_ELSE	{ HOST_LOCAL, A(BIND) | A(RAISE) | A(TOUCH) | A(UP) | A(AGE) }
#define LOST		{ HOST_PAST, A(DOWN) | A(REPAIR) | A(KEEP) }
#define CUT_OFF		{ HOST_PAST, A(DOWN) | A(HUSH) | A(KEEP) }
#define RECALL		{ HOST_PAST, A(HUSH) | A(KEEP) }
#define REMOVED		{ HOST_ABSENT, A(DOWN) | A(FORGET) }
#define DROP		{ HOST_ABSENT, A(FORGET) }
#define AGAIN(s)	{ (s), A(PROBE) }
#define ASK(s)		{ (s), A(ASK) }

static const struct host_move table[HOST_STATE_END][HOST_EV_END] = {
	[HOST_ABSENT] = {
		[HOST_EV_STRONG]      = LEARN,
		[HOST_EV_STRONG_ELSE] = LEARN,
		[HOST_EV_WEAK]        = SUSPECT,
		[HOST_EV_WEAK_ELSE]   = SUSPECT,
		[HOST_EV_CHECK]       = STAY(HOST_ABSENT),	/* a MAC nobody knows */
		[HOST_EV_SEEN]        = STAY(HOST_ABSENT),
		[HOST_EV_IDLE]        = STAY(HOST_ABSENT),
		[HOST_EV_UNANSWERED]  = STAY(HOST_ABSENT),
		[HOST_EV_PATIENCE]    = STAY(HOST_ABSENT),
		[HOST_EV_SPENT]       = STAY(HOST_ABSENT),
		[HOST_EV_RIVAL]       = STAY(HOST_ABSENT),
		[HOST_EV_RIVAL_GONE]  = STAY(HOST_ABSENT),
		[HOST_EV_PORT_DOWN]   = STAY(HOST_ABSENT),
		[HOST_EV_REMOVED]     = STAY(HOST_ABSENT),
	},
	[HOST_PROBING] = {
		[HOST_EV_STRONG]      = LEARN,
		[HOST_EV_STRONG_ELSE] = LEARN,
		[HOST_EV_WEAK]        = STAY(HOST_PROBING),	/* it is asked already */
		[HOST_EV_WEAK_ELSE]   = STAY(HOST_PROBING),	/* first come, … */
		[HOST_EV_CHECK]       = STAY(HOST_PROBING),
		[HOST_EV_SEEN]        = PROVED,
		[HOST_EV_IDLE]        = STAY(HOST_PROBING),
		[HOST_EV_UNANSWERED]  = AGAIN(HOST_PROBING),
		[HOST_EV_PATIENCE]    = RECALL, /* was here once */
		[HOST_EV_SPENT]       = DROP,
		[HOST_EV_RIVAL]       = STAY(HOST_PROBING),	/* learning looks at it */
		[HOST_EV_RIVAL_GONE]  = STAY(HOST_PROBING),
		[HOST_EV_PORT_DOWN]   = DROP,
		[HOST_EV_REMOVED]     = DROP,
	},
	[HOST_LOCAL] = {
		[HOST_EV_STRONG]      = { HOST_LOCAL, A(TOUCH) },
		[HOST_EV_STRONG_ELSE] = REBIND,
		[HOST_EV_WEAK]        = { HOST_LOCAL, A(TOUCH) },
		[HOST_EV_WEAK_ELSE]   = ASK(HOST_LOCAL),
		[HOST_EV_CHECK]       = CHECK,
		[HOST_EV_SEEN]        = ALIVE,
		[HOST_EV_IDLE]        = CHECK,
		[HOST_EV_UNANSWERED]  = STAY(HOST_LOCAL),
		[HOST_EV_PATIENCE]    = STAY(HOST_LOCAL),
		[HOST_EV_SPENT]       = STAY(HOST_LOCAL),
		[HOST_EV_RIVAL]       = CONTEST,
		[HOST_EV_RIVAL_GONE]  = STAY(HOST_LOCAL),
		[HOST_EV_PORT_DOWN]   = CUT_OFF,
		[HOST_EV_REMOVED]     = REMOVED,
	},
	[HOST_REFRESH] = {
		[HOST_EV_STRONG]      = ALIVE,
		[HOST_EV_STRONG_ELSE] = REBIND,
		[HOST_EV_WEAK]        = ALIVE,
		[HOST_EV_WEAK_ELSE]   = ASK(HOST_REFRESH),
		[HOST_EV_CHECK]       = STAY(HOST_REFRESH),
		[HOST_EV_SEEN]        = ALIVE,
		[HOST_EV_IDLE]        = STAY(HOST_REFRESH),
		[HOST_EV_UNANSWERED]  = AGAIN(HOST_REFRESH),
		[HOST_EV_PATIENCE]    = { HOST_LOCAL, A(AGE) },
		[HOST_EV_SPENT]       = LOST,
		[HOST_EV_RIVAL]       = CONTEST,
		[HOST_EV_RIVAL_GONE]  = STAY(HOST_REFRESH),
		[HOST_EV_PORT_DOWN]   = CUT_OFF,
		[HOST_EV_REMOVED]     = REMOVED,
	},
	[HOST_CONTESTED] = {
		[HOST_EV_STRONG]      = STAYED,
		[HOST_EV_STRONG_ELSE] = STAYED_ELSE,
		[HOST_EV_WEAK]        = STAY(HOST_CONTESTED),	/* maybe left behind */
		[HOST_EV_WEAK_ELSE]   = ASK(HOST_CONTESTED),
		[HOST_EV_CHECK]       = STAY(HOST_CONTESTED),
		[HOST_EV_SEEN]        = STAYED,
		[HOST_EV_IDLE]        = STAY(HOST_CONTESTED),
		[HOST_EV_UNANSWERED]  = AGAIN(HOST_CONTESTED),
		[HOST_EV_PATIENCE]    = STAY(HOST_CONTESTED),
		[HOST_EV_SPENT]       = LOST,
		[HOST_EV_RIVAL]       = { HOST_CONTESTED, A(YIELD) }, /* same question */
		[HOST_EV_RIVAL_GONE]  = { HOST_REFRESH, A(UP) | A(PROBE) },
		[HOST_EV_PORT_DOWN]   = CUT_OFF,
		[HOST_EV_REMOVED]     = REMOVED,
	},
	[HOST_PAST] = {
		[HOST_EV_STRONG]      = LEARN,
		[HOST_EV_STRONG_ELSE] = LEARN,
		[HOST_EV_WEAK]        = SUSPECT,
		[HOST_EV_WEAK_ELSE]   = SUSPECT,
		[HOST_EV_CHECK]       = SUSPECT,
		[HOST_EV_SEEN]        = STAY(HOST_PAST),
		[HOST_EV_IDLE]        = STAY(HOST_PAST),
		[HOST_EV_UNANSWERED]  = { HOST_PAST, A(REPAIR) | A(KEEP) },
		[HOST_EV_PATIENCE]    = STAY(HOST_PAST),
		[HOST_EV_SPENT]       = DROP,
		[HOST_EV_RIVAL]       = { HOST_PAST, A(REPAIR) | A(KEEP) },
		[HOST_EV_RIVAL_GONE]  = RECALL,
		[HOST_EV_PORT_DOWN]   = RECALL,
		[HOST_EV_REMOVED]     = DROP,
	},
};
/* clang-format on */

struct host_move host_fsm_step(enum host_state state, enum host_ev ev)
{
	return table[state][ev];
}

const char *host_fsm_text(enum host_state state)
{
	static const char *const text[HOST_STATE_END] = {
		[HOST_ABSENT] = "absent",       [HOST_PROBING] = "probing",
		[HOST_LOCAL] = "local",         [HOST_REFRESH] = "refresh",
		[HOST_CONTESTED] = "contested", [HOST_PAST] = "past",
	};

	return text[state];
}
